//! Shared libraries of Go packages that a link is made against: where their types are, for those
//! tables of the output that need to look into them (`ld.Shlib`, `ld/decodesym.go`).

use crate::{SymId, Symbols};
use gover::SymKind;
use rustc_hash::FxHashMap;

/// A shared library of Go packages.
#[derive(Clone, Debug, Default)]
pub struct SharedLib {
    /// Its file.
    pub path: String,
    /// Its ABI hash; empty if it has none.
    pub hash: Vec<u8>,
    /// Libraries that it was linked with, as files if they lie beside it.
    pub deps: Vec<String>,
    /// Addresses of types, by name, relative to the library.
    pub types: FxHashMap<&'static [u8], u64>,
    /// By the address of a pointer, the name of what the dynamic linker sets it to.
    pub pointers: FxHashMap<u64, &'static [u8]>,
    /// Start and size of its sections, with their contents, which are shorter where the file ends.
    pub sections: Vec<(u64, u64, &'static [u8])>,
}

/// What is known of a symbol from a shared library besides what every symbol has.
#[derive(Clone, Copy, Debug, Default)]
pub struct Imported {
    /// Number of the library that defines it, among [`crate::Foreign::shared_libs`].
    pub lib: Option<u32>,
    /// Number of its ELF type.
    pub elf_type: u8,
}

impl Symbols {
    /// Whether `s` is a function of a shared library.
    pub fn is_imported_function(&self, s: SymId) -> bool {
        const STT_FUNC: u8 = 2;
        let imported = self.foreign.imported.get(&s);
        self.kind(s) == SymKind::DynImport && imported.is_some_and(|i| i.elf_type == STT_FUNC)
    }

    /// What the pointer at offset `off` of a type in a shared library points to (`decodeTargetSym`);
    /// `None` if no library knows the type's name.
    ///
    /// # Errors
    /// The text for `Exitf`: there is no such pointer, or nobody knows its target.
    pub(crate) fn shared_target(&self, s: SymId, off: usize) -> Option<Result<SymId, String>> {
        let name = self.name(s);
        let libs = self.foreign.shared_libs.iter();
        let (lib, addr) = libs.filter_map(|l| Some((l, l.types.get(name)?))).next()?;
        let shown = String::from_utf8_lossy(name);
        let Some(target) = lib.pointers.get(&addr.wrapping_add(off as u64)) else {
            let text = format!("can't find relocation in {shown} at offset {off}");
            return Some(Err(text));
        };
        Some(self.lookup(target, 0).ok_or_else(|| {
            let target = String::from_utf8_lossy(target);
            format!("can't find target of relocation in {shown} at offset {off}: {target}")
        }))
    }

    /// `len` bytes at the address `addr` of the library that defines `s` (`findShlibSection`).
    ///
    /// # Errors
    /// There are no such bytes; whether at least a section.
    pub(crate) fn shared_bytes(&self, s: SymId, addr: u64, len: usize) -> Result<&[u8], bool> {
        let lib = self.foreign.imported.get(&s).and_then(|i| i.lib);
        let lib = lib.ok_or(false)?;
        let mut sections = self.foreign.shared_libs[lib as usize].sections.iter();
        let (start, _, data) = sections
            .find(|(start, size, _)| addr.checked_sub(*start).is_some_and(|off| off < *size))
            .ok_or(false)?;
        let off = usize::try_from(addr - start).map_err(|_| true)?;
        data.get(off..).and_then(|d| d.get(..len)).ok_or(true)
    }
}
