//! Trying out which flags a host linker knows (`ld/lib.go:linkerFlagSupported`).

use super::tmpdir::TempDir;
use super::tool::{self, Argv};
use crate::text;
use gover::HostLinkRules;
use std::cell::OnceCell;
use std::os::unix::ffi::OsStringExt as _;
use std::path::Path;

/// A program to link.
const TRIVIAL: &[u8] = b"int main() { return 0; }";

/// Tries out flags.
pub struct Probe<'a> {
    /// The folder to do it in.
    pub dir: &'a TempDir,
    /// The linker: the first word of `-extld`.
    pub linker: &'a [u8],
    /// What every command begins with: arguments for the architecture, then the program's own flags
    /// as far as they matter.
    pub flags: Argv,
    source: OnceCell<Result<(), String>>,
}

impl<'a> Probe<'a> {
    /// Made ready for a linker.
    pub fn new(dir: &'a TempDir, linker: &'a [u8], flags: Argv) -> Probe<'a> {
        Probe {
            dir,
            linker,
            flags,
            source: OnceCell::new(),
        }
    }

    /// Whether the linker knows `flag`. `alternative` is what it is told to use instead of its own
    /// linker, if anything.
    ///
    /// # Errors
    /// The program to try it with cannot be written; said once.
    pub fn knows(&self, alternative: &str, flag: &[u8]) -> Result<bool, String> {
        let source = self.dir.file("trivial.c");
        let mut fresh = None;
        self.source.get_or_init(|| {
            let written = std::fs::write(&source, TRIVIAL).map_err(|e| {
                let (name, why) = (source.display(), symbols::map::go_error_text(&e));
                format!("WriteFile trivial.c failed: open {name}: {why}")
            });
            fresh = written.clone().err();
            written
        });
        if let Some(why) = fresh {
            return Err(why);
        }
        let mut argv: Argv = vec![self.linker.to_vec()];
        argv.extend(self.flags.iter().cloned());
        if !alternative.is_empty() {
            argv.push(format!("-fuse-ld={alternative}").into());
        }
        argv.push(b"-o".to_vec());
        argv.push(bytes(&self.dir.file("a.out")));
        argv.push(flag.to_vec());
        argv.push(bytes(&source));
        let o = tool::run(&argv, true);
        let says = |word: &str| o.output.windows(word.len()).any(|w| w == word.as_bytes());
        Ok(o.error.is_none() && !says("unrecognized") && !says("unknown"))
    }
}

/// A path as an argument.
pub fn bytes(path: &Path) -> Vec<u8> {
    path.as_os_str().to_owned().into_vec()
}

/// The flags of a program that matter for whether another one is known (`trimLinkerArgv`).
pub fn relevant(argv: &[Vec<u8>], rules: &HostLinkRules) -> Argv {
    let listed = |list: &[&str], flag: &[u8]| list.iter().any(|l| l.as_bytes() == flag);
    let mut out = Argv::new();
    let mut words = argv.iter();
    while let Some(flag) = words.next() {
        if flag.first() != Some(&b'-') {
            continue;
        }
        if listed(rules.probe_skip_with_arg, flag) {
            words.next();
        } else if listed(rules.probe_keep_with_arg, flag) {
            out.push(flag.clone());
            out.extend(words.next().cloned());
        } else if rules
            .probe_keep_prefixes
            .iter()
            .any(|p| flag.starts_with(p.as_bytes()))
        {
            out.push(flag.clone());
        }
    }
    out
}

/// The version of GNU ld in the text it says it in: its last word in a line that begins so.
pub fn gnu_ld_version(output: &[u8]) -> Option<(u32, u32)> {
    let output = text::lossy(output);
    output
        .lines()
        .filter_map(|l| l.strip_prefix("GNU ld "))
        .find_map(|l| {
            let (major, rest) = l.split_whitespace().last()?.split_once('.')?;
            let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
            Some((major.parse().ok()?, digits.parse().ok()?))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_flags_that_matter_are_tried_along() {
        let rules = &gover::layout_for("go1.27").unwrap().host_link;
        let argv = |words: &str| -> Argv { words.split(' ').map(|w| w.into()).collect() };
        assert_eq!(
            relevant(
                &argv("-O2 -g -lm -L /x x.o -fPIC -framework F -Wl,-z,now --sysroot /r"),
                rules
            ),
            argv("-L /x -fPIC -Wl,-z,now --sysroot /r")
        );
        assert_eq!(relevant(&argv("-l m -L"), rules), argv("-L"));
    }

    #[test]
    fn the_version_of_ld_is_its_last_word() {
        let version = |t: &str| gnu_ld_version(t.as_bytes());
        assert_eq!(
            version("collect2\nGNU ld (GNU Binutils for Debian) 2.40\nCopyright\n"),
            Some((2, 40))
        );
        assert_eq!(version("GNU ld (x) 2.36.1\n"), Some((2, 36)));
        assert_eq!(version("GNU gold (x) 1.16\n"), None);
        assert_eq!(version("LLD 14.0.6"), None);
    }
}
