//! `runtime.findfunctab`: per 4096 bytes of text the number of the function there, and per 256
//! bytes how many functions later one is (`ld/pcln.go:findfunctab`, runtime/symtab.go:findfunc).

use super::PclntabError;
use rayon::prelude::*;

/// Parts of a bucket.
const PARTS: u64 = 16;
/// Size of a bucket in the table, bytes: the number and one byte for each part.
const BUCKET: usize = 4 + PARTS as usize;

/// Size of the table in bytes, for `len` bytes of text in buckets of `bucket` bytes.
pub(crate) fn size(len: u64, bucket: u64) -> u64 {
    4 * len.div_ceil(bucket) + len.div_ceil(bucket / PARTS)
}

/// Writes the table. `entries` are the functions' distances from the start of text, ascending,
/// `first` is that of the first text symbol, which is where the buckets of `bucket` bytes begin.
pub(crate) fn fill(
    entries: &[u32],
    first: u64,
    bucket: u64,
    out: &mut [u8],
) -> Result<(), Vec<PclntabError>> {
    let n_buckets = out.len().div_ceil(BUCKET);
    let errors: Vec<PclntabError> = out
        .par_chunks_mut(BUCKET)
        .with_min_len(256)
        .enumerate()
        .filter_map(|(i, out)| {
            let mut at = first + i as u64 * bucket;
            // The function in which `at` lies is the last one that does not start behind it. What
            // comes before all functions belongs to the first.
            let behind = entries.partition_point(|&e| u64::from(e) <= at);
            let base = behind.saturating_sub(1);
            let (number, deltas) = out.split_at_mut(4);
            number.copy_from_slice(&(base as u32).to_le_bytes());
            let mut f = base;
            let mut error = None;
            for (part, delta) in deltas.iter_mut().enumerate() {
                while entries.get(f + 1).is_some_and(|&e| u64::from(e) <= at) {
                    f += 1;
                }
                at += bucket / PARTS;
                match u8::try_from(f - base) {
                    Ok(d) => *delta = d,
                    Err(_) => {
                        error.get_or_insert(PclntabError::CrowdedBucket {
                            bucket: i,
                            buckets: n_buckets,
                            part,
                            functions: f - base,
                        });
                    }
                }
            }
            error
        })
        .collect();
    if errors.is_empty() {
        Ok(())
    } else {
        Err(errors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The function that a lookup finds first for a distance from the start of the table.
    fn lookup(table: &[u8], at: usize) -> usize {
        let bucket = &table[at / 4096 * BUCKET..];
        let base = u32::from_le_bytes(bucket[..4].try_into().unwrap());
        base as usize + usize::from(bucket[4 + at % 4096 / 256])
    }

    #[test]
    fn every_part_names_the_function_its_first_byte_lies_in() {
        // Functions that cross, fill and share parts; text starts 512 bytes in.
        let entries = [512u32, 528, 4608, 4864, 4880, 9000];
        let len = 9100 - 512;
        let mut out = vec![0; size(len, 4096) as usize];
        assert_eq!(out.len(), 3 * 4 + 34);
        fill(&entries, 512, 4096, &mut out).unwrap();
        for at in (0..len as usize).step_by(256) {
            let owner = entries.iter().rposition(|&e| e as usize <= 512 + at);
            assert_eq!(Some(lookup(&out, at)), owner, "at {at}");
        }
    }

    #[test]
    fn a_bucket_of_more_functions_than_a_byte_counts_is_an_error() {
        let entries: Vec<u32> = (0..300).map(|i| i * 8).collect();
        let mut out = vec![0; size(2400, 4096) as usize];
        let errors = fill(&entries, 0, 4096, &mut out).unwrap_err();
        assert_eq!(
            errors[0].to_string(),
            "too many functions in a findfunc bucket! 0/1 8 256"
        );
    }
}
