//! To which function each byte of a pc-line table belongs.

use super::{Part, Pclntab};
use crate::bytes::c_string;
use crate::image::Image;
use crate::owner::{Cuts, Owner};
use std::collections::BTreeMap;
use std::ops::Range;

impl<'a> Pclntab<'a> {
    /// Cuts of the section that the table is in, with the offsets there that are the table's.
    pub(crate) fn owners(&self, image: &Image<'a>) -> (Cuts<'a>, Range<u64>) {
        let start = self.address.saturating_sub(image.sections[self.slot].addr);
        let end = match self.part_start(Part::Rest) {
            0 => self.data.len(),
            end => end,
        };
        let names: Vec<Owner<'a>> = (0..self.count()).map(|i| self.owner_of(i)).collect();
        let mut cuts: Cuts<'a> = Vec::new();
        for (part, range) in &self.parts {
            if *part == Part::Rest {
                continue;
            }
            let base = start + range.start as u64;
            cuts.push((base, Owner::Nobody));
            let len = range.len() as u64;
            let mut cut = |at: u64, owner: Owner<'a>| {
                if at < len {
                    cuts.push((base + at, owner));
                }
            };
            match part {
                Part::FuncNames => {
                    let mut at = 0;
                    let bytes = &self.data[range.clone()];
                    while at < bytes.len() {
                        let name = c_string(bytes, at);
                        cut(at as u64, Owner::Symbol(name));
                        at += name.len() + 1;
                    }
                }
                Part::FuncTab => {
                    let entries = names.iter().enumerate();
                    entries.for_each(|(i, name)| cut(8 * i as u64, name.clone()));
                    cut(8 * names.len() as u64, Owner::Nobody);
                }
                Part::Records => {
                    for (i, name) in names.iter().enumerate() {
                        if let Some(at) = self.record_at(i) {
                            cut(at as u64, name.clone());
                        }
                    }
                }
                // Functions that have the same table share it: it counts with the first.
                Part::PcData | Part::FuncData => {
                    let mut first: BTreeMap<u32, usize> = BTreeMap::new();
                    for i in 0..names.len() {
                        let Some(record) = self.record(i) else {
                            continue;
                        };
                        let mut add = |at: u32| {
                            first.entry(at).or_insert(i);
                        };
                        match part {
                            // 0 stands for none.
                            Part::PcData => {
                                let offsets = self.pc_offsets(record).into_iter();
                                offsets.filter(|&at| at != 0).for_each(&mut add);
                            }
                            _ => self.func_data(record).iter().for_each(|&(_, at)| add(at)),
                        }
                    }
                    for (at, i) in first {
                        cut(at.into(), names[i].clone());
                    }
                }
                _ => {}
            }
        }
        (cuts, start..start + end as u64)
    }

    fn owner_of(&self, i: usize) -> Owner<'a> {
        let name = self.record(i).and_then(|record| self.function_name(record));
        name.map_or(Owner::Nobody, Owner::Symbol)
    }
}
