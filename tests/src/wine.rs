//! Windows programs run under Wine, with one folder of settings for all.
//!
//! The folder is `wine` among the tasks' data. Wine's services inherit what the first program of a
//! session has open, and outlive it: nothing here gives Wine a pipe, which would never end.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;
use xtask::measure::{self, Run};
use xtask::{Result, paths, system};

/// The programs that it takes.
const WINE: &str = "wine64";
const SERVER: &str = "wineserver64";
const CC: &str = "x86_64-w64-mingw32-gcc";

/// A library of Windows that older versions of Wine lack, and the source of one that does for Go.
const RANDOM: &str = "bcryptprimitives.dll";
const RANDOM_SOURCE: &str = "tests/windows/bcryptprimitives.c";

/// How long making the folder, or starting the session, may take.
const SETUP_LIMIT: Duration = Duration::from_secs(120);

/// A program that is missing, if one is.
pub fn missing() -> Option<&'static str> {
    [WINE, SERVER, CC]
        .into_iter()
        .find(|program| system::find(program).is_none())
}

/// Runs a program with a limit of time. Safe from many threads, and beside other suites.
pub fn run(program: &Path, args: &[String], dir: &Path, limit: Duration) -> Result<Run> {
    static PREFIX: OnceLock<std::result::Result<PathBuf, String>> = OnceLock::new();
    let prefix = PREFIX.get_or_init(|| session().map_err(|error| error.to_string()));
    let prefix = prefix.as_deref().map_err(String::clone)?;
    let (stdout, stderr) = (
        program.with_extension("stdout"),
        program.with_extension("stderr"),
    );
    let mut command = command(prefix, WINE, &stdout, &stderr)?;
    command.arg(program).args(args).current_dir(dir);
    let run = measure::run_for(&mut command, Some(limit))?;
    Ok(Run {
        stdout: fs::read(stdout)?,
        stderr: fs::read(stderr)?,
        ..run
    })
}

/// A command of Wine's that writes to files.
fn command(prefix: &Path, program: &str, stdout: &Path, stderr: &Path) -> Result<Command> {
    let program = system::find(program).ok_or_else(|| format!("no {program}"))?;
    let mut command = Command::new("sh");
    command
        .args([
            "-c",
            "out=$1 err=$2; shift 2; exec \"$@\" >\"$out\" 2>\"$err\"",
            "sh",
        ])
        .args([stdout, stderr])
        .arg(program)
        .env("WINEPREFIX", prefix)
        .env("WINEDEBUG", "-all")
        // No menus in the user's home, nothing to be downloaded.
        .env("WINEDLLOVERRIDES", "winemenubuilder.exe=;mscoree=;mshtml=")
        .env_remove("GODEBUG")
        .env_remove("GOCOVERDIR");
    Ok(command)
}

/// Starts Wine's server and services, in a folder that is made if there is none.
///
/// The server ends a minute after the last program. It is not ended with the suite, whose end says
/// nothing about the programs of another one.
fn session() -> Result<PathBuf> {
    let prefix = paths::data().join("wine");
    if !prefix.is_dir() {
        make_prefix(&prefix)?;
    }
    quietly(&prefix, SERVER, &["-p60"])?;
    quietly(&prefix, WINE, &["wineboot"])?;
    Ok(prefix)
}

/// Makes the folder under another name, so that it is whole once it is there.
fn make_prefix(prefix: &Path) -> Result<()> {
    let data = paths::data();
    fs::create_dir_all(&data)?;
    let scratch = tempfile::tempdir_in(&data)?;
    let new = scratch.path().join("wine");
    quietly(&new, WINE, &["wineboot", "-i"])?;
    // What is to be stored is stored when the server has ended.
    quietly(&new, SERVER, &["-w"])?;
    let system = new.join("drive_c/windows/system32");
    if !system.join("kernel32.dll").is_file() {
        return Err("wineboot -i made no Windows".into());
    }
    let random = system.join(RANDOM);
    if !random.exists() {
        make_random(&random)?;
    }
    match fs::rename(&new, prefix) {
        // Another suite was faster.
        Err(_) if prefix.is_dir() => Ok(()),
        renamed => Ok(renamed?),
    }
}

/// Compiles the library of random numbers, from which every Go program takes its seed.
fn make_random(dll: &Path) -> Result<()> {
    let mut command = Command::new(CC);
    command
        .args(["-O1", "-shared", "-nostdlib", "-e", "start", "-o"])
        .arg(dll)
        .arg(paths::workspace().join(RANDOM_SOURCE))
        .arg("-ladvapi32");
    let run = measure::run(&mut command)?;
    match run.status.success() {
        true => Ok(()),
        false => Err(format!("{CC}: {}", String::from_utf8_lossy(&run.stderr)).into()),
    }
}

/// Runs one of Wine's own programs; whether it did its work is seen by what it made.
fn quietly(prefix: &Path, program: &str, args: &[&str]) -> Result<()> {
    let null = Path::new("/dev/null");
    let mut command = command(prefix, program, null, null)?;
    command.args(args);
    let run = measure::run_for(&mut command, Some(SETUP_LIMIT))?;
    match run.timed_out {
        true => Err(format!("{program} {} did not end", args.join(" ")).into()),
        false => Ok(()),
    }
}
