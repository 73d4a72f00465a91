//! Objects made here, whole and damaged.

use gover::{RelocType, SymKind};
use hostobj::{Bind, Elf, ElfSym, ElfSymKind, Shndx, Shuffle};
use object::write::{Object, Relocation, Symbol, SymbolSection};
use object::{
    Architecture, BinaryFormat, Endianness, RelocationFlags, SectionKind, SymbolFlags, SymbolKind,
    SymbolScope, elf,
};
use target::{AMD64, ARM64};

/// An object with two functions, of which one calls something elsewhere, data and common data.
fn sample(arch: Architecture, reloc: u32) -> Vec<u8> {
    let mut o = Object::new(BinaryFormat::Elf, arch, Endianness::Little);
    let text = o.add_section(Vec::new(), b".text".to_vec(), SectionKind::Text);
    let data = o.add_section(Vec::new(), b".data".to_vec(), SectionKind::Data);
    let bss = o.add_section(Vec::new(), b".bss".to_vec(), SectionKind::UninitializedData);
    let debug = o.add_section(Vec::new(), b".debug_info".to_vec(), SectionKind::Debug);
    o.append_section_data(text, &[0x90; 32], 16);
    o.append_section_data(data, &[1; 8], 8);
    o.append_section_bss(bss, 24, 8);
    o.append_section_data(debug, &[2; 4], 1);
    let mut symbol = |name: &str, section, value, kind, scope, weak| {
        o.add_symbol(Symbol {
            name: name.into(),
            value,
            size: 8,
            kind,
            scope,
            weak,
            section,
            flags: SymbolFlags::None,
        })
    };
    let section = SymbolSection::Section;
    symbol(
        "local",
        section(text),
        0,
        SymbolKind::Text,
        SymbolScope::Compilation,
        false,
    );
    symbol(
        "hidden",
        section(text),
        16,
        SymbolKind::Text,
        SymbolScope::Linkage,
        false,
    );
    symbol(
        "weak",
        section(data),
        0,
        SymbolKind::Data,
        SymbolScope::Dynamic,
        true,
    );
    let extern_ = symbol(
        "elsewhere",
        SymbolSection::Undefined,
        0,
        SymbolKind::Unknown,
        SymbolScope::Unknown,
        false,
    );
    symbol(
        "common",
        SymbolSection::Common,
        8,
        SymbolKind::Data,
        SymbolScope::Dynamic,
        false,
    );
    for (offset, addend) in [(20, -4), (4, 7)] {
        o.add_relocation(
            text,
            Relocation {
                offset,
                symbol: extern_,
                addend,
                flags: RelocationFlags::Elf {
                    r_type: elf::RelocationType(reloc),
                },
            },
        )
        .unwrap();
    }
    o.write().unwrap()
}

fn amd64() -> Vec<u8> {
    sample(Architecture::X86_64, elf::R_X86_64_PLT32.0)
}

fn error(data: &[u8]) -> String {
    Elf::parse(data, "lib.a(x.o)", &AMD64, Shuffle::Triple64)
        .err()
        .map_or(String::new(), |e| e.0)
}

#[test]
fn objects_are_read() {
    let data = amd64();
    let e = Elf::parse(&data, "x.o", &AMD64, Shuffle::Triple64).unwrap();
    let used: Vec<_> = e
        .sections
        .iter()
        .filter_map(|s| Some((s.name, s.used?.kind, s.data.len(), s.size, s.align)))
        .collect();
    assert_eq!(
        used,
        [
            (&b".text"[..], SymKind::Text, 32, 32, 16),
            (b".data", SymKind::NoPtrData, 8, 8, 8),
            (b".bss", SymKind::NoPtrBss, 0, 24, 8),
        ]
    );
    let symbol = |name: &[u8]| e.symbols.iter().find(|s| s.name == name).unwrap();
    assert_eq!(symbol(b"local").bind, Bind::Local);
    let hidden = symbol(b"hidden");
    assert!((hidden.bind, hidden.hidden, hidden.value) == (Bind::Global, true, 16));
    assert_eq!(symbol(b"weak").bind, Bind::Weak);
    assert_eq!(symbol(b"elsewhere").place, Shndx::None);
    assert_eq!(symbol(b"common").place, Shndx::Common);
    assert_eq!(symbol(b"common").kind, ElfSymKind::Common);
    let text = e.sections.iter().find(|s| s.name == b".text").unwrap();
    let relocs: Vec<_> = text
        .relocs
        .iter()
        .map(|r| (r.off, r.siz, r.typ, r.add))
        .collect();
    let typ = RelocType::ElfPlt32;
    assert_eq!(relocs, [(4, 4, typ, 7), (20, 4, typ, -4)]);
    assert_eq!(e.symbols[text.relocs[0].sym as usize].name, b"elsewhere");
    let global = |s: &&ElfSym| s.kind != ElfSymKind::Section && s.bind != Bind::Local;
    let mut names: Vec<_> = e.symbols.iter().filter(global).map(|s| s.name).collect();
    names.sort();
    assert_eq!(names, [&b"common"[..], b"elsewhere", b"hidden", b"weak"]);
}

#[test]
fn objects_of_other_machines_are_refused() {
    let arm = sample(Architecture::Aarch64, elf::R_AARCH64_CALL26.0);
    assert!(Elf::parse(&arm, "x.o", &ARM64, Shuffle::Triple64).is_ok());
    assert_eq!(error(&arm), "loadelf: lib.a(x.o): elf object but not amd64");
    let mut big = amd64();
    big[elf_field::DATA] = elf::ELFDATA2MSB.0;
    // The version no longer fits, which is looked at first.
    let swapped: Vec<u8> = big[20..24].iter().rev().copied().collect();
    big[20..24].copy_from_slice(&swapped);
    big.swap(16, 17);
    assert_eq!(error(&big), "loadelf: lib.a(x.o): elf object but not amd64");
}

/// Offsets of fields of the file header.
mod elf_field {
    pub const DATA: usize = 5;
    pub const VERSION: usize = 6;
    pub const TYPE: usize = 16;
    pub const SHSTRNDX: usize = 62;
    pub const SHOFF: usize = 40;
}

#[test]
fn damaged_headers_are_errors() {
    let with = |at: usize, byte: u8| {
        let mut d = amd64();
        d[at] = byte;
        error(&d)
    };
    let says = |text: &str| format!("loadelf: lib.a(x.o): {text}");
    for (at, byte, text) in [
        (elf_field::DATA, 9, "malformed elf file, unknown header"),
        (0, 0, "malformed elf file, bad header"),
        (
            elf_field::VERSION,
            7,
            "malformed elf version: got 7, want 1",
        ),
        (elf_field::TYPE, 2, "elf but not elf relocatable object"),
        (elf_field::SHSTRNDX + 1, 0x40, ""),
        (
            elf_field::SHOFF + 7,
            0x40,
            "malformed elf file: unexpected EOF",
        ),
    ] {
        let got = with(at, byte);
        if text.is_empty() {
            assert!(
                got.starts_with(&says("malformed elf file: shstrndx out of range")),
                "{got}"
            );
        } else {
            assert_eq!(got, says(text));
        }
    }
    assert_eq!(
        error(&[0x7f, b'E', b'L', b'F']),
        says("malformed elf file: unexpected EOF")
    );
}

#[test]
fn relocations_that_cannot_be_linked_are_told() {
    // 32-bit addresses do not fit position-independent code.
    for number in [elf::R_X86_64_TLSGD.0, elf::R_X86_64_32S.0] {
        let d = sample(Architecture::X86_64, number);
        let e = Elf::parse(&d, "x.o", &AMD64, Shuffle::Triple64).unwrap();
        let text = e.sections.iter().find(|s| s.name == b".text").unwrap();
        let found: Vec<_> = text.relocs.iter().map(|r| (r.typ, r.number)).collect();
        assert_eq!(found, [(RelocType::Invalid, number); 2]);
    }
}

#[test]
fn no_damage_is_a_panic() {
    let whole = amd64();
    let mut errors = 0;
    let mut check = |d: &[u8]| match Elf::parse(d, "x.o", &AMD64, Shuffle::Triple64) {
        Ok(e) => {
            for s in &e.sections {
                assert!(s.relocs.iter().all(|r| (r.sym as usize) < e.symbols.len()));
                assert!(s.relocs.is_empty() || s.used.is_some_and(|u| u.contents));
            }
        }
        Err(_) => errors += 1,
    };
    for len in 0..whole.len() {
        check(&whole[..len]);
    }
    for at in 0..whole.len() {
        for byte in [
            0,
            1,
            0x7f,
            0x80,
            0xff,
            whole[at] ^ 1,
            whole[at].wrapping_add(8),
        ] {
            let mut d = whole.clone();
            d[at] = byte;
            check(&d);
        }
    }
    assert!(errors > whole.len());
}
