//! The relocatable object that a host linker gets (`ld/asmb.go`, `ld/elf.go:elfEmitReloc`).

use super::elf::{section, section_names};
use super::object_symbols::ObjectSymbols;
use crate::config::Config;
use crate::shape::Shape;
use dwarf::{HostRef, HostTarget, Plan};
use format::elf::{ObjectInput, RELA_SIZE, Rela, SectionInput, SymtabSizes, consts::*};
use gover::RelocType;
use layout::{DataLayout, Section, SectionId, Segments, TextOrder};
use rayon::prelude::*;
use reloc::{HostLink, HostReloc, Problem, RelocError, Relocator, elf_types};
use std::ops::Range;
use symbols::SymId;

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
    /// Places of data.
    pub layout: &'a DataLayout,
}

/// Relocations of some symbols that follow one another in a section.
struct Chunk {
    section: usize,
    symbols: Range<usize>,
    /// Number of ELF relocations.
    count: u64,
}

/// The relocations of an object, counted.
pub struct RelocCounts {
    chunks: Vec<Chunk>,
    /// By section, debug sections last.
    pub by_section: Vec<u64>,
}

/// Number of ELF relocations that a relocation becomes; a wrong one is none.
fn records(r: &Relocator, h: &HostReloc) -> u64 {
    r.elf_types(h).map_or(0, |t| 1 + u64::from(t.1.is_some()))
}

impl ObjectRelocs<'_> {
    fn symbols(&self, section: usize, range: Range<usize>) -> impl Iterator<Item = SymId> + '_ {
        let is_text = section == self.layout.known.text;
        range.map(move |i| match is_text {
            true => self.order.textp[i],
            false => self.layout.placed[i].sym,
        })
    }

    fn relocs_of(&self, s: SymId) -> impl Iterator<Item = HostReloc> + '_ {
        let section = self.relocator.addrs.section(s);
        let relocs = self.relocator.syms.relocs(s);
        relocs.filter_map(move |r| self.relocator.host_reloc(&self.host, section, &r))
    }

    /// Counts the relocations. `debug` are those of debug sections.
    pub fn count(&self, debug: &[Vec<HostRef>]) -> RelocCounts {
        let mut chunks = Vec::new();
        for (section, sect) in self.layout.sections.iter().enumerate() {
            let all = match section == self.layout.known.text {
                true => 0..self.order.textp.len(),
                false => sect.syms.clone(),
            };
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
                .map(|h| records(self.relocator, &h))
                .sum();
        });
        let mut by_section = vec![0; self.layout.sections.len()];
        for c in &chunks {
            by_section[c.section] += c.count;
        }
        by_section.extend(debug.iter().map(|d| d.len() as u64));
        RelocCounts { chunks, by_section }
    }

    /// Writes the relocations into `out`, which they fill. Gives what is wrong with them.
    pub fn write(
        &self,
        counts: &RelocCounts,
        debug: &[Vec<HostRef>],
        plan: Option<&Plan>,
        symbols: &ObjectSymbols,
        out: &mut [u8],
    ) -> Vec<RelocError> {
        let mut rest = out;
        let mut take = |n: u64| {
            let (now, later) = std::mem::take(&mut rest).split_at_mut(n as usize * RELA_SIZE);
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
            .map(|(c, out)| self.write_chunk(c, symbols, out))
            .collect();
        if let Some(plan) = plan {
            let family = self.relocator.family;
            debug_tasks.into_par_iter().for_each(|(refs, out)| {
                for (r, out) in refs.iter().zip(out.chunks_exact_mut(RELA_SIZE)) {
                    let (typ, sym, add) = match r.target {
                        HostTarget::Symbol(s) => {
                            let (s, add) = self.carried(s, r.add);
                            (RelocType::Addr, symbols.number(s), add)
                        }
                        HostTarget::Section(kind) => {
                            let i = plan.section_of(kind).unwrap_or_default();
                            (RelocType::DwarfSecRef, symbols.debug_number(i), r.add)
                        }
                    };
                    let typ = elf_types(family, typ, r.width, false).map_or(0, |t| t.0);
                    Rela {
                        off: r.off.into(),
                        typ,
                        sym,
                        add,
                    }
                    .write(out);
                }
            });
        }
        errors.concat()
    }

    /// The symbol that stands for `s` in the object file, and the addend that makes up for it.
    fn carried(&self, s: SymId, add: i64) -> (SymId, i64) {
        let outer = self.host.carriers.of(s);
        if outer.is_none() {
            return (s, add);
        }
        let a = self.relocator.addrs;
        (outer, add + a.addr(s).wrapping_sub(a.addr(outer)) as i64)
    }

    fn write_chunk(&self, c: &Chunk, symbols: &ObjectSymbols, out: &mut [u8]) -> Vec<RelocError> {
        let mut errors = Vec::new();
        let mut out = out.chunks_exact_mut(RELA_SIZE);
        let addrs = self.relocator.addrs;
        let base = addrs.section_addr(SectionId((c.section + 1) as u8));
        for s in self.symbols(c.section, c.symbols.clone()) {
            let at = addrs.addr(s).wrapping_sub(base);
            for h in self.relocs_of(s) {
                let Some((first, second)) = self.relocator.elf_types(&h) else {
                    continue;
                };
                let sym = symbols.number(h.sym);
                // Missing targets have been complained about when contents were relocated.
                if sym == 0 && h.sym.is_some() {
                    errors.push(self.no_symbol(s, &h));
                }
                for (i, typ) in [first].into_iter().chain(second).enumerate() {
                    let off = at.wrapping_add(h.off as u64) + 4 * i as u64;
                    if let Some(out) = out.next() {
                        Rela {
                            off,
                            typ,
                            sym,
                            add: h.add,
                        }
                        .write(out);
                    }
                }
            }
        }
        errors
    }

    fn no_symbol(&self, s: SymId, h: &HostReloc) -> RelocError {
        let syms = self.relocator.syms;
        let (name, kind) = (syms.name_lossy(h.sym), syms.kind(h.sym));
        let text = format!(
            "reloc {} ({}) to non-elf symbol {name} (outer={name}) {} ({kind})",
            h.typ.index(),
            h.typ,
            syms.gover.rank(kind),
        );
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
        header_len: config.placement.header_len,
        sections,
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
