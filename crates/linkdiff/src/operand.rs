//! Reads the bytes around a difference as what relocation leaves there: a pointer in data, a branch
//! or address operand in code.

use crate::image::{Format, Image, Section};
use crate::pe;

/// SHF_EXECINSTR.
const EXECUTABLE: u64 = 4;
const EM_X86_64: u64 = 62;
const EM_AARCH64: u64 = 183;

fn machine(image: &Image<'_>) -> u64 {
    match image.format {
        Format::Elf => image.words.uint(image.data, 18, 2).unwrap_or(0),
        Format::Pe => match pe::machine(image) {
            pe::MACHINE_AMD64 => EM_X86_64,
            pe::MACHINE_ARM64 => EM_AARCH64,
            _ => 0,
        },
        _ => 0,
    }
}

fn executable(image: &Image<'_>, section: &Section<'_>) -> bool {
    let flag = match image.format {
        Format::Pe => pe::MEM_EXECUTE,
        _ => EXECUTABLE,
    };
    section.flags & flag != 0
}

/// One line naming what both sides refer to at `at`, if both can be read as a reference.
pub fn describe(a: &Image<'_>, b: &Image<'_>, i: usize, j: usize, at: usize) -> Option<String> {
    if a.relocatable || b.relocatable {
        return None;
    }
    let (x, y) = (&a.sections[i], &b.sections[j]);
    if !executable(a, x) {
        return pointer(a, b, x, y, at);
    }
    match machine(a) {
        EM_X86_64 => relative32(a, b, x, y, at),
        EM_AARCH64 => arm64(a, b, x, y, at),
        _ => None,
    }
}

fn pointer(
    a: &Image<'_>,
    b: &Image<'_>,
    x: &Section<'_>,
    y: &Section<'_>,
    at: usize,
) -> Option<String> {
    let size = a.words.pointer;
    let start = at / size * size;
    let (p, q) = (a.words.word(x.data, start)?, b.words.word(y.data, start)?);
    let (name_p, name_q) = (a.name_address(p), b.name_address(q));
    if name_p.is_none() && name_q.is_none() {
        return None;
    }
    let show = |name: Option<String>| name.unwrap_or_else(|| "no address".to_string());
    Some(format!(
        "as a pointer at +{start:#x}: A {p:#x} <{}>, B {q:#x} <{}>",
        show(name_p),
        show(name_q)
    ))
}

/// A 32-bit displacement that ends its instruction and covers `at`; the start that makes both sides
/// hit a section is taken.
fn relative32(
    a: &Image<'_>,
    b: &Image<'_>,
    x: &Section<'_>,
    y: &Section<'_>,
    at: usize,
) -> Option<String> {
    let target = |image: &Image<'_>, section: &Section<'_>, start: usize| {
        let displacement = image.words.u32(section.data, start)? as i32;
        let next = section.addr.wrapping_add(start as u64 + 4);
        let address = next.wrapping_add_signed(displacement.into());
        Some((address, image.name_address(address)?))
    };
    (at.saturating_sub(3)..=at).rev().find_map(|start| {
        let (p, name_p) = target(a, x, start)?;
        let (q, name_q) = target(b, y, start)?;
        Some(format!(
            "if a 32-bit displacement at +{start:#x}: A {p:#x} <{name_p}>, B {q:#x} <{name_q}>"
        ))
    })
}

fn arm64(
    a: &Image<'_>,
    b: &Image<'_>,
    x: &Section<'_>,
    y: &Section<'_>,
    at: usize,
) -> Option<String> {
    let start = at & !3;
    let show = |image: &Image<'_>, section: &Section<'_>| {
        let word = image.words.u32(section.data, start)?;
        let pc = section.addr.wrapping_add(start as u64);
        let sign = |value: u32, bits: u32| i64::from((value << (32 - bits)) as i32 >> (32 - bits));
        let (kind, address) = match word {
            w if w & 0x7c00_0000 == 0x1400_0000 => {
                let kind = if w >> 31 == 1 { "bl" } else { "b" };
                (kind, pc.wrapping_add_signed(sign(w & 0x3ff_ffff, 26) * 4))
            }
            w if w & 0x9f00_0000 == 0x9000_0000 => {
                let pages = sign((w >> 5 & 0x7_ffff) << 2 | (w >> 29 & 3), 21);
                ("adrp", (pc & !0xfff).wrapping_add_signed(pages << 12))
            }
            w => return Some(format!("{w:#010x}")),
        };
        let name = image.name_address(address).unwrap_or_default();
        Some(format!("{word:#010x} {kind} {address:#x} <{name}>"))
    };
    Some(format!(
        "instruction at +{start:#x}: A {}, B {}",
        show(a, x)?,
        show(b, y)?
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elf_names_a_machine() {
        let mut data = vec![0u8; 64];
        data[..6].copy_from_slice(b"\x7fELF\x02\x01");
        data[18] = 183;
        assert_eq!(machine(&crate::read::read(&data)), EM_AARCH64);
        assert_eq!(machine(&Image::raw(&data)), 0);
    }
}
