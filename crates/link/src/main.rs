//! The `link` binary.
fn main() {}
