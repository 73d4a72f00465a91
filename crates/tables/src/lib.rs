//! Tables and symbols that the linker makes.

mod buildinfo;
pub mod callgraph;
mod fieldtrack;
mod fips;
pub mod inittask;
mod maker;
mod markers;
mod moduledata;
pub mod pclntab;
mod plugin;
mod shared;
pub mod stackcheck;
mod strdata;
mod typelink;
mod unwind;

pub use buildinfo::{make_buildinfo, make_text_build_id};
pub use fieldtrack::track_fields;
pub use fips::{FIPS_TITLE, Fips, FipsSum};
pub use maker::{Maker, TableRef};
pub use markers::{DataMarkers, TextMarkers};
pub use moduledata::{ModuleInfo, PclntabRefs, TypeWords, declare_moduledata, fill_moduledata};
pub use plugin::{PluginInfo, make_package_hashes};
pub use shared::{ABI_HASH_BYTES, abi_hash, base_name, declare_abi_hash, make_abi_hash};
pub use strdata::set_strings;
pub use typelink::make_typelinks;
pub use unwind::Unwind;
