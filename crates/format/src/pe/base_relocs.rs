//! Base relocations: the fields that the loader changes when the image does not lie where it wants to
//! (`peBaseRelocTable`).

use super::{Fields, consts::*};

/// Bytes that a block of relocations is for.
const PAGE: u32 = 4096;

/// A field with an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BaseReloc {
    /// The field, from the start of the image.
    pub addr: u32,
    /// Whether it is eight bytes wide, and not four.
    pub wide: bool,
}

impl BaseReloc {
    fn entry(self) -> u16 {
        let typ = match self.wide {
            true => IMAGE_REL_BASED_DIR64,
            false => IMAGE_REL_BASED_HIGHLOW,
        };
        typ << 12 | (self.addr % PAGE) as u16
    }
}

/// The table of relocations: pages in order, and for each its fields in the order in which they are given. Blocks that
/// are `padded` end at a multiple of four bytes.
pub fn base_relocations(mut fields: Vec<BaseReloc>, padded: bool) -> Vec<u8> {
    fields.sort_by_key(|f| f.addr / PAGE);
    let mut out = Fields::default();
    for page in fields.chunk_by(|a, b| a.addr / PAGE == b.addr / PAGE) {
        let n = page.len().next_multiple_of(if padded { 2 } else { 1 });
        out.u32(page[0].addr / PAGE * PAGE);
        out.u32((8 + 2 * n) as u32);
        page.iter().for_each(|f| out.u16(f.entry()));
        if n != page.len() {
            out.u16(0);
        }
    }
    out.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_sorted_and_may_be_padded() {
        let wide = |addr| BaseReloc { addr, wide: true };
        let fields = vec![
            wide(0x5008),
            wide(0x1010),
            BaseReloc {
                addr: 0x5004,
                wide: false,
            },
            wide(0x1008),
            wide(0x1000),
        ];
        let words =
            |list: &[u16]| -> Vec<u8> { list.iter().flat_map(|w| w.to_le_bytes()).collect() };
        let first = [0x1000, 0, 16, 0, 0xa010, 0xa008, 0xa000, 0];
        let second = [0x5000, 0, 12, 0, 0xa008, 0x3004];
        let padded = base_relocations(fields.clone(), true);
        assert_eq!(padded, [words(&first), words(&second)].concat());
        let first = [0x1000, 0, 14, 0, 0xa010, 0xa008, 0xa000];
        let plain = base_relocations(fields, false);
        assert_eq!(plain, [words(&first), words(&second)].concat());
    }
}
