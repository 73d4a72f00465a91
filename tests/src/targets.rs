//! Other targets than the machine's own: the same bytes, and the results run in an emulator.

use crate::Args;
use crate::context::Context;
use crate::fixture::Fixture;
use crate::flags::{FEW, FlagSet, Text, Variant};
use crate::parity;
use crate::runner::{Case, Outcome};
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use xtask::toolchain::Toolchain;
use xtask::{Result, measure, system};

/// A target, its emulators, and the flags that only it has a use for.
struct Target {
    build: Variant,
    /// How programs with C in them are built: with this compiler, and run with its libraries.
    build_c: Variant,
    cc: &'static str,
    sysroot: &'static str,
    emulators: &'static [&'static str],
    /// Whether all programs are dynamic, those without C too.
    dynamic: bool,
    /// The fixtures that take part; empty for all.
    only: &'static [&'static str],
    sets: &'static [FlagSet],
    /// Sets whose output is hundreds of megabytes.
    big: &'static [FlagSet],
    /// Fixtures written for another machine.
    without: &'static [&'static str],
    /// Fixtures that print their target, or run themselves again, which the emulator cannot do.
    not_run: &'static [&'static str],
    /// Fixtures that some versions of the emulator cannot run, whoever linked them.
    may_not_run: &'static [&'static str],
}

const fn set(name: &'static str, flags: &'static [&'static str]) -> FlagSet {
    FlagSet {
        name,
        flags,
        text: Text::Same,
    }
}

const TARGETS: &[Target] = &[ARM64, ARM64_PIE];

const ARM64: Target = Target {
    build: Variant {
        name: "linux-arm64",
        env: &[("GOARCH", "arm64")],
        flags: &[],
        only: None,
    },
    build_c: Variant {
        name: "linux-arm64",
        env: &[("GOARCH", "arm64"), ("CC", "aarch64-linux-gnu-gcc")],
        flags: &[],
        only: None,
    },
    cc: "aarch64-linux-gnu-gcc",
    sysroot: "/usr/aarch64-linux-gnu",
    emulators: &["qemu-aarch64-static", "qemu-aarch64"],
    dynamic: false,
    only: &[],
    sets: &[
        set("debugtramp", &["-debugtramp=2"]),
        set(
            "debugtramp-randlayout",
            &["-debugtramp=2", "-randlayout=5", "-w", "-s"],
        ),
        set("debugtextsize", &["-debugtextsize=65536"]),
        set(
            "debugtextsize-randlayout",
            &["-debugtextsize=1000000", "-randlayout=9"],
        ),
        set("R", &["-R=0x4000", "-w"]),
        set("T-D", &["-T=0x601000", "-D=0x8000000", "-w"]),
        set("D-below", &["-D=0x10000", "-w"]),
        set("pruneweakmap-0", &["-pruneweakmap=0", "-w"]),
    ],
    big: &[
        set("far", &["-funcalign=32768", "-w"]),
        set("far-randlayout", &["-funcalign=32768", "-randlayout=3"]),
    ],
    without: &["assembly"],
    not_run: &["build-info", "panic-lines"],
    // The race detector asks for more address space than emulators give.
    may_not_run: &["race"],
};

const ARM64_PIE: Target = Target {
    build: Variant {
        name: "linux-arm64-pie",
        flags: &["-buildmode=pie"],
        ..ARM64.build
    },
    build_c: Variant {
        name: "linux-arm64-pie",
        flags: &["-buildmode=pie"],
        ..ARM64.build_c
    },
    dynamic: true,
    only: &[
        "hello-net",
        "goroutines-tls",
        "same-type-strings",
        "cgo-net",
    ],
    sets: &[
        set("debugtramp", &["-debugtramp=2"]),
        set("bindnow-r", &["-bindnow", "-r", "/some/where", "-w"]),
        set("d", &["-d", "-w"]),
        set("R", &["-R=0x4000", "-w"]),
        set("T-D", &["-T=0x61000", "-D=0x8000000", "-w"]),
    ],
    big: &[],
    ..ARM64
};

impl Target {
    /// How a fixture is built; what is missing for it, if something is.
    fn build(&self, fixture: &Fixture) -> (Variant, Option<Outcome>) {
        if !fixture.wants_c() {
            return (self.build, None);
        }
        let missing = system::find(self.cc).is_none();
        (self.build_c, missing.then(|| without(self.cc)))
    }
}

/// The outcome where a program is missing: on a machine that is to run everything, a failure.
fn without(program: &str) -> Outcome {
    let why = format!("no {program}");
    match system::must_have_all() {
        true => Outcome::Fail(why),
        false => Outcome::Skip(why),
    }
}

/// All cases of other targets.
pub fn cases(context: &Context, args: &Args, cases: &mut Vec<Case>) -> Result<()> {
    for target in TARGETS {
        for fixture in Fixture::all()? {
            let name = fixture.name.as_str();
            if fixture.directives.fails
                || target.without.contains(&name)
                || !target.only.is_empty() && !target.only.contains(&name)
            {
                continue;
            }
            let takes_all = fixture.name == "hello-net";
            let more = if takes_all { target.sets } else { &[] };
            let big = if takes_all && args.big {
                target.big
            } else {
                &[]
            };
            for go in context.toolchains() {
                if !fixture.wants(&go.release()) {
                    continue;
                }
                for set in FEW.iter().chain(more).chain(big) {
                    compare(context, go, target, &fixture, *set, cases);
                }
                if !target.not_run.contains(&fixture.name.as_str()) {
                    run(context, go, target, &fixture, &[], cases);
                }
                if takes_all {
                    run(context, go, target, &fixture, &["-debugtramp=2"], cases);
                }
            }
        }
    }
    Ok(())
}

fn compare(
    context: &Context,
    go: &Toolchain,
    target: &'static Target,
    fixture: &Fixture,
    set: FlagSet,
    cases: &mut Vec<Case>,
) {
    let name = format!(
        "targets/{}/{}/{}/{}",
        target.build.name,
        fixture.name,
        go.release(),
        set.name
    );
    let (context, go, fixture) = (context.clone(), go.clone(), fixture.clone());
    cases.push(Case::new(name.clone(), move || {
        let (build, missing) = target.build(&fixture);
        if let Some(missing) = missing {
            return Ok(missing);
        }
        let step = context.fixture_step(&go, &fixture, &build)?;
        let mut flags: Vec<String> = set.flags.iter().map(|&flag| flag.into()).collect();
        flags.extend(fixture.directives.link_flags.iter().cloned());
        parity::compare(&context, &name, &step, &flags, set.text)
    }));
}

/// The program prints the same as on the machine it was written on.
fn run(
    context: &Context,
    go: &Toolchain,
    target: &'static Target,
    fixture: &Fixture,
    flags: &'static [&'static str],
    cases: &mut Vec<Case>,
) {
    let name = format!(
        "targets/{}/{}/{}/runs{}",
        target.build.name,
        fixture.name,
        go.release(),
        flags.concat()
    );
    let (context, go, fixture) = (context.clone(), go.clone(), fixture.clone());
    cases.push(Case::new(name, move || {
        let Some(emulator) = target.emulators.iter().find_map(|name| system::find(name)) else {
            return Ok(without(target.emulators[0]));
        };
        let (build, missing) = target.build(&fixture);
        if let Some(missing) = missing {
            return Ok(missing);
        }
        let step = context.fixture_step(&go, &fixture, &build)?;
        let scratch = context.scratch()?;
        let out = scratch.path().join("a.out");
        let mut flags: Vec<String> = flags.iter().map(|flag| flag.to_string()).collect();
        flags.extend(fixture.directives.link_flags.iter().cloned());
        let link = step.replay(context.linker(), &out, &flags)?;
        if !link.status.success() {
            let text = String::from_utf8_lossy(&link.stderr);
            return Ok(Outcome::Fail(format!("the link failed: {text}")));
        }
        let mut command = Command::new(&emulator);
        if target.dynamic || fixture.wants_c() {
            if !Path::new(target.sysroot).is_dir() {
                return Ok(without(target.sysroot));
            }
            command.args(["-L", target.sysroot]);
        }
        command
            .arg(&out)
            .args(&fixture.directives.run_args)
            .current_dir(&fixture.dir)
            .env_remove("GODEBUG")
            .env_remove("GOCOVERDIR");
        let run = measure::run_for(&mut command, Some(Duration::from_secs(120)))?;
        let mut problems = Vec::new();
        if !run.status.success() {
            let text = String::from_utf8_lossy(&run.stderr);
            if target.may_not_run.contains(&fixture.name.as_str()) {
                step.replay(&step.tool, &out, &flags)?;
                let stock = measure::run_for(&mut command, Some(Duration::from_secs(120)))?;
                if (stock.code(), &stock.stderr) == (run.code(), &run.stderr) {
                    let first = text.lines().next().unwrap_or_default();
                    let why = format!("nor does the emulator run what cmd/link makes: {first}");
                    return Ok(Outcome::Skip(why));
                }
            }
            problems.push(format!("the program failed: {}\n{text}", run.status));
        }
        let (expected, printed) = (fixture.expected()?, fixture.printed(&run));
        if expected != printed {
            problems.push(format!("it prints\n{printed}\nand should\n{expected}"));
        }
        Ok(Outcome::of(problems))
    }));
}
