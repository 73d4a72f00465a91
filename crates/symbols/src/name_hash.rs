//! Hashes that stand for names.

use rapidhash::v3::{RapidSecrets, rapidhash_v3_micro_inline};
use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;

pub(crate) const SHARD_BITS: u32 = 6;
/// Number of shards of names, and of long hashes.
pub(crate) const SHARDS: usize = 1 << SHARD_BITS;

/// What of a name tells most names apart without reading all of it, from its length and its last
/// bytes. The top bits choose its shard.
#[inline]
fn sketch(name: &[u8]) -> u64 {
    let word = |b: &[u8]| b.iter().rev().fold(0, |x, &b| x << 8 | u64::from(b));
    let (head, tail) = match name.len() {
        n @ 16.. => (&name[n - 16..n - 8], &name[n - 8..]),
        n @ 8.. => (&name[..8], &name[n - 8..]),
        _ => (name, name),
    };
    let (a, b) = match (head.first_chunk(), tail.first_chunk()) {
        (Some(a), Some(b)) => (u64::from_le_bytes(*a), u64::from_le_bytes(*b)),
        _ => (word(head), word(tail)),
    };
    let a = a ^ (name.len() as u64).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let b = b ^ 0x9e37_79b9_7f4a_7c15;
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

/// The shard of a name with this sketch.
#[inline]
fn shard_of(sketch: u64) -> usize {
    (sketch >> (64 - SHARD_BITS)) as usize
}

/// The hash that stands for a name and a version, and a part of its sketch. The hash is seeded anew in
/// every process, and two names of one program sharing both is less likely than memory failing; names
/// themselves are not compared.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
#[repr(C, packed(4))]
pub(crate) struct NameHash(pub u64, pub u32);

/// Hashes names. The seed is this process's own.
#[derive(Clone, Copy)]
pub(crate) struct NameHasher {
    secrets: &'static RapidSecrets,
}

impl Default for NameHasher {
    fn default() -> NameHasher {
        static SECRETS: OnceLock<RapidSecrets> = OnceLock::new();
        let seeded = || RapidSecrets::seed(RandomState::new().hash_one(0));
        NameHasher {
            secrets: SECRETS.get_or_init(seeded),
        }
    }
}

impl NameHasher {
    /// The hash of a name in version `version`, 0 or 1, and its shard.
    #[inline]
    pub(crate) fn hash(self, name: &[u8], version: usize) -> (NameHash, usize) {
        let h = rapidhash_v3_micro_inline::<true, false>(name, self.secrets);
        let sketch = sketch(name);
        let hash = NameHash(h.rotate_left(version as u32 * 32), sketch as u32);
        (hash, shard_of(sketch))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_all_lengths_have_sketches_of_their_own() {
        let names = [
            "",
            "a",
            "b",
            "ab",
            "ba",
            "abcdefg",
            "abcdefgh",
            "xbcdefgh",
            "abcdefghi",
        ];
        let long = ["0123456789abcdef", "1123456789abcdef", "x0123456789abcdef"];
        let mut all: Vec<u64> = names
            .iter()
            .chain(&long)
            .map(|n| sketch(n.as_bytes()))
            .collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), names.len() + long.len());
    }
}
