//! The comparison itself: pairs the sections of two images and ranks what differs.

use crate::bytes::{count_differences, first_difference, hex_context, text};
use crate::elf::{self, SHT_NOTE};
use crate::image::{Format, Image, Section};
use crate::list::{first_list_difference, neighbours};
use crate::read::read;
use crate::report::{Cause, Finding, Report, resize};
use crate::{Options, dwarf, explain, headers, operand, pe};
use std::collections::HashMap;
use std::ops::Range;

/// Compares two files and explains their differences; see the crate documentation.
pub fn compare(a: &[u8], b: &[u8], options: &Options) -> Report {
    let first = first_difference(a, b);
    let mut report = Report {
        identical: first.is_none(),
        size_a: a.len() as u64,
        size_b: b.len() as u64,
        first_offset: first.map(|at| at as u64),
        first_in_a: String::new(),
        first_in_b: String::new(),
        problems: Vec::new(),
        findings: Vec::new(),
        all: options.all,
    };
    let Some(first) = first else { return report };
    let (mut image_a, mut image_b) = std::thread::scope(|scope| {
        let a = scope.spawn(|| read(a));
        let image_b = read(b);
        (
            a.join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            image_b,
        )
    });
    pe::split(&mut image_a, &mut image_b);
    report.first_in_a = image_a.locate(first as u64);
    report.first_in_b = image_b.locate(first as u64);
    for (side, image) in [("A", &image_a), ("B", &image_b)] {
        report
            .problems
            .extend(image.problems.iter().map(|p| format!("{side}: {p}")));
    }
    let pairs = pair_sections(&image_a, &image_b);
    let findings = &mut report.findings;
    headers::compare(&image_a, &image_b, &pairs, findings);
    sections(&image_a, &image_b, &pairs, findings);
    symbol_table(&image_a, &image_b, findings);
    padding(&image_a, &image_b, findings);
    if findings.is_empty() {
        let mut finding = Finding::new(
            "file bytes",
            Cause::Padding,
            0,
            format!("first at {first:#x}"),
        );
        finding.details = both_contexts(a, b, first, first);
        findings.push(finding);
    }
    findings.sort_by_key(|f| (f.cause, f.order));
    report
}

/// Sections of the same name, repeats in order, sorted by place in A.
fn pair_sections(a: &Image<'_>, b: &Image<'_>) -> Vec<(usize, usize)> {
    let mut free: HashMap<&str, std::collections::VecDeque<usize>> = HashMap::new();
    for (j, section) in b.sections.iter().enumerate() {
        free.entry(&section.name).or_default().push_back(j);
    }
    let take = |(i, section): (usize, &Section<'_>)| {
        Some((i, free.get_mut(section.name.as_str())?.pop_front()?))
    };
    a.sections.iter().enumerate().filter_map(take).collect()
}

fn both_contexts(a: &[u8], b: &[u8], at_a: usize, at_b: usize) -> Vec<String> {
    vec![
        format!("A {}", hex_context(a, at_a)),
        format!("B {}", hex_context(b, at_b)),
    ]
}

/// The bytes of a section that hold a hash of inputs or of the output.
fn hash_range(image: &Image<'_>, slot: usize) -> Option<Range<usize>> {
    let section = &image.sections[slot];
    if section.kind == SHT_NOTE && section.name.contains("build") {
        return Some(0..usize::MAX);
    }
    if section.name.ends_with("go.fipsinfo") || section.name.ends_with("go_fipsinfo") {
        return Some(16..48);
    }
    // The text begins with the build ID (cmd/link ld/data.go:textbuildid).
    const START: &[u8] = b"\xff Go build ID: \"";
    const LIMIT: usize = 1024;
    let head = &section.data[..section.data.len().min(LIMIT)];
    let start = head.windows(START.len()).position(|w| w == START)?;
    let body = &head[start + START.len()..];
    let end = body.windows(4).position(|w| w == b"\"\n \xff")?;
    Some(start..start + START.len() + end)
}

/// First difference outside `skip`; the second value tells whether `skip` hides one.
fn difference_outside(a: &[u8], b: &[u8], skip: Option<&Range<usize>>) -> (Option<usize>, bool) {
    let first = first_difference(a, b);
    match (first, skip) {
        (Some(at), Some(skip)) if skip.contains(&at) => {
            let (rest_a, rest_b) = (a.get(skip.end..), b.get(skip.end..));
            let behind = first_difference(rest_a.unwrap_or(&[]), rest_b.unwrap_or(&[]));
            (behind.map(|at| skip.end + at), true)
        }
        _ => (first, false),
    }
}

fn sections(a: &Image<'_>, b: &Image<'_>, pairs: &[(usize, usize)], out: &mut Vec<Finding>) {
    let content = dwarf::Sections::decompress(a, b, pairs);
    let views = dwarf::Views::new(a, b, &content);
    let mut moved = false;
    for &(i, j) in pairs {
        let x = &a.sections[i];
        if x.index == 0 && a.format == Format::Elf {
            continue;
        }
        let finding = if x.alloc {
            loaded(a, b, i, j, &mut moved)
        } else if dwarf::is_debug(&x.name) {
            dwarf::compare_section(i, j, &content, &views)
        } else {
            unloaded(a, b, i, j)
        };
        let Some(mut finding) = finding else { continue };
        finding.order = i as u64;
        out.push(finding);
    }
}

/// A section that is loaded: size and symbol order first, then bytes.
fn loaded(a: &Image<'_>, b: &Image<'_>, i: usize, j: usize, moved: &mut bool) -> Option<Finding> {
    let (x, y) = (&a.sections[i], &b.sections[j]);
    let place = format!("section {}", x.name);
    let skip = hash_range(a, i);
    let (first, hidden) = difference_outside(x.data, y.data, skip.as_ref());
    let hash_only = first.is_none() && hidden;
    let whole = skip.is_some_and(|range| range.end == usize::MAX);
    let (list_a, list_b) = (a.layout_list(i), b.layout_list(j));
    // With equal bytes the symbol table itself is at fault, and reported as such.
    let equal = x.data == y.data && x.size == y.size && !x.data.is_empty();
    let listed = if equal {
        None
    } else {
        first_list_difference(&list_a, &list_b)
    };
    let placed = (x.addr, x.offset, x.align) != (y.addr, y.offset, y.align);
    let resized = x.size != y.size;
    let shifts = (resized || listed.is_some() || (placed && !*moved)) && !whole;
    *moved |= resized || placed;
    let anything = shifts || first.is_some() || hidden || resized;
    if !anything {
        return None;
    }
    let cause = match () {
        () if shifts => Cause::Layout,
        () if hash_only => Cause::Hash,
        () => Cause::Content,
    };
    let at = first.or_else(|| first_difference(x.data, y.data));
    let mut summary = Vec::new();
    if resized {
        summary.push(resize(x.size, y.size));
    } else if placed && shifts {
        summary.push(format!(
            "placed at {:#x} (file {:#x}) → {:#x} (file {:#x})",
            x.addr, x.offset, y.addr, y.offset
        ));
    }
    if let (Some(list), true) = (&listed, shifts) {
        summary.push(list.what.clone());
    }
    let mut finding = Finding::new(place, cause, 0, String::new());
    if let Some(list) = &listed {
        finding
            .details
            .push("first symbol that differs, in address order:".to_string());
        finding
            .details
            .extend(neighbours(&list_a, &list_b, list.index, 3));
    }
    if let Some(at) = at {
        summary.push(content(a, b, i, j, at, &mut finding));
        if hash_only {
            summary.push("only the build ID or check sum differs".to_string());
        }
        let mut explained = explain::section(a, b, i, j, at);
        if explained.is_empty() {
            explained.extend(operand::describe(a, b, i, j, at));
        }
        if let (Some(line), None) = (explained.first(), &listed) {
            summary.push(line.clone());
        }
        finding.details.extend(explained);
    }
    finding.summary = summary.join("; ");
    Some(finding)
}

/// Describes the first differing byte, with its context; returns the summary phrase.
fn content(
    a: &Image<'_>,
    b: &Image<'_>,
    i: usize,
    j: usize,
    at: usize,
    finding: &mut Finding,
) -> String {
    let (x, y) = (&a.sections[i], &b.sections[j]);
    finding.offset = Some(at as u64);
    finding.symbol_a = a.covering(i, at as u64);
    finding.symbol_b = b.covering(j, at as u64);
    let count = count_differences(x.data, y.data);
    finding.details.push(format!(
        "first differing byte: section offset {at:#x}, file offset A {:#x} B {:#x}, \
         {count} of {:#x} bytes differ",
        x.offset + at as u64,
        y.offset + at as u64,
        x.data.len().min(y.data.len())
    ));
    if x.alloc {
        finding.details.push(format!(
            "address A {:#x} B {:#x}",
            x.addr.wrapping_add(at as u64),
            y.addr.wrapping_add(at as u64)
        ));
    }
    let symbol = match (&finding.symbol_a, &finding.symbol_b) {
        (None, None) => String::new(),
        (p, q) if p == q => {
            let name = p.clone().unwrap_or_default();
            finding.details.push(format!("symbol {name}"));
            format!(" in {name}")
        }
        (p, q) => {
            let show = |s: &Option<String>| s.clone().unwrap_or_else(|| "(none)".to_string());
            finding.details.push(format!("symbol A {}", show(p)));
            finding.details.push(format!("symbol B {}", show(q)));
            format!(" in {}", show(p))
        }
    };
    finding
        .details
        .extend(both_contexts(x.data, y.data, at, at));
    format!("{count} bytes differ, first at +{at:#x}{symbol}")
}

/// A section that is not loaded and not DWARF.
fn unloaded(a: &Image<'_>, b: &Image<'_>, i: usize, j: usize) -> Option<Finding> {
    let (x, y) = (&a.sections[i], &b.sections[j]);
    let at = first_difference(x.data, y.data);
    if at.is_none() && x.size == y.size {
        return None;
    }
    let mut finding = Finding::new(
        format!("section {}", x.name),
        Cause::Unloaded,
        0,
        String::new(),
    );
    let mut summary = Vec::new();
    if x.size != y.size {
        summary.push(resize(x.size, y.size));
    }
    if let Some(at) = at {
        let explained = explain::section(a, b, i, j, at);
        let decoded =
            x.kind == elf::SHT_SYMTAB || x.kind == elf::SHT_STRTAB || a.format == Format::Pe;
        let phrase = content(a, b, i, j, at, &mut finding);
        summary.push(phrase);
        summary.extend(explained.first().cloned());
        if decoded {
            // The decoded entries say more than their bytes.
            finding.details.splice(0..0, explained);
        } else {
            finding.details.extend(explained);
        }
    }
    finding.summary = summary.join("; ");
    Some(finding)
}

/// The symbol table of formats that do not keep it in a section of its own.
fn symbol_table(a: &Image<'_>, b: &Image<'_>, out: &mut Vec<Finding>) {
    if matches!(a.format, Format::Elf | Format::Pe) || a.symbols == b.symbols {
        return;
    }
    let details = crate::symtab::compare_symbols(&a.symbols, &b.symbols);
    let summary = details.first().cloned().unwrap_or_default();
    let mut finding = Finding::new("symbol table", Cause::Unloaded, u64::MAX, summary);
    finding.details = details;
    out.push(finding);
}

/// Bytes outside every structure; only meaningful while both files are laid out alike.
fn padding(a: &Image<'_>, b: &Image<'_>, out: &mut Vec<Finding>) {
    let extents = |image: &Image<'_>| {
        let regions = image.regions.iter().map(|r| (r.offset, r.size));
        let sections = image
            .sections
            .iter()
            .map(|s| (s.offset, s.data.len() as u64));
        let mut all: Vec<(u64, u64)> = regions.chain(sections).filter(|e| e.1 > 0).collect();
        all.sort_unstable();
        all
    };
    let (extents_a, extents_b) = (extents(a), extents(b));
    if extents_a != extents_b {
        return;
    }
    let mut at = 0u64;
    let end = a.data.len().max(b.data.len()) as u64;
    for (start, size) in extents_a.into_iter().chain([(end, 0)]) {
        if start > at {
            let gap = |data: &[u8]| {
                let limit = data.len() as u64;
                at.min(limit) as usize..start.min(limit) as usize
            };
            let (gap_a, gap_b) = (&a.data[gap(a.data)], &b.data[gap(b.data)]);
            if let Some(first) = first_difference(gap_a, gap_b) {
                let offset = at as usize + first;
                let place = text(a.locate(at).as_bytes());
                let summary = format!("file offset {offset:#x} (gap {at:#x}..{start:#x})");
                let mut finding = Finding::new(place, Cause::Padding, at, summary);
                finding.offset = Some(offset as u64);
                finding.details = both_contexts(a.data, b.data, offset, offset);
                out.push(finding);
            }
        }
        at = at.max(start.saturating_add(size));
    }
}
