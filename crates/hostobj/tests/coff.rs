//! COFF objects made here, whole and damaged.

use gover::{CoffRelocs, RelocType, SymKind};
use hostobj::{Coff, CoffPlace, CoffScope, CoffSection, CoffSym, Comdat, undecorated};
use object::pe;
use object::write::{Comdat as WrittenComdat, Object, Relocation, Symbol, SymbolId, SymbolSection};
use object::{
    Architecture, BinaryFormat, ComdatKind, Endianness, RelocationFlags, SectionFlags, SectionKind,
    SymbolFlags, SymbolKind, SymbolScope,
};
use target::{AMD64, ARM64};

fn object(arch: Architecture) -> Object<'static> {
    let mut o = Object::new(BinaryFormat::Coff, arch, Endianness::Little);
    // Names as they are given.
    o.mangling = object::write::Mangling::None;
    o
}

fn symbol(
    o: &mut Object,
    name: &str,
    section: SymbolSection,
    value: u64,
    scope: SymbolScope,
) -> SymbolId {
    o.add_symbol(Symbol {
        name: name.into(),
        value,
        size: 0,
        kind: SymbolKind::Text,
        scope,
        weak: false,
        section,
        flags: SymbolFlags::None,
    })
}

fn relocation(offset: u64, symbol: SymbolId, typ: pe::RelocationType) -> Relocation {
    Relocation {
        offset,
        symbol,
        addend: 0,
        flags: RelocationFlags::Coff { typ },
    }
}

/// An object with code that refers to something elsewhere, data, zeros, a table of functions, a section that
/// others may have, and one for debuggers.
fn sample(arch: Architecture, typ: pe::RelocationType) -> Vec<u8> {
    let mut o = object(arch);
    let text = o.add_section(Vec::new(), b".text".to_vec(), SectionKind::Text);
    let bss = o.add_section(Vec::new(), b".bss".to_vec(), SectionKind::UninitializedData);
    let debug = o.add_section(
        Vec::new(),
        b".debug_info_by_name".to_vec(),
        SectionKind::Debug,
    );
    let pdata = o.add_section(Vec::new(), b".pdata".to_vec(), SectionKind::ReadOnlyData);
    let shared = o.add_section(
        Vec::new(),
        b".rdata$shared_by_all".to_vec(),
        SectionKind::ReadOnlyData,
    );
    o.append_section_data(text, &[0x90; 32], 16);
    o.append_section_bss(bss, 24, 8);
    o.append_section_data(debug, &[2; 4], 1);
    o.append_section_data(pdata, &[0; 12], 4);
    o.append_section_data(shared, &[1; 8], 8);
    let section = SymbolSection::Section;
    symbol(&mut o, "inner", section(text), 16, SymbolScope::Compilation);
    symbol(
        &mut o,
        "function_with_bytes@8",
        section(text),
        0,
        SymbolScope::Dynamic,
    );
    let undefined = SymbolSection::Undefined;
    let elsewhere = symbol(&mut o, "elsewhere", undefined, 0, SymbolScope::Unknown);
    let start = o.section_symbol(text);
    let of_shared = o.section_symbol(shared);
    o.add_comdat(WrittenComdat {
        kind: ComdatKind::Any,
        symbol: of_shared,
        sections: vec![shared],
    });
    for at in [20, 4] {
        o.add_relocation(text, relocation(at, elsewhere, typ))
            .unwrap();
    }
    for at in [0, 4, 8] {
        let number = match arch {
            Architecture::X86_64 => pe::IMAGE_REL_AMD64_ADDR32NB,
            _ => pe::IMAGE_REL_ARM64_ADDR32NB,
        };
        o.add_relocation(pdata, relocation(at, start, number))
            .unwrap();
    }
    o.write().unwrap()
}

fn amd64() -> Vec<u8> {
    sample(Architecture::X86_64, pe::IMAGE_REL_AMD64_REL32)
}

/// An object with resources only, in one section or in two.
fn resources(parts: &[&str]) -> Vec<u8> {
    let mut o = object(Architecture::X86_64);
    let flags = pe::IMAGE_SCN_CNT_INITIALIZED_DATA | pe::IMAGE_SCN_MEM_READ;
    let ids: Vec<_> = parts
        .iter()
        .map(|name| {
            let id = o.add_section(
                Vec::new(),
                name.as_bytes().to_vec(),
                SectionKind::ReadOnlyData,
            );
            o.section_mut(id).flags = SectionFlags::Coff {
                characteristics: flags,
            };
            o.append_section_data(id, &[7; 32], 4);
            id
        })
        .collect();
    let last = SymbolSection::Section(*ids.last().unwrap());
    let data = symbol(&mut o, "$R000010", last, 16, SymbolScope::Compilation);
    o.add_relocation(ids[0], relocation(8, data, pe::IMAGE_REL_AMD64_ADDR32NB))
        .unwrap();
    o.write().unwrap()
}

fn error(data: &[u8]) -> String {
    Coff::parse(data, "lib.a(x.o)", &AMD64, CoffRelocs::OfMachine)
        .err()
        .map_or(String::new(), |e| e.0)
}

fn section<'a, 'd>(c: &'a Coff<'d>, name: &[u8]) -> &'a CoffSection<'d> {
    c.sections.iter().find(|s| s.name == name).unwrap()
}

fn symbol_of<'a, 'd>(c: &'a Coff<'d>, name: &[u8]) -> &'a CoffSym<'d> {
    c.symbols.iter().find(|s| s.name == name).unwrap()
}

#[test]
fn objects_are_read() {
    let data = amd64();
    let c = Coff::parse(&data, "x.o", &AMD64, CoffRelocs::OfMachine).unwrap();
    let used: Vec<_> = c
        .sections
        .iter()
        .filter_map(|s| Some((s.name, s.used?.kind, s.data.len(), s.size)))
        .collect();
    assert_eq!(
        used,
        [
            (&b".text"[..], SymKind::Text, 32, 32),
            (b".bss", SymKind::NoPtrBss, 0, 24),
            (b".pdata", SymKind::SehSect, 12, 12),
            (b".rdata$shared_by_all", SymKind::Rodata, 8, 8),
        ]
    );
    assert!(!c.is_resources_only());
    assert_eq!(section(&c, b".text").comdat, None);
    assert_eq!(
        section(&c, b".rdata$shared_by_all").comdat,
        Some(Comdat::Any)
    );
    let inner = symbol_of(&c, b"inner");
    assert_eq!(
        (inner.scope(), inner.place, inner.value),
        (Ok(CoffScope::Local), CoffPlace::Section(0), 16)
    );
    let decorated = symbol_of(&c, b"function_with_bytes@8");
    assert_eq!(decorated.scope(), Ok(CoffScope::Global));
    assert_eq!(undecorated(decorated.name), b"function_with_bytes");
    assert_eq!(symbol_of(&c, b"elsewhere").place, CoffPlace::Undefined);
    // A long name does not stand for a section.
    assert!(symbol_of(&c, b".text").section);
    assert!(!symbol_of(&c, b".rdata$shared_by_all").section);
    let relocs = |name| {
        let list = section(&c, name).relocs.iter();
        list.map(|r| (r.off, r.siz, r.typ, r.weak))
            .collect::<Vec<_>>()
    };
    let call = |off| (off, 4, RelocType::Pcrel, false);
    assert_eq!(relocs(b".text"), [call(20), call(4)]);
    let entry = |off| (off, 4, RelocType::PeImageOff, true);
    assert_eq!(relocs(b".pdata"), [entry(0), entry(4), entry(8)]);
}

#[test]
fn other_machines_have_other_numbers() {
    let arm = sample(Architecture::Aarch64, pe::IMAGE_REL_ARM64_BRANCH26);
    let c = Coff::parse(&arm, "x.o", &ARM64, CoffRelocs::OfMachine).unwrap();
    let call = section(&c, b".text").relocs[0];
    assert_eq!((call.typ, call.add), (RelocType::CallArm64, 0));
    // Their stack is unwound without them.
    let pdata = section(&c, b".pdata");
    assert_eq!(pdata.used.unwrap().kind, SymKind::Rodata);
    assert!(!pdata.relocs[0].weak);
}

#[test]
fn older_releases_know_few_relocations() {
    let read = |machine, arch, number| {
        let data = sample(machine, number);
        let coff = Coff::parse(&data, "x.o", arch, CoffRelocs::Few);
        coff.map(|c| section(&c, b".text").relocs[0].typ)
            .map_err(|e| e.0)
    };
    let amd64 = |number| read(Architecture::X86_64, &AMD64, number);
    assert_eq!(amd64(pe::IMAGE_REL_AMD64_ADDR32), Ok(RelocType::Pcrel));
    assert_eq!(amd64(pe::IMAGE_REL_I386_DIR32), Ok(RelocType::Addr));
    let arm64 = |number| read(Architecture::Aarch64, &ARM64, number);
    assert_eq!(arm64(pe::IMAGE_REL_ARM64_ADDR32), Ok(RelocType::Addr));
    assert_eq!(
        arm64(pe::IMAGE_REL_ARM64_BRANCH26).unwrap_err(),
        "x.o: .text: unknown ARM64 relocation type 3"
    );
}

#[test]
fn addends_of_instructions_are_in_their_immediates() {
    for (number, instruction, add) in [
        // add x0, x0, #0x123
        (pe::IMAGE_REL_ARM64_PAGEOFFSET_12A, 0x9104_8c00u32, 0x123),
        // ldr x0, [x0, #16]; ldrb; ldr q0, [x0, #32]
        (pe::IMAGE_REL_ARM64_PAGEOFFSET_12L, 0xf940_0800, 16),
        (pe::IMAGE_REL_ARM64_PAGEOFFSET_12L, 0x3940_0800, 2),
        (pe::IMAGE_REL_ARM64_PAGEOFFSET_12L, 0x3dc0_0800, 32),
        // adrp x0, 5
        (pe::IMAGE_REL_ARM64_PAGEBASE_REL21, 0xb000_0020, 5),
    ] {
        let mut data = sample(Architecture::Aarch64, number);
        let text = data.windows(32).position(|w| w == [0x90; 32]).unwrap();
        data[text + 4..][..4].copy_from_slice(&instruction.to_le_bytes());
        let c = Coff::parse(&data, "x.o", &ARM64, CoffRelocs::OfMachine).unwrap();
        let r = section(&c, b".text").relocs.iter().find(|r| r.off == 4);
        let r = r.unwrap();
        assert_eq!(
            (r.typ, r.add),
            (RelocType::Arm64Pcrel, add),
            "{instruction:#x}"
        );
    }
}

#[test]
fn resources_are_told_from_other_data() {
    for (parts, value) in [
        (&[".rsrc"][..], 0x0707_0707),
        (&[".rsrc$01", ".rsrc$02"], 0x0707_0717),
    ] {
        let data = resources(parts);
        let c = Coff::parse(&data, "x.syso", &AMD64, CoffRelocs::OfMachine).unwrap();
        assert!(c.is_resources_only());
        let first = section(&c, parts[0].as_bytes());
        assert!(first.is_resource());
        // In one section, the field alone says where.
        assert_eq!(first.relocs[0].add, value, "{parts:?}");
    }
}

#[test]
fn damage_is_told() {
    let whole = amd64();
    assert_eq!(
        error(&whole[..10]),
        "lib.a(x.o): fail to read file header: 20 bytes at 0x0 of a file of 0xa"
    );
    let symtab = u32::from_le_bytes(whole[8..12].try_into().unwrap()) as usize;
    let cut = error(&whole[..symtab + 4]);
    assert!(cut.contains("fail to read string table length"), "{cut}");
    // Characteristics of the first section.
    let mut d = whole.clone();
    d[20 + 39] = 0;
    assert_eq!(
        error(&d),
        "lib.a(x.o): unexpected flags 0x500020 for PE section .text"
    );
    // Its place in the file.
    let mut d = whole.clone();
    d[20 + 20..][..4].copy_from_slice(&0xffff_ff00u32.to_le_bytes());
    let len = whole.len();
    assert_eq!(
        error(&d),
        format!(
            "lib.a(x.o): fail to read section .text: 32 bytes at 0xffffff00 of a file of {len:#x}"
        )
    );
    // Its first relocation: the symbol, the place, the type.
    let relocs = u32::from_le_bytes(whole[20 + 24..][..4].try_into().unwrap()) as usize;
    let n = u32::from_le_bytes(whole[12..16].try_into().unwrap());
    let with = |at: usize, value: u8| {
        let mut d = whole.clone();
        d[relocs + at] = value;
        error(&d)
    };
    assert_eq!(
        with(4, 0xff),
        format!(
            "lib.a(x.o): relocation number 0 symbol index idx=255 cannot be large then number of symbols {n}"
        )
    );
    assert_eq!(
        with(0, 30),
        "lib.a(x.o): relocation 0 at 0x1e outside of section .text of 0x20 bytes"
    );
    assert_eq!(
        with(8, 0x10),
        "lib.a(x.o): .text: unknown relocation type 16"
    );
}

#[test]
fn symbols_that_cannot_be_linked_are_told() {
    let sym = |typ, class: pe::SymbolClass| CoffSym {
        name: b"f",
        auxiliary: false,
        section: false,
        mark: false,
        place: CoffPlace::Undefined,
        value: 0,
        typ,
        class: class.0,
    };
    let weak = sym(0, pe::IMAGE_SYM_CLASS_WEAK_EXTERNAL);
    assert_eq!(weak.scope(), Err("f: invalid symbol binding 105".into()));
    let pointer = sym(0x10, pe::IMAGE_SYM_CLASS_EXTERNAL);
    assert_eq!(pointer.scope(), Err("f: invalid symbol type 16".into()));
    let function = sym(0x20, pe::IMAGE_SYM_CLASS_EXTERNAL);
    assert_eq!(function.scope(), Ok(CoffScope::Global));
}

#[test]
fn no_damage_is_a_panic() {
    for whole in [amd64(), resources(&[".rsrc$01", ".rsrc$02"])] {
        let mut errors = 0;
        let mut check = |d: &[u8]| match Coff::parse(d, "x.o", &AMD64, CoffRelocs::OfMachine) {
            Ok(c) => {
                for s in &c.sections {
                    assert!(s.relocs.iter().all(|r| (r.sym as usize) < c.symbols.len()));
                    assert!(s.relocs.is_empty() || s.used.is_some_and(|u| u.contents));
                }
            }
            Err(_) => errors += 1,
        };
        for len in 0..whole.len() {
            check(&whole[..len]);
        }
        for at in 0..whole.len() {
            for byte in [0, 1, 0x7f, 0x80, 0xff, whole[at] ^ 1] {
                let mut d = whole.clone();
                d[at] = byte;
                check(&d);
            }
        }
        assert!(errors > whole.len());
    }
}
