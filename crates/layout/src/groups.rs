//! Which group of data a symbol belongs to, by its name (`ld/symtab.go:symtab`).

use crate::buckets::Relro;
use gover::{GcMasks, RelroRule, SymKind, TypelinkHome};
use symbols::{SymId, Symbols};

/// Rules of one release, for one link.
pub struct Groups<'a> {
    syms: &'a Symbols,
    itab_flag: u8,
    gc_masks: bool,
    /// Kinds of types and of function descriptors.
    types: SymKind,
    funcs: SymKind,
}

impl<'a> Groups<'a> {
    /// The rules for the release of `syms`.
    pub fn new(syms: &'a Symbols, relro: Relro) -> Groups<'a> {
        let twins = relro != Relro::None && syms.gover.relro == RelroRule::Twins;
        let (types, funcs) = match twins {
            true => (SymKind::TypeRelro, SymKind::GoFuncRelro),
            false => (SymKind::Type, SymKind::GoFunc),
        };
        Groups {
            types,
            funcs,
            syms,
            itab_flag: match syms.gover.typelinks {
                TypelinkHome::GoType => syms.gover.flags2.itab,
                TypelinkHome::Section => 0,
            },
            gc_masks: syms.gover.gc_masks == GcMasks::Grouped,
        }
    }

    /// The kind under which a live symbol of kind `kind` is laid out, if it belongs to a group. Such
    /// symbols do not appear in the symbol table; their group's carrier does.
    #[inline]
    pub fn kind(&self, s: SymId, kind: SymKind, name: &[u8]) -> Option<SymKind> {
        match kind {
            SymKind::NoPtrBss if self.gc_masks && name.starts_with(b"type:.gcmask.") => {
                Some(SymKind::GcMask)
            }
            SymKind::Rodata | SymKind::GoFunc => {
                if name.starts_with(b"go:string.") {
                    Some(SymKind::GoString)
                } else if self
                    .syms
                    .gover
                    .gcbits_prefixes
                    .iter()
                    .any(|p| name.starts_with(p.as_bytes()))
                {
                    Some(SymKind::GcBits)
                } else if name.ends_with("·f".as_bytes()) {
                    Some(self.funcs)
                } else if name.starts_with(b"type:")
                    || (self.itab_flag != 0 && self.syms.flag2(s) & self.itab_flag != 0)
                {
                    Some(self.types)
                } else {
                    None
                }
            }
            _ => None,
        }
    }
}
