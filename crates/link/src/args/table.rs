//! The flags of `go tool link`: what they are called, what they take, how they are described.

use super::{
    Args, Parser, SetError, set_bool, set_count, set_int, set_mac_version, set_ternary, set_text,
    set_words,
};
use crate::mode::{BuildMode, LinkMode};
use gover::{GoLayout, HostBuildId, LinknameCheck};
use std::fmt::Write as _;

/// What a flag takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A truth value, or nothing.
    Bool,
    /// A number.
    Int,
    /// A text.
    Text,
    /// Something else.
    Value,
}

impl Kind {
    /// Whether the flag stands alone, an argument only ever behind `=`.
    pub(super) fn takes_no_argument(self) -> bool {
        self == Kind::Bool
    }

    /// What the usage text calls the argument if the flag does not name it.
    fn argument(self) -> &'static str {
        match self {
            Kind::Bool => "",
            Kind::Int => " int",
            Kind::Text => " string",
            Kind::Value => " value",
        }
    }
}

/// Where a flag exists.
#[derive(Clone, Copy)]
pub(super) enum When {
    Always,
    /// On Plan 9, amd64.
    Plan9Amd64,
    /// In releases where data can be given an address.
    DataAddress,
    /// In releases that can be asked for all errors.
    AllErrors,
    /// In releases where functions can be given an alignment.
    FuncAlign,
    /// In releases with flags for versions of macOS.
    MacVersions,
    /// In releases where symbols can be bound at once.
    BindNow,
    /// In releases that check linknames.
    CheckLinkname,
    /// In releases where functions can be shuffled.
    RandLayout,
    /// In releases with a FIPS module.
    FipsModule,
    /// In releases where the system's build ID is that.
    BuildId(HostBuildId),
}

impl When {
    pub(super) fn holds(self, release: &GoLayout, goos: &str, goarch: &str) -> bool {
        match self {
            When::Always => true,
            When::Plan9Amd64 => (goos, goarch) == ("plan9", "amd64"),
            When::DataAddress => release.data_addr_flag,
            When::AllErrors => release.all_errors_flag,
            When::FuncAlign => release.func_align_flag,
            When::MacVersions => release.macho.version_flags,
            When::BindNow => release.bind_now_flag,
            When::CheckLinkname => release.linkname_check != LinknameCheck::Unchecked,
            When::RandLayout => release.rand_layout_flag,
            When::FipsModule => release.fips_module,
            When::BuildId(rule) => release.host_build_id == rule,
        }
    }
}

/// The value without the flag, where the usage text shows one.
#[derive(Clone, Copy)]
enum Default {
    Zero,
    Shown(&'static str),
    Version(fn(&GoLayout) -> [u8; 3]),
}

/// One flag.
pub(super) struct FlagDef {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// What it does; the name of its argument is in backquotes.
    usage: &'static str,
    default: Default,
    pub(super) when: When,
    /// Takes the value in.
    pub(super) set: fn(&mut Parser, &[u8]) -> Result<(), SetError>,
}

impl FlagDef {
    /// Appends the flag's lines of the usage text.
    pub(super) fn describe(&self, release: &GoLayout, out: &mut String) {
        let mut parts = self.usage.split('`');
        let (head, named) = (parts.next().unwrap_or(""), parts.next());
        let _ = write!(out, "  -{}", self.name);
        match named {
            Some(argument) => {
                let _ = write!(out, " {argument}");
            }
            None => out.push_str(self.kind.argument()),
        }
        let short = self.name.len() == 1 && self.kind == Kind::Bool && named.is_none();
        out.push_str(if short { "\t" } else { "\n    \t" });
        out.push_str(head);
        out.push_str(named.unwrap_or(""));
        out.extend(parts);
        let _ = match self.default {
            Default::Zero => Ok(()),
            Default::Shown(value) => write!(out, " (default {value})"),
            Default::Version(of) => {
                let [a, b, c] = of(release);
                write!(out, " (default {a}.{b}.{c})")
            }
        };
        out.push('\n');
    }
}

type Set = fn(&mut Parser, &[u8]) -> Result<(), SetError>;

const fn flag(name: &'static str, kind: Kind, usage: &'static str, set: Set) -> FlagDef {
    FlagDef {
        name,
        kind,
        usage,
        default: Default::Zero,
        when: When::Always,
        set,
    }
}

impl FlagDef {
    const fn default(self, value: &'static str) -> FlagDef {
        FlagDef {
            default: Default::Shown(value),
            ..self
        }
    }

    const fn when(self, when: When) -> FlagDef {
        FlagDef { when, ..self }
    }

    const fn mac(self, of: fn(&GoLayout) -> [u8; 3]) -> FlagDef {
        FlagDef {
            default: Default::Version(of),
            when: When::MacVersions,
            ..self
        }
    }
}

/// A flag with a field of its own.
macro_rules! field {
    ($name:literal, $kind:ident, $usage:literal, $set:ident, $field:ident) => {
        flag($name, Kind::$kind, $usage, |p, v| {
            $set(&mut p.args.$field, v)
        })
    };
}

fn set_build_mode(p: &mut Parser, value: &[u8]) -> Result<(), SetError> {
    let platform = &p.cx.toolchain.release.platform;
    let mode = BuildMode::parse(value, platform, p.cx.goos, p.cx.goarch);
    p.args.build_mode = Some(mode.map_err(SetError::Value)?);
    Ok(())
}

fn set_link_mode(args: &mut Args, value: &[u8]) -> Result<(), SetError> {
    args.link_mode = LinkMode::parse(value).map_err(SetError::Value)?;
    Ok(())
}

/// Every flag, sorted by name. The texts are cmd/link's, since scripts and people compare them.
#[rustfmt::skip]
pub(super) static FLAGS: &[FlagDef] = &[
    FlagDef {
        when: When::Plan9Amd64,
        ..flag("8", Kind::Bool, "use 64-bit addresses in symbol table", |_, v| set_bool(&mut false, v))
    },
    field!("B", Text, "set ELF NT_GNU_BUILD_ID `note` or Mach-O UUID; use \"gobuildid\" to generate it from the Go build ID; \"none\" to disable", set_text, host_buildid).when(When::BuildId(HostBuildId::OfGoBuildId)),
    field!("B", Text, "set ELF NT_GNU_BUILD_ID `note` or Mach-O UUID; use \"gobuildid\" to generate it from the Go build ID", set_text, host_buildid).when(When::BuildId(HostBuildId::IfGiven)),
    flag("B", Kind::Value, "add an ELF NT_GNU_BUILD_ID `note` when using ELF; use \"gobuildid\" to generate it from the Go build ID", |p, v| p.take_build_id(v)).when(When::BuildId(HostBuildId::InPlace)),
    field!("D", Int, "set the start address of data symbols", set_int, data_addr).default("-1").when(When::DataAddress),
    field!("E", Text, "set `entry` symbol name", set_text, entry),
    field!("H", Text, "set header `type`", set_text, head_type),
    field!("I", Text, "use `linker` as ELF dynamic linker", set_text, interpreter),
    flag("L", Kind::Value, "add specified `directory` to library path", |p, v| {
        p.args.lib_dirs.push(v.to_vec());
        Ok(())
    }),
    field!("R", Int, "set address rounding `quantum`", set_int, round).default("-1"),
    field!("T", Int, "set the start address of text symbols", set_int, text_addr).default("-1"),
    flag("V", Kind::Bool, "print version and exit", |p, v| Err(p.version(v))),
    flag("X", Kind::Value, "add string value `definition` of the form importpath.name=value", |p, v| p.add_string_var(v)),
    field!("a", Bool, "no-op (deprecated)", set_bool, a),
    field!("asan", Bool, "enable ASan interface", set_bool, asan),
    field!("aslr", Bool, "enable ASLR for buildmode=c-shared on windows", set_bool, aslr).default("true"),
    field!("benchmark", Text, "set to 'mem' or 'cpu' to enable phase benchmarking", set_text, benchmark),
    field!("benchmarkprofile", Text, "emit phase profiles to `base`_phase.{cpu,mem}prof", set_text, benchmark_profile),
    field!("bindnow", Bool, "mark a dynamically linked ELF object for immediate function binding", set_bool, bindnow).when(When::BindNow),
    field!("buildid", Text, "record `id` as Go toolchain build id", set_text, buildid),
    flag("buildmode", Kind::Value, "set build `mode`", set_build_mode),
    field!("c", Bool, "dump call graph", set_bool, dump_call_graph),
    field!("capturehostobjs", Text, "capture host object files loaded during internal linking to specified dir", set_text, capture_host_objs),
    field!("checklinkname", Bool, "check linkname symbol references", set_bool, check_linkname).default("true").when(When::CheckLinkname),
    field!("compressdwarf", Bool, "compress DWARF if possible", set_bool, compress_dwarf).default("true"),
    field!("cpuprofile", Text, "write cpu profile to `file`", set_text, cpu_profile),
    field!("d", Bool, "disable dynamic executable", set_bool, no_dynamic),
    field!("debugnosplit", Bool, "dump nosplit call graph", set_bool, debug_nosplit),
    field!("debugtextsize", Int, "debug text section max size", set_int, debug_text_size),
    field!("debugtramp", Int, "debug trampolines", set_int, debug_tramp),
    field!("dumpdep", Bool, "dump symbol dependency graph", set_bool, dump_dep),
    field!("e", Bool, "no limit on number of errors reported", set_bool, all_errors).when(When::AllErrors),
    field!("extar", Text, "archive program for buildmode=c-archive", set_text, extar),
    field!("extld", Value, "use `linker` when linking in external mode", set_words, extld),
    field!("extldflags", Value, "pass `flags` to external linker", set_words, extldflags),
    field!("f", Bool, "ignore version mismatch", set_bool, force),
    field!("fipso", Text, "write fips module to `file`", set_text, fipso).when(When::FipsModule),
    field!("funcalign", Int, "set function align to `N` bytes", set_int, func_align).when(When::FuncAlign),
    field!("g", Bool, "disable go package data checks", set_bool, no_pkg_checks),
    field!("h", Bool, "halt on error", set_bool, halt),
    flag("importcfg", Kind::Value, "read import configuration from `file`", |p, v| p.read_import_cfg(v)),
    field!("installsuffix", Text, "set package directory `suffix`", set_text, install_suffix),
    field!("k", Text, "set field tracking `symbol`", set_text, field_track),
    field!("libgcc", Text, "compiler support lib for internal linking; use \"none\" to disable", set_text, libgcc),
    flag("linkmode", Kind::Value, "set link `mode`", |p, v| set_link_mode(&mut p.args, v)),
    field!("linkshared", Bool, "link against installed Go shared libraries", set_bool, link_shared),
    field!("macos", Value, "mac OS version to write in build info (only used in internal linking)", set_mac_version, macos).mac(|r| r.macho.default_os),
    field!("macsdk", Value, "mac SDK version to write in build info (only used in internal linking)", set_mac_version, macsdk).mac(|r| r.macho.default_sdk),
    field!("memprofile", Text, "write memory profile to `file`", set_text, mem_profile),
    field!("memprofilerate", Int, "set runtime.MemProfileRate to `rate`", set_int, mem_profile_rate),
    field!("msan", Bool, "enable MSan interface", set_bool, msan),
    field!("n", Bool, "no-op (deprecated)", set_bool, n),
    field!("o", Text, "write output to `file`", set_text, outfile),
    field!("pluginpath", Text, "full path name for plugin", set_text, plugin_path),
    field!("pruneweakmap", Bool, "prune weak mapinit refs", set_bool, prune_weak_map).default("true"),
    flag("r", Kind::Value, "set the ELF dynamic linker search `path` to dir1:dir2:...", |p, v| {
        p.args.rpath = Some(v.to_vec());
        Ok(())
    }),
    field!("race", Bool, "enable race detector", set_bool, race),
    field!("randlayout", Int, "randomize function layout", set_int, rand_layout).when(When::RandLayout),
    field!("s", Bool, "disable symbol table", set_bool, strip),
    field!("strictdups", Int, "sanity check duplicate symbol contents during object file reading (1=warn 2=err).", set_int, strict_dups),
    field!("tmpdir", Text, "use `directory` for temporary files", set_text, tmpdir),
    field!("v", Bool, "print link trace", set_count, verbose),
    field!("w", Bool, "disable DWARF generation", set_ternary, no_dwarf),
];
