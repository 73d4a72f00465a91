//! Mach-O, 64-bit little-endian (Apple's `mach-o/loader.h` and `mach-o/nlist.h`; `ld/macho.go`).

mod dyld;
mod headers;
mod relocs;
mod signature;
mod symbols;

use crate::fields::Fields;
pub use dyld::{Bind, bind_table, rebase_entry, rebase_table};
pub use headers::{Command, HeaderInput, SECTION_NAME_LEN, Section, Segment, headers};
pub use relocs::{RELOC_SIZE, Reloc, RelocTarget};
pub use signature::{SignatureInput, signature, signature_len};
pub use symbols::{SYM_SIZE, Sym};

/// Numbers of the specification, spelled as it spells them.
#[allow(missing_docs)]
pub mod consts {
    pub const MH_OBJECT: u32 = 1;
    pub const MH_EXECUTE: u32 = 2;
    pub const MH_NOUNDEFS: u32 = 1;
    pub const MH_DYLDLINK: u32 = 4;
    pub const MH_PIE: u32 = 0x20_0000;
    pub const SG_READ_ONLY: u32 = 0x10;
    pub const S_ZEROFILL: u32 = 1;
    pub const S_NON_LAZY_SYMBOL_POINTERS: u32 = 6;
    pub const S_SYMBOL_STUBS: u32 = 8;
    pub const S_MOD_INIT_FUNC_POINTERS: u32 = 9;
    pub const S_ATTR_SOME_INSTRUCTIONS: u32 = 0x400;
    pub const S_ATTR_DEBUG: u32 = 0x200_0000;
    pub const S_ATTR_PURE_INSTRUCTIONS: u32 = 0x8000_0000;
    pub const VM_PROT_READ: u32 = 1;
    pub const VM_PROT_WRITE: u32 = 2;
    pub const VM_PROT_EXECUTE: u32 = 4;
    pub const PLATFORM_MACOS: u32 = 1;
    pub const N_EXT: u8 = 1;
    pub const N_SECT: u8 = 0xe;
    pub const N_PEXT: u8 = 0x10;
}
