//! Go's own sections inside those of a PE image. The linker lays `.rodata`, `.gopclntab`, `.typelink`
//! and others out as for ELF, but describes only `.rdata` and `.data` in the file; cut where Go's
//! begin, they are compared like those of other formats.
//!
//! No symbol is needed: the module record tells the addresses, other parts start with a signature.

use super::directory;
use crate::image::{Format, Image, Placed, RegionKind, Section};
use crate::moduledata::Moduledata;
use crate::pclntab::Pclntab;

/// Where a part begins: slot of the section, offset in it, name.
type Start = (usize, u64, String);

/// Cuts the sections of both images where parts begin that both have.
pub fn split(a: &mut Image<'_>, b: &mut Image<'_>) {
    let whole = |image: &Image<'_>| image.format == Format::Pe && !image.relocatable;
    if !whole(a) || !whole(b) {
        return;
    }
    let (x, y) = (starts(a), starts(b));
    let common = |list: &[Start], other: &[Start]| -> Vec<Start> {
        let known = |s: &&Start| other.iter().any(|o| o.2 == s.2);
        list.iter().filter(known).cloned().collect()
    };
    cut(a, &common(&x, &y));
    cut(b, &common(&y, &x));
}

/// Cuts the sections of an image where parts begin.
pub fn split_alone(image: &mut Image<'_>) {
    if image.format == Format::Pe && !image.relocatable {
        cut(image, &starts(image));
    }
}

fn starts(image: &Image<'_>) -> Vec<Start> {
    let mut addresses = Vec::new();
    for (name, signature) in [
        (".go.buildinfo", &b"\xff Go buildinf:"[..]),
        (".go.fipsinfo", b"\xff Go fipsinfo \xff\0"),
    ] {
        addresses.extend(find(image, signature).map(|address| (name, address)));
    }
    let imports = directory(image, "IAT");
    addresses.extend(imports.map(|(address, _)| (".windynamic", address)));
    addresses.extend(module_parts(image).into_iter().flatten());
    let place = |(name, address): (&str, u64)| {
        let holds = |s: &Section<'_>| s.alloc && address >= s.addr && address - s.addr < s.size;
        let slot = image.sections.iter().position(holds)?;
        let section = &image.sections[slot];
        let offset = address - section.addr;
        Some((slot, offset, format!("{}:{name}", section.name)))
    };
    let mut starts: Vec<Start> = addresses.into_iter().filter_map(place).collect();
    // Of two parts at one address the first is empty.
    starts.sort_by_key(|s| (s.0, s.1));
    starts.reverse();
    starts.dedup_by_key(|s| (s.0, s.1));
    starts.reverse();
    starts
}

/// Address of a signature in the section `.data`, aligned as the linker does it.
fn find(image: &Image<'_>, signature: &[u8]) -> Option<u64> {
    const ALIGNMENT: usize = 16;
    let section = image.section(".data")?;
    let found = (0..section.data.len())
        .step_by(ALIGNMENT)
        .find(|&at| section.data[at..].starts_with(signature))?;
    Some(section.addr.wrapping_add(found as u64))
}

/// What the module record tells of the parts.
fn module_parts(image: &Image<'_>) -> Option<Vec<(&'static str, u64)>> {
    let table = Pclntab::read(image)?;
    let (address, module) = Moduledata::of_table(image, &table)?;
    let mut parts = vec![(".gopclntab", table.address), (".go.module", address)];
    for (part, field) in [
        (".rodata", "rodata"),
        (".typelink", "typelinks"),
        (".itablink", "itablinks"),
        (".noptrdata", "noptrdata"),
        (".data", "data"),
        (".bss", "bss"),
        (".noptrbss", "noptrbss"),
    ] {
        parts.extend(module.value(field).map(|address| (part, address)));
    }
    // Since Go 1.27 types are a section of their own, with that of functions behind them.
    let types = module.value("types").filter(|t| *t > table.address);
    if let (Some(types), Some(end)) = (types, module.value("etypes")) {
        parts.extend([(".go.type", types), (".go.func", end)]);
    }
    Some(parts)
}

/// Replaces sections by their parts; what precedes the first part keeps the section's name.
fn cut(image: &mut Image<'_>, starts: &[Start]) {
    let sections = std::mem::take(&mut image.sections);
    let placed = std::mem::take(&mut image.placed);
    let mut first_parts = Vec::with_capacity(sections.len());
    for (slot, (section, symbols)) in sections.into_iter().zip(placed).enumerate() {
        first_parts.push(image.sections.len());
        let inner = starts.iter().filter(|s| s.0 == slot);
        let mut parts: Vec<(u64, &str)> = inner.map(|s| (s.1, s.2.as_str())).collect();
        if parts.first().is_none_or(|p| p.0 != 0) {
            parts.insert(0, (0, section.name.as_str()));
        }
        let ends = parts.iter().skip(1).map(|p| p.0).chain([u64::MAX]);
        for (&(start, name), end) in parts.iter().zip(ends) {
            image.sections.push(part(&section, name, start, end));
            image.placed.push(symbols_between(&symbols, start, end));
        }
    }
    for region in &mut image.regions {
        if let RegionKind::Section(slot) = &mut region.kind {
            *slot = first_parts.get(*slot).copied().unwrap_or(*slot);
        }
    }
}

fn part<'a>(section: &Section<'a>, name: &str, start: u64, end: u64) -> Section<'a> {
    let end = end.min(section.size).max(start);
    let clip = |at: u64| at.min(section.data.len() as u64) as usize;
    // Bytes in the place of zeroed variables only fill the file up to its alignment.
    let stored = if name.ends_with("bss") { start } else { end };
    Section {
        name: name.to_string(),
        addr: section.addr.wrapping_add(start),
        offset: section.offset.saturating_add(start),
        size: end - start,
        data: &section.data[clip(start)..clip(stored)],
        ..section.clone()
    }
}

fn symbols_between<'a>(symbols: &[Placed<'a>], start: u64, end: u64) -> Vec<Placed<'a>> {
    let inside = symbols.iter().filter(|s| (start..end).contains(&s.offset));
    inside
        .map(|s| Placed {
            offset: s.offset - start,
            size: s.size.min(end - s.offset),
            name: s.name,
        })
        .collect()
}
