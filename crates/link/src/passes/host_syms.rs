//! Symbols of an object for a host linker: the note with the build ID, what is left undefined, what
//! stands for what.

use crate::hostlink::HostLinkInput;
use crate::mode::BuildMode;
use crate::shape::Shape;
use gover::{Carriers as CarrierRule, GcMasks, SymKind};
use layout::{Buckets, Carriers, Relro, TextOrder};
use rayon::prelude::*;
use symbols::{SymId, Symbols};
use tables::pclntab::PclntabPlan;
use tables::{DataMarkers, Maker};

/// Owner of Go's notes.
const GO: &[u8] = b"Go\0\0";
const NOTE_GO_BUILD_ID: u32 = 4;

/// Makes `.note.go.buildid`, if there is a build ID (`ld/elf.go:doelf`).
pub fn make_build_id_note(m: &mut Maker, build_id: &[u8]) {
    if !build_id.is_empty() {
        make_note(m, ".note.go.buildid", NOTE_GO_BUILD_ID, build_id);
    }
}

/// Makes a section with one of Go's notes (`addgonote`).
fn make_note(m: &mut Maker, section: &str, typ: u32, desc: &[u8]) {
    let s = m.create(section, SymKind::ElfRoSect);
    let e = m.ext(s);
    let mut data = Vec::new();
    for v in [GO.len() as u32, desc.len() as u32, typ] {
        data.extend(v.to_le_bytes());
    }
    data.extend(GO);
    data.extend(desc);
    data.resize(data.len().next_multiple_of(4), 0);
    e.set_data(data);
    e.align = 4;
}

/// Tells the runtime that it is a library (`ld/lib.go:linksetup`).
pub fn tell_library(m: &mut Maker, mode: BuildMode) {
    let name: &[u8] = match mode {
        BuildMode::CShared | BuildMode::Plugin => b"runtime.islibrary",
        BuildMode::CArchive => b"runtime.isarchive",
        BuildMode::Exe | BuildMode::Pie | BuildMode::Shared => return,
    };
    let s = m.syms.lookup_or_create(name, 0);
    let e = m.ext(s);
    e.kind = SymKind::NoPtrData;
    // The variable is zeroed data of one byte; cmd/link appends to it.
    e.data.push(1);
    e.size += 1;
}

/// Has C start-up code call the entry (`ld/symtab.go:addinitarrdata`).
pub fn call_when_loaded(m: &mut Maker, entry: &str) {
    let Some(target) = m.syms.lookup(entry.as_bytes(), 0) else {
        return;
    };
    let s = m.create(&format!("{entry}.ptr"), SymKind::InitArr);
    let ptr = m.ptr_size;
    let e = m.ext(s);
    e.set_data(Vec::new());
    e.relocs.clear();
    e.add_addr_plus(ptr, target, 0);
}

/// Leaves to the host linker what code refers to and nothing defines (`ld/go.go:addexport`).
pub fn mark_undefined(m: &mut Maker, order: &TextOrder) {
    let syms = &*m.syms;
    let special = &*m.special;
    let undefined = |s: SymId| s.is_some() && syms.kind(s) == SymKind::Xxx && !syms.local.has(s);
    let mut found: Vec<SymId> = order
        .textp
        .par_iter()
        .filter(|&&s| !special.has(s) && !syms.foreign.is_interior(s))
        .flat_map_iter(|&s| syms.relocs(s).map(|r| r.sym).filter(|&s| undefined(s)))
        .collect();
    found.sort_unstable();
    found.dedup();
    for s in found {
        m.ext(s).kind = SymKind::UndefExt;
    }
}

/// A plugin imports the program's main function, if its data refers to it
/// (`ld/data.go:relocsym`).
pub fn import_main(m: &mut Maker) {
    for version in [symbols::VERSION_ABI0, symbols::VERSION_ABI_INTERNAL] {
        if let Some(s) = m.syms.lookup(b"main.main", version)
            && m.live.reachable.has(s)
            && m.syms.kind(s) == SymKind::Xxx
        {
            m.ext(s).kind = SymKind::DynImport;
        }
    }
}

/// Which symbols stand for others in the object.
pub fn carriers(
    syms: &Symbols,
    buckets: &Buckets,
    markers: &DataMarkers,
    pcln: &PclntabPlan,
    dynlink: bool,
) -> Carriers {
    let mut c = Carriers::new(syms);
    for (carrier, kind) in [
        (markers.gostring_star, SymKind::GoString),
        (markers.gcbits_star, SymKind::GcBits),
    ] {
        c.add_group(syms, buckets, carrier, kind);
    }
    if let (GcMasks::Grouped, Some(s)) = (syms.gover.gc_masks, markers.gcmask) {
        c.add_group(syms, buckets, s, SymKind::GcMask);
    }
    c.add(pcln.carrier, pcln.carried());
    if dynlink {
        // Other modules find them one by one.
        if syms.gover.carriers == CarrierRule::RelroTwins {
            c.add_group(syms, buckets, markers.funcdesc, SymKind::GoFunc);
        }
        return c;
    }
    c.add_group(syms, buckets, markers.type_star, SymKind::Type);
    c.add_group(syms, buckets, markers.funcdesc, SymKind::GoFunc);
    // With data that is relocated when loaded, some releases have carriers of their own for it.
    for (name, kind) in [
        ("typerel.*", SymKind::TypeRelro),
        ("go:funcdescrel", SymKind::GoFuncRelro),
    ] {
        if let Some(s) = syms.lookup_known(name.as_bytes(), 0) {
            c.add_group(syms, buckets, s, kind);
        }
    }
    c
}

/// What the host linker has to know.
pub fn input(syms: &Symbols, shape: &Shape) -> HostLinkInput {
    let cgo = syms.foreign.cgo.iter();
    HostLinkInput {
        ld_flags: syms
            .foreign
            .ld_flags
            .iter()
            .map(|f| f.as_bytes().to_vec())
            .collect(),
        exports: cgo
            .filter(|(_, a)| a.export_dynamic)
            .map(|(&s, _)| syms.ext_name(s).to_vec())
            .collect(),
        dynlink: shape.dynlink,
        relro: shape.relro() != Relro::None,
        ..HostLinkInput::default()
    }
}
