//! Loading a saved link step: a folder with `main.a` and `importcfg.link`.

use gover::GoLayout;
use rustc_hash::FxHashMap;
use symbols::load::{LoadOptions, load};
use symbols::{DigestOptions, Inputs, ResolveError, ResolveOptions, Symbols};

/// Entry symbol of the programs.
pub const ENTRY: &str = "_rt0_amd64_linux";

/// Enters the folder and loads what the step links.
pub fn load_step(folder: &str) -> (Inputs, &'static GoLayout) {
    std::env::set_current_dir(folder).expect("step folder");
    let text = std::fs::read_to_string("importcfg.link").expect("importcfg");
    let files: FxHashMap<String, String> = text
        .lines()
        .filter_map(|l| l.strip_prefix("packagefile "))
        .filter_map(|l| l.split_once('='))
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .collect();
    let main = std::fs::read("main.a").expect("main.a");
    let head = b"go object ";
    let line = main.windows(head.len()).position(|w| w == head);
    let line = String::from_utf8_lossy(&main[line.expect("a Go object")..][..64]).into_owned();
    let version = line.split(' ').nth(4).expect("version");
    let gover = gover::layout_for(version).expect("release");
    let r = load(&LoadOptions {
        further: &|_| (Vec::new(), None),
        roots: &[("main".to_owned(), "main.a".to_owned())],
        package_files: Some(&files),
        link_shared: false,
        shared_library: false,
        package_shlibs: None,
        lib_dirs: &[],
        internal: &["runtime"],
        check_pkg: true,
        link_mode_auto: true,
        verbose: 0,
        digest: DigestOptions::plain(gover),
    });
    for p in &r.problems {
        eprintln!("{:?}: {}", p.severity, p.text);
    }
    (r.inputs, gover)
}

/// Resolves the symbols of a step.
pub fn resolve(inputs: Inputs, gover: &'static GoLayout) -> Result<Symbols, ResolveError> {
    Symbols::resolve(inputs, &ResolveOptions::plain(gover)).map(|(s, _)| s)
}
