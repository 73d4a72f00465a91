//! The output when there is no host linker.

use super::output::{Begun, Linked, Output};
use crate::config::Config;
use crate::diag::Stop;
use crate::hostlink::HostLinkInput;
use crate::output::OutputFile;
use crate::passes::{elf, fips};
use format::elf::{ExecInput, ExecPlan};
use gover::SymKind;
use layout::{Addresses, Segments};
use symbols::map::Maps;
use symbols::{SymId, Symbols};

impl Output<'_> {
    /// Writes the executable, which ends at `end` but for its tables.
    pub(super) fn write_executable(
        &self,
        mut begun: Begun,
        segs: &Segments,
        end: u64,
        file: &mut OutputFile,
    ) -> Result<Linked, Stop> {
        let (program, code, data) = (self.program, self.code, self.data);
        let (config, diag, syms) = (program.config, program.diag, &program.syms);
        let dynamic = code.dynamic.as_ref();
        let interpreter =
            dynamic.map_or_else(Vec::new, |_| elf::interpreter(config, &syms.foreign));
        let (entry, entry_problem) = entry_address(config, syms, &data.addrs);
        let input = ExecInput {
            entry,
            ..elf::describe(
                config,
                dynamic.map(|d| (d, interpreter.as_slice())),
                &data.layout,
                &begun.debug.sections,
                segs,
                begun.symbols.as_ref().map(|s| s.sizes),
                end,
            )
        };
        let plan = ExecPlan::new(&input).map_err(|e| diag.exit(e))?;
        let statistics = self.statistics(&begun.debug);
        let (out, store) = file.map(plan.file_len).map_err(|e| diag.exit(e))?;

        diag.phases.start("Asmb");
        let (loaded, tail) = out.split_at_mut(segs.dwarf.file_off.min(plan.symtab_off) as usize);
        let base = loaded.len() as u64;
        let mut n_syms = 0;
        if let Some(s) = begun.symbols.take() {
            n_syms = s.sizes.n_syms;
            let first = (plan.symtab_off - base) as usize;
            let size = plan.strtab_off - plan.symtab_off;
            let index = std::iter::once(0).chain(plan.index.iter().copied());
            let index: Vec<u16> = index.collect();
            let tables = &mut tail[first..][..(size + s.sizes.strtab) as usize];
            let (symtab, strtab) = tables.split_at_mut(size as usize);
            s.write(&store, symtab, strtab, &index);
        }
        self.finish_loaded(&mut begun, segs, &store, loaded)?;
        if config.dwarf && !config.compress_dwarf {
            // Debugging information is made only now, and of all else just names are still read.
            syms.release_contents();
        }
        let sections = &mut tail[..segs.dwarf.file_len as usize];
        let mut debug = begun.debug;
        debug.write(syms, &data.addrs, sections, &store, diag)?;
        diag.exit_if_errors()?;

        diag.phases.start("asmbfips");
        let store_sum = || match &program.fips {
            Some(fips) => {
                let sum_of = config.fipso.as_deref();
                fips::store_sum(loaded, fips, &data.addrs, segs, sum_of)
            }
            None => Ok(()),
        };
        let (stored, ()) = rayon::join(store_sum, || Maps::all().release_all());
        stored.or_else(|e| diag.error(e))?;
        diag.phases.start("Asmb2");
        for s in dynamic
            .iter()
            .flat_map(|d| elf::misplaced(config, d, &data.layout, segs))
        {
            diag.error(format_args!("{}: invalid datoff {:#x}", s.name, s.addr))?;
        }
        match entry_problem {
            Some(EntryProblem::Missing) => {
                diag.error(format_args!("missing entry symbol {:?}", config.entry))?;
            }
            Some(EntryProblem::NoText(s)) => {
                diag.symbol_error(syms.name(s), syms.printed_number(s), "entry not text")?;
            }
            None => {}
        }
        for (off, bytes) in &plan.header {
            loaded[*off as usize..][..bytes.len()].copy_from_slice(bytes);
        }
        let (off, names) = &plan.shstrtab;
        tail[(*off - base) as usize..][..names.len()].copy_from_slice(names);
        self.print_sizes(
            segs,
            elf::HEADER_LEN - format::elf::EHDR_SIZE as u64,
            n_syms,
        );
        diag.exit_if_errors()?;
        // The process ends soon.
        std::mem::forget(debug);
        Ok(Linked {
            host: HostLinkInput::default(),
            statistics,
        })
    }
}

/// What can be wrong with an entry.
enum EntryProblem {
    /// There is no such symbol.
    Missing,
    /// It is not code.
    NoText(SymId),
}

/// The address of the entry point, and what is wrong with it (`ld/lib.go:Entryvalue`).
fn entry_address(
    config: &Config,
    syms: &Symbols,
    addrs: &Addresses,
) -> (u64, Option<EntryProblem>) {
    let name = &config.entry;
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        return (parse_go_int(name), None);
    }
    let Some(s) = syms.lookup(name.as_bytes(), 0) else {
        return (0, Some(EntryProblem::Missing));
    };
    match syms.kind(s) {
        SymKind::Xxx => (config.text_addr, None),
        kind if kind.is_text() => (addrs.addr(s), None),
        _ => (addrs.addr(s), Some(EntryProblem::NoText(s))),
    }
}

/// `strconv.ParseInt(s, 0, 64)`, 0 for what is no number.
fn parse_go_int(s: &str) -> u64 {
    let b = s.as_bytes();
    let (digits, radix) = match b {
        [b'0', b'x' | b'X', ..] => (&s[2..], 16),
        [b'0', b'o' | b'O', ..] => (&s[2..], 8),
        [b'0', b'b' | b'B', ..] => (&s[2..], 2),
        [b'0', _, ..] => (&s[1..], 8),
        _ => (s, 10),
    };
    i64::from_str_radix(digits, radix).unwrap_or(0) as u64
}
