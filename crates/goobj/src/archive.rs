//! Package archives: the Unix `ar` format as `go tool pack` writes it.

use thiserror::Error;

const MAGIC: &[u8; 8] = b"!<arch>\n";
const HEADER: usize = 60;

/// Why an archive cannot be walked further.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ArchiveError {
    /// A member header is cut off, its terminator is missing or its size is no number.
    #[error("malformed archive: bad member header at offset {at:#x}")]
    BadHeader {
        /// Offset of the header in the file.
        at: usize,
    },
    /// A member reaches beyond the file.
    #[error("malformed archive: member at offset {at:#x} has {size} bytes, {left} are left")]
    Truncated {
        /// Offset of the member header in the file.
        at: usize,
        /// Size the header announces.
        size: u64,
        /// Bytes left in the file.
        left: usize,
    },
}

/// One member of an archive.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    /// The name as the 16-byte field has it, trailing blanks cut.
    pub name: &'a [u8],
    /// Offset of the contents in the file.
    pub offset: usize,
    /// The contents.
    pub data: &'a [u8],
}

/// Walks the members of an archive.
#[derive(Clone, Debug)]
pub struct Archive<'a> {
    file: &'a [u8],
    at: usize,
}

impl<'a> Archive<'a> {
    /// Starts at the first member, or `None` when `file` is no archive.
    pub fn open(file: &'a [u8]) -> Option<Archive<'a>> {
        file.starts_with(MAGIC).then_some(Archive {
            file,
            at: MAGIC.len(),
        })
    }
}

impl<'a> Iterator for Archive<'a> {
    type Item = Result<Member<'a>, ArchiveError>;

    fn next(&mut self) -> Option<Self::Item> {
        let at = self.at + (self.at & 1);
        if at >= self.file.len() {
            return None;
        }
        // After an error there is no next member.
        self.at = self.file.len();
        let Some(h) = self.file.get(at..at + HEADER) else {
            return Some(Err(ArchiveError::BadHeader { at }));
        };
        if &h[58..60] != b"`\n" {
            return Some(Err(ArchiveError::BadHeader { at }));
        }
        let Some(size) = parse_size(trim(&h[48..58])) else {
            return Some(Err(ArchiveError::BadHeader { at }));
        };
        let offset = at + HEADER;
        let left = self.file.len() - offset;
        if size > left as u64 {
            return Some(Err(ArchiveError::Truncated { at, size, left }));
        }
        let data = &self.file[offset..offset + size as usize];
        self.at = offset + size as usize;
        Some(Ok(Member {
            name: trim(&h[..16]),
            offset,
            data,
        }))
    }
}

fn trim(b: &[u8]) -> &[u8] {
    let end = b.iter().rposition(|&c| c != b' ').map_or(0, |i| i + 1);
    &b[..end]
}

/// A size field: decimal, or with the prefixes that Go's `strconv.ParseInt` knows in base 0.
fn parse_size(b: &[u8]) -> Option<u64> {
    let s = std::str::from_utf8(b).ok()?;
    let (digits, radix) = match s.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&s[2..], 16),
        [b'0', b'o' | b'O', ..] => (&s[2..], 8),
        [b'0', b'b' | b'B', ..] => (&s[2..], 2),
        [b'0', _, ..] => (&s[1..], 8),
        _ => (s, 10),
    };
    u64::from_str_radix(digits, radix).ok()
}
