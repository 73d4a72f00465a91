//! Asking the processor ahead for what a pass over many symbols reads of each.
//!
//! What is known of a symbol lies behind one another: its place, there its definition and the entries
//! of indices, there its name, contents and relocations. Each step of [`Ahead`] asks for one of these,
//! early enough that the next step finds it.

use crate::{Obj, SymId, Symbols};
use goobj::prefetch::{prefetch, prefetch_lines};

/// Symbols from one step to the next. Memory takes as long to come as some ten symbols take.
const STEP: usize = 8;
/// Lines of contents that are asked for; the processor then finds out by itself how it goes on.
const LINES: usize = 2;

/// What a pass reads of symbols besides their definitions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reads {
    /// Their names.
    Names,
    /// Their contents and relocations.
    Contents,
    /// Their auxiliary symbols.
    Auxs,
}

/// Asks for what is read of the symbols of a list.
pub struct Ahead<'a, F> {
    syms: &'a Symbols,
    symbol: F,
    len: usize,
    reads: Reads,
}

impl<'a, F: Fn(usize) -> SymId> Ahead<'a, F> {
    /// Of `len` symbols, which `symbol` gives.
    pub fn new(syms: &'a Symbols, len: usize, reads: Reads, symbol: F) -> Ahead<'a, F> {
        let ahead = Ahead {
            syms,
            symbol,
            len,
            reads,
        };
        (0..2 * STEP).for_each(|i| ahead.place(i));
        (0..STEP).for_each(|i| ahead.records(i));
        ahead
    }

    /// Has the pass arrive at symbol `i`.
    #[inline(always)]
    pub fn at(&self, i: usize) {
        self.place(i + 2 * STEP);
        self.records(i + STEP);
        // Half a step is enough where nothing comes behind.
        self.last(i + STEP / 2);
    }

    #[inline(always)]
    fn place(&self, i: usize) {
        if i < self.len {
            self.syms.prefetch_place((self.symbol)(i));
        }
    }

    #[inline(always)]
    fn definition(&self, i: usize) -> Option<(&'a Obj, u32)> {
        let s = (i < self.len).then(|| (self.symbol)(i))?;
        self.syms.first_definition(s)
    }

    #[inline(always)]
    fn records(&self, i: usize) {
        let Some((o, li)) = self.definition(i) else {
            return;
        };
        let [def, relocs, auxs, data] = o.object.places(li);
        match self.reads {
            Reads::Names => prefetch(def),
            Reads::Contents => {
                prefetch(relocs);
                prefetch(data);
            }
            Reads::Auxs => {
                prefetch(def);
                prefetch(auxs);
            }
        }
    }

    #[inline(always)]
    fn last(&self, i: usize) {
        let Some((o, li)) = self.definition(i) else {
            return;
        };
        let o = &o.object;
        match self.reads {
            Reads::Names => prefetch(o.name(o.sym(li))),
            Reads::Contents => {
                prefetch_lines(o.data(li), LINES);
                prefetch_lines(o.reloc_bytes(li), LINES);
            }
            Reads::Auxs => prefetch_lines(o.aux_bytes(li), LINES),
        }
    }
}

impl Symbols {
    /// Asks for the place of `s`.
    #[inline]
    pub fn prefetch_place(&self, s: SymId) {
        self.places.prefetch(s);
    }

    /// The definition of `s` in an object, unless there is something particular about it.
    #[inline(always)]
    pub(crate) fn first_definition(&self, s: SymId) -> Option<(&Obj, u32)> {
        if s.0 >= self.ref_start {
            return None;
        }
        let p = self.places.plain(s, &self.objs)?;
        Some((&self.objs[p.obj], p.li))
    }
}
