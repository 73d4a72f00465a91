//! The smaller debug sections: abbreviations, frames, addresses, range and location lists.

use super::{View, info, next_uleb};
use crate::list::{Item, first_list_difference, neighbours};
use std::borrow::Cow;

/// The abbreviation declarations at `at`.
pub fn abbreviations(p: &[u8], q: &[u8], at: usize) -> Vec<String> {
    let locate = |data: &[u8]| -> Option<String> {
        let mut next = 0;
        loop {
            let code = next_uleb(data, &mut next)?;
            if code == 0 {
                if at < next {
                    return Some("end of the table".to_string());
                }
                if next >= data.len() {
                    return None;
                }
                continue;
            }
            let tag = gimli::DwTag(next_uleb(data, &mut next)? as u16);
            let shown = format!("abbreviation {code} {tag}");
            let _children = data.get(next)?;
            next += 1;
            if at < next {
                return Some(format!("{shown}, code, tag or children flag"));
            }
            loop {
                let name = next_uleb(data, &mut next)?;
                let form = next_uleb(data, &mut next)?;
                if form == 0x21 {
                    // DW_FORM_implicit_const keeps its value here.
                    next_uleb(data, &mut next)?;
                }
                if at < next {
                    let (name, form) = (gimli::DwAt(name as u16), gimli::DwForm(form as u16));
                    return Some(format!("{shown}, {name} {form}"));
                }
                if name == 0 && form == 0 {
                    break;
                }
            }
        }
    };
    let show = |data| locate(data).unwrap_or_else(|| "behind the last declaration".to_string());
    vec![format!("A: {}; B: {}", show(p), show(q))]
}

/// Call frame entries: (offset, size, name).
fn frame_list(view: &View<'_>, data: &[u8]) -> Vec<Item<'static>> {
    let words = view.image.words;
    let mut out = Vec::new();
    let mut at = 0usize;
    while let (Some(length), Some(id)) = (words.u32(data, at), words.u32(data, at + 4)) {
        let name = if id == u32::MAX {
            "CIE".to_string()
        } else {
            let address = words.word(data, at + 8).unwrap_or(0);
            match view.image.name_address(address) {
                Some(name) => name.split("+0x0").next().unwrap_or("?").to_string(),
                None => format!("{address:#x}"),
            }
        };
        let size = u64::from(length) + 4;
        out.push(Item {
            name: Cow::Owned(name.into_bytes()),
            size,
            offset: at as u64,
        });
        let Some(next) = at.checked_add(size as usize) else {
            break;
        };
        at = next;
    }
    out
}

/// The call frame entries at `at`.
pub fn frames(x: &View<'_>, y: &View<'_>, p: &[u8], q: &[u8], at: usize) -> Vec<String> {
    let (list_x, list_y) = (frame_list(x, p), frame_list(y, q));
    let pointer = x.image.words.pointer as u64;
    let locate = |list: &[Item<'_>]| {
        let found = list
            .iter()
            .find(|i| at as u64 >= i.offset && at as u64 - i.offset < i.size);
        found.map_or("no entry".to_string(), |item| {
            let inside = at as u64 - item.offset;
            let field = match inside {
                0..=3 => "length",
                4..=7 => "CIE pointer",
                n if n < 8 + pointer => "initial location",
                n if n < 8 + 2 * pointer => "address range",
                _ => "instructions",
            };
            let name = crate::bytes::text(&item.name);
            let kind = if name == "CIE" { "" } else { "FDE of " };
            format!("{kind}{name}, {field} (entry +{inside:#x})")
        })
    };
    let (a, b) = (locate(&list_x), locate(&list_y));
    let mut lines = vec![if a == b {
        format!("in {a}")
    } else {
        format!("A {a}; B {b}")
    }];
    if let Some(difference) = first_list_difference(&list_x, &list_y) {
        lines.push(format!(
            "first entry that differs: [{}] {}",
            difference.index, difference.what
        ));
        lines.extend(neighbours(&list_x, &list_y, difference.index, 3));
    }
    lines
}

/// The `.debug_addr` slot at `at`.
pub fn addresses(x: &View<'_>, y: &View<'_>, p: &[u8], q: &[u8], at: usize) -> Vec<String> {
    let words = x.image.words;
    /// unit_length, version, address size, segment selector size.
    const HEADER: usize = 8;
    if at < HEADER {
        let mut lines = vec![format!("header +{at:#x} (length, version, sizes)")];
        let length = p.len().min(q.len());
        let slots = (HEADER..length).step_by(words.pointer);
        let first = slots
            .into_iter()
            .find(|&k| words.word(p, k) != words.word(q, k));
        if let Some(first) = first {
            lines.push(slot(x, y, p, q, first));
        }
        return lines;
    }
    let start = HEADER + (at - HEADER) / words.pointer * words.pointer;
    vec![slot(x, y, p, q, start)]
}

fn slot(x: &View<'_>, y: &View<'_>, p: &[u8], q: &[u8], at: usize) -> String {
    let show = |view: &View<'_>, data: &[u8]| match view.image.words.word(data, at) {
        None => "(end)".to_string(),
        Some(value) => {
            let name = view.image.name_address(value).unwrap_or_default();
            let unit = view.unit_by(at, |unit| unit.addr_base);
            format!("{value:#x} <{name}> ({unit})")
        }
    };
    format!("slot at {at:#x}: A {}, B {}", show(x, p), show(y, q))
}

/// The entry that refers to the range or location list at `at`.
pub fn lists(x: &View<'_>, y: &View<'_>, name: &str, p: &[u8], q: &[u8], at: usize) -> Vec<String> {
    /// unit_length, version, address size, segment selector size, offset entry count.
    const HEADER: usize = 12;
    let mut lines = Vec::new();
    let mut at = at;
    if name.ends_with("lists") && at < HEADER {
        let behind = p.get(HEADER..).zip(q.get(HEADER..));
        let Some(inside) = behind.and_then(|(p, q)| crate::bytes::first_difference(p, q)) else {
            return vec![format!("header +{at:#x} only")];
        };
        at = HEADER + inside;
        lines.push(format!("header (length), then at +{at:#x}:"));
    }
    let locations = name.starts_with("loc");
    let owner = |view: &View<'_>| info::list_owner(view, locations, at);
    let (a, b) = (owner(x), owner(y));
    let found = if a == b {
        format!("list of {a}")
    } else {
        format!("list of A: {a}; B: {b}")
    };
    match lines.first_mut() {
        Some(line) => *line = format!("{line} {found}"),
        None => lines.push(found),
    }
    lines
}
