//! Numbers for the symbols, in the order of their first occurrences.

use super::{PACKAGE, State, UNNAMED};
use crate::{AtomicBitSet, BitSet, Obj, SymId};
use rayon::prelude::*;
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// The numbered symbols.
pub(super) struct Numbered {
    /// The slots where symbols first occur that are no package symbols, by number.
    pub slots: Vec<u32>,
    /// Number of the first symbol that is not defined.
    pub ref_start: u32,
    /// Definitions, by slot, that gave their symbol its number.
    pub firsts: BitSet,
    /// Symbols found by number or content that refer to nothing.
    pub leaves: BitSet,
    /// Symbols that an occurrence marked as local.
    pub local: BitSet,
    /// Symbols that an occurrence marked as used in an interface.
    pub used_in_iface: BitSet,
}

/// The slots of an object's definitions, then those of its references.
fn slots(o: &Obj) -> [Range<u32>; 2] {
    let d = &o.object;
    let refs = o.canon_base + d.n_alldef() - d.n_def();
    [o.canon_base..refs, refs..refs + d.n_nonpkg_ref()]
}

/// What is noted of `slots`, by words of a set: the number of the word, the first of these slots that
/// are in it, and what is noted of them.
fn by_word(st: &State, slots: Range<u32>) -> impl Iterator<Item = (usize, u32, &[AtomicU32])> {
    let words = slots.start / 64..slots.end.div_ceil(64);
    words.map(move |word| {
        let range = (word * 64).max(slots.start)..(word * 64 + 64).min(slots.end);
        let noted = &st.canon[range.start as usize..range.end as usize];
        (word as usize, range.start, noted)
    })
}

/// The members of `slots` that are the first occurrence of their symbol, as words of a set.
fn first_occurrences(st: &State, slots: Range<u32>) -> impl Iterator<Item = (usize, u64)> + '_ {
    by_word(st, slots).map(|(word, start, noted)| {
        let firsts = (start..).zip(noted).fold(0, |w, (slot, first)| {
            w | u64::from(first.load(Relaxed) == slot) << (slot % 64)
        });
        (word, firsts)
    })
}

/// Numbers what has been resolved: package symbols up to `nonpkg_start`, which have their numbers,
/// then the other definitions, then what is only referred to; `unnamed` are the first references without
/// a name. `canon` has numbers afterwards.
pub(super) fn number(st: &State, nonpkg_start: u32, unnamed: [u32; 2]) -> Numbered {
    let firsts = AtomicBitSet::new(st.canon.len());
    let undefined = AtomicBitSet::new(st.canon.len());
    let counts: Vec<[u32; 2]> = st
        .objs
        .par_iter()
        .map(|o| {
            let [defs, refs] = slots(o);
            [(defs, &firsts), (refs, &undefined)].map(|(slots, set)| {
                let words = first_occurrences(st, slots);
                words.fold(0, |n, (word, bits)| {
                    set.insert_word(word, bits);
                    n + bits.count_ones()
                })
            })
        })
        .collect();
    let (firsts, undefined) = (firsts.into_set(), undefined.into_set());
    let ref_start = nonpkg_start + counts.iter().map(|[firsts, _]| firsts).sum::<u32>();
    let n_undefined: u32 = counts.iter().map(|[_, undefined]| undefined).sum();

    // The first occurrences get their numbers, and their symbols places.
    let n_others = (ref_start + n_undefined - nonpkg_start) as usize;
    let mut all_slots: Vec<u32> = bytemuck::zeroed_vec(n_others);
    let (mut others, mut only_referred) =
        all_slots.split_at_mut((ref_start - nonpkg_start) as usize);
    let mut tasks = Vec::with_capacity(st.objs.len());
    let (mut next, mut next_undefined) = (nonpkg_start, ref_start);
    for ((i, o), [n, n_undefined]) in st.objs.iter().enumerate().zip(counts) {
        let (q, r);
        (q, others) = others.split_at_mut(n as usize);
        (r, only_referred) = only_referred.split_at_mut(n_undefined as usize);
        tasks.push((i, o, [(next, q), (next_undefined, r)]));
        next += n;
        next_undefined += n_undefined;
    }
    let leaves = AtomicBitSet::new(ref_start as usize);
    tasks.into_par_iter().for_each(|(obj, o, others)| {
        let n_def = o.object.n_def();
        let own_leaves = &st.digests[obj].leaves;
        for li in own_leaves.iter_range(0..n_def as usize) {
            leaves.insert(SymId(o.def_base + li.0));
        }
        for ((slots, set), (first, own)) in
            slots(o).into_iter().zip([&firsts, &undefined]).zip(others)
        {
            let firsts = set.iter_range(slots.start as usize..slots.end as usize);
            for ((number, own), slot) in (first..).zip(own).zip(firsts) {
                let li = slot.0 - o.canon_base + n_def;
                *own = slot.0;
                st.set(slot.0, number);
                if own_leaves.has(SymId(li)) {
                    leaves.insert(SymId(number));
                }
            }
        }
    });

    // All others have those of their symbols' first occurrences.
    let number_of = |slot: u32| st.canon[slot as usize].load(Relaxed);
    let unnamed = unnamed.map(number_of);
    st.objs.par_iter().for_each(|o| {
        for (slots, set) in slots(o).into_iter().zip([&firsts, &undefined]) {
            for (word, start, noted) in by_word(st, slots) {
                // Bit by bit, from the first of these slots on.
                let mut is_first = set.words()[word] >> (start % 64);
                for noted in noted {
                    let first = noted.load(Relaxed);
                    let done = first == 0 || is_first & 1 != 0;
                    is_first >>= 1;
                    if done {
                        continue;
                    }
                    let number = if first & PACKAGE == 0 {
                        number_of(first)
                    } else {
                        let version = UNNAMED.iter().position(|&u| u == first);
                        version.map_or(first & !PACKAGE, |version| unnamed[version])
                    };
                    noted.store(number, Relaxed);
                }
            }
        }
    });

    let gather = |package: &AtomicBitSet, others: &AtomicBitSet| {
        let mut all = package.snapshot();
        for slot in others.snapshot().iter() {
            all.insert(SymId(st.canon[slot.index()].load(Relaxed)));
        }
        all
    };
    Numbered {
        leaves: leaves.into_set(),
        local: gather(&st.package.local, &st.others.local),
        used_in_iface: gather(&st.package.used_in_iface, &st.others.used_in_iface),
        slots: all_slots,
        ref_start,
        firsts,
    }
}
