//! Entering host objects into the symbol space: ELF ones (`loadelf.Load`), and what all of them leave
//! undefined.

use super::enter_coff::CoffMemory;
use crate::text;
use gover::{RelocType, SymKind};
use hostobj::{Bind, Elf, ElfReloc, ElfSym, ElfSymKind, Shndx};
use rustc_hash::FxHashSet;
use symbols::{Def, ExtReloc, SymId, Symbols, VERSION_ABI0, VERSION_STATIC};

/// Enters host objects, one after another.
pub struct Loader<'a> {
    pub(super) syms: &'a mut Symbols,
    /// Version of the next object's sections.
    pub(super) version: i32,
    /// Text symbols that have their place in the order.
    listed: FxHashSet<SymId>,
    /// Symbols that were undefined when they were first seen.
    undefined: Vec<SymId>,
    /// What is remembered of COFF objects.
    pub(super) coff: CoffMemory,
}

/// Why an object cannot be entered.
enum EnterError {
    /// As `loadelf.Load` words it, without the object's name.
    Load(String),
    /// It has a relocation of a type that cannot be linked internally.
    RelocType(u32),
}

impl From<String> for EnterError {
    fn from(text: String) -> EnterError {
        EnterError::Load(text)
    }
}

impl Loader<'_> {
    /// For the host objects of a link whose Go objects are loaded.
    pub fn new(syms: &mut Symbols) -> Loader<'_> {
        let version = VERSION_STATIC + syms.objs().len() as i32;
        Loader {
            syms,
            version,
            listed: FxHashSet::default(),
            undefined: Vec::new(),
            coff: CoffMemory::default(),
        }
    }

    /// Enters an object of package `pkg`, escaped, called `name` in messages.
    ///
    /// # Errors
    /// It defines what is defined already, or is damaged.
    pub fn enter(&mut self, elf: &Elf, pkg: &str, name: &str) -> Result<(), String> {
        let version = self.version;
        self.version += 1;
        self.object(elf, pkg, version).map_err(|e| match e {
            EnterError::Load(text) => format!("loadelf: {name}: {text}"),
            EnterError::RelocType(number) => {
                format!("{name}: unknown relocation type {number}; compiled without -fpic?")
            }
        })
    }

    fn object(&mut self, elf: &Elf, pkg: &str, version: i32) -> Result<(), EnterError> {
        // An object without symbols is of no use to any other.
        if elf.symbols.is_empty() {
            return Ok(());
        }
        let sections = self.sections(elf, pkg, version);
        let symbols = self.symbols(elf, &sections, version)?;
        self.list_text(&sections)?;
        self.relocs(elf, &sections, &symbols)
    }

    /// Makes a symbol of every section that is used.
    fn sections(&mut self, elf: &Elf, pkg: &str, version: i32) -> Vec<SymId> {
        let mut names: FxHashSet<Vec<u8>> = FxHashSet::default();
        let mut counter = 0;
        let mut out = vec![SymId::NONE; elf.sections.len()];
        for (section, out) in elf.sections.iter().zip(&mut out) {
            let Some(used) = section.used else {
                continue;
            };
            let mut name = [pkg.as_bytes(), b"(", section.name, b")"].concat();
            while !names.insert(name.clone()) {
                counter += 1;
                let number = counter.to_string();
                name = [pkg.as_bytes(), b"(", section.name, number.as_bytes(), b")"].concat();
            }
            let s = self.syms.lookup_or_create(&name, version);
            let e = self.syms.ext_mut(s);
            e.kind = used.kind;
            e.align = section.align;
            if used.contents {
                e.data = section.data.to_vec();
            }
            e.size = section.size;
            if used.contents {
                self.syms.foreign.external.insert(s);
            }
            *out = s;
        }
        out
    }

    /// The symbol that a global name in C code means.
    pub(super) fn by_name(&mut self, name: &[u8]) -> SymId {
        match self.syms.foreign.exports.get(name) {
            Some(&s) => s,
            None => self.syms.lookup_or_create(name, VERSION_ABI0),
        }
    }

    /// Whether further definitions of a symbol do no harm.
    pub(super) fn duplicate_ok(&self, s: SymId) -> bool {
        self.syms.foreign.duplicate_ok.contains(&s)
            || self
                .syms
                .origin(s)
                .is_some_and(|(o, li)| o.object.sym(li).flag() & self.syms.gover.flags.dupok != 0)
    }

    /// The linker's symbol for a symbol of an object (`loadelf.readelfsym`).
    fn symbol(&mut self, sym: &ElfSym, sections: &[SymId], version: i32) -> SymId {
        match sym.kind {
            ElfSymKind::Section => {
                return match sym.place {
                    Shndx::Section(n) => sections[n as usize],
                    _ => SymId::NONE,
                };
            }
            ElfSymKind::Other => return SymId::NONE,
            ElfSymKind::Plain | ElfSymKind::Common => {}
        }
        if sym.ignored {
            return SymId::NONE;
        }
        let s = match sym.bind {
            Bind::Global => {
                let s = self.by_name(sym.name);
                if sym.hidden {
                    self.syms.ext_mut(s);
                    self.syms.foreign.duplicate_ok.insert(s);
                    self.syms.foreign.hidden.insert(s);
                }
                s
            }
            Bind::Weak => {
                let s = self.by_name(sym.name);
                if sym.hidden {
                    self.syms.foreign.hidden.insert(s);
                }
                // A weak symbol yields to what is defined already.
                if self.syms.foreign.outer(s).is_some() {
                    self.syms.foreign.duplicate_ok.insert(s);
                }
                s
            }
            Bind::Local => {
                let s = match sym.name {
                    b".TOC." => self.syms.lookup_or_create(sym.name, version),
                    // Nobody refers to it by its name.
                    name => self.syms.create_static(name),
                };
                self.syms.foreign.hidden.insert(s);
                s
            }
        };
        if self.syms.kind(s) == SymKind::Xxx {
            self.set_undefined(s);
        }
        s
    }

    /// Says of a symbol that nobody knows that a host object refers to it, or defines it next.
    pub(super) fn set_undefined(&mut self, s: SymId) {
        self.syms.ext_mut(s).kind = SymKind::Xref;
        self.undefined.push(s);
    }

    /// Enters the symbols, each into its section.
    fn symbols(
        &mut self,
        elf: &Elf,
        sections: &[SymId],
        version: i32,
    ) -> Result<Vec<SymId>, String> {
        let mut out = vec![SymId::NONE; elf.symbols.len()];
        for (i, sym) in elf.symbols.iter().enumerate().skip(1) {
            let s = self.symbol(sym, sections, version);
            out[i] = s;
            if s.is_none() || matches!(sym.kind, ElfSymKind::Section | ElfSymKind::Other) {
                continue;
            }
            if sym.place == Shndx::Common || sym.kind == ElfSymKind::Common {
                let e = self.syms.ext_mut(s);
                e.size = e.size.max(sym.size);
                if matches!(e.kind, SymKind::Xxx | SymKind::Xref) {
                    e.kind = SymKind::NoPtrBss;
                }
                continue;
            }
            let Shndx::Section(n) = sym.place else {
                continue;
            };
            let container = sections[n as usize];
            if container.is_none() {
                let section = &elf.sections[n as usize];
                let rules = &self.syms.gover.elf;
                if sym.is_debug_label(
                    section.name,
                    rules.skip_macro_symbols,
                    rules.skip_view_symbols,
                ) {
                    continue;
                }
                return Err(format!(
                    "{}: sym#{i} ({}): {} in section {n} ({}) (type {})",
                    self.syms.printed_number(s),
                    text::quote(sym.name),
                    rules.unplaced_symbol,
                    text::quote(section.name),
                    sym.typ,
                ));
            }
            self.define(s, sym, container)?;
        }
        Ok(out)
    }

    /// Whether `s` is defined already, and may be once more, in `container`.
    ///
    /// # Errors
    /// It may not.
    pub(super) fn has_twin(&self, s: SymId, container: SymId) -> Result<bool, String> {
        let outer = self.syms.foreign.outer(s);
        if outer.is_none() || self.duplicate_ok(s) {
            return Ok(outer.is_some());
        }
        Err(format!(
            "duplicate symbol reference: {} in both {} and {}",
            self.syms.name_lossy(s),
            self.syms.name_lossy(outer),
            self.syms.name_lossy(container),
        ))
    }

    /// Whether `s` cannot be defined inside of `container`, since it is a section itself or has contents.
    pub(super) fn is_taken(&self, s: SymId, container: SymId) -> bool {
        let foreign = &self.syms.foreign;
        !self.syms.data(s).is_empty()
            || s == container
            || foreign.sub(s).is_some()
            || foreign.outer(container).is_some()
    }

    fn define(&mut self, s: SymId, sym: &ElfSym, container: SymId) -> Result<(), String> {
        if self.has_twin(s, container)? {
            return Ok(());
        }
        // cmd/link panics over this and over what follows.
        if !self.syms.gover.elf.empty_containers && self.syms.size(container) == 0 {
            return Err(format!(
                "{}: unexpected empty container symbol",
                self.syms.name_lossy(s)
            ));
        }
        // The definition is a second one.
        if !self.syms.data(s).is_empty() || self.syms.foreign.sub(s).is_some() {
            return Err(format!(
                "{}: duplicate symbol definition",
                self.syms.name_lossy(s)
            ));
        }
        let kind = self.syms.kind(container);
        let duplicate_ok = self.duplicate_ok(s);
        let e = self.syms.ext_mut(s);
        e.kind = kind;
        e.size = sym.size;
        self.syms.foreign.add_interior(container, s, sym.value);
        if let Some(a) = self.syms.foreign.cgo.get_mut(&s)
            && !a.export_dynamic
        {
            a.import_lib = "".into();
        }
        if kind.is_text() && !self.syms.foreign.external.insert(s) && !duplicate_ok {
            return Err(format!(
                "{}: duplicate symbol definition",
                self.syms.name_lossy(s)
            ));
        }
        Ok(())
    }

    /// Sorts what is in every section, and lists text.
    pub(super) fn list_text(&mut self, sections: &[SymId]) -> Result<(), String> {
        for &c in sections.iter().filter(|c| c.is_some()) {
            self.syms.foreign.sort_interior(c);
            if !self.syms.kind(c).is_text() {
                continue;
            }
            let list: Vec<SymId> = std::iter::once(c)
                .chain(self.syms.foreign.interior(c))
                .collect();
            for s in list {
                if !self.listed.insert(s) {
                    return Err(format!(
                        "symbol {} listed multiple times",
                        self.syms.name_lossy(s)
                    ));
                }
                self.syms.foreign.text.push(s);
            }
        }
        Ok(())
    }

    fn relocs(
        &mut self,
        elf: &Elf,
        sections: &[SymId],
        symbols: &[SymId],
    ) -> Result<(), EnterError> {
        for (section, &s) in elf.sections.iter().zip(sections) {
            let mut relocs = Vec::with_capacity(section.relocs.len());
            let no_symbol = |r: &ElfReloc| r.sym != 0 && symbols[r.sym as usize].is_none();
            let is_bad = |r: &&ElfReloc| no_symbol(r) || r.typ == RelocType::Invalid;
            let bad = section.relocs.iter().filter(is_bad);
            if let Some(r) = bad.min_by_key(|r| r.place) {
                if no_symbol(r) {
                    let sym = &elf.symbols[r.sym as usize];
                    let text = format!(
                        "malformed elf file: {}#{}: reloc of invalid sym #{} {} shndx={} type={}",
                        self.syms.name_lossy(s),
                        r.place,
                        r.sym,
                        String::from_utf8_lossy(sym.name),
                        sym.shndx,
                        sym.typ,
                    );
                    return Err(text.into());
                }
                return Err(EnterError::RelocType(r.number));
            }
            for r in &section.relocs {
                let target = symbols[r.sym as usize];
                relocs.push(ExtReloc {
                    off: r.off,
                    siz: r.siz,
                    typ: r.typ,
                    weak: false,
                    add: r.add,
                    sym: target,
                });
            }
            if !relocs.is_empty() {
                self.syms.ext_mut(s).relocs = relocs;
            }
        }
        Ok(())
    }

    /// Whether a symbol is referred to by a host object and defined nowhere.
    pub fn is_undefined(&self, s: SymId) -> bool {
        self.syms.kind(s) == SymKind::Xref
    }

    /// Whether a relocation refers to a symbol of this name that is defined nowhere
    /// (`ld/lib.go:symbolsAreUnresolved`).
    pub fn is_wanted(&mut self, name: &str) -> bool {
        let targets = self.undefined_targets(usize::MAX);
        let mut names = targets.iter().map(|t| self.syms.name(t.0));
        names.any(|n| n == name.as_bytes())
    }

    /// The undefined symbols that relocations refer to, with the symbols that do, in the order of
    /// the latter; at most `limit` (`loader.UndefinedRelocTargets`).
    pub fn undefined_targets(&mut self, limit: usize) -> Vec<(SymId, SymId)> {
        let syms = &*self.syms;
        self.undefined.retain(|&s| syms.kind(s) == SymKind::Xref);
        let wanted: FxHashSet<SymId> = self
            .undefined
            .iter()
            .copied()
            .filter(|&s| syms.name(s) != b".got")
            .collect();
        let mut out = Vec::new();
        if wanted.is_empty() {
            return out;
        }
        let mut visit = |s: SymId| {
            let found = syms.relocs(s).filter(|r| wanted.contains(&r.sym));
            out.extend(found.map(|r| (r.sym, s)));
            out.len() >= limit
        };
        // Go code refers only to what it has a name for, and that has a low number.
        let go_refers = wanted.iter().any(|s| s.0 < syms.ext_start());
        let full = (go_refers && each_go_definition(syms, &mut visit))
            || (syms.ext_start()..syms.len() as u32).any(|s| visit(SymId(s)));
        if full {
            out.truncate(limit);
        }
        out
    }
}

/// Calls `visit` for every definition in a Go object, by number, until it is done.
fn each_go_definition(syms: &Symbols, visit: &mut impl FnMut(SymId) -> bool) -> bool {
    let package = syms
        .objs()
        .iter()
        .flat_map(|o| (0..o.object.n_def()).map(move |li| (o, li)));
    let others = syms
        .objs()
        .iter()
        .flat_map(|o| (o.object.n_def()..o.object.n_alldef()).map(move |li| (o, li)));
    package
        .chain(others)
        .filter(|&(o, li)| syms.is_first(o, li))
        .map(|(o, li)| syms.global(o, li))
        .filter(|&s| !matches!(syms.def(s), Def::Undefined(..)))
        .any(visit)
}
