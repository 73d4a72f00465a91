//! Resolving many references of one object.

use crate::{Obj, SymId, Symbols};
use goobj::{PKG_BUILTIN, PKG_NONE, PKG_SELF, SymRef};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// What the references of one object mean; the same as [`Symbols::resolve_ref`], with the object's
/// tables looked up once.
pub struct Resolver<'a> {
    def_base: u32,
    n_def: u32,
    /// Where the entries of the content-hash, short-hash and by-name blocks start in `canon`, and
    /// how many there are; in the order of their package indices.
    blocks: [(u32, u32); 3],
    canon: &'a [AtomicU32],
    packages: &'a [(u32, u32)],
    builtins: &'a [SymId],
}

/// The package indices of the blocks follow one another.
const PKG_HASHED: u32 = PKG_BUILTIN + 1;
const _: () = assert!(PKG_HASHED == goobj::PKG_HASHED);
const _: () = assert!(PKG_HASHED + 1 == goobj::PKG_HASHED64);
const _: () = assert!(PKG_HASHED + 2 == PKG_NONE);

impl Symbols {
    /// The resolver for references of `obj`.
    #[inline]
    pub fn resolver(&self, obj: &Obj) -> Resolver<'_> {
        let o = &obj.object;
        let (n64, nh) = (o.n_hashed64(), o.n_hashed());
        let named = o.n_nonpkg_def() + o.n_nonpkg_ref();
        let canon = obj.canon_base as usize..(obj.canon_base + n64 + nh + named) as usize;
        let packages = obj.pkg_base as usize..(obj.pkg_base + obj.n_pkg) as usize;
        Resolver {
            def_base: obj.def_base,
            n_def: o.n_def(),
            blocks: [(n64, nh), (0, n64), (n64 + nh, named)],
            canon: &self.canon[canon],
            packages: &self.pkg_bases[packages],
            builtins: &self.builtins,
        }
    }
}

impl Resolver<'_> {
    /// The symbol that `r` means; [`SymId::NONE`] for nil and outside of its package.
    #[inline(always)]
    pub fn resolve(&self, r: SymRef) -> SymId {
        if r.pkg == PKG_SELF {
            return inside(self.def_base, self.n_def, r.idx);
        }
        if let Some(&(first, n)) = self.blocks.get(r.pkg.wrapping_sub(PKG_HASHED) as usize) {
            if r.idx >= n {
                return SymId::NONE;
            }
            let canon = &self.canon[(first + r.idx) as usize];
            return SymId(canon.load(Relaxed));
        }
        if let Some(&(base, n)) = self.packages.get(r.pkg as usize) {
            return inside(base, n, r.idx);
        }
        self.rare(r)
    }

    #[cold]
    fn rare(&self, r: SymRef) -> SymId {
        match r.pkg {
            PKG_BUILTIN => self.builtins.get(r.idx as usize).copied(),
            _ => None,
        }
        .unwrap_or(SymId::NONE)
    }
}

#[inline(always)]
fn inside(base: u32, n: u32, i: u32) -> SymId {
    if i < n { SymId(base + i) } else { SymId::NONE }
}

#[cfg(test)]
mod tests {
    use super::inside;
    use crate::SymId;

    #[test]
    fn a_reference_beyond_its_table_means_nothing() {
        assert_eq!(inside(10, 3, 2), SymId(12));
        assert_eq!(inside(10, 3, 3), SymId::NONE);
        assert_eq!(inside(10, 0, u32::MAX), SymId::NONE);
    }
}
