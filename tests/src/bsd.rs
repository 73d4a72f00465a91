//! Links for the BSDs and Solaris, most of them with a host linker. There is none of theirs here: what it is given is compared, and what
//! is said when it fails.

use crate::context::Context;
use crate::macos::{Program, case};
use crate::runner::Case;

/// Systems and machines.
const SYSTEMS: [(&str, &str); 8] = [
    ("freebsd", "amd64"),
    ("freebsd", "arm64"),
    ("netbsd", "amd64"),
    ("netbsd", "arm64"),
    ("openbsd", "amd64"),
    ("openbsd", "arm64"),
    ("dragonfly", "amd64"),
    ("solaris", "amd64"),
];

/// Flags; a linker that knows no flag and fails, and one that knows all and makes nothing.
const SETS: [(&str, &[&str]); 8] = [
    ("plain", &["-extld=false"]),
    ("stripped", &["-extld=false", "-s", "-w"]),
    ("no-dwarf", &["-extld=false", "-w"]),
    ("pie", &["-extld=true", "-buildmode=pie", "-B=none"]),
    ("exe", &["-extld=true", "-buildmode=exe", "-v", "-bindnow"]),
    (
        "c-shared",
        &["-extld=true", "-buildmode=c-shared", "-B=0x12", "-r=/lib"],
    ),
    // gold is a matter of Linux.
    ("linkshared", &["-extld=true", "-linkshared"]),
    (
        "c-archive",
        &["-extld=false", "-extar=ar", "-buildmode=c-archive"],
    ),
];

/// Flags without a host linker and with one: the race detector wants the same addresses in each run, which systems
/// are told.
const RACE_SETS: [(&str, &[&str]); 4] = [
    ("internal", &["-linkmode=internal"]),
    ("race", &["-race", "-B=0x12"]),
    ("race-stripped", &["-race", "-s", "-w", "-buildid="]),
    (
        "race-external",
        &["-race", "-linkmode=external", "-extld=false"],
    ),
];

/// All cases.
pub fn cases(context: &Context, cases: &mut Vec<Case>) {
    for go in context.toolchains() {
        for (os, arch) in SYSTEMS {
            // Cases are told apart by the names of their programs.
            let program: Program = (os, "compiler-fixtures/hello", &[]);
            let system = (program, os, arch);
            let external = SETS.map(|(title, flags)| (title, &["-linkmode=external"][..], flags));
            let race = RACE_SETS.map(|(title, flags)| (title, &[][..], flags));
            for (title, mode, flags) in external.into_iter().chain(race) {
                case(context, go, cases, "bsd", system, title, move |_, _| {
                    let all = mode.iter().chain(flags);
                    Ok(all.map(|f| f.to_string()).collect())
                });
            }
        }
    }
}
