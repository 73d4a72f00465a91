//! ELF reader: every header field by name, without trusting any of them.
//!
//! Source: System V ABI, chapter 4. Damage (a table outside the file, a name outside its string
//! table) is noted in `Image::problems`; whatever can be read is.

use crate::bytes::{Words, c_string, text};
use crate::image::{Field, Format, Image, Region, RegionKind, Section, Symbol};

/// sh_type of the symbol table.
pub const SHT_SYMTAB: u32 = 2;
/// sh_type of a string table.
pub const SHT_STRTAB: u32 = 3;
/// sh_type of relocations with addends.
pub const SHT_RELA: u32 = 4;
/// sh_type of the dynamic table.
pub const SHT_DYNAMIC: u32 = 6;
/// sh_type of notes.
pub const SHT_NOTE: u32 = 7;
/// sh_type of sections without bytes in the file.
pub const SHT_NOBITS: u32 = 8;
/// sh_type of the dynamic symbol table.
pub const SHT_DYNSYM: u32 = 11;
/// sh_flags: occupies memory.
pub const SHF_ALLOC: u64 = 2;
/// sh_flags: starts with a compression header.
pub const SHF_COMPRESSED: u64 = 0x800;

/// (name, size in ELF64, size in ELF32, derived from layout)
type Layout = [(&'static str, usize, usize, bool)];

const EHDR: &Layout = &[
    ("e_ident[EI_MAG]", 4, 4, false),
    ("e_ident[EI_CLASS]", 1, 1, false),
    ("e_ident[EI_DATA]", 1, 1, false),
    ("e_ident[EI_VERSION]", 1, 1, false),
    ("e_ident[EI_OSABI]", 1, 1, false),
    ("e_ident[EI_ABIVERSION]", 1, 1, false),
    ("e_ident[EI_PAD]", 7, 7, false),
    ("e_type", 2, 2, false),
    ("e_machine", 2, 2, false),
    ("e_version", 4, 4, false),
    ("e_entry", 8, 4, true),
    ("e_phoff", 8, 4, true),
    ("e_shoff", 8, 4, true),
    ("e_flags", 4, 4, false),
    ("e_ehsize", 2, 2, false),
    ("e_phentsize", 2, 2, false),
    ("e_phnum", 2, 2, false),
    ("e_shentsize", 2, 2, false),
    ("e_shnum", 2, 2, true),
    ("e_shstrndx", 2, 2, true),
];

const PHDR64: &Layout = &[
    ("p_type", 4, 4, false),
    ("p_flags", 4, 4, false),
    ("p_offset", 8, 4, true),
    ("p_vaddr", 8, 4, true),
    ("p_paddr", 8, 4, true),
    ("p_filesz", 8, 4, true),
    ("p_memsz", 8, 4, true),
    ("p_align", 8, 4, false),
];

const PHDR32: &Layout = &[
    ("p_type", 4, 4, false),
    ("p_offset", 8, 4, true),
    ("p_vaddr", 8, 4, true),
    ("p_paddr", 8, 4, true),
    ("p_filesz", 8, 4, true),
    ("p_memsz", 8, 4, true),
    ("p_flags", 4, 4, false),
    ("p_align", 8, 4, false),
];

const SHDR: &Layout = &[
    ("sh_name", 4, 4, true),
    ("sh_type", 4, 4, false),
    ("sh_flags", 8, 4, false),
    ("sh_addr", 8, 4, true),
    ("sh_offset", 8, 4, true),
    ("sh_size", 8, 4, true),
    ("sh_link", 4, 4, true),
    ("sh_info", 4, 4, true),
    ("sh_addralign", 8, 4, false),
    ("sh_entsize", 8, 4, false),
];

/// Reads the fields of `layout` at `offset`; `None` if the file ends before.
fn fields(
    data: &[u8],
    offset: usize,
    layout: &Layout,
    words: Words,
) -> Option<(Vec<Field>, usize)> {
    let mut at = 0;
    let mut out = Vec::with_capacity(layout.len());
    for &(name, size64, size32, derived) in layout {
        let size = if words.pointer == 8 { size64 } else { size32 };
        let value = words.uint(data, offset.checked_add(at)?, size)?;
        out.push(Field {
            name,
            at,
            size,
            value,
            derived,
        });
        at += size;
    }
    Some((out, at))
}

fn value(fields: &[Field], name: &str) -> u64 {
    fields
        .iter()
        .find(|f| f.name == name)
        .map_or(0, |f| f.value)
}

/// Name of a p_type.
pub fn segment_type(kind: u64) -> String {
    let name = match kind {
        0 => "NULL",
        1 => "LOAD",
        2 => "DYNAMIC",
        3 => "INTERP",
        4 => "NOTE",
        6 => "PHDR",
        7 => "TLS",
        0x6474_e550 => "GNU_EH_FRAME",
        0x6474_e551 => "GNU_STACK",
        0x6474_e552 => "GNU_RELRO",
        0x6474_e553 => "GNU_PROPERTY",
        0x65a4_1be6 => "OPENBSD_BOOTDATA",
        0x65a3_dbe8 => "OPENBSD_NOBTCFI",
        other => return format!("{other:#x}"),
    };
    name.to_string()
}

/// Reads an ELF file.
pub fn read(data: &[u8]) -> Image<'_> {
    let mut image = Image::raw(data);
    image.format = Format::Elf;
    let pointer = if data.get(4) == Some(&1) { 4 } else { 8 };
    let words = Words {
        big_endian: data.get(5) == Some(&2),
        pointer,
    };
    image.words = words;
    let Some((header, size)) = fields(data, 0, EHDR, words) else {
        image.problems.push(format!(
            "ELF header cut short: file of {} bytes",
            data.len()
        ));
        return image;
    };
    image.relocatable = value(&header, "e_type") == 1;
    let of = |name| value(&header, name);
    let (phoff, phnum, phentsize) = (of("e_phoff"), of("e_phnum"), of("e_phentsize"));
    let (shoff, mut shnum, shentsize) = (of("e_shoff"), of("e_shnum"), of("e_shentsize"));
    let mut shstrndx = of("e_shstrndx");
    image.regions.push(Region {
        kind: RegionKind::Header,
        name: "ELF header".to_string(),
        offset: 0,
        size: size as u64,
        fields: header,
    });

    let layout = if pointer == 8 { PHDR64 } else { PHDR32 };
    for i in 0..phnum {
        let offset = phoff.saturating_add(i * phentsize);
        let Some((fields, size)) = fields(data, offset as usize, layout, words) else {
            image.problems.push(format!(
                "program header {i} of {phnum} lies outside the file"
            ));
            break;
        };
        let name = format!(
            "program header {i} ({})",
            segment_type(value(&fields, "p_type"))
        );
        image.regions.push(Region {
            kind: RegionKind::Segment,
            name,
            offset,
            size: size as u64,
            fields,
        });
    }

    let mut raw = Vec::new();
    let mut i = 0;
    while shoff != 0 && (i < shnum || (i == 0 && shnum == 0)) {
        let offset = shoff.saturating_add(i.saturating_mul(shentsize));
        let Some((fields, size)) = fields(data, offset as usize, SHDR, words) else {
            image.problems.push(format!(
                "section header {i} of {shnum} lies outside the file"
            ));
            break;
        };
        if i == 0 {
            // Extended numbering keeps the real counts in entry 0.
            if shnum == 0 {
                shnum = value(&fields, "sh_size");
            }
            if shstrndx == 0xffff {
                shstrndx = value(&fields, "sh_link");
            }
        }
        raw.push((fields, offset, size as u64));
        i += 1;
        if shentsize == 0 {
            break;
        }
    }
    for (index, (fields, _, _)) in raw.iter().enumerate() {
        let section = section(&mut image, index, fields);
        image.sections.push(section);
    }
    name_sections(&mut image, &raw, shstrndx as usize);
    for ((fields, offset, size), section) in raw.into_iter().zip(&image.sections) {
        let name = format!("section header {} ({})", section.index, section.name);
        let kind = RegionKind::Section(section.index);
        image.regions.push(Region {
            kind,
            name,
            offset,
            size,
            fields,
        });
    }
    image.symbols = match image.sections.iter().find(|s| s.kind == SHT_SYMTAB) {
        Some(table) => symbols(&image, table),
        None => Vec::new(),
    };
    image
}

fn section<'a>(image: &mut Image<'a>, index: usize, fields: &[Field]) -> Section<'a> {
    let of = |name| value(fields, name);
    let (offset, size, kind) = (of("sh_offset"), of("sh_size"), of("sh_type") as u32);
    let bytes: &'a [u8] = if kind == SHT_NOBITS || index == 0 {
        &[]
    } else {
        let start = (offset.min(image.data.len() as u64)) as usize;
        let end = offset.saturating_add(size).min(image.data.len() as u64) as usize;
        &image.data[start..end]
    };
    if kind != SHT_NOBITS && index != 0 && (bytes.len() as u64) < size {
        image.problems.push(format!(
            "section {index}: {size:#x} bytes at {offset:#x} end after the file ({:#x} bytes)",
            image.data.len()
        ));
    }
    Section {
        index,
        name: String::new(),
        kind,
        flags: of("sh_flags"),
        addr: of("sh_addr"),
        offset,
        size,
        align: of("sh_addralign"),
        link: of("sh_link") as u32,
        info: of("sh_info") as u32,
        alloc: of("sh_flags") & SHF_ALLOC != 0,
        data: bytes,
    }
}

fn name_sections(image: &mut Image<'_>, raw: &[(Vec<Field>, u64, u64)], shstrndx: usize) {
    let names = image.sections.get(shstrndx).map_or(&[][..], |s| s.data);
    if names.is_empty() && image.sections.len() > 1 {
        image
            .problems
            .push(format!("no section name table (e_shstrndx {shstrndx})"));
    }
    for (section, (fields, _, _)) in image.sections.iter_mut().zip(raw) {
        let at = value(fields, "sh_name") as usize;
        section.name = match section.index {
            0 => "(null)".to_string(),
            _ if at >= names.len() => format!("(section {})", section.index),
            _ => text(c_string(names, at)),
        };
    }
}

/// The entries of the symbol table `table` (SYMTAB or DYNSYM).
pub fn symbols<'a>(image: &Image<'a>, table: &Section<'a>) -> Vec<Symbol<'a>> {
    let count = table.data.len() / entry_size(image);
    (0..count)
        .filter_map(|index| symbol_at(image, table, index))
        .collect()
}

fn entry_size(image: &Image<'_>) -> usize {
    if image.words.pointer == 8 { 24 } else { 16 }
}

/// One entry of the symbol table `table`.
pub fn symbol_at<'a>(image: &Image<'a>, table: &Section<'a>, index: usize) -> Option<Symbol<'a>> {
    let names = image
        .sections
        .get(table.link as usize)
        .map_or(&[][..], |s| s.data);
    let size = entry_size(image);
    let start = index.checked_mul(size)?;
    let bytes = table.data.get(start..start.checked_add(size)?)?;
    let get = |at, size| image.words.uint(bytes, at, size).unwrap_or(0);
    let (value, size, info, other, section) = if image.words.pointer == 8 {
        (get(8, 8), get(16, 8), bytes[4], bytes[5], get(6, 2))
    } else {
        (get(4, 4), get(8, 4), bytes[12], bytes[13], get(14, 2))
    };
    Some(Symbol {
        name: c_string(names, get(0, 4) as usize),
        value,
        size,
        info,
        other,
        section: section as u32,
    })
}
