//! The sum over the FIPS module in a file that the host linker made (`ld/fips140.go:elffips`,
//! `machofips`, `pefips`).

use hostobj::macho::{LoadCommand, load_commands};
use object::read::elf::{ElfFile64, FileHeader as _, ProgramHeader as _};
use object::read::pe::PeFile64;
use object::{LittleEndian, Object as _, ObjectSection as _, elf};
use std::io::Write as _;
use std::ops::Range;
use std::path::Path;
use tables::{FIPS_TITLE, Fips, FipsSum};
use target::FileFormat;

/// Bytes of the sum.
const SUM_LEN: usize = 32;
/// Size of a pointer, bytes.
const PTR: usize = 8;
/// Bytes of a PE file's data in which the record is looked for.
const MOST_SCANNED: usize = 16 << 20;
/// Alignment of the record in a PE file's data, bytes.
const ALIGN: usize = 16;

/// What is wrong.
type Wrong = String;

/// The record of the FIPS module in a file.
struct Record<'a> {
    /// Where it lies in the file.
    at: u64,
    /// Its pointers, behind the sum: to itself, then starts and ends.
    pointers: &'a [u8],
}

impl<'a> Record<'a> {
    /// Of the bytes of a record and what is behind.
    fn new(info: &'a [u8], at: u64) -> Option<Record<'a>> {
        let pointers = info.get(Fips::SUM_OFFSET + SUM_LEN..)?;
        let pointers = pointers.get(..9 * PTR)?;
        Some(Record { at, pointers })
    }

    fn pointer(&self, i: usize) -> u64 {
        let word = &self.pointers[i * PTR..(i + 1) * PTR];
        word.iter().rev().fold(0u64, |v, &b| v << 8 | u64::from(b))
    }

    /// Start and end of each part of the module, as addresses.
    fn parts(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        (0..4).map(|i| (self.pointer(1 + 2 * i), self.pointer(2 + 2 * i)))
    }
}

fn invalid() -> Wrong {
    "invalid pointers found in go:fipsinfo".to_owned()
}

/// Where the record and the parts of the module are in an ELF file.
fn in_elf(bytes: &[u8]) -> Result<(Record<'_>, Vec<Range<usize>>), Wrong> {
    let elf = ElfFile64::<LittleEndian>::parse(bytes).map_err(|e| e.to_string())?;
    let section = elf
        .section_by_name(".go.fipsinfo")
        .ok_or("cannot find .go.fipsinfo")?;
    let info = section.data().map_err(|e| e.to_string())?;
    let (at, _) = section.file_range().ok_or("no contents in .go.fipsinfo")?;
    // If pointers are relocated when the program is loaded, they hold addresses from 0 all the same.
    let record = Record::new(info, at).ok_or_else(invalid)?;
    let endian = LittleEndian;
    let headers = elf
        .elf_header()
        .program_headers(endian, bytes)
        .map_err(|e| e.to_string())?;
    let place = |(start, end): (u64, u64)| {
        let range = headers.iter().find_map(|h| {
            let (addr, len) = (h.p_vaddr(endian), h.p_filesz(endian));
            let within = h.p_type(endian) == elf::PT_LOAD
                && addr <= start
                && start <= end
                && end <= addr.wrapping_add(len);
            let at = (start.wrapping_sub(addr)).wrapping_add(h.p_offset(endian)) as usize;
            within.then(|| at..at + (end - start) as usize)
        });
        range.ok_or_else(invalid)
    };
    let parts = record.parts().map(place).collect::<Result<_, _>>()?;
    Ok((record, parts))
}

/// Where the record and the parts of the module are in a PE file. The record has no section of its own, but
/// is near the start of data. Its pointer to itself tells by how much pointers are off.
fn in_pe(bytes: &[u8]) -> Result<(Record<'_>, Vec<Range<usize>>), Wrong> {
    let pe = PeFile64::parse(bytes).map_err(|e| e.to_string())?;
    let sections: Vec<(u64, u64, u64)> = pe
        .section_table()
        .iter()
        .map(|s| {
            let field = |f: object::U32<LittleEndian>| u64::from(f.get(LittleEndian));
            let (len, off) = (s.size_of_raw_data, s.pointer_to_raw_data);
            (field(s.virtual_address), field(len), field(off))
        })
        .collect();
    let names = pe.section_table().iter().map(|s| s.raw_name());
    let of_data = names.zip(&sections).find(|(name, _)| *name == b".data");
    let (_, &(addr, len, off)) = of_data.ok_or("cannot find .data")?;
    let data = bytes.get(off as usize..).unwrap_or_default();
    let data = &data[..data.len().min(len as usize)];
    let scanned = data[..data.len().min(MOST_SCANNED)].chunks_exact(ALIGN);
    let is_record = |chunk: &[u8]| chunk == Fips::MAGIC;
    let found = scanned.into_iter().position(is_record);
    let at = ALIGN * found.ok_or("scanning PE for FIPS magic: EOF")?;
    let record = Record::new(&data[at..], off + at as u64);
    let record = record.ok_or("scanning PE for FIPS magic: unexpected EOF")?;
    let own = record.pointer(0);
    if own & 0xfff != at as u64 & 0xfff {
        return Err("corrupt pointer found in go:fipsinfo".to_owned());
    }
    let delta = (addr + at as u64).wrapping_sub(own);
    let place = |(start, end): (u64, u64)| {
        let [start, end] = [start, end].map(|p| p.wrapping_add(delta));
        let within = |&&(addr, len, _): &&(u64, u64, u64)| {
            addr <= start && start <= end && end <= addr + len
        };
        let section = sections.iter().find(within);
        let range = section.map(|(addr, _, off)| {
            let [start, end] = [start, end].map(|p| (p - addr + off) as usize);
            start..end
        });
        range.ok_or_else(invalid)
    };
    let parts = record.parts().map(place).collect::<Result<_, _>>()?;
    Ok((record, parts))
}

/// Where the record and the parts of the module are in a Mach-O file. The high bits of pointers may say how
/// they are relocated; the record's pointer to itself tells from where they count.
fn in_macho(bytes: &[u8]) -> Result<(Record<'_>, Vec<Range<usize>>), Wrong> {
    const ADDEND: u64 = (1 << 48) - 1;
    let commands = load_commands(bytes).ok_or("not a Mach-O file")?;
    let mut sections = commands.iter().flat_map(macho_sections);
    let (at, len) = sections
        .find_map(|(name, off, len)| (name == b"__go_fipsinfo").then_some((off, len)))
        .ok_or("cannot find __go_fipsinfo")?;
    let info = bytes.get(at as usize..).and_then(|b| b.get(..len as usize));
    let record = info.and_then(|info| Record::new(info, at.into()));
    let record = record.ok_or_else(invalid)?;
    let base = record.at.wrapping_sub(record.pointer(0) & ADDEND);
    let place = |p: u64| (p & ADDEND).wrapping_add(base) as usize;
    let parts = record.parts().map(|(start, end)| place(start)..place(end));
    let parts = parts.collect();
    Ok((record, parts))
}

/// The sections of a command that loads a segment: name, offset in the file and length.
fn macho_sections<'a>(c: &'a LoadCommand<'a>) -> impl Iterator<Item = (&'a [u8], u32, u64)> + 'a {
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

/// Computes the sum and stores it; also writes what was hashed to `fipso`.
///
/// # Errors
/// A text when the file is not as expected or cannot be changed.
pub fn store_sum(file: &Path, format: FileFormat, fipso: Option<&Path>) -> Result<(), Wrong> {
    let text = |e: std::io::Error| e.to_string();
    let bytes = std::fs::read(file).map_err(text)?;
    let readable = match format {
        FileFormat::Pe => PeFile64::parse(&*bytes).is_ok(),
        FileFormat::Elf => ElfFile64::<LittleEndian>::parse(&*bytes).is_ok(),
        FileFormat::MachO => load_commands(&bytes).is_some(),
    };
    if !readable {
        return Err("not a file of the format expected".to_owned());
    }
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
    let (record, parts) = match format {
        FileFormat::Pe => in_pe(&bytes)?,
        FileFormat::Elf => in_elf(&bytes)?,
        FileFormat::MachO => in_macho(&bytes)?,
    };
    let mut sum = FipsSum::default();
    for range in parts {
        let part = bytes.get(range).ok_or_else(invalid)?;
        sum.part(part);
        write(&(part.len() as u64).to_be_bytes())?;
        write(part)?;
    }
    use std::os::unix::fs::FileExt as _;
    out.write_all_at(&sum.finish(), record.at + Fips::SUM_OFFSET as u64)
        .map_err(text)
}
