//! What can go wrong with a question.

use std::io;
use std::path::{Path, PathBuf};

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Anything else, in a line.
    #[error("{0}")]
    Other(String),
}

impl Error {
    /// For `map_err`: the error of a file.
    pub fn file(path: &Path) -> impl FnOnce(io::Error) -> Error {
        let path = path.to_owned();
        move |source| Error::File { path, source }
    }
}

impl From<String> for Error {
    fn from(text: String) -> Error {
        Error::Other(text)
    }
}

impl From<&str> for Error {
    fn from(text: &str) -> Error {
        Error::Other(text.to_owned())
    }
}

/// A report as JSON, with a line end.
///
/// # Errors
/// It cannot be written so.
pub fn json(value: &impl serde::Serialize) -> Result<String> {
    let text = serde_json::to_string_pretty(value).map_err(|e| Error::Other(e.to_string()))?;
    Ok(text + "\n")
}

/// A value, or why there is none.
pub type Result<T> = std::result::Result<T, Error>;
