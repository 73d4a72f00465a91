//! Other targets than the machine's own: the same bytes, and the results run in an emulator.

use crate::Args;
use crate::context::Context;
use crate::fixture::Fixture;
use crate::flags::{FEW, FlagSet, Text, Variant};
use crate::parity;
use crate::runner::{Case, Outcome};
use crate::wine;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use xtask::measure::{self, Run};
use xtask::toolchain::Toolchain;
use xtask::{Result, system};

/// A target, what runs its programs, and the flags that only it has a use for.
struct Target {
    build: Variant,
    /// How programs with C in them are built; without, they take no part.
    c: Option<WithC>,
    /// Without one, programs are compared only.
    emulator: Option<Emulator>,
    /// The folders of its programs.
    programs: &'static [&'static str],
    /// The fixtures that take part; empty for all.
    only: &'static [&'static str],
    /// Whether links that must fail take part, too.
    fails: bool,
    sets: &'static [&'static [FlagSet]],
    /// Sets whose output is hundreds of megabytes.
    big: &'static [FlagSet],
    /// Flags with which a program is run, beside none.
    run_with: &'static [&'static [&'static str]],
    /// Fixtures written for another machine.
    without: &'static [&'static str],
    /// Fixtures that print their target, or do what the emulator cannot do.
    not_run: &'static [&'static str],
    /// Lines that its programs print instead of others.
    prints: &'static [(&'static str, &'static str)],
    /// Fixtures that some versions of the emulator cannot run, whoever linked them.
    may_not_run: &'static [&'static str],
}

/// A build with C in it, and its compiler.
struct WithC {
    build: Variant,
    cc: &'static str,
}

/// What runs the programs of a target.
enum Emulator {
    Qemu {
        programs: &'static [&'static str],
        /// The libraries of dynamic programs.
        sysroot: &'static str,
        /// Whether all programs are dynamic, those without C too.
        dynamic: bool,
    },
    Wine,
}

const fn set(name: &'static str, flags: &'static [&'static str]) -> FlagSet {
    FlagSet {
        name,
        flags,
        text: Text::Same,
    }
}

const TARGETS: &[Target] = &[
    ARM64,
    ARM64_PIE,
    WINDOWS_AMD64,
    WINDOWS_AMD64_EXE,
    WINDOWS_AMD64_FIPS,
    WINDOWS_ARM64,
    WINDOWS_ARM64_FIPS,
    DARWIN_ARM64,
    DARWIN_ARM64_FIPS,
    DARWIN_AMD64,
    DARWIN_AMD64_EXE,
    FREEBSD_AMD64,
    FREEBSD_ARM64,
    NETBSD_AMD64,
    NETBSD_ARM64,
    OPENBSD_AMD64,
    OPENBSD_ARM64,
    DRAGONFLY_AMD64,
];

const ARM64_C: &[(&str, &str)] = &[("GOARCH", "arm64"), ("CC", "aarch64-linux-gnu-gcc")];

const fn qemu(dynamic: bool) -> Emulator {
    Emulator::Qemu {
        programs: &["qemu-aarch64-static", "qemu-aarch64"],
        sysroot: "/usr/aarch64-linux-gnu",
        dynamic,
    }
}

const ARM64: Target = Target {
    build: Variant {
        name: "linux-arm64",
        env: &[("GOARCH", "arm64")],
        flags: &[],
        only: None,
    },
    c: Some(WithC {
        build: Variant {
            name: "linux-arm64",
            env: ARM64_C,
            flags: &[],
            only: None,
        },
        cc: "aarch64-linux-gnu-gcc",
    }),
    emulator: Some(qemu(false)),
    programs: &["compiler-fixtures"],
    only: &[],
    fails: false,
    sets: &[&[
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
    ]],
    big: &[
        set("far", &["-funcalign=32768", "-w"]),
        set("far-randlayout", &["-funcalign=32768", "-randlayout=3"]),
    ],
    run_with: &[&["-debugtramp=2"]],
    without: &["assembly"],
    not_run: &["build-info", "panic-lines"],
    prints: &[],
    // The race detector asks for more address space than emulators give.
    may_not_run: &["race"],
};

const ARM64_PIE: Target = Target {
    build: Variant {
        name: "linux-arm64-pie",
        flags: &["-buildmode=pie"],
        ..ARM64.build
    },
    c: Some(WithC {
        build: Variant {
            name: "linux-arm64-pie",
            env: ARM64_C,
            flags: &["-buildmode=pie"],
            only: None,
        },
        cc: "aarch64-linux-gnu-gcc",
    }),
    emulator: Some(qemu(true)),
    only: &[
        "hello-net",
        "goroutines-tls",
        "same-type-strings",
        "cgo-net",
    ],
    sets: &[&[
        set("debugtramp", &["-debugtramp=2"]),
        set("bindnow-r", &["-bindnow", "-r", "/some/where", "-w"]),
        set("d", &["-d", "-w"]),
        set("R", &["-R=0x4000", "-w"]),
        set("T-D", &["-T=0x61000", "-D=0x8000000", "-w"]),
    ]],
    big: &[],
    ..ARM64
};

const WINDOWS_AMD64: Target = Target {
    build: Variant {
        name: "windows-amd64",
        env: &[("GOOS", "windows")],
        flags: &[],
        only: None,
    },
    c: None,
    emulator: Some(Emulator::Wine),
    programs: &["compiler-fixtures", "tests/windows"],
    only: &[
        "hello-net",
        "assembly",
        "build-info",
        "callers",
        "closures-inlined",
        "coverage",
        "defer-recover",
        "duplicate-definition",
        "dwarf-types",
        "embed",
        "exceptions",
        "fips",
        "gc-load",
        "gcbits-strings",
        "generics",
        "itabs",
        "large-data",
        "linkname-bad",
        "linkname-good",
        "methods-reflect",
        "nosplit-overflow",
        "odd-names",
        "panic-lines",
        "pprof-labels",
        "same-type-strings",
        "syso-rsrc",
        "syso-rsrc-split",
        "syso-rsrc-twice",
        "test-binary",
        "undefined-symbol",
        "x-flag",
        "zero-sized",
    ],
    fails: true,
    sets: &[NOT_ELF, WINDOWS],
    big: &[],
    run_with: &[&["-s", "-w"], &["-H=windowsgui"]],
    without: &[],
    // It runs itself again as Linux names it.
    not_run: &["panic-lines"],
    prints: &[("GOOS linux", "GOOS windows")],
    may_not_run: &[],
};

/// Programs for Windows are position-independent if nothing else is asked for.
const WINDOWS_AMD64_EXE: Target = Target {
    build: Variant {
        name: "windows-amd64-exe",
        flags: &["-buildmode=exe"],
        ..WINDOWS_AMD64.build
    },
    only: &[
        "hello-net",
        "assembly",
        "gc-load",
        "large-data",
        "panic-lines",
        "exceptions",
    ],
    fails: false,
    sets: &[WINDOWS_EXE],
    ..WINDOWS_AMD64
};

/// The module's sum is checked when the program starts.
const WINDOWS_AMD64_FIPS: Target = Target {
    build: Variant {
        name: "windows-amd64-fips",
        env: &[("GOOS", "windows"), ("GOFIPS140", "latest")],
        ..WINDOWS_AMD64.build
    },
    only: &["fips"],
    prints: &[("fips140: false", "fips140: true")],
    fails: false,
    ..WINDOWS_AMD64
};

const WINDOWS_ARM64: Target = Target {
    build: Variant {
        name: "windows-arm64",
        env: &[("GOOS", "windows"), ("GOARCH", "arm64")],
        ..WINDOWS_AMD64.build
    },
    only: &[
        "hello-net",
        "dwarf-types",
        "fips",
        "gc-load",
        "coverage",
        "test-binary",
        "syso-rsrc",
        "syso-rsrc-split",
    ],
    fails: false,
    emulator: None,
    ..WINDOWS_AMD64
};

const WINDOWS_ARM64_FIPS: Target = Target {
    build: Variant {
        name: "windows-arm64-fips",
        env: &[
            ("GOOS", "windows"),
            ("GOARCH", "arm64"),
            ("GOFIPS140", "latest"),
        ],
        ..WINDOWS_AMD64.build
    },
    only: &["fips"],
    ..WINDOWS_ARM64
};

/// Nothing at hand runs programs for macOS.
const DARWIN_ARM64: Target = Target {
    build: Variant {
        name: "darwin-arm64",
        env: &[("GOOS", "darwin"), ("GOARCH", "arm64")],
        flags: &[],
        only: None,
    },
    c: None,
    emulator: None,
    programs: &["compiler-fixtures"],
    only: &[
        "hello-net",
        "build-info",
        "callers",
        "coverage",
        "duplicate-definition",
        "dwarf-types",
        "embed",
        "fips",
        "gc-load",
        "gcbits-strings",
        "generics",
        "huge-function",
        "large-data",
        "linkname-bad",
        "linkname-good",
        "methods-reflect",
        "odd-names",
        "same-type-strings",
        "test-binary",
        "x-flag",
        "zero-sized",
    ],
    fails: true,
    sets: &[NOT_ELF, DARWIN],
    big: &[],
    run_with: &[],
    without: &[],
    not_run: &[],
    prints: &[],
    may_not_run: &[],
};

const DARWIN_ARM64_FIPS: Target = Target {
    build: Variant {
        name: "darwin-arm64-fips",
        env: &[
            ("GOOS", "darwin"),
            ("GOARCH", "arm64"),
            ("GOFIPS140", "latest"),
        ],
        ..DARWIN_ARM64.build
    },
    only: &["fips"],
    fails: false,
    ..DARWIN_ARM64
};

const DARWIN_AMD64: Target = Target {
    build: Variant {
        name: "darwin-amd64",
        env: &[("GOOS", "darwin")],
        ..DARWIN_ARM64.build
    },
    only: &[
        "hello-net",
        "assembly",
        "dwarf-types",
        "fips",
        "gc-load",
        "nosplit-overflow",
        "undefined-symbol",
    ],
    ..DARWIN_ARM64
};

/// Programs for macOS are position-independent if nothing else is asked for.
const DARWIN_AMD64_EXE: Target = Target {
    build: Variant {
        name: "darwin-amd64-exe",
        flags: &["-buildmode=exe"],
        ..DARWIN_AMD64.build
    },
    only: &["hello-net", "assembly", "large-data"],
    ..DARWIN_AMD64
};

const FREEBSD: Variant = Variant {
    name: "freebsd-amd64",
    env: &[("GOOS", "freebsd")],
    flags: &[],
    only: None,
};

/// ELF as on Linux, but for notes, headers and what is imported. Nothing at hand runs the programs.
const FREEBSD_AMD64: Target = Target {
    build: FREEBSD,
    // C objects have one format everywhere.
    c: Some(WithC {
        build: FREEBSD,
        cc: "gcc",
    }),
    only: &["hello-net", "host-object"],
    fails: false,
    sets: &[BSD],
    ..DARWIN_ARM64
};

const FREEBSD_ARM64: Target = Target {
    build: Variant {
        name: "freebsd-arm64",
        env: &[("GOOS", "freebsd"), ("GOARCH", "arm64")],
        ..FREEBSD
    },
    c: None,
    only: &["hello"],
    ..FREEBSD_AMD64
};

const NETBSD_AMD64: Target = Target {
    build: Variant {
        name: "netbsd-amd64",
        env: &[("GOOS", "netbsd")],
        ..FREEBSD
    },
    ..FREEBSD_ARM64
};

const NETBSD_ARM64: Target = Target {
    build: Variant {
        name: "netbsd-arm64",
        env: &[("GOOS", "netbsd"), ("GOARCH", "arm64")],
        ..FREEBSD
    },
    ..FREEBSD_ARM64
};

/// Its programs import the C library.
const OPENBSD_AMD64: Target = Target {
    build: Variant {
        name: "openbsd-amd64",
        env: &[("GOOS", "openbsd")],
        ..FREEBSD
    },
    c: None,
    only: &["hello-net"],
    ..FREEBSD_AMD64
};

/// What is position-independent there needs a host linker.
const OPENBSD_ARM64: Target = Target {
    build: Variant {
        name: "openbsd-arm64",
        env: &[("GOOS", "openbsd"), ("GOARCH", "arm64")],
        flags: &["-buildmode=exe"],
        ..FREEBSD
    },
    ..FREEBSD_ARM64
};

const DRAGONFLY_AMD64: Target = Target {
    build: Variant {
        name: "dragonfly-amd64",
        env: &[("GOOS", "dragonfly")],
        ..FREEBSD
    },
    ..FREEBSD_ARM64
};

const BSD: &[FlagSet] = &[
    set("s", &["-s"]),
    set("T-R", &["-T=0x601000", "-R=0x10000", "-w"]),
    set("buildid-empty", &["-buildid=", "-w"]),
    set("B-none", &["-B=none", "-w"]),
    set("I", &["-I=/lib/other-ld.so", "-w"]),
    set("r", &["-r", "/some/where", "-w"]),
    set("d", &["-d", "-w"]),
    set("bindnow", &["-bindnow", "-w"]),
    set("randlayout", &["-randlayout=7", "-w"]),
    set("v", &["-v"]),
];

/// For formats other than ELF.
const NOT_ELF: &[FlagSet] = &[
    set("s", &["-s"]),
    set("s-nodwarf-off", &["-s", "-w=false"]),
    set("R", &["-R=0x10000", "-w"]),
    set("R-4096", &["-R=0x1000"]),
    set("buildid", &["-buildid=some/build/id", "-w"]),
    set("buildid-empty", &["-buildid=", "-w"]),
    set("B-gobuildid", &["-B=gobuildid", "-w"]),
    set("B-hex", &["-B", "0x0123456789abcdef", "-w"]),
    set("E", &["-E=runtime.rt0_go", "-w"]),
    set("E-missing", &["-E=main.main", "-w"]),
    set("d", &["-d", "-w"]),
    set("aslr", &["-aslr=false", "-w"]),
    set("linkshared", &["-linkshared", "-w"]),
    set("buildmode-shared", &["-buildmode=shared"]),
    set(
        "ignored",
        &[
            "-r",
            "/some/where",
            "-I",
            "/lib/other-ld.so",
            "-bindnow",
            "-libgcc=none",
            "-linkmode=internal",
            "-w",
        ],
    ),
    set("funcalign", &["-funcalign=64", "-w"]),
    set("randlayout", &["-randlayout=7"]),
    set("debugtramp", &["-debugtramp=2", "-w"]),
    set(
        "debugtramp-randlayout",
        &["-debugtramp=2", "-randlayout=5", "-w"],
    ),
    set("debugtextsize", &["-debugtextsize=65536", "-w"]),
    set("strictdups", &["-strictdups=2", "-w"]),
    set("c", &["-c", "-w"]),
    FlagSet {
        name: "dumpdep",
        flags: &["-dumpdep", "-w"],
        text: Text::Edges,
    },
    set("v", &["-v"]),
];

const DARWIN: &[FlagSet] = &[
    set("H-darwin", &["-H=darwin", "-w"]),
    set("T", &["-T=0x200001000", "-w"]),
    set("T-odd", &["-T=0x200001234", "-w"]),
    set("T-R", &["-T=0x200010000", "-R=0x10000", "-w"]),
    set("T-D", &["-T=0x200001000", "-D=0x210000000", "-w"]),
    set("D-misaligned", &["-D=0x250000800", "-w"]),
    set("buildid-empty-B-none", &["-buildid=", "-B=none", "-w"]),
    set("B-none", &["-B=none"]),
    set("B-uuid", &["-B", "0x0123456789abcdef0123456789abcdef"]),
    set(
        "B-long",
        &["-B", "0x0123456789abcdef0123456789abcdef01", "-w"],
    ),
    set("macos", &["-macos=14.1", "-macsdk=15.0.1", "-w"]),
    set("macos-wrong", &["-macos=14.x", "-w"]),
];

/// Releases that link programs for windows/amd64 for 0x400000, not 0x140000000.
const LOW_BASE: &[&str] = &["1.22", "1.23", "1.24"];

const WINDOWS: &[FlagSet] = &[
    set("H-windowsgui", &["-H=windowsgui"]),
    set("H-windows", &["-H=windows", "-w"]),
    // Sections lie where the headers have them, or nowhere. `@BASE@` is where programs begin, without the last
    // five digits.
    set("T", &["-T=@BASE@01000", "-w"]),
    set("T-moved", &["-T=@BASE@02000", "-w"]),
    set("T-odd", &["-T=@BASE@01234", "-w"]),
    set("T-R", &["-T=@BASE@10000", "-R=0x10000", "-w"]),
    set("D", &["-D=0x150000000", "-w"]),
    set("D-misaligned", &["-D=0x150000800", "-w"]),
    set("D-misaligned-R", &["-D=0x150001000", "-R=0x10000", "-w"]),
    set(
        "X",
        &[
            "-X",
            "main.a=b",
            "-X=runtime.defaultGOROOT=/elsewhere",
            "-w",
        ],
    ),
    set("buildmode-plugin", &["-buildmode=plugin"]),
    FlagSet {
        name: "pruneweakmap-0",
        flags: &["-pruneweakmap=0", "-w"],
        text: Text::Unordered,
    },
];

/// What may differ where code has fixed addresses.
const WINDOWS_EXE: &[FlagSet] = &[
    set("s-nodwarf-off", &["-s", "-w=false"]),
    set("H-windowsgui", &["-H=windowsgui"]),
    set("T-R", &["-T=@BASE@10000", "-R=0x10000", "-w"]),
    set("D", &["-D=0x150000000", "-w"]),
    set("E", &["-E=runtime.rt0_go", "-w"]),
    set("aslr", &["-aslr=false", "-w"]),
    set("randlayout", &["-randlayout=7"]),
    set("debugtramp", &["-debugtramp=2", "-w"]),
    set("v", &["-v"]),
];

impl Target {
    /// How a fixture is built; what is missing for it, if something is.
    fn build(&self, fixture: &Fixture) -> (Variant, Option<Outcome>) {
        match &self.c {
            Some(c) if fixture.wants_c() => {
                let missing = system::find(c.cc).is_none();
                (c.build, missing.then(|| without(c.cc)))
            }
            _ => (self.build, None),
        }
    }

    /// The fixtures of which it chooses.
    fn fixtures(&self) -> Result<Vec<Fixture>> {
        let mut all = Vec::new();
        for folder in self.programs {
            all.extend(Fixture::all_in(folder)?);
        }
        Ok(all)
    }

    /// Whether a fixture takes part.
    fn takes(&self, fixture: &Fixture) -> bool {
        let name = fixture.name.as_str();
        (self.only.is_empty() || self.only.contains(&name))
            && !self.without.contains(&name)
            && (self.fails || !fixture.directives.fails)
            && (self.c.is_some() || !fixture.wants_c())
    }

    /// What runs a fixture's program, if it is run.
    fn runs(&'static self, fixture: &Fixture) -> Option<&'static Emulator> {
        let runs = !fixture.directives.fails && !self.not_run.contains(&fixture.name.as_str());
        self.emulator.as_ref().filter(|_| runs)
    }

    /// What a fixture's program should print.
    fn expected(&self, fixture: &Fixture) -> Result<String> {
        let text = fixture.expected()?;
        let line = |line: &str| {
            let other = self.prints.iter().find(|(old, _)| *old == line);
            other.map_or(line, |(_, new)| new).to_string() + "\n"
        };
        Ok(text.lines().map(line).collect())
    }
}

impl Emulator {
    /// What is missing to run a fixture's program, if something is.
    fn missing(&self, fixture: &Fixture) -> Option<&'static str> {
        match *self {
            Emulator::Qemu {
                programs,
                sysroot,
                dynamic,
            } => {
                if first_of(programs).is_none() {
                    return Some(programs[0]);
                }
                let libraries = dynamic || fixture.wants_c();
                (libraries && !Path::new(sysroot).is_dir()).then_some(sysroot)
            }
            Emulator::Wine => wine::missing(),
        }
    }

    /// Runs a fixture's program, for which nothing is missing.
    fn run(&self, fixture: &Fixture, program: &Path) -> Result<Run> {
        match *self {
            Emulator::Qemu {
                programs,
                sysroot,
                dynamic,
            } => {
                let emulator = first_of(programs).ok_or("no emulator")?;
                let mut command = Command::new(emulator);
                if dynamic || fixture.wants_c() {
                    command.args(["-L", sysroot]);
                }
                command
                    .arg(program)
                    .args(&fixture.directives.run_args)
                    .current_dir(&fixture.dir)
                    .env_remove("GODEBUG")
                    .env_remove("GOCOVERDIR");
                Ok(measure::run_for(&mut command, Some(RUN_LIMIT))?)
            }
            Emulator::Wine => {
                let args = &fixture.directives.run_args;
                wine::run(program, args, &fixture.dir, RUN_LIMIT)
            }
        }
    }
}

/// How long a program may run.
const RUN_LIMIT: Duration = Duration::from_secs(120);

/// The first of some programs that there is.
fn first_of(programs: &[&str]) -> Option<PathBuf> {
    programs.iter().find_map(|name| system::find(name))
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
        for fixture in target.fixtures()? {
            if !target.takes(&fixture) {
                continue;
            }
            let takes_all = fixture.name == "hello-net";
            let few = if fixture.directives.fails {
                &FEW[..1]
            } else {
                FEW
            };
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
                for set in few.iter().chain(more.iter().copied().flatten()).chain(big) {
                    compare(context, go, target, &fixture, *set, cases);
                }
                let Some(emulator) = target.runs(&fixture) else {
                    continue;
                };
                let more = if takes_all { target.run_with } else { &[] };
                for flags in std::iter::once(&[].as_slice()).chain(more) {
                    run(context, go, target, emulator, &fixture, flags, cases);
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
        let base = match LOW_BASE.contains(&go.release().as_str()) {
            true => "0x4",
            false => "0x1400",
        };
        let flags = set.flags.iter().map(|flag| flag.replace("@BASE@", base));
        let mut flags: Vec<String> = flags.collect();
        flags.extend(fixture.directives.link_flags.iter().cloned());
        parity::compare(&context, &name, &step, &flags, set.text)
    }));
}

/// The program prints the same as on the machine it was written on.
fn run(
    context: &Context,
    go: &Toolchain,
    target: &'static Target,
    emulator: &'static Emulator,
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
        if let Some(missing) = emulator.missing(&fixture) {
            return Ok(without(missing));
        }
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
        let run = emulator.run(&fixture, &out)?;
        let mut problems = Vec::new();
        if !run.status.success() {
            let text = String::from_utf8_lossy(&run.stderr);
            if target.may_not_run.contains(&fixture.name.as_str()) {
                step.replay(&step.tool, &out, &flags)?;
                let stock = emulator.run(&fixture, &out)?;
                if (stock.code(), &stock.stderr) == (run.code(), &run.stderr) {
                    let first = text.lines().next().unwrap_or_default();
                    let why = format!("nor does the emulator run what cmd/link makes: {first}");
                    return Ok(Outcome::Skip(why));
                }
            }
            problems.push(format!("the program failed: {}\n{text}", run.status));
        }
        let (expected, printed) = (target.expected(&fixture)?, fixture.printed(&run));
        if expected != printed {
            problems.push(format!("it prints\n{printed}\nand should\n{expected}"));
        }
        Ok(Outcome::of(problems))
    }));
}
