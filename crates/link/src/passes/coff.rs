//! The sections and headers of a COFF object for a host linker (`ld/pe.go:asmbPe`).

use super::pe::{EXCEPTION, directory, header_input};
use crate::config::Config;
use format::pe::{HeaderInput, N_DIRECTORIES, RelocTables, SYM_SIZE, Sections, consts::*};
use layout::{DataLayout, Section as LaidOut, Seg, Segments};
use target::Placement;

/// The section with pointers to what C calls when it starts.
pub const CTORS: &str = ".ctors";

/// Length of the one pointer in it, bytes.
pub const CTOR_LEN: u32 = 8;

/// Alignment of sections in memory, bytes (`PESECTALIGN`).
const ALIGN: u32 = 32;

/// An object's sections, laid out.
pub struct CoffObject<'a> {
    config: &'a Config,
    placement: &'a Placement,
    /// The sections.
    pub sections: Sections,
    directories: [format::pe::Directory; N_DIRECTORIES],
    /// By section, those of the program that its relocations are from: numbers of laid-out sections, debug
    /// sections behind them.
    parts: Vec<Vec<usize>>,
}

impl<'a> CoffObject<'a> {
    /// Lays out the sections; `dwarf` are those of debugging information.
    pub fn lay_out(
        config: &'a Config,
        placement: &'a Placement,
        segs: &Segments,
        layout: &DataLayout,
        dwarf: &[LaidOut],
    ) -> CoffObject<'a> {
        let mut sections = Sections::new(
            ALIGN,
            1,
            placement.header_mem as u32,
            placement.header_len as u32,
        );
        let mut directories = [format::pe::Directory::default(); N_DIRECTORIES];
        let mut parts = Vec::new();
        let of = |seg: Seg| {
            let all = layout.sections.iter().enumerate();
            all.filter(|(_, s)| s.seg == seg).map(|(i, _)| i).collect()
        };
        let data = IMAGE_SCN_CNT_INITIALIZED_DATA | IMAGE_SCN_MEM_READ;
        let code = IMAGE_SCN_CNT_CODE | IMAGE_SCN_MEM_EXECUTE | IMAGE_SCN_MEM_READ;
        let large = IMAGE_SCN_ALIGN_32BYTES;
        for (name, seg, characteristics) in [
            (".text", Seg::Text, code | large),
            (".rdata", Seg::Rodata, data | large),
            (".data", Seg::Data, data | IMAGE_SCN_MEM_WRITE | large),
        ] {
            let len = segs.get(seg).file_len as u32;
            sections.add(name, len, len, characteristics);
            parts.push(of(seg));
        }
        let zeroed = IMAGE_SCN_CNT_UNINITIALIZED_DATA | IMAGE_SCN_MEM_READ | IMAGE_SCN_MEM_WRITE;
        let len = segs.data.len - segs.data.file_len;
        sections.add_zeroed(".bss", len as u32, zeroed | large);
        parts.push(Vec::new());
        for (name, seg) in [(".pdata", Seg::Pdata), (".xdata", Seg::Xdata)] {
            let len = segs.get(seg).len as u32;
            if segs.pdata.len == 0 || len == 0 {
                continue;
            }
            let section = sections.add(name, len, len, data | IMAGE_SCN_ALIGN_4BYTES);
            if seg == Seg::Pdata {
                directories[EXCEPTION] = directory(section);
            }
            parts.push(of(seg));
        }
        for (i, s) in dwarf.iter().enumerate() {
            let characteristics = data | IMAGE_SCN_ALIGN_1BYTES | IMAGE_SCN_MEM_DISCARDABLE;
            sections.add_named_long(s.name.clone(), s.len as u32, characteristics);
            parts.push(vec![layout.sections.len() + i]);
        }
        let characteristics = data | IMAGE_SCN_MEM_WRITE | IMAGE_SCN_ALIGN_8BYTES;
        sections.add(CTORS, CTOR_LEN, CTOR_LEN, characteristics);
        parts.push(Vec::new());
        CoffObject {
            config,
            placement,
            sections,
            directories,
            parts,
        }
    }

    /// Number of the section that holds a debug section, from 1 on, by its place among them.
    pub fn debug_section(&self, i: usize, layout: &DataLayout) -> Option<usize> {
        let part = layout.sections.len() + i;
        let at = self.parts.iter().position(|p| p.contains(&part))?;
        Some(at + 1)
    }

    /// Where a section lies in the file.
    pub fn file_off(&self, name: &str) -> u64 {
        let section = self.sections.list.iter().find(|s| s.name == name);
        section.map_or(0, |s| s.off.into())
    }

    /// Lays out relocations, which begin at `off` in the file: `counts` by laid-out section, debug sections
    /// last. What is zero has none.
    pub fn place_relocs(&mut self, off: u64, counts: &[u64]) -> Tables {
        let list = self.sections.list.iter();
        let with: Vec<usize> = (0..list.len())
            .filter(|&i| self.sections.list[i].name != ".bss")
            .collect();
        let count = |&i: &usize| match self.sections.list[i].name == CTORS {
            true => 1,
            false => self.parts[i].iter().map(|&p| counts[p]).sum(),
        };
        let tables = RelocTables::new(off, with.iter().map(count));
        for (k, &i) in with.iter().enumerate() {
            tables.enter(k, &mut self.sections.list[i]);
        }
        let parts = with.iter().map(|&i| self.parts[i].clone()).collect();
        Tables { tables, parts }
    }

    /// The headers, with a table of `n_syms` symbols at `symtab_off` in the file; `cgo` says whether C code is
    /// a part.
    pub fn headers(&self, symtab_off: u64, n_syms: usize, cgo: bool) -> Vec<u8> {
        format::pe::object_headers(&HeaderInput {
            characteristics: IMAGE_FILE_LARGE_ADDRESS_AWARE,
            symtab_off: symtab_off as u32,
            n_syms: n_syms as u32,
            align: ALIGN,
            directories: self.directories,
            ..header_input(self.config, self.placement, &self.sections, cgo)
        })
    }

    /// Length of the string table for symbols' names of `names` bytes.
    pub fn strings_len(&self, names: usize) -> usize {
        Sections::NAMES_AT as usize + self.sections.names.len() + names
    }

    /// Length of symbol table and string table.
    pub fn symbols_len(&self, n_syms: usize, names: usize) -> usize {
        n_syms * SYM_SIZE + self.strings_len(names)
    }
}

/// The relocations of an object, laid out.
pub struct Tables {
    /// Where they lie.
    pub tables: RelocTables,
    /// As [`CoffObject::parts`], of the sections that have any.
    parts: Vec<Vec<usize>>,
}

impl Tables {
    /// Divides the rest of the file from `at` on into the places of relocations: those of laid-out sections and
    /// debug sections, by `counts`, and of `.ctors`.
    pub fn divide<'o>(
        &self,
        mut rest: &'o mut [u8],
        mut at: u64,
        counts: &[u64],
    ) -> (Vec<&'o mut [u8]>, &'o mut [u8]) {
        let mut out: Vec<&mut [u8]> = counts.iter().map(|_| &mut [][..]).collect();
        let mut take = |off: u64, len: u64| {
            let (_, r) = std::mem::take(&mut rest).split_at_mut((off - at) as usize);
            let (now, later) = r.split_at_mut(len as usize);
            (rest, at) = (later, off + len);
            now
        };
        let mut last: &mut [u8] = &mut [];
        for (k, parts) in self.parts.iter().enumerate() {
            let (off, head) = self.tables.head(k);
            let record = format::pe::RELOC_SIZE as u64;
            head.write(take(off, record));
            let mut off = self.tables.records(k).start;
            for &p in parts {
                out[p] = take(off, counts[p] * record);
                off += counts[p] * record;
            }
            if k + 1 == self.parts.len() {
                last = take(off, record);
            }
        }
        (out, last)
    }
}
