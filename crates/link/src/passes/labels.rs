//! Labels inside large symbols of an object, COFF or Mach-O: relocations of AArch64 instructions have short addends
//! (`arm64/asm.go:gensymlate`).

use gover::SymKind;
use layout::{Addresses, Buckets};
use reach::Live;
use symbols::{BitSet, SymId, Symbols, VERSION_ABI_INTERNAL};

/// Functions that are entered in the middle, with the distance between the places, bytes.
const DUFFS_DEVICES: [(&[u8], i64); 2] = [(b"runtime.duffcopy", 8), (b"runtime.duffzero", 4)];

/// Number of places in such a function.
const DUFF_STEPS: i64 = 64;

/// A place in a symbol: that, and the offset in it, bytes.
pub type Place = (SymId, i64);

/// What labels are made from.
pub struct LabelInput<'a> {
    /// The symbols.
    pub syms: &'a Symbols,
    /// What is live.
    pub live: &'a Live,
    /// Symbols that the linker places in its own ways.
    pub special: &'a BitSet,
    /// Where everything lies.
    pub addrs: &'a Addresses,
    /// Data.
    pub data: &'a Buckets,
    /// The symbols that carry groups, with the kinds of these and the length, bytes, where it is that of a
    /// section; by rank.
    pub carriers: Vec<(SymId, SymKind, Option<u64>)>,
    /// Distance between labels in a symbol, bytes.
    pub distance: i64,
}

impl LabelInput<'_> {
    /// Where labels are, in cmd/link's order.
    pub fn places(&self) -> Vec<Place> {
        let mut places = Vec::new();
        let mut add = |s: SymId, distance: i64, len: i64| {
            let offsets = (1..).map(|i| i * distance).take_while(|&off| off < len);
            places.extend(offsets.map(|off| (s, off)));
        };
        let syms = self.syms;
        let devices = DUFFS_DEVICES
            .iter()
            .filter(|_| syms.gover.arm64_duff_labels);
        for &(name, distance) in devices {
            let s = syms.lookup(name, VERSION_ABI_INTERNAL);
            if let Some(s) = s.filter(|&s| self.live.reachable.has(s)) {
                add(s, distance, distance * DUFF_STEPS);
            }
        }
        for (s, len) in self.large() {
            add(s, self.distance, len);
        }
        places
    }

    /// Data and carriers that are too large, with their lengths, bytes.
    fn large(&self) -> Vec<(SymId, i64)> {
        let syms = self.syms;
        let end = syms.gover.rank(SymKind::DwarfSect);
        let is_large = |&(s, len): &(SymId, i64)| {
            let kind = syms.kind(s);
            len > self.distance
                && !kind.is_text()
                && syms.gover.rank(kind) < end
                && self.addrs.section(s).0 != 0
                && !self.special.has(s)
                && !syms.name(s).is_empty()
        };
        let live = self.live.reachable.iter();
        let sized = live.map(|s| (s, syms.size(s) as i64));
        let mut all: Vec<(SymId, i64)> = sized.filter(is_large).collect();
        let groups = self.carriers.iter().map(|&(s, kind, len)| match len {
            Some(len) => (s, len as i64),
            None => (s, self.group_len(kind)),
        });
        all.extend(groups.filter(|&(_, len)| len > self.distance));
        all
    }

    /// Length of all data of a kind, from its first byte on, bytes.
    fn group_len(&self, kind: SymKind) -> i64 {
        let group = &self.data.of(kind).syms;
        let (Some(first), Some(last)) = (group.first(), group.last()) else {
            return 0;
        };
        let end = self.addrs.addr(last.sym).wrapping_add(last.size.into());
        end.wrapping_sub(self.addrs.addr(first.sym)) as i64
    }
}

/// What a label is called (`offsetLabelName`).
pub fn label_name(syms: &Symbols, (s, off): Place) -> Vec<u8> {
    let tail = match off % (1 << 20) {
        0 => format!("+{}MB", off >> 20),
        _ => format!("+{off}"),
    };
    [syms.ext_name(s), tail.as_bytes()].concat()
}
