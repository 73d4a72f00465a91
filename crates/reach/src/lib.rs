//! Dead-code elimination (`ld/deadcode.go`).
//!
//! [`deadcode`] floods the graph of relocations and auxiliary symbols from the roots. What is
//! special about it is methods: a type keeps its methods only if something could call them through
//! an interface or by reflection. The flood therefore runs in rounds. Each collects the methods of
//! types that are used in an interface, and what reached code calls; between the rounds, methods
//! that match a call become new roots.
//!
//! The result is a least fixpoint and does not depend on the order of visits, so the flood runs in
//! parallel (`flood`). Only `-dumpdep` and field tracking show the order; they run the sequential
//! `trace`, which visits symbols as cmd/link does.
//!
//! The flood is also where the relocations and auxiliary references of everything that goes into
//! the output are checked: later passes index without looking.

mod decode;
mod error;
mod flood;
mod methods;
mod trace;
mod visit;
pub mod why;

pub use error::{Damage, ReachError};

use gover::TypeLayout;
use rustc_hash::FxHashMap;
use std::io::Write;
use symbols::{BitSet, SymId, Symbols, VERSION_ABI_INTERNAL};
use visit::Context;

/// What is live.
#[derive(Default)]
pub struct Live {
    /// Symbols that go into the output.
    pub reachable: BitSet,
    /// Types that are used in an interface, as far as reachability found.
    pub used_in_iface: BitSet,
    /// The live functions that do not check their stack, in no order.
    pub nosplit: Vec<SymId>,
    /// The live functions that call `runtime.deferreturn`, each with the offset of the first call's
    /// relocation, bytes.
    pub defer_returns: FxHashMap<SymId, i32>,
    /// The live types that reflection searches by string, each with the symbol that its descriptor
    /// refers to for its string; in no order, and some of them twice.
    pub type_names: Vec<(SymId, SymId)>,
    /// For each symbol the one that first reached it, [`SymId::NONE`] for roots; empty unless
    /// field tracking asked for it (`loader.Reachparent`).
    pub parents: Vec<SymId>,
}

/// From where the flood starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Roots<'a> {
    /// A program: its entry symbol, `_rt0_amd64_linux` or the like, or `main` when the host linker
    /// makes the program.
    Entry(&'a str),
    /// A program that is linked against shared Go libraries (`-linkshared`).
    SharedProgram,
    /// A plugin: the entry symbol, and the plugin's path, escaped.
    Plugin {
        /// Entry symbol.
        entry: &'a str,
        /// Escaped package path.
        path: &'a str,
    },
    /// A shared Go library: all definitions.
    SharedLibrary,
}

/// What [`deadcode`] needs to be told.
pub struct ReachOptions<'a> {
    /// Where to start.
    pub roots: Roots<'a>,
    /// The list of init tasks of the program, [`SymId::NONE`] for none.
    pub main_inittasks: SymId,
    /// Symbols that earlier passes made live (`CreateSymForUpdate`). They are not followed.
    pub live_before: &'a BitSet,
    /// Symbols exported to C (`ctxt.dynexp`).
    pub dynamic_exports: &'a [SymId],
    /// Symbols exported from WebAssembly modules (`loader.WasmExports`).
    pub wasm_exports: &'a [SymId],
    /// For symbols of host objects their carrier and first sub-symbol.
    pub host_carriers: &'a FxHashMap<SymId, (SymId, SymId)>,
    /// Whether Go symbols are linked dynamically (`ctxt.DynlinkingGo`).
    pub dynlink: bool,
    /// `-linkshared`.
    pub link_shared: bool,
    /// Whether the program can load plugins (`ctxt.canUsePlugins`).
    pub can_use_plugins: bool,
    /// `-pruneweakmap`.
    pub prune_weak_map: bool,
    /// Whether to remember who reached a symbol (`GOEXPERIMENT=fieldtrack`).
    pub field_track: bool,
    /// Whether debugging information counts as live, for who counts what is. It describes what is
    /// live anyway and refers to that, to other such information and to types' names, so that
    /// following it finds nothing that belongs into the program.
    pub follow_debug: bool,
    /// Size of a pointer, bytes.
    pub ptr_size: u8,
}

/// Who is told what the flood does.
#[derive(Default)]
pub struct Tell<'w> {
    /// Takes the lines of `-dumpdep`.
    pub edges: Option<&'w mut dyn Write>,
    /// Takes the lines of `-v=2`.
    pub log: Option<&'w mut Vec<u8>>,
}

/// Finds what is live.
///
/// Package initialisers that call a pruned map initialiser are taken over in `syms` and call
/// `runtime.mapinitnoop` instead.
///
/// # Errors
/// A symbol that would go into the output is damaged or refers to nothing, or telling fails.
pub fn deadcode(
    syms: &mut Symbols,
    opts: &ReachOptions,
    mut tell: Tell,
) -> Result<Live, ReachError> {
    let cx = Context::new(syms, opts);
    let roots = roots(syms, opts, tell.log.as_deref_mut())?;
    let mapinitnoop = match opts.roots {
        Roots::SharedLibrary => SymId::NONE,
        _ => syms
            .lookup(b"runtime.mapinitnoop", abi_internal(syms))
            .ok_or(ReachError::NoSymbol("runtime.mapinitnoop"))?,
    };
    let told = tell.edges.is_some() || tell.log.is_some();
    let (mut live, pkg_inits) = if told || opts.field_track {
        let tell = Tell {
            edges: tell.edges.map(|e| e as &mut dyn Write),
            log: tell.log.as_deref_mut(),
        };
        trace::trace(&cx, &roots, tell)?
    } else {
        flood::flood(&cx, &roots)?
    };
    if opts.prune_weak_map {
        let redirects = pruned_map_inits(syms, |s| live.reachable.has(s), &pkg_inits)?;
        if !redirects.is_empty() && mapinitnoop.is_some() {
            cx.check(mapinitnoop)?;
            live.reachable.insert(mapinitnoop);
        }
        for (s, i) in redirects {
            if let Some(log) = &mut tell.log {
                let relocs = syms.relocs(s);
                let target = relocs.clone().nth(i).map_or(SymId::NONE, |r| r.sym);
                let (from, to) = (syms.name_lossy(s), syms.name_lossy(target));
                let noop = syms.name_lossy(mapinitnoop);
                writeln!(log, "deadcode: {from} rewrite {to} ref to {noop}")?;
            }
            syms.ext_mut(s).relocs[i].sym = mapinitnoop;
        }
    }
    Ok(live)
}

/// The struct fields marked `go:"track"` that live code uses (`ld/go.go:fieldtrack`): their symbols,
/// which are neither laid out nor named in the file, and a line for each, the field and who reached
/// it, step by step, separated by tabs. `live` must come from a run with field tracking.
pub fn field_tracks(syms: &Symbols, live: &Live) -> (Vec<SymId>, Vec<u8>) {
    let (mut tracks, mut text) = (Vec::new(), Vec::new());
    for s in live.reachable.iter() {
        let Some(field) = syms.name(s).strip_prefix(b"go:track.") else {
            continue;
        };
        tracks.push(s);
        text.extend(field);
        let mut at = s;
        while let Some(&p) = live.parents.get(at.index())
            && p.is_some()
        {
            text.push(b'\t');
            text.extend(syms.name(p));
            at = p;
        }
        text.push(b'\n');
    }
    (tracks, text)
}

fn abi_internal(syms: &Symbols) -> i32 {
    if syms.abi_wrappers {
        VERSION_ABI_INTERNAL
    } else {
        0
    }
}

/// `deadcodePass.init`: the roots, in cmd/link's order.
fn roots(
    syms: &Symbols,
    opts: &ReachOptions,
    mut log: Option<&mut Vec<u8>>,
) -> Result<Vec<SymId>, ReachError> {
    let mut out = Vec::new();
    let mut names: Vec<String> = Vec::new();
    match opts.roots {
        Roots::SharedLibrary => {
            all_definitions(syms, &mut out);
            out.push(opts.main_inittasks);
            return Ok(out);
        }
        Roots::SharedProgram => names.extend(["main.main".into(), "main..inittask".into()]),
        Roots::Entry(entry) | Roots::Plugin { entry, .. } => names.push(entry.into()),
    }
    names.push("runtime.unreachableMethod".into());
    if let Roots::Plugin { path, .. } = opts.roots {
        names.extend([
            format!("{path}..inittask"),
            format!("{path}.main"),
            "go:plugin.tabs".into(),
        ]);
        // Not the list of exports stays but what it lists.
        if let Some(exports) = syms.lookup(b"go:plugin.exports", 0) {
            out.extend(syms.relocs(exports).map(|r| r.sym));
        }
    }
    if let Some(log) = &mut log {
        writeln!(log, "deadcode start names: [{}]", names.join(" "))?;
    }
    for name in &names {
        out.extend(syms.lookup(name.as_bytes(), 0));
        if syms.abi_wrappers {
            out.extend(syms.lookup(name.as_bytes(), VERSION_ABI_INTERNAL));
        }
    }
    for (what, exports) in [
        ("dynexp", opts.dynamic_exports),
        ("wasmexport", opts.wasm_exports),
    ] {
        for &s in exports {
            if let Some(log) = &mut log {
                let (name, version) = (syms.name_lossy(s), syms.version(s));
                writeln!(log, "deadcode start {what}: {name}<{version}>")?;
            }
            out.push(s);
        }
    }
    out.push(opts.main_inittasks);
    Ok(out)
}

/// All definitions of objects, but, where the release knows of them, for functions that the compiler found dead
/// and left empty.
fn all_definitions(syms: &Symbols, out: &mut Vec<SymId>) {
    let skips = syms.gover.skips_empty_functions;
    let mut add = |s: SymId| {
        if !(skips && syms.kind(s).is_text() && syms.size(s) == 0) {
            out.push(s);
        }
    };
    for o in syms.objs() {
        (0..o.object.n_def()).for_each(|li| add(syms.global(o, li)));
    }
    for o in syms.objs() {
        (o.object.n_def()..o.object.n_alldef()).for_each(|li| add(syms.global(o, li)));
    }
}

/// `mapinitcleanup`: relocations, by symbol and position, of live package initialisers that call
/// map initialisers nobody needs.
fn pruned_map_inits(
    syms: &Symbols,
    is_live: impl Fn(SymId) -> bool,
    pkg_inits: &[SymId],
) -> Result<Vec<(SymId, usize)>, ReachError> {
    let mut out = Vec::new();
    for &s in pkg_inits {
        for (i, r) in syms.relocs(s).enumerate() {
            if !r.weak || !r.typ.is_direct_call() || is_live(r.sym) {
                continue;
            }
            let name = syms.name_lossy(r.sym);
            if !name.contains("map.init") {
                return Err(ReachError::NotMapInit {
                    from: syms.name_lossy(s).into_owned(),
                    to: name.into_owned(),
                });
            }
            out.push((s, i));
        }
    }
    Ok(out)
}

/// What of a release's type layout and a machine's pointer size the flood needs.
#[derive(Clone, Copy)]
struct Layout {
    types: TypeLayout,
    ptr_size: usize,
}
