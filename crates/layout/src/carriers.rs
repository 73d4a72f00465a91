//! Which symbols stand for others in an object file (`loader.SetCarrierSym`, `OuterSym`).

use crate::Buckets;
use gover::SymKind;
use symbols::{SymId, Symbols};

/// For symbols that belong to a group, the symbol that carries the group. Relocations of object files
/// name the carrier and count from it.
#[derive(Default)]
pub struct Carriers {
    /// By symbol, one more than the index in `carriers`; 0 for none.
    group: Vec<u8>,
    carriers: Vec<SymId>,
}

impl Carriers {
    /// So far of no symbol.
    pub fn new(syms: &Symbols) -> Carriers {
        Carriers {
            group: vec![0; syms.len()],
            carriers: Vec::new(),
        }
    }

    /// The carrier of `s`, or [`SymId::NONE`].
    #[inline]
    pub fn of(&self, s: SymId) -> SymId {
        match self.group.get(s.index()) {
            None | Some(0) => SymId::NONE,
            Some(&g) => self.carriers[usize::from(g) - 1],
        }
    }

    /// Has `carrier` carry `members`.
    pub fn add(&mut self, carrier: SymId, members: impl IntoIterator<Item = SymId>) {
        self.carriers.push(carrier);
        let g = u8::try_from(self.carriers.len()).expect("there are few groups");
        for s in members.into_iter().filter(|&s| s != carrier) {
            self.group[s.index()] = g;
        }
    }

    /// Has `carrier` carry what data layout has put into the group of `kind` by its name, or for want of one.
    pub fn add_group(&mut self, syms: &Symbols, buckets: &Buckets, carrier: SymId, kind: SymKind) {
        let has_name = |name: &[u8]| name.is_empty() || name.ends_with("·f".as_bytes());
        let by_name = |s: SymId| syms.kind(s) != kind || has_name(syms.name(s));
        let members = buckets.of(kind).syms.iter().map(|d| d.sym);
        self.add(carrier, members.filter(|&s| by_name(s)));
    }
}
