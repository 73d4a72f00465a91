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

/// The sixteen bytes at `at`.
#[inline(always)]
fn load128(window: &[u8], at: usize) -> u128 {
    u128::from_le_bytes(
        *window[at..]
            .first_chunk()
            .expect("sixteen bytes at the load"),
    )
}

/// How many bytes at `a` equal those at `b`, where `b < a`, without counting `end` or beyond.
#[inline(always)]
pub(crate) fn match_len(window: &[u8], a: usize, b: usize, end: usize) -> usize {
    if a + 16 <= window.len() {
        // Most matches end within these bytes; at which of them is not to be foreseen.
        let diff = load128(window, a) ^ load128(window, b);
        if diff != 0 {
            return ((diff.trailing_zeros() / 8) as usize).min(end - a);
        }
    }
    long_match_len(window, a, b, end)
}

/// How many bytes before `a` equal those before `b`, where `b < a`, at most `room`, which is at most
/// `b`.
#[inline(always)]
pub(crate) fn match_len_back(window: &[u8], a: usize, b: usize, room: usize) -> usize {
    if b >= 8 {
        let diff = load64(window, a - 8) ^ load64(window, b - 8);
        let n = (diff.leading_zeros() / 8) as usize;
        if n < 8 || room <= 8 {
            return n.min(room);
        }
    }
    long_match_len_back(window, a, b, room)
}

/// [`match_len_back`] byte by byte.
#[cold]
fn long_match_len_back(window: &[u8], a: usize, b: usize, room: usize) -> usize {
    let left = window[..a].iter().rev();
    let right = window[..b].iter().rev();
    let same = left.zip(right).take(room).take_while(|(x, y)| x == y);
    same.count()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_end_where_bytes_differ() {
        for len in 0..40 {
            for room in 0..40 {
                // The two places share `len` bytes before and behind them.
                let same = vec![7; len];
                let half = |edge: u8| [&[edge], &same[..], &same[..], &[edge; 30]].concat();
                let window = [half(1), half(2)].concat();
                let (b, a) = (1 + len, 1 + len + window.len() / 2);
                let end = (a + room).min(window.len());
                assert_eq!(match_len(&window, a, b, end), len.min(room), "{len} {room}");
                let room = room.min(b);
                assert_eq!(
                    match_len_back(&window, a, b, room),
                    len.min(room),
                    "{len} {room}"
                );
            }
        }
    }
}
