//! First step: finds every piece and makes the DIEs of types.

use crate::names::Named;
use crate::paths::Goroot;
use crate::plan::NO_UNIT;
use crate::types::{Child, DieRef, TypeDie, TypeSink, Types, put_die, static_name};
use crate::units::{self, Event, Unit};
use crate::{DwarfError, Options, abbrev};
use gover::{AuxType, RelocType, SymKind};
use layout::TextOrder;
use rayon::prelude::*;
use reach::Live;
use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use symbols::{BitSet, SymId, Symbols, UnitId, VERSION_STATIC};
use target::ArchInfo;

/// The pieces of a program's DWARF.
pub struct DebugInfo {
    pub(crate) arch: ArchInfo,
    pub(crate) dwarf5: bool,
    /// In the order of libraries and their members.
    pub(crate) units: Vec<Unit>,
    /// The unit that types go into.
    pub(crate) types_unit: Option<usize>,
    pub(crate) dies: Vec<TypeDie>,
    pub(crate) children: Vec<Child>,
    /// Offset of each DIE from the first one's, bytes, and the end.
    pub(crate) die_offsets: Vec<u32>,
    /// What references to types by name mean.
    pub(crate) refs: Vec<(SymId, DieRef)>,
    pub(crate) abbrev: Vec<u8>,
    pub(crate) gdb_script: Option<Vec<u8>>,
    flag_variants: usize,
}

impl DebugInfo {
    /// With how many different sets of compiler flags the units were compiled. If there are several,
    /// `-strictdups=2` only warns (`checkStrictDups`).
    pub fn flag_variants(&self) -> usize {
        self.flag_variants
    }
    /// Number of DIEs of types.
    pub fn n_types(&self) -> usize {
        self.dies.len()
    }
}

/// Finds the pieces of a program's DWARF and makes the DIEs of its types
/// (`ld/dwarf.go:dwarfGenerateDebugInfo`, and of `dwarfGenerateDebugSyms` what needs no addresses).
/// Comes after dead code is known and `-X` strings are set.
///
/// # Errors
/// Damaged inputs.
pub fn generate(
    syms: &Symbols,
    live: &Live,
    order: &TextOrder,
    opts: &Options,
) -> Result<DebugInfo, DwarfError> {
    let list = unit_list(syms, order);
    let (named, units) = rayon::join(
        || Named::gather(syms),
        || scan_units(syms, order, &list, opts),
    );
    let mut units = units?;
    let Named { types, notes } = named;
    let variables = find_variables(syms, live);

    let mut pass = Define {
        types: Types::new(syms, &live.reachable, opts.arch.ptr_size, types)?,
        refs: Vec::new(),
        seen: BitSet::new(syms.len()),
    };
    let mut flags: HashSet<&[u8]> = HashSet::new();
    let mut types_unit = None;
    let mut last_lib = None;
    for (i, u) in units.iter_mut().enumerate() {
        let lib = syms.units[u.id.index()].lib;
        let pkg = &syms.libs[lib.index()].pkg;
        let note = |prefix: &str| notes.get([prefix, pkg].concat().as_bytes()).copied();
        if last_lib != Some(lib) {
            last_lib = Some(lib);
            if let Some(c) = note("go:constinfo.") {
                u.constants = c;
                pass.import(c)?;
            }
        }
        if pkg == "runtime" {
            types_unit = Some(i);
        }
        let extra = note("go:cuinfo.producer.").map_or(&[][..], |s| static_data(syms, s));
        flags.insert(extra);
        u.producer = producer(opts.go_version, extra);
        u.package_name = note("go:cuinfo.packagename.").map_or(&[][..], |s| static_data(syms, s));
        for e in std::mem::take(&mut u.events) {
            match e {
                Event::UseType(s) => {
                    pass.types.define(s)?;
                }
                Event::Type(s) => pass.by_name(s)?,
                Event::Abstract(s) => {
                    if !pass.seen.has(s) {
                        pass.seen.insert(s);
                        u.abstracts.push(s);
                        pass.import(s)?;
                    }
                }
            }
        }
    }
    let number = unit_numbers(syms, list.iter().copied());
    for v in &variables {
        match *v {
            Global::Variable { sym, gotype, die } => {
                pass.types.define(gotype)?;
                if let Some(u) = syms.unit(sym)
                    && let Some(u) = units.get_mut(number[u.index()] as usize)
                {
                    u.variables.push(die);
                }
            }
            Global::Dictionary(s) => {
                for r in syms.relocs(s) {
                    if r.typ == RelocType::UseIface {
                        pass.types.define(r.sym)?;
                    }
                }
            }
        }
    }
    pass.types.synthesize()?;
    for v in units.iter().flat_map(|u| &u.variables) {
        pass.note_references(*v);
    }

    let Define { types, refs, .. } = pass;
    let Types { dies, children, .. } = types;
    let die_offsets = die_offsets(&dies, &children, opts.arch.ptr_size)?;
    let gdb_script = if opts.gdb_script {
        units.iter_mut().find_map(|u| u.gdb_script.take())
    } else {
        None
    };
    Ok(DebugInfo {
        arch: *opts.arch,
        dwarf5: opts.dwarf5,
        units,
        types_unit,
        dies,
        children,
        die_offsets,
        refs,
        abbrev: abbrev::section(opts.dwarf5, opts.call_line_data4),
        gdb_script,
        flag_variants: flags.len(),
    })
}

/// The units of all libraries, dependencies first.
fn unit_list(syms: &Symbols, order: &TextOrder) -> Vec<UnitId> {
    order
        .postorder
        .iter()
        .flat_map(|l| syms.libs[l.index()].units.clone())
        .map(UnitId)
        .collect()
}

/// The place of each unit in the list; [`NO_UNIT`] for units outside.
pub(crate) fn unit_numbers(syms: &Symbols, list: impl Iterator<Item = UnitId>) -> Vec<u32> {
    let mut n = vec![NO_UNIT; syms.units.len()];
    for (i, u) in (0..).zip(list) {
        n[u.index()] = i;
    }
    n
}

/// A lock that nobody panics under.
fn lock<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(PoisonError::into_inner)
}

fn scan_units(
    syms: &Symbols,
    order: &TextOrder,
    list: &[UnitId],
    opts: &Options,
) -> Result<Vec<Unit>, DwarfError> {
    let opts = units::ScanOptions {
        syms,
        arch: opts.arch,
        dwarf5: opts.dwarf5,
        goroot: &Goroot::new(opts.goroot),
    };
    // Units differ much in size, so they are taken one by one; sets are used again, since a set for
    // each would be more to clear than there is to do.
    let sets = Mutex::new(Vec::new());
    list.par_iter()
        .with_max_len(1)
        .map(|&u| {
            let set = lock(&sets).pop();
            let mut seen = set.unwrap_or_else(|| units::Seen::new(syms.len()));
            let unit = units::scan(opts, u, order.unit(u), &mut seen);
            lock(&sets).push(seen);
            unit
        })
        .collect()
}

fn producer(version: &str, extra: &[u8]) -> Vec<u8> {
    let mut p = format!("Go cmd/compile {version}").into_bytes();
    if !extra.is_empty() {
        p.extend_from_slice(b"; ");
        p.extend_from_slice(extra);
    }
    p
}

fn static_data(syms: &Symbols, s: SymId) -> &'static [u8] {
    match syms.def(s) {
        symbols::Def::Go(o, li) => o.object.data(li),
        symbols::Def::Ext(e) => e.data.to_vec().leak(),
        symbols::Def::Undefined(..) => &[],
    }
}

/// A data symbol that DWARF is about.
enum Global {
    /// A variable with its type and its DIE.
    Variable {
        sym: SymId,
        gotype: SymId,
        die: SymId,
    },
    /// A dictionary of a generic function, which uses types.
    Dictionary(SymId),
}

/// The live variables that the compiler has made DIEs for and the live dictionaries, in the order of
/// symbols.
fn find_variables(syms: &Symbols, live: &Live) -> Vec<Global> {
    const CHUNK: usize = 1 << 15;
    let end = syms.def_end() as usize;
    let parts: Vec<Vec<Global>> = (0..end.div_ceil(CHUNK))
        .into_par_iter()
        .map(|c| {
            let range = c * CHUNK..((c + 1) * CHUNK).min(end);
            live.reachable
                .iter_range(range)
                .filter_map(|s| global(syms, s))
                .collect()
        })
        .collect();
    parts.into_iter().flatten().collect()
}

fn global(syms: &Symbols, s: SymId) -> Option<Global> {
    let kind = syms.kind(s);
    let g = syms.gover;
    let data = g.is_rodata(kind)
        || g.is_noptrdata(kind)
        || g.is_ptr_data(kind)
        || matches!(
            kind,
            SymKind::Type
                | SymKind::Bss
                | SymKind::NoPtrBss
                | SymKind::TlsBss
                | SymKind::ModuleData
        );
    if !data {
        return None;
    }
    let (mut gotype, mut die) = (SymId::NONE, SymId::NONE);
    for a in syms.auxs(s) {
        match a.typ {
            AuxType::Gotype if gotype.is_none() => gotype = a.sym,
            AuxType::DwarfInfo if die.is_none() => die = a.sym,
            _ => {}
        }
    }
    if gotype.is_none() {
        return (kind == SymKind::Rodata && syms.is_dict(s) && syms.version(s) < VERSION_STATIC)
            .then_some(Global::Dictionary(s));
    }
    (die.is_some() && syms.kind(die) == SymKind::DwarfVar && syms.version(s) < VERSION_STATIC)
        .then_some(Global::Variable {
            sym: s,
            gotype,
            die,
        })
}

/// Defining types in order.
struct Define<'a> {
    types: Types<'a>,
    refs: Vec<(SymId, DieRef)>,
    /// References by name and abstract functions that have been dealt with.
    seen: BitSet,
}

impl Define<'_> {
    /// Defines the type that a reference to `go:info.NAME` means.
    fn by_name(&mut self, s: SymId) -> Result<(), DwarfError> {
        if self.seen.has(s) {
            return Ok(());
        }
        let Some(name) = static_name(self.types.syms, s).strip_prefix(b"go:info.") else {
            return Ok(());
        };
        let Some(e) = self.types.names.find(name) else {
            return Ok(());
        };
        let e = self.types.names.get(e);
        let die = if e.die != DieRef::NONE {
            e.die
        } else {
            let gotype = e.sym;
            self.types.define(gotype)?
        };
        self.seen.insert(s);
        self.refs.push((s, die));
        Ok(())
    }

    /// Defines the types that an abstract function or a list of constants refers to
    /// (`importInfoSymbol`).
    fn import(&mut self, s: SymId) -> Result<(), DwarfError> {
        let syms = self.types.syms;
        for r in syms.relocs(s) {
            if r.typ == RelocType::DwarfSecRef && r.sym.0 >= syms.def_end() {
                self.by_name(r.sym)?;
            }
        }
        Ok(())
    }

    /// Notes what a variable's references mean, without defining anything: its type was.
    fn note_references(&mut self, s: SymId) {
        for r in self.types.syms.relocs(s) {
            if r.typ != RelocType::DwarfSecRef || self.seen.has(r.sym) {
                continue;
            }
            let name = static_name(self.types.syms, r.sym);
            if let Some(name) = name.strip_prefix(b"go:info.")
                && let Some(die) = self.types.find(name)
            {
                self.seen.insert(r.sym);
                self.refs.push((r.sym, die));
            }
        }
    }
}

/// Counts the bytes of DIEs.
struct Measure {
    n: u64,
    ptr_size: u8,
}

impl crate::encode::Sink for Measure {
    #[inline]
    fn bytes(&mut self, b: &[u8]) {
        self.n += b.len() as u64;
    }
}

impl TypeSink for Measure {
    #[inline]
    fn die(&mut self, _: DieRef) {
        self.n += 4;
    }
    #[inline]
    fn runtime_type(&mut self, _: SymId) {
        self.n += u64::from(self.ptr_size);
    }
}

fn die_offsets(dies: &[TypeDie], children: &[Child], ptr_size: u8) -> Result<Vec<u32>, DwarfError> {
    let sizes: Vec<u64> = dies
        .par_iter()
        .with_min_len(1024)
        .map(|d| {
            let mut m = Measure { n: 0, ptr_size };
            put_die(d, children, &mut m);
            m.n
        })
        .collect();
    let mut at = 0u64;
    let mut out = Vec::with_capacity(dies.len() + 1);
    for n in sizes.into_iter().chain([0]) {
        out.push(u32::try_from(at).map_err(|_| DwarfError::TooLarge(".debug_info"))?);
        at += n;
    }
    Ok(out)
}
