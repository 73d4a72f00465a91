//! Symbols with names: which definition a name means.

use super::{Groups, LogAlign, PACKAGE, ResolveError, ResolveOptions, Resolved, State};
use crate::digest::DefUse;
use crate::name_hash::{NameHash, NameHasher};
use crate::{Library, SymId};
use goobj::prefetch::prefetch_value;
use gover::{Definition, DuplicateRule, DupokRule, SymKind};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::ops::Range;

/// No symbol of that name.
const ABSENT: u32 = u32::MAX;

/// A name in one version.
struct Named {
    hash: NameHash,
    /// The first occurrence: its slot, or its number and [`PACKAGE`]; or [`ABSENT`].
    first: u32,
}

/// The definition of a name that counts so far.
#[derive(Clone, Copy, Default)]
struct Current {
    /// As [`Named::first`].
    place: u32,
    size: u32,
    dupok: bool,
    align: LogAlign,
    /// The largest alignment of all definitions.
    largest: LogAlign,
}

impl Current {
    fn new(u: &DefUse, place: u32) -> Current {
        Current {
            place,
            size: u.size,
            dupok: u.dupok,
            align: u.align,
            largest: u.align,
        }
    }
}

/// Open addressing, at most half full.
#[derive(Default)]
struct Table {
    /// Index into `entries` plus one.
    table: Vec<u32>,
    entries: Vec<Named>,
}

impl Table {
    /// For `n` occurrences of names. In a large program a name occurs three times. Each may be another,
    /// too, and entries that are not needed are no memory.
    fn for_occurrences(n: usize) -> Table {
        Table {
            table: super::empty_table(n / 2),
            entries: Vec::with_capacity(n),
        }
    }
    /// Makes the table larger, with the same entries.
    #[cold]
    fn grow(&mut self) {
        self.table = super::empty_table(2 * self.table.len());
        for (i, e) in (1..).zip(&self.entries) {
            if let Err(at) = self.find(e.hash) {
                self.table[at] = i;
            }
        }
    }
    #[inline]
    fn find(&self, h: NameHash) -> Result<u32, usize> {
        let mask = self.table.len() - 1;
        let mut i = h.0 as usize & mask;
        loop {
            match self.table[i] {
                0 => return Err(i),
                e if self.entries[e as usize - 1].hash == h => return Ok(e - 1),
                _ => i = (i + 1) & mask,
            }
        }
    }
    /// The number of the entry of a name; a new one has no symbol.
    #[inline]
    fn entry(&mut self, hash: NameHash) -> usize {
        let e = match self.find(hash) {
            Ok(e) => e,
            Err(mut at) => {
                if self.entries.len() >= self.table.len() / 2 {
                    self.grow();
                    at = self.find(hash).expect_err("it is new");
                }
                let first = ABSENT;
                self.entries.push(Named { hash, first });
                self.table[at] = self.entries.len() as u32;
                self.entries.len() as u32 - 1
            }
        };
        e as usize
    }
}

/// All names, and the symbols they have become.
#[derive(Default)]
pub(crate) struct NameTable {
    hasher: NameHasher,
    groups: Groups,
    /// By group of shards.
    tables: Vec<Table>,
}

/// A name that is being looked up.
#[derive(Clone, Copy)]
pub struct NameKey {
    hash: NameHash,
    group: usize,
}

impl NameTable {
    fn hash(&self, name: &[u8], version: usize) -> NameKey {
        let hash = self.hasher.hash(name, version);
        let group = self.groups.of_shard(hash.shard());
        NameKey { hash, group }
    }

    /// Begins to look up a name: asks for its place in the table.
    pub(crate) fn key(&self, name: &[u8], version: usize) -> NameKey {
        let key = self.hash(name, version);
        if let Some(t) = self.tables.get(key.group) {
            prefetch_value(&t.table[key.hash.0 as usize & (t.table.len() - 1)]);
        }
        key
    }

    /// Goes on looking up a name: asks for its entry.
    pub(crate) fn approach(&self, key: NameKey) {
        if let Some(t) = self.tables.get(key.group) {
            let e = t.table[key.hash.0 as usize & (t.table.len() - 1)];
            if let Some(e) = t.entries.get((e as usize).wrapping_sub(1)) {
                prefetch_value(e);
            }
        }
    }

    /// As [`NameTable::find`].
    pub(crate) fn find_key(&self, key: NameKey) -> Option<u32> {
        let table = self.tables.get(key.group)?;
        Some(table.entries[table.find(key.hash).ok()? as usize].first)
    }

    /// The first occurrence of a name: its slot, or its number and [`PACKAGE`].
    pub(crate) fn find(&self, name: &[u8], version: usize) -> Option<u32> {
        self.find_key(self.hash(name, version))
    }
}

/// Finds the definition of every name and notes it for each of its occurrences.
pub(super) fn resolve_names(
    st: &State,
    groups: Groups,
    opts: &ResolveOptions,
    libs: &[Library],
) -> (NameTable, Resolved) {
    let mut out = Resolved::default();
    // There are many references to nothing in particular; all are the same undefined symbol.
    for version in 0..2 {
        let mut objs = st.objs.iter().zip(&st.digests);
        let first = objs.find_map(|(o, d)| d.unnamed[version].first().map(|li| o.slot(li)));
        if let Some(first) = first {
            st.keep(first);
            out.unnamed[version] = first;
        }
    }
    let package = package_names(st, groups);
    let replays: Vec<(Table, Resolved)> = groups
        .shards()
        .enumerate()
        .map(|(group, shards)| {
            let package = package.iter().map(|part| &part[group]);
            replay(st, shards, package, opts, libs)
        })
        .collect();
    let mut tables = Vec::with_capacity(replays.len());
    for (table, r) in replays {
        tables.push(table);
        out.append(r);
    }
    let names = NameTable {
        hasher: NameHasher::default(),
        groups,
        tables,
    };
    (names, out)
}

/// A package symbol that has a name: its number and [`PACKAGE`], and what is known of it.
type PackageName = (u32, DefUse);

/// The package symbols with a name, by group of shards, in parts of the objects that are in load order.
/// Few of the package symbols have a name, and of those in one group few are of one object.
fn package_names(st: &State, groups: Groups) -> Vec<Vec<Vec<PackageName>>> {
    let parts = 4 * rayon::current_num_threads();
    let each = st.objs.len().div_ceil(parts).max(1);
    let objs = st.objs.par_chunks(each);
    objs.zip(st.digests.par_chunks(each))
        .map(|(objs, digests)| {
            let n: usize = digests.iter().map(|d| d.package.len()).sum();
            let mut by_group: Vec<Vec<PackageName>> = Vec::new();
            let room = n / groups.count() * 5 / 4;
            by_group.resize_with(groups.count(), || Vec::with_capacity(room));
            for (o, d) in objs.iter().zip(digests) {
                for &u in &d.package {
                    let group = &mut by_group[groups.of_shard(u.hash.shard())];
                    group.push((PACKAGE | (o.def_base + u.li), u));
                }
            }
            by_group
        })
        .collect()
}

/// Replays the occurrences of a group of shards in load order (`loader.addSym`). `package` is what
/// [`package_names`] gives for the group.
fn replay<'a>(
    st: &State,
    shards: Range<usize>,
    package: impl Iterator<Item = &'a Vec<PackageName>> + Clone,
    opts: &ResolveOptions,
    libs: &[Library],
) -> (Table, Resolved) {
    let mut out = Resolved::default();
    let n_defs: usize = st.digests.iter().map(|d| d.defs.of(&shards).len()).sum();
    let n_refs: usize = st.digests.iter().map(|d| d.refs.of(&shards).len()).sum();
    let n_package: usize = package.clone().map(Vec::len).sum();
    let mut t = Table::for_occurrences(n_package + n_defs + n_refs);
    // By entry. Only the names of definitions come before the references.
    let mut current: Vec<Current> = Vec::with_capacity(n_defs + n_package);
    // Of several package symbols of one name the last is what the name means.
    for &(place, def) in package.flatten() {
        let e = t.entry(def.hash);
        let first = &mut t.entries[e].first;
        if *first != ABSENT {
            out.shadowed.push(SymId(*first & !PACKAGE));
        }
        *first = place;
        current.resize(t.entries.len(), Current::default());
        current[e] = Current::new(&def, place);
    }
    let mut moved: FxHashMap<u32, u32> = FxHashMap::default();
    let rules = Duplicate { st, opts, libs };
    for (base, u) in st.each(|d| d.defs.of(&shards)) {
        let slot = base.wrapping_add(u.li);
        let e = t.entry(u.hash);
        let first = &mut t.entries[e].first;
        if *first == ABSENT {
            *first = slot;
            current.push(Current::new(u, slot));
            st.keep(slot);
            continue;
        }
        st.set(slot, *first);
        let current = &mut current[e];
        if rules.wins(u, slot, *first, current, &mut out) {
            let largest = current.largest;
            *current = Current::new(u, slot);
            current.largest = largest;
            moved.insert(*first, slot);
        }
        current.largest = current.largest.max(u.align);
    }
    for (e, current) in t.entries.iter().zip(&current) {
        if current.align != current.largest {
            out.aligns.push((e.first, current.largest));
        }
    }
    let mut infos = Vec::new();
    for (base, u) in st.each(|d| d.refs.of(&shards)) {
        let slot = base.wrapping_add(u.li);
        let e = t.entry(u.hash);
        let e = &mut t.entries[e];
        if e.first == ABSENT {
            e.first = slot;
            if opts.types_of_infos {
                infos.extend(u.hash.type_of_info().map(|hash| (slot, hash)));
            }
        }
        st.set(slot, e.first);
    }
    let described = infos.into_iter().filter_map(|(slot, hash)| {
        let e = t.find(hash).ok()?;
        Some((slot, t.entries[e as usize].first))
    });
    out.types_of_infos.extend(described);
    out.winners.extend(moved);
    t.entries.shrink_to_fit();
    (t, out)
}

/// What the rules for duplicates need to know.
struct Duplicate<'a> {
    st: &'a State,
    opts: &'a ResolveOptions,
    libs: &'a [Library],
}

impl Duplicate<'_> {
    /// Whether a further definition of a name that first occurs at `first` takes the place of `old`.
    fn wins(&self, new: &DefUse, slot: u32, first: u32, old: &Current, out: &mut Resolved) -> bool {
        let rule = self.st.gover.dupok;
        if new.dupok {
            // Between two such, the larger stays; beside a proper definition (or, before 1.27,
            // any) this one yields.
            let compare = match rule {
                DupokRule::FirstStays => true,
                DupokRule::UnmarkedWins => old.dupok,
            };
            if self.opts.strict_dups && old.dupok {
                self.check(new, slot, old, out);
            }
            return compare && old.size < new.size;
        }
        if old.dupok {
            return rule == DupokRule::UnmarkedWins;
        }
        // Two proper definitions.
        let gover = self.st.gover;
        let look = |place: u32, size: u32| {
            let (o, li) = self.st.locate(place);
            let d = &self.st.objs[o as usize].object;
            let kind = gover.sym_kind(d.sym(li).kind()).unwrap_or(SymKind::Xxx);
            let definition = Definition {
                size,
                is_text: kind.is_text(),
                is_data: gover.is_data(kind),
                has_content: d.data_len(li) != 0,
            };
            (kind, definition)
        };
        let (new_kind, new_definition) = look(slot, new.size);
        let (old_kind, old_definition) = look(old.place, old.size);
        let rule = gover.duplicates;
        if let Some(replaces) = rule.replaces(new_definition, old_definition) {
            let (stays, other) = match replaces {
                true => (new.size, old.size),
                false => (old.size, new.size),
            };
            if rule.merges_sizes() && other > stays {
                out.size_fixups.push((slot, first, other));
            }
            return replaces;
        }
        let pkg = |place: u32| {
            let o = &self.st.objs[self.st.locate(place).0 as usize];
            self.libs[o.lib.index()].pkg.clone()
        };
        let (o, li) = self.st.locate(slot);
        let d = &self.st.objs[o as usize].object;
        let name = String::from_utf8_lossy(d.name(d.sym(li))).into_owned();
        let (new_pkg, old_pkg) = (pkg(slot), pkg(old.place));
        let error = match rule {
            DuplicateRule::Contents | DuplicateRule::NotSmaller => ResolveError::PlainDuplicate {
                name,
                new_pkg,
                old_pkg,
            },
            _ => ResolveError::Duplicate {
                name,
                new_pkg,
                new_kind,
                new_size: new.size.into(),
                old_pkg,
                old_kind,
                old_size: old.size.into(),
            },
        };
        out.errors.push((slot, error));
        false
    }

    /// Compares two duplicates (`loader.checkdup`).
    fn check(&self, new: &DefUse, slot: u32, old: &Current, out: &mut Resolved) {
        let ((o, li), (co, cli)) = (self.st.locate(slot), self.st.locate(old.place));
        let (o, co) = (&self.st.objs[o as usize], &self.st.objs[co as usize]);
        let (p, q) = (o.object.data(li), co.object.data(cli));
        let reason = if p.len() != q.len() {
            format!("new length {} != old length {}", p.len(), q.len())
        } else if p == q {
            if new.size == old.size {
                return;
            }
            format!(
                "different sizes: new size {} != old size {}",
                new.size, old.size
            )
        } else {
            "same length but different contents".to_owned()
        };
        let name = String::from_utf8_lossy(o.object.name(o.object.sym(li))).into_owned();
        // Wrappers' debug information takes its positions from whoever needed the wrapper.
        let counts = ![
            "go:info.go.interface",
            "go:info.go.builtin",
            "go:debuglines",
        ]
        .iter()
        .any(|p| name.starts_with(p));
        let text = format!(
            "cmd/link: while reading object for '{}': duplicate symbol '{name}', previous def at '{}', with mismatched payload: {reason}",
            self.libs[o.lib.index()].pkg,
            self.libs[co.lib.index()].pkg,
        );
        out.strict.push((slot, text, counts));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_more_names_than_expected_grows() {
        let mut table = Table::for_occurrences(10);
        let hash = |i: u32| NameHash(u64::from(i / 3) << 40 | u64::from(i % 7), i);
        for i in 0..1000 {
            let e = table.entry(hash(i));
            assert_eq!(table.entries[e].first, ABSENT);
            table.entries[e].first = i;
        }
        for i in 0..1000 {
            let found = table.find(hash(i)).expect("it was entered");
            assert_eq!(table.entries[found as usize].first, i);
        }
        assert_eq!(table.entries.len(), 1000);
        assert!(table.find(hash(1000)).is_err());
    }
}
