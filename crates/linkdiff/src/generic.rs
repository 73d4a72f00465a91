//! Reader for every format but ELF and PE, by way of the `object` crate: sections and symbols only.

use crate::bytes::Words;
use crate::image::{Format, Image, Section, Symbol};
use object::read::{Object, ObjectSection, ObjectSymbol};
use object::{BinaryFormat, SectionKind, SymbolKind};

/// Reads a Mach-O, XCOFF or Wasm file; anything else becomes plain bytes.
pub fn read(data: &[u8]) -> Image<'_> {
    let mut image = Image::raw(data);
    let file = match object::File::parse(data) {
        Ok(file) => file,
        Err(error) => {
            if !data.is_empty() {
                image
                    .problems
                    .push(format!("compared as plain bytes: {error}"));
            }
            return image;
        }
    };
    image.format = match file.format() {
        BinaryFormat::MachO => Format::MachO,
        _ => Format::Other,
    };
    image.words = Words {
        big_endian: !file.is_little_endian(),
        pointer: if file.is_64() { 8 } else { 4 },
    };
    for section in file.sections() {
        let Ok(name) = section.name() else {
            image.problems.push(format!(
                "section {} has no readable name",
                section.index().0
            ));
            continue;
        };
        let segment = section.segment_name().ok().flatten().unwrap_or("");
        let name = if segment.is_empty() {
            name.to_string()
        } else {
            format!("{segment},{name}")
        };
        // `data` would fail for a cut section; its range is clipped instead.
        let (offset, size) = section.file_range().unwrap_or((0, 0));
        let len = data.len() as u64;
        let range = offset.min(len) as usize..offset.saturating_add(size).min(len) as usize;
        if (range.len() as u64) < size {
            image.problems.push(format!(
                "section {name}: {size:#x} bytes end after the file"
            ));
        }
        let debug = matches!(
            section.kind(),
            SectionKind::Debug | SectionKind::DebugString
        ) || name.contains("debug_");
        image.sections.push(Section {
            index: section.index().0,
            kind: 0,
            flags: match section.flags() {
                object::SectionFlags::MachO { flags, .. } => u64::from(flags.0),
                _ => 0,
            },
            addr: section.address(),
            offset,
            size: section.size(),
            align: section.align(),
            link: 0,
            info: 0,
            alloc: !debug && !name.contains("__DWARF,") && section.address() != 0,
            data: &data[range],
            name,
        });
    }
    for symbol in file.symbols() {
        let Ok(name) = symbol.name_bytes() else {
            continue;
        };
        image.symbols.push(Symbol {
            name,
            value: symbol.address(),
            size: symbol.size(),
            info: match symbol.kind() {
                SymbolKind::Text => 2,
                SymbolKind::Data => 1,
                _ => 0,
            },
            other: u8::from(symbol.is_global()),
            section: symbol.section_index().map_or(0, |i| i.0 as u32),
        });
    }
    if image.format == Format::MachO {
        crate::macho::describe(&mut image);
    }
    image
}
