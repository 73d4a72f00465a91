//! Where contents lie, noted for passes that go over them without a look at definitions and indices.

use crate::{Def, ObjId, RelocIter, SymId, Symbols};
use goobj::Object;
use goobj::prefetch::{prefetch, prefetch_at};

/// Where the contents and relocations of a definition lie in its object. Whoever has it need not look
/// at the indices again, which may no longer be in memory.
#[derive(Clone, Copy, Default, bytemuck::Zeroable)]
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

/// The contents of one of a list of symbols. All zero, as [`Default`] and new memory are, it is that of a
/// symbol without contents in an object: one that the linker has made or taken over.
#[derive(Clone, Copy, Default, bytemuck::Zeroable)]
pub struct Located {
    /// The number of the object and one, or 0.
    obj: u32,
    contents: Contents,
}

impl Located {
    /// Where the contents lie, if they do in an object.
    #[inline(always)]
    fn place(self) -> Option<(ObjId, Contents)> {
        let obj = self.obj.checked_sub(1)?;
        Some((ObjId(obj), self.contents))
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
                    (out.obj, *local) = (obj as u32 + 1, li);
                }
            }
            for (out, &li) in out.iter_mut().zip(&local) {
                if let Some((o, _)) = out.place() {
                    out.contents = Contents::of(&self.obj(o).object, li);
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
        let Some((obj, contents)) = at.place() else {
            return (self.data(s), self.relocs(s));
        };
        let obj = self.obj(obj);
        let relocs = RelocIter::Go {
            syms: self,
            obj,
            rest: contents.relocs(&obj.object).as_chunks().0.iter(),
        };
        (contents.data(&obj.object), relocs)
    }

    /// Asks the processor for contents and relocations.
    #[inline(always)]
    pub fn prefetch_contents(&self, at: Located) {
        if let Some((obj, contents)) = at.place() {
            let o = &self.obj(obj).object;
            for part in [contents.data(o), contents.relocs(o)] {
                prefetch_at(part, 0);
                prefetch_at(part, LINE.min(part.len()));
            }
        }
    }
}

const _: () = assert!(size_of::<Located>() == 20);
