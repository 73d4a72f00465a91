//! The section table (`peFile.addSection`).

use std::borrow::Cow;

/// A section of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Name; a long one stands in the string table.
    pub name: Cow<'static, str>,
    /// Offset of a long name in the string table, bytes.
    pub long_name: Option<u32>,
    /// Address from the start of the image.
    pub addr: u32,
    /// Length in memory, bytes.
    pub len: u32,
    /// Offset in the file.
    pub off: u32,
    /// Length in the file, bytes, padding included.
    pub file_len: u32,
    /// `IMAGE_SCN_*`
    pub characteristics: u32,
    /// Offset in the file of its relocations, in an object.
    pub relocs_off: u32,
    /// Their number, as far as the header holds it.
    pub n_relocs: u16,
}

impl Section {
    /// What the header has for a name, filled up with zeros.
    pub(super) fn short_name(&self) -> [u8; 8] {
        let text = match self.long_name {
            Some(off) => Cow::Owned(format!("/{off}")),
            None => Cow::Borrowed(&*self.name),
        };
        let mut name = [0; 8];
        let len = text.len().min(8);
        name[..len].copy_from_slice(&text.as_bytes()[..len]);
        name
    }
}

/// Sections that follow one another in memory and in the file.
#[derive(Clone, Debug)]
pub struct Sections {
    /// The sections, in order.
    pub list: Vec<Section>,
    /// Alignment in memory, bytes.
    align: u32,
    /// Alignment in the file, bytes.
    file_align: u32,
    /// Where the next one begins in memory, from the start of the image.
    pub next_addr: u32,
    /// Where the next one begins in the file.
    pub next_off: u32,
    /// Long names with their zeros, as they begin the string table.
    pub names: Vec<u8>,
}

impl Sections {
    /// Bytes before the first name in the string table: its length.
    pub const NAMES_AT: u32 = 4;

    /// Without any section yet: the first begins at `addr` in memory and `off` in the file.
    pub fn new(align: u32, file_align: u32, addr: u32, off: u32) -> Sections {
        Sections {
            list: Vec::new(),
            align,
            file_align,
            next_addr: addr,
            next_off: off,
            names: Vec::new(),
        }
    }

    /// Adds a section of `len` bytes in memory, of which the file has the first `file_len`.
    pub fn add(
        &mut self,
        name: impl Into<Cow<'static, str>>,
        len: u32,
        file_len: u32,
        characteristics: u32,
    ) -> &Section {
        let up = |n: u32, to: u32| n.checked_next_multiple_of(to).unwrap_or(0);
        // Without contents a section has no length at all, but for its own idea of it.
        let (mem_len, file_len) = match file_len {
            0 => (0, len),
            n => (len, up(n, self.file_align)),
        };
        self.list.push(Section {
            name: name.into(),
            long_name: None,
            addr: self.next_addr,
            len: mem_len,
            off: self.next_off,
            file_len,
            characteristics,
            relocs_off: 0,
            n_relocs: 0,
        });
        self.next_addr = up(self.next_addr.wrapping_add(len), self.align);
        if mem_len != 0 {
            self.next_off = self.next_off.wrapping_add(file_len);
        }
        self.list.last().expect("one was added")
    }

    /// Adds a section of an object that is all zeros: it is nowhere in the file.
    pub fn add_zeroed(
        &mut self,
        name: impl Into<Cow<'static, str>>,
        len: u32,
        characteristics: u32,
    ) {
        self.add(name, len, 0, characteristics);
        if let Some(section) = self.list.last_mut() {
            section.off = 0;
        }
    }

    /// Adds a section whose name stands in the string table, with all its contents in the file.
    pub fn add_named_long(
        &mut self,
        name: impl Into<Cow<'static, str>>,
        len: u32,
        characteristics: u32,
    ) -> &Section {
        let name = name.into();
        let off = Self::NAMES_AT + self.names.len() as u32;
        self.names.extend_from_slice(name.as_bytes());
        self.names.push(0);
        self.add(name, len, len, characteristics);
        let section = self.list.last_mut().expect("one was added");
        section.long_name = Some(off);
        section
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_aligned_in_memory_and_in_the_file() {
        let mut s = Sections::new(4096, 512, 4096, 0x600);
        s.add(".text", 5000, 5000, 1);
        s.add(".data", 0x3000, 513, 2);
        s.add_named_long(".debug_info", 7, 3);
        s.add_named_long(".debug_line", 1, 3);
        let places: Vec<_> = s
            .list
            .iter()
            .map(|s| (s.addr, s.len, s.off, s.file_len))
            .collect();
        assert_eq!(
            places,
            [
                (0x1000, 5000, 0x600, 0x1400),
                (0x3000, 0x3000, 0x1a00, 0x400),
                (0x6000, 7, 0x1e00, 0x200),
                (0x7000, 1, 0x2000, 0x200),
            ]
        );
        assert_eq!((s.next_addr, s.next_off), (0x8000, 0x2200));
        let names: Vec<_> = s.list.iter().map(Section::short_name).collect();
        assert_eq!(&names[0], b".text\0\0\0");
        assert_eq!(&names[2], b"/4\0\0\0\0\0\0");
        assert_eq!(&names[3], b"/16\0\0\0\0\0");
        assert_eq!(s.names, b".debug_info\0.debug_line\0");
    }
}
