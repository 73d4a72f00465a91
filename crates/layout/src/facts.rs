//! What data layout asks of each of the many live symbols, looked up in one go.

use gover::SymKind;
use symbols::{DataGroup, Def, SymId, Symbols, VERSION_STATIC};

/// What a symbol is.
pub(crate) struct Facts {
    pub kind: SymKind,
    /// The group that its name says it belongs to.
    pub group: DataGroup,
    /// Whether it has no name.
    pub nameless: bool,
    /// Size, bytes.
    pub size: u64,
    /// Length of the contents, bytes. What objects hold is not longer than its size; that has been
    /// checked.
    pub len: u64,
    /// Whether only its object knows it, which a compiler wrote and which belongs to a package.
    pub local: bool,
    /// Second flag byte of the definition.
    pub flag2: u8,
}

impl Facts {
    #[inline]
    pub fn of(syms: &Symbols, s: SymId) -> Facts {
        match syms.def(s) {
            Def::Go(o, li) => {
                let d = o.object.sym(li);
                let kind = syms.gover.sym_kind(d.kind());
                Facts {
                    kind: kind.unwrap_or(SymKind::Xxx),
                    group: o.data_group(li),
                    nameless: d.name_len() == 0,
                    size: d.size().into(),
                    len: 0,
                    local: d.abi() == goobj::ABI_STATIC
                        && !o.object.is_from_assembly()
                        && !syms.libs[o.lib.index()].pkg.is_empty(),
                    flag2: d.flag2(),
                }
            }
            Def::Ext(e) => Facts {
                kind: e.kind,
                group: DataGroup::of(syms.gover, e.kind, &e.name),
                nameless: e.name.is_empty(),
                size: e.size,
                len: e.data.len() as u64,
                local: e.version >= VERSION_STATIC
                    && !syms.is_from_assembly(s)
                    && !syms.pkg(s).is_empty(),
                flag2: 0,
            },
            Def::Undefined(..) => Facts {
                kind: SymKind::Xxx,
                group: DataGroup::None,
                nameless: syms.name(s).is_empty(),
                size: 0,
                len: 0,
                local: false,
                flag2: 0,
            },
        }
    }
}
