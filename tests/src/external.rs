//! Links with a host linker: the object that it gets, its arguments and the result are the same, and
//! what is made runs. The programs are in `tests/host/`.

use crate::context::Context;
use crate::flags::Variant;
use crate::parity::is_crash;
use crate::runner::{Case, Outcome};
use crate::wine;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use xtask::step::{Build, Step};
use xtask::toolchain::Toolchain;
use xtask::{Result, measure, paths, system};

/// A program and how it is built.
#[derive(Clone, Copy)]
struct Way {
    name: &'static str,
    /// Folder in `tests/host/`, or in `compiler-fixtures/` if it begins so.
    program: &'static str,
    flags: &'static [&'static str],
    env: &'static [(&'static str, &'static str)],
    /// What is done with the result.
    then: Then,
    /// Programs that it takes, besides the host linker.
    needs: &'static [&'static str],
    /// Sets of linker flags besides none.
    sets: &'static [&'static [&'static str]],
}

#[derive(Clone, Copy)]
enum Then {
    Run,
    /// Linked into a C program as an archive, or found as a shared library.
    UseArchive,
    UseShared,
    /// Run with a plugin that it opens, and with one of another build, which it refuses.
    Open(&'static Way, &'static Way),
    /// Not used by itself.
    Nothing,
}

const EXTERNAL: &str = "-ldflags=-linkmode=external";
const STRIPPED: &[&str] = &["-s", "-w"];
const ARM64: &[(&str, &str)] = &[("GOARCH", "arm64"), ("CC", "aarch64-linux-gnu-gcc")];
const ARM64_NEEDS: &[&str] = &["aarch64-linux-gnu-gcc", "qemu-aarch64-static"];
/// The address sanitizer's; cmd/go knows compilers by what they call themselves.
const ARM64_GCC: &[(&str, &str)] = &[("GOARCH", "arm64"), ("CC", PLAIN_GCC)];
/// Stands for a file of the name `gcc` that is [`ARM64`]'s compiler.
const PLAIN_GCC: &str = "@gcc";
const ARM64_CLANG: &[(&str, &str)] = &[
    ("GOARCH", "arm64"),
    ("CC", "clang --target=aarch64-linux-gnu"),
];
const WINDOWS: &[(&str, &str)] = &[("GOOS", "windows"), ("GOARCH", "amd64"), ("CC", MINGW)];
const MINGW: &str = "x86_64-w64-mingw32-gcc";
const WINDOWS_NEEDS: &[&str] = &[MINGW, "wine64", "wineserver64"];
const INTERNAL: &[&str] = &["-linkmode=internal"];
const INTERNAL_STRIPPED: &[&str] = &["-linkmode=internal", "-s", "-w"];

const fn way(
    name: &'static str,
    program: &'static str,
    flags: &'static [&'static str],
    then: Then,
) -> Way {
    Way {
        name,
        program,
        flags,
        env: &[],
        then,
        needs: &[],
        sets: &[],
    }
}

const CGO: Way = Way {
    sets: &[
        STRIPPED,
        &["-extldflags=-static"],
        &["-pruneweakmap=0"],
        // Too few relocations of read-only data are found.
        &["-D=0x10000"],
    ],
    ..way("cgo", "program", &[EXTERNAL], Then::Run)
};
const PLUGIN: Way = Way {
    // Nothing in a plugin refers to the program's main function, which may be the entry all the same.
    sets: &[STRIPPED, &["-E=main.main"]],
    ..way("plugin", "plugin", &["-buildmode=plugin"], Then::Nothing)
};
/// Its packages are not those of programs built without this flag.
const OTHER_PLUGIN: Way = way(
    "plugin-trimpath",
    "plugin",
    &["-buildmode=plugin", "-trimpath"],
    Then::Nothing,
);
const ARM64_PLUGIN: Way = Way {
    name: "arm64-plugin",
    env: ARM64,
    needs: ARM64_NEEDS,
    ..PLUGIN
};
const ARM64_OTHER_PLUGIN: Way = Way {
    name: "arm64-plugin-trimpath",
    env: ARM64,
    needs: ARM64_NEEDS,
    ..OTHER_PLUGIN
};

const WAYS: &[Way] = &[
    PLUGIN,
    ARM64_PLUGIN,
    way(
        "plugin-undefined",
        "plugin-undefined",
        &["-buildmode=plugin"],
        Then::Nothing,
    ),
    Way {
        sets: &[STRIPPED, INTERNAL, INTERNAL_STRIPPED],
        ..way("opener", "opener", &[], Then::Open(&PLUGIN, &OTHER_PLUGIN))
    },
    Way {
        sets: &[INTERNAL],
        ..way("opener-pie", "opener", &["-buildmode=pie"], Then::Nothing)
    },
    Way {
        env: ARM64,
        needs: ARM64_NEEDS,
        sets: &[INTERNAL],
        ..way(
            "arm64-opener",
            "opener",
            &[],
            Then::Open(&ARM64_PLUGIN, &ARM64_OTHER_PLUGIN),
        )
    },
    Way {
        sets: &[STRIPPED, &["-w"], &["-compressdwarf=false"]],
        ..way("go", "compiler-fixtures/hello-net", &[EXTERNAL], Then::Run)
    },
    CGO,
    Way {
        sets: &[STRIPPED],
        ..way("pie", "program", &["-buildmode=pie", EXTERNAL], Then::Run)
    },
    Way {
        sets: &[STRIPPED],
        ..way(
            "c-archive",
            "library",
            &["-buildmode=c-archive"],
            Then::UseArchive,
        )
    },
    Way {
        sets: &[STRIPPED],
        ..way(
            "c-shared",
            "library",
            &["-buildmode=c-shared"],
            Then::UseShared,
        )
    },
    way("asan", "program", &["-asan"], Then::Run),
    Way {
        env: &[("CC", "clang")],
        needs: &["clang"],
        ..way("msan", "program", &["-msan"], Then::Run)
    },
    Way {
        env: ARM64,
        needs: ARM64_NEEDS,
        sets: &[STRIPPED, &["-pruneweakmap=0"]],
        ..way("arm64-cgo", "program", &[EXTERNAL], Then::Run)
    },
    Way {
        env: ARM64,
        needs: ARM64_NEEDS,
        ..way(
            "arm64-pie",
            "program",
            &["-buildmode=pie", EXTERNAL],
            Then::Run,
        )
    },
    Way {
        env: ARM64_GCC,
        needs: ARM64_NEEDS,
        ..way("arm64-asan", "program", &["-asan"], Then::Run)
    },
    // Its run-time library is not for cross compilers to be had: the object is the same, and so is
    // what the host linker says of it.
    Way {
        env: ARM64_CLANG,
        needs: &["clang"],
        ..way("arm64-msan", "program", &["-msan"], Then::Nothing)
    },
    Way {
        env: ARM64,
        needs: ARM64_NEEDS,
        sets: &[STRIPPED],
        ..way(
            "arm64-c-archive",
            "library",
            &["-buildmode=c-archive"],
            Then::UseArchive,
        )
    },
    Way {
        env: ARM64,
        needs: ARM64_NEEDS,
        ..way(
            "arm64-c-shared",
            "library",
            &["-buildmode=c-shared"],
            Then::UseShared,
        )
    },
    Way {
        env: WINDOWS,
        needs: WINDOWS_NEEDS,
        sets: &[
            STRIPPED,
            &["-w"],
            &["-v"],
            &["-H=windowsgui"],
            &["-extldflags=-Wl,--export-all-symbols"],
            // Sections of an object follow one another.
            &["-D=0x400000"],
        ],
        ..way("windows-cgo", "program", &["-buildmode=exe"], Then::Run)
    },
    Way {
        env: WINDOWS,
        needs: WINDOWS_NEEDS,
        ..way("windows-pie", "program", &["-buildmode=pie"], Then::Run)
    },
    // Of the headers of the object, some depend on whether packages need C.
    Way {
        env: WINDOWS,
        needs: WINDOWS_NEEDS,
        ..way(
            "windows-go",
            "compiler-fixtures/hello-net",
            &[EXTERNAL],
            Then::Nothing,
        )
    },
    Way {
        env: WINDOWS,
        needs: WINDOWS_NEEDS,
        sets: &[STRIPPED],
        ..way(
            "windows-c-archive",
            "library",
            &["-buildmode=c-archive"],
            Then::UseArchive,
        )
    },
    Way {
        env: WINDOWS,
        needs: WINDOWS_NEEDS,
        sets: &[STRIPPED, &["-aslr=false"]],
        ..way(
            "windows-c-shared",
            "library",
            &["-buildmode=c-shared"],
            Then::UseShared,
        )
    },
];

impl Way {
    fn is_for_windows(&self) -> bool {
        self.env.contains(&("GOOS", "windows"))
    }
}

/// All cases.
pub fn cases(context: &Context, cases: &mut Vec<Case>) {
    for go in context.toolchains() {
        for way in WAYS {
            let none: &[&str] = &[];
            for &set in std::iter::once(&none).chain(way.sets) {
                let title = match set {
                    [] => "plain".to_string(),
                    flags => flags.join("").replace(['=', '/'], ""),
                };
                let name = format!("external/{}/{}/{title}", way.name, go.release());
                let (context, go) = (context.clone(), go.clone());
                cases.push(Case::new(name, move || {
                    if let Some(why) = lacks(way) {
                        return Ok(incomplete(why));
                    }
                    let step = step(&context, &go, way)?;
                    let flags: Vec<String> = set.iter().map(|flag| flag.to_string()).collect();
                    same(&context, &step, &flags, Errors::InOrder)
                }));
            }
            if matches!(way.then, Then::Nothing) {
                continue;
            }
            let name = format!("external/{}/{}/runs", way.name, go.release());
            let (context, go) = (context.clone(), go.clone());
            cases.push(Case::new(name, move || {
                if let Some(why) = lacks(way) {
                    return Ok(incomplete(why));
                }
                let step = step(&context, &go, way)?;
                let scratch = context.scratch()?;
                if let Then::Open(plugin, other) = way.then {
                    let plugins = [plugin, other].map(|way| self::step(&context, &go, way));
                    return opens(&context, way, &step, plugins, scratch.path());
                }
                runs(&context, way, &step, scratch.path())
            }));
        }
        arguments(context, go, cases);
    }
}

/// How a case ends that this machine cannot run.
pub(crate) fn incomplete(why: String) -> Outcome {
    match system::must_have_all() {
        true => Outcome::Fail(why),
        false => Outcome::Skip(why),
    }
}

/// What is missing on this machine.
fn lacks(way: &Way) -> Option<String> {
    let missing = |name: &&&str| system::find(name).is_none();
    let missing = ["gcc"].iter().chain(way.needs).find(missing);
    missing.map(|name| format!("no {name}"))
}

fn step(context: &Context, go: &Toolchain, way: &Way) -> Result<Arc<Step>> {
    let dir = match way.program.strip_prefix("compiler-fixtures/") {
        Some(_) => paths::workspace().join(way.program),
        None => paths::workspace().join("tests/host").join(way.program),
    };
    let gcc = plain_gcc()?.display().to_string();
    let owned = |&(name, value): &(&str, &str)| {
        let value = if value == PLAIN_GCC { &gcc } else { value };
        (name.to_string(), value.to_string())
    };
    let build = Build {
        dir,
        env: [("CGO_ENABLED", "1")]
            .iter()
            .chain(way.env)
            .map(owned)
            .collect(),
        flags: way.flags.iter().map(|flag| flag.to_string()).collect(),
        ..Build::default()
    };
    let variant = Variant {
        name: "external",
        env: &[],
        flags: &[],
        only: None,
    };
    context.program_step(go, way.name, &variant, &build)
}

/// The file that [`PLAIN_GCC`] stands for, made if need be. It stays, since link steps name it.
fn plain_gcc() -> Result<PathBuf> {
    let dir = paths::data().join("arm64-cc");
    let name = dir.join("gcc");
    if let (Some(compiler), false) = (system::find("aarch64-linux-gnu-gcc"), name.exists()) {
        fs::create_dir_all(&dir)?;
        match std::os::unix::fs::symlink(compiler, &name) {
            // Cases run side by side.
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
            made => made?,
        }
    }
    Ok(name)
}

/// The command that runs a program that was built in that way and lies in `dir`.
fn command(way: &Way, program: &Path, dir: &Path) -> Command {
    let mut command = match way.env.contains(&("GOARCH", "arm64")) {
        true => {
            let mut c = Command::new("qemu-aarch64-static");
            c.args(["-L", "/usr/aarch64-linux-gnu", "-E"])
                .arg(format!("LD_LIBRARY_PATH={}", dir.display()))
                .arg(program)
                // Leaks are looked for with ptrace, which the emulator does not have. The sanitizer
                // reads the emulator's own environment.
                .env("ASAN_OPTIONS", "detect_leaks=0");
            c
        }
        false => Command::new(program),
    };
    command.env("LD_LIBRARY_PATH", dir).current_dir(dir);
    command
}

/// What is left of a link in its temporary folder and under the output's name, by name.
fn leavings(dir: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // The linker's own trials, a script that says the same in other words; dsymutil has a folder of its own.
        let own = name == "a.out"
            || name.starts_with("loadcfg_test")
            || name == "fix_debug_gdb_scripts.ld";
        if !own && entry.file_type()?.is_file() {
            all.push((name, fs::read(entry.path())?));
        }
    }
    all.sort();
    Ok(all)
}

/// Links what is built in a way of this name with other flags, with both, and compares.
pub fn with_flags(
    context: &Context,
    go: &Toolchain,
    way: &str,
    flags: &[String],
) -> Result<Outcome> {
    let way = WAYS.iter().find(|w| w.name == way).ok_or("no such way")?;
    match lacks(way) {
        Some(why) => Ok(incomplete(why)),
        None => same(
            context,
            &*step(context, go, way)?,
            flags,
            Errors::InAnyOrder,
        ),
    }
}

/// How error messages are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Errors {
    /// Line by line.
    InOrder,
    /// In any order, as cmd/link's threads find them, unless there are too many.
    InAnyOrder,
}

impl Errors {
    /// What is compared of what cmd/link and ours said.
    fn comparable(self, mut said: [String; 2]) -> [String; 2] {
        if self == Errors::InAnyOrder {
            if said.iter().all(|s| s.contains("too many errors")) {
                return Default::default();
            }
            for text in &mut said {
                let mut lines: Vec<&str> = text.lines().collect();
                lines.sort_unstable();
                *text = lines.join("\n");
            }
        }
        said
    }
}

/// Links with both, in the same folder, and compares everything that is left.
pub fn same(context: &Context, step: &Step, flags: &[String], errors: Errors) -> Result<Outcome> {
    let scratch = context.scratch()?;
    let dir = scratch.path().join("host");
    let mut flags = flags.to_vec();
    flags.extend(["-tmpdir".to_string(), dir.display().to_string()]);
    let link = |linker: &Path| -> Result<_> {
        fs::create_dir_all(&dir)?;
        let run = step.replay(linker, &dir.join("out"), &flags)?;
        let left = leavings(&dir)?;
        fs::remove_dir_all(&dir)?;
        let text = |bytes: &[u8]| {
            String::from_utf8_lossy(bytes).replace(&*linker.to_string_lossy(), "LINK")
        };
        Ok((run.code(), text(&run.stdout), text(&run.stderr), left))
    };
    let (stock, ours) = (link(&step.tool)?, link(context.linker())?);
    let mut problems = Vec::new();
    if stock.0 != ours.0 {
        problems.push(format!("exit status {}, should be {}", ours.0, stock.0));
    }
    if is_crash(&stock.2) {
        // There is no wording to follow, and it may have left anything.
        return Ok(Outcome::of(problems));
    }
    let [stock_said, ours_said] = errors.comparable([stock.2.clone(), ours.2.clone()]);
    for (what, stock, ours) in [
        ("output", &stock.1, &ours.1),
        ("errors", &stock_said, &ours_said),
    ] {
        if stock != ours {
            problems.push(format!("{what}:\n{ours}\nshould be:\n{stock}"));
        }
    }
    let names = |left: &[(String, Vec<u8>)]| -> Vec<String> {
        left.iter().map(|(name, _)| name.clone()).collect()
    };
    // After an error of its own, cmd/link leaves half an object.
    let half_done = stock.0 != 0 && ours.3.is_empty();
    if names(&stock.3) != names(&ours.3) && !half_done {
        let (ours, stock) = (names(&ours.3), names(&stock.3));
        problems.push(format!("files {ours:?}, should be {stock:?}"));
    }
    for ((name, stock), (_, ours)) in stock.3.iter().zip(&ours.3) {
        if stock != ours {
            let report = linkdiff::compare(stock, ours, &linkdiff::Options::default());
            problems.push(format!("{name} differs:\n{report}"));
        }
    }
    Ok(Outcome::of(problems))
}

/// Links, and uses the result.
fn runs(context: &Context, way: &Way, step: &Step, dir: &Path) -> Result<Outcome> {
    let out = dir.join(match way.then {
        Then::UseArchive => "libuse.a",
        Then::UseShared if way.is_for_windows() => "use.dll",
        Then::UseShared => "libuse.so",
        Then::Run if way.is_for_windows() => "out.exe",
        Then::Run | Then::Open(..) | Then::Nothing => "out",
    });
    let link = step.replay(context.linker(), &out, &[])?;
    if !link.status.success() {
        let text = String::from_utf8_lossy(&link.stderr);
        return Ok(Outcome::Fail(format!("the link failed: {text}")));
    }
    let program = match way.then {
        Then::Run | Then::Open(..) | Then::Nothing => out,
        Then::UseArchive | Then::UseShared => use_library(way, dir)?,
    };
    let limit = Duration::from_secs(120);
    let run = match way.is_for_windows() {
        true => wine::run(&program, &[], dir, limit)?,
        false => measure::run_for(&mut command(way, &program, dir), Some(limit))?,
    };
    // C programs for Windows end lines in two characters.
    let printed = String::from_utf8_lossy(&run.stdout).replace("\r\n", "\n");
    let folder = match way.program.strip_prefix("compiler-fixtures/") {
        Some(_) => paths::workspace().join(way.program),
        None => paths::workspace().join("tests/host").join(way.program),
    };
    let expected = fs::read_to_string(folder.join("expect.txt"))?;
    let mut problems = Vec::new();
    if !run.status.success() {
        let text = String::from_utf8_lossy(&run.stderr);
        problems.push(format!("it failed: {}\n{text}", run.status));
    }
    if printed != expected {
        problems.push(format!("it prints\n{printed}\nand should\n{expected}"));
    }
    Ok(Outcome::of(problems))
}

/// Links a program and plugins; it opens the first and refuses the second.
fn opens(
    context: &Context,
    way: &Way,
    step: &Step,
    plugins: [Result<Arc<Step>>; 2],
    dir: &Path,
) -> Result<Outcome> {
    let link = |step: &Step, name: &str| -> Result<PathBuf> {
        let out = dir.join(name);
        let run = step.replay(context.linker(), &out, &[])?;
        match run.status.success() {
            true => Ok(out),
            false => Err(String::from_utf8_lossy(&run.stderr).into_owned().into()),
        }
    };
    let program = link(step, "program")?;
    let folder = paths::workspace().join("tests/host").join(way.program);
    let expected = fs::read_to_string(folder.join("expect.txt"))?;
    let mut problems = Vec::new();
    for (plugin, code, expected) in plugins
        .into_iter()
        .zip([(0, expected), (3, "refused\n".to_string())])
        .map(|(plugin, (code, text))| (plugin, code, text))
    {
        let plugin = link(&*plugin?, "plugin.so")?;
        let mut command = command(way, &program, dir);
        command.arg(&plugin);
        let run = measure::run_for(&mut command, Some(Duration::from_secs(120)))?;
        let printed = String::from_utf8_lossy(&run.stdout).into_owned();
        if (run.code(), &printed) != (code, &expected) {
            let errors = String::from_utf8_lossy(&run.stderr);
            problems.push(format!(
                "it ends with {} and prints\n{printed}{errors}\nand should\n{expected}",
                run.code()
            ));
        }
    }
    Ok(Outcome::of(problems))
}

/// The C program that uses a library made from Go.
fn use_library(way: &Way, dir: &Path) -> Result<PathBuf> {
    let source = paths::workspace()
        .join("tests/host")
        .join(way.program)
        .join("use.c.txt");
    let copy = dir.join("use.c");
    fs::copy(source, &copy)?;
    let cc = way.env.iter().find(|(name, _)| *name == "CC");
    let windows = way.is_for_windows();
    let program = dir.join(if windows { "use.exe" } else { "use" });
    let system: &[&str] = match windows {
        true => &["-luse", "-lws2_32", "-lwinmm", "-lntdll"],
        false => &["-luse", "-lpthread"],
    };
    let out = Command::new(cc.map_or("gcc", |(_, cc)| cc))
        .arg(&copy)
        .arg("-o")
        .arg(&program)
        .arg("-L")
        .arg(dir)
        .args(system)
        .output()?;
    match out.status.success() {
        true => Ok(program),
        false => Err(String::from_utf8_lossy(&out.stderr).into_owned().into()),
    }
}

/// A linker that writes down its arguments, and one that fails.
const RECORDER: &str = "#!/bin/sh
printf '%s\\n' \"LC_ALL=$LC_ALL\" \"$@\" END >> \"$0.log\"
exec gcc \"$@\"
";
const FAILING: &str = "#!/bin/sh
case \"$*\" in
*go.o*) echo out; echo error >&2; exit 7;;
*build-id*) echo unknown;;
esac
exec gcc \"$@\"
";

/// Links whose host linker's arguments are compared: a name, the linker, flags.
fn argument_sets() -> Vec<(&'static str, &'static str, Vec<String>)> {
    let long: Vec<String> = (0..160)
        .map(|i| format!("-Wl,-rpath,/{i}{}", "x".repeat(200)))
        .collect();
    let interpreter = ["-I", "/lib64/ld-linux-x86-64.so.2"].map(String::from);
    vec![
        ("plain", RECORDER, vec![]),
        ("static", RECORDER, vec!["-extldflags=-static".into()]),
        (
            "paths",
            RECORDER,
            [&["-r".into(), "/lib/x y".into()], &interpreter[..]].concat(),
        ),
        // What names the interpreter is no argument then, in one of the forms that it may have.
        (
            "paths-static",
            RECORDER,
            [
                &["-extldflags=-Wl,--dynamic-linker,/a -Wl,--dynamic-linker=/b -static".into()],
                &interpreter[..],
            ]
            .concat(),
        ),
        (
            "interpreter-comma",
            RECORDER,
            ["-I", "/lib64/ld,x"].map(Into::into).into(),
        ),
        (
            "no-build-id",
            RECORDER,
            vec!["-B=none".into(), "-bindnow".into()],
        ),
        (
            "quotes",
            RECORDER,
            vec!["-extldflags=-O2 -L /tmp -lm '-Wl,-rpath,/a b'".into()],
        ),
        (
            "long",
            RECORDER,
            vec![format!("-extldflags={}", long.join(" "))],
        ),
        ("fails", FAILING, vec![]),
        ("missing", "", vec![]),
    ]
}

/// The arguments that a host linker gets, in order, trials included; and what is said when it fails.
fn arguments(context: &Context, go: &Toolchain, cases: &mut Vec<Case>) {
    for (title, script, flags) in argument_sets() {
        let name = format!("external/arguments/{}/{title}", go.release());
        let (context, go) = (context.clone(), go.clone());
        cases.push(Case::new(name, move || {
            same_arguments(&context, &go, script, &flags)
        }));
    }
}

/// One of [`argument_sets`], by name.
pub fn arguments_of(context: &Context, go: &Toolchain, title: &str) -> Result<Outcome> {
    let mut sets = argument_sets().into_iter();
    let set = sets.find(|set| set.0 == title).ok_or("no such set")?;
    same_arguments(context, go, set.1, &set.2)
}

/// Links with both and `script` as the host linker, which writes down its arguments.
fn same_arguments(
    context: &Context,
    go: &Toolchain,
    script: &str,
    flags: &[String],
) -> Result<Outcome> {
    if let Some(why) = lacks(&CGO) {
        return Ok(incomplete(why));
    }
    let step = step(context, go, &CGO)?;
    let scratch = context.scratch()?;
    let (tool, dir) = (scratch.path().join("cc"), scratch.path().join("host"));
    if !script.is_empty() {
        use std::os::unix::fs::PermissionsExt as _;
        fs::write(&tool, script)?;
        fs::set_permissions(&tool, fs::Permissions::from_mode(0o755))?;
    }
    let mut all = flags.to_vec();
    all.extend([
        format!("-extld={}", tool.display()),
        "-v".to_string(),
        "-tmpdir".to_string(),
        dir.display().to_string(),
    ]);
    let link = |linker: &Path| -> Result<(i32, String, Vec<String>)> {
        fs::create_dir_all(&dir)?;
        let run = step.replay(linker, &scratch.path().join("out"), &all)?;
        fs::remove_dir_all(&dir)?;
        let log = scratch.path().join("cc.log");
        let calls = fs::read_to_string(&log).unwrap_or_default();
        let _ = fs::remove_file(log);
        let said = [run.stdout.as_slice(), &run.stderr].concat();
        let said = String::from_utf8_lossy(&said).replace(&*linker.to_string_lossy(), "LINK");
        let lines = said.lines().map(str::to_string).collect();
        Ok((run.code(), calls, lines))
    };
    let (stock, ours) = (link(&step.tool)?, link(context.linker())?);
    let mut problems = Vec::new();
    if stock.0 != ours.0 {
        problems.push(format!("exit status {}, should be {}", ours.0, stock.0));
    }
    if stock.1 != ours.1 {
        problems.push(format!("calls:\n{}\nshould be:\n{}", ours.1, stock.1));
    }
    if stock.2 != ours.2 {
        problems.push(format!("said:\n{:#?}\nshould be:\n{:#?}", ours.2, stock.2));
    }
    Ok(Outcome::of(problems))
}
