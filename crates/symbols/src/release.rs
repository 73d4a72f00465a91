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
use std::sync::{Mutex, OnceLock};

/// Where contents and relocations of functions' debugging information lie in an object, bytes. Between
/// the contents are those of `FuncInfo` records.
type FunctionDwarf = [Range<usize>; 2];

/// Parts of files that nobody reads soon once these are opened. They are given back while others are
/// opened, many together.
#[derive(Default)]
pub(crate) struct Done {
    parts: Mutex<Vec<&'static [u8]>>,
}

impl Done {
    /// Parts that are given back together.
    const TOGETHER: usize = 1024;

    /// Takes what of an object that has a digest nobody reads soon: references by name, and hashes, by which
    /// only pc-value tables are told apart later.
    pub fn add_digested(&self, o: &Object<'static>) {
        let [start, end] = [Block::NonPkgRef, Block::RelocIdx].map(|b| o.block_offset(b));
        self.add(&o.bytes()[start as usize..end as usize]);
    }

    /// Takes a part of a file.
    pub fn add(&self, part: &'static [u8]) {
        self.add_and(part, |parts| Maps::all().release_now(parts.into_iter()));
    }

    /// Takes a part of a file, and has the parts so far given back once they are many. That must not be
    /// under the lock: a thread that waits for the others there takes up work that adds parts too.
    fn add_and(&self, part: &'static [u8], give_back: impl FnOnce(Vec<&'static [u8]>)) {
        let mut parts = self.parts.lock().unwrap_or_else(|e| e.into_inner());
        parts.push(part);
        if parts.len() < Self::TOGETHER {
            return;
        }
        let many = std::mem::take(&mut *parts);
        drop(parts);
        give_back(many);
    }

    /// Has the rest given back.
    pub fn finish(&self) {
        let rest = std::mem::take(&mut *self.parts.lock().unwrap_or_else(|e| e.into_inner()));
        Maps::all().release(rest.into_iter());
    }
}

impl Symbols {
    /// Gives back what only resolution reads all of, names, and export data, which nobody reads but the
    /// system maps around what is read. Other passes read some names; these come back.
    pub fn release_names(&self) {
        self.release_up_to(|o| o.names().len(), &[]);
    }

    /// Gives back relocations.
    pub fn release_relocs(&self) {
        self.release_block(Block::Reloc);
    }

    /// Gives back contents, but for those that are found by content: most of these are pc-value tables.
    pub fn release_named_data(&self) {
        let parts = self.objs.iter().flat_map(|o| {
            let o = &o.object;
            let data = o.block(Block::Data);
            let first = o.n_def() + o.n_hashed64();
            let end = first + o.n_hashed();
            let start = |li: u32| o.data_range(li).start as usize;
            match o.n_hashed() {
                0 => [data, &[]],
                _ => [
                    &data[..start(first)],
                    &data[o.data_range(end - 1).end as usize..],
                ],
            }
        });
        Maps::all().release(parts);
    }

    /// Gives back definitions that are found by content. Nearly all of them are pc-value tables.
    pub fn release_content_defs(&self) {
        self.release_block(Block::HashedDef);
    }

    /// Gives back auxiliary symbols.
    pub fn release_auxs(&self) {
        self.release_block(Block::Aux);
    }

    fn release_block(&self, block: Block) {
        Maps::all().release(self.objs.iter().map(|o| o.object.block(block)));
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
        self.release_block(Block::Hash);
    }

    /// Gives back functions' debugging information, contents and relocations: after each pass over all
    /// of it. A pass over the rest of the program does not miss them.
    pub fn release_dwarf(&self) {
        self.release_dwarf_of(0..self.objs.len());
    }

    /// Gives back the debugging information of some objects' functions.
    pub fn release_dwarf_of(&self, objs: impl IntoIterator<Item = usize>) {
        let parts = self.functions_dwarf();
        let parts = objs
            .into_iter()
            .flat_map(|i| parts[i].iter().map(move |r| self.part(i, r)));
        Maps::all().release_now(parts);
    }

    /// Gives back all relocations, and the contents of functions' debugging information.
    pub fn release_relocs_and_dwarf(&self) {
        let parts = self.functions_dwarf().iter().enumerate();
        let parts = parts.flat_map(|(i, [_, contents])| {
            let relocs = self.objs[i].object.block(Block::Reloc);
            [relocs, self.part(i, contents)]
        });
        Maps::all().release(parts);
    }

    /// A part of an object; empty where it is none.
    fn part(&self, obj: usize, at: &Range<usize>) -> &'static [u8] {
        let all = self.objs[obj].object.bytes();
        all.get(at.clone()).unwrap_or_default()
    }

    /// Finding the parts brings back other pages; so they are found once. On one thread: one that waits
    /// for others here could take up work that asks for the parts too.
    fn functions_dwarf(&self) -> &[FunctionDwarf] {
        let parts = |o| self.functions_dwarf_of(o).unwrap_or_default();
        let find = || self.objs.iter().map(parts).collect();
        self.functions_dwarf.get_or_init(find)
    }

    /// Where the debugging information of an object's functions lies: the compiler writes it all together,
    /// in their order.
    fn functions_dwarf_of(&self, obj: &Obj) -> Option<FunctionDwarf> {
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
        let first = obj.texts.iter().find_map(info);
        let last = obj.texts.iter().rev().find_map(info);
        first.zip(last).map(between)
    }

    /// Gives back all contents, relocations and auxiliary symbols.
    pub fn release_contents(&self) {
        self.release_contents_of(0..self.objs.len());
    }

    /// Gives back contents, relocations and auxiliary symbols of some objects.
    pub fn release_contents_of(&self, objs: impl IntoIterator<Item = usize>) {
        let contents = |i: usize| {
            let o = &self.objs[i].object;
            let end = o.block_offset(Block::RefName) as usize;
            &o.bytes()[o.block_offset(Block::Reloc) as usize..end]
        };
        Maps::all().release_now(objs.into_iter().map(contents));
    }
}

/// See [`FunctionDwarf`]; by object, once they are asked for.
pub(crate) type AllFunctionsDwarf = OnceLock<Vec<FunctionDwarf>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_given_back_many_together_while_others_are_added() {
        let done = Done::default();
        let part: &[u8] = b"part";
        let given = std::cell::Cell::new(0);
        for _ in 0..Done::TOGETHER + 1 {
            done.add_and(part, |parts| {
                given.set(given.get() + parts.len());
                assert!(
                    done.parts.try_lock().is_ok(),
                    "whoever adds meanwhile waits"
                );
                done.add(part);
            });
        }
        assert_eq!(given.get(), Done::TOGETHER);
        assert_eq!(done.parts.lock().unwrap().len(), 2);
    }
}
