//! The runtime's module record (`runtime.firstmoduledata`, section `.go.module` since Go 1.26).
//!
//! Field order: Go's runtime/symtab.go `moduledata`, written by cmd/link ld/symtab.go. The record's
//! size in words tells the releases apart.

use crate::image::{Format, Image};
use crate::pclntab::Pclntab;

/// (field, words) up to the address fields; common to all known releases.
const HEAD: &[(&str, usize)] = &[
    ("pcHeader", 1),
    ("funcnametab", 3),
    ("cutab", 3),
    ("filetab", 3),
    ("pctab", 3),
    ("pclntable", 3),
    ("ftab", 3),
    ("findfunctab", 1),
    ("minpc", 1),
    ("maxpc", 1),
    ("text", 1),
    ("etext", 1),
    ("noptrdata", 1),
    ("enoptrdata", 1),
    ("data", 1),
    ("edata", 1),
    ("bss", 1),
    ("ebss", 1),
    ("noptrbss", 1),
    ("enoptrbss", 1),
    ("covctrs", 1),
    ("ecovctrs", 1),
    ("end", 1),
    ("gcdata", 1),
    ("gcbss", 1),
    ("types", 1),
];

/// Addresses after `types`, Go 1.24 and 1.25.
const ADDRESSES_1_24: &[(&str, usize)] = &[("etypes", 1), ("rodata", 1), ("gofunc", 1)];
/// Addresses after `types`, Go 1.26.
const ADDRESSES_1_26: &[(&str, usize)] =
    &[("etypes", 1), ("rodata", 1), ("gofunc", 1), ("epclntab", 1)];
/// Addresses after `types`, Go 1.27.
const ADDRESSES_1_27: &[(&str, usize)] = &[
    ("typedesclen", 1),
    ("etypes", 1),
    ("itaboffset", 1),
    ("itabsize", 1),
    ("rodata", 1),
    ("gofunc", 1),
    ("epclntab", 1),
];

/// Slices of links, dropped by Go 1.27.
const LINKS: &[(&str, usize)] = &[("typelinks", 3), ("itablinks", 3)];

const TAIL: &[(&str, usize)] = &[
    ("ptab", 3),
    ("pluginpath", 2),
    ("pkghashes", 3),
    ("inittasks", 3),
    ("modulename", 2),
    ("modulehashes", 3),
    ("hasmain, bad", 1),
    ("gcdatamask", 2),
    ("gcbssmask", 2),
    ("typemap", 1),
    ("next", 1),
];

/// Fields of a record of `words` words, or `None` for an unknown release.
fn layout(words: usize) -> Option<Vec<(&'static str, usize)>> {
    let section_map: &[(&str, usize)] = &[("textsectmap", 3)];
    let releases: [&[&[(&'static str, usize)]]; 3] = [
        &[HEAD, ADDRESSES_1_24, section_map, LINKS, TAIL],
        &[HEAD, ADDRESSES_1_26, section_map, LINKS, TAIL],
        &[HEAD, ADDRESSES_1_27, section_map, TAIL],
    ];
    releases
        .into_iter()
        .map(|groups| groups.concat())
        .find(|fields| {
            let total: usize = fields.iter().map(|f| f.1).sum();
            // On 32-bit targets `hasmain, bad` still fill one word.
            total == words
        })
}

/// Fields of the record at the start of `words` words, where only the next structure bounds it.
fn fitting(words: usize) -> Option<Vec<(&'static str, usize)>> {
    /// The linker aligns what follows to 32 bytes.
    const PADDING: usize = 8;
    (words.saturating_sub(PADDING)..=words)
        .rev()
        .find_map(layout)
}

/// A located module record.
#[derive(Debug)]
pub struct Moduledata<'a> {
    data: &'a [u8],
    pointer: usize,
    fields: Option<Vec<(&'static str, usize)>>,
    words: crate::bytes::Words,
}

impl<'a> Moduledata<'a> {
    /// Finds the record of an image by section name or symbol.
    pub fn read(image: &Image<'a>) -> Option<Moduledata<'a>> {
        let data = match image.section_like(".go.module") {
            Some(section) => section.data,
            None => {
                let name = b"runtime.firstmoduledata";
                let placed = image.placed.iter().zip(&image.sections);
                let (symbol, section) = placed
                    .filter_map(|(list, s)| Some((list.iter().find(|p| p.name == name)?, s)))
                    .next()?;
                let start = symbol.offset as usize;
                section
                    .data
                    .get(start..start.checked_add(symbol.size as usize)?)?
            }
        };
        Some(Moduledata::new(image, data))
    }

    fn new(image: &Image<'a>, data: &'a [u8]) -> Moduledata<'a> {
        let pointer = image.words.pointer;
        let words = data.len() / pointer;
        Moduledata {
            data,
            pointer,
            fields: match image.format {
                Format::Elf => layout(words),
                // Neither a section nor a symbol ends where the record does.
                _ => fitting(words),
            },
            words: image.words,
        }
    }

    /// Finds the record of an image without symbols, and its address: its first words point to
    /// the pc-line table and into it.
    pub fn of_table(image: &Image<'a>, table: &Pclntab<'_>) -> Option<(u64, Moduledata<'a>)> {
        let (words, pointer) = (image.words, image.words.pointer);
        let names = table.address.wrapping_add(table.names_offset());
        image.sections.iter().filter(|s| s.alloc).find_map(|s| {
            let starts = |&at: &usize| {
                words.word(s.data, at) == Some(table.address)
                    && words.word(s.data, at + pointer) == Some(names)
            };
            let at = (0..s.data.len()).step_by(pointer).find(starts)?;
            let address = s.addr.wrapping_add(at as u64);
            // The data of the program follows.
            let mut module = Moduledata::new(image, &s.data[at..]);
            module.fields = Some(HEAD.to_vec());
            let size = module.value("noptrdata")?.checked_sub(address)?;
            let data = s.data.get(at..at.checked_add(size as usize)?)?;
            Some((address, Moduledata::new(image, data)))
        })
    }

    /// Value of the first word of a field.
    pub fn value(&self, name: &str) -> Option<u64> {
        let mut at = 0;
        for &(field, words) in self.fields.as_ref()? {
            if field == name {
                return self.words.word(self.data, at);
            }
            at += words * self.pointer;
        }
        None
    }

    fn name_word(&self, index: usize) -> String {
        let mut at = 0;
        for &(field, words) in self.fields.iter().flatten() {
            if index < at + words {
                let part = match (words, index - at) {
                    (1, _) => "",
                    (_, 0) => ".ptr",
                    (_, 1) => ".len",
                    _ => ".cap",
                };
                return format!("{field}{part}");
            }
            at += words;
        }
        format!("word {index}")
    }
}

/// The fields that differ, with the symbols they point to.
pub fn explain(a: &Image<'_>, b: &Image<'_>) -> Vec<String> {
    let (Some(x), Some(y)) = (Moduledata::read(a), Moduledata::read(b)) else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    let count = x.data.len().min(y.data.len()) / x.pointer;
    for index in 0..count {
        let at = index * x.pointer;
        let (v, w) = (x.words.word(x.data, at), y.words.word(y.data, at));
        if v == w {
            continue;
        }
        let name = x.name_word(index);
        let length = name.ends_with(".len") || name.ends_with(".cap");
        let show = |image: &Image<'_>, value: Option<u64>| {
            let value = value.unwrap_or(0);
            match image.name_address(value) {
                Some(symbol) if !length && value != 0 => format!("{value:#x} <{symbol}>"),
                _ => format!("{value:#x}"),
            }
        };
        lines.push(format!(
            "moduledata.{name}: A {}, B {}",
            show(a, v),
            show(b, w)
        ));
    }
    if let (1.., Some(first)) = (lines.len().saturating_sub(1), lines.first().cloned()) {
        let more = lines.len() - 1;
        lines[0] = format!("{first} (and {more} more fields)");
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn record_sizes_select_releases() {
        // 64-bit sizes: 592 bytes in Go 1.26, 568 in Go 1.27.
        let last = |words: usize| layout(words).map(|f| f.iter().map(|x| x.1).sum::<usize>());
        assert_eq!(last(592 / 8), Some(74));
        assert_eq!(last(568 / 8), Some(71));
        assert!(layout(74).unwrap().iter().any(|f| f.0 == "typelinks"));
        assert!(layout(71).unwrap().iter().any(|f| f.0 == "typedesclen"));
        assert!(layout(12).is_none());
        assert_eq!(fitting(76).map(|f| f.len()), layout(74).map(|f| f.len()));
        assert_eq!(fitting(72).map(|f| f.len()), layout(71).map(|f| f.len()));
        assert!(fitting(12).is_none());
    }
}
