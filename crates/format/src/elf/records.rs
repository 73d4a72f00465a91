//! The records of an ELF file and their encoders.

/// Numbers of the specification, spelled as it spells them.
#[allow(missing_docs)]
pub mod consts {
    pub const ET_REL: u16 = 1;
    pub const ET_EXEC: u16 = 2;
    pub const ET_DYN: u16 = 3;
    pub const PT_LOAD: u32 = 1;
    pub const PT_DYNAMIC: u32 = 2;
    pub const PT_INTERP: u32 = 3;
    pub const PT_NOTE: u32 = 4;
    pub const PT_PHDR: u32 = 6;
    pub const PT_TLS: u32 = 7;
    pub const PT_GNU_STACK: u32 = 0x6474_e551;
    pub const PT_GNU_RELRO: u32 = 0x6474_e552;
    pub const PF_X: u32 = 1;
    pub const PF_W: u32 = 2;
    pub const PF_R: u32 = 4;
    pub const SHT_PROGBITS: u32 = 1;
    pub const SHT_SYMTAB: u32 = 2;
    pub const SHT_STRTAB: u32 = 3;
    pub const SHT_RELA: u32 = 4;
    pub const SHT_HASH: u32 = 5;
    pub const SHT_DYNAMIC: u32 = 6;
    pub const SHT_NOTE: u32 = 7;
    pub const SHT_NOBITS: u32 = 8;
    pub const SHT_DYNSYM: u32 = 11;
    pub const SHT_INIT_ARRAY: u32 = 14;
    pub const SHT_GNU_VERNEED: u32 = 0x6fff_fffe;
    pub const SHT_GNU_VERSYM: u32 = 0x6fff_ffff;
    pub const SHF_WRITE: u64 = 1;
    pub const SHF_ALLOC: u64 = 2;
    pub const SHF_EXECINSTR: u64 = 4;
    pub const SHF_TLS: u64 = 0x400;
    pub const SHF_COMPRESSED: u64 = 0x800;
    pub const SHN_UNDEF: u16 = 0;
    pub const SHN_ABS: u16 = 0xfff1;
    pub const STB_LOCAL: u8 = 0;
    pub const STB_GLOBAL: u8 = 1;
    pub const STT_NOTYPE: u8 = 0;
    pub const STT_OBJECT: u8 = 1;
    pub const STT_FUNC: u8 = 2;
    pub const STT_SECTION: u8 = 3;
    pub const STT_FILE: u8 = 4;
    pub const STT_TLS: u8 = 6;
    pub const STV_HIDDEN: u8 = 2;
    pub const ELFCOMPRESS_ZLIB: u32 = 1;
    pub const DT_NULL: u64 = 0;
    pub const DT_NEEDED: u64 = 1;
    pub const DT_PLTRELSZ: u64 = 2;
    pub const DT_PLTGOT: u64 = 3;
    pub const DT_HASH: u64 = 4;
    pub const DT_STRTAB: u64 = 5;
    pub const DT_SYMTAB: u64 = 6;
    pub const DT_RELA: u64 = 7;
    pub const DT_RELASZ: u64 = 8;
    pub const DT_RELAENT: u64 = 9;
    pub const DT_STRSZ: u64 = 10;
    pub const DT_SYMENT: u64 = 11;
    pub const DT_PLTREL: u64 = 20;
    pub const DT_DEBUG: u64 = 21;
    pub const DT_JMPREL: u64 = 23;
    pub const DT_RUNPATH: u64 = 29;
    pub const DT_FLAGS: u64 = 30;
    pub const DT_VERSYM: u64 = 0x6fff_fff0;
    pub const DT_FLAGS_1: u64 = 0x6fff_fffb;
    pub const DT_VERNEED: u64 = 0x6fff_fffe;
    pub const DT_VERNEEDNUM: u64 = 0x6fff_ffff;
    pub const DF_BIND_NOW: u64 = 8;
    pub const DF_1_NOW: u64 = 1;
    pub const DF_1_PIE: u64 = 0x0800_0000;
}

/// Size of [`Ehdr`], bytes.
pub const EHDR_SIZE: usize = 64;
/// Size of [`Phdr`], bytes.
pub const PHDR_SIZE: usize = 56;
/// Size of [`Shdr`], bytes.
pub const SHDR_SIZE: usize = 64;
/// Size of [`Sym`], bytes.
pub const SYM_SIZE: usize = 24;
/// Size of a relocation with addend, bytes.
pub const RELA_SIZE: usize = 24;
/// Size of an entry of the dynamic section, bytes.
pub const DYN_SIZE: usize = 16;
/// Size of the header of a compressed section, bytes.
pub const CHDR_SIZE: usize = 24;

/// Copies integers one after another into a buffer.
struct Put<'a> {
    out: &'a mut [u8],
    at: usize,
}

impl Put<'_> {
    fn bytes(&mut self, b: &[u8]) {
        self.out[self.at..self.at + b.len()].copy_from_slice(b);
        self.at += b.len();
    }
    fn u16(&mut self, v: u16) {
        self.bytes(&v.to_le_bytes());
    }
    fn u32(&mut self, v: u32) {
        self.bytes(&v.to_le_bytes());
    }
    fn u64(&mut self, v: u64) {
        self.bytes(&v.to_le_bytes());
    }
}

/// The file header, as far as it varies.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ehdr {
    /// `e_ident[EI_OSABI]`
    pub osabi: u8,
    /// `e_type`
    pub typ: u16,
    /// `e_machine`
    pub machine: u16,
    /// `e_entry`, virtual address
    pub entry: u64,
    /// `e_flags`
    pub flags: u32,
    /// `e_phnum`; the program headers follow the file header
    pub phnum: u16,
    /// `e_shnum`; the section headers follow the program headers
    pub shnum: u16,
    /// `e_shstrndx`
    pub shstrndx: u16,
}

impl Ehdr {
    /// Writes the header of an object at the start of `out`: nobody looks for program headers.
    pub fn write_object(&self, out: &mut [u8]) {
        self.write(out);
        out[32..40].fill(0); // e_phoff
        out[54..56].fill(0); // e_phentsize
    }

    /// Writes the header at the start of `out`.
    pub fn write(&self, out: &mut [u8]) {
        let mut p = Put { out, at: 0 };
        p.bytes(b"\x7fELF");
        p.bytes(&[2, 1, 1, self.osabi, 0, 0, 0, 0, 0, 0, 0, 0]);
        p.u16(self.typ);
        p.u16(self.machine);
        p.u32(1);
        p.u64(self.entry);
        p.u64(EHDR_SIZE as u64);
        p.u64((EHDR_SIZE + PHDR_SIZE * usize::from(self.phnum)) as u64);
        p.u32(self.flags);
        p.u16(EHDR_SIZE as u16);
        p.u16(PHDR_SIZE as u16);
        p.u16(self.phnum);
        p.u16(SHDR_SIZE as u16);
        p.u16(self.shnum);
        p.u16(self.shstrndx);
    }
}

/// A program header.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs)]
pub struct Phdr {
    pub typ: u32,
    pub flags: u32,
    pub off: u64,
    pub addr: u64,
    pub filesz: u64,
    pub memsz: u64,
    pub align: u64,
}

impl Phdr {
    /// Writes the header at the start of `out`.
    pub fn write(&self, out: &mut [u8]) {
        let mut p = Put { out, at: 0 };
        p.u32(self.typ);
        p.u32(self.flags);
        p.u64(self.off);
        p.u64(self.addr);
        p.u64(self.addr);
        p.u64(self.filesz);
        p.u64(self.memsz);
        p.u64(self.align);
    }
}

/// A section header.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs)]
pub struct Shdr {
    pub name: u32,
    pub typ: u32,
    pub flags: u64,
    pub addr: u64,
    pub off: u64,
    pub size: u64,
    pub link: u32,
    pub info: u32,
    pub addralign: u64,
    pub entsize: u64,
}

impl Shdr {
    /// Writes the header at the start of `out`.
    pub fn write(&self, out: &mut [u8]) {
        let mut p = Put { out, at: 0 };
        p.u32(self.name);
        p.u32(self.typ);
        p.u64(self.flags);
        p.u64(self.addr);
        p.u64(self.off);
        p.u64(self.size);
        p.u32(self.link);
        p.u32(self.info);
        p.u64(self.addralign);
        p.u64(self.entsize);
    }
}

/// A symbol table entry.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs)]
pub struct Sym {
    pub name: u32,
    pub bind: u8,
    pub typ: u8,
    pub other: u8,
    pub shndx: u16,
    pub value: u64,
    pub size: u64,
}

impl Sym {
    /// Writes the entry at the start of `out`.
    #[inline]
    pub fn write(&self, out: &mut [u8]) {
        let out: &mut [u8; SYM_SIZE] = (&mut out[..SYM_SIZE]).try_into().unwrap();
        out[0..4].copy_from_slice(&self.name.to_le_bytes());
        out[4] = self.bind << 4 | self.typ;
        out[5] = self.other;
        out[6..8].copy_from_slice(&self.shndx.to_le_bytes());
        out[8..16].copy_from_slice(&self.value.to_le_bytes());
        out[16..24].copy_from_slice(&self.size.to_le_bytes());
    }
}

/// The header before a compressed section's zlib stream (`Elf64_Chdr`): uncompressed size and
/// alignment, bytes.
pub fn compression_header(size: u64, align: u64) -> [u8; CHDR_SIZE] {
    let mut out = [0; CHDR_SIZE];
    let mut p = Put {
        out: &mut out,
        at: 0,
    };
    p.u32(consts::ELFCOMPRESS_ZLIB);
    p.u32(0);
    p.u64(size);
    p.u64(align);
    out
}
