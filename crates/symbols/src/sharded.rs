//! Lists that are sorted by shard.
//!
//! Objects have a million things to sort, in memory that is new to the process as a rule. Zeroing it before
//! each place is written to once takes 3 % of the time to open all objects; so it is not.

use std::ops::Range;

/// Things by shard.
pub(crate) struct Sharded<T> {
    items: Vec<T>,
    /// Per shard, where it ends.
    ends: Vec<u32>,
}

impl<T> Default for Sharded<T> {
    fn default() -> Sharded<T> {
        Sharded {
            items: Vec::new(),
            ends: Vec::new(),
        }
    }
}

impl<T: Copy> Sharded<T> {
    /// Sorts `items`, each with its shard.
    #[allow(unsafe_code)]
    pub(crate) fn new(shards: usize, items: &[(u8, T)]) -> Sharded<T> {
        if items.is_empty() {
            return Sharded::default();
        }
        let mut ends = vec![0u32; shards];
        for (s, _) in items {
            ends[usize::from(*s)] += 1;
        }
        let mut at = 0;
        for e in &mut ends {
            at += std::mem::replace(e, at);
        }
        let mut sorted = Vec::with_capacity(items.len());
        let places = &mut sorted.spare_capacity_mut()[..items.len()];
        for (s, item) in items {
            let at = &mut ends[usize::from(*s)];
            places[*at as usize].write(*item);
            *at += 1;
        }
        // SAFETY: each shard was given as many places as it has items, one behind another, from the first
        // place to the last; and each of the items has been written to the next place of its shard.
        unsafe { sorted.set_len(items.len()) };
        Sharded {
            items: sorted,
            ends,
        }
    }

    /// The things of some shards that follow one another: one shard after another, in their order.
    #[inline]
    pub(crate) fn of(&self, shards: &Range<usize>) -> &[T] {
        if self.items.is_empty() || shards.is_empty() {
            return &[];
        }
        let end = |shard: usize| self.ends[shard] as usize;
        &self.items[shards.start.checked_sub(1).map_or(0, end)..end(shards.end - 1)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_keep_the_order_of_their_things() {
        let items = [(2, 10), (0, 11), (2, 12), (3, 13), (0, 14)];
        let s = Sharded::new(4, &items);
        assert_eq!(s.of(&(0..1)), [11, 14]);
        assert_eq!(s.of(&(1..2)), []);
        assert_eq!(s.of(&(2..3)), [10, 12]);
        assert_eq!(s.of(&(3..4)), [13]);
        assert_eq!(s.of(&(0..3)), [11, 14, 10, 12]);
        assert_eq!(s.of(&(3..3)), []);
        assert_eq!(Sharded::<u32>::new(4, &[]).of(&(3..4)), []);
    }

    #[test]
    fn every_place_is_written_once() {
        for shards in [1, 7, 66] {
            let item = |i: u32| ((i.wrapping_mul(0x9e37_79b9) >> 13) % shards) as u8;
            let items: Vec<(u8, u32)> = (0..1000).map(|i| (item(i), i)).collect();
            let sorted = Sharded::new(shards as usize, &items);
            for s in 0..shards {
                let of_shard = items.iter().filter(|(of, _)| u32::from(*of) == s);
                assert!(
                    of_shard
                        .map(|(_, i)| i)
                        .eq(sorted.of(&(s as usize..s as usize + 1)))
                );
            }
        }
    }
}
