//! `runtime.findfunctab`: per 4096 bytes of text the number of the function there, and per 256
//! bytes how many functions later one is (`ld/pcln.go:findfunctab`, runtime/symtab.go:findfunc).

use super::{PclntabError, PclntabPlan};
use rayon::prelude::*;

/// Parts of a bucket.
const PARTS: u64 = 16;
/// Size of a bucket in the table, bytes: the number and one byte for each part.
const BUCKET: usize = 4 + PARTS as usize;

/// Size of the table in bytes, for `len` bytes of text in buckets of `bucket` bytes.
pub(crate) fn size(len: u64, bucket: u64) -> u64 {
    4 * len.div_ceil(bucket) + len.div_ceil(bucket / PARTS)
}

/// Writes the table.
pub(crate) fn fill(plan: &PclntabPlan, out: &mut [u8]) -> Result<(), Vec<PclntabError>> {
    let part = u64::from(plan.bucket_size) / PARTS;
    let n_buckets = plan.text_len.div_ceil(plan.bucket_size.into()) as usize;
    let errors: Vec<PclntabError> = out
        .par_chunks_mut(BUCKET)
        .with_min_len(256)
        .enumerate()
        .filter_map(|(i, out)| {
            let mut at = plan.text_first + i as u64 * u64::from(plan.bucket_size);
            // The function in which `at` lies is the last one that does not start behind it. A part
            // that begins before all functions belongs to the first.
            let after = |at: u64| plan.entries.partition_point(|&e| u64::from(e) <= at);
            let base = after(at).saturating_sub(1);
            let (number, deltas) = out.split_at_mut(4);
            number.copy_from_slice(&(base as u32).to_le_bytes());
            let mut f = base;
            let mut error = None;
            for (j, delta) in deltas.iter_mut().enumerate() {
                while plan.entries.get(f + 1).is_some_and(|&e| u64::from(e) <= at) {
                    f += 1;
                }
                at += part;
                match u8::try_from(f - base) {
                    Ok(d) => *delta = d,
                    Err(_) => {
                        error.get_or_insert(PclntabError::CrowdedBucket {
                            bucket: i,
                            buckets: n_buckets,
                            part: j,
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
