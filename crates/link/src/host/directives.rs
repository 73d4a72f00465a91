//! cgo directives (`ld/go.go:loadcgo`, `setCgoAttr`; `ld/lib.go:loadcgodirectives`).

use super::json::read_lists;
use crate::config::Config;
use crate::diag::Diag;
use crate::mode::BuildMode;
use crate::text;
use gover::{CgoTrust, JsonErrors, SymKind};
use rustc_hash::FxHashSet;
use symbols::{SymId, Symbols, VERSION_ABI_INTERNAL, VERSION_ABI0};
use target::FileFormat;

/// The directives of one object.
pub struct Directives {
    /// The object's name, for messages.
    file: String,
    /// The directives, each a word and its arguments.
    list: Vec<Vec<String>>,
}

impl Directives {
    /// Reads the directives of an object. What is wrong with them is said.
    pub fn parse(file: String, text: &[u8], errors: JsonErrors, diag: &Diag) -> Option<Directives> {
        match read_lists(text, errors) {
            Ok(list) => Some(Directives { file, list }),
            Err(e) => {
                fail(
                    diag,
                    format_args!("{file}: failed decoding cgo directives: {e}"),
                );
                None
            }
        }
    }
}

/// Says an error that is counted but not limited.
fn fail(diag: &Diag, text: std::fmt::Arguments) {
    diag.notice(text);
    diag.count_error();
}

/// Follows the directives of all objects. `external` tells whether a host linker does the last step.
pub fn apply(all: &[Directives], config: &Config, external: bool, syms: &mut Symbols, diag: &Diag) {
    let mut a = Apply {
        config,
        external,
        syms,
        host: FxHashSet::default(),
    };
    for d in all {
        // The first directive that is wrong ends those of its object, some go on.
        for words in &d.list {
            match a.one(words) {
                Ok(true) => {}
                Ok(false) => fail(
                    diag,
                    format_args!("{}: invalid cgo directive: {}", d.file, quoted(words)),
                ),
                Err(Wrong::InFile(text)) => {
                    fail(diag, format_args!("{}: {text}", d.file));
                    break;
                }
                Err(Wrong::Said(text)) => {
                    fail(diag, format_args!("{text}"));
                    break;
                }
            }
        }
    }
    if !external {
        a.drop_static_imports();
    }
}

/// `%q` of a list of strings.
fn quoted(words: &[String]) -> String {
    let list: Vec<String> = words.iter().map(|w| text::quote(w.as_bytes())).collect();
    format!("[{}]", list.join(" "))
}

/// What is wrong with a directive.
enum Wrong {
    /// To be said with the object's name in front.
    InFile(String),
    /// To be said as it is.
    Said(String),
}

/// Refuses names and paths that would be several arguments of a host linker.
fn check_commas(words: &[String]) -> Result<(), Wrong> {
    let [directive, arguments @ ..] = words else {
        return Ok(());
    };
    let (names, most) = match directive.as_str() {
        "cgo_import_dynamic" | "cgo_export_static" | "cgo_export_dynamic" => (2, 3),
        "cgo_import_static" | "cgo_dynamic_linker" => (1, 1),
        _ => return Ok(()),
    };
    // With too few arguments or too many it is none.
    let is_one = (1..=most).contains(&arguments.len());
    if !is_one || !arguments.iter().take(names).any(|name| name.contains(',')) {
        return Ok(());
    }
    Err(Wrong::InFile(match directive.as_str() {
        "cgo_dynamic_linker" => format!(
            "invalid path in cgo_dynamic_linker directive: {}",
            text::quote(arguments[0].as_bytes())
        ),
        _ => format!("invalid symbol in {directive} directive: {}", quoted(words)),
    }))
}

struct Apply<'a> {
    config: &'a Config,
    external: bool,
    syms: &'a mut Symbols,
    /// Symbols that host objects were said to define.
    host: FxHashSet<SymId>,
}

impl Apply<'_> {
    /// Follows a directive; `false` if it is none.
    fn one(&mut self, words: &[String]) -> Result<bool, Wrong> {
        if self.config.release.cgo_trust == CgoTrust::Checked {
            check_commas(words)?;
        }
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words[..] {
            ["cgo_import_dynamic", local] => self.import(local, local, ""),
            ["cgo_import_dynamic", local, remote] => self.import(local, remote, ""),
            ["cgo_import_dynamic", local, remote, lib] => self.import(local, remote, lib),
            ["cgo_import_static", local] => {
                let s = self.syms.lookup_or_create(local.as_bytes(), VERSION_ABI0);
                let e = self.syms.ext_mut(s);
                e.kind = SymKind::HostObj;
                e.size = 0;
                self.host.insert(s);
                Ok(true)
            }
            [
                kind @ ("cgo_export_static" | "cgo_export_dynamic"),
                local,
                ref rest @ ..,
            ] if rest.len() <= 2 => {
                let remote = rest.first().copied().unwrap_or(local);
                let version = match rest.get(1).copied() {
                    None | Some("ABI0") => VERSION_ABI0,
                    Some("ABIInternal") if self.syms.abi_wrappers => VERSION_ABI_INTERNAL,
                    Some("ABIInternal") => VERSION_ABI0,
                    Some(_) => {
                        return Err(Wrong::Said(format!(
                            "bad ABI in cgo_export directive [{}]",
                            words.join(" ")
                        )));
                    }
                };
                self.export(kind == "cgo_export_static", local, remote, version)
            }
            ["cgo_dynamic_linker", path] => {
                let known = &mut self.syms.foreign.interpreter;
                if self.config.interpreter.is_empty() {
                    if !known.is_empty() && **known != *path {
                        return Err(Wrong::Said(format!(
                            "conflict dynlinker: {known} and {path}"
                        )));
                    }
                    *known = path.into();
                }
                Ok(true)
            }
            ["cgo_ldflag", flag] => {
                self.syms.foreign.ld_flags.push(flag.into());
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn import(&mut self, local: &str, remote: &str, lib: &str) -> Result<bool, Wrong> {
        if self.config.no_dynamic {
            let text = "cannot use dynamic imports with -d flag";
            return Err(Wrong::InFile(text.to_owned()));
        }
        if local == "_" && remote == "_" {
            // The library is wanted, nothing in particular of it.
            self.syms.foreign.dynamic = true;
            match self.config.os.format {
                FileFormat::MachO => self.number_library(lib),
                _ => self.syms.foreign.needed_libs.push(lib.into()),
            }
            return Ok(true);
        }
        let (remote, version) = remote.split_once('#').unwrap_or((remote, ""));
        let s = self.syms.lookup_or_create(local.as_bytes(), VERSION_ABI0);
        // An export is stronger than an import.
        let exported = || self.syms.foreign.attrs(s).is_some_and(|a| a.is_export());
        if self.config.release.cgo_trust == CgoTrust::Checked && exported() {
            return Ok(true);
        }
        let kind = self.syms.kind(s);
        use SymKind::*;
        if matches!(kind, Xxx | Xref | Bss | NoPtrBss | HostObj) {
            let a = self.syms.foreign.cgo.entry(s).or_default();
            a.import_lib = lib.into();
            a.import_version = version.into();
            a.ext_name = (!remote.is_empty()).then(|| remote.into());
            if kind == HostObj {
                self.host.insert(s);
            } else {
                self.syms.ext_mut(s).kind = DynImport;
            }
            self.syms.foreign.dynamic = true;
            if !lib.is_empty() && self.config.os.format == FileFormat::MachO {
                self.number_library(lib);
            }
        }
        Ok(true)
    }

    /// Gives a library its number, unless it has one (`machoadddynlib`).
    fn number_library(&mut self, lib: &str) {
        let known = &mut self.syms.foreign.dylibs;
        if !self.external && known.iter().all(|l| **l != *lib) {
            known.push(lib.into());
        }
    }

    fn export(
        &mut self,
        is_static: bool,
        local: &str,
        remote: &str,
        version: i32,
    ) -> Result<bool, Wrong> {
        let s = self.syms.lookup_or_create(local.as_bytes(), version);
        if self.syms.kind(s) == SymKind::HostObj {
            self.host.insert(s);
        }
        if matches!(
            self.config.build_mode,
            BuildMode::CShared | BuildMode::CArchive | BuildMode::Plugin
        ) && self.syms.lookup(b"main", VERSION_ABI0) == Some(s)
        {
            return Ok(true);
        }
        // Stronger than an import; once that was not seen if it named no library.
        let imported = self.config.release.cgo_trust == CgoTrust::Checked
            && self.syms.kind(s) == SymKind::DynImport;
        if let Some(a) = self.syms.foreign.cgo.get_mut(&s)
            && (imported || !a.import_lib.is_empty())
        {
            a.import_lib = "".into();
            a.import_version = "".into();
            a.ext_name = None;
            self.syms.ext_mut(s).kind = SymKind::Xxx;
        }
        let known = self.syms.foreign.attrs(s).is_some_and(|a| a.is_export());
        if known && self.syms.ext_name(s) != remote.as_bytes() {
            return Err(Wrong::Said(format!(
                "conflicting cgo_export directives: {} as {} and {remote}",
                self.syms.name_lossy(s),
                text::lossy(self.syms.ext_name(s)),
            )));
        }
        let a = self.syms.foreign.cgo.entry(s).or_default();
        if !known {
            a.ext_name = (!remote.is_empty()).then(|| remote.into());
        }
        let listed = match is_static {
            true => self.external && !a.export_static,
            false => !self.external && !a.export_dynamic,
        };
        match is_static {
            true => a.export_static = true,
            false => a.export_dynamic = true,
        }
        if listed {
            self.syms.foreign.dynamic_exports.push(s);
        }
        if is_static && !self.external {
            let name = self.syms.name(s).into();
            self.syms.foreign.exports.insert(name, s);
        }
        Ok(true)
    }

    /// Linking internally, what host objects define they will define by themselves. What they
    /// were said to import, they import.
    fn drop_static_imports(&mut self) {
        for &s in &self.host {
            if self.syms.kind(s) != SymKind::HostObj {
                continue;
            }
            let imported = self
                .syms
                .foreign
                .attrs(s)
                .is_some_and(|a| !a.import_lib.is_empty() && !a.is_export());
            self.syms.ext_mut(s).kind = match imported {
                true => SymKind::DynImport,
                false => SymKind::Xxx,
            };
        }
    }
}
