//! Damaged input gives a report, never a panic.

use linkdiff::{Options, compare};

/// A small deterministic generator (xorshift); the tests must not depend on chance.
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

/// This test's own executable: a real file of the host's format.
fn sample() -> Vec<u8> {
    std::fs::read(std::env::current_exe().unwrap()).unwrap()
}

#[test]
fn truncated_files_are_reported() {
    let whole = sample();
    for part in [
        0,
        1,
        4,
        15,
        63,
        64,
        100,
        1000,
        whole.len() / 2,
        whole.len() - 1,
    ] {
        let report = compare(&whole, &whole[..part], &Options::default());
        assert!(!report.identical);
        assert!(!report.findings.is_empty(), "cut at {part}");
        assert!(report.first_offset.is_some());
        assert!(report.to_string().contains("different"));
    }
}

#[test]
fn other_content_is_compared_as_bytes() {
    let report = compare(b"plain text one", b"plain text two", &Options::default());
    assert_eq!(report.first_offset, Some(11));
    assert!(report.to_string().contains("0xb"), "{report}");
}

#[test]
fn random_headers_do_not_panic() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for round in 0..2000 {
        let mut data = vec![0u8; 64 + random.below(600)];
        for byte in &mut data {
            *byte = if random.below(3) == 0 {
                random.next() as u8
            } else {
                0
            };
        }
        let class = 1 + (round % 2) as u8;
        data[..6].copy_from_slice(&[0x7f, b'E', b'L', b'F', class, 1]);
        // Keep tables near the start so that they are read.
        if class == 2 {
            data[32..48].fill(0);
            data[32] = 64;
            data[40] = 64;
            data[52..64].copy_from_slice(&[64, 0, 56, 0, 2, 0, 64, 0, 4, 0, 1, 0]);
        }
        let mut other = data.clone();
        let at = random.below(other.len());
        other[at] ^= 1 + random.next() as u8 % 255;
        let report = compare(&data, &other, &Options { all: true });
        assert!(!report.identical);
        let _ = report.to_string();
    }
}
