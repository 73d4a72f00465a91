//! Behaviours of cmd/link that differ between releases, each a named value.
//!
//! A pass asks its [`GoLayout`](crate::GoLayout) which value holds and matches on it; no pass
//! knows release numbers. `docs/release-differences.md` lists them side by side. Some values
//! hold in no release described so far: they say what an older one did, where the difference
//! is known, so that the matching code is written as a choice.

/// Which definition of a symbol stays when a named one marked duplicate-ok meets another
/// (`loader/loader.go:addSym`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DupokRule {
    /// The definition seen first stays, whichever of the two is marked duplicate-ok; but if
    /// the later one is marked and larger, it replaces the first, marked or not.
    FirstStays,
    /// A definition not marked duplicate-ok replaces a marked one and is never replaced by
    /// one. Between two marked ones the larger replaces, else the first stays; only then
    /// does `-strictdups` compare them.
    UnmarkedWins,
}

/// Which of two definitions of a symbol stays if neither is marked duplicate-ok. Contents beat zeros
/// in all of them, and two with contents are an error (`loader/loader.go:addSym`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DuplicateRule {
    /// Sizes do not count; of zeros the first stay (until 1.24.2).
    Contents,
    /// The one that stays must not be smaller: of zeros the larger stay, anything else is an error,
    /// even beside text (1.24.3).
    NotSmaller,
    /// Likewise, but text may be smaller than zeros (1.24.4).
    NotSmallerData,
    /// Contents get the size of larger zeros. What they refer to by name is lost then, because
    /// references have not been read yet (until 1.24).
    MergedEarly,
    /// Contents get the size of larger zeros.
    Merged,
}

/// A definition of a symbol, as far as [`DuplicateRule`] asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Definition {
    /// Its size in bytes.
    pub size: u32,
    /// Whether it is text.
    pub is_text: bool,
    /// Whether it is data, with contents or without.
    pub is_data: bool,
    /// Whether it has contents.
    pub has_content: bool,
}

impl Definition {
    fn is_zeros(self) -> bool {
        self.is_data && !self.has_content
    }
}

impl DuplicateRule {
    /// Whether a further definition takes the place of the one before it. `None` if the two exclude
    /// one another.
    pub fn replaces(self, new: Definition, old: Definition) -> Option<bool> {
        let (larger, smaller) = (new.size > old.size, new.size < old.size);
        let content = new.has_content;
        let (wins, stays) = match self {
            DuplicateRule::Contents => (content && old.is_zeros(), !content && old.is_data),
            DuplicateRule::NotSmaller => (
                (content || larger) && old.is_zeros() && !smaller,
                !content && !larger && old.is_data,
            ),
            DuplicateRule::NotSmallerData => (
                old.is_zeros() && (new.is_text || content && !smaller || new.is_zeros() && larger),
                new.is_zeros() && (!larger || old.is_text),
            ),
            DuplicateRule::MergedEarly | DuplicateRule::Merged => (
                old.is_zeros() && (new.is_text || content || new.is_zeros() && larger),
                new.is_zeros(),
            ),
        };
        match (wins, stays) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        }
    }

    /// Whether the one that stays gets the size of the larger one.
    pub fn merges_sizes(self) -> bool {
        matches!(self, DuplicateRule::MergedEarly | DuplicateRule::Merged)
    }
}

/// How functions are aligned that ask for less than is usual (`ld/data.go:assignAddress`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TextAlign {
    /// As they ask, if they do (until 1.24).
    Own,
    /// As is usual, or as `-funcalign` says.
    AtLeastUsual,
}

impl TextAlign {
    /// The alignment of a function that asks for `own`, 0 if it does not; `usual` is that of
    /// functions.
    #[inline]
    pub fn of(self, own: u32, usual: u32) -> u32 {
        match self {
            TextAlign::Own if own != 0 => own,
            TextAlign::Own | TextAlign::AtLeastUsual => own.max(usual),
        }
    }
}

/// How text symbols of an object's content-hashed block are bound in the output's symbol
/// tables (`ld/symtab.go:putelfsym`, `ld/macho.go:machoShouldExport`,
/// `ld/pe.go:writeSymbols`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ContentHashedText {
    /// Like any other text symbol. (The release's compiler writes none.)
    Ordinary,
    /// Local (ELF `STB_LOCAL`, PE static class, never exported from Mach-O): several may
    /// share one name.
    Local,
}

/// Which references the linkname check looks at, and what makes one legal
/// (`loader/loader.go:checkLinkname`, `loadObjRefs`, `preloadSyms`). The blocked list
/// ([`GoLayout::blocked_linkname`](crate::GoLayout::blocked_linkname)) comes first in both.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LinknameCheck {
    /// None: there are no marks (until 1.22).
    Unchecked,
    /// References marked linkname are checked. A definition marked linkname, or an ABI
    /// wrapper, may be referenced from anywhere.
    MarkedReferences,
    /// References marked linkname or linkname-std, and every reference from an assembly
    /// object, are checked. A definition marked linkname may be referenced from anywhere, one
    /// marked linkname-std from objects of the standard library; an ABI wrapper is no longer
    /// legal by itself. A definition in an assembly object with neither mark is legal if its
    /// name begins with the referring package's path, or has no dot, or if there are no ABI
    /// wrappers on this platform; else the marks of its namesake of the other ABI count.
    MarkedAndAssemblyReferences,
}

/// Whether a mismatch of an object's header line can be ignored (`ld/lib.go:ldobj`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HeaderMismatch {
    /// Always an error.
    Error,
    /// An error unless `-f` is given.
    ErrorUnlessForced,
}

/// How the file of an `@file` argument is split (`cmd/internal/objabi/flag.go:expandArgs`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ResponseFile {
    /// Carriage returns removed, blanks trimmed at both ends, one argument per line; in an
    /// argument `\\` and `\n` are decoded and any other escape is a crash.
    Lines,
    /// As GCC does: blanks separate; single quotes are literal; double quotes know `\\`,
    /// `\"`, `\$`, `` \` `` and line continuation; outside quotes a backslash takes the next
    /// character, or the line end, away.
    Shell,
}

/// Where funcdata goes (`ld/symtab.go:symtab`, `ld/pcln.go`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FuncdataHome {
    /// Ordinary symbols, grouped under `go:func.*` in read-only data, together with function
    /// descriptors unless these are relocated (until 1.25).
    Rodata,
    /// At the end of the pclntab, under `go:func.*`.
    Pclntab,
}

/// Where the pclntab section is (`ld/data.go:allocateDataSections`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PclntabHome {
    /// Last of the read-only sections, with the relro ones if there are any (until 1.25).
    LastOrRelro,
    /// Right after `.rodata`, never relro.
    AfterRodata,
}

/// The symbol table that Go programs once had (`ld/symtab.go:symtab`,
/// `ld/data.go:allocateDataSections`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Gosymtab {
    /// An empty section `.gosymtab` between `.itablink` and the pclntab, and symbols at both of its ends
    /// (until 1.25).
    Empty,
    /// None.
    Absent,
}

/// Where `runtime.firstmoduledata` is (`ld/symtab.go:symtab`,
/// `ld/data.go:allocateDataSections`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ModuledataHome {
    /// Among pointer-free data (until 1.25).
    NoPtrData,
    /// In its own section `.go.module`.
    GoModule,
}

/// Where the runtime finds types to canonicalise and itabs to register.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TypelinkHome {
    /// Sections `.typelink` (4-byte offsets from `runtime.types`, sorted by type string) and
    /// `.itablink` (`ld/typelink.go:typelink`, `ld/data.go:allocateDataSections`). Type
    /// descriptors are sorted by size like any data; itabs stay in read-only data.
    Section,
    /// No such sections. `.go.type` holds type descriptors marked typelink by type string,
    /// then the others, then the itabs, which have the types' kind; three moduledata words
    /// give the borders (`ld/data.go:dodataSect`, `ld/symtab.go:symtab`).
    GoType,
}

/// Which read-only data moves to relocatable kinds, and how sections follow
/// (`ld/data.go:makeRelroForSharedLib`, `allocateDataSections`, `sym.RelROMap`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RelroRule {
    /// With relro, each read-only kind has a twin ([`GoLayout::relro_twins`]): symbols with
    /// relocations move to it, types always, function descriptors never for relocations,
    /// `runtime.etypes` always. One section holds all twins. Single-symbol relro sections
    /// exist only with relro.
    ///
    /// [`GoLayout::relro_twins`]: crate::GoLayout::relro_twins
    Twins,
    /// Only plain read-only data with relocations moves. It (if any), types and function
    /// descriptors each have a section, relro or not, after the pclntab; then the
    /// single-symbol ones.
    RodataOnly,
}

/// Carrier symbols of types and function descriptors (`ld/symtab.go:symtab`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Carriers {
    /// `type:*` unless dynamically linking Go; with relro in c-archive, c-shared and pie a
    /// second, `typerel.*`, carries the types. Function descriptors: with relro
    /// `go:funcdescrel` unless dynamically linking Go, else `go:funcdesc` always.
    RelroTwins,
    /// `type:*` always exists. It carries types and itabs, and `go:funcdesc` function
    /// descriptors, unless dynamically linking Go.
    Single,
}

/// How it is made sure that no type is at offset 0 from `runtime.types`
/// (`ld/data.go:allocateDataSections`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TypeSlack {
    /// With relro, one byte is skipped at the start of the relro section (not on AIX).
    ByteInRelro,
    /// One pointer size is skipped at the start of `.go.type`, unless `runtime.types` has a
    /// size.
    Pointer,
}

/// `runtime.types` and `runtime.etypes` where they are laid out as symbols, as on macOS when
/// dynamically linking Go (`ld/data.go:fixZeroSizedSymbols`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TypesMarker {
    /// 8 bytes without alignment of their own; `runtime.etypes` has kind SFUNCTAB.
    EightBytes,
    /// One pointer, aligned to it, on AIX always; `runtime.etypes` has kind STYPE.
    Pointer,
}

/// What happens to `type:.gcmask.*` symbols (`ld/symtab.go:symtab`,
/// `ld/data.go:allocateDataSections`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GcMasks {
    /// Nothing: they are pointer-free zeroed data like others.
    Ordinary,
    /// They get kind SGCMASK and carrier `runtime.gcmask.*`, leave the symbol table, and are
    /// laid out at the end of `.noptrbss`, before coverage counters.
    Grouped,
}

/// Where `runtime.covctrs` points (`ld/data.go:allocateDataSections`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CoverageStart {
    /// The length of the section before the counters, padding included.
    BeforePadding,
    /// That, moved up by the counters' length modulo 4; the length shrinks by as much.
    Aligned,
}

/// The order of ELF section headers (`ld/elf.go:elfSortShdrs`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ElfSectionOrder {
    /// As created; their names stand in an order of their own (until 1.25).
    Creation,
    /// Allocated ones by address.
    ByAddress,
}

/// What maps are made of, as debuggers see it (`ld/dwarf.go:synthesizemaptypes`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MapShape {
    /// Tables of groups.
    Groups,
    /// A chain of buckets of eight (until 1.25, without the experiment `swissmap`).
    Buckets,
}

/// The encoder behind `compress/zlib`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FlateEncoder {
    /// `compress/flate` as of Go 1.26 and before.
    Go126,
    /// `compress/flate` as rewritten in Go 1.27.
    Go127,
}

/// How the `encoding/json` that cmd/link is built with words its errors.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum JsonErrors {
    /// As the first version does: the character and where it stands; the Go type.
    V1,
    /// As the second version does behind the first one's interface: escape sequences as a whole; the
    /// place in the value.
    V2,
}

/// When LC_BUILD_VERSION or its elders are written (`ld/macho.go:domacho`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MachoBuildVersion {
    /// The first host object with a version command decides the platform, and its command is
    /// copied. Without one, macOS links in internal mode get a command of their own.
    FromHostObject,
    /// The platform is iOS for GOOS=ios, else macOS. The command of the first host object
    /// that is not of platform macOS is copied. If no load command exists so far and the
    /// platform is macOS, one is made, in external mode too.
    FromFlags,
}

/// When an internal Mach-O link writes LC_UUID (`ld/macho.go:asmbMacho`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UuidPresence {
    /// If `-B` gives one; fewer than 16 bytes are filled up with zeros.
    IfGiven,
    /// Unless `-B none`; fewer than 16 bytes are replaced by the hash of the file so far.
    UnlessNone,
}

/// LC_UUID of a file that a host linker has made (`ld/lib.go:hostlink`, `ld/macho_combine_dwarf.go`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MachoHostUuid {
    /// The host linker's (until 1.22).
    OfHostLinker,
    /// Made of the Go build ID. If there is none, zeros where debugging information is put in, and elsewhere the host
    /// linker's (1.23).
    OfGoBuildId,
    /// That of `-B`, by default of the Go build ID; the host linker's if there is none.
    Given,
}

/// The variant bits of a UUID made from a hash (`ld/macho_update_uuid.go`). The version is 3
/// in all but the oldest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UuidVariant {
    /// As the next, but the top bits of byte 6, which are a part of the version, are the hash's (until 1.23.2).
    ReservedAnyVersion,
    /// Both top bits of byte 8 set, and all zeros for an empty build ID.
    Reserved,
    /// Top bits of byte 8 are 10.
    Rfc4122,
}

impl UuidVariant {
    /// The UUID of a hash (`uuidFromGoBuildId`, `uuidFromHash`).
    pub fn uuid(self, hash: &[u8; 32]) -> [u8; 16] {
        let mut uuid = [0; 16];
        uuid.copy_from_slice(&hash[..16]);
        let (of_hash, variant) = match self {
            UuidVariant::ReservedAnyVersion => (0xcf, 0xc0),
            UuidVariant::Reserved => (0x0f, 0xc0),
            UuidVariant::Rfc4122 => (0x0f, 0x80),
        };
        uuid[6] = uuid[6] & of_hash | 0x30;
        uuid[8] = uuid[8] & 0x3f | variant;
        uuid
    }
}

/// Pointers in Mach-O data to dynamic imports (`amd64/asm.go:adddynrel`,
/// `arm64/asm.go:adddynrel`, `ld/macho.go:machoDyldInfo`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MachoBinds {
    /// Bind entries are for the GOT only; a pointer in data becomes a rebase entry, and one
    /// in a host object is an error.
    GotOnly,
    /// A pointer in data gets a bind entry of its own.
    AnySymbol,
}

/// Windows unwind tables of Go code (`ld/seh.go`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SehOrder {
    /// Made in `dope`, before text addresses, in text order.
    TextOrder,
    /// Made when text addresses are known, sorted by them; empty tables are left out.
    ByAddress,
}

/// `.pdata` of a PE host object (`loadpe/ldpe.go:Load`, `loadpe/seh.go`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HostPdata {
    /// Kept whole with `.xdata`, always reachable; functions keep their handlers.
    Whole,
    /// Cut into 12-byte entries, which a function keeps together with its `.xdata` and
    /// handler; unreachable entries are dropped.
    PerFunction,
}

/// Relocations of COFF objects (`loadpe/ldpe.go:Load`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CoffRelocs {
    /// Objects for AMD64 may have those of 386, too, and an address of 32 bits is taken for a distance.
    /// Objects for ARM64 have addresses of 32 bits only (until 1.25).
    Few,
    /// Each machine has its own.
    OfMachine,
}

/// Relocations of Mach-O objects (`amd64/asm.go:adddynrel`, `arm64/asm.go:adddynrel`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MachoRelocs {
    /// No machine has differences; ARM64 has no distances of words of the global offset table either (until 1.24).
    NoDifferences,
    /// A difference comes out too small by the width of its field. ARM64 has neither differences nor distances of
    /// words of the global offset table (1.25).
    Few,
    /// Both machines have both.
    OfBoth,
}

/// Where the global offset table of Mach-O programs is, and the name of its section (`ld/macho.go:domacho`,
/// `machoshbits`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MachoGotHome {
    /// `__nl_symbol_ptr`, among data (until 1.24).
    Data,
    /// `__got`, among what is read-only once the program is loaded, if there is anything of that kind.
    RelroIfAny,
}

impl MachoGotHome {
    /// The section's name.
    pub const fn section(self) -> &'static str {
        match self {
            MachoGotHome::Data => "__nl_symbol_ptr",
            MachoGotHome::RelroIfAny => "__got",
        }
    }
}

/// The address that Windows programs are linked for (`ld/pe.go:Peinit`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImageBase {
    /// Each machine has its own, that of AMD64 so low that 32 bits hold all addresses (until 1.24).
    OfMachine,
    /// That of other Windows linkers, on all machines of 64 bits.
    OfSystem,
}

/// How the stubs for AMD64 through which code of C compilers calls what a Windows program imports have the address of
/// the word with the function's (`ld/data.go:windynrelocsym`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImportStubCode {
    /// As 32 bits (until 1.24).
    Absolute,
    /// As a distance.
    Relative,
}

/// Which host linkers for Windows are known (`ld/lib.go:hostlink`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WindowsLinkers {
    /// That of MinGW, which exports what it likes (until 1.25).
    MinGw,
    /// That of Microsoft's tools, too, which has flags of its own; either is told what to export.
    MinGwAndMsvc,
}

/// Which programs with cgo can open plugins if they import package `plugin` (`ld/lib.go:loadlib`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PluginUsers {
    /// All, on platforms without plugins, too (until 1.25).
    Everywhere,
    /// Those for platforms with plugins.
    WherePluginsAre,
}

/// What is believed of what packages bring for C code (`ld/go.go:setCgoAttr`, `ld/lib.go:ldobj`,
/// `hostlink`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CgoTrust {
    /// Everything: any names and paths, imports of what is exported, `.syso` members that are Go
    /// objects or of no known format (until 1.26.10 and 1.27.3).
    Full,
    /// No names or paths with commas, which would be several arguments of the host linker; what is
    /// exported is not imported; `.syso` members are host objects of known formats.
    Checked,
}

/// Which linker makes shared objects of Go code for linux/arm64 (`ld/lib.go:hostlink`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arm64Gold {
    /// Gold, always (until 1.26.2).
    Always,
    /// Gold where the host linker is GNU ld before 2.36.
    ForOldLd,
}

/// How the results of a function type look to debuggers (`ld/dwarf.go:newtype`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FunctionResults {
    /// As parameters, each a pointer to the result's type (until 1.23).
    Pointers,
    /// With an abbreviation of their own.
    Own,
}

/// Which abbreviations variables have in debugging information (`cmd/internal/dwarf`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum VariableAbbrevs {
    /// Ten, in front of those of blocks (until 1.22).
    Early,
    /// Fourteen, the last ones: captured variables have theirs.
    Late,
}

/// How the debugging information of `unsafe.Pointer` and `uintptr`, which is made before all other types,
/// names their descriptors (`ld/dwarf.go:dwarfGenerateDebugInfo`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BuiltinTypes {
    /// That of `uintptr` by its address, the other not at all (until 1.22).
    ByAddress,
    /// By their offsets, as for all other types.
    ByOffset,
}

/// How read-only data is protected that the dynamic linker relocates (`ld/elf.go:doelf`, `elfphrelro`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ElfRelro {
    /// Without the tables of dynamic linking; the program header has no permissions (until 1.22).
    OwnData,
    /// With `.got`, `.dynamic` and, if all is bound at once, `.got.plt`; the program header says that it can be
    /// read.
    WithTables,
}

/// What the root of the installation is called in file names and in `runtime.GOROOT`
/// (`ld/pcln.go:expandGoroot`, `ld/main.go:Main`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GorootName {
    /// GOROOT_FINAL, or else GOROOT; `$GOROOT` stands for none (until 1.22).
    Final,
    /// GOROOT.
    Goroot,
}

/// What `-B`, the build ID that the system knows, is without a value, and when its value is looked at
/// (`ld/main.go:Main`, `ld/elf.go:addbuildinfo`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HostBuildId {
    /// None. The value is looked at in its place on the command line: a Go build ID that it is made of
    /// must be known by then (until 1.23.2).
    InPlace,
    /// None (until 1.23). A host linker is believed to know the flag for it.
    IfGiven,
    /// That of the Go build ID; `none` stands for none. A host linker is asked whether it knows the
    /// flag.
    OfGoBuildId,
}

/// Versions of the FIPS module that GOFIPS140 may name (`buildcfg.isFIPSVersion`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FipsVersions {
    /// Any: there is no such module, and nobody asks (until 1.23).
    Any,
    /// `vX.Y.Z`.
    Plain,
    /// That, or with a dash and eight characters behind it (until 1.25).
    Hashed,
    /// `v1.Y.Z`, or with `-rcN` or a dash and eight characters behind it.
    FirstMajor,
}

/// The settings of architectures that object headers have (`buildcfg.GOGOARCH`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ArchSettings {
    /// Neither GOARM64 nor GORISCV64, which are not looked at, but GOWASM (until 1.22).
    Early,
    /// Not GORISCV64, but GOWASM (until 1.25).
    WithWasm,
    /// GORISCV64; GOWASM is always empty.
    WithRiscv,
}

/// What joins a Go version and its experiments in `runtime.buildVersion` (`ld/main.go:Main`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum VersionSuffix {
    /// A blank: `go1.25.1 X:…` (until 1.25).
    Blank,
    /// A dash, or a blank if the version has a dash already: `go1.27.3-X:…`.
    DashOrBlank,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duplicates_stay_by_contents_and_sizes() {
        let data = |size, has_content| Definition {
            size,
            is_text: false,
            is_data: true,
            has_content,
        };
        let text = Definition {
            is_text: true,
            is_data: false,
            ..data(4, true)
        };
        let pairs = [
            (data(8, true), data(8, true)),
            (data(8, true), data(8, false)),
            (data(8, true), data(64, false)),
            (data(64, false), data(8, true)),
            (data(64, false), data(8, false)),
            (data(8, false), data(64, false)),
            (text, data(8, false)),
            (data(8, false), text),
            (text, text),
        ];
        let all = |rule: DuplicateRule| {
            let said = pairs.map(|(new, old)| match rule.replaces(new, old) {
                Some(true) => 'n',
                Some(false) => 'o',
                None => 'x',
            });
            said.iter().collect::<String>()
        };
        assert_eq!(all(DuplicateRule::Contents), "xnnooonxx");
        assert_eq!(all(DuplicateRule::NotSmaller), "xnxxnoxxx");
        assert_eq!(all(DuplicateRule::NotSmallerData), "xnxxnonox");
        assert_eq!(all(DuplicateRule::MergedEarly), "xnnononox");
        assert_eq!(all(DuplicateRule::Merged), "xnnononox");
    }

    #[test]
    fn small_alignments_of_functions_hold_in_old_releases() {
        let all = |rule: TextAlign| [0, 1, 16, 32, 64].map(|own| rule.of(own, 32));
        assert_eq!(all(TextAlign::Own), [32, 1, 16, 32, 64]);
        assert_eq!(all(TextAlign::AtLeastUsual), [32, 32, 32, 32, 64]);
    }

    #[test]
    fn uuids_keep_the_hash_but_for_version_and_variant() {
        let hash = std::array::from_fn(|i| (i as u8).wrapping_mul(37) ^ 0xff);
        let old = UuidVariant::Reserved.uuid(&hash);
        let new = UuidVariant::Rfc4122.uuid(&hash);
        let oldest = UuidVariant::ReservedAnyVersion.uuid(&hash);
        assert_eq!(
            (old[6], old[8] & 0xc0, new[6], new[8] & 0xc0),
            (0x31, 0xc0, 0x31, 0x80)
        );
        assert_eq!((hash[6], oldest[6], oldest[8]), (0x21, 0x31, old[8]));
        for i in (0..16).filter(|i| ![6, 8].contains(i)) {
            assert_eq!((old[i], new[i]), (hash[i], hash[i]), "byte {i}");
        }
    }
}
