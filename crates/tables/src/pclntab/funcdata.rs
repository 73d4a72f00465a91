//! `go:func.*`: stack maps, argument descriptions, inline trees and the like
//! (`ld/pcln.go:generateFuncdata`, `genInlTreeSym`).
//!
//! Pieces stand by decreasing alignment and otherwise in the order of first use.

use super::chunk::{Chunk, DataUse, Func, FuncdataRef, INLINE_TREE, NO_FUNCDATA, NameUse};
use super::collect::INLINED_CALL;
use super::split::{Make, PART, copy, split};
use super::{FillContext, PclntabError, PclntabPlan};
use crate::maker::Maker;
use gover::{RelocType, SymKind};
use layout::Addresses;
use rayon::prelude::*;
use symbols::SymId;
use symbols::ahead::{Ahead, Reads};

/// A piece in its place.
#[derive(Clone, Copy)]
pub(crate) struct DataPiece {
    /// The symbol, or [`INLINE_TREE`].
    pub sym: SymId,
    /// For inline trees, chunk and function.
    pub chunk: u32,
    pub func: u32,
    /// Offset in the table, bytes.
    pub at: u32,
}

/// The symbols among the pieces, with their offsets in the table, bytes.
pub(crate) fn symbols(pieces: &[DataPiece]) -> impl Iterator<Item = (SymId, u32)> {
    let symbols = pieces.iter().filter(|p| p.sym != INLINE_TREE);
    symbols.map(|p| (p.sym, p.at))
}

/// Lays the pieces out; returns them with the size and the alignment of the table. Every chunk's
/// list is sorted.
pub(crate) fn place(chunks: &[Chunk]) -> (Vec<DataPiece>, u64, u32) {
    let classes = chunks.iter().flat_map(|c| &c.data).map(|d| d.class).max();
    let Some(top) = classes else {
        return (Vec::new(), 0, 0);
    };
    let mut rest: Vec<&[DataUse]> = chunks.iter().map(|c| &c.data[..]).collect();
    let mut pieces = Vec::with_capacity(rest.iter().map(|r| r.len()).sum());
    let mut size = 0u64;
    for class in (0..=top).rev() {
        for (chunk, rest) in rest.iter_mut().enumerate() {
            let n = rest.iter().take_while(|d| d.class == class).count();
            let (now, later) = rest.split_at(n);
            *rest = later;
            for d in now {
                size = size.next_multiple_of(1 << class);
                pieces.push(DataPiece {
                    sym: d.sym,
                    chunk: chunk as u32,
                    func: d.func,
                    at: size as u32,
                });
                size += u64::from(d.size);
            }
        }
    }
    (pieces, size, 1 << top)
}

/// Makes a symbol of each inline tree, where funcdata is data (`ld/pcln.go:makeInlSyms`).
pub(crate) fn make_inline_trees(m: &mut Maker, chunks: &mut [Chunk], names: &[NameUse]) {
    for chunk in chunks {
        for i in 0..chunk.funcs.len() {
            let n = chunk.funcs[i].n_inlined;
            if n == 0 {
                continue;
            }
            let mut data = vec![0; (INLINED_CALL * n) as usize];
            inline_tree(chunk, i as u32, names, &mut data);
            let s = m.syms.create(b"", 0);
            m.live.reachable.insert(s);
            let e = m.ext(s);
            (e.kind, e.align) = (SymKind::GoFunc, 4);
            e.set_data(data);
            chunk.funcs[i].tree = s.0;
        }
    }
}

/// What function records say of funcdata.
pub(crate) enum Funcdata<'a> {
    /// Offsets in a table; they are what the slots hold.
    Table,
    /// Distances of symbols, which the slots hold, from an address.
    Symbols(&'a Addresses, u64),
}

impl Funcdata<'_> {
    /// The offset for a slot of a function.
    #[inline]
    pub fn offset(&self, f: &Func, slot: FuncdataRef) -> u32 {
        let &Funcdata::Symbols(addresses, base) = self else {
            return slot;
        };
        let s = match SymId(slot) {
            SymId::NONE => return NO_FUNCDATA,
            INLINE_TREE => SymId(f.tree),
            s => s,
        };
        addresses.addr(s).wrapping_sub(base) as u32
    }
}

/// Writes the table.
pub(crate) fn fill(
    plan: &PclntabPlan,
    cx: &FillContext,
    out: &mut [u8],
    make: &Make,
) -> Result<(), Vec<PclntabError>> {
    let errors: Vec<PclntabError> = split(out, &plan.pieces, |p| p.at as usize, PART)
        .into_par_iter()
        .flat_map_iter(|(base, out, pieces)| {
            let mut errors = Vec::new();
            make(out, &mut |out| {
                let symbol = |i: usize| match pieces[i].sym {
                    INLINE_TREE => SymId::NONE,
                    s => s,
                };
                let ahead = Ahead::new(cx.syms, pieces.len(), Reads::Contents, symbol);
                for (i, p) in pieces.iter().enumerate() {
                    ahead.at(i);
                    let out = &mut out[p.at as usize - base..];
                    if p.sym == INLINE_TREE {
                        let chunk = &plan.chunks[p.chunk as usize];
                        inline_tree(chunk, p.func, &plan.names, out);
                        continue;
                    }
                    copy(out, cx.syms.data(p.sym));
                    relocate(cx, p.sym, out, &mut errors);
                }
            });
            errors
        })
        .collect();
    if errors.is_empty() {
        Ok(())
    } else {
        Err(errors)
    }
}

/// Writes the inline tree of one function: per call the callee's FuncID, three zeros, the offset of
/// its name, the parent pc and the callee's first line.
fn inline_tree(chunk: &Chunk, func: u32, names: &[NameUse], out: &mut [u8]) {
    let f = &chunk.funcs[func as usize];
    let calls = &chunk.calls[f.calls_at as usize..][..f.n_inlined as usize];
    for (call, out) in calls
        .iter()
        .zip(out.chunks_exact_mut(INLINED_CALL as usize))
    {
        // Out of range only after an error that has been reported.
        let Some(name) = names.get(call.callee as usize) else {
            continue;
        };
        out[0] = name.func_id;
        out[4..8].copy_from_slice(&name.at.to_le_bytes());
        out[8..12].copy_from_slice(&call.parent_pc.to_le_bytes());
        out[12..16].copy_from_slice(&name.start_line.to_le_bytes());
    }
}

/// Applies the relocations of one piece. They are offsets from the target's section, and a weak one
/// whose target is not live leaves all that follow undone.
fn relocate(cx: &FillContext, s: SymId, data: &mut [u8], errors: &mut Vec<PclntabError>) {
    for r in cx.syms.relocs(s) {
        if r.typ != RelocType::AddrOff || r.siz != 4 {
            errors.push(PclntabError::BadReloc {
                sym: cx.syms.name_lossy(s).into_owned(),
                typ: r.typ,
                size: r.siz,
            });
            return;
        }
        if r.weak && !cx.reachable.has(r.sym) {
            return;
        }
        let Some(offset) = section_offset(cx, r.sym) else {
            errors.push(PclntabError::NoSection {
                sym: cx.syms.name_lossy(s).into_owned(),
                target: cx.syms.name_lossy(r.sym).into_owned(),
            });
            return;
        };
        let value = offset.wrapping_add(r.add);
        if i32::try_from(value).is_err() && u32::try_from(value).is_err() {
            errors.push(PclntabError::OffsetOverflow {
                sym: cx.syms.name_lossy(s).into_owned(),
                value,
            });
        }
        let at = usize::try_from(r.off).ok();
        if let Some(field) = at.and_then(|at| data.get_mut(at..at + 4)) {
            field.copy_from_slice(&(value as u32).to_le_bytes());
        }
    }
}

/// Distance of a symbol from the start of its section; text has only one.
fn section_offset(cx: &FillContext, s: SymId) -> Option<i64> {
    let section = cx.addresses.section(s);
    if section.0 == 0 {
        return None;
    }
    let base = cx.addresses.section_addr(section);
    Some(cx.addresses.addr(s).wrapping_sub(base) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_packed_by_decreasing_alignment_in_order_of_use() {
        let piece = |sym, size, class| DataUse {
            sym: SymId(sym),
            func: 0,
            size,
            class,
        };
        let chunk = |data| Chunk {
            data,
            ..Chunk::default()
        };
        let chunks = [
            chunk(vec![piece(1, 9, 3), piece(2, 3, 2), piece(3, 1, 0)]),
            chunk(vec![piece(4, 16, 3), piece(5, 5, 2)]),
        ];
        let (pieces, size, align) = place(&chunks);
        let got: Vec<_> = pieces.iter().map(|p| (p.sym.0, p.chunk, p.at)).collect();
        assert_eq!(
            got,
            [(1, 0, 0), (4, 1, 16), (2, 0, 32), (5, 1, 36), (3, 0, 41)]
        );
        assert_eq!((size, align), (42, 8));
    }
}
