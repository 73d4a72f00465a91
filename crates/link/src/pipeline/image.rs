//! The output for Windows.

use super::executable::entry_address;
use super::output::{Begun, Linked, Output, SymbolTable};
use crate::diag::Stop;
use crate::hostlink::HostLinkInput;
use crate::output::{OutputFile, Store};
use crate::passes::pe::{self, EXPORTS, Image, ImageInput, RESOURCES, SYMTAB};
use crate::passes::pe_symbols::PeSymbols;
use format::pe::{SYM_SIZE, Sections};
use layout::Segments;
use symbols::SymId;

impl Output<'_> {
    /// Writes a Windows program.
    pub(super) fn write_image(
        &self,
        mut begun: Begun,
        segs: &Segments,
        file: &mut OutputFile,
    ) -> Result<Linked, Stop> {
        let (program, code, data) = (self.program, self.code, self.data);
        let (config, diag, syms) = (program.config, program.diag, &program.syms);
        let Some(imports) = &code.imports else {
            unreachable!("Windows programs have imports");
        };
        let symbols = match begun.symbols.take() {
            Some(SymbolTable::Pe(table)) => Some(table),
            _ => None,
        };
        let base_relocs = self.base_relocs()?;
        // Else no section has it, and what comes behind is written over it.
        let has_debug = !config.strip || config.release.pe.dwarf_if_stripped;
        let image = Image::lay_out(&ImageInput {
            config,
            syms,
            addrs: &data.addrs,
            segs,
            dwarf: match has_debug {
                true => &begun.debug.sections,
                false => &[],
            },
            imports,
            exports: &code.exports,
            base_relocs: base_relocs.as_deref(),
            symbols: symbols.as_ref(),
        });
        let statistics = self.statistics(&begun.debug, 0);
        let debug_end = segs.dwarf.file_off + segs.dwarf.file_len;
        let debug_end = debug_end.next_multiple_of(config.placement.file_align.unwrap_or(1));
        let end = u64::from(image.sections.next_off).max(debug_end);
        let (out, store) = file.map(end).map_err(|e| diag.exit(e))?;

        diag.phases.start("Asmb");
        let (loaded, tail) = out.split_at_mut(segs.dwarf.file_off as usize);
        let base = loaded.len();
        let debug = &mut tail[..segs.dwarf.file_len as usize];
        self.write_contents(&mut begun, segs, &store, loaded, debug)?;
        diag.phases.start("Asmb2");
        if let Some(text) = pe::misplaced(&image.sections, config.placement.base, segs) {
            diag.error(text)?;
            diag.exit_if_errors()?;
        }
        if !has_debug {
            let behind = image.sections.next_off as usize - base;
            store.put(&mut tail[..behind], &vec![0; behind]);
        }
        let mut put = |name: &str, bytes: &[u8]| {
            if let Some(s) = image.section(name) {
                store.put(&mut tail[s.off as usize - base..][..bytes.len()], bytes);
            }
        };
        put(".idata", &image.imports.section);
        put(EXPORTS, &image.exports);
        put(".reloc", base_relocs.as_deref().unwrap_or_default());
        put(RESOURCES, &image.resources);
        if let Some(s) = image.section(SYMTAB) {
            let out = &mut tail[s.off as usize - base..];
            write_symbols(symbols.as_ref(), &image.sections, &store, out);
        }
        let table = data.addrs.addr(image.import_table);
        let off = (table - segs.data.addr + segs.data.file_off) as usize;
        loaded[off..][..image.imports.thunks.len()].copy_from_slice(&image.imports.thunks);
        let (entry, problem) = entry_address(config, syms, &data.addrs);
        // It is looked up once for each of two headers, of which one is written.
        self.report_entry(problem)?;
        self.report_entry(problem)?;
        let headers = image.headers(config, entry, program.shape.cgo);
        loaded[..headers.len()].copy_from_slice(&headers);
        self.print_sizes(segs, 0, 0);
        diag.exit_if_errors()?;
        // The process ends soon.
        std::mem::forget(begun.debug);
        Ok(Linked {
            host: HostLinkInput::default(),
            statistics,
        })
    }

    /// The table of fields with addresses, if the loader may put the program elsewhere.
    fn base_relocs(&self) -> Result<Option<Vec<u8>>, Stop> {
        let (program, data) = (self.program, self.data);
        if !pe::is_relocatable(program.config) {
            return Ok(None);
        }
        let kinds = program.syms.gover.kind_order.iter();
        let of_kind = |k: &gover::SymKind| data.buckets.of(*k).syms.iter().map(|d| d.sym);
        let data_syms: Vec<SymId> = kinds.flat_map(of_kind).collect();
        let lists = [self.code.order.textp.as_slice(), &data_syms];
        let base = self.relocator.image_base;
        dynamic::base_reloc_table(&program.syms, &data.addrs, base, &lists)
            .map(Some)
            .map_err(|e| program.diag.exit(e))
    }
}

/// Writes the symbol table and the string table to `out`, the file from the first on.
fn write_symbols(symbols: Option<&PeSymbols>, sections: &Sections, store: &Store, out: &mut [u8]) {
    let (n, names) = symbols.map_or((0, 0), |s| (s.n_entries(), s.names_len()));
    let (table, strings) = out.split_at_mut(n * SYM_SIZE);
    let first = Sections::NAMES_AT as usize + sections.names.len();
    let (head, rest) = strings.split_at_mut(first);
    let len = (first + names) as u32;
    store.put(
        head,
        &[&len.to_le_bytes(), sections.names.as_slice()].concat(),
    );
    if let Some(s) = symbols {
        s.write(store, table, &mut rest[..names], first as u32);
    }
}
