//! Go 1.24, as a delta on 1.25.

use crate::gen_tables::v1_24 as tables;
use crate::layout::rank_kinds;
use crate::v1_25::{with_either_map, with_old_maps};
use crate::*;

pub(crate) static LAYOUT: GoLayout = with_either_map(BASE, &OLD_MAPS[0]);

/// Patch levels before 1.24.8.
pub(crate) static BEFORE_8: GoLayout = with_either_map(BASE_BEFORE_8, &OLD_MAPS[1]);

/// Patch levels before 1.24.5.
pub(crate) static BEFORE_5: GoLayout = with_either_map(BASE_BEFORE_5, &OLD_MAPS[2]);

/// Patch levels before 1.24.4.
pub(crate) static BEFORE_4: GoLayout = with_either_map(BASE_BEFORE_4, &OLD_MAPS[3]);

/// Patch levels before 1.24.3.
pub(crate) static BEFORE_3: GoLayout = with_either_map(BASE_BEFORE_3, &OLD_MAPS[4]);

/// The same for programs without the experiment `swissmap`.
static OLD_MAPS: [GoLayout; 5] = [
    with_old_maps(BASE),
    with_old_maps(BASE_BEFORE_8),
    with_old_maps(BASE_BEFORE_5),
    with_old_maps(BASE_BEFORE_4),
    with_old_maps(BASE_BEFORE_3),
];

const BASE_BEFORE_8: GoLayout = GoLayout {
    fips_versions: FipsVersions::Plain,
    elf: ElfRules {
        skip_view_symbols: false,
        empty_containers: false,
        ..BASE.elf
    },
    ..BASE
};

const BASE_BEFORE_5: GoLayout = GoLayout {
    duplicates: DuplicateRule::NotSmallerData,
    ..BASE_BEFORE_8
};

const BASE_BEFORE_4: GoLayout = GoLayout {
    duplicates: DuplicateRule::NotSmaller,
    ..BASE_BEFORE_8
};

const BASE_BEFORE_3: GoLayout = GoLayout {
    duplicates: DuplicateRule::Contents,
    ..BASE_BEFORE_8
};

/// The layout as a constant, so that the release before can start from it. Generated tables are all taken from this release, changed or not.
pub(crate) const BASE: GoLayout = GoLayout {
    release: "1.24",

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
    riscv_profiles: &["rva20u64", "rva22u64"],
    all_errors_flag: false,
    func_align_flag: false,
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
        ..v1_25::BASE.platform
    },

    duplicates: DuplicateRule::MergedEarly,
    blocked_linknames: tables::BLOCKED_LINKNAMES,
    packages: PackageLists {
        runtime: tables::RUNTIME_PKGS,
        runtime_prefixes: tables::RUNTIME_PREFIXES,
        extra_no_instrument: tables::EXTRA_NO_INSTRUMENT_PKGS,
        no_race_func: tables::NO_RACE_FUNC_PKGS,
        allow_asm_abi: tables::ALLOW_ASM_ABI_PKGS,
        internal_cgo: tables::INTERNAL_PKGS,
    },

    text_align: TextAlign::Own,
    named_relocs: false,

    pclntab: tables::PCLNTAB,
    moduledata: tables::MODULEDATA,

    dwarf_prototypes: tables::DWARF_PROTOTYPES,
    dwarf_runtime_types: tables::DWARF_RUNTIME_TYPES,

    sum32: SumChange::First(1),
    short_name_start: 4,
    abi_hash_len: 20,

    elf: ElfRules {
        loc_named_twice: false,
        ..v1_25::BASE.elf
    },
    macho: MachoRules {
        default_os: [11, 0, 0],
        default_sdk: [11, 0, 0],
        host_relocs: MachoRelocs::NoDifferences,
        host_relocs_sorted: true,
        got_home: MachoGotHome::Data,
        ..v1_25::BASE.macho
    },
    pe: PeRules {
        image_base: ImageBase::OfMachine,
        import_stubs: ImportStubCode::Absolute,
        ..v1_25::BASE.pe
    },
    host_link: HostLinkRules {
        arm64_gold: Arm64Gold::Always,
        probe_skip_with_arg: tables::PROBE_SKIP_WITH_ARG,
        probe_keep_with_arg: tables::PROBE_KEEP_WITH_ARG,
        probe_keep_prefixes: tables::PROBE_KEEP_PREFIXES,
        ..v1_25::BASE.host_link
    },

    ..v1_25::BASE
};
