//! What a Windows program imports (`ld/pe.go:initdynimport`).

use format::pe::{ImportPlan, ImportedLibrary};
use gover::SymKind;
use symbols::{SymId, Symbols};
use tables::Maker;

/// A library and the variables that receive the addresses of its functions.
struct Library {
    name: Box<str>,
    functions: Vec<SymId>,
}

/// What live symbols are imported.
pub struct Imported {
    /// In the order of the file: what was found first comes last.
    libraries: Vec<Library>,
    /// Complaints, as (symbol, text).
    pub errors: Vec<(SymId, String)>,
}

/// The imports of a program. Their variables lie side by side in a table that the loader fills in.
pub struct Imports {
    /// `.windynamic`, the table.
    pub table: SymId,
    /// In the order of the file.
    libraries: Vec<Library>,
}

impl Imported {
    /// Finds them.
    pub fn find(m: &mut Maker) -> Imported {
        let live = &m.live.reachable;
        let imported = |s: &SymId| live.has(*s) && m.syms.kind(*s) == SymKind::DynImport;
        let mut all: Vec<SymId> = m.syms.foreign.cgo.keys().copied().collect();
        all.retain(imported);
        all.sort_unstable();
        let mut libraries: Vec<Library> = Vec::new();
        let mut errors = Vec::new();
        for &s in all.iter() {
            let Some(attrs) = m.syms.foreign.cgo.get_mut(&s) else {
                continue;
            };
            errors.extend(strip_decoration(attrs).map(|text| (s, text)));
            match libraries.iter_mut().find(|l| l.name == attrs.import_lib) {
                Some(l) => l.functions.push(s),
                None => libraries.push(Library {
                    name: attrs.import_lib.clone(),
                    functions: vec![s],
                }),
            }
        }
        libraries.reverse();
        libraries.iter_mut().for_each(|l| l.functions.reverse());
        Imported { libraries, errors }
    }

    /// Makes each variable a pointer to a function that the host linker finds; gives the names of the
    /// libraries in order.
    pub fn leave_to_host(&mut self, m: &mut Maker) -> Vec<Box<str>> {
        for &s in self.libraries.iter().flat_map(|l| &l.functions) {
            let ptr = m.ptr_size;
            let name = m.syms.ext_name(s).to_vec();
            m.ext(s).kind = SymKind::Data;
            let function = m.syms.lookup_or_create(&name, 0);
            m.live.reachable.insert(function);
            m.ext(function).kind = SymKind::HostObj;
            m.ext(s).point_to(ptr, function);
        }
        self.libraries.iter().map(|l| l.name.clone()).collect()
    }
}

impl Imports {
    /// Makes the table, and gives what is imported its place in it.
    pub fn make(m: &mut Maker, imported: Imported) -> Imports {
        let Imported { libraries, .. } = imported;
        let table = m.create(".windynamic", SymKind::Windows);
        let ptr = u64::from(m.ptr_size);
        let mut size = 0;
        for l in &libraries {
            for &s in &l.functions {
                m.ext(s).kind = SymKind::Windows;
                m.syms.foreign.add_interior(table, s, size);
                size += ptr;
            }
            // A zero ends each library's part.
            size += ptr;
        }
        m.ext(table).size = size;
        Imports { table, libraries }
    }

    /// The import section at `addr`, with the table at `table`, both from the start of the image.
    pub fn plan(&self, syms: &Symbols, addr: u32, table: u32) -> ImportPlan {
        let libraries = self.libraries.iter().map(|l| ImportedLibrary {
            name: l.name.as_bytes(),
            functions: l.functions.iter().map(|&s| syms.ext_name(s)).collect(),
        });
        let libraries: Vec<_> = libraries.collect();
        ImportPlan::new(&libraries, addr, table)
    }
}

/// Takes off how many words a function takes as arguments, which only 32-bit linkers have to know; what is
/// wrong with the number, if it is none.
fn strip_decoration(attrs: &mut symbols::CgoAttrs) -> Option<String> {
    let (name, words) = attrs.ext_name.as_deref()?.split_once('%')?;
    let wrong = words.parse::<i64>().is_err().then(|| {
        format!(
            "failed to parse stdcall decoration: strconv.Atoi: parsing \"{words}\": invalid syntax"
        )
    });
    attrs.ext_name = Some(name.into());
    wrong
}
