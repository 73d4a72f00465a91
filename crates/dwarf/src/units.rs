//! What each compilation unit brings along: the compiler's DWARF symbols of its functions, what these
//! refer to, and the unit's slots in `.debug_addr`.
//!
//! One walk over the relocations of a unit's functions finds everything; units are walked in parallel
//! (`ld/dwarf.go`: `dwarfVisitFunction`, `writedebugaddr`, `collectUnitLocs`).

use crate::DwarfError;
use crate::frames::{StackTable, is_top_frame};
use crate::lines::{self, FileTable};
use crate::paths::Goroot;
use goobj::{RawReloc, SymRef};
use gover::{AuxType, R_WEAK, RelocType, SymKind};
use rustc_hash::FxHashMap;
use symbols::{BitSet, DwarfAuxs, SymId, Symbols, UnitId};
use target::ArchInfo;

/// The DWARF symbols of a function.
#[derive(Clone, Copy, Default)]
pub(crate) struct Function {
    /// The function.
    pub sym: SymId,
    /// Its subprogram DIE.
    pub info: SymId,
    /// Its location lists, if the DIE refers to them.
    pub loc: SymId,
    /// Its range list.
    pub ranges: SymId,
    /// Its line program.
    pub lines: SymId,
    /// Its slot in the unit's part of `.debug_addr`; [`NO_SLOT`] without.
    pub slot: u32,
    /// Its table of stack pointer deltas.
    pub pcsp: SymId,
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
    /// What its functions refer to, by first reference; taken away once it is worked off.
    pub events: Vec<Event>,
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
    /// `producer`.
    pub producer: Vec<u8>,
    /// Name of the package as the source has it.
    pub package_name: &'static [u8],
}

impl Function {
    /// A function that has a frame, but no DIE; `None` without what frames are made from.
    pub(crate) fn without_die(syms: &Symbols, sym: SymId, arch: &ArchInfo) -> Option<Function> {
        let (o, li) = syms.origin(sym)?;
        let aux = |typ| {
            let mut auxs = o.object.auxs(li);
            auxs.find(|a| syms.gover.aux_type(a.typ) == Some(typ))
        };
        let info = syms.resolve_ref(o, aux(AuxType::FuncInfo)?.sym);
        let mut f = Function {
            sym,
            slot: NO_SLOT,
            pcsp: aux(AuxType::Pcsp).map_or(SymId::NONE, |a| syms.resolve_ref(o, a.sym)),
            size: u32::try_from(syms.data(sym).len()).ok()?,
            top_frame: arch.has_link_register && is_top_frame(syms.data(info)),
            ..Function::default()
        };
        f.frame = f.stack_table(syms).entry_size(arch)?;
        Some(f)
    }

    /// What its frame is made from.
    pub(crate) fn stack_table<'a>(&self, syms: &'a Symbols) -> StackTable<'a> {
        StackTable {
            pcsp: if self.pcsp.is_some() {
                syms.data(self.pcsp)
            } else {
                &[]
            },
            size: self.size.into(),
            top_frame: self.top_frame,
        }
    }
}

impl Unit {
    /// The first function, if there is one.
    pub(crate) fn base(&self) -> SymId {
        self.functions.first().map_or(SymId::NONE, |f| f.sym)
    }
    /// Whether the unit has no functions.
    pub(crate) fn is_textless(&self) -> bool {
        self.functions.is_empty()
    }
}

/// Remembers symbols and can forget all of them cheaply.
pub(crate) struct Seen {
    set: BitSet,
    members: Vec<SymId>,
}

impl Seen {
    pub(crate) fn new(n: usize) -> Seen {
        Seen {
            set: BitSet::new(n),
            members: Vec::new(),
        }
    }
    #[inline]
    fn has(&self, s: SymId) -> bool {
        self.set.has(s)
    }
    fn insert(&mut self, s: SymId) {
        self.set.insert(s);
        self.members.push(s);
    }
    fn clear(&mut self) {
        for s in self.members.drain(..) {
            self.set.remove(s);
        }
    }
}

/// What the walk needs to know.
#[derive(Clone, Copy)]
pub(crate) struct ScanOptions<'a> {
    pub syms: &'a Symbols,
    pub arch: &'a ArchInfo,
    pub dwarf5: bool,
    pub goroot: &'a Goroot,
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

struct Scan<'a> {
    opts: ScanOptions<'a>,
    id: UnitId,
    seen: &'a mut Seen,
    events: Vec<Event>,
    slots: Vec<SymId>,
    slot_of: FxHashMap<SymId, u32>,
}

/// Walks the functions of a unit.
///
/// # Errors
/// DWARF symbols of the wrong kind, and references to functions of other units.
pub(crate) fn scan(
    opts: ScanOptions,
    id: UnitId,
    textp: &[SymId],
    seen: &mut Seen,
) -> Result<Unit, DwarfError> {
    let syms = opts.syms;
    let mut sc = Scan {
        opts,
        id,
        seen,
        events: Vec::new(),
        slots: Vec::new(),
        slot_of: FxHashMap::default(),
    };
    let mut functions = Vec::with_capacity(textp.len());
    let mut program = 0;
    for &s in textp {
        let f = sc.function(s)?;
        if f.lines.is_some() {
            program += syms.data(f.lines).len() as u64;
        }
        functions.push(f);
    }
    let mut base_slot = 0;
    if opts.dwarf5
        && let Some(f) = functions.first_mut()
    {
        base_slot = sc.slot(f.sym, f.sym, 4)?;
        f.slot = base_slot;
    }
    let Scan {
        events,
        slots,
        slot_of,
        ..
    } = sc;
    if opts.dwarf5 {
        // Others may have referred to a function that did not itself.
        for f in functions.iter_mut().filter(|f| f.slot == NO_SLOT) {
            f.slot = slot_of.get(&f.sym).copied().unwrap_or(NO_SLOT);
        }
    }
    seen.clear();

    let (mut line_header, mut gdb_script) = (Vec::new(), None);
    if !functions.is_empty()
        && let Some(o) = syms.unit_obj(id)
    {
        let n = o.object.n_files();
        let mut files = FileTable::new(opts.dwarf5);
        gdb_script = files.add_all(
            (0..n).filter_map(|i| o.object.file(i)),
            opts.goroot,
            syms.libs[o.lib.index()].pkg == "runtime",
        );
        line_header = lines::header(&files, program, opts.arch.ptr_size);
    }
    Ok(Unit {
        id,
        functions,
        events,
        slots,
        base_slot,
        line_header,
        gdb_script,
        abstracts: Vec::new(),
        variables: Vec::new(),
        constants: SymId::NONE,
        producer: Vec::new(),
        package_name: b"",
    })
}

impl Scan<'_> {
    fn bad(&self, s: SymId, what: &'static str) -> DwarfError {
        DwarfError::BadFunction {
            function: self.opts.syms.name_lossy(s).into_owned(),
            what,
        }
    }

    fn function(&mut self, s: SymId) -> Result<Function, DwarfError> {
        let syms = self.opts.syms;
        let mut f = Function {
            sym: s,
            slot: NO_SLOT,
            ..Function::default()
        };
        let Some((o, li)) = syms.origin(s) else {
            return Ok(f);
        };
        let mut aux = DwarfAuxs::default();
        let mut func_info = SymId::NONE;
        for a in o.object.auxs(li) {
            let resolved = || syms.resolve_ref(o, a.sym);
            let (place, kind) = match syms.gover.aux_type(a.typ) {
                Some(AuxType::FuncInfo) if func_info.is_none() => {
                    func_info = resolved();
                    continue;
                }
                Some(AuxType::Pcsp) => {
                    f.pcsp = resolved();
                    continue;
                }
                Some(AuxType::DwarfInfo) => (&mut aux.info, SymKind::DwarfFcn),
                Some(AuxType::DwarfLoc) => (&mut aux.loc, SymKind::DwarfLoc),
                Some(AuxType::DwarfRanges) => (&mut aux.ranges, SymKind::DwarfRange),
                Some(AuxType::DwarfLines) => (&mut aux.lines, SymKind::DwarfLines),
                _ => continue,
            };
            *place = resolved();
            if syms.kind(*place) != kind {
                return Err(self.bad(s, "a DWARF symbol of the wrong kind"));
            }
        }
        f.lines = aux.lines;
        if func_info.is_some() {
            f.size = u32::try_from(syms.data(s).len()).map_err(|_| self.bad(s, "too long"))?;
            f.top_frame = self.opts.arch.has_link_register && is_top_frame(syms.data(func_info));
            f.frame = f
                .stack_table(syms)
                .entry_size(self.opts.arch)
                .ok_or_else(|| self.bad(s, "damaged table of stack pointer deltas"))?;
        }
        if aux.info.is_none() {
            return Ok(f);
        }
        f.info = aux.info;
        f.ranges = aux.ranges;
        self.info(&mut f, aux.loc)?;
        if self.opts.dwarf5 {
            for a in [aux.ranges, aux.loc] {
                self.list(&mut f, a)?;
            }
        }
        Ok(f)
    }

    /// Walks what a subprogram DIE refers to. `loc`: the function's location lists.
    fn info(&mut self, f: &mut Function, loc: SymId) -> Result<(), DwarfError> {
        let syms = self.opts.syms;
        let Some((o, li)) = syms.origin(f.info) else {
            return Ok(());
        };
        let refs = syms.def_end()..syms.ext_start();
        let mut last = NOBODY;
        for r in o.object.reloc_records(li).map(RawReloc::from_bytes) {
            // Variables of one inlined function come together.
            if r.sym() == last {
                continue;
            }
            let typ = syms.gover.reloc_type(r.typ() & !R_WEAK);
            let typ = typ.unwrap_or(RelocType::Invalid);
            match typ {
                RelocType::DwarfSecRef => {
                    let to = syms.resolve_ref(o, r.sym());
                    if to == f.ranges || to == f.info {
                        continue;
                    }
                    if to == loc {
                        f.loc = to;
                        continue;
                    }
                    last = r.sym();
                    if self.seen.has(to) {
                        continue;
                    }
                    let event = if refs.contains(&to.0) {
                        Event::Type(to)
                    } else {
                        match syms.kind(to) {
                            SymKind::DwarfAbsFcn => Event::Abstract(to),
                            SymKind::DwarfType | SymKind::Xxx => Event::Type(to),
                            _ => continue,
                        }
                    };
                    self.seen.insert(to);
                    self.events.push(event);
                }
                RelocType::UseType => {
                    let to = syms.resolve_ref(o, r.sym());
                    if to.is_some() && !self.seen.has(to) {
                        self.seen.insert(to);
                        self.events.push(Event::UseType(to));
                    }
                }
                t => self.reference(f, t, syms.resolve_ref(o, r.sym()))?,
            }
        }
        Ok(())
    }

    /// Walks what lists of a function refer to.
    fn list(&mut self, f: &mut Function, list: SymId) -> Result<(), DwarfError> {
        let syms = self.opts.syms;
        let Some((o, li)) = syms.origin(list) else {
            return Ok(());
        };
        let mut last = NOBODY;
        for r in o.object.reloc_records(li).map(RawReloc::from_bytes) {
            // All of them, as a rule.
            if r.sym() == last {
                continue;
            }
            let typ = syms.gover.reloc_type(r.typ() & !R_WEAK);
            let typ = typ.unwrap_or(RelocType::Invalid);
            self.reference(f, typ, syms.resolve_ref(o, r.sym()))?;
            last = r.sym();
        }
        Ok(())
    }

    /// Notes a reference to a slot.
    #[inline]
    fn reference(&mut self, f: &mut Function, t: RelocType, to: SymId) -> Result<(), DwarfError> {
        let Some(width) = slot_width(t) else {
            return Ok(());
        };
        if !self.opts.dwarf5 || (to == f.sym && f.slot != NO_SLOT) {
            return Ok(());
        }
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
        if to.is_none() || !syms.kind(to).is_text() {
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
