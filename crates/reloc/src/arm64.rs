//! AArch64 (`cmd/link/internal/arm64/asm.go:archreloc`).
//!
//! Instructions are four bytes and hold their immediate values in bit fields, in units of what they
//! address, so a relocation adds bits to the instructions that the compiler left there. An address
//! takes two of them: `ADRP` makes the 4 KiB page, counted from the page of the instruction, in 21
//! bits, and an `ADD`, load or store the offset in the page in 12. The relocations of such pairs are
//! eight bytes wide. A call reaches 128 MiB in 26 bits of words.

use crate::Problem;
use gover::RelocType;
use symbols::Reloc;

/// Size of the thread control block before the thread-local data, bytes: two pointers.
const TCB: i64 = 16;
/// The greatest offset of thread-local data that cmd/link admits, bytes.
const TLS_LIMIT: i64 = 32678;
/// Distance that a call does not reach any more, bytes.
const CALL_REACH: i64 = 1 << 27;

fn problem(text: std::fmt::Arguments<'_>) -> Problem {
    Problem::Arch(text.to_string().into())
}

/// The instruction at byte `at` of a field, 0 beyond its end.
fn instruction(field: &[u8], at: usize) -> u32 {
    field
        .get(at..at + 4)
        .map_or(0, |b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
}

/// A field of two instructions.
fn pair(first: u32, second: u32) -> i64 {
    i64::from(second) << 32 | i64::from(first)
}

/// The immediate bits of `ADRP`: the two low ones lie apart.
fn page(distance: i64) -> Result<u32, Problem> {
    if !(-1 << 32..1 << 32).contains(&distance) {
        return Err(problem(format_args!(
            "program too large, address relocation distance = {distance}"
        )));
    }
    let pages = (distance >> 12) as u32;
    Ok((pages & 3) << 29 | (pages >> 2 & 0x7ffff) << 5)
}

/// The immediate bits of an offset in a page, in units of `1 << shift` bytes.
fn page_offset(distance: i64, shift: u32) -> u32 {
    ((distance & 0xfff) as u32 >> shift) << 10
}

fn is_aligned(distance: i64, shift: u32) -> bool {
    distance & ((1 << shift) - 1) == 0
}

/// Adds to the immediates of an `ADRP` and the instruction behind it, for a host linker that finds the
/// addend there. The first takes 20 bits of it, although they are pages otherwise; that the carry is right,
/// the second takes the lowest 12 again (`archreloc`).
pub(crate) fn add_to_pair(typ: RelocType, add: i64, field: &mut [u8]) -> Result<(), Problem> {
    let shift = match typ {
        RelocType::Arm64PcrelLdSt16 => 1,
        RelocType::Arm64PcrelLdSt32 => 2,
        RelocType::Arm64PcrelLdSt64 => 3,
        _ => 0,
    };
    if !is_aligned(add, shift) {
        return Err(problem(format_args!(
            "offset for {}-bit load/store has unaligned value {}",
            8 << shift,
            add & 0xfff
        )));
    }
    let Some(field) = field.first_chunk_mut::<8>() else {
        return Err(Problem::BadSize);
    };
    let low = add as u32;
    let first = (low & 3) << 29 | (low & 0xf_fffc) << 3;
    let bits = pair(first, page_offset(add, shift)) as u64;
    *field = (u64::from_le_bytes(*field) | bits).to_le_bytes();
    Ok(())
}

fn tls_offset(v: i64) -> Result<i64, Problem> {
    match v {
        0..TLS_LIMIT => Ok(v),
        _ => Err(problem(format_args!("TLS offset out of range {v}"))),
    }
}

/// The new contents of `field`, which lies in the symbol at `addr`; `target` is the address of the
/// target.
#[inline(never)] // The loop over relocations is also that of other machines.
pub(crate) fn value(r: &Reloc, target: u64, addr: u64, field: &[u8]) -> Result<i64, Problem> {
    let target = target as i64;
    let place = addr as i64 + i64::from(r.off);
    let from_page = target.wrapping_add(r.add).wrapping_sub(place & !0xfff);
    let (first, second) = (instruction(field, 0), instruction(field, 4));
    // One instruction, as the field was read: with zeros above.
    let with = |bits: u32| Ok(i64::from(first | bits));
    // An instruction that addresses within the page, of objects that hold its two halves apart.
    let halved = |shift: u32, name: &str| {
        if !is_aligned(from_page, shift) {
            return Err(problem(format_args!(
                "invalid address: {from_page:x} for relocation type: {name}"
            )));
        }
        with(page_offset(from_page, shift))
    };
    let page_and_offset = |shift: u32| {
        if !is_aligned(from_page, shift) {
            return Err(problem(format_args!(
                "offset for {}-bit load/store has unaligned value {}",
                8 << shift,
                from_page & 0xfff
            )));
        }
        Ok(pair(
            first | page(from_page)?,
            second | page_offset(from_page, shift),
        ))
    };
    match r.typ {
        RelocType::CallArm64 => {
            let distance = target.wrapping_add(r.add).wrapping_sub(place);
            if !(-CALL_REACH..CALL_REACH).contains(&distance) {
                return Err(problem(format_args!(
                    "program too large, call relocation distance = {distance}"
                )));
            }
            with((distance >> 2) as u32 & 0x3ff_ffff)
        }
        RelocType::AddrArm64 | RelocType::Arm64PcrelLdSt8 => page_and_offset(0),
        RelocType::Arm64PcrelLdSt16 => page_and_offset(1),
        RelocType::Arm64PcrelLdSt32 => page_and_offset(2),
        RelocType::Arm64PcrelLdSt64 => page_and_offset(3),
        RelocType::Arm64TlsLe => with((tls_offset(target + TCB)? as u32) << 5),
        RelocType::Arm64TlsIe => {
            // The offset is known now: ADRP and LDR of a GOT entry become MOVZ and MOVK.
            let v = tls_offset(target + TCB + r.add)?;
            if v & 3 != 0 {
                return Err(problem(format_args!(
                    "invalid address: {v:x} for relocation type: \
                     R_AARCH64_TLSIE_LD64_GOTTPREL_LO12_NC"
                )));
            }
            let bits = v as u32;
            Ok(pair(
                0xd2a0_0000 | first & 0x1f | (bits >> 16) << 5,
                0xf280_0000 | second & 0x1f | (bits & 0xffff) << 5,
            ))
        }
        RelocType::Arm64Got => match first >> 24 {
            op if op & 0x9f == 0x90 => with(page(from_page)?),
            0xf9 => halved(3, "R_AARCH64_LD64_GOT_LO12_NC"),
            _ => Err(problem(format_args!(
                "unsupported instruction for {first:x} R_GOTARM64"
            ))),
        },
        RelocType::Arm64Pcrel => match first >> 24 {
            op if op & 0x9f == 0x90 => with(page(from_page)?),
            op if op & 0x9f == 0x91 => with(page_offset(from_page, 0)),
            op if op & 0x3b == 0x39 => {
                // A load or store; the top bits say how wide, two others a whole vector register.
                let shift = match first >> 30 {
                    0 if first >> 20 & 0x48 == 0x48 => 4,
                    s => s,
                };
                halved(shift, "ARM64_RELOC_PAGEOFF12")
            }
            _ => Err(problem(format_args!(
                "unsupported instruction for {first:x} R_ARM64_PCREL"
            ))),
        },
        RelocType::Arm64LdSt8 => halved(0, "R_AARCH64_LDST8_ABS_LO12_NC"),
        RelocType::Arm64LdSt16 => halved(1, "R_AARCH64_LDST16_ABS_LO12_NC"),
        RelocType::Arm64LdSt32 => halved(2, "R_AARCH64_LDST32_ABS_LO12_NC"),
        RelocType::Arm64LdSt64 => halved(3, "R_AARCH64_LDST64_ABS_LO12_NC"),
        RelocType::Arm64LdSt128 => halved(4, "R_AARCH64_LDST128_ABS_LO12_NC"),
        _ => Err(Problem::Unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use symbols::SymId;

    fn relocate(typ: RelocType, code: &[u32], target: u64, add: i64) -> Result<Vec<u32>, Problem> {
        let field: Vec<u8> = code.iter().flat_map(|i| i.to_le_bytes()).collect();
        let r = Reloc {
            off: 0x4c,
            siz: field.len() as u8,
            typ,
            weak: false,
            add,
            sym: SymId(1),
        };
        let v = value(&r, target, 0x11000, &field)?.to_le_bytes();
        Ok((0..code.len()).map(|i| instruction(&v, 4 * i)).collect())
    }

    fn text(r: Result<Vec<u32>, Problem>) -> String {
        match r {
            Err(Problem::Arch(text)) => text.into(),
            other => panic!("{other:x?}"),
        }
    }

    #[test]
    fn calls_count_words_from_themselves() {
        let bl = |target, add| relocate(RelocType::CallArm64, &[0x9400_0000], target, add);
        assert_eq!(bl(0x1104c + 64, 4).unwrap(), [0x9400_0011]);
        assert_eq!(bl(0x1104c - 4, 0).unwrap(), [0x97ff_ffff]);
        let last = 0x1104c + (1 << 27) - 4;
        assert_eq!(bl(last, 0).unwrap(), [0x95ff_ffff]);
        assert_eq!(
            text(bl(last, 4)),
            "program too large, call relocation distance = 134217728"
        );
    }

    #[test]
    fn pairs_hold_the_page_and_the_offset() {
        // adrp x0, 0x123000; add x0, x0, #0x458
        let add = [0x9000_0000, 0x9100_0000];
        assert_eq!(
            relocate(RelocType::AddrArm64, &add, 0x123450, 8).unwrap(),
            [0xd000_0880, 0x9111_6000]
        );
        // adrp x27, 0x10000: a page backwards; ldr x2, [x27, #0xff8]
        let ldr = [0x9000_001b, 0xf940_0362];
        assert_eq!(
            relocate(RelocType::Arm64PcrelLdSt64, &ldr, 0x10ff8, 0).unwrap(),
            [0xf0ff_fffb, 0xf947_ff62]
        );
        assert_eq!(
            text(relocate(RelocType::Arm64PcrelLdSt64, &ldr, 0x10ffc, 0)),
            "offset for 64-bit load/store has unaligned value 4092"
        );
        assert_eq!(
            text(relocate(RelocType::AddrArm64, &add, 0x1_0001_1000, 0)),
            "program too large, address relocation distance = 4294967296"
        );
    }

    #[test]
    fn halves_of_pairs_are_told_by_the_instruction() {
        let half = |code| relocate(RelocType::Arm64Pcrel, &[code], 0x12340, 0).map(|v| v[0]);
        assert_eq!(half(0x9000_0000), Ok(0xb000_0000));
        assert_eq!(half(0x9100_0000), Ok(0x910d_0000));
        assert_eq!(half(0xf940_0000), Ok(0xf941_a000));
        // ldr q0, [x0]
        assert_eq!(half(0x3dc0_0000), Ok(0x3dc0_d000));
        assert_eq!(
            text(half(0).map(|_| vec![])),
            "unsupported instruction for 0 R_ARM64_PCREL"
        );
    }

    #[test]
    fn addends_stand_in_both_instructions() {
        // adrp x27, 0; ldr x2, [x27]
        let mut code = [0x9000_001b_u32, 0xf940_0362]
            .map(u32::to_le_bytes)
            .concat();
        add_to_pair(RelocType::Arm64PcrelLdSt64, 0x1238, &mut code).unwrap();
        let mut want = [0x9000_91db_u32, 0xf941_1f62]
            .map(u32::to_le_bytes)
            .concat();
        assert_eq!(code, want);
        let wrong = add_to_pair(RelocType::Arm64PcrelLdSt64, 0x1234, &mut want);
        let text = "offset for 64-bit load/store has unaligned value 564";
        assert_eq!(wrong, Err(Problem::Arch(text.into())));
    }

    #[test]
    fn thread_local_offsets_skip_the_control_block() {
        let movz = [0xd280_001b];
        let tls = |offset| relocate(RelocType::Arm64TlsLe, &movz, offset, 0);
        assert_eq!(tls(0).unwrap(), [0xd280_021b]);
        assert_eq!(tls(32661).unwrap()[0] >> 5 & 0xffff, 32677);
        assert_eq!(text(tls(32662)), "TLS offset out of range 32678");
        // adrp x0; ldr x0, [x0] become movz x0, #0, lsl #16; movk x0, #16
        let ie = [0x9000_0000, 0xf940_0000];
        assert_eq!(
            relocate(RelocType::Arm64TlsIe, &ie, 0, 0).unwrap(),
            [0xd2a0_0000, 0xf280_0200]
        );
    }
}
