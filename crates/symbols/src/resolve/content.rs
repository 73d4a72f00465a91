//! Content-addressable symbols: which occurrences have the same contents.
//!
//! Occurrences are dealt out to shards by their hash, and what merging needs travels with them, so
//! that memory is read and written from front to back but for one look-up in a table that fits a
//! core's cache. This goes on in rounds, each over a part of the hashes, so that the lists stay
//! small and their memory is used again.

use super::{Chunk, LogAlign, Resolved, State};
use goobj::{Block, Object};
use rayon::prelude::*;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

const SHARD_BITS: u32 = 5;
/// Number of shards in a round.
const SHARDS: usize = 1 << SHARD_BITS;

/// Occurrences per round, about.
const ROUND: usize = 1 << 20;

/// One occurrence. Of the hash there are the bits that do not choose the shard, as many as fit: with
/// the others, 93 and more.
struct Use {
    hash: [u32; 2],
    /// 24 bits of hash below the alignment.
    hash_align: u32,
    /// Its slot.
    slot: u32,
    /// Its size in bytes.
    size: u32,
}

/// The hashes of one kind, and which of them a round takes.
#[derive(Clone, Copy)]
enum Part {
    /// Short ones, all.
    Short,
    /// Long ones whose top `bits` bits are `value`.
    Long { bits: u32, value: u64 },
}

/// Finds the first occurrence of every content and notes it for each of them.
pub(super) fn merge_contents(st: &State, chunks: &[Chunk], out: &mut Resolved) {
    let total: usize = st.objs.iter().map(|o| o.object.n_hashed() as usize).sum();
    let bits = (total / ROUND + 1).next_power_of_two().trailing_zeros();
    let mut lists: Vec<Vec<Vec<Use>>> = chunks
        .iter()
        .map(|_| (0..SHARDS).map(|_| Vec::new()).collect())
        .collect();
    let rounds = (0..1 << bits).map(|value| Part::Long { bits, value });
    for part in rounds.chain([Part::Short]) {
        chunks
            .par_iter()
            .zip(&mut lists)
            .for_each(|(c, list)| deal(st, c, part, list));
        let merged: Vec<Merged> = (0..SHARDS)
            .into_par_iter()
            .map(|s| merge(lists.iter().map(|l| &l[s]), &st.canon))
            .collect();
        for m in merged {
            out.winners.extend(m.winners);
            out.aligns.extend(m.aligns);
        }
    }
}

/// Deals out the occurrences of one chunk of objects.
fn deal(st: &State, chunk: &Chunk, part: Part, shards: &mut [Vec<Use>]) {
    let word = |b: &[u8], at: usize| u64::from_le_bytes(b[at..at + 8].try_into().unwrap());
    let n = |f: fn(&Object<'static>) -> u32| {
        let objs = &st.objs[chunk.objs.clone()];
        objs.iter().map(|o| f(&o.object) as usize).sum::<usize>()
    };
    let n = match part {
        Part::Short => n(Object::n_hashed64),
        Part::Long { bits, .. } => n(Object::n_hashed) >> bits,
    };
    for s in shards.iter_mut() {
        s.clear();
        s.reserve(share(n));
    }
    let mut push = |key: [u64; 2], bits: u32, d: goobj::SymDef, slot: u32| {
        st.note_marks(&st.others, d, slot);
        let shard = key[0] << bits >> (64 - SHARD_BITS);
        shards[shard as usize].push(Use {
            hash: [key[1] as u32, (key[1] >> 32) as u32],
            hash_align: key[0] as u32 & 0xff_ffff | u32::from(LogAlign::of(d.align()).0) << 24,
            slot,
            size: d.size(),
        });
    };
    for o in &st.objs[chunk.objs.clone()] {
        let (d, slot) = (&o.object, o.canon_base);
        let (n_def, n64, n) = (d.n_def(), d.n_hashed64(), d.n_hashed());
        match part {
            Part::Short => {
                let hashes = d.block(Block::Hash64).chunks_exact(8);
                for ((i, h), s) in (slot..).zip(hashes).zip(d.syms(n_def..n_def + n64)) {
                    // Any change of the key will do that loses nothing.
                    let key = word(h, 0);
                    push([mix(key), key], 0, s, i);
                }
            }
            Part::Long { bits, value } => {
                let hashes = d.block(Block::Hash).chunks_exact(16);
                let syms = d.syms(n_def + n64..n_def + n64 + n);
                for ((i, h), s) in (slot + n64..).zip(hashes).zip(syms) {
                    // The hash is a cryptographic one: any bits of it are as good as others.
                    let key = [word(h, 0), word(h, 8)];
                    if bits == 0 || key[0] >> (64 - bits) == value {
                        push(key, bits, s, i);
                    }
                }
            }
        }
    }
}

/// Room for one shard's share of `n` occurrences: growing would copy and clear memory twice over.
fn share(n: usize) -> usize {
    let mean = n / SHARDS;
    mean + 4 * mean.isqrt() + 4
}

fn mix(x: u64) -> u64 {
    let x = (x ^ (x >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x ^ (x >> 29)
}

/// What is particular about some contents of one shard; by slots of first occurrences.
struct Merged {
    /// Contents whose definition is not the first occurrence but a larger one: zeros at the end are
    /// not part of the hash, and of several sizes the largest stays (`loader.addSym`).
    winners: Vec<(u32, u32)>,
    /// Alignments larger than the definition's own.
    aligns: Vec<(u32, LogAlign)>,
}

/// Merges one shard, chunk after chunk.
fn merge<'a>(chunks: impl Iterator<Item = &'a Vec<Use>> + Clone, canon: &[AtomicU32]) -> Merged {
    struct Entry {
        hash: [u32; 2],
        hash_align: u32,
        first: u32,
        size: u32,
        winner: u32,
        align: LogAlign,
    }
    const NONE: u32 = u32::MAX;
    let n: usize = chunks.clone().map(Vec::len).sum();
    // Most contents occur two or three times.
    let mut table = vec![0u32; (n + n / 2).next_power_of_two().max(16)];
    let mask = table.len() - 1;
    let mut entries: Vec<Entry> = Vec::with_capacity(n / 2);
    let align = |hash_align: u32| LogAlign((hash_align >> 24) as u8);
    for u in chunks.flatten() {
        let mut i = u.hash[0] as usize & mask;
        let first = loop {
            match table[i] {
                0 => {
                    entries.push(Entry {
                        hash: u.hash,
                        hash_align: u.hash_align,
                        first: u.slot,
                        size: u.size,
                        winner: NONE,
                        align: align(u.hash_align),
                    });
                    table[i] = entries.len() as u32;
                    break u.slot;
                }
                e => {
                    let e = &mut entries[e as usize - 1];
                    if e.hash == u.hash && (e.hash_align ^ u.hash_align) & 0xff_ffff == 0 {
                        e.align = e.align.max(align(u.hash_align));
                        if u.size > e.size {
                            e.size = u.size;
                            e.winner = u.slot;
                            e.hash_align = u.hash_align;
                        }
                        break e.first;
                    }
                }
            }
            i = (i + 1) & mask;
        };
        canon[u.slot as usize].store(first, Relaxed);
    }
    Merged {
        winners: entries
            .iter()
            .filter(|e| e.winner != NONE)
            .map(|e| (e.first, e.winner))
            .collect(),
        aligns: entries
            .iter()
            .filter(|e| e.align != align(e.hash_align))
            .map(|e| (e.first, e.align))
            .collect(),
    }
}
