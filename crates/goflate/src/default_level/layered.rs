//! The match finder of Go from 1.27 on at the default level (compress/flate level6.go, `fastEncL6.encode`):
//! every position is looked up by four bytes and by seven, for which the last two positions are
//! remembered; so are matches that end where another one does.

use crate::bytes::{load32, load64, match_len, match_len_back};
use crate::finder::{BlockSpan, put_match};
use crate::sequence::{MAX_DISTANCE, MAX_MATCH, Sequence};

const TABLE_BITS: u32 = 15;

/// No lookups in this many bytes before the end of a block.
const MARGIN: usize = 11;

/// Bytes that must be the same for a match to be looked at.
const SHORTEST: usize = 4;

/// Bytes at the beginning of a match that may differ when another with the same end is looked for.
const SKIPPED: usize = 2;

/// Added to positions in a table, so that an empty slot is out of reach of every position.
const POSITION_BIAS: usize = 1 << 16;

/// The last two positions with a hash.
#[derive(Clone, Copy, Default)]
struct LastTwo {
    last: usize,
    before: usize,
}

impl LastTwo {
    fn enter(&mut self, position: usize) {
        *self = LastTwo {
            last: position + POSITION_BIAS,
            before: self.last,
        };
    }
}

/// The tables of recent positions, carried from block to block.
pub(super) struct LayeredFinder {
    by_four: Vec<usize>,
    by_seven: Vec<LastTwo>,
}

/// A match.
#[derive(Clone, Copy)]
struct Match {
    start: usize,
    /// Where the same bytes are.
    from: usize,
    length: usize,
}

impl Match {
    /// The longer of two; this one if they are equally long.
    fn or_longer(self, other: Match) -> Match {
        if other.length > self.length {
            other
        } else {
            self
        }
    }
}

/// Hash of the low four bytes.
fn hash_four(bytes: u64) -> usize {
    ((bytes as u32).wrapping_mul(2_654_435_761) >> (32 - TABLE_BITS)) as usize
}

/// Hash of the low seven bytes.
fn hash_seven(bytes: u64) -> usize {
    ((bytes << 8).wrapping_mul(58_295_818_150_454_627) >> (64 - TABLE_BITS)) as usize
}

/// The position of a slot, if `at` can reach back to it.
fn in_reach(at: usize, slot: usize) -> Option<usize> {
    let distance = at + POSITION_BIAS - slot;
    (distance < MAX_DISTANCE).then(|| at - distance)
}

/// A block, in the input up to its end.
struct Search<'a> {
    window: &'a [u8],
}

impl Search<'_> {
    /// Whether the four bytes at `from` are the low ones of `bytes`.
    fn begins(&self, from: usize, bytes: u64) -> bool {
        load32(self.window, from) == bytes as u32
    }

    /// The match of `start` and `from`, of whatever length.
    fn whole(&self, start: usize, from: usize) -> Match {
        Match {
            start,
            from,
            length: match_len(self.window, start, from, self.window.len()),
        }
    }

    /// A match as long as [`Search::limited`] makes them may be longer.
    fn prolonged(&self, mut found: Match) -> Match {
        if found.length == MAX_MATCH {
            let (a, b) = (found.start + MAX_MATCH, found.from + MAX_MATCH);
            found.length += match_len(self.window, a, b, self.window.len());
        }
        found
    }

    /// The match of `start` and `from`, where [`SHORTEST`] bytes are the same, as far as the format
    /// can express it at once.
    fn limited(&self, start: usize, from: usize) -> Match {
        let (a, b) = (start + SHORTEST, from + SHORTEST);
        let end = self.window.len().min(a + MAX_MATCH - SHORTEST);
        Match {
            start,
            from,
            length: SHORTEST + match_len(self.window, a, b, end),
        }
    }
}

impl LayeredFinder {
    pub(super) fn new() -> Self {
        LayeredFinder {
            by_four: vec![0; 1 << TABLE_BITS],
            by_seven: vec![LastTwo::default(); 1 << TABLE_BITS],
        }
    }

    fn enter(&mut self, position: usize, bytes: u64) {
        self.by_four[hash_four(bytes)] = position + POSITION_BIAS;
        self.by_seven[hash_seven(bytes)].enter(position);
    }

    /// Appends the sequences of one block of `input`.
    pub(super) fn find(&mut self, input: &[u8], span: BlockSpan, out: &mut Vec<Sequence>) {
        let BlockSpan { start, end } = span;
        if end - start < MARGIN + 2 {
            return;
        }
        let search = Search {
            window: &input[..end],
        };
        let limit = end - MARGIN;
        let mut emitted = start;
        let mut at = start;
        let mut repeated = 1;
        while let Some((found, next)) = self.next_match(&search, at, emitted, limit, repeated) {
            let found = self.better_at_end(&search, found, limit);
            let Match {
                start,
                from,
                length,
            } = found;
            let back = match_len_back(search.window, start, from, from.min(start - emitted));
            let start = start - back;
            let length = length + back;
            repeated = start - (from - back);
            put_match(out, start - emitted, length, repeated);
            emitted = start + length;
            at = emitted.max(next + 1);
            let window = search.window;
            if at >= limit {
                for i in (next + 1..end - 8).step_by(2) {
                    self.enter(i, load64(window, i));
                }
                return;
            }
            // Every position by seven bytes, every other by four.
            for i in (next + 1..at - 1).step_by(2) {
                let bytes = load64(window, i);
                self.enter(i, bytes);
                self.by_seven[hash_seven(bytes >> 8)].enter(i + 1);
            }
        }
    }

    /// Looks for a match from `at` on; answers it and the last position that was entered.
    fn next_match(
        &mut self,
        search: &Search<'_>,
        mut at: usize,
        emitted: usize,
        limit: usize,
        repeated: usize,
    ) -> Option<(Match, usize)> {
        let window = search.window;
        let mut bytes = load64(window, at);
        loop {
            let next = at + 1 + (at - emitted) / 128;
            if next > limit {
                return None;
            }
            let short = self.by_four[hash_four(bytes)];
            let long = self.by_seven[hash_seven(bytes)];
            self.enter(at, bytes);
            let ahead = load64(window, next);
            let candidate = |slot| in_reach(at, slot).filter(|&t| search.begins(t, bytes));

            let found = match (candidate(long.last), candidate(long.before)) {
                (Some(last), Some(before)) => {
                    let (last, before) = (search.limited(at, last), search.limited(at, before));
                    Some(search.prolonged(last.or_longer(before)))
                }
                (Some(from), None) | (None, Some(from)) => Some(search.whole(at, from)),
                (None, None) => None,
            };
            if found.is_some() {
                self.enter(next, ahead);
                return found.map(|found| (found, next));
            }
            if let Some(from) = candidate(short) {
                let long = self.by_seven[hash_seven(ahead)];
                self.enter(next, ahead);
                let mut found = search.limited(at, from);
                let again = at + 1 - repeated;
                let repeats = search.begins(again, bytes >> 8);
                let again = repeats.then(|| search.limited(at + 1, again));
                if let Some(again) = again.filter(|again| again.length > found.length) {
                    found = again;
                } else {
                    let candidate =
                        |slot| in_reach(next, slot).filter(|&t| search.begins(t, ahead));
                    let candidates = [long.last, long.before].map(candidate);
                    for from in candidates.into_iter().flatten() {
                        found = found.or_longer(search.limited(next, from));
                    }
                }
                return Some((search.prolonged(found), next));
            }
            (at, bytes) = (next, ahead);
        }
    }

    /// The match, or a longer one that has the same bytes behind it.
    fn better_at_end(&self, search: &Search<'_>, found: Match, limit: usize) -> Match {
        let end = found.start + found.length;
        if end >= limit {
            return found;
        }
        let slots = self.by_seven[hash_seven(load64(search.window, end))];
        let start = found.start + SKIPPED;
        let mut best = found;
        for slot in [slots.last, slots.before] {
            // The second one is put as far before its end as the better match of the first is long.
            let distance = (start + best.length + POSITION_BIAS).checked_sub(slot + SKIPPED);
            match distance {
                Some(MAX_DISTANCE..) => break,
                Some(distance @ 1..) if distance <= start => {
                    best = best.or_longer(search.whole(start, start - distance));
                }
                // What was entered behind the end, or would begin before the stream.
                _ => {}
            }
        }
        best
    }
}
