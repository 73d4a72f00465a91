//! The COFF symbol table and the string table behind it.

use super::{SYMBOL_SIZE, file_header, strings, symbol_ranges};
use crate::bytes::c_string;
use crate::image::Image;
use crate::symtab::{self, Entry};

/// A record of the symbol table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Name, short or from the string table.
    pub name: &'a [u8],
    /// Offset in its section, or a number.
    pub value: u64,
    /// Number of its section; 0 is undefined, 0xffff absolute.
    pub section: u64,
    /// Type.
    pub kind: u64,
    /// Storage class.
    pub class: u64,
    /// The records behind that belong to it.
    pub auxiliary: &'a [u8],
}

/// All symbols of an image, without their auxiliary records.
pub fn records<'a>(image: &Image<'a>) -> Vec<Record<'a>> {
    let range = symbol_ranges(image, file_header(image)).0;
    let (table, strings) = (&image.data[range], strings(image));
    let mut out = Vec::with_capacity(table.len() / SYMBOL_SIZE);
    let mut rest: &'a [u8] = table;
    while let Some((record, behind)) = rest.split_at_checked(SYMBOL_SIZE) {
        let get = |at, size| image.words.uint(record, at, size).unwrap_or(0);
        let auxiliary = (record[17] as usize * SYMBOL_SIZE).min(behind.len());
        let name = match get(0, 4) {
            0 => c_string(strings, get(4, 4) as usize),
            _ => c_string(&record[..8], 0),
        };
        out.push(Record {
            name,
            value: get(8, 4),
            section: get(12, 2),
            kind: get(14, 2),
            class: get(16, 1),
            auxiliary: &behind[..auxiliary],
        });
        rest = &behind[auxiliary..];
    }
    out
}

impl Entry for Record<'_> {
    fn name(&self) -> &[u8] {
        self.name
    }

    fn fields(&self) -> [(&'static str, u64); 5] {
        [
            ("value", self.value),
            ("section", self.section),
            ("type", self.kind),
            ("class", self.class),
            ("auxiliary", (self.auxiliary.len() / SYMBOL_SIZE) as u64),
        ]
    }
}

/// All symbols of an image by their numbers, which count auxiliary records.
pub fn numbered<'a>(image: &Image<'a>) -> impl Iterator<Item = (usize, Record<'a>)> {
    let mut next = 0;
    records(image).into_iter().map(move |record| {
        let number = next;
        next += 1 + record.auxiliary.len() / SYMBOL_SIZE;
        (number, record)
    })
}

/// Name of the record with this number, auxiliary ones counted.
pub fn name_at<'a>(image: &Image<'a>, index: usize) -> Option<&'a [u8]> {
    let mut all = numbered(image);
    all.find(|(number, _)| *number == index)
        .map(|(_, record)| record.name)
}

/// File offset of the symbol table.
pub fn start(image: &Image<'_>) -> usize {
    symbol_ranges(image, file_header(image)).0.start
}

/// Explains the sections at `i` and `j` that hold the symbol table, the string table or both.
pub fn explain(a: &Image<'_>, b: &Image<'_>, i: usize, j: usize, at: usize) -> Vec<String> {
    let (x, y) = (records(a), records(b));
    if x != y {
        return symtab::compare_symbols(&x, &y);
    }
    // The names are equal: what differs is their places, or strings that only sections use.
    let inside = |image: &Image<'_>, slot: usize| {
        let start = image.sections[slot].offset as usize;
        let range = symbol_ranges(image, file_header(image)).1;
        (start + at).checked_sub(range.start)
    };
    match (inside(a, i), inside(b, j)) {
        (Some(p), Some(q)) if p == q => symtab::explain_strings(strings(a), strings(b), p),
        _ => symtab::compare_symbols(&x, &y),
    }
}
