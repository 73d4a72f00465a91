//! The match finder of Go from 1.27 on (compress/flate level1.go, `fastEncL1.encode`): pairs of
//! neighbouring positions are looked up, every other byte at most; matches extend both ways.

use crate::cpu::tuned;

use super::{
    BlockSpan, MAX_DISTANCE, MAX_MATCH, MIN_MATCH, Positions, Sequence, Slot, load64, match_len,
    match_len_back, new_table,
};

const TABLE_BITS: u32 = 15;

/// No lookups in this many bytes before the end of a block.
const MARGIN: usize = 11;

/// The table of recent positions, carried from block to block.
pub(crate) struct SparseFinder {
    table: Box<[Slot; 1 << TABLE_BITS]>,
    pub(super) positions: Positions,
}

/// Hash of the low five bytes.
#[inline(always)]
fn hash(bytes: u64) -> usize {
    ((bytes << 24).wrapping_mul(889_523_592_379) >> (64 - TABLE_BITS)) as usize
}

/// Adds a match of any length, in pieces the format can express. No piece may be shorter than
/// [`MIN_MATCH`].
#[inline(always)]
pub(crate) fn put_match(
    out: &mut Vec<Sequence>,
    mut literals: usize,
    mut length: usize,
    distance: usize,
) {
    while length > MAX_MATCH {
        let piece = if length > MAX_MATCH + MIN_MATCH {
            MAX_MATCH
        } else {
            MAX_MATCH - MIN_MATCH
        };
        out.push(Sequence::new(literals, piece, distance));
        literals = 0;
        length -= piece;
    }
    out.push(Sequence::new(literals, length, distance));
}

tuned! {
    /// [`SparseFinder::find_block`].
    fn find_block(
        finder: &mut SparseFinder,
        window: &[u8],
        span: BlockSpan,
        out: &mut Vec<Sequence>
    ) -> () = SparseFinder::find_block;
}

impl SparseFinder {
    pub(crate) fn new() -> Self {
        SparseFinder {
            table: new_table(),
            positions: Positions::new(),
        }
    }

    /// Makes ready for another stream.
    pub(crate) fn restart(&mut self) {
        self.positions.leap();
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
        let len = end - start;
        if len < MARGIN + 2 {
            return;
        }

        let table = &mut *self.table;
        let window = &window[..end];
        let last = end - MARGIN;
        let mut emitted = start;
        let mut s = start;
        let mut bytes = load64(window, s);
        loop {
            let mut next;
            let mut distance;
            // Look up s, then the byte behind the next stop, until one of them is a repetition.
            loop {
                let slot = hash(bytes);
                next = s + 2 + (s - emitted) / 32;
                if next > last {
                    return;
                }
                let here = Slot::new(bytes as u32, base.wrapping_add(s as u32));
                distance = here.distance_from(table[slot]);
                table[slot] = here;
                let ahead = load64(window, next);
                let slot = hash(ahead);
                let there = Slot::new(ahead as u32, base.wrapping_add(next as u32));
                if distance < MAX_DISTANCE {
                    table[slot] = there;
                    break;
                }
                s = next;
                next += 1;
                distance = there.distance_from(table[slot]);
                table[slot] = there;
                bytes = ahead >> 8;
                if distance < MAX_DISTANCE {
                    table[slot] = Slot::new(bytes as u32, base.wrapping_add(next as u32));
                    break;
                }
                s = next;
            }
            loop {
                let mut length = 4 + match_len(window, s + 4, s + 4 - distance, end);
                // Go keeps five blocks of history and moves it down now and then, but always has
                // the MAX_DISTANCE bytes before the block: only the start of the stream stops this.
                let before = s - distance;
                let back = match_len_back(window, s, before, before.min(s - emitted));
                s -= back;
                length += back;
                put_match(out, s - emitted, length, distance);
                s += length;
                emitted = s;
                s = s.max(next + 1);
                if s >= last {
                    if s + length + 8 < end {
                        let now = load64(window, s);
                        table[hash(now)] = Slot::new(now as u32, base.wrapping_add(s as u32));
                    }
                    return;
                }
                let around = load64(window, s - 2);
                let position = base.wrapping_add(s as u32);
                table[hash(around)] = Slot::new(around as u32, position.wrapping_sub(2));
                let now = around >> 16;
                let slot = hash(now);
                let here = Slot::new(now as u32, position);
                distance = here.distance_from(table[slot]);
                table[slot] = here;
                if distance > MAX_DISTANCE {
                    bytes = now >> 8;
                    s += 1;
                    break;
                }
            }
        }
    }
}
