//! Bad input: what cmd/link says about it, ours must say, with the same
//! status, and no file may be left.

use crate::context::Context;
use crate::fixture::Fixture;
use crate::flags::{DEFAULT, Text, Variant};
use crate::host_objects;
use crate::parity::{Linked, differences};
use crate::runner::{Case, Outcome};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use xtask::Result;
use xtask::measure;
use xtask::step::Step;
use xtask::toolchain::Toolchain;

/// A link of hello world that a case spoils.
pub struct Spoiled {
    /// The scratch folder, which is the working directory.
    pub dir: PathBuf,
    /// Lines of the importcfg, with absolute paths.
    pub importcfg: Vec<String>,
    /// Arguments before the main archive.
    pub args: Vec<String>,
    /// The main archive; none if empty.
    pub main: String,
    /// Environment over the recorded one.
    pub env: Vec<(String, String)>,
    /// The output file.
    pub out: PathBuf,
}

impl Spoiled {
    /// A good link of `step`, to be spoiled in `dir`.
    pub fn new(step: &Step, dir: &Path) -> Result<Spoiled> {
        let importcfg = fs::read_to_string(step.dir.join("importcfg.link"))?
            .lines()
            .map(|line| match line.split_once('=') {
                Some((left, file)) if left.starts_with("packagefile ") => {
                    format!("{left}={}", step.dir.join(file).display())
                }
                _ => line.to_string(),
            })
            .collect();
        let mut args = step.args.clone();
        let main = args.pop().ok_or("no main archive")?;
        // None of this is about debug information, which takes the most time.
        args.push("-w".into());
        Ok(Spoiled {
            dir: dir.to_path_buf(),
            importcfg,
            args,
            main: step.dir.join(main).to_string_lossy().into_owned(),
            env: Vec::new(),
            out: dir.join("a.out"),
        })
    }

    /// The file of a package.
    pub fn file(&self, package: &str) -> Result<PathBuf> {
        let left = format!("packagefile {package}=");
        self.importcfg
            .iter()
            .find_map(|line| line.strip_prefix(&left))
            .map(PathBuf::from)
            .ok_or_else(|| format!("{package} is not in the importcfg").into())
    }

    /// Gives a package another file.
    pub fn set_file(&mut self, package: &str, file: &Path) {
        let left = format!("packagefile {package}=");
        for line in &mut self.importcfg {
            if line.starts_with(&left) {
                *line = format!("{left}{}", file.display());
            }
        }
    }

    /// Adds flags.
    pub fn flags(&mut self, flags: &[&str]) {
        self.args.extend(flags.iter().map(|flag| flag.to_string()));
    }

    /// Replaces a package's archive by an edited copy.
    pub fn edit(&mut self, package: &str, edit: impl FnOnce(&mut Vec<u8>)) -> Result<()> {
        let mut bytes = fs::read(self.file(package)?)?;
        edit(&mut bytes);
        let file = self.dir.join(format!("{}.a", package.replace('/', "_")));
        fs::write(&file, bytes)?;
        self.set_file(package, &file);
        Ok(())
    }

    /// The command for a linker.
    pub fn command(&self, linker: &Path, step: &Step) -> Result<Command> {
        let mut text = self.importcfg.join("\n");
        text.push('\n');
        fs::write(self.dir.join("importcfg.link"), text)?;
        let mut command = Command::new(linker);
        command.current_dir(&self.dir).env_clear();
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command.envs(&step.env);
        for (name, value) in &self.env {
            command.env(name, value);
        }
        command.arg("-o").arg(&self.out).args(&self.args);
        if !self.main.is_empty() {
            command.arg(&self.main);
        }
        Ok(command)
    }
}

/// What is asked of ours.
#[derive(Clone, Copy)]
pub(crate) enum Demand {
    /// cmd/link's text and status, and its output if there is any.
    Same,
    /// An error of ours, or all that cmd/link does: it overlooks some damage.
    Status,
    /// An error whose text begins with cmd/link's first lines; cmd/link goes
    /// on with objects that ours has refused.
    Begins,
    /// Ours refuses, and says this; cmd/link can do it.
    Refuse(&'static str),
}

pub(crate) type Spoil = Arc<dyn Fn(&mut Spoiled, &Setting) -> Result<()> + Send + Sync>;

/// What a spoiler may need beside the link itself.
pub(crate) struct Setting {
    context: Context,
    go: Toolchain,
}

impl Setting {
    pub fn new(context: &Context, go: &Toolchain) -> Setting {
        Setting {
            context: context.clone(),
            go: go.clone(),
        }
    }

    pub fn step_of(&self, name: &str, variant: &Variant) -> Result<Arc<Step>> {
        self.context
            .fixture_step(&self.go, &Fixture::named(name)?, variant)
    }

    fn other_release(&self) -> Result<Arc<Step>> {
        let matrix = Toolchain::matrix()?;
        let other = matrix
            .iter()
            .find(|go| go.version != self.go.version)
            .ok_or("the matrix has one release only")?;
        self.context
            .fixture_step(other, &Fixture::named("hello")?, &DEFAULT)
    }
}

pub(crate) fn spoiler<F>(spoil: F) -> Spoil
where
    F: Fn(&mut Spoiled, &Setting) -> Result<()> + Send + Sync + 'static,
{
    Arc::new(spoil)
}

fn flags(flags: &'static [&'static str]) -> Spoil {
    spoiler(move |link, _| {
        link.flags(flags);
        Ok(())
    })
}

fn list() -> Vec<(&'static str, Demand, Spoil)> {
    let mut list = command_line();
    list.extend(files());
    list.extend(archives());
    list.extend(host_objects::list());
    list
}

/// Bad flags and values.
fn command_line() -> Vec<(&'static str, Demand, Spoil)> {
    use Demand::{Refuse, Same};
    let mut list: Vec<(&'static str, Demand, Spoil)> = vec![
        (
            "no-arguments",
            Same,
            spoiler(|link, _| {
                link.args.clear();
                link.main.clear();
                Ok(())
            }),
        ),
        (
            "two-archives",
            Same,
            spoiler(|link, _| {
                let main = link.main.clone();
                link.args.push(main);
                Ok(())
            }),
        ),
        (
            "response-file",
            Same,
            spoiler(|link, _| {
                fs::write(link.dir.join("more"), "-w\n-s\n-X=main.name=v\n")?;
                link.flags(&["@more"]);
                Ok(())
            }),
        ),
        (
            "response-file-quotes",
            Same,
            spoiler(|link, _| {
                fs::write(
                    link.dir.join("more"),
                    "-w -X='main.name=a b' \"-buildid=x\\\\y\"\n",
                )?;
                link.flags(&["@more"]);
                Ok(())
            }),
        ),
        ("response-file-missing", Same, flags(&["@absent"])),
    ];
    let same: &[(&'static str, &'static [&'static str])] = &[
        ("version", &["-V"]),
        ("version-full", &["-V=full"]),
        ("help", &["-help"]),
        ("flag-unknown", &["-nosuchflag"]),
        ("flag-unknown-value", &["--nosuchflag=3"]),
        ("flag-no-value", &["-s", "-w", "-T"]),
        ("flag-bad-syntax", &["-=x"]),
        ("flag-bool-value", &["-s=perhaps"]),
        ("flag-int-value", &["-strictdups=many"]),
        ("flag-int-range", &["-randlayout=99999999999999999999"]),
        ("B-word", &["-B", "word"]),
        ("B-odd", &["-B", "0x123"]),
        ("B-not-hex", &["-B", "0xzz"]),
        ("B-empty", &["-B", "0x"]),
        (
            "B-long",
            &[
                "-B",
                "0x00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff00112233445566778899",
            ],
        ),
        ("B-gobuildid-without", &["-buildid=", "-B=gobuildid"]),
        ("T-word", &["-T=here"]),
        ("T-huge", &["-T=0xffffffffffffffffff"]),
        ("R-odd", &["-R=3"]),
        ("R-small", &["-R=512"]),
        ("R-not-power", &["-R=0x3000"]),
        ("D-odd", &["-D=0x4000001"]),
        ("H-unknown", &["-H=beos"]),
        ("buildmode-unknown", &["-buildmode=fast"]),
        ("buildmode-pie-external", &["-linkmode=nowhere"]),
        ("E-unknown", &["-E=no.such.symbol"]),
        ("funcalign-3", &["-funcalign=3"]),
        ("funcalign-0", &["-funcalign=0"]),
        ("funcalign-negative", &["-funcalign=-16"]),
        ("benchmark-unknown", &["-benchmark=disk"]),
        ("X-no-value", &["-X", "main.name"]),
        ("X-no-dot", &["-X", "name=value"]),
        ("X-empty", &["-X="]),
        ("X-unreachable", &["-X", "unicode.Nothing=value"]),
        ("X-function", &["-X", "main.main=value"]),
        ("X-bytes", &["-X", "os.Args=value"]),
        ("k-unknown", &["-k", "no.tracker"]),
        ("importcfg-twice", &["-importcfg", "importcfg.link"]),
        ("tmpdir-missing", &["-tmpdir", "/no/such/folder"]),
        // It is wanted when all is loaded, and complaints about that come first.
        (
            "tmpdir-late",
            &[
                "-linkmode=external",
                "-strictdups=1",
                "-tmpdir=/no/such/folder",
            ],
        ),
        (
            "cpuprofile-unwritable",
            &["-cpuprofile", "/no/such/folder/file"],
        ),
        (
            "memprofile-unwritable",
            &["-memprofile", "/no/such/folder/file"],
        ),
        ("debugtramp-word", &["-debugtramp=x"]),
        ("o-empty", &["-o", ""]),
        ("o-in-missing-folder", &["-o", "missing/folder/a.out"]),
        ("o-is-folder", &["-o", "/"]),
        ("o-is-a-device", &["-o", "/dev/full"]),
    ];
    list.extend(same.iter().map(|&(name, args)| (name, Same, flags(args))));
    let refuse: &[(&'static str, &'static str, &'static [&'static str])] = &[
        ("H-darwin", "-H=darwin", &["-H=darwin"]),
        ("H-plan9", "-H=plan9", &["-H=plan9"]),
    ];
    list.extend(
        refuse
            .iter()
            .map(|&(name, word, args)| (name, Refuse(word), flags(args))),
    );
    list
}

/// Files that are missing, unreadable or in the way.
fn files() -> Vec<(&'static str, Demand, Spoil)> {
    use Demand::{Same, Status};
    vec![
        (
            "importcfg-missing",
            Same,
            flags(&["-importcfg", "/no/such/importcfg"]),
        ),
        ("importcfg-is-folder", Same, flags(&["-importcfg", "/"])),
        (
            "importcfg-unknown-verb",
            Same,
            spoiler(|link, _| {
                link.importcfg.insert(1, "# a comment".into());
                link.importcfg.insert(2, "packagebox a=b".into());
                Ok(())
            }),
        ),
        (
            "importcfg-no-equals",
            Same,
            spoiler(|link, _| {
                link.importcfg.push("packagefile fmt".into());
                Ok(())
            }),
        ),
        (
            "importcfg-bad-modinfo",
            Same,
            spoiler(|link, _| {
                link.importcfg.retain(|line| !line.starts_with("modinfo"));
                link.importcfg.push("modinfo unquoted".into());
                Ok(())
            }),
        ),
        (
            "importcfg-bare-verb",
            Same,
            spoiler(|link, _| {
                link.importcfg.push("importmap".into());
                Ok(())
            }),
        ),
        (
            "importcfg-importmap",
            Same,
            spoiler(|link, _| {
                link.importcfg.push("importmap a/b=c/d".into());
                link.importcfg.push("  packagefile   x/y=/z.a  ".into());
                Ok(())
            }),
        ),
        (
            "package-not-listed",
            Same,
            spoiler(|link, _| {
                link.importcfg
                    .retain(|line| !line.starts_with("packagefile unicode/utf8="));
                Ok(())
            }),
        ),
        (
            "runtime-not-listed",
            Same,
            spoiler(|link, _| {
                link.importcfg
                    .retain(|line| !line.starts_with("packagefile runtime="));
                Ok(())
            }),
        ),
        (
            "importcfg-empty",
            Same,
            spoiler(|link, _| {
                link.importcfg.clear();
                Ok(())
            }),
        ),
        (
            "archive-missing",
            Same,
            spoiler(|link, _| {
                link.set_file("unicode/utf8", Path::new("/no/such/utf8.a"));
                Ok(())
            }),
        ),
        (
            "archive-is-folder",
            Same,
            spoiler(|link, _| {
                link.set_file("unicode/utf8", Path::new("/"));
                Ok(())
            }),
        ),
        (
            "main-missing",
            Same,
            spoiler(|link, _| {
                link.main = "absent.a".into();
                Ok(())
            }),
        ),
        (
            "main-is-not-main",
            Same,
            spoiler(|link, _| {
                link.main = link.file("fmt")?.to_string_lossy().into_owned();
                Ok(())
            }),
        ),
        (
            "output-exists",
            Same,
            spoiler(|link, _| {
                fs::write(&link.out, "something longer than nothing")?;
                Ok(())
            }),
        ),
        (
            "output-is-a-link",
            Same,
            spoiler(|link, _| {
                let other = link.dir.join("other");
                fs::write(&other, "kept")?;
                if fs::symlink_metadata(&link.out).is_err() {
                    std::os::unix::fs::symlink(&other, &link.out)?;
                }
                Ok(())
            }),
        ),
        (
            "old-output-and-an-error",
            Same,
            spoiler(|link, _| {
                fs::write(&link.out, "an old file")?;
                link.set_file("unicode/utf8", Path::new("/no/such/utf8.a"));
                Ok(())
            }),
        ),
        ("file-size-limit", Status, spoiler(|_, _| Ok(()))),
    ]
}

/// Objects that do not belong, or are damaged in ways cmd/link words.
fn archives() -> Vec<(&'static str, Demand, Spoil)> {
    use Demand::{Begins, Refuse, Same, Status};
    let edit = |package: &'static str, edit: fn(&mut Vec<u8>)| {
        spoiler(move |link, _| link.edit(package, edit))
    };
    vec![
        (
            "other-release",
            Begins,
            spoiler(|link, at| {
                let other = at.other_release()?;
                link.set_file("unicode/utf8", &other.dir.join("pkg/unicode/utf8.a"));
                Ok(())
            }),
        ),
        (
            "other-release-main",
            Begins,
            spoiler(|link, at| {
                link.main = at
                    .other_release()?
                    .dir
                    .join("main.a")
                    .to_string_lossy()
                    .into_owned();
                Ok(())
            }),
        ),
        (
            "other-goarch",
            Same,
            spoiler(|link, _| {
                link.env.push(("GOARCH".into(), "arm64".into()));
                Ok(())
            }),
        ),
        (
            "unsupported-goarch",
            Refuse("riscv64"),
            spoiler(|link, _| {
                link.env.push(("GOARCH".into(), "riscv64".into()));
                Ok(())
            }),
        ),
        (
            "other-goos",
            Refuse("freebsd"),
            spoiler(|link, _| {
                link.env.push(("GOOS".into(), "freebsd".into()));
                Ok(())
            }),
        ),
        (
            "unknown-goarch",
            Same,
            spoiler(|link, _| {
                link.env.push(("GOARCH".into(), "vax".into()));
                Ok(())
            }),
        ),
        (
            "other-goamd64",
            Same,
            spoiler(|link, _| {
                link.env.push(("GOAMD64".into(), "v3".into()));
                Ok(())
            }),
        ),
        (
            "bad-goamd64",
            Same,
            spoiler(|link, _| {
                link.env.push(("GOAMD64".into(), "v9".into()));
                Ok(())
            }),
        ),
        (
            "other-experiment",
            Same,
            spoiler(|link, _| {
                link.env.push(("GOEXPERIMENT".into(), "nodwarf5".into()));
                Ok(())
            }),
        ),
        (
            "unknown-experiment",
            Same,
            spoiler(|link, _| {
                link.env.push(("GOEXPERIMENT".into(), "warpdrive".into()));
                Ok(())
            }),
        ),
        (
            "fingerprint",
            Same,
            spoiler(|link, at| {
                let other = at.step_of("hello", &Variant::find("noopt").ok_or("noopt")?)?;
                link.set_file("errors", &other.dir.join("pkg/errors.a"));
                Ok(())
            }),
        ),
        (
            "x-of-a-number",
            Same,
            spoiler(|link, at| {
                let other = at.step_of("x-flag", &DEFAULT)?;
                let spoiled = Spoiled::new(&other, &link.dir)?;
                *link = spoiled;
                link.flags(&["-X=fixture.test/xflag/conf.NotText=7"]);
                Ok(())
            }),
        ),
        ("archive-empty", Status, edit("errors", Vec::clear)),
        (
            "archive-is-text",
            Status,
            edit("errors", |bytes| {
                *bytes = b"not an archive at all\n".to_vec()
            }),
        ),
        (
            "archive-magic-only",
            Status,
            edit("errors", |bytes| bytes.truncate(8)),
        ),
        (
            "archive-half-a-header",
            Status,
            edit("errors", |bytes| bytes.truncate(8 + 30)),
        ),
        (
            "archive-half",
            Status,
            edit("errors", |bytes| bytes.truncate(bytes.len() / 2)),
        ),
        (
            "archive-end-cut",
            Status,
            edit("errors", |bytes| bytes.truncate(bytes.len() - 7)),
        ),
        (
            "archive-bad-size",
            Status,
            edit("errors", |bytes| {
                bytes[8 + 48..8 + 58].copy_from_slice(b"elephant  ")
            }),
        ),
        (
            "archive-bad-mark",
            Status,
            edit("errors", |bytes| {
                bytes[8 + 58..8 + 60].copy_from_slice(b"xx")
            }),
        ),
        (
            "member-of-zeros",
            Status,
            edit("errors", |bytes| {
                let keep = bytes.len() / 3;
                bytes[keep..].fill(0);
            }),
        ),
        (
            "object-magic",
            Status,
            edit("errors", |bytes| {
                let magic = b"\0go120ld";
                if let Some(at) = bytes.windows(8).position(|window| window == magic) {
                    bytes[at + 3] = b'9';
                }
            }),
        ),
        (
            "object-header-release",
            Begins,
            edit("errors", |bytes| {
                replace(bytes, b"amd64 go1.2", b"amd64 go1.9")
            }),
        ),
        (
            "object-of-other-goarch",
            Begins,
            edit("errors", |bytes| {
                replace(bytes, b"linux amd64", b"linux arm64")
            }),
        ),
        (
            "object-of-other-goos",
            Begins,
            edit("errors", |bytes| {
                replace(bytes, b"linux amd64", b"plan9 amd64")
            }),
        ),
        (
            "object-of-other-goamd64",
            Begins,
            edit("errors", |bytes| {
                replace(bytes, b"GOAMD64=v1", b"GOAMD64=v4")
            }),
        ),
        (
            "object-of-other-experiment",
            Begins,
            edit("errors", |bytes| {
                replace(bytes, b"regabiargs", b"regabilost")
            }),
        ),
        (
            "foreign-elf",
            Status,
            spoiler(|link, _| {
                let elf = fs::read("/proc/self/exe")?;
                let file = link.dir.join("elf.a");
                fs::write(&file, elf)?;
                link.set_file("errors", &file);
                Ok(())
            }),
        ),
    ]
}

/// Replaces bytes by as many others, wherever they are.
fn replace(bytes: &mut [u8], old: &[u8], new: &[u8]) {
    let mut from = 0;
    while let Some(at) = bytes[from..]
        .windows(old.len())
        .position(|window| window == old)
    {
        bytes[from + at..from + at + old.len()].copy_from_slice(new);
        from += at + old.len();
    }
}

/// All cases.
pub fn cases(context: &Context, cases: &mut Vec<Case>) {
    for go in context.toolchains() {
        for (name, demand, spoil) in list() {
            let setting = Setting::new(context, go);
            let full = format!("errors/{name}/{}", go.release());
            cases.push(Case::new(full, move || {
                case(name, demand, &spoil, &setting)
            }));
        }
    }
}

/// Links what is spoiled with both, and compares.
pub(crate) fn case(
    name: &str,
    demand: Demand,
    spoil: &Spoil,
    setting: &Setting,
) -> Result<Outcome> {
    let context = &setting.context;
    let step = setting.step_of("hello", &DEFAULT)?;
    if let Demand::Refuse(_) = demand
        && context.linker() == step.tool
    {
        return Ok(Outcome::Skip("the linker under test is cmd/link".into()));
    }
    let scratch = context.scratch()?;
    let run = |linker: &Path| -> Result<Linked> {
        let mut link = Spoiled::new(&step, scratch.path())?;
        spoil(&mut link, setting)?;
        let mut command = link.command(linker, &step)?;
        if name == "file-size-limit" {
            command = limited(&command);
        }
        let run = measure::run_for(&mut command, Some(Duration::from_secs(120)))?;
        let linked = Linked::new(&run, linker, &link.out)?;
        match fs::remove_file(&link.out) {
            Ok(()) | Err(_) => Ok(linked),
        }
    };
    let stock = run(&step.tool)?;
    let ours = run(context.linker())?;
    let mut problems = match demand {
        Demand::Same => differences(&stock, &ours, Text::Same),
        Demand::Status => {
            if matches!(ours.code, 1 | 2) && !ours.stderr.is_empty() {
                Vec::new()
            } else {
                differences(&stock, &ours, Text::Same)
            }
        }
        Demand::Begins => {
            let begin = |linked: &Linked| {
                let lines: Vec<&str> = linked.stderr.lines().take(4).collect();
                (linked.code, lines.join("\n"))
            };
            if begin(&stock) == begin(&ours) {
                Vec::new()
            } else {
                differences(&stock, &ours, Text::Same)
            }
        }
        Demand::Refuse(word) => {
            let mut problems = Vec::new();
            if !matches!(ours.code, 1 | 2) {
                problems.push(format!("exit status {}, should be 1 or 2", ours.code));
            }
            if !ours.stderr.contains(word) {
                problems.push(format!("does not name {word:?}:\n{}", ours.stderr));
            }
            problems
        }
    };
    problems.extend(indecent(&ours));
    Ok(Outcome::of(problems))
}

/// What no input may cause.
pub fn indecent(ours: &Linked) -> Vec<String> {
    let mut problems = Vec::new();
    if ours.code != 0 && ours.output.is_some() {
        problems.push("it fails and leaves an output file".into());
    }
    if ours.code > 2 {
        problems.push(format!("exit status {}", ours.code));
    }
    if ours.stderr.contains("panicked at") || ours.stderr.contains("internal error") {
        problems.push(format!("it panics:\n{}", ours.stderr));
    }
    problems
}

/// The same command under a limit of file size, as on a full disk.
fn limited(command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell
        .arg("-c")
        .arg("trap '' XFSZ; ulimit -f 200; exec \"$0\" \"$@\"")
        .arg(command.get_program())
        .args(command.get_args())
        .env_clear();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            shell.env(name, value);
        }
    }
    if let Some(dir) = command.get_current_dir() {
        shell.current_dir(dir);
    }
    shell
}
