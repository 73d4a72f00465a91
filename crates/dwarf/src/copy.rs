//! Copies of what compilers left: DIEs, lists and line programs, relocated in the output.

use crate::DwarfError;
use crate::encode::put_padded_uleb;
use crate::fields::Fields;
use crate::host::HostTarget;
use crate::offsets::OffsetTable;
use crate::plan::{Copied, Pieces, Plan};
use crate::section::Kind;
use crate::units::{Function, NO_SLOT, NOBODY, Unit, slot_width};
use goobj::{PKG_NONE, RawReloc, SymRef};
use gover::{R_WEAK, RelocType};
use symbols::{Contents, Obj, SymId};

/// Whose piece is copied.
pub(crate) struct Owner<'a> {
    /// The symbol, if it belongs to no function.
    sym: SymId,
    /// Number of its unit.
    unit: u32,
    /// The function, and where its own pieces lie.
    function: Option<(&'a Function, &'a Pieces)>,
    /// [`crate::plan::UnitPlan::refs`], for what is in the unit's object.
    refs: Option<&'a OffsetTable>,
}

impl<'a> Owner<'a> {
    /// A symbol that belongs to no function.
    fn symbol(sym: SymId, unit: u32) -> Owner<'a> {
        Owner {
            sym,
            unit,
            function: None,
            refs: None,
        }
    }
    /// Function number `k` of unit number `unit`.
    pub(crate) fn function(plan: &'a Plan, unit: u32, k: u32) -> Owner<'a> {
        // Only looked at when needed.
        let f = &plan.units[unit as usize].functions[k as usize];
        let u = &plan.plans[unit as usize];
        Owner {
            sym: SymId::NONE,
            unit,
            function: Some((f, &u.pieces[k as usize])),
            refs: Some(&u.refs),
        }
    }

    /// The function, or the symbol itself.
    fn sym(&self) -> SymId {
        self.function.map_or(self.sym, |(f, _)| f.sym)
    }

    /// Offset in a DWARF section of the owner's own pieces and of what is known to its unit.
    #[inline]
    fn section_ref(&self, o: &Obj, r: SymRef) -> Option<(Kind, u32)> {
        if r.pkg == PKG_NONE
            && let Some(at) = self.refs.and_then(|refs| refs.get(r.idx))
        {
            return Some((Kind::Info, at));
        }
        let (f, places) = self.function?;
        let local = o.object.local(r)?;
        let own = [
            (f.loc, Kind::Loc, places.loc),
            (f.ranges, Kind::Ranges, places.ranges),
            (f.info, Kind::Info, places.info),
        ];
        let found = own
            .into_iter()
            .find(|(piece, ..)| piece.is_some() && piece.li == local)?;
        Some((found.1, found.2))
    }
}

/// Writes the number of a slot in `N` bytes at `off`; answers whether it fits. `None` when there are
/// no such bytes.
#[inline]
fn put_slot<const N: usize>(data: &mut [u8], off: usize, slot: u32) -> Option<bool> {
    let field: &mut [u8; N] = data.get_mut(off..)?.first_chunk_mut()?;
    Some(put_padded_uleb(field, slot.into()))
}

impl Fields<'_> {
    /// Copies a symbol that belongs to no function.
    pub(crate) fn copy_symbol(
        &self,
        s: &Copied,
        unit: u32,
        buf: &mut [u8],
    ) -> Result<(), DwarfError> {
        let found = s.found.as_ref();
        match found.and_then(|(unit, c)| Some((self.syms.unit_obj(*unit)?, c))) {
            Some((o, contents)) => self.copy(o, contents, &Owner::symbol(s.sym, unit), buf),
            None => {
                buf.fill(0);
                Ok(())
            }
        }
    }

    /// Copies the contents of a symbol of an object and relocates the copy. Symbols of DWARF stay what
    /// objects say they are.
    pub(crate) fn copy(
        &self,
        o: &Obj,
        contents: &Contents,
        owner: &Owner,
        buf: &mut [u8],
    ) -> Result<(), DwarfError> {
        let data = contents.data(&o.object);
        let n = data.len().min(buf.len());
        let (data_buf, rest) = buf.split_at_mut(n);
        data_buf.copy_from_slice(&data[..n]);
        rest.fill(0);
        let mut slot = (NOBODY, 0u32);
        for r in RawReloc::each(contents.relocs(&o.object)) {
            if r.siz() == 0 {
                continue;
            }
            let bad = |what| self.bad_reloc(owner, r, n, what);
            let typ = self.syms.gover.reloc_type(r.typ() & !R_WEAK);
            let off = r.off() as u32 as usize;
            match typ.unwrap_or(RelocType::Invalid) {
                RelocType::DwarfSecRef if r.siz() == 4 => {
                    // Most there are in DIEs.
                    let (kind, at) = match owner.section_ref(o, r.sym()) {
                        Some(found) => found,
                        None => self.section_ref(owner, o, r.sym())?,
                    };
                    let add = i64::from(at).wrapping_add(r.add());
                    let value = self.field(off, 4, HostTarget::Section(kind), add, add as u64);
                    let field = data_buf.get_mut(off..).and_then(|f| f.first_chunk_mut());
                    *field.ok_or_else(|| bad("out of bounds"))? = (value as u32).to_le_bytes();
                }
                typ => match slot_width(typ) {
                    Some(width) => {
                        if slot.0 != r.sym() {
                            let found = self.slot(owner, self.syms.resolve_ref(o, r.sym()));
                            slot = (r.sym(), found.ok_or_else(|| bad("no such slot"))?);
                        }
                        let put = match width {
                            1 => put_slot::<1>(data_buf, off, slot.1),
                            2 => put_slot::<2>(data_buf, off, slot.1),
                            3 => put_slot::<3>(data_buf, off, slot.1),
                            _ => put_slot::<4>(data_buf, off, slot.1),
                        };
                        match put {
                            Some(true) => {}
                            Some(false) => return Err(bad("no room for a slot")),
                            None => return Err(bad("out of bounds")),
                        }
                    }
                    None => self.other_field(o, r, typ, owner, data_buf)?,
                },
            }
        }
        Ok(())
    }

    #[cold]
    fn bad_reloc(&self, owner: &Owner, r: RawReloc, len: usize, what: &'static str) -> DwarfError {
        DwarfError::BadReloc {
            name: self.syms.name_lossy(owner.sym()).into_owned(),
            off: r.off().into(),
            len: len as u64,
            what,
        }
    }

    /// Writes a field of one of the rarer types.
    fn other_field(
        &self,
        o: &Obj,
        r: RawReloc,
        typ: RelocType,
        owner: &Owner,
        data: &mut [u8],
    ) -> Result<(), DwarfError> {
        let n = data.len();
        let bad = |what| self.bad_reloc(owner, r, n, what);
        let field = usize::try_from(r.off())
            .ok()
            .and_then(|off| data.get_mut(off..))
            .and_then(|f| f.get_mut(..r.siz() as usize))
            .ok_or_else(|| bad("out of bounds"))?;
        let mut target = None;
        let value: u64 = match typ {
            RelocType::DwarfSecRef => {
                let (kind, at) = match owner.section_ref(o, r.sym()) {
                    Some(found) => found,
                    None => self.section_ref(owner, o, r.sym())?,
                };
                target = Some((HostTarget::Section(kind), i64::from(at)));
                at.into()
            }
            RelocType::Addr => {
                let s = self.syms.resolve_ref(o, r.sym());
                target = Some((HostTarget::Symbol(s), 0));
                self.addrs.addr(s)
            }
            RelocType::AddrOff => self.offset(self.syms.resolve_ref(o, r.sym())),
            RelocType::AddrCuOff => {
                let unit = self.plan.units.get(owner.unit as usize);
                let base = unit.map_or(SymId::NONE, Unit::base);
                let target = self.syms.resolve_ref(o, r.sym());
                let base = self.addrs.addr(base);
                self.addrs.addr(target).wrapping_sub(base)
            }
            _ => return Err(bad("of a type that DWARF does not have")),
        };
        let mut value = value.wrapping_add(r.add() as u64);
        if let (Some((target, at)), Some(_)) = (target, self.host) {
            let off = r.off() as usize;
            value = self.field(off, r.siz(), target, at.wrapping_add(r.add()), value);
        }
        let value = value.to_le_bytes();
        match field.len() {
            4 => field.copy_from_slice(&value[..4]),
            1 | 2 | 8 => field.copy_from_slice(&value[..field.len()]),
            _ => return Err(bad("of a strange size")),
        }
        Ok(())
    }

    /// The slot of a function of the unit.
    fn slot(&self, owner: &Owner, s: SymId) -> Option<u32> {
        if let Some((f, _)) = owner.function
            && s == f.sym
            && f.slot != NO_SLOT
        {
            return Some(f.slot);
        }
        let u = self.plan.units.get(owner.unit as usize)?;
        (0..).zip(&u.slots).find(|(_, f)| **f == s).map(|(i, _)| i)
    }

    /// Offset in a DWARF section of what is neither the owner's nor known to its unit.
    #[inline(never)]
    fn section_ref(&self, owner: &Owner, o: &Obj, r: SymRef) -> Result<(Kind, u32), DwarfError> {
        let s = self.syms.resolve_ref(o, r);
        match self.plan.info_offsets.get(s.0) {
            Some(at) => Ok((Kind::Info, at)),
            None => Err(DwarfError::Unresolved {
                name: self.syms.name_lossy(owner.sym()).into_owned(),
                target: self.syms.name_lossy(s).into_owned(),
            }),
        }
    }
}
