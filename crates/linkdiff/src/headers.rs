//! Differences of the file header, the program headers, the section list and the section headers.

use crate::image::{Field, Format, Image, Region, RegionKind};
use crate::list::{Item, first_list_difference};
use crate::report::{Cause, Finding};
use std::borrow::Cow;

/// Compares everything outside the sections. `pairs` are the matched sections.
pub fn compare(a: &Image<'_>, b: &Image<'_>, pairs: &[(usize, usize)], out: &mut Vec<Finding>) {
    if a.format != b.format {
        let summary = format!("A is {:?}, B is {:?}", a.format, b.format);
        out.push(Finding::new("file format", Cause::Structure, 0, summary));
    }
    section_list(a, b, out);
    let (header, segments) = match a.format {
        Format::MachO => ("Mach-O header", "load commands"),
        Format::Pe => ("PE headers", "data directories"),
        _ => ("ELF header", "program headers"),
    };
    let one = |image: &Image<'_>, kind| -> Vec<Region> {
        image
            .regions
            .iter()
            .filter(|r| r.kind == kind)
            .cloned()
            .collect()
    };
    table(
        header,
        1,
        &one(a, RegionKind::Header),
        &one(b, RegionKind::Header),
        out,
    );
    let (segments_a, segments_b) = (one(a, RegionKind::Segment), one(b, RegionKind::Segment));
    if segments_a.len() != segments_b.len() {
        let (n, m) = (segments_a.len(), segments_b.len());
        let summary = format!("{n} in A, {m} in B");
        let mut finding = Finding::new(
            format!("number of {segments}"),
            Cause::Structure,
            2,
            summary,
        );
        for (side, list) in [("A", &segments_a), ("B", &segments_b)] {
            finding
                .details
                .extend(list.iter().map(|r| format!("{side}: {}", describe(r))));
        }
        out.push(finding);
    }
    table(segments, 2, &segments_a, &segments_b, out);
    let header = |image: &Image<'_>, slot: usize| {
        let kind = RegionKind::Section(slot);
        image.regions.iter().find(|r| r.kind == kind).cloned()
    };
    let (mut headers_a, mut headers_b) = (Vec::new(), Vec::new());
    for &(i, j) in pairs {
        if let (Some(x), Some(y)) = (header(a, i), header(b, j)) {
            headers_a.push(x);
            headers_b.push(y);
        }
    }
    table("section headers", 3, &headers_a, &headers_b, out);
}

fn describe(region: &Region) -> String {
    let fields = region
        .fields
        .iter()
        .map(|f| format!("{}={:#x}", f.name, f.value));
    format!("{}: {}", region.name, fields.collect::<Vec<_>>().join(" "))
}

/// Compares two equally ordered tables; fields that nothing else explains make their own finding.
fn table(place: &str, order: u64, a: &[Region], b: &[Region], out: &mut Vec<Finding>) {
    let mut own = Vec::new();
    let mut derived = Vec::new();
    for (x, y) in a.iter().zip(b) {
        let changed = |f: &&(&Field, &Field)| f.0.value != f.1.value;
        let pairs: Vec<_> = x.fields.iter().zip(&y.fields).collect();
        let show = |want: bool| {
            let shown: Vec<String> = pairs
                .iter()
                .filter(changed)
                .filter(|(f, _)| f.derived == want)
                .map(|(f, g)| format!("{} {:#x} → {:#x}", f.name, f.value, g.value))
                .collect();
            (!shown.is_empty()).then(|| format!("{}: {}", x.name, shown.join(", ")))
        };
        own.extend(show(false));
        derived.extend(show(true));
    }
    for (cause, lines) in [(Cause::Structure, own), (Cause::Derived, derived)] {
        if let Some(first) = lines.first() {
            let more = match lines.len() {
                1 => String::new(),
                n => format!(" (and {} more)", n - 1),
            };
            let mut finding = Finding::new(place, cause, order, format!("{first}{more}"));
            finding.details = lines;
            out.push(finding);
        }
    }
}

fn section_list(a: &Image<'_>, b: &Image<'_>, out: &mut Vec<Finding>) {
    let list = |image: &Image<'_>| -> Vec<Item<'static>> {
        let name = |s: &crate::image::Section<'_>| Cow::Owned(s.name.clone().into_bytes());
        image
            .sections
            .iter()
            .map(|s| Item {
                name: name(s),
                size: 0,
                offset: 0,
            })
            .collect()
    };
    let (list_a, list_b) = (list(a), list(b));
    let Some(difference) = first_list_difference(&list_a, &list_b) else {
        return;
    };
    let mut finding = Finding::new("section list", Cause::Structure, 1, difference.what);
    let missing = |x: &Image<'_>, y: &Image<'_>| -> Vec<String> {
        let absent = x.sections.iter().filter(|s| y.section(&s.name).is_none());
        absent.map(|s| s.name.clone()).collect()
    };
    for (side, names) in [("A", missing(a, b)), ("B", missing(b, a))] {
        if !names.is_empty() {
            finding
                .details
                .push(format!("only in {side}: {}", names.join(" ")));
        }
    }
    for (side, image) in [("A", a), ("B", b)] {
        let names: Vec<&str> = image
            .sections
            .iter()
            .filter(|s| s.index != 0)
            .map(|s| s.name.as_str())
            .collect();
        finding.details.push(format!("{side}: {}", names.join(" ")));
    }
    out.push(finding);
}
