//! `runtime.typelink` and `runtime.itablink` of releases that have them (`ld/typelink.go`).

use crate::maker::Maker;
use gover::{RelocType, SymKind};
use rayon::prelude::*;
use symbols::rtype::TypeStrings;
use symbols::{ExtReloc, SymId};

/// Makes the two tables.
pub fn make_typelinks(m: &mut Maker, strings: &TypeStrings) {
    let (types, itabs) = live_types(m, strings);
    let (tl, il) = (
        m.create("runtime.typelink", SymKind::TypeLink),
        m.create("runtime.itablink", SymKind::ItabLink),
    );
    let ptr = m.ptr_size;
    for (s, list, siz, typ) in [
        (tl, types, 4, RelocType::AddrOff),
        (il, itabs, ptr, RelocType::Addr),
    ] {
        m.syms.local.insert(s);
        let e = m.ext(s);
        e.set_data(vec![0; list.len() * siz as usize]);
        e.relocs = list
            .iter()
            .enumerate()
            .map(|(i, &sym)| ExtReloc {
                off: (i * siz as usize) as i32,
                siz,
                typ,
                weak: false,
                add: 0,
                sym,
            })
            .collect();
    }
}

/// Live types of the sorted list, by type string; live itabs by number.
fn live_types(m: &Maker, strings: &TypeStrings) -> (Vec<SymId>, Vec<SymId>) {
    let (syms, live) = (&*m.syms, &*m.live);
    let f = (syms.gover.flags.typelink, syms.gover.flags2.itab);
    let n = syms.len();
    const CHUNK: usize = 1 << 16;
    let found: Vec<(Vec<SymId>, Vec<SymId>)> = (0..n.div_ceil(CHUNK))
        .into_par_iter()
        .map(|c| {
            let (mut types, mut itabs) = (Vec::new(), Vec::new());
            for s in live
                .reachable
                .iter_range(c * CHUNK..((c + 1) * CHUNK).min(n))
            {
                if syms.flag(s) & f.0 != 0 {
                    types.push(s);
                } else if syms.flag2(s) & f.1 != 0 {
                    itabs.push(s);
                }
            }
            (types, itabs)
        })
        .collect();
    let types: Vec<SymId> = found.iter().flat_map(|(t, _)| t).copied().collect();
    let itabs = found.into_iter().flat_map(|(_, i)| i).collect();
    (sort_by_string(m, strings, &types), itabs)
}

/// Sorts types by their strings the way Go's sort leaves them: equal strings are not in order.
fn sort_by_string(m: &Maker, strings: &TypeStrings, types: &[SymId]) -> Vec<SymId> {
    let mut keyed: Vec<(&[u8], SymId)> = types
        .par_iter()
        .map(|&s| (strings.get(m.syms, s, m.ptr_size), s))
        .collect();
    gosort::sort_by(&mut keyed, m.syms.gover.shuffle, |a, b| a.0 < b.0);
    keyed.into_iter().map(|(_, s)| s).collect()
}
