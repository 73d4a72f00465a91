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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sequence {
    /// Number of literals before the match.
    pub(crate) literals: u16,
    /// Distance of the match minus one, as the format counts it.
    pub(crate) distance_1: u16,
    /// Length of the match minus [`MIN_MATCH`], as the format counts it.
    pub(crate) length_3: u8,
}

impl Sequence {
    #[inline(always)]
    pub(crate) fn new(literals: usize, length: usize, distance: usize) -> Self {
        Sequence {
            literals: literals as u16,
            distance_1: (distance - 1) as u16,
            length_3: (length - MIN_MATCH) as u8,
        }
    }

    /// Length of the match in bytes.
    pub(crate) fn length(self) -> usize {
        usize::from(self.length_3) + MIN_MATCH
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
        // Four tables, since equal neighbours in one table wait for each other.
        let mut counts = [[0u32; 256]; 4];
        let quads = raw.chunks_exact(4);
        for &byte in quads.remainder() {
            counts[0][usize::from(byte)] += 1;
        }
        for quad in quads {
            for (count, &byte) in counts.iter_mut().zip(quad) {
                count[usize::from(byte)] += 1;
            }
        }
        let mut histogram = Histogram::empty();
        for (i, total) in histogram.literals[..256].iter_mut().enumerate() {
            *total = counts.iter().map(|count| count[i]).sum();
        }
        histogram
    }

    /// Counts a block given as sequences. The end of the block is not counted.
    pub(crate) fn of_sequences(raw: &[u8], sequences: &[Sequence]) -> Self {
        let mut histogram = Histogram::empty();
        let mut literals = [0u32; 256];
        let mut lengths = [0u32; 256];
        let mut rest = raw;
        for sequence in sequences {
            let (run, after) = rest.split_at(usize::from(sequence.literals));
            for &byte in run {
                literals[usize::from(byte)] += 1;
            }
            rest = &after[sequence.length()..];
            lengths[usize::from(sequence.length_3)] += 1;
            histogram.distances[distance_symbol(sequence.distance_1)] += 1;
        }
        for &byte in rest {
            literals[usize::from(byte)] += 1;
        }
        histogram.literals[..256].copy_from_slice(&literals);
        for (length_3, count) in lengths.into_iter().enumerate() {
            histogram.literals[257 + usize::from(LENGTH_SYMBOL[length_3])] += count;
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
