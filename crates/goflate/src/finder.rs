//! Finding repetitions: the part of the encoder that differs most between Go releases.

mod dense;
mod sparse;

use crate::Encoder;
use crate::bytes::{load32, load64, match_len, match_len_back};
use crate::sequence::{MAX_DISTANCE, MAX_MATCH, MIN_MATCH, Sequence};

use dense::DenseFinder;
use sparse::SparseFinder;

pub(crate) use sparse::put_match;

/// Finds the matches of a stream.
pub(crate) enum Finder {
    Dense(DenseFinder),
    Sparse(SparseFinder),
}

impl Finder {
    /// A finder that has seen nothing.
    pub(crate) fn new(encoder: Encoder) -> Self {
        match encoder {
            Encoder::Go126 => Finder::Dense(DenseFinder::new()),
            Encoder::Go127 | Encoder::Go127Fused => Finder::Sparse(SparseFinder::new()),
        }
    }

    /// Whether this is what the encoder finds matches with.
    pub(crate) fn is_for(&self, encoder: Encoder) -> bool {
        match encoder {
            Encoder::Go126 => matches!(self, Finder::Dense(_)),
            Encoder::Go127 | Encoder::Go127Fused => matches!(self, Finder::Sparse(_)),
        }
    }

    /// Makes ready for another stream.
    pub(crate) fn restart(&mut self) {
        match self {
            Finder::Dense(finder) => finder.restart(),
            Finder::Sparse(finder) => finder.restart(),
        }
    }

    /// What decides how the next block is searched; empty where lanes are not joined.
    pub(crate) fn reach(&self) -> Vec<u16> {
        match self {
            Finder::Dense(finder) => finder.reach(),
            Finder::Sparse(_) => Vec::new(),
        }
    }

    /// Finds the matches of the next block.
    pub(crate) fn find(&mut self, window: &[u8], span: BlockSpan, out: &mut Vec<Sequence>) {
        match self {
            Finder::Dense(finder) => finder.find(window, span, out),
            Finder::Sparse(finder) => finder.find(window, span, out),
        }
    }
}

/// Where a block lies in a window of the stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BlockSpan {
    /// Index in the window of the first byte of the block.
    pub(crate) start: usize,
    /// Index in the window just past the block.
    pub(crate) end: usize,
}

/// A slot of a finder's table: a position in the stream in the low half, and the four bytes there in
/// the high half, so that one subtraction tells whether the bytes at a later position are the same
/// and how far away they are.
#[derive(Clone, Copy, Default)]
struct Slot(u64);

impl Slot {
    #[inline(always)]
    fn new(bytes: u32, position: u32) -> Self {
        Slot(u64::from(bytes) << 32 | u64::from(position))
    }

    fn position(self) -> u32 {
        self.0 as u32
    }

    /// The distance from `earlier` to this slot; more than any distance if their bytes differ.
    #[inline(always)]
    fn distance_from(self, earlier: Slot) -> usize {
        // Positions grow, so nothing is borrowed from the high half.
        self.0.wrapping_sub(earlier.0) as usize
    }
}

/// A table of empty slots.
fn new_table<const N: usize>() -> Box<[Slot; N]> {
    let table = vec![Slot::default(); N].into_boxed_slice();
    table.try_into().ok().expect("as long as asked for")
}

/// Added to stream positions before they enter a table, so that an empty slot is out of reach of
/// every position.
const POSITION_BIAS: u32 = 1 << 16;

/// Positions are moved down when the next block would start beyond this.
const POSITION_LIMIT: u32 = 1 << 31;

/// Stream positions as the slots hold them.
struct Positions {
    /// Position of the next block.
    next: u32,
}

impl Positions {
    fn new() -> Self {
        Positions {
            next: POSITION_BIAS,
        }
    }

    /// Puts all slots out of reach, as empty ones are.
    fn leap(&mut self) {
        self.next += POSITION_BIAS;
    }

    /// Enters a block of `span`; answers the number that added to a window index gives the position.
    /// That sum is meant to wrap.
    fn enter(&mut self, span: BlockSpan, table: &mut [Slot]) -> u32 {
        if self.next > POSITION_LIMIT {
            let down = self.next - 2 * POSITION_BIAS;
            for slot in table {
                slot.0 -= u64::from(slot.position().min(down));
            }
            self.next -= down;
        }
        let base = self.next.wrapping_sub(span.start as u32);
        self.next += (span.end - span.start) as u32;
        base
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sequence::BLOCK_LEN;

    /// Sequences do not change when positions are moved down amid a stream.
    #[test]
    fn positions_move_down_unnoticed() {
        let mut state = 1u32;
        let data: Vec<u8> = (0..4 * BLOCK_LEN)
            .map(|_| {
                state = state.wrapping_mul(1664525).wrapping_add(1013904223);
                (state >> 30) as u8
            })
            .collect();
        let spans = || {
            (0..4).map(|i| BlockSpan {
                start: i * BLOCK_LEN,
                end: (i + 1) * BLOCK_LEN,
            })
        };
        let late = Positions {
            next: POSITION_LIMIT - BLOCK_LEN as u32,
        };
        let mut found = [(); 4].map(|()| Vec::new());
        let mut dense = [DenseFinder::new(), DenseFinder::new()];
        let mut sparse = [SparseFinder::new(), SparseFinder::new()];
        dense[1].positions = Positions { next: late.next };
        sparse[1].positions = late;
        for (finder, found) in dense.iter_mut().zip(&mut found) {
            spans().for_each(|span| finder.find(&data, span, found));
        }
        for (finder, found) in sparse.iter_mut().zip(&mut found[2..]) {
            spans().for_each(|span| finder.find(&data, span, found));
        }
        let [a, b, c, d] = &found;
        assert!(a.len() > 1000 && c.len() > 1000);
        assert!(a == b && c == d);
        assert_eq!(dense[0].reach(), dense[1].reach());
        assert!(dense[1].positions.next < POSITION_LIMIT);
    }

    /// A finder that goes on to another stream finds nothing of the one before.
    #[test]
    fn streams_do_not_see_each_other() {
        let data = b"The same words again, the same words again.".repeat(40);
        let span = BlockSpan {
            start: 0,
            end: data.len(),
        };
        let mut found = [(); 4].map(|()| Vec::new());
        let [a, b, c, d] = &mut found;
        let mut dense = DenseFinder::new();
        dense.find(&data, span, a);
        dense.restart();
        assert!(dense.reach().iter().all(|&distance| distance == 0));
        dense.find(&data, span, b);
        let mut sparse = SparseFinder::new();
        sparse.find(&data, span, c);
        sparse.restart();
        sparse.find(&data, span, d);
        let [a, b, c, d] = &found;
        assert!(a.len() > 2 && a == b);
        assert!(c.len() > 2 && c == d);
    }
}
