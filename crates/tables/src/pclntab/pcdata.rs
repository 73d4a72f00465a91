//! `runtime.pctab`: the pc-value tables, each once (`ld/pcln.go:generatePctab`).

use super::collect::PcUse;
use super::split::{Make, PART, copy, split};
use goobj::prefetch::prefetch;
use rayon::prelude::*;
use symbols::Symbols;

/// Tables from one step of asking ahead to the next.
const AHEAD: usize = 8;

/// Gives every table its offset and drops the empty ones, whose offset is 0; returns the size of
/// the pctab. It begins with an unused byte because offset 0 means no table.
pub(crate) fn place(pcs: &mut Vec<PcUse>, mut empty: impl FnMut(&PcUse)) -> u64 {
    let mut size = 1u64;
    pcs.retain_mut(|p| {
        let len = p.at;
        if len == 0 {
            empty(p);
            return false;
        }
        p.at = size as u32;
        size += u64::from(len);
        true
    });
    size
}

/// Writes the tables.
pub(crate) fn fill(syms: &Symbols, pcs: &[PcUse], out: &mut [u8], make: &Make) {
    split(out, pcs, |p| p.at as usize, PART)
        .into_par_iter()
        .for_each(|(base, out, pcs)| {
            make(out, &mut |out| {
                for (i, p) in pcs.iter().enumerate() {
                    if let Some(p) = pcs.get(i + 2 * AHEAD) {
                        p.prefetch_index(syms);
                    }
                    if let Some(p) = pcs.get(i + AHEAD) {
                        prefetch(p.data(syms));
                    }
                    copy(&mut out[p.at as usize - base..], p.data(syms));
                }
            });
        });
}
