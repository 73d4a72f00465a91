//! Finding repetitions: the part of the encoder that differs most between Go releases.

mod dense;
mod sparse;

use crate::bytes::{load32, load64, match_len};
use crate::sequence::{MAX_DISTANCE, MAX_MATCH, MIN_MATCH, Sequence};

pub(crate) use dense::DenseFinder;
pub(crate) use sparse::SparseFinder;

/// Added to stream positions before they enter a hash table, so that an empty slot (0) is out of
/// reach of every position.
const POSITION_BIAS: u32 = 1 << 16;

/// Positions are moved down when the next block would start beyond this.
const POSITION_LIMIT: u32 = 1 << 31;

/// Where a block lies in a window of the stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BlockSpan {
    /// Index in the window of the first byte of the block.
    pub(crate) start: usize,
    /// Index in the window just past the block.
    pub(crate) end: usize,
}

/// Stream positions as a finder's table holds them.
struct Positions {
    /// What to add to an index in the block's window to get its position.
    next: u32,
}

impl Positions {
    fn new() -> Self {
        Positions {
            next: POSITION_BIAS,
        }
    }

    /// Enters a block of `span`; answers the number that added to a window index gives the position.
    /// The sum is meant to wrap.
    fn enter(&mut self, span: BlockSpan, table: &mut [u32]) -> u32 {
        if self.next > POSITION_LIMIT {
            let down = self.next - 2 * POSITION_BIAS;
            for slot in table {
                *slot = slot.saturating_sub(down);
            }
            self.next -= down;
        }
        let base = self.next.wrapping_sub(span.start as u32);
        self.next += (span.end - span.start) as u32;
        base
    }
}
