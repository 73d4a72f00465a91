//! How many symbols a link had, for `-v` (`loader/loader.go:Stat`).

use rustc_hash::FxHashSet;
use symbols::Symbols;

/// The lines `-v` ends with. Symbols that the linker makes are fewer than cmd/link's, which has
/// one for each piece of debugging information; their number is ours.
pub fn text(symbols: &Symbols, reachable: usize) -> String {
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
    let external = undefined.len() + symbols.len() - symbols.ext_start() as usize;
    let all = package + hashed + named + external;
    format!(
        "{all} symbols, {reachable} reachable\n\t{package} package symbols, {hashed} hashed \
         symbols, {named} non-package symbols, {external} external symbols\n0 liveness data"
    )
}
