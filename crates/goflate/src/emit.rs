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
            at: 0,
            pending: 0,
            count: (start % 8) as u32,
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

/// Puts bits into bytes.
struct Writer<'a> {
    out: &'a mut [u8],
    /// Index of the byte the pending bits start in.
    at: usize,
    /// Bits not yet known to be in `out`.
    pending: u64,
    /// Their number.
    count: u32,
}

impl Writer<'_> {
    /// Bits written so far, from the start of the buffer.
    fn position(&self) -> u64 {
        self.at as u64 * 8 + u64::from(self.count)
    }

    /// Adds bits; at most 56 fit between two flushes.
    #[inline(always)]
    fn put(&mut self, code: Code) {
        self.pending |= code.bits() << self.count;
        self.count += code.len();
    }

    /// Writes out the pending bits; fewer than 8 remain pending.
    #[inline(always)]
    fn flush(&mut self) {
        let out = self.out[self.at..]
            .first_chunk_mut()
            .expect("room for eight bytes");
        *out = self.pending.to_le_bytes();
        self.at += (self.count / 8) as usize;
        self.pending >>= self.count & !7;
        self.count &= 7;
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
                // A copy that nothing points to can stay in registers.
                let mut writer = Writer {
                    out: &mut *self.out,
                    ..*self
                };
                match plan.form {
                    Form::Literals(_) => writer.literals(prepared.literals, block.raw),
                    _ => put_sequences(&mut writer, &prepared, block.raw, block.sequences),
                }
                let Writer {
                    at, pending, count, ..
                } = writer;
                (self.at, self.pending, self.count) = (at, pending, count);
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
        if self.count != 0 {
            self.put(Code::new(0, 8 - self.count));
        }
        self.put(Code::new(u32::from(len), 16));
        self.put(Code::new(u32::from(!len), 16));
        self.flush();
        self.out[self.at..self.at + raw.len()].copy_from_slice(raw);
        self.at += raw.len();
    }

    /// Adds three literals; with seven pending bits they stay below 56.
    #[inline(always)]
    fn triple(&mut self, codes: &[Code; 256], bytes: &[u8; 3]) {
        for &byte in bytes {
            self.put(codes[usize::from(byte)]);
        }
        self.flush();
    }

    #[inline(always)]
    fn literals(&mut self, codes: &[Code; 256], bytes: &[u8]) {
        let triples = bytes.chunks_exact(3);
        let rest = triples.remainder();
        for triple in triples {
            self.triple(codes, triple.first_chunk().expect("three bytes"));
        }
        for &byte in rest {
            self.put(codes[usize::from(byte)]);
        }
        self.flush();
    }

    #[inline(always)]
    fn sequences(&mut self, prepared: &Prepared<'_>, raw: &[u8], sequences: &[Sequence]) {
        let mut at = 0;
        for sequence in sequences {
            let run = sequence.literals();
            let end = at + run;
            while end - at > 3 {
                self.triple(
                    prepared.literals,
                    raw[at..].first_chunk().expect("literals"),
                );
                at += 3;
            }
            // How many are left is not to be foreseen: three codes, perhaps empty ones.
            let rest = end - at;
            let bytes: &[u8; 3] = raw[at..].first_chunk().expect("a match follows");
            let code = |i: usize| prepared.literals[usize::from(bytes[i])].only_if(i < rest);
            let [first, second, third] = [code(0), code(1), code(2)];
            let two = first.len() + second.len();
            let literals = first.bits() | second.bits() << first.len() | third.bits() << two;
            let literals_len = two + third.len();

            let length = prepared.lengths[sequence.length_3()];
            let distance = prepared.distances[sequence.distance_symbol() % 32];
            let extra = u64::from(sequence.distance_1() & distance.extra_mask);
            let bits = u64::from(distance.bits) | extra << distance.len;
            let found = length.bits() | bits << length.len();
            let found_len = length.len() + u32::from(distance.whole_len);

            // As a rule both fit at once.
            if literals_len + found_len <= 56 {
                self.pending |= (literals | found << literals_len) << self.count;
                self.count += literals_len + found_len;
            } else {
                self.pending |= literals << self.count;
                self.count += literals_len;
                self.flush();
                self.pending |= found << self.count;
                self.count += found_len;
            }
            self.flush();
            at = end + sequence.length();
        }
        self.literals(prepared.literals, &raw[at..]);
    }
}
