//! Links for macOS with a host linker. There is none here: what it is given is compared, and what is said
//! when it fails.

use crate::context::Context;
use crate::external::{self, Errors};
use crate::flags::Variant;
use crate::runner::Case;
use std::fmt::Write as _;
use std::fs;
use xtask::step::{Build, Step};
use xtask::toolchain::Toolchain;
use xtask::{Result, paths};

/// Programs: one with symbols so large that labels in them are needed, one that is described at length.
const PROGRAMS: [(&str, &str); 2] = [
    ("labels", "tests/host/labels"),
    ("dwarf-types", "compiler-fixtures/dwarf-types"),
];

const ARCHES: [&str; 2] = ["amd64", "arm64"];

/// Flags; a linker that knows no flag and fails, and one that knows all and makes nothing.
const SETS: [(&str, &[&str]); 6] = [
    ("plain", &["-extld=false"]),
    ("stripped", &["-extld=false", "-s", "-w"]),
    ("race", &["-extld=true", "-race", "-B=none", "-w"]),
    ("exe", &["-extld=false", "-buildmode=exe"]),
    (
        "c-shared",
        &["-extld=false", "-buildmode=c-shared", "-v", "-r=/lib"],
    ),
    (
        "c-archive",
        &["-extld=false", "-extar=ar", "-buildmode=c-archive"],
    ),
];

/// A package without symbols, which stands for runtime/cgo: no compiler for macOS is needed then.
const STAND_IN: &str = "internal/goos";

/// All cases.
pub fn cases(context: &Context, cases: &mut Vec<Case>) {
    for go in context.toolchains() {
        for ((program, dir), arch) in PROGRAMS.into_iter().flat_map(|p| ARCHES.map(|a| (p, a))) {
            for (title, flags) in SETS {
                let name = format!("macos/{program}-{arch}/{}/{title}", go.release());
                let (context, go) = (context.clone(), go.clone());
                cases.push(Case::new(name, move || {
                    let step = step(&context, &go, program, dir, arch)?;
                    let scratch = context.scratch()?;
                    let config = scratch.path().join("importcfg");
                    fs::write(&config, with_cgo(&step)?)?;
                    let mut all = vec![
                        "-linkmode=external".to_owned(),
                        format!("-importcfg={}", config.display()),
                    ];
                    all.extend(flags.iter().map(|f| f.to_string()));
                    external::same(&context, &step, &all, Errors::InOrder)
                }));
            }
        }
    }
}

fn step(
    context: &Context,
    go: &Toolchain,
    program: &str,
    dir: &str,
    arch: &str,
) -> Result<std::sync::Arc<Step>> {
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let build = Build {
        dir: paths::workspace().join(dir),
        env: [("CGO_ENABLED", "0"), ("GOOS", "darwin"), ("GOARCH", arch)]
            .map(owned)
            .into(),
        ..Build::default()
    };
    let variant = Variant {
        name: "macos",
        env: &[],
        flags: &[],
        only: None,
    };
    context.program_step(go, &format!("{program}-{arch}"), &variant, &build)
}

/// Where packages are, runtime/cgo among them.
fn with_cgo(step: &Step) -> Result<String> {
    let mut text = fs::read_to_string(step.dir.join("importcfg.link"))?;
    let packages = step.packages()?;
    let stand_in = packages.iter().find(|(name, _)| name == STAND_IN);
    let (_, file) = stand_in.ok_or("no package to stand for runtime/cgo")?;
    writeln!(text, "\npackagefile runtime/cgo={file}")?;
    Ok(text)
}
