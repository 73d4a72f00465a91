//! The match finder of Go up to 1.26 at the default level (compress/flate deflate.go, `compressor.deflate`):
//! chains of positions with the same hash, and a match waits to see whether the next byte begins a
//! longer one.

use crate::bytes::{load32, match_len};
use crate::finder::BlockSpan;
use crate::sequence::{MAX_DISTANCE, MAX_MATCH, Sequence};

/// Literals and matches in a block, except the last.
const BLOCK_TOKENS: usize = 1 << 14;

/// The shortest match that is looked for.
const SHORTEST: usize = 4;

/// Matches of just that length reach back this far at most.
const NEAR: usize = 4096;

/// A match this long is not searched for a longer one at the next byte (`lazy` of the level).
const LONG_ENOUGH: usize = 16;

/// A match this long ends a search (`nice`).
const NICE: usize = 128;

/// Positions that one search looks at (`chain`).
const TRIES: usize = 128;

const HASH_BITS: u32 = 17;

/// Bytes that Go has in memory at most; half of them are dropped at a time.
const WINDOW: usize = 2 * MAX_DISTANCE;

/// Finds the matches of a stream, block by block.
pub(super) struct ChainedFinder<'a> {
    input: &'a [u8],
    /// The position that is searched next.
    index: usize,
    /// Whether the byte before `index` waits for what is found at `index`.
    waiting: bool,
    /// The match found at the byte before `index`: its length, below [`SHORTEST`] if there is none, and
    /// its distance.
    length: usize,
    distance: usize,
    /// Where the bytes begin that Go has in memory.
    base: usize,
    /// Where the next block begins.
    start: usize,
    /// The last position of each hash, plus one.
    heads: Vec<u32>,
    /// For each position of the last [`MAX_DISTANCE`], the one before it with its hash, plus one.
    before: Vec<u32>,
}

impl<'a> ChainedFinder<'a> {
    /// A finder of the matches in `input`, of less than 4 GB.
    pub(super) fn new(input: &'a [u8]) -> Self {
        ChainedFinder {
            input,
            index: 0,
            waiting: false,
            length: SHORTEST - 1,
            distance: 0,
            base: 0,
            start: 0,
            heads: vec![0; 1 << HASH_BITS],
            before: vec![0; MAX_DISTANCE],
        }
    }

    /// Appends the sequences of the next block; answers where it is and whether Go has all of it in
    /// memory. Nothing if the input has come to its end.
    pub(super) fn find(&mut self, out: &mut Vec<Sequence>) -> Option<(BlockSpan, bool)> {
        let mut tokens = 0;
        let mut run = 0;
        while tokens < BLOCK_TOKENS {
            let room = self.room();
            if room == 0 {
                if self.waiting {
                    self.waiting = false;
                    tokens += 1;
                }
                if tokens == 0 {
                    return None;
                }
                break;
            }
            let head = self.enter(self.index);
            let (last_length, last_distance) = (self.length, self.distance);
            self.length = SHORTEST - 1;
            if let Some(head) = head
                && room > last_length
                && last_length < LONG_ENOUGH
            {
                self.search(head, room);
            }
            if last_length >= SHORTEST && self.length <= last_length {
                out.push(Sequence::new(run, last_length, last_distance));
                run = 0;
                tokens += 1;
                let behind = self.index + last_length - 1;
                for at in self.index + 1..behind {
                    self.enter(at);
                }
                self.index = behind;
                self.waiting = false;
                self.length = SHORTEST - 1;
                continue;
            }
            if self.waiting {
                run += 1;
                tokens += 1;
            }
            self.index += 1;
            self.waiting = true;
        }
        let start = std::mem::replace(&mut self.start, self.index - usize::from(self.waiting));
        let end = self.start;
        Some((BlockSpan { start, end }, start >= self.base))
    }

    /// How many bytes are left in memory, after more of them have been brought there if they are few.
    fn room(&mut self) -> usize {
        while self.base + WINDOW < self.input.len()
            && self.base + WINDOW - self.index < SHORTEST + MAX_MATCH
        {
            self.base += MAX_DISTANCE;
        }
        self.input.len().min(self.base + WINDOW) - self.index
    }

    /// Remembers a position; answers the last one before it that has its hash and is in reach.
    fn enter(&mut self, at: usize) -> Option<usize> {
        if at + SHORTEST > self.input.len() {
            return None;
        }
        let word = load32(self.input, at).swap_bytes();
        let hash = word.wrapping_mul(0x1e35_a7bd) >> (32 - HASH_BITS);
        let last = std::mem::replace(&mut self.heads[hash as usize], at as u32 + 1);
        self.before[at % MAX_DISTANCE] = last;
        self.in_reach(at, last)
    }

    /// The position behind an entry of the tables, if `at` can reach back to it.
    fn in_reach(&self, at: usize, entry: u32) -> Option<usize> {
        let position = (entry as usize).checked_sub(1)?;
        (position >= self.base && at - position <= MAX_DISTANCE).then_some(position)
    }

    /// Looks for the longest match at `index`, `head` first, in so many bytes.
    fn search(&mut self, head: usize, room: usize) {
        let at = self.index;
        let longest = room.min(MAX_MATCH);
        let nice = longest.min(NICE);
        let mut position = head;
        for _ in 0..TRIES {
            if self.input[position + self.length] == self.input[at + self.length] {
                let found = match_len(self.input, at, position, at + longest);
                let distance = at - position;
                if found > self.length && (found > SHORTEST || distance <= NEAR) {
                    self.length = found;
                    self.distance = distance;
                    if found >= nice {
                        return;
                    }
                }
            }
            if at - position == MAX_DISTANCE {
                // What was before it is overwritten.
                return;
            }
            match self.in_reach(at, self.before[position % MAX_DISTANCE]) {
                Some(before) => position = before,
                None => return,
            }
        }
    }
}
