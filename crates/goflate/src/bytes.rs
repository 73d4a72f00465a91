//! Little-endian loads and the length of a match, the two things match finding does all day.

/// The four bytes at `at`.
#[inline(always)]
pub(crate) fn load32(window: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(*window[at..].first_chunk().expect("four bytes at the load"))
}

/// The eight bytes at `at`.
#[inline(always)]
pub(crate) fn load64(window: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(*window[at..].first_chunk().expect("eight bytes at the load"))
}

/// How many bytes at `a` equal those at `b`, where `b < a`, without counting `end` or beyond.
#[inline(always)]
pub(crate) fn match_len(window: &[u8], a: usize, b: usize, end: usize) -> usize {
    if a + 8 <= window.len() {
        // Most matches end within these eight bytes.
        let diff = load64(window, a) ^ load64(window, b);
        if diff != 0 {
            return ((diff.trailing_zeros() / 8) as usize).min(end - a);
        }
    }
    long_match_len(window, a, b, end)
}

/// [`match_len`] without a guess about the result.
fn long_match_len(window: &[u8], a: usize, b: usize, end: usize) -> usize {
    let left = &window[a..end];
    let right = &window[b..b + left.len()];
    let mut n = 0;
    let mut left_words = left.chunks_exact(8);
    let mut right_words = right.chunks_exact(8);
    for (x, y) in left_words.by_ref().zip(right_words.by_ref()) {
        let x = u64::from_le_bytes(x.try_into().expect("chunk of eight"));
        let y = u64::from_le_bytes(y.try_into().expect("chunk of eight"));
        let diff = x ^ y;
        if diff != 0 {
            return n + (diff.trailing_zeros() / 8) as usize;
        }
        n += 8;
    }
    let rest = left_words.remainder().iter().zip(right_words.remainder());
    n + rest.take_while(|(x, y)| x == y).count()
}
