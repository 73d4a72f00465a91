//! COFF objects entered into a link without Go objects, whole and damaged.

use gover::{CoffRelocs, HostPdata, RelocType, SymKind};
use hostobj::Coff;
use link::host::Loader;
use object::write::{Comdat, Mangling, Object, Relocation, Symbol, SymbolId, SymbolSection};
use object::{
    Architecture, BinaryFormat, ComdatKind, Endianness, RelocationFlags, SectionKind, SymbolFlags,
    SymbolKind, SymbolScope, pe,
};
use symbols::{Inputs, ResolveOptions, SymId, Symbols};
use target::AMD64;

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

/// Functions `name` (global) and `inner` (local), of which the first calls `call`; data that point to it;
/// what unwinds the stack of the first, with a handler; and a section that all such objects have.
fn sample(name: &str, call: &str) -> Vec<u8> {
    let mut o = Object::new(BinaryFormat::Coff, Architecture::X86_64, Endianness::Little);
    o.mangling = Mangling::None;
    let mut section = |name: &str, kind, data: &[u8]| {
        let s = o.add_section(Vec::new(), name.as_bytes().to_vec(), kind);
        o.append_section_data(s, data, 4);
        s
    };
    let text = section(".text", SectionKind::Text, &[0x90; 32]);
    let data = section(".data", SectionKind::Data, &[0; 8]);
    let pdata = section(".pdata", SectionKind::ReadOnlyData, &[0; 24]);
    // Version 1 with a handler of exceptions, without codes.
    let info = [9, 4, 0, 0, 0, 0, 0, 0];
    let xdata = section(".xdata", SectionKind::ReadOnlyData, &info);
    let shared = section(".rdata$.refptr.all", SectionKind::ReadOnlyData, &[1; 8]);
    let (in_text, in_shared) = (SymbolSection::Section(text), SymbolSection::Section(shared));
    symbol(&mut o, name, in_text, 16, SymbolScope::Dynamic);
    symbol(&mut o, "inner", in_text, 0, SymbolScope::Compilation);
    symbol(&mut o, ".refptr.all", in_shared, 0, SymbolScope::Dynamic);
    let undefined = SymbolSection::Undefined;
    let call = symbol(&mut o, call, undefined, 0, SymbolScope::Unknown);
    let handler = symbol(&mut o, "handler", undefined, 0, SymbolScope::Unknown);
    let (start, info) = (o.section_symbol(text), o.section_symbol(xdata));
    let of_shared = o.section_symbol(shared);
    o.add_comdat(Comdat {
        kind: ComdatKind::Any,
        symbol: of_shared,
        sections: vec![shared],
    });
    let near = pe::IMAGE_REL_AMD64_ADDR32NB;
    for (section, offset, symbol, typ) in [
        (text, 20, call, pe::IMAGE_REL_AMD64_REL32),
        (data, 0, call, pe::IMAGE_REL_AMD64_ADDR64),
        (pdata, 0, start, near),
        (pdata, 4, start, near),
        (pdata, 8, info, near),
        (pdata, 12, start, near),
        (pdata, 16, start, near),
        (pdata, 20, info, near),
        (xdata, 4, handler, near),
    ] {
        let relocation = Relocation {
            offset,
            symbol,
            addend: 0,
            flags: RelocationFlags::Coff { typ },
        };
        o.add_relocation(section, relocation).unwrap();
    }
    o.write().unwrap()
}

fn no_symbols() -> Symbols {
    let options = ResolveOptions::plain(gover::layout_for("go1.27").unwrap());
    Symbols::resolve(Inputs::default(), &options)
        .ok()
        .unwrap()
        .0
}

fn enter(loader: &mut Loader, data: &[u8], name: &str, how: HostPdata) -> Result<(), String> {
    let coff = Coff::parse(data, name, &AMD64, CoffRelocs::OfMachine).unwrap();
    loader.enter_coff(&coff, "p", name, how)
}

fn name(syms: &Symbols, s: SymId) -> String {
    String::from_utf8_lossy(syms.name(s)).into_owned()
}

fn kept(syms: &Symbols, s: SymId) -> Vec<String> {
    let keeps = syms.relocs(s).filter(|r| r.typ == RelocType::Keep);
    keeps.map(|r| name(syms, r.sym)).collect()
}

#[test]
fn functions_lie_in_their_sections() {
    let mut syms = no_symbols();
    let mut loader = Loader::new(&mut syms);
    let object = sample("outer", "elsewhere");
    enter(&mut loader, &object, "x.o", HostPdata::Whole).unwrap();
    assert!(loader.is_wanted("elsewhere") && !loader.is_wanted("outer"));
    let text: Vec<String> = syms.foreign.text.iter().map(|&s| name(&syms, s)).collect();
    assert_eq!(text, ["p(.text)", "inner", "outer"]);
    let outer = syms.lookup(b"outer", 0).unwrap();
    assert_eq!((syms.kind(outer), syms.size(outer)), (SymKind::Text, 4));
    assert_eq!(syms.foreign.offsets[&outer], 16);
    assert_eq!(syms.lookup(b"inner", 0), None);
}

#[test]
fn what_all_objects_have_is_taken_from_the_first() {
    let mut syms = no_symbols();
    let mut loader = Loader::new(&mut syms);
    for (name, call) in [("outer", "elsewhere"), ("elsewhere", "outer")] {
        enter(&mut loader, &sample(name, call), name, HostPdata::Whole).unwrap();
    }
    assert!(!loader.is_wanted("elsewhere") && loader.is_wanted("handler"));
    assert_eq!(
        enter(&mut loader, &sample("outer", "x"), "y.o", HostPdata::Whole),
        Err("y.o: duplicate symbol reference: outer in both p(.text) and p(.text)".into())
    );
}

#[test]
fn unwind_tables_are_whole_or_by_function() {
    let object = sample("outer", "elsewhere");
    let mut syms = no_symbols();
    let mut loader = Loader::new(&mut syms);
    enter(&mut loader, &object, "x.o", HostPdata::Whole).unwrap();
    let windows = &syms.foreign.windows;
    let names = |list: &[SymId]| list.iter().map(|&s| name(&syms, s)).collect::<Vec<_>>();
    assert_eq!(names(&windows.pdata), ["p(.pdata)"]);
    assert_eq!(names(&windows.xdata), ["p(.xdata)"]);
    assert_eq!(names(&syms.foreign.live), ["p(.pdata)", "p(.xdata)"]);
    assert_eq!(kept(&syms, syms.foreign.text[0]), ["handler", "handler"]);

    let mut syms = no_symbols();
    let mut loader = Loader::new(&mut syms);
    enter(&mut loader, &object, "x.o", HostPdata::PerFunction).unwrap();
    let pdata = &syms.foreign.windows.pdata;
    assert_eq!(pdata.len(), 2);
    for &s in pdata {
        let fields: Vec<_> = syms.relocs(s).map(|r| (r.off, r.weak)).collect();
        assert_eq!(fields, [(0, true), (4, true), (8, true)]);
        assert_eq!((syms.size(s), syms.align(s)), (12, 4));
    }
    assert_eq!(syms.foreign.live, []);
    let one = ["", "p(.xdata)", "handler"];
    assert_eq!(kept(&syms, syms.foreign.text[0]), [one, one].concat());
}

#[test]
fn imports_are_found_by_the_names_of_pointers() {
    let mut syms = no_symbols();
    let imported = syms.lookup_or_create(b"exit", 0);
    syms.ext_mut(imported).kind = SymKind::DynImport;
    let mut loader = Loader::new(&mut syms);
    for (name, call) in [("direct", "exit"), ("by_pointer", "__imp_exit")] {
        enter(&mut loader, &sample(name, call), name, HostPdata::Whole).unwrap();
    }
    // No library need be searched for it.
    assert!(loader.is_wanted("__imp_exit"));
    let targets = loader.undefined_targets(usize::MAX);
    assert!(targets.iter().any(|&(s, _)| loader.is_import_pointer(s)));
    loader.resolve_imports().unwrap();
    let pointer = syms.lookup(b"__imp_exit", 0).unwrap();
    let windows = &syms.foreign.windows;
    assert!(windows.stubs.contains(&imported));
    assert_eq!(windows.pointers.get(&pointer), Some(&imported));
    assert_eq!(kept(&syms, pointer), ["exit"]);

    let mut syms = no_symbols();
    let mut loader = Loader::new(&mut syms);
    let lost = sample("by_pointer", "__imp_lost");
    enter(&mut loader, &lost, "x.o", HostPdata::Whole).unwrap();
    assert_eq!(
        loader.resolve_imports(),
        Err("internal error: import symbol \"__imp_lost\" with no underlying sym".into())
    );
}

#[test]
fn no_damage_is_a_panic() {
    let whole = sample("outer", "elsewhere");
    let mut entered = 0;
    for at in 0..whole.len() {
        for byte in [0, 1, 3, 0x20, 0x69, 0xff, whole[at] ^ 2] {
            let mut d = whole.clone();
            d[at] = byte;
            let Ok(coff) = Coff::parse(&d, "x.o", &AMD64, CoffRelocs::OfMachine) else {
                continue;
            };
            for how in [HostPdata::Whole, HostPdata::PerFunction] {
                let mut syms = no_symbols();
                let mut loader = Loader::new(&mut syms);
                let first = loader.enter_coff(&coff, "p", "x.o", how);
                let _ = loader.enter_coff(&coff, "p", "y.o", how);
                let _ = loader.resolve_imports();
                entered += usize::from(first.is_ok());
            }
        }
    }
    assert!(entered > whole.len());
}
