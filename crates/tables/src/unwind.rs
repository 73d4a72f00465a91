//! The tables by which Windows unwinds the stack (`ld/seh.go`).

use crate::maker::Maker;
use gover::{AuxType, RelocType, SymKind};
use layout::Addresses;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use symbols::{ExtReloc, Reloc, SymId, Symbols};

/// Length of an entry for a function (`RUNTIME_FUNCTION`), bytes.
const ENTRY_LEN: usize = 12;

/// Alignment of both tables, bytes.
const ALIGN: u32 = 4;

/// The tables: where functions begin and end, and what they do to the stack. Functions that do the same
/// share what is said of it.
pub struct Unwind {
    /// `.pdata`, whose contents [`Unwind::write`] makes.
    pub pdata: SymId,
    /// `.xdata`.
    pub xdata: SymId,
    /// Functions, and what they do as an offset in `.xdata`.
    entries: Vec<(SymId, u32)>,
}

impl Unwind {
    /// Makes the tables for `functions`.
    pub fn make(m: &mut Maker, functions: &[SymId]) -> Unwind {
        let mut table = |name| {
            let s = m.create(name, SymKind::SehSect);
            m.ext(s).align = ALIGN;
            s
        };
        let [pdata, xdata] = [".pdata", ".xdata"].map(&mut table);
        let found: Vec<(SymId, SymId)> = {
            let syms = &*m.syms;
            let of = |&s: &SymId| {
                let info = syms.aux(s, AuxType::SehUnwindInfo);
                let known = info.is_some() && syms.func_info(s).is_some();
                known.then_some((s, info))
            };
            functions.par_iter().filter_map(of).collect()
        };
        let mut offsets: FxHashMap<SymId, u32> = FxHashMap::default();
        let mut by_name: FxHashMap<Box<[u8]>, u32> = FxHashMap::default();
        let mut entries = Vec::with_capacity(found.len());
        for (s, info) in found {
            let offset = *offsets.entry(info).or_insert_with(|| {
                let name = m.syms.name(info).into();
                *by_name
                    .entry(name)
                    .or_insert_with(|| append(m, xdata, info))
            });
            entries.push((s, offset));
        }
        m.ext(pdata).size = (entries.len() * ENTRY_LEN) as u64;
        Unwind {
            pdata,
            xdata,
            entries,
        }
    }

    /// Whether there is no function in them.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Makes the contents of `.pdata` at once, with relocations: a host linker knows the addresses.
    pub fn leave_to_host(&self, m: &mut Maker) {
        let fields: Vec<(SymId, i64)> = self.fields(m.syms).collect();
        let pdata = m.ext(self.pdata);
        pdata.size = 0;
        for (target, add) in fields {
            pdata.add_field(4, RelocType::PeImageOff, target, add);
        }
    }

    /// What the fields of `.pdata` refer to, with what is added to that.
    fn fields(&self, syms: &Symbols) -> impl Iterator<Item = (SymId, i64)> {
        self.entries.iter().flat_map(|&(s, offset)| {
            let len = syms.size(s) as i64;
            [(s, 0), (s, len), (self.xdata, offset.into())]
        })
    }

    /// The fields of `.pdata` of an image at `base`, as relocations, and what they should hold; none if it is plain that
    /// they can. That it is, unless addresses are given on the command line.
    pub fn far_fields(&self, syms: &Symbols, addrs: &Addresses, base: u64) -> Vec<(Reloc, i64)> {
        let distance = |s| (addrs.addr(s) as i64).wrapping_sub(base as i64);
        let functions = [self.entries.first(), self.entries.last()];
        let ends = functions.into_iter().flatten().map(|(s, _)| *s);
        // Functions are in order, and symbols much shorter than what is left.
        let far = |s| !(0..=1 << 30).contains(&distance(s));
        if !ends.chain([self.xdata]).any(far) {
            return Vec::new();
        }
        let fields = (0..).step_by(4).zip(self.fields(syms));
        let relocs = fields.map(|(off, (sym, add))| {
            let reloc = Reloc {
                off,
                siz: 4,
                typ: RelocType::PeImageOff,
                weak: false,
                add,
                sym,
            };
            (reloc, distance(sym).wrapping_add(add))
        });
        relocs.collect()
    }

    /// Writes `.pdata` of an image at `base` into `out`, which has its length.
    pub fn write(&self, syms: &Symbols, addrs: &Addresses, base: u64, out: &mut [u8]) {
        const TASK: usize = 1 << 12;
        let xdata = addrs.addr(self.xdata).wrapping_sub(base) as u32;
        let write = |(entries, out): (&[(SymId, u32)], &mut [u8])| {
            for (&(s, offset), out) in entries.iter().zip(out.chunks_exact_mut(ENTRY_LEN)) {
                let start = addrs.addr(s).wrapping_sub(base) as u32;
                let end = start.wrapping_add(syms.size(s) as u32);
                for (field, out) in [start, end, xdata + offset].iter().zip(out.chunks_mut(4)) {
                    out.copy_from_slice(&field.to_le_bytes());
                }
            }
        };
        let tasks = self.entries.par_chunks(TASK);
        tasks
            .zip(out.par_chunks_mut(TASK * ENTRY_LEN))
            .for_each(write);
    }
}

/// Appends what one function does, with its relocations; gives its offset.
fn append(m: &mut Maker, xdata: SymId, info: SymId) -> u32 {
    let data = m.syms.data(info).to_vec();
    let relocs: Vec<ExtReloc> = m
        .syms
        .relocs(info)
        .map(|r| ExtReloc {
            off: r.off,
            siz: r.siz,
            typ: r.typ,
            weak: false,
            add: r.add,
            sym: r.sym,
        })
        .collect();
    let e = m.ext(xdata);
    let offset = e.data.len() as u32;
    e.add_bytes(&data);
    let moved = |r: ExtReloc| ExtReloc {
        off: r.off + offset as i32,
        ..r
    };
    e.relocs.extend(relocs.into_iter().map(moved));
    offset
}
