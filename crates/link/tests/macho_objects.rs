//! Mach-O objects entered into a link without Go objects, whole and damaged.

use gover::{RelocType, SymKind};
use hostobj::macho::Macho;
use link::host::Loader;
use object::write::{Object, Relocation, Symbol, SymbolSection};
use object::{
    Architecture, BinaryFormat, Endianness, RelocationFlags, SectionKind, SymbolFlags, SymbolKind,
    SymbolScope, macho,
};
use symbols::{Inputs, ResolveOptions, SymId, Symbols};
use target::{AMD64, ARM64, ArchInfo};

fn no_symbols() -> Symbols {
    no_symbols_as("go1.27")
}

fn no_symbols_as(release: &str) -> Symbols {
    let options = ResolveOptions::plain(gover::layout_for(release).unwrap());
    Symbols::resolve(Inputs::default(), &options).unwrap().0
}

/// Functions `outer` and `inner`, of which the first calls `elsewhere`; data that point to `inner`.
fn sample(arch: Architecture) -> Vec<u8> {
    sample_with(arch, &[4])
}

/// The same with calls at these places.
fn sample_with(arch: Architecture, calls: &[u64]) -> Vec<u8> {
    let mut o = Object::new(BinaryFormat::MachO, arch, Endianness::Little);
    let text = o.section_id(object::write::StandardSection::Text);
    o.append_section_data(text, &[0; 32], 16);
    let data = o.add_section(b"__DATA".to_vec(), b"__data".to_vec(), SectionKind::Data);
    o.append_section_data(data, &[0; 16], 8);
    let mut symbol = |name: &str, section, value| {
        o.add_symbol(Symbol {
            name: name.into(),
            value,
            size: 0,
            kind: SymbolKind::Text,
            scope: SymbolScope::Dynamic,
            weak: false,
            section,
            flags: SymbolFlags::None,
        })
    };
    symbol("outer", SymbolSection::Section(text), 0);
    let inner = symbol("inner", SymbolSection::Section(text), 16);
    let elsewhere = symbol("elsewhere", SymbolSection::Undefined, 0);
    let reloc = |offset, symbol, r_type, r_pcrel, r_length| Relocation {
        offset,
        symbol,
        addend: 0,
        flags: RelocationFlags::MachO {
            r_type,
            r_pcrel,
            r_length,
        },
    };
    let branch = match arch {
        Architecture::X86_64 => macho::X86_64_RELOC_BRANCH,
        _ => macho::ARM64_RELOC_BRANCH26,
    };
    for &call in calls {
        o.add_relocation(text, reloc(call, elsewhere, branch, true, 2))
            .unwrap();
    }
    let unsigned = macho::X86_64_RELOC_UNSIGNED;
    o.add_relocation(data, reloc(8, inner, unsigned, false, 3))
        .unwrap();
    o.write().unwrap()
}

const MACHINES: [(Architecture, &ArchInfo); 2] = [
    (Architecture::X86_64, &AMD64),
    (Architecture::Aarch64, &ARM64),
];

#[test]
fn symbols_end_where_the_next_begins() {
    for (arch, info) in MACHINES {
        let bytes = sample(arch);
        let object = Macho::parse(&bytes, info).unwrap();
        let mut syms = no_symbols();
        Loader::new(&mut syms)
            .enter_macho(&object, "p", true)
            .unwrap();
        let find = |name: &[u8]| syms.lookup(name, 0).unwrap();
        assert_eq!(syms.kind(find(b"outer")), SymKind::Text);
        assert_eq!(
            [find(b"outer"), find(b"inner")].map(|s| syms.size(s)),
            [16, 16]
        );
        assert_eq!(syms.kind(find(b"elsewhere")), SymKind::Xxx);
        let text = syms.foreign.outer(find(b"inner"));
        let refers = |s: SymId| -> Vec<(i32, RelocType, SymId)> {
            syms.relocs(s).map(|r| (r.off, r.typ, r.sym)).collect()
        };
        assert_eq!(
            refers(text),
            [(4, RelocType::MachoBranch, find(b"elsewhere"))]
        );
    }
}

#[test]
fn relocations_were_sorted() {
    let bytes = sample_with(Architecture::X86_64, &[8, 12, 4]);
    let object = Macho::parse(&bytes, &AMD64).unwrap();
    let calls = |release| {
        let mut syms = no_symbols_as(release);
        Loader::new(&mut syms)
            .enter_macho(&object, "p", false)
            .unwrap();
        let text = syms.foreign.outer(syms.lookup(b"inner", 0).unwrap());
        syms.relocs(text).map(|r| r.off).collect::<Vec<i32>>()
    };
    assert_eq!(calls("go1.24"), [4, 8, 12]);
    assert_eq!(calls("go1.25"), [8, 12, 4]);
}

#[test]
fn what_is_defined_twice_is_told() {
    let bytes = sample(Architecture::X86_64);
    let object = Macho::parse(&bytes, &AMD64).unwrap();
    let mut syms = no_symbols();
    let mut loader = Loader::new(&mut syms);
    loader.enter_macho(&object, "p", true).unwrap();
    let text = loader.enter_macho(&object, "q", true).unwrap_err();
    assert_eq!(
        text,
        "duplicate symbol reference: inner in both p(__TEXT/__text) and q(__TEXT/__text)"
    );
}

#[test]
fn objects_for_other_machines_are_refused() {
    let bytes = sample(Architecture::X86_64);
    let error = Macho::parse(&bytes, &ARM64).unwrap_err();
    assert_eq!(error.to_string(), "mach-o object but not arm64");
}

#[test]
fn no_damage_is_a_panic() {
    for (arch, info) in MACHINES {
        let whole = sample(arch);
        let (mut refused, mut entered) = (0, 0);
        let mut check = |d: &[u8]| {
            let Ok(object) = Macho::parse(d, info) else {
                refused += 1;
                return;
            };
            // Zeros take room.
            if object.sections.iter().any(|s| s.size > 1 << 20) {
                return;
            }
            let mut syms = no_symbols();
            let mut loader = Loader::new(&mut syms);
            let first = loader.enter_macho(&object, "p", true);
            let _ = loader.enter_macho(&object, "q", false);
            entered += usize::from(first.is_ok());
        };
        for len in 0..whole.len() {
            check(&whole[..len]);
        }
        for at in 0..whole.len() {
            for byte in [0, 1, 0x1f, 0x7f, 0xff, whole[at] ^ 2] {
                let mut d = whole.clone();
                d[at] = byte;
                check(&d);
            }
        }
        assert!(refused > whole.len() && entered > whole.len());
    }
}
