//! Text: its order and addresses, the tables of functions, debugging information, and module data, which
//! says where all of it is.

use super::program::Program;
use crate::config::Config;
use crate::diag::{Diag, Stop};
use crate::mode::BuildMode;
use crate::passes::{debug, dynlink, host_syms};
use crate::shape::Shape;
use crate::text;
use dwarf::DebugInfo;
use dynamic::{
    DynamicOptions, DynamicTables, ImportStubs, Imported, Imports, MachoOptions, MachoTables,
};
use gover::{SehOrder, TypelinkHome};
use hostobj::macho::{PLATFORM_MACCATALYST, PLATFORM_MACOS};
use layout::{Relro, TextLayout, TextOrder, TrampolineOptions};
use reach::Live;
use symbols::{BitSet, LibId, SymId, Symbols, path_to_prefix};
use tables::pclntab::{self, FileNames, PclntabInput, PclntabPlan};
use tables::stackcheck::{self, StackOptions};
use tables::{DataMarkers, Fips, Maker, ModuleInfo, TextMarkers, TypeWords, Unwind, callgraph};
use target::{Family, FileFormat};

/// Text laid out, and what is made from it.
pub(super) struct Code {
    pub order: TextOrder,
    pub text: TextLayout,
    /// Length of text, bytes.
    pub text_len: u64,
    pub text_markers: TextMarkers,
    pub data_markers: DataMarkers,
    /// The tables for the dynamic linker, if the output needs them.
    pub dynamic: Option<DynamicTables>,
    /// The tables for the dynamic linker of macOS.
    pub macho: Option<MachoTables>,
    /// What a Windows program imports, unless that is the host linker's affair.
    pub imports: Option<Imports>,
    /// The libraries of which the host linker is told that they are imported from.
    pub host_libraries: Vec<Box<str>>,
    /// What a Windows program exports, sorted by the names it has to the outside.
    pub exports: Vec<SymId>,
    /// How Windows unwinds the stack, if it has to be told.
    pub unwind: Option<Unwind>,
    /// The bytes of a shared library's ABI hash, which are a part of a note.
    pub abi_hash: Option<SymId>,
    pub pclntab: PclntabPlan,
    /// The words of module data that wait for types to be sorted.
    pub type_words: TypeWords,
}

impl Code {
    /// Lays out text, plans its tables and debugging information, if there is any, and makes all symbols
    /// that are left.
    ///
    /// # Errors
    /// What is wrong has been said.
    pub fn lay_out(program: &mut Program) -> Result<(Code, Option<dwarf::Plan>), Stop> {
        let (config, diag) = (program.config, program.diag);
        diag.phases.start("linksetup");
        let foreign = program.syms.foreign.text.iter().copied();
        let first = foreign.chain(program.fips.iter().flat_map(Fips::text));
        let first: Vec<SymId> = first.collect();
        let mut order = TextOrder::assign(&program.syms, &program.live, &first);
        // As the order is before it is shuffled and FIPS functions are gathered.
        diag.phases.start("doStackCheck");
        let checked = stack_check(config, &program.syms, &program.live, &order.textp);
        program.syms.release_relocs();
        // cmd/link does this here. The tables of functions are made of what lies between functions'
        // debugging information, and of names; they come first, so that what only debugging information
        // needs is not in memory yet, unless there is none or somebody sees what is done when.
        let seen = program.shape.dynlink || config.dump_call_graph || diag.verbose(1);
        // Debugging information does not describe what is imported, which is data for a host linker.
        let imports_are_data = program.shape.external && program.shape.format == FileFormat::Pe;
        let now = seen || imports_are_data || !config.dwarf;
        let debug_info = match now {
            true => Some(generate_debug(program, &order, &checked)?),
            false => None,
        };

        let mut modules = Modules::declare(program, &mut order)?;
        if config.rand_layout != 0 {
            order.shuffle(&program.syms, config.rand_layout);
        }
        if config.release.fips_module {
            order.gather_fips(&program.syms);
        }
        let text_markers = TextMarkers::make(&mut program.maker());
        if program.shape.gives_markers_room() {
            order.textp.insert(0, text_markers.text);
            order.textp.push(text_markers.etext);
        }
        diag.phases.start("textaddress");
        let text = lay_out_text(program, &mut order)?;
        if config.release.pe.seh_order == SehOrder::ByAddress {
            modules.unwind = unwind_tables(program, &order).filter(|u| !u.is_empty());
        }
        make_build_tables(program);

        let (mut pclntab, debug_info) = plan_tables(program, &order, &text, debug_info, &checked)?;
        let external = program.shape.external;
        pclntab.make_symbols(&mut program.maker(), config.arch, external);
        for e in &pclntab.errors {
            diag.error(e)?;
        }
        // Address assignment makes internal symbols of the tables (`ld/data.go:address`).
        let carried = pclntab.carried().chain([pclntab.carrier]);
        carried.for_each(|s| program.syms.local.insert(s));
        let debug_info = debug_info?;
        diag.phases.start("dwarfGenerateDebugSyms");
        let debug = debug::lay_out(debug_info, &program.syms, &order, &text, diag)?;

        diag.phases.start("symtab");
        let text_len = text.end - text.start + u64::from(config.arch.min_lc);
        let (data_markers, type_words) =
            modules.fill_moduledata(program, (&text, &text_markers), text_len, &pclntab);
        pclntab.set_funcdata_base(data_markers.funcdesc);
        let code = Code {
            order,
            text,
            text_len,
            text_markers,
            data_markers,
            dynamic: modules.dynamic,
            macho: modules.macho,
            imports: modules.imports,
            host_libraries: modules.host_libraries,
            exports: modules.exports,
            unwind: modules.unwind,
            abi_hash: modules.abi_hash,
            pclntab,
            type_words,
        };
        Ok((code, debug))
    }
}

/// What ties this module to others, made before text has its addresses.
struct Modules {
    dynamic: Option<DynamicTables>,
    macho: Option<MachoTables>,
    imports: Option<Imports>,
    host_libraries: Vec<Box<str>>,
    exports: Vec<SymId>,
    unwind: Option<Unwind>,
    /// The packages; by path in a shared library, as its hash has them.
    libs: Vec<LibId>,
    abi_hash: Option<SymId>,
}

impl Modules {
    /// Makes the tables and notes by which modules find one another, and a module's own initialisation, which
    /// `order` then has.
    ///
    /// # Errors
    /// What is wrong has been said.
    fn declare(program: &mut Program, order: &mut TextOrder) -> Result<Modules, Stop> {
        let (config, diag, shape) = (program.config, program.diag, program.shape);
        let module = program.known.module;
        let (mut macho, mut windows) = (None, ForWindows::default());
        match shape.format {
            FileFormat::Elf => {}
            FileFormat::MachO => macho = Some(declare_for_macos(program)),
            FileFormat::Pe => windows = declare_for_windows(program, order)?,
        }
        if shape.format != FileFormat::Elf && !config.build_id.is_empty() {
            let quoted = text::quote(&config.build_id);
            let id = tables::make_text_build_id(&mut program.maker(), &quoted);
            order.textp.insert(0, id);
        }
        let mut maker = program.maker();
        if shape.dynlink {
            dynlink::mangle_types(&mut maker, shape.link_shared);
        }
        if shape.format == FileFormat::Elf {
            diag.phases.start("doelf");
        }
        let dynamic = dynamic_tables(config, shape, &mut maker);
        let mut libs = order.postorder.clone();
        let mut abi_hash = None;
        if shape.is_shared_library() {
            libs.sort_by(|a, b| {
                let pkg = |l: &LibId| &maker.syms.libs[l.index()].pkg;
                pkg(a).cmp(pkg(b))
            });
            host_syms::keep_unreachable_method(&mut maker);
            abi_hash = Some(host_syms::make_shared_notes(
                &mut maker,
                &libs,
                &config.roots,
            ));
        }
        if shape.external {
            if shape.format == FileFormat::Elf {
                host_syms::make_build_id_note(&mut maker, &config.build_id);
            }
            host_syms::mark_undefined(&mut maker, order);
        }
        if shape.is_shared_library() || shape.is_plugin() {
            host_syms::import_main(&mut maker, shape.is_shared_library());
        }
        if shape.dynlink {
            let family = config.arch.family;
            dynlink::add_module_init(&mut maker, order, module, shape.is_plugin(), family);
        }
        Ok(Modules {
            dynamic,
            macho,
            imports: windows.imports,
            host_libraries: windows.host_libraries,
            exports: windows.exports,
            unwind: windows.unwind,
            libs,
            abi_hash,
        })
    }

    /// Makes the symbols that data begins and ends with, and fills in module data (`ld/symtab.go:symtab`).
    fn fill_moduledata(
        &self,
        program: &mut Program,
        (text, text_markers): (&TextLayout, &TextMarkers),
        text_len: u64,
        pclntab: &PclntabPlan,
    ) -> (DataMarkers, TypeWords) {
        let (config, shape) = (program.config, program.shape);
        let (module, main_tasks) = (program.known.module, program.main_tasks);
        let mut maker = program.maker();
        if shape.is_c_library() {
            host_syms::call_when_loaded(&mut maker, &shape.entry);
        }
        let relro = shape.relro() != Relro::None;
        let exe = shape.mode == BuildMode::Exe;
        let markers = DataMarkers::make(&mut maker, relro, shape.dynlink, exe);
        let file_name = tables::base_name(&config.outfile_name);
        if let Some(bytes) = self.abi_hash {
            tables::make_abi_hash(&mut maker, file_name, bytes);
        }
        let hashes = match shape.has_package_hashes() {
            true => tables::make_package_hashes(&mut maker, &self.libs),
            false => Vec::new(),
        };
        let path = path_to_prefix(config.main_pkg());
        let plugin = shape.is_plugin().then_some(tables::PluginInfo {
            path: &path,
            libs: &self.libs,
            hashes: &hashes,
        });
        let tasks = main_tasks.is_some().then(|| tables::TableRef {
            sym: main_tasks,
            size: maker.syms.size(main_tasks),
        });
        // How a program is called is not of interest.
        let module_name = match shape.has_main() {
            true => "the executable",
            false => file_name,
        };
        let module_name = (!maker.syms.foreign.shared_libs.is_empty()).then_some(module_name);
        // Each section of text, by where it starts, counted from the first.
        let first = (0, text_markers.text);
        let further = text.cuts.iter().map(|c| (c.addr - text.start, c.marker));
        let text_sections: Vec<(u64, SymId)> = std::iter::once(first).chain(further).collect();
        let info = ModuleInfo {
            text: text_markers,
            text_len,
            text_sections: &text_sections,
            data: &markers,
            pclntab: &pclntab.refs(),
            inittasks: tasks,
            has_main: shape.has_main(),
            plugin,
            name: module_name,
        };
        let words = tables::fill_moduledata(&mut maker, module, &info);
        (markers, words)
    }
}

/// Makes the table of types, where it is one of its own, and what is known of the build.
fn make_build_tables(program: &mut Program) {
    let Program {
        config,
        syms,
        live,
        special,
        type_strings,
        known,
        ..
    } = program;
    let mut maker = Maker {
        syms,
        live,
        special,
        ptr_size: config.arch.ptr_size,
    };
    if config.release.typelinks == TypelinkHome::Section {
        tables::make_typelinks(&mut maker, type_strings);
    }
    let [version, modules] =
        ["runtime.buildVersion", "runtime.modinfo"].map(|name| known.string_var(name));
    tables::make_buildinfo(&mut maker, version, modules);
}

/// What debugging information is generated from, if there is any.
type Generated = Result<Option<DebugInfo>, Stop>;

/// Plans the tables of functions, and generates debugging information unless that has been done.
fn plan_tables(
    program: &Program,
    order: &TextOrder,
    text: &TextLayout,
    debug_info: Option<Option<DebugInfo>>,
    checked: &StackReport,
) -> Result<(PclntabPlan, Generated), Stop> {
    let (config, diag, syms) = (program.config, program.diag, &program.syms);
    diag.phases.start("pclntab");
    let containers = containers(syms, order);
    let file_names = FileNames::new(config.goroot_name.as_deref());
    let input = PclntabInput {
        text: order,
        layout: text,
        containers: &containers,
        arch: config.arch,
        file_names: &file_names,
        link_shared: program.shape.link_shared,
    };
    let plan = || {
        let _span = diag.phases.span(|| "pclntab".into());
        let mut pclntab = pclntab::plan(syms, &input);
        syms.release_hashes();
        match pclntab.damage.take() {
            Some(damage) => Err(diag.fatal(damage)),
            None => Ok(pclntab),
        }
    };
    let generate = || generate_debug(program, order, checked);
    let (pclntab, debug_info) = match debug_info {
        Some(info) => (plan(), Ok(info)),
        None if program.side_by_side => rayon::join(plan, generate),
        None => {
            let pclntab = plan()?;
            syms.release_content_defs();
            (Ok(pclntab), generate())
        }
    };
    let pclntab = pclntab?;
    syms.release_auxs();
    Ok((pclntab, debug_info))
}

/// Generates debugging information, and says what the stack check has found.
fn generate_debug(program: &Program, order: &TextOrder, checked: &StackReport) -> Generated {
    let (config, diag, syms) = (program.config, program.diag, &program.syms);
    diag.phases.start("dwarfGenerateDebugInfo");
    let gdb_script = program.shape.has_gdb_script();
    let generated = debug::generate(config, syms, &program.live, order, gdb_script, diag)?;
    checked.report(syms, diag)?;
    if config.dwarf {
        syms.release_relocs_and_dwarf();
    }
    Ok(generated)
}

/// Checks the stacks of the functions `textp`: the call graph (`-c`), and whether chains of nosplit
/// functions fit their stack.
fn stack_check(config: &Config, syms: &Symbols, live: &Live, textp: &[SymId]) -> StackReport {
    let mut text = Vec::new();
    // Below its stack pointer, arm64 keeps the caller's frame pointer.
    let frame_pointer = if config.arch.has_link_register {
        config.arch.ptr_size.into()
    } else {
        0
    };
    let opts = StackOptions::new(config.arch, frame_pointer, config.stack_guards());
    let mut check = || {
        if config.dump_call_graph {
            callgraph::write_callgraph(syms, textp, &mut text)?;
        }
        let debug = config
            .debug_nosplit
            .then_some(&mut text as &mut dyn std::io::Write);
        stackcheck::check_stack(syms, textp, &live.nosplit, &opts, debug)
    };
    let failed = check();
    StackReport { text, failed }
}

/// What the stack check finds.
struct StackReport {
    /// The call graph (`-c`) and what `-debugnosplit` prints.
    text: Vec<u8>,
    /// The functions over the limit.
    failed: std::io::Result<Vec<stackcheck::Overflow>>,
}

impl StackReport {
    /// Says what has been found.
    fn report(&self, syms: &Symbols, diag: &Diag) -> Result<(), Stop> {
        let write_error =
            |e: &std::io::Error| diag.exit(format_args!("writing standard output: {e}"));
        let failed = self.failed.as_ref().map_err(write_error)?;
        diag.print_bytes(&self.text);
        for f in failed {
            diag.symbol_error(syms.name(f.root), syms.printed_number(f.root), &f.message)?;
            diag.print(&f.chains);
        }
        Ok(())
    }
}

/// Makes the tables for the dynamic linker of macOS (`ld/macho.go:domacho`).
fn declare_for_macos(program: &mut Program) -> MachoTables {
    let (config, shape) = (program.config, program.shape);
    program.diag.phases.start("domacho");
    let inode64_names = config.arch.family == Family::Amd64
        && match host_syms::platform(config, shape) {
            PLATFORM_MACOS => true,
            PLATFORM_MACCATALYST => config.release.macho.inode64_for_catalyst,
            _ => false,
        };
    let options = MachoOptions {
        arch: config.arch,
        pie: shape.pie(),
        external: shape.external,
        relro: shape.relro() != Relro::None,
        inode64_names,
    };
    let tables = MachoTables::make(&mut program.maker(), &options);
    if shape.is_plugin() {
        host_syms::keep_runtime_to_itself(&mut program.syms);
    }
    tables
}

/// What ties a Windows program to others, and how its stack is unwound where that does not depend on
/// addresses.
#[derive(Default)]
struct ForWindows {
    imports: Option<Imports>,
    host_libraries: Vec<Box<str>>,
    exports: Vec<SymId>,
    unwind: Option<Unwind>,
}

/// Makes what a Windows program imports, with stubs where C code needs some, and how its stack is unwound
/// (`ld/pe.go:dope`, `ld/data.go:windynrelocsyms`).
fn declare_for_windows(program: &mut Program, order: &mut TextOrder) -> Result<ForWindows, Stop> {
    let (config, diag) = (program.config, program.diag);
    let say = |syms: &Symbols, errors: &[(SymId, String)]| {
        errors
            .iter()
            .try_for_each(|(s, e)| diag.symbol_error(syms.name(*s), syms.printed_number(*s), e))
    };
    diag.phases.start("dope");
    let mut imported = Imported::find(&mut program.maker());
    say(&program.syms, &imported.errors)?;
    let host_libraries = match program.shape.external {
        true => imported.leave_to_host(&mut program.maker()),
        false => Vec::new(),
    };
    let imports = (!program.shape.external).then(|| Imports::make(&mut program.maker(), imported));
    let exports = exported(&program.syms, &program.live);
    if let Some(s) = exports.get(config.release.pe.max_exports) {
        let full = [(*s, "pe dynexport table is full".to_owned())];
        say(&program.syms, &full)?;
        diag.exit_if_errors()?;
    }
    let unwind = match config.release.pe.seh_order {
        SehOrder::TextOrder => unwind_tables(program, order),
        SehOrder::ByAddress => None,
    };
    diag.phases.start("windynrelocsyms");
    if program.shape.cgo && !program.shape.external {
        let stubs = ImportStubs::make(&mut program.maker(), &order.textp, config.arch.family);
        say(&program.syms, &stubs.errors)?;
        order.textp.push(stubs.code);
    }
    Ok(ForWindows {
        imports,
        host_libraries,
        exports,
        unwind,
    })
}

/// What a Windows program exports, sorted by the names it has to the outside (`initdynexport`).
fn exported(syms: &Symbols, live: &Live) -> Vec<SymId> {
    let wanted = syms.foreign.cgo.iter().filter(|(_, a)| a.export_dynamic);
    let mut list: Vec<SymId> = wanted.map(|(&s, _)| s).collect();
    list.retain(|&s| live.reachable.has(s));
    list.sort_unstable();
    gosort::sort_by(&mut list, syms.gover.shuffle, |&a, &b| {
        syms.ext_name(a) < syms.ext_name(b)
    });
    list
}

/// How Windows unwinds the stack, on the machines where it has to be told.
fn unwind_tables(program: &mut Program, order: &TextOrder) -> Option<Unwind> {
    let wanted = program.shape.format == FileFormat::Pe && program.config.arch.has_unwind_tables;
    wanted.then(|| {
        let external = program.shape.external;
        let mut maker = program.maker();
        let unwind = Unwind::make(&mut maker, &order.textp);
        if external {
            unwind.leave_to_host(&mut maker);
        }
        unwind
    })
}

/// The tables for the dynamic linker, if the output needs it. An executable that imports nothing
/// does not (`ld/lib.go:linksetup`, `ld/elf.go:doelf`).
fn dynamic_tables(config: &Config, shape: &Shape, m: &mut Maker) -> Option<DynamicTables> {
    let needed = match shape.mode {
        BuildMode::Exe => m.syms.foreign.dynamic,
        _ => true,
    };
    if shape.format != FileFormat::Elf || shape.external || config.no_dynamic || !needed {
        return None;
    }
    let options = DynamicOptions {
        arch: config.arch,
        relro: shape.relro() != Relro::None,
        bind_now: config.bindnow,
        addresses_by_plt: config.os.elf.addresses_by_plt,
        rpath: config.rpath.as_deref().unwrap_or_default(),
    };
    let mut tables = DynamicTables::make(m, &options);
    tables.add_exports(m.syms, config.os.elf.versioned_libraries);
    Some(tables)
}

/// Sections of host objects with functions in them (`ld/pcln.go:findContainerSyms`).
fn containers(syms: &Symbols, order: &TextOrder) -> BitSet {
    let mut out = BitSet::default();
    if !syms.foreign.text.is_empty() {
        let outer = order.textp.iter().map(|&s| syms.foreign.outer(s));
        outer.filter(|s| s.is_some()).for_each(|s| out.insert(s));
    }
    out
}

/// Gives text its addresses, with trampolines where the machine has them and they are needed.
///
/// # Errors
/// What is wrong has been said.
fn lay_out_text(program: &mut Program, order: &mut TextOrder) -> Result<TextLayout, Stop> {
    let (config, diag, shape) = (program.config, program.diag, program.shape);
    let Program { syms, live, .. } = program;
    let align = config.func_align;
    let mut text = TextLayout::assign(syms, order, shape.text_addr, align);
    if diag.verbose(3) {
        for (&s, addr) in order.textp.iter().zip(&text.addr) {
            let name = syms.name_lossy(s);
            diag.print(format_args!("assign text address: {name} {addr}\n"));
        }
    }
    if let Some(trampolines) = config.arch.trampolines {
        // A linker of Mach-O objects puts jumps between sections, too.
        let divided = shape.external && shape.format == FileFormat::MachO;
        let (size, level) = (config.debug_text_size, config.debug_tramp);
        let shuffled = config.rand_layout != 0;
        let options = TrampolineOptions::new(trampolines, size, level, shuffled, divided);
        text.insert_trampolines(syms, live, order, align, &options)
            .map_err(|e| diag.panic(e))?;
        if level > 0 && diag.verbose(1) {
            for &t in &text.trampolines {
                diag.log(format_args!("trampoline {} inserted", syms.name_lossy(t)));
            }
        }
    }
    Ok(text)
}
