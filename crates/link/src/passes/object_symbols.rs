//! The symbol table of a relocatable object (`ld/symtab.go:asmElfSym`, `genelfsym`, `putelfsym`
//! with a host linker).
//!
//! Entries are counted first, in parallel, and then written in place. Relocations need their
//! numbers.

use super::elf_symbols::{has_internal_twin, is_hashed_text, is_temporary, middle_dots};
use super::object::SymbolNumbers;
use format::elf::{SYM_SIZE, Sym, SymtabSizes, consts::*};
use gover::{RelocType, SymKind};
use layout::{Addresses, TextOrder};
use rayon::prelude::*;
use reach::Live;
use std::ops::Range;
use symbols::{BitSet, SymId, Symbols};
use tables::TextMarkers;

/// How names are written and who sees them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Naming {
    /// Go symbols are linked dynamically: they are global, and names stay as they are.
    pub dynlink: bool,
    /// A Go shared library is made: names of functions tell their ABI.
    pub shared: bool,
}

/// What the table is made from.
pub struct ObjectSymbols<'a> {
    syms: &'a Symbols,
    naming: Naming,
    chunks: Vec<Chunk>,
    /// Section header indices of the debug sections.
    debug: Vec<u16>,
    /// Sizes of the table.
    pub sizes: SymtabSizes,
    /// By symbol, the entry that relocations use; 0 for none.
    number: Vec<u32>,
}

/// Entries, and what they take.
#[derive(Default)]
struct Chunk {
    entries: Vec<Entry>,
    /// Number and name bytes of the local and of the global entries.
    n: [u64; 2],
    len: [u64; 2],
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Bind {
    Local,
    Global,
    /// Global, and local under another name, which the object's own references use.
    Both,
}

#[derive(Clone, Copy)]
struct Entry {
    sym: SymId,
    bind: Bind,
    typ: u8,
    /// What is behind the name.
    suffix: &'static str,
    /// The name has a middle dot to be replaced.
    dots: bool,
    /// Nothing here defines it.
    undefined: bool,
}

const LOCAL_PREFIX: &[u8] = b"local.";
const FILE_NAME: &[u8] = b"go.go\0";
const CHUNK: usize = 1 << 14;

impl Entry {
    fn name_len(self, syms: &Symbols) -> u64 {
        let name = syms.ext_name(self.sym);
        let mut n = name.len() + self.suffix.len();
        if self.dots {
            n -= middle_dots(name).count();
        }
        n as u64 + 1
    }

    /// Whether it is among the local (`false`) or the global entries.
    fn is_in(self, global: bool) -> bool {
        match self.bind {
            Bind::Local => !global,
            Bind::Global => global,
            Bind::Both => true,
        }
    }
}

impl Naming {
    /// The entry of a symbol (`putelfsym`).
    fn entry(self, syms: &Symbols, s: SymId, typ: u8) -> Entry {
        let kind = syms.kind(s);
        let (is_text, version) = (kind.is_text(), syms.version(s));
        let name = syms.ext_name(s);
        let cgo = syms.foreign.attrs(s);
        let undefined = matches!(
            kind,
            SymKind::DynImport | SymKind::HostObj | SymKind::UndefExt
        );
        let file_local = version >= symbols::VERSION_STATIC && !is_temporary(name);
        let hashed = is_text && is_hashed_text(syms, s);
        let local = file_local
            || hashed
            || syms.local.has(s)
            || (!self.dynlink && !undefined && !cgo.is_some_and(|a| a.export_static));
        let mut suffix = "";
        if syms.abi_wrappers && is_text {
            let internal = version == symbols::VERSION_ABI_INTERNAL;
            if has_internal_twin(syms, version, name) {
                suffix = ".abi0";
            }
            let exported = cgo.is_some_and(|a| a.is_export());
            if self.shared && internal && !exported && !name.starts_with(b"type:") {
                suffix = ".abiinternal";
            }
        }
        Entry {
            sym: s,
            bind: match (local, self.dynlink && is_text) {
                (true, _) => Bind::Local,
                (false, true) => Bind::Both,
                (false, false) => Bind::Global,
            },
            typ,
            suffix,
            dots: !self.dynlink && middle_dots(name).next().is_some(),
            undefined,
        }
    }
}

impl Chunk {
    /// Some entries, counted.
    fn of(syms: &Symbols, entries: Vec<Entry>) -> Chunk {
        let mut c = Chunk {
            entries,
            ..Chunk::default()
        };
        for e in &c.entries {
            let len = e.name_len(syms);
            if e.is_in(false) {
                c.n[0] += 1;
                c.len[0] += len;
                if e.bind == Bind::Both {
                    c.len[0] += LOCAL_PREFIX.len() as u64;
                }
            }
            if e.is_in(true) {
                c.n[1] += 1;
                c.len[1] += len;
            }
        }
        c
    }
}

/// The types of the entries of data.
struct DataTypes<'a> {
    syms: &'a Symbols,
    hidden: &'a BitSet,
    /// The ranks of kinds that have any.
    ranks: Range<u8>,
}

impl<'a> DataTypes<'a> {
    fn new(syms: &'a Symbols, hidden: &'a BitSet) -> DataTypes<'a> {
        let rank = |kind| syms.gover.rank(kind);
        DataTypes {
            syms,
            hidden,
            ranks: rank(SymKind::ElfRxSect)..rank(SymKind::Xref),
        }
    }

    /// That of a symbol, if it has an entry.
    fn of(&self, s: SymId) -> Option<u8> {
        let syms = self.syms;
        let imported = &syms.foreign.imported;
        let kind = syms.kind(s);
        match kind {
            SymKind::DynImport if !imported.is_empty() => {
                return Some(imported.get(&s).map_or(STT_NOTYPE, |i| i.elf_type));
            }
            SymKind::HostObj | SymKind::DynImport | SymKind::UndefExt => {
                return Some(STT_NOTYPE);
            }
            _ if !self.ranks.contains(&syms.gover.rank(kind)) => return None,
            _ => {}
        }
        if self.hidden.has(s) || matches!(syms.name(s).first(), None | Some(b'.')) {
            return None;
        }
        Some(match kind {
            SymKind::TlsBss => STT_TLS,
            _ => STT_OBJECT,
        })
    }
}

/// The entries that relocations use (`ElfSymForReloc`).
impl SymbolNumbers for ObjectSymbols<'_> {
    #[inline]
    fn number(&self, s: SymId, _: RelocType, _: i64) -> Option<u32> {
        match self.number[s.index()] {
            0 => None,
            n => Some(n),
        }
    }

    fn debug_number(&self, i: usize) -> u32 {
        1 + i as u32
    }
}

impl<'a> ObjectSymbols<'a> {
    /// Collects the entries. `debug` are the section header indices of debug sections, which have
    /// entries of their own.
    pub fn collect(
        syms: &'a Symbols,
        live: &Live,
        order: &TextOrder,
        text: &TextMarkers,
        hidden: &BitSet,
        debug: Vec<u16>,
        naming: Naming,
    ) -> ObjectSymbols<'a> {
        let n = syms.len();
        let one = |s| Chunk::of(syms, vec![naming.entry(syms, s, STT_FUNC)]);
        let functions = |some: &[SymId]| {
            let entries = some.iter().map(|&s| naming.entry(syms, s, STT_FUNC));
            Chunk::of(syms, entries.collect())
        };
        let mut chunks = vec![one(text.text)];
        chunks.par_extend(order.textp.par_chunks(CHUNK).map(functions));
        chunks.push(one(text.etext));
        let types = DataTypes::new(syms, hidden);
        chunks.par_extend((0..n.div_ceil(4 * CHUNK)).into_par_iter().map(|c| {
            let range = c * 4 * CHUNK..((c + 1) * 4 * CHUNK).min(n);
            let live = live.reachable.iter_range(range);
            let entries = live.filter_map(|s| Some(naming.entry(syms, s, types.of(s)?)));
            Chunk::of(syms, entries.collect())
        }));
        let sum = |f: fn(&Chunk) -> u64| chunks.iter().map(f).sum::<u64>();
        let first = 2 + debug.len() as u64;
        let locals = first + sum(|c| c.n[0]);
        let sizes = SymtabSizes {
            n_syms: locals + sum(|c| c.n[1]),
            first_global: locals as u32,
            strtab: 1 + FILE_NAME.len() as u64 + sum(|c| c.len[0]) + sum(|c| c.len[1]),
        };
        let mut number = vec![0; n];
        let mut next = first as u32;
        for global in [false, true] {
            for e in chunks.iter().flat_map(|c| &c.entries) {
                if !e.is_in(global) {
                    continue;
                }
                let at = &mut number[e.sym.index()];
                if *at == 0 || e.bind != Bind::Both {
                    *at = next;
                }
                next += 1;
            }
        }
        ObjectSymbols {
            syms,
            naming,
            chunks,
            debug,
            sizes,
            number,
        }
    }

    /// Writes the entries to `symtab` and the names to `strtab`, both zeroed and of the sizes
    /// announced.
    pub fn write(&self, addrs: &Addresses, symtab: &mut [u8], strtab: &mut [u8]) {
        let (head, syms_rest) = symtab.split_at_mut((2 + self.debug.len()) * SYM_SIZE);
        for (&shndx, out) in self.debug.iter().zip(head[SYM_SIZE..].chunks_mut(SYM_SIZE)) {
            Sym {
                typ: STT_SECTION,
                shndx,
                ..Sym::default()
            }
            .write(out);
        }
        Sym {
            name: 1,
            bind: STB_LOCAL,
            typ: STT_FILE,
            shndx: SHN_ABS,
            ..Sym::default()
        }
        .write(&mut head[(1 + self.debug.len()) * SYM_SIZE..]);
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
                    self.symbol(e, global, off as u32 + at as u32, addrs)
                        .write(out);
                    out = &mut out[SYM_SIZE..];
                    let prefix = match e.bind == Bind::Both && !global {
                        true => LOCAL_PREFIX,
                        false => b"",
                    };
                    at += self.put_name(&mut names[at..], prefix, e);
                }
            });
    }

    fn symbol(&self, e: &Entry, global: bool, name: u32, addrs: &Addresses) -> Sym {
        let s = e.sym;
        let section = addrs.section(s);
        let mut sym = Sym {
            name,
            bind: if global { STB_GLOBAL } else { STB_LOCAL },
            typ: e.typ,
            ..Sym::default()
        };
        if e.undefined {
            // A plugin's text has a place for what tells the runtime of it, imported or not.
            sym.value = addrs.addr(s);
            return sym;
        }
        // Sections are in the order of their headers, behind the null one.
        sym.shndx = section.0.into();
        let base = addrs.section_addr(section);
        sym.value = addrs.addr(s).wrapping_sub(base);
        sym.size = self.syms.size(s);
        sym
    }

    /// Writes a name with its final zero; gives its length.
    fn put_name(&self, out: &mut [u8], prefix: &[u8], e: &Entry) -> usize {
        let name = self.syms.ext_name(e.sym);
        let mut at = 0;
        let mut put = |b: &[u8]| {
            out[at..at + b.len()].copy_from_slice(b);
            at += b.len();
        };
        put(prefix);
        let mut from = 0;
        if e.dots {
            debug_assert!(!self.naming.dynlink);
            // Tools for ASCII only cannot read the middle dot.
            for i in middle_dots(name) {
                put(&name[from..i]);
                put(b".");
                from = i + 2;
            }
        }
        put(&name[from..]);
        put(e.suffix.as_bytes());
        at + 1
    }
}
