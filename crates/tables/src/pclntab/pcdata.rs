//! `runtime.pctab`: the pc-value tables, each once (`ld/pcln.go:generatePctab`).

use super::chunk::Chunk;
use super::pc_tables::PcTables;
use super::split::{Make, PART, copy, split};
use goobj::prefetch::prefetch;
use rayon::prelude::*;
use symbols::Symbols;

/// Tables from one step of asking ahead to the next.
const AHEAD: usize = 8;

/// Gives every table its offset and drops the empty ones, whose offset is 0; returns the size of
/// the pctab. It begins with an unused byte because offset 0 means no table.
pub(crate) fn place(chunks: &mut [Chunk], tables: &PcTables) -> u64 {
    let mut size = 1u64;
    for c in &mut *chunks {
        let start = size;
        size += std::mem::replace(&mut c.pctab, start);
    }
    chunks.par_iter_mut().for_each(|c| {
        let mut next = c.pctab;
        let mut kept = 0;
        for i in 0..c.pcs.len() {
            if let Some(p) = c.pcs.get(i + 2 * AHEAD) {
                tables.prefetch(p.place);
            }
            let mut p = c.pcs[i];
            let len = p.at;
            if len == 0 {
                tables.set_offset(p.place, 0);
                continue;
            }
            p.at = next as u32;
            next += u64::from(len);
            tables.set_offset(p.place, p.at);
            c.pcs[kept] = p;
            kept += 1;
        }
        c.pcs.truncate(kept);
    });
    size
}

/// Writes the tables.
pub(crate) fn fill(syms: &Symbols, chunks: &[Chunk], out: &mut [u8], make: &Make) {
    split(out, chunks, |c| c.pctab as usize, PART)
        .into_par_iter()
        .for_each(|(base, out, chunks)| {
            make(out, &mut |out| {
                for pcs in chunks.iter().map(|c| &c.pcs) {
                    for (i, p) in pcs.iter().enumerate() {
                        if let Some(p) = pcs.get(i + 2 * AHEAD) {
                            p.prefetch_index(syms);
                        }
                        if let Some(p) = pcs.get(i + AHEAD) {
                            prefetch(p.data(syms));
                        }
                        copy(&mut out[p.at as usize - base..], p.data(syms));
                    }
                }
            });
        });
}
