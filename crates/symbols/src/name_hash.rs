//! Hashes that stand for names.

use rapidhash::v3::{RapidSecrets, rapidhash_v3_micro_inline};
use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;

pub(crate) const SHARD_BITS: u32 = 6;
/// Number of shards of names, and of long hashes.
pub(crate) const SHARDS: usize = 1 << SHARD_BITS;

/// At most eight bytes as a word, the first of them the lowest.
#[inline]
pub(crate) const fn word(bytes: &[u8]) -> u64 {
    let (mut word, mut i) = (0, bytes.len());
    while i > 0 {
        i -= 1;
        word = word << 8 | bytes[i] as u64;
    }
    word
}

/// What of a name tells most names apart without reading all of it, from its length and its last
/// bytes.
#[inline]
fn sketch(name: &[u8]) -> u64 {
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

/// The hash that stands for a name and a version, and a part of its sketch, whose top bits choose the
/// shard. The hash is seeded anew in
/// every process, and two names of one program sharing both is less likely than memory failing; names
/// themselves are not compared.
///
/// What names of version 0 begin with, if it is one of [`Prefix`], is not hashed but noted in the lowest
/// bits of the second number: the hashes of a type's descriptor and of its debugging information can be
/// had from one another, and are of one shard.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(C, packed(4))]
pub(crate) struct NameHash(pub u64, pub u32);

/// What a name begins with.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
enum Prefix {
    /// Anything; all names of less than eight bytes.
    Any = 0,
    /// `type:`, as the name of a type's descriptor.
    Type = 1,
    /// `go:info.`, as the name of its debugging information.
    Info = 2,
}

impl Prefix {
    /// The bits of a [`NameHash`] where it is noted.
    const BITS: u32 = 3;

    /// That of a name, and what is behind it.
    #[inline]
    fn split(name: &[u8]) -> (Prefix, &[u8]) {
        match name.split_first_chunk() {
            Some((b"go:info.", rest)) => (Prefix::Info, rest),
            Some((&[b't', b'y', b'p', b'e', b':', _, _, _], _)) => (Prefix::Type, &name[5..]),
            _ => (Prefix::Any, name),
        }
    }
}

impl NameHash {
    /// The shard of the name.
    #[inline]
    pub(crate) fn shard(self) -> usize {
        let NameHash(_, more) = self;
        (more >> (32 - SHARD_BITS)) as usize
    }

    /// The hash of the name `type:NAME`, if this is that of `go:info.NAME`, in version 0.
    #[inline]
    pub(crate) fn type_of_info(self) -> Option<NameHash> {
        let NameHash(hash, more) = self;
        let is_info = more & Prefix::BITS == Prefix::Info as u32;
        is_info.then_some(NameHash(hash, more & !Prefix::BITS | Prefix::Type as u32))
    }
}

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
    /// The hash of a name in version `version`, 0 or 1.
    #[inline]
    pub(crate) fn hash(self, name: &[u8], version: usize) -> NameHash {
        let (prefix, name) = match version {
            0 => Prefix::split(name),
            _ => (Prefix::Any, name),
        };
        let h = rapidhash_v3_micro_inline::<true, false>(name, self.secrets);
        let more = sketch(name) as u32 & !Prefix::BITS | prefix as u32;
        NameHash(h.rotate_left(version as u32 * 32), more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_a_type_is_had_from_that_of_its_information() {
        let hasher = NameHasher::default();
        let of = |name: &str| hasher.hash(name.as_bytes(), 0);
        for name in ["int", "*main.T", "map[string]struct { F net/http.Handler }"] {
            let info = of(&format!("go:info.{name}"));
            let descriptor = of(&format!("type:{name}"));
            assert!(info != descriptor && info != of(name) && descriptor != of(name));
            assert!(info.type_of_info() == Some(descriptor));
            assert_eq!(info.shard(), descriptor.shard());
            assert!(descriptor.type_of_info().is_none() && of(name).type_of_info().is_none());
        }
        let other_version = hasher.hash(b"go:info.int", 1);
        assert!(other_version.type_of_info().is_none());
        // Too short for a prefix.
        assert!(of("go:info.T").type_of_info() != Some(of("type:T")));
    }

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
