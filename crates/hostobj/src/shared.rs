//! Shared libraries of Go packages, as far as a program linked with one has to know
//! (`ld/lib.go:ldshlibsyms`, `readnote`; `debug/elf`).

use object::LittleEndian as LE;
use object::elf::{self, FileHeader64, Rela64, SectionHeader64, Sym64};
use object::pod::{self, Pod};

/// What is wrong with a library.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SharedLibError {
    /// It is no ELF file of 64 bits in little-endian order, or its headers are damaged.
    #[error("not an ELF file of 64 bits with sound headers")]
    Headers,
    /// There is no dynamic symbol table, or it is damaged.
    #[error("no sound dynamic symbol table")]
    Symbols,
    /// There are no relocations at all.
    #[error("no relocations")]
    NoRelocs,
    /// The relocations are damaged; how.
    #[error("{0}")]
    Relocs(String),
    /// A note is damaged; how.
    #[error("{0}")]
    Note(String),
}

/// A section of a library.
#[derive(Clone, Copy, Debug)]
pub struct LibSection<'d> {
    /// Where it is loaded, relative to the library; 0 for what is not loaded.
    pub addr: u64,
    /// Its size, bytes.
    pub size: u64,
    /// `SHT_…`.
    pub typ: u32,
    /// Number of another section, by type.
    link: u32,
    /// Contents, shorter than the size where the file ends; empty for sections without.
    pub data: &'d [u8],
}

/// An entry of the dynamic symbol table.
#[derive(Clone, Copy, Debug)]
pub struct DynSym<'d> {
    /// Name.
    pub name: &'d [u8],
    /// `STT_…`.
    pub typ: u8,
    /// Section that defines it; 0 for none.
    pub section: u16,
    /// Address.
    pub value: u64,
    /// Size, bytes.
    pub size: u64,
}

/// A pointer that the dynamic linker sets to the address of a symbol.
#[derive(Clone, Copy, Debug)]
pub struct DynReloc {
    /// Address of the pointer.
    pub at: u64,
    /// Index of the symbol among [`SharedLib::symbols`].
    pub sym: usize,
}

/// An opened library.
#[derive(Clone, Debug)]
pub struct SharedLib<'d> {
    /// Its sections, the null one first.
    pub sections: Vec<LibSection<'d>>,
}

fn table<T: Pod>(data: &[u8], off: u64, n: usize) -> Option<&[T]> {
    let data = data.get(usize::try_from(off).ok()?..)?;
    pod::slice_from_bytes(data, n).ok().map(|(t, _)| t)
}

/// Relocations of this type set a pointer, whichever the machine: x86-64, AArch64, LoongArch, s390x
/// and PowerPC number theirs differently, and cmd/link takes all of them.
const POINTER_TYPES: [u64; 5] = [1, 257, 2, 22, 38];

impl<'d> SharedLib<'d> {
    /// Reads the headers of a file.
    ///
    /// # Errors
    /// See [`SharedLibError::Headers`].
    pub fn open(data: &'d [u8]) -> Result<SharedLib<'d>, SharedLibError> {
        Self::read(data).ok_or(SharedLibError::Headers)
    }

    fn read(data: &'d [u8]) -> Option<SharedLib<'d>> {
        let header: &FileHeader64<LE> = table(data, 0, 1)?.first()?;
        let id = &header.e_ident;
        if id.magic != elf::ELFMAG || id.class != elf::ELFCLASS64 || id.data != elf::ELFDATA2LSB {
            return None;
        }
        let (n, names) = (header.e_shnum.get(LE), header.e_shstrndx.get(LE).0);
        if n > 0 && names >= n {
            return None;
        }
        let headers: &[SectionHeader64<LE>] = table(data, header.e_shoff.get(LE), n.into())?;
        let section = |h: &SectionHeader64<LE>| {
            let (typ, size) = (h.sh_type.get(LE), h.sh_size.get(LE));
            let contents = match typ {
                elf::SHT_NOBITS | elf::SHT_NULL => &[][..],
                _ => data.get(usize::try_from(h.sh_offset.get(LE)).ok()?..)?,
            };
            let len = contents.len().min(usize::try_from(size).ok()?);
            Some(LibSection {
                addr: h.sh_addr.get(LE),
                size,
                typ: typ.0,
                link: h.sh_link.get(LE),
                data: &contents[..len],
            })
        };
        let sections = headers.iter().map(section).collect::<Option<Vec<_>>>()?;
        Some(SharedLib { sections })
    }

    fn by_type(&self, typ: elf::SectionType) -> Option<&LibSection<'d>> {
        self.sections.iter().find(|s| s.typ == typ.0)
    }

    /// The description of the first note of an owner and a type, if there is one.
    ///
    /// # Errors
    /// A note before it is cut off.
    pub fn note(&self, owner: &[u8], typ: u32) -> Result<Option<&'d [u8]>, SharedLibError> {
        for s in self.sections.iter().filter(|s| s.typ == elf::SHT_NOTE.0) {
            let mut rest = s.data;
            while !rest.is_empty() {
                let mut field = |what: &str, len: usize| {
                    let padded = len.checked_next_multiple_of(4);
                    match padded.and_then(|n| rest.split_at_checked(n)) {
                        Some((field, r)) => {
                            rest = r;
                            Ok(&field[..len])
                        }
                        None => {
                            let why = if rest.is_empty() {
                                "EOF"
                            } else {
                                "unexpected EOF"
                            };
                            let text = format!("read {what} failed: {why}");
                            Err(SharedLibError::Note(text))
                        }
                    }
                };
                let mut number = |what| {
                    let b: [u8; 4] = field(what, 4)?.try_into().unwrap_or_default();
                    Ok::<u32, SharedLibError>(u32::from_le_bytes(b))
                };
                let (name, desc) = (number("namesize")?, number("descsize")?);
                let found = number("type")?;
                let name = field("name", name as usize)?;
                let desc = field("desc", desc as usize)?;
                if (name, found) == (owner, typ) {
                    return Ok(Some(desc));
                }
            }
        }
        Ok(None)
    }

    /// The dynamic symbols, in order, without the null one.
    ///
    /// # Errors
    /// See [`SharedLibError::Symbols`].
    pub fn symbols(&self) -> Result<Vec<DynSym<'d>>, SharedLibError> {
        self.read_symbols().ok_or(SharedLibError::Symbols)
    }

    fn read_symbols(&self) -> Option<Vec<DynSym<'d>>> {
        let s = self.by_type(elf::SHT_DYNSYM)?;
        let n = s.data.len() / size_of::<Sym64<LE>>();
        if n == 0 || s.data.len() as u64 != s.size || s.data.len() % size_of::<Sym64<LE>>() != 0 {
            return None;
        }
        let entries: &[Sym64<LE>] = table(s.data, 0, n)?;
        let names = self.sections.get(s.link as usize).filter(|_| s.link != 0)?;
        let name = |off: u32| {
            let rest = names.data.get(off as usize..).unwrap_or_default();
            let end = rest.iter().position(|&b| b == 0);
            end.map_or(&[][..], |end| &rest[..end])
        };
        let symbol = |e: &Sym64<LE>| DynSym {
            name: name(e.st_name.get(LE)),
            typ: e.st_info.0 & 0xf,
            section: e.st_shndx.get(LE).0,
            value: e.st_value.get(LE),
            size: e.st_size.get(LE),
        };
        Some(entries[1..].iter().map(symbol).collect())
    }

    /// The pointers that the dynamic linker sets to symbols, without those that point behind a
    /// symbol's start. `n_syms` is the number of symbols.
    ///
    /// # Errors
    /// There are no relocations, or damaged ones.
    pub fn pointers(&self, n_syms: usize) -> Result<Vec<DynReloc>, SharedLibError> {
        let rel = self.by_type(elf::SHT_REL);
        let (s, width) = match (rel, self.by_type(elf::SHT_RELA)) {
            (Some(s), _) => (s, size_of::<elf::Rel64<LE>>()),
            (None, Some(s)) => (s, size_of::<Rela64<LE>>()),
            (None, None) => return Err(SharedLibError::NoRelocs),
        };
        if s.data.len() as u64 != s.size || s.data.len() % width != 0 {
            let (found, n) = (s.data.len(), s.size);
            let text = format!("{found} bytes of {n}, in entries of {width}");
            return Err(SharedLibError::Relocs(text));
        }
        let mut out = Vec::new();
        for (i, r) in s.data.chunks_exact(width).enumerate() {
            let word = |i: usize| r[8 * i..][..8].try_into().map_or(0, u64::from_le_bytes);
            let (at, info, add) = (word(0), word(1), if width > 16 { word(2) } else { 0 });
            if add != 0 || !POINTER_TYPES.contains(&(info & 0xffff)) {
                continue;
            }
            match usize::try_from(info >> 32)
                .ok()
                .and_then(|n| n.checked_sub(1))
            {
                Some(sym) if sym < n_syms => out.push(DynReloc { at, sym }),
                _ => {
                    let (found, max) = (info >> 32, n_syms);
                    let text = format!("relocation {i}: symbol {found} of {max}");
                    return Err(SharedLibError::Relocs(text));
                }
            }
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_note(data: &[u8]) -> SharedLib<'_> {
        let section = |typ, data| LibSection {
            addr: 0,
            size: 0,
            typ,
            link: 0,
            data,
        };
        SharedLib {
            sections: vec![
                section(elf::SHT_NULL.0, &[][..]),
                section(elf::SHT_NOTE.0, data),
            ],
        }
    }

    #[test]
    fn notes_are_found_by_owner_and_type() {
        let mut bytes = Vec::new();
        for (owner, typ, desc) in [(b"GNU\0", 2u32, &b"a"[..]), (b"Go\0\0", 2, b"hash!")] {
            for n in [4, desc.len() as u32, typ] {
                bytes.extend(n.to_le_bytes());
            }
            bytes.extend(owner);
            bytes.extend(desc);
            bytes.resize(bytes.len().next_multiple_of(4), 0);
        }
        let lib = with_note(&bytes);
        assert_eq!(lib.note(b"Go\0\0", 2), Ok(Some(&b"hash!"[..])));
        assert_eq!(lib.note(b"Go\0\0", 3), Ok(None));
        let cut = |n: usize| match with_note(&bytes[..bytes.len() - n]).note(b"Go\0\0", 2) {
            Err(SharedLibError::Note(text)) => text,
            other => panic!("{other:?}"),
        };
        assert_eq!(cut(1), "read desc failed: unexpected EOF");
        assert_eq!(cut(8), "read desc failed: EOF");
        assert_eq!(cut(12), "read name failed: EOF");
        assert_eq!(cut(14), "read type failed: unexpected EOF");
        assert_eq!(cut(22), "read namesize failed: unexpected EOF");
    }

    #[test]
    fn what_is_no_library_is_refused() {
        for data in [&b""[..], b"\x7fELF", &[0x7f; 64]] {
            assert_eq!(SharedLib::open(data).err(), Some(SharedLibError::Headers));
        }
        let none = with_note(b"");
        assert_eq!(none.symbols().err(), Some(SharedLibError::Symbols));
        assert_eq!(none.pointers(1).err(), Some(SharedLibError::NoRelocs));
    }
}
