//! What a host linker for Windows is told besides (`ld/lib.go:hostlink`, `ld/pe.go:peCreateExportFile`,
//! `peimporteddlls`).

use super::probe::{Probe, bytes, relevant};
use super::tool::{self, Argv};
use super::{HostLinker, joined, words};
use crate::diag::Stop;
use crate::host::find_file;
use crate::mode::BuildMode;
use crate::text;
use gover::{CgoTrust, WindowsLinkers};
use object::read::pe::PeFile64;
use symbols::map::go_error_text;

/// A program that is loaded in the way that Windows 10 looks for, if the linker knows how to say so.
const LOAD_CONFIG_PROGRAM: &str = "\
const __SIZE_TYPE__ _load_config_used[2] = {sizeof _load_config_used};
int main(void) { return 0; }
";

/// What puts the section that names gdb's script where it does no harm.
const GDB_LINKER_SCRIPT: &str = "\
SECTIONS { .debug_gdb_scripts BLOCK(__section_alignment__) (NOLOAD) : { *(.debug_gdb_scripts) } }
INSERT AFTER .debug_types;
";

/// The version of Windows for linkers that cannot say how a program is loaded.
const OLD_VERSION: (u16, u16) = (6, 1);

/// What a DLL exports if its packages export nothing, so that not all it has is exported.
const NO_EXPORT: &str = "_cgo_stub_export";

/// What is known of a host linker for Windows.
pub(super) struct Windows<'a> {
    host: &'a HostLinker<'a>,
    probe: &'a Probe<'a>,
    /// Whether it is the one of Microsoft's tools, and not of MinGW.
    msvc: bool,
    /// Whether it is LLD, where that has been asked early.
    lld: Option<bool>,
}

impl<'a> Windows<'a> {
    /// Asks what linker it is.
    pub fn new(host: &'a HostLinker<'a>, probe: &'a Probe<'a>) -> Windows<'a> {
        let says = |question: &str, answers: &[&str]| asks(host, question, answers);
        Windows {
            host,
            probe,
            msvc: host.config.release.host_link.windows_linkers == WindowsLinkers::MinGwAndMsvc
                && says("--version", &["-msvc\n", "-msvc\r"]),
            lld: (host.config.release.host_link.lld_probe_early)
                .then(|| says("-Wl,--version", &["LLD "])),
        }
    }

    fn is_lld(&self) -> bool {
        let ask = || asks(self.host, "-Wl,--version", &["LLD "]);
        self.lld.unwrap_or_else(ask)
    }

    /// A flag of the linker's own.
    fn flag(&self, name: &str) -> Vec<u8> {
        let prefix = if self.msvc { "-Wl,-" } else { "-Wl,--" };
        joined(prefix, name.as_bytes())
    }

    fn knows(&self, flag: &[u8]) -> Result<bool, Stop> {
        let known = self.probe.knows("", flag);
        known.or_else(|why| self.host.diag.error(why).map(|()| false))
    }

    /// What kind of program it is, and for which Windows.
    pub fn program_flags(&self) -> Argv {
        let config = self.host.config;
        let mut argv = words(&[if config.gui { "-mwindows" } else { "-mconsole" }]);
        argv.extend([self.flag("tsaware"), self.flag("nxcompat")]);
        if self.msvc {
            return argv;
        }
        let probed = config.release.host_link.load_config_probe && !self.is_lld();
        let (major, minor) = match probed && !self.knows_load_config() {
            true => OLD_VERSION,
            false => config.release.pe.os_version,
        };
        for what in ["os", "subsystem"] {
            argv.push(format!("-Wl,--major-{what}-version={major}").into());
            argv.push(format!("-Wl,--minor-{what}-version={minor}").into());
        }
        argv
    }

    /// Whether the linker says in the headers of a program where its load configuration is
    /// (`peHasLoadConfigDirectorySupport`).
    fn knows_load_config(&self) -> bool {
        const LOAD_CONFIG: usize = 10;
        let file = |name| self.host.dir.file(name);
        let (source, program) = (file("loadcfg_test.c"), file("loadcfg_test.exe"));
        if std::fs::write(&source, LOAD_CONFIG_PROGRAM).is_err() {
            return false;
        }
        let mut argv: Argv = vec![self.host.extld[0].clone()];
        argv.extend(self.host.arch_args());
        argv.extend([b"-o".to_vec(), bytes(&program), bytes(&source)]);
        if tool::run(&argv, true).error.is_some() {
            return false;
        }
        let Ok(made) = std::fs::read(&program) else {
            return false;
        };
        let entry = PeFile64::parse(&*made).ok().and_then(|pe| {
            let entry = pe.data_directory(LOAD_CONFIG)?;
            Some(entry.virtual_address.get(object::LittleEndian))
        });
        entry.is_some_and(|addr| addr != 0)
    }

    /// What is built, and whether it may lie anywhere.
    pub fn mode_flags(&self) -> Result<Argv, Stop> {
        let config = self.host.config;
        match config.build_mode {
            // The race detector wants its memory in certain places.
            BuildMode::Exe if config.race => self.anywhere(false),
            BuildMode::Pie => self.anywhere(config.aslr && !config.race),
            BuildMode::CShared => {
                let mut argv = words(&["-shared"]);
                argv.extend(self.anywhere(config.aslr)?);
                Ok(argv)
            }
            _ => Ok(Argv::new()),
        }
    }

    /// Flags by which the program may lie anywhere, or not. Old linkers have no flags for the latter, but do
    /// so by themselves.
    fn anywhere(&self, wanted: bool) -> Result<Argv, Stop> {
        let [base, entropy] = match (wanted, self.msvc) {
            (true, true) => ["dynamicbase", "highentropyva"],
            (true, false) => ["dynamicbase", "high-entropy-va"],
            (false, true) => ["dynamicbase:no", "highentropyva:no"],
            (false, false) => ["disable-dynamicbase", "disable-high-entropy-va"],
        };
        let base = self.flag(base);
        Ok(match wanted || self.knows(&base)? {
            true => vec![base, self.flag(entropy)],
            false => Argv::new(),
        })
    }

    /// The file with the names that are exported, unless all are, or the linker decides.
    pub fn exports(&self) -> Result<Option<Vec<u8>>, Stop> {
        let config = self.host.config;
        let all = self.flag("export-all-symbols");
        if config.release.host_link.windows_linkers == WindowsLinkers::MinGw
            || config.extldflags.contains(&all)
        {
            return Ok(None);
        }
        let file = self.host.dir.file("export_file.def");
        if let Err(e) = std::fs::write(&file, self.export_definitions()) {
            let (name, why) = (file.display(), go_error_text(&e));
            let text = format!("WriteFile {name} failed: open {name}: {why}");
            self.host.diag.error(text)?;
        }
        let prefix = if self.msvc { "-Wl,-def:" } else { "" };
        Ok(Some(joined(prefix, &bytes(&file))))
    }

    /// What that file says.
    fn export_definitions(&self) -> Vec<u8> {
        let (config, input) = (self.host.config, self.host.input);
        let mut out = Vec::new();
        if config.build_mode == BuildMode::CShared {
            let name = tables::base_name(&config.outfile_name).as_bytes();
            let name = match config.release.host_link.quoted_library_name {
                true => text::quote(name).into_bytes(),
                false => name.to_vec(),
            };
            out.extend([b"LIBRARY ", name.as_slice(), b"\n"].concat());
        }
        out.extend(b"EXPORTS\n");
        let exported = input.static_exports.iter();
        let mut names: Vec<&[u8]> = exported.filter_map(|n| exported_name(n)).collect();
        if names.is_empty() {
            names.push(NO_EXPORT.as_bytes());
        }
        names.sort_unstable();
        out.extend(names.join(&b'\n'));
        out
    }

    /// A time in the headers would make each link another.
    pub fn time_flags(&self) -> Result<Argv, Stop> {
        let flag = b"-Wl,--no-insert-timestamp";
        Ok(match self.knows(flag)? {
            true => vec![flag.to_vec()],
            false => Argv::new(),
        })
    }

    /// What comes last: the libraries.
    pub fn last_flags(&self) -> Result<Argv, Stop> {
        let host = self.host;
        let mut argv = Argv::new();
        if !self.is_lld() {
            let name = "fix_debug_gdb_scripts.ld";
            let file = host.dir.file(name);
            if let Err(e) = std::fs::write(&file, GDB_LINKER_SCRIPT) {
                let (path, why) = (file.display(), go_error_text(&e));
                let text = format!("WriteFile {name} failed: open {path}: {why}");
                host.diag.error(text)?;
            }
            argv.push(joined("-Wl,-T,", &bytes(&file)));
        }
        let synchronization = "libsynchronization.a";
        let has =
            || self.msvc || find_file(host.config, synchronization, host.diag) != synchronization;
        if host.config.race && has() {
            argv.push(b"-lsynchronization".to_vec());
        }
        if !self.msvc {
            // They need one another.
            argv.extend(words(&[
                "-Wl,--start-group",
                "-lmingwex",
                "-lmingw32",
                "-Wl,--end-group",
            ]));
        }
        argv.extend(self.libraries()?);
        Ok(argv)
    }

    /// The libraries that are imported from.
    fn libraries(&self) -> Result<Argv, Stop> {
        let host = self.host;
        let checked = host.config.release.cgo_trust == CgoTrust::Checked;
        let mut argv = Argv::new();
        for name in &host.input.libraries {
            if checked && !is_library_name(name) {
                let quoted = text::quote(name.as_bytes());
                let text = format!("invalid imported DLL name {quoted}");
                host.diag.error(text)?;
                continue;
            }
            let name = name.strip_suffix(".dll").unwrap_or(name);
            argv.push(joined("-l", name.as_bytes()));
        }
        Ok(argv)
    }
}

/// Whether the host linker answers a question with one of some texts in what it says. It is asked with the
/// flags of the command line that may choose another linker.
fn asks(host: &HostLinker, question: &str, answers: &[&str]) -> bool {
    let mut argv = host.extld.clone();
    let rules = &host.config.release.host_link;
    argv.extend(relevant(&host.config.extldflags, rules));
    argv.push(question.into());
    let o = tool::run(&argv, false);
    let says = |text: &&str| o.output.windows(text.len()).any(|w| w == text.as_bytes());
    o.error.is_none() && answers.iter().any(says)
}

/// The name that C code knows by the name of the function that cgo made for it, which has the hash of a package
/// in front.
fn exported_name(symbol: &[u8]) -> Option<&[u8]> {
    let rest = symbol.strip_prefix(b"_cgoexp_")?;
    let at = rest.iter().position(|&b| b == b'_')?;
    Some(&rest[at + 1..])
}

/// Whether a name can be that of a library to be looked for, and is no path or flag.
fn is_library_name(name: &str) -> bool {
    !(name.contains(['/', '\\', ':']) || name.contains("..") || name.starts_with(['-', '@']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exports_are_named_without_the_hash() {
        let name = |s: &str| exported_name(s.as_bytes()).map(|n| text::lossy(n).into_owned());
        assert_eq!(name("_cgoexp_0123abc_Sum").as_deref(), Some("Sum"));
        assert_eq!(name("_cgoexp_0123abc_go_add").as_deref(), Some("go_add"));
        assert_eq!(name("crosscall2"), None);
    }

    #[test]
    fn paths_and_flags_are_no_libraries() {
        assert!(is_library_name("kernel32.dll"));
        assert!(is_library_name("api-ms-win-core-synch-l1-2-0.dll"));
        for name in ["-lm", "@file", "a/b.dll", "c:x", "..dll", "a\\b"] {
            assert!(!is_library_name(name), "{name}");
        }
    }
}
