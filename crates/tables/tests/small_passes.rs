//! Init order, the stack check and damaged functions, on objects made by hand.

#[path = "../../reach/tests/object/mod.rs"]
mod object;

use gover::{AuxType, RELEASES, RelocType, SymKind};
use layout::{TextLayout, TextOrder};
use object::{Def, R, To, def, inputs, object};
use reach::Live;
use symbols::{BitSet, ResolveOptions, SymId, Symbols};
use tables::inittask::{InitRoots, init_tasks};
use tables::pclntab::{FileNames, PclntabInput, plan};
use tables::stackcheck::{StackOptions, check_stack};

fn symbols(gover: &'static gover::GoLayout, defs: &[Def]) -> Symbols {
    let opts = ResolveOptions::plain(gover);
    let object = object(gover, defs, &[]);
    Symbols::resolve(inputs(gover, object), &opts)
        .expect("resolves")
        .0
}

fn find(syms: &Symbols, name: &str) -> SymId {
    (1..syms.len() as u32)
        .map(SymId)
        .find(|&s| syms.name(s) == name.as_bytes())
        .expect("defined")
}

/// An init record of `size` bytes for a package that imports `deps`.
fn task(name: &'static str, size: usize, deps: &[&'static str]) -> Def {
    deps.iter().fold(def(name, SymKind::Data, size), |d, dep| {
        d.reloc(R(RelocType::InitOrder, 0, 0, 0, To::Name(dep)))
    })
}

#[test]
fn imports_come_first_and_names_decide_the_rest() {
    for gover in RELEASES {
        let mut syms = symbols(
            gover,
            &[
                task("main..inittask", 16, &["z..inittask", "b..inittask"]),
                task("z..inittask", 16, &["a..inittask"]),
                task("b..inittask", 16, &["empty..inittask"]),
                task("a..inittask", 24, &[]),
                task("empty..inittask", 8, &["z..inittask"]),
                task("unused..inittask", 16, &[]),
            ],
        );
        let list = init_tasks(&mut syms, InitRoots::Program, 8).expect("no cycle");
        assert_eq!(syms.name(list), b"go:main.inittasks");
        assert!(!syms.local.has(list));
        let order: Vec<_> = syms
            .relocs(list)
            .map(|r| (r.off, syms.name_lossy(r.sym).into_owned()))
            .collect();
        let want = [
            "a..inittask",
            "z..inittask",
            "b..inittask",
            "main..inittask",
        ];
        let want: Vec<_> = (0..).step_by(8).zip(want.map(String::from)).collect();
        assert_eq!(order, want);
        assert_eq!(syms.size(list), 32);
    }
}

#[test]
fn a_cycle_of_imports_is_an_error() {
    let mut syms = symbols(
        RELEASES[0],
        &[
            task("main..inittask", 16, &["a..inittask"]),
            task("a..inittask", 16, &["main..inittask"]),
        ],
    );
    let e = init_tasks(&mut syms, InitRoots::Program, 8).unwrap_err();
    assert_eq!(
        e.to_string(),
        "inittask for main..inittask is not schedulable 1"
    );
}

#[test]
fn without_a_record_there_is_no_list() {
    let mut syms = symbols(RELEASES[0], &[def("main.main", SymKind::Text, 1)]);
    assert_eq!(
        init_tasks(&mut syms, InitRoots::Program, 8),
        Ok(SymId::NONE)
    );
}

#[test]
fn damaged_information_on_a_function_is_said() {
    for gover in RELEASES {
        let damaged = def("main.f", SymKind::Text, 64).aux(AuxType::FuncInfo, To::Name("short"));
        let defs = [
            func("main.main", false, &[]),
            damaged,
            def("funcinfo", SymKind::Rodata, 24),
            def("pcsp.400", SymKind::Rodata, 4).data(0, &[0xa2, 0x06, 64, 0]),
            def("short", SymKind::Rodata, 3),
        ];
        let syms = symbols(gover, &defs);
        let mut live = Live::default();
        let functions = ["main.main", "main.f"].map(|name| find(&syms, name));
        functions.iter().for_each(|&s| live.reachable.insert(s));
        let order = TextOrder::assign(&syms, &live, &[]);
        assert_eq!(order.textp, functions);
        let input = PclntabInput {
            text: &order,
            layout: &TextLayout::assign(&syms, &order, 0x40_1000, 32),
            containers: &BitSet::default(),
            arch: &target::AMD64,
            file_names: &FileNames::new(None),
            link_shared: false,
        };
        let text = plan(&syms, &input).damage.map(|e| e.to_string());
        let want = "main.a (package main): malformed symbol main.f: \
            AuxFuncInfo (auxiliary symbol 0) has 3 bytes, fewer than its table lengths announce";
        assert_eq!(text.as_deref(), Some(want));
    }
}

/// A function of 64 bytes whose frame is `frame` bytes, from its first byte to its last, and that
/// calls `callees`.
fn func(name: &'static str, nosplit: bool, callees: &[&'static str]) -> Def {
    let f = def(name, SymKind::Text, 64)
        .flags(if nosplit { 1 << 4 } else { 0 }, 0)
        .aux(AuxType::FuncInfo, To::Name("funcinfo"))
        .aux(AuxType::Pcsp, To::Name("pcsp.400"));
    let calls = callees.iter().zip((0..).step_by(8));
    calls.fold(f, |d, (c, off)| d.calls(off, c))
}

/// The functions over the limit by name, what is said of them, and the lines of `-debugnosplit`.
fn check(defs: &[Def]) -> (Vec<(String, String)>, String) {
    let mut results = Vec::new();
    for gover in RELEASES {
        assert_eq!(gover.flags.nosplit, 1 << 4);
        let mut all = vec![
            def("runtime.morestack", SymKind::Text, 8),
            def("funcinfo", SymKind::Rodata, 24),
            // Zig-zag: from -1 to 400, for 64 bytes.
            def("pcsp.400", SymKind::Rodata, 4).data(0, &[0xa2, 0x06, 64, 0]),
        ];
        all[0].abi = 0;
        all.extend(defs.iter().map(|d| {
            Def {
                relocs: d
                    .relocs
                    .iter()
                    .map(|(R(a, b, c, d, e), w)| (R(*a, *b, *c, *d, *e), *w))
                    .collect(),
                auxs: d.auxs.clone(),
                data: d.data.clone(),
                ..*d
            }
        }));
        let syms = symbols(gover, &all);
        let textp: Vec<SymId> = defs.iter().map(|d| find(&syms, d.name)).collect();
        let nosplit: Vec<SymId> = textp
            .iter()
            .copied()
            .filter(|&s| syms.is_nosplit(s))
            .collect();
        let opts = StackOptions::new(&target::AMD64, 0, 1);
        assert_eq!(opts.limit(), 792);
        let quiet = check_stack(&syms, &textp, &nosplit, &opts, None).expect("no output");
        let mut debug = Vec::new();
        let loud = check_stack(&syms, &textp, &nosplit, &opts, Some(&mut debug)).expect("writes");
        assert_eq!(quiet, loud);
        let named = loud.into_iter().map(|o| {
            assert_eq!(o.message, "nosplit stack over 792 byte limit");
            (syms.name_lossy(o.root).into_owned(), o.chains)
        });
        results.push((named.collect(), String::from_utf8(debug).expect("names")));
    }
    assert_eq!(results[0], results[1]);
    results.swap_remove(0)
}

#[test]
fn chains_are_added_up() {
    let (over, debug) = check(&[
        func("main.main", false, &["main.a"]),
        func("main.a", true, &["main.b"]),
        func("main.b", true, &[]),
    ]);
    assert_eq!(over.len(), 1);
    let want = "main.a<1>\n    grows 408 bytes, calls main.b<1>\n        grows 400 bytes\n        16 bytes over limit\n";
    assert_eq!(over[0], ("main.a".to_owned(), want.to_owned()));
    assert!(debug.starts_with("nosplit: main.main<1> +8 -> runtime.morestack<0>\nnosplit: main.b<1> +400\nnosplit: main.a<1> +408 -> main.b<1>\n"), "{debug}");

    let (over, _) = check(&[
        func("main.main", false, &["main.a"]),
        func("main.a", true, &["main.main"]),
    ]);
    assert_eq!(over, []);
}

#[test]
fn endless_recursion_is_over_the_limit() {
    let (over, _) = check(&[
        func("main.a", true, &["main.b"]),
        func("main.b", true, &["main.a"]),
    ]);
    let want = "main.a<1>\n    grows 408 bytes, calls main.b<1>\n        grows 408 bytes, calls main.a<1>\n        infinite cycle\n";
    assert_eq!(over, [("main.a".to_owned(), want.to_owned())]);
}
