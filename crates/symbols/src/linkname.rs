//! Which references by `//go:linkname` are allowed (`loader.checkLinkname`).
//!
//! A reference ("pull") to a symbol of the standard library needs the definition's consent, a
//! linkname there too ("push"). Which references are looked at, and what counts as consent, is the
//! release's [`LinknameCheck`].

use crate::{Obj, SymId, Symbols};
use goobj::{ABI_STATIC, SymDef};
use gover::{GoLayout, LinknameCheck};
use rayon::prelude::*;

/// The flag bits that mark a reference to be checked.
pub(crate) fn linkname_marks(gover: &GoLayout) -> u8 {
    let f = &gover.flags2;
    match gover.linkname_check {
        LinknameCheck::Unchecked => 0,
        LinknameCheck::MarkedReferences => f.linkname,
        LinknameCheck::MarkedAndAssemblyReferences => f.linkname | f.linkname_std,
    }
}

impl Symbols {
    /// Checks all references by linkname; to be called before symbols are taken over.
    ///
    /// # Errors
    /// The first one that is not allowed, in cmd/link's order: variables without contents first,
    /// then object by object. It ends the link through `log.Fatalf`.
    pub fn check_linknames(&self) -> Result<(), String> {
        let first = |check: fn(&Symbols, &Obj) -> Option<String>| {
            self.objs().par_iter().find_map_first(|o| check(self, o))
        };
        first(Symbols::check_variables)
            .or_else(|| first(Symbols::check_references))
            .map_or(Ok(()), Err)
    }

    /// Variables with a linkname and without contents are references. Names without a dot are C's.
    fn check_variables(&self, obj: &Obj) -> Option<String> {
        let o = &obj.object;
        let marked = obj.linknames.iter().filter(|&&li| li < o.n_alldef());
        marked.map(|&li| (li, o.sym(li))).find_map(|(li, d)| {
            if o.data_len(li) != 0 || !o.name(d).contains(&b'.') {
                return None;
            }
            self.check_linkname(obj, d, self.global(obj, li))
        })
    }

    fn check_references(&self, obj: &Obj) -> Option<String> {
        let o = &obj.object;
        let check = |li: u32| self.check_linkname(obj, o.sym(li), self.global(obj, li));
        let all = self.gover.linkname_check == LinknameCheck::MarkedAndAssemblyReferences
            && o.is_from_assembly();
        if all {
            return (o.n_alldef()..o.n_alldef() + o.n_nonpkg_ref()).find_map(check);
        }
        let marked = obj.linknames.iter().filter(|&&li| li >= o.n_alldef());
        marked.copied().find_map(check)
    }

    /// The complaint about a reference of `from` to `s`, whose record in `from` is `d`.
    fn check_linkname(&self, from: &Obj, d: SymDef, s: SymId) -> Option<String> {
        let name = from.object.name(d);
        let pkg = &self.libs[from.lib.index()].pkg;
        let allowed = match std::str::from_utf8(name)
            .ok()
            .and_then(|n| self.gover.blocked_linkname(n))
        {
            Some(blocked) => blocked.allows(pkg),
            None => self.is_pushed(from, pkg, name, s),
        };
        (!allowed).then(|| {
            format!(
                "{pkg}: invalid reference to {}",
                String::from_utf8_lossy(name)
            )
        })
    }

    /// Whether a reference by name from an object of `pkg` to `s` is one that nobody minds.
    fn is_pushed(&self, from: &Obj, pkg: &str, name: &[u8], s: SymId) -> bool {
        let Some((to, li)) = self.origin(s) else {
            return true;
        };
        if !to.object.is_std() || self.libs[to.lib.index()].pkg == pkg {
            return true;
        }
        let f = &self.gover.flags2;
        let def = to.object.sym(li);
        match self.gover.linkname_check {
            LinknameCheck::Unchecked => true,
            LinknameCheck::MarkedReferences => def.flag2() & (f.linkname | f.abi_wrapper) != 0,
            LinknameCheck::MarkedAndAssemblyReferences => {
                let mut marks = def.flag2();
                if to.object.is_from_assembly() && marks & (f.linkname | f.linkname_std) == 0 {
                    // A name that begins with the package is pushed to it; one without a dot is
                    // there for others; and without wrappers nothing is known.
                    if name.starts_with(pkg.as_bytes())
                        || !name.contains(&b'.')
                        || !self.abi_wrappers
                    {
                        return true;
                    }
                    if let Some(other) = self.other_abi(name, def) {
                        marks = other.flag2();
                    }
                }
                marks & f.linkname != 0 || (marks & f.linkname_std != 0 && from.object.is_std())
            }
        }
    }

    /// The definition of the same name for the other ABI.
    fn other_abi(&self, name: &[u8], def: SymDef) -> Option<SymDef<'static>> {
        if def.abi() == ABI_STATIC {
            return None;
        }
        let other = self.lookup(name, i32::from(def.abi() == 0))?;
        let (o, li) = self.origin(other)?;
        Some(o.object.sym(li))
    }
}
