//! `linkdiff A B`: names the first cause of the difference between two linked binaries.
//!
//! Exit status: 0 identical, 1 different, 2 error.

use clap::Parser;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Names the first cause of the difference between two linked Go binaries.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    /// The reference, usually cmd/link's output.
    a: PathBuf,
    /// The file under test.
    b: PathBuf,
    /// Show every difference in full.
    #[arg(long)]
    all: bool,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn run(arguments: &Arguments) -> Result<bool, String> {
    let a = read(&arguments.a)?;
    let b = read(&arguments.b)?;
    let options = linkdiff::Options { all: arguments.all };
    let report = linkdiff::compare(&a, &b, &options);
    let text = if arguments.json {
        report.to_json() + "\n"
    } else {
        report.to_string()
    };
    // A closed pipe (`| head`) is no error.
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
    Ok(report.identical)
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(message) => {
            eprintln!("linkdiff: {message}");
            ExitCode::from(2)
        }
    }
}
