//! The order Go leaves elements in, ties included, against `data/permutations.txt`, which Go wrote
//! (`data/generate.go` says how), and `data/permutations-32.txt`, which has those that Go 1.23 leaves in
//! another order.

use gosort::Shuffle;
use std::cell::{Cell, RefCell};

/// An element: what it is sorted by, and where it stood before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Item {
    key: u32,
    place: u32,
}

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
}

fn keys(shape: &str, n: usize, seed: u64, shuffle: Shuffle) -> Vec<u32> {
    let mut r = Random(seed);
    r.next();
    let mut out: Vec<u32> = (0..n)
        .map(|i| {
            let v = (r.next() >> 16) as u32;
            match shape {
                "random" => v,
                "few" => v % 7,
                "two" => v % 2,
                "equal" => 5,
                "rising" | "nearly" | "swapped" => i as u32,
                "falling" => (n - i) as u32,
                "saw" => i as u32 % (3 + (seed % 29) as u32),
                "organ" => i.min(n - i) as u32,
                "steps" => (i / (2 + (seed % 13) as usize)) as u32,
                "killer" => 0,
                _ => panic!("unknown shape {shape}"),
            }
        })
        .collect();
    match shape {
        _ if n == 0 => {}
        "nearly" => {
            for _ in 0..3 {
                let at = r.below(n);
                out[at] = r.below(n) as u32;
            }
        }
        "swapped" => {
            for _ in 0..4 {
                let (i, j) = (r.below(n), r.below(n));
                out.swap(i, j);
            }
        }
        "killer" => return killer(n, shuffle),
        _ => {}
    }
    out
}

/// After M. D. McIlroy's adversary for quicksort: values are settled, from the largest down, while the
/// sort asks for them.
fn killer(n: usize, shuffle: Shuffle) -> Vec<u32> {
    const OPEN: u32 = 0;
    let value = RefCell::new(vec![OPEN; n]);
    let (solid, candidate) = (Cell::new(n as u32), Cell::new(0));
    let mut order: Vec<usize> = (0..n).collect();
    gosort::sort_by(&mut order, shuffle, |&x, &y| {
        let mut value = value.borrow_mut();
        if value[x] == OPEN && value[y] == OPEN {
            let settled = if x == candidate.get() { x } else { y };
            value[settled] = solid.get();
            solid.set(solid.get() - 1);
        }
        if value[x] == OPEN {
            candidate.set(x);
        } else if value[y] == OPEN {
            candidate.set(y);
        }
        value[x] < value[y]
    });
    value.into_inner()
}

fn fnv(items: &[Item]) -> u64 {
    items
        .iter()
        .flat_map(|item| item.place.to_le_bytes())
        .fold(0xcbf2_9ce4_8422_2325, |h, byte| {
            (h ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
        })
}

#[test]
fn same_order_as_go() {
    let seen = compare(include_str!("data/permutations.txt"), Shuffle::Triple64);
    assert!(seen > 3000, "only {seen} cases in the golden file");
}

#[test]
fn same_order_as_old_go() {
    let seen = compare(include_str!("data/permutations-32.txt"), Shuffle::Triple32);
    assert!(seen > 200, "only {seen} cases in the golden file");
}

/// Compares all orders in a golden file, whose number it gives.
fn compare(golden: &str, shuffle: Shuffle) -> usize {
    let mut seen = 0;
    for line in golden.lines() {
        let fields: Vec<&str> = line.split(' ').collect();
        let [shape, n, seed, hash] = fields[..] else {
            panic!("bad line {line:?}");
        };
        let n: usize = n.parse().unwrap();
        let seed: u64 = seed.parse().unwrap();
        let items: Vec<Item> = keys(shape, n, seed * 7919 + n as u64, shuffle)
            .into_iter()
            .zip(0..)
            .map(|(key, place)| Item { key, place })
            .collect();

        let mut sorted = items.clone();
        gosort::sort_by(&mut sorted, shuffle, |a, b| a.key < b.key);
        assert!(sorted.is_sorted_by_key(|i| i.key), "{line}: not sorted");
        assert_eq!(format!("{:016x}", fnv(&sorted)), hash, "{line}");

        let mut in_parallel = items;
        gosort::par_sort_by(&mut in_parallel, shuffle, |a, b| a.key < b.key);
        assert_eq!(in_parallel, sorted, "{line}: parallel order differs");
        seen += 1;
    }
    seen
}

/// The adversary must really reach the heap sort, or that path is untested.
#[test]
fn killer_input_is_hard() {
    let n = 3000;
    let comparisons = |keys: Vec<u32>| {
        let mut count = 0u64;
        let mut keys = keys;
        gosort::sort_by(&mut keys, Shuffle::Triple64, |a, b| {
            count += 1;
            a < b
        });
        count
    };
    let hard = comparisons(killer(n, Shuffle::Triple64));
    let easy = comparisons(keys("random", n, 1, Shuffle::Triple64));
    assert!(hard > easy * 2, "{hard} comparisons against {easy}");
}
