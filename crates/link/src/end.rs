//! How the program ends before the link begins: text for both streams and a status.

use std::io::Write as _;

/// The end of the program: what it still says and its exit status.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct End {
    /// For standard output.
    pub out: Vec<u8>,
    /// For standard error.
    pub err: Vec<u8>,
    /// Exit status.
    pub status: i32,
}

impl End {
    /// An end with text on standard error.
    pub fn error(text: impl Into<Vec<u8>>, status: i32) -> End {
        End {
            out: Vec::new(),
            err: text.into(),
            status,
        }
    }

    /// As `log.Fatal` ends cmd/link: `link: TEXT`, status 1.
    pub fn fatal(text: impl std::fmt::Display) -> End {
        End::error(format!("link: {text}\n"), 1)
    }

    /// As a Go panic ends cmd/link, with as much of its text as is the same in every build.
    pub fn panic(text: &str) -> End {
        End::error(panic_text(text), 2)
    }

    /// Says it.
    pub fn print(&self) {
        let _ = std::io::stdout().write_all(&self.out);
        let _ = std::io::stdout().flush();
        let _ = std::io::stderr().write_all(&self.err);
    }
}

/// What a Go program prints when it panics with a string; no frames follow, since they are ours.
pub fn panic_text(text: &str) -> String {
    format!("panic: {text}\n\ngoroutine 1 [running]:\n")
}
