//! Tables of PE files, by entry and field: exceptions, base relocations, relocations of objects.

use super::{
    MACHINE_AMD64, RELOCATION_SIZE, RELOCATIONS, STRINGS, SYMBOLS, image_base, machine, symbols,
    trees,
};
use crate::bytes::text;
use crate::image::Image;
use crate::list::{Item, first_list_difference};
use std::borrow::Cow;

/// Lines that explain a section only PE has; the first line serves as a summary. `None` if the
/// section is none of them.
pub fn explain(a: &Image<'_>, b: &Image<'_>, i: usize, j: usize, at: usize) -> Option<Vec<String>> {
    let name = a.sections[i].name.as_str();
    let place = match name {
        ".symtab" | SYMBOLS | STRINGS => return Some(symbols::explain(a, b, i, j, at)),
        ".pdata" => exception,
        ".xdata" => unwind,
        ".reloc" => base_relocation,
        ".idata" => trees::import,
        ".edata" => trees::export,
        ".rsrc" => trees::resource,
        _ if name.ends_with(".windynamic") => trees::import,
        _ if name.starts_with(RELOCATIONS) => relocation,
        _ => return None,
    };
    let (p, q) = (place(a, i, at), place(b, j, at));
    let (p, q) = (p.unwrap_or_else(Place::end), q.unwrap_or_else(Place::end));
    let mut lines = Vec::new();
    if name == ".pdata" {
        let difference = first_list_difference(&functions(a, i), &functions(b, j));
        lines.extend(difference.map(|d| format!("functions: [{}] {}", d.index, d.what)));
    }
    lines.push(p.against(&q));
    Some(lines)
}

/// A field of a table, as it is named, and its value.
pub struct Place {
    /// Entry and field.
    pub what: String,
    /// The value, readable.
    pub value: String,
}

impl Place {
    fn end() -> Place {
        Place {
            what: "behind the last entry".to_string(),
            value: "(end)".to_string(),
        }
    }

    fn against(&self, other: &Place) -> String {
        let (p, q) = (&self.value, &other.value);
        if self.what == other.what {
            format!("{}: A {p}, B {q}", self.what)
        } else {
            format!("A {} = {p}; B {} = {q}", self.what, other.what)
        }
    }
}

/// `0x1234 <symbol>` for an address relative to the image's base.
pub fn show_relative(image: &Image<'_>, address: u64) -> String {
    match image.name_address(image_base(image).wrapping_add(address)) {
        Some(name) if address != 0 => format!("{address:#x} <{name}>"),
        _ => format!("{address:#x}"),
    }
}

/// Fields of an entry of the exception table: those of x86 tell the function's end, too.
fn exception_fields(image: &Image<'_>) -> &'static [&'static str] {
    match machine(image) {
        MACHINE_AMD64 => &["BeginAddress", "EndAddress", "UnwindData"],
        _ => &["BeginAddress", "UnwindData"],
    }
}

/// Name of the function at an address relative to the image's base.
fn function(image: &Image<'_>, address: u64) -> String {
    let name = image.name_address(image_base(image).wrapping_add(address));
    name.map_or("no function".to_string(), |name| {
        let plain = name.split("+0x0 ").next();
        plain.unwrap_or(&name).to_string()
    })
}

/// The functions of the exception table, in order.
fn functions(image: &Image<'_>, slot: usize) -> Vec<Item<'static>> {
    let data = image.sections[slot].data;
    let entries = data.chunks_exact(4 * exception_fields(image).len());
    let item = |entry| Item {
        name: Cow::Owned(function(image, image.words.uint(entry, 0, 4).unwrap_or(0)).into_bytes()),
        size: 0,
        offset: 0,
    };
    entries.map(item).collect()
}

/// An entry of the exception table.
fn exception(image: &Image<'_>, slot: usize, at: usize) -> Option<Place> {
    let data = image.sections[slot].data;
    let fields = exception_fields(image);
    let (index, field) = (at / 4 / fields.len(), at / 4 % fields.len());
    let begin = image.words.uint(data, 4 * index * fields.len(), 4)?;
    let value = image.words.uint(data, at & !3, 4)?;
    Some(Place {
        what: format!(
            "entry {index} ({}), {}",
            function(image, begin),
            fields[field]
        ),
        value: show_relative(image, value),
    })
}

/// Unwind information, named by the first function that uses it.
fn unwind(image: &Image<'_>, slot: usize, at: usize) -> Option<Place> {
    const CODES: usize = 4;
    let section = &image.sections[slot];
    let fields = exception_fields(image);
    let table = image.section(".pdata")?.data;
    let start = section.addr.wrapping_sub(image_base(image));
    let uses = table.chunks_exact(4 * fields.len()).filter_map(|entry| {
        let begin = image.words.uint(entry, 0, 4)?;
        let data = image.words.uint(entry, entry.len() - 4, 4)?;
        let inside = data.checked_sub(start)? as usize;
        (inside <= at).then_some((inside, begin))
    });
    // Functions share what is equal; reversed, the last of the greatest is the first of them.
    let (inside, begin) = uses
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .max_by_key(|u| u.0)?;
    let offset = at - inside;
    let codes = usize::from(*section.data.get(inside + 2)?);
    let (field, from, size) = match offset {
        0 => ("version and flags".to_string(), 0, 1),
        1 => ("SizeOfProlog".to_string(), 1, 1),
        2 => ("CountOfCodes".to_string(), 2, 1),
        3 => ("FrameRegister and FrameOffset".to_string(), 3, 1),
        n if n < CODES + 2 * codes => {
            let code = (n - CODES) / 2;
            (format!("UnwindCode[{code}]"), CODES + 2 * code, 2)
        }
        n => ("behind the codes".to_string(), n & !3, 4),
    };
    let value = image.words.uint(section.data, inside + from, size)?;
    Some(Place {
        what: format!("unwind information of {}, {field}", function(image, begin)),
        value: format!("{value:#x}"),
    })
}

/// The block of base relocations, and the entry in it.
fn base_relocation(image: &Image<'_>, slot: usize, at: usize) -> Option<Place> {
    const HEADER: usize = 8;
    let data = image.sections[slot].data;
    let mut start = 0;
    for block in 0.. {
        let page = image.words.uint(data, start, 4)?;
        let size = image.words.uint(data, start + 4, 4)? as usize;
        let end = start.checked_add(size.max(HEADER))?;
        if at >= end {
            start = end;
            continue;
        }
        let what = format!("block {block} (page {page:#x})");
        let offset = at - start;
        return Some(match offset {
            0..=3 => Place {
                what: format!("block {block}, page"),
                value: format!("{page:#x}"),
            },
            4..=7 => Place {
                what: format!("{what}, size"),
                value: format!("{size:#x}"),
            },
            _ => {
                let entry = image.words.uint(data, start + (offset & !1), 2)?;
                Place {
                    what: format!("{what}, entry {}", (offset - HEADER) / 2),
                    value: format!(
                        "type {} ({}) at {}",
                        entry >> 12,
                        base_relocation_type(entry >> 12),
                        show_relative(image, page + (entry & 0xfff))
                    ),
                }
            }
        });
    }
    None
}

fn base_relocation_type(kind: u64) -> &'static str {
    match kind {
        0 => "ABSOLUTE",
        3 => "HIGHLOW",
        10 => "DIR64",
        _ => "?",
    }
}

/// A relocation of an object.
fn relocation(image: &Image<'_>, slot: usize, at: usize) -> Option<Place> {
    let section = &image.sections[slot];
    let index = at / RELOCATION_SIZE;
    let get = |at, size| {
        image
            .words
            .uint(section.data, index * RELOCATION_SIZE + at, size)
    };
    let (address, symbol, kind) = (get(0, 4)?, get(4, 4)?, get(8, 2)?);
    let target = section.name.strip_prefix(RELOCATIONS)?;
    let target = image.sections.iter().position(|s| s.name == target)?;
    let target = image.covering(target, address).unwrap_or_default();
    let name = symbols::name_at(image, symbol as usize).map_or("?".to_string(), text);
    Some(Place {
        what: format!("relocation {index}"),
        value: format!("at {address:#x} <{target}> type {kind:#x} symbol {symbol} ({name})"),
    })
}
