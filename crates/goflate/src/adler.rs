//! Adler-32, the checksum at the end of a zlib stream (RFC 1950 §9).

const MODULUS: u32 = 65521;

/// Bytes summed before the sums must be reduced: as many as cannot overflow 32 bits, rounded down to
/// whole vectors.
const RUN: usize = 5536;

/// Bytes summed side by side.
const LANES: usize = 32;

/// The running checksum of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Adler {
    sum: u32,
    sum_of_sums: u32,
}

impl Adler {
    /// The checksum of no bytes.
    pub(crate) fn new() -> Self {
        Adler {
            sum: 1,
            sum_of_sums: 0,
        }
    }

    /// Adds `bytes`.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        for run in bytes.chunks(RUN) {
            let mut columns = [0u32; LANES];
            let mut columns_of_columns = [0u32; LANES];
            let rows = run.chunks_exact(LANES);
            let rest = rows.remainder();
            let whole = (run.len() - rest.len()) as u32;
            for row in rows {
                for i in 0..LANES {
                    columns_of_columns[i] += columns[i];
                    columns[i] += u32::from(row[i]);
                }
            }
            // A byte in column i counts once for itself and each byte after it in its row, and
            // LANES times for each row after it.
            let mut weighted = whole * self.sum;
            for i in 0..LANES {
                weighted += LANES as u32 * columns_of_columns[i] + (LANES - i) as u32 * columns[i];
                self.sum += columns[i];
            }
            self.sum_of_sums += weighted;
            for &byte in rest {
                self.sum += u32::from(byte);
                self.sum_of_sums += self.sum;
            }
            self.sum %= MODULUS;
            self.sum_of_sums %= MODULUS;
        }
    }

    /// Adds `len` bytes whose checksum on their own is `other`.
    pub(crate) fn append(&mut self, other: Adler, len: u64) {
        let modulus = u64::from(MODULUS);
        // The other sum began at 1.
        let before = u64::from(self.sum) + modulus - 1;
        let weighted = before % modulus * (len % modulus);
        let sums = u64::from(self.sum_of_sums) + u64::from(other.sum_of_sums) + weighted;
        self.sum_of_sums = (sums % modulus) as u32;
        self.sum = ((before + u64::from(other.sum)) % modulus) as u32;
    }

    /// The checksum as the stream stores it, most significant byte first.
    pub(crate) fn value(self) -> u32 {
        self.sum_of_sums << 16 | self.sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_definition() {
        for len in [0, 1, 31, 32, 33, 5535, 5536, 5537, 20000] {
            for byte in [0u32, 1, 255] {
                let data: Vec<u8> = (0..len)
                    .map(|i| (byte.wrapping_mul(0xff - (i % 3))) as u8)
                    .collect();
                let (mut a, mut b) = (1u32, 0u32);
                for &x in &data {
                    a = (a + u32::from(x)) % MODULUS;
                    b = (b + a) % MODULUS;
                }
                let mut adler = Adler::new();
                let (first, second) = data.split_at(data.len() / 3);
                adler.update(first);
                adler.update(second);
                assert_eq!(adler.value(), b << 16 | a, "{len} bytes of {byte}");

                let (mut left, mut right) = (Adler::new(), Adler::new());
                left.update(first);
                right.update(second);
                left.append(right, second.len() as u64);
                assert_eq!(left, adler, "{len} bytes of {byte}");
            }
        }
    }
}
