//! Visiting one symbol: what it reaches, and whether it is sound.

use crate::{Damage, Layout, ReachError, ReachOptions};
use goobj::prefetch::{prefetch, prefetch_lines};
use goobj::{Aux, PKG_BUILTIN, PKG_HASHED, PKG_SELF, RawReloc, SymRef};
use gover::{AuxType, R_WEAK, RelocType, SymKind};
use symbols::{Def, Obj, SymId, Symbols};

/// What a relocation type means to the flood.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
enum Class {
    /// The target is reached.
    Mark,
    /// As `Mark`, and a direct call.
    Call,
    /// The release has no such type.
    Unknown,
    /// Nothing is reached: types for DWARF, the order of initialisation.
    Nothing,
    /// First of the three references of a method.
    Method,
    /// The type is converted to an interface.
    UseIface,
    /// A method of an interface is called.
    UseIfaceMethod,
    /// A method is called by name.
    UseNamedMethod,
}

fn class(t: RelocType) -> Class {
    match t {
        RelocType::Invalid => Class::Unknown,
        RelocType::MethodOff => Class::Method,
        RelocType::UseType | RelocType::InitOrder => Class::Nothing,
        RelocType::UseIface => Class::UseIface,
        RelocType::UseIfaceMethod => Class::UseIfaceMethod,
        RelocType::UseNamedMethod => Class::UseNamedMethod,
        t if t.is_direct_call() => Class::Call,
        _ => Class::Mark,
    }
}

/// A method of a type that is used in an interface, its references resolved.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Method {
    /// The type.
    pub owner: SymId,
    /// The symbol that holds the method's name.
    pub name: SymId,
    /// The method's type.
    pub typ: SymId,
    /// What the method needs when it is called: its type, its code for interfaces, its code.
    pub refs: [SymId; 3],
}

/// What a visit hands on.
pub(crate) trait Sink<'a> {
    /// `s`, if it is a symbol, is reached from `parent`.
    fn mark(&mut self, s: SymId, parent: SymId);
    /// Whether the type is known to be used in an interface.
    fn in_iface(&self, s: SymId) -> bool;
    /// The type that is just being visited is used in an interface.
    fn set_in_iface(&mut self, s: SymId);
    /// The type is used in an interface: if reached already, it is to be visited again.
    fn use_in_iface(&mut self, s: SymId, parent: SymId);
    /// The type is reached from one that is used in an interface.
    fn mark_in_iface(&mut self, s: SymId, parent: SymId);
    /// Some method may be called by reflection.
    fn reflect(&mut self);
    /// The method at offset `off` of an interface type is called.
    fn iface_method(&mut self, iface: SymId, off: i64);
    /// A method whose name is the contents of `name` is called.
    fn named_method(&mut self, name: SymId);
    /// A type used in an interface has a method.
    fn method(&mut self, m: Method);
    /// `s` is a function that does not check its stack.
    fn nosplit(&mut self, s: SymId);
    /// `s` calls `runtime.deferreturn`, first by the relocation at offset `off`.
    fn defer_return(&mut self, s: SymId, off: i32);
    /// `s` initialises a package.
    fn pkg_init(&mut self, s: SymId);
    /// The string of the type `s`, by which reflection searches, is in `name`.
    fn type_name(&mut self, s: SymId, name: SymId);
    /// `s` is damaged.
    fn damage(&mut self, s: SymId, d: Damage);
}

/// A definition in an object that refers to something.
///
/// The records of live symbols are scattered over all objects, and most of the flood's time is
/// waiting for them. Asking for those of many symbols in one go lets the waits overlap.
#[derive(Clone, Copy)]
pub(crate) struct GoSym<'a> {
    pub s: SymId,
    pub obj: &'a Obj,
    pub li: u32,
}

/// Cache lines of relocations to ask for; behind them the processor reads ahead by itself.
const PREFETCHED_LINES: usize = 6;

/// What all visits share.
pub(crate) struct Context<'a> {
    pub syms: &'a Symbols,
    pub opts: &'a ReachOptions<'a>,
    pub layout: Layout,
    /// Classes by relocation number.
    classes: [Class; 256],
    /// Types by auxiliary symbol number.
    aux_types: [Option<AuxType>; 256],
    /// `runtime.deferreturn`, or a number that no symbol has.
    deferreturn: SymId,
}

impl<'a> Context<'a> {
    pub fn new(syms: &'a Symbols, opts: &'a ReachOptions) -> Context<'a> {
        let n = |i: usize| u16::try_from(i).expect("tables of 256");
        Context {
            syms,
            opts,
            layout: Layout {
                types: syms.gover.type_layout,
                ptr_size: opts.ptr_size.into(),
            },
            classes: std::array::from_fn(|i| {
                syms.gover.reloc_type(n(i)).map_or(Class::Unknown, class)
            }),
            aux_types: std::array::from_fn(|i| syms.gover.aux_type(i as u8)),
            deferreturn: syms
                .lookup(b"runtime.deferreturn", crate::abi_internal(syms))
                .unwrap_or(SymId(u32::MAX)),
        }
    }

    /// Checks a symbol without following it.
    pub fn check(&self, s: SymId) -> Result<(), ReachError> {
        let mut c = Checker(None);
        self.visit(s, &mut c);
        c.0.map_or(Ok(()), |(s, d)| Err(self.error(s, d)))
    }

    /// The error for a damaged symbol.
    pub fn error(&self, s: SymId, damage: Damage) -> ReachError {
        ReachError::damaged(self.syms, s, damage)
    }

    /// Tells `sink` what `s` reaches (the body of `deadcodePass.flood`).
    pub fn visit<S: Sink<'a>>(&self, s: SymId, sink: &mut S) {
        match self.syms.def(s) {
            Def::Go(obj, li) => self.visit_go(GoSym { s, obj, li }, sink),
            Def::Ext(_) | Def::Undefined(..) => self.visit_external(s, sink),
        }
    }

    /// The first step of a visit of several: where the symbol is defined, and asking for its index
    /// entries. Symbols without a definition in an object are visited at once.
    #[inline]
    pub fn locate<S: Sink<'a>>(&self, s: SymId, sink: &mut S) -> Option<GoSym<'a>> {
        match self.syms.def(s) {
            Def::Go(obj, li) => {
                let [_, relocs, auxs, _] = obj.object.places(li);
                prefetch(relocs);
                prefetch(auxs);
                Some(GoSym { s, obj, li })
            }
            Def::Ext(_) | Def::Undefined(..) => {
                self.visit_external(s, sink);
                None
            }
        }
    }

    /// The second step: whether there is anything to visit, and asking for it.
    #[inline]
    pub fn approach(&self, g: &GoSym) -> bool {
        let (o, li) = (&g.obj.object, g.li);
        let (relocs, auxs) = (o.reloc_bytes(li), o.aux_bytes(li));
        if relocs.is_empty() && auxs.is_empty() && !is_by_name(g) {
            return false;
        }
        prefetch(o.places(li)[0]);
        prefetch_lines(relocs, PREFETCHED_LINES);
        prefetch_lines(auxs, 2);
        true
    }

    /// The last step. Not a part of who calls it: its loops need all registers there are.
    #[inline(never)]
    pub fn visit_go<S: Sink<'a>>(&self, g: GoSym<'a>, sink: &mut S) {
        let gover = self.syms.gover;
        let GoSym { s, obj, li } = g;
        let d = obj.object.sym(li);
        let (relocs, auxs) = (obj.object.reloc_bytes(li), obj.object.aux_bytes(li));
        let resolver = self.syms.resolver(obj);
        let (size, flag, flag2) = (d.size(), d.flag(), d.flag2());
        if usize::from(d.kind()) >= gover.sym_kinds.len() {
            sink.damage(
                s,
                Damage::Kind {
                    found: d.kind(),
                    max: (gover.sym_kinds.len() - 1) as u8,
                },
            );
        }
        // Debug information has no size where nothing is laid out by it; a shared library is all live.
        if is_by_name(&g)
            && obj.object.data_len(li) > size
            && !gover.sym_kind(d.kind()).is_some_and(SymKind::is_dwarf)
        {
            let found = obj.object.data_len(li);
            sink.damage(s, Damage::Contents { found, size });
        }
        if flag & gover.flags.reflect_method != 0 {
            sink.reflect();
        }
        if flag & gover.flags.nosplit != 0 {
            sink.nosplit(s);
        }
        let mut v = Visit {
            cx: self,
            s,
            size: size.into(),
            used_type: false,
            strong_weak: self.opts.link_shared && flag2 & gover.flags2.itab != 0,
            skip: 0,
            methods: 0,
            returned: false,
            sink,
        };
        let is_type = flag & gover.flags.go_type != 0;
        if is_type {
            if self.opts.dynlink {
                // The type may be converted to an interface in another module.
                v.sink.set_in_iface(s);
            }
            v.used_type = v.sink.in_iface(s);
            if v.used_type {
                self.prefetch_parts(obj, relocs, v.sink);
            }
        }
        let plain_symbol = !v.used_type;
        let limit = u64::from(size.min(i32::MAX as u32));
        let mut n = 0u32;
        for r in RawReloc::each(relocs) {
            let sym = resolver.resolve(r.sym());
            // Nearly all have a target, are strong, sound and of one of two classes: one branch for
            // them all. A negative offset is a large one here.
            let class = self.classes.get(usize::from(r.typ()));
            let sound = u64::from(r.off() as u32) + u64::from(r.siz()) <= limit;
            if plain_symbol
                & matches!(class, Some(Class::Mark | Class::Call))
                & sound
                & sym.is_some()
                & (v.skip == 0)
            {
                v.sink.mark(sym, s);
                if sym == self.deferreturn {
                    let call = class == Some(&Class::Call);
                    v.note_defer_return(call, r.off());
                }
            } else {
                self.other_reloc(n, r, sym, &mut v);
            }
            n += 1;
        }
        v.end_relocs(n);
        let methods = v.methods;
        if flag & gover.flags.typelink != 0 {
            let off = self.layout.types.str_offset(self.layout.ptr_size);
            let name = RawReloc::each(relocs).find(|r| r.off() as usize == off);
            sink.type_name(s, name.map_or(SymId::NONE, |r| resolver.resolve(r.sym())));
        }

        for (i, a) in Aux::each(auxs).enumerate() {
            let Some(typ) = self.aux_types[usize::from(a.typ)] else {
                sink.damage(
                    s,
                    Damage::AuxType {
                        index: i as u32,
                        found: a.typ,
                        max: (gover.aux_types.len() - 1) as u8,
                    },
                );
                continue;
            };
            let sym = resolver.resolve(a.sym);
            if sym.is_none()
                && typ.is_pc_table()
                && a.sym.pkg == PKG_HASHED
                && a.sym.idx < obj.object.n_hashed()
            {
                // It has no number: nothing but the pclntab looks at it.
                continue;
            }
            let outside = typ == AuxType::FuncInfo && a.sym.pkg != PKG_SELF;
            if sym.is_none() && !a.sym.is_nil() || outside {
                sink.damage(
                    s,
                    Damage::AuxTarget {
                        index: i as u32,
                        typ,
                        pkg: a.sym.pkg,
                        sym: a.sym.idx,
                    },
                );
                continue;
            }
            match typ {
                // A variable that is live does not need its type's descriptor.
                AuxType::Gotype => continue,
                _ if typ.is_dwarf() && !self.opts.follow_debug => continue,
                // Nobody asks whether it is live but who wants to see it.
                AuxType::FuncInfo if !self.opts.follow_debug => continue,
                _ => {}
            }
            sink.mark(sym, s);
        }
        if !auxs.is_empty() && flag2 & gover.flags2.pkg_init != 0 {
            sink.pkg_init(s);
        }
        if methods != 0 {
            let r = if is_type {
                self.methods(s, obj, li, methods, sink)
            } else {
                Err(Damage::MethodOnNonType)
            };
            if let Err(d) = r {
                sink.damage(s, d);
            }
        }
    }

    /// Asks for the definitions of what a type refers to, to see which of them are types.
    fn prefetch_parts<S: Sink<'a>>(&self, obj: &Obj, relocs: &[u8], sink: &S) {
        for r in RawReloc::each(relocs) {
            let sym = self.syms.resolve_ref(obj, r.sym());
            if sym.is_some()
                && !sink.in_iface(sym)
                && let Def::Go(o, li) = self.syms.def(sym)
            {
                prefetch(o.object.places(li)[0]);
            }
        }
    }

    /// Relocations that are weak, special, damaged, or of a type that is used in an interface.
    #[inline(never)]
    fn other_reloc<S: Sink<'a>>(
        &self,
        index: u32,
        r: RawReloc,
        sym: SymId,
        v: &mut Visit<'_, 'a, S>,
    ) {
        let class = self.class_of(&r);
        let end = i64::from(r.off()) + i64::from(r.siz());
        if (sym.is_none() && !r.sym().is_nil())
            || class == Class::Unknown
            || r.off() < 0
            || end > v.size as i64
        {
            self.bad_reloc(v.s, index, &r, sym, v.size as u32, v.sink);
        }
        let weak = r.typ() & R_WEAK != 0;
        v.reloc(index, class, weak, r.off(), r.add(), sym);
    }

    /// Says what is wrong with a relocation.
    #[cold]
    fn bad_reloc<S: Sink<'a>>(
        &self,
        s: SymId,
        index: u32,
        r: &RawReloc,
        sym: SymId,
        size: u32,
        sink: &mut S,
    ) {
        let gover = self.syms.gover;
        let (off, width, number) = (r.off(), r.siz(), r.typ() & !R_WEAK);
        if sym.is_none() && !r.sym().is_nil() {
            sink.damage(s, self.bad_target(s, index, r));
        }
        let typ = gover.reloc_type(number);
        if typ.is_none() {
            sink.damage(
                s,
                Damage::RelocType {
                    index,
                    off,
                    found: number,
                    max: (gover.reloc_types.len() - 1) as u16,
                },
            );
        }
        if off < 0 || i64::from(off) + i64::from(width) > i64::from(size) {
            sink.damage(
                s,
                Damage::Field {
                    index,
                    typ: typ.unwrap_or(RelocType::Invalid),
                    off,
                    width,
                    size: size.into(),
                },
            );
        }
    }

    /// Why the target of a relocation of `s` is no symbol.
    fn bad_target(&self, s: SymId, index: u32, r: &RawReloc) -> Damage {
        let (off, SymRef { pkg, idx: sym }) = (r.off(), r.sym());
        match pkg {
            PKG_BUILTIN => Damage::Builtin {
                index,
                off,
                builtin: sym,
            },
            _ => match self.syms.origin(s) {
                Some((o, _)) if self.syms.is_unnumbered(o, r.sym()) => Damage::PcTable {
                    index,
                    off,
                    table: sym,
                },
                _ => Damage::Target {
                    index,
                    off,
                    pkg,
                    sym,
                },
            },
        }
    }

    /// Symbols made, taken over or only referred to: no flags, no auxiliary symbols.
    #[cold]
    fn visit_external<S: Sink<'a>>(&self, s: SymId, sink: &mut S) {
        let mut v = Visit {
            cx: self,
            s,
            size: self.syms.size(s),
            used_type: false,
            strong_weak: false,
            skip: 0,
            methods: 0,
            returned: false,
            sink,
        };
        let mut n = 0u32;
        for (i, r) in self.syms.relocs(s).enumerate() {
            if r.off < 0 || r.off as u64 + u64::from(r.siz) > v.size {
                v.bad_field(i as u32, r.typ, r.off, r.siz);
            }
            v.reloc(i as u32, class(r.typ), r.weak, r.off, r.add, r.sym);
            n = i as u32 + 1;
        }
        v.end_relocs(n);
        if let Some(&(outer, sub)) = self.opts.host_carriers.get(&s) {
            sink.mark(outer, s);
            sink.mark(sub, s);
        }
    }

    /// Decodes the `count` methods of a type (`decodetypeMethods`).
    fn methods<S: Sink<'a>>(
        &self,
        s: SymId,
        obj: &Obj,
        li: u32,
        count: u32,
        sink: &mut S,
    ) -> Result<(), Damage> {
        let array = self.layout.method_array(obj.object.data(li))?;
        if array.count != count {
            return Err(Damage::MethodCount {
                relocs: count,
                methods: array.count,
            });
        }
        let relocs = || obj.object.relocs(li);
        // The first relocation of a field counts; nearly always it is where it is expected.
        let at = |guess: usize, off: i64| {
            let right = |r: &RawReloc| i64::from(r.off()) == off;
            relocs()
                .nth(guess)
                .filter(right)
                .or_else(|| relocs().find(right))
                .map_or(SymId::NONE, |r| self.syms.resolve_ref(obj, r.sym()))
        };
        let mut off = array.off;
        let mut it = relocs().enumerate();
        while let Some((i, r)) = it.next() {
            if r.typ() & R_WEAK != 0 || self.class_of(&r) != Class::Method {
                continue;
            }
            let (Some((_, r1)), Some((_, r2))) = (it.next(), it.next()) else {
                break;
            };
            sink.method(Method {
                owner: s,
                name: at(i.wrapping_sub(1), off),
                typ: at(i, off + 4),
                refs: [r, r1, r2].map(|r| self.syms.resolve_ref(obj, r.sym())),
            });
            off += self.layout.types.method_size() as i64;
        }
        Ok(())
    }

    fn class_of(&self, r: &RawReloc) -> Class {
        *self
            .classes
            .get(usize::from(r.typ() & !R_WEAK))
            .unwrap_or(&Class::Unknown)
    }

    /// The type in an itab.
    fn itab_type(&self, itab: SymId) -> SymId {
        let off = self.layout.types.itab_type_offset(self.layout.ptr_size) as i32;
        self.syms
            .relocs(itab)
            .find(|r| r.off == off)
            .map_or(SymId::NONE, |r| r.sym)
    }
}

/// Whether a definition is found by name. Opening the object has checked the contents of others.
#[inline]
fn is_by_name(g: &GoSym) -> bool {
    let o = &g.obj.object;
    g.li >= o.n_alldef() - o.n_nonpkg_def()
}

/// One symbol while its relocations are gone through.
struct Visit<'v, 'c, S> {
    cx: &'v Context<'c>,
    s: SymId,
    size: u64,
    /// Whether it is a type that is used in an interface.
    used_type: bool,
    /// Whether weak relocations count as strong.
    strong_weak: bool,
    /// Relocations still to be passed over: the rest of a method's three.
    skip: u8,
    /// Methods found.
    methods: u32,
    /// Whether a call of `runtime.deferreturn` was found.
    returned: bool,
    sink: &'v mut S,
}

impl<'c, S: Sink<'c>> Visit<'_, 'c, S> {
    #[inline(always)]
    fn reloc(&mut self, i: u32, class: Class, weak: bool, off: i32, add: i64, sym: SymId) {
        if self.skip > 0 {
            self.skip -= 1;
            return;
        }
        if weak
            && !self.strong_weak
            // A plugin may initialise a package that the program has too: its map initialisers
            // must all be there.
            && !(self.cx.opts.can_use_plugins && class == Class::Call)
        {
            return;
        }
        if sym == self.cx.deferreturn {
            self.note_defer_return(class == Class::Call, off);
        }
        match class {
            Class::Mark | Class::Call => {
                if self.used_type
                    && sym.is_some()
                    && !self.sink.in_iface(sym)
                    && self.cx.syms.is_go_type(sym)
                {
                    // Reflection gets from a type to its parts.
                    self.sink.mark_in_iface(sym, self.s);
                } else if sym.is_some() {
                    self.sink.mark(sym, self.s);
                }
            }
            Class::Nothing | Class::Unknown => {}
            Class::Method => {
                self.skip = 2;
                if self.used_type {
                    self.methods += 1;
                    // Reflection gets at the types of a method's parameters too.
                    self.sink.use_in_iface(sym, self.s);
                }
            }
            Class::UseIface => self.use_iface(i, off, sym),
            Class::UseIfaceMethod => {
                // With shared libraries all exported methods stay anyway.
                let foreign = self.cx.opts.link_shared
                    && sym.is_some()
                    && matches!(self.cx.syms.kind(sym), SymKind::DynImport | SymKind::Xxx);
                if !foreign {
                    self.sink.iface_method(sym, add);
                }
            }
            Class::UseNamedMethod => self.sink.named_method(sym),
        }
    }

    #[cold]
    fn note_defer_return(&mut self, call: bool, off: i32) {
        if call && !std::mem::replace(&mut self.returned, true) {
            self.sink.defer_return(self.s, off);
        }
    }

    fn use_iface(&mut self, index: u32, off: i32, mut sym: SymId) {
        let syms = self.cx.syms;
        if sym.is_some() && syms.is_itab(sym) {
            sym = self.cx.itab_type(sym);
        }
        if sym.is_none() || !syms.is_go_type(sym) {
            if !self.cx.opts.link_shared {
                self.sink.damage(self.s, Damage::NotType { index, off });
            }
            if sym.is_none() {
                return;
            }
        }
        self.sink.use_in_iface(sym, self.s);
    }

    /// After all `n` relocations.
    fn end_relocs(&mut self, n: u32) {
        if self.skip > 0 {
            let index = n - (3 - u32::from(self.skip));
            self.sink
                .damage(self.s, Damage::MethodTriple { index, off: 0 });
        }
    }

    #[cold]
    fn bad_field(&mut self, index: u32, typ: RelocType, off: i32, width: u8) {
        let size = self.size;
        self.sink.damage(
            self.s,
            Damage::Field {
                index,
                typ,
                off,
                width,
                size,
            },
        );
    }
}

/// Takes damages only.
struct Checker(Option<(SymId, Damage)>);

impl Sink<'_> for Checker {
    fn mark(&mut self, _: SymId, _: SymId) {}
    fn in_iface(&self, _: SymId) -> bool {
        false
    }
    fn set_in_iface(&mut self, _: SymId) {}
    fn use_in_iface(&mut self, _: SymId, _: SymId) {}
    fn mark_in_iface(&mut self, _: SymId, _: SymId) {}
    fn reflect(&mut self) {}
    fn iface_method(&mut self, _: SymId, _: i64) {}
    fn named_method(&mut self, _: SymId) {}
    fn method(&mut self, _: Method) {}
    fn nosplit(&mut self, _: SymId) {}
    fn defer_return(&mut self, _: SymId, _: i32) {}
    fn pkg_init(&mut self, _: SymId) {}
    fn type_name(&mut self, _: SymId, _: SymId) {}
    fn damage(&mut self, s: SymId, d: Damage) {
        self.0.get_or_insert((s, d));
    }
}
