//! Opening all archives of a link in parallel, before their order is known.

use super::LoadOptions;
use super::find::{Home, find};
use super::open::{Loaded, Opening, open};
use crate::package_ids::PackageId;
use rustc_hash::FxHashMap;
use std::sync::Mutex;

/// Opens the archives of the command line and all they import, in parallel.
pub(super) fn prefetch(opts: &LoadOptions, how: Opening) -> FxHashMap<PackageId, Loaded> {
    let all = Prefetch {
        opts,
        how,
        done: Mutex::default(),
    };
    rayon::scope(|sc| {
        for (pkg, file) in opts.roots {
            if let (id, true) = how.packages.of(pkg) {
                all.open(sc, id, file.clone());
            }
        }
        for pkg in opts.internal {
            if let (id, true) = how.packages.of(pkg) {
                all.find_and_open(sc, id, pkg);
            }
        }
    });
    all.done.into_inner().unwrap_or_else(|e| e.into_inner())
}

/// Opening files in parallel.
struct Prefetch<'a> {
    opts: &'a LoadOptions<'a>,
    how: Opening<'a>,
    done: Mutex<FxHashMap<PackageId, Loaded>>,
}

impl Prefetch<'_> {
    /// Has a package opened that is in an archive.
    fn find_and_open<'s>(&'s self, sc: &rayon::Scope<'s>, id: PackageId, pkg: &str) {
        if let Some(file) = find(self.opts, pkg).and_then(Home::archive) {
            self.open(sc, id, file);
        }
    }

    /// Has a package's archive opened. What it imports is begun as soon as it is known, before the rest of
    /// the archive is read: else a chain of imports would take as long as all of its archives.
    fn open<'s>(&'s self, sc: &rayon::Scope<'s>, id: PackageId, file: String) {
        sc.spawn(move |sc| {
            let imports = |o: &_| {
                let (imports, fresh) = self.how.packages.imports(o);
                for (id, pkg) in fresh {
                    self.find_and_open(sc, id, &pkg);
                }
                imports
            };
            let how = Opening {
                imports: &imports,
                ..self.how
            };
            let loaded = open(&file, how);
            let mut done = self.done.lock().unwrap_or_else(|e| e.into_inner());
            done.insert(id, loaded);
        });
    }
}
