//! The text before a Go object: the identification line and the export section.

use thiserror::Error;

/// Why the text header cannot be read.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum TextHeaderError {
    /// The first line does not end.
    #[error("truncated object file")]
    NoLine,
    /// The first line is not that of a Go object.
    #[error("not an object file: {line:?}")]
    NotObject {
        /// The line found.
        line: String,
    },
    /// The `!` line that ends the header is missing.
    #[error("truncated object file")]
    NoEnd,
}

/// The text header of an object and where the object proper starts.
#[derive(Clone, Copy, Debug)]
pub struct TextHeader<'a> {
    /// The identification line with its line feed: `go object GOOS GOARCH VERSION … X:…`.
    pub line: &'a [u8],
    /// What stands between that line and the terminator.
    pub exports: &'a [u8],
    /// The object proper.
    pub object: &'a [u8],
    /// Offset of the object proper from the start of the member.
    pub object_offset: usize,
}

impl<'a> TextHeader<'a> {
    /// Splits an archive member that starts with `go o`.
    ///
    /// The terminator is a line of one exclamation mark, counted only while an even number of `$$`
    /// lines has been seen (`ld/lib.go:ldobj`).
    ///
    /// # Errors
    /// See [`TextHeaderError`].
    pub fn split(member: &'a [u8]) -> Result<TextHeader<'a>, TextHeaderError> {
        let eol = memchr::memchr(b'\n', member).ok_or(TextHeaderError::NoLine)?;
        let line = &member[..=eol];
        if !line.starts_with(b"go object ") {
            return Err(TextHeaderError::NotObject {
                line: String::from_utf8_lossy(line).into_owned(),
            });
        }
        let mut markers = 0usize;
        let mut at = eol;
        loop {
            // `at` is the position of a line feed.
            let (c2, c3) = match (member.get(at + 1), member.get(at + 2)) {
                (Some(&a), Some(&b)) => (a, b),
                _ => return Err(TextHeaderError::NoEnd),
            };
            if markers.is_multiple_of(2) && c2 == b'!' && c3 == b'\n' {
                return Ok(TextHeader {
                    line,
                    exports: &member[eol + 1..at + 1],
                    object: &member[at + 3..],
                    object_offset: at + 3,
                });
            }
            if c2 == b'$' && c3 == b'$' {
                markers += 1;
            }
            at += 1 + memchr::memchr(b'\n', &member[at + 1..]).ok_or(TextHeaderError::NoEnd)?;
        }
    }
}
