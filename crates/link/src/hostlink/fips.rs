//! The sum over the FIPS module in a file that the host linker made (`ld/fips140.go:hostlinkfips`).

use hostobj::macho::{LoadCommand, load_commands};
use object::read::elf::{ElfFile64, FileHeader as _, ProgramHeader as _};
use object::{LittleEndian, Object as _, ObjectSection as _, elf as object_elf};
use std::io::Write as _;
use std::ops::Range;
use std::path::Path;
use tables::{FIPS_TITLE, Fips, FipsSum};

/// Bytes of the sum.
const SUM_LEN: usize = 32;
/// Size of a pointer, bytes.
const PTR: usize = 8;

/// Where the module is in a file.
pub struct Found {
    /// Offset of the record that tells of it.
    at: u64,
    /// Where its four parts lie.
    parts: [Range<usize>; 4],
}

/// Finds the module in a file.
pub type Find = fn(&[u8]) -> Result<Found, String>;

/// Computes the sum over what `find` finds, and stores it; also writes what was hashed to `fipso`.
///
/// # Errors
/// A text when the file is not as expected or cannot be changed.
pub fn store_sum(file: &Path, fipso: Option<&Path>, find: Find) -> Result<(), String> {
    let text = |e: std::io::Error| e.to_string();
    let bytes = std::fs::read(file).map_err(text)?;
    let out = std::fs::File::options()
        .write(true)
        .open(file)
        .map_err(text)?;
    let mut copy = match fipso {
        Some(p) => Some(std::io::BufWriter::new(
            std::fs::File::create(p).map_err(text)?,
        )),
        None => None,
    };
    let mut write = |b: &[u8]| match &mut copy {
        Some(w) => w.write_all(b).map_err(text),
        None => Ok(()),
    };
    write(FIPS_TITLE)?;
    let found = find(&bytes)?;
    let mut sum = FipsSum::default();
    for range in found.parts {
        let part = bytes.get(range).ok_or_else(invalid)?;
        sum.part(part);
        write(&(part.len() as u64).to_be_bytes())?;
        write(part)?;
    }
    use std::os::unix::fs::FileExt as _;
    out.write_all_at(&sum.finish(), found.at + Fips::SUM_OFFSET as u64)
        .map_err(text)
}

fn invalid() -> String {
    "invalid pointers found in .go.fipsinfo".into()
}

/// The pointers in the record: to itself, then starts and ends.
fn pointers(info: &[u8]) -> Result<[u64; 9], String> {
    let all = info.get(Fips::SUM_OFFSET + SUM_LEN..);
    let all = all.filter(|p| p.len() >= 9 * PTR).ok_or_else(invalid)?;
    Ok(std::array::from_fn(|i| {
        let word = &all[i * PTR..(i + 1) * PTR];
        word.iter().rev().fold(0u64, |v, &b| v << 8 | u64::from(b))
    }))
}

/// In an ELF file (`elffips`).
///
/// # Errors
/// A text when the file is not as expected.
pub fn elf(bytes: &[u8]) -> Result<Found, String> {
    let elf = ElfFile64::<LittleEndian>::parse(bytes).map_err(|e| e.to_string())?;
    let section = elf
        .section_by_name(".go.fipsinfo")
        .ok_or("cannot find .go.fipsinfo")?;
    let info = section.data().map_err(|e| e.to_string())?;
    let (at, _) = section.file_range().ok_or("no contents in .go.fipsinfo")?;
    // If they are relocated when the program is loaded, they hold addresses from 0 all the same.
    let [_, addresses @ ..] = pointers(info)?;
    let endian = LittleEndian;
    let headers = elf
        .elf_header()
        .program_headers(endian, bytes)
        .map_err(|e| e.to_string())?;
    let mut parts = [const { 0..0 }; 4];
    for (part, a) in parts.iter_mut().zip(addresses.chunks(2)) {
        let (start, end) = (a[0], a[1]);
        let range = headers.iter().find_map(|h| {
            let (addr, len) = (h.p_vaddr(endian), h.p_filesz(endian));
            let within = h.p_type(endian) == object_elf::PT_LOAD
                && addr <= start
                && start <= end
                && end <= addr.wrapping_add(len);
            let at = (start.wrapping_sub(addr)).wrapping_add(h.p_offset(endian)) as usize;
            within.then(|| at..at + (end - start) as usize)
        });
        *part = range.ok_or_else(invalid)?;
    }
    Ok(Found { at, parts })
}

/// In a Mach-O file, where the high bits of pointers may say how they are relocated, and the pointer of the
/// record to itself tells from where they count (`machofips`).
///
/// # Errors
/// A text when the file is not as expected.
pub fn macho(bytes: &[u8]) -> Result<Found, String> {
    const ADDEND: u64 = (1 << 48) - 1;
    let commands = load_commands(bytes).ok_or("not a Mach-O file")?;
    let mut sections = commands.iter().flat_map(sections);
    let (at, len) = sections
        .find_map(|(name, off, len)| (name == b"__go_fipsinfo").then_some((off, len)))
        .ok_or("cannot find __go_fipsinfo")?;
    let info = bytes.get(at as usize..).and_then(|b| b.get(..len as usize));
    let [own, places @ ..] = pointers(info.ok_or_else(invalid)?)?;
    let base = u64::from(at).wrapping_sub(own & ADDEND);
    let place = |p: u64| (p & ADDEND).wrapping_add(base) as usize;
    let parts = std::array::from_fn(|i| place(places[2 * i])..place(places[2 * i + 1]));
    Ok(Found {
        at: at.into(),
        parts,
    })
}

/// The sections of a command that loads a segment: name, offset in the file and length.
fn sections<'a>(c: &'a LoadCommand<'a>) -> impl Iterator<Item = (&'a [u8], u32, u64)> + 'a {
    const LC_SEGMENT_64: u32 = 0x19;
    const SEGMENT_LEN: usize = 72;
    const SECTION_LEN: usize = 80;
    let n = match c.command {
        LC_SEGMENT_64 => c.data.len().saturating_sub(SEGMENT_LEN) / SECTION_LEN,
        _ => 0,
    };
    (0..n).filter_map(move |i| {
        let at = SEGMENT_LEN + i * SECTION_LEN;
        Some((c.name(at), c.word(at + 48)?, c.long(at + 40)?))
    })
}
