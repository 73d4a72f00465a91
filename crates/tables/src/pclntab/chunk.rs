//! What one chunk of functions needs of the tables.

use super::PclntabError;
use super::first_use::FirstUse;
use reach::Damage;
use std::ops::Range;
use symbols::{FileId, SymId};

/// A function's reference to a pc-value table; 0 for none. While functions are collected, one more
/// than the table's index among what its object has by content hash, or the number of any other symbol
/// with [`SYMBOL`](super::pc_tables::SYMBOL); then one more than the place in
/// [`PcTables`](super::pc_tables::PcTables); in the end the offset in the pctab, bytes.
pub(crate) type PcRef = u32;

/// A function's funcdata slot. While functions are collected, the number of a symbol, that of
/// [`INLINE_TREE`], or that of [`SymId::NONE`]; in the end, if funcdata is in the pclntab, the offset in
/// `go:func.*`, bytes, or [`NO_FUNCDATA`].
pub(crate) type FuncdataRef = u32;

/// Among funcdata symbols: the function's inline tree.
pub(crate) const INLINE_TREE: SymId = SymId(u32::MAX);
/// In a function record: no funcdata.
pub(crate) const NO_FUNCDATA: FuncdataRef = u32::MAX;
/// In [`Func::unit`]: no unit.
pub(crate) const NO_UNIT: u32 = u32::MAX;

/// One function.
#[derive(Default)]
pub(crate) struct Func {
    pub sym: SymId,
    /// Whether the compiler says something of it; the fields below are 0 without.
    pub has_info: bool,
    pub func_id: u8,
    pub func_flag: u8,
    pub start_line: i32,
    /// Offset of its name in funcnametab, bytes.
    pub name: u32,
    /// Size of the arguments in bytes.
    pub args: u32,
    /// Number of inlined calls.
    pub n_inlined: u32,
    /// Its unit's index, or [`NO_UNIT`].
    pub unit: u32,
    /// Offset of its record in functab, bytes; while collecting, from the chunk's first.
    pub record: u32,
    /// Offset of its inline tree in the funcdata, bytes; the tree's symbol where funcdata is data.
    pub tree: u32,
    /// Where its entries start in the chunk's lists.
    pub pctabs_at: u32,
    pub funcdata_at: u32,
    pub calls_at: u32,
    /// Number of numbered pcdata tables that the compiler wrote.
    pub n_pcdata: u32,
    /// Number of funcdata slots, that of the inline tree included.
    pub n_funcdata: u32,
}

impl Func {
    /// Where its references to pc-value tables are in [`Chunk::pctabs`].
    pub fn pctabs(&self) -> Range<usize> {
        let at = self.pctabs_at as usize;
        match self.has_info {
            true => at..at + 4 + self.n_pcdata as usize,
            false => at..at,
        }
    }
    /// Where its funcdata slots are in [`Chunk::funcdata`].
    pub fn funcdata(&self) -> Range<usize> {
        let at = self.funcdata_at as usize;
        at..at + self.n_funcdata as usize
    }
    /// Number of pcdata slots, that of the inline tree included (`numPCData`).
    pub fn pcdata_slots(&self, inline_index: u32) -> u32 {
        if self.n_inlined > 0 {
            self.n_pcdata.max(inline_index + 1)
        } else {
            self.n_pcdata
        }
    }
}

/// A call of an inline tree.
#[derive(Clone, Copy)]
pub(crate) struct InlinedCall {
    /// The number of the inlined function; in the end the index of its name among all names.
    pub callee: u32,
    /// Offset of the call from the start of the containing function, bytes.
    pub parent_pc: i32,
}

/// A symbol whose name goes into funcnametab.
#[derive(Clone, Copy)]
pub(crate) struct NameUse {
    pub sym: SymId,
    /// Length of the name in bytes; later the name's offset in the table.
    pub at: u32,
    pub start_line: i32,
    pub func_id: u8,
}

/// A table of the pctab.
#[derive(Clone, Copy)]
pub(crate) struct PcUse {
    /// The table, as one function refers to it.
    pub table: PcRef,
    /// That function's unit.
    pub unit: u32,
    /// Its place in [`PcTables`](super::pc_tables::PcTables).
    pub place: u32,
    /// Size in bytes; later the offset.
    pub at: u32,
}

/// A piece of funcdata.
#[derive(Clone, Copy)]
pub(crate) struct DataUse {
    /// The symbol, or [`INLINE_TREE`].
    pub sym: SymId,
    /// For inline trees, the function's index in its chunk.
    pub func: u32,
    /// Size in bytes.
    pub size: u32,
    /// Logarithm of the alignment.
    pub class: u8,
}

/// What one chunk of functions uses. The lists of uses hold what no chunk before this one uses, in
/// the order of first use.
#[derive(Default)]
pub(crate) struct Chunk {
    pub id: u32,
    /// Index of the first function in the whole list.
    pub first: usize,
    pub funcs: Vec<Func>,
    /// Per function with compiler information: pcsp, pcfile, pcline, pcinline, pcdata….
    pub pctabs: Vec<PcRef>,
    /// Per function its funcdata slots.
    pub funcdata: Vec<FuncdataRef>,
    /// Per function the calls of its inline tree.
    pub calls: Vec<InlinedCall>,
    /// Per run of functions of one unit: the unit and one more than the highest file used.
    pub units: Vec<(u32, u32)>,
    /// Size of all function records, bytes.
    pub records: u64,
    pub names: Vec<NameUse>,
    pub pcs: Vec<PcUse>,
    /// Size of the tables in `pcs`, bytes; later the offset of the first.
    pub pctab: u64,
    pub data: Vec<DataUse>,
    pub files: Vec<FileId>,
    pub errors: Vec<PclntabError>,
    /// The first function whose compiler information does not hold what it announces.
    pub damage: Option<(SymId, Damage)>,
}

impl Chunk {
    /// Puts names and offsets in the place of symbols, when all have theirs; `uses` has them by symbol, those
    /// of funcdata if it is in the pclntab.
    pub fn finish(&mut self, uses: &FirstUse, names: &[NameUse], has_funcdata: bool) {
        for f in &mut self.funcs {
            // Out of range only after an error that has been reported.
            let name = names.get(uses.get(f.sym.index()) as usize);
            f.name = name.map_or(0, |n| n.at);
            if !has_funcdata {
                continue;
            }
            for slot in &mut self.funcdata[f.funcdata()] {
                *slot = match SymId(*slot) {
                    SymId::NONE => NO_FUNCDATA,
                    INLINE_TREE => f.tree,
                    s => uses.get(s.index()),
                };
            }
        }
        for call in &mut self.calls {
            call.callee = uses.get(call.callee as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_offsets_take_the_place_of_symbols() {
        let name = |sym, at| NameUse {
            sym: SymId(sym),
            at,
            start_line: 0,
            func_id: 0,
        };
        let names = [name(5, 11), name(9, 22)];
        let uses = FirstUse::new(10);
        // Names by index, and funcdata by offset.
        for (s, place) in [(5, 0), (9, 1), (7, 40)] {
            uses.set(s, place);
        }
        let func = |sym, funcdata_at, n_funcdata, tree| Func {
            sym: SymId(sym),
            funcdata_at,
            n_funcdata,
            tree,
            ..Func::default()
        };
        let mut c = Chunk {
            funcs: vec![func(5, 0, 3, 100), func(9, 3, 1, 0)],
            funcdata: vec![SymId::NONE.0, INLINE_TREE.0, 7, 7],
            calls: vec![InlinedCall {
                callee: 9,
                parent_pc: 4,
            }],
            ..Chunk::default()
        };
        c.finish(&uses, &names, true);
        let at: Vec<u32> = c.funcs.iter().map(|f| f.name).collect();
        assert_eq!(at, [11, 22]);
        assert_eq!(c.funcdata, [NO_FUNCDATA, 100, 40, 40]);
        assert_eq!(c.calls[0].callee, 1);
    }
}
