//! Entries of the COFF symbol table (`peFile.writeSymbol`).

/// Length of an entry, bytes.
pub const SYM_SIZE: usize = 18;

/// The name of a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// One of up to eight bytes, filled up with zeros.
    Short([u8; 8]),
    /// Offset in the string table of a longer one.
    Long(u32),
}

impl Name {
    /// The short name `text`, if it is short enough.
    pub fn short(text: &[u8]) -> Option<Name> {
        let mut name = [0; 8];
        name.get_mut(..text.len())?.copy_from_slice(text);
        Some(Name::Short(name))
    }
}

/// An entry, without auxiliary entries.
#[derive(Clone, Copy, Debug)]
pub struct Sym {
    /// Name.
    pub name: Name,
    /// Offset in its section, bytes.
    pub value: u32,
    /// Number of its section, from 1 on.
    pub section: u16,
    /// Type.
    pub typ: u16,
    /// `IMAGE_SYM_CLASS_*`
    pub class: u8,
}

impl Sym {
    /// Writes the entry to `out`, which has its length.
    pub fn write(&self, out: &mut [u8]) {
        match self.name {
            Name::Short(text) => out[..8].copy_from_slice(&text),
            Name::Long(off) => {
                out[..4].fill(0);
                out[4..8].copy_from_slice(&off.to_le_bytes());
            }
        }
        out[8..12].copy_from_slice(&self.value.to_le_bytes());
        out[12..14].copy_from_slice(&self.section.to_le_bytes());
        out[14..16].copy_from_slice(&self.typ.to_le_bytes());
        (out[16], out[17]) = (self.class, 0);
    }
}
