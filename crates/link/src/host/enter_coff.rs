//! Entering COFF objects into the symbol space (`loadpe.Load`).

use super::enter::Loader;
use super::unwind;
use crate::text;
use gover::{HostPdata, RelocType, SymKind};
use hostobj::{Coff, CoffPlace, CoffScope, CoffSection, CoffSym, Comdat, undecorated};
use rustc_hash::FxHashMap;
use symbols::{ExtReloc, SymId, VERSION_ABI0};

/// What is remembered from one COFF object to the next.
#[derive(Default)]
pub(super) struct CoffMemory {
    /// What stands in sections that several objects may have, by name (`comdatDefinitions`).
    comdats: FxHashMap<Box<[u8]>, Comdat>,
    /// All sections, in load order (`peImportSymsState.secSyms`).
    pub sections: Vec<SymId>,
    /// Whether the last object had resources, and another one before.
    second_resources: bool,
}

/// How names of pointers to imported symbols begin.
const IMPORT_PREFIX: &[u8] = b"__imp_";

/// Size of a symbol of an object, which does not say, bytes.
const SYMBOL_SIZE: u64 = 4;

/// Width of an address in resources, bytes.
const RESOURCE_FIELD: usize = 4;

/// Alignment of unwind tables, bytes.
const UNWIND_ALIGN: u32 = 4;

impl Loader<'_> {
    /// Enters an object of package `pkg`, escaped, called `name` in messages. `how` says how its unwind
    /// tables are taken.
    ///
    /// # Errors
    /// It defines what is defined already, or has something that cannot be linked.
    pub fn enter_coff(
        &mut self,
        coff: &Coff,
        pkg: &str,
        name: &str,
        how: HostPdata,
    ) -> Result<(), String> {
        let version = self.version;
        self.version += 1;
        let sections = self.coff_sections(coff, pkg, version);
        self.coff_relocs(coff, &sections, version)
            .and_then(|()| self.coff_symbols(coff, &sections, version))
            .and_then(|()| self.list_coff_text(&sections))
            .and_then(|()| self.unwind_tables(coff, &sections, how))
            .and_then(|()| self.take_resources(coff, &sections))
            .map_err(|e| format!("{name}: {e}"))
    }

    /// Takes the sections of resources. One object only may have some.
    ///
    /// # Errors
    /// A field that is relocated is not there: two sections of the same name have become one.
    fn take_resources(&mut self, coff: &Coff, sections: &[SymId]) -> Result<(), String> {
        let used = coff.sections.iter().zip(sections);
        let used = used.filter(|(c, s)| s.is_some() && c.is_resource());
        let found: Vec<SymId> = used.map(|(_, &s)| s).collect();
        if found.is_empty() {
            return Ok(());
        }
        for &s in &found {
            let len = self.syms.data(s).len();
            let outside = |off: i32| off as usize + RESOURCE_FIELD > len;
            if let Some(r) = self.syms.relocs(s).find(|r| outside(r.off)) {
                return Err(format!(
                    "relocation at {:#x} outside of {} of {len:#x} bytes",
                    r.off,
                    self.syms.name_lossy(s)
                ));
            }
        }
        let known = &mut self.syms.foreign.windows.resources;
        self.coff.second_resources = !known.is_empty();
        *known = found;
        Ok(())
    }

    /// Whether the last object had resources although another one has some (`setpersrc`).
    pub fn take_second_resources(&mut self) -> bool {
        std::mem::take(&mut self.coff.second_resources)
    }

    /// Makes a symbol of every section that is used. Those of the same name become one, and the last of
    /// them gives it its contents.
    fn coff_sections(&mut self, coff: &Coff, pkg: &str, version: i32) -> Vec<SymId> {
        let mut symbol = |section: &CoffSection| {
            let Some(used) = section.used else {
                return SymId::NONE;
            };
            let name = [pkg.as_bytes(), b"(", section.name, b")"].concat();
            let s = self.syms.lookup_or_create(&name, version);
            let e = self.syms.ext_mut(s);
            e.kind = used.kind;
            if used.kind == SymKind::SehSect {
                e.align = UNWIND_ALIGN;
            }
            if used.contents {
                e.data = section.data.to_vec();
            }
            e.size = section.size;
            s
        };
        coff.sections.iter().map(&mut symbol).collect()
    }

    /// The linker's symbol for a symbol of an object (`peLoaderState.readpesym`).
    fn coff_symbol(
        &mut self,
        sym: &CoffSym,
        sections: &[SymId],
        version: i32,
    ) -> Result<SymId, String> {
        let scope = sym.scope()?;
        let name: Box<[u8]> = match sym.place {
            CoffPlace::Section(n) if sym.section => self.syms.name(sections[n as usize]).into(),
            _ => sym.name.into(),
        };
        let name = undecorated(&name);
        let s = match scope {
            CoffScope::Global => self.by_name(name),
            CoffScope::Local => {
                let s = self.syms.lookup_or_create(name, version);
                self.syms.foreign.duplicate_ok.insert(s);
                s
            }
        };
        if self.syms.kind(s) == SymKind::Xxx && !sym.is_static_start() {
            self.set_undefined(s);
        }
        Ok(s)
    }

    fn coff_relocs(&mut self, coff: &Coff, sections: &[SymId], version: i32) -> Result<(), String> {
        for (section, &s) in coff.sections.iter().zip(sections) {
            let mut relocs = Vec::with_capacity(section.relocs.len());
            for r in &section.relocs {
                let sym = &coff.symbols[r.sym as usize];
                let unused = |n: u32| sym.section && sections[n as usize].is_none();
                if matches!(sym.place, CoffPlace::Section(n) if unused(n)) {
                    return Err(format!(
                        "reloc of invalid sym {} idx={} type={}",
                        text::lossy(sym.name),
                        r.sym,
                        sym.typ
                    ));
                }
                relocs.push(ExtReloc {
                    off: r.off,
                    siz: r.siz,
                    typ: r.typ,
                    weak: r.weak,
                    add: r.add,
                    sym: self.coff_symbol(sym, sections, version)?,
                });
            }
            if !relocs.is_empty() {
                let shuffle = self.syms.gover.shuffle;
                let e = self.syms.ext_mut(s);
                for r in relocs.iter().filter(|r| r.typ == RelocType::Arm64Pcrel) {
                    if let Some(code) = e.data.get_mut(r.off as usize..) {
                        clear_immediate(code);
                    }
                }
                e.relocs.extend(relocs);
                gosort::sort_by(&mut e.relocs, shuffle, |a, b| a.off < b.off);
            }
        }
        Ok(())
    }

    /// Enters the symbols, each into its section.
    fn coff_symbols(
        &mut self,
        coff: &Coff,
        sections: &[SymId],
        version: i32,
    ) -> Result<(), String> {
        for sym in &coff.symbols {
            if sym.auxiliary || sym.section || sym.mark || sym.place == CoffPlace::Nowhere {
                continue;
            }
            if matches!(sym.place, CoffPlace::Section(n) if sections[n as usize].is_none()) {
                continue;
            }
            let s = self.coff_symbol(sym, sections, version)?;
            match sym.place {
                CoffPlace::Undefined => {
                    if self.syms.kind(s) == SymKind::Xref && sym.value > 0 {
                        let e = self.syms.ext_mut(s);
                        e.kind = SymKind::NoPtrData;
                        e.size = sym.value.into();
                    }
                }
                CoffPlace::Section(n) => {
                    let comdat = coff.sections[n as usize].comdat;
                    self.define_coff(s, sym, sections[n as usize], comdat)?;
                }
                CoffPlace::Absolute | CoffPlace::Nowhere => {
                    return Err(format!("{}: sectnum < 0!", self.syms.printed_number(s)));
                }
            }
        }
        Ok(())
    }

    fn define_coff(
        &mut self,
        s: SymId,
        sym: &CoffSym,
        container: SymId,
        comdat: Option<Comdat>,
    ) -> Result<(), String> {
        let name = self.syms.name(s);
        let known = self.coff.comdats.get(name);
        // Another object had it.
        if comdat.is_some() && known == comdat.as_ref() {
            return Ok(());
        }
        if self.has_twin(s, container)? {
            return Ok(());
        }
        let twice = format!("{}: duplicate symbol definition", text::lossy(name));
        // cmd/link panics over these; the definition is a second one.
        if self.is_taken(s, container) {
            return Err(twice);
        }
        if let Some(comdat) = comdat {
            if known.is_some() {
                let name = text::quote(sym.name);
                return Err(format!(
                    "internal error: preexisting COMDAT definition for {name}"
                ));
            }
            self.coff.comdats.insert(name.into(), comdat);
        }
        let kind = self.syms.kind(container);
        let e = self.syms.ext_mut(s);
        e.kind = kind;
        e.size = SYMBOL_SIZE;
        self.syms
            .foreign
            .add_interior(container, s, sym.value.into());
        let first = !kind.is_text() || self.syms.foreign.external.insert(s);
        match first || self.duplicate_ok(s) {
            true => Ok(()),
            false => Err(twice),
        }
    }

    /// Sorts what is in every section, and lists text.
    fn list_coff_text(&mut self, sections: &[SymId]) -> Result<(), String> {
        self.coff
            .sections
            .extend(sections.iter().filter(|s| s.is_some()));
        self.list_text(sections)
    }

    /// Takes what describes functions to who unwinds the stack.
    fn unwind_tables(
        &mut self,
        coff: &Coff,
        sections: &[SymId],
        how: HostPdata,
    ) -> Result<(), String> {
        let last = |name: &[u8]| {
            let wanted = |(c, s): &(&CoffSection, &SymId)| {
                c.name == name && self.syms.kind(**s) == SymKind::SehSect
            };
            let found = coff.sections.iter().zip(sections).filter(wanted).last();
            found.map(|(_, &s)| s)
        };
        let (pdata, xdata) = (last(b".pdata"), last(b".xdata"));
        if let Some(pdata) = pdata {
            match how {
                HostPdata::Whole => unwind::take_whole(self.syms, pdata, xdata),
                HostPdata::PerFunction => unwind::take_functions(self.syms, pdata)?,
            }
        }
        self.syms.foreign.windows.xdata.extend(xdata);
        Ok(())
    }

    /// The symbol that `s` is a pointer to by its name, if it is one (`LookupBaseFromImport`).
    ///
    /// # Errors
    /// There is no such symbol.
    fn pointed_to(&self, s: SymId) -> Result<Option<SymId>, String> {
        let Some(base) = self.syms.name(s).strip_prefix(IMPORT_PREFIX) else {
            return Ok(None);
        };
        match self.syms.lookup(base, VERSION_ABI0) {
            Some(s) => Ok(Some(s)),
            None => Err(format!(
                "internal error: import symbol {} with no underlying sym",
                text::quote(self.syms.name(s))
            )),
        }
    }

    /// Whether `s` is a pointer to something imported, for which no object need be loaded
    /// (`pruneUndefsForWindows`).
    pub fn is_import_pointer(&self, s: SymId) -> bool {
        let base = self.pointed_to(s).ok().flatten();
        base.is_some_and(|b| self.syms.kind(b) == SymKind::DynImport)
    }

    /// Finds out what host objects import: what they refer to as if it were in the program, and what they
    /// refer to by a pointer. In data, the pointer itself takes the place of a pointer to it
    /// (`PostProcessImports`).
    ///
    /// # Errors
    /// Something is a pointer to nothing.
    pub fn resolve_imports(&mut self) -> Result<(), String> {
        let sections = std::mem::take(&mut self.coff.sections);
        for s in sections {
            let is_text = self.syms.kind(s).is_text();
            let relocs: Vec<SymId> = self.syms.relocs(s).map(|r| r.sym).collect();
            for (i, target) in relocs.into_iter().enumerate() {
                if self.syms.kind(target) == SymKind::DynImport {
                    self.syms.foreign.windows.stubs.insert(target);
                    continue;
                }
                let Some(base) = self.pointed_to(target)? else {
                    continue;
                };
                if self.syms.kind(base) != SymKind::DynImport {
                    continue;
                }
                if !is_text {
                    self.syms.ext_mut(s).relocs[i].sym = base;
                    continue;
                }
                self.syms.foreign.windows.pointers.insert(target, base);
            }
        }
        let pointers: Vec<_> = self.syms.foreign.windows.pointers.iter().collect();
        let pointers: Vec<(SymId, SymId)> = pointers.into_iter().map(|(&p, &s)| (p, s)).collect();
        for (pointer, target) in pointers {
            unwind::keep(self.syms, pointer, target);
        }
        Ok(())
    }
}

/// Clears the immediate of the instruction that arm64 code begins with. The addend that is there counts in
/// other units than the instruction does.
fn clear_immediate(code: &mut [u8]) {
    let Some(code) = code.first_chunk_mut::<4>() else {
        return;
    };
    let instruction = u32::from_le_bytes(*code);
    let immediate = match instruction >> 24 {
        op if op & 0x9f == 0x90 => 3 << 29 | 0x7ffff << 5,
        op if op & 0x9f == 0x91 || op & 0x3b == 0x39 => 0xfff << 10,
        _ => 0,
    };
    *code = (instruction & !immediate).to_le_bytes();
}
