//! Go's pc-line table: parsing, function names for stripped text, and which sub-table, function and
//! field hold a difference.
//!
//! Layout: `cmd/link` ld/pcln.go (`generatePCHeader`, `writeFuncs`, `generateFunctab`), the reader's
//! side in Go's runtime/symtab.go (`pcHeader`, `_func`, `findfuncbucket`). Go 1.20 and later.

mod owners;

use crate::bytes::{Words, c_string, count_differences, first_difference, hex_context, text};
use crate::image::{Image, Placed};
use crate::list::{Item, first_list_difference, neighbours};
use crate::moduledata::Moduledata;
use crate::report::resize;
use std::borrow::Cow;
use std::ops::Range;

const MAGIC: u64 = 0xffff_fff1;
/// Bytes of text per bucket of findfunctab, and per sub-bucket.
const BUCKET_TEXT: u64 = 4096;
const SUB_BUCKET_TEXT: u64 = 256;
/// Size of a findfunctab bucket: an index and 16 deltas.
const BUCKET: usize = 20;
/// Size of an entry of an inline tree.
const INLINED_CALL: u64 = 16;
/// FUNCDATA slot of the inline tree.
const FUNCDATA_INLTREE: usize = 3;

/// Fixed fields of a function record: (name, offset, size).
const FUNC_FIELDS: &[(&str, usize, usize)] = &[
    ("entryOff", 0, 4),
    ("nameOff", 4, 4),
    ("args", 8, 4),
    ("deferreturn", 12, 4),
    ("pcsp", 16, 4),
    ("pcfile", 20, 4),
    ("pcln", 24, 4),
    ("npcdata", 28, 4),
    ("cuOffset", 32, 4),
    ("startLine", 36, 4),
    ("funcID", 40, 1),
    ("flag", 41, 1),
    ("pad", 42, 1),
    ("nfuncdata", 43, 1),
];
const FUNC_SIZE: usize = 44;

const PCDATA: [&str; 5] = [
    "UnsafePoint",
    "StackMapIndex",
    "InlTreeIndex",
    "ArgLiveIndex",
    "PanicBounds",
];
const FUNCDATA: [&str; 8] = [
    "ArgsPointerMaps",
    "LocalsPointerMaps",
    "StackObjects",
    "InlTree",
    "OpenCodedDeferInfo",
    "ArgInfo",
    "ArgLiveInfo",
    "WrapInfo",
];

/// The parts of a pc-line table, in file order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Header,
    FuncNames,
    Units,
    Files,
    PcData,
    FuncTab,
    Records,
    FuncData,
    FindFunc,
    Rest,
}

impl Part {
    fn name(self) -> &'static str {
        match self {
            Part::Header => "pcheader",
            Part::FuncNames => "funcnametab",
            Part::Units => "cutab",
            Part::Files => "filetab",
            Part::PcData => "pctab",
            Part::FuncTab => "functab",
            Part::Records => "function records",
            Part::FuncData => "funcdata (go:func.*)",
            Part::FindFunc => "findfunctab",
            Part::Rest => "after the known tables",
        }
    }
}

/// A located pc-line table. All ranges are offsets in `data` and lie inside it.
#[derive(Debug)]
pub struct Pclntab<'a> {
    /// Slot of its section in `Image::sections`.
    pub slot: usize,
    /// Address of its header.
    pub address: u64,
    data: &'a [u8],
    words: Words,
    functions: usize,
    parts: Vec<(Part, Range<usize>)>,
    /// Address of the text the entry offsets count from, where known.
    pub text: Option<u64>,
}

/// Section and offset of the header, by section name, symbol or signature.
fn find(image: &Image<'_>) -> Option<(usize, usize)> {
    let signature = |data: &[u8], at: usize| {
        image.words.uint(data, at, 4) == Some(MAGIC)
            && data.get(at + 4..at + 6) == Some(&[0, 0])
            && data.get(at + 6).is_some_and(|q| [1, 2, 4].contains(q))
            && data
                .get(at + 7)
                .is_some_and(|p| usize::from(*p) == image.words.pointer)
    };
    let named = |s: &&crate::image::Section<'_>| s.name.ends_with("gopclntab");
    if let Some(section) = image.sections.iter().find(named) {
        let slot = image
            .sections
            .iter()
            .position(|s| std::ptr::eq(s, section))?;
        return signature(section.data, 0).then_some((slot, 0));
    }
    for (slot, list) in image.placed.iter().enumerate() {
        if let Some(symbol) = list.iter().find(|s| s.name == b"runtime.pclntab") {
            let at = symbol.offset as usize;
            return signature(image.sections[slot].data, at).then_some((slot, at));
        }
    }
    for (slot, section) in image.sections.iter().enumerate() {
        if section.alloc {
            let at = (0..section.data.len())
                .step_by(8)
                .find(|&at| signature(section.data, at));
            if let Some(at) = at {
                return Some((slot, at));
            }
        }
    }
    None
}

impl<'a> Pclntab<'a> {
    /// Finds and parses the table of an image.
    pub fn read(image: &Image<'a>) -> Option<Pclntab<'a>> {
        let (slot, start) = find(image)?;
        let section = &image.sections[slot];
        let data = section.data.get(start..)?;
        let words = image.words;
        let p = words.pointer;
        let word = |i: usize| words.word(data, 8 + i * p);
        let functions = word(0)? as usize;
        let mut bounds = vec![(Part::Header, 0)];
        let order = [
            Part::FuncNames,
            Part::Units,
            Part::Files,
            Part::PcData,
            Part::FuncTab,
        ];
        for (i, part) in order.into_iter().enumerate() {
            bounds.push((part, word(3 + i)? as usize));
        }
        let functab = bounds[5].1;
        bounds.push((
            Part::Records,
            functab.saturating_add(functions.saturating_mul(8) + 4),
        ));
        let module = Moduledata::read(image);
        let address = section.addr.wrapping_add(start as u64);
        let known = |field: &str, symbol: &str| {
            let value = module
                .as_ref()
                .and_then(|m| m.value(field))
                .filter(|v| *v != 0);
            let value = value.or_else(|| image.symbol_value(symbol))?;
            let at = value.checked_sub(address)? as usize;
            (at > functab && at <= data.len()).then_some(at)
        };
        if let Some(at) = known("gofunc", "go:func.*") {
            bounds.push((Part::FuncData, at));
        }
        if let Some(at) = known("findfunctab", "runtime.findfunctab") {
            bounds.push((Part::FindFunc, at));
        }
        if let Some(at) = known("epclntab", "runtime.epclntab") {
            bounds.push((Part::Rest, at));
        }
        let mut parts = Vec::new();
        for (i, &(part, from)) in bounds.iter().enumerate() {
            let to = bounds.get(i + 1).map_or(data.len(), |b| b.1);
            // Damaged offsets must neither leave the data nor run backwards.
            let from = from.min(data.len());
            parts.push((part, from..to.clamp(from, data.len())));
        }
        let text = module
            .as_ref()
            .and_then(|m| m.value("text"))
            .or_else(|| word(2))
            .filter(|v| *v != 0)
            .or_else(|| image.section_like(".text").map(|s| s.addr));
        Some(Pclntab {
            slot,
            address,
            data,
            words,
            functions,
            parts,
            text,
        })
    }

    /// Offset of the function names.
    pub fn names_offset(&self) -> u64 {
        self.part_start(Part::FuncNames) as u64
    }

    fn part(&self, part: Part) -> &'a [u8] {
        self.parts
            .iter()
            .find(|p| p.0 == part)
            .map_or(&[], |p| &self.data[p.1.clone()])
    }

    fn part_start(&self, part: Part) -> usize {
        self.parts
            .iter()
            .find(|p| p.0 == part)
            .map_or(0, |p| p.1.start)
    }

    fn u32(&self, data: &[u8], at: usize) -> Option<u32> {
        self.words.u32(data, at)
    }

    /// Entry offset of function `i`; `i` = count gives the end of the text.
    fn entry(&self, i: usize) -> Option<u32> {
        self.u32(self.part(Part::FuncTab), i.checked_mul(8)?)
    }

    /// Offset of the record of function `i` in the record part.
    fn record_at(&self, i: usize) -> Option<usize> {
        let at = self.u32(self.part(Part::FuncTab), i.checked_mul(8)?.checked_add(4)?)?;
        (self.part_start(Part::FuncTab) + at as usize).checked_sub(self.part_start(Part::Records))
    }

    fn record(&self, i: usize) -> Option<&'a [u8]> {
        self.part(Part::Records).get(self.record_at(i)?..)
    }

    fn function_name(&self, record: &[u8]) -> Option<&'a [u8]> {
        let at = self.u32(record, 4)? as usize;
        let names = self.part(Part::FuncNames);
        (at < names.len()).then(|| c_string(names, at))
    }

    /// Number of functions the tables really hold.
    fn count(&self) -> usize {
        self.functions.min(self.part(Part::FuncTab).len() / 8)
    }

    fn name(&self, i: usize) -> String {
        let name = self.record(i).and_then(|r| self.function_name(r));
        name.map_or_else(|| format!("function {i}"), text)
    }

    /// Functions with their records' sizes, by entry offset.
    fn list(&self) -> Vec<Item<'a>> {
        let records = self.part(Part::Records).len();
        let mut out = Vec::with_capacity(self.count());
        for i in 0..self.count() {
            let at = self.record_at(i).unwrap_or(records);
            let end = if i + 1 < self.count() {
                self.record_at(i + 1)
            } else {
                Some(records)
            };
            let name = self
                .record(i)
                .and_then(|r| self.function_name(r))
                .unwrap_or(b"?");
            out.push(Item {
                name: Cow::Borrowed(name),
                size: end.unwrap_or(records).saturating_sub(at) as u64,
                offset: self.entry(i).unwrap_or(0).into(),
            });
        }
        out
    }

    /// Functions as symbols: offset from the text start, size up to the next function.
    fn placed(&self, base: u64) -> Vec<Placed<'a>> {
        (0..self.count())
            .filter_map(|i| {
                let entry = self.entry(i)?;
                let end = self.entry(i + 1)?;
                Some(Placed {
                    offset: base + u64::from(entry),
                    size: end.saturating_sub(entry).into(),
                    name: self.function_name(self.record(i)?)?,
                })
            })
            .collect()
    }

    /// Index of the function whose record covers `at` in the record part.
    fn function_of_record(&self, at: usize) -> usize {
        let (mut low, mut high) = (0, self.count());
        while low < high {
            let middle = (low + high) / 2;
            if self.record_at(middle).is_some_and(|start| start <= at) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low.saturating_sub(1)
    }

    /// All references of a function into pctab: of the tables that each has, then of PCDATA by slot.
    fn pc_offsets(&self, record: &[u8]) -> Vec<u32> {
        let count = self.u32(record, 28).unwrap_or(0).min(64) as usize;
        let fixed = [16, 20, 24].into_iter();
        let places = fixed.chain((0..count).map(|k| FUNC_SIZE + 4 * k));
        places.map_while(|at| self.u32(record, at)).collect()
    }

    /// The same with the names of the slots.
    fn pc_tables(&self, record: &[u8]) -> Vec<(String, u32)> {
        let name = |i: usize| match ["pcsp", "pcfile", "pcln"].get(i) {
            Some(name) => name.to_string(),
            None => format!("PCDATA {} ({})", i - 3, PCDATA.get(i - 3).unwrap_or(&"?")),
        };
        let offsets = self.pc_offsets(record).into_iter().enumerate();
        offsets.map(|(i, at)| (name(i), at)).collect()
    }

    /// All (slot, offset) references of a function into its funcdata.
    fn func_data(&self, record: &[u8]) -> Vec<(usize, u32)> {
        let pcdata = self.u32(record, 28).unwrap_or(0).min(64) as usize;
        let count = record.get(43).copied().unwrap_or(0) as usize;
        let slot = |k: usize| {
            let value = self.u32(record, FUNC_SIZE + 4 * (pcdata + k))?;
            (value != u32::MAX).then_some((k, value))
        };
        (0..count).filter_map(slot).collect()
    }

    /// The first function whose reference into pctab or funcdata is the nearest at or before `at`.
    fn owner(&self, at: usize, part: Part) -> Option<(String, u32)> {
        let mut best: Option<(u32, usize, String)> = None;
        for i in 0..self.count() {
            let Some(record) = self.record(i) else {
                continue;
            };
            let references = match part {
                Part::PcData => self.pc_tables(record),
                _ => {
                    let slot = |(k, v)| (format!("FUNCDATA {k} ({})", name_funcdata(k)), v);
                    self.func_data(record).into_iter().map(slot).collect()
                }
            };
            for (name, value) in references {
                if value as usize <= at && best.as_ref().is_none_or(|b| value > b.0) {
                    best = Some((value, i, name));
                }
            }
        }
        let (value, i, name) = best?;
        Some((format!("{name} of {}", self.name(i)), value))
    }
}

fn name_funcdata(slot: usize) -> &'static str {
    FUNCDATA.get(slot).copied().unwrap_or("?")
}

/// Gives the text section of a stripped image the function names of its pc-line table.
pub fn name_stripped_text(image: &mut Image<'_>) {
    if image.relocatable {
        return;
    }
    let named = image.symbols.iter().any(|s| s.info & 0xf == 2);
    if named {
        return;
    }
    let Some(table) = Pclntab::read(image) else {
        return;
    };
    let Some(text) = table.text else { return };
    let slot = image
        .sections
        .iter()
        .position(|s| s.alloc && text >= s.addr && text - s.addr < s.size);
    if let Some(slot) = slot {
        let base = text - image.sections[slot].addr;
        image.placed[slot] = table.placed(base);
    }
}

/// Explains the difference of the sections at `i` and `j` if they hold the pc-line tables.
pub fn explain(a: &Image<'_>, b: &Image<'_>, i: usize, j: usize) -> Vec<String> {
    if !a.sections[i].name.contains("pclntab")
        && !a.sections[i].name.contains("rdata")
        && !a.sections[i].name.contains("rodata")
    {
        return Vec::new();
    }
    let (Some(x), Some(y)) = (Pclntab::read(a), Pclntab::read(b)) else {
        return Vec::new();
    };
    if x.slot != i || y.slot != j {
        return Vec::new();
    }
    compare(&x, &y)
}

fn compare(x: &Pclntab<'_>, y: &Pclntab<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    let (list_x, list_y) = (x.list(), y.list());
    let same_names =
        list_x.len() == list_y.len() && list_x.iter().zip(&list_y).all(|(p, q)| p.name == q.name);
    if !same_names && let Some(difference) = first_list_difference(&list_x, &list_y) {
        lines.push(format!(
            "functions: {} in A, {} in B; [{}] {}",
            x.functions, y.functions, difference.index, difference.what
        ));
        lines.extend(neighbours(&list_x, &list_y, difference.index, 3));
    }
    // The header only repeats sizes, so it comes last.
    let order = [
        Part::FuncNames,
        Part::Units,
        Part::Files,
        Part::PcData,
        Part::FuncTab,
        Part::Records,
        Part::FuncData,
        Part::FindFunc,
        Part::Rest,
        Part::Header,
    ];
    for part in order {
        let (p, q) = (x.part(part), y.part(part));
        let Some(at) = first_difference(p, q) else {
            continue;
        };
        let size = if p.len() == q.len() {
            String::new()
        } else {
            format!("{}, ", resize(p.len() as u64, q.len() as u64))
        };
        lines.push(format!(
            "{}: {size}{} bytes differ, first at +{at:#x}: {}",
            part.name(),
            count_differences(p, q),
            explain_part(x, y, part, at)
        ));
        lines.push(format!("  A {}", hex_context(p, at)));
        lines.push(format!("  B {}", hex_context(q, at)));
    }
    lines
}

/// One phrase about the difference at `at` of a part.
fn explain_part(x: &Pclntab<'_>, y: &Pclntab<'_>, part: Part, at: usize) -> String {
    match part {
        Part::FuncNames | Part::Files => explain_names(x.part(part), y.part(part)),
        Part::Units => explain_units(x, y, at),
        Part::PcData | Part::FuncData => explain_shared_data(x, y, part, at),
        Part::FuncTab => explain_functab(x, y, at),
        Part::Records => explain_records(x, y, at),
        Part::FindFunc => explain_findfunc(x, at),
        Part::Header => explain_header(x, y),
        Part::Rest => "unknown content".to_string(),
    }
}

/// A number as it is shown, `None` being past the end.
fn shown(value: Option<u64>) -> String {
    value.map_or("(end)".to_string(), |v| format!("{v:#x}"))
}

/// Only the names' order is of interest, not where each begins.
fn explain_names(p: &[u8], q: &[u8]) -> String {
    fn list(data: &[u8]) -> Vec<Item<'_>> {
        let item = |name| Item {
            name: Cow::Borrowed(name),
            size: 0,
            offset: 0,
        };
        data.split(|&c| c == 0).map(item).collect()
    }
    match first_list_difference(&list(p), &list(q)) {
        Some(d) => format!("entry {}: {}", d.index, d.what),
        None => "padding".to_string(),
    }
}

/// The file that a number of a unit's file stands for, and which unit it is.
fn explain_units(x: &Pclntab<'_>, y: &Pclntab<'_>, at: usize) -> String {
    let k = at / 4;
    let file = |t: &Pclntab<'_>| match t.u32(t.part(Part::Units), 4 * k) {
        None => "(end)".to_string(),
        Some(u32::MAX) => "0xffffffff (unused)".to_string(),
        Some(v) => {
            let name = c_string(t.part(Part::Files), v as usize);
            format!("{v:#x} {:?}", text(name))
        }
    };
    let owner = (0..x.count())
        .filter_map(|i| {
            let cu = x.u32(x.record(i)?, 32)? as usize;
            (cu <= k).then_some((cu, i))
        })
        .max_by_key(|&(cu, i)| (cu, std::cmp::Reverse(i)));
    let owner = owner.map_or(String::new(), |(cu, i)| {
        format!(", file {} of the unit of {}", k - cu, x.name(i))
    });
    format!("index {k}{owner}: A {}, B {}", file(x), file(y))
}

/// Which function's table or data it is that functions may share.
fn explain_shared_data(x: &Pclntab<'_>, y: &Pclntab<'_>, part: Part, at: usize) -> String {
    let name = |t: &Pclntab<'_>| {
        let Some((name, start)) = t.owner(at, part) else {
            return "(no owner)".to_string();
        };
        let inside = at as u64 - u64::from(start);
        let mut name = format!("{name} +{inside:#x}");
        if name.starts_with(&format!("FUNCDATA {FUNCDATA_INLTREE} ")) {
            let field = match inside % INLINED_CALL {
                0 => "funcID",
                1..=3 => "pad",
                4..=7 => "nameOff",
                8..=11 => "parentPc",
                _ => "startLine",
            };
            name += &format!(" (call {}, {field})", inside / INLINED_CALL);
        }
        name
    };
    let (p, q) = (name(x), name(y));
    if p == q { p } else { format!("A {p}; B {q}") }
}

fn explain_functab(x: &Pclntab<'_>, y: &Pclntab<'_>, at: usize) -> String {
    let (k, field) = (at / 8, if at % 8 < 4 { "entryoff" } else { "funcoff" });
    let value = |t: &Pclntab<'_>| shown(t.u32(t.part(Part::FuncTab), at & !3).map(u64::from));
    format!(
        "[{k}].{field} (A {}, B {}): A {}, B {}",
        x.name(k),
        y.name(k),
        value(x),
        value(y)
    )
}

/// The function and the field of its record.
fn explain_records(x: &Pclntab<'_>, y: &Pclntab<'_>, at: usize) -> String {
    let field = |t: &Pclntab<'_>| {
        let i = t.function_of_record(at);
        let start = t.record_at(i).unwrap_or(0);
        let inside = at.saturating_sub(start);
        let record = t.record(i).unwrap_or(&[]);
        let (field, from, size) = record_field(t, record, inside);
        let value = shown(t.words.uint(record, from, size));
        (format!("{}, field {field}", t.name(i)), value)
    };
    let ((p, v), (q, w)) = (field(x), field(y));
    if p == q {
        format!("{p}: A {v}, B {w}")
    } else {
        format!("A {p} = {v}; B {q} = {w}")
    }
}

/// The bucket, and the function in which the text begins that it is about.
fn explain_findfunc(x: &Pclntab<'_>, at: usize) -> String {
    let (bucket, inside) = (at / BUCKET, at % BUCKET);
    let what = match inside {
        0..=3 => "idx".to_string(),
        n => format!("subbucket {}", n - 4),
    };
    let sub = inside.saturating_sub(4) as u64;
    let offset = bucket as u64 * BUCKET_TEXT + sub * SUB_BUCKET_TEXT;
    let function = (0..x.count())
        .rev()
        .find(|&i| x.entry(i).is_some_and(|e| u64::from(e) <= offset));
    let function = function.map_or(String::new(), |i| format!(", {}", x.name(i)));
    format!("bucket {bucket}, {what} (text +{offset:#x}{function})")
}

/// All fields that differ: one number more or less moves the others.
fn explain_header(x: &Pclntab<'_>, y: &Pclntab<'_>) -> String {
    let pointer = x.words.pointer;
    let small = [
        ("magic", 0, 4),
        ("pad", 4, 2),
        ("minLC", 6, 1),
        ("ptrSize", 7, 1),
    ];
    let words = [
        "nfunc",
        "nfiles",
        "textStart (unused)",
        "funcnameOffset",
        "cuOffset",
        "filetabOffset",
        "pctabOffset",
        "pclnOffset",
    ];
    let words = words.into_iter().enumerate();
    let words = words.map(|(k, name)| (name, 8 + k * pointer, pointer));
    let changed: Vec<String> = small
        .into_iter()
        .chain(words)
        .filter_map(|(name, at, size)| {
            let value = |t: &Pclntab<'_>| t.words.uint(t.part(Part::Header), at, size);
            let (v, w) = (value(x), value(y));
            (v != w).then(|| {
                let (v, w) = (v.unwrap_or(0), w.unwrap_or(0));
                format!("{name} {v:#x} → {w:#x}")
            })
        })
        .collect();
    changed.join(", ")
}

/// Name, offset and size of the field at `inside` of a function record.
fn record_field(t: &Pclntab<'_>, record: &[u8], inside: usize) -> (String, usize, usize) {
    for &(name, at, size) in FUNC_FIELDS {
        if inside >= at && inside < at + size {
            return (name.to_string(), at, size);
        }
    }
    let k = inside.saturating_sub(FUNC_SIZE) / 4;
    let pcdata = t.u32(record, 28).unwrap_or(0) as usize;
    let from = FUNC_SIZE + 4 * k;
    let name = if k < pcdata {
        format!("pcdata[{k}] ({})", PCDATA.get(k).unwrap_or(&"?"))
    } else {
        let k = k - pcdata;
        format!("funcdata[{k}] ({})", name_funcdata(k))
    };
    (name, from, 4)
}
