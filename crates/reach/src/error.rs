//! What can be wrong with the symbols of a link.

use gover::{AuxType, RelocType};
use symbols::{SymId, Symbols};
use thiserror::Error;

/// Why there is no live set.
#[derive(Debug, Error)]
pub enum ReachError {
    /// A runtime function that compiled code needs is not there (`loader.reportMissingBuiltin`;
    /// ends the link through `log.Fatalf`).
    #[error("reference to undefined builtin {builtin:?} from package {pkg:?}")]
    UndefinedBuiltin {
        /// Name of the function.
        builtin: String,
        /// The package that refers to it.
        pkg: String,
    },
    /// A symbol that the runtime always has is missing.
    #[error("could not look up {0}")]
    NoSymbol(&'static str),
    /// A package initialiser's weak call does not go to a map initialiser.
    #[error("internal error: expected map.init sym for weak call reloc, got {from} -> {to}")]
    NotMapInit {
        /// The initialiser.
        from: String,
        /// Its target.
        to: String,
    },
    /// A symbol of an object cannot be what a compiler wrote.
    #[error("{file} (package {pkg}): malformed symbol {name}: {damage}")]
    Damaged {
        /// The file, `archive` of the package; empty for symbols made by the linker.
        file: String,
        /// The package.
        pkg: String,
        /// The symbol.
        name: String,
        /// What is wrong.
        damage: Damage,
    },
    /// The dump could not be written.
    #[error("{0}")]
    Write(#[from] std::io::Error),
}

impl ReachError {
    /// The error for a damaged symbol. Passes that read more of a symbol than the flood does have it too.
    pub fn damaged(syms: &Symbols, s: SymId, damage: Damage) -> ReachError {
        if let Damage::Builtin { builtin, .. } = damage
            && let Some(b) = syms.gover.builtins.get(builtin as usize)
        {
            return ReachError::UndefinedBuiltin {
                builtin: b.name.to_owned(),
                pkg: syms.pkg(s).to_owned(),
            };
        }
        ReachError::Damaged {
            file: syms.origin(s).map_or(String::new(), |(o, _)| {
                syms.libs[o.lib.index()].file.display().to_string()
            }),
            pkg: syms.pkg(s).to_owned(),
            name: match (&*syms.name_lossy(s), syms.origin(s)) {
                ("", Some((_, li))) => format!("number {li} of the object"),
                (name, _) => name.to_owned(),
            },
            damage,
        }
    }
}

/// What is wrong with a symbol. Offsets are in bytes from the start of the symbol.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq, PartialOrd, Ord)]
pub enum Damage {
    /// An index into the builtin list whose symbol does not exist.
    #[error("relocation {index} at offset {off} refers to undefined builtin {builtin}")]
    Builtin {
        /// Index of the relocation.
        index: u32,
        /// Its offset.
        off: i32,
        /// Index in the builtin list.
        builtin: u32,
    },
    /// A relocation type that the release does not have.
    #[error("relocation {index} at offset {off} has unknown type {found}, expected 1 to {max}")]
    RelocType {
        /// Index of the relocation.
        index: u32,
        /// Its offset.
        off: i32,
        /// The type found.
        found: u16,
        /// The greatest type there is.
        max: u16,
    },
    /// A relocation's target lies outside its package's symbols.
    #[error(
        "relocation {index} at offset {off} refers to symbol {sym} of package {pkg}, which does not exist"
    )]
    Target {
        /// Index of the relocation.
        index: u32,
        /// Its offset.
        off: i32,
        /// Package index of the reference.
        pkg: u32,
        /// Symbol index of the reference.
        sym: u32,
    },
    /// A relocation's target is a pc-value table, which has no name to be linked by.
    #[error(
        "relocation {index} at offset {off} refers to pc-value table {table} of the object, which only functions may"
    )]
    PcTable {
        /// Index of the relocation.
        index: u32,
        /// Its offset.
        off: i32,
        /// Index of the table among the object's content-hash definitions.
        table: u32,
    },
    /// A relocation's field lies outside the symbol.
    #[error("relocation {index}: invalid relocation {typ}: {off}+{width} not in [0,{size})")]
    Field {
        /// Index of the relocation.
        index: u32,
        /// Its type.
        typ: RelocType,
        /// Its offset.
        off: i32,
        /// Width of its field.
        width: u8,
        /// Size of the symbol.
        size: u64,
    },
    /// The symbol has more contents than its size says.
    #[error("has {found} bytes of contents, expected at most its size {size}")]
    Contents {
        /// Bytes there are.
        found: u32,
        /// Size of the symbol.
        size: u32,
    },
    /// A symbol kind that the release does not have.
    #[error("has unknown kind {found}, expected 0 to {max}")]
    Kind {
        /// The kind found.
        found: u8,
        /// The greatest kind there is.
        max: u8,
    },
    /// An auxiliary symbol type that the release does not have.
    #[error("auxiliary symbol {index} has unknown type {found}, expected 0 to {max}")]
    AuxType {
        /// Index of the auxiliary symbol.
        index: u32,
        /// The type found.
        found: u8,
        /// The greatest type there is.
        max: u8,
    },
    /// An auxiliary reference that means no symbol.
    #[error(
        "{typ} (auxiliary symbol {index}) refers to symbol {sym} of package {pkg}, which does not exist"
    )]
    AuxTarget {
        /// Index of the auxiliary symbol.
        index: u32,
        /// Its type.
        typ: AuxType,
        /// Package index of the reference.
        pkg: u32,
        /// Symbol index of the reference.
        sym: u32,
    },
    /// A function's information does not hold what it announces.
    #[error(
        "AuxFuncInfo (auxiliary symbol {index}) has {len} bytes, fewer than its table lengths announce"
    )]
    FuncInfo {
        /// Index of the auxiliary symbol.
        index: u32,
        /// Bytes there are.
        len: u32,
    },
    /// Method relocations come in threes.
    #[error("relocation {index} at offset {off}: expect three consecutive R_METHODOFF relocs")]
    MethodTriple {
        /// Index of the relocation.
        index: u32,
        /// Its offset.
        off: i32,
    },
    /// Something other than a type has methods.
    #[error("method found on non-type symbol")]
    MethodOnNonType,
    /// The number of methods in a type descriptor differs from that of its relocations.
    #[error("has {relocs} method relocations for {methods} methods")]
    MethodCount {
        /// Triples of method relocations.
        relocs: u32,
        /// Methods that the descriptor counts.
        methods: u32,
    },
    /// A type descriptor with method relocations has no methods.
    #[error("no methods on type of kind {kind}, flags {flags:#x}")]
    NoMethods {
        /// Kind byte of the descriptor.
        kind: u8,
        /// Flag byte of the descriptor.
        flags: u8,
    },
    /// A type descriptor ends before its fields.
    #[error("type descriptor of {len} bytes, expected at least {need}")]
    ShortType {
        /// Bytes there are.
        len: u32,
        /// Bytes needed.
        need: u32,
    },
    /// R_USEIFACE points at neither a type nor an itab.
    #[error("relocation {index} at offset {off}: R_USEIFACE references what is not a type or itab")]
    NotType {
        /// Index of the relocation.
        index: u32,
        /// Its offset.
        off: i32,
    },
    /// R_USEIFACEMETHOD points at this symbol, which is no interface type.
    #[error("is not an interface, but its methods are called")]
    NotInterface,
    /// A name's length runs beyond its data.
    #[error("name of {len} bytes has a length beyond its end")]
    Name {
        /// Bytes there are.
        len: u32,
    },
    /// A method without a name.
    #[error("method has no name")]
    EmptyName,
}
