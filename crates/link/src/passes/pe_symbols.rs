//! The symbol table of PE files (`ld/pe.go:peFile.writeSymbols`).
//!
//! Entries and their names are made first, in parallel, and put in place when the file has a size, as
//! those of ELF files are.

use super::elf_symbols::{ABI_SUFFIX, has_internal_twin, is_hashed_text, shown_data};
use crate::output::Store;
use format::pe::{Name, SYM_SIZE, Sym, consts::*};
use gover::SymKind;
use layout::{Addresses, Buckets, DataLayout, Seg, Segments, TextOrder};
use rayon::prelude::*;
use reach::Live;
use symbols::ahead::{Ahead, Reads};
use symbols::{SymId, Symbols};
use tables::TextMarkers;

/// The table in the making.
pub struct PeSymbols {
    chunks: Vec<Chunk>,
}

/// Entries that follow one another.
#[derive(Default)]
struct Chunk {
    /// The offsets of long names are those in `names`.
    entries: Vec<Sym>,
    /// The long names, as the string table has them.
    names: Vec<u8>,
}

/// Where the sections of the file begin: their numbers and addresses.
struct FileSections<'a> {
    layout: &'a DataLayout,
    segs: &'a Segments,
}

impl FileSections<'_> {
    /// Number of the section of the file that symbols of `section` are in, and its address.
    fn of(&self, section: usize) -> Option<(u16, u64)> {
        let number = match self.layout.sections[section].seg {
            Seg::Text => 1,
            Seg::Rodata => 2,
            Seg::Data => 3,
            _ => return None,
        };
        let seg = self.layout.sections[section].seg;
        Some((number, self.segs.get(seg).addr))
    }
}

const CHUNK: usize = 1 << 12;

/// What the table is made from.
pub struct PeSymbolInput<'a> {
    /// The symbols.
    pub syms: &'a Symbols,
    /// What is live.
    pub live: &'a Live,
    /// Order of text.
    pub order: &'a TextOrder,
    /// The start and the end of text.
    pub text: &'a TextMarkers,
    /// Data.
    pub data: &'a Buckets,
    /// The sections.
    pub layout: &'a DataLayout,
    /// The segments.
    pub segs: &'a Segments,
    /// Where everything lies.
    pub addrs: &'a Addresses,
}

impl PeSymbols {
    /// Makes the entries: text in its order, then data by number.
    pub fn collect(input: &PeSymbolInput) -> PeSymbols {
        let PeSymbolInput { syms, data, .. } = *input;
        let g = syms.gover;
        let (low, high) = (g.rank(SymKind::ElfRxSect), g.rank(SymKind::Xref));
        let is_shown = |s: SymId| {
            let kind = syms.kind(s);
            let r = g.rank(kind);
            r >= low
                && r < high
                && kind != SymKind::TlsBss
                && !data.hidden.has(s)
                && !matches!(syms.name(s).first(), None | Some(b'.'))
        };
        let all = |_| true;
        let mut chunks = vec![
            input.chunk(&[input.text.text], all),
            input.chunk(&[input.text.etext], all),
        ];
        let functions = input.order.textp.par_chunks(CHUNK);
        chunks.par_extend(functions.map(|c| input.chunk(c, all)));
        let shown = shown_data(syms, input.live, data);
        chunks.par_extend(shown.par_chunks(CHUNK).map(|c| input.chunk(c, is_shown)));
        PeSymbols { chunks }
    }

    /// Number of entries.
    pub fn n_entries(&self) -> usize {
        self.chunks.iter().map(|c| c.entries.len()).sum()
    }

    /// Length of the names that the string table has, bytes.
    pub fn names_len(&self) -> usize {
        self.chunks.iter().map(|c| c.names.len()).sum()
    }

    /// Has `store` put the entries into `table` and the names into `strings`, which is at the offset
    /// `at` of the string table; both have the lengths announced.
    pub fn write(&self, store: &Store, table: &mut [u8], strings: &mut [u8], at: u32) {
        let (mut entries_rest, mut names_rest, mut at) = (table, strings, at);
        let mut tasks = Vec::new();
        for c in &self.chunks {
            let (entries, r) = entries_rest.split_at_mut(c.entries.len() * SYM_SIZE);
            entries_rest = r;
            let (names, r) = names_rest.split_at_mut(c.names.len());
            names_rest = r;
            tasks.push((c, entries, names, at));
            at = at.wrapping_add(c.names.len() as u32);
        }
        tasks.into_par_iter().for_each(|(c, entries, names, at)| {
            store.put(names, &c.names);
            store.make_all(entries, |out| {
                for (&entry, out) in c.entries.iter().zip(out.chunks_exact_mut(SYM_SIZE)) {
                    let name = match entry.name {
                        Name::Long(off) => Name::Long(at.wrapping_add(off)),
                        short => short,
                    };
                    Sym { name, ..entry }.write(out);
                }
            });
        });
    }
}

impl PeSymbolInput<'_> {
    /// The entries of those symbols of `list` that are shown.
    fn chunk(&self, list: &[SymId], is_shown: impl Fn(SymId) -> bool) -> Chunk {
        let mut c = Chunk::default();
        let sections = FileSections {
            layout: self.layout,
            segs: self.segs,
        };
        let ahead = Ahead::new(self.syms, list.len(), Reads::Names, |i| list[i]);
        for (i, &s) in list.iter().enumerate() {
            ahead.at(i);
            if is_shown(s) {
                self.addrs.prefetch(s);
                c.entries.extend(self.entry(s, &sections, &mut c.names));
            }
        }
        c
    }

    /// The entry of a symbol, if it is in a section; its name goes to `names` if it is long.
    fn entry(&self, s: SymId, sections: &FileSections, names: &mut Vec<u8>) -> Option<Sym> {
        let PeSymbolInput { syms, addrs, .. } = *self;
        let is_text = syms.kind(s).is_text();
        // Data inside of other data is in no section of its own, imported functions among them.
        if !is_text && syms.foreign.is_interior(s) {
            return None;
        }
        let section = addrs.section(s).0.checked_sub(1)?;
        let (number, start) = sections.of(section.into())?;
        let (version, name) = (syms.version(s), syms.name(s));
        let suffix: &[u8] = match is_text && has_internal_twin(syms, version, name) {
            true => ABI_SUFFIX,
            false => b"",
        };
        let is_static = version >= symbols::VERSION_STATIC
            || syms.foreign.hidden.contains(&s)
            || syms.local.has(s)
            || is_text && is_hashed_text(syms, s);
        let name = Name::short(name)
            .filter(|_| suffix.is_empty())
            .unwrap_or_else(|| {
                let off = names.len() as u32;
                names.extend([name, suffix, b"\0"].concat());
                Name::Long(off)
            });
        Some(Sym {
            name,
            value: addrs.addr(s).wrapping_sub(start) as u32,
            section: number,
            typ: match is_text {
                true => IMAGE_SYM_DTYPE_FUNCTION << 4,
                false => IMAGE_SYM_TYPE_NULL,
            },
            class: match is_static {
                true => IMAGE_SYM_CLASS_STATIC,
                false => IMAGE_SYM_CLASS_EXTERNAL,
            },
        })
    }
}
