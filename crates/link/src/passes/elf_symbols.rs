//! The ELF symbol table (`ld/symtab.go:asmElfSym`, `genelfsym`, `putelfsym`).
//!
//! Entries and their names are made first, in parallel, and put in place when the file has a size. The
//! names lie all over the inputs, so that they are read once.

use super::symbol_parts::{Room, shown_by_kind, write_parts};
use crate::output::Store;
use format::elf::{SYM_SIZE, Sym, SymtabSizes, consts::*};
use gover::{ContentHashedText, SymKind};
use layout::{Addresses, Buckets, SectionId, TextOrder};
use rayon::prelude::*;
use reach::Live;
use symbols::ahead::{Ahead, Reads};
use symbols::{SymId, Symbols};
use tables::TextMarkers;

/// The table in the making.
pub struct ElfSymbols {
    chunks: Vec<Chunk>,
    /// Sizes of the table.
    pub sizes: SymtabSizes,
}

/// Some of the entries: the local and the global ones.
type Chunk = [Part; 2];

/// Entries that follow one another.
#[derive(Default)]
struct Part {
    entries: Vec<Entry>,
    /// Their names, as the table has them.
    names: Vec<u8>,
}

struct Entry {
    /// Offset in [`Part::names`].
    name: u32,
    typ: u8,
    other: u8,
    section: SectionId,
    value: u64,
    size: u64,
}

pub(super) const ABI_SUFFIX: &[u8] = b".abi0";
const LOCAL_PREFIX: &[u8] = b"local.";
const FILE_NAME: &[u8] = b"go.go\0";
const CHUNK: usize = 1 << 12;

/// The symbol of the other ABI that has this name.
fn twin(syms: &Symbols, name: &[u8]) -> Option<SymId> {
    syms.lookup(name, symbols::VERSION_ABI_INTERNAL)
}

/// By number, the symbols that may have an entry besides text: what data layout saw and does not
/// hide, and what the linker made.
pub(super) fn shown_data(syms: &Symbols, live: &Live, data: &Buckets) -> Vec<SymId> {
    let laid_out = data.by_kind.par_iter().flat_map_iter(|b| {
        let ids = b.syms.iter().map(|d| d.sym);
        ids.filter(|&s| !data.hidden.has(s))
    });
    let mut all: Vec<SymId> = laid_out.collect();
    all.extend(syms.linker_made().filter(|&s| live.reachable.has(s)));
    all.par_sort_unstable();
    all.dedup();
    all
}

/// Offsets of the middle dots (two bytes each) in a name.
pub(super) fn middle_dots(name: &[u8]) -> impl Iterator<Item = usize> + '_ {
    name.windows(2)
        .enumerate()
        .filter(|(_, w)| *w == "·".as_bytes())
        .map(|(i, _)| i)
}

/// Whether the compiler made the name up for a variable of its own, which modules share (`isStaticTmp`).
pub(super) fn is_temporary(name: &[u8]) -> bool {
    name.windows(7).any(|w| w == b"..stmp_")
}

/// Whether a function is found by its content, in a release where such ones are local.
pub(super) fn is_hashed_text(syms: &Symbols, s: SymId) -> bool {
    syms.gover.content_hashed_text == ContentHashedText::Local && syms.is_content_hashed(s)
}

/// Whether a function of another ABI than Go's own has the name of one of that: then its own gets a suffix.
pub(super) fn has_internal_twin(syms: &Symbols, version: i32, name: &[u8]) -> bool {
    syms.abi_wrappers
        && version != symbols::VERSION_ABI_INTERNAL
        && version < symbols::VERSION_STATIC
        && twin(syms, name).is_some_and(|o| syms.kind(o).is_text())
}

impl ElfSymbols {
    /// Makes the entries: text in its order, then data and imported symbols by number. `dynlink`
    /// says whether modules of Go code meet in the process: then functions have a local entry too.
    pub fn collect(
        syms: &Symbols,
        live: &Live,
        order: &TextOrder,
        text: &TextMarkers,
        data: &Buckets,
        addrs: &Addresses,
        dynlink: bool,
    ) -> ElfSymbols {
        let put = |to: &mut Chunk, s: SymId, func: bool| {
            let kind = syms.kind(s);
            let is_text = kind.is_text();
            let version = syms.version(s);
            let name = syms.ext_name(s);
            let is_static = version >= symbols::VERSION_STATIC && !is_temporary(name);
            let hashed = is_text && is_hashed_text(syms, s);
            let abi = is_text && has_internal_twin(syms, version, name);
            let hidden = !syms.foreign.hidden.is_empty() && syms.foreign.hidden.contains(&s);
            let global = !(is_static || hashed || hidden || syms.local.has(s));
            let imported = kind == SymKind::DynImport;
            // Besides the global entry there is a local one under another name, for references within
            // the module.
            let both = dynlink && global && is_text;
            for in_global in [false, true] {
                if in_global != global && !both {
                    continue;
                }
                let part = &mut to[usize::from(in_global)];
                part.entries.push(Entry {
                    // Cut off only if the table is too large for the format.
                    name: part.names.len() as u32,
                    typ: match (imported, func) {
                        (true, _) => STT_NOTYPE,
                        (false, true) => STT_FUNC,
                        (false, false) => STT_OBJECT,
                    },
                    other: if hidden { STV_HIDDEN } else { 0 },
                    section: addrs.section(s),
                    value: addrs.addr(s),
                    size: if imported { 0 } else { syms.size(s) },
                });
                if in_global != global {
                    part.names.extend_from_slice(LOCAL_PREFIX);
                }
                put_name(&mut part.names, name, abi, !dynlink);
            }
        };
        let chunk = |list: &[SymId], func, is_shown: &dyn Fn(SymId) -> bool| {
            let mut c = Chunk::default();
            let ahead = Ahead::new(syms, list.len(), Reads::Names, |i| list[i]);
            for (i, &s) in list.iter().enumerate() {
                ahead.at(i);
                if is_shown(s) {
                    addrs.prefetch(s);
                    put(&mut c, s, func);
                }
            }
            c
        };
        let one = |s: SymId| chunk(&[s], true, &|_| true);
        let by_kind = shown_by_kind(syms, data);
        let is_shown = |s: SymId| {
            let kind = syms.kind(s);
            kind == SymKind::DynImport || by_kind(s, kind)
        };
        let mut chunks = vec![one(text.text)];
        let functions = order.textp.par_chunks(CHUNK);
        chunks.par_extend(functions.map(|c| chunk(c, true, &|_| true)));
        chunks.push(one(text.etext));
        let shown = shown_data(syms, live, data);
        let data = shown.par_chunks(CHUNK);
        chunks.par_extend(data.map(|c| chunk(c, false, &is_shown)));
        let sum = |f: &dyn Fn(&Chunk) -> usize| chunks.iter().map(f).sum::<usize>() as u64;
        let locals = 2 + sum(&|c| c[0].entries.len());
        let sizes = SymtabSizes {
            n_syms: locals + sum(&|c| c[1].entries.len()),
            first_global: locals as u32,
            strtab: 1 + FILE_NAME.len() as u64 + sum(&|c| c[0].names.len() + c[1].names.len()),
        };
        ElfSymbols { chunks, sizes }
    }

    /// Has `store` put the entries into `symtab` and the names into `strtab`, which are of the sizes
    /// announced. `index` gives the header index of a section number.
    pub fn write(&self, store: &Store, symtab: &mut [u8], strtab: &mut [u8], index: &[u16]) {
        let file = Sym {
            name: 1,
            bind: STB_LOCAL,
            typ: STT_FILE,
            shndx: SHN_ABS,
            ..Sym::default()
        };
        let (head, table) = symtab.split_at_mut(2 * SYM_SIZE);
        store.make(head, |out| file.write(&mut out[SYM_SIZE..]));
        let (head, names) = strtab.split_at_mut(1 + FILE_NAME.len());
        let names_off = head.len() as u32;
        store.make(head, |out| out[1..].copy_from_slice(FILE_NAME));
        let groups = [(STB_LOCAL, 0), (STB_GLOBAL, 1)].into_iter();
        let parts = groups.flat_map(|(bind, g)| {
            let parts = self.chunks.iter().map(move |c| &c[g]);
            parts.map(move |p| (bind, p.entries.as_slice(), p.names.as_slice()))
        });
        let room = Room {
            table,
            names,
            names_off,
        };
        write_parts(store, parts, SYM_SIZE, room, |bind, e, off, out| {
            let entry = Sym {
                name: off + e.name,
                bind,
                typ: e.typ,
                other: e.other,
                shndx: index[usize::from(e.section.0)],
                value: e.value,
                size: e.size,
            };
            entry.write(out);
        });
    }
}

/// Appends a name as the table has it, with its final zero. `ascii`: middle dots become dots.
fn put_name(out: &mut Vec<u8>, name: &[u8], abi: bool, ascii: bool) {
    let mut from = 0;
    if ascii && name.contains(&"·".as_bytes()[0]) {
        // Tools for ASCII only cannot read the middle dot.
        for i in middle_dots(name) {
            out.extend_from_slice(&name[from..i]);
            out.push(b'.');
            from = i + 2;
        }
    }
    out.extend_from_slice(&name[from..]);
    if abi {
        out.extend_from_slice(ABI_SUFFIX);
    }
    out.push(0);
}
