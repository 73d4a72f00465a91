//! `GoLayout`: everything the linker needs to know about one Go release.

use crate::{
    AuxType, ContentHashedText, DupokRule, FuncdataHome, LinknameCheck, RelocType, SymKind,
    TypelinkHome,
};

/// The rank of a kind that a release does not have.
pub const NO_RANK: u8 = 255;

/// One entry of the compiler's list of runtime functions and types, which object files
/// refer to by index under the package index for builtins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Builtin {
    /// Symbol name.
    pub name: &'static str,
    /// ABI number as object files write it: 0 is ABI0 (and data), 1 is ABIInternal.
    pub abi: u16,
}

/// Bits of `Sym.Flag` in the object file (`cmd/internal/goobj.SymFlag*`). A mask of 0 means
/// the release does not have the flag.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub struct SymFlags {
    pub dupok: u8,
    pub local: u8,
    pub typelink: u8,
    pub leaf: u8,
    pub nosplit: u8,
    pub reflect_method: u8,
    pub go_type: u8,
}

/// Bits of `Sym.Flag2` (and of the reference flags) in the object file. A mask of 0 means
/// the release does not have the flag.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub struct SymFlags2 {
    pub used_in_iface: u8,
    pub itab: u8,
    pub dict: u8,
    pub pkg_init: u8,
    pub linkname: u8,
    pub linkname_std: u8,
    pub abi_wrapper: u8,
    pub wasm_export: u8,
}

/// What a Go release line is to the linker, as data.
pub struct GoLayout {
    /// The release line, such as `1.27`.
    pub release: &'static str,
    /// Object file symbol kind → linker kind (`sym.AbiSymKindToSymKind`).
    pub sym_kinds: &'static [SymKind],
    /// The release's linker kinds in its own order, which is the order of data in the file.
    pub kind_order: &'static [SymKind],
    /// Position of each kind in `kind_order`; [`NO_RANK`] for kinds the release lacks.
    pub kind_rank: [u8; SymKind::COUNT],
    /// Kinds of the read-only section, in order (`sym.ReadOnly`).
    pub read_only_kinds: &'static [SymKind],
    /// Object file relocation number (without the weak bit) → type. Entry 0 is
    /// [`RelocType::Invalid`].
    pub reloc_types: &'static [RelocType],
    /// Object file auxiliary symbol number → type.
    pub aux_types: &'static [AuxType],
    /// Bits of `Sym.Flag`.
    pub flags: SymFlags,
    /// Bits of `Sym.Flag2`.
    pub flags2: SymFlags2,
    /// The builtin list, by index.
    pub builtins: &'static [Builtin],

    /// Which duplicate stays.
    pub dupok: DupokRule,
    /// Binding of content-hashed text.
    pub content_hashed_text: ContentHashedText,
    /// What the linkname check looks at.
    pub linkname_check: LinknameCheck,
    /// Where funcdata goes.
    pub funcdata: FuncdataHome,
    /// Where typelinks and itabs go.
    pub typelinks: TypelinkHome,
}

/// Inverts a kind order into ranks.
pub(crate) const fn rank_kinds(order: &[SymKind]) -> [u8; SymKind::COUNT] {
    let mut ranks = [NO_RANK; SymKind::COUNT];
    let mut i = 0;
    while i < order.len() {
        ranks[order[i].index()] = i as u8;
        i += 1;
    }
    ranks
}

impl GoLayout {
    /// Position of `kind` in this release's kind order, or [`NO_RANK`].
    #[inline]
    pub const fn rank(&self, kind: SymKind) -> u8 {
        self.kind_rank[kind.index()]
    }

    /// Whether the release has `kind` at all.
    #[inline]
    pub const fn has_kind(&self, kind: SymKind) -> bool {
        self.rank(kind) != NO_RANK
    }

    /// Whether `first <= kind <= last` in this release's order. False for kinds it lacks.
    #[inline]
    pub const fn in_range(&self, kind: SymKind, first: SymKind, last: SymKind) -> bool {
        let rank = self.rank(kind);
        rank != NO_RANK && rank >= self.rank(first) && rank <= self.rank(last)
    }

    /// `SymKind.IsData`: `SNOPTRDATA..=SNOPTRBSS`.
    #[inline]
    pub const fn is_data(&self, kind: SymKind) -> bool {
        self.in_range(kind, SymKind::NoPtrData, SymKind::NoPtrBss)
    }

    /// `SymKind.IsDATA`: `SDATA..=SDATAEND`, initialised data that may hold pointers.
    #[inline]
    pub const fn is_ptr_data(&self, kind: SymKind) -> bool {
        self.in_range(kind, SymKind::Data, SymKind::DataEnd)
    }

    /// `SymKind.IsRODATA`: `SRODATA..=SRODATAEND`.
    #[inline]
    pub const fn is_rodata(&self, kind: SymKind) -> bool {
        self.in_range(kind, SymKind::Rodata, SymKind::RodataEnd)
    }

    /// `SymKind.IsNOPTRDATA`: `SNOPTRDATA..=SNOPTRDATAEND`.
    #[inline]
    pub const fn is_noptrdata(&self, kind: SymKind) -> bool {
        self.in_range(kind, SymKind::NoPtrData, SymKind::NoPtrDataEnd)
    }

    /// The linker kind of an object file's kind number.
    #[inline]
    pub fn sym_kind(&self, number: u8) -> Option<SymKind> {
        self.sym_kinds.get(usize::from(number)).copied()
    }

    /// The type of an object file's relocation number, the weak bit removed.
    #[inline]
    pub fn reloc_type(&self, number: u16) -> Option<RelocType> {
        match self.reloc_types.get(usize::from(number)) {
            None | Some(RelocType::Invalid) => None,
            Some(&t) => Some(t),
        }
    }

    /// The type of an object file's auxiliary symbol number.
    #[inline]
    pub fn aux_type(&self, number: u8) -> Option<AuxType> {
        self.aux_types.get(usize::from(number)).copied()
    }
}
