//! What each compilation unit brings along: the compiler's DWARF symbols of its functions, what these
//! refer to, and the unit's slots in `.debug_addr`.

use crate::frames::{StackTable, is_top_frame};
use crate::imports::{Event, Imports};
use crate::section::Kind;
use goobj::{Object, SymRef};
use gover::{AuxType, RelocType};
use symbols::{Contents, SymId, Symbols, UnitId};
use target::ArchInfo;

/// A symbol that belongs to a function, in the object of the function's unit.
#[derive(Clone, Copy)]
pub(crate) struct Piece {
    /// Its local index; [`Piece::NONE`] has none.
    pub li: u32,
    /// Its size, bytes.
    pub size: u32,
}

impl Piece {
    /// No symbol.
    pub(crate) const NONE: Piece = Piece { li: !0, size: 0 };

    /// Whether there is a symbol.
    #[inline]
    pub(crate) fn is_some(self) -> bool {
        self.li != !0
    }
}

/// The DWARF symbols of a function.
#[derive(Clone, Copy)]
pub(crate) struct Function {
    /// The function.
    pub sym: SymId,
    /// Its subprogram DIE.
    pub info: Piece,
    /// Its location lists, if the DIE refers to them.
    pub loc: Piece,
    /// Its range list.
    pub ranges: Piece,
    /// Its line program.
    pub lines: Piece,
    /// Its slot in the unit's part of `.debug_addr`; [`NO_SLOT`] without.
    pub slot: u32,
    /// Where its table of stack pointer deltas lies in its object, as [`Object::data_range`] gives it;
    /// empty without. The table is found by content, so that the occurrence in the function's object
    /// will do.
    pub pcsp: (u32, u32),
    /// Its length, bytes.
    pub size: u32,
    /// Length of its entry in `.debug_frame`, bytes; 0 for functions without information.
    pub frame: u32,
    /// Whether nobody called it.
    pub top_frame: bool,
}

/// A reference that no object makes.
pub(crate) const NOBODY: SymRef = SymRef {
    pkg: u32::MAX,
    idx: u32::MAX,
};

/// No slot.
pub(crate) const NO_SLOT: u32 = !0;

/// One compilation unit.
pub(crate) struct Unit {
    /// The unit.
    pub id: UnitId,
    /// Its functions, in order.
    pub functions: Vec<Function>,
    /// The contents of its functions' pieces, by section: each is filled at another time.
    pub contents: [Vec<Contents>; 4],
    /// What its functions refer to, by first reference; taken away once it is worked off.
    pub events: Vec<Event>,
    /// What abstract functions refer to, as far as it was this unit that looked.
    pub imports: Imports,
    /// What its functions' DIEs refer to by name, by index among the object's references by name.
    pub by_name: Vec<u32>,
    /// Bytes of its functions' DIEs that are not data.
    pub info_padding: u64,
    /// The functions that own its slots in `.debug_addr`.
    pub slots: Vec<SymId>,
    /// The slot of its first function.
    pub base_slot: u32,
    /// The header of its line program; empty for units without functions.
    pub line_header: Vec<u8>,
    /// Where GDB's script lies, if this unit shows it.
    pub gdb_script: Option<Vec<u8>>,
    /// The abstract functions that it was the first to refer to.
    pub abstracts: Vec<SymId>,
    /// The DIEs of its variables.
    pub variables: Vec<SymId>,
    /// The constants of its package.
    pub constants: SymId,
    /// The flags it was compiled with, as the compiler notes them.
    pub flags: &'static [u8],
    /// `producer`.
    pub producer: Vec<u8>,
    /// Name of the package as the source has it.
    pub package_name: &'static [u8],
}

impl Function {
    /// A function of which nothing is known yet.
    pub(crate) fn new(sym: SymId) -> Function {
        Function {
            sym,
            info: Piece::NONE,
            loc: Piece::NONE,
            ranges: Piece::NONE,
            lines: Piece::NONE,
            slot: NO_SLOT,
            pcsp: (0, 0),
            size: 0,
            frame: 0,
            top_frame: false,
        }
    }

    /// What it has in a section.
    pub(crate) fn piece(&self, section: Kind) -> Piece {
        match section {
            Kind::Line => self.lines,
            Kind::Loc => self.loc,
            Kind::Ranges => self.ranges,
            _ => self.info,
        }
    }

    /// A function that has a frame, but no DIE; `None` without what frames are made from.
    pub(crate) fn without_die(syms: &Symbols, sym: SymId, arch: &ArchInfo) -> Option<Function> {
        let (o, li) = syms.origin(sym)?;
        let aux = |typ| {
            let mut auxs = o.object.auxs(li);
            let found = auxs.find(|a| syms.gover.aux_type(a.typ) == Some(typ));
            found.map(|a| a.sym)
        };
        let info = syms.resolve_ref(o, aux(AuxType::FuncInfo)?);
        let own = |r: SymRef| o.object.local(r).filter(|&li| li < o.object.n_alldef());
        let mut f = Function {
            pcsp: aux(AuxType::Pcsp)
                .and_then(own)
                .map_or((0, 0), |li| table(&o.object, li)),
            size: u32::try_from(syms.data(sym).len()).ok()?,
            top_frame: arch.has_link_register && is_top_frame(syms.data(info)),
            ..Function::new(sym)
        };
        f.frame = f.stack_table(&o.object).entry_size(arch)?;
        Some(f)
    }

    /// What its frame is made from. `o`: the object of its unit.
    pub(crate) fn stack_table<'a>(&self, o: &Object<'a>) -> StackTable<'a> {
        StackTable {
            pcsp: o.data_at(self.pcsp.0..self.pcsp.1),
            size: self.size.into(),
            top_frame: self.top_frame,
        }
    }
}

/// [`Function::pcsp`] of a local symbol.
pub(crate) fn table(o: &Object, li: u32) -> (u32, u32) {
    let r = o.data_range(li);
    (r.start, r.end)
}

/// The place of a section among those of [`Unit::contents`].
pub(crate) fn place_of(kind: Kind) -> usize {
    match kind {
        Kind::Line => 0,
        Kind::Loc => 1,
        Kind::Ranges => 2,
        _ => 3,
    }
}

impl Unit {
    /// A unit without anything.
    pub(crate) fn new(id: UnitId) -> Unit {
        Unit {
            id,
            functions: Vec::new(),
            contents: Default::default(),
            events: Vec::new(),
            imports: Imports::default(),
            by_name: Vec::new(),
            info_padding: 0,
            slots: Vec::new(),
            base_slot: 0,
            line_header: Vec::new(),
            gdb_script: None,
            abstracts: Vec::new(),
            variables: Vec::new(),
            constants: SymId::NONE,
            flags: b"",
            producer: Vec::new(),
            package_name: b"",
        }
    }

    /// What function number `k` has in a section.
    #[inline]
    pub(crate) fn contents(&self, kind: Kind, k: u32) -> &Contents {
        &self.contents[place_of(kind)][k as usize]
    }

    /// The first function, if there is one.
    pub(crate) fn base(&self) -> SymId {
        self.functions.first().map_or(SymId::NONE, |f| f.sym)
    }
    /// Whether the unit has no functions.
    pub(crate) fn is_textless(&self) -> bool {
        self.functions.is_empty()
    }
}

/// The bytes that a reference to a slot takes, for the relocations that are one.
#[inline]
pub(crate) fn slot_width(t: RelocType) -> Option<u8> {
    match t {
        RelocType::DwTxtAddrU1 => Some(1),
        RelocType::DwTxtAddrU2 => Some(2),
        RelocType::DwTxtAddrU3 => Some(3),
        RelocType::DwTxtAddrU4 => Some(4),
        _ => None,
    }
}
