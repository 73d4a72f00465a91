//! The same bytes, the same text, the same exit status.

use crate::Args;
use crate::context::Context;
use crate::fixture::Fixture;
use crate::flags::{
    BIG, DEFAULT, ELSEWHERE, FEW, FlagSet, MIXED, MORE, PIE, Text, Variant, WITH_C,
};
use crate::runner::{Case, Outcome};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use xtask::measure::{self, Run};
use xtask::programs::{PROGRAMS, Program};
use xtask::step::Step;
use xtask::toolchain::Toolchain;
use xtask::{Result, paths};

/// SHA-256 in hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// SHA-256 of a file; `None` if there is no such file.
fn file_digest(path: &Path) -> Result<Option<String>> {
    let Ok(mut file) = fs::File::open(path) else {
        return Ok(None);
    };
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(Some(hex::encode(hash.finalize()))),
            n => hash.update(&buffer[..n]),
        }
    }
}

/// What a link did, in a form that can be stored.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Linked {
    /// Exit status.
    pub code: i32,
    /// SHA-256 of the output file, if there is one.
    pub output: Option<String>,
    /// SHA-256 of the FIPS object that `-fipso` asks for, if there is one.
    pub fips: Option<String>,
    /// Permissions of the output file.
    pub mode: u32,
    /// What was printed.
    pub stdout: String,
    /// What was printed as errors.
    pub stderr: String,
}

impl Linked {
    /// Gathers what `linker` did; its path, which some messages begin with,
    /// becomes `LINK`.
    pub fn new(run: &Run, linker: &Path, out: &Path) -> Result<Linked> {
        use std::os::unix::fs::PermissionsExt;
        let linker = linker.to_string_lossy();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&*linker, "LINK");
        let mut fips = out.as_os_str().to_owned();
        fips.push(".fips.o");
        Ok(Linked {
            code: run.code(),
            output: file_digest(out)?,
            fips: file_digest(Path::new(&fips))?,
            mode: fs::metadata(out).map_or(0, |meta| meta.permissions().mode()),
            stdout: text(&run.stdout),
            stderr: text(&run.stderr),
        })
    }
}

impl Linked {
    /// Whether it is the Go runtime that ended the linker.
    pub fn crashed(&self) -> bool {
        is_crash(&self.stderr)
    }
}

/// Whether a linker that says this on standard error was ended by the Go runtime.
pub fn is_crash(stderr: &str) -> bool {
    stderr.contains("\ngoroutine ") && stderr.contains("[running]:")
}

/// Links with cmd/link, or remembers what it did the last time.
pub fn reference(step: &Step, flags: &[String], scratch: &Path) -> Result<Linked> {
    let key = digest(
        format!(
            "{}\n{}\n{flags:?}",
            fs::read_to_string(step.dir.join("step.json"))?,
            digest(&fs::read(step.dir.join("importcfg.link"))?),
        )
        .as_bytes(),
    );
    let store = paths::data().join("references");
    let file = store.join(format!("{key}.json"));
    if let Ok(text) = fs::read(&file)
        && let Ok(linked) = serde_json::from_slice(&text)
    {
        return Ok(linked);
    }
    let out = scratch.join("stock");
    let run = step.replay(&step.tool, &out, &place(flags, scratch))?;
    let linked = Linked::new(&run, &step.tool, &out)?;
    fs::create_dir_all(&store)?;
    let partial = scratch.join("reference.json");
    fs::write(&partial, serde_json::to_vec(&linked)?)?;
    fs::rename(&partial, &file)?;
    Ok(linked)
}

fn place(flags: &[String], scratch: &Path) -> Vec<String> {
    let scratch = scratch.to_string_lossy();
    flags
        .iter()
        .map(|flag| flag.replace("@TMP@", &scratch))
        .collect()
}

/// Links with both and compares everything.
pub fn compare(
    context: &Context,
    name: &str,
    step: &Step,
    flags: &[String],
    text: Text,
) -> Result<Outcome> {
    let scratch = context.scratch()?;
    let stock = reference(step, flags, scratch.path())?;
    let out = scratch.path().join("ours");
    let run = step.replay(context.linker(), &out, &place(flags, scratch.path()))?;
    let ours = Linked::new(&run, context.linker(), &out)?;
    let mut problems = differences(&stock, &ours, text);
    if run.timed_out {
        problems.push("it ran too long".into());
    }
    if stock.output != ours.output && ours.output.is_some() && stock.output.is_some() {
        let again = scratch.path().join("stock");
        if !again.exists() {
            step.replay(&step.tool, &again, &place(flags, scratch.path()))?;
        }
        problems.push(explain(context, name, &again, &out)?);
    }
    if !problems.is_empty() {
        problems.push(format!(
            "again: cargo xtask link-step run {} --linker {} -o /tmp/ours -- {}",
            step.dir.display(),
            context.linker().display(),
            flags.join(" ")
        ));
    }
    Ok(Outcome::of(problems))
}

/// The same file with any number of threads, again and again.
fn threads(context: &Context, go: &Toolchain, cases: &mut Vec<Case>) {
    for fixture in ["hello-net", "same-type-strings", "dwarf-types"] {
        let step = move |context: &Context, go: &Toolchain| {
            context.fixture_step(go, &Fixture::named(fixture)?, &DEFAULT)
        };
        threads_case(context, go, fixture, step, cases);
    }
}

/// The same for a large program. While its objects are opened, pages are given back.
fn big_threads(
    context: &Context,
    go: &Toolchain,
    program: &str,
    cases: &mut Vec<Case>,
) -> Result<()> {
    let program = Program::find(program)?;
    let step = move |context: &Context, go: &Toolchain| {
        context.program_step(go, program.name, &DEFAULT, &program.build())
    };
    threads_case(context, go, program.name, step, cases);
    Ok(())
}

fn threads_case(
    context: &Context,
    go: &Toolchain,
    program: &str,
    step: impl Fn(&Context, &Toolchain) -> Result<Arc<Step>> + Send + Sync + 'static,
    cases: &mut Vec<Case>,
) {
    let name = format!("threads/{program}/{}", go.release());
    let (context, go) = (context.clone(), go.clone());
    cases.push(Case::new(name, move || {
        let step = step(&context, &go)?;
        let scratch = context.scratch()?;
        let stock = reference(&step, &[], scratch.path())?;
        let out = scratch.path().join("ours");
        let mut problems = Vec::new();
        for threads in [1, 2, 3, 16, 8, 1, 2, 3, 16, 8, 16, 8, 16] {
            let mut command = step.command(context.linker(), &out, &[]);
            command.env("RELINK_THREADS", threads.to_string());
            let run = measure::run_for(&mut command, Some(Duration::from_secs(120)))?;
            if run.timed_out {
                problems.push(format!("{threads} threads: it ran too long"));
                continue;
            }
            let ours = Linked::new(&run, context.linker(), &out)?;
            for problem in differences(&stock, &ours, Text::Same) {
                problems.push(format!("{threads} threads: {problem}"));
            }
        }
        Ok(Outcome::of(problems))
    }));
}

/// What differs between two links, in words.
pub fn differences(stock: &Linked, ours: &Linked, text: Text) -> Vec<String> {
    let mut problems = Vec::new();
    if stock.crashed() {
        if !matches!(ours.code, 1 | 2) || ours.stderr.is_empty() {
            problems.push(format!(
                "exit status {} (cmd/link crashes), should be an error",
                ours.code
            ));
        }
    } else if stock.code != ours.code {
        problems.push(format!(
            "exit status {}, should be {}",
            ours.code, stock.code
        ));
    }
    // cmd/link leaves a file behind after some errors; we never do.
    let wanted = stock.output.as_ref().filter(|_| stock.code == 0);
    match (wanted, &ours.output) {
        (Some(_), None) => problems.push("no output file".into()),
        (None, Some(_)) => problems.push("an output file is left".into()),
        (stock, ours) if stock != ours.as_ref() => problems.push("the output differs".into()),
        _ => {}
    }
    if wanted.is_some() && ours.output.is_some() && stock.mode != ours.mode {
        problems.push(format!("mode {:o}, should be {:o}", ours.mode, stock.mode));
    }
    if stock.fips != ours.fips {
        problems.push("the file of -fipso differs".into());
    }
    if stock.crashed() {
        // There is no wording to follow.
        return problems;
    }
    for (what, stock, ours) in [
        ("standard output", &stock.stdout, &ours.stdout),
        ("standard error", &stock.stderr, &ours.stderr),
    ] {
        let (stock, ours) = (comparable(stock, text), comparable(ours, text));
        if stock != ours {
            problems.push(first_difference(what, &stock, &ours));
        }
    }
    problems
}

/// Text in the form in which it is compared.
fn comparable(text: &str, how: Text) -> Vec<String> {
    match how {
        Text::Any => Vec::new(),
        Text::Same => text.lines().map(str::to_string).collect(),
        Text::Unordered => {
            let mut lines: Vec<String> = text.lines().map(str::to_string).collect();
            lines.sort_unstable();
            lines
        }
        Text::Edges => text
            .lines()
            .map(|line| {
                let target = line.split_once(" -> ").map_or(line, |(_, target)| target);
                target.to_string()
            })
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect(),
    }
}

fn first_difference(what: &str, stock: &[String], ours: &[String]) -> String {
    let at = stock.iter().zip(ours).take_while(|(a, b)| a == b).count();
    let show = |lines: &[String]| {
        let mut shown: Vec<String> = lines.iter().skip(at).take(4).cloned().collect();
        if shown.is_empty() {
            shown.push("(ends)".into());
        }
        shown.join("\n        ")
    };
    format!(
        "{what} differs at line {} ({} lines, should be {}):\n    is\n        {}\n    should be\n        {}",
        at + 1,
        ours.len(),
        stock.len(),
        show(ours),
        show(stock)
    )
}

/// Says where two files differ, and keeps them for a look.
fn explain(context: &Context, name: &str, stock: &Path, ours: &Path) -> Result<String> {
    let report = linkdiff::compare(
        &fs::read(stock)?,
        &fs::read(ours)?,
        &linkdiff::Options::default(),
    );
    let mut text = report.to_string();
    if let Some(dir) = context.keep_failure(name) {
        fs::rename(stock, dir.join("stock"))?;
        fs::rename(ours, dir.join("ours"))?;
        text += &format!("\nkept: {}/{{stock,ours}}", dir.display());
    }
    Ok(text)
}

/// Ways of building whose results are run.
const RUN: [&str; 2] = ["default", "pie"];

/// All parity cases.
pub fn cases(context: &Context, args: &Args, cases: &mut Vec<Case>) -> Result<()> {
    for fixture in Fixture::all()? {
        for go in context.toolchains() {
            if !fixture.wants(&go.release()) {
                continue;
            }
            for variant in fixture.variants()? {
                if variant.is_of(&go.release()) {
                    fixture_cases(context, go, &fixture, variant, cases);
                    if RUN.contains(&variant.name) && !fixture.directives.fails {
                        runs(context, go, &fixture, variant, cases);
                    }
                }
            }
        }
    }
    for go in context.toolchains() {
        threads(context, go, cases);
    }
    if args.big {
        let newest = context.toolchains().last();
        let is_newest = |go: &Toolchain| newest.is_some_and(|n| n.release() == go.release());
        // The other large programs want a later release. To build them takes minutes, so that by default those that do
        // not come with the toolchain are built with the newest.
        let takes = |go: &&Toolchain, program: &str| match program {
            "cmd-compile" => true,
            "cmd-go" => !go.is_earlier(),
            _ => !go.is_earlier() && (is_newest(go) || args.go.is_some()),
        };
        let largest = |go: &&Toolchain| ["hugo", "cmd-go"].into_iter().find(|p| takes(go, p));
        for go in context.toolchains() {
            if let Some(program) = largest(&go) {
                big_threads(context, go, program, cases)?;
            }
        }
        for (go, variant) in newest
            .iter()
            .flat_map(|go| ELSEWHERE.iter().map(move |v| (go, v)))
        {
            for set in BIG {
                big_case(context, go, Program::find("cmd-go")?, *variant, *set, cases);
            }
        }
        for program in PROGRAMS {
            let wanted = |go: &&Toolchain| takes(go, program.name);
            for go in context.toolchains().iter().filter(wanted) {
                for set in BIG {
                    big_case(context, go, *program, DEFAULT, *set, cases);
                }
                // The compiler has no use for C. To build modules once more takes minutes, and what C
                // brings into a link does not depend on their size: two of them are enough.
                let with_c = match program.name {
                    "cmd-compile" => false,
                    "cmd-go" => true,
                    "gopls" | "hugo" => is_newest(go),
                    _ => args.go.is_some(),
                };
                if with_c {
                    for set in &BIG[..2] {
                        big_case(context, go, *program, WITH_C, *set, cases);
                    }
                }
            }
        }
    }
    Ok(())
}

fn fixture_cases(
    context: &Context,
    go: &Toolchain,
    fixture: &Fixture,
    variant: Variant,
    cases: &mut Vec<Case>,
) {
    let more: &[FlagSet] = match (fixture.directives.flag_sets.as_str(), variant.name) {
        ("all", "default") => MORE,
        ("all", "pie") => PIE,
        (_, "noopt-main") => MIXED,
        _ => &[],
    };
    let few = if fixture.directives.fails {
        &FEW[..1]
    } else {
        FEW
    };
    for set in few.iter().chain(more) {
        let name = format!(
            "parity/{}/{}/{}/{}",
            fixture.name,
            go.release(),
            variant.name,
            set.name
        );
        let (context, go, fixture, set) = (context.clone(), go.clone(), fixture.clone(), *set);
        cases.push(Case::new(name.clone(), move || {
            let step = context.fixture_step(&go, &fixture, &variant)?;
            let mut flags: Vec<String> = set.flags.iter().map(|&flag| flag.into()).collect();
            flags.extend(fixture.directives.link_flags.iter().cloned());
            compare(&context, &name, &step, &flags, set.text)
        }));
    }
}

fn big_case(
    context: &Context,
    go: &Toolchain,
    program: Program,
    variant: Variant,
    set: FlagSet,
    cases: &mut Vec<Case>,
) {
    let way = match variant == DEFAULT {
        true => String::new(),
        false => format!("{}/", variant.name),
    };
    let name = format!("big/{}/{}/{way}{}", program.name, go.release(), set.name);
    let (context, go) = (context.clone(), go.clone());
    cases.push(Case::new(name.clone(), move || {
        let step = context.program_step(&go, program.name, &variant, &program.build())?;
        let flags: Vec<String> = set.flags.iter().map(|&flag| flag.into()).collect();
        compare(&context, &name, &step, &flags, set.text)
    }));
}

/// The program that our linker made prints what it should.
fn runs(
    context: &Context,
    go: &Toolchain,
    fixture: &Fixture,
    variant: Variant,
    cases: &mut Vec<Case>,
) {
    let plain = match variant.name {
        "default" => "plain",
        name => name,
    };
    let mut ways: Vec<(&str, &[&str])> = vec![(plain, &[])];
    if variant == DEFAULT && fixture.directives.run_stripped {
        ways.push(("w", &["-w"]));
        ways.push(("s-w", &["-s", "-w"]));
    }
    for (way, flags) in ways {
        let name = format!("runs/{}/{}/{way}", fixture.name, go.release());
        let (context, go, fixture) = (context.clone(), go.clone(), fixture.clone());
        let flags: Vec<String> = flags.iter().map(|flag| flag.to_string()).collect();
        cases.push(Case::new(name, move || {
            let step = context.fixture_step(&go, &fixture, &variant)?;
            let scratch = context.scratch()?;
            let out = scratch.path().join("a.out");
            let mut flags = flags.clone();
            flags.extend(fixture.directives.link_flags.iter().cloned());
            let link = step.replay(context.linker(), &out, &flags)?;
            if !link.status.success() {
                return Ok(Outcome::Fail(format!(
                    "the link failed: {}\n{}",
                    link.status,
                    String::from_utf8_lossy(&link.stderr)
                )));
            }
            let run = fixture.run(&out)?;
            let mut problems = Vec::new();
            if !run.status.success() {
                problems.push(format!(
                    "the program failed: {}\n{}",
                    run.status,
                    String::from_utf8_lossy(&run.stderr)
                ));
            }
            let lines = |text: &str| text.lines().map(str::to_string).collect::<Vec<_>>();
            let (expected, printed) = (lines(&fixture.expected()?), lines(&fixture.printed(&run)));
            if expected != printed {
                problems.push(first_difference("what it prints", &expected, &printed));
            }
            Ok(Outcome::of(problems))
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_seen() {
        let stock = Linked {
            code: 0,
            output: Some("a".into()),
            fips: None,
            mode: 0o755,
            stdout: String::new(),
            stderr: String::new(),
        };
        assert!(differences(&stock, &stock, Text::Same).is_empty());
        for ours in [
            Linked {
                code: 1,
                ..stock.clone()
            },
            Linked {
                output: None,
                ..stock.clone()
            },
            Linked {
                output: Some("b".into()),
                ..stock.clone()
            },
            Linked {
                mode: 0o644,
                ..stock.clone()
            },
            Linked {
                stdout: "x".into(),
                ..stock.clone()
            },
            Linked {
                stderr: "x".into(),
                ..stock.clone()
            },
        ] {
            assert_eq!(differences(&stock, &ours, Text::Same).len(), 1, "{ours:?}");
        }
    }
}
