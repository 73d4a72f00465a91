//! The output for macOS.

use super::executable::entry_address;
use super::output::{Begun, Linked, Output, SymbolTable};
use crate::diag::Stop;
use crate::hostlink::HostLinkInput;
use crate::output::OutputFile;
use crate::passes::macho::{ExecutableInput, LinkEdit, indirect};
use dynamic::MachoTables;
use format::macho::{SignatureInput, signature};
use layout::{Seg, Segments};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use symbols::SymId;

impl Output<'_> {
    /// Writes a macOS program.
    pub(super) fn write_macho(
        &self,
        mut begun: Begun,
        segs: &Segments,
        file: &mut OutputFile,
    ) -> Result<Linked, Stop> {
        let (program, code, data) = (self.program, self.code, self.data);
        let (config, diag, syms) = (program.config, program.diag, &program.syms);
        let (Some(tables), Some(SymbolTable::MachO(symbols))) = (&code.macho, begun.symbols.take())
        else {
            unreachable!("macOS programs have tables");
        };
        let dyld = self.dyld_tables(tables, segs);
        let link_edit = LinkEdit::new(program.shape, config, segs, &dyld, tables, &symbols);
        let statistics = self.statistics(&begun.debug, 0);
        let (out, store) = file.map(link_edit.end()).map_err(|e| diag.exit(e))?;

        diag.phases.start("Asmb");
        let (contents, tail) = out.split_at_mut(link_edit.off as usize);
        let (loaded, debug) = contents.split_at_mut(segs.dwarf.file_off as usize);
        let debug = &mut debug[..segs.dwarf.file_len as usize];
        self.write_contents(&mut begun, segs, &store, loaded, debug)?;
        diag.phases.start("Asmb2");
        let [rebase, bind, table, stubs, words, names] = link_edit.split(tail);
        let numbers = symbols.imported();
        store.put_in_parts(rebase, &dyld[0]);
        store.put(bind, &dyld[1]);
        store.put(stubs, &indirect(&tables.stubs, &numbers));
        store.put(words, &indirect(&tables.words, &numbers));
        let names_len = symbols.names_len();
        symbols.write(&store, table, &mut names[..names_len]);

        let (entry, problem) = entry_address(config, syms, &data.addrs);
        // Both halves of the address are looked up.
        self.report_entry(problem)?;
        self.report_entry(problem)?;
        let executable = ExecutableInput {
            config,
            shape: program.shape,
            syms,
            layout: &data.layout,
            dwarf: &begun.debug.sections,
            segs,
            symbols: &symbols,
            link_edit: &link_edit,
        };
        let signed = &mut out[..link_edit.signature_off() as usize];
        let uuid_of_file = || {
            let mut sum = Sha256::digest(&*signed);
            config.release.sum32.apply(&mut sum);
            config.release.macho.uuid_variant.uuid(&sum.into())
        };
        let headers = executable.headers(entry, uuid_of_file);
        let headers = headers.map_err(|e| diag.exit(e))?;
        signed[..headers.len()].copy_from_slice(&headers);
        if config.arch.macho_signed {
            let input = SignatureInput {
                file: signed,
                text: executable.text_range(),
                program: true,
            };
            let signature = signature(&input, |tasks, hash| {
                let each = |(page, out): (&[u8], &mut [u8])| hash(page, out);
                tasks.into_par_iter().with_min_len(16).for_each(each);
            });
            out[link_edit.signature_off() as usize..].copy_from_slice(&signature);
        }
        self.print_sizes(segs, 0, 0);
        diag.exit_if_errors()?;
        // The process ends soon.
        std::mem::forget(begun.debug);
        Ok(Linked {
            host: HostLinkInput::default(),
            statistics,
        })
    }

    /// The tables of words that the dynamic linker changes.
    fn dyld_tables(&self, tables: &MachoTables, segs: &Segments) -> [Vec<u8>; 2] {
        let (syms, data) = (&self.program.syms, self.data);
        let place = |s: SymId| {
            let section = usize::from(data.addrs.section(s).0);
            let seg = match section.checked_sub(1) {
                Some(i) => data.layout.sections[i].seg,
                None => Seg::Text,
            };
            // Segments count from the one of unmapped memory on.
            let number = match seg {
                Seg::Text => 1,
                Seg::Data if segs.relro.len > 0 => 3,
                _ => 2,
            };
            (number, segs.get(seg).addr)
        };
        tables.dyld_tables(syms, &data.addrs, place)
    }
}
