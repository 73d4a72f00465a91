//! DWARF, as cmd/link writes it (`ld/dwarf.go`).
//!
//! Compilers leave a program's DWARF in pieces: per function a DIE, location lists, a range list and a
//! line program. The linker adds units, types, frames and the tables between, and puts all in order.
//! That takes three steps, each with a product:
//!
//! 1. [`generate()`], once it is known what is live and in which order text comes: finds every piece and
//!    makes the DIEs of types, whose order is that of their first use;
//! 2. [`DebugInfo::layout`], once text has addresses (they decide the order of units and the lengths
//!    of a few numbers): the exact size of every section;
//! 3. [`Plan::fill`], once everything has: writes any range of a section. Ranges are independent, so a
//!    section can be filled in parallel, or piece by piece into a compressor and never be in memory.
//!
//! No symbols are made. What lies in DWARF sections is known by its offset there.
//!
//! | file | what it makes |
//! |---|---|
//! | `generate` | the first step; which unit owns what |
//! | `abbrev` | `.debug_abbrev` |
//! | `units`, `scan` | the pieces of each unit, its slots in `.debug_addr` |
//! | `types`, `synthesis`, `names`, `imports` | DIEs of types |
//! | `descriptor`, `die` | what these are read from, and how they are written |
//! | `variables` | which variables there are |
//! | `lines` | headers of line programs |
//! | `frames` | `.debug_frame` |
//! | `plan`, `section` | sizes and offsets |
//! | `fill`, `fields`, `copy` | bytes |
//! | `host` | what is left to a host linker |
//! | `census` | the number of symbols cmd/link has for it |

mod abbrev;
mod ahead;
mod census;
mod copy;
mod descriptor;
mod die;
mod encode;
mod fields;
mod fill;
mod frames;
mod generate;
mod host;
mod imports;
mod lines;
mod names;
mod offsets;
mod paths;
mod plan;
mod scan;
mod section;
mod stretch;
mod synthesis;
mod types;
mod units;
mod variables;

pub use census::Census;
pub use generate::{DebugInfo, generate};
pub use host::{HostRef, HostTarget, Kind};
pub use plan::{Plan, SectionInfo};
pub use stretch::Stretch;

/// What DWARF generation is told.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// The machine.
    pub arch: &'a target::ArchInfo,
    /// Whether to write version 5, as the compiler did; else 4 (`GOEXPERIMENT=dwarf5`).
    pub dwarf5: bool,
    /// What `$GOROOT` in file names becomes; empty to leave it.
    pub goroot: &'a str,
    /// The release as producers name it (`buildcfg.Version`), such as `go1.27.3`.
    pub go_version: &'a str,
    /// Whether lines of inlined calls have four bytes instead of ULEB128, for dsymutil (macOS, iOS).
    pub call_line_data4: bool,
    /// Whether there is a section that names GDB's script.
    pub gdb_script: bool,
}

/// Why there is no DWARF. All but the last come from damaged or mismatched inputs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DwarfError {
    /// A type that the runtime or the compiler should have left does not exist.
    #[error("dwarf: missing type{what}: type:{name}")]
    MissingType {
        /// Name of the type.
        name: String,
        /// What is missing.
        what: &'static str,
    },
    /// A type descriptor that cannot be read.
    #[error("{name}: dwarf: {what}")]
    BadType {
        /// Name of the symbol.
        name: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A type of the runtime has other fields than expected.
    #[error("dwarf substitutetype: {name} does not have member {member}")]
    NoMember {
        /// Name of the type.
        name: String,
        /// Name of the field.
        member: String,
    },
    /// DWARF of a function that cannot be right.
    #[error("{function}: dwarf: {what}")]
    BadFunction {
        /// Name of the function.
        function: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A DWARF symbol that cannot be relocated.
    #[error("{name}: invalid relocation at {off:#x} of {len:#x} bytes: {what}")]
    BadReloc {
        /// Name of the symbol, or of the function it belongs to.
        name: String,
        /// Offset of the field in the symbol, bytes.
        off: i64,
        /// Length of the symbol, bytes.
        len: u64,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A reference to something that has no DWARF (`errorUnresolved`).
    #[error("{name}: relocation target {target} not defined")]
    Unresolved {
        /// Name of the symbol that refers, or of the function it belongs to.
        name: String,
        /// Name of what it refers to.
        target: String,
    },
    /// A package without a name, as that of a plugin without `-pluginpath`.
    #[error("nameless DWARF DIE")]
    Nameless,
    /// A section beyond what 32 bits can count.
    #[error("dwarf: section {0} is larger than 4 GiB")]
    TooLarge(&'static str),
}
