//! Running the go command with this program behind `-toolexec`.

use crate::error::{Error, Result};
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;
use std::process::Command;

/// The flag that has this program link.
///
/// # Errors
/// This program's path cannot be told to the go command.
pub fn toolexec() -> Result<OsString> {
    let own = std::env::current_exe().map_err(Error::file(Path::new("relink")))?;
    let own = quoted(&own)?;
    let mut flag = OsString::from("-toolexec=");
    flag.push(own);
    flag.push(" toolexec");
    Ok(flag)
}

/// A path as one word of a list that the go command splits: there are quotes, and no escapes.
fn quoted(path: &Path) -> Result<OsString> {
    let bytes = path.as_os_str().as_encoded_bytes();
    let plain = |b: &u8| !b.is_ascii_whitespace() && !matches!(b, b'\'' | b'"');
    let quote = match (bytes.contains(&b'\''), bytes.contains(&b'"')) {
        (false, false) if bytes.iter().all(plain) => return Ok(path.into()),
        (false, _) => "'",
        (true, false) => "\"",
        (true, true) => {
            return Err(format!(
                "{}: the go command cannot run a program with both kinds of quotes in its path",
                path.display()
            )
            .into());
        }
    };
    let mut word = OsString::from(quote);
    word.push(path);
    word.push(quote);
    Ok(word)
}

/// Runs the go command, which says itself what is wrong.
///
/// # Errors
/// It cannot be run, or fails.
pub fn run(go: &mut Command) -> Result<()> {
    let status = go.status().map_err(not_run)?;
    match status.success() {
        true => Ok(()),
        false => {
            let mut words = go.get_args().map(OsStr::to_string_lossy);
            let subcommand = words.next().unwrap_or_default();
            Err(Error::Other(format!("go {subcommand}: {status}")))
        }
    }
}

/// Why the go command cannot be run.
pub fn not_run(why: io::Error) -> Error {
    match why.kind() {
        io::ErrorKind::NotFound => Error::Other("no go command on PATH".into()),
        _ => Error::Other(format!("go: {why}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_quoted_as_the_go_command_reads_them() {
        let quoted = |path: &str| quoted(Path::new(path)).map_err(|e| e.to_string());
        assert_eq!(quoted("/a/b").unwrap(), "/a/b");
        assert_eq!(quoted("/a b").unwrap(), "'/a b'");
        assert_eq!(quoted("/a\"b").unwrap(), "'/a\"b'");
        assert_eq!(quoted("/a'b").unwrap(), "\"/a'b\"");
        assert!(quoted("/a'\"b").unwrap_err().contains("quotes"));
    }
}
