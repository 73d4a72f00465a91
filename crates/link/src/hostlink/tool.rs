//! Running compilers and archivers, with what Go's `os/exec` says when that fails.

use crate::text;
use std::ffi::OsStr;
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use symbols::map::go_error_text;

/// Arguments, the program first.
pub type Argv = Vec<Vec<u8>>;

/// What became of a program.
pub struct Outcome {
    /// What it wrote, output and errors as they came.
    pub output: Vec<u8>,
    /// Why it failed, if it did.
    pub error: Option<String>,
}

/// The program that a name means, as `exec.LookPath` finds it for names without a slash.
///
/// # Errors
/// Go's text when there is none.
pub fn find(name: &[u8]) -> Result<PathBuf, String> {
    if name.contains(&b'/') {
        return Ok(text::path(name));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let executable = |p: &PathBuf| {
        use std::os::unix::fs::PermissionsExt as _;
        let meta = std::fs::metadata(p);
        meta.is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
    };
    std::env::split_paths(&path)
        .map(|dir| dir.join(OsStr::from_bytes(name)))
        .find(executable)
        .ok_or_else(|| {
            let name = text::quote(name);
            format!("exec: {name}: executable file not found in $PATH")
        })
}

/// The command line as errors show it (`exec.Cmd.String`).
pub fn shown(argv: &Argv) -> String {
    let program = match find(&argv[0]) {
        Ok(path) => path.to_string_lossy().into_owned(),
        Err(_) => text::lossy(&argv[0]).into_owned(),
    };
    let rest = argv[1..].iter().map(|a| text::lossy(a).into_owned());
    let words: Vec<String> = std::iter::once(program).chain(rest).collect();
    words.join(" ")
}

fn command(argv: &Argv) -> Result<Command, String> {
    if argv[0].is_empty() {
        return Err("exec: no command".to_owned());
    }
    let mut c = Command::new(find(&argv[0])?);
    std::os::unix::process::CommandExt::arg0(&mut c, OsStr::from_bytes(&argv[0]));
    c.args(argv[1..].iter().map(|a| OsStr::from_bytes(a)));
    c.stdin(Stdio::null());
    Ok(c)
}

fn status_error(status: ExitStatus) -> Option<String> {
    if status.success() {
        return None;
    }
    Some(match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(signal)) => format!("signal: {signal}"),
        (None, None) => "unknown status".to_owned(),
    })
}

/// Runs a program and takes what it writes, output and errors together (`CombinedOutput`).
/// `c_locale` asks for messages in English unless the environment asks for others.
pub fn run(argv: &Argv, c_locale: bool) -> Outcome {
    let locale = c_locale && std::env::var_os("LC_ALL").is_none();
    run_with(argv, locale.then_some(("LC_ALL", OsStr::new("C"))))
}

/// As [`run`], with a variable more in the environment.
pub fn run_with(argv: &Argv, variable: Option<(&str, &OsStr)>) -> Outcome {
    let failed = |error| Outcome {
        output: Vec::new(),
        error: Some(error),
    };
    let mut c = match command(argv) {
        Ok(c) => c,
        Err(e) => return failed(e),
    };
    c.envs(variable);
    let name = text::lossy(&argv[0]);
    let started = || -> std::io::Result<_> {
        let (reader, writer) = std::io::pipe()?;
        c.stdout(writer.try_clone()?).stderr(writer);
        let child = c.spawn()?;
        // Our ends of the pipe would keep it open.
        drop(c);
        Ok((child, reader))
    };
    let (mut child, mut reader) = match started() {
        Ok(s) => s,
        Err(e) => return failed(format!("fork/exec {name}: {}", go_error_text(&e))),
    };
    let mut output = Vec::new();
    let read = reader.read_to_end(&mut output);
    let error = match (child.wait(), read) {
        (Ok(status), Ok(_)) => status_error(status),
        (Err(e), _) | (_, Err(e)) => Some(go_error_text(&e)),
    };
    Outcome { output, error }
}

/// Runs a program and takes what it writes as output; errors it writes are lost (`Output`).
pub fn run_for_output(argv: &Argv) -> Outcome {
    let (output, error) = match command(argv).map(|mut c| c.output()) {
        Ok(Ok(o)) => (o.stdout, status_error(o.status)),
        Ok(Err(e)) => {
            let name = text::lossy(&argv[0]);
            (
                Vec::new(),
                Some(format!("fork/exec {name}: {}", go_error_text(&e))),
            )
        }
        Err(e) => (Vec::new(), Some(e)),
    };
    Outcome { output, error }
}

/// Becomes a program. Only comes back with what went wrong.
pub fn become_program(argv: &Argv, program: PathBuf) -> String {
    let mut c = Command::new(program);
    std::os::unix::process::CommandExt::arg0(&mut c, OsStr::from_bytes(&argv[0]));
    c.args(argv[1..].iter().map(|a| OsStr::from_bytes(a)));
    go_error_text(&std::os::unix::process::CommandExt::exec(&mut c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn argv(words: &[&str]) -> Argv {
        words.iter().map(|w| w.as_bytes().to_vec()).collect()
    }

    #[test]
    fn output_and_errors_come_together() {
        let o = run(&argv(&["sh", "-c", "echo a; echo b >&2; exit 3"]), false);
        assert_eq!(o.output, b"a\nb\n");
        assert_eq!(o.error.as_deref(), Some("exit status 3"));
        assert_eq!(run(&argv(&["true"]), false).error, None);
        let o = run_for_output(&argv(&["sh", "-c", "echo a; echo b >&2; exit 3"]));
        assert_eq!(
            (&o.output[..], o.error.as_deref()),
            (&b"a\n"[..], Some("exit status 3"))
        );
    }

    #[test]
    fn missing_programs_are_named() {
        let o = run(&argv(&["no-such-program"]), false);
        assert_eq!(
            o.error.as_deref(),
            Some("exec: \"no-such-program\": executable file not found in $PATH")
        );
        let o = run(&argv(&["/no/such"]), false);
        assert_eq!(
            o.error.as_deref(),
            Some("fork/exec /no/such: no such file or directory")
        );
        assert_eq!(
            run(&argv(&[""]), false).error.as_deref(),
            Some("exec: no command")
        );
        assert_eq!(shown(&argv(&["no-such-program", "x"])), "no-such-program x");
    }
}
