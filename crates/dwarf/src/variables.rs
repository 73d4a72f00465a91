//! Data symbols that DWARF is about.

use goobj::prefetch::prefetch;
use gover::{AuxType, SymKind};
use rayon::prelude::*;
use reach::Live;
use symbols::{Def, SymId, Symbols, VERSION_STATIC};

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
    /// Symbols whose records are asked for before they are looked at.
    const TOGETHER: usize = 32;
    // By an object's number of the kind.
    let mut data = [false; 256];
    for (number, data) in (0..=255).zip(&mut data) {
        *data = syms
            .gover
            .sym_kind(number)
            .is_some_and(|k| is_data(syms, k));
    }
    let end = syms.def_end() as usize;
    let parts: Vec<Vec<Global>> = (0..end.div_ceil(CHUNK))
        .into_par_iter()
        .map(|c| {
            let mut found = Vec::new();
            let mut all = live
                .reachable
                .iter_range(c * CHUNK..((c + 1) * CHUNK).min(end))
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
                    let is_data = match def {
                        Def::Go(o, li) => data[usize::from(o.object.sym(li).kind())],
                        Def::Ext(e) => is_data(syms, e.kind),
                        Def::Undefined(..) => false,
                    };
                    if is_data {
                        found.extend(global(syms, s));
                    }
                }
            }
        })
        .collect();
    parts.into_iter().flatten().collect()
}

/// Whether the symbol is one that packages share by its content. That is most of what is live, and
/// neither variables nor dictionaries.
#[inline]
fn is_found_by_content(def: &Def) -> bool {
    let Def::Go(o, li) = *def else { return false };
    let o = &o.object;
    (o.n_def()..o.n_def() + o.n_hashed64() + o.n_hashed()).contains(&li)
}

/// What DWARF has to say of a data symbol.
fn global(syms: &Symbols, s: SymId) -> Option<Global> {
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
