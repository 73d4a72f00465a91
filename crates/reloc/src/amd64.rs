//! x86-64 (`cmd/link/internal/amd64/asm.go:archreloc`).
//!
//! Fields are bytes anywhere in the instruction stream, and relative ones count from the end of the
//! field, so the general arithmetic covers all that the compiler writes.

use crate::Problem;
use symbols::Reloc;

/// The value of a relocation that only this architecture knows: there is none.
pub(crate) fn value(_: &Reloc) -> Result<i64, Problem> {
    Err(Problem::Unknown)
}

/// Turns `MOVQ offset(%rip), reg`, which loads a thread-local offset from the GOT, into
/// `MOVQ $offset, reg`: in an executable the offset is known (`tlsIEtoLE`). `r` is the relocation of
/// the instruction's field in `out`.
pub(crate) fn load_offset(out: &mut [u8], r: &Reloc) -> Result<(), Problem> {
    /// `MOV r64, r/m64`
    const LOAD: u8 = 0x8b;
    /// `MOV r/m64, imm32`
    const IMMEDIATE: u8 = 0xc7;
    /// What the stack pointer takes instead.
    const SP: u8 = 0x81;
    let problem = |text: &str| Problem::Fatal(text.into());
    let off = usize::try_from(r.off).ok();
    let Some([rex, op, modrm]) = off
        .and_then(|off| out.get_mut(off.checked_sub(3)?..off))
        .and_then(|b| <&mut [u8; 3]>::try_from(b).ok())
    else {
        return Err(problem(
            "R_X86_64_GOTTPOFF reloc not preceded by MOVQ or ADDQ instruction",
        ));
    };
    let reg = *modrm >> 3;
    if *op != LOAD && reg != 4 {
        let text = format!("expected TLS IE op to be MOVQ, got [{rex} {op} {modrm}]");
        return Err(problem(&text));
    }
    // The register moves from one extension bit to the other.
    match (*rex, r.siz) {
        (0x4c, _) => *rex = 0x49,
        (0x44, 4) => *rex = 0x41,
        _ => {}
    }
    *op = if *op == LOAD { IMMEDIATE } else { SP };
    *modrm = 0xc0 | reg;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use gover::RelocType;
    use symbols::SymId;

    fn load(code: [u8; 3], siz: u8) -> Result<[u8; 3], Problem> {
        let mut out = [code[0], code[1], code[2], 0, 0, 0, 0];
        let r = Reloc {
            off: 3,
            siz,
            typ: RelocType::TlsIe,
            weak: false,
            add: 0,
            sym: SymId::NONE,
        };
        load_offset(&mut out, &r)?;
        Ok([out[0], out[1], out[2]])
    }

    #[test]
    fn loads_of_thread_local_offsets_become_constants() {
        // movq x(%rip), %rcx → movq $x, %rcx, and the same of %r9.
        assert_eq!(load([0x48, 0x8b, 0x0d], 4), Ok([0x48, 0xc7, 0xc1]));
        assert_eq!(load([0x4c, 0x8b, 0x0d], 4), Ok([0x49, 0xc7, 0xc1]));
        // addq x(%rip), %rsp; addq x(%rip), %rcx
        assert_eq!(load([0x48, 0x03, 0x25], 4), Ok([0x48, 0x81, 0xc4]));
        assert_eq!(
            load([0x48, 0x03, 0x0d], 4),
            Err(Problem::Fatal(
                "expected TLS IE op to be MOVQ, got [72 3 13]".into()
            ))
        );
        let r = Reloc {
            off: 2,
            siz: 4,
            typ: RelocType::TlsIe,
            weak: false,
            add: 0,
            sym: SymId::NONE,
        };
        assert!(load_offset(&mut [0; 6], &r).is_err());
    }
}
