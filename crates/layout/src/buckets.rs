//! Live data by kind, sorted (`ld/data.go:dodata`, `dodataSect`).

use crate::facts::Facts;
use crate::groups::Groups;
use crate::relro::Relro;
use gover::{GoLayout, RelroRule, SymKind, TypelinkHome};
use rayon::prelude::*;
use reach::Live;
use symbols::rtype::TypeStrings;
use symbols::{BitSet, Def, SymId, Symbols};

/// Greatest alignment that a size implies, bytes.
const MAX_ALIGN: u32 = 32;
/// Greatest size of a symbol, bytes; cmd/link's "2 GB (or so)".
const CUTOFF: u64 = 2_000_000_000;

/// One data symbol on its way to a place.
#[derive(Clone, Copy, Debug)]
pub struct DataSym {
    /// The symbol.
    pub sym: SymId,
    /// Size in bytes.
    pub size: u32,
    /// Alignment in bytes.
    pub align: u32,
}

impl DataSym {
    fn new(syms: &Symbols, s: SymId, size: u64) -> DataSym {
        DataSym {
            sym: s,
            size: size.min(u32::MAX.into()) as u32,
            align: data_align(syms.align(s), size),
        }
    }
    fn key(&self) -> u64 {
        u64::from(self.size) << 32 | u64::from(self.sym.0)
    }
}

/// The data symbols of one kind.
#[derive(Clone, Debug, Default)]
pub struct Bucket {
    /// In the order of the file.
    pub syms: Vec<DataSym>,
    /// Greatest alignment, 0 when there are none.
    pub max_align: u32,
}

/// Lengths of the parts of the type section, bytes, in releases whose moduledata tells them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TypeParts {
    /// End of the descriptors that reflection searches.
    pub desc_len: u64,
    /// Start of the itabs.
    pub itab_offset: u64,
    /// Length of the itabs.
    pub itab_size: u64,
}

/// All data.
pub struct Buckets {
    /// By kind.
    pub by_kind: Vec<Bucket>,
    /// Symbols that do not appear in the symbol table.
    pub hidden: BitSet,
    /// Parts of the type section.
    pub type_parts: TypeParts,
    /// Complaints, as (symbol, text).
    pub errors: Vec<(SymId, String)>,
}

/// Alignment of a symbol: what its definition asks for, else the largest power of two up to 32 that
/// its size fills (`ld/data.go:symalign`).
#[inline]
pub fn data_align(explicit: u32, size: u64) -> u32 {
    if explicit != 0 {
        return explicit;
    }
    if size >= MAX_ALIGN.into() {
        MAX_ALIGN
    } else {
        1 << (63 - (size | 1).leading_zeros())
    }
}

/// Live data by kind, before it is sorted. What is found out about data as a whole, such as its
/// dynamic relocations, is found out here: the order is that of the symbols' numbers.
pub struct Unsorted {
    found: Vec<Found>,
    n_syms: usize,
}

/// What the order of data depends on besides its sizes.
pub struct DataOrder<'a> {
    /// Strings of types that reflection searches.
    pub strings: &'a TypeStrings,
    /// Size of a pointer, bytes.
    pub ptr_size: u8,
    /// The carrier of types, which comes first of them.
    pub type_star: SymId,
    /// Markers with room of their own that come first of all data of their kind.
    pub heads: &'a [SymId],
    /// Those that come last.
    pub tails: &'a [SymId],
}

impl DataOrder<'_> {
    fn is_end(&self, s: SymId) -> bool {
        self.heads.contains(&s) || self.tails.contains(&s)
    }

    /// Moves the first and the last of a kind to their places.
    fn move_ends(&self, list: &mut [DataSym]) {
        if self.heads.is_empty() {
            return;
        }
        let place = |list: &[DataSym], ends: &[SymId]| {
            let is_end = |d: &DataSym| ends.contains(&d.sym);
            list.iter().position(is_end)
        };
        if let Some(i) = place(list, self.heads) {
            list[..=i].rotate_right(1);
        }
        if let Some(i) = place(list, self.tails) {
            list[i..].rotate_left(1);
        }
    }
}

struct Found {
    by_kind: Vec<Vec<DataSym>>,
    hidden: Vec<SymId>,
    errors: Vec<(SymId, String)>,
}

impl Unsorted {
    /// Sorts live data into buckets, but for the symbols in `apart`: text, and what has a place without
    /// data layout. `hide_locals` takes the compiler's file-local symbols and coverage counters out of
    /// the symbol table, as internal linking does. `dynlink` leaves types and function descriptors there,
    /// for other modules to find.
    pub fn collect(
        syms: &Symbols,
        live: &Live,
        apart: &BitSet,
        relro: Relro,
        hide_locals: bool,
        dynlink: bool,
    ) -> Unsorted {
        const CHUNK: usize = 1 << 15;
        let n = syms.len();
        let rank = |k| syms.gover.rank(k);
        let text_end = syms.gover.end_kind(SymKind::Text, SymKind::TextEnd);
        let (low, high) = (rank(text_end), rank(SymKind::Xref));
        let groups = Groups::new(syms.gover, relro);
        let found: Vec<Found> = (0..n.div_ceil(CHUNK))
            .into_par_iter()
            .map(|c| {
                let mut f = Found {
                    by_kind: vec![Vec::new(); SymKind::COUNT],
                    hidden: Vec::new(),
                    errors: Vec::new(),
                };
                for s in live
                    .reachable
                    .iter_range(c * CHUNK..((c + 1) * CHUNK).min(n))
                {
                    // That is known without a look at its definition.
                    if apart.has(s) {
                        continue;
                    }
                    let facts = Facts::of(syms, s);
                    let Facts {
                        mut kind,
                        size,
                        len,
                        ..
                    } = facts;
                    let r = rank(kind);
                    if r <= low || r >= high {
                        continue;
                    }
                    if hide_locals && (kind == SymKind::CoverageCounter || facts.local) {
                        f.hidden.push(s);
                    }
                    if syms.foreign.is_interior(s) {
                        continue;
                    }
                    if let Some(k) = groups.kind(kind, facts.group, facts.flag2) {
                        if !dynlink || !groups.is_shared(k, facts.group) {
                            f.hidden.push(s);
                        }
                        kind = k;
                    }
                    // Nameless symbols are parts of others.
                    if facts.nameless && kind != SymKind::GoFunc {
                        continue;
                    }
                    if size < len {
                        f.errors
                            .push((s, format!("initialize bounds ({size} < {len})")));
                    } else if size > CUTOFF {
                        f.errors
                            .push((s, format!("symbol too large ({size} bytes)")));
                    }
                    f.by_kind[kind.index()].push(DataSym::new(syms, s, size));
                }
                f
            })
            .collect();
        Unsorted { found, n_syms: n }
    }

    /// All symbols, kind after kind as the release orders them, and by number within a kind.
    pub fn in_order(&self, g: &'static GoLayout) -> impl Iterator<Item = &[DataSym]> {
        g.kind_order.iter().flat_map(|k| {
            let of_kind = self.found.iter().map(|f| &f.by_kind[k.index()][..]);
            of_kind.filter(|list| !list.is_empty())
        })
    }

    /// Takes in the sizes that sections for the dynamic linker have now.
    pub fn resize_sections(&mut self, syms: &Symbols) {
        for kind in [
            SymKind::ElfRxSect,
            SymKind::ElfRoSect,
            SymKind::ElfRelroSect,
            SymKind::ElfSect,
            SymKind::ElfGot,
            SymKind::MachoPlt,
            SymKind::MachoGot,
            SymKind::MachoRelroSect,
        ] {
            for f in &mut self.found {
                for d in &mut f.by_kind[kind.index()] {
                    *d = DataSym::new(syms, d.sym, syms.size(d.sym));
                }
            }
        }
    }

    /// Moves read-only data with relocations to where the dynamic linker can write
    /// (`ld/data.go:makeRelroForSharedLib`).
    pub fn move_relro(&mut self, syms: &Symbols) {
        let g = syms.gover;
        let has_relocs = |s: SymId| syms.relocs(s).len() > 0;
        self.found.par_iter_mut().for_each(|f| {
            for &kind in g.read_only_kinds {
                let twin = g.relro_twins.iter().find(|(k, _)| *k == kind);
                let list = std::mem::take(&mut f.by_kind[kind.index()]);
                let (moved, kept): (Vec<_>, Vec<_>) =
                    list.into_iter().partition(|d| match (kind, g.relro) {
                        // Offsets, not addresses.
                        (SymKind::GoFunc, RelroRule::Twins) => false,
                        (SymKind::Type, RelroRule::Twins) => true,
                        (_, RelroRule::Twins) => has_relocs(d.sym),
                        (_, RelroRule::RodataOnly) => twin.is_some() && has_relocs(d.sym),
                    });
                f.by_kind[kind.index()] = kept;
                match twin {
                    Some((_, twin)) => f.by_kind[twin.index()].extend(moved),
                    None => f.errors.extend(
                        moved
                            .into_iter()
                            .map(|d| (d.sym, format!("cannot contain relocations (type {kind})"))),
                    ),
                }
            }
        });
    }

    /// Sorts the symbols of each kind (`ld/data.go:dodataSect`).
    pub fn sort(self, syms: &Symbols, order: &DataOrder) -> Buckets {
        let found = self.found;
        let mut hidden = BitSet::new(self.n_syms);
        let mut errors = Vec::new();
        for f in &found {
            f.hidden.iter().for_each(|&s| hidden.insert(s));
            errors.extend(f.errors.iter().cloned());
        }
        let zerobase = syms.lookup(b"runtime.zerobase", 0).unwrap_or_default();
        let sorted: Vec<(Bucket, TypeParts)> = (0..SymKind::COUNT)
            .into_par_iter()
            .map(|k| {
                let len = found.iter().map(|f| f.by_kind[k].len()).sum();
                let mut b = Bucket {
                    syms: Vec::with_capacity(len),
                    max_align: 0,
                };
                for f in &found {
                    b.syms.extend_from_slice(&f.by_kind[k]);
                }
                let inner = b.syms.iter().filter(|d| !order.is_end(d.sym));
                b.max_align = inner.map(|s| s.align).max().unwrap_or(0);
                let mut parts = TypeParts::default();
                match SymKind::ALL[k] {
                    // These were made in the order of the file.
                    SymKind::Pclntab => {}
                    SymKind::ElfGot => b.syms.sort_by_key(|d| (syms.name(d.sym), d.sym)),
                    SymKind::Type if syms.gover.typelinks == TypelinkHome::GoType => {
                        parts = sort_types(syms, &mut b.syms, order);
                    }
                    // runtime.zerobase follows the symbols without size, whose address it has.
                    _ => b.syms.par_sort_unstable_by_key(|d| {
                        if d.sym == zerobase {
                            u64::from(u32::MAX)
                        } else {
                            d.key()
                        }
                    }),
                }
                order.move_ends(&mut b.syms);
                (b, parts)
            })
            .collect();
        let type_parts = sorted[SymKind::Type.index()].1;
        Buckets {
            by_kind: sorted.into_iter().map(|(b, _)| b).collect(),
            hidden,
            type_parts,
            errors,
        }
    }
}

impl Buckets {
    /// Puts `second` right behind `first`, at the earlier of their places, both aligned to `align`
    /// bytes; they are of kind `kind`. Nothing changes if that is where it is.
    pub fn join(&mut self, kind: SymKind, first: SymId, second: SymId, align: u32) {
        let list = &mut self.by_kind[kind.index()].syms;
        let place = |s: SymId| list.iter().position(|d| d.sym == s);
        let (Some(a), Some(b)) = (place(first), place(second)) else {
            return;
        };
        if b == a + 1 {
            return;
        }
        let [mut x, mut y] = [list[a], list[b]];
        (x.align, y.align) = (align, align);
        list.remove(a.max(b));
        list.remove(a.min(b));
        list.splice(a.min(b)..a.min(b), [x, y]);
    }

    /// The symbols of one kind.
    pub fn of(&self, kind: SymKind) -> &Bucket {
        &self.by_kind[kind.index()]
    }
}

/// Sorts the type section: its marker and carrier, descriptors that reflection searches by string, other
/// descriptors by size, itabs by size. Equal strings stay as Go's sort leaves them.
fn sort_types(syms: &Symbols, list: &mut Vec<DataSym>, order: &DataOrder) -> TypeParts {
    #[derive(PartialEq, Eq, PartialOrd, Ord, Clone, Copy)]
    enum Class {
        /// The marker, then the carrier.
        First,
        Typelink,
        Other,
        /// And then the marker behind all.
        Itab,
    }
    let f = (syms.gover.flags.typelink, syms.gover.flags2.itab);
    // The class and, for those that reflection searches, the string.
    let classes: Vec<(Class, &[u8])> = list
        .par_iter()
        .map(|d| {
            if d.sym == order.type_star || order.heads.contains(&d.sym) {
                return (Class::First, &[][..]);
            }
            if order.tails.contains(&d.sym) {
                return (Class::Itab, &[][..]);
            }
            let Def::Go(o, li) = syms.def(d.sym) else {
                return (Class::Other, &[][..]);
            };
            let def = o.object.sym(li);
            if def.flag2() & f.1 != 0 {
                (Class::Itab, &[][..])
            } else if def.flag() & f.0 != 0 {
                (
                    Class::Typelink,
                    order.strings.get(syms, d.sym, order.ptr_size),
                )
            } else {
                (Class::Other, &[][..])
            }
        })
        .collect();
    // Strings become numbers first: the sort proper then compares integers only. Most strings differ
    // in their first bytes.
    let head = |s: &[u8]| {
        let mut b = [0; 8];
        let n = s.len().min(8);
        b[..n].copy_from_slice(&s[..n]);
        u64::from_be_bytes(b)
    };
    let mut by_string: Vec<(u64, u32)> = (0..list.len() as u32)
        .into_par_iter()
        .filter(|&i| classes[i as usize].0 == Class::Typelink)
        .map(|i| (head(classes[i as usize].1), i))
        .collect();
    let string = |i: u32| classes[i as usize].1;
    by_string.par_sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| string(a.1).cmp(string(b.1))));
    let mut number = vec![0u32; list.len()];
    for w in by_string.windows(2) {
        let (a, b) = (w[0].1, w[1].1);
        number[b as usize] = number[a as usize] + u32::from(string(a) != string(b));
    }
    // Class, then number of the string or size and number of the symbol, in one integer: neither
    // takes more than 31 bits in a link without errors.
    let low31 = |n: u32| u64::from(n.min(u32::MAX >> 1));
    let mut keyed: Vec<(u64, u32)> = (0..list.len() as u32)
        .zip(&classes)
        .map(|(i, &(class, _))| {
            let d = &list[i as usize];
            let key = match class {
                Class::Typelink => number[i as usize].into(),
                Class::First => u64::from(d.sym == order.type_star),
                _ if order.tails.contains(&d.sym) => !0 >> 2,
                _ => low31(d.size) << 31 | low31(d.sym.0),
            };
            ((class as u64) << 62 | key, i)
        })
        .collect();
    gosort::par_sort_by(&mut keyed, syms.gover.shuffle, |a, b| a.0 < b.0);
    let mut p = TypeParts {
        desc_len: order.ptr_size.into(),
        ..TypeParts::default()
    };
    let mut at = u64::from(order.ptr_size);
    let mut seen_itab = false;
    for &(_, i) in &keyed {
        let (class, d) = (classes[i as usize].0, &list[i as usize]);
        if order.is_end(d.sym) {
            continue;
        }
        let aligned = crate::round_up(at, d.align.into());
        let end = aligned + u64::from(d.size);
        match class {
            Class::First => continue,
            Class::Typelink => p.desc_len = end,
            Class::Other => {}
            Class::Itab => {
                if !seen_itab {
                    p.itab_offset = aligned;
                    seen_itab = true;
                }
                p.itab_size = crate::round_up(p.itab_size, d.align.into()) + u64::from(d.size);
            }
        }
        at = end;
    }
    if !seen_itab {
        p.itab_offset = at;
    }
    *list = keyed.into_iter().map(|(_, i)| list[i as usize]).collect();
    p
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_with_room_come_first_and_last() {
        let data = |n: u32| DataSym {
            sym: SymId(n),
            size: 8,
            align: 8,
        };
        let strings = TypeStrings::default();
        let moved = |heads: &[SymId], tails: &[SymId]| {
            let order = DataOrder {
                strings: &strings,
                ptr_size: 8,
                type_star: SymId::NONE,
                heads,
                tails,
            };
            let mut list = [1, 2, 3, 4, 5].map(data);
            order.move_ends(&mut list);
            list.map(|d| d.sym.0)
        };
        assert_eq!(moved(&[SymId(3), SymId(9)], &[SymId(2)]), [3, 1, 4, 5, 2]);
        assert_eq!(moved(&[], &[]), [1, 2, 3, 4, 5]);
    }

    #[test]
    fn alignment_follows_size() {
        let want = [
            (0, 1),
            (1, 1),
            (2, 2),
            (3, 2),
            (4, 4),
            (7, 4),
            (8, 8),
            (31, 16),
            (32, 32),
            (1 << 40, 32),
        ];
        for (size, align) in want {
            assert_eq!(data_align(0, size), align, "size {size}");
        }
        assert_eq!(data_align(64, 1), 64);
    }
}
