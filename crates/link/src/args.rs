//! The command line as typed: cmd/link's flags, parsed and described as Go's flag package does.
//!
//! A flag acts when it is met (`-importcfg` reads its file, `-V` ends the program), so that of
//! several mistakes the first counts.

mod table;

use crate::config::build_id_bytes;
use crate::end::{End, panic_text};
use crate::importcfg::{self, ImportCfg};
use crate::mode::{BuildMode, LinkMode};
use crate::text;
use crate::version::Toolchain;
use gover::{Experiments, GoLayout};
use indexmap::IndexMap;
use symbols::path_to_prefix;
use table::{FLAGS, FlagDef};

/// What the flags are parsed for.
#[derive(Clone, Copy)]
pub struct ArgsContext<'a> {
    /// The release whose command line it is.
    pub toolchain: &'a Toolchain,
    /// Target operating system.
    pub goos: &'a str,
    /// Target architecture.
    pub goarch: &'a str,
    /// Experiments of the build configuration.
    pub experiments: &'a Experiments,
    /// The program's name as messages have it (`os.Args[0]`).
    pub argv0: &'a str,
}

/// Whether DWARF was asked for (`-w`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ternary {
    /// Not said.
    Unset,
    /// `-w=false`.
    False,
    /// `-w`.
    True,
}

/// Values of string variables in the order of their first `-X`, name to value.
pub type StringVars = IndexMap<Vec<u8>, Vec<u8>>;

/// The flags, as typed, and the arguments behind them.
#[derive(Clone, Debug)]
#[allow(missing_docs)] // Each is named after its flag; `table.rs` says what it is.
pub struct Args {
    pub host_buildid: Vec<u8>,
    pub data_addr: i64,
    pub entry: Vec<u8>,
    pub head_type: Vec<u8>,
    pub interpreter: Vec<u8>,
    pub lib_dirs: Vec<Vec<u8>>,
    pub round: i64,
    pub text_addr: i64,
    pub string_vars: StringVars,
    pub a: bool,
    pub asan: bool,
    pub aslr: bool,
    pub benchmark: Vec<u8>,
    pub benchmark_profile: Vec<u8>,
    pub bindnow: bool,
    pub buildid: Vec<u8>,
    pub build_mode: Option<BuildMode>,
    pub dump_call_graph: bool,
    pub capture_host_objs: Vec<u8>,
    pub check_linkname: bool,
    pub compress_dwarf: bool,
    pub cpu_profile: Vec<u8>,
    pub no_dynamic: bool,
    pub debug_nosplit: bool,
    pub debug_text_size: i64,
    pub debug_tramp: i64,
    pub dump_dep: bool,
    pub all_errors: bool,
    pub extar: Vec<u8>,
    pub extld: Vec<Vec<u8>>,
    pub extldflags: Vec<Vec<u8>>,
    pub force: bool,
    pub fipso: Vec<u8>,
    pub func_align: i64,
    pub no_pkg_checks: bool,
    pub halt: bool,
    pub import_cfg: Option<ImportCfg>,
    pub install_suffix: Vec<u8>,
    pub field_track: Vec<u8>,
    pub libgcc: Vec<u8>,
    pub link_mode: LinkMode,
    pub link_shared: bool,
    pub macos: [u8; 3],
    pub macsdk: [u8; 3],
    pub mem_profile: Vec<u8>,
    pub mem_profile_rate: i64,
    pub msan: bool,
    pub n: bool,
    pub outfile: Vec<u8>,
    pub plugin_path: Vec<u8>,
    pub prune_weak_map: bool,
    pub rpath: Option<Vec<u8>>,
    pub race: bool,
    pub rand_layout: i64,
    pub strip: bool,
    pub strict_dups: i64,
    pub tmpdir: Vec<u8>,
    pub verbose: i64,
    pub no_dwarf: Ternary,
    /// The arguments behind the flags.
    pub files: Vec<Vec<u8>>,
}

impl Args {
    /// No flag given; `vars` are the string variables that the linker sets by itself.
    fn new(release: &GoLayout, vars: StringVars) -> Args {
        Args {
            host_buildid: Vec::new(),
            data_addr: -1,
            entry: Vec::new(),
            head_type: Vec::new(),
            interpreter: Vec::new(),
            lib_dirs: Vec::new(),
            round: -1,
            text_addr: -1,
            string_vars: vars,
            a: false,
            asan: false,
            aslr: true,
            benchmark: Vec::new(),
            benchmark_profile: Vec::new(),
            bindnow: false,
            buildid: Vec::new(),
            build_mode: None,
            dump_call_graph: false,
            capture_host_objs: Vec::new(),
            check_linkname: true,
            compress_dwarf: true,
            cpu_profile: Vec::new(),
            no_dynamic: false,
            debug_nosplit: false,
            debug_text_size: 0,
            debug_tramp: 0,
            dump_dep: false,
            all_errors: false,
            extar: Vec::new(),
            extld: Vec::new(),
            extldflags: Vec::new(),
            force: false,
            fipso: Vec::new(),
            func_align: 0,
            no_pkg_checks: false,
            halt: false,
            import_cfg: None,
            install_suffix: Vec::new(),
            field_track: Vec::new(),
            libgcc: Vec::new(),
            link_mode: LinkMode::Auto,
            link_shared: false,
            macos: release.macho.default_os,
            macsdk: release.macho.default_sdk,
            mem_profile: Vec::new(),
            mem_profile_rate: 0,
            msan: false,
            n: false,
            outfile: Vec::new(),
            plugin_path: Vec::new(),
            prune_weak_map: true,
            rpath: None,
            race: false,
            rand_layout: 0,
            strip: false,
            strict_dups: 0,
            tmpdir: Vec::new(),
            verbose: 0,
            no_dwarf: Ternary::Unset,
            files: Vec::new(),
        }
    }
}

/// Why a flag's value is not taken.
enum SetError {
    /// The value is wrong; the flag package says so and adds the usage text.
    Value(String),
    /// The program ends.
    End(End),
}

/// The flags on their way in.
struct Parser<'a> {
    args: Args,
    cx: ArgsContext<'a>,
}

/// Parses the arguments behind the program's name, response files expanded. `vars` are the
/// string variables set before `-X` is looked at.
///
/// # Errors
///
/// A mistake, with cmd/link's text, or the end that a flag such as `-V` asks for.
pub fn parse(cx: ArgsContext, arguments: Vec<Vec<u8>>, vars: StringVars) -> Result<Args, Box<End>> {
    let release = cx.toolchain.release;
    let mut p = Parser {
        args: Args::new(release, vars),
        cx,
    };
    let mut rest = arguments.into_iter();
    while let Some(arg) = rest.next() {
        let name = match arg.as_slice() {
            b"--" => break,
            [b'-', b'-', name @ ..] | [b'-', name @ ..] if !name.is_empty() => name,
            _ => {
                p.args.files.push(arg);
                break;
            }
        };
        if matches!(name[0], b'-' | b'=') {
            let text = format!("bad flag syntax: {}", text::lossy(&arg));
            return Err(p.misuse(text).into());
        }
        let (name, value) = match name.iter().position(|&b| b == b'=') {
            Some(eq) => (&name[..eq], Some(name[eq + 1..].to_vec())),
            None => (name, None),
        };
        let shown = text::lossy(name);
        let flag = p.flags().find(|f| f.name.as_bytes() == name);
        let Some(flag) = flag else {
            let text = match name {
                b"help" => return Err(End::error(p.usage(), 2).into()),
                _ => format!("flag provided but not defined: -{shown}"),
            };
            return Err(p.misuse(text).into());
        };
        let boolean = flag.kind.takes_no_argument();
        let value = match value {
            Some(value) => value,
            None if boolean => b"true".to_vec(),
            None => match rest.next() {
                Some(value) => value,
                None => {
                    let text = format!("flag needs an argument: -{shown}");
                    return Err(p.misuse(text).into());
                }
            },
        };
        match (flag.set)(&mut p, &value) {
            Ok(()) => {}
            Err(SetError::End(end)) => return Err(end.into()),
            Err(SetError::Value(why)) => {
                let value = text::quote(&value);
                let text = match boolean {
                    true => format!("invalid boolean value {value} for -{shown}: {why}"),
                    false => format!("invalid value {value} for flag -{shown}: {why}"),
                };
                return Err(p.misuse(text).into());
            }
        }
    }
    p.args.files.extend(rest);
    Ok(p.args)
}

impl Parser<'_> {
    /// The flags of this release and target, sorted by name.
    fn flags(&self) -> impl Iterator<Item = &'static FlagDef> {
        flags(self.cx)
    }

    fn usage(&self) -> String {
        usage(self.cx)
    }

    /// The end after a mistake in the flags.
    fn misuse(&self, text: String) -> End {
        End::error(format!("{text}\n{}", self.usage()), 2)
    }

    /// As `Exitf` ends cmd/link.
    fn exit(&self, text: &str) -> SetError {
        SetError::End(exit(self.cx.argv0, text, self.args.halt))
    }

    /// `-X` (`ld/data.go:addstrdata1`).
    fn add_string_var(&mut self, arg: &[u8]) -> Result<(), SetError> {
        let eq = arg.iter().position(|&b| b == b'=');
        let dot = eq.and_then(|eq| arg[..eq].iter().rposition(|&b| b == b'.'));
        let (Some(eq), Some(dot)) = (eq, dot) else {
            return Err(self.exit("-X flag requires argument of the form importpath.name=value"));
        };
        let mut pkg = &arg[..dot];
        if self.args.build_mode == Some(BuildMode::Plugin) && pkg == b"main" {
            pkg = &self.args.plugin_path;
        }
        let mut name = path_to_prefix(&text::lossy(pkg)).into_bytes();
        name.extend_from_slice(&arg[dot..eq]);
        self.args.string_vars.insert(name, arg[eq + 1..].to_vec());
        Ok(())
    }

    /// `-importcfg`.
    fn read_import_cfg(&mut self, file: &[u8]) -> Result<(), SetError> {
        let vars = &mut self.args.string_vars;
        let cfg = importcfg::read(file, &mut |info| {
            vars.insert(b"runtime.modinfo".to_vec(), info);
        });
        self.args.import_cfg = Some(cfg.map_err(SetError::End)?);
        Ok(())
    }

    /// `-B`, where its value is looked at in its place: it becomes that of a given build ID.
    fn take_build_id(&mut self, value: &[u8]) -> Result<(), SetError> {
        let release = self.cx.toolchain.release;
        let bytes = build_id_bytes(value, &self.args.buildid, release, "");
        let bytes = bytes.map_err(|text| self.exit(&text))?;
        self.args.host_buildid = format!("0x{}", hex::encode(bytes)).into();
        Ok(())
    }

    /// `-V`. The name is that of the tool in whose place this program stands, which cmd/go
    /// insists on.
    fn version(&self, value: &[u8]) -> SetError {
        let (toolchain, experiments) = (self.cx.toolchain, self.cx.experiments);
        let line = match value {
            b"goexperiment" if toolchain.release.lists_experiments => {
                format!("{} X:{}", toolchain.version, experiments.full_list())
            }
            _ => toolchain.version_line(experiments, value == b"full"),
        };
        SetError::End(End {
            out: format!("link version {line}\n").into(),
            err: Vec::new(),
            status: 0,
        })
    }
}

/// The flags of a release and target, sorted by name.
fn flags(cx: ArgsContext) -> impl Iterator<Item = &'static FlagDef> {
    let (goos, goarch) = (cx.goos.to_owned(), cx.goarch.to_owned());
    let release = cx.toolchain.release;
    FLAGS
        .iter()
        .filter(move |f| f.when.holds(release, &goos, &goarch))
}

/// The usage text (`ld/lib.go:usage`, `flag.PrintDefaults`).
pub fn usage(cx: ArgsContext) -> String {
    let mut out = String::from("usage: link [options] main.o\n");
    for flag in flags(cx) {
        flag.describe(cx.toolchain.release, &mut out);
    }
    out
}

/// As `Exitf` ends cmd/link; `-h` makes a panic of it.
pub fn exit(argv0: &str, text: &str, halt: bool) -> End {
    let mut err = format!("{argv0}: {text}\n");
    if halt {
        err.push_str(&panic_text("error"));
    }
    End::error(err, 2)
}

fn set_bool(to: &mut bool, value: &[u8]) -> Result<(), SetError> {
    match text::parse_bool(value) {
        Some(v) => {
            *to = v;
            Ok(())
        }
        None => Err(SetError::Value("parse error".into())),
    }
}

fn set_int(to: &mut i64, value: &[u8]) -> Result<(), SetError> {
    *to = text::parse_int(value).map_err(|e| SetError::Value(e.to_string()))?;
    Ok(())
}

fn set_text(to: &mut Vec<u8>, value: &[u8]) -> Result<(), SetError> {
    *to = value.to_vec();
    Ok(())
}

/// `-v`: alone it counts, with a number it sets the count.
fn set_count(to: &mut i64, value: &[u8]) -> Result<(), SetError> {
    let decimal = || {
        let text = std::str::from_utf8(value).ok()?;
        text.parse::<i64>().ok()
    };
    *to = match value {
        b"true" => *to + 1,
        b"false" => 0,
        _ => decimal()
            .ok_or_else(|| SetError::Value(format!("invalid count {}", text::quote(value))))?,
    };
    Ok(())
}

/// `-w`.
fn set_ternary(to: &mut Ternary, value: &[u8]) -> Result<(), SetError> {
    *to = match text::parse_bool(value) {
        Some(true) => Ternary::True,
        Some(false) => Ternary::False,
        None => {
            return Err(SetError::Value(format!(
                "strconv.ParseBool: parsing {}: invalid syntax",
                text::quote(value)
            )));
        }
    };
    Ok(())
}

/// `-extld`, `-extldflags`: words, some in quotes (`cmd/internal/quoted.Split`).
fn set_words(to: &mut Vec<Vec<u8>>, value: &[u8]) -> Result<(), SetError> {
    let mut words = Vec::new();
    let mut rest = value;
    loop {
        let blank = |b: &u8| matches!(b, b' ' | b'\t' | b'\n' | b'\r');
        let start = rest.iter().position(|b| !blank(b)).unwrap_or(rest.len());
        rest = &rest[start..];
        match rest {
            [] => break,
            [quote @ (b'"' | b'\''), inner @ ..] => {
                let end = inner.iter().position(|b| b == quote).ok_or_else(|| {
                    SetError::Value(format!("unterminated {} string", char::from(*quote)))
                })?;
                words.push(inner[..end].to_vec());
                rest = &inner[end + 1..];
            }
            _ => {
                let end = rest.iter().position(blank).unwrap_or(rest.len());
                words.push(rest[..end].to_vec());
                rest = &rest[end..];
            }
        }
    }
    *to = words;
    Ok(())
}

/// `-macos`, `-macsdk`: up to three numbers.
fn set_mac_version(to: &mut [u8; 3], value: &[u8]) -> Result<(), SetError> {
    let mut parsed = [0; 3];
    let numbers: Vec<&[u8]> = value.split(|&b| b == b'.').collect();
    let number = |text: &[u8]| std::str::from_utf8(text).ok()?.parse::<u8>().ok();
    let good = numbers.len() <= 3
        && parsed
            .iter_mut()
            .zip(&numbers)
            .all(|(to, text)| number(text).map(|v| *to = v).is_some());
    if !good {
        let value = text::quote(value);
        return Err(SetError::Value(format!("invalid version {value}")));
    }
    *to = parsed;
    Ok(())
}
