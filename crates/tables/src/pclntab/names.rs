//! `runtime.funcnametab`: the names of functions and of inlined functions, each ended by a zero
//! (`ld/pcln.go:generateFuncnametab`). The same name of two symbols stands there twice.

use super::chunk::NameUse;
use super::split::{Make, PART, split};
use rayon::prelude::*;
use symbols::Symbols;
use symbols::ahead::{Ahead, Reads};

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
pub(crate) fn fill(syms: &Symbols, names: &[NameUse], out: &mut [u8], make: &Make) {
    split(out, names, |n| n.at as usize, PART)
        .into_par_iter()
        .for_each(|(base, out, names)| {
            make(out, &mut |out| {
                let ahead = Ahead::new(syms, names.len(), Reads::Names, |i| names[i].sym);
                for (i, n) in names.iter().enumerate() {
                    ahead.at(i);
                    let name = syms.name(n.sym);
                    out[n.at as usize - base..][..name.len()].copy_from_slice(name);
                }
            });
        });
}
