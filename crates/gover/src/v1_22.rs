//! Go 1.22, as a delta on 1.23.

use crate::gen_tables::v1_22 as tables;
use crate::layout::rank_kinds;
use crate::*;

pub(crate) static LAYOUT: GoLayout = BASE;

/// Patch levels before 1.22.9.
pub(crate) const BEFORE_9: GoLayout = GoLayout {
    host_build_id: HostBuildId::InPlace,
    ..BASE
};

/// Patch levels before 1.22.6.
pub(crate) const BEFORE_6: GoLayout = GoLayout {
    host_link: HostLinkRules {
        dsymutil_dir: false,
        ..BASE.host_link
    },
    ..BEFORE_9
};

/// Patch levels before 1.22.5.
pub(crate) const BEFORE_5: GoLayout = GoLayout {
    end_in_last_section: false,
    ..BEFORE_6
};

/// The layout as a constant. Generated tables are all taken from this release, changed or not.
const BASE: GoLayout = GoLayout {
    release: "1.22",

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
    arch_settings: ArchSettings::Early,
    bind_now_flag: false,
    rand_layout_flag: false,
    goroot_name: GorootName::Final,
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
        ..v1_23::BASE.platform
    },

    duplicates: DuplicateRule::Contents,
    linkname_check: LinknameCheck::Unchecked,
    blocked_linknames: tables::BLOCKED_LINKNAMES,
    packages: PackageLists {
        runtime: tables::RUNTIME_PKGS,
        runtime_prefixes: tables::RUNTIME_PREFIXES,
        extra_no_instrument: tables::EXTRA_NO_INSTRUMENT_PKGS,
        no_race_func: tables::NO_RACE_FUNC_PKGS,
        allow_asm_abi: tables::ALLOW_ASM_ABI_PKGS,
        internal_cgo: tables::INTERNAL_PKGS,
    },

    profile_reader: "runtime.MemProfile",

    pclntab: tables::PCLNTAB,
    moduledata: tables::MODULEDATA,
    skips_empty_functions: false,

    dwarf_prototypes: tables::DWARF_PROTOTYPES,
    dwarf_runtime_types: tables::DWARF_RUNTIME_TYPES,
    variable_abbrevs: VariableAbbrevs::Early,
    builtin_types: BuiltinTypes::ByAddress,

    elf: ElfRules {
        relro: ElfRelro::OwnData,
        always_flags_1: false,
        nobtcfi: false,
        ..v1_23::BASE.elf
    },
    macho: MachoRules {
        host_uuid: MachoHostUuid::OfHostLinker,
        amd64_version: Some([10, 13, 0]),
        inode64_for_catalyst: false,
        ..v1_23::BASE.macho
    },
    pe: PeRules {
        padded_base_relocs: false,
        ..v1_23::BASE.pe
    },
    host_link: HostLinkRules {
        asks_for_ar: false,
        clean_time_stamps: false,
        signs_without_dwarf: false,
        shows_command: false,
        probe_skip_with_arg: tables::PROBE_SKIP_WITH_ARG,
        probe_keep_with_arg: tables::PROBE_KEEP_WITH_ARG,
        probe_keep_prefixes: tables::PROBE_KEEP_PREFIXES,
        ..v1_23::BASE.host_link
    },

    ..v1_23::BASE
};
