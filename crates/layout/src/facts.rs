//! What data layout asks of each of the many live symbols, looked up in one go.

use gover::SymKind;
use symbols::{Def, SymId, Symbols, VERSION_STATIC};

/// What a symbol is.
pub(crate) struct Facts<'a> {
    pub kind: SymKind,
    pub name: &'a [u8],
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

impl<'a> Facts<'a> {
    #[inline]
    pub fn of(syms: &'a Symbols, s: SymId) -> Facts<'a> {
        match syms.def(s) {
            Def::Go(o, li) => {
                let d = o.object.sym(li);
                let kind = syms.gover.sym_kind(d.kind());
                Facts {
                    kind: kind.unwrap_or(SymKind::Xxx),
                    name: o.object.name(d),
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
                name: &e.name,
                size: e.size,
                len: e.data.len() as u64,
                local: e.version >= VERSION_STATIC
                    && !syms.is_from_assembly(s)
                    && !syms.pkg(s).is_empty(),
                flag2: 0,
            },
            Def::Undefined(..) => Facts {
                kind: SymKind::Xxx,
                name: syms.name(s),
                size: 0,
                len: 0,
                local: false,
                flag2: 0,
            },
        }
    }
}
