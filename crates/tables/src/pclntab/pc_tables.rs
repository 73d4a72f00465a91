//! Which pc-value tables are the same.
//!
//! Two thirds of all that objects share by content are pc-value tables, and only the functions that
//! have them refer to them. So they are told apart here, and only those of live functions, instead
//! of becoming symbols.

use super::chunk::{Chunk, Func, NO_UNIT, PcRef, PcUse};
use super::first_use;
use goobj::prefetch::{prefetch, prefetch_lines, prefetch_value};
use goobj::{Block, PKG_HASHED, SymRef};
use std::sync::atomic::{
    AtomicU32, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};
use symbols::{Obj, SymId, Symbols, UnitId};

/// Mark on a [`PcRef`]: the number of a symbol.
pub(crate) const SYMBOL: u32 = 1 << 31;

/// What an auxiliary reference of `obj` to a table means.
#[inline]
pub(crate) fn pc_ref(syms: &Symbols, obj: &Obj, r: SymRef) -> PcRef {
    if r.pkg == PKG_HASHED && r.idx < obj.object.n_hashed() {
        return r.idx + 1;
    }
    match syms.resolve_ref(obj, r) {
        SymId::NONE => 0,
        s => s.0 | SYMBOL,
    }
}

/// The content hash that stands for a table, all but the bits that choose its place.
#[derive(Clone, Copy)]
struct Key {
    low: u64,
    high: u32,
    /// Chooses the place.
    place: u32,
}

impl Key {
    fn new(obj: Option<&Obj>, r: PcRef) -> Key {
        let (low, high) = match obj {
            Some(o) if r & SYMBOL == 0 => {
                let h = o.object.hash(r - 1);
                let word = |at: usize| u64::from_le_bytes(h[at..at + 8].try_into().unwrap());
                (word(0), word(8))
            }
            // No hash is known of these: a number that no hash is likely to be, for each.
            _ => (u64::from(r).wrapping_mul(0x9e37_79b9_7f4a_7c15), 0),
        };
        Key {
            // Zero means that nothing is there.
            low: low.max(1),
            high: high as u32 | 1,
            place: (high >> 32) as u32 ^ (low >> 32) as u32,
        }
    }
}

#[derive(bytemuck::Zeroable)]
#[repr(C)]
struct Entry {
    low: AtomicU64,
    high: AtomicU32,
    /// As a [`first_use::FirstUse`] has for its things: who uses it first, then its offset.
    first_use: AtomicU32,
}

/// The tables of all functions, each once: a hash table that all threads fill.
pub(crate) struct PcTables {
    entries: Vec<Entry>,
}

/// Functions whose tables are asked for together.
const BATCH: usize = 16;

impl PcTables {
    /// For up to `n` tables. Functions share nearly half of them, so that little more room will do.
    pub fn new(n: usize) -> PcTables {
        let entries: Vec<Entry> = bytemuck::zeroed_vec(n + n / 8 + 16);
        first_use::touch_pages(&entries, |e| e.first_use.store(0, Relaxed));
        PcTables { entries }
    }

    #[inline]
    fn home(&self, k: Key) -> usize {
        ((u64::from(k.place) * self.entries.len() as u64) >> 32) as usize
    }

    /// The place of a table, a new one if need be.
    fn place(&self, k: Key) -> u32 {
        let mut i = self.home(k);
        loop {
            let e = &self.entries[i];
            let mut low = e.low.load(Relaxed);
            if low == 0 {
                match e.low.compare_exchange(0, k.low, Relaxed, Relaxed) {
                    Ok(_) => {
                        e.high.store(k.high, Release);
                        return i as u32;
                    }
                    Err(other) => low = other,
                }
            }
            if low == k.low {
                // Whoever has taken the place says at once what else he has.
                let high = loop {
                    match e.high.load(Acquire) {
                        0 => std::hint::spin_loop(),
                        high => break high,
                    }
                };
                if high == k.high {
                    return i as u32;
                }
            }
            i += 1;
            if i == self.entries.len() {
                i = 0;
            }
        }
    }

    /// Finds the tables of a chunk of functions and notes those that no chunk before it is known to
    /// use, in the order of their use.
    pub fn identify(&self, syms: &Symbols, c: &mut Chunk) {
        let Chunk {
            id,
            funcs,
            pctabs,
            pcs,
            ..
        } = c;
        let object = |f: &Func| match f.unit {
            NO_UNIT => None,
            unit => syms.unit_obj(UnitId(unit)),
        };
        let mut keys: Vec<Key> = Vec::new();
        let mut ahead = funcs.chunks(BATCH).skip(1);
        for batch in funcs.chunks(BATCH) {
            // The hashes of a function's tables lie together, mostly.
            for f in ahead.next().unwrap_or_default() {
                let local = pctabs[f.pctabs()]
                    .iter()
                    .filter(|&&r| r != 0 && r & SYMBOL == 0);
                if let (Some(o), Some(first)) = (object(f), local.min()) {
                    prefetch_lines(
                        &o.object.block(Block::Hash)[16 * (*first as usize - 1)..],
                        2,
                    );
                }
            }
            keys.clear();
            for f in batch {
                let obj = object(f);
                let refs = &pctabs[f.pctabs()];
                for &r in refs.iter().filter(|&&r| r != 0) {
                    let key = Key::new(obj, r);
                    prefetch_value(&self.entries[self.home(key)]);
                    keys.push(key);
                }
            }
            let mut keys = keys.iter();
            for f in batch {
                let refs = &mut pctabs[f.pctabs()];
                // The inline tree's comes last.
                let mut inline = None;
                for (i, r) in refs.iter_mut().enumerate().filter(|(_, r)| **r != 0) {
                    let place = self.place(*keys.next().expect("one for each"));
                    let used = PcUse {
                        table: *r,
                        unit: f.unit,
                        place,
                        at: 0,
                    };
                    *r = place + 1;
                    if i == 3 {
                        inline = Some(used);
                    } else {
                        self.claim(used, *id, pcs);
                    }
                }
                if let Some(used) = inline.filter(|_| f.n_inlined > 0) {
                    self.claim(used, *id, pcs);
                }
            }
        }
    }

    #[inline]
    fn claim(&self, used: PcUse, chunk: u32, pcs: &mut Vec<PcUse>) {
        if first_use::claim(&self.entries[used.place as usize].first_use, chunk) {
            pcs.push(used);
        }
    }

    /// Asks the processor for a table's entry.
    #[inline]
    pub fn prefetch(&self, place: u32) {
        if let Some(e) = self.entries.get(place as usize) {
            prefetch_value(e);
        }
    }

    /// Whether `chunk` was the first to use the table; asked when all chunks are identified.
    #[inline]
    pub fn owns(&self, place: u32, chunk: u32) -> bool {
        first_use::owns(&self.entries[place as usize].first_use, chunk)
    }

    /// Notes the offset of a table in the pctab, bytes.
    #[inline]
    pub fn set_offset(&self, place: u32, offset: u32) {
        self.entries[place as usize]
            .first_use
            .store(offset, Relaxed);
    }

    /// The offset of the table that `r` means; 0 for none.
    #[inline]
    pub fn offset(&self, r: PcRef) -> u32 {
        match r {
            0 => 0,
            r => self.entries[r as usize - 1].first_use.load(Relaxed),
        }
    }
}

impl PcUse {
    /// The table's object and number there, unless it is a symbol.
    fn local<'a>(&self, syms: &'a Symbols) -> Result<(&'a Obj, u32), SymId> {
        if self.table & SYMBOL != 0 {
            return Err(SymId(self.table & !SYMBOL));
        }
        let obj = syms.unit_obj(UnitId(self.unit)).expect("a Go function's");
        let o = &obj.object;
        Ok((obj, o.n_def() + o.n_hashed64() + self.table - 1))
    }

    /// Where the table's records are looked up first.
    fn records<'a>(&self, syms: &'a Symbols) -> Option<[&'a [u8]; 4]> {
        let (o, li) = self.local(syms).ok()?;
        Some(o.object.places(li))
    }

    /// Asks the processor for what [`PcUse::size`] reads.
    #[inline]
    pub fn prefetch_size(&self, syms: &Symbols) {
        if let Some([def, ..]) = self.records(syms) {
            prefetch(def);
        }
    }

    /// Asks the processor for what [`PcUse::data`] reads, but for the contents.
    #[inline]
    pub fn prefetch_index(&self, syms: &Symbols) {
        if let Some([.., data]) = self.records(syms) {
            prefetch(data);
        }
    }

    /// The table's size, bytes.
    pub fn size(&self, syms: &Symbols) -> u32 {
        match self.local(syms) {
            Ok((o, li)) => o.object.sym(li).size(),
            Err(s) => syms.size(s) as u32,
        }
    }

    /// Its contents; what is missing at the end is zeros.
    pub fn data<'a>(&self, syms: &'a Symbols) -> &'a [u8] {
        match self.local(syms) {
            Ok((o, li)) => o.object.data(li),
            Err(s) => syms.data(s),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_place_for_each_content_whoever_comes_first() {
        let keys: Vec<Key> = (0..1000u32)
            .map(|i| Key {
                low: u64::from(i % 100 / 2) + 1,
                high: i % 2 + 1,
                place: (i % 7) << 29,
            })
            .collect();
        let t = PcTables::new(1400);
        let places = |t: &PcTables| -> Vec<u32> { keys.iter().map(|&k| t.place(k)).collect() };
        let all: Vec<Vec<u32>> = std::thread::scope(|s| {
            let threads: Vec<_> = (0..4).map(|_| s.spawn(|| places(&t))).collect();
            threads.into_iter().map(|t| t.join().unwrap()).collect()
        });
        for places in &all {
            assert_eq!(places, &all[0]);
        }
        // 100 contents, each with the seven places where it starts to look.
        let mut distinct = all[0].clone();
        distinct.sort_unstable();
        distinct.dedup();
        let same = |i: usize, j: usize| keys[i].low == keys[j].low && keys[i].high == keys[j].high;
        for (i, p) in all[0].iter().enumerate() {
            for (j, q) in all[0].iter().enumerate() {
                assert!(p != q || same(i, j), "{i} and {j} share a place");
                assert!(p == q || !same(i, j) || keys[i].place != keys[j].place);
            }
        }
        assert!(distinct.len() <= 700);
    }

    #[test]
    fn offsets_are_those_of_places() {
        let t = PcTables::new(4);
        let k = Key {
            low: 5,
            high: 1,
            place: 3,
        };
        let p = t.place(k);
        t.set_offset(p, 77);
        assert_eq!([t.offset(0), t.offset(p + 1)], [0, 77]);
    }
}
