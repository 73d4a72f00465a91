//! The decisions of Go up to 1.26 (compress/flate deflate.go, `encSpeed`; huffman_bit_writer.go,
//! `writeBlockDynamic` and `writeBlockHuff`): every block has its own codes.

use std::sync::Arc;

use super::{Block, Coded, Form, Plan, codes_for_literals, symbol_bits, with_dummy};
use crate::huffman::{Code, Codes, Header, coded_bits};
use crate::sequence::{END_OF_BLOCK, Histogram};

/// A last block shorter than this is not searched for matches.
const SHORT: usize = 128;

/// A last block up to this length is stored.
const TINY: usize = 16;

/// Plans one block. No block depends on another.
pub(crate) fn plan_separate(block: Block<'_>) -> Plan {
    let form = if block.last && block.raw.len() <= TINY {
        Form::Stored
    } else if block.last && block.raw.len() < SHORT || block.barely_shrunk() {
        literals(block)
    } else {
        sequences(block)
    };
    Plan {
        lead: Code::default(),
        form,
    }
}

/// Whether coding does not save a sixteenth.
fn too_big(block: Block<'_>, bits: u64) -> bool {
    block.stored_bits() < bits + bits / 16
}

fn literals(block: Block<'_>) -> Form {
    let mut histogram = Histogram::of_bytes(block.raw);
    histogram.literals[END_OF_BLOCK] = 1;
    let codes = codes_for_literals(&histogram);
    let header = Header::new(&codes, &histogram.literals, &histogram.distances);
    let bits = header.bits + symbol_bits(&codes, &histogram);
    // Go also counts the distance code that no symbol uses.
    if too_big(block, bits + 1) {
        return Form::Stored;
    }
    Form::Literals(Coded {
        header: Some(header),
        codes: Arc::new(codes),
        ends: true,
        bits,
    })
}

fn sequences(block: Block<'_>) -> Form {
    let mut histogram = Histogram::of_sequences(block.raw, block.sequences);
    histogram.literals[END_OF_BLOCK] = 1;
    let distances = with_dummy(&histogram.distances);
    let codes = Codes::for_counts(&histogram.literals, &distances);
    let header = Header::new(&codes, &histogram.literals, &distances);
    // Go leaves the extra bits out of account.
    let compared = header.bits
        + coded_bits(&codes.literals, &histogram.literals)
        + coded_bits(&codes.distances, &distances);
    if too_big(block, compared) {
        return Form::Stored;
    }
    let bits = header.bits + symbol_bits(&codes, &histogram);
    Form::Sequences(Coded {
        header: Some(header),
        codes: Arc::new(codes),
        ends: true,
        bits,
    })
}
