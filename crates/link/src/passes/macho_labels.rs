//! Labels inside large symbols of a Mach-O object: relocations of AArch64 instructions have addends of 24
//! bits only (`arm64/asm.go:gensymlate`).

use super::macho_symbols::MachoSymbols;
use gover::SymKind;
use layout::{Addresses, Buckets, Segments};
use reach::Live;
use rustc_hash::FxHashMap;
use symbols::{BitSet, SymId, Symbols, VERSION_ABI_INTERNAL};

/// Distance between labels, bytes, and what addends stay below.
pub const LABEL_DISTANCE: i64 = 1 << 23;

/// Functions that are entered in the middle, with the distance between the places, bytes.
const DUFFS_DEVICES: [(&[u8], i64); 2] = [(b"runtime.duffcopy", 8), (b"runtime.duffzero", 4)];

/// Number of places in such a function.
const DUFF_STEPS: i64 = 64;

/// The labels.
#[derive(Default)]
pub struct Labels {
    /// Numbers in the symbol table, from 1 on, by symbol and offset.
    numbers: FxHashMap<(SymId, i64), u32>,
}

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
    /// The segments.
    pub segs: &'a Segments,
    /// Data.
    pub data: &'a Buckets,
    /// The symbols that carry groups, with the kinds of these and the length of the tables of functions,
    /// bytes, where that is the group, by rank.
    pub carriers: Vec<(SymId, SymKind, u64)>,
}

impl Labels {
    /// Makes the labels, and puts them behind the symbols of `table`.
    pub fn make(input: &LabelInput, table: &mut MachoSymbols) -> Labels {
        let mut places = Vec::new();
        let mut add = |s: SymId, distance: i64, len: i64| {
            let mut off = distance;
            while off < len {
                places.push((s, off));
                off += distance;
            }
        };
        let syms = input.syms;
        if syms.gover.arm64_duff_labels {
            for (name, distance) in DUFFS_DEVICES {
                if let Some(s) = syms.lookup(name, VERSION_ABI_INTERNAL)
                    && input.live.reachable.has(s)
                {
                    add(s, distance, distance * DUFF_STEPS);
                }
            }
        }
        for (s, len) in input.large() {
            add(s, LABEL_DISTANCE, len);
        }
        let first = table.count() + 1;
        let numbers = places.iter().copied().zip(first..).collect();
        table.append(places.into_iter().map(|(s, off)| {
            let value = input.addrs.addr(s).wrapping_add_signed(off);
            (name(syms, s, off), input.addrs.section(s).0, value)
        }));
        Labels { numbers }
    }

    /// The number of the label `off` bytes into `s`, if there is one.
    pub fn number(&self, s: SymId, off: i64) -> Option<u32> {
        self.numbers.get(&(s, off)).copied()
    }
}

/// What a label is called (`offsetLabelName`).
fn name(syms: &Symbols, s: SymId, off: i64) -> Vec<u8> {
    let mut name = syms.ext_name(s).to_vec();
    let tail = match off % (1 << 20) {
        0 => format!("+{}MB", off >> 20),
        _ => format!("+{off}"),
    };
    name.extend_from_slice(tail.as_bytes());
    name
}

impl LabelInput<'_> {
    /// Data and carriers that are too large, with their lengths, bytes.
    fn large(&self) -> Vec<(SymId, i64)> {
        let segs = self.segs;
        let loaded = [
            &segs.text,
            &segs.rodata,
            &segs.relro,
            &segs.data,
            &segs.dwarf,
        ];
        if loaded.iter().all(|s| s.len < LABEL_DISTANCE as u64) {
            return Vec::new();
        }
        let syms = self.syms;
        let end = syms.gover.rank(SymKind::DwarfSect);
        let is_large = |&(s, len): &(SymId, i64)| {
            let kind = syms.kind(s);
            len > LABEL_DISTANCE
                && !kind.is_text()
                && syms.gover.rank(kind) < end
                && !self.special.has(s)
                && !syms.name(s).is_empty()
        };
        let live = self.live.reachable.iter();
        let sized = live.map(|s| (s, syms.size(s) as i64));
        let mut all: Vec<(SymId, i64)> = sized.filter(is_large).collect();
        let groups = self.carriers.iter().map(|&(s, kind, len)| match len {
            0 => (s, self.group_len(kind)),
            len => (s, len as i64),
        });
        all.extend(groups.filter(|&(_, len)| len > LABEL_DISTANCE));
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
