//! The object that a host linker for Windows makes the output of.

use super::output::{Begun, Linked, Output};
use crate::diag::Stop;
use crate::hostlink::HostLinkInput;
use crate::output::OutputFile;
use crate::passes::coff::{CTOR_LEN, CTORS, CoffObject};
use crate::passes::labels::Place;
use crate::passes::object::{ObjectRelocs, SymbolNumbers};
use crate::passes::pe_symbols::{PeSymbolInput, PeSymbols};
use crate::passes::{host_syms, pe};
use format::pe::{CoffReloc, SYM_SIZE};
use gover::RelocType;
use layout::Segments;
use reloc::{HostLink, coff_types};
use rustc_hash::FxHashMap;
use std::num::NonZeroU32;
use symbols::SymId;

/// Alignment of relocations in the file, bytes.
const RELOCS_ALIGN: u64 = 8;

/// Distance between labels in a symbol, bytes. Instructions hold addends of one bit more, and a sign.
const LABEL_DISTANCE: i64 = 1 << 20;

/// The numbers of symbols in the symbol table.
struct Numbers {
    /// Of each symbol, from 1 on.
    symbols: Vec<Option<NonZeroU32>>,
    labels: FxHashMap<Place, u32>,
    /// Those of debug sections, by their place among them.
    debug: Vec<u32>,
}

impl SymbolNumbers for Numbers {
    #[inline]
    fn number(&self, s: SymId, typ: RelocType, add: i64) -> Option<u32> {
        match label_offset(typ, add) {
            None => self.symbols[s.index()].map(|n| n.get() - 1),
            Some(off) => self.labels.get(&(s, off)).copied(),
        }
    }

    fn debug_number(&self, i: usize) -> u32 {
        self.debug[i]
    }
}

/// The offset of the label that a relocation refers to, if its addend is too long for one
/// (`arm64/asm.go:pereloc1`).
#[inline]
fn label_offset(typ: RelocType, add: i64) -> Option<i64> {
    use RelocType::*;
    let fits = (-LABEL_DISTANCE..LABEL_DISTANCE).contains(&add);
    match typ {
        CallArm64 if add != 0 => Some(add),
        AddrArm64 | Arm64PcrelLdSt8 | Arm64PcrelLdSt16 | Arm64PcrelLdSt32 | Arm64PcrelLdSt64
            if !fits =>
        {
            Some(add / LABEL_DISTANCE * LABEL_DISTANCE)
        }
        _ => None,
    }
}

impl Output<'_> {
    /// Writes the object.
    pub(super) fn write_coff(
        &self,
        host: HostLink,
        mut begun: Begun,
        segs: &Segments,
        file: &mut OutputFile,
    ) -> Result<Linked, Stop> {
        let (program, code, data) = (self.program, self.code, self.data);
        let (config, diag, shape) = (program.config, program.diag, program.shape);
        let (syms, placement) = (&program.syms, &shape.placement);
        let dwarf = &begun.debug.sections;
        let mut object = CoffObject::lay_out(config, placement, segs, &data.layout, dwarf);
        let labels = self.labels(LABEL_DISTANCE);
        let symbols = self.coff_symbols(segs, &object, &labels);
        let first_label = symbols.n_entries() - labels.len();
        let numbers = Numbers {
            symbols: symbols.numbers(syms.len()),
            labels: labels.into_iter().zip(first_label as u32..).collect(),
            // The entries of all sections come first.
            debug: (0..dwarf.len())
                .filter_map(|i| object.debug_section(i, &data.layout))
                .map(|section| section as u32 - 1)
                .collect(),
        };
        let relocs = ObjectRelocs {
            relocator: &self.relocator,
            host,
            order: &code.order,
            text: &code.text,
            layout: &data.layout,
            segs,
        };
        let debug_refs = begun.debug.host_refs(syms, &data.addrs, diag)?;
        let counts = relocs.count(&debug_refs);
        let symtab_off = u64::from(object.sections.next_off);
        let (n_syms, names) = (symbols.n_entries(), symbols.names_len());
        let symbols_len = object.symbols_len(n_syms, names) as u64;
        let relocs_off = (symtab_off + symbols_len).next_multiple_of(RELOCS_ALIGN);
        let tables = object.place_relocs(relocs_off, &counts.by_section);
        let (out, store) = file.map(tables.tables.end).map_err(|e| diag.exit(e))?;

        diag.phases.start("Asmb");
        let (loaded, tail) = out.split_at_mut(segs.dwarf.file_off as usize);
        let base = loaded.len() as u64;
        self.finish_loaded(&mut begun, segs, &store, loaded)?;
        let (debug, tail) = tail.split_at_mut(segs.dwarf.file_len as usize);
        let debug_info = &begun.debug;
        debug_info.write_for_host(syms, &data.addrs, debug, true, diag)?;
        relocs.add_carried(&debug_info.sections, &debug_refs, debug);
        diag.exit_if_errors()?;
        diag.phases.start("Asmb2");
        if let Some(text) = pe::misplaced(&object.sections, placement.base, segs) {
            diag.error(text)?;
            diag.exit_if_errors()?;
        }
        let at = |off: u64| (off - base - segs.dwarf.file_len) as usize;
        let ctor = &mut tail[at(object.file_off(CTORS))..][..CTOR_LEN as usize];
        ctor.copy_from_slice(&self.constructor().to_le_bytes());
        let (table, rest) = tail[at(symtab_off)..].split_at_mut(n_syms * SYM_SIZE);
        let (strings, rest) = rest.split_at_mut(object.strings_len(names));
        let len = (strings.len() as u32).to_le_bytes();
        let (head, long_names) = strings.split_at_mut(strings.len() - names);
        head.copy_from_slice(&[&len, object.sections.names.as_slice()].concat());
        symbols.write(&store, table, long_names, head.len() as u32);
        let (out, ctors) = tables.divide(rest, symtab_off + symbols_len, &counts.by_section);
        self.report(relocs.write(&counts, &debug_refs, debug_info.plan(), &numbers, out))?;
        CoffReloc {
            off: 0,
            // Text is the first section.
            sym: 0,
            typ: coff_types(config.arch.family, RelocType::Addr, 8).map_or(0, |t| t.0 as u16),
        }
        .write(ctors);
        let headers = object.headers(symtab_off, n_syms, shape.cgo);
        loaded[..headers.len()].copy_from_slice(&headers);
        self.print_sizes(segs, 0, 0);
        diag.exit_if_errors()?;
        Ok(Linked {
            host: HostLinkInput {
                libraries: code.host_libraries.clone(),
                ..host_syms::input(config, syms, shape, diag)?
            },
            statistics: self.statistics(debug_info, numbers.labels.len()),
        })
    }

    /// The symbol table, with `labels` at its end.
    fn coff_symbols(&self, segs: &Segments, object: &CoffObject, labels: &[Place]) -> PeSymbols {
        let (program, code, data) = (self.program, self.code, self.data);
        let input = PeSymbolInput {
            syms: &program.syms,
            live: &program.live,
            order: &code.order,
            text: &code.text_markers,
            data: &data.buckets,
            layout: &data.layout,
            segs,
            addrs: &data.addrs,
            object: Some(&object.sections),
        };
        let mut symbols = PeSymbols::collect(&input);
        symbols.add_labels(&input, labels);
        symbols
    }

    /// Where in text what C calls first is: the entry, in programs too.
    fn constructor(&self) -> u64 {
        let addrs = &self.data.addrs;
        let entry = self.program.shape.entry.as_bytes();
        let entry = self.program.syms.lookup(entry, 0);
        entry.map_or(0, |s| {
            let start = addrs.section_addr(addrs.section(s));
            addrs.addr(s).wrapping_sub(start)
        })
    }
}
