//! Where the source of a program is, and the build.

use super::plan::Plan;
use super::toolchain::{Go, last_line, run};
use crate::buildinfo::BuildInfo;
use crate::error::{Error, Result};
use crate::gobuild;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Where the source is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A folder in the main module.
    Folder(PathBuf),
    /// The module cache: a package at a version, as `go install` takes it.
    Module(String),
    /// The toolchain itself.
    Standard,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Folder(dir) => write!(f, "{}", dir.display()),
            Source::Module(package) => write!(f, "{package} from the module cache"),
            Source::Standard => f.write_str("the toolchain"),
        }
    }
}

/// Finds the source. `dir` is the folder that the user names; else the current one is tried.
pub fn find(info: &BuildInfo, dir: Option<&Path>, go: &Go, plan: &Plan) -> Result<Source> {
    let Some(main) = &info.main else {
        return without_module(info, dir, plan);
    };
    if let Some(dir) = dir {
        let dir = std::path::absolute(dir).map_err(Error::file(dir))?;
        if !dir.is_dir() {
            return Err(format!("{}: no such folder", dir.display()).into());
        }
        let modules = main_modules(go, plan, &dir)?;
        if modules.is_empty() {
            let place = dir.display();
            return Err(format!("{place} is in no module; the program's is {}", main.path).into());
        }
        if !modules.contains(&main.path) {
            return Err(format!(
                "{} is in module {}, but the program's is {}",
                dir.display(),
                modules.join(", "),
                main.path
            )
            .into());
        }
        return Ok(Source::Folder(dir));
    }
    // A sum is only recorded of what comes from the module cache.
    if !main.sum.is_empty() {
        return Ok(Source::Module(format!("{}@{}", info.path, main.version)));
    }
    let here = current_folder()?;
    let modules = main_modules(go, plan, &here).unwrap_or_default();
    if modules.contains(&main.path) {
        return Ok(Source::Folder(here));
    }
    let wanted = match info.setting("vcs.revision") {
        Some(revision) => format!(
            "a checkout of {} at {} {revision}",
            main.path,
            info.setting("vcs").unwrap_or("revision")
        ),
        None if main.version != "(devel)" && !main.version.contains("+dirty") => {
            return Ok(Source::Module(format!("{}@{}", info.path, main.version)));
        }
        None => format!("module {}, which says no version of itself", main.path),
    };
    let changed = match info.setting("vcs.modified") {
        Some("true") => " (with local changes)",
        _ => "",
    };
    Err(format!("built in {wanted}{changed}: run this there, or name the folder with --dir").into())
}

/// The source of what has no main module.
fn without_module(info: &BuildInfo, dir: Option<&Path>, plan: &Plan) -> Result<Source> {
    if info.path.starts_with("cmd/") && dir.is_none() {
        return Ok(Source::Standard);
    }
    if info.path.is_empty() {
        return Err("the build information names no package: built with modules off, or not by the go command".into());
    }
    if info.path == NO_MODULE && plan.files.is_empty() {
        return Err("built from files named on the command line, which are not recorded: name them, -- FILE.go …, in their folder or with --dir".into());
    }
    let dir = match dir {
        Some(dir) => std::path::absolute(dir).map_err(Error::file(dir))?,
        None => current_folder()?,
    };
    Ok(Source::Folder(dir))
}

/// The current folder, by the path that led there: it may be in the program.
fn current_folder() -> Result<PathBuf> {
    let here = std::env::current_dir().map_err(Error::file(Path::new(".")))?;
    let said = std::env::var_os("PWD").map(PathBuf::from);
    let said = said.filter(|dir| dir.is_absolute());
    Ok(said
        .filter(|dir| dir.canonicalize().is_ok_and(|dir| dir == here))
        .unwrap_or(here))
}

/// What the go command calls a module or a package that has no name.
const NO_MODULE: &str = "command-line-arguments";

/// The main module at a folder; of a workspace, all of them.
fn main_modules(go: &Go, plan: &Plan, dir: &Path) -> Result<Vec<String>> {
    let mut command = go.command(plan, dir);
    command.args(["list", "-m", "-f", "{{.Path}}"]);
    let output = run(&mut command)?;
    if !output.status.success() {
        return Err(format!("{}: {}", dir.display(), last_line(&output.stderr)).into());
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let modules = text.lines().filter(|&line| line != NO_MODULE);
    Ok(modules.map(str::to_owned).collect())
}

/// A program that has been built.
#[derive(Debug)]
pub struct Built {
    /// The file.
    pub file: PathBuf,
    /// Words of the go command, without those that only have to do with this run.
    pub words: Vec<OsString>,
}

/// What a build needs.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// What is known of the program.
    pub info: &'a BuildInfo,
    /// How it is built.
    pub plan: &'a Plan,
    /// By which go command.
    pub go: &'a Go,
    /// From which source.
    pub source: &'a Source,
    /// Whether it is a test binary.
    pub test: bool,
    /// Whether the toolchain's linker links, not this program.
    pub stock_linker: bool,
}

/// Builds into `folder`, which is empty. `name` is that of the file, which libraries have in them.
pub fn build(order: Order, folder: &Path, name: &OsStr) -> Result<Built> {
    let Order {
        info,
        plan,
        go,
        source,
        test,
        stock_linker,
    } = order;
    let (folder_of_run, verb) = match source {
        Source::Folder(dir) if test => (dir.as_path(), &["test", "-c"][..]),
        Source::Folder(dir) => (dir.as_path(), &["build"][..]),
        Source::Module(_) if test => {
            return Err(
                "a test binary; the go command builds it in a checkout only: name one with --dir"
                    .into(),
            );
        }
        Source::Module(_) => (folder, &["install"][..]),
        Source::Standard => (folder, &["build"][..]),
    };
    let mut command = go.command(plan, folder_of_run);
    command.args(verb).args(&plan.flags);
    let mut words = vec![OsString::from("go")];
    words.extend(verb.iter().map(OsString::from));
    words.extend(plan.flags.iter().cloned());
    if !stock_linker {
        command.arg(gobuild::toolexec()?);
    }
    let place = folder.join("out");
    std::fs::create_dir(&place).map_err(Error::file(&place))?;
    let what = match source {
        Source::Module(package) => {
            // With GOBIN, the go command installs nothing for other systems.
            command.env("GOPATH", &place);
            command.env_remove("GOBIN");
            for name in ["GOMODCACHE", "GOCACHE"] {
                if let Some(value) = go.env.get(name) {
                    command.env(name, value);
                }
            }
            vec![package.into()]
        }
        _ => {
            command.arg("-o").arg(place.join(name));
            if plan.files.is_empty() {
                vec![package(&info.path, test).into()]
            } else {
                plan.files.clone()
            }
        }
    };
    command.args(&what);
    words.extend(what);
    let output = run(&mut command)?;
    if !output.status.success() {
        let _ = std::io::stderr().write_all(&output.stderr);
        return Err(failure(verb[0], source).into());
    }
    let file = match source {
        Source::Module(_) => installed(&place.join("bin"))?,
        _ => place.join(name),
    };
    if !file.is_file() {
        return Err("the go command wrote no file; was it told to by the flags?".into());
    }
    Ok(Built { file, words })
}

/// The package that is built. Since Go 1.27, test binaries have a path of their own.
fn package(path: &str, test: bool) -> &str {
    match path.strip_suffix(".test") {
        Some(tested) if test => tested,
        _ => path,
    }
}

fn failure(verb: &str, source: &Source) -> String {
    let place = match source {
        Source::Folder(dir) => format!(" in {}", dir.display()),
        _ => String::new(),
    };
    format!("go {verb} failed{place}; its messages are above")
}

/// The one file that is installed, here or in the folder of another system.
fn installed(bin: &Path) -> Result<PathBuf> {
    let mut dir = bin.to_owned();
    for _ in 0..2 {
        let mut entries = std::fs::read_dir(&dir).map_err(Error::file(&dir))?;
        let entry = entries.next().transpose().map_err(Error::file(&dir))?;
        let entry = entry.ok_or("the go command has installed nothing".to_owned())?;
        dir = entry.path();
        if dir.is_file() {
            break;
        }
    }
    Ok(dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_installed_is_found_in_both_places() {
        let dir = tempfile::tempdir().unwrap();
        assert!(installed(dir.path()).is_err());
        let deep = dir.path().join("windows_amd64");
        std::fs::create_dir(&deep).unwrap();
        assert!(installed(dir.path()).is_err());
        std::fs::write(deep.join("x.exe"), "").unwrap();
        assert_eq!(installed(dir.path()).unwrap(), deep.join("x.exe"));
        assert_eq!(installed(&deep).unwrap(), deep.join("x.exe"));
    }

    #[test]
    fn of_a_test_binary_the_tested_package_is_built() {
        assert_eq!(package("a/x.test", true), "a/x");
        assert_eq!(package("a/x", true), "a/x");
        assert_eq!(package("a/x.test", false), "a/x.test");
    }

    fn without(path: &str, dir: Option<&str>, files: &[&str]) -> Result<Source> {
        let info = BuildInfo {
            path: path.into(),
            ..BuildInfo::default()
        };
        let plan = Plan {
            files: files.iter().map(OsString::from).collect(),
            ..Plan::default()
        };
        without_module(&info, dir.map(Path::new), &plan)
    }

    #[test]
    fn programs_without_a_module_need_something_else() {
        assert_eq!(without("cmd/gofmt", None, &[]).unwrap(), Source::Standard);
        let error = without("", None, &[]).unwrap_err().to_string();
        assert!(error.contains("names no package"), "{error}");
        let files = "command-line-arguments";
        let error = without(files, None, &[]).unwrap_err().to_string();
        assert!(error.contains("-- FILE.go"), "{error}");
        let found = without(files, Some("/x"), &["a.go"]).unwrap();
        assert_eq!(found, Source::Folder("/x".into()));
    }
}
