//! Which symbols describe types, by the types' names.
//!
//! Compilers refer to a type's DIE by name, and the symbol that describes the type has to be found by
//! that name too (`loader.Lookup` of `type:NAME` for a reference to `go:info.NAME`). Resolution has done that
//! ([`Symbols::named_as_type`]), but for whether the symbol describes a type, which is looked at where
//! references are found, on all threads; types are defined in order and by symbol.

use crate::ahead::{FAR, NEAR};
use goobj::prefetch::prefetch;
use gover::SymKind;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use symbols::{Def, SymId, Symbols};

/// What the objects say by name.
pub(crate) struct Named<'a> {
    syms: &'a Symbols,
    /// By number of a symbol that is only referred to, from the first on: [`UNKNOWN`], [`NO_TYPE`] or
    /// the symbol that describes the type.
    described: Vec<AtomicU32>,
}

/// Not looked up yet.
const UNKNOWN: u32 = 0;
/// Not the name of a type's DIE.
const NO_TYPE: u32 = u32::MAX;
/// The name of a type's DIE that no symbol describes.
const UNDESCRIBED: u32 = u32::MAX - 1;

/// How it is noted which symbol describes a type; [`SymId::NONE`] if none does.
fn noted(described: SymId) -> u32 {
    match described {
        SymId::NONE => UNDESCRIBED,
        s => s.0,
    }
}

/// What the names of types' descriptors begin with.
const TYPE_PREFIX: &[u8] = b"type:";
/// What the names of types' DIEs begin with.
const INFO_PREFIX: &[u8] = b"go:info.";

/// A buffer for names that are looked up.
pub(crate) type Scratch = Vec<u8>;

impl<'a> Named<'a> {
    /// Nothing is looked up so far.
    pub(crate) fn new(syms: &'a Symbols) -> Named<'a> {
        let n = (syms.ext_start() - syms.def_end()) as usize;
        Named {
            syms,
            described: (0..n).map(|_| AtomicU32::new(UNKNOWN)).collect(),
        }
    }

    /// The symbol that describes the type called `name`; [`SymId::NONE`] if there is none.
    pub(crate) fn described(&self, name: &[u8], scratch: &mut Scratch) -> SymId {
        scratch.clear();
        scratch.extend_from_slice(TYPE_PREFIX);
        scratch.extend_from_slice(name);
        self.if_type(self.syms.lookup(scratch, 0))
    }

    /// A symbol that was found under the name of a type's descriptor, if it can be one.
    fn if_type(&self, found: Option<SymId>) -> SymId {
        let Some(s) = found else {
            return SymId::NONE;
        };
        match self.syms.origin(s) {
            Some((o, li)) if o.object.sym(li).flag() & self.syms.gover.flags.go_type != 0 => s,
            // It may be in a library, or only be referred to.
            _ if !self.syms.foreign.shared_libs.is_empty() => s,
            _ => SymId::NONE,
        }
    }

    /// Looks up what some symbols stand for, for [`Named::described_by_info`]. What resolution has not found
    /// (a library may know it) is left to that.
    pub(crate) fn look_up(&self, infos: &[SymId]) {
        let found = |i: usize| self.syms.named_as_type(*infos.get(i)?);
        for (i, &info) in infos.iter().enumerate() {
            if let Some(later) = found(i + FAR) {
                self.syms.prefetch_place(later);
            }
            if let Some(next) = found(i + NEAR)
                && let Def::Go(o, li) = self.syms.def(next)
            {
                prefetch(o.object.sym_bytes(li));
            }
            if let (Some(place), found @ Some(_)) = (self.place(info), found(i)) {
                place.store(noted(self.if_type(found)), Relaxed);
            }
        }
    }

    /// The symbol that describes the type whose DIE the symbol `info` stands for, [`SymId::NONE`] if
    /// there is none; `None` if `info` stands for no type's DIE.
    #[inline]
    pub(crate) fn described_by_info(&self, info: SymId, scratch: &mut Scratch) -> Option<SymId> {
        let place = self.place(info);
        let mut known = place.map_or(UNKNOWN, |p| p.load(Relaxed));
        if known == UNKNOWN {
            known = match self.info_name(info) {
                None => NO_TYPE,
                Some(name) => noted(self.described(name, scratch)),
            };
            if let Some(p) = place {
                p.store(known, Relaxed);
            }
        }
        match known {
            NO_TYPE => None,
            UNDESCRIBED => Some(SymId::NONE),
            s => Some(SymId(s)),
        }
    }

    #[inline]
    fn place(&self, info: SymId) -> Option<&AtomicU32> {
        let i = info.0.checked_sub(self.syms.def_end())?;
        self.described.get(i as usize)
    }

    /// Whether it is not known yet which type's DIE the symbol stands for.
    #[inline]
    pub(crate) fn is_unknown(&self, info: SymId) -> bool {
        self.place(info).is_none_or(|p| p.load(Relaxed) == UNKNOWN)
    }

    /// The symbol that describes the type whose DIE the symbol `info` stands for, if that is known.
    #[inline]
    pub(crate) fn known(&self, info: SymId) -> SymId {
        match self.place(info).map(|p| p.load(Relaxed)) {
            None | Some(UNKNOWN | NO_TYPE | UNDESCRIBED) => SymId::NONE,
            Some(s) => SymId(s),
        }
    }

    /// The name of the type whose DIE a symbol stands for.
    pub(crate) fn info_name(&self, info: SymId) -> Option<&'a [u8]> {
        self.syms.name(info).strip_prefix(INFO_PREFIX)
    }

    /// The compiler's notes whose names are prefixes and the package's path, [`SymId::NONE`] for those
    /// that there are not.
    pub(crate) fn notes<const N: usize>(&self, prefixes: [&str; N], pkg: &str) -> [SymId; N] {
        let is_note = |kind: u8| {
            let kind = self.syms.gover.sym_kind(kind);
            matches!(kind, Some(SymKind::DwarfCuInfo | SymKind::DwarfConst))
        };
        let write = |i: usize, buf: &mut Vec<u8>| {
            buf.extend_from_slice(prefixes[i].as_bytes());
            buf.extend_from_slice(pkg.as_bytes());
        };
        let mut notes = [SymId::NONE; N];
        let all: [usize; N] = std::array::from_fn(|i| i);
        self.syms.lookup_all(&all, write, |i, found| {
            let s = found.unwrap_or_default();
            if let Some((o, li)) = self.syms.origin(s)
                && is_note(o.object.sym(li).kind())
            {
                notes[i] = s;
            }
        });
        notes
    }
}
