//! Running the go command with this program behind `-toolexec`.

use crate::error::{Error, Result};
use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

/// `go SUBCOMMAND` with this program, as a tool that `role` names, behind `-toolexec`. The flags and packages
/// are still to be given.
///
/// # Errors
/// This program's own path cannot be told to the go command.
pub fn command(subcommand: &[&str], role: &str) -> Result<Command> {
    let own = std::env::current_exe()
        .map_err(|e| Error::Other(format!("cannot find out which file this program is: {e}")))?;
    let mut go = Command::new("go");
    go.args(subcommand);
    go.arg(format!("-toolexec={} {role}", quote(&own)?));
    Ok(go)
}

/// Quotes a path as the go command splits lists of words: in either kind of quotes, which nothing escapes.
fn quote(path: &Path) -> Result<String> {
    let text = path.to_str().ok_or_else(|| {
        Error::Other(format!(
            "{}: its path cannot be told to the go command: it is not UTF-8",
            path.display()
        ))
    })?;
    for quote in ["\"", "'"] {
        if !text.contains(quote) {
            return Ok(format!("{quote}{text}{quote}"));
        }
    }
    Err(Error::Other(format!(
        "{text}: its path cannot be told to the go command: it has both kinds of quotes"
    )))
}

/// Runs the go command, which says itself what is wrong.
///
/// # Errors
/// It cannot be run, or fails.
pub fn run(go: &mut Command) -> Result<()> {
    let status = go.status().map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => Error::Other("there is no go command on PATH".into()),
        _ => Error::Other(format!("go: {e}")),
    })?;
    match status.success() {
        true => Ok(()),
        false => {
            let mut words = go.get_args().map(OsStr::to_string_lossy);
            let subcommand = words.next().unwrap_or_default();
            Err(Error::Other(format!("go {subcommand}: {status}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_quoted_as_go_splits_them() {
        for (path, want) in [
            ("/bin/relink", Some("\"/bin/relink\"")),
            ("/a b/re'link", Some("\"/a b/re'link\"")),
            ("/a \"b\"/relink", Some("'/a \"b\"/relink'")),
            ("/'a'/\"b\"", None),
        ] {
            assert_eq!(quote(Path::new(path)).ok().as_deref(), want, "{path}");
        }
    }
}
