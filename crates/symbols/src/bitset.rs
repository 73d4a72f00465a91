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
        let end = range.end.min(self.words.len() * 64);
        let start = range.start.min(end);
        let (first, last) = (start / 64, end.div_ceil(64));
        (first..last).flat_map(move |i| {
            let mut w = choose(i, self.words[i]);
            if i == first {
                w &= !0 << (start % 64);
            }
            if i + 1 == last && !end.is_multiple_of(64) {
                w &= !(!0 << (end % 64));
            }
            std::iter::from_fn(move || {
                if w == 0 {
                    return None;
                }
                let b = w.trailing_zeros();
                w &= w - 1;
                Some(SymId((i * 64) as u32 + b))
            })
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
    /// Adds the numbers from `64 * word` on whose bits are set.
    #[inline]
    pub fn insert_word(&self, word: usize, bits: u64) {
        if bits != 0 {
            self.words[word].fetch_or(bits, Relaxed);
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
