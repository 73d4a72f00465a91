//! Numbers for the symbols, in the order of their first occurrences.

use super::{PACKAGE, Place, State, UNNAMED};
use crate::{AtomicBitSet, BitSet, Obj, SymId};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::sync::atomic::Ordering::Relaxed;

/// The numbered symbols.
pub(super) struct Numbered {
    /// Where each symbol first occurs. Number 0 is no symbol.
    pub places: Vec<Place>,
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
fn slots(o: &Obj) -> [std::ops::Range<u32>; 2] {
    let d = &o.object;
    let refs = o.canon_base + d.n_alldef() - d.n_def();
    [o.canon_base..refs, refs..refs + d.n_nonpkg_ref()]
}

/// Numbers what has been resolved: package symbols up to `nonpkg_start`, which have their numbers,
/// then the other definitions, then what is only referred to; `unnamed` are the first references without
/// a name. `canon` has numbers afterwards.
pub(super) fn number(st: &State, nonpkg_start: u32, unnamed: [u32; 2]) -> Numbered {
    let is_first = |slot: u32| st.canon[slot as usize].load(Relaxed) == slot;
    let firsts = AtomicBitSet::new(st.canon.len());
    let undefined: Vec<u32> = st
        .objs
        .par_iter()
        .flat_map_iter(|o| {
            let [defs, refs] = slots(o);
            for slot in defs.filter(|&slot| is_first(slot)) {
                firsts.insert(SymId(slot));
            }
            refs.filter(|&slot| is_first(slot))
        })
        .collect();
    let firsts = firsts.into_set();
    let mut n = nonpkg_start;
    let before: Vec<u32> = firsts
        .words()
        .iter()
        .map(|w| {
            let before = n;
            n += w.count_ones();
            before
        })
        .collect();
    let number_of = |slot: u32| {
        let (word, bit) = ((slot / 64) as usize, slot % 64);
        let below = firsts.words()[word] & ((1 << bit) - 1);
        before[word] + below.count_ones()
    };
    let ref_start = n;
    let undefined: FxHashMap<u32, u32> = undefined.into_iter().zip(ref_start..).collect();

    let unnamed_numbers = unnamed.map(|slot| undefined.get(&slot).copied().unwrap_or(0));

    let mut places: Vec<Place> = bytemuck::zeroed_vec(ref_start as usize + undefined.len());
    let (package, others) = places[1..].split_at_mut(nonpkg_start as usize - 1);
    let (others, only_referred) = others.split_at_mut((ref_start - nonpkg_start) as usize);
    let (mut package, mut others) = (package, others);
    let mut tasks = Vec::with_capacity(st.objs.len());
    for (i, o) in st.objs.iter().enumerate() {
        let [defs, refs] = slots(o);
        let n = |slot: u32| {
            if (slot as usize) < st.canon.len() {
                number_of(slot)
            } else {
                ref_start
            }
        };
        let firsts = n(refs.start) - n(defs.start);
        let (p, q);
        (p, package) = package.split_at_mut(o.object.n_def() as usize);
        (q, others) = others.split_at_mut(firsts as usize);
        tasks.push((i as u32, o, p, q));
    }
    let leaves = AtomicBitSet::new(nonpkg_start.max(ref_start) as usize);
    let referred: Vec<(u32, Place)> = tasks
        .into_par_iter()
        .flat_map_iter(|(obj, o, package, others)| {
            for (li, p) in (0..).zip(package) {
                *p = Place { obj, li };
            }
            let is_leaf = &st.digests[obj as usize].leaves;
            let is_leaf = |li: u32| {
                let word = is_leaf.get((li / 64) as usize);
                word.is_some_and(|w| w >> (li % 64) & 1 != 0)
            };
            for li in (0..o.object.n_def()).filter(|&li| is_leaf(li)) {
                leaves.insert(SymId(o.def_base + li));
            }
            let mut others = others.iter_mut();
            let mut referred = Vec::new();
            let [defs, refs] = slots(o);
            for (li, slot) in (o.object.n_def()..).zip(defs.start..refs.end) {
                let canon = &st.canon[slot as usize];
                let first = canon.load(Relaxed);
                let number = if first == 0 {
                    0
                } else if let Some(version) = UNNAMED.iter().position(|&u| u == first) {
                    unnamed_numbers[version]
                } else if first & PACKAGE != 0 {
                    first & !PACKAGE
                } else if firsts.has(SymId(first)) {
                    number_of(first)
                } else {
                    undefined[&first]
                };
                canon.store(number, Relaxed);
                if first == slot {
                    if is_leaf(li) {
                        leaves.insert(SymId(number));
                    }
                    if slot < defs.end {
                        *others.next().expect("counted") = Place { obj, li };
                    } else {
                        referred.push((number - ref_start, Place { obj, li }));
                    }
                }
            }
            referred
        })
        .collect();
    for (i, p) in referred {
        only_referred[i as usize] = p;
    }

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
        places,
        ref_start,
        firsts,
    }
}
