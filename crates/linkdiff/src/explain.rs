//! Dispatch from a differing section to the decoder that can say more than its bytes.

use crate::elf;
use crate::image::Image;
use crate::{pclntab, symtab};

/// Lines that explain the difference of two paired sections whose first differing byte is at
/// `at`; the first line serves as a summary. Empty if nothing is known of the content.
pub fn section(a: &Image<'_>, b: &Image<'_>, i: usize, j: usize, at: usize) -> Vec<String> {
    let (x, y) = (&a.sections[i], &b.sections[j]);
    match x.kind {
        elf::SHT_SYMTAB | elf::SHT_DYNSYM => return symtab::explain_symbols(a, b, i, j),
        elf::SHT_STRTAB => return symtab::explain_strings(x.data, y.data, at),
        _ => {}
    }
    pclntab::explain(a, b, i, j)
}
