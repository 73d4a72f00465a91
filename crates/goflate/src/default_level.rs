//! Streams at `compress/zlib`'s default level, 6.
//!
//! cmd/link compresses the debugging information of macOS programs at this level if a host linker made
//! them. That is rare beside streams made for speed, so the input is in memory and one thread makes a
//! stream.

mod chained;
mod layered;

use crate::Encoder;
use crate::adler::Adler;
use crate::emit::Bits;
use crate::finder::BlockSpan;
use crate::pipeline::finish;
use crate::plan::{Block, Plan, Planner, plan_smallest};
use crate::sequence::BLOCK_LEN;
use crate::stream::{Appended, BitStream, Sink as _};

use chained::ChainedFinder;
use layered::LayeredFinder;

/// The first bytes of a stream (RFC 1950 §2.2).
const ZLIB_HEADER: [u8; 2] = [0x78, 0x9c];

/// The stream of `input`, as `zlib.NewWriter(w)`, `Write` and `Close` write it.
pub fn zlib_default(encoder: Encoder, input: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(input.len() / 2);
    let mut sink = Appended::to(&mut out);
    sink.put(&ZLIB_HEADER);
    let mut stream = Stream {
        bits: BitStream::new(&mut sink),
        buffer: Vec::new(),
    };
    match encoder {
        Encoder::Go126 => separate_blocks(input, &mut stream),
        Encoder::Go127 | Encoder::Go127Fused => {
            reusing_blocks(&mut Planner::new(encoder), input, &mut stream);
        }
    }
    finish(encoder, Adler::of(input), stream.bits);
    out
}

/// A stream on its way, and a buffer for one block of it.
struct Stream<'a> {
    bits: BitStream<'a>,
    buffer: Vec<u8>,
}

impl Stream<'_> {
    fn put(&mut self, block: Block<'_>, plan: &Plan) {
        let start = self.bits.position();
        let end = plan.end(start, block.raw.len());
        let buffer = std::mem::take(&mut self.buffer);
        let block = std::iter::once((block, plan, end));
        let bits = Bits::of_blocks(start, end, block, buffer);
        self.buffer = bits.append_to(&mut self.bits);
    }
}

/// Go from 1.27 on (compress/flate deflate.go, `deflateFast`): level 6 differs from level 1 in how matches
/// are found.
fn reusing_blocks(planner: &mut Planner, input: &[u8], stream: &mut Stream<'_>) {
    let mut finder = LayeredFinder::new();
    let mut sequences = Vec::new();
    for start in (0..input.len()).step_by(BLOCK_LEN) {
        let end = input.len().min(start + BLOCK_LEN);
        sequences.clear();
        finder.find(input, BlockSpan { start, end }, &mut sequences);
        let block = Block {
            raw: &input[start..end],
            sequences: &sequences,
            last: end == input.len(),
        };
        let plan = planner.plan(block);
        stream.put(block, &plan);
    }
}

/// Go up to 1.26 (compress/flate deflate.go, `deflate`): blocks end after a number of literals and
/// matches.
fn separate_blocks(input: &[u8], stream: &mut Stream<'_>) {
    let mut finder = ChainedFinder::new(input);
    let mut sequences = Vec::new();
    loop {
        sequences.clear();
        let Some((span, at_hand)) = finder.find(&mut sequences) else {
            return;
        };
        let block = Block {
            raw: &input[span.start..span.end],
            sequences: &sequences,
            last: span.end == input.len(),
        };
        let plan = plan_smallest(block, at_hand);
        stream.put(block, &plan);
    }
}
