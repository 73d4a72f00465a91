//! `relink`: questions about a linked Go program.
//!
//! Exit status: 0 if the answer is yes or a report, 1 if it is no, 2 if there is none.

mod buildinfo;
mod error;
mod gobuild;
mod size;
mod verify;
mod why;

use clap::{Parser, Subcommand};
use error::Result;
use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

/// Questions about a linked Go program.
#[derive(Parser)]
#[command(name = "relink", version, about)]
struct Arguments {
    #[command(subcommand)]
    question: Question,
}

#[derive(Subcommand)]
enum Question {
    Why(why::Arguments),
    Size(size::Arguments),
    /// Build a Go program once more, from what it says of itself, and compare the files byte for byte.
    Verify(verify::Arguments),
    /// Stand in for the linker behind `go build -toolexec='relink toolexec'`.
    #[command(hide = true)]
    Toolexec {
        /// A tool of the toolchain, by its absolute path, and its arguments.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
        words: Vec<OsString>,
    },
}

/// An answer.
struct Answer {
    /// What is printed.
    text: String,
    /// Whether it is yes, or a report: the exit status.
    yes: bool,
}

fn main() -> ExitCode {
    let answer: Result<Answer> = match Arguments::parse().question {
        Question::Why(arguments) => why::answer(&arguments),
        Question::Size(arguments) => size::answer(&arguments),
        Question::Verify(arguments) => verify::answer(&arguments),
        Question::Toolexec { words } => {
            if let Err(error) = why::answer_for(&words) {
                eprintln!("relink: {error}");
            }
            let own = OsString::from("relink");
            let status = link::driver::serve(std::iter::once(own).chain(words).collect());
            return ExitCode::from(u8::try_from(status).unwrap_or(2));
        }
    };
    match answer {
        Ok(answer) => {
            // A closed pipe (`| head`) is no error.
            let _ = std::io::stdout().lock().write_all(answer.text.as_bytes());
            ExitCode::from(u8::from(!answer.yes))
        }
        Err(error) => {
            eprintln!("relink: {error}");
            ExitCode::from(2)
        }
    }
}
