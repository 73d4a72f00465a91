//! Room on the disk: a build cache that is full in the middle of the tests looks like hundreds of failures.

use crate::{Result, paths};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Bytes in a gigabyte.
const GB: u64 = 1_000_000_000;

/// What all tests together leave on the disk, bytes: nearly all of it is Go's build cache, with the large
/// programs for two releases. Measured on a machine that had nothing of it.
const TESTS: u64 = 16 * GB;

/// Makes sure that there is room for all tests; what the build cache has is there already.
///
/// # Errors
///
/// There is not.
pub fn check_room_for_tests() -> Result<()> {
    let data = paths::data();
    let there = data.ancestors().find(|dir| dir.is_dir());
    // Where that cannot be known, the tests show it.
    let Some(free) = there.and_then(free) else {
        return Ok(());
    };
    let wanted = TESTS.saturating_sub(size(&paths::go_cache()));
    if free >= wanted {
        return Ok(());
    }
    let gb = |bytes: u64| format!("{:.1} GB", bytes as f64 / GB as f64);
    let (wanted, free) = (gb(wanted), gb(free));
    let data = data.display();
    Err(format!("the tests need {wanted} of disk in {data}, and {free} are free").into())
}

/// Bytes that are free on the file system of `dir`; `None` if `df` does not say (POSIX, `df -P`).
fn free(dir: &Path) -> Option<u64> {
    let out = Command::new("df").arg("-Pk").arg(dir).output().ok()?;
    free_of(std::str::from_utf8(&out.stdout).ok()?)
}

/// See [`free`]: the fourth column, in kilobytes.
fn free_of(table: &str) -> Option<u64> {
    let line = table.lines().nth(1)?;
    let kilobytes: u64 = line.split_whitespace().nth(3)?.parse().ok()?;
    Some(kilobytes * 1024)
}

/// Bytes of all files in a folder and below; 0 if there is none.
fn size(dir: &Path) -> u64 {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let sizes = entries.map(|entry| match entry.metadata() {
        Ok(meta) if meta.is_dir() => size(&entry.path()),
        Ok(meta) => meta.len(),
        Err(_) => 0,
    });
    sizes.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fourth_column_is_free() {
        let table = "Filesystem 1024-blocks Used Available Capacity Mounted on\n\
                     /dev/vda 264212084 30081024 65422048 32% /\n";
        assert_eq!(free_of(table), Some(65_422_048 * 1024));
        assert_eq!(free_of("df: no such folder\n"), None);
        assert!(free(&paths::workspace()).is_some_and(|free| free > 0));
    }

    #[test]
    fn files_below_a_folder_count() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("below")).unwrap();
        fs::write(dir.path().join("a"), [0; 10]).unwrap();
        fs::write(dir.path().join("below/b"), [0; 5]).unwrap();
        assert_eq!(size(dir.path()), 15);
        let gone = dir.path().to_path_buf();
        dir.close().unwrap();
        assert_eq!(size(&gone), 0);
    }
}
