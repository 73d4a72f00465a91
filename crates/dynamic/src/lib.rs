//! What the loader has to know of a program: of ELF files all that follows, of Windows programs their
//! [`Imports`], with [stubs](ImportStubs) by which C code gets there, and the [fields](base_reloc_table)
//! that hold addresses, of Mach-O files [`MachoTables`].
//!
//! # ELF
//!
//! Dynamic linking information of ELF files: imported and exported symbols, the libraries and
//! versions they come from, the procedure linkage and global offset tables, dynamic relocations.
//!
//! # Order of use
//!
//! cmd/link makes all this in symbols that grow from pass to pass, and so it is here
//! ([`DynamicTables`]):
//!
//! 1. [`DynamicTables::make`], behind the stack check and before text is placed, makes the symbols
//!    (`.dynsym`, `.got`, `.plt` …). An executable that imports nothing has none of this, a
//!    position-independent one always has it (unless `-d`): the caller decides.
//! 2. [`DynamicTables::add_exports`] puts what `symbols::Foreign` lists into the symbol table and
//!    names the libraries that are needed in any case.
//! 3. [`DynamicTables::scan`], when the data symbols are known and before they are sorted, goes
//!    through all relocations: calls of imported functions get entries in the PLT, addresses in
//!    position-independent data dynamic relocations, relocations of host objects become ordinary
//!    ones. What it needs of a symbol is its kind ([`gover::SymKind::DynImport`]) and what cgo
//!    directives said of it (`symbols::CgoAttrs`).
//! 4. [`DynamicTables::finish`] makes the hash table, the version tables and the rest of `.dynamic`.
//!    From then on sizes are final and the symbols are data like any other, except that `.rela` is
//!    generated in place ([`DynamicTables::write_rela`]): it has an entry for every pointer in the
//!    data of a position-independent executable.

mod base_relocs;
mod host;
mod import_stubs;
mod imports;
mod macho;
mod rela;
mod scan;
mod tables;
mod versions;

pub use base_relocs::base_reloc_table;
pub use import_stubs::ImportStubs;
pub use imports::{Imported, Imports};
pub use macho::{MachoOptions, MachoTables};
pub use rela::{Rela, RelaValue};
pub use tables::{DynamicOptions, DynamicTables};
