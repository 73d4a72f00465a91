//! Streams against Go's: `data/*.txt` hold the lengths and hashes of what Go makes of the same inputs
//! (`data/generate.go` says how).

use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};

use goflate::{Encoder, Generated, Source, compress_within, zlib_default, zlib_level1};
use rayon::prelude::*;

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, n: usize) -> usize {
        ((self.next() >> 11) % n as u64) as usize
    }
}

/// The kinds a mixed input is made of.
const KINDS: [&str; 8] = [
    "zeros",
    "random",
    "geometric",
    "words",
    "repeats",
    "far",
    "records",
    "sparse",
];

/// `n` bytes of some kind, as `data/generate.go` makes them.
fn input(kind: &str, n: usize, seed: u64) -> Vec<u8> {
    let (kind, variant) = kind.split_once(':').unwrap_or((kind, "0"));
    let variant: u64 = variant.parse().unwrap();
    let mut r = Random(seed + variant);
    r.next();
    let mut out: Vec<u8> = Vec::new();
    let mut varied = variant != 0;
    while out.len() < n {
        if varied && out.len() > 30000 {
            varied = false;
            out.truncate(30000);
            r = Random(seed);
        }
        let v = r.next();
        match kind {
            "zeros" => out.push(0),
            "random" => out.push((v >> 32) as u8),
            "geometric" => out.push(v.trailing_zeros() as u8),
            "words" => {
                let seed = 1 + v % 61 * ((v >> 20) % 7);
                let mut word = Random(seed);
                for _ in 0..2 + word.below(9) {
                    out.push(b'a' + word.below(26) as u8);
                }
                out.push(b' ');
            }
            "drift" => {
                // The second block uses a few more symbols.
                let late = out.len() >= 65535 && (v >> 30).is_multiple_of(5);
                let mut word = Random(1 + v % 61);
                for _ in 0..2 + word.below(9) {
                    out.push(b'a' + word.below(26) as u8);
                }
                out.push(if late {
                    b'0' + (v >> 40) as u8 % 16
                } else {
                    b' '
                });
                out.push((v >> 50) as u8 % 64 + if (v >> 45).is_multiple_of(64) { 64 } else { 0 });
            }
            "repeats" => {
                if out.is_empty() || (v >> 40).is_multiple_of(3) {
                    for _ in 0..1 + r.below(40) {
                        out.push((r.next() >> 32) as u8);
                    }
                } else {
                    let from = out.len() - 1 - r.below(out.len().min(40000));
                    for i in 0..4 + r.below(600) {
                        out.push(out[from + i]);
                    }
                }
            }
            "far" => {
                if out.len() < 32800 || (v >> 40).is_multiple_of(4) {
                    for _ in 0..1 + r.below(12) {
                        out.push((r.next() >> 32) as u8);
                    }
                } else {
                    let from = out.len() - 32764 - r.below(9);
                    for i in 0..4 + r.below(40) {
                        out.push(out[from + i]);
                    }
                }
            }
            "records" => {
                let at = out.len() as u32;
                out.extend(at.to_le_bytes());
                let (small, smaller) = ((v >> 32) as u8 & 15, (v >> 40) as u8 & 3);
                out.extend([2, small, 0, 0, smaller, 0x7f]);
                if (v >> 50).is_multiple_of(5) {
                    out.extend(&b"DW_AT_name"[..3 + (v >> 56) as usize % 7]);
                }
            }
            "sparse" => {
                out.resize(out.len() + r.below(300), 0);
                out.push((v >> 32) as u8 & 31);
            }
            "mixed" => {
                let part = KINDS[(v >> 33) as usize % KINDS.len()];
                out.extend(input(part, 1000 + r.below(50000), v | 1));
            }
            _ => panic!("unknown kind {kind}"),
        }
    }
    out.truncate(n);
    out
}

fn seed_of(n: usize) -> u64 {
    1234567 * n as u64 + 1
}

/// A function that makes a stream.
type Compress = fn(Encoder, &[u8]) -> Vec<u8>;

fn check(compress: Compress, encoder: Encoder, golden: &str) {
    let lines: Vec<&str> = golden.lines().collect();
    assert!(lines.len() > 900, "{} lines of golden data", lines.len());
    lines.par_iter().for_each(|line| {
        let fields: Vec<&str> = line.split(' ').collect();
        let [kind, first, last, total, hash] = fields[..] else {
            panic!("bad line {line:?}");
        };
        let (first, last): (usize, usize) = (first.parse().unwrap(), last.parse().unwrap());
        let (mut h, mut len) = (0xcbf2_9ce4_8422_2325u64, 0);
        for n in first..=last {
            let stream = compress(encoder, &input(kind, n, seed_of(n)));
            len += stream.len();
            for byte in stream {
                h = (h ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
            }
        }
        assert_eq!(
            (len.to_string().as_str(), format!("{h:016x}").as_str()),
            (total, hash),
            "{line}"
        );
    });
}

#[test]
fn same_as_go_1_26() {
    check(zlib_level1, Encoder::Go126, include_str!("data/go126.txt"));
}

#[test]
fn same_as_go_1_27() {
    check(zlib_level1, Encoder::Go127, include_str!("data/go127.txt"));
}

#[test]
fn same_as_go_1_27_with_fused_multiply_add() {
    check(
        zlib_level1,
        Encoder::Go127Fused,
        include_str!("data/go127fused.txt"),
    );
}

#[test]
fn same_as_go_1_26_by_default() {
    check(
        zlib_default,
        Encoder::Go126,
        include_str!("data/go126default.txt"),
    );
}

#[test]
fn same_as_go_1_27_by_default() {
    check(
        zlib_default,
        Encoder::Go127,
        include_str!("data/go127default.txt"),
    );
}

/// A made input is asked for piece by piece, every byte once, and gives the same stream.
#[test]
fn generated_input() {
    for encoder in [Encoder::Go126, Encoder::Go127] {
        for n in [0, 1, 65535, 8 * 65535, 8 * 65535 + 1, 3_000_000] {
            let data = input("mixed", n, 77);
            let expected = zlib_level1(encoder, &data);
            let filled = AtomicU64::new(0);
            let source = Generated {
                len: data.len() as u64,
                fill: |offset: u64, out: &mut [u8]| {
                    assert!(out.len() < 1_000_000, "{} bytes at once", out.len());
                    filled.fetch_add(out.len() as u64, Ordering::Relaxed);
                    out.copy_from_slice(&data[offset as usize..][..out.len()]);
                },
            };
            assert_eq!(source.is_empty(), n == 0);
            let mut out = b"before".to_vec();
            goflate::compress(encoder, &source, &mut out);
            assert_eq!(&out[..6], b"before");
            assert!(out[6..] == expected, "{encoder:?}, {n} bytes");
            assert_eq!(filled.into_inner(), n as u64);
        }
    }
}

/// The bytes do not depend on the number of threads.
#[test]
fn any_number_of_threads() {
    let data = input("mixed", 9_000_000, 5);
    for encoder in [Encoder::Go126, Encoder::Go127] {
        let expected = zlib_level1(encoder, &data);
        for threads in [1, 2, 3, 8, 16] {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            let stream = pool.install(|| zlib_level1(encoder, &data));
            assert!(stream == expected, "{encoder:?} on {threads} threads");
        }
    }
}

#[test]
fn limit() {
    for encoder in [Encoder::Go126, Encoder::Go127] {
        for kind in ["words", "random"] {
            let data = input(kind, 1_500_000, 9);
            let expected = zlib_level1(encoder, &data);
            let len = expected.len() as u64;
            let mut out = vec![7];
            assert!(compress_within(encoder, &data[..], len, &mut out));
            assert_eq!(out[1..], expected);
            for limit in [0, 1, len / 2, len - 4, len - 1] {
                let mut out = vec![7];
                assert!(
                    !compress_within(encoder, &data[..], limit, &mut out),
                    "{limit} of {len}"
                );
                assert_eq!(out, [7]);
            }
        }
    }
}

/// The golden files are what Go writes. Needs both Go releases; run it when they are regenerated.
#[test]
#[ignore = "runs Go"]
fn golden_files_are_current() {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");
    let emulated = ["-exec", "qemu-aarch64-static"];
    for (file, toolchain, arch, exec, args) in [
        ("go126.txt", "go1.26.8", "amd64", &[][..], &[][..]),
        ("go127.txt", "go1.27.3", "amd64", &[], &[]),
        ("go127fused.txt", "go1.27.3", "arm64", &emulated, &[]),
        ("go126default.txt", "go1.26.8", "amd64", &[], &["default"]),
        ("go127default.txt", "go1.27.3", "amd64", &[], &["default"]),
    ] {
        let run = Command::new("go")
            .arg("run")
            .args(exec)
            .arg("generate.go")
            .args(args)
            .current_dir(dir)
            .env("GOTOOLCHAIN", toolchain)
            .env("GOARCH", arch)
            .output();
        match run {
            Ok(run) if run.status.success() => {
                let golden = std::fs::read(format!("{dir}/{file}")).unwrap();
                assert!(
                    run.stdout == golden,
                    "{file} is not what {toolchain} writes"
                );
            }
            Ok(run) => println!("skipped {file}: {}", String::from_utf8_lossy(&run.stderr)),
            Err(error) => println!("skipped {file}: go: {error}"),
        }
    }
}
