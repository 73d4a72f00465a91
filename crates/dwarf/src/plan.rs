//! Second step: exact sizes and offsets.
//!
//! A section is a list of runs, a run a list of atoms: what one symbol or one DIE contributes. Offsets
//! of atoms are relative to their run, so runs are made in parallel and only their starts are summed up.

use crate::abbrev::Codes;
use crate::die::{Child, DieRef, TypeDie};
use crate::encode::{Count, Sink};
use crate::generate::{DebugInfo, unit_numbers};
use crate::offsets::{OffsetMap, OffsetTable};
use crate::section::{Atom, Kind, NO_UNIT, PAYLOAD, Run, Section};
use crate::stretch::{Cuts, Stretch};
use crate::units::{Function, Piece, Unit};
use crate::{DwarfError, frames};
use goobj::{PKG_NONE, SymRef};
use layout::{TextLayout, TextOrder};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use symbols::{Contents, SymId, Symbols, UnitId};
use target::ArchInfo;

/// Name and size of a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SectionInfo {
    /// Name, such as `.debug_info`.
    pub name: &'static str,
    /// Size in bytes.
    pub size: u64,
}

/// What is known of a unit once sizes are.
#[derive(Default)]
pub(crate) struct UnitPlan {
    /// Offset of its header in `.debug_line`.
    pub line: u32,
    /// Offset of its list in `.debug_ranges` or `.debug_rnglists`.
    pub ranges: u32,
    /// Offset of its slots in `.debug_addr`.
    pub addr: u32,
    /// What its header in `.debug_info` gives as length.
    pub info_len: u32,
    /// Its address ranges, relative to its first function.
    pub pcs: Vec<(i64, i64)>,
    /// Per function, where its pieces lie.
    pub pieces: Vec<Pieces>,
    /// The symbols in its part of `.debug_info` that belong to no function: abstract functions first, in
    /// the unit's order.
    pub symbols: Vec<Copied>,
    /// By index of a reference by name in the unit's object, the offset in `.debug_info` of what it
    /// means, if functions refer to it.
    pub refs: OffsetTable,
}

/// A symbol of DWARF that belongs to no function.
#[derive(Clone, Copy)]
pub(crate) struct Copied {
    /// The symbol.
    pub sym: SymId,
    /// The unit of the object that it is in, and where; `None` if no object has it.
    pub found: Option<(UnitId, Contents)>,
}

/// A function in the order of text.
#[derive(Clone, Copy)]
pub(crate) struct Frame {
    /// Number of its unit.
    pub unit: u32,
    /// Its number in the unit, or from [`LATE`] on that among the functions that came late.
    pub index: u32,
    /// Its virtual address.
    pub addr: u64,
}

/// Where the numbers of functions begin that are in the text order, but were not when units were made:
/// they have frames and no DIEs.
pub(crate) const LATE: u32 = 1 << 31;

/// Offsets of the pieces of a function that its own DIE refers to.
#[derive(Clone, Copy, Default)]
pub(crate) struct Pieces {
    /// Its DIE: what stands for a type parameter is inside.
    pub info: u32,
    /// Its location lists.
    pub loc: u32,
    /// Its range list.
    pub ranges: u32,
}

/// The layout of all DWARF sections.
pub struct Plan {
    pub(crate) arch: ArchInfo,
    pub(crate) dwarf5: bool,
    pub(crate) units: Vec<Unit>,
    pub(crate) plans: Vec<UnitPlan>,
    /// The unit that types go into.
    pub(crate) types_unit: Option<usize>,
    pub(crate) dies: Vec<TypeDie>,
    pub(crate) children: Vec<Child>,
    /// Offset of each type's DIE in `.debug_info`.
    pub(crate) die_offsets: Vec<u32>,
    /// Offsets in `.debug_info`, by symbol.
    pub(crate) info_offsets: OffsetMap,
    pub(crate) frames: Vec<Frame>,
    pub(crate) late: Vec<Function>,
    /// Of abbreviations.
    pub(crate) codes: Codes,
    pub(crate) abbrev: Vec<u8>,
    pub(crate) gdb_script: Vec<u8>,
    pub(crate) sections: Vec<Section>,
    infos: Vec<SectionInfo>,
}

/// The function of a frame.
fn function<'a>(units: &'a [Unit], late: &'a [Function], f: &Frame) -> &'a Function {
    match f.index.checked_sub(LATE) {
        Some(i) => &late[i as usize],
        None => &units[f.unit as usize].functions[f.index as usize],
    }
}

impl Plan {
    /// The function of a frame.
    pub(crate) fn function(&self, f: &Frame) -> &Function {
        function(&self.units, &self.late, f)
    }

    /// The sections, in order (`dwarfp`).
    pub fn sections(&self) -> &[SectionInfo] {
        &self.infos
    }

    /// Cuts the sections into `n` stretches that are made of other units each: what is read for one
    /// is not needed for the next. Sections that do not follow the units are cut by their lengths.
    pub fn stretches(&self, syms: &Symbols, n: u64) -> Vec<Stretch> {
        let Cuts { of_unit, stretches } = Cuts::new(&self.sections, self.units.len(), n);
        let mut objs = vec![Vec::new(); stretches.len()];
        for (k, unit) in of_unit.into_iter().zip(&self.units) {
            objs[k].extend(syms.units[unit.id.index()].obj.map(|o| o.index()));
        }
        let all = stretches.into_iter().zip(objs);
        all.map(|(sections, objs)| Stretch { sections, objs })
            .collect()
    }
}

/// The sections made so far.
struct Sections {
    dwarf5: bool,
    made: Vec<Section>,
}

impl Sections {
    /// Adds a section of runs that follow one another.
    fn add(&mut self, kind: Kind, mut runs: Vec<Run>) {
        let mut size = 0;
        for r in &mut runs {
            r.start = size;
            size += u64::from(r.len);
        }
        self.made.push(Section {
            kind,
            name: kind.section_name(self.dwarf5),
            size,
            runs,
        });
    }
}

/// Offsets at which a section of lists begins: behind the header that version 5 has.
pub(crate) fn list_header(dwarf5: bool) -> u64 {
    if dwarf5 { 12 } else { 0 }
}

/// Writes the address ranges of a unit.
pub(crate) fn put_ranges(u: &Unit, pcs: &[(i64, i64)], dwarf5: bool, ptr: u8, out: &mut impl Sink) {
    const BASE_ADDRESSX: u8 = 1;
    const OFFSET_PAIR: u8 = 4;
    if !dwarf5 {
        for &(start, end) in pcs.iter().chain(&[(0, 0)]) {
            out.word(ptr, start as u64);
            out.word(ptr, end as u64);
        }
        return;
    }
    out.u8(BASE_ADDRESSX);
    let mut slot = [0; 4];
    crate::encode::put_padded_uleb(&mut slot, u.base_slot.into());
    out.bytes(&slot);
    for &(start, end) in pcs {
        out.u8(OFFSET_PAIR);
        // Starts before the first function wrap around.
        out.uleb(start as u64);
        out.uleb(end as u64);
    }
    out.u8(0);
}

impl Unit {
    /// [`UnitPlan::refs`]. Most references are one of few, so that it pays to resolve them once.
    fn ref_offsets(&self, syms: &Symbols, info_offsets: &OffsetMap) -> OffsetTable {
        let Some(obj) = syms.unit_obj(self.id) else {
            return OffsetTable::default();
        };
        let pkg = PKG_NONE;
        OffsetTable::new(&self.by_name, |idx| {
            info_offsets.get(syms.resolve_ref(obj, SymRef { pkg, idx }).0)
        })
    }
}

/// Length of the header of a unit with its DIE's attributes, bytes.
fn unit_header_len(u: &Unit, pkg: &str, dwarf5: bool, ptr: u8) -> u64 {
    let mut n = if dwarf5 { 12 } else { 11 };
    // Abbreviation, language, strings with their ends, the directory.
    n += 2 + pkg.len() as u64 + 1 + 2 + u.producer.len() as u64 + 1;
    n += u.package_name.len() as u64 + 1;
    if !u.is_textless() {
        n += 4 + u64::from(ptr) + 4 + if dwarf5 { 4 } else { 0 };
    }
    n
}

/// The atoms of one unit in each section.
struct UnitRuns {
    line: Run,
    info: Run,
    /// Bytes of data in the info run; what symbols have beyond their data is not counted in the
    /// unit's length.
    info_data: u64,
    loc: Run,
    ranges: Run,
    /// Offsets relative to these runs.
    pieces: Vec<Pieces>,
    /// [`UnitPlan::symbols`].
    symbols: Vec<Copied>,
}

impl DebugInfo {
    fn unit_runs(&self, syms: &Symbols, i: usize) -> UnitRuns {
        let u = &self.units[i];
        let n = i as u32;
        let pkg = &syms.libs[syms.units[u.id.index()].lib.index()].pkg;
        let ptr = self.arch.ptr_size;
        let has_types = self.types_unit == Some(i);
        let all = u.functions.len() + 1;
        let mut dies = all + u.abstracts.len() + u.variables.len() + 2;
        if has_types {
            dies += self.dies.len();
        }
        let mut r = UnitRuns {
            line: Run::new(n, all),
            info: Run::new(n, dies),
            info_data: 0,
            loc: Run::new(n, all),
            ranges: Run::new(n, all),
            pieces: Vec::with_capacity(u.functions.len()),
            symbols: Vec::with_capacity(u.abstracts.len() + u.variables.len() + 1),
        };
        if !u.is_textless() {
            r.line.push(Atom::Header, u.line_header.len() as u64);
        }
        let empty = u.is_textless() && u.variables.is_empty() && !has_types;
        let symbol = |r: &mut UnitRuns, s: SymId| {
            let size = syms.size(s);
            r.info.push(Atom::Symbol(r.symbols.len() as u32), size);
            r.symbols.push(Copied {
                sym: s,
                found: syms
                    .origin(s)
                    .map(|(o, li)| (o.unit, Contents::of(&o.object, li))),
            });
            r.info_data += syms.data(s).len() as u64;
        };
        if !empty {
            let header = unit_header_len(u, pkg, self.dwarf5, ptr);
            r.info.push(Atom::Header, header);
            r.info_data = header.wrapping_sub(u.info_padding);
            for &s in &u.abstracts {
                symbol(&mut r, s);
            }
        }
        for (k, f) in (0..).zip(&u.functions) {
            let a = Atom::Function(k);
            let piece = |run: &mut Run, p: Piece| {
                let at = run.len;
                if p.is_some() {
                    run.push(a, p.size.into());
                }
                at
            };
            piece(&mut r.line, f.lines);
            let mut pieces = Pieces::default();
            if f.info.is_some() {
                r.info_data += u64::from(f.info.size);
                pieces = Pieces {
                    info: piece(&mut r.info, f.info),
                    loc: piece(&mut r.loc, f.loc),
                    ranges: piece(&mut r.ranges, f.ranges),
                };
            }
            r.pieces.push(pieces);
        }
        if empty {
            return r;
        }
        for s in [u.constants].into_iter().filter(|s| s.is_some()) {
            symbol(&mut r, s);
        }
        for &s in &u.variables {
            symbol(&mut r, s);
        }
        if has_types {
            for (d, w) in (0..).zip(self.die_offsets.windows(2)) {
                let len = u64::from(w[1] - w[0]);
                r.info.push(Atom::Type(DieRef(d)), len);
                r.info_data += len;
            }
        }
        r.info.push(Atom::End, 1);
        r.info_data += 1;
        r
    }

    /// The functions that have frames, in the order of text, with their addresses. Within a unit that
    /// is mostly the order of the unit's functions.
    fn frames(
        &self,
        syms: &Symbols,
        order: &TextOrder,
        text: &TextLayout,
    ) -> (Vec<Frame>, Vec<Function>) {
        let mut late = Vec::new();
        let number = unit_numbers(syms, self.units.iter().map(|u| u.id));
        let mut next = vec![0usize; self.units.len()];
        let mut maps: FxHashMap<u32, FxHashMap<SymId, usize>> = FxHashMap::default();
        let mut out = Vec::with_capacity(order.textp.len());
        for (&sym, &addr) in order.textp.iter().zip(&text.addr) {
            let Some(unit) = syms.unit(sym).map(|u| number[u.index()]) else {
                continue;
            };
            let Some(u) = self.units.get(unit as usize) else {
                continue;
            };
            let n = &mut next[unit as usize];
            let index = if u.functions.get(*n).is_some_and(|f| f.sym == sym) {
                *n
            } else {
                let map = maps.entry(unit).or_insert_with(|| {
                    let all = u.functions.iter().enumerate();
                    all.map(|(i, f)| (f.sym, i)).collect()
                });
                match map.get(&sym) {
                    Some(&i) => i,
                    None => {
                        if let Some(f) = Function::without_die(syms, sym, &self.arch) {
                            let index = LATE + late.len() as u32;
                            late.push(f);
                            out.push(Frame { unit, index, addr });
                        }
                        continue;
                    }
                }
            };
            *n = index + 1;
            out.push(Frame {
                unit,
                index: index as u32,
                addr,
            });
        }
        (out, late)
    }

    /// The address ranges of every unit (`calcCompUnitRanges`). They are relative to the first of the
    /// unit's functions, which need not have the lowest address.
    fn unit_ranges(&self, frames: &[Frame], late: &[Function]) -> Vec<Vec<(i64, i64)>> {
        let mut pcs: Vec<Vec<(i64, i64)>> = vec![Vec::new(); self.units.len()];
        let mut base = vec![0u64; self.units.len()];
        for f in frames.iter().filter(|f| f.index == 0) {
            base[f.unit as usize] = f.addr;
        }
        let mut previous = NO_UNIT;
        for f in frames {
            let function = function(&self.units, late, f);
            if function.frame == 0 {
                continue;
            }
            let start = f.addr.wrapping_sub(base[f.unit as usize]) as i64;
            let unit = &mut pcs[f.unit as usize];
            if previous != f.unit {
                unit.push((start, start));
                previous = f.unit;
            }
            if let Some(last) = unit.last_mut() {
                last.1 = start.wrapping_add(function.size.into());
            }
        }
        pcs
    }

    /// The order of units in the file: by where their first function begins, counted from itself,
    /// that is, mostly not at all; those without functions last, by package.
    fn unit_order(&self, syms: &Symbols, pcs: &[Vec<(i64, i64)>]) -> Vec<u32> {
        let pkg = |u: u32| {
            let unit = &self.units[u as usize];
            &syms.libs[syms.units[unit.id.index()].lib.index()].pkg
        };
        let key = |u: u32| pcs[u as usize].first().map_or(0, |r| r.0);
        let textless = |u: u32| self.units[u as usize].is_textless();
        let mut order: Vec<u32> = (0..self.units.len() as u32).collect();
        gosort::sort_by(&mut order, syms.gover.shuffle, |&a, &b| {
            match (textless(a), textless(b)) {
                (true, true) => pkg(a) < pkg(b),
                (false, true) => true,
                (true, false) => false,
                (false, false) => key(a) < key(b),
            }
        });
        order
    }

    fn frame_runs(&self, frames: &[Frame], late: &[Function]) -> Vec<Run> {
        const EACH: usize = 4096;
        let header = frames::common_entry(&self.arch).len() as u64;
        let mut runs = vec![Run::header(NO_UNIT, header)];
        for (c, i) in frames.chunks(EACH).zip((0..).step_by(EACH)) {
            let mut r = Run::new(NO_UNIT, c.len());
            for (f, i) in c.iter().zip(i..) {
                let function = function(&self.units, late, f);
                if function.frame != 0 {
                    r.push(Atom::Function(i), function.frame.into());
                }
            }
            runs.push(r);
        }
        runs
    }

    /// Lays out the sections (`ld/dwarf.go:dwarfGenerateDebugSyms`). `order` is the text order that
    /// the addresses belong to; it may have grown since [`crate::generate()`], by trampolines say.
    ///
    /// # Errors
    /// Sections beyond 4 GiB.
    pub fn layout(
        mut self,
        syms: &Symbols,
        order: &TextOrder,
        text: &TextLayout,
    ) -> Result<Plan, DwarfError> {
        if syms.len() > PAYLOAD as usize || self.dies.len() > PAYLOAD as usize {
            return Err(DwarfError::TooLarge(".debug_info"));
        }
        let dwarf5 = self.dwarf5;
        let ((frames, late, pcs, unit_order, frame), runs) = rayon::join(
            || {
                let (frames, late) = self.frames(syms, order, text);
                let pcs = self.unit_ranges(&frames, &late);
                let unit_order = self.unit_order(syms, &pcs);
                let frame = self.frame_runs(&frames, &late);
                (frames, late, pcs, unit_order, frame)
            },
            || {
                (0..self.units.len())
                    .into_par_iter()
                    .with_max_len(1)
                    .map(|i| self.unit_runs(syms, i))
                    .collect::<Vec<_>>()
            },
        );
        let mut plans: Vec<UnitPlan> = pcs
            .into_iter()
            .map(|pcs| UnitPlan {
                pcs,
                ..UnitPlan::default()
            })
            .collect();
        let [line, info, loc, ranges, addr] = self.place_units(&unit_order, runs, &mut plans);

        let mut sections = Sections {
            dwarf5,
            made: Vec::with_capacity(8),
        };
        let abbrev_len = self.abbrev.len() as u64;
        sections.add(Kind::Abbrev, vec![Run::header(NO_UNIT, abbrev_len)]);
        sections.add(Kind::Line, line);
        sections.add(Kind::Frame, frame);
        let mut gdb_script = Vec::new();
        if let Some(path) = self.gdb_script.take() {
            const PYTHON_FILE: u8 = 1;
            gdb_script.u8(PYTHON_FILE);
            gdb_script.string(&path);
            let script = Run::header(NO_UNIT, gdb_script.len() as u64);
            sections.add(Kind::GdbScripts, vec![script]);
        }
        let info_offsets = self.info_offsets(syms.len(), &info);
        plans
            .par_iter_mut()
            .zip(&self.units)
            .for_each(|(p, u)| p.refs = u.ref_offsets(syms, &info_offsets));
        sections.add(Kind::Info, info);
        if !loc.is_empty() {
            sections.add(Kind::Loc, loc);
        }
        sections.add(Kind::Ranges, ranges);
        if dwarf5 {
            sections.add(Kind::Addr, addr);
        }
        let sections = sections.made;
        for s in &sections {
            if s.size > u64::from(u32::MAX) || s.runs.iter().any(|r| r.len == u32::MAX) {
                return Err(DwarfError::TooLarge(s.name));
            }
        }
        let infos = sections
            .iter()
            .map(|s| SectionInfo {
                name: s.name,
                size: s.size,
            })
            .collect();
        Ok(Plan {
            arch: self.arch,
            dwarf5,
            units: self.units,
            plans,
            types_unit: self.types_unit,
            dies: self.dies,
            children: self.children,
            die_offsets: self.die_offsets,
            info_offsets,
            frames,
            late,
            codes: self.codes,
            abbrev: self.abbrev,
            gdb_script,
            sections,
            infos,
        })
    }

    /// Puts the runs of units, in `order`, behind one another, in the sections of lines, DIEs, location lists,
    /// address ranges and slots; notes in `plans` where they lie.
    fn place_units(
        &self,
        order: &[u32],
        runs: Vec<UnitRuns>,
        plans: &mut [UnitPlan],
    ) -> [Vec<Run>; 5] {
        let (dwarf5, ptr) = (self.dwarf5, self.arch.ptr_size);
        let list_header = list_header(dwarf5);
        let addr_header = if dwarf5 { 8 } else { 0 };
        let mut placed: [Vec<Run>; 5] = Default::default();
        let mut totals = [0, 0, list_header, list_header, addr_header];
        if dwarf5 {
            for (to, &len) in placed[2..].iter_mut().zip(&totals[2..]) {
                to.push(Run::header(NO_UNIT, len));
            }
        }
        let mut runs: Vec<Option<UnitRuns>> = runs.into_iter().map(Some).collect();
        for &i in order {
            let (u, p) = (&self.units[i as usize], &mut plans[i as usize]);
            let Some(mut r) = runs[i as usize].take() else {
                continue;
            };
            let mut place = |section: usize, mut run: Run| {
                let at = totals[section];
                run.start = at;
                totals[section] += u64::from(run.len);
                if run.len != 0 {
                    placed[section].push(run);
                }
                // Cut off only if the section is too large.
                at as u32
            };
            p.line = place(0, r.line);
            p.info_len = (r.info_data as u32).wrapping_sub(4);
            let info_at = place(1, r.info);
            let loc_at = place(2, r.loc);
            if !u.is_textless() {
                let mut n = Count::default();
                put_ranges(u, &p.pcs, dwarf5, ptr, &mut n);
                p.ranges = place(3, Run::header(i, n.0));
                let slots = u.slots.len() as u64 * u64::from(ptr);
                p.addr = place(4, Run::header(i, slots));
            }
            let ranges_at = place(3, r.ranges);
            for l in &mut r.pieces {
                l.info = l.info.wrapping_add(info_at);
                l.loc = l.loc.wrapping_add(loc_at);
                l.ranges = l.ranges.wrapping_add(ranges_at);
            }
            p.pieces = r.pieces;
            p.symbols = r.symbols;
        }
        placed
    }

    /// Turns the offsets of types into ones in the section, and gathers where abstract functions and
    /// what references to types mean lie.
    fn info_offsets(&mut self, n_syms: usize, runs: &[Run]) -> OffsetMap {
        let abstracts = self.units.iter().flat_map(|u| &u.abstracts);
        let used = abstracts.chain(self.refs.iter().map(|(s, _)| s));
        let mut at = OffsetMap::new(n_syms, used.map(|s| s.0));
        let mut types_start = 0;
        for r in runs {
            let start = r.start as u32;
            if self.types_unit == Some(r.unit as usize) {
                let found = r.atoms.iter().find(|a| matches!(a.atom(), Atom::Type(_)));
                types_start = found.map_or(0, |a| start.wrapping_add(a.off));
            }
            let u = &self.units[r.unit as usize];
            for ((i, s), a) in (0..).zip(&u.abstracts).zip(&r.atoms[1..]) {
                debug_assert_eq!(a.atom(), Atom::Symbol(i));
                at.set(s.0, start.wrapping_add(a.off));
            }
        }
        for o in &mut self.die_offsets {
            *o = o.wrapping_add(types_start);
        }
        for &(s, die) in &self.refs {
            at.set(s.0, self.die_offsets[die.index()]);
        }
        at
    }
}
