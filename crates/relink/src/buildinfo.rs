//! The build information that the go command leaves in a program.
//!
//! Go 1.18 and later: a header of 32 bytes (magic, a byte that was the size of pointers, a byte of flags, the
//! rest unused), the Go version and the module text, each behind its length as a varint. The module text stands
//! between two marks of 16 bytes, by which a running program is recognised in memory; its lines are those that
//! `go version -m` prints. Source: the documentation of packages `debug/buildinfo` and `runtime/debug`.

mod text;

use memchr::memmem;
use object::{Object, ObjectSection, ObjectSegment, SectionKind};
use serde::Serialize;

const MAGIC: &[u8] = b"\xff Go buildinf:";
const HEADER: usize = 32;
const ALIGN: u64 = 16;
/// The bit of the flags that says that the strings follow the header.
const INLINE: u8 = 2;
/// Length of the mark before and of the one behind the module text.
const MARK: usize = 16;

/// What a program says of how it was built.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BuildInfo {
    /// As `runtime.Version` gives it: `go1.27.4`, with experiments `go1.27.4-X:nogreenteagc`.
    pub go_version: String,
    /// Import path of the main package; `command-line-arguments` if files were named.
    pub path: String,
    /// The module of the main package. Commands of the standard library have none.
    pub main: Option<Module>,
    /// The other modules that packages come from, in the order of their paths.
    pub deps: Vec<Module>,
    /// Settings of the build, in the order in which they are recorded.
    pub settings: Vec<(String, String)>,
}

impl BuildInfo {
    /// The value of a setting, such as `GOOS` or `-trimpath`.
    pub fn setting(&self, key: &str) -> Option<&str> {
        let found = self.settings.iter().find(|(name, _)| name == key);
        found.map(|(_, value)| value.as_str())
    }
}

/// A module of a build.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Module {
    /// Module path.
    pub path: String,
    /// Version; `(devel)` if the module was built where it lies and nothing says its version.
    pub version: String,
    /// The checksum as in `go.sum`. Empty for what was not taken from the module cache.
    pub sum: String,
    /// What takes its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replace: Option<Box<Module>>,
}

/// Why there is no build information.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Missing {
    /// The file is no executable file that is known here.
    #[error("not an executable file that can be read: {0}")]
    Format(String),
    /// The file has one program for each of several architectures.
    #[error(
        "a universal file: take out the program of one architecture (lipo -thin) and ask about that"
    )]
    Universal,
    /// There is no such information in it.
    #[error("no Go build information: not built by Go, or it was taken out")]
    Nothing,
    /// It is that of a Go release before 1.18, which says less.
    #[error(
        "the build information is that of Go 1.17 or earlier, which does not say how a program was built"
    )]
    Early,
    /// It is damaged.
    #[error("damaged build information: {0}")]
    Damaged(String),
}

/// Reads the build information of an executable file or shared library in ELF, Mach-O or PE.
///
/// Information without module text (of another build system than the go command) has an empty path.
pub fn read(file: &[u8]) -> Result<BuildInfo, Missing> {
    if let [0xca, 0xfe, 0xba, 0xbe | 0xbf, ..] = file {
        return Err(Missing::Universal);
    }
    let object = object::File::parse(file).map_err(|e| Missing::Format(e.to_string()))?;
    let mut found = Missing::Nothing;
    for (address, bytes) in places(&object) {
        for at in memmem::find_iter(bytes, MAGIC) {
            // The same bytes are in every program that can read build information.
            if !address.wrapping_add(at as u64).is_multiple_of(ALIGN) {
                continue;
            }
            match decode(&bytes[at..]) {
                Ok(info) => return Ok(info),
                Err(why) => found = why,
            }
        }
    }
    Err(found)
}

/// Where build information may lie, with addresses: the section that has its name, else all of initialised data,
/// else, for files whose sections were taken out, the segments.
fn places<'a>(object: &object::File<'a>) -> Vec<(u64, &'a [u8])> {
    let sections = || object.sections();
    let named = |name: &str| matches!(name, ".go.buildinfo" | "__go_buildinfo");
    let contents = |s: object::Section<'a, '_>| Some((s.address(), s.data().ok()?));
    let own: Vec<_> = sections()
        .filter(|s| s.name().is_ok_and(named))
        .filter_map(contents)
        .collect();
    if !own.is_empty() {
        return own;
    }
    let data: Vec<_> = sections()
        .filter(|s| s.kind() == SectionKind::Data)
        .filter_map(contents)
        .collect();
    if !data.is_empty() {
        return data;
    }
    let segments = object.segments();
    segments
        .filter_map(|s| Some((s.address(), s.data().ok()?)))
        .collect()
}

/// Reads build information from its magic on.
fn decode(bytes: &[u8]) -> Result<BuildInfo, Missing> {
    let damaged = |what: &str| Missing::Damaged(what.to_owned());
    let header = bytes
        .get(..HEADER)
        .ok_or_else(|| damaged("the file ends in its header"))?;
    if header[MAGIC.len() + 1] & INLINE == 0 {
        return Err(Missing::Early);
    }
    let rest = &bytes[HEADER..];
    let (version, rest) = string(rest).ok_or_else(|| damaged("the file ends in the Go version"))?;
    let (text, _) = string(rest).ok_or_else(|| damaged("the file ends in the module text"))?;
    if version.is_empty() {
        return Err(damaged("the Go version is empty"));
    }
    let go_version = String::from_utf8_lossy(version).into_owned();
    let info = match text.len().checked_sub(2 * MARK) {
        // Without marks and a line it is no module text, for the runtime neither.
        Some(1..) if text[text.len() - MARK - 1] == b'\n' => {
            let lines = String::from_utf8_lossy(&text[MARK..text.len() - MARK]);
            text::parse(&lines).map_err(Missing::Damaged)?
        }
        _ => BuildInfo::default(),
    };
    Ok(BuildInfo { go_version, ..info })
}

/// A string behind its length, and what follows.
fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = varint(bytes)?;
    rest.split_at_checked(usize::try_from(length).ok()?)
}

/// An unsigned number, seven bits a byte, lowest first, and what follows.
fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0u64;
    for (i, &byte) in bytes.iter().enumerate().take(10) {
        if i == 9 && byte > 1 {
            return None;
        }
        value |= u64::from(byte & 0x7f) << (7 * i);
        if byte < 0x80 {
            return Some((value, &bytes[i + 1..]));
        }
    }
    None
}

#[cfg(test)]
pub(crate) mod sample;

#[cfg(test)]
mod tests {
    use super::sample::{blob, elf};
    use super::*;

    const TEXT: &str = "path\texample.com/x/cmd/x\n\
        mod\texample.com/x\tv1.2.3\th1:abc=\n\
        dep\texample.com/a\tv0.1.0\n\
        =>\t../a\t(devel)\t\n\
        dep\texample.com/b\tv0.2.0\th1:def=\n\
        build\t-compiler=gc\n\
        build\t-ldflags=\"-s -w -X 'main.v=a\\tb'\"\n\
        build\tCGO_CFLAGS=\n\
        build\tGOOS=linux\n";

    #[test]
    fn all_fields_are_read() {
        let info = read(&elf(".go.buildinfo", 0x1000, &blob("go1.27.4", TEXT))).unwrap();
        assert_eq!(info.go_version, "go1.27.4");
        assert_eq!(info.path, "example.com/x/cmd/x");
        let main = info.main.as_ref().unwrap();
        assert_eq!(
            (&*main.path, &*main.version, &*main.sum),
            ("example.com/x", "v1.2.3", "h1:abc=")
        );
        let replaced = info.deps[0].replace.as_ref().unwrap();
        assert_eq!((&*replaced.path, &*replaced.version), ("../a", "(devel)"));
        assert_eq!(info.deps[1].sum, "h1:def=");
        assert_eq!(info.setting("-ldflags"), Some("-s -w -X 'main.v=a\tb'"));
        assert_eq!(info.setting("CGO_CFLAGS"), Some(""));
        assert_eq!(info.setting("-race"), None);
        assert_eq!(info.settings.len(), 4);
    }

    #[test]
    fn it_is_found_in_data_behind_what_only_looks_like_it() {
        let mut data = b"x".to_vec();
        data.extend(blob("go0", ""));
        data.resize(data.len().next_multiple_of(16), 0);
        // Aligned, but not what it looks like.
        data.extend(MAGIC);
        data.extend([8, INLINE]);
        data.resize(data.len().next_multiple_of(16) + 16, 0);
        data.extend(blob("go1.26.1", TEXT));
        let info = read(&elf(".data", 0x2000, &data)).unwrap();
        assert_eq!(info.go_version, "go1.26.1");
        // With other addresses, what was not aligned is.
        let info = read(&elf(".data", 0x200f, &data)).unwrap();
        assert_eq!(info.go_version, "go0");
    }

    #[test]
    fn without_module_text_the_path_is_empty() {
        let info = read(&elf(".go.buildinfo", 0, &blob("go1.27.4", ""))).unwrap();
        assert_eq!((&*info.go_version, &*info.path), ("go1.27.4", ""));
        assert_eq!(info.main, None);
    }

    #[test]
    fn what_has_none_says_so() {
        assert_eq!(read(&elf(".data", 0, b"nothing")), Err(Missing::Nothing));
        assert!(matches!(read(b"#!/bin/sh\n"), Err(Missing::Format(_))));
        assert_eq!(read(b"\xca\xfe\xba\xbe\0\0\0\x02"), Err(Missing::Universal));
        let mut early = blob("go1.17", "");
        early[MAGIC.len() + 1] = 0;
        assert_eq!(read(&elf(".data", 0, &early)), Err(Missing::Early));
    }

    #[test]
    fn every_truncation_is_an_error() {
        let whole = blob("go1.27.4", TEXT);
        assert!(decode(&whole).is_ok());
        for end in 0..whole.len() {
            assert!(
                matches!(decode(&whole[..end]), Err(Missing::Damaged(_))),
                "{end}"
            );
        }
        let file = elf(".go.buildinfo", 0x1000, &whole);
        for end in 0..file.len() {
            assert!(read(&file[..end]).is_err(), "{end}");
        }
    }

    #[test]
    fn every_damaged_byte_is_survived() {
        let file = elf(".go.buildinfo", 0x1000, &blob("go1.27.4", TEXT));
        let mut read_any = 0;
        for at in 0..file.len() {
            for value in [0, 0x7f, 0x80, 0xff] {
                let mut bad = file.clone();
                bad[at] = value;
                read_any += usize::from(read(&bad).is_ok());
            }
        }
        assert!(read_any > 0);
    }

    #[test]
    fn lengths_are_checked() {
        assert_eq!(varint(&[0xff; 11]), None);
        assert_eq!(varint(&[0x80, 0x01, 7]), Some((128, &[7][..])));
        let mut most = [0xff; 10];
        most[9] = 1;
        assert_eq!(varint(&most), Some((u64::MAX, &[][..])));
        assert_eq!(string(&most), None);
    }
}
