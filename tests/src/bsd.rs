//! Links for the BSDs with a host linker, and of C objects. There is no linker of theirs here: what it is given
//! is compared, and what is said when it fails. C objects are this machine's, which have the same format.

use crate::context::Context;
use crate::macos::{Program, case};
use crate::runner::Case;

/// Systems and machines.
const SYSTEMS: [(&str, &str, Program); 7] = [
    ("freebsd", "amd64", program("freebsd")),
    ("freebsd", "arm64", program("freebsd")),
    ("netbsd", "amd64", program("netbsd")),
    ("netbsd", "arm64", program("netbsd")),
    ("openbsd", "amd64", program("openbsd")),
    ("openbsd", "arm64", program("openbsd")),
    ("dragonfly", "amd64", program("dragonfly")),
];

/// A small program, by the name of the system that it is for.
const fn program(system: &'static str) -> Program {
    (system, "compiler-fixtures/hello", &[])
}

/// Flags; a linker that knows no flag and fails, and one that knows all and makes nothing.
const SETS: [(&str, &[&str]); 6] = [
    ("plain", &["-extld=false"]),
    ("stripped", &["-extld=false", "-s", "-w"]),
    ("pie", &["-extld=true", "-buildmode=pie", "-B=none"]),
    ("exe", &["-extld=true", "-buildmode=exe", "-v", "-bindnow"]),
    (
        "c-shared",
        &["-extld=true", "-buildmode=c-shared", "-B=0x12", "-r=/lib"],
    ),
    (
        "c-archive",
        &["-extld=false", "-extar=ar", "-buildmode=c-archive"],
    ),
];

/// All cases.
pub fn cases(context: &Context, cases: &mut Vec<Case>) {
    for go in context.toolchains() {
        for (os, arch, program) in SYSTEMS {
            for (title, flags) in SETS {
                let system = (program, os, arch);
                case(context, go, cases, "bsd", system, title, move |_, _| {
                    let external = ["-linkmode=external"].iter().chain(flags);
                    Ok(external.map(|f| f.to_string()).collect())
                });
            }
        }
    }
}
