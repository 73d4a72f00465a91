//! The headers of a relocatable object for the host linker (`ld/elf.go:asmbElf`, `elfshreloc`).

use super::consts::*;
use super::exec::{Header, Note, SectionInput, SymtabSizes, TooBig, given_names, name_table};
use super::records::*;

/// What the headers describe.
#[derive(Clone, Debug)]
pub struct ObjectInput<'a> {
    /// `e_machine`
    pub machine: u16,
    /// `e_ident[EI_OSABI]`
    pub osabi: u8,
    /// Length of the header area, bytes.
    pub header_len: u64,
    /// Sections in the order they were made, each with the number of its relocations; `None` if it
    /// cannot have any.
    pub sections: Vec<(SectionInput<'a>, Option<u64>)>,
    /// A note at the end of the header area, which has a program header.
    pub first_note: Option<Note<'a>>,
    /// As for executables.
    pub names: Option<Vec<String>>,
    /// Sizes of the symbol table.
    pub symtab: SymtabSizes,
    /// Offset in the file at which the last section ends.
    pub end: u64,
}

/// The headers, laid out.
#[derive(Debug)]
pub struct ObjectPlan {
    /// The bytes at the start of the file.
    pub header: Vec<u8>,
    /// Offset in the file of the symbol table.
    pub symtab_off: u64,
    /// Offset in the file of the string table.
    pub strtab_off: u64,
    /// Offset in the file of the section name table, and its bytes.
    pub shstrtab: (u64, Vec<u8>),
    /// Offset in the file of each section's relocations, and of their end.
    pub relocs: Vec<u64>,
    /// Length of the file.
    pub file_len: u64,
}

/// A table of `size` bytes of `entsize` each.
fn table(typ: u32, size: u64, entsize: usize) -> Shdr {
    Shdr {
        typ,
        size,
        addralign: 8,
        entsize: entsize as u64,
        ..Shdr::default()
    }
}

fn strings(size: u64) -> Shdr {
    Shdr {
        typ: SHT_STRTAB,
        size,
        addralign: 1,
        ..Shdr::default()
    }
}

/// All headers in order, without the places in the file of what they add to the input.
struct Headers<'a> {
    list: Vec<Header<'a>>,
    /// Indices of the symbol table, the string table and the section name table.
    tables: [usize; 3],
    /// Index of the header of each section's relocations.
    rela: Vec<Option<usize>>,
    /// The bytes of the section name table.
    names: Vec<u8>,
    /// The program header of the note at the area's end, and the note.
    note: Option<(Phdr, Vec<u8>)>,
}

impl<'a> Headers<'a> {
    /// `rela_names` gives each section's relocations a name.
    fn new(x: &ObjectInput<'a>, rela_names: &'a [String]) -> Self {
        let header = |name, sh| Header {
            name,
            sh,
            input: None,
        };
        let mut list = vec![header("", Shdr::default())];
        list.extend(x.sections.iter().map(|(s, _)| {
            let sh = Shdr {
                typ: s.typ,
                flags: s.flags,
                off: s.off,
                size: s.len,
                addralign: s.align,
                ..Shdr::default()
            };
            header(s.name, sh)
        }));
        let note = x.first_note.as_ref().map(|n| {
            let bytes = n.encode();
            let off = x.header_len - bytes.len() as u64;
            let sh = Shdr {
                typ: SHT_NOTE,
                flags: SHF_ALLOC,
                // As if the area lay before the address 0.
                addr: off.wrapping_sub(x.header_len),
                off,
                size: bytes.len() as u64,
                addralign: 4,
                ..Shdr::default()
            };
            list.push(header(n.section, sh));
            (Phdr::of_section(PT_NOTE, PF_R, &sh), bytes)
        });
        let n = list.len();
        let [symtab, strtab, shstrtab] = match x.names {
            Some(_) => [n + 1, n + 2, n],
            None => [n, n + 1, n + 2],
        };
        let symbols = Shdr {
            link: strtab as u32,
            info: x.symtab.first_global,
            ..table(SHT_SYMTAB, x.symtab.n_syms * SYM_SIZE as u64, SYM_SIZE)
        };
        list.push(header(".symtab", symbols));
        list.push(header(".strtab", strings(x.symtab.strtab)));
        list.push(header(".shstrtab", strings(0)));
        if x.names.is_some() {
            list[n..].rotate_right(1);
        }
        let mut rela = vec![None; x.sections.len()];
        for (i, (_, count)) in x.sections.iter().enumerate() {
            let Some(count) = *count else { continue };
            rela[i] = Some(list.len());
            let sh = Shdr {
                link: symtab as u32,
                info: i as u32 + 1,
                ..table(SHT_RELA, count * RELA_SIZE as u64, RELA_SIZE)
            };
            list.push(header(&rela_names[i], sh));
        }
        let stack = Shdr {
            typ: SHT_PROGBITS,
            addralign: 1,
            ..Shdr::default()
        };
        list.push(header(".note.GNU-stack", stack));
        let names = match &x.names {
            Some(names) => given_names(&mut list, names),
            None => name_table(&mut list),
        };
        list[shstrtab].sh.size = names.len() as u64;
        Headers {
            list,
            tables: [symtab, strtab, shstrtab],
            rela,
            names,
            note,
        }
    }

    /// Places what is behind the sections, which end at `at`. Answers where each section's
    /// relocations begin, and the end of all.
    fn place(&mut self, mut at: u64) -> Vec<u64> {
        at = at.next_multiple_of(8);
        for i in self.tables {
            let sh = &mut self.list[i].sh;
            sh.off = at;
            at += sh.size;
        }
        at = at.next_multiple_of(8);
        let mut relocs = Vec::with_capacity(self.rela.len() + 1);
        for &header in &self.rela {
            relocs.push(at);
            if let Some(header) = header {
                let sh = &mut self.list[header].sh;
                sh.off = at;
                at += sh.size;
            }
        }
        relocs.push(at);
        relocs
    }

    /// The ELF header and these headers as bytes.
    fn write(&self, machine: u16, osabi: u8) -> Vec<u8> {
        let phdr = self.note.as_ref().map(|(phdr, _)| phdr);
        let start = EHDR_SIZE + phdr.map_or(0, |_| PHDR_SIZE);
        let mut out = vec![0; start + self.list.len() * SHDR_SIZE];
        Ehdr {
            typ: ET_REL,
            machine,
            osabi,
            phnum: phdr.map_or(0, |_| 1),
            shnum: self.list.len() as u16,
            shstrndx: self.tables[2] as u16,
            ..Ehdr::default()
        }
        .write_object(&mut out);
        if let Some(phdr) = phdr {
            phdr.write(&mut out[EHDR_SIZE..start]);
        }
        self.list
            .iter()
            .zip(out[start..].chunks_mut(SHDR_SIZE))
            .for_each(|(h, out)| h.sh.write(out));
        out
    }
}

impl ObjectPlan {
    /// Lays out the headers. The header index of a section is its position plus one.
    ///
    /// # Errors
    /// When the header area cannot hold them.
    pub fn new(x: &ObjectInput) -> Result<ObjectPlan, TooBig> {
        let sections = x.sections.iter();
        let rela_names: Vec<String> = sections.map(|(s, _)| format!(".rela{}", s.name)).collect();
        let mut headers = Headers::new(x, &rela_names);
        let relocs = headers.place(x.end);
        let mut header = headers.write(x.machine, x.osabi);
        let note = headers.note.as_ref().map_or(&[][..], |(_, bytes)| bytes);
        let used = (header.len() + note.len()) as u64;
        if used > x.header_len {
            return Err(TooBig {
                used,
                reserved: x.header_len,
                n_text: x.sections.iter().filter(|s| s.0.name == ".text").count(),
            });
        }
        if !note.is_empty() {
            header.resize(x.header_len as usize - note.len(), 0);
            header.extend_from_slice(note);
        }
        let off = |i: usize| headers.list[headers.tables[i]].sh.off;
        Ok(ObjectPlan {
            header,
            symtab_off: off(0),
            strtab_off: off(1),
            shstrtab: (off(2), headers.names),
            file_len: *relocs.last().expect("the end of all"),
            relocs,
        })
    }
}

/// A relocation with an addend (`Elf64_Rela`).
#[derive(Clone, Copy, Debug)]
pub struct Rela {
    /// Offset of the field in its section, bytes.
    pub off: u64,
    /// `R_*`
    pub typ: u32,
    /// Index in the symbol table.
    pub sym: u32,
    /// Addend.
    pub add: i64,
}

impl Rela {
    /// Writes the record at the start of `out`.
    #[inline]
    pub fn write(&self, out: &mut [u8]) {
        let out: &mut [u8; RELA_SIZE] = (&mut out[..RELA_SIZE]).try_into().unwrap();
        out[..8].copy_from_slice(&self.off.to_le_bytes());
        out[8..12].copy_from_slice(&self.typ.to_le_bytes());
        out[12..16].copy_from_slice(&self.sym.to_le_bytes());
        out[16..].copy_from_slice(&self.add.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::super::SectionInfo;
    use super::*;

    #[test]
    fn an_elf_reader_agrees() {
        let section = |name, typ, off| SectionInput {
            name,
            typ,
            flags: SHF_ALLOC,
            addr: 0,
            off,
            len: 16,
            align: 16,
            entsize: 0,
            link: "",
            info: SectionInfo::None,
        };
        let x = ObjectInput {
            machine: 62,
            osabi: 9,
            header_len: 4096,
            sections: vec![
                (section(".text", SHT_PROGBITS, 4096), Some(2)),
                (section(".data", SHT_PROGBITS, 4112), Some(0)),
                (section(".bss", SHT_NOBITS, 4128), None),
            ],
            first_note: None,
            names: None,
            symtab: SymtabSizes {
                n_syms: 3,
                first_global: 3,
                strtab: 1,
            },
            end: 4129,
        };
        let p = ObjectPlan::new(&x).unwrap();
        let mut file = vec![0; p.file_len as usize];
        file[..p.header.len()].copy_from_slice(&p.header);
        let (off, names) = &p.shstrtab;
        file[*off as usize..][..names.len()].copy_from_slice(names);
        for i in 0..2 {
            let at = p.relocs[0] as usize + i * RELA_SIZE;
            Rela {
                off: 8 * i as u64,
                typ: 1,
                sym: 1 + i as u32,
                add: -4,
            }
            .write(&mut file[at..]);
        }
        use object::{Object, ObjectSection};
        let f = object::File::parse(&*file).unwrap();
        assert_eq!(f.kind(), object::ObjectKind::Relocatable);
        assert_eq!(file[7], 9, "the system");
        let text = f.section_by_name(".text").unwrap();
        let relocs: Vec<_> = text.relocations().map(|(o, r)| (o, r.addend())).collect();
        assert_eq!(relocs, [(0, -4), (8, -4)]);
        assert_eq!(p.file_len, p.relocs[0] + 48);
        assert!(f.section_by_name(".note.GNU-stack").is_some());
        assert!(f.section_by_name(".rela.bss").is_none());
    }
}
