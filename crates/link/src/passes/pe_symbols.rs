//! The symbol table of PE files (`ld/pe.go:peFile.writeSymbols`).
//!
//! Entries and their names are made first, in parallel, and put in place when the file has a size, as
//! those of ELF files are.

use super::elf_symbols::{ABI_SUFFIX, has_internal_twin, is_hashed_text, shown_data};
use super::labels::{Place, label_name};
use super::symbol_parts::{Room, shown_by_kind, write_parts};
use crate::output::Store;
use format::pe::{Name, SYM_SIZE, Sections, Sym, consts::*};
use gover::SymKind;
use layout::{Addresses, Buckets, DataLayout, Seg, Segments, TextOrder};
use rayon::prelude::*;
use reach::Live;
use std::num::NonZeroU32;
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
    /// The symbols they are for, in an object.
    owners: Vec<SymId>,
    /// The long names, as the string table has them.
    names: Vec<u8>,
}

/// Where the sections of the file begin: their numbers and addresses.
struct FileSections<'a> {
    layout: &'a DataLayout,
    segs: &'a Segments,
    /// Whether what is all zeros has a section of its own.
    object: bool,
}

impl FileSections<'_> {
    /// Number of the section of the file that a symbol at `addr` in `section` is in, and where that begins;
    /// `data` tells whether it is data that is not all zeros (`mapToPESection`).
    fn of(&self, section: usize, addr: u64, data: bool) -> Option<(u16, u64)> {
        let seg = self.layout.sections[section].seg;
        let start = self.segs.get(seg).addr;
        let zeros = start + self.segs.data.file_len;
        Some(match seg {
            Seg::Text => (1, start),
            Seg::Rodata => (2, start),
            Seg::Data if self.object && !data && addr >= zeros => (4, zeros),
            Seg::Data => (3, start),
            _ => return None,
        })
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
    /// The sections of an object for a host linker, if it is one.
    pub object: Option<&'a Sections>,
}

impl PeSymbols {
    /// Makes the entries: text in its order, then data by number.
    pub fn collect(input: &PeSymbolInput) -> PeSymbols {
        let PeSymbolInput { syms, data, .. } = *input;
        let by_kind = shown_by_kind(syms, data);
        let is_shown = |s: SymId| {
            let kind = syms.kind(s);
            input.object.is_some() && is_foreign(kind) || by_kind(s, kind)
        };
        let all = |_| true;
        let sections = input.object.map(|o| section_chunk(syms, o));
        let mut chunks: Vec<Chunk> = sections.into_iter().collect();
        chunks.extend([
            input.chunk(&[input.text.text], all),
            input.chunk(&[input.text.etext], all),
        ]);
        let functions = input.order.textp.par_chunks(CHUNK);
        chunks.par_extend(functions.map(|c| input.chunk(c, all)));
        let shown = shown_data(syms, input.live, data);
        chunks.par_extend(shown.par_chunks(CHUNK).map(|c| input.chunk(c, is_shown)));
        PeSymbols { chunks }
    }

    /// Adds entries for labels behind all others.
    pub fn add_labels(&mut self, input: &PeSymbolInput, labels: &[Place]) {
        let sections = input.sections();
        let mut c = Chunk::default();
        for &(s, off) in labels {
            let Some(section) = input.addrs.section(s).0.checked_sub(1) else {
                continue;
            };
            let addr = input.addrs.addr(s).wrapping_add_signed(off);
            let Some((number, start)) = sections.of(section.into(), addr, false) else {
                continue;
            };
            let name = label_name(input.syms, (s, off));
            let is_static = input.syms.version(s) >= symbols::VERSION_STATIC;
            let name = c.name(&name, b"");
            c.entries.push(Sym {
                name,
                value: addr.wrapping_sub(start) as u32,
                section: number,
                typ: IMAGE_SYM_TYPE_NULL,
                class: class(is_static),
            });
            // No relocation is to take a label for the symbol itself.
            c.owners.push(SymId::NONE);
        }
        self.chunks.push(c);
    }

    /// Number of entries.
    pub fn n_entries(&self) -> usize {
        self.chunks.iter().map(|c| c.entries.len()).sum()
    }

    /// Length of the names that the string table has, bytes.
    pub fn names_len(&self) -> usize {
        self.chunks.iter().map(|c| c.names.len()).sum()
    }

    /// By symbol, the entry that relocations use.
    pub fn numbers(&self, n_symbols: usize) -> Vec<Option<NonZeroU32>> {
        let mut numbers = vec![None; n_symbols];
        let owners = self.chunks.iter().flat_map(|c| &c.owners);
        for (s, i) in owners.zip(1..) {
            if s.is_some() {
                numbers[s.index()] = NonZeroU32::new(i);
            }
        }
        numbers
    }

    /// Has `store` put the entries into `table` and the names into `strings`, which is at the offset
    /// `at` of the string table; both have the lengths announced.
    pub fn write(&self, store: &Store, table: &mut [u8], strings: &mut [u8], at: u32) {
        let parts = self.chunks.iter();
        let parts = parts.map(|c| ((), c.entries.as_slice(), c.names.as_slice()));
        let room = Room {
            table,
            names: strings,
            names_off: at,
        };
        write_parts(store, parts, SYM_SIZE, room, |(), &entry, off, out| {
            let name = match entry.name {
                Name::Long(at) => Name::Long(off.wrapping_add(at)),
                short => short,
            };
            Sym { name, ..entry }.write(out);
        });
    }
}

/// Whether symbols of a kind are defined elsewhere.
fn is_foreign(kind: SymKind) -> bool {
    matches!(
        kind,
        SymKind::DynImport | SymKind::HostObj | SymKind::UndefExt
    )
}

/// The entries of an object's sections, by which relocations refer to debugging information.
fn section_chunk(syms: &Symbols, sections: &Sections) -> Chunk {
    let mut c = Chunk::default();
    for (s, number) in sections.list.iter().zip(1..) {
        let name = c.name(s.name.as_bytes(), b"");
        c.entries.push(Sym {
            name,
            value: 0,
            section: number,
            typ: IMAGE_SYM_TYPE_NULL,
            class: IMAGE_SYM_CLASS_STATIC,
        });
        let owner = syms.lookup(s.name.as_bytes(), 0);
        c.owners.push(owner.unwrap_or_default());
    }
    c
}

impl Chunk {
    /// A name, which goes to the string table if it is long, and with a suffix whatever its length.
    fn name(&mut self, name: &[u8], suffix: &[u8]) -> Name {
        let short = Name::short(name).filter(|_| suffix.is_empty());
        short.unwrap_or_else(|| {
            let off = self.names.len() as u32;
            self.names.extend([name, suffix, b"\0"].concat());
            Name::Long(off)
        })
    }
}

fn class(is_static: bool) -> u8 {
    match is_static {
        true => IMAGE_SYM_CLASS_STATIC,
        false => IMAGE_SYM_CLASS_EXTERNAL,
    }
}

impl PeSymbolInput<'_> {
    fn sections(&self) -> FileSections<'_> {
        FileSections {
            layout: self.layout,
            segs: self.segs,
            object: self.object.is_some(),
        }
    }

    /// The entries of those symbols of `list` that are shown.
    fn chunk(&self, list: &[SymId], is_shown: impl Fn(SymId) -> bool) -> Chunk {
        let mut c = Chunk::default();
        let sections = self.sections();
        let ahead = Ahead::new(self.syms, list.len(), Reads::Names, |i| list[i]);
        for (i, &s) in list.iter().enumerate() {
            ahead.at(i);
            if is_shown(s) {
                self.addrs.prefetch(s);
                let entry = self.entry(s, &sections, &mut c);
                if entry.is_some() && sections.object {
                    c.owners.push(s);
                }
                c.entries.extend(entry);
            }
        }
        c
    }

    /// The entry of a symbol, if it is in a section; its name goes to `chunk` if it is long.
    fn entry(&self, s: SymId, sections: &FileSections, chunk: &mut Chunk) -> Option<Sym> {
        let PeSymbolInput { syms, addrs, .. } = *self;
        let is_text = syms.kind(s).is_text();
        // Data inside of other data is in no section of its own, imported functions among them.
        if !is_text && syms.foreign.is_interior(s) {
            return None;
        }
        let kind = syms.kind(s);
        let (number, start) = match addrs.section(s).0.checked_sub(1) {
            Some(section) => {
                let data = syms.gover.is_ptr_data(kind);
                sections.of(section.into(), addrs.addr(s), data)?
            }
            None if sections.object && is_foreign(kind) => (0, addrs.addr(s)),
            None => return None,
        };
        let (version, name) = (syms.version(s), syms.name(s));
        let suffix: &[u8] = match is_text && has_internal_twin(syms, version, name) {
            true => ABI_SUFFIX,
            false => b"",
        };
        let is_static = version >= symbols::VERSION_STATIC
            || syms.foreign.hidden.contains(&s)
            || syms.local.has(s)
            || is_text && is_hashed_text(syms, s);
        Some(Sym {
            name: chunk.name(name, suffix),
            value: addrs.addr(s).wrapping_sub(start) as u32,
            section: number,
            typ: match is_text || is_foreign(kind) {
                true => IMAGE_SYM_DTYPE_FUNCTION << 4,
                false => IMAGE_SYM_TYPE_NULL,
            },
            class: class(is_static),
        })
    }
}
