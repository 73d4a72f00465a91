//! The address of every symbol (`ld/data.go:address`).

use layout::{Addresses, DataLayout, SectionId, Segments, TextLayout, TextOrder};
use rayon::prelude::*;
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
    let a = Addresses::new(n, layout.sections.iter().map(|s| s.addr));
    const EACH: usize = 1 << 13;
    let text_id = id(k.text);
    let functions = order.textp.par_iter().zip(&text.addr).with_min_len(EACH);
    functions.for_each(|(&s, &addr)| a.set(s, text_id, addr));
    for (i, section) in layout.sections.iter().enumerate() {
        let placed = layout.placed[section.syms.clone()].par_iter();
        let (id, start) = (id(i), section.addr);
        placed
            .with_min_len(EACH)
            .for_each(|p| a.set(p.sym, id, start + u64::from(p.off)));
    }
    // Symbols of host objects lie in their sections. Text has them in its order.
    for (&s, &off) in &syms.foreign.offsets {
        let outer = syms.foreign.outer(s);
        if a.section(outer).0 != 0 && a.section(s).0 == 0 {
            a.place_inside(s, outer, off);
        }
    }
    let tbss = layout.sections.iter().position(|s| s.name == ".tbss");
    for p in &layout.tls {
        a.set(p.sym, tbss.map_or(SectionId(0), id), p.off.into());
    }

    let set = |s: SymId, sect: usize, value: u64| a.set(s, id(sect), value);
    let start = |i: usize| layout.sections[i].addr;
    let end = |i: usize| layout.sections[i].addr + layout.sections[i].len;
    for cut in &text.cuts {
        set(cut.marker, k.text, cut.addr);
    }
    // They may be functions like others.
    if order.textp.first() != Some(&text_markers.text) {
        // The section begins later if a symbol wants more alignment than functions have.
        set(text_markers.text, k.text, text.start);
        set(text_markers.etext, k.text, text.end);
    }
    set(markers.rodata, k.rodata, start(k.rodata));
    set(markers.erodata, k.rodata, end(k.rodata));
    set(markers.types, k.types, start(k.types));
    set(markers.etypes, k.types, end(k.types));
    set(markers.epclntab, k.pclntab, end(k.pclntab));
    if let (Some(esymtab), Some(symtab)) = (markers.esymtab, k.symtab) {
        set(esymtab, symtab, end(symtab));
    }
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
        a.place_inside(e, s, bytes.len() as u64);
    }
    a
}
