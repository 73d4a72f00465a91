//! Sets of symbols.

use crate::SymId;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A set of symbols, one bit each. Symbols beyond the end are not in it.
#[derive(Clone, Default)]
pub struct BitSet {
    words: Vec<u64>,
}

impl BitSet {
    /// An empty set with room for the numbers below `n`.
    pub fn new(n: usize) -> BitSet {
        BitSet {
            words: vec![0; n.div_ceil(64)],
        }
    }
    /// Whether `s` is in the set.
    #[inline]
    pub fn has(&self, s: SymId) -> bool {
        self.words
            .get(s.index() / 64)
            .is_some_and(|w| w >> (s.0 % 64) & 1 != 0)
    }
    /// Adds `s`, growing the set as needed.
    pub fn insert(&mut self, s: SymId) {
        let w = s.index() / 64;
        if w >= self.words.len() {
            self.words.resize(w + 1, 0);
        }
        self.words[w] |= 1 << (s.0 % 64);
    }
    /// Takes `s` out.
    pub fn remove(&mut self, s: SymId) {
        if let Some(w) = self.words.get_mut(s.index() / 64) {
            *w &= !(1 << (s.0 % 64));
        }
    }
    /// Number of members.
    pub fn count(&self) -> usize {
        self.words.iter().map(|w| w.count_ones() as usize).sum()
    }
    /// Number of members with numbers in `range`.
    pub fn count_range(&self, range: std::ops::Range<usize>) -> usize {
        self.words_of_range(range, |_, w| w)
            .map(|(_, w)| w.count_ones() as usize)
            .sum()
    }
    /// The members, ascending.
    pub fn iter(&self) -> impl Iterator<Item = SymId> + '_ {
        self.iter_range(0..self.words.len() * 64)
    }
    /// The members with numbers in `range`, ascending.
    pub fn iter_range(&self, range: std::ops::Range<usize>) -> impl Iterator<Item = SymId> + '_ {
        self.iter_words(range, |_, w| w)
    }
    /// The members with numbers in `range` that are not in `other`, ascending.
    pub fn iter_range_without<'a>(
        &'a self,
        range: std::ops::Range<usize>,
        other: &'a BitSet,
    ) -> impl Iterator<Item = SymId> + 'a {
        let without = |i: usize| !other.words.get(i).copied().unwrap_or(0);
        self.iter_words(range, move |i, w| w & without(i))
    }
    /// The members with numbers in `range`, ascending, of those that `choose` leaves of a word, given
    /// its number and the word.
    fn iter_words<'a>(
        &'a self,
        range: std::ops::Range<usize>,
        choose: impl Fn(usize, u64) -> u64 + 'a,
    ) -> impl Iterator<Item = SymId> + 'a {
        let words = self.words_of_range(range, choose);
        words.flat_map(|(i, w)| members(i, w))
    }
    /// The words with the members in `range`, with their numbers; of each is left what `choose` leaves.
    fn words_of_range<'a>(
        &'a self,
        range: std::ops::Range<usize>,
        choose: impl Fn(usize, u64) -> u64 + 'a,
    ) -> impl Iterator<Item = (usize, u64)> + 'a {
        let end = range.end.min(self.words.len() * 64);
        let start = range.start.min(end);
        let (first, last) = (start / 64, end.div_ceil(64));
        (first..last).map(move |i| {
            let mut w = choose(i, self.words[i]);
            if i == first {
                w &= !0 << (start % 64);
            }
            if i + 1 == last && !end.is_multiple_of(64) {
                w &= !(!0 << (end % 64));
            }
            (i, w)
        })
    }
    /// The set whose symbol `i` is bit `i % 64` of word `i / 64`.
    pub fn from_words(words: Vec<u64>) -> BitSet {
        BitSet { words }
    }
    /// The underlying words, bit `i % 64` of word `i / 64` for symbol `i`.
    pub fn words(&self) -> &[u64] {
        &self.words
    }
    /// Number of symbols there is room for.
    pub fn capacity(&self) -> usize {
        self.words.len() * 64
    }
}

/// The members that word `i` of a set has, ascending.
#[inline]
pub(crate) fn members(i: usize, mut w: u64) -> impl Iterator<Item = SymId> {
    std::iter::from_fn(move || {
        if w == 0 {
            return None;
        }
        let b = w.trailing_zeros();
        w &= w - 1;
        Some(SymId((i * 64) as u32 + b))
    })
}

/// The word with bit `i` for the `i`-th of 64 bytes, which are 0 or 1. Where bytes come of comparing
/// without branches, several are compared at a time.
#[inline]
pub(crate) fn word_of_bytes(bytes: &[u8; 64]) -> u64 {
    let eight = bytes.as_chunks::<8>().0.iter().rev();
    eight.fold(0, |w, b| w << 8 | lowest_bits(*b))
}

/// The lowest bits of bytes that are 0 or 1, in their order.
#[inline]
fn lowest_bits(bytes: [u8; 8]) -> u64 {
    // Of the products only the wanted ones end up in the top byte.
    u64::from_le_bytes(bytes).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// A set of symbols that several threads add to.
pub struct AtomicBitSet {
    words: Vec<AtomicU64>,
}

impl AtomicBitSet {
    /// An empty set with room for the numbers below `n`.
    pub fn new(n: usize) -> AtomicBitSet {
        AtomicBitSet {
            words: bytemuck::zeroed_vec(n.div_ceil(64)),
        }
    }
    /// Whether `s` is in the set.
    #[inline]
    pub fn has(&self, s: SymId) -> bool {
        self.words[s.index() / 64].load(Relaxed) >> (s.0 % 64) & 1 != 0
    }
    /// Adds `s`; whether it was new.
    #[inline]
    pub fn insert(&self, s: SymId) -> bool {
        let w = &self.words[s.index() / 64];
        let bit = 1 << (s.0 % 64);
        // The load first: most insertions find the bit set, and a load keeps the line shared.
        w.load(Relaxed) & bit == 0 && w.fetch_or(bit, Relaxed) & bit == 0
    }
    /// Adds `base + s` for each member `s` of another set that is in `range`.
    pub fn insert_range(&self, base: u32, set: &BitSet, range: std::ops::Range<usize>) {
        let add = |word: usize, bits: u64| {
            if bits != 0 {
                self.words[word].fetch_or(bits, Relaxed);
            }
        };
        let (words, shift) = (base as usize / 64, base % 64);
        for (i, w) in set.words_of_range(range, |_, w| w) {
            add(words + i, w << shift);
            // What is shifted out belongs to the next word; twice, since none may be.
            add(words + i + 1, w >> 1 >> (63 - shift));
        }
    }
    /// The set as it is now.
    pub fn snapshot(&self) -> BitSet {
        BitSet {
            words: self.words.iter().map(|w| w.load(Relaxed)).collect(),
        }
    }
    /// The set, frozen.
    pub fn into_set(self) -> BitSet {
        BitSet {
            words: self.words.into_iter().map(AtomicU64::into_inner).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_become_bits_in_their_order() {
        for bits in 0..256u64 {
            let bytes = std::array::from_fn(|i| (bits >> i & 1) as u8);
            assert_eq!(lowest_bits(bytes), bits);
        }
        let word = 0x8000_0001_7fff_0f3c;
        let bytes = std::array::from_fn(|i| (word >> i & 1) as u8);
        assert_eq!(word_of_bytes(&bytes), word);
    }

    #[test]
    fn ranges_are_added_wherever_they_start() {
        let mut s = BitSet::default();
        (0..200).step_by(3).for_each(|i| s.insert(SymId(i)));
        for base in [0, 1, 63, 64, 100] {
            for range in [0..200, 0..64, 5..7, 130..190] {
                let all = AtomicBitSet::new(320);
                all.insert_range(base, &s, range.clone());
                let moved = s.iter_range(range).map(|i| SymId(base + i.0));
                assert!(all.into_set().iter().eq(moved), "{base}");
            }
        }
    }

    #[test]
    fn members_of_ranges_are_counted() {
        let mut s = BitSet::default();
        (0..300).step_by(7).for_each(|i| s.insert(SymId(i)));
        for range in [0..0, 0..300, 1..64, 7..8, 63..129, 128..192, 200..1000] {
            let expected = s.iter_range(range.clone()).count();
            assert_eq!(s.count_range(range), expected);
        }
    }

    #[test]
    fn ranges_without_others() {
        let set = |n: &mut dyn Iterator<Item = u32>| {
            let mut s = BitSet::default();
            n.for_each(|i| s.insert(SymId(i)));
            s
        };
        let (a, b) = (set(&mut (0..300)), set(&mut (0..150).step_by(3)));
        for range in [0..300, 5..299, 64..128, 70..70, 140..1000] {
            let found: Vec<u32> = a
                .iter_range_without(range.clone(), &b)
                .map(|s| s.0)
                .collect();
            let want: Vec<u32> = (0..300)
                .filter(|&i| range.contains(&(i as usize)) && (i >= 150 || i % 3 != 0))
                .collect();
            assert_eq!(found, want);
        }
    }
}
