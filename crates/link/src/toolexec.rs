//! Standing in for the linker behind `go build -toolexec=/path/to/link`.
//!
//! cmd/go then runs `/path/to/link TOOL ARGUMENTS…` for every tool of the toolchain. When TOOL
//! is the linker, this program is it; every other tool takes this process over. C compilers are run so, too, when
//! cmd/go asks them for their version, which goes into the build ID of packages with cgo.

use crate::end::End;
use crate::text;
use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;
use symbols::map::go_error_text;

/// What a command line asks of this program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Invocation {
    /// To link. The words are those the linker itself would have been given, its name first.
    Link {
        /// The words.
        words: Vec<OsString>,
        /// Whether the name is that of a toolchain's linker.
        toolexec: bool,
    },
    /// To be another tool.
    Tool(Vec<OsString>),
}

/// The first flag when cmd/go asks a C compiler for its version (`work.Builder.gccToolID`). The compiler may be
/// named without a folder. To the linker it would be a file too many.
const VERSION_OF_C_COMPILER: &str = "-###";

/// Looks at the words of a command line, the program's name first.
pub fn classify(mut words: Vec<OsString>) -> Invocation {
    let asked = words
        .get(2)
        .is_some_and(|word| word == VERSION_OF_C_COMPILER);
    let Some(first) = words.get(1).filter(|w| asked || is_tool(w)) else {
        return Invocation::Link {
            words,
            toolexec: false,
        };
    };
    let linker = Path::new(first).file_stem() == Some(OsStr::new("link"));
    words.remove(0);
    match linker {
        true => Invocation::Link {
            words,
            toolexec: true,
        },
        false => Invocation::Tool(words),
    }
}

/// Whether a word names a program by an absolute path, as cmd/go names its tools. Archives are
/// not executable, and linkers are seldom given them behind no flag at all and by such a path.
fn is_tool(word: &OsStr) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    let path = Path::new(word);
    if !path.is_absolute() {
        return false;
    }
    // The linker itself may be missing: its place is taken.
    if path.file_stem() == Some(OsStr::new("link")) && in_tool_folder(path) {
        return true;
    }
    let meta = std::fs::metadata(path);
    meta.is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0) && !is_archive(path)
}

fn in_tool_folder(path: &Path) -> bool {
    let folder = path.parent().and_then(Path::parent);
    folder.is_some_and(|f| f.ends_with("pkg/tool"))
}

fn is_archive(path: &Path) -> bool {
    use std::io::Read as _;
    let mut magic = [0; 8];
    let read = std::fs::File::open(path).and_then(|mut f| f.read_exact(&mut magic));
    read.is_ok() && (magic == *b"!<arch>\n" || magic == *b"go objec")
}

/// Becomes another tool. Returns only if that fails.
pub fn become_tool(words: &[OsString]) -> End {
    let e = Command::new(&words[0]).args(&words[1..]).exec();
    let tool = text::lossy(words[0].as_encoded_bytes()).into_owned();
    End::fatal(format!("fork/exec {tool}: {}", go_error_text(&e)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn words(words: &[&str]) -> Vec<OsString> {
        words.iter().map(OsString::from).collect()
    }

    #[test]
    fn tools_are_told_from_arguments() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str, mode| {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            path.display().to_string()
        };
        let compile = file("compile", "#!/bin/sh\n", 0o755);
        let link = file("x/link", "#!/bin/sh\n", 0o755);
        let archive = file("main.a", "!<arch>\n", 0o755);
        let plain = file("plain", "", 0o644);
        let gone = dir
            .path()
            .join("pkg/tool/linux_amd64/link")
            .display()
            .to_string();

        let tool = |w: &[&str]| Invocation::Tool(words(w));
        let itself = |w: &[&str], toolexec| Invocation::Link {
            words: words(w),
            toolexec,
        };
        for (given, want) in [
            (
                vec!["relink", &compile, "-V=full"],
                tool(&[&compile, "-V=full"]),
            ),
            (
                vec!["relink", &link, "-o", "x"],
                itself(&[&link, "-o", "x"], true),
            ),
            (vec!["relink", &gone, "-V"], itself(&[&gone, "-V"], true)),
            (
                vec!["relink", "-o", &compile],
                itself(&["relink", "-o", &compile], false),
            ),
            (
                vec!["relink", &archive],
                itself(&["relink", &archive], false),
            ),
            (vec!["relink", &plain], itself(&["relink", &plain], false)),
            (
                vec!["relink", "compile"],
                itself(&["relink", "compile"], false),
            ),
            (vec!["relink"], itself(&["relink"], false)),
            (
                vec!["relink", "gcc", "-###", "-x", "c"],
                tool(&["gcc", "-###", "-x", "c"]),
            ),
            (
                vec!["relink", "gcc", "-x"],
                itself(&["relink", "gcc", "-x"], false),
            ),
            (vec!["relink", "-###"], itself(&["relink", "-###"], false)),
        ] {
            assert_eq!(classify(words(&given)), want, "{given:?}");
        }
    }

    #[test]
    fn a_tool_that_cannot_be_run() {
        let end = become_tool(&words(&["/nonesuch/asm", "-V"]));
        assert_eq!(
            (String::from_utf8(end.err).unwrap().as_str(), end.status),
            (
                "link: fork/exec /nonesuch/asm: no such file or directory\n",
                1
            )
        );
    }
}
