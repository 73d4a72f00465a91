//! Go 1.27, as a delta on 1.26.

use crate::gen_tables::v1_27 as tables;
use crate::layout::rank_kinds;
use crate::*;

pub(crate) static LAYOUT: GoLayout = BASE;

/// The layout as a constant, so that the next release can start from it.
pub(crate) const BASE: GoLayout = GoLayout {
    release: "1.27",
    sym_kinds: tables::SYM_KINDS,
    kind_order: tables::KIND_ORDER,
    kind_rank: rank_kinds(tables::KIND_ORDER),
    read_only_kinds: tables::READ_ONLY_KINDS,
    reloc_types: tables::RELOC_TYPES,
    flags2: SymFlags2 {
        linkname_std: 1 << 5,
        abi_wrapper: 1 << 6,
        wasm_export: 1 << 7,
        ..v1_26::BASE.flags2
    },
    builtins: tables::BUILTINS,
    dupok: DupokRule::UnmarkedWins,
    content_hashed_text: ContentHashedText::Local,
    linkname_check: LinknameCheck::MarkedAndAssemblyReferences,
    typelinks: TypelinkHome::GoType,
    ..v1_26::BASE
};
