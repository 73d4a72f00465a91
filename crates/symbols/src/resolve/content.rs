//! Content-addressable symbols: which occurrences have the same contents.

use super::{Groups, LogAlign, Resolved, State};
use crate::digest::{CONTENT_SHARDS, ContentUse};
use crate::name_hash::SHARDS;
use rayon::prelude::*;
use std::ops::Range;
use std::sync::atomic::Ordering::Relaxed;

/// Finds the first occurrence of every content and notes it for each of them.
pub(super) fn merge_contents(st: &State, groups: Groups) -> Resolved {
    let mut out = Resolved::default();
    let long = groups.shards();
    let merged: Vec<Merged> = long
        .chain((SHARDS..CONTENT_SHARDS).into_par_iter().map(|s| s..s + 1))
        .map(|shards| merge(st, shards))
        .collect();
    for m in merged {
        out.winners.extend(m.winners);
        out.aligns.extend(m.aligns);
    }
    out
}

/// What is particular about some contents of a group of shards; by slots of first occurrences.
struct Merged {
    /// Contents whose definition is not the first occurrence but a larger one: zeros at the end are
    /// not part of the hash, and of several sizes the largest stays (`loader.addSym`).
    winners: Vec<(u32, u32)>,
    /// Alignments larger than the definition's own.
    aligns: Vec<(u32, LogAlign)>,
}

/// Merges a group of shards, object after object.
fn merge(st: &State, shards: Range<usize>) -> Merged {
    struct Entry {
        hash: [u32; 2],
        /// As [`ContentUse::rest`], of the definition that counts.
        rest: u32,
        first: u32,
        winner: u32,
        align: LogAlign,
    }
    const NONE: u32 = u32::MAX;
    let n: usize = st.digests.iter().map(|d| d.content.of(&shards).len()).sum();
    // Most contents occur two or three times; if all occur once, places are left all the same.
    let mut table = super::empty_table(n + n / 8);
    let mask = table.len() - 1;
    let mut entries: Vec<Entry> = Vec::with_capacity(n / 2);
    // Contents of one short hash may differ in size.
    let short = shards.start >= SHARDS;
    let uses = st.each(|d| d.content.of(&shards));
    for (slot, u) in uses.map(|(base, u)| (base.wrapping_add(u.li), u)) {
        let mut i = u.hash[0] as usize & mask;
        let first = loop {
            match table[i] {
                0 => {
                    entries.push(Entry {
                        hash: u.hash,
                        rest: u.rest,
                        first: slot,
                        winner: NONE,
                        align: u.align(),
                    });
                    table[i] = entries.len() as u32;
                    break slot;
                }
                e => {
                    let e = &mut entries[e as usize - 1];
                    if e.hash == u.hash && (short || (e.rest ^ u.rest) & ContentUse::LOW == 0) {
                        e.align = e.align.max(u.align());
                        if u.rest & ContentUse::LOW > e.rest & ContentUse::LOW {
                            e.winner = slot;
                            e.rest = u.rest;
                        }
                        break e.first;
                    }
                }
            }
            i = (i + 1) & mask;
        };
        st.canon[slot as usize].store(first, Relaxed);
    }
    let own_align = |e: &Entry| LogAlign((e.rest >> 24) as u8);
    Merged {
        winners: entries
            .iter()
            .filter(|e| e.winner != NONE)
            .map(|e| (e.first, e.winner))
            .collect(),
        aligns: entries
            .iter()
            .filter(|e| e.align != own_align(e))
            .map(|e| (e.first, e.align))
            .collect(),
    }
}
