//! Byte-level helpers: first difference, difference counts, hex context and checked integer reads.

use std::fmt::Write as _;

/// Equal stretches are skipped with one `memcmp` per block of this many bytes.
const BLOCK: usize = 4096;

/// Offset of the first byte that differs within the common length, or the common length if one
/// side is a proper prefix of the other, or `None` if both are equal.
pub fn first_difference(a: &[u8], b: &[u8]) -> Option<usize> {
    let common = a.len().min(b.len());
    let mut at = 0;
    while at < common {
        let end = common.min(at + BLOCK);
        if a[at..end] != b[at..end] {
            let inside = a[at..end].iter().zip(&b[at..end]).position(|(x, y)| x != y);
            return inside.map(|i| at + i);
        }
        at = end;
    }
    (a.len() != b.len()).then_some(common)
}

/// Number of differing bytes within the common length.
pub fn count_differences(a: &[u8], b: &[u8]) -> usize {
    a.chunks(BLOCK)
        .zip(b.chunks(BLOCK))
        .map(|(x, y)| {
            let n = x.len().min(y.len());
            if x[..n] == y[..n] {
                0
            } else {
                x[..n].iter().zip(&y[..n]).filter(|(p, q)| p != q).count()
            }
        })
        .sum()
}

/// Hex and text of the bytes around `at` (from 8 before, rounded down to 16, 32 bytes in all); the
/// byte at `at` is put in brackets.
pub fn hex_context(data: &[u8], at: usize) -> String {
    if at > data.len() {
        return format!("(only {:#x} bytes)", data.len());
    }
    let start = at.saturating_sub(8) & !7;
    let end = data.len().min(start + 32);
    let mut hex = String::new();
    let mut text = String::new();
    for (i, &byte) in data[start..end].iter().enumerate() {
        let here = start + i == at;
        let _ = if here {
            write!(hex, "[{byte:02x}]")
        } else {
            write!(hex, " {byte:02x} ")
        };
        text.push(if (0x20..0x7f).contains(&byte) {
            byte as char
        } else {
            '.'
        });
    }
    if at >= data.len() {
        hex.push_str("[end]");
    }
    format!("{start:#8x}: {hex}  |{text}|")
}

/// Lossy text of a name, cut to a printable length.
pub fn text(bytes: &[u8]) -> String {
    const LIMIT: usize = 200;
    let cut = &bytes[..bytes.len().min(LIMIT)];
    let mut shown: String = String::from_utf8_lossy(cut)
        .chars()
        .map(|c| match c {
            '\t' => ' ',
            c if c.is_control() => '\u{fffd}',
            c => c,
        })
        .collect();
    if bytes.len() > LIMIT {
        shown.push('…');
    }
    shown
}

/// The bytes from `at` up to the next NUL (or the end).
pub fn c_string(data: &[u8], at: usize) -> &[u8] {
    let rest = data.get(at..).unwrap_or(&[]);
    let end = rest.iter().position(|&b| b == 0).unwrap_or(rest.len());
    &rest[..end]
}

/// Byte order and pointer width of a file; reads integers without panicking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    /// Most significant byte first.
    pub big_endian: bool,
    /// Pointer size in bytes (4 or 8).
    pub pointer: usize,
}

impl Words {
    /// The unsigned integer of `size` (1..=8) bytes at `at`.
    pub fn uint(self, data: &[u8], at: usize, size: usize) -> Option<u64> {
        let bytes = data.get(at..at.checked_add(size)?)?;
        let fold = |acc: u64, b: &u8| acc << 8 | u64::from(*b);
        Some(if self.big_endian {
            bytes.iter().fold(0, fold)
        } else {
            bytes.iter().rev().fold(0, fold)
        })
    }

    /// The 32-bit integer at `at`.
    pub fn u32(self, data: &[u8], at: usize) -> Option<u32> {
        self.uint(data, at, 4).map(|v| v as u32)
    }

    /// The pointer-sized integer at `at`.
    pub fn word(self, data: &[u8], at: usize) -> Option<u64> {
        self.uint(data, at, self.pointer)
    }
}

/// An unsigned LEB128 (also Go's uvarint): value and encoded length.
pub fn uleb(data: &[u8], at: usize) -> Option<(u64, usize)> {
    let mut value = 0u64;
    for (i, &byte) in data.get(at..)?.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f)
            .checked_shl(7 * i as u32)
            .unwrap_or(0);
        if byte < 0x80 {
            return Some((value, i + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_first_difference_across_blocks() {
        let a = vec![7u8; 3 * BLOCK];
        let mut b = a.clone();
        assert_eq!(first_difference(&a, &b), None);
        b[2 * BLOCK + 5] = 8;
        b[2 * BLOCK + 9] = 8;
        assert_eq!(first_difference(&a, &b), Some(2 * BLOCK + 5));
        assert_eq!(count_differences(&a, &b), 2);
        assert_eq!(first_difference(&a, &a[..10]), Some(10));
    }

    #[test]
    fn reads_are_checked() {
        let w = Words {
            big_endian: false,
            pointer: 8,
        };
        assert_eq!(w.uint(&[1, 2, 3], 1, 2), Some(0x0302));
        assert_eq!(w.uint(&[1, 2, 3], 2, 2), None);
        assert_eq!(w.uint(&[1, 2, 3], usize::MAX, 2), None);
        assert_eq!(uleb(&[0x81, 0x01], 0), Some((129, 2)));
        assert_eq!(uleb(&[0x81], 0), None);
    }
}
