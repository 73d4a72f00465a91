//! Dead-code elimination on objects made by hand, flooded and traced.

mod object;

use gover::{
    AuxType, GoLayout, RELEASES, RelocType, SymKind, TFLAG_EXTRA_STAR, TFLAG_UNCOMMON, TypeKind,
};
use object::{Def, R, To, def, inputs, object};
use reach::why::{Call, Cause, Reason, Use, explain};
use reach::{Live, ReachError, ReachOptions, Roots, Tell, deadcode, field_tracks};
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use symbols::rtype::{RType, TypeStrings};
use symbols::{BitSet, ResolveOptions, SymId, Symbols};

fn symbols(gover: &'static GoLayout, defs: &[Def]) -> Symbols {
    let mut all = vec![
        def("entry", SymKind::Text, 16).calls(0, "main.main"),
        def("runtime.mapinitnoop", SymKind::Text, 1),
        def("runtime.unreachableMethod", SymKind::Text, 1),
    ];
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
    let opts = ResolveOptions::plain(gover);
    let bytes = object(gover, &all, &["by.name"]);
    Symbols::resolve(inputs(gover, bytes), &opts)
        .expect("resolves")
        .0
}

#[test]
fn contents_are_the_same_where_they_have_been_noted() {
    for gover in RELEASES {
        let defs = [
            main_fn().calls(0, "main.f").data(0, b"text"),
            def("main.f", SymKind::Text, 8).calls(0, "by.name"),
            def("by.name", SymKind::Text, 8),
            def("main.v", SymKind::Rodata, 40).data(3, b"data"),
        ];
        let mut syms = symbols(gover, &defs);
        let taken = syms
            .lookup(b"main.f", symbols::VERSION_ABI_INTERNAL)
            .expect("it is defined");
        syms.ext_mut(taken).set_data(b"other".to_vec());
        let all: Vec<SymId> = (0..syms.len() as u32).map(SymId).collect();
        let mut noted = vec![Default::default(); all.len()];
        syms.locate_all(|i| all[i], &mut noted);
        let (mut bytes, mut relocs) = (0, 0);
        for (&s, &at) in all.iter().zip(&noted) {
            syms.prefetch_contents(at);
            let (data, found) = syms.contents_at(s, at);
            assert_eq!(data, syms.data(s), "{}", syms.name_lossy(s));
            let targets = |r: symbols::RelocIter| r.map(|r| (r.off, r.sym)).collect::<Vec<_>>();
            bytes += data.len();
            relocs += found.len();
            assert_eq!(targets(found), targets(syms.relocs(s)));
        }
        // Those of the definitions, and what it is now of the one that was taken over.
        assert!(
            bytes >= b"textotherdata".len() && relocs >= 3,
            "{bytes} {relocs}"
        );
        // Giving pages back changes nothing.
        syms.release_names();
        syms.release_definitions();
        syms.release_hashes();
        syms.release_relocs();
        syms.release_named_data();
        syms.release_auxs();
        syms.release_content_defs();
        syms.release_dwarf();
        syms.release_contents();
        assert_eq!(syms.data(taken), b"other");
    }
}

#[test]
fn field_tracks_say_who_reached_them() {
    for gover in RELEASES {
        let defs = [
            main_fn().calls(0, "main.f"),
            def("main.f", SymKind::Text, 8).reloc(mark(RelocType::UseField, "go:track.T.x")),
            def("go:track.T.x", SymKind::Rodata, 0),
            def("go:track.T.dead", SymKind::Rodata, 0),
        ];
        let mut syms = symbols(gover, &defs);
        let (none, carriers) = Default::default();
        let opts = ReachOptions {
            field_track: true,
            ..options(&none, &carriers)
        };
        let live = deadcode(&mut syms, &opts, Tell::default()).expect("sound");
        let (tracks, text) = field_tracks(&syms, &live);
        assert_eq!(tracks.len(), 1);
        assert_eq!(text, b"T.x\tmain.f\tmain.main\tentry\n");
    }
}

fn options<'a>(
    none: &'a BitSet,
    carriers: &'a FxHashMap<SymId, (SymId, SymId)>,
) -> ReachOptions<'a> {
    ReachOptions {
        roots: Roots::Entry("entry"),
        main_inittasks: SymId::NONE,
        live_before: none,
        dynamic_exports: &[],
        wasm_exports: &[],
        host_carriers: carriers,
        dynlink: false,
        link_shared: false,
        can_use_plugins: false,
        prune_weak_map: true,
        field_track: false,
        follow_debug: true,
        ptr_size: 8,
    }
}

fn flood(syms: &mut Symbols) -> Result<Live, ReachError> {
    let (none, carriers) = Default::default();
    deadcode(syms, &options(&none, &carriers), Tell::default())
}

/// The names of what is live, found in parallel, by tracing and with reasons, which must agree.
fn live(gover: &'static GoLayout, defs: &[Def]) -> Vec<String> {
    let (none, carriers) = Default::default();
    let mut syms = symbols(gover, defs);
    let found = flood(&mut syms).expect("sound");
    let mut again = symbols(gover, defs);
    let mut dump = Vec::new();
    let traced = deadcode(
        &mut again,
        &options(&none, &carriers),
        Tell {
            edges: Some(&mut dump),
            log: None,
        },
    );
    let traced = traced.expect("sound");
    assert!(found.reachable.iter().eq(traced.reachable.iter()));
    assert!(found.used_in_iface.iter().eq(traced.used_in_iface.iter()));
    let reasons = explain(&symbols(gover, defs), &options(&none, &carriers)).expect("sound");
    let mut explained = reasons.live().to_vec();
    explained.sort_unstable();
    assert!(found.reachable.iter().eq(explained));
    let [names, again] = [found.type_names, traced.type_names].map(BTreeSet::from_iter);
    assert_eq!(names, again);
    assert!(String::from_utf8(dump).unwrap().starts_with("_ -> entry\n"));
    let names = found.reachable.iter().map(|s| syms.name_lossy(s).into());
    names.collect()
}

const BASE: &[&str] = &["entry", "runtime.unreachableMethod", "main.main"];

#[track_caller]
fn assert_live(defs: impl Fn(&GoLayout) -> Vec<Def>, more: &[&str]) {
    for gover in RELEASES {
        let got = live(gover, &defs(gover));
        let mut got: Vec<&str> = got.iter().map(|s| &**s).collect();
        let mut want: Vec<&str> = BASE.iter().chain(more).copied().collect();
        got.sort_unstable();
        want.sort_unstable();
        assert_eq!(got, want, "Go {}", gover.release);
    }
}

fn mark(typ: RelocType, to: &'static str) -> R {
    R(typ, 0, 0, 0, To::Name(to))
}

fn main_fn() -> Def {
    def("main.main", SymKind::Text, 64)
}

/// That of a function, which refers to the function and to that of an inlined one.
#[test]
fn debugging_information_is_followed_on_request_only() {
    let to_itself = R(RelocType::Addr, 0, 8, 0, To::Name("main.main"));
    let to_inlined = R(RelocType::DwarfSecRef, 8, 4, 0, To::Name("main.f$abstract"));
    let defs = [
        main_fn()
            .calls(0, "main.f")
            .aux(AuxType::DwarfInfo, To::Name("info"))
            .aux(AuxType::DwarfLines, To::Name("lines")),
        def("main.f", SymKind::Text, 8),
        def("info", SymKind::DwarfFcn, 16)
            .reloc(to_itself)
            .reloc(to_inlined),
        def("lines", SymKind::DwarfLines, 4),
        def("main.f$abstract", SymKind::DwarfAbsFcn, 4),
    ];
    let (none, carriers) = Default::default();
    for gover in RELEASES {
        for follow_debug in [false, true] {
            let opts = ReachOptions {
                follow_debug,
                ..options(&none, &carriers)
            };
            let mut syms = symbols(gover, &defs);
            let live = deadcode(&mut syms, &opts, Tell::default()).expect("sound");
            let is_live = |name: &str| {
                let named = |s: &SymId| syms.name(*s) == name.as_bytes();
                live.reachable.iter().any(|s| named(&s))
            };
            assert!(is_live("main.main") && is_live("main.f"));
            for debug in ["info", "lines", "main.f$abstract"] {
                assert_eq!(is_live(debug), follow_debug, "{debug}");
            }
        }
    }
}

#[test]
fn relocations_and_auxiliary_symbols_keep_their_targets() {
    assert_live(
        |_| {
            vec![
                main_fn()
                    .calls(0, "main.f")
                    .weak(R(RelocType::Call, 8, 4, 0, To::Name("main.weak")))
                    .reloc(mark(RelocType::UseType, "main.type"))
                    .reloc(mark(RelocType::InitOrder, "main.order"))
                    .aux(AuxType::DwarfInfo, To::Name("main.info"))
                    .aux(AuxType::Gotype, To::Name("main.type")),
                def("main.f", SymKind::Text, 16).calls(0, "by.name"),
                def("by.name", SymKind::Data, 8),
                def("main.info", SymKind::DwarfFcn, 4),
                def("main.weak", SymKind::Text, 1),
                def("main.type", SymKind::Rodata, 48),
                def("main.order", SymKind::Data, 8),
                def("main.dead", SymKind::Text, 1),
            ]
        },
        &["main.f", "by.name", "main.info"],
    );
}

/// A concrete type with a method `M func()`, an interface with it, and what belongs to them.
fn types(g: &GoLayout, main: Def) -> Vec<Def> {
    let l = g.type_layout;
    let at = l.uncommon_offset(TypeKind::Struct, 8);
    let methods = at + l.uncommon_size();
    let imethods = l.uncommon_offset(TypeKind::Interface, 8);
    let method = |i: usize, to| {
        R(
            RelocType::MethodOff,
            (methods + 4 * i) as i32,
            4,
            0,
            To::Name(to),
        )
    };
    let off = |at: usize, to| R(RelocType::AddrOff, at as i32, 4, 0, To::Name(to));
    let go_type = g.flags.go_type;
    vec![
        main,
        def("type:T", SymKind::Rodata, methods + 16)
            .flags(go_type | g.flags.typelink, 0)
            .data(l.tflag_offset(8), &[TFLAG_UNCOMMON])
            .data(l.kind_offset(8), &[TypeKind::Struct as u8])
            .data(at + l.uncommon_mcount_offset(), &[1])
            .data(at + l.uncommon_moff_offset(), &[16])
            .reloc(R(RelocType::Addr, 24, 8, 0, To::Name("type:Child")))
            .reloc(off(methods, "name.M"))
            .reloc(method(1, "type:func()"))
            .reloc(method(2, "T.M.iface"))
            .reloc(method(3, "T.M")),
        def("type:Child", SymKind::Rodata, 48).flags(go_type, 0),
        def("type:func()", SymKind::Rodata, 56).flags(go_type, 0),
        def("type:I", SymKind::Rodata, imethods + 8)
            .flags(go_type, 0)
            .data(l.kind_offset(8), &[TypeKind::Interface as u8])
            .reloc(off(imethods, "name.M"))
            .reloc(off(imethods + 4, "type:func()")),
        def("name.M", SymKind::Rodata, 3).data(0, b"\x01\x01M"),
        def("just.M", SymKind::Rodata, 1).data(0, b"M"),
        def("just.m", SymKind::Rodata, 1).data(0, b"m"),
        def("T.M.iface", SymKind::Text, 4),
        def("T.M", SymKind::Text, 4),
    ]
}

/// The way from `name` to a root, a line for each step: the symbol, and why it is live or used.
fn way(gover: &'static GoLayout, defs: &[Def], name: &str) -> Vec<String> {
    let (none, carriers) = Default::default();
    let syms = symbols(gover, defs);
    let reasons = explain(&syms, &options(&none, &carriers)).expect("sound");
    let of = |s: SymId| syms.name_lossy(s).into_owned();
    let mut live = reasons.live().iter().copied();
    let Some(s) = live.find(|&s| of(s) == name) else {
        return Vec::new();
    };
    let call = |call| match call {
        Call::Interface(by) => format!("interface in {}", of(by)),
        Call::Name(by) => format!("name in {}", of(by)),
        Call::Reflection(by) => format!("reflection in {}", of(by)),
        Call::Module => "module".into(),
    };
    let text = |cause| match cause {
        Cause::Live(Reason::Root) => "root".into(),
        Cause::Live(Reason::Reference(_)) => "reference".into(),
        Cause::Live(Reason::Import(_)) => "import".into(),
        Cause::Live(Reason::Method(_, by)) => format!("method, {}", call(by)),
        Cause::Used(used) => match used {
            Use::Marked => "marked".into(),
            Use::Converted(_) => "converted".into(),
            Use::Part(_) => "part".into(),
            Use::Module => "module".to_string(),
        },
    };
    let way = reasons.way(s).into_iter();
    way.map(|(s, cause)| format!("{}: {}", of(s), text(cause)))
        .collect()
}

#[test]
fn reasons_are_the_shortest_ways() {
    for gover in RELEASES {
        let defs = [
            main_fn().calls(0, "main.short").calls(8, "main.long"),
            def("main.long", SymKind::Text, 8).calls(0, "main.longer"),
            def("main.longer", SymKind::Text, 8).calls(0, "main.end"),
            def("main.short", SymKind::Text, 8).calls(0, "main.end"),
            def("main.end", SymKind::Text, 8),
            def("main.dead", SymKind::Text, 8).calls(0, "main.end"),
        ];
        let want = ["main.end", "main.short", "main.main"].map(|n| format!("{n}: reference"));
        let got = way(gover, &defs, "main.end");
        assert_eq!(got[..3], want);
        assert_eq!(got[3..], ["entry: root"]);
        assert!(way(gover, &defs, "main.dead").is_empty());
    }
}

#[test]
fn reasons_say_who_imports_a_package() {
    let (none, carriers) = Default::default();
    for gover in RELEASES {
        let order = |to| mark(RelocType::InitOrder, to);
        let task = |name| def(name, SymKind::NoPtrData, 8);
        let listed = |to| R(RelocType::Addr, 0, 8, 0, To::Name(to));
        // That of main has nothing to do, and is not listed.
        let tasks = ["main..inittask", "near..inittask", "far..inittask"];
        let defs = [
            main_fn(),
            task("main..inittask").reloc(order("near..inittask")),
            task("near..inittask").reloc(order("far..inittask")),
            task("far..inittask"),
            def("go:main.inittasks", SymKind::NoPtrData, 8)
                .reloc(listed(tasks[2]))
                .reloc(listed(tasks[1])),
        ];
        let syms = symbols(gover, &defs);
        let [list, main, near, far] = ["go:main.inittasks", tasks[0], tasks[1], tasks[2]]
            .map(|n| syms.lookup(n.as_bytes(), 0).expect(n));
        let opts = ReachOptions {
            main_inittasks: list,
            ..options(&none, &carriers)
        };
        let reasons = explain(&syms, &opts).expect("sound");
        let want = [
            (far, Reason::Import(near)),
            (near, Reason::Import(main)),
            (main, Reason::Root),
        ];
        assert_eq!(reasons.of(main), None);
        assert_eq!(reasons.way(far), want.map(|(s, r)| (s, Cause::Live(r))));
    }
}

#[test]
fn reasons_name_who_calls_a_method_and_who_uses_its_type() {
    let to_main = ["main.main: reference", "entry: root"];
    let check = |g, defs: &[Def], cause: &str, used: &[&str]| {
        let mut want = vec![format!("T.M: method, {cause}")];
        want.extend(used.iter().chain(&to_main).map(|s| s.to_string()));
        assert_eq!(way(g, defs, "T.M"), want);
    };
    for g in RELEASES {
        let iface = || mark(RelocType::UseIface, "type:T");
        let caller = || def("main.f", SymKind::Text, 8);
        let through = |relocs: Vec<R>, caller: Def| {
            let mut main = uses_type().calls(8, "main.f");
            for r in relocs {
                main = main.reloc(r);
            }
            let mut all = types(g, main);
            all.push(caller);
            all
        };
        let converted: &[&str] = &["type:T: converted"];
        let calls = caller().reloc(call(g));
        check(
            g,
            &through(vec![iface()], calls),
            "interface in main.f",
            converted,
        );
        let named = caller().reloc(mark(RelocType::UseNamedMethod, "just.M"));
        check(
            g,
            &through(vec![iface()], named),
            "name in main.f",
            converted,
        );
        let reflects = caller().flags(g.flags.reflect_method, 0);
        check(
            g,
            &through(vec![iface()], reflects),
            "reflection in main.f",
            converted,
        );
        // A type of which another is a part: reflection gets from it to the part.
        let mut whole = through(
            vec![mark(RelocType::UseIface, "type:Whole")],
            caller().reloc(call(g)),
        );
        let part = R(RelocType::Addr, 24, 8, 0, To::Name("type:T"));
        whole.push(
            def("type:Whole", SymKind::Rodata, 48)
                .flags(g.flags.go_type, 0)
                .reloc(part),
        );
        whole[0] = main_fn()
            .calls(8, "main.f")
            .reloc(mark(RelocType::UseIface, "type:Whole"))
            .reloc(R(RelocType::Pcrel, 0, 4, 0, To::Name("type:Whole")));
        let used = ["type:T: part", "type:Whole: converted"];
        check(g, &whole, "interface in main.f", &used);
    }
}

const TYPE: &[&str] = &["type:T", "type:Child", "name.M"];
const METHOD: &[&str] = &["type:func()", "T.M.iface", "T.M"];

fn uses_type() -> Def {
    main_fn().reloc(R(RelocType::Pcrel, 0, 4, 0, To::Name("type:T")))
}

fn call(g: &GoLayout) -> R {
    let at = g.type_layout.uncommon_offset(TypeKind::Interface, 8);
    R(
        RelocType::UseIfaceMethod,
        0,
        0,
        at as i64,
        To::Name("type:I"),
    )
}

#[test]
fn a_method_needs_an_interface_and_a_call() {
    let both: Vec<&str> = TYPE.iter().chain(METHOD).copied().collect();
    let iface = || mark(RelocType::UseIface, "type:T");
    assert_live(|g| types(g, uses_type()), TYPE);
    assert_live(|g| types(g, uses_type().reloc(call(g))), TYPE);
    assert_live(|g| types(g, uses_type().reloc(iface())), TYPE);
    assert_live(
        |g| types(g, uses_type().reloc(iface()).reloc(call(g))),
        &both,
    );
    // The order of use and conversion does not matter, nor does where the call is.
    assert_live(
        |g| {
            let main = main_fn().reloc(iface()).calls(8, "main.f").reloc(R(
                RelocType::Pcrel,
                0,
                4,
                0,
                To::Name("type:T"),
            ));
            let mut all = types(g, main);
            all.push(def("main.f", SymKind::Text, 8).reloc(call(g)));
            all
        },
        &[&both[..], &["main.f"]].concat(),
    );
}

#[test]
fn methods_are_called_by_name_and_by_reflection() {
    let both: Vec<&str> = TYPE.iter().chain(METHOD).copied().collect();
    let iface = || uses_type().reloc(mark(RelocType::UseIface, "type:T"));
    let named = |n| iface().reloc(mark(RelocType::UseNamedMethod, n));
    assert_live(|g| types(g, named("just.M")), &both);
    assert_live(|g| types(g, named("just.m")), TYPE);
    assert_live(
        |g| types(g, iface().flags(g.flags.reflect_method, 0)),
        &both,
    );
}

#[test]
fn parts_of_types_in_interfaces_are_in_interfaces() {
    for gover in RELEASES {
        let main = uses_type().reloc(mark(RelocType::UseIface, "type:T"));
        let mut syms = symbols(gover, &types(gover, main));
        let live = flood(&mut syms).expect("sound");
        let used = |name: &str| {
            let mut all = live.used_in_iface.iter();
            all.any(|s| syms.name(s) == name.as_bytes())
        };
        assert!(used("type:T") && used("type:Child") && used("type:func()"));
        assert!(!used("type:I"));
    }
}

#[test]
fn strings_of_types_are_noted_and_copied() {
    for gover in RELEASES {
        let l = gover.type_layout;
        let typ = |name, tflag, string| {
            let at = l.str_offset(8);
            def(name, SymKind::Rodata, 48)
                .flags(gover.flags.go_type | gover.flags.typelink, 0)
                .data(l.tflag_offset(8), &[tflag])
                .reloc(R(RelocType::Addr, 0, 8, 0, To::Name("main.main")))
                .reloc(R(RelocType::AddrOff, at as i32, 4, 0, To::Name(string)))
        };
        let uses = |d: Def, at, name| d.reloc(R(RelocType::Pcrel, at, 4, 0, To::Name(name)));
        let main = uses(uses(main_fn(), 0, "type:T"), 8, "type:*T");
        let defs = [
            main,
            typ("type:T", TFLAG_EXTRA_STAR, "name"),
            typ("type:*T", 0, "name"),
            typ("type:Dead", 0, "name"),
            def("name", SymKind::Rodata, 9).data(0, b"\x00\x07*main.T"),
        ];
        let mut syms = symbols(gover, &defs);
        let found = flood(&mut syms).expect("sound").type_names;
        let [t, pointer, dead] = ["type:T", "type:*T", "type:Dead"]
            .map(|name| syms.lookup(name.as_bytes(), 0).expect("defined"));
        let noted: Vec<SymId> = found.iter().map(|&(typ, _)| typ).collect();
        assert_eq!((noted.len(), noted.contains(&dead)), (2, false));
        let strings = TypeStrings::copy(&syms, &found, 8);
        let of = |s| strings.get(&syms, s, 8);
        assert_eq!([of(t), of(pointer)], [&b"main.T"[..], b"*main.T"]);
        assert_eq!(of(t), RType::new(&syms, t, 8).string());
        // It has not been copied.
        assert_eq!(of(dead), b"*main.T");
    }
}

#[test]
fn calls_of_dead_map_initialisers_are_redirected() {
    for gover in RELEASES {
        let init = |to| R(RelocType::Call, 8, 4, 0, To::Name(to));
        let defs = [
            main_fn().calls(0, "main.init").calls(8, "main.map.init.1"),
            def("main.init", SymKind::Text, 32)
                .flags(0, gover.flags2.pkg_init)
                .weak(init("main.map.init.0"))
                .weak(init("main.map.init.1"))
                .aux(AuxType::DwarfInfo, To::Name("main.info")),
            def("main.info", SymKind::DwarfFcn, 4),
            def("main.map.init.0", SymKind::Text, 4),
            def("main.map.init.1", SymKind::Text, 4),
        ];
        let mut syms = symbols(gover, &defs);
        let live = flood(&mut syms).expect("sound");
        let find = |name: &str| {
            (1..syms.len() as u32)
                .map(SymId)
                .find(|&s| syms.name(s) == name.as_bytes())
                .expect("defined")
        };
        assert!(!live.reachable.has(find("main.map.init.0")));
        assert!(live.reachable.has(find("runtime.mapinitnoop")));
        let targets: Vec<SymId> = syms.relocs(find("main.init")).map(|r| r.sym).collect();
        let want = ["runtime.mapinitnoop", "main.map.init.1"].map(find);
        assert_eq!(targets, want);
        assert!(syms.is_external(find("main.init")));
    }
}

#[test]
fn damage_is_an_error_that_says_where() {
    const T: RelocType = RelocType::Addr;
    type Case = (fn() -> Def, &'static str);
    let cases: &[Case] = &[
        (
            || main_fn().reloc(R(T, 60, 8, 0, To::Name("main.main"))),
            "relocation 0: invalid relocation R_ADDR: 60+8 not in [0,64)",
        ),
        (
            || main_fn().reloc(R(T, -1, 8, 0, To::Name("main.main"))),
            "relocation 0: invalid relocation R_ADDR: -1+8 not in [0,64)",
        ),
        (
            || main_fn().reloc(R(T, 8, 8, 0, To::Raw(goobj::PKG_SELF, 99))),
            "relocation 0 at offset 8 refers to symbol 99 of package",
        ),
        (
            || main_fn().reloc(R(T, 8, 8, 0, To::Raw(7, 0))),
            "relocation 0 at offset 8 refers to symbol 0 of package 7",
        ),
        (
            || main_fn().reloc(R(RelocType::Invalid, 8, 8, 0, To::Name("main.main"))),
            "relocation 0 at offset 8 has unknown type 0",
        ),
        (
            || main_fn().aux(AuxType::Pcsp, To::Raw(goobj::PKG_HASHED, 5)),
            "AuxPcsp (auxiliary symbol 0) refers to symbol 5 of package",
        ),
        (
            || main_fn().reloc(mark(RelocType::UseIface, "short")),
            "R_USEIFACE references what is not a type",
        ),
        (
            || main_fn().reloc(mark(RelocType::MethodOff, "short")),
            "expect three consecutive R_METHODOFF",
        ),
        (
            || main_fn().reloc(mark(RelocType::UseIfaceMethod, "short")),
            "malformed symbol short: is not an interface",
        ),
    ];
    for gover in RELEASES {
        for (main, want) in cases {
            let defs = [main(), def("short", SymKind::Rodata, 3)];
            let e = flood(&mut symbols(gover, &defs)).err().expect(want);
            let text = e.to_string();
            assert!(text.contains(want), "{text}, not {want}");
            assert!(
                text.starts_with("main.a (package main): malformed symbol "),
                "{text}"
            );
        }
    }
}

#[test]
fn a_missing_builtin_is_named() {
    for gover in RELEASES {
        let main = main_fn().reloc(R(RelocType::Call, 0, 4, 0, To::Builtin(0)));
        let e = flood(&mut symbols(gover, &[main])).err().expect("missing");
        let want = format!(
            "reference to undefined builtin {:?} from package \"main\"",
            gover.builtins[0].name
        );
        assert_eq!(e.to_string(), want);
    }
}
