//! What is put into fields: addresses and offsets, or what a host linker expects in their place.

use crate::host::{Host, HostTarget};
use crate::plan::Plan;
use crate::section::Kind;
use layout::Addresses;
use symbols::{SymId, Symbols};

/// What the values of fields come from.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a> {
    pub plan: &'a Plan,
    pub syms: &'a Symbols,
    pub addrs: &'a Addresses,
    /// The host linker's part of it, if there is a host linker.
    pub host: Option<Host<'a>>,
}

impl Fields<'_> {
    /// What is put into a field of the current atom, `off` bytes from its start, that holds
    /// `value`: the value itself, or what the host linker expects in its place.
    #[inline]
    pub(crate) fn field(
        &self,
        off: usize,
        width: u8,
        target: HostTarget,
        add: i64,
        value: u64,
    ) -> u64 {
        match self.host {
            None => value,
            Some(h) => h.field(off, width, target, add),
        }
    }

    /// An address.
    #[inline]
    pub(crate) fn address(&self, off: usize, s: SymId) -> u64 {
        let width = self.plan.arch.ptr_size;
        self.field(off, width, HostTarget::Symbol(s), 0, self.addrs.addr(s))
    }

    /// An offset in a section, of four bytes.
    #[inline]
    pub(crate) fn section_offset(&self, off: usize, kind: Kind, at: u32) -> u32 {
        self.field(off, 4, HostTarget::Section(kind), at.into(), at.into()) as u32
    }

    /// Offset of a symbol in its section.
    pub(crate) fn offset(&self, s: SymId) -> u64 {
        self.addrs.distance(s)
    }
}
