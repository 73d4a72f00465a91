//! The address of every symbol (`ld/data.go:address`).

use layout::{Addresses, DataLayout, SectionId, Segments, TextLayout, TextOrder};
use symbols::{SymId, Symbols};
use tables::{DataMarkers, TextMarkers};

/// Symbols at the start and the end of the fuzzer's counters, in turn.
pub const FUZZ_MARKERS: [&str; 4] = [
    "runtime.__start___sancov_cntrs",
    "runtime.__stop___sancov_cntrs",
    "internal/fuzz._counters",
    "internal/fuzz._ecounters",
];

/// Section number of index `i` of the layout; 0 is no section.
fn id(i: usize) -> SectionId {
    SectionId(u8::try_from(i + 1).expect("there are fewer than 255 sections"))
}

/// Gives text and data their addresses, and the markers theirs.
pub fn assign_addresses(
    syms: &Symbols,
    order: &TextOrder,
    text: &TextLayout,
    layout: &DataLayout,
    segs: &Segments,
    text_markers: &TextMarkers,
    markers: &DataMarkers,
) -> Addresses {
    let n = syms.len();
    let k = &layout.known;
    let placed = || {
        let sections = layout.sections.iter().enumerate();
        sections.flat_map(|(i, s)| layout.placed[s.syms.clone()].iter().map(move |p| (i, s, p)))
    };
    let (value, section) = rayon::join(
        || {
            let mut value = vec![0; n];
            for (&s, &addr) in order.textp.iter().zip(&text.addr) {
                value[s.index()] = addr;
            }
            for (_, section, p) in placed() {
                value[p.sym.index()] = section.addr + u64::from(p.off);
            }
            value
        },
        || {
            let mut section = vec![SectionId(0); n];
            for &s in &order.textp[..order.textp.len().min(text.addr.len())] {
                section[s.index()] = id(k.text);
            }
            for (i, _, p) in placed() {
                section[p.sym.index()] = id(i);
            }
            section
        },
    );
    let mut a = Addresses {
        value,
        section,
        section_addr: std::iter::once(0)
            .chain(layout.sections.iter().map(|s| s.addr))
            .collect(),
    };
    // Symbols of host objects lie in their sections. Text has them in its order.
    for (&s, &off) in &syms.foreign.offsets {
        let outer = syms.foreign.outer(s).index();
        if a.section[outer].0 != 0 && a.section[s.index()].0 == 0 {
            a.value[s.index()] = a.value[outer].wrapping_add(off);
            a.section[s.index()] = a.section[outer];
        }
    }
    let tbss = layout.sections.iter().position(|s| s.name == ".tbss");
    for p in &layout.tls {
        a.value[p.sym.index()] = p.off.into();
        a.section[p.sym.index()] = tbss.map_or(SectionId(0), id);
    }

    let mut set = |s: SymId, sect: usize, value: u64| {
        a.value[s.index()] = value;
        a.section[s.index()] = id(sect);
    };
    let start = |i: usize| layout.sections[i].addr;
    let end = |i: usize| layout.sections[i].addr + layout.sections[i].len;
    set(text_markers.text, k.text, start(k.text));
    set(text_markers.etext, k.text, text.end);
    set(markers.rodata, k.rodata, start(k.rodata));
    set(markers.erodata, k.rodata, end(k.rodata));
    set(markers.types, k.types, start(k.types));
    set(markers.etypes, k.types, end(k.types));
    set(markers.epclntab, k.pclntab, end(k.pclntab));
    set(markers.noptrdata, k.noptrdata, start(k.noptrdata));
    set(markers.enoptrdata, k.noptrdata, end(k.noptrdata));
    set(markers.bss, k.bss, start(k.bss));
    set(markers.ebss, k.bss, end(k.bss));
    set(markers.data, k.data, start(k.data));
    set(markers.edata, k.data, end(k.data));
    set(markers.noptrbss, k.noptrbss, start(k.noptrbss));
    set(markers.enoptrbss, k.noptrbss, end(k.noptrbss));
    if let Some(m) = markers.gcmask {
        set(m, k.noptrbss, start(k.noptrbss) + layout.gcmask_off);
    }
    let (cov, cov_len) = layout.coverage;
    set(markers.covctrs, k.noptrbss, start(k.noptrbss) + cov);
    set(
        markers.ecovctrs,
        k.noptrbss,
        start(k.noptrbss) + cov + cov_len,
    );
    set(markers.end, k.end, segs.data.addr + segs.data.len);
    if let Some(f) = k.fuzz {
        for (i, name) in FUZZ_MARKERS.iter().enumerate() {
            let at_end = i % 2 == 1;
            if let Some(s) = syms.lookup(name.as_bytes(), 0) {
                set(s, f, if at_end { end(f) } else { start(f) });
            }
        }
    }
    for (s, e, bytes) in [
        (markers.gcdata, markers.egcdata, &layout.gc_programs[0]),
        (markers.gcbss, markers.egcbss, &layout.gc_programs[1]),
    ] {
        let (v, sect) = (a.value[s.index()], a.section[s.index()]);
        a.value[e.index()] = v + bytes.len() as u64;
        a.section[e.index()] = sect;
    }
    a
}
