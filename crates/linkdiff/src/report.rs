//! The result of a comparison and its two renderings: text ([`std::fmt::Display`]) and JSON.

use serde::Serialize;
use std::fmt;

/// How directly a finding explains the others; lower comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Format, machine, section list, section kinds: the files are of different make.
    Structure,
    /// Sizes, order or placement of what is loaded: moves all that follows.
    Layout,
    /// Bytes of loaded sections.
    Content,
    /// Sections that are not loaded: debug information, symbol and string tables.
    Unloaded,
    /// Same bytes before compression, another stream.
    Encoder,
    /// Header fields that follow from sizes and placement.
    Derived,
    /// Hashes over inputs or over the output.
    Hash,
    /// Bytes between the structures.
    Padding,
}

/// One difference.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// The structure: "section .text", "ELF header" …
    pub place: String,
    /// Rank among the causes.
    pub cause: Cause,
    /// Order among findings of the same cause.
    pub order: u64,
    /// One line.
    pub summary: String,
    /// Further lines, most telling first.
    pub details: Vec<String>,
    /// First differing offset within the place, bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// Covering symbol in A.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub symbol_a: Option<String>,
    /// Covering symbol in B.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub symbol_b: Option<String>,
}

impl Finding {
    /// A finding without details.
    pub fn new(place: impl Into<String>, cause: Cause, order: u64, summary: String) -> Finding {
        Finding {
            place: place.into(),
            cause,
            order,
            summary,
            details: Vec::new(),
            offset: None,
            symbol_a: None,
            symbol_b: None,
        }
    }
}

/// All that differs between two files, most causal first.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// No byte differs.
    pub identical: bool,
    /// Size of A in bytes.
    pub size_a: u64,
    /// Size of B in bytes.
    pub size_b: u64,
    /// First differing file offset.
    pub first_offset: Option<u64>,
    /// The structure of A that holds it.
    pub first_in_a: String,
    /// The structure of B that holds it.
    pub first_in_b: String,
    /// What could not be read of either file.
    pub problems: Vec<String>,
    /// The differences, sorted by cause and order.
    pub findings: Vec<Finding>,
    /// Render every finding with its details.
    #[serde(skip)]
    pub all: bool,
}

impl Report {
    /// The finding that explains most.
    pub fn first(&self) -> Option<&Finding> {
        self.findings.first()
    }

    /// The report as one JSON object.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_else(|e| format!("{{\"error\":\"{e}\"}}"))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.identical {
            return writeln!(f, "identical ({} bytes)", self.size_a);
        }
        let delta = self.size_b as i128 - self.size_a as i128;
        writeln!(
            f,
            "different: A {} bytes, B {} bytes ({delta:+})",
            self.size_a, self.size_b
        )?;
        if let Some(offset) = self.first_offset {
            writeln!(f, "first differing byte: file offset {offset:#x}")?;
            if self.first_in_a == self.first_in_b {
                writeln!(f, "  in {}", self.first_in_a)?;
            } else {
                writeln!(f, "  A: {}\n  B: {}", self.first_in_a, self.first_in_b)?;
            }
        }
        for problem in &self.problems {
            writeln!(f, "problem: {problem}")?;
        }
        for (i, finding) in self.findings.iter().enumerate() {
            let full = i == 0 || self.all;
            match i {
                0 => writeln!(f, "\nfirst cause ({:?}):", finding.cause)?,
                1 if !self.all => writeln!(f, "\nalso different:")?,
                _ if full => writeln!(f)?,
                _ => {}
            }
            writeln!(f, "  {}: {}", finding.place, finding.summary)?;
            if full {
                for line in &finding.details {
                    writeln!(f, "    {line}")?;
                }
            }
        }
        Ok(())
    }
}

/// "size 0x10 → 0x20 (+16)"
pub(crate) fn resize(a: u64, b: u64) -> String {
    format!("size {a:#x} → {b:#x} ({:+})", b.wrapping_sub(a) as i64)
}
