//! Finding and opening the packages of a link (`ld/lib.go:loadlib`, `ld/ld.go`).
//!
//! Files are opened in parallel as imports become known; the load order, which is breadth-first from
//! the main package, is worked out afterwards from what was read.

mod ahead;
mod find;
mod open;
mod pkg_section;
mod problem;

use crate::digest::{self, DigestOptions, Reading};
use crate::map::go_error_text;
use crate::package_ids::{Import, PackageId, PackageIds, import_path};
use crate::release::Done;
use crate::{
    FileNumbers, HostObject, Inputs, LibId, Library, ObjId, ObjInput, Unit, UnitId, VERSION_STATIC,
    path_to_prefix,
};
use ahead::prefetch;
use find::{Home, find};
use goobj::Object;
use open::{Content, GoObject, Loaded, LoadedMember, Opening, open};
use pkg_section::PkgSection;
use problem::problem;
pub use problem::{Problem, Severity};
use rustc_hash::FxHashMap;
use std::path::PathBuf;

/// See [`LoadOptions::further`].
pub type Further<'a> = dyn Fn(&Inputs) -> (Vec<Problem>, Option<&'static str>) + Sync + 'a;

/// Where packages are and what is asked of them.
pub struct LoadOptions<'a> {
    /// What the command line names, as package path and archive: the main package, whose path is
    /// `main` or a plugin's, or all packages of a shared library.
    pub roots: &'a [(String, String)],
    /// Import path to archive, from `-importcfg`; `None` without one.
    pub package_files: Option<&'a FxHashMap<String, String>>,
    /// Whether packages may be in shared libraries (`-linkshared`).
    pub link_shared: bool,
    /// Whether a shared library of Go packages is linked.
    pub shared_library: bool,
    /// Import path to shared library, from `-importcfg`; heeded with `link_shared`.
    pub package_shlibs: Option<&'a FxHashMap<String, String>>,
    /// Directories to search without an import configuration.
    pub lib_dirs: &'a [PathBuf],
    /// Packages the linker itself asks for after the program's own, in order.
    pub internal: &'a [&'a str],
    /// Whether to look at the package sections (no `-g`).
    pub check_pkg: bool,
    /// Told what has been loaded, says what is to be said about it and which package is to be loaded
    /// besides.
    pub further: &'a Further<'a>,
    /// Whether `-linkmode` was left to the linker.
    pub link_mode_auto: bool,
    /// Verbosity of the link trace, the number of `-v`.
    pub verbose: u32,
    /// How objects are read.
    pub digest: DigestOptions,
}

/// What loading gives: the inputs, the identification line of every Go object with the object's
/// name, and the problems in the order they came up. When a problem ends the link, it is the last.
pub struct LoadResult {
    /// The inputs.
    pub inputs: Inputs,
    /// (object name, identification line) in load order.
    pub headers: Vec<(String, &'static [u8])>,
    /// Problems, in order.
    pub problems: Vec<Problem>,
}

/// Loads the packages of a link.
pub fn load(opts: &LoadOptions) -> LoadResult {
    let numbers = FileNumbers::default();
    let packages = PackageIds::default();
    let done = Done::default();
    let objects = Reading::new(&opts.digest, &numbers);
    let how = Opening {
        objects: &objects,
        packages: &packages,
        imports: &|o| packages.imports(o).0,
        done: &done,
        cgo_trust: opts.digest.gover.cgo_trust,
    };
    let files = prefetch(opts, how);
    // While the order is worked out.
    done.finish();
    let mut l = Loader {
        opts,
        how,
        files,
        lib_of: Vec::new(),
        package_of: Vec::new(),
        out: LoadResult {
            inputs: Inputs::default(),
            headers: Vec::new(),
            problems: Vec::new(),
        },
        version: VERSION_STATIC,
    };
    // The error, if any, is in the list.
    let _ = l.run();
    digest::done_reading();
    let mut out = l.out;
    out.inputs.source_files = numbers.finish();
    out
}

/// A problem that ends the link has been recorded.
struct Stop;

struct Loader<'a> {
    opts: &'a LoadOptions<'a>,
    how: Opening<'a>,
    files: FxHashMap<PackageId, Loaded>,
    /// Libraries by number of package.
    lib_of: Vec<Option<LibId>>,
    /// The other way round.
    package_of: Vec<PackageId>,
    out: LoadResult,
    version: i32,
}

impl Loader<'_> {
    fn run(&mut self) -> Result<(), Stop> {
        for (pkg, file) in self.opts.roots {
            let home = Home::Archive(file.clone());
            let id = self.how.packages.of(pkg).0;
            self.add_lib(
                id,
                pkg.clone(),
                home,
                "command line",
                "command line",
                [0; 8],
            );
        }
        let mut at = 0;
        self.drain(&mut at, true)?;
        for pkg in self.opts.internal {
            self.load_internal(pkg)?;
        }
        self.drain(&mut at, false)?;
        let (problems, pkg) = (self.opts.further)(&self.out.inputs);
        for p in problems {
            self.say(p.severity, p.text)?;
        }
        if let Some(pkg) = pkg {
            let before = self.out.inputs.libs.len();
            self.load_internal(pkg)?;
            let added = self.out.inputs.libs.get(before);
            let in_archive = added.is_some_and(|l| l.shared_lib.is_none());
            if in_archive && (self.opts.link_shared || self.opts.shared_library) {
                let text = format!("cannot implicitly include {pkg} in a shared library");
                return self.say(Severity::Exit, text);
            }
        }
        self.drain(&mut at, false)
    }

    /// Loads the libraries from `at` on; `traced` ones have a line of their own in the log.
    fn drain(&mut self, at: &mut usize, traced: bool) -> Result<(), Stop> {
        while *at < self.out.inputs.libs.len() {
            let l = &self.out.inputs.libs[*at];
            if l.shared_lib.is_some() {
                *at += 1;
                continue;
            }
            if traced && self.opts.verbose > 1 {
                let text = format!("autolib: {} (from {})", l.file.display(), l.obj_ref);
                self.log(1, || text);
            }
            self.load_lib(LibId(*at as u32))?;
            *at += 1;
        }
        Ok(())
    }

    fn say(&mut self, severity: Severity, text: String) -> Result<(), Stop> {
        self.out.problems.push(problem(severity, text));
        match severity {
            Severity::Exit | Severity::Fatal => Err(Stop),
            Severity::Error | Severity::Log | Severity::Notice => Ok(()),
        }
    }

    fn log(&mut self, level: u32, text: impl FnOnce() -> String) {
        if self.opts.verbose > level {
            self.out.problems.push(problem(Severity::Log, text()));
        }
    }

    /// `ld/ld.go:addlibpath`.
    fn add_lib(
        &mut self,
        package: PackageId,
        pkg: String,
        home: Home,
        src: &str,
        obj: &str,
        fp: [u8; 8],
    ) -> LibId {
        if let Some(lib) = self.library(package) {
            return lib;
        }
        let (file, shared_lib) = match home {
            Home::Archive(file) => (file, None),
            Home::Shared(lib) => (String::new(), Some(lib)),
        };
        self.log(1, || {
            let lib = shared_lib.as_deref().unwrap_or_default();
            format!(
                "addlibpath: srcref: {src} objref: {obj} file: {file} pkg: {pkg} shlib: {lib} fingerprint: {}",
                hex::encode(fp)
            )
        });
        let shared_lib = shared_lib.map(|lib| self.shared_lib_name(lib));
        let id = LibId(self.out.inputs.libs.len() as u32);
        let i = package.index();
        self.lib_of.resize(self.lib_of.len().max(i + 1), None);
        self.lib_of[i] = Some(id);
        self.package_of.push(package);
        self.out.inputs.libs.push(Library {
            pkg,
            file: file.into(),
            src_ref: src.to_owned(),
            obj_ref: obj.to_owned(),
            fingerprint: fp,
            shared_lib,
            ..Library::default()
        });
        id
    }

    /// The library of a package, if there is one yet.
    fn library(&self, package: PackageId) -> Option<LibId> {
        *self.lib_of.get(package.index())?
    }

    /// The shared library that a file ending in `.shlibname` names; others are the library itself.
    fn shared_lib_name(&mut self, lib: String) -> String {
        if !lib.ends_with(".shlibname") {
            return lib;
        }
        match std::fs::read(&lib) {
            Ok(text) => String::from_utf8_lossy(&text).trim().to_owned(),
            Err(e) => {
                let text = format!("cannot read {lib}: open {lib}: {}", go_error_text(&e));
                self.out.problems.push(problem(Severity::Error, text));
                String::new()
            }
        }
    }

    /// `ld/lib.go:loadinternal`.
    fn load_internal(&mut self, pkg: &str) -> Result<(), Stop> {
        if self.opts.package_files.is_some() {
            match find(self.opts, pkg) {
                Some(f) => {
                    self.add_internal(pkg, f);
                }
                None => self.say(Severity::Log, format!("loadinternal: cannot find {pkg}"))?,
            }
            return Ok(());
        }
        for dir in self.opts.lib_dirs {
            if self.opts.link_shared {
                let f = dir.join(format!("{pkg}.shlibname"));
                self.log(0, || format!("searching for {pkg}.a in {}", f.display()));
                if f.exists() {
                    let home = Home::Shared(f.to_string_lossy().into_owned());
                    self.add_internal(pkg, home);
                    return Ok(());
                }
            }
            let f = dir.join(format!("{pkg}.a"));
            self.log(0, || format!("searching for {pkg}.a in {}", f.display()));
            if f.exists() {
                let home = Home::Archive(f.to_string_lossy().into_owned());
                self.add_internal(pkg, home);
                return Ok(());
            }
        }
        if pkg == "runtime" {
            return self.say(Severity::Exit, "error: unable to find runtime.a".to_owned());
        }
        self.say(Severity::Log, format!("warning: unable to find {pkg}.a"))
    }

    /// A library that the linker itself asks for.
    fn add_internal(&mut self, pkg: &str, home: Home) {
        let id = self.how.packages.of(pkg).0;
        self.add_lib(id, pkg.to_owned(), home, "internal", "internal", [0; 8]);
    }

    /// `ld/lib.go:loadobjfile`.
    fn load_lib(&mut self, id: LibId) -> Result<(), Stop> {
        let (pkg, file) = {
            let l = &self.out.inputs.libs[id.index()];
            (l.pkg.clone(), l.file.to_string_lossy().into_owned())
        };
        self.log(1, || format!("ldobj: {file} ({})", path_to_prefix(&pkg)));
        let package = self.package_of[id.index()];
        let loaded = self
            .files
            .remove(&package)
            .unwrap_or_else(|| open(&file, self.how));
        let units = self.out.inputs.units.len() as u32;
        let objs = self.out.inputs.objs.len() as u32;
        for m in loaded.members {
            self.load_member(id, &pkg, m)?;
        }
        if let Some(p) = loaded.end {
            self.say(p.severity, p.text)?;
        }
        let (u, o) = (
            self.out.inputs.units.len() as u32,
            self.out.inputs.objs.len() as u32,
        );
        let l = &mut self.out.inputs.libs[id.index()];
        l.units = units..u;
        l.objs = objs..o;
        // Without a look at the package sections (`-g`) nothing is known to be package main.
        if pkg == "main" && !l.main {
            return self.say(Severity::Exit, format!("{file}: not package main"));
        }
        Ok(())
    }

    /// `ld/lib.go:ldobj`.
    fn load_member(&mut self, lib: LibId, pkg: &str, m: LoadedMember) -> Result<(), Stop> {
        let (header, object) = match m.content {
            Content::DynImportFail => {
                self.out.inputs.dynimportfail.push(pkg.to_owned());
                return Ok(());
            }
            Content::PreferLinkExt => {
                if self.opts.link_mode_auto {
                    self.out.inputs.preferlinkext.push(pkg.to_owned());
                }
                return Ok(());
            }
            Content::Bad(p) => {
                self.out.inputs.units.push(Unit { lib, obj: None });
                return self.say(p.severity, p.text);
            }
            Content::Host { unknown } => {
                let unit = UnitId(self.out.inputs.units.len() as u32);
                self.out.inputs.units.push(Unit { lib, obj: None });
                self.out.inputs.unknown_object_format |= unknown;
                self.out.inputs.host_objects.push(HostObject {
                    pkg: path_to_prefix(pkg),
                    name: m.name,
                    data: m.data,
                    file: self.out.inputs.libs[lib.index()].file.display().to_string(),
                    offset: m.offset as u64,
                    unit,
                });
                return Ok(());
            }
            Content::Go { header, object } => (header, object),
        };
        self.out.headers.push((m.name.clone(), header.line));
        if self.opts.check_pkg {
            self.add_pkg_section(lib, &m.name, header.exports)?;
        }
        let GoObject {
            object,
            digest,
            imports,
        } = match object {
            Ok(o) => *o,
            Err(text) => return self.say(Severity::Fatal, text),
        };
        if object.is_unlinkable() {
            return self.say(
                Severity::Fatal,
                format!("link: unlinkable object (from package {pkg}) - compiler requires -p flag"),
            );
        }
        let inputs = &mut self.out.inputs;
        let unit = UnitId(inputs.units.len() as u32);
        inputs.units.push(Unit {
            lib,
            obj: Some(ObjId(inputs.objs.len() as u32)),
        });
        inputs.objs.push(ObjInput {
            object,
            lib,
            unit,
            version: self.version,
            digest,
        });
        self.version += 1;
        let fp = object.fingerprint();
        if fp != [0; 8] {
            let l = &mut inputs.libs[lib.index()];
            if l.fingerprint == [0; 8] {
                l.fingerprint = fp;
            }
            let (want, src) = (l.fingerprint, l.src_ref.clone());
            self.check_fingerprint(pkg, fp, &src, want)?;
        }
        self.add_imports(lib, pkg, &m.name, object, &imports)
    }

    /// `ld/link.go:addImports`, `ld/ld.go:addlib`.
    fn add_imports(
        &mut self,
        lib: LibId,
        pkg: &str,
        name: &str,
        object: Object<'static>,
        imports: &[Import],
    ) -> Result<(), Stop> {
        let src = path_to_prefix(pkg);
        for (i, import) in imports.iter().enumerate() {
            let fp = import.fingerprint;
            let path = || import_path(object.autolib().nth(i).map_or(b"", |(path, _)| path));
            let known = self
                .library(import.package)
                .map(|l| (l, self.out.inputs.libs[l.index()].fingerprint));
            let id = match known {
                Some((l, have)) if have != [0; 8] => {
                    if have != fp {
                        self.check_fingerprint(&path(), have, &src, fp)?;
                    }
                    l
                }
                _ => {
                    let imp = path();
                    let home = match find(self.opts, &imp) {
                        Some(home) => home,
                        None => {
                            self.say(
                                Severity::Log,
                                format!("cannot find package {imp} (using -importcfg)"),
                            )?;
                            Home::Archive(String::new())
                        }
                    };
                    self.log(1, || {
                        let (file, shared) = match &home {
                            Home::Archive(file) => (file, false),
                            Home::Shared(lib) => (lib, true),
                        };
                        format!("addlib: {name} {src} pulls in {file} isshlib {shared}")
                    });
                    self.add_lib(import.package, imp.into_owned(), home, &src, name, fp)
                }
            };
            self.out.inputs.libs[lib.index()].imports.push(id);
        }
        Ok(())
    }

    fn check_fingerprint(
        &mut self,
        lib: &str,
        have: [u8; 8],
        src: &str,
        want: [u8; 8],
    ) -> Result<(), Stop> {
        if have == want {
            return Ok(());
        }
        self.say(
            Severity::Exit,
            format!(
                "fingerprint mismatch: {lib} has {}, import from {src} expecting {}",
                hex::encode(have),
                hex::encode(want)
            ),
        )
    }

    /// Notes what the header of the object `name` says of its package.
    fn add_pkg_section(
        &mut self,
        lib: LibId,
        name: &str,
        exports: &'static [u8],
    ) -> Result<(), Stop> {
        let section = PkgSection::read(exports);
        let inputs = &mut self.out.inputs;
        let l = &mut inputs.libs[lib.index()];
        l.main |= section.main;
        match section.cgo {
            Ok(None) => Ok(()),
            Ok(Some(directives)) => {
                let pkg = path_to_prefix(&l.pkg);
                inputs
                    .cgo_directives
                    .push((name.to_owned(), pkg, directives));
                Ok(())
            }
            Err(what) => self.say(Severity::Notice, format!("{what} in {name}")),
        }
    }
}
