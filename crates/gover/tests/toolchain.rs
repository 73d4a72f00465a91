//! Compares the tables and the environment rules with the toolchains on this machine.
//!
//! A release without a toolchain is skipped by name; under CI (`CI=true`) that is a failure.
//! `RELINK_GOROOTS` may list more GOROOTs, separated by colons.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use gover::{GoLayout, RELEASES};

/// GOROOTs to look at: `RELINK_GOROOTS`, the `go` on the path, downloaded toolchains.
fn goroots() -> Vec<PathBuf> {
    let mut roots: Vec<PathBuf> = std::env::var_os("RELINK_GOROOTS")
        .map(|list| std::env::split_paths(&list).collect())
        .unwrap_or_default();
    let go_env = |name: &str| {
        let out = Command::new("go").args(["env", name]).output().ok()?;
        let value = String::from_utf8(out.stdout).ok()?;
        Some(PathBuf::from(value.trim()))
    };
    roots.extend(go_env("GOROOT"));
    let cache = go_env("GOMODCACHE").map(|cache| cache.join("golang.org"));
    if let Some(entries) = cache.and_then(|dir| std::fs::read_dir(dir).ok()) {
        let mut found: Vec<_> = entries.flatten().map(|e| e.path()).collect();
        found.sort();
        roots.extend(found);
    }
    roots
}

/// First line of GOROOT/VERSION, such as `go1.27.3`.
fn version(goroot: &Path) -> Option<String> {
    let text = std::fs::read_to_string(goroot.join("VERSION")).ok()?;
    Some(text.lines().next()?.to_string())
}

/// Whether the programs of a toolchain run. Nobody has used what was only downloaded.
fn is_runnable(goroot: &Path) -> bool {
    let go = goroot.join(format!("bin/go{}", std::env::consts::EXE_SUFFIX));
    Command::new(go).arg("version").output().is_ok()
}

/// Calls `check` with every toolchain here of a release that is described: all of its patch levels, but no
/// release candidates.
fn for_each_toolchain(check: impl Fn(&'static GoLayout, &Path, &str)) {
    let mut found = BTreeMap::new();
    for root in goroots() {
        let Some(version) = version(&root) else {
            continue;
        };
        let patched = version.split('.').count() == 3;
        if let (true, Ok(layout)) = (patched, gover::layout_for(&version)) {
            found.entry(version).or_insert((layout, root));
        }
    }
    found.retain(|_, (_, root)| is_runnable(root));
    for line in RELEASES {
        let release = line.release;
        if !found.values().any(|(layout, _)| layout.release == release) {
            let ci = std::env::var("CI").as_deref() == Ok("true");
            assert!(!ci, "no Go {release} toolchain found");
            eprintln!("skipped: no Go {release} toolchain found");
        }
    }
    for (version, (layout, root)) in &found {
        check(layout, root, version);
    }
}

#[test]
fn generated_tables_are_what_the_toolchain_says() {
    for_each_toolchain(|layout, goroot, version| {
        let file = format!("src/gen/v{}.rs", layout.release.replace('.', "_"));
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(&file);
        let committed = std::fs::read_to_string(path).unwrap();
        let generated = gover::generate::generate(goroot).unwrap();
        let differing = committed
            .lines()
            .zip(generated.lines())
            .enumerate()
            .find(|(_, (old, new))| old != new);
        assert!(
            committed == generated,
            "{file} is not what {version} says; first difference: {differing:?}; \
             run `cargo xtask gen-gover`"
        );
    });
}

fn tool(goroot: &Path, name: &str) -> Command {
    let (os, arch) = host();
    let mut command = Command::new(goroot.join(format!("pkg/tool/{os}_{arch}/{name}")));
    command.env_clear();
    command
}

/// The host in Go's words.
fn host() -> (&'static str, &'static str) {
    let os = match std::env::consts::OS {
        "macos" => "darwin",
        os => os,
    };
    let arch = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        arch => arch,
    };
    (os, arch)
}

const ENVIRONMENTS: &[&[(&str, &str)]] = &[
    &[],
    &[("GOAMD64", "v3")],
    &[("GOAMD64", "v9")],
    &[("GOOS", "darwin"), ("GOARCH", "arm64")],
    &[
        ("GOOS", "windows"),
        ("GOARCH", "386"),
        ("GO386", "softfloat"),
    ],
    &[("GOARCH", "arm")],
    &[("GOARCH", "arm"), ("GOARM", "5")],
    &[("GOARCH", "arm"), ("GOARM", "6,softfloat")],
    &[("GOARCH", "arm"), ("GOARM", "9,softfloat")],
    &[("GOARCH", "arm64"), ("GOARM64", "v9.2,crypto,lse")],
    &[("GOARCH", "arm64"), ("GOARM64", "v8.0,crypto")],
    &[("GOARCH", "riscv64"), ("GORISCV64", "rva22u64")],
    &[("GOARCH", "loong64")],
    &[("GOARCH", "s390x"), ("GOEXPERIMENT", "noregabi")],
    &[("GOARCH", "s390x"), ("GOEXPERIMENT", "noregabiwrappers")],
    &[("GOARCH", "ppc64le"), ("GOPPC64", "power10")],
    &[("GOARCH", "mips64"), ("GOMIPS64", "softfloat")],
    &[("GOOS", "js"), ("GOARCH", "wasm"), ("GOWASM", "satconv")],
    &[("GOOS", "aix"), ("GOARCH", "ppc64")],
    &[("GOEXPERIMENT", "none")],
    &[("GOEXPERIMENT", "arenas,nogreenteagc,nodwarf5")],
    &[("GOEXPERIMENT", "noregabi,loopvar")],
    &[("GOEXPERIMENT", "foo")],
    &[("GOEXPERIMENT", "nofoo")],
    &[("GOEXPERIMENT", "no")],
    &[("GOEXPERIMENT", "foo"), ("GOFIPS140", "bad")],
    &[("GOFIPS140", "bad"), ("GOWASM", "x")],
    &[("GOFIPS140", "v1.0.0")],
    &[("GOWASM", "x")],
    &[("GOARM64", "bad"), ("GOMIPS", "bad")],
    &[("GOAMD64", "bad"), ("GOARM64", "bad")],
    &[("GOARM", "bad")],
    &[("GOMIPS", "bad")],
    &[("GOMIPS64", "bad")],
    &[("GOPPC64", "power7")],
    &[("GORISCV64", "bad")],
];

#[test]
fn environment_errors_are_worded_as_the_linker_words_them() {
    for_each_toolchain(|layout, goroot, version| {
        for vars in ENVIRONMENTS {
            let out = tool(goroot, "link")
                .arg("-V")
                .envs(vars.iter().copied())
                .output()
                .unwrap();
            let said = String::from_utf8(out.stderr).unwrap();
            let expected = match out.status.code() {
                Some(0) => None,
                Some(2) => Some(said),
                code => panic!("{vars:?}: status {code:?}: {said}"),
            };
            let ours = config(layout, vars).err().map(|e| format!("link: {e}\n"));
            assert_eq!(ours, expected, "{version} with {vars:?}");
        }
    });
}

#[test]
fn header_lines_are_what_the_assembler_writes() {
    for_each_toolchain(|layout, goroot, version| {
        let dir = std::env::temp_dir().join(format!("gover-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let (source, object) = (dir.join("x.s"), dir.join(format!("{version}.o")));
        std::fs::write(&source, "").unwrap();
        let mut compared = 0;
        for vars in ENVIRONMENTS {
            let Ok(config) = config(layout, vars) else {
                continue;
            };
            let out = tool(goroot, "asm")
                .args(["-p", "x", "-o"])
                .args([&object, &source])
                .envs(vars.iter().copied())
                .output()
                .unwrap();
            assert!(out.status.success(), "{vars:?}: {out:?}");
            let object = std::fs::read(&object).unwrap();
            let end = object.iter().position(|&b| b == b'\n').unwrap() + 1;
            let header = std::str::from_utf8(&object[..end]).unwrap();
            assert_eq!(config.header_line(version), header, "{vars:?}");
            compared += 1;
        }
        assert!(compared > 10);
        std::fs::remove_dir_all(&dir).unwrap();
    });
}

fn config(
    layout: &GoLayout,
    vars: &[(&str, &str)],
) -> Result<gover::BuildConfig, gover::BuildConfigError> {
    let env = |name: &str| {
        let found = vars.iter().find(|(n, _)| *n == name);
        found.map(|(_, value)| value.to_string())
    };
    let (os, arch) = host();
    layout.build_config(env, os, arch)
}
