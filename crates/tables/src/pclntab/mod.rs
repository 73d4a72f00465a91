//! The pclntab: what the runtime knows of functions and lines (`ld/pcln.go`).
//!
//! [`plan`] runs when text has its addresses. It goes over the functions once, in parallel, and finds
//! out what each table holds and where; [`PclntabPlan::make_symbols`] makes the tables' symbols with
//! their final sizes. [`PclntabPlan::fill`] runs when all symbols have addresses and makes the tables part by part, each
//! for its place in the output.
//!
//! ```text
//! runtime.pclntab        carrier, starts with the first table
//!   runtime.pcheader     magic, counts, offsets of the tables
//!   runtime.funcnametab  names
//!   runtime.cutab        per unit, file number → name
//!   runtime.filetab      file names
//!   runtime.pctab        pc-value tables
//!   runtime.functab      pc → function, function records
//!   go:func.*            funcdata
//! runtime.findfunctab    pc → function, coarse
//! ```
//!
//! The size of every table but the last is rounded up to the size of a pointer, and moduledata
//! reports it rounded.
//!
//! In releases where funcdata is data (`FuncdataHome::Rodata`), `go:func.*` is no table, inline trees are
//! symbols of their own, and function records say how far funcdata is from `go:func.*`.

mod chunk;
mod collect;
mod files;
mod findfunc;
mod first_use;
mod funcdata;
mod funcs;
mod names;
mod pc_tables;
mod pcdata;
mod split;

use crate::maker::{Maker, TableRef};
use crate::moduledata::PclntabRefs;
use chunk::{Chunk, INLINE_TREE, NameUse};
use collect::Collector;
pub use files::FileNames;
use files::Files;
use first_use::FirstUse;
use funcdata::{DataPiece, Funcdata};
use gover::{FuncdataHome, PclntabShape, RelocType, SymKind};
use layout::{Addresses, SectionId, TextLayout, TextOrder};
use pc_tables::PcTables;
use rayon::prelude::*;
use reach::ReachError;
use rustc_hash::FxHashMap;
pub use split::Make;
use split::PART;
use std::borrow::Cow;
use symbols::{BitSet, SymId, Symbols};
use target::ArchInfo;

/// What is wrong with the input of the pclntab.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PclntabError {
    /// An inlined function is not a Go function.
    #[error("inlined function {sym} missing func info")]
    NoFuncInfo {
        /// The function.
        sym: String,
    },
    /// Funcdata is empty.
    #[error("{sym}: zero size funcdata")]
    ZeroSize {
        /// The symbol.
        sym: String,
    },
    /// A function lies too far from the start of text.
    #[error("{sym}: textOff overflow: {offset:#x}")]
    TextOffset {
        /// The function.
        sym: String,
        /// Its distance from the start of text, bytes.
        offset: u64,
    },
    /// Funcdata has a relocation of another kind than a four-byte offset.
    #[error("{sym}: unsupported reloc {typ} of size {size} for funcdata symbol")]
    BadReloc {
        /// The symbol.
        sym: String,
        /// The relocation's type.
        typ: RelocType,
        /// Its size in bytes.
        size: u8,
    },
    /// Funcdata refers to a symbol without a section.
    #[error("{sym}: missing section for relocation target {target} for funcdata symbol")]
    NoSection {
        /// The symbol.
        sym: String,
        /// What it refers to.
        target: String,
    },
    /// An offset in funcdata does not fit.
    #[error("{sym}: ADDROFF relocation out of range for funcdata symbol: {value:#x}")]
    OffsetOverflow {
        /// The symbol.
        sym: String,
        /// The offset.
        value: i64,
    },
    /// Functions are too small for findfunctab.
    #[error("too many functions in a findfunc bucket! {bucket}/{buckets} {part} {functions}")]
    CrowdedBucket {
        /// Number of the bucket.
        bucket: usize,
        /// Number of buckets.
        buckets: usize,
        /// Number of the part of the bucket.
        part: usize,
        /// Number of functions before it in the bucket.
        functions: usize,
    },
}

impl PclntabError {
    fn no_func_info(syms: &Symbols, s: SymId) -> PclntabError {
        let sym = if s.is_none() {
            "?".to_owned()
        } else {
            syms.name_lossy(s).into_owned()
        };
        PclntabError::NoFuncInfo { sym }
    }
    fn zero_size(syms: &Symbols, s: SymId) -> PclntabError {
        PclntabError::ZeroSize {
            sym: syms.name_lossy(s).into_owned(),
        }
    }
}

/// What the plan is made from, besides the symbols.
pub struct PclntabInput<'a> {
    /// The functions, in order.
    pub text: &'a TextOrder,
    /// Their addresses.
    pub layout: &'a TextLayout,
    /// Text symbols that contain others and have no entry of their own
    /// (`ld/pcln.go:findContainerSyms`).
    pub containers: &'a BitSet,
    /// The machine.
    pub arch: &'a ArchInfo,
    /// How file names are written.
    pub file_names: &'a FileNames,
    /// Whether inlined functions may come from a shared library (`-linkshared`).
    pub link_shared: bool,
}

/// What filling reads, besides the plan.
pub struct FillContext<'a> {
    /// The symbols.
    pub syms: &'a Symbols,
    /// Virtual addresses of all symbols.
    pub addresses: &'a Addresses,
    /// What is live.
    pub reachable: &'a BitSet,
    /// Where functions call `runtime.deferreturn` first ([`reach::Live::defer_returns`]).
    pub defer_returns: &'a FxHashMap<SymId, i32>,
    /// Trampolines to `runtime.deferreturn`.
    pub deferreturn_trampolines: &'a [SymId],
}

/// The tables, in the order in which they are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Part {
    /// `runtime.pcheader`
    Header,
    /// `runtime.funcnametab`
    FuncNames,
    /// `runtime.cutab`
    Units,
    /// `runtime.filetab`
    Files,
    /// `runtime.pctab`
    Pctab,
    /// `runtime.functab`
    Functab,
    /// `go:func.*`
    Funcdata,
    /// `runtime.findfunctab`
    FindFunc,
}

impl Part {
    /// All of them.
    pub const ALL: [Part; 8] = [
        Part::Header,
        Part::FuncNames,
        Part::Units,
        Part::Files,
        Part::Pctab,
        Part::Functab,
        Part::Funcdata,
        Part::FindFunc,
    ];

    /// Name of the table's symbol.
    pub const fn symbol_name(self) -> &'static str {
        match self {
            Part::Header => "runtime.pcheader",
            Part::FuncNames => "runtime.funcnametab",
            Part::Units => "runtime.cutab",
            Part::Files => "runtime.filetab",
            Part::Pctab => "runtime.pctab",
            Part::Functab => "runtime.functab",
            Part::Funcdata => "go:func.*",
            Part::FindFunc => "runtime.findfunctab",
        }
    }
}

/// One table.
#[derive(Clone, Copy, Debug, Default)]
pub struct PartInfo {
    /// Its symbol, once there is one.
    pub sym: SymId,
    /// Its size in bytes.
    pub size: u64,
    /// Its alignment in bytes.
    pub align: u32,
    /// Where it starts in the section, bytes. Data layout must come to the same: kind `SPCLNTAB`
    /// holds the carrier and these, by symbol number.
    pub offset: u64,
}

/// The tables, planned.
pub struct PclntabPlan {
    /// `runtime.pclntab`, once there is one, of size 0; the size of its section is what the carrier's becomes.
    pub carrier: SymId,
    parts: [PartInfo; 8],
    /// Symbols whose value is an offset in `go:func.*` and which neither data layout nor the symbol
    /// table sees (`AttrSpecial`, `AttrNotInSymbolTable`).
    pub funcdata: BitSet,
    /// First function, [`SymId::NONE`] without any.
    pub first: SymId,
    /// Last function.
    pub last: SymId,
    /// Complaints that end the link, later.
    pub errors: Vec<PclntabError>,
    /// What makes the plan worthless: what the compiler says of a function is damaged.
    pub damage: Option<ReachError>,

    chunks: Vec<Chunk>,
    /// Per function, the distance of its entry from the start of text, bytes.
    entries: Vec<u32>,
    /// Distance of the end of the last function from the start of text.
    last_pc: u32,
    /// Distance of the first text symbol from the start of text.
    text_first: u64,
    bucket_size: u32,
    inline_pcdata: u32,
    call_opcode: u32,
    header: Header,
    shape: PclntabShape,
    /// Whether `go:func.*` is one of the tables.
    has_funcdata: bool,
    /// `runtime.text` and `go:func.*`, where the tables say something of their addresses.
    bases: Bases,
    names: Vec<NameUse>,
    pieces: Vec<DataPiece>,
    files: Files,
}

/// Symbols whose addresses are in the tables or counted from.
#[derive(Clone, Copy, Default)]
struct Bases {
    /// `runtime.text`, if the header has its address.
    text: SymId,
    /// `go:func.*`, if it is data.
    funcdata: SymId,
}

#[derive(Clone, Copy)]
struct Header {
    magic: u32,
    min_lc: u8,
    ptr_size: u8,
}

/// Alignment of a data symbol (`ld/data.go:symalign`): what it asks for, else by its size.
pub(crate) fn symbol_align(asked: u32, size: u64, max: u32) -> u32 {
    if asked != 0 {
        return asked;
    }
    let mut align = max;
    while u64::from(align) > size && align > 1 {
        align >>= 1;
    }
    align
}

/// Plans the tables. They have no symbols yet ([`PclntabPlan::make_symbols`]).
pub fn plan(syms: &Symbols, input: &PclntabInput) -> PclntabPlan {
    let gover = syms.gover;
    let has_funcdata = gover.funcdata == FuncdataHome::Pclntab;
    let mut errors = Vec::new();

    let (funcs, entries) = functions(syms, input, &mut errors);
    let symbol_uses = FirstUse::new(syms.len());
    let file_uses = FirstUse::new(syms.source_files.limit());
    let collector = Collector {
        syms,
        funcs: &funcs,
        ptr_size: input.arch.ptr_size.into(),
        max_align: input.arch.max_align,
        link_shared: input.link_shared,
        has_funcdata,
        symbol_uses: &symbol_uses,
        file_uses: &file_uses,
    };
    let mut chunks = collector.collect_all();
    let uses = chunks.iter().flat_map(|c| &c.pctabs);
    let tables = PcTables::new(uses.filter(|&&r| r != 0).count());
    chunks.par_iter_mut().for_each(|c| tables.identify(syms, c));
    chunks
        .par_iter_mut()
        .for_each(|c| collector.settle(c, &tables));
    errors.extend(chunks.iter_mut().flat_map(|c| c.errors.drain(..)));
    let damage = chunks.iter().find_map(|c| c.damage);
    let damage = damage.map(|(s, d)| ReachError::damaged(syms, s, d));

    let mut names: Vec<NameUse> = Vec::with_capacity(chunks.iter().map(|c| c.names.len()).sum());
    for c in &mut chunks {
        names.append(&mut c.names);
    }
    let names_size = names::place(&mut names);
    let pctab_size = pcdata::place(&mut chunks, &tables);
    chunks.par_iter_mut().for_each(|c| {
        for i in 0..c.pctabs.len() {
            if let Some(r) = c.pctabs.get(i + 16) {
                tables.prefetch(r.wrapping_sub(1));
            }
            c.pctabs[i] = tables.offset(c.pctabs[i]);
        }
    });
    drop(tables);
    let functab_size = funcs::place(&mut chunks, funcs.len(), input.arch.ptr_size.into());
    let (pieces, funcdata_size, funcdata_align) = funcdata::place(&chunks);
    for p in pieces.iter().filter(|p| p.sym == INLINE_TREE) {
        chunks[p.chunk as usize].funcs[p.func as usize].tree = p.at;
    }

    let (files, funcdata) = rayon::join(
        || Files::plan(syms, &chunks, input.file_names),
        || note_places(&names, &pieces, &symbol_uses, syms.len()),
    );
    chunks
        .par_iter_mut()
        .for_each(|c| c.finish(&symbol_uses, &names, has_funcdata));
    drop(symbol_uses);

    let (text_first, text_len) = extent(syms, input);
    let last = funcs.last().copied().unwrap_or_default();
    let last_pc = match entries.last() {
        Some(&e) => e.wrapping_add(syms.size(last) as u32),
        None => 0,
    };
    let (first, n_entries) = (funcs.first().copied().unwrap_or_default(), files.n_entries);
    let files_size = files.names.len() as u64;
    drop(funcs);

    let ptr = input.arch.ptr_size;
    let bucket = gover.pclntab.bucket_size;
    let sizes = [
        (8 + 8 * u64::from(ptr), ptr.into()),
        (names_size, 1),
        (4 * u64::from(n_entries), 4),
        (files_size, 1),
        (pctab_size, 1),
        (functab_size, 4),
        (funcdata_size, funcdata_align),
        (findfunc::size(text_len, bucket.into()), 4),
    ];
    let part = |(size, align)| PartInfo {
        size,
        align: match gover.pclntab_shape.own_alignment {
            true => align,
            false => 0,
        },
        ..PartInfo::default()
    };

    PclntabPlan {
        carrier: SymId::NONE,
        parts: sizes.map(part),
        funcdata,
        first,
        last,
        errors,
        damage,
        chunks,
        entries,
        last_pc,
        text_first,
        bucket_size: bucket,
        inline_pcdata: gover.pcdata.inl_tree_index,
        // Calls that push the return address have an opcode of one byte before the target.
        call_opcode: if input.arch.has_link_register { 0 } else { 1 },
        header: Header {
            magic: gover.pclntab.magic,
            min_lc: input.arch.min_lc,
            ptr_size: ptr,
        },
        shape: gover.pclntab_shape,
        has_funcdata,
        bases: Bases::default(),
        names,
        pieces,
        files,
    }
}

/// Notes in the second life of `uses` where the names and the funcdata of symbols are; gives the funcdata
/// symbols among all `n`.
fn note_places(names: &[NameUse], pieces: &[DataPiece], uses: &FirstUse, n: usize) -> BitSet {
    let mut funcdata = BitSet::new(n);
    for (name, i) in names.iter().zip(0..) {
        uses.set(name.sym.index(), i);
    }
    for (s, at) in funcdata::symbols(pieces) {
        uses.set(s.index(), at);
        funcdata.insert(s);
    }
    funcdata
}

/// Where the first function begins, from the start of text, and how far it is from there to the end of the
/// last one, bytes.
fn extent(syms: &Symbols, input: &PclntabInput) -> (u64, u64) {
    let (text, layout) = (input.text, input.layout);
    let ends = |i: usize| {
        let size = |s: &SymId| syms.size(*s);
        layout.addr[i] + text.textp.get(i).map_or(0, size)
    };
    let end = layout.addr.len().checked_sub(1).map_or(layout.start, ends);
    let first = layout.addr.first().map_or(0, |a| a - layout.start);
    (first, end - layout.start - first)
}

/// The functions that have entries and the distances of their entries from the start of text.
fn functions<'a>(
    syms: &Symbols,
    input: &PclntabInput<'a>,
    errors: &mut Vec<PclntabError>,
) -> (Cow<'a, [SymId]>, Vec<u32>) {
    let textp = &input.text.textp;
    let mut entry = |(&s, &addr): (&SymId, &u64)| {
        let offset = addr.wrapping_sub(input.layout.start);
        if u32::try_from(offset).is_err() {
            errors.push(PclntabError::TextOffset {
                sym: syms.name_lossy(s).into_owned(),
                offset,
            });
        }
        offset as u32
    };
    let all = textp.iter().zip(&input.layout.addr);
    if textp.iter().any(|&s| input.containers.has(s)) {
        let has_entry = |s: &SymId| !input.containers.has(*s);
        let funcs = textp.iter().copied().filter(has_entry).collect();
        (
            funcs,
            all.filter(|(s, _)| has_entry(s)).map(&mut entry).collect(),
        )
    } else {
        (Cow::Borrowed(textp), all.map(&mut entry).collect())
    }
}

/// Places the tables one behind the other, by symbol number.
fn pack<'a>(parts: impl IntoIterator<Item = &'a mut PartInfo>, max_align: u32) {
    let mut order: Vec<&mut PartInfo> = parts.into_iter().collect();
    order.sort_by_key(|p| p.sym);
    let mut at = 0u64;
    for p in order {
        at = at.next_multiple_of(symbol_align(p.align, p.size, max_align).into());
        p.offset = at;
        at += p.size;
    }
}

impl PclntabPlan {
    /// Makes the symbols of the tables, in cmd/link's order, and places the tables.
    /// `for_host` is whether a host linker fills in addresses.
    pub fn make_symbols(&mut self, m: &mut Maker, arch: &ArchInfo, for_host: bool) {
        let ptr = u32::from(m.ptr_size);
        self.carrier = m.create("runtime.pclntab", SymKind::Pclntab);
        let mut carrier_align = ptr;
        for (part, info) in Part::ALL.into_iter().zip(&mut self.parts) {
            let kind = match part {
                Part::Funcdata if !self.has_funcdata => continue,
                Part::Functab if !self.has_funcdata => {
                    funcdata::make_inline_trees(m, &mut self.chunks, &self.names);
                    SymKind::Pclntab
                }
                Part::FindFunc => self.shape.findfunctab,
                _ => SymKind::Pclntab,
            };
            info.sym = m.create(part.symbol_name(), kind);
            if part == Part::FindFunc {
                m.syms.local.insert(info.sym);
            } else {
                info.size = info.size.next_multiple_of(ptr.into());
                carrier_align = carrier_align.max(info.align);
            }
            let e = m.ext(info.sym);
            e.size = info.size;
            e.align = info.align;
        }
        if self.shape.own_alignment {
            m.ext(self.carrier).align = carrier_align;
        }
        let apart = self.shape.findfunctab != SymKind::Pclntab;
        let in_section = |p: &Part| !apart || *p != Part::FindFunc;
        let parts = Part::ALL.iter().zip(&mut self.parts);
        let parts = parts.filter(|(part, info)| in_section(part) && info.sym.is_some());
        pack(parts.map(|(_, info)| info), arch.max_align);
        self.point_to_text(m, for_host);
        for s in self.funcdata.iter() {
            m.special.insert(s);
        }
    }

    /// Has the header refer to the start of text, where it does. Its contents are made with the other
    /// tables; the relocation is for the dynamic linker and the host linker.
    fn point_to_text(&mut self, m: &mut Maker, for_host: bool) {
        if !self.shape.text_start {
            return;
        }
        let text = m.syms.lookup(b"runtime.text", 0).unwrap_or_default();
        if !for_host {
            self.bases.text = text;
        }
        let (header, ptr) = (self.part(Part::Header).sym, m.ptr_size);
        let reloc = symbols::ExtReloc {
            off: 8 + 2 * i32::from(ptr),
            siz: ptr,
            typ: RelocType::Addr,
            weak: false,
            add: 0,
            sym: text,
        };
        m.ext(header).relocs = vec![reloc];
    }

    /// Notes the symbol of `go:func.*`, which function records count from where it is data.
    pub fn set_funcdata_base(&mut self, gofunc: SymId) {
        if !self.has_funcdata {
            self.bases.funcdata = gofunc;
        }
    }

    /// What function records say of funcdata.
    fn funcdata_in<'a>(&self, cx: &FillContext<'a>) -> Funcdata<'a> {
        match self.has_funcdata {
            true => Funcdata::Table,
            false => {
                let base = cx.addresses.addr(self.bases.funcdata);
                Funcdata::Symbols(cx.addresses, base)
            }
        }
    }

    /// Number of functions that something is inlined into and whose trees are no symbols.
    pub fn n_inline_trees(&self) -> usize {
        let funcs = self.chunks.iter().flat_map(|c| &c.funcs);
        funcs
            .filter(|f| self.has_funcdata && f.n_inlined > 0)
            .count()
    }

    /// Number of functions.
    pub fn n_funcs(&self) -> usize {
        self.entries.len()
    }

    /// One table.
    pub fn part(&self, part: Part) -> PartInfo {
        self.parts[part as usize]
    }

    /// What moduledata says of the tables.
    pub fn refs(&self) -> PclntabRefs {
        let table = |p: Part| TableRef {
            sym: self.part(p).sym,
            size: self.part(p).size,
        };
        PclntabRefs {
            pcheader: table(Part::Header),
            funcnametab: table(Part::FuncNames),
            cutab: table(Part::Units),
            filetab: table(Part::Files),
            pctab: table(Part::Pctab),
            functab: table(Part::Functab),
            gofunc: self.part(Part::Funcdata).sym,
            findfunctab: self.part(Part::FindFunc).sym,
            n_func: self.n_funcs() as u64,
            first: self.first,
            last: self.last,
        }
    }

    /// The tables that are no symbols of the output (`AttrNotInSymbolTable`); so are those in
    /// [`PclntabPlan::funcdata`].
    pub fn hidden(&self) -> impl Iterator<Item = SymId> + '_ {
        Part::ALL
            .into_iter()
            .filter(|p| !matches!(p, Part::Funcdata | Part::FindFunc))
            .map(|p| self.part(p).sym)
    }

    /// The tables that the carrier carries.
    pub fn carried(&self) -> impl Iterator<Item = SymId> + '_ {
        Part::ALL
            .into_iter()
            .filter(|&p| p != Part::FindFunc)
            .map(|p| self.part(p).sym)
            .filter(|s| s.is_some())
    }

    /// Gives the funcdata symbols their values: offsets from `base`. For cmd/link they stay offsets
    /// from `go:func.*`, base 0, and belong to no section.
    pub fn set_funcdata_values(&self, addresses: &Addresses, base: u64) {
        for (s, at) in funcdata::symbols(&self.pieces) {
            addresses.set(s, SectionId(0), base + u64::from(at));
        }
    }

    /// Writes one table into `out`, which has its size, part by part as `make` wants it.
    ///
    /// # Errors
    /// All that is wrong with the table; the rest of it is written.
    pub fn fill(
        &self,
        part: Part,
        cx: &FillContext,
        out: &mut [u8],
        make: &Make,
    ) -> Result<(), Vec<PclntabError>> {
        debug_assert_eq!(out.len() as u64, self.part(part).size);
        match part {
            Part::Header => make(out, &mut |out| self.fill_header(cx, out)),
            Part::FuncNames => names::fill(cx.syms, &self.names, out, make),
            Part::Units => make(out, &mut |out| self.files.fill_units(cx.syms, out)),
            Part::Files => {
                let names = self.files.names.par_chunks(PART);
                let parts = out.par_chunks_mut(PART).zip(names);
                parts.for_each(|(out, names)| {
                    make(out, &mut |out| out[..names.len()].copy_from_slice(names));
                });
            }
            Part::Pctab => pcdata::fill(cx.syms, &self.chunks, out, make),
            Part::Functab => funcs::fill(self, cx, out, make),
            Part::Funcdata => funcdata::fill(self, cx, out, make)?,
            Part::FindFunc => {
                let (entries, bucket) = (&self.entries, self.bucket_size.into());
                let mut result = Ok(());
                make(out, &mut |out| {
                    result = findfunc::fill(entries, self.text_first, bucket, out);
                });
                result?;
            }
        }
        Ok(())
    }

    /// The header: magic, two zeros, instruction and pointer size; the numbers of functions and of
    /// files, the address of text or an unused word, and how far funcnametab, cutab, filetab, pctab and functab are.
    fn fill_header(&self, cx: &FillContext, out: &mut [u8]) {
        out[..4].copy_from_slice(&self.header.magic.to_le_bytes());
        out[6] = self.header.min_lc;
        out[7] = self.header.ptr_size;
        let addr = |p: Part| cx.addresses.addr(self.part(p).sym);
        let text = self.bases.text;
        let offset = |p| addr(p).wrapping_sub(addr(Part::Header));
        let words = [
            self.n_funcs() as u64,
            self.files.n_names.into(),
            if text.is_some() {
                cx.addresses.addr(text)
            } else {
                0
            },
            offset(Part::FuncNames),
            offset(Part::Units),
            offset(Part::Files),
            offset(Part::Pctab),
            offset(Part::Functab),
        ];
        let size = usize::from(self.header.ptr_size);
        for (word, out) in words.iter().zip(out[8..].chunks_exact_mut(size)) {
            out.copy_from_slice(&word.to_le_bytes()[..size]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alignment_is_what_is_asked_for_or_follows_the_size() {
        assert_eq!(symbol_align(4, 100, 32), 4);
        assert_eq!(symbol_align(0, 100, 32), 32);
        assert_eq!(symbol_align(0, 31, 32), 16);
        assert_eq!(symbol_align(0, 3, 32), 2);
        assert_eq!(symbol_align(0, 0, 32), 1);
    }
}
