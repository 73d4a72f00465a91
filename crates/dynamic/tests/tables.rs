//! Dynamic linking information of made-up symbols.

use dynamic::{DynamicOptions, DynamicTables};
use gover::{RelocType, SymKind, layout_for};
use layout::{Addresses, DataSym, SectionId};
use reach::Live;
use symbols::{BitSet, CgoAttrs, ExtReloc, Inputs, ResolveOptions, SymId, Symbols};
use tables::Maker;
use target::ArchInfo;

const R_X86_64_RELATIVE: u32 = 8;
const R_AARCH64_GLOB_DAT: u32 = 1025;

struct Link {
    syms: Symbols,
    live: Live,
    special: BitSet,
    tables: DynamicTables,
}

fn link(arch: &'static ArchInfo, rpath: &[u8]) -> Link {
    let opts = ResolveOptions::plain(layout_for("go1.27").unwrap());
    let (mut syms, _) = Symbols::resolve(Inputs::default(), &opts).unwrap();
    let (mut live, mut special) = (Live::default(), BitSet::default());
    let mut maker = Maker {
        syms: &mut syms,
        live: &mut live,
        special: &mut special,
        ptr_size: 8,
    };
    let options = DynamicOptions {
        addresses_by_plt: false,
        arch,
        relro: false,
        bind_now: false,
        rpath,
    };
    let tables = DynamicTables::make(&mut maker, &options);
    Link {
        syms,
        live,
        special,
        tables,
    }
}

impl Link {
    fn symbol(&mut self, name: &str, kind: SymKind) -> SymId {
        let mut maker = Maker {
            syms: &mut self.syms,
            live: &mut self.live,
            special: &mut self.special,
            ptr_size: 8,
        };
        maker.create(name, kind)
    }

    fn import(&mut self, name: &str, lib: &str, version: &str) -> SymId {
        let s = self.symbol(name, SymKind::DynImport);
        let attrs = CgoAttrs {
            import_lib: lib.into(),
            import_version: version.into(),
            ..CgoAttrs::default()
        };
        self.syms.foreign.cgo.insert(s, attrs);
        s
    }

    fn refer(&mut self, from: SymId, typ: RelocType, siz: u8, to: SymId) {
        let e = self.syms.ext_mut(from);
        let off = e.data.len() as i32;
        e.add_bytes(&[0; 8]);
        e.relocs.push(ExtReloc {
            off,
            siz,
            typ,
            weak: false,
            add: 0,
            sym: to,
        });
    }

    fn scan(&mut self, text: &[SymId], data: &[SymId], pie: bool) -> Vec<(SymId, String)> {
        let data: Vec<DataSym> = data
            .iter()
            .map(|&sym| DataSym {
                sym,
                size: 8,
                align: 8,
            })
            .collect();
        let t = &mut self.tables;
        t.scan(&mut self.syms, &self.live, text, &[&data], pie)
    }

    /// The entries of `.dynamic`; addresses and sizes are 0.
    fn dynamic(&self) -> Vec<(u64, u64)> {
        let words = words(self.syms.data(self.tables.dynamic));
        words.chunks(2).map(|w| (w[0], w[1])).collect()
    }

    fn string(&self, off: usize) -> &str {
        let bytes = &self.syms.data(self.tables.dynstr)[off..];
        let end = bytes.iter().position(|&b| b == 0).unwrap();
        std::str::from_utf8(&bytes[..end]).unwrap()
    }
}

fn words(bytes: &[u8]) -> Vec<u64> {
    let word = |b: &[u8]| u64::from_le_bytes(b.try_into().unwrap());
    bytes.chunks_exact(8).map(word).collect()
}

fn halves(bytes: &[u8]) -> Vec<u32> {
    let half = |b: &[u8]| u32::from_le_bytes(b.try_into().unwrap());
    bytes.chunks_exact(4).map(half).collect()
}

#[test]
fn calls_of_imports_go_through_the_plt() {
    let mut l = link(&target::AMD64, b"/lib/here");
    let (puts, exit) = (
        l.import("puts", "libc.so.6", "GLIBC_2.2.5"),
        l.import("exit", "libc.so.6", "GLIBC_2.2.5"),
    );
    let lonely = l.import("lonely", "liba.so", "");
    let text = [l.symbol("f", SymKind::Text), l.symbol("g", SymKind::Text)];
    l.refer(text[0], RelocType::Call, 4, exit);
    l.refer(text[0], RelocType::Call, 4, text[1]);
    l.refer(text[1], RelocType::Call, 4, puts);
    l.refer(text[1], RelocType::Call, 4, exit);
    l.refer(text[1], RelocType::Call, 4, lonely);
    assert_eq!(l.scan(&text, &[], false), []);
    l.tables.finish(&mut l.syms, false);

    let plt = l.tables.plt;
    let targets: Vec<(SymId, i64)> = text
        .iter()
        .flat_map(|&s| l.syms.relocs(s).map(|r| (r.sym, r.add)))
        .collect();
    assert_eq!(
        targets,
        [(plt, 16), (text[1], 0), (plt, 32), (plt, 16), (plt, 48)]
    );
    let code = l.syms.data(plt);
    assert_eq!(code.len(), 4 * 16);
    assert_eq!(code[32..34], [0xff, 0x25]);
    assert_eq!(
        code[38..48],
        [0x68, 1, 0, 0, 0, 0xe9, 0xd0, 0xff, 0xff, 0xff]
    );
    let slots: Vec<i64> = l.syms.relocs(l.tables.gotplt).map(|r| r.add).collect();
    assert_eq!(slots, [0, 16 + 6, 32 + 6, 48 + 6]);

    let names: Vec<&str> = halves(l.syms.data(l.tables.dynsym))
        .chunks(6)
        .map(|sym| l.string(sym[0] as usize))
        .collect();
    assert_eq!(names, ["", "exit", "puts", "lonely"]);
    assert_eq!(
        l.syms.data(l.tables.version),
        [0, 0, 2, 0, 2, 0, 1, 0],
        "of each symbol"
    );
    let needs = halves(l.syms.data(l.tables.version_r));
    assert_eq!(needs.len(), 8);
    assert_eq!(l.string(needs[1] as usize), "libc.so.6");
    assert_eq!(l.string(needs[6] as usize), "GLIBC_2.2.5");
    let dynamic = l.dynamic();
    let of = |tag: u64| dynamic.iter().filter(move |e| e.0 == tag).map(|e| e.1);
    let libs: Vec<&str> = of(1).map(|off| l.string(off as usize)).collect();
    assert_eq!(libs, ["libc.so.6", "liba.so"]);
    assert_eq!(
        of(29).map(|off| l.string(off as usize)).collect::<Vec<_>>(),
        ["/lib/here"]
    );
    let tags: Vec<u64> = dynamic.iter().map(|e| e.0).collect();
    assert_eq!(tags[..6], [4, 6, 11, 5, 10, 7]);
    let (needs, end) = ([0x6fff_fffe, 0x6fff_ffff, 0x6fff_fff0], [20, 2, 23, 0]);
    assert!(tags.ends_with(&[&needs[..], &end[..]].concat()));
}

#[test]
fn versions_are_listed_from_the_last_to_the_first() {
    let mut l = link(&target::AMD64, b"");
    for (name, lib, version) in [
        ("a", "libx.so", "X1"),
        ("b", "liby.so", "Y1"),
        ("c", "libx.so", "X2"),
    ] {
        let s = l.import(name, lib, version);
        l.tables.add_symbol(&mut l.syms, s);
    }
    l.tables.finish(&mut l.syms, false);
    assert_eq!(l.tables.n_version_needs, 2);
    // Y1 is version 2, X2 3, X1 4.
    assert_eq!(l.syms.data(l.tables.version), [0, 0, 4, 0, 2, 0, 3, 0]);
    let r = halves(l.syms.data(l.tables.version_r));
    assert_eq!(l.string(r[1] as usize), "liby.so");
    assert_eq!((r[0], r[2], r[3]), (1 << 16 | 1, 16, 32));
    assert_eq!(l.string(r[8 + 1] as usize), "libx.so");
    assert_eq!((r[8], r[8 + 3]), (2 << 16 | 1, 0));
}

#[test]
fn pointers_in_data_that_may_lie_anywhere_are_the_dynamic_linkers() {
    let mut l = link(&target::AMD64, b"");
    let (a, b, c) = (
        l.symbol("a", SymKind::Data),
        l.symbol("b", SymKind::Data),
        l.symbol("c", SymKind::Rodata),
    );
    let text = [l.symbol("f", SymKind::Text)];
    l.refer(a, RelocType::Addr, 8, b);
    l.refer(a, RelocType::AddrOff, 4, c);
    l.refer(c, RelocType::Addr, 8, a);
    l.refer(b, RelocType::Addr, 4, a);
    l.refer(text[0], RelocType::Addr, 8, a);
    let errors = l.scan(&text, &[a, c], true);
    assert_eq!(errors, []);
    // The address in code is in the GOT, which comes first.
    assert_eq!(l.syms.relocs(text[0]).next().unwrap().sym, l.tables.got);
    l.tables.finish(&mut l.syms, true);
    let addrs = Addresses::new(l.syms.len(), []);
    for (s, addr) in [
        (a, 0x1000),
        (b, 0x2000),
        (c, 0x3000),
        (l.tables.got, 0x4000),
    ] {
        addrs.set(s, SectionId(0), addr);
    }
    let mut out = vec![0; l.syms.size(l.tables.rela) as usize];
    l.tables.write_rela(&addrs, &mut out);
    let relative = u64::from(R_X86_64_RELATIVE);
    assert_eq!(
        words(&out),
        [
            [0x4000, 1 << 32 | 6, 0],
            [0x1000, relative, 0x2000],
            [0x3000, relative, 0x1000]
        ]
        .concat()
    );
    // Addresses in code have entries of their own, which are of something.
    let g = l.symbol("g", SymKind::Text);
    l.refer(g, RelocType::Addr, 8, SymId::NONE);
    assert_eq!(
        l.scan(&[g], &[], true),
        [(g, "relocation R_ADDR without a target".to_owned())]
    );
    // Narrow pointers cannot be relocated.
    let errors = l.scan(&[], &[b], true);
    assert_eq!(
        errors,
        [(b, "unexpected relocation for dynamic symbol a".to_owned())]
    );
}

#[test]
fn a_got_access_of_two_instructions_becomes_two_relocations() {
    let mut l = link(&target::ARM64, b"");
    let (x, y) = (l.import("x", "", ""), l.import("y", "", ""));
    let text = [l.symbol("f", SymKind::Text)];
    l.refer(text[0], RelocType::Arm64GotPcrel, 8, x);
    l.refer(text[0], RelocType::CallArm64, 4, y);
    assert_eq!(l.scan(&text, &[], false), []);
    let relocs: Vec<(i32, u8, RelocType, SymId, i64)> = l
        .syms
        .relocs(text[0])
        .map(|r| (r.off, r.siz, r.typ, r.sym, r.add))
        .collect();
    let (got, plt) = (l.tables.got, l.tables.plt);
    assert_eq!(
        relocs,
        [
            (0, 4, RelocType::Arm64Got, got, 0),
            (8, 4, RelocType::CallArm64, plt, 32),
            (4, 4, RelocType::Arm64Got, got, 0),
        ]
    );
    l.tables.finish(&mut l.syms, false);
    let mut out = vec![0; l.syms.size(l.tables.rela) as usize];
    let addrs = Addresses::new(l.syms.len(), []);
    l.tables.write_rela(&addrs, &mut out);
    assert_eq!(words(&out), [0, 1 << 32 | u64::from(R_AARCH64_GLOB_DAT), 0]);
    // All slots lead to the header at first.
    let unbound = l.syms.relocs(l.tables.gotplt).skip(1);
    assert!(unbound.map(|r| (r.sym, r.add)).eq([(plt, 0)]));
}

#[test]
fn loads_from_the_got_of_what_is_here_become_addresses() {
    let mut l = link(&target::AMD64, b"");
    let (far, near) = (l.import("far", "", ""), l.symbol("near", SymKind::Data));
    let f = l.symbol("f", SymKind::Text);
    // movq near@GOTPCREL(%rip), %rax; the same of far; cmpq $0, near@GOTPCREL(%rip)
    for (code, target) in [
        ([0x48, 0x8b, 0x05], near),
        ([0x48, 0x8b, 0x05], far),
        ([0x48, 0x83, 0x3d], near),
    ] {
        let e = l.syms.ext_mut(f);
        e.add_bytes(&code);
        let off = e.data.len() as i32;
        e.add_bytes(&[0; 4]);
        e.relocs.push(ExtReloc {
            off,
            siz: 4,
            typ: RelocType::ElfRexGotPcrelx,
            weak: false,
            add: -4,
            sym: target,
        });
    }
    assert_eq!(l.scan(&[f], &[], false), []);
    let got = l.tables.got;
    let relocs: Vec<_> = l.syms.relocs(f).map(|r| (r.typ, r.sym, r.add)).collect();
    assert_eq!(
        relocs,
        [
            (RelocType::Pcrel, near, 0),
            (RelocType::Pcrel, got, 0),
            (RelocType::Pcrel, got, 8),
        ]
    );
    let code = l.syms.data(f);
    assert_eq!((code[1], code[8]), (0x8d, 0x8b));
}
