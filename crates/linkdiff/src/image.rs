//! What every comparison sees of a binary, whatever its format: regions with named fields, sections
//! and symbols. Readers ([`crate::read`]) fill it; nothing here panics on damage.

use crate::bytes::{Words, text};
use crate::list::Item;
use std::borrow::Cow;

/// Container format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// ELF, 32 or 64 bit.
    Elf,
    /// Mach-O.
    MachO,
    /// Portable Executable or COFF object.
    Pe,
    /// Something else that the object reader knows.
    Other,
    /// Not recognised: compared as plain bytes.
    Raw,
}

/// A named integer field of a header.
#[derive(Clone, Debug)]
pub struct Field {
    /// Name as the format's specification spells it.
    pub name: &'static str,
    /// Offset in the region, in bytes.
    pub at: usize,
    /// Size in bytes.
    pub size: usize,
    /// Value.
    pub value: u64,
    /// Whether other differences (sizes, placement) explain a change of this field.
    pub derived: bool,
}

/// Fields in file order: (name, size in bytes, derived from layout).
pub type Layout = [(&'static str, usize, bool)];

/// The table a region belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegionKind {
    /// The file header.
    Header,
    /// A program header, a load command or a data directory.
    Segment,
    /// The header of the section at this place of `Image::sections`.
    Section(usize),
}

/// A header or table entry outside the sections.
#[derive(Clone, Debug)]
pub struct Region {
    /// Which table it belongs to.
    pub kind: RegionKind,
    /// "ELF header", "program header 2 (LOAD)", "data directory 1 (import)" …
    pub name: String,
    /// File offset.
    pub offset: u64,
    /// Size in bytes.
    pub size: u64,
    /// Its fields, in file order.
    pub fields: Vec<Field>,
}

/// A section; fields a format does not have are zero.
#[derive(Clone, Debug)]
pub struct Section<'a> {
    /// Header index.
    pub index: usize,
    /// Name, for Mach-O `segment,section`, for Go's own sections in those of PE `section:part`.
    pub name: String,
    /// sh_type.
    pub kind: u32,
    /// sh_flags.
    pub flags: u64,
    /// Virtual address.
    pub addr: u64,
    /// File offset.
    pub offset: u64,
    /// Size in memory, bytes.
    pub size: u64,
    /// sh_addralign.
    pub align: u64,
    /// sh_link.
    pub link: u32,
    /// sh_info.
    pub info: u32,
    /// Occupies memory at run time.
    pub alloc: bool,
    /// Bytes in the file (shorter than `size` if the file is cut, empty for NOBITS).
    pub data: &'a [u8],
}

/// A symbol table entry.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Symbol<'a> {
    /// Name.
    pub name: &'a [u8],
    /// st_value.
    pub value: u64,
    /// st_size.
    pub size: u64,
    /// st_info (binding and type); 0 where the format has none.
    pub info: u8,
    /// st_other.
    pub other: u8,
    /// st_shndx: index of its section.
    pub section: u32,
}

/// A symbol placed in a section.
#[derive(Clone, Copy, Debug)]
pub struct Placed<'a> {
    /// Offset from the section's start, bytes.
    pub offset: u64,
    /// Size, bytes.
    pub size: u64,
    /// Name.
    pub name: &'a [u8],
}

/// A parsed file.
#[derive(Debug)]
pub struct Image<'a> {
    /// All bytes of the file.
    pub data: &'a [u8],
    /// Container format.
    pub format: Format,
    /// Byte order and pointer size.
    pub words: Words,
    /// Headers and table entries.
    pub regions: Vec<Region>,
    /// Sections by header index.
    pub sections: Vec<Section<'a>>,
    /// Symbol table in file order.
    pub symbols: Vec<Symbol<'a>>,
    /// What could not be read.
    pub problems: Vec<String>,
    /// For each entry of `sections`: its symbols in address order.
    pub placed: Vec<Vec<Placed<'a>>>,
    /// Addresses of symbols and sections are section-relative (an object file).
    pub relocatable: bool,
}

impl<'a> Image<'a> {
    /// An image without structure.
    pub fn raw(data: &'a [u8]) -> Image<'a> {
        Image {
            data,
            format: Format::Raw,
            words: Words {
                big_endian: false,
                pointer: 8,
            },
            regions: Vec::new(),
            sections: Vec::new(),
            symbols: Vec::new(),
            problems: Vec::new(),
            placed: Vec::new(),
            relocatable: false,
        }
    }

    /// Fields of `layout` that lie in the `limit` bytes at `offset` and in the file.
    pub(crate) fn fields(&self, offset: usize, layout: &Layout, limit: usize) -> Vec<Field> {
        let mut at = 0;
        let mut out = Vec::new();
        for &(name, size, derived) in layout {
            let value = self.words.uint(self.data, offset.saturating_add(at), size);
            let Some(value) = value.filter(|_| at + size <= limit) else {
                break;
            };
            out.push(Field {
                name,
                at,
                size,
                value,
                derived,
            });
            at += size;
        }
        out
    }

    /// Distributes the symbols over the sections, in address order.
    pub(crate) fn place_symbols(&mut self) {
        const STT_SECTION: u8 = 3;
        const STT_TLS: u8 = 6;
        let mut by_index: Vec<Option<usize>> = Vec::new();
        for (slot, section) in self.sections.iter().enumerate() {
            if section.index >= by_index.len() && section.index <= 1 << 20 {
                by_index.resize(section.index + 1, None);
            }
            if let Some(entry) = by_index.get_mut(section.index) {
                *entry = Some(slot);
            }
        }
        let mut placed: Vec<Vec<Placed<'a>>> = vec![Vec::new(); self.sections.len()];
        for symbol in &self.symbols {
            let kind = symbol.info & 0xf;
            if self.format == Format::Elf && (kind == STT_SECTION || kind == STT_TLS) {
                continue;
            }
            let Some(Some(slot)) = by_index.get(symbol.section as usize) else {
                continue;
            };
            let base = if self.relocatable {
                0
            } else {
                self.sections[*slot].addr
            };
            let offset = symbol.value.wrapping_sub(base);
            placed[*slot].push(Placed {
                offset,
                size: symbol.size,
                name: symbol.name,
            });
        }
        for (list, section) in placed.iter_mut().zip(&self.sections) {
            // Stable: symbols at one address keep their order in the table.
            list.sort_by_key(|s| s.offset);
            if self.format != Format::Elf {
                fill_sizes(list, section.size);
            }
        }
        self.placed = placed;
    }

    /// Section with this name.
    pub fn section(&self, name: &str) -> Option<&Section<'a>> {
        self.sections.iter().find(|s| s.name == name)
    }

    /// Section whose plain name ends with `suffix` (`.gopclntab` also finds
    /// `.data.rel.ro.gopclntab` and `__TEXT,__gopclntab`).
    pub fn section_like(&self, suffix: &str) -> Option<&Section<'a>> {
        let like = |s: &&Section<'_>| plain_name(&s.name).ends_with(suffix);
        self.section(suffix)
            .or_else(|| self.sections.iter().find(like))
    }

    /// Value of the symbol `name`, if the table has it.
    pub fn symbol_value(&self, name: &str) -> Option<u64> {
        self.symbols
            .iter()
            .find(|s| s.name == name.as_bytes())
            .map(|s| s.value)
    }

    /// Bytes mapped at virtual address `addr`, to the end of its section.
    pub fn bytes_at(&self, addr: u64) -> Option<&'a [u8]> {
        self.sections.iter().find_map(|s| {
            let at = addr.checked_sub(s.addr)?;
            (s.alloc && at < s.size).then(|| s.data.get(at as usize..))?
        })
    }

    /// Name of the symbol at or before a virtual address, in its section.
    pub fn function_at(&self, addr: u64) -> Option<&'a [u8]> {
        let inside = |s: &Section<'_>| s.alloc && addr >= s.addr && addr - s.addr < s.size;
        let slot = self.sections.iter().position(inside)?;
        let placed = self.placed.get(slot)?;
        let end = placed.partition_point(|s| s.offset <= addr - self.sections[slot].addr);
        let mut before = placed[..end].iter().rev();
        before.find(|s| s.size > 0).map(|s| s.name)
    }

    /// "symbol+0x12" for an offset in the section at `slot` of `sections`.
    pub fn covering(&self, slot: usize, offset: u64) -> Option<String> {
        covering(self.placed.get(slot)?, offset)
    }

    /// "symbol+0x12" for a virtual address.
    pub fn name_address(&self, addr: u64) -> Option<String> {
        if self.relocatable {
            return None;
        }
        let slot = self
            .sections
            .iter()
            .position(|s| s.alloc && addr >= s.addr && addr - s.addr < s.size.max(1));
        let slot = slot.or_else(|| {
            // The end of a section is a common value (`runtime.etext`).
            self.sections
                .iter()
                .position(|s| s.alloc && addr == s.addr.wrapping_add(s.size))
        })?;
        let offset = addr - self.sections[slot].addr;
        Some(match self.covering(slot, offset) {
            Some(name) => name,
            None => format!("{}+{offset:#x}", self.sections[slot].name),
        })
    }

    /// The symbols of a section as a comparable list.
    pub fn layout_list(&self, slot: usize) -> Vec<Item<'a>> {
        let Some(list) = self.placed.get(slot) else {
            return Vec::new();
        };
        list.iter()
            .map(|s| Item {
                name: Cow::Borrowed(s.name),
                size: s.size,
                offset: s.offset,
            })
            .collect()
    }

    /// Name of the structure that holds the byte at `offset` of the file.
    pub fn locate(&self, offset: u64) -> String {
        if offset >= self.data.len() as u64 {
            return format!("past the end of the file ({} bytes)", self.data.len());
        }
        let inside = |start: u64, size: u64| offset >= start && offset - start < size;
        for region in &self.regions {
            if inside(region.offset, region.size) {
                let at = (offset - region.offset) as usize;
                let field = region
                    .fields
                    .iter()
                    .find(|f| at >= f.at && at - f.at < f.size);
                return match field {
                    Some(field) => format!("{}, field {}", region.name, field.name),
                    None => format!("{} +{at:#x}", region.name),
                };
            }
        }
        for (slot, section) in self.sections.iter().enumerate() {
            if inside(section.offset, section.data.len() as u64) {
                let at = offset - section.offset;
                let symbol = self
                    .covering(slot, at)
                    .map(|s| format!(", {s}"))
                    .unwrap_or_default();
                return format!("section {} +{at:#x}{symbol}", section.name);
            }
        }
        let before = self
            .sections
            .iter()
            .filter(|s| !s.data.is_empty() && s.offset <= offset)
            .max_by_key(|s| s.offset + s.data.len() as u64);
        match before {
            Some(s) => format!("padding after section {}", s.name),
            None if self.sections.is_empty() => "plain bytes".to_string(),
            None => "the header area before the first section".to_string(),
        }
    }
}

/// A section's name as ELF spells it: `__DATA,__go_module` is `.go.module`.
pub fn plain_name(name: &str) -> String {
    match name.rsplit_once(",__") {
        Some((_, section)) => format!(".{}", section.replace('_', ".")),
        None => name.to_string(),
    }
}

/// Sizes for formats whose symbols have none: up to the next higher symbol.
fn fill_sizes(list: &mut [Placed<'_>], end: u64) {
    let mut next = end;
    let mut at = end;
    for symbol in list.iter_mut().rev() {
        if symbol.offset < at {
            next = at;
            at = symbol.offset;
        }
        if symbol.size == 0 {
            symbol.size = next.saturating_sub(symbol.offset);
        }
    }
}

/// The symbol covering `offset`, else the nearest before it.
pub fn covering(list: &[Placed<'_>], offset: u64) -> Option<String> {
    /// Markers and overlapping carriers stand between an address and its symbol, but few.
    const LOOK_BACK: usize = 64;
    let end = list.partition_point(|s| s.offset <= offset);
    let candidates = &list[end.saturating_sub(LOOK_BACK)..end];
    let inside = candidates
        .iter()
        .rev()
        .filter(|s| s.size > 0 && offset - s.offset < s.size)
        .min_by_key(|s| s.size);
    if let Some(s) = inside {
        return Some(format!(
            "{}+{:#x} (of {:#x})",
            text(s.name),
            offset - s.offset,
            s.size
        ));
    }
    // A marker or carrier without size stands for all that follows it.
    let last = candidates.last()?;
    if last.size == 0 {
        return Some(format!("{}+{:#x}", text(last.name), offset - last.offset));
    }
    let end = last.offset.saturating_add(last.size).min(offset);
    Some(format!(
        "{:#x} after the end of {}",
        offset - end,
        text(last.name)
    ))
}
