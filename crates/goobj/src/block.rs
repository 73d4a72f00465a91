//! What an object consists of.

/// First eight bytes of an object of the current format.
pub const MAGIC: &[u8; 8] = b"\0go120ld";

/// Size of the header, bytes.
pub(crate) const HEADER_SIZE: usize = 8 + 8 + 4 + 4 * NBLOCK;
/// Number of blocks.
pub(crate) const NBLOCK: usize = 19;

/// The blocks of an object, in file order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Block {
    /// Imported packages and their fingerprints.
    Autolib,
    /// Paths of the packages that symbol references name by index.
    PkgIdx,
    /// Source file names.
    File,
    /// Package symbol definitions.
    SymDef,
    /// Content-addressable definitions of at most eight bytes.
    Hashed64Def,
    /// Content-addressable definitions.
    HashedDef,
    /// Definitions found by name.
    NonPkgDef,
    /// References by name.
    NonPkgRef,
    /// Flags of referenced symbols of other packages.
    RefFlags,
    /// Keys of the short-hash definitions.
    Hash64,
    /// Keys of the content-hash definitions.
    Hash,
    /// Per definition, the index of its first relocation.
    RelocIdx,
    /// Per definition, the index of its first auxiliary symbol.
    AuxIdx,
    /// Per definition, the offset of its data.
    DataIdx,
    /// Relocations.
    Reloc,
    /// Auxiliary symbols.
    Aux,
    /// Symbol data.
    Data,
    /// Names of referenced symbols, for tools only.
    RefName,
    /// End of the last block.
    End,
}
