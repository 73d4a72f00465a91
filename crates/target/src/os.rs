//! What differs between operating systems.

use crate::ArchInfo;

/// The format of an operating system's executables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileFormat {
    /// Executable and Linkable Format.
    Elf,
    /// Portable Executable.
    Pe,
}

/// What an operating system is to the linker (`objabi.HeadType`, `ld.Target`).
#[derive(Debug, PartialEq, Eq)]
pub struct OsInfo {
    /// `GOOS`.
    pub name: &'static str,
    /// The format of its executables.
    pub format: FileFormat,
    /// Number of the header type in cmd/link's log (`objabi.HeadType`).
    pub head: u32,
    /// Whether data that is read-only once relocated is kept apart where it can be
    /// (`Target.UseRelro`).
    pub relro: bool,
    /// Whether thread-local variables lie before the thread pointer, and not behind it
    /// (`Link.computeTLSOffset`).
    pub tls_before_pointer: bool,
    /// What the output is called if it has no other name.
    pub default_output: &'static str,
}

/// `GOOS=linux`.
pub const LINUX: OsInfo = OsInfo {
    name: "linux",
    format: FileFormat::Elf,
    head: 5,
    relro: true,
    tls_before_pointer: true,
    default_output: "a.out",
};

/// `GOOS=windows`.
pub const WINDOWS: OsInfo = OsInfo {
    name: "windows",
    format: FileFormat::Pe,
    head: 11,
    relro: false,
    tls_before_pointer: false,
    default_output: "a.out.exe",
};

/// Length of the area before text that holds headers and notes of ELF files, bytes (`ELFRESERVE`).
const ELF_HEADER_LEN: u64 = 4096;

/// Length of the headers of a PE file, bytes: room for the DOS program and sixteen sections,
/// as files are aligned (`Peinit`).
const PE_HEADER_LEN: u64 = 0x600;

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

impl OsInfo {
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

/// Operating systems and architectures that are supported.
static TARGETS: &[(&OsInfo, &ArchInfo)] = &[
    (&LINUX, &crate::AMD64),
    (&LINUX, &crate::ARM64),
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
        assert_eq!(text(&WINDOWS, &crate::ARM64), (0x1_4000_1000, 4096));
    }
}
