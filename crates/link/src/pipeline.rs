//! The passes of a link, in order.
//!
//! Each borrows what the earlier ones made. Symbols can be made up to [`tables::fill_moduledata`];
//! from data layout on there are no new ones.
//!
//! Mapped inputs count as memory once they are touched, and mapping a page again costs time. So pages
//! are given back where little of them is needed soon; docs/architecture.md says what and why.

use crate::config::Config;
use crate::diag::{Diag, Stop};
use crate::host::HostInputs;
use crate::hostlink::HostLinkInput;
use crate::loading::Loaded;
use crate::output::{OutputFile, Store};
use crate::passes::debug::{self, Debug};
use crate::passes::object::{self, ObjectRelocs};
use crate::passes::object_symbols::{Naming, ObjectSymbols};
use crate::passes::{addresses, dynlink, elf, elf_symbols::ElfSymbols, fips, host_syms, write};
use crate::shape::Shape;
use crate::shared_libs::SharedLibs;
use crate::statistics;
use format::elf::{ExecPlan, ObjectPlan};
use gover::{SymKind, TypelinkHome};
use layout::{
    Addresses, Carriers, DataLayout, Relro, SectionOptions, Segments, TextOrder, Unsorted,
};
use reach::Live;
use reloc::{HostLink, Relocator};
use steps::{
    containers, deadcode, declare_tlsg, disable_memory_profiling, dynamic_tables, entry_address,
    generate_debug, init_roots, lay_out_text, lossy, mark_fuzz_counters, print_sizes, report,
    resolve, stack_check,
};
use symbols::map::Maps;
use symbols::rtype::TypeStrings;
use symbols::{BitSet, LibId, SymId, path_to_prefix};
use tables::inittask::init_tasks;
use tables::pclntab::{self, FileNames, FillContext, Part, PclntabInput};
use tables::{DataMarkers, Fips, Maker, TextMarkers};

mod steps;

/// Length of a file that is not written for the sake of further errors, bytes. Damaged symbols can be
/// of any size; what is written of them is wrong anyway.
const SPOILED_LIMIT: u64 = 1 << 30;

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

/// What a link leaves besides the output.
pub struct Linked {
    /// What the host linker has to know, if there is one.
    pub host: HostLinkInput,
    /// What `-v` ends with.
    pub statistics: String,
}

/// Links an executable, or the object that a host linker makes one of, from what was loaded, into
/// `file`.
///
/// # Errors
/// What is wrong has been said.
pub fn link_executable(
    config: &Config,
    loaded: Loaded,
    diag: &Diag,
    file: &mut OutputFile,
) -> Result<Linked, Stop> {
    let ptr = config.arch.ptr_size;
    diag.phases.start("loadsyms");
    let shape = Shape::new(config, &loaded);
    let Loaded {
        mut inputs, mode, ..
    } = loaded;
    let host = HostInputs::take(config, &mut inputs, mode, diag);
    let shared_libs = SharedLibs::open(config, &inputs);
    // Passes over a small program do not keep all processors busy. Those that do not need one another
    // can then go side by side: what they have in memory together is little. Whoever wants to know how
    // long each takes gets them one by one.
    let side_by_side = Maps::all().are_small() && config.benchmark.is_none();
    let mut syms = resolve(config, inputs, diag)?;
    if config.check_linkname {
        syms.check_linknames().map_err(|e| diag.fatal(e))?;
    }
    shared_libs.enter(&mut syms, diag)?;
    host.load(config, &mut syms, diag)?;
    let mut special = BitSet::default();
    let mut made = Live::default();
    let mut maker = Maker {
        syms: &mut syms,
        live: &mut made,
        special: &mut special,
        ptr_size: ptr,
    };
    let fips = (!shape.is_plugin()).then(|| Fips::make(&mut maker));

    diag.phases.start("inittasks");
    // It sorts by names.
    let main_tasks = init_tasks(&mut syms, init_roots(config), ptr).map_err(|e| diag.exit(e))?;
    syms.release_names();
    diag.phases.start("deadcode");
    let mut live = deadcode(config, &shape, &mut syms, main_tasks, &made.reachable, diag)?;
    made.reachable.iter().for_each(|s| live.reachable.insert(s));
    // DWARF describes types and reads most of them again. Else what the flood has read and what is copied
    // need not be in memory together.
    if !config.dwarf {
        syms.release_named_data();
    }
    let type_strings = TypeStrings::copy(&syms, &live.type_names, ptr);
    if !config.dwarf {
        syms.release_named_data();
    }

    let mut maker = Maker {
        syms: &mut syms,
        live: &mut live,
        special: &mut special,
        ptr_size: ptr,
    };
    host_syms::tell_library(&mut maker, shape.mode);
    let tlsg = declare_tlsg(&mut maker);
    let module = tables::declare_moduledata(&mut maker, shape.is_plugin());
    if !shape.dynlink {
        disable_memory_profiling(&mut maker);
    }
    let vars: Vec<(String, Vec<u8>)> = config
        .string_vars
        .iter()
        .map(|(n, v)| (lossy(n), v.to_vec()))
        .collect();
    for e in tables::set_strings(&mut maker, &vars) {
        diag.error(e)?;
    }
    let tracked = match config.experiments.field_track() {
        true => tables::track_fields(&mut maker, &lossy(&config.field_track)),
        false => Vec::new(),
    };

    diag.phases.start("linksetup");
    let first: Vec<SymId> = syms
        .foreign
        .text
        .iter()
        .copied()
        .chain(fips.iter().flat_map(Fips::text))
        .collect();
    let mut order = TextOrder::assign(&syms, &live, &first);
    // As the order is before it is shuffled and FIPS functions are gathered.
    diag.phases.start("doStackCheck");
    let checked = stack_check(config, &syms, &live, &order.textp);
    syms.release_relocs();
    // cmd/link does this here. The tables of functions are made of what lies between functions'
    // debugging information, and of names; they come first, so that what only debugging information
    // needs is not in memory yet, unless there is none or somebody sees what is done when.
    let seen = shape.dynlink || config.dump_call_graph || diag.verbose(1);
    let now = seen || !config.dwarf;
    let debug_info = match now {
        true => Some(generate_debug(
            config, &syms, &live, &order, &checked, diag,
        )?),
        false => None,
    };

    let mut maker = Maker {
        syms: &mut syms,
        live: &mut live,
        special: &mut special,
        ptr_size: ptr,
    };
    if shape.dynlink {
        dynlink::mangle_types(&mut maker, shape.link_shared);
    }
    diag.phases.start("doelf");
    let mut dynamic = dynamic_tables(config, &shape, &mut maker);
    // The packages by path, as the hash of a shared library has them.
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
        host_syms::make_build_id_note(&mut maker, &config.build_id);
        host_syms::mark_undefined(&mut maker, &order);
    }
    if shape.is_shared_library() || shape.is_plugin() {
        host_syms::import_main(&mut maker, shape.is_shared_library());
    }
    if shape.dynlink {
        let family = config.arch.family;
        dynlink::add_module_init(&mut maker, &mut order, module, shape.is_plugin(), family);
    }
    if config.rand_layout != 0 {
        order.shuffle(maker.syms, config.rand_layout);
    }
    order.gather_fips(maker.syms);
    let text_markers = TextMarkers::make(&mut maker);
    diag.phases.start("textaddress");
    let text = lay_out_text(config, &shape, &mut maker, &mut order, diag);
    if config.release.typelinks == TypelinkHome::Section {
        tables::make_typelinks(&mut maker, &type_strings);
    }
    let value = |name: &str| {
        vars.iter()
            .find(|(n, _)| n == name)
            .map_or(&[][..], |(_, v)| v)
    };
    tables::make_buildinfo(
        &mut maker,
        value("runtime.buildVersion"),
        value("runtime.modinfo"),
    );
    diag.phases.start("pclntab");
    let containers = containers(maker.syms, &order);
    let file_names = FileNames::new(config.goroot.as_deref());
    let input = PclntabInput {
        text: &order,
        layout: &text,
        containers: &containers,
        arch: config.arch,
        file_names: &file_names,
        link_shared: shape.link_shared,
    };
    let plan = || {
        let _span = diag.phases.span(|| "pclntab".into());
        let mut pcln = pclntab::plan(maker.syms, &input);
        maker.syms.release_hashes();
        match pcln.damage.take() {
            Some(damage) => Err(diag.fatal(damage)),
            None => Ok(pcln),
        }
    };
    let generate = || generate_debug(config, maker.syms, maker.live, &order, &checked, diag);
    let (pcln, debug_info) = match debug_info {
        Some(info) => (plan(), Ok(info)),
        None if side_by_side => rayon::join(plan, generate),
        None => {
            let pcln = plan()?;
            maker.syms.release_content_defs();
            (Ok(pcln), generate())
        }
    };
    let mut pcln = pcln?;
    maker.syms.release_auxs();
    pcln.make_symbols(&mut maker, config.arch);
    for e in &pcln.errors {
        diag.error(e)?;
    }
    // Address assignment makes internal symbols of the tables (`ld/data.go:address`).
    pcln.carried()
        .chain([pcln.carrier])
        .for_each(|s| maker.syms.local.insert(s));
    let debug_info = debug_info?;
    diag.phases.start("dwarfGenerateDebugSyms");
    let debug_plan = debug::lay_out(debug_info, maker.syms, &order, &text, diag)?;
    diag.phases.start("symtab");
    if shape.is_c_library() {
        host_syms::call_when_loaded(&mut maker, &shape.entry);
    }
    let markers = DataMarkers::make(&mut maker, shape.relro() != Relro::None, shape.dynlink);
    if let Some(bytes) = abi_hash {
        tables::make_abi_hash(&mut maker, tables::base_name(&config.outfile_name), bytes);
    }
    let pkg_hashes = match shape.has_package_hashes() {
        true => tables::make_package_hashes(&mut maker, &libs),
        false => Vec::new(),
    };
    let plugin_path = path_to_prefix(config.main_pkg());
    let plugin = shape.is_plugin().then_some(tables::PluginInfo {
        path: &plugin_path,
        libs: &libs,
        hashes: &pkg_hashes,
    });
    let text_len = text.end - text.start + u64::from(config.arch.min_lc);
    let tasks = main_tasks.is_some().then(|| tables::TableRef {
        sym: main_tasks,
        size: maker.syms.size(main_tasks),
    });
    // How a program is called is not of interest.
    let module_name = match shape.has_main() {
        true => "the executable",
        false => tables::base_name(&config.outfile_name),
    };
    let module_name = (!maker.syms.foreign.shared_libs.is_empty()).then_some(module_name);
    let words = tables::fill_moduledata(
        &mut maker,
        module,
        &text_markers,
        &markers,
        &pcln.refs(),
        tasks,
        text_len,
        shape.has_main(),
        plugin.as_ref(),
        module_name,
    );

    diag.phases.start("dodata");
    // What is known to be no data, or to have its place already.
    let mut apart = special;
    order.textp.iter().for_each(|&s| apart.insert(s));
    let mut data = Unsorted::collect(
        &syms,
        &live,
        &apart,
        shape.relro(),
        !shape.external,
        shape.dynlink,
    );
    if let Some(d) = &mut dynamic {
        let lists: Vec<_> = data.in_order(syms.gover).collect();
        for (s, e) in d.scan(&mut syms, &live, &order.textp, &lists, shape.pie()) {
            diag.symbol_error(syms.name(s), syms.printed_number(s), e)?;
        }
        d.finish(&mut syms, shape.pie());
        data.resize_elf_sections(&syms);
    }
    if shape.relro() != Relro::None {
        data.move_relro(&syms);
    }
    let mut buckets = data.sort(&syms, &type_strings, ptr, markers.type_star);
    if let Some(d) = &dynamic {
        // The ELF ABI has them side by side.
        buckets.join(SymKind::ElfRoSect, d.rela, d.rela_plt, ptr.into());
    }
    for (s, e) in &buckets.errors {
        diag.symbol_error(syms.name(*s), syms.printed_number(*s), e)?;
    }
    mark_fuzz_counters(&buckets, &mut syms, &mut live);
    words.store(syms.ext_mut(module), &buckets.type_parts, ptr);
    pcln.hidden()
        .chain(pcln.funcdata.iter())
        .chain(tracked)
        .for_each(|s| buckets.hidden.insert(s));
    let mut places = DataLayout::assign(
        &syms,
        &mut buckets,
        (text.start, text_len, text.align),
        [markers.gcdata, markers.gcbss],
        &SectionOptions {
            ptr_size: ptr,
            min_lc: config.arch.min_lc,
            dynamic: dynamic.is_some() || shape.external,
            external: shape.external,
            relro: shape.relro(),
        },
    );
    for (s, e) in &places.errors {
        match s {
            Some(s) => diag.symbol_error(syms.name(*s), syms.printed_number(*s), e)?,
            None => diag.error(e)?,
        }
    }
    if config.no_dynamic && !shape.external {
        host_syms::report_untyped_exports(&syms, ptr, diag)?;
    }
    for (s, bytes) in [markers.gcdata, markers.gcbss]
        .into_iter()
        .zip(&mut places.gc_programs)
    {
        syms.ext_mut(s).set_data(bytes.clone());
    }
    diag.phases.start("address");
    // Those of types, which GC programs are made of. Tables come next, and names.
    syms.release_relocs();
    if config.strip {
        syms.release_names();
    }
    let mut segs = places.place(
        shape.text_addr,
        config.round,
        config.data_addr.map(|a| a as u64),
    );
    let text_section = &places.sections[places.known.text];
    if let (Some(&f), Some(&at)) = (order.textp.first(), text.addr.first())
        && at < text_section.addr
    {
        // A damaged function's alignment has moved the section.
        let (addr, name) = (text_section.addr, syms.name_lossy(f));
        diag.symbol_error(
            syms.name(f),
            syms.printed_number(f),
            format_args!(
                "phase error: addr={addr:#x} but val={at:#x} sym={name} type={} sect={} sect.addr={addr:#x} prev=",
                syms.kind(f),
                text_section.name
            ),
        )?;
        diag.exit_if_errors()?;
    }
    if config.asan {
        // The sanitizer wants it so (https://go.dev/issue/66966).
        places.align_fuzz_end(8);
    }
    let addrs = addresses::assign_addresses(
        &syms,
        &order,
        &text,
        &places,
        &segs,
        &text_markers,
        &markers,
    );
    pcln.set_funcdata_values(&addrs, 0);
    if let Some(bytes) = abi_hash {
        // A part of the note.
        let (name, off) = host_syms::ABI_HASH_NOTE;
        if let Some(note) = syms.lookup(name.as_bytes(), 0) {
            addrs.place_inside(bytes, note, off);
        }
    }

    let relocator = Relocator {
        syms: &syms,
        live: &live,
        addrs: &addrs,
        text_start: text.start,
        unreachable_method: syms
            .lookup(b"runtime.unreachableMethod", i32::from(syms.abi_wrappers))
            .unwrap_or_default(),
        tls_offset: -i64::from(ptr),
        pie: shape.pie(),
        family: config.arch.family,
    };
    let table_errors = std::sync::Mutex::new(Vec::new());
    let fill = FillContext {
        syms: &syms,
        addresses: &addrs,
        reachable: &live.reachable,
        defer_returns: &live.defer_returns,
        deferreturn_trampolines: &text.deferreturn_trampolines,
    };
    let carriers = match shape.external {
        true => host_syms::carriers(&syms, &buckets, &markers, &pcln, shape.dynlink),
        false => Carriers::default(),
    };
    let host = shape.external.then_some(HostLink {
        carriers: &carriers,
        tlsg,
        dynlink: shape.dynlink,
        library: shape.is_plugin() || shape.is_shared_library(),
    });
    let generate = |s: SymId, out: &mut [u8], addrs: &Addresses, make: &pclntab::Make| {
        if let Some(d) = dynamic.as_ref().filter(|d| d.rela == s) {
            make(out, &mut |out| d.write_rela(addrs, out));
            return true;
        }
        let Some(part) = Part::ALL.into_iter().find(|&p| pcln.part(p).sym == s) else {
            return false;
        };
        if let Err(e) = pcln.fill(part, &fill, out, make) {
            table_errors.lock().unwrap().extend(e);
        }
        true
    };
    // Behind each stage what nobody reads any more is given back.
    let write_loaded =
        |stage: Stage, contents: &write::Places, segs: &Segments, store: &Store, out: &mut [u8]| {
            let writer = write::Writer {
                relocator: &relocator,
                host,
                order: &order,
                text: &text,
                layout: &places,
                places: contents,
                segs,
                code_pad: config.arch.code_pad,
                names: pcln.part(Part::FuncNames).sym,
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
        };
    let collect = || {
        (!shape.external && !config.strip).then(|| {
            ElfSymbols::collect(
                &syms,
                &live,
                &order,
                &text_markers,
                &buckets,
                &addrs,
                shape.dynlink,
            )
        })
    };
    let note = || write::Places::note(&syms, &order, &places);
    let compresses = config.compress_dwarf && debug_plan.is_some() && !shape.external;
    let early = file.early();
    let start = segs.dwarf_offset(elf::HEADER_LEN, config.round);
    let begins = compresses && config.benchmark.is_none();
    let first = start.filter(|&len| begins && len <= SPOILED_LIMIT);
    let first = first.and_then(|len| file.begin(len));
    let early = early.as_ref().zip(start);
    let compress = |segs: &mut Segments| {
        Debug::place(config, &shape, debug_plan, &syms, &addrs, segs, early, diag)
    };
    let (mut symbols, contents, mut written, mut debug);
    match first {
        Some((out, store)) => {
            // What is loaded lies before debugging information, whose length does not matter.
            let mut segs_before = segs;
            let laid_out = segs_before.layout_file(elf::HEADER_LEN, config.round);
            laid_out.map_err(|e| diag.exit(e))?;
            let write = |stage, out: &mut [u8]| {
                let _span = diag.phases.span(|| "Asmb".into());
                let (symbols, contents) = (collect(), note());
                let errors = write_loaded(stage, &contents, &segs_before, &store, out);
                (symbols, contents, Some((stage, errors)))
            };
            if side_by_side {
                diag.phases.start("dwarfcompress");
                let compressed;
                (compressed, (symbols, contents, written)) =
                    rayon::join(|| compress(&mut segs), || write(Stage::All, out));
                debug = compressed?;
            } else {
                // Symbols' names and definitions are in memory now, and are not to be beside what is
                // compressed.
                (symbols, contents, written) = write(Stage::Tables, out);
                diag.phases.start("dwarfcompress");
                debug = compress(&mut segs)?;
            }
        }
        None => {
            (symbols, contents, written) = (collect(), note(), None);
            if config.dwarf && config.compress_dwarf {
                // That reads a lot of contents, and few definitions.
                syms.release_definitions();
            }
            diag.phases.start("dwarfcompress");
            debug = compress(&mut segs)?;
        }
    }
    let end = segs
        .layout_file(elf::HEADER_LEN, config.round)
        .map_err(|e| diag.exit(e))?;
    if end > SPOILED_LIMIT {
        diag.exit_if_errors()?;
    }

    syms.release_dwarf();
    diag.phases.start("layout");
    let mut write_loaded = |store: &Store, out: &mut [u8]| {
        let mut write = |stage| write_loaded(stage, &contents, &segs, store, out);
        let errors = match written.take() {
            None => write(Stage::All),
            Some((Stage::Tables, errors)) => errors.and(write(Stage::Contents)),
            Some((_, errors)) => errors,
        };
        let errors = errors.in_order();
        report(&syms, errors, diag)?;
        let errors = std::mem::take(&mut *table_errors.lock().unwrap());
        errors.into_iter().try_for_each(|e| diag.error(e))
    };
    let statistics = || match diag.verbose(1) {
        true => statistics::text(&syms, &live.reachable, &pcln, &debug),
        false => String::new(),
    };
    if let Some(host) = host {
        let naming = Naming {
            dynlink: shape.dynlink,
            shared: shape.is_shared_library(),
        };
        let debug_index = object::debug_indices(&places, &debug.sections);
        let hidden = &buckets.hidden;
        let symbols = ObjectSymbols::collect(
            &syms,
            &live,
            &order,
            &text_markers,
            hidden,
            &addrs,
            debug_index,
            naming,
        );
        let relocs = ObjectRelocs {
            relocator: &relocator,
            host,
            order: &order,
            layout: &places,
        };
        let debug_refs = debug.host_refs(&syms, &addrs, diag)?;
        let counts = relocs.count(&debug_refs);
        let input = object::describe(
            config,
            &places,
            &debug.sections,
            &segs,
            &counts,
            symbols.sizes,
            end,
        );
        let plan = ObjectPlan::new(&input).map_err(|e| diag.exit(e))?;
        let (out, store) = file.map(plan.file_len).map_err(|e| diag.exit(e))?;
        diag.phases.start("Asmb");
        let (loaded, tail) = out.split_at_mut(segs.dwarf.file_off.min(plan.symtab_off) as usize);
        write_loaded(&store, loaded)?;
        let sections = &mut tail[..segs.dwarf.file_len as usize];
        debug.write_for_host(&syms, &addrs, sections, config.arch.family, diag)?;
        diag.exit_if_errors()?;
        diag.phases.start("Asmb2");
        loaded[..plan.header.len()].copy_from_slice(&plan.header);
        let base = loaded.len() as u64;
        let at = |off: u64| (off - base) as usize;
        let (names_off, names) = &plan.shstrtab;
        tail[at(*names_off)..][..names.len()].copy_from_slice(names);
        let (rest, rela) = tail.split_at_mut(at(plan.relocs[0]));
        let (symtab, strtab) =
            rest[at(plan.symtab_off)..].split_at_mut((plan.strtab_off - plan.symtab_off) as usize);
        symbols.write(symtab, &mut strtab[..symbols.sizes.strtab as usize]);
        let errors = relocs.write(&counts, &debug_refs, debug.plan(), &symbols, rela);
        report(&syms, errors, diag)?;
        if config.dump_call_graph {
            print_sizes(&segs, 0, symbols.sizes.n_syms, diag);
        }
        diag.exit_if_errors()?;
        return Ok(Linked {
            host: host_syms::input(config, &syms, &shape, diag)?,
            statistics: statistics(),
        });
    }

    let entry = entry_address(config, &syms, &addrs, diag)?;
    let interpreter = dynamic
        .as_ref()
        .map_or_else(Vec::new, |_| elf::interpreter(config, &syms.foreign));
    let headers = elf::describe(
        config,
        dynamic.as_ref().map(|d| (d, interpreter.as_slice())),
        &places,
        &debug.sections,
        &segs,
        entry,
        symbols.as_ref().map(|s| s.sizes),
        end,
    );
    let plan = ExecPlan::new(&headers).map_err(|e| diag.exit(e))?;
    let statistics = statistics();
    let (out, store) = file.map(plan.file_len).map_err(|e| diag.exit(e))?;

    diag.phases.start("Asmb");
    let (loaded, tail) = out.split_at_mut(segs.dwarf.file_off.min(plan.symtab_off) as usize);
    let base = loaded.len() as u64;
    let n_syms = symbols.as_ref().map_or(0, |s| s.sizes.n_syms);
    if let Some(s) = symbols.take() {
        let (first, size) = (
            (plan.symtab_off - base) as usize,
            plan.strtab_off - plan.symtab_off,
        );
        let index: Vec<u16> = std::iter::once(0)
            .chain(plan.index.iter().copied())
            .collect();
        let tables = &mut tail[first..][..(size + s.sizes.strtab) as usize];
        let (symtab, strtab) = tables.split_at_mut(size as usize);
        s.write(&store, symtab, strtab, &index);
    }
    write_loaded(&store, loaded)?;
    if config.dwarf && !config.compress_dwarf {
        // Debugging information is made only now, and of all else just names are still read.
        syms.release_contents();
    }
    debug.write(
        &syms,
        &addrs,
        &mut tail[..segs.dwarf.file_len as usize],
        &store,
        diag,
    )?;
    diag.exit_if_errors()?;

    diag.phases.start("asmbfips");
    let store_sum = || match &fips {
        Some(fips) => fips::store_sum(loaded, fips, &addrs, &segs, config.fipso.as_deref()),
        None => Ok(()),
    };
    let (stored, ()) = rayon::join(store_sum, || Maps::all().release_all());
    stored.or_else(|e| diag.error(e))?;
    diag.phases.start("Asmb2");
    for (off, bytes) in &plan.header {
        loaded[*off as usize..][..bytes.len()].copy_from_slice(bytes);
    }
    let (off, names) = &plan.shstrtab;
    tail[(*off - base) as usize..][..names.len()].copy_from_slice(names);
    let linked = Linked {
        host: HostLinkInput::default(),
        statistics,
    };
    if config.dump_call_graph {
        let headers = elf::HEADER_LEN - format::elf::EHDR_SIZE as u64;
        print_sizes(&segs, headers, n_syms, diag);
    }
    // The process ends soon; taking the large tables apart would only cost time.
    std::mem::forget((pcln, buckets, live, order, debug));
    std::mem::forget((places, addrs, syms));
    diag.exit_if_errors()?;
    Ok(linked)
}
