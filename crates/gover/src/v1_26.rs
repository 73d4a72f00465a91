//! Go 1.26, the oldest release described: the whole of it is written out.

use crate::gen_tables::v1_26 as tables;
use crate::layout::rank_kinds;
use crate::*;

pub(crate) static LAYOUT: GoLayout = BASE;

/// The layout as a constant, so that the next release can start from it.
pub(crate) const BASE: GoLayout = GoLayout {
    release: "1.26",
    sym_kinds: tables::SYM_KINDS,
    kind_order: tables::KIND_ORDER,
    kind_rank: rank_kinds(tables::KIND_ORDER),
    read_only_kinds: tables::READ_ONLY_KINDS,
    reloc_types: tables::RELOC_TYPES,
    aux_types: AuxType::ALL,
    flags: SymFlags {
        dupok: 1 << 0,
        local: 1 << 1,
        typelink: 1 << 2,
        leaf: 1 << 3,
        nosplit: 1 << 4,
        reflect_method: 1 << 5,
        go_type: 1 << 6,
    },
    flags2: SymFlags2 {
        used_in_iface: 1 << 0,
        itab: 1 << 1,
        dict: 1 << 2,
        pkg_init: 1 << 3,
        linkname: 1 << 4,
        linkname_std: 0,
        abi_wrapper: 1 << 5,
        wasm_export: 1 << 6,
    },
    builtins: tables::BUILTINS,
    dupok: DupokRule::FirstStays,
    content_hashed_text: ContentHashedText::Ordinary,
    linkname_check: LinknameCheck::MarkedReferences,
    funcdata: FuncdataHome::Pclntab,
    typelinks: TypelinkHome::Section,
};
