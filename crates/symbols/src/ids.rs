//! Typed indices.

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(transparent)]
        pub struct $name(pub u32);

        impl $name {
            /// The index as a `usize`.
            #[inline]
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

id! {
    /// A symbol. `SymId(0)` is no symbol.
    SymId
}
id! {
    /// A Go object, in load order.
    ObjId
}
id! {
    /// A library, in load order.
    LibId
}
id! {
    /// A compilation unit, in load order.
    UnitId
}

impl SymId {
    /// No symbol.
    pub const NONE: SymId = SymId(0);

    /// Whether this is no symbol.
    #[inline]
    pub fn is_none(self) -> bool {
        self.0 == 0
    }
    /// Whether this is a symbol.
    #[inline]
    pub fn is_some(self) -> bool {
        self.0 != 0
    }
}
