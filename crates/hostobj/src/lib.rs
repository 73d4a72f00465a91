//! Objects of C compilers (`loadelf`), archives of them (`ld/ar.go`), and shared libraries of Go packages.
//!
//! [`Elf::parse`] checks an object from front to back and gives its sections, symbols and
//! relocations as plain values; entering them into a link is the linker's business. Nothing here
//! indexes into a file without having looked, so damage is always an error.

mod archive;
mod elf;
mod relocs;
mod shared;

pub use archive::{Archive, ArchiveError, Member};
pub use elf::{Bind, Elf, ElfError, ElfReloc, ElfSection, ElfSym, ElfSymKind, SectionUse, Shndx};
pub use shared::{DynReloc, DynSym, LibSection, SharedLib, SharedLibError};
