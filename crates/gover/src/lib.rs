//! What differs between Go releases, as data.
//!
//! One static [`GoLayout`] per release line, found with [`layout_for`]. It holds the number
//! tables of the object file format, the lists passes consult, and each difference in
//! behaviour as a named value. Each release is written as a delta on its predecessor
//! (`src/v1_27.rs` on `src/v1_26.rs`); the number tables under `src/gen` are generated from a
//! toolchain's sources. Nothing outside this crate compares release numbers, and this crate
//! knows nothing of files or linking.

mod aux_type;
mod behaviour;
#[path = "gen/mod.rs"] // `gen` is a keyword.
mod gen_tables;
mod layout;
mod named;
mod release;
mod reloc_type;
mod sym_kind;
mod v1_26;
mod v1_27;

pub use aux_type::AuxType;
pub use behaviour::*;
pub use layout::*;
pub use release::{RELEASES, UnknownRelease, layout_for};
pub use reloc_type::{R_WEAK, RelocType};
pub use sym_kind::SymKind;
