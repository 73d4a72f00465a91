//! Programs of the system that the tests need besides Rust and Go: C compilers and emulators.

use crate::Result;
use std::env;
use std::path::PathBuf;
use std::process::Command;

/// GOARCH and the C compiler for it.
pub const C_COMPILERS: &[(&str, &str)] = &[("amd64", "gcc"), ("arm64", "aarch64-linux-gnu-gcc")];

/// A program, what it is for, and the Debian packages that have it and what it needs.
struct Tool {
    program: &'static str,
    purpose: &'static str,
    packages: &'static [&'static str],
}

const TOOLS: &[Tool] = &[
    Tool {
        program: "gcc",
        purpose: "programs with cgo",
        packages: &["gcc", "libc6-dev"],
    },
    Tool {
        program: "aarch64-linux-gnu-gcc",
        purpose: "programs with cgo for linux/arm64",
        packages: &["gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross"],
    },
    Tool {
        program: "clang",
        purpose: "the memory sanitizer",
        packages: &["clang", "libclang-rt-dev"],
    },
    Tool {
        program: "qemu-aarch64-static",
        purpose: "running programs for linux/arm64",
        packages: &["qemu-user-static"],
    },
    Tool {
        program: "wine64",
        purpose: "running programs for windows/amd64",
        packages: &["wine64"],
    },
    Tool {
        program: "x86_64-w64-mingw32-gcc",
        purpose: "a library that Wine lacks",
        packages: &["gcc-mingw-w64-x86-64"],
    },
    Tool {
        program: "git",
        purpose: "programs that know their revision",
        packages: &["git"],
    },
];

/// Where Debian has programs of packages that put none into the search path.
const MORE_FOLDERS: &[&str] = &["/usr/lib/wine"];

/// A program in the search path, or where its package has it.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(MORE_FOLDERS.iter().map(PathBuf::from))
        .map(|dir| dir.join(program))
        .find(|file| file.is_file())
}

/// Whether a missing program is a failure: the machine is to run everything.
pub fn must_have_all() -> bool {
    env::var_os("CI").is_some()
}

/// Installs what is missing, where that is possible, and says what else is.
pub fn setup() -> Result<()> {
    let missing = |tool: &&Tool| find(tool.program).is_none();
    let wanted: Vec<&str> = TOOLS
        .iter()
        .filter(missing)
        .flat_map(|tool| tool.packages.iter().copied())
        .collect();
    if !wanted.is_empty() && may_install() {
        println!("setup: installing {}", wanted.join(" "));
        let install = |args: &[&str]| {
            let mut command = Command::new("apt-get");
            command.args(args).env("DEBIAN_FRONTEND", "noninteractive");
            command.status().is_ok_and(|status| status.success())
        };
        let mut args = vec!["install", "-y", "--no-install-recommends"];
        args.extend(&wanted);
        // The lists of packages may be missing or old.
        let _ = install(&args) || install(&["update"]) && install(&args);
    }
    for tool in TOOLS.iter().filter(missing) {
        println!(
            "setup: no {} ({}): apt-get install {}",
            tool.program,
            tool.purpose,
            tool.packages.join(" ")
        );
    }
    Ok(())
}

/// Whether this is a Debian system that lets us install packages: without asking, as its
/// administrator, and only where that is wanted.
fn may_install() -> bool {
    let root = Command::new("id").arg("-u").output();
    let root = root.is_ok_and(|o| o.stdout.trim_ascii() == b"0");
    root && must_have_all() && find("apt-get").is_some()
}
