//! Data symbols that DWARF is about.

use goobj::Object;
use goobj::prefetch::prefetch;
use gover::{AuxType, SymKind};
use rayon::prelude::*;
use reach::Live;
use std::ops::Range;
use symbols::{Def, Obj, SymId, Symbols, VERSION_STATIC};

/// A data symbol that DWARF is about.
pub(crate) enum Global {
    /// A variable with its type and its DIE.
    Variable {
        /// The variable.
        sym: SymId,
        /// Its type.
        gotype: SymId,
        /// Its DIE.
        die: SymId,
    },
    /// A dictionary of a generic function, which uses types.
    Dictionary(SymId),
}

/// Whether a kind is one of data.
fn is_data(syms: &Symbols, kind: SymKind) -> bool {
    let g = syms.gover;
    g.is_rodata(kind)
        || g.is_noptrdata(kind)
        || g.is_ptr_data(kind)
        || matches!(
            kind,
            SymKind::Type
                | SymKind::Bss
                | SymKind::NoPtrBss
                | SymKind::TlsBss
                | SymKind::ModuleData
        )
}

/// The live variables that the compiler has made DIEs for and the live dictionaries, in the order of
/// symbols.
pub(crate) fn find(syms: &Symbols, live: &Live) -> Vec<Global> {
    const CHUNK: usize = 1 << 15;
    // By an object's number of the kind.
    let mut data = [false; 256];
    for (number, data) in (0..=255).zip(&mut data) {
        *data = syms
            .gover
            .sym_kind(number)
            .is_some_and(|k| is_data(syms, k));
    }
    // What refers to nothing has neither a type nor a DIE, and is no dictionary that uses types.
    let leaves = syms.leaves();
    let candidates = |r: Range<usize>| live.reachable.iter_range_without(r, &leaves);
    let mut linker_made: Vec<SymId> = syms.linker_made().collect();
    linker_made.sort_unstable();
    let may_tell = |o: &Object, li: u32| {
        let d = o.sym(li);
        let is_dict = d.flag2() & syms.gover.flags2.dict != 0;
        data[usize::from(d.kind())] && (is_dict || !o.aux_bytes(li).is_empty())
    };
    let of_package = |obj: &Obj| -> Vec<Global> {
        let r = syms.package_symbols(obj);
        let first = linker_made.partition_point(|s| s.0 < r.start);
        let symbols = candidates(r.start as usize..r.end as usize);
        if linker_made.get(first).is_some_and(|s| r.contains(&s.0)) {
            return symbols.filter_map(|s| global(syms, s)).collect();
        }
        // Their records are side by side.
        symbols
            .filter(|s| may_tell(&obj.object, s.0 - r.start))
            .filter_map(|s| global(syms, s))
            .collect()
    };
    let shared = |first: usize, end: usize| -> Vec<Global> {
        let mut found = Vec::new();
        let mut all = candidates(first..end)
            .map(|s| (s, syms.def(s)))
            .filter(|(_, def)| !is_found_by_content(def));
        let mut some = Vec::with_capacity(TOGETHER);
        loop {
            some.extend(all.by_ref().take(TOGETHER));
            if some.is_empty() {
                return found;
            }
            for (_, def) in &some {
                if let Def::Go(o, li) = *def {
                    let places = o.object.places(li);
                    prefetch(places[0]);
                    prefetch(places[2]);
                }
            }
            for (s, def) in some.drain(..) {
                let may_tell = match def {
                    Def::Go(o, li) => may_tell(&o.object, li),
                    Def::Ext(_) => true,
                    Def::Undefined(..) => false,
                };
                if may_tell {
                    found.extend(global(syms, s));
                }
            }
        }
    };
    let start = syms
        .objs()
        .last()
        .map_or(1, |o| syms.package_symbols(o).end) as usize;
    let end = (syms.def_end() as usize).max(start);
    let mut parts: Vec<Vec<Global>> = syms.objs().par_iter().map(of_package).collect();
    parts.par_extend(
        (0..(end - start).div_ceil(CHUNK))
            .into_par_iter()
            .map(|c| start + c * CHUNK)
            .map(|first| shared(first, (first + CHUNK).min(end))),
    );
    parts.into_iter().flatten().collect()
}

/// Symbols whose records are asked for before they are looked at.
const TOGETHER: usize = 32;

/// Whether the symbol is one that packages share by its content. That is most of what is live, and
/// neither variables nor dictionaries.
#[inline]
fn is_found_by_content(def: &Def) -> bool {
    let Def::Go(o, li) = *def else { return false };
    let o = &o.object;
    (o.n_def()..o.n_def() + o.n_hashed64() + o.n_hashed()).contains(&li)
}

/// What DWARF has to say of a symbol, if it is one of data.
fn global(syms: &Symbols, s: SymId) -> Option<Global> {
    if !is_data(syms, syms.kind(s)) {
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
        return (syms.is_dict(s) && syms.kind(s) == SymKind::Rodata && has_name(syms, s))
            .then_some(Global::Dictionary(s));
    }
    (die.is_some() && syms.kind(die) == SymKind::DwarfVar && has_name(syms, s)).then_some(
        Global::Variable {
            sym: s,
            gotype,
            die,
        },
    )
}

/// Whether the symbol is not one of its file alone.
fn has_name(syms: &Symbols, s: SymId) -> bool {
    syms.version(s) < VERSION_STATIC
}
