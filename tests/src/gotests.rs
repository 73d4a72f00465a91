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
    let mut verdicts: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in text.lines() {
        let verdict = line
            .trim_start()
            .strip_prefix("--- ")
            .and_then(|line| line.split_once(": "));
        if let Some((verdict, rest)) = verdict {
            let name = rest.split(' ').next().unwrap_or(rest);
            verdicts.entry(verdict).or_default().push(name);
        }
    }
    let of = |verdict: &str| verdicts.get(verdict).cloned().unwrap_or_default();
    let (passed, failed) = (of("PASS"), of("FAIL"));
    let reason = |name: &str| known.waiting.get(name).or(known.unrelated.get(name));
    let mut problems = Vec::new();
    let mut waiting = 0;
    for name in &failed {
        let below = format!("{name}/");
        match (known.waiting.get(*name), known.unrelated.get(*name)) {
            (Some(feature), _) => println!("gotests: {name} waits for {feature}"),
            (_, Some(why)) => println!("gotests: {name}: {why}"),
            // Its subtests are judged by themselves.
            _ if failed.iter().any(|other| other.starts_with(&below)) => continue,
            _ => {
                problems.push(format!("{name} fails"));
                continue;
            }
        }
        waiting += 1;
    }
    for name in &passed {
        if let Some(reason) = reason(name) {
            problems.push(format!("{name} passes, but is listed: {reason}"));
        }
    }
    println!(
        "gotests: {} passed, {waiting} listed, {} skipped by themselves, {} problems",
        passed.len(),
        of("SKIP").len(),
        problems.len()
    );
    if passed.is_empty() {
        return Ok(Outcome::Fail(format!("no test passed:\n{text}")));
    }
    Ok(Outcome::of(problems))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Known {
        Known {
            waiting: BTreeMap::from([("TestB/x".to_string(), "pie".to_string())]),
            unrelated: BTreeMap::new(),
        }
    }

    #[test]
    fn listed_failures_are_forgiven_with_their_parents() {
        let text =
            "--- PASS: TestA (0.00s)\n--- FAIL: TestB (0.00s)\n    --- FAIL: TestB/x (0.01s)\n";
        assert_eq!(judge(text, &known()).unwrap(), Outcome::Pass);
    }

    #[test]
    fn others_are_not() {
        for text in [
            "--- PASS: TestA (0.00s)\n--- FAIL: TestC (0.00s)\n",
            "--- PASS: TestA (0.00s)\n--- FAIL: TestB (0.00s)\n    --- FAIL: TestB/y (0.01s)\n",
            "--- PASS: TestB/x (0.00s)\n",
            "",
        ] {
            assert_ne!(judge(text, &known()).unwrap(), Outcome::Pass, "{text}");
        }
    }
}
