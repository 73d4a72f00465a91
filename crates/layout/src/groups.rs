//! Which group of data a symbol belongs to, by its name (`ld/symtab.go:symtab`).

use crate::buckets::Relro;
use gover::{GcMasks, GoLayout, RelroRule, SymKind, TypelinkHome};

/// Rules of one release, for one link.
pub struct Groups {
    gover: &'static GoLayout,
    itab_flag: u8,
    gc_masks: bool,
    /// Kinds of types and of function descriptors.
    types: SymKind,
    funcs: SymKind,
}

impl Groups {
    /// The rules of a release.
    pub fn new(gover: &'static GoLayout, relro: Relro) -> Groups {
        let twins = relro != Relro::None && gover.relro == RelroRule::Twins;
        let (types, funcs) = match twins {
            true => (SymKind::TypeRelro, SymKind::GoFuncRelro),
            false => (SymKind::Type, SymKind::GoFunc),
        };
        Groups {
            types,
            funcs,
            gover,
            itab_flag: match gover.typelinks {
                TypelinkHome::GoType => gover.flags2.itab,
                TypelinkHome::Section => 0,
            },
            gc_masks: gover.gc_masks == GcMasks::Grouped,
        }
    }

    /// Whether modules of Go code share what is in a group.
    pub fn is_shared(&self, group: SymKind) -> bool {
        group == self.types || group == self.funcs
    }

    /// The kind under which a live symbol of kind `kind` with the second flag byte `flag2` is laid out,
    /// if it belongs to a group. Such symbols do not appear in the symbol table; their group's carrier
    /// does.
    #[inline]
    pub fn kind(&self, kind: SymKind, name: &[u8], flag2: u8) -> Option<SymKind> {
        match kind {
            SymKind::NoPtrBss if self.gc_masks && name.starts_with(b"type:.gcmask.") => {
                Some(SymKind::GcMask)
            }
            SymKind::Rodata | SymKind::GoFunc => {
                if name.starts_with(b"go:string.") {
                    Some(SymKind::GoString)
                } else if self
                    .gover
                    .gcbits_prefixes
                    .iter()
                    .any(|p| name.starts_with(p.as_bytes()))
                {
                    Some(SymKind::GcBits)
                } else if name.ends_with("·f".as_bytes()) {
                    Some(self.funcs)
                } else if name.starts_with(b"type:")
                    || (self.itab_flag != 0 && flag2 & self.itab_flag != 0)
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
