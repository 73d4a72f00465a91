//! Go 1.23, as a delta on 1.24.

use crate::gen_tables::v1_23 as tables;
use crate::layout::rank_kinds;
use crate::*;

pub(crate) static LAYOUT: GoLayout = BASE;

/// Patch levels before 1.23.11.
pub(crate) const BEFORE_11: GoLayout = GoLayout {
    duplicates: DuplicateRule::NotSmallerData,
    ..BASE
};

/// Patch levels before 1.23.10.
pub(crate) const BEFORE_10: GoLayout = GoLayout {
    duplicates: DuplicateRule::NotSmaller,
    ..BASE
};

/// Patch levels before 1.23.9.
pub(crate) const BEFORE_9: GoLayout = GoLayout {
    duplicates: DuplicateRule::Contents,
    ..BASE
};

/// Patch levels before 1.23.3.
pub(crate) const BEFORE_3: GoLayout = GoLayout {
    host_build_id: HostBuildId::InPlace,
    macho: MachoRules {
        uuid_variant: UuidVariant::ReservedAnyVersion,
        ..BASE.macho
    },
    ..BEFORE_9
};

/// The layout as a constant. Generated tables are all taken from this release, changed or not.
pub(crate) const BASE: GoLayout = GoLayout {
    release: "1.23",
    without_swissmap: None,

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
        gc_program: 1 << 6,
        map_words: 4,
        ..v1_24::BASE.type_layout
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
    fips_versions: FipsVersions::Any,
    fips_module: false,
    host_build_id: HostBuildId::IfGiven,
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
        ..v1_24::BASE.platform
    },

    blocked_linknames: tables::BLOCKED_LINKNAMES,
    packages: PackageLists {
        runtime: tables::RUNTIME_PKGS,
        runtime_prefixes: tables::RUNTIME_PREFIXES,
        extra_no_instrument: tables::EXTRA_NO_INSTRUMENT_PKGS,
        no_race_func: tables::NO_RACE_FUNC_PKGS,
        allow_asm_abi: tables::ALLOW_ASM_ABI_PKGS,
        internal_cgo: tables::INTERNAL_PKGS,
    },

    shuffle: gosort::Shuffle::Triple32,
    names_symbol_before: false,
    profiling_switch: SymKind::Data,
    aligned_fuzz_counters: false,
    more_stack_for_system: false,

    pclntab: tables::PCLNTAB,
    moduledata: tables::MODULEDATA,

    dwarf_prototypes: tables::DWARF_PROTOTYPES,
    dwarf_runtime_types: tables::DWARF_RUNTIME_TYPES,
    map_shape: MapShape::Buckets,
    function_results: FunctionResults::Pointers,

    sum32: SumChange::Inverted,
    new32_prefix: &[],
    new32: SumChange::Inverted,
    short_name_start: 0,
    abi_hash_len: 32,

    elf: ElfRules {
        skip_view_symbols: false,
        empty_containers: false,
        ..v1_24::BASE.elf
    },
    macho: MachoRules {
        host_uuid: MachoHostUuid::OfGoBuildId,
        ..v1_24::BASE.macho
    },
    pe: PeRules {
        max_exports: 1024,
        ..v1_24::BASE.pe
    },
    host_link: HostLinkRules {
        probe_extldflags_first: true,
        probe_skip_with_arg: tables::PROBE_SKIP_WITH_ARG,
        probe_keep_with_arg: tables::PROBE_KEEP_WITH_ARG,
        probe_keep_prefixes: tables::PROBE_KEEP_PREFIXES,
        ..v1_24::BASE.host_link
    },

    ..v1_24::BASE
};
