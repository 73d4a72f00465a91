//! From what is loaded to the live symbols.

use crate::config::Config;
use crate::diag::{Diag, Stop};
use crate::host::HostInputs;
use crate::loading::Loaded;
use crate::mode::BuildMode;
use crate::passes::{host_syms, pe};
use crate::shape::Shape;
use crate::shared_libs::SharedLibs;
use gover::SymKind;
use reach::why::{self, Reasons};
use reach::{Live, ReachError, ReachOptions, Roots, Tell};
use symbols::map::Maps;
use symbols::rtype::TypeStrings;
use symbols::{BitSet, Inputs, ResolveOptions, SymId, Symbols, path_to_prefix};
use tables::inittask::{InitRoots, init_tasks};
use tables::{Fips, Maker};
use target::FileFormat;

/// A program whose live symbols are known. Symbols can be made until data is laid out.
pub(super) struct Program<'a> {
    pub config: &'a Config,
    pub diag: &'a Diag,
    pub shape: &'a Shape,
    /// Whether passes that do not need one another go side by side.
    pub side_by_side: bool,
    pub syms: Symbols,
    pub live: Live,
    /// Symbols that get their addresses otherwise than by data layout.
    pub special: BitSet,
    /// What the FIPS 140 check needs; plugins have none.
    pub fips: Option<Fips>,
    /// The list of initialisation tasks, or none.
    pub main_tasks: SymId,
    /// The names of live types.
    pub type_strings: TypeStrings,
    /// Symbols that do not depend on any layout.
    pub known: KnownSymbols,
}

/// Symbols that are made as soon as it is known what is live.
pub(super) struct KnownSymbols {
    /// Where thread-local storage of the runtime begins.
    pub tlsg: SymId,
    /// The module data.
    pub module: SymId,
    /// The strings of `-X`, by name.
    pub string_vars: Vec<(String, Vec<u8>)>,
    /// Symbols made for `-k`.
    pub tracked: Vec<SymId>,
}

/// What is made before it is known what is live.
struct Made {
    /// What is live whatever refers to it.
    live: Live,
    special: BitSet,
    fips: Option<Fips>,
    main_tasks: SymId,
}

impl Made {
    fn new(config: &Config, shape: &Shape, syms: &mut Symbols, diag: &Diag) -> Result<Made, Stop> {
        let ptr_size = config.arch.ptr_size;
        let mut special = BitSet::default();
        let mut live = Live::default();
        syms.foreign.special.iter().for_each(|&s| special.insert(s));
        let foreign = syms.foreign.live.iter();
        foreign.for_each(|&s| live.reachable.insert(s));
        let mut maker = Maker {
            syms,
            live: &mut live,
            special: &mut special,
            ptr_size,
        };
        let has_module = config.release.fips_module && !shape.is_plugin();
        let fips = has_module.then(|| Fips::make(&mut maker));

        diag.phases.start("inittasks");
        // It sorts by names.
        let main_tasks =
            init_tasks(syms, init_roots(config), ptr_size).map_err(|e| diag.exit(e))?;
        syms.release_names();
        Ok(Made {
            live,
            special,
            fips,
            main_tasks,
        })
    }
}

/// What was loaded, resolved.
pub struct Resolved {
    pub(super) shape: Shape,
    /// Whether passes that do not need one another go side by side.
    pub(super) side_by_side: bool,
    pub(super) syms: Symbols,
}

impl Resolved {
    /// Resolves the symbols of what was loaded.
    ///
    /// # Errors
    /// What is wrong has been said.
    pub fn new(config: &Config, loaded: Loaded, diag: &Diag) -> Result<Self, Stop> {
        let mut shape = Shape::new(config, &loaded);
        diag.phases.start("loadsyms");
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
        shape.make_room(&syms.foreign);
        Ok(Resolved {
            shape,
            side_by_side,
            syms,
        })
    }
}

/// A program whose symbols are resolved, with the reasons for what of it is live.
pub struct Explained {
    /// The import path of the main package, as far as the build information says it.
    pub path: Option<String>,
    /// The symbols.
    pub syms: Symbols,
    /// The reasons.
    pub reasons: Reasons,
}

impl Explained {
    /// Finds out why what is live of what was resolved is live.
    ///
    /// # Errors
    /// What is wrong has been said.
    pub fn find(config: &Config, resolved: Resolved, diag: &Diag) -> Result<Explained, Stop> {
        let Resolved {
            shape, mut syms, ..
        } = resolved;
        let made = Made::new(config, &shape, &mut syms, diag)?;
        let live = &made.live.reachable;
        let find = |syms: &mut Symbols, opts: &ReachOptions| {
            why::explain(syms, opts).map_err(|e| diag.fatal(e))
        };
        let reasons = with_reach_options(config, &shape, &mut syms, made.main_tasks, live, find)?;
        let path = config.main_path();
        Ok(Explained {
            path,
            syms,
            reasons,
        })
    }
}

impl<'a> Program<'a> {
    /// Finds the live symbols of what was resolved.
    ///
    /// # Errors
    /// What is wrong has been said.
    pub fn find(
        config: &'a Config,
        shape: &'a Shape,
        mut syms: Symbols,
        side_by_side: bool,
        diag: &'a Diag,
    ) -> Result<Self, Stop> {
        let ptr_size = config.arch.ptr_size;
        let Made {
            live: made,
            mut special,
            fips,
            main_tasks,
        } = Made::new(config, shape, &mut syms, diag)?;
        diag.phases.start("deadcode");
        let find = |syms: &mut Symbols, opts: &ReachOptions| deadcode(config, syms, opts, diag);
        let mut live =
            with_reach_options(config, shape, &mut syms, main_tasks, &made.reachable, find)?;
        made.reachable.iter().for_each(|s| live.reachable.insert(s));
        let type_strings = copy_type_strings(config, &syms, &live);
        let mut maker = Maker {
            syms: &mut syms,
            live: &mut live,
            special: &mut special,
            ptr_size,
        };
        let known = KnownSymbols::make(&mut maker, config, shape, diag)?;
        Ok(Program {
            config,
            diag,
            shape,
            side_by_side,
            syms,
            live,
            special,
            fips,
            main_tasks,
            type_strings,
            known,
        })
    }

    /// What makes symbols.
    pub fn maker(&mut self) -> Maker<'_> {
        Maker {
            syms: &mut self.syms,
            live: &mut self.live,
            special: &mut self.special,
            ptr_size: self.config.arch.ptr_size,
        }
    }
}

impl KnownSymbols {
    fn make(
        maker: &mut Maker,
        config: &Config,
        shape: &Shape,
        diag: &Diag,
    ) -> Result<KnownSymbols, Stop> {
        host_syms::tell_library(maker, shape.mode);
        if shape.format == FileFormat::Pe && !shape.external {
            pe::declare(maker, config);
        }
        let tlsg = match config.os.tls_symbol {
            true => declare_tlsg(maker),
            false => SymId::NONE,
        };
        let module = tables::declare_moduledata(maker, shape.is_plugin());
        if !shape.dynlink {
            disable_memory_profiling(maker);
        }
        let vars = config.string_vars.iter();
        let string_vars: Vec<_> = vars.map(|(n, v)| (lossy(n), v.to_vec())).collect();
        for e in tables::set_strings(maker, &string_vars) {
            diag.error(e)?;
        }
        let tracked = match config.experiments.field_track() {
            true => tables::track_fields(maker, &lossy(&config.field_track)),
            false => Vec::new(),
        };
        Ok(KnownSymbols {
            tlsg,
            module,
            string_vars,
            tracked,
        })
    }

    /// The string that `-X` gives a variable; empty without.
    pub fn string_var(&self, name: &str) -> &[u8] {
        let var = self.string_vars.iter().find(|(n, _)| n == name);
        var.map_or(&[], |(_, v)| v)
    }
}

fn lossy(b: &[u8]) -> String {
    String::from_utf8_lossy(b).into_owned()
}

/// Copies the names of live types, by which they are sorted. DWARF describes types and reads most of
/// them again. Without it, what the flood has read and what is copied need not be in memory together.
fn copy_type_strings(config: &Config, syms: &Symbols, live: &Live) -> TypeStrings {
    let copy = || TypeStrings::copy(syms, &live.type_names, config.arch.ptr_size);
    if config.dwarf {
        return copy();
    }
    syms.release_named_data();
    let copied = copy();
    syms.release_named_data();
    copied
}

/// Resolves symbols, with `-strictdups`' complaints.
fn resolve(config: &Config, inputs: Inputs, diag: &Diag) -> Result<Symbols, Stop> {
    let opts = ResolveOptions {
        digest: config.digest_options(),
        strict_dups: config.strict_dups != 0,
        types_of_infos: config.dwarf,
    };
    let (syms, strict) = Symbols::resolve(inputs, &opts).map_err(|e| diag.fatal(e))?;
    for (text, counts) in strict {
        diag.notice_plain(text);
        if counts && config.strict_dups > 1 {
            diag.fail_in_the_end(true);
        }
    }
    Ok(syms)
}

/// Whose packages are initialised.
fn init_roots(config: &Config) -> InitRoots<'_> {
    match config.build_mode {
        BuildMode::Plugin => InitRoots::Plugin(config.main_pkg()),
        BuildMode::Shared => InitRoots::SharedLibrary,
        _ => InitRoots::Program,
    }
}

/// Has `find` look for what is live, and why, from this program's roots.
fn with_reach_options<T>(
    config: &Config,
    shape: &Shape,
    syms: &mut Symbols,
    main_tasks: SymId,
    made: &BitSet,
    find: impl FnOnce(&mut Symbols, &ReachOptions) -> Result<T, Stop>,
) -> Result<T, Stop> {
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
        follow_debug: config.verbose > 0 || config.dump_dep,
        ptr_size: config.arch.ptr_size,
    };
    let found = find(syms, &opts)?;
    syms.foreign = foreign;
    Ok(found)
}

fn deadcode(
    config: &Config,
    syms: &mut Symbols,
    opts: &ReachOptions,
    diag: &Diag,
) -> Result<Live, Stop> {
    let mut dump = config
        .dump_dep
        .then(|| std::io::BufWriter::new(std::io::stdout()));
    let mut log = diag.verbose(2).then(Vec::new);
    let tell = Tell {
        edges: dump.as_mut().map(|d| d as &mut dyn std::io::Write),
        log: log.as_mut(),
    };
    let live = reach::deadcode(syms, opts, tell);
    diag.print_bytes(&log.unwrap_or_default());
    live.map_err(|e| match e {
        ReachError::NoSymbol(_) => diag.panic(e),
        _ => diag.fatal(e),
    })
}

/// The variable that thread-local storage of the runtime starts with (`ld/lib.go:linksetup`).
fn declare_tlsg(m: &mut Maker) -> SymId {
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
fn disable_memory_profiling(m: &mut Maker) {
    let version = i32::from(m.syms.abi_wrappers);
    let reader = m.syms.gover.profile_reader;
    let Some(profile) = m.syms.lookup(reader.as_bytes(), version) else {
        return;
    };
    if m.live.reachable.has(profile) {
        return;
    }
    let s = m
        .syms
        .lookup_or_create(b"runtime.disableMemoryProfiling", 0);
    let kind = m.syms.gover.profiling_switch;
    let e = m.ext(s);
    e.kind = kind;
    e.relocs.clear();
    e.set_data(vec![1]);
}
