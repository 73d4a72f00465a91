//! To whom bytes of a section belong.

use std::borrow::Cow;

/// To whom bytes belong.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Owner<'a> {
    /// To nobody in particular.
    Nobody,
    /// To the symbol of this name.
    Symbol(&'a [u8]),
    /// To the unit of debugging information of this name: Go's are packages.
    Unit(Cow<'a, [u8]>),
}

/// Where in a section something else begins, and to whom it belongs.
pub(crate) type Cuts<'a> = Vec<(u64, Owner<'a>)>;
