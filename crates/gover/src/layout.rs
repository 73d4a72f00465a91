//! `GoLayout`: everything the linker needs to know about one Go release.

use crate::*;

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

/// The tables of functions, where they are not made as in later releases (`ld/pcln.go`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PclntabShape {
    /// Whether the header holds the address of `runtime.text`; else that word is zero.
    pub text_start: bool,
    /// Whether moduledata counts the table of units in bytes, else in 4-byte entries.
    pub units_in_bytes: bool,
    /// Whether each table has an alignment of its own; else the size decides, as for other data.
    pub own_alignment: bool,
    /// Kind of `runtime.findfunctab`.
    pub findfunctab: SymKind,
}

/// What a hash function changes in the sum of a better known one, so that nobody takes it for that.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SumChange {
    /// Nothing.
    None,
    /// The first byte is exclusive-ored with this.
    First(u8),
    /// Each bit is its opposite (`notsha256`).
    Inverted,
}

impl SumChange {
    /// Changes a sum.
    pub fn apply(self, sum: &mut [u8]) {
        match (self, sum) {
            (SumChange::First(x), [first, ..]) => *first ^= x,
            (SumChange::Inverted, sum) => sum.iter_mut().for_each(|b| *b = !*b),
            (SumChange::None | SumChange::First(_), _) => {}
        }
    }
}

/// How ELF files are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ElfRules {
    /// Order of section headers.
    pub section_order: ElfSectionOrder,
    /// What the dynamic linker relocates.
    pub relro: ElfRelro,
    /// Whether `.dynamic` has DT_FLAGS_1 even if no flag is set (`ld/elf.go:elfdynhash`).
    pub always_flags_1: bool,
    /// Whether symbols `wm4.*` and `wm8.*` in unnamed sections of host objects are skipped;
    /// else they are an error like others (`loadelf/ldelf.go:Load`).
    pub skip_macro_symbols: bool,
    /// Whether symbols `.LVUS*` there, which gcc makes for debugging information, are skipped.
    pub skip_view_symbols: bool,
    /// Whether a symbol may lie in a section of a host object that is empty; else it ends the link
    /// (`loader/loader.go:AddInteriorSym`).
    pub empty_containers: bool,
    /// Whether `.debug_loc` stands among the names of sections a second time if debugging information
    /// is of version 4 (`ld/dwarf.go:dwarfaddshstrings`).
    pub loc_named_twice: bool,
    /// Whether OpenBSD is told, in a header and by a flag for its linker, that branches of programs may lead anywhere
    /// (`ld/elf.go:asmbElf`, `ld/lib.go:hostlink`).
    pub nobtcfi: bool,
    /// What the loader says of a symbol it cannot place: `ignoring symbol` or
    /// `unrecognized symbol` (in `%v: sym#%d (%q): … in section %d (%q) (type %d)`).
    pub unplaced_symbol: &'static str,
}

/// How Mach-O files are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MachoRules {
    /// When a build version command is written.
    pub build_version: MachoBuildVersion,
    /// Oldest macOS to run on, unless `-macos` says otherwise.
    pub default_os: [u8; 3],
    /// macOS SDK, unless `-macsdk` says otherwise.
    pub default_sdk: [u8; 3],
    /// Both for amd64, if not those.
    pub amd64_version: Option<[u8; 3]>,
    /// Whether programs for amd64 whose host objects are for Mac Catalyst call the functions with large inode numbers
    /// by their own names (`ld/macho.go:machogenasmsym`).
    pub inode64_for_catalyst: bool,
    /// Whether flags `-macos` and `-macsdk` exist (`ld/main.go`): up to three numbers to
    /// 255, joined by dots; else `invalid version %q`.
    pub version_flags: bool,
    /// When LC_UUID is written.
    pub uuid_presence: UuidPresence,
    /// Its variant bits.
    pub uuid_variant: UuidVariant,
    /// That of what a host linker has made.
    pub host_uuid: MachoHostUuid,
    /// Pointers to dynamic imports.
    pub binds: MachoBinds,
    /// Whether a host object's section symbol takes the section's alignment
    /// (`loadmacho/ldmacho.go:Load`).
    pub host_section_align: bool,
    /// Relocations of host objects.
    pub host_relocs: MachoRelocs,
    /// Whether those of a section are sorted by where they are (`loadmacho/ldmacho.go:Load`).
    pub host_relocs_sorted: bool,
    /// Where the global offset table is.
    pub got_home: MachoGotHome,
    /// Whether the dynamic linker is told of imports that need not be there (`ld/macho.go:machoDyldInfo`).
    pub weak_imports: bool,
}

/// How PE files are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PeRules {
    /// Major and minor version of operating system and subsystem
    /// (`PeMinimumTargetMajorVersion`). External links whose linker has no load
    /// configuration support fall back to 6.1.
    pub os_version: (u16, u16),
    /// Whether `_load_config_used` is made in `Peinit` and the load configuration directory
    /// entry points to it.
    pub load_config: bool,
    /// Order of unwind tables.
    pub seh_order: SehOrder,
    /// Unwind tables of host objects.
    pub host_pdata: HostPdata,
    /// Relocations of host objects.
    pub host_relocs: CoffRelocs,
    /// The address that programs are linked for.
    pub image_base: ImageBase,
    /// How stubs for imports find what they jump to.
    pub import_stubs: ImportStubCode,
    /// Whether programs stripped of symbols may have debugging information (`peFile.addDWARF`).
    pub dwarf_if_stripped: bool,
    /// How many symbols may be exported (`initdynexport`).
    pub max_exports: usize,
    /// Whether blocks of base relocations end at a multiple of four bytes (`peBaseRelocTable.write`).
    pub padded_base_relocs: bool,
}

/// How the host linker is called (`ld/lib.go:hostlink`).
#[derive(Clone, Copy, Debug)]
pub struct HostLinkRules {
    /// Beginning of the argument that names the dynamic linker.
    pub interpreter_flag: &'static str,
    /// Whether the compiler is asked for the archiver (`archive`).
    pub asks_for_ar: bool,
    /// Whether objects are as old as time itself, so that nothing depends on when they were made
    /// (`cleanTimeStamps`).
    pub clean_time_stamps: bool,
    /// Whether dsymutil has a folder of its own for what it leaves behind.
    pub dsymutil_dir: bool,
    /// Whether the output is signed if dsymutil has found no debugging information.
    pub signs_without_dwarf: bool,
    /// Whether an error of the host linker shows how it was called.
    pub shows_command: bool,
    /// linux/arm64, where Go code is linked dynamically: when gold is asked for.
    pub arm64_gold: Arm64Gold,
    /// macOS c-shared and plugin with combined DWARF: `-Wl,-no_fixup_chains` if supported.
    pub no_fixup_chains: bool,
    /// macOS with `-race`: `-Wl,-U,__dyld_get_dyld_header`.
    pub race_dyld_header: bool,
    /// Windows: which linkers are known.
    pub windows_linkers: WindowsLinkers,
    /// Windows: whether the name of a library is in quotes among its exports.
    pub quoted_library_name: bool,
    /// Whether `-extldflags` come before the program's own flags where the linker is tried for a flag; else
    /// behind them (`linkerFlagSupported`).
    pub probe_extldflags_first: bool,
    /// Whether `-w` has it leave out debugging information, with `-Wl,-S` (not on AIX and Solaris).
    pub strip_debug: bool,
    /// Windows: whether LLD is asked for before the version arguments, which depend on it,
    /// rather than before the linker script only.
    pub lld_probe_early: bool,
    /// Windows: whether the linker is tried for load configuration support if it is neither
    /// MSVC nor LLD.
    pub load_config_probe: bool,
    /// Flags left out, with the argument behind them, when testing the linker for a flag
    /// (`trimLinkerArgv`).
    pub probe_skip_with_arg: &'static [&'static str],
    /// Flags kept, with the argument behind them.
    pub probe_keep_with_arg: &'static [&'static str],
    /// Beginnings of flags that are kept.
    pub probe_keep_prefixes: &'static [&'static str],
}

/// What a Go release line is to the linker, as data.
pub struct GoLayout {
    /// The release line, such as `1.27`.
    pub release: &'static str,

    /// What it is to programs without the experiment `swissmap`, where that can be switched off.
    pub without_swissmap: Option<&'static GoLayout>,

    // The object file.
    /// Object file symbol kind → linker kind (`sym.AbiSymKindToSymKind`).
    pub sym_kinds: &'static [SymKind],
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
    /// FuncIDs.
    pub func_ids: FuncIds,
    /// Pcdata indices.
    pub pcdata: PcdataNumbers,
    /// Funcdata indices.
    pub funcdata_indices: FuncdataNumbers,
    /// Offsets in type descriptors.
    pub type_layout: TypeLayout,

    // Symbol kinds in the linker.
    /// The release's linker kinds in its own order, which is the order of data in the file.
    pub kind_order: &'static [SymKind],
    /// Position of each kind in `kind_order`; [`NO_RANK`] for kinds the release lacks.
    pub kind_rank: [u8; SymKind::COUNT],
    /// Kinds of the read-only section, in order (`sym.ReadOnly`).
    pub read_only_kinds: &'static [SymKind],
    /// Read-only kinds with a relocatable twin (`sym.RelROMap`), in the order of
    /// `read_only_kinds`.
    pub relro_twins: &'static [(SymKind, SymKind)],

    // Environment and command line.
    /// Experiments and their baseline; see [`GoLayout::experiments`].
    pub experiments: ExperimentTables,
    /// Versions that GOFIPS140 may name.
    pub fips_versions: FipsVersions,
    /// Settings of architectures in object headers.
    pub arch_settings: ArchSettings,
    /// Values of GORISCV64, the default first (`buildcfg.goriscv64`).
    pub riscv_profiles: &'static [&'static str],
    /// `-B` without a value.
    pub host_build_id: HostBuildId,
    /// Whether programs have a FIPS module, whose bytes are summed up (`ld/fips140.go`), and the linker the flag
    /// `-fipso`.
    pub fips_module: bool,
    /// How experiments are joined to the version.
    pub version_suffix: VersionSuffix,
    /// Whether flag `-D`, the address of data, exists (`ld/main.go`).
    pub data_addr_flag: bool,
    /// Whether flag `-e`, all errors, exists (`ld/main.go`).
    pub all_errors_flag: bool,
    /// Whether flag `-funcalign` exists (`ld/main.go`).
    pub func_align_flag: bool,
    /// Whether `-V=goexperiment` lists all experiments, with what is off (`objabi/flag.go`).
    pub lists_experiments: bool,
    /// How `@file` is split.
    pub response_file: ResponseFile,
    /// Whether flag `-bindnow` exists (`ld/main.go`).
    pub bind_now_flag: bool,
    /// Whether flag `-randlayout` exists (`ld/main.go`).
    pub rand_layout_flag: bool,
    /// What the root of the installation is called.
    pub goroot_name: GorootName,
    /// Whether `-f` silences header mismatches.
    pub header_mismatch: HeaderMismatch,
    /// Build and link modes.
    pub platform: PlatformSupport,
    /// OpenBSD: the Go build ID of programs that are given none; those that call the system themselves needed
    /// one (`ld/main.go:Main`).
    pub openbsd_build_id: &'static str,
    /// Which programs can open plugins.
    pub plugin_users: PluginUsers,

    // Loading.
    /// Which duplicate stays.
    pub dupok: DupokRule,
    /// Which of two proper definitions stays.
    pub duplicates: DuplicateRule,
    /// Binding of content-hashed text.
    pub content_hashed_text: ContentHashedText,
    /// What the linkname check looks at.
    pub linkname_check: LinknameCheck,
    /// Symbols only some packages may linkname, sorted by name; see
    /// [`GoLayout::blocked_linkname`].
    pub blocked_linknames: &'static [BlockedLinkname],
    /// Package lists.
    pub packages: PackageLists,

    /// How functions are aligned.
    pub text_align: TextAlign,
    /// How Go's sort mixes up what it gets bad pivots in, by which the order of equals can be told.
    pub shuffle: gosort::Shuffle,
    /// Whether an error of layout names the symbol before (`ld/data.go:blocks`).
    pub names_symbol_before: bool,
    /// The function without which memory is not profiled (`ld/lib.go:linksetup`).
    pub profile_reader: &'static str,
    /// Kind of the variable that says that memory is not profiled (`ld/lib.go:linksetup`).
    pub profiling_switch: SymKind,
    /// Whether AddressSanitizer has the fuzzer's counters end at a multiple of 8 bytes (`ld/data.go:address`).
    pub aligned_fuzz_counters: bool,
    /// Whether nosplit functions may use more of the stack where the system's calls need more
    /// (`objabi.stackGuardMultiplier`).
    pub more_stack_for_system: bool,
    /// Whether the error of a relocation that does not fit names its type (`ld/data.go:relocsym`).
    pub named_relocs: bool,

    // Tables.
    /// Pclntab numbers.
    pub pclntab: PclntabNumbers,
    /// What its tables are like.
    pub pclntab_shape: PclntabShape,
    /// Where the pclntab is.
    pub pclntab_home: PclntabHome,
    /// Where funcdata goes.
    pub funcdata: FuncdataHome,
    /// Fields of moduledata the linker writes, in order. Zeros fill up to the size of the
    /// runtime's type.
    pub moduledata: &'static [ModuleField],
    /// `runtime.symtab` and its section `.gosymtab`, both empty.
    pub gosymtab: Gosymtab,
    /// Where moduledata is.
    pub moduledata_home: ModuledataHome,
    /// Where typelinks and itabs go.
    pub typelinks: TypelinkHome,
    /// What moves to relocatable kinds.
    pub relro: RelroRule,
    /// Carriers of types and function descriptors.
    pub carriers: Carriers,
    /// Keeping types off offset 0.
    pub type_slack: TypeSlack,
    /// Laid-out `runtime.types`.
    pub types_marker: TypesMarker,
    /// Name prefixes of symbols grouped under `runtime.gcbits.*` (`ld/symtab.go:symtab`).
    pub gcbits_prefixes: &'static [&'static str],
    /// Grouping of GC masks.
    pub gc_masks: GcMasks,
    /// Whether functions that the compiler found dead and left empty are dead in shared libraries of Go packages,
    /// too (`ld/deadcode.go:init`).
    pub skips_empty_functions: bool,
    /// Whether `runtime.end` lies in the last section of data; else in `.noptrbss`
    /// (`ld/data.go:allocateDataSections`).
    pub end_in_last_section: bool,
    /// Start of coverage counters.
    pub coverage_start: CoverageStart,

    // DWARF.
    /// Types whose DIEs are prototypes for synthesised ones (a set:
    /// `ld/dwarf.go:prototypedies`).
    pub dwarf_prototypes: &'static [&'static str],
    /// Types that are given DIEs first, in order, for debuggers that look into interfaces
    /// (`ld/dwarf.go:dwarfGenerateDebugInfo`).
    pub dwarf_runtime_types: &'static [&'static str],
    /// What maps are made of.
    pub map_shape: MapShape,
    /// Abbreviations of variables.
    pub variable_abbrevs: VariableAbbrevs,
    /// How built-in types name their descriptors.
    pub builtin_types: BuiltinTypes,
    /// How results of functions are described.
    pub function_results: FunctionResults,
    /// The zlib encoder of compressed sections.
    pub flate: FlateEncoder,
    /// What is believed of cgo directives and `.syso` members.
    pub cgo_trust: CgoTrust,
    /// How JSON that cannot be read is complained of.
    pub json_errors: JsonErrors,

    // Hashes (cmd/internal/hash).
    /// What `hash.Sum32` makes of SHA-256.
    pub sum32: SumChange,
    /// `hash.New32` is SHA-256 of the data with these bytes before it.
    pub new32_prefix: &'static [u8],
    /// What it makes of that.
    pub new32: SumChange,
    /// The first byte of `hash.Sum32` that goes into the short names of types
    /// (`ld/lib.go:typeSymbolMangle`).
    pub short_name_start: usize,
    /// Length of the hash of a shared library of Go packages, bytes (`ld/elf.go:doelf`).
    pub abi_hash_len: usize,

    // File formats.
    /// ELF.
    pub elf: ElfRules,
    /// Mach-O.
    pub macho: MachoRules,
    /// Whether label symbols are made inside Duff's devices for arm64 external links
    /// (`arm64/asm.go:gensymlate`).
    pub arm64_duff_labels: bool,
    /// PE.
    pub pe: PeRules,
    /// The host linker.
    pub host_link: HostLinkRules,
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
    /// What the release is to programs with these experiments.
    pub fn with_experiments(&'static self, experiments: &Experiments) -> &'static GoLayout {
        match self.without_swissmap {
            Some(other) if !experiments.has("swissmap") => other,
            _ => self,
        }
    }

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

    /// Whether `first <= kind <= last` in this release's order. False for kinds it lacks; if that is the
    /// last, there is but the first.
    #[inline]
    pub const fn in_range(&self, kind: SymKind, first: SymKind, last: SymKind) -> bool {
        let last = if self.has_kind(last) { last } else { first };
        let rank = self.rank(kind);
        rank != NO_RANK && rank >= self.rank(first) && rank <= self.rank(last)
    }

    /// The kind of the marker at the end of text or data of `kind`, which is `end` if the release has it.
    #[inline]
    pub const fn end_kind(&self, kind: SymKind, end: SymKind) -> SymKind {
        if self.has_kind(end) { end } else { kind }
    }

    /// `SymKind.IsData`: `SNOPTRDATA..=SNOPTRBSS`. Of what objects define this is all data, in releases
    /// that name four kinds, too.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_changed_in_one_byte_or_in_all() {
        let all = [SumChange::None, SumChange::First(0xff), SumChange::Inverted];
        let changed = all.map(|change| {
            let mut sum = [0x12, 0x34];
            change.apply(&mut sum);
            sum
        });
        assert_eq!(changed, [[0x12, 0x34], [0xed, 0x34], [0xed, 0xcb]]);
        SumChange::First(1).apply(&mut []);
    }

    fn both() -> (&'static GoLayout, &'static GoLayout) {
        (layout_for("go1.26").unwrap(), layout_for("go1.27").unwrap())
    }

    #[test]
    fn ranks_invert_the_order() {
        for layout in RELEASES {
            for (rank, &kind) in layout.kind_order.iter().enumerate() {
                assert_eq!(usize::from(layout.rank(kind)), rank, "{kind}");
            }
            let known = SymKind::ALL.iter().filter(|k| layout.has_kind(**k)).count();
            assert_eq!(known, layout.kind_order.len());
            assert_eq!(layout.rank(SymKind::Xxx), 0);
        }
    }

    #[test]
    fn each_release_has_its_own_kinds_in_its_own_order() {
        let (old, new) = both();
        assert!(old.has_kind(SymKind::TypeLink) && !new.has_kind(SymKind::TypeLink));
        assert!(!old.has_kind(SymKind::GcMask) && new.has_kind(SymKind::GcMask));
        assert!(old.rank(SymKind::Type) < old.rank(SymKind::Rodata));
        assert!(new.rank(SymKind::Type) > new.rank(SymKind::RodataRelro));
    }

    #[test]
    fn ranges_do_not_take_in_absent_kinds() {
        let (old, new) = both();
        for layout in RELEASES {
            let kinds = |is: &dyn Fn(SymKind) -> bool| -> Vec<String> {
                let all = SymKind::ALL.iter().filter(|k| is(**k));
                all.map(|k| k.to_string()).collect()
            };
            let fips = [
                "SDATA",
                "SDATAFIPSSTART",
                "SDATAFIPS",
                "SDATAFIPSEND",
                "SDATAEND",
            ];
            // With markers, and what the FIPS module has of its own, or without.
            let n = if layout.fips_module { 5 } else { 1 };
            assert_eq!(kinds(&|k| layout.is_ptr_data(k)), fips[..n]);
            assert_eq!(kinds(&|k| layout.is_rodata(k)).len(), n);
            assert_eq!(kinds(&|k| layout.is_noptrdata(k)).len(), n);
            assert_eq!(kinds(&|k| layout.is_data(k)).len(), 2 * n + 4);
            assert_eq!(
                kinds(&|k| k.is_text() && layout.has_kind(k)),
                kinds(&|k| layout.in_range(k, SymKind::Text, SymKind::TextEnd))
            );
            let last = match layout.has_kind(SymKind::DwarfAddr) {
                true => SymKind::DwarfAddr,
                false => SymKind::DwarfLines,
            };
            assert_eq!(
                kinds(&|k| k.is_dwarf() && layout.has_kind(k)),
                kinds(&|k| layout.in_range(k, SymKind::DwarfSect, last))
            );
        }
        assert!(!new.is_data(SymKind::GcMask) && !old.is_data(SymKind::GcMask));
    }

    #[test]
    fn object_file_numbers() {
        let (old, new) = both();
        assert_eq!((old.builtins.len(), new.builtins.len()), (266, 299));
        for (layout, number, name) in [
            (old, 1, "R_ADDR"),
            (old, 95, "R_ADDRCUOFF"),
            (old, 99, "R_INITORDER"),
            (old, 103, "R_DWTXTADDR_U4"),
            (new, 98, "R_ADDRCUOFF"),
            (new, 102, "R_INITORDER"),
            (new, 106, "R_DWTXTADDR_U4"),
        ] {
            assert_eq!(
                layout.reloc_type(number).map(RelocType::go_name),
                Some(name)
            );
        }
        for (layout, count) in [(old, 103), (new, 106)] {
            assert_eq!(layout.reloc_type(0), None);
            assert_eq!(layout.reloc_type(count + 1), None);
            assert_eq!(layout.sym_kind(3), Some(SymKind::Rodata));
            assert_eq!(layout.sym_kind(25), Some(SymKind::SehUnwindInfo));
            assert_eq!(layout.sym_kind(26), None);
            assert_eq!(layout.aux_type(14), Some(AuxType::SehUnwindInfo));
            assert_eq!(layout.aux_type(15), None);
        }
        assert_eq!(
            (old.flags2.abi_wrapper, new.flags2.abi_wrapper),
            (1 << 5, 1 << 6)
        );
        assert_eq!(
            (old.flags2.linkname_std, new.flags2.linkname_std),
            (0, 1 << 5)
        );
    }

    #[test]
    fn moduledata_fields_reach_the_known_offset() {
        // Behind hasmain come 7 words that are zero in the file; the whole is 592 and 568
        // bytes on 64-bit machines.
        let (old, new) = both();
        for (layout, size) in [(old, 592), (new, 568)] {
            let fields = layout.moduledata.iter();
            let written: usize = fields.map(|f| f.shape().size(8)).sum();
            assert_eq!(written, size - 7 * 8 + 1, "Go {}", layout.release);
        }
    }
}
