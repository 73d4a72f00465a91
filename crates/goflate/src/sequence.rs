//! What match finding produces: runs of literals, each followed by one match.

/// Bytes of input a block of the stream stands for, except the last (compress/flate deflate.go,
/// `maxStoreBlockSize`).
pub(crate) const BLOCK_LEN: usize = 65535;

/// The farthest a match can reach back, in bytes.
pub(crate) const MAX_DISTANCE: usize = 32768;

/// The shortest match the format has a code for.
pub(crate) const MIN_MATCH: usize = 3;

/// The longest match the format has a code for.
pub(crate) const MAX_MATCH: usize = 258;

/// Some literals, then one match. The literals are the next bytes of the input, so only their number
/// is kept.
///
/// Packed into a word, since it is written once and read twice in loops that do little else: from
/// the lowest bit up, distance minus one (16 bits), length minus [`MIN_MATCH`] (8), distance symbol
/// (8), number of literals (16).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sequence(u64);

impl Sequence {
    #[inline(always)]
    pub(crate) fn new(literals: usize, length: usize, distance: usize) -> Self {
        let distance_1 = distance as u64 - 1;
        let symbol = distance_symbol(distance_1 as u16) as u64;
        let length_3 = (length - MIN_MATCH) as u64;
        Sequence((literals as u64) << 32 | symbol << 24 | length_3 << 16 | distance_1)
    }

    /// Number of literals before the match.
    #[inline(always)]
    pub(crate) fn literals(self) -> usize {
        (self.0 >> 32) as usize
    }

    /// Length of the match in bytes.
    #[inline(always)]
    pub(crate) fn length(self) -> usize {
        self.length_3() + MIN_MATCH
    }

    /// Length of the match minus [`MIN_MATCH`].
    #[inline(always)]
    pub(crate) fn length_3(self) -> usize {
        usize::from((self.0 >> 16) as u8)
    }

    /// Distance of the match minus one.
    #[inline(always)]
    pub(crate) fn distance_1(self) -> u16 {
        self.0 as u16
    }

    /// Symbol of the distance.
    #[inline(always)]
    pub(crate) fn distance_symbol(self) -> usize {
        usize::from((self.0 >> 24) as u8)
    }
}

/// Length symbols of the format that stand for one length each are the first eight; each later group
/// of four spends one more extra bit (RFC 1951 §3.2.5). 258 has a symbol to itself.
const fn length_symbols() -> [u8; 256] {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        table[i] = if i < 8 {
            i as u8
        } else if i == 255 {
            28
        } else {
            let extra = i.ilog2() - 2;
            (4 * extra + (i as u32 >> extra)) as u8
        };
        i += 1;
    }
    table
}

/// The length symbol, counted from 0 for symbol 257, of each length minus [`MIN_MATCH`].
pub(crate) static LENGTH_SYMBOL: [u8; 256] = length_symbols();

/// Number of length symbols.
pub(crate) const LENGTH_SYMBOLS: usize = 29;

/// Number of distance symbols.
pub(crate) const DISTANCE_SYMBOLS: usize = 30;

/// Extra bits that follow length symbol `symbol`, counted from 0 for symbol 257.
pub(crate) const fn length_extra_bits(symbol: usize) -> u32 {
    if symbol < 8 || symbol == 28 {
        0
    } else {
        (symbol as u32 - 4) / 4
    }
}

/// Extra bits that follow distance symbol `symbol`.
pub(crate) const fn distance_extra_bits(symbol: usize) -> u32 {
    if symbol < 4 {
        0
    } else {
        (symbol as u32 - 2) / 2
    }
}

/// The symbol of a distance minus one.
#[inline(always)]
pub(crate) fn distance_symbol(distance_1: u16) -> usize {
    let d = u32::from(distance_1);
    // Below 2 the formula needs a bit it does not have.
    let high = (d | 1).ilog2();
    if d < 2 {
        d as usize
    } else {
        (2 * high + (d >> (high - 1) & 1)) as usize
    }
}

/// How often each symbol of the two alphabets occurs in a block.
#[derive(Clone)]
pub(crate) struct Histogram {
    /// Literals, the end of the block, lengths.
    pub(crate) literals: [u32; LITERAL_SYMBOLS],
    /// Distances.
    pub(crate) distances: [u32; DISTANCE_SYMBOLS],
}

/// Number of symbols in the alphabet of literals, end of block and lengths.
pub(crate) const LITERAL_SYMBOLS: usize = 257 + LENGTH_SYMBOLS;

/// How often each byte occurs among literals. Four tables, since equal neighbours in one table wait for
/// each other.
struct ByteCounts([[u32; 256]; 4]);

impl Default for ByteCounts {
    fn default() -> Self {
        ByteCounts([[0; 256]; 4])
    }
}

impl ByteCounts {
    fn add(&mut self, bytes: &[u8]) {
        let quads = bytes.chunks_exact(4);
        for &byte in quads.remainder() {
            self.0[0][usize::from(byte)] += 1;
        }
        for quad in quads {
            for (count, &byte) in self.0.iter_mut().zip(quad) {
                count[usize::from(byte)] += 1;
            }
        }
    }

    fn into_histogram(self) -> Histogram {
        let mut histogram = Histogram::empty();
        for (i, total) in histogram.literals[..256].iter_mut().enumerate() {
            *total = self.0.iter().map(|count| count[i]).sum();
        }
        histogram
    }
}

/// The end of a block.
pub(crate) const END_OF_BLOCK: usize = 256;

impl Histogram {
    fn empty() -> Self {
        Histogram {
            literals: [0; LITERAL_SYMBOLS],
            distances: [0; DISTANCE_SYMBOLS],
        }
    }

    /// Counts a block with every byte a literal. The end of the block is not counted.
    pub(crate) fn of_bytes(raw: &[u8]) -> Self {
        let mut counts = ByteCounts::default();
        counts.add(raw);
        counts.into_histogram()
    }

    /// Counts a block given as sequences. The end of the block is not counted.
    pub(crate) fn of_sequences(raw: &[u8], sequences: &[Sequence]) -> Self {
        /// Bytes copied at a time; most runs are shorter.
        const CHUNK: usize = 32;
        /// Literals that are counted together, or a few more.
        const GATHERED: usize = 1024;
        // Literals are first brought together, so that no loop depends on the length of a run.
        let mut literals = [0u8; GATHERED + CHUNK];
        let mut end = 0;
        let mut at = 0;
        let mut counts = ByteCounts::default();
        let mut lengths = [[0u32; 256]; 2];
        let mut distances = [[0u32; 256]; 2];
        for (i, sequence) in sequences.iter().enumerate() {
            let run = sequence.literals();
            match raw[at..].first_chunk::<CHUNK>() {
                Some(from) if run <= CHUNK => {
                    let to = literals[end..].first_chunk_mut();
                    *to.expect("room behind those gathered") = *from;
                    end += run;
                    if end >= GATHERED {
                        counts.add(&literals[..end]);
                        end = 0;
                    }
                }
                _ => counts.add(&raw[at..at + run]),
            }
            at += run + sequence.length();
            // Two tables, since equal neighbours in one table wait for each other.
            lengths[i % 2][sequence.length_3()] += 1;
            distances[i % 2][sequence.distance_symbol()] += 1;
        }
        counts.add(&literals[..end]);
        counts.add(&raw[at..]);

        let mut histogram = counts.into_histogram();
        for (length_3, symbol) in LENGTH_SYMBOL.iter().enumerate() {
            let count = lengths[0][length_3] + lengths[1][length_3];
            histogram.literals[257 + usize::from(*symbol)] += count;
        }
        for (symbol, total) in histogram.distances.iter_mut().enumerate() {
            *total = distances[0][symbol] + distances[1][symbol];
        }
        histogram
    }

    /// Bits that follow the length and distance symbols.
    pub(crate) fn extra_bits(&self) -> u64 {
        let lengths = self.literals[257..].iter().enumerate();
        let distances = self.distances.iter().enumerate();
        lengths
            .map(|(symbol, &n)| u64::from(n) * u64::from(length_extra_bits(symbol)))
            .chain(
                distances.map(|(symbol, &n)| u64::from(n) * u64::from(distance_extra_bits(symbol))),
            )
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tables of RFC 1951 §3.2.5, as (first value, extra bits).
    #[test]
    fn symbols_follow_the_format() {
        let mut next = 3;
        for symbol in 0..28 {
            let extra = if symbol < 8 { 0 } else { (symbol - 4) / 4 };
            assert_eq!(length_extra_bits(symbol), extra as u32);
            for length in next..(next + (1 << extra)).min(258) {
                assert_eq!(
                    usize::from(LENGTH_SYMBOL[length - 3]),
                    symbol,
                    "length {length}"
                );
            }
            next += 1 << extra;
        }
        assert_eq!(LENGTH_SYMBOL[255], 28);

        let mut next = 1usize;
        for symbol in 0..30 {
            let extra = if symbol < 4 { 0 } else { symbol / 2 - 1 };
            assert_eq!(distance_extra_bits(symbol), extra as u32);
            for distance in next..next + (1 << extra) {
                assert_eq!(
                    distance_symbol((distance - 1) as u16),
                    symbol,
                    "distance {distance}"
                );
            }
            next += 1 << extra;
        }
        assert_eq!(next, 32769);
    }
}
