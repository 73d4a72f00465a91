//! String variables set from the command line (`-X`; `ld/data.go:addstrdata`).

use crate::fips::addr_reloc;
use crate::maker::Maker;
use gover::SymKind;

/// Sets string variables, in order. Variables that do not exist or are not live are passed over.
///
/// # Errors
/// Texts for variables that are no strings, in order; the others are set.
pub fn set_strings(m: &mut Maker, values: &[(String, Vec<u8>)]) -> Vec<String> {
    let mut errors = Vec::new();
    for (name, value) in values {
        let Some(s) = m.syms.lookup(name.as_bytes(), 0) else {
            continue;
        };
        let typ = m.syms.gotype(s);
        if typ.is_none() {
            continue;
        }
        if m.syms.name(typ) != b"type:string" {
            errors.push(format!(
                "{name}: cannot set with -X: not a var of type string ({})",
                m.syms.name_lossy(typ)
            ));
            continue;
        }
        if !m.live.reachable.has(s) {
            continue;
        }
        if m.syms.kind(s) == SymKind::Bss {
            m.ext(s).kind = SymKind::Data;
        }
        let text = m.create(&format!("{name}.str"), SymKind::Rodata);
        let e = m.ext(text);
        let mut bytes = value.clone();
        bytes.push(0);
        e.set_data(bytes);
        let ptr = m.ptr_size;
        let e = m.ext(s);
        let mut data = vec![0; 2 * ptr as usize];
        data[ptr as usize..].copy_from_slice(&(value.len() as u64).to_le_bytes()[..ptr as usize]);
        e.size = e.size.max(data.len() as u64);
        e.data = data;
        e.relocs = vec![addr_reloc(0, ptr, text, 0)];
    }
    errors
}
