//! Which of several threads comes first to a thing, in the order of the file.

use rayon::prelude::*;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// One number per symbol or file: while functions are collected, the lowest chunk of functions that
/// uses it. Those of symbols have a second life, until everything is planned: where a function's name is
/// among all names, or the offset of funcdata.
///
/// A symbol is a function or funcdata, never both, so one array serves them all.
pub(crate) struct FirstUse {
    slots: Vec<AtomicU32>,
}

impl FirstUse {
    /// Numbers for the indices below `n`.
    pub fn new(n: usize) -> FirstUse {
        let slots: Vec<AtomicU32> = bytemuck::zeroed_vec(n);
        touch_pages(&slots, |slot| slot.store(0, Relaxed));
        FirstUse { slots }
    }

    /// Notes that chunk `chunk` uses `i`. True when neither this chunk nor one before it was seen
    /// to use it; a chunk before it may still turn up, see [`FirstUse::owns`].
    #[inline]
    pub fn claim(&self, i: usize, chunk: u32) -> bool {
        claim(&self.slots[i], chunk)
    }

    /// Whether `chunk` was the first to use `i`; asked when all chunks are collected.
    #[inline]
    pub fn owns(&self, i: usize, chunk: u32) -> bool {
        owns(&self.slots[i], chunk)
    }

    /// Begins the second life of `i`.
    #[inline]
    pub fn set(&self, i: usize, value: u32) {
        self.slots[i].store(value, Relaxed);
    }

    /// What [`FirstUse::set`] left.
    #[inline]
    pub fn get(&self, i: usize) -> u32 {
        self.slots[i].load(Relaxed)
    }
}

/// Writes to each page of a table that is zero and has not been touched. A page that is read first is
/// mapped twice, and the second time interrupts the processors that the other threads run on.
pub(crate) fn touch_pages<T: Sync>(table: &[T], write: impl Fn(&T) + Sync + Send) {
    let each = (4096 / size_of::<T>()).max(1);
    table.par_iter().step_by(each).for_each(write);
}

/// [`FirstUse::claim`] for one thing.
#[inline]
pub(crate) fn claim(slot: &AtomicU32, chunk: u32) -> bool {
    let code = u32::MAX - chunk;
    // The load first: most uses are not first ones, and a load keeps the line shared.
    slot.load(Relaxed) < code && slot.fetch_max(code, Relaxed) < code
}

/// [`FirstUse::owns`] for one thing.
#[inline]
pub(crate) fn owns(slot: &AtomicU32, chunk: u32) -> bool {
    slot.load(Relaxed) == u32::MAX - chunk
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_chunk_owns_whatever_the_order_of_claims() {
        let f = FirstUse::new(3);
        assert_eq!([0, 1, 2].map(|i| f.get(i)), [0; 3]);
        assert!(f.claim(1, 7));
        assert!(!f.claim(1, 7), "a second use in one chunk");
        assert!(!f.claim(1, 9), "a later chunk");
        assert!(f.claim(1, 2), "an earlier chunk");
        assert!(f.claim(2, 9));
        assert!(f.owns(1, 2) && !f.owns(1, 7) && f.owns(2, 9) && !f.owns(0, 0));
        f.set(1, 44);
        assert_eq!(f.get(1), 44);
    }
}
