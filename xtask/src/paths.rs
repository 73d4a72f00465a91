//! Where things live in a checkout.

use std::env;
use std::path::{Path, PathBuf};

/// The root of the workspace.
///
/// Cargo says it at run time (`CARGO_MANIFEST_DIR`); a binary started by hand
/// falls back on the place it was compiled in.
pub fn workspace() -> PathBuf {
    let manifest = env::var_os("CARGO_MANIFEST_DIR")
        .map(PathBuf::from)
        .unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")));
    manifest
        .ancestors()
        .find(|dir| dir.join("compiler-fixtures").is_dir())
        .map(Path::to_path_buf)
        .unwrap_or_else(|| env::current_dir().expect("a working directory"))
}

/// Cargo's target folder.
pub fn target() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => {
            let dir = PathBuf::from(dir);
            if dir.is_absolute() {
                dir
            } else {
                workspace().join(dir)
            }
        }
        None => workspace().join("target"),
    }
}

/// Everything the tasks produce: toolchains, build caches, link steps.
/// `RELINK_DATA`, or `relink` in the target folder.
pub fn data() -> PathBuf {
    match env::var_os("RELINK_DATA") {
        Some(dir) => absolute(Path::new(&dir)),
        None => target().join("relink"),
    }
}

/// The Go build cache of the tasks.
///
/// It is not the user's own: an archive built with relink in the linker's
/// place has the same cache key as one built without.
pub fn go_cache() -> PathBuf {
    data().join("go-cache")
}

/// The release build of the linker.
pub fn built() -> PathBuf {
    target().join("release").join("link")
}

/// The linker under test: `RELINK_LINK`, or the release build.
pub fn linker() -> PathBuf {
    match env::var_os("RELINK_LINK") {
        Some(path) => PathBuf::from(path),
        None => built(),
    }
}

/// `path` made absolute against the working directory, without resolving links.
pub fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}
