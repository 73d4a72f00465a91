//! A whole stream: its lanes and what joins them.
//!
//! Usually there is one lane. Where Go's encoder treats each block on its own (up to 1.26), a long
//! input is cut into several lanes that run at the same time. What can be found at the start of a lane
//! depends on the lane before; it is guessed by searching a few blocks before the lane from nothing,
//! and compared with what the lane before left in the end. If the guess was wrong, the lane is done
//! again.

use crate::adler::Adler;
use crate::batch::BATCH_LEN;
use crate::huffman::Code;
use crate::lane::{Budget, Finished, Lane, Start};
use crate::stream::{Appended, BitStream, Sink};
use crate::workbench::Workbench;
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

/// Puts the stream into `out`, unless it would take more than `limit` bytes; answers whether it did.
pub(crate) fn compress(
    encoder: Encoder,
    source: &dyn Source,
    limit: u64,
    bench: &Workbench,
    out: &mut dyn Sink,
) -> bool {
    let batches = source.len().div_ceil(BATCH_LEN as u64) as usize;
    let lanes = match encoder {
        Encoder::Go126 => {
            let by_threads = rayon::current_num_threads() / THREADS_PER_LANE;
            by_threads.min(batches / BATCHES_PER_LANE).max(1)
        }
        Encoder::Go127 | Encoder::Go127Fused => 1,
    };
    compress_with(encoder, source, limit, bench, out, lanes, WARM_UP_BLOCKS)
}

/// [`compress`] in so many lanes, with so many blocks searched before each.
fn compress_with(
    encoder: Encoder,
    source: &dyn Source,
    limit: u64,
    bench: &Workbench,
    out: &mut dyn Sink,
    lanes: usize,
    warm_up: usize,
) -> bool {
    // A lane begun with a wrong guess may be longer than it ought to be.
    for lanes in [lanes, 1] {
        let len = compress_in_lanes(encoder, source, limit, bench, out, lanes, warm_up);
        if len.is_some_and(|len| len <= limit) {
            return true;
        }
        out.restart();
        if len.is_some() || lanes == 1 {
            break;
        }
    }
    false
}

/// Puts the stream into `out` and answers its length; may stop and answer nothing if a lane makes it
/// longer than `limit`.
fn compress_in_lanes(
    encoder: Encoder,
    source: &dyn Source,
    limit: u64,
    bench: &Workbench,
    out: &mut dyn Sink,
    lanes: usize,
    warm_up: usize,
) -> Option<u64> {
    let batches = source.len().div_ceil(BATCH_LEN as u64) as usize;
    let budget = Budget::new(limit, lanes);
    out.put(&ZLIB_HEADER);
    let mut outs = vec![Vec::new(); lanes - 1];
    let mut sinks: Vec<Appended<'_>> = outs.iter_mut().map(Appended::to).collect();
    let mut all_sinks: Vec<&mut dyn Sink> = vec![&mut *out];
    all_sinks.extend(sinks.iter_mut().map(|sink| sink as &mut dyn Sink));
    let work: Vec<Lane<'_>> = all_sinks
        .into_iter()
        .enumerate()
        .map(|(i, out)| {
            let range = batches * i / lanes..batches * (i + 1) / lanes;
            let start = Start::Guess {
                finder: bench.finder(encoder),
                blocks: if i == 0 { 0 } else { warm_up },
            };
            Lane::new(encoder, source, range, start, &budget, bench, out)
        })
        .collect();
    rayon::in_place_scope(|scope| {
        let (first, others) = work.split_first().expect("at least one lane");
        for lane in others {
            scope.spawn(|scope| lane.start(scope));
        }
        first.start(scope);
    });
    let mut work = work.into_iter().map(|lane| lane.finish(bench));
    let first = work.next().flatten();
    let first = first.map(|(finished, out)| (finished, out.reached()));
    let others: Vec<Option<Finished>> = work
        .map(|lane| {
            let (finished, mut out) = lane?;
            out.pad();
            Some(finished)
        })
        .collect();

    let (mut all, reached) = first?;
    let mut out = BitStream::resume(out, reached);
    for (lane, mut lane_out) in others.into_iter().zip(outs) {
        let mut lane = lane?;
        if lane.guess != all.finder.reach() {
            budget.give_back(lane.position);
            bench.put_finder(lane.finder);
            lane_out.clear();
            let mut sink = Appended::to(&mut lane_out);
            let start = Start::Known(all.finder);
            let range = lane.range;
            let again = Lane::new(encoder, source, range, start, &budget, bench, &mut sink);
            rayon::in_place_scope(|scope| again.start(scope));
            let (finished, mut out) = again.finish(bench)?;
            out.pad();
            lane = finished;
        } else {
            bench.put_finder(all.finder);
        }
        append(&mut lane_out, &lane, &mut out);
        all.adler.append(lane.adler, lane.len);
        all.finder = lane.finder;
    }
    bench.put_finder(all.finder);
    Some(ZLIB_HEADER.len() as u64 + finish(encoder, all.adler, out))
}

/// Appends the bits of a lane, which are all of `bytes`, to a stream.
fn append(bytes: &mut [u8], lane: &Finished, out: &mut BitStream<'_>) {
    let position = out.position();
    let shift = (position % 8) as u32;
    if shift == 0 {
        out.append(bytes, position + lane.position);
        return;
    }
    // From the first stored block on, the bits are aligned to bytes wherever the lane begins.
    let floating = lane.first_padding.unwrap_or(lane.position);
    let (head, aligned) = bytes.split_at_mut(floating.div_ceil(8) as usize);
    let mut shifted = Vec::with_capacity(head.len() + 16);
    let mut pending = 0;
    for chunk in head.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        let word = u64::from_le_bytes(word);
        shifted.extend_from_slice(&(pending | word << shift).to_le_bytes());
        pending = word >> (64 - shift);
    }
    shifted.extend_from_slice(&pending.to_le_bytes());
    out.append(&mut shifted, position + floating);
    if lane.first_padding.is_some() {
        out.pad();
        let bits = lane.position - floating.next_multiple_of(8);
        out.append(aligned, out.position() + bits);
    }
}

/// Ends a stream (compress/flate `compressor.close`; RFC 1950 §2.2); answers its length in bytes without
/// the header.
pub(crate) fn finish(encoder: Encoder, adler: Adler, mut out: BitStream<'_>) -> u64 {
    let (code, tail): (Code, &[u8]) = match encoder {
        // An empty stored block.
        Encoder::Go126 => (Code::new(0b001, 3), &[0x00, 0x00, 0xff, 0xff]),
        // An empty block in the fixed codes.
        Encoder::Go127 | Encoder::Go127Fused => (Code::new(0b011, 10), &[]),
    };
    let position = out.position();
    let mut bits = (code.bits() << (position % 8)).to_le_bytes();
    out.append(&mut bits, position + u64::from(code.len()));
    out.pad();
    out.put(tail);
    out.put(&adler.value().to_be_bytes());
    out.position() / 8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Generated;
    use crate::finder::Finder;

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
        let expected = crate::zlib_level1(Encoder::Go126, &data);
        let bench = Workbench::default();
        for source in sources {
            for lanes in [2, 5] {
                for warm_up in [0, 8] {
                    let mut out = vec![1];
                    let limit = expected.len() as u64;
                    let mut run = |limit| {
                        let (encoder, mut out) = (Encoder::Go126, Appended::to(&mut out));
                        compress_with(encoder, source, limit, &bench, &mut out, lanes, warm_up)
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
        let bench = Workbench::default();
        let run = |range, start| {
            let mut out = Vec::new();
            let mut sink = Appended::to(&mut out);
            let encoder = Encoder::Go126;
            let lane = Lane::new(encoder, &source, range, start, &budget, &bench, &mut sink);
            rayon::in_place_scope(|scope| lane.start(scope));
            lane.finish(&bench).expect("there is no limit").0
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
