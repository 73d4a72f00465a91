//! Offsets of few among many things, in little memory.

/// Offsets by number, for few of many numbers: a bit for each, and the offsets of those that have one
/// packed. A table with a place for every number would be read at random and mostly be holes.
#[derive(Default)]
pub(crate) struct OffsetMap {
    words: Vec<Word>,
    offsets: Vec<u32>,
}

#[derive(Clone, Copy, Default)]
struct Word {
    /// Which of 64 numbers may have an offset.
    members: u64,
    /// How many before these may.
    before: u32,
}

/// No offset yet. No section is that large.
const NONE: u32 = u32::MAX;

impl OffsetMap {
    /// A map of numbers below `n` in which those given may have an offset.
    pub(crate) fn new(n: usize, members: impl Iterator<Item = u32>) -> OffsetMap {
        let mut words = vec![Word::default(); n.div_ceil(64)];
        for i in members {
            words[i as usize / 64].members |= 1 << (i % 64);
        }
        let mut before = 0;
        for w in &mut words {
            w.before = before;
            before += w.members.count_ones();
        }
        OffsetMap {
            words,
            offsets: vec![NONE; before as usize],
        }
    }

    #[inline]
    fn place(&self, i: u32) -> Option<usize> {
        let w = self.words.get(i as usize / 64)?;
        let bit = 1 << (i % 64);
        let below = (w.members & (bit - 1)).count_ones();
        (w.members & bit != 0).then_some((w.before + below) as usize)
    }

    /// The offset of a number.
    #[inline]
    pub(crate) fn get(&self, i: u32) -> Option<u32> {
        let offset = self.offsets[self.place(i)?];
        (offset != NONE).then_some(offset)
    }

    /// Gives an offset to a number that may have one.
    pub(crate) fn set(&mut self, i: u32, offset: u32) {
        if let Some(place) = self.place(i) {
            self.offsets[place] = offset;
        }
    }
}

/// Offsets by number, for numbers near one another: a place for each of a range.
#[derive(Default)]
pub(crate) struct OffsetTable {
    first: u32,
    offsets: Vec<u32>,
}

impl OffsetTable {
    /// The offsets that `of` knows of some numbers.
    pub(crate) fn new(numbers: &[u32], of: impl Fn(u32) -> Option<u32>) -> OffsetTable {
        let (Some(&first), Some(&last)) = (numbers.iter().min(), numbers.iter().max()) else {
            return OffsetTable::default();
        };
        let mut offsets = vec![NONE; (last - first) as usize + 1];
        for &i in numbers {
            offsets[(i - first) as usize] = of(i).unwrap_or(NONE);
        }
        OffsetTable { first, offsets }
    }

    /// The offset of a number.
    #[inline]
    pub(crate) fn get(&self, i: u32) -> Option<u32> {
        let offset = *self.offsets.get(i.wrapping_sub(self.first) as usize)?;
        (offset != NONE).then_some(offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_set_is_found() {
        let members: Vec<u32> = (0..1000).filter(|i| i % 7 == 3 || i % 64 == 63).collect();
        let mut map = OffsetMap::new(1000, members.iter().rev().copied());
        for &i in members.iter().filter(|&&i| i != 10) {
            map.set(i, i * 5);
        }
        map.set(11, 1);
        map.set(5000, 1);
        for i in 0..1100 {
            let want = (members.contains(&i) && i != 10).then_some(i * 5);
            assert_eq!(map.get(i), want, "{i}");
        }
        assert_eq!(OffsetMap::default().get(0), None);
    }

    #[test]
    fn tables_know_what_they_were_told() {
        let table = OffsetTable::new(&[7, 3, 9, 4], |i| (i != 4).then_some(i * 5));
        let known: Vec<_> = (0..12).map(|i| table.get(i)).collect();
        let mut want = [None; 12];
        for i in [3, 7, 9] {
            want[i] = Some(i as u32 * 5);
        }
        assert_eq!(known, want);
        assert_eq!(OffsetTable::new(&[], Some).get(0), None);
    }
}
