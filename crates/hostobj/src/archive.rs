//! Archives with a symbol map, such as libgcc.a (`ld/ar.go:hostArchive`).

use rustc_hash::FxHashMap;

/// What is wrong with an archive, in cmd/link's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ArchiveError(pub String);

/// An archive of host objects.
pub struct Archive<'d> {
    name: String,
    data: &'d [u8],
    /// Offset of the member that defines a symbol; the last one that says so.
    map: FxHashMap<&'d [u8], u64>,
}

/// One member.
pub struct Member<'d> {
    /// Its name as it stands in the header.
    pub name: &'d [u8],
    /// Its bytes.
    pub data: &'d [u8],
    /// Where they start in the archive.
    pub offset: u64,
}

const MAGIC: &[u8] = b"!<arch>\n";
const HEADER: usize = 60;

impl<'d> Archive<'d> {
    /// Opens an archive. `name` is what messages call it.
    ///
    /// # Errors
    /// It is no archive, or has no symbol map.
    pub fn open(data: &'d [u8], name: &str) -> Result<Archive<'d>, ArchiveError> {
        let error = |text: String| Err(ArchiveError(text));
        let missing = || ArchiveError(format!("{name} missing armap"));
        let Some(magic) = data.get(..MAGIC.len()) else {
            return error(format!("file {name} too short"));
        };
        if magic != MAGIC {
            return error(format!("{name} is not an archive file"));
        }
        let (header, size) = header_at(data, MAGIC.len()).ok_or_else(missing)?;
        let word = match header {
            b"/" => 4,
            b"/SYM64/" => 8,
            _ => return Err(missing()),
        };
        let start = MAGIC.len() + HEADER;
        let short = || ArchiveError(format!("short read from {name}"));
        let contents = data
            .get(start..)
            .and_then(|d| d.get(..usize::try_from(size).ok()?))
            .ok_or_else(short)?;
        let map = symbol_map(contents, word)
            .ok_or_else(|| ArchiveError(format!("{name}: malformed armap")))?;
        Ok(Archive {
            name: name.to_owned(),
            data,
            map,
        })
    }

    /// Offset of the member that defines `symbol`.
    pub fn find(&self, symbol: &[u8]) -> Option<u64> {
        self.map.get(symbol).copied().filter(|&off| off != 0)
    }

    /// The member whose header is at `offset`.
    ///
    /// # Errors
    /// There is none.
    pub fn member(&self, offset: u64) -> Result<Member<'d>, ArchiveError> {
        let missing = || {
            ArchiveError(format!(
                "{} missing archive entry at offset {offset}",
                self.name
            ))
        };
        let at = usize::try_from(offset).map_err(|_| missing())?;
        let at = at.checked_add(at & 1).ok_or_else(missing)?;
        let (name, size) = header_at(self.data, at).ok_or_else(missing)?;
        let start = at + HEADER;
        let data = self
            .data
            .get(start..)
            .and_then(|d| d.get(..usize::try_from(size).ok()?))
            .ok_or_else(missing)?;
        Ok(Member {
            name,
            data,
            offset: start as u64,
        })
    }
}

/// Name and size of the member whose header is at `at`.
fn header_at(data: &[u8], at: usize) -> Option<(&[u8], u64)> {
    let h = data.get(at..)?.get(..HEADER)?;
    let trim = |b: &'_ [u8]| b.len() - b.iter().rev().take_while(|&&c| c == b' ').count();
    let name = &h[..16];
    let size = &h[48..58];
    let size = std::str::from_utf8(&size[..trim(size)]).ok()?;
    Some((&name[..trim(name)], size.parse().unwrap_or(0)))
}

/// The symbol map: a count, as many offsets, as many names; numbers are big-endian words.
fn symbol_map(contents: &[u8], word: usize) -> Option<FxHashMap<&[u8], u64>> {
    let number = |b: &[u8]| b.iter().fold(0u64, |n, &d| n << 8 | u64::from(d));
    let (count, rest) = contents.split_at_checked(word)?;
    let count = usize::try_from(number(count)).ok()?;
    let (offsets, mut names) = rest.split_at_checked(count.checked_mul(word)?)?;
    let mut map = FxHashMap::default();
    for off in offsets.chunks_exact(word) {
        let end = names.iter().position(|&b| b == 0)?;
        map.insert(&names[..end], number(off));
        names = &names[end + 1..];
    }
    Some(map)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, contents: &[u8]) -> Vec<u8> {
        let mut out = format!("{name:<16}{:<32}{:<10}`\n", "", contents.len()).into_bytes();
        out.extend(contents);
        if out.len() % 2 != 0 {
            out.push(b'\n');
        }
        out
    }

    fn archive() -> Vec<u8> {
        let map_len = 4 + 2 * 4 + 4;
        let first = MAGIC.len() + HEADER + map_len;
        let second = first + HEADER + 4;
        let mut map = vec![0, 0, 0, 2];
        map.extend((first as u32).to_be_bytes());
        map.extend((second as u32).to_be_bytes());
        map.extend(b"a\0b\0");
        let mut out = MAGIC.to_vec();
        out.extend(member("/", &map));
        out.extend(member("a.o/", b"one"));
        out.extend(member("b.o/", b"two!"));
        out
    }

    #[test]
    fn members_are_found_by_symbol() {
        let data = archive();
        let a = Archive::open(&data, "lib.a").unwrap();
        let m = a.member(a.find(b"b").unwrap()).unwrap();
        assert_eq!((m.name, m.data), (&b"b.o/"[..], &b"two!"[..]));
        assert_eq!(a.member(a.find(b"a").unwrap()).unwrap().data, b"one");
        assert_eq!(a.find(b"c"), None);
    }

    #[test]
    fn damage_is_an_error() {
        let data = archive();
        let error = |d: &[u8]| Archive::open(d, "lib.a").err().map(|e| e.0);
        assert_eq!(error(b"!<ar"), Some("file lib.a too short".into()));
        assert_eq!(
            error(b"not an archive"),
            Some("lib.a is not an archive file".into())
        );
        assert_eq!(error(MAGIC), Some("lib.a missing armap".into()));
        for len in MAGIC.len()..MAGIC.len() + HEADER + 16 {
            assert!(error(&data[..len]).is_some(), "{len} bytes");
        }
        let a = Archive::open(&data, "lib.a").unwrap();
        let e = a.member(1 << 40).err().map(|e| e.0);
        let want = format!("lib.a missing archive entry at offset {}", 1u64 << 40);
        assert_eq!(e, Some(want));
    }
}
