//! DWARF sections.
use crate::bytes::first_difference;
use crate::compare::resize;
use crate::image::Image;
use crate::report::{Cause, Finding};

/// Decompressed debug sections.
pub struct Sections {}

impl Sections {
    /// Decompresses.
    pub fn decompress(_a: &Image<'_>, _b: &Image<'_>, _pairs: &[(usize, usize)]) -> Sections {
        Sections {}
    }
}

/// Whether a section holds debug information.
pub fn is_debug(name: &str) -> bool {
    name.contains("debug_")
}

/// Compares.
pub fn compare_section(
    a: &Image<'_>,
    b: &Image<'_>,
    i: usize,
    j: usize,
    _s: &Sections,
) -> Option<Finding> {
    let (x, y) = (&a.sections[i], &b.sections[j]);
    let at = first_difference(x.data, y.data)?;
    Some(Finding::new(
        format!("section {}", x.name),
        Cause::Unloaded,
        0,
        format!("{}; first at {at:#x}", resize(x.size, y.size)),
    ))
}
