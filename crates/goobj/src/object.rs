//! One Go object: header and blocks.

use crate::block::{Block, HEADER_SIZE, MAGIC, NBLOCK};
use crate::error::ObjectError;
use crate::prefetch::prefetch_at;
use crate::records::{
    AUX_SIZE, Aux, PKG_HASHED, PKG_HASHED64, PKG_NONE, PKG_SELF, REF_FLAGS_SIZE, RELOC_SIZE,
    RawReloc, RefFlags, SYM_SIZE, SymDef, SymDefs, SymRef,
};
use crate::u32_at;

const STRING_REF_SIZE: usize = 8;
const AUTOLIB_SIZE: usize = 16;

/// A view of one Go object.
#[derive(Clone, Copy)]
pub struct Object<'a> {
    data: &'a [u8],
    off: [u32; NBLOCK],
    flags: u32,
    n_def: u32,
    n_hashed64: u32,
    n_hashed: u32,
    n_nonpkg_def: u32,
    n_nonpkg_ref: u32,
}

impl<'a> Object<'a> {
    /// Opens the object that `data` holds, checking its structure.
    ///
    /// # Errors
    /// Anything of [`ObjectError`]; offsets count from the start of `data`.
    pub fn open(data: &'a [u8]) -> Result<Object<'a>, ObjectError> {
        if data.len() < 8 || &data[..8] != MAGIC {
            return Err(ObjectError::BadMagic {
                found: data[..data.len().min(8)].to_vec(),
            });
        }
        if data.len() < HEADER_SIZE {
            return Err(ObjectError::Short { len: data.len() });
        }
        let size = u32::try_from(data.len()).unwrap_or(u32::MAX);
        let mut off = [0u32; NBLOCK];
        let mut low = HEADER_SIZE as u32;
        for (i, o) in off.iter_mut().enumerate() {
            let at = 20 + 4 * i;
            let found = u32_at(data, at);
            if found < low || found > size {
                return Err(ObjectError::BadBlock {
                    block: i,
                    at,
                    found,
                    low,
                    high: size,
                });
            }
            *o = found;
            low = found;
        }
        let mut o = Object {
            data,
            off,
            flags: u32_at(data, 16),
            n_def: 0,
            n_hashed64: 0,
            n_hashed: 0,
            n_nonpkg_def: 0,
            n_nonpkg_ref: 0,
        };
        let counts = [
            Block::SymDef,
            Block::Hashed64Def,
            Block::HashedDef,
            Block::NonPkgDef,
            Block::NonPkgRef,
        ]
        .map(|b| (o.block(b).len() / SYM_SIZE) as u32);
        [
            o.n_def,
            o.n_hashed64,
            o.n_hashed,
            o.n_nonpkg_def,
            o.n_nonpkg_ref,
        ] = counts;
        o.check()?;
        Ok(o)
    }

    fn check(&self) -> Result<(), ObjectError> {
        // Definitions are addressed as one array across four blocks, so the blocks must be whole.
        for b in [
            Block::SymDef,
            Block::Hashed64Def,
            Block::HashedDef,
            Block::NonPkgDef,
            Block::NonPkgRef,
        ] {
            let len = self.block(b).len();
            if !len.is_multiple_of(SYM_SIZE) {
                return Err(ObjectError::BadCount {
                    block: b as usize,
                    found: len,
                    expected: len / SYM_SIZE * SYM_SIZE,
                });
            }
        }
        let n = self.n_alldef() as usize;
        for (idx, target, each) in [
            (Block::RelocIdx, Block::Reloc, RELOC_SIZE),
            (Block::AuxIdx, Block::Aux, AUX_SIZE),
            (Block::DataIdx, Block::Data, 1),
        ] {
            let b = self.block(idx);
            if b.len() != 4 * (n + 1) {
                return Err(ObjectError::BadCount {
                    block: idx as usize,
                    found: b.len() / 4,
                    expected: n + 1,
                });
            }
            let high = (self.block(target).len() / each) as u32;
            self.check_index(idx, high)?;
        }
        for (b, want, each) in [
            (Block::Hash64, self.n_hashed64 as usize, 8),
            (Block::Hash, self.n_hashed as usize, 16),
        ] {
            let len = self.block(b).len();
            if len < want * each {
                return Err(ObjectError::BadCount {
                    block: b as usize,
                    found: len / each,
                    expected: want,
                });
            }
        }
        self.check_records()?;
        for (b, each) in [
            (Block::Autolib, AUTOLIB_SIZE),
            (Block::PkgIdx, STRING_REF_SIZE),
            (Block::File, STRING_REF_SIZE),
        ] {
            for (i, s) in self.block(b).chunks_exact(each).enumerate() {
                self.check_string(self.off[b as usize] as usize + i * each, s)?;
            }
        }
        Ok(())
    }

    /// The entries of an index rise, up to `high`.
    fn check_index(&self, idx: Block, high: u32) -> Result<(), ObjectError> {
        let b = self.block(idx);
        let (entries, _) = b.as_chunks::<4>();
        let entries = || entries.iter().map(|e| u32::from_le_bytes(*e));
        // Without a branch for each entry as long as nothing is wrong, several at a time.
        let falls = |falls: u32, (low, e): (u32, u32)| falls | u32::from(low > e);
        let falls = entries().zip(entries().skip(1)).fold(0, falls);
        if falls == 0 && entries().next_back().unwrap_or(0) <= high {
            return Ok(());
        }
        let mut low = 0;
        for (i, found) in entries().enumerate() {
            if found < low || found > high {
                return Err(ObjectError::BadIndex {
                    at: self.off[idx as usize] as usize + 4 * i,
                    found,
                    low,
                    high,
                });
            }
            low = found;
        }
        Ok(())
    }

    /// Names of symbols lie in the object. No definition that is found by number or content has more contents
    /// than its size says; among those found by name are some of size 0 whose contents only DWARF generation
    /// reads.
    fn check_records(&self) -> Result<(), ObjectError> {
        let base = self.off[Block::SymDef as usize] as usize;
        let total = (self.n_alldef() + self.n_nonpkg_ref) as usize;
        let (records, _) = self.data[base..base + total * SYM_SIZE].as_chunks::<SYM_SIZE>();
        let (sized, others) = records.split_at((self.n_alldef() - self.n_nonpkg_def) as usize);
        let starts = self.block(Block::DataIdx).as_chunks::<4>().0;
        let lens = || {
            starts
                .iter()
                .zip(&starts[1..])
                .map(|(a, b)| u32_at(b, 0) - u32_at(a, 0))
        };
        let name_end = |r: &[u8; SYM_SIZE]| u64::from(u32_at(r, 0)) + u64::from(u32_at(r, 4));
        let size = |r: &[u8; SYM_SIZE]| u32_at(r, 13);
        // All records once, without a branch for each, as long as nothing is wrong.
        let (mut last, mut excess) = (0, false);
        for (len, r) in lens().zip(sized) {
            last = last.max(name_end(r));
            excess |= len > size(r);
        }
        last = others.iter().map(name_end).fold(last, u64::max);
        if excess {
            let mut all = lens().zip(sized).enumerate();
            let wrong = all.find(|(_, (len, r))| *len > size(r));
            let (i, (found, r)) = wrong.expect("there is one");
            return Err(ObjectError::BadContents {
                at: base + i * SYM_SIZE + 13,
                found,
                size: size(r),
            });
        }
        if last > self.data.len() as u64 {
            for (i, r) in records.iter().enumerate() {
                self.check_string(base + i * SYM_SIZE, r)?;
            }
        }
        Ok(())
    }

    #[inline]
    fn check_string(&self, at: usize, r: &[u8]) -> Result<(), ObjectError> {
        let (len, off) = (u32_at(r, 0), u32_at(r, 4));
        if off as u64 + len as u64 > self.data.len() as u64 {
            return Err(ObjectError::BadString {
                at,
                off,
                len,
                size: self.data.len(),
            });
        }
        Ok(())
    }

    /// The whole object.
    pub fn bytes(&self) -> &'a [u8] {
        self.data
    }

    /// The bytes of one block.
    #[inline]
    pub fn block(&self, b: Block) -> &'a [u8] {
        let i = b as usize;
        if i + 1 == NBLOCK {
            return &[];
        }
        &self.data[self.off[i] as usize..self.off[i + 1] as usize]
    }

    /// The header and all names.
    pub fn names(&self) -> &'a [u8] {
        &self.data[..self.off[0] as usize]
    }

    /// Offset of a block from the start of the object.
    pub fn block_offset(&self, b: Block) -> u32 {
        self.off[b as usize]
    }

    /// Fingerprint of the exported interface; zero for assembly objects.
    pub fn fingerprint(&self) -> [u8; 8] {
        self.data[8..16].try_into().unwrap()
    }

    /// Whether the object was built with `-shared` or `-dynlink`.
    pub fn is_shared(&self) -> bool {
        self.flags & 1 != 0
    }
    /// Whether the assembler wrote the object.
    #[inline]
    pub fn is_from_assembly(&self) -> bool {
        self.flags & 4 != 0
    }
    /// Whether the object was compiled without a package path and cannot be linked.
    pub fn is_unlinkable(&self) -> bool {
        self.flags & 8 != 0
    }
    /// Whether the object belongs to the standard library.
    pub fn is_std(&self) -> bool {
        self.flags & 16 != 0
    }

    /// Number of package symbols.
    #[inline]
    pub fn n_def(&self) -> u32 {
        self.n_def
    }
    /// Number of short-hash definitions.
    #[inline]
    pub fn n_hashed64(&self) -> u32 {
        self.n_hashed64
    }
    /// Number of content-hash definitions.
    #[inline]
    pub fn n_hashed(&self) -> u32 {
        self.n_hashed
    }
    /// Number of definitions found by name.
    #[inline]
    pub fn n_nonpkg_def(&self) -> u32 {
        self.n_nonpkg_def
    }
    /// Number of references by name.
    #[inline]
    pub fn n_nonpkg_ref(&self) -> u32 {
        self.n_nonpkg_ref
    }
    /// Number of definitions of all four kinds.
    #[inline]
    pub fn n_alldef(&self) -> u32 {
        self.n_def + self.n_hashed64 + self.n_hashed + self.n_nonpkg_def
    }

    /// The local symbol that a reference means, for references into the object itself and by name.
    /// Not range-checked.
    #[inline]
    pub fn local(&self, r: SymRef) -> Option<u32> {
        let first = match r.pkg {
            PKG_SELF => 0,
            PKG_HASHED64 => self.n_def,
            PKG_HASHED => self.n_def + self.n_hashed64,
            PKG_NONE => self.n_def + self.n_hashed64 + self.n_hashed,
            _ => return None,
        };
        first.checked_add(r.idx)
    }

    /// The record of local symbol `i`: definitions first, then references by name.
    #[inline]
    pub fn sym(&self, i: u32) -> SymDef<'a> {
        let at = self.off[Block::SymDef as usize] as usize + i as usize * SYM_SIZE;
        SymDef(self.data[at..at + SYM_SIZE].try_into().unwrap())
    }

    /// The bytes of the record of local symbol `i`, for prefetching.
    #[inline]
    pub fn sym_bytes(&self, i: u32) -> &'a [u8] {
        self.sym(i).0
    }

    /// The records of local symbols `range`.
    pub fn syms(&self, range: std::ops::Range<u32>) -> SymDefs<'a> {
        let base = self.off[Block::SymDef as usize] as usize;
        let records = &self.data
            [base + range.start as usize * SYM_SIZE..base + range.end as usize * SYM_SIZE];
        SymDefs(records.as_chunks().0)
    }

    /// The name of a symbol record of this object.
    #[inline]
    pub fn name(&self, s: SymDef<'a>) -> &'a [u8] {
        &self.data[s.name_off() as usize..][..s.name_len() as usize]
    }

    /// Asks the processor for the name of a symbol record of this object, its first and its last bytes.
    #[inline(always)]
    pub fn prefetch_name(&self, s: SymDef<'a>) {
        let off = s.name_off() as usize;
        prefetch_at(self.data, off);
        prefetch_at(self.data, off + s.name_len() as usize);
    }

    #[inline]
    fn index_pair(&self, b: Block, i: u32) -> (usize, usize) {
        let at = self.off[b as usize] as usize + 4 * i as usize;
        let x = u64::from_le_bytes(self.data[at..at + 8].try_into().unwrap());
        (x as u32 as usize, (x >> 32) as usize)
    }

    /// Where the records of definition `i` are looked up first, for prefetching: its definition and
    /// its entries in the relocation, auxiliary symbol and data indices. What lies outside of the
    /// object is empty, so that places nobody uses cost nothing.
    #[inline(always)]
    pub fn places(&self, i: u32) -> [&'a [u8]; 4] {
        let entry = |b: Block, size: usize| {
            let at = self.off[b as usize] as usize + size * i as usize;
            self.data.get(at..at + size).unwrap_or_default()
        };
        [
            entry(Block::SymDef, SYM_SIZE),
            entry(Block::RelocIdx, 4),
            entry(Block::AuxIdx, 4),
            entry(Block::DataIdx, 4),
        ]
    }

    /// The relocation records of definition `i`, one after another.
    #[inline]
    pub fn reloc_bytes(&self, i: u32) -> &'a [u8] {
        let (a, b) = self.index_pair(Block::RelocIdx, i);
        let base = self.off[Block::Reloc as usize] as usize;
        &self.data[base + a * RELOC_SIZE..base + b * RELOC_SIZE]
    }

    /// The relocation records of definition `i`, in order, for [`RawReloc::from_bytes`].
    #[inline]
    pub fn reloc_records(&self, i: u32) -> std::slice::Iter<'a, [u8; RELOC_SIZE]> {
        self.reloc_bytes(i).as_chunks().0.iter()
    }

    /// Relocations of definition `i`, in order.
    #[inline]
    pub fn relocs(&self, i: u32) -> impl ExactSizeIterator<Item = RawReloc<'a>> + Clone + use<'a> {
        self.reloc_records(i).map(RawReloc)
    }

    /// The auxiliary symbol records of definition `i`, one after another.
    #[inline]
    pub fn aux_bytes(&self, i: u32) -> &'a [u8] {
        let (a, b) = self.index_pair(Block::AuxIdx, i);
        let base = self.off[Block::Aux as usize] as usize;
        &self.data[base + a * AUX_SIZE..base + b * AUX_SIZE]
    }

    /// Auxiliary symbols of definition `i`, in order.
    #[inline]
    pub fn auxs(&self, i: u32) -> impl ExactSizeIterator<Item = Aux> + Clone + use<'a> {
        Aux::each(self.aux_bytes(i))
    }

    /// Data of definition `i`; may be shorter than the symbol, the rest is zero.
    #[inline]
    pub fn data(&self, i: u32) -> &'a [u8] {
        let (a, b) = self.index_pair(Block::DataIdx, i);
        let base = self.off[Block::Data as usize] as usize;
        &self.data[base + a..base + b]
    }

    /// Where the data of definition `i` lies, for [`Object::data_at`].
    #[inline]
    pub fn data_range(&self, i: u32) -> std::ops::Range<u32> {
        let (a, b) = self.index_pair(Block::DataIdx, i);
        a as u32..b as u32
    }

    /// The data at a place that [`Object::data_range`] gave, without a look at the index.
    #[inline]
    pub fn data_at(&self, r: std::ops::Range<u32>) -> &'a [u8] {
        let base = self.off[Block::Data as usize] as usize;
        &self.data[base + r.start as usize..base + r.end as usize]
    }

    /// Numbers of the relocations of definition `i`, for [`Object::relocs_at`].
    #[inline]
    pub fn reloc_range(&self, i: u32) -> std::ops::Range<u32> {
        let (a, b) = self.index_pair(Block::RelocIdx, i);
        a as u32..b as u32
    }

    /// The relocation records of numbers that [`Object::reloc_range`] gave, for [`RawReloc::each`],
    /// without a look at the index.
    #[inline]
    pub fn relocs_at(&self, r: std::ops::Range<u32>) -> &'a [u8] {
        let base = self.off[Block::Reloc as usize] as usize;
        &self.data[base + r.start as usize * RELOC_SIZE..base + r.end as usize * RELOC_SIZE]
    }

    /// Length of the data of definition `i`.
    #[inline]
    pub fn data_len(&self, i: u32) -> u32 {
        let (a, b) = self.index_pair(Block::DataIdx, i);
        (b - a) as u32
    }

    /// Key of the `i`-th short-hash definition.
    #[inline]
    pub fn hash64(&self, i: u32) -> u64 {
        let b = self.block(Block::Hash64);
        u64::from_le_bytes(b[8 * i as usize..8 * i as usize + 8].try_into().unwrap())
    }

    /// Key of the `i`-th content-hash definition.
    #[inline]
    pub fn hash(&self, i: u32) -> &'a [u8; 16] {
        let b = self.block(Block::Hash);
        b[16 * i as usize..16 * i as usize + 16].try_into().unwrap()
    }

    #[inline]
    fn string(&self, r: &[u8]) -> &'a [u8] {
        &self.data[u32_at(r, 4) as usize..][..u32_at(r, 0) as usize]
    }

    /// Imported packages and the fingerprints expected of them.
    pub fn autolib(&self) -> impl ExactSizeIterator<Item = (&'a [u8], [u8; 8])> + '_ {
        self.block(Block::Autolib)
            .chunks_exact(AUTOLIB_SIZE)
            .map(|r| (self.string(r), r[8..16].try_into().unwrap()))
    }

    /// Package paths by package index; entry 0 is a dummy.
    pub fn packages(&self) -> impl ExactSizeIterator<Item = &'a [u8]> + '_ {
        self.block(Block::PkgIdx)
            .chunks_exact(STRING_REF_SIZE)
            .map(|r| self.string(r))
    }

    /// Number of source files.
    pub fn n_files(&self) -> u32 {
        (self.block(Block::File).len() / STRING_REF_SIZE) as u32
    }

    /// The `i`-th source file name, or `None` beyond the table.
    #[inline]
    pub fn file(&self, i: u32) -> Option<&'a [u8]> {
        let at = i as usize * STRING_REF_SIZE;
        self.block(Block::File)
            .get(at..at + STRING_REF_SIZE)
            .map(|r| self.string(r))
    }

    /// Flags recorded about symbols of other packages.
    pub fn ref_flags(&self) -> impl ExactSizeIterator<Item = RefFlags> + use<'a> {
        self.block(Block::RefFlags)
            .chunks_exact(REF_FLAGS_SIZE)
            .map(|r| RefFlags {
                sym: SymRef::read(r[0..8].try_into().unwrap()),
                flag: r[8],
                flag2: r[9],
            })
    }
}
