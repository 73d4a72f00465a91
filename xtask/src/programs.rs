//! The real programs of tests, demo and benchmarks.

use crate::step::{Build, Step};
use crate::toolchain::Toolchain;
use crate::{Result, paths};
use std::path::Path;

/// A program that is built from the module proxy or from the toolchain.
///
/// Versions are pinned by the `go.mod` and `go.sum` in `tests/big/NAME`.
#[derive(Debug, Clone, Copy)]
pub struct Program {
    /// Its name in cases and folders.
    pub name: &'static str,
    /// Its package.
    pub package: &'static str,
    /// Arguments that make it say something and end.
    pub hello: &'static [&'static str],
}

/// All programs, small ones first.
pub const PROGRAMS: &[Program] = &[
    program("cmd-go", "cmd/go", &["version"]),
    program("cmd-compile", "cmd/compile", &["-V"]),
    program("gopls", "golang.org/x/tools/gopls", &["version"]),
    program("etcd", "go.etcd.io/etcd/server/v3", &["--version"]),
    program(
        "caddy",
        "github.com/caddyserver/caddy/v2/cmd/caddy",
        &["version"],
    ),
    program("hugo", "github.com/gohugoio/hugo", &["version"]),
];

/// Very large programs, for benchmarks.
pub const LARGEST: &[Program] = &[
    program(
        "prometheus",
        "github.com/prometheus/prometheus/cmd/prometheus",
        &["--version"],
    ),
    program(
        "kube-apiserver",
        "k8s.io/kubernetes/cmd/kube-apiserver",
        &["--version"],
    ),
];

const fn program(
    name: &'static str,
    package: &'static str,
    hello: &'static [&'static str],
) -> Program {
    Program {
        name,
        package,
        hello,
    }
}

impl Program {
    /// By name.
    pub fn find(name: &str) -> Result<Program> {
        PROGRAMS
            .iter()
            .chain(LARGEST)
            .find(|program| program.name == name)
            .copied()
            .ok_or_else(|| {
                let all = PROGRAMS.iter().chain(LARGEST);
                let names: Vec<&str> = all.map(|program| program.name).collect();
                format!(
                    "no program is called {name}; there are {}",
                    names.join(", ")
                )
                .into()
            })
    }

    /// How to build it.
    pub fn build(&self) -> Build {
        let root = paths::workspace();
        let dir = if self.package.starts_with("cmd/") {
            root.join("compiler-fixtures").join("hello")
        } else {
            root.join("tests").join("big").join(self.name)
        };
        Build {
            dir,
            package: self.package.into(),
            ..Build::default()
        }
    }

    /// Its link step, recorded if there is none yet.
    pub fn step(&self, go: &Toolchain, recorder: &Path) -> Result<Step> {
        let dir = paths::data()
            .join("bench-steps")
            .join(&go.version)
            .join(self.name);
        if !dir.join("step.json").exists() {
            eprintln!("building {} with {} (once)", self.name, go.version);
        }
        Step::load_or_record(go, &self.build(), recorder, &dir)
    }
}

/// A fixture of `compiler-fixtures/` as a build.
pub fn fixture(name: &str) -> Build {
    Build {
        dir: paths::workspace().join("compiler-fixtures").join(name),
        test: name == "test-binary",
        ..Build::default()
    }
}
