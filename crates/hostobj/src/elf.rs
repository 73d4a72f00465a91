//! Relocatable ELF objects (`loadelf.Load`).
//!
//! Checks come in cmd/link's order and with its words. Where cmd/link would index out of a file, or
//! read on into what follows the object in its archive, this is an error of its own.

use crate::relocs::reloc_type;
use gosort::Shuffle;
use gover::{RelocType, SymKind};
use object::LittleEndian as LE;
use object::elf::{self, FileHeader64, Rela64, SectionHeader64, Sym64};
use object::pod::{self, Pod};
use std::fmt;
use std::ops::Range;
use target::{ArchInfo, Family};

/// What is wrong with an object, in cmd/link's words, the object's name included.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ElfError(pub String);

/// A section that becomes part of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SectionUse {
    /// The kind of symbol it becomes.
    pub kind: SymKind,
    /// Whether it has contents in the object.
    pub contents: bool,
}

/// A section of an object.
#[derive(Clone, Debug)]
pub struct ElfSection<'d> {
    /// Name; empty if it has none.
    pub name: &'d [u8],
    /// What it becomes; `None` for sections that are left out.
    pub used: Option<SectionUse>,
    /// Contents; empty for sections without, and for those that are left out.
    pub data: &'d [u8],
    /// Size, bytes.
    pub size: u64,
    /// Alignment, bytes; 0 for none.
    pub align: u32,
    /// Its relocations, by offset.
    pub relocs: Vec<ElfReloc>,
}

/// The binding of a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bind {
    /// Seen in this object only.
    Local,
    /// Seen everywhere.
    Global,
    /// Seen everywhere, and yields to a global one.
    Weak,
}

/// What a symbol stands for, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ElfSymKind {
    /// A section.
    Section,
    /// Code, data or a label.
    Plain,
    /// Data that several objects may declare.
    Common,
    /// Something else: files, thread-local variables.
    Other,
}

/// Where a symbol is defined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shndx {
    /// Nowhere in this object, or outside its sections.
    None,
    /// It is common data.
    Common,
    /// In a section.
    Section(u32),
}

/// A symbol of an object.
#[derive(Clone, Copy, Debug)]
pub struct ElfSym<'d> {
    /// Name, as the linker knows it.
    pub name: &'d [u8],
    /// What it stands for.
    pub kind: ElfSymKind,
    /// Number of its ELF type.
    pub typ: u8,
    /// Binding.
    pub bind: Bind,
    /// Whether it is hidden outside of the output.
    pub hidden: bool,
    /// Where it is defined.
    pub place: Shndx,
    /// Section number as it stands in the file.
    pub shndx: u16,
    /// Offset in its section, bytes.
    pub value: u64,
    /// Size, bytes.
    pub size: u64,
    /// Whether it is a mark of the assembler that means nothing to a linker.
    pub ignored: bool,
}

/// A relocation of a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ElfReloc {
    /// Offset in the section, bytes.
    pub off: i32,
    /// Width of the field, bytes.
    pub siz: u8,
    /// Type; [`RelocType::Invalid`] for those that cannot be linked, which then have no width.
    pub typ: RelocType,
    /// Number of the type.
    pub number: u32,
    /// Number of the symbol; 0 for none.
    pub sym: u32,
    /// Addend.
    pub add: i64,
    /// Which of the section's relocations it is in the file, from 0, not counting those that are
    /// none.
    pub place: u32,
}

/// An object.
#[derive(Clone, Debug, Default)]
pub struct Elf<'d> {
    /// Its sections, in order.
    pub sections: Vec<ElfSection<'d>>,
    /// Its symbols, in order; the first one is none. Empty if it has no symbol table, and then
    /// nothing of it is linked.
    pub symbols: Vec<ElfSym<'d>>,
}

/// A reader of one object.
struct Reader<'d, 'n> {
    data: &'d [u8],
    name: &'n str,
    shuffle: Shuffle,
}

impl<'d> Reader<'d, '_> {
    fn error(&self, text: impl fmt::Display) -> ElfError {
        ElfError(format!("loadelf: {}: {text}", self.name))
    }

    fn malformed(&self, text: impl fmt::Display) -> ElfError {
        self.error(format_args!("malformed elf file: {text}"))
    }

    /// The `n` records at `off`.
    fn records<T: Pod>(&self, off: u64, n: u64) -> Result<&'d [T], ElfError> {
        usize::try_from(off)
            .ok()
            .and_then(|off| self.data.get(off..))
            .zip(usize::try_from(n).ok())
            .and_then(|(rest, n)| pod::slice_from_bytes(rest, n).ok())
            .map(|(records, _)| records)
            .ok_or_else(|| self.malformed("unexpected EOF"))
    }

    /// The contents of a section.
    fn contents(&self, h: &SectionHeader64<LE>) -> Result<&'d [u8], &'static str> {
        let off = h.sh_offset.get(LE);
        let range = off
            .checked_add(h.sh_size.get(LE))
            .and_then(|end| Some(usize::try_from(off).ok()?..usize::try_from(end).ok()?));
        range
            .and_then(|r: Range<usize>| self.data.get(r))
            .ok_or("elf section past end of file")
    }
}

/// The string at `off` of a string table, up to its zero or the table's end.
fn string(table: &[u8], off: u32) -> Option<&[u8]> {
    let s = table.get(off as usize..)?;
    Some(s.split(|&b| b == 0).next().unwrap_or(s))
}

impl<'d> Elf<'d> {
    /// Reads an object for a machine. `name` is what messages call it. Relocations are sorted by their
    /// places; `shuffle` is how those of one place are mixed up.
    ///
    /// # Errors
    /// The object is damaged, for another machine, or has something that cannot be linked.
    pub fn parse(
        data: &'d [u8],
        name: &str,
        arch: &ArchInfo,
        shuffle: Shuffle,
    ) -> Result<Elf<'d>, ElfError> {
        let r = Reader {
            data,
            name,
            shuffle,
        };
        let Ok((header, _)) = pod::from_bytes::<FileHeader64<LE>>(data) else {
            return Err(r.malformed("unexpected EOF"));
        };
        check_header(&r, header, arch)?;
        let (n, size) = (header.e_shnum.get(LE), header.e_shentsize.get(LE));
        let headers = (0..u64::from(n))
            .map(|i| {
                let at = header.e_shoff.get(LE).wrapping_add(i * u64::from(size));
                Ok(&r.records::<SectionHeader64<LE>>(at, 1)?[0])
            })
            .collect::<Result<Vec<_>, ElfError>>()?;
        let names = header.e_shstrndx.get(LE).0;
        let Some(table) = headers.get(usize::from(names)) else {
            return Err(r.malformed(format_args!("shstrndx out of range {names} >= {n}")));
        };
        let table = r.contents(table).map_err(|e| r.malformed(e))?;
        let mut sections = Vec::with_capacity(headers.len());
        for h in &headers {
            let name = match h.sh_name.get(LE) {
                0 => &[][..],
                off => string(table, off).ok_or_else(|| {
                    r.malformed(format_args!(
                        "section name {off:#x} past end of string table"
                    ))
                })?,
            };
            sections.push(ElfSection {
                name,
                used: None,
                data: &[],
                size: h.sh_size.get(LE),
                align: 0,
                relocs: Vec::new(),
            });
        }
        let Some(symtab) = sections.iter().position(|s| s.name == b".symtab") else {
            // Nothing can refer to it.
            return Ok(Elf::default());
        };
        let symtab = headers[symtab];
        let strings = match symtab.sh_link.get(LE) {
            0 => None,
            link => headers.get(link as usize),
        };
        let Some(strings) = strings else {
            return Err(r.error("elf object has symbol table with invalid string table link"));
        };
        let table = r.contents(symtab).map_err(|e| r.malformed(e))?;
        let strings = r.contents(strings).map_err(|e| r.malformed(e))?;
        for (h, s) in headers.iter().zip(&mut sections) {
            use_section(&r, h, s)?;
        }
        let symbols = symbols(&r, table, strings, &sections, arch.family)?;
        let mut elf = Elf { sections, symbols };
        elf.load_relocs(&r, &headers, arch.family)?;
        Ok(elf)
    }

    fn load_relocs(
        &mut self,
        r: &Reader<'d, '_>,
        headers: &[&SectionHeader64<LE>],
        family: Family,
    ) -> Result<(), ElfError> {
        for h in headers {
            let rela = match h.sh_type.get(LE) {
                elf::SHT_RELA => true,
                elf::SHT_REL => false,
                _ => continue,
            };
            let target = h.sh_info.get(LE) as usize;
            let Some(section) = self.sections.get_mut(target) else {
                continue;
            };
            if section.used.is_none_or(|u| !u.contents) {
                continue;
            }
            let bytes = r.contents(h).map_err(|e| r.malformed(e))?;
            let width = if rela { 24 } else { 16 };
            let mut place = 0;
            for rec in bytes.chunks_exact(width) {
                let (rec, add) = match rela {
                    true => match pod::from_bytes::<Rela64<LE>>(rec) {
                        Ok((x, _)) => ((x.r_offset.get(LE), x.r_info.get(LE)), Some(x.r_addend)),
                        Err(()) => continue,
                    },
                    false => match pod::from_bytes::<elf::Rel64<LE>>(rec) {
                        Ok((x, _)) => ((x.r_offset.get(LE), x.r_info.get(LE)), None),
                        Err(()) => continue,
                    },
                };
                let (off, number, sym) = (rec.0 as i32, rec.1 as u32, (rec.1 >> 32) as u32);
                if number == 0 {
                    continue;
                }
                if sym != 0 && sym as usize >= self.symbols.len() {
                    return Err(r.malformed("invalid elf symbol index"));
                }
                let (typ, siz) = reloc_type(family, number).unwrap_or((RelocType::Invalid, 0));
                let field = usize::try_from(off)
                    .ok()
                    .and_then(|o| section.data.get(o..o + usize::from(siz)));
                let Some(field) = field else {
                    return Err(r.malformed(format_args!(
                        "relocation at {off:#x} outside of section {:?} of {:#x} bytes",
                        String::from_utf8_lossy(section.name),
                        section.size,
                    )));
                };
                let add = match add {
                    Some(a) => a.get(LE),
                    None => field.iter().rev().fold(0u64, |v, &b| v << 8 | u64::from(b)) as i64,
                };
                place += 1;
                section.relocs.push(ElfReloc {
                    off,
                    place: place - 1,
                    siz,
                    typ,
                    number,
                    sym,
                    add: if siz == 4 { i64::from(add as i32) } else { add },
                });
            }
            gosort::sort_by(&mut section.relocs, r.shuffle, |a, b| a.off < b.off);
        }
        Ok(())
    }
}

fn check_header(r: &Reader, h: &FileHeader64<LE>, arch: &ArchInfo) -> Result<(), ElfError> {
    let ident = &h.e_ident;
    if !matches!(ident.data, elf::ELFDATA2LSB | elf::ELFDATA2MSB) {
        return Err(r.error("malformed elf file, unknown header"));
    }
    if ident.magic != elf::ELFMAG {
        return Err(r.error("malformed elf file, bad header"));
    }
    let big = ident.data == elf::ELFDATA2MSB;
    let (version, typ) = match big {
        true => (
            h.e_version.get(LE).swap_bytes(),
            h.e_type.get(LE).0.swap_bytes(),
        ),
        false => (h.e_version.get(LE), h.e_type.get(LE).0),
    };
    if u32::from(ident.version.0) != version {
        return Err(r.error(format_args!(
            "malformed elf version: got {}, want {version}",
            ident.version.0
        )));
    }
    if typ != elf::ET_REL.0 {
        return Err(r.error("elf but not elf relocatable object"));
    }
    let right = !big && h.e_machine.get(LE).0 == arch.elf_machine && ident.class == elf::ELFCLASS64;
    if !right {
        return Err(r.error(format_args!("elf object but not {}", arch.name)));
    }
    Ok(())
}

/// Finds out what a section becomes.
fn use_section<'d>(
    r: &Reader<'d, '_>,
    h: &SectionHeader64<LE>,
    s: &mut ElfSection<'d>,
) -> Result<(), ElfError> {
    let (typ, flags) = (h.sh_type.get(LE), h.sh_flags.get(LE));
    let contents = match typ {
        elf::SHT_PROGBITS => true,
        elf::SHT_NOBITS => false,
        _ => return Ok(()),
    };
    let (alloc, write, exec) = (elf::SHF_ALLOC, elf::SHF_WRITE, elf::SHF_EXECINSTR);
    if flags.0 & alloc.0 == 0 {
        return Ok(());
    }
    if contents {
        s.data = r
            .contents(h)
            .map_err(|e| r.error(format_args!("{}: malformed elf file: {e}", r.name)))?;
    }
    let mut kind = match flags & (alloc | write | exec) {
        f if f == alloc => SymKind::Rodata,
        f if f == alloc | write && contents => SymKind::NoPtrData,
        f if f == alloc | write => SymKind::NoPtrBss,
        f if f == alloc | exec => SymKind::Text,
        _ => {
            return Err(r.error(format_args!(
                "{}: unexpected flags for ELF section {}",
                r.name,
                String::from_utf8_lossy(s.name)
            )));
        }
    };
    if s.name == b".got" || s.name == b".toc" {
        kind = SymKind::ElfGot;
    }
    let align = h.sh_addralign.get(LE);
    match u32::try_from(align) {
        Ok(a) if a == 0 || (a.is_power_of_two() && a <= 1 << 30) => s.align = a,
        _ => {
            return Err(r.malformed(format_args!(
                "section {:?} is to be aligned to {align:#x} bytes",
                String::from_utf8_lossy(s.name)
            )));
        }
    }
    s.used = Some(SectionUse { kind, contents });
    Ok(())
}

fn symbols<'d>(
    r: &Reader<'d, '_>,
    table: &'d [u8],
    strings: &'d [u8],
    sections: &[ElfSection],
    family: Family,
) -> Result<Vec<ElfSym<'d>>, ElfError> {
    let mut out = Vec::with_capacity(table.len() / size_of::<Sym64<LE>>());
    for (i, rec) in table.chunks_exact(size_of::<Sym64<LE>>()).enumerate() {
        let Ok((s, _)) = pod::from_bytes::<Sym64<LE>>(rec) else {
            break;
        };
        let bad = |text: String| r.error(format_args!("{}: malformed elf file: {text}", r.name));
        let off = s.st_name.get(LE);
        let mut name = string(strings, off).ok_or_else(|| {
            bad(format!(
                "name {off:#x} of symbol {i} past end of string table"
            ))
        })?;
        if name == b"_GLOBAL_OFFSET_TABLE_" {
            name = b".got";
        }
        let (typ, shndx) = (s.st_type(), s.st_shndx.get(LE));
        let kind = match typ {
            elf::STT_SECTION => ElfSymKind::Section,
            elf::STT_NOTYPE | elf::STT_OBJECT | elf::STT_FUNC => ElfSymKind::Plain,
            elf::STT_COMMON => ElfSymKind::Common,
            _ => ElfSymKind::Other,
        };
        let named = matches!(kind, ElfSymKind::Plain | ElfSymKind::Common);
        let mut bind = match s.st_bind() {
            elf::STB_GLOBAL => Bind::Global,
            elf::STB_WEAK => Bind::Weak,
            elf::STB_LOCAL => Bind::Local,
            // The binding of others is not looked at, and the first symbol is none.
            _ if !named || i == 0 => Bind::Local,
            b => {
                return Err(bad(format!(
                    "{}: invalid symbol binding {}",
                    String::from_utf8_lossy(name),
                    b.0
                )));
            }
        };
        if name == b".TOC." {
            bind = Bind::Local;
        }
        let place = match shndx {
            elf::SHN_COMMON => Shndx::Common,
            elf::SHN_UNDEF => Shndx::None,
            n if usize::from(n.0) < sections.len() => Shndx::Section(n.0.into()),
            n if kind == ElfSymKind::Section => {
                let n = n.0;
                return Err(bad(format!(
                    "symbol {i} stands for section {n}, which is none"
                )));
            }
            _ => Shndx::None,
        };
        let mark = family == Family::Arm64
            && bind == Bind::Local
            && [b"$a", b"$d", b"$x"].iter().any(|m| name.starts_with(*m));
        out.push(ElfSym {
            name,
            kind,
            typ: typ.0,
            bind,
            hidden: s.st_other.0 == elf::STV_HIDDEN.0,
            place,
            shndx: shndx.0,
            value: s.st_value.get(LE),
            size: s.st_size.get(LE),
            ignored: i == 0 || mark,
        });
    }
    Ok(out)
}

impl ElfSym<'_> {
    /// Whether a symbol of a section that is left out is a label that compilers leave there, and
    /// nothing to complain of. `macros` and `views` say whether the names that gcc gives to groups of
    /// macros, and to views of variables, count as such.
    pub fn is_debug_label(&self, section: &[u8], macros: bool, views: bool) -> bool {
        let starts = |p: &[u8]| self.name.starts_with(p);
        if self.typ == elf::STT_NOTYPE.0
            && ((section.starts_with(b".debug_") && self.name.is_empty())
                || starts(b".Ldebug_")
                || self.name == b".L0 "
                || self.name == b".Lline_table_start0"
                || (starts(b"$d") && section == b".debug_frame")
                || macros && (starts(b"wm4.") || starts(b"wm8.")))
        {
            return true;
        }
        [".Linfo_string", ".LASF", ".LLRL", ".LLST"]
            .iter()
            .any(|p| starts(p.as_bytes()))
            || views && starts(b".LVUS")
    }
}
