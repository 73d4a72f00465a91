//! Portable Executable, 64-bit (PE32+), with a COFF symbol table (Microsoft's PE format
//! specification; `ld/pe.go`).

mod base_relocs;
mod exports;
mod headers;
mod imports;
mod object;
mod sections;
mod symbols;

use crate::fields::Fields;
pub use base_relocs::{BaseReloc, base_relocations};
pub use exports::{Export, export_section};
pub use headers::{Directory, HeaderInput, N_DIRECTORIES, headers, object_headers};
pub use imports::{ImportPlan, ImportedLibrary};
pub use object::{CoffReloc, RELOC_SIZE, RelocTables};
pub use sections::{Section, Sections};
pub use symbols::{Name, SYM_SIZE, Sym};

/// Numbers of the specification, spelled as it spells them.
#[allow(missing_docs)]
pub mod consts {
    pub const IMAGE_FILE_RELOCS_STRIPPED: u16 = 1;
    pub const IMAGE_FILE_EXECUTABLE_IMAGE: u16 = 2;
    pub const IMAGE_FILE_LARGE_ADDRESS_AWARE: u16 = 0x20;
    pub const IMAGE_SUBSYSTEM_WINDOWS_GUI: u16 = 2;
    pub const IMAGE_SUBSYSTEM_WINDOWS_CUI: u16 = 3;
    pub const IMAGE_DLLCHARACTERISTICS_HIGH_ENTROPY_VA: u16 = 0x20;
    pub const IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE: u16 = 0x40;
    pub const IMAGE_DLLCHARACTERISTICS_NX_COMPAT: u16 = 0x100;
    pub const IMAGE_DLLCHARACTERISTICS_TERMINAL_SERVER_AWARE: u16 = 0x8000;
    pub const IMAGE_SCN_CNT_CODE: u32 = 0x20;
    pub const IMAGE_SCN_CNT_INITIALIZED_DATA: u32 = 0x40;
    pub const IMAGE_SCN_CNT_UNINITIALIZED_DATA: u32 = 0x80;
    pub const IMAGE_SCN_ALIGN_1BYTES: u32 = 0x10_0000;
    pub const IMAGE_SCN_ALIGN_4BYTES: u32 = 0x30_0000;
    pub const IMAGE_SCN_ALIGN_8BYTES: u32 = 0x40_0000;
    pub const IMAGE_SCN_ALIGN_32BYTES: u32 = 0x60_0000;
    pub const IMAGE_SCN_LNK_NRELOC_OVFL: u32 = 0x100_0000;
    pub const IMAGE_SCN_MEM_DISCARDABLE: u32 = 0x200_0000;
    pub const IMAGE_SCN_MEM_EXECUTE: u32 = 0x2000_0000;
    pub const IMAGE_SCN_MEM_READ: u32 = 0x4000_0000;
    pub const IMAGE_SCN_MEM_WRITE: u32 = 0x8000_0000;
    pub const IMAGE_SYM_CLASS_EXTERNAL: u8 = 2;
    pub const IMAGE_SYM_CLASS_STATIC: u8 = 3;
    pub const IMAGE_SYM_TYPE_NULL: u16 = 0;
    pub const IMAGE_SYM_DTYPE_FUNCTION: u16 = 2;
    pub const IMAGE_REL_BASED_HIGHLOW: u16 = 3;
    pub const IMAGE_REL_BASED_DIR64: u16 = 10;
}
