//! Making DIEs of types from type descriptors.
//!
//! The order in which types are defined is the order of their DIEs: a type comes when something first
//! refers to it, its own parts follow depth first (`ld/dwarf.go:defgotype`, `newtype`). Here that is a
//! stack of places that still lack a reference instead of recursion, because chains of types are long.

use crate::DwarfError;
use crate::abbrev::code;
use crate::ahead::{FAR, NEAR, expect};
use crate::descriptor::{Descriptor, decode_name, static_name, symbol_data, without_prefix};
use crate::die::{Child, DieRef, TypeDie};
use crate::names::{Named, Scratch};
use goobj::prefetch::{prefetch, prefetch_lines};
use gover::{FunctionResults, TFLAG_UNCOMMON, TypeKind};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::ops::Range;
use symbols::{BitSet, Def, SymId, Symbols};

const ATE_BOOLEAN: u8 = 0x02;
const ATE_COMPLEX_FLOAT: u8 = 0x03;
const ATE_FLOAT: u8 = 0x04;
const ATE_SIGNED: u8 = 0x05;
const ATE_UNSIGNED: u8 = 0x07;

/// A place that a reference is to be written to.
#[derive(Clone, Copy)]
enum Slot {
    Type(DieRef),
    Key(DieRef),
    Elem(DieRef),
    Child(u32),
    /// Of a child, for which the reference is to a pointer to the part.
    Pointer(u32),
}

/// A field whose name is still to be read.
#[derive(Clone, Copy)]
struct Unread {
    /// Number of the child.
    child: u32,
    /// The struct.
    of: SymId,
    /// The symbol that holds the name.
    name: SymId,
    /// The type of the field, whose name serves a field without.
    ty: SymId,
}

/// A type descriptor, and where what depends on the kind lies in it, bytes.
struct Described<'d> {
    gotype: SymId,
    kind: TypeKind,
    d: Descriptor<'d>,
    /// End of what all kinds have.
    common: usize,
    /// Where a function's parameters or a struct's fields begin.
    behind: usize,
    /// Length of a field of a struct.
    field_size: usize,
}

impl Described<'_> {
    /// Where its references to other types and to names lie.
    fn references(&self) -> Range<usize> {
        let Described {
            d, common, behind, ..
        } = self;
        let (common, behind) = (*common, *behind);
        match self.kind {
            TypeKind::Array | TypeKind::Pointer | TypeKind::Slice | TypeKind::Chan => {
                common..common + d.ptr
            }
            TypeKind::Map => common..common + 2 * d.ptr,
            TypeKind::Func => {
                let n = |off| d.u16(off).unwrap_or(0);
                let n_out = n(common + 2) & !VARIADIC;
                behind..behind + (usize::from(n(common)) + usize::from(n_out)) * d.ptr
            }
            TypeKind::Struct => {
                let n = d.word(common + 2 * d.ptr).unwrap_or(0) as usize;
                let len = n.saturating_mul(self.field_size);
                behind..behind.saturating_add(len).min(d.data.len())
            }
            _ => 0..0,
        }
    }
}

/// The mark of a variadic function, in the number of its results.
const VARIADIC: u16 = 1 << 15;

const TOO_SHORT: &str = "the descriptor is too short";

/// Abbreviation code and encoding of the DIEs of a kind of types.
fn form(kind: TypeKind) -> Option<(u8, u8)> {
    Some(match kind {
        TypeKind::Bool => (code::BASETYPE, ATE_BOOLEAN),
        TypeKind::Int | TypeKind::Int8 | TypeKind::Int16 | TypeKind::Int32 | TypeKind::Int64 => {
            (code::BASETYPE, ATE_SIGNED)
        }
        TypeKind::Uint
        | TypeKind::Uint8
        | TypeKind::Uint16
        | TypeKind::Uint32
        | TypeKind::Uint64
        | TypeKind::Uintptr => (code::BASETYPE, ATE_UNSIGNED),
        TypeKind::Float32 | TypeKind::Float64 => (code::BASETYPE, ATE_FLOAT),
        TypeKind::Complex64 | TypeKind::Complex128 => (code::BASETYPE, ATE_COMPLEX_FLOAT),
        TypeKind::Array => (code::ARRAYTYPE, 0),
        TypeKind::Chan => (code::CHANTYPE, 0),
        TypeKind::Func => (code::FUNCTYPE, 0),
        TypeKind::Interface => (code::IFACETYPE, 0),
        TypeKind::Map => (code::MAPTYPE, 0),
        TypeKind::Pointer => (code::PTRTYPE, 0),
        TypeKind::Slice => (code::SLICETYPE, 0),
        TypeKind::String => (code::STRINGTYPE, 0),
        TypeKind::Struct => (code::STRUCTTYPE, 0),
        TypeKind::UnsafePointer => (code::BARE_PTRTYPE, 0),
        TypeKind::Invalid => return None,
    })
}

/// All DIEs of types so far.
pub(crate) struct Types<'a> {
    pub(crate) syms: &'a Symbols,
    pub(crate) reachable: &'a BitSet,
    pub(crate) ptr_size: u8,
    /// The DIEs, in order.
    pub(crate) dies: Vec<TypeDie>,
    /// Children, those of one DIE together.
    pub(crate) children: Vec<Child>,
    pub(crate) named: &'a Named<'a>,
    /// By descriptor.
    of_symbol: FxHashMap<SymId, DieRef>,
    /// By name, those that no symbol describes.
    made_up: FxHashMap<&'static [u8], DieRef>,
    /// Fields whose names are still to be read.
    unread: Vec<Unread>,
    /// What has been copied of names.
    kept: Kept,
    /// For names.
    pub(crate) scratch: Scratch,
    pub(crate) uintptr: DieRef,
    eface: SymId,
    iface: SymId,
    work: Vec<(Slot, SymId)>,
    relocs: Vec<(i32, SymId)>,
}

/// DIEs, and children of them, that there is room for at first, for each type that has a name: a little more
/// than most programs need.
const DIES_PER_NAME: usize = 3;

/// And in any program.
const BUILT_IN: usize = 2048;

impl<'a> Types<'a> {
    /// The first DIEs: the unknown type and two types that others are made of, then those that
    /// debuggers need to look into interfaces. Of the live types `n_named` have a name.
    ///
    /// # Errors
    /// When the runtime lacks one of them.
    pub(crate) fn new(
        syms: &'a Symbols,
        reachable: &'a BitSet,
        ptr_size: u8,
        named: &'a Named<'a>,
        n_named: usize,
    ) -> Result<Types<'a>, DwarfError> {
        let room = DIES_PER_NAME * n_named + BUILT_IN;
        let mut t = Types {
            syms,
            reachable,
            ptr_size,
            dies: Vec::with_capacity(room),
            children: Vec::with_capacity(room),
            named,
            of_symbol: FxHashMap::with_capacity_and_hasher(2 * n_named, Default::default()),
            made_up: FxHashMap::default(),
            unread: Vec::new(),
            kept: Kept::default(),
            scratch: Scratch::new(),
            uintptr: DieRef::NONE,
            eface: SymId::NONE,
            iface: SymId::NONE,
            work: Vec::new(),
            relocs: Vec::new(),
        };
        t.eface = t.described(b"runtime.eface")?;
        t.iface = t.described(b"runtime.iface")?;
        t.push_named(TypeDie::new(code::NULLTYPE, b"<unspecified>"));
        let pointer = t.builtin(code::BARE_PTRTYPE, b"unsafe.Pointer")?;
        debug_assert_eq!(pointer, DieRef(1));
        t.uintptr = t.builtin(code::BASETYPE, b"uintptr")?;
        let d = &mut t.dies[t.uintptr.index()];
        d.encoding = ATE_UNSIGNED;
        d.byte_size = ptr_size.into();
        d.kind = TypeKind::Uintptr as u8;
        for name in syms.gover.dwarf_runtime_types {
            let s = t.described(without_prefix(name))?;
            t.define(s)?;
        }
        Ok(t)
    }

    fn builtin(&mut self, abbrev: u8, name: &'static [u8]) -> Result<DieRef, DwarfError> {
        let s = self.described(name)?;
        let mut d = TypeDie::new(abbrev, name);
        d.gotype = s;
        d.runtime_type = s;
        Ok(self.push_named(d))
    }

    /// The descriptor of the type called `name`, which must have one (`lookupOrDiag`).
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn described(&mut self, name: &[u8]) -> Result<SymId, DwarfError> {
        let missing = |data: &'static str| DwarfError::MissingType {
            name: String::from_utf8_lossy(name).into_owned(),
            what: data,
        };
        let s = self.named.described(name, &mut self.scratch);
        if s.is_none() {
            return Err(missing(""));
        }
        if self.syms.data(s).is_empty() {
            return Err(missing(" (no data)"));
        }
        Ok(s)
    }

    #[inline]
    fn push(&mut self, d: TypeDie) -> DieRef {
        let r = DieRef(self.dies.len() as u32);
        self.dies.push(d);
        r
    }

    /// Adds a DIE that is found by its descriptor from now on, or by its name if it has none.
    pub(crate) fn push_named(&mut self, d: TypeDie) -> DieRef {
        let (name, gotype) = (d.name, d.gotype);
        let r = self.push(d);
        self.enter(gotype, name, r);
        r
    }

    fn enter(&mut self, gotype: SymId, name: &'static [u8], r: DieRef) {
        if gotype.is_some() {
            self.of_symbol.insert(gotype, r);
        } else {
            self.made_up.insert(name, r);
        }
    }

    /// The DIE of the type that is called `name` and described by `gotype`, or by nothing, if there
    /// is one.
    pub(crate) fn find(&self, gotype: SymId, name: &[u8]) -> Option<DieRef> {
        if gotype.is_some() {
            self.of_symbol.get(&gotype).copied()
        } else {
            self.made_up.get(name).copied()
        }
    }

    /// The DIE behind a typedef.
    pub(crate) fn definition(&self, r: DieRef) -> DieRef {
        let d = &self.dies[r.index()];
        if d.abbrev == code::TYPEDECL { d.ty } else { r }
    }

    /// The DIE of the type that a symbol describes, made with all its parts if need be
    /// (`defgotype`). No symbol is the unknown type.
    ///
    /// # Errors
    /// Damaged descriptors.
    pub(crate) fn define(&mut self, gotype: SymId) -> Result<DieRef, DwarfError> {
        let r = self.refer(gotype)?;
        while let Some((slot, part)) = self.work.pop() {
            if let Some(&(_, next)) = self.work.last() {
                self.approach(next);
            }
            let behind = self.work.len();
            let p = self.refer(part)?;
            match slot {
                Slot::Type(d) => self.dies[d.index()].ty = p,
                Slot::Key(d) => self.dies[d.index()].key = p,
                Slot::Elem(d) => self.dies[d.index()].elem = p,
                Slot::Child(c) => self.children[c as usize].ty = p,
                // All that its type is made of comes before the pointer.
                Slot::Pointer(_) if self.work.len() > behind => {
                    self.work.insert(behind, (slot, part));
                }
                Slot::Pointer(c) => self.children[c as usize].ty = self.pointer_to(p),
            }
        }
        Ok(r)
    }

    /// The DIE of a type, whose parts may have yet to be worked on.
    fn refer(&mut self, gotype: SymId) -> Result<DieRef, DwarfError> {
        if gotype.is_none() {
            return Ok(DieRef::UNSPECIFIED);
        }
        if let Some(&r) = self.of_symbol.get(&gotype) {
            return Ok(r);
        }
        self.approach(gotype);
        let name = self.type_name(gotype)?;
        if self.syms.is_found_by_name(gotype) {
            let r = self.create(gotype, name)?;
            self.of_symbol.insert(gotype, r);
            return Ok(r);
        }
        // Types of one name are one type.
        let meant = self.named.described(name, &mut self.scratch);
        let r = match self.find(meant, name) {
            Some(r) => r,
            None => {
                let r = self.create(gotype, name)?;
                self.enter(meant, name, r);
                r
            }
        };
        self.of_symbol.insert(gotype, r);
        Ok(r)
    }

    /// Asks for the name and the contents of a symbol that will be wanted next.
    #[inline]
    pub(crate) fn approach(&self, s: SymId) {
        if s.is_none() {
            return;
        }
        match self.syms.def(s) {
            Def::Go(o, li) => {
                let o = &o.object;
                prefetch(o.name(o.sym(li)));
                prefetch_lines(o.data(li), 2);
                prefetch_lines(o.reloc_bytes(li), 4);
            }
            Def::Undefined(o, li) => prefetch(o.object.name(o.object.sym(li))),
            Def::Ext(_) => {}
        }
    }

    /// Whether the type that a symbol describes has its DIE.
    #[inline]
    pub(crate) fn is_defined(&self, s: SymId) -> bool {
        self.of_symbol.contains_key(&s)
    }

    fn bad(&self, gotype: SymId, what: &'static str) -> DwarfError {
        DwarfError::BadType {
            name: self.syms.name_lossy(gotype).into_owned(),
            what,
        }
    }

    /// The name of the type that a symbol describes.
    pub(crate) fn type_name(&self, gotype: SymId) -> Result<&'static [u8], DwarfError> {
        static_name(self.syms, gotype)
            .strip_prefix(b"type:")
            .filter(|n| !n.is_empty())
            .ok_or_else(|| self.bad(gotype, "the name doesn't start with \"type:\""))
    }

    /// Makes the DIE of a type, its typedef if it gets one, and its children; what these refer to is
    /// put on the work stack. Answers which DIE stands for the type.
    fn create(&mut self, gotype: SymId, name: &'static [u8]) -> Result<DieRef, DwarfError> {
        let syms = self.syms;
        let d = Descriptor {
            data: syms.data(gotype),
            ptr: self.ptr_size as usize,
        };
        let bad = |t: &Self, what| Err(t.bad(gotype, what));
        let lay = &syms.gover.type_layout;
        let kind = d.u8(lay.kind_offset(d.ptr)).and_then(|k| lay.kind(k));
        let Some((kind, (abbrev, encoding))) = kind.and_then(|k| Some((k, form(k)?))) else {
            return bad(self, "definition of unknown kind");
        };
        let (Some(size), Some(flags)) = (d.word(lay.size_offset()), d.u8(lay.tflag_offset(d.ptr)))
        else {
            return bad(self, TOO_SHORT);
        };
        let name = self.kept.copy(name);
        let mut die = TypeDie::new(abbrev, name);
        die.kind = kind as u8;
        die.encoding = encoding;
        die.byte_size = size;
        die.gotype = gotype;
        if self.reachable.has(gotype) {
            die.runtime_type = gotype;
        }
        die.first_child = self.children.len() as u32;
        let r = self.push(die);
        let composite = matches!(
            kind,
            TypeKind::Array
                | TypeKind::Func
                | TypeKind::Interface
                | TypeKind::Pointer
                | TypeKind::Slice
                | TypeKind::Struct
        );
        // References go to the typedef, so that debuggers see its name and get along with cycles.
        let stands_for = if composite && has_typedef(name) {
            let mut t = TypeDie::new(code::TYPEDECL, name);
            t.ty = r;
            self.push(t)
        } else {
            r
        };

        let uncommon = if flags & TFLAG_UNCOMMON != 0 {
            lay.uncommon_size()
        } else {
            0
        };
        let described = Described {
            gotype,
            kind,
            d,
            common: lay.common_size(d.ptr),
            behind: lay.uncommon_offset(kind, d.ptr) + uncommon,
            field_size: lay.struct_field_size(d.ptr),
        };
        self.find_targets(gotype, described.references());
        let first = self.work.len();
        self.add_parts(r, &described)?;
        for &(_, part) in &self.work[first..] {
            expect(syms, part);
        }
        // What is taken from the end of the stack must be the first part.
        self.work[first..].reverse();
        let end = self.children.len() as u32;
        let die = &mut self.dies[r.index()];
        die.n_children = end - die.first_child;
        Ok(stands_for)
    }

    /// Puts what the DIE of a type and its children refer to on the work stack, in order.
    fn add_parts(&mut self, r: DieRef, of: &Described) -> Result<(), DwarfError> {
        let Described { d, common, .. } = of;
        let (common, ptr) = (*common, d.ptr);
        match of.kind {
            TypeKind::Array => {
                let len = d.word(common + 2 * ptr);
                let len = len.ok_or_else(|| self.bad(of.gotype, TOO_SHORT))?;
                let range = self.push_child(b"", len, code::ARRAYRANGE);
                self.children[range as usize].ty = self.uintptr;
                let elem = self.target(common);
                self.work.push((Slot::Type(r), elem));
            }
            TypeKind::Pointer => {
                let elem = self.target(common);
                self.work.push((Slot::Type(r), elem));
            }
            TypeKind::Slice | TypeKind::Chan => {
                let elem = self.target(common);
                self.work.push((Slot::Elem(r), elem));
            }
            TypeKind::Map => {
                let (key, elem) = (self.target(common), self.target(common + ptr));
                self.work.push((Slot::Key(r), key));
                self.work.push((Slot::Elem(r), elem));
            }
            TypeKind::Interface => {
                let methods = d.word(common + 2 * ptr);
                let methods = methods.ok_or_else(|| self.bad(of.gotype, TOO_SHORT))?;
                let s = if methods == 0 { self.eface } else { self.iface };
                self.work.push((Slot::Type(r), s));
            }
            TypeKind::Func => self.add_parameters(of)?,
            TypeKind::Struct => self.add_fields(of)?,
            _ => {}
        }
        Ok(())
    }

    /// Adds the parameters of a function type, results last.
    fn add_parameters(&mut self, of: &Described) -> Result<(), DwarfError> {
        let d = &of.d;
        let (Some(n_in), Some(n_out)) = (d.u16(of.common), d.u16(of.common + 2)) else {
            return Err(self.bad(of.gotype, TOO_SHORT));
        };
        let (variadic, n_out) = (n_out & VARIADIC != 0, n_out & !VARIADIC);
        for i in 0..usize::from(n_in) + usize::from(n_out) {
            let is_out = i >= usize::from(n_in);
            if i == usize::from(n_in) && variadic {
                self.push_child(b"", 0, code::DOTDOTDOT);
            }
            let part = self.target(of.behind + i * d.ptr);
            if part.is_none() {
                return Err(self.bad(of.gotype, "a parameter without type"));
            }
            let results = self.syms.gover.function_results;
            let (abbrev, slot): (_, fn(u32) -> Slot) = match (is_out, results) {
                (true, FunctionResults::Own) => (code::FUNCTYPEOUTPARAM, Slot::Child),
                (true, FunctionResults::Pointers) => (code::FUNCTYPEPARAM, Slot::Pointer),
                (false, _) => (code::FUNCTYPEPARAM, Slot::Child),
            };
            let c = self.push_child(b"", 0, abbrev);
            self.work.push((slot(c), part));
        }
        if variadic && n_out == 0 {
            self.push_child(b"", 0, code::DOTDOTDOT);
        }
        Ok(())
    }

    /// Adds the fields of a struct, whose names are still to be read.
    fn add_fields(&mut self, of: &Described) -> Result<(), DwarfError> {
        let d = &of.d;
        let n = d.word(of.common + 2 * d.ptr);
        let room = d.data.len().saturating_sub(of.behind) / of.field_size;
        let Some(n) = n.filter(|&n| n <= room as u64) else {
            return Err(self.bad(of.gotype, TOO_SHORT));
        };
        for i in 0..n as usize {
            let at = of.behind + i * of.field_size;
            let (name, part) = (self.target(at), self.target(at + d.ptr));
            // cmd/link keeps 32 bits of the offset, with sign.
            let offset = d.word(at + 2 * d.ptr).unwrap_or(0) as i32;
            let c = self.push_child(b"", i64::from(offset) as u64, code::STRUCTFIELD);
            self.unread.push(Unread {
                child: c,
                of: of.gotype,
                name,
                ty: part,
            });
            self.work.push((Slot::Child(c), part));
        }
        Ok(())
    }

    pub(crate) fn push_child(&mut self, name: &'static [u8], value: u64, abbrev: u8) -> u32 {
        self.children.push(Child {
            name,
            value,
            ty: DieRef::NONE,
            abbrev,
            embedded: false,
        });
        self.children.len() as u32 - 1
    }

    /// Finds what the words of a descriptor at offsets `within` refer to, for [`Types::target`].
    fn find_targets(&mut self, gotype: SymId, within: Range<usize>) {
        let syms = self.syms;
        self.relocs.clear();
        if within.is_empty() {
            return;
        }
        let is_within = |off: i32| usize::try_from(off).is_ok_and(|off| within.contains(&off));
        match syms.def(gotype) {
            Def::Go(o, li) => {
                let relocs = o.object.relocs(li).filter(|r| is_within(r.off()));
                self.relocs
                    .extend(relocs.map(|r| (r.off(), syms.resolve_ref(o, r.sym()))));
            }
            Def::Ext(e) => {
                let relocs = e.relocs.iter().filter(|r| is_within(r.off));
                self.relocs.extend(relocs.map(|r| (r.off, r.sym)));
            }
            Def::Undefined(..) => {}
        }
        // Of several at one offset the first counts.
        if !self.relocs.is_sorted_by_key(|r| r.0) {
            self.relocs.sort_by_key(|r| r.0);
        }
    }

    /// Reads the names of fields that have none so far. They are needed late and lie in other objects
    /// than the types.
    ///
    /// # Errors
    /// Damaged names.
    pub(crate) fn read_names(&mut self) -> Result<(), DwarfError> {
        /// Names that one task reads.
        const CHUNK: usize = 512;
        let unread = std::mem::take(&mut self.unread);
        let syms = self.syms;
        let read: Vec<Vec<_>> = unread
            .par_chunks(CHUNK)
            .map(|some| {
                let name = |(i, u): (usize, &Unread)| {
                    if let Some(next) = some.get(i + FAR) {
                        expect(syms, next.name);
                    }
                    if let Some(next) = some.get(i + NEAR) {
                        prefetch(symbol_data(syms, next.name).unwrap_or_default());
                    }
                    decode_name(syms, u.name)
                };
                some.iter().enumerate().map(name).collect()
            })
            .collect();
        for (u, name) in unread.iter().zip(read.into_iter().flatten()) {
            let Some((mut name, embedded)) = name else {
                return Err(self.bad(u.of, "a damaged field name"));
            };
            if name.is_empty() {
                if u.ty.is_none() {
                    return Err(self.bad(u.of, "a field without name and type"));
                }
                name = self.type_name(u.ty)?;
            }
            let c = &mut self.children[u.child as usize];
            (c.name, c.embedded) = (name, embedded);
        }
        Ok(())
    }

    /// The symbol that the word at `off` of the current descriptor refers to (`decodeRelocSym`).
    fn target(&self, off: usize) -> SymId {
        let at = self.relocs.partition_point(|r| (r.0 as i64) < off as i64);
        self.relocs
            .get(at)
            .filter(|r| r.0 as i64 == off as i64)
            .map_or(SymId::NONE, |r| r.1)
    }

    /// Size of a value of the type that a symbol describes, bytes.
    pub(crate) fn value_size(&self, gotype: SymId) -> u64 {
        let d = Descriptor {
            data: self.syms.data(gotype),
            ptr: self.ptr_size as usize,
        };
        let at = self.syms.gover.type_layout.size_offset();
        d.word(at).unwrap_or_default()
    }

    /// The symbol that word `n` behind the common part of a descriptor refers to.
    pub(crate) fn word_target(&mut self, gotype: SymId, n: usize) -> SymId {
        let ptr = self.ptr_size as usize;
        let off = self.syms.gover.type_layout.common_size(ptr) + n * ptr;
        self.syms
            .relocs(gotype)
            .find(|r| r.off as i64 == off as i64)
            .map_or(SymId::NONE, |r| r.sym)
    }
}

/// Whether a type gets a typedef under its name: those that have a real one (`dotypedef`).
fn has_typedef(name: &[u8]) -> bool {
    let literal: [&[u8]; 6] = [
        b"map[",
        b"struct {",
        b"noalg.struct {",
        b"chan ",
        b"[",
        b"*",
    ];
    !literal.iter().any(|l| name.starts_with(l))
}

/// Copies of names, which live until the end. DIEs are written long after they are made: the names they
/// have in objects, each in another place, would all have to be brought back into memory for that.
#[derive(Default)]
struct Kept {
    /// What is left of the block that is being filled.
    rest: &'static mut [u8],
}

impl Kept {
    /// Bytes of a block.
    const BLOCK: usize = 64 << 10;

    /// Copies a name.
    fn copy(&mut self, name: &[u8]) -> &'static [u8] {
        if self.rest.len() < name.len() {
            self.rest = vec![0; Kept::BLOCK.max(name.len())].leak();
        }
        let (copy, rest) = std::mem::take(&mut self.rest).split_at_mut(name.len());
        self.rest = rest;
        copy.copy_from_slice(name);
        copy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_of_names_stay_as_others_are_made() {
        let mut kept = Kept::default();
        let name = |i: usize| vec![i as u8; i * i % 3000];
        let copies: Vec<&[u8]> = (0..200).map(|i| kept.copy(&name(i))).collect();
        let large = vec![7; Kept::BLOCK + 1];
        assert_eq!(kept.copy(&large), large);
        for (i, copy) in copies.iter().enumerate() {
            assert_eq!(*copy, name(i));
        }
    }

    #[test]
    fn only_real_names_get_typedefs() {
        for n in [
            "main.T",
            "func(int)",
            "interface {}",
            "maps.Map[go.shape.int]",
        ] {
            assert!(has_typedef(n.as_bytes()), "{n}");
        }
        for n in [
            "[]int",
            "*T",
            "map[int]int",
            "struct { x int }",
            "noalg.struct {}",
            "chan int",
        ] {
            assert!(!has_typedef(n.as_bytes()), "{n}");
        }
    }
}
