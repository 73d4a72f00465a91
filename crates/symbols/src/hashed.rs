//! Content-addressable symbols: which occurrences have the same contents.
//!
//! Everything that merging needs travels with the occurrence, so that it reads and writes memory
//! from front to back but for one look-up in a table that fits a core's cache.

use crate::SymId;
use goobj::{Block, Object};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Number of shards, as a power of two.
const SHARD_BITS: u32 = 6;
/// Number of shards of each kind.
pub(crate) const SHARDS: usize = 1 << SHARD_BITS;

/// One occurrence.
pub(crate) struct HashedUse {
    key: [u64; 2],
    size: u32,
    /// The number it owns.
    own: u32,
    /// Its place among the objects' symbols.
    canon: u32,
    /// The number of the first occurrence of the contents, once merged.
    first: u32,
}

/// The occurrences of one chunk of objects by shard: content hashes, then short hashes.
pub(crate) struct HashedUses {
    shards: Vec<Vec<HashedUse>>,
}

/// Room for one shard's share of `n` occurrences: growing would copy and clear memory twice over.
pub(crate) fn share(n: usize) -> usize {
    let mean = n / SHARDS;
    mean + 4 * mean.isqrt() + 4
}

fn mix(x: u64) -> u64 {
    let x = (x ^ (x >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x ^ (x >> 29)
}

impl HashedUses {
    /// For about `n` content hashes and `n64` short ones, which spread evenly.
    pub(crate) fn with_capacity(n: usize, n64: usize) -> HashedUses {
        let shard = |i| Vec::with_capacity(share(if i < SHARDS { n } else { n64 }));
        HashedUses {
            shards: (0..2 * SHARDS).map(shard).collect(),
        }
    }

    /// Deals out the occurrences of an object whose non-package symbols own the numbers from `own`
    /// and have the places from `canon`.
    pub(crate) fn deal(&mut self, o: &Object<'static>, own: u32, canon: u32) {
        let (n_def, n64, n) = (o.n_def(), o.n_hashed64(), o.n_hashed());
        let word = |b: &[u8], at: usize| u64::from_le_bytes(b[at..at + 8].try_into().unwrap());
        let short = o.block(Block::Hash64).chunks_exact(8);
        for ((i, h), d) in (0..n64).zip(short).zip(o.syms(n_def..n_def + n64)) {
            let key = word(h, 0);
            let shard = SHARDS + (mix(key) >> (64 - SHARD_BITS)) as usize;
            self.push(shard, [key, mix(key)], d.size(), own + i, canon + i);
        }
        let long = o.block(Block::Hash).chunks_exact(16);
        let first = n_def + n64;
        for ((i, h), d) in (n64..n64 + n).zip(long).zip(o.syms(first..first + n)) {
            // The hash is a cryptographic one: any bits of it are as good as others.
            let key = [word(h, 0), word(h, 8)];
            self.push(
                (key[0] >> (64 - SHARD_BITS)) as usize,
                key,
                d.size(),
                own + i,
                canon + i,
            );
        }
    }

    #[inline]
    fn push(&mut self, shard: usize, key: [u64; 2], size: u32, own: u32, canon: u32) {
        self.shards[shard].push(HashedUse {
            key,
            size,
            own,
            canon,
            first: 0,
        });
    }

    /// The shards, to be merged across chunks.
    pub(crate) fn shards_mut(&mut self) -> &mut [Vec<HashedUse>] {
        &mut self.shards
    }

    /// Stores what merging found.
    pub(crate) fn scatter(&self, canon: &[AtomicU32]) {
        for u in self.shards.iter().flatten() {
            canon[u.canon as usize].store(u.first, Relaxed);
        }
    }
}

/// Merges one shard, chunk after chunk. Gives the symbols whose definition is not the first
/// occurrence but a larger one, with the number that one owns: zeros at the end of the data are not
/// part of the hash, and of several sizes the largest stays (`loader.addSym`).
pub(crate) fn merge(chunks: &mut [&mut Vec<HashedUse>]) -> Vec<(SymId, u32)> {
    struct Entry {
        key: [u64; 2],
        first: u32,
        size: u32,
        winner: u32,
    }
    let n: usize = chunks.iter().map(|c| c.len()).sum();
    // Most contents occur two or three times.
    let mut table = vec![0u32; (n + n / 2).next_power_of_two().max(16)];
    let mask = table.len() - 1;
    let mut entries: Vec<Entry> = Vec::with_capacity(n / 2);
    for u in chunks.iter_mut().flat_map(|c| c.iter_mut()) {
        let mut i = u.key[1] as usize & mask;
        u.first = loop {
            match table[i] {
                0 => {
                    entries.push(Entry {
                        key: u.key,
                        first: u.own,
                        size: u.size,
                        winner: 0,
                    });
                    table[i] = entries.len() as u32;
                    break u.own;
                }
                e => {
                    let e = &mut entries[e as usize - 1];
                    if e.key == u.key {
                        if u.size > e.size {
                            e.size = u.size;
                            e.winner = u.own;
                        }
                        break e.first;
                    }
                }
            }
            i = (i + 1) & mask;
        };
    }
    entries
        .iter()
        .filter(|e| e.winner != 0)
        .map(|e| (SymId(e.first), e.winner))
        .collect()
}
