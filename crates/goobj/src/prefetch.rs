//! Asking the processor for memory before it is needed.
//!
//! A link reads a few small records each of hundreds of thousands of symbols that are scattered over
//! all objects: without this, most of its time is spent waiting for one cache line after another.

/// Asks for the cache line in which `b` starts. Does nothing where there is no such instruction,
/// or for an empty slice.
#[inline(always)]
pub fn prefetch(b: &[u8]) {
    if let Some(first) = b.first() {
        prefetch_value(first);
    }
}

/// Asks for the cache line in which `value` starts, as [`prefetch`] does.
#[inline(always)]
#[allow(unsafe_code)]
pub fn prefetch_value<T>(value: &T) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch reads nothing the program can see and never faults.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(value).cast()) }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = value;
}

/// Asks for the cache line that the byte at offset `at` of `b` is in, wherever that is.
#[inline(always)]
#[allow(unsafe_code)]
pub fn prefetch_at(b: &[u8], at: usize) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: as in `prefetch_value`; any address will do.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(b.as_ptr().wrapping_add(at).cast()) }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (b, at);
}

/// As [`prefetch`], for up to `n` lines of `b`.
#[inline(always)]
pub fn prefetch_lines(b: &[u8], n: usize) {
    let end = b.len().min(64 * n);
    let mut at = 0;
    while at < end {
        prefetch_at(b, at);
        at += 64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_slice_will_do() {
        let data = [7u8; 1000];
        prefetch(&[]);
        prefetch(&data[999..]);
        prefetch_value(&data);
        prefetch_at(&data, usize::MAX);
        prefetch_at(&[], 1 << 40);
        prefetch_lines(&data, 100);
        prefetch_lines(&[], 100);
        assert_eq!(data, [7; 1000]);
    }
}
