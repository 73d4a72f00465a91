//! Adler-32, the checksum at the end of a zlib stream (RFC 1950 §9), of pieces summed separately.

const MODULUS: u64 = 65521;

/// The checksum of some bytes: their sum in the low half, the sum of the sums so far in the high.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Adler(u32);

impl Adler {
    /// The checksum of `bytes`.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Adler(simd_adler32::adler32(&bytes))
    }

    /// Adds `len` bytes whose checksum on their own is `other`.
    pub(crate) fn append(&mut self, other: Adler, len: u64) {
        let halves = |sum: u32| (u64::from(sum & 0xffff), u64::from(sum >> 16));
        let (sum, sums) = halves(self.0);
        let (other_sum, other_sums) = halves(other.0);
        // The other sum began at 1.
        let before = (sum + MODULUS - 1) % MODULUS;
        let sums = (sums + other_sums + before * (len % MODULUS)) % MODULUS;
        let sum = (before + other_sum) % MODULUS;
        self.0 = (sums << 16 | sum) as u32;
    }

    /// The checksum as the stream stores it, most significant byte first.
    pub(crate) fn value(self) -> u32 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_add_up() {
        for len in [0, 1, 31, 5552, 65521, 200_000] {
            let data: Vec<u8> = (0..len).map(|i| (i * 7 % 256) as u8).collect();
            let (mut a, mut b) = (1, 0);
            for &byte in &data {
                a = (a + u64::from(byte)) % MODULUS;
                b = (b + a) % MODULUS;
            }
            let whole = Adler((b << 16 | a) as u32);
            for cut in [0, len / 3, len] {
                let (left, right) = data.split_at(cut);
                let mut sum = Adler::of(left);
                sum.append(Adler::of(right), right.len() as u64);
                assert_eq!(sum, whole, "{len} bytes cut at {cut}");
            }
        }
    }
}
