//! ELF, 64-bit little-endian (System V gABI chapters 4 and 5).

mod exec;
mod hash;
mod object;
mod records;

pub use exec::{
    ExecInput, ExecPlan, Note, SectionInfo, SectionInput, SegmentInput, SymtabSizes, TooBig,
};
pub use hash::{elf_hash, hash_table};
pub use object::{ObjectInput, ObjectPlan, Rela};
pub use records::{
    CHDR_SIZE, DYN_SIZE, EHDR_SIZE, Ehdr, PHDR_SIZE, Phdr, RELA_SIZE, SHDR_SIZE, SYM_SIZE, Shdr,
    Sym, compression_header, consts,
};
