//! Explains why two linked Go binaries differ.
//!
//! A linker that must reproduce another one byte for byte is debugged by asking of two outputs:
//! which is the *first cause* of the difference? One function too many in `.text` changes nearly
//! every byte of the file; the answer wanted is its name. [`compare()`] therefore sorts what it finds
//! by [`Cause`]: a different make of the files, then sizes and symbol order of loaded sections in
//! file order, then their bytes, then debug information and symbol tables, and last what merely
//! follows from these (header fields, hashes).
//!
//! ```
//! let report = linkdiff::compare(b"same", b"same", &linkdiff::Options::default());
//! assert!(report.identical);
//! ```
//!
//! [`shares()`] accounts for all bytes of one file by the symbols that they belong to.
//!
//! Nothing in a file is trusted: a truncated or damaged one gives a partial report whose
//! `problems` say what could not be read.

mod bytes;
mod compare;
mod deflate;
mod dwarf;
mod elf;
mod explain;
mod generic;
mod headers;
mod image;
mod list;
mod macho;
mod moduledata;
mod operand;
mod owner;
mod pclntab;
mod pe;
mod read;
mod records;
mod report;
mod shares;
mod symtab;

pub use compare::compare;
pub use owner::Owner;
pub use report::{Cause, Finding, Report};
pub use shares::{Class, Share, shares};

/// What to show.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Render every finding in full, not only the first.
    pub all: bool,
}
