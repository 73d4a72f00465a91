//! Where packages are.

use super::LoadOptions;
use crate::names::clean;

/// Where a package is.
pub(super) enum Home {
    /// In an archive.
    Archive(String),
    /// In a shared library, or one that a file names that ends in `.shlibname`.
    Shared(String),
}

impl Home {
    /// The archive, if it is one.
    pub(super) fn archive(self) -> Option<String> {
        match self {
            Home::Archive(file) => Some(file),
            Home::Shared(_) => None,
        }
    }
}

/// Where a package is (`ld/ld.go:findlib`); `None` when an import configuration lacks it.
pub(super) fn find(opts: &LoadOptions, pkg: &str) -> Option<Home> {
    if opts.link_shared
        && let Some(m) = opts.package_shlibs
        && let Some(lib) = m.get(pkg)
    {
        return Some(Home::Shared(lib.clone()));
    }
    if let Some(m) = opts.package_files {
        return m.get(pkg).cloned().map(Home::Archive);
    }
    let mut last = String::new();
    for dir in opts.lib_dirs {
        if opts.link_shared {
            let p = dir.join(format!("{pkg}.shlibname"));
            if p.exists() {
                return Some(Home::Shared(clean(&p.to_string_lossy()).into_owned()));
            }
        }
        for ext in ["a", "o"] {
            let p = dir.join(format!("{pkg}.{ext}"));
            last = p.to_string_lossy().into_owned();
            if p.exists() {
                return Some(Home::Archive(clean(&last).into_owned()));
            }
        }
    }
    Some(Home::Archive(clean(&last).into_owned()))
}
