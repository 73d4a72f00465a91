//! The companion binary, `relink`: questions about linked programs.

use crate::context::{self, Context, Place};
use crate::fixture::Fixture;
use crate::flags::DEFAULT;
use crate::random::Random;
use crate::runner::{Case, Outcome};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use xtask::Result;
use xtask::measure::{self, Run, succeed};
use xtask::system;

impl Place {
    /// The binary, in the environment of the go command.
    fn relink(&self) -> Result<Command> {
        let mut relink = Command::new(self.context.companion()?);
        for (name, value) in self.go.go().get_envs() {
            match value {
                Some(value) => relink.env(name, value),
                None => relink.env_remove(name),
            };
        }
        // The go command is found on PATH.
        let bin = self.go.root.join("bin");
        let path = std::env::var_os("PATH").unwrap_or_default();
        let dirs = std::iter::once(bin).chain(std::env::split_paths(&path));
        relink.env("PATH", std::env::join_paths(dirs)?);
        Ok(relink)
    }

    /// What takes the space in a file, or in the second more than in the first, as JSON.
    fn size(&self, files: &[&Path], flags: &[&str]) -> Result<Value> {
        let run = measure::run(self.relink()?.arg("size").args(files).args(flags))?;
        match run.code() {
            0 => Ok(serde_json::from_slice(&run.stdout)?),
            code => {
                let said = String::from_utf8_lossy(&run.stderr).into_owned();
                Err(format!("status {code}: {said}").into())
            }
        }
    }
}

const CASES: &[(&str, context::Body)] = &[
    ("why-chain", why_chain),
    ("why-reflection", why_reflection),
    ("why-link", why_link),
    ("why-errors", why_errors),
    ("size-sums", size_sums),
    ("size-packages", size_packages),
    ("size-damage", size_damage),
    ("verify-builds", verify_builds),
    ("verify-cgo", verify_cgo),
    ("verify-test", verify_test),
    ("verify-source", verify_source),
    ("verify-flags", verify_flags),
    ("verify-revision", verify_revision),
    ("verify-keep", verify_keep),
    ("verify-errors", verify_errors),
];

/// All cases.
pub fn cases(context: &Context, cases: &mut Vec<Case>) {
    context::for_each_release("companion", CASES, context, cases);
}

const MAIN: &str = r#"package main

var v = "none"

//go:noinline
func greet() { println("hello", v) }

func main() { greet() }
"#;

const MAIN_C: &str = r#"package main

// static int next(int x) { return x + 1; }
import "C"

func main() { println(C.next(1)) }
"#;

/// A method that is called through an interface, one that nothing calls, and one that reflection may call.
const MAIN_METHODS: &str = r#"package main

import "os"

type speaker interface{ Speak() }

type cat struct{}

func (cat) Speak() { println("cat") }
func (cat) Purr()  { println("purr") }

//go:noinline
func pick() speaker {
	if len(os.Args) > 5 {
		return nil
	}
	return cat{}
}

//go:noinline
func hear(s speaker) { s.Speak() }

func main() { hear(pick()) }
"#;

const MAIN_REFLECTS: &str = r#"package main

import (
	"os"
	"reflect"
)

type cat struct{}

func (cat) Purr() { println("purr") }

func main() { reflect.ValueOf(cat{}).MethodByName(os.Args[1]).Call(nil) }
"#;

/// A module in a folder of its own, and programs built from it.
struct Module<'a> {
    at: &'a Place,
    dir: TempDir,
}

impl<'a> Module<'a> {
    fn new(at: &'a Place, main: &str) -> Result<Module<'a>> {
        let dir = at.context.scratch()?;
        let module = Module { at, dir };
        fs::create_dir(module.source())?;
        fs::write(
            module.source().join("go.mod"),
            "module example.com/x\n\ngo 1.22\n",
        )?;
        module.write(main)?;
        Ok(module)
    }

    fn source(&self) -> PathBuf {
        self.dir.path().join("x")
    }

    fn write(&self, main: &str) -> Result<()> {
        Ok(fs::write(self.source().join("main.go"), main)?)
    }

    /// Builds with cmd/link.
    fn build(&self, flags: &[&str], env: &[(&str, &str)]) -> Result<PathBuf> {
        let out = self.dir.path().join("program");
        let mut go = self.at.go.go();
        go.current_dir(self.source()).envs(env.iter().copied());
        succeed(go.args(["build", "-o"]).arg(&out).args(flags))?;
        Ok(out)
    }

    /// Asks in the source folder, in the environment of the go command.
    fn verify(&self, file: &Path, more: &[&str]) -> Result<Run> {
        self.verify_in(&self.source(), file, more)
    }

    fn verify_in(&self, dir: &Path, file: &Path, more: &[&str]) -> Result<Run> {
        let mut relink = self.at.relink()?;
        // What the environment says of the build must not count.
        relink.env("GOAMD64", "v3").env("CGO_ENABLED", "0");
        relink.arg("verify").arg(file).args(more).current_dir(dir);
        Ok(measure::run(&mut relink)?)
    }

    /// Asks why something is in the program.
    fn why(&self, words: &[&str]) -> Result<Run> {
        let mut relink = self.at.relink()?;
        relink.arg("why").args(words).current_dir(self.source());
        Ok(measure::run(&mut relink)?)
    }
}

/// Problems with an answer: its status, and what its text should have.
fn check(what: &str, run: &Run, status: i32, parts: &[&str]) -> Vec<String> {
    let text = [&run.stdout, &run.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    let text = text.concat();
    let mut problems = Vec::new();
    if run.code() != status {
        problems.push(format!("{what}: status {}, not {status}", run.code()));
    }
    let missing = parts.iter().filter(|part| !text.contains(**part));
    problems.extend(missing.map(|part| format!("{what}: does not say {part:?}")));
    if !problems.is_empty() {
        problems.push(text);
    }
    problems
}

/// The steps from a method to the start of the program; what is not live; a package.
fn why_chain(at: &Place) -> Result<Outcome> {
    let module = Module::new(at, MAIN_METHODS)?;
    let run = module.why(&["main.cat.Speak"])?;
    let way = [
        "main.cat.Speak\n  <- type:main.cat: its method, called through an interface in main.hear\n",
        "  <- main.pick converts it to an interface\n  <- main.main\n",
        "  <- the program starts with it\n",
    ];
    let mut problems = check("called", &run, 0, &way);
    let run = module.why(&["main.cat.Purr", "main.hear"])?;
    let parts = [
        "main.cat.Purr is not live: package main",
        "main.hear\n  <- main.main\n",
    ];
    problems.extend(check("not called", &run, 1, &parts));
    let run = module.why(&["internal/poll", "--", "-tags=one"])?;
    let imported =
        "\n  <- os..inittask imports that package\n  <- main..inittask imports that package\n";
    problems.extend(check(
        "package",
        &run,
        0,
        &["package internal/poll: ", imported],
    ));
    let run = module.why(&["--json", "cat"])?;
    problems.extend(check(
        "unknown",
        &run,
        1,
        &["\"unknown\"", "\"main.cat.Speak\""],
    ));
    let test = "package main\n\nimport \"testing\"\n\nfunc TestX(*testing.T) { hear(nil) }\n";
    fs::write(module.source().join("x_test.go"), test)?;
    let run = module.why(&["--test", "main.hear"])?;
    let parts = ["example.com/x.TestX"];
    let named = module.why(&["--test", "example.com/x.hear"])?;
    problems.extend(check("test", &named, 0, &parts));
    problems.extend(check(
        "test, by another name",
        &run,
        1,
        &["example.com/x.hear"],
    ));
    Ok(Outcome::of(problems))
}

/// Who keeps all exported methods, and that nobody does.
fn why_reflection(at: &Place) -> Result<Outcome> {
    let module = Module::new(at, MAIN_METHODS)?;
    let run = module.why(&["--reflection"])?;
    let mut problems = check("none", &run, 1, &["Methods are not kept for reflection"]);
    module.write(MAIN_REFLECTS)?;
    let run = module.why(&["--reflection", "main.cat.Purr"])?;
    let parts = [
        "  <- type:main.cat: its exported method, and main.main may call any\n",
        "may call any of them in\n\nmain.main\n",
        "which keeps more functions that do:\n    reflect.",
    ];
    problems.extend(check("reflection", &run, 0, &parts));
    Ok(Outcome::of(problems))
}

/// A link by hand, of which nothing is left.
fn why_link(at: &Place) -> Result<Outcome> {
    let fixture = Fixture::named("method-by-name-var")?;
    let step = at.context.fixture_step(&at.go, &fixture, &DEFAULT)?;
    let out = at.context.scratch()?;
    let file = out.path().join("program");
    let link = step.command(Path::new("link"), &file, &[]);
    let mut relink = at.relink()?;
    for (name, value) in link.get_envs() {
        relink.env(name, value.unwrap_or_default());
    }
    relink.current_dir(link.get_current_dir().unwrap_or(Path::new(".")));
    relink
        .args(["why", "--link", "main.main", "--"])
        .args(link.get_args());
    let run = measure::run(&mut relink)?;
    let mut problems = check("by hand", &run, 0, &["main.main\n", "_rt0_amd64_linux"]);
    if file.exists() {
        problems.push("it linked".into());
    }
    Ok(Outcome::of(problems))
}

/// No answer.
fn why_errors(at: &Place) -> Result<Outcome> {
    let module = Module::new(at, MAIN_METHODS)?;
    let run = module.why(&["main.main", "--", "./nonesuch"])?;
    let parts = ["nonesuch", "relink: go build: exit status: 1\n"];
    let mut problems = check("no package", &run, 2, &parts);
    let run = module.why(&["--link", "main.main", "--", "nonesuch.a"])?;
    let parts = ["nonesuch.a", "relink: the program cannot be linked\n"];
    problems.extend(check("no archive", &run, 2, &parts));
    module.write("package other\n")?;
    let run = module.why(&["main.main"])?;
    problems.extend(check("no program", &run, 2, &["relink: "]));
    Ok(Outcome::of(problems))
}

/// Programs that are built in ways that this group builds in anyway.
const SIZED: &[(&str, &[&str])] = &[
    ("linux", &[]),
    ("linux", &["-ldflags=-s -w"]),
    ("linux", &["-ldflags=-compressdwarf=false"]),
    ("linux", &["-buildmode=pie"]),
    ("windows", &[]),
    ("windows", &["-ldflags=-s -w"]),
];

/// Every byte is counted once, whatever the rows are about.
fn size_sums(at: &Place) -> Result<Outcome> {
    let module = Module::new(at, MAIN_METHODS)?;
    let mut problems = Vec::new();
    for (os, flags) in SIZED {
        let file = module.build(flags, &[("GOOS", os)])?;
        let size = fs::metadata(&file)?.len();
        for by in ["package", "module", "symbol", "section", "kind"] {
            let answer = at.size(&[&file], &["--json", "--by", by])?;
            let rows = answer["rows"].as_array().ok_or("no rows")?;
            let sum: u64 = rows.iter().filter_map(|row| row["total"].as_u64()).sum();
            if sum != size || answer["sum"]["total"].as_u64() != Some(size) {
                problems.push(format!("{os} {flags:?} by {by}: {sum} of {size} bytes"));
            }
        }
    }
    Ok(Outcome::of(problems))
}

/// Packages have what their symbols have, with a symbol table and without; two files are compared.
fn size_packages(at: &Place) -> Result<Outcome> {
    let module = Module::new(at, MAIN_METHODS)?;
    let mut problems = Vec::new();
    let text = |answer: &Value, name: &str| {
        let mut rows = answer["rows"].as_array().into_iter().flatten();
        let row = rows.find(|row| row["name"] == name);
        row.and_then(|row| row["text"].as_i64()).unwrap_or(0)
    };
    let file = module.build(&[], &[])?;
    let whole = at.size(&[&file], &["--json"])?;
    let symbols = at.size(&[&file], &["--json", "--by=symbol"])?;
    let rows = symbols["rows"].as_array().into_iter().flatten();
    let of_main = rows.filter(|row| {
        let name = row["name"].as_str();
        name.is_some_and(|name| name.starts_with("main."))
    });
    let sum: i64 = of_main.filter_map(|row| row["text"].as_i64()).sum();
    if sum == 0 || text(&whole, "main") != sum || text(&symbols, "main.hear") == 0 {
        problems.push(format!(
            "main has {}, its symbols {sum}",
            text(&whole, "main")
        ));
    }
    let older = module.dir.path().join("older");
    fs::rename(&file, &older)?;
    let stripped = at.size(&[&module.build(&["-ldflags=-s -w"], &[])?], &["--json"])?;
    for package in ["main", "runtime", "os"] {
        let (with, without) = (text(&whole, package), text(&stripped, package));
        if with == 0 || with != without {
            problems.push(format!("{package} has {with}, stripped {without}"));
        }
    }
    let hear = "func hear(s speaker) {";
    module.write(&MAIN_METHODS.replace(hear, &format!("{hear} println(1); ")))?;
    let file = module.build(&[], &[])?;
    let change = at.size(&[&older, &file], &["--json", "--by=symbol"])?;
    if text(&change, "main.hear") <= 0 || text(&change, "runtime.main") != 0 {
        problems.push(format!("the change is {change:#}"));
    }
    Ok(Outcome::of(problems))
}

/// Damaged files are counted, too, or are an error.
fn size_damage(at: &Place) -> Result<Outcome> {
    let module = Module::new(at, MAIN_METHODS)?;
    let mut problems = Vec::new();
    let mut counted = 0;
    for (os, flags) in &SIZED[1..] {
        let good = fs::read(module.build(flags, &[("GOOS", os)])?)?;
        let mut random = Random::new(7);
        for round in 0..40 {
            let mut file = good.clone();
            for _ in 0..20 {
                // Half of the damage is to headers.
                let within = [4096, file.len()][round % 2];
                let place = random.below(within);
                file[place] = random.below(256) as u8;
            }
            if round % 5 == 0 {
                file.truncate(random.below(file.len()));
            }
            let Ok(shares) = linkdiff::shares(&file) else {
                continue;
            };
            counted += 1;
            let sum: u64 = shares.iter().map(|share| share.file).sum();
            if sum != file.len() as u64 {
                problems.push(format!(
                    "{os} {flags:?} {round}: {sum} of {} bytes",
                    file.len()
                ));
            }
        }
    }
    if counted < 50 {
        problems.push(format!("only {counted} files were counted"));
    }
    Ok(Outcome::of(problems))
}

/// What was built with different flags and for different systems reproduces.
fn verify_builds(at: &Place) -> Result<Outcome> {
    let module = Module::new(at, MAIN)?;
    let ways: &[(&str, &[&str])] = &[
        ("linux", &[]),
        ("linux", &["-trimpath", "-tags=one,two"]),
        ("linux", &["-ldflags=-s -w -X 'main.v=two words'"]),
        ("linux", &["-buildmode=pie"]),
        ("windows", &[]),
        ("windows", &["-buildmode=exe"]),
    ];
    let mut problems = Vec::new();
    for (os, flags) in ways {
        let file = module.build(flags, &[("GOOS", os)])?;
        let run = module.verify(&file, &[])?;
        let what = format!("{os} {flags:?}");
        let parts = ["reproduces: example.com/x (devel)", &at.go.version];
        problems.extend(check(&what, &run, 0, &parts));
    }
    Ok(Outcome::of(problems))
}

/// With cgo, the C compiler's version is in the build ID.
fn verify_cgo(at: &Place) -> Result<Outcome> {
    if system::find("gcc").is_none() && !system::must_have_all() {
        return Ok(Outcome::Skip("no gcc".into()));
    }
    let module = Module::new(at, MAIN_C)?;
    let env = [("CGO_ENABLED", "1"), ("CGO_CFLAGS", "-O1")];
    let file = module.build(&[], &env)?;
    let run = module.verify(&file, &[])?;
    Ok(Outcome::of(check("cgo", &run, 0, &["CGO_CFLAGS=-O1"])))
}

/// Test binaries are known by their main package.
fn verify_test(at: &Place) -> Result<Outcome> {
    let module = Module::new(at, MAIN)?;
    let test = "package main\n\nimport \"testing\"\n\nfunc TestX(*testing.T) {}\n";
    fs::write(module.source().join("x_test.go"), test)?;
    let file = module.dir.path().join("x.test");
    let mut go = at.go.go();
    go.current_dir(module.source());
    succeed(go.args(["test", "-c", "-o"]).arg(&file))?;
    let run = module.verify(&file, &[])?;
    Ok(Outcome::of(check("test", &run, 0, &["go test -c"])))
}

/// Where the source has changed, the function is named; where it lies elsewhere, the folder.
fn verify_source(at: &Place) -> Result<Outcome> {
    let module = Module::new(at, MAIN)?;
    let file = module.build(&[], &[])?;
    let other = Module::new(at, MAIN)?;
    let source = other.source();
    let run = module.verify_in(
        module.dir.path(),
        &file,
        &["--dir", source.to_str().ok_or("path")?],
    )?;
    let mut problems = check("another folder", &run, 1, &["without -trimpath"]);
    module.write(&MAIN.replace("println(", "println(\"well\"); println("))?;
    let run = module.verify(&file, &["--json"])?;
    problems.extend(check("changed source", &run, 1, &[]));
    let answer: Value = serde_json::from_slice(&run.stdout)?;
    let first = &answer["linkdiff"]["findings"][0];
    if !first.to_string().contains("main.greet") {
        problems.push(format!("the first cause is {first:#}"));
    }
    if answer["reproduces"] != Value::Bool(false) {
        problems.push(format!("reproduces: {}", answer["reproduces"]));
    }
    Ok(Outcome::of(problems))
}

/// Flags that differ are named, and flags that are not recorded can be given.
fn verify_flags(at: &Place) -> Result<Outcome> {
    let module = Module::new(at, MAIN)?;
    let file = module.build(&["-tags=one"], &[])?;
    let run = module.verify(&file, &["--", "-tags=two"])?;
    let mut problems = check("tags", &run, 1, &["setting -tags: one ≠ two"]);
    let file = module.build(&["-trimpath", "-ldflags=-s -w"], &[])?;
    let run = module.verify(&file, &[])?;
    let advice = ["symbol table: no ≠ yes", "-- '-ldflags=-s -w'"];
    problems.extend(check("trimpath", &run, 1, &advice));
    let run = module.verify(&file, &["--", "-ldflags=-s -w"])?;
    problems.extend(check("trimpath with flags", &run, 0, &["reproduces"]));
    Ok(Outcome::of(problems))
}

/// Revisions are recorded again, and so are changes to them.
fn verify_revision(at: &Place) -> Result<Outcome> {
    if system::find("git").is_none() && !system::must_have_all() {
        return Ok(Outcome::Skip("no git".into()));
    }
    let module = Module::new(at, MAIN)?;
    let name = ["-c", "user.name=x", "-c", "user.email=x@example.com"];
    for words in [
        &["init", "-q"][..],
        &["add", "."],
        &["commit", "-q", "-m", "x"],
    ] {
        let mut git = Command::new("git");
        succeed(git.args(name).args(words).current_dir(module.source()))?;
    }
    let file = module.build(&["-buildvcs=true"], &[])?;
    let run = module.verify(&file, &[])?;
    let mut problems = check("as committed", &run, 0, &["-buildvcs=auto"]);
    module.write(&format!("{MAIN}\n// A comment.\n"))?;
    let run = module.verify(&file, &[])?;
    let parts = ["setting vcs.modified: false ≠ true"];
    problems.extend(check("changed", &run, 1, &parts));
    let run = module.verify_in(module.dir.path(), &file, &[])?;
    let parts = ["a checkout of example.com/x at git", "--dir"];
    problems.extend(check("elsewhere", &run, 2, &parts));
    Ok(Outcome::of(problems))
}

/// The rebuilt file can be kept, and either linker makes it.
fn verify_keep(at: &Place) -> Result<Outcome> {
    let module = Module::new(at, MAIN)?;
    let file = module.build(&[], &[])?;
    let kept = module.dir.path().join("kept");
    let keep = ["--keep", kept.to_str().ok_or("path")?];
    let mut problems = Vec::new();
    for (linker, flags) in [("relink", &[][..]), ("cmd/link", &["--stock-linker"])] {
        let run = module.verify(&file, &[&keep, flags].concat())?;
        let said = format!("linker   {linker}\n");
        problems.extend(check(linker, &run, 0, &[&said]));
        if fs::read(&kept)? != fs::read(&file)? {
            problems.push(format!("{linker}: what is kept is another file"));
        }
        fs::remove_file(&kept)?;
    }
    Ok(Outcome::of(problems))
}

/// No answer.
fn verify_errors(at: &Place) -> Result<Outcome> {
    let module = Module::new(at, MAIN)?;
    let file = module.build(&[], &[])?;
    let run = module.verify_in(module.dir.path(), &file, &[])?;
    let mut problems = check("no source", &run, 2, &["example.com/x", "--dir"]);
    let run = module.verify(&file, &["--dir", "/"])?;
    problems.extend(check("no module", &run, 2, &["relink: / is in no module"]));
    module.write("package main\n\nfunc main() { nonesuch() }\n")?;
    let run = module.verify(&file, &[])?;
    let parts = ["undefined: nonesuch", "relink: go build failed"];
    problems.extend(check("no build", &run, 2, &parts));
    let mut bytes = fs::read(&file)?;
    let magic = b"\xff Go buildinf:";
    let at = bytes.windows(magic.len()).position(|w| w == magic);
    bytes.truncate(at.ok_or("no build information")? + 40);
    fs::write(&file, bytes)?;
    let run = module.verify(&file, &[])?;
    problems.extend(check("damaged", &run, 2, &["relink: "]));
    Ok(Outcome::of(problems))
}
