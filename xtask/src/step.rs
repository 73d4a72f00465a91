//! Link steps: one command line of the linker, with all its inputs, kept so
//! that any linker can be run on it again and again.
//!
//! A step is recorded by running `go build` with this program as `-toolexec`:
//! when cmd/go calls the linker, the command line, the environment and the
//! archives (hard links where the file system allows) go into a folder, and
//! the build ends there. Paths in the folder are relative, so that it can be
//! moved.

use crate::measure::{self, Run};
use crate::toolchain::Toolchain;
use crate::{Result, paths};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The first argument that turns this program into the recorder.
pub const RECORD: &str = "record-link";

/// What stands for the output file in the recorded arguments.
const OUT: &str = "@OUT@";

/// The variables that the linker may look at; the rest of the environment is
/// not recorded.
const ENVIRONMENT: &[&str] = &[
    "CC",
    "CGO_ENABLED",
    "CXX",
    "GOAMD64",
    "GOARCH",
    "GOARM64",
    "GODEBUG",
    "GOEXPERIMENT",
    "GOFIPS140",
    "GOOS",
    "GOROOT",
    "GO_EXTLINK_ENABLED",
    "GO_LDSO",
];

/// What to build.
#[derive(Debug, Clone, Default)]
pub struct Build {
    /// The folder to run the go command in.
    pub dir: PathBuf,
    /// The package, as given to the go command; `.` if empty.
    pub package: String,
    /// Further environment, such as `GOAMD64=v3`.
    pub env: Vec<(String, String)>,
    /// Further flags of `go build`, such as `-trimpath`.
    pub flags: Vec<String>,
    /// Build the test binary (`go test -c`).
    pub test: bool,
}

/// A recorded link step.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Step {
    /// The Go version that recorded it, such as `go1.27.3`.
    pub go: String,
    /// The stock linker.
    pub tool: PathBuf,
    /// The arguments, without `-o`; the last is the main archive.
    pub args: Vec<String>,
    /// The environment that the linker reads.
    pub env: BTreeMap<String, String>,
    /// The folder it is in.
    #[serde(skip)]
    pub dir: PathBuf,
}

impl Step {
    /// Records the link step of `build` in `dir`, which is made new.
    ///
    /// `recorder` is a program that calls [`record_main`] when its first
    /// argument is [`RECORD`].
    pub fn record(go: &Toolchain, build: &Build, recorder: &Path, dir: &Path) -> Result<Step> {
        let dir = paths::absolute(dir);
        if dir.exists() {
            fs::remove_dir_all(&dir)?;
        }
        fs::create_dir_all(&dir)?;
        let mut command = go.go();
        for (name, value) in &build.env {
            command.env(name, value);
        }
        command.current_dir(&build.dir).env("RELINK_STEP_DIR", &dir);
        if build.test {
            command.args(["test", "-c"]);
        } else {
            command.arg("build");
        }
        command
            .arg(format!("-toolexec='{}' {RECORD}", recorder.display()))
            .arg("-o")
            .arg(dir.join("never-written"))
            .args(&build.flags)
            .arg(if build.package.is_empty() {
                "."
            } else {
                &build.package
            });
        let run = measure::run(&mut command)?;
        match Step::load(&dir) {
            Ok(mut step) => {
                step.go = go.version.clone();
                step.save()?;
                Ok(step)
            }
            Err(_) => Err(format!(
                "go build of {} in {} did not reach the linker:\n{}{}",
                build.package,
                build.dir.display(),
                String::from_utf8_lossy(&run.stdout),
                String::from_utf8_lossy(&run.stderr)
            )
            .into()),
        }
    }

    /// Reads a step from its folder.
    pub fn load(dir: &Path) -> Result<Step> {
        let file = dir.join("step.json");
        let text = fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        let mut step: Step = serde_json::from_slice(&text)?;
        step.dir = paths::absolute(dir);
        Ok(step)
    }

    /// Loads the step in `dir`, or records it there if there is none.
    pub fn load_or_record(
        go: &Toolchain,
        build: &Build,
        recorder: &Path,
        dir: &Path,
    ) -> Result<Step> {
        match Step::load(dir) {
            Ok(step) if step.go == go.version && step.tool.is_file() => Ok(step),
            _ => Step::record(go, build, recorder, dir),
        }
    }

    fn save(&self) -> Result<()> {
        fs::write(self.dir.join("step.json"), serde_json::to_vec_pretty(self)?)?;
        let script = self.dir.join("run.sh");
        fs::write(&script, self.script("\"$linker\""))?;
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755))?;
        let script = self.dir.join("ref.sh");
        let tool = shell_quote(&self.tool.to_string_lossy());
        fs::write(&script, self.script(&tool))?;
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755))?;
        Ok(())
    }

    /// A shell script that replays the step.
    fn script(&self, linker: &str) -> String {
        let stock = !linker.starts_with('"');
        let mut text = String::from("#!/bin/sh\n");
        let usage = if stock {
            "ref.sh OUT [flags]"
        } else {
            "run.sh LINKER OUT [flags]"
        };
        text += &format!("# usage: {usage}\nset -e\n");
        if !stock {
            text += "linker=$(realpath -s -m \"$1\"); shift\n";
        }
        text += "out=$(realpath -s -m \"$1\"); shift\ncd \"$(dirname \"$0\")\"\n";
        text += "unset GOROOT GOOS GOARCH GOAMD64 GOEXPERIMENT GOFIPS140 GODEBUG GOFLAGS\n";
        for (name, value) in &self.env {
            text += &format!("export {name}={}\n", shell_quote(value));
        }
        let quote = |arg: &str| match arg.strip_prefix(OUT) {
            Some(rest) => format!("\"$out\"{}", shell_quote(rest)),
            None => shell_quote(arg),
        };
        let (main, flags) = self.args.split_last().expect("a main archive");
        let flags: Vec<String> = flags.iter().map(|arg| quote(arg)).collect();
        text += &format!(
            "exec {linker} -o \"$out\" {} \"$@\" {}\n",
            flags.join(" "),
            quote(main)
        );
        text
    }

    /// The command that links this step with `linker` into `out`.
    ///
    /// `flags` come after the recorded ones, so that they win.
    pub fn command(&self, linker: &Path, out: &Path, flags: &[String]) -> Command {
        let out = paths::absolute(out);
        let mut command = Command::new(paths::absolute(linker));
        command.current_dir(&self.dir).env_clear();
        for name in ["PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH"] {
            if let Some(value) = env::var_os(name) {
                command.env(name, value);
            }
        }
        for (name, value) in env::vars_os() {
            if name.to_string_lossy().starts_with("RELINK_") {
                command.env(name, value);
            }
        }
        command.envs(&self.env);
        let (main, recorded) = self.args.split_last().expect("a main archive");
        let place = |arg: &String| arg.replace(OUT, &out.to_string_lossy());
        command
            .arg("-o")
            .arg(&out)
            .args(recorded.iter().map(place))
            .args(flags)
            .arg(place(main));
        command
    }

    /// Runs `linker` on this step.
    pub fn replay(&self, linker: &Path, out: &Path, flags: &[String]) -> Result<Run> {
        self.replay_for(linker, out, flags, Duration::from_secs(600))
    }

    /// Runs `linker` on this step, and ends it after `limit`.
    pub fn replay_for(
        &self,
        linker: &Path,
        out: &Path,
        flags: &[String],
        limit: Duration,
    ) -> Result<Run> {
        measure::run_for(&mut self.command(linker, out, flags), Some(limit))
            .map_err(|error| format!("{}: {error}", linker.display()).into())
    }

    /// Bytes of all archives.
    pub fn input_bytes(&self) -> Result<u64> {
        let mut sum = 0;
        for (_, file) in self.packages()? {
            sum += fs::metadata(self.dir.join(file))?.len();
        }
        Ok(sum)
    }

    /// The `packagefile` lines of the importcfg: package, file in the folder.
    pub fn packages(&self) -> Result<Vec<(String, String)>> {
        let text = fs::read_to_string(self.dir.join("importcfg.link"))?;
        Ok(text
            .lines()
            .filter_map(|line| line.strip_prefix("packagefile "))
            .filter_map(|line| line.split_once('='))
            .map(|(package, file)| (package.to_string(), file.to_string()))
            .collect())
    }

    /// Writes the packages' archives anew, in pieces as the go command does.
    ///
    /// The system keeps a file in memory in pieces of the size that it was
    /// written in, and in single pages once it was read again for a map. The
    /// larger the pieces, the less it costs to map them.
    pub fn write_archives(&self) -> Result<()> {
        for (_, file) in self.packages()? {
            let file = self.dir.join(file);
            write_again(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        }
        Ok(())
    }
}

/// Puts a copy of `file` in its place, written 32 KB at a time
/// (`cmd/go/internal/cache/cache.go`, `copyFile`: what `io.Copy` takes at a
/// time).
fn write_again(file: &Path) -> io::Result<()> {
    const PIECE: usize = 32 << 10;
    let dir = file.parent().unwrap_or(Path::new("."));
    let mut copy = tempfile::NamedTempFile::new_in(dir)?;
    // Pieces are what matters: `io::copy` would have the system copy all.
    for piece in fs::read(file)?.chunks(PIECE) {
        copy.write_all(piece)?;
    }
    fs::set_permissions(copy.path(), fs::metadata(file)?.permissions())?;
    copy.persist(file)?;
    Ok(())
}

fn shell_quote(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_string();
    }
    if text.is_empty() {
        return String::from("''");
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// The recorder: `record-link TOOL ARGS…`, as cmd/go calls it through
/// `-toolexec`. Runs the tool, unless it is the linker with something to link.
///
/// Never returns: it becomes the tool, or exits.
pub fn record_main(args: &[String]) -> ! {
    let Some((tool, rest)) = args.split_first() else {
        eprintln!("usage: -toolexec='xtask {RECORD}'");
        std::process::exit(2);
    };
    let is_link = Path::new(tool)
        .file_stem()
        .is_some_and(|name| name == "link");
    let asks_version = rest.iter().any(|arg| arg.starts_with("-V"));
    let dir = env::var_os("RELINK_STEP_DIR");
    match dir {
        Some(dir) if is_link && !asks_version => {
            match record_link(tool, rest, Path::new(&dir)) {
                Ok(()) => eprintln!("link step recorded"),
                Err(error) => eprintln!("recording the link step: {error}"),
            }
            // The build ends here, whatever happened: there is no output.
            std::process::exit(1);
        }
        _ => {
            let error = Command::new(tool).args(rest).exec();
            eprintln!("{tool}: {error}");
            std::process::exit(2);
        }
    }
}

fn record_link(tool: &str, args: &[String], dir: &Path) -> Result<()> {
    let args = expand_response_files(args)?;
    let mut kept = Vec::new();
    let mut rest = args.iter();
    let mut out = String::new();
    while let Some(arg) = rest.next() {
        match arg.as_str() {
            "-o" => out = rest.next().cloned().ok_or("-o without a value")?,
            "-importcfg" => {
                let file = rest.next().ok_or("-importcfg without a value")?;
                record_importcfg(Path::new(file), dir)?;
                kept.push("-importcfg".into());
                kept.push("importcfg.link".into());
            }
            "-fipso" => {
                rest.next();
                kept.push("-fipso".into());
                kept.push(format!("{OUT}.fips.o"));
            }
            _ => kept.push(arg.clone()),
        }
    }
    if out.is_empty() {
        return Err("no -o on the linker's command line".into());
    }
    let main = kept.pop().ok_or("no main archive")?;
    keep(Path::new(&main), &dir.join("main.a"))?;
    kept.push("main.a".into());
    let env = env::vars()
        .filter(|(name, _)| ENVIRONMENT.contains(&&name[..]))
        .collect();
    let step = Step {
        go: String::new(),
        tool: PathBuf::from(tool),
        args: kept,
        env,
        dir: dir.to_path_buf(),
    };
    step.save()
}

/// Replaces `@file` arguments by the arguments in the file, which cmd/go
/// writes one to a line with `\n` and `\\` escaped.
fn expand_response_files(args: &[String]) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for arg in args {
        match arg.strip_prefix('@') {
            None => all.push(arg.clone()),
            Some(file) => {
                for line in fs::read_to_string(file)?.lines() {
                    all.push(line.replace("\\n", "\n").replace("\\\\", "\\"));
                }
            }
        }
    }
    Ok(all)
}

/// Copies the importcfg, and every file that it names, into the step.
fn record_importcfg(file: &Path, dir: &Path) -> Result<()> {
    let text = fs::read_to_string(file)?;
    let mut kept = String::new();
    for line in text.lines() {
        let entry = ["packagefile ", "packageshlib "]
            .iter()
            .find_map(|verb| Some((*verb, line.strip_prefix(verb)?.split_once('=')?)));
        match entry {
            Some((verb, (package, path))) => {
                let name = format!("pkg/{package}.a");
                keep(Path::new(path), &dir.join(&name))?;
                kept += &format!("{verb}{package}={name}\n");
            }
            None => kept += &format!("{line}\n"),
        }
    }
    fs::write(dir.join("importcfg.link"), kept)?;
    Ok(())
}

/// Puts `from` at `to`: a hard link if that works, else a copy.
///
/// What the go command compiled in this very build lies in its work folder and
/// once more in its cache; the one in the cache is linked to, since the work
/// folder's would be a second copy once that folder is gone.
fn keep(from: &Path, to: &Path) -> Result<()> {
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent)?;
    }
    let cached = env::var_os("GOCACHE").and_then(|cache| in_go_cache(from, Path::new(&cache)));
    if cached.is_some_and(|cached| fs::hard_link(cached, to).is_ok()) {
        return Ok(());
    }
    if fs::hard_link(from, to).is_err() {
        fs::copy(from, to).map_err(|error| format!("{}: {error}", from.display()))?;
    }
    Ok(())
}

/// The go command's cached copy of `file`, if it has one: an output is stored
/// under the SHA-256 of its content (`cmd/go/internal/cache`, `fileName`).
fn in_go_cache(file: &Path, cache: &Path) -> Option<PathBuf> {
    if file.starts_with(cache) {
        return None;
    }
    let content = fs::read(file).ok()?;
    let name = hex::encode(Sha256::digest(&content));
    let cached = cache.join(&name[..2]).join(format!("{name}-d"));
    let size = fs::metadata(&cached).ok()?.len();
    (size == content.len() as u64).then_some(cached)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn quoting() {
        assert_eq!(shell_quote("-buildmode=exe"), "-buildmode=exe");
        assert_eq!(shell_quote(""), "''");
        assert_eq!(shell_quote("a'b c"), "'a'\\''b c'");
    }

    #[test]
    fn a_cached_copy_is_found_by_content() {
        let dir = tempfile::tempdir().expect("a folder");
        let (work, cache) = (dir.path().join("_pkg_.a"), dir.path().join("cache"));
        fs::write(&work, "abc").expect("written");
        assert_eq!(in_go_cache(&work, &cache), None);
        let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let cached = cache.join("ba").join(format!("{digest}-d"));
        fs::create_dir_all(cache.join("ba")).expect("made");
        fs::write(&cached, "abc").expect("written");
        assert_eq!(in_go_cache(&work, &cache), Some(cached.clone()));
        assert_eq!(in_go_cache(&cached, &cache), None, "is there already");
        fs::write(&cached, "ab").expect("cut short");
        assert_eq!(in_go_cache(&work, &cache), None);
    }

    #[test]
    fn a_file_is_written_again_and_others_keep_theirs() {
        let dir = tempfile::tempdir().expect("a folder");
        let (cached, file) = (dir.path().join("cached"), dir.path().join("pkg.a"));
        let content: Vec<u8> = (0..100_000u32).flat_map(u32::to_le_bytes).collect();
        fs::write(&cached, &content).expect("written");
        fs::hard_link(&cached, &file).expect("linked");
        write_again(&file).expect("written again");
        assert!(fs::read(&file).expect("there") == content);
        let inode = |f| fs::metadata(f).expect("there").ino();
        assert_ne!(inode(&cached), inode(&file));
        assert_eq!(fs::read_dir(dir.path()).expect("a folder").count(), 2);
    }

    #[test]
    fn scripts_place_the_output() {
        let step = Step {
            go: "go1.27.3".into(),
            tool: "/go/link".into(),
            args: ["-fipso", "@OUT@.fips.o", "main.a"]
                .map(String::from)
                .into(),
            env: BTreeMap::new(),
            dir: PathBuf::new(),
        };
        let script = step.script("\"$linker\"");
        assert!(
            script.ends_with("exec \"$linker\" -o \"$out\" -fipso \"$out\".fips.o \"$@\" main.a\n"),
            "{script}"
        );
    }
}
