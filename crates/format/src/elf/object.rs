//! The headers of a relocatable object for the host linker (`ld/elf.go:asmbElf`, `elfshreloc`).

use super::consts::*;
use super::exec::{Header, SectionInput, SymtabSizes, TooBig, name_table};
use super::records::*;

/// What the headers describe.
#[derive(Clone, Debug)]
pub struct ObjectInput<'a> {
    /// `e_machine`
    pub machine: u16,
    /// Length of the header area, bytes.
    pub header_len: u64,
    /// Sections in the order they were made, each with the number of its relocations; `None` if it
    /// cannot have any.
    pub sections: Vec<(SectionInput<'a>, Option<u64>)>,
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

impl ObjectPlan {
    /// Lays out the headers. The header index of a section is its position plus one.
    ///
    /// # Errors
    /// When the header area cannot hold them.
    pub fn new(x: &ObjectInput) -> Result<ObjectPlan, TooBig> {
        let n = x.sections.len();
        let plain = |name, sh| Header {
            name,
            sh,
            input: None,
        };
        let mut headers = vec![plain("", Shdr::default())];
        headers.extend(x.sections.iter().map(|(s, _)| {
            let sh = Shdr {
                typ: s.typ,
                flags: s.flags,
                off: s.off,
                size: s.len,
                addralign: s.align,
                ..Shdr::default()
            };
            plain(s.name, sh)
        }));
        let symtab = headers.len();
        for name in [".symtab", ".strtab", ".shstrtab"] {
            headers.push(plain(name, Shdr::default()));
        }
        let rela_names: Vec<String> = x
            .sections
            .iter()
            .map(|(s, _)| format!(".rela{}", s.name))
            .collect();
        let mut rela = vec![None; n];
        for (i, (_, count)) in x.sections.iter().enumerate() {
            let Some(count) = *count else { continue };
            rela[i] = Some(headers.len());
            headers.push(plain(
                &rela_names[i],
                Shdr {
                    typ: SHT_RELA,
                    link: symtab as u32,
                    info: i as u32 + 1,
                    size: count * RELA_SIZE as u64,
                    addralign: 8,
                    entsize: RELA_SIZE as u64,
                    ..Shdr::default()
                },
            ));
        }
        headers.push(plain(
            ".note.GNU-stack",
            Shdr {
                typ: SHT_PROGBITS,
                addralign: 1,
                ..Shdr::default()
            },
        ));
        let names = name_table(&mut headers);

        let symtab_off = x.end.next_multiple_of(8);
        let symtab_size = x.symtab.n_syms * SYM_SIZE as u64;
        let strtab_off = symtab_off + symtab_size;
        let shstrtab_off = strtab_off + x.symtab.strtab;
        let name = headers[symtab].sh.name;
        headers[symtab].sh = Shdr {
            name,
            typ: SHT_SYMTAB,
            off: symtab_off,
            size: symtab_size,
            link: symtab as u32 + 1,
            info: x.symtab.first_global,
            addralign: 8,
            entsize: SYM_SIZE as u64,
            ..Shdr::default()
        };
        for (i, off, size) in [
            (symtab + 1, strtab_off, x.symtab.strtab),
            (symtab + 2, shstrtab_off, names.len() as u64),
        ] {
            let sh = &mut headers[i].sh;
            (sh.typ, sh.off, sh.size, sh.addralign) = (SHT_STRTAB, off, size, 1);
        }
        let mut at = (shstrtab_off + names.len() as u64).next_multiple_of(8);
        let mut relocs = Vec::with_capacity(n + 1);
        for h in &rela {
            relocs.push(at);
            if let Some(h) = *h {
                headers[h].sh.off = at;
                at += headers[h].sh.size;
            }
        }
        relocs.push(at);

        let mut header = vec![0; EHDR_SIZE + headers.len() * SHDR_SIZE];
        if header.len() as u64 > x.header_len {
            let n_text = x.sections.iter().filter(|s| s.0.name == ".text").count();
            return Err(TooBig {
                used: header.len() as u64,
                reserved: x.header_len,
                n_text,
            });
        }
        Ehdr {
            typ: ET_REL,
            machine: x.machine,
            shnum: headers.len() as u16,
            shstrndx: symtab as u16 + 2,
            ..Ehdr::default()
        }
        .write_object(&mut header);
        headers
            .iter()
            .zip(header[EHDR_SIZE..].chunks_mut(SHDR_SIZE))
            .for_each(|(h, out)| h.sh.write(out));
        Ok(ObjectPlan {
            header,
            symtab_off,
            strtab_off,
            shstrtab: (shstrtab_off, names),
            relocs,
            file_len: at,
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
            header_len: 4096,
            sections: vec![
                (section(".text", SHT_PROGBITS, 4096), Some(2)),
                (section(".data", SHT_PROGBITS, 4112), Some(0)),
                (section(".bss", SHT_NOBITS, 4128), None),
            ],
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
        let text = f.section_by_name(".text").unwrap();
        let relocs: Vec<_> = text.relocations().map(|(o, r)| (o, r.addend())).collect();
        assert_eq!(relocs, [(0, -4), (8, -4)]);
        assert_eq!(p.file_len, p.relocs[0] + 48);
        assert!(f.section_by_name(".note.GNU-stack").is_some());
        assert!(f.section_by_name(".rela.bss").is_none());
    }
}
