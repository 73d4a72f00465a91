//! What resolution needs of an object, taken from it while it is opened.
//!
//! Opening an object reads all its definitions to check them. Names and hashes are read in the same
//! breath, while they are in the processor's caches, so that resolution itself goes over short lists
//! and not over all inputs once more. The lists are sorted by *shard*, a part of the hash: resolution
//! takes one shard of all objects at a time.

use crate::BitSet;
use crate::data_group::{DataGroup, DataGroups};
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

/// How objects are read, and what they have in common.
#[derive(Clone, Copy)]
pub struct Reading<'a> {
    /// How they are read.
    pub opts: &'a DigestOptions,
    /// The names of their source files.
    pub files: &'a FileNumbers,
}

/// Some of the kinds of symbols, by their numbers in objects.
#[derive(Clone, Copy, Default)]
struct KindSet(u64);

impl KindSet {
    /// Those that are `wanted`.
    fn of(gover: &GoLayout, wanted: impl Fn(SymKind) -> bool) -> KindSet {
        let is_wanted = |n: &u8| gover.sym_kind(*n).is_some_and(&wanted);
        KindSet((0..63).filter(is_wanted).fold(0, |set, n| set | 1 << n))
    }
    /// One kind. All numbers that no release has are one.
    #[inline]
    fn one(kind: u8) -> KindSet {
        KindSet(1 << kind.min(63))
    }
    #[inline]
    fn meets(self, other: KindSet) -> bool {
        self.0 & other.0 != 0
    }
}

/// What is looked for in kinds and flags.
struct Watch {
    /// Of [`SymDef::kind_and_flags`], the mark of local symbols.
    local: u32,
    /// And that of types that are used in an interface.
    used_in_iface: u32,
    /// The kinds of functions.
    text: KindSet,
    /// The kinds of data that can belong to a group by its name.
    grouped: KindSet,
    gover: &'static GoLayout,
}

impl Watch {
    fn new(gover: &'static GoLayout) -> Watch {
        Watch {
            gover,
            grouped: KindSet::of(gover, DataGroup::has_kind),
            local: u32::from(gover.flags.local) << 8,
            used_in_iface: u32::from(gover.flags2.used_in_iface) << 16,
            text: KindSet::of(gover, SymKind::is_text),
        }
    }
}

/// What resolution needs of an object. Local indices count as in the object.
#[derive(Default)]
pub struct Digest {
    pub(crate) content: Sharded<ContentUse>,
    /// Package symbols that have a name, which others might refer to; each with its shard.
    pub(crate) package: Vec<(u8, DefUse)>,
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
    /// The kinds of all definitions.
    kinds: KindSet,
}

/// The version that an ABI number stands for, 0 or 1.
pub(crate) fn version_slot(abi_wrappers: bool, abi: u16) -> usize {
    (abi_wrappers && i32::from(abi) == crate::VERSION_ABI_INTERNAL) as usize
}

/// Lists before they are sorted by shard. Each thread has some and uses them again: memory that is new
/// to the process costs more than what is written there.
#[derive(Default)]
struct Unsorted {
    content: Vec<(u8, ContentUse)>,
    defs: Vec<(u8, DefUse)>,
    refs: Vec<(u8, NameUse)>,
}

impl Digest {
    /// Reads an object.
    pub fn new(o: &Object, how: &Reading) -> Digest {
        thread_local!(static UNSORTED: RefCell<Unsorted> = RefCell::default());
        let mut d = UNSORTED.with_borrow_mut(|unsorted| Digest::with_lists(o, how.opts, unsorted));
        let names = (0..o.n_files()).map(|i| o.file(i).unwrap_or_default());
        d.files = names.map(|name| how.files.number(name)).collect();
        d
    }

    fn with_lists(o: &Object, opts: &DigestOptions, unsorted: &mut Unsorted) -> Digest {
        let mut d = Digest {
            data_groups: DataGroups::new(o.n_alldef()),
            ..Digest::default()
        };
        let hasher = NameHasher::default();
        let version = |s: SymDef| version_slot(opts.abi_wrappers, s.abi());
        let linkname_marks = linkname_marks(opts.gover);
        let watch = Watch::new(opts.gover);
        let named_def = |s: SymDef, li: u32| {
            let (hash, shard) = hasher.hash(o.name(s), version(s));
            let def = DefUse {
                hash,
                li,
                size: s.size(),
                align: LogAlign::of(s.align()),
                dupok: s.flag() & opts.gover.flags.dupok != 0,
            };
            (shard as u8, def)
        };

        for (li, s) in (0..).zip(o.syms(0..o.n_def())) {
            d.note(&watch, o, s, li);
            if s.name_len() != 0 && s.abi() != ABI_STATIC {
                d.package.push(named_def(s, li));
            }
        }

        d.content = d.contents(o, opts, &watch, &mut unsorted.content);
        d.leaves = leaves(o);

        let (first, all) = (o.n_alldef() - o.n_nonpkg_def(), o.n_alldef());
        let defs = &mut unsorted.defs;
        defs.clear();
        defs.reserve(o.n_nonpkg_def() as usize);
        for (li, s) in (first..).zip(named(o, first..all)) {
            d.note(&watch, o, s, li);
            d.note_linkname(linkname_marks, s, li);
            if s.abi() == ABI_STATIC || s.name_len() == 0 {
                d.own.push(li);
                continue;
            }
            defs.push(named_def(s, li));
        }
        d.defs = Sharded::new(SHARDS, defs);

        let refs = &mut unsorted.refs;
        refs.clear();
        for (li, s) in (all..).zip(named(o, all..all + o.n_nonpkg_ref())) {
            d.note_marks(&watch, s, li);
            d.note_linkname(linkname_marks, s, li);
            if s.abi() == ABI_STATIC {
                d.own.push(li);
            } else if s.name_len() == 0 {
                d.unnamed[version(s)].push(li);
            } else {
                let (hash, shard) = hasher.hash(o.name(s), version(s));
                refs.push((shard as u8, NameUse { hash, li }));
            }
        }
        d.refs = Sharded::new(SHARDS, refs);
        d.texts.shrink_to_fit();
        d
    }

    /// Whether all definitions are of kinds that something defined can be of.
    pub(crate) fn has_sound_kinds(&self, gover: &GoLayout) -> bool {
        let undefined = [SymKind::Xxx, SymKind::Xref, SymKind::DynImport];
        let sound = KindSet::of(gover, |k| !undefined.contains(&k));
        self.kinds.0 & !sound.0 == 0
    }

    /// Notes what is marked, the kind, and the group that data belongs to.
    #[inline]
    fn note(&mut self, watch: &Watch, o: &Object, s: SymDef, li: u32) {
        self.note_marks(watch, s, li);
        let kind = KindSet::one(s.kind());
        if kind.meets(watch.text) {
            self.texts.push(li);
        }
        if kind.meets(watch.grouped) && s.name_len() != 0 {
            let kind = watch.gover.sym_kind(s.kind()).unwrap_or(SymKind::Xxx);
            let group = DataGroup::of(watch.gover, kind, o.name(s));
            self.data_groups.set(li, group);
        }
        self.kinds.0 |= kind.0;
    }

    #[inline]
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

    #[inline]
    fn note_linkname(&mut self, marks: u8, s: SymDef, li: u32) {
        if s.flag2() & marks != 0 {
            self.linknames.push(li);
        }
    }

    fn contents(
        &mut self,
        o: &Object,
        opts: &DigestOptions,
        watch: &Watch,
        all: &mut Vec<(u8, ContentUse)>,
    ) -> Sharded<ContentUse> {
        all.clear();
        // One in three is no pc-value table.
        all.reserve((o.n_hashed64() + o.n_hashed() / 3) as usize);
        let (n_def, n64, n) = (o.n_def(), o.n_hashed64(), o.n_hashed());
        let content = |shard: u64, hash: u64, low: u32, s: SymDef, li: u32| {
            let used = ContentUse {
                hash: [hash as u32, (hash >> 32) as u32],
                rest: low & ContentUse::LOW | u32::from(LogAlign::of(s.align()).0) << 24,
                li,
            };
            (shard as u8, used)
        };
        let short = o.block(Block::Hash64).as_chunks::<8>().0;
        for ((li, h), s) in (n_def..).zip(short).zip(named(o, n_def..n_def + n64)) {
            self.note(watch, o, s, li);
            let hash = mix(u64::from_le_bytes(*h));
            let size = s.size().min(ContentUse::LOW);
            all.push(content(SHARDS as u64 + (hash >> 63), hash, size, s, li));
        }
        let long = o.block(Block::Hash).as_chunks::<16>().0;
        let (first, end) = (n_def + n64, n_def + n64 + n);
        // Kind and flags of the last pc-value table: they are the same for all.
        let mut pc_table = None;
        for ((li, h), s) in (first..).zip(long).zip(named(o, first..end)) {
            if s.name_len() == 0 && Some(s.kind_and_flags()) == pc_table {
                continue;
            }
            self.note(watch, o, s, li);
            // Nothing but a pc-value table is found by content and has no name.
            if s.name_len() == 0 && !opts.number_pc_tables && s.flag() == 0 && s.flag2() == 0 {
                let is_text = KindSet::one(s.kind()).meets(watch.text);
                pc_table = (!is_text).then(|| s.kind_and_flags());
                continue;
            }
            // The hash is a cryptographic one: any bits of it are as good as others.
            let (words, _) = h.as_chunks::<8>();
            let [low, hash] = [words[0], words[1]].map(u64::from_le_bytes);
            all.push(content(low >> (64 - SHARD_BITS), hash, low as u32, s, li));
        }
        Sharded::new(CONTENT_SHARDS, all)
    }
}

/// The symbols of a range whose names are about to be read; those of later ones are asked for.
fn named<'a>(o: &'a Object, range: Range<u32>) -> impl Iterator<Item = SymDef<'a>> + use<'a> {
    /// How many symbols ahead: as many as are hashed while a line of memory is on its way.
    const AHEAD: u32 = 8;
    let mut ahead = o.syms((range.start + AHEAD).min(range.end)..range.end);
    o.syms(range).inspect(move |_| {
        if let Some(s) = ahead.next()
            && s.name_len() != 0
        {
            o.prefetch_name(s);
        }
    })
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
        let bytes = none.as_chunks::<8>().0.iter().rev();
        bytes.fold(0, |w, b| w << 8 | lowest_bits(*b))
    };
    BitSet::from_words((0..n).step_by(64).map(word).collect())
}

/// The lowest bits of bytes that are 0 or 1, in their order.
#[inline]
fn lowest_bits(bytes: [u8; 8]) -> u64 {
    // Of the products only the wanted ones end up in the top byte.
    u64::from_le_bytes(bytes).wrapping_mul(0x0102_0408_1020_4080) >> 56
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

    #[test]
    fn bytes_become_bits_in_their_order() {
        for bits in 0..256u64 {
            let bytes = std::array::from_fn(|i| (bits >> i & 1) as u8);
            assert_eq!(lowest_bits(bytes), bits);
        }
    }
}
