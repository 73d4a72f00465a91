//! Go 1.26: the whole of it is written out, the other releases are deltas on it.

use crate::gen_tables::v1_26 as tables;
use crate::layout::rank_kinds;
use crate::*;

pub(crate) static LAYOUT: GoLayout = BASE;

/// Patch levels before 1.26.11.
pub(crate) const BEFORE_11: GoLayout = GoLayout {
    cgo_trust: CgoTrust::Full,
    host_link: HostLinkRules {
        interpreter_flag: "-Wl,--dynamic-linker,",
        ..BASE.host_link
    },
    ..BASE
};

/// Patch levels before 1.26.9.
pub(crate) const BEFORE_9: GoLayout = GoLayout {
    host_link: HostLinkRules {
        no_fixup_chains: false,
        ..BEFORE_11.host_link
    },
    ..BEFORE_11
};

/// Patch levels before 1.26.6.
pub(crate) const BEFORE_6: GoLayout = GoLayout {
    host_link: HostLinkRules {
        quoted_library_name: false,
        ..BEFORE_9.host_link
    },
    ..BEFORE_9
};

/// Patch levels before 1.26.3.
pub(crate) const BEFORE_3: GoLayout = GoLayout {
    host_link: HostLinkRules {
        arm64_gold: Arm64Gold::Always,
        ..BEFORE_6.host_link
    },
    ..BEFORE_6
};

/// The layout as a constant, so that the next release can start from it.
pub(crate) const BASE: GoLayout = GoLayout {
    release: "1.26",
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
        kind_mask: 0xff,
        gc_program: 0,
        map_words: 7,
        interface_words: 3,
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
    fips_versions: FipsVersions::FirstMajor,
    arch_settings: ArchSettings::WithRiscv,
    riscv_profiles: &["rva20u64", "rva22u64", "rva23u64"],
    host_build_id: HostBuildId::OfGoBuildId,
    fips_module: true,
    version_suffix: VersionSuffix::DashOrBlank,
    data_addr_flag: true,
    all_errors_flag: true,
    func_align_flag: true,
    lists_experiments: false,
    response_file: ResponseFile::Lines,
    bind_now_flag: true,
    rand_layout_flag: true,
    goroot_name: GorootName::Goroot,
    header_mismatch: HeaderMismatch::Error,
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
        no_external: &["linux/ppc64"],
    },
    openbsd_build_id: "",
    plugin_users: PluginUsers::WherePluginsAre,

    dupok: DupokRule::FirstStays,
    duplicates: DuplicateRule::Merged,
    content_hashed_text: ContentHashedText::Ordinary,
    linkname_check: LinknameCheck::MarkedReferences,
    blocked_linknames: tables::BLOCKED_LINKNAMES,
    packages: PackageLists {
        runtime: tables::RUNTIME_PKGS,
        runtime_prefixes: tables::RUNTIME_PREFIXES,
        extra_no_instrument: tables::EXTRA_NO_INSTRUMENT_PKGS,
        no_race_func: tables::NO_RACE_FUNC_PKGS,
        allow_asm_abi: tables::ALLOW_ASM_ABI_PKGS,
        internal_cgo: tables::INTERNAL_PKGS,
    },

    text_align: TextAlign::AtLeastUsual,
    shuffle: gosort::Shuffle::Triple64,
    names_symbol_before: true,
    profile_reader: "runtime.memProfileInternal",
    profiling_switch: SymKind::NoPtrData,
    aligned_fuzz_counters: true,
    more_stack_for_system: true,
    named_relocs: true,

    pclntab: tables::PCLNTAB,
    pclntab_shape: PclntabShape {
        text_start: false,
        units_in_bytes: false,
        own_alignment: true,
        findfunctab: SymKind::Pclntab,
    },
    pclntab_home: PclntabHome::AfterRodata,
    gosymtab: Gosymtab::Absent,
    funcdata: FuncdataHome::Pclntab,
    moduledata: tables::MODULEDATA,
    moduledata_home: ModuledataHome::GoModule,
    typelinks: TypelinkHome::Section,
    relro: RelroRule::Twins,
    carriers: Carriers::RelroTwins,
    type_slack: TypeSlack::ByteInRelro,
    types_marker: TypesMarker::EightBytes,
    gcbits_prefixes: &["runtime.gcbits.", "type:.gcprog."],
    gc_masks: GcMasks::Ordinary,
    skips_empty_functions: true,
    end_in_last_section: true,
    coverage_start: CoverageStart::BeforePadding,

    dwarf_prototypes: tables::DWARF_PROTOTYPES,
    dwarf_runtime_types: tables::DWARF_RUNTIME_TYPES,
    map_shape: MapShape::Groups,
    variable_abbrevs: VariableAbbrevs::Late,
    builtin_types: BuiltinTypes::ByOffset,
    function_results: FunctionResults::Own,
    flate: FlateEncoder::Go126,
    cgo_trust: CgoTrust::Checked,
    json_errors: JsonErrors::V1,

    sum32: SumChange::First(0xff),
    new32_prefix: &[1],
    new32: SumChange::None,
    short_name_start: 0,
    abi_hash_len: 32,

    elf: ElfRules {
        section_order: ElfSectionOrder::ByAddress,
        relro: ElfRelro::WithTables,
        always_flags_1: true,
        skip_macro_symbols: false,
        skip_view_symbols: true,
        empty_containers: true,
        nobtcfi: true,
        loc_named_twice: true,
        unplaced_symbol: "ignoring symbol",
    },
    macho: MachoRules {
        build_version: MachoBuildVersion::FromHostObject,
        default_os: [12, 0, 0],
        default_sdk: [12, 0, 0],
        version_flags: false,
        uuid_presence: UuidPresence::IfGiven,
        uuid_variant: UuidVariant::Reserved,
        host_uuid: MachoHostUuid::Given,
        amd64_version: None,
        inode64_for_catalyst: true,
        binds: MachoBinds::GotOnly,
        host_section_align: false,
        host_relocs: MachoRelocs::OfBoth,
        host_relocs_sorted: false,
        got_home: MachoGotHome::RelroIfAny,
        weak_imports: true,
    },
    arm64_duff_labels: true,
    pe: PeRules {
        os_version: (6, 1),
        load_config: false,
        seh_order: SehOrder::TextOrder,
        host_pdata: HostPdata::Whole,
        host_relocs: CoffRelocs::OfMachine,
        image_base: ImageBase::OfSystem,
        import_stubs: ImportStubCode::Relative,
        dwarf_if_stripped: true,
        max_exports: 0xffff,
        padded_base_relocs: true,
    },
    host_link: HostLinkRules {
        interpreter_flag: "-Wl,--dynamic-linker=",
        arm64_gold: Arm64Gold::ForOldLd,
        asks_for_ar: true,
        clean_time_stamps: true,
        shows_command: true,
        dsymutil_dir: true,
        signs_without_dwarf: true,
        no_fixup_chains: true,
        race_dyld_header: false,
        windows_linkers: WindowsLinkers::MinGwAndMsvc,
        quoted_library_name: true,
        probe_extldflags_first: false,
        strip_debug: true,
        lld_probe_early: false,
        load_config_probe: false,
        probe_skip_with_arg: tables::PROBE_SKIP_WITH_ARG,
        probe_keep_with_arg: tables::PROBE_KEEP_WITH_ARG,
        probe_keep_prefixes: tables::PROBE_KEEP_PREFIXES,
    },
};
