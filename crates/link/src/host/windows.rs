//! What programs for Windows need of the host compiler's libraries (`ld/lib.go:loadWindowsHostArchives`).

use super::Content;
use super::enter::Loader;
use super::libs::{Captured, find_file, load_library};
use crate::config::Config;
use crate::diag::{Diag, Stop};
use gover::SymKind;
use std::path::Path;
use symbols::map::{go_error_text, map_file};
use symbols::{HostObject, UnitId, VERSION_ABI0, path_to_prefix};

/// How often the libraries are gone through: members of one need members of those before it.
const PASSES: usize = 2;

/// The lists of functions to call in the beginning and in the end, which linkers make. They are empty.
const FUNCTION_LISTS: [&str; 2] = ["__CTOR_LIST__", "__DTOR_LIST__"];

/// Loads what is needed of the libraries, and finds out what is imported.
pub(super) fn load_libraries(
    loader: &mut Loader,
    captured: &mut Captured,
    config: &Config,
    diag: &Diag,
) -> Result<(), Stop> {
    for _ in 0..PASSES {
        // Compilers of LLVM have it there.
        if loader.is_wanted("atexit") {
            load_start_code(loader, captured, config, diag)?;
        }
        let race = config.race.then_some("libsynchronization.a");
        let always = ["libmingwex.a", "libmingw32.a", "libmsvcrt.a"];
        for lib in race.into_iter().chain(always) {
            load_library(loader, captured, lib, config, diag)?;
        }
        let Some(&(target, from)) = loader.undefined_targets(1).first() else {
            break;
        };
        diag.log_at(2, || {
            format!(
                "loadWindowsHostArchives: remaining unresolved is {} [{}] from {} [{}]",
                loader.syms.name_lossy(target),
                target.0,
                loader.syms.name_lossy(from),
                from.0
            )
        });
    }
    for (list, wanted) in FUNCTION_LISTS.map(|l| (l, loader.is_wanted(l))) {
        if wanted {
            make_function_list(loader, list);
        }
    }
    match loader.resolve_imports() {
        Ok(()) => Ok(()),
        Err(e) => diag.error(e),
    }
}

fn make_function_list(loader: &mut Loader, name: &str) {
    let s = loader.syms.lookup_or_create(name.as_bytes(), VERSION_ABI0);
    let e = loader.syms.ext_mut(s);
    e.kind = SymKind::Data;
    e.add_bytes(&[0; 8]);
    loader.syms.foreign.live.push(s);
    loader.syms.foreign.special.push(s);
}

/// Loads C's start-up code, if the host compiler has some (`hostObject`).
fn load_start_code(
    loader: &mut Loader,
    captured: &mut Captured,
    config: &Config,
    diag: &Diag,
) -> Result<(), Stop> {
    let path = find_file(config, "crt2.o", diag);
    if path == "none" {
        return Ok(());
    }
    diag.log_at(2, || format!("hostObject({path})"));
    let data = map_file(Path::new(&path)).map_err(|e| {
        let why = go_error_text(&e);
        diag.exit(format_args!(
            "cannot open host object \"crt2\" file {path}: open {path}: {why}"
        ))
    })?;
    let object = HostObject {
        pkg: path_to_prefix("crt2"),
        name: path.clone(),
        data,
        file: path.clone(),
        offset: 0,
        unit: UnitId::default(),
    };
    let content = Content::of(&path, data, config);
    if !content.enter(&object, loader, config, diag)? {
        return Err(diag.exit(format_args!("unrecognized object file format in {path}")));
    }
    captured.add(&object, diag)
}
