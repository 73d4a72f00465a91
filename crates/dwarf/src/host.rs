//! DWARF for a host linker: fields that hold addresses or offsets in other sections are left to it,
//! each with a relocation.

use crate::DwarfError;
use crate::plan::Plan;
pub use crate::section::Kind;
use layout::Addresses;
use rayon::prelude::*;
use std::cell::{Cell, RefCell};
use symbols::{SymId, Symbols};

/// Bytes that are written in one go.
const PIECE: usize = 256 << 10;

/// What a field refers to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HostTarget {
    /// A section of debugging information.
    Section(Kind),
    /// A function or variable.
    Symbol(SymId),
}

/// A field that the host linker relocates.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HostRef {
    /// Offset of the field in its section, bytes.
    pub off: u32,
    /// Width of the field, bytes.
    pub width: u8,
    /// What it refers to.
    pub target: HostTarget,
    /// Added to the address of the target, or offset in the section.
    pub add: i64,
}

/// How fields for the host linker are treated.
#[derive(Clone, Copy)]
pub(crate) struct Host<'a> {
    /// Whether the field holds the addend, or zero.
    addends: bool,
    /// Takes down the fields, if asked to.
    log: Option<&'a Log>,
}

#[derive(Default)]
struct Log {
    /// Where the current atom begins in its section.
    atom: Cell<u64>,
    refs: RefCell<Vec<HostRef>>,
}

impl Host<'_> {
    /// An atom begins at this offset in its section.
    pub(crate) fn begin_atom(&self, at: u64) {
        if let Some(log) = self.log {
            log.atom.set(at);
        }
    }

    /// What a field of the current atom holds.
    pub(crate) fn field(&self, off: usize, width: u8, target: HostTarget, add: i64) -> u64 {
        if let Some(log) = self.log {
            log.refs.borrow_mut().push(HostRef {
                off: (log.atom.get() + off as u64) as u32,
                width,
                target,
                add,
            });
        }
        if self.addends { add as u64 } else { 0 }
    }
}

impl Plan {
    /// Number of the section that holds one kind of debugging information.
    pub fn section_of(&self, kind: Kind) -> Option<usize> {
        self.sections.iter().position(|s| s.kind == kind)
    }

    /// The fields of a section that a host linker relocates, in the order of the section.
    ///
    /// # Errors
    /// As [`Plan::fill`].
    pub fn host_refs(
        &self,
        syms: &Symbols,
        addrs: &Addresses,
        section: usize,
    ) -> Result<Vec<HostRef>, DwarfError> {
        let runs = &self.sections[section].runs;
        let parts: Vec<Vec<HostRef>> = runs
            .par_iter()
            .map(|r| {
                let log = Log::default();
                let host = Host {
                    addends: false,
                    log: Some(&log),
                };
                let mut bytes = vec![0; r.len as usize];
                self.fill_with(syms, addrs, section, r.start, &mut bytes, Some(host))?;
                Ok(log.refs.into_inner())
            })
            .collect::<Result<_, DwarfError>>()?;
        Ok(parts.concat())
    }

    /// Writes a whole section for a host linker; fields that it relocates hold their addends or zero.
    ///
    /// # Errors
    /// As [`Plan::fill`].
    pub fn fill_for_host(
        &self,
        syms: &Symbols,
        addrs: &Addresses,
        section: usize,
        buf: &mut [u8],
        addends: bool,
    ) -> Result<(), DwarfError> {
        self.fill_pieces(syms, addrs, section, buf, Some(addends))
    }

    /// Writes a whole section; for a host linker if `host` says whether fields hold addends.
    pub(crate) fn fill_pieces(
        &self,
        syms: &Symbols,
        addrs: &Addresses,
        section: usize,
        buf: &mut [u8],
        host: Option<bool>,
    ) -> Result<(), DwarfError> {
        buf.par_chunks_mut(PIECE)
            .enumerate()
            .try_for_each(|(i, b)| {
                let host = host.map(|addends| Host { addends, log: None });
                self.fill_with(syms, addrs, section, (i * PIECE) as u64, b, host)
            })
    }
}
