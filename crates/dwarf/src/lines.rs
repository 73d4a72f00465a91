//! `.debug_line`: the header of each unit's line program.
//!
//! The program itself is the compiler's, one symbol per function, put behind the header in the order
//! of the unit's functions (`ld/dwarf.go:writelines`).

use crate::encode::Sink;
use crate::paths;
use rustc_hash::FxHashMap;

const LINE_BASE: i8 = -4;
const LINE_RANGE: u8 = 10;
/// How many operands the standard opcodes are said to have; the compiler uses only some.
const OPERANDS: [u8; 10] = [0, 1, 1, 1, 1, 0, 0, 0, 1, 0];

const LNCT_PATH: u64 = 1;
const LNCT_DIRECTORY_INDEX: u64 = 2;
const FORM_STRING: u64 = 0x08;
const FORM_UDATA: u64 = 0x0f;

/// A unit's directories in the order they first occur, and its files with the directory of each.
struct Files {
    dirs: Vec<Vec<u8>>,
    files: Vec<(Vec<u8>, u64)>,
}

impl Files {
    fn gather(names: &[Vec<u8>]) -> Files {
        let mut numbers: FxHashMap<Vec<u8>, u64> = FxHashMap::default();
        let mut t = Files {
            dirs: vec![b".".to_vec()],
            files: Vec::with_capacity(names.len()),
        };
        numbers.insert(b".".to_vec(), 0);
        for name in names {
            let dir = paths::dir(name);
            let number = match numbers.get(&dir) {
                Some(&n) => n,
                None => {
                    let n = numbers.len() as u64;
                    t.dirs.push(dir.clone());
                    numbers.insert(dir, n);
                    n
                }
            };
            t.files.push((paths::base(name).to_vec(), number));
        }
        t
    }

    /// The tables of version 5, which spell out the format of their entries. File 0 is a dummy: the
    /// state machine starts with file 1, and an empty name has crashed GDB.
    fn put_v5(&self, out: &mut Vec<u8>) {
        out.u8(1);
        out.uleb(LNCT_PATH);
        out.uleb(FORM_STRING);
        out.uleb(self.dirs.len() as u64);
        for d in &self.dirs {
            out.string(d);
        }
        out.u8(2);
        out.uleb(LNCT_PATH);
        out.uleb(FORM_STRING);
        out.uleb(LNCT_DIRECTORY_INDEX);
        out.uleb(FORM_UDATA);
        out.uleb(self.files.len() as u64 + 1);
        out.string(b"?");
        out.uleb(0);
        for (file, dir) in &self.files {
            out.string(file);
            out.uleb(*dir);
        }
    }

    /// The tables of version 4, which both begin at 1. Times and lengths of files are unknown.
    fn put_v4(&self, out: &mut Vec<u8>) {
        for d in &self.dirs[1..] {
            out.string(d);
        }
        out.u8(0);
        for (file, dir) in &self.files {
            out.string(file);
            out.uleb(*dir);
            out.u16(0);
        }
        out.u8(0);
    }
}

/// The names of a unit's files as they go into the tables, from the names in the object.
pub(crate) fn file_names<'a>(files: impl Iterator<Item = &'a [u8]>, goroot: &str) -> Vec<Vec<u8>> {
    files
        .enumerate()
        .map(|(i, name)| {
            let name = paths::expand_file(name, goroot);
            if name.is_empty() {
                return format!("<missing>_{i}").into_bytes();
            }
            name
        })
        .collect()
}

/// The header of a unit's line program. `program`: bytes of program behind it.
pub(crate) fn header(files: &[Vec<u8>], program: u64, dwarf5: bool, ptr_size: u8) -> Vec<u8> {
    let mut out = Vec::with_capacity(64 + 32 * files.len());
    out.u32(0);
    if dwarf5 {
        out.u16(5);
        out.u8(ptr_size);
        out.u8(0);
    } else {
        // Version 2 is what dsymutil of older Xcodes reads.
        out.u16(2);
    }
    let at = out.len();
    out.u32(0);
    out.u8(1); // least instruction length
    if dwarf5 {
        out.u8(1); // operations per instruction
    }
    out.u8(1); // lines start as statements
    out.u8(LINE_BASE as u8);
    out.u8(LINE_RANGE);
    out.u8(OPERANDS.len() as u8 + 1);
    out.bytes(&OPERANDS);
    let tables = Files::gather(files);
    if dwarf5 {
        tables.put_v5(&mut out);
    } else {
        tables.put_v4(&mut out);
    }
    let header = (out.len() - at - 4) as u32;
    out[at..at + 4].copy_from_slice(&header.to_le_bytes());
    let unit = (out.len() as u64 - 4 + program) as u32;
    out[..4].copy_from_slice(&unit.to_le_bytes());
    out
}

/// The path of the script that GDB is to load, if one of these files of package runtime shows where
/// it is (`ld/dwarf.go:writeDirFileTables`).
pub(crate) fn gdb_script(files: &[Vec<u8>]) -> Option<Vec<u8>> {
    const PROC: &[u8] = b"runtime/proc.go";
    files.iter().find_map(|f| {
        let at = f.windows(PROC.len()).position(|w| w == PROC)?;
        Some([&f[..at], b"runtime/runtime-gdb.py"].concat())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(n: &[&str]) -> Vec<Vec<u8>> {
        n.iter().map(|n| n.as_bytes().to_vec()).collect()
    }

    #[test]
    fn directories_are_numbered_as_they_come() {
        let f = Files::gather(&names(&["/b/x.go", "y.go", "/a/z.go", "/b/w.go"]));
        assert_eq!(f.dirs, names(&[".", "/b", "/a"]));
        let dirs: Vec<u64> = f.files.iter().map(|f| f.1).collect();
        assert_eq!(dirs, [1, 0, 2, 1]);
    }

    #[test]
    fn lengths_count_from_behind_themselves() {
        let h = header(&names(&["/b/x.go"]), 100, true, 8);
        let word = |at: usize| u32::from_le_bytes(h[at..at + 4].try_into().unwrap()) as usize;
        assert_eq!(word(0), h.len() - 4 + 100);
        assert_eq!(word(8), h.len() - 12);
        let h = header(&names(&["/b/x.go"]), 0, false, 8);
        assert_eq!(h[4..6], [2, 0]);
        assert!(h.ends_with(b"/b\0\0x.go\0\x01\0\0\0"));
    }

    #[test]
    fn script_is_found_beside_the_scheduler() {
        let f = file_names(
            [&b"gofile..$GOROOT/src/runtime/proc.go"[..], b"gofile.."].into_iter(),
            "/g",
        );
        assert_eq!(f[1], b"<missing>_1");
        assert_eq!(gdb_script(&f).unwrap(), b"/g/src/runtime/runtime-gdb.py");
        assert_eq!(gdb_script(&f[1..]), None);
    }
}
