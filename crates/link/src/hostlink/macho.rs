//! macOS: the flags of its linker, and what is done with what it makes (`ld/lib.go:hostlink`,
//! `ld/macho_update_uuid.go`, `ld/macho.go:machoCodeSign`).

use super::macho_dwarf::{Combination, combine};
use super::{HostLinker, fips, joined, tool, words};
use crate::config::build_uuid;
use crate::diag::Stop;
use crate::mode::BuildMode;
use crate::text;
use format::macho::{SignatureInput, signature, signature_len};
use gover::{GoLayout, MachoHostUuid};
use hostobj::macho::{LoadCommand, load_commands};
use rayon::prelude::*;
use std::borrow::Cow;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use symbols::map::go_error_text;
use target::{Family, FileFormat};
use tool::Argv;

const LC_SEGMENT_64: u32 = 0x19;
const LC_UUID: u32 = 0x1b;
const LC_CODE_SIGNATURE: u32 = 0x1d;

/// What is wrong with a file that is no Mach-O file.
const INVALID: &str = "invalid magic number in record at byte 0x0";

/// Warnings that nobody can do anything about.
const BIND_AT_LOAD: &[u8] = b"ld: warning: -bind_at_load is deprecated on macOS\n";
const NO_PIE: &[u8] = b"ld: warning: -no_pie is deprecated when targeting new OS versions\n";
const STUB_FILE: &[u8] = b"ld: warning: text-based stub file";

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|w| w == part)
}

/// `text` without the first `part`.
fn without(mut text: Vec<u8>, part: &[u8]) -> Vec<u8> {
    if let Some(i) = find(&text, part) {
        text.drain(i..i + part.len());
    }
    text
}

impl HostLinker<'_> {
    /// Whether debugging information is put together by another tool and becomes a part of the output.
    fn combines_dwarf(&self) -> bool {
        self.config.dwarf && self.input.macos
    }

    /// Flags that say what is made.
    ///
    /// # Errors
    /// There are too many errors.
    pub(super) fn macho_flags(
        &self,
        knows: &impl Fn(&str, &str) -> Result<bool, Stop>,
    ) -> Result<Vec<&'static str>, Stop> {
        let config = self.config;
        let combined = self.combines_dwarf();
        let mut flags = Vec::new();
        if combined {
            // Room for the load command of one more segment.
            flags.push("-Wl,-headerpad,1144");
        }
        if self.input.dynlink && config.os.is_macos() {
            // Modules find one another's symbols, at once: what is looked up late hangs in forked processes
            // (<https://go.dev/issue/38824>).
            flags.extend(["-Wl,-flat_namespace", "-Wl,-bind_at_load"]);
            // The number of segments that chains of fixups record would be one too small
            // (<https://go.dev/issue/81793>).
            let no_chains = "-Wl,-no_fixup_chains";
            if combined && config.release.host_link.no_fixup_chains && knows("", no_chains)? {
                flags.push(no_chains);
            }
        }
        if !combined {
            flags.push("-Wl,-S");
            if config.strip {
                flags.push("-Wl,-x");
            }
        }
        if config.race && config.release.host_link.race_dyld_header {
            flags.push("-Wl,-U,__dyld_get_dyld_header");
        }
        if config.no_gnu_build_id {
            flags.push("-Wl,-no_uuid");
        }
        match config.build_mode {
            BuildMode::Exe if self.input.macos && config.arch.family == Family::Amd64 => {
                flags.push("-Wl,-no_pie");
            }
            BuildMode::CShared | BuildMode::Plugin => flags.push("-dynamiclib"),
            _ => {}
        }
        Ok(flags)
    }

    /// What the linker has written, without warnings that are of no use.
    pub(super) fn worth_saying(&self, output: Vec<u8>) -> Vec<u8> {
        let lines = output.split_inclusive(|&b| b == b'\n');
        let lines: Vec<&[u8]> = lines.filter(|l| find(l, STUB_FILE).is_none()).collect();
        let mut output = lines.concat();
        if self.config.arch.family == Family::Amd64 {
            output = without(output, NO_PIE);
        }
        without(output, BIND_AT_LOAD)
    }

    /// What is left to be done when the linker is done.
    ///
    /// # Errors
    /// The link ends; it has been said.
    pub(super) fn finish_macho(&self) -> Result<(), Stop> {
        let config = self.config;
        let file = &config.outfile;
        let mut combined = false;
        if self.combines_dwarf() {
            // Both are looked for before one of them runs.
            let [dsymutil, strip] = [self.print_tool("dsymutil")?, self.print_tool("strip")?];
            self.collect_dwarf(dsymutil)?;
            self.strip(strip)?;
            combined = self.combine_dwarf()?;
            if !combined && !config.release.host_link.signs_without_dwarf {
                return Ok(());
            }
        }
        let uuid = uuid(
            config.release,
            &config.build_id,
            &config.gnu_build_id,
            false,
        );
        if !combined && !uuid.is_empty() {
            self.rewrite("rewriting uuid", |bytes| {
                let commands = load_commands(&bytes).ok_or(INVALID)?;
                Ok(with_uuid(commands, &bytes, &uuid))
            })?;
        }
        // Without a sum the program's own check fails, if it is asked for.
        let _ = fips::store_sum(file, FileFormat::MachO, config.fipso.as_deref());
        if config.arch.macho_signed {
            let program = matches!(config.build_mode, BuildMode::Exe | BuildMode::Pie);
            sign(file, &config.outfile_name, program)
                .map_err(|why| self.failed("code signing", &why))?;
        }
        Ok(())
    }

    fn failed(&self, what: &str, why: &str) -> Stop {
        let argv0 = &self.config.argv0;
        self.diag
            .exit(format_args!("{argv0}: {what} failed: {why}"))
    }

    /// Has the debugging information of all objects put together, in a file of its own.
    fn collect_dwarf(&self, program: Vec<u8>) -> Result<(), Stop> {
        let dwarf = self.dir.file("go.dwarf");
        let mut argv: Argv = vec![program];
        argv.extend(words(&["-f", &self.config.outfile_name, "-o"]));
        argv.push(super::bytes(&dwarf));
        let dir = match self.config.release.host_link.dsymutil_dir {
            true => self.dir.file("dsymutil"),
            false => self.dir.path().to_owned(),
        };
        std::fs::create_dir_all(&dir).map_err(|e| {
            let (dir, why) = (dir.display(), go_error_text(&e));
            self.diag
                .exit(format_args!("fail to create temp dir: mkdir {dir}: {why}"))
        })?;
        if self.diag.verbose(1) {
            let words: Vec<String> = argv.iter().map(|a| text::quote(a)).collect();
            let words = words.join(" ");
            self.diag
                .print(format_args!("host link dsymutil: {words}\n"));
        }
        let variable = ("DSYMUTIL_REPRODUCER_PATH", dir.as_os_str());
        self.check_tool("dsymutil", &argv, tool::run_with(&argv, Some(variable)))
    }

    /// Takes debugging information, and symbols if they are not wanted, out of the output.
    fn strip(&self, program: Vec<u8>) -> Result<(), Stop> {
        let mut argv: Argv = vec![program];
        argv.push(b"-S".to_vec());
        if self.config.strip {
            argv.push(b"-x".to_vec());
        }
        argv.push(self.config.outfile_name.clone().into());
        if self.diag.verbose(1) {
            let words: Vec<String> = argv.iter().map(|a| text::quote(a)).collect();
            let words = words.join(" ");
            self.diag.print(format_args!("host link strip: {words}\n"));
        }
        self.check_tool("strip", &argv, tool::run(&argv, false))
    }

    fn check_tool(&self, name: &str, argv: &Argv, o: tool::Outcome) -> Result<(), Stop> {
        let Some(why) = o.error else {
            return Ok(());
        };
        let (argv0, output) = (&self.config.argv0, text::lossy(&o.output));
        let command = self.shown(argv);
        let text = format!("{argv0}: running {name} failed: {why}\n{command}{output}");
        Err(self.diag.exit(text))
    }

    /// Makes debugging information a part of the output, if there is any.
    fn combine_dwarf(&self) -> Result<bool, Stop> {
        let dwarf = self.dir.file("go.dwarf");
        if !dwarf.exists() {
            return Ok(false);
        }
        let config = self.config;
        let uuid = uuid(config.release, &config.build_id, &config.gnu_build_id, true);
        let how = Combination {
            round: config.placement.round,
            uuid: &uuid,
            compress: config.compress_dwarf.then(|| config.zlib_encoder()),
        };
        self.rewrite("combining dwarf", |exe| {
            let dwarf = std::fs::read(&dwarf).map_err(|e| go_error_text(&e))?;
            combine(&exe, &dwarf, &how)
        })?;
        Ok(true)
    }

    /// Makes another file of the output. `what` is being done.
    fn rewrite(
        &self,
        what: &str,
        change: impl FnOnce(Vec<u8>) -> Result<Vec<u8>, String>,
    ) -> Result<(), Stop> {
        let (argv0, name) = (&self.config.argv0, &self.config.outfile_name);
        let file = &self.config.outfile;
        let bytes = std::fs::read(file).map_err(|e| {
            let why = go_error_text(&e);
            self.failed(what, &format!("open {name}: {why}"))
        })?;
        if load_commands(&bytes).is_none() {
            return Err(self.diag.exit(format_args!(
                "{argv0}: parsing Mach-O header failed: {INVALID}"
            )));
        }
        let changed = change(bytes).map_err(|why| self.failed(what, &why))?;
        let new = joined_name(file);
        write_program(&new, &changed)
            .and_then(|()| std::fs::rename(&new, file))
            .map_err(|e| self.failed(what, &go_error_text(&e)))
    }
}

/// The number of a file whose Go build ID is `build_id`, and which is `given` another; nothing if that which the host
/// linker has made stays. `combined` says whether debugging information is put in.
fn uuid<'a>(release: &GoLayout, build_id: &[u8], given: &'a [u8], combined: bool) -> Cow<'a, [u8]> {
    match release.macho.host_uuid {
        MachoHostUuid::OfHostLinker => Cow::default(),
        MachoHostUuid::Given => given.into(),
        MachoHostUuid::OfGoBuildId if !build_id.is_empty() => {
            build_uuid(build_id, release).to_vec().into()
        }
        MachoHostUuid::OfGoBuildId if combined => vec![0; 16].into(),
        MachoHostUuid::OfGoBuildId => Cow::default(),
    }
}

/// The file with the number that follows from the build ID (`machoRewriteUuid`).
fn with_uuid(commands: Vec<LoadCommand>, bytes: &[u8], given: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    let uuid = commands.iter().find(|c| c.command == LC_UUID);
    if let Some(at) = uuid.filter(|c| c.data.len() >= 24).map(|c| c.off + 8) {
        let len = given.len().min(16);
        out[at..at + 16].fill(0);
        out[at..at + len].copy_from_slice(&given[..len]);
    }
    out
}

/// The name of the file that takes the place of `file`.
fn joined_name(file: &Path) -> std::path::PathBuf {
    text::path(&joined(&file.to_string_lossy(), b"~"))
}

fn write_program(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = std::fs::File::options();
    let options = options.write(true).create(true).truncate(true).mode(0o755);
    options.open(file)?.write_all(bytes)
}

/// Signs a file anew, which is called `name`, if it is signed; `program` says whether it is none that others load.
fn sign(file: &Path, name: &str, program: bool) -> Result<(), String> {
    let text = |e: std::io::Error| format!("open {name}: {}", go_error_text(&e));
    let mut bytes = std::fs::read(file).map_err(text)?;
    let commands = load_commands(&bytes).ok_or(INVALID)?;
    let segment = |name: &[u8]| {
        let is_it = |c: &&LoadCommand| c.command == LC_SEGMENT_64 && c.name(8) == name;
        commands.iter().rfind(is_it)
    };
    let signed = commands.iter().rfind(|c| c.command == LC_CODE_SIGNATURE);
    let place = signed.and_then(|c| Some((c.off, c.word(8)?, c.word(12)?)));
    let Some((command, at, len)) = place.filter(|&(_, at, _)| at != 0) else {
        return Ok(());
    };
    let (Some(link_edit), Some(text_segment)) = (segment(b"__LINKEDIT"), segment(b"__TEXT")) else {
        return Err("missing segment".into());
    };
    let damaged = "damaged segment";
    let text_range = (
        text_segment.long(40).ok_or(damaged)?,
        text_segment.long(48).ok_or(damaged)?,
    );
    let link_edit = (link_edit.off, link_edit.long(40).ok_or(damaged)?);
    if u64::from(at) + u64::from(len) != bytes.len() as u64 {
        return Err("unexpected content after code signature".into());
    }
    let new_len = signature_len(at.into());
    if new_len != len.into() {
        bytes[command + 12..command + 16].copy_from_slice(&(new_len as u32).to_le_bytes());
        let (off, start) = link_edit;
        let segment_len = (u64::from(at) + new_len).wrapping_sub(start).to_le_bytes();
        bytes[off + 32..off + 40].copy_from_slice(&segment_len);
        bytes[off + 48..off + 56].copy_from_slice(&segment_len);
    }
    let input = SignatureInput {
        file: &bytes[..at as usize],
        text: text_range,
        program,
    };
    let signature = signature(&input, |tasks, hash| {
        let each = |(page, out): (&[u8], &mut [u8])| hash(page, out);
        tasks.into_par_iter().for_each(each);
    });
    let out = std::fs::File::options().write(true).open(file);
    let out = out.map_err(text)?;
    out.write_all_at(&bytes[..at as usize], 0).map_err(text)?;
    out.write_all_at(&signature, at.into()).map_err(text)?;
    out.set_len(u64::from(at) + new_len).map_err(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_the_go_build_id_or_the_one_that_is_given() {
        let given = [7; 16];
        let number = |version: &str, build_id: &[u8], given, combined| {
            let release = gover::layout_for(version).unwrap();
            uuid(release, build_id, given, combined).into_owned()
        };
        for combined in [false, true] {
            assert_eq!(number("go1.24", b"id", &given, combined), given);
            assert_eq!(number("go1.24", b"id", &[], combined), []);
            let of_id = number("go1.23.3", b"id", &given, combined);
            assert_eq!((of_id.len(), of_id[6] >> 4), (16, 3));
            assert_eq!(of_id, number("go1.23.12", b"id", &[], combined));
        }
        assert_eq!(number("go1.23.3", b"", &given, false), []);
        assert_eq!(number("go1.23.3", b"", &given, true), [0; 16]);
        assert_eq!(number("go1.22.12", b"id", &given, true), []);
    }
}
