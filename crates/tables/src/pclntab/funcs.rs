//! `runtime.functab`: the table from pc to function, and the function records
//! (`ld/pcln.go:generateFunctab`, `writePCToFunc`, `writeFuncs`; runtime2.go has the record).

use super::chunk::{Chunk, Func, NO_UNIT};
use super::collect::RECORD;
use super::funcdata::Funcdata;
use super::split::{Make, PART, split};
use super::{FillContext, PclntabPlan};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use symbols::{SymId, Symbols, VERSION_ABI_INTERNAL};

/// In a function record: no unit.
const NO_UNIT_OFFSET: u32 = u32::MAX;

/// Size of the table from pc to function, bytes: an entry and a record offset per function, and
/// the end of the last one.
pub(crate) fn table_size(n_funcs: usize) -> u64 {
    8 * n_funcs as u64 + 4
}

/// Gives the records their offsets; returns the size of functab.
pub(crate) fn place(chunks: &mut [Chunk], n_funcs: usize, ptr_size: u32) -> u64 {
    let mut size = table_size(n_funcs).next_multiple_of(ptr_size.into());
    for c in chunks {
        for f in &mut c.funcs {
            f.record += size as u32;
        }
        size += c.records;
    }
    size
}

/// Writes the table.
pub(crate) fn fill(plan: &PclntabPlan, cx: &FillContext, out: &mut [u8], make: &Make) {
    let returns = DeferReturns::new(plan, cx);
    let funcdata = plan.funcdata_in(cx);
    let (table, records) = out.split_at_mut(table_size(plan.n_funcs()) as usize);
    let base = table.len();
    let pairs = |table: &mut [u8]| {
        let records = plan.chunks.iter().flat_map(|c| &c.funcs).map(|f| f.record);
        let pairs = table
            .chunks_exact_mut(8)
            .zip(plan.entries.iter().zip(records));
        for (pair, (entry, record)) in pairs {
            pair[..4].copy_from_slice(&entry.to_le_bytes());
            pair[4..].copy_from_slice(&record.to_le_bytes());
        }
        let end = table.len() - 4;
        table[end..].copy_from_slice(&plan.last_pc.to_le_bytes());
    };
    let start = |c: &Chunk| c.funcs[0].record as usize - base;
    let parts = split(records, &plan.chunks, start, PART);
    rayon::join(
        || make(table, &mut { pairs }),
        || {
            parts.into_par_iter().for_each(|(at, out, chunks)| {
                make(out, &mut |out| {
                    let funcs = chunks.iter().flat_map(|c| {
                        let entries = &plan.entries[c.first..];
                        c.funcs.iter().zip(entries).map(move |(f, e)| (c, f, *e))
                    });
                    for (c, f, entry) in funcs {
                        let record = &mut out[f.record as usize - base - at..];
                        write_record(plan, c, f, entry, returns.offset_in(f.sym), record);
                        write_funcdata(plan, c, f, &funcdata, record);
                    }
                });
            });
        },
    );
}

fn write_record(
    plan: &PclntabPlan,
    c: &Chunk,
    f: &Func,
    entry: u32,
    deferreturn: u32,
    out: &mut [u8],
) {
    let n_pcdata = f.pcdata_slots(plan.inline_pcdata);
    let (record, lists) = out.split_at_mut(RECORD as usize);
    let record: &mut [u8; RECORD as usize] = record.try_into().expect("cut to size");
    let mut put = |at: usize, v: u32| record[at..at + 4].copy_from_slice(&v.to_le_bytes());
    put(0, entry);
    put(4, f.name);
    put(12, deferreturn);
    put(28, n_pcdata);
    let unit = if f.unit == NO_UNIT {
        NO_UNIT_OFFSET
    } else {
        plan.files.unit_first[f.unit as usize]
    };
    put(32, unit);
    if !f.has_info {
        return;
    }
    let pctabs = &c.pctabs[f.pctabs()];
    put(8, f.args);
    put(16, pctabs[0]);
    put(20, pctabs[1]);
    put(24, pctabs[2]);
    put(36, f.start_line as u32);
    record[40] = f.func_id;
    record[41] = f.func_flag;
    record[43] = f.n_funcdata as u8;

    let pcdata = &mut lists[..4 * n_pcdata as usize];
    for (&r, slot) in pctabs[4..].iter().zip(pcdata.chunks_exact_mut(4)) {
        slot.copy_from_slice(&r.to_le_bytes());
    }
    if f.n_inlined > 0 {
        let at = 4 * plan.inline_pcdata as usize;
        pcdata[at..at + 4].copy_from_slice(&pctabs[3].to_le_bytes());
    }
}

/// Writes where the function's funcdata is, at the end of its record.
#[inline]
fn write_funcdata(plan: &PclntabPlan, c: &Chunk, f: &Func, funcdata: &Funcdata, out: &mut [u8]) {
    let at = (RECORD + 4 * f.pcdata_slots(plan.inline_pcdata)) as usize;
    let refs = &c.funcdata[f.funcdata()];
    for (&r, slot) in refs.iter().zip(out[at..].chunks_exact_mut(4)) {
        slot.copy_from_slice(&funcdata.offset(f, r).to_le_bytes());
    }
}

/// Finds the calls of `runtime.deferreturn` (`ld/pcln.go:computeDeferReturn`).
struct DeferReturns<'a> {
    syms: &'a Symbols,
    sym: SymId,
    /// What is known of functions that nobody has changed.
    known: &'a FxHashMap<SymId, i32>,
    trampolines: &'a [SymId],
    /// Distance from the start of a call instruction to its relocation, bytes.
    before: u32,
}

impl<'a> DeferReturns<'a> {
    fn new(plan: &PclntabPlan, cx: &FillContext<'a>) -> DeferReturns<'a> {
        let syms = cx.syms;
        let version = if syms.abi_wrappers {
            VERSION_ABI_INTERNAL
        } else {
            0
        };
        DeferReturns {
            syms,
            sym: syms
                .lookup(b"runtime.deferreturn", version)
                .unwrap_or_default(),
            known: cx.defer_returns,
            trampolines: cx.deferreturn_trampolines,
            before: plan.call_opcode,
        }
    }

    /// Offset of the first call in a function, or 0.
    fn offset_in(&self, s: SymId) -> u32 {
        let off = match self.syms.changed(s) {
            None => self.known.get(&s).copied(),
            // Its calls may lead to trampolines now.
            Some(e) => e
                .relocs
                .iter()
                .find(|r| r.typ.is_direct_call() && self.is_target(r.sym))
                .map(|r| r.off),
        };
        off.map_or(0, |o| (o as u32).wrapping_sub(self.before))
    }

    fn is_target(&self, s: SymId) -> bool {
        s.is_some() && (s == self.sym || self.trampolines.contains(&s))
    }
}
