//! What the dynamic linker of macOS has to know (`ld/macho.go:domacho`, `machoDyldInfo`,
//! `ld/data.go:dynreloc`, `amd64/asm.go:adddynrel`, `addpltsym`, `arm64/asm.go`, `ld/lib.go:AddGotSym`).
//!
//! Calls of imported functions go to stubs, which jump to where a word of the global offset table points;
//! code that asks for their addresses gets that word. The tables list what is met in the order in which it
//! is met, by one thread. What is much, finding the pointers of a program that may lie anywhere, is done
//! in parallel.

use format::macho::{Bind, bind_table, rebase_entry, rebase_table};
use gover::{MachoBinds, MachoGotHome, MachoRelocs, RelocType, SymKind};
use layout::{Addresses, DataSym};
use rayon::prelude::*;
use reach::Live;
use rustc_hash::FxHashMap;
use symbols::{ExtReloc, Reloc, SymId, Symbols};
use tables::Maker;
use target::plt::Stub;
use target::{ArchInfo, Family};

/// What one thread looks through at a time, symbols.
const CHUNK: usize = 1 << 12;

/// The library some of whose functions have several versions.
const SYSTEM_LIBRARY: &str = "/usr/lib/libSystem.B.dylib";

/// Functions of it that have had a version with inode numbers of 64 bits on x86-64, and its suffix.
const INODE64: [&str; 3] = ["fdopendir", "readdir_r", "getfsstat"];
const INODE64_SUFFIX: &str = "$INODE64";

/// What the tables depend on.
#[derive(Clone, Copy, Debug)]
pub struct MachoOptions {
    /// The machine.
    pub arch: &'static ArchInfo,
    /// Whether the program may lie anywhere.
    pub pie: bool,
    /// Whether a host linker makes the tables: code here only asks it for what it needs.
    pub external: bool,
    /// Whether the global offset table becomes read-only.
    pub relro: bool,
    /// Whether functions of the system have other names in their versions with large inode numbers.
    pub inode64_names: bool,
}

/// A word of a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Word {
    holder: SymId,
    off: i32,
}

/// The tables while they are made.
pub struct MachoTables {
    /// `.plt`, the stubs.
    pub plt: SymId,
    /// `.got`, the global offset table.
    pub got: SymId,
    /// What each stub is for, in order.
    pub stubs: Vec<SymId>,
    /// What each word of the global offset table is for, in order.
    pub words: Vec<SymId>,
    /// Words that change with the address of the program.
    rebases: Vec<Word>,
    /// Words that hold addresses of imports.
    binds: Vec<(Word, SymId)>,
    stub_offsets: FxHashMap<SymId, u32>,
    word_offsets: FxHashMap<SymId, u32>,
    pie: bool,
    external: bool,
    family: Family,
    ptr: u8,
    stub: &'static Stub,
}

/// What was found in some symbols.
#[derive(Default)]
struct Found {
    rebases: Vec<Word>,
    /// Symbols to be looked at one after the other, each with the number of words before it.
    others: Vec<(usize, SymId)>,
}

/// Complaints, as (symbol, text).
type Complaints = Vec<(SymId, String)>;

impl MachoTables {
    /// Makes the symbols, and gives some functions of the system the names of their newer versions.
    pub fn make(m: &mut Maker, options: &MachoOptions) -> MachoTables {
        m.create(".machosymstr", SymKind::MachoSymStr);
        m.create(".machosymtab", SymKind::MachoSymTab);
        let (plt, got) = match options.external {
            true => {
                mark_as_assembler(m);
                (SymId::NONE, SymId::NONE)
            }
            false => make_sections(m, options.relro),
        };
        for name in [".machorebase", ".machobind", ".machocodesig"] {
            m.create(name, SymKind::Xxx);
        }
        if options.inode64_names {
            name_inode64(m);
        }
        MachoTables {
            plt,
            got,
            stubs: Vec::new(),
            words: Vec::new(),
            rebases: Vec::new(),
            binds: Vec::new(),
            stub_offsets: FxHashMap::default(),
            word_offsets: FxHashMap::default(),
            pie: options.pie,
            external: options.external,
            family: options.arch.family,
            ptr: options.arch.ptr_size,
            stub: options.arch.macho_stub,
        }
    }

    /// Goes through the relocations of all live symbols: `text` in order, then `data` by kind and,
    /// within a kind, by number.
    pub fn scan(
        &mut self,
        syms: &mut Symbols,
        live: &Live,
        text: &[SymId],
        data: &[&[DataSym]],
    ) -> Complaints {
        let mut errors = Vec::new();
        let found: Vec<Found> = text
            .par_chunks(CHUNK)
            .map(|list| self.find(syms, live, list.iter().copied()))
            .collect();
        self.enter(syms, live, found, &mut errors);
        let found: Vec<Found> = data
            .par_iter()
            .flat_map(|list| list.par_chunks(CHUNK))
            .map(|list| self.find(syms, live, list.iter().map(|d| d.sym)))
            .collect();
        self.enter(syms, live, found, &mut errors);
        errors
    }

    fn find(&self, syms: &Symbols, live: &Live, list: impl Iterator<Item = SymId>) -> Found {
        let mut found = Found::default();
        for s in list {
            let before = found.rebases.len();
            for r in syms.relocs(s) {
                if passed_over(live, &r) {
                    continue;
                }
                let is_other = r.typ == RelocType::Arm64GotPcrel || r.typ.is_host();
                if is_other || is_imported(syms, &r) {
                    found.rebases.truncate(before);
                    found.others.push((before, s));
                    break;
                }
                if self.pie && r.typ == RelocType::Addr {
                    found.rebases.push(Word {
                        holder: s,
                        off: r.off,
                    });
                }
            }
        }
        found
    }

    fn enter(
        &mut self,
        syms: &mut Symbols,
        live: &Live,
        found: Vec<Found>,
        errors: &mut Complaints,
    ) {
        for f in found {
            let mut done = 0;
            for (before, s) in f.others {
                self.rebases.extend_from_slice(&f.rebases[done..before]);
                done = before;
                self.enter_symbol(syms, live, s, errors);
            }
            self.rebases.extend_from_slice(&f.rebases[done..]);
        }
    }

    /// All relocations of one symbol, in order (`dynrelocsym`).
    fn enter_symbol(&mut self, syms: &mut Symbols, live: &Live, s: SymId, errors: &mut Complaints) {
        for i in 0..syms.relocs(s).len() {
            // Others before it may have changed it.
            let Some(mut r) = syms.relocs(s).nth(i) else {
                break;
            };
            let imported = is_imported(syms, &r);
            if passed_over(live, &r) || !imported && !self.pie && !r.typ.is_host() {
                continue;
            }
            let name = syms.name_lossy(r.sym).into_owned();
            if !self.pie && !live.reachable.has(r.sym) {
                let text = format!("dynamic relocation to unreachable symbol {name}");
                errors.push((s, text));
            }
            let host = match r.typ.is_host() {
                true => self.enter_host(syms, s, i, &r, &name, errors),
                false => None,
            };
            if host.is_none() && r.typ.is_host() {
                r.typ = RelocType::Addr;
            }
            let done = match imported {
                _ if host.is_some() => host == Some(true),
                true => self.enter_import(syms, s, i, &r, &name, errors),
                false => self.enter_own(s, &r, &name, errors),
            };
            if !done && !self.pie {
                let kind = syms.kind(r.sym);
                let number = syms.gover.rank(kind);
                let (type_number, typ) = printed_type(r.typ);
                let text = format!(
                    "unsupported dynamic relocation for symbol {name} (type={type_number} ({typ}) stype={number} ({kind}))",
                );
                errors.push((s, text));
            }
        }
    }

    /// A relocation of `s` whose target is a symbol of the program; whether that is all there is to it.
    fn enter_own(&mut self, s: SymId, r: &Reloc, name: &str, errors: &mut Complaints) -> bool {
        match r.typ {
            RelocType::Addr => {
                self.rebases.push(Word {
                    holder: s,
                    off: r.off,
                });
                true
            }
            RelocType::Arm64GotPcrel => {
                let text = format!("R_ARM64_GOTPCREL target is not SDYNIMPORT symbol: {name}");
                errors.push((s, text));
                true
            }
            _ => false,
        }
    }

    /// A relocation, the `i`th of `s`, whose target is imported; whether that is all there is to it.
    fn enter_import(
        &mut self,
        syms: &mut Symbols,
        s: SymId,
        i: usize,
        r: &Reloc,
        name: &str,
        errors: &mut Complaints,
    ) -> bool {
        let is_text = syms.kind(s).is_text();
        let mut complain = |text: String| {
            errors.push((s, text));
            false
        };
        let nonzero = || format!("unexpected nonzero addend for dynamic symbol {name}");
        let asks = |syms: &mut Symbols, typ| {
            crate::scan::change(syms, s, i, |r| r.typ = typ);
            true
        };
        match r.typ {
            RelocType::Call
            | RelocType::CallArm64
            | RelocType::GotPcrel
            | RelocType::Arm64GotPcrel
                if self.external =>
            {
                true
            }
            RelocType::Call | RelocType::CallArm64 => {
                if r.typ == RelocType::CallArm64 && r.add != 0 {
                    let add = r.add;
                    complain(format!("PLT call with non-zero addend ({add})"));
                }
                let stub = self.stub_entry(syms, r.sym);
                let plt = self.plt;
                retarget(syms, s, i, plt, stub.into(), r.typ);
                true
            }
            RelocType::Pcrel if is_text => {
                if r.add != 0 {
                    return complain(nonzero());
                }
                // A load of the address becomes one of the word that holds it.
                const LEA: u8 = 0x8d;
                const MOV: u8 = 0x8b;
                let code = usize::try_from(r.off - 2).ok();
                let code = code.filter(|&at| syms.data(s).get(at) == Some(&LEA));
                let Some(at) = code else {
                    return complain(format!(
                        "unexpected R_PCREL reloc for dynamic symbol {name}: not preceded by LEAQ instruction"
                    ));
                };
                syms.ext_mut(s).data[at] = MOV;
                if self.external {
                    return asks(syms, RelocType::GotPcrel);
                }
                let word = self.word_entry(syms, r.sym);
                let got = self.got;
                retarget(syms, s, i, got, word.into(), r.typ);
                true
            }
            RelocType::AddrArm64 if is_text => {
                if r.add != 0 {
                    return complain(nonzero());
                }
                let at = usize::try_from(r.off).unwrap_or(usize::MAX);
                let code = syms.data(s).get(at.saturating_add(4)..);
                let code = code.and_then(|code| code.first_chunk::<4>().copied());
                let Some(code) = code.and_then(|c| add_to_load(u32::from_le_bytes(c))) else {
                    return complain(format!(
                        "unexpected R_ADDRARM64 reloc for dynamic symbol {name}"
                    ));
                };
                syms.ext_mut(s).data[at + 4..at + 8].copy_from_slice(&code.to_le_bytes());
                if self.external {
                    return asks(syms, RelocType::Arm64GotPcrel);
                }
                let word = self.word_entry(syms, r.sym);
                let got = self.got;
                retarget(syms, s, i, got, word.into(), RelocType::Arm64PcrelLdSt64);
                true
            }
            RelocType::Addr => {
                let (kind, g) = (syms.kind(s), syms.gover);
                if !self.pie && !g.is_ptr_data(kind) && !g.is_rodata(kind) {
                    return false;
                }
                let word = Word {
                    holder: s,
                    off: r.off,
                };
                match g.macho.binds {
                    MachoBinds::GotOnly => self.rebases.push(word),
                    MachoBinds::AnySymbol => self.binds.push((word, r.sym)),
                }
                true
            }
            RelocType::Arm64GotPcrel => {
                if r.add != 0 {
                    let add = r.add;
                    complain(format!("R_ARM64_GOTPCREL with non-zero addend ({add})"));
                }
                let word = self.word_entry(syms, r.sym);
                let got = self.got;
                // One for each instruction; the second goes to the end of the list.
                retarget(syms, s, i, got, word.into(), RelocType::Arm64Got);
                let list = &mut syms.ext_mut(s).relocs;
                list[i].siz = 4;
                let mut second = list[i];
                second.off += 4;
                list.push(second);
                true
            }
            _ => false,
        }
    }

    /// The `i`th relocation of `s`, one of a C compiler's, becomes an ordinary one; whether that is all there
    /// is to it. `None` if it is now an address like others.
    fn enter_host(
        &mut self,
        syms: &mut Symbols,
        s: SymId,
        i: usize,
        r: &Reloc,
        name: &str,
        errors: &mut Complaints,
    ) -> Option<bool> {
        use RelocType::*;
        let imported = syms.kind(r.sym) == SymKind::DynImport;
        let mut complain = |text: String| errors.push((s, text));
        let to = |syms: &mut Symbols, typ| crate::scan::change(syms, s, i, |r| r.typ = typ);
        let unexpected = || format!("unexpected reloc for dynamic symbol {name}");
        let rules = syms.gover.macho.host_relocs;
        let is_unknown = match (r.typ, self.family) {
            (MachoSubtractor, Family::Amd64) => rules == MachoRelocs::NoDifferences,
            (MachoSubtractor | MachoPointerToGot, Family::Arm64) => rules != MachoRelocs::OfBoth,
            _ => false,
        };
        match r.typ {
            MachoSubtractor | MachoPointerToGot if is_unknown => {
                let (number, name) = match (r.typ, self.family) {
                    (MachoSubtractor, Family::Amd64) => (printed_number(5, false), "SUBTRACTOR"),
                    (MachoSubtractor, Family::Arm64) => (printed_number(1, false), "SUBTRACTOR"),
                    _ => (printed_number(7, true), "POINTER_TO_GOT"),
                };
                let machine = self.machine();
                complain(format!(
                    "unexpected relocation type {number} ({machine}_RELOC_{name})"
                ));
                return Some(false);
            }
            MachoUnsigned => {
                to(syms, Addr);
                let early = syms.gover.macho.binds == MachoBinds::GotOnly;
                if imported && (early || !self.pie) {
                    complain(unexpected());
                }
                return (!self.pie).then_some(true);
            }
            MachoFixedBranch | MachoFixedSigned => {
                to(syms, Addr);
                if self.pie {
                    let number = match r.typ {
                        MachoFixedSigned => printed_number(1, false),
                        _ => printed_number(2, false),
                    };
                    complain(format!(
                        "unsupported relocation for PIE: RelocType({number})"
                    ));
                }
                if imported {
                    complain(unexpected());
                }
            }
            MachoSubtractor => return Some(self.subtract(syms, s, i, name, errors)),
            MachoBranch => {
                let typ = match self.family {
                    Family::Amd64 => Pcrel,
                    Family::Arm64 => CallArm64,
                };
                to(syms, typ);
                if imported {
                    let (stub, plt) = (self.stub_entry(syms, r.sym), self.plt);
                    retarget(syms, s, i, plt, stub.into(), typ);
                }
            }
            MachoSigned => {
                to(syms, Pcrel);
                if imported {
                    complain(format!(
                        "unexpected pc-relative reloc for dynamic symbol {name}"
                    ));
                }
            }
            MachoPage => {
                if imported {
                    complain(format!("unexpected relocation for dynamic symbol {name}"));
                }
                to(syms, Arm64Pcrel);
            }
            MachoGotLoad | MachoGotPage if !imported => {
                let typ = match self.family {
                    Family::Amd64 => Pcrel,
                    Family::Arm64 => Arm64Pcrel,
                };
                if !load_itself(&mut syms.ext_mut(s).data, r.off, self.family) {
                    complain(format!(
                        "unexpected GOT_LOAD reloc for non-dynamic symbol {name}"
                    ));
                    return Some(false);
                }
                to(syms, typ);
            }
            _ => {
                if !imported {
                    complain(format!(
                        "unexpected GOT reloc for non-dynamic symbol {name}"
                    ));
                }
                let word = i64::from(self.word_entry(syms, r.sym));
                let (typ, add) = match r.typ {
                    MachoGotPage => (Arm64Got, word),
                    MachoPointerToGot => (Pcrel, r.add + i64::from(r.siz) + word),
                    _ => (Pcrel, r.add + word),
                };
                let got = self.got;
                retarget(syms, s, i, got, add, typ);
            }
        }
        Some(true)
    }

    /// How names of relocations begin.
    fn machine(&self) -> &'static str {
        match self.family {
            Family::Amd64 => "X86_64",
            Family::Arm64 => "ARM64",
        }
    }

    /// The `i`th relocation of `s` says what the one behind it subtracts from an address: a place in the same
    /// section, so that the difference counts from there.
    fn subtract(
        &self,
        syms: &mut Symbols,
        s: SymId,
        i: usize,
        name: &str,
        errors: &mut Complaints,
    ) -> bool {
        let machine = self.machine();
        let mut list = syms.relocs(s).skip(i);
        let Some(r) = list.next() else {
            return false;
        };
        let (outer, off) = match syms.foreign.outer(r.sym) {
            outer if outer.is_some() => (outer, syms.foreign.offsets[&r.sym] as i64),
            _ => (r.sym, 0),
        };
        if outer != s {
            let outer = syms.name_lossy(outer);
            let text = format!(
                "unsupported {machine}_RELOC_SUBTRACTOR reloc: target {name}, outer {outer}"
            );
            errors.push((s, text));
            return false;
        }
        let is_minuend = |n: Reloc| n.typ == RelocType::MachoUnsigned && n.off == r.off;
        if !list.next().is_some_and(is_minuend) {
            let text = format!(
                "unexpected {machine}_RELOC_SUBTRACTOR reloc, must be followed by \
                 {machine}_RELOC_UNSIGNED at the same offset"
            );
            errors.push((s, text));
            return false;
        }
        let width = match syms.gover.macho.host_relocs {
            MachoRelocs::NoDifferences | MachoRelocs::Few => 0,
            MachoRelocs::OfBoth => i64::from(r.siz),
        };
        let list = &mut syms.ext_mut(s).relocs;
        list[i + 1].typ = RelocType::Pcrel;
        list[i + 1].add = r.add + i64::from(r.off) + width - off;
        list[i].siz = 0;
        true
    }

    /// The offset in `.plt` of the stub that jumps to `s`, bytes.
    fn stub_entry(&mut self, syms: &mut Symbols, s: SymId) -> u32 {
        if let Some(&off) = self.stub_offsets.get(&s) {
            return off;
        }
        let word = self.word_entry(syms, s);
        self.stubs.push(s);
        let got = self.got;
        let plt = syms.ext_mut(self.plt);
        let off = plt.size as u32;
        plt.add_bytes(self.stub.code);
        plt.relocs.extend(self.stub.relocs.iter().map(|r| ExtReloc {
            off: off as i32 + i32::from(r.off),
            siz: 4,
            typ: r.typ,
            weak: false,
            add: i64::from(word) + i64::from(r.add),
            sym: got,
        }));
        self.stub_offsets.insert(s, off);
        off
    }

    /// The offset in `.got` of the word that will hold the address of `s`, bytes.
    fn word_entry(&mut self, syms: &mut Symbols, s: SymId) -> u32 {
        if let Some(&off) = self.word_offsets.get(&s) {
            return off;
        }
        let got = syms.ext_mut(self.got);
        let off = got.size as u32;
        got.add_bytes(&[0; 8][..usize::from(self.ptr)]);
        self.words.push(s);
        if self.pie {
            let word = Word {
                holder: self.got,
                off: off as i32,
            };
            self.binds.push((word, s));
        }
        self.word_offsets.insert(s, off);
        off
    }

    /// The tables of the dynamic linker, of a program that may lie anywhere; `place` gives the number of the
    /// segment that an address is in, and the segment's address.
    pub fn dyld_tables(
        &self,
        syms: &Symbols,
        addrs: &Addresses,
        place: impl Fn(SymId) -> (u8, u64) + Sync,
    ) -> [Vec<u8>; 2] {
        if !self.pie {
            return [Vec::new(), Vec::new()];
        }
        let offset = |w: &Word, start: u64| {
            let addr = addrs.addr(w.holder).wrapping_add_signed(w.off.into());
            addr.wrapping_sub(start)
        };
        let parts: Vec<Vec<u8>> = self
            .rebases
            .par_chunks(CHUNK)
            .map(|list| {
                let mut part = Vec::with_capacity(6 * list.len());
                for w in list {
                    let (segment, start) = place(w.holder);
                    rebase_entry(&mut part, segment, offset(w, start));
                }
                part
            })
            .collect();
        let libraries = &syms.foreign.dylibs;
        let binds = self.binds.iter().map(|(w, s)| {
            let (segment, start) = place(w.holder);
            let library = syms.foreign.attrs(*s).map_or("", |a| &a.import_lib);
            let number = libraries.iter().position(|l| **l == *library);
            Bind {
                segment,
                off: offset(w, start),
                library: number.map(|n| n as u32 + 1),
                weak: syms.gover.macho.weak_imports && syms.foreign.weak_imports.contains(s),
                name: syms.ext_name(*s),
            }
        });
        [rebase_table(&parts), bind_table(binds)]
    }
}

/// Makes the sections of stubs and of the global offset table.
fn make_sections(m: &mut Maker, relro: bool) -> (SymId, SymId) {
    let plt = m.create(".plt", SymKind::MachoPlt);
    let got = m.create(
        ".got",
        match m.syms.gover.macho.got_home {
            MachoGotHome::RelroIfAny if relro => SymKind::MachoRelroSect,
            MachoGotHome::RelroIfAny | MachoGotHome::Data => SymKind::MachoGot,
        },
    );
    m.ext(got).align = 4;
    m.create(".linkedit.plt", SymKind::MachoIndirectPlt);
    m.create(".linkedit.got", SymKind::MachoIndirectGot);
    (plt, got)
}

/// Makes the section by which Apple's linker knows an assembler's objects, which need not have bitcode.
fn mark_as_assembler(m: &mut Maker) {
    let s = m.create(".llvmasm", SymKind::Macho);
    m.ext(s).add_bytes(&[0]);
}

/// Whether nobody is interested in a relocation: it has no field, or what it refers to is not wanted.
fn passed_over(live: &Live, r: &Reloc) -> bool {
    r.siz == 0 || r.weak && !live.reachable.has(r.sym)
}

/// How messages number and name a type of relocations in a program at a fixed address, which is one for AMD64.
fn printed_type(typ: RelocType) -> (u32, &'static str) {
    match typ {
        RelocType::MachoSubtractor => (printed_number(5, false), "X86_64_RELOC_SUBTRACTOR"),
        RelocType::MachoGotLoad => (printed_number(3, true), typ.go_name()),
        _ => (typ.index() as u32, typ.go_name()),
    }
}

/// How messages number a type of relocations, `kind` in objects (`objabi.MachoRelocOffset`,
/// `loadmacho/ldmacho.go:Load`).
const fn printed_number(kind: u32, relative: bool) -> u32 {
    2048 + 2 * kind + relative as u32
}

fn is_imported(syms: &Symbols, r: &Reloc) -> bool {
    r.sym.is_some() && syms.kind(r.sym) == SymKind::DynImport
}

/// Has the `i`th relocation of `s` be one of type `typ`, to `target` with the addend `add`.
fn retarget(syms: &mut Symbols, s: SymId, i: usize, target: SymId, add: i64, typ: RelocType) {
    crate::scan::change(syms, s, i, |r| {
        (r.sym, r.add, r.typ) = (target, add, typ);
    });
}

/// Of an AArch64 instruction that adds to an address, the one that loads from there.
fn add_to_load(code: u32) -> Option<u32> {
    const ADD: u32 = 0x91;
    const LDR: u32 = 0xf9 << 24 | 1 << 22;
    const REGISTERS_AND_OFFSET: u32 = (1 << 22) - 1;
    (code >> 24 == ADD).then_some(LDR | code & REGISTERS_AND_OFFSET)
}

/// Has code that loads the address of something from a word, where a relocation is at `off`, load the address
/// itself; `false` if it is none that does.
fn load_itself(data: &mut [u8], off: i32, family: Family) -> bool {
    const LEA: u8 = 0x8d;
    const MOV: u8 = 0x8b;
    let off = usize::try_from(off).unwrap_or(usize::MAX);
    match family {
        Family::Amd64 => {
            let code = off.checked_sub(2).and_then(|at| data.get_mut(at));
            let code = code.filter(|c| **c == MOV);
            code.map(|c| *c = LEA).is_some()
        }
        Family::Arm64 => {
            let code = data.get_mut(off..).and_then(|d| d.first_chunk_mut::<4>());
            let Some(code) = code else { return false };
            let word = u32::from_le_bytes(*code);
            let own = match word >> 24 {
                op if op & 0x9f == 0x90 => word,
                0xf9 => 0x91 << 24 | word & ((1 << 22) - 1),
                _ => return false,
            };
            *code = own.to_le_bytes();
            true
        }
    }
}

/// Gives live imports the names of their versions with large inode numbers.
fn name_inode64(m: &mut Maker) {
    let live = &m.live.reachable;
    for (s, attrs) in &mut m.syms.foreign.cgo {
        let name = attrs.ext_name.as_deref().unwrap_or_default();
        if live.has(*s) && *attrs.import_lib == *SYSTEM_LIBRARY && INODE64.contains(&name) {
            attrs.ext_name = Some(format!("{name}{INODE64_SUFFIX}").into());
        }
    }
}
