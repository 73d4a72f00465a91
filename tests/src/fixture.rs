//! The programs of `compiler-fixtures/`, and those of `tests/windows/`, which only Windows has a use
//! for: one folder, one behaviour.
//!
//! `fixture.toml` says what is not plain about a program; `expect.txt` is what
//! the program prints.

use crate::Args;
use crate::context::Context;
use crate::flags::{DEFAULT, Variant};
use crate::resources::{self, MACHINES};
use serde::Deserialize;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use xtask::measure::{self, Run};
use xtask::step::Build;
use xtask::{Result, paths, system};

/// A program and its directives.
#[derive(Debug, Clone)]
pub struct Fixture {
    /// The folder's name.
    pub name: String,
    /// The folder with the sources.
    pub dir: PathBuf,
    /// What `fixture.toml` says.
    pub directives: Directives,
    /// The first release that compiles it: that of its `go.mod`, if it has one.
    since: Option<String>,
}

/// What can be written into `fixture.toml`.
#[derive(Debug, Clone, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Directives {
    /// `few` (the default) or `all` sets of linker flags.
    pub flag_sets: String,
    /// Further ways of building, by the names in `flags.rs`.
    pub variants: Vec<String>,
    /// Flags of `go build`.
    pub build_flags: Vec<String>,
    /// Environment of `go build`: `NAME=VALUE`.
    pub build_env: Vec<String>,
    /// Linker flags of every link.
    pub link_flags: Vec<String>,
    /// Build the test binary.
    pub test: bool,
    /// The link must fail; text and status are compared.
    pub fails: bool,
    /// Arguments of the program.
    pub run_args: Vec<String>,
    /// Run it stripped, too.
    pub run_stripped: bool,
    /// Replace times in what the program prints.
    pub normalise: bool,
    /// The sources are made by this generator.
    pub generate: String,
    /// C sources that become host objects beside the Go sources, for each machine with a compiler.
    pub host_objects: Vec<String>,
}

impl Fixture {
    /// All fixtures, by name.
    pub fn all() -> Result<Vec<Fixture>> {
        Fixture::all_in("compiler-fixtures")
    }

    /// All fixtures in a folder of the workspace, by name.
    pub fn all_in(folder: &str) -> Result<Vec<Fixture>> {
        let root = paths::workspace().join(folder);
        let mut all = Vec::new();
        for entry in fs::read_dir(&root)? {
            let dir = entry?.path();
            if dir.is_dir() {
                all.push(Fixture::load(&dir)?);
            }
        }
        all.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(all)
    }

    /// One fixture by name.
    pub fn named(name: &str) -> Result<Fixture> {
        Fixture::load(&paths::workspace().join("compiler-fixtures").join(name))
    }

    fn load(dir: &Path) -> Result<Fixture> {
        let file = dir.join("fixture.toml");
        let directives = match fs::read_to_string(&file) {
            Ok(text) => {
                toml::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))?
            }
            Err(_) => Directives::default(),
        };
        let name = dir
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        Ok(Fixture {
            name,
            dir: dir.to_path_buf(),
            directives,
            since: fs::read_to_string(dir.join("go.mod"))
                .ok()
                .and_then(|text| Some(text.split_once("\ngo ")?.1.trim().to_owned())),
        })
    }

    /// Whether the release takes part. All have two digits behind the point.
    pub fn wants(&self, release: &str) -> bool {
        self.since.as_deref().is_none_or(|since| since <= release)
    }

    /// The ways of building it.
    pub fn variants(&self) -> Result<Vec<Variant>> {
        let mut all = vec![DEFAULT];
        for name in &self.directives.variants {
            let found = Variant::find(name)
                .ok_or_else(|| format!("{}: no variant is called {name}", self.name))?;
            all.push(found);
        }
        Ok(all)
    }

    /// How to build it; makes generated sources.
    pub fn build(&self, variant: &Variant) -> Result<Build> {
        let mut build = Build {
            dir: self.sources()?,
            flags: self.directives.build_flags.clone(),
            test: self.directives.test,
            ..Build::default()
        };
        for pair in &self.directives.build_env {
            let (name, value) = pair.split_once('=').ok_or("build_env without =")?;
            build.env.push((name.into(), value.into()));
        }
        variant.apply(&mut build);
        Ok(build)
    }

    fn sources(&self) -> Result<PathBuf> {
        let files = match self.directives.generate.as_str() {
            "" if !self.directives.host_objects.is_empty() => return self.with_host_objects(),
            "" => return Ok(self.dir.clone()),
            "many-packages" => many_packages(1200),
            "huge-function" => huge_function(4000),
            "resources" => resources(&["rsrc"], false),
            "resources-split" => resources(&["rsrc"], true),
            "resources-twice" => resources(&["rsrc", "more"], false),
            other => return Err(format!("{}: no generator is called {other}", self.name).into()),
        };
        let root = paths::data().join("generated").join(&self.name);
        for (name, text) in files {
            let file = root.join(name);
            if fs::read(&file).is_ok_and(|old| old == text) {
                continue;
            }
            fs::create_dir_all(file.parent().expect("a folder"))?;
            // Whole at once: another build may read what this one writes anew.
            let mut whole = tempfile::NamedTempFile::new_in(paths::data())?;
            whole.write_all(&text)?;
            whole.persist(file)?;
        }
        Ok(root)
    }

    /// A copy of the sources, with the host objects compiled.
    fn with_host_objects(&self) -> Result<PathBuf> {
        let root = paths::data().join("generated").join(&self.name);
        fs::create_dir_all(&root)?;
        for entry in fs::read_dir(&self.dir)? {
            let file = entry?.path();
            if file.is_file() {
                fs::copy(&file, root.join(file.file_name().expect("of an entry")))?;
            }
        }
        for (arch, compiler) in system::C_COMPILERS {
            let Some(compiler) = system::find(compiler) else {
                continue;
            };
            for source in &self.directives.host_objects {
                let stem = Path::new(source).file_stem().unwrap_or_default();
                let object = root.join(format!("{}_{arch}.syso", stem.to_string_lossy()));
                let mut command = Command::new(&compiler);
                command
                    .args([
                        "-c",
                        "-O1",
                        "-fPIC",
                        "-fcommon",
                        "-fno-stack-protector",
                        "-o",
                    ])
                    .arg(&object)
                    .arg(self.dir.join(source));
                let run = measure::run(&mut command)?;
                if !run.status.success() {
                    let text = String::from_utf8_lossy(&run.stderr).into_owned();
                    return Err(format!("{}: {text}", compiler.display()).into());
                }
            }
        }
        Ok(root)
    }

    /// Whether C is compiled for it.
    pub fn wants_c(&self) -> bool {
        let cgo = |pair: &String| pair == "CGO_ENABLED=1";
        !self.directives.host_objects.is_empty() || self.directives.build_env.iter().any(cgo)
    }

    /// What the program should print.
    pub fn expected(&self) -> Result<String> {
        let file = self.dir.join("expect.txt");
        fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()).into())
    }

    /// Runs a binary made from it.
    pub fn run(&self, binary: &Path) -> Result<Run> {
        let mut command = Command::new(binary);
        command
            .args(&self.directives.run_args)
            .current_dir(&self.dir)
            .env_remove("GODEBUG")
            .env_remove("GOCOVERDIR");
        Ok(measure::run_for(
            &mut command,
            Some(Duration::from_secs(120)),
        )?)
    }

    /// What it printed, made comparable.
    pub fn printed(&self, run: &Run) -> String {
        let text = String::from_utf8_lossy(&run.stdout).into_owned();
        if self.directives.normalise {
            without_times(&text)
        } else {
            text
        }
    }
}

/// Replaces `(0.12s)` by `(#s)`, as test binaries print it.
fn without_times(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(open) = rest.find('(') {
        let (before, from) = rest.split_at(open);
        out += before;
        let inner = &from[1..];
        let end = inner.find(|c: char| !(c.is_ascii_digit() || c == '.'));
        match end {
            Some(end) if end > 0 && inner[end..].starts_with("s)") => {
                out += "(#s)";
                rest = &inner[end + 2..];
            }
            _ => {
                out.push('(');
                rest = inner;
            }
        }
    }
    out + rest
}

/// Writes `expect.txt` of the programs that match, from cmd/link's output.
pub fn bless(context: &Context, args: &Args) -> Result<()> {
    let go = context.toolchains().last().ok_or("no toolchain")?;
    for fixture in Fixture::all()? {
        if fixture.directives.fails || !args.filter.iter().all(|word| fixture.name.contains(word)) {
            continue;
        }
        let step = context.fixture_step(go, &fixture, &DEFAULT)?;
        let scratch = context.scratch()?;
        let out = scratch.path().join("a.out");
        step.replay(&step.tool, &out, &fixture.directives.link_flags)?;
        let run = fixture.run(&out)?;
        if !run.status.success() {
            return Err(format!(
                "{}: {}\n{}",
                fixture.name,
                run.status,
                String::from_utf8_lossy(&run.stderr)
            )
            .into());
        }
        fs::write(fixture.dir.join("expect.txt"), fixture.printed(&run))?;
        println!("{}", fixture.name);
    }
    Ok(())
}

type Sources = Vec<(String, Vec<u8>)>;

/// A program that prints its resources, and objects with these for each machine.
fn resources(objects: &[&str], split: bool) -> Sources {
    let mut files = vec![
        (
            "go.mod".into(),
            "module fixture.test/resources\n\ngo 1.22\n".into(),
        ),
        (
            "main.go".into(),
            include_bytes!("../windows/resources.go").into(),
        ),
    ];
    for machine in MACHINES {
        for object in objects {
            let name = format!("{object}_windows_{}.syso", machine.arch);
            files.push((name, resources::object(machine, split)));
        }
    }
    files
}

/// `count` packages; each imports up to three with smaller numbers.
fn many_packages(count: usize) -> Sources {
    let mut files = vec![(
        "go.mod".to_string(),
        "module fixture.test/manypackages\n\ngo 1.22\n".into(),
    )];
    for n in 0..count {
        let group = n / 50;
        let imports: Vec<usize> = [n / 2, n / 3 + 1, n.wrapping_sub(1)]
            .into_iter()
            .filter(|&m| m < n && n % 50 != 0)
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .collect();
        let mut text = format!("// Package p{n} is one of many.\npackage p{n}\n\n");
        for m in &imports {
            let _ = writeln!(
                text,
                "import \"fixture.test/manypackages/g{}/p{m}\"",
                m / 50
            );
        }
        let _ = write!(
            text,
            "\n// T{n} is a type of its own.\ntype T{n} struct {{\n\tname string\n\tn    [{}]int\n}}\n\n\
             // Value is reached through an interface.\nfunc (t *T{n}) Value() int {{ return len(t.n) }}\n\n\
             var table = map[string]int{{\"p{n}\": {n}}}\n\nvar ready = table[\"p{n}\"] + 1\n\n\
             // Sum adds up what is below.\nfunc Sum() int {{\n\tvar v interface{{ Value() int }} = &T{n}{{name: \"t{n}\"}}\n\
             \tsum := v.Value() + ready\n",
            n % 7 + 1
        );
        for m in &imports {
            let _ = writeln!(text, "\tsum = (sum + p{m}.Once()) % 1000003");
        }
        let _ = write!(
            text,
            "\treturn sum\n}}\n\nvar once = -1\n\n// Once remembers the sum.\nfunc Once() int {{\n\
             \tif once < 0 {{\n\t\tonce = Sum()\n\t}}\n\treturn once\n}}\n"
        );
        files.push((format!("g{group}/p{n}/p.go"), text.into()));
    }
    let mut main = String::from(
        "// Command manypackages links many packages.\npackage main\n\nimport (\n\t\"fmt\"\n\n",
    );
    for n in 0..count {
        let _ = writeln!(main, "\t\"fixture.test/manypackages/g{}/p{n}\"", n / 50);
    }
    main += ")\n\nfunc main() {\n\tsum := 0\n";
    for n in 0..count {
        let _ = writeln!(main, "\tsum += p{n}.Once()");
    }
    main += "\tfmt.Println(sum)\n}\n";
    files.push(("main.go".into(), main.into()));
    files
}

/// A function of `lines` statements with calls, closures, strings and a
/// switch of as many cases.
fn huge_function(lines: usize) -> Sources {
    let mut text = String::from(
        "// Command hugefunction has very long functions.\npackage main\n\nimport \"fmt\"\n\n\
         type pair struct {\n\tn int\n\ts string\n}\n\n//go:noinline\nfunc step(n int, s string) pair { return pair{n + len(s), s} }\n\n\
         //go:noinline\nfunc long(n int) (sum int) {\n",
    );
    for i in 0..lines {
        let _ = match i % 4 {
            0 => writeln!(text, "\tv{i} := step(n+{i}, \"text {i}\")\n\tsum += v{i}.n"),
            1 => writeln!(
                text,
                "\tif sum%{} == 1 {{\n\t\tsum += {i}\n\t}}",
                i % 13 + 2
            ),
            2 => writeln!(text, "\tsum ^= len(fmt.Sprint(n, {i}))"),
            _ => writeln!(
                text,
                "\tsum += func(k int) int {{ return k % {} }}(sum)",
                i + 1
            ),
        };
    }
    text += "\treturn sum\n}\n\n//go:noinline\nfunc choose(n int) string {\n\tswitch n {\n";
    for i in 0..lines {
        let _ = writeln!(text, "\tcase {}:\n\t\treturn \"case {i}\"", i * 3);
    }
    text += "\t}\n\treturn \"none\"\n}\n\nfunc main() { fmt.Println(long(1), choose(3000), choose(1)) }\n";
    vec![
        (
            "go.mod".into(),
            "module fixture.test/hugefunction\n\ngo 1.22\n".into(),
        ),
        ("main.go".into(), text.into()),
    ]
}
