//! Tables whose parts point to each other: imports, exports and resources. Each is read from its
//! root into spans, of which the one with the difference is shown.

use super::records::{Place, show_relative};
use super::{directory, image_base};
use crate::bytes::{c_string, text};
use crate::image::Image;

/// What is read of a table: damaged ones may point in circles.
const MANY: usize = 200_000;

/// (name, bytes) of the fields of a structure.
type Fields = [(&'static str, usize)];

const IMPORT_DESCRIPTOR: &Fields = &[
    ("OriginalFirstThunk", 4),
    ("TimeDateStamp", 4),
    ("ForwarderChain", 4),
    ("Name", 4),
    ("FirstThunk", 4),
];
const IMPORT_DESCRIPTOR_SIZE: u64 = 20;

const EXPORT_DIRECTORY: &Fields = &[
    ("Characteristics", 4),
    ("TimeDateStamp", 4),
    ("MajorVersion", 2),
    ("MinorVersion", 2),
    ("Name", 4),
    ("Base", 4),
    ("NumberOfFunctions", 4),
    ("NumberOfNames", 4),
    ("AddressOfFunctions", 4),
    ("AddressOfNames", 4),
    ("AddressOfNameOrdinals", 4),
];

const RESOURCE_DIRECTORY: &Fields = &[
    ("Characteristics", 4),
    ("TimeDateStamp", 4),
    ("MajorVersion", 2),
    ("MinorVersion", 2),
    ("NumberOfNamedEntries", 2),
    ("NumberOfIdEntries", 2),
];
const RESOURCE_ENTRY: &Fields = &[("Name", 4), ("OffsetToData", 4)];
const RESOURCE_DATA: &Fields = &[
    ("OffsetToData", 4),
    ("Size", 4),
    ("CodePage", 4),
    ("Reserved", 4),
];

/// A part of a table.
struct Span {
    start: u64,
    size: u64,
    place: Place,
}

/// The parts of a table, by address.
struct Spans<'i, 'a> {
    image: &'i Image<'a>,
    base: u64,
    list: Vec<Span>,
}

impl<'i, 'a> Spans<'i, 'a> {
    fn new(image: &'i Image<'a>) -> Spans<'i, 'a> {
        Spans {
            image,
            base: image_base(image),
            list: Vec::new(),
        }
    }

    fn full(&self) -> bool {
        self.list.len() >= MANY
    }

    fn uint(&self, address: u64, size: usize) -> Option<u64> {
        let bytes = self.image.bytes_at(address)?;
        self.image.words.uint(bytes, 0, size)
    }

    fn string(&self, address: u64) -> &'a [u8] {
        c_string(self.image.bytes_at(address).unwrap_or(&[]), 0)
    }

    fn push(&mut self, start: u64, size: u64, what: String, value: String) {
        let place = Place { what, value };
        self.list.push(Span { start, size, place });
    }

    /// A name with the NUL behind it.
    fn push_string(&mut self, start: u64, what: &str) {
        let string = self.string(start);
        let value = format!("{:?}", text(string));
        self.push(start, string.len() as u64 + 1, what.to_string(), value);
    }

    /// The fields of a structure; returns their values as far as the section goes.
    fn push_fields(&mut self, start: u64, what: &str, fields: &Fields) -> Vec<u64> {
        let mut at = start;
        let mut values = Vec::new();
        for &(name, size) in fields {
            let Some(value) = self.uint(at, size) else {
                break;
            };
            self.push(
                at,
                size as u64,
                format!("{what}, {name}"),
                format!("{value:#x}"),
            );
            values.push(value);
            at += size as u64;
        }
        values
    }

    /// The smallest part that holds the byte at `at` of a section.
    fn find(self, slot: usize, at: usize) -> Option<Place> {
        let address = self.image.sections[slot].addr.wrapping_add(at as u64);
        let holds = |s: &Span| address >= s.start && address - s.start < s.size;
        let found = self.list.into_iter().filter(holds).min_by_key(|s| s.size);
        found.map(|s| s.place)
    }
}

/// A field of the import tables or an import address.
pub fn import(image: &Image<'_>, slot: usize, at: usize) -> Option<Place> {
    let mut spans = Spans::new(image);
    let (start, _) = directory(image, "import")?;
    for index in 0..MANY as u64 {
        let address = start.wrapping_add(index * IMPORT_DESCRIPTOR_SIZE);
        let name = spans.uint(address.wrapping_add(12), 4).unwrap_or(0);
        let library = text(spans.string(spans.base.wrapping_add(name)));
        let what = format!("import descriptor {index} ({library})");
        let values = spans.push_fields(address, &what, IMPORT_DESCRIPTOR);
        let &[original, _, _, name, first] = values.as_slice() else {
            break;
        };
        if name == 0 || spans.full() {
            break;
        }
        let base = spans.base;
        spans.push_string(base.wrapping_add(name), "name of a library");
        thunks(
            &mut spans,
            base.wrapping_add(original),
            &library,
            "import lookup",
        );
        thunks(
            &mut spans,
            base.wrapping_add(first),
            &library,
            "import address",
        );
    }
    spans.find(slot, at)
}

/// A list of imported functions and, behind the addresses in it, their names.
fn thunks(spans: &mut Spans<'_, '_>, start: u64, library: &str, table: &str) {
    let pointer = spans.image.words.pointer;
    let by_ordinal = 1u64 << (8 * pointer - 1);
    for index in 0.. {
        let address = start.wrapping_add(index * pointer as u64);
        let Some(value) = spans.uint(address, pointer).filter(|_| !spans.full()) else {
            return;
        };
        let what = format!("{table} {index} of {library}");
        let hint = spans.base.wrapping_add(value);
        let shown = match value {
            0 => "0x0 (end)".to_string(),
            v if v & by_ordinal != 0 => format!("ordinal {}", v & 0xffff),
            v => format!("{v:#x} ({})", text(spans.string(hint.wrapping_add(2)))),
        };
        spans.push(address, pointer as u64, what, shown);
        if value == 0 {
            return;
        }
        if value & by_ordinal == 0 {
            let name = text(spans.string(hint.wrapping_add(2)));
            spans.push_fields(hint, &format!("import {name} of {library}"), &[("hint", 2)]);
            spans.push_string(
                hint.wrapping_add(2),
                &format!("name of import {index} of {library}"),
            );
        }
    }
}

/// A field of the export tables.
pub fn export(image: &Image<'_>, slot: usize, at: usize) -> Option<Place> {
    let mut spans = Spans::new(image);
    let (start, _) = directory(image, "export")?;
    let values = spans.push_fields(start, "export directory", EXPORT_DIRECTORY);
    let &[
        _,
        _,
        _,
        _,
        library,
        _,
        functions,
        count,
        addresses,
        names,
        ordinals,
    ] = values.as_slice()
    else {
        return spans.find(slot, at);
    };
    let base = spans.base;
    spans.push_string(base.wrapping_add(library), "name of the library");
    let address = |table: u64, index: u64, size: u64| {
        base.wrapping_add(table)
            .wrapping_add(index.wrapping_mul(size))
    };
    for index in 0..functions.min(MANY as u64) {
        let address = address(addresses, index, 4);
        let Some(value) = spans.uint(address, 4) else {
            break;
        };
        let shown = show_relative(image, value);
        spans.push(address, 4, format!("export address {index}"), shown);
    }
    for index in 0..count.min(MANY as u64) {
        let (name, ordinal) = (address(names, index, 4), address(ordinals, index, 2));
        let (Some(at), Some(number)) = (spans.uint(name, 4), spans.uint(ordinal, 2)) else {
            break;
        };
        let string = base.wrapping_add(at);
        let shown = format!("{at:#x} ({})", text(spans.string(string)));
        spans.push(name, 4, format!("export name {index}"), shown);
        let what = format!("export ordinal {index}");
        spans.push(ordinal, 2, what, format!("{number}"));
        spans.push_string(string, &format!("name of export {index}"));
    }
    spans.find(slot, at)
}

/// A field of the resource tree.
pub fn resource(image: &Image<'_>, slot: usize, at: usize) -> Option<Place> {
    let mut spans = Spans::new(image);
    let (root, _) = directory(image, "resource")?;
    resource_directory(&mut spans, root, 0, "resources", 0);
    spans.find(slot, at)
}

/// A directory of the resource tree, `offset` bytes behind its root, and what it leads to: by type,
/// by name, by language.
fn resource_directory(spans: &mut Spans<'_, '_>, root: u64, offset: u64, path: &str, depth: usize) {
    const LEVELS: usize = 3;
    const HEADER: u64 = 16;
    const ENTRY: u64 = 8;
    const FLAG: u64 = 0x8000_0000;
    let start = root.wrapping_add(offset);
    let values = spans.push_fields(start, path, RESOURCE_DIRECTORY);
    let &[_, _, _, _, named, numbered] = values.as_slice() else {
        return;
    };
    for index in 0..named + numbered {
        let entry = start.wrapping_add(HEADER + index * ENTRY);
        let what = format!("{path}, entry {index}");
        let values = spans.push_fields(entry, &what, RESOURCE_ENTRY);
        let &[name, data] = values.as_slice() else {
            return;
        };
        if spans.full() {
            return;
        }
        let path = format!("{path}/{:#x}", name & !FLAG);
        let target = data & !FLAG;
        if data & FLAG == 0 {
            resource_data(spans, root.wrapping_add(target), &path);
        } else if depth + 1 < LEVELS {
            resource_directory(spans, root, target, &path, depth + 1);
        }
    }
}

fn resource_data(spans: &mut Spans<'_, '_>, start: u64, path: &str) {
    let values = spans.push_fields(start, &format!("{path}, data entry"), RESOURCE_DATA);
    if let &[address, size, ..] = values.as_slice() {
        let start = spans.base.wrapping_add(address);
        spans.push(
            start,
            size,
            format!("{path}, data"),
            format!("{size:#x} bytes"),
        );
    }
}
