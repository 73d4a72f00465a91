//! The relocatable object that a host linker gets (`ld/asmb.go`, `ld/elf.go:elfEmitReloc`,
//! `ld/pe.go:emitRelocations`).

use super::elf::{race_note, section, section_names};
use crate::config::Config;
use crate::shape::Shape;
use dwarf::{HostRef, HostTarget, Plan};
use format::elf::{ObjectInput, RELA_SIZE, Rela, SectionInput, SymtabSizes, consts::*};
use format::pe::{CoffReloc, RELOC_SIZE as COFF_RELOC_SIZE};
use gover::RelocType;
use layout::{DataLayout, Section, SectionId, Segments, TextLayout, TextOrder};
use rayon::prelude::*;
use reloc::{
    HostLink, HostReloc, HostTypes, Problem, RelocError, Relocator, coff_types, elf_types,
};
use std::ops::Range;
use symbols::SymId;
use target::FileFormat;

/// Symbols whose relocations one task writes.
const CHUNK: usize = 4096;

/// What relocations are made from.
pub struct ObjectRelocs<'a> {
    /// Knows which relocations are the host linker's.
    pub relocator: &'a Relocator<'a>,
    /// What it needs to know of it.
    pub host: HostLink<'a>,
    /// Order of text.
    pub order: &'a TextOrder,
    /// Where text lies: in several sections, perhaps.
    pub text: &'a TextLayout,
    /// Places of data.
    pub layout: &'a DataLayout,
    /// The segments, which are the sections of COFF objects.
    pub segs: &'a Segments,
}

/// Numbers of symbols in the object's symbol table.
pub trait SymbolNumbers: Sync {
    /// The number for a relocation of type `typ` that adds `add` to the address of `s`, if there is any.
    fn number(&self, s: SymId, typ: RelocType, add: i64) -> Option<u32>;

    /// That of a debug section, by its place among them.
    fn debug_number(&self, i: usize) -> u32;
}

/// Relocations of some symbols that follow one another in a section.
pub(super) struct Chunk {
    /// Index of the section in the object.
    pub section: usize,
    /// The symbols, by their places in text or among data.
    pub symbols: Range<usize>,
    /// Number of records in the object.
    pub count: u64,
}

/// The relocations of an object, counted.
pub struct RelocCounts {
    /// Parts of sections, in order.
    pub(super) chunks: Vec<Chunk>,
    /// By section, debug sections last.
    pub by_section: Vec<u64>,
}

/// Number of records that relocation types become; a wrong one is none.
fn records(types: Option<HostTypes>) -> u64 {
    types.map_or(0, |t| 1 + u64::from(t.1.is_some()))
}

impl ObjectRelocs<'_> {
    /// Length of a record, bytes.
    fn record_len(&self) -> usize {
        match self.host.format {
            FileFormat::Pe => COFF_RELOC_SIZE,
            _ => RELA_SIZE,
        }
    }

    /// Writes a record to `out`, which has its length.
    #[inline]
    fn write_record(&self, rela: Rela, out: &mut [u8]) {
        match self.host.format {
            FileFormat::Pe => CoffReloc {
                off: rela.off as u32,
                sym: rela.sym,
                typ: rela.typ as u16,
            }
            .write(out),
            _ => rela.write(out),
        }
    }

    /// The type of a field of debugging information.
    fn debug_type(&self, typ: RelocType, width: u8) -> u32 {
        let family = self.relocator.family;
        let types = match self.host.format {
            FileFormat::Pe => coff_types(family, typ, width),
            _ => elf_types(family, typ, width, false),
        };
        types.map_or(0, |t| t.0)
    }

    /// The address that the fields of a section of the object are counted from.
    pub(super) fn base(&self, section: usize) -> u64 {
        let cuts = &self.text.cuts;
        let at = section.saturating_sub(cuts.len());
        match self.host.format {
            FileFormat::Pe => self.segs.get(self.layout.sections[at].seg).addr,
            _ if (1..=cuts.len()).contains(&section) => cuts[section - 1].addr,
            _ => self.relocator.addrs.section_addr(SectionId(at as u8 + 1)),
        }
    }

    /// Number of sections that text has.
    fn n_text(&self) -> usize {
        1 + self.text.cuts.len()
    }

    /// Number of records that a relocation becomes; a wrong one is none.
    fn records(&self, h: &HostReloc) -> u64 {
        match self.host.format {
            FileFormat::MachO => {
                let pair = self.relocator.macho_pair(h);
                pair.map_or(0, |p| p.count(h.add))
            }
            _ => records(self.relocator.host_types(&self.host, h)),
        }
    }

    pub(super) fn symbols(
        &self,
        section: usize,
        range: Range<usize>,
    ) -> impl Iterator<Item = SymId> + '_ {
        let is_text = section < self.n_text();
        range.map(move |i| match is_text {
            true => self.order.textp[i],
            false => self.layout.placed[i].sym,
        })
    }

    pub(super) fn relocs_of(&self, s: SymId) -> impl Iterator<Item = HostReloc> + '_ {
        let section = self.relocator.addrs.section(s);
        let relocs = self.relocator.syms.relocs(s);
        relocs.filter_map(move |r| self.relocator.host_reloc(&self.host, section, &r))
    }

    /// Counts the relocations. `debug` are those of debug sections.
    pub fn count(&self, debug: &[Vec<HostRef>]) -> RelocCounts {
        let mut chunks = Vec::new();
        // Text comes first.
        let cuts = self.text.cuts.iter().map(|c| c.first);
        let starts: Vec<usize> = std::iter::once(0).chain(cuts).collect();
        let ends = starts[1..].iter().copied().chain([self.order.textp.len()]);
        let text = starts.iter().zip(ends).map(|(&start, end)| start..end);
        let data = self.layout.sections[1..].iter().map(|s| s.syms.clone());
        for (section, all) in text.chain(data).enumerate() {
            chunks.extend(all.clone().step_by(CHUNK).map(|i| Chunk {
                section,
                symbols: i..(i + CHUNK).min(all.end),
                count: 0,
            }));
        }
        chunks.par_iter_mut().for_each(|c| {
            let symbols = self.symbols(c.section, c.symbols.clone());
            c.count = symbols
                .flat_map(|s| self.relocs_of(s))
                .map(|h| self.records(&h))
                .sum();
        });
        let mut by_section = vec![0; self.layout.sections.len() + self.text.cuts.len()];
        for c in &chunks {
            by_section[c.section] += c.count;
        }
        by_section.extend(debug.iter().map(|d| d.len() as u64));
        RelocCounts { chunks, by_section }
    }

    /// Writes the relocations into `out`, which is the place of each section's, debug sections last.
    /// Gives what is wrong with them.
    pub fn write(
        &self,
        counts: &RelocCounts,
        debug: &[Vec<HostRef>],
        plan: Option<&Plan>,
        symbols: &impl SymbolNumbers,
        mut out: Vec<&mut [u8]>,
    ) -> Vec<RelocError> {
        let len = self.record_len();
        let mut take = |section: usize, n: u64| {
            let (now, later) = std::mem::take(&mut out[section]).split_at_mut(n as usize * len);
            out[section] = later;
            now
        };
        let chunks = counts.chunks.iter();
        let tasks: Vec<(&Chunk, &mut [u8])> =
            chunks.map(|c| (c, take(c.section, c.count))).collect();
        let mut debug_tasks = Vec::new();
        for (i, refs) in debug.iter().enumerate() {
            for part in refs.chunks(CHUNK) {
                let section = self.layout.sections.len() + i;
                debug_tasks.push((part, take(section, part.len() as u64)));
            }
        }
        let errors: Vec<Vec<RelocError>> = tasks
            .into_par_iter()
            .map(|(c, out)| self.write_chunk(c, symbols, out))
            .collect();
        if let Some(plan) = plan {
            debug_tasks.into_par_iter().for_each(|(refs, out)| {
                for (r, out) in refs.iter().zip(out.chunks_exact_mut(len)) {
                    let (typ, sym, add) = match r.target {
                        HostTarget::Symbol(s) => {
                            let (s, add) = self.carried(s, r.add);
                            let number = symbols.number(s, RelocType::Addr, add);
                            (RelocType::Addr, number.unwrap_or_default(), add)
                        }
                        HostTarget::Section(kind) => {
                            let i = plan.section_of(kind).unwrap_or_default();
                            (RelocType::DwarfSecRef, symbols.debug_number(i), r.add)
                        }
                    };
                    let record = Rela {
                        off: r.off.into(),
                        typ: self.debug_type(typ, r.width),
                        sym,
                        add,
                    };
                    self.write_record(record, out);
                }
            });
        }
        errors.concat()
    }

    /// The symbol that stands for `s` in the object file, and the addend that makes up for it.
    pub fn carried(&self, s: SymId, add: i64) -> (SymId, i64) {
        let outer = self.host.carriers.of(s);
        if outer.is_none() {
            return (s, add);
        }
        let a = self.relocator.addrs;
        (outer, add + a.addr(s).wrapping_sub(a.addr(outer)) as i64)
    }

    /// Adds to the fields of `debug`, the segment of debugging information, how far behind the symbols they
    /// refer to by name what they mean is. `refs` are those of each of its `sections`.
    pub fn add_carried(&self, sections: &[Section], refs: &[Vec<HostRef>], debug: &mut [u8]) {
        let first = sections.first().map_or(0, |s| s.addr);
        for (section, refs) in sections.iter().zip(refs) {
            let out = &mut debug[(section.addr - first) as usize..];
            for r in refs {
                let HostTarget::Symbol(s) = r.target else {
                    continue;
                };
                let (_, add) = self.carried(s, r.add);
                if add != r.add {
                    let width = usize::from(r.width).min(8);
                    out[r.off as usize..][..width].copy_from_slice(&add.to_le_bytes()[..width]);
                }
            }
        }
    }

    fn write_chunk(
        &self,
        c: &Chunk,
        symbols: &impl SymbolNumbers,
        out: &mut [u8],
    ) -> Vec<RelocError> {
        let mut errors = Vec::new();
        let mut out = out.chunks_exact_mut(self.record_len());
        let addrs = self.relocator.addrs;
        let base = self.base(c.section);
        for s in self.symbols(c.section, c.symbols.clone()) {
            let at = addrs.addr(s).wrapping_sub(base);
            for h in self.relocs_of(s) {
                let types = self.relocator.host_types(&self.host, &h);
                let Some((first, second)) = types else {
                    continue;
                };
                let sym = symbols.number(h.sym, h.typ, h.add);
                // Missing targets have been complained about when contents were relocated.
                if sym.is_none() && h.sym.is_some() {
                    let known = symbols.number(h.sym, RelocType::Addr, 0).is_some();
                    errors.push(match known {
                        true => self.no_label(s, &h),
                        false => self.no_symbol(s, &h),
                    });
                }
                let sym = sym.unwrap_or_default();
                for (i, typ) in [first].into_iter().chain(second).enumerate() {
                    let off = at.wrapping_add(h.off as u64) + 4 * i as u64;
                    if let Some(out) = out.next() {
                        let add = h.add;
                        self.write_record(Rela { off, typ, sym, add }, out);
                    }
                }
            }
        }
        errors
    }

    fn no_symbol(&self, s: SymId, h: &HostReloc) -> RelocError {
        let syms = self.relocator.syms;
        let (name, kind) = (syms.name_lossy(h.sym), syms.kind(h.sym));
        let (number, rank) = (h.typ.index(), syms.gover.rank(kind));
        let text = match self.host.format {
            FileFormat::Pe => {
                format!("reloc {number} to non-coff symbol {name} (outer={name}) {rank}")
            }
            _ => format!(
                "reloc {number} ({}) to non-elf symbol {name} (outer={name}) {rank} ({kind})",
                h.typ
            ),
        };
        error(s, h, text)
    }

    /// There is no label where a relocation would need one.
    fn no_label(&self, s: SymId, h: &HostReloc) -> RelocError {
        let (typ, name) = (h.typ, self.relocator.syms.name_lossy(h.sym));
        error(
            s,
            h,
            format!("invalid relocation: {typ} {name}+{:#x}", h.add),
        )
    }
}

/// What is wrong with a relocation of `s` for the host linker.
pub(super) fn error(s: SymId, h: &HostReloc, text: String) -> RelocError {
    RelocError {
        from: s,
        reloc: symbols::Reloc {
            off: h.off,
            siz: h.siz,
            typ: h.typ,
            weak: false,
            add: h.add,
            sym: h.sym,
        },
        problem: Problem::Arch(text.into()),
    }
}

/// Describes the object. `dwarf` are the debug sections.
#[allow(clippy::too_many_arguments)]
pub fn describe<'a>(
    config: &Config,
    shape: &Shape,
    layout: &'a DataLayout,
    dwarf: &'a [Section],
    segs: &Segments,
    counts: &RelocCounts,
    symtab: SymtabSizes,
    end: u64,
) -> ObjectInput<'a> {
    // Where the pclntab never has relocations, it has no section for them.
    let no_relocs = match config.release.pclntab_shape.text_start {
        true => "",
        false => ".gopclntab",
    };
    let sections = layout
        .sections
        .iter()
        .chain(dwarf)
        .zip(&counts.by_section)
        .map(|(s, &n)| {
            let x = object_section(s, segs);
            let bare = x.typ == SHT_NOBITS || x.typ == SHT_NOTE || s.name == no_relocs;
            (x, (!bare).then_some(n))
        })
        .collect();
    ObjectInput {
        machine: config.arch.elf_machine,
        osabi: config.os.elf.osabi,
        header_len: config.placement.header_len,
        sections,
        first_note: race_note(config),
        names: section_names(config, shape, false),
        symtab,
        end,
    }
}

/// A section of the object: like one of an executable, but at no address; notes are marked as such.
fn object_section<'a>(s: &'a Section, segs: &Segments) -> SectionInput<'a> {
    let mut x = section(s, segs);
    x.addr = 0;
    match &*s.name {
        ".note.go.buildid" | ".note.go.abihash" => (x.typ, x.flags) = (SHT_NOTE, SHF_ALLOC),
        ".note.go.pkg-list" | ".note.go.deps" => (x.typ, x.flags) = (SHT_NOTE, 0),
        ".init_array" if x.typ == SHT_PROGBITS => x.typ = SHT_INIT_ARRAY,
        _ => {}
    }
    x
}

/// Section header indices of the debug sections.
pub fn debug_indices(layout: &DataLayout, dwarf: &[Section]) -> Vec<u16> {
    let first = layout.sections.len() + 1;
    (first..first + dwarf.len()).map(|i| i as u16).collect()
}
