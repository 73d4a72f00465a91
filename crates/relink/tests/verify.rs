//! `relink verify` where there is nothing to build: one line and status 2. What needs Go is in the suite
//! (`tests/src/companion.rs`).

#[path = "../src/buildinfo/sample.rs"]
mod sample;

use std::path::Path;
use std::process::Command;

/// Runs it with no go command on `PATH`; gives status and standard error.
fn verify(file: &Path, more: &[&str]) -> (Option<i32>, String) {
    let empty = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_relink"))
        .arg("verify")
        .arg(file)
        .args(more)
        .env("PATH", empty.path())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), text)
}

/// The message for a file with these contents; the file's name is left out.
fn message(contents: &[u8]) -> String {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("x");
    std::fs::write(&file, contents).unwrap();
    let (status, text) = verify(&file, &[]);
    assert_eq!(status, Some(2), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    text.replace(&format!("{}: ", file.display()), "")
}

fn program(version: &str, text: &str) -> Vec<u8> {
    sample::elf(".go.buildinfo", 0x1000, &sample::blob(version, text))
}

#[test]
fn a_file_must_be_there() {
    let (status, text) = verify(Path::new("/nonesuch/x"), &[]);
    assert_eq!(status, Some(2));
    assert!(
        text.starts_with("relink: /nonesuch/x: No such file"),
        "{text}"
    );
}

#[test]
fn a_file_must_be_a_go_program() {
    let text = message(b"#!/bin/sh\n");
    assert!(text.starts_with("relink: not an executable file"), "{text}");
    let text = message(&sample::elf(".data", 0, b"no Go"));
    assert!(
        text.starts_with("relink: no Go build information"),
        "{text}"
    );
}

#[test]
fn a_damaged_file_says_where() {
    let mut blob = sample::blob("go1.27.4", "path\tx\n");
    blob.truncate(blob.len() - 1);
    let text = message(&sample::elf(".go.buildinfo", 0x1000, &blob));
    assert_eq!(
        text,
        "relink: damaged build information: the file ends in the module text\n"
    );
}

#[test]
fn there_must_be_a_go_command() {
    let text = message(&program("go1.27.4", "path\tx\nbuild\t-compiler=gc\n"));
    assert_eq!(text, "relink: no go command on PATH\n");
}

#[test]
fn what_is_no_program_or_not_gcs_is_not_built() {
    let text = message(&program("go1.27.4", "path\tx\nbuild\t-compiler=gccgo\n"));
    assert!(text.contains("the compiler gccgo"), "{text}");
    let text = message(&program(
        "go1.27.4",
        "path\tx\nbuild\t-buildmode=c-archive\n",
    ));
    assert!(text.contains("makes no program"), "{text}");
}
