//! Deciding how each block of input goes into the stream, and how many bits it takes there.
//!
//! The decisions of Go up to 1.26 look at one block at a time; those from 1.27 on also at the codes
//! of the block before, at every level. Nothing is written here, so that writing can be done out of order.

mod reusing;
mod separate;
mod smallest;

use std::sync::{Arc, LazyLock};

use crate::Encoder;
use crate::huffman::{Code, Codes, Header, coded_bits};
use crate::sequence::{BLOCK_LEN, Histogram, Sequence};

use reusing::ReusingPlanner;
use separate::plan_separate;
pub(crate) use smallest::plan_smallest;

/// Plans the blocks of a stream.
pub(crate) enum Planner {
    Separate,
    Reusing(ReusingPlanner),
}

impl Planner {
    /// A planner before the first block.
    pub(crate) fn new(encoder: Encoder) -> Self {
        match encoder {
            Encoder::Go126 => Planner::Separate,
            Encoder::Go127 => Planner::Reusing(ReusingPlanner::new(false)),
            Encoder::Go127Fused => Planner::Reusing(ReusingPlanner::new(true)),
        }
    }

    /// Plans the next block.
    pub(crate) fn plan(&mut self, block: Block<'_>) -> Plan {
        match self {
            Planner::Separate => plan_separate(block),
            Planner::Reusing(planner) => planner.plan(block),
        }
    }
}

/// A block of input and what match finding made of it.
#[derive(Clone, Copy)]
pub(crate) struct Block<'a> {
    /// The bytes of the block: [`BLOCK_LEN`], or fewer if it is the last.
    pub(crate) raw: &'a [u8],
    /// Its sequences; the bytes behind the last one are literals.
    pub(crate) sequences: &'a [Sequence],
    /// Whether the input ends with it.
    pub(crate) last: bool,
}

impl Block<'_> {
    /// Number of literals and matches.
    fn tokens(&self) -> usize {
        let matched: usize = self.sequences.iter().map(|s| s.length()).sum();
        self.raw.len() - matched + self.sequences.len()
    }

    /// Whether finding matches saved less than a sixteenth.
    fn barely_shrunk(&self) -> bool {
        self.tokens() > self.raw.len() - self.raw.len() / 16
    }

    /// Bits a stored block of these bytes takes, as Go counts them.
    fn stored_bits(&self) -> u64 {
        (self.raw.len() as u64 + 5) * 8
    }
}

/// How a block goes into the stream.
#[derive(Clone, Debug)]
pub(crate) enum Form {
    /// As it is.
    Stored,
    /// Every byte a literal.
    Literals(Coded),
    /// As literals and matches.
    Sequences(Coded),
}

/// The coded part of a block.
#[derive(Clone, Debug)]
pub(crate) struct Coded {
    /// The header; none if the block of the format goes on with the codes it has.
    pub(crate) header: Option<Header>,
    /// The codes.
    pub(crate) codes: Arc<Codes>,
    /// Whether the block of the format ends here.
    pub(crate) ends: bool,
    /// Bits of header, symbols, extra bits and end.
    pub(crate) bits: u64,
}

/// The plan of one block.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// The end of an earlier block that was left open.
    pub(crate) lead: Code,
    /// The block itself.
    pub(crate) form: Form,
}

impl Plan {
    /// The position in bits where the padding of a stored block that starts at bit `start` begins.
    pub(crate) fn padding(&self, start: u64) -> u64 {
        start + u64::from(self.lead.len()) + 3
    }

    /// The position in bits behind a block of `raw_len` bytes that starts at bit `start`.
    pub(crate) fn end(&self, start: u64, raw_len: usize) -> u64 {
        match &self.form {
            Form::Stored => self.padding(start).next_multiple_of(8) + 32 + 8 * raw_len as u64,
            Form::Literals(coded) | Form::Sequences(coded) => {
                start + u64::from(self.lead.len()) + coded.bits
            }
        }
    }
}

/// Codes that go with a block of literals only: there are no distances, but a header must spell one.
fn codes_for_literals(histogram: &Histogram) -> Codes {
    Codes::for_counts(&histogram.literals, &with_dummy(&histogram.distances))
}

/// The distance counts Go makes a code for: if there is no match, distance symbol 0 counts once.
fn with_dummy<const N: usize>(distances: &[u32; N]) -> [u32; N] {
    let mut counts = *distances;
    if counts.iter().all(|&n| n == 0) {
        counts[0] = 1;
    }
    counts
}

/// The codes that need no header.
static FIXED: LazyLock<Arc<Codes>> = LazyLock::new(|| Arc::new(Codes::fixed()));

/// A block in the fixed codes.
fn fixed(histogram: &Histogram) -> Form {
    let header = Header {
        pieces: vec![Code::new(0b010, 3)],
        bits: 3,
    };
    Form::Sequences(Coded {
        bits: header.bits + symbol_bits(&FIXED, histogram),
        header: Some(header),
        codes: Arc::clone(&FIXED),
        ends: true,
    })
}

/// Bits of the symbols counted in `histogram`, extra bits included.
fn symbol_bits(codes: &Codes, histogram: &Histogram) -> u64 {
    coded_bits(&codes.literals, &histogram.literals)
        + coded_bits(&codes.distances, &histogram.distances)
        + histogram.extra_bits()
}

const _: () = assert!(
    BLOCK_LEN <= u16::MAX as usize,
    "a stored block holds a block of input"
);
