//! Calling cargo.

use crate::{Result, paths};
use std::env;
use std::ffi::OsString;
use std::process::Command;

/// Cargo, in the workspace.
pub fn command() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    command.current_dir(paths::workspace());
    // What `cargo xtask` sets for this package is not meant for others.
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("CARGO_PKG_") {
            command.env_remove(name);
        }
    }
    command.env_remove("CARGO_MANIFEST_DIR");
    command
}

/// The unit tests of all crates and what they need, with further flags of `cargo test`.
pub fn unit_tests(flags: &[&str]) -> Result<()> {
    let mut all = vec![
        "test",
        "--workspace",
        "--exclude",
        "relink-tests",
        "--quiet",
    ];
    all.extend(flags);
    run(&all)
}

/// Runs cargo with these arguments; it must succeed.
pub fn run(args: &[&str]) -> Result<()> {
    let status = command().args(args).status()?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("cargo {}: {status}", args.join(" ")).into())
    }
}
