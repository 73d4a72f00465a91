//! A whole stream: its lanes and what joins them.
//!
//! Usually there is one lane. Where Go's encoder treats each block on its own (up to 1.26), a long
//! input is cut into several lanes that run at the same time. What can be found at the start of a lane
//! depends on the lane before; it is guessed by searching a few blocks before the lane from nothing,
//! and compared with what the lane before left in the end. If the guess was wrong, the lane is done
//! again.

use crate::adler::Adler;
use crate::huffman::Code;
use crate::lane::{BATCH_LEN, Budget, Finder, Finished, Lane, Start};
use crate::{Encoder, Source};

/// The first bytes of a stream compressed for speed (RFC 1950 §2.2).
const ZLIB_HEADER: [u8; 2] = [0x78, 0x01];

/// Threads that one lane and what goes on besides keep busy.
const THREADS_PER_LANE: usize = 4;

/// Batches that make a lane worth its start.
const BATCHES_PER_LANE: usize = 32;

/// Blocks searched before a lane to guess what can be found at its start. The sections of Go's own
/// programs need four at most, nearly always two.
const WARM_UP_BLOCKS: usize = 8;

/// Appends the stream to `out`, unless it would take more than `limit` bytes; answers whether it did.
pub(crate) fn compress(
    encoder: Encoder,
    source: &dyn Source,
    limit: u64,
    out: &mut Vec<u8>,
) -> bool {
    let batches = source.len().div_ceil(BATCH_LEN as u64) as usize;
    let lanes = match encoder {
        Encoder::Go126 => {
            let by_threads = rayon::current_num_threads() / THREADS_PER_LANE;
            by_threads.min(batches / BATCHES_PER_LANE).max(1)
        }
        Encoder::Go127 | Encoder::Go127Fused => 1,
    };
    compress_with(encoder, source, limit, out, lanes, WARM_UP_BLOCKS)
}

/// [`compress`] in so many lanes, with so many blocks searched before each.
fn compress_with(
    encoder: Encoder,
    source: &dyn Source,
    limit: u64,
    out: &mut Vec<u8>,
    lanes: usize,
    warm_up: usize,
) -> bool {
    let before = out.len();
    // A lane begun with a wrong guess may be longer than it ought to be.
    for lanes in [lanes, 1] {
        let whole = compress_in_lanes(encoder, source, limit, out, lanes, warm_up);
        if whole && (out.len() - before) as u64 <= limit {
            return true;
        }
        out.truncate(before);
        if whole || lanes == 1 {
            break;
        }
    }
    false
}

/// Appends the stream to `out`; may stop and answer false if a lane makes it longer than `limit`.
fn compress_in_lanes(
    encoder: Encoder,
    source: &dyn Source,
    limit: u64,
    out: &mut Vec<u8>,
    lanes: usize,
    warm_up: usize,
) -> bool {
    let batches = source.len().div_ceil(BATCH_LEN as u64) as usize;
    let budget = Budget::new(limit, lanes);
    // Debug sections shrink to a third or half; a guess too high costs addresses, not memory.
    let guessed_len = (source.len() / 2).min(limit) as usize;
    out.reserve(guessed_len + ZLIB_HEADER.len());
    out.extend_from_slice(&ZLIB_HEADER);
    let mut outs: Vec<Vec<u8>> = (1..lanes)
        .map(|_| Vec::with_capacity(guessed_len / lanes))
        .collect();
    let work: Vec<Lane<'_>> = std::iter::once(&mut *out)
        .chain(&mut outs)
        .enumerate()
        .map(|(i, out)| {
            let range = batches * i / lanes..batches * (i + 1) / lanes;
            let start = Start::Guess {
                finder: Finder::new(encoder),
                blocks: if i == 0 { 0 } else { warm_up },
            };
            Lane::new(encoder, source, range, start, &budget, out)
        })
        .collect();
    rayon::in_place_scope(|scope| {
        let (first, others) = work.split_first().expect("at least one lane");
        for lane in others {
            scope.spawn(|scope| lane.start(scope));
        }
        first.start(scope);
    });
    let mut finished: Vec<Option<Finished>> = work.into_iter().map(Lane::finish).collect();

    let Some(mut all) = finished[0].take() else {
        return false;
    };
    for (i, mut lane_out) in outs.into_iter().enumerate() {
        let Some(mut lane) = finished[i + 1].take() else {
            return false;
        };
        if lane.guess != all.finder.reach() {
            budget.give_back(lane.position);
            lane_out.clear();
            let start = Start::Known(all.finder);
            let again = Lane::new(encoder, source, lane.range, start, &budget, &mut lane_out);
            rayon::in_place_scope(|scope| again.start(scope));
            match again.finish() {
                Some(again) => lane = again,
                None => return false,
            }
        }
        all.position = append(&lane_out, &lane, all.position, out);
        all.adler.append(lane.adler, lane.len);
        all.finder = lane.finder;
    }
    finish(encoder, all.position, all.adler, out);
    true
}

/// Appends the bits of a lane to a stream of `position` bits; answers the position of the end.
fn append(bytes: &[u8], lane: &Finished, position: u64, out: &mut Vec<u8>) -> u64 {
    let shift = (position % 8) as u32;
    if shift == 0 {
        out.extend_from_slice(bytes);
        return position + lane.position;
    }
    // From the first stored block on, the bits are aligned to bytes wherever the lane begins.
    let floating = lane.first_padding.unwrap_or(lane.position);
    let (head, aligned) = bytes.split_at(floating.div_ceil(8) as usize);
    let end = position + floating;
    let len = out.len() + (end.div_ceil(8) - position.div_ceil(8)) as usize;
    let mut pending = u64::from(out.pop().expect("a byte holds the bits"));
    for chunk in head.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        let word = u64::from_le_bytes(word);
        out.extend_from_slice(&(pending | word << shift).to_le_bytes());
        pending = word >> (64 - shift);
    }
    out.extend_from_slice(&pending.to_le_bytes());
    out.truncate(len);
    out.extend_from_slice(aligned);
    match lane.first_padding {
        Some(_) => end.next_multiple_of(8) + lane.position - floating.next_multiple_of(8),
        None => end,
    }
}

/// Ends a stream of `position` bits (compress/flate `compressor.close`; RFC 1950 §2.2).
fn finish(encoder: Encoder, position: u64, adler: Adler, out: &mut Vec<u8>) {
    let (code, tail): (Code, &[u8]) = match encoder {
        // An empty stored block.
        Encoder::Go126 => (Code::new(0b001, 3), &[0x00, 0x00, 0xff, 0xff]),
        // An empty block in the fixed codes.
        Encoder::Go127 | Encoder::Go127Fused => (Code::new(0b011, 10), &[]),
    };
    let used = (position % 8) as u32;
    let bits = code.bits() << used;
    let mut bytes = &bits.to_le_bytes()[..(used + code.len()).div_ceil(8) as usize];
    if used != 0 {
        *out.last_mut().expect("a byte holds the bits") |= bytes[0];
        bytes = &bytes[1..];
    }
    out.extend_from_slice(bytes);
    out.extend_from_slice(tail);
    out.extend_from_slice(&adler.value().to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Generated;

    /// Words, with stretches that do not compress.
    fn data(len: usize) -> Vec<u8> {
        let mut state = 99u32;
        let mut out = Vec::new();
        while out.len() < len {
            state = state.wrapping_mul(1664525).wrapping_add(1013904223);
            if out.len() % 900_000 < 200_000 {
                out.push((state >> 24) as u8);
            } else {
                let word = (state >> 24).wrapping_mul(0x9e37_79b1).to_le_bytes();
                out.extend_from_slice(&word[..2 + (state >> 20) as usize % 3]);
            }
        }
        out.truncate(len);
        out
    }

    /// Several lanes give the stream that one gives, whether the guesses are right or wrong.
    #[test]
    fn lanes_join() {
        let data = data(26 * BATCH_LEN + BATCH_LEN / 2);
        let generated = Generated {
            len: data.len() as u64,
            fill: |offset: u64, out: &mut [u8]| {
                out.copy_from_slice(&data[offset as usize..][..out.len()]);
            },
        };
        let in_memory = crate::ByRef(&data[..]);
        let sources: [&dyn Source; 2] = [&in_memory, &generated];
        let mut expected = Vec::new();
        assert!(compress(
            Encoder::Go126,
            &in_memory,
            u64::MAX,
            &mut expected
        ));
        for source in sources {
            for lanes in [2, 5] {
                for warm_up in [0, 8] {
                    let mut out = vec![1];
                    let limit = expected.len() as u64;
                    let mut run = |limit| {
                        compress_with(Encoder::Go126, source, limit, &mut out, lanes, warm_up)
                    };
                    assert!(!run(limit / 2) && !run(limit - 1));
                    assert!(run(limit), "{lanes} lanes, {warm_up} blocks");
                    assert!(out[1..] == expected, "{lanes} lanes, {warm_up} blocks");
                }
            }
        }
    }

    /// The guesses of [`lanes_join`] are right with eight blocks and wrong with none.
    #[test]
    fn warm_up_is_enough() {
        let data = data(16 * BATCH_LEN);
        let source = crate::ByRef(&data[..]);
        let budget = Budget::new(u64::MAX, 2);
        let run = |range, start| {
            let mut out = Vec::new();
            let lane = Lane::new(Encoder::Go126, &source, range, start, &budget, &mut out);
            rayon::in_place_scope(|scope| lane.start(scope));
            lane.finish().expect("there is no limit")
        };
        let guess = |blocks| Start::Guess {
            finder: Finder::new(Encoder::Go126),
            blocks,
        };
        let reach = run(0..8, guess(0)).finder.reach();
        assert!(run(8..16, guess(8)).guess == reach);
        assert!(run(8..16, guess(0)).guess != reach);
    }
}
