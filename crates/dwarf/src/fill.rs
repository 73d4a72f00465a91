//! Third step: bytes.

use crate::DwarfError;
use crate::abbrev::code;
use crate::copy::Owner;
use crate::die::{DieRef, TypeSink, put_die};
use crate::encode::{Out, Sink};
use crate::fields::Fields;
use crate::frames;
use crate::host::{Host, HostTarget};
use crate::plan::{Plan, put_ranges};
use crate::section::{Atom, Kind, Placed, Run};
use crate::units::Unit;
use goobj::prefetch::{prefetch, prefetch_lines};
use layout::Addresses;
use symbols::{Obj, SymId, Symbols};

/// `DW_LANG_Go`.
const LANGUAGE_GO: u8 = 0x16;
/// `DW_UT_compile`.
const UNIT_COMPILE: u8 = 1;

/// How many atoms ahead the processor is told of.
const AHEAD: usize = 4;

/// Lines that are asked for of each symbol.
const PREFETCHED_LINES: usize = 8;

/// What filling a section needs to know.
#[derive(Clone, Copy)]
struct Filler<'a> {
    fields: Fields<'a>,
    /// Size of the section that is being filled, bytes.
    size: u64,
}

impl Plan {
    /// Writes the bytes of a section from `offset` on, as many as `buf` has. Ranges may be asked for
    /// in any order and at the same time; atoms at the edges of a range are made whole and cut.
    ///
    /// `section` counts as [`Plan::sections`] does. All of `buf` must lie within the section.
    ///
    /// # Errors
    /// DWARF symbols that cannot be relocated.
    ///
    /// # Panics
    /// When the range is not within the section.
    pub fn fill(
        &self,
        syms: &Symbols,
        addrs: &Addresses,
        section: usize,
        offset: u64,
        buf: &mut [u8],
    ) -> Result<(), DwarfError> {
        self.fill_with(syms, addrs, section, offset, buf, None)
    }

    pub(crate) fn fill_with(
        &self,
        syms: &Symbols,
        addrs: &Addresses,
        section: usize,
        offset: u64,
        buf: &mut [u8],
        host: Option<Host>,
    ) -> Result<(), DwarfError> {
        let sec = &self.sections[section];
        assert!(offset + buf.len() as u64 <= sec.size, "beyond the section");
        let f = Filler {
            fields: Fields {
                plan: self,
                syms,
                addrs,
                host,
            },
            size: sec.size,
        };
        let first = sec.runs.partition_point(|r| r.start <= offset).max(1) - 1;
        let mut at = offset;
        let mut rest = buf;
        let mut scratch = Vec::new();
        for r in &sec.runs[first..] {
            if rest.is_empty() {
                break;
            }
            let skip = at - r.start;
            let n = (u64::from(r.len) - skip).min(rest.len() as u64) as usize;
            let (now, later) = rest.split_at_mut(n);
            f.run(sec.kind, r, skip as u32, now, &mut scratch)?;
            rest = later;
            at += n as u64;
        }
        Ok(())
    }
}

impl Filler<'_> {
    /// Writes the part of a run that begins at `skip`.
    fn run(
        &self,
        kind: Kind,
        r: &Run,
        skip: u32,
        mut buf: &mut [u8],
        scratch: &mut Vec<u8>,
    ) -> Result<(), DwarfError> {
        let mut at = skip;
        let mut i = match skip {
            0 => 0,
            _ => r.atoms.partition_point(|a| a.off <= skip).max(1) - 1,
        };
        let unit = self.fields.plan.units.get(r.unit as usize);
        let obj = unit.and_then(|u| self.fields.syms.unit_obj(u.id));
        let ask_for = |a: Option<&Placed>| match (unit, a) {
            (Some(_), Some(a)) => self.prefetch(kind, r.unit, obj, *a),
            (None, Some(a)) if kind == Kind::Frame => self.prefetch_frame(*a),
            _ => {}
        };
        (1..AHEAD).for_each(|n| ask_for(r.atoms.get(i + n)));
        while !buf.is_empty() {
            let a = r.atoms[i];
            ask_for(r.atoms.get(i + AHEAD));
            i += 1;
            let end = r.atoms.get(i).map_or(r.len, |n| n.off);
            let n = ((end - at) as usize).min(buf.len());
            let (now, later) = buf.split_at_mut(n);
            if let Some(h) = self.fields.host {
                h.begin_atom(r.start + u64::from(a.off));
            }
            if at == a.off && n as u32 == end - a.off {
                self.atom(kind, r, obj, a, now)?;
            } else {
                scratch.clear();
                scratch.resize((end - a.off) as usize, 0);
                self.atom(kind, r, obj, a, scratch)?;
                now.copy_from_slice(&scratch[(at - a.off) as usize..][..n]);
            }
            buf = later;
            at += n as u32;
        }
        Ok(())
    }

    /// Asks for what an atom of a unit is made from. `obj`: the unit's object.
    fn prefetch(&self, kind: Kind, unit: u32, obj: Option<&Obj>, a: Placed) {
        let p = self.fields.plan;
        let found = match a.atom() {
            Atom::Function(k) => obj.map(|o| (o, p.units[unit as usize].contents(kind, k))),
            Atom::Symbol(k) => match &p.plans[unit as usize].symbols[k as usize].found {
                Some((u, contents)) => self.fields.syms.unit_obj(*u).map(|o| (o, contents)),
                None => None,
            },
            _ => None,
        };
        if let Some((o, contents)) = found {
            prefetch_lines(contents.data(&o.object), PREFETCHED_LINES);
            prefetch_lines(contents.relocs(&o.object), PREFETCHED_LINES);
        }
    }

    /// Asks for what a frame is made from.
    fn prefetch_frame(&self, a: Placed) {
        let p = self.fields.plan;
        if let Atom::Function(i) = a.atom()
            && let f = &p.frames[i as usize]
            && let Some(o) = self.fields.syms.unit_obj(p.units[f.unit as usize].id)
        {
            prefetch(p.function(f).stack_table(&o.object).pcsp);
        }
    }

    /// Writes an atom. `obj`: the object of the run's unit.
    fn atom(
        &self,
        kind: Kind,
        r: &Run,
        obj: Option<&Obj>,
        a: Placed,
        buf: &mut [u8],
    ) -> Result<(), DwarfError> {
        let p = self.fields.plan;
        let unit = p.units.get(r.unit as usize);
        match (kind, a.atom(), unit) {
            (Kind::Abbrev, ..) => buf.copy_from_slice(&p.abbrev),
            (Kind::GdbScripts, ..) => buf.copy_from_slice(&p.gdb_script),
            (Kind::Frame, Atom::Function(i), _) => {
                let f = p.frames[i as usize];
                let unit = p.units[f.unit as usize].id;
                let function = p.function(&f);
                let Some(o) = self.fields.syms.unit_obj(unit) else {
                    return Ok(());
                };
                let table = function.stack_table(&o.object);
                let common = self.fields.section_offset(4, Kind::Frame, 0);
                let target = HostTarget::Symbol(function.sym);
                let addr = self.fields.field(8, p.arch.ptr_size, target, 0, f.addr);
                table.put_entry(&p.arch, common, addr, buf);
            }
            (Kind::Frame, ..) => buf.copy_from_slice(&frames::common_entry(&p.arch)),
            (_, Atom::Type(d), _) => {
                let mut out = TypeOut {
                    out: Out::new(buf),
                    fields: self.fields,
                };
                put_die(&p.dies[d.index()], &p.children, p.codes, &mut out);
            }
            (_, Atom::End, _) => buf.fill(0),
            (_, Atom::Symbol(k), _) => {
                let symbol = &p.plans[r.unit as usize].symbols[k as usize];
                self.fields.copy_symbol(symbol, r.unit, buf)?;
            }
            (_, Atom::Function(k), Some(u)) => {
                // Only units of Go objects have functions.
                if let Some(o) = obj {
                    let owner = Owner::function(p, r.unit, k);
                    self.fields.copy(o, u.contents(kind, k), &owner, buf)?;
                }
            }
            (Kind::Line, _, Some(u)) => buf.copy_from_slice(&u.line_header),
            (Kind::Info, _, Some(u)) => self.unit_header(u, r.unit, buf),
            (Kind::Ranges, _, Some(u)) => {
                let pcs = &p.plans[r.unit as usize].pcs;
                put_ranges(u, pcs, p.dwarf5, p.arch.ptr_size, &mut Out::new(buf));
            }
            (Kind::Addr, _, Some(u)) => {
                let mut out = Out::new(buf);
                for &s in &u.slots {
                    let addr = self.fields.address(out.position(), s);
                    out.word(p.arch.ptr_size, addr);
                }
            }
            (_, _, _) => self.section_header(kind, buf),
        }
        Ok(())
    }

    /// The header that version 5 puts before all lists of a kind (`writeDebugMiscSecHdr`).
    fn section_header(&self, kind: Kind, buf: &mut [u8]) {
        let mut out = Out::new(buf);
        out.u32((self.size - 4) as u32);
        out.u16(5);
        out.u8(self.fields.plan.arch.ptr_size);
        out.u8(0);
        if kind != Kind::Addr {
            out.u32(0);
        }
    }

    /// The header of a unit and the attributes of its DIE (`writeUnitInfo`).
    fn unit_header(&self, u: &Unit, n: u32, buf: &mut [u8]) {
        let p = self.fields.plan;
        let plan = &p.plans[n as usize];
        let pkg = &self.fields.syms.libs[self.fields.syms.units[u.id.index()].lib.index()].pkg;
        let ptr = p.arch.ptr_size;
        let mut out = Out::new(buf);
        out.u32(plan.info_len);
        if p.dwarf5 {
            out.u16(5);
            out.u8(UNIT_COMPILE);
            out.u8(ptr);
            // All abbreviations are one table.
            let abbrev = self.fields.section_offset(out.position(), Kind::Abbrev, 0);
            out.u32(abbrev);
        } else {
            out.u16(4);
            let abbrev = self.fields.section_offset(out.position(), Kind::Abbrev, 0);
            out.u32(abbrev);
            out.u8(ptr);
        }
        let textless = u.is_textless();
        out.u8(if textless {
            code::COMPUNIT_TEXTLESS
        } else {
            code::COMPUNIT
        });
        out.string(pkg.as_bytes());
        out.u8(LANGUAGE_GO);
        if !textless {
            let line = self
                .fields
                .section_offset(out.position(), Kind::Line, plan.line);
            out.u32(line);
            let base = self.fields.address(out.position(), u.base());
            out.word(ptr, base);
            let ranges = self
                .fields
                .section_offset(out.position(), Kind::Ranges, plan.ranges);
            out.u32(ranges);
        }
        out.string(b".");
        out.string(&u.producer);
        out.string(u.package_name);
        if !textless && p.dwarf5 {
            let addr = self
                .fields
                .section_offset(out.position(), Kind::Addr, plan.addr);
            out.u32(addr);
        }
    }
}

/// Writes DIEs of types.
struct TypeOut<'a, 'b> {
    out: Out<'b>,
    fields: Fields<'a>,
}

impl Sink for TypeOut<'_, '_> {
    #[inline]
    fn bytes(&mut self, b: &[u8]) {
        self.out.bytes(b);
    }
}

impl TypeSink for TypeOut<'_, '_> {
    #[inline]
    fn die(&mut self, r: DieRef) {
        let offsets = &self.fields.plan.die_offsets;
        let at = match offsets.get(r.index()) {
            Some(&at) => self
                .fields
                .section_offset(self.out.position(), Kind::Info, at),
            None => 0,
        };
        self.out.u32(at);
    }
    #[inline]
    fn runtime_type(&mut self, s: SymId) {
        let off = if s.is_some() {
            self.fields.offset(s)
        } else {
            0
        };
        self.out.word(self.fields.plan.arch.ptr_size, off);
    }
    fn address(&mut self, s: SymId) {
        let addr = self.fields.address(self.out.position(), s);
        self.out.word(self.fields.plan.arch.ptr_size, addr);
    }
}
