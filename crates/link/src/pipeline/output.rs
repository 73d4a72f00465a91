//! Writing the output: what an executable and an object for a host linker have in common.

use super::code::Code;
use super::data::Data;
use super::program::Program;
use crate::diag::{Stop, UnresolvedSymbols};
use crate::hostlink::HostLinkInput;
use crate::output::{OutputFile, Store};
use crate::passes::debug::{Compression, Debug};
use crate::passes::elf_symbols::ElfSymbols;
use crate::passes::macho_symbols::{MachoSymbolInput, MachoSymbols};
use crate::passes::pe_symbols::{PeSymbolInput, PeSymbols};
use crate::passes::{fips, write};
use crate::statistics::{self, FileMade};
use gover::SymKind;
use layout::{Addresses, Carriers, Segments};
use reloc::{HostLink, Problem, RelocError, Relocator};
use std::sync::Mutex;
use symbols::map::Maps;
use symbols::{Reloc, SymId, path_to_prefix};
use tables::pclntab::{self, FillContext, Part, PclntabError};
use target::FileFormat;

/// Length of a file that is not written for the sake of further errors, bytes. Damaged symbols can be
/// of any size; what is written of them is wrong anyway.
const SPOILED_LIMIT: u64 = 1 << 30;

/// What a link leaves besides the output.
pub struct Linked {
    /// What the host linker has to know, if there is one.
    pub host: HostLinkInput,
    /// What `-v` ends with.
    pub statistics: String,
}

/// What of that which is loaded is written.
#[derive(Clone, Copy)]
enum Stage {
    /// The tables of functions.
    Tables,
    /// Text and data.
    Contents,
    /// Both.
    All,
}

/// All that the output is made from.
pub(super) struct Output<'a> {
    pub program: &'a Program<'a>,
    pub code: &'a Code,
    pub data: &'a Data,
    pub relocator: Relocator<'a>,
    /// The host linker's part of relocating, if there is a host linker.
    pub host: Option<HostLink<'a>>,
    /// What is wrong with tables.
    table_errors: Mutex<Vec<PclntabError>>,
}

/// The symbol table of an executable.
pub(super) enum SymbolTable {
    Elf(ElfSymbols),
    MachO(MachoSymbols),
    Pe(PeSymbols),
}

/// What has been made of the output when debugging information has its size.
pub(super) struct Begun {
    /// The symbol table of an executable that has one.
    pub symbols: Option<SymbolTable>,
    /// Where the contents of what is loaded lie.
    contents: write::Places,
    /// What of it has been written, with its errors.
    written: Option<(Stage, write::Errors)>,
    pub debug: Debug,
}

impl<'a> Output<'a> {
    /// Of a program that is laid out. `carriers` is for a host linker only.
    pub fn new(
        program: &'a Program<'a>,
        code: &'a Code,
        data: &'a Data,
        carriers: &'a Carriers,
    ) -> Output<'a> {
        let (config, shape, syms) = (program.config, program.shape, &program.syms);
        let version = i32::from(syms.abi_wrappers);
        let unreachable_method = syms.lookup(b"runtime.unreachableMethod", version);
        Output {
            program,
            code,
            data,
            relocator: Relocator {
                syms,
                live: &program.live,
                addrs: &data.addrs,
                unreachable_method: unreachable_method.unwrap_or_default(),
                tls_offset: config.os.tls_offset(config.arch),
                image_base: match shape.format {
                    FileFormat::Pe => shape.placement.base,
                    _ => 0,
                },
                binds_imports: shape.format == FileFormat::MachO || config.os.elf.binds_imports,
                pie: shape.pie() && shape.format == FileFormat::Elf,
                family: config.arch.family,
            },
            host: shape.external.then_some(HostLink {
                carriers,
                tlsg: program.known.tlsg,
                dynlink: shape.dynlink,
                library: shape.is_plugin() || shape.is_shared_library(),
                format: shape.format,
            }),
            table_errors: Mutex::default(),
        }
    }

    /// Writes the output, with debugging information as `debug` plans it.
    ///
    /// # Errors
    /// What is wrong has been said.
    pub fn write(self, debug: Option<dwarf::Plan>, file: &mut OutputFile) -> Result<Linked, Stop> {
        let diag = self.program.diag;
        let mut segs = self.data.segs;
        let begun = self.begin(debug, &mut segs, file)?;
        let end = segs.layout_file(&self.program.shape.placement);
        let end = end.map_err(|e| diag.exit(e))?;
        if end > SPOILED_LIMIT {
            diag.exit_if_errors()?;
        }
        self.program.syms.release_dwarf();
        diag.phases.start("layout");
        match (self.host, self.program.shape.format) {
            (Some(host), FileFormat::MachO) => self.write_macho_object(host, begun, &segs, file),
            (Some(host), FileFormat::Pe) => self.write_coff(host, begun, &segs, file),
            (Some(host), _) => self.write_object(host, begun, &segs, end, file),
            (None, FileFormat::Elf) => self.write_executable(begun, &segs, end, file),
            (None, FileFormat::MachO) => self.write_macho(begun, &segs, file),
            (None, FileFormat::Pe) => self.write_image(begun, &segs, file),
        }
    }

    /// Gives debugging information its size, and writes what can be written before it has.
    fn begin(
        &self,
        debug: Option<dwarf::Plan>,
        segs: &mut Segments,
        file: &mut OutputFile,
    ) -> Result<Begun, Stop> {
        let (config, diag, syms) = (self.program.config, self.program.diag, &self.program.syms);
        // A host linker compresses by itself.
        let compresses = config.compress_dwarf && debug.is_some() && !self.program.shape.external;
        let early = file.early();
        let start = segs.dwarf_offset(&self.program.shape.placement);
        let begins = compresses && config.benchmark.is_none();
        let first = start.filter(|&len| begins && len <= SPOILED_LIMIT);
        let first = first.and_then(|len| file.begin(len));
        let early = early.as_ref().zip(start);
        let compression = compresses.then_some(Compression { config, early });
        let compress = |segs: &mut Segments| {
            Debug::place(
                debug,
                &self.program.shape.placement,
                compression,
                syms,
                &self.data.addrs,
                segs,
                diag,
            )
        };
        let Some((out, store)) = first else {
            let (symbols, contents) = (self.symbol_table(), self.contents());
            if config.dwarf && config.compress_dwarf {
                // That reads a lot of contents, and few definitions.
                syms.release_definitions();
            }
            diag.phases.start("dwarfcompress");
            return Ok(Begun {
                symbols,
                contents,
                written: None,
                debug: compress(segs)?,
            });
        };
        // What is loaded lies before debugging information, whose length does not matter.
        let mut segs_before = *segs;
        let laid_out = segs_before.layout_file(&self.program.shape.placement);
        laid_out.map_err(|e| diag.exit(e))?;
        let write = |stage, out: &mut [u8]| {
            let _span = diag.phases.span(|| "Asmb".into());
            let (symbols, contents) = (self.symbol_table(), self.contents());
            let errors = self.write_loaded(stage, &contents, &segs_before, &store, out);
            (symbols, contents, Some((stage, errors)))
        };
        let (debug, (symbols, contents, written));
        if self.program.side_by_side {
            diag.phases.start("dwarfcompress");
            (debug, (symbols, contents, written)) =
                rayon::join(|| compress(segs), || write(Stage::All, out));
        } else {
            // Symbols' names and definitions are in memory now, and are not to be beside what is
            // compressed.
            (symbols, contents, written) = write(Stage::Tables, out);
            diag.phases.start("dwarfcompress");
            debug = compress(segs);
        }
        Ok(Begun {
            symbols,
            contents,
            written,
            debug: debug?,
        })
    }

    /// The symbol table of an executable, unless it has none.
    fn symbol_table(&self) -> Option<SymbolTable> {
        let Output {
            program,
            code,
            data,
            ..
        } = self;
        let (syms, live) = (&program.syms, &program.live);
        let (order, text) = (&code.order, &code.text_markers);
        let (buckets, addrs, dynlink) = (&data.buckets, &data.addrs, program.shape.dynlink);
        let external = program.shape.external;
        // A host linker is told to strip what it makes.
        let strip = program.config.strip && !external;
        // Mach-O files name what they import there.
        let format = program.shape.format;
        let wanted = format == FileFormat::MachO || !external && !strip;
        let plugin = program.shape.is_plugin();
        let plugin = plugin.then(|| path_to_prefix(program.config.main_pkg()));
        wanted.then(|| match format {
            FileFormat::Elf => SymbolTable::Elf(ElfSymbols::collect(
                syms, live, order, text, buckets, addrs, dynlink,
            )),
            FileFormat::MachO => SymbolTable::MachO(MachoSymbols::collect(&MachoSymbolInput {
                syms,
                live,
                order,
                text,
                data: buckets,
                addrs,
                strip,
                dynlink,
                layout: &code.text,
                plugin: plugin.as_deref().map(str::as_bytes),
                external,
            })),
            FileFormat::Pe => SymbolTable::Pe(PeSymbols::collect(&PeSymbolInput {
                syms,
                live,
                order,
                text,
                data: buckets,
                layout: &data.layout,
                segs: &data.segs,
                addrs,
                object: None,
            })),
        })
    }

    /// Where the contents of what is loaded lie.
    fn contents(&self) -> write::Places {
        write::Places::note(&self.program.syms, &self.code.order, &self.data.layout)
    }

    /// Writes what is loaded, or a part of it, into `out`, the zeroed output from its start. Behind each stage
    /// what nobody reads any more is given back.
    fn write_loaded(
        &self,
        stage: Stage,
        contents: &write::Places,
        segs: &Segments,
        store: &Store,
        out: &mut [u8],
    ) -> write::Errors {
        let (config, syms) = (self.program.config, &self.program.syms);
        let generate = |s, out: &mut [u8], addrs: &Addresses, make: &pclntab::Make| {
            self.generate(s, out, addrs, make)
        };
        let writer = write::Writer {
            relocator: &self.relocator,
            host: self.host,
            order: &self.code.order,
            text: &self.code.text,
            layout: &self.data.layout,
            places: contents,
            segs,
            blocks: self.data.blocks.as_ref(),
            code_pad: config.arch.code_pad,
            names: self.code.pclntab.part(Part::FuncNames).sym,
            generate: &generate,
            store,
        };
        let tables = |out: &mut [u8]| {
            writer.write_tables(out, |written| match written {
                write::Written::Names => syms.release_names(),
                write::Written::Tables => syms.release_definitions(),
            })
        };
        match stage {
            Stage::Tables => tables(out),
            Stage::Contents => writer.write_contents(out),
            Stage::All => tables(out).and(writer.write_contents(out)),
        }
    }

    /// Fills in a symbol that is generated; `false` if it is none.
    fn generate(&self, s: SymId, out: &mut [u8], addrs: &Addresses, make: &pclntab::Make) -> bool {
        let (program, code) = (self.program, self.code);
        if let Some(d) = code.dynamic.as_ref().filter(|d| d.rela == s) {
            make(out, &mut |out| d.write_rela(addrs, out));
            return true;
        }
        if let Some(u) = code.unwind.as_ref().filter(|u| u.pdata == s) {
            let base = self.relocator.image_base;
            make(out, &mut |out| u.write(&program.syms, addrs, base, out));
            return true;
        }
        let is_of = |&part: &Part| code.pclntab.part(part).sym == s;
        let Some(part) = Part::ALL.into_iter().find(is_of) else {
            return false;
        };
        let fill = FillContext {
            syms: &program.syms,
            addresses: &self.data.addrs,
            reachable: &program.live.reachable,
            defer_returns: &program.live.defer_returns,
            deferreturn_trampolines: &code.text.deferreturn_trampolines,
        };
        if let Err(e) = code.pclntab.fill(part, &fill, out, make) {
            self.table_errors.lock().unwrap().extend(e);
        }
        true
    }

    /// Writes what is loaded as far as it is not written yet, and says what is wrong with all of it.
    pub fn finish_loaded(
        &self,
        begun: &mut Begun,
        segs: &Segments,
        store: &Store,
        out: &mut [u8],
    ) -> Result<(), Stop> {
        let written = begun.written.take();
        let mut write = |stage| self.write_loaded(stage, &begun.contents, segs, store, out);
        let errors = match written {
            None => write(Stage::All),
            Some((Stage::Tables, errors)) => errors.and(write(Stage::Contents)),
            Some((_, errors)) => errors,
        };
        let diag = self.program.diag;
        // What cmd/link finds only when it makes relocations for the host linker.
        let late = |e: &RelocError| matches!(e.problem, Problem::NotInObject | Problem::NotLive);
        let (late, errors): (Vec<_>, Vec<_>) = errors.in_order().into_iter().partition(late);
        self.report(errors)?;
        self.report(self.unwind_errors())?;
        let errors = std::mem::take(&mut *self.table_errors.lock().unwrap());
        errors.into_iter().try_for_each(|e| diag.error(e))?;
        if !late.is_empty() {
            diag.exit_if_errors()?;
        }
        self.report(late)
    }

    /// What is wrong with relocations of `.pdata`, which are none here, as cmd/link has them.
    fn unwind_errors(&self) -> Vec<RelocError> {
        let unwind = self.code.unwind.as_ref();
        let Some(unwind) = unwind.filter(|_| !self.program.shape.external) else {
            return Vec::new();
        };
        let (syms, addrs) = (&self.program.syms, &self.data.addrs);
        let fields = unwind.far_fields(syms, addrs, self.relocator.image_base);
        let error = |(reloc, value): (Reloc, i64)| {
            let problem = Problem::of_address(value, addrs.addr(reloc.sym))?;
            Some(RelocError {
                from: unwind.pdata,
                reloc,
                problem,
            })
        };
        fields.into_iter().filter_map(error).collect()
    }

    /// Writes all contents, as far as they are not written yet: what is loaded into `loaded`, the output from
    /// its start, and debugging information into `debug`; then the sum over the FIPS module.
    pub fn write_contents(
        &self,
        begun: &mut Begun,
        segs: &Segments,
        store: &Store,
        loaded: &mut [u8],
        debug: &mut [u8],
    ) -> Result<(), Stop> {
        let Program {
            config, diag, syms, ..
        } = self.program;
        self.finish_loaded(begun, segs, store, loaded)?;
        if config.dwarf && !config.compress_dwarf {
            // Debugging information is made only now, and of all else just names are still read.
            syms.release_contents();
        }
        let addrs = &self.data.addrs;
        begun.debug.write(syms, addrs, debug, store, diag)?;
        diag.exit_if_errors()?;

        diag.phases.start("asmbfips");
        let store_sum = || match &self.program.fips {
            Some(fips) => {
                let sum_of = config.fipso.as_deref();
                fips::store_sum(loaded, fips, addrs, segs, sum_of)
            }
            None => Ok(()),
        };
        let (stored, ()) = rayon::join(store_sum, || Maps::all().release_all());
        stored.or_else(|e| diag.error(e))
    }

    /// Says what is wrong with relocations.
    pub fn report(&self, errors: Vec<RelocError>) -> Result<(), Stop> {
        let (diag, syms) = (self.program.diag, &self.program.syms);
        let unresolved = UnresolvedSymbols::default();
        let mut ends = false;
        for (place, e) in errors.into_iter().enumerate() {
            let (from, text) = (e.from, e.text(syms));
            match e.problem {
                Problem::TlsInitialExec | Problem::Fatal(_) => return Err(diag.fatal(text)),
                Problem::NoAddress => return Err(diag.panic(text)),
                Problem::Unresolved => unresolved.note(from, e.reloc.sym, (place as u64, 0)),
                problem => {
                    diag.symbol_error(syms.name(from), syms.printed_number(from), text)?;
                    ends = matches!(problem, Problem::AddressTooBig { .. });
                }
            }
            if ends {
                break;
            }
        }
        unresolved.report(diag, syms)?;
        match ends {
            true => diag.exit_if_errors(),
            false => Ok(()),
        }
    }

    /// What `-v` ends with, of a file with so many labels in large symbols.
    pub fn statistics(&self, debug: &Debug, labels: usize) -> String {
        let Program {
            diag, syms, live, ..
        } = self.program;
        let shape = self.program.shape;
        let file = FileMade {
            format: shape.format,
            external: shape.external,
            labels,
        };
        let funcdata = &self.data.buckets.of(SymKind::GoFunc).syms;
        match diag.verbose(1) {
            true => {
                let (live, pclntab) = (&live.reachable, &self.code.pclntab);
                statistics::text(syms, live, pclntab, funcdata, debug, &file)
            }
            false => String::new(),
        }
    }

    /// Prints the sizes that `-c` ends with (`ld/asmb.go:asmb2`), bytes, if they are asked for. The text
    /// segment of an executable by then includes the `headers` behind the file header.
    pub fn print_sizes(&self, segs: &Segments, headers: u64, n_syms: u64) {
        if !self.program.config.dump_call_graph {
            return;
        }
        let text = segs.text.file_len + headers;
        let (data, all_data) = (segs.data.file_len, segs.data.len);
        let syms = n_syms * format::elf::SYM_SIZE as u64;
        let (bss, total) = (all_data - data, text + all_data + syms);
        self.program.diag.print(format_args!(
            "textsize={text}\ndatsize={data}\nbsssize={bss}\nsymsize={syms}\nlcsize=0\ntotal={total}\n"
        ));
    }
}
