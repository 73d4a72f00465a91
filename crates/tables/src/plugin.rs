//! What plugins and the programs that load them know of their packages, to be compared when a plugin
//! is loaded (`ld/symtab.go:symtab`).

use crate::maker::{Maker, TableRef};
use gover::SymKind;
use symbols::{LibId, SymId};

/// Makes `go:link.pkghash.PKG` for every package: the fingerprint that the module was linked with.
/// Gives the symbols in the order of `libs`.
pub fn make_package_hashes(m: &mut Maker, libs: &[LibId]) -> Vec<SymId> {
    let ptr = m.ptr_size;
    let mut out = Vec::with_capacity(libs.len());
    for l in libs {
        let (pkg, fingerprint) = {
            let l = &m.syms.libs[l.index()];
            (l.pkg.clone(), l.fingerprint)
        };
        let bytes = m.create(&format!("go:link.pkghashbytes.{pkg}"), SymKind::Rodata);
        m.ext(bytes).set_data(fingerprint.to_vec());
        let hash = m.create(&format!("go:link.pkghash.{pkg}"), SymKind::Rodata);
        let e = m.ext(hash);
        e.add_addr_plus(ptr, bytes, 0);
        e.add_bytes(&(fingerprint.len() as u64).to_le_bytes()[..ptr.into()]);
        out.push(hash);
    }
    out
}

/// What moduledata of a plugin says besides.
#[derive(Clone, Copy, Debug)]
pub struct PluginInfo<'a> {
    /// The plugin's path, escaped.
    pub path: &'a str,
    /// Its packages.
    pub libs: &'a [LibId],
    /// What [`make_package_hashes`] made of them.
    pub hashes: &'a [SymId],
}

impl PluginInfo<'_> {
    /// Makes the path and the table of packages: name, fingerprint when linked, fingerprint when run.
    pub(crate) fn make(&self, m: &mut Maker) -> (TableRef, TableRef) {
        let ptr = m.ptr_size;
        let path = m.text("go:link.thispluginpath", self.path.as_bytes());
        let table = m.create("go:link.pkghashes", SymKind::Rodata);
        m.syms.local.insert(table);
        for (i, (l, &hash)) in self.libs.iter().zip(self.hashes).enumerate() {
            let (pkg, fingerprint) = {
                let l = &m.syms.libs[l.index()];
                (l.pkg.clone(), l.fingerprint)
            };
            for (name, bytes) in [("pkgname", pkg.as_bytes()), ("pkglinkhash", &fingerprint)] {
                let t = m.text(&format!("go:link.{name}.{i}"), bytes);
                let e = m.ext(table);
                e.add_addr_plus(ptr, t.sym, 0);
                e.add_bytes(&t.size.to_le_bytes()[..ptr.into()]);
            }
            m.ext(table).add_addr_plus(ptr, hash, 0);
        }
        let hashes = TableRef {
            sym: table,
            size: self.libs.len() as u64,
        };
        (path, hashes)
    }
}
