//! Tools that read executables find in ours what they find in cmd/link's.

use crate::context::Context;
use crate::fixture::Fixture;
use crate::flags::{DEFAULT, Variant};
use crate::runner::{Case, Outcome};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use xtask::Result;
use xtask::measure;
use xtask::toolchain::Toolchain;

/// A tool, what it is asked, and what must be in its answer.
struct Tool {
    name: &'static str,
    fixture: &'static str,
    variant: &'static str,
    flags: &'static [&'static str],
    /// `go` is the release's; others are found on `PATH`.
    program: &'static str,
    args: &'static [&'static str],
    wanted: &'static [&'static str],
    /// What standard error may not contain.
    unwanted: &'static [&'static str],
}

const fn tool(
    name: &'static str,
    fixture: &'static str,
    program: &'static str,
    args: &'static [&'static str],
    wanted: &'static [&'static str],
) -> Tool {
    Tool {
        name,
        fixture,
        variant: "default",
        flags: &[],
        program,
        args,
        wanted,
        unwanted: &[],
    }
}

const TOOLS: &[Tool] = &[
    tool(
        "nm",
        "hello",
        "go",
        &["tool", "nm", "-size", "-type", "a.out"],
        &[" T main.main", " T runtime.main", "runtime.buildVersion"],
    ),
    tool(
        "objdump",
        "hello",
        "go",
        &["tool", "objdump", "-s", "^main\\.main$", "a.out"],
        &["TEXT main.main(SB)", "main.go:7", "CALL "],
    ),
    tool(
        "buildid",
        "hello",
        "go",
        &["tool", "buildid", "a.out"],
        &["/"],
    ),
    tool(
        "version-m",
        "hello-net",
        "go",
        &["version", "-m", "a.out"],
        &["path\tfixture.test/hellonet", "build\tGOARCH=amd64"],
    ),
    Tool {
        flags: &["-s", "-w"],
        ..tool(
            "version-m-stripped",
            "hello",
            "go",
            &["version", "-m", "a.out"],
            &["path\tfixture.test/hello"],
        )
    },
    Tool {
        unwanted: &["Warning", "warning", "Error"],
        flags: &["-B=gobuildid"],
        ..tool(
            "readelf-all",
            "dwarf-types",
            "readelf",
            &["-a", "-W", "a.out"],
            &[".gopclntab", "main.main", "Build ID"],
        )
    },
    tool(
        "readelf-dwarf",
        "dwarf-types",
        "readelf",
        &["--debug-dump=info,decodedline,frames,abbrev", "a.out"],
        &["DW_TAG_subprogram", "main.inlined", "main.go"],
    ),
    tool(
        "objdump-gnu",
        "hello",
        "objdump",
        &["-d", "--disassemble=main.main", "a.out"],
        &["<main.main>:"],
    ),
    Tool {
        variant: "noopt",
        ..tool(
            "gdb",
            "dwarf-types",
            "gdb",
            &[
                "-batch",
                "-nx",
                "-iex",
                "set auto-load no",
                "-ex",
                "break main.inlined",
                "-ex",
                "run",
                "-ex",
                "backtrace",
                "-ex",
                "next",
                "-ex",
                "next",
                "-ex",
                "info args",
                "-ex",
                "info locals",
                "-ex",
                "up",
                "-ex",
                "info locals",
                "-ex",
                "print 'main.global'",
                "-ex",
                "ptype 'main.global'",
                "a.out",
            ],
            &[
                "Breakpoint 1, main.inlined",
                "main.many",
                "main.main",
                // Only the first argument: the next stop may be another call,
                // on another thread.
                "a = 1",
                "main.go",
                "alias",
            ],
        )
    },
    tool(
        "gdb-optimised",
        "dwarf-types",
        "gdb",
        &[
            "-batch",
            "-nx",
            "-iex",
            "set auto-load no",
            "-ex",
            "break main.(*record).method",
            "-ex",
            "run",
            "-ex",
            "backtrace",
            "-ex",
            "info source",
            "-ex",
            "info types integer",
            "a.out",
        ],
        &["main.main", "main.go", "DWARF"],
    ),
];

/// All cases.
pub fn cases(context: &Context, cases: &mut Vec<Case>) {
    for go in context.toolchains() {
        for tool in TOOLS {
            let (context, go) = (context.clone(), go.clone());
            cases.push(Case::new(
                format!("tools/{}/{}", tool.name, go.release()),
                move || ask(&context, &go, tool),
            ));
        }
        let (at, version) = (context.clone(), go.clone());
        cases.push(Case::new(
            format!("tools/addr2line/{}", go.release()),
            move || addr2line(&at, &version),
        ));
        let (at, version) = (context.clone(), go.clone());
        cases.push(Case::new(
            format!("tools/pprof/{}", go.release()),
            move || pprof(&at, &version),
        ));
    }
}

/// Links a fixture with ours, or with cmd/link, to `out`.
fn link(context: &Context, go: &Toolchain, tool: &Tool, stock: bool, out: &Path) -> Result<()> {
    let variant = Variant::find(tool.variant).unwrap_or(DEFAULT);
    let step = context.fixture_step(go, &Fixture::named(tool.fixture)?, &variant)?;
    let flags: Vec<String> = tool.flags.iter().map(|flag| flag.to_string()).collect();
    let linker = if stock { &step.tool } else { context.linker() };
    let run = step.replay(linker, out, &flags)?;
    if run.status.success() {
        Ok(())
    } else {
        Err(format!("the link failed:\n{}", String::from_utf8_lossy(&run.stderr)).into())
    }
}

fn ask(context: &Context, go: &Toolchain, tool: &Tool) -> Result<Outcome> {
    if tool.program != "go" && !on_path(tool.program) {
        return Ok(Outcome::Skip(format!("{} is not installed", tool.program)));
    }
    let scratch = context.scratch()?;
    let out = scratch.path().join("a.out");
    let answer = |stock: bool| -> Result<(i32, String, String)> {
        link(context, go, tool, stock, &out)?;
        let mut command = if tool.program == "go" {
            go.go()
        } else {
            Command::new(tool.program)
        };
        command.args(tool.args).current_dir(scratch.path());
        let run = measure::run_for(&mut command, Some(Duration::from_secs(300)))?;
        Ok((
            run.code(),
            String::from_utf8_lossy(&run.stdout).into_owned(),
            String::from_utf8_lossy(&run.stderr).into_owned(),
        ))
    };
    let (code, stdout, stderr) = answer(false)?;
    let mut problems = Vec::new();
    if code != 0 {
        problems.push(format!("{} exits with {code}:\n{stderr}", tool.program));
    }
    for wanted in tool.wanted {
        if !stdout.contains(wanted) {
            problems.push(format!("the answer has no {wanted:?}"));
        }
    }
    for unwanted in tool.unwanted {
        if stderr.contains(unwanted) {
            problems.push(format!("it complains:\n{stderr}"));
        }
    }
    let (_, _, stock_errors) = answer(true)?;
    if sorted(&stderr) != sorted(&stock_errors) {
        problems.push(format!(
            "it complains\n{stderr}\nbut of cmd/link's\n{stock_errors}"
        ));
    }
    if !problems.is_empty() {
        let start: Vec<&str> = stdout.lines().take(30).collect();
        problems.push(format!("the answer begins\n{}", start.join("\n")));
    }
    Ok(Outcome::of(problems))
}

fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}

fn on_path(program: &str) -> bool {
    measure::run(Command::new(program).arg("--version")).is_ok_and(|run| run.status.success())
}

const HELLO: Tool = tool("", "hello", "go", &[], &[]);
const PPROF: Tool = tool("", "pprof-labels", "go", &[], &[]);

/// The address that nm gives leads back to name and line.
fn addr2line(context: &Context, go: &Toolchain) -> Result<Outcome> {
    let scratch = context.scratch()?;
    let out = scratch.path().join("a.out");
    link(context, go, &HELLO, false, &out)?;
    let nm = measure::run(go.go().args(["tool", "nm"]).arg(&out))?;
    let text = String::from_utf8_lossy(&nm.stdout).into_owned();
    let address = text
        .lines()
        .find(|line| line.ends_with(" T main.main"))
        .and_then(|line| line.split_whitespace().next())
        .ok_or("nm does not list main.main")?;
    let run = measure::run(
        Command::new("sh")
            .arg("-c")
            .arg("echo 0x$2 | \"$0\" tool addr2line \"$1\"")
            .arg(go.go_binary())
            .arg(&out)
            .arg(address)
            .env("GOTOOLCHAIN", "local")
            .env("GOCACHE", xtask::paths::go_cache()),
    )?;
    let answer = String::from_utf8_lossy(&run.stdout).into_owned();
    let good = answer.starts_with("main.main\n") && answer.contains("main.go:6");
    Ok(Outcome::of(if good {
        Vec::new()
    } else {
        vec![format!(
            "answer {answer:?}\n{}",
            String::from_utf8_lossy(&run.stderr)
        )]
    }))
}

/// A profile of our binary, read with our binary's own tables.
fn pprof(context: &Context, go: &Toolchain) -> Result<Outcome> {
    let scratch = context.scratch()?;
    let out = scratch.path().join("a.out");
    let profile = scratch.path().join("cpu.pprof");
    link(context, go, &PPROF, false, &out)?;
    let run = measure::run(Command::new(&out).arg(&profile))?;
    if !run.status.success() || fs::metadata(&profile).is_err() {
        return Ok(Outcome::Fail("the program wrote no profile".into()));
    }
    let mut problems = Vec::new();
    for (args, wanted) in [
        (&["-top"][..], "main.spin"),
        (&["-tags"], "spinning"),
        (&["-disasm=main.spin"], "main.go:"),
        (&["-list=main.spin"], "ROUTINE"),
    ] {
        let run = measure::run_for(
            go.go()
                .args(["tool", "pprof"])
                .args(args)
                .arg(&out)
                .arg(&profile)
                .current_dir(&Fixture::named("pprof-labels")?.dir)
                .env("PPROF_TMPDIR", scratch.path()),
            Some(Duration::from_secs(300)),
        )?;
        let text = String::from_utf8_lossy(&run.stdout);
        if !run.status.success() || !text.contains(wanted) {
            problems.push(format!(
                "pprof {args:?} has no {wanted:?}:\n{text}\n{}",
                String::from_utf8_lossy(&run.stderr)
            ));
        }
    }
    Ok(Outcome::of(problems))
}
