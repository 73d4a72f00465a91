//! Debugging information that dsymutil has put together becomes a segment of the program
//! (`ld/macho_combine_dwarf.go`).
//!
//! It goes in front of the last segment, which holds what other commands tell the places of, and is not
//! loaded.

use format::named_compression_header;
use goflate::{Encoder, zlib_default};
use hostobj::macho::{LoadCommand, load_commands};
use rayon::prelude::*;
use std::borrow::Cow;

const LC_SEGMENT_64: u32 = 0x19;
const LC_UUID: u32 = 0x1b;
/// The greatest number of a command that is known, without [`REQUIRED`].
const LAST_COMMAND: u32 = 0x34;
/// The bit of commands that a dynamic linker must understand.
const REQUIRED: u32 = 1 << 31;

/// Offsets in the file header: the number of commands, and their length, which is followed by two more words.
const COMMANDS_AT: usize = 16;
const COMMANDS_LEN_AT: usize = 20;
const HEADER_LEN: usize = 32;

const SEGMENT_LEN: usize = 72;
const SECTION_LEN: usize = 80;

/// A segment in a file.
struct Segment<'a> {
    command: LoadCommand<'a>,
    off: usize,
    len: usize,
}

fn segment<'a>(commands: &[LoadCommand<'a>], name: &[u8]) -> Result<Segment<'a>, String> {
    let is_it = |c: &&LoadCommand| c.command == LC_SEGMENT_64 && c.name(8) == name;
    let found = commands.iter().find(is_it);
    let found = found.and_then(|&c| {
        Some(Segment {
            command: c,
            off: usize::try_from(c.long(40)?).ok()?,
            len: usize::try_from(c.long(48)?).ok()?,
        })
    });
    let name = String::from_utf8_lossy(name);
    found.ok_or_else(|| format!("missing {name} segment"))
}

/// The offset in the file of the first section of a name.
fn section_offset(commands: &[LoadCommand], name: &[u8]) -> Option<u32> {
    all_sections(commands)
        .filter(|(c, at)| c.name(*at) == name)
        .find_map(|(c, at)| c.word(at + 48))
}

/// The sections of all segments: the command of each, and where in it.
fn all_sections<'c, 'd>(
    commands: &'c [LoadCommand<'d>],
) -> impl Iterator<Item = (&'c LoadCommand<'d>, usize)> {
    let segments = commands.iter().filter(|c| c.command == LC_SEGMENT_64);
    segments.flat_map(|c| section_places(c.data.len()).map(move |at| (c, at)))
}

/// Where in a command of `len` bytes its sections are.
fn section_places(len: usize) -> impl Iterator<Item = usize> {
    let n = len.saturating_sub(SEGMENT_LEN) / SECTION_LEN;
    (0..n).map(|i| SEGMENT_LEN + i * SECTION_LEN)
}

/// How [`combine`] puts files together.
pub struct Combination<'a> {
    /// Segments begin at multiples of this many bytes.
    pub round: u64,
    /// Replaces the program's own number unless it is empty.
    pub uuid: &'a [u8],
    /// What sections are compressed with.
    pub compress: Option<Encoder>,
}

/// Debugging information, section by section.
#[derive(Default)]
struct Sections<'a> {
    /// Contents, compressed where that makes them shorter, and whether they are.
    contents: Vec<(Cow<'a, [u8]>, bool)>,
    len: usize,
}

impl<'a> Sections<'a> {
    /// Those of a file, in the order of its commands; nothing if there are relocations in them, which
    /// would have to be changed.
    fn compressed(
        dwarf: &'a [u8],
        commands: &[LoadCommand],
        encoder: Encoder,
    ) -> Result<Option<Self>, String> {
        let of_dwarf = |(c, at): &(&LoadCommand, usize)| c.name(at + 16) == b"__DWARF";
        let mut contents = Vec::new();
        for (c, at) in all_sections(commands).filter(of_dwarf) {
            let (relocations, place) = (c.word(at + 60), c.word(at + 48));
            if relocations != Some(0) {
                return Ok(None);
            }
            let place = place.zip(c.long(at + 40)).and_then(|(start, len)| {
                let start = start as usize;
                dwarf.get(start..start.checked_add(usize::try_from(len).ok()?)?)
            });
            contents.push(place.ok_or("EOF")?);
        }
        let contents: Vec<_> = contents
            .into_par_iter()
            .map(|section| compressed(section, encoder))
            .collect();
        let len = contents.iter().map(|(bytes, _)| bytes.len()).sum();
        Ok((!contents.is_empty()).then_some(Sections { contents, len }))
    }
}

/// A section with a header before its stream, if that is shorter, and whether it is
/// (`machoCompressSection`).
fn compressed(section: &[u8], encoder: Encoder) -> (Cow<'_, [u8]>, bool) {
    let stream = zlib_default(encoder, section);
    let header = named_compression_header(section.len() as u64);
    if header.len() + stream.len() < section.len() {
        ([&header[..], &stream].concat().into(), true)
    } else {
        (section.into(), false)
    }
}

/// Puts `dwarf`, a file with debugging information, into the program `exe`.
///
/// # Errors
/// A text when one of the files is not as expected.
pub fn combine(exe: &[u8], dwarf: &[u8], how: &Combination) -> Result<Vec<u8>, String> {
    let invalid = "invalid magic number in record at byte 0x0";
    let commands = load_commands(exe).ok_or(invalid)?;
    let dwarf_commands = load_commands(dwarf).ok_or(invalid)?;
    let last = segment(&commands, b"__LINKEDIT")?;
    let added = segment(&dwarf_commands, b"__DWARF")?;
    let (before, after) = exe.split_at_checked(last.off).ok_or("EOF")?;
    let end = added.off.checked_add(added.len);
    let contents = end.and_then(|end| dwarf.get(added.off..end)).ok_or("EOF")?;

    let sections = match how.compress {
        Some(encoder) => Sections::compressed(dwarf, &dwarf_commands, encoder)?,
        None => None,
    };

    let round_up = |n: usize| (n as u64).next_multiple_of(how.round) as usize;
    let start = round_up(before.len());
    let mut out = before.to_vec();
    out.resize(start, 0);
    match &sections {
        Some(sections) if sections.len > 0 => {
            out.reserve(sections.len + after.len());
            let contents = sections.contents.iter();
            contents.for_each(|(bytes, _)| out.extend_from_slice(bytes));
        }
        _ => out.extend_from_slice(contents),
    }
    let next = round_up(out.len());
    out.resize(next, 0);
    out.extend_from_slice(after);

    let text = section_offset(&commands, b"__text").ok_or("missing __text section")?;
    let commands_len = commands.iter().map(|c| c.data.len()).sum::<usize>();
    let place = HEADER_LEN + commands_len;
    let (needed, room) = (
        added.command.data.len(),
        (text as usize).wrapping_sub(place),
    );
    if (room as u32) < needed as u32 {
        return Err(format!(
            "no room to add dwarf info. Need at least {needed} padding bytes, found {}",
            room as u32
        ));
    }
    let mut patch = Patch {
        out: &mut out,
        from: last.off as u64,
        by: (next - last.off) as u64,
    };
    patch.out[place..place + needed].copy_from_slice(added.command.data);
    patch.put(COMMANDS_AT, commands.len() as u32 + 1);
    patch.put(COMMANDS_LEN_AT, (commands_len + needed) as u32);
    for c in &commands {
        patch.command(c, how.uuid)?;
    }
    // Nothing of it is loaded.
    let (address, memory, protection) = (24, 32, 60);
    patch.put_long(place + address, 0);
    patch.put_long(place + memory, 0);
    patch.put(place + protection, 0);
    patch.put_long(place + 40, start as u64);
    let len = sections.as_ref().map_or(contents.len(), |s| s.len);
    patch.put_long(place + 48, len as u64);
    match &sections {
        Some(sections) => patch.compressed_sections(place, &added, start, sections),
        None => patch.sections(place, needed, (start as u32).wrapping_sub(added.off as u32)),
    }
    Ok(out)
}

/// Changes commands, for what has moved.
struct Patch<'a> {
    /// The file.
    out: &'a mut [u8],
    /// What was at this offset or behind it has moved.
    from: u64,
    /// By how many bytes.
    by: u64,
}

impl Patch<'_> {
    fn put(&mut self, at: usize, word: u32) {
        self.out[at..at + 4].copy_from_slice(&word.to_le_bytes());
    }

    fn put_long(&mut self, at: usize, word: u64) {
        self.out[at..at + 8].copy_from_slice(&word.to_le_bytes());
    }

    /// The command `c`, wherever it tells places.
    fn command(&mut self, c: &LoadCommand, uuid: &[u8]) -> Result<(), String> {
        let fields: &[usize] = match c.command & !REQUIRED {
            LC_SEGMENT_64 => {
                self.segment(c);
                &[]
            }
            LC_UUID => {
                if !uuid.is_empty() && c.data.len() >= 24 {
                    let len = uuid.len().min(16);
                    self.out[c.off + 8..c.off + 24].fill(0);
                    self.out[c.off + 8..][..len].copy_from_slice(&uuid[..len]);
                }
                &[]
            }
            // The symbol table, and how it is ordered.
            0x2 => &[8, 16],
            0xb => &[32, 40, 48, 56, 64, 72],
            // Tables of the dynamic linker.
            0x22 => &[8, 16, 24, 32, 40],
            // The signature and other tables at the end, encrypted text.
            0x1d | 0x1e | 0x21 | 0x26 | 0x29 | 0x2b | 0x2c | 0x33 | 0x34 => &[8],
            n if (2..=LAST_COMMAND).contains(&n) => &[],
            _ => {
                let n = c.command;
                return Err(format!("unknown load command {n:#x} (LoadCmd({n}))"));
            }
        };
        for &at in fields {
            if let Some(word) = c.word(at)
                && u64::from(word) >= self.from
            {
                self.put(c.off + at, word.wrapping_add(self.by as u32));
            }
        }
        Ok(())
    }

    fn segment(&mut self, c: &LoadCommand) {
        if let Some(off) = c.long(40)
            && off >= self.from
        {
            self.put_long(c.off + 40, off + self.by);
            self.sections(c.off, c.data.len(), self.by as u32);
        }
    }

    /// The sections of the command of `len` bytes at `at` have moved by `by` bytes.
    fn sections(&mut self, at: usize, len: usize, by: u32) {
        let (contents, relocations) = (48, 56);
        for section in section_places(len) {
            for field in [contents, relocations] {
                let at = at + section + field;
                let word = self.out[at..].first_chunk().copied();
                match word.map(u32::from_le_bytes) {
                    None | Some(0) => {}
                    Some(word) => self.put(at, word.wrapping_add(by)),
                }
            }
        }
    }

    /// The sections of the command at `place` for debugging information, the one `added` describes, are
    /// these now, at `start` in the file.
    fn compressed_sections(
        &mut self,
        place: usize,
        added: &Segment,
        start: usize,
        sections: &Sections,
    ) {
        let command = &added.command;
        let address = command.long(24).unwrap_or_default();
        let mut before = 0;
        let places = section_places(command.data.len());
        for (section, (contents, compressed)) in places.zip(&sections.contents) {
            let at = place + section;
            if *compressed {
                let name = command.name(section);
                let name = [b"__z", name.get(2..).unwrap_or_default()].concat();
                let len = name.len().min(16);
                self.out[at..at + len].copy_from_slice(&name[..len]);
                self.put_long(at + 40, contents.len() as u64);
            }
            let offset = (start + before) as u32;
            // A place of 0 is none.
            if (added.off as u32).wrapping_add(before as u32) != 0 {
                self.put(at + 48, offset);
            }
            if address.wrapping_add(before as u64) != 0 {
                self.put_long(at + 32, address.wrapping_add(before as u64));
            }
            before += contents.len();
        }
    }
}
