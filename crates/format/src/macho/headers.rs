//! The header and the load commands of an executable or an object (`machowrite`, `asmbMacho`).

use super::Fields;

/// Bytes of the name of a section or segment.
pub const SECTION_NAME_LEN: usize = 16;

/// Bytes of the file header.
const HEADER_LEN: usize = 32;

const LC_SYMTAB: u32 = 2;
const LC_UNIXTHREAD: u32 = 5;
const LC_DYSYMTAB: u32 = 0xb;
const LC_LOAD_DYLIB: u32 = 0xc;
const LC_LOAD_DYLINKER: u32 = 0xe;
const LC_SEGMENT_64: u32 = 0x19;
const LC_UUID: u32 = 0x1b;
const LC_CODE_SIGNATURE: u32 = 0x1d;
const LC_BUILD_VERSION: u32 = 0x32;
const LC_REQ_DYLD: u32 = 0x8000_0000;
const LC_DYLD_INFO_ONLY: u32 = 0x22 | LC_REQ_DYLD;
const LC_MAIN: u32 = 0x28 | LC_REQ_DYLD;

/// A segment: what is mapped with the same permissions.
#[derive(Clone, Debug, Default)]
pub struct Segment {
    /// Name.
    pub name: &'static str,
    /// Virtual address.
    pub addr: u64,
    /// Length in memory, bytes.
    pub len: u64,
    /// Offset in the file.
    pub off: u64,
    /// Length in the file, bytes.
    pub file_len: u64,
    /// `VM_PROT_*`: the most it may ever have, and what it has at first.
    pub protection: (u32, u32),
    /// `SG_*`
    pub flags: u32,
    /// Its sections.
    pub sections: Vec<Section>,
}

/// A section.
#[derive(Clone, Debug, Default)]
pub struct Section {
    /// Name, of which the file has the first sixteen bytes.
    pub name: String,
    /// Name of the segment it is in, or will be in, if that is not the one that lists it.
    pub segment: Option<&'static str>,
    /// Virtual address.
    pub addr: u64,
    /// Length, bytes.
    pub len: u64,
    /// Offset in the file; 0 for what is not there.
    pub off: u32,
    /// Alignment, as a power of two.
    pub align: u32,
    /// Offset of its relocations in the file, and their number.
    pub relocs: (u32, u32),
    /// `S_*`
    pub flags: u32,
    /// What depends on the type: the first entry in the table of indirect symbols.
    pub first_indirect: u32,
    /// What depends on the type: the length of a stub, bytes.
    pub stub_len: u32,
}

/// A load command that is no segment.
#[derive(Clone, Debug)]
pub enum Command {
    /// For which system it is, at least which version of it, and which it was built with.
    BuildVersion {
        /// `PLATFORM_*`
        platform: u32,
        /// Major, minor and patch version of the oldest system.
        os: [u8; 3],
        /// The same of the SDK.
        sdk: [u8; 3],
    },
    /// The state of the first thread, x86-64: where it begins, virtual address.
    UnixThread(u64),
    /// Where the first thread begins, from the start of the file in memory.
    Main(u64),
    /// Tables of the dynamic linker: offset and length of each.
    DyldInfo {
        /// Which words change with the address of the image.
        rebase: (u32, u32),
        /// Which words are imported.
        bind: (u32, u32),
    },
    /// The symbol table.
    Symtab {
        /// Offset of the symbols.
        off: u32,
        /// Number of symbols.
        n_syms: u32,
        /// Offset of the names.
        names_off: u32,
        /// Length of the names, bytes.
        names_len: u32,
    },
    /// How the symbol table is ordered.
    Dysymtab {
        /// Number of local symbols, which are first, of exported ones, which come next, and of imported
        /// ones.
        counts: [u32; 3],
        /// Offset of the table of indirect symbols.
        indirect_off: u32,
        /// Its number of entries.
        n_indirect: u32,
    },
    /// The dynamic linker.
    LoadDylinker(&'static str),
    /// A library.
    LoadDylib(Box<str>),
    /// A number for this file alone.
    Uuid([u8; 16]),
    /// The signature: offset and length, bytes.
    CodeSignature(u32, u32),
    /// As another file has it: its number and what follows.
    Copied(u32, Vec<u32>),
}

/// What the headers describe.
#[derive(Clone, Debug)]
pub struct HeaderInput<'a> {
    /// Processor type and subtype.
    pub cpu: (u32, u32),
    /// `MH_EXECUTE`, `MH_OBJECT`
    pub file_type: u32,
    /// `MH_*`
    pub flags: u32,
    /// Segments, in order.
    pub segments: &'a [Segment],
    /// What else there is to load, in order.
    pub commands: &'a [Command],
}

/// The header and the load commands.
pub fn headers(input: &HeaderInput) -> Vec<u8> {
    const MH_MAGIC_64: u32 = 0xfeed_facf;
    let mut commands = Fields::default();
    input
        .segments
        .iter()
        .for_each(|s| segment(&mut commands, s));
    for c in input.commands {
        let (typ, mut words) = c.words();
        // Commands are multiples of eight bytes.
        words.resize(words.len().next_multiple_of(2), 0);
        commands.u32(typ);
        commands.u32(4 * (words.len() as u32 + 2));
        words.iter().for_each(|&w| commands.u32(w));
    }
    let mut f = Fields(Vec::with_capacity(HEADER_LEN + commands.0.len()));
    f.u32(MH_MAGIC_64);
    f.u32(input.cpu.0);
    f.u32(input.cpu.1);
    f.u32(input.file_type);
    f.u32((input.segments.len() + input.commands.len()) as u32);
    f.u32(commands.len());
    f.u32(input.flags);
    f.u32(0);
    f.bytes(&commands.0);
    f.0
}

fn segment(f: &mut Fields, s: &Segment) {
    const SEGMENT_LEN: u32 = 72;
    const SECTION_LEN: u32 = 80;
    let n = s.sections.len() as u32;
    f.u32(LC_SEGMENT_64);
    f.u32(SEGMENT_LEN + SECTION_LEN * n);
    name(f, s.name);
    f.u64(s.addr);
    f.u64(s.len);
    f.u64(s.off);
    f.u64(s.file_len);
    f.u32(s.protection.0);
    f.u32(s.protection.1);
    f.u32(n);
    f.u32(s.flags);
    for x in &s.sections {
        name(f, &x.name);
        name(f, x.segment.unwrap_or(s.name));
        f.u64(x.addr);
        f.u64(x.len);
        f.u32(x.off);
        f.u32(x.align);
        f.u32(x.relocs.0);
        f.u32(x.relocs.1);
        f.u32(x.flags);
        f.u32(x.first_indirect);
        f.u32(x.stub_len);
        f.u32(0);
    }
}

fn name(f: &mut Fields, text: &str) {
    let mut bytes = [0; SECTION_NAME_LEN];
    let len = text.len().min(SECTION_NAME_LEN);
    bytes[..len].copy_from_slice(&text.as_bytes()[..len]);
    f.bytes(&bytes);
}

/// A version as commands have it.
fn version([major, minor, patch]: [u8; 3]) -> u32 {
    u32::from_be_bytes([0, major, minor, patch])
}

/// A text of `words` words, filled up with zeros.
fn text(text: &str, words: usize) -> impl Iterator<Item = u32> {
    let mut bytes = text.as_bytes().to_vec();
    bytes.resize(4 * words, 0);
    let words: Vec<u32> = bytes
        .chunks_exact(4)
        .map(|w| u32::from_le_bytes([w[0], w[1], w[2], w[3]]))
        .collect();
    words.into_iter()
}

impl Command {
    /// The command's number and what follows it.
    fn words(&self) -> (u32, Vec<u32>) {
        let halves = |v: u64| [v as u32, (v >> 32) as u32];
        match self {
            Command::BuildVersion { platform, os, sdk } => {
                let words = vec![*platform, version(*os), version(*sdk), 0];
                (LC_BUILD_VERSION, words)
            }
            Command::UnixThread(start) => {
                // The registers, of which there is only the one for instructions.
                const X86_THREAD_STATE64: u32 = 4;
                const REGISTERS: u32 = 42;
                const RIP: usize = 2 + 32;
                let mut words = vec![0; 2 + REGISTERS as usize];
                words[..2].copy_from_slice(&[X86_THREAD_STATE64, REGISTERS]);
                words[RIP..RIP + 2].copy_from_slice(&halves(*start));
                (LC_UNIXTHREAD, words)
            }
            Command::Main(start) => {
                let [low, high] = halves(*start);
                (LC_MAIN, vec![low, high, 0, 0])
            }
            Command::DyldInfo { rebase, bind } => {
                let mut words = vec![rebase.0, rebase.1, bind.0, bind.1];
                // Weak and lazy bindings and exports, of which there are none.
                words.resize(10, 0);
                (LC_DYLD_INFO_ONLY, words)
            }
            Command::Symtab {
                off,
                n_syms,
                names_off,
                names_len,
            } => (LC_SYMTAB, vec![*off, *n_syms, *names_off, *names_len]),
            Command::Dysymtab {
                counts: [local, exported, imported],
                indirect_off,
                n_indirect,
            } => {
                let mut words = vec![0; 18];
                words[1] = *local;
                words[2] = *local;
                words[3] = *exported;
                words[4] = local + exported;
                words[5] = *imported;
                words[12] = *indirect_off;
                words[13] = *n_indirect;
                (LC_DYSYMTAB, words)
            }
            Command::LoadDylinker(path) => {
                let words = [12].into_iter().chain(text(path, 5));
                (LC_LOAD_DYLINKER, words.collect())
            }
            Command::LoadDylib(path) => {
                let n = (path.len() + 1).div_ceil(8) * 2;
                let words = [24, 0, 0, 0].into_iter().chain(text(path, n));
                (LC_LOAD_DYLIB, words.collect())
            }
            Command::Uuid(uuid) => {
                let word = |w: &[u8]| u32::from_le_bytes([w[0], w[1], w[2], w[3]]);
                (LC_UUID, uuid.chunks_exact(4).map(word).collect())
            }
            Command::CodeSignature(off, len) => (LC_CODE_SIGNATURE, vec![*off, *len]),
            Command::Copied(typ, words) => (*typ, words.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::consts::*;
    use super::*;
    use object::read::macho::{LoadCommandVariant, MachOFile64};
    use object::{LittleEndian as LE, Object, ObjectSection};

    #[test]
    fn a_macho_reader_agrees() {
        let segments = [
            Segment {
                name: "__PAGEZERO",
                len: 0x1_0000_0000,
                ..Segment::default()
            },
            Segment {
                name: "__TEXT",
                addr: 0x1_0000_0000,
                len: 0x4000,
                file_len: 0x4000,
                protection: (7, 5),
                sections: vec![Section {
                    name: "__text".into(),
                    addr: 0x1_0000_1000,
                    len: 32,
                    off: 0x1000,
                    align: 4,
                    flags: S_ATTR_SOME_INSTRUCTIONS,
                    ..Section::default()
                }],
                ..Segment::default()
            },
        ];
        let uuid = *b"0123456789abcdef";
        let commands = [
            Command::BuildVersion {
                platform: PLATFORM_MACOS,
                os: [13, 0, 0],
                sdk: [26, 2, 1],
            },
            Command::Main(0x1008),
            Command::Symtab {
                off: 0x4000,
                n_syms: 0,
                names_off: 0x4000,
                names_len: 2,
            },
            Command::LoadDylinker("/usr/lib/dyld"),
            Command::LoadDylib("/usr/lib/libSystem.B.dylib".into()),
            Command::Uuid(uuid),
        ];
        let mut file = headers(&HeaderInput {
            cpu: (0x100_000c, 0),
            file_type: MH_EXECUTE,
            flags: MH_PIE,
            segments: &segments,
            commands: &commands,
        });
        file.resize(0x4010, 0);
        let f = MachOFile64::<LE>::parse(&*file).unwrap();
        let text = f.section_by_name("__text").unwrap();
        assert_eq!((text.address(), text.size()), (0x1_0000_1000, 32));
        assert_eq!(text.align(), 16);
        assert_eq!(f.mach_uuid().unwrap(), Some(uuid));
        let (mut versions, mut libraries) = (Vec::new(), Vec::new());
        let mut all = f.macho_load_commands().unwrap();
        while let Some(c) = all.next().unwrap() {
            match c.variant().unwrap() {
                LoadCommandVariant::BuildVersion(v, _) => {
                    versions.push((v.minos.get(LE).0, v.sdk.get(LE).0));
                }
                LoadCommandVariant::EntryPoint(e) => assert_eq!(e.entryoff.get(LE), 0x1008),
                LoadCommandVariant::Dylib(d) => {
                    libraries.push(c.string(LE, d.dylib.name).unwrap().to_vec());
                }
                _ => {}
            }
        }
        assert_eq!(versions, [(0xd_0000, 0x1a_0201)]);
        assert_eq!(libraries, [b"/usr/lib/libSystem.B.dylib"]);
    }
}
