//! Cutting the sections into stretches that are written one after another.

use crate::section::{Kind, NO_UNIT, Run, Section};
use std::ops::Range;

/// A stretch of all sections, see [`crate::Plan::stretches`].
pub struct Stretch {
    /// Of each section, in order, which bytes belong to it.
    pub sections: Vec<Range<u64>>,
    /// The objects it is made of, by index.
    pub objs: Vec<usize>,
}

/// Where the sections are cut.
pub(crate) struct Cuts {
    /// The stretch that a unit belongs to.
    pub of_unit: Vec<usize>,
    /// Of each stretch, which bytes of each section belong to it.
    pub stretches: Vec<Vec<Range<u64>>>,
}

impl Cuts {
    /// Cuts sections that are made of `units` units into `n` stretches. A unit belongs to a stretch by
    /// what of `.debug_info` is before it; without that section, all belong to the first.
    pub(crate) fn new(sections: &[Section], units: usize, n: u64) -> Cuts {
        let share = |size: u64, k: u64| (u128::from(size) * u128::from(k) / u128::from(n)) as u64;
        let mut of_unit = vec![0; units];
        for info in sections.iter().filter(|s| s.kind == Kind::Info) {
            let mut k = 0;
            for r in of_units(info) {
                while k + 1 < n && r.start >= share(info.size, k + 1) {
                    k += 1;
                }
                of_unit[r.unit as usize] = k as usize;
            }
        }
        let end = |s: &Section, k: u64| match of_units(s).next() {
            _ if k + 1 == n => s.size,
            None => share(s.size, k + 1),
            Some(_) => {
                let next = of_units(s).find(|r| of_unit[r.unit as usize] as u64 > k);
                next.map_or(s.size, |r| r.start)
            }
        };
        let mut ends = vec![0; sections.len()];
        let stretch = |k| {
            let sections = sections.iter().zip(&mut ends).map(|(s, at)| {
                let start = *at;
                *at = end(s, k).max(start);
                start..*at
            });
            sections.collect()
        };
        let stretches = (0..n).map(stretch).collect();
        Cuts { of_unit, stretches }
    }
}

/// The runs of a section that belong to a unit.
fn of_units(s: &Section) -> impl Iterator<Item = &Run> {
    s.runs.iter().filter(|r| r.unit != NO_UNIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(kind: Kind, size: u64, runs: &[(u64, u32)]) -> Section {
        let run = |&(start, unit)| Run {
            start,
            len: 0,
            unit,
            atoms: Vec::new(),
        };
        Section {
            kind,
            name: "",
            size,
            runs: runs.iter().map(run).collect(),
        }
    }

    #[test]
    fn sections_are_cut_where_the_units_of_a_stretch_begin() {
        let sections = [
            section(Kind::Line, 50, &[(0, 0), (1, 1), (2, 2), (40, 3)]),
            section(Kind::Info, 100, &[(0, 0), (10, 1), (60, 2), (90, 3)]),
            section(Kind::Abbrev, 9, &[]),
            // Begins with what belongs to no unit, and has nothing of the last.
            section(Kind::Ranges, 30, &[(0, NO_UNIT), (12, 0), (14, 2)]),
        ];
        let cuts = Cuts::new(&sections, 4, 2);
        assert_eq!(cuts.of_unit, [0, 0, 1, 1]);
        assert_eq!(cuts.stretches[0], [0..2, 0..60, 0..4, 0..14]);
        assert_eq!(cuts.stretches[1], [2..50, 60..100, 4..9, 14..30]);
    }

    #[test]
    fn stretches_of_nothing_are_empty_and_all_together_are_the_sections() {
        // One unit that takes up all: the stretches behind it have none.
        let sections = [
            section(Kind::Info, 100, &[(0, 0)]),
            section(Kind::GdbScripts, 0, &[]),
        ];
        for n in 1..5 {
            let cuts = Cuts::new(&sections, 1, n);
            assert_eq!(cuts.of_unit, [0]);
            for (i, s) in sections.iter().enumerate() {
                let mut at = 0;
                for stretch in &cuts.stretches {
                    assert_eq!(stretch[i].start, at);
                    at = stretch[i].end;
                }
                assert_eq!(at, s.size);
            }
        }
    }
}
