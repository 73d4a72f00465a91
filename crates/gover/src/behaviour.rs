//! Behaviours of cmd/link that differ between releases, each a named value.
//!
//! A pass asks its [`GoLayout`](crate::GoLayout) which value holds and matches on it; no pass
//! knows release numbers. `docs/release-differences.md` lists them side by side.

/// Which definition of a symbol stays when a duplicate-ok definition meets another
/// (`loader/loader.go:addSym`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DupokRule {
    /// The definition seen first stays, whichever of the two is marked duplicate-ok. If the
    /// later one is marked and its size is larger, it replaces the first, marked or not.
    FirstStays,
    /// A definition not marked duplicate-ok replaces a marked one and is never replaced by
    /// one. Between two marked ones the larger replaces, else the first stays.
    UnmarkedWins,
}

/// How text symbols of an object's content-hashed block are bound in the output's symbol
/// tables (`ld/symtab.go:putelfsym`, `ld/macho.go:machoShouldExport`,
/// `ld/pe.go:writeSymbols`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ContentHashedText {
    /// Like any other text symbol. (The release's compiler writes none.)
    Ordinary,
    /// Local (ELF `STB_LOCAL`, PE static class, never exported from Mach-O): several may
    /// share one name.
    Local,
}

/// Which references the linkname check looks at, and what makes one legal
/// (`loader/loader.go:checkLinkname`, `loadObjRefs`, `preloadSyms`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LinknameCheck {
    /// References marked linkname are checked. A definition marked linkname, or an ABI
    /// wrapper, may be referenced from anywhere.
    MarkedReferences,
    /// References marked linkname or linkname-std, and every reference from an assembly
    /// object, are checked. A definition marked linkname-std may be referenced from the
    /// standard library; an ABI wrapper is no longer legal by itself. An assembly
    /// definition takes the mark of its symbol of the other ABI.
    MarkedAndAssemblyReferences,
}

/// Where funcdata goes (`ld/symtab.go:symtab`, `ld/pcln.go`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FuncdataHome {
    /// Grouped under `go:func.*` in read-only data.
    Rodata,
    /// At the end of the pclntab, under `go:func.*`.
    Pclntab,
}

/// Where the runtime finds types to canonicalise and itabs to register.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TypelinkHome {
    /// Sections `.typelink` (4-byte offsets from `runtime.types`, sorted by type string) and
    /// `.itablink` (`ld/typelink.go:typelink`, `ld/data.go:allocateDataSections`). Type
    /// descriptors are sorted by size like any data; itabs stay in read-only data.
    Section,
    /// No such sections. `.go.type` holds type descriptors marked typelink by type string,
    /// then the others, then the itabs; three moduledata words give the borders
    /// (`ld/data.go:dodataSect`).
    GoType,
}
