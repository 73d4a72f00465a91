//! Where every symbol lies.

use symbols::SymId;

/// A section of the output, in the order in which sections are made. 0 is no section.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SectionId(pub u8);

/// Addresses of symbols. Before address layout the values of data symbols are offsets in their
/// section; afterwards all are virtual addresses.
#[derive(Default)]
pub struct Addresses {
    /// Value of each symbol by number.
    pub value: Vec<u64>,
    /// Section of each symbol by number.
    pub section: Vec<SectionId>,
    /// Virtual address of each section; entry 0 is unused.
    pub section_addr: Vec<u64>,
}

impl Addresses {
    /// Virtual address of `s`; 0 for symbols without one.
    #[inline]
    pub fn addr(&self, s: SymId) -> u64 {
        self.value[s.index()]
    }
    /// Section of `s`.
    #[inline]
    pub fn section(&self, s: SymId) -> SectionId {
        self.section[s.index()]
    }
    /// Has `s` lie `off` bytes into `outer`.
    pub fn place_inside(&mut self, s: SymId, outer: SymId, off: u64) {
        self.value[s.index()] = self.addr(outer) + off;
        self.section[s.index()] = self.section(outer);
    }
}
