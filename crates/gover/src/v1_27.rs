//! Go 1.27, as a delta on 1.26.

use crate::gen_tables::v1_27 as tables;
use crate::layout::rank_kinds;
use crate::*;

pub(crate) static LAYOUT: GoLayout = BASE;

/// Patch levels before 1.27.4.
pub(crate) const BEFORE_4: GoLayout = GoLayout {
    cgo_trust: CgoTrust::Full,
    host_link: HostLinkRules {
        interpreter_flag: "-Wl,--dynamic-linker,",
        ..BASE.host_link
    },
    ..BASE
};

/// Patch levels before 1.27.2.
pub(crate) const BEFORE_2: GoLayout = GoLayout {
    host_link: HostLinkRules {
        no_fixup_chains: false,
        ..BEFORE_4.host_link
    },
    ..BEFORE_4
};

/// The layout as a constant, so that the next release can start from it. Generated tables
/// are all taken from this release, changed or not.
pub(crate) const BASE: GoLayout = GoLayout {
    release: "1.27",

    sym_kinds: tables::SYM_KINDS,
    reloc_types: tables::RELOC_TYPES,
    aux_types: tables::AUX_TYPES,
    flags: tables::FLAGS,
    flags2: tables::FLAGS2,
    builtins: tables::BUILTINS,
    func_ids: FuncIds {
        normal: tables::FUNC_ID_NORMAL,
        wrapper: tables::FUNC_ID_WRAPPER,
        by_name: tables::FUNC_IDS,
    },
    pcdata: tables::PCDATA,
    funcdata_indices: tables::FUNCDATA,
    type_layout: TypeLayout {
        map_words: 10,
        interface_words: 4,
        ..v1_26::BASE.type_layout
    },

    kind_order: tables::KIND_ORDER,
    kind_rank: rank_kinds(tables::KIND_ORDER),
    read_only_kinds: tables::READ_ONLY_KINDS,
    relro_twins: tables::RELRO_TWINS,

    experiments: ExperimentTables {
        names: tables::EXPERIMENTS,
        baseline: tables::EXPERIMENT_BASELINE,
        register_abi: tables::REGISTER_ABI_ARCHES,
        register_abi_only: tables::REGISTER_ABI_ONLY_ARCHES,
        dwarf4_oses: tables::DWARF4_OSES,
        byte_exchange: tables::BYTE_EXCHANGE_ARCHES,
    },
    response_file: ResponseFile::Shell,
    header_mismatch: HeaderMismatch::ErrorUnlessForced,
    platform: PlatformSupport {
        known: tables::PLATFORMS,
        c_archive_oses: tables::C_ARCHIVE_OSES,
        c_archive_linux_arches: tables::C_ARCHIVE_LINUX_ARCHES,
        c_shared: tables::C_SHARED_PLATFORMS,
        pie: tables::PIE_PLATFORMS,
        shared: tables::SHARED_PLATFORMS,
        plugin: tables::PLUGIN_PLATFORMS,
        internal_pie: tables::INTERNAL_PIE_PLATFORMS,
        ppc64_cgo_external_oses: tables::PPC64_CGO_EXTERNAL_OSES,
        cgo_external: &[],
        no_external: &[],
    },

    dupok: DupokRule::UnmarkedWins,
    content_hashed_text: ContentHashedText::Local,
    linkname_check: LinknameCheck::MarkedAndAssemblyReferences,
    blocked_linknames: tables::BLOCKED_LINKNAMES,
    packages: PackageLists {
        runtime: tables::RUNTIME_PKGS,
        runtime_prefixes: tables::RUNTIME_PREFIXES,
        extra_no_instrument: tables::EXTRA_NO_INSTRUMENT_PKGS,
        no_race_func: tables::NO_RACE_FUNC_PKGS,
        allow_asm_abi: tables::ALLOW_ASM_ABI_PKGS,
        internal_cgo: tables::INTERNAL_PKGS,
    },

    pclntab: tables::PCLNTAB,
    moduledata: tables::MODULEDATA,
    typelinks: TypelinkHome::GoType,
    relro: RelroRule::RodataOnly,
    carriers: Carriers::Single,
    type_slack: TypeSlack::Pointer,
    types_marker: TypesMarker::Pointer,
    gcbits_prefixes: &["runtime.gcbits."],
    gc_masks: GcMasks::Grouped,
    coverage_start: CoverageStart::Aligned,

    dwarf_prototypes: tables::DWARF_PROTOTYPES,
    dwarf_runtime_types: tables::DWARF_RUNTIME_TYPES,
    flate: FlateEncoder::Go127,
    json_errors: JsonErrors::V2,

    elf: ElfRules {
        skip_macro_symbols: true,
        unplaced_symbol: "unrecognized symbol",
        ..v1_26::BASE.elf
    },
    macho: MachoRules {
        build_version: MachoBuildVersion::FromFlags,
        default_os: [13, 0, 0],
        default_sdk: [26, 2, 0],
        version_flags: true,
        uuid_presence: UuidPresence::UnlessNone,
        uuid_variant: UuidVariant::Rfc4122,
        binds: MachoBinds::AnySymbol,
        host_section_align: true,
        ..v1_26::BASE.macho
    },
    arm64_duff_labels: false,
    pe: PeRules {
        os_version: (10, 0),
        load_config: true,
        seh_order: SehOrder::ByAddress,
        host_pdata: HostPdata::PerFunction,
        ..v1_26::BASE.pe
    },
    host_link: HostLinkRules {
        race_dyld_header: true,
        lld_probe_early: true,
        load_config_probe: true,
        probe_skip_with_arg: tables::PROBE_SKIP_WITH_ARG,
        probe_keep_with_arg: tables::PROBE_KEEP_WITH_ARG,
        probe_keep_prefixes: tables::PROBE_KEEP_PREFIXES,
        ..v1_26::BASE.host_link
    },

    ..v1_26::BASE
};
