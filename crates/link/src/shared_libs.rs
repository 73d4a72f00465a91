//! Shared libraries of Go packages that a program or another library is linked with (`-linkshared`;
//! `ld/lib.go:ldshlibsyms`). Their symbols are imported; their types are kept at hand.

use crate::config::Config;
use crate::diag::{Diag, Stop};
use hostobj::{DynSym, SharedLib, SharedLibError};
use rayon::prelude::*;
use rustc_hash::FxHashSet;
use std::path::Path;
use symbols::map::map_file;
use symbols::{Imported, Inputs, SymId, Symbols, VERSION_ABI_INTERNAL, VERSION_ABI0};
use tables::base_name;

/// Owner of Go's notes and the types of those that are read.
const GO: &[u8] = b"Go\0\0";
const NOTE_ABI_HASH: u32 = 2;
const NOTE_DEPS: u32 = 3;

const STT_NOTYPE: u8 = 0;
const STT_FUNC: u8 = 2;
const STT_SECTION: u8 = 3;
const SHT_PROGBITS: u32 = 1;
const SHT_NOTE: u32 = 7;

/// The libraries of a link, read but not yet part of it.
#[derive(Default)]
pub struct SharedLibs {
    libs: Vec<Opened>,
}

/// A library by name, and what is in it.
struct Opened {
    /// As the link names it.
    name: String,
    /// The object that first asked for it.
    obj_ref: String,
    /// Where it is.
    path: Option<String>,
    /// Whether the same file has come before.
    again: bool,
    content: Result<Content, Failure>,
}

struct Content {
    lib: SharedLib<'static>,
    hash: Vec<u8>,
    deps: Vec<u8>,
    symbols: Vec<DynSym<'static>>,
    pointers: Result<Vec<hostobj::DynReloc>, SharedLibError>,
}

/// What is said of a library that cannot be used.
enum Failure {
    NotFound,
    Open,
    AbiHash(SharedLibError),
    Deps(SharedLibError),
    Symbols,
}

/// The file of a library (`findshlib`).
fn find(config: &Config, name: &str) -> Option<String> {
    if name.starts_with('/') {
        return Some(name.to_owned());
    }
    let files = config.lib_dirs.iter().map(|d| d.join(name));
    let found = files.into_iter().find(|f| f.exists());
    found.map(|f| f.to_string_lossy().into_owned())
}

fn not_found(name: &str) -> String {
    format!("cannot find shared library: {name}")
}

fn open(path: &str) -> Result<Content, Failure> {
    let data = map_file(Path::new(path)).map_err(|_| Failure::Open)?;
    let lib = SharedLib::open(data).map_err(|_| Failure::Open)?;
    let note = |typ| lib.note(GO, typ).map(Option::unwrap_or_default);
    let hash = note(NOTE_ABI_HASH).map_err(Failure::AbiHash)?.to_vec();
    let deps = note(NOTE_DEPS).map_err(Failure::Deps)?.to_vec();
    let symbols = lib.symbols().map_err(|_| Failure::Symbols)?;
    let pointers = lib.pointers(symbols.len());
    Ok(Content {
        lib,
        hash,
        deps,
        symbols,
        pointers,
    })
}

impl SharedLibs {
    /// Reads the libraries that loading came upon. What is wrong with them is said later.
    pub fn open(config: &Config, inputs: &Inputs) -> SharedLibs {
        let mut seen = FxHashSet::default();
        let named = inputs.libs.iter().filter_map(|l| {
            let name = l.shared_lib.clone()?;
            let path = find(config, &name);
            let again = path.clone().is_some_and(|p| !seen.insert(p));
            Some((name, l.obj_ref.clone(), path, again))
        });
        let named: Vec<_> = named.collect();
        let libs = named.into_par_iter().map(|(name, obj_ref, path, again)| {
            let content = match &path {
                // Nobody looks at it.
                Some(_) if again => Err(Failure::Open),
                Some(path) => open(path),
                None => Err(Failure::NotFound),
            };
            Opened {
                name,
                obj_ref,
                path,
                again,
                content,
            }
        });
        SharedLibs {
            libs: libs.collect(),
        }
    }

    /// Makes their symbols part of the link.
    ///
    /// # Errors
    /// The link ends over what is wrong with them; it has been said. Much of it does not end the link
    /// at once.
    pub fn enter(self, syms: &mut Symbols, diag: &Diag) -> Result<(), Stop> {
        for opened in self.libs {
            diag.log_at(2, || {
                format!("autolib: {} (from {})", opened.name, opened.obj_ref)
            });
            let Some(path) = opened.path else {
                diag.error(not_found(&opened.name))?;
                continue;
            };
            if opened.again {
                continue;
            }
            let name = match opened.name.starts_with('/') {
                true => base_name(&opened.name),
                false => &opened.name,
            };
            diag.log_at(2, || {
                format!("ldshlibsyms: found library with name {name} at {path}")
            });
            match opened.content {
                Ok(content) => content.enter(name, path, syms, diag)?,
                Err(why) => diag.error(match why {
                    Failure::NotFound => not_found(name),
                    Failure::Open => format!("cannot open shared library: {path}"),
                    Failure::AbiHash(e) => {
                        format!("cannot read ABI hash from shared library {path}: {e}")
                    }
                    Failure::Deps(e) => {
                        format!("cannot read dep list from shared library {path}: {e}")
                    }
                    Failure::Symbols => format!("cannot read symbols from shared library: {path}"),
                })?,
            }
        }
        Ok(())
    }
}

/// The name and version of a library's symbol; `None` for symbols that nobody means.
fn identity<'d>(s: &DynSym<'d>, abi_wrappers: bool) -> Option<(&'d [u8], i32)> {
    let internal = i32::from(abi_wrappers);
    if matches!(s.typ, STT_NOTYPE | STT_SECTION) {
        return None;
    }
    if s.typ != STT_FUNC {
        return Some((s.name, VERSION_ABI0));
    }
    // Functions of types are the compiler's.
    if s.name.starts_with(b"type:") {
        return Some((s.name, internal));
    }
    if abi_wrappers {
        if let Some(name) = s.name.strip_suffix(b".abiinternal") {
            return Some((name, VERSION_ABI_INTERNAL));
        }
        if let Some(name) = s.name.strip_suffix(b".abi0") {
            return Some((name, VERSION_ABI0));
        }
    }
    Some((s.name, VERSION_ABI0))
}

/// Whether a symbol is a type's descriptor, whose contents are of interest.
fn is_type(name: &[u8]) -> bool {
    name.starts_with(b"type:") && !name.starts_with(b"type:.")
}

impl Content {
    fn enter(self, name: &str, path: String, syms: &mut Symbols, diag: &Diag) -> Result<(), Stop> {
        let number = syms.foreign.shared_libs.len() as u32;
        let mut shared = symbols::SharedLib {
            hash: self.hash.clone(),
            deps: dependencies(&self.deps, &path),
            path,
            ..symbols::SharedLib::default()
        };
        for s in &self.symbols {
            let Some((inner, version)) = identity(s, syms.abi_wrappers) else {
                continue;
            };
            let id = syms.lookup_or_create(inner, version);
            // What objects define comes before.
            let kind = syms.kind(id);
            if kind != gover::SymKind::Xxx && kind != gover::SymKind::DynImport {
                continue;
            }
            self.import(s, id, number, inner, syms, diag)?;
            if inner.starts_with(b"type:") {
                shared.types.insert(s.name, s.value);
            }
        }
        // Without GC programs, the parts of types are looked for.
        if syms.gover.type_layout.gc_program == 0 {
            let pointers = self.pointers.as_ref().map_err(|e| match e {
                SharedLibError::NoRelocs => diag.fatal(format_args!(
                    "can't find SHT_REL or SHT_RELA section of {name}"
                )),
                e => diag.fatal(format_args!("can't read relocation section of {name}: {e}")),
            })?;
            let target = |r: &hostobj::DynReloc| (r.at, self.symbols[r.sym].name);
            shared.pointers = pointers.iter().map(target).collect();
        }
        let sections = self.lib.sections.iter().skip(1);
        shared.sections = sections.map(|s| (s.addr, s.size, s.data)).collect();
        syms.foreign.shared_libs.push(shared);
        Ok(())
    }

    /// Makes `id` an import.
    fn import(
        &self,
        s: &DynSym<'static>,
        id: SymId,
        lib: u32,
        inner: &[u8],
        syms: &mut Symbols,
        diag: &Diag,
    ) -> Result<(), Stop> {
        let mut imported = Imported {
            elf_type: s.typ,
            ..syms.foreign.imported.get(&id).copied().unwrap_or_default()
        };
        let mut data = None;
        if s.section != 0 {
            imported.lib = Some(lib);
            if is_type(inner) {
                data = Some(self.contents(s, diag)?);
            }
        }
        let e = syms.ext_mut(id);
        e.kind = gover::SymKind::DynImport;
        e.size = s.size;
        if let Some(data) = data {
            e.data = data;
        }
        syms.foreign.imported.insert(id, imported);
        if inner != s.name {
            syms.foreign.mangled.insert(id, s.name.into());
        }
        Ok(())
    }

    /// The contents of a type's descriptor (`readelfsymboldata`).
    fn contents(&self, s: &DynSym, diag: &Diag) -> Result<Vec<u8>, Stop> {
        let name = String::from_utf8_lossy(s.name);
        let Some(section) = self.lib.sections.get(usize::from(s.section)) else {
            let (found, max) = (s.section, self.lib.sections.len());
            let text = format!("reading contents of {name}: section {found} of {max}");
            return diag.error(text).map(|()| Vec::new());
        };
        if !matches!(section.typ, SHT_PROGBITS | SHT_NOTE) {
            diag.error(format_args!("reading {name} from non-data section"))?;
        }
        let off = usize::try_from(s.value.wrapping_sub(section.addr)).unwrap_or(usize::MAX);
        let rest = section.data.get(off..);
        match usize::try_from(s.size).ok().and_then(|n| rest?.get(..n)) {
            Some(data) => Ok(data.to_vec()),
            None => {
                diag.error(format_args!("reading contents of {name}: EOF"))?;
                Ok(Vec::new())
            }
        }
    }
}

/// The libraries that a library was linked with: as files if they lie beside it.
fn dependencies(list: &[u8], path: &str) -> Vec<String> {
    let list = String::from_utf8_lossy(list);
    let dir = Path::new(path).parent().unwrap_or(Path::new(""));
    let names = list.split('\n').filter(|d| !d.is_empty());
    let resolve = |name: &str| {
        let beside = dir.join(name);
        match !name.starts_with('/') && beside.exists() {
            true => beside.to_string_lossy().into_owned(),
            false => name.to_owned(),
        }
    };
    names.map(resolve).collect()
}

/// Arguments for the host linker: where the libraries and those they need are, and which (`hostlink`).
///
/// # Errors
/// There are too many errors.
pub fn host_arguments(
    config: &Config,
    libs: &[symbols::SharedLib],
    diag: &Diag,
) -> Result<Vec<Vec<u8>>, Stop> {
    let (mut dirs, mut names) = (FxHashSet::default(), FxHashSet::default());
    let mut out = Vec::new();
    let mut add = |path: &str| {
        let split = path.rfind('/').map_or(0, |i| i + 1);
        let (dir, name) = path.split_at(split);
        if dirs.insert(dir.to_owned()) {
            out.push(format!("-L{dir}").into_bytes());
            if config.rpath.is_none() {
                out.push(format!("-Wl,-rpath={dir}").into_bytes());
            }
        }
        let name = name.strip_suffix(".so").unwrap_or(name);
        let name = name.strip_prefix("lib").unwrap_or(name);
        if names.insert(name.to_owned()) {
            out.push(format!("-l{name}").into_bytes());
        }
    };
    for lib in libs {
        add(&lib.path);
        for dep in &lib.deps {
            match find(config, dep) {
                Some(path) => add(&path),
                None => diag.error(not_found(dep))?,
            }
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sym(name: &'static str, typ: u8) -> DynSym<'static> {
        DynSym {
            name: name.as_bytes(),
            typ,
            section: 1,
            value: 0,
            size: 0,
        }
    }

    #[test]
    fn names_of_functions_tell_their_abi() {
        let id = |name, typ, wrappers| {
            let s = sym(name, typ);
            identity(&s, wrappers).map(|(n, v)| (String::from_utf8_lossy(n).into_owned(), v))
        };
        let is = |name: &str, version| Some((name.to_owned(), version));
        assert_eq!(id("a.F.abiinternal", STT_FUNC, true), is("a.F", 1));
        assert_eq!(id("a.F.abi0", STT_FUNC, true), is("a.F", 0));
        assert_eq!(id("a.F.abi0", STT_FUNC, false), is("a.F.abi0", 0));
        assert_eq!(id("a.V.abi0", 1, true), is("a.V.abi0", 0));
        assert_eq!(id("type:.eq.a.T", STT_FUNC, true), is("type:.eq.a.T", 1));
        assert_eq!(id("type:int", 1, true), is("type:int", 0));
        assert_eq!(id("a.V", STT_NOTYPE, true), None);
        assert_eq!(id("a.V", STT_SECTION, true), None);
    }

    #[test]
    fn dependencies_beside_a_library_are_files() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("liba.so"), "").unwrap();
        let lib = dir.path().join("libx.so");
        let found = dependencies(b"liba.so\nlibb.so\n/c.so", lib.to_str().unwrap());
        let beside = dir.path().join("liba.so");
        assert_eq!(found, [beside.to_str().unwrap(), "libb.so", "/c.so"]);
    }
}
