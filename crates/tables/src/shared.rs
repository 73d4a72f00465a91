//! What modules say of the shared libraries of Go packages that they are or were linked with, to be
//! compared when they meet (`ld/symtab.go:symtab`, `ld/elf.go:doelf`).

use crate::maker::{Maker, TableRef};
use gover::SymKind;
use sha2::{Digest as _, Sha256};
use symbols::{LibId, SymId, Symbols, VERSION_ABI0};

/// The hash of the fingerprints of all packages, in the order of their paths, as long as the release
/// has it.
pub fn abi_hash(syms: &Symbols, libs: &[LibId]) -> Vec<u8> {
    let mut hash = Sha256::new_with_prefix(syms.gover.new32_prefix);
    for l in libs {
        hash.update(syms.libs[l.index()].fingerprint);
    }
    let mut sum = hash.finalize();
    syms.gover.new32.apply(&mut sum);
    sum[..syms.gover.abi_hash_len].to_vec()
}

/// The bytes of the ABI hash: a part of a note, once that has an address.
pub const ABI_HASH_BYTES: &str = "go:link.abihashbytes";

/// Declares [`ABI_HASH_BYTES`].
pub fn declare_abi_hash(m: &mut Maker) -> SymId {
    let s = m.define(ABI_HASH_BYTES, SymKind::Rodata);
    m.ext(s).size = m.syms.gover.abi_hash_len as u64;
    s
}

/// Makes the string by which other modules find the ABI hash `bytes` of the library `file`.
pub fn make_abi_hash(m: &mut Maker, file: &str, bytes: SymId) {
    let ptr = m.ptr_size;
    let s = m.create(&format!("go:link.abihash.{file}"), SymKind::Rodata);
    let size = m.syms.size(bytes);
    let e = m.ext(s);
    e.add_addr_plus(ptr, bytes, 0);
    e.add_bytes(&size.to_le_bytes()[..ptr.into()]);
}

/// The last part of a path, as `filepath.Base` has it.
pub fn base_name(path: &str) -> &str {
    let end = path.trim_end_matches('/');
    match (path, end) {
        ("", _) => ".",
        (_, "") => "/",
        _ => end.rsplit('/').next().unwrap_or(end),
    }
}

/// Makes the name of this module and the table of libraries: name, ABI hash when linked, ABI hash
/// when run.
pub(crate) fn make_module_hashes(m: &mut Maker, name: &str) -> (TableRef, TableRef) {
    let ptr = m.ptr_size;
    let module = m.text("go:link.thismodulename", name.as_bytes());
    let table = m.create("go:link.abihashes", SymKind::Rodata);
    m.syms.local.insert(table);
    let libs = m.syms.foreign.shared_libs.iter();
    let libs: Vec<(String, Vec<u8>)> = libs
        .map(|l| (base_name(&l.path).to_owned(), l.hash.clone()))
        .collect();
    for (i, (lib, hash)) in libs.iter().enumerate() {
        for (name, bytes) in [("libname", lib.as_bytes()), ("linkhash", hash)] {
            let t = m.text(&format!("go:link.{name}.{i}"), bytes);
            let e = m.ext(table);
            e.add_addr_plus(ptr, t.sym, 0);
            e.add_bytes(&t.size.to_le_bytes()[..ptr.into()]);
        }
        let name = format!("go:link.abihash.{lib}");
        let now = m.syms.lookup_or_create(name.as_bytes(), VERSION_ABI0);
        m.live.reachable.insert(now);
        m.ext(table).add_addr_plus(ptr, now, 0);
    }
    let hashes = TableRef {
        sym: table,
        size: libs.len() as u64,
    };
    (module, hashes)
}

#[cfg(test)]
mod tests {
    use super::base_name;

    #[test]
    fn base_names_are_those_of_go() {
        for (path, want) in [
            ("/a/libx.so", "libx.so"),
            ("libx.so", "libx.so"),
            ("a/b/", "b"),
            ("/", "/"),
            ("", "."),
        ] {
            assert_eq!(base_name(path), want, "{path}");
        }
    }
}
