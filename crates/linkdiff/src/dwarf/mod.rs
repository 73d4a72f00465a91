//! Differences of debug sections: decompressed first, then decoded far enough to name the unit and
//! the entry that hold the first difference.

mod info;
mod line;
pub(crate) mod owners;
mod tables;

use crate::bytes::{count_differences, first_difference, hex_context, uleb};
use crate::elf::SHF_COMPRESSED;
use crate::image::{Format, Image, Section};
use crate::report::{Cause, Finding, resize};
use flate2::read::ZlibDecoder;
use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Read;

/// A debug section's content.
#[derive(Debug, Default)]
struct Content<'a> {
    /// Decompressed bytes.
    data: Cow<'a, [u8]>,
    /// Size of the compression header if the section is compressed.
    header: Option<usize>,
    /// Why decompression stopped early.
    problem: Option<String>,
}

/// The debug sections of one file, by their name after `debug_`.
#[derive(Debug, Default)]
struct Side<'a> {
    sections: HashMap<String, Content<'a>>,
}

impl Side<'_> {
    fn get(&self, name: &str) -> &[u8] {
        self.sections.get(name).map_or(&[], |c| &c.data)
    }
}

/// One file as the decoders see it.
struct View<'v> {
    image: &'v Image<'v>,
    info: &'v [u8],
    /// Units of `.debug_info`, in order.
    units: Vec<info::Unit<'v>>,
}

/// Both files as the decoders see them; built once for all sections.
pub struct Views<'v> {
    a: View<'v>,
    b: View<'v>,
}

impl<'v> Views<'v> {
    /// Reads the units of both files.
    pub fn new(a: &'v Image<'v>, b: &'v Image<'v>, sections: &'v Sections<'_>) -> Views<'v> {
        Views {
            a: View::new(a, &sections.a),
            b: View::new(b, &sections.b),
        }
    }
}

/// Decompressed debug sections of both files.
#[derive(Debug, Default)]
pub struct Sections<'a> {
    a: Side<'a>,
    b: Side<'a>,
}

/// Whether a section holds debug information; relocations of it do not.
pub fn is_debug(name: &str) -> bool {
    let name = name.rsplit_once(',').map_or(name, |(_, section)| section);
    name.trim_start_matches(['.', '_', 'z'])
        .starts_with("debug_")
}

/// "info" for `.debug_info`, `.zdebug_info` and `__DWARF,__zdebug_info`.
fn kind(name: &str) -> &str {
    name.rsplit_once("debug_").map_or(name, |(_, kind)| kind)
}

fn decompress<'a>(image: &Image<'a>, section: &Section<'a>) -> Content<'a> {
    let data = section.data;
    let plain = Content {
        data: Cow::Borrowed(data),
        header: None,
        problem: None,
    };
    let wide = image.words.pointer == 8;
    let (header, size) = if image.format == Format::Elf && section.flags & SHF_COMPRESSED != 0 {
        let header = if wide { 24 } else { 12 };
        let (at, width) = if wide { (8, 8) } else { (4, 4) };
        (header, image.words.uint(data, at, width))
    } else if data.starts_with(b"ZLIB") && section.name.contains("zdebug_") {
        let size = data
            .get(4..12)
            .map(|s| s.iter().fold(0, |n, b| n << 8 | u64::from(*b)));
        (12, size)
    } else {
        return plain;
    };
    let (Some(stream), Some(size)) = (data.get(header..), size) else {
        let problem = Some("compression header cut short".to_string());
        return Content { problem, ..plain };
    };
    // Deflate expands at most 1032 to 1, so a damaged size cannot ask for more memory than that.
    let limit = size.min(stream.len() as u64 * 1040);
    let mut out = Vec::with_capacity(limit as usize);
    let result = ZlibDecoder::new(stream)
        .take(limit + 1)
        .read_to_end(&mut out);
    let problem = match result {
        Err(error) => Some(format!(
            "decompression failed after {} bytes: {error}",
            out.len()
        )),
        Ok(_) if out.len() as u64 != size => Some(format!(
            "header says {size} bytes, stream has {}{}",
            out.len(),
            if out.len() as u64 > limit {
                " or more"
            } else {
                ""
            }
        )),
        Ok(_) => None,
    };
    Content {
        data: Cow::Owned(out),
        header: Some(header),
        problem,
    }
}

impl<'a> Sections<'a> {
    /// Decompresses what a comparison needs: the sections that differ and those which name things.
    pub fn decompress(a: &Image<'a>, b: &Image<'a>, pairs: &[(usize, usize)]) -> Sections<'a> {
        let debug =
            |&&(i, _): &&(usize, usize)| is_debug(&a.sections[i].name) && !a.sections[i].alloc;
        let differs = |i: usize, j: usize| a.sections[i].data != b.sections[j].data;
        if !pairs.iter().filter(debug).any(|&(i, j)| differs(i, j)) {
            return Sections::default();
        }
        let names = |i: usize| matches!(kind(&a.sections[i].name), "info" | "abbrev" | "addr");
        let wanted: Vec<(usize, usize)> = pairs
            .iter()
            .filter(debug)
            .copied()
            .filter(|&(i, j)| names(i) || differs(i, j))
            .collect();
        let mut out = Sections::default();
        std::thread::scope(|scope| {
            let jobs: Vec<_> = wanted
                .iter()
                .map(|&(i, j)| {
                    let left = scope.spawn(move || decompress(a, &a.sections[i]));
                    let right = scope.spawn(move || decompress(b, &b.sections[j]));
                    (i, left, right)
                })
                .collect();
            for (i, left, right) in jobs {
                let name = kind(&a.sections[i].name).to_string();
                // A decoder that panics leaves its section empty, which reads as "all differs".
                out.a
                    .sections
                    .insert(name.clone(), left.join().unwrap_or_default());
                out.b
                    .sections
                    .insert(name, right.join().unwrap_or_default());
            }
        });
        out
    }
}

/// Compares one debug section.
pub fn compare_section(
    i: usize,
    j: usize,
    sections: &Sections<'_>,
    views: &Views<'_>,
) -> Option<Finding> {
    let (x, y) = (&views.a.image.sections[i], &views.b.image.sections[j]);
    let raw = first_difference(x.data, y.data)?;
    let name = kind(&x.name);
    let (p, q) = (
        sections.a.sections.get(name)?,
        sections.b.sections.get(name)?,
    );
    let mut finding = Finding::new(
        format!("section {}", x.name),
        Cause::Unloaded,
        0,
        String::new(),
    );
    for (side, content) in [("A", p), ("B", q)] {
        if let Some(problem) = &content.problem {
            finding.details.push(format!("{side}: {problem}"));
        }
    }
    let Some(at) = first_difference(&p.data, &q.data) else {
        encoder(x, y, p, q, raw, &mut finding);
        return Some(finding);
    };
    finding.offset = Some(at as u64);
    let mut summary = Vec::new();
    if p.data.len() != q.data.len() {
        summary.push(resize(p.data.len() as u64, q.data.len() as u64));
    }
    let count = count_differences(&p.data, &q.data);
    summary.push(format!("{count} bytes differ, first at +{at:#x}"));
    let mut lines = explain(&views.a, &views.b, name, &p.data, &q.data, at);
    summary.extend(lines.first().cloned());
    finding.details.append(&mut lines);
    let packed = if p.header.is_some() {
        "decompressed "
    } else {
        ""
    };
    finding
        .details
        .push(format!("first differing byte: {packed}offset {at:#x}"));
    finding
        .details
        .push(format!("A {}", hex_context(&p.data, at)));
    finding
        .details
        .push(format!("B {}", hex_context(&q.data, at)));
    finding.summary = summary.join("; ");
    Some(finding)
}

/// The same bytes, packed differently.
fn encoder(
    x: &Section<'_>,
    y: &Section<'_>,
    p: &Content<'_>,
    q: &Content<'_>,
    raw: usize,
    finding: &mut Finding,
) {
    finding.cause = Cause::Encoder;
    finding.offset = Some(raw as u64);
    let what = match (p.header, q.header) {
        (Some(_), None) => "A is compressed, B is not".to_string(),
        (None, Some(_)) => "B is compressed, A is not".to_string(),
        (Some(header), Some(_)) if raw < header => {
            format!("compression header differs at {raw:#x}")
        }
        (Some(header), Some(_)) => format!(
            "encoder differs, first at stream offset {:#x} (section {raw:#x})",
            raw - header
        ),
        (None, None) => "sizes in the headers differ".to_string(),
    };
    finding.summary = format!(
        "decompressed equal ({:#x} bytes): {what}; compressed {}",
        p.data.len(),
        resize(x.data.len() as u64, y.data.len() as u64)
    );
    if let (Some(p), Some(q)) = (p.header, q.header) {
        let streams = x.data.get(p..).zip(y.data.get(q..));
        let choice = streams.map(|(p, q)| crate::deflate::first_choice(p, q));
        finding
            .summary
            .extend(choice.iter().flat_map(|c| ["; ", c.as_str()]));
    }
    finding
        .details
        .push(format!("A {}", hex_context(x.data, raw)));
    finding
        .details
        .push(format!("B {}", hex_context(y.data, raw)));
}

impl<'v> View<'v> {
    fn new(image: &'v Image<'v>, side: &'v Side<'_>) -> View<'v> {
        let (info, abbrev) = (side.get("info"), side.get("abbrev"));
        View {
            image,
            info,
            units: info::units(image, info, abbrev),
        }
    }

    /// "unit NAME" for the last unit whose `key` is at or before `at`.
    fn unit_by(&self, at: usize, key: impl Fn(&info::Unit<'v>) -> Option<usize>) -> String {
        let best = self
            .units
            .iter()
            .filter_map(|unit| key(unit).filter(|k| *k <= at).map(|k| (k, unit)))
            .max_by_key(|(k, _)| *k);
        best.map_or("no unit".to_string(), |(_, unit)| {
            format!("unit {}", unit.shown())
        })
    }
}

fn explain(x: &View<'_>, y: &View<'_>, name: &str, p: &[u8], q: &[u8], at: usize) -> Vec<String> {
    match name {
        "info" => info::explain(x, y, at),
        "line" => line::explain(x, y, p, q, at),
        "abbrev" => tables::abbreviations(p, q, at),
        "frame" => tables::frames(x, y, p, q, at),
        "addr" => tables::addresses(x, y, p, q, at),
        "rnglists" | "ranges" | "loclists" | "loc" => tables::lists(x, y, name, p, q, at),
        _ => crate::symtab::explain_strings(p, q, at),
    }
}

/// A cursor over LEB128 values that gives up at the end.
fn next_uleb(data: &[u8], at: &mut usize) -> Option<u64> {
    let (value, size) = uleb(data, *at)?;
    *at += size;
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_sections_are_known_by_name() {
        for name in [".debug_info", ".zdebug_info", "__DWARF,__zdebug_info"] {
            assert!(is_debug(name) && kind(name) == "info", "{name}");
        }
        for name in [".text", ".rela.debug_info", "relocations of .debug_info"] {
            assert!(!is_debug(name), "{name}");
        }
    }
}
