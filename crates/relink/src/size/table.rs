//! Rows of sizes, and how they are printed.

use linkdiff::Class;
use serde::Serialize;
use std::fmt::Write as _;

/// Bytes by what they are. In a comparison, what has been added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sizes {
    /// In the file.
    pub total: i64,
    /// Of these, machine code.
    pub text: i64,
    /// Constants and variables.
    pub data: i64,
    /// Tables of functions, lines and stack maps.
    pub pclntab: i64,
    /// Debugging information.
    pub debug: i64,
    /// Symbol tables.
    pub symbols: i64,
    /// Headers, notes, padding.
    pub other: i64,
    /// Variables that are zero at first: in memory, not in the file.
    pub zeroed: i64,
}

impl Sizes {
    /// Counts bytes in the file, and those that only memory has.
    pub fn add(&mut self, class: Class, file: i64, zeroed: i64) {
        let part = match class {
            Class::Text => &mut self.text,
            Class::Data => &mut self.data,
            Class::Pclntab => &mut self.pclntab,
            Class::Debug => &mut self.debug,
            Class::Symbols => &mut self.symbols,
            Class::Other => &mut self.other,
        };
        *part = part.saturating_add(file);
        self.total = self.total.saturating_add(file);
        self.zeroed = self.zeroed.saturating_add(zeroed);
    }

    /// Counts those of another row, `sign` times.
    pub fn add_all(&mut self, other: &Sizes, sign: i64) {
        let from = other.columns();
        for (to, from) in self.columns_mut().into_iter().zip(from) {
            *to = to.saturating_add(sign.saturating_mul(from));
        }
    }

    fn columns(&self) -> [i64; 8] {
        [
            self.total,
            self.text,
            self.data,
            self.pclntab,
            self.debug,
            self.symbols,
            self.other,
            self.zeroed,
        ]
    }

    fn columns_mut(&mut self) -> [&mut i64; 8] {
        [
            &mut self.total,
            &mut self.text,
            &mut self.data,
            &mut self.pclntab,
            &mut self.debug,
            &mut self.symbols,
            &mut self.other,
            &mut self.zeroed,
        ]
    }
}

const TITLES: [&str; 8] = [
    "total", "text", "data", "pclntab", "debug", "symbols", "other", "zeroed",
];

/// A row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// What it is about.
    pub name: String,
    /// Its sizes.
    #[serde(flatten)]
    pub sizes: Sizes,
}

/// Rows and their sum.
#[derive(Clone, Debug, Serialize)]
pub struct Table {
    /// The largest first.
    pub rows: Vec<Row>,
    /// The sum of all.
    pub sum: Sizes,
}

impl Table {
    /// Orders rows: by the file, then by memory, then by name.
    pub fn new(mut rows: Vec<Row>) -> Table {
        let key = |row: &Row| {
            let (total, zeroed) = (row.sizes.total.abs(), row.sizes.zeroed.abs());
            (std::cmp::Reverse((total, zeroed)), row.name.clone())
        };
        rows.sort_by_cached_key(key);
        let mut sum = Sizes::default();
        rows.iter().for_each(|row| sum.add_all(&row.sizes, 1));
        Table { rows, sum }
    }

    /// As text, the first `rows` rows of it, all if that is 0. `exact` prints bytes; `signed` shows what has grown.
    pub fn render(&self, rows: usize, exact: bool, signed: bool) -> String {
        let shown = match rows {
            0 => self.rows.len(),
            n => n.min(self.rows.len()),
        };
        let (head, tail) = self.rows.split_at(shown);
        let mut lines: Vec<(String, Sizes)> = head
            .iter()
            .map(|row| (row.name.clone(), row.sizes))
            .collect();
        if !tail.is_empty() {
            let mut rest = Sizes::default();
            tail.iter().for_each(|row| rest.add_all(&row.sizes, 1));
            lines.push((format!("… and {} more", tail.len()), rest));
        }
        lines.push(("in all".into(), self.sum));
        let cells: Vec<[String; 8]> = lines
            .iter()
            .map(|(_, sizes)| sizes.columns().map(|n| number(n, exact, signed)))
            .collect();
        let width = |column: usize| {
            let cells = cells.iter().map(|row| row[column].len());
            cells.chain([TITLES[column].len()]).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..TITLES.len()).map(width).collect();
        let mut out = String::new();
        for (column, title) in TITLES.iter().enumerate() {
            let _ = write!(out, "{title:>0$}  ", widths[column]);
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
        for ((name, _), row) in lines.iter().zip(&cells) {
            for (cell, width) in row.iter().zip(&widths) {
                let _ = write!(out, "{cell:>width$}  ");
            }
            out.push_str(name);
            out.push('\n');
        }
        out
    }
}

/// A number of bytes: exact, or with three digits and a unit. Nothing is a dash.
fn number(bytes: i64, exact: bool, signed: bool) -> String {
    if bytes == 0 {
        return "-".into();
    }
    let sign = match (bytes < 0, signed) {
        (true, _) => "-",
        (false, true) => "+",
        (false, false) => "",
    };
    let size = bytes.unsigned_abs();
    if exact || size < 1000 {
        return format!("{sign}{size}");
    }
    let mut value = size as f64;
    let mut unit = 0;
    // What would be shown as 1000 takes the next unit.
    while value >= 999.5 && unit < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    let digits = match value {
        v if v < 9.995 => 2,
        v if v < 99.95 => 1,
        _ => 0,
    };
    format!("{sign}{value:.digits$} {}", UNITS[unit - 1])
}

const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, text: i64, zeroed: i64) -> Row {
        let mut sizes = Sizes::default();
        sizes.add(Class::Text, text, zeroed);
        let name = name.to_owned();
        Row { name, sizes }
    }

    #[test]
    fn numbers_have_three_digits() {
        for (bytes, text) in [
            (0, "-"),
            (999, "999"),
            (1000, "1.00 kB"),
            (9_994, "9.99 kB"),
            (9_996, "10.0 kB"),
            (99_960, "100 kB"),
            (999_499, "999 kB"),
            (999_500, "1.00 MB"),
            (123_456_789, "123 MB"),
            (-1500, "-1.50 kB"),
        ] {
            assert_eq!(number(bytes, false, false), text, "{bytes}");
        }
        assert_eq!(number(1500, true, true), "+1500");
    }

    #[test]
    fn what_is_not_shown_is_added_up() {
        let table = Table::new(vec![row("a", 1, 0), row("b", 20, 5), row("c", 300, 0)]);
        assert_eq!(
            table.render(1, false, false),
            "total  text  data  pclntab  debug  symbols  other  zeroed\n  \
               300   300     -        -      -        -      -       -  c\n   \
                21    21     -        -      -        -      -       5  … and 2 more\n  \
               321   321     -        -      -        -      -       5  in all\n"
        );
        assert_eq!(table.render(0, false, false).lines().count(), 5);
    }
}
