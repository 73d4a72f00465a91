//! The answer, as text and as JSON.

use super::causes::Difference;
use crate::buildinfo::Module;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

/// Lines of the first cause that are shown, and letters of each.
const DETAILS: usize = 12;
const WIDTH: usize = 160;

/// All that is known in the end. The names of the fields are those of the JSON object.
#[derive(Debug, Serialize)]
pub struct Verdict {
    /// The file in question.
    pub file: String,
    /// Whether the rebuilt file is the same.
    pub reproduces: bool,
    /// The Go version, with experiments.
    pub go_version: String,
    /// Import path of the main package.
    pub package: String,
    /// Its module.
    pub module: Option<Module>,
    /// Where the source is.
    pub source: String,
    /// The folder of the toolchain.
    pub goroot: String,
    /// What linked: `relink` or `cmd/link`.
    pub linker: &'static str,
    /// What was set in the environment.
    pub environment: BTreeMap<String, String>,
    /// The words of the go command.
    pub command: Vec<String>,
    /// Size of the file in bytes.
    pub size: u64,
    /// Size of the rebuilt file in bytes.
    pub rebuilt_size: u64,
    /// SHA-256 of the file.
    pub sha256: String,
    /// SHA-256 of the rebuilt file.
    pub rebuilt_sha256: String,
    /// What both files say of themselves, in other words.
    pub differences: Vec<Difference>,
    /// What follows from that, and what is not known.
    pub notes: Vec<String>,
    /// What differs in their bytes, the first cause first.
    pub linkdiff: Option<linkdiff::Report>,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = if self.reproduces {
            "reproduces"
        } else {
            "does not reproduce"
        };
        let version = self.module.as_ref().map_or("", |m| m.version.as_str());
        let separator = if version.is_empty() { "" } else { " " };
        let target =
            ["GOOS", "GOARCH"].map(|n| self.environment.get(n).map_or("?", String::as_str));
        writeln!(
            f,
            "{} {verb}: {}{separator}{version}, {} {}",
            self.file,
            self.package,
            self.go_version,
            target.join("/")
        )?;
        let mut line = |name: &str, value: &str| writeln!(f, "  {name:<8} {value}");
        line("sha256", &self.sha256)?;
        if !self.reproduces {
            line("rebuilt", &self.rebuilt_sha256)?;
        }
        line("source", &self.source)?;
        line("go", &self.goroot)?;
        line("linker", self.linker)?;
        line("command", &self.command_line())?;
        if self.reproduces {
            return Ok(());
        }
        if !self.differences.is_empty() {
            writeln!(f, "\nwhat they say of themselves (the file ≠ rebuilt):")?;
        }
        for difference in &self.differences {
            let side = |value: &Option<String>| match value.as_deref() {
                None => "none".to_owned(),
                Some("") => "empty".to_owned(),
                Some(value) => value.to_owned(),
            };
            let (file, rebuilt) = (side(&difference.file), side(&difference.rebuilt));
            writeln!(f, "  {}: {file} ≠ {rebuilt}", difference.what)?;
        }
        if !self.notes.is_empty() {
            writeln!(f, "\nwhat that means:")?;
        }
        for note in &self.notes {
            writeln!(f, "  {note}")?;
        }
        self.first_cause(f)
    }
}

impl Verdict {
    fn first_cause(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(report) = &self.linkdiff else {
            return Ok(());
        };
        let delta = i128::from(report.size_b) - i128::from(report.size_a);
        writeln!(
            f,
            "\nwhat differs first (the file → rebuilt; {} → {} bytes, {delta:+}):",
            report.size_a, report.size_b
        )?;
        let Some(first) = report.first() else {
            let at = report.first_offset.unwrap_or(0);
            return writeln!(
                f,
                "  bytes at file offset {at:#x}, in {}",
                report.first_in_a
            );
        };
        writeln!(f, "  {}: {}", first.place, first.summary)?;
        for line in first.details.iter().take(DETAILS) {
            match line.char_indices().nth(WIDTH) {
                Some((end, _)) => writeln!(f, "    {}…", &line[..end])?,
                None => writeln!(f, "    {line}")?,
            }
        }
        match report.findings.len() - 1 {
            0 => Ok(()),
            more => writeln!(
                f,
                "  and {more} more, which may follow from it (--keep, and linkdiff, show them)"
            ),
        }
    }

    /// The build as one would type it.
    fn command_line(&self) -> String {
        let mut line = String::new();
        for (name, value) in &self.environment {
            let _ = write!(line, "{name}={} ", shell_word(value));
        }
        let words: Vec<_> = self.command.iter().map(|word| shell_word(word)).collect();
        line + &words.join(" ")
    }
}

/// A word as a POSIX shell reads it.
fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:@+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::json;

    fn verdict(reproduces: bool) -> Verdict {
        let report = linkdiff::compare(b"one", b"other", &linkdiff::Options::default());
        Verdict {
            file: "x".into(),
            reproduces,
            go_version: "go1.27.4".into(),
            package: "example.com/x".into(),
            module: None,
            source: "/src".into(),
            goroot: "/go".into(),
            linker: "relink",
            environment: [("GOARCH", "arm64"), ("GOOS", "linux")]
                .map(|(name, value)| (name.into(), value.into()))
                .into(),
            command: ["go", "build", "-ldflags=-s -X 'a=b'"]
                .map(str::to_owned)
                .into(),
            size: 3,
            rebuilt_size: 5,
            sha256: "aa".into(),
            rebuilt_sha256: "bb".into(),
            differences: vec![Difference {
                what: "setting -tags".into(),
                file: Some("a".into()),
                rebuilt: None,
            }],
            notes: vec!["a note".into()],
            linkdiff: (!reproduces).then_some(report),
        }
    }

    #[test]
    fn yes_is_short() {
        assert_eq!(
            verdict(true).to_string(),
            "x reproduces: example.com/x, go1.27.4 linux/arm64\n  \
               sha256   aa\n  \
               source   /src\n  \
               go       /go\n  \
               linker   relink\n  \
               command  GOARCH=arm64 GOOS=linux go build '-ldflags=-s -X '\\''a=b'\\'''\n"
        );
    }

    #[test]
    fn no_has_reasons() {
        let text = verdict(false).to_string();
        for part in [
            "does not reproduce",
            "rebuilt  bb",
            "-tags: a ≠ none",
            "a note",
            "3 → 5 bytes, +2",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn json_has_all() {
        let value: serde_json::Value =
            serde_json::from_str(&json(&verdict(false)).unwrap()).unwrap();
        assert_eq!(value["reproduces"], false);
        assert_eq!(value["differences"][0]["rebuilt"], serde_json::Value::Null);
        assert_eq!(value["environment"]["GOOS"], "linux");
        assert_eq!(value["linkdiff"]["identical"], false);
    }
}
