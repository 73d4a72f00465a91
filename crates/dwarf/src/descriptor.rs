//! Reading type descriptors, and names and contents of symbols.

use crate::encode::read_uvarint;
use gover::NAME_EMBEDDED;
use symbols::{Def, SymId, Symbols};

/// A type's name from the name of its descriptor.
pub(crate) fn without_prefix(name: &'static str) -> &'static [u8] {
    name.strip_prefix("type:").unwrap_or(name).as_bytes()
}

/// The name of a symbol; names in objects live as long as the objects do, which is until the end.
pub(crate) fn static_name(syms: &Symbols, s: SymId) -> &'static [u8] {
    match syms.def(s) {
        Def::Go(o, li) | Def::Undefined(o, li) => o.object.name(o.object.sym(li)),
        Def::Ext(e) => e.name.to_vec().leak(),
    }
}

/// The contents of a symbol; `None` if it is not defined.
pub(crate) fn symbol_data(syms: &Symbols, s: SymId) -> Option<&'static [u8]> {
    match syms.def(s) {
        Def::Go(o, li) => Some(o.object.data(li)),
        Def::Ext(e) => Some(e.data.to_vec().leak()),
        Def::Undefined(..) => None,
    }
}

/// The text of a name as descriptors have them and whether it is that of an embedded field; empty
/// without a symbol. `None` when damaged.
pub(crate) fn decode_name(syms: &Symbols, s: SymId) -> Option<(&'static [u8], bool)> {
    if s.is_none() {
        return Some((b"", false));
    }
    let data = symbol_data(syms, s)?;
    let (len, n) = read_uvarint(data.get(1..)?)?;
    let end = usize::try_from(len).ok()?.checked_add(1 + n)?;
    Some((data.get(1 + n..end)?, data[0] & NAME_EMBEDDED != 0))
}

/// Checked reads in a type descriptor.
#[derive(Clone, Copy)]
pub(crate) struct Descriptor<'a> {
    pub data: &'a [u8],
    pub ptr: usize,
}

impl Descriptor<'_> {
    pub(crate) fn u8(&self, at: usize) -> Option<u8> {
        self.data.get(at).copied()
    }
    pub(crate) fn u16(&self, at: usize) -> Option<u16> {
        let b = self.data.get(at..at + 2)?;
        Some(u16::from_le_bytes([b[0], b[1]]))
    }
    pub(crate) fn word(&self, at: usize) -> Option<u64> {
        let mut b = [0; 8];
        b[..self.ptr].copy_from_slice(self.data.get(at..at + self.ptr)?);
        Some(u64::from_le_bytes(b))
    }
}
