//! Which data is laid out together, by its name (`ld/symtab.go:symtab`).
//!
//! Data layout asks that of all live data. Names lie apart from all else it reads, so objects' digests
//! note it while names are at hand.

use crate::name_hash::word;
use gover::{FuncdataHome, GcMasks, GoLayout, SymKind};

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
    /// What the runtime knows of functions besides the pclntab, in releases where that is data.
    Funcdata,
}

impl DataGroup {
    /// By number.
    const ALL: [DataGroup; 7] = [
        DataGroup::None,
        DataGroup::GoString,
        DataGroup::GcBits,
        DataGroup::GcMask,
        DataGroup::Func,
        DataGroup::Type,
        DataGroup::Funcdata,
    ];

    /// The group of a symbol of kind `kind` with this name.
    pub fn of(gover: &GoLayout, kind: SymKind, name: &[u8]) -> DataGroup {
        if kind == SymKind::GoFunc && name.is_empty() && gover.funcdata == FuncdataHome::Rodata {
            return DataGroup::Funcdata; // An inline tree, which the linker makes.
        }
        match GroupedKind::of(gover, kind) {
            None => DataGroup::None,
            Some(kind) => GroupNames::new(gover).of(kind, name),
        }
    }
}

/// The kinds of data that can belong to a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GroupedKind {
    /// Where pointer masks are that the runtime makes.
    Masks,
    /// Read-only data.
    ReadOnly,
}

impl GroupedKind {
    pub(crate) fn of(gover: &GoLayout, kind: SymKind) -> Option<GroupedKind> {
        match kind {
            SymKind::NoPtrBss if gover.gc_masks == GcMasks::Grouped => Some(GroupedKind::Masks),
            SymKind::Rodata | SymKind::GoFunc => Some(GroupedKind::ReadOnly),
            _ => None,
        }
    }
}

/// What a name can begin with, its first eight bytes as a word.
#[derive(Clone, Copy)]
struct Start {
    word: u64,
    /// Of a shorter one, the bytes it has.
    mask: u64,
    rest: &'static [u8],
}

impl Start {
    /// What no name begins with.
    const NEVER: Start = Start {
        word: 1,
        mask: 0,
        rest: b"",
    };

    const fn new(prefix: &'static str) -> Start {
        let len = if prefix.len() < 8 { prefix.len() } else { 8 };
        let (first, rest) = prefix.as_bytes().split_at(len);
        Start {
            word: word(first),
            mask: u64::MAX >> (64 - 8 * len),
            rest,
        }
    }

    /// Whether a name whose first word is `word` begins so.
    #[inline(always)]
    fn is_of(&self, word: u64, name: &[u8]) -> bool {
        word & self.mask == self.word && (self.rest.is_empty() || self.has_rest(name))
    }

    /// Not a part of [`Start::is_of`], which few names get past.
    #[inline(never)]
    fn has_rest(&self, name: &[u8]) -> bool {
        name.get(8..).is_some_and(|n| n.starts_with(self.rest))
    }
}

/// The names of groups of a release. There are many names, so they are looked at in words.
#[derive(Clone, Copy)]
pub(crate) struct GroupNames {
    gc_bits: [Start; GroupNames::GC_BITS],
    /// Whether funcdata is told by its name.
    funcdata: bool,
}

impl GroupNames {
    /// No release has more prefixes of pointer masks.
    const GC_BITS: usize = 2;

    pub(crate) fn new(gover: &GoLayout) -> GroupNames {
        let prefix = |i: usize| gover.gcbits_prefixes.get(i);
        GroupNames {
            gc_bits: std::array::from_fn(|i| prefix(i).map_or(Start::NEVER, |p| Start::new(p))),
            funcdata: gover.funcdata == FuncdataHome::Rodata,
        }
    }

    /// The group of data of such a kind with this name.
    #[inline(always)]
    pub(crate) fn of(&self, kind: GroupedKind, name: &[u8]) -> DataGroup {
        match kind {
            GroupedKind::ReadOnly => self.of_read_only(name),
            GroupedKind::Masks if name.starts_with(b"type:.gcmask.") => DataGroup::GcMask,
            GroupedKind::Masks => DataGroup::None,
        }
    }

    #[inline(always)]
    fn of_read_only(&self, name: &[u8]) -> DataGroup {
        const GO_STRING: Start = Start::new("go:string.");
        const TYPE: Start = Start::new("type:");
        let first = match name.first_chunk() {
            Some(first) => u64::from_le_bytes(*first),
            None => word(name),
        };
        if GO_STRING.is_of(first, name) {
            DataGroup::GoString
        } else if self.gc_bits.iter().any(|start| start.is_of(first, name)) {
            DataGroup::GcBits
        } else if name.last_chunk() == Some(&[0xc2, 0xb7, b'f']) {
            DataGroup::Func
        } else if self.funcdata && is_funcdata(name) {
            DataGroup::Funcdata
        } else if TYPE.is_of(first, name) {
            DataGroup::Type
        } else {
            DataGroup::None
        }
    }
}

/// Whether that is the name of funcdata. It may begin like that of a type.
#[inline(never)]
fn is_funcdata(name: &[u8]) -> bool {
    const BEGINNINGS: [&str; 3] = ["gcargs.", "gclocals.", "gclocals·"];
    const ENDS: [&str; 7] = [
        ".opendefer",
        ".arginfo0",
        ".arginfo1",
        ".argliveinfo",
        ".wrapinfo",
        ".args_stackmap",
        ".stkobj",
    ];
    let begins = |s: &&str| name.starts_with(s.as_bytes());
    let ends = |s: &&str| name.ends_with(s.as_bytes());
    BEGINNINGS.iter().any(begins) || ENDS.iter().any(ends)
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
            assert!(gover.gcbits_prefixes.len() <= GroupNames::GC_BITS);
            assert_eq!(rodata("type:"), DataGroup::Type);
            assert_eq!(rodata("type"), DataGroup::None);
            assert_eq!(rodata("go:strin"), DataGroup::None);
            assert_eq!(rodata("go:string"), DataGroup::None);
            assert_eq!(rodata("go:string."), DataGroup::GoString);
            assert_eq!(rodata("f·f"), DataGroup::Func);
        }
    }

    #[test]
    fn funcdata_is_told_by_its_name_where_it_is_data() {
        for gover in RELEASES {
            let data = gover.funcdata == FuncdataHome::Rodata;
            let or = |other| if data { DataGroup::Funcdata } else { other };
            for (name, group) in [
                ("gclocals·0123", or(DataGroup::None)),
                ("gclocals.f", or(DataGroup::None)),
                ("main.f.stkobj", or(DataGroup::None)),
                ("type:.eq.T.arginfo1", or(DataGroup::Type)),
                ("main.arginfo1·f", DataGroup::Func),
                ("go:string.x.stkobj", DataGroup::GoString),
                ("", DataGroup::None),
            ] {
                let got = DataGroup::of(gover, SymKind::Rodata, name.as_bytes());
                assert_eq!(got, group, "{name}");
            }
            let tree = DataGroup::of(gover, SymKind::GoFunc, b"");
            assert_eq!(tree, or(DataGroup::None));
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
