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
mod build_config;
mod experiments;
mod functions;
#[path = "gen/mod.rs"] // `gen` is a keyword.
mod gen_tables;
#[cfg(feature = "generate")]
pub mod generate;
mod layout;
mod module_field;
mod named;
mod packages;
mod platform;
mod release;
mod reloc_type;
mod sym_kind;
mod type_layout;
mod v1_22;
mod v1_23;
mod v1_24;
mod v1_25;
mod v1_26;
mod v1_27;

pub use aux_type::AuxType;
pub use behaviour::*;
pub use build_config::{BuildConfig, BuildConfigError};
pub use experiments::{BaselineWhen, ExperimentError, ExperimentTables, Experiments};
pub use functions::*;
pub use layout::*;
pub use module_field::{FieldShape, ModuleField};
pub use packages::{BlockedLinkname, PackageLists};
pub use platform::PlatformSupport;
pub use release::{RELEASES, UnknownRelease, layout_for};
pub use reloc_type::{R_WEAK, RelocType};
pub use sym_kind::SymKind;
pub use type_layout::*;
