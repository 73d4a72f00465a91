//! What only host objects, cgo directives and shared libraries bring along: symbols inside other
//! symbols, visibility, imports from and exports to shared libraries.
//!
//! Links of Go objects alone leave all of this empty.

use crate::{Imported, SharedLib, SymId, Symbols};
use rustc_hash::{FxHashMap, FxHashSet};

/// What cgo directives say about a symbol (`loader.SymDynimplib`, `SymExtname` and so on).
#[derive(Clone, Debug, Default)]
pub struct CgoAttrs {
    /// Shared library it is imported from; empty for none.
    pub import_lib: Box<str>,
    /// Version it is imported with; empty for none.
    pub import_version: Box<str>,
    /// Its name to the outside, if it differs from the one inside.
    pub ext_name: Option<Box<str>>,
    /// Exported to C code of the program (`cgo_export_static`).
    pub export_static: bool,
    /// Exported to shared libraries (`cgo_export_dynamic`).
    pub export_dynamic: bool,
}

impl CgoAttrs {
    /// Whether it is exported to C at all.
    pub fn is_export(&self) -> bool {
        self.export_static || self.export_dynamic
    }
}

/// All that host objects and cgo directives say.
#[derive(Default)]
pub struct Foreign {
    /// For a symbol of a host object the symbol that contains it, or none for a container; and the
    /// container's first symbol or the one behind this one, or none (`loader.OuterSym`, `SubSym`).
    pub carriers: FxHashMap<SymId, (SymId, SymId)>,
    /// Where in its container a symbol lies, bytes.
    pub offsets: FxHashMap<SymId, u64>,
    /// Symbols of hidden visibility.
    pub hidden: FxHashSet<SymId>,
    /// Symbols of host objects that may be defined several times.
    pub duplicate_ok: FxHashSet<SymId>,
    /// Functions and sections with contents of host objects (`loader.AttrExternal`).
    pub external: FxHashSet<SymId>,
    /// Imports that need not be there when the program is loaded (`loader.SymWeakBinding`).
    pub weak_imports: FxHashSet<SymId>,
    /// By symbol, what cgo directives say.
    pub cgo: FxHashMap<SymId, CgoAttrs>,
    /// Names to the outside where modules of Go code meet: short ones of types, and those of
    /// functions that tell the ABI.
    pub mangled: FxHashMap<SymId, Box<[u8]>>,
    /// Static cgo exports by name: what C code means by it, whichever its ABI.
    pub exports: FxHashMap<Box<[u8]>, SymId>,
    /// Symbols for the dynamic symbol table, in the order of their directives (`ctxt.dynexp`).
    pub dynamic_exports: Vec<SymId>,
    /// Shared libraries that are needed whatever is imported from them (`dynlib`).
    pub needed_libs: Vec<Box<str>>,
    /// Shared libraries that something is imported from, in the order of their first import, where the
    /// file numbers them (`dylib`).
    pub dylibs: Vec<Box<str>>,
    /// Whether anything asks for dynamic linking (`havedynamic`).
    pub dynamic: bool,
    /// The interpreter a directive asks for; empty for none.
    pub interpreter: Box<str>,
    /// Flags for the host linker, in order (`ldflag`).
    pub ld_flags: Vec<Box<str>>,
    /// The shared libraries of Go packages that this is linked with, in load order.
    pub shared_libs: Vec<SharedLib>,
    /// Symbols of theirs.
    pub imported: FxHashMap<SymId, Imported>,
    /// Text of host objects in load order: containers, each followed by what it contains.
    pub text: Vec<SymId>,
    /// Symbols that are live whoever refers to them, and are not followed.
    pub live: Vec<SymId>,
    /// Those of them whose address comes from elsewhere than data layout.
    pub special: Vec<SymId>,
    /// What only objects for Windows bring along.
    pub windows: Windows,
}

/// What only host objects for Windows bring along.
#[derive(Default)]
pub struct Windows {
    /// Sections of resources (`rsrcsyms`).
    pub resources: Vec<SymId>,
    /// Tables of functions by which the stack is unwound, in load order (`sehp.pdata`).
    pub pdata: Vec<SymId>,
    /// What they say of functions, in load order (`sehp.xdata`).
    pub xdata: Vec<SymId>,
    /// Imported symbols that host objects refer to as if they were in the program
    /// (`CreateImportStubPltToken`).
    pub stubs: FxHashSet<SymId>,
    /// Pointers to imported symbols that code of host objects reads, each with its symbol: the symbol is
    /// such a pointer itself (`RedirectToDynImportGotToken`).
    pub pointers: FxHashMap<SymId, SymId>,
}

impl Foreign {
    /// The symbol that contains `s`, or [`SymId::NONE`].
    #[inline]
    pub fn outer(&self, s: SymId) -> SymId {
        self.carriers.get(&s).map_or(SymId::NONE, |c| c.0)
    }

    /// The first symbol inside a container, or the next one in the same container; or
    /// [`SymId::NONE`].
    #[inline]
    pub fn sub(&self, s: SymId) -> SymId {
        self.carriers.get(&s).map_or(SymId::NONE, |c| c.1)
    }

    /// Whether the symbol lies inside another one and has no contents of its own
    /// (`loader.AttrSubSymbol`).
    #[inline]
    pub fn is_interior(&self, s: SymId) -> bool {
        !self.carriers.is_empty() && self.outer(s).is_some()
    }

    /// The symbols inside a container, in order.
    pub fn interior(&self, container: SymId) -> impl Iterator<Item = SymId> + '_ {
        let some = |s: SymId| s.is_some().then_some(s);
        std::iter::successors(some(self.sub(container)), move |&s| some(self.sub(s)))
    }

    /// Puts `interior` first among what `container` contains (`loader.AddInteriorSym`).
    pub fn add_interior(&mut self, container: SymId, interior: SymId, offset: u64) {
        let first = self.sub(container);
        self.carriers.entry(container).or_default().1 = interior;
        self.carriers.insert(interior, (container, first));
        self.offsets.insert(interior, offset);
    }

    /// Sorts what `container` contains by offset, keeping the order otherwise (`loader.SortSub`).
    pub fn sort_interior(&mut self, container: SymId) {
        let mut list: Vec<SymId> = self.interior(container).collect();
        list.sort_by_key(|s| self.offsets[s]);
        let mut next = SymId::NONE;
        for &s in list.iter().rev() {
            self.carriers.insert(s, (container, next));
            next = s;
        }
        if next.is_some() {
            self.carriers.entry(container).or_default().1 = next;
        }
    }

    /// What cgo directives say about `s`.
    #[inline]
    pub fn attrs(&self, s: SymId) -> Option<&CgoAttrs> {
        self.cgo.get(&s)
    }
}

impl Symbols {
    /// The symbol's name to the outside (`loader.SymExtname`).
    #[inline]
    pub fn ext_name(&self, s: SymId) -> &[u8] {
        if !self.foreign.mangled.is_empty()
            && let Some(name) = self.foreign.mangled.get(&s)
        {
            return name;
        }
        if !self.foreign.cgo.is_empty()
            && let Some(name) = self.foreign.attrs(s).and_then(|a| a.ext_name.as_deref())
        {
            return name.as_bytes();
        }
        self.name(s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interior_symbols_are_sorted_by_offset() {
        let mut f = Foreign::default();
        let (c, s) = (SymId(1), [SymId(2), SymId(3), SymId(4), SymId(5)]);
        for (s, off) in s.into_iter().zip([8, 0, 4, 0]) {
            f.add_interior(c, s, off);
        }
        // The newest is first until they are sorted.
        assert_eq!(f.interior(c).collect::<Vec<_>>(), [s[3], s[2], s[1], s[0]]);
        f.sort_interior(c);
        assert_eq!(f.interior(c).collect::<Vec<_>>(), [s[3], s[1], s[2], s[0]]);
        assert!(f.is_interior(s[0]) && !f.is_interior(c));
        assert_eq!(f.outer(s[2]), c);
    }
}
