//! The last step by the host's linker or archiver (`ld/lib.go:hostlinksetup`, `hostlink`,
//! `archive`).
//!
//! What the passes make is an object file, `go.o`, in a temporary folder. Host objects are copied
//! beside it, and the host compiler is told to link them all. Which flags it gets depends on which
//! it knows; that is tried out.

mod fips;
mod macho;
mod macho_dwarf;
mod probe;
mod tmpdir;
pub mod tool;
mod windows;

pub use tmpdir::TempDir;

use crate::config::Config;
use crate::diag::{Diag, Stop};
use crate::mode::BuildMode;
use crate::text;
use gover::{Arm64Gold, CgoTrust, HostBuildId};
use probe::{Probe, bytes, gnu_ld_version, relevant};
use rayon::prelude::*;
use std::path::PathBuf;
use symbols::HostObject;
use symbols::map::go_error_text;
use target::{Family, FileFormat};
use tmpdir::clean_time_stamp;
use tool::Argv;
use windows::Windows;

/// What the passes leave for the host linker.
#[derive(Default)]
pub struct HostLinkInput {
    /// Flags that cgo directives ask for, in order.
    pub ld_flags: Argv,
    /// Names of symbols for the dynamic symbol table.
    pub exports: Vec<Vec<u8>>,
    /// Names of functions that C code of the program calls, as cgo knows them.
    pub static_exports: Vec<Vec<u8>>,
    /// Whether Go symbols are linked dynamically.
    pub dynlink: bool,
    /// Whether programs may lie anywhere, whatever is asked for.
    pub always_pie: bool,
    /// Whether there is data that is read-only once relocated.
    pub relro: bool,
    /// Whether a Mach-O file is for macOS, and not for a system like it.
    pub macos: bool,
    /// Directories and names of Go shared libraries, as flags.
    pub shared_libs: Argv,
    /// Libraries for Windows that are imported from.
    pub libraries: Vec<Box<str>>,
}

/// The last step.
pub struct HostLinker<'a> {
    config: &'a Config,
    diag: &'a Diag,
    dir: &'a TempDir,
    objects: &'a [HostObject],
    input: &'a HostLinkInput,
    /// Host linker and leading arguments.
    extld: Argv,
}

/// Total length of arguments from which they go into a file, bytes (`sys.ExecArgLengthLimit`).
const LONG_ARGUMENTS: usize = 30 << 10;

fn words(words: &[&str]) -> Argv {
    words.iter().map(|w| w.as_bytes().to_vec()).collect()
}

fn joined(flag: &str, value: &[u8]) -> Vec<u8> {
    [flag.as_bytes(), value].concat()
}

/// Adds a flag of the program's own or of the command line. `interpreter` begins the one that names the
/// dynamic linker, if programs have any.
fn push_own(argv: &mut Argv, flag: &[u8], interpreter: Option<&str>) {
    argv.push(flag.to_vec());
    if let Some(interpreter) = interpreter.filter(|_| flag == b"-static") {
        // Some compilers pass these on even so, which GNU ld does not like.
        for a in argv {
            if a == b"-rdynamic" || a.starts_with(interpreter.as_bytes()) {
                *a = b"-static".to_vec();
            }
        }
    }
}

impl<'a> HostLinker<'a> {
    /// Made ready. `objects` are the host objects, in load order.
    pub fn new(
        config: &'a Config,
        diag: &'a Diag,
        dir: &'a TempDir,
        objects: &'a [HostObject],
        input: &'a HostLinkInput,
    ) -> HostLinker<'a> {
        HostLinker {
            config,
            diag,
            dir,
            objects,
            input,
            extld: config.host_compiler(),
        }
    }

    fn is_archive(&self) -> bool {
        self.config.build_mode == BuildMode::CArchive
    }

    fn is_macho(&self) -> bool {
        self.config.os.format == FileFormat::MachO
    }

    fn probe(&self) -> Probe<'_> {
        let mut flags: Argv = self.arch_args();
        let rules = &self.config.release.host_link;
        let (own, given) = (&self.input.ld_flags, &self.config.extldflags);
        let (first, last) = match rules.probe_extldflags_first {
            true => (given, own),
            false => (own, given),
        };
        let all: Argv = first.iter().chain(last).cloned().collect();
        flags.extend(relevant(&all, rules));
        Probe::new(self.dir, &self.extld[0], flags)
    }

    fn arch_args(&self) -> Argv {
        let arch = self.config.arch;
        let macho: &[&str] = match self.config.os.is_macos() {
            true => arch.macho_cc_args,
            false => &[],
        };
        let args = macho.iter().chain(arch.cc_args);
        args.map(|a| a.as_bytes().to_vec()).collect()
    }

    /// The line that shows what has failed, if the release has one.
    fn shown(&self, argv: &Argv) -> String {
        match self.config.release.host_link.shows_command {
            true => tool::shown(argv) + "\n",
            false => String::new(),
        }
    }

    /// Links the program or library; nothing for archives.
    ///
    /// # Errors
    /// The link ends; it has been said.
    pub fn link(&self) -> Result<(), Stop> {
        if self.is_archive() {
            return Ok(());
        }
        let argv = self.arguments()?;
        if self.diag.verbose(1) {
            let words: Vec<String> = argv.iter().map(|a| text::quote(a)).collect();
            self.diag
                .print(format_args!("host link: {}\n", words.join(" ")));
        }
        let o = tool::run(&argv, false);
        if let Some(why) = o.error {
            let text = format!(
                "running {} failed: {why}\n{}{}",
                text::lossy(&argv[0]),
                self.shown(&argv),
                text::lossy(&o.output)
            );
            return Err(self.diag.exit(text));
        }
        // Warnings, for example.
        if self.is_macho() {
            self.diag.print_bytes(&self.worth_saying(o.output));
            return self.finish_macho();
        }
        self.diag.print_bytes(&o.output);
        if self.config.release.fips_module && self.config.build_mode != BuildMode::Plugin {
            // Without a sum the program's own check fails, if it is asked for.
            let format = self.config.os.format;
            let fipso = self.config.fipso.as_deref();
            let _ = fips::store_sum(&self.config.outfile, format, fipso);
        }
        Ok(())
    }

    /// The command line (`ld/lib.go:hostlink`).
    fn arguments(&self) -> Result<Argv, Stop> {
        let (config, input) = (self.config, self.input);
        let mode = config.build_mode;
        let interpreter = config.release.host_link.interpreter_flag;
        let is_elf = config.os.format == FileFormat::Elf;
        let mut argv = self.extld.clone();
        argv.extend(self.arch_args());
        match (config.strip, config.dwarf) {
            // Apple's linker no longer knows that flag.
            (true, _) if self.is_macho() => {}
            (true, _) => argv.push(b"-s".to_vec()),
            (false, false)
                if config.release.host_link.strip_debug
                    && config.os.compiler_flags.strips_debug =>
            {
                argv.push(b"-Wl,-S".to_vec());
            }
            (false, _) => {}
        }
        let probe = self.probe();
        let knows = |linker: &str, flag: &str| -> Result<bool, Stop> {
            match probe.knows(linker, flag.as_bytes()) {
                Ok(known) => Ok(known),
                Err(why) => self.diag.error(why).map(|()| false),
            }
        };
        let windows = (config.os.format == FileFormat::Pe).then(|| Windows::new(self, &probe));
        match &windows {
            Some(w) => {
                argv.extend(w.program_flags());
                argv.extend(w.mode_flags()?);
            }
            None if is_elf => {
                argv.extend(words(&self.system_flags(&knows)?));
                argv.extend(words(&self.output_flags()));
            }
            None => argv.extend(words(&self.macho_flags(&knows)?)),
        }
        let linker = self.other_linker()?;
        if !linker.is_empty() {
            argv.push(joined("-fuse-ld=", linker.as_bytes()));
        }
        let takes_build_id = is_elf
            && match config.release.host_build_id {
                HostBuildId::InPlace | HostBuildId::IfGiven => true,
                HostBuildId::OfGoBuildId => knows("", "-Wl,--build-id=0x1234567890abcdef")?,
            };
        if takes_build_id {
            if !config.gnu_build_id.is_empty() {
                let id = hex::encode(&config.gnu_build_id);
                argv.push(joined("-Wl,--build-id=0x", id.as_bytes()));
            } else if config.no_gnu_build_id {
                argv.push(b"-Wl,--build-id=none".to_vec());
            }
        }
        argv.extend(words(&["-o", &config.outfile_name]));
        if let Some(path) = config.rpath.as_ref().filter(|p| !p.is_empty()) {
            argv.push(joined("-Wl,-rpath,", path));
        }
        if !config.interpreter.is_empty() {
            self.check_commas("dynamic linker path", &config.interpreter)?;
            argv.push(joined(interpreter, &config.interpreter));
        }
        match &windows {
            Some(w) => argv.extend(w.exports()?),
            None if !is_elf => {}
            None => {
                let all = input.dynlink
                    || mode == BuildMode::CShared
                    || !knows(linker, "-Wl,--export-dynamic-symbol=main")?;
                argv.extend(self.exports(all)?);
            }
        }
        let unused_arguments = "-Qunused-arguments";
        if knows(linker, unused_arguments)? {
            argv.push(unused_arguments.into());
        }
        if let Some(w) = &windows {
            argv.extend(w.time_flags()?);
        }
        let compress = "-Wl,--compress-debug-sections=zlib";
        if config.compress_dwarf && knows(linker, compress)? {
            argv.push(compress.into());
        }
        argv.extend(self.object_files()?.iter().map(|p| bytes(p)));
        argv.extend(input.shared_libs.iter().cloned());
        for flag in &input.ld_flags {
            push_own(&mut argv, flag, is_elf.then_some(interpreter));
        }
        // Code for executables must not be linked as position-independent.
        if mode == BuildMode::Exe && !config.link_mode.link_shared && !input.always_pie {
            for flag in ["-no-pie", "-nopie"] {
                if knows(linker, flag)? {
                    argv.push(flag.into());
                    break;
                }
            }
        }
        for flag in &config.extldflags {
            push_own(&mut argv, flag, is_elf.then_some(interpreter));
        }
        if let Some(w) = &windows {
            argv.extend(w.last_flags()?);
        }
        self.in_response_file(argv, &probe, linker)
    }

    /// Flags for the system.
    fn system_flags(
        &self,
        knows: &impl Fn(&str, &str) -> Result<bool, Stop>,
    ) -> Result<Vec<&'static str>, Stop> {
        let (config, flags) = (self.config, &self.config.os.compiler_flags);
        let mut out = flags.always.to_vec();
        if config.build_mode != BuildMode::Pie {
            out.extend(flags.unless_pie);
        }
        for flag in flags.if_known {
            if knows("", flag)? {
                out.push(flag);
            }
        }
        if config.arch.family == Family::Arm64 {
            out.extend(flags.on_arm64);
        }
        Ok(out)
    }

    /// The name of the linker that the host compiler must use; empty if it may be any.
    fn other_linker(&self) -> Result<&'static str, Stop> {
        let config = self.config;
        let flags = &config.os.compiler_flags;
        if self.input.dynlink && !flags.modules_linker.is_empty() {
            return Ok(flags.modules_linker);
        }
        if config.arch.family != Family::Arm64 {
            return Ok("");
        }
        if self.input.dynlink && flags.gold_on_arm64 && self.needs_gold()? {
            return Ok("gold");
        }
        let Some((linker, name, missing)) = flags.arm64_linker else {
            return Ok("");
        };
        let o = tool::run(
            &self.asked(&[&format!("-fuse-ld={linker}"), "-Wl,--version"]),
            false,
        );
        match o.error.is_none() && !text::lossy(&o.output).contains(name) {
            true => Err(self.diag.fatal(missing)),
            false => Ok(linker),
        }
    }

    /// The host compiler with flags that ask it something.
    fn asked(&self, flags: &[&str]) -> Argv {
        self.extld.iter().cloned().chain(words(flags)).collect()
    }

    /// Flags that say what is made, as an ELF file.
    fn output_flags(&self) -> Vec<&'static str> {
        let (config, input) = (self.config, self.input);
        let mut flags = Vec::new();
        if config.build_mode != BuildMode::Exe && input.relro {
            flags.push("-Wl,-z,relro");
        }
        flags.extend_from_slice(match config.build_mode {
            BuildMode::Exe | BuildMode::CArchive => &[],
            BuildMode::Pie => &["-pie"],
            BuildMode::CShared => &["-shared", "-Wl,-z,nodelete", "-Wl,-Bsymbolic"],
            BuildMode::Shared | BuildMode::Plugin => &["-shared"],
        });
        if input.dynlink || config.bindnow {
            flags.push("-Wl,-z,now");
        }
        if input.dynlink {
            flags.push("-Wl,-z,nocopyreloc");
        }
        flags
    }

    /// Flags for the dynamic symbol table: all symbols are in it, or those that are exported.
    fn exports(&self, all: bool) -> Result<Argv, Stop> {
        if all {
            return Ok(vec![b"-rdynamic".to_vec()]);
        }
        let names = self.input.exports.iter();
        for name in names.clone() {
            self.check_commas("exported symbol name", name)?;
        }
        let mut flags: Argv = names
            .map(|n| joined("-Wl,--export-dynamic-symbol=", n))
            .collect();
        flags.sort();
        Ok(flags)
    }

    /// Refuses text that would be several arguments of the linker.
    fn check_commas(&self, what: &str, text: &[u8]) -> Result<(), Stop> {
        let checked = self.config.release.cgo_trust == CgoTrust::Checked;
        match checked && text.contains(&b',') {
            true => Err(self
                .diag
                .exit(format_args!("invalid {what} {}", text::quote(text)))),
            false => Ok(()),
        }
    }

    /// Whether gold is asked for: GNU ld before 2.36 has trouble with copy relocations on AArch64
    /// (<https://sourceware.org/bugzilla/show_bug.cgi?id=19962>).
    fn needs_gold(&self) -> Result<bool, Stop> {
        let wanted = match self.config.release.host_link.arm64_gold {
            Arm64Gold::Always => "gold",
            Arm64Gold::ForOldLd => {
                let o = tool::run(&self.asked(&["-Wl,--version"]), false);
                let old = |(major, minor)| major == 2 && minor <= 35;
                if o.error.is_some() || !gnu_ld_version(&o.output).is_some_and(old) {
                    return Ok(false);
                }
                "ld>=2.36 or gold"
            }
        };
        // gcc falls back silently if there is no gold.
        let o = tool::run(&self.asked(&["-fuse-ld=gold", "-Wl,--version"]), false);
        let output = text::lossy(&o.output);
        match o.error.is_none() && !output.contains("GNU gold") {
            true => Err(self.diag.fatal(format_args!(
                "ARM64 external linker must be {wanted} (issue #15696, 22040), \
                 but is not: {output}"
            ))),
            false => Ok(true),
        }
    }

    /// `go.o` and copies of the host objects, with no time of their own.
    fn object_files(&self) -> Result<Vec<PathBuf>, Stop> {
        let copies: Vec<PathBuf> = (0..self.objects.len())
            .map(|i| self.dir.file(&format!("{i:06}.o")))
            .collect();
        for (o, to) in self.objects.iter().zip(&copies) {
            self.diag.log_at(1, || {
                let to = to.display();
                format!("host obj copy: {} from pkg {} -> {to}", o.name, o.pkg)
            });
        }
        let written: Vec<std::io::Result<()>> = self
            .objects
            .par_iter()
            .zip(&copies)
            .map(|(o, to)| std::fs::write(to, o.data))
            .collect();
        for (w, to) in written.into_iter().zip(&copies) {
            if let Err(e) = w {
                let (to, why) = (to.display(), go_error_text(&e));
                let text = format!("cannot create {to}: open {to}: {why}");
                return Err(self.diag.exit(text));
            }
        }
        let mut all = vec![self.dir.file("go.o")];
        all.extend(copies);
        let cleans = self.config.release.host_link.clean_time_stamps;
        for file in all.iter().filter(|_| cleans) {
            clean_time_stamp(file).map_err(|e| {
                let (file, why) = (file.display(), go_error_text(&e));
                self.diag
                    .exit(format_args!("cannot chtimes {file}: chtimes {file}: {why}"))
            })?;
        }
        Ok(all)
    }

    /// Very long arguments go into a file, if the linker can read them there
    /// (`passLongArgsInResponseFile`).
    fn in_response_file(&self, argv: Argv, probe: &Probe, alternative: &str) -> Result<Argv, Stop> {
        if argv.iter().map(Vec::len).sum::<usize>() < LONG_ARGUMENTS {
            return Ok(argv);
        }
        let file = self.dir.file("response");
        let write = |bytes: &[u8], doing: &str| {
            std::fs::write(&file, bytes).map_err(|e| {
                let (name, why) = (file.display(), go_error_text(&e));
                let text = format!("failed while {doing} response file: open {name}: {why}");
                self.diag.fatal(text)
            })
        };
        write(b"", "testing")?;
        let flag = [b"@", bytes(&file).as_slice()].concat();
        let known = probe.knows(alternative, &flag);
        if !known.or_else(|why| self.diag.error(why).map(|()| false))? {
            self.diag.log_at(1, || {
                "not using response file because linker does not support one".to_owned()
            });
            return Ok(argv);
        }
        let text: String = argv[1..].iter().map(|a| text::quote(a) + "\n").collect();
        write(text.as_bytes(), "writing")?;
        if self.diag.verbose(1) {
            let file = file.display();
            self.diag
                .print(format_args!("response file {file} contents:\n{text}"));
        }
        let linker = argv.into_iter().next().unwrap_or_default();
        Ok(vec![linker, flag])
    }

    /// Makes the archive; nothing for programs and libraries.
    ///
    /// # Errors
    /// The link ends; it has been said.
    pub fn archive(&self) -> Result<(), Stop> {
        if !self.is_archive() {
            return Ok(());
        }
        self.diag.exit_if_errors()?;
        let mut extar = self.config.extar.clone();
        if extar.is_empty() {
            extar = b"ar".to_vec();
            if self.config.release.host_link.asks_for_ar {
                let known = self.probe().knows("", b"--print-prog-name=ar");
                if known.or_else(|why| self.diag.error(why).map(|()| false))? {
                    extar = self.print_tool("ar")?;
                }
            }
        }
        let mut argv: Argv = vec![extar];
        argv.extend(["-q", "-c", "-s"].map(Into::into));
        let files = self.object_files()?;
        argv.push(self.config.outfile_name.clone().into());
        argv.extend(files.iter().map(|p| bytes(p)));
        self.diag.log_at(1, || {
            let words: Vec<_> = argv.iter().map(|a| text::lossy(a)).collect();
            format!("archive: {}", words.join(" "))
        });
        if !self.dir.is_own() {
            // Nothing is left to be done afterwards.
            let name = text::lossy(&argv[0]).into_owned();
            // An empty name is no name to be looked for.
            let program = match name.is_empty() {
                true => Ok(PathBuf::new()),
                false => tool::find(&argv[0]),
            };
            let program =
                program.map_err(|why| self.diag.exit(format_args!("cannot find {name}: {why}")))?;
            self.diag
                .log_at(1, || "invoking archiver with syscall.Exec()".to_owned());
            let why = tool::become_program(&argv, program);
            return Err(self.diag.exit(format_args!("running {name} failed: {why}")));
        }
        let o = tool::run(&argv, false);
        match o.error {
            None => Ok(()),
            Some(why) => {
                let (name, output) = (text::lossy(&argv[0]), text::lossy(&o.output));
                let text = format!("running {name} failed: {why}\n{output}");
                Err(self.diag.exit(text))
            }
        }
    }

    /// The host compiler's tool of a name (`findExtLinkTool`).
    fn print_tool(&self, tool: &str) -> Result<Vec<u8>, Stop> {
        let mut argv = self.extld.clone();
        argv.extend(self.arch_args());
        argv.extend(["--print-prog-name", tool].map(Into::into));
        let o = tool::run(&argv, false);
        if let Some(why) = o.error {
            let (argv0, output) = (&self.config.argv0, text::lossy(&o.output));
            let text = format!("{argv0}: finding {tool} failed: {why}\n{output}");
            return Err(self.diag.exit(text));
        }
        let end = o.output.iter().rposition(|b| !b"\r\n".contains(b));
        Ok(o.output[..end.map_or(0, |e| e + 1)].to_vec())
    }
}
