//! First difference of two ordered lists (symbols by address, units, functions …) with its context.

use crate::bytes::text;
use std::borrow::Cow;
use std::collections::HashMap;

/// One entry of an ordered list of named, sized things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item<'a> {
    /// Name, or any key that identifies the entry.
    pub name: Cow<'a, [u8]>,
    /// Size in bytes.
    pub size: u64,
    /// Offset from the start of what holds the list, in bytes.
    pub offset: u64,
}

/// Where two lists part, and how.
#[derive(Clone, Debug)]
pub struct ListDifference {
    /// Index of the first differing entry.
    pub index: usize,
    /// One phrase: what happened there.
    pub what: String,
}

/// First index at which the lists differ in name, size or offset.
pub fn first_list_difference(a: &[Item<'_>], b: &[Item<'_>]) -> Option<ListDifference> {
    let index = a.iter().zip(b).position(|(x, y)| x != y);
    let index = match index {
        Some(i) => i,
        None if a.len() == b.len() => return None,
        None => a.len().min(b.len()),
    };
    Some(ListDifference {
        index,
        what: describe(a, b, index),
    })
}

fn describe(a: &[Item<'_>], b: &[Item<'_>], index: usize) -> String {
    let (x, y) = match (a.get(index), b.get(index)) {
        (Some(x), Some(y)) => (x, y),
        (Some(x), None) => {
            let rest = a.len() - index;
            return format!("B ends; {rest} more in A, the first is {}", text(&x.name));
        }
        (None, Some(y)) => {
            let rest = b.len() - index;
            return format!("A ends; {rest} more in B, the first is {}", text(&y.name));
        }
        (None, None) => return String::new(),
    };
    if x.name == y.name {
        let mut parts = Vec::new();
        if x.offset != y.offset {
            let delta = y.offset.wrapping_sub(x.offset) as i64;
            parts.push(format!(
                "offset {:#x} in A, {:#x} in B ({delta:+})",
                x.offset, y.offset
            ));
        }
        if x.size != y.size {
            let delta = y.size.wrapping_sub(x.size) as i64;
            parts.push(format!(
                "size {:#x} in A, {:#x} in B ({delta:+})",
                x.size, y.size
            ));
        }
        return format!("{}: {}", text(&x.name), parts.join(", "));
    }
    // Where the other side's entry turns up tells an insertion from a move.
    let ahead =
        |list: &[Item<'_>], name: &[u8]| list[index..].iter().position(|item| item.name == name);
    let behind =
        |list: &[Item<'_>], name: &[u8]| list[..index].iter().position(|item| item.name == name);
    let x_in_b = ahead(b, &x.name);
    let y_in_a = ahead(a, &y.name);
    let (xn, yn) = (text(&x.name), text(&y.name));
    match (x_in_b, y_in_a) {
        (Some(d), None) => match behind(a, &y.name) {
            None => format!("only in B: {yn} ({d} inserted before {xn})"),
            Some(i) => format!("order differs: A has {xn}; B has {yn}, which is [{i}] in A"),
        },
        (None, Some(d)) => match behind(b, &x.name) {
            None => format!("only in A: {xn} ({d} missing from B before {yn})"),
            Some(i) => format!("order differs: B has {yn}; A has {xn}, which is [{i}] in B"),
        },
        (Some(i), Some(j)) => {
            format!("order differs: A has {xn} (in B {i} later), B has {yn} (in A {j} later)")
        }
        (None, None) => format!("A has {xn}, B has {yn}, neither comes later in the other"),
    }
}

/// The entries around `index` of both lists, one per line, `>` marking the index itself.
pub fn neighbours(a: &[Item<'_>], b: &[Item<'_>], index: usize, around: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for (side, list) in [("A", a), ("B", b)] {
        let start = index.saturating_sub(around).min(list.len());
        let end = list.len().min(index + around + 1);
        for (i, item) in list[start..end].iter().enumerate() {
            let i = start + i;
            let mark = if i == index { '>' } else { ' ' };
            lines.push(format!(
                "{mark} {side}[{i}] +{:#x} size {:#x} {}",
                item.offset,
                item.size,
                text(&item.name)
            ));
        }
        if index >= list.len() {
            lines.push(format!("> {side}[{index}] (end)"));
        }
    }
    lines
}

/// Entries that occur more often in one list than in the other: (only in A, only in B), each in
/// list order.
pub fn multiset_difference<'l, T: Eq + std::hash::Hash>(
    a: &'l [T],
    b: &'l [T],
) -> (Vec<&'l T>, Vec<&'l T>) {
    let mut counts: HashMap<&T, i64> = HashMap::with_capacity(a.len());
    for item in a {
        *counts.entry(item).or_default() += 1;
    }
    let mut only_b = Vec::new();
    for item in b {
        let count = counts.entry(item).or_default();
        *count -= 1;
        if *count < 0 {
            only_b.push(item);
        }
    }
    let mut only_a = Vec::new();
    for item in a.iter().rev() {
        if let Some(count) = counts.get_mut(item)
            && *count > 0
        {
            *count -= 1;
            only_a.push(item);
        }
    }
    only_a.reverse();
    (only_a, only_b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(names: &[(&'static str, u64)]) -> Vec<Item<'static>> {
        let mut offset = 0;
        let mut items = Vec::new();
        for (name, size) in names {
            items.push(Item {
                name: Cow::Borrowed(name.as_bytes()),
                size: *size,
                offset,
            });
            offset += size;
        }
        items
    }

    #[test]
    fn tells_insertions_moves_and_sizes_apart() {
        let a = list(&[("a", 1), ("b", 1), ("c", 1)]);
        let what = |b: &[Item<'_>]| first_list_difference(&a, b).map(|d| (d.index, d.what));
        assert_eq!(what(&a.clone()), None);
        let (i, w) = what(&list(&[("a", 1), ("x", 1), ("b", 1), ("c", 1)])).unwrap();
        assert!(i == 1 && w.contains("only in B: x"), "{w}");
        let (i, w) = what(&list(&[("a", 1), ("c", 1)])).unwrap();
        assert!(i == 1 && w.contains("only in A: b"), "{w}");
        let (i, w) = what(&list(&[("a", 1), ("c", 1), ("b", 1)])).unwrap();
        assert!(i == 1 && w.contains("order differs"), "{w}");
        let (i, w) = what(&list(&[("a", 1), ("b", 3), ("c", 1)])).unwrap();
        assert!(i == 1 && w.contains("size 0x1 in A, 0x3 in B (+2)"), "{w}");
        let (i, w) = what(&list(&[("a", 1), ("b", 1)])).unwrap();
        assert!(i == 2 && w.contains("B ends"), "{w}");
    }

    #[test]
    fn multisets_count_repeats() {
        let (a, b) = ([1, 1, 2], [1, 3]);
        assert_eq!(multiset_difference(&a, &b), (vec![&1, &2], vec![&3]));
    }
}
