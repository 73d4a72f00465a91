//! Numbers written by a Go program.

use super::*;

/// Seed; the first three numbers and the 2004th; a shuffle of twenty; a hash of the next
/// shuffle, of 100003.
type Golden = (i64, [u64; 4], [u64; 20], u64);

const GOLDEN: [Golden; 5] = [
    (
        1,
        [
            0x4d65822107fcfd52,
            0x78629a0f5f3f164f,
            0xd5104dc76695721d,
            0x46444170b0e427d2,
        ],
        [
            4, 14, 13, 9, 15, 8, 19, 18, 16, 5, 3, 1, 2, 0, 10, 6, 7, 11, 17, 12,
        ],
        0x6ea8590a9752618f,
    ),
    (
        7,
        [
            0x759e421e454dfff3,
            0x1da206eeaa152218,
            0x9ee5c9ad1a6d4bd6,
            0xccc6c85309607012,
        ],
        [
            9, 10, 8, 14, 6, 16, 5, 1, 3, 12, 7, 0, 13, 17, 2, 11, 15, 19, 4, 18,
        ],
        0x2325f32b8a5f2267,
    ),
    (
        0,
        [
            0x78fc2ffac2fd9401,
            0x1f5b0412ffd341c0,
            0x53f65ff94f6ec873,
            0x58cba14db22965f5,
        ],
        [
            9, 14, 16, 15, 7, 3, 17, 6, 12, 13, 1, 10, 8, 2, 19, 5, 0, 11, 4, 18,
        ],
        0x20a34a2d6fcb0719,
    ),
    (
        -5,
        [
            0x192464d4e00cf63e,
            0x3d72e1d39b32ac2f,
            0x029c8065f6652704,
            0xbbc437ad78e66e47,
        ],
        [
            10, 2, 14, 12, 5, 13, 16, 11, 19, 18, 17, 15, 1, 7, 4, 8, 6, 0, 9, 3,
        ],
        0x2c356256ed346345,
    ),
    (
        (1 << 40) + 3,
        [
            0x9da1a2f28c39020b,
            0xf0557de30fb6445e,
            0xe825e545eecf52cb,
            0x96c13f3b41b51d0e,
        ],
        [
            8, 9, 5, 17, 7, 1, 12, 2, 10, 13, 15, 0, 6, 11, 19, 18, 3, 14, 16, 4,
        ],
        0xdc26abca505d3051,
    ),
];

#[test]
fn numbers_are_those_of_go() {
    for (seed, numbers, ..) in GOLDEN {
        let mut r = Rand::new(seed);
        for want in &numbers[..3] {
            assert_eq!(r.uint64(), *want, "seed {seed}");
        }
        (0..2000).for_each(|_| {
            r.uint64();
        });
        assert_eq!(r.uint64(), numbers[3], "seed {seed}");
    }
}

#[test]
fn shuffles_are_those_of_go() {
    for (seed, _, twenty, hash) in GOLDEN {
        let mut items: Vec<u64> = (0..20).collect();
        let mut r = Rand::new(seed);
        r.shuffle(&mut items);
        assert_eq!(items, twenty, "seed {seed}");
        let mut items: Vec<u64> = (0..100_003).collect();
        r.shuffle(&mut items);
        let got = items
            .iter()
            .fold(0u64, |h, x| h.wrapping_mul(31).wrapping_add(*x));
        assert_eq!(got, hash, "seed {seed}");
    }
}
