//! Relocations that are left to a host linker (`ld/data.go:relocsym`, `extreloc`,
//! `elfreloc1` and `pereloc1` of both architectures).
//!
//! Only what a fixed distance between places of one section decides is settled here. Everything
//! else keeps its field, with zero or the addend in it, and becomes one relocation of the object or, for a
//! pair of AArch64 instructions, two.

use crate::{Problem, RelocError, Relocator, arm64};
use gover::{RelocType, SymKind};
use layout::{Carriers, SectionId};
use symbols::{Reloc, SymId};
use target::{Family, FileFormat};

/// ELF relocation types, spelled as the psABIs spell them.
#[allow(missing_docs)]
pub mod elf {
    pub const R_X86_64_64: u32 = 1;
    pub const R_X86_64_PC32: u32 = 2;
    pub const R_X86_64_PLT32: u32 = 4;
    pub const R_X86_64_GOTPCREL: u32 = 9;
    pub const R_X86_64_32: u32 = 10;
    pub const R_X86_64_GOTTPOFF: u32 = 22;
    pub const R_X86_64_TPOFF32: u32 = 23;
    pub const R_AARCH64_ABS64: u32 = 257;
    pub const R_AARCH64_ABS32: u32 = 258;
    pub const R_AARCH64_ADR_PREL_PG_HI21: u32 = 275;
    pub const R_AARCH64_ADD_ABS_LO12_NC: u32 = 277;
    pub const R_AARCH64_LDST8_ABS_LO12_NC: u32 = 278;
    pub const R_AARCH64_CALL26: u32 = 283;
    pub const R_AARCH64_LDST16_ABS_LO12_NC: u32 = 284;
    pub const R_AARCH64_LDST32_ABS_LO12_NC: u32 = 285;
    pub const R_AARCH64_LDST64_ABS_LO12_NC: u32 = 286;
    pub const R_AARCH64_ADR_GOT_PAGE: u32 = 311;
    pub const R_AARCH64_LD64_GOT_LO12_NC: u32 = 312;
    pub const R_AARCH64_TLSIE_ADR_GOTTPREL_PAGE21: u32 = 541;
    pub const R_AARCH64_TLSIE_LD64_GOTTPREL_LO12_NC: u32 = 542;
    pub const R_AARCH64_TLSLE_MOVW_TPREL_G0: u32 = 547;
}

/// COFF relocation types, spelled as Microsoft's specification spells them.
#[allow(missing_docs)]
pub mod coff {
    pub const IMAGE_REL_AMD64_ADDR64: u32 = 1;
    pub const IMAGE_REL_AMD64_ADDR32: u32 = 2;
    pub const IMAGE_REL_AMD64_ADDR32NB: u32 = 3;
    pub const IMAGE_REL_AMD64_REL32: u32 = 4;
    pub const IMAGE_REL_AMD64_SECREL: u32 = 11;
    pub const IMAGE_REL_ARM64_ADDR32: u32 = 1;
    pub const IMAGE_REL_ARM64_BRANCH26: u32 = 3;
    pub const IMAGE_REL_ARM64_PAGEBASE_REL21: u32 = 4;
    pub const IMAGE_REL_ARM64_PAGEOFFSET_12A: u32 = 6;
    pub const IMAGE_REL_ARM64_PAGEOFFSET_12L: u32 = 7;
    pub const IMAGE_REL_ARM64_SECREL: u32 = 8;
    pub const IMAGE_REL_ARM64_ADDR64: u32 = 14;
}

use coff::*;
use elf::*;

/// What relocation for a host linker needs to know besides.
#[derive(Clone, Copy)]
pub struct HostLink<'a> {
    /// The symbols that stand for others in the object file.
    pub carriers: &'a Carriers,
    /// `runtime.tlsg`, which thread-local relocations without a target mean.
    pub tlsg: SymId,
    /// Whether imported symbols may be referred to (`DynlinkingGo`).
    pub dynlink: bool,
    /// Whether this is a plugin or a Go shared library. What it lacks is not looked for then; it only
    /// has no section.
    pub library: bool,
    /// The format of the object.
    pub format: FileFormat,
}

/// A relocation for the host linker.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HostReloc {
    /// Offset of the field in the symbol that holds it, bytes.
    pub off: i32,
    /// Its width, bytes.
    pub siz: u8,
    /// What kind.
    pub typ: RelocType,
    /// What it refers to.
    pub sym: SymId,
    /// Addend.
    pub add: i64,
}

/// How a relocation type appears in an object: one record, or two, the second for the
/// instruction behind the first.
pub type HostTypes = (u32, Option<u32>);

/// The ELF relocations of one field (`elfreloc1`); `None` if there are none of that width.
/// `imported` tells whether the target is in another module, and a function there if it is not called.
pub fn elf_types(family: Family, typ: RelocType, siz: u8, imported: bool) -> Option<HostTypes> {
    use RelocType::*;
    let one = |t: u32| Some((t, None));
    let pair = |a: u32, b: u32| Some((a, Some(b)));
    match (family, typ, siz) {
        (Family::Amd64, Addr | DwarfSecRef, 4) => one(R_X86_64_32),
        (Family::Amd64, Addr | DwarfSecRef, 8) => one(R_X86_64_64),
        (Family::Amd64, TlsLe, 4) => one(R_X86_64_TPOFF32),
        (Family::Amd64, TlsIe, 4) => one(R_X86_64_GOTTPOFF),
        (Family::Amd64, Call | Pcrel, 4) if imported => one(R_X86_64_PLT32),
        (Family::Amd64, Call | Pcrel, 4) => one(R_X86_64_PC32),
        (Family::Amd64, GotPcrel, 4) => one(R_X86_64_GOTPCREL),
        (Family::Arm64, Addr | DwarfSecRef, 4) => one(R_AARCH64_ABS32),
        (Family::Arm64, Addr | DwarfSecRef, 8) => one(R_AARCH64_ABS64),
        (Family::Arm64, AddrArm64, _) => {
            pair(R_AARCH64_ADR_PREL_PG_HI21, R_AARCH64_ADD_ABS_LO12_NC)
        }
        (Family::Arm64, Arm64PcrelLdSt8, _) => {
            pair(R_AARCH64_ADR_PREL_PG_HI21, R_AARCH64_LDST8_ABS_LO12_NC)
        }
        (Family::Arm64, Arm64PcrelLdSt16, _) => {
            pair(R_AARCH64_ADR_PREL_PG_HI21, R_AARCH64_LDST16_ABS_LO12_NC)
        }
        (Family::Arm64, Arm64PcrelLdSt32, _) => {
            pair(R_AARCH64_ADR_PREL_PG_HI21, R_AARCH64_LDST32_ABS_LO12_NC)
        }
        (Family::Arm64, Arm64PcrelLdSt64, _) => {
            pair(R_AARCH64_ADR_PREL_PG_HI21, R_AARCH64_LDST64_ABS_LO12_NC)
        }
        (Family::Arm64, Arm64TlsLe, _) => one(R_AARCH64_TLSLE_MOVW_TPREL_G0),
        (Family::Arm64, Arm64TlsIe, _) => pair(
            R_AARCH64_TLSIE_ADR_GOTTPREL_PAGE21,
            R_AARCH64_TLSIE_LD64_GOTTPREL_LO12_NC,
        ),
        (Family::Arm64, Arm64GotPcrel, _) => {
            pair(R_AARCH64_ADR_GOT_PAGE, R_AARCH64_LD64_GOT_LO12_NC)
        }
        (Family::Arm64, CallArm64, 4) => one(R_AARCH64_CALL26),
        _ => None,
    }
}

/// The COFF relocations of one field (`pereloc1`); `None` if there are none.
pub fn coff_types(family: Family, typ: RelocType, siz: u8) -> Option<HostTypes> {
    use RelocType::*;
    let one = |t: u32| Some((t, None));
    match (family, typ, siz) {
        (Family::Amd64, DwarfSecRef, _) => one(IMAGE_REL_AMD64_SECREL),
        (Family::Amd64, Addr, 8) => one(IMAGE_REL_AMD64_ADDR64),
        (Family::Amd64, Addr, _) => one(IMAGE_REL_AMD64_ADDR32),
        (Family::Amd64, PeImageOff, _) => one(IMAGE_REL_AMD64_ADDR32NB),
        (Family::Amd64, Call | Pcrel, _) => one(IMAGE_REL_AMD64_REL32),
        (Family::Arm64, DwarfSecRef, _) => one(IMAGE_REL_ARM64_SECREL),
        (Family::Arm64, Addr, 8) => one(IMAGE_REL_ARM64_ADDR64),
        (Family::Arm64, Addr, _) => one(IMAGE_REL_ARM64_ADDR32),
        (Family::Arm64, AddrArm64, _) => Some((
            IMAGE_REL_ARM64_PAGEBASE_REL21,
            Some(IMAGE_REL_ARM64_PAGEOFFSET_12A),
        )),
        (
            Family::Arm64,
            Arm64PcrelLdSt8 | Arm64PcrelLdSt16 | Arm64PcrelLdSt32 | Arm64PcrelLdSt64,
            _,
        ) => Some((
            IMAGE_REL_ARM64_PAGEBASE_REL21,
            Some(IMAGE_REL_ARM64_PAGEOFFSET_12L),
        )),
        (Family::Arm64, CallArm64, _) => one(IMAGE_REL_ARM64_BRANCH26),
        _ => None,
    }
}

impl Relocator<'_> {
    /// The relocation that the host linker has to apply for `r`, which is in a symbol of section
    /// `section`; `None` if it is settled here.
    #[inline]
    pub fn host_reloc(&self, host: &HostLink, section: SectionId, r: &Reloc) -> Option<HostReloc> {
        use RelocType::*;
        if r.siz == 0 {
            return None;
        }
        let rs = r.sym;
        let carried = |rs: SymId, add: i64| {
            let outer = host.carriers.of(rs);
            match outer.is_some() {
                true => {
                    let d = self.addrs.addr(rs).wrapping_sub(self.addrs.addr(outer));
                    (outer, add.wrapping_add(d as i64))
                }
                false => (rs, add),
            }
        };
        let macho = host.format == FileFormat::MachO;
        let (sym, add) = match r.typ {
            // The word of each thread has its place.
            TlsLe | TlsIe if host.format != FileFormat::Elf => return None,
            TlsLe | TlsIe => (if rs.is_none() { host.tlsg } else { rs }, r.add),
            Addr | PeImageOff if r.weak && !self.live.reachable.has(rs) => {
                carried(self.unreachable_method, r.add)
            }
            Addr | PeImageOff => carried(rs, r.add),
            Call | Pcrel | GotPcrel => {
                if rs.is_none() {
                    return None;
                }
                let siz = i64::from(r.siz);
                if r.typ == GotPcrel && macho && host.dynlink {
                    return Some(HostReloc {
                        off: r.off,
                        siz: r.siz,
                        typ: r.typ,
                        sym: rs,
                        add: r.add.wrapping_sub(siz),
                    });
                }
                if self.syms.kind(rs) == SymKind::UndefExt {
                    (rs, if macho { 0 } else { -siz })
                } else if r.typ == GotPcrel || self.addrs.section(rs) != section {
                    let (sym, add) = carried(rs, r.add);
                    (sym, add.wrapping_sub(siz))
                } else {
                    return None;
                }
            }
            _ => match self.family {
                Family::Amd64 => return None,
                Family::Arm64 => match r.typ {
                    Arm64GotPcrel | Arm64PcrelLdSt8 | Arm64PcrelLdSt16 | Arm64PcrelLdSt32
                    | Arm64PcrelLdSt64 | AddrArm64 => carried(rs, r.add),
                    CallArm64 | Arm64TlsLe | Arm64TlsIe => (rs, r.add),
                    _ => return None,
                },
            },
        };
        Some(HostReloc {
            off: r.off,
            siz: r.siz,
            typ: r.typ,
            sym,
            add,
        })
    }

    /// The records that a relocation for the host linker becomes.
    pub fn host_types(&self, host: &HostLink, r: &HostReloc) -> Option<HostTypes> {
        if host.format == FileFormat::Pe {
            return coff_types(self.family, r.typ, r.siz);
        }
        let imported = match r.typ {
            RelocType::Call => self.syms.kind(r.sym) == SymKind::DynImport,
            RelocType::Pcrel => self.syms.is_imported_function(r.sym),
            _ => false,
        };
        elf_types(self.family, r.typ, r.siz, imported)
    }

    /// Relocates the contents `out` of symbol `s`, which lies at `addr`, as far as that is possible
    /// before the host linker.
    pub fn apply_for_host(
        &self,
        host: &HostLink,
        s: SymId,
        addr: u64,
        out: &mut [u8],
        errors: &mut Vec<RelocError>,
    ) {
        let section = self.addrs.section(s);
        for r in self.syms.relocs(s) {
            if r.siz == 0 {
                continue;
            }
            let done = match self.host_reloc(host, section, &r) {
                Some(h) => self.leave_to_host(host, &r, &h, out),
                None => self.apply_one(&r, addr, out),
            };
            if let Err(problem) = done {
                let problem = match problem {
                    Problem::Unresolved if host.library => Problem::NoSection,
                    problem => problem,
                };
                let not_live = problem == Problem::NotInObject && !self.live.reachable.has(r.sym);
                let problems = std::iter::once(problem).chain(not_live.then_some(Problem::NotLive));
                errors.extend(problems.map(|problem| RelocError {
                    from: s,
                    reloc: r,
                    problem,
                }));
            }
        }
    }

    /// Puts into a field what the host linker expects there.
    fn leave_to_host(
        &self,
        host: &HostLink,
        r: &Reloc,
        h: &HostReloc,
        out: &mut [u8],
    ) -> Result<(), Problem> {
        let len = out.len();
        let field = usize::try_from(r.off)
            .ok()
            .and_then(|off| out.get_mut(off..off + usize::from(r.siz)))
            .ok_or(Problem::OutOfRange { len })?;
        let rs = r.sym;
        if rs.is_some() && self.addrs.section(rs).0 == 0 {
            match self.syms.kind(rs) {
                SymKind::Xxx if !host.library => return Err(Problem::Unresolved),
                SymKind::DynImport if !host.dynlink && !self.binds_imports => {
                    return Err(Problem::Unhandled);
                }
                _ => {}
            }
            if !r.weak && !self.live.reachable.has(rs) {
                return Err(Problem::Unreachable);
            }
        }
        let foreign = matches!(
            self.syms.kind(h.sym),
            SymKind::HostObj | SymKind::DynImport | SymKind::UndefExt
        );
        if !foreign && self.addrs.section(h.sym).0 == 0 {
            return Err(match h.typ {
                RelocType::CallArm64 => Problem::NotInObject,
                RelocType::AddrArm64
                | RelocType::Arm64GotPcrel
                | RelocType::Arm64PcrelLdSt8
                | RelocType::Arm64PcrelLdSt16
                | RelocType::Arm64PcrelLdSt32
                | RelocType::Arm64PcrelLdSt64 => Problem::NoSectionForPair,
                _ => Problem::NoSection,
            });
        }
        match host.format {
            FileFormat::Elf => {}
            FileFormat::MachO => return self.leave_to_macho(host, r, h, field),
            FileFormat::Pe => return self.coff_field(h, field),
        }
        if self.host_types(host, h).is_none() {
            return Err(Problem::BadSize);
        }
        match (self.family, r.typ) {
            (Family::Amd64, _) => field.fill(0),
            // Instructions stay as they are.
            (Family::Arm64, RelocType::Addr) => {
                let add = h.add.to_le_bytes();
                let n = field.len().min(add.len());
                field[..n].copy_from_slice(&add[..n]);
            }
            (Family::Arm64, _) => {}
        }
        Ok(())
    }

    /// Puts into a field what is added to the address of its target, which COFF relocations do not say.
    fn coff_field(&self, h: &HostReloc, field: &mut [u8]) -> Result<(), Problem> {
        if coff_types(self.family, h.typ, h.siz).is_none() {
            return Err(Problem::Arch(
                format!(
                    "unsupported obj reloc {}/{} to {}",
                    h.typ,
                    h.siz,
                    self.syms.name_lossy(h.sym)
                )
                .into(),
            ));
        }
        let value = match h.typ {
            RelocType::CallArm64 => return Ok(()),
            // Distances count from the end of the field, for the host linker too.
            RelocType::Call | RelocType::Pcrel => h.add + i64::from(h.siz),
            RelocType::Addr | RelocType::PeImageOff => h.add,
            typ => return arm64::add_to_pair(typ, h.add, field),
        };
        let fits = h.siz == 8
            || i64::from(value as i32) == value
            || h.typ == RelocType::Addr && i64::from(value as u32) == value;
        if !fits {
            let pc_relative = matches!(h.typ, RelocType::Call | RelocType::Pcrel);
            return Err(Problem::TooBig { pc_relative, value });
        }
        let n = field.len().min(8);
        field[..n].copy_from_slice(&value.to_le_bytes()[..n]);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_of_instructions_take_two_records() {
        let arm = |t| elf_types(Family::Arm64, t, 8, false);
        assert_eq!(arm(RelocType::AddrArm64), Some((275, Some(277))));
        assert_eq!(arm(RelocType::Arm64PcrelLdSt64), Some((275, Some(286))));
        assert_eq!(arm(RelocType::Addr), Some((257, None)));
        assert_eq!(arm(RelocType::Call), None);
    }

    #[test]
    fn coff_types_tell_addresses_from_offsets() {
        let amd = |t, siz| coff_types(Family::Amd64, t, siz).map(|t| t.0);
        assert_eq!(amd(RelocType::Addr, 8), Some(1));
        assert_eq!(amd(RelocType::PeImageOff, 4), Some(3));
        assert_eq!(amd(RelocType::DwarfSecRef, 4), Some(11));
        assert_eq!(amd(RelocType::GotPcrel, 4), None);
        let arm = |t| coff_types(Family::Arm64, t, 8);
        assert_eq!(arm(RelocType::AddrArm64), Some((4, Some(6))));
        assert_eq!(arm(RelocType::Arm64PcrelLdSt32), Some((4, Some(7))));
    }

    #[test]
    fn calls_into_other_modules_go_through_the_plt() {
        let call = |imported| elf_types(Family::Amd64, RelocType::Call, 4, imported);
        assert_eq!(call(true), Some((R_X86_64_PLT32, None)));
        assert_eq!(call(false), Some((R_X86_64_PC32, None)));
        assert_eq!(elf_types(Family::Amd64, RelocType::Addr, 2, false), None);
    }
}
