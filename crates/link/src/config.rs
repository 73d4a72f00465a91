//! The flags resolved into one configuration. Passes see this and never a flag.

use crate::args::{Args, ArgsContext, StringVars, Ternary, exit, usage};
use crate::end::{End, panic_text};
use crate::importcfg::ImportCfg;
use crate::mode::{
    BuildMode, LinkMode, LinkModeDecision, LinkModeInputs, LinkModeRequest, determine_link_mode,
};
use crate::text;
use goflate::Encoder;
use gover::{
    BuildConfig, Experiments, FlateEncoder, GoLayout, GorootName, HeaderMismatch, HostBuildId,
    ImageBase,
};
use sha2::{Digest as _, Sha256};
use std::path::PathBuf;
use symbols::DigestOptions;
use symbols::load::{Further, LoadOptions};
use target::{ArchInfo, Family, FileFormat, OsInfo, Placement};

/// Everything that was asked for, resolved.
pub struct Config {
    // The release and the target.
    /// What the release is to the linker.
    pub release: &'static GoLayout,
    /// The exact version, such as `go1.27.3`.
    pub go_version: String,
    /// Target operating system.
    pub goos: String,
    /// Target architecture's name.
    pub goarch: String,
    /// The target operating system.
    pub os: &'static OsInfo,
    /// The target architecture.
    pub arch: &'static ArchInfo,
    /// The experiments of the environment.
    pub experiments: Experiments,
    /// The line every Go object must begin with, line feed included.
    pub header_line: String,
    /// Whether objects with other header lines are taken all the same (`-f`, where the release
    /// heeds it).
    pub ignore_header: bool,
    /// GOROOT of the environment, which expands `$GOROOT` in file names; `None` if unset or
    /// empty, and then they stay as they are.
    pub goroot: Option<String>,

    // Inputs.
    /// What the command line names, as package path and archive: the main package, whose path is
    /// `main` or a plugin's, or all packages of a Go shared library.
    pub roots: Vec<(String, String)>,
    /// `-importcfg`.
    pub import_cfg: Option<ImportCfg>,
    /// Directories to search for packages, if there is no import configuration (`-L`, then
    /// GOROOT's).
    pub lib_dirs: Vec<PathBuf>,
    /// Whether to look at the package sections of objects (no `-g`).
    pub check_pkg: bool,
    /// Whether differing duplicates are of interest (`-strictdups`: 1 warns, 2 is an error).
    pub strict_dups: i64,
    /// Whether references by linkname are checked.
    pub check_linkname: bool,
    /// Whether calls that only initialise unreachable maps are cut out.
    pub prune_weak_map: bool,
    /// Directory that host objects are copied to, if given.
    pub capture_host_objs: Option<PathBuf>,

    // The output.
    /// The output file. The name as given is [`Config::outfile_name`].
    pub outfile: PathBuf,
    /// The output's name as messages have it.
    pub outfile_name: String,
    /// What is built.
    pub build_mode: BuildMode,
    /// What was said about who links.
    pub link_mode: LinkModeRequest,
    /// Name of the entry symbol; empty for Go shared libraries and plugins.
    pub entry: String,
    /// Whether there is no symbol table (`-s`).
    pub strip: bool,
    /// Whether DWARF is made (no `-w`, nor `-s` alone).
    pub dwarf: bool,
    /// Whether DWARF is compressed.
    pub compress_dwarf: bool,
    /// Address of the first text symbol (`-T`), headers included.
    pub text_addr: u64,
    /// Where executables are loaded, with the rounding quantum of segments' addresses (`-R`), a power
    /// of two.
    pub placement: Placement,
    /// Where what an object for a host linker holds lies in it.
    pub object_placement: Placement,
    /// Address and quantum as cmd/link knows them before it reads its inputs.
    pub early_addresses: (i64, i64),
    /// Whether it is a program without a console (`-H=windowsgui`).
    pub gui: bool,
    /// Address of the data segment (`-D`), if given.
    pub data_addr: Option<i64>,
    /// Least alignment of functions, bytes.
    pub func_align: u32,
    /// Seed of the function order (`-randlayout`); 0 leaves it.
    pub rand_layout: i64,
    /// The Go build ID (`-buildid`); empty for none.
    pub build_id: Vec<u8>,
    /// The GNU build ID (`-B`, or made from the Go build ID); empty for none.
    pub gnu_build_id: Vec<u8>,
    /// The oldest macOS to run on (`-macos`).
    pub macos: [u8; 3],
    /// The macOS SDK that it was built with (`-macsdk`).
    pub macsdk: [u8; 3],
    /// Whether the host linker must not make a GNU build ID either (`-B none`).
    pub no_gnu_build_id: bool,
    /// What the root of the installation is called in file names, if it is.
    pub goroot_name: Option<String>,
    /// String variables and their values, in order of first mention: `runtime.defaultGOROOT`
    /// (if there is a GOROOT), `runtime.buildVersion`, then `-X` and the import
    /// configuration's module information. Names are escaped as symbol names are.
    pub string_vars: StringVars,
    /// Whether the executable must not be dynamic (`-d`). Executables without dynamic imports
    /// are not either way.
    pub no_dynamic: bool,
    /// ELF interpreter (`-I`); empty for the platform's.
    pub interpreter: Vec<u8>,
    /// Search path of the ELF interpreter (`-r`); `Some` of nothing if given empty.
    pub rpath: Option<Vec<u8>>,
    /// Whether functions are bound when a dynamic ELF file is loaded.
    pub bindnow: bool,
    /// Symbol that receives the tracked fields (`-k`); empty for none.
    pub field_track: Vec<u8>,
    /// File for the bytes that are hashed for FIPS, if given.
    pub fipso: Option<PathBuf>,
    /// Whether a library for Windows may lie anywhere (`-aslr`).
    pub aslr: bool,
    /// Whether the race detector is linked in.
    pub race: bool,
    /// Whether the address sanitizer is linked in.
    pub asan: bool,
    /// Packages that the linker asks for, in order (`ld/lib.go:loadlib`).
    pub internal_pkgs: Vec<&'static str>,

    // The host linker.
    /// Host linker and leading arguments (`-extld`); empty for the platform's.
    pub extld: Vec<Vec<u8>>,
    /// Arguments for the host linker.
    pub extldflags: Vec<Vec<u8>>,
    /// Archiver (`-extar`); empty for the default.
    pub extar: Vec<u8>,
    /// Compiler support library (`-libgcc`); `none` for none, empty to ask the compiler.
    pub libgcc: Vec<u8>,
    /// Directory for temporary files, if given.
    pub tmpdir: Option<PathBuf>,

    // What is said on the way.
    /// The program's name as messages have it (`os.Args[0]`).
    pub argv0: String,
    /// Number of `-v`.
    pub verbose: u32,
    /// Whether the first error is a panic (`-h`).
    pub halt: bool,
    /// Whether errors are not counted (`-e`).
    pub all_errors: bool,
    /// Whether the call graph is printed (`-c`).
    pub dump_call_graph: bool,
    /// Whether reachability is printed.
    pub dump_dep: bool,
    /// Whether the stack check's call graph is printed.
    pub debug_nosplit: bool,
    /// Greatest size of a text section, for debugging; 0 for the target's.
    pub debug_text_size: i64,
    /// Level of trampoline debugging.
    pub debug_tramp: i64,
    /// `-benchmark`, if given.
    pub benchmark: Option<Benchmark>,
    /// File for a CPU profile, if given.
    pub cpu_profile: Option<PathBuf>,
    /// File for a memory profile, if given.
    pub mem_profile: Option<PathBuf>,
}

/// How phases are measured.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Benchmark {
    /// Whether memory is what is of interest (`-benchmark=mem`).
    pub mem: bool,
    /// Beginning of the names of profiles to write for each phase, if given.
    pub profile_base: Option<PathBuf>,
}

/// Architectures cmd/link knows; others end it before it looks at its flags.
pub static ARCHITECTURES: &[&str] = &[
    "386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle", "ppc64",
    "ppc64le", "riscv64", "s390x", "wasm",
];

/// What is said about something relink cannot do yet.
pub fn unsupported_text(feature: &str) -> String {
    format!("link: {feature} is not supported yet by relink")
}

fn unsupported(feature: &str) -> End {
    End::error(unsupported_text(feature) + "\n", 2)
}

/// What the root of the installation is called in the program, if it has a name there, be it an empty one.
pub fn goroot_name(release: &GoLayout, env: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let given = |name| env(name).filter(|value| !value.is_empty());
    match release.goroot_name {
        GorootName::Goroot => given("GOROOT"),
        GorootName::Final => {
            let name = given("GOROOT_FINAL").or_else(|| given("GOROOT"));
            Some(name.unwrap_or_default()).filter(|name| name != "$GOROOT")
        }
    }
}

/// The string variables set before the flags (`ld/main.go:Main`); `goroot` is the name that the root of the
/// installation has.
pub fn first_string_vars(
    release: &GoLayout,
    go_version: &str,
    experiments: &Experiments,
    goroot: Option<&str>,
) -> StringVars {
    let mut vars = StringVars::default();
    if let Some(goroot) = goroot {
        vars.insert(b"runtime.defaultGOROOT".to_vec(), goroot.into());
    }
    let version = release.build_version(go_version, experiments);
    vars.insert(b"runtime.buildVersion".to_vec(), version.into());
    vars
}

/// The packages that the command line names (`ld/main.go:Main`). Those of a shared library come with
/// their paths; one that does not is called main.
fn roots(args: &Args, mode: BuildMode) -> Vec<(String, String)> {
    let root = |file: &Vec<u8>| {
        let file = text::lossy(file);
        match (mode, file.split_once('=')) {
            (BuildMode::Shared, Some((pkg, file))) => (pkg.to_owned(), file.to_owned()),
            (BuildMode::Plugin, _) => (text::lossy(&args.plugin_path).into_owned(), file.into()),
            _ => ("main".to_owned(), file.into()),
        }
    };
    args.files.iter().map(root).collect()
}

/// How flags are refused.
#[derive(Clone, Copy)]
struct Refusal<'a> {
    cx: ArgsContext<'a>,
    /// Whether the first error is a panic (`-h`).
    halt: bool,
}

impl Refusal<'_> {
    /// As `Exitf` ends cmd/link.
    fn exit(&self, text: &str) -> Box<End> {
        exit(self.cx.argv0, text, self.halt).into()
    }

    /// An error that is followed by the usage text.
    fn misuse(&self, text: &str) -> Box<End> {
        let tail = match self.halt {
            true => panic_text("error"),
            false => usage(self.cx),
        };
        End::error(format!("{text}\n{tail}"), 2).into()
    }
}

/// Checks flags that can be wrong by themselves, for a header of type `head` (`ld/main.go:Main`).
fn check_flags(args: &Args, head: &str, refusal: Refusal) -> Result<(), Box<End>> {
    if !args.aslr && args.build_mode != Some(BuildMode::CShared) {
        let text = "-aslr=false is only allowed for -buildmode=c-shared";
        return Err(refusal.misuse(text));
    }
    if args.no_dynamic && USES_LIBC.contains(&head) {
        return Err(refusal.exit(&format!(
            "dynamic linking required on {}; -d flag cannot be used",
            refusal.cx.goos
        )));
    }
    let power_of_two = |n: i64| n > 0 && n & (n - 1) == 0;
    if args.round != -1 && (args.round < 4096 || !power_of_two(args.round)) {
        let text = format!("invalid -R value {}", go_hex(args.round));
        return Err(refusal.exit(&text));
    }
    if args.func_align != 0 && !power_of_two(args.func_align) {
        let text = format!("invalid -funcalign value {}", args.func_align);
        return Err(refusal.exit(&text));
    }
    Ok(())
}

/// `-benchmark`.
fn benchmark(args: &Args, refusal: Refusal) -> Result<Option<Benchmark>, Box<End>> {
    match args.benchmark.as_slice() {
        b"" => Ok(None),
        mode @ (b"mem" | b"cpu") => Ok(Some(Benchmark {
            mem: mode == b"mem",
            profile_base: given(&args.benchmark_profile),
        })),
        other => {
            let text = format!("unknown benchmark flag: {}", text::quote(other));
            Err(refusal.misuse(&text))
        }
    }
}

/// The name of the entry symbol (`ld/lib.go:libinit`).
fn entry(args: &Args, mode: BuildMode, cx: ArgsContext) -> String {
    match (args.entry.as_slice(), mode) {
        (b"", BuildMode::Exe | BuildMode::Pie) => format!("_rt0_{}_{}", cx.goarch, cx.goos),
        (b"", BuildMode::CArchive | BuildMode::CShared) => {
            format!("_rt0_{}_{}_lib", cx.goarch, cx.goos)
        }
        (b"", BuildMode::Shared | BuildMode::Plugin) => String::new(),
        (name, _) => text::lossy(name).into_owned(),
    }
}

impl Config {
    /// Host compiler and leading arguments (`Link.extld`).
    pub fn host_compiler(&self) -> Vec<Vec<u8>> {
        match self.extld.as_slice() {
            [] => vec![self.os.compiler.into()],
            words => words.to_vec(),
        }
    }

    /// The stack that there is for nosplit functions, as a multiple of the guard (`objabi.stackGuardMultiplier`).
    pub fn stack_guards(&self) -> i64 {
        let for_system = self.os.large_system_calls && self.release.more_stack_for_system;
        1 + i64::from(self.race) + i64::from(for_system)
    }

    /// What the release's own linker, built for this host, compresses with.
    pub fn zlib_encoder(&self) -> Encoder {
        match self.release.flate {
            FlateEncoder::Go126 => Encoder::Go126,
            FlateEncoder::Go127 if cfg!(target_arch = "x86_64") => Encoder::Go127,
            FlateEncoder::Go127 => Encoder::Go127Fused,
        }
    }

    /// Resolves the flags. `env` gives a variable of the environment.
    ///
    /// # Errors
    ///
    /// Flags that contradict one another or ask for the impossible, in cmd/link's words, and
    /// what relink cannot do yet, by name.
    pub fn resolve(
        mut args: Args,
        build: &BuildConfig,
        cx: ArgsContext,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Config, Box<End>> {
        let refusal = Refusal {
            cx,
            halt: args.halt,
        };
        let head = head_type(&args.head_type, cx.goos).map_err(|e| refusal.misuse(&e))?;
        check_flags(&args, head, refusal)?;
        let platform = &cx.toolchain.release.platform;
        let build_mode = match args.build_mode {
            Some(mode) => mode,
            None => {
                BuildMode::parse(b"exe", platform, cx.goos, cx.goarch).unwrap_or(BuildMode::Exe)
            }
        };
        if build_mode != BuildMode::Shared && args.files.len() != 1 {
            return Err(End::error(usage(cx), 2).into());
        }
        let dwarf = match args.no_dwarf {
            Ternary::True => false,
            Ternary::False => true,
            Ternary::Unset => {
                let mac_library = head == "darwin" && build_mode == BuildMode::CShared;
                !args.strip && !mac_library
            }
        };
        let release = cx.toolchain.release;
        if args.buildid.is_empty() && head == "openbsd" {
            args.buildid = release.openbsd_build_id.into();
        }
        let gnu_build_id = gnu_build_id(&args, release, head);
        let gnu_build_id = gnu_build_id.map_err(|e| refusal.exit(&e))?;
        let benchmark = benchmark(&args, refusal)?;

        let extlink_enabled = env("GO_EXTLINK_ENABLED").unwrap_or_default();
        let platform_name = format!("{}/{}", cx.goos, cx.goarch);
        let Some((os, arch)) = target::os::find(cx.goos, cx.goarch) else {
            return Err(unsupported(&format!("GOOS/GOARCH {platform_name}")).into());
        };
        let early = os.before_nobtcfi.filter(|_| !release.elf.nobtcfi);
        let os = early.unwrap_or(os);
        let mac_version = release.macho.amd64_version;
        let mac_version = mac_version.filter(|_| arch.family == Family::Amd64);
        if head != os.head_name {
            return Err(unsupported(&format!("-H={}", text::lossy(&args.head_type))).into());
        }
        let goroot = env("GOROOT").filter(|g| !g.is_empty());
        let mut lib_dirs: Vec<PathBuf> = args.lib_dirs.iter().map(|d| text::path(d)).collect();
        if let Some(goroot) = &goroot {
            lib_dirs.push(package_dir(goroot, &args, cx));
        }
        let mut placement = os.placement(arch);
        let own_base = release.pe.image_base == ImageBase::OfMachine;
        if own_base && os.format == FileFormat::Pe {
            placement.base = arch.pe_own_base;
        }
        let mut object_placement = os.object_placement(arch);
        if args.round != -1 {
            placement.round = args.round as u64;
            object_placement.round = placement.round;
        }
        let text_addr = match args.text_addr {
            -1 => placement.base.next_multiple_of(placement.round) + placement.header_mem,
            addr => addr as u64,
        };
        let early_addresses = match os.format {
            FileFormat::Elf | FileFormat::MachO => (text_addr as i64, placement.round as i64),
            FileFormat::Pe => (args.text_addr, args.round),
        };
        let func_align = match args.func_align {
            0 => arch.func_align,
            align => u32::try_from(align).unwrap_or(u32::MAX),
        };
        let outfile = match args.outfile.as_slice() {
            b"" => os.default_output.as_bytes(),
            name => name,
        };
        let entry = entry(&args, build_mode, cx);
        let release = release.with_experiments(cx.experiments);
        Ok(Config {
            release,
            go_version: cx.toolchain.version.clone(),
            goos: cx.goos.to_owned(),
            goarch: cx.goarch.to_owned(),
            os,
            arch,
            experiments: build.experiments.clone(),
            header_line: build.header_line(&cx.toolchain.version),
            ignore_header: match release.header_mismatch {
                HeaderMismatch::Error => false,
                HeaderMismatch::ErrorUnlessForced => args.force,
            },
            goroot_name: goroot_name(release, env).filter(|name| !name.is_empty()),
            goroot,
            roots: roots(&args, build_mode),
            import_cfg: args.import_cfg,
            lib_dirs,
            check_pkg: !args.no_pkg_checks,
            strict_dups: args.strict_dups,
            check_linkname: args.check_linkname,
            prune_weak_map: args.prune_weak_map,
            capture_host_objs: given(&args.capture_host_objs),
            outfile: text::path(outfile),
            outfile_name: text::lossy(outfile).into_owned(),
            build_mode,
            link_mode: LinkModeRequest {
                flag: args.link_mode,
                extlink_enabled,
                build_mode,
                msan: args.msan,
                asan: args.asan,
                link_shared: args.link_shared,
            },
            entry,
            strip: args.strip,
            dwarf,
            compress_dwarf: args.compress_dwarf,
            text_addr,
            placement,
            object_placement,
            early_addresses,
            gui: args.head_type == b"windowsgui",
            data_addr: (args.data_addr != -1).then_some(args.data_addr),
            func_align,
            rand_layout: args.rand_layout,
            build_id: args.buildid,
            gnu_build_id,
            macos: mac_version.unwrap_or(args.macos),
            macsdk: mac_version.unwrap_or(args.macsdk),
            no_gnu_build_id: args.host_buildid == b"none",
            string_vars: args.string_vars,
            no_dynamic: args.no_dynamic,
            interpreter: args.interpreter,
            rpath: args.rpath,
            bindnow: args.bindnow,
            field_track: args.field_track,
            fipso: given(&args.fipso),
            aslr: args.aslr,
            race: args.race,
            asan: args.asan,
            internal_pkgs: [
                (args.race, "runtime/race"),
                (args.msan, "runtime/msan"),
                (args.asan, "runtime/asan"),
                (true, "runtime"),
            ]
            .into_iter()
            .filter_map(|(wanted, pkg)| wanted.then_some(pkg))
            .collect(),
            extld: args.extld,
            extldflags: args.extldflags,
            extar: args.extar,
            libgcc: args.libgcc,
            tmpdir: given(&args.tmpdir),
            argv0: cx.argv0.to_owned(),
            verbose: u32::try_from(args.verbose).unwrap_or(0),
            halt: args.halt,
            all_errors: args.all_errors,
            dump_call_graph: args.dump_call_graph,
            dump_dep: args.dump_dep,
            debug_nosplit: args.debug_nosplit,
            debug_text_size: args.debug_text_size,
            debug_tramp: args.debug_tramp,
            benchmark,
            cpu_profile: given(&args.cpu_profile),
            mem_profile: given(&args.mem_profile),
        })
    }

    /// What is checked only when the output file has been made (`ld/main.go:Main`).
    ///
    /// # Errors
    ///
    /// The text for `Exitf`.
    pub fn check_late(&self) -> Result<(), String> {
        let (_, quantum) = self.early_addresses;
        if let Some(addr) = self.data_addr
            && addr.wrapping_rem(quantum) != 0
        {
            return Err(format!(
                "invalid -D value {}: not aligned to rounding quantum {}",
                go_hex(addr),
                go_hex(quantum)
            ));
        }
        if self.link_mode.link_shared && self.os.format != FileFormat::Elf {
            return Err("-linkshared can only be used on elf systems".into());
        }
        Ok(())
    }

    /// The import path of the main package, with which the build information (`modinfo` of `-importcfg`) begins.
    pub fn main_path(&self) -> Option<String> {
        let info = self.string_vars.get(&b"runtime.modinfo"[..])?;
        // A mark that says where the information begins comes first.
        let info = text::lossy(info.get(16..)?);
        let path = info.strip_prefix("path\t")?;
        path.lines().next().map(str::to_owned)
    }

    /// Path of the main package: `main`, or a plugin's.
    pub fn main_pkg(&self) -> &str {
        self.roots.first().map_or("main", |(pkg, _)| pkg)
    }

    /// What package loading wants to know.
    pub fn load_options<'a>(&'a self, further: &'a Further<'a>) -> LoadOptions<'a> {
        LoadOptions {
            further,
            roots: &self.roots,
            package_files: self.import_cfg.as_ref().map(|c| &c.package_files),
            link_shared: self.link_mode.link_shared,
            shared_library: self.build_mode == BuildMode::Shared,
            package_shlibs: self.import_cfg.as_ref().map(|c| &c.package_shlibs),
            lib_dirs: &self.lib_dirs,
            internal: &self.internal_pkgs,
            check_pkg: self.check_pkg,
            link_mode_auto: self.link_mode.flag == LinkMode::Auto,
            verbose: self.verbose,
            digest: self.digest_options(),
        }
    }

    /// How objects are read. What `-v` and `-dumpdep` print counts, names and numbers all symbols.
    pub fn digest_options(&self) -> DigestOptions {
        DigestOptions {
            gover: self.release,
            abi_wrappers: self.experiments.regabi_wrappers(),
            number_pc_tables: self.dump_dep || self.verbose >= 1,
        }
    }

    /// Who links, given what was loaded.
    pub fn decide_link_mode(&self, inputs: &LinkModeInputs) -> LinkModeDecision {
        let platform = &self.release.platform;
        determine_link_mode(&self.link_mode, inputs, platform, &self.goos, &self.goarch)
    }

    /// The two lines `-v` begins with.
    pub fn log_head(&self) -> String {
        let on_off = |on| if on { "on" } else { "off" };
        format!(
            "build mode: {}, symbol table: {}, DWARF: {}\nHEADER = -H{} -T{:#x} -R{:#x}\n",
            self.build_mode,
            on_off(!self.strip),
            on_off(self.dwarf),
            self.os.head,
            self.early_addresses.0,
            self.early_addresses.1 as u32
        )
    }
}

/// Header types whose programs need the C library (`ld/link.go:UsesLibc`,
/// `ld/target.go:UsesLibc`).
static USES_LIBC: &[&str] = &["aix", "darwin", "openbsd", "solaris", "windows"];

/// The header type `-H` names, or else the operating system's; spelled as GOOS.
fn head_type<'a>(flag: &'a [u8], goos: &'a str) -> Result<&'a str, String> {
    let known = |name: &'a str| match name {
        "ios" => Some("darwin"),
        "android" => Some("linux"),
        "illumos" => Some("solaris"),
        "aix" | "darwin" | "dragonfly" | "freebsd" | "js" | "linux" | "netbsd" | "openbsd"
        | "plan9" | "solaris" | "wasip1" | "windows" => Some(name),
        _ => None,
    };
    match std::str::from_utf8(flag) {
        Ok("") => Ok(known(goos).unwrap_or(goos)),
        Ok("windowsgui") => Ok("windows"),
        flag_text => flag_text
            .ok()
            .and_then(known)
            .ok_or_else(|| format!("invalid headtype: {}", text::quote(flag))),
    }
}

/// `%#x` of a signed number.
fn go_hex(n: i64) -> String {
    let sign = if n < 0 { "-" } else { "" };
    format!("0x{sign}{:x}", n.unsigned_abs())
}

/// A path, unless empty.
fn given(name: &[u8]) -> Option<PathBuf> {
    (!name.is_empty()).then(|| text::path(name))
}

/// Where GOROOT has its compiled packages (`ld/lib.go:libinit`).
fn package_dir(goroot: &str, args: &Args, cx: ArgsContext) -> PathBuf {
    let suffix = match (
        args.install_suffix.as_slice(),
        args.race,
        args.msan,
        args.asan,
    ) {
        (b"", true, _, _) => "_race".into(),
        (b"", _, true, _) => "_msan".into(),
        (b"", _, _, true) => "_asan".into(),
        (b"", _, _, _) => String::new(),
        (suffix, ..) => format!("_{}", text::lossy(suffix)),
    };
    let name = format!("{}_{}{suffix}", cx.goos, cx.goarch);
    [goroot, "pkg", name.as_str()].iter().collect()
}

/// The GNU build ID, or for macOS the UUID (`ld/elf.go:addbuildinfo`).
fn gnu_build_id(args: &Args, release: &GoLayout, head: &str) -> Result<Vec<u8>, String> {
    use HostBuildId::{InPlace, OfGoBuildId};
    let by_default = release.host_build_id == OfGoBuildId;
    let flag = match args.host_buildid.as_slice() {
        b"" if by_default && !args.buildid.is_empty() => b"gobuildid",
        b"" => return Ok(Vec::new()),
        b"none" if by_default => return Ok(Vec::new()),
        _ if release.host_build_id == InPlace && head == "darwin" => return Ok(Vec::new()),
        flag => flag,
    };
    build_id_bytes(flag, &args.buildid, release, head)
}

/// The number of a Mach-O file with this Go build ID (`ld/macho_update_uuid.go:uuidFromGoBuildId`).
pub(crate) fn build_uuid(buildid: &[u8], release: &GoLayout) -> [u8; 16] {
    let sum = build_id_sum(buildid, release);
    release.macho.uuid_variant.uuid(&sum)
}

fn build_id_sum(buildid: &[u8], release: &GoLayout) -> [u8; 32] {
    let mut sum = Sha256::digest(buildid);
    release.sum32.apply(&mut sum);
    sum.into()
}

/// The bytes that a value of `-B` stands for; `buildid` is the Go build ID.
pub(crate) fn build_id_bytes(
    flag: &[u8],
    buildid: &[u8],
    release: &GoLayout,
    head: &str,
) -> Result<Vec<u8>, String> {
    if flag == b"gobuildid" {
        if buildid.is_empty() {
            return Err("-B gobuildid requires a Go build ID supplied via -buildid".into());
        }
        return Ok(match head {
            "darwin" => build_uuid(buildid, release).to_vec(),
            _ => build_id_sum(buildid, release)[..20].to_vec(),
        });
    }
    let shown = text::lossy(flag);
    let Some(digits) = flag.strip_prefix(b"0x") else {
        return Err(format!("-B argument must start with 0x: {shown}"));
    };
    let max = match head {
        "darwin" => 16,
        _ => 32,
    };
    if digits.len() / 2 > max {
        return Err(format!("-B option too long (max {max} digits): {shown}"));
    }
    // A wrong digit is found before an odd number of them.
    match digits.iter().find(|b| !b.is_ascii_hexdigit()) {
        Some(&b) => Err(format!(
            "-B argument contains invalid hex digit {}: {shown}",
            char::from(b)
        )),
        None => hex::decode(digits)
            .map_err(|_| format!("-B argument must have even number of digits: {shown}")),
    }
}
