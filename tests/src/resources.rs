//! Objects with resources for programs for Windows, as resource compilers make them.
//!
//! Formats: "PE Format" of Microsoft's documentation, "COFF File Header" and "The .rsrc Section".

/// What an object is for.
#[derive(Debug, Clone, Copy)]
pub struct Machine {
    /// GOARCH.
    pub arch: &'static str,
    /// IMAGE_FILE_MACHINE_*.
    number: u16,
    /// IMAGE_REL_*_ADDR32NB: an address relative to the image's base.
    address: u16,
}

/// The machines with objects.
pub const MACHINES: [Machine; 2] = [
    Machine {
        arch: "amd64",
        number: 0x8664,
        address: 3,
    },
    Machine {
        arch: "arm64",
        number: 0xaa64,
        address: 2,
    },
];

/// The resources: 1 and 2 of the type RT_RCDATA.
const RESOURCES: [&str; 2] = ["the first resource", "another"];
const RCDATA: u32 = 10;
/// English, as spoken in the United States.
const LANGUAGE: u32 = 0x409;

/// Sizes of a directory's table, of its entries, of a description of data, of a section's header and of a
/// relocation, in bytes.
const TABLE: u32 = 16;
const ENTRY: u32 = 8;
const DATA: u32 = 16;
const SECTION: u32 = 40;
const RELOCATION: u32 = 10;
const FILE_HEADER: u32 = 20;
/// The bit of an offset in an entry that says that a directory is there.
const SUBDIRECTORY: u32 = 1 << 31;
/// IMAGE_SCN_CNT_INITIALIZED_DATA and IMAGE_SCN_MEM_READ.
const READ_ONLY_DATA: u32 = 0x4000_0040;
/// IMAGE_SYM_CLASS_STATIC.
const STATIC: u8 = 3;

/// A section under construction.
struct Section {
    name: &'static str,
    bytes: Vec<u8>,
    /// Offsets of addresses, and the indices of their symbols.
    relocations: Vec<(u32, u32)>,
}

/// A symbol: name, value, number of its section.
type Symbol = (String, u32, u16);

/// An object with all resources: in one section, or directories and data in one each.
pub fn object(machine: Machine, split: bool) -> Vec<u8> {
    let (mut directories, places) = directories();
    let mut data = Vec::new();
    let mut symbols = Vec::new();
    let mut relocations = Vec::new();
    let end = directories.len() as u32;
    if !split {
        symbols.push((".rsrc".to_string(), 0, 1));
    }
    for (place, text) in places.into_iter().zip(RESOURCES) {
        let offset = data.len() as u32;
        if split {
            relocations.push((place, symbols.len() as u32));
            symbols.push((format!("$R{offset:06X}"), offset, 2));
        } else {
            relocations.push((place, 0));
            let place = place as usize;
            directories[place..place + 4].copy_from_slice(&(end + offset).to_le_bytes());
        }
        data.extend_from_slice(text.as_bytes());
        data.resize(data.len().next_multiple_of(8), 0);
    }
    let section = |name, bytes, relocations| Section {
        name,
        bytes,
        relocations,
    };
    let sections = if split {
        vec![
            section(".rsrc$01", directories, relocations),
            section(".rsrc$02", data, Vec::new()),
        ]
    } else {
        directories.extend(data);
        vec![section(".rsrc", directories, relocations)]
    };
    file(machine, &sections, &symbols)
}

/// The directories by type, number and language, the descriptions of the data, and where in them the
/// data's addresses go.
fn directories() -> (Vec<u8>, Vec<u32>) {
    let count = RESOURCES.len() as u32;
    let numbers = TABLE + ENTRY;
    let languages = numbers + TABLE + count * ENTRY;
    let descriptions = languages + count * (TABLE + ENTRY);
    let mut bytes = Vec::new();
    directory(&mut bytes, &[(RCDATA, SUBDIRECTORY | numbers)]);
    let of_number = |i| (i + 1, SUBDIRECTORY | (languages + i * (TABLE + ENTRY)));
    let entries: Vec<_> = (0..count).map(of_number).collect();
    directory(&mut bytes, &entries);
    for i in 0..count {
        directory(&mut bytes, &[(LANGUAGE, descriptions + i * DATA)]);
    }
    for text in RESOURCES {
        words(&mut bytes, &[0, text.len() as u32, 0, 0]);
    }
    let places = (0..count).map(|i| descriptions + i * DATA).collect();
    (bytes, places)
}

fn directory(bytes: &mut Vec<u8>, entries: &[(u32, u32)]) {
    words(bytes, &[0, 0, 0, (entries.len() as u32) << 16]);
    for (number, offset) in entries {
        words(bytes, &[*number, *offset]);
    }
}

fn words(bytes: &mut Vec<u8>, words: &[u32]) {
    bytes.extend(words.iter().flat_map(|word| word.to_le_bytes()));
}

/// The object file: headers, each section with its relocations, symbols, an empty table of strings.
fn file(machine: Machine, sections: &[Section], symbols: &[Symbol]) -> Vec<u8> {
    let size = |s: &Section| s.bytes.len() as u32 + s.relocations.len() as u32 * RELOCATION;
    let mut at = FILE_HEADER + sections.len() as u32 * SECTION;
    let symbols_at = at + sections.iter().map(size).sum::<u32>();
    let mut bytes = Vec::new();
    bytes.extend(machine.number.to_le_bytes());
    bytes.extend((sections.len() as u16).to_le_bytes());
    words(&mut bytes, &[0, symbols_at, symbols.len() as u32, 0]);
    for section in sections {
        let length = section.bytes.len() as u32;
        bytes.extend(short_name(section.name));
        words(&mut bytes, &[0, 0, length, at, at + length, 0]);
        words(
            &mut bytes,
            &[section.relocations.len() as u32, READ_ONLY_DATA],
        );
        at += size(section);
    }
    for section in sections {
        bytes.extend(&section.bytes);
        for (offset, symbol) in &section.relocations {
            words(&mut bytes, &[*offset, *symbol]);
            bytes.extend(machine.address.to_le_bytes());
        }
    }
    for (name, value, section) in symbols {
        bytes.extend(short_name(name));
        words(&mut bytes, &[*value]);
        bytes.extend(section.to_le_bytes());
        // No type, no further records.
        bytes.extend([0, 0, STATIC, 0]);
    }
    words(&mut bytes, &[4]);
    bytes
}

fn short_name(name: &str) -> [u8; 8] {
    let mut short = [0; 8];
    short[..name.len()].copy_from_slice(name.as_bytes());
    short
}
