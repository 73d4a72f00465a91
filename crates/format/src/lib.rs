//! Output file encoders. They know file formats and nothing of Go.

pub mod elf;
mod fields;
pub mod macho;
pub mod pe;
