//! Go archives and object files, read in place.
//!
//! Everything here is a view over bytes that somebody else mapped: [`Archive`] walks the members of
//! a package archive, [`TextHeader`] reads the lines before the object proper, [`Object`] gives the
//! blocks of one Go object (format `\0go120ld`, described in `cmd/internal/goobj/objfile.go`).
//!
//! Opening an [`Object`] checks its structure once: block offsets, the monotony of the index
//! blocks, and that every symbol name lies inside the file. What is left unchecked, because it would
//! mean touching every page, are the targets of relocations and auxiliary symbols: [`SymRef`]s are
//! plain numbers and whoever resolves them checks the range.
//!
//! The crate knows nothing of linking.

mod archive;
mod block;
mod error;
mod func_info;
mod object;
pub mod prefetch;
mod records;
mod text_header;

pub use archive::{Archive, ArchiveError, Member};
pub use block::{Block, MAGIC};
pub use error::ObjectError;
pub use func_info::{FuncInfo, InlTreeNode};
pub use object::Object;
pub use records::{
    ABI_STATIC, Aux, PKG_BUILTIN, PKG_HASHED, PKG_HASHED64, PKG_NONE, PKG_SELF, RELOC_SIZE,
    RawReloc, RefFlags, SymDef, SymRef,
};
pub use text_header::{TextHeader, TextHeaderError};

/// Reads a little-endian `u32` at byte offset `at`; the caller has checked the range.
#[inline]
pub(crate) fn u32_at(b: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(b[at..at + 4].try_into().unwrap())
}
