//! relink in the linker's place: through `-toolexec`, and in the tool folder.

use crate::context::{self, Context, Place};
use crate::fixture::Fixture;
use crate::runner::{Case, Outcome};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};
use xtask::Result;
use xtask::measure::{self, Run, succeed};
use xtask::system;
use xtask::toolchain::Toolchain;

impl Place {
    fn toolexec(&self) -> String {
        format!("-toolexec='{}'", self.context.linker().display())
    }

    /// The go command in the folder of a fixture. Both linkers may share the
    /// cache: `go build -o` and `go test -c` never take a link from it.
    fn go(&self, fixture: &Fixture) -> Command {
        let mut go = self.go.go();
        go.current_dir(&fixture.dir);
        go
    }
}

fn same_file(ours: &Path, stock: &Path) -> Result<Vec<String>> {
    let (a, b) = (fs::read(stock)?, fs::read(ours)?);
    if a == b {
        return Ok(Vec::new());
    }
    let report = linkdiff::compare(&a, &b, &linkdiff::Options::default());
    Ok(vec![format!("the files differ:\n{report}")])
}

fn prints(run: &Run, expected: &str) -> Vec<String> {
    let printed = String::from_utf8_lossy(&run.stdout);
    if printed == expected {
        Vec::new()
    } else {
        vec![format!("prints\n{printed}\nshould print\n{expected}")]
    }
}

const CASES: &[(&str, context::Body)] = &[
    ("toolexec-version", version),
    ("toolexec-other-tools", other_tools),
    ("toolexec-build", |at| build(at, &[])),
    ("toolexec-build-stripped", |at| {
        build(at, &["-ldflags=-s -w -X 'main.name=two words'"])
    }),
    ("toolexec-build-trimpath", |at| build(at, &["-trimpath"])),
    ("toolexec-build-cgo", build_cgo),
    ("toolexec-goflags", goflags),
    ("toolexec-build-again", again),
    ("toolexec-cold", cold),
    ("toolexec-run", run),
    ("toolexec-test", test),
    ("toolexec-test-binary", test_binary),
    ("toolexec-install", install),
    ("toolexec-vet", vet),
    ("toolexec-error", error),
    ("tool-folder-copy", |at| tool_folder(at, true)),
    ("tool-folder-link", |at| tool_folder(at, false)),
];

/// All cases.
pub fn cases(context: &Context, cases: &mut Vec<Case>) {
    context::for_each_release("swap", CASES, context, cases);
}

/// `link TOOLDIR/link -V=full`, as cmd/go asks.
fn version(at: &Place) -> Result<Outcome> {
    let stock = succeed(Command::new(at.go.link()).arg("-V=full"))?;
    if at.context.linker() == at.go.link() {
        return Ok(Outcome::Skip("the linker under test is cmd/link".into()));
    }
    let ours = succeed(
        Command::new(at.context.linker())
            .arg(at.go.link())
            .arg("-V=full"),
    )?;
    Ok(Outcome::of(prints(
        &ours,
        &String::from_utf8_lossy(&stock.stdout),
    )))
}

/// Other tools are run as they are.
fn other_tools(at: &Place) -> Result<Outcome> {
    if at.context.linker() == at.go.link() {
        return Ok(Outcome::Skip("the linker under test is cmd/link".into()));
    }
    let mut problems = Vec::new();
    for (tool, args) in [
        ("compile", &["-V=full"][..]),
        ("asm", &["-V=full"]),
        ("compile", &["no-such-file.go"]),
    ] {
        let path = at.go.tool_dir().join(tool);
        let stock = measure::run(Command::new(&path).args(args))?;
        let ours = measure::run(Command::new(at.context.linker()).arg(&path).args(args))?;
        if (ours.code(), &ours.stdout, &ours.stderr) != (stock.code(), &stock.stdout, &stock.stderr)
        {
            problems.push(format!("{tool} {args:?} behaves otherwise through us"));
        }
    }
    Ok(Outcome::of(problems))
}

/// `go build` gives the same file, which runs.
fn build(at: &Place, flags: &[&str]) -> Result<Outcome> {
    let fixture = Fixture::named("hello-net")?;
    let scratch = at.context.scratch()?;
    let (ours, stock) = (scratch.path().join("ours"), scratch.path().join("stock"));
    succeed(
        at.go(&fixture)
            .args(["build", &at.toolexec(), "-o"])
            .arg(&ours)
            .args(flags),
    )?;
    succeed(
        at.go(&fixture)
            .args(["build", "-o"])
            .arg(&stock)
            .args(flags),
    )?;
    let mut problems = same_file(&ours, &stock)?;
    problems.extend(prints(&fixture.run(&ours)?, &fixture.expected()?));
    Ok(Outcome::of(problems))
}

/// The same with cgo: the C compiler's version is in the build ID.
fn build_cgo(at: &Place) -> Result<Outcome> {
    if system::find("gcc").is_none() && !system::must_have_all() {
        return Ok(Outcome::Skip("gcc is not installed".into()));
    }
    let fixture = Fixture::named("cgo-c")?;
    let scratch = at.context.scratch()?;
    let (ours, stock) = (scratch.path().join("ours"), scratch.path().join("stock"));
    let build = |out: &Path, flags: &[&str]| {
        let mut go = at.go(&fixture);
        go.env("CGO_ENABLED", "1").args(["build", "-o"]).arg(out);
        succeed(go.args(flags))
    };
    build(&ours, &[&at.toolexec()])?;
    build(&stock, &[])?;
    Ok(Outcome::of(same_file(&ours, &stock)?))
}

/// The flags come from GOFLAGS.
fn goflags(at: &Place) -> Result<Outcome> {
    let fixture = Fixture::named("x-flag")?;
    let scratch = at.context.scratch()?;
    let (ours, stock) = (scratch.path().join("ours"), scratch.path().join("stock"));
    let ldflags = "'-ldflags=-w -X=main.name=set'";
    succeed(
        at.go(&fixture)
            .env(
                "GOFLAGS",
                format!(
                    "-buildvcs=false -toolexec={} {ldflags}",
                    at.context.linker().display()
                ),
            )
            .args(["build", "-o"])
            .arg(&ours),
    )?;
    succeed(
        at.go(&fixture)
            .env("GOFLAGS", format!("-buildvcs=false {ldflags}"))
            .args(["build", "-o"])
            .arg(&stock),
    )?;
    let mut problems = same_file(&ours, &stock)?;
    let run = fixture.run(&ours)?;
    if !String::from_utf8_lossy(&run.stdout).starts_with("\"set\" ") {
        problems.push(format!("prints {}", String::from_utf8_lossy(&run.stdout)));
    }
    Ok(Outcome::of(problems))
}

/// With an empty cache, every package is compiled through us.
fn cold(at: &Place) -> Result<Outcome> {
    let fixture = Fixture::named("hello")?;
    let scratch = at.context.scratch()?;
    let (ours, stock) = (scratch.path().join("ours"), scratch.path().join("stock"));
    succeed(
        at.go
            .go_with_cache(&scratch.path().join("cache"))
            .current_dir(&fixture.dir)
            .args(["build", &at.toolexec(), "-o"])
            .arg(&ours),
    )?;
    succeed(at.go(&fixture).args(["build", "-o"]).arg(&stock))?;
    Ok(Outcome::of(same_file(&ours, &stock)?))
}

/// A second build compiles and links nothing; a third, with the output gone,
/// only links.
fn again(at: &Place) -> Result<Outcome> {
    let fixture = Fixture::named("hello")?;
    let scratch = at.context.scratch()?;
    let out = scratch.path().join("a.out");
    let toolexec = at.toolexec();
    let build = || -> Result<(usize, usize)> {
        let run = succeed(
            at.go(&fixture)
                .args(["build", "-x", &toolexec, "-o"])
                .arg(&out),
        )?;
        let text = String::from_utf8_lossy(&run.stderr);
        let count = |tool: &str| {
            text.lines()
                .filter(|line| line.contains(&format!("/{tool} -o ")))
                .count()
        };
        Ok((count("compile"), count("link")))
    };
    build()?;
    let first = fs::read(&out)?;
    let (compiled, linked) = build()?;
    let mut problems = Vec::new();
    if (compiled, linked) != (0, 0) {
        problems.push(format!(
            "the second build compiles {compiled} and links {linked} times"
        ));
    }
    fs::remove_file(&out)?;
    let (compiled, linked) = build()?;
    if (compiled, linked) != (0, 1) {
        problems.push(format!(
            "the third build compiles {compiled} and links {linked} times"
        ));
    }
    if fs::read(&out)? != first {
        problems.push("the third build gives another file".into());
    }
    Ok(Outcome::of(problems))
}

/// `go run`.
fn run(at: &Place) -> Result<Outcome> {
    let fixture = Fixture::named("hello")?;
    // Go keeps what it runs in its cache; a flag that is new each time makes
    // it link.
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos();
    let ldflags = format!("-ldflags=-X=main.unused={now}");
    let run = succeed(at.go(&fixture).args(["run", &at.toolexec(), &ldflags, "."]))?;
    Ok(Outcome::of(prints(&run, &fixture.expected()?)))
}

/// `go test`: it passes, and its result is cached when nothing changes.
fn test(at: &Place) -> Result<Outcome> {
    let fixture = Fixture::named("test-binary")?;
    let mut problems = Vec::new();
    for (count, wanted) in [
        ("-count=1", "ok  \t"),
        ("-v=false", "ok  \t"),
        ("-v=false", "(cached)"),
    ] {
        let run = succeed(at.go(&fixture).args(["test", &at.toolexec(), count, "."]))?;
        let text = String::from_utf8_lossy(&run.stdout).into_owned();
        if !text.contains(wanted) {
            problems.push(format!("go test says {text:?}, not {wanted:?}"));
        }
    }
    Ok(Outcome::of(problems))
}

/// `go test -c` gives the same file.
fn test_binary(at: &Place) -> Result<Outcome> {
    let fixture = Fixture::named("test-binary")?;
    let scratch = at.context.scratch()?;
    let (ours, stock) = (scratch.path().join("ours"), scratch.path().join("stock"));
    succeed(
        at.go(&fixture)
            .args(["test", "-c", &at.toolexec(), "-o"])
            .arg(&ours),
    )?;
    succeed(at.go(&fixture).args(["test", "-c", "-o"]).arg(&stock))?;
    Ok(Outcome::of(same_file(&ours, &stock)?))
}

/// `go install`.
fn install(at: &Place) -> Result<Outcome> {
    let fixture = Fixture::named("init-order")?;
    let scratch = at.context.scratch()?;
    succeed(
        at.go(&fixture)
            .env("GOBIN", scratch.path())
            .args(["install", &at.toolexec(), "."]),
    )?;
    let binary = scratch.path().join("initorder");
    Ok(Outcome::of(prints(
        &fixture.run(&binary)?,
        &fixture.expected()?,
    )))
}

/// `go vet` runs its own tool through `-toolexec`.
fn vet(at: &Place) -> Result<Outcome> {
    let fixture = Fixture::named("hello")?;
    succeed(at.go(&fixture).args(["vet", &at.toolexec(), "."]))?;
    Ok(Outcome::Pass)
}

/// A failing link fails the build with the linker's message.
fn error(at: &Place) -> Result<Outcome> {
    let fixture = Fixture::named("undefined-symbol")?;
    let scratch = at.context.scratch()?;
    let out = scratch.path().join("a.out");
    let ours = measure::run(
        at.go(&fixture)
            .args(["build", &at.toolexec(), "-o"])
            .arg(&out),
    )?;
    let stock = measure::run(at.go(&fixture).args(["build", "-o"]).arg(&out))?;
    let mut problems = Vec::new();
    if ours.code() != stock.code() {
        problems.push(format!("exit status {}, not {}", ours.code(), stock.code()));
    }
    if ours.stderr != stock.stderr {
        problems.push(format!(
            "says\n{}\nshould say\n{}",
            String::from_utf8_lossy(&ours.stderr),
            String::from_utf8_lossy(&stock.stderr)
        ));
    }
    if out.exists() {
        problems.push("an output file is left".into());
    }
    Ok(Outcome::of(problems))
}

/// The linker in the tool folder of a GOROOT, copied or linked there.
fn tool_folder(at: &Place, copy: bool) -> Result<Outcome> {
    let fixture = Fixture::named("hello")?;
    let scratch = at.context.scratch()?;
    let root = scratch.path().join("goroot");
    imitate(&at.go, &root)?;
    let tool = root
        .join("pkg")
        .join("tool")
        .join(format!(
            "{}_{}",
            xtask::toolchain::host_os(),
            xtask::toolchain::host_arch()
        ))
        .join("link");
    let go = Toolchain {
        version: at.go.version.clone(),
        root: root.clone(),
    };
    let (ours, stock) = (scratch.path().join("ours"), scratch.path().join("stock"));
    let build = |out: &Path| {
        let mut command = go.go();
        command.env("GOROOT", &root).current_dir(&fixture.dir);
        succeed(command.args(["build", "-o"]).arg(out))
    };
    build(&stock)?;
    let stock_version = succeed(Command::new(&tool).arg("-V=full"))?;
    fs::remove_file(&tool)?;
    if copy {
        fs::copy(at.context.linker(), &tool)?;
    } else {
        symlink(at.context.linker(), &tool)?;
    }
    let mut problems = Vec::new();
    if at.context.linker() != at.go.link() {
        let version = succeed(Command::new(&tool).arg("-V=full"))?;
        problems.extend(prints(
            &version,
            &String::from_utf8_lossy(&stock_version.stdout),
        ));
    }
    // The compiled packages may come from the cache, the link does not: the
    // output is another file.
    build(&ours)?;
    problems.extend(same_file(&ours, &stock)?);
    problems.extend(prints(&fixture.run(&ours)?, &fixture.expected()?));
    Ok(Outcome::of(problems))
}

/// A GOROOT whose parts are links to another's, but for the tools' folder.
fn imitate(go: &Toolchain, root: &Path) -> Result<()> {
    let link_all = |from: &Path, to: &Path, skip: &str| -> Result<()> {
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            if entry.file_name() != skip {
                symlink(entry.path(), to.join(entry.file_name()))?;
            }
        }
        Ok(())
    };
    link_all(&go.root, root, "pkg")?;
    fs::remove_file(root.join("bin"))?;
    fs::create_dir(root.join("bin"))?;
    fs::copy(go.go_binary(), root.join("bin").join("go"))?;
    link_all(&go.root.join("pkg"), &root.join("pkg"), "tool")?;
    let tools = go.tool_dir();
    let name = tools.file_name().ok_or("a tool folder")?;
    link_all(&tools, &root.join("pkg").join("tool").join(name), "")
}
