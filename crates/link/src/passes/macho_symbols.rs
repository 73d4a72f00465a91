//! The symbol table of Mach-O files (`ld/macho.go:collectmachosyms`, `machosymorder`, `machosymtab`).
//!
//! Local symbols come first, then exported and imported ones, each sorted by name. Symbols of the same name
//! stay as Go's sort leaves them, so names are ranked first and the ranks sorted as Go does.

use super::elf_symbols::{ABI_SUFFIX, has_internal_twin, is_hashed_text, middle_dots, shown_data};
use super::symbol_parts::{Room, shown_by_kind, write_parts};
use crate::output::Store;
use format::macho::{SYM_SIZE, Sym, consts::*};
use gover::SymKind;
use layout::{Addresses, Buckets, TextLayout, TextOrder};
use rayon::prelude::*;
use reach::Live;
use rustc_hash::FxHashMap;
use std::cmp::Ordering;
use symbols::{SymId, Symbols};
use tables::TextMarkers;

/// Where a symbol stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Local,
    Exported,
    Imported,
}

/// The table in the making.
pub struct MachoSymbols {
    /// The symbols, in order.
    order: Vec<SymId>,
    /// Number of local, exported and imported ones.
    pub counts: [u32; 3],
    chunks: Vec<Chunk>,
    /// Number of symbols that were added behind all others.
    n_appended: usize,
}

/// Entries that follow one another.
#[derive(Default)]
struct Chunk {
    /// The offsets of names are those in `names`.
    entries: Vec<Sym>,
    names: Vec<u8>,
}

const CHUNK: usize = 1 << 12;

/// What the names begin with.
const FIRST_NAME: &[u8] = b" \0";

/// What the table is made from.
pub struct MachoSymbolInput<'a> {
    /// The symbols.
    pub syms: &'a Symbols,
    /// What is live.
    pub live: &'a Live,
    /// Order of text.
    pub order: &'a TextOrder,
    /// The start and the end of text.
    pub text: &'a TextMarkers,
    /// Where text lies.
    pub layout: &'a TextLayout,
    /// Data.
    pub data: &'a Buckets,
    /// Where everything lies.
    pub addrs: &'a Addresses,
    /// Whether what nobody outside refers to is left out (`-s`).
    pub strip: bool,
    /// Whether other modules of Go code find symbols here.
    pub dynlink: bool,
    /// What the names of a plugin's own symbols begin with, if this is one.
    pub plugin: Option<&'a [u8]>,
    /// Whether this is an object, which may leave symbols of other objects undefined.
    pub external: bool,
}

impl MachoSymbols {
    /// Makes the entries.
    pub fn collect(input: &MachoSymbolInput) -> MachoSymbols {
        let order = input.sorted();
        let count = |class| order.iter().filter(|&&s| input.class(s) == class).count() as u32;
        let counts = [Class::Local, Class::Exported, Class::Imported].map(count);
        let chunks = order.par_chunks(CHUNK).map(|list| input.chunk(list));
        let chunks = chunks.collect();
        MachoSymbols {
            order,
            counts,
            chunks,
            n_appended: 0,
        }
    }

    /// By symbol, its number in the table, from 1 on; 0 for none, `n` symbols in all.
    pub fn numbers(&self, n: usize) -> Vec<u32> {
        let mut numbers = vec![0; n];
        for (&s, i) in self.order.iter().zip(1..) {
            numbers[s.index()] = i;
        }
        numbers
    }

    /// Number of symbols.
    pub fn count(&self) -> u32 {
        self.order.len() as u32
    }

    /// Adds local symbols behind the table, each with its name, section and address.
    pub fn append(&mut self, labels: impl Iterator<Item = (Vec<u8>, u8, u64)>) {
        let mut chunk = Chunk::default();
        for (name, section, value) in labels {
            let off = chunk.names.len() as u32;
            chunk.names.push(b'_');
            put_name(&mut chunk.names, &name);
            chunk.names.push(0);
            chunk.entries.push(Sym {
                name: off,
                typ: N_SECT,
                section,
                value,
            });
        }
        self.counts[0] += chunk.entries.len() as u32;
        self.n_appended += chunk.entries.len();
        self.chunks.push(chunk);
    }

    /// Length of the entries, bytes.
    pub fn table_len(&self) -> usize {
        (self.order.len() + self.n_appended) * SYM_SIZE
    }

    /// Length of the names, bytes.
    pub fn names_len(&self) -> usize {
        FIRST_NAME.len() + self.chunks.iter().map(|c| c.names.len()).sum::<usize>()
    }

    /// The numbers of imported symbols in the table.
    pub fn imported(&self) -> FxHashMap<SymId, u32> {
        let first = (self.counts[0] + self.counts[1]) as usize;
        let imported = self.order.iter().copied().zip(0..).skip(first);
        imported.collect()
    }

    /// Has `store` put the entries into `table` and the names into `names`, which have the lengths
    /// announced.
    pub fn write(&self, store: &Store, table: &mut [u8], names: &mut [u8]) {
        let (first, names) = names.split_at_mut(FIRST_NAME.len());
        store.put(first, FIRST_NAME);
        let parts = self.chunks.iter();
        let parts = parts.map(|c| ((), c.entries.as_slice(), c.names.as_slice()));
        let room = Room {
            table,
            names,
            names_off: FIRST_NAME.len() as u32,
        };
        write_parts(store, parts, SYM_SIZE, room, |(), entry, off, out| {
            let name = entry.name.wrapping_add(off);
            Sym { name, ..*entry }.write(out);
        });
    }
}

impl MachoSymbolInput<'_> {
    fn class(&self, s: SymId) -> Class {
        let attrs = self.syms.foreign.attrs(s);
        match self.syms.kind(s) {
            SymKind::DynImport | SymKind::HostObj | SymKind::UndefExt => Class::Imported,
            _ if attrs.is_some_and(|a| a.is_export()) => Class::Exported,
            _ => Class::Local,
        }
    }

    /// All symbols that have an entry, in the order in which they are found.
    fn found(&self) -> Vec<SymId> {
        let MachoSymbolInput {
            syms, data, strip, ..
        } = *self;
        let by_kind = shown_by_kind(syms, data);
        let exported = |s: SymId| syms.foreign.attrs(s).is_some_and(|a| a.export_dynamic);
        let is_shown = |s: &SymId| {
            let s = *s;
            if self.class(s) == Class::Imported {
                return true;
            }
            (!strip || exported(s)) && by_kind(s, syms.kind(s))
        };
        let text = self.order.textp.iter().copied();
        let mut found = Vec::new();
        match strip {
            true => found.extend(text.filter(|&s| exported(s))),
            false => {
                // They may be functions like others.
                let apart = self.order.textp.first() != Some(&self.text.text);
                found.extend(apart.then_some(self.text.text));
                found.extend(self.layout.cuts.iter().map(|c| c.marker));
                found.extend(apart.then_some(self.text.etext));
                found.extend(text);
            }
        }
        let candidates = match strip {
            _ if self.external => self.live.reachable.iter().collect(),
            // Nothing else can be exported or imported.
            true => {
                let live = |s: &SymId| self.live.reachable.has(*s) && !syms.kind(*s).is_text();
                let mut all: Vec<SymId> = syms.foreign.cgo.keys().copied().filter(live).collect();
                all.sort_unstable();
                all
            }
            false => shown_data(syms, self.live, data),
        };
        found.par_extend(candidates.into_par_iter().filter(is_shown));
        found
    }

    /// The symbols in the order of the table.
    fn sorted(&self) -> Vec<SymId> {
        let found = self.found();
        let key = |i: &u32| {
            let s = found[*i as usize];
            (self.class(s), self.syms.ext_name(s))
        };
        // Who comes when by name alone, the same rank for the same name.
        let mut by_name: Vec<u32> = (0..found.len() as u32).collect();
        by_name.par_sort_unstable_by(|a, b| key(a).cmp(&key(b)));
        let mut ranked = vec![(0, SymId::NONE); found.len()];
        let mut rank = 0;
        for (n, &i) in by_name.iter().enumerate() {
            if n > 0 && key(&by_name[n - 1]).cmp(&key(&i)) != Ordering::Equal {
                rank += 1;
            }
            ranked[i as usize] = (rank, found[i as usize]);
        }
        gosort::par_sort_by(
            &mut ranked,
            self.syms.gover.shuffle,
            |a: &(u32, SymId), b| a.0 < b.0,
        );
        ranked.into_iter().map(|(_, s)| s).collect()
    }

    fn chunk(&self, list: &[SymId]) -> Chunk {
        let mut names = Vec::new();
        let entries = list.iter().map(|&s| self.entry(s, &mut names)).collect();
        Chunk { entries, names }
    }

    /// Whether other modules of Go code find a symbol (`machoShouldExport`): what they would have twice else,
    /// variables and types above all. Functions that types have for comparisons appear in the pclntab.
    fn is_shared(&self, s: SymId) -> bool {
        let syms = self.syms;
        if !self.dynlink || syms.local.has(s) {
            return false;
        }
        let (kind, name) = (syms.kind(s), syms.name(s));
        if kind.is_text() && is_hashed_text(syms, s) {
            return false;
        }
        let begins = |prefix: &[u8]| name.starts_with(prefix);
        let rank = |k| syms.gover.rank(k);
        self.plugin.is_some_and(|p| syms.ext_name(s).starts_with(p))
            || begins(b"go:itab.")
            || begins(b"type:") && !begins(b"type:.")
            || begins(b"go:link.pkghash")
            || rank(kind) >= rank(SymKind::FirstWritable)
    }

    /// The entry of a symbol; its name goes to `names`.
    fn entry(&self, s: SymId, names: &mut Vec<u8>) -> Sym {
        let MachoSymbolInput { syms, addrs, .. } = *self;
        let off = names.len() as u32;
        names.push(b'_');
        put_name(names, syms.ext_name(s));
        let is_text = syms.kind(s).is_text();
        if is_text && has_internal_twin(syms, syms.version(s), syms.name(s)) {
            names.extend_from_slice(ABI_SUFFIX);
        }
        names.push(0);
        let imported = self.class(s) == Class::Imported;
        let attrs = syms.foreign.attrs(s);
        let typ = match attrs {
            _ if imported => N_EXT,
            Some(a) if a.export_dynamic => N_SECT | N_EXT,
            _ if self.is_shared(s) => N_SECT | N_EXT,
            Some(a) if a.export_static => N_SECT | N_EXT | N_PEXT,
            _ => N_SECT,
        };
        Sym {
            name: off,
            typ,
            section: match imported {
                true => 0,
                false => self.layout.object_section(addrs.section(s), addrs.addr(s)),
            },
            value: match imported {
                true => 0,
                false => addrs.addr(s),
            },
        }
    }
}

/// Appends a name, middle dots as dots.
fn put_name(out: &mut Vec<u8>, name: &[u8]) {
    let mut from = 0;
    for i in middle_dots(name) {
        out.extend_from_slice(&name[from..i]);
        out.push(b'.');
        from = i + 2;
    }
    out.extend_from_slice(&name[from..]);
}
