//! How many symbols a link had, for `-v` (`loader/loader.go:Stat`).

use crate::passes::debug::Debug;
use dwarf::Census;
use gover::FuncdataHome;
use layout::DataSym;
use rustc_hash::{FxHashMap, FxHashSet};
use symbols::{BitSet, SymId, Symbols};
use tables::pclntab::PclntabPlan;
use target::FileFormat;

/// Sections of dynamic executables. cmd/link makes symbols for them before it knows whether it will
/// need them (`ld/lib.go:setArchSyms`); some for the files of one format only.
const SECTION_SYMBOLS: [&str; 6] = [".got", ".plt", ".got.plt", ".dynamic", ".dynsym", ".dynstr"];
const ELF_SECTION_SYMBOLS: [&str; 4] = [".rel", ".rela", ".rel.plt", ".rela.plt"];
const MACHO_SECTION_SYMBOLS: [&str; 2] = [".linkedit.got", ".linkedit.plt"];

/// Sections of COFF objects. cmd/link makes symbols for them when it writes those; they are not live.
const COFF_SECTION_SYMBOLS: [&str; 5] = [".text", ".rdata", ".data", ".bss", ".ctors"];

/// What is made.
pub struct FileMade {
    /// Its format.
    pub format: FileFormat,
    /// Whether it is an object for a host linker.
    pub external: bool,
    /// Number of labels in large symbols of it.
    pub labels: usize,
}

/// The lines `-v` ends with. cmd/link has symbols for what here has none: inline trees, debugging
/// information, sections that stay empty, labels. They are counted as if there were. `funcdata` is what is laid
/// out with function descriptors.
pub fn text(
    symbols: &Symbols,
    reachable: &BitSet,
    pclntab: &PclntabPlan,
    funcdata: &[DataSym],
    debug: &Debug,
    file: &FileMade,
) -> String {
    let (format, external) = (file.format, file.external);
    // The symbol that is none counts as one of a package.
    let (mut package, mut hashed, mut named) = (1, 0, 0);
    let mut undefined = FxHashSet::default();
    for obj in symbols.objs() {
        let o = &obj.object;
        package += o.n_def() as usize;
        let first =
            |range: std::ops::Range<u32>| range.filter(|&li| symbols.is_first(obj, li)).count();
        let hashed_end = o.n_def() + o.n_hashed64() + o.n_hashed();
        hashed += first(o.n_def()..hashed_end);
        named += first(hashed_end..o.n_alldef());
        let refs = o.n_alldef()..o.n_alldef() + o.n_nonpkg_ref();
        undefined.extend(
            refs.map(|li| symbols.global(obj, li))
                .filter(|s| (symbols.def_end()..symbols.ext_start()).contains(&s.0)),
        );
    }
    let mut reachable = reachable.clone();
    let debug = debug_symbols(symbols, &undefined, debug, &mut reachable);
    let missing = |name: &&str| symbols.lookup(name.as_bytes(), 0).is_none();
    let of_format: &[&str] = match format {
        FileFormat::Elf => &ELF_SECTION_SYMBOLS,
        FileFormat::MachO => &MACHO_SECTION_SYMBOLS,
        FileFormat::Pe => &[],
    };
    let sections = SECTION_SYMBOLS.iter().chain(of_format);
    let unmade = pclntab.n_inline_trees() + sections.filter(|n| missing(n)).count() + file.labels;
    let in_object = COFF_SECTION_SYMBOLS.iter().filter(|n| missing(n));
    let in_object = match external && format == FileFormat::Pe {
        true => in_object.count(),
        false => 0,
    };
    let made = symbols.len() - symbols.ext_start() as usize;
    let external = undefined.len() + made + unmade + in_object + debug.made;
    let all = package + hashed + named + external;
    let live = reachable.count() + unmade + debug.reachable;
    format!(
        "{all} symbols, {live} reachable\n\t{package} package symbols, {hashed} hashed symbols, \
         {named} non-package symbols, {external} external symbols\n{} liveness data",
        liveness(symbols, funcdata)
    )
}

/// Bytes of funcdata that is data, as far as it asks for an alignment (`ld/symtab.go:symtab`).
fn liveness(symbols: &Symbols, funcdata: &[DataSym]) -> u64 {
    if symbols.gover.funcdata == FuncdataHome::Pclntab {
        return 0;
    }
    let is_descriptor = |s: SymId| symbols.name(s).ends_with("·f".as_bytes());
    let all = funcdata.iter().filter(|d| !is_descriptor(d.sym));
    let aligned = all.filter_map(|d| match symbols.align(d.sym) {
        0 => None,
        align => Some(u64::from(d.size).next_multiple_of(align.into())),
    });
    aligned.sum()
}

/// The symbols of debugging information; those of objects are taken into `reachable` or out of it.
fn debug_symbols(
    symbols: &Symbols,
    undefined: &FxHashSet<SymId>,
    debug: &Debug,
    reachable: &mut BitSet,
) -> Census {
    let Some(plan) = debug.plan() else {
        return Census::default();
    };
    let mut info: FxHashMap<&[u8], SymId> = FxHashMap::default();
    for &s in undefined {
        if let Some(name) = symbols.name(s).strip_prefix(b"go:info.") {
            info.insert(name, s);
        }
    }
    let compressed: Vec<bool> = debug.sections.iter().map(|s| s.compressed).collect();
    plan.census(symbols, &info, &compressed, reachable)
}
