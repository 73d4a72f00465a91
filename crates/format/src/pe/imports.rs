//! The import section: which functions of which libraries the loader looks up (`addimports`).

use super::{Directory, Fields};

/// Length of an import descriptor, bytes.
const DESCRIPTOR_LEN: u32 = 20;

/// Length of a thunk, which the loader replaces by an address, bytes.
const THUNK_LEN: u32 = 8;

/// A library and the names of its functions.
#[derive(Clone, Debug)]
pub struct ImportedLibrary<'a> {
    /// Name.
    pub name: &'a [u8],
    /// Functions.
    pub functions: Vec<&'a [u8]>,
}

/// The import section, laid out: descriptors, names, and the table of thunks. The same table stands
/// elsewhere, where the loader puts addresses in its place.
#[derive(Clone, Debug)]
pub struct ImportPlan {
    /// Contents of the section.
    pub section: Vec<u8>,
    /// Contents of the table of addresses.
    pub thunks: Vec<u8>,
}

impl ImportPlan {
    /// For a section at `addr` and a table of addresses at `table`, both from the start of the image.
    pub fn new(libraries: &[ImportedLibrary], addr: u32, table: u32) -> ImportPlan {
        let mut names = Fields::default();
        let names_at = DESCRIPTOR_LEN * (libraries.len() as u32 + 1);
        // Names are padded to an even length.
        let name = |names: &mut Fields, text: &[u8]| {
            names.bytes(text);
            names.u8(0);
            if text.len().is_multiple_of(2) {
                names.u8(0);
            }
        };
        let mut library_names = Vec::new();
        for l in libraries {
            library_names.push(names_at + names.len());
            name(&mut names, l.name);
        }
        let mut thunks = Fields::default();
        let mut thunks_at = Vec::new();
        for l in libraries {
            thunks_at.push(thunks.len());
            for function in &l.functions {
                thunks.u64(u64::from(addr) + u64::from(names_at + names.len()));
                names.u16(0); // No guess where the library has it.
                name(&mut names, function);
            }
            thunks.u64(0);
        }
        let first_thunk = names_at + names.len();
        let mut f = Fields::default();
        for (&name, &thunks) in library_names.iter().zip(&thunks_at) {
            f.u32(addr + first_thunk + thunks);
            f.u32(0);
            f.u32(0);
            f.u32(addr + name);
            f.u32(table + thunks);
        }
        f.0.resize(names_at as usize, 0);
        f.bytes(&names.0);
        f.bytes(&thunks.0);
        ImportPlan {
            section: f.0,
            thunks: thunks.0,
        }
    }

    /// Length of the table of addresses for libraries with so many functions each, bytes.
    pub fn table_len(functions: impl Iterator<Item = usize>) -> u32 {
        functions.map(|n| THUNK_LEN * (n as u32 + 1)).sum()
    }

    /// The table of addresses at `table`, from the start of the image.
    pub fn table(&self, table: u32) -> Directory {
        Directory {
            addr: table,
            len: self.thunks.len() as u32,
        }
    }
}
