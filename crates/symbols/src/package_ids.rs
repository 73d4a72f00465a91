//! Numbers of packages, while they are loaded.
//!
//! Every package is imported by many. Their paths are looked up once, by the threads that open the
//! objects; the order of loading, which one thread works out, goes by numbers.

use crate::names::clean;
use goobj::Object;
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::sync::Mutex;

/// The number of a package. There are no gaps.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct PackageId(u32);

impl PackageId {
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// An import of an object.
pub(crate) struct Import {
    pub package: PackageId,
    /// What the imported package's fingerprint has to be.
    pub fingerprint: [u8; 8],
}

/// Numbers by path.
#[derive(Default)]
pub(crate) struct PackageIds(Mutex<FxHashMap<String, PackageId>>);

impl PackageIds {
    /// The number of a package, by its cleaned path, and whether it is new.
    pub fn of(&self, path: &str) -> (PackageId, bool) {
        let mut ids = self.0.lock().unwrap_or_else(|e| e.into_inner());
        number(&mut ids, path)
    }

    /// The imports of an object, in order, and those that had no number before, with their paths.
    pub fn imports(&self, o: &Object<'static>) -> (Vec<Import>, Vec<(PackageId, String)>) {
        // Names are looked at before the lock is taken: their pages have to come into memory.
        let paths: Vec<(Cow<str>, [u8; 8])> = o
            .autolib()
            .map(|(path, fingerprint)| (import_path(path), fingerprint))
            .collect();
        let mut fresh = Vec::new();
        let mut ids = self.0.lock().unwrap_or_else(|e| e.into_inner());
        let imports = paths
            .into_iter()
            .map(|(path, fingerprint)| {
                let (package, is_new) = number(&mut ids, &path);
                if is_new {
                    fresh.push((package, path.into_owned()));
                }
                Import {
                    package,
                    fingerprint,
                }
            })
            .collect();
        (imports, fresh)
    }
}

/// The cleaned path of an import.
pub(crate) fn import_path(path: &[u8]) -> Cow<'_, str> {
    match String::from_utf8_lossy(path) {
        Cow::Borrowed(path) => clean(path),
        Cow::Owned(path) => Cow::Owned(clean(&path).into_owned()),
    }
}

/// The number of a path, and whether it is new.
fn number(ids: &mut FxHashMap<String, PackageId>, path: &str) -> (PackageId, bool) {
    if let Some(&id) = ids.get(path) {
        return (id, false);
    }
    let id = PackageId(ids.len() as u32);
    ids.insert(path.to_owned(), id);
    (id, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_has_a_number_of_its_own() {
        let ids = PackageIds::default();
        let numbers = ["main", "fmt", "main", "runtime", "fmt"].map(|p| ids.of(p));
        let numbers = numbers.map(|(id, is_new)| (id.index(), is_new));
        let expected = [(0, true), (1, true), (0, false), (2, true), (1, false)];
        assert_eq!(numbers, expected);
    }

    #[test]
    fn paths_are_cleaned_whatever_they_are() {
        assert_eq!(import_path(b"a//b"), "a/b");
        assert_eq!(import_path(b"a//\xff"), "a/\u{fffd}");
    }
}
