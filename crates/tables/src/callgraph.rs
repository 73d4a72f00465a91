//! The listing of `-c` (`ld/lib.go:callgraph`).

use std::io::{self, Write};
use symbols::{SymId, Symbols};

/// Writes who calls whom directly, for the functions `textp` in text order.
///
/// # Errors
/// Those of `out`.
pub fn write_callgraph(syms: &Symbols, textp: &[SymId], out: &mut dyn Write) -> io::Result<()> {
    for &s in textp {
        for r in syms.relocs(s) {
            if r.sym.is_some() && r.typ.is_direct_call() && syms.kind(r.sym).is_text() {
                out.write_all(syms.name(s))?;
                out.write_all(b" calls ")?;
                out.write_all(syms.name(r.sym))?;
                out.write_all(b"\n")?;
            }
        }
    }
    Ok(())
}
