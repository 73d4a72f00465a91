//! Reading a file of whatever format.

use crate::image::Image;
use crate::{elf, generic, pclntab, pe};

/// Reads `data` with whatever reader fits. Damage ends up in [`Image::problems`].
pub(crate) fn read(data: &[u8]) -> Image<'_> {
    let mut image = if data.starts_with(b"\x7fELF") {
        elf::read(data)
    } else if pe::is_pe(data) {
        pe::read(data)
    } else {
        generic::read(data)
    };
    image.place_symbols();
    pclntab::name_stripped_text(&mut image);
    image
}
