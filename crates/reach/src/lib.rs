//! Dead-code elimination.

use symbols::BitSet;

/// What is live.
pub struct Live {
    /// Symbols that go into the output.
    pub reachable: BitSet,
    /// Types that are used in an interface, as far as reachability found.
    pub used_in_iface: BitSet,
}
