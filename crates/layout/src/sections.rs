//! Sections of the output and what lies where in them (`ld/data.go:allocateDataSections`,
//! `address`, `layout`).

use crate::buckets::{Bucket, Buckets, DataSym, data_align};
use crate::gcprog::GcProg;
use crate::relro::Relro;
use crate::round_up;
use gover::{
    CoverageStart, GcMasks, GoLayout, Gosymtab, ModuledataHome, PclntabHome, SymKind, TypelinkHome,
};
use std::borrow::Cow;
use std::ops::Range;
use symbols::{SymId, Symbols, VERSION_ABI0};
use target::Placement;

/// Greatest size of a section, bytes.
const CUTOFF: u64 = 2_000_000_000;

/// What the names of sections begin with that the dynamic linker relocates.
const RELRO_PREFIX: &str = ".data.rel.ro";

/// A segment of the output, in file order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Seg {
    /// Code.
    Text,
    /// Read-only data.
    Rodata,
    /// Data that is read-only once relocated.
    Relro,
    /// Writable data.
    Data,
    /// Where functions begin and end, and how they are unwound (Windows).
    Pdata,
    /// How the stack is unwound (Windows).
    Xdata,
    /// Debugging information; not loaded.
    Dwarf,
}

impl Seg {
    /// Those that are loaded, in file order.
    pub const LOADED: [Seg; 6] = [
        Seg::Text,
        Seg::Rodata,
        Seg::Relro,
        Seg::Data,
        Seg::Pdata,
        Seg::Xdata,
    ];
}

/// A symbol's place in its section.
#[derive(Clone, Copy, Debug)]
pub struct Placed {
    /// The symbol.
    pub sym: SymId,
    /// Offset in the section, bytes.
    pub off: u32,
    /// Size, bytes.
    pub size: u32,
}

/// An output section.
#[derive(Clone, Debug)]
pub struct Section {
    /// Name.
    pub name: Cow<'static, str>,
    /// Segment.
    pub seg: Seg,
    /// Permissions: 4 read, 2 write, 1 execute.
    pub rwx: u8,
    /// Alignment, bytes.
    pub align: u32,
    /// Virtual address; before [`DataLayout::place`] the offset in the segment.
    pub addr: u64,
    /// Length, bytes.
    pub len: u64,
    /// Its symbols in [`DataLayout::placed`].
    pub syms: Range<usize>,
    /// Whether the contents are a compressed debug section.
    pub compressed: bool,
}

/// Address range and file range of a segment.
#[derive(Clone, Copy, Debug, Default)]
pub struct Segment {
    /// Virtual address.
    pub addr: u64,
    /// Length in memory, bytes.
    pub len: u64,
    /// Offset in the file.
    pub file_off: u64,
    /// Length in the file, bytes.
    pub file_len: u64,
}

/// Sections that markers point to, as indices.
#[derive(Clone, Copy, Debug, Default)]
pub struct KnownSections {
    /// `.text`
    pub text: usize,
    /// `.rodata`
    pub rodata: usize,
    /// The section that holds type descriptors.
    pub types: usize,
    /// `.gosymtab`
    pub symtab: Option<usize>,
    /// `.gopclntab`
    pub pclntab: usize,
    /// `.noptrdata`
    pub noptrdata: usize,
    /// `.data`
    pub data: usize,
    /// `.bss`
    pub bss: usize,
    /// `.noptrbss`
    pub noptrbss: usize,
    /// `.go.fuzzcntrs`
    pub fuzz: Option<usize>,
    /// The last section of the data segment but `.tbss`.
    pub end: usize,
}

/// Everything but debugging information, placed.
pub struct DataLayout {
    /// The sections in the order they were made, segment by segment.
    pub sections: Vec<Section>,
    /// Symbols of all sections but `.text`.
    pub placed: Vec<Placed>,
    /// Sections by role.
    pub known: KnownSections,
    /// Offsets of thread-local symbols in the thread's block.
    pub tls: Vec<Placed>,
    /// Offset in `.noptrbss` of the GC masks.
    pub gcmask_off: u64,
    /// Offset in `.noptrbss` and length of the coverage counters.
    pub coverage: (u64, u64),
    /// GC programs of `.data` and `.bss`.
    pub gc_programs: [Vec<u8>; 2],
    /// Complaints, as (symbol, text).
    pub errors: Vec<(Option<SymId>, String)>,
}

/// What the link asks of data layout.
#[derive(Clone, Debug)]
pub struct SectionOptions {
    /// Size of a pointer, bytes.
    pub ptr_size: u8,
    /// Least size of an instruction, bytes.
    pub min_lc: u8,
    /// Whether the output has dynamic linking information (no `-d`).
    pub dynamic: bool,
    /// Whether all that is only read is in one segment with code: the format has no other, or a host linker
    /// decides about segments.
    pub one_read_only_segment: bool,
    /// Whether the names of sections tell that they are read-only once relocated.
    pub relro_names: bool,
    /// Where data lies that the dynamic linker relocates.
    pub relro: Relro,
    /// The tables by which Windows unwinds the stack; empty if the output has none.
    pub unwind: UnwindTables,
}

/// The tables by which Windows unwinds the stack, in order.
#[derive(Clone, Debug, Default)]
pub struct UnwindTables {
    /// `.pdata`: the functions.
    pub pdata: Vec<SymId>,
    /// `.xdata`: what they do to the stack.
    pub xdata: Vec<SymId>,
}

/// Complaints, as (symbol, text).
type Complaints = Vec<(Option<SymId>, String)>;

struct Alloc<'a> {
    buckets: &'a [Bucket],
    ptr: u32,
    sections: Vec<Section>,
    placed: Vec<Placed>,
    /// Running offset in the segment.
    at: u64,
    errors: Complaints,
}

impl<'a> Alloc<'a> {
    /// Begins with the first section of a segment.
    fn new(
        buckets: &'a [Bucket],
        opts: &SectionOptions,
        placed: Vec<Placed>,
        errors: Complaints,
    ) -> Alloc<'a> {
        Alloc {
            buckets,
            ptr: opts.ptr_size.into(),
            sections: Vec::new(),
            placed,
            at: 0,
            errors,
        }
    }

    fn of(&self, kind: SymKind) -> &Bucket {
        &self.buckets[kind.index()]
    }

    /// Opens a section for symbols of `kinds`.
    fn open(
        &mut self,
        seg: Seg,
        name: impl Into<Cow<'static, str>>,
        kinds: &[SymKind],
        rwx: u8,
    ) -> usize {
        let align = match kinds {
            [one] => self.of(*one).max_align,
            _ => kinds
                .iter()
                .map(|&k| self.of(k).max_align)
                .fold(self.ptr, u32::max),
        };
        self.open_aligned(seg, name, align, rwx)
    }

    fn open_aligned(
        &mut self,
        seg: Seg,
        name: impl Into<Cow<'static, str>>,
        align: u32,
        rwx: u8,
    ) -> usize {
        self.at = round_up(self.at, align.into());
        let syms = self.placed.len()..self.placed.len();
        self.sections.push(Section {
            name: name.into(),
            seg,
            rwx,
            align,
            addr: self.at,
            len: 0,
            syms,
            compressed: false,
        });
        self.sections.len() - 1
    }

    /// Puts the symbols of `kind` into the newest section.
    fn assign(&mut self, kind: SymKind) {
        let base = self.sections.last().expect("a section is open").addr;
        let bucket = &self.buckets[kind.index()];
        self.placed.reserve(bucket.syms.len());
        for d in &bucket.syms {
            self.at = round_up(self.at, d.align.into());
            self.placed.push(Placed {
                sym: d.sym,
                off: (self.at - base) as u32,
                size: d.size,
            });
            self.at += u64::from(d.size);
        }
        if self.at > CUTOFF {
            self.errors.push((
                None,
                format!(
                    "too much data, last section {kind} ({}, over {:e} bytes)",
                    self.at, CUTOFF as f64
                )
                .replace("2e9", "2e+09"),
            ));
        }
        self.close();
    }

    /// The newest section ends here.
    fn close(&mut self) {
        let end = self.placed.len();
        let at = self.at;
        let s = self.sections.last_mut().expect("a section is open");
        s.len = at - s.addr;
        s.syms.end = end;
    }

    /// A section of its own for each symbol of `kind`.
    fn singles(&mut self, syms: &Symbols, seg: Seg, kind: SymKind, rwx: u8) {
        for d in self.of(kind).syms.clone() {
            let name = syms.name_lossy(d.sym);
            let name = match name.strip_prefix("go:") {
                Some(rest) => format!(".go.{rest}"),
                None => name.into_owned(),
            };
            self.single(seg, name, d, rwx);
        }
    }

    fn single(&mut self, seg: Seg, name: impl Into<Cow<'static, str>>, d: DataSym, rwx: u8) {
        self.open_aligned(seg, name, d.align, rwx);
        self.placed.push(Placed {
            sym: d.sym,
            off: 0,
            size: d.size,
        });
        self.at += u64::from(d.size);
        self.close();
    }
}

/// Where types and the lists of them lie.
struct TypesHome {
    seg: Seg,
    /// What the names of sections begin with.
    prefix: &'static str,
    /// Permissions, as [`Section::rwx`].
    rwx: u8,
}

impl TypesHome {
    /// What a section for anything but types is called here.
    fn unnamed(&self) -> &'static str {
        match self.prefix {
            "" => ".rodata",
            prefix => prefix,
        }
    }

    /// With data that is only read, in `read_only`, or with what is so once relocated.
    fn new(read_only: Seg, opts: &SectionOptions) -> TypesHome {
        let prefix = match opts.relro_names {
            true => RELRO_PREFIX,
            false => "",
        };
        let (seg, prefix, rwx) = match opts.relro {
            Relro::None => (read_only, "", 4),
            Relro::WithReadOnly => (read_only, prefix, 6),
            Relro::OwnSegment => (Seg::Relro, prefix, 6),
        };
        TypesHome { seg, prefix, rwx }
    }
}

/// What the data segment holds besides its sections.
struct DataSegment {
    tls: Vec<Placed>,
    gcmask_off: u64,
    coverage: (u64, u64),
    gc_programs: [Vec<u8>; 2],
}

impl Alloc<'_> {
    /// The data segment. `gc` are the symbols of the programs for `.data` and `.bss`.
    fn data_segment(
        &mut self,
        syms: &Symbols,
        gc: [SymId; 2],
        opts: &SectionOptions,
        known: &mut KnownSections,
    ) -> DataSegment {
        let g = syms.gover;
        use SymKind::*;
        for kind in [BuildInfo, FipsInfo, ElfSect, Macho, Windows] {
            self.singles(syms, Seg::Data, kind, 6);
        }
        if g.moduledata_home == ModuledataHome::GoModule {
            for d in self.of(ModuleData).syms.clone() {
                self.single(Seg::Data, ".go.module", d, 6);
            }
        }
        for kind in [ElfGot, MachoGot] {
            self.unless_empty(".got", kind);
        }
        known.noptrdata = self.open(Seg::Data, ".noptrdata", &[NoPtrData], 6);
        for kind in [
            NoPtrData,
            NoPtrDataFipsStart,
            NoPtrDataFips,
            NoPtrDataFipsEnd,
            NoPtrDataEnd,
        ] {
            self.assign(kind);
        }
        self.unless_empty(".init_array", InitArr);
        known.data = self.open(Seg::Data, ".data", &[Data], 6);
        self.assign(Data);
        let data = self.sections[known.data].syms.clone();
        for kind in [DataFipsStart, DataFips, DataFipsEnd, DataEnd] {
            self.assign(kind);
        }
        let data = (data, self.sections[known.data].len);
        known.bss = self.open(Seg::Data, ".bss", &[Bss], 6);
        self.assign(Bss);
        let bss = &self.sections[known.bss];
        let bss = (bss.syms.clone(), bss.len);
        let gc_programs = self.gc_programs(syms, [data, bss], gc, opts.ptr_size);

        known.noptrbss = self.open(Seg::Data, ".noptrbss", &[NoPtrBss], 6);
        self.assign(NoPtrBss);
        let gcmask_off = self.sections[known.noptrbss].len;
        if g.gc_masks == GcMasks::Grouped {
            self.assign(GcMask);
        }
        let start = self.sections[known.noptrbss].len;
        self.assign(CoverageCounter);
        let len = self.sections[known.noptrbss].len - start;
        let coverage = match g.coverage_start {
            CoverageStart::BeforePadding => (start, len),
            CoverageStart::Aligned => (start + len % 4, len - len % 4),
        };
        known.fuzz = self.unless_empty(".go.fuzzcntrs", Libfuzzer8BitCounter);
        known.end = match g.end_in_last_section {
            true => self.sections.len() - 1,
            false => known.noptrbss,
        };
        DataSegment {
            tls: self.thread_local(opts.dynamic),
            gcmask_off,
            coverage,
            gc_programs,
        }
    }

    /// A section of the data segment for symbols of `kind`, if there are any.
    fn unless_empty(&mut self, name: &'static str, kind: SymKind) -> Option<usize> {
        if self.of(kind).syms.is_empty() {
            return None;
        }
        let section = self.open(Seg::Data, name, &[kind], 6);
        self.assign(kind);
        Some(section)
    }

    /// The programs by which the garbage collector finds pointers in sections, each given by its symbols
    /// and its length.
    fn gc_programs(
        &mut self,
        syms: &Symbols,
        sections: [(Range<usize>, u64); 2],
        gc: [SymId; 2],
        ptr_size: u8,
    ) -> [Vec<u8>; 2] {
        let program = |(range, end): (Range<usize>, u64)| {
            let mut p = GcProg::new(syms, ptr_size);
            for d in &self.placed[range] {
                p.add(d.sym, d.off.into());
            }
            p.end(end)
        };
        let [data, bss] = sections;
        let programs: [_; 2] = rayon::join(|| program(data), || program(bss)).into();
        let mut all = programs.into_iter().zip(gc).map(|((bytes, errors), s)| {
            let errors = errors.into_iter().map(|(from, t)| (from.or(Some(s)), t));
            self.errors.extend(errors);
            bytes
        });
        std::array::from_fn(|_| all.next().expect("there are two"))
    }

    /// Places thread-local symbols, in a section if the output is `dynamic`.
    fn thread_local(&mut self, dynamic: bool) -> Vec<Placed> {
        let mut tls = Vec::new();
        let mut at = 0;
        for d in &self.of(SymKind::TlsBss).syms {
            at = round_up(at, d.align.into());
            tls.push(Placed {
                sym: d.sym,
                off: at as u32,
                size: d.size,
            });
            at += u64::from(d.size);
        }
        if dynamic && !tls.is_empty() {
            self.at = 0;
            let i = self.open_aligned(Seg::Data, ".tbss", self.ptr, 6);
            self.sections[i].len = at;
        }
        tls
    }

    /// Text, which is `text`, and what is read-only, at the latest when the dynamic linker is done with it.
    fn read_only_segments(
        &mut self,
        syms: &Symbols,
        text: (u64, u64, u32),
        opts: &SectionOptions,
        known: &mut KnownSections,
    ) {
        let g = syms.gover;
        use SymKind::*;
        let (start, len, align) = text;
        let text_syms = self.placed.len()..self.placed.len();
        self.sections.push(Section {
            name: ".text".into(),
            seg: Seg::Text,
            rwx: 5,
            align,
            addr: start,
            len,
            syms: text_syms,
            compressed: false,
        });
        for kind in [ElfRxSect, MachoPlt] {
            self.singles(syms, Seg::Text, kind, 5);
        }
        let read_only = match opts.one_read_only_segment {
            true => Seg::Text,
            false => Seg::Rodata,
        };
        known.rodata = self.open(read_only, ".rodata", g.read_only_kinds, 4);
        for &kind in g.read_only_kinds {
            self.assign(kind);
        }
        known.types = known.rodata;
        match g.pclntab_home {
            PclntabHome::AfterRodata => {
                known.pclntab = self.open(read_only, ".gopclntab", &[Pclntab], 4);
                self.assign(Pclntab);
                self.singles(syms, read_only, ElfRoSect, 4);
            }
            PclntabHome::LastOrRelro => self.singles(syms, read_only, ElfRoSect, 4),
        }
        let home = TypesHome::new(read_only, opts);
        if home.seg == Seg::Relro {
            self.at = 0;
        }
        match g.typelinks {
            TypelinkHome::Section => self.types_with_lists(syms, &home, opts, known),
            TypelinkHome::GoType => self.types_in_order(syms, &home, opts, known),
        }
        self.tables_behind_types(g, &home, known);
        if self.at > u32::MAX.into() {
            let text = format!("read-only data segment too large: {}", self.at);
            self.errors.push((None, text));
        }
    }

    /// The tables by which Windows unwinds the stack, each in a segment. Their sections begin wherever
    /// read-only data have ended, so that the first symbol may lie a little behind (`allocateSEHSections`).
    fn unwind_segments(&mut self, syms: &Symbols, tables: &UnwindTables) {
        for (seg, name, list) in [
            (Seg::Pdata, ".pdata", &tables.pdata),
            (Seg::Xdata, ".xdata", &tables.xdata),
        ] {
            if list.is_empty() {
                continue;
            }
            let section = self.open_aligned(seg, name, 1, 4);
            for &sym in list {
                let size = syms.size(sym);
                self.at = round_up(self.at, data_align(syms.align(sym), size).into());
                self.placed.push(Placed {
                    sym,
                    off: (self.at - self.sections[section].addr) as u32,
                    size: size as u32,
                });
                self.at += size;
            }
            self.close();
        }
    }

    /// Types, if they lie apart from other data, and the lists of types and of interface tables.
    fn types_with_lists(
        &mut self,
        syms: &Symbols,
        home: &TypesHome,
        opts: &SectionOptions,
        known: &mut KnownSections,
    ) {
        use SymKind::*;
        let &TypesHome { seg, prefix, rwx } = home;
        if opts.relro != Relro::None {
            let twins = syms.gover.relro_twins.iter().map(|&(_, t)| t);
            let twins: Vec<SymKind> = twins.collect();
            known.types = self.open(seg, home.unnamed(), &twins, rwx);
            // No type is at offset 0.
            self.at += 1;
            twins.into_iter().for_each(|t| self.assign(t));
            for kind in [ElfRelroSect, MachoRelroSect] {
                self.singles(syms, seg, kind, rwx);
            }
        }
        for (name, kind) in [(".typelink", TypeLink), (".itablink", ItabLink)] {
            self.open(seg, format!("{prefix}{name}"), &[kind], rwx);
            for d in self.of(kind).syms.clone() {
                self.placed.push(Placed {
                    sym: d.sym,
                    off: 0,
                    size: d.size,
                });
                self.at += u64::from(d.size);
            }
            self.close();
        }
    }

    /// The tables that come last in some releases.
    fn tables_behind_types(&mut self, g: &GoLayout, home: &TypesHome, known: &mut KnownSections) {
        use SymKind::*;
        let &TypesHome { seg, prefix, rwx } = home;
        if g.gosymtab == Gosymtab::Empty {
            known.symtab = Some(self.open(seg, format!("{prefix}.gosymtab"), &[SymTab], rwx));
            self.assign(SymTab);
        }
        if g.pclntab_home == PclntabHome::LastOrRelro {
            known.pclntab = self.open(seg, format!("{prefix}.gopclntab"), &[Pclntab], rwx);
            self.assign(Pclntab);
        }
    }

    /// Types in a section of their own, sorted so that no list is needed, and function descriptors.
    fn types_in_order(
        &mut self,
        syms: &Symbols,
        home: &TypesHome,
        opts: &SectionOptions,
        known: &mut KnownSections,
    ) {
        use SymKind::*;
        let &TypesHome { seg, prefix, rwx } = home;
        if !self.of(RodataRelro).syms.is_empty() {
            self.open(seg, home.unnamed(), &[RodataRelro], rwx);
            self.assign(RodataRelro);
        }
        known.types = self.open(seg, format!("{prefix}.go.type"), &[Type], rwx);
        // No type is at offset 0, where a marker may lie.
        let marker = syms.lookup(b"runtime.types", VERSION_ABI0);
        if marker.is_none_or(|s| syms.size(s) == 0) {
            self.at += u64::from(opts.ptr_size);
        }
        self.assign(Type);
        self.open(seg, format!("{prefix}.go.func"), &[GoFunc], rwx);
        self.assign(GoFunc);
        for kind in [ElfRelroSect, MachoRelroSect] {
            self.singles(syms, seg, kind, rwx);
        }
    }
}

impl DataLayout {
    /// Makes the sections of an executable and places data in them. `text` is the text section's
    /// address, length and alignment; `gc` are `runtime.gcdata` and `runtime.gcbss`, whose contents
    /// are made here, after data and before read-only data is placed.
    pub fn assign(
        syms: &Symbols,
        buckets: &mut Buckets,
        text: (u64, u64, u32),
        gc: [SymId; 2],
        opts: &SectionOptions,
    ) -> DataLayout {
        let mut known = KnownSections::default();
        let mut a = Alloc::new(&buckets.by_kind, opts, Vec::new(), Vec::new());
        let data = a.data_segment(syms, gc, opts, &mut known);
        let Alloc {
            sections: data_sections,
            placed,
            errors,
            ..
        } = a;
        // The GC programs were sorted as if empty; now they have a size.
        for d in &mut buckets.by_kind[SymKind::Rodata.index()].syms {
            let mut programs = gc.iter().zip(&data.gc_programs);
            if let Some((_, bytes)) = programs.find(|(s, _)| **s == d.sym) {
                d.size = bytes.len() as u32;
            }
        }
        let mut a = Alloc::new(&buckets.by_kind, opts, placed, errors);
        a.read_only_segments(syms, text, opts, &mut known);
        let n = a.sections.len();
        a.unwind_segments(syms, &opts.unwind);
        // Headers count text first, then read-only data, then data.
        let mut sections = a.sections;
        let unwind_sections = sections.split_off(n);
        sections.extend(data_sections);
        sections.extend(unwind_sections);
        known.noptrdata += n;
        known.data += n;
        known.bss += n;
        known.noptrbss += n;
        known.end += n;
        known.fuzz = known.fuzz.map(|f| f + n);
        DataLayout {
            sections,
            placed: a.placed,
            known,
            tls: data.tls,
            gcmask_off: data.gcmask_off,
            coverage: data.coverage,
            gc_programs: data.gc_programs,
            errors: a.errors,
        }
    }

    /// Has the fuzzer's counters end at a multiple of `align` bytes; nothing moves.
    pub fn align_fuzz_end(&mut self, align: u64) {
        if let Some(f) = self.known.fuzz {
            let s = &mut self.sections[f];
            s.len = round_up(s.len, align);
        }
    }

    /// Places a segment, if there is anything in it, from the multiple of `round` at or behind `va` on, text
    /// right there; `va` is then its end.
    fn place_segment(&mut self, seg: Seg, va: &mut u64, round: u64, segs: &mut Segments) {
        if !self.sections.iter().any(|s| s.seg == seg) {
            return;
        }
        if seg != Seg::Text {
            *va = round_up(*va, round);
        }
        let start = *va;
        for s in self.sections.iter_mut().filter(|s| s.seg == seg) {
            *va = round_up(*va, s.align.into());
            s.addr = *va;
            *va += s.len;
        }
        let out = segs.get_mut(seg);
        out.addr = start;
        out.len = *va - start;
        out.file_len = out.len;
    }

    /// Assigns addresses to segments and sections (`ld/data.go:address`). `text_addr` is the start
    /// of the text segment, `round` the address quantum, `data_addr` a fixed address for data.
    pub fn place(&mut self, text_addr: u64, round: u64, data_addr: Option<u64>) -> Segments {
        let mut segs = Segments::default();
        let mut va = text_addr;
        for seg in [Seg::Text, Seg::Rodata, Seg::Relro] {
            self.place_segment(seg, &mut va, round, &mut segs);
        }
        va = data_addr.unwrap_or(round_up(va, round));
        let base = va;
        // The data segment keeps the offsets that data got; only the start moves.
        let rel: Vec<(u64, bool)> = self
            .sections
            .iter()
            .filter(|s| s.seg == Seg::Data)
            .map(|s| (s.addr, s.name == ".tbss"))
            .collect();
        for (i, s) in self
            .sections
            .iter_mut()
            .filter(|s| s.seg == Seg::Data)
            .enumerate()
        {
            if rel[i].1 {
                s.addr = 0;
                continue;
            }
            let len = match rel.get(i + 1) {
                Some(&(next, false)) => next - rel[i].0,
                _ => s.len,
            };
            s.addr = va;
            va += len;
        }
        segs.data = Segment {
            addr: base,
            len: va - base,
            file_off: 0,
            file_len: 0,
        };
        segs.data.file_len = self.sections[self.known.bss].addr - base;
        for seg in [Seg::Pdata, Seg::Xdata] {
            self.place_segment(seg, &mut va, round, &mut segs);
        }
        segs.dwarf.addr = round_up(va, round);
        segs
    }
}

/// The segments of the output.
#[derive(Clone, Copy, Debug, Default)]
pub struct Segments {
    /// Code.
    pub text: Segment,
    /// Read-only data.
    pub rodata: Segment,
    /// Data that is read-only once relocated; empty if there is none.
    pub relro: Segment,
    /// Writable data.
    pub data: Segment,
    /// Where functions begin and end; empty if there is no such table.
    pub pdata: Segment,
    /// How the stack is unwound; empty if there is no such table.
    pub xdata: Segment,
    /// Debugging information.
    pub dwarf: Segment,
}

impl Segments {
    /// One segment.
    pub fn get(&self, seg: Seg) -> &Segment {
        match seg {
            Seg::Text => &self.text,
            Seg::Rodata => &self.rodata,
            Seg::Relro => &self.relro,
            Seg::Data => &self.data,
            Seg::Pdata => &self.pdata,
            Seg::Xdata => &self.xdata,
            Seg::Dwarf => &self.dwarf,
        }
    }
    fn get_mut(&mut self, seg: Seg) -> &mut Segment {
        match seg {
            Seg::Text => &mut self.text,
            Seg::Rodata => &mut self.rodata,
            Seg::Relro => &mut self.relro,
            Seg::Data => &mut self.data,
            Seg::Pdata => &mut self.pdata,
            Seg::Xdata => &mut self.xdata,
            Seg::Dwarf => &mut self.dwarf,
        }
    }

    /// Assigns file offsets (`ld/data.go:layout`): the text segment starts behind the header area,
    /// every other segment at the next multiple of what files are aligned to. Gives the end of the last
    /// segment.
    ///
    /// # Errors
    /// A text when address and file offset of a segment have to agree in an address quantum and do not.
    pub fn layout_file(&mut self, placement: &Placement) -> Result<u64, String> {
        let (mut end, round) = (0, placement.round);
        for seg in Seg::LOADED.into_iter().chain([Seg::Dwarf]) {
            let s = self.get_mut(seg);
            if seg == Seg::Text {
                s.file_off = placement.header_len;
            } else if s.addr == 0 && s.len == 0 {
                continue;
            } else {
                s.file_off = round_up(end, placement.file_align.unwrap_or(round));
                if placement.file_align.is_none() && s.addr % round != s.file_off % round {
                    return Err(format!(
                        "bad segment rounding (Vaddr={:#x} Fileoff={:#x} FlagRound={round:#x})",
                        s.addr, s.file_off
                    ));
                }
            }
            end = s.file_off + s.file_len;
        }
        Ok(end)
    }

    /// Where the segment of debugging information will begin in the file, whatever its length. `None` if
    /// [`Segments::layout_file`] will fail.
    pub fn dwarf_offset(&self, placement: &Placement) -> Option<u64> {
        let mut segs = *self;
        segs.dwarf.len = 1;
        segs.layout_file(placement).ok()?;
        Some(segs.dwarf.file_off)
    }
}
