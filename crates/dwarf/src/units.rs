//! What each compilation unit brings along: the compiler's DWARF symbols of its functions, what these
//! refer to, and the unit's slots in `.debug_addr`.
//!
//! One walk over the relocations of a unit's functions finds everything; units are walked in parallel
//! (`ld/dwarf.go`: `dwarfVisitFunction`, `writedebugaddr`, `collectUnitLocs`).

use crate::DwarfError;
use crate::frames::{StackTable, is_top_frame};
use crate::imports::Imports;
use crate::lines::{self, Directories, FileTable};
use crate::names::Named;
use crate::plan::Kind;
use crate::types::symbol_data;
use goobj::prefetch::{prefetch, prefetch_lines};
use goobj::{Object, PKG_NONE, SymRef};
use gover::{AuxType, R_WEAK, RelocType, SymKind};
use rustc_hash::{FxHashMap, FxHashSet};
use symbols::{AtomicBitSet, Contents, Def, Obj, SymId, Symbols, UnitId};
use target::ArchInfo;

/// A symbol that belongs to a function, in the object of the function's unit.
#[derive(Clone, Copy)]
pub(crate) struct Piece {
    /// Its local index; [`Piece::NONE`] has none.
    pub li: u32,
    /// Its size, bytes.
    pub size: u32,
}

impl Piece {
    /// No symbol.
    pub(crate) const NONE: Piece = Piece { li: !0, size: 0 };

    /// Whether there is a symbol.
    #[inline]
    pub(crate) fn is_some(self) -> bool {
        self.li != !0
    }
}

/// The DWARF symbols of a function.
#[derive(Clone, Copy)]
pub(crate) struct Function {
    /// The function.
    pub sym: SymId,
    /// Its subprogram DIE.
    pub info: Piece,
    /// Its location lists, if the DIE refers to them.
    pub loc: Piece,
    /// Its range list.
    pub ranges: Piece,
    /// Its line program.
    pub lines: Piece,
    /// Its slot in the unit's part of `.debug_addr`; [`NO_SLOT`] without.
    pub slot: u32,
    /// Where its table of stack pointer deltas lies in its object, as [`Object::data_range`] gives it;
    /// empty without. The table is found by content, so that the occurrence in the function's object
    /// will do.
    pub pcsp: (u32, u32),
    /// Its length, bytes.
    pub size: u32,
    /// Length of its entry in `.debug_frame`, bytes; 0 for functions without information.
    pub frame: u32,
    /// Whether nobody called it.
    pub top_frame: bool,
}

/// A reference that no object makes.
pub(crate) const NOBODY: SymRef = SymRef {
    pkg: u32::MAX,
    idx: u32::MAX,
};

/// No slot.
pub(crate) const NO_SLOT: u32 = !0;

/// Something that a function's DIE refers to.
#[derive(Clone, Copy)]
pub(crate) enum Event {
    /// A type that is used although nothing says so in DWARF.
    UseType(SymId),
    /// The DIE of a type, by its name.
    Type(SymId),
    /// An abstract function.
    Abstract(SymId),
}

/// One compilation unit.
pub(crate) struct Unit {
    /// The unit.
    pub id: UnitId,
    /// Its functions, in order.
    pub functions: Vec<Function>,
    /// The contents of its functions' pieces, by section: each is filled at another time.
    contents: [Vec<Contents>; 4],
    /// What its functions refer to, by first reference; taken away once it is worked off.
    pub events: Vec<Event>,
    /// What abstract functions refer to, as far as it was this unit that looked.
    pub imports: Imports,
    /// What its functions' DIEs refer to by name, by index among the object's references by name.
    pub by_name: Vec<u32>,
    /// Bytes of its functions' DIEs that are not data.
    pub info_padding: u64,
    /// The functions that own its slots in `.debug_addr`.
    pub slots: Vec<SymId>,
    /// The slot of its first function.
    pub base_slot: u32,
    /// The header of its line program; empty for units without functions.
    pub line_header: Vec<u8>,
    /// Where GDB's script lies, if this unit shows it.
    pub gdb_script: Option<Vec<u8>>,
    /// The abstract functions that it was the first to refer to.
    pub abstracts: Vec<SymId>,
    /// The DIEs of its variables.
    pub variables: Vec<SymId>,
    /// The constants of its package.
    pub constants: SymId,
    /// The flags it was compiled with, as the compiler notes them.
    pub flags: &'static [u8],
    /// `producer`.
    pub producer: Vec<u8>,
    /// Name of the package as the source has it.
    pub package_name: &'static [u8],
}

impl Function {
    fn new(sym: SymId) -> Function {
        Function {
            sym,
            info: Piece::NONE,
            loc: Piece::NONE,
            ranges: Piece::NONE,
            lines: Piece::NONE,
            slot: NO_SLOT,
            pcsp: (0, 0),
            size: 0,
            frame: 0,
            top_frame: false,
        }
    }

    /// What it has in a section.
    pub(crate) fn piece(&self, section: Kind) -> Piece {
        match section {
            Kind::Line => self.lines,
            Kind::Loc => self.loc,
            Kind::Ranges => self.ranges,
            _ => self.info,
        }
    }

    /// A function that has a frame, but no DIE; `None` without what frames are made from.
    pub(crate) fn without_die(syms: &Symbols, sym: SymId, arch: &ArchInfo) -> Option<Function> {
        let (o, li) = syms.origin(sym)?;
        let aux = |typ| {
            let mut auxs = o.object.auxs(li);
            let found = auxs.find(|a| syms.gover.aux_type(a.typ) == Some(typ));
            found.map(|a| a.sym)
        };
        let info = syms.resolve_ref(o, aux(AuxType::FuncInfo)?);
        let own = |r: SymRef| o.object.local(r).filter(|&li| li < o.object.n_alldef());
        let mut f = Function {
            pcsp: aux(AuxType::Pcsp)
                .and_then(own)
                .map_or((0, 0), |li| table(&o.object, li)),
            size: u32::try_from(syms.data(sym).len()).ok()?,
            top_frame: arch.has_link_register && is_top_frame(syms.data(info)),
            ..Function::new(sym)
        };
        f.frame = f.stack_table(&o.object).entry_size(arch)?;
        Some(f)
    }

    /// What its frame is made from. `o`: the object of its unit.
    pub(crate) fn stack_table<'a>(&self, o: &Object<'a>) -> StackTable<'a> {
        StackTable {
            pcsp: o.data_at(self.pcsp.0..self.pcsp.1),
            size: self.size.into(),
            top_frame: self.top_frame,
        }
    }
}

/// [`Function::pcsp`] of a local symbol.
fn table(o: &Object, li: u32) -> (u32, u32) {
    let r = o.data_range(li);
    (r.start, r.end)
}

/// The place of a section among those of [`Unit::contents`].
fn place_of(kind: Kind) -> usize {
    match kind {
        Kind::Line => 0,
        Kind::Loc => 1,
        Kind::Ranges => 2,
        _ => 3,
    }
}

impl Unit {
    /// What function number `k` has in a section.
    #[inline]
    pub(crate) fn contents(&self, kind: Kind, k: u32) -> &Contents {
        &self.contents[place_of(kind)][k as usize]
    }

    /// The first function, if there is one.
    pub(crate) fn base(&self) -> SymId {
        self.functions.first().map_or(SymId::NONE, |f| f.sym)
    }
    /// Whether the unit has no functions.
    pub(crate) fn is_textless(&self) -> bool {
        self.functions.is_empty()
    }
}

/// What the walk needs to know.
#[derive(Clone, Copy)]
pub(crate) struct ScanOptions<'a> {
    pub syms: &'a Symbols,
    pub arch: &'a ArchInfo,
    pub dwarf5: bool,
    pub go_version: &'a str,
    pub named: &'a Named<'a>,
    /// Abstract functions that some unit has looked at.
    pub looked_at: &'a AtomicBitSet,
}

/// The bytes that a reference to a slot takes, for the relocations that are one.
#[inline]
pub(crate) fn slot_width(t: RelocType) -> Option<u8> {
    match t {
        RelocType::DwTxtAddrU1 => Some(1),
        RelocType::DwTxtAddrU2 => Some(2),
        RelocType::DwTxtAddrU3 => Some(3),
        RelocType::DwTxtAddrU4 => Some(4),
        _ => None,
    }
}

/// Functions that are looked at together. Their records are scattered; what is independent is read
/// function after function, so that the processor waits for many of them at the same time.
const TOGETHER: usize = 16;

/// Lines of a function's relocations that are asked for ahead; more than most have.
const PREFETCHED_LINES: usize = 12;

struct Scan<'a> {
    opts: ScanOptions<'a>,
    id: UnitId,
    obj: &'a Obj,
    /// The references by name that have been seen, by index.
    seen: Vec<bool>,
    /// What else has been seen.
    seen_others: FxHashSet<SymId>,
    events: Vec<Event>,
    /// [`Unit::by_name`].
    by_name: Vec<u32>,
    slots: Vec<SymId>,
    slot_of: FxHashMap<SymId, u32>,
    /// [`Unit::contents`].
    contents: [Vec<Contents>; 4],
    /// [`Unit::info_padding`].
    info_padding: u64,
    /// Bytes of the line programs.
    program: u64,
}

/// What is not kept of a function.
#[derive(Clone, Copy)]
struct Found {
    /// The function in the object.
    li: u32,
    /// Length of its code, bytes.
    len: usize,
    /// What the compiler says of it, in the object.
    func_info: u32,
    /// Its table of stack pointer deltas, in the object.
    pcsp: u32,
    /// Its location lists, referred to or not.
    loc: Piece,
}

/// Walks the functions of a unit.
///
/// # Errors
/// DWARF symbols of the wrong kind, and references to functions of other units.
pub(crate) fn scan<'a>(
    opts: ScanOptions<'a>,
    id: UnitId,
    textp: &[SymId],
    directories: &mut Directories<'a>,
) -> Result<Unit, DwarfError> {
    let syms = opts.syms;
    let mut unit = Unit {
        id,
        functions: Vec::new(),
        contents: Default::default(),
        events: Vec::new(),
        imports: Imports::default(),
        by_name: Vec::new(),
        info_padding: 0,
        slots: Vec::new(),
        base_slot: 0,
        line_header: Vec::new(),
        gdb_script: None,
        abstracts: Vec::new(),
        variables: Vec::new(),
        constants: SymId::NONE,
        flags: b"",
        producer: Vec::new(),
        package_name: b"",
    };
    let pkg = &syms.libs[syms.units[id.index()].lib.index()].pkg;
    let notes = [
        "go:constinfo.",
        "go:cuinfo.producer.",
        "go:cuinfo.packagename.",
    ];
    let [constants, flags, package_name] = opts.named.notes(notes, pkg);
    unit.constants = constants;
    unit.flags = symbol_data(syms, flags).unwrap_or_default();
    unit.package_name = symbol_data(syms, package_name).unwrap_or_default();
    unit.producer = format!("Go cmd/compile {}", opts.go_version).into_bytes();
    if !unit.flags.is_empty() {
        unit.producer.extend_from_slice(b"; ");
        unit.producer.extend_from_slice(unit.flags);
    }
    // Only units of Go objects have functions.
    let Some(obj) = syms.unit_obj(id).filter(|_| !textp.is_empty()) else {
        return Ok(unit);
    };
    let o = &obj.object;
    let mut sc = Scan {
        opts,
        id,
        obj,
        seen: vec![false; (o.n_nonpkg_def() + o.n_nonpkg_ref()) as usize],
        seen_others: FxHashSet::default(),
        events: Vec::new(),
        by_name: Vec::new(),
        slots: Vec::new(),
        slot_of: FxHashMap::default(),
        contents: std::array::from_fn(|_| Vec::with_capacity(textp.len())),
        info_padding: 0,
        program: 0,
    };
    let mut functions = Vec::with_capacity(textp.len());
    for some in textp.chunks(TOGETHER) {
        sc.functions(some, &mut functions)?;
    }
    if opts.dwarf5
        && let Some(f) = functions.first_mut()
    {
        unit.base_slot = sc.slot(f.sym, f.sym, 4)?;
        f.slot = unit.base_slot;
        // Others may have referred to a function that did not itself.
        for f in functions.iter_mut().filter(|f| f.slot == NO_SLOT) {
            f.slot = sc.slot_of.get(&f.sym).copied().unwrap_or(NO_SLOT);
        }
    }
    let files;
    (files, unit.gdb_script) = FileTable::new(
        obj.files.iter().map(|&id| syms.source_files.name(id)),
        directories,
        id.0 + 1,
        opts.dwarf5,
        syms.libs[obj.lib.index()].pkg == "runtime",
    );
    unit.line_header = lines::header(&files, sc.program, opts.arch.ptr_size);
    unit.functions = functions;
    unit.imports = Imports::find(&sc.events, opts);
    unit.contents = sc.contents;
    unit.events = sc.events;
    unit.by_name = sc.by_name;
    unit.slots = sc.slots;
    unit.info_padding = sc.info_padding;
    Ok(unit)
}

impl Scan<'_> {
    fn bad(&self, s: SymId, what: &'static str) -> DwarfError {
        DwarfError::BadFunction {
            function: self.opts.syms.name_lossy(s).into_owned(),
            what,
        }
    }

    /// Walks some functions, at most [`TOGETHER`], and appends what it finds of them.
    fn functions(&mut self, some: &[SymId], to: &mut Vec<Function>) -> Result<(), DwarfError> {
        let syms = self.opts.syms;
        let o = &self.obj.object;
        let start = to.len();
        let mut found = [Found {
            li: !0,
            len: 0,
            func_info: !0,
            pcsp: !0,
            loc: Piece::NONE,
        }; TOGETHER];
        for (&s, x) in some.iter().zip(&mut found) {
            to.push(Function::new(s));
            // The DWARF of a function that the linker has taken over is what the object says.
            if let Some((_, li)) = syms.origin(s) {
                x.li = li;
                o.places(li).into_iter().for_each(prefetch);
            }
        }
        let functions = &mut to[start..];
        for x in found.iter().filter(|x| x.li != !0) {
            prefetch_lines(o.aux_bytes(x.li), 2);
        }
        for (f, x) in functions.iter_mut().zip(&mut found) {
            if x.li != !0 {
                self.auxs(f, x)?;
            }
        }
        for (f, x) in functions.iter_mut().zip(&mut found) {
            self.measure(f, x)?;
        }
        for (f, x) in functions.iter_mut().zip(&found) {
            if x.func_info != !0 {
                f.size = u32::try_from(x.len).map_err(|_| self.bad(f.sym, "too long"))?;
                f.top_frame = self.opts.arch.has_link_register && is_top_frame(o.data(x.func_info));
                f.frame = f
                    .stack_table(o)
                    .entry_size(self.opts.arch)
                    .ok_or_else(|| self.bad(f.sym, "damaged table of stack pointer deltas"))?;
            }
            if f.info.is_some() {
                self.info(f, x)?;
                if self.opts.dwarf5 {
                    self.list(f, x, f.ranges)?;
                    self.list(f, x, x.loc)?;
                }
            }
        }
        Ok(())
    }

    /// Finds what belongs to a function.
    fn auxs(&self, f: &mut Function, x: &mut Found) -> Result<(), DwarfError> {
        let (syms, o) = (self.opts.syms, &self.obj.object);
        for a in o.auxs(x.li) {
            let typ = syms.gover.aux_type(a.typ);
            let place = match typ {
                Some(AuxType::FuncInfo) if x.func_info == !0 => &mut x.func_info,
                Some(AuxType::Pcsp) => &mut x.pcsp,
                Some(AuxType::DwarfInfo) => &mut f.info.li,
                Some(AuxType::DwarfLoc) => &mut x.loc.li,
                Some(AuxType::DwarfRanges) => &mut f.ranges.li,
                Some(AuxType::DwarfLines) => &mut f.lines.li,
                _ => continue,
            };
            // They have no names or are found by content, so that they are here.
            *place = o
                .local(a.sym)
                .filter(|&li| li < o.n_alldef())
                .ok_or_else(|| self.bad(f.sym, "an auxiliary symbol of another object"))?;
        }
        // The four DWARF symbols come one after another, as a rule.
        for li in [f.info.li, x.pcsp] {
            if li != !0 {
                o.places(li).into_iter().for_each(prefetch);
            }
        }
        Ok(())
    }

    /// Notes the sizes of what belongs to a function.
    fn measure(&mut self, f: &mut Function, x: &mut Found) -> Result<(), DwarfError> {
        let (syms, o) = (self.opts.syms, &self.obj.object);
        if x.func_info != !0 {
            x.len = match syms.def(f.sym) {
                Def::Ext(e) => e.data.len(),
                _ => o.data_len(x.li) as usize,
            };
        }
        let pieces = [
            (&mut f.info, Kind::Info, SymKind::DwarfFcn),
            (&mut x.loc, Kind::Loc, SymKind::DwarfLoc),
            (&mut f.ranges, Kind::Ranges, SymKind::DwarfRange),
            (&mut f.lines, Kind::Line, SymKind::DwarfLines),
        ];
        for (p, section, kind) in pieces {
            let contents = &mut self.contents[place_of(section)];
            if !p.is_some() {
                contents.push(Contents::default());
                continue;
            }
            let d = o.sym(p.li);
            if syms.gover.sym_kind(d.kind()) != Some(kind) {
                return Err(self.bad(f.sym, "a DWARF symbol of the wrong kind"));
            }
            p.size = d.size();
            let c = Contents::of(o, p.li);
            prefetch_lines(c.relocs(o), PREFETCHED_LINES);
            contents.push(c);
        }
        if f.info.is_some() {
            let data = o.data_len(f.info.li);
            self.info_padding = self
                .info_padding
                .wrapping_add(u64::from(f.info.size))
                .wrapping_sub(data.into());
        }
        if f.lines.is_some() {
            self.program += u64::from(o.data_len(f.lines.li));
        }
        if x.pcsp != !0 {
            f.pcsp = table(o, x.pcsp);
            prefetch(f.stack_table(o).pcsp);
        }
        Ok(())
    }

    /// Walks what a subprogram DIE refers to.
    fn info(&mut self, f: &mut Function, x: &Found) -> Result<(), DwarfError> {
        let syms = self.opts.syms;
        let o = &self.obj.object;
        let mut last = NOBODY;
        for r in o.relocs(f.info.li) {
            let to = r.sym();
            // Variables of one inlined function come together.
            if to == last {
                continue;
            }
            let typ = syms.gover.reloc_type(r.typ() & !R_WEAK);
            let typ = typ.unwrap_or(RelocType::Invalid);
            let local = o.local(to);
            let is = |p: Piece| p.is_some() && local == Some(p.li);
            match typ {
                RelocType::DwarfSecRef => {
                    if is(x.loc) {
                        f.loc = x.loc;
                    } else if !is(f.ranges) && !is(f.info) {
                        last = to;
                        self.refer(to, false);
                    }
                }
                RelocType::UseType => self.refer(to, true),
                _ => self.reference(f, x, typ, to)?,
            }
        }
        Ok(())
    }

    /// Notes a reference to a type or an abstract function, the first time it occurs.
    #[inline]
    fn refer(&mut self, to: SymRef, use_type: bool) {
        let by_name = to.pkg == PKG_NONE;
        if by_name {
            match self.seen.get_mut(to.idx as usize) {
                Some(seen) if !*seen => *seen = true,
                _ => return,
            }
            if !use_type {
                self.by_name.push(to.idx);
            }
        }
        self.refer_first(to, by_name, use_type);
    }

    fn refer_first(&mut self, to: SymRef, by_name: bool, use_type: bool) {
        let syms = self.opts.syms;
        let refs = syms.def_end()..syms.ext_start();
        let to = syms.resolve_ref(self.obj, to);
        if !by_name && !self.seen_others.insert(to) {
            return;
        }
        let event = if use_type {
            if to.is_none() {
                return;
            }
            Event::UseType(to)
        } else if refs.contains(&to.0) {
            Event::Type(to)
        } else {
            match syms.kind(to) {
                SymKind::DwarfAbsFcn => Event::Abstract(to),
                SymKind::DwarfType | SymKind::Xxx => Event::Type(to),
                _ => return,
            }
        };
        self.events.push(event);
    }

    /// Walks what lists of a function refer to.
    fn list(&mut self, f: &mut Function, x: &Found, list: Piece) -> Result<(), DwarfError> {
        if !list.is_some() {
            return Ok(());
        }
        let mut last = NOBODY;
        for r in self.obj.object.relocs(list.li) {
            // All of them, as a rule.
            if r.sym() == last {
                continue;
            }
            last = r.sym();
            let typ = self.opts.syms.gover.reloc_type(r.typ() & !R_WEAK);
            self.reference(f, x, typ.unwrap_or(RelocType::Invalid), last)?;
        }
        Ok(())
    }

    /// Notes a reference to a slot.
    #[inline]
    fn reference(
        &mut self,
        f: &mut Function,
        x: &Found,
        t: RelocType,
        to: SymRef,
    ) -> Result<(), DwarfError> {
        let Some(width) = slot_width(t) else {
            return Ok(());
        };
        let own = self.obj.object.local(to) == Some(x.li);
        if !self.opts.dwarf5 || (own && f.slot != NO_SLOT) {
            return Ok(());
        }
        let to = self.opts.syms.resolve_ref(self.obj, to);
        let slot = self.slot(f.sym, to, width)?;
        if to == f.sym {
            f.slot = slot;
        }
        Ok(())
    }

    /// The slot of function `to`, made if need be (`assignDebugAddrSlot`).
    fn slot(&mut self, from: SymId, to: SymId, width: u8) -> Result<u32, DwarfError> {
        if let Some(&slot) = self.slot_of.get(&to) {
            return Ok(slot);
        }
        let syms = self.opts.syms;
        // As a rule a function of this object: of which it has a list, whose definitions may lie far apart.
        let is_text = match syms.def(to) {
            Def::Go(o, li) if std::ptr::eq(o, self.obj) => o.texts.binary_search(&li).is_ok(),
            _ => to.is_some() && syms.kind(to).is_text(),
        };
        if !is_text {
            return Err(self.bad(from, "its DWARF refers to the address of something else"));
        }
        if syms.unit(to) != Some(self.id) {
            return Err(self.bad(from, "its DWARF refers to another unit's function"));
        }
        let slot = self.slots.len() as u32;
        if slot >= 1 << (7 * u32::from(width)) {
            return Err(self.bad(from, "its DWARF has no room for an index"));
        }
        self.slots.push(to);
        self.slot_of.insert(to, slot);
        Ok(slot)
    }
}
