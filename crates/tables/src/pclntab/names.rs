//! `runtime.funcnametab`: the names of functions and of inlined functions, each ended by a zero
//! (`ld/pcln.go:generateFuncnametab`). The same name of two symbols stands there twice.

use super::collect::NameUse;
use super::split::split;
use rayon::prelude::*;
use symbols::Symbols;

/// Gives every name its offset; returns the size of the table.
pub(crate) fn place(names: &mut [NameUse]) -> u64 {
    let mut size = 0u64;
    for n in names {
        let len = n.at;
        n.at = size as u32;
        size += u64::from(len) + 1;
    }
    size
}

/// Writes the table.
pub(crate) fn fill(syms: &Symbols, names: &[NameUse], out: &mut [u8]) {
    split(out, names, |n| n.at as usize, 1024)
        .into_par_iter()
        .for_each(|(base, out, names)| {
            for n in names {
                let name = syms.name(n.sym);
                out[n.at as usize - base..][..name.len()].copy_from_slice(name);
            }
        });
}
