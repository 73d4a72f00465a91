//! Where every symbol lies.

use goobj::prefetch::prefetch_value;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use symbols::SymId;

/// A section of the output, in the order in which sections are made. 0 is no section.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SectionId(pub u8);

/// Bits of a distance in [`Addresses::places`].
const DISTANCE: u32 = 56;

/// Addresses of symbols. Threads may set those of different symbols at the same time.
#[derive(Default)]
pub struct Addresses {
    /// By symbol: its section, and the distance from the section's address, in one number, because that
    /// of most relocations' targets is looked up far from all others.
    places: Vec<AtomicU64>,
    /// Virtual address of each section; that of no section is 0.
    section_addr: Vec<u64>,
}

impl Addresses {
    /// For `n` symbols, which are in no section at first, and sections at `section_addr`.
    pub fn new(n: usize, section_addr: impl IntoIterator<Item = u64>) -> Addresses {
        Addresses {
            places: bytemuck::zeroed_vec(n),
            section_addr: std::iter::once(0).chain(section_addr).collect(),
        }
    }

    #[inline]
    fn place(&self, s: SymId) -> (SectionId, u64) {
        let p = self.places[s.index()].load(Relaxed);
        let section = SectionId((p >> DISTANCE) as u8);
        let shift = u64::BITS - DISTANCE;
        (section, ((p << shift) as i64 >> shift) as u64)
    }
    /// Virtual address of a section.
    #[inline]
    pub fn section_addr(&self, section: SectionId) -> u64 {
        self.section_addr[usize::from(section.0)]
    }
    /// Virtual address of `s`; 0 for symbols without one.
    #[inline]
    pub fn addr(&self, s: SymId) -> u64 {
        self.section_and_addr(s).1
    }
    /// Virtual address of `s`, if it is in a section.
    #[inline]
    pub fn addr_in_section(&self, s: SymId) -> Option<u64> {
        let (section, addr) = self.section_and_addr(s);
        (section.0 != 0).then_some(addr)
    }
    #[inline]
    fn section_and_addr(&self, s: SymId) -> (SectionId, u64) {
        let (section, distance) = self.place(s);
        (section, self.section_addr(section).wrapping_add(distance))
    }
    /// Section of `s`.
    #[inline]
    pub fn section(&self, s: SymId) -> SectionId {
        self.place(s).0
    }
    /// Distance of `s` from the address of its section, bytes.
    #[inline]
    pub fn distance(&self, s: SymId) -> u64 {
        self.place(s).1
    }
    /// Asks the processor for where `s` lies.
    #[inline]
    pub fn prefetch(&self, s: SymId) {
        if let Some(p) = self.places.get(s.index()) {
            prefetch_value(p);
        }
    }
    /// Has `s` lie in `section`, at `addr`.
    #[inline]
    pub fn set(&self, s: SymId, section: SectionId, addr: u64) {
        let distance = addr.wrapping_sub(self.section_addr(section));
        let place = u64::from(section.0) << DISTANCE | (distance & !(!0 << DISTANCE));
        self.places[s.index()].store(place, Relaxed);
    }
    /// Has `s` lie `off` bytes into `outer`.
    pub fn place_inside(&self, s: SymId, outer: SymId, off: u64) {
        self.set(s, self.section(outer), self.addr(outer).wrapping_add(off));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_what_was_set_before_behind_and_without_a_section() {
        let a = Addresses::new(5, [0x40_0000, 0xffff_8000_0000_0000]);
        let [one, two] = [SectionId(1), SectionId(2)];
        a.set(SymId(1), one, 0x40_1234);
        a.set(SymId(2), two, 0xffff_8000_0000_0010);
        // Thread-local variables have offsets for addresses.
        a.set(SymId(3), one, 8);
        a.place_inside(SymId(4), SymId(2), 3);
        let got = |s: u32| (a.section(SymId(s)).0, a.addr(SymId(s)));
        assert_eq!(got(0), (0, 0));
        assert_eq!(got(1), (1, 0x40_1234));
        assert_eq!(got(2), (2, 0xffff_8000_0000_0010));
        assert_eq!(got(3), (1, 8));
        assert_eq!(got(4), (2, 0xffff_8000_0000_0013));
        assert_eq!(a.distance(SymId(1)), 0x1234);
        a.set(SymId(1), SectionId(0), 77);
        assert_eq!(got(1), (0, 77));
    }
}
