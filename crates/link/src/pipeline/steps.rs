//! Steps of the passes, each with what it needs of the configuration.

use crate::config::Config;
use crate::diag::{Diag, Stop};
use crate::mode::BuildMode;
use crate::passes::addresses;
use crate::passes::debug;
use crate::shape::Shape;
use dwarf::DebugInfo;
use dynamic::{DynamicOptions, DynamicTables};
use gover::SymKind;
use layout::{Addresses, Buckets, Relro, TextLayout, TextOrder, TrampolineOptions};
use reach::{Live, ReachError, ReachOptions, Roots, Tell};
use reloc::{Problem, RelocError};
use symbols::{BitSet, Inputs, ResolveOptions, SymId, Symbols, path_to_prefix};
use tables::Maker;
use tables::callgraph;
use tables::inittask::InitRoots;
use tables::stackcheck::{self, StackOptions};

pub(super) fn lossy(b: &[u8]) -> String {
    String::from_utf8_lossy(b).into_owned()
}

/// Resolves symbols, with `-strictdups`' complaints.
pub(super) fn resolve(config: &Config, inputs: Inputs, diag: &Diag) -> Result<Symbols, Stop> {
    let opts = ResolveOptions {
        digest: config.digest_options(),
        strict_dups: config.strict_dups != 0,
        types_of_infos: config.dwarf,
    };
    let (syms, strict) = Symbols::resolve(inputs, &opts).map_err(|e| diag.fatal(e))?;
    for (text, counts) in strict {
        diag.notice_plain(text);
        if counts && config.strict_dups > 1 {
            diag.fail_silently();
        }
    }
    Ok(syms)
}

/// Whose packages are initialised.
pub(super) fn init_roots(config: &Config) -> InitRoots<'_> {
    match config.build_mode {
        BuildMode::Plugin => InitRoots::Plugin(config.main_pkg()),
        BuildMode::Shared => InitRoots::SharedLibrary,
        _ => InitRoots::Program,
    }
}

pub(super) fn deadcode(
    config: &Config,
    shape: &Shape,
    syms: &mut Symbols,
    main_tasks: SymId,
    made: &BitSet,
    diag: &Diag,
) -> Result<Live, Stop> {
    let foreign = std::mem::take(&mut syms.foreign);
    let opts = ReachOptions {
        roots: match shape.mode {
            BuildMode::Plugin => Roots::Plugin {
                entry: &shape.entry,
                path: &path_to_prefix(config.main_pkg()),
            },
            BuildMode::Shared => Roots::SharedLibrary,
            BuildMode::Exe | BuildMode::Pie if shape.link_shared => Roots::SharedProgram,
            _ => Roots::Entry(&shape.entry),
        },
        main_inittasks: main_tasks,
        dynamic_exports: &foreign.dynamic_exports,
        wasm_exports: &[],
        host_carriers: &foreign.carriers,
        dynlink: shape.dynlink,
        link_shared: shape.link_shared,
        can_use_plugins: shape.can_use_plugins,
        live_before: made,
        prune_weak_map: config.prune_weak_map,
        field_track: config.experiments.field_track(),
        follow_debug: diag.verbose(1) || config.dump_dep,
        ptr_size: config.arch.ptr_size,
    };
    let mut dump = config
        .dump_dep
        .then(|| std::io::BufWriter::new(std::io::stdout()));
    let mut log = diag.verbose(2).then(Vec::new);
    let tell = Tell {
        edges: dump.as_mut().map(|d| d as &mut dyn std::io::Write),
        log: log.as_mut(),
    };
    let live = reach::deadcode(syms, &opts, tell);
    diag.print_bytes(&log.unwrap_or_default());
    let live = live.map_err(|e| match e {
        ReachError::NoSymbol(_) => diag.panic(e),
        _ => diag.fatal(e),
    })?;
    syms.foreign = foreign;
    Ok(live)
}

/// The tables for the dynamic linker, if the output needs it. An executable that imports nothing
/// does not (`ld/lib.go:linksetup`, `ld/elf.go:doelf`).
pub(super) fn dynamic_tables(
    config: &Config,
    shape: &Shape,
    m: &mut Maker,
) -> Option<DynamicTables> {
    let needed = match shape.mode {
        BuildMode::Exe => m.syms.foreign.dynamic,
        _ => true,
    };
    if shape.external || config.no_dynamic || !needed {
        return None;
    }
    let options = DynamicOptions {
        arch: config.arch,
        relro: shape.relro() != Relro::None,
        bind_now: config.bindnow,
        rpath: config.rpath.as_deref().unwrap_or_default(),
    };
    let mut tables = DynamicTables::make(m, &options);
    tables.add_exports(m.syms);
    Some(tables)
}

/// Sections of host objects with functions in them (`ld/pcln.go:findContainerSyms`).
pub(super) fn containers(syms: &Symbols, order: &TextOrder) -> BitSet {
    let mut out = BitSet::default();
    if !syms.foreign.text.is_empty() {
        let outer = order.textp.iter().map(|&s| syms.foreign.outer(s));
        outer.filter(|s| s.is_some()).for_each(|s| out.insert(s));
    }
    out
}

/// The variable that thread-local storage of the runtime starts with (`ld/lib.go:linksetup`).
pub(super) fn declare_tlsg(m: &mut Maker) -> SymId {
    let s = m.syms.lookup_or_create(b"runtime.tlsg", 0);
    m.live.reachable.insert(s);
    if m.syms.kind(s) != SymKind::DynImport {
        let size = m.ptr_size.into();
        let e = m.ext(s);
        e.kind = SymKind::TlsBss;
        e.size = size;
    }
    s
}

/// Programs that cannot read the memory profile do not record it (`ld/lib.go:linksetup`).
pub(super) fn disable_memory_profiling(m: &mut Maker) {
    let version = i32::from(m.syms.abi_wrappers);
    let Some(profile) = m.syms.lookup(b"runtime.memProfileInternal", version) else {
        return;
    };
    if m.live.reachable.has(profile) {
        return;
    }
    let s = m
        .syms
        .lookup_or_create(b"runtime.disableMemoryProfiling", 0);
    let e = m.ext(s);
    e.kind = SymKind::NoPtrData;
    e.relocs.clear();
    e.set_data(vec![1]);
}

/// The sizes that `-c` ends with (`ld/asmb.go:asmb2`), bytes. The text segment of an executable by
/// then includes the `headers` behind the file header.
pub(super) fn print_sizes(segs: &layout::Segments, headers: u64, n_syms: u64, diag: &Diag) {
    let text = segs.text.file_len + headers;
    let (data, all_data) = (segs.data.file_len, segs.data.len);
    let syms = n_syms * format::elf::SYM_SIZE as u64;
    let (bss, total) = (all_data - data, text + all_data + syms);
    diag.print(format_args!(
        "textsize={text}\ndatsize={data}\nbsssize={bss}\nsymsize={syms}\nlcsize=0\ntotal={total}\n"
    ));
}

/// What the stack check finds.
pub(super) struct StackReport {
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

/// Generates debugging information, and says what the stack check has found.
pub(super) fn generate_debug(
    config: &Config,
    syms: &Symbols,
    live: &Live,
    order: &TextOrder,
    checked: &StackReport,
    diag: &Diag,
) -> Result<Option<DebugInfo>, Stop> {
    diag.phases.start("dwarfGenerateDebugInfo");
    let generated = debug::generate(config, syms, live, order, diag)?;
    checked.report(syms, diag)?;
    if config.dwarf {
        syms.release_relocs_and_dwarf();
    }
    Ok(generated)
}

/// Checks the stacks of the functions `textp`: the call graph (`-c`), and whether chains of nosplit
/// functions fit their stack.
pub(super) fn stack_check(
    config: &Config,
    syms: &Symbols,
    live: &Live,
    textp: &[SymId],
) -> StackReport {
    let mut text = Vec::new();
    // Below its stack pointer, arm64 keeps the caller's frame pointer.
    let frame_pointer = if config.arch.has_link_register {
        config.arch.ptr_size.into()
    } else {
        0
    };
    let opts = StackOptions::new(config.arch, frame_pointer, 1 + i64::from(config.race));
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

/// Gives text its addresses, with trampolines where the machine has them and they are needed.
pub(super) fn lay_out_text(
    config: &Config,
    shape: &Shape,
    m: &mut Maker,
    order: &mut TextOrder,
    diag: &Diag,
) -> TextLayout {
    let align = config.func_align;
    let mut text = TextLayout::assign(m.syms, order, shape.text_addr, align);
    if diag.verbose(3) {
        for (&s, addr) in order.textp.iter().zip(&text.addr) {
            let name = m.syms.name_lossy(s);
            diag.print(format_args!("assign text address: {name} {addr}\n"));
        }
    }
    if let Some(shape) = config.arch.trampolines {
        let (size, level) = (config.debug_text_size, config.debug_tramp);
        let options = TrampolineOptions::new(shape, size, level, config.rand_layout != 0);
        text.insert_trampolines(m.syms, m.live, order, align, &options);
        if level > 0 && diag.verbose(1) {
            for &t in &text.trampolines {
                diag.log(format_args!("trampoline {} inserted", m.syms.name_lossy(t)));
            }
        }
    }
    text
}

/// The markers around the fuzzer's counters, if there are any (`ld/data.go:allocateDataSections`).
pub(super) fn mark_fuzz_counters(buckets: &Buckets, syms: &mut Symbols, live: &mut Live) {
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

/// The address of the entry point (`ld/lib.go:Entryvalue`).
pub(super) fn entry_address(
    config: &Config,
    syms: &Symbols,
    addrs: &Addresses,
    diag: &Diag,
) -> Result<u64, Stop> {
    let name = &config.entry;
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        return Ok(parse_go_int(name));
    }
    let Some(s) = syms.lookup(name.as_bytes(), 0) else {
        diag.error(format_args!("missing entry symbol {name:?}"))?;
        return Ok(0);
    };
    match syms.kind(s) {
        SymKind::Xxx => Ok(config.text_addr),
        k => {
            if !k.is_text() {
                diag.symbol_error(syms.name(s), syms.printed_number(s), "entry not text")?;
            }
            Ok(addrs.addr(s))
        }
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

/// Says what is wrong with relocations.
pub(super) fn report(syms: &Symbols, errors: Vec<RelocError>, diag: &Diag) -> Result<(), Stop> {
    let unresolved = crate::diag::UnresolvedSymbols::default();
    for (place, e) in errors.into_iter().enumerate() {
        match e.problem {
            Problem::TlsInitialExec | Problem::Fatal(_) => {
                return Err(diag.fatal(e.text(syms)));
            }
            Problem::Unresolved => unresolved.note(e.from, e.reloc.sym, (place as u64, 0)),
            _ => diag.symbol_error(syms.name(e.from), syms.printed_number(e.from), e.text(syms))?,
        }
    }
    unresolved.report(diag, syms)
}
