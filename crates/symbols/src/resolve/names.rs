//! Symbols with names: which definition a name means.

use super::{
    Chunk, LogAlign, PACKAGE, ResolveError, ResolveOptions, Resolved, State, UNNAMED, version_slot,
};
use crate::Library;
use goobj::{ABI_STATIC, Object, SymDef};
use gover::{DupokRule, SymKind};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use xxhash_rust::xxh3::xxh3_128_with_seed;

const SHARD_BITS: u32 = 6;
const SHARDS: usize = 1 << SHARD_BITS;

/// No symbol of that name.
const ABSENT: u32 = u32::MAX;

/// The hash that stands for a name and a version. It is seeded anew in every process, and two names of
/// one program sharing it is less likely than memory failing; names themselves are not compared.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(C, packed(4))]
struct NameHash(u64, u32);

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
    /// The hash of a name in version `version`, 0 or 1, and its shard.
    #[inline]
    fn hash(self, name: &[u8], version: usize) -> (NameHash, usize) {
        let h = xxh3_128_with_seed(name, self.seed);
        let low = (h as u64).rotate_left(version as u32 * 32);
        (
            NameHash(low, (h >> 64) as u32),
            (h >> (128 - SHARD_BITS)) as usize,
        )
    }
}

/// What of a name tells most names apart without hashing all of it: its length and last bytes.
#[inline]
fn sketch(name: &[u8]) -> u64 {
    let tail = match name.last_chunk::<8>() {
        Some(t) => u64::from_le_bytes(*t),
        None => name.iter().fold(0, |x, &b| x << 8 | u64::from(b)),
    };
    let x = tail ^ (name.len() as u64).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let x = (x ^ (x >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x ^ (x >> 29)
}

/// Rejects most names that nothing refers to by name without looking for them: package symbols are
/// many and few of them are referred to by name.
struct Filter {
    bits: Vec<AtomicU64>,
    mask: u64,
}

impl Filter {
    /// For `n` names.
    fn new(n: usize) -> Filter {
        let size = (n * 8).next_power_of_two().max(1024);
        let mut bits = Vec::new();
        bits.resize_with(size / 64, || AtomicU64::new(0));
        Filter {
            bits,
            mask: size as u64 - 1,
        }
    }
    #[inline]
    fn add(&self, name: &[u8]) {
        let i = sketch(name) & self.mask;
        let (word, bit) = (&self.bits[(i / 64) as usize], 1 << (i % 64));
        if word.load(Relaxed) & bit == 0 {
            word.fetch_or(bit, Relaxed);
        }
    }
    #[inline]
    fn may_hold(&self, name: &[u8]) -> bool {
        let i = sketch(name) & self.mask;
        self.bits[(i / 64) as usize].load(Relaxed) >> (i % 64) & 1 != 0
    }
}

/// A definition by name.
struct DefUse {
    hash: NameHash,
    /// Its slot, or its number and [`PACKAGE`].
    place: u32,
    /// Its size in bytes.
    size: u32,
    align: LogAlign,
    dupok: bool,
}

/// A reference by name.
struct RefUse {
    hash: NameHash,
    /// Its slot.
    slot: u32,
}

/// The occurrences of one chunk of objects, by shard.
struct Dealt {
    package: Vec<Vec<DefUse>>,
    defs: Vec<Vec<DefUse>>,
    refs: Vec<Vec<RefUse>>,
    /// Per version the first reference without a name, or [`ABSENT`].
    unnamed: [u32; 2],
}

/// A name in one version.
struct Named {
    hash: NameHash,
    /// The first occurrence: its slot, or its number and [`PACKAGE`]; or [`ABSENT`].
    first: u32,
    /// The definition that counts so far.
    current: Current,
}

#[derive(Clone, Copy)]
struct Current {
    /// As [`Named::first`].
    place: u32,
    size: u32,
    dupok: bool,
    align: LogAlign,
    /// The largest alignment of all definitions.
    largest: LogAlign,
}

impl From<&DefUse> for Current {
    fn from(u: &DefUse) -> Current {
        Current {
            place: u.place,
            size: u.size,
            dupok: u.dupok,
            align: u.align,
            largest: u.align,
        }
    }
}

/// Open addressing: index into `entries` plus one.
#[derive(Default)]
struct Shard {
    table: Vec<u32>,
    entries: Vec<Named>,
}

impl Shard {
    fn with_capacity(n: usize) -> Shard {
        Shard {
            table: vec![0; (n + n / 2).next_power_of_two().max(16)],
            entries: Vec::with_capacity(n / 2),
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
    /// The entry of a name; a new one has no symbol.
    #[inline]
    fn entry(&mut self, hash: NameHash) -> &mut Named {
        let e = match self.find(hash) {
            Ok(e) => e,
            Err(at) => {
                self.entries.push(Named {
                    hash,
                    first: ABSENT,
                    current: Current {
                        place: ABSENT,
                        size: 0,
                        dupok: false,
                        align: LogAlign::default(),
                        largest: LogAlign::default(),
                    },
                });
                self.table[at] = self.entries.len() as u32;
                self.entries.len() as u32 - 1
            }
        };
        &mut self.entries[e as usize]
    }
}

/// The names that objects or the linker refer to, and the symbols they have become.
#[derive(Default)]
pub(crate) struct NameTable {
    hasher: NameHasher,
    shards: Vec<Shard>,
}

impl NameTable {
    /// The first occurrence of a name: its slot, or its number and [`PACKAGE`]. `Some(None)` when the
    /// name is known to have none, `None` when it would have to be looked for.
    pub(crate) fn find(&self, name: &[u8], version: usize) -> Option<Option<u32>> {
        let (h, s) = self.hasher.hash(name, version);
        let shard = self.shards.get(s)?;
        let first = shard.entries[shard.find(h).ok()? as usize].first;
        Some((first != ABSENT).then_some(first))
    }
}

/// Finds the definition of every name and notes it for each of its occurrences.
pub(super) fn resolve_names(
    st: &State,
    chunks: &[Chunk],
    opts: &ResolveOptions,
    libs: &[Library],
    out: &mut Resolved,
) -> NameTable {
    let hasher = NameHasher::default();
    let builtins = opts.gover.builtins.iter().map(|b| b.name);
    let interest: Vec<&str> = opts.interest.iter().copied().chain(builtins).collect();
    let named = |o: &Object| (o.n_nonpkg_def() + o.n_nonpkg_ref()) as usize;
    let n: usize = st.objs.iter().map(|o| named(&o.object)).sum();
    let filter = Filter::new(n + interest.len());
    interest.iter().for_each(|n| filter.add(n.as_bytes()));
    let mut dealt: Vec<Dealt> = chunks
        .par_iter()
        .map(|c| Dealt::named(st, c, opts, hasher, &filter))
        .collect();
    chunks
        .par_iter()
        .zip(&mut dealt)
        .for_each(|(c, d)| d.deal_package(st, c, opts, hasher, &filter));

    // There are many references to nothing in particular; all are the same undefined symbol.
    for version in 0..2 {
        let first = dealt.iter().map(|d| d.unnamed[version]).min();
        if let Some(first) = first.filter(|&slot| slot != ABSENT) {
            st.keep(first);
            out.unnamed[version] = first;
        }
    }

    let mut known: Vec<Vec<NameHash>> = vec![Vec::new(); SHARDS];
    for name in interest {
        for version in 0..2 {
            let (h, s) = hasher.hash(name.as_bytes(), version);
            known[s].push(h);
        }
    }
    let replays: Vec<(Shard, Resolved)> = known
        .into_par_iter()
        .enumerate()
        .map(|(s, known)| replay(st, &dealt, s, &known, opts, libs))
        .collect();
    let mut shards = Vec::with_capacity(SHARDS);
    for (shard, r) in replays {
        shards.push(shard);
        out.append(r);
    }
    NameTable { hasher, shards }
}

impl Dealt {
    /// The definitions and references by name of one chunk of objects; their names join the filter.
    fn named(
        st: &State,
        chunk: &Chunk,
        opts: &ResolveOptions,
        hasher: NameHasher,
        filter: &Filter,
    ) -> Dealt {
        let objs = &st.objs[chunk.objs.clone()];
        let sum = |f: fn(&Object<'static>) -> u32| {
            objs.iter().map(|o| f(&o.object) as usize).sum::<usize>()
        };
        let mut defs: Vec<Vec<DefUse>> = with_shares(sum(Object::n_nonpkg_def));
        let mut refs: Vec<Vec<RefUse>> = with_shares(sum(Object::n_nonpkg_ref) / 4);
        let mut unnamed = [ABSENT; 2];
        for o in objs {
            let d = &o.object;
            let (first, all) = (d.n_alldef() - d.n_nonpkg_def(), d.n_alldef());
            let slot = o.canon_base + first - d.n_def();
            for (slot, s) in (slot..).zip(d.syms(first..all)) {
                st.note_marks(&st.others, s, slot);
                if s.abi() == ABI_STATIC || s.name_len() == 0 {
                    st.keep(slot);
                    continue;
                }
                let name = d.name(s);
                filter.add(name);
                let (hash, shard) = hasher.hash(name, version_slot(opts.abi_wrappers, s.abi()));
                defs[shard].push(DefUse::new(opts, hash, s, slot));
            }
            let slot = o.canon_base + all - d.n_def();
            for (slot, s) in (slot..).zip(d.syms(all..all + d.n_nonpkg_ref())) {
                st.note_marks(&st.others, s, slot);
                if s.abi() == ABI_STATIC {
                    st.keep(slot);
                    continue;
                }
                let version = version_slot(opts.abi_wrappers, s.abi());
                if s.name_len() == 0 {
                    st.set(slot, UNNAMED[version]);
                    unnamed[version] = unnamed[version].min(slot);
                    continue;
                }
                let name = d.name(s);
                filter.add(name);
                let (hash, shard) = hasher.hash(name, version);
                refs[shard].push(RefUse { hash, slot });
            }
        }
        Dealt {
            package: Vec::new(),
            defs,
            refs,
            unnamed,
        }
    }

    /// The package symbols of one chunk of objects that somebody may mean by name.
    fn deal_package(
        &mut self,
        st: &State,
        chunk: &Chunk,
        opts: &ResolveOptions,
        hasher: NameHasher,
        filter: &Filter,
    ) {
        self.package = (0..SHARDS).map(|_| Vec::new()).collect();
        for o in &st.objs[chunk.objs.clone()] {
            let d = &o.object;
            for (id, s) in (o.def_base..).zip(d.syms(0..d.n_def())) {
                st.note_marks(&st.package, s, id);
                if s.name_len() == 0 || s.abi() == ABI_STATIC {
                    continue;
                }
                let name = d.name(s);
                if filter.may_hold(name) {
                    let version = version_slot(opts.abi_wrappers, s.abi());
                    let (hash, shard) = hasher.hash(name, version);
                    self.package[shard].push(DefUse::new(opts, hash, s, PACKAGE | id));
                }
            }
        }
    }
}

impl DefUse {
    #[inline]
    fn new(opts: &ResolveOptions, hash: NameHash, s: SymDef, place: u32) -> DefUse {
        DefUse {
            hash,
            place,
            size: s.size(),
            align: LogAlign::of(s.align()),
            dupok: s.flag() & opts.gover.flags.dupok != 0,
        }
    }
}

/// A list for each shard with room for its share of `n` occurrences.
fn with_shares<T>(n: usize) -> Vec<Vec<T>> {
    let mean = n / SHARDS;
    let share = if n == 0 {
        0
    } else {
        mean + 3 * mean.isqrt() + 2
    };
    (0..SHARDS).map(|_| Vec::with_capacity(share)).collect()
}

/// Replays the occurrences of one shard in load order (`loader.addSym`).
fn replay(
    st: &State,
    dealt: &[Dealt],
    s: usize,
    known: &[NameHash],
    opts: &ResolveOptions,
    libs: &[Library],
) -> (Shard, Resolved) {
    let mut out = Resolved::default();
    let each = |f: fn(&Dealt, usize) -> usize| dealt.iter().map(|d| f(d, s)).sum::<usize>();
    let n = known.len()
        + each(|d, s| d.package[s].len())
        + each(|d, s| d.defs[s].len())
        + each(|d, s| d.refs[s].len());
    let mut t = Shard::with_capacity(n);
    for &h in known {
        t.entry(h);
    }
    // Of several package symbols of one name the last is what the name means.
    for u in dealt.iter().flat_map(|d| &d.package[s]) {
        let e = t.entry(u.hash);
        (e.first, e.current) = (u.place, u.into());
    }
    let mut moved: FxHashMap<u32, u32> = FxHashMap::default();
    let rules = Duplicate { st, opts, libs };
    for u in dealt.iter().flat_map(|d| &d.defs[s]) {
        let e = t.entry(u.hash);
        if e.first == ABSENT {
            (e.first, e.current) = (u.place, u.into());
            st.set(u.place, u.place);
            continue;
        }
        st.set(u.place, e.first);
        if rules.wins(u, e, &mut out) {
            let largest = e.current.largest;
            e.current = u.into();
            e.current.largest = largest;
            moved.insert(e.first, u.place);
        }
        e.current.largest = e.current.largest.max(u.align);
    }
    for u in dealt.iter().flat_map(|d| &d.refs[s]) {
        let e = t.entry(u.hash);
        if e.first == ABSENT {
            e.first = u.slot;
        }
        st.set(u.slot, e.first);
    }
    out.winners.extend(moved);
    for e in &t.entries {
        if e.current.align != e.current.largest {
            out.aligns.push((e.first, e.current.largest));
        }
    }
    (t, out)
}

/// What the rules for duplicates need to know.
struct Duplicate<'a> {
    st: &'a State,
    opts: &'a ResolveOptions<'a>,
    libs: &'a [Library],
}

impl Duplicate<'_> {
    /// Whether a further definition of a name takes the place of the current one.
    fn wins(&self, new: &DefUse, e: &Named, out: &mut Resolved) -> bool {
        let old = &e.current;
        let rule = self.opts.gover.dupok;
        if new.dupok {
            // Between two such, the larger stays; beside a proper definition (or, before 1.27,
            // any) this one yields.
            let compare = match rule {
                DupokRule::FirstStays => true,
                DupokRule::UnmarkedWins => old.dupok,
            };
            if self.opts.strict_dups && old.dupok {
                self.check(new, old, out);
            }
            return compare && old.size < new.size;
        }
        if old.dupok {
            return rule == DupokRule::UnmarkedWins;
        }
        // Two proper definitions: contents beat zeros, text beats zeros, larger zeros beat
        // smaller ones; anything else is an error.
        let gover = self.opts.gover;
        let look = |place: u32| {
            let (o, li) = self.st.locate(place);
            let d = &self.st.objs[o as usize].object;
            let kind = gover.sym_kind(d.sym(li).kind()).unwrap_or(SymKind::Xxx);
            let content = d.data_len(li) != 0;
            (kind, content, gover.is_data(kind) && !content)
        };
        let (new_kind, new_content, new_bss) = look(new.place);
        let (old_kind, _, old_bss) = look(old.place);
        if old_bss && (new_kind.is_text() || new_content || (new_bss && new.size > old.size)) {
            if old.size > new.size {
                out.size_fixups.push((new.place, e.first, old.size));
            }
            return true;
        }
        if new_bss {
            if new.size > old.size {
                out.size_fixups.push((new.place, e.first, new.size));
            }
            return false;
        }
        let pkg = |place: u32| {
            let o = &self.st.objs[self.st.locate(place).0 as usize];
            self.libs[o.lib.index()].pkg.clone()
        };
        let (o, li) = self.st.locate(new.place);
        let d = &self.st.objs[o as usize].object;
        out.errors.push((
            new.place,
            ResolveError::Duplicate {
                name: String::from_utf8_lossy(d.name(d.sym(li))).into_owned(),
                new_pkg: pkg(new.place),
                new_kind,
                new_size: new.size.into(),
                old_pkg: pkg(old.place),
                old_kind,
                old_size: old.size.into(),
            },
        ));
        false
    }

    /// Compares two duplicates (`loader.checkdup`).
    fn check(&self, new: &DefUse, old: &Current, out: &mut Resolved) {
        let ((o, li), (co, cli)) = (self.st.locate(new.place), self.st.locate(old.place));
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
        out.strict.push((new.place, text, counts));
    }
}
