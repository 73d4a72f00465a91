//! Relocations of COFF objects (`peSection.emitRelocations`).

use super::{Section, consts::*};
use std::ops::Range;

/// Length of a record, bytes.
pub const RELOC_SIZE: usize = 10;

/// The largest number of records that a section header holds.
const MOST: u64 = 0xffff;

/// A relocation.
#[derive(Clone, Copy, Debug)]
pub struct CoffReloc {
    /// Offset of the field in its section, bytes.
    pub off: u32,
    /// Index in the symbol table.
    pub sym: u32,
    /// `IMAGE_REL_*`
    pub typ: u16,
}

impl CoffReloc {
    /// Writes the record to `out`, which has its length.
    #[inline]
    pub fn write(&self, out: &mut [u8]) {
        out[..4].copy_from_slice(&self.off.to_le_bytes());
        out[4..8].copy_from_slice(&self.sym.to_le_bytes());
        out[8..10].copy_from_slice(&self.typ.to_le_bytes());
    }
}

/// The relocations of the sections of an object, one after another, laid out. Each section's begin with a
/// record that holds their number, itself included: it counts where a section header cannot hold that.
#[derive(Clone, Debug)]
pub struct RelocTables {
    /// The end of all in the file.
    pub end: u64,
    /// Offset in the file of each section's first record, and the number of the others.
    tables: Vec<(u64, u64)>,
}

impl RelocTables {
    /// For tables of so many relocations, the first of which begins at `off` in the file.
    pub fn new(off: u64, counts: impl Iterator<Item = u64>) -> RelocTables {
        let mut end = off;
        let tables = counts.map(|n| {
            let at = end;
            end += (n + 1) * RELOC_SIZE as u64;
            (at, n)
        });
        let tables = tables.collect();
        RelocTables { end, tables }
    }

    /// Notes in a section header where the relocations of table `i` are.
    pub fn enter(&self, i: usize, section: &mut Section) {
        let (at, n) = self.tables[i];
        let first = match n > MOST {
            true => {
                section.characteristics |= IMAGE_SCN_LNK_NRELOC_OVFL;
                at
            }
            false => at + RELOC_SIZE as u64,
        };
        section.relocs_off = first as u32;
        section.n_relocs = n.min(MOST) as u16;
    }

    /// Where the records of table `i` lie in the file, without the first.
    pub fn records(&self, i: usize) -> Range<u64> {
        let (at, n) = self.tables[i];
        let first = at + RELOC_SIZE as u64;
        first..first + n * RELOC_SIZE as u64
    }

    /// The first record of table `i`, and where it lies in the file.
    pub fn head(&self, i: usize) -> (u64, CoffReloc) {
        let (at, n) = self.tables[i];
        let record = CoffReloc {
            off: (n + 1) as u32,
            sym: 0,
            typ: 0,
        };
        (at, record)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Sections;
    use super::*;

    #[test]
    fn large_numbers_stand_in_the_first_record() {
        let mut s = Sections::new(32, 1, 0, 0);
        let t = RelocTables::new(100, [2, 0xffff, 0x10000, 0x12345].into_iter());
        let sections: Vec<Section> = (0..4)
            .map(|i| {
                s.add("", 1, 1, 0);
                let mut section = s.list[i].clone();
                t.enter(i, &mut section);
                section
            })
            .collect();
        let count = |i: usize| (sections[i].n_relocs, sections[i].characteristics != 0);
        assert_eq!(count(0), (2, false));
        assert_eq!(count(1), (0xffff, false));
        assert_eq!(count(2), (0xffff, true));
        assert_eq!(count(3), (0xffff, true));
        assert_eq!(sections[0].relocs_off, 110);
        assert_eq!(u64::from(sections[2].relocs_off), t.head(2).0);
        assert_eq!(t.head(3).1.off, 0x12346);
        assert_eq!(t.records(0), 110..130);
        assert_eq!(t.end, t.records(3).end);
    }
}
