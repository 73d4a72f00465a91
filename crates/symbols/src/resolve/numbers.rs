//! Numbers for the symbols, in the order of their first occurrences.

use super::{PACKAGE, State, UNNAMED};
use crate::bitset::{members, word_of_bytes};
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
    /// Definitions and references, by slot, that gave their symbol its number.
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

/// What is noted, while no other thread can note anything.
#[allow(unsafe_code)]
fn plain(noted: &mut [AtomicU32]) -> &[u32] {
    // SAFETY: an `AtomicU32` has the size and the bits of a `u32`, and, being borrowed mutably, is used
    // by nobody else as long as this is. Numbers are compared some at a time then, atomic ones are not.
    unsafe { &*(std::ptr::from_mut(noted) as *const [u32]) }
}

/// The slots where symbols first occur, those of references too, and those where they occur again.
fn occurrences(noted: &[u32]) -> [BitSet; 2] {
    /// Words that are made together.
    const WORDS: usize = 1 << 10;
    let n = noted.len().div_ceil(64);
    let (mut first, mut again) = (vec![0; n], vec![0; n]);
    let sets = first.par_chunks_mut(WORDS).zip(again.par_chunks_mut(WORDS));
    let all = noted.par_chunks(64 * WORDS).zip(sets).enumerate();
    all.for_each(|(i, (noted, (first, again)))| {
        let (whole, rest) = noted.as_chunks();
        let mut last = [0; 64];
        last[..rest.len()].copy_from_slice(rest);
        let slots = (WORDS * i..).map(|word| 64 * word as u32);
        let noted = slots.zip(whole.iter().chain([&last]));
        for ((slot, noted), (first, again)) in noted.zip(first.iter_mut().zip(again)) {
            [*first, *again] = occurrences_in_word(slot, noted);
        }
    });
    [first, again].map(BitSet::from_words)
}

/// As [`occurrences`], for 64 slots from `slot` on.
#[inline]
fn occurrences_in_word(slot: u32, noted: &[u32; 64]) -> [u64; 2] {
    let (mut first, mut again) = ([0; 64], [0; 64]);
    for i in 0..64 {
        let is_first = noted[i] == slot + i as u32;
        first[i] = u8::from(is_first);
        again[i] = u8::from(!is_first & (noted[i] != 0));
    }
    [first, again].map(|bytes| word_of_bytes(&bytes))
}

/// Numbers what has been resolved: package symbols up to `nonpkg_start`, which have their numbers,
/// then the other definitions, then what is only referred to; `unnamed` are the first references without
/// a name. `canon` has numbers afterwards.
pub(super) fn number(st: &mut State, nonpkg_start: u32, unnamed: [u32; 2]) -> Numbered {
    let [firsts, again] = occurrences(plain(&mut st.canon));
    let st = &*st;
    let count = |slots: Range<u32>| firsts.count_range(slots.start as usize..slots.end as usize);
    let counts: Vec<[u32; 2]> = st
        .objs
        .iter()
        .map(|o| slots(o).map(|slots| count(slots) as u32))
        .collect();
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
        leaves.insert_range(o.def_base, own_leaves, 0..n_def as usize);
        for (slots, (first, own)) in slots(o).into_iter().zip(others) {
            let firsts = firsts.iter_range(slots.start as usize..slots.end as usize);
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
    again
        .words()
        .par_iter()
        .enumerate()
        .with_min_len(1 << 10)
        .for_each(|(i, word)| {
            for slot in members(i, *word) {
                let noted = &st.canon[slot.index()];
                let first = noted.load(Relaxed);
                let number = if first & PACKAGE == 0 {
                    number_of(first)
                } else {
                    let version = UNNAMED.iter().position(|&u| u == first);
                    version.map_or(first & !PACKAGE, |version| unnamed[version])
                };
                noted.store(number, Relaxed);
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
