//! Resolution: which occurrences are the same symbol, and which definition of it stays.
//!
//! The result is that of reading the objects one after another (`loader.LoadSyms`,
//! `loader.addSym`), got in parallel: opening the objects has sorted their symbols into shards by hash
//! ([`crate::digest`]); every shard goes over its occurrences in load order, and notes for each of them
//! the first. Then the first occurrences are numbered in their order.
//!
//! Every symbol of an object that is no package symbol has a *slot*; slots are in load order and begin
//! at 1.

mod content;
mod names;
mod numbers;

pub(crate) use names::NameTable;

use crate::digest::{Digest, DigestOptions, LogAlign, version_slot};
use crate::name_hash::SHARDS;
use crate::places::Places;
use crate::{
    AtomicBitSet, Def, Inputs, Obj, ObjId, SymId, Symbols, VERSION_STATIC, path_to_prefix,
};
use goobj::prefetch::prefetch_value;
use gover::{DuplicateRule, GoLayout, SymKind};
use numbers::Numbered;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Groups of shards that are resolved together: where there is little in a shard, to look for that in all
/// objects takes longer than what is done with it.
#[derive(Clone, Copy, Default)]
struct Groups {
    /// Log2 of the shards in a group.
    bits: u32,
}

impl Groups {
    /// For so many occurrences of symbols, by threads of which each gets some groups.
    fn for_slots(n: u32) -> Groups {
        /// A third to a half of all are looked up.
        const EACH: usize = 10_000;
        let for_threads = 4 * rayon::current_num_threads();
        let groups = (n as usize / EACH).max(for_threads).next_power_of_two();
        Groups {
            bits: (SHARDS / groups.clamp(1, SHARDS)).ilog2(),
        }
    }
    /// Number of groups.
    fn count(self) -> usize {
        SHARDS >> self.bits
    }
    /// The group of a shard.
    #[inline]
    fn of_shard(self, shard: usize) -> usize {
        shard >> self.bits
    }
    /// The shards of each group.
    fn shards(self) -> impl IndexedParallelIterator<Item = Range<usize>> {
        let each = 1 << self.bits;
        (0..self.count())
            .into_par_iter()
            .map(move |g| g * each..(g + 1) * each)
    }
}

/// Mark on what is the number of a package symbol and no slot.
const PACKAGE: u32 = 1 << 31;

/// Stands for the first reference without a name, by version.
const UNNAMED: [u32; 2] = [u32::MAX - 2, u32::MAX - 1];

/// What resolution needs to be told.
pub struct ResolveOptions {
    /// How the objects were read.
    pub digest: DigestOptions,
    /// Whether to compare the contents of duplicates (`-strictdups`).
    pub strict_dups: bool,
    /// Whether to find out what [`Symbols::named_as_type`] answers, while names are at hand.
    pub types_of_infos: bool,
}

impl ResolveOptions {
    /// Those of a link without debugging information and without flags, for objects of a release as it is.
    pub fn plain(gover: &'static GoLayout) -> ResolveOptions {
        ResolveOptions {
            digest: DigestOptions::plain(gover),
            strict_dups: false,
            types_of_infos: false,
        }
    }
}

/// What resolution has to complain about. All of these end a link.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// Two definitions of a name that exclude one another.
    #[error(
        "duplicated definition of symbol {name}, from {new_pkg} (type {new_kind} size {new_size}) and {old_pkg} (type {old_kind} size {old_size})"
    )]
    Duplicate {
        /// The symbol.
        name: String,
        /// Package of the later definition.
        new_pkg: String,
        /// Its kind.
        new_kind: SymKind,
        /// Its size in bytes.
        new_size: u64,
        /// Package of the earlier definition.
        old_pkg: String,
        /// Its kind.
        old_kind: SymKind,
        /// Its size in bytes.
        old_size: u64,
    },
    /// The same, as releases say it to which sizes and kinds do not count.
    #[error("duplicated definition of symbol {name}, from {new_pkg} and {old_pkg}")]
    PlainDuplicate {
        /// The symbol.
        name: String,
        /// Package of the later definition.
        new_pkg: String,
        /// Package of the earlier definition.
        old_pkg: String,
    },
    /// An object refers to a package that is not part of the link.
    #[error("{from}: reference to nonexistent package {pkg}")]
    NoPackage {
        /// Package that refers.
        from: String,
        /// Package it refers to, escaped.
        pkg: String,
    },
    /// There are more symbols than numbers.
    #[error("too many symbols")]
    TooMany,
}

/// Symbols that an occurrence has marked.
struct Marks {
    local: AtomicBitSet,
    used_in_iface: AtomicBitSet,
}

impl Marks {
    fn new(n: u32) -> Marks {
        Marks {
            local: AtomicBitSet::new(n as usize),
            used_in_iface: AtomicBitSet::new(n as usize),
        }
    }
}

/// State that resolution builds up.
struct State {
    gover: &'static GoLayout,
    objs: Vec<Obj>,
    /// What was noted of each object.
    digests: Vec<Digest>,
    /// What added to a local index of an object gives its slot; the sum is meant to wrap.
    slot_bases: Vec<u32>,
    /// For every slot the first occurrence: its slot, or its number and [`PACKAGE`]; 0 for pc-value
    /// tables that get no number. In the end, the number of the symbol.
    canon: Vec<AtomicU32>,
    /// Marks of package symbols by number.
    package: Marks,
    /// Marks of other occurrences by slot.
    others: Marks,
}

impl State {
    #[inline]
    fn set(&self, slot: u32, first: u32) {
        self.canon[slot as usize].store(first, Relaxed);
    }
    /// The symbol of this slot occurs nowhere else.
    #[inline]
    fn keep(&self, slot: u32) {
        self.set(slot, slot);
    }
    /// What `of` gives of each object, in load order; with what added to a local index of that object
    /// gives the slot. The sum is meant to wrap.
    fn each<'a, T: 'a>(
        &'a self,
        of: impl Fn(&'a Digest) -> &'a [T],
    ) -> impl Iterator<Item = (u32, &'a T)> {
        /// How many lists ahead memory is asked for, and how many lines of a list.
        const AHEAD: usize = 3;
        const LINES: usize = 4;
        let lists = self.slot_bases.iter().zip(self.digests.iter().map(of));
        let lists: Vec<(u32, &[T])> = lists
            .filter(|(_, list)| !list.is_empty())
            .map(|(&base, list)| (base, list))
            .collect();
        (0..lists.len()).flat_map(move |i| {
            if let Some((_, later)) = lists.get(i + AHEAD) {
                let line = (64 / size_of::<T>()).max(1);
                let starts = later.chunks(line).take(LINES);
                starts.for_each(|c| prefetch_value(&c[0]));
            }
            let (base, list) = lists[i];
            list.iter().map(move |u| (base, u))
        })
    }
    /// The object and local index of a slot, or of the number of a package symbol and [`PACKAGE`].
    fn locate(&self, place: u32) -> (u32, u32) {
        let n = place & !PACKAGE;
        let before = |o: &Obj| match place & PACKAGE {
            0 => o.canon_base <= n,
            _ => o.def_base <= n,
        };
        let i = self.objs.partition_point(before) - 1;
        let o = &self.objs[i];
        let li = match place & PACKAGE {
            0 => n - o.canon_base + o.object.n_def(),
            _ => n - o.def_base,
        };
        (i as u32, li)
    }
    /// Takes over the marks of all occurrences, and gives what occurs once only its place.
    fn take_marks(&self) {
        self.objs.par_iter().zip(&self.digests).for_each(|(o, d)| {
            let lists = [
                (&d.local, &self.package.local, &self.others.local),
                (
                    &d.used_in_iface,
                    &self.package.used_in_iface,
                    &self.others.used_in_iface,
                ),
            ];
            for (list, package, others) in lists {
                for &li in list {
                    if li < o.object.n_def() {
                        package.insert(SymId(o.def_base + li));
                    } else {
                        others.insert(SymId(o.slot(li)));
                    }
                }
            }
            d.own.iter().for_each(|&li| self.keep(o.slot(li)));
            for (runs, unnamed) in d.unnamed.iter().zip(UNNAMED) {
                runs.iter().for_each(|li| self.set(o.slot(li), unnamed));
            }
        });
    }
}

/// What resolution finds besides the first occurrences. Symbols stand there by their first
/// occurrence: its slot, or its number and [`PACKAGE`].
#[derive(Default)]
struct Resolved {
    /// Symbols with another definition than the first occurrence.
    winners: Vec<(u32, u32)>,
    /// Symbols with another alignment than their definition's.
    aligns: Vec<(u32, LogAlign)>,
    /// Sizes that symbols get from a definition they do not keep; with the occurrence.
    size_fixups: Vec<(u32, u32, u32)>,
    errors: Vec<(u32, ResolveError)>,
    /// Package symbols whose names mean others.
    shadowed: Vec<SymId>,
    /// The first reference without a name, by version.
    unnamed: [u32; 2],
    /// Complaints of `-strictdups` and whether they count; with the occurrence.
    strict: Vec<(u32, String, bool)>,
    /// Undefined symbols called `go:info.NAME`, with those called `type:NAME`.
    types_of_infos: Vec<(u32, u32)>,
}

impl Resolved {
    fn append(&mut self, other: Resolved) {
        self.winners.extend(other.winners);
        self.aligns.extend(other.aligns);
        self.size_fixups.extend(other.size_fixups);
        self.errors.extend(other.errors);
        self.shadowed.extend(other.shadowed);
        self.strict.extend(other.strict);
        self.types_of_infos.extend(other.types_of_infos);
    }

    /// Says of symbols by their numbers what was found of them by their first occurrences.
    fn settle(self, st: &State, nonpkg_start: u32, numbered: &mut Numbered) -> Settled {
        let number = |first: u32| match first & PACKAGE {
            0 => SymId(st.canon[first as usize].load(Relaxed)),
            _ => SymId(first & !PACKAGE),
        };
        let slots = std::mem::take(&mut numbered.slots);
        let mut places = Places::new(&st.objs, nonpkg_start, slots);
        for (first, winner) in self.winners {
            debug_assert!(winner & PACKAGE == 0, "package symbols come first");
            places.set(number(first), winner);
            numbered.leaves.remove(number(first));
        }
        let mut aligns = FxHashMap::default();
        for (first, align) in self.aligns {
            let s = number(first);
            places.mark(s);
            aligns.insert(s, align);
        }
        let sizes = self.size_fixups.iter();
        let sizes = sizes.map(|&(_, first, size)| (number(first), size));
        let mut types_of_infos = Vec::new();
        if !self.types_of_infos.is_empty() {
            types_of_infos.resize((places.end() - numbered.ref_start) as usize, SymId::NONE);
        }
        for &(info, descriptor) in &self.types_of_infos {
            types_of_infos[(number(info).0 - numbered.ref_start) as usize] = number(descriptor);
        }
        Settled {
            sizes: sizes.collect(),
            places,
            aligns,
            types_of_infos,
            shadowed: self.shadowed.into_iter().collect(),
            strict: self.strict.into_iter().map(|(_, t, c)| (t, c)).collect(),
        }
    }
}

/// What resolution finds, by the numbers of symbols.
struct Settled {
    places: Places,
    /// See [`Resolved::aligns`].
    aligns: FxHashMap<SymId, LogAlign>,
    /// Sizes of symbols that are not those of their definitions, bytes.
    sizes: Vec<(SymId, u32)>,
    types_of_infos: Vec<SymId>,
    shadowed: FxHashSet<SymId>,
    strict: Vec<StrictDup>,
}

/// Complaints of `-strictdups`: the text, and whether it counts.
pub type StrictDup = (String, bool);

impl Symbols {
    /// Resolves the symbols of `inputs`.
    ///
    /// # Errors
    /// The first error in load order.
    pub fn resolve(
        inputs: Inputs,
        opts: &ResolveOptions,
    ) -> Result<(Symbols, Vec<StrictDup>), ResolveError> {
        let Inputs {
            libs,
            units,
            objs: inputs,
            source_files,
            ..
        } = inputs;
        let (objs, digests) = place(inputs)?;
        let (nonpkg_start, n_slots, n_pkgs) = match objs.last() {
            None => (1, 1, 0),
            Some(o) => {
                let d = &o.object;
                (
                    o.def_base + d.n_def(),
                    o.canon_base + o.n_slots(),
                    o.pkg_base + o.n_pkg,
                )
            }
        };
        let canon = bytemuck::zeroed_vec(n_slots as usize);
        let slot_base = |o: &Obj| o.canon_base.wrapping_sub(o.object.n_def());
        let mut st = State {
            gover: opts.digest.gover,
            slot_bases: objs.iter().map(slot_base).collect(),
            objs,
            digests,
            canon,
            package: Marks::new(nonpkg_start),
            others: Marks::new(n_slots),
        };
        st.take_marks();
        // Beside one another: in a small program either alone leaves processors idle at its end.
        let groups = Groups::for_slots(n_slots);
        let ((names, mut found), contents) = rayon::join(
            || names::resolve_names(&st, groups, opts, &libs),
            || content::merge_contents(&st, groups),
        );
        found.append(contents);
        if let Some((_, e)) = found.errors.drain(..).min_by_key(|(at, _)| *at) {
            return Err(e);
        }
        found.strict.sort_by_key(|(at, ..)| *at);
        found.size_fixups.sort_by_key(|(at, ..)| *at);

        let pkg_bases = package_tables(&st.objs, &libs, n_pkgs as usize)?;
        let sound_kinds = !st.digests.iter().any(|d| d.has_unsound_kind);
        let mut numbered = numbers::number(&mut st, nonpkg_start, found.unnamed);
        std::mem::take(&mut st.digests)
            .into_par_iter()
            .for_each(drop);
        let settled = found.settle(&st, nonpkg_start, &mut numbered);
        let State { objs, canon, .. } = st;
        let mut syms = Symbols {
            gover: opts.digest.gover,
            libs,
            units,
            abi_wrappers: opts.digest.abi_wrappers,
            source_files,
            objs,
            canon,
            firsts: numbered.firsts,
            pkg_bases,
            builtins: Vec::new(),
            ref_start: numbered.ref_start,
            ext_start: settled.places.end(),
            places: settled.places,
            aligns: settled.aligns,
            // No symbol reads as one without anything.
            taken: std::iter::once((SymId::NONE, 0)).collect(),
            exts: vec![crate::ExtSym::default()],
            ext_ids: Vec::new(),
            ext_names: FxHashMap::default(),
            names,
            anon_version: 0,
            sound_kinds,
            functions_dwarf: Default::default(),
            leaves: numbered.leaves,
            shadowed: settled.shadowed,
            local: numbered.local,
            used_in_iface: numbered.used_in_iface,
            types_of_infos: settled.types_of_infos,
            foreign: Default::default(),
        };
        syms.builtins = opts
            .digest
            .gover
            .builtins
            .iter()
            .map(|b| {
                let v = version_slot(opts.digest.abi_wrappers, b.abi) as i32;
                syms.lookup(b.name.as_bytes(), v)
                    .filter(|&s| s.0 < syms.ref_start)
                    .unwrap_or(SymId::NONE)
            })
            .collect();
        syms.note_reference_marks();
        let early = opts.digest.gover.duplicates == DuplicateRule::MergedEarly;
        for (s, size) in settled.sizes {
            let lost: Vec<bool> = match syms.origin(s) {
                Some((o, li)) if early => {
                    let n_def = o.object.n_nonpkg_def();
                    let refs = o.object.relocs(li).map(|r| r.sym());
                    refs.map(|r| r.pkg == goobj::PKG_NONE && r.idx >= n_def)
                        .collect()
                }
                _ => Vec::new(),
            };
            let e = syms.ext_mut(s);
            e.size = size as u64;
            for (r, _) in e.relocs.iter_mut().zip(lost).filter(|(_, lost)| *lost) {
                r.sym = SymId::NONE;
            }
        }
        Ok((syms, settled.strict))
    }

    /// Marks that an object sets on symbols of others without having an occurrence of them.
    fn note_reference_marks(&mut self) {
        let used = self.gover.flags2.used_in_iface;
        let this = &*self;
        let marked: Vec<SymId> = this
            .objs
            .par_iter()
            .flat_map_iter(|obj| {
                let marked = |r: &goobj::RefFlags| r.flag2 & used != 0;
                let refs = obj.object.ref_flags().filter(marked);
                refs.map(|r| this.resolve_ref(obj, r.sym))
                    .filter(|s| s.is_some())
            })
            .collect();
        for s in marked {
            self.used_in_iface.insert(s);
        }
    }

    /// Whether [`Symbols::lookup`] finds this symbol of an object by its name. Of several of one name it
    /// finds one; file-local symbols it does not find.
    #[inline]
    pub fn is_found_by_name(&self, s: SymId) -> bool {
        match self.def(s) {
            Def::Go(o, li) => {
                o.object.sym(li).abi() != goobj::ABI_STATIC && !self.shadowed.contains(&s)
            }
            _ => self.lookup(self.name(s), self.version(s)) == Some(s),
        }
    }

    /// Finds a symbol by name and version among definitions, references and linker-made symbols
    /// (`loader.Lookup`).
    pub fn lookup(&self, name: &[u8], version: i32) -> Option<SymId> {
        if let Some(&s) = self.ext_names.get(&(name.into(), version)) {
            return Some(s);
        }
        let version = usize::try_from(version).ok().filter(|&v| v < 2)?;
        Some(self.named(self.names.find(name, version)?))
    }

    /// The symbol called `type:NAME` for an undefined one called `go:info.NAME`, both of version 0, as
    /// objects know them. `None` if there is none, if it is not known, or for any other symbol.
    #[inline]
    pub fn named_as_type(&self, info: SymId) -> Option<SymId> {
        let i = info.0.checked_sub(self.ref_start)?;
        let found = *self.types_of_infos.get(i as usize)?;
        found.is_some().then_some(found)
    }

    fn named(&self, first: u32) -> SymId {
        match first & PACKAGE {
            0 => self.canon(first),
            _ => SymId(first & !PACKAGE),
        }
    }

    /// Looks up many names of version 0 that objects know, in some order; `name` writes one of them.
    /// That takes a fraction of the time it takes to look them up one by one, because the memory where
    /// they are found is asked for ahead.
    pub fn lookup_all<T: Copy>(
        &self,
        items: &[T],
        mut name: impl FnMut(T, &mut Vec<u8>),
        mut found: impl FnMut(T, Option<SymId>),
    ) {
        /// Names on their way at the same time.
        const TOGETHER: usize = 16;
        let mut buf = Vec::new();
        let mut keys = Vec::with_capacity(TOGETHER);
        for some in items.chunks(TOGETHER) {
            keys.clear();
            keys.extend(some.iter().map(|&item| {
                buf.clear();
                name(item, &mut buf);
                self.names.key(&buf, 0)
            }));
            keys.iter().for_each(|&k| self.names.approach(k));
            for (&item, &key) in some.iter().zip(&keys) {
                found(
                    item,
                    self.names.find_key(key).map(|first| self.named(first)),
                );
            }
        }
    }
}

/// A hash table with room for `n` numbers, all zero: a power of two.
///
/// The zeros are written, not left to the system: a page that is read before it is written to is mapped
/// twice, and the second time interrupts the processors that the other threads run on.
fn empty_table(n: usize) -> Vec<u32> {
    let size = n.next_power_of_two().max(16);
    let mut table = Vec::with_capacity(size);
    table.resize(size, std::hint::black_box(0));
    table
}

/// Gives every object its place among numbers, slots and package tables.
fn place(inputs: Vec<crate::ObjInput>) -> Result<(Vec<Obj>, Vec<Digest>), ResolveError> {
    let symbols =
        |i: &crate::ObjInput| u64::from(i.object.n_alldef()) + u64::from(i.object.n_nonpkg_ref());
    if 1 + inputs.iter().map(symbols).sum::<u64>() >= u64::from(PACKAGE) - 4 {
        return Err(ResolveError::TooMany);
    }
    let (mut def_base, mut canon_base, mut pkg_base) = (1, 1, 0);
    Ok(inputs
        .into_iter()
        .map(|mut i| {
            debug_assert!(i.version >= VERSION_STATIC);
            let o = &i.object;
            let n_pkg = o.packages().len() as u32;
            let (n_def, others) = (o.n_def(), o.n_alldef() - o.n_def() + o.n_nonpkg_ref());
            let obj = Obj {
                object: i.object,
                lib: i.lib,
                unit: i.unit,
                version: i.version,
                def_base,
                canon_base,
                pkg_base,
                n_pkg,
                linknames: std::mem::take(&mut i.digest.linknames),
                texts: std::mem::take(&mut i.digest.texts),
                files: std::mem::take(&mut i.digest.files),
                data_groups: std::mem::take(&mut i.digest.data_groups),
            };
            def_base += n_def;
            canon_base += others;
            pkg_base += n_pkg;
            (obj, i.digest)
        })
        .unzip())
}

/// For every object, where the package symbols of each package it refers to start, and how many
/// there are. The first object of a package is the one that is meant.
fn package_tables(
    objs: &[Obj],
    libs: &[crate::Library],
    n: usize,
) -> Result<Vec<(u32, u32)>, ResolveError> {
    let mut first: FxHashMap<Vec<u8>, u32> = FxHashMap::default();
    for (i, o) in objs.iter().enumerate() {
        let pkg = path_to_prefix(&libs[o.lib.index()].pkg);
        first.entry(pkg.into_bytes()).or_insert(i as u32);
    }
    let symbols_of = |o: &Obj, p: &[u8]| match first.get(p) {
        Some(&t) => {
            let t = &objs[t as usize];
            Ok((t.def_base, t.object.n_def()))
        }
        None => Err(ResolveError::NoPackage {
            from: libs[o.lib.index()].pkg.clone(),
            pkg: String::from_utf8_lossy(p).into_owned(),
        }),
    };
    // No package has number 0.
    let tables = objs.par_iter().map(|o| {
        let packages = o.object.packages().skip(1);
        let none = std::iter::repeat_n(Ok((0, 0)), o.n_pkg.min(1) as usize);
        none.chain(packages.map(|p| symbols_of(o, p))).collect()
    });
    let tables: Vec<Result<Vec<(u32, u32)>, _>> = tables.collect();
    let mut out = Vec::with_capacity(n);
    for table in tables {
        out.extend(table?);
    }
    Ok(out)
}

impl Symbols {
    /// The object of a unit.
    pub fn unit_obj(&self, unit: crate::UnitId) -> Option<&Obj> {
        self.units[unit.index()]
            .obj
            .map(|ObjId(o)| &self.objs[o as usize])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_have_all_shards_and_are_fewer_where_there_is_little_in_them() {
        let mut before = 0;
        for n in [0, 1000, 200_000, 1_000_000, u32::MAX] {
            let groups = Groups::for_slots(n);
            let shards: Vec<Range<usize>> = groups.shards().collect();
            assert_eq!(shards.len(), groups.count());
            for (g, shards) in shards.iter().enumerate() {
                assert!(shards.clone().all(|s| groups.of_shard(s) == g), "{n}");
            }
            assert!(shards.into_iter().flatten().eq(0..SHARDS), "{n}");
            assert!((before..=SHARDS).contains(&groups.count()), "{n}");
            before = groups.count();
        }
        assert_eq!(before, SHARDS);
    }
}
