//! Where a stream goes, bit by bit in the end.

/// Takes a stream, from its beginning to its end.
pub trait Sink: Send {
    /// Appends bytes to the stream.
    fn put(&mut self, bytes: &[u8]);

    /// Forgets all bytes of the stream: it begins once more, or there will be none.
    fn restart(&mut self);
}

/// A stream behind what is already in a vector.
pub(crate) struct Appended<'a> {
    out: &'a mut Vec<u8>,
    /// Where the stream begins.
    start: usize,
}

impl<'a> Appended<'a> {
    pub(crate) fn to(out: &'a mut Vec<u8>) -> Self {
        let start = out.len();
        Appended { out, start }
    }
}

impl Sink for Appended<'_> {
    fn put(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    fn restart(&mut self) {
        self.out.truncate(self.start);
    }
}

/// Where a stream of bits has come to.
#[derive(Clone, Copy, Default)]
pub(crate) struct Reached {
    /// Number of bits so far.
    position: u64,
    /// The bits of the last byte unless it is whole; the others are 0.
    partial: u8,
}

/// Bits on their way into a sink, which takes whole bytes. The lowest bit of a byte comes first.
pub(crate) struct BitStream<'a> {
    sink: &'a mut dyn Sink,
    reached: Reached,
}

impl<'a> BitStream<'a> {
    pub(crate) fn new(sink: &'a mut dyn Sink) -> Self {
        BitStream::resume(sink, Reached::default())
    }

    /// A stream that goes on.
    pub(crate) fn resume(sink: &'a mut dyn Sink, reached: Reached) -> Self {
        BitStream { sink, reached }
    }

    /// What it takes to go on later.
    pub(crate) fn reached(&self) -> Reached {
        self.reached
    }

    /// Number of bits so far.
    pub(crate) fn position(&self) -> u64 {
        self.reached.position
    }

    /// Appends the bits up to position `end`. `bytes` begins with the byte that the first of them is
    /// in; its bits outside the range are 0. May change `bytes`.
    pub(crate) fn append(&mut self, bytes: &mut [u8], end: u64) {
        if end == self.reached.position {
            return;
        }
        bytes[0] |= self.reached.partial;
        let whole = (end / 8 - self.reached.position / 8) as usize;
        self.sink.put(&bytes[..whole]);
        self.reached.partial = match end % 8 {
            0 => 0,
            _ => bytes[whole],
        };
        self.reached.position = end;
    }

    /// Makes the last byte whole.
    pub(crate) fn pad(&mut self) {
        if !self.reached.position.is_multiple_of(8) {
            self.sink.put(&[self.reached.partial]);
            self.reached.partial = 0;
            self.reached.position = self.reached.position.next_multiple_of(8);
        }
    }

    /// Appends whole bytes, after [`BitStream::pad`].
    pub(crate) fn put(&mut self, bytes: &[u8]) {
        debug_assert!(self.reached.position.is_multiple_of(8));
        self.sink.put(bytes);
        self.reached.position += 8 * bytes.len() as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pieces that begin and end within bytes are joined to the bits they are made of.
    #[test]
    fn pieces_join() {
        let bits: Vec<bool> = (0..200u32).map(|i| i * i % 7 < 3).collect();
        let pack = |from: usize, to: usize| {
            let mut bytes = vec![0u8; to.div_ceil(8) - from / 8 + 2];
            for at in from..to {
                bytes[at / 8 - from / 8] |= u8::from(bits[at]) << (at % 8);
            }
            bytes
        };
        let mut out = vec![1, 2];
        let mut sink = Appended::to(&mut out);
        let mut stream = BitStream::new(&mut sink);
        let ends = [0, 3, 3, 5, 8, 16, 17, 17, 63, 64, 121, 200];
        for pair in ends.windows(2) {
            stream.append(&mut pack(pair[0], pair[1]), pair[1] as u64);
        }
        assert_eq!(stream.position(), 200);
        stream.append(&mut [1], 201);
        stream.pad();
        stream.put(&[9]);
        assert_eq!(stream.position(), 216);
        let expected = [&[1, 2], &pack(0, 200)[..25], &[1, 9]].concat();
        assert_eq!(out, expected);
        Appended {
            out: &mut out,
            start: 2,
        }
        .restart();
        assert_eq!(out, [1, 2]);
    }
}
