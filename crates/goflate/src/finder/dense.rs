//! The match finder of Go up to 1.26 (compress/flate deflatefast.go, `deflateFast.encode`): every
//! position is looked up until 32 misses in a row, matches do not extend backwards.

use super::{BlockSpan, MAX_DISTANCE, MAX_MATCH, Positions, Sequence, load32, load64, match_len};

const TABLE_BITS: u32 = 14;

/// No lookups in this many bytes before the end of a block.
const MARGIN: usize = 15;

/// Misses before the step between lookups grows by one.
const PATIENCE: usize = 32;

/// The table of recent positions, carried from block to block.
pub(crate) struct DenseFinder {
    table: Box<[u32; 1 << TABLE_BITS]>,
    positions: Positions,
}

#[inline(always)]
fn hash(bytes: u32) -> usize {
    (bytes.wrapping_mul(0x1e35_a7bd) >> (32 - TABLE_BITS)) as usize
}

impl DenseFinder {
    pub(crate) fn new() -> Self {
        DenseFinder {
            table: vec![0; 1 << TABLE_BITS].try_into().expect("table size"),
            positions: Positions::new(),
        }
    }

    /// Appends the sequences of one block. `window` reaches back [`MAX_DISTANCE`] bytes before the
    /// block, or to the start of the stream.
    pub(crate) fn find(&mut self, window: &[u8], span: BlockSpan, out: &mut Vec<Sequence>) {
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
                let here = base.wrapping_add(s as u32);
                distance = here.wrapping_sub(table[slot]) as usize;
                table[slot] = here;
                let ahead = load32(window, next);
                slot = hash(ahead);
                if distance <= MAX_DISTANCE && load32(window, s - distance) == bytes {
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
                let here = base.wrapping_add(s as u32);
                table[hash(around as u32)] = here.wrapping_sub(1);
                let now = (around >> 8) as u32;
                let slot_now = hash(now);
                distance = here.wrapping_sub(table[slot_now]) as usize;
                table[slot_now] = here;
                if distance > MAX_DISTANCE || load32(window, s - distance) != now {
                    bytes = (around >> 16) as u32;
                    slot = hash(bytes);
                    s += 1;
                    break;
                }
            }
        }
    }
}
