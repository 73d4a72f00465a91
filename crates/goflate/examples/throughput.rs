//! Compresses files and says how fast: `throughput {126|127} [-w] FILE...`. With `-w` each stream is
//! written beside its file, for comparison with Go's.

use std::time::{Duration, Instant};

use goflate::{Encoder, zlib_level1};

fn main() {
    let mut args = std::env::args().skip(1).peekable();
    let encoder = match args.next().as_deref() {
        Some("126") => Encoder::Go126,
        Some("127") => Encoder::Go127,
        _ => panic!("usage: throughput {{126|127}} [-w] FILE..."),
    };
    let write = args.next_if(|arg| arg == "-w").is_some();
    for path in args {
        let data = std::fs::read(&path).expect("readable file");
        let mut best = Duration::MAX;
        let mut stream = Vec::new();
        for _ in 0..7 {
            let start = Instant::now();
            stream = zlib_level1(encoder, &data);
            best = best.min(start.elapsed());
        }
        println!(
            "{path:28} {:9} -> {:9}  {:7.1} ms {:7.1} MB/s",
            data.len(),
            stream.len(),
            best.as_secs_f64() * 1e3,
            data.len() as f64 / 1e6 / best.as_secs_f64()
        );
        if write {
            std::fs::write(format!("{path}.rust"), &stream).expect("writable folder");
        }
    }
}
