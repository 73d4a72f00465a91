//! Relocations of made-up symbols.

use super::*;
use layout::SectionId;
use symbols::{Inputs, ResolveOptions};

const TEXT: u64 = 0x40_1000;
const DATA: u64 = 0x50_0000;
/// Beyond what four bytes hold.
const FAR: u64 = 0xffff_8000_0000_0000;
/// Address of the symbol whose contents are relocated.
const HERE: u64 = TEXT + 0x100;

/// Some symbols with addresses.
struct Link {
    syms: Symbols,
    live: Live,
    addrs: Addresses,
    function: SymId,
    variable: SymId,
    far: SymId,
    /// Defined, but not part of the output.
    dead: SymId,
    /// Not live either, but in a section.
    placed: SymId,
    undefined: SymId,
    imported: SymId,
    unreachable_method: SymId,
}

impl Link {
    fn new() -> Link {
        let opts = ResolveOptions::plain(gover::layout_for("go1.27").expect("a known release"));
        let (mut syms, _) = Symbols::resolve(Inputs::default(), &opts).expect("nothing is wrong");
        let mut live = Live::default();
        let mut symbol = |name: &str, kind, is_live| {
            let s = syms.lookup_or_create(name.as_bytes(), 0);
            syms.ext_mut(s).kind = kind;
            if is_live {
                live.reachable.insert(s);
            }
            s
        };
        let function = symbol("f", SymKind::Text, true);
        let variable = symbol("v", SymKind::Data, true);
        let far = symbol("far", SymKind::Data, true);
        let dead = symbol("dead", SymKind::Text, false);
        let placed = symbol("placed", SymKind::Text, false);
        let undefined = symbol("undefined", SymKind::Xxx, true);
        let imported = symbol("imported", SymKind::DynImport, true);
        let unreachable_method = symbol("runtime.unreachableMethod", SymKind::Text, true);
        syms.ext_mut(variable).size = 24;
        let addrs = Addresses::new(syms.len(), [TEXT, DATA, FAR]);
        addrs.set(function, SectionId(1), TEXT + 0x40);
        addrs.set(variable, SectionId(2), DATA + 0x10);
        addrs.set(far, SectionId(3), FAR + 8);
        addrs.set(placed, SectionId(1), TEXT + 0x80);
        addrs.set(unreachable_method, SectionId(1), TEXT);
        Link {
            syms,
            live,
            addrs,
            function,
            variable,
            far,
            dead,
            placed,
            undefined,
            imported,
            unreachable_method,
        }
    }

    fn relocator(&self) -> Relocator<'_> {
        Relocator {
            syms: &self.syms,
            live: &self.live,
            addrs: &self.addrs,
            unreachable_method: self.unreachable_method,
            tls_offset: -8,
            image_base: 0,
            binds_imports: false,
            pie: false,
            family: Family::Amd64,
        }
    }

    /// What a field of 16 zeros holds when `r` has been applied, and what is wrong.
    fn apply(&self, r: Reloc) -> (u64, Option<Problem>) {
        let relocator = self.relocator();
        let mut out = [0; 16];
        let problem = relocator.apply_one(&r, HERE, &mut out).err();
        let off = usize::try_from(r.off).unwrap_or(0).min(8);
        let field = out[off..off + 8].try_into().expect("eight bytes");
        (u64::from_le_bytes(field), problem)
    }
}

fn reloc(typ: RelocType, siz: u8, sym: SymId, add: i64) -> Reloc {
    Reloc {
        off: 4,
        siz,
        typ,
        weak: false,
        add,
        sym,
    }
}

#[test]
fn the_short_way_gives_what_the_general_rules_give() {
    let l = Link::new();
    let relocator = l.relocator();
    let types = [
        RelocType::Call,
        RelocType::Pcrel,
        RelocType::Addr,
        RelocType::AddrOff,
        RelocType::MethodOff,
        RelocType::Size,
        RelocType::Const,
        RelocType::TlsLe,
        RelocType::PeImageOff,
    ];
    let targets = [
        SymId::NONE,
        l.function,
        l.variable,
        l.far,
        l.dead,
        l.placed,
        l.undefined,
        l.imported,
    ];
    let addends = [0, 1, -5, 0x7fff_0000, -0x7fff_0000, i64::MAX, i64::MIN];
    let mut short = 0;
    for typ in types {
        for siz in [1, 2, 4, 8] {
            for sym in targets {
                for add in addends {
                    for off in [i32::MIN, -1, 0, 5, 8, 12, 13, 16, i32::MAX] {
                        for weak in [false, true] {
                            let r = Reloc {
                                off,
                                weak,
                                ..reloc(typ, siz, sym, add)
                            };
                            let (mut a, mut b) = ([0x55; 16], [0x55; 16]);
                            if relocator.apply_plain(&r, HERE, &mut a).is_none() {
                                assert_eq!(a, [0x55; 16], "{r:?}: written and left");
                                continue;
                            }
                            short += 1;
                            assert_eq!(relocator.apply_any(&r, HERE, &mut b), Ok(()), "{r:?}");
                            assert_eq!(a, b, "{r:?}");
                        }
                    }
                }
            }
        }
    }
    assert!(short > 100, "only {short} went the short way");
}

#[test]
fn values_count_from_where_the_type_says() {
    let l = Link::new();
    let of = |typ, siz, sym, add| {
        let (value, problem) = l.apply(reloc(typ, siz, sym, add));
        assert_eq!(problem, None);
        value
    };
    // From the end of the field.
    let distance = (TEXT + 0x40 + 2).wrapping_sub(HERE + 4 + 4) as u32;
    assert_eq!(of(RelocType::Call, 4, l.function, 2), distance.into());
    assert_eq!(of(RelocType::Pcrel, 4, l.function, 2), distance.into());
    assert_eq!(of(RelocType::Addr, 8, l.far, -8), FAR);
    assert_eq!(of(RelocType::Addr, 4, l.variable, 1), DATA + 0x11);
    // From the beginning of the section.
    assert_eq!(of(RelocType::AddrOff, 4, l.variable, 1), 0x11);
    assert_eq!(of(RelocType::MethodOff, 4, l.variable, 0), 0x10);
    assert_eq!(of(RelocType::Size, 4, l.variable, 1), 25);
    assert_eq!(of(RelocType::Const, 2, SymId::NONE, 0x1234), 0x1234);
    assert_eq!(of(RelocType::TlsLe, 4, SymId::NONE, 0), 0xffff_fff8);
}

#[test]
fn what_is_not_live_may_be_referred_to_weakly_and_as_a_method() {
    let l = Link::new();
    let weak = |r| Reloc { weak: true, ..r };
    let addr = weak(reloc(RelocType::Addr, 8, l.dead, 0));
    assert_eq!(l.apply(addr), (TEXT, None));
    let off = weak(reloc(RelocType::AddrOff, 4, l.dead, 0));
    assert_eq!(l.apply(off), (0, None));
    let method = reloc(RelocType::MethodOff, 4, l.dead, 0);
    assert_eq!(l.apply(method), (0xffff_ffff, None));
    let call = reloc(RelocType::Call, 4, l.dead, 0);
    assert_eq!(l.apply(call).1, Some(Problem::Unreachable));
}

#[test]
fn what_cannot_be_relocated_is_said() {
    let l = Link::new();
    let problem = |r| l.apply(r).1.expect("it is wrong");
    let call = |sym, add| reloc(RelocType::Call, 4, sym, add);
    assert_eq!(problem(call(l.undefined, 0)), Problem::Unresolved);
    assert_eq!(problem(call(l.imported, 0)), Problem::Imported);
    let from_here = |add: i64| TEXT as i64 + 0x40 + add - (HERE as i64 + 8);
    assert_eq!(
        problem(call(l.function, 1 << 40)),
        Problem::TooBig {
            pc_relative: true,
            value: from_here(1 << 40)
        }
    );
    assert_eq!(
        problem(reloc(RelocType::AddrOff, 2, l.variable, 0x1_0000)),
        Problem::TooBig {
            pc_relative: false,
            value: 0x1_0010
        }
    );
    assert_eq!(
        problem(reloc(RelocType::Addr, 4, l.variable, 0x7fff_ffff)),
        Problem::AddressTooBig {
            value: 0x7fff_ffff + DATA as i64 + 0x10,
            target: DATA + 0x10
        }
    );
    let long = reloc(RelocType::Addr, 3, l.variable, 0);
    assert_eq!(problem(long), Problem::BadSize);
    for off in [-1, 13, i32::MAX] {
        let outside = Reloc {
            off,
            ..call(l.function, 0)
        };
        assert_eq!(problem(outside), Problem::OutOfRange { len: 16 });
    }
    let tls = reloc(RelocType::TlsIe, 4, l.variable, 0);
    assert_eq!(problem(tls), Problem::TlsInitialExec);
    let arm64 = reloc(RelocType::CallArm64, 4, l.function, 0);
    assert_eq!(problem(arm64), Problem::Unknown);
}

#[test]
fn a_batch_relocates_its_symbols_and_names_those_that_are_wrong() {
    let l = Link::new();
    let relocator = l.relocator();
    let mut batch = Batch::default();
    let symbols = [
        (
            l.function,
            HERE,
            0..8,
            vec![reloc(RelocType::Addr, 4, l.variable, 0)],
        ),
        (
            l.variable,
            DATA,
            8..16,
            vec![reloc(RelocType::Call, 4, l.undefined, 0)],
        ),
    ];
    for (sym, addr, bytes, relocs) in symbols {
        let end = batch.relocs.len() + relocs.len();
        batch.relocs.extend(relocs);
        batch.fields.push(Field {
            sym,
            addr,
            bytes,
            end,
        });
    }
    assert!(!batch.is_full());
    let (mut out, mut errors) = ([0; 16], Vec::new());
    relocator.apply_batch(&mut batch, &mut out, &mut errors);
    assert_eq!(out[4..8], (DATA as u32 + 0x10).to_le_bytes());
    assert_eq!(out[8..], [0; 8]);
    let [error] = &errors[..] else {
        panic!("{errors:?}");
    };
    assert_eq!(
        (error.from, &error.problem),
        (l.variable, &Problem::Unresolved)
    );
    assert_eq!(
        error.text(&l.syms),
        "relocation target undefined not defined"
    );
    assert!(batch.relocs.is_empty() && batch.fields.is_empty());
}

#[test]
fn addresses_that_do_not_fit_end_the_link_or_not() {
    let target = 0x1000;
    let ends = |value| Problem::AddressTooBig { value, target };
    let goes_on = |value| Problem::TooBig {
        pc_relative: false,
        value,
    };
    assert_eq!(
        [0x8000_0000, -1, 0x2_0000_0000].map(|value| Problem::of_address(value, target)),
        [ends(0x8000_0000), ends(-1), goes_on(0x2_0000_0000)].map(Some)
    );
    assert_eq!(
        [0, 0x7fff_ffff].map(|value| Problem::of_address(value, target)),
        [None, None]
    );
}
