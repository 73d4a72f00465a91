//! The symbols that hold dynamic linking information (`ld/elf.go:doelf`, `elfadddynsym`,
//! `ld/go.go:adddynlib`, `amd64/asm.go:addpltsym`, `ld/lib.go:AddGotSym`).

use crate::rela::{self, Rela, RelaValue};
use format::elf::{RELA_SIZE, SYM_SIZE, Sym, consts::*};
use gover::{ElfRelro, RelocType, SymKind};
use layout::Addresses;
use rustc_hash::{FxHashMap, FxHashSet};
use symbols::{ExtReloc, ExtSym, SymId, Symbols};
use tables::Maker;
use target::ArchInfo;
use target::plt::{Plt, PltReloc, UnboundSlot};

/// Words of `.got.plt` that belong to the dynamic linker.
const GOT_PLT_RESERVED: u64 = 3;
/// Section number that exported symbols get, whatever section they are in.
const DEFINED: u16 = 1;

/// What dynamic linking information depends on.
#[derive(Clone, Copy, Debug)]
pub struct DynamicOptions<'a> {
    /// The machine.
    pub arch: &'static ArchInfo,
    /// Whether tables that only the dynamic linker writes become read-only behind it.
    pub relro: bool,
    /// Whether functions are bound when the program is loaded (`-bindnow`).
    pub bind_now: bool,
    /// Whether code that has the address of an imported function gets that of its PLT entry.
    pub addresses_by_plt: bool,
    /// Where to look for libraries (`-r`); empty for nowhere.
    pub rpath: &'a [u8],
}

/// Dynamic linking information while it is made; see the [crate] for the order of things.
pub struct DynamicTables {
    /// `.dynsym`
    pub dynsym: SymId,
    /// `.dynstr`
    pub dynstr: SymId,
    /// `.rela`
    pub rela: SymId,
    /// `.got`
    pub got: SymId,
    /// `.hash`
    pub hash: SymId,
    /// `.got.plt`
    pub gotplt: SymId,
    /// `.plt`
    pub plt: SymId,
    /// `.rela.plt`
    pub rela_plt: SymId,
    /// `.gnu.version`
    pub version: SymId,
    /// `.gnu.version_r`
    pub version_r: SymId,
    /// `.dynamic`
    pub dynamic: SymId,
    /// Number of libraries of which versions are needed, known when [`Self::finish`] has run.
    pub n_version_needs: u32,
    pub(crate) entries: Vec<Rela>,
    /// Symbols of the dynamic symbol table; their numbers are one more than their places.
    pub(crate) symbols: Vec<SymId>,
    numbers: FxHashMap<SymId, u32>,
    plt_offsets: FxHashMap<SymId, u32>,
    got_offsets: FxHashMap<SymId, u32>,
    seen_libs: FxHashSet<Box<str>>,
    pub(crate) bind_now: bool,
    pub(crate) addresses_by_plt: bool,
    pub(crate) ptr: u8,
    pub(crate) shape: &'static Plt,
}

impl DynamicTables {
    /// Makes the symbols (`ld/elf.go:doelf`).
    pub fn make(m: &mut Maker, opts: &DynamicOptions) -> DynamicTables {
        let relro_if = |on: bool, otherwise: SymKind| match on {
            true => SymKind::ElfRelroSect,
            false => otherwise,
        };
        let with_tables = m.syms.gover.elf.relro == ElfRelro::WithTables;
        let relro = opts.relro && with_tables;
        let dynsym = m.create(".dynsym", SymKind::ElfRoSect);
        m.ext(dynsym).set_data(vec![0; SYM_SIZE]);
        let dynstr = m.create(".dynstr", SymKind::ElfRoSect);
        if m.ext(dynstr).size == 0 {
            m.ext(dynstr).add_bytes(&[0]);
        }
        let rela = m.create(".rela", SymKind::ElfRoSect);
        let got = m.create(".got", relro_if(relro, SymKind::ElfGot));
        let hash = m.create(".hash", SymKind::ElfRoSect);
        let late = relro && opts.bind_now;
        let gotplt = m.create(".got.plt", relro_if(late, SymKind::ElfSect));
        let plt = m.create(".plt", SymKind::ElfRxSect);
        let rela_plt = m.create(".rela.plt", SymKind::ElfRoSect);
        let version = m.create(".gnu.version", SymKind::ElfRoSect);
        let version_r = m.create(".gnu.version_r", SymKind::ElfRoSect);
        let dynamic = m.create(".dynamic", relro_if(relro, SymKind::ElfSect));
        let mut t = DynamicTables {
            dynsym,
            dynstr,
            rela,
            got,
            hash,
            gotplt,
            plt,
            rela_plt,
            version,
            version_r,
            dynamic,
            n_version_needs: 0,
            entries: Vec::new(),
            symbols: Vec::new(),
            numbers: FxHashMap::default(),
            plt_offsets: FxHashMap::default(),
            got_offsets: FxHashMap::default(),
            seen_libs: FxHashSet::default(),
            bind_now: opts.bind_now,
            addresses_by_plt: opts.addresses_by_plt,
            ptr: opts.arch.ptr_size,
            shape: opts.arch.plt,
        };
        let syms = &mut *m.syms;
        t.start_plt(syms);
        t.entry_addr(syms, DT_HASH, hash);
        t.entry_addr(syms, DT_SYMTAB, dynsym);
        t.entry(syms, DT_SYMENT, SYM_SIZE as u64);
        t.entry_addr(syms, DT_STRTAB, dynstr);
        t.entry_size(syms, DT_STRSZ, dynstr);
        t.entry_addr(syms, DT_RELA, rela);
        t.entry_size(syms, DT_RELASZ, rela);
        t.entry(syms, DT_RELAENT, RELA_SIZE as u64);
        if !opts.rpath.is_empty() {
            let name = t.string(syms, opts.rpath);
            t.entry(syms, DT_RUNPATH, name);
        }
        t.entry_addr(syms, DT_PLTGOT, gotplt);
        t.entry(syms, DT_DEBUG, 0);
        t
    }

    /// The exported symbols and the libraries that are needed whatever is imported from them
    /// (`ld/go.go:addexport`). Where libraries can be meant with their `versioned` names and without, each is
    /// named once.
    pub fn add_exports(&mut self, syms: &mut Symbols, versioned: bool) {
        for s in syms.foreign.dynamic_exports.clone() {
            self.add_symbol(syms, s);
        }
        let mut libs = syms.foreign.needed_libs.clone();
        if versioned {
            let known = libs.iter().filter_map(|l| without_version(l));
            self.seen_libs.extend(known.map(Box::from));
            libs.retain(|l| !self.seen_libs.contains(l));
            libs.sort();
        }
        for lib in libs {
            self.need(syms, &lib);
        }
    }

    /// The number of `s` in the dynamic symbol table, which it enters unless it is there
    /// (`ld/elf.go:elfadddynsym`).
    pub fn add_symbol(&mut self, syms: &mut Symbols, s: SymId) -> u32 {
        if let Some(&n) = self.numbers.get(&s) {
            return n;
        }
        self.symbols.push(s);
        let number = self.symbols.len() as u32;
        self.numbers.insert(s, number);
        let kind = syms.kind(s);
        let imported = kind == SymKind::DynImport;
        let attrs = syms.foreign.attrs(s).cloned().unwrap_or_default();
        let name = syms.ext_name(s).to_vec();
        let func = attrs.is_export() && kind.is_text();
        let entry = Sym {
            name: self.string(syms, &name) as u32,
            bind: STB_GLOBAL,
            typ: if func { STT_FUNC } else { STT_OBJECT },
            shndx: if imported { SHN_UNDEF } else { DEFINED },
            size: syms.data(s).len() as u64,
            ..Sym::default()
        };
        let mut bytes = [0; SYM_SIZE];
        entry.write(&mut bytes);
        let table = syms.ext_mut(self.dynsym);
        table.add_bytes(&bytes[..8]);
        if imported {
            table.add_bytes(&bytes[8..16]);
        } else {
            table.add_addr_plus(self.ptr, s, 0);
        }
        table.add_bytes(&bytes[16..]);
        if !attrs.export_dynamic && !attrs.import_lib.is_empty() {
            self.need(syms, &attrs.import_lib);
        }
        number
    }

    /// Names a library that is needed, once (`ld/go.go:adddynlib`).
    pub fn need(&mut self, syms: &mut Symbols, lib: &str) {
        if self.seen_libs.insert(lib.into()) {
            let name = self.string(syms, lib.as_bytes());
            self.entry(syms, DT_NEEDED, name);
        }
    }

    /// The offset in `.plt` of the entry that jumps to `s`, bytes (`addpltsym`).
    pub fn plt_entry(&mut self, syms: &mut Symbols, s: SymId) -> u32 {
        if let Some(&off) = self.plt_offsets.get(&s) {
            return off;
        }
        let number = self.add_symbol(syms, s);
        let (plt, gotplt, shape) = (self.plt, self.gotplt, self.shape);
        let ptr = u64::from(self.ptr);
        let slot = syms.size(gotplt);
        let start = syms.size(plt);
        let p = syms.ext_mut(plt);
        add_piece(p, shape.entry, shape.entry_relocs, gotplt, slot as i64);
        let mut patch = |at: Option<u8>, v: u32| {
            if let Some(at) = at {
                let at = start as usize + usize::from(at);
                p.data[at..at + 4].copy_from_slice(&v.to_le_bytes());
            }
        };
        patch(shape.number_at, (slot / ptr - GOT_PLT_RESERVED) as u32);
        let back = shape.back_at.map_or(0, |at| start + u64::from(at) + 4);
        patch(shape.back_at, (back as u32).wrapping_neg());
        let unbound = match shape.unbound {
            UnboundSlot::Entry(off) => start as i64 + i64::from(off),
            UnboundSlot::Header => 0,
        };
        syms.ext_mut(gotplt).add_addr_plus(self.ptr, plt, unbound);
        let rela = syms.ext_mut(self.rela_plt);
        rela.add_addr_plus(self.ptr, gotplt, slot as i64);
        let info = u64::from(number) << 32 | u64::from(shape.jump_slot);
        rela.add_bytes(&info.to_le_bytes());
        rela.add_bytes(&0u64.to_le_bytes());
        self.plt_offsets.insert(s, start as u32);
        start as u32
    }

    /// The offset in `.got` of the word that will hold the address of `s`, bytes
    /// (`ld/lib.go:AddGotSym`).
    pub fn got_entry(&mut self, syms: &mut Symbols, s: SymId) -> u32 {
        if let Some(&off) = self.got_offsets.get(&s) {
            return off;
        }
        let number = self.add_symbol(syms, s);
        let got = syms.ext_mut(self.got);
        let off = got.size as u32;
        got.add_bytes(&[0; 8][..usize::from(self.ptr)]);
        self.got_offsets.insert(s, off);
        self.entries.push(Rela {
            holder: self.got,
            off: off as i32,
            value: RelaValue::Symbol {
                number,
                typ: self.shape.glob_dat,
            },
        });
        off
    }

    /// Has the dynamic linker put the address of `target` plus `add` at `off` in `holder`.
    pub fn add_relative(&mut self, holder: SymId, off: i32, target: SymId, add: i64) {
        self.entries.push(Rela {
            holder,
            off,
            value: RelaValue::Relative { target, add },
        });
    }

    /// Writes `.rela` to `out`, which has the symbol's size.
    pub fn write_rela(&self, addrs: &Addresses, out: &mut [u8]) {
        rela::write(&self.entries, self.shape.relative, addrs, out);
    }

    /// Whether `s` holds what the dynamic linker reads, so that its addresses are those of the file.
    pub(crate) fn is_own(&self, s: SymId) -> bool {
        [
            self.dynsym,
            self.rela,
            self.rela_plt,
            self.gotplt,
            self.dynamic,
        ]
        .contains(&s)
    }

    /// Begins the PLT (`elfsetupplt`).
    fn start_plt(&mut self, syms: &mut Symbols) {
        let shape = self.shape;
        let plt = syms.ext_mut(self.plt);
        add_piece(plt, shape.header, shape.header_relocs, self.gotplt, 0);
        let gotplt = syms.ext_mut(self.gotplt);
        gotplt.add_addr_plus(self.ptr, self.dynamic, 0);
        for _ in 1..GOT_PLT_RESERVED {
            gotplt.add_bytes(&[0; 8][..usize::from(self.ptr)]);
        }
    }

    /// Appends a string to `.dynstr`; gives its offset.
    pub(crate) fn string(&self, syms: &mut Symbols, s: &[u8]) -> u64 {
        let e = syms.ext_mut(self.dynstr);
        let off = e.size;
        e.add_bytes(s);
        e.add_bytes(&[0]);
        off
    }

    /// Appends an entry to `.dynamic` (`ld/elf.go:Elfwritedynent`).
    pub(crate) fn entry(&self, syms: &mut Symbols, tag: u64, value: u64) {
        let e = syms.ext_mut(self.dynamic);
        e.add_bytes(&tag.to_le_bytes());
        e.add_bytes(&value.to_le_bytes());
    }

    /// As [`Self::entry`], the value being the address of `s`.
    pub(crate) fn entry_addr(&self, syms: &mut Symbols, tag: u64, s: SymId) {
        let e = syms.ext_mut(self.dynamic);
        e.add_bytes(&tag.to_le_bytes());
        e.add_addr_plus(self.ptr, s, 0);
    }

    /// As [`Self::entry`], the value being the size of `s`.
    pub(crate) fn entry_size(&self, syms: &mut Symbols, tag: u64, s: SymId) {
        let e = syms.ext_mut(self.dynamic);
        e.add_bytes(&tag.to_le_bytes());
        e.add_field(self.ptr, RelocType::Size, s, 0);
    }
}

/// The name of a library without its version, which is two numbers (`openbsdTrimLibVersion`).
fn without_version(lib: &str) -> Option<&str> {
    let (name, version) = lib
        .match_indices('.')
        .nth(1)
        .map(|(i, _)| lib.split_at(i))?;
    let (major, minor) = version[1..].split_once('.')?;
    let is_number = |s: &str| s.parse::<i64>().is_ok();
    let is_one = name.ends_with(".so") && is_number(major) && is_number(minor);
    is_one.then_some(name)
}

/// Appends code with relocations against `.got.plt` plus `base`.
fn add_piece(e: &mut ExtSym, code: &[u8], relocs: &[PltReloc], gotplt: SymId, base: i64) {
    let start = e.size as i32;
    e.add_bytes(code);
    e.relocs.extend(relocs.iter().map(|r| ExtReloc {
        off: start + i32::from(r.off),
        siz: 4,
        typ: r.typ,
        weak: false,
        add: base + i64::from(r.add),
        sym: gotplt,
    }));
}
