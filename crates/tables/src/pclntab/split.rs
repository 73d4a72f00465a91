//! Cutting a table into parts that threads fill.

/// Cuts `out` where groups of `each` items begin. The items lie in `out` at their offsets,
/// ascending. Gives for every group the offset of its part, the part and the items.
pub(crate) fn split<'a, 'b, T>(
    mut out: &'a mut [u8],
    items: &'b [T],
    offset: impl Fn(&T) -> usize,
    each: usize,
) -> Vec<(usize, &'a mut [u8], &'b [T])> {
    let mut parts = Vec::with_capacity(items.len().div_ceil(each));
    let mut base = 0;
    let mut groups = items.chunks(each).peekable();
    while let Some(group) = groups.next() {
        let end = groups.peek().map_or(base + out.len(), |g| offset(&g[0]));
        let (part, rest) = out.split_at_mut(end - base);
        parts.push((base, part, group));
        (out, base) = (rest, end);
    }
    parts
}

/// Copies `data` to the start of `out`. Symbols of damaged objects may hold more than their size
/// says; what has no room is lost.
pub(crate) fn copy(out: &mut [u8], data: &[u8]) {
    let n = data.len().min(out.len());
    out[..n].copy_from_slice(&data[..n]);
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn parts_begin_at_the_first_item_of_their_group_and_cover_everything() {
        let mut out = [0u8; 20];
        let items = [2usize, 5, 9, 11, 19];
        let parts = split(&mut out, &items, |&i| i, 2);
        let seen: Vec<_> = parts
            .iter()
            .map(|(b, p, i)| (*b, p.len(), i.len()))
            .collect();
        assert_eq!(seen, [(0, 9, 2), (9, 10, 2), (19, 1, 1)]);
    }
}
