//! ELF, 64-bit little-endian (System V gABI chapters 4 and 5).

mod exec;
mod object;
mod records;

pub use exec::{ExecInput, ExecPlan, Note, SectionInput, SegmentInput, SymtabSizes, TooBig};
pub use object::{ObjectInput, ObjectPlan, RELA_SIZE, Rela};
pub use records::{
    CHDR_SIZE, EHDR_SIZE, Ehdr, PHDR_SIZE, Phdr, SHDR_SIZE, SYM_SIZE, Shdr, Sym,
    compression_header, consts,
};
