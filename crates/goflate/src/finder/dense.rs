//! The match finder of Go up to 1.26 (compress/flate deflatefast.go, `deflateFast.encode`): every
//! position is looked up until 32 misses in a row, matches do not extend backwards.

use crate::cpu::tuned;

use super::{
    BlockSpan, MAX_DISTANCE, MAX_MATCH, Positions, Sequence, Slot, load32, load64, match_len,
    new_table,
};

const TABLE_BITS: u32 = 14;

/// No lookups in this many bytes before the end of a block.
const MARGIN: usize = 15;

/// Misses before the step between lookups grows by one.
const PATIENCE: usize = 32;

/// The table of recent positions, carried from block to block.
pub(crate) struct DenseFinder {
    table: Box<[Slot; 1 << TABLE_BITS]>,
    pub(super) positions: Positions,
}

#[inline(always)]
fn hash(bytes: u32) -> usize {
    (bytes.wrapping_mul(0x1e35_a7bd) >> (32 - TABLE_BITS)) as usize
}

tuned! {
    /// [`DenseFinder::find_block`].
    fn find_block(
        finder: &mut DenseFinder,
        window: &[u8],
        span: BlockSpan,
        out: &mut Vec<Sequence>
    ) -> () = DenseFinder::find_block;
}

impl DenseFinder {
    pub(crate) fn new() -> Self {
        DenseFinder {
            table: new_table(),
            positions: Positions::new(),
        }
    }

    /// Makes ready for another stream.
    pub(crate) fn restart(&mut self) {
        self.positions.leap();
    }

    /// What later blocks can find: for each slot, how far it lies before the next block, or 0 if that
    /// is out of reach. Finders that reach the same go on in the same way.
    pub(crate) fn reach(&self) -> Vec<u16> {
        let next = self.positions.next;
        let distance = |slot: &Slot| match (next - slot.position()) as usize {
            distance @ 1..=MAX_DISTANCE => distance as u16,
            _ => 0,
        };
        self.table.iter().map(distance).collect()
    }

    /// Appends the sequences of one block. `window` reaches back [`MAX_DISTANCE`] bytes before the
    /// block, or to the start of the stream.
    pub(crate) fn find(&mut self, window: &[u8], span: BlockSpan, out: &mut Vec<Sequence>) {
        find_block(self, window, span, out);
    }

    /// [`Self::find`].
    #[inline(always)]
    fn find_block(&mut self, window: &[u8], span: BlockSpan, out: &mut Vec<Sequence>) {
        let base = self.positions.enter(span, &mut self.table[..]);
        let BlockSpan { start, end } = span;
        if end - start < MARGIN + 2 {
            return;
        }
        let table = &mut *self.table;
        let window = &window[..end];
        let last = end - MARGIN;
        let mut emitted = start;
        let mut s = start;
        let mut bytes = load32(window, s);
        let mut slot = hash(bytes);
        loop {
            let mut skip = PATIENCE;
            let mut next = s;
            let mut distance;
            loop {
                s = next;
                let step = skip / PATIENCE;
                next += step;
                skip += step;
                if next > last {
                    return;
                }
                let here = Slot::new(bytes, base.wrapping_add(s as u32));
                distance = here.distance_from(table[slot]);
                table[slot] = here;
                let ahead = load32(window, next);
                slot = hash(ahead);
                if distance <= MAX_DISTANCE {
                    break;
                }
                bytes = ahead;
            }
            loop {
                let limit = (s + MAX_MATCH).min(end);
                let length = 4 + match_len(window, s + 4, s + 4 - distance, limit);
                out.push(Sequence::new(s - emitted, length, distance));
                s += length;
                emitted = s;
                if s >= last {
                    return;
                }
                let around = load64(window, s - 1);
                let position = base.wrapping_add(s as u32);
                let before = around as u32;
                table[hash(before)] = Slot::new(before, position.wrapping_sub(1));
                let now = (around >> 8) as u32;
                let slot_now = hash(now);
                let here = Slot::new(now, position);
                distance = here.distance_from(table[slot_now]);
                table[slot_now] = here;
                if distance > MAX_DISTANCE {
                    bytes = (around >> 16) as u32;
                    slot = hash(bytes);
                    s += 1;
                    break;
                }
            }
        }
    }
}
