//! Writing and relocating text and data into the output (`ld/asmb.go`, `ld/data.go:writeBlocks`).

use crate::output::Store;
use layout::{Addresses, DataLayout, Placed, Seg, Segments, TextLayout, TextOrder};
use rayon::prelude::*;
use reloc::{HostLink, RelocError, Relocator};
use std::ops::Range;
use std::sync::Mutex;
use symbols::{ObjectReader, PageWindow, SymId};

/// Bytes that one task writes, about.
const TASK: u64 = 1 << 18;

/// Bytes of objects that stay mapped behind those that are being read.
const WINDOW: usize = 48 << 20;

/// Least length of a section that is made as a whole, bytes, and greatest length of its symbols, on
/// the average.
const SCATTERED_LEN: u64 = 1 << 18;
const SCATTERED_SYMBOL: u64 = 1 << 10;

/// Objects without code that are read by one task.
const TEXTLESS_TOGETHER: usize = 64;

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
    /// Segments with file offsets.
    pub segs: &'a Segments,
    /// What fills the gaps between functions.
    pub code_pad: u8,
    /// Fills in symbols that are generated in place; `false` for symbols that are not.
    pub generate: &'a (dyn Fn(SymId, &mut [u8], &Addresses) -> bool + Sync),
    /// Takes parts of the output that are finished.
    pub store: &'a Store<'a>,
}

/// A stretch of a section: its place in the output and its symbols.
enum Task<'o> {
    /// Functions, as a range of the text order; the address of the first byte.
    Text(&'o mut [u8], Range<usize>, u64),
    /// Data, as a range of the placed symbols; the address of the section and the offset in it of
    /// the first byte.
    Data(&'o mut [u8], Range<usize>, u64, u64),
}

impl Task<'_> {
    /// Bytes of output.
    fn len(&self) -> usize {
        match self {
            Task::Text(out, ..) | Task::Data(out, ..) => out.len(),
        }
    }
}

/// What is written how.
#[derive(Default)]
struct Plan<'o> {
    /// Stretches that are made on their own, by their offsets in the output.
    tasks: Vec<(usize, Task<'o>)>,
    /// Sections that are made as a whole.
    scattered: Vec<Scattered<'o>>,
}

/// A section of many small symbols: offset and place in the output, symbols, address.
type Scattered<'o> = (usize, &'o mut [u8], Range<usize>, u64);

/// The bytes of one symbol in the making.
struct Field<'b> {
    bytes: &'b mut [u8],
    sym: SymId,
    addr: u64,
    /// Offset in the output.
    off: usize,
}

/// Relocations that are wrong, by the offset in the output of what they are in.
type Errors = Mutex<Vec<(usize, Vec<RelocError>)>>;

fn note(errors: &Errors, off: usize, e: Vec<RelocError>) {
    if !e.is_empty() {
        errors.lock().unwrap().push((off, e));
    }
}

impl Writer<'_> {
    /// Writes everything that is loaded into `out`, the zeroed output from its start. Gives the
    /// relocations that are wrong, by the place of the symbol they are in.
    pub fn write(&self, out: &mut [u8]) -> Vec<RelocError> {
        let errors = Errors::default();
        let window = PageWindow::new(WINDOW);
        let Plan {
            mut tasks,
            scattered,
        } = self.plan(out);
        // Large tables first, so that nobody waits for the last one; each task of its own.
        tasks.sort_by_key(|(_, t)| std::cmp::Reverse(t.len() / (4 * TASK as usize)));
        let mut buffers: Vec<Vec<u8>> = scattered.iter().map(|s| vec![0; s.1.len()]).collect();
        let fields = self.fields(&tasks, &scattered, &mut buffers);
        let mut work: Vec<Option<(usize, Task)>> = tasks.into_iter().map(Some).collect();
        work.resize_with(fields.len(), || None);
        work.into_par_iter()
            .zip(fields)
            .with_max_len(1)
            .for_each(|(task, fields)| {
                if let Some((off, t)) = task {
                    note(&errors, off, self.perform(t, &window));
                }
                self.fill(fields, &window, &errors);
            });
        scattered
            .into_par_iter()
            .zip(&buffers)
            .for_each(|(s, buffer)| self.store.put_in_parts(s.1, buffer));
        let mut errors = errors.into_inner().unwrap();
        errors.sort_by_key(|(off, _)| *off);
        errors.into_iter().flat_map(|(_, e)| e).collect()
    }

    fn plan<'o>(&self, out: &'o mut [u8]) -> Plan<'o> {
        let mut plan = Plan::default();
        let mut rest = out;
        let mut at = 0;
        // Sections are in file order within a segment, and segments in file order.
        for seg in [Seg::Text, Seg::Rodata, Seg::Relro, Seg::Data] {
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
                let (bytes, r) = r.split_at_mut(len as usize);
                rest = r;
                at = off + len;
                let off = off as usize;
                if i == self.layout.known.text {
                    self.text_tasks(off, bytes, sect.addr, &mut plan);
                } else if self.is_scattered(sect.syms.clone(), len) {
                    let part = (off, bytes, sect.syms.clone(), sect.addr);
                    plan.scattered.push(part);
                } else {
                    self.data_tasks(off, bytes, sect.syms.clone(), sect.addr, &mut plan);
                }
            }
        }
        plan
    }

    fn text_tasks<'o>(&self, off: usize, bytes: &'o mut [u8], start: u64, plan: &mut Plan<'o>) {
        let n = self.order.textp.len();
        let end = start + bytes.len() as u64;
        let (mut bytes, mut first, mut from) = (bytes, 0, start);
        let foreign = &self.relocator.syms.foreign;
        while first < n {
            let next = (first..n)
                .find(|&j| {
                    self.text.addr[j] >= from + TASK && !foreign.is_interior(self.order.textp[j])
                })
                .unwrap_or(n);
            let to = if next < n { self.text.addr[next] } else { end };
            let (b, r) = bytes.split_at_mut((to - from) as usize);
            bytes = r;
            let at = off + (from - start) as usize;
            plan.tasks.push((at, Task::Text(b, first..next, from)));
            (first, from) = (next, to);
        }
    }

    fn data_tasks<'o>(
        &self,
        off: usize,
        bytes: &'o mut [u8],
        syms: Range<usize>,
        start: u64,
        plan: &mut Plan<'o>,
    ) {
        let placed = &self.layout.placed;
        let (len, mut bytes) = (bytes.len() as u64, bytes);
        let (mut first, mut from) = (syms.start, 0);
        while first < syms.end {
            let next = (first..syms.end)
                .find(|&j| u64::from(placed[j].off) >= from + TASK)
                .unwrap_or(syms.end);
            let to = if next < syms.end {
                placed[next].off.into()
            } else {
                len
            };
            let (b, r) = bytes.split_at_mut((to - from) as usize);
            bytes = r;
            let task = Task::Data(b, first..next, start, from);
            plan.tasks.push((off + from as usize, task));
            (first, from) = (next, to);
        }
    }

    /// Whether a section of `len` bytes is one of many small symbols, one behind the other.
    fn is_scattered(&self, syms: Range<usize>, len: u64) -> bool {
        let placed = &self.layout.placed[syms];
        let end = |p: &Placed| u64::from(p.off) + u64::from(p.size);
        len >= SCATTERED_LEN
            && len / SCATTERED_SYMBOL <= placed.len() as u64
            && placed.windows(2).all(|w| end(&w[0]) <= w[1].off.into())
            && placed.last().is_some_and(|p| end(p) <= len)
    }

    /// The fields of scattered sections, in `buffers`, by the task that has the code of the same
    /// object; behind those, the fields of objects without code.
    ///
    /// The order of such a section, by size or by name, leads all over the inputs. Here each object
    /// is read once, text and data, and no two symbols share a field.
    fn fields<'b>(
        &self,
        tasks: &[(usize, Task)],
        scattered: &[Scattered],
        buffers: &'b mut [Vec<u8>],
    ) -> Vec<Vec<Field<'b>>> {
        const NONE: u32 = !0;
        let syms = self.relocator.syms;
        let unit = |s: SymId| syms.origin(s).map_or(0, |(o, _)| o.unit.index());
        let mut task_of = vec![NONE; syms.units.len().max(1)];
        for (i, (_, t)) in (0..).zip(tasks) {
            if let Task::Text(_, range, _) = t {
                for &s in &self.order.textp[range.clone()] {
                    task_of[unit(s)] = i;
                }
            }
        }
        let mut fields: Vec<Vec<Field>> = Vec::new();
        let textless = task_of.iter_mut().filter(|t| **t == NONE);
        let mut groups = tasks.len();
        for (i, t) in textless.enumerate() {
            groups = tasks.len() + i / TEXTLESS_TOGETHER + 1;
            *t = groups as u32 - 1;
        }
        fields.resize_with(groups, Vec::new);
        for ((off, _, range, addr), buffer) in scattered.iter().zip(buffers) {
            let (mut rest, mut at) = (&mut buffer[..], 0);
            for &Placed { sym, off: o, size } in &self.layout.placed[range.clone()] {
                let o = o as usize;
                let (_, r) = rest.split_at_mut(o - at);
                let (bytes, r) = r.split_at_mut(size as usize);
                rest = r;
                at = o + size as usize;
                fields[task_of[unit(sym)] as usize].push(Field {
                    bytes,
                    sym,
                    addr: addr + o as u64,
                    off: off + o,
                });
            }
        }
        fields
    }

    fn fill(&self, mut fields: Vec<Field>, window: &PageWindow, errors: &Errors) {
        fields.sort_unstable_by_key(|f| f.sym);
        let mut reader = ObjectReader::new(self.relocator.syms, window);
        for f in fields {
            let mut e = Vec::new();
            reader.read(f.sym);
            self.symbol(f.sym, f.addr, f.bytes, &mut e);
            note(errors, f.off, e);
        }
    }

    fn perform(&self, t: Task, window: &PageWindow) -> Vec<RelocError> {
        let mut e = Vec::new();
        match t {
            Task::Text(out, range, addr) => self
                .store
                .make(out, |out| self.text(out, range, addr, window, &mut e)),
            Task::Data(out, range, base, off) => {
                if let [p] = self.layout.placed[range.clone()]
                    && u64::from(p.off) == off
                    && let data = self.relocator.syms.data(p.sym)
                    && data.len() == out.len()
                    && self.relocator.syms.relocs(p.sym).len() == 0
                {
                    // Large, as a rule: what is embedded in the program.
                    self.store.put(out, data);
                } else {
                    self.store
                        .make(out, |out| self.data(out, range, base, off, &mut e));
                }
            }
        }
        e
    }

    fn text(
        &self,
        out: &mut [u8],
        range: Range<usize>,
        addr: u64,
        window: &PageWindow,
        errors: &mut Vec<RelocError>,
    ) {
        let mut at = 0;
        let foreign = &self.relocator.syms.foreign;
        let mut reader = ObjectReader::new(self.relocator.syms, window);
        for i in range {
            let s = self.order.textp[i];
            if foreign.is_interior(s) {
                continue;
            }
            reader.read(s);
            let from = (self.text.addr[i] - addr) as usize;
            out[at..from].fill(self.code_pad);
            let data = self.relocator.syms.data(s);
            let field = &mut out[from..from + data.len()];
            field.copy_from_slice(data);
            self.relocate(s, self.text.addr[i], field, errors);
            at = from + data.len();
        }
        out[at..].fill(self.code_pad);
    }

    fn data(
        &self,
        out: &mut [u8],
        range: Range<usize>,
        base: u64,
        off: u64,
        errors: &mut Vec<RelocError>,
    ) {
        for &Placed { sym, off: o, size } in &self.layout.placed[range] {
            let from = (u64::from(o) - off) as usize;
            let field = &mut out[from..from + size as usize];
            self.symbol(sym, base + u64::from(o), field, errors);
        }
    }

    /// Makes the bytes of one symbol of data, which are zero.
    fn symbol(&self, sym: SymId, addr: u64, field: &mut [u8], errors: &mut Vec<RelocError>) {
        let data = self.relocator.syms.data(sym);
        let field = if data.is_empty() {
            if (self.generate)(sym, field, self.relocator.addrs) {
                return;
            }
            field
        } else {
            let field = &mut field[..data.len()];
            field.copy_from_slice(data);
            field
        };
        self.relocate(sym, addr, field, errors);
    }

    #[inline]
    fn relocate(&self, s: SymId, addr: u64, field: &mut [u8], errors: &mut Vec<RelocError>) {
        match &self.host {
            None => self.relocator.apply(s, addr, field, errors),
            Some(h) => self.relocator.apply_for_host(h, s, addr, field, errors),
        }
    }
}
