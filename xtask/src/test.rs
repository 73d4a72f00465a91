//! `cargo xtask test`: everything that must hold.

use crate::release;
use clap::Args;
use std::env;
use std::path::Path;
use std::process::Command;
use std::time::Instant;
use xtask::toolchain::Toolchain;
use xtask::{Result, cargo, paths};

/// What to run.
#[derive(Args, Debug)]
pub struct TestArgs {
    /// Large programs and the toolchain's own linker tests too.
    #[arg(long)]
    big: bool,
    /// Only the suite, not fmt, clippy, docs and unit tests.
    #[arg(long)]
    suite: bool,
    /// Only cases whose names contain all of these.
    filter: Vec<String>,
}

/// One stage and what became of it.
struct Stage {
    name: &'static str,
    error: Option<String>,
    seconds: f64,
}

/// Runs all stages, the later ones too if one fails.
pub fn run(args: &TestArgs) -> Result<()> {
    let start = Instant::now();
    if args.big && args.filter.is_empty() {
        xtask::disk::check_room_for_tests()?;
    }
    let mut stages = Vec::new();
    let mut stage = |name: &'static str, body: &dyn Fn() -> Result<()>| {
        println!("== {name}");
        let began = Instant::now();
        let error = body().err().map(|error| error.to_string());
        if let Some(error) = &error {
            println!("== {name} failed: {error}");
        }
        stages.push(Stage {
            name,
            error,
            seconds: began.elapsed().as_secs_f64(),
        });
    };
    stage("setup", &|| {
        Toolchain::matrix()?;
        xtask::system::setup()
    });
    if env::var_os("CI").is_some() {
        stage("setup without Go on PATH", &setup_without_go);
    }
    if !args.suite {
        stage("fmt", &|| cargo::run(&["fmt", "--all", "--check"]));
        stage("clippy", &|| {
            cargo::run(&[
                "clippy",
                "--workspace",
                "--all-targets",
                "--quiet",
                "--",
                "-D",
                "warnings",
            ])
        });
        stage("fuzz targets", &check_fuzz_targets);
        stage("docs", &docs);
        stage("unit tests", &|| {
            cargo::unit_tests(&["--no-fail-fast"])?;
            cargo::run(&["test", "--package", "relink-tests", "--lib", "--quiet"])
        });
    }
    stage("build", &|| release::build().map(drop));
    stage("suite", &|| suite(args));
    println!();
    for stage in &stages {
        println!(
            "{:26} {:>6.0} s  {}",
            stage.name,
            stage.seconds,
            match &stage.error {
                None => "ok",
                Some(_) => "FAILED",
            }
        );
    }
    println!("{:.0} s in all", start.elapsed().as_secs_f64());
    let failed = stages.iter().filter(|stage| stage.error.is_some()).count();
    if failed == 0 {
        Ok(())
    } else {
        Err(format!("{failed} of {} stages failed", stages.len()).into())
    }
}

/// The fuzz targets are no part of the workspace, and need a nightly compiler to run, but must compile.
fn check_fuzz_targets() -> Result<()> {
    let target = paths::target().join("fuzz");
    cargo::run(&[
        "clippy",
        "--quiet",
        "--locked",
        "--no-default-features",
        "--manifest-path",
        "fuzz/Cargo.toml",
        "--target-dir",
        &target.to_string_lossy(),
        "--",
        "-D",
        "warnings",
    ])
}

fn docs() -> Result<()> {
    let status = cargo::command()
        .args(["doc", "--workspace", "--no-deps", "--quiet"])
        .env("RUSTDOCFLAGS", "-D warnings")
        .status()?;
    if status.success() {
        Ok(())
    } else {
        Err("cargo doc has complaints".into())
    }
}

fn suite(args: &TestArgs) -> Result<()> {
    let mut all = vec![
        "test",
        "--release",
        "--package",
        "relink-tests",
        "--test",
        "suite",
        "--",
    ];
    if args.big {
        all.push("--big");
    }
    all.extend(args.filter.iter().map(String::as_str));
    cargo::run(&all)
}

/// `setup` as a newcomer without Go sees it: in a data folder of its own, with
/// every folder that holds a `go` taken off `PATH`.
fn setup_without_go() -> Result<()> {
    let old = env::var_os("PATH").unwrap_or_default();
    let has_go = |dir: &Path| dir.join("go").exists();
    let dirs = env::split_paths(&old).filter(|dir| !has_go(dir));
    let status = Command::new(env::current_exe()?)
        .arg("setup")
        .env("PATH", env::join_paths(dirs)?)
        .env("RELINK_DATA", paths::data().join("without-go"))
        .status()?;
    if status.success() {
        Ok(())
    } else {
        Err("setup needs more than Rust and Python".into())
    }
}
