//! Lists that are sorted by shard.
//!
//! Objects have a million things to sort, in memory that is new to the process as a rule. Zeroing it before
//! each place is written to once takes 3 % of the time to open all objects; so it is not.

use std::mem::MaybeUninit;
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

/// Where the things of each shard go.
pub(crate) struct Places<'a, T> {
    room: &'a mut [MaybeUninit<T>],
    /// Per shard, the place of its next one.
    next: Vec<u32>,
}

impl<T: Copy> Places<'_, T> {
    /// Adds a thing to a shard.
    #[inline(always)]
    pub(crate) fn put(&mut self, shard: usize, item: T) {
        let at = &mut self.next[shard];
        self.room[*at as usize].write(item);
        *at += 1;
    }
}

impl<T: Copy> Sharded<T> {
    /// Sorts `items` by `shard`.
    pub(crate) fn new(shards: usize, items: &[T], shard: impl Fn(&T) -> usize) -> Sharded<T> {
        let mut lens = vec![0u32; shards];
        items.iter().for_each(|item| lens[shard(item)] += 1);
        Sharded::fill(lens, |places| {
            items.iter().for_each(|item| places.put(shard(item), *item));
        })
    }

    /// Of shards with so many things each, which `fill` adds.
    ///
    /// # Panics
    /// If a shard gets more things, or less.
    #[allow(unsafe_code)]
    pub(crate) fn fill(lens: Vec<u32>, fill: impl FnOnce(&mut Places<T>)) -> Sharded<T> {
        let n: usize = lens.iter().map(|&n| n as usize).sum();
        if n == 0 {
            return Sharded::default();
        }
        assert!(u32::try_from(n).is_ok());
        let mut ends = lens;
        let mut at = 0;
        for n in &mut ends {
            at += *n;
            *n = at;
        }
        let starts = std::iter::once(0).chain(ends.iter().copied());
        let mut items = Vec::with_capacity(n);
        let mut places = Places {
            next: starts.take(ends.len()).collect(),
            room: &mut items.spare_capacity_mut()[..n],
        };
        fill(&mut places);
        assert!(places.next == ends, "shards of other lengths");
        // SAFETY: a shard's things were written one behind another from the end of the shard before it, and
        // the last of each is where it ends: so each place has been written to.
        unsafe { items.set_len(n) };
        Sharded { items, ends }
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
        let s = Sharded::new(4, &items, |item| item.0);
        let of = |shards: Range<usize>| -> Vec<i32> { s.of(&shards).iter().map(|i| i.1).collect() };
        assert_eq!(of(0..1), [11, 14]);
        assert_eq!(of(1..2), []);
        assert_eq!(of(2..3), [10, 12]);
        assert_eq!(of(3..4), [13]);
        assert_eq!(of(0..3), [11, 14, 10, 12]);
        assert_eq!(of(3..3), []);
        assert_eq!(Sharded::<u32>::new(4, &[], |_| 0).of(&(3..4)), []);
    }

    #[test]
    #[should_panic(expected = "shards of other lengths")]
    fn a_shard_that_is_not_full_is_noticed() {
        Sharded::fill(vec![2, 1], |places| {
            places.put(0, 'a');
            places.put(1, 'b');
        });
    }

    #[test]
    #[should_panic(expected = "shards of other lengths")]
    fn a_shard_that_takes_the_next_ones_place_is_noticed() {
        Sharded::fill(vec![1, 1], |places| {
            places.put(0, 'a');
            places.put(0, 'b');
        });
    }

    #[test]
    fn every_place_is_written_once() {
        for shards in [1, 7, 66] {
            let shard = |i: &u32| (i.wrapping_mul(0x9e37_79b9) >> 13) as usize % shards;
            let items: Vec<u32> = (0..1000).collect();
            let sorted = Sharded::new(shards, &items, shard);
            for s in 0..shards {
                let of_shard = items.iter().filter(|i| shard(i) == s);
                assert!(of_shard.eq(sorted.of(&(s..s + 1))));
            }
        }
    }
}
