//! The headers of an image (`pewrite`, `peFile.writeFileHeader`, `peFile.writeOptionalHeader`).

use super::{Fields, Section, consts::*};

/// The program that DOS runs in the image's place, with its header: it says that it cannot be run.
const DOS_HEADER: &[u8; 64] = &{
    let mut h = [0; 64];
    // e_magic, e_cblp, e_cp, e_cparhdr, e_maxalloc, e_sp, e_lfarlc, e_lfanew
    (h[0], h[1]) = (b'M', b'Z');
    (h[2], h[4], h[8]) = (0x90, 3, 4);
    (h[12], h[13]) = (0xff, 0xff);
    (h[16], h[24], h[60]) = (0x8b, 0x40, 0x80);
    h
};
const DOS_CODE: &[u8; 14] = b"\x0e\x1f\xba\x0e\0\xb4\x09\xcd\x21\xb8\x01\x4c\xcd\x21";
const DOS_TEXT: &[u8; 43] = b"This program cannot be run in DOS mode.\r\r\n$";

/// Length of the DOS program, padding included, bytes; the PE signature comes next.
const DOS_LEN: usize = 128;

/// Length of the optional header, bytes.
const OPTIONAL_LEN: u16 = 240;

/// Number of data directories.
pub const N_DIRECTORIES: usize = 16;

/// Bytes of the image that the system looks for: address from its start, and length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    /// Address from the start of the image.
    pub addr: u32,
    /// Length, bytes.
    pub len: u32,
}

/// What the headers describe.
#[derive(Clone, Debug)]
pub struct HeaderInput<'a> {
    /// `IMAGE_FILE_MACHINE_*`
    pub machine: u16,
    /// `IMAGE_FILE_*`
    pub characteristics: u16,
    /// The sections.
    pub sections: &'a [Section],
    /// Offset of the symbol table in the file.
    pub symtab_off: u32,
    /// Number of symbols.
    pub n_syms: u32,
    /// Entry point, from the start of the image.
    pub entry: u32,
    /// Address of the image.
    pub image_base: u64,
    /// Alignment of sections in memory, bytes.
    pub align: u32,
    /// Alignment of sections in the file, bytes.
    pub file_align: u32,
    /// Version of the operating system and the subsystem: the oldest there may be.
    pub os_version: (u16, u16),
    /// Length of the image in memory, bytes.
    pub image_len: u32,
    /// Length of the headers in the file, bytes.
    pub headers_len: u32,
    /// `IMAGE_SUBSYSTEM_*`
    pub subsystem: u16,
    /// `IMAGE_DLLCHARACTERISTICS_*`
    pub dll_characteristics: u16,
    /// Stack of the first thread: bytes reserved, and bytes committed.
    pub stack: (u64, u64),
    /// Heap: bytes reserved, and bytes committed.
    pub heap: (u64, u64),
    /// The data directories by number.
    pub directories: [Directory; N_DIRECTORIES],
}

/// The headers, from the start of the file on.
pub fn headers(input: &HeaderInput) -> Vec<u8> {
    let mut f = Fields::default();
    f.bytes(DOS_HEADER);
    f.bytes(DOS_CODE);
    f.bytes(DOS_TEXT);
    f.0.resize(DOS_LEN, 0);
    f.bytes(b"PE\0\0");
    file_header(&mut f, input);
    section_table(&mut f, input.sections, |s| s.addr);
    f.0
}

/// The headers of an object, which has the optional one, too. Its sections have no addresses.
pub fn object_headers(input: &HeaderInput) -> Vec<u8> {
    let mut f = Fields::default();
    file_header(&mut f, input);
    section_table(&mut f, input.sections, |_| 0);
    f.0
}

/// The file header and the optional one.
fn file_header(f: &mut Fields, input: &HeaderInput) {
    f.u16(input.machine);
    f.u16(input.sections.len() as u16);
    f.u32(0); // The time, which would make each link another.
    f.u32(input.symtab_off);
    f.u32(input.n_syms);
    f.u16(OPTIONAL_LEN);
    f.u16(input.characteristics);
    optional_header(f, input);
}

fn section_table(f: &mut Fields, sections: &[Section], addr: impl Fn(&Section) -> u32) {
    for s in sections {
        f.bytes(&s.short_name());
        f.u32(s.len);
        f.u32(addr(s));
        f.u32(s.file_len);
        f.u32(s.off);
        f.u32(s.relocs_off);
        f.u32(0); // Line numbers, which nobody has any more.
        f.u16(s.n_relocs);
        f.u16(0);
        f.u32(s.characteristics);
    }
}

fn optional_header(f: &mut Fields, input: &HeaderInput) {
    let section = |name: &str| input.sections.iter().find(|s| s.name == name);
    let file_len = |name: &str| section(name).map_or(0, |s| s.file_len);
    let (major, minor) = input.os_version;
    f.u16(0x20b);
    f.bytes(&[3, 0]); // Version of the linker.
    f.u32(file_len(".text"));
    f.u32(file_len(".data"));
    f.u32(0); // What is not initialised counts as data.
    f.u32(input.entry);
    f.u32(section(".text").map_or(0, |s| s.addr));
    f.u64(input.image_base);
    f.u32(input.align);
    f.u32(input.file_align);
    f.u16(major);
    f.u16(minor);
    f.u16(1); // Version of the image.
    f.u16(0);
    f.u16(major);
    f.u16(minor);
    f.u32(0);
    f.u32(input.image_len);
    f.u32(input.headers_len);
    f.u32(0); // Checksum.
    f.u16(input.subsystem);
    f.u16(input.dll_characteristics);
    f.u64(input.stack.0);
    f.u64(input.stack.1);
    f.u64(input.heap.0);
    f.u64(input.heap.1);
    f.u32(0);
    f.u32(N_DIRECTORIES as u32);
    for d in &input.directories {
        f.u32(d.addr);
        f.u32(d.len);
    }
}

/// Bits of a header that only some images have.
impl HeaderInput<'_> {
    /// What all images of 64-bit machines are, and whether they lie where they want to.
    pub fn characteristics(relocatable: bool) -> u16 {
        let fixed = match relocatable {
            true => 0,
            false => IMAGE_FILE_RELOCS_STRIPPED,
        };
        IMAGE_FILE_EXECUTABLE_IMAGE | IMAGE_FILE_LARGE_ADDRESS_AWARE | fixed
    }

    /// What the loader may do with the image: put it elsewhere if it is `relocatable`, anywhere if it
    /// takes `high_entropy` addresses.
    pub fn dll_characteristics(relocatable: bool, high_entropy: bool) -> u16 {
        let when = |is: bool, bit: u16| if is { bit } else { 0 };
        IMAGE_DLLCHARACTERISTICS_TERMINAL_SERVER_AWARE
            | IMAGE_DLLCHARACTERISTICS_NX_COMPAT
            | when(relocatable, IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE)
            | when(high_entropy, IMAGE_DLLCHARACTERISTICS_HIGH_ENTROPY_VA)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ImportPlan, ImportedLibrary, Sections};
    use super::*;
    use object::read::NameOrOrdinal;
    use object::read::pe::PeFile64;
    use object::{LittleEndian as LE, Object, ObjectSection};

    /// A program with code and imports.
    fn program() -> (Vec<u8>, Directory) {
        let mut sections = Sections::new(4096, 512, 4096, 0x600);
        let code = IMAGE_SCN_CNT_CODE | IMAGE_SCN_MEM_EXECUTE | IMAGE_SCN_MEM_READ;
        sections.add(".text", 16, 16, code);
        let table = sections.next_addr;
        sections.add(".data", 64, 64, IMAGE_SCN_CNT_INITIALIZED_DATA);
        sections.add_named_long(".zdebug_info", 5, IMAGE_SCN_CNT_INITIALIZED_DATA);
        let libraries = [
            ImportedLibrary {
                name: b"b.dll",
                functions: vec![b"one", b"four"],
            },
            ImportedLibrary {
                name: b"a1.dll",
                functions: vec![b"two"],
            },
        ];
        let imports = ImportPlan::new(&libraries, sections.next_addr, table);
        assert_eq!(imports.thunks.len(), 5 * 8);
        let len = imports.section.len() as u32;
        let section = sections.add(".idata", len, len, IMAGE_SCN_CNT_INITIALIZED_DATA);
        let mut directories = [Directory::default(); N_DIRECTORIES];
        directories[1] = Directory {
            addr: section.addr,
            len,
        };
        let off = section.off as usize;
        let names = 4 + sections.names.len();
        let symtab = sections.add(".symtab", names as u32, names as u32, IMAGE_SCN_MEM_READ);
        let symtab_off = symtab.off;
        let head = headers(&HeaderInput {
            machine: 0x8664,
            characteristics: HeaderInput::characteristics(true),
            sections: &sections.list,
            symtab_off,
            n_syms: 0,
            entry: 0x1004,
            image_base: 0x1_4000_0000,
            align: 4096,
            file_align: 512,
            os_version: (10, 0),
            image_len: sections.next_addr,
            headers_len: 0x600,
            subsystem: IMAGE_SUBSYSTEM_WINDOWS_CUI,
            dll_characteristics: HeaderInput::dll_characteristics(true, true),
            stack: (1 << 21, 4096),
            heap: (1 << 20, 4096),
            directories,
        });
        let mut file = vec![0; sections.next_off as usize];
        file[..head.len()].copy_from_slice(&head);
        file[off..][..imports.section.len()].copy_from_slice(&imports.section);
        let strings = &mut file[symtab_off as usize..];
        strings[..4].copy_from_slice(&(names as u32).to_le_bytes());
        strings[4..names].copy_from_slice(&sections.names);
        (file, imports.table(table))
    }

    #[test]
    fn a_pe_reader_agrees() {
        let (file, table) = program();
        let f = PeFile64::parse(&*file).unwrap();
        assert_eq!(f.relative_address_base(), 0x1_4000_0000);
        assert_eq!(f.entry(), 0x1_4000_1004);
        let text = f.section_by_name(".text").unwrap();
        assert_eq!((text.address(), text.size()), (0x1_4000_1000, 16));
        assert!(f.section_by_name(".zdebug_info").is_some());
        let imports = f.imports().unwrap();
        let found: Vec<_> = imports
            .map(|i| i.unwrap())
            .map(|i| match i.name() {
                NameOrOrdinal::Name(name) => (i.library(), name),
                NameOrOrdinal::Ordinal(_) => panic!("there are names only"),
            })
            .collect();
        let expected: [(&[u8], &[u8]); 3] =
            [(b"b.dll", b"one"), (b"b.dll", b"four"), (b"a1.dll", b"two")];
        assert_eq!(found, expected);
        let list = f.import_table().unwrap().unwrap();
        let mut descriptors = list.descriptors().unwrap();
        let mut first = || descriptors.next().unwrap().unwrap().first_thunk.get(LE);
        // Each library has its part of the table, with a zero at its end.
        assert_eq!((first(), first()), (table.addr, table.addr + 3 * 8));
        assert_eq!(table.len, 5 * 8);
    }
}
