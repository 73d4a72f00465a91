//! What the functions need of the tables, collected chunk by chunk of the text order.

use super::chunk::{Chunk, DataUse, Func, INLINE_TREE, InlinedCall, NO_UNIT, NameUse, PcUse};
use super::first_use::FirstUse;
use super::pc_tables::{PcTables, pc_ref};
use super::{PclntabError, symbol_align};
use goobj::FuncInfo;
use goobj::prefetch::prefetch_lines;
use gover::AuxType;
use rayon::prelude::*;
use reach::Damage;
use std::ops::Range;
use symbols::ahead::{Ahead, Reads};
use symbols::{SymId, Symbols};

impl Chunk {
    /// Notes that `info`, what the compiler says of `func` as its auxiliary symbol `index`, is damaged.
    #[cold]
    fn note_damage(&mut self, func: SymId, index: usize, info: SymId, syms: &Symbols) {
        let damage = Damage::FuncInfo {
            index: index as u32,
            len: syms.data(info).len() as u32,
        };
        self.damage.get_or_insert((func, damage));
    }
}

/// Size of the fixed part of a function record, bytes.
pub(crate) const RECORD: u32 = 44;
/// Size of one call of an inline tree, bytes.
pub(crate) const INLINED_CALL: u32 = 16;

/// What collecting reads.
pub(crate) struct Collector<'a> {
    pub syms: &'a Symbols,
    /// The functions.
    pub funcs: &'a [SymId],
    pub ptr_size: u32,
    pub max_align: u32,
    /// Whether inlined functions may lack compiler information, coming from a shared library.
    pub link_shared: bool,
    /// Whether the pclntab holds the funcdata.
    pub has_funcdata: bool,
    pub symbol_uses: &'a FirstUse,
    pub file_uses: &'a FirstUse,
}

impl Collector<'_> {
    /// All functions, in chunks that threads take.
    pub fn collect_all(&self) -> Vec<Chunk> {
        let n = self.funcs.len();
        let each = n.div_ceil(128).clamp(64, 1024);
        let chunks = (0..n.div_ceil(each)).into_par_iter();
        let chunk = |i: usize| self.collect(i as u32, i * each..((i + 1) * each).min(n));
        chunks.map(chunk).collect()
    }

    /// Collects the functions `range`, which are chunk `id`.
    fn collect(&self, id: u32, range: Range<usize>) -> Chunk {
        let n = range.len();
        let mut c = Chunk {
            id,
            first: range.start,
            funcs: Vec::with_capacity(n),
            pctabs: Vec::with_capacity(8 * n),
            funcdata: Vec::with_capacity(6 * n),
            ..Chunk::default()
        };
        let funcs = &self.funcs[range];
        let ahead = Ahead::new(self.syms, n, Reads::Auxs, |i| funcs[i]);
        for (i, &s) in funcs.iter().enumerate() {
            ahead.at(i);
            // By now its auxiliary symbols are at hand.
            if let Some((obj, li)) = funcs.get(i + 3).and_then(|&s| self.syms.origin(s)) {
                self.prefetch_info(obj, li);
            }
            self.function(&mut c, s);
        }
        c
    }

    /// Asks for what the compiler says of a function.
    #[inline]
    fn prefetch_info(&self, obj: &symbols::Obj, li: u32) {
        let is_info = |a: &goobj::Aux| self.syms.gover.aux_type(a.typ) == Some(AuxType::FuncInfo);
        if let Some(a) = obj.object.auxs(li).find(is_info)
            && let Some(li) = obj.object.local(a.sym)
            && li < obj.object.n_alldef()
        {
            prefetch_lines(obj.object.data(li), 3);
        }
    }

    fn function(&self, c: &mut Chunk, s: SymId) {
        let origin = self.syms.origin(s);
        let mut f = Func {
            sym: s,
            unit: origin.map_or(NO_UNIT, |(o, _)| o.unit.0),
            record: c.records as u32,
            pctabs_at: c.pctabs.len() as u32,
            funcdata_at: c.funcdata.len() as u32,
            calls_at: c.calls.len() as u32,
            ..Func::default()
        };
        let mut max_file = 0;
        if let Some((obj, li)) = origin {
            let info = self.tables(c, &mut f, obj, li);
            self.own_name(c, &f);
            if let Some(info) = info {
                max_file = self.files_and_callees(c, &f, obj, info);
            }
        } else {
            self.own_name(c, &f);
        }
        match c.units.last_mut() {
            Some((unit, max)) if *unit == f.unit => *max = max_file.max(*max),
            _ => c.units.push((f.unit, max_file)),
        }
        let inline_index = self.syms.gover.pcdata.inl_tree_index;
        let size = RECORD + 4 * (f.pcdata_slots(inline_index) + f.n_funcdata);
        c.records += u64::from(size).next_multiple_of(self.ptr_size.into());
        c.funcs.push(f);
    }

    /// Notes a function's pc tables and funcdata. Gives what the compiler says of it.
    fn tables(
        &self,
        c: &mut Chunk,
        f: &mut Func,
        obj: &symbols::Obj,
        li: u32,
    ) -> Option<FuncInfo<'static>> {
        let gover = self.syms.gover;
        let mut info = None;
        let pc = c.pctabs.len();
        let fd = c.funcdata.len();
        c.pctabs.resize(pc + 4, 0);
        for (i, a) in obj.object.auxs(li).enumerate() {
            let slot = match gover.aux_type(a.typ) {
                Some(AuxType::Pcsp) => 0,
                Some(AuxType::Pcfile) => 1,
                Some(AuxType::Pcline) => 2,
                Some(AuxType::Pcinline) => 3,
                Some(AuxType::Pcdata) => {
                    c.pctabs.push(pc_ref(self.syms, obj, a.sym));
                    continue;
                }
                Some(AuxType::Funcdata) => {
                    c.funcdata.push(self.syms.resolve_ref(obj, a.sym).0);
                    continue;
                }
                Some(AuxType::FuncInfo) if info.is_none() => {
                    info = self.syms.func_info_at(obj, a.sym);
                    if info.is_none() {
                        c.note_damage(f.sym, i, self.syms.resolve_ref(obj, a.sym), self.syms);
                    }
                    continue;
                }
                _ => continue,
            };
            c.pctabs[pc + slot] = pc_ref(self.syms, obj, a.sym);
        }
        let Some(info) = info else {
            c.pctabs.truncate(pc);
            c.funcdata.truncate(fd);
            return None;
        };
        f.has_info = true;
        (f.func_id, f.func_flag) = (info.func_id(), info.func_flag());
        (f.start_line, f.args) = (info.start_line(), info.args());
        f.n_inlined = info.n_inl_tree();
        f.n_pcdata = (c.pctabs.len() - pc - 4) as u32;
        let inlined = info.n_inl_tree() > 0;
        let numbers = &gover.funcdata_indices;
        if inlined {
            let slot = fd + numbers.inl_tree as usize;
            if c.funcdata.len() <= slot {
                c.funcdata.resize(slot + 1, SymId::NONE.0);
            }
            c.funcdata[slot] = INLINE_TREE.0;
        }
        f.n_funcdata = (c.funcdata.len() - fd) as u32;

        for (j, slot) in c.funcdata[fd..].iter_mut().enumerate() {
            let s = SymId(*slot);
            if s.is_none() {
                continue;
            }
            if s == INLINE_TREE {
                if self.has_funcdata {
                    c.data.push(DataUse {
                        sym: s,
                        func: c.funcs.len() as u32,
                        size: INLINED_CALL * info.n_inl_tree(),
                        class: 2,
                    });
                }
                continue;
            }
            // The assembler hopes that the compiler has made these; see `ignoreFuncData`.
            let j = j as u32;
            if (j == numbers.args_pointer_maps || j == numbers.arg_info)
                && obj.object.is_from_assembly()
                && self.syms.data(s).is_empty()
            {
                *slot = SymId::NONE.0;
                continue;
            }
            if self.has_funcdata && self.symbol_uses.claim(s.index(), c.id) {
                c.data.push(DataUse {
                    sym: s,
                    func: 0,
                    size: 0,
                    class: 0,
                });
            }
        }
        Some(info)
    }

    fn own_name(&self, c: &mut Chunk, f: &Func) {
        if self.symbol_uses.claim(f.sym.index(), c.id) {
            c.names.push(NameUse {
                sym: f.sym,
                at: self.syms.name(f.sym).len() as u32,
                start_line: f.start_line,
                func_id: f.func_id,
            });
        }
    }

    /// Notes the files of a function and what is inlined into it. Returns one more than the highest
    /// file index.
    fn files_and_callees(
        &self,
        c: &mut Chunk,
        f: &Func,
        obj: &symbols::Obj,
        info: FuncInfo<'static>,
    ) -> u32 {
        let mut max_file = 0;
        let mut file = |c: &mut Chunk, i: u32| {
            if let Some(&id) = obj.files.get(i as usize) {
                max_file = max_file.max(i + 1);
                if self.file_uses.claim(id.index(), c.id) {
                    c.files.push(id);
                }
            }
        };
        for i in info.files() {
            file(c, i);
        }
        for call in info.inl_tree() {
            file(c, call.file);
            let s = self.syms.resolve_ref(obj, call.func);
            c.calls.push(InlinedCall {
                callee: s.0,
                parent_pc: call.parent_pc,
            });
            if s.is_none() {
                c.errors.push(PclntabError::no_func_info(self.syms, f.sym));
                continue;
            }
            if self.symbol_uses.claim(s.index(), c.id) {
                let info = self.syms.func_info(s).map(|(i, _)| i);
                if info.is_none() && !self.link_shared {
                    c.errors.push(PclntabError::no_func_info(self.syms, s));
                }
                c.names.push(NameUse {
                    sym: s,
                    at: self.syms.name(s).len() as u32,
                    start_line: info.map_or(0, |i| i.start_line()),
                    func_id: info.map_or(0, |i| i.func_id()),
                });
            }
        }
        max_file
    }

    /// Leaves in the chunk's lists what it is really the first to use, and finds out sizes. To be
    /// called when all chunks are collected and their tables identified.
    pub fn settle(&self, c: &mut Chunk, tables: &PcTables) {
        let Chunk {
            id,
            names,
            pcs,
            pctab,
            data,
            files,
            errors,
            ..
        } = c;
        let owns = |s: SymId| self.symbol_uses.owns(s.index(), *id);
        names.retain(|n| owns(n.sym));
        files.retain(|f| self.file_uses.owns(f.index(), *id));
        let mut kept = 0;
        for i in 0..pcs.len() {
            if let Some(p) = pcs.get(i + 16) {
                tables.prefetch(p.place);
            }
            if let Some(p) = pcs.get(i + 8) {
                p.prefetch_size(self.syms);
            }
            let p = pcs[i];
            if tables.owns(p.place, *id) {
                let size = p.size(self.syms);
                *pctab += u64::from(size);
                pcs[kept] = PcUse { at: size, ..p };
                kept += 1;
            }
        }
        pcs.truncate(kept);
        data.retain_mut(|d| {
            if d.sym == INLINE_TREE {
                return true;
            }
            if !owns(d.sym) {
                return false;
            }
            d.size = self.syms.size(d.sym) as u32;
            if d.size == 0 {
                errors.push(PclntabError::zero_size(self.syms, d.sym));
                return false;
            }
            let align = symbol_align(self.syms.align(d.sym), d.size.into(), self.max_align);
            d.class = align.trailing_zeros() as u8;
            true
        });
        data.sort_by_key(|d| std::cmp::Reverse(d.class));
    }
}
