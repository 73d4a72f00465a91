//! Relocations of Mach-O objects (`ld/data.go:relocsym`, `amd64/asm.go:machoreloc1`,
//! `arm64/asm.go:machoreloc1`).

use crate::{HostLink, HostReloc, Problem, Relocator};
use gover::{RelocType, SymKind};
use symbols::Reloc;
use target::Family;

/// Relocation types, spelled as Apple's headers spell them.
#[allow(missing_docs)]
pub mod types {
    pub const X86_64_RELOC_SIGNED: u32 = 1;
    pub const X86_64_RELOC_BRANCH: u32 = 2;
    pub const X86_64_RELOC_GOT_LOAD: u32 = 3;
    pub const ARM64_RELOC_BRANCH26: u32 = 2;
    pub const ARM64_RELOC_PAGE21: u32 = 3;
    pub const ARM64_RELOC_PAGEOFF12: u32 = 4;
    pub const ARM64_RELOC_GOT_LOAD_PAGE21: u32 = 5;
    pub const ARM64_RELOC_GOT_LOAD_PAGEOFF12: u32 = 6;
    pub const ARM64_RELOC_ADDEND: u32 = 10;
    /// `X86_64_RELOC_UNSIGNED`, `ARM64_RELOC_UNSIGNED`
    pub const UNSIGNED: u32 = 0;
}

use types::*;

/// How a relocation appears in a Mach-O file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MachoType {
    /// `X86_64_RELOC_*`, `ARM64_RELOC_*`
    pub typ: u32,
    /// Whether the field counts from its own place.
    pub pc_relative: bool,
    /// Width of the field, bytes, as a power of two.
    pub width: u32,
}

/// The records of one relocation: that of a field, and for a pair of AArch64 instructions that of the
/// second one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MachoPair {
    /// Of the field, or of the first instruction.
    pub first: MachoType,
    /// Of the second instruction.
    pub second: Option<MachoType>,
}

/// How a field of `siz` bytes with an address appears; `None` if there are none of that width.
pub fn macho_address(siz: u8) -> Option<MachoType> {
    matches!(siz, 1 | 2 | 4 | 8).then(|| MachoType {
        typ: UNSIGNED,
        pc_relative: false,
        width: siz.trailing_zeros(),
    })
}

/// How a relocation of a field of `siz` bytes appears; `None` if it cannot.
pub fn macho_pair(family: Family, typ: RelocType, siz: u8) -> Option<MachoPair> {
    use RelocType::*;
    let width = macho_address(siz)?.width;
    let relative = |typ| MachoType {
        typ,
        pc_relative: true,
        width,
    };
    let one = |first| {
        Some(MachoPair {
            first,
            second: None,
        })
    };
    let instructions = |page, offset| {
        let instruction = |typ, pc_relative| MachoType {
            typ,
            pc_relative,
            width: 2,
        };
        Some(MachoPair {
            first: instruction(page, true),
            second: Some(instruction(offset, false)),
        })
    };
    match (family, typ) {
        (_, Addr) => one(macho_address(siz)?),
        (Family::Amd64, Call) => one(relative(X86_64_RELOC_BRANCH)),
        (Family::Amd64, Pcrel) => one(relative(X86_64_RELOC_SIGNED)),
        (Family::Amd64, GotPcrel) => one(relative(X86_64_RELOC_GOT_LOAD)),
        (Family::Arm64, CallArm64) => one(relative(ARM64_RELOC_BRANCH26)),
        (
            Family::Arm64,
            AddrArm64 | Arm64PcrelLdSt8 | Arm64PcrelLdSt16 | Arm64PcrelLdSt32 | Arm64PcrelLdSt64,
        ) => instructions(ARM64_RELOC_PAGE21, ARM64_RELOC_PAGEOFF12),
        (Family::Arm64, Arm64GotPcrel) => {
            instructions(ARM64_RELOC_GOT_LOAD_PAGE21, ARM64_RELOC_GOT_LOAD_PAGEOFF12)
        }
        _ => None,
    }
}

impl MachoPair {
    /// Number of records; an addend of an instruction, unless it is 0, has one of its own.
    pub fn count(&self, add: i64) -> u64 {
        match (self.second, add) {
            (None, _) => 1,
            (Some(_), 0) => 2,
            (Some(_), _) => 4,
        }
    }
}

impl Relocator<'_> {
    /// The records of a relocation for the host linker.
    pub fn macho_pair(&self, r: &HostReloc) -> Option<MachoPair> {
        macho_pair(self.family, r.typ, r.siz)
    }

    /// Puts into `field` what a linker of Mach-O objects expects there.
    pub(crate) fn leave_to_macho(
        &self,
        host: &HostLink,
        r: &Reloc,
        h: &HostReloc,
        field: &mut [u8],
    ) -> Result<(), Problem> {
        self.macho_pair(h).ok_or(Problem::BadSize)?;
        let value = match r.typ {
            RelocType::Addr => h.add,
            // Of a word that other modules may define, the linker has to know all.
            RelocType::GotPcrel if host.dynlink => r.add,
            RelocType::Call | RelocType::Pcrel | RelocType::GotPcrel => self.relative_addend(r, h),
            // Instructions stay as they are.
            _ => return Ok(()),
        };
        let value = value.to_le_bytes();
        let n = field.len().min(value.len());
        field[..n].copy_from_slice(&value[..n]);
        Ok(())
    }

    /// What a field holds that counts from its own end.
    fn relative_addend(&self, r: &Reloc, h: &HostReloc) -> i64 {
        let siz = i64::from(r.siz);
        let kind = self.syms.kind(h.sym);
        if self.syms.kind(r.sym) == SymKind::UndefExt {
            return 0;
        }
        if r.typ != RelocType::Call || kind == SymKind::DynImport {
            return h.add + siz;
        }
        // Where the target lies in its section; of symbols that C has that is not known.
        let place = match kind {
            SymKind::HostObj => 0,
            _ => self.addrs.distance(h.sym) as i64,
        };
        r.add - siz + place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addends_of_instructions_take_records_of_their_own() {
        let pair = |typ| macho_pair(Family::Arm64, typ, 8).unwrap();
        assert_eq!(pair(RelocType::AddrArm64).count(0), 2);
        assert_eq!(pair(RelocType::AddrArm64).count(-8), 4);
        assert_eq!(pair(RelocType::Addr).count(8), 1);
        assert_eq!(pair(RelocType::Addr).first.width, 3);
        assert_eq!(macho_pair(Family::Amd64, RelocType::AddrArm64, 8), None);
        assert_eq!(macho_pair(Family::Amd64, RelocType::Addr, 3), None);
    }
}
