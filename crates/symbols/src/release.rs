//! Giving back pages of the inputs.
//!
//! A mapped page counts as memory of the process once it is touched. Each pass reads some parts of all
//! objects; what none of the next passes reads is given back, so that the parts that different passes
//! read are not in memory together.

use crate::map::Maps;
use crate::{Obj, Symbols};
use goobj::{Block, Object};
use gover::AuxType;
use std::ops::Range;
use std::sync::OnceLock;

/// Where what belongs to an object's functions lies in the object, bytes.
#[derive(Default)]
pub(crate) struct FunctionParts {
    /// Contents and relocations of their debugging information. Between the contents are those of
    /// `FuncInfo` records.
    dwarf: [Range<usize>; 2],
    /// Relocations and contents of the functions themselves.
    code: [Range<usize>; 2],
}

impl Symbols {
    /// Gives back what only resolution reads all of, names and hashes, and export data, which nobody
    /// reads but the system maps around what is read. Other passes read some names; these come back.
    pub fn release_names(&self) {
        self.release_up_to(|o| o.names().len(), &[Block::Hash]);
    }

    /// Gives back everything but contents and relocations: names, definitions, indices, auxiliary
    /// symbols. For passes that have noted where these lie ([`Symbols::locate_all`]).
    pub fn release_definitions(&self) {
        self.release_up_to(|o| o.block_offset(Block::Reloc) as usize, &[Block::Aux]);
    }

    /// Gives back all of an object up to what `end` says, with the export data before it, and some
    /// blocks.
    fn release_up_to(&self, end: impl Fn(&Object) -> usize, blocks: &[Block]) {
        let maps = Maps::all();
        let parts = self.objs.iter().enumerate().flat_map(|(i, o)| {
            let first = self.libs[o.lib.index()].objs.start as usize == i;
            let o = &o.object;
            let part = &o.bytes()[..end(o)];
            let part = match first {
                true => maps.with_all_before(part),
                false => part,
            };
            std::iter::once(part).chain(blocks.iter().map(|&b| o.block(b)))
        });
        maps.release(parts);
    }

    /// Gives back hashes, by which the same contents are found.
    pub fn release_hashes(&self) {
        Maps::all().release(self.objs.iter().map(|o| o.object.block(Block::Hash)));
    }

    /// Gives back functions' debugging information, contents and relocations: after each pass over all
    /// of it. A pass over the rest of the program does not miss them.
    pub fn release_dwarf(&self) {
        self.release_functions(0..self.objs.len(), |p| &p.dwarf);
    }

    /// Gives back the debugging information of some objects' functions.
    pub fn release_dwarf_of(&self, objs: impl IntoIterator<Item = usize>) {
        self.release_functions(objs, |p| &p.dwarf);
    }

    /// Gives back functions' code and its relocations, which nobody reads between the stack check and
    /// writing.
    pub fn release_code(&self) {
        self.release_functions(0..self.objs.len(), |p| &p.code);
    }

    fn release_functions(
        &self,
        objs: impl IntoIterator<Item = usize>,
        of: impl Fn(&FunctionParts) -> &[Range<usize>; 2],
    ) {
        let parts = self.function_parts();
        let parts = objs.into_iter().flat_map(|i| {
            let all = self.objs[i].object.bytes();
            let part = |r: &Range<usize>| all.get(r.clone()).unwrap_or_default();
            of(&parts[i]).iter().map(part)
        });
        Maps::all().release(parts);
    }

    /// Finding the parts brings back other pages; so they are found once. On one thread: one that waits
    /// for others here could take up work that asks for the parts too.
    fn function_parts(&self) -> &[FunctionParts] {
        let parts = |o| self.parts_of(o).unwrap_or_default();
        let find = || self.objs.iter().map(parts).collect();
        self.function_parts.get_or_init(find)
    }

    /// Where an object's functions lie: the compiler writes them all together, in their order, and
    /// likewise their debugging information.
    fn parts_of(&self, obj: &Obj) -> Option<FunctionParts> {
        let o = &obj.object;
        let info = |&li: &u32| {
            let mut auxs = o.auxs(li);
            let info = auxs.find(|a| self.gover.aux_type(a.typ) == Some(AuxType::DwarfInfo))?;
            o.local(info.sym).filter(|&li| li < o.n_alldef())
        };
        let at = |part: &[u8]| part.as_ptr() as usize - o.bytes().as_ptr() as usize;
        let between = |(first, last): (u32, u32)| {
            let span = |first: &[u8], last: &[u8]| at(first)..at(last) + last.len();
            [
                span(o.reloc_bytes(first), o.reloc_bytes(last)),
                span(o.data(first), o.data(last)),
            ]
        };
        let texts = &obj.texts;
        let own = &texts[..texts.partition_point(|&li| li < o.n_def())];
        let first = texts.iter().find_map(info);
        let last = texts.iter().rev().find_map(info);
        Some(FunctionParts {
            dwarf: first.zip(last).map(between).unwrap_or_default(),
            code: between((*own.first()?, *own.last()?)),
        })
    }

    /// Gives back all contents, relocations and auxiliary symbols.
    pub fn release_contents(&self) {
        let contents = |o: &Obj| {
            let o = &o.object;
            let end = o.block_offset(Block::RefName) as usize;
            &o.bytes()[o.block_offset(Block::Reloc) as usize..end]
        };
        Maps::all().release(self.objs.iter().map(contents));
    }
}

/// See [`FunctionParts`]; by object, once they are asked for.
pub(crate) type AllFunctionParts = OnceLock<Vec<FunctionParts>>;
