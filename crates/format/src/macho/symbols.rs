//! Entries of the symbol table (`machosymtab`).

/// Length of an entry, bytes.
pub const SYM_SIZE: usize = 16;

/// An entry (`nlist_64`).
#[derive(Clone, Copy, Debug)]
pub struct Sym {
    /// Offset of the name.
    pub name: u32,
    /// `N_*`
    pub typ: u8,
    /// Number of its section, from 1 on; 0 for none.
    pub section: u8,
    /// Virtual address.
    pub value: u64,
}

impl Sym {
    /// Writes the entry to `out`, which has its length.
    pub fn write(&self, out: &mut [u8]) {
        out[..4].copy_from_slice(&self.name.to_le_bytes());
        out[4] = self.typ;
        out[5] = self.section;
        out[6..8].fill(0);
        out[8..16].copy_from_slice(&self.value.to_le_bytes());
    }
}
