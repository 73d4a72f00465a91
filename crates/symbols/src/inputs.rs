//! What a link reads, in load order.

use crate::digest::{Digest, DigestOptions, Reading};
use crate::{FileNumbers, LibId, ObjId, SourceFiles, UnitId, VERSION_STATIC};
use goobj::Object;
use std::ops::Range;
use std::path::PathBuf;

/// One package that takes part in the link (`sym.Library`).
#[derive(Debug, Default)]
pub struct Library {
    /// Import path, not escaped; `main` for the program's own package.
    pub pkg: String,
    /// The file it was read from; empty if it is in a shared library.
    pub file: PathBuf,
    /// The shared library that contains it, as named; nothing of it is read but symbols.
    pub shared_lib: Option<String>,
    /// The importer that first asked for it.
    pub src_ref: String,
    /// The object that first asked for it.
    pub obj_ref: String,
    /// Fingerprint of its export data, zero when unknown.
    pub fingerprint: [u8; 8],
    /// The libraries it imports, in recorded order.
    pub imports: Vec<LibId>,
    /// Its units.
    pub units: Range<u32>,
    /// Its Go objects.
    pub objs: Range<u32>,
    /// Whether an object of it says `package main`.
    pub main: bool,
}

/// One archive member that is an object, Go or other (`sym.CompilationUnit`).
#[derive(Debug)]
pub struct Unit {
    /// The library it belongs to.
    pub lib: LibId,
    /// The Go object it is; `None` for host objects.
    pub obj: Option<ObjId>,
}

/// A Go object as loading found it.
pub struct ObjInput {
    /// The object.
    pub object: Object<'static>,
    /// The library it belongs to.
    pub lib: LibId,
    /// Its unit.
    pub unit: UnitId,
    /// The static version, [`crate::VERSION_STATIC`] and up in load order.
    pub version: i32,
    /// What resolution needs of it.
    pub digest: Digest,
}

/// An archive member that is not a Go object.
#[derive(Clone, Debug)]
pub struct HostObject {
    /// Escaped path of its package.
    pub pkg: String,
    /// `archive(member)`, for messages.
    pub name: String,
    /// Its bytes.
    pub data: &'static [u8],
    /// The file it is in.
    pub file: String,
    /// Where it starts in that file, bytes.
    pub offset: u64,
    /// Its unit.
    pub unit: UnitId,
}

/// Everything that was loaded, in load order.
#[derive(Default)]
pub struct Inputs {
    /// The libraries.
    pub libs: Vec<Library>,
    /// The units.
    pub units: Vec<Unit>,
    /// The Go objects.
    pub objs: Vec<ObjInput>,
    /// The names of source files.
    pub source_files: SourceFiles,
    /// The host objects.
    pub host_objects: Vec<HostObject>,
    /// Raw cgo directive sections: file name for messages, escaped package, JSON text.
    pub cgo_directives: Vec<(String, String, &'static [u8])>,
    /// Packages with a `dynimportfail` member.
    pub dynimportfail: Vec<String>,
    /// Packages with a `preferlinkext` member.
    pub preferlinkext: Vec<String>,
    /// Whether some member was in no known object format.
    pub unknown_object_format: bool,
}

impl Inputs {
    /// Objects that are in no archive, in load order, each with the path of its package.
    pub fn of_objects(
        objects: impl IntoIterator<Item = (String, Object<'static>)>,
        opts: &DigestOptions,
    ) -> Inputs {
        let files = FileNumbers::default();
        let how = Reading::new(opts, &files);
        let mut inputs = Inputs::default();
        for (i, (pkg, object)) in (0..).zip(objects) {
            inputs.libs.push(Library {
                pkg,
                units: i..i + 1,
                objs: i..i + 1,
                ..Library::default()
            });
            inputs.units.push(Unit {
                lib: LibId(i),
                obj: Some(ObjId(i)),
            });
            inputs.objs.push(ObjInput {
                object,
                lib: LibId(i),
                unit: UnitId(i),
                version: VERSION_STATIC + i as i32,
                digest: Digest::new(&object, &how),
            });
        }
        inputs.source_files = files.finish();
        inputs
    }
}
