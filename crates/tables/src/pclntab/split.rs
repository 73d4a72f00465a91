//! Cutting a table into parts that threads fill.

/// Has a part of a table made, in zeroed memory, and put in its place.
pub type Make<'a> = dyn Fn(&mut [u8], &mut dyn FnMut(&mut [u8])) + Sync + 'a;

/// Bytes of a part, about: it is to stay in the processor's cache until it is written.
pub(crate) const PART: usize = 1 << 18;

/// Cuts `out` into parts of `size` bytes at least, each but the first beginning with an item. The items
/// lie in `out` at their offsets, ascending. Gives for every part its offset, the part and the items.
pub(crate) fn split<'a, 'b, T>(
    mut out: &'a mut [u8],
    mut items: &'b [T],
    offset: impl Fn(&T) -> usize,
    size: usize,
) -> Vec<(usize, &'a mut [u8], &'b [T])> {
    let mut parts = Vec::with_capacity(out.len() / size + 1);
    let mut base = 0;
    while !items.is_empty() {
        let n = items.partition_point(|i| offset(i) < base + size).max(1);
        let (group, later) = items.split_at(n);
        let end = later.first().map_or(base + out.len(), &offset);
        let (part, rest) = out.split_at_mut(end - base);
        parts.push((base, part, group));
        (out, items, base) = (rest, later, end);
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
    fn parts_begin_at_their_first_item_and_cover_everything() {
        let mut out = [0u8; 20];
        let items = [2usize, 5, 9, 11, 19];
        let parts = split(&mut out, &items, |&i| i, 8);
        let seen: Vec<_> = parts
            .iter()
            .map(|(b, p, i)| (*b, p.len(), i.len()))
            .collect();
        assert_eq!(seen, [(0, 9, 2), (9, 10, 2), (19, 1, 1)]);
        let parts = split(&mut out, &items[..2], |&i| i, 2);
        let seen: Vec<_> = parts.iter().map(|(b, p, _)| (*b, p.len())).collect();
        assert_eq!(seen, [(0, 5), (5, 15)]);
    }
}
