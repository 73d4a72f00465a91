//! `.debug_line`: the header of each unit's line program.
//!
//! The program itself is the compiler's, one symbol per function, put behind the header in the order
//! of the unit's functions (`ld/dwarf.go:writelines`).

use crate::encode::Sink;
use crate::paths::{self, Goroot};
use rustc_hash::FxHashMap;

const LINE_BASE: i8 = -4;
const LINE_RANGE: u8 = 10;
/// How many operands the standard opcodes are said to have; the compiler uses only some.
const OPERANDS: [u8; 10] = [0, 1, 1, 1, 1, 0, 0, 0, 1, 0];

const LNCT_PATH: u64 = 1;
const LNCT_DIRECTORY_INDEX: u64 = 2;
const FORM_STRING: u64 = 0x08;
const FORM_UDATA: u64 = 0x0f;

/// A unit's files and their directories, encoded as they come
/// (`ld/dwarf.go:writeDirFileTables`).
pub(crate) struct FileTable {
    /// The directories in the order they first occur, each with its NUL.
    dirs: Vec<u8>,
    /// Their numbers; 0 is `.`.
    numbers: FxHashMap<Box<[u8]>, u32>,
    files: Vec<u8>,
    n_files: u64,
    dwarf5: bool,
}

impl FileTable {
    pub(crate) fn new(dwarf5: bool) -> FileTable {
        let mut t = FileTable {
            dirs: Vec::with_capacity(512),
            numbers: FxHashMap::default(),
            files: Vec::with_capacity(1024),
            n_files: 0,
            dwarf5,
        };
        t.dirs.string(b".");
        t.numbers.insert(Box::from(&b"."[..]), 0);
        t
    }

    /// Adds a file by its path. `last` is the directory of the file before and its number.
    fn add(&mut self, path: &[u8], last: &mut (Vec<u8>, u32)) {
        let made;
        let (dir, base) = match path.iter().rposition(|&c| c == b'/') {
            None => (&b"."[..], path),
            Some(at) if at > 0 && paths::is_clean(path) => (&path[..at], &path[at + 1..]),
            Some(_) => {
                made = paths::dir(path);
                (&made[..], paths::base(path))
            }
        };
        if last.0 != dir {
            last.0.clear();
            last.0.extend_from_slice(dir);
            last.1 = match self.numbers.get(dir) {
                Some(&n) => n,
                None => {
                    let n = self.numbers.len() as u32;
                    self.dirs.string(dir);
                    self.numbers.insert(dir.into(), n);
                    n
                }
            };
        }
        self.add_file(base, last.1);
    }

    /// Adds a file by its name and the number of its directory.
    fn add_file(&mut self, base: &[u8], dir: u32) {
        self.files.string(base);
        self.files.uleb(dir.into());
        if !self.dwarf5 {
            self.files.u16(0); // neither time nor length
        }
        self.n_files += 1;
    }

    /// Adds the files of an object by their names there. Answers where GDB's script lies if a file
    /// shows it and `has_scheduler` says to look.
    pub(crate) fn add_all<'a>(
        &mut self,
        names: impl Iterator<Item = &'a [u8]>,
        goroot: &Goroot,
        has_scheduler: bool,
    ) -> Option<Vec<u8>> {
        let mut script = None;
        let mut path = Vec::new();
        let mut last = (b".".to_vec(), 0);
        // What comes before the last slash decides on the directory. Names that begin with a dot may
        // be none.
        let mut known: FxHashMap<&[u8], u32> = FxHashMap::default();
        for (i, name) in names.enumerate() {
            let parts = name
                .iter()
                .rposition(|&c| c == b'/')
                .map(|at| (&name[..at], &name[at + 1..]))
                .filter(|(_, base)| base.first().is_some_and(|&c| c != b'.') && !has_scheduler);
            if let Some((dir, base)) = parts
                && let Some(&number) = known.get(dir)
            {
                self.add_file(base, number);
                continue;
            }
            path.clear();
            goroot.expand_file(name, &mut path);
            if path.is_empty() {
                path = format!("<missing>_{i}").into_bytes();
            }
            if has_scheduler && script.is_none() {
                script = gdb_script(&path);
            }
            self.add(&path, &mut last);
            if let Some((dir, _)) = parts {
                known.insert(dir, last.1);
            }
        }
        script
    }

    fn put(&self, out: &mut Vec<u8>) {
        if self.dwarf5 {
            // Version 5 spells out the format of entries. File 0 is a dummy: the state machine starts
            // with file 1, and an empty name has crashed GDB.
            out.u8(1);
            out.uleb(LNCT_PATH);
            out.uleb(FORM_STRING);
            out.uleb(self.numbers.len() as u64);
            out.bytes(&self.dirs);
            out.u8(2);
            out.uleb(LNCT_PATH);
            out.uleb(FORM_STRING);
            out.uleb(LNCT_DIRECTORY_INDEX);
            out.uleb(FORM_UDATA);
            out.uleb(self.n_files + 1);
            out.string(b"?");
            out.uleb(0);
            out.bytes(&self.files);
        } else {
            // In version 4 both begin at 1.
            out.bytes(&self.dirs[2..]);
            out.u8(0);
            out.bytes(&self.files);
            out.u8(0);
        }
    }
}

/// The header of a unit's line program. `program`: bytes of program behind it.
pub(crate) fn header(files: &FileTable, program: u64, ptr_size: u8) -> Vec<u8> {
    let mut out = Vec::with_capacity(64 + files.dirs.len() + files.files.len());
    out.u32(0);
    if files.dwarf5 {
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
    if files.dwarf5 {
        out.u8(1); // operations per instruction
    }
    out.u8(1); // lines start as statements
    out.u8(LINE_BASE as u8);
    out.u8(LINE_RANGE);
    out.u8(OPERANDS.len() as u8 + 1);
    out.bytes(&OPERANDS);
    files.put(&mut out);
    let header = (out.len() - at - 4) as u32;
    out[at..at + 4].copy_from_slice(&header.to_le_bytes());
    let unit = (out.len() as u64 - 4 + program) as u32;
    out[..4].copy_from_slice(&unit.to_le_bytes());
    out
}

/// The path of the script that GDB is to load, if `path` is the file beside whose directory it lies.
fn gdb_script(path: &[u8]) -> Option<Vec<u8>> {
    const PROC: &[u8] = b"runtime/proc.go";
    let at = path.windows(PROC.len()).position(|w| w == PROC)?;
    Some([&path[..at], b"runtime/runtime-gdb.py"].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(names: &[&str], dwarf5: bool) -> (FileTable, Option<Vec<u8>>) {
        let mut t = FileTable::new(dwarf5);
        let s = t.add_all(names.iter().map(|n| n.as_bytes()), &Goroot::new("/g"), true);
        (t, s)
    }

    #[test]
    fn directories_are_numbered_as_they_come() {
        let (t, _) = table(&["/b/x.go", "y.go", "/a//z.go", "/b/w.go", "/v.go"], true);
        assert_eq!(t.dirs, b".\0/b\0/a\0/\0");
        assert_eq!(t.files, b"x.go\0\x01y.go\0\0z.go\0\x02w.go\0\x01v.go\0\x03");
    }

    #[test]
    fn known_directories_are_not_looked_at_again() {
        let names = [
            "gofile..$GOROOT/src/a/x.go",
            "gofile..$GOROOT/src/a/y.go",
            "gofile../b//x.go",
            "gofile../b//../y.go",
            "gofile../b//z.go",
            "gofile../y.go",
            "gofile..y.go",
        ];
        let (mut t, mut one) = (FileTable::new(true), FileTable::new(true));
        let goroot = Goroot::new("/g");
        t.add_all(names.iter().map(|n| n.as_bytes()), &goroot, false);
        for n in names {
            one.add_all([n.as_bytes()].into_iter(), &goroot, false);
        }
        assert_eq!((&t.dirs, &t.files), (&one.dirs, &one.files));
        assert_eq!(t.dirs, b".\0/g/src/a\0/b\0/\0");
    }

    #[test]
    fn lengths_count_from_behind_themselves() {
        let h = header(&table(&["/b/x.go"], true).0, 100, 8);
        let word = |at: usize| u32::from_le_bytes(h[at..at + 4].try_into().unwrap()) as usize;
        assert_eq!(word(0), h.len() - 4 + 100);
        assert_eq!(word(8), h.len() - 12);
        let h = header(&table(&["/b/x.go"], false).0, 0, 8);
        assert_eq!(h[4..6], [2, 0]);
        assert!(h.ends_with(b"/b\0\0x.go\0\x01\0\0\0"));
    }

    #[test]
    fn script_is_found_beside_the_scheduler() {
        let (t, script) = table(&["gofile..$GOROOT/src/runtime/proc.go", "gofile.."], true);
        assert!(t.files.ends_with(b"<missing>_1\0\0"));
        assert_eq!(script.unwrap(), b"/g/src/runtime/runtime-gdb.py");
        assert!(table(&["x.go"], true).1.is_none());
    }
}
