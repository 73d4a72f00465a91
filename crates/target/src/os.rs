//! What differs between operating systems.

use crate::{ArchInfo, Family};

/// The format of an operating system's executables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileFormat {
    /// Executable and Linkable Format.
    Elf,
    /// Mach-O.
    MachO,
    /// Portable Executable.
    Pe,
}

/// Where the runtime keeps the word of each thread that tells its goroutine
/// (`Link.computeTLSOffset`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuntimeTls {
    /// Right before the thread pointer.
    BeforePointer,
    /// In a slot that the system keeps for Go.
    ReservedSlot,
    /// Wherever the system says when the program starts.
    FoundAtStart,
}

/// A note by which a system knows its programs, in ELF files (`ld/elf.go`).
#[derive(Debug, PartialEq, Eq)]
pub struct IdentNote {
    /// Name of the section; some hold several notes.
    pub section: &'static str,
    /// Owner, with its final zero.
    pub owner: &'static [u8],
    /// Types and contents, a word each.
    pub notes: &'static [(u32, u32)],
    /// The same with the race detector, which wants the same addresses in each run.
    pub race_notes: Option<&'static [(u32, u32)]>,
}

impl IdentNote {
    /// Types and contents, with the race detector or without.
    pub fn of(&self, race: bool) -> &'static [(u32, u32)] {
        self.race_notes.filter(|_| race).unwrap_or(self.notes)
    }
}

/// What ELF files have on an operating system (`ld/elf.go:asmbElf`).
#[derive(Debug, PartialEq, Eq)]
pub struct ElfRules {
    /// `e_ident[EI_OSABI]`
    pub osabi: u8,
    /// The note by which the system knows its programs.
    pub ident: Option<IdentNote>,
    /// One more with the race detector. It forbids the system to choose addresses.
    pub race_note: Option<IdentNote>,
    /// Type, flags and alignment of the last program header, which is not for memory.
    pub last_header: Option<(u32, u32, u64)>,
    /// The program that loads dynamic ones, on x86-64 and AArch64; those of Linux depend on the machine
    /// linked on, too.
    pub interpreters: Option<(&'static str, &'static str)>,
    /// Whether a library may be meant with its version and without.
    pub versioned_libraries: bool,
    /// Whether fields with addresses of imports are left to the dynamic linker.
    pub binds_imports: bool,
    /// Whether code that has the address of an imported function gets that of a jump to it, not of a word with the
    /// address.
    pub addresses_by_plt: bool,
    /// Whether C's names for the ends of text, initialised data and all data are symbols besides Go's.
    pub c_ends: bool,
}

/// `PT_GNU_STACK`: the stack holds no code.
const GNU_STACK: (u32, u32, u64) = (0x6474_e551, 6, 8);
/// `PT_OPENBSD_NOBTCFI`: branches lead anywhere.
const OPENBSD_NOBTCFI: (u32, u32, u64) = (0x65a3_dbe8, 1, 0);

/// `PT_SUNWSTACK`: the stack holds no code.
const SUN_STACK: (u32, u32, u64) = (0x6fff_fffb, 6, 0);

const PLAIN_ELF: ElfRules = ElfRules {
    osabi: 0,
    ident: None,
    race_note: None,
    last_header: None,
    interpreters: None,
    versioned_libraries: false,
    binds_imports: false,
    addresses_by_plt: false,
    c_ends: false,
};

/// What the compiler that links for an operating system is told besides what all are told
/// (`ld/lib.go:hostlink`).
#[derive(Debug, PartialEq, Eq)]
pub struct CompilerFlags {
    /// Always.
    pub always: &'static [&'static str],
    /// Unless what is made may lie anywhere.
    pub unless_pie: &'static [&'static str],
    /// If it knows the flag.
    pub if_known: &'static [&'static str],
    /// On AArch64.
    pub on_arm64: &'static [&'static str],
    /// The linker it must use on AArch64, how that one names itself, and what is said if it is another.
    pub arm64_linker: Option<(&'static str, &'static str, &'static str)>,
    /// Whether modules of Go code want gold on AArch64 where GNU ld has trouble with copy relocations.
    pub gold_on_arm64: bool,
    /// The linker it must use for modules of Go code; empty if any will do.
    pub modules_linker: &'static str,
    /// Whether the linker leaves out debugging information by `-S`.
    pub strips_debug: bool,
}

const NO_FLAGS: CompilerFlags = CompilerFlags {
    always: &[],
    unless_pie: &[],
    if_known: &[],
    on_arm64: &[],
    arm64_linker: None,
    gold_on_arm64: false,
    modules_linker: "",
    strips_debug: true,
};

/// What an operating system is to the linker (`objabi.HeadType`, `ld.Target`).
#[derive(Debug, PartialEq, Eq)]
pub struct OsInfo {
    /// `GOOS`.
    pub name: &'static str,
    /// The format of its executables.
    pub format: FileFormat,
    /// Name of the header type (`objabi.HeadType`).
    pub head_name: &'static str,
    /// Its number in cmd/link's log.
    pub head: u32,
    /// Number of the platform in Mach-O files (`PLATFORM_*`), else 0.
    pub macho_platform: u32,
    /// Whether data that is read-only once relocated is kept apart where it can be
    /// (`Target.UseRelro`).
    pub relro: bool,
    /// Where the runtime keeps its word of each thread.
    pub tls: RuntimeTls,
    /// Whether there is a symbol for that word. Android's loader finds fault with how it is aligned, and the
    /// runtime finds a place by itself there.
    pub tls_symbol: bool,
    /// Whether sections that are read-only once relocated have names that say so.
    pub relro_names: bool,
    /// Whether read-only data has a segment of its own, and not one with code.
    pub read_only_segment: bool,
    /// Whether DWARF has the lines of inlined calls in fields of four bytes, which the system's tools need
    /// (`dwarf.expandPseudoForm`).
    pub wide_call_lines: bool,
    /// Whether the system is called with more on the stack than elsewhere (`objabi.stackGuardMultiplier`).
    pub large_system_calls: bool,
    /// The same for releases that do not yet say to it that branches may lead anywhere, if that differs.
    pub before_nobtcfi: Option<&'static OsInfo>,
    /// What ELF files have.
    pub elf: ElfRules,
    /// The compiler that links if no other is named (`Link.extld`).
    pub compiler: &'static str,
    /// What it is told, in ELF.
    pub compiler_flags: CompilerFlags,
    /// Packages whose C code a host linker must link here though it need not elsewhere
    /// (`ld/lib.go:loadobjfile`).
    pub external_packages: &'static [&'static str],
    /// What the output is called if it has no other name.
    pub default_output: &'static str,
}

/// `GOOS=linux`.
pub const LINUX: OsInfo = OsInfo {
    name: "linux",
    head_name: "linux",
    format: FileFormat::Elf,
    head: 5,
    macho_platform: 0,
    relro: true,
    tls: RuntimeTls::BeforePointer,
    tls_symbol: true,
    relro_names: true,
    read_only_segment: true,
    wide_call_lines: false,
    large_system_calls: false,
    before_nobtcfi: None,
    elf: ElfRules {
        last_header: Some(GNU_STACK),
        ..PLAIN_ELF
    },
    compiler: "gcc",
    compiler_flags: CompilerFlags {
        gold_on_arm64: true,
        ..NO_FLAGS
    },
    external_packages: &[],
    default_output: "a.out",
};

/// `GOOS=android`.
pub const ANDROID: OsInfo = OsInfo {
    name: "android",
    tls_symbol: false,
    elf: ElfRules {
        interpreters: Some(("", "/system/bin/linker64")),
        ..LINUX.elf
    },
    compiler_flags: CompilerFlags {
        modules_linker: "lld",
        ..NO_FLAGS
    },
    ..LINUX
};

/// `GOOS=freebsd`.
pub const FREEBSD: OsInfo = OsInfo {
    name: "freebsd",
    head_name: "freebsd",
    head: 3,
    elf: ElfRules {
        osabi: 9,
        ident: Some(IdentNote {
            section: ".note.tag",
            owner: b"FreeBSD\0",
            // The oldest system, which is 12.3; that there are no constructors for it to call; features to
            // turn off, of which there are none.
            notes: &[(1, 1_203_000), (2, 0), (4, 0)],
            race_notes: Some(&[(1, 1_203_000), (2, 0), (4, 1)]),
        }),
        interpreters: Some(("/libexec/ld-elf.so.1", "/usr/libexec/ld-elf.so.1")),
        ..LINUX.elf
    },
    compiler: "clang",
    compiler_flags: CompilerFlags {
        arm64_linker: Some((
            "bfd",
            "GNU ld",
            "ARM64 external linker must be ld.bfd (issue #35197), please install devel/binutils",
        )),
        ..NO_FLAGS
    },
    ..LINUX
};

/// `GOOS=netbsd`.
pub const NETBSD: OsInfo = OsInfo {
    name: "netbsd",
    head_name: "netbsd",
    head: 6,
    elf: ElfRules {
        osabi: 2,
        ident: Some(IdentNote {
            section: ".note.netbsd.ident",
            owner: b"NetBSD\0",
            // The oldest system, which is 7.0.
            notes: &[(1, 700_000_000)],
            race_notes: None,
        }),
        race_note: Some(IdentNote {
            section: ".note.netbsd.pax",
            owner: b"PaX\0",
            notes: &[(3, 0x20)],
            race_notes: None,
        }),
        interpreters: Some(("/libexec/ld.elf_so", "/libexec/ld.elf_so")),
        ..PLAIN_ELF
    },
    compiler_flags: NO_FLAGS,
    ..LINUX
};

/// `GOOS=openbsd` as it is to releases that do not know of branches being checked (until 1.22).
const OPENBSD_EARLY: OsInfo = OsInfo {
    name: "openbsd",
    head_name: "openbsd",
    head: 7,
    large_system_calls: true,
    elf: ElfRules {
        osabi: 12,
        ident: Some(IdentNote {
            section: ".note.openbsd.ident",
            owner: b"OpenBSD\0",
            notes: &[(1, 0)],
            race_notes: None,
        }),
        race_note: None,
        last_header: None,
        interpreters: Some(("/usr/libexec/ld.so", "/usr/libexec/ld.so")),
        versioned_libraries: true,
        binds_imports: true,
        addresses_by_plt: false,
        c_ends: false,
    },
    compiler: "clang",
    compiler_flags: CompilerFlags {
        always: &["-Wl,-nopie", "-pthread"],
        unless_pie: &[],
        if_known: &[],
        // Go's assembler puts constants between instructions, which must be read then.
        on_arm64: &["-Wl,--no-execute-only"],
        ..NO_FLAGS
    },
    ..LINUX
};

/// `GOOS=openbsd`.
pub const OPENBSD: OsInfo = OsInfo {
    before_nobtcfi: Some(&OPENBSD_EARLY),
    elf: ElfRules {
        last_header: Some(OPENBSD_NOBTCFI),
        ..OPENBSD_EARLY.elf
    },
    compiler_flags: CompilerFlags {
        always: &["-pthread"],
        unless_pie: &["-Wl,-nopie"],
        if_known: &["-Wl,-z,nobtcfi"],
        ..OPENBSD_EARLY.compiler_flags
    },
    ..OPENBSD_EARLY
};

/// `GOOS=dragonfly`.
pub const DRAGONFLY: OsInfo = OsInfo {
    name: "dragonfly",
    head_name: "dragonfly",
    head: 2,
    elf: ElfRules {
        interpreters: Some(("/usr/libexec/ld-elf.so.2", "")),
        ..PLAIN_ELF
    },
    compiler_flags: NO_FLAGS,
    // The variable errno is local to threads, by relocations that are not known here.
    external_packages: &["net", "os/user"],
    ..LINUX
};

/// `GOOS=solaris`.
pub const SOLARIS: OsInfo = OsInfo {
    name: "solaris",
    head_name: "solaris",
    head: 9,
    elf: ElfRules {
        last_header: Some(SUN_STACK),
        interpreters: Some(("/lib/amd64/ld.so.1", "")),
        binds_imports: true,
        addresses_by_plt: true,
        c_ends: true,
        ..PLAIN_ELF
    },
    compiler_flags: CompilerFlags {
        strips_debug: false,
        ..NO_FLAGS
    },
    ..LINUX
};

/// `GOOS=illumos`.
pub const ILLUMOS: OsInfo = OsInfo {
    name: "illumos",
    ..SOLARIS
};

/// Numbers of platforms in Mach-O files.
const PLATFORM_MACOS: u32 = 1;
const PLATFORM_IOS: u32 = 2;

/// `GOOS=darwin`.
pub const DARWIN: OsInfo = OsInfo {
    name: "darwin",
    head_name: "darwin",
    format: FileFormat::MachO,
    head: 1,
    macho_platform: PLATFORM_MACOS,
    relro: true,
    tls: RuntimeTls::ReservedSlot,
    tls_symbol: true,
    relro_names: false,
    read_only_segment: false,
    wide_call_lines: true,
    large_system_calls: false,
    before_nobtcfi: None,
    elf: PLAIN_ELF,
    compiler: "clang",
    compiler_flags: NO_FLAGS,
    external_packages: &[],
    default_output: "a.out",
};

/// `GOOS=ios`.
pub const IOS: OsInfo = OsInfo {
    name: "ios",
    macho_platform: PLATFORM_IOS,
    compiler: "gcc",
    ..DARWIN
};

/// `GOOS=windows`.
pub const WINDOWS: OsInfo = OsInfo {
    name: "windows",
    head_name: "windows",
    format: FileFormat::Pe,
    head: 11,
    macho_platform: 0,
    relro: false,
    tls: RuntimeTls::FoundAtStart,
    tls_symbol: true,
    relro_names: true,
    read_only_segment: true,
    wide_call_lines: false,
    large_system_calls: false,
    before_nobtcfi: None,
    elf: PLAIN_ELF,
    compiler: "gcc",
    compiler_flags: NO_FLAGS,
    external_packages: &[],
    default_output: "a.out.exe",
};

/// Length of the area before text that holds headers and notes of ELF files, bytes (`ELFRESERVE`).
const ELF_HEADER_LEN: u64 = 4096;

/// Length of the area before text that holds the headers of Mach-O files, bytes; more is needed if there
/// are many libraries ([`Placement::make_room`], `INITIAL_MACHO_HEADR`).
const MACHO_HEADER_LEN: u64 = 4096;

/// Bytes of it that there are for libraries.
const MACHO_ROOM: i64 = 2048;

/// Length of the headers of a PE file, bytes: room for the DOS program and sixteen sections,
/// as files are aligned (`Peinit`).
const PE_HEADER_LEN: u64 = 0x600;

/// Length of the headers of a COFF object, bytes: cmd/link leaves room for a DOS program all the same.
const COFF_HEADER_LEN: u64 = 0x404;

/// Alignment of the sections of a COFF object, bytes: data in them has no larger one.
const COFF_ALIGN: u64 = 32;

/// Where an executable is loaded, unless the command line says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement {
    /// Address of the file's first byte, or of the page it lies in.
    pub base: u64,
    /// Rounding quantum of segments' addresses (`-R`), bytes.
    pub round: u64,
    /// Length of the area before text in the file, bytes (`HEADR`).
    pub header_len: u64,
    /// Length of the same in memory, bytes.
    pub header_mem: u64,
    /// Alignment of segments in the file, bytes: the quantum of addresses if there is none.
    pub file_align: Option<u64>,
}

impl Placement {
    /// Makes room in the headers of a Mach-O file for commands that load `libraries`; gives the bytes by
    /// which text moves (`machoadddynlib`).
    pub fn make_room<'a>(&mut self, libraries: impl Iterator<Item = &'a str>) -> u64 {
        const PAGE: i64 = 4096;
        let (mut room, mut moved) = (MACHO_ROOM, 0);
        for library in libraries {
            room -= library.len().next_multiple_of(8) as i64 + 24;
            if room < 0 {
                room += PAGE;
                moved += PAGE as u64;
            }
        }
        self.header_len += moved;
        self.header_mem += moved;
        moved
    }
}

impl ElfRules {
    /// The program that loads dynamic ones on `arch`, if it is always the same.
    pub fn interpreter(&self, arch: &ArchInfo) -> Option<&'static str> {
        let (amd64, arm64) = self.interpreters?;
        Some(match arch.family {
            Family::Amd64 => amd64,
            Family::Arm64 => arm64,
        })
    }
}

impl OsInfo {
    /// Whether this is macOS, not another system with Mach-O files.
    pub fn is_macos(&self) -> bool {
        self.macho_platform == PLATFORM_MACOS
    }

    /// Offset of the runtime's word from the thread pointer of `arch`, bytes.
    pub fn tls_offset(&self, arch: &ArchInfo) -> i64 {
        match self.tls {
            RuntimeTls::BeforePointer => -i64::from(arch.ptr_size),
            RuntimeTls::ReservedSlot => arch.reserved_tls_slot,
            RuntimeTls::FoundAtStart => 0,
        }
    }

    /// Where executables are loaded on `arch` (`archinit`, `Peinit`).
    pub fn placement(&self, arch: &ArchInfo) -> Placement {
        match self.format {
            FileFormat::Elf => Placement {
                base: arch.elf_text_base,
                round: arch.elf_round,
                header_len: ELF_HEADER_LEN,
                header_mem: ELF_HEADER_LEN,
                file_align: None,
            },
            FileFormat::MachO => Placement {
                base: arch.macho_text_base,
                round: arch.macho_round,
                header_len: MACHO_HEADER_LEN,
                header_mem: MACHO_HEADER_LEN,
                file_align: None,
            },
            // The base is that of other Windows linkers.
            FileFormat::Pe => Placement {
                base: 0x1_4000_0000,
                round: 4096,
                header_len: PE_HEADER_LEN,
                header_mem: 4096,
                file_align: Some(512),
            },
        }
    }
}

impl OsInfo {
    /// Where what an object for a host linker holds lies in it (`Peinit`).
    pub fn object_placement(&self, arch: &ArchInfo) -> Placement {
        match self.format {
            FileFormat::Elf | FileFormat::MachO => self.placement(arch),
            FileFormat::Pe => Placement {
                base: 0,
                round: COFF_ALIGN,
                header_len: COFF_HEADER_LEN,
                header_mem: 0,
                file_align: Some(1),
            },
        }
    }
}

/// Operating systems and architectures that are supported.
static TARGETS: &[(&OsInfo, &ArchInfo)] = &[
    (&LINUX, &crate::AMD64),
    (&LINUX, &crate::ARM64),
    (&ANDROID, &crate::AMD64),
    (&ANDROID, &crate::ARM64),
    (&DARWIN, &crate::AMD64),
    (&DARWIN, &crate::ARM64),
    (&IOS, &crate::AMD64),
    (&IOS, &crate::ARM64),
    (&DRAGONFLY, &crate::AMD64),
    (&FREEBSD, &crate::AMD64),
    (&FREEBSD, &crate::ARM64),
    (&NETBSD, &crate::AMD64),
    (&NETBSD, &crate::ARM64),
    (&SOLARIS, &crate::AMD64),
    (&ILLUMOS, &crate::AMD64),
    (&OPENBSD, &crate::AMD64),
    (&OPENBSD, &crate::ARM64),
    (&WINDOWS, &crate::AMD64),
    (&WINDOWS, &crate::ARM64),
];

/// The operating system and the architecture of these names, if they are supported together.
pub fn find(goos: &str, goarch: &str) -> Option<(&'static OsInfo, &'static ArchInfo)> {
    let is_it = |(os, arch): &&(&OsInfo, &ArchInfo)| os.name == goos && arch.name == goarch;
    TARGETS.iter().find(is_it).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_found_by_their_names() {
        let (os, arch) = find("windows", "arm64").unwrap();
        assert_eq!((os, arch), (&WINDOWS, &crate::ARM64));
        assert_eq!(find("windows", "386"), None);
        assert_eq!(find("plan9", "amd64"), None);
    }

    #[test]
    fn placements_are_those_of_cmd_link() {
        let text = |os: &OsInfo, arch| {
            let p = os.placement(arch);
            (p.base.next_multiple_of(p.round) + p.header_mem, p.round)
        };
        assert_eq!(text(&LINUX, &crate::AMD64), (0x401000, 4096));
        assert_eq!(text(&LINUX, &crate::ARM64), (0x11000, 0x10000));
        assert_eq!(text(&DARWIN, &crate::AMD64), (0x1001000, 4096));
        assert_eq!(text(&DARWIN, &crate::ARM64), (0x1_0000_1000, 0x4000));
        assert_eq!(text(&WINDOWS, &crate::ARM64), (0x1_4000_1000, 4096));
    }

    #[test]
    fn headers_grow_with_the_libraries() {
        let mut p = DARWIN.placement(&crate::ARM64);
        assert_eq!(p.make_room(["/usr/lib/libSystem.B.dylib"].into_iter()), 0);
        assert_eq!(p.make_room(std::iter::repeat_n("12345678", 64)), 0);
        assert_eq!(p.make_room(std::iter::repeat_n("12345678", 65)), 4096);
        assert_eq!((p.header_len, p.header_mem), (8192, 8192));
    }
}
