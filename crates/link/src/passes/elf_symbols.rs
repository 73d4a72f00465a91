//! The ELF symbol table (`ld/symtab.go:asmElfSym`, `genelfsym`, `putelfsym`).
//!
//! Entries are counted first, in parallel, and then written in place.

use format::elf::{SYM_SIZE, Sym, SymtabSizes, consts::*};
use gover::{ContentHashedText, SymKind};
use layout::{Addresses, Buckets, TextOrder};
use rayon::prelude::*;
use reach::Live;
use symbols::{SymId, Symbols};
use tables::TextMarkers;

/// What the table is made from.
pub struct ElfSymbols<'a> {
    syms: &'a Symbols,
    addrs: &'a Addresses,
    chunks: Vec<Chunk<'a>>,
    /// Sizes of the table.
    pub sizes: SymtabSizes,
}

/// Entries, and how much room they take.
#[derive(Default)]
struct Chunk<'a> {
    entries: Vec<Entry<'a>>,
    /// Number and name bytes of the local and of the global entries.
    n: [u64; 2],
    len: [u64; 2],
}

#[derive(Clone, Copy)]
struct Entry<'a> {
    name: &'a [u8],
    sym: SymId,
    global: bool,
    /// Besides the global entry there is a local one under another name, for references within the
    /// module.
    both: bool,
    func: bool,
    /// The name has `.abi0` behind it.
    abi: bool,
    /// The name has a middle dot.
    dots: bool,
    /// What it is, if neither code nor data of this file.
    imported: bool,
}

const ABI_SUFFIX: &[u8] = b".abi0";
const LOCAL_PREFIX: &[u8] = b"local.";
const FILE_NAME: &[u8] = b"go.go\0";
const CHUNK: usize = 1 << 12;

impl Entry<'_> {
    fn name_len(&self) -> u64 {
        let mut n = self.name.len();
        if self.dots {
            n -= middle_dots(self.name).count();
        }
        if self.abi {
            n += ABI_SUFFIX.len();
        }
        n as u64 + 1
    }

    /// Whether it is among the local (`false`) or the global entries.
    #[inline]
    fn is_in(&self, global: bool) -> bool {
        self.global == global || self.both
    }
}

/// The symbol of the other ABI that has this name. No object knows the names of linker-made text.
pub(super) fn twin(syms: &Symbols, s: SymId, name: &[u8]) -> Option<SymId> {
    match s.0 >= syms.ext_start() {
        true => syms.lookup_known(name, symbols::VERSION_ABI_INTERNAL),
        false => syms.lookup(name, symbols::VERSION_ABI_INTERNAL),
    }
}

/// By number, the symbols that may have an entry besides text: what data layout saw and does not
/// hide, and what the linker made.
fn shown_data(syms: &Symbols, live: &Live, data: &Buckets) -> Vec<SymId> {
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

/// Whether the compiler made the name up for a variable of its own (`..stmp_`).
fn is_temporary(name: &[u8]) -> bool {
    name.windows(7).any(|w| w == b"..stmp_")
}

impl<'a> ElfSymbols<'a> {
    /// Collects the entries: text in its order, then data and imported symbols by number. `dynlink`
    /// says whether modules of Go code meet in the process: then functions have a local entry too.
    pub fn collect(
        syms: &'a Symbols,
        live: &Live,
        order: &TextOrder,
        text: &TextMarkers,
        data: &Buckets,
        addrs: &'a Addresses,
        dynlink: bool,
    ) -> ElfSymbols<'a> {
        let entry = |s: SymId, func: bool| -> Entry<'a> {
            let kind = syms.kind(s);
            let is_text = kind.is_text();
            let version = syms.version(s);
            let name = syms.ext_name(s);
            let is_static = version >= symbols::VERSION_STATIC && !is_temporary(name);
            let hashed = syms.gover.content_hashed_text == ContentHashedText::Local
                && is_text
                && syms.is_content_hashed(s);
            let abi = syms.abi_wrappers
                && is_text
                && version != symbols::VERSION_ABI_INTERNAL
                && version < symbols::VERSION_STATIC
                && twin(syms, s, name).is_some_and(|o| syms.kind(o).is_text());
            let hidden = !syms.foreign.hidden.is_empty() && syms.foreign.hidden.contains(&s);
            let global = !(is_static || hashed || hidden || syms.local.has(s));
            Entry {
                name,
                sym: s,
                global,
                both: dynlink && global && is_text,
                imported: kind == SymKind::DynImport,
                func,
                abi,
                dots: !dynlink
                    && name.contains(&"·".as_bytes()[0])
                    && middle_dots(name).next().is_some(),
            }
        };
        let finish = |entries: Vec<Entry<'a>>| -> Chunk<'a> {
            let mut c = Chunk {
                entries,
                ..Chunk::default()
            };
            for e in &c.entries {
                c.n[usize::from(e.global)] += 1;
                c.len[usize::from(e.global)] += e.name_len();
                if e.both {
                    c.n[0] += 1;
                    c.len[0] += e.name_len() + LOCAL_PREFIX.len() as u64;
                }
            }
            c
        };
        let g = syms.gover;
        let (low, high) = (
            g.rank(SymKind::ElfRxSect),
            g.rank(SymKind::FirstUnallocated),
        );
        let is_shown = |s: SymId| {
            let kind = syms.kind(s);
            let r = g.rank(kind);
            kind == SymKind::DynImport
                || r >= low
                    && r < high
                    && kind != SymKind::TlsBss
                    && !data.hidden.has(s)
                    && !matches!(syms.name(s).first(), None | Some(b'.'))
        };
        let mut chunks = vec![finish(vec![entry(text.text, true)])];
        chunks.par_extend(
            order
                .textp
                .par_chunks(CHUNK)
                .map(|c| finish(c.iter().map(|&s| entry(s, true)).collect())),
        );
        chunks.push(finish(vec![entry(text.etext, true)]));
        let shown = shown_data(syms, live, data);
        chunks.par_extend(shown.par_chunks(CHUNK).map(|c| {
            let shown = c.iter().filter(|&&s| is_shown(s));
            finish(shown.map(|&s| entry(s, false)).collect())
        }));
        let sum = |f: fn(&Chunk) -> u64| chunks.iter().map(f).sum::<u64>();
        let locals = 2 + sum(|c| c.n[0]);
        let sizes = SymtabSizes {
            n_syms: locals + sum(|c| c.n[1]),
            first_global: locals as u32,
            strtab: 1 + FILE_NAME.len() as u64 + sum(|c| c.len[0]) + sum(|c| c.len[1]),
        };
        ElfSymbols {
            syms,
            addrs,
            chunks,
            sizes,
        }
    }

    /// Writes the entries to `symtab` and the names to `strtab`, both zeroed and of the sizes
    /// announced. `index` gives the header index of a section number.
    pub fn write(&self, symtab: &mut [u8], strtab: &mut [u8], index: &[u16]) {
        let file = Sym {
            name: 1,
            bind: STB_LOCAL,
            typ: STT_FILE,
            shndx: SHN_ABS,
            ..Sym::default()
        };
        let (head, syms_rest) = symtab.split_at_mut(2 * SYM_SIZE);
        file.write(&mut head[SYM_SIZE..]);
        let (head, names_rest) = strtab.split_at_mut(1 + FILE_NAME.len());
        head[1..].copy_from_slice(FILE_NAME);
        let mut off = head.len() as u64;
        let (mut syms_rest, mut names_rest) = (syms_rest, names_rest);
        let mut tasks = Vec::new();
        for global in [false, true] {
            for c in &self.chunks {
                let g = usize::from(global);
                let (s, r) = syms_rest.split_at_mut(c.n[g] as usize * SYM_SIZE);
                syms_rest = r;
                let (n, r) = names_rest.split_at_mut(c.len[g] as usize);
                names_rest = r;
                tasks.push((c, global, s, n, off));
                off += c.len[g];
            }
        }
        tasks
            .into_par_iter()
            .for_each(|(c, global, mut out, names, off)| {
                let mut at = 0;
                for e in c.entries.iter().filter(|e| e.is_in(global)) {
                    let s = e.sym;
                    Sym {
                        name: off as u32 + at as u32,
                        bind: if global { STB_GLOBAL } else { STB_LOCAL },
                        typ: match e {
                            Entry { imported: true, .. } => STT_NOTYPE,
                            Entry { func: true, .. } => STT_FUNC,
                            _ => STT_OBJECT,
                        },
                        other: match self.syms.foreign.hidden.contains(&s) {
                            true => STV_HIDDEN,
                            false => 0,
                        },
                        shndx: index[usize::from(self.addrs.section(s).0)],
                        value: self.addrs.addr(s),
                        size: if e.imported { 0 } else { self.syms.size(s) },
                    }
                    .write(out);
                    out = &mut out[SYM_SIZE..];
                    if e.both && !global {
                        names[at..][..LOCAL_PREFIX.len()].copy_from_slice(LOCAL_PREFIX);
                        at += LOCAL_PREFIX.len();
                    }
                    at += put_name(&mut names[at..], e);
                }
            });
    }
}

/// Writes a name as the table has it, with its final zero; gives its length.
fn put_name(out: &mut [u8], e: &Entry) -> usize {
    let name = e.name;
    let mut at = 0;
    let mut put = |b: &[u8]| {
        out[at..at + b.len()].copy_from_slice(b);
        at += b.len();
    };
    if e.dots {
        // Tools for ASCII only cannot read the middle dot.
        let mut from = 0;
        for i in middle_dots(name) {
            put(&name[from..i]);
            put(b".");
            from = i + 2;
        }
        put(&name[from..]);
    } else {
        put(name);
    }
    if e.abi {
        put(ABI_SUFFIX);
    }
    at + 1
}
