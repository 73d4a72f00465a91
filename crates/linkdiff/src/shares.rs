//! To whom each byte of a file belongs.
//!
//! [`shares`] accounts for all of a file: what is in a section is cut where another symbol, function or unit of
//! debugging information begins, what is in none is headers and padding. So the shares of a file add up to its
//! size, whatever is wrong with it.

use crate::dwarf;
use crate::elf::{self, SHT_DYNSYM, SHT_STRTAB, SHT_SYMTAB};
use crate::image::{Format, Image, Section};
use crate::owner::{Cuts, Owner};
use crate::pclntab::Pclntab;
use crate::pe;
use crate::read::read;
use std::collections::HashMap;
use std::ops::Range;

/// What kind of thing a section holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// Machine code.
    Text,
    /// Constants and variables.
    Data,
    /// The pc-line table and what belongs to it: names, lines and stack maps of functions.
    Pclntab,
    /// Debugging information.
    Debug,
    /// Symbol tables and their names.
    Symbols,
    /// Headers, notes, tables of the dynamic linker, padding.
    Other,
}

/// A part of a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share<'a> {
    /// The section; what is in none is called `(headers and padding)`.
    pub section: String,
    /// What it holds.
    pub class: Class,
    /// To whom the part belongs.
    pub owner: Owner<'a>,
    /// Bytes in the file.
    pub file: u64,
    /// Bytes in memory that the file does not have.
    pub zeroed: u64,
}

const BETWEEN: &str = "(headers and padding)";

/// The shares of a Go program's file, section after section.
///
/// # Errors
/// It is no Go program, for this reason.
pub fn shares(data: &[u8]) -> Result<Vec<Share<'_>>, String> {
    let mut image = read(data);
    if image.sections.is_empty() {
        return Err("not an object file, or one without sections".into());
    }
    pe::split_alone(&mut image);
    let underscores = take_underscores(&mut image);
    let table = Pclntab::read(&image).ok_or("not a Go program: no pc-line table (pclntab)")?;
    let debug = dwarf::owners::Sections::read(&image);
    let units = debug.units(&image);
    let mut order: Vec<usize> = (0..image.sections.len()).collect();
    order.sort_by_key(|&slot| image.sections[slot].offset);
    let mut out = Vec::new();
    let mut end = 0;
    for slot in order {
        let section = &image.sections[slot];
        let start = section.offset.clamp(end, data.len() as u64);
        // Sections that overlap, which only damage makes them do, count once.
        let skipped = match section.data.is_empty() {
            true => 0,
            false => start - section.offset.min(start),
        };
        let len = (section.data.len() as u64).saturating_sub(skipped);
        if len > 0 {
            between(start - end, &mut out);
            end = start + len;
        }
        let cuts = match debug.cuts(&image, &units, slot) {
            Some((cuts, whole)) => scale(cuts, whole, section.data.len() as u64),
            None => cuts(&image, slot, &table, underscores),
        };
        // A debug section's size in memory is none.
        let size = if section.alloc { section.size } else { 0 };
        account(&image, slot, skipped, len, size, cuts, &mut out);
    }
    between(data.len() as u64 - end, &mut out);
    Ok(out)
}

/// Takes away the underscore that names in Mach-O symbol tables have in front; functions' names in the pc-line table
/// have none. Gives how many bytes that are.
fn take_underscores(image: &mut Image<'_>) -> u64 {
    let Some(strings) = image.section("__LINKEDIT strings") else {
        return 0;
    };
    let table = strings.data.as_ptr_range();
    let plain = |name: &mut &[u8]| {
        if table.contains(&name.as_ptr()) {
            *name = name.strip_prefix(b"_").unwrap_or(name);
        }
    };
    image
        .symbols
        .iter_mut()
        .for_each(|symbol| plain(&mut symbol.name));
    let placed = image.placed.iter_mut().flatten();
    placed.for_each(|symbol| plain(&mut symbol.name));
    1
}

fn between<'a>(bytes: u64, out: &mut Vec<Share<'a>>) {
    if bytes > 0 {
        out.push(Share {
            section: BETWEEN.into(),
            class: Class::Other,
            owner: Owner::Nobody,
            file: bytes,
            zeroed: 0,
        });
    }
}

/// Adds up what each owner has of a section. `skipped` bytes count elsewhere; `len` bytes behind them are in the
/// file, and `size` is that of the section in memory.
fn account<'a>(
    image: &Image<'a>,
    slot: usize,
    skipped: u64,
    len: u64,
    size: u64,
    mut cuts: Cuts<'a>,
    out: &mut Vec<Share<'a>>,
) {
    let section = &image.sections[slot];
    let stored = skipped + len;
    let end = size.max(stored);
    cuts.sort_by_key(|cut| cut.0);
    let mut sums: HashMap<Owner<'a>, [u64; 2]> = HashMap::new();
    let mut add = |range: Range<u64>, owner: Owner<'a>| {
        let within = |from: u64, to: u64| range.end.clamp(from, to) - range.start.clamp(from, to);
        let (file, zeroed) = (within(skipped, stored), within(stored, end));
        if file + zeroed > 0 {
            let sum = sums.entry(owner).or_default();
            sum[0] += file;
            sum[1] += zeroed;
        }
    };
    let mut last = (0, Owner::Nobody);
    for (at, owner) in cuts {
        let at = at.min(end);
        if at > last.0 {
            add(last.0..at, last.1);
        }
        last = (at, owner);
    }
    add(last.0..end.max(last.0), last.1);
    let class = class(image, slot);
    out.extend(sums.into_iter().map(|(owner, [file, zeroed])| Share {
        section: section.name.clone(),
        class,
        owner,
        file,
        zeroed,
    }));
}

/// Cuts of what was compressed, which has no places of its own: in proportion.
fn scale(cuts: Cuts<'_>, whole: u64, stored: u64) -> Cuts<'_> {
    if whole == stored || whole == 0 {
        return cuts;
    }
    let place =
        |at: u64| (u128::from(at.min(whole)) * u128::from(stored) / u128::from(whole)) as u64;
    cuts.into_iter()
        .map(|(at, owner)| (place(at), owner))
        .collect()
}

fn class(image: &Image<'_>, slot: usize) -> Class {
    let section = &image.sections[slot];
    let name = section.name.as_str();
    let plain = crate::image::plain_name(name);
    if dwarf::is_debug(name) {
        Class::Debug
    } else if plain.contains("pclntab") {
        Class::Pclntab
    } else if is_symbol_table(image, section) {
        Class::Symbols
    } else if !section.alloc || plain.starts_with(".note") {
        Class::Other
    } else if is_code(section, &plain) {
        Class::Text
    } else {
        let tables = [
            ".dyn", ".rela", ".hash", ".gnu", ".interp", ".reloc", ".idata", ".edata",
        ];
        match tables.iter().any(|table| plain.starts_with(table)) {
            true => Class::Other,
            false => Class::Data,
        }
    }
}

fn is_code(section: &Section<'_>, plain: &str) -> bool {
    /// sh_flags: holds instructions.
    const SHF_EXECINSTR: u64 = 4;
    let elf = section.kind != 0 && section.flags & SHF_EXECINSTR != 0;
    let named = [".text", ".plt", ".stub", ".symbol.stub", ".init", ".fini"];
    elf || named
        .iter()
        .any(|code| plain == *code || plain.starts_with(".text"))
}

fn is_symbol_table(image: &Image<'_>, section: &Section<'_>) -> bool {
    match image.format {
        Format::Elf => {
            section.kind == SHT_SYMTAB
                || section.kind == SHT_STRTAB && section.name == ".strtab"
                || section.kind == SHT_DYNSYM
                || section.name == ".dynstr"
        }
        Format::MachO => ["__LINKEDIT symbols", "__LINKEDIT strings"].contains(&&*section.name),
        _ => pe::is_symbol_table(&section.name),
    }
}

/// Cuts of a section that is no debug section.
fn cuts<'a>(image: &Image<'a>, slot: usize, table: &Pclntab<'a>, underscores: u64) -> Cuts<'a> {
    let section = &image.sections[slot];
    if is_symbol_table(image, section) {
        return of_symbol_table(image, section, underscores);
    }
    let mut cuts = of_symbols(image, slot);
    if table.slot == slot {
        let (own, range) = table.owners(image);
        cuts.retain(|cut| !range.contains(&cut.0));
        cuts.extend(own);
        // What follows the tables belongs to whoever it did.
        if !cuts.iter().any(|cut| cut.0 == range.end) {
            cuts.push((range.end, Owner::Nobody));
        }
    }
    cuts
}

/// Cuts where symbols begin. What follows a symbol up to the next one is padding, and counts with it; a symbol
/// inside another is no less its own.
fn of_symbols<'a>(image: &Image<'a>, slot: usize) -> Cuts<'a> {
    let mut cuts: Cuts<'a> = Vec::new();
    // Symbols that others are inside of, innermost last, by their ends.
    let mut outer: Vec<(u64, &'a [u8])> = Vec::new();
    let leave = |outer: &mut Vec<(u64, &'a [u8])>, cuts: &mut Cuts<'a>, at: u64| {
        while let Some(&(end, _)) = outer.last()
            && end <= at
        {
            outer.pop();
            if let Some(&(whole, name)) = outer.last()
                && end < whole
            {
                cuts.push((end, Owner::Symbol(name)));
            }
        }
    };
    let placed = image.placed.get(slot).map_or(&[][..], |placed| placed);
    for symbol in placed {
        // Marks of places have no size; those that stand for many symbols without names do not, either.
        let group = symbol.name.ends_with(b"*");
        if symbol.size == 0 && !group {
            continue;
        }
        leave(&mut outer, &mut cuts, symbol.offset);
        cuts.push((symbol.offset, Owner::Symbol(symbol.name)));
        if symbol.size > 0 {
            outer.push((symbol.offset.saturating_add(symbol.size), symbol.name));
        }
    }
    leave(&mut outer, &mut cuts, u64::MAX);
    cuts
}

/// Cuts of a table of symbols or of their names, by symbol. Names begin `underscores` bytes earlier than they are known.
fn of_symbol_table<'a>(image: &Image<'a>, section: &Section<'a>, underscores: u64) -> Cuts<'a> {
    const NLIST_SIZE: usize = 16;
    let mut cuts: Cuts<'a> = Vec::new();
    let entries = |names: &mut dyn Iterator<Item = &'a [u8]>, size: usize| -> Cuts<'a> {
        let entry = |(i, name)| ((i * size) as u64, Owner::Symbol(name));
        names.enumerate().map(entry).collect()
    };
    let symbols = match (image.format, section.kind) {
        (Format::Elf, SHT_SYMTAB | SHT_DYNSYM) => {
            let all = elf::symbols(image, section);
            let size = section.data.len().checked_div(all.len()).unwrap_or(0);
            return entries(&mut all.iter().map(|s| s.name), size);
        }
        (Format::Elf, _) => {
            let tables = image.sections.iter().filter(|table| {
                let named = image.sections.get(table.link as usize);
                [SHT_SYMTAB, SHT_DYNSYM].contains(&table.kind)
                    && named.is_some_and(|s| s.offset == section.offset)
            });
            tables
                .flat_map(|table| elf::symbols(image, table))
                .map(|s| s.name)
                .collect()
        }
        (Format::Pe, _) => {
            let start = pe::symbols::start(image);
            let mut names = Vec::new();
            for (number, record) in pe::symbols::numbered(image) {
                let at = (start + number * pe::SYMBOL_SIZE) as u64;
                if let Some(at) = at.checked_sub(section.offset) {
                    cuts.push((at, Owner::Symbol(record.name)));
                }
                names.push(record.name);
            }
            names
        }
        _ => {
            if section.data.len() == image.symbols.len() * NLIST_SIZE {
                return entries(&mut image.symbols.iter().map(|s| s.name), NLIST_SIZE);
            }
            image.symbols.iter().map(|s| s.name).collect()
        }
    };
    // Names point into the table.
    let table = section.data.as_ptr_range();
    let strings = symbols.into_iter().filter(|name| {
        let short = image.format == Format::Pe && name.len() <= 8;
        !name.is_empty() && !short && table.contains(&name.as_ptr())
    });
    cuts.extend(strings.map(|name| {
        let at = name.as_ptr() as usize - table.start as usize;
        ((at as u64).saturating_sub(underscores), Owner::Symbol(name))
    }));
    cuts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Placed;

    fn section(name: &str, size: u64, data: &'static [u8]) -> Section<'static> {
        Section {
            index: 1,
            name: name.into(),
            kind: 1,
            flags: 0,
            addr: 0x1000,
            offset: 0,
            size,
            align: 1,
            link: 0,
            info: 0,
            alloc: true,
            data,
        }
    }

    fn image(
        size: u64,
        data: &'static [u8],
        symbols: &[(u64, u64, &'static str)],
    ) -> Image<'static> {
        let mut image = Image::raw(data);
        image.sections.push(section(".data", size, data));
        let placed = symbols.iter().map(|&(offset, size, name)| Placed {
            offset,
            size,
            name: name.as_bytes(),
        });
        image.placed.push(placed.collect());
        image
    }

    /// Name, bytes in the file and zeroed bytes of each owner, in the order of names.
    fn counted(image: &Image<'static>, skipped: u64, len: u64) -> Vec<(String, u64, u64)> {
        let mut out = Vec::new();
        let size = image.sections[0].size;
        account(image, 0, skipped, len, size, of_symbols(image, 0), &mut out);
        let name = |owner| match owner {
            Owner::Symbol(name) => String::from_utf8_lossy(name).into_owned(),
            _ => "-".into(),
        };
        let mut all: Vec<_> = out
            .into_iter()
            .map(|s| (name(s.owner), s.file, s.zeroed))
            .collect();
        all.sort();
        all
    }

    fn share(name: &str, file: u64, zeroed: u64) -> (String, u64, u64) {
        (name.into(), file, zeroed)
    }

    #[test]
    fn padding_counts_with_the_symbol_before_and_inner_symbols_for_themselves() {
        let symbols = [
            (4, 4, "a"),
            // A mark, and one that stands for many.
            (8, 0, "mark"),
            (12, 20, "outer"),
            (16, 4, "inner"),
            (40, 0, "group.*"),
        ];
        let image = image(64, &[1; 64], &symbols);
        assert_eq!(
            counted(&image, 0, 64),
            [
                share("-", 4, 0),
                share("a", 8, 0),
                share("group.*", 24, 0),
                share("inner", 4, 0),
                share("outer", 24, 0),
            ]
        );
    }

    #[test]
    fn what_the_file_does_not_have_is_zeroed() {
        let image = image(64, &[1; 16], &[(0, 24, "a"), (24, 40, "b")]);
        assert_eq!(
            counted(&image, 0, 16),
            [share("a", 16, 8), share("b", 0, 40)]
        );
        // The first eight bytes are another section's already.
        assert_eq!(counted(&image, 8, 8), [share("a", 8, 8), share("b", 0, 40)]);
    }

    #[test]
    fn damaged_symbols_change_no_sum() {
        let symbols = [
            (0, u64::MAX, "whole"),
            (u64::MAX, 1, "far"),
            (60, 100, "over"),
        ];
        let mut image = image(64, &[1; 64], &symbols);
        image.placed[0].sort_by_key(|s| s.offset);
        let sum: u64 = counted(&image, 0, 64).iter().map(|share| share.1).sum();
        assert_eq!(sum, 64);
    }

    #[test]
    fn cuts_of_compressed_sections_are_in_proportion() {
        let cuts = vec![
            (0, Owner::Nobody),
            (50, Owner::Symbol(b"a")),
            (300, Owner::Symbol(b"b")),
        ];
        let places: Vec<u64> = scale(cuts, 100, 10).into_iter().map(|cut| cut.0).collect();
        assert_eq!(places, [0, 5, 10]);
    }

    #[test]
    fn what_is_no_go_program_is_an_error() {
        assert!(shares(b"text").unwrap_err().contains("not an object file"));
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        assert!(shares(&own).unwrap_err().contains("not a Go program"));
    }
}
