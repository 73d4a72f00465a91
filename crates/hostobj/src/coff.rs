//! COFF objects (`loadpe.Load`, `debug/pe.NewFile`).
//!
//! Checks have cmd/link's words where it has some. Where it would index out of a file, or read on into
//! what follows the object in its archive, this is an error of its own.

use crate::elf::SectionUse;
use gover::{CoffRelocs, RelocType, SymKind};
use object::LittleEndian as LE;
use object::pe::{
    self, ImageAuxSymbolSection, ImageFileHeader, ImageRelocation, ImageSectionHeader, ImageSymbol,
};
use object::pod::{self, Pod};
use std::fmt;
use target::{ArchInfo, Family};

/// What is wrong with an object, in cmd/link's words where it has some; the object's name is included.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CoffError(pub String);

/// When several objects may have a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comdat {
    /// Always; any of them will do.
    Any,
    /// If they are of the same size, which is this one, bytes.
    SameSize(u64),
}

/// A section of an object.
#[derive(Clone, Debug)]
pub struct CoffSection<'d> {
    /// Name.
    pub name: &'d [u8],
    /// What it becomes; `None` for sections that are left out.
    pub used: Option<SectionUse>,
    /// Contents; empty for sections without, and for those that are left out.
    pub data: &'d [u8],
    /// Size, bytes.
    pub size: u64,
    /// Whether other objects may have it too.
    pub comdat: Option<Comdat>,
    /// Its relocations, in the file's order.
    pub relocs: Vec<CoffReloc>,
}

/// Who sees a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoffScope {
    /// Every object.
    Global,
    /// This object.
    Local,
}

/// Where a symbol is defined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoffPlace {
    /// Nowhere in this object. With a value it is common data of that size.
    Undefined,
    /// In a section, counted from 0.
    Section(u32),
    /// At a fixed address.
    Absolute,
    /// It tells something to debuggers, or is in a section that there is not.
    Nowhere,
}

/// A symbol of an object.
#[derive(Clone, Copy, Debug)]
pub struct CoffSym<'d> {
    /// Name.
    pub name: &'d [u8],
    /// Whether it is part of the symbol before it.
    pub auxiliary: bool,
    /// Whether it stands for its section.
    pub section: bool,
    /// Whether it tells something of the object rather than of its contents.
    pub mark: bool,
    /// Where it is defined.
    pub place: CoffPlace,
    /// Offset in its section, or size, bytes.
    pub value: u32,
    /// Number of its type.
    pub typ: u16,
    /// Number of its storage class.
    pub class: u8,
}

/// A relocation of a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoffReloc {
    /// Offset in the section, bytes.
    pub off: i32,
    /// Width of the field, bytes.
    pub siz: u8,
    /// Type.
    pub typ: RelocType,
    /// Whether it does not keep its target: that of what describes functions.
    pub weak: bool,
    /// Number of the symbol.
    pub sym: u32,
    /// Addend.
    pub add: i64,
}

/// An object.
#[derive(Clone, Debug, Default)]
pub struct Coff<'d> {
    /// Its sections, in order.
    pub sections: Vec<CoffSection<'d>>,
    /// Its symbols, in order, those that are parts of others included.
    pub symbols: Vec<CoffSym<'d>>,
}

impl CoffSection<'_> {
    /// Whether it holds resources.
    pub fn is_resource(&self) -> bool {
        self.name == b".rsrc" || self.is_resource_part()
    }

    /// Whether it holds resources whose data are in another section.
    fn is_resource_part(&self) -> bool {
        self.name.starts_with(b".rsrc$")
    }
}

impl CoffSym<'_> {
    /// Who sees it.
    ///
    /// # Errors
    /// It is of a kind that cannot be linked; the text has no object's name.
    pub fn scope(&self) -> Result<CoffScope, String> {
        let name = || String::from_utf8_lossy(self.name);
        // What is derived from its type: nothing, or a function.
        if !matches!(self.typ >> 4 & 0xf, 0 | 2) {
            return Err(format!("{}: invalid symbol type {}", name(), self.typ));
        }
        match pe::SymbolClass(self.class) {
            pe::IMAGE_SYM_CLASS_EXTERNAL => Ok(CoffScope::Global),
            pe::IMAGE_SYM_CLASS_NULL | pe::IMAGE_SYM_CLASS_STATIC | pe::IMAGE_SYM_CLASS_LABEL => {
                Ok(CoffScope::Local)
            }
            class => Err(format!("{}: invalid symbol binding {}", name(), class.0)),
        }
    }

    /// Whether it is a static symbol at the beginning of its section.
    pub fn is_static_start(&self) -> bool {
        self.class == pe::IMAGE_SYM_CLASS_STATIC.0 && self.value == 0
    }
}

/// A name without what says how many bytes of arguments a function takes: from the last `@` on.
pub fn undecorated(name: &[u8]) -> &[u8] {
    name.iter()
        .rposition(|&b| b == b'@')
        .map_or(name, |i| &name[..i])
}

/// A reader of one object.
struct Reader<'d, 'n> {
    data: &'d [u8],
    name: &'n str,
    arch: &'n ArchInfo,
    known: CoffRelocs,
    /// The string table, its length left out, which offsets count.
    strings: &'d [u8],
}

/// Length of the string table's own length, bytes.
const STRINGS_AT: u32 = 4;

impl<'d> Reader<'d, '_> {
    fn error(&self, text: impl fmt::Display) -> CoffError {
        CoffError(format!("{}: {text}", self.name))
    }

    /// `n` records of `what` at `off`.
    fn records<T: Pod>(&self, off: u64, n: u64, what: &str) -> Result<&'d [T], CoffError> {
        usize::try_from(off)
            .ok()
            .and_then(|off| self.data.get(off..))
            .zip(usize::try_from(n).ok())
            .and_then(|(rest, n)| pod::slice_from_bytes(rest, n).ok())
            .map(|(records, _)| records)
            .ok_or_else(|| {
                self.error(format_args!(
                    "fail to read {what}: {} bytes at {off:#x} of a file of {:#x}",
                    n.saturating_mul(size_of::<T>() as u64),
                    self.data.len(),
                ))
            })
    }

    /// The string at `off` of the string table, up to its zero or the table's end.
    fn string(&self, off: u32) -> Result<&'d [u8], CoffError> {
        let Some(at) = off.checked_sub(STRINGS_AT) else {
            return Err(self.error(format_args!(
                "offset {off} is before the start of string table"
            )));
        };
        match self.strings.get(at as usize..) {
            Some(rest) => Ok(until_zero(rest)),
            None => Err(self.error(format_args!(
                "offset {at} is beyond the end of string table"
            ))),
        }
    }

    fn section_name(&self, field: &'d [u8; 8]) -> Result<&'d [u8], CoffError> {
        let short = until_zero(field);
        let Some(number) = short.strip_prefix(b"/") else {
            return Ok(short);
        };
        let text = String::from_utf8_lossy(number);
        match text.parse::<i64>() {
            Ok(off) => self.string(off as u32),
            Err(_) => Err(self.error(format_args!(
                "section name {:?} is no offset",
                String::from_utf8_lossy(short)
            ))),
        }
    }

    fn symbol_name(&self, field: &'d [u8; 8]) -> Result<&'d [u8], CoffError> {
        match *field {
            [0, 0, 0, 0, 0, 0, 0, 0] => Ok(&[]),
            [0, 0, 0, 0, ref off @ ..] => self.string(u32::from_le_bytes(*off)),
            _ => Ok(until_zero(field)),
        }
    }
}

fn until_zero(bytes: &[u8]) -> &[u8] {
    bytes.split(|&b| b == 0).next().unwrap_or(bytes)
}

impl<'d> Coff<'d> {
    /// Reads an object for a machine. `name` is what messages call it, `known` says which relocations it may
    /// have.
    ///
    /// # Errors
    /// The object is damaged, or has something that cannot be linked.
    pub fn parse(
        data: &'d [u8],
        name: &str,
        arch: &ArchInfo,
        known: CoffRelocs,
    ) -> Result<Coff<'d>, CoffError> {
        let mut r = Reader {
            data,
            name,
            arch,
            known,
            strings: &[],
        };
        let header = &r.records::<ImageFileHeader>(0, 1, "file header")?[0];
        let symbols_at = header.pointer_to_symbol_table.get(LE);
        let n_symbols = match symbols_at {
            0 => 0,
            _ => header.number_of_symbols.get(LE),
        };
        if symbols_at != 0 {
            let at = u64::from(symbols_at) + u64::from(n_symbols) * size_of::<ImageSymbol>() as u64;
            r.strings = strings(&r, at)?;
        }
        let table =
            r.records::<ImageSymbol>(symbols_at.into(), n_symbols.into(), "symbol table")?;
        let headers_at =
            size_of::<ImageFileHeader>() as u64 + u64::from(header.size_of_optional_header.get(LE));
        let n_sections = header.number_of_sections.get(LE);
        let headers =
            r.records::<ImageSectionHeader>(headers_at, n_sections.into(), "section headers")?;
        let symbols = symbols(&r, table, headers.len())?;
        let mut sections = headers
            .iter()
            .map(|h| section(&r, h))
            .collect::<Result<Vec<_>, _>>()?;
        select_comdats(&r, table, &symbols, &mut sections)?;
        for (h, s) in headers.iter().zip(&mut sections) {
            let records = reloc_records(&r, h)?;
            if s.used.is_some() {
                s.relocs = relocs(&r, records, s, &symbols)?;
            }
        }
        Ok(Coff { sections, symbols })
    }

    /// Whether it holds resources, and nothing else that is used.
    pub fn is_resources_only(&self) -> bool {
        self.sections
            .iter()
            .all(|s| s.used.is_none() || s.is_resource() || s.size == 0)
    }
}

/// The string table at `at`, without its length.
fn strings<'d>(r: &Reader<'d, '_>, at: u64) -> Result<&'d [u8], CoffError> {
    let len = r.records::<object::U32<LE>>(at, 1, "string table length")?[0].get(LE);
    let at = at + u64::from(STRINGS_AT);
    r.records::<u8>(at, len.saturating_sub(STRINGS_AT).into(), "string table")
}

fn symbols<'d>(
    r: &Reader<'d, '_>,
    table: &'d [ImageSymbol],
    n_sections: usize,
) -> Result<Vec<CoffSym<'d>>, CoffError> {
    let mut out = Vec::with_capacity(table.len());
    let mut parts = 0;
    for s in table {
        let auxiliary = parts > 0;
        parts = match auxiliary {
            true => parts - 1,
            false => s.number_of_aux_symbols,
        };
        let name = match auxiliary {
            true => &[],
            false => r.symbol_name(&s.name)?,
        };
        let (typ, class) = (s.typ.get(LE).0, s.storage_class.0);
        let place = match s.section_number.get(LE) as i16 {
            0 => CoffPlace::Undefined,
            -2 => CoffPlace::Nowhere,
            ..0 => CoffPlace::Absolute,
            n if n as usize <= n_sections => CoffPlace::Section(n as u32 - 1),
            _ => CoffPlace::Nowhere,
        };
        out.push(CoffSym {
            name,
            auxiliary,
            section: class == pe::IMAGE_SYM_CLASS_STATIC.0 && typ == 0 && s.name[0] == b'.',
            // That it can be linked with safe exception handlers.
            mark: name.is_empty() || (place == CoffPlace::Absolute && s.name == *b"@feat.00"),
            place,
            value: s.value.get(LE),
            typ,
            class,
        });
    }
    if parts != 0 {
        return Err(r.error(format_args!(
            "fail to read symbol table: {parts} aux symbols unread"
        )));
    }
    Ok(out)
}

/// Finds out what a section becomes.
fn section<'d>(
    r: &Reader<'d, '_>,
    h: &'d ImageSectionHeader,
) -> Result<CoffSection<'d>, CoffError> {
    let name = r.section_name(&h.name)?;
    let (flags, size) = (h.characteristics.get(LE), h.size_of_raw_data.get(LE));
    let (code, data, zeros) = (
        pe::IMAGE_SCN_CNT_CODE,
        pe::IMAGE_SCN_CNT_INITIALIZED_DATA,
        pe::IMAGE_SCN_CNT_UNINITIALIZED_DATA,
    );
    let (read, write, execute) = (
        pe::IMAGE_SCN_MEM_READ,
        pe::IMAGE_SCN_MEM_WRITE,
        pe::IMAGE_SCN_MEM_EXECUTE,
    );
    let has = |bits: pe::SectionFlags| flags.0 & bits.0 != 0;
    let comdat = has(pe::IMAGE_SCN_LNK_COMDAT).then_some(Comdat::SameSize(size.into()));
    let mut section = CoffSection {
        name,
        used: None,
        data: &[],
        size: size.into(),
        comdat,
        relocs: Vec::new(),
    };
    // Others say what to import, and what to tell the linker.
    if has(pe::IMAGE_SCN_MEM_DISCARDABLE) || !(has(code) || has(data) || has(zeros)) {
        return Ok(section);
    }
    let is_unwind = r.arch.has_unwind_tables && matches!(name, b".pdata" | b".xdata");
    let kinds = [
        (
            data | read,
            match is_unwind {
                true => SymKind::SehSect,
                false => SymKind::Rodata,
            },
        ),
        (zeros | read | write, SymKind::NoPtrBss),
        (data | read | write, SymKind::NoPtrData),
        (code | execute | read, SymKind::Text),
    ];
    let wanted = flags.0 & (code | data | zeros | read | write | execute).0;
    let Some(&(_, kind)) = kinds.iter().find(|(bits, _)| bits.0 == wanted) else {
        return Err(r.error(format_args!(
            "unexpected flags {} for PE section {}",
            hex6(flags.0),
            String::from_utf8_lossy(name)
        )));
    };
    let contents = kind != SymKind::NoPtrBss;
    if contents && size != 0 {
        let off = h.pointer_to_raw_data.get(LE);
        if off == 0 {
            return Err(r.error(format_args!(
                "unexpected read from section with uninitialized data: {} of {size:#x} bytes",
                String::from_utf8_lossy(name)
            )));
        }
        let what = format!("section {}", String::from_utf8_lossy(name));
        section.data = r.records::<u8>(off.into(), size.into(), &what)?;
    }
    section.used = Some(SectionUse { kind, contents });
    Ok(section)
}

/// `%#06x`: six digits behind the prefix.
fn hex6(n: u32) -> String {
    format!("{n:#08x}")
}

/// Finds out which of several sections are taken (`peLoaderState.preprocessSymbols`).
fn select_comdats(
    r: &Reader,
    table: &[ImageSymbol],
    symbols: &[CoffSym],
    sections: &mut [CoffSection],
) -> Result<(), CoffError> {
    for (i, sym) in symbols.iter().enumerate() {
        let CoffPlace::Section(n) = sym.place else {
            continue;
        };
        let comdat = &mut sections[n as usize].comdat;
        let is_static = sym.class == pe::IMAGE_SYM_CLASS_STATIC.0;
        if sym.auxiliary || comdat.is_none() || !is_static {
            continue;
        }
        let part = symbols.get(i + 1).filter(|s| s.auxiliary);
        let bytes = table
            .get(i + 1)
            .map(pod::bytes_of)
            .filter(|_| part.is_some());
        let Some((aux, _)) = bytes.and_then(|b| pod::from_bytes::<ImageAuxSymbolSection>(b).ok())
        else {
            return Err(r.error(format_args!(
                "unable to read aux info for section def symbol {i} {}: it has none",
                String::from_utf8_lossy(sym.name)
            )));
        };
        match aux.selection {
            pe::IMAGE_COMDAT_SELECT_SAME_SIZE => {}
            pe::IMAGE_COMDAT_SELECT_ANY => *comdat = Some(Comdat::Any),
            other => {
                return Err(CoffError(format!(
                    "internal error: unsupported COMDAT selection strategy found in path={} sec={} strategy={} idx={i}, please file a bug",
                    r.name,
                    aux.number.get(LE),
                    other.0,
                )));
            }
        }
    }
    Ok(())
}

/// The relocations of a section, as they stand in the file.
fn reloc_records<'d>(
    r: &Reader<'d, '_>,
    h: &ImageSectionHeader,
) -> Result<&'d [ImageRelocation], CoffError> {
    match h.number_of_relocations.get(LE) {
        0 => Ok(&[]),
        n => {
            let at = h.pointer_to_relocations.get(LE);
            r.records(at.into(), n.into(), "section relocations")
        }
    }
}

fn relocs(
    r: &Reader,
    records: &[ImageRelocation],
    section: &CoffSection,
    symbols: &[CoffSym],
) -> Result<Vec<CoffReloc>, CoffError> {
    let weak = section.used.is_some_and(|u| u.kind == SymKind::SehSect);
    let mut out = Vec::with_capacity(records.len());
    for (i, rec) in records.iter().enumerate() {
        let (number, index) = (rec.typ.get(LE).0, rec.symbol_table_index.get(LE));
        let Some(sym) = symbols.get(index as usize) else {
            return Err(r.error(format_args!(
                "relocation number {i} symbol index idx={index} cannot be large then number of symbols {}",
                symbols.len(),
            )));
        };
        if sym.auxiliary || (sym.section && !matches!(sym.place, CoffPlace::Section(_))) {
            return Err(r.error(format_args!(
                "reloc of invalid sym {} idx={index} type={}",
                String::from_utf8_lossy(sym.name),
                sym.typ,
            )));
        }
        let name = String::from_utf8_lossy(section.name);
        let found = match r.known {
            CoffRelocs::Few => few_reloc_types(r.arch.family, number),
            CoffRelocs::OfMachine => reloc_type(r.arch.family, number),
        };
        let Some((typ, siz)) = found else {
            let machine = match (r.known, r.arch.family) {
                (CoffRelocs::Few, Family::Arm64) => "ARM64 ",
                _ => "",
            };
            return Err(r.error(format_args!(
                "{name}: unknown {machine}relocation type {number}"
            )));
        };
        let off = rec.virtual_address.get(LE);
        let field = section
            .data
            .get(off as usize..)
            .and_then(|d| d.get(..siz.into()));
        let Some(field) = field.filter(|_| i32::try_from(off).is_ok()) else {
            return Err(r.error(format_args!(
                "relocation {i} at {off:#x} outside of section {name} of {:#x} bytes",
                section.data.len(),
            )));
        };
        let mut add = addend(r.arch.family, number, field);
        if sym.section || section.is_resource_part() {
            add += i64::from(sym.value);
        }
        out.push(CoffReloc {
            off: off as i32,
            siz,
            typ,
            weak,
            sym: index,
            add,
        });
    }
    Ok(out)
}

/// The type with number `number` in objects of a machine, and the width of its field in bytes.
fn reloc_type(family: Family, number: u16) -> Option<(RelocType, u8)> {
    use RelocType::{Addr, Arm64Pcrel, CallArm64, Pcrel, PeImageOff};
    Some(match (family, pe::RelocationType(number)) {
        (Family::Amd64, pe::IMAGE_REL_AMD64_REL32) => (Pcrel, 4),
        (Family::Amd64, pe::IMAGE_REL_AMD64_ADDR32) => (Addr, 4),
        (Family::Amd64, pe::IMAGE_REL_AMD64_ADDR64) => (Addr, 8),
        (Family::Amd64, pe::IMAGE_REL_AMD64_ADDR32NB) => (PeImageOff, 4),
        (Family::Arm64, pe::IMAGE_REL_ARM64_ADDR32) => (Addr, 4),
        (Family::Arm64, pe::IMAGE_REL_ARM64_ADDR64) => (Addr, 8),
        (Family::Arm64, pe::IMAGE_REL_ARM64_ADDR32NB) => (PeImageOff, 4),
        (Family::Arm64, pe::IMAGE_REL_ARM64_BRANCH26) => (CallArm64, 4),
        (
            Family::Arm64,
            pe::IMAGE_REL_ARM64_PAGEBASE_REL21
            | pe::IMAGE_REL_ARM64_PAGEOFFSET_12A
            | pe::IMAGE_REL_ARM64_PAGEOFFSET_12L,
        ) => (Arm64Pcrel, 4),
        _ => return None,
    })
}

/// That in the sense of [`CoffRelocs::Few`].
fn few_reloc_types(family: Family, number: u16) -> Option<(RelocType, u8)> {
    use RelocType::{Addr, Pcrel, PeImageOff};
    let amd64 = family == Family::Amd64;
    Some(match pe::RelocationType(number) {
        pe::IMAGE_REL_I386_REL32 | pe::IMAGE_REL_AMD64_ADDR32 if amd64 => (Pcrel, 4),
        pe::IMAGE_REL_I386_DIR32 if amd64 => (Addr, 4),
        pe::IMAGE_REL_I386_DIR32NB if amd64 => (PeImageOff, 4),
        pe::IMAGE_REL_ARM64_ADDR64
        | pe::IMAGE_REL_ARM64_BRANCH26
        | pe::IMAGE_REL_ARM64_PAGEBASE_REL21
        | pe::IMAGE_REL_ARM64_PAGEOFFSET_12A
        | pe::IMAGE_REL_ARM64_PAGEOFFSET_12L
            if !amd64 =>
        {
            return None;
        }
        _ => return reloc_type(family, number),
    })
}

/// The addend that stands in a field: as a number, or in the immediate of an instruction.
fn addend(family: Family, number: u16, field: &[u8]) -> i64 {
    let value = match *field {
        [a, b, c, d] => i64::from(i32::from_le_bytes([a, b, c, d])),
        _ => field.iter().rev().fold(0u64, |v, &b| v << 8 | u64::from(b)) as i64,
    };
    if family != Family::Arm64 {
        return value;
    }
    let immediate = value >> 10 & 0xfff;
    match pe::RelocationType(number) {
        pe::IMAGE_REL_ARM64_BRANCH26 => 0,
        pe::IMAGE_REL_ARM64_PAGEOFFSET_12A => immediate,
        pe::IMAGE_REL_ARM64_PAGEOFFSET_12L => {
            // Loads count in what they load: up to 8 bytes by the size field, 16 of vectors.
            let vector = value >> 20 & 0x048 == 0x048;
            let shift = match value as u32 >> 30 {
                0 if vector => 4,
                n => n,
            };
            immediate << shift
        }
        pe::IMAGE_REL_ARM64_PAGEBASE_REL21 => (value >> 5 & 0x7ffff) << 2 | (value >> 29 & 3),
        _ => value,
    }
}
