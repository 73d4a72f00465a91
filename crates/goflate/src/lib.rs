//! zlib streams exactly as Go's `compress/zlib` writes them at `BestSpeed` and at its default level.
//!
//! cmd/link compresses DWARF sections with that package, so the bytes of its output depend on how
//! that package looks for matches and splits its input into blocks. Go rewrote it in 1.27; there is an
//! [`Encoder`] for each generation. Levels besides these two are not here.
//!
//! A stream for speed is made on the threads of the current rayon pool. The bytes do not depend on them. Memory
//! stays within a few megabytes per stream besides the output, whatever the length of the input: with
//! [`Generated`] the input need never be in memory as a whole.

mod adler;
mod batch;
mod bytes;
mod cpu;
mod default_level;
mod emit;
mod finder;
mod huffman;
mod lane;
mod pipeline;
mod plan;
mod sequence;
mod stream;
mod workbench;

pub use default_level::zlib_default;
pub use stream::Sink;
pub use workbench::Workbench;

/// Which Go's encoder to reproduce.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoder {
    /// Go up to 1.26: every block has its own codes.
    Go126,
    /// Go from 1.27 on, as compiled for hosts without fused multiply-add, such as amd64 at its
    /// default `GOAMD64=v1`.
    Go127,
    /// Go from 1.27 on, as compiled for hosts where the compiler fuses a multiplication with the
    /// addition or subtraction of its product (arm64, loong64, ppc64, riscv64, s390x). An estimate in
    /// single precision then rounds otherwise, which can change where a stream gets new codes.
    /// (amd64 at `GOAMD64=v3` fuses additions only; it is not reproduced.)
    Go127Fused,
}

/// Where the input of a stream comes from.
pub trait Source: Sync {
    /// Length of the input in bytes.
    fn len(&self) -> u64;

    /// Whether the input has no bytes.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Writes the bytes of the input from `offset` on, as many as `out` holds. The ranges asked for
    /// are about an eighth of a megabyte and come in no particular order, several at the same time from
    /// different threads, a few of them twice.
    fn fill(&self, offset: u64, out: &mut [u8]);

    /// The whole input, if it is in memory; then [`Source::fill`] is not called.
    fn as_slice(&self) -> Option<&[u8]> {
        None
    }
}

impl Source for [u8] {
    fn len(&self) -> u64 {
        self.len() as u64
    }

    fn fill(&self, offset: u64, out: &mut [u8]) {
        let start = offset as usize;
        out.copy_from_slice(&self[start..start + out.len()]);
    }

    fn as_slice(&self) -> Option<&[u8]> {
        Some(self)
    }
}

/// An input that a function makes piece by piece, such as a section while it is relocated.
pub struct Generated<F> {
    /// Length of the input in bytes.
    pub len: u64,
    /// [`Source::fill`].
    pub fill: F,
}

impl<F: Fn(u64, &mut [u8]) + Sync> Source for Generated<F> {
    fn len(&self) -> u64 {
        self.len
    }

    fn fill(&self, offset: u64, out: &mut [u8]) {
        (self.fill)(offset, out);
    }
}

/// The stream of `input`, as `zlib.NewWriterLevel(w, zlib.BestSpeed)`, `Write` and `Close` write it.
pub fn zlib_level1(encoder: Encoder, input: &[u8]) -> Vec<u8> {
    // Debug sections shrink to a third or half.
    let mut out = Vec::with_capacity(input.len() / 2);
    compress(encoder, input, &mut out);
    out
}

/// Appends the stream of `source` to `out`.
pub fn compress<S: Source + ?Sized>(encoder: Encoder, source: &S, out: &mut Vec<u8>) {
    let fits = compress_within(encoder, source, u64::MAX, out);
    debug_assert!(fits, "there is no limit");
}

/// Appends the stream of `source` to `out` if it takes at most `limit` bytes, and answers whether it
/// does. If not, `out` is left as it was, and the work stops as soon as that is known.
///
/// cmd/link keeps a section uncompressed if its stream with the header before it would not be
/// shorter (`ld/data.go`, `compressSyms`).
#[must_use]
pub fn compress_within<S: Source + ?Sized>(
    encoder: Encoder,
    source: &S,
    limit: u64,
    out: &mut Vec<u8>,
) -> bool {
    let mut out = stream::Appended::to(out);
    compress_into(encoder, source, limit, &Workbench::default(), &mut out)
}

/// As [`compress_within`], piece by piece into any sink, and with the tools of `bench`.
#[must_use]
pub fn compress_into<S: Source + ?Sized>(
    encoder: Encoder,
    source: &S,
    limit: u64,
    bench: &Workbench,
    out: &mut dyn Sink,
) -> bool {
    pipeline::compress(encoder, &ByRef(source), limit, bench, out)
}

/// Makes any source a sized one.
struct ByRef<'a, S: ?Sized>(&'a S);

impl<S: Source + ?Sized> Source for ByRef<'_, S> {
    fn len(&self) -> u64 {
        self.0.len()
    }

    fn fill(&self, offset: u64, out: &mut [u8]) {
        self.0.fill(offset, out);
    }

    fn as_slice(&self) -> Option<&[u8]> {
        self.0.as_slice()
    }
}
