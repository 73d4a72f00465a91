//! Which data is laid out together, by its name (`ld/symtab.go:symtab`).
//!
//! Data layout asks that of all live data. Names lie apart from all else it reads, so objects' digests
//! note it while names are at hand.

use gover::{GcMasks, GoLayout, SymKind};

/// The group of data that a symbol's name says it belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum DataGroup {
    /// None.
    #[default]
    None,
    /// Contents of string constants.
    GoString,
    /// Pointer masks that the compiler makes.
    GcBits,
    /// Pointer masks that the runtime makes of types.
    GcMask,
    /// Function descriptors.
    Func,
    /// Type descriptors and what belongs to them.
    Type,
}

impl DataGroup {
    /// By number.
    const ALL: [DataGroup; 6] = [
        DataGroup::None,
        DataGroup::GoString,
        DataGroup::GcBits,
        DataGroup::GcMask,
        DataGroup::Func,
        DataGroup::Type,
    ];

    /// Whether a symbol of kind `kind` can belong to a group.
    pub fn has_kind(kind: SymKind) -> bool {
        matches!(kind, SymKind::Rodata | SymKind::GoFunc | SymKind::NoPtrBss)
    }

    /// The group of a symbol of kind `kind` with this name.
    #[inline]
    pub fn of(gover: &GoLayout, kind: SymKind, name: &[u8]) -> DataGroup {
        match kind {
            SymKind::NoPtrBss => {
                let grouped = gover.gc_masks == GcMasks::Grouped;
                match grouped && name.starts_with(b"type:.gcmask.") {
                    true => DataGroup::GcMask,
                    false => DataGroup::None,
                }
            }
            SymKind::Rodata | SymKind::GoFunc => DataGroup::of_read_only(gover, name),
            _ => DataGroup::None,
        }
    }

    /// The group of read-only data. Names are looked at in words: there are many.
    #[inline]
    fn of_read_only(gover: &GoLayout, name: &[u8]) -> DataGroup {
        let starts = |head: &[u8; 8], rest: &[u8]| {
            name.first_chunk() == Some(head) && name[head.len()..].starts_with(rest)
        };
        if starts(b"go:strin", b"g.") {
            return DataGroup::GoString;
        }
        let has_prefix = |p: &&str| match p.as_bytes().split_first_chunk() {
            Some((head, rest)) => starts(head, rest),
            None => name.starts_with(p.as_bytes()),
        };
        if gover.gcbits_prefixes.iter().any(has_prefix) {
            return DataGroup::GcBits;
        }
        const FUNC: [u8; 3] = [0xc2, 0xb7, b'f'];
        if name.last_chunk() == Some(&FUNC) {
            DataGroup::Func
        } else if name.first_chunk() == Some(b"type:") {
            DataGroup::Type
        } else {
            DataGroup::None
        }
    }
}

/// The groups of an object's definitions, by local index: four bits each.
#[derive(Default)]
pub(crate) struct DataGroups(Vec<u8>);

impl DataGroups {
    /// For `n` definitions, which belong to none yet.
    pub fn new(n: u32) -> DataGroups {
        DataGroups(vec![0; n.div_ceil(2) as usize])
    }

    /// Notes the group of a definition that belonged to none.
    #[inline]
    pub fn set(&mut self, li: u32, group: DataGroup) {
        self.0[li as usize / 2] |= (group as u8) << (li % 2 * 4);
    }

    /// The group of a definition.
    #[inline]
    pub fn get(&self, li: u32) -> DataGroup {
        DataGroup::ALL[usize::from(self.0[li as usize / 2] >> (li % 2 * 4) & 15)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gover::RELEASES;

    #[test]
    fn names_say_what_is_laid_out_together() {
        for gover in RELEASES {
            let of = |kind, name: &str| DataGroup::of(gover, kind, name.as_bytes());
            let rodata = |name| of(SymKind::Rodata, name);
            assert_eq!(rodata("go:string.\"x·f\""), DataGroup::GoString);
            assert_eq!(rodata("type:.namedata.x-"), DataGroup::Type);
            assert_eq!(rodata("type:.eqfunc8·f"), DataGroup::Func);
            assert_eq!(rodata("main.f·f"), DataGroup::Func);
            assert_eq!(rodata("main..stmp_1"), DataGroup::None);
            assert_eq!(rodata(""), DataGroup::None);
            let bits = format!("{}0100", gover.gcbits_prefixes[0]);
            assert_eq!(rodata(&bits), DataGroup::GcBits);
            let mask = match gover.gc_masks {
                GcMasks::Grouped => DataGroup::GcMask,
                _ => DataGroup::None,
            };
            assert_eq!(of(SymKind::NoPtrBss, "type:.gcmask.T"), mask);
            assert_eq!(of(SymKind::NoPtrBss, "go:string.x"), DataGroup::None);
            assert_eq!(of(SymKind::Data, "type:T"), DataGroup::None);
            assert!(!DataGroup::has_kind(SymKind::Data));
        }
    }

    #[test]
    fn groups_are_found_by_number() {
        let n = DataGroup::ALL.len() as u32;
        let mut groups = DataGroups::new(n);
        (0..n).for_each(|i| groups.set(i, DataGroup::ALL[i as usize]));
        for i in 0..n {
            assert_eq!(groups.get(i) as u32, i);
        }
    }
}
