//! Tables for the dynamic linker of macOS, of made-up functions and data.

use dynamic::{MachoOptions, MachoTables};
use gover::{RelocType, SymKind, layout_for};
use layout::{Addresses, DataSym, SectionId};
use reach::Live;
use symbols::{BitSet, CgoAttrs, ExtReloc, Inputs, ResolveOptions, SymId, Symbols};
use tables::Maker;
use target::ArchInfo;

/// A program with a function that calls an import twice and takes its address, and data with a pointer to
/// the function and one to the import.
struct Program {
    syms: Symbols,
    live: Live,
    imported: SymId,
    code: SymId,
    data: SymId,
}

fn program(release: &str, arch: &ArchInfo) -> Program {
    let opts = ResolveOptions::plain(layout_for(release).unwrap());
    let (mut syms, _) = Symbols::resolve(Inputs::default(), &opts).unwrap();
    let mut live = Live::default();
    let mut symbol = |name: &str, kind| {
        let s = syms.lookup_or_create(name.as_bytes(), 0);
        syms.ext_mut(s).kind = kind;
        live.reachable.insert(s);
        s
    };
    let imported = symbol("libc_fdopendir", SymKind::DynImport);
    let code = symbol("main.f", SymKind::Text);
    let data = symbol("main.v", SymKind::Data);
    let (call, addr, bytes): (_, _, &[u8]) = match arch.name {
        // lea 0(%rip), %rax
        "amd64" => (RelocType::Call, (27, 4, RelocType::Pcrel), &[0x48, 0x8d, 5]),
        // adrp x0, 0; add x0, x0, #0
        _ => (
            RelocType::CallArm64,
            (24, 8, RelocType::AddrArm64),
            &[0, 0, 0, 0x90, 0, 0, 0, 0x91],
        ),
    };
    let reloc = |(off, siz, typ), sym| ExtReloc {
        off,
        siz,
        typ,
        weak: false,
        add: 0,
        sym,
    };
    let e = syms.ext_mut(code);
    e.set_data([&[0; 24], bytes, &[0; 8]].concat());
    e.relocs = vec![
        reloc((4, 4, call), imported),
        reloc((12, 4, call), imported),
        reloc(addr, imported),
    ];
    let e = syms.ext_mut(data);
    e.set_data(vec![0; 16]);
    e.relocs = vec![
        reloc((0, 8, RelocType::Addr), code),
        reloc((8, 8, RelocType::Addr), imported),
    ];
    let attrs = CgoAttrs {
        import_lib: "/usr/lib/libSystem.B.dylib".into(),
        ext_name: Some("fdopendir".into()),
        ..CgoAttrs::default()
    };
    syms.foreign.cgo.insert(imported, attrs);
    syms.foreign
        .dylibs
        .push("/usr/lib/libSystem.B.dylib".into());
    Program {
        syms,
        live,
        imported,
        code,
        data,
    }
}

impl Program {
    /// Makes the tables; answers what is complained of, too.
    fn tables(&mut self, arch: &'static ArchInfo, pie: bool) -> (MachoTables, Vec<String>) {
        let mut maker = Maker {
            syms: &mut self.syms,
            live: &mut self.live,
            special: &mut BitSet::default(),
            ptr_size: 8,
        };
        let options = MachoOptions {
            arch,
            pie,
            external: false,
            relro: pie,
            inode64_names: arch.family == target::Family::Amd64,
        };
        let mut tables = MachoTables::make(&mut maker, &options);
        let data = [DataSym {
            sym: self.data,
            size: 16,
            align: 8,
        }];
        let errors = tables.scan(&mut self.syms, &self.live, &[self.code], &[&data]);
        (tables, errors.into_iter().map(|(_, text)| text).collect())
    }

    /// The tables of the dynamic linker, text in the first segment and everything else in the third.
    fn dyld(&self, tables: &MachoTables) -> [Vec<u8>; 2] {
        let addrs = Addresses::new(self.syms.len(), [0x1000, 0x5000]);
        addrs.set(self.code, SectionId(1), 0x1000);
        addrs.set(self.data, SectionId(2), 0x5000);
        addrs.set(tables.got, SectionId(2), 0x5100);
        let code = self.code;
        tables.dyld_tables(&self.syms, &addrs, |s| match s == code {
            true => (1, 0x1000),
            false => (3, 0x5000),
        })
    }
}

#[test]
fn calls_go_to_one_stub_and_addresses_to_one_word() {
    for (arch, load) in [
        (&target::AMD64, &[0x48, 0x8b, 5][..]),
        (&target::ARM64, &[0, 0, 0, 0x90, 0, 0, 0x40, 0xf9]),
    ] {
        let mut p = program("go1.27", arch);
        let (tables, errors) = p.tables(arch, true);
        assert_eq!(errors, [""; 0]);
        let led: Vec<SymId> = p.syms.relocs(p.code).map(|r| r.sym).collect();
        assert_eq!(led, [tables.plt, tables.plt, tables.got]);
        assert_eq!(
            (&tables.stubs, &tables.words),
            (&vec![p.imported], &vec![p.imported])
        );
        assert_eq!(p.syms.data(tables.plt), arch.macho_stub.code);
        // What loaded the address loads the word that holds it.
        assert_eq!(&p.syms.data(p.code)[24..24 + load.len()], load);
    }
}

#[test]
fn pointers_are_rebased_or_bound() {
    let name = |suffix: &str| [b"_fdopendir", suffix.as_bytes(), &[0]].concat();
    let bind = |off: &[u8], name: &[u8]| [&[0x73], off, &[0x11, 0x40], name, &[0x90]].concat();
    let padded = |mut table: Vec<u8>, to: usize| {
        table.push(0);
        table.resize(table.len().next_multiple_of(to), 0);
        table
    };
    // An import in data was once rebased as if it were the program's own.
    let (word, first, second) = ([0x80, 2], [0x23, 0, 0x51], [0x23, 8, 0x51]);
    for (release, arch, suffix, rebases, in_data) in [
        ("go1.27", &target::ARM64, "", first.to_vec(), true),
        ("go1.27", &target::AMD64, "$INODE64", first.to_vec(), true),
        (
            "go1.26",
            &target::ARM64,
            "",
            [first, second].concat(),
            false,
        ),
    ] {
        let mut p = program(release, arch);
        let (tables, _) = p.tables(arch, true);
        let [rebase, binds] = p.dyld(&tables);
        assert_eq!(rebase, padded([&[0x11], &rebases[..]].concat(), 8));
        let mut expected = [&[0x51][..], &bind(&word, &name(suffix))].concat();
        if in_data {
            expected.extend(bind(&[8], &name(suffix)));
        }
        assert_eq!(binds, padded(expected, 16));
    }
}

#[test]
fn a_program_at_a_fixed_address_has_no_such_tables() {
    let mut p = program("go1.27", &target::AMD64);
    let (tables, errors) = p.tables(&target::AMD64, false);
    assert_eq!(errors, [""; 0]);
    assert_eq!(tables.stubs.len(), 1);
    assert_eq!(p.dyld(&tables), [vec![], vec![]]);
}

#[test]
fn an_address_that_is_not_loaded_is_an_error() {
    let mut p = program("go1.27", &target::AMD64);
    p.syms.ext_mut(p.code).data[25] = 0x8b;
    let (_, errors) = p.tables(&target::AMD64, true);
    let text = "unexpected R_PCREL reloc for dynamic symbol libc_fdopendir: not preceded by LEAQ instruction";
    assert_eq!(errors, [text]);
}

#[test]
fn the_global_offset_table_was_among_data() {
    for (release, pie, kind) in [
        ("go1.24", true, SymKind::MachoGot),
        ("go1.25", true, SymKind::MachoRelroSect),
        ("go1.24", false, SymKind::MachoGot),
        ("go1.25", false, SymKind::MachoGot),
    ] {
        let mut p = program(release, &target::AMD64);
        let (tables, _) = p.tables(&target::AMD64, pie);
        assert_eq!(p.syms.kind(tables.got), kind, "{release}, {pie}");
    }
}

#[test]
fn differences_came_one_machine_after_the_other() {
    let unknown = |text: &str| format!("unexpected relocation type {text}");
    for (release, arch, error) in [
        (
            "go1.24",
            &target::AMD64,
            Some(unknown("2058 (X86_64_RELOC_SUBTRACTOR)")),
        ),
        (
            "go1.24",
            &target::ARM64,
            Some(unknown("2050 (ARM64_RELOC_SUBTRACTOR)")),
        ),
        ("go1.25", &target::AMD64, None),
        (
            "go1.25",
            &target::ARM64,
            Some(unknown("2050 (ARM64_RELOC_SUBTRACTOR)")),
        ),
        ("go1.26", &target::ARM64, None),
    ] {
        let mut p = program(release, arch);
        let (code, data) = (p.code, p.data);
        // The distance of the function from the word.
        let field = |typ, sym| ExtReloc {
            off: 0,
            siz: 4,
            typ,
            weak: false,
            add: 0,
            sym,
        };
        p.syms.ext_mut(code).relocs = vec![];
        p.syms.ext_mut(data).relocs = vec![
            field(RelocType::MachoSubtractor, data),
            field(RelocType::MachoUnsigned, code),
        ];
        let (_, errors) = p.tables(arch, true);
        assert_eq!(errors.first(), error.as_ref(), "{release}, {}", arch.name);
    }
}

#[test]
fn relocations_of_objects_keep_their_numbers_in_messages() {
    let mut p = program("go1.24", &target::AMD64);
    let (code, data) = (p.code, p.data);
    p.syms.ext_mut(code).relocs = vec![];
    p.syms.ext_mut(data).relocs = vec![ExtReloc {
        off: 0,
        siz: 4,
        typ: RelocType::MachoSubtractor,
        weak: false,
        add: 0,
        sym: data,
    }];
    let (_, errors) = p.tables(&target::AMD64, false);
    let kind = layout_for("go1.24").unwrap().rank(SymKind::Data);
    let text =
        "unsupported dynamic relocation for symbol main.v (type=2058 (X86_64_RELOC_SUBTRACTOR)";
    assert_eq!(errors[1], format!("{text} stype={kind} (SDATA))"));
}
