//! The macro behind enums whose variants carry the name Go's source gives them.

/// Declares a field-less enum whose variants know their name in Go's source.
///
/// The enum gets `COUNT`, `ALL`, `index`, `go_name`, `from_go_name` and `Display`
/// (which prints the Go name, since cmd/link's messages do).
macro_rules! named_enum {
    (
        $(#[$meta:meta])*
        pub enum $name:ident: $repr:ident {
            $($(#[$vmeta:meta])* $variant:ident = $go:literal,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr($repr)]
        pub enum $name {
            $(
                $(#[$vmeta])*
                #[doc = concat!("`", $go, "` in Go's source.")]
                $variant,
            )+
        }

        impl $name {
            /// Every value, in declaration order.
            pub const ALL: &'static [$name] = &[$($name::$variant,)+];
            /// How many values there are; `index` is below it.
            pub const COUNT: usize = Self::ALL.len();

            /// Position in `ALL`, for tables with one entry per value.
            #[inline]
            pub const fn index(self) -> usize {
                self as usize
            }

            /// The name in Go's source.
            pub const fn go_name(self) -> &'static str {
                match self {
                    $($name::$variant => $go,)+
                }
            }

            /// The value whose name in Go's source is `name`.
            pub fn from_go_name(name: &str) -> Option<$name> {
                match name {
                    $($go => Some($name::$variant),)+
                    _ => None,
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.go_name())
            }
        }
    };
}

pub(crate) use named_enum;
