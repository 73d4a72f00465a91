//! The output when there is no host linker.

use super::output::{Begun, Linked, Output, SymbolTable};
use crate::config::Config;
use crate::diag::Stop;
use crate::hostlink::HostLinkInput;
use crate::output::OutputFile;
use crate::passes::elf;
use format::elf::{ExecInput, ExecPlan};
use gover::SymKind;
use layout::{Addresses, Segments};
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
        let symbols = match begun.symbols.take() {
            Some(SymbolTable::Elf(table)) => Some(table),
            _ => None,
        };
        let input = ExecInput {
            entry,
            ..elf::describe(
                config,
                program.shape,
                dynamic.map(|d| (d, interpreter.as_slice())),
                &data.layout,
                &begun.debug.sections,
                segs,
                symbols.as_ref().map(|s| s.sizes),
                end,
            )
        };
        let plan = ExecPlan::new(&input).map_err(|e| diag.exit(e))?;
        let statistics = self.statistics(&begun.debug, 0);
        let (out, store) = file.map(plan.file_len).map_err(|e| diag.exit(e))?;

        diag.phases.start("Asmb");
        let (loaded, tail) = out.split_at_mut(segs.dwarf.file_off.min(plan.symtab_off) as usize);
        let base = loaded.len() as u64;
        let mut n_syms = 0;
        if let Some(s) = symbols {
            n_syms = s.sizes.n_syms;
            let first = (plan.symtab_off - base) as usize;
            let size = plan.strtab_off - plan.symtab_off;
            let index = std::iter::once(0).chain(plan.index.iter().copied());
            let index: Vec<u16> = index.collect();
            let tables = &mut tail[first..][..(size + s.sizes.strtab) as usize];
            let (symtab, strtab) = tables.split_at_mut(size as usize);
            s.write(&store, symtab, strtab, &index);
        }
        let sections = &mut tail[..segs.dwarf.file_len as usize];
        self.write_contents(&mut begun, segs, &store, loaded, sections)?;
        diag.phases.start("Asmb2");
        for s in dynamic
            .iter()
            .flat_map(|d| elf::misplaced(config, d, &data.layout, segs))
        {
            diag.error(format_args!("{}: invalid datoff {:#x}", s.name, s.addr))?;
        }
        self.report_entry(entry_problem)?;
        for (off, bytes) in &plan.header {
            loaded[*off as usize..][..bytes.len()].copy_from_slice(bytes);
        }
        let (off, names) = &plan.shstrtab;
        tail[(*off - base) as usize..][..names.len()].copy_from_slice(names);
        self.print_sizes(
            segs,
            config.placement.header_len - format::elf::EHDR_SIZE as u64,
            n_syms,
        );
        diag.exit_if_errors()?;
        // The process ends soon.
        std::mem::forget(begun.debug);
        Ok(Linked {
            host: HostLinkInput::default(),
            statistics,
        })
    }

    /// Says what is wrong with the entry point, if anything is.
    pub(super) fn report_entry(&self, problem: Option<EntryProblem>) -> Result<(), Stop> {
        let (config, diag, syms) = (self.program.config, self.program.diag, &self.program.syms);
        match problem {
            Some(EntryProblem::Missing) => {
                diag.error(format_args!("missing entry symbol {:?}", config.entry))
            }
            Some(EntryProblem::NoText(s)) => {
                diag.symbol_error(syms.name(s), syms.printed_number(s), "entry not text")
            }
            None => Ok(()),
        }
    }
}

/// What can be wrong with an entry.
#[derive(Clone, Copy)]
pub(super) enum EntryProblem {
    /// There is no such symbol.
    Missing,
    /// It is not code.
    NoText(SymId),
}

/// The address of the entry point, and what is wrong with it (`ld/lib.go:Entryvalue`).
pub(super) fn entry_address(
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
