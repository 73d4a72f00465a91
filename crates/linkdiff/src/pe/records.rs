//! Tables of PE images that are read by the system: exceptions, imports, exports, base relocations.

use super::{RELOCATION_SIZE, RELOCATIONS, STRINGS, SYMBOLS, symbols};
use crate::bytes::text;
use crate::image::Image;

/// Lines that explain a section only PE has; the first line serves as a summary. `None` if the
/// section is none of them.
pub fn explain(a: &Image<'_>, b: &Image<'_>, i: usize, j: usize, at: usize) -> Option<Vec<String>> {
    let name = a.sections[i].name.as_str();
    if let ".symtab" | SYMBOLS | STRINGS = name {
        return Some(symbols::explain(a, b, i, j, at));
    }
    let place = match name {
        _ if name.starts_with(RELOCATIONS) => relocation,
        _ => return None,
    };
    let (p, q) = (place(a, i, at), place(b, j, at));
    let (p, q) = (p.unwrap_or_else(Place::end), q.unwrap_or_else(Place::end));
    Some(vec![p.against(&q)])
}

/// A field of a table, as it is named, and its value.
struct Place {
    what: String,
    value: String,
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
