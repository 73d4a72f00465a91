//! What goes wrong while packages are loaded, and what becomes of the link then.

/// How cmd/link ends, or does not, over a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// `Errorf`: counted, the link goes on to find more and exits with 2.
    Error,
    /// `Exitf`: prefixed by the program name, exits at once with 2.
    Exit,
    /// `log.Fatalf`: prefixed by `link: `, exits at once with 1.
    Fatal,
    /// Printed to standard output by `ctxt.Logf`; no error by itself.
    Log,
    /// Printed to standard error prefixed by the program name; no error by itself.
    Notice,
}

/// One problem of loading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What becomes of the link.
    pub severity: Severity,
    /// The text, without prefix and line feed.
    pub text: String,
}

pub(crate) fn problem(severity: Severity, text: String) -> Problem {
    Problem { severity, text }
}
