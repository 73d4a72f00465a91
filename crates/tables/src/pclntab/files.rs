//! `runtime.filetab`, the names of source files, and `runtime.cutab`, which maps a unit's file
//! numbers to them (`ld/pcln.go:generateFilenameTabs`).

use super::chunk::{Chunk, NO_UNIT};
use rayon::prelude::*;
use std::borrow::Cow;
use symbols::{Symbols, UnitId, clean_path};

/// What the compiler puts before file names in symbols.
const FILE_PREFIX: &[u8] = b"gofile..";
const GOROOT: &[u8] = b"$GOROOT";
/// In cutab: nobody uses this file.
const NO_FILE: u32 = u32::MAX;

/// Turns the file names of objects into those of the program.
pub struct FileNames {
    goroot: Option<Vec<u8>>,
}

impl FileNames {
    /// For the value of the environment variable `GOROOT`; empty or absent leaves `$GOROOT` be.
    pub fn new(goroot: Option<&str>) -> FileNames {
        FileNames {
            goroot: goroot
                .filter(|g| !g.is_empty())
                .map(|g| g.as_bytes().to_vec()),
        }
    }

    /// The name without the compiler's prefix and with `$GOROOT` replaced
    /// (`ld/dwarf.go:expandFile`, `ld/pcln.go:expandGoroot`).
    pub fn expand<'a>(&self, name: &'a [u8]) -> Cow<'a, [u8]> {
        let name = name.strip_prefix(FILE_PREFIX).unwrap_or(name);
        match (&self.goroot, name.strip_prefix(GOROOT)) {
            (Some(goroot), Some(rest @ [b'/' | b'\\', ..])) => {
                let mut path = goroot.clone();
                path.push(b'/');
                path.extend_from_slice(rest);
                Cow::Owned(clean_path(&path))
            }
            _ => Cow::Borrowed(name),
        }
    }
}

/// A unit in cutab.
struct UnitFiles {
    unit: u32,
    /// Index of its first entry.
    first: u32,
    /// Number of its entries.
    n: u32,
}

/// Both tables, planned.
pub(crate) struct Files {
    /// The filetab itself.
    pub names: Vec<u8>,
    /// Number of names.
    pub n_names: u32,
    /// Number of entries of cutab.
    pub n_entries: u32,
    /// Offset of every name by its file's number, or [`NO_FILE`].
    offsets: Vec<u32>,
    units: Vec<UnitFiles>,
    /// Per unit, the index of its first entry in cutab.
    pub unit_first: Vec<u32>,
}

impl Files {
    /// Plans the tables from what the chunks use.
    pub fn plan(syms: &Symbols, chunks: &[Chunk], expand: &FileNames) -> Files {
        let mut offsets = vec![NO_FILE; syms.source_files.limit()];
        let mut names = Vec::new();
        let used = || chunks.iter().flat_map(|c| &c.files);
        for &id in used() {
            offsets[id.index()] = names.len() as u32;
            names.extend_from_slice(&expand.expand(syms.source_files.name(id)));
            names.push(0);
        }

        let mut number = vec![u32::MAX; syms.units.len()];
        let mut units: Vec<UnitFiles> = Vec::new();
        for &(unit, n) in chunks.iter().flat_map(|c| &c.units) {
            if unit == NO_UNIT {
                continue;
            }
            let i = &mut number[unit as usize];
            if *i == u32::MAX {
                *i = units.len() as u32;
                units.push(UnitFiles { unit, first: 0, n });
            } else {
                let u = &mut units[*i as usize];
                u.n = u.n.max(n);
            }
        }
        let mut n_entries = 0;
        let mut unit_first = number;
        for u in &mut units {
            u.first = n_entries;
            unit_first[u.unit as usize] = n_entries;
            n_entries += u.n;
        }
        Files {
            n_names: used().count() as u32,
            names,
            n_entries,
            offsets,
            units,
            unit_first,
        }
    }

    /// Writes cutab. A file that no function of a unit uses has its offset all the same if another unit
    /// uses it.
    pub fn fill_units(&self, syms: &Symbols, out: &mut [u8]) {
        let mut parts = Vec::with_capacity(self.units.len());
        let mut rest = out;
        for u in &self.units {
            let (part, r) = rest.split_at_mut(4 * u.n as usize);
            parts.push((u, part));
            rest = r;
        }
        parts
            .into_par_iter()
            .with_min_len(16)
            .for_each(|(u, part)| {
                let files = syms.unit_obj(UnitId(u.unit)).map_or(&[][..], |o| &o.files);
                for (f, entry) in files.iter().zip(part.chunks_exact_mut(4)) {
                    entry.copy_from_slice(&self.offsets[f.index()].to_le_bytes());
                }
            });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(goroot: Option<&str>, name: &str) -> String {
        let e = FileNames::new(goroot);
        String::from_utf8(e.expand(name.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn goroot_is_replaced_and_the_path_cleaned() {
        let g = Some("/usr//go/");
        assert_eq!(expand(g, "gofile..$GOROOT/src/a.go"), "/usr/go/src/a.go");
        assert_eq!(
            expand(g, "gofile..$GOROOT/src/../x/./a.go"),
            "/usr/go/x/a.go"
        );
        assert_eq!(expand(g, "gofile..$GOROOTS/a.go"), "$GOROOTS/a.go");
        assert_eq!(expand(g, "gofile../b//a.go"), "/b//a.go");
        assert_eq!(expand(Some("go"), "$GOROOT/../../a.go"), "../a.go");
        assert_eq!(expand(Some(""), "gofile..$GOROOT/a.go"), "$GOROOT/a.go");
        assert_eq!(expand(None, "gofile..$GOROOT/a.go"), "$GOROOT/a.go");
        assert_eq!(expand(None, "gofile..<autogenerated>"), "<autogenerated>");
    }
}
