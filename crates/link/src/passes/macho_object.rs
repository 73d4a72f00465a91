//! The relocatable Mach-O object that a host linker gets (`ld/macho.go:asmbMacho`, `machoEmitReloc`,
//! `machorelocsect`).

use super::labels::Place;
use super::macho::section;
use super::object::{Chunk, ObjectRelocs, RelocCounts};
use crate::config::Config;
use dwarf::{HostRef, HostTarget};
use format::macho::{
    Command, HeaderInput, RELOC_SIZE, Reloc, RelocTarget, SYM_SIZE, Section, Segment, consts::*,
    headers,
};
use gover::RelocType;
use layout::{Section as LaidOut, Seg, Segments, round_up};
use rayon::prelude::*;
use reloc::{HostReloc, MachoType, RelocError, macho_address, macho_types};
use rustc_hash::FxHashMap;

/// Relocations of debug sections that one task writes.
const CHUNK: usize = 4096;

/// Most sections in an object.
const MAX_SECTIONS: usize = 40;

/// Where the parts of the object behind its sections lie.
pub struct ObjectPlan {
    /// Offset of the symbol table.
    pub symtab: u64,
    /// Offset of the names.
    pub names: u64,
    /// Length of the names, bytes.
    pub names_len: u64,
    /// Number of symbols.
    n_syms: u32,
    /// Offset of each section's relocations, and of their end.
    pub relocs: Vec<u64>,
}

impl ObjectPlan {
    /// Lays out the object, which has `table_len` bytes of symbols and `names_len` of names.
    pub fn new(
        config: &Config,
        segs: &Segments,
        table_len: u64,
        names_len: u64,
        counts: &RelocCounts,
    ) -> ObjectPlan {
        let placement = &config.placement;
        let round = |n: u64| round_up(n, placement.round);
        let symtab = round(placement.header_len + segs.text.len)
            + round(segs.relro.file_len)
            + round(segs.data.file_len)
            + round(segs.dwarf.file_len);
        let len = round_up(table_len + names_len, 16);
        let mut at = segs.dwarf.file_off + round(segs.dwarf.file_len) + round(len);
        at = round_up(at, 8);
        let mut relocs = vec![at];
        relocs.extend(counts.by_section.iter().map(|&n| {
            at += n * RELOC_SIZE as u64;
            at
        }));
        ObjectPlan {
            symtab,
            names: symtab + table_len,
            names_len: len - table_len,
            n_syms: (table_len / SYM_SIZE as u64) as u32,
            relocs,
        }
    }

    /// Length of the object, bytes.
    pub fn file_len(&self) -> u64 {
        self.relocs[self.relocs.len() - 1]
    }

    /// The headers. `sections` are all of them, `build_version` the command that tells the system.
    ///
    /// # Errors
    /// A text when something cannot be described.
    pub fn headers<'a>(
        &self,
        config: &Config,
        segs: &Segments,
        sections: impl Iterator<Item = &'a LaidOut>,
        build_version: Option<Command>,
        n_undefined: u32,
    ) -> Result<Vec<u8>, String> {
        let ranges = self.relocs.windows(2);
        let got = (config.release.macho.got_home.section(), 0);
        let sections: Vec<Section> = sections
            .zip(ranges)
            .map(|(s, range)| {
                let mut x = section(s, segs, got)?;
                x.segment = x.segment.or(Some(segment_name(s.seg)));
                let n = (range[1] - range[0]) / RELOC_SIZE as u64;
                if n > 0 {
                    x.relocs = (range[0] as u32, n as u32);
                }
                Ok(x)
            })
            .collect::<Result<_, String>>()?;
        if sections.len() > MAX_SECTIONS {
            return Err("too many sects in segment ".into());
        }
        let (text, dwarf) = (&segs.text, &segs.dwarf);
        let all = Segment {
            len: (dwarf.addr + dwarf.len).wrapping_sub(text.addr),
            off: text.file_off,
            file_len: (dwarf.file_off + dwarf.file_len).wrapping_sub(text.file_off),
            sections,
            ..Segment::default()
        };
        let mut commands: Vec<Command> = build_version.into_iter().collect();
        commands.push(Command::Symtab {
            off: self.symtab as u32,
            n_syms: self.n_syms,
            names_off: self.names as u32,
            names_len: self.names_len as u32,
        });
        let bytes = headers(&HeaderInput {
            cpu: config.arch.macho_cpu,
            file_type: MH_OBJECT,
            flags: if n_undefined == 0 { MH_NOUNDEFS } else { 0 },
            segments: &[all],
            commands: &commands,
        });
        let (len, room) = (bytes.len(), config.placement.header_len);
        match len as u64 > room {
            true => Err(format!("HEADR too small: {len} > {room}")),
            false => Ok(bytes),
        }
    }
}

/// The segment of the output that a section will be in.
fn segment_name(seg: Seg) -> &'static str {
    match seg {
        Seg::Relro => "__DATA_CONST",
        Seg::Data => "__DATA",
        Seg::Dwarf => "__DWARF",
        _ => "__TEXT",
    }
}

/// Distance between labels, bytes, and what addends stay below.
pub const LABEL_DISTANCE: i64 = 1 << 23;

/// By what number relocations name a symbol.
pub struct Numbers {
    /// By symbol, the number in the symbol table, from 1 on; 0 for none.
    pub symbols: Vec<u32>,
    /// Labels inside large symbols.
    pub labels: FxHashMap<Place, u32>,
}

/// What a relocation names, and the addend that is left.
type Named = Result<(u32, i64), String>;

impl Numbers {
    fn of(&self, relocs: &ObjectRelocs, h: &HostReloc) -> Named {
        let syms = relocs.relocator.syms;
        let mut found = (self.symbols[h.sym.index()], h.add);
        let mut take = |off: i64| {
            if let Some(&n) = self.labels.get(&(h.sym, off)) {
                found = (n, h.add - off);
            }
        };
        if h.typ != RelocType::Addr && !fits(h.add) && relocs.has_instructions() {
            take(h.add / LABEL_DISTANCE * LABEL_DISTANCE);
        }
        if h.typ == RelocType::CallArm64 && h.add != 0 {
            take(h.add);
        }
        let (number, add) = found;
        let name = || syms.name_lossy(h.sym);
        if relocs.has_instructions() {
            if h.typ != RelocType::Addr && !fits(add) {
                let name = name();
                return Err(format!(
                    "internal error: relocation addend overflow: {name}+{add:#x}"
                ));
            }
            if h.typ == RelocType::CallArm64 && add != 0 {
                return Err(format!("unexpected non-zero addend: {}+{add}", name()));
            }
        }
        match number.checked_sub(1) {
            Some(n) => Ok((n, add)),
            None => {
                let (kind, typ) = (syms.kind(h.sym), h.typ);
                Err(format!(
                    "reloc {} ({typ}) to non-macho symbol {} type={} ({kind})",
                    typ.index(),
                    name(),
                    syms.gover.rank(kind)
                ))
            }
        }
    }
}

/// Whether an addend has room in a record (`signext24`).
fn fits(add: i64) -> bool {
    (-LABEL_DISTANCE..LABEL_DISTANCE).contains(&add)
}

/// Writes records, one behind the other.
struct Records<'o>(std::slice::ChunksExactMut<'o, u8>);

impl Records<'_> {
    fn put(&mut self, off: u64, target: RelocTarget, t: MachoType) {
        if let Some(out) = self.0.next() {
            Reloc {
                off: off as u32,
                target,
                typ: t.typ,
                pc_relative: t.pc_relative,
                width: t.width,
            }
            .write(out);
        }
    }

    /// An instruction: its addend, if it is to have one, and what it refers to.
    fn put_instruction(&mut self, off: u64, symbol: u32, t: MachoType, add: Option<i64>) {
        if let Some(add) = add {
            let addend = MachoType {
                typ: macho_types::ARM64_RELOC_ADDEND,
                pc_relative: false,
                width: 2,
            };
            self.put(off, RelocTarget::Addend(add), addend);
        }
        self.put(off, RelocTarget::Symbol(symbol), t);
    }
}

impl ObjectRelocs<'_> {
    /// Whether addends of instructions stand in the object's relocations.
    fn has_instructions(&self) -> bool {
        self.relocator.family == target::Family::Arm64
    }

    /// Writes the relocations of a Mach-O object into `out`, which they fill. Gives what is wrong with
    /// them.
    pub fn write_macho(
        &self,
        counts: &RelocCounts,
        debug: &[Vec<HostRef>],
        numbers: &Numbers,
        out: &mut [u8],
    ) -> Vec<RelocError> {
        let mut rest = out;
        let mut take = |n: u64| {
            let (now, later) = std::mem::take(&mut rest).split_at_mut(n as usize * RELOC_SIZE);
            rest = later;
            now
        };
        let tasks: Vec<(&Chunk, &mut [u8])> =
            counts.chunks.iter().map(|c| (c, take(c.count))).collect();
        let mut debug_tasks = Vec::new();
        for part in debug.iter().flat_map(|d| d.chunks(CHUNK)) {
            debug_tasks.push((part, take(part.len() as u64)));
        }
        let errors: Vec<Vec<RelocError>> = tasks
            .into_par_iter()
            .map(|(c, out)| self.write_macho_chunk(c, numbers, out))
            .collect();
        debug_tasks.into_par_iter().for_each(|(refs, out)| {
            let mut records = Records(out.chunks_exact_mut(RELOC_SIZE));
            for r in refs {
                if let (HostTarget::Symbol(s), Some(t)) = (r.target, macho_address(r.width)) {
                    let (s, _) = self.carried(s, 0);
                    let addrs = self.relocator.addrs;
                    let section = self.text.object_section(addrs.section(s), addrs.addr(s));
                    records.put(r.off.into(), RelocTarget::Section(section), t);
                }
            }
        });
        errors.concat()
    }

    fn write_macho_chunk(&self, c: &Chunk, numbers: &Numbers, out: &mut [u8]) -> Vec<RelocError> {
        let mut errors = Vec::new();
        let mut records = Records(out.chunks_exact_mut(RELOC_SIZE));
        let addrs = self.relocator.addrs;
        let base = self.base(c.section);
        for s in self.symbols(c.section, c.symbols.clone()) {
            let at = addrs.addr(s).wrapping_sub(base);
            for h in self.relocs_of(s) {
                let Some(pair) = self.relocator.macho_pair(&h) else {
                    continue;
                };
                let (symbol, add) = match numbers.of(self, &h) {
                    Ok(named) => named,
                    Err(why) => {
                        errors.push(super::object::error(s, &h, why));
                        continue;
                    }
                };
                let off = at.wrapping_add(h.off as u64);
                let Some(second) = pair.second else {
                    records.put(off, RelocTarget::Symbol(symbol), pair.first);
                    continue;
                };
                let add = (h.add != 0).then_some(add);
                records.put_instruction(off + 4, symbol, second, add);
                records.put_instruction(off, symbol, pair.first, add);
            }
        }
        errors
    }
}
