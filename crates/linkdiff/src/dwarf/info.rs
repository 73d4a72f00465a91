//! `.debug_info`: units in order, and the entry and attribute at an offset.

use super::View;
use crate::bytes::{first_difference, text};
use crate::image::Image;
use crate::list::{Item, first_list_difference, neighbours};
use gimli::{
    Abbreviations, AttributeValue, DebugAbbrev, DebugInfo, EndianSlice, RunTimeEndian, UnitHeader,
    UnitOffset,
};
use std::borrow::Cow;
use std::rc::Rc;

type Slice<'v> = EndianSlice<'v, RunTimeEndian>;

/// A unit and the attributes of its root that other sections refer back by.
pub struct Unit<'v> {
    pub offset: usize,
    /// Length with its header.
    pub size: usize,
    pub name: Option<&'v [u8]>,
    pub line_base: Option<usize>,
    pub addr_base: Option<usize>,
    header: UnitHeader<Slice<'v>>,
    abbreviations: Rc<Abbreviations>,
}

impl Unit<'_> {
    pub fn shown(&self) -> String {
        self.name
            .map_or_else(|| format!("at {:#x}", self.offset), text)
    }

    fn end(&self) -> usize {
        self.offset + self.size
    }
}

fn endian(image: &Image<'_>) -> RunTimeEndian {
    if image.words.big_endian {
        RunTimeEndian::Big
    } else {
        RunTimeEndian::Little
    }
}

/// All units that can be read.
pub fn units<'v>(image: &Image<'_>, info: &'v [u8], abbrev: &'v [u8]) -> Vec<Unit<'v>> {
    let endian = endian(image);
    let debug_info = DebugInfo::new(info, endian);
    let debug_abbrev = DebugAbbrev::new(abbrev, endian);
    let mut out: Vec<Unit<'v>> = Vec::new();
    let mut headers = debug_info.units();
    while let Ok(Some(header)) = headers.next() {
        // The linker writes one abbreviation table for all units.
        let abbreviations = match out.last() {
            Some(last) if last.header.debug_abbrev_offset() == header.debug_abbrev_offset() => {
                last.abbreviations.clone()
            }
            _ => match header.abbreviations(&debug_abbrev) {
                Ok(abbreviations) => Rc::new(abbreviations),
                Err(_) => Rc::new(Abbreviations::default()),
            },
        };
        let Some(offset) = header.debug_info_offset() else {
            break;
        };
        let mut unit = Unit {
            offset: offset.0,
            size: header.length_including_self(),
            name: None,
            line_base: None,
            addr_base: None,
            header,
            abbreviations,
        };
        read_root(&mut unit);
        out.push(unit);
    }
    out
}

fn read_root(unit: &mut Unit<'_>) {
    let abbreviations = unit.abbreviations.clone();
    let Ok(mut entries) = unit.header.entries_raw(&abbreviations, None) else {
        return;
    };
    let Ok(Some(abbreviation)) = entries.read_abbreviation() else {
        return;
    };
    for &spec in abbreviation.attributes() {
        let Ok(attribute) = entries.read_attribute(spec) else {
            return;
        };
        match (attribute.name(), attribute.value()) {
            (gimli::DW_AT_name, AttributeValue::String(name)) => unit.name = Some(name.slice()),
            (gimli::DW_AT_stmt_list, AttributeValue::DebugLineRef(at)) => {
                unit.line_base = Some(at.0);
            }
            (gimli::DW_AT_addr_base, AttributeValue::DebugAddrBase(at)) => {
                unit.addr_base = Some(at.0);
            }
            _ => {}
        }
    }
}

/// An entry, as far as a comparison needs it.
#[derive(Clone, Debug, Default)]
struct Die<'v> {
    /// Offset in the section.
    offset: usize,
    end: usize,
    depth: isize,
    tag: Option<gimli::DwTag>,
    name: &'v [u8],
}

impl Die<'_> {
    fn shown(&self) -> String {
        let tag = self
            .tag
            .map_or("end of children".to_string(), |t| t.to_string());
        match self.name {
            b"" => tag,
            name => format!("{tag} {}", text(name)),
        }
    }
}

/// Calls `visit` for each entry of a unit with its attributes (name, value, start offset), until
/// it returns false or the unit ends.
fn walk<'v>(
    unit: &Unit<'v>,
    mut visit: impl FnMut(&Die<'v>, &[(gimli::Attribute<Slice<'v>>, usize)]) -> bool,
) {
    let Ok(mut entries) = unit.header.entries_raw(&unit.abbreviations, None) else {
        return;
    };
    let mut attributes = Vec::new();
    while !entries.is_empty() {
        let mut die = Die {
            offset: unit.offset + entries.next_offset().0,
            depth: entries.next_depth(),
            ..Die::default()
        };
        let Ok(abbreviation) = entries.read_abbreviation() else {
            return;
        };
        attributes.clear();
        if let Some(abbreviation) = abbreviation {
            die.tag = Some(abbreviation.tag());
            for &spec in abbreviation.attributes() {
                let start = unit.offset + entries.next_offset().0;
                let Ok(attribute) = entries.read_attribute(spec) else {
                    return;
                };
                if let (gimli::DW_AT_name, AttributeValue::String(name)) =
                    (attribute.name(), attribute.value())
                {
                    die.name = name.slice();
                }
                attributes.push((attribute, start));
            }
        }
        die.end = unit.offset + entries.next_offset().0;
        if !visit(&die, &attributes) {
            return;
        }
    }
}

/// Name of the entry at a section offset.
fn name_at(view: &View<'_>, offset: usize) -> Option<String> {
    let unit = view
        .units
        .iter()
        .find(|u| offset >= u.offset && offset < u.end())?;
    let start = UnitOffset(offset - unit.offset);
    let mut entries = unit
        .header
        .entries_raw(&unit.abbreviations, Some(start))
        .ok()?;
    let abbreviation = entries.read_abbreviation().ok()??;
    let mut name = None;
    for &spec in abbreviation.attributes() {
        let attribute = entries.read_attribute(spec).ok()?;
        if let (gimli::DW_AT_name, AttributeValue::String(found)) =
            (attribute.name(), attribute.value())
        {
            name = Some(text(found.slice()));
        }
    }
    Some(format!(
        "{} {}",
        abbreviation.tag(),
        name.unwrap_or_default()
    ))
}

fn show_value(view: &View<'_>, unit: &Unit<'_>, value: &AttributeValue<Slice<'_>>) -> String {
    match value {
        AttributeValue::String(s) => format!("{:?}", text(s.slice())),
        AttributeValue::Addr(addr) => {
            format!(
                "{addr:#x} <{}>",
                view.image.name_address(*addr).unwrap_or_default()
            )
        }
        AttributeValue::Udata(v) => format!("{v:#x}"),
        AttributeValue::DebugInfoRef(at) => {
            format!("{:#x} <{}>", at.0, name_at(view, at.0).unwrap_or_default())
        }
        AttributeValue::UnitRef(at) => {
            let at = unit.offset.wrapping_add(at.0);
            format!("{at:#x} <{}>", name_at(view, at).unwrap_or_default())
        }
        AttributeValue::Block(bytes) => format!("{:02x?}", bytes.slice()),
        AttributeValue::Exprloc(expression) => format!("{:02x?}", expression.0.slice()),
        other => format!("{other:?}"),
    }
}

/// Where `at` lies: unit, path of entries, attribute with its value.
fn locate(view: &View<'_>, at: usize) -> String {
    let Some(unit) = view.units.iter().find(|u| at >= u.offset && at < u.end()) else {
        return format!("{at:#x} lies in no readable unit");
    };
    let header = unit.header.header_size();
    if at - unit.offset < header {
        let field = match at - unit.offset {
            0..=3 => "unit_length",
            4..=5 => "version",
            _ => "header",
        };
        return format!("unit {}, {field} (+{:#x})", unit.shown(), at - unit.offset);
    }
    let mut path: Vec<Die<'_>> = Vec::new();
    let mut found = format!("unit {}, unreadable entry", unit.shown());
    walk(unit, |die, attributes| {
        path.truncate(usize::try_from(die.depth).unwrap_or(0));
        if at >= die.end {
            path.push(die.clone());
            return true;
        }
        let attribute = attributes.iter().rev().find(|(_, start)| *start <= at);
        let attribute = attribute.map_or("abbreviation code".to_string(), |(attribute, _)| {
            format!(
                "{} = {}",
                attribute.name(),
                show_value(view, unit, &attribute.value())
            )
        });
        let parents: Vec<String> = path.iter().skip(1).map(|d| d.shown() + " > ").collect();
        found = format!(
            "unit {}, DIE {:#x} {}{}, {attribute}",
            unit.shown(),
            die.offset,
            parents.concat(),
            die.shown()
        );
        false
    });
    found
}

/// The first entries of two units that differ in tag, name or size.
fn first_structural_difference(x: &Unit<'_>, y: &Unit<'_>) -> Option<Vec<String>> {
    fn list<'v>(unit: &Unit<'v>) -> Vec<Item<'v>> {
        let mut items = Vec::new();
        walk(unit, |die, _| {
            let tag = die.tag.map_or(0, |t| t.0);
            let mut name = format!("{} ", gimli::DwTag(tag)).into_bytes();
            if tag == 0 {
                name = b"end of children".to_vec();
            }
            name.extend_from_slice(die.name);
            let size = (die.end - die.offset) as u64;
            items.push(Item {
                name: Cow::Owned(name),
                size,
                offset: 0,
            });
            true
        });
        items
    }
    let (p, q) = (list(x), list(y));
    let difference = first_list_difference(&p, &q)?;
    let mut lines = vec![format!(
        "unit {}: first entry that differs in tag, name or size: [{}] {}",
        x.shown(),
        difference.index,
        difference.what
    )];
    let mut around = neighbours(&p, &q, difference.index, 3);
    for line in &mut around {
        // The list carries no offsets.
        *line = line.replacen(" +0x0", "", 1);
    }
    lines.append(&mut around);
    Some(lines)
}

/// Explains a difference of `.debug_info` whose first byte is at `at`.
pub fn explain(x: &View<'_>, y: &View<'_>, at: usize) -> Vec<String> {
    let list = |view: &View<'_>| -> Vec<Item<'static>> {
        let item = |unit: &Unit<'_>| Item {
            name: Cow::Owned(unit.shown().into_bytes()),
            size: unit.size as u64,
            offset: unit.offset as u64,
        };
        view.units.iter().map(item).collect()
    };
    let (list_x, list_y) = (list(x), list(y));
    let mut lines = Vec::new();
    let order = list_x
        .iter()
        .zip(&list_y)
        .position(|(p, q)| p.name != q.name);
    let first = x.units.iter().zip(&y.units).find(|(u, v)| {
        u.name != v.name || x.info.get(u.offset..u.end()) != y.info.get(v.offset..v.end())
    });
    if let Some(difference) = first_list_difference(&list_x, &list_y) {
        lines.push(format!(
            "units: {} in A, {} in B; first that differs [{}] {}",
            list_x.len(),
            list_y.len(),
            difference.index,
            difference.what
        ));
        lines.extend(neighbours(&list_x, &list_y, difference.index, 2));
        if let Some(order) = order.filter(|o| *o != difference.index) {
            lines.push(format!("first other unit name: [{order}]"));
            lines.extend(neighbours(&list_x, &list_y, order, 2));
        }
    }
    // A unit that changed its size says more than one that only refers to what moved.
    let resized = x
        .units
        .iter()
        .zip(&y.units)
        .find(|(u, v)| u.name != v.name || u.size != v.size);
    if let Some((u, v)) = resized.or(first)
        && u.name == v.name
        && let Some(mut found) = first_structural_difference(u, v)
    {
        lines.append(&mut found);
    }
    let (p, q) = (locate(x, at), locate(y, at));
    let mut located = vec![format!("A: {p}"), format!("B: {q}")];
    if p == q {
        located = vec![format!("at {p}")];
    }
    // The unit length is only a consequence: name the first difference behind the header too.
    if let Some((u, v)) = first {
        let (start, header) = (u.offset, u.header.header_size());
        fn body<'v>(view: &View<'v>, unit: &Unit<'_>, header: usize) -> &'v [u8] {
            view.info
                .get(unit.offset + header..unit.end())
                .unwrap_or(&[])
        }
        if at < start + header
            && let Some(inside) = first_difference(body(x, u, header), body(y, v, header))
        {
            located.push(format!(
                "behind the header, A: {}",
                locate(x, u.offset + header + inside)
            ));
            located.push(format!(
                "behind the header, B: {}",
                locate(y, v.offset + header + inside)
            ));
        }
    }
    lines.extend(located);
    lines
}

/// Where a unit's entries refer to in a list section (`ranges` or `location`).
pub fn lists_of(unit: &Unit<'_>, locations: bool) -> Vec<usize> {
    let mut places = Vec::new();
    walk(unit, |_, attributes| {
        for (attribute, _) in attributes {
            match attribute.value() {
                AttributeValue::RangeListsRef(r) if !locations => places.push(r.0),
                AttributeValue::LocationListsRef(r) if locations => places.push(r.0),
                _ => {}
            }
        }
        true
    });
    places
}

/// The entry whose reference into a list section (`ranges` or `location`) is the last at or
/// before `at`.
pub fn list_owner(view: &View<'_>, locations: bool, at: usize) -> String {
    let mut best: Option<(usize, usize, &[u8], Die<'_>)> = None;
    for (k, unit) in view.units.iter().enumerate() {
        let mut function: &[u8] = b"";
        walk(unit, |die, attributes| {
            if die.depth == 1 {
                function = die.name;
            }
            for (attribute, _) in attributes {
                let reference = match attribute.value() {
                    AttributeValue::RangeListsRef(r) if !locations => r.0,
                    AttributeValue::LocationListsRef(r) if locations => r.0,
                    _ => continue,
                };
                if reference <= at && best.as_ref().is_none_or(|b| reference > b.0) {
                    best = Some((reference, k, function, die.clone()));
                }
            }
            true
        });
    }
    let Some((reference, k, function, die)) = best else {
        return "no entry refers here".to_string();
    };
    format!(
        "unit {}, {}, DIE {:#x} {}, list at {reference:#x}",
        view.units[k].shown(),
        text(function),
        die.offset,
        die.shown()
    )
}
