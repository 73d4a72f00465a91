//! `cargo xtask build`: the linker as it is meant to be used.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use xtask::{Result, cargo, paths};

/// Builds `target/release/link`; gives its path.
///
/// Where the system has the C library as an archive, it becomes a part of the program: nothing has to be
/// found, mapped and bound when the program starts, which is a twentieth of the time of the smallest links.
/// Else this is `cargo build --release`.
pub fn build() -> Result<PathBuf> {
    let linker = paths::built();
    let plain = ["build", "--release", "--package", "link"];
    let host = host()?;
    if !has_static_c_library(&host) {
        cargo::run(&plain)?;
        return Ok(linker);
    }
    // The flag is for what runs on the target only: with a target named, not for procedural macros, which the
    // compiler loads.
    let flag = format!(r#"target.{host}.rustflags=["-Ctarget-feature=+crt-static"]"#);
    cargo::run(&[&plain[..], &["--target", &host, "--config", &flag]].concat())?;
    let built = paths::target().join(&host).join("release").join("link");
    place(&built, &linker)?;
    Ok(linker)
}

/// Has `to` be the file `from`, in one step for whoever runs it.
fn place(from: &Path, to: &Path) -> Result<()> {
    let beside = to.with_extension("new");
    fs::create_dir_all(to.parent().ok_or("no folder")?)?;
    fs::copy(from, &beside)?;
    fs::rename(&beside, to)?;
    Ok(())
}

/// The target that rustc compiles for by itself.
fn host() -> Result<String> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let out = Command::new(rustc).arg("-vV").output()?;
    let text = String::from_utf8_lossy(&out.stdout);
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.ok_or("rustc -vV does not name a host")?.to_owned())
}

/// Whether programs of the target can have the GNU C library as a part of them. The C compiler says where an
/// archive lies that it would find, and just its name of another.
fn has_static_c_library(target: &str) -> bool {
    let finds = |archive: &str| {
        let asked = Command::new("cc")
            .arg(format!("-print-file-name={archive}"))
            .output();
        asked.is_ok_and(|out| {
            let path = String::from_utf8_lossy(&out.stdout);
            Path::new(path.trim()).is_absolute()
        })
    };
    target.ends_with("-linux-gnu") && ["libc.a", "libgcc_eh.a"].into_iter().all(finds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_this_machine() {
        let host = host().unwrap();
        assert!(host.starts_with(env::consts::ARCH), "{host}");
    }

    #[test]
    fn only_the_gnu_c_library_is_looked_for() {
        for target in ["x86_64-unknown-linux-musl", "aarch64-apple-darwin"] {
            assert!(!has_static_c_library(target), "{target}");
        }
    }

    #[test]
    fn a_new_file_takes_the_place_of_an_old_one() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("from"), dir.path().join("folder/to"));
        for text in ["old", "new"] {
            fs::write(&from, text).unwrap();
            place(&from, &to).unwrap();
            assert_eq!(fs::read_to_string(&to).unwrap(), text);
        }
        let names = fs::read_dir(to.parent().unwrap()).unwrap();
        assert_eq!(names.count(), 1);
    }
}
