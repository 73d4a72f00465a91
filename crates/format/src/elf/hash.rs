//! The hash table of dynamic symbols (`SHT_HASH`, System V gABI chapter 5).

/// The hash of a name.
pub fn elf_hash(name: &[u8]) -> u32 {
    let mut h = 0u32;
    for &b in name {
        h = (h << 4).wrapping_add(b.into());
        h ^= (h & 0xf000_0000) >> 24;
        h &= 0x0fff_ffff;
    }
    h
}

/// The table for `n_syms` symbols, the null symbol included; `hashes` are the symbols' numbers and
/// hashes in the order in which they are entered, each at the front of its chain. cmd/link takes as
/// many buckets as the number of symbols has bits, and one (`ld/elf.go:elfdynhash`).
pub fn hash_table(hashes: &[(u32, u32)], n_syms: u32) -> Vec<u8> {
    let n_buckets = 1 + u32::BITS - n_syms.leading_zeros();
    let mut buckets = vec![0; n_buckets as usize];
    let mut chains = vec![0; n_syms as usize];
    for &(number, hash) in hashes {
        let bucket = &mut buckets[(hash % n_buckets) as usize];
        chains[number as usize] = std::mem::replace(bucket, number);
    }
    [n_buckets, n_syms]
        .into_iter()
        .chain(buckets)
        .chain(chains)
        .flat_map(u32::to_le_bytes)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_the_specification() {
        for (name, hash) in [
            ("", 0),
            ("printf", 0x077905a6),
            ("exit", 0x0006cf04),
            ("syscall", 0x0b09985c),
            ("flapenguin.me", 0x03987915),
            ("isnan", 0x070a47e),
        ] {
            assert_eq!(elf_hash(name.as_bytes()), hash, "{name}");
        }
    }

    #[test]
    fn every_symbol_is_found_through_its_bucket() {
        let names = ["malloc", "free", "getenv", "setenv", "abort", "fwrite"];
        let hashes: Vec<(u32, u32)> = (1..)
            .zip(names)
            .map(|(n, name)| (n, elf_hash(name.as_bytes())))
            .collect();
        let table: Vec<u32> = hash_table(&hashes, 7)
            .chunks(4)
            .map(|b| u32::from_le_bytes(b.try_into().unwrap()))
            .collect();
        assert_eq!(table[..2], [4, 7]);
        let (buckets, chains) = table[2..].split_at(4);
        for (n, hash) in hashes {
            let first = buckets[hash as usize % 4];
            let mut chain = std::iter::successors(Some(first), |&i| Some(chains[i as usize]));
            assert!(chain.by_ref().take_while(|&i| i != 0).any(|i| i == n));
        }
        // The empty table still has a bucket more than bits.
        assert_eq!(hash_table(&[], 1).len(), 4 * (2 + 2 + 1));
    }
}
