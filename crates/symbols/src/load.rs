//! Finding and opening the packages of a link (`ld/lib.go:loadlib`, `ld/ld.go`).
//!
//! Files are opened in parallel as imports become known; the load order, which is breadth-first from
//! the main package, is worked out afterwards from what was read.

use crate::digest::{Digest, DigestOptions, Reading};
use crate::map::{go_error_text, map_file};
use crate::names::clean;
use crate::package_ids::{Import, PackageId, PackageIds, import_path};
use crate::release::Done;
use crate::{
    FileNumbers, HostObject, Inputs, LibId, Library, ObjId, ObjInput, Unit, UnitId, VERSION_STATIC,
    path_to_prefix,
};
use goobj::{Archive, Member, Object, TextHeader, TextHeaderError};
use rustc_hash::FxHashMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// How cmd/link ends, or does not, over a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// `Errorf`: counted, the link goes on to find more and exits with 2.
    Error,
    /// `Exitf`: prefixed by the program name, exits at once with 2.
    Exit,
    /// `log.Fatalf`: prefixed by `link: `, exits at once with 1.
    Fatal,
    /// Printed to standard output by `ctxt.Logf`; no error by itself.
    Log,
    /// Printed to standard error prefixed by the program name; no error by itself.
    Notice,
}

/// One problem of loading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What becomes of the link.
    pub severity: Severity,
    /// The text, without prefix and line feed.
    pub text: String,
}

fn problem(severity: Severity, text: String) -> Problem {
    Problem { severity, text }
}

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

enum Content {
    Go {
        header: TextHeader<'static>,
        object: Result<Box<GoObject>, String>,
    },
    Host {
        unknown: bool,
    },
    Bad(Problem),
    DynImportFail,
    PreferLinkExt,
}

/// A Go object as opened.
struct GoObject {
    object: Object<'static>,
    digest: Digest,
    imports: Vec<Import>,
}

struct LoadedMember {
    /// `archive(member)`.
    name: String,
    data: &'static [u8],
    /// Where it starts in the file, bytes.
    offset: usize,
    content: Content,
}

/// One file as opened.
struct Loaded {
    members: Vec<LoadedMember>,
    /// What ended the reading, after the members.
    end: Option<Problem>,
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
    let how = Opening {
        objects: Reading {
            opts: &opts.digest,
            files: &numbers,
        },
        packages: &packages,
        imports: &|o| packages.imports(o).0,
        done: &done,
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
    let mut out = l.out;
    out.inputs.source_files = numbers.finish();
    out
}

/// How files are opened.
#[derive(Clone, Copy)]
struct Opening<'a> {
    objects: Reading<'a>,
    packages: &'a PackageIds,
    /// Gives the imports of an object, before that is read wholly.
    imports: &'a (dyn Fn(&Object<'static>) -> Vec<Import> + Sync),
    done: &'a Done,
}

/// Where a package is.
enum Home {
    /// In an archive.
    Archive(String),
    /// In a shared library, or one that a file names that ends in `.shlibname`.
    Shared(String),
}

impl Home {
    fn archive(self) -> Option<String> {
        match self {
            Home::Archive(file) => Some(file),
            Home::Shared(_) => None,
        }
    }
}

/// Opens the archives of the command line and all they import, in parallel.
fn prefetch(opts: &LoadOptions, how: Opening) -> FxHashMap<PackageId, Loaded> {
    let all = Prefetch {
        opts,
        how,
        done: Mutex::default(),
    };
    rayon::scope(|sc| {
        for (pkg, file) in opts.roots {
            if let (id, true) = how.packages.of(pkg) {
                all.open(sc, id, file.clone());
            }
        }
        for pkg in opts.internal {
            if let (id, true) = how.packages.of(pkg) {
                all.find_and_open(sc, id, pkg);
            }
        }
    });
    all.done.into_inner().unwrap_or_else(|e| e.into_inner())
}

/// Opening files in parallel.
struct Prefetch<'a> {
    opts: &'a LoadOptions<'a>,
    how: Opening<'a>,
    done: Mutex<FxHashMap<PackageId, Loaded>>,
}

impl Prefetch<'_> {
    /// Has a package opened that is in an archive.
    fn find_and_open<'s>(&'s self, sc: &rayon::Scope<'s>, id: PackageId, pkg: &str) {
        if let Some(file) = find(self.opts, pkg).and_then(Home::archive) {
            self.open(sc, id, file);
        }
    }

    /// Has a package's archive opened. What it imports is begun as soon as it is known, before the rest of
    /// the archive is read: else a chain of imports would take as long as all of its archives.
    fn open<'s>(&'s self, sc: &rayon::Scope<'s>, id: PackageId, file: String) {
        sc.spawn(move |sc| {
            let imports = |o: &_| {
                let (imports, fresh) = self.how.packages.imports(o);
                for (id, pkg) in fresh {
                    self.find_and_open(sc, id, &pkg);
                }
                imports
            };
            let how = Opening {
                imports: &imports,
                ..self.how
            };
            let loaded = open(&file, how);
            let mut done = self.done.lock().unwrap_or_else(|e| e.into_inner());
            done.insert(id, loaded);
        });
    }
}

/// Where a package is (`ld/ld.go:findlib`); `None` when an import configuration lacks it.
fn find(opts: &LoadOptions, pkg: &str) -> Option<Home> {
    if opts.link_shared
        && let Some(m) = opts.package_shlibs
        && let Some(lib) = m.get(pkg)
    {
        return Some(Home::Shared(lib.clone()));
    }
    if let Some(m) = opts.package_files {
        return m.get(pkg).cloned().map(Home::Archive);
    }
    let mut last = String::new();
    for dir in opts.lib_dirs {
        if opts.link_shared {
            let p = dir.join(format!("{pkg}.shlibname"));
            if p.exists() {
                return Some(Home::Shared(clean(&p.to_string_lossy()).into_owned()));
            }
        }
        for ext in ["a", "o"] {
            let p = dir.join(format!("{pkg}.{ext}"));
            last = p.to_string_lossy().into_owned();
            if p.exists() {
                return Some(Home::Archive(clean(&last).into_owned()));
            }
        }
    }
    Some(Home::Archive(clean(&last).into_owned()))
}

fn open(file: &str, how: Opening) -> Loaded {
    let data = match map_file(Path::new(file)) {
        Ok(d) => d,
        Err(e) => {
            let why = go_error_text(&e);
            // Directories can be opened; reading fails.
            let end = match e.kind() {
                std::io::ErrorKind::IsADirectory => problem(
                    Severity::Fatal,
                    format!("reading input: read {file}: {why}"),
                ),
                _ => problem(
                    Severity::Exit,
                    format!("cannot open file {file}: open {file}: {why}"),
                ),
            };
            return Loaded {
                members: Vec::new(),
                end: Some(end),
            };
        }
    };
    let Some(archive) = Archive::open(data) else {
        return Loaded {
            members: vec![open_member(file.to_owned(), data, 0, how)],
            end: None,
        };
    };
    let mut members = Vec::new();
    for m in archive {
        match m {
            Ok(m) => members.extend(archive_member(file, m, how)),
            Err(e) => {
                let text = format!("{file}: {e}");
                return Loaded {
                    members,
                    end: Some(problem(Severity::Exit, text)),
                };
            }
        }
    }
    Loaded { members, end: None }
}

fn archive_member(file: &str, m: Member<'static>, how: Opening) -> Option<LoadedMember> {
    // The export data has an object file's header but is none.
    if m.name == b"__.PKGDEF" {
        // But for its first bytes nobody reads it; the system maps it around what is read.
        how.done.add(m.data);
        return None;
    }
    let base = String::from_utf8_lossy(m.name);
    let name = format!("{file}({base})");
    let marker = |content| {
        Some(LoadedMember {
            name: name.clone(),
            data: m.data,
            offset: m.offset,
            content,
        })
    };
    match m.name {
        b"dynimportfail" => return marker(Content::DynImportFail),
        b"preferlinkext" => return marker(Content::PreferLinkExt),
        _ => {}
    }
    // Longer names may have lost their ending.
    if m.name.len() < 16 && !base.ends_with(".o") && !base.ends_with(".syso") {
        return None;
    }
    Some(open_member(name, m.data, m.offset, how))
}

fn open_member(name: String, data: &'static [u8], offset: usize, how: Opening) -> LoadedMember {
    let content = classify(&name, data, how);
    LoadedMember {
        name,
        data,
        offset,
        content,
    }
}

fn classify(name: &str, data: &'static [u8], how: Opening) -> Content {
    let magic: [u8; 4] = std::array::from_fn(|i| data.get(i).copied().unwrap_or(0));
    match magic {
        [0x7f, b'E', b'L', b'F']
        | [0xfe, 0xed, 0xfa, 0xce | 0xcf]
        | [0xce | 0xcf, 0xfa, 0xed, 0xfe]
        | [0x4c, 0x01, ..]
        | [0x64, 0x86 | 0xaa, ..]
        | [0xc4, 0x01, ..]
        | [0x01, 0xd7 | 0xf7, ..] => return Content::Host { unknown: false },
        [b'g', b'o', b' ', b'o'] => {}
        _ => return Content::Host { unknown: true },
    }
    let header = match TextHeader::split(data) {
        Ok(h) => h,
        Err(TextHeaderError::NoLine) => {
            return Content::Bad(problem(
                Severity::Error,
                format!("truncated object file: {name}: EOF"),
            ));
        }
        Err(TextHeaderError::NotObject { line }) if name.ends_with(".go") => {
            let _ = line;
            return Content::Bad(problem(
                Severity::Exit,
                format!("{name}: uncompiled .go source file"),
            ));
        }
        Err(TextHeaderError::NotObject { line }) => {
            return Content::Bad(problem(
                Severity::Error,
                format!("{name}: not an object file: @0 {line:?}"),
            ));
        }
        Err(TextHeaderError::NoEnd) => {
            return Content::Bad(problem(
                Severity::Error,
                format!("truncated object file: {name}"),
            ));
        }
    };
    let object = Object::open(header.object).map_err(|e| {
        if header.object.starts_with(b"\0go114ld") {
            return format!("found object file {name} in old format");
        }
        format!(
            "{name}: at offset {:#x} of the member: {e}",
            header.object_offset
        )
    });
    let object = object.map(|object| {
        let imports = (how.imports)(&object);
        let digest = Digest::new(&object, &how.objects);
        how.done.add_digested(&object);
        Box::new(GoObject {
            object,
            digest,
            imports,
        })
    });
    Content::Go { header, object }
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
                hex(&fp)
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
            self.load_pkg_section(lib, &m.name, header.exports)?;
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
                hex(&have),
                hex(&want)
            ),
        )
    }

    /// `ld/go.go:ldpkg`: the main marker and the cgo directives.
    fn load_pkg_section(
        &mut self,
        lib: LibId,
        name: &str,
        exports: &'static [u8],
    ) -> Result<(), Stop> {
        let mut data = exports;
        while !data.is_empty() {
            let (line, rest) = match memchr_lf(data) {
                Some(i) => (&data[..i], &data[i + 1..]),
                None => (data, &data[data.len()..]),
            };
            data = rest;
            if line == b"main" {
                self.out.inputs.libs[lib.index()].main = true;
            }
            if line.is_empty() {
                break;
            }
        }
        let Some(p) = find_bytes(data, b"\n$$  // cgo") else {
            return Ok(());
        };
        let Some(eol) = memchr_lf(&data[p + 1..]) else {
            return self.say(
                Severity::Notice,
                format!("found $$ // cgo but no newline in {name}"),
            );
        };
        let body = &data[p + 1 + eol..];
        let Some(end) = find_bytes(body, b"\n$$").or_else(|| find_bytes(body, b"\n!\n")) else {
            return self.say(
                Severity::Notice,
                format!("cannot find end of // cgo section in {name}"),
            );
        };
        let pkg = path_to_prefix(&self.out.inputs.libs[lib.index()].pkg);
        self.out
            .inputs
            .cgo_directives
            .push((name.to_owned(), pkg, &body[..end]));
        Ok(())
    }
}

fn memchr_lf(b: &[u8]) -> Option<usize> {
    b.iter().position(|&c| c == b'\n')
}

fn find_bytes(hay: &[u8], needle: &[u8]) -> Option<usize> {
    hay.windows(needle.len()).position(|w| w == needle)
}

fn hex(b: &[u8]) -> String {
    b.iter().map(|x| format!("{x:02x}")).collect()
}
