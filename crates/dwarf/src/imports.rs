//! What references mean, looked up on all threads before types are defined in order.

use crate::ahead::{NEAR, expect};
use crate::names::Named;
use goobj::prefetch::prefetch_lines;
use gover::RelocType;
use rustc_hash::FxHashMap;
use symbols::{AtomicBitSet, Def, SymId, Symbols};

/// Something that a function's DIE refers to.
#[derive(Clone, Copy)]
pub(crate) enum Event {
    /// A type that is used although nothing says so in DWARF.
    UseType(SymId),
    /// The DIE of a type, by its name.
    Type(SymId),
    /// An abstract function.
    Abstract(SymId),
}

/// What some abstract functions refer to by name.
#[derive(Default)]
pub(crate) struct Imports {
    /// The functions, each with the end of its part of `refs`.
    functions: Vec<(SymId, u32)>,
    refs: Vec<SymId>,
}

/// What an abstract function or a list of constants refers to by name (`importInfoSymbol`).
pub(crate) fn references(syms: &Symbols, s: SymId) -> impl Iterator<Item = SymId> + '_ {
    syms.relocs(s)
        .filter(|r| r.typ == RelocType::DwarfSecRef && r.sym.0 >= syms.def_end())
        .map(|r| r.sym)
}

impl Imports {
    /// Looks at the abstract functions among a unit's events that no other unit has looked at, and
    /// looks up all types that they and the events name. `looked_at`: the functions that some unit has
    /// looked at.
    pub(crate) fn find(
        events: &[Event],
        syms: &Symbols,
        named: &Named,
        looked_at: &AtomicBitSet,
    ) -> Imports {
        let mut found = Imports::default();
        let mut types = Vec::with_capacity(events.len());
        let mut functions = Vec::new();
        for e in events {
            match *e {
                Event::Type(s) if named.is_unknown(s) => types.push(s),
                Event::Abstract(s) if looked_at.insert(s) => {
                    expect(syms, s);
                    functions.push(s);
                }
                _ => {}
            }
        }
        for (i, &s) in functions.iter().enumerate() {
            if let Some(&next) = functions.get(i + NEAR)
                && let Def::Go(o, li) = syms.def(next)
            {
                prefetch_lines(o.object.reloc_bytes(li), 6);
            }
            found.refs.extend(references(syms, s));
            found.functions.push((s, found.refs.len() as u32));
        }
        types.extend(found.refs.iter().filter(|&&s| named.is_unknown(s)));
        named.look_up(&types);
        found
    }
}

/// The imports that all units so far have found.
#[derive(Default)]
pub(crate) struct AllImports {
    units: Vec<Imports>,
    /// By function: number of the unit, and which part of its references.
    functions: FxHashMap<SymId, (u32, u32, u32)>,
}

impl AllImports {
    /// Adds those of a unit.
    pub(crate) fn add(&mut self, imports: Imports) {
        let unit = self.units.len() as u32;
        let mut start = 0;
        for &(s, end) in &imports.functions {
            self.functions.insert(s, (unit, start, end));
            start = end;
        }
        self.units.push(imports);
    }

    /// What an abstract function refers to; `None` if that is not known yet.
    pub(crate) fn of(&self, s: SymId) -> Option<&[SymId]> {
        let &(unit, start, end) = self.functions.get(&s)?;
        Some(&self.units[unit as usize].refs[start as usize..end as usize])
    }
}
