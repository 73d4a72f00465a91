//! Order and addresses of text.

use rustc_hash::FxHashMap;
use symbols::{LibId, SymId, UnitId};

/// The functions in the order of the file (`ctxt.Textp`) and per unit.
#[derive(Default)]
pub struct TextOrder {
    /// All text symbols in address order.
    pub textp: Vec<SymId>,
    /// The text symbols that each unit owns (`unit.Textp`), by [`UnitId`], in the order assigned
    /// before any sorting or shuffling.
    pub unit_textp: Vec<Vec<SymId>>,
    /// The libraries, dependencies first (`ld/lib.go:postorder`).
    pub postorder: Vec<LibId>,
    /// Functions that were placed by another library than the one that defines them.
    pub placed_by: FxHashMap<SymId, LibId>,
}

impl TextOrder {
    /// The text symbols a unit owns.
    pub fn unit(&self, u: UnitId) -> &[SymId] {
        &self.unit_textp[u.index()]
    }
}

/// Addresses of text.
#[derive(Default)]
pub struct TextLayout {
    /// Virtual address of each text symbol, parallel to [`TextOrder::textp`].
    pub addr: Vec<u64>,
    /// Virtual address of the text section (`runtime.text`).
    pub start: u64,
    /// Virtual address of the end of the last function (`runtime.etext`).
    pub end: u64,
    /// Alignment of the text section, bytes.
    pub align: u32,
}
