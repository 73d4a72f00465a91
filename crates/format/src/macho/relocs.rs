//! Relocations of objects (Apple's `mach-o/reloc.h`).

/// Length of a relocation, bytes.
pub const RELOC_SIZE: usize = 8;

/// What a relocation refers to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RelocTarget {
    /// A symbol, by its number.
    Symbol(u32),
    /// A section, by its number from 1 on; the field has an address.
    Section(u8),
    /// Nothing: this is the addend, of 24 bits, of the relocation behind it.
    Addend(i64),
}

/// A relocation (`relocation_info`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reloc {
    /// Offset of the field in its section, bytes.
    pub off: u32,
    /// What it refers to.
    pub target: RelocTarget,
    /// `X86_64_RELOC_*`, `ARM64_RELOC_*`
    pub typ: u32,
    /// Whether the field counts from its own place.
    pub pc_relative: bool,
    /// Width of the field, bytes, as a power of two.
    pub width: u32,
}

impl Reloc {
    /// Writes the record at the start of `out`.
    #[inline]
    pub fn write(&self, out: &mut [u8]) {
        const EXTERNAL: u32 = 1 << 27;
        let target = match self.target {
            RelocTarget::Symbol(n) => n | EXTERNAL,
            RelocTarget::Section(n) => n.into(),
            RelocTarget::Addend(add) => add as u32 & 0xff_ffff,
        };
        let how = u32::from(self.pc_relative) << 24 | self.width << 25 | self.typ << 28;
        out[..4].copy_from_slice(&self.off.to_le_bytes());
        out[4..8].copy_from_slice(&(target | how).to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_word_has_target_and_kind() {
        let word = |r: Reloc| {
            let mut out = [0; RELOC_SIZE];
            r.write(&mut out);
            u32::from_le_bytes(out[4..].try_into().unwrap())
        };
        let branch = Reloc {
            off: 4,
            target: RelocTarget::Symbol(5),
            typ: 2,
            pc_relative: true,
            width: 2,
        };
        assert_eq!(word(branch), 0x2d00_0005);
        let addend = Reloc {
            target: RelocTarget::Addend(-1),
            typ: 10,
            pc_relative: false,
            ..branch
        };
        assert_eq!(word(addend), 0xa4ff_ffff);
    }
}
