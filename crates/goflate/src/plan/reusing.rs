//! The decisions of Go from 1.27 on (compress/flate deflate.go, `deflateFast`; huffman_bit_writer.go,
//! `writeBlockDynamic` and `writeBlockHuff`): a block may go on with the codes of the one before.

use std::sync::Arc;

use super::{Block, Coded, FIXED, Form, Plan, codes_for_literals, fixed, symbol_bits, with_dummy};
use crate::huffman::{Code, Codes, Header, can_code, coded_bits};
use crate::sequence::{END_OF_BLOCK, Histogram};

/// A last block shorter than this is not searched for matches.
const SHORT: usize = 128;

/// A last block up to this length is stored.
const TINY: usize = 32;

/// Blocks of fewer tokens may use the fixed codes.
const FEW_TOKENS: usize = 250;

/// A new table counts as 1/2^this dearer than its size (`logNewTablePenalty` of the level).
const NEW_TABLE_PENALTY: u32 = 7;

/// Bits of a header for literals when there is none to go by.
const GUESSED_HEADER_BITS: u64 = 70 * 8;

/// The codes of a block of the format that is still open.
struct OpenBlock {
    codes: Arc<Codes>,
    /// Bits its header took.
    header_bits: u64,
    /// Whether the codes are for literals alone.
    literals_only: bool,
}

/// Plans the blocks of a stream in order.
pub(crate) struct ReusingPlanner {
    open: Option<OpenBlock>,
    /// Whether the Go compiler of the host fuses multiplications with additions.
    fused: bool,
}

impl ReusingPlanner {
    pub(crate) fn new(fused: bool) -> Self {
        ReusingPlanner { open: None, fused }
    }

    /// Plans the next block.
    pub(crate) fn plan(&mut self, block: Block<'_>) -> Plan {
        let len = block.raw.len();
        let mut lead = Code::default();
        let form = if block.last && len <= TINY {
            self.close(&mut lead);
            Form::Stored
        } else if block.last && len < SHORT {
            self.literals(block, &mut lead)
        } else if block.sequences.is_empty() {
            self.close(&mut lead);
            Form::Stored
        } else if block.barely_shrunk() {
            self.literals(block, &mut lead)
        } else {
            self.sequences(block, &mut lead)
        };
        if block.last && !matches!(form, Form::Stored) {
            self.open = None;
        }
        Plan { lead, form }
    }

    /// Ends the open block, if there is one.
    fn close(&mut self, lead: &mut Code) {
        if let Some(open) = self.open.take() {
            *lead = open.codes.end_of_block();
        }
    }

    /// A stored block.
    fn stored(&mut self, lead: &mut Code) -> Form {
        self.close(lead);
        Form::Stored
    }

    fn literals(&mut self, block: Block<'_>, lead: &mut Code) -> Form {
        let mut histogram = Histogram::of_bytes(block.raw);
        if block.raw.len() > 1024 && looks_random(&histogram, block.raw.len()) {
            return self.stored(lead);
        }
        let bytes_only = |codes: &Codes, histogram: &Histogram| {
            coded_bits(&codes.literals[..END_OF_BLOCK], &histogram.literals)
        };
        histogram.literals[END_OF_BLOCK] = 1;
        let own = codes_for_literals(&histogram);
        let header_bits = match &self.open {
            Some(open) => open.header_bits,
            None => GUESSED_HEADER_BITS,
        };
        let mut own_bits = coded_bits(&own.literals, &histogram.literals) + header_bits;
        own_bits += own_bits >> NEW_TABLE_PENALTY;
        if block.stored_bits() <= own_bits {
            return self.stored(lead);
        }

        if let Some(open) = &self.open {
            let literals = &open.codes.literals[..END_OF_BLOCK];
            if !can_code(literals, &histogram.literals)
                || own_bits < bytes_only(&open.codes, &histogram)
            {
                self.close(lead);
            }
        }
        let mut header = None;
        let open = self.open.get_or_insert_with(|| {
            let new = Header::new(&own, &histogram.literals, &histogram.distances);
            let header_bits = new.bits;
            header = Some(new);
            OpenBlock {
                codes: Arc::new(own),
                header_bits,
                literals_only: true,
            }
        });
        let codes = Arc::clone(&open.codes);
        let mut bits = header.as_ref().map_or(0, |h| h.bits) + bytes_only(&codes, &histogram);
        if block.last {
            bits += u64::from(codes.end_of_block().len());
        }
        Form::Literals(Coded {
            header,
            codes,
            ends: block.last,
            bits,
        })
    }

    fn sequences(&mut self, block: Block<'_>, lead: &mut Code) -> Form {
        let mut histogram = Histogram::of_sequences(block.raw, block.sequences);
        histogram.literals[END_OF_BLOCK] = 1;
        // Go counts the end of the block as a token only where it must write one.
        let tokens = block.tokens() + usize::from(block.last);

        if let Some(open) = &self.open
            && (open.literals_only
                || !can_code(&open.codes.distances, &histogram.distances)
                || !can_code(&open.codes.literals, &histogram.literals))
        {
            self.close(lead);
        }
        let distances = with_dummy(&histogram.distances);
        let extra_bits = histogram.extra_bits();
        let counted_bits = |codes: &Codes| {
            coded_bits(&codes.literals, &histogram.literals)
                + coded_bits(&codes.distances, &distances)
                + extra_bits
        };
        let stored_bits = block.stored_bits();

        if let Some(open) = &self.open {
            let end_bits = u64::from(open.codes.end_of_block().len());
            let estimate = open.header_bits + estimated_bits(&histogram, tokens, self.fused);
            let new_bits = estimate + end_bits + (estimate >> NEW_TABLE_PENALTY);
            let reuse_bits = counted_bits(&open.codes);
            let bits = new_bits.min(reuse_bits);
            if new_bits < reuse_bits {
                self.close(lead);
            }
            if tokens < FEW_TOKENS && 3 + counted_bits(&FIXED) + 7 < bits {
                self.close(lead);
                return if stored_bits <= bits {
                    Form::Stored
                } else {
                    fixed(&histogram)
                };
            }
            if stored_bits <= bits {
                return self.stored(lead);
            }
        }

        let mut header = None;
        let codes = match &self.open {
            Some(open) => Arc::clone(&open.codes),
            None => {
                let codes = Codes::for_counts(&histogram.literals, &distances);
                let new = Header::new(&codes, &histogram.literals, &distances);
                let bits = new.bits + counted_bits(&codes);
                if tokens < FEW_TOKENS {
                    let fixed_bits = 3 + counted_bits(&FIXED);
                    if fixed_bits <= bits {
                        return if stored_bits <= fixed_bits {
                            Form::Stored
                        } else {
                            fixed(&histogram)
                        };
                    }
                }
                if stored_bits <= bits {
                    return Form::Stored;
                }
                let codes = Arc::new(codes);
                self.open = Some(OpenBlock {
                    codes: Arc::clone(&codes),
                    header_bits: new.bits,
                    literals_only: false,
                });
                header = Some(new);
                codes
            }
        };
        let mut bits = header.as_ref().map_or(0, |h| h.bits) + symbol_bits(&codes, &histogram);
        if !block.last {
            bits -= u64::from(codes.end_of_block().len());
        }
        Form::Sequences(Coded {
            header,
            codes,
            ends: block.last,
            bits,
        })
    }
}

/// Whether the bytes occur so evenly that coding them is hopeless: the squares of the differences
/// from the mean sum up to less than twice the length.
fn looks_random(histogram: &Histogram, len: usize) -> bool {
    // In units of 1/256, so that the mean is a whole number as Go's floating point has it.
    let squares: u64 = histogram.literals[..END_OF_BLOCK]
        .iter()
        .map(|&n| (i64::from(n) * 256 - len as i64).unsigned_abs().pow(2))
        .sum();
    squares < 2 * len as u64 * 65536
}

/// The least size of these tokens in bits, as Go estimates it in single precision
/// (compress/flate token.go, `EstimatedBits`). The result may depend on `fused`.
fn estimated_bits(histogram: &Histogram, tokens: usize, fused: bool) -> u64 {
    /// What the end of the block is taken to cost.
    const END_BITS: f32 = 15.0;
    let add = |sum: f32, counts: &[u32], total: f32| {
        let inverse = 1.0 / total;
        counts.iter().filter(|&&n| n > 0).fold(sum, |sum, &n| {
            let n = n as f32;
            let each = (-fast_log2(n * inverse, fused)).clamp(1.0, 15.0);
            multiply_add(each, n, sum, fused)
        })
    };
    let (literals, lengths) = histogram.literals.split_at(END_OF_BLOCK);
    let lengths = &lengths[1..];
    let matches: u32 = lengths.iter().sum();
    let mut sum = add(0.0, literals, tokens as f32);
    sum += END_BITS;
    sum = add(sum, lengths, tokens as f32);
    if matches > 0 {
        sum = add(sum, &histogram.distances, matches as f32);
    }
    sum as u64 + histogram.extra_bits()
}

fn multiply_add(a: f32, b: f32, c: f32, fused: bool) -> f32 {
    if fused { a.mul_add(b, c) } else { a * b + c }
}

/// A parabola through the binary logarithm (compress/flate token.go, `mFastLog2`).
#[allow(clippy::excessive_precision)]
fn fast_log2(value: f32, fused: bool) -> f32 {
    let bits = value.to_bits();
    let exponent = (bits >> 23 & 255) as i32 - 128;
    let mantissa = f32::from_bits(bits & !0x7f80_0000 | 127 << 23);
    let inner = multiply_add(-0.344_848_43, mantissa, 2.024_665_78, fused);
    exponent as f32 + multiply_add(inner, mantissa, -0.674_877_59, fused)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Estimates of made-up blocks as Go makes them, without and with fused multiply-add
    /// (tests/data/estimate/estimate.go).
    #[test]
    fn estimates_are_those_of_go() {
        let golden = include_str!("../../tests/data/estimate/estimates.txt");
        let mut differ = 0;
        for line in golden.lines() {
            let numbers: Vec<u64> = line.split(' ').map(|n| n.parse().unwrap()).collect();
            let mut r = numbers[0];
            let mut fill = |counts: &mut [u32]| {
                for count in counts {
                    r ^= r << 13;
                    r ^= r >> 7;
                    r ^= r << 17;
                    *count = ((r >> 20) % (1 << ((r >> 8) % 10))) as u32;
                }
            };
            let mut histogram = Histogram::of_bytes(&[]);
            fill(&mut histogram.literals[..END_OF_BLOCK]);
            fill(&mut histogram.literals[END_OF_BLOCK + 1..]);
            fill(&mut histogram.distances);
            let tokens = histogram.literals.iter().sum::<u32>() as usize;
            histogram.literals[END_OF_BLOCK] = 1;
            let estimates = [false, true].map(|fused| estimated_bits(&histogram, tokens, fused));
            assert_eq!(estimates, numbers[1..], "seed {}", numbers[0]);
            differ += usize::from(estimates[0] != estimates[1]);
        }
        assert!(differ > 10, "fusing changes only {differ} estimates");
    }
}
