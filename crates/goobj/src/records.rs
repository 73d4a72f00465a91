//! Records of an object: symbols, references to them, relocations, auxiliary symbols.

/// Package index of a reference to a symbol named in this object's non-package blocks.
pub const PKG_NONE: u32 = (1 << 31) - 1;
/// Package index of a reference into the short-hash block.
pub const PKG_HASHED64: u32 = PKG_NONE - 1;
/// Package index of a reference into the content-hash block.
pub const PKG_HASHED: u32 = PKG_NONE - 2;
/// Package index of a reference to a predeclared runtime symbol.
pub const PKG_BUILTIN: u32 = PKG_NONE - 3;
/// Package index of a reference into this object's own package symbols.
pub const PKG_SELF: u32 = PKG_NONE - 4;
/// The ABI number of file-local symbols.
pub const ABI_STATIC: u16 = 0xffff;

/// Size of the record of a symbol, bytes.
pub(crate) const SYM_SIZE: usize = 21;
/// Size of a relocation record, bytes.
pub const RELOC_SIZE: usize = 23;
/// Size of the record of an auxiliary symbol, bytes.
pub(crate) const AUX_SIZE: usize = 9;
/// Size of the flags of a referenced symbol, bytes.
pub(crate) const REF_FLAGS_SIZE: usize = 10;

/// A symbol reference: a package index and an index within it. Not range-checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SymRef {
    /// Package index, one of the `PKG_*` constants, or an index into the object's package list.
    pub pkg: u32,
    /// Index within the package.
    pub idx: u32,
}

impl SymRef {
    /// Reads the reference at the start of `b`.
    #[inline]
    pub(crate) fn read(b: &[u8; 8]) -> SymRef {
        let x = u64::from_le_bytes(*b);
        SymRef {
            pkg: x as u32,
            idx: (x >> 32) as u32,
        }
    }
    /// Whether this is the nil reference.
    #[inline]
    pub fn is_nil(self) -> bool {
        self.pkg == 0 && self.idx == 0
    }
}

/// One symbol definition or reference record.
#[derive(Clone, Copy, Debug)]
pub struct SymDef<'a>(pub(crate) &'a [u8; SYM_SIZE]);

impl<'a> SymDef<'a> {
    /// Length of the name in bytes.
    #[inline]
    pub fn name_len(self) -> u32 {
        u32::from_le_bytes(self.0[0..4].try_into().unwrap())
    }
    #[inline]
    pub(crate) fn name_off(self) -> u32 {
        u32::from_le_bytes(self.0[4..8].try_into().unwrap())
    }
    /// ABI number, or [`ABI_STATIC`].
    #[inline]
    pub fn abi(self) -> u16 {
        u16::from_le_bytes([self.0[8], self.0[9]])
    }
    /// Object-file symbol kind number.
    #[inline]
    pub fn kind(self) -> u8 {
        self.0[10]
    }
    /// First flag byte.
    #[inline]
    pub fn flag(self) -> u8 {
        self.0[11]
    }
    /// Second flag byte.
    #[inline]
    pub fn flag2(self) -> u8 {
        self.0[12]
    }
    /// Kind and flags in one number: from the lowest byte up, what [`SymDef::kind`], [`SymDef::flag`] and
    /// [`SymDef::flag2`] give.
    #[inline]
    pub fn kind_and_flags(self) -> u32 {
        u32::from_le_bytes(self.0[10..14].try_into().unwrap()) & 0xff_ffff
    }
    /// Size in bytes in the linked program.
    #[inline]
    pub fn size(self) -> u32 {
        u32::from_le_bytes(self.0[13..17].try_into().unwrap())
    }
    /// Alignment in bytes, 0 when unspecified.
    #[inline]
    pub fn align(self) -> u32 {
        u32::from_le_bytes(self.0[17..21].try_into().unwrap())
    }
}

/// Records of symbols that follow one another.
#[derive(Clone, Copy, Debug)]
pub struct SymDefs<'a>(pub(crate) &'a [[u8; SYM_SIZE]]);

impl<'a> SymDefs<'a> {
    /// One of them, counted from the first.
    #[inline]
    pub fn get(self, i: usize) -> Option<SymDef<'a>> {
        self.0.get(i).map(SymDef)
    }
    /// All, in order.
    #[inline]
    pub fn iter(self) -> impl ExactSizeIterator<Item = SymDef<'a>> + Clone {
        self.0.iter().map(SymDef)
    }
}

/// One relocation record.
#[derive(Clone, Copy, Debug)]
pub struct RawReloc<'a>(pub(crate) &'a [u8; RELOC_SIZE]);

impl<'a> RawReloc<'a> {
    /// Takes the bytes of one record, as [`Object::reloc_records`](crate::Object::reloc_records) gives them.
    #[inline]
    pub fn from_bytes(b: &'a [u8; RELOC_SIZE]) -> RawReloc<'a> {
        RawReloc(b)
    }
    /// The records in bytes that [`Object::reloc_bytes`](crate::Object::reloc_bytes) gave.
    #[inline]
    pub fn each(b: &'a [u8]) -> impl ExactSizeIterator<Item = RawReloc<'a>> + Clone {
        b.as_chunks().0.iter().map(RawReloc)
    }
    /// Offset of the field within the symbol, in bytes.
    #[inline]
    pub fn off(self) -> i32 {
        i32::from_le_bytes(self.0[0..4].try_into().unwrap())
    }
    /// Width of the field in bytes; 0 for marker relocations.
    #[inline]
    pub fn siz(self) -> u8 {
        self.0[4]
    }
    /// Object-file relocation type number, weak bit included.
    #[inline]
    pub fn typ(self) -> u16 {
        u16::from_le_bytes([self.0[5], self.0[6]])
    }
    /// Addend.
    #[inline]
    pub fn add(self) -> i64 {
        i64::from_le_bytes(self.0[7..15].try_into().unwrap())
    }
    /// Target.
    #[inline]
    pub fn sym(self) -> SymRef {
        SymRef::read(self.0[15..23].try_into().unwrap())
    }
}

/// One auxiliary symbol record.
#[derive(Clone, Copy, Debug)]
pub struct Aux {
    /// Object-file auxiliary type number.
    pub typ: u8,
    /// The auxiliary symbol.
    pub sym: SymRef,
}

impl Aux {
    /// The records in bytes that [`Object::aux_bytes`](crate::Object::aux_bytes) gave.
    #[inline]
    pub fn each<'a>(b: &'a [u8]) -> impl ExactSizeIterator<Item = Aux> + Clone + use<'a> {
        let (records, _) = b.as_chunks::<AUX_SIZE>();
        records.iter().map(|c| Aux {
            typ: c[0],
            sym: SymRef::read(c[1..9].try_into().unwrap()),
        })
    }
}

/// Flags that an object records about a symbol of another package.
#[derive(Clone, Copy, Debug)]
pub struct RefFlags {
    /// The symbol.
    pub sym: SymRef,
    /// First flag byte.
    pub flag: u8,
    /// Second flag byte.
    pub flag2: u8,
}
