//! Where each symbol of an object is defined, or first referred to.

use crate::{BitSet, Obj, SymId};
use goobj::prefetch::prefetch_value;
use rustc_hash::FxHashMap;

/// Mark on a slot: the symbol is not simply what is at its place.
const MARK: u32 = 1 << 31;

/// Objects by what lies in them, numbered through all of them.
#[derive(Default)]
struct Ranges {
    /// Where each object's numbers start and end.
    ranges: Vec<[u32; 2]>,
    /// For every 2^[`STEP`] numbers, the object of the first of them.
    objs: Vec<u32>,
}

/// Few objects are smaller, and many are much larger.
const STEP: u32 = 8;

impl Ranges {
    /// Ranges follow one another.
    fn new(ranges: Vec<[u32; 2]>) -> Ranges {
        let end = ranges.last().map_or(0, |r| r[1]);
        let mut obj = 0;
        let objs = (0..=end >> STEP).map(|step| {
            while obj + 1 < ranges.len() && ranges[obj][1] <= step << STEP {
                obj += 1;
            }
            obj as u32
        });
        Ranges {
            objs: objs.collect(),
            ranges,
        }
    }

    /// The object that number `n`, which is below the end, lies in; with the number of its first.
    #[inline(always)]
    fn find(&self, n: u32) -> (usize, u32) {
        let mut obj = self.objs[(n >> STEP) as usize] as usize;
        loop {
            let [start, end] = self.ranges[obj];
            if n < end {
                return (obj, start);
            }
            obj += 1;
        }
    }
}

/// The places of all symbols of objects.
///
/// A package symbol's place follows from its number; of all others the slot is kept.
#[derive(Default)]
pub(crate) struct Places {
    package: Ranges,
    slots: Ranges,
    /// Number of the first symbol that is no package symbol.
    others_start: u32,
    /// By number from `others_start` on, the slot of the place, with [`MARK`].
    others: Vec<u32>,
    /// Package symbols that are not simply what is at their place.
    marked: BitSet,
    /// Slots of the places of package symbols that are elsewhere.
    moved: FxHashMap<SymId, u32>,
}

/// A place that has been looked up.
pub(crate) struct Place {
    /// Number of the object.
    pub obj: usize,
    /// Local index.
    pub li: u32,
}

impl Places {
    /// For the symbols of `objs`, of which those that are no package symbols have the slots `others` and
    /// the numbers from `others_start` on.
    pub(crate) fn new(objs: &[Obj], others_start: u32, others: Vec<u32>) -> Places {
        let ranges = |of: &dyn Fn(&Obj) -> (u32, u32)| {
            let all = objs.iter().map(of);
            Ranges::new(all.map(|(start, n)| [start, start + n]).collect())
        };
        let mut marked = BitSet::new(others_start as usize);
        marked.insert(SymId::NONE);
        Places {
            package: ranges(&|o| (o.def_base, o.object.n_def())),
            slots: ranges(&|o| (o.canon_base, o.n_slots())),
            others_start,
            others,
            marked,
            moved: FxHashMap::default(),
        }
    }

    /// One more than the greatest number.
    pub(crate) fn end(&self) -> u32 {
        self.others_start + self.others.len() as u32
    }

    /// The place of `s`, unless it is marked or of no object.
    #[inline(always)]
    pub(crate) fn plain(&self, s: SymId, objs: &[Obj]) -> Option<Place> {
        if s.0 < self.others_start {
            if self.marked.has(s) {
                return None;
            }
            return Some(self.of_package(s));
        }
        let &slot = self.others.get((s.0 - self.others_start) as usize)?;
        (slot & MARK == 0).then(|| self.of_slot(slot, objs))
    }

    /// The place of a marked symbol, which is one of an object.
    pub(crate) fn marked(&self, s: SymId, objs: &[Obj]) -> Place {
        match self.moved.get(&s) {
            Some(&slot) => self.of_slot(slot, objs),
            None if s.0 < self.others_start => self.of_package(s),
            None => {
                let slot = self.others[(s.0 - self.others_start) as usize];
                self.of_slot(slot & !MARK, objs)
            }
        }
    }

    /// The place that a package symbol has by its number.
    #[inline(always)]
    fn of_package(&self, s: SymId) -> Place {
        let (obj, start) = self.package.find(s.0);
        let li = s.0 - start;
        Place { obj, li }
    }

    /// The place that a slot is.
    #[inline(always)]
    fn of_slot(&self, slot: u32, objs: &[Obj]) -> Place {
        let (obj, start) = self.slots.find(slot);
        let li = slot - start + objs[obj].object.n_def();
        Place { obj, li }
    }

    /// Has `s` be defined at a slot.
    pub(crate) fn set(&mut self, s: SymId, slot: u32) {
        if s.0 < self.others_start {
            self.mark(s);
            self.moved.insert(s, slot);
        } else {
            let place = &mut self.others[(s.0 - self.others_start) as usize];
            *place = *place & MARK | slot;
        }
    }

    /// Marks a symbol: there is more to know of it than its place.
    pub(crate) fn mark(&mut self, s: SymId) {
        if s.0 < self.others_start {
            self.marked.insert(s);
        } else {
            self.others[(s.0 - self.others_start) as usize] |= MARK;
        }
    }

    /// Asks the processor for what is kept of the place of `s`.
    #[inline]
    pub(crate) fn prefetch(&self, s: SymId) {
        if let Some(i) = s.0.checked_sub(self.others_start)
            && let Some(slot) = self.others.get(i as usize)
        {
            prefetch_value(slot);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lie_in_the_object_that_has_them() {
        // Some objects have none.
        let sizes = [0, 5, 0, 1000, 1, 0, 0, 300, 255, 256, 257, 0];
        let mut end = 1;
        let all = sizes.map(|n| {
            let start = end;
            end += n;
            [start, end]
        });
        let ranges = Ranges::new(all.to_vec());
        for (obj, [start, end]) in all.into_iter().enumerate() {
            for n in start..end {
                assert_eq!(ranges.find(n), (obj, start), "{n}");
            }
        }
    }
}
