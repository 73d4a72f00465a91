//! Modules of Go code that meet in one process: plugins and the programs that load them
//! (`DynlinkingGo`). Their symbols are found by name when they are loaded, so types have short names,
//! and a module that does not start the runtime tells it of itself.

use base64::Engine as _;
use gover::{GoLayout, RelocType, SymKind};
use layout::TextOrder;
use rayon::prelude::*;
use sha2::{Digest as _, Sha256};
use symbols::{SymId, VERSION_ABI0};
use tables::Maker;
use target::Family;

/// Names up to this length stay, bytes.
const SHORT: usize = 14;
/// Bytes of the hash that stands for a name.
const HASH_LEN: usize = 6;

/// Gives types and what is made for them short names to the outside (`ld/lib.go:mangleTypeSym`).
/// Types that shared libraries define under such a name become imports (`link_shared`), also those
/// that only tables made here look into.
pub fn mangle_types(m: &mut Maker, link_shared: bool) {
    let syms = &*m.syms;
    let reachable = &m.live.reachable;
    let wanted =
        |s: SymId| reachable.has(s) || link_shared && syms.kind(s) == SymKind::Xxx && s.is_some();
    const CHUNK: usize = 1 << 14;
    let n = syms.len();
    let found: Vec<(SymId, Box<[u8]>)> = (0..n.div_ceil(CHUNK))
        .into_par_iter()
        .flat_map_iter(|c| {
            let range = c * CHUNK..((c + 1) * CHUNK).min(n);
            let ids = (range.start as u32..range.end as u32).map(SymId);
            ids.filter(|&s| wanted(s)).filter_map(|s| {
                let short = mangled(syms.name(s), syms.gover)?;
                Some((s, short.into()))
            })
        })
        .collect();
    if link_shared {
        for (s, short) in &found {
            let version = m.syms.version(*s);
            let twin = m.syms.lookup(short, version);
            let imported = |&t: &SymId| m.syms.kind(t) == SymKind::DynImport;
            if let Some(t) = twin.filter(imported)
                && m.syms.kind(*s) == SymKind::Xxx
            {
                m.syms.copy_symbol(t, *s);
            }
        }
    }
    m.syms.foreign.mangled.extend(found);
}

/// The short name of a type or an instantiated symbol, if it gets one (`typeSymbolMangle`).
fn mangled(name: &[u8], gover: &GoLayout) -> Option<Vec<u8>> {
    let at = name.contains(&b'@');
    let typ = name.strip_prefix(b"type:");
    if (typ.is_none() && !at)
        || name.starts_with(b"type:runtime.")
        || name.starts_with(b"go:string.")
        || (name.len() <= SHORT && !at)
    {
        return None;
    }
    let hash = |part: &[u8]| {
        let mut sum = Sha256::digest(part);
        gover.sum32.apply(&mut sum);
        base64::engine::general_purpose::STANDARD.encode(&sum[gover.short_name_start..][..HASH_LEN])
    };
    if let Some(typ) = typ {
        let prefix: &[u8] = match typ.first() {
            Some(b'.') => b"type:.",
            _ => b"type:",
        };
        return Some([prefix, hash(typ).as_bytes()].concat());
    }
    // An instantiated symbol: what it is instantiated with is in brackets.
    let open = name.iter().position(|&b| b == b'[');
    let start = open.map_or(0, |i| i + 1);
    let close = name.iter().rposition(|&b| b == b']');
    let end = close.filter(|&j| j >= start).unwrap_or(name.len());
    let middle = hash(&name[start..end]);
    Some([&name[..start], middle.as_bytes(), &name[end..]].concat())
}

/// The function that tells the runtime of the module when it is loaded (`ld/ld.go:PrepareAddmoduledata`,
/// `gentext` of the architecture). A program that contains the runtime needs none.
pub fn add_module_init(
    m: &mut Maker,
    order: &mut TextOrder,
    module: SymId,
    plugin: bool,
    family: Family,
) {
    let add = m
        .syms
        .lookup_or_create(b"runtime.addmoduledata", VERSION_ABI0);
    if m.syms.kind(add).is_text() && !plugin {
        return;
    }
    m.live.reachable.insert(add);
    let init = m.create("go:link.addmoduledata", SymKind::Text);
    m.syms.local.insert(init);
    if plugin {
        order.textp.push(add);
    }
    order.textp.push(init);
    let entry = m.create("go:link.addmoduledatainit", SymKind::InitArr);
    m.syms.local.insert(entry);
    let ptr = m.ptr_size;
    m.ext(entry).add_addr_plus(ptr, init, 0);
    let code = m.ext(init);
    match family {
        Family::Amd64 => {
            code.add_bytes(&[0x48, 0x8d, 0x3d]); // lea module(%rip), %rdi
            code.add_field(4, RelocType::Pcrel, module, 0);
            code.add_bytes(&[0xe8]); // call runtime.addmoduledata
            code.add_field(4, RelocType::Call, add, 0);
            code.add_bytes(&[0xc3]); // ret
        }
        Family::Arm64 => {
            // adrp x0, module; add x0, x0, #:lo12:module
            code.add_field(8, RelocType::AddrArm64, module, 0);
            // b runtime.addmoduledata
            code.add_field(4, RelocType::CallArm64, add, 0);
            for (at, op) in [(0, 0x9000_0000u32), (4, 0x9100_0000), (8, 0x1400_0000)] {
                code.data[at..at + 4].copy_from_slice(&op.to_le_bytes());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_of_types_become_short() {
        let with = |n: &str, version| {
            let short = mangled(n.as_bytes(), gover::layout_for(version).unwrap());
            short.map(|b| String::from_utf8(b).unwrap())
        };
        let m = |n: &str| with(n, "go1.27");
        assert_eq!(m("type:int"), None);
        assert_eq!(m("type:runtime.moduledata"), None);
        assert_eq!(m("go:string.\"a@b\""), None);
        assert_eq!(m("main.main"), None);
        let t = m("type:map[string]interface {}").unwrap();
        assert_eq!((t.len(), &t[..5]), (13, "type:"));
        let t = m("type:.eq.struct { a int; b string }").unwrap();
        assert_eq!((t.len(), &t[..6]), (14, "type:."));
        let t = m("a.F[go.shape.struct { b.x@c }].f").unwrap();
        assert_eq!(t.len(), "a.F[".len() + 8 + "].f".len());
        // Another part of the hash.
        assert_ne!(
            with("type:map[string]interface {}", "go1.24"),
            with("type:map[string]interface {}", "go1.25")
        );
    }
}
