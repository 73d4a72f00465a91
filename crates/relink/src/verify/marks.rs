//! What a finished file shows of what was done to it: build IDs, symbols, debugging information, signatures.

use memchr::memmem;
use object::read::macho::{LoadCommandVariant, MachHeader, MachOFile};
use object::read::pe::{ImageNtHeaders, ImageOptionalHeader, PeFile};
use object::{LittleEndian as LE, Object, ObjectSection, ObjectSymbol, ReadRef, macho, pe};

/// The marks of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// The Go build ID: four hashes, of what goes into the link, of what goes into the main package, of that
    /// package, and of the file.
    pub go_build_id: Option<String>,
    /// The note that C linkers make, in hexadecimal digits.
    pub gnu_build_id: Option<String>,
    /// Whether there is a symbol table (that of the dynamic linker is not meant).
    pub symbols: bool,
    /// Whether there is debugging information.
    pub dwarf: bool,
    /// The signature of a Mach-O file, or the certificates of a PE file.
    pub signature: Option<Vec<u8>>,
    /// What C compilers say of themselves in an ELF file.
    pub c_compilers: Vec<String>,
    /// Whether it runs at any address, where headers of the format say that by a flag (Mach-O, PE).
    pub position_independent: Option<bool>,
}

impl Marks {
    /// Reads a file. What cannot be read is not there.
    pub fn read(file: &[u8]) -> Marks {
        let Ok(object) = object::File::parse(file) else {
            return Marks::default();
        };
        let section = |name: &str| object.section_by_name(name)?.data().ok();
        let gnu_build_id = object.build_id().ok().flatten();
        let mut marks = Marks {
            go_build_id: section(".note.go.buildid")
                .and_then(note)
                .or_else(|| in_text(file)),
            gnu_build_id: gnu_build_id.map(hex::encode),
            symbols: object.symbols().any(|symbol| symbol.is_definition()),
            dwarf: object.sections().any(|s| s.name().is_ok_and(is_dwarf)),
            signature: None,
            c_compilers: section(".comment").map(lines).unwrap_or_default(),
            position_independent: None,
        };
        match &object {
            object::File::MachO64(macho) => macho_marks(macho, file, &mut marks),
            object::File::MachO32(macho) => macho_marks(macho, file, &mut marks),
            object::File::Pe64(pe) => pe_marks(pe, file, &mut marks),
            object::File::Pe32(pe) => pe_marks(pe, file, &mut marks),
            _ => {}
        }
        marks
    }
}

/// Names of sections of debugging information, compressed or not.
fn is_dwarf(name: &str) -> bool {
    let name = name.trim_start_matches(['.', '_']);
    let name = name.strip_prefix('z').unwrap_or(name);
    // One section of that family is for debuggers' scripts, and stays in stripped files.
    name.starts_with("debug_") && !name.starts_with("debug_gdb")
}

/// The contents of an ELF note of Go.
fn note(bytes: &[u8]) -> Option<String> {
    let length = u32::from_le_bytes(bytes.get(4..8)?.try_into().ok()?);
    let contents = bytes.get(16..)?.get(..usize::try_from(length).ok()?)?;
    Some(String::from_utf8_lossy(contents).into_owned())
}

/// The build ID at the beginning of text, where no note can have it.
fn in_text(file: &[u8]) -> Option<String> {
    const BEFORE: &[u8] = b"\xff Go build ID: \"";
    let rest = &file[memmem::find(file, BEFORE)? + BEFORE.len()..];
    let end = memmem::find(&rest[..rest.len().min(512)], b"\"\n \xff")?;
    Some(String::from_utf8_lossy(&rest[..end]).into_owned())
}

/// Strings that end in zero bytes.
fn lines(bytes: &[u8]) -> Vec<String> {
    let lines = bytes.split(|&b| b == 0).filter(|line| !line.is_empty());
    let mut lines: Vec<_> = lines
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect();
    lines.sort();
    lines.dedup();
    lines
}

/// `length` bytes of a file from `start` on.
fn part(file: &[u8], start: u32, length: u32) -> Option<Vec<u8>> {
    let rest = file.get(usize::try_from(start).ok()?..)?;
    let part = rest.get(..usize::try_from(length).ok()?)?;
    (!part.is_empty()).then(|| part.to_vec())
}

fn macho_marks<'a, H, R>(macho: &MachOFile<'a, H, R>, file: &[u8], marks: &mut Marks)
where
    H: MachHeader,
    R: ReadRef<'a>,
{
    let endian = macho.endian();
    let flags = macho.macho_header().flags(endian);
    marks.position_independent = Some(flags.contains(macho::MH_PIE));
    let Ok(mut commands) = macho.macho_load_commands() else {
        return;
    };
    while let Ok(Some(command)) = commands.next() {
        if let Ok(LoadCommandVariant::LinkeditData(data)) = command.variant()
            && command.cmd() == macho::LC_CODE_SIGNATURE
        {
            marks.signature = part(file, data.dataoff.get(endian), data.datasize.get(endian));
        }
    }
}

fn pe_marks<'a, H, R>(pe: &PeFile<'a, H, R>, file: &[u8], marks: &mut Marks)
where
    H: ImageNtHeaders,
    R: ReadRef<'a>,
{
    let flags = pe.nt_headers().optional_header().dll_characteristics();
    let moves = flags.contains(pe::IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE);
    marks.position_independent = Some(moves);
    if let Some(entry) = pe.data_directory(pe::IMAGE_DIRECTORY_ENTRY_SECURITY) {
        // Of this table, and of no other, the place in the file is given.
        marks.signature = part(file, entry.virtual_address.get(LE), entry.size.get(LE));
    }
}

/// A PE file as it was before certificates were put behind it: without them, their entry in the header, and
/// the checksum, which signing tools fill in. None if it has no certificates.
pub fn unsigned(file: &[u8]) -> Option<Vec<u8>> {
    let nt = u32::from_le_bytes(file.get(0x3c..0x40)?.try_into().ok()?) as usize;
    let optional = nt.checked_add(24)?;
    let magic = file.get(optional..optional.checked_add(2)?)?;
    let directories = match u16::from_le_bytes(magic.try_into().ok()?) {
        pe::IMAGE_NT_OPTIONAL_HDR32_MAGIC => optional.checked_add(96)?,
        pe::IMAGE_NT_OPTIONAL_HDR64_MAGIC => optional.checked_add(112)?,
        _ => return None,
    };
    let entry = directories.checked_add(8 * pe::IMAGE_DIRECTORY_ENTRY_SECURITY)?;
    let start = u32::from_le_bytes(file.get(entry..entry.checked_add(4)?)?.try_into().ok()?);
    let mut bare = file.get(..usize::try_from(start).ok()?)?.to_vec();
    let checksum = optional.checked_add(64)?;
    bare.get_mut(entry..entry.checked_add(8)?)?.fill(0);
    bare.get_mut(checksum..checksum.checked_add(4)?)?.fill(0);
    (start != 0).then_some(bare)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::buildinfo::sample::elf;

    #[test]
    fn sections_tell() {
        let mut contents = Vec::new();
        for word in [4u32, 7, 4] {
            contents.extend(word.to_le_bytes());
        }
        contents.extend(b"Go\0\0a/b/c/d\0");
        let marks = Marks::read(&elf(".note.go.buildid", 0, &contents));
        assert_eq!(marks.go_build_id.as_deref(), Some("a/b/c/d"));
        assert!(!marks.dwarf && !marks.symbols);

        let marks = Marks::read(&elf(".comment", 0, b"GCC: 2\0GCC: 1\0GCC: 2\0"));
        assert_eq!(marks.c_compilers, ["GCC: 1", "GCC: 2"]);
        assert_eq!(marks.go_build_id, None);

        assert!(Marks::read(&elf(".zdebug_info", 0, b"x")).dwarf);
        assert!(!Marks::read(&elf(".debug_gdb_scripts", 0, b"x")).dwarf);
        assert_eq!(Marks::read(b"no file"), Marks::default());
    }

    #[test]
    fn damaged_notes_have_no_build_id() {
        let mut contents = Vec::new();
        for word in [4u32, u32::MAX, 4] {
            contents.extend(word.to_le_bytes());
        }
        contents.extend(b"Go\0\0a");
        assert_eq!(note(&contents), None);
        for end in 0..contents.len() {
            assert_eq!(note(&contents[..end]), None, "{end}");
        }
    }

    #[test]
    fn a_build_id_in_text_ends_soon() {
        let text = b"..\xff Go build ID: \"a/b\"\n \xff..";
        assert_eq!(in_text(text).as_deref(), Some("a/b"));
        assert_eq!(in_text(&text[..text.len() - 3]), None);
        let mut far = b"\xff Go build ID: \"".to_vec();
        far.resize(2000, b'x');
        far.extend(b"\"\n \xff");
        assert_eq!(in_text(&far), None);
    }

    #[test]
    fn certificates_and_what_they_bring_go_away() {
        let mut file = vec![1u8; 0x200];
        file[0x3c..0x40].copy_from_slice(&0x80u32.to_le_bytes());
        let optional = 0x98;
        file[optional..optional + 2].copy_from_slice(&0x20bu16.to_le_bytes());
        let entry = optional + 112 + 32;
        file[entry..entry + 4].copy_from_slice(&0x1f0u32.to_le_bytes());
        let bare = unsigned(&file).unwrap();
        assert_eq!(bare.len(), 0x1f0);
        assert_eq!(bare[entry..entry + 9], [0, 0, 0, 0, 0, 0, 0, 0, 1]);
        assert_eq!(bare[optional + 63..optional + 69], [1, 0, 0, 0, 0, 1]);
        for end in 0..0x1f0 {
            assert_eq!(unsigned(&file[..end]), None, "{end}");
        }
        file[entry..entry + 4].fill(0);
        assert_eq!(unsigned(&file), None);
    }
}
