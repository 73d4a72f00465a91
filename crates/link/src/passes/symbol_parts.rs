//! Parts of a symbol table: each is made by one task, and put in place by one when the file has a size.

use crate::output::Store;
use gover::SymKind;
use layout::Buckets;
use rayon::prelude::*;
use symbols::{SymId, Symbols};

/// Whether a table shows data, by kind and name, to people who look into the file; what is imported or text is
/// asked about elsewhere.
pub fn shown_by_kind(syms: &Symbols, data: &Buckets) -> impl Fn(SymId, SymKind) -> bool + Sync {
    let g = syms.gover;
    let (low, high) = (g.rank(SymKind::ElfRxSect), g.rank(SymKind::Xref));
    move |s, kind| {
        let r = g.rank(kind);
        r >= low
            && r < high
            && kind != SymKind::TlsBss
            && !data.hidden.has(s)
            && !matches!(syms.name(s).first(), None | Some(b'.'))
    }
}

/// Where a table's entries and names go.
pub struct Room<'o> {
    /// The entries'.
    pub table: &'o mut [u8],
    /// The names'.
    pub names: &'o mut [u8],
    /// Where the names begin in the file's table of names, bytes.
    pub names_off: u32,
}

/// Has `store` put parts into `room` one behind the other: each with entries, which take `entry_len` bytes, names,
/// and what `write` is to know of it besides. `write` gets that, an entry, and where the part's names begin.
pub fn write_parts<'a, E: Sync + 'a, X: Copy + Send>(
    store: &Store,
    parts: impl Iterator<Item = (X, &'a [E], &'a [u8])>,
    entry_len: usize,
    room: Room,
    write: impl Fn(X, &E, u32, &mut [u8]) + Sync,
) {
    let Room {
        mut table,
        mut names,
        mut names_off,
    } = room;
    let mut tasks = Vec::new();
    for (x, entries, text) in parts {
        let (entries_out, rest) = table.split_at_mut(entries.len() * entry_len);
        table = rest;
        let (names_out, rest) = names.split_at_mut(text.len());
        names = rest;
        tasks.push(((x, entries, text), entries_out, names_out, names_off));
        names_off = names_off.wrapping_add(text.len() as u32);
    }
    tasks
        .into_par_iter()
        .for_each(|((x, entries, text), entries_out, names_out, off)| {
            store.put(names_out, text);
            store.make_all(entries_out, |out| {
                for (e, out) in entries.iter().zip(out.chunks_exact_mut(entry_len)) {
                    write(x, e, off, out);
                }
            });
        });
}
