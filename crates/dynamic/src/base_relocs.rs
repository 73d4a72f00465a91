//! Fields with addresses, which the Windows loader changes when it puts a program elsewhere
//! (`ld/pe.go:addPEBaseReloc`).

use format::pe::{BaseReloc, base_relocations};
use gover::RelocType;
use layout::Addresses;
use rayon::prelude::*;
use symbols::{SymId, Symbols};

/// The table of relocations of an image at `base`, which has the symbols of `lists`, in this order.
///
/// # Errors
/// A text when a field is neither four nor eight bytes wide.
pub fn base_reloc_table(
    syms: &Symbols,
    addrs: &Addresses,
    base: u64,
    lists: &[&[SymId]],
) -> Result<Vec<u8>, String> {
    const TASK: usize = 1 << 12;
    let of_one = |s: SymId| {
        let fields = syms.relocs(s);
        let fields = fields.filter(|r| r.typ == RelocType::Addr && r.siz != 0 && r.sym.is_some());
        fields.map(move |r| {
            let addr = addrs.addr(s).wrapping_add_signed(r.off.into());
            let field = |wide| BaseReloc {
                addr: addr.wrapping_sub(base) as u32,
                wide,
            };
            match r.siz {
                4 => Ok(field(false)),
                8 => Ok(field(true)),
                // The format string of cmd/link's message gets no number, but a function.
                n => Err(format!("unsupported relocation size {n}")),
            }
        })
    };
    let tasks: Vec<&[SymId]> = lists.iter().flat_map(|l| l.chunks(TASK)).collect();
    let found: Result<Vec<Vec<BaseReloc>>, String> = tasks
        .into_par_iter()
        .map(|list| list.iter().flat_map(|&s| of_one(s)).collect())
        .collect();
    let padded = syms.gover.pe.padded_base_relocs;
    Ok(base_relocations(found?.concat(), padded))
}
