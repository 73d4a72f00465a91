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

/// The directories of source files, for one unit after another: many units have files of the same
/// ones.
pub(crate) struct Directories<'a> {
    goroot: &'a Goroot,
    /// By what comes before the last slash of names in objects.
    of_prefix: FxHashMap<&'a [u8], u32>,
    /// By path.
    of_path: FxHashMap<Box<[u8]>, u32>,
    known: Vec<Directory>,
}

/// A directory.
struct Directory {
    path: Box<[u8]>,
    /// Its number in the table that uses it last.
    number: u32,
    /// Which table that is.
    table: u32,
}

impl<'a> Directories<'a> {
    /// None so far. `$GOROOT` in names of files becomes `goroot`.
    pub(crate) fn new(goroot: &'a Goroot) -> Directories<'a> {
        let mut d = Directories {
            goroot,
            of_prefix: FxHashMap::default(),
            of_path: FxHashMap::default(),
            known: Vec::new(),
        };
        d.enter(b".");
        d
    }

    fn enter(&mut self, path: &[u8]) -> u32 {
        if let Some(&dir) = self.of_path.get(path) {
            return dir;
        }
        let dir = self.known.len() as u32;
        self.known.push(Directory {
            path: path.into(),
            number: 0,
            table: 0,
        });
        self.of_path.insert(path.into(), dir);
        dir
    }

    /// The directory of a file.
    fn of_file(&mut self, path: &[u8]) -> u32 {
        match path.iter().rposition(|&c| c == b'/') {
            None => CURRENT,
            Some(at) if at > 0 && paths::is_clean(path) => self.enter(&path[..at]),
            Some(_) => self.enter(&paths::dir(path)),
        }
    }
}

/// The directory `.`, the first of every table.
const CURRENT: u32 = 0;

/// A unit's files and their directories, encoded as they come
/// (`ld/dwarf.go:writeDirFileTables`).
pub(crate) struct FileTable {
    /// The directories in the order they first occur, each with its NUL.
    dirs: Vec<u8>,
    n_dirs: u32,
    files: Vec<u8>,
    n_files: u64,
    dwarf5: bool,
}

impl FileTable {
    /// The files of an object by their names there, and where GDB's script lies if a file shows it and
    /// `has_scheduler` says to look. `table`: a number, not 0, that no other table made with these
    /// directories has.
    pub(crate) fn new<'a>(
        names: impl Iterator<Item = &'a [u8]>,
        directories: &mut Directories<'a>,
        table: u32,
        dwarf5: bool,
        has_scheduler: bool,
    ) -> (FileTable, Option<Vec<u8>>) {
        let mut t = FileTable {
            dirs: Vec::with_capacity(512),
            n_dirs: 1,
            files: Vec::with_capacity(1024),
            n_files: 0,
            dwarf5,
        };
        t.dirs.string(b".");
        let current = &mut directories.known[CURRENT as usize];
        (current.number, current.table) = (0, table);

        let mut script = None;
        let mut path = Vec::new();
        let mut last: (&[u8], u32) = (b"", 0);
        for (i, name) in names.enumerate() {
            // What comes before the last slash decides on the directory. Names that begin with a dot may
            // be none.
            let parts = name
                .iter()
                .rposition(|&c| c == b'/')
                .map(|at| (&name[..at], &name[at + 1..]))
                .filter(|(_, base)| base.first().is_some_and(|&c| c != b'.') && !has_scheduler);
            if let Some((prefix, base)) = parts {
                if prefix != last.0 {
                    let known = directories.of_prefix.get(prefix).copied();
                    let dir = known.unwrap_or_else(|| {
                        path.clear();
                        directories.goroot.expand_file(name, &mut path);
                        let dir = directories.of_file(&path);
                        directories.of_prefix.insert(prefix, dir);
                        dir
                    });
                    last = (prefix, t.number(directories, dir, table));
                }
                t.add(base, last.1);
                continue;
            }
            path.clear();
            directories.goroot.expand_file(name, &mut path);
            if path.is_empty() {
                path = format!("<missing>_{i}").into_bytes();
            }
            if has_scheduler && script.is_none() {
                script = gdb_script(&path);
            }
            let dir = directories.of_file(&path);
            let number = t.number(directories, dir, table);
            t.add(paths::base(&path), number);
        }
        (t, script)
    }

    /// The number of a directory in this table.
    fn number(&mut self, directories: &mut Directories, dir: u32, table: u32) -> u32 {
        let d = &mut directories.known[dir as usize];
        if d.table != table {
            (d.number, d.table) = (self.n_dirs, table);
            self.dirs.string(&d.path);
            self.n_dirs += 1;
        }
        d.number
    }

    /// Adds a file by its name and the number of its directory.
    fn add(&mut self, base: &[u8], dir: u32) {
        self.files.string(base);
        self.files.uleb(dir.into());
        if !self.dwarf5 {
            self.files.u16(0); // neither time nor length
        }
        self.n_files += 1;
    }

    fn put(&self, out: &mut Vec<u8>) {
        if self.dwarf5 {
            // Version 5 spells out the format of entries. File 0 is a dummy: the state machine starts
            // with file 1, and an empty name has crashed GDB.
            out.u8(1);
            out.uleb(LNCT_PATH);
            out.uleb(FORM_STRING);
            out.uleb(self.n_dirs.into());
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
        let goroot = Goroot::new("/g");
        let names = names.iter().map(|n| n.as_bytes());
        FileTable::new(names, &mut Directories::new(&goroot), 1, dwarf5, true)
    }

    #[test]
    fn directories_are_numbered_as_they_come() {
        let (t, _) = table(&["/b/x.go", "y.go", "/a//z.go", "/b/w.go", "/v.go"], true);
        assert_eq!(t.dirs, b".\0/b\0/a\0/\0");
        assert_eq!(t.files, b"x.go\0\x01y.go\0\0z.go\0\x02w.go\0\x01v.go\0\x03");
    }

    #[test]
    fn known_directories_are_not_looked_at_again() {
        let all = [
            "gofile..$GOROOT/src/a/x.go",
            "gofile..$GOROOT/src/a/y.go",
            "gofile../b//x.go",
            "gofile../b//../y.go",
            "gofile../b//z.go",
            "gofile../y.go",
            "gofile..y.go",
        ];
        let goroot = Goroot::new("/g");
        let mut directories = Directories::new(&goroot);
        for (number, names) in (1..).zip([&all[..], &all[2..], &all[1..3], &all]) {
            let names_of = || names.iter().map(|n| n.as_bytes());
            let (t, _) = FileTable::new(names_of(), &mut directories, number, true, false);
            // The long way.
            let (one, _) = table(names, true);
            assert_eq!((&t.dirs, &t.files), (&one.dirs, &one.files));
        }
        let (t, _) = table(&all, true);
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
