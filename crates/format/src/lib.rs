//! Output file encoders. They know file formats and nothing of Go.

pub mod elf;
pub mod pe;
