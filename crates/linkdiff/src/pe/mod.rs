//! PE images and COFF objects: every header field by name, sections, symbols.
//!
//! Source: Microsoft's "PE Format"; what Go writes is in cmd/link ld/pe.go. Damage (a table outside
//! the file, a name outside the string table) is noted in `Image::problems`; whatever can be read is.

mod parts;
mod records;
pub mod symbols;
mod trees;

pub use parts::{split, split_alone};
pub use records::explain;

use crate::bytes::{c_string, text};
use crate::image::{Field, Format, Image, Layout, Region, RegionKind, Section, Symbol};

/// Machine of x86, 64 bit.
pub const MACHINE_AMD64: u64 = 0x8664;
/// Machine of ARM, 64 bit.
pub const MACHINE_ARM64: u64 = 0xaa64;
const MACHINE_386: u64 = 0x14c;
/// Characteristics: code that can run.
pub const MEM_EXECUTE: u64 = 0x2000_0000;
/// Bytes of a record of the symbol table.
pub const SYMBOL_SIZE: usize = 18;

const DOS_HEADER: &Layout = &[
    ("e_magic", 2, false),
    ("e_cblp", 2, false),
    ("e_cp", 2, false),
    ("e_crlc", 2, false),
    ("e_cparhdr", 2, false),
    ("e_minalloc", 2, false),
    ("e_maxalloc", 2, false),
    ("e_ss", 2, false),
    ("e_sp", 2, false),
    ("e_csum", 2, false),
    ("e_ip", 2, false),
    ("e_cs", 2, false),
    ("e_lfarlc", 2, false),
    ("e_ovno", 2, false),
    ("e_res", 8, false),
    ("e_oemid", 2, false),
    ("e_oeminfo", 2, false),
    ("e_res2", 8, false),
    ("e_res2+8", 8, false),
    ("e_res2+16", 4, false),
    ("e_lfanew", 4, false),
];
const DOS_HEADER_SIZE: usize = 64;

/// The program for DOS behind its header, by words; a longer one ends in padding.
const DOS_STUB: &Layout = &[
    ("word 0", 8, false),
    ("word 1", 8, false),
    ("word 2", 8, false),
    ("word 3", 8, false),
    ("word 4", 8, false),
    ("word 5", 8, false),
    ("word 6", 8, false),
    ("word 7", 8, false),
];
const DOS_STUB_SIZE: usize = 64;

const FILE_HEADER: &Layout = &[
    ("Machine", 2, false),
    ("NumberOfSections", 2, true),
    ("TimeDateStamp", 4, false),
    ("PointerToSymbolTable", 4, true),
    ("NumberOfSymbols", 4, true),
    ("SizeOfOptionalHeader", 2, false),
    ("Characteristics", 2, false),
];
const FILE_HEADER_SIZE: usize = 20;

const OPTIONAL_HEADER_64: &Layout = &[
    ("Magic", 2, false),
    ("MajorLinkerVersion", 1, false),
    ("MinorLinkerVersion", 1, false),
    ("SizeOfCode", 4, true),
    ("SizeOfInitializedData", 4, true),
    ("SizeOfUninitializedData", 4, true),
    ("AddressOfEntryPoint", 4, true),
    ("BaseOfCode", 4, true),
    ("ImageBase", 8, false),
    ("SectionAlignment", 4, false),
    ("FileAlignment", 4, false),
    ("MajorOperatingSystemVersion", 2, false),
    ("MinorOperatingSystemVersion", 2, false),
    ("MajorImageVersion", 2, false),
    ("MinorImageVersion", 2, false),
    ("MajorSubsystemVersion", 2, false),
    ("MinorSubsystemVersion", 2, false),
    ("Win32VersionValue", 4, false),
    ("SizeOfImage", 4, true),
    ("SizeOfHeaders", 4, true),
    ("CheckSum", 4, true),
    ("Subsystem", 2, false),
    ("DllCharacteristics", 2, false),
    ("SizeOfStackReserve", 8, false),
    ("SizeOfStackCommit", 8, false),
    ("SizeOfHeapReserve", 8, false),
    ("SizeOfHeapCommit", 8, false),
    ("LoaderFlags", 4, false),
    ("NumberOfRvaAndSizes", 4, false),
];

const OPTIONAL_HEADER_32: &Layout = &[
    ("Magic", 2, false),
    ("MajorLinkerVersion", 1, false),
    ("MinorLinkerVersion", 1, false),
    ("SizeOfCode", 4, true),
    ("SizeOfInitializedData", 4, true),
    ("SizeOfUninitializedData", 4, true),
    ("AddressOfEntryPoint", 4, true),
    ("BaseOfCode", 4, true),
    ("BaseOfData", 4, true),
    ("ImageBase", 4, false),
    ("SectionAlignment", 4, false),
    ("FileAlignment", 4, false),
    ("MajorOperatingSystemVersion", 2, false),
    ("MinorOperatingSystemVersion", 2, false),
    ("MajorImageVersion", 2, false),
    ("MinorImageVersion", 2, false),
    ("MajorSubsystemVersion", 2, false),
    ("MinorSubsystemVersion", 2, false),
    ("Win32VersionValue", 4, false),
    ("SizeOfImage", 4, true),
    ("SizeOfHeaders", 4, true),
    ("CheckSum", 4, true),
    ("Subsystem", 2, false),
    ("DllCharacteristics", 2, false),
    ("SizeOfStackReserve", 4, false),
    ("SizeOfStackCommit", 4, false),
    ("SizeOfHeapReserve", 4, false),
    ("SizeOfHeapCommit", 4, false),
    ("LoaderFlags", 4, false),
    ("NumberOfRvaAndSizes", 4, false),
];

/// Sizes of the optional headers with all data directories.
const OPTIONAL_SIZE_32: u64 = 0xe0;
const OPTIONAL_SIZE_64: u64 = 0xf0;

const DIRECTORY: &Layout = &[("VirtualAddress", 4, true), ("Size", 4, true)];
const DIRECTORY_SIZE: usize = 8;
const DIRECTORIES: [&str; 16] = [
    "export",
    "import",
    "resource",
    "exception",
    "security",
    "basereloc",
    "debug",
    "architecture",
    "global pointer",
    "TLS",
    "load config",
    "bound import",
    "IAT",
    "delay import",
    "CLR runtime",
    "reserved",
];

const SECTION_HEADER: &Layout = &[
    ("Name", 8, true),
    ("VirtualSize", 4, true),
    ("VirtualAddress", 4, true),
    ("SizeOfRawData", 4, true),
    ("PointerToRawData", 4, true),
    ("PointerToRelocations", 4, true),
    ("PointerToLinenumbers", 4, true),
    ("NumberOfRelocations", 2, true),
    ("NumberOfLinenumbers", 2, true),
    ("Characteristics", 4, false),
];
const SECTION_HEADER_SIZE: usize = 40;

/// Index of sections made of tables that no section header describes: above every real number.
const FIRST_INDEX: usize = 100_000;

/// Whether `data` starts like a PE image, or like a COFF object of a machine Go knows.
pub fn is_pe(data: &[u8]) -> bool {
    data.starts_with(b"MZ") || is_object(data)
}

fn is_object(data: &[u8]) -> bool {
    let half = |at: usize| {
        let bytes = data.get(at..at + 2)?;
        Some(u64::from(bytes[0]) | u64::from(bytes[1]) << 8)
    };
    let machine = half(0).unwrap_or(0);
    // Objects need no optional header; the linker writes one into go.o.
    let optional = [0, OPTIONAL_SIZE_32, OPTIONAL_SIZE_64].map(Some);
    [MACHINE_386, MACHINE_AMD64, MACHINE_ARM64].contains(&machine) && optional.contains(&half(16))
}

/// Where the tables of a file begin.
struct Tables {
    file_header: usize,
    sections: usize,
    count: usize,
    image_base: u64,
}

/// Reads a PE image or a COFF object.
pub fn read(data: &[u8]) -> Image<'_> {
    let mut image = Image::raw(data);
    image.format = Format::Pe;
    image.relocatable = is_object(data);
    let Some(tables) = headers(&mut image) else {
        return image;
    };
    let (symbols, strings) = symbol_ranges(&image, tables.file_header);
    sections(&mut image, &tables, strings.start);
    relocation_tables(&mut image);
    let covered = |s: &Section<'_>| {
        let end = s.offset.saturating_add(s.data.len() as u64);
        (s.offset..end).contains(&(symbols.start as u64))
    };
    if !image.sections.iter().any(covered) {
        table(&mut image, SYMBOLS, symbols.start, symbols.len());
        table(&mut image, STRINGS, strings.start, strings.len());
    }
    image.symbols = symbols_of(&image);
    image
}

/// Name of the symbol table where no section holds it.
pub const SYMBOLS: &str = "COFF symbols";
/// Name of the string table where no section holds it.
pub const STRINGS: &str = "COFF strings";

/// Whether a section holds symbols or their names; Go's linker gives both a section.
pub fn is_symbol_table(name: &str) -> bool {
    [SYMBOLS, STRINGS, ".symtab"].contains(&name)
}

fn region(
    image: &mut Image<'_>,
    kind: RegionKind,
    name: String,
    offset: usize,
    fields: Vec<Field>,
) {
    image.regions.push(Region {
        kind,
        name,
        offset: offset as u64,
        size: fields.iter().map(|f| f.size as u64).sum(),
        fields,
    });
}

fn value(fields: &[Field], name: &str) -> u64 {
    let field = fields.iter().find(|f| f.name == name);
    field.map_or(0, |f| f.value)
}

/// Everything before the section headers.
fn headers(image: &mut Image<'_>) -> Option<Tables> {
    let mut file_header = 0;
    if !image.relocatable {
        file_header = dos_header(image)?;
    }
    let fields = image.fields(file_header, FILE_HEADER, FILE_HEADER_SIZE);
    let size = value(&fields, "SizeOfOptionalHeader") as usize;
    let count = value(&fields, "NumberOfSections") as usize;
    if image.relocatable && value(&fields, "Machine") == MACHINE_386 {
        image.words.pointer = 4;
    }
    if fields.len() < FILE_HEADER.len() {
        image
            .problems
            .push("COFF file header cut short".to_string());
    }
    let name = "COFF file header".to_string();
    region(image, RegionKind::Header, name, file_header, fields);
    let start = file_header.saturating_add(FILE_HEADER_SIZE);
    let image_base = optional_header(image, start, size);
    Some(Tables {
        file_header,
        sections: start.saturating_add(size),
        count,
        image_base,
    })
}

/// The DOS header and what it points to; returns the offset of the COFF file header.
fn dos_header(image: &mut Image<'_>) -> Option<usize> {
    let fields = image.fields(0, DOS_HEADER, DOS_HEADER_SIZE);
    let complete = fields.len() == DOS_HEADER.len();
    let at = value(&fields, "e_lfanew") as usize;
    region(
        image,
        RegionKind::Header,
        "DOS header".to_string(),
        0,
        fields,
    );
    if !complete {
        image.problems.push(format!(
            "DOS header cut short: file of {} bytes",
            image.data.len()
        ));
        return None;
    }
    let limit = at.saturating_sub(DOS_HEADER_SIZE).min(DOS_STUB_SIZE);
    let stub = image.fields(DOS_HEADER_SIZE, DOS_STUB, limit);
    let name = "DOS stub".to_string();
    region(image, RegionKind::Header, name, DOS_HEADER_SIZE, stub);
    let signature = image.fields(at, &[("Signature", 4, false)], 4);
    if value(&signature, "Signature") != u64::from(u32::from_le_bytes(*b"PE\0\0")) {
        image.problems.push(format!("no PE signature at {at:#x}"));
        return None;
    }
    let name = "PE signature".to_string();
    region(image, RegionKind::Header, name, at, signature);
    Some(at + 4)
}

/// The optional header and its data directories; returns the image base.
fn optional_header(image: &mut Image<'_>, start: usize, size: usize) -> u64 {
    const PE32: u64 = 0x10b;
    if size == 0 {
        return 0;
    }
    let layout = if image.words.uint(image.data, start, 2) == Some(PE32) {
        image.words.pointer = 4;
        OPTIONAL_HEADER_32
    } else {
        OPTIONAL_HEADER_64
    };
    let fields = image.fields(start, layout, size);
    if fields.len() < layout.len() {
        image.problems.push("optional header cut short".to_string());
    }
    let used: usize = fields.iter().map(|f| f.size).sum();
    let count = value(&fields, "NumberOfRvaAndSizes");
    let base = value(&fields, "ImageBase");
    region(
        image,
        RegionKind::Header,
        "optional header".to_string(),
        start,
        fields,
    );
    let room = (size.saturating_sub(used) / DIRECTORY_SIZE) as u64;
    for index in 0..count.min(room) as usize {
        let at = start + used + index * DIRECTORY_SIZE;
        let fields = image.fields(at, DIRECTORY, DIRECTORY_SIZE);
        let what = DIRECTORIES.get(index).unwrap_or(&"?");
        let name = format!("data directory {index} ({what})");
        region(image, RegionKind::Segment, name, at, fields);
    }
    base
}

/// Address and size of a data directory, if the image has it.
pub fn directory(image: &Image<'_>, what: &str) -> Option<(u64, u64)> {
    let suffix = format!("({what})");
    let directory = image
        .regions
        .iter()
        .find(|r| r.kind == RegionKind::Segment && r.name.ends_with(&suffix))?;
    let address = value(&directory.fields, "VirtualAddress");
    let size = value(&directory.fields, "Size");
    (address != 0).then(|| (image_base(image).wrapping_add(address), size))
}

/// The address that relative addresses count from.
pub fn image_base(image: &Image<'_>) -> u64 {
    header_field(image, "optional header", "ImageBase")
}

fn header_field(image: &Image<'_>, region: &str, field: &str) -> u64 {
    let region = image.regions.iter().find(|r| r.name == region);
    region.map_or(0, |r| value(&r.fields, field))
}

/// The machine of the COFF file header.
pub fn machine(image: &Image<'_>) -> u64 {
    header_field(image, "COFF file header", "Machine")
}

/// File ranges of the symbol table and of the string table behind it, both inside the file.
pub fn symbol_ranges(
    image: &Image<'_>,
    file_header: usize,
) -> (std::ops::Range<usize>, std::ops::Range<usize>) {
    let fields = image.fields(file_header, FILE_HEADER, FILE_HEADER_SIZE);
    let start = value(&fields, "PointerToSymbolTable") as usize;
    if start == 0 || start > image.data.len() {
        return (0..0, 0..0);
    }
    let size = (value(&fields, "NumberOfSymbols") as usize).saturating_mul(SYMBOL_SIZE);
    let end = start.saturating_add(size).min(image.data.len());
    let strings = image.words.uint(image.data, end, 4).unwrap_or(0) as usize;
    (
        start..end,
        end..end.saturating_add(strings).min(image.data.len()),
    )
}

/// The string table of an image.
fn strings<'a>(image: &Image<'a>) -> &'a [u8] {
    &image.data[symbol_ranges(image, file_header(image)).1]
}

/// Offset of the COFF file header.
pub fn file_header(image: &Image<'_>) -> usize {
    let region = image.regions.iter().find(|r| r.name == "COFF file header");
    region.map_or(image.data.len(), |r| r.offset as usize)
}

fn sections(image: &mut Image<'_>, tables: &Tables, strings: usize) {
    for slot in 0..tables.count {
        let at = tables.sections.saturating_add(slot * SECTION_HEADER_SIZE);
        let fields = image.fields(at, SECTION_HEADER, SECTION_HEADER_SIZE);
        if fields.len() < SECTION_HEADER.len() {
            image.problems.push(format!(
                "section header {} of {} lies outside the file",
                slot + 1,
                tables.count
            ));
            break;
        }
        let name = section_name(image, &image.data[at..at + 8], strings, slot + 1);
        let section = section(image, name, slot + 1, &fields, tables.image_base);
        let name = format!("section header {} ({})", slot + 1, section.name);
        image.sections.push(section);
        region(image, RegionKind::Section(slot), name, at, fields);
    }
}

/// A name of up to eight bytes, or `/123`: a place in the string table.
fn section_name(image: &Image<'_>, field: &[u8], strings: usize, index: usize) -> String {
    let short = c_string(field, 0);
    let long = short.strip_prefix(b"/").and_then(|digits| {
        let at: usize = std::str::from_utf8(digits).ok()?.parse().ok()?;
        let name = c_string(image.data, strings.checked_add(at)?);
        (strings != 0 && !name.is_empty()).then_some(name)
    });
    match long.unwrap_or(short) {
        b"" => format!("(section {index})"),
        name => text(name),
    }
}

fn section<'a>(
    image: &mut Image<'a>,
    name: String,
    index: usize,
    fields: &[Field],
    image_base: u64,
) -> Section<'a> {
    const UNINITIALIZED: u64 = 0x80;
    const NO_ALIGNMENT: u64 = 0;
    let of = |name| value(fields, name);
    let flags = of("Characteristics");
    let (virtual_size, raw) = (of("VirtualSize"), of("SizeOfRawData"));
    let offset = of("PointerToRawData");
    // Objects have no size in memory; in images the bytes are filled up to the file's alignment.
    let size = if virtual_size == 0 { raw } else { virtual_size };
    let stored = if offset == 0 || (image.relocatable && flags & UNINITIALIZED != 0) {
        0
    } else {
        raw.min(size)
    };
    let bytes = clip(image.data, offset, stored);
    if (bytes.len() as u64) < stored {
        image.problems.push(format!(
            "section {name}: {stored:#x} bytes at {offset:#x} end after the file ({:#x} bytes)",
            image.data.len()
        ));
    }
    let address = of("VirtualAddress");
    let unloaded = name.contains("debug_") || name == ".symtab";
    Section {
        index,
        kind: 0,
        flags,
        addr: image_base.wrapping_add(address),
        offset,
        size,
        align: match flags >> 20 & 0xf {
            NO_ALIGNMENT => 0,
            exponent => 1 << (exponent - 1),
        },
        link: 0,
        info: 0,
        alloc: !unloaded && (address != 0 || image.relocatable),
        data: bytes,
        name,
    }
}

fn clip(data: &[u8], offset: u64, size: u64) -> &[u8] {
    let length = data.len() as u64;
    &data[offset.min(length) as usize..offset.saturating_add(size).min(length) as usize]
}

/// Makes a section of a table that no section header describes.
fn table(image: &mut Image<'_>, name: &str, offset: usize, size: usize) {
    if size == 0 {
        return;
    }
    image.sections.push(Section {
        index: FIRST_INDEX + image.sections.len(),
        name: name.to_string(),
        kind: 0,
        flags: 0,
        addr: 0,
        offset: offset as u64,
        size: size as u64,
        align: 0,
        link: 0,
        info: 0,
        alloc: false,
        data: clip(image.data, offset as u64, size as u64),
    });
}

/// What the name of a table of relocations starts with.
pub const RELOCATIONS: &str = "relocations of ";
/// Bytes of a relocation.
pub const RELOCATION_SIZE: usize = 10;

fn relocation_tables(image: &mut Image<'_>) {
    /// The count did not fit and stands in the first entry.
    const OVERFLOW: u64 = 0x0100_0000;
    let regions = image.regions.iter();
    let of_sections = regions.filter(|r| matches!(r.kind, RegionKind::Section(_)));
    let places: Vec<(usize, usize, bool)> = of_sections
        .map(|r| {
            let of = |name| value(&r.fields, name);
            let many = of("Characteristics") & OVERFLOW != 0;
            let (at, count) = (of("PointerToRelocations"), of("NumberOfRelocations"));
            (at as usize, count as usize, many)
        })
        .collect();
    for (slot, (at, count, many)) in places.into_iter().enumerate() {
        let first = image.words.u32(image.data, at).unwrap_or(0);
        let count = if many { first as usize } else { count };
        let name = format!("{RELOCATIONS}{}", image.sections[slot].name);
        table(image, &name, at, count.saturating_mul(RELOCATION_SIZE));
    }
}

/// The symbols that name places, with addresses in images.
fn symbols_of<'a>(image: &Image<'a>) -> Vec<Symbol<'a>> {
    const CLASS_STATIC: u64 = 3;
    const CLASS_FILE: u64 = 103;
    const TYPE_FUNCTION: u64 = 0x20;
    let records = symbols::records(image).into_iter();
    let symbol = |record: symbols::Record<'a>| {
        let slot = (record.section as usize).checked_sub(1)?;
        let section = image.sections.get(slot)?;
        // The symbol of a section, or of what an object gave to it, names nothing in it.
        let own = record.class == CLASS_STATIC
            && (record.name == section.name.as_bytes() || !record.auxiliary.is_empty());
        if own || record.class == CLASS_FILE || section.index > 0xffff {
            return None;
        }
        let base = if image.relocatable { 0 } else { section.addr };
        Some(Symbol {
            name: record.name,
            value: base.wrapping_add(record.value),
            size: 0,
            info: if record.kind & 0xf0 == TYPE_FUNCTION {
                2
            } else {
                1
            },
            other: record.class as u8,
            section: record.section as u32,
        })
    };
    records.filter_map(symbol).collect()
}
