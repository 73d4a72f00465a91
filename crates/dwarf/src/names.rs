//! Which symbols describe types, by the types' names.
//!
//! Compilers refer to a type's DIE by name, and the symbol that describes the type has to be found by
//! that name too (`loader.Lookup` of `type:NAME` for a reference to `go:info.NAME`). All definitions of
//! types in the objects are entered here once. DIEs that the linker makes up join under their names.

use gover::SymKind;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::Hasher;
use symbols::{Obj, SymId, Symbols};

use crate::types::DieRef;

/// What is known by one name.
pub(crate) struct Entry {
    hash: u32,
    /// The DIE, if there is one.
    pub die: DieRef,
    /// The symbol that describes the type; [`SymId::NONE`] for made-up types.
    pub sym: SymId,
    /// The name, without a prefix.
    pub name: &'static [u8],
}

/// Types by name.
#[derive(Default)]
pub(crate) struct TypeNames {
    /// Open addressing: number of an entry plus one.
    table: Vec<u32>,
    entries: Vec<Entry>,
}

fn hash(name: &[u8]) -> u32 {
    let mut h = FxHasher::default();
    h.write(name);
    (h.finish() >> 32) as u32
}

impl TypeNames {
    #[inline]
    fn slot(&self, name: &[u8], hash: u32) -> Result<u32, usize> {
        let mask = self.table.len() - 1;
        let mut i = hash as usize & mask;
        loop {
            match self.table[i] {
                0 => return Err(i),
                e => {
                    let x = &self.entries[e as usize - 1];
                    if x.hash == hash && x.name == name {
                        return Ok(e - 1);
                    }
                }
            }
            i = (i + 1) & mask;
        }
    }

    fn grow(&mut self) {
        let size = (self.entries.len() * 4).next_power_of_two().max(1024);
        self.table = vec![0; size];
        for (n, e) in self.entries.iter().enumerate() {
            let mut i = e.hash as usize & (size - 1);
            while self.table[i] != 0 {
                i = (i + 1) & (size - 1);
            }
            self.table[i] = n as u32 + 1;
        }
    }

    fn enter(&mut self, name: &'static [u8], hash: u32) -> u32 {
        if self.table.len() < self.entries.len() * 2 + 2 {
            self.grow();
        }
        match self.slot(name, hash) {
            Ok(e) => e,
            Err(at) => {
                let e = self.entries.len() as u32;
                self.table[at] = e + 1;
                self.entries.push(Entry {
                    hash,
                    die: DieRef::NONE,
                    sym: SymId::NONE,
                    name,
                });
                e
            }
        }
    }

    /// Number of names.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }
    /// The entry of a name.
    pub(crate) fn find(&self, name: &[u8]) -> Option<u32> {
        if self.table.is_empty() {
            return None;
        }
        self.slot(name, hash(name)).ok()
    }
    /// The entry of a name, made if need be.
    pub(crate) fn find_or_enter(&mut self, name: &'static [u8]) -> u32 {
        self.enter(name, hash(name))
    }
    /// An entry.
    #[inline]
    pub(crate) fn get(&self, e: u32) -> &Entry {
        &self.entries[e as usize]
    }
    /// An entry, to be changed.
    #[inline]
    pub(crate) fn get_mut(&mut self, e: u32) -> &mut Entry {
        &mut self.entries[e as usize]
    }
}

/// What the objects say by name.
pub(crate) struct Named {
    /// The types.
    pub types: TypeNames,
    /// The compiler's notes on units and the constants of packages, by full name.
    pub notes: FxHashMap<&'static [u8], SymId>,
}

#[derive(Default)]
struct Found {
    types: Vec<(&'static [u8], u32, SymId)>,
    notes: Vec<(&'static [u8], SymId)>,
}

impl Named {
    /// Reads the definitions of all objects. Of several package symbols of one name the last is meant.
    pub(crate) fn gather(syms: &Symbols) -> Named {
        let go_type = syms.gover.flags.go_type;
        let mut is_note = [false; 256];
        for (i, n) in is_note.iter_mut().enumerate() {
            *n = matches!(
                syms.gover.sym_kind(i as u8),
                Some(SymKind::DwarfCuInfo | SymKind::DwarfConst)
            );
        }
        let scan = |o: &Obj, range: std::ops::Range<u32>, own: bool, out: &mut Found| {
            for (li, d) in range.clone().zip(o.object.syms(range)) {
                let is_type = d.flag() & go_type != 0;
                if (!is_type && !is_note[d.kind() as usize])
                    || d.abi() == goobj::ABI_STATIC
                    || !(own || syms.is_first(o, li))
                {
                    continue;
                }
                let name = o.object.name(d);
                let s = syms.global(o, li);
                if !is_type {
                    out.notes.push((name, s));
                } else if let Some(name) = name.strip_prefix(b"type:") {
                    out.types.push((name, hash(name), s));
                }
            }
        };
        let found: Vec<(Found, Found)> = syms
            .objs()
            .par_iter()
            .map(|o| {
                let (mut pkg, mut shared) = Default::default();
                let n = &o.object;
                scan(o, 0..n.n_def(), true, &mut pkg);
                let by_name = n.n_def() + n.n_hashed64() + n.n_hashed();
                scan(o, by_name..n.n_alldef(), false, &mut shared);
                (pkg, shared)
            })
            .collect();
        let n: usize = found
            .iter()
            .map(|(a, b)| a.types.len() + b.types.len())
            .sum();
        let mut types = TypeNames {
            table: vec![0; (n * 3).next_power_of_two().max(1024)],
            entries: Vec::with_capacity(n + n / 4),
        };
        let mut notes = FxHashMap::default();
        for (pkg, _) in &found {
            for &(name, hash, s) in &pkg.types {
                let e = types.enter(name, hash);
                types.get_mut(e).sym = s;
            }
            notes.extend(pkg.notes.iter().copied());
        }
        for (_, shared) in &found {
            for &(name, hash, s) in &shared.types {
                let e = types.enter(name, hash);
                let e = types.get_mut(e);
                if e.sym.is_none() {
                    e.sym = s;
                }
            }
            for &(name, s) in &shared.notes {
                notes.entry(name).or_insert(s);
            }
        }
        Named { types, notes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_as_the_table_grows() {
        let mut t = TypeNames::default();
        assert!(t.find(b"x").is_none());
        let names: Vec<&'static [u8]> = (0..5000)
            .map(|i| &*format!("T{i}").into_bytes().leak())
            .collect();
        for (i, n) in names.iter().enumerate() {
            let e = t.find_or_enter(n);
            t.get_mut(e).sym = SymId(i as u32 + 1);
        }
        for (i, n) in names.iter().enumerate() {
            let e = t.find(n).unwrap();
            assert_eq!(t.get(e).sym, SymId(i as u32 + 1));
            assert_eq!(t.find_or_enter(n), e);
        }
        assert!(t.find(b"T5000").is_none());
    }
}
