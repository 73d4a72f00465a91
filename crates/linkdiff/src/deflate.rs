//! Finds where two deflate streams of the same content part: the block header or the first token
//! that one encoder chose differently.
//!
//! Source: RFC 1950 and RFC 1951. Decodes no output, only the encoder's choices, so that a wrong
//! block boundary, code length or match is named instead of a compressed byte offset.

use std::fmt;

/// One choice of the encoder, in stream order.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Event {
    /// Start of a block.
    Block { last: bool, kind: u8 },
    /// Bytes of a stored block.
    Stored(usize),
    /// Number of literal/length, distance and code length codes of a dynamic block.
    Counts {
        literals: usize,
        distances: usize,
        lengths: usize,
    },
    /// Lengths of the code length code, in transmission order.
    LengthCode(Vec<u8>),
    /// Code lengths of literals/lengths and distances.
    Lengths(Vec<u8>, usize),
    /// A literal byte.
    Literal(u8),
    /// A match.
    Match { length: usize, distance: usize },
    /// End of a block.
    BlockEnd,
    /// End of the stream.
    End,
    /// The stream cannot be read on.
    Broken(&'static str),
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Block { last, kind } => {
                let kind = ["stored", "fixed", "dynamic", "invalid"][usize::from(kind & 3)];
                write!(f, "{kind} block{}", if *last { " (last)" } else { "" })
            }
            Event::Stored(size) => write!(f, "{size:#x} stored bytes"),
            Event::Counts {
                literals,
                distances,
                lengths,
            } => {
                write!(f, "HLIT {literals} HDIST {distances} HCLEN {lengths}")
            }
            Event::LengthCode(lengths) => write!(f, "code length code {lengths:?}"),
            Event::Lengths(..) => write!(f, "code lengths"),
            Event::Literal(byte) => write!(f, "literal {byte:#04x} {:?}", *byte as char),
            Event::Match { length, distance } => {
                write!(f, "match length {length} distance {distance}")
            }
            Event::BlockEnd => write!(f, "end of block"),
            Event::End => write!(f, "end of stream"),
            Event::Broken(why) => write!(f, "broken stream: {why}"),
        }
    }
}

/// A canonical Huffman code: number of codes per length, symbols by code.
#[derive(Debug, Default)]
struct Code {
    counts: [u16; 16],
    symbols: Vec<u16>,
}

impl Code {
    fn new(lengths: &[u8]) -> Code {
        let mut counts = [0u16; 16];
        for &length in lengths {
            counts[usize::from(length & 15)] += 1;
        }
        counts[0] = 0;
        let mut symbols = Vec::new();
        for length in 1..16u8 {
            let of_length = lengths.iter().enumerate().filter(|(_, l)| **l == length);
            symbols.extend(of_length.map(|(symbol, _)| symbol as u16));
        }
        Code { counts, symbols }
    }
}

const LENGTH_BASE: [u16; 29] = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
    163, 195, 227, 258,
];
const LENGTH_EXTRA: [u8; 29] = [
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
];
/// Transmission order of the code length code's lengths.
const ORDER: [usize; 19] = [
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
];

#[derive(Debug, PartialEq, Eq)]
enum State {
    BlockStart,
    DynamicCounts,
    DynamicLengthCode,
    DynamicLengths,
    Tokens,
    Finished,
}

/// Reads a stream's events one by one.
struct Events<'a> {
    data: &'a [u8],
    /// Position in bits.
    bit: usize,
    /// Bytes of output so far.
    output: usize,
    blocks: usize,
    tokens: usize,
    state: State,
    last: bool,
    kind: u8,
    counts: (usize, usize, usize),
    length_code: Code,
    literals: Code,
    distances: Code,
}

impl<'a> Events<'a> {
    fn new(data: &'a [u8]) -> Events<'a> {
        Events {
            data,
            bit: 16, // behind the zlib header
            output: 0,
            blocks: 0,
            tokens: 0,
            state: State::BlockStart,
            last: false,
            kind: 0,
            counts: (0, 0, 0),
            length_code: Code::default(),
            literals: Code::default(),
            distances: Code::default(),
        }
    }

    fn bits(&mut self, count: usize) -> Result<usize, &'static str> {
        let mut value = 0;
        for i in 0..count {
            let byte = self.data.get(self.bit / 8).ok_or("cut short")?;
            value |= usize::from(byte >> (self.bit % 8) & 1) << i;
            self.bit += 1;
        }
        Ok(value)
    }

    fn symbol(&mut self, which: fn(&Self) -> &Code) -> Result<usize, &'static str> {
        let (mut code, mut first, mut index) = (0usize, 0usize, 0usize);
        for length in 1..16 {
            code |= self.bits(1)?;
            let count = usize::from(which(self).counts[length]);
            if code < first + count {
                let at = index + (code - first);
                return which(self)
                    .symbols
                    .get(at)
                    .map(|s| usize::from(*s))
                    .ok_or("invalid code");
            }
            index += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        Err("invalid code")
    }

    fn next(&mut self) -> Event {
        match self.step() {
            Ok(event) => event,
            Err(why) => {
                self.state = State::Finished;
                Event::Broken(why)
            }
        }
    }

    fn step(&mut self) -> Result<Event, &'static str> {
        match self.state {
            State::BlockStart if self.last => {
                self.state = State::Finished;
                Ok(Event::End)
            }
            State::BlockStart => {
                self.last = self.bits(1)? == 1;
                self.kind = self.bits(2)? as u8;
                self.blocks += 1;
                self.tokens = 0;
                self.state = match self.kind {
                    0 => State::Tokens,
                    1 => {
                        let mut lengths = [8u8; 288];
                        lengths[144..256].fill(9);
                        lengths[256..280].fill(7);
                        self.literals = Code::new(&lengths);
                        self.distances = Code::new(&[5; 30]);
                        State::Tokens
                    }
                    2 => State::DynamicCounts,
                    _ => return Err("invalid block type"),
                };
                Ok(Event::Block {
                    last: self.last,
                    kind: self.kind,
                })
            }
            State::DynamicCounts => {
                let (literals, distances, lengths) =
                    (self.bits(5)? + 257, self.bits(5)? + 1, self.bits(4)? + 4);
                self.counts = (literals, distances, lengths);
                self.state = State::DynamicLengthCode;
                Ok(Event::Counts {
                    literals,
                    distances,
                    lengths,
                })
            }
            State::DynamicLengthCode => {
                let mut lengths = [0u8; 19];
                let mut sent = Vec::new();
                for &slot in &ORDER[..self.counts.2] {
                    lengths[slot] = self.bits(3)? as u8;
                    sent.push(lengths[slot]);
                }
                self.length_code = Code::new(&lengths);
                self.state = State::DynamicLengths;
                Ok(Event::LengthCode(sent))
            }
            State::DynamicLengths => self.code_lengths(),
            State::Tokens if self.kind == 0 => {
                self.bit = self.bit.next_multiple_of(8);
                let size = self.bits(16)?;
                self.bits(16)?;
                self.bit += size * 8;
                self.output += size;
                self.state = State::BlockStart;
                Ok(Event::Stored(size))
            }
            State::Tokens => self.token(),
            State::Finished => Ok(Event::End),
        }
    }

    fn code_lengths(&mut self) -> Result<Event, &'static str> {
        let (literals, distances, _) = self.counts;
        let mut lengths: Vec<u8> = Vec::new();
        while lengths.len() < literals + distances {
            let symbol = self.symbol(|s| &s.length_code)?;
            let (value, repeat) = match symbol {
                16 => (
                    *lengths.last().ok_or("repeat without length")?,
                    3 + self.bits(2)?,
                ),
                17 => (0, 3 + self.bits(3)?),
                18 => (0, 11 + self.bits(7)?),
                length => (length as u8, 1),
            };
            lengths.extend(std::iter::repeat_n(value, repeat));
        }
        self.literals = Code::new(&lengths[..literals]);
        self.distances = Code::new(&lengths[literals..]);
        self.state = State::Tokens;
        Ok(Event::Lengths(lengths, literals))
    }

    fn token(&mut self) -> Result<Event, &'static str> {
        let symbol = self.symbol(|s| &s.literals)?;
        self.tokens += 1;
        match symbol {
            0..=255 => {
                self.output += 1;
                Ok(Event::Literal(symbol as u8))
            }
            256 => {
                self.state = State::BlockStart;
                Ok(Event::BlockEnd)
            }
            _ => {
                let slot = symbol - 257;
                let base = *LENGTH_BASE.get(slot).ok_or("invalid length")?;
                let length = usize::from(base) + self.bits(LENGTH_EXTRA[slot].into())?;
                let slot = self.symbol(|s| &s.distances)?;
                let distance = match slot {
                    0..=3 => slot + 1,
                    4..=29 => {
                        let extra = slot / 2 - 1;
                        ((2 + slot % 2) << extra) + self.bits(extra)? + 1
                    }
                    _ => return Err("invalid distance"),
                };
                self.output += length;
                Ok(Event::Match { length, distance })
            }
        }
    }
}

/// Describes the first choice that differs between two zlib streams.
pub fn first_choice(a: &[u8], b: &[u8]) -> String {
    if a.get(..2) != b.get(..2) {
        return format!(
            "zlib header A {:02x?}, B {:02x?}",
            &a[..a.len().min(2)],
            &b[..b.len().min(2)]
        );
    }
    let (mut x, mut y) = (Events::new(a), Events::new(b));
    loop {
        let (output, bit) = (x.output, x.bit);
        let (p, q) = (x.next(), y.next());
        if p == q {
            if matches!(p, Event::End | Event::Broken(_)) {
                return "same choices; check sum or padding differs".to_string();
            }
            continue;
        }
        let what = match (&p, &q) {
            (Event::Lengths(p, n), Event::Lengths(q, _)) => {
                let k = p.iter().zip(q).position(|(s, t)| s != t).unwrap_or(0);
                let (alphabet, symbol) = if k < *n {
                    ("literal/length", k)
                } else {
                    ("distance", k - n)
                };
                format!(
                    "{alphabet} symbol {symbol} has code length {} in A, {} in B",
                    p[k], q[k]
                )
            }
            _ => format!("A {p}, B {q}"),
        };
        return format!(
            "block {}, token {}, input offset {output:#x}, stream offset {:#x} bit {}: {what}",
            x.blocks.saturating_sub(1),
            x.tokens.saturating_sub(1),
            bit / 8,
            bit % 8
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::ZlibEncoder};
    use std::io::Write;

    fn zlib(data: &[u8], level: u32) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(level));
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    fn sample() -> Vec<u8> {
        (0..40_000u32)
            .flat_map(|i| (i.wrapping_mul(i) >> 7 & 0x3ff).to_le_bytes())
            .collect()
    }

    #[test]
    fn reads_streams_to_their_end() {
        let data = sample();
        for level in [0, 1, 6, 9] {
            let stream = zlib(&data, level);
            let mut events = Events::new(&stream);
            while events.state != State::Finished {
                let event = events.next();
                assert!(!matches!(event, Event::Broken(_)), "{event}");
            }
            assert_eq!(events.output, data.len());
            assert!(events.bit.div_ceil(8) + 4 == stream.len());
        }
    }

    #[test]
    fn names_block_kind_header_and_token() {
        let mut fixed = vec![0x78, 0x01];
        // Last fixed block: literal 0x00 (00110000), end of block (0000000).
        fixed.extend([0b0110_0011, 0b0000_0000, 0]);
        let mut other = fixed.clone();
        other[2] ^= 0x80;
        let said = first_choice(&fixed, &other);
        assert!(
            said.contains("block 0, token 0") && said.contains("A literal 0x00"),
            "{said}"
        );
        other[2] = 0b0110_0101;
        let said = first_choice(&fixed, &other);
        assert!(
            said.contains("fixed block (last), B dynamic block (last)"),
            "{said}"
        );
        assert!(first_choice(&zlib(&sample(), 1), &zlib(&sample(), 9)).contains("zlib header"));
    }

    #[test]
    fn damage_is_reported() {
        let stream = zlib(&sample(), 6);
        for cut in 0..stream.len().min(300) {
            assert!(!first_choice(&stream, &stream[..cut]).is_empty());
        }
    }
}
