//! Where data lies that the dynamic linker writes and the program only reads.

/// Whether data that the dynamic linker relocates is kept apart from what is only read, and where
/// (`ld/target.go:UseRelro`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relro {
    /// It is not.
    None,
    /// In a segment of its own.
    OwnSegment,
    /// With read-only data, for a host linker to sort out.
    WithReadOnly,
}
