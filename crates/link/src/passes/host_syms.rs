//! Symbols of an object for a host linker: the note with the build ID, what is left undefined, what
//! stands for what.

use crate::config::Config;
use crate::diag::{Diag, Stop};
use crate::hostlink::HostLinkInput;
use crate::mode::BuildMode;
use crate::shape::Shape;
use crate::shared_libs::host_arguments;
use gover::{Carriers as CarrierRule, GcMasks, MachoBuildVersion, SymKind};
use hostobj::macho::PLATFORM_MACOS;
use layout::{Buckets, Carriers, Relro, TextOrder};
use rayon::prelude::*;
use rustc_hash::FxHashSet;
use symbols::{CgoAttrs, LibId, SymId, Symbols, VERSION_ABI_INTERNAL, VERSION_ABI0};
use tables::pclntab::PclntabPlan;
use tables::{DataMarkers, Maker};

/// Owner of Go's notes.
const GO: &[u8] = b"Go\0\0";
const NOTE_GO_PACKAGES: u32 = 1;
const NOTE_GO_ABI_HASH: u32 = 2;
const NOTE_GO_DEPS: u32 = 3;
const NOTE_GO_BUILD_ID: u32 = 4;

/// The section of the ABI hash, and where in it the hash is, bytes.
pub const ABI_HASH_NOTE: (&str, u64) = (".note.go.abihash", 12 + GO.len() as u64);

/// Makes the notes of a shared library of Go packages, for those linked with it: `libs` by path, and
/// what it is itself linked with (`ld/elf.go:doelf`). `roots` are the packages that were asked for.
/// Gives the symbol of the ABI hash.
pub fn make_shared_notes(m: &mut Maker, libs: &[LibId], roots: &[(String, String)]) -> SymId {
    let bytes = tables::declare_abi_hash(m);
    let hash = tables::abi_hash(m.syms, libs);
    make_note(m, ABI_HASH_NOTE.0, NOTE_GO_ABI_HASH, &hash);
    let packages: String = roots.iter().map(|(pkg, _)| format!("{pkg}\n")).collect();
    make_note(
        m,
        ".note.go.pkg-list",
        NOTE_GO_PACKAGES,
        packages.as_bytes(),
    );
    let deps = m.syms.foreign.shared_libs.iter();
    let deps: Vec<&str> = deps.map(|l| tables::base_name(&l.path)).collect();
    let deps = deps.join("\n");
    make_note(m, ".note.go.deps", NOTE_GO_DEPS, deps.as_bytes());
    bytes
}

/// Does not export functions and variables of the runtime that a plugin and the program that opens it both have: the
/// dynamic linker would have the plugin's tables refer to the program's (`ld/macho.go:domacho`).
pub fn keep_runtime_to_itself(syms: &mut Symbols) {
    for (name, version) in [
        ("_cgo_topofstack", VERSION_ABI0),
        ("__cgo_topofstack", VERSION_ABI0),
        ("_cgo_panic", VERSION_ABI_INTERNAL),
        ("crosscall2", VERSION_ABI0),
    ] {
        let known = syms.lookup(name.as_bytes(), version);
        if let Some(attrs) = known.and_then(|s| syms.foreign.cgo.get_mut(&s)) {
            attrs.export_dynamic = false;
        }
    }
}

/// Keeps what stands for methods that nobody calls (`ld/lib.go:setArchSyms`). Elsewhere it is a root.
pub fn keep_unreachable_method(m: &mut Maker) {
    let version = i32::from(m.syms.abi_wrappers);
    if let Some(s) = m.syms.lookup(b"runtime.unreachableMethod", version) {
        m.live.reachable.insert(s);
    }
}

/// Leaves Go's main function, and the record of its package, to the program that a module meets, if
/// data refer to them (`ld/data.go:relocsym`). What code refers to is left to the host linker already
/// ([`mark_undefined`]).
pub fn import_main(m: &mut Maker, shared_library: bool) {
    let names = match shared_library {
        true => &["main.main", "main..inittask"][..],
        false => &["main.main"],
    };
    for name in names {
        for version in [VERSION_ABI0, VERSION_ABI_INTERNAL] {
            if let Some(s) = m.syms.lookup(name.as_bytes(), version)
                && m.syms.kind(s) == SymKind::Xxx
                && m.live.reachable.has(s)
                && data_refers_to(m, s)
            {
                m.ext(s).kind = SymKind::DynImport;
            }
        }
    }
}

/// Whether live data has the address of `target`. It may be live for itself, as an entry.
fn data_refers_to(m: &Maker, target: SymId) -> bool {
    m.live.reachable.iter().any(|s| {
        let mut relocs = m.syms.relocs(s);
        !m.syms.kind(s).is_text() && relocs.any(|r| r.sym == target && r.siz != 0)
    })
}

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

/// Without dynamic linking, what is exported makes a table all the same in cmd/link, which then finds
/// it among the data and does not know what pointers it has (`ld/data.go:GCProg.AddSym`).
pub fn report_untyped_exports(syms: &Symbols, ptr_size: u8, diag: &Diag) -> Result<(), Stop> {
    let exported: FxHashSet<SymId> = syms.foreign.dynamic_exports.iter().copied().collect();
    let size = exported.len() * format::elf::SYM_SIZE;
    if size < ptr_size.into() {
        return Ok(());
    }
    diag.error(format_args!(
        "runtime.gcdata: missing Go type information for global symbol .dynsym: size {size}"
    ))
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
    if let Some(s) = markers.typerel {
        c.add_group(syms, buckets, s, SymKind::TypeRelro);
    }
    for (name, kind) in [
        ("go:funcdescrel", SymKind::GoFuncRelro),
        ("go:funcrel.*", SymKind::GoFuncRelro),
    ] {
        if let Some(s) = syms.lookup(name.as_bytes(), 0) {
            c.add_group(syms, buckets, s, kind);
        }
    }
    c
}

/// The platform of a Mach-O file (`machoPlatform`). In some releases host objects decide that.
pub fn platform(config: &Config, shape: &Shape) -> u32 {
    let said = match config.release.macho.build_version {
        MachoBuildVersion::FromFlags => None,
        MachoBuildVersion::FromHostObject => shape.platform.as_ref(),
    };
    said.map_or(config.os.macho_platform, |p| p.platform)
}

/// What the host linker has to know.
///
/// # Errors
/// There are too many errors.
pub fn input(
    config: &Config,
    syms: &Symbols,
    shape: &Shape,
    diag: &Diag,
) -> Result<HostLinkInput, Stop> {
    let exported = |is: fn(&CgoAttrs) -> bool| {
        let cgo = syms.foreign.cgo.iter().filter(move |(_, a)| is(a));
        cgo.map(|(&s, _)| s)
    };
    let names = |s: SymId| syms.ext_name(s).to_vec();
    let is_static = |&s: &SymId| syms.version(s) >= symbols::VERSION_STATIC;
    Ok(HostLinkInput {
        ld_flags: syms
            .foreign
            .ld_flags
            .iter()
            .map(|f| f.as_bytes().to_vec())
            .collect(),
        exports: exported(|a| a.export_dynamic).map(names).collect(),
        static_exports: exported(|a| a.export_static)
            .filter(|s| !is_static(s))
            .map(names)
            .collect(),
        dynlink: shape.dynlink,
        always_pie: shape.always_pie,
        relro: shape.relro() != Relro::None,
        macos: platform(config, shape) == PLATFORM_MACOS,
        shared_libs: host_arguments(config, &syms.foreign.shared_libs, diag)?,
        libraries: Vec::new(),
    })
}
