//! Entering Mach-O objects into the symbol space (`loadmacho.Load`).

use super::enter::Loader;
use gover::SymKind;
use hostobj::macho::{Macho, MachoSection, MachoSym, MachoTarget};
use symbols::{ExtReloc, SymId};

impl Loader<'_> {
    /// Enters an object of package `pkg`, escaped. `aligned` says whether sections are aligned as they ask
    /// for.
    ///
    /// # Errors
    /// It defines what is defined already, or has something that cannot be linked.
    pub fn enter_macho(&mut self, macho: &Macho, pkg: &str, aligned: bool) -> Result<(), String> {
        let version = self.version;
        self.version += 1;
        let sections = self.macho_sections(macho, pkg, version, aligned)?;
        let symbols = self.macho_symbols(macho, &sections, version)?;
        self.list_text(&sections)?;
        self.guess_sizes(&sections);
        self.macho_relocs(macho, &sections, &symbols)
    }

    /// Makes a symbol of every section that is used.
    fn macho_sections(
        &mut self,
        macho: &Macho,
        pkg: &str,
        version: i32,
        aligned: bool,
    ) -> Result<Vec<SymId>, String> {
        let mut symbol = |section: &MachoSection| {
            let Some(kind) = section.kind else {
                return Ok(SymId::NONE);
            };
            let (segment, own) = section.name;
            let name = [segment, b"/", own].concat();
            let full = [pkg.as_bytes(), b"(", &name, b")"].concat();
            let s = self.syms.lookup_or_create(&full, version);
            if self.syms.kind(s) != SymKind::Xxx {
                return Err(format!("duplicate {}", String::from_utf8_lossy(&name)));
            }
            let e = self.syms.ext_mut(s);
            e.kind = kind;
            if aligned && section.align > 1 {
                e.align = section.align;
            }
            match section.data {
                Some(data) => e.data = data.to_vec(),
                None if kind != SymKind::NoPtrBss => e.data = vec![0; section.size as usize],
                None => {}
            }
            e.size = section.size;
            Ok(s)
        };
        macho.sections.iter().map(&mut symbol).collect()
    }

    /// The linker's symbol for a symbol of an object.
    fn macho_symbol(&mut self, sym: &MachoSym, version: i32) -> SymId {
        let name = match sym.name {
            [b'_', rest @ ..] if !rest.is_empty() => rest,
            name => name,
        };
        let s = match sym.global {
            true => self.by_name(name),
            false => self.syms.lookup_or_create(name, version),
        };
        if !sym.global || sym.weak {
            self.syms.foreign.duplicate_ok.insert(s);
        }
        if sym.weak_import {
            self.syms.foreign.weak_imports.insert(s);
        }
        s
    }

    /// Enters the symbols, each into its section.
    fn macho_symbols(
        &mut self,
        macho: &Macho,
        sections: &[SymId],
        version: i32,
    ) -> Result<Vec<SymId>, String> {
        let mut all = vec![SymId::NONE; macho.symbols.len()];
        for (sym, out) in macho.symbols.iter().zip(&mut all) {
            if sym.debug {
                continue;
            }
            let s = self.macho_symbol(sym, version);
            *out = s;
            let Some(n) = sym.section else { continue };
            let container = sections[n as usize];
            if container.is_some() {
                let section = &macho.sections[n as usize];
                self.define_macho(s, container, sym.value.wrapping_sub(section.addr))?;
            }
        }
        Ok(all)
    }

    fn define_macho(&mut self, s: SymId, container: SymId, off: u64) -> Result<(), String> {
        if self.has_twin(s, container)? {
            return Ok(());
        }
        // cmd/link panics over these; the definition is a second one.
        if self.is_taken(s, container) {
            let name = self.syms.name_lossy(s);
            return Err(format!("{name}: duplicate symbol definition"));
        }
        let kind = self.syms.kind(container);
        let empty = self.syms.size(container) == 0;
        self.syms.ext_mut(s).kind = kind;
        if !empty {
            self.syms.foreign.add_interior(container, s, off);
        }
        if let Some(a) = self.syms.foreign.cgo.get_mut(&s)
            && !a.export_dynamic
        {
            a.import_lib = "".into();
        }
        if kind.is_text() && !self.syms.foreign.external.insert(s) && !self.duplicate_ok(s) {
            let number = self.syms.printed_number(s);
            return Err(format!("{number}: duplicate symbol definition"));
        }
        Ok(())
    }

    /// Symbols are as long as it is to the next one.
    fn guess_sizes(&mut self, sections: &[SymId]) {
        for &c in sections.iter().filter(|c| c.is_some()) {
            let inside: Vec<SymId> = self.syms.foreign.interior(c).collect();
            let offset = |s: &SymId| self.syms.foreign.offsets[s];
            let starts: Vec<u64> = inside.iter().map(offset).collect();
            let end = self.syms.data(c).len() as u64;
            let ends = starts.iter().skip(1).copied().chain([end]);
            let sizes: Vec<u64> = ends
                .zip(&starts)
                .map(|(end, start)| end.saturating_sub(*start))
                .collect();
            for (&s, size) in inside.iter().zip(sizes) {
                self.syms.ext_mut(s).size = size;
            }
        }
    }

    fn macho_relocs(
        &mut self,
        macho: &Macho,
        sections: &[SymId],
        symbols: &[SymId],
    ) -> Result<(), String> {
        for (section, &s) in macho.sections.iter().zip(sections) {
            let mut relocs = Vec::with_capacity(section.relocs.len());
            for r in &section.relocs {
                let sym = match r.target {
                    MachoTarget::Symbol(n) if symbols[n as usize].is_none() => {
                        let name = String::from_utf8_lossy(macho.symbols[n as usize].name);
                        return Err(format!("invalid relocation: {name} is for debuggers"));
                    }
                    MachoTarget::Symbol(n) => symbols[n as usize],
                    MachoTarget::Section(n) => {
                        let target = sections[n as usize];
                        if target.is_none() {
                            let name = macho.sections[n as usize].name.1;
                            let name = String::from_utf8_lossy(name);
                            return Err(format!("invalid relocation: {name}"));
                        }
                        target
                    }
                };
                relocs.push(ExtReloc {
                    off: r.off,
                    siz: r.siz,
                    typ: r.typ,
                    weak: false,
                    add: r.add,
                    sym,
                });
            }
            if self.syms.gover.macho.host_relocs_sorted {
                gosort::sort_by(&mut relocs, self.syms.gover.shuffle, |a, b| a.off < b.off);
            }
            if !relocs.is_empty() {
                self.syms.ext_mut(s).relocs = relocs;
            }
        }
        Ok(())
    }
}
