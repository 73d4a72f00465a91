//! The `link` program from outside: standing in for tools, its streams, statuses and files.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const LINK: &str = env!("CARGO_BIN_EXE_link");

fn link() -> Command {
    let mut cmd = Command::new(LINK);
    for name in [
        "GOROOT",
        "GOOS",
        "GOARCH",
        "GOEXPERIMENT",
        "MAKEFLAGS",
        "RELINK_THREADS",
    ] {
        cmd.env_remove(name);
    }
    cmd
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn status(out: &Output) -> i32 {
    out.status.code().expect("an exit status")
}

fn script(path: &Path, body: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, format!("#!/bin/sh\n{body}\n")).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// A tool folder of a made-up GOROOT.
fn goroot(dir: &Path, version: &str) -> PathBuf {
    std::fs::write(dir.join("VERSION"), format!("{version}\ntime x\n")).unwrap();
    let tools = dir.join("pkg/tool/linux_amd64");
    std::fs::create_dir_all(&tools).unwrap();
    tools
}

fn files(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).unwrap();
    let mut names: Vec<_> = entries
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn other_tools_take_the_process_over() {
    let dir = tempfile::tempdir().unwrap();
    let tools = goroot(dir.path(), "go1.26.5");
    let compile = tools.join("compile");
    script(&compile, "echo \"$0 $*\"; echo oops >&2; exit 7");
    let out = link()
        .arg(&compile)
        .args(["-V=full", "x y"])
        .output()
        .unwrap();
    assert_eq!(
        text(&out.stdout),
        format!("{} -V=full x y\n", compile.display())
    );
    assert_eq!((text(&out.stderr).as_str(), status(&out)), ("oops\n", 7));
}

#[test]
fn the_version_is_that_of_the_toolchain_stood_for() {
    let dir = tempfile::tempdir().unwrap();
    let tools = goroot(dir.path(), "go1.26.5");
    let tool = tools.join("link");
    let run = |cmd: &mut Command| text(&cmd.arg("-V=full").output().unwrap().stdout);
    // Behind -toolexec; the linker in the folder is not run, nor needed.
    assert_eq!(run(link().arg(&tool)), "link version go1.26.5\n");
    script(&tool, "echo the stock linker was run");
    assert_eq!(run(link().arg(&tool)), "link version go1.26.5\n");
    // In the folder, as a copy and as a link.
    let copy = tools.join("link-copy");
    std::fs::copy(LINK, &copy).unwrap();
    std::fs::rename(&copy, &tool).unwrap();
    let clean = |path: &Path| {
        let mut cmd = Command::new(path);
        cmd.env_clear();
        cmd
    };
    assert_eq!(run(&mut clean(&tool)), "link version go1.26.5\n");
    std::fs::remove_file(&tool).unwrap();
    std::os::unix::fs::symlink(LINK, &tool).unwrap();
    assert_eq!(run(&mut clean(&tool)), "link version go1.26.5\n");
    // By hand.
    assert_eq!(
        run(link().env("GOROOT", dir.path())),
        "link version go1.26.5\n"
    );
    assert_eq!(
        run(link()
            .env("GOROOT", dir.path())
            .env("GOEXPERIMENT", "arenas")),
        "link version go1.26.5 X:arenas\n"
    );
}

#[test]
fn a_failed_link_leaves_no_output() {
    let dir = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| {
        std::fs::write(dir.path().join("out"), "old").unwrap();
        let out = link().args(args).current_dir(dir.path()).output().unwrap();
        (text(&out.stderr), status(&out))
    };
    let (err, code) = run(&["-o", "out", "none.a"]);
    let why = "cannot open file none.a: open none.a: no such file or directory";
    assert_eq!((err, code), (format!("{LINK}: {why}\n"), 2));
    assert_eq!(files(dir.path()), [""; 0]);

    let (err, code) = run(&["-o", "out", "-strictdups=3", "none.a"]);
    assert_eq!(
        (err.as_str(), code),
        ("link: invalid -strictdups flag value 3\n", 1)
    );
    assert_eq!(files(dir.path()), [""; 0]);

    // Wrong flags are found before the output is touched.
    let (_, code) = run(&["-o", "out", "-R=1", "none.a"]);
    assert_eq!((code, files(dir.path())), (2, vec!["out".to_string()]));
}

#[test]
fn threads_and_trace_are_asked_for_in_the_environment() {
    let dir = tempfile::tempdir().unwrap();
    let out = link().env("RELINK_THREADS", "many").output().unwrap();
    let why = "link: RELINK_THREADS=many: not a number from 1 to 1024\n";
    assert_eq!((text(&out.stderr).as_str(), status(&out)), (why, 2));

    let trace = dir.path().join("trace.json");
    let mut cmd = link();
    cmd.env("RELINK_THREADS", "1").env("RELINK_TRACE", &trace);
    let out = cmd
        .args(["-o", "out", "none.a"])
        .current_dir(dir.path())
        .output()
        .unwrap();
    assert_eq!(status(&out), 2);
    let trace = std::fs::read_to_string(&trace).unwrap();
    assert!(
        trace.contains("\"libinit\"") && trace.contains("\"loadlib\""),
        "{trace}"
    );
}
