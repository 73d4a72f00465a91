//! Text and data where addresses do not grow from each symbol to the next (`ld/data.go:writeBlocks`).
//!
//! cmd/link writes the output in blocks, a section of the text segment or another segment each, and
//! looks for the first symbol of a block by its address, in one list of all functions or all data. It
//! finds another one than the block's own if data begin below read-only data (`-D`), addresses do not
//! fit in 63 bits (`-T`), or the alignment of text has moved its section behind the first function
//! (`-T`). Such a block has other contents, or none.

use gover::SymKind;
use layout::{DataLayout, Seg, Segments, TextLayout, TextOrder};
use reloc::{Problem, RelocError};
use rustc_hash::FxHashSet;
use std::ops::Range;
use symbols::{SymId, Symbols};

/// What a large block is written in, bytes (`ld/data.go:blockSize`).
const CHUNK: i64 = 1 << 20;

/// What is written, in the order of the output; the rest is zero.
pub struct Blocks(pub Vec<Piece>);

/// A stretch of a block.
pub struct Piece {
    /// The segment it is in.
    pub seg: Seg,
    /// Address of the first byte.
    pub addr: u64,
    /// Bytes of output.
    pub len: u64,
    /// The symbols.
    pub symbols: PieceOf,
}

/// Which symbols a piece has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PieceOf {
    /// A range of the text order.
    Text(Range<usize>),
    /// A range of the placed symbols, all of one section, which has this address.
    Data(Range<usize>, u64),
}

/// A symbol of the list that a block is looked for in.
#[derive(Clone, Copy)]
struct Item {
    addr: i64,
    size: i64,
    /// Whether it lies in another one, which is written as a whole.
    interior: bool,
}

/// Consecutive symbols that are written, and where: `len` bytes from `addr` on.
#[derive(PartialEq, Eq, Debug)]
struct Run {
    addr: i64,
    len: i64,
    items: Range<usize>,
}

/// Why a block cannot be written.
#[derive(PartialEq, Eq, Debug)]
enum Fault {
    /// A symbol lies before what has been written: the place reached, the symbol and the one before it.
    Backwards {
        reached: i64,
        item: usize,
        before: Option<usize>,
    },
    /// A symbol goes on where a chunk ends.
    Overlap,
}

/// Why blocks cannot be written.
pub enum BlockError {
    /// What cmd/link says about a symbol.
    Symbol(SymId, String),
    /// Parts of the output lie in one another. In cmd/link, chance decides which of them is seen.
    Overlap,
}

/// The runs of a block of `size` bytes at `addr`.
fn runs(items: &[Item], mut addr: i64, size: i64) -> Result<Vec<Run>, Fault> {
    let found = items.iter().position(|x| x.addr >= addr && !x.interior);
    let mut first = found.unwrap_or(0);
    let start = addr;
    let end = addr.wrapping_add(size);
    let mut runs: Vec<Run> = Vec::new();
    while addr < end {
        // The last symbol of this chunk.
        let mut last = None;
        for (i, x) in items.iter().enumerate().skip(first) {
            if x.interior {
                continue;
            }
            let behind = x.addr.wrapping_add(x.size);
            if behind > end {
                break;
            }
            last = Some(i);
            if behind > addr.wrapping_add(CHUNK) {
                break;
            }
        }
        let Some(last) = last else { break };
        let next = (last + 1..items.len()).find(|&i| !items[i].interior);
        let rest = end.wrapping_sub(addr);
        let len = match next.map(|i| items[i].addr.wrapping_sub(addr)) {
            Some(len) if len != 0 && len <= rest => len,
            _ => rest,
        };
        // Perhaps backwards, where the next symbol lies before this chunk.
        let stop = addr.wrapping_add(len);
        let items = written(items, first, addr, stop)?;
        if !items.is_empty() {
            let free = runs.last().map_or(start, |r| r.addr + r.len);
            if addr < free {
                return Err(Fault::Overlap);
            }
            runs.push(Run { addr, len, items });
        }
        first = next.unwrap_or(last + 1);
        addr = stop;
    }
    Ok(runs)
}

/// The symbols from `first` on that are written between `addr` and `end` (`ld/data.go:writeBlock`).
fn written(items: &[Item], first: usize, addr: i64, end: i64) -> Result<Range<usize>, Fault> {
    let (mut reached, mut before, mut stop) = (addr, None, first);
    for (i, x) in items.iter().enumerate().skip(first) {
        if x.interior {
            continue;
        }
        if x.addr >= end {
            break;
        }
        if x.addr < reached {
            return Err(Fault::Backwards {
                reached,
                item: i,
                before,
            });
        }
        (before, stop) = (Some(i), i + 1);
        reached = x.addr.wrapping_add(x.size);
        if reached > end {
            return Err(Fault::Overlap);
        }
        if reached == end {
            break;
        }
    }
    Ok(first..stop)
}

impl Blocks {
    /// What is in each block, if that is not what its section or segment has.
    ///
    /// # Errors
    /// A symbol lies before what is already written, or goes on where a block ends.
    pub fn find(
        syms: &Symbols,
        order: &TextOrder,
        text: &TextLayout,
        layout: &DataLayout,
        segs: &Segments,
    ) -> Result<Option<Blocks>, BlockError> {
        if in_order(text, layout, segs) {
            return Ok(None);
        }
        let lists = Lists::new(syms, order, text, layout);
        let mut pieces = Vec::new();
        for (i, section) in layout.sections.iter().enumerate() {
            if section.seg == Seg::Text {
                let is_text = i == layout.known.text;
                lists.block(Seg::Text, section.addr, section.len, is_text, &mut pieces)?;
            }
        }
        for seg in [Seg::Rodata, Seg::Relro, Seg::Data] {
            let s = segs.get(seg);
            lists.block(seg, s.addr, s.file_len, false, &mut pieces)?;
        }
        // These have lists of their own.
        for section in &layout.sections {
            if matches!(section.seg, Seg::Pdata | Seg::Xdata) {
                pieces.push(Piece {
                    seg: section.seg,
                    addr: section.addr,
                    len: section.len,
                    symbols: PieceOf::Data(section.syms.clone(), section.addr),
                });
            }
        }
        Ok(Some(Blocks(pieces)))
    }

    /// What cmd/link finds wrong with symbols that are in two blocks: it gives up the contents of those it
    /// has made or changed when they are written, and cannot relocate them again (`OutBuf.WriteSym`).
    pub fn twice_written(&self, syms: &Symbols, layout: &DataLayout) -> Vec<RelocError> {
        let mut seen = FxHashSet::default();
        let mut wrong = Vec::new();
        for piece in &self.0 {
            let PieceOf::Data(range, _) = &piece.symbols else {
                continue;
            };
            for at in range.clone() {
                let s = layout.placed[at].sym;
                if seen.insert(at) || !syms.is_external(s) {
                    continue;
                }
                let outside = syms
                    .relocs(s)
                    .filter(|r| r.off < 0 || r.off + i32::from(r.siz) > 0);
                wrong.extend(outside.map(|reloc| RelocError {
                    from: s,
                    reloc,
                    problem: Problem::OutOfRange { len: 0 },
                }));
            }
        }
        wrong
    }

    /// Whether the sections have their own symbols, all and no others: cmd/link looks for relocations of
    /// a section as for its contents, and finds more or fewer than it has counted
    /// (`ld/elf.go:elfrelocsect`).
    pub fn are_complete(&self, layout: &DataLayout, segs: &Segments) -> bool {
        let times = |at: usize| {
            let has =
                |p: &&Piece| matches!(&p.symbols, PieceOf::Data(range, _) if range.contains(&at));
            self.0.iter().filter(has).count()
        };
        let in_file = |s: &&layout::Section| {
            let seg = segs.get(s.seg);
            !s.syms.is_empty() && s.addr.wrapping_sub(seg.addr) < seg.file_len
        };
        let filled = layout.sections.iter().filter(in_file);
        let mut ends = filled.flat_map(|s| [s.syms.start, s.syms.end - 1]);
        ends.all(|at| times(at) == 1)
    }
}

/// Whether addresses grow from each symbol to the next, as they do as a rule.
fn in_order(text: &TextLayout, layout: &DataLayout, segs: &Segments) -> bool {
    let section = &layout.sections[layout.known.text];
    let first = text.addr.first();
    let mut at = 0;
    let mut follows = |seg| {
        let s = segs.get(seg);
        if s.len == 0 {
            return true;
        }
        let follows = s.addr >= at;
        at = s.addr.saturating_add(s.len);
        follows && i64::try_from(at).is_ok()
    };
    first.is_none_or(|&first| first >= section.addr)
        && [Seg::Text, Seg::Rodata, Seg::Relro, Seg::Data]
            .into_iter()
            .all(&mut follows)
}

/// All symbols in cmd/link's order.
struct Lists<'a> {
    syms: &'a Symbols,
    layout: &'a DataLayout,
    order: &'a TextOrder,
    text: Vec<Item>,
    data: Vec<Item>,
    /// Which of the placed symbols each of `data` is, and the index of its section.
    placed: Vec<(usize, usize)>,
}

impl<'a> Lists<'a> {
    fn new(
        syms: &'a Symbols,
        order: &'a TextOrder,
        text: &TextLayout,
        layout: &'a DataLayout,
    ) -> Self {
        let functions = order.textp.iter().zip(&text.addr);
        let text = functions
            .map(|(&s, &addr)| Item {
                addr: addr as i64,
                size: syms.size(s) as i64,
                interior: syms.foreign.is_interior(s),
            })
            .collect();
        let (mut data, mut placed) = (Vec::new(), Vec::new());
        for seg in [Seg::Text, Seg::Rodata, Seg::Relro, Seg::Data] {
            let sections = layout.sections.iter().enumerate();
            for (index, section) in sections.filter(|(_, s)| s.seg == seg) {
                for i in section.syms.clone() {
                    let p = &layout.placed[i];
                    data.push(Item {
                        addr: section.addr.wrapping_add(p.off.into()) as i64,
                        size: p.size as i64,
                        interior: syms.foreign.is_interior(p.sym),
                    });
                    placed.push((i, index));
                }
            }
        }
        Lists {
            syms,
            layout,
            order,
            text,
            data,
            placed,
        }
    }

    /// Adds what is written of the block of `len` bytes at `addr`, of functions or of data.
    fn block(
        &self,
        seg: Seg,
        addr: u64,
        len: u64,
        is_text: bool,
        pieces: &mut Vec<Piece>,
    ) -> Result<(), BlockError> {
        let items = if is_text { &self.text } else { &self.data };
        let runs = runs(items, addr as i64, len as i64);
        let runs = runs.map_err(|e| self.complaint(&e, is_text))?;
        for run in runs {
            if is_text {
                pieces.push(Piece {
                    seg,
                    addr: run.addr as u64,
                    len: run.len as u64,
                    symbols: PieceOf::Text(run.items),
                });
            } else {
                self.divide(seg, &run, pieces);
            }
        }
        Ok(())
    }

    /// Divides a run of data by sections; the tables of functions are apart.
    fn divide(&self, seg: Seg, run: &Run, pieces: &mut Vec<Piece>) {
        let tables = &self.layout.sections[self.layout.known.pclntab].syms;
        let end = run.addr + run.len;
        let mut rest = run.items.clone();
        while !rest.is_empty() {
            let (first, section) = self.placed[rest.start];
            let same = |&(at, of): &(usize, usize)| of == section && !tables.contains(&at);
            let more = self.placed[rest.clone()][1..].iter();
            let n = 1 + match tables.contains(&first) {
                true => 0,
                false => more.take_while(|x| same(x)).count(),
            };
            let at = self.data[rest.start].addr;
            rest.start += n;
            let next = match rest.is_empty() {
                true => end,
                false => self.data[rest.start].addr,
            };
            pieces.push(Piece {
                seg,
                addr: at as u64,
                len: (next - at) as u64,
                symbols: PieceOf::Data(first..first + n, self.layout.sections[section].addr),
            });
        }
    }

    fn complaint(&self, fault: &Fault, is_text: bool) -> BlockError {
        let &Fault::Backwards {
            reached,
            item,
            before,
        } = fault
        else {
            return BlockError::Overlap;
        };
        let syms = self.syms;
        let (items, symbol): (_, &dyn Fn(usize) -> SymId) = match is_text {
            true => (&self.text, &|i| self.order.textp[i]),
            false => (&self.data, &|i| self.layout.placed[self.placed[i].0].sym),
        };
        let section = match is_text {
            true => &self.layout.sections[self.layout.known.text],
            false => &self.layout.sections[self.placed[item].1],
        };
        let s = symbol(item);
        let before = before.map_or(SymId::NONE, symbol);
        let kind: SymKind = syms.kind(s);
        let text = format!(
            "phase error: addr={reached:#x} but val={:#x} sym={} type={kind} sect={} sect.addr={:#x}{}",
            items[item].addr,
            syms.name_lossy(s),
            section.name,
            section.addr,
            match syms.gover.names_symbol_before {
                true => format!(" prev={}", syms.name_lossy(before)),
                false => String::new(),
            }
        );
        BlockError::Symbol(s, text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Symbols of 16 bytes, one after another.
    fn list(starts: &[i64]) -> Vec<Item> {
        let item = |&addr| Item {
            addr,
            size: 16,
            interior: false,
        };
        starts.iter().map(item).collect()
    }

    fn run(addr: i64, len: i64, items: Range<usize>) -> Run {
        Run { addr, len, items }
    }

    #[test]
    fn a_block_has_the_symbols_behind_its_start() {
        let items = list(&[0x100, 0x110, 0x120, 0x200, 0x210]);
        assert_eq!(runs(&items, 0x100, 0x30), Ok(vec![run(0x100, 0x30, 0..3)]));
        // The first function lies before its section.
        assert_eq!(runs(&items, 0x108, 0x30), Ok(vec![run(0x108, 0x30, 1..3)]));
        assert_eq!(runs(&items, 0x200, 0x20), Ok(vec![run(0x200, 0x20, 3..5)]));
    }

    #[test]
    fn data_below_all_else_are_not_found() {
        let items = list(&[0x1000, 0x1010, 0x100, 0x110]);
        // The first symbol behind the start is one of another segment, and too far away.
        assert_eq!(runs(&items, 0x100, 0x20), Ok(vec![]));
        // What is before is whole.
        assert_eq!(
            runs(&items, 0x1000, 0x20),
            Ok(vec![run(0x1000, 0x20, 0..2)])
        );
    }

    #[test]
    fn a_chunk_before_symbols_further_down_is_empty() {
        let mut items = list(&[0x1000, 0x100, 0x110]);
        // More than the rest of the block has room for, which ends the chunk at the one before.
        items[2].size = 0x1000;
        assert_eq!(runs(&items, 0x1000, 0x20), Ok(vec![]));
    }

    #[test]
    fn a_block_that_ends_beyond_all_addresses_is_empty() {
        let items = list(&[i64::MAX - 31]);
        assert_eq!(runs(&items, i64::MAX - 31, 64), Ok(vec![]));
    }

    #[test]
    fn a_symbol_before_what_is_written_is_an_error() {
        let items = list(&[0x100, 0x110, 0x80]);
        let error = Fault::Backwards {
            reached: 0x120,
            item: 2,
            before: Some(1),
        };
        assert_eq!(runs(&items, 0x100, 0x40), Err(error));
        let error = Fault::Backwards {
            reached: 0x400,
            item: 0,
            before: None,
        };
        assert_eq!(runs(&items, 0x400, 0x200), Err(error));
    }

    #[test]
    fn a_symbol_must_not_go_on_where_a_chunk_ends() {
        let mut items = list(&[0x100, 0x108]);
        items[1].size = 0x1000;
        assert_eq!(runs(&items, 0x100, 0x10), Err(Fault::Overlap));
    }

    #[test]
    fn a_chunk_must_not_lie_in_one_before() {
        let item = |addr, size| Item {
            addr,
            size,
            interior: false,
        };
        // A chunk each, the second of which is not written, since the third symbol lies in the first.
        let items = [item(0, CHUNK + 1), item(CHUNK + 1, CHUNK + 1), item(8, 16)];
        assert_eq!(runs(&items, 0, 4 * CHUNK), Err(Fault::Overlap));
    }

    #[test]
    fn large_blocks_are_written_in_chunks() {
        let size = CHUNK / 2 + 16;
        let items: Vec<Item> = (0..4)
            .map(|i| Item {
                addr: i * size,
                size,
                interior: i == 2,
            })
            .collect();
        let expected = vec![run(0, 3 * size, 0..2), run(3 * size, size, 3..4)];
        assert_eq!(runs(&items, 0, 4 * size), Ok(expected));
    }
}
