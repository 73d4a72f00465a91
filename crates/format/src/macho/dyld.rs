//! What the dynamic linker does to the words of an image, as instructions of one byte and their operands
//! (`machoDyldInfo`).

use super::Fields;

const SET_TYPE_POINTER: u8 = 0x11;
const REBASE_SET_PLACE: u8 = 0x20;
const REBASE_ONCE: u8 = 0x51;
const BIND_SET_LIBRARY: u8 = 0x10;
const BIND_SET_LIBRARY_ULEB: u8 = 0x20;
const BIND_SET_SPECIAL: u8 = 0x30;
const BIND_SET_NAME: u8 = 0x40;
const BIND_SET_TYPE_POINTER: u8 = 0x51;
const BIND_SET_PLACE: u8 = 0x70;
const BIND: u8 = 0x90;

/// Any library that has the name (`BIND_SPECIAL_DYLIB_FLAT_LOOKUP`).
const FLAT_LOOKUP: u8 = -2i8 as u8 & 0xf;

/// Appends a number, seven bits a byte, low ones first.
fn uleb(out: &mut Vec<u8>, mut v: u64) {
    while v >= 0x80 {
        out.push(v as u8 | 0x80);
        v >>= 7;
    }
    out.push(v as u8);
}

/// Appends that the word at `off` in segment number `segment` changes with the address of the image.
#[inline]
pub fn rebase_entry(out: &mut Vec<u8>, segment: u8, off: u64) {
    out.push(REBASE_SET_PLACE | segment);
    uleb(out, off);
    out.push(REBASE_ONCE);
}

/// The table of all such entries, in the order of `parts`.
pub fn rebase_table(parts: &[Vec<u8>]) -> Vec<u8> {
    let len: usize = parts.iter().map(Vec::len).sum();
    let mut out = Vec::with_capacity((len + 2).next_multiple_of(8));
    out.push(SET_TYPE_POINTER);
    parts.iter().for_each(|p| out.extend_from_slice(p));
    out.push(0);
    out.resize(out.len().next_multiple_of(8), 0);
    out
}

/// A word that holds the address of something imported.
#[derive(Clone, Copy, Debug)]
pub struct Bind<'a> {
    /// Number of its segment.
    pub segment: u8,
    /// Offset in the segment, bytes.
    pub off: u64,
    /// Number of the library, from 1 on; `None` where it may be any.
    pub library: Option<u32>,
    /// Whether it need not be there.
    pub weak: bool,
    /// Name of the import, without the underscore that names have in files.
    pub name: &'a [u8],
}

/// The table of such words.
pub fn bind_table<'a>(binds: impl Iterator<Item = Bind<'a>>) -> Vec<u8> {
    let mut f = Fields::default();
    f.u8(BIND_SET_TYPE_POINTER);
    for b in binds {
        f.u8(BIND_SET_PLACE | b.segment);
        uleb(&mut f.0, b.off);
        match b.library {
            // Libraries from the sixteenth on are cut off, too.
            Some(n) if n < 128 => f.u8(BIND_SET_LIBRARY | n as u8 & 0xf),
            Some(n) => {
                f.u8(BIND_SET_LIBRARY_ULEB);
                uleb(&mut f.0, n.into());
            }
            None => f.u8(BIND_SET_SPECIAL | FLAT_LOOKUP),
        }
        f.u8(BIND_SET_NAME | u8::from(b.weak));
        f.u8(b'_');
        f.bytes(b.name);
        f.u8(0);
        f.u8(BIND);
    }
    f.u8(0);
    f.0.resize(f.0.len().next_multiple_of(16), 0);
    f.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_instructions_and_padded() {
        let mut part = Vec::new();
        rebase_entry(&mut part, 3, 0x1234);
        let table = rebase_table(&[part]);
        assert_eq!(table, [0x11, 0x23, 0xb4, 0x24, 0x51, 0, 0, 0]);
        let bind = |library| Bind {
            segment: 2,
            off: 8,
            library,
            weak: false,
            name: b"x",
        };
        let table = bind_table([bind(Some(1)), bind(None)].into_iter());
        let one = |library| [0x72, 8, library, 0x40, b'_', b'x', 0, 0x90];
        let expected = [&[0x51], &one(0x11)[..], &one(0x3e), &[0; 15]].concat();
        assert_eq!(table, expected);
    }
}
