//! To which unit or function each byte of debugging information belongs.

use super::{Content, decompress, info, is_debug, kind};
use crate::image::Image;
use crate::owner::{Cuts, Owner};
use std::borrow::Cow;
use std::collections::HashMap;

/// The debug sections of a file, decompressed, by their slots.
pub(crate) struct Sections<'a> {
    contents: HashMap<usize, Content<'a>>,
}

impl<'a> Sections<'a> {
    /// Decompresses them.
    pub fn read(image: &Image<'a>) -> Sections<'a> {
        let debug = |slot: &usize| {
            let section = &image.sections[*slot];
            is_debug(&section.name) && !section.alloc
        };
        let slots = (0..image.sections.len()).filter(debug);
        std::thread::scope(|scope| {
            let jobs: Vec<_> = slots
                .map(|slot| {
                    (
                        slot,
                        scope.spawn(move || decompress(image, &image.sections[slot])),
                    )
                })
                .collect();
            let jobs = jobs.into_iter();
            // One that cannot be read counts as a whole.
            let contents = jobs.map(|(slot, job)| (slot, job.join().unwrap_or_default()));
            Sections {
                contents: contents.collect(),
            }
        })
    }

    fn named(&self, image: &Image<'_>, name: &str) -> &[u8] {
        let mut contents = self.contents.iter();
        let found = contents.find(|(slot, _)| kind(&image.sections[**slot].name) == name);
        found.map_or(&[], |(_, content)| &content.data)
    }

    /// The units of `.debug_info`, in order.
    pub fn units(&self, image: &Image<'a>) -> Vec<info::Unit<'_>> {
        info::units(
            image,
            self.named(image, "info"),
            self.named(image, "abbrev"),
        )
    }

    /// Cuts of a section, and its size decompressed; `None` if it is no debug section.
    pub fn cuts(
        &self,
        image: &Image<'a>,
        units: &[info::Unit<'_>],
        slot: usize,
    ) -> Option<(Cuts<'a>, u64)> {
        let content = self.contents.get(&slot)?;
        let whole = content.data.len() as u64;
        let name = kind(&image.sections[slot].name);
        if name == "frame" {
            return Some((frames(image, &content.data), whole));
        }
        if ![
            "info", "line", "addr", "ranges", "rnglists", "loc", "loclists",
        ]
        .contains(&name)
        {
            return Some((Vec::new(), whole));
        }
        let mut cuts: Cuts<'a> = Vec::new();
        for unit in units {
            let owner = match unit.name {
                Some(name) => Owner::Unit(Cow::Owned(name.to_vec())),
                None => Owner::Nobody,
            };
            let places = match name {
                "info" => vec![unit.offset],
                "line" => unit.line_base.into_iter().collect(),
                // A header of eight bytes stands before the addresses.
                "addr" => unit
                    .addr_base
                    .map(|at| at.saturating_sub(8))
                    .into_iter()
                    .collect(),
                _ => info::lists_of(unit, name.starts_with("loc")),
            };
            cuts.extend(places.into_iter().map(|at| (at as u64, owner.clone())));
        }
        Some((cuts, whole))
    }
}

/// Cuts of the call frame information, by function.
fn frames<'a>(image: &Image<'a>, data: &[u8]) -> Cuts<'a> {
    /// In place of the offset of a common entry, that it is one.
    const CIE: u32 = u32::MAX;
    let words = image.words;
    let mut cuts: Cuts<'a> = Vec::new();
    let mut at = 0usize;
    while let (Some(length), Some(id)) = (words.u32(data, at), words.u32(data, at + 4)) {
        let function = words.word(data, at + 8).filter(|_| id != CIE);
        let name = function.and_then(|address| image.function_at(address));
        cuts.push((at as u64, name.map_or(Owner::Nobody, Owner::Symbol)));
        let Some(next) = at.checked_add(length as usize + 4) else {
            break;
        };
        at = next;
    }
    cuts
}
