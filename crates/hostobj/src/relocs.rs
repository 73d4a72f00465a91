//! The relocation types of host objects that can be linked internally (`loadelf.relSize`).

use gover::RelocType;
use object::elf::*;
use target::Family;

/// The type with number `number` in objects of a machine, and the width of its field in bytes.
pub(crate) fn reloc_type(family: Family, number: u32) -> Option<(RelocType, u8)> {
    use RelocType::*;
    Some(match family {
        Family::Amd64 => match RelocationType(number) {
            R_X86_64_64 => (Elf64, 8),
            R_X86_64_PC32 => (ElfPc32, 4),
            R_X86_64_PLT32 => (ElfPlt32, 4),
            R_X86_64_GOTPCREL => (ElfGotPcrel, 4),
            R_X86_64_PC64 => (ElfPc64, 8),
            R_X86_64_GOTPCRELX => (ElfGotPcrelx, 4),
            R_X86_64_REX_GOTPCRELX => (ElfRexGotPcrelx, 4),
            _ => return None,
        },
        Family::Arm64 => match RelocationType(number) {
            R_AARCH64_ABS64 => (ElfAbs64, 8),
            R_AARCH64_PREL64 => (ElfPrel64, 8),
            R_AARCH64_PREL32 => (ElfPrel32, 4),
            R_AARCH64_ADR_PREL_PG_HI21 => (ElfAdrPrelPgHi21, 4),
            R_AARCH64_ADD_ABS_LO12_NC => (ElfAddAbsLo12Nc, 4),
            R_AARCH64_LDST8_ABS_LO12_NC => (ElfLdst8AbsLo12Nc, 4),
            R_AARCH64_JUMP26 => (ElfJump26, 4),
            R_AARCH64_CALL26 => (ElfCall26, 4),
            R_AARCH64_LDST16_ABS_LO12_NC => (ElfLdst16AbsLo12Nc, 4),
            R_AARCH64_LDST32_ABS_LO12_NC => (ElfLdst32AbsLo12Nc, 4),
            R_AARCH64_LDST64_ABS_LO12_NC => (ElfLdst64AbsLo12Nc, 4),
            R_AARCH64_LDST128_ABS_LO12_NC => (ElfLdst128AbsLo12Nc, 4),
            R_AARCH64_ADR_GOT_PAGE => (ElfAdrGotPage, 4),
            R_AARCH64_LD64_GOT_LO12_NC => (ElfLd64GotLo12Nc, 4),
            _ => return None,
        },
    })
}
