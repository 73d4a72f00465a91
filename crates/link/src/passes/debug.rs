//! Debugging information: made early, placed when text has its addresses, written at last.

use crate::config::Config;
use crate::diag::{Diag, Stop};
use layout::{Addresses, Section, Segments, TextLayout, TextOrder};
use reach::Live;
use symbols::Symbols;

/// What is known before there are addresses.
pub struct DebugInfo;

/// Sections and contents.
pub struct Debug {
    /// The sections.
    pub sections: Vec<Section>,
}

/// Makes debugging information, if it is wanted.
pub fn generate(
    _config: &Config,
    _syms: &Symbols,
    _live: &Live,
    _order: &TextOrder,
    _diag: &Diag,
) -> Result<DebugInfo, Stop> {
    Ok(DebugInfo)
}

impl DebugInfo {
    /// Places it.
    pub fn place(
        &self,
        _config: &Config,
        _syms: &Symbols,
        _live: &Live,
        _order: &TextOrder,
        _text: &TextLayout,
        _addrs: &Addresses,
        _segs: &mut Segments,
        _diag: &Diag,
    ) -> Result<Debug, Stop> {
        Ok(Debug { sections: Vec::new() })
    }
}

impl Debug {
    /// Writes it.
    pub fn write(&self, _tail: &mut [u8], _base: u64, _segs: &Segments, _diag: &Diag) -> Result<(), Stop> {
        Ok(())
    }
}
