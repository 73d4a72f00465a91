//! Links for macOS with a host linker. There is none here: what it is given is compared, and what is said
//! when it fails.

use crate::context::Context;
use crate::external::{self, Errors};
use crate::flags::Variant;
use crate::runner::Case;
use std::fmt::Write as _;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use xtask::step::{Build, Step};
use xtask::toolchain::Toolchain;
use xtask::{Result, paths};

/// A program: name, folder, and what `go build` is told.
pub type Program = (&'static str, &'static str, &'static [&'static str]);

/// One with symbols so large that labels in them are needed, one that is described at length.
const PROGRAMS: [Program; 2] = [
    ("labels", "tests/host/labels", &[]),
    ("dwarf-types", "compiler-fixtures/dwarf-types", &[]),
];

/// One with an object of a C compiler, the race detector's.
const RACE: Program = ("race", "compiler-fixtures/hello", &["-race"]);

/// Flags for that.
const RACE_SETS: [(&str, &[&str]); 3] = [
    ("internal", &[]),
    ("internal-stripped", &["-s", "-w"]),
    ("external", &["-linkmode=external", "-extld=false"]),
];

/// One that can open plugins, or be one, compiled for that.
const MODULE: Program = (
    "module",
    "tests/host/module",
    &["-gcflags=all=-dynlink", "-asmflags=all=-dynlink"],
);

/// Flags for that, with a host linker that knows all flags or none.
const MODULE_SETS: [(&str, &[&str]); 9] = [
    ("opener", &["-extld=false"]),
    ("opener-stripped", &["-extld=true", "-s", "-w"]),
    ("opener-chains", &["-extld=true"]),
    ("opener-c-shared", &["-extld=true", "-buildmode=c-shared"]),
    ("plugin", &["-extld=false", PLUGIN, PLUGIN_PATH]),
    (
        "plugin-stripped",
        &["-extld=false", PLUGIN, PLUGIN_PATH, "-s", "-w"],
    ),
    (
        "plugin-divided",
        &["-extld=false", PLUGIN, PLUGIN_PATH, "-debugtextsize=65536"],
    ),
    ("plugin-chains", &["-extld=true", PLUGIN, PLUGIN_PATH]),
    // What a plugin's own names begin with decides what others find.
    (
        "plugin-main",
        &["-extld=false", PLUGIN, "-pluginpath=main", "-v"],
    ),
];
const PLUGIN: &str = "-buildmode=plugin";
const PLUGIN_PATH: &str = "-pluginpath=host.test/module";

/// Programs, and flags with which a host linker makes something that is worked on.
const FINISHED: [(Program, &str, &[&str]); 5] = [
    (PROGRAMS[1], "finished", &["-w"]),
    (PROGRAMS[1], "finished-dwarf", &["-compressdwarf=false"]),
    (PROGRAMS[1], "finished-compressed", &[]),
    (
        PROGRAMS[1],
        "finished-id",
        &["-compressdwarf=false", "-B=0x1234", "-s", "-w=0"],
    ),
    (PROGRAMS[0], "finished-v", &["-w", "-v"]),
];

/// What tools of the host linker do, in place of [`TOOLS`], when they have nothing to make or fail.
const IDLE_TOOLS: [(&str, Tools); 3] = [
    (
        "no-dwarf",
        Tools {
            dsymutil: "exit 0",
            ..TOOLS
        },
    ),
    (
        "dsymutil-fails",
        Tools {
            dsymutil: "echo no; exit 3",
            ..TOOLS
        },
    ),
    (
        "strip-fails",
        Tools {
            strip: "echo no; exit 4",
            ..TOOLS
        },
    ),
];

/// What the host linker's tools do, as commands of a shell.
#[derive(Clone, Copy)]
struct Tools {
    /// `@` is debugging information.
    dsymutil: &'static str,
    strip: &'static str,
}

const TOOLS: Tools = Tools {
    dsymutil: "cp @ $4",
    strip: "exit 0",
};

const ARCHES: [&str; 2] = ["amd64", "arm64"];

/// Flags; a linker that knows no flag and fails, and one that knows all and makes nothing.
const SETS: [(&str, &[&str]); 8] = [
    ("plain", &["-extld=false"]),
    ("stripped", &["-extld=false", "-s", "-w"]),
    ("race", &["-extld=true", "-race", "-B=none", "-w"]),
    ("exe", &["-extld=false", "-buildmode=exe"]),
    // On arm64, text in several sections.
    ("divided", &["-extld=false", "-debugtextsize=100000", "-v"]),
    (
        "divided-shuffled",
        &[
            "-extld=false",
            "-debugtextsize=65536",
            "-debugtramp=2",
            "-randlayout=3",
            "-s",
            "-w",
        ],
    ),
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
        let programs = PROGRAMS.into_iter().map(|program| (program, &SETS[..]));
        let programs = programs.chain([(MODULE, &MODULE_SETS[..])]);
        for ((program, sets), arch) in programs.flat_map(|p| ARCHES.map(|a| (p, a))) {
            for &(title, flags) in sets {
                case(
                    context,
                    go,
                    cases,
                    "macos",
                    (program, "darwin", arch),
                    title,
                    move |_, _| {
                        let external = ["-linkmode=external"].iter().chain(flags);
                        Ok(external.map(|f| f.to_string()).collect())
                    },
                );
            }
        }
        for (title, flags) in RACE_SETS {
            case(
                context,
                go,
                cases,
                "macos",
                (RACE, "darwin", "arm64"),
                title,
                move |_, _| Ok(flags.iter().map(|f| f.to_string()).collect()),
            );
        }
        for arch in ARCHES {
            let idle = IDLE_TOOLS.map(|(title, tools)| (PROGRAMS[1], title, &[][..], tools));
            let finished = FINISHED.map(|(program, title, flags)| (program, title, flags, TOOLS));
            for (program, title, flags, tools) in finished.into_iter().chain(idle) {
                case(
                    context,
                    go,
                    cases,
                    "macos",
                    (program, "darwin", arch),
                    title,
                    move |step, dir| {
                        let linker = stand_ins(step, dir, tools)?;
                        let mut all = vec![
                            "-linkmode=external".to_owned(),
                            format!("-extld={}", linker.display()),
                        ];
                        all.extend(flags.iter().map(|f| f.to_string()));
                        Ok(all)
                    },
                );
            }
        }
    }
}

/// Adds a case of a group: a program for an operating system and a machine. `flags` are for a step, and may
/// need files in a folder.
pub fn case(
    context: &Context,
    go: &Toolchain,
    cases: &mut Vec<Case>,
    group: &'static str,
    (program, os, arch): (Program, &'static str, &'static str),
    title: &str,
    flags: impl Fn(&Step, &Path) -> Result<Vec<String>> + Send + Sync + 'static,
) {
    let name = format!("{group}/{}-{arch}/{}/{title}", program.0, go.release());
    let (context, go) = (context.clone(), go.clone());
    cases.push(Case::new(name, move || {
        let step = step(&context, &go, group, (program, os, arch))?;
        let scratch = context.scratch()?;
        let config = scratch.path().join("importcfg");
        fs::write(&config, with_cgo(&step)?)?;
        let mut all = vec![format!("-importcfg={}", config.display())];
        all.extend(flags(&step, scratch.path())?);
        external::same(&context, &step, &all, Errors::InOrder)
    }));
}

fn step(
    context: &Context,
    go: &Toolchain,
    group: &'static str,
    ((name, dir, flags), os, arch): (Program, &str, &str),
) -> Result<Arc<Step>> {
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let build = Build {
        dir: paths::workspace().join(dir),
        env: [("CGO_ENABLED", "0"), ("GOOS", os), ("GOARCH", arch)]
            .map(owned)
            .into(),
        flags: flags.iter().map(|f| f.to_string()).collect(),
        ..Build::default()
    };
    let variant = Variant {
        name: group,
        env: &[],
        flags: &[],
        only: None,
    };
    context.program_step(go, &format!("{name}-{arch}"), &variant, &build)
}

/// A host linker that knows what it is to make, and its tools: what cmd/link makes by itself, and debugging
/// information from there. It fails when it is asked twice for a tool.
fn stand_ins(step: &Step, dir: &Path, tools: Tools) -> Result<PathBuf> {
    let make = |name: &str, flags: &[&str]| -> Result<PathBuf> {
        let out = dir.join(name);
        let mut all = vec!["-linkmode=internal".to_owned()];
        all.extend(flags.iter().map(|f| f.to_string()));
        step.replay(&step.tool, &out, &all)?;
        Ok(out)
    };
    let program = make("program", &["-w"])?;
    let described = make("described", &["-compressdwarf=false"])?;
    let script = |name: &str, text: String| -> Result<PathBuf> {
        let file = dir.join(name);
        fs::write(&file, format!("#!/bin/sh\n{text}\n"))?;
        fs::set_permissions(&file, Permissions::from_mode(0o755))?;
        Ok(file)
    };
    let described = described.display().to_string();
    script("dsymutil", tools.dsymutil.replace('@', &described))?;
    script("strip", tools.strip.into())?;
    let (dir, program) = (dir.display(), program.display());
    script(
        "ld",
        format!(
            "for a in \"$@\"; do\n\
             case $before in\n\
             --print-prog-name) test -e {dir}/asked-$a && exit 7; touch {dir}/asked-$a; echo {dir}/$a ;;\n\
             -o) rm -f {dir}/asked-*; cp {program} $a ;;\n\
             esac\n\
             before=$a\n\
             done"
        ),
    )
}

/// Where packages are, runtime/cgo among them.
fn with_cgo(step: &Step) -> Result<String> {
    let mut text = fs::read_to_string(step.dir.join("importcfg.link"))?;
    let packages = step.packages()?;
    if packages.iter().any(|(name, _)| name == "runtime/cgo") {
        return Ok(text);
    }
    let stand_in = packages.iter().find(|(name, _)| name == STAND_IN);
    let (_, file) = stand_in.ok_or("no package to stand for runtime/cgo")?;
    writeln!(text, "\npackagefile runtime/cgo={file}")?;
    Ok(text)
}
