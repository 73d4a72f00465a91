//! stub
use crate::image::Image;
pub fn name_stripped_text(_image: &mut Image<'_>) {}
pub fn explain(_a: &Image<'_>, _b: &Image<'_>, _i: usize, _j: usize) -> Vec<String> {
    Vec::new()
}
