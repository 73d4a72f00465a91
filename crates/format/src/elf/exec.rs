//! The headers of an executable (`ld/elf.go:asmbElf`).
//!
//! The area before the text segment holds the file header, the program headers and the section
//! headers from its start, and notes from its end downwards.

use super::consts::*;
use super::records::*;

/// A segment to be loaded.
#[derive(Clone, Copy, Debug)]
pub struct SegmentInput {
    /// Virtual address.
    pub addr: u64,
    /// Length in memory, bytes.
    pub mem_len: u64,
    /// Offset in the file.
    pub off: u64,
    /// Length in the file, bytes.
    pub file_len: u64,
    /// `PF_*` permissions.
    pub flags: u32,
    /// `PF_*` permissions in a header that says that it becomes read-only when the dynamic linker is done with it,
    /// if it has that.
    pub relro: Option<u32>,
}

/// A section with contents.
#[derive(Clone, Debug)]
pub struct SectionInput<'a> {
    /// Name.
    pub name: &'a str,
    /// `SHT_*`
    pub typ: u32,
    /// `SHF_*`
    pub flags: u64,
    /// Virtual address, 0 for what is not loaded.
    pub addr: u64,
    /// Offset in the file.
    pub off: u64,
    /// Length, bytes.
    pub len: u64,
    /// Alignment, bytes.
    pub align: u64,
    /// Size of an entry, bytes; 0 for what has none.
    pub entsize: u64,
    /// Name of the section that `sh_link` means; empty for none.
    pub link: &'a str,
    /// What `sh_info` means.
    pub info: SectionInfo<'a>,
}

/// What a section header's `sh_info` means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SectionInfo<'a> {
    /// Nothing.
    #[default]
    None,
    /// A number.
    Number(u32),
    /// The section of this name.
    Section(&'a str),
}

/// A note, in a section of its own.
#[derive(Clone, Debug)]
pub struct Note<'a> {
    /// Name of the section.
    pub section: &'a str,
    /// Name of the note's owner with its final zero.
    pub owner: &'a [u8],
    /// Type.
    pub typ: u32,
    /// Contents.
    pub desc: &'a [u8],
}

/// Sizes of the symbol table.
#[derive(Clone, Copy, Debug)]
pub struct SymtabSizes {
    /// Number of entries, the null entry included.
    pub n_syms: u64,
    /// Index of the first global symbol.
    pub first_global: u32,
    /// Size of the string table, bytes.
    pub strtab: u64,
}

/// What the headers describe.
#[derive(Clone, Debug)]
pub struct ExecInput<'a> {
    /// `e_type`
    pub typ: u16,
    /// `e_machine`
    pub machine: u16,
    /// Entry point, virtual address.
    pub entry: u64,
    /// Length of the header area, bytes.
    pub header_len: u64,
    /// Virtual address of the header area.
    pub header_addr: u64,
    /// Alignment of segments, bytes.
    pub round: u64,
    /// The program that loads this one, for dynamic executables.
    pub interpreter: Option<&'a [u8]>,
    /// Length of thread-local data, bytes.
    pub tls_len: u64,
    /// Segments to be loaded; the first is the text segment, which the header area joins.
    pub segments: Vec<SegmentInput>,
    /// Sections, in the order they were made.
    pub sections: Vec<SectionInput<'a>>,
    /// A note whose program header comes first, and describes the last of `notes` if there are any.
    pub first_note: Option<Note<'a>>,
    /// Notes by which the system knows its programs, in one section.
    pub ident: Vec<Note<'a>>,
    /// Notes, in the order they were made.
    pub notes: Vec<Note<'a>>,
    /// `e_ident[EI_OSABI]`
    pub osabi: u8,
    /// Type, flags and alignment of the last program header, which is not for memory.
    pub last_header: Option<(u32, u32, u64)>,
    /// Sizes of the symbol table, unless stripped.
    pub symtab: Option<SymtabSizes>,
    /// The names of sections, used or not, in the order in which their table has them; section headers then
    /// stay in the order they were made in. Without, headers are sorted, and their names follow.
    pub names: Option<Vec<String>>,
    /// Offset in the file at which the last section ends.
    pub end: u64,
}

/// The header area ran out of room.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("ELFRESERVE too small: {used} > {reserved} with {n_text} text sections")]
pub struct TooBig {
    /// Bytes needed.
    pub used: u64,
    /// Bytes there are.
    pub reserved: u64,
    /// Number of text sections.
    pub n_text: usize,
}

/// The headers, laid out.
#[derive(Debug)]
pub struct ExecPlan {
    /// Bytes and their offsets in the header area.
    pub header: Vec<(u64, Vec<u8>)>,
    /// Header index of each section of the input.
    pub index: Vec<u16>,
    /// Offset in the file of the symbol table.
    pub symtab_off: u64,
    /// Offset in the file of the string table.
    pub strtab_off: u64,
    /// Offset in the file of the section name table, and its bytes.
    pub shstrtab: (u64, Vec<u8>),
    /// Length of the file.
    pub file_len: u64,
}

/// Names whose suffix may serve another section (`.rela.text`).
const REL_PREFIX: &str = ".rela";

pub(super) struct Header<'a> {
    pub(super) name: &'a str,
    pub(super) sh: Shdr,
    pub(super) input: Option<usize>,
}

/// Greatest alignment of an ELF64 record, bytes.
const WORD: u64 = 8;

impl ExecPlan {
    /// Lays out the headers.
    ///
    /// # Errors
    /// When the header area cannot hold them.
    pub fn new(x: &ExecInput) -> Result<ExecPlan, TooBig> {
        let mut area = Area::new(x);
        area.add_first_note();
        area.add_interpreter();
        area.add_notes();
        area.add_segments();
        area.add_other_program_headers();
        area.add_tables();
        let index = area.order_sections();
        area.link_sections(&index);
        let names = match &x.names {
            Some(names) => given_names(&mut area.headers, names),
            None => name_table(&mut area.headers),
        };
        let places = area.place_tables(names.len() as u64);
        Ok(ExecPlan {
            index,
            symtab_off: places.symtab_off,
            strtab_off: places.strtab_off,
            shstrtab: (places.shstrtab_off, names),
            file_len: places.end,
            header: area.write()?,
        })
    }
}

/// The header area while it is made.
struct Area<'a> {
    x: &'a ExecInput<'a>,
    headers: Vec<Header<'a>>,
    phdrs: Vec<Phdr>,
    /// A program header before all of these.
    first: Option<Phdr>,
    /// Where what lies at the area's end begins.
    low: u64,
    /// What lies there, with its offsets.
    blobs: Vec<(u64, Vec<u8>)>,
}

/// Where the tables behind the sections lie in the file.
struct TablePlaces {
    symtab_off: u64,
    strtab_off: u64,
    shstrtab_off: u64,
    end: u64,
}

impl<'a> Area<'a> {
    /// The sections of the input, and the header of the program headers.
    fn new(x: &'a ExecInput<'a>) -> Area<'a> {
        let mut headers = vec![Header {
            name: "",
            sh: Shdr::default(),
            input: None,
        }];
        headers.extend(x.sections.iter().enumerate().map(|(i, s)| Header {
            name: s.name,
            sh: Shdr {
                typ: s.typ,
                flags: s.flags,
                addr: s.addr,
                off: s.off,
                size: s.len,
                addralign: s.align,
                entsize: s.entsize,
                ..Shdr::default()
            },
            input: Some(i),
        }));
        let phdrs = vec![Phdr {
            typ: PT_PHDR,
            flags: PF_R,
            off: EHDR_SIZE as u64,
            addr: x.header_addr + EHDR_SIZE as u64,
            align: x.round,
            ..Phdr::default()
        }];
        Area {
            x,
            headers,
            phdrs,
            first: None,
            low: x.header_len,
            blobs: Vec::new(),
        }
    }

    /// Puts a section at the end of the area, before those that are there.
    fn add_section(&mut self, name: &'a str, typ: u32, align: u64, bytes: Vec<u8>) -> Shdr {
        let size = bytes.len() as u64;
        self.low -= self.low % align + size;
        let sh = Shdr {
            typ,
            flags: SHF_ALLOC,
            addr: self.x.header_addr + self.low,
            off: self.low,
            size,
            addralign: align,
            ..Shdr::default()
        };
        self.blobs.push((self.low, bytes));
        self.headers.push(Header {
            name,
            sh,
            input: None,
        });
        sh
    }

    fn add_first_note(&mut self) {
        if let Some(n) = &self.x.first_note {
            let sh = self.add_section(n.section, SHT_NOTE, 4, n.encode());
            self.first = Some(Phdr::of_section(PT_NOTE, PF_R, &sh));
        }
    }

    fn add_interpreter(&mut self) {
        if let Some(path) = self.x.interpreter {
            let sh = self.add_section(".interp", SHT_PROGBITS, 1, [path, &[0]].concat());
            self.phdrs.push(Phdr::of_section(PT_INTERP, PF_R, &sh));
        }
    }

    /// One program header serves all notes; it ends up describing the last. Those by which the system knows
    /// its programs have one of their own.
    fn add_notes(&mut self) {
        if let Some(first) = self.x.ident.first() {
            let bytes = self.x.ident.iter().flat_map(Note::encode).collect();
            let sh = self.add_section(first.section, SHT_NOTE, 4, bytes);
            self.phdrs.push(Phdr::of_section(PT_NOTE, PF_R, &sh));
        }
        let mut last = None;
        for n in &self.x.notes {
            last = Some(self.add_section(n.section, SHT_NOTE, 4, n.encode()));
        }
        let header = last.map(|sh| Phdr::of_section(PT_NOTE, PF_R, &sh));
        match &mut self.first {
            Some(first) => *first = header.unwrap_or(*first),
            None => self.phdrs.extend(header),
        }
    }

    fn add_segments(&mut self) {
        let round = self.x.round;
        for (i, s) in self.x.segments.iter().enumerate() {
            let whole = Phdr {
                typ: PT_LOAD,
                flags: s.flags,
                off: s.off,
                addr: s.addr,
                filesz: s.file_len,
                memsz: s.mem_len,
                align: round,
            };
            let mut p = whole;
            if i == 0 {
                // The program headers must be loaded: the segment starts with them.
                let d = s.addr - self.phdrs[0].addr;
                p.off = self.phdrs[0].off;
                p.addr -= d;
                p.memsz += d;
                p.filesz += s.off - self.phdrs[0].off;
            }
            // Loaders want no gap before a page.
            let frag = p.addr & (round - 1);
            p.off -= frag;
            p.addr -= frag;
            p.filesz += frag;
            p.memsz += frag;
            self.phdrs.push(p);
            if let Some(flags) = s.relro {
                self.phdrs.push(Phdr {
                    typ: PT_GNU_RELRO,
                    flags,
                    ..whole
                });
            }
        }
    }

    /// Those of dynamic linking, thread-local data and the stack, the last ones.
    fn add_other_program_headers(&mut self) {
        let dynamic = self.headers.iter().find(|h| h.sh.typ == SHT_DYNAMIC);
        let dynamic = dynamic.map(|h| Phdr::of_section(PT_DYNAMIC, PF_R | PF_W, &h.sh));
        self.phdrs.extend(dynamic);
        if self.x.tls_len != 0 {
            self.phdrs.push(Phdr {
                typ: PT_TLS,
                flags: PF_R,
                memsz: self.x.tls_len,
                align: WORD,
                ..Phdr::default()
            });
        }
        let last = self.x.last_header.map(|(typ, flags, align)| Phdr {
            typ,
            flags,
            align,
            ..Phdr::default()
        });
        self.phdrs.extend(last);
        let n = self.phdrs.len() + usize::from(self.first.is_some());
        let size = (n * PHDR_SIZE) as u64;
        (self.phdrs[0].filesz, self.phdrs[0].memsz) = (size, size);
        if let Some(first) = self.first {
            self.phdrs.insert(0, first);
        }
    }

    fn add_tables(&mut self) {
        let mut names = vec![".symtab", ".strtab", ".shstrtab"];
        if self.x.symtab.is_none() {
            names.drain(..2);
        }
        if self.x.names.is_some() {
            names.rotate_right(1);
        }
        for name in names {
            self.headers.push(Header {
                name,
                sh: Shdr::default(),
                input: None,
            });
        }
    }

    /// Sorts the headers of sections by address, loaded ones first, unless they stay as they were made;
    /// gives the index of each of the input.
    fn order_sections(&mut self) -> Vec<u16> {
        if self.x.names.is_none() {
            self.headers[1..].sort_by_key(|h| {
                if h.sh.flags & SHF_ALLOC != 0 {
                    (0, h.sh.addr, h.sh.size)
                } else {
                    (1, 0, 0)
                }
            });
        }
        let mut index = vec![0; self.x.sections.len()];
        for (i, h) in self.headers.iter().enumerate() {
            if let Some(s) = h.input {
                index[s] = i as u16;
            }
        }
        index
    }

    /// Index of the header of a section; 0 if there is none.
    fn find(&self, name: &str) -> usize {
        let found = self.headers.iter().position(|h| h.name == name);
        found.unwrap_or(0)
    }

    /// Has sections refer to others.
    fn link_sections(&mut self, index: &[u16]) {
        for (s, &i) in self.x.sections.iter().zip(index) {
            let link = match s.link {
                "" => 0,
                name => self.find(name),
            };
            let info = match s.info {
                SectionInfo::None => 0,
                SectionInfo::Number(n) => n,
                SectionInfo::Section(name) => self.find(name) as u32,
            };
            let sh = &mut self.headers[usize::from(i)].sh;
            (sh.link, sh.info) = (link as u32, info);
        }
    }

    /// Places the tables behind the sections. The last holds the names of sections, `names_len` bytes.
    fn place_tables(&mut self, names_len: u64) -> TablePlaces {
        let [symtab, strtab, shstrtab] =
            [".symtab", ".strtab", ".shstrtab"].map(|name| self.find(name));
        let symtab_off = self.x.end.next_multiple_of(8);
        let mut off = symtab_off;
        let mut strtab_off = off;
        if let Some(s) = self.x.symtab {
            let sh = &mut self.headers[symtab].sh;
            sh.typ = SHT_SYMTAB;
            sh.off = off;
            sh.size = s.n_syms * SYM_SIZE as u64;
            sh.addralign = 8;
            sh.entsize = SYM_SIZE as u64;
            sh.link = strtab as u32;
            sh.info = s.first_global;
            off += sh.size;
            strtab_off = off;
            let sh = &mut self.headers[strtab].sh;
            sh.typ = SHT_STRTAB;
            sh.off = off;
            sh.size = s.strtab;
            sh.addralign = 1;
            off += sh.size;
        }
        let sh = &mut self.headers[shstrtab].sh;
        sh.typ = SHT_STRTAB;
        sh.off = off;
        sh.size = names_len;
        sh.addralign = 1;
        TablePlaces {
            symtab_off,
            strtab_off,
            shstrtab_off: off,
            end: off + names_len,
        }
    }

    /// The bytes of the area, with their offsets.
    fn write(self) -> Result<Vec<(u64, Vec<u8>)>, TooBig> {
        let x = self.x;
        let (n_phdrs, n_headers) = (self.phdrs.len(), self.headers.len());
        let mut start = vec![0; EHDR_SIZE + n_phdrs * PHDR_SIZE + n_headers * SHDR_SIZE];
        Ehdr {
            typ: x.typ,
            machine: x.machine,
            entry: x.entry,
            phnum: n_phdrs as u16,
            shnum: n_headers as u16,
            shstrndx: self.find(".shstrtab") as u16,
            osabi: x.osabi,
            ..Ehdr::default()
        }
        .write(&mut start);
        let (p, s) = start[EHDR_SIZE..].split_at_mut(n_phdrs * PHDR_SIZE);
        for (h, out) in self.phdrs.iter().zip(p.chunks_mut(PHDR_SIZE)) {
            h.write(out);
        }
        for (h, out) in self.headers.iter().zip(s.chunks_mut(SHDR_SIZE)) {
            h.sh.write(out);
        }
        let len = start.len() as u64;
        let mut blobs = self.blobs;
        let used = len + blobs.iter().map(|(_, b)| b.len() as u64).sum::<u64>();
        if used > x.header_len || len > self.low {
            let n_text = x.sections.iter().filter(|s| s.name == ".text").count();
            return Err(TooBig {
                used,
                reserved: x.header_len,
                n_text,
            });
        }
        blobs.push((0, start));
        Ok(blobs)
    }
}

impl Phdr {
    /// The program header that tells the loader of a section.
    pub(super) fn of_section(typ: u32, flags: u32, sh: &Shdr) -> Phdr {
        Phdr {
            typ,
            flags,
            off: sh.off,
            addr: sh.addr,
            filesz: sh.size,
            memsz: sh.size,
            align: sh.addralign,
        }
    }
}

impl Note<'_> {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(12 + self.owner.len() + self.desc.len() + 3);
        for v in [self.owner.len() as u32, self.desc.len() as u32, self.typ] {
            out.extend_from_slice(&v.to_le_bytes());
        }
        for part in [self.owner, self.desc] {
            out.extend_from_slice(part);
            out.resize(out.len().next_multiple_of(4), 0);
        }
        out
    }
}

/// Builds the section name table of all `names`, in their order, and sets the headers' names. A name that
/// stands there twice is where it stands first.
pub(super) fn given_names(headers: &mut [Header], names: &[String]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut known: Vec<(&str, u32)> = Vec::new();
    for name in names {
        known.push((name, out.len() as u32));
        out.extend_from_slice(name.as_bytes());
        out.push(0);
    }
    for h in headers {
        let found = known.iter().find(|(n, _)| *n == h.name);
        h.sh.name = found.map_or(0, |&(_, off)| off);
    }
    out
}

/// Builds the section name table and sets the headers' names. Relocation sections come first, so
/// that the sections they belong to share their names' ends.
pub(super) fn name_table(headers: &mut [Header]) -> Vec<u8> {
    let mut out = vec![0];
    let mut known: Vec<(String, u32)> = vec![(String::new(), 0)];
    let push = |out: &mut Vec<u8>, known: &mut Vec<(String, u32)>, name: &str| {
        let off = out.len() as u32;
        known.push((name.to_owned(), off));
        out.extend_from_slice(name.as_bytes());
        out.push(0);
        off
    };
    for h in headers.iter() {
        if let Some(rest) = h.name.strip_prefix(REL_PREFIX) {
            if !known.iter().any(|(n, _)| n == rest) {
                known.push((rest.to_owned(), (out.len() + REL_PREFIX.len()) as u32));
            }
            push(&mut out, &mut known, h.name);
        }
    }
    for h in headers.iter_mut() {
        // The last entry of a name counts, as in a map.
        h.sh.name = match known.iter().rev().find(|(n, _)| n == h.name) {
            Some(&(_, off)) => off,
            None => push(&mut out, &mut known, h.name),
        };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input<'a>() -> ExecInput<'a> {
        ExecInput {
            typ: ET_EXEC,
            machine: 62,
            entry: 0x401000,
            header_len: 4096,
            header_addr: 0x400000,
            round: 4096,
            segments: vec![SegmentInput {
                addr: 0x401000,
                mem_len: 16,
                off: 4096,
                file_len: 16,
                flags: PF_R | PF_X,
                relro: None,
            }],
            interpreter: None,
            tls_len: 0,
            sections: vec![SectionInput {
                name: ".text",
                typ: SHT_PROGBITS,
                flags: SHF_ALLOC | SHF_EXECINSTR,
                addr: 0x401000,
                off: 4096,
                len: 16,
                align: 32,
                entsize: 0,
                link: "",
                info: SectionInfo::None,
            }],
            first_note: None,
            ident: vec![Note {
                section: ".note.ident",
                owner: b"NetBSD\0",
                typ: 1,
                desc: &[2; 4],
            }],
            osabi: 2,
            last_header: None,
            notes: vec![
                Note {
                    section: ".note.a",
                    owner: b"GNU\0",
                    typ: 3,
                    desc: &[1; 20],
                },
                Note {
                    section: ".note.b",
                    owner: b"Go\0\0",
                    typ: 4,
                    desc: b"abcde",
                },
            ],
            symtab: None,
            names: None,
            end: 4112,
        }
    }

    #[test]
    fn an_elf_reader_agrees() {
        let p = ExecPlan::new(&input()).unwrap();
        let mut file = vec![0; p.file_len as usize];
        for (off, b) in &p.header {
            file[*off as usize..][..b.len()].copy_from_slice(b);
        }
        let (off, names) = &p.shstrtab;
        file[*off as usize..].copy_from_slice(names);
        use object::{Object, ObjectSection};
        let f = object::File::parse(&*file).unwrap();
        assert_eq!(f.entry(), 0x401000);
        let text = f.section_by_name(".text").unwrap();
        assert_eq!((text.address(), text.size()), (0x401000, 16));
        assert_eq!(text.index().0, usize::from(p.index[0]));
        let note = f.section_by_name(".note.b").unwrap();
        assert_eq!(note.data().unwrap().len(), 24);
        assert!(
            note.data()
                .unwrap()
                .starts_with(&[4, 0, 0, 0, 5, 0, 0, 0, 4, 0, 0, 0])
        );
    }

    #[test]
    fn headers_and_names_stay_as_they_are_made() {
        let names = [
            "",
            ".note.b",
            ".text",
            ".none",
            ".note.a",
            ".text",
            ".note.ident",
            ".shstrtab",
        ];
        let x = ExecInput {
            names: Some(names.map(str::to_owned).to_vec()),
            ..input()
        };
        let p = ExecPlan::new(&x).unwrap();
        let want: Vec<u8> = names
            .iter()
            .flat_map(|n| [n.as_bytes(), &[0]].concat())
            .collect();
        assert_eq!(p.shstrtab.1, want);
        assert_eq!(p.index, [1]);
        let (_, start) = p.header.iter().find(|(off, _)| *off == 0).unwrap();
        let headers = &start[start.len() - 6 * SHDR_SIZE..];
        let names: Vec<u8> = headers.chunks(SHDR_SIZE).map(|h| h[0]).collect();
        assert_eq!(names, [0, 9, 35, 21, 1, 47]);
    }

    #[test]
    fn a_full_header_area_is_an_error() {
        let mut x = input();
        let long = [0; 4000];
        x.notes[0].desc = &long;
        assert!(ExecPlan::new(&x).is_err());
    }
}
