//! Where contents lie, noted for passes that go over them without a look at definitions and indices.

use crate::{Def, ObjId, RelocIter, SymId, Symbols};
use goobj::Object;
use goobj::prefetch::{prefetch, prefetch_at};

/// Where the contents and relocations of a definition lie in its object. Whoever has it need not look
/// at the indices again, which may no longer be in memory.
#[derive(Clone, Copy, Default)]
pub struct Contents {
    data: (u32, u32),
    relocs: (u32, u32),
}

impl Contents {
    /// Those of local symbol `li`.
    #[inline]
    pub fn of(o: &Object, li: u32) -> Contents {
        let (data, relocs) = (o.data_range(li), o.reloc_range(li));
        Contents {
            data: (data.start, data.end),
            relocs: (relocs.start, relocs.end),
        }
    }

    /// The bytes.
    #[inline]
    pub fn data<'a>(&self, o: &Object<'a>) -> &'a [u8] {
        o.data_at(self.data.0..self.data.1)
    }

    /// The relocation records.
    #[inline]
    pub fn relocs<'a>(&self, o: &Object<'a>) -> &'a [u8] {
        o.relocs_at(self.relocs.0..self.relocs.1)
    }
}

/// The contents of one of a list of symbols.
#[derive(Clone, Copy)]
pub struct Located {
    /// The object, or [`Located::MADE`].
    obj: u32,
    contents: Contents,
}

impl Located {
    /// The linker has made the symbol or taken it over.
    const MADE: u32 = u32::MAX;
}

impl Default for Located {
    /// That of a symbol without contents in an object.
    fn default() -> Located {
        Located {
            obj: Located::MADE,
            contents: Contents::default(),
        }
    }
}

/// Bytes of a line of the processor's cache. Two lines of contents and relocations are asked for; the
/// processor then finds out by itself how it goes on.
const LINE: usize = 64;

impl Symbols {
    /// Puts into `out` where the contents of the symbols that `symbol` gives lie.
    pub fn locate_all(&self, symbol: impl Fn(usize) -> SymId, out: &mut [Located]) {
        /// Symbols whose index entries are asked for together.
        const TOGETHER: usize = 32;
        let mut local = [0; TOGETHER];
        for (block, out) in out.chunks_mut(TOGETHER).enumerate() {
            for (i, (out, local)) in out.iter_mut().zip(&mut local).enumerate() {
                let s = symbol(block * TOGETHER + i);
                *out = Located::default();
                if let Some((obj, li)) = self.definition(s) {
                    let [_, relocs, _, data] = self.objs[obj].object.places(li);
                    prefetch(relocs);
                    prefetch(data);
                    (out.obj, *local) = (obj as u32, li);
                }
            }
            for (out, &li) in out.iter_mut().zip(&local) {
                if let Some(o) = self.objs.get(out.obj as usize) {
                    out.contents = Contents::of(&o.object, li);
                }
            }
        }
    }

    /// The number of the object that defines `s`, and the local index, unless the linker has made `s` or
    /// taken it over.
    fn definition(&self, s: SymId) -> Option<(usize, u32)> {
        match self.places.plain(s, &self.objs) {
            Some(p) => (s.0 < self.ref_start).then_some((p.obj, p.li)),
            None => match self.def(s) {
                Def::Go(o, li) => Some((self.obj_index(o) as usize, li)),
                Def::Ext(_) | Def::Undefined(..) => None,
            },
        }
    }

    /// The contents of `s`, which lie at `at`, and its relocations; as [`Symbols::data`] and
    /// [`Symbols::relocs`].
    #[inline(always)]
    pub fn contents_at(&self, s: SymId, at: Located) -> (&[u8], RelocIter<'_>) {
        if at.obj == Located::MADE {
            return (self.data(s), self.relocs(s));
        }
        let obj = self.obj(ObjId(at.obj));
        let relocs = RelocIter::Go {
            syms: self,
            obj,
            rest: at.contents.relocs(&obj.object).as_chunks().0.iter(),
        };
        (at.contents.data(&obj.object), relocs)
    }

    /// Asks the processor for contents and relocations.
    #[inline(always)]
    pub fn prefetch_contents(&self, at: Located) {
        if at.obj != Located::MADE {
            let o = &self.obj(ObjId(at.obj)).object;
            for part in [at.contents.data(o), at.contents.relocs(o)] {
                prefetch_at(part, 0);
                prefetch_at(part, LINE.min(part.len()));
            }
        }
    }
}

const _: () = assert!(size_of::<Located>() == 20);
