//! What a section is made of: runs of atoms.

use crate::die::DieRef;

/// What a section holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Kind {
    Abbrev,
    Line,
    Frame,
    GdbScripts,
    Info,
    Loc,
    Ranges,
    Addr,
}

impl Kind {
    /// Name of the section that holds it.
    pub(crate) fn section_name(self, dwarf5: bool) -> &'static str {
        match self {
            Kind::Abbrev => ".debug_abbrev",
            Kind::Line => ".debug_line",
            Kind::Frame => ".debug_frame",
            Kind::GdbScripts => ".debug_gdb_scripts",
            Kind::Info => ".debug_info",
            Kind::Loc if dwarf5 => ".debug_loclists",
            Kind::Loc => ".debug_loc",
            Kind::Ranges if dwarf5 => ".debug_rnglists",
            Kind::Ranges => ".debug_ranges",
            Kind::Addr => ".debug_addr",
        }
    }
}

/// What an atom is; what that means depends on the section.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Atom {
    /// What the section begins with, or, in a run that belongs to a unit, what the unit begins with.
    Header,
    /// A piece of a function, by number in its unit; a frame by number in [`Plan::frames`](crate::Plan).
    Function(u32),
    /// The DIE of an abstract function, of a variable or of constants, by number in
    /// [`UnitPlan::symbols`](crate::plan::UnitPlan::symbols).
    Symbol(u32),
    /// The DIE of a type.
    Type(DieRef),
    /// The end of the unit's DIE.
    End,
}

const TAG: u32 = 29;

/// The largest number that an atom can have.
pub(crate) const PAYLOAD: u32 = (1 << TAG) - 1;

/// Offset from the start of the run, and an [`Atom`] in 32 bits.
#[derive(Clone, Copy)]
pub(crate) struct Placed {
    pub off: u32,
    atom: u32,
}

impl Placed {
    #[inline]
    pub(crate) fn atom(self) -> Atom {
        let p = self.atom & PAYLOAD;
        match self.atom >> TAG {
            0 => Atom::Header,
            1 => Atom::Function(p),
            2 => Atom::Symbol(p),
            3 => Atom::Type(DieRef(p)),
            _ => Atom::End,
        }
    }
}

/// Atoms that follow one another.
pub(crate) struct Run {
    /// Offset in the section, bytes.
    pub start: u64,
    /// Length in bytes.
    pub len: u32,
    /// Number of the unit; [`NO_UNIT`] for none.
    pub unit: u32,
    pub atoms: Vec<Placed>,
}

/// The unit of what belongs to none.
pub(crate) const NO_UNIT: u32 = u32::MAX;

impl Run {
    /// An empty run with room for some atoms.
    pub(crate) fn new(unit: u32, capacity: usize) -> Run {
        Run {
            start: 0,
            len: 0,
            unit,
            atoms: Vec::with_capacity(capacity),
        }
    }
    /// A run that is one header of `len` bytes.
    pub(crate) fn header(unit: u32, len: u64) -> Run {
        let mut r = Run::new(unit, 1);
        r.push(Atom::Header, len);
        r
    }
    /// Adds an atom of `len` bytes.
    pub(crate) fn push(&mut self, a: Atom, len: u64) {
        let atom = match a {
            Atom::Header => 0,
            Atom::Function(f) => 1 << TAG | f,
            Atom::Symbol(s) => 2 << TAG | s,
            Atom::Type(d) => 3 << TAG | d.0,
            Atom::End => 4 << TAG,
        };
        self.atoms.push(Placed {
            off: self.len,
            atom,
        });
        // A run that is too long becomes a section that is too long, which is noticed.
        self.len = self
            .len
            .saturating_add(u32::try_from(len).unwrap_or(u32::MAX));
    }
}

/// One section.
pub(crate) struct Section {
    pub kind: Kind,
    pub name: &'static str,
    pub size: u64,
    pub runs: Vec<Run>,
}
