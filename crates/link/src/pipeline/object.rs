//! The object that a host linker makes the output of.

use super::output::{Begun, Linked, Output};
use crate::diag::Stop;
use crate::output::OutputFile;
use crate::passes::host_syms;
use crate::passes::object::{self, ObjectRelocs};
use crate::passes::object_symbols::{Naming, ObjectSymbols};
use format::elf::ObjectPlan;
use layout::Segments;
use reloc::HostLink;
use target::Family;

impl Output<'_> {
    /// Writes the object, which ends at `end` but for its tables.
    pub(super) fn write_object(
        &self,
        host: HostLink,
        mut begun: Begun,
        segs: &Segments,
        end: u64,
        file: &mut OutputFile,
    ) -> Result<Linked, Stop> {
        let (program, code, data) = (self.program, self.code, self.data);
        let (config, diag, shape) = (program.config, program.diag, program.shape);
        let syms = &program.syms;
        let debug_index = object::debug_indices(&data.layout, &begun.debug.sections);
        let naming = Naming {
            dynlink: shape.dynlink,
            shared: shape.is_shared_library(),
        };
        let symbols = ObjectSymbols::collect(
            syms,
            &program.live,
            &code.order,
            &code.text_markers,
            &data.buckets.hidden,
            debug_index,
            naming,
        );
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
        let input = object::describe(
            config,
            shape,
            &data.layout,
            &begun.debug.sections,
            segs,
            &counts,
            symbols.sizes,
            end,
        );
        let plan = ObjectPlan::new(&input).map_err(|e| diag.exit(e))?;
        let (out, store) = file.map(plan.file_len).map_err(|e| diag.exit(e))?;
        diag.phases.start("Asmb");
        let (loaded, tail) = out.split_at_mut(segs.dwarf.file_off.min(plan.symtab_off) as usize);
        self.finish_loaded(&mut begun, segs, &store, loaded)?;
        let sections = &mut tail[..segs.dwarf.file_len as usize];
        let addends = config.arch.family == Family::Arm64;
        let debug = &begun.debug;
        debug.write_for_host(syms, &data.addrs, sections, addends, diag)?;
        if addends {
            relocs.add_carried(&debug.sections, &debug_refs, sections);
        }
        diag.exit_if_errors()?;
        diag.phases.start("Asmb2");
        let blocks = data.blocks.as_ref();
        if blocks.is_some_and(|b| !b.are_complete(&data.layout, segs)) {
            return Err(diag.panic("elfrelocsect: size mismatch"));
        }
        loaded[..plan.header.len()].copy_from_slice(&plan.header);
        let base = loaded.len() as u64;
        let at = |off: u64| (off - base) as usize;
        let (names_off, names) = &plan.shstrtab;
        tail[at(*names_off)..][..names.len()].copy_from_slice(names);
        let (rest, mut rela) = tail.split_at_mut(at(plan.relocs[0]));
        let (symtab, strtab) =
            rest[at(plan.symtab_off)..].split_at_mut((plan.strtab_off - plan.symtab_off) as usize);
        symbols.write(
            &data.addrs,
            symtab,
            &mut strtab[..symbols.sizes.strtab as usize],
        );
        let rela: Vec<&mut [u8]> = plan
            .relocs
            .windows(2)
            .map(|w| {
                let (now, later) = std::mem::take(&mut rela).split_at_mut((w[1] - w[0]) as usize);
                rela = later;
                now
            })
            .collect();
        self.report(relocs.write(&counts, &debug_refs, debug.plan(), &symbols, rela))?;
        self.print_sizes(segs, 0, symbols.sizes.n_syms);
        diag.exit_if_errors()?;
        Ok(Linked {
            host: host_syms::input(config, syms, shape, diag)?,
            statistics: self.statistics(debug, 0),
        })
    }
}
