//! Entries of `.rela`.

use format::elf::{self, RELA_SIZE};
use layout::Addresses;
use rayon::prelude::*;
use symbols::SymId;

/// What the dynamic linker is to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelaValue {
    /// The address of a symbol of this file plus an addend (`R_*_RELATIVE`).
    Relative {
        /// The symbol.
        target: SymId,
        /// The addend, bytes.
        add: i64,
    },
    /// The address of a symbol of the dynamic symbol table.
    Symbol {
        /// Its number.
        number: u32,
        /// The relocation type.
        typ: u32,
    },
}

/// A dynamic relocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rela {
    /// The symbol that holds the field.
    pub holder: SymId,
    /// Offset of the field, bytes.
    pub off: i32,
    /// What goes there.
    pub value: RelaValue,
}

impl Rela {
    fn write(&self, relative: u32, addrs: &Addresses, out: &mut [u8]) {
        let (typ, sym, add) = match self.value {
            RelaValue::Relative { target, add } => {
                let value = addrs.addr(target).wrapping_add_signed(add);
                (relative, 0, value as i64)
            }
            RelaValue::Symbol { number, typ } => (typ, number, 0),
        };
        let off = addrs.addr(self.holder).wrapping_add_signed(self.off.into());
        elf::Rela { off, typ, sym, add }.write(out);
    }
}

/// Writes the entries to `out`, which has their size.
pub(crate) fn write(list: &[Rela], relative: u32, addrs: &Addresses, out: &mut [u8]) {
    const TASK: usize = 1 << 12;
    list.par_chunks(TASK)
        .zip(out.par_chunks_mut(TASK * RELA_SIZE))
        .for_each(|(list, out)| {
            for (r, out) in list.iter().zip(out.chunks_exact_mut(RELA_SIZE)) {
                r.write(relative, addrs, out);
            }
        });
}

#[cfg(test)]
mod tests {
    use super::*;
    use layout::SectionId;

    #[test]
    fn entries_are_addresses() {
        assert_eq!(size_of::<Rela>(), RELA_SIZE);
        let addrs = Addresses::new(3, []);
        for s in 1..3 {
            addrs.set(SymId(s), SectionId(0), 0x1000 * u64::from(s));
        }
        let list = [
            Rela {
                holder: SymId(1),
                off: 8,
                value: RelaValue::Relative {
                    target: SymId(2),
                    add: -4,
                },
            },
            Rela {
                holder: SymId(2),
                off: 0,
                value: RelaValue::Symbol { number: 3, typ: 6 },
            },
        ];
        let mut out = [0; 2 * RELA_SIZE];
        write(&list, 8, &addrs, &mut out);
        let words: Vec<u64> = out
            .chunks(8)
            .map(|b| u64::from_le_bytes(b.try_into().unwrap()))
            .collect();
        assert_eq!(words, [0x1008, 8, 0x1ffc, 0x2000, 3 << 32 | 6, 0]);
    }
}
