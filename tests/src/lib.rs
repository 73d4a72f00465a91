//! Tests of relink against cmd/link.
//!
//! A case is a name and a function; the list is made from the programs of
//! `compiler-fixtures/`, the Go releases of the matrix and sets of linker
//! flags. `cargo xtask test` runs all; `cargo test -p relink-tests -- FILTER`
//! runs those whose name contains all words of the filter.
//!
//! | group | what it holds |
//! |---|---|
//! | `parity` | the same bytes, the same text, the same exit status |
//! | `runs` | the linked program prints what it should |
//! | `threads` | the same bytes with any number of threads |
//! | `big` | the same for large programs (`--big`) |
//! | `targets` | the same for other targets, results run in an emulator if there is one |
//! | `external` | the same with a host linker: its object, its arguments, the result, which runs |
//! | `macos`, `bsd` | what a host linker for macOS or a BSD is given, which is not needed for that |
//! | `combined` | the same with flags combined at random, in all build modes |
//! | `patches` | the same for other patch levels, where cmd/link changed between them |
//! | `errors` | bad input: cmd/link's wording and status, no file left |
//! | `damage` | damaged archives by the thousand: no panic, no hang |
//! | `swap` | `go build`, `go test`, … with relink in the linker's place |
//! | `companion` | questions about linked programs (`relink why`, `size`, `verify`) |
//! | `tools` | nm, objdump, pprof, gdb and others read the result |
//! | `gotests` | the toolchain's own linker tests (`--big`) |

mod bsd;
mod combined;
mod companion;
mod context;
mod damage;
mod errors;
mod external;
mod fixture;
mod flags;
mod gotests;
mod host_objects;
mod macos;
mod mobile;
mod parity;
mod patches;
mod random;
mod resources;
mod runner;
mod shared;
mod swap;
mod targets;
mod tools;
mod wine;

use clap::Parser;
use std::path::PathBuf;
use std::process::ExitCode;
use xtask::step;
use xtask::toolchain::{EARLIER, RELEASES};

/// The arguments of the suite.
#[derive(Debug, Clone, Parser)]
#[command(name = "suite")]
pub struct Args {
    /// Run cases whose names contain all of these.
    pub filter: Vec<String>,
    /// Large programs and the toolchain's own tests too.
    #[arg(long)]
    pub big: bool,
    /// The linker under test; RELINK_LINK or target/release/link if not given.
    #[arg(long)]
    pub linker: Option<PathBuf>,
    /// Cases at a time.
    #[arg(long, short)]
    pub jobs: Option<usize>,
    /// Only print the names.
    #[arg(long)]
    pub list: bool,
    /// Write the expected output of the programs, as cmd/link's files print it.
    #[arg(long)]
    pub bless: bool,
    /// Only this release (1.27).
    #[arg(long)]
    pub go: Option<String>,
    /// Accepted for cargo's sake; output is never captured.
    #[arg(long, hide = true)]
    pub nocapture: bool,
}

/// Runs the suite.
pub fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().collect();
    if args.get(1).is_some_and(|arg| arg == step::RECORD) {
        step::record_main(&args[2..]);
    }
    match run(Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("tests: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Beginnings of the names of cases that run with earlier releases by default. Each way of building takes half
/// a minute for the standard library.
const EARLIER_CASES: &[&str] = &[
    "parity/cgo-c/1.22/default/plain",
    "parity/dwarf-types/1.22/default/plain",
    "parity/hello/1.22/default/plain",
    "parity/hello/1.22/default/v",
    "bsd/openbsd-amd64/1.22/",
    "macos/dwarf-types-amd64/1.22/",
    "targets/windows-amd64/zero-sized/1.22/",
    "parity/closures-inlined/1.23/default/plain",
    "parity/dwarf-types/1.23/default/plain",
    "parity/hello/1.23/default/plain",
    "parity/hello/1.23/default/v",
    "parity/large-data/1.23/default/plain",
    "macos/dwarf-types-amd64/1.23/finished",
    "parity/cgo-c/1.24/default/plain",
    "parity/closures-inlined/1.24/default/plain",
    "parity/duplicate-sizes/1.24/default/",
    "parity/dwarf-types/1.24/default/plain",
    "parity/hello/1.24/default/plain",
    "parity/hello/1.24/default/v",
    "macos/module-arm64/1.24/",
    "targets/darwin-arm64/zero-sized/1.24/plain",
    "targets/windows-amd64/zero-sized/1.24/plain",
    "parity/hello/1.25/default/",
    "parity/closures-inlined/1.25/default/",
    "parity/dwarf-types/1.25/default/",
    "parity/dwarf-types/1.25/noswissmap/nocompress",
    "parity/generics/1.25/default/",
    "external/cgo/1.25/",
    "parity/goroutines-tls/1.25/pie/s-w",
    "targets/linux-arm64/goroutines-tls/1.25/plain",
    "runs/goroutines-tls/1.25/",
    "targets/windows-amd64/zero-sized/1.25/plain",
    "targets/windows-amd64/zero-sized/1.25/runs",
    "targets/darwin-arm64/zero-sized/1.25/plain",
];

/// Beginnings of the names of cases, and parts that begin with a slash, that run with the newest release only, unless
/// another is asked for: what they are about differs least between releases for the time that their builds take. A
/// program with net/http takes most.
const NEWEST_CASES: &[&str] = &[
    "/amd64-v3/",
    "/trimpath/",
    "/noopt/",
    "/fieldtrack/",
    "/test-fuzz/",
    "parity/hello-net/1.26/nodwarf5/",
    "targets/freebsd-amd64/hello-net/",
    "targets/openbsd-amd64/hello-net/",
    "targets/darwin-amd64-exe/",
    "targets/freebsd-arm64/",
    "targets/netbsd-amd64/",
    "targets/openbsd-arm64/",
    "targets/dragonfly-amd64/",
    "external/arm64-asan/",
    "external/arm64-msan/",
    "combined/android",
    "combined/ios",
    "companion/",
    "mobile/",
    "damage/",
    "gotests/",
];

/// Whether a case is one of a release.
fn is_of(name: &str, release: &str) -> bool {
    let is = |part: &str| {
        let rest = part.strip_prefix(release);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    name.split('/').any(is)
}

/// Whether a case is one of an earlier release.
fn is_earlier(name: &str) -> bool {
    EARLIER.iter().any(|(release, _)| is_of(name, release))
}

/// Whether a case is one that only the newest release needs, and of another.
fn waits_for_newest(name: &str) -> bool {
    let newest = RELEASES.last().map_or("", |(release, _)| release);
    let is = |part: &&str| match part.starts_with('/') {
        true => name.contains(*part),
        false => name.starts_with(*part),
    };
    !is_of(name, newest) && NEWEST_CASES.iter().any(is)
}

/// Whether a case of an earlier release runs without being asked for.
fn runs_by_default(name: &str) -> bool {
    EARLIER_CASES.iter().any(|start| name.starts_with(start))
}

fn run(args: Args) -> xtask::Result<bool> {
    let context = context::Context::new(&args)?;
    if args.bless {
        fixture::bless(&context, &args)?;
        return Ok(true);
    }
    let mut cases = Vec::new();
    parity::cases(&context, &args, &mut cases)?;
    targets::cases(&context, &args, &mut cases)?;
    errors::cases(&context, &mut cases);
    external::cases(&context, &mut cases);
    macos::cases(&context, &mut cases);
    bsd::cases(&context, &mut cases);
    mobile::cases(&context, &mut cases);
    combined::cases(&context, args.big, &mut cases)?;
    shared::cases(&context, &mut cases);
    patches::cases(&context, &mut cases);
    swap::cases(&context, &mut cases);
    companion::cases(&context, &mut cases);
    tools::cases(&context, &mut cases);
    damage::cases(&context, &mut cases);
    gotests::cases(&context, &args, &mut cases);
    if args.go.is_none() {
        cases.retain(|case| match is_earlier(&case.name) {
            true => runs_by_default(&case.name),
            false => !waits_for_newest(&case.name),
        });
    }
    runner::run(&args, cases)
}
