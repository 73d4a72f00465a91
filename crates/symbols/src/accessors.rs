//! What a symbol is.

use crate::digest::LogAlign;
use crate::places::Place;
use crate::{BitSet, Def, ExtReloc, Obj, ObjId, SymId, Symbols, UnitId, VERSION_ABI_INTERNAL};
use goobj::{
    ABI_STATIC, FuncInfo, PKG_BUILTIN, PKG_HASHED, PKG_HASHED64, PKG_NONE, PKG_SELF, SymRef,
};
use gover::{AuxType, R_WEAK, RelocType, SymKind};
use rustc_hash::FxHashSet;
use std::sync::atomic::Ordering::Relaxed;

/// One relocation, its target resolved.
#[derive(Clone, Copy, Debug)]
pub struct Reloc {
    /// Offset of the field in the symbol, bytes.
    pub off: i32,
    /// Width of the field, bytes; 0 for markers that the writer ignores.
    pub siz: u8,
    /// Type.
    pub typ: RelocType,
    /// Whether the relocation alone does not keep its target.
    pub weak: bool,
    /// Addend.
    pub add: i64,
    /// Target; [`SymId::NONE`] for none, and for references that lie outside their package.
    pub sym: SymId,
}

/// One auxiliary symbol, resolved.
#[derive(Clone, Copy, Debug)]
pub struct AuxRef {
    /// What it is to its owner.
    pub typ: AuxType,
    /// The symbol.
    pub sym: SymId,
}

/// Relocations of a symbol, in order.
#[derive(Clone)]
pub enum RelocIter<'a> {
    /// Of a definition in an object.
    Go {
        /// All symbols.
        syms: &'a Symbols,
        /// The object.
        obj: &'a Obj,
        /// What is left of the relocation records.
        rest: std::slice::Iter<'static, [u8; goobj::RELOC_SIZE]>,
    },
    /// Of a linker-made symbol.
    Ext(std::slice::Iter<'a, ExtReloc>),
}

impl Iterator for RelocIter<'_> {
    type Item = Reloc;

    #[inline]
    fn next(&mut self) -> Option<Reloc> {
        match self {
            RelocIter::Go { syms, obj, rest } => {
                let r = goobj::RawReloc::from_bytes(rest.next()?);
                Some(Reloc::read(r, syms.gover, syms.resolve_ref(obj, r.sym())))
            }
            RelocIter::Ext(it) => it.next().map(Reloc::from),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            RelocIter::Go { rest, .. } => rest.size_hint(),
            RelocIter::Ext(it) => it.size_hint(),
        }
    }

    /// What all of them have in common is looked up once.
    #[inline]
    fn fold<B, F: FnMut(B, Reloc) -> B>(self, init: B, mut f: F) -> B {
        match self {
            RelocIter::Go { syms, obj, rest } => {
                let resolver = syms.resolver(obj);
                rest.fold(init, |b, r| {
                    let r = goobj::RawReloc::from_bytes(r);
                    f(b, Reloc::read(r, syms.gover, resolver.resolve(r.sym())))
                })
            }
            RelocIter::Ext(it) => it.fold(init, |b, r| f(b, Reloc::from(r))),
        }
    }
}

impl Reloc {
    #[inline(always)]
    fn read(r: goobj::RawReloc, gover: &gover::GoLayout, sym: SymId) -> Reloc {
        let typ = r.typ();
        Reloc {
            off: r.off(),
            siz: r.siz(),
            typ: gover
                .reloc_type(typ & !R_WEAK)
                .unwrap_or(RelocType::Invalid),
            weak: typ & R_WEAK != 0,
            add: r.add(),
            sym,
        }
    }
}

impl From<&ExtReloc> for Reloc {
    fn from(r: &ExtReloc) -> Reloc {
        Reloc {
            off: r.off,
            siz: r.siz,
            typ: r.typ,
            weak: r.weak,
            add: r.add,
            sym: r.sym,
        }
    }
}

impl ExactSizeIterator for RelocIter<'_> {}

impl RelocIter<'_> {
    /// Whether a relocation that has a field is of a type that is `wanted`. Looks up no targets.
    #[inline]
    pub fn has_type(&self, wanted: impl Fn(RelocType) -> bool) -> bool {
        match self {
            RelocIter::Go { syms, rest, .. } => rest.clone().any(|b| {
                let r = goobj::RawReloc::from_bytes(b);
                let typ = syms.gover.reloc_type(r.typ() & !R_WEAK);
                r.siz() != 0 && typ.is_some_and(&wanted)
            }),
            RelocIter::Ext(it) => it.clone().any(|r| r.siz != 0 && wanted(r.typ)),
        }
    }
}

impl Symbols {
    /// Number of symbol numbers, used or not; every [`SymId`] is below it.
    pub fn len(&self) -> usize {
        self.ext_start as usize + self.ext_ids.len()
    }
    /// Whether there are no symbols at all.
    pub fn is_empty(&self) -> bool {
        self.len() <= 1
    }
    /// The first number that is not a definition in a Go object (`loader.NDef`).
    pub fn def_end(&self) -> u32 {
        self.ref_start
    }
    /// The first number of the symbols that the linker makes.
    pub fn ext_start(&self) -> u32 {
        self.ext_start
    }
    /// The Go objects, in load order.
    pub fn objs(&self) -> &[Obj] {
        &self.objs
    }
    /// Symbols that are known to have neither relocations nor auxiliary symbols. Not all that have none
    /// are among them.
    pub fn leaves(&self) -> BitSet {
        let mut leaves = self.leaves.clone();
        // What the linker has taken over may refer to something now.
        self.taken.keys().for_each(|&s| leaves.remove(s));
        leaves
    }
    /// The numbers of an object's package symbols, which are those of its first local symbols. Those of
    /// all objects come one after another, in load order, before all others.
    pub fn package_symbols(&self, obj: &Obj) -> std::ops::Range<u32> {
        obj.def_base..obj.def_base + obj.object.n_def()
    }
    /// One Go object.
    pub fn obj(&self, id: ObjId) -> &Obj {
        &self.objs[id.index()]
    }
    pub(crate) fn obj_index(&self, o: &Obj) -> u32 {
        self.units[o.unit.index()]
            .obj
            .expect("a Go object's unit names it")
            .0
    }

    /// What a symbol number stands for.
    #[inline(always)]
    pub fn def(&self, s: SymId) -> Def<'_> {
        match self.places.plain(s, &self.objs) {
            Some(p) => self.def_at(s, p),
            None => self.special(s),
        }
    }

    #[inline(always)]
    fn def_at(&self, s: SymId, p: Place) -> Def<'_> {
        let obj = &self.objs[p.obj];
        if s.0 < self.ref_start {
            Def::Go(obj, p.li)
        } else {
            Def::Undefined(obj, p.li)
        }
    }

    /// A symbol that the linker has made or taken over, or one that something particular is known of.
    #[cold]
    fn special(&self, s: SymId) -> Def<'_> {
        match self.taken.get(&s) {
            Some(&e) => Def::Ext(&self.exts[e as usize]),
            None => self.def_at(s, self.places.marked(s, &self.objs)),
        }
    }

    /// The symbol that a reference of `obj` means. A reference outside its package gives
    /// [`SymId::NONE`], as a nil reference does.
    #[inline]
    pub fn resolve_ref(&self, obj: &Obj, r: SymRef) -> SymId {
        let o = &obj.object;
        let nonpkg = |first: u32, n: u32| {
            if r.idx < n {
                self.canon(obj.canon_base + first + r.idx)
            } else {
                SymId::NONE
            }
        };
        match r.pkg {
            PKG_SELF if r.idx < o.n_def() => SymId(obj.def_base + r.idx),
            PKG_NONE => nonpkg(
                o.n_hashed64() + o.n_hashed(),
                o.n_nonpkg_def() + o.n_nonpkg_ref(),
            ),
            PKG_HASHED => nonpkg(o.n_hashed64(), o.n_hashed()),
            PKG_HASHED64 => nonpkg(0, o.n_hashed64()),
            PKG_BUILTIN => self
                .builtins
                .get(r.idx as usize)
                .copied()
                .unwrap_or(SymId::NONE),
            p if p < obj.n_pkg => {
                let (base, n) = self.pkg_bases[(obj.pkg_base + p) as usize];
                if r.idx < n {
                    SymId(base + r.idx)
                } else {
                    SymId::NONE
                }
            }
            _ => SymId::NONE,
        }
    }

    /// The symbol that local symbol `li` of `obj` is (`loader.toGlobal`).
    #[inline]
    pub fn global(&self, obj: &Obj, li: u32) -> SymId {
        let n = obj.object.n_def();
        if li < n {
            SymId(obj.def_base + li)
        } else {
            self.canon(obj.canon_base + li - n)
        }
    }

    /// Whether local symbol `li` of `obj`, a definition, is the occurrence that gave its symbol the
    /// number; for a name this holds once.
    #[inline]
    pub fn is_first(&self, obj: &Obj, li: u32) -> bool {
        let n = obj.object.n_def();
        li < n || self.firsts.has(SymId(obj.canon_base + li - n))
    }

    /// Whether `s` is defined by local symbol `li` of `obj` and has not been taken over.
    #[inline]
    pub fn is_defined_by(&self, s: SymId, obj: &Obj, li: u32) -> bool {
        matches!(self.def(s), Def::Go(o, l) if l == li && std::ptr::eq(o, obj))
    }

    #[inline]
    pub(crate) fn canon(&self, i: u32) -> SymId {
        SymId(self.canon[i as usize].load(Relaxed))
    }

    /// Name.
    #[inline]
    pub fn name(&self, s: SymId) -> &[u8] {
        match self.def(s) {
            Def::Go(o, li) | Def::Undefined(o, li) => o.object.name(o.object.sym(li)),
            Def::Ext(e) => &e.name,
        }
    }
    /// Name, for messages.
    pub fn name_lossy(&self, s: SymId) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(self.name(s))
    }

    pub(crate) fn abi_version(&self, obj: &Obj, abi: u16) -> i32 {
        match abi {
            ABI_STATIC => obj.version,
            1 if self.abi_wrappers => VERSION_ABI_INTERNAL,
            _ => 0,
        }
    }

    /// Version: 0 for ABI0 and data, 1 for ABIInternal, from [`crate::VERSION_STATIC`] for
    /// file-local symbols, negative for linker-made statics.
    #[inline]
    pub fn version(&self, s: SymId) -> i32 {
        match self.def(s) {
            Def::Go(o, li) | Def::Undefined(o, li) => self.abi_version(o, o.object.sym(li).abi()),
            Def::Ext(e) => e.version,
        }
    }

    /// Kind; `SymKind::Xxx` for undefined symbols.
    #[inline]
    pub fn kind(&self, s: SymId) -> SymKind {
        match self.def(s) {
            Def::Go(o, li) => self
                .gover
                .sym_kind(o.object.sym(li).kind())
                .unwrap_or(SymKind::Xxx),
            Def::Ext(e) => e.kind,
            Def::Undefined(..) => SymKind::Xxx,
        }
    }

    /// Size in bytes.
    #[inline]
    pub fn size(&self, s: SymId) -> u64 {
        match self.def(s) {
            Def::Go(o, li) => o.object.sym(li).size() as u64,
            Def::Ext(e) => e.size,
            Def::Undefined(..) => 0,
        }
    }

    /// Contents before relocation; may be shorter than the size, the rest is zero.
    #[inline]
    pub fn data(&self, s: SymId) -> &[u8] {
        match self.def(s) {
            Def::Go(o, li) => o.object.data(li),
            Def::Ext(e) => &e.data,
            Def::Undefined(..) => &[],
        }
    }

    /// Alignment in bytes that the definitions ask for, the largest of all duplicates; 0 for none.
    #[inline]
    pub fn align(&self, s: SymId) -> u32 {
        // A power of two, whatever a damaged object says.
        let own = |o: &Obj, li| LogAlign::of(o.object.sym(li).align()).bytes();
        match self.first_definition(s) {
            Some((o, li)) => own(o, li),
            None => match self.def(s) {
                Def::Ext(e) => e.align,
                Def::Undefined(..) => 0,
                Def::Go(o, li) => self
                    .aligns
                    .get(&s)
                    .map_or_else(|| own(o, li), |a| a.bytes()),
            },
        }
    }

    /// First flag byte of the definition; 0 for linker-made symbols (`loader.SymAttr`).
    #[inline]
    pub fn flag(&self, s: SymId) -> u8 {
        match self.def(s) {
            Def::Go(o, li) => o.object.sym(li).flag(),
            _ => 0,
        }
    }
    /// Second flag byte of the definition; 0 for linker-made symbols.
    #[inline]
    pub fn flag2(&self, s: SymId) -> u8 {
        match self.def(s) {
            Def::Go(o, li) => o.object.sym(li).flag2(),
            _ => 0,
        }
    }
    /// Whether `s` is plainly defined in an object: it has a kind that something defined can be of, which
    /// is known without a look at the definition. Not all that are so defined are known to be.
    #[inline]
    pub fn is_plainly_defined(&self, s: SymId) -> bool {
        self.sound_kinds && self.first_definition(s).is_some()
    }
    /// Whether the function does not check its stack.
    pub fn is_nosplit(&self, s: SymId) -> bool {
        self.flag(s) & self.gover.flags.nosplit != 0
    }
    /// Whether the function calls `reflect.Type.Method` or the like.
    pub fn is_reflect_method(&self, s: SymId) -> bool {
        self.flag(s) & self.gover.flags.reflect_method != 0
    }
    /// Whether this is a type descriptor.
    pub fn is_go_type(&self, s: SymId) -> bool {
        self.flag(s) & self.gover.flags.go_type != 0
    }
    /// Whether this is an itab.
    pub fn is_itab(&self, s: SymId) -> bool {
        self.flag2(s) & self.gover.flags2.itab != 0
    }
    /// Whether this is a dictionary of a generic instantiation.
    pub fn is_dict(&self, s: SymId) -> bool {
        self.flag2(s) & self.gover.flags2.dict != 0
    }
    /// Whether the definition is found by content (not by the short hash).
    pub fn is_content_hashed(&self, s: SymId) -> bool {
        match self.def(s) {
            Def::Go(o, li) => {
                let first = o.object.n_def() + o.object.n_hashed64();
                (first..first + o.object.n_hashed()).contains(&li)
            }
            Def::Ext(e) => e.content_hashed,
            Def::Undefined(..) => false,
        }
    }

    /// The object and local index of the definition, also of a taken-over symbol.
    #[inline]
    pub fn origin(&self, s: SymId) -> Option<(&Obj, u32)> {
        match self.def(s) {
            Def::Go(o, li) => Some((o, li)),
            Def::Ext(e) => e.origin.map(|(o, li)| (&self.objs[o as usize], li)),
            Def::Undefined(..) => None,
        }
    }
    /// The number that cmd/link prints for a symbol. Where pc-value tables have no numbers
    /// ([`crate::DigestOptions::number_pc_tables`]), that is more than ours by the tables before it.
    /// Finding these takes time: for messages.
    pub fn printed_number(&self, s: SymId) -> u32 {
        let (end, last) = match self.def(s) {
            _ if s.is_none() => return 0,
            _ if s.0 >= self.ref_start => (self.objs.len(), 0),
            Def::Go(o, li) if li < o.object.n_def() => return s.0,
            Def::Go(o, li) => (self.obj_index(o) as usize, li),
            Def::Ext(e) => match e.origin {
                Some((obj, li)) if li >= self.objs[obj as usize].object.n_def() => {
                    (obj as usize, li)
                }
                _ => return s.0,
            },
            Def::Undefined(..) => return s.0,
        };
        let mut seen = FxHashSet::default();
        for (i, obj) in self.objs.iter().enumerate().take(end + 1) {
            let o = &obj.object;
            let first = o.n_def() + o.n_hashed64();
            let mut hashed = first..first + o.n_hashed();
            if i == end {
                hashed.end = hashed.end.min(last);
            }
            let unnumbered = hashed.filter(|&li| self.global(obj, li).is_none());
            seen.extend(unnumbered.map(|li| *o.hash(li - first)));
        }
        s.0 + seen.len() as u32
    }
    /// Whether the definition came out of the assembler.
    pub fn is_from_assembly(&self, s: SymId) -> bool {
        self.origin(s)
            .is_some_and(|(o, _)| o.object.is_from_assembly())
    }
    /// The unit that defines the symbol; `None` for linker-made symbols.
    pub fn unit(&self, s: SymId) -> Option<UnitId> {
        self.origin(s).map(|(o, _)| o.unit)
    }
    /// The package that defines the symbol, empty for linker-made symbols.
    pub fn pkg(&self, s: SymId) -> &str {
        self.origin(s)
            .map_or("", |(o, _)| &self.libs[o.lib.index()].pkg)
    }

    /// Relocations, in order.
    #[inline]
    pub fn relocs(&self, s: SymId) -> RelocIter<'_> {
        match self.def(s) {
            Def::Go(o, li) => self.relocs_of(o, li),
            Def::Ext(e) => RelocIter::Ext(e.relocs.iter()),
            Def::Undefined(..) => RelocIter::Ext([].iter()),
        }
    }
    /// Relocations of local symbol `li` of an object.
    #[inline]
    pub fn relocs_of<'a>(&'a self, obj: &'a Obj, li: u32) -> RelocIter<'a> {
        RelocIter::Go {
            syms: self,
            obj,
            rest: obj.object.reloc_records(li),
        }
    }

    /// Auxiliary symbols in order, also those of a taken-over symbol (`loader.auxs`).
    #[inline]
    pub fn auxs(&self, s: SymId) -> impl Iterator<Item = AuxRef> + '_ {
        self.origin(s).into_iter().flat_map(move |(o, li)| {
            o.object.auxs(li).filter_map(move |a| {
                Some(AuxRef {
                    typ: self.gover.aux_type(a.typ)?,
                    sym: self.resolve_ref(o, a.sym),
                })
            })
        })
    }
    /// Whether `r` means a pc-value table of `obj` that has no number
    /// ([`crate::DigestOptions::number_pc_tables`]).
    pub fn is_unnumbered(&self, obj: &Obj, r: SymRef) -> bool {
        r.pkg == PKG_HASHED && r.idx < obj.object.n_hashed() && self.resolve_ref(obj, r).is_none()
    }
    /// Contents of a function's table of stack depths; empty without one.
    pub fn pcsp(&self, s: SymId) -> &[u8] {
        let Some((o, li)) = self.origin(s) else {
            return &[];
        };
        let is_pcsp = |a: &goobj::Aux| self.gover.aux_type(a.typ) == Some(AuxType::Pcsp);
        let Some(a) = o.object.auxs(li).find(is_pcsp) else {
            return &[];
        };
        match o.object.local(a.sym) {
            Some(table) if table < o.object.n_alldef() => o.object.data(table),
            _ => self.data(self.resolve_ref(o, a.sym)),
        }
    }
    /// The first auxiliary symbol of one type, or [`SymId::NONE`].
    #[inline]
    pub fn aux(&self, s: SymId, typ: AuxType) -> SymId {
        self.auxs(s)
            .find(|a| a.typ == typ)
            .map_or(SymId::NONE, |a| a.sym)
    }
    /// The type of a variable.
    pub fn gotype(&self, s: SymId) -> SymId {
        self.aux(s, AuxType::Gotype)
    }
    /// What the compiler says of a function, with the object its references count in. `None` for
    /// functions without it and for damaged records.
    pub fn func_info(&self, s: SymId) -> Option<(FuncInfo<'static>, &Obj)> {
        let (o, li) = self.origin(s)?;
        let a = o
            .object
            .auxs(li)
            .find(|a| self.gover.aux_type(a.typ) == Some(AuxType::FuncInfo))?;
        Some((self.func_info_at(o, a.sym)?, o))
    }
    /// The record that the auxiliary reference `r` of a function of `obj` means.
    #[inline]
    pub fn func_info_at(&self, obj: &Obj, r: SymRef) -> Option<FuncInfo<'static>> {
        // The compiler writes the record into the object's own package symbols.
        if r.pkg != PKG_SELF || r.idx >= obj.object.n_def() {
            return None;
        }
        FuncInfo::open(obj.object.data(r.idx))
    }
}
