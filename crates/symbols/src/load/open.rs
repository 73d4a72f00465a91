//! Opening archives, and telling what their members are.

use super::problem::{Problem, Severity, problem};
use crate::digest::{Digest, Reading};
use crate::map::{go_error_text, map_file};
use crate::package_ids::{Import, PackageIds};
use crate::release::Done;
use goobj::{Archive, Member, Object, TextHeader, TextHeaderError};
use gover::CgoTrust;
use std::path::Path;

/// How files are opened.
#[derive(Clone, Copy)]
pub(super) struct Opening<'a> {
    pub(super) objects: &'a Reading<'a>,
    pub(super) packages: &'a PackageIds,
    /// Gives the imports of an object, before that is read wholly.
    pub(super) imports: &'a (dyn Fn(&Object<'static>) -> Vec<Import> + Sync),
    pub(super) done: &'a Done,
    pub(super) cgo_trust: CgoTrust,
}

/// What a member of an archive is.
pub(super) enum Content {
    /// A Go object.
    Go {
        header: TextHeader<'static>,
        object: Result<Box<GoObject>, String>,
    },
    /// Something for the host linker, of a format that is known or not.
    Host { unknown: bool },
    /// Neither.
    Bad(Problem),
    /// The mark of a package whose cgo imports were not found out (`dynimportfail`).
    DynImportFail,
    /// The mark of a package that is better linked by the host linker (`preferlinkext`).
    PreferLinkExt,
}

/// A Go object as opened.
pub(super) struct GoObject {
    pub(super) object: Object<'static>,
    pub(super) digest: Digest,
    pub(super) imports: Vec<Import>,
}

/// A member as opened.
pub(super) struct LoadedMember {
    /// `archive(member)`.
    pub(super) name: String,
    pub(super) data: &'static [u8],
    /// Where it starts in the file, bytes.
    pub(super) offset: usize,
    pub(super) content: Content,
}

/// One file as opened.
pub(super) struct Loaded {
    pub(super) members: Vec<LoadedMember>,
    /// What ended the reading, after the members.
    pub(super) end: Option<Problem>,
}

/// Opens a file and looks at all of its members (`ld/lib.go:loadobjfile`).
pub(super) fn open(file: &str, how: Opening) -> Loaded {
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
            members: vec![open_member(file, file.to_owned(), data, 0, how)],
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
    Some(open_member(file, name, m.data, m.offset, how))
}

fn open_member(
    file: &str,
    name: String,
    data: &'static [u8],
    offset: usize,
    how: Opening,
) -> LoadedMember {
    let content = classify(file, &name, data, how);
    LoadedMember {
        name,
        data,
        offset,
        content,
    }
}

/// Tells what a member of `file` is (`ld/lib.go:ldobj`).
fn classify(file: &str, name: &str, data: &'static [u8], how: Opening) -> Content {
    let magic: [u8; 4] = std::array::from_fn(|i| data.get(i).copied().unwrap_or(0));
    match magic {
        [0x7f, b'E', b'L', b'F']
        | [0xfe, 0xed, 0xfa, 0xce | 0xcf]
        | [0xce | 0xcf, 0xfa, 0xed, 0xfe]
        | [0x4c, 0x01, ..]
        | [0x64, 0x86 | 0xaa, ..]
        | [0xc4, 0x01, ..]
        | [0x01, 0xd7 | 0xf7, ..] => return Content::Host { unknown: false },
        // Whoever wrote a package put it there, and no compiler looked at it.
        _ if how.cgo_trust == CgoTrust::Checked
            && (file.ends_with(".syso") || name.ends_with(".syso)")) =>
        {
            return Content::Bad(problem(
                Severity::Error,
                format!("{name}: unsupported object format in .syso file"),
            ));
        }
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
        Err(TextHeaderError::NotObject { .. }) if name.ends_with(".go") => {
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
        let digest = Digest::new(&object, how.objects);
        how.done.add_digested(&object);
        Box::new(GoObject {
            object,
            digest,
            imports,
        })
    });
    Content::Go { header, object }
}
