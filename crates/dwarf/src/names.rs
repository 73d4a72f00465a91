//! Which symbols describe types, by the types' names.
//!
//! Compilers refer to a type's DIE by name, and the symbol that describes the type has to be found by
//! that name too (`loader.Lookup` of `type:NAME` for a reference to `go:info.NAME`). Types that belong
//! to one package are entered here once; those that several may define are found by name anyway. DIEs,
//! also those that the linker makes up, join under their names.

use goobj::SymDef;
use goobj::prefetch::prefetch_lines;
use gover::SymKind;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::Hasher;
use symbols::{SymId, Symbols};

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

/// What the objects say by name in package symbols. Symbols that are found by name are left to
/// [`Symbols::lookup`].
pub(crate) struct Named<'a> {
    syms: &'a Symbols,
    /// The types.
    pub types: TypeNames,
    /// The compiler's notes on units and the constants of packages, by full name.
    notes: FxHashMap<&'static [u8], SymId>,
}

#[derive(Default)]
struct Found {
    types: Vec<(&'static [u8], u32, SymId)>,
    notes: Vec<(&'static [u8], SymId)>,
}

/// Whether a symbol of this kind is a note on a unit or holds constants.
fn is_note(syms: &Symbols, kind: u8) -> bool {
    let kind = syms.gover.sym_kind(kind);
    matches!(kind, Some(SymKind::DwarfCuInfo | SymKind::DwarfConst))
}

impl<'a> Named<'a> {
    /// Reads the package symbols of all objects. Of several of one name the last is meant.
    pub(crate) fn gather(syms: &'a Symbols) -> Named<'a> {
        let go_type = syms.gover.flags.go_type;
        let mut notes = [false; 256];
        for (kind, note) in (0..=255).zip(&mut notes) {
            *note = is_note(syms, kind);
        }
        let found: Vec<Found> = syms
            .objs()
            .par_iter()
            .map(|o| {
                let mut found = Found::default();
                let object = &o.object;
                for (li, d) in (0..).zip(object.syms(0..object.n_def())) {
                    let is_type = d.flag() & go_type != 0;
                    let is_note = notes[usize::from(d.kind())];
                    if (!is_type && !is_note) || d.abi() == goobj::ABI_STATIC {
                        continue;
                    }
                    let name = object.name(d);
                    let s = syms.global(o, li);
                    if is_type {
                        prefetch_lines(name, 2);
                        found.types.push((name, 0, s));
                    } else {
                        found.notes.push((name, s));
                    }
                }
                found.types.retain_mut(|(name, name_hash, _)| {
                    let Some(rest) = name.strip_prefix(TYPE_PREFIX) else {
                        return false;
                    };
                    (*name, *name_hash) = (rest, hash(rest));
                    true
                });
                found
            })
            .collect();
        let n: usize = found.iter().map(|f| f.types.len()).sum();
        // In a program there are about twice as many types as these.
        let mut types = TypeNames {
            table: vec![0; (n * 6).next_power_of_two().max(1024)],
            entries: Vec::with_capacity(n * 3),
        };
        let mut notes = FxHashMap::default();
        for f in &found {
            for &(name, hash, s) in &f.types {
                let e = types.enter(name, hash);
                types.get_mut(e).sym = s;
            }
            notes.extend(f.notes.iter().copied());
        }
        Named { syms, types, notes }
    }

    /// The symbol that describes the type called `name`; [`SymId::NONE`] if there is none.
    pub(crate) fn described(&self, name: &[u8]) -> SymId {
        if let Some(e) = self.types.find(name) {
            let s = self.types.get(e).sym;
            if s.is_some() {
                return s;
            }
        }
        let go_type = self.syms.gover.flags.go_type;
        let name = [TYPE_PREFIX, name].concat();
        let s = self.defined(&name, |d| d.flag() & go_type != 0);
        if s.is_none() && !self.syms.foreign.shared_libs.is_empty() {
            // It may be in a library, or only be referred to.
            return self.syms.lookup(&name, 0).unwrap_or_default();
        }
        s
    }

    /// The compiler's note called `prefix` and the package's path; [`SymId::NONE`] if there is none.
    pub(crate) fn note(&self, prefix: &str, pkg: &str) -> SymId {
        let name = [prefix, pkg].concat();
        match self.notes.get(name.as_bytes()) {
            Some(&s) => s,
            None => self.defined(name.as_bytes(), |d| is_note(self.syms, d.kind())),
        }
    }

    /// A symbol found by name, if an object defines it as what it should be.
    fn defined(&self, name: &[u8], is: impl Fn(SymDef) -> bool) -> SymId {
        let s = self.syms.lookup(name, 0).unwrap_or_default();
        match self.syms.origin(s) {
            Some((o, li)) if s.is_some() && is(o.object.sym(li)) => s,
            _ => SymId::NONE,
        }
    }
}

/// What the names of types' descriptors begin with.
const TYPE_PREFIX: &[u8] = b"type:";

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
