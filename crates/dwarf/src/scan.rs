//! One walk over the relocations of a unit's functions finds all that they bring along; units are walked in
//! parallel (`ld/dwarf.go`: `dwarfVisitFunction`, `writedebugaddr`, `collectUnitLocs`).

use crate::DwarfError;
use crate::descriptor::symbol_data;
use crate::frames::is_top_frame;
use crate::imports::{Event, Imports};
use crate::lines::{self, Directories, FileTable};
use crate::names::Named;
use crate::section::Kind;
use crate::units::{Function, NO_SLOT, NOBODY, Piece, Unit, place_of, slot_width, table};
use goobj::prefetch::{prefetch, prefetch_lines};
use goobj::{PKG_NONE, SymRef};
use gover::{AuxType, R_WEAK, RelocType, SymKind};
use rustc_hash::{FxHashMap, FxHashSet};
use symbols::{AtomicBitSet, Contents, Def, Obj, SymId, Symbols, UnitId};
use target::ArchInfo;
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
    let mut unit = Unit::new(id);
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
    unit.imports = Imports::find(&sc.events, syms, opts.named, opts.looked_at);
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
