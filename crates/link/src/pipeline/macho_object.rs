//! The Mach-O object that a host linker makes the output of.

use super::output::{Begun, Linked, Output, SymbolTable};
use crate::diag::Stop;
use crate::output::OutputFile;
use crate::passes::host_syms;
use crate::passes::labels::{Place, label_name};
use crate::passes::macho::build_version;
use crate::passes::macho_object::{LABEL_DISTANCE, Numbers, ObjectPlan};
use crate::passes::macho_symbols::MachoSymbols;
use crate::passes::object::ObjectRelocs;
use dwarf::{HostRef, HostTarget};
use layout::{Section, Segments, TextLayout};
use reloc::HostLink;
use rustc_hash::FxHashMap;

impl Output<'_> {
    /// Writes the object.
    pub(super) fn write_macho_object(
        &self,
        host: HostLink,
        mut begun: Begun,
        segs: &Segments,
        file: &mut OutputFile,
    ) -> Result<Linked, Stop> {
        let (program, code, data) = (self.program, self.code, self.data);
        let (config, diag, syms) = (program.config, program.diag, &program.syms);
        let Some(SymbolTable::MachO(mut symbols)) = begun.symbols.take() else {
            unreachable!("Mach-O objects have a symbol table");
        };
        let numbers = symbols.numbers(syms.len());
        let labels = self.macho_labels(segs, &mut symbols);
        let relocs = ObjectRelocs {
            relocator: &self.relocator,
            host,
            order: &code.order,
            text: &code.text,
            layout: &data.layout,
            segs,
        };
        let mut debug_refs = begun.debug.host_refs(syms, &data.addrs, diag)?;
        // Offsets in other sections are followed without being told (https://go.dev/issue/22068).
        let is_symbol = |r: &HostRef| matches!(r.target, HostTarget::Symbol(_));
        debug_refs.iter_mut().for_each(|d| d.retain(is_symbol));
        let counts = relocs.count(&debug_refs);
        let (table_len, names_len) = (symbols.table_len(), symbols.names_len());
        let plan = ObjectPlan::new(config, segs, table_len as u64, names_len as u64, &counts);
        let (out, store) = file.map(plan.file_len()).map_err(|e| diag.exit(e))?;

        diag.phases.start("Asmb");
        let (contents, tail) = out.split_at_mut(plan.symtab as usize);
        let (loaded, debug) = contents.split_at_mut(segs.dwarf.file_off as usize);
        self.finish_loaded(&mut begun, segs, &store, loaded)?;
        let debug = &mut debug[..segs.dwarf.file_len as usize];
        begun.debug.write(syms, &data.addrs, debug, &store, diag)?;
        diag.exit_if_errors()?;
        diag.phases.start("Asmb2");
        let text = divided(&code.text, &data.layout.sections[0]);
        let others = data.layout.sections[1..].iter();
        let sections = text.iter().chain(others).chain(&begun.debug.sections);
        let build_version = build_version(config, program.shape, false);
        let headers = plan.headers(config, segs, sections, build_version, symbols.counts[2]);
        let headers = headers.map_err(|e| diag.exit(e))?;
        loaded[..headers.len()].copy_from_slice(&headers);
        let (tables, records) = tail.split_at_mut((plan.relocs[0] - plan.symtab) as usize);
        let (table, names) = tables.split_at_mut(table_len);
        symbols.write(&store, table, &mut names[..names_len]);
        let numbers = Numbers {
            symbols: numbers,
            labels,
        };
        self.report(relocs.write_macho(&counts, &debug_refs, &numbers, records))?;
        self.print_sizes(segs, 0, 0);
        diag.exit_if_errors()?;
        Ok(Linked {
            host: host_syms::input(config, syms, program.shape, diag)?,
            statistics: self.statistics(&begun.debug, numbers.labels.len()),
        })
    }

    /// Labels inside large symbols, where relocations need them, put behind the symbols of `table`: the number
    /// of each.
    fn macho_labels(&self, segs: &Segments, table: &mut MachoSymbols) -> FxHashMap<Place, u32> {
        let (syms, addrs) = (&self.program.syms, &self.data.addrs);
        let loaded = [
            &segs.text,
            &segs.rodata,
            &segs.relro,
            &segs.data,
            &segs.dwarf,
        ];
        // Without a large segment no symbol is looked at.
        let distance = match loaded.iter().any(|s| s.len >= LABEL_DISTANCE as u64) {
            true => LABEL_DISTANCE,
            false => i64::MAX,
        };
        let places = self.labels(distance);
        let first = table.count() + 1;
        table.append(places.iter().map(|&(s, off)| {
            let value = addrs.addr(s).wrapping_add_signed(off);
            let section = self.code.text.object_section(addrs.section(s), value);
            (label_name(syms, (s, off)), section, value)
        }));
        places.into_iter().zip(first..).collect()
    }
}

/// The sections that text has in the object, of one that is all of it.
fn divided(text: &TextLayout, whole: &Section) -> Vec<Section> {
    let end = whole.addr + whole.len;
    let starts = std::iter::once((whole.addr, whole.align));
    let starts: Vec<(u64, u32)> = starts
        .chain(text.cuts.iter().map(|c| (c.addr, c.align)))
        .collect();
    let ends = starts[1..].iter().map(|&(addr, _)| addr).chain([end]);
    let sections = starts.iter().zip(ends);
    sections
        .map(|(&(addr, align), end)| Section {
            addr,
            align,
            len: end - addr,
            ..whole.clone()
        })
        .collect()
}
