//! Data: its order, and the addresses of everything.

use super::code::Code;
use super::program::Program;
use crate::config::unsupported_text;
use crate::diag::Stop;
use crate::passes::blocks::{BlockError, Blocks};
use crate::passes::{addresses, host_syms, pe};
use gover::SymKind;
use layout::{
    Addresses, Buckets, DataLayout, DataOrder, Relro, SectionOptions, Segments, Unsorted,
    UnwindTables,
};
use reach::Live;
use symbols::{SymId, Symbols};
use target::FileFormat;

/// Data laid out. From now on there are no new symbols.
pub(super) struct Data {
    pub buckets: Buckets,
    pub layout: DataLayout,
    /// The segments, whose places in the file are not all known yet.
    pub segs: Segments,
    pub addrs: Addresses,
    /// What is written of each part of the output, where that is not simply all of it.
    pub blocks: Option<Blocks>,
}

impl Data {
    /// Sorts data, and gives everything its address.
    ///
    /// # Errors
    /// What is wrong has been said.
    pub fn lay_out(program: &mut Program, code: &mut Code) -> Result<Data, Stop> {
        let (config, diag, shape) = (program.config, program.diag, program.shape);
        diag.phases.start("dodata");
        let mut buckets = sort(program, code)?;
        let mut layout = assign(program, code, &mut buckets)?;
        diag.phases.start("address");
        // Those of types, which GC programs are made of. Tables come next, and names.
        program.syms.release_relocs();
        if config.strip {
            program.syms.release_names();
        }
        let data_addr = config.data_addr.map(|a| a as u64);
        let segs = layout.place(shape.text_addr, shape.placement.round, data_addr);
        if config.asan && config.release.aligned_fuzz_counters {
            // The sanitizer wants it so (https://go.dev/issue/66966).
            layout.align_fuzz_end(8);
        }
        let blocks = find_blocks(program, code, &layout, &segs)?;
        let ends = match config.os.elf.c_ends {
            true => c_ends(program, code),
            false => Vec::new(),
        };
        let addrs = addresses::assign_addresses(
            &program.syms,
            &code.order,
            &code.text,
            &layout,
            &segs,
            &code.text_markers,
            &code.data_markers,
        );
        for (c, go) in ends {
            addrs.place_inside(c, go, 0);
        }
        if shape.format == FileFormat::Pe && !shape.external {
            pe::place_image_base(&program.syms, &addrs, config.placement.base);
        }
        code.pclntab.set_funcdata_values(&addrs, 0);
        if let Some(bytes) = code.abi_hash {
            let (name, off) = host_syms::ABI_HASH_NOTE;
            if let Some(note) = program.syms.lookup(name.as_bytes(), 0) {
                addrs.place_inside(bytes, note, off);
            }
        }
        Ok(Data {
            buckets,
            layout,
            segs,
            addrs,
            blocks,
        })
    }
}

/// Collects live data, finds what of it the dynamic linker relocates, and sorts it.
fn sort(program: &mut Program, code: &mut Code) -> Result<Buckets, Stop> {
    let (config, diag, shape) = (program.config, program.diag, program.shape);
    let ptr_size = config.arch.ptr_size;
    let markers = code.data_markers;
    if shape.gives_markers_room() {
        markers.give_room(&mut program.maker());
    }
    // What is known to be no data, or to have its place already.
    let mut apart = std::mem::take(&mut program.special);
    code.order.textp.iter().for_each(|&s| apart.insert(s));
    let (syms, live) = (&mut program.syms, &mut program.live);
    let relro = shape.relro();
    let mut data = Unsorted::collect(syms, live, &apart, relro, !shape.external, shape.dynlink);
    if let Some(d) = &mut code.dynamic {
        let lists: Vec<_> = data.in_order(syms.gover).collect();
        for (s, e) in d.scan(syms, live, &code.order.textp, &lists, shape.pie()) {
            diag.symbol_error(syms.name(s), syms.printed_number(s), e)?;
        }
        d.finish(syms, shape.pie());
        data.resize_sections(syms);
    }
    if let Some(m) = &mut code.macho {
        let lists: Vec<_> = data.in_order(syms.gover).collect();
        for (s, e) in m.scan(syms, live, &code.order.textp, &lists) {
            diag.symbol_error(syms.name(s), syms.printed_number(s), e)?;
        }
        data.resize_sections(syms);
    }
    if relro != Relro::None {
        data.move_relro(syms);
    }
    let (heads, tails) = (markers.heads(), markers.tails());
    let ends: [&[SymId]; 2] = match shape.gives_markers_room() {
        true => [&heads, &tails],
        false => [&[]; 2],
    };
    let order = DataOrder {
        strings: &program.type_strings,
        ptr_size,
        type_star: markers.type_star,
        heads: ends[0],
        tails: ends[1],
    };
    let mut buckets = data.sort(syms, &order);
    if let Some(d) = &code.dynamic {
        // The ELF ABI has them side by side.
        buckets.join(SymKind::ElfRoSect, d.rela, d.rela_plt, ptr_size.into());
    }
    for (s, e) in &buckets.errors {
        diag.symbol_error(syms.name(*s), syms.printed_number(*s), e)?;
    }
    mark_fuzz_counters(&buckets, syms, live);
    let module = syms.ext_mut(program.known.module);
    code.type_words.store(module, &buckets.type_parts, ptr_size);
    let hidden = code.pclntab.hidden().chain(code.pclntab.funcdata.iter());
    let hidden = hidden.chain(program.known.tracked.iter().copied());
    hidden.for_each(|s| buckets.hidden.insert(s));
    Ok(buckets)
}

/// The tables by which Windows unwinds the stack: those of host objects as far as they are live, then Go's.
fn unwind_tables(syms: &Symbols, live: &Live, code: &Code) -> UnwindTables {
    let windows = &syms.foreign.windows;
    let with = |host: &[SymId], own: Option<SymId>| {
        let live = host.iter().copied().filter(|&s| live.reachable.has(s));
        live.chain(own).collect()
    };
    let own = code.unwind.as_ref();
    UnwindTables {
        pdata: with(&windows.pdata, own.map(|u| u.pdata)),
        xdata: with(&windows.xdata, own.map(|u| u.xdata)),
    }
}

/// Divides text and data into sections, and makes the programs for the garbage collector.
fn assign(program: &mut Program, code: &Code, buckets: &mut Buckets) -> Result<DataLayout, Stop> {
    let (config, diag, shape) = (program.config, program.diag, program.shape);
    let (syms, text) = (&mut program.syms, &code.text);
    let gc_programs = [code.data_markers.gcdata, code.data_markers.gcbss];
    let options = SectionOptions {
        ptr_size: config.arch.ptr_size,
        min_lc: config.arch.min_lc,
        dynamic: code.dynamic.is_some() || shape.external && shape.format == FileFormat::Elf,
        one_read_only_segment: shape.external && shape.format != FileFormat::Pe
            || !config.os.read_only_segment,
        relro_names: config.os.relro_names,
        relro: shape.relro(),
        unwind: unwind_tables(syms, &program.live, code),
    };
    let text = (text.start, code.text_len, text.align);
    let layout = DataLayout::assign(syms, buckets, text, gc_programs, &options);
    for (s, e) in &layout.errors {
        match s {
            Some(s) => diag.symbol_error(syms.name(*s), syms.printed_number(*s), e)?,
            None => diag.error(e)?,
        }
    }
    if shape.format == FileFormat::Elf && !shape.external && code.dynamic.is_none() {
        host_syms::report_untyped_exports(syms, config.arch.ptr_size, diag)?;
    }
    for (s, bytes) in gc_programs.into_iter().zip(&layout.gc_programs) {
        syms.ext_mut(s).set_data(bytes.clone());
    }
    Ok(layout)
}

/// What is written of each part of the output, where addresses are out of order.
fn find_blocks(
    program: &Program,
    code: &Code,
    layout: &DataLayout,
    segs: &Segments,
) -> Result<Option<Blocks>, Stop> {
    let (diag, syms) = (program.diag, &program.syms);
    let say = |s: SymId, why: String| diag.symbol_error(syms.name(s), syms.printed_number(s), why);
    match Blocks::find(syms, &code.order, &code.text, layout, segs) {
        Ok(None) => return Ok(None),
        Ok(Some(blocks)) => {
            let twice = blocks.twice_written(syms, layout);
            if twice.is_empty() {
                return Ok(Some(blocks));
            }
            for e in twice {
                say(e.from, e.text(syms))?;
            }
        }
        Err(BlockError::Symbol(s, why)) => say(s, why)?,
        Err(BlockError::Overlap) => {
            diag.error(unsupported_text("data among read-only data (-D, -T)"))?;
        }
    }
    diag.exit_if_errors().map(|()| None)
}

/// Makes C's names for the ends of text and data, which the runtime gives to Go's until here. Gives each with the
/// one of Go (`ld/data.go:address`).
fn c_ends(program: &mut Program, code: &Code) -> Vec<(SymId, SymId)> {
    let (text, data) = (&code.text_markers, &code.data_markers);
    let ends = [
        ("_etext", text.etext),
        ("_edata", data.edata),
        ("_end", data.end),
    ];
    let made = ends.map(|(name, go)| {
        let mut maker = program.maker();
        let kind = maker.syms.kind(go);
        let c = maker.define(name, kind);
        if let Some(attrs) = maker.syms.foreign.cgo.get_mut(&go) {
            attrs.ext_name = None;
        }
        (c, go)
    });
    made.into()
}

/// The markers around the fuzzer's counters, if there are any (`ld/data.go:allocateDataSections`).
fn mark_fuzz_counters(buckets: &Buckets, syms: &mut Symbols, live: &mut Live) {
    let kind = SymKind::Libfuzzer8BitCounter;
    if buckets.of(kind).syms.is_empty() {
        return;
    }
    for name in addresses::FUZZ_MARKERS {
        let s = syms.lookup_or_create(name.as_bytes(), 0);
        syms.ext_mut(s).kind = kind;
        syms.local.insert(s);
        live.reachable.insert(s);
    }
}
