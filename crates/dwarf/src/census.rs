//! The symbols that cmd/link makes for debugging information, counted.
//!
//! It has one for each unit, each type and each section, and prints their number. Here there are
//! none, so that the number is worked out from the plan, for who asks.

use crate::Kind;
use crate::plan::Plan;
use crate::section::Section;
use crate::units::{Function, Piece, Unit};
use gover::SymKind;
use rustc_hash::{FxHashMap, FxHashSet};
use symbols::{BitSet, SymId, Symbols};

/// Numbers of symbols.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub struct Census {
    /// Those that debugging information needs and nothing else knows.
    pub made: usize,
    /// Those among them that are live at the end of the link.
    pub reachable: usize,
}

impl Census {
    fn add(&mut self, n: usize, reachable: bool) {
        self.made += n;
        self.reachable += if reachable { n } else { 0 };
    }
}

/// Symbols without a name that a unit has whatever is in it: what its lines, ranges and addresses
/// begin with, and the end of its DIE.
const UNIT_PARTS: [Kind; 4] = [Kind::Line, Kind::Ranges, Kind::Addr, Kind::Info];

impl Plan {
    /// Counts the symbols that cmd/link makes for these sections, and corrects `reachable` for what it
    /// does to those of objects: DWARF becomes live where it is used, and compressing a section
    /// makes dead what was in it (`ld/dwarf.go:dwarfcompress`). `named` are the symbols called
    /// `go:info.…`, by the rest of their name; `compressed` says it of each section.
    pub fn census(
        &self,
        syms: &Symbols,
        named: &FxHashMap<&[u8], SymId>,
        compressed: &[bool],
        reachable: &mut BitSet,
    ) -> Census {
        let mut n = Census::default();
        let state = |kind: Kind| {
            let at = self.sections.iter().position(|s: &Section| s.kind == kind);
            !at.is_some_and(|i| compressed[i])
        };
        let mut set = |s: SymId, live: bool| match live {
            true => reachable.insert(s),
            false => reachable.remove(s),
        };
        for (s, &packed) in self.sections.iter().zip(compressed) {
            n.add(1, !packed);
            // The compressed section is a symbol of its own, which nobody marks.
            n.add(usize::from(packed), false);
            let header = matches!(s.kind, Kind::Loc | Kind::Ranges | Kind::Addr);
            n.add(usize::from(self.dwarf5 && header), !packed);
        }
        if self.sections.iter().all(|s| s.kind != Kind::Loc) {
            // Made before it is known that there is nothing to go in.
            n.add(1, true);
        }
        for (i, u) in self.units.iter().enumerate() {
            let (text, has_types) = (!u.is_textless(), self.types_unit == Some(i));
            let shown = text || has_types || !u.variables.is_empty();
            for kind in UNIT_PARTS {
                if kind == Kind::Addr && !syms.gover.has_kind(SymKind::DwarfAddr) {
                    continue;
                }
                let used = match kind {
                    Kind::Addr => self.dwarf5,
                    Kind::Info => shown,
                    _ => text,
                };
                n.add(1, !used || state(kind));
            }
            n.add(1, !shown || state(Kind::Info));
            let in_info = !shown || state(Kind::Info);
            let own = [u.constants].into_iter().filter(|s| s.is_some());
            own.chain(u.abstracts.iter().copied())
                .chain(u.variables.iter().copied())
                .for_each(|s| set(s, in_info));
            for kind in [Kind::Line, Kind::Info, Kind::Loc, Kind::Ranges] {
                let live = state(kind);
                pieces(syms, u, kind).for_each(|s| set(s, live));
            }
        }
        let live = state(Kind::Info);
        let mut names = FxHashSet::default();
        let mut known = 0;
        for d in &self.dies {
            if names.insert(d.name)
                && let Some(&s) = named.get(d.name)
            {
                known += 1;
                set(s, live);
            }
        }
        n.add(self.dies.len() - known, live);
        n
    }
}

/// What the functions of a unit have in a section.
fn pieces<'a>(syms: &'a Symbols, u: &'a Unit, kind: Kind) -> impl Iterator<Item = SymId> + 'a {
    let obj = syms.unit_obj(u.id);
    let piece = move |f: &Function| f.piece(kind);
    let all = u.functions.iter().map(piece).filter(|p| p.is_some());
    obj.into_iter()
        .flat_map(move |o| all.clone().map(|p: Piece| syms.global(o, p.li)))
}
