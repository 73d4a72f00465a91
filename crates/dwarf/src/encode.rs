//! Writing DWARF's primitive encodings.

/// Where bytes of known size go, or are merely counted: every encoder that a size is needed of
/// before its bytes are written is a function of a sink.
pub(crate) trait Sink {
    /// Writes bytes.
    fn bytes(&mut self, b: &[u8]);

    /// Writes one byte.
    #[inline]
    fn u8(&mut self, v: u8) {
        self.bytes(&[v]);
    }
    /// Writes two bytes.
    #[inline]
    fn u16(&mut self, v: u16) {
        self.bytes(&v.to_le_bytes());
    }
    /// Writes four bytes.
    #[inline]
    fn u32(&mut self, v: u32) {
        self.bytes(&v.to_le_bytes());
    }
    /// Writes a word of `size` bytes.
    #[inline]
    fn word(&mut self, size: u8, v: u64) {
        self.bytes(&v.to_le_bytes()[..size as usize]);
    }
    /// Writes bytes and a NUL.
    #[inline]
    fn string(&mut self, s: &[u8]) {
        self.bytes(s);
        self.u8(0);
    }
    /// Writes unsigned LEB128.
    #[inline]
    fn uleb(&mut self, mut v: u64) {
        while v >= 0x80 {
            self.u8(v as u8 | 0x80);
            v >>= 7;
        }
        self.u8(v as u8);
    }
    /// Writes signed LEB128.
    #[inline]
    fn sleb(&mut self, mut v: i64) {
        loop {
            let c = v as u8 & 0x7f;
            v >>= 7;
            if (v == 0 && c & 0x40 == 0) || (v == -1 && c & 0x40 != 0) {
                return self.u8(c);
            }
            self.u8(c | 0x80);
        }
    }
}

/// Counts.
#[derive(Default)]
pub(crate) struct Count(pub u64);

impl Sink for Count {
    #[inline]
    fn bytes(&mut self, b: &[u8]) {
        self.0 += b.len() as u64;
    }
    #[inline]
    fn uleb(&mut self, v: u64) {
        self.0 += u64::from((64 - (v | 1).leading_zeros()).div_ceil(7));
    }
    #[inline]
    fn sleb(&mut self, v: i64) {
        // One bit more than the number has, for the sign.
        let ones = if v < 0 { !v } else { v };
        self.0 += u64::from((65 - ones.leading_zeros()).div_ceil(7));
    }
}

impl Sink for Vec<u8> {
    #[inline]
    fn bytes(&mut self, b: &[u8]) {
        self.extend_from_slice(b);
    }
}

/// Writes into a slice that has been measured before.
pub(crate) struct Out<'a> {
    buf: &'a mut [u8],
    at: usize,
}

impl<'a> Out<'a> {
    pub(crate) fn new(buf: &'a mut [u8]) -> Out<'a> {
        Out { buf, at: 0 }
    }
    /// Bytes written so far.
    pub(crate) fn position(&self) -> usize {
        self.at
    }
    /// Zeros what is left.
    pub(crate) fn pad(self) {
        self.buf[self.at..].fill(0);
    }
}

impl Sink for Out<'_> {
    #[inline]
    fn bytes(&mut self, b: &[u8]) {
        self.buf[self.at..self.at + b.len()].copy_from_slice(b);
        self.at += b.len();
    }
}

/// Writes `v` as unsigned LEB128 of exactly `buf.len()` bytes; answers whether it fits
/// (`ld/data.go:writeUleb128FixedLength`).
#[inline(always)]
pub(crate) fn put_padded_uleb(buf: &mut [u8], mut v: u64) -> bool {
    let last = buf.len() - 1;
    for (i, b) in buf.iter_mut().enumerate() {
        *b = v as u8 & 0x7f | if i < last { 0x80 } else { 0 };
        v >>= 7;
    }
    v == 0
}

/// Reads an unsigned LEB128 number and its length (`encoding/binary.Uvarint`); `None` when it does
/// not end or does not fit 64 bits.
#[inline]
pub(crate) fn read_uvarint(b: &[u8]) -> Option<(u64, usize)> {
    // As a rule it is one byte.
    match b.first() {
        Some(&c) if c < 0x80 => Some((c.into(), 1)),
        _ => read_long_uvarint(b),
    }
}

fn read_long_uvarint(b: &[u8]) -> Option<(u64, usize)> {
    let mut v = 0u64;
    for (i, &c) in b.iter().take(10).enumerate() {
        if c < 0x80 {
            if i == 9 && c > 1 {
                return None;
            }
            return Some((v | u64::from(c) << (7 * i), i + 1));
        }
        v |= u64::from(c & 0x7f) << (7 * i);
    }
    None
}

/// Reads a zigzag number (`encoding/binary.Varint`).
#[inline]
pub(crate) fn read_varint(b: &[u8]) -> Option<(i64, usize)> {
    let (u, n) = read_uvarint(b)?;
    Some(((u >> 1) as i64 ^ -((u & 1) as i64), n))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leb128_as_the_standard_shows_it() {
        let mut v = Vec::new();
        for n in [2, 127, 128, 129, 12857] {
            v.uleb(n);
        }
        assert_eq!(v, [2, 127, 0x80, 1, 0x81, 1, 0xb9, 0x64]);
        v.clear();
        for n in [2, -2, 127, -127, 128, -128, 129, -129] {
            v.sleb(n);
        }
        assert_eq!(
            v,
            [
                2, 0x7e, 0xff, 0, 0x81, 0x7f, 0x80, 1, 0x80, 0x7f, 0x81, 1, 0xff, 0x7e
            ]
        );
        v.clear();
        // A wrapped negative number takes ten bytes.
        v.uleb(-1i64 as u64);
        assert_eq!(v.len(), 10);
        // Counted as written.
        let (mut c, mut v) = (Count::default(), Vec::new());
        let magnitudes = (0..64).flat_map(|n| [1u64 << n, (1 << n) - 1]);
        for n in magnitudes.chain([u64::MAX]) {
            for n in [n, n.wrapping_neg()] {
                c.uleb(n);
                v.uleb(n);
                c.sleb(n as i64);
                v.sleb(n as i64);
                assert_eq!(c.0, v.len() as u64, "{n:#x}");
            }
        }
    }

    #[test]
    fn padded_uleb_keeps_its_length() {
        let mut b = [0; 3];
        assert!(put_padded_uleb(&mut b, 1));
        assert_eq!(b, [0x81, 0x80, 0]);
        assert!(!put_padded_uleb(&mut b, 1 << 21));
    }

    #[test]
    fn varints_of_go_and_damaged_ones() {
        assert_eq!(read_uvarint(&[0xac, 2, 9]), Some((300, 2)));
        assert_eq!(read_varint(&[3]), Some((-2, 1)));
        assert_eq!(read_uvarint(&[]), None);
        assert_eq!(read_uvarint(&[0x80]), None);
        assert_eq!(read_uvarint(&[0xff; 11]), None);
        let mut max = [0xff; 10];
        max[9] = 1;
        assert_eq!(read_uvarint(&max), Some((u64::MAX, 10)));
        max[9] = 2;
        assert_eq!(read_uvarint(&max), None);
    }
}
