//! Go 1.25, as a delta on 1.26.

use crate::gen_tables::v1_25 as tables;
use crate::layout::rank_kinds;
use crate::*;

pub(crate) static LAYOUT: GoLayout = with_either_map(BASE, &OLD_MAPS[0]);

/// Patch levels before 1.25.10.
pub(crate) static BEFORE_10: GoLayout = with_either_map(BASE_BEFORE_10, &OLD_MAPS[1]);

/// Patch levels before 1.25.2.
pub(crate) static BEFORE_2: GoLayout = with_either_map(BASE_BEFORE_2, &OLD_MAPS[2]);

/// The same for programs without the experiment `swissmap`.
static OLD_MAPS: [GoLayout; 3] = [
    with_old_maps(BASE),
    with_old_maps(BASE_BEFORE_10),
    with_old_maps(BASE_BEFORE_2),
];

const BASE_BEFORE_10: GoLayout = GoLayout {
    host_link: HostLinkRules {
        arm64_gold: Arm64Gold::Always,
        ..BASE.host_link
    },
    ..BASE
};

const BASE_BEFORE_2: GoLayout = GoLayout {
    fips_versions: FipsVersions::Plain,
    ..BASE_BEFORE_10
};

/// A layout that is another one without the experiment `swissmap`.
pub(crate) const fn with_either_map(layout: GoLayout, old_maps: &'static GoLayout) -> GoLayout {
    GoLayout {
        without_swissmap: Some(old_maps),
        ..layout
    }
}

/// A layout with maps of buckets (`ld/deadcode.go:decodetypeMethods`,
/// `ld/dwarf.go:dwarfGenerateDebugInfo`).
pub(crate) const fn with_old_maps(layout: GoLayout) -> GoLayout {
    GoLayout {
        type_layout: TypeLayout {
            map_words: 4,
            ..layout.type_layout
        },
        dwarf_prototypes: OLD_MAP_PROTOTYPES,
        dwarf_runtime_types: &OLD_MAP_TYPES,
        map_shape: MapShape::Buckets,
        ..layout
    }
}

const OLD_MAP_PROTOTYPES: &[&str] = &[
    "type:runtime.stringStructDWARF",
    "type:runtime.slice",
    "type:runtime.sudog",
    "type:runtime.waitq",
    "type:runtime.hchan",
    "type:runtime.hmap",
    "type:runtime.bmap",
];

/// The type of maps comes last, whichever it is.
const OLD_MAP_TYPES: [&str; tables::DWARF_RUNTIME_TYPES.len()] = {
    let mut types = [""; tables::DWARF_RUNTIME_TYPES.len()];
    types.copy_from_slice(tables::DWARF_RUNTIME_TYPES);
    types[types.len() - 1] = "type:internal/abi.OldMapType";
    types
};

/// The layout as a constant, so that the release before can start from it. Generated tables are all taken from this release, changed or not.
pub(crate) const BASE: GoLayout = GoLayout {
    release: "1.25",

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
        kind_mask: 0x1f,
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
    fips_versions: FipsVersions::Hashed,
    arch_settings: ArchSettings::WithWasm,
    version_suffix: VersionSuffix::Blank,
    data_addr_flag: false,
    lists_experiments: true,
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
        cgo_external: &["windows/arm64"],
        ..v1_26::BASE.platform
    },
    openbsd_build_id: "go-openbsd",
    plugin_users: PluginUsers::Everywhere,

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
    pclntab_shape: PclntabShape {
        text_start: true,
        units_in_bytes: true,
        own_alignment: false,
        findfunctab: SymKind::Rodata,
    },
    pclntab_home: PclntabHome::LastOrRelro,
    gosymtab: Gosymtab::Empty,
    funcdata: FuncdataHome::Rodata,
    moduledata: tables::MODULEDATA,
    moduledata_home: ModuledataHome::NoPtrData,

    dwarf_prototypes: tables::DWARF_PROTOTYPES,
    dwarf_runtime_types: tables::DWARF_RUNTIME_TYPES,
    cgo_trust: CgoTrust::Full,

    elf: ElfRules {
        section_order: ElfSectionOrder::Creation,
        ..v1_26::BASE.elf
    },
    macho: MachoRules {
        host_relocs: MachoRelocs::Few,
        weak_imports: false,
        ..v1_26::BASE.macho
    },
    pe: PeRules {
        host_relocs: CoffRelocs::Few,
        dwarf_if_stripped: false,
        ..v1_26::BASE.pe
    },
    host_link: HostLinkRules {
        probe_skip_with_arg: tables::PROBE_SKIP_WITH_ARG,
        probe_keep_with_arg: tables::PROBE_KEEP_WITH_ARG,
        probe_keep_prefixes: tables::PROBE_KEEP_PREFIXES,
        interpreter_flag: "-Wl,--dynamic-linker,",
        no_fixup_chains: false,
        strip_debug: false,
        windows_linkers: WindowsLinkers::MinGw,
        ..v1_26::BASE.host_link
    },

    ..v1_26::BASE
};
