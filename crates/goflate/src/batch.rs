//! What goes through a lane together.

use crate::adler::Adler;
use crate::emit::Bits;
use crate::plan::Plan;
use crate::sequence::{BLOCK_LEN, Sequence};

/// Blocks that travel together. Fewer cost more scheduling; with more, what one stage leaves is no
/// longer in the cache when the next one comes (8 cost 4 % more time).
const BATCH_BLOCKS: usize = 2;

/// Bytes of input in a batch, except the last.
pub(crate) const BATCH_LEN: usize = BATCH_BLOCKS * BLOCK_LEN;

/// A batch on its way, and the buffers it travels in.
#[derive(Default)]
pub(crate) struct Batch {
    pub(crate) index: usize,
    /// The bytes, behind room for the history; unused if the source is a slice.
    pub(crate) window: Vec<u8>,
    pub(crate) adler: Option<Adler>,
    pub(crate) sequences: Vec<Sequence>,
    /// For each block, the number of sequences up to its end.
    pub(crate) sequence_ends: Vec<usize>,
    /// For each block, its plan and the bit position of its end in the lane.
    pub(crate) plans: Vec<(Plan, u64)>,
    /// Bit position in the lane of the start of the first block.
    pub(crate) start_bit: u64,
    pub(crate) bytes: Vec<u8>,
    pub(crate) bits: Option<Bits>,
}
