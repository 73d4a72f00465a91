//! Writing and relocating text and data into the output (`ld/asmb.go`, `ld/data.go:writeBlocks`).

use super::blocks::{Blocks, PieceOf};
use crate::output::{Store, clear};
use layout::{Addresses, DataLayout, Placed, Seg, Segments, TextLayout, TextOrder};
use rayon::prelude::*;
use reloc::{Batch, HostLink, RelocError, Relocator};
use std::sync::Mutex;
use symbols::{Located, RelocIter, SymId, Symbols};
use tables::pclntab::Make;

/// Fills in a symbol that is generated, part by part; `false` if it is none.
pub type Generate<'a> = dyn Fn(SymId, &mut [u8], &Addresses, &Make) -> bool + Sync + 'a;

/// Bytes that one task writes, about.
const TASK: u64 = 1 << 18;

/// Functions or symbols of data ahead whose contents are asked for.
const AHEAD: usize = 6;

/// Where the contents of everything that is loaded lie, noted before definitions and indices are given
/// back.
pub struct Places {
    /// Of the functions, in text order.
    text: Vec<Located>,
    /// Of data, as it is placed.
    data: Vec<Located>,
}

impl Places {
    /// Looks up where the contents of what `order` and `layout` place lie.
    pub fn note(syms: &Symbols, order: &TextOrder, layout: &DataLayout) -> Places {
        const EACH: usize = 1 << 13;
        let all = |n: usize, symbol: &(dyn Fn(usize) -> SymId + Sync)| {
            let mut all: Vec<Located> = bytemuck::zeroed_vec(n);
            let parts = all.par_chunks_mut(EACH).enumerate();
            parts.for_each(|(i, part)| syms.locate_all(|k| symbol(i * EACH + k), part));
            all
        };
        Places {
            text: all(order.textp.len(), &|i| order.textp[i]),
            data: all(layout.placed.len(), &|i| layout.placed[i].sym),
        }
    }
}

/// Writes text and data.
pub struct Writer<'a> {
    /// Applies relocations.
    pub relocator: &'a Relocator<'a>,
    /// The host linker's part of them, if there is one.
    pub host: Option<HostLink<'a>>,
    /// Order of text.
    pub order: &'a TextOrder,
    /// Addresses of text.
    pub text: &'a TextLayout,
    /// Places of data.
    pub layout: &'a DataLayout,
    /// Places of contents.
    pub places: &'a Places,
    /// Segments with file offsets.
    pub segs: &'a Segments,
    /// What is in each block of the output, if that is not what its sections have.
    pub blocks: Option<&'a Blocks>,
    /// What fills the gaps between functions.
    pub code_pad: u8,
    /// The table of functions' names.
    pub names: SymId,
    /// Fills in symbols that are generated.
    pub generate: &'a Generate<'a>,
    /// Takes parts of the output that are finished.
    pub store: &'a Store<'a>,
}

/// How far writing has come.
pub enum Written {
    /// Functions' names are written: names are not read any more.
    Names,
    /// So are the other tables of functions: from then on only contents and relocations are read.
    Tables,
}

/// A stretch of a section: its place in the output and its symbols.
enum Task<'o> {
    /// Functions, as a range of the text order; the address of the first byte.
    Text(&'o mut [u8], std::ops::Range<usize>, u64),
    /// Data, as a range of the placed symbols; the address of the section and the offset in it of
    /// the first byte.
    Data(&'o mut [u8], std::ops::Range<usize>, u64, u64),
}

impl Task<'_> {
    /// Bytes of output.
    fn len(&self) -> usize {
        match self {
            Task::Text(out, ..) | Task::Data(out, ..) => out.len(),
        }
    }
}

/// Relocations that are wrong, by the number of the task that met them.
pub struct Errors(Vec<(usize, Vec<RelocError>)>);

impl Errors {
    /// All of them, by the place of the symbol they are in.
    pub fn in_order(mut self) -> Vec<RelocError> {
        self.0.sort_by_key(|(i, _)| *i);
        self.0.into_iter().flat_map(|(_, e)| e).collect()
    }

    /// With those of another stage.
    #[must_use]
    pub fn and(mut self, others: Errors) -> Errors {
        self.0.extend(others.0);
        self
    }
}

impl Writer<'_> {
    /// Writes the tables of functions, which are made of records of all kinds, into `out`, the zeroed output
    /// from its start: names first. Tells `after` how far it has come.
    pub fn write_tables(&self, out: &mut [u8], after: impl Fn(Written)) -> Errors {
        let tables = self.numbered(out, |t| self.is_table(t)).into_iter();
        let (names, tables) = tables.partition(|(_, t)| self.is_of(t, self.names));
        let names = self.perform(names);
        after(Written::Names);
        let tables = self.perform(tables);
        after(Written::Tables);
        names.and(tables)
    }

    /// Writes all else that is loaded, text and data, into `out`, which is as for
    /// [`Writer::write_tables`]. They are made of contents and relocations only.
    pub fn write_contents(&self, out: &mut [u8]) -> Errors {
        self.perform(self.numbered(out, |t| !self.is_table(t)))
    }

    /// The tasks that are `wanted`, with their numbers among all.
    fn numbered<'o>(
        &self,
        out: &'o mut [u8],
        wanted: impl Fn(&Task) -> bool,
    ) -> Vec<(usize, Task<'o>)> {
        let tasks = self.tasks(out).into_iter().enumerate();
        tasks.filter(|(_, t)| wanted(t)).collect()
    }

    /// Performs tasks, each with its number; gives what is wrong by that.
    fn perform(&self, mut tasks: Vec<(usize, Task)>) -> Errors {
        let errors: Mutex<Vec<(usize, Vec<RelocError>)>> = Mutex::new(Vec::new());
        // Large tables first, so that nobody waits for the last one; each task of its own.
        tasks.sort_by_key(|(_, t)| std::cmp::Reverse(t.len() / (4 * TASK as usize)));
        tasks.into_par_iter().with_max_len(1).for_each(|(i, t)| {
            let mut e = Vec::new();
            match t {
                Task::Text(out, range, addr) => {
                    self.store
                        .make_all(out, |out| self.text(out, range, addr, &mut e));
                }
                Task::Data(out, range, base, off) => match self.as_is(&range, off, out.len()) {
                    Some(data) => self.store.put_in_parts(out, data),
                    None => {
                        if !self.generated(out, &range, off) {
                            self.store
                                .make_all(out, |out| self.data(out, range, base, off, &mut e));
                        }
                    }
                },
            }
            if !e.is_empty() {
                errors.lock().unwrap().push((i, e));
            }
        });
        Errors(errors.into_inner().unwrap())
    }

    /// Whether it is a part of the tables of functions.
    fn is_table(&self, task: &Task) -> bool {
        let tables = &self.layout.sections[self.layout.known.pclntab].syms;
        matches!(task, Task::Data(_, range, ..) if tables.contains(&range.start))
    }

    /// Whether it begins with the symbol `s`.
    fn is_of(&self, task: &Task, s: SymId) -> bool {
        matches!(task, Task::Data(_, range, ..) if self.layout.placed[range.start].sym == s)
    }

    /// The contents of a stretch of `len` bytes from offset `off` on if it is one symbol without
    /// relocations: large, as a rule, such as what is embedded in the program.
    fn as_is(&self, range: &std::ops::Range<usize>, off: u64, len: usize) -> Option<&[u8]> {
        let [p] = self.layout.placed[range.clone()] else {
            return None;
        };
        let (data, relocs) = self.contents(p.sym, self.places.data[range.start]);
        let whole = u64::from(p.off) == off && data.len() == len;
        (whole && relocs.len() == 0).then_some(data)
    }

    /// Writes a stretch from offset `off` on that is one generated symbol, if it is: large tables, which
    /// are never in memory as a whole.
    fn generated(&self, out: &mut [u8], range: &std::ops::Range<usize>, off: u64) -> bool {
        let make = |place: &mut [u8], make: &mut dyn FnMut(&mut [u8])| self.store.make(place, make);
        match self.layout.placed[range.clone()] {
            [p] if u64::from(p.off) == off
                && self
                    .contents(p.sym, self.places.data[range.start])
                    .0
                    .is_empty() =>
            {
                // What is behind it are zeros already.
                let table = &mut out[..p.size as usize];
                (self.generate)(p.sym, table, self.relocator.addrs, &make)
            }
            _ => false,
        }
    }

    #[inline]
    fn contents(&self, s: SymId, at: Located) -> (&[u8], RelocIter<'_>) {
        self.relocator.syms.contents_at(s, at)
    }

    fn tasks<'o>(&self, out: &'o mut [u8]) -> Vec<Task<'o>> {
        if let Some(blocks) = self.blocks {
            return self.tasks_of(blocks, out);
        }
        let mut tasks = Vec::new();
        let mut rest = out;
        let mut at = 0;
        // Sections are in file order within a segment, and segments in file order.
        for seg in Seg::LOADED {
            let s = self.segs.get(seg);
            for (i, sect) in self
                .layout
                .sections
                .iter()
                .enumerate()
                .filter(|(_, x)| x.seg == seg)
            {
                if sect.len == 0 || sect.addr < s.addr || sect.addr >= s.addr + s.file_len {
                    continue;
                }
                let off = s.file_off + (sect.addr - s.addr);
                let len = sect.len.min(s.addr + s.file_len - sect.addr);
                let (_, r) = rest.split_at_mut((off - at) as usize);
                let (mut bytes, r) = r.split_at_mut(len as usize);
                rest = r;
                at = off + len;
                if i == self.layout.known.text {
                    let n = self.order.textp.len();
                    let (mut first, mut from) = (0, sect.addr);
                    let foreign = &self.relocator.syms.foreign;
                    while first < n {
                        let next = (first..n)
                            .find(|&j| {
                                self.text.addr[j] >= from + TASK
                                    && !foreign.is_interior(self.order.textp[j])
                            })
                            .unwrap_or(n);
                        let to = if next < n {
                            self.text.addr[next]
                        } else {
                            sect.addr + len
                        };
                        let (b, r) = bytes.split_at_mut((to - from) as usize);
                        bytes = r;
                        tasks.push(Task::Text(b, first..next, from));
                        (first, from) = (next, to);
                    }
                    continue;
                }
                let placed = &self.layout.placed;
                let (mut first, mut from) = (sect.syms.start, 0);
                // Each of the large tables by itself.
                let most = match i == self.layout.known.pclntab {
                    true => 1,
                    false => TASK,
                };
                while first < sect.syms.end {
                    let next = (first..sect.syms.end)
                        .find(|&j| u64::from(placed[j].off) >= from + most)
                        .unwrap_or(sect.syms.end);
                    let to = if next < sect.syms.end {
                        placed[next].off.into()
                    } else {
                        len
                    };
                    let (b, r) = bytes.split_at_mut((to - from) as usize);
                    bytes = r;
                    tasks.push(Task::Data(b, first..next, sect.addr, from));
                    (first, from) = (next, to);
                }
            }
        }
        tasks
    }

    /// As [`Writer::tasks`], where the symbols of a block are not those of its sections.
    fn tasks_of<'o>(&self, blocks: &Blocks, out: &'o mut [u8]) -> Vec<Task<'o>> {
        let mut tasks = Vec::new();
        let (mut rest, mut at) = (out, 0);
        for piece in &blocks.0 {
            let seg = self.segs.get(piece.seg);
            let off = seg.file_off + (piece.addr - seg.addr);
            let (_, r) = rest.split_at_mut((off - at) as usize);
            let (bytes, r) = r.split_at_mut(piece.len as usize);
            (rest, at) = (r, off + piece.len);
            tasks.push(match piece.symbols.clone() {
                PieceOf::Text(range) => Task::Text(bytes, range, piece.addr),
                PieceOf::Data(range, base) => Task::Data(bytes, range, base, piece.addr - base),
            });
        }
        tasks
    }

    fn text(
        &self,
        out: &mut [u8],
        range: std::ops::Range<usize>,
        addr: u64,
        errors: &mut Vec<RelocError>,
    ) {
        let mut at = 0;
        let syms = self.relocator.syms;
        let functions = &self.order.textp[range.clone()];
        let places = &self.places.text[range.clone()];
        let mut pending = Pending::new(errors);
        for (i, (&s, &place)) in functions.iter().zip(places).enumerate() {
            if let Some(&later) = places.get(i + AHEAD) {
                syms.prefetch_contents(later);
            }
            if syms.foreign.is_interior(s) {
                continue;
            }
            let address = self.text.addr[range.start + i];
            let from = (address - addr) as usize;
            out[at..from].fill(self.code_pad);
            let (data, relocs) = self.contents(s, place);
            at = from + data.len();
            out[from..at].copy_from_slice(data);
            self.relocate(&mut pending, s, relocs, address, from..at, out);
        }
        out[at..].fill(self.code_pad);
        self.apply(&mut pending, out);
    }

    fn data(
        &self,
        out: &mut [u8],
        range: std::ops::Range<usize>,
        base: u64,
        off: u64,
        errors: &mut Vec<RelocError>,
    ) {
        let in_place = |place: &mut [u8], make: &mut dyn FnMut(&mut [u8])| {
            clear(place);
            make(place);
        };
        let mut at = 0;
        let syms = self.relocator.syms;
        let placed = &self.layout.placed[range.clone()];
        let places = &self.places.data[range];
        let mut pending = Pending::new(errors);
        for (i, (&Placed { sym, off: o, size }, &place)) in placed.iter().zip(places).enumerate() {
            if let Some(&later) = places.get(i + AHEAD) {
                syms.prefetch_contents(later);
            }
            let from = (u64::from(o) - off) as usize;
            let end = from + size as usize;
            let (data, relocs) = self.contents(sym, place);
            let mut filled = from + data.len();
            clear(&mut out[at..from]);
            at = end;
            clear(&mut out[filled..end]);
            if data.is_empty() {
                if (self.generate)(sym, &mut out[from..end], self.relocator.addrs, &in_place) {
                    continue;
                }
                filled = end;
            } else {
                out[from..filled].copy_from_slice(data);
            }
            let address = base + u64::from(o);
            self.relocate(&mut pending, sym, relocs, address, from..filled, out);
        }
        clear(&mut out[at..]);
        self.apply(&mut pending, out);
    }

    /// Has the contents of `s`, which lies at `addr`, relocated: `field` of `out`.
    #[inline]
    fn relocate(
        &self,
        pending: &mut Pending,
        s: SymId,
        relocs: RelocIter,
        addr: u64,
        field: std::ops::Range<usize>,
        out: &mut [u8],
    ) {
        let relocator = self.relocator;
        if let Some(h) = &self.host {
            relocator.apply_for_host(h, s, addr, &mut out[field], pending.errors);
            return;
        }
        relocator.enter(&mut pending.batch, s, relocs, addr, field);
        if pending.batch.is_full() {
            self.apply(pending, out);
        }
    }

    /// Applies what is pending to `out`.
    #[inline]
    fn apply(&self, pending: &mut Pending, out: &mut [u8]) {
        let Pending { batch, errors } = pending;
        self.relocator.apply_batch(batch, out, errors);
    }
}

/// Relocations to be applied together, and where errors go.
struct Pending<'e> {
    batch: Batch,
    errors: &'e mut Vec<RelocError>,
}

impl<'e> Pending<'e> {
    fn new(errors: &'e mut Vec<RelocError>) -> Pending<'e> {
        Pending {
            batch: Batch::default(),
            errors,
        }
    }
}
