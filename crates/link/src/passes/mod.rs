//! The passes that only the driver has: resolving addresses, writing.

pub mod addresses;
pub mod blocks;
pub mod coff;
pub mod debug;
pub mod dynlink;
pub mod elf;
pub mod elf_symbols;
pub mod fips;
pub mod host_syms;
pub mod labels;
pub mod macho;
pub mod macho_object;
pub mod macho_symbols;
pub mod object;
pub mod object_symbols;
pub mod pe;
pub mod pe_symbols;
mod symbol_parts;
pub mod write;
