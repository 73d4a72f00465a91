//! Output file encoders. They know file formats and nothing of Go.

pub mod elf;
mod fields;
pub mod macho;
pub mod pe;

/// The header before a compressed section's zlib stream in formats that have no place for one, Mach-O
/// and PE: the name of the format and the uncompressed size in bytes, most significant byte first
/// (`ld/data.go:compressSyms`). Readers tell such sections by their names, `zdebug_`.
pub fn named_compression_header(size: u64) -> [u8; 12] {
    let mut out = *b"ZLIB\0\0\0\0\0\0\0\0";
    out[4..].copy_from_slice(&size.to_be_bytes());
    out
}
