//! The toolchain that built a program.

use super::plan::{self, Plan};
use crate::error::{Error, Result};
use crate::gobuild;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A go command of the wanted version, and what it is run with.
#[derive(Debug)]
pub struct Go {
    /// The go command.
    program: PathBuf,
    /// The value of `GOTOOLCHAIN`: `local`, or what that command has to switch to.
    toolchain: String,
    /// Settings that the user made with `go env -w`. The file they are in is not read in the builds, because
    /// nothing in the environment can undo what it says.
    user: Vec<(String, String)>,
    /// Where modules and builds are kept, and what else the user's `go env` says.
    pub env: BTreeMap<String, String>,
}

impl Go {
    /// Finds the toolchain of a version (without experiments), in this order: the one at `root`, where the
    /// program says it was; `go` on `PATH`; the one that this `go` gets from the module cache or proxy.
    /// `folder` is an empty one, so that no `go.mod` has a say.
    pub fn find(version: &str, root: Option<&str>, folder: &Path) -> Result<Go> {
        if let Some(root) = root.map(Path::new).filter(|root| root.is_absolute()) {
            let program = root.join("bin").join("go");
            if is_trusted(&program, folder)
                && let Ok(go) = Go::ask(&program, "local", folder)
                && go.is(version)
            {
                return Ok(go);
            }
        }
        let own = Go::ask(Path::new("go"), "local", folder)?;
        if own.is(version) {
            return Ok(own);
        }
        let here = own.version().to_owned();
        if !version.starts_with("go1") {
            return Err(format!(
                "built with {version}, which is no release; put its go command on PATH (there is {here})"
            )
            .into());
        }
        let other = Go::ask(Path::new("go"), version, folder)
            .map_err(|error| format!("toolchain {version} is not available: {error}"))?;
        if other.is(version) {
            return Ok(other);
        }
        // Commands before Go 1.21 do not know the variable.
        Err(
            format!("built with {version}, and go on PATH is {here}, which cannot get others")
                .into(),
        )
    }

    /// The version, without experiments.
    pub fn version(&self) -> &str {
        let version = self.env.get("GOVERSION").map_or("", String::as_str);
        plan::split_version(version).0
    }

    fn is(&self, version: &str) -> bool {
        self.version() == version
    }

    /// Asks a go command what it is.
    fn ask(program: &Path, toolchain: &str, folder: &Path) -> Result<Go> {
        let mut command = Command::new(program);
        for name in plan::DECIDED {
            command.env_remove(name);
        }
        command
            .env("GOTOOLCHAIN", toolchain)
            .current_dir(folder)
            .args(["env", "-json", "GOVERSION", "GOROOT", "GOENV"])
            .args(["GOMODCACHE", "GOCACHE", "GOPATH"]);
        let output = run(&mut command)?;
        if !output.status.success() {
            return Err(last_line(&output.stderr).into());
        }
        let env: BTreeMap<String, String> = serde_json::from_slice(&output.stdout)
            .map_err(|error| format!("{} env: {error}", program.display()))?;
        let settings = env.get("GOENV").filter(|path| Path::new(path).is_file());
        let user = match settings {
            Some(path) => user_settings(&read_text(Path::new(path))?),
            None => Vec::new(),
        };
        Ok(Go {
            program: program.to_owned(),
            toolchain: toolchain.to_owned(),
            user,
            env,
        })
    }

    /// The go command, in a folder, in the environment of a build.
    pub fn command(&self, plan: &Plan, folder: &Path) -> Command {
        let mut command = Command::new(&self.program);
        for (name, value) in &self.user {
            let set = std::env::var_os(name).is_some_and(|value| !value.is_empty());
            if !set {
                command.env(name, value);
            }
        }
        for name in &plan.cleared {
            command.env_remove(name);
        }
        command
            .envs(plan.environment.iter().map(|(name, value)| (name, value)))
            .env("GOENV", "off")
            .env("GOTOOLCHAIN", &self.toolchain)
            .current_dir(folder);
        // Where the path has symbolic links in it, the go command knows only from here, as from a shell.
        command.env("PWD", folder);
        command
    }
}

/// Whether a file that a program names may be run: it is the user's, as `own` is, or the system's.
fn is_trusted(file: &Path, own: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let owner = |path: &Path| std::fs::metadata(path).map(|meta| (meta.is_file(), meta.uid()));
    match (owner(file), owner(own)) {
        (Ok((true, owner)), Ok((_, user))) => owner == 0 || owner == user,
        _ => false,
    }
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> Result<Output> {
    let program = command.get_program().to_owned();
    command
        .output()
        .map_err(|error| match program == OsStr::new("go") {
            true => gobuild::not_run(error),
            false => Error::file(Path::new(&program))(error),
        })
}

/// The last line of what a command wrote, which says most in few words.
pub fn last_line(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let last = text.lines().rfind(|line| !line.trim().is_empty());
    last.unwrap_or("it says nothing").trim().to_owned()
}

fn read_text(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(Error::file(path))
}

/// The lines `NAME=VALUE` of the file that `go env -w` writes.
fn user_settings(text: &str) -> Vec<(String, String)> {
    let lines = text.lines().map(str::trim);
    let pairs = lines.filter_map(|line| line.split_once('='));
    pairs
        .filter(|(name, value)| {
            name.starts_with(|c: char| c.is_ascii_uppercase())
                && !value.is_empty()
                && !matches!(*name, "GOENV" | "GOTOOLCHAIN")
        })
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_settings_are_read_as_they_are_written() {
        let text =
            "# by hand\nGOPROXY=https://a,direct\nGOTOOLCHAIN=auto\nCC=\n  GOFLAGS=-x=y \nno\n";
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            user_settings(text),
            [pair("GOPROXY", "https://a,direct"), pair("GOFLAGS", "-x=y")]
        );
    }

    #[test]
    fn only_files_of_the_user_and_the_system_are_run() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("go");
        assert!(!is_trusted(&file, dir.path()));
        std::fs::write(&file, "").unwrap();
        assert!(is_trusted(&file, dir.path()));
        assert!(!is_trusted(dir.path(), dir.path()));
    }

    #[test]
    fn of_many_lines_the_last_says_it() {
        assert_eq!(
            last_line(b"go: downloading\ngo: no such\n\n"),
            "go: no such"
        );
        assert_eq!(last_line(b"\n"), "it says nothing");
    }

    #[test]
    fn a_build_has_what_is_planned_and_nothing_that_is_not() {
        let go = Go {
            program: "go".into(),
            toolchain: "go1.27.4".into(),
            user: vec![
                ("GOPROXY".into(), "off".into()),
                ("GOAMD64".into(), "v3".into()),
                ("GOARCH".into(), "arm".into()),
            ],
            env: BTreeMap::new(),
        };
        let plan = Plan {
            environment: vec![("GOARCH".into(), "amd64".into())],
            cleared: plan::DECIDED.to_vec(),
            ..Plan::default()
        };
        let command = go.command(&plan, Path::new("/"));
        let envs: BTreeMap<_, _> = command.get_envs().collect();
        let value = |name: &str| envs.get(OsStr::new(name)).copied();
        assert_eq!(value("GOARCH"), Some(Some(OsStr::new("amd64"))));
        assert_eq!(value("GOAMD64"), Some(None));
        assert_eq!(value("GOENV"), Some(Some(OsStr::new("off"))));
        assert_eq!(value("GOTOOLCHAIN"), Some(Some(OsStr::new("go1.27.4"))));
        // Unless the environment of the test has it, which goes before.
        if std::env::var_os("GOPROXY").is_none() {
            assert_eq!(value("GOPROXY"), Some(Some(OsStr::new("off"))));
        }
    }
}
