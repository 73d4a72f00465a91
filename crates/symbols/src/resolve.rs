//! Resolution: which occurrences are the same symbol, and which definition of it stays.
//!
//! The result is that of reading the objects one after another (`loader.LoadSyms`,
//! `loader.addSym`), got in parallel: occurrences are dealt out by hash to shards, every shard sees
//! its occurrences in load order, and the first occurrence's number becomes the symbol's.

use crate::accessors::log2;
use crate::hashed::{self, HashedUses};
use crate::{
    AtomicBitSet, Inputs, Obj, ObjId, SymId, Symbols, VERSION_ABI_INTERNAL, VERSION_STATIC,
    path_to_prefix,
};
use goobj::{ABI_STATIC, Object};
use gover::{DupokRule, GoLayout, SymKind};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering::Relaxed};
use xxhash_rust::xxh3::xxh3_128_with_seed;

/// Mark in `Symbols::obj_of`: the definition is not the one the number belongs to.
pub(crate) const MOVED: u32 = 1 << 31;

const SHARD_BITS: u32 = 6;
const SHARDS: usize = 1 << SHARD_BITS;

/// What resolution needs to be told.
pub struct ResolveOptions<'a> {
    /// The release that compiled the objects.
    pub gover: &'static GoLayout,
    /// Whether text symbols carry an ABI version.
    pub abi_wrappers: bool,
    /// Whether to compare the contents of duplicates (`-strictdups`).
    pub strict_dups: bool,
    /// Names that the linker will look up itself. Looking up others works too, slowly.
    pub interest: &'a [&'a str],
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

/// The 128-bit hash that stands for a name. It is seeded anew in every process, and two names of one
/// program sharing it is less likely than memory failing; names themselves are not compared.
#[derive(Clone, Copy, PartialEq, Eq)]
struct NameHash(u64, u64);

/// Hashes names. The seed is this process's own.
#[derive(Clone, Copy)]
struct NameHasher {
    seed: u64,
}

impl Default for NameHasher {
    fn default() -> NameHasher {
        NameHasher {
            seed: RandomState::new().hash_one(0),
        }
    }
}

impl NameHasher {
    #[inline]
    fn hash(self, name: &[u8]) -> NameHash {
        let h = xxh3_128_with_seed(name, self.seed);
        NameHash((h >> 64) as u64, h as u64)
    }
}

impl NameHash {
    #[inline]
    fn shard(self) -> usize {
        (self.0 >> (64 - SHARD_BITS)) as usize
    }
}

/// A named symbol in both its versions.
struct Named {
    hash: NameHash,
    /// Per version the symbol, or 0.
    ids: [u32; 2],
}

#[derive(Default)]
struct NameShard {
    /// Open addressing: some bits of the hash above the index into `entries` plus one.
    table: Vec<u64>,
    entries: Vec<Named>,
}

/// The names that objects or the linker refer to, and the symbols they have become.
#[derive(Default)]
pub(crate) struct NameTable {
    hasher: NameHasher,
    shards: Vec<NameShard>,
}

impl NameShard {
    fn with_capacity(n: usize) -> NameShard {
        let mut s = NameShard {
            table: Vec::new(),
            entries: Vec::with_capacity(n / 2),
        };
        s.table.resize((n * 2).next_power_of_two().max(16), 0);
        s
    }
    #[inline]
    fn find(&self, h: NameHash) -> Result<u32, usize> {
        let mask = self.table.len() - 1;
        let mut i = h.1 as usize & mask;
        loop {
            let e = self.table[i];
            if e == 0 {
                return Err(i);
            }
            let index = e as u32 - 1;
            if e >> 32 == h.0 & 0xffff_ffff && self.entries[index as usize].hash == h {
                return Ok(index);
            }
            i = (i + 1) & mask;
        }
    }
    #[inline]
    fn insert(&mut self, h: NameHash) -> u32 {
        match self.find(h) {
            Ok(e) => e,
            Err(at) => {
                self.entries.push(Named {
                    hash: h,
                    ids: [0; 2],
                });
                self.table[at] = (h.0 & 0xffff_ffff) << 32 | self.entries.len() as u64;
                self.entries.len() as u32 - 1
            }
        }
    }
}

/// What of a name tells most names apart without hashing all of it: its length and last bytes.
#[inline]
fn sketch(name: &[u8]) -> u64 {
    let tail = match name.last_chunk::<8>() {
        Some(t) => u64::from_le_bytes(*t),
        None => name.iter().fold(0, |x, &b| x << 8 | u64::from(b)),
    };
    mix64(tail ^ (name.len() as u64).wrapping_mul(0xff51_afd7_ed55_8ccd))
}

/// A by-name occurrence.
struct NameUse {
    hash: NameHash,
    obj: u32,
    li: u32,
    /// Its entry in the shard's table, once it is in.
    entry: u32,
    /// Which of the entry's versions.
    version: u32,
}

/// What one chunk of objects contributes.
struct Chunk {
    objs: std::ops::Range<usize>,
    hashed: HashedUses,
    defs: Vec<Vec<NameUse>>,
    refs: Vec<Vec<NameUse>>,
    /// Sketches of the names.
    sketches: Vec<u64>,
}

impl Chunk {
    fn new(objs: std::ops::Range<usize>) -> Chunk {
        Chunk {
            objs,
            hashed: HashedUses::with_capacity(0, 0),
            defs: (0..SHARDS).map(|_| Vec::new()).collect(),
            refs: (0..SHARDS).map(|_| Vec::new()).collect(),
            sketches: Vec::new(),
        }
    }

    fn deal(&mut self, objs: &[Obj], hasher: NameHasher, abi_wrappers: bool) {
        let sum = |f: fn(&Object<'static>) -> u32| {
            objs[self.objs.clone()]
                .iter()
                .map(|o| f(&o.object) as usize)
                .sum::<usize>()
        };
        let (n_defs, n_refs) = (sum(Object::n_nonpkg_def), sum(Object::n_nonpkg_ref));
        self.hashed = HashedUses::with_capacity(sum(Object::n_hashed), sum(Object::n_hashed64));
        self.defs
            .iter_mut()
            .for_each(|v| v.reserve_exact(hashed::share(n_defs)));
        self.refs
            .iter_mut()
            .for_each(|v| v.reserve_exact(hashed::share(n_refs)));
        self.sketches.reserve_exact(n_defs + n_refs);
        for oi in self.objs.clone() {
            let o = &objs[oi].object;
            let n_def = o.n_def();
            let oi = oi as u32;
            self.hashed.deal(
                o,
                objs[oi as usize].nonpkg_base,
                objs[oi as usize].canon_base,
            );
            let first = n_def + o.n_hashed64();
            let first = first + o.n_hashed();
            for (i, d) in (first..).zip(o.syms(first..first + o.n_nonpkg_def())) {
                if d.abi() == ABI_STATIC || d.name_len() == 0 {
                    continue;
                }
                let name = o.name(d);
                let hash = hasher.hash(name);
                let version = version_slot(abi_wrappers, d.abi()) as u32;
                self.sketches.push(sketch(name));
                self.defs[hash.shard()].push(NameUse {
                    hash,
                    obj: oi,
                    li: i,
                    entry: 0,
                    version,
                });
            }
            let first = first + o.n_nonpkg_def();
            for (i, d) in (first..).zip(o.syms(first..first + o.n_nonpkg_ref())) {
                if d.abi() == ABI_STATIC {
                    continue;
                }
                let name = o.name(d);
                let hash = hasher.hash(name);
                let version = version_slot(abi_wrappers, d.abi()) as u32;
                self.sketches.push(sketch(name));
                self.refs[hash.shard()].push(NameUse {
                    hash,
                    obj: oi,
                    li: i,
                    entry: 0,
                    version,
                });
            }
        }
    }
}

fn mix64(x: u64) -> u64 {
    let x = (x ^ (x >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x ^ (x >> 29)
}

/// A definition that another one than the first occurrence won.
type Winner = (SymId, (u32, u32));

/// State that resolution builds up.
struct State {
    objs: Vec<Obj>,
    canon: Vec<AtomicU32>,
    nonpkg_start: u32,
    ref_start: u32,
}

impl State {
    /// Own number of a non-package occurrence.
    #[inline]
    fn own(&self, obj: u32, li: u32) -> SymId {
        let o = &self.objs[obj as usize];
        let all = o.object.n_alldef();
        if li < all {
            SymId(o.nonpkg_base + li - o.object.n_def())
        } else {
            SymId(o.ref_base + li - all)
        }
    }
    #[inline]
    fn set(&self, obj: u32, li: u32, s: SymId) {
        let o = &self.objs[obj as usize];
        self.canon[(o.canon_base + li - o.object.n_def()) as usize].store(s.0, Relaxed);
    }
    #[inline]
    fn object(&self, obj: u32) -> &Object<'static> {
        &self.objs[obj as usize].object
    }
}

/// The definition that a named symbol has so far, while its occurrences are replayed.
#[derive(Clone, Copy)]
struct Current {
    id: SymId,
    obj: u32,
    li: u32,
}

/// Outcome of replaying the by-name definitions of one shard.
#[derive(Default)]
struct Replay {
    winners: Vec<Winner>,
    size_fixups: Vec<((u32, u32), SymId, u32)>,
    errors: Vec<((u32, u32), ResolveError)>,
    strict: Vec<((u32, u32), String, bool)>,
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
            ..
        } = inputs;
        let objs = number(inputs)?;
        let n_objs = objs.len();
        let (nonpkg_start, ref_start, ext_start, n_canon, n_pkgs) = match objs.last() {
            None => (1, 1, 1, 0, 0),
            Some(o) => {
                let d = &o.object;
                (
                    o.def_base + d.n_def(),
                    o.nonpkg_base + d.n_alldef() - d.n_def(),
                    o.ref_base + d.n_nonpkg_ref(),
                    o.canon_base + d.n_alldef() - d.n_def() + d.n_nonpkg_ref(),
                    o.pkg_base + o.n_pkg,
                )
            }
        };
        let mut canon = Vec::new();
        canon.resize_with(n_canon as usize, || AtomicU32::new(0));
        let st = State {
            objs,
            canon,
            nonpkg_start,
            ref_start,
        };

        let mut obj_of = vec![0u32; ext_start as usize];
        st.fill_own(&mut obj_of);

        // Deal the occurrences out, in chunks of objects of about the same number of symbols.
        let hasher = NameHasher::default();
        let mut chunks = chunk_objects(&st.objs);
        chunks
            .par_iter_mut()
            .for_each(|c| c.deal(&st.objs, hasher, opts.abi_wrappers));

        let mut by_shard: Vec<Vec<&mut Vec<_>>> = (0..2 * SHARDS).map(|_| Vec::new()).collect();
        for c in &mut chunks {
            for (list, uses) in by_shard.iter_mut().zip(c.hashed.shards_mut()) {
                list.push(uses);
            }
        }
        let merged: Vec<Vec<(SymId, u32)>> = by_shard
            .par_iter_mut()
            .map(|list| hashed::merge(list))
            .collect();
        let mut winners: FxHashMap<SymId, (u32, u32)> = FxHashMap::default();
        winners.extend(merged.into_iter().flatten().map(|(s, own)| {
            let o = obj_of[own as usize];
            let obj = &st.objs[o as usize];
            (s, (o, own - obj.nonpkg_base + obj.object.n_def()))
        }));
        chunks.par_iter_mut().for_each(|c| {
            c.hashed.scatter(&st.canon);
            c.hashed = HashedUses::with_capacity(0, 0);
        });

        // Names: the table of all that is referred to, then the package symbols among them.
        let interest = intern_interest(opts, hasher);
        let filter = NameFilter::new(
            chunks
                .iter()
                .flat_map(|c| &c.sketches)
                .copied()
                .chain(interest.iter().map(|(_, s)| *s)),
            chunks.iter().map(|c| c.sketches.len()).sum::<usize>() + interest.len(),
        );
        let mut uses: Vec<Uses> = (0..SHARDS).map(|_| Uses::default()).collect();
        for c in &mut chunks {
            for ((u, d), r) in uses.iter_mut().zip(c.defs.drain(..)).zip(c.refs.drain(..)) {
                u.defs.push(d);
                u.refs.push(r);
            }
        }
        let mut names: Vec<NameShard> = uses
            .par_iter_mut()
            .enumerate()
            .map(|(s, u)| {
                let n: usize = u.defs.iter().chain(&u.refs).map(Vec::len).sum();
                let mut t = NameShard::with_capacity(n + interest.len() / 8);
                for x in u.defs.iter_mut().chain(&mut u.refs).flatten() {
                    x.entry = t.insert(x.hash);
                }
                for (h, _) in interest.iter().filter(|(h, _)| h.shard() == s) {
                    t.insert(*h);
                }
                t
            })
            .collect();
        let hits: Vec<Vec<(usize, u32, usize, u32)>> = chunks
            .par_iter()
            .map(|c| {
                let mut hits = Vec::new();
                for o in &st.objs[c.objs.clone()] {
                    for (i, d) in o.object.syms(0..o.object.n_def()).enumerate() {
                        if d.name_len() == 0 || d.abi() == ABI_STATIC {
                            continue;
                        }
                        let name = o.object.name(d);
                        if !filter.may_hold(sketch(name)) {
                            continue;
                        }
                        let h = hasher.hash(name);
                        let s = h.shard();
                        if let Ok(e) = names[s].find(h) {
                            let v = version_slot(opts.abi_wrappers, d.abi());
                            hits.push((s, e, v, o.def_base + i as u32));
                        }
                    }
                }
                hits
            })
            .collect();
        // Of several package symbols of one name the last is what the name means.
        for (s, e, v, id) in hits.into_iter().flatten() {
            names[s].entries[e as usize].ids[v] = id;
        }
        drop(chunks);

        let replays: Vec<Replay> = names
            .par_iter_mut()
            .zip(&uses)
            .map(|(t, u)| st.replay(t, u, opts, &libs, &obj_of))
            .collect();
        drop(uses);

        let mut strict = Vec::new();
        let mut errors = Vec::new();
        let mut size_fixups = Vec::new();
        for r in replays {
            winners.extend(r.winners);
            strict.extend(r.strict);
            errors.extend(r.errors);
            size_fixups.extend(r.size_fixups);
        }
        if let Some((_, e)) = errors.into_iter().min_by_key(|(at, _)| *at) {
            return Err(e);
        }
        strict.sort_by_key(|(at, ..)| *at);
        size_fixups.sort_by_key(|(at, ..)| *at);

        let pkg_bases = package_tables(&st.objs, &libs, n_pkgs as usize)?;
        let State {
            objs,
            canon,
            nonpkg_start,
            ref_start,
        } = st;
        obj_of[0] = MOVED;
        for &s in winners.keys() {
            obj_of[s.index()] |= MOVED;
        }
        let mut syms = Symbols {
            gover: opts.gover,
            libs,
            units,
            abi_wrappers: opts.abi_wrappers,
            objs,
            canon,
            obj_of,
            pkg_bases,
            builtins: Vec::new(),
            nonpkg_start,
            ref_start,
            ext_start,
            align_of_nonpkg: Vec::new(),
            align_fix: FxHashMap::default(),
            winners,
            // No symbol reads as one without anything.
            taken: std::iter::once((SymId::NONE, 0)).collect(),
            exts: vec![crate::ExtSym::default()],
            ext_ids: Vec::new(),
            ext_names: FxHashMap::default(),
            names: NameTable {
                hasher,
                shards: names,
            },
            anon_version: 0,
            local: Default::default(),
            used_in_iface: Default::default(),
            foreign: Default::default(),
        };
        syms.builtins = opts
            .gover
            .builtins
            .iter()
            .map(|b| {
                let v = version_slot(opts.abi_wrappers, b.abi) as i32;
                syms.lookup(b.name.as_bytes(), v)
                    .filter(|&s| s.0 < ref_start)
                    .unwrap_or(SymId::NONE)
            })
            .collect();
        syms.accumulate(n_objs);
        for (_, s, size) in size_fixups {
            syms.ext_mut(s).size = size as u64;
        }
        Ok((syms, strict.into_iter().map(|(_, t, c)| (t, c)).collect()))
    }

    /// Gathers what every occurrence of a symbol adds to it: alignment, locality, use in interfaces.
    fn accumulate(&mut self, n_objs: usize) {
        let n = self.ext_start as usize;
        let local = AtomicBitSet::new(n);
        let used = AtomicBitSet::new(n);
        let mut align = Vec::new();
        align.resize_with((self.ref_start - self.nonpkg_start) as usize, || {
            AtomicU8::new(0)
        });
        let (f_local, f_used) = (self.gover.flags.local, self.gover.flags2.used_in_iface);
        let this = &*self;
        let fixes: Vec<(SymId, u8)> = (0..n_objs)
            .into_par_iter()
            .flat_map_iter(|i| {
                let obj = &this.objs[i];
                let o = &obj.object;
                let mut fixes = Vec::new();
                for (li, d) in o.syms(0..o.n_alldef() + o.n_nonpkg_ref()).enumerate() {
                    let li = li as u32;
                    let flags = (d.flag() & f_local) != 0 || (d.flag2() & f_used) != 0;
                    let a = if li < o.n_alldef() { d.align() } else { 0 };
                    // A package symbol's own record has its alignment, unless a by-name one won.
                    let own =
                        li < o.n_def() && this.obj_of[(obj.def_base + li) as usize] & MOVED == 0;
                    if !flags && (a == 0 || own) {
                        continue;
                    }
                    let s = this.global(obj, li);
                    if d.flag() & f_local != 0 {
                        local.insert(s);
                    }
                    if d.flag2() & f_used != 0 {
                        used.insert(s);
                    }
                    if a != 0 && !own {
                        if s.0 >= this.nonpkg_start {
                            align[(s.0 - this.nonpkg_start) as usize].fetch_max(log2(a), Relaxed);
                        } else {
                            fixes.push((s, log2(a)));
                        }
                    }
                }
                for r in o.ref_flags() {
                    if r.flag2 & f_used != 0 {
                        let s = this.resolve_ref(obj, r.sym);
                        if s.is_some() {
                            used.insert(s);
                        }
                    }
                }
                fixes
            })
            .collect();
        for (s, l) in fixes {
            let e = self.align_fix.entry(s).or_insert(0);
            *e = l.max(*e);
        }
        self.align_of_nonpkg = align.into_iter().map(AtomicU8::into_inner).collect();
        self.local = local.into_set();
        self.used_in_iface = used.into_set();
    }

    /// Finds a symbol by name and version among definitions, references and linker-made symbols
    /// (`loader.Lookup`). Names that neither an object refers to nor
    /// [`ResolveOptions::interest`] lists are searched for among all package symbols.
    pub fn lookup(&self, name: &[u8], version: i32) -> Option<SymId> {
        if let Some(&s) = self.ext_names.get(&(name.into(), version)) {
            return Some(s);
        }
        if !(0..2).contains(&version) {
            return None;
        }
        let h = self.names.hasher.hash(name);
        if let Some(t) = self.names.shards.get(h.shard())
            && let Ok(e) = t.find(h)
        {
            let id = t.entries[e as usize].ids[version as usize];
            return (id != 0).then_some(SymId(id));
        }
        self.objs.iter().rev().find_map(|o| {
            let n = o.object.n_def();
            let mut found = None;
            for (i, d) in o.object.syms(0..n).enumerate() {
                if d.name_len() as usize == name.len()
                    && d.abi() != ABI_STATIC
                    && version_slot(self.abi_wrappers, d.abi()) == version as usize
                    && o.object.name(d) == name
                {
                    found = Some(SymId(o.def_base + i as u32));
                }
            }
            found
        })
    }

    /// As [`Symbols::lookup`], but only among names that objects refer to by name or that were
    /// listed; never slow.
    pub fn lookup_known(&self, name: &[u8], version: i32) -> Option<SymId> {
        if let Some(&s) = self.ext_names.get(&(name.into(), version)) {
            return Some(s);
        }
        let h = self.names.hasher.hash(name);
        let t = self.names.shards.get(h.shard())?;
        let id = t.entries[t.find(h).ok()? as usize].ids
            [usize::try_from(version).ok().filter(|&v| v < 2)?];
        (id != 0).then_some(SymId(id))
    }
}

fn version_slot(abi_wrappers: bool, abi: u16) -> usize {
    (abi_wrappers && i32::from(abi) == VERSION_ABI_INTERNAL) as usize
}

/// Gives every object its place in the index space.
fn number(inputs: Vec<crate::ObjInput>) -> Result<Vec<Obj>, ResolveError> {
    let mut sum = [1u64, 0, 0, 0, 0];
    for i in &inputs {
        let o = &i.object;
        sum[1] += o.n_def() as u64;
        sum[2] += (o.n_alldef() - o.n_def()) as u64;
        sum[3] += o.n_nonpkg_ref() as u64;
    }
    if sum[..4].iter().sum::<u64>() >= u64::from(MOVED) {
        return Err(ResolveError::TooMany);
    }
    let mut def_base = 1;
    let mut nonpkg_base = 1 + sum[1] as u32;
    let mut ref_base = nonpkg_base + sum[2] as u32;
    let mut canon_base = 0;
    let mut pkg_base = 0;
    Ok(inputs
        .into_iter()
        .map(|i| {
            debug_assert!(i.version >= VERSION_STATIC);
            let o = &i.object;
            let n_pkg = o.packages().len() as u32;
            let nonpkg = o.n_alldef() - o.n_def();
            let obj = Obj {
                object: i.object,
                lib: i.lib,
                unit: i.unit,
                version: i.version,
                def_base,
                nonpkg_base,
                ref_base,
                canon_base,
                pkg_base,
                n_pkg,
            };
            def_base += o.n_def();
            nonpkg_base += nonpkg;
            ref_base += o.n_nonpkg_ref();
            canon_base += nonpkg + o.n_nonpkg_ref();
            pkg_base += n_pkg;
            obj
        })
        .collect())
}

fn chunk_objects(objs: &[Obj]) -> Vec<Chunk> {
    let weight = |o: &Obj| (o.object.n_alldef() + o.object.n_nonpkg_ref()) as usize + 16;
    let total: usize = objs.iter().map(weight).sum();
    let each = (total / 64).max(4096);
    let (mut out, mut start, mut sum) = (Vec::new(), 0, 0);
    for (i, o) in objs.iter().enumerate() {
        sum += weight(o);
        if sum >= each || i + 1 == objs.len() {
            out.push(Chunk::new(start..i + 1));
            (start, sum) = (i + 1, 0);
        }
    }
    out
}

/// Hashes and sketches of the names the linker looks up.
fn intern_interest(opts: &ResolveOptions, hasher: NameHasher) -> Vec<(NameHash, u64)> {
    let builtins = opts.gover.builtins.iter().map(|b| b.name);
    opts.interest
        .iter()
        .copied()
        .chain(builtins)
        .map(|n| (hasher.hash(n.as_bytes()), sketch(n.as_bytes())))
        .collect()
}

/// By-name occurrences of one shard, chunk after chunk.
#[derive(Default)]
struct Uses {
    defs: Vec<Vec<NameUse>>,
    refs: Vec<Vec<NameUse>>,
}

/// Rejects most names that are not in the table without looking there: package symbols are many
/// and few of them are referred to by name.
struct NameFilter {
    bits: Vec<u64>,
    mask: u64,
}

impl NameFilter {
    fn new(sketches: impl Iterator<Item = u64>, n: usize) -> NameFilter {
        let size = (n * 8).next_power_of_two().max(1024);
        let mut f = NameFilter {
            bits: vec![0; size / 64],
            mask: size as u64 - 1,
        };
        for s in sketches {
            let i = s & f.mask;
            f.bits[(i / 64) as usize] |= 1 << (i % 64);
        }
        f
    }
    #[inline]
    fn may_hold(&self, sketch: u64) -> bool {
        let i = sketch & self.mask;
        self.bits[(i / 64) as usize] >> (i % 64) & 1 != 0
    }
}

impl State {
    /// Every number belongs to its own occurrence, and unnamed and file-local occurrences stay so.
    fn fill_own(&self, obj_of: &mut [u32]) {
        let (defs, rest) = obj_of.split_at_mut(self.nonpkg_start as usize);
        let (nonpkg, refs) = rest.split_at_mut((self.ref_start - self.nonpkg_start) as usize);
        for (i, o) in self.objs.iter().enumerate() {
            let d = &o.object;
            let n = (d.n_alldef() - d.n_def()) as usize;
            defs[o.def_base as usize..][..d.n_def() as usize].fill(i as u32);
            nonpkg[(o.nonpkg_base - self.nonpkg_start) as usize..][..n].fill(i as u32);
            refs[(o.ref_base - self.ref_start) as usize..][..d.n_nonpkg_ref() as usize]
                .fill(i as u32);
        }
        self.objs.par_iter().enumerate().for_each(|(i, o)| {
            let d = &o.object;
            let first = d.n_def() + d.n_hashed64() + d.n_hashed();
            let end = d.n_alldef() + d.n_nonpkg_ref();
            for (li, s) in (first..).zip(d.syms(first..end)) {
                if s.abi() == ABI_STATIC || (s.name_len() == 0 && li < d.n_alldef()) {
                    self.set(i as u32, li, self.own(i as u32, li));
                }
            }
        });
    }

    /// Replays the by-name occurrences of one shard in load order.
    fn replay(
        &self,
        t: &mut NameShard,
        uses: &Uses,
        opts: &ResolveOptions,
        libs: &[crate::Library],
        obj_of: &[u32],
    ) -> Replay {
        let mut out = Replay::default();
        let mut moved: FxHashMap<SymId, (u32, u32)> = FxHashMap::default();
        let flags = &opts.gover.flags;
        for &NameUse {
            obj,
            li,
            entry,
            version,
            ..
        } in uses.defs.iter().flatten()
        {
            let (e, v) = (entry as usize, version as usize);
            let id = t.entries[e].ids[v];
            if id == 0 {
                let own = self.own(obj, li);
                t.entries[e].ids[v] = own.0;
                self.set(obj, li, own);
                continue;
            }
            let id = SymId(id);
            self.set(obj, li, id);
            let o = self.object(obj);
            let d = o.sym(li);
            let (cobj, cli) = moved.get(&id).copied().unwrap_or_else(|| {
                let oi = obj_of[id.index()];
                let o = &self.objs[oi as usize];
                let li = if id.0 < self.nonpkg_start {
                    id.0 - o.def_base
                } else {
                    id.0 - o.nonpkg_base + o.object.n_def()
                };
                (oi, li)
            });
            let cur = Current {
                id,
                obj: cobj,
                li: cli,
            };
            let co = self.object(cur.obj);
            let cd = co.sym(cur.li);
            let (size, old_size) = (d.size(), cd.size());
            let mut take = || {
                moved.insert(id, (obj, li));
            };
            let new_dupok = d.flag() & flags.dupok != 0;
            let old_dupok = cd.flag() & flags.dupok != 0;
            if new_dupok {
                // Between two such, the larger stays; beside a proper definition (or, before 1.27,
                // any) this one yields.
                let compare = match opts.gover.dupok {
                    DupokRule::FirstStays => true,
                    DupokRule::UnmarkedWins => old_dupok,
                };
                if opts.strict_dups && old_dupok {
                    self.check_dup(&mut out, (obj, li), &cur, libs);
                }
                if compare && old_size < size {
                    take();
                }
                continue;
            }
            if old_dupok {
                if opts.gover.dupok == DupokRule::UnmarkedWins {
                    take();
                }
                continue;
            }
            // Two proper definitions: contents beat zeros, text beats zeros, larger zeros beat
            // smaller ones; anything else is an error.
            let kind = |n: u8| opts.gover.sym_kind(n).unwrap_or(SymKind::Xxx);
            let (new_kind, old_kind) = (kind(d.kind()), kind(cd.kind()));
            let (new_content, old_content) = (o.data_len(li) != 0, co.data_len(cur.li) != 0);
            let old_bss = opts.gover.is_data(old_kind) && !old_content;
            let new_bss = opts.gover.is_data(new_kind) && !new_content;
            if old_bss && (new_kind.is_text() || new_content || (new_bss && size > old_size)) {
                take();
                if old_size > size {
                    out.size_fixups.push(((obj, li), id, old_size));
                }
            } else if new_bss {
                if size > old_size {
                    out.size_fixups.push(((obj, li), id, size));
                }
            } else {
                let pkg = |o: u32| libs[self.objs[o as usize].lib.index()].pkg.clone();
                out.errors.push((
                    (obj, li),
                    ResolveError::Duplicate {
                        name: String::from_utf8_lossy(o.name(d)).into_owned(),
                        new_pkg: pkg(obj),
                        new_kind,
                        new_size: size.into(),
                        old_pkg: pkg(cur.obj),
                        old_kind,
                        old_size: old_size.into(),
                    },
                ));
            }
        }
        for &NameUse {
            obj,
            li,
            entry,
            version,
            ..
        } in uses.refs.iter().flatten()
        {
            let id = &mut t.entries[entry as usize].ids[version as usize];
            if *id == 0 {
                *id = self.own(obj, li).0;
            }
            self.set(obj, li, SymId(*id));
        }
        out.winners.extend(moved);
        out
    }

    /// Compares two duplicates (`loader.checkdup`).
    fn check_dup(
        &self,
        out: &mut Replay,
        (obj, li): (u32, u32),
        cur: &Current,
        libs: &[crate::Library],
    ) {
        let (o, co) = (self.object(obj), self.object(cur.obj));
        let (p, q) = (o.data(li), co.data(cur.li));
        let reason = if p.len() != q.len() {
            format!("new length {} != old length {}", p.len(), q.len())
        } else if p == q {
            let (size, old) = (o.sym(li).size(), co.sym(cur.li).size());
            if size == old {
                return;
            }
            format!("different sizes: new size {size} != old size {old}")
        } else {
            "same length but different contents".to_owned()
        };
        let name = String::from_utf8_lossy(o.name(o.sym(li))).into_owned();
        let lib = |i: u32| &libs[self.objs[i as usize].lib.index()].pkg;
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
            lib(obj),
            lib(cur.obj),
        );
        let _ = cur.id;
        out.strict.push(((obj, li), text, counts));
    }
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
    let mut out = Vec::with_capacity(n);
    for o in objs {
        for (i, p) in o.object.packages().enumerate() {
            if i == 0 {
                out.push((0, 0));
                continue;
            }
            let Some(&t) = first.get(p) else {
                return Err(ResolveError::NoPackage {
                    from: libs[o.lib.index()].pkg.clone(),
                    pkg: String::from_utf8_lossy(p).into_owned(),
                });
            };
            let t = &objs[t as usize];
            out.push((t.def_base, t.object.n_def()));
        }
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
