//! What can be wrong with an object.

use crate::block::{HEADER_SIZE, MAGIC};
use thiserror::Error;

/// Why a byte range is not an object.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ObjectError {
    /// The magic number is another one.
    #[error("not a Go object file: magic {found:02x?} at offset 0, expected {MAGIC:02x?}")]
    BadMagic {
        /// The bytes found.
        found: Vec<u8>,
    },
    /// Too short for the header.
    #[error("truncated Go object: {len} bytes, the header alone takes {HEADER_SIZE}")]
    Short {
        /// Bytes there are.
        len: usize,
    },
    /// A block starts before its predecessor ends, or beyond the file.
    #[error(
        "malformed Go object: block {block} at header offset {at:#x} starts at {found:#x}, outside [{low:#x}, {high:#x}]"
    )]
    BadBlock {
        /// Index of the block.
        block: usize,
        /// Offset of the number in the object.
        at: usize,
        /// The number.
        found: u32,
        /// Least acceptable value.
        low: u32,
        /// Greatest acceptable value.
        high: u32,
    },
    /// An index block does not have one entry per definition and one more.
    #[error("malformed Go object: block {block} holds {found} entries, expected {expected}")]
    BadCount {
        /// Index of the block.
        block: usize,
        /// Entries found.
        found: usize,
        /// Entries expected.
        expected: usize,
    },
    /// An entry of an index block is less than its predecessor or beyond the block it indexes.
    #[error(
        "malformed Go object: index entry at offset {at:#x} is {found}, outside [{low}, {high}]"
    )]
    BadIndex {
        /// Offset of the entry in the object.
        at: usize,
        /// The entry.
        found: u32,
        /// Least acceptable value.
        low: u32,
        /// Greatest acceptable value.
        high: u32,
    },
    /// A definition has more contents than its size.
    #[error(
        "malformed Go object: symbol size at offset {at:#x} is {size}, but its contents take {found} bytes"
    )]
    BadContents {
        /// Offset of the size in the object.
        at: usize,
        /// Bytes of contents.
        found: u32,
        /// The size.
        size: u32,
    },
    /// A string reference points outside the object.
    #[error(
        "malformed Go object: string reference at offset {at:#x} names bytes [{off:#x}, +{len:#x}) of {size:#x}"
    )]
    BadString {
        /// Offset of the reference in the object.
        at: usize,
        /// Offset the reference names.
        off: u32,
        /// Length the reference names.
        len: u32,
        /// Size of the object.
        size: usize,
    },
}
