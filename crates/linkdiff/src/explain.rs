//! Dispatch from a differing section to the decoder that can say more than its bytes.

use crate::elf;
use crate::image::{Format, Image, plain_name};
use crate::{moduledata, pclntab, pe, records, symtab};

/// Lines that explain the difference of two paired sections whose first differing byte is at
/// `at`; the first line serves as a summary. Empty if nothing is known of the content.
pub fn section(a: &Image<'_>, b: &Image<'_>, i: usize, j: usize, at: usize) -> Vec<String> {
    let (x, y) = (&a.sections[i], &b.sections[j]);
    match x.kind {
        elf::SHT_SYMTAB | elf::SHT_DYNSYM => return symtab::explain_symbols(a, b, i, j),
        elf::SHT_STRTAB => return symtab::explain_strings(x.data, y.data, at),
        elf::SHT_RELA => return records::relocations(a, b, i, j, at),
        elf::SHT_DYNAMIC => return records::dynamic(a, b, i, j, at),
        elf::SHT_NOTE => return records::notes(a, b, i, j),
        _ => {}
    }
    if a.format == Format::Pe
        && let Some(lines) = pe::explain(a, b, i, j, at)
    {
        return lines;
    }
    let name = plain_name(&x.name);
    let is = |suffix: &str| name.ends_with(suffix);
    match () {
        () if is("go.module") => moduledata::explain(a, b),
        () if is("go.buildinfo") => records::build_info(a, b, i, j),
        () if is("go.fipsinfo") => records::fips_info(a, b, i, j),
        () if is("typelink") => records::type_links(a, b, i, j, at),
        () if is("itablink") || is(".got") || is(".init.array") => {
            records::pointers(a, b, i, j, at)
        }
        () => pclntab::explain(a, b, i, j),
    }
}
