//! x86-64 (`cmd/link/internal/amd64/asm.go:archreloc`).
//!
//! Fields are bytes anywhere in the instruction stream, and relative ones count from the end of the
//! field, so the general arithmetic covers all that the compiler writes.

use crate::Problem;
use symbols::Reloc;

/// The value of a relocation that only this architecture knows: there is none.
pub(crate) fn value(_: &Reloc) -> Result<i64, Problem> {
    Err(Problem::Unknown)
}
