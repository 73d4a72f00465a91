//! Order and addresses of text.

use crate::addresses::SectionId;
use gover::SymKind;
use rayon::prelude::*;
use reach::Live;
use rustc_hash::FxHashMap;
use symbols::{BitSet, LibId, Library, SymId, Symbols, UnitId};

/// Least distance between the starts of two functions, bytes (`abi.MINFUNC`): findfunctab cannot
/// tell closer ones apart.
pub(crate) const MIN_FUNC: u64 = 16;

/// The functions in the order of the file (`ctxt.Textp`) and per unit.
#[derive(Default)]
pub struct TextOrder {
    /// All text symbols in address order.
    pub textp: Vec<SymId>,
    /// The text symbols that each unit owns (`unit.Textp`), by [`UnitId`], in the order assigned
    /// before any sorting or shuffling.
    pub unit_textp: Vec<Vec<SymId>>,
    /// The libraries, dependencies first (`ld/lib.go:postorder`).
    pub postorder: Vec<LibId>,
    /// Functions that were placed by another library than the one that defines them.
    pub placed_by: FxHashMap<SymId, LibId>,
}

impl TextOrder {
    /// The text symbols a unit owns.
    pub fn unit(&self, u: UnitId) -> &[SymId] {
        &self.unit_textp[u.index()]
    }

    /// Orders the live functions (`loader.AssignTextSymbolOrder`): `first` (host text and the FIPS
    /// markers), then library by library in dependency order, those the runtime depends on before
    /// all others. A library contributes its own functions and then those that it shares with
    /// other libraries and that none before it has placed.
    pub fn assign(syms: &Symbols, live: &Live, first: &[SymId]) -> TextOrder {
        let postorder = postorder(&syms.libs);
        let lists: Vec<(Vec<SymId>, Vec<SymId>)> = postorder
            .par_iter()
            .map(|&l| library_text(syms, live, &syms.libs[l.index()]))
            .collect();
        let total = first.len() + lists.iter().map(|(a, b)| a.len() + b.len()).sum::<usize>();
        let mut textp = Vec::with_capacity(total);
        textp.extend(first.iter().copied().filter(|&s| live.reachable.has(s)));
        let mut placed = BitSet::new(syms.len());
        let mut unit_textp = vec![Vec::new(); syms.units.len()];
        let mut placed_by = FxHashMap::default();
        for runtime in [true, false] {
            for (&id, (own, shared)) in postorder.iter().zip(&lists) {
                let lib = &syms.libs[id.index()];
                if syms.gover.is_runtime_package(&lib.pkg) != runtime {
                    continue;
                }
                for (list, is_shared) in [(own, false), (shared, true)] {
                    for &s in list {
                        if placed.has(s) {
                            continue;
                        }
                        textp.push(s);
                        let Some((o, _)) = syms.origin(s) else {
                            continue;
                        };
                        unit_textp[o.unit.index()].push(s);
                        placed.insert(s);
                        if is_shared && o.lib != id {
                            placed_by.insert(s, id);
                        }
                    }
                }
            }
        }
        TextOrder {
            textp,
            unit_textp,
            postorder,
            placed_by,
        }
    }

    /// Shuffles the functions as `-randlayout` with this seed does (`ld/data.go:textaddress`).
    /// [`TextOrder::unit_textp`] stays as it was assigned.
    /// The build ID, and then functions of host objects, come first and stay where they are.
    pub fn shuffle(&mut self, syms: &Symbols, seed: i64) {
        let f = &syms.foreign;
        let is_id = |&s: &SymId| syms.name(s) == b"go:buildid";
        let id = usize::from(self.textp.first().is_some_and(is_id));
        let is_host = |&&s: &&SymId| f.sub(s).is_some() || f.is_interior(s);
        let n = id + self.textp[id..].iter().take_while(is_host).count();
        gorand::Rand::new(seed).shuffle(&mut self.textp[n..]);
    }

    /// Brings FIPS functions together between their markers, keeping the order otherwise
    /// (`ld/data.go:textaddress`).
    pub fn gather_fips(&mut self, syms: &Symbols) {
        let rank = |s: SymId| match syms.kind(s) {
            SymKind::Text => 0u8,
            SymKind::TextFipsStart => 1,
            SymKind::TextFips => 2,
            _ => 3,
        };
        let ranks: Vec<u8> = self.textp.par_iter().map(|&s| rank(s)).collect();
        let mut out = Vec::with_capacity(self.textp.len());
        for want in 0..4 {
            out.extend(
                self.textp
                    .iter()
                    .zip(&ranks)
                    .filter(|&(_, &r)| r == want)
                    .map(|(&s, _)| s),
            );
        }
        self.textp = out;
    }
}

/// The libraries with every library after those it imports (`ld/lib.go:postorder`).
fn postorder(libs: &[Library]) -> Vec<LibId> {
    let mut seen = vec![false; libs.len()];
    let mut out = Vec::with_capacity(libs.len());
    // Explicit stack: import chains of generated programs are deep.
    let mut stack: Vec<(LibId, usize)> = Vec::new();
    for root in 0..libs.len() {
        if std::mem::replace(&mut seen[root], true) {
            continue;
        }
        stack.push((LibId(root as u32), 0));
        while let Some((l, next)) = stack.last_mut() {
            match libs[l.index()].imports.get(*next) {
                Some(&i) => {
                    *next += 1;
                    if !std::mem::replace(&mut seen[i.index()], true) {
                        stack.push((i, 0));
                    }
                }
                None => {
                    out.push(*l);
                    stack.pop();
                }
            }
        }
    }
    out
}

/// The live functions that one library defines alone, and those it shares.
fn library_text(syms: &Symbols, live: &Live, lib: &Library) -> (Vec<SymId>, Vec<SymId>) {
    let (mut own, mut shared) = (Vec::new(), Vec::new());
    let dupok = syms.gover.flags.dupok;
    for obj in &syms.objs()[lib.objs.start as usize..lib.objs.end as usize] {
        let o = &obj.object;
        for &li in &obj.texts {
            let s = syms.global(obj, li);
            if !live.reachable.has(s) {
                continue;
            }
            let d = o.sym(li);
            if d.flag() & dupok != 0 || !syms.is_defined_by(s, obj, li) {
                shared.push(s);
            } else {
                own.push(s);
            }
        }
    }
    (own, shared)
}

/// A further section of text.
#[derive(Clone, Copy, Debug)]
pub struct TextCut {
    /// Its first symbol, as an index of [`TextOrder::textp`].
    pub first: usize,
    /// Its virtual address.
    pub addr: u64,
    /// Its alignment, bytes.
    pub align: u32,
    /// The symbol at its start, `runtime.text.N`.
    pub marker: SymId,
}

/// Addresses of text.
#[derive(Default)]
pub struct TextLayout {
    /// Virtual address of each text symbol, parallel to [`TextOrder::textp`].
    pub addr: Vec<u64>,
    /// Virtual address of the text section (`runtime.text`).
    pub start: u64,
    /// Virtual address of the end of the last function (`runtime.etext`).
    pub end: u64,
    /// Alignment of the text section, bytes.
    pub align: u32,
    /// Where linkers of objects find further sections of text: between them is room for jumps. Here all text is
    /// one section.
    pub cuts: Vec<TextCut>,
    /// The trampolines that were inserted, in order.
    pub trampolines: Vec<SymId>,
    /// Those of them that lead to `runtime.deferreturn`.
    pub deferreturn_trampolines: Vec<SymId>,
}

impl TextLayout {
    /// Number of a section in an object, 0 for none; `addr` is an address in it.
    pub fn object_section(&self, section: SectionId, addr: u64) -> u8 {
        let before = match section.0 {
            0 => 0,
            1 => self.cuts.partition_point(|c| c.addr <= addr),
            _ => self.cuts.len(),
        };
        section.0 + before as u8
    }

    /// Assigns addresses from `text_addr` on (`ld/data.go:textaddress`, `assignAddress`).
    pub fn assign(
        syms: &Symbols,
        order: &TextOrder,
        text_addr: u64,
        func_align: u32,
    ) -> TextLayout {
        let sizes: Vec<(u64, u32)> = order
            .textp
            .par_iter()
            .map(|&s| match syms.foreign.is_interior(s) {
                // It lies in the one before, at its offset.
                true => (syms.foreign.offsets[&s], 0),
                false => (
                    syms.size(s),
                    syms.gover.text_align.of(syms.align(s), func_align),
                ),
            })
            .collect();
        let start = round_up(text_addr, func_align.into());
        let mut align = func_align;
        let mut va = start;
        let mut addr = Vec::with_capacity(sizes.len());
        let mut container = start;
        for (size, a) in sizes {
            if a == 0 {
                addr.push(container.wrapping_add(size));
                continue;
            }
            align = align.max(a);
            va = round_up(va, a.into());
            addr.push(va);
            container = va;
            va += size.max(MIN_FUNC);
        }
        TextLayout {
            addr,
            start,
            end: va,
            align,
            ..TextLayout::default()
        }
    }
}

/// Rounds `v` up to a multiple of `to`; 0 and 1 leave it.
pub fn round_up(v: u64, to: u64) -> u64 {
    if to <= 1 { v } else { v.div_ceil(to) * to }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_of_an_object_count_those_that_text_is_divided_into() {
        let cut = |addr| TextCut {
            first: 0,
            addr,
            align: 16,
            marker: SymId(1),
        };
        let text = TextLayout {
            cuts: vec![cut(0x100), cut(0x200)],
            ..TextLayout::default()
        };
        let number = |section, addr| text.object_section(SectionId(section), addr);
        assert_eq!(number(0, 0x100), 0);
        assert_eq!([0, 0xff, 0x100, 0x250].map(|a| number(1, a)), [1, 1, 2, 3]);
        assert_eq!(number(2, 0), 4);
        assert_eq!(TextLayout::default().object_section(SectionId(2), 0), 2);
    }
}
