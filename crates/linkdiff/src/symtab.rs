//! Differences of symbol tables and string tables.

use crate::bytes::{c_string, text};
use crate::elf;
use crate::image::{Image, Symbol};
use crate::list::multiset_difference;

/// How many names of a one-sided list are shown.
const SHOWN: usize = 20;

/// What an entry of a symbol table shows of itself.
pub trait Entry: PartialEq {
    /// Its name.
    fn name(&self) -> &[u8];
    /// All else, by name.
    fn fields(&self) -> [(&'static str, u64); 5];
}

impl Entry for Symbol<'_> {
    fn name(&self) -> &[u8] {
        self.name
    }

    fn fields(&self) -> [(&'static str, u64); 5] {
        [
            ("value", self.value),
            ("size", self.size),
            ("info", self.info.into()),
            ("other", self.other.into()),
            ("shndx", self.section.into()),
        ]
    }
}

fn describe(entry: &impl Entry) -> String {
    let fields = entry
        .fields()
        .map(|(name, value)| format!("{name} {value:#x}"));
    format!("{} {}", text(entry.name()), fields.join(" "))
}

/// Explains a SYMTAB or DYNSYM section; the first line is a summary.
pub fn explain_symbols(a: &Image<'_>, b: &Image<'_>, i: usize, j: usize) -> Vec<String> {
    let x = elf::symbols(a, &a.sections[i]);
    let y = elf::symbols(b, &b.sections[j]);
    compare_symbols(&x, &y)
}

/// Explains the difference of two symbol tables; empty if they are equal but for name offsets.
pub fn compare_symbols<E: Entry>(x: &[E], y: &[E]) -> Vec<String> {
    let index = x.iter().zip(y).position(|(p, q)| p != q);
    let Some(index) = index.or_else(|| (x.len() != y.len()).then(|| x.len().min(y.len()))) else {
        return vec!["entries equal but for their name offsets".to_string()];
    };
    let mut lines = Vec::new();
    let phrase = match (x.get(index), y.get(index)) {
        (Some(p), Some(q)) if p.name() == q.name() => {
            let fields = p.fields().into_iter().zip(q.fields());
            let changed: Vec<String> = fields
                .filter(|(v, w)| v != w)
                .map(|((name, v), (_, w))| format!("{name} {v:#x} → {w:#x}"))
                .collect();
            format!("{}: {}", text(p.name()), changed.join(", "))
        }
        (Some(p), Some(q)) => format!("A has {}, B has {}", text(p.name()), text(q.name())),
        (Some(p), None) => format!("B ends before {}", text(p.name())),
        (None, Some(q)) => format!("A ends before {}", text(q.name())),
        (None, None) => String::new(),
    };
    lines.push(format!(
        "first differing symbol [{index}] (A {}, B {} entries): {phrase}",
        x.len(),
        y.len()
    ));
    for (side, list) in [("A", x), ("B", y)] {
        let start = index.saturating_sub(3).min(list.len());
        let end = list.len().min(index + 4);
        for (k, symbol) in list[start..end].iter().enumerate() {
            let mark = if start + k == index { '>' } else { ' ' };
            lines.push(format!("{mark} {side}[{}] {}", start + k, describe(symbol)));
        }
    }
    let names = |list: &[E]| -> Vec<Vec<u8>> { list.iter().map(|s| s.name().to_vec()).collect() };
    let (names_x, names_y) = (names(x), names(y));
    let (only_a, only_b) = multiset_difference(&names_x, &names_y);
    for (side, only) in [("A", &only_a), ("B", &only_b)] {
        if !only.is_empty() {
            let shown: Vec<String> = only.iter().take(SHOWN).map(|n| text(n)).collect();
            lines.push(format!(
                "{} names only in {side}: {}",
                only.len(),
                shown.join(" ")
            ));
        }
    }
    if only_a.is_empty() && only_b.is_empty() && names_x != names_y {
        lines.push("same names in another order".to_string());
    }
    lines
}

/// Explains a string table: the strings that hold the first difference.
pub fn explain_strings(a: &[u8], b: &[u8], at: usize) -> Vec<String> {
    let whole = |data: &[u8]| {
        let end = at.min(data.len());
        let start = data[..end]
            .iter()
            .rposition(|&c| c == 0)
            .map_or(0, |p| p + 1);
        (start, text(c_string(data, start)))
    };
    let ((start_a, name_a), (start_b, name_b)) = (whole(a), whole(b));
    vec![format!(
        "string A +{start_a:#x} {name_a:?}, B +{start_b:#x} {name_b:?}"
    )]
}
