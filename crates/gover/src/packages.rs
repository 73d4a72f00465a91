//! Lists of packages and linknames that passes treat specially.

use crate::GoLayout;

/// Package lists of `cmd/internal/objabi/pkgspecial.go` and `ld/lib.go`, each sorted.
#[derive(Clone, Copy, Debug)]
pub struct PackageLists {
    /// The runtime and what it imports: their text comes first in the file.
    pub runtime: &'static [&'static str],
    /// Beginnings of the paths of more of them, tests excepted.
    pub runtime_prefixes: &'static [&'static str],
    /// More packages without sanitizer instrumentation; a leading `-` takes one out again.
    pub extra_no_instrument: &'static [&'static str],
    /// Packages without race detector function hooks.
    pub no_race_func: &'static [&'static str],
    /// Packages whose assembly may select ABIs.
    pub allow_asm_abi: &'static [&'static str],
    /// Packages whose cgo code does not force external linking (`ld/lib.go:internalpkg`).
    pub internal_cgo: &'static [&'static str],
}

/// A symbol that may be referenced by linkname only from some packages
/// (`loader/loader.go:blockedLinknames`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BlockedLinkname {
    /// Symbol name.
    pub name: &'static str,
    /// Packages that may refer to it; a frozen FIPS module's package counts as its
    /// unversioned namesake.
    pub allowed_pkgs: &'static [&'static str],
}

impl BlockedLinkname {
    /// Whether package `pkg` may refer to the symbol.
    pub fn allows(&self, pkg: &str) -> bool {
        let unversioned = unversioned_fips_package(pkg);
        self.allowed_pkgs
            .iter()
            .any(|&p| p == pkg || unversioned.as_deref() == Some(p))
    }
}

/// `crypto/internal/fips140/v1.0.0/x` → `crypto/internal/fips140/x`.
fn unversioned_fips_package(pkg: &str) -> Option<String> {
    const ROOT: &str = "crypto/internal/fips140/";
    let rest = pkg.strip_prefix(ROOT).filter(|r| r.starts_with('v'))?;
    Some(match rest.split_once('/') {
        Some((_, rest)) => format!("{ROOT}{rest}"),
        None => ROOT.trim_end_matches('/').to_string(),
    })
}

impl GoLayout {
    /// Whether `pkg` is the runtime or one of the packages it imports
    /// (`ld/data.go:isRuntimeDepPkg`).
    pub fn is_runtime_package(&self, pkg: &str) -> bool {
        let PackageLists {
            runtime,
            runtime_prefixes,
            ..
        } = self.packages;
        runtime.binary_search(&pkg).is_ok()
            || runtime_prefixes.iter().any(|p| pkg.starts_with(p)) && !pkg.ends_with("_test")
    }

    /// Whether cgo code in `pkg` can be linked internally (`ld/lib.go:ldhostobj`).
    pub fn is_internal_cgo_package(&self, pkg: &str) -> bool {
        self.packages.internal_cgo.binary_search(&pkg).is_ok()
    }

    /// The entry of symbol `name` in the list of blocked linknames.
    pub fn blocked_linkname(&self, name: &str) -> Option<&'static BlockedLinkname> {
        let list = self.blocked_linknames;
        list.binary_search_by_key(&name, |b| b.name)
            .ok()
            .map(|i| &list[i])
    }
}

#[cfg(test)]
mod tests {
    use crate::{RELEASES, layout_for};

    #[test]
    fn lists_are_sorted_for_lookup() {
        for layout in RELEASES {
            assert!(layout.packages.runtime.is_sorted());
            assert!(layout.packages.internal_cgo.is_sorted());
            assert!(layout.blocked_linknames.is_sorted_by_key(|b| b.name));
        }
    }

    #[test]
    fn blocked_linknames_know_their_packages() {
        let old = layout_for("go1.26").unwrap();
        let new = layout_for("go1.27").unwrap();
        assert!(
            old.blocked_linkname("runtime.newcoro")
                .is_some_and(|b| b.allows("iter"))
        );
        assert!(new.blocked_linkname("runtime.newcoro").is_none());
        let fatal = new
            .blocked_linkname("crypto/internal/fips140.fatal")
            .unwrap();
        assert!(fatal.allows("crypto/internal/fips140"));
        assert!(fatal.allows("crypto/internal/fips140/v1.0.0-c2097c7c"));
        assert!(!fatal.allows("crypto/internal/fips140/v1.0.0/aes"));
        assert!(!fatal.allows("main"));
        let info = new.blocked_linkname("go:fipsinfo").unwrap();
        assert!(info.allows("crypto/internal/fips140/v1.26.0/check"));
        let none = new.blocked_linkname("runtime.addmoduledata").unwrap();
        assert!(!none.allows("runtime"));
    }

    #[test]
    fn runtime_packages() {
        for layout in RELEASES {
            assert!(layout.is_runtime_package("runtime"));
            let old = ["1.22", "1.23"].contains(&layout.release);
            let prefix = ["internal/runtime", "runtime/internal"][usize::from(old)];
            assert!(layout.is_runtime_package(&format!("{prefix}/maps")));
            assert!(!layout.is_runtime_package(&format!("{prefix}/maps_test")));
            assert!(!layout.is_runtime_package("runtime/debug"));
            assert!(layout.is_internal_cgo_package("net"));
            assert!(!layout.is_internal_cgo_package("main"));
        }
    }
}
