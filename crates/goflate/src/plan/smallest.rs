//! The decision of Go up to 1.26 above level 1 (compress/flate huffman_bit_writer.go, `writeBlock`): the
//! form that takes the fewest bits.

use std::sync::Arc;

use super::{Block, Coded, FIXED, Form, Plan, fixed, symbol_bits, with_dummy};
use crate::huffman::{Code, Codes, Header, coded_bits};
use crate::sequence::{BLOCK_LEN, END_OF_BLOCK, Histogram};

/// Plans one block, of any length. It can be stored only if Go still has its bytes, which `at_hand` says,
/// and if they are not too many.
pub(crate) fn plan_smallest(block: Block<'_>, at_hand: bool) -> Plan {
    let mut histogram = Histogram::of_sequences(block.raw, block.sequences);
    histogram.literals[END_OF_BLOCK] = 1;
    let distances = with_dummy(&histogram.distances);
    let codes = Codes::for_counts(&histogram.literals, &distances);
    let header = Header::new(&codes, &histogram.literals, &distances);
    // Go also counts a distance code that no symbol uses.
    let compared = |codes: &Codes| {
        coded_bits(&codes.literals, &histogram.literals)
            + coded_bits(&codes.distances, &distances)
            + histogram.extra_bits()
    };
    let own_bits = header.bits + compared(&codes);
    let fixed_bits = 3 + compared(&FIXED);
    let storable = at_hand && block.raw.len() <= BLOCK_LEN;
    let form = if storable && block.stored_bits() < own_bits.min(fixed_bits) {
        Form::Stored
    } else if own_bits < fixed_bits {
        Form::Sequences(Coded {
            bits: header.bits + symbol_bits(&codes, &histogram),
            header: Some(header),
            codes: Arc::new(codes),
            ends: true,
        })
    } else {
        fixed(&histogram)
    };
    Plan {
        lead: Code::default(),
        form,
    }
}
