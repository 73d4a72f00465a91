//! Making symbols, and the attributes that only linker-made symbols have.

use gover::SymKind;
use reach::Live;
use symbols::{BitSet, ExtSym, SymId, Symbols};

/// A symbol and the length of what it holds, as moduledata points to it.
#[derive(Clone, Copy, Debug, Default)]
pub struct TableRef {
    /// The symbol.
    pub sym: SymId,
    /// Its length: bytes of a table or string, or entries of a list.
    pub size: u64,
}

/// What passes that make symbols write to, until the symbol table is complete.
pub struct Maker<'a> {
    /// The symbols.
    pub syms: &'a mut Symbols,
    /// What is live; made symbols are.
    pub live: &'a mut Live,
    /// Symbols whose address comes from elsewhere than data layout (`AttrSpecial`).
    pub special: &'a mut BitSet,
    /// Size of a pointer, bytes.
    pub ptr_size: u8,
}

impl Maker<'_> {
    /// Finds or makes a live symbol of version 0 (`loader.CreateSymForUpdate`).
    pub fn create(&mut self, name: &str, kind: SymKind) -> SymId {
        let s = self.syms.lookup_or_create(name.as_bytes(), 0);
        self.live.reachable.insert(s);
        self.syms.ext_mut(s).kind = kind;
        s
    }

    /// A marker: a live local symbol that data layout leaves alone (`ld/lib.go:defineInternal`,
    /// `xdefine`).
    pub fn define(&mut self, name: &str, kind: SymKind) -> SymId {
        let s = self.create(name, kind);
        self.special.insert(s);
        self.syms.local.insert(s);
        s
    }

    /// [`Maker::define`] for a marker behind text or data of `kind`, which has the kind `end` if the release
    /// has that.
    pub fn define_end(&mut self, name: &str, kind: SymKind, end: SymKind) -> SymId {
        let kind = self.syms.gover.end_kind(kind, end);
        self.define(name, kind)
    }

    /// A carrier: the name under which a group of symbols appears (`ld/symtab.go:groupSym`).
    pub fn carrier(&mut self, name: &str, kind: SymKind) -> SymId {
        let s = self.create(name, kind);
        let align = self.ptr_size.into();
        let e = self.ext(s);
        e.size = 0;
        e.align = align;
        s
    }

    /// A symbol that holds a string (`ld/data.go:addgostring`).
    pub(crate) fn text(&mut self, name: &str, bytes: &[u8]) -> TableRef {
        let sym = self.create(name, SymKind::Rodata);
        self.syms.local.insert(sym);
        self.ext(sym).set_data(bytes.to_vec());
        TableRef {
            sym,
            size: bytes.len() as u64,
        }
    }

    /// A linker-made symbol's contents.
    pub fn ext(&mut self, s: SymId) -> &mut ExtSym {
        self.syms.ext_mut(s)
    }
}
