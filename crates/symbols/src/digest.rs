//! What resolution needs of an object, taken from it while it is opened.
//!
//! Opening an object reads all its definitions to check them. Names and hashes are read in the same
//! breath, while they are in the processor's caches, so that resolution itself goes over short lists
//! and not over all inputs once more. The lists are sorted by *shard*, a part of the hash: resolution
//! takes one shard of all objects at a time.

use crate::BitSet;
use crate::bitset::word_of_bytes;
use crate::data_group::{DataGroups, GroupNames, GroupedKind};
use crate::linkname::linkname_marks;
use crate::name_hash::{NameHash, NameHasher, SHARD_BITS, SHARDS};
use crate::sharded::Sharded;
use crate::source_files::{FileId, FileNumbers};
use goobj::{ABI_STATIC, Block, Object, SymDef};
use gover::{GoLayout, SymKind};
use std::cell::RefCell;
use std::ops::Range;

/// Number of shards of hashes, long and short: the latter are few.
pub(crate) const CONTENT_SHARDS: usize = SHARDS + 2;

/// The logarithm of an alignment plus one; 0 for none.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LogAlign(pub u8);

impl LogAlign {
    #[inline]
    pub(crate) fn of(align: u32) -> LogAlign {
        LogAlign((32 - align.leading_zeros()) as u8)
    }
    /// The alignment in bytes.
    pub(crate) fn bytes(self) -> u32 {
        if self.0 == 0 { 0 } else { 1 << (self.0 - 1) }
    }
}

/// A definition found by content.
#[derive(Clone, Copy)]
pub(crate) struct ContentUse {
    /// Of a long hash, 64 bits that do not choose the shard; all of a short one.
    pub hash: [u32; 2],
    /// 24 more of a long hash, or the size in bytes where that is not a part of the hash, of contents
    /// with a short one; above them the alignment.
    pub rest: u32,
    /// Its local index.
    pub li: u32,
}

impl ContentUse {
    /// Bits of [`ContentUse::rest`] below the alignment.
    pub const LOW: u32 = 0xff_ffff;

    /// The alignment.
    #[inline]
    pub fn align(self) -> LogAlign {
        LogAlign((self.rest >> 24) as u8)
    }
}

/// A definition found by name.
#[derive(Clone, Copy)]
pub(crate) struct DefUse {
    pub hash: NameHash,
    /// Its local index.
    pub li: u32,
    /// Its size in bytes.
    pub size: u32,
    pub align: LogAlign,
    pub dupok: bool,
}

/// Numbers in ascending order, most of which follow one another.
#[derive(Default)]
pub(crate) struct Runs(Vec<Range<u32>>);

impl Runs {
    /// Adds a number behind all others.
    #[inline]
    fn push(&mut self, n: u32) {
        match self.0.last_mut() {
            Some(last) if last.end == n => last.end += 1,
            _ => self.0.push(n..n + 1),
        }
    }

    /// The least.
    pub(crate) fn first(&self) -> Option<u32> {
        self.0.first().map(|run| run.start)
    }

    /// All, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> {
        self.0.iter().cloned().flatten()
    }
}

/// A reference by name.
#[derive(Clone, Copy)]
pub(crate) struct NameUse {
    pub hash: NameHash,
    /// Its local index.
    pub li: u32,
}

/// How objects are read.
#[derive(Clone, Copy)]
pub struct DigestOptions {
    /// The release that compiled the objects.
    pub gover: &'static GoLayout,
    /// Whether text symbols carry an ABI version.
    pub abi_wrappers: bool,
    /// Whether pc-value tables get numbers as other symbols do. They are two thirds of all that is
    /// found by content, and nothing but pclntab asks which of them are the same; numbers are for
    /// whoever wants to see those that cmd/link gives.
    pub number_pc_tables: bool,
}

impl DigestOptions {
    /// Those of a link without flags, for objects of a release as it is.
    pub fn plain(gover: &'static GoLayout) -> DigestOptions {
        DigestOptions {
            gover,
            abi_wrappers: true,
            number_pc_tables: false,
        }
    }
}

/// How objects are read, and what they have in common.
pub struct Reading<'a> {
    watch: Watch,
    files: &'a FileNumbers,
}

impl<'a> Reading<'a> {
    /// Of objects whose source files get their numbers from `files`.
    pub fn new(opts: &DigestOptions, files: &'a FileNumbers) -> Reading<'a> {
        Reading {
            watch: Watch::new(opts),
            files,
        }
    }
}

/// What definitions of a kind are noted for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Nothing.
    Plain,
    /// Functions.
    Text,
    /// Kinds that nothing defined is of, and numbers that no kind has.
    Unsound,
    /// Data that can belong to a group by its name.
    Grouped(GroupedKind),
}

impl Class {
    fn of(gover: &GoLayout, kind: SymKind) -> Class {
        match (GroupedKind::of(gover, kind), kind) {
            (Some(kind), _) => Class::Grouped(kind),
            (None, SymKind::Xxx | SymKind::Xref | SymKind::DynImport) => Class::Unsound,
            (None, kind) if kind.is_text() => Class::Text,
            (None, _) => Class::Plain,
        }
    }

    /// Whether data can be of it.
    #[inline]
    fn is_of_data(self) -> bool {
        !matches!(self, Class::Text | Class::Unsound)
    }
}

/// What is looked for in definitions and references.
struct Watch {
    /// Of [`SymDef::kind_and_flags`], the mark of local symbols.
    local: u32,
    /// And that of types that are used in an interface.
    used_in_iface: u32,
    /// Of the second flags, the marks of references by linkname.
    linkname: u8,
    /// Of the first flags, the mark of what may be defined several times.
    dupok: u8,
    /// By number of a kind.
    classes: [Class; 256],
    groups: GroupNames,
    hasher: NameHasher,
    abi_wrappers: bool,
    number_pc_tables: bool,
}

impl Watch {
    fn new(opts: &DigestOptions) -> Watch {
        let gover = opts.gover;
        let mut classes = [Class::Unsound; 256];
        for (class, kind) in classes.iter_mut().zip(gover.sym_kinds) {
            *class = Class::of(gover, *kind);
        }
        Watch {
            local: u32::from(gover.flags.local) << 8,
            used_in_iface: u32::from(gover.flags2.used_in_iface) << 16,
            linkname: linkname_marks(gover),
            dupok: gover.flags.dupok,
            classes,
            groups: GroupNames::new(gover),
            hasher: NameHasher::default(),
            abi_wrappers: opts.abi_wrappers,
            number_pc_tables: opts.number_pc_tables,
        }
    }

    #[inline]
    fn class(&self, s: SymDef) -> Class {
        self.classes[usize::from(s.kind())]
    }

    /// Whether something found by content is a pc-value table of no interest: nothing but these is found by
    /// content and has no name.
    #[inline]
    fn is_pc_table(&self, s: SymDef) -> bool {
        // Without branches: two thirds are.
        (s.name_len() == 0) & (s.kind_and_flags() < 1 << 8) & self.class(s).is_of_data()
    }

    #[inline(always)]
    fn hash(&self, o: &Object, s: SymDef) -> NameHash {
        self.hasher
            .hash(o.name(s), version_slot(self.abi_wrappers, s.abi()))
    }

    #[inline(always)]
    fn definition(&self, o: &Object, s: SymDef, li: u32) -> DefUse {
        DefUse {
            hash: self.hash(o, s),
            li,
            size: s.size(),
            align: LogAlign::of(s.align()),
            dupok: s.flag() & self.dupok != 0,
        }
    }
}

/// What resolution needs of an object. Local indices count as in the object.
#[derive(Default)]
pub struct Digest {
    pub(crate) content: Sharded<ContentUse>,
    /// Package symbols that have a name, which others might refer to.
    pub(crate) package: Vec<DefUse>,
    pub(crate) defs: Sharded<DefUse>,
    pub(crate) refs: Sharded<NameUse>,
    /// Definitions and references that occur nowhere else: file-local ones, and definitions without a
    /// name.
    pub(crate) own: Vec<u32>,
    /// References without a name, by version.
    pub(crate) unnamed: [Runs; 2],
    /// Of what is found by number or content, what refers to nothing: by local index.
    pub(crate) leaves: BitSet,
    /// What is marked as local.
    pub(crate) local: Vec<u32>,
    /// What is marked as used in an interface.
    pub(crate) used_in_iface: Vec<u32>,
    /// What is found by name and marked as meant by linkname.
    pub(crate) linknames: Vec<u32>,
    /// Definitions of functions.
    pub(crate) texts: Vec<u32>,
    /// Source files.
    pub(crate) files: Vec<FileId>,
    /// The groups of data that definitions belong to by their names.
    pub(crate) data_groups: DataGroups,
    /// Whether a definition is of a kind that nothing defined is of.
    pub(crate) has_unsound_kind: bool,
}

/// The version that an ABI number stands for, 0 or 1.
pub(crate) fn version_slot(abi_wrappers: bool, abi: u16) -> usize {
    (abi_wrappers && i32::from(abi) == crate::VERSION_ABI_INTERNAL) as usize
}

/// Lists before they are sorted by shard. Each thread has some and uses them again: memory that is new
/// to the process costs more than what is written there.
#[derive(Default)]
struct Unsorted {
    /// What is found by a long hash: numbers among all that is.
    long: Vec<u32>,
    defs: Vec<DefUse>,
    refs: Vec<NameUse>,
}

thread_local!(static UNSORTED: RefCell<Unsorted> = RefCell::default());

/// Has all threads of the pool give up what they have kept for reading further objects. This waits for nothing.
pub(crate) fn done_reading() {
    drop(UNSORTED.take());
    rayon::spawn_broadcast(|_| drop(UNSORTED.take()));
}

impl Digest {
    /// Reads an object.
    pub fn new(o: &Object, how: &Reading) -> Digest {
        let mut d =
            UNSORTED.with_borrow_mut(|unsorted| Digest::with_lists(o, &how.watch, unsorted));
        let names = (0..o.n_files()).map(|i| o.file(i).unwrap_or_default());
        d.files = names.map(|name| how.files.number(name)).collect();
        d
    }

    fn with_lists(o: &Object, watch: &Watch, unsorted: &mut Unsorted) -> Digest {
        let mut d = Digest {
            leaves: leaves(o),
            data_groups: DataGroups::new(o.n_alldef()),
            ..Digest::default()
        };
        d.note_package_symbols(o, watch);
        let first_long = o.n_def() + o.n_hashed64();
        let all_long = o.syms(first_long..first_long + o.n_hashed());
        let is_wanted = |s| watch.number_pc_tables | !watch.is_pc_table(s);
        let long = &mut unsorted.long;
        list_where(all_long.iter(), is_wanted, long);
        d.note_contents(o, watch, long);
        d.content = contents(o, long);
        d.note_named(o, watch, &mut unsorted.defs);
        d.defs = Sharded::new(SHARDS, &unsorted.defs, |def| def.hash.shard());
        d.note_references(o, watch, &mut unsorted.refs);
        d.refs = Sharded::new(SHARDS, &unsorted.refs, |name| name.hash.shard());
        d.texts.shrink_to_fit();
        d
    }

    // Each kind of symbols has a function of its own, never inlined: what one loop needs does fit into the
    // processor's registers, what all of them need does not.

    /// Reads the package symbols. Most are debugging information and have no name.
    #[inline(never)]
    fn note_package_symbols(&mut self, o: &Object, watch: &Watch) {
        for (li, s) in (0..).zip(o.syms(0..o.n_def()).iter()) {
            self.note_definition(o, watch, s, li);
            if s.name_len() != 0 && s.abi() != ABI_STATIC {
                self.package.push(watch.definition(o, s, li));
            }
        }
    }

    /// Reads the definitions found by content, of those with a long hash the given ones.
    #[inline(never)]
    fn note_contents(&mut self, o: &Object, watch: &Watch, long: &[u32]) {
        let (first, first_long) = (o.n_def(), o.n_def() + o.n_hashed64());
        let short = o.syms(first..first_long);
        for (i, s) in short.iter().enumerate() {
            ask_for_name(o, short.get(i + AHEAD));
            self.note_definition(o, watch, s, first + i as u32);
        }
        let all = o.syms(first_long..first_long + o.n_hashed());
        for (at, &i) in long.iter().enumerate() {
            let later = long.get(at + AHEAD);
            ask_for_name(o, later.and_then(|&i| all.get(i as usize)));
            if let Some(s) = all.get(i as usize) {
                self.note_definition(o, watch, s, first_long + i);
            }
        }
    }

    /// Reads the definitions found by name.
    #[inline(never)]
    fn note_named(&mut self, o: &Object, watch: &Watch, defs: &mut Vec<DefUse>) {
        let (first, all) = (o.n_alldef() - o.n_nonpkg_def(), o.n_alldef());
        let records = o.syms(first..all);
        defs.clear();
        defs.reserve(o.n_nonpkg_def() as usize);
        for (i, s) in records.iter().enumerate() {
            let li = first + i as u32;
            ask_for_name(o, records.get(i + AHEAD));
            self.note_definition(o, watch, s, li);
            self.note_linkname(watch, s, li);
            if s.abi() == ABI_STATIC || s.name_len() == 0 {
                self.own.push(li);
            } else {
                defs.push(watch.definition(o, s, li));
            }
        }
    }

    /// Reads the references by name. Most have no name, and most of these follow one another.
    #[inline(never)]
    fn note_references(&mut self, o: &Object, watch: &Watch, refs: &mut Vec<NameUse>) {
        let all = o.n_alldef();
        let records = o.syms(all..all + o.n_nonpkg_ref());
        refs.clear();
        for (i, s) in records.iter().enumerate() {
            let li = all + i as u32;
            ask_for_name(o, records.get(i + AHEAD).filter(|s| s.name_len() != 0));
            self.note_marks(watch, s, li);
            self.note_linkname(watch, s, li);
            if s.abi() == ABI_STATIC {
                self.own.push(li);
            } else if s.name_len() == 0 {
                self.unnamed[version_slot(watch.abi_wrappers, s.abi())].push(li);
            } else {
                let hash = watch.hash(o, s);
                refs.push(NameUse { hash, li });
            }
        }
    }

    /// Notes how a definition is marked, and what its kind and its name say.
    #[inline(always)]
    fn note_definition(&mut self, o: &Object, watch: &Watch, s: SymDef, li: u32) {
        self.note_marks(watch, s, li);
        match watch.class(s) {
            Class::Text => self.texts.push(li),
            Class::Unsound => self.has_unsound_kind = true,
            Class::Grouped(kind) if s.name_len() != 0 => {
                let group = watch.groups.of(kind, o.name(s));
                self.data_groups.set(li, group);
            }
            Class::Plain | Class::Grouped(_) => {}
        }
    }

    /// Notes how a symbol is marked.
    #[inline(always)]
    fn note_marks(&mut self, watch: &Watch, s: SymDef, li: u32) {
        let marks = s.kind_and_flags() & (watch.local | watch.used_in_iface);
        if marks != 0 {
            if marks & watch.local != 0 {
                self.local.push(li);
            }
            if marks & watch.used_in_iface != 0 {
                self.used_in_iface.push(li);
            }
        }
    }

    #[inline(always)]
    fn note_linkname(&mut self, watch: &Watch, s: SymDef, li: u32) {
        if s.flag2() & watch.linkname != 0 {
            self.linknames.push(li);
        }
    }
}

/// How many symbols ahead names are asked for: as many as are hashed while a line of memory is on its
/// way.
const AHEAD: usize = 8;

/// Asks for the name of a symbol that comes [`AHEAD`] symbols later.
#[inline(always)]
fn ask_for_name(o: &Object, later: Option<SymDef>) {
    if let Some(later) = later {
        o.prefetch_name(later);
    }
}

/// The definitions found by content by shard, of those with a long hash the given ones.
#[inline(never)]
fn contents(o: &Object, found: &[u32]) -> Sharded<ContentUse> {
    let (first, first_long) = (o.n_def(), o.n_def() + o.n_hashed64());
    let short = &o.block(Block::Hash64).as_chunks::<8>().0[..o.n_hashed64() as usize];
    let long = &o.block(Block::Hash).as_chunks::<16>().0[..o.n_hashed() as usize];
    let short_hash = |hash: &[u8; 8]| mix(u64::from_le_bytes(*hash));
    let short_shard = |hash: u64| SHARDS + (hash >> 63) as usize;
    // Long hashes are cryptographic ones: any bits of them are as good as others.
    let long_shard = |hash: &[u8; 16]| usize::from(hash[7] >> (8 - SHARD_BITS));
    let mut lens = vec![0; CONTENT_SHARDS];
    for hash in short {
        lens[short_shard(short_hash(hash))] += 1;
    }
    for &i in found {
        lens[long_shard(&long[i as usize])] += 1;
    }
    let content = |hash: u64, low: u32, s: SymDef, li: u32| ContentUse {
        hash: [hash as u32, (hash >> 32) as u32],
        rest: low & ContentUse::LOW | u32::from(LogAlign::of(s.align()).0) << 24,
        li,
    };
    Sharded::fill(lens, |places| {
        let records = o.syms(first..first_long).iter();
        for (li, (hash, s)) in (first..).zip(short.iter().zip(records)) {
            let hash = short_hash(hash);
            let size = s.size().min(ContentUse::LOW);
            places.put(short_shard(hash), content(hash, size, s, li));
        }
        let records = o.syms(first_long..first_long + o.n_hashed());
        for &i in found {
            let hash = &long[i as usize];
            let words = hash.as_chunks::<8>().0;
            let [low, high] = [words[0], words[1]].map(u64::from_le_bytes);
            if let Some(s) = records.get(i as usize) {
                places.put(
                    long_shard(hash),
                    content(high, low as u32, s, first_long + i),
                );
            }
        }
    })
}

/// Makes a list of the numbers of `items` that are `wanted`.
#[inline]
fn list_where<T>(
    items: impl ExactSizeIterator<Item = T>,
    wanted: impl Fn(T) -> bool,
    list: &mut Vec<u32>,
) {
    let mut n = 0;
    list.resize(items.len(), 0);
    for (i, item) in (0..).zip(items) {
        // The next one takes its place if it is not.
        list[n] = i;
        n += usize::from(wanted(item));
    }
    list.truncate(n);
}

/// See [`Digest::leaves`].
fn leaves(o: &Object) -> BitSet {
    let n = (o.n_alldef() - o.n_nonpkg_def()) as usize;
    let index = |b: Block| o.block(b).as_chunks::<4>().0;
    let (relocs, auxs) = (index(Block::RelocIdx), index(Block::AuxIdx));
    let word = |start: usize| {
        let len = (n - start).min(64);
        let rises = |index: &[[u8; 4]], i: usize| index[i] != index[i + 1];
        let (relocs, auxs) = (&relocs[start..=start + len], &auxs[start..=start + len]);
        let mut none = [0u8; 64];
        // Without branches, so that several are compared at a time.
        for (i, none) in none[..len].iter_mut().enumerate() {
            *none = u8::from(!(rises(relocs, i) | rises(auxs, i)));
        }
        word_of_bytes(&none)
    };
    BitSet::from_words((0..n).step_by(64).map(word).collect())
}

/// Mixes a short hash, without losing any bits of it; some choose its place. It is the contents
/// themselves, which differ in any bits of their own.
fn mix(x: u64) -> u64 {
    let x = (x ^ (x >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x ^ (x >> 29)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_contents_get_places_of_their_own_wherever_they_differ() {
        const N: u64 = 1000;
        for shift in [0, 8, 20, 32, 48, 54] {
            let place = |i: u64| mix(i << shift) & 0x3ff;
            let mut places: Vec<u64> = (0..N).map(place).collect();
            places.sort_unstable();
            places.dedup();
            // Of as many that are drawn at random, 1,024 places would get 640.
            assert!(places.len() > 500, "{shift}: {}", places.len());
        }
    }

    #[test]
    fn runs_have_all_numbers_in_order() {
        let numbers = [3, 4, 5, 7, 9, 10];
        let mut runs = Runs::default();
        assert_eq!(runs.first(), None);
        numbers.iter().for_each(|&n| runs.push(n));
        assert_eq!(runs.first(), Some(3));
        assert!(runs.iter().eq(numbers));
        assert_eq!(runs.0.len(), 3);
    }
}
