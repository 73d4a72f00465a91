//! Objects of C compilers (`loadelf`, `loadpe`), archives of them (`ld/ar.go`), and shared libraries of Go packages.
//!
//! [`Elf::parse`] and [`Coff::parse`] check an object from front to back and give its sections, symbols
//! and relocations as plain values; entering them into a link is the linker's business. Nothing here
//! indexes into a file without having looked, so damage is always an error.

mod archive;
mod coff;
mod elf;
pub mod macho;
mod relocs;
mod shared;

pub use archive::{Archive, ArchiveError, Member};
pub use coff::{
    Coff, CoffError, CoffPlace, CoffReloc, CoffScope, CoffSection, CoffSym, Comdat, undecorated,
};
pub use elf::{Bind, Elf, ElfError, ElfReloc, ElfSection, ElfSym, ElfSymKind, SectionUse, Shndx};
pub use gosort::Shuffle;
pub use shared::{DynReloc, DynSym, LibSection, SharedLib, SharedLibError};
