//! The toolchain's own linker tests, with our binary as the linker.
//!
//! The tests of `cmd/link` make the test binary itself act as the linker. It
//! is built here with another `main`, which becomes `RELINK_FOREIGN` instead;
//! nothing else is changed. Tests that cannot pass yet are listed in
//! `tests/gotests.toml` with what they wait for.

use crate::Args;
use crate::context::Context;
use crate::runner::{Case, Outcome};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;
use xtask::toolchain::Toolchain;
use xtask::{Result, measure, paths};

/// Takes the place of cmd/link's `main.go`.
const MAIN: &str = r#"package main

import (
	"os"
	"syscall"
)

func main() {
	linker := os.Getenv("RELINK_FOREIGN")
	args := append([]string{"link"}, os.Args[1:]...)
	println(linker, syscall.Exec(linker, args, os.Environ()).Error())
	os.Exit(2)
}
"#;

/// `tests/gotests.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    /// Test or subtest → the feature it waits for.
    waiting: BTreeMap<String, String>,
    /// Test → why it says nothing about a foreign linker.
    unrelated: BTreeMap<String, String>,
}

/// One case for each release.
pub fn cases(context: &Context, args: &Args, cases: &mut Vec<Case>) {
    if !args.big {
        return;
    }
    for go in context.toolchains() {
        let (context, go) = (context.clone(), go.clone());
        cases.push(Case::new(
            format!("gotests/cmd-link/{}", go.release()),
            move || cmd_link(&context, &go),
        ));
    }
}

fn cmd_link(context: &Context, go: &Toolchain) -> Result<Outcome> {
    let known: Known = toml::from_str(&fs::read_to_string(
        paths::workspace().join("tests").join("gotests.toml"),
    )?)?;
    let scratch = context.scratch()?;
    let source = go.root.join("src").join("cmd").join("link");
    let main = scratch.path().join("main.go");
    fs::write(&main, MAIN)?;
    let overlay = scratch.path().join("overlay.json");
    let mut replace = BTreeMap::new();
    replace.insert(source.join("main.go"), main);
    fs::write(
        &overlay,
        serde_json::to_vec(&BTreeMap::from([("Replace", replace)]))?,
    )?;
    let binary = scratch.path().join("link.test");
    let build = measure::run(
        go.go()
            // Files of the module cache may not be overlaid, and a fetched
            // toolchain is in it. cmd/link needs no modules.
            .env("GOMODCACHE", scratch.path().join("modules"))
            .args(["test", "-c", "-vet=off", "-overlay"])
            .arg(&overlay)
            .arg("-o")
            .arg(&binary)
            .arg("cmd/link"),
    )?;
    if !build.status.success() {
        return Err(String::from_utf8_lossy(&build.stderr).into());
    }
    // The tests call the go command as a user does. What they link has the
    // stock linker's identity, so they have a cache of their own.
    let mut tests = std::process::Command::new(&binary);
    tests
        .args(["-test.v", "-test.short", "-test.timeout=20m"])
        .current_dir(&source)
        .env("RELINK_FOREIGN", context.linker())
        .env("GOCACHE", scratch.path().join("cache"))
        .env("GOTOOLCHAIN", "local")
        .env("GOFLAGS", "-buildvcs=false")
        .env("PATH", go.path())
        .env("TMPDIR", scratch.path())
        .env_remove("GOROOT");
    let run = measure::run_for(&mut tests, Some(Duration::from_secs(1500)))?;
    let text = String::from_utf8_lossy(&run.stdout).into_owned();
    fs::create_dir_all(paths::data().join("gotests"))?;
    fs::write(
        paths::data()
            .join("gotests")
            .join(format!("{}.log", go.version)),
        text.as_bytes(),
    )?;
    judge(&text, &known)
}

/// Reads the output of `-test.v`.
fn judge(text: &str, known: &Known) -> Result<Outcome> {
    let (mut passed, mut skipped, mut waiting, mut failed) = (0, 0, Vec::new(), Vec::new());
    for line in text.lines() {
        let line = line.trim_start();
        let Some((verdict, rest)) = line
            .strip_prefix("--- ")
            .and_then(|line| line.split_once(": "))
        else {
            continue;
        };
        let name = rest.split(' ').next().unwrap_or(rest);
        match verdict {
            "PASS" => passed += 1,
            "SKIP" => skipped += 1,
            "FAIL" => match (known.waiting.get(name), known.unrelated.get(name)) {
                (Some(feature), _) => waiting.push(format!("{name} waits for {feature}")),
                (_, Some(why)) => waiting.push(format!("{name}: {why}")),
                _ => failed.push(name.to_string()),
            },
            _ => {}
        }
    }
    println!(
        "gotests: {passed} passed, {} waiting, {skipped} skipped by themselves, {} failed",
        waiting.len(),
        failed.len()
    );
    for line in &waiting {
        println!("gotests: {line}");
    }
    if passed == 0 {
        return Ok(Outcome::Fail(format!("no test passed:\n{text}")));
    }
    Ok(Outcome::of(failed))
}
