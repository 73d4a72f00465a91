//! Asking the processor ahead for what symbols are made of.

use goobj::prefetch::prefetch;
use symbols::{Def, SymId, Symbols};

/// How many symbols ahead the places are asked for where they are described.
pub(crate) const FAR: usize = 8;

/// How many symbols ahead their contents are asked for.
pub(crate) const NEAR: usize = 3;

/// Asks for where a symbol is described that will be wanted soon.
#[inline]
pub(crate) fn expect(syms: &Symbols, s: SymId) {
    if s.is_some()
        && let Def::Go(o, li) = syms.def(s)
    {
        o.object.places(li).into_iter().for_each(prefetch);
    }
}
