//! Support libraries of the host compiler (`ld/lib.go:loadlib`, `findLibPath`; `ld/ar.go`), and
//! copies of what was loaded (`-capturehostobjs`).

use super::enter::Loader;
use super::{Content, windows};
use crate::config::Config;
use crate::diag::{Diag, Stop};
use crate::hostlink::tool::{self, Outcome};
use crate::text;
use hostobj::Archive;
use rustc_hash::FxHashSet;
use std::path::{Path, PathBuf};
use symbols::map::{go_error_text, map_file};
use symbols::{HostObject, UnitId, VERSION_ABI0, path_to_prefix};
use target::FileFormat;

/// Loads members of the compiler's libraries for what is still undefined.
pub fn load_missing(
    loader: &mut Loader,
    captured: &mut Captured,
    config: &Config,
    diag: &Diag,
) -> Result<(), Stop> {
    let Some(&(target, from)) = loader.undefined_targets(1).first() else {
        return Ok(());
    };
    diag.log_at(2, || {
        format!(
            "loadlib: first unresolved is {} [{}] from {} [{}]",
            loader.syms.name_lossy(target),
            target.0,
            loader.syms.name_lossy(from),
            from.0
        )
    });
    let libgcc = match config.libgcc.as_slice() {
        b"" => {
            let found = find_library(config, "--print-libgcc-file-name", "libgcc", diag);
            match lacks_compiler_rt(std::env::consts::OS, &found) {
                true => find_library(
                    config,
                    "--print-file-name=libcompiler_rt.a",
                    "libcompiler_rt",
                    diag,
                ),
                false => found,
            }
        }
        name => text::lossy(name).into_owned(),
    };
    if config.os.format == FileFormat::Pe {
        windows::load_libraries(loader, captured, config, diag)?;
    }
    if libgcc != "none" {
        load_archive(loader, captured, &libgcc, config, diag)?;
    }
    // glibc's linker script has a static part with a few such symbols; musl calls it otherwise.
    let s = loader.syms.lookup(b"__stack_chk_fail_local", VERSION_ABI0);
    if s.is_some_and(|s| loader.is_undefined(s)) {
        for lib in ["libc_nonshared.a", "libssp_nonshared.a"] {
            load_library(loader, captured, lib, config, diag)?;
        }
    }
    Ok(())
}

/// Whether the compiler of a `host` names a library that lacks some of what is needed, or is not there.
fn lacks_compiler_rt(host: &str, library: &str) -> bool {
    match host {
        "freebsd" => {
            let name = Path::new(library).file_name().unwrap_or_default();
            name.as_encoded_bytes().starts_with(b"libclang_rt.builtins")
        }
        "openbsd" => library == "libgcc.a",
        _ => false,
    }
}

/// Loads what is needed of an archive that the host compiler may know.
pub(super) fn load_library(
    loader: &mut Loader,
    captured: &mut Captured,
    lib: &str,
    config: &Config,
    diag: &Diag,
) -> Result<(), Stop> {
    match find_file(config, lib, diag).as_str() {
        "none" => Ok(()),
        path => load_archive(loader, captured, path, config, diag),
    }
}

/// Asks the host compiler for the path of a file that it links with; `none` if it does not answer
/// (`Link.findLibPath`).
pub fn find_file(config: &Config, name: &str, diag: &Diag) -> String {
    find_library(config, &format!("--print-file-name={name}"), name, diag)
}

/// Asks the host compiler for the path of a library; `none` if it does not answer.
fn find_library(config: &Config, question: &str, library: &str, diag: &Diag) -> String {
    let mut argv = config.host_compiler();
    let n = argv.len();
    argv.extend(config.arch.cc_args.iter().map(|a| a.as_bytes().to_vec()));
    argv.push(question.as_bytes().to_vec());
    diag.log_at(1, || {
        let words = |list: &[Vec<u8>]| text::lossy(&list.join(&b' ')).into_owned();
        format!("[{}] [{}]", words(&argv[..n]), words(&argv[1..]))
    });
    let Outcome { output, error } = tool::run_for_output(&argv);
    let output = text::lossy(&output);
    let Some(why) = error else {
        return output.trim().to_owned();
    };
    diag.log_at(1, || {
        format!("not using a {library} file because compiler failed\n{why}\n{output}")
    });
    "none".to_owned()
}

/// Loads the members of an archive that define what is undefined, until there are none
/// (`ld/ar.go:hostArchive`).
fn load_archive(
    loader: &mut Loader,
    captured: &mut Captured,
    name: &str,
    config: &Config,
    diag: &Diag,
) -> Result<(), Stop> {
    diag.log_at(2, || format!("hostArchive({name})"));
    let data = match map_file(Path::new(name)) {
        Ok(data) => data,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            diag.log_at(1, || {
                format!("skipping libgcc file: open {name}: {}", go_error_text(&e))
            });
            return Ok(());
        }
        Err(e) => {
            let why = go_error_text(&e);
            return Err(diag.exit(format_args!("cannot open file {name}: open {name}: {why}")));
        }
    };
    let archive = Archive::open(data, name).map_err(|e| diag.exit(e))?;
    let base = Path::new(name).file_name().unwrap_or_default();
    let base = base.to_string_lossy();
    let pkg = path_to_prefix(base.rfind(".a").map_or(&*base, |i| &base[..i]));
    let mut loaded = FxHashSet::default();
    loop {
        let mut load = Vec::new();
        for (target, from) in loader.undefined_targets(usize::MAX) {
            // cmd/link does not know who refers to what once it has left out some.
            let from = match config.os.format {
                FileFormat::Pe if loader.is_import_pointer(target) => continue,
                FileFormat::Pe => target,
                _ => from,
            };
            let symbol = loader.syms.name(target);
            let Some(off) = archive.find(symbol).filter(|&off| loaded.insert(off)) else {
                continue;
            };
            load.push(off);
            diag.log_at(2, || {
                format!(
                    "hostArchive({name}): selecting object at offset {off:x} to resolve {} [{}] reference from {} [{}]",
                    text::lossy(symbol),
                    target.0,
                    loader.syms.name_lossy(from),
                    from.0
                )
            });
        }
        if load.is_empty() {
            return Ok(());
        }
        for off in load {
            let member = archive.member(off).map_err(|e| diag.exit(e))?;
            let object = HostObject {
                pkg: pkg.clone(),
                name: format!("{name}({})", text::lossy(member.name)),
                data: member.data,
                file: name.to_owned(),
                offset: member.offset,
                unit: UnitId::default(),
            };
            let content = Content::of(&object.name, object.data, config);
            if !content.enter(&object, loader, config, diag)? {
                diag.error(format_args!(
                    "{name} unrecognized object file at offset {off}"
                ))?;
                continue;
            }
            captured.add(&object, diag)?;
        }
    }
}

/// Copies of host objects for whoever wants to look at them (`ld/lib.go:captureHostObj`).
pub struct Captured {
    dir: Option<PathBuf>,
    count: u32,
}

impl Captured {
    /// Copies go to `dir`, if there is one.
    pub fn new(dir: Option<PathBuf>) -> Captured {
        Captured { dir, count: 0 }
    }

    /// Copies an object.
    ///
    /// # Errors
    /// It cannot be written; it has been said.
    pub fn add(&mut self, object: &HostObject, diag: &Diag) -> Result<(), Stop> {
        let Some(dir) = &self.dir else {
            return Ok(());
        };
        let base = text::join_path(dir, &format!("captured-obj-{}", self.count));
        self.count += 1;
        let (info, copy) = (base.with_extension("txt"), base.with_extension("o"));
        let text = format!(
            "pkg: {}\npn: {}\nfile: {}\noff: {}\nlen: {}\n",
            object.pkg,
            object.name,
            object.file,
            object.offset,
            object.data.len()
        );
        let write = |path: &Path, bytes: &[u8], what: &str| {
            std::fs::write(path, bytes).map_err(|e| {
                let (path, why) = (path.display(), go_error_text(&e));
                diag.fatal(format_args!(
                    "error writing captured host {what} {path}: open {path}: {why}"
                ))
            })
        };
        write(&info, text.as_bytes(), "obj info")?;
        write(&copy, object.data, "object")?;
        diag.notice_plain(format_args!(
            "link: info: captured host object {} to {}",
            object.file,
            copy.display()
        ));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compilers_of_two_hosts_name_a_library_that_will_not_do() {
        let clang = "/usr/lib/clang/18/lib/freebsd/libclang_rt.builtins-x86_64.a";
        assert!(lacks_compiler_rt("freebsd", clang));
        assert!(!lacks_compiler_rt("freebsd", "/usr/lib/libgcc.a"));
        assert!(lacks_compiler_rt("openbsd", "libgcc.a"));
        assert!(!lacks_compiler_rt("openbsd", "/usr/lib/libgcc.a"));
        assert!(!lacks_compiler_rt("linux", "libgcc.a"));
    }
}
