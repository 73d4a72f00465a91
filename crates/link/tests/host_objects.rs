//! Host objects entered into a link without Go objects, whole and damaged.

use gover::SymKind;
use hostobj::{Elf, Shuffle};
use link::host::Loader;
use object::write::{Object, Relocation, Symbol, SymbolSection};
use object::{
    Architecture, BinaryFormat, Endianness, RelocationFlags, SectionKind, SymbolFlags, SymbolKind,
    SymbolScope, elf,
};
use symbols::{Inputs, ResolveOptions, SymId, Symbols};
use target::AMD64;

/// Functions `name` (global) and `inner` (local), of which the first calls `elsewhere`.
fn sample(name: &str) -> Vec<u8> {
    let mut o = Object::new(BinaryFormat::Elf, Architecture::X86_64, Endianness::Little);
    let text = o.add_section(Vec::new(), b".text".to_vec(), SectionKind::Text);
    o.append_section_data(text, &[0x90; 32], 16);
    let mut symbol = |name: &str, section, value, scope| {
        o.add_symbol(Symbol {
            name: name.into(),
            value,
            size: 16,
            kind: SymbolKind::Text,
            scope,
            weak: false,
            section,
            flags: SymbolFlags::None,
        })
    };
    let section = SymbolSection::Section(text);
    symbol(name, section, 16, SymbolScope::Dynamic);
    symbol("inner", section, 0, SymbolScope::Compilation);
    let elsewhere = SymbolSection::Undefined;
    let elsewhere = symbol("elsewhere", elsewhere, 0, SymbolScope::Unknown);
    let flags = RelocationFlags::Elf {
        r_type: elf::R_X86_64_PLT32,
    };
    let call = Relocation {
        offset: 20,
        symbol: elsewhere,
        addend: -4,
        flags,
    };
    o.add_relocation(text, call).unwrap();
    o.write().unwrap()
}

fn no_symbols() -> Symbols {
    no_symbols_of("go1.27")
}

fn no_symbols_of(version: &str) -> Symbols {
    let options = ResolveOptions::plain(gover::layout_for(version).unwrap());
    Symbols::resolve(Inputs::default(), &options)
        .ok()
        .unwrap()
        .0
}

fn parse(data: &[u8]) -> Elf<'_> {
    Elf::parse(data, "x.o", &AMD64, Shuffle::Triple64).unwrap()
}

#[test]
fn functions_lie_in_their_sections() {
    let mut syms = no_symbols();
    let data = sample("outer");
    let mut loader = Loader::new(&mut syms);
    loader.enter(&parse(&data), "a/b", "x.o").unwrap();
    let undefined = loader.undefined_targets(usize::MAX);
    let name = |s: SymId| String::from_utf8_lossy(syms.name(s)).into_owned();
    assert_eq!(undefined.len(), 1);
    assert_eq!(name(undefined[0].0), "elsewhere");
    assert_eq!(name(undefined[0].1), "a/b(.text)");
    let text: Vec<String> = syms.foreign.text.iter().map(|&s| name(s)).collect();
    assert_eq!(text, ["a/b(.text)", "inner", "outer"]);
    let outer = syms.lookup(b"outer", 0).unwrap();
    assert_eq!((syms.kind(outer), syms.size(outer)), (SymKind::Text, 16));
    assert!(syms.foreign.is_interior(outer) && !syms.foreign.hidden.contains(&outer));
    assert_eq!(syms.foreign.offsets[&outer], 16);
    // Local names are nobody else's.
    assert_eq!(syms.lookup(b"inner", 0), None);
    assert!(syms.foreign.hidden.contains(&syms.foreign.text[1]));
}

#[test]
fn one_object_defines_what_another_lacks() {
    let mut syms = no_symbols();
    let (a, b, c) = (sample("outer"), sample("elsewhere"), sample("outer"));
    let mut loader = Loader::new(&mut syms);
    loader.enter(&parse(&a), "p", "a.o").unwrap();
    loader.enter(&parse(&b), "p", "b.o").unwrap();
    assert_eq!(loader.undefined_targets(usize::MAX), []);
    assert_eq!(
        loader.enter(&parse(&c), "q", "c.o").unwrap_err(),
        "loadelf: c.o: duplicate symbol reference: outer in both p(.text) and q(.text)"
    );
}

/// An object with a symbol `name` in a section without contents, of kind `kind`.
fn in_empty_section(name: &str, section: &str, kind: SectionKind) -> Vec<u8> {
    let mut o = Object::new(BinaryFormat::Elf, Architecture::X86_64, Endianness::Little);
    let section = o.add_section(Vec::new(), section.into(), kind);
    o.add_symbol(Symbol {
        name: name.into(),
        value: 0,
        size: 0,
        kind: SymbolKind::Label,
        scope: SymbolScope::Dynamic,
        weak: false,
        section: SymbolSection::Section(section),
        flags: SymbolFlags::None,
    });
    o.write().unwrap()
}

#[test]
fn what_compilers_leave_behind_is_taken_since_a_patch_level() {
    let enter = |version, data: &[u8]| {
        let mut syms = no_symbols_of(version);
        Loader::new(&mut syms).enter(&parse(data), "p", "x.o")
    };
    let empty = in_empty_section("f", ".text.f", SectionKind::Text);
    assert_eq!(
        enter("go1.24.7", &empty).unwrap_err(),
        "loadelf: x.o: f: unexpected empty container symbol"
    );
    assert_eq!(enter("go1.24.8", &empty), Ok(()));
    let view = in_empty_section(".LVUS3", ".debug_loc", SectionKind::Debug);
    let error = enter("go1.24.7", &view).unwrap_err();
    assert!(
        error.contains("(\".LVUS3\"): ignoring symbol in section"),
        "{error}"
    );
    assert_eq!(enter("go1.24.8", &view), Ok(()));
}

#[test]
fn no_damage_is_a_panic() {
    let whole = sample("outer");
    let mut entered = 0;
    for at in 0..whole.len() {
        for byte in [0, 1, 4, 0x12, 0x22, 0xff, whole[at] ^ 2] {
            let mut d = whole.clone();
            d[at] = byte;
            let Ok(elf) = Elf::parse(&d, "x.o", &AMD64, Shuffle::Triple64) else {
                continue;
            };
            let mut syms = no_symbols();
            let mut loader = Loader::new(&mut syms);
            let first = loader.enter(&elf, "p", "x.o");
            let _ = loader.enter(&elf, "p", "y.o");
            loader.undefined_targets(usize::MAX);
            entered += usize::from(first.is_ok());
        }
    }
    assert!(entered > whole.len());
}
