//! Links for Android and iOS. But for Android on arm64, the go command builds programs for them with a C compiler
//! only, so the main package is compiled here, and what links is recorded by hand. There is no host linker of
//! theirs: what it is given is compared.

use crate::context::Context;
use crate::external::{self, Errors};
use crate::runner::Case;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, OnceLock};
use xtask::measure::succeed;
use xtask::step::Step;
use xtask::toolchain::Toolchain;
use xtask::{Result, paths};

/// A system, a machine, and how code for it is compiled.
const SYSTEMS: [(&str, &str, &str); 4] = [
    ("android", "arm64", "-shared"),
    ("android", "amd64", "-dynlink"),
    ("ios", "arm64", "-shared"),
    ("ios", "amd64", "-dynlink"),
];

/// Flags; a linker that knows no flag and fails, and one that knows all and makes nothing. What a system does not
/// have is refused by both.
const SETS: [(&str, &[&str]); 12] = [
    ("plain", &["-extld=false"]),
    ("stripped", &["-extld=false", "-s", "-w"]),
    ("internal", &["-linkmode=internal"]),
    ("internal-exe", &["-linkmode=internal", "-buildmode=exe"]),
    ("external", &["-linkmode=external", "-extld=true", "-v"]),
    (
        "exe",
        &["-linkmode=external", "-extld=true", "-buildmode=exe"],
    ),
    (
        "c-archive",
        &["-extld=false", "-extar=ar", "-buildmode=c-archive"],
    ),
    ("c-shared", &["-extld=true", "-buildmode=c-shared"]),
    (
        "plugin",
        &["-extld=true", "-buildmode=plugin", "-pluginpath=a/b"],
    ),
    ("divided", &["-extld=true", "-debugtextsize=100000", "-w"]),
    ("race", &["-extld=true", "-race", "-B=gobuildid", "-w"]),
    (
        "default-linker",
        &["-linkmode=external", "-extld=", "-tmpdir=/nowhere"],
    ),
];

/// The program, which imports what it says behind it.
const PROGRAM: (&str, &[&str]) = (
    "tests/host/module",
    &["fmt", "os", "plugin", "runtime/cgo", "strings"],
);

/// All cases.
pub fn cases(context: &Context, cases: &mut Vec<Case>) {
    for go in context.toolchains() {
        for system in SYSTEMS {
            let step: Arc<OnceLock<std::result::Result<Step, String>>> = Arc::default();
            for (title, flags) in SETS {
                let (os, arch, _) = system;
                let name = format!("mobile/{os}-{arch}/{}/{title}", go.release());
                let (context, go, step) = (context.clone(), go.clone(), Arc::clone(&step));
                cases.push(Case::new(name, move || {
                    let step = step
                        .get_or_init(|| record(&context, &go, system).map_err(|e| e.to_string()));
                    let flags: Vec<String> = flags.iter().map(|f| f.to_string()).collect();
                    external::same(
                        &context,
                        step.as_ref().map_err(String::as_str)?,
                        &flags,
                        Errors::InOrder,
                    )
                }));
            }
        }
    }
}

/// Runs a tool of a release for a system; gives what it prints.
fn run(command: &mut Command, (os, arch, _): (&str, &str, &str)) -> Result<String> {
    let run = succeed(command.env("GOOS", os).env("GOARCH", arch))?;
    Ok(String::from_utf8(run.stdout)?)
}

/// Compiles the program, and writes down how it is linked.
fn record(context: &Context, go: &Toolchain, system: (&str, &str, &str)) -> Result<Step> {
    let (os, arch, shared) = system;
    let dir = context.place(go, "mobile", &format!("{os}-{arch}"));
    fs::create_dir_all(&dir)?;
    let (program, imports) = PROGRAM;
    let program = paths::workspace().join(program);
    let [compile, assemble] = ["gc", "asm"].map(|tool| format!("-{tool}flags=all={shared}"));
    let listed = run(
        go.go()
            .current_dir(&program)
            .args([
                "list",
                "-export",
                "-deps",
                "-f",
                "{{.ImportPath}}={{.Export}}",
            ])
            .args([compile, assemble])
            .args(imports),
        system,
    )?;
    let mut config = String::new();
    let packages = listed.lines().filter(|line| !line.ends_with('='));
    packages.for_each(|line| {
        let _ = writeln!(config, "packagefile {line}");
    });
    let config_file = dir.join("importcfg");
    fs::write(&config_file, config)?;
    let main = dir.join("main.a");
    run(
        Command::new(go.tool_dir().join("compile"))
            .args(["-p=main", "-pack", "-buildid=a/b", shared, "-importcfg"])
            .args([&config_file as &Path, "-o".as_ref(), &main])
            .arg(program.join("main.go"))
            .env("GOROOT", &go.root),
        system,
    )?;
    let text = |path: &Path| path.display().to_string();
    let args = [
        "-importcfg".to_owned(),
        text(&config_file),
        "-buildmode=pie".to_owned(),
        "-buildid=a/b/c/d".to_owned(),
        text(&main),
    ];
    let env = [("GOOS", os), ("GOARCH", arch), ("CGO_ENABLED", "0")];
    let mut env: BTreeMap<String, String> = env.map(|(n, v)| (n.into(), v.into())).into();
    env.insert("GOROOT".into(), text(&go.root));
    Ok(Step {
        go: go.version.clone(),
        tool: go.link(),
        args: args.into(),
        env,
        dir,
    })
}
