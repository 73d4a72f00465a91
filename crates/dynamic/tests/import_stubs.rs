//! Stubs of made-up functions.

use dynamic::ImportStubs;
use gover::{RelocType, SymKind, layout_for};
use reach::Live;
use symbols::{BitSet, ExtReloc, Inputs, ResolveOptions, SymId, Symbols};
use tables::Maker;
use target::Family;

/// A link with an imported function, a pointer to it, and a function that calls the one, reads the other and
/// calls the first again.
struct Link {
    syms: Symbols,
    live: Live,
    imported: SymId,
    pointer: SymId,
    caller: SymId,
}

fn link() -> Link {
    link_as("go1.27")
}

fn link_as(release: &str) -> Link {
    let opts = ResolveOptions::plain(layout_for(release).unwrap());
    let (mut syms, _) = Symbols::resolve(Inputs::default(), &opts).unwrap();
    let mut live = Live::default();
    let mut symbol = |name: &str, kind| {
        let s = syms.lookup_or_create(name.as_bytes(), 0);
        syms.ext_mut(s).kind = kind;
        live.reachable.insert(s);
        s
    };
    let imported = symbol("exit", SymKind::Windows);
    let pointer = symbol("__imp_exit", SymKind::Xref);
    let caller = symbol("p(.text)", SymKind::Text);
    let field = |(i, sym)| ExtReloc {
        off: 8 * i,
        siz: 4,
        typ: RelocType::Pcrel,
        weak: false,
        add: 0,
        sym,
    };
    let targets = [(0, imported), (1, pointer), (2, imported)];
    syms.ext_mut(caller).relocs = targets.into_iter().map(field).collect();
    syms.foreign.windows.stubs.insert(imported);
    syms.foreign.windows.pointers.insert(pointer, imported);
    Link {
        syms,
        live,
        imported,
        pointer,
        caller,
    }
}

impl Link {
    fn make(&mut self, family: Family) -> ImportStubs {
        let mut maker = Maker {
            syms: &mut self.syms,
            live: &mut self.live,
            special: &mut BitSet::default(),
            ptr_size: 8,
        };
        ImportStubs::make(&mut maker, &[self.caller], family)
    }
}

#[test]
fn calls_go_to_one_stub_and_pointers_to_the_table() {
    for (release, family, code, relocs) in [
        (
            "go1.24",
            Family::Amd64,
            &[0xff, 0x24, 0x25, 0, 0, 0, 0, 0x90][..],
            vec![(3, RelocType::Addr)],
        ),
        (
            "go1.27",
            Family::Amd64,
            &[0xff, 0x25, 0, 0, 0, 0, 0x90, 0x90],
            vec![(2, RelocType::Pcrel)],
        ),
        (
            "go1.24",
            Family::Arm64,
            &[0x10, 0, 0, 0x90, 0x11, 2, 0x40, 0xf9, 0x20, 2, 0x1f, 0xd6],
            vec![(0, RelocType::Arm64Pcrel), (4, RelocType::Arm64Pcrel)],
        ),
    ] {
        let mut l = link_as(release);
        let stubs = l.make(family);
        assert_eq!(stubs.errors, []);
        let led: Vec<SymId> = l.syms.relocs(l.caller).map(|r| r.sym).collect();
        assert_eq!(led, [stubs.code, l.imported, stubs.code]);
        assert_eq!(l.syms.data(stubs.code), code);
        let fields: Vec<_> = l.syms.relocs(stubs.code).map(|r| (r.off, r.typ)).collect();
        assert_eq!(fields, relocs);
    }
}

#[test]
fn what_is_not_live_is_told() {
    let mut l = link();
    l.live.reachable.remove(l.pointer);
    let text = "dynamic relocation to unreachable symbol __imp_exit";
    assert_eq!(l.make(Family::Amd64).errors, [(l.caller, text.to_owned())]);
    // Something else than imports of the program.
    let mut l = link();
    l.syms.ext_mut(l.imported).kind = SymKind::DynImport;
    let text = "internal error in windynrelocsym: underlying sym for \"__imp_exit\" has wrong type SDYNIMPORT";
    assert_eq!(l.make(Family::Amd64).errors, [(l.caller, text.to_owned())]);
}
