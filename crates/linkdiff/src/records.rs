//! Small tables: notes, build information, FIPS record, type and itab links, relocations, `.dynamic`.

use crate::bytes::{text, uleb};
use crate::elf;
use crate::image::Image;

/// The notes that hold the difference.
pub fn notes(a: &Image<'_>, b: &Image<'_>, i: usize, j: usize) -> Vec<String> {
    let show = |image: &Image<'_>, slot: usize| {
        let data = image.sections[slot].data;
        let words = image.words;
        let mut at = 0;
        let mut out = Vec::new();
        while let (Some(n), Some(d), Some(kind)) = (
            words.u32(data, at),
            words.u32(data, at + 4),
            words.u32(data, at + 8),
        ) {
            let name_at = at + 12;
            let desc_at = name_at + (n as usize).next_multiple_of(4);
            let name = data.get(name_at..name_at + n as usize).unwrap_or(&[]);
            let desc = data.get(desc_at..desc_at + d as usize).unwrap_or(&[]);
            let printable = desc.iter().all(|c| (0x20..0x7f).contains(c));
            let desc = if printable {
                format!("{:?}", text(desc))
            } else {
                desc.iter().take(64).map(|c| format!("{c:02x}")).collect()
            };
            let name = text(name.split(|c| *c == 0).next().unwrap_or(name));
            out.push(format!("{name} type {kind:#x} desc {d} bytes {desc}"));
            at = desc_at + (d as usize).next_multiple_of(4);
        }
        out
    };
    let (x, y) = (show(a, i), show(b, j));
    let mut lines = Vec::new();
    for k in 0..x.len().max(y.len()) {
        let none = "(none)".to_string();
        let (p, q) = (x.get(k).unwrap_or(&none), y.get(k).unwrap_or(&none));
        if p != q {
            lines.push(format!("note {k}: A {p}"));
            lines.push(format!("note {k}: B {q}"));
        }
    }
    lines
}

/// Version and module lines of `.go.buildinfo` (cmd/link ld/data.go:buildinfo): strings stored
/// inline behind the 32-byte header.
pub fn build_info(a: &Image<'_>, b: &Image<'_>, i: usize, j: usize) -> Vec<String> {
    const HEADER: usize = 32;
    /// cmd/go frames the module text with 16 bytes on each side.
    const FRAME: usize = 16;
    let read = |image: &Image<'_>, slot: usize| -> Vec<String> {
        let data = image.sections[slot].data;
        let mut out = vec![format!(
            "header {:02x?}",
            data.get(..HEADER).unwrap_or(data)
        )];
        let mut at = HEADER;
        for part in 0..2 {
            let Some((length, size)) = uleb(data, at) else {
                break;
            };
            let start = at + size;
            let end = start.saturating_add(length as usize).min(data.len());
            let string = data.get(start..end).unwrap_or(&[]);
            if part == 0 {
                out.push(format!("version {:?}", text(string)));
            } else {
                let framed = string.len() >= 2 * FRAME;
                let body = if framed {
                    &string[FRAME..string.len() - FRAME]
                } else {
                    string
                };
                out.extend(body.split(|&c| c == b'\n').map(text));
            }
            at = end;
        }
        out
    };
    let (x, y) = (read(a, i), read(b, j));
    let Some(k) = (0..x.len().max(y.len())).find(|&k| x.get(k) != y.get(k)) else {
        return vec!["equal strings: frame or padding differs".to_string()];
    };
    let line = |list: &[String]| list.get(k).cloned().unwrap_or_else(|| "(none)".to_string());
    vec![format!(
        "build information line {k}: A {:?}, B {:?}",
        line(&x),
        line(&y)
    )]
}

/// Field of `go:fipsinfo` (cmd/link ld/fips140.go:fipsObject).
pub fn fips_info(a: &Image<'_>, b: &Image<'_>, i: usize, j: usize) -> Vec<String> {
    let pointer = a.words.pointer;
    let names = [
        "self",
        "text start",
        "text end",
        "rodata start",
        "rodata end",
    ]
    .into_iter()
    .chain(["noptrdata start", "noptrdata end", "data start", "data end"]);
    let mut fields = vec![("magic", 0, 16), ("sum", 16, 32)];
    fields.extend(
        names
            .enumerate()
            .map(|(k, name)| (name, 48 + k * pointer, pointer)),
    );
    let (x, y) = (a.sections[i].data, b.sections[j].data);
    let mut lines = Vec::new();
    for (name, at, size) in fields {
        let (p, q) = (x.get(at..at + size), y.get(at..at + size));
        if p == q {
            continue;
        }
        let show = |image: &Image<'_>, bytes: Option<&[u8]>| match bytes {
            None => "(end)".to_string(),
            Some(bytes) if size == pointer => {
                let value = image.words.word(bytes, 0).unwrap_or(0);
                let symbol = image.name_address(value).unwrap_or_default();
                format!("{value:#x} <{symbol}>")
            }
            Some(bytes) => bytes.iter().map(|c| format!("{c:02x}")).collect(),
        };
        lines.push(format!(
            "fipsinfo.{name}: A {}, B {}",
            show(a, p),
            show(b, q)
        ));
    }
    lines
}

/// Text of the type descriptor at `address`, by its name offset into the types.
fn type_text(image: &Image<'_>, types: u64, offset: u64) -> Option<String> {
    if image.relocatable {
        return None;
    }
    let words = image.words;
    let descriptor = image.bytes_at(types.checked_add(offset)?)?;
    // size, ptrdata, hash, four bytes of flags, equal, gcdata, name offset.
    let name = words.u32(descriptor, 4 * words.pointer + 8)?;
    let name = image.bytes_at(types.checked_add(name.into())?)?;
    let (length, size) = uleb(name, 1)?;
    let start = 1 + size;
    Some(text(name.get(start..start.checked_add(length as usize)?)?))
}

/// The first differing entry of `.typelink`: type descriptor offsets sorted by type string.
pub fn type_links(a: &Image<'_>, b: &Image<'_>, i: usize, j: usize, at: usize) -> Vec<String> {
    let index = at / 4;
    let types = |image: &Image<'_>| {
        crate::moduledata::Moduledata::read(image)
            .and_then(|m| m.value("types"))
            .or_else(|| image.symbol_value("runtime.types"))
    };
    let mut lines = Vec::new();
    for (side, image, slot) in [("A", a, i), ("B", b, j)] {
        let data = image.sections[slot].data;
        for k in index.saturating_sub(2)..index + 3 {
            let Some(offset) = image.words.u32(data, 4 * k) else {
                break;
            };
            let name = types(image).and_then(|t| type_text(image, t, offset.into()));
            let mark = if k == index { '>' } else { ' ' };
            let name = name.unwrap_or_else(|| "?".to_string());
            lines.push(format!("{mark} {side}[{k}] types+{offset:#x} {name}"));
        }
    }
    let pick = |side: &str| {
        let wanted = format!("> {side}[");
        lines
            .iter()
            .find(|l| l.starts_with(&wanted))
            .map_or("(end)", |l| &l[2..])
            .to_string()
    };
    let summary = format!("typelink {index}: {} / {}", pick("A"), pick("B"));
    lines.insert(0, summary);
    lines
}

/// The first differing pointer of a section of pointers.
pub fn pointers(a: &Image<'_>, b: &Image<'_>, i: usize, j: usize, at: usize) -> Vec<String> {
    let pointer = a.words.pointer;
    let index = at / pointer;
    let show = |image: &Image<'_>, slot: usize| {
        let value = image.words.word(image.sections[slot].data, index * pointer);
        value.map_or("(end)".to_string(), |v| {
            format!("{v:#x} <{}>", image.name_address(v).unwrap_or_default())
        })
    };
    vec![format!(
        "pointer {index}: A {}, B {}",
        show(a, i),
        show(b, j)
    )]
}

/// The first differing relocation of a RELA section.
pub fn relocations(a: &Image<'_>, b: &Image<'_>, i: usize, j: usize, at: usize) -> Vec<String> {
    let pointer = a.words.pointer;
    let index = at / (3 * pointer);
    let show = |image: &Image<'_>, slot: usize| {
        let section = &image.sections[slot];
        let get = |k: usize| image.words.word(section.data, (3 * index + k) * pointer);
        let (Some(offset), Some(info), Some(addend)) = (get(0), get(1), get(2)) else {
            return "(end)".to_string();
        };
        let (symbol, kind) = match pointer {
            8 => (info >> 32, info & 0xffff_ffff),
            _ => (info >> 8, info & 0xff),
        };
        let table = image.sections.get(section.link as usize);
        let name = table
            .filter(|t| t.kind == elf::SHT_SYMTAB || t.kind == elf::SHT_DYNSYM)
            .and_then(|t| elf::symbol_at(image, t, symbol as usize))
            .map_or("?".to_string(), |s| text(s.name));
        let target = image
            .sections
            .get(section.info as usize)
            .filter(|_| image.relocatable)
            .and_then(|_| image.covering(section.info as usize, offset))
            .or_else(|| image.name_address(offset))
            .unwrap_or_default();
        format!("at {offset:#x} <{target}> type {kind} symbol {symbol} ({name}) addend {addend:#x}")
    };
    vec![
        format!("first differing relocation [{index}]"),
        format!("A {}", show(a, i)),
        format!("B {}", show(b, j)),
    ]
}

/// The first differing entry of `.dynamic`.
pub fn dynamic(a: &Image<'_>, b: &Image<'_>, i: usize, j: usize, at: usize) -> Vec<String> {
    let pointer = a.words.pointer;
    let index = at / (2 * pointer);
    let show = |image: &Image<'_>, slot: usize| {
        let data = image.sections[slot].data;
        let get = |k: usize| image.words.word(data, (2 * index + k) * pointer);
        match (get(0), get(1)) {
            (Some(tag), Some(value)) => {
                format!("tag {tag:#x} ({}) value {value:#x}", dynamic_tag(tag))
            }
            _ => "(end)".to_string(),
        }
    };
    vec![format!("entry {index}: A {}, B {}", show(a, i), show(b, j))]
}

fn dynamic_tag(tag: u64) -> &'static str {
    const NAMES: [&str; 31] = [
        "NULL",
        "NEEDED",
        "PLTRELSZ",
        "PLTGOT",
        "HASH",
        "STRTAB",
        "SYMTAB",
        "RELA",
        "RELASZ",
        "RELAENT",
        "STRSZ",
        "SYMENT",
        "INIT",
        "FINI",
        "SONAME",
        "RPATH",
        "SYMBOLIC",
        "REL",
        "RELSZ",
        "RELENT",
        "PLTREL",
        "DEBUG",
        "TEXTREL",
        "JMPREL",
        "BIND_NOW",
        "INIT_ARRAY",
        "FINI_ARRAY",
        "INIT_ARRAYSZ",
        "FINI_ARRAYSZ",
        "RUNPATH",
        "FLAGS",
    ];
    match tag {
        0x6fff_fef5 => "GNU_HASH",
        0x6fff_fff0 => "VERSYM",
        0x6fff_fffb => "FLAGS_1",
        0x6fff_fffe => "VERNEED",
        0x6fff_ffff => "VERNEEDNUM",
        _ => NAMES.get(tag as usize).copied().unwrap_or("?"),
    }
}
