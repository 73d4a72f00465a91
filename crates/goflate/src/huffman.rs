//! Prefix codes: lengths from frequencies, codes from lengths, and how a block header spells them.

use crate::sequence::{DISTANCE_SYMBOLS, END_OF_BLOCK, LITERAL_SYMBOLS};

/// Longest code for literals, lengths and distances.
const MAX_BITS: usize = 15;

/// Longest code in the code that spells the code lengths.
const MAX_HEADER_BITS: usize = 7;

/// A code word as it goes into the stream, lowest bit first: its length in bits in the lowest byte, the
/// word above it. 0 if the symbol has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Code(u32);

impl Code {
    pub(crate) const fn new(bits: u32, len: u32) -> Self {
        Code(bits << 8 | len)
    }

    #[inline(always)]
    pub(crate) fn bits(self) -> u64 {
        u64::from(self.0 >> 8)
    }

    #[inline(always)]
    pub(crate) fn len(self) -> u32 {
        self.0 & 0xff
    }

    /// A number whose lowest byte is the length.
    #[inline(always)]
    pub(crate) fn low_len(self) -> u32 {
        self.0
    }

    /// This code, or the empty one.
    #[inline(always)]
    pub(crate) fn only_if(self, wanted: bool) -> Self {
        Code(std::hint::select_unpredictable(wanted, self.0, 0))
    }

    /// This code followed by the low `n` bits of `extra`.
    #[inline(always)]
    pub(crate) fn followed_by(self, extra: u32, n: u32) -> Self {
        let len = self.len();
        Code::new(self.0 >> 8 | extra << len, len + n)
    }
}

/// The codes of a block.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Codes {
    /// Literals, end of block, lengths.
    pub(crate) literals: [Code; LITERAL_SYMBOLS],
    /// Distances.
    pub(crate) distances: [Code; DISTANCE_SYMBOLS],
}

/// Bits that symbols occurring `counts` times take in `codes`.
pub(crate) fn coded_bits(codes: &[Code], counts: &[u32]) -> u64 {
    codes
        .iter()
        .zip(counts)
        .map(|(code, &n)| u64::from(code.len()) * u64::from(n))
        .sum()
}

/// Whether every symbol that occurs has a code.
pub(crate) fn can_code(codes: &[Code], counts: &[u32]) -> bool {
    codes
        .iter()
        .zip(counts)
        .all(|(code, &n)| n == 0 || code.len() != 0)
}

impl Codes {
    /// The codes Go makes for these frequencies (compress/flate huffman_code.go,
    /// `huffmanEncoder.generate`).
    pub(crate) fn for_counts(
        literals: &[u32; LITERAL_SYMBOLS],
        distances: &[u32; DISTANCE_SYMBOLS],
    ) -> Self {
        let mut codes = Codes {
            literals: [Code::default(); LITERAL_SYMBOLS],
            distances: [Code::default(); DISTANCE_SYMBOLS],
        };
        assign(literals, MAX_BITS, &mut codes.literals);
        assign(distances, MAX_BITS, &mut codes.distances);
        codes
    }

    /// The codes of a fixed block (RFC 1951 §3.2.6).
    pub(crate) fn fixed() -> Self {
        let mut codes = Codes {
            literals: [Code::default(); LITERAL_SYMBOLS],
            distances: [Code::default(); DISTANCE_SYMBOLS],
        };
        for (symbol, code) in (0u32..).zip(&mut codes.literals) {
            let (word, len) = match symbol {
                0..144 => (symbol + 0b0011_0000, 8),
                144..256 => (symbol - 144 + 0b1_1001_0000, 9),
                256..280 => (symbol - 256, 7),
                _ => (symbol - 280 + 0b1100_0000, 8),
            };
            *code = Code::new(reverse(word, len), len);
        }
        for (symbol, code) in (0u32..).zip(&mut codes.distances) {
            *code = Code::new(reverse(symbol, 5), 5);
        }
        codes
    }

    /// The code that ends a block.
    pub(crate) fn end_of_block(&self) -> Code {
        self.literals[END_OF_BLOCK]
    }
}

/// The low `len` bits of `word` in reverse order.
fn reverse(word: u32, len: u32) -> u32 {
    word.reverse_bits() >> (32 - len)
}

/// Gives every symbol that occurs a code of at most `max_bits`.
fn assign(counts: &[u32], max_bits: usize, codes: &mut [Code]) {
    // (count, symbol) packed so that sorting numbers sorts by count, then symbol.
    let mut used = [0u32; LITERAL_SYMBOLS];
    let mut n = 0;
    for (symbol, &count) in (0u32..).zip(counts) {
        if count != 0 {
            used[n] = count << 9 | symbol;
            n += 1;
        }
    }
    let used = &mut used[..n];
    if n <= 2 {
        for (word, &packed) in (0u32..).zip(&*used) {
            codes[(packed & 511) as usize] = Code::new(word, 1);
        }
        return;
    }
    used.sort_unstable();
    let mut weights = [0u32; LITERAL_SYMBOLS];
    for (weight, &packed) in weights.iter_mut().zip(&*used) {
        *weight = packed >> 9;
    }
    let mut lengths = [0u8; LITERAL_SYMBOLS];
    let lengths = &mut lengths[..n];
    code_lengths(&weights[..n], max_bits, lengths);

    // Canonical words: by length, then symbol.
    let mut per_length = [0u32; MAX_BITS + 1];
    let mut length_of = [0u8; LITERAL_SYMBOLS];
    for (&packed, &length) in used.iter().zip(&*lengths) {
        per_length[usize::from(length)] += 1;
        length_of[(packed & 511) as usize] = length;
    }
    let mut next = [0u32; MAX_BITS + 1];
    for length in 1..=MAX_BITS {
        next[length] = (next[length - 1] + per_length[length - 1]) << 1;
    }
    for (code, &length) in codes.iter_mut().zip(&length_of) {
        if length != 0 {
            let word = &mut next[usize::from(length)];
            *code = Code::new(reverse(*word, u32::from(length)), u32::from(length));
            *word += 1;
        }
    }
}

/// The code length of each of at least three weights, given in increasing order: those of Go's
/// `huffmanEncoder.bitCounts`, which is the boundary package-merge algorithm.
///
/// Where the limit does not bite, Huffman's algorithm gives the same lengths in a tenth of the time,
/// provided it too takes the inner node when a leaf weighs the same. Reason: lower every weight by a
/// tiny e and raise the i-th by i*e². All weights then differ, both algorithms choose as before, and
/// no two nodes Huffman's algorithm ever compares are equal, so that there is only one optimum.
fn code_lengths(weights: &[u32], max_bits: usize, lengths: &mut [u8]) {
    if !huffman_lengths(weights, max_bits, lengths) {
        package_merge_lengths(weights, max_bits, lengths);
    }
}

/// Unlimited code lengths, by the algorithm of two queues. False if one exceeds `max_bits`.
fn huffman_lengths(weights: &[u32], max_bits: usize, lengths: &mut [u8]) -> bool {
    let n = weights.len();
    // Inner nodes in order of creation, which is that of their weights.
    let mut inner = [0u32; LITERAL_SYMBOLS];
    let mut leaf_parent = [0u16; LITERAL_SYMBOLS];
    let mut inner_parent = [0u16; LITERAL_SYMBOLS];
    let (mut next_leaf, mut next_inner) = (0, 0);
    for node in 0..n - 1 {
        let mut weight = 0;
        for _ in 0..2 {
            let take_inner =
                next_inner < node && (next_leaf == n || inner[next_inner] <= weights[next_leaf]);
            if take_inner {
                weight += inner[next_inner];
                inner_parent[next_inner] = node as u16;
                next_inner += 1;
            } else {
                weight += weights[next_leaf];
                leaf_parent[next_leaf] = node as u16;
                next_leaf += 1;
            }
        }
        inner[node] = weight;
    }
    let mut depth = [0u8; LITERAL_SYMBOLS];
    for node in (0..n - 2).rev() {
        depth[node] = depth[usize::from(inner_parent[node])] + 1;
    }
    for (length, parent) in lengths.iter_mut().zip(leaf_parent) {
        *length = depth[usize::from(parent)] + 1;
    }
    // The lightest leaf is among the deepest.
    usize::from(lengths[0]) <= max_bits
}

/// Code lengths of at most `max_bits`, by the package-merge algorithm. On each level the leaves are
/// merged with the pairs of the level before, a pair going first when it weighs the same.
fn package_merge_lengths(weights: &[u32], max_bits: usize, lengths: &mut [u8]) {
    let n = weights.len();
    let levels = max_bits.min(n - 1);
    let needed = 2 * n - 2;
    // is_leaf[level][i]: whether item i of that level is a leaf.
    let mut is_leaf = vec![vec![false; needed]; levels];
    let mut below: Vec<u32> = Vec::new();
    for flags in &mut is_leaf {
        let mut items = Vec::with_capacity(needed);
        let mut pairs = below
            .chunks_exact(2)
            .map(|pair| pair[0] + pair[1])
            .peekable();
        let mut leaves = weights.iter().copied().peekable();
        while items.len() < needed {
            let leaf = match (leaves.peek(), pairs.peek()) {
                (Some(leaf), Some(pair)) => leaf < pair,
                (Some(_), None) => true,
                (None, Some(_)) => false,
                (None, None) => break,
            };
            flags[items.len()] = leaf;
            let next = if leaf { leaves.next() } else { pairs.next() };
            items.extend(next);
        }
        below = items;
    }
    // The cheapest `taken` items of a level use its first leaves once each, and twice as many items
    // of the level below as they hold pairs.
    lengths.fill(0);
    let mut taken = needed;
    for flags in is_leaf.iter().rev() {
        let leaves = flags[..taken].iter().filter(|&&leaf| leaf).count();
        for length in &mut lengths[..leaves] {
            *length += 1;
        }
        taken = 2 * (taken - leaves);
    }
}

/// Order in which a header gives the lengths of the code that spells code lengths (RFC 1951 §3.2.7).
const HEADER_ORDER: [usize; 19] = [
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
];

/// Bits that follow symbols 16, 17 and 18 of a header.
const REPEAT_BITS: [u32; 3] = [2, 3, 7];

/// The header of a dynamic block that is not the last one, ready to be written.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    /// The bits, in pieces.
    pub(crate) pieces: Vec<Code>,
    /// Their number.
    pub(crate) bits: u64,
}

impl Header {
    /// The header that spells `codes` for a block with these symbols (compress/flate
    /// huffman_bit_writer.go, `generateCodegen` and `writeDynamicHeader`). `counts` decides only
    /// which trailing symbols are left out.
    pub(crate) fn new(codes: &Codes, literals: &[u32], distances: &[u32]) -> Self {
        let used = |counts: &[u32]| {
            counts
                .iter()
                .rposition(|&n| n != 0)
                .map_or(0, |last| last + 1)
        };
        let literal_count = used(literals).max(END_OF_BLOCK + 1);
        let distance_count = used(distances).max(1);

        let lengths = codes.literals[..literal_count]
            .iter()
            .chain(&codes.distances[..distance_count])
            .map(|code| code.len() as u8);
        let mut spelled = Vec::with_capacity(literal_count + distance_count);
        let mut lengths = lengths.peekable();
        while let Some(length) = lengths.next() {
            let mut run = 1;
            while lengths.next_if_eq(&length).is_some() {
                run += 1;
            }
            spell_run(length, run, &mut spelled);
        }

        let mut counts = [0u32; HEADER_ORDER.len()];
        for &(symbol, _) in &spelled {
            counts[usize::from(symbol)] += 1;
        }
        let mut header_codes = [Code::default(); HEADER_ORDER.len()];
        assign(&counts, MAX_HEADER_BITS, &mut header_codes);
        let ordered = HEADER_ORDER.map(|symbol| header_codes[symbol].len());
        let given = HEADER_ORDER
            .iter()
            .rposition(|&symbol| counts[symbol] != 0)
            .map_or(4, |last| (last + 1).max(4));

        let mut pieces = Vec::with_capacity(spelled.len() + given + 4);
        pieces.push(Code::new(0b100, 3));
        pieces.push(Code::new((literal_count - END_OF_BLOCK - 1) as u32, 5));
        pieces.push(Code::new((distance_count - 1) as u32, 5));
        pieces.push(Code::new((given - 4) as u32, 4));
        pieces.extend(ordered[..given].iter().map(|&length| Code::new(length, 3)));
        pieces.extend(spelled.iter().map(|&(symbol, repeat)| {
            let extra = match symbol {
                16.. => REPEAT_BITS[usize::from(symbol) - 16],
                _ => 0,
            };
            header_codes[usize::from(symbol)].followed_by(u32::from(repeat), extra)
        }));
        let bits = pieces.iter().map(|piece| u64::from(piece.len())).sum();
        Header { pieces, bits }
    }
}

/// Spells `run` equal code lengths as (symbol, value of the extra bits).
fn spell_run(length: u8, mut run: usize, out: &mut Vec<(u8, u8)>) {
    if length == 0 {
        while run >= 11 {
            let n = run.min(138);
            out.push((18, (n - 11) as u8));
            run -= n;
        }
        if run >= 3 {
            out.push((17, (run - 3) as u8));
            run = 0;
        }
    } else {
        out.push((length, 0));
        run -= 1;
        while run >= 3 {
            let n = run.min(6);
            out.push((16, (n - 3) as u8));
            run -= n;
        }
    }
    out.extend(std::iter::repeat_n((length, 0), run));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both algorithms, on weights made to tie and to reach the limit.
    #[test]
    fn huffman_agrees_with_package_merge() {
        let mut state = 88172645463325252u64;
        let mut random = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        let (mut compared, mut limited) = (0, 0);
        for round in 0..20000 {
            let n = 3 + (random() % if round % 8 == 0 { 284 } else { 40 }) as usize;
            let range = 1 + random() % [2, 5, 20, 300, 60000][round % 5];
            let growth = random() % 3;
            let mut weights: Vec<u32> = (0..n)
                .map(|i| {
                    let base = 1 + random() % range;
                    match growth {
                        0 => base as u32,
                        1 => 1 << (base.ilog2().min(16)),
                        _ => (base << (i as u64 * (random() % 2)).min(10)) as u32,
                    }
                })
                .collect();
            weights.sort_unstable();
            let (mut a, mut b) = (vec![0; n], vec![0; n]);
            package_merge_lengths(&weights, MAX_BITS, &mut b);
            let kraft: u32 = b
                .iter()
                .map(|&length| 1 << (MAX_BITS - usize::from(length)))
                .sum();
            assert_eq!(kraft, 1 << MAX_BITS, "{weights:?}");
            if huffman_lengths(&weights, MAX_BITS, &mut a) {
                assert_eq!(a, b, "{weights:?}");
                compared += 1;
            } else {
                limited += 1;
            }
        }
        assert!(compared > 10000 && limited > 100, "{compared} {limited}");
    }
}
