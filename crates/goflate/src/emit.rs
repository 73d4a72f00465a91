//! Writing planned blocks as bits.

use crate::cpu::tuned;
use crate::huffman::{Code, Codes};
use crate::plan::{Block, Form, Plan};
use crate::sequence::{LENGTH_SYMBOL, Sequence, distance_extra_bits, length_extra_bits};
use crate::stream::BitStream;

/// Bytes behind the bits that a writer may overwrite with zeros.
const SLACK: usize = 8;

/// Bits of a stream, lowest bit of each byte first, from some bit position on.
pub(crate) struct Bits {
    /// The bytes, then rubbish; bits before the first position and behind the last are 0.
    bytes: Vec<u8>,
    /// Position in the stream of the end.
    end: u64,
}

impl Bits {
    /// Writes blocks one after another, the first at bit `start` of the stream. Each is given with
    /// the position of its end, which it must reach.
    pub(crate) fn of_blocks<'a>(
        start: u64,
        end: u64,
        blocks: impl Iterator<Item = (Block<'a>, &'a Plan, u64)>,
        mut bytes: Vec<u8>,
    ) -> Self {
        let len = (end.div_ceil(8) - start / 8) as usize;
        if bytes.len() < len + SLACK {
            bytes.resize(len + SLACK, 0);
        }
        let mut writer = Writer {
            out: &mut bytes,
            end: End {
                at: 0,
                pending: 0,
                count: (start % 8) as u32,
            },
        };
        for (block, plan, end) in blocks {
            writer.block(block, plan);
            assert_eq!(
                writer.position(),
                end - start / 8 * 8,
                "size of a written block"
            );
        }
        writer.flush();
        Bits { bytes, end }
    }

    /// Appends these bits to a stream that ends where they start; answers the emptied buffer.
    pub(crate) fn append_to(mut self, stream: &mut BitStream<'_>) -> Vec<u8> {
        stream.append(&mut self.bytes, self.end);
        self.bytes
    }
}

/// Codes ready to be joined with their extra bits.
struct Prepared<'a> {
    literals: &'a [Code; 256],
    /// Code and extra bits of each length minus the least.
    lengths: [Code; 256],
    /// A power of two, so that no index needs checking.
    distances: [DistanceCode; 32],
}

/// The code of a distance symbol and what to make of its extra bits.
#[derive(Clone, Copy, Default)]
#[repr(align(8))]
struct DistanceCode {
    bits: u16,
    /// The bits of a distance minus one that follow the code.
    extra_mask: u16,
    len: u8,
    /// With the extra bits.
    whole_len: u8,
}

impl<'a> Prepared<'a> {
    fn new(codes: &'a Codes) -> Self {
        let mut lengths = [Code::default(); 256];
        let mut first = 0;
        for (length_3, prepared) in lengths.iter_mut().enumerate() {
            let symbol = usize::from(LENGTH_SYMBOL[length_3]);
            if length_3 > 0 && symbol != usize::from(LENGTH_SYMBOL[length_3 - 1]) {
                first = length_3;
            }
            let extra = (length_3 - first) as u32;
            *prepared = codes.literals[257 + symbol].followed_by(extra, length_extra_bits(symbol));
        }
        let mut distances = [DistanceCode::default(); 32];
        for (symbol, (prepared, code)) in distances.iter_mut().zip(&codes.distances).enumerate() {
            let extra_bits = distance_extra_bits(symbol);
            *prepared = DistanceCode {
                bits: code.bits() as u16,
                extra_mask: (1 << extra_bits) - 1,
                len: code.len() as u8,
                whole_len: (code.len() + extra_bits) as u8,
            };
        }
        Prepared {
            literals: codes.literals.first_chunk().expect("all bytes have a code"),
            lengths,
            distances,
        }
    }
}

tuned! {
    /// [`Writer::sequences`].
    fn put_sequences(
        writer: &mut Writer<'_>,
        prepared: &Prepared<'_>,
        raw: &[u8],
        sequences: &[Sequence]
    ) -> () = Writer::sequences;
}

/// Where a stream ends that is being written. Copies of it, which nothing points to, stay in registers.
#[derive(Clone, Copy)]
struct End {
    /// Index of the byte the pending bits start in.
    at: usize,
    /// Bits not yet known to be in the output.
    pending: u64,
    /// Their number, in the lowest byte; what is above it is rubbish, which shifts do not see.
    count: u32,
}

impl End {
    /// Adds the lowest bits of `bits`, as many as the lowest byte of `len` says; at most 56 fit between
    /// two flushes.
    #[inline(always)]
    fn put_bits(&mut self, bits: u64, len: u32) {
        self.pending |= bits << (self.count & 63);
        self.count = self.count.wrapping_add(len);
    }

    /// Adds a code, as [`End::put_bits`] does.
    #[inline(always)]
    fn put(&mut self, code: Code) {
        self.put_bits(code.bits(), code.low_len());
    }

    /// Writes out the pending bits; fewer than 8 remain pending.
    #[inline(always)]
    fn flush(&mut self, out: &mut [u8]) {
        let to = out[self.at..].first_chunk_mut();
        *to.expect("room for eight bytes") = self.pending.to_le_bytes();
        let count = self.count & 0xff;
        self.at += (count / 8) as usize;
        self.pending >>= count & 56;
        self.count = count % 8;
    }

    /// Adds three literals; with seven pending bits they stay below 56.
    #[inline(always)]
    fn triple(&mut self, out: &mut [u8], codes: &[Code; 256], bytes: &[u8; 3]) {
        for &byte in bytes {
            self.put(codes[usize::from(byte)]);
        }
        self.flush(out);
    }

    #[inline(always)]
    fn literals(&mut self, out: &mut [u8], codes: &[Code; 256], bytes: &[u8]) {
        let (triples, rest) = bytes.as_chunks();
        for triple in triples {
            self.triple(out, codes, triple);
        }
        for &byte in rest {
            self.put(codes[usize::from(byte)]);
        }
        self.flush(out);
    }
}

/// Puts bits into bytes.
struct Writer<'a> {
    out: &'a mut [u8],
    end: End,
}

impl Writer<'_> {
    /// Bits written so far, from the start of the buffer.
    fn position(&self) -> u64 {
        self.end.at as u64 * 8 + u64::from(self.end.count & 0xff)
    }

    fn put(&mut self, code: Code) {
        self.end.put(code);
    }

    fn flush(&mut self) {
        self.end.flush(self.out);
    }

    fn block(&mut self, block: Block<'_>, plan: &Plan) {
        self.put(plan.lead);
        self.flush();
        match &plan.form {
            Form::Stored => self.stored(block.raw),
            Form::Literals(coded) | Form::Sequences(coded) => {
                for &piece in coded.header.iter().flat_map(|header| &header.pieces) {
                    self.put(piece);
                    self.flush();
                }
                let prepared = Prepared::new(&coded.codes);
                match plan.form {
                    Form::Literals(_) => {
                        let mut end = self.end;
                        end.literals(self.out, prepared.literals, block.raw);
                        self.end = end;
                    }
                    _ => put_sequences(self, &prepared, block.raw, block.sequences),
                }
                if coded.ends {
                    self.put(coded.codes.end_of_block());
                    self.flush();
                }
            }
        }
    }

    fn stored(&mut self, raw: &[u8]) {
        let len = u16::try_from(raw.len()).expect("block length");
        self.put(Code::new(0, 3));
        self.flush();
        if self.end.count != 0 {
            self.put(Code::new(0, 8 - self.end.count));
        }
        self.put(Code::new(u32::from(len), 16));
        self.put(Code::new(u32::from(!len), 16));
        self.flush();
        let at = self.end.at;
        self.out[at..at + raw.len()].copy_from_slice(raw);
        self.end.at += raw.len();
    }

    #[inline(always)]
    fn sequences(&mut self, prepared: &Prepared<'_>, raw: &[u8], sequences: &[Sequence]) {
        let Writer {
            out,
            end: of_stream,
        } = self;
        let (out, mut to) = (&mut **out, *of_stream);
        let mut at = 0;
        for sequence in sequences {
            let run = sequence.literals();
            let end = at + run;
            while end - at > 3 {
                let bytes = raw[at..].first_chunk().expect("literals");
                to.triple(out, prepared.literals, bytes);
                at += 3;
            }
            // How many are left is not to be foreseen: three codes, perhaps empty ones.
            let rest = end - at;
            let bytes: &[u8; 3] = raw[at..].first_chunk().expect("a match follows");
            let code = |i: usize| prepared.literals[usize::from(bytes[i])].only_if(i < rest);
            let [first, second, third] = [code(0), code(1), code(2)];
            let two = first.low_len().wrapping_add(second.low_len());
            let literals =
                first.bits() | second.bits() << (first.low_len() & 63) | third.bits() << (two & 63);
            let literals_len = two.wrapping_add(third.low_len()) & 0xff;

            let length = prepared.lengths[sequence.length_3()];
            let distance = prepared.distances[sequence.distance_symbol() % 32];
            let extra = u64::from(sequence.distance_1() & distance.extra_mask);
            let bits = u64::from(distance.bits) | extra << distance.len;
            let found = length.bits() | bits << (length.low_len() & 63);
            let found_len = length.len() + u32::from(distance.whole_len);

            // As a rule both fit at once.
            if literals_len + found_len <= 56 {
                to.put_bits(literals | found << literals_len, literals_len + found_len);
            } else {
                to.put_bits(literals, literals_len);
                to.flush(out);
                to.put_bits(found, found_len);
            }
            to.flush(out);
            at = end + sequence.length();
        }
        to.literals(out, prepared.literals, &raw[at..]);
        *of_stream = to;
    }
}
