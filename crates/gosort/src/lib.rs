//! Go's pattern-defeating quicksort, permutation for permutation.
//!
//! `sort.Slice`, `sort.Sort` and `slices.SortFunc` of Go's standard library are one unstable
//! algorithm. A few sorts of cmd/link compare elements as equal although they differ, so where that
//! algorithm happens to leave them is visible in the output file. [`sort_by`] leaves them in the same
//! places. The algorithm is the same in every Go release from 1.19 on (`src/sort/zsortfunc.go`,
//! `pdqsort_func`), but for how it mixes up ranges that it gets bad pivots in ([`Shuffle`]).
//!
//! The permutation depends on the answers of `less` alone, never on the elements. Callers with an
//! expensive comparison do well to sort small precomputed ranks.
//!
//! [`par_sort_by`] gives the same permutation from several threads: once a range is partitioned, its
//! two sides never look at each other again.

/// Ranges up to this length are sorted by insertion.
const INSERTION_MAX: usize = 12;

/// Ranges from this length on take their pivot from nine elements instead of three, and are worth
/// shifting elements about when they look almost sorted.
const LONG_RANGE: usize = 50;

/// Below this length [`par_sort_by`] stays on one thread; a split costs about a microsecond.
const PARALLEL_MIN: usize = 4096;

/// The pseudo-random numbers that elements are exchanged by where pivots are bad: the shifts of an
/// xorshift generator of 64 bits (`xorshift.Next` in `src/sort/sort.go`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shuffle {
    /// 13, 17 and 5, which are meant for 32 bits (until 1.23).
    Triple32,
    /// 13, 7 and 17.
    Triple64,
}

/// Sorts `data` as Go's `slices.SortFunc` does, ties included.
///
/// `less(a, b)` answers whether `a` must come before `b`; it must be a strict weak ordering.
pub fn sort_by<T>(data: &mut [T], shuffle: Shuffle, mut less: impl FnMut(&T, &T) -> bool) {
    let progress = Progress::new(shuffle, allowed_bad_pivots(data.len()));
    quicksort(data, None, progress, &mut less);
}

/// [`sort_by`] on the threads of the current rayon pool; the resulting permutation is the same.
pub fn par_sort_by<T: Send + Sync>(
    data: &mut [T],
    shuffle: Shuffle,
    less: impl Fn(&T, &T) -> bool + Sync,
) {
    let progress = Progress::new(shuffle, allowed_bad_pivots(data.len()));
    par_quicksort(data, None, progress, &less);
}

/// How many badly unbalanced partitions are tolerated before a range is heap sorted.
fn allowed_bad_pivots(len: usize) -> u32 {
    usize::BITS - len.leading_zeros()
}

/// What one range remembers from its earlier partitions.
#[derive(Clone, Copy)]
struct Progress {
    shuffle: Shuffle,
    bad_pivots_left: u32,
    was_balanced: bool,
    was_partitioned: bool,
}

impl Progress {
    fn new(shuffle: Shuffle, bad_pivots_left: u32) -> Self {
        Progress {
            shuffle,
            bad_pivots_left,
            was_balanced: true,
            was_partitioned: true,
        }
    }
}

/// What is left to do after one step on a range.
enum Step {
    /// The range is sorted.
    Done,
    /// The first `n` elements equal the pivot and are in place; the rest is unsorted.
    Equal(usize),
    /// The element at this index is in place, with smaller ones before it.
    Split(usize),
}

/// A range cut at its pivot.
struct Cut<'a, T> {
    left: &'a mut [T],
    pivot: &'a T,
    right: &'a mut [T],
}

fn cut<T>(data: &mut [T], at: usize) -> Cut<'_, T> {
    let (left, rest) = data.split_at_mut(at);
    let (pivot, right) = rest.split_first_mut().expect("the pivot is in the range");
    Cut { left, pivot, right }
}

/// Sorts `data`, whose predecessor in the whole slice is `before`.
fn quicksort<'a, T>(
    mut data: &'a mut [T],
    mut before: Option<&'a T>,
    mut progress: Progress,
    less: &mut impl FnMut(&T, &T) -> bool,
) {
    loop {
        match step(data, before, &mut progress, less) {
            Step::Done => return,
            Step::Equal(n) => {
                let (equal, rest) = data.split_at_mut(n);
                before = equal.last();
                data = rest;
            }
            Step::Split(mid) => {
                let fresh = Progress::new(progress.shuffle, progress.bad_pivots_left);
                let Cut { left, pivot, right } = cut(data, mid);
                if left.len() <= right.len() {
                    quicksort(left, before, fresh, less);
                    data = right;
                    before = Some(pivot);
                } else {
                    quicksort(right, Some(pivot), fresh, less);
                    data = left;
                }
            }
        }
    }
}

/// [`quicksort`], with the two sides of a partition of a long range sorted at the same time.
fn par_quicksort<'a, T: Send + Sync>(
    mut data: &'a mut [T],
    mut before: Option<&'a T>,
    mut progress: Progress,
    less: &(impl Fn(&T, &T) -> bool + Sync),
) {
    while data.len() >= PARALLEL_MIN {
        match step(data, before, &mut progress, &mut &*less) {
            Step::Done => return,
            Step::Equal(n) => {
                let (equal, rest) = data.split_at_mut(n);
                before = equal.last();
                data = rest;
            }
            Step::Split(mid) => {
                // The shorter side starts afresh; the longer one continues with this progress.
                let fresh = Progress::new(progress.shuffle, progress.bad_pivots_left);
                let Cut { left, pivot, right } = cut(data, mid);
                let (for_left, for_right) = if left.len() <= right.len() {
                    (fresh, progress)
                } else {
                    (progress, fresh)
                };
                rayon::join(
                    || par_quicksort(left, before, for_left, less),
                    || par_quicksort(right, Some(pivot), for_right, less),
                );
                return;
            }
        }
    }
    quicksort(data, before, progress, &mut &*less);
}

/// One round of the quicksort: finishes a range that is short, hopeless or nearly sorted, and
/// partitions any other.
fn step<T>(
    data: &mut [T],
    before: Option<&T>,
    progress: &mut Progress,
    less: &mut impl FnMut(&T, &T) -> bool,
) -> Step {
    let len = data.len();
    if len <= INSERTION_MAX {
        insertion_sort(data, less);
        return Step::Done;
    }
    if progress.bad_pivots_left == 0 {
        heap_sort(data, less);
        return Step::Done;
    }
    if !progress.was_balanced {
        break_patterns(data, progress.shuffle);
        progress.bad_pivots_left -= 1;
    }

    let (mut pivot, mut order) = choose_pivot(data, less);
    if order == Order::Decreasing {
        data.reverse();
        pivot = len - 1 - pivot;
        order = Order::Increasing;
    }
    if progress.was_balanced
        && progress.was_partitioned
        && order == Order::Increasing
        && finish_nearly_sorted(data, less)
    {
        return Step::Done;
    }

    // Nothing here is smaller than `before`. If the pivot is not larger either, the range probably
    // holds many equal elements.
    if let Some(before) = before
        && !less(before, &data[pivot])
    {
        return Step::Equal(partition_equal(data, pivot, less));
    }

    let (mid, already) = partition(data, pivot, less);
    progress.was_partitioned = already;
    progress.was_balanced = mid.min(len - mid) >= len / 8;
    Step::Split(mid)
}

fn insertion_sort<T>(data: &mut [T], less: &mut impl FnMut(&T, &T) -> bool) {
    for i in 1..data.len() {
        sink(data, i, less);
    }
}

/// Moves the element at `i` left past every larger one.
fn sink<T>(data: &mut [T], i: usize, less: &mut impl FnMut(&T, &T) -> bool) {
    for j in (1..=i).rev() {
        if !less(&data[j], &data[j - 1]) {
            break;
        }
        data.swap(j, j - 1);
    }
}

fn heap_sort<T>(data: &mut [T], less: &mut impl FnMut(&T, &T) -> bool) {
    let len = data.len();
    for root in (0..=(len - 1) / 2).rev() {
        sift_down(data, root, less);
    }
    for end in (0..len).rev() {
        data.swap(0, end);
        sift_down(&mut data[..end], 0, less);
    }
}

fn sift_down<T>(heap: &mut [T], mut root: usize, less: &mut impl FnMut(&T, &T) -> bool) {
    loop {
        let mut child = 2 * root + 1;
        if child >= heap.len() {
            return;
        }
        if child + 1 < heap.len() && less(&heap[child], &heap[child + 1]) {
            child += 1;
        }
        if !less(&heap[root], &heap[child]) {
            return;
        }
        heap.swap(root, child);
        root = child;
    }
}

/// Puts the pivot in its place, smaller elements before it and the others after it. Answers its
/// place, and whether no other element had to move.
fn partition<T>(
    data: &mut [T],
    pivot: usize,
    less: &mut impl FnMut(&T, &T) -> bool,
) -> (usize, bool) {
    data.swap(0, pivot);
    // data[i..j] is what remains to be looked at.
    let (mut i, mut j) = (1, data.len());
    let mut already = true;
    loop {
        while i < j && less(&data[i], &data[0]) {
            i += 1;
        }
        while i < j && !less(&data[j - 1], &data[0]) {
            j -= 1;
        }
        if i == j {
            data.swap(0, i - 1);
            return (i - 1, already);
        }
        already = false;
        data.swap(i, j - 1);
        i += 1;
        j -= 1;
    }
}

/// Moves the elements equal to the pivot, of which no other is smaller, to the front; answers their
/// number.
fn partition_equal<T>(
    data: &mut [T],
    pivot: usize,
    less: &mut impl FnMut(&T, &T) -> bool,
) -> usize {
    data.swap(0, pivot);
    let (mut i, mut j) = (1, data.len());
    loop {
        while i < j && !less(&data[0], &data[i]) {
            i += 1;
        }
        while i < j && less(&data[0], &data[j - 1]) {
            j -= 1;
        }
        if i == j {
            return i;
        }
        data.swap(i, j - 1);
        i += 1;
        j -= 1;
    }
}

/// Repairs up to five out-of-order neighbours; answers whether the range is then sorted.
fn finish_nearly_sorted<T>(data: &mut [T], less: &mut impl FnMut(&T, &T) -> bool) -> bool {
    const MAX_REPAIRS: usize = 5;
    let len = data.len();
    let mut i = 1;
    for _ in 0..MAX_REPAIRS {
        while i < len && !less(&data[i], &data[i - 1]) {
            i += 1;
        }
        if i == len {
            return true;
        }
        if len < LONG_RANGE {
            return false;
        }
        data.swap(i, i - 1);
        if i >= 2 {
            sink(data, i - 1, less);
        }
        if len - i >= 2 {
            for j in i + 1..len {
                if !less(&data[j], &data[j - 1]) {
                    break;
                }
                data.swap(j, j - 1);
            }
        }
    }
    false
}

/// Swaps three elements of the middle with pseudo-random ones, so that an input made to give bad
/// pivots does not go on giving them.
fn break_patterns<T>(data: &mut [T], shuffle: Shuffle) {
    let len = data.len();
    if len < 8 {
        return;
    }
    let (right, left) = match shuffle {
        Shuffle::Triple32 => (17, 5),
        Shuffle::Triple64 => (7, 17),
    };
    let mut random = len as u64;
    let mask = (1u64 << (usize::BITS - len.leading_zeros())) - 1;
    let middle = len / 4 * 2;
    for at in middle - 1..=middle + 1 {
        random ^= random << 13;
        random ^= random >> right;
        random ^= random << left;
        let mut other = (random & mask) as usize;
        if other >= len {
            other -= len;
        }
        data.swap(at, other);
    }
}

/// What the elements looked at for a pivot suggest about the range.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Unknown,
    Increasing,
    Decreasing,
}

fn choose_pivot<T>(data: &[T], less: &mut impl FnMut(&T, &T) -> bool) -> (usize, Order) {
    /// Three medians of neighbours and their median, three exchanges each.
    const MAX_EXCHANGES: u32 = 12;
    let quarter = data.len() / 4;
    let mut median = MedianFinder {
        data,
        less,
        exchanges: 0,
    };
    let mut places = [quarter, quarter * 2, quarter * 3];
    if data.len() >= LONG_RANGE {
        places = places.map(|at| median.of(at - 1, at, at + 1));
    }
    let pivot = median.of(places[0], places[1], places[2]);
    let order = match median.exchanges {
        0 => Order::Increasing,
        MAX_EXCHANGES => Order::Decreasing,
        _ => Order::Unknown,
    };
    (pivot, order)
}

/// Finds medians, counting the exchanges sorting the three elements would take.
struct MedianFinder<'a, T, F> {
    data: &'a [T],
    less: &'a mut F,
    exchanges: u32,
}

impl<T, F: FnMut(&T, &T) -> bool> MedianFinder<'_, T, F> {
    fn of(&mut self, a: usize, b: usize, c: usize) -> usize {
        let (a, b) = self.ordered(a, b);
        let (b, _) = self.ordered(b, c);
        self.ordered(a, b).1
    }

    fn ordered(&mut self, a: usize, b: usize) -> (usize, usize) {
        if (self.less)(&self.data[b], &self.data[a]) {
            self.exchanges += 1;
            (b, a)
        } else {
            (a, b)
        }
    }
}
