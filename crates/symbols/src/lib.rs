//! Index spaces, symbol resolution and linker-made symbols.
//!
//! [`load`] finds and opens the packages of a link, [`Symbols::resolve`] turns their objects into
//! one space of [`SymId`]s, and [`Symbols`] answers what a symbol is: its name, kind, size, data,
//! relocations and auxiliary symbols.
//!
//! # The index space
//!
//! cmd/link numbers symbols one after another while it reads objects, and the order of those
//! numbers (only the order) shows in the output. Here the numbers are given out when it is known
//! which occurrences of a symbol are the same, in the same order:
//!
//! 1. `0` is no symbol;
//! 2. the package symbols of all objects, object after object;
//! 3. per object, the short-hash, content-hash and by-name definitions that occur there first;
//! 4. per object, the references by name to what is defined nowhere and occurs there first;
//! 5. symbols that the linker makes, in the order they are made.

mod accessors;
pub mod ahead;
mod bitset;
mod contents;
mod data_group;
mod digest;
mod foreign;
mod ids;
mod inputs;
mod linker_made;
mod linkname;
pub mod load;
pub mod map;
mod name_hash;
mod names;
mod package_ids;
mod places;
mod release;
mod resolve;
mod resolver;
pub mod rtype;
mod sharded;
mod shared;
mod source_files;

pub use accessors::{AuxRef, Reloc, RelocIter};
pub use bitset::{AtomicBitSet, BitSet};
pub use contents::{Contents, Located};
pub use data_group::DataGroup;
pub use digest::{Digest, DigestOptions, Reading};
pub use foreign::{CgoAttrs, Foreign, Windows};
pub use ids::{LibId, ObjId, SymId, UnitId};
pub use inputs::{HostObject, Inputs, Library, ObjInput, Unit};
pub use linker_made::{ExtReloc, ExtSym};
pub use names::{clean_path, path_to_prefix};
pub use resolve::{ResolveError, ResolveOptions};
pub use resolver::Resolver;
pub use shared::{Imported, SharedLib};
pub use source_files::{FileId, FileNumbers, SourceFiles};

use goobj::Object;
use gover::GoLayout;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::atomic::AtomicU32;

/// Symbol version of ABI0 symbols and of data.
pub const VERSION_ABI0: i32 = 0;
/// Symbol version of ABIInternal symbols.
pub const VERSION_ABI_INTERNAL: i32 = 1;
/// Versions from here on belong to the file-local symbols of one object each.
pub const VERSION_STATIC: i32 = 10;

/// One Go object and where its symbols lie in the index space.
pub struct Obj {
    /// The object's bytes.
    pub object: Object<'static>,
    /// The library it came in.
    pub lib: LibId,
    /// Its compilation unit.
    pub unit: UnitId,
    /// The version of its file-local symbols.
    pub version: i32,
    /// Number of its first package symbol.
    pub(crate) def_base: u32,
    /// Its first slot: where its entries start in `canon`.
    pub(crate) canon_base: u32,
    /// Where its package table starts in `pkg_bases`.
    pub(crate) pkg_base: u32,
    /// Entries in its package table.
    pub(crate) n_pkg: u32,
    /// What is found by name and marked as meant by linkname, by local index.
    pub(crate) linknames: Vec<u32>,
    /// The definitions of functions, by local index, ascending.
    pub texts: Vec<u32>,
    /// Its source files.
    pub files: Vec<FileId>,
    /// The groups of its definitions.
    data_groups: data_group::DataGroups,
}

impl Obj {
    /// The group of data that the definition `li` belongs to by its name.
    #[inline]
    pub fn data_group(&self, li: u32) -> DataGroup {
        self.data_groups.get(li)
    }
    /// Number of its slots: of symbols that are no package symbols.
    pub(crate) fn n_slots(&self) -> u32 {
        let o = &self.object;
        o.n_alldef() - o.n_def() + o.n_nonpkg_ref()
    }
    /// The slot of local symbol `li`, which is no package symbol.
    #[inline]
    pub(crate) fn slot(&self, li: u32) -> u32 {
        self.canon_base + li - self.object.n_def()
    }
}

/// What a symbol number stands for.
#[derive(Clone, Copy)]
pub enum Def<'a> {
    /// A definition in a Go object, by local index.
    Go(&'a Obj, u32),
    /// A symbol made or taken over by the linker.
    Ext(&'a ExtSym),
    /// A name that is referred to and defined nowhere; the first reference.
    Undefined(&'a Obj, u32),
}

/// All symbols of a link.
pub struct Symbols {
    /// The release that compiled the objects.
    pub gover: &'static GoLayout,
    /// The libraries, in load order.
    pub libs: Vec<Library>,
    /// The compilation units, in load order: one per archive member, host objects included.
    pub units: Vec<Unit>,
    /// The names of source files.
    pub source_files: SourceFiles,
    /// Whether text symbols carry an ABI version (`GOEXPERIMENT=regabiwrappers`).
    pub abi_wrappers: bool,
    pub(crate) objs: Vec<Obj>,
    pub(crate) canon: Vec<AtomicU32>,
    /// By slot, whether it is the definition or reference that gave its symbol the number.
    pub(crate) firsts: BitSet,
    pub(crate) places: places::Places,
    pub(crate) pkg_bases: Vec<(u32, u32)>,
    pub(crate) builtins: Vec<SymId>,
    pub(crate) ref_start: u32,
    pub(crate) ext_start: u32,
    pub(crate) aligns: FxHashMap<SymId, digest::LogAlign>,
    pub(crate) taken: FxHashMap<SymId, u32>,
    pub(crate) exts: Vec<ExtSym>,
    pub(crate) ext_ids: Vec<SymId>,
    pub(crate) ext_names: FxHashMap<(Box<[u8]>, i32), SymId>,
    pub(crate) names: resolve::NameTable,
    pub(crate) anon_version: i32,
    /// Whether all definitions in objects are of kinds that something defined can be of.
    pub(crate) sound_kinds: bool,
    pub(crate) functions_dwarf: release::AllFunctionsDwarf,
    pub(crate) leaves: BitSet,
    /// Package symbols whose names mean others.
    pub(crate) shadowed: FxHashSet<SymId>,
    /// Symbols marked local by any occurrence.
    pub local: BitSet,
    /// Type symbols that any occurrence says are used in an interface.
    pub used_in_iface: BitSet,
    /// By number from `ref_start` on, see [`Symbols::named_as_type`]; empty if that is not known.
    types_of_infos: Vec<SymId>,
    /// What host objects and cgo directives brought along.
    pub foreign: Foreign,
}
