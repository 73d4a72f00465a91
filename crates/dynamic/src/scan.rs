//! Which relocations are the dynamic linker's, and what becomes of them
//! (`ld/data.go:dynreloc`, `amd64/asm.go:adddynrel`, `arm64/asm.go:adddynrel`).
//!
//! The tables list symbols and relocations in the order in which they are met, so whatever enters
//! one is done in that order, by one thread. That is little: calls of imported functions and
//! relocations of host objects. What is much, finding them and listing the pointers in
//! position-independent data, is done in parallel.

use crate::{DynamicTables, Rela, RelaValue};
use gover::{RelocType, SymKind};
use layout::DataSym;
use rayon::prelude::*;
use reach::Live;
use symbols::{Reloc, SymId, Symbols};

/// What one thread looks through at a time, symbols.
const CHUNK: usize = 1 << 12;

/// What is asked of a scan.
#[derive(Clone, Copy)]
pub(crate) struct Scan<'a> {
    pub live: &'a Live,
    /// Whether the output may lie anywhere.
    pub pie: bool,
    /// Whether anything is imported at all.
    pub imports: bool,
}

/// What was found in some symbols.
#[derive(Default)]
struct Found {
    /// Pointers.
    entries: Vec<Rela>,
    /// Symbols to be looked at one after the other, each with the number of pointers before it.
    others: Vec<(usize, SymId)>,
}

impl DynamicTables {
    /// Goes through the relocations of all live symbols: `text` in order, then `data` by kind and,
    /// within a kind, by number. `pie` is whether the output may lie anywhere. Gives complaints, as
    /// (symbol, text).
    pub fn scan(
        &mut self,
        syms: &mut Symbols,
        live: &Live,
        text: &[SymId],
        data: &[&[DataSym]],
        pie: bool,
    ) -> Vec<(SymId, String)> {
        let scan = Scan {
            live,
            pie,
            imports: !syms.foreign.cgo.is_empty(),
        };
        let mut errors = Vec::new();
        let found: Vec<Found> = text
            .par_chunks(CHUNK)
            .map(|list| self.find(syms, &scan, list.iter().copied(), true))
            .collect();
        self.enter(syms, &scan, found, &mut errors);
        let found: Vec<Found> = data
            .par_iter()
            .flat_map(|list| list.par_chunks(CHUNK))
            .map(|list| self.find(syms, &scan, list.iter().map(|d| d.sym), false))
            .collect();
        self.enter(syms, &scan, found, &mut errors);
        errors
    }

    fn find(
        &self,
        syms: &Symbols,
        scan: &Scan,
        list: impl Iterator<Item = SymId>,
        is_text: bool,
    ) -> Found {
        let mut found = Found::default();
        for s in list {
            let before = found.entries.len();
            let relocs = syms.relocs(s);
            if !scan.imports && !relocs.has_type(|t| scan.concerns_type(t)) {
                continue;
            }
            for r in relocs {
                if !scan.concerns(syms, &r) {
                    continue;
                }
                if r.typ != RelocType::Addr || r.siz != self.ptr || is_text || !scan.pie {
                    found.entries.truncate(before);
                    found.others.push((before, s));
                    break;
                }
                found.entries.push(Rela {
                    holder: s,
                    off: r.off,
                    value: RelaValue::Relative {
                        target: r.sym,
                        add: r.add,
                    },
                });
            }
            if found.entries.len() > before && self.is_own(s) {
                found.entries.truncate(before);
            }
        }
        found
    }

    fn enter(
        &mut self,
        syms: &mut Symbols,
        scan: &Scan,
        found: Vec<Found>,
        errors: &mut Vec<(SymId, String)>,
    ) {
        self.entries
            .reserve(found.iter().map(|f| f.entries.len()).sum());
        for f in found {
            let mut done = 0;
            for (before, s) in f.others {
                self.entries.extend_from_slice(&f.entries[done..before]);
                done = before;
                self.enter_symbol(syms, scan, s, errors);
            }
            self.entries.extend_from_slice(&f.entries[done..]);
        }
    }

    /// All relocations of one symbol, in order (`dynrelocsym`).
    fn enter_symbol(
        &mut self,
        syms: &mut Symbols,
        scan: &Scan,
        s: SymId,
        errors: &mut Vec<(SymId, String)>,
    ) {
        let relocs: Vec<Reloc> = syms.relocs(s).collect();
        for (i, r) in relocs.into_iter().enumerate() {
            if !scan.concerns(syms, &r) {
                continue;
            }
            if !scan.pie && r.sym.is_some() && !scan.live.reachable.has(r.sym) {
                let name = syms.name_lossy(r.sym);
                errors.push((
                    s,
                    format!("dynamic relocation to unreachable symbol {name}"),
                ));
            }
            let done = self.enter_reloc(syms, scan, s, i, r, errors);
            if !done && !scan.pie {
                let kind = match r.sym.is_some() {
                    true => syms.kind(r.sym),
                    false => SymKind::Xxx,
                };
                let text = format!(
                    "unsupported dynamic relocation for symbol {} (type={} ({}) stype={} ({kind}))",
                    syms.name_lossy(r.sym),
                    r.typ.index(),
                    r.typ,
                    syms.gover.rank(kind),
                );
                errors.push((s, text));
            }
        }
    }

    /// One relocation, the `i`th of `s`; whether that is all there is to it.
    fn enter_reloc(
        &mut self,
        syms: &mut Symbols,
        scan: &Scan,
        s: SymId,
        i: usize,
        mut r: Reloc,
        errors: &mut Vec<(SymId, String)>,
    ) -> bool {
        let own_entry = r.typ == RelocType::Addr && syms.kind(s).is_text() || r.typ.is_host();
        if own_entry && r.sym.is_none() {
            let text = format!("relocation {} without a target", r.typ);
            errors.push((s, text));
            return true;
        }
        if r.typ.is_host() {
            if let Some(done) = self.enter_host_reloc(syms, s, i, &r, errors) {
                return done;
            }
            // An address.
            r.typ = RelocType::Addr;
            change(syms, s, i, |x| x.typ = RelocType::Addr);
            if !scan.pie {
                return true;
            }
        }
        let kind = match r.sym.is_some() {
            true => syms.kind(r.sym),
            false => SymKind::Xxx,
        };
        let imported = kind == SymKind::DynImport;
        match r.typ {
            RelocType::Call | RelocType::CallArm64 => {
                if !imported {
                    return true;
                }
                if r.typ == RelocType::CallArm64 && r.add != 0 {
                    let text = format!("PLT call with non-zero addend ({})", r.add);
                    errors.push((s, text));
                }
                let entry = self.plt_entry(syms, r.sym);
                let plt = self.plt;
                change(syms, s, i, |x| {
                    x.sym = plt;
                    x.add = entry.into();
                });
                true
            }
            RelocType::Addr if syms.kind(s).is_text() => {
                let (table, entry) = match self.addresses_by_plt {
                    true => (self.plt, self.plt_entry(syms, r.sym)),
                    false => (self.got, self.got_entry(syms, r.sym)),
                };
                change(syms, s, i, |x| {
                    x.sym = table;
                    x.add += i64::from(entry);
                });
                true
            }
            RelocType::Addr => {
                let holder = syms.kind(s);
                let g = syms.gover;
                if scan.pie && self.is_own(s) {
                    return false;
                }
                if !scan.pie && !g.is_ptr_data(holder) && !g.is_rodata(holder) {
                    return false;
                }
                if r.siz != self.ptr {
                    let name = syms.name_lossy(r.sym);
                    let text = format!("unexpected relocation for dynamic symbol {name}");
                    errors.push((s, text));
                }
                // The field itself is relocated all the same, for who reads the file.
                self.add_relative(s, r.off, r.sym, r.add);
                true
            }
            RelocType::Arm64GotPcrel => {
                let name = syms.name_lossy(r.sym).into_owned();
                if !imported {
                    let text = format!("R_ARM64_GOTPCREL target is not SDYNIMPORT symbol: {name}");
                    errors.push((s, text));
                }
                if r.add != 0 {
                    let text = format!("R_ARM64_GOTPCREL with non-zero addend ({})", r.add);
                    errors.push((s, text));
                }
                let entry = self.got_entry(syms, r.sym);
                let got = self.got;
                // One for each instruction; the second goes to the end of the list.
                change(syms, s, i, |x| {
                    x.typ = RelocType::Arm64Got;
                    x.siz = 4;
                    x.sym = got;
                    x.add = entry.into();
                });
                let list = &mut syms.ext_mut(s).relocs;
                let mut second = list[i];
                second.off += 4;
                list.push(second);
                true
            }
            _ => false,
        }
    }
}

impl Scan<'_> {
    /// Whether a relocation is any of our business.
    #[inline]
    fn concerns(&self, syms: &Symbols, r: &Reloc) -> bool {
        // Markers have no field.
        if r.siz == 0 || r.weak && !self.live.reachable.has(r.sym) {
            return false;
        }
        self.concerns_type(r.typ)
            || self.imports && r.sym.is_some() && syms.kind(r.sym) == SymKind::DynImport
    }

    /// Whether relocations of a type are our business whatever their targets.
    #[inline]
    fn concerns_type(&self, typ: RelocType) -> bool {
        let pie = self.pie && matches!(typ, RelocType::Addr | RelocType::Arm64GotPcrel);
        pie || typ.is_host()
    }
}

/// Changes the `i`th relocation of `s`.
pub(crate) fn change(
    syms: &mut Symbols,
    s: SymId,
    i: usize,
    f: impl FnOnce(&mut symbols::ExtReloc),
) {
    f(&mut syms.ext_mut(s).relocs[i]);
}
