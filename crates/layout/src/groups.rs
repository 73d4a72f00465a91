//! As what data that belongs to a group is laid out (`ld/symtab.go:symtab`).

use crate::relro::Relro;
use gover::{GoLayout, RelroRule, SymKind, TypelinkHome};
use symbols::DataGroup;

/// Rules of one release, for one link.
pub struct Groups {
    itab_flag: u8,
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
            itab_flag: match gover.typelinks {
                TypelinkHome::GoType => gover.flags2.itab,
                TypelinkHome::Section => 0,
            },
        }
    }

    /// Whether modules of Go code share what belongs to `group` by its name and is laid out as `kind`.
    pub fn is_shared(&self, kind: SymKind, group: DataGroup) -> bool {
        group != DataGroup::Funcdata && (kind == self.types || kind == self.funcs)
    }

    /// The kind under which a live symbol of kind `kind` with the second flag byte `flag2`, which belongs to
    /// `group` by its name, is laid out if it belongs to a group. Such symbols do not appear in the symbol
    /// table; their group's carrier does.
    #[inline]
    pub fn kind(&self, kind: SymKind, group: DataGroup, flag2: u8) -> Option<SymKind> {
        match group {
            DataGroup::GoString => Some(SymKind::GoString),
            DataGroup::GcBits => Some(SymKind::GcBits),
            DataGroup::GcMask => Some(SymKind::GcMask),
            DataGroup::Func => Some(self.funcs),
            DataGroup::Type => Some(self.types),
            DataGroup::Funcdata => Some(SymKind::GoFunc),
            DataGroup::None => {
                let is_itab = flag2 & self.itab_flag != 0
                    && matches!(kind, SymKind::Rodata | SymKind::GoFunc);
                is_itab.then_some(self.types)
            }
        }
    }
}
