//! The sum over the FIPS module in a file that the host linker made (`ld/fips140.go:elffips`).

use object::read::elf::{ElfFile64, FileHeader as _, ProgramHeader as _};
use object::{LittleEndian, Object as _, ObjectSection as _, elf};
use std::io::Write as _;
use std::path::Path;
use tables::{FIPS_TITLE, Fips, FipsSum};

/// Bytes of the sum.
const SUM_LEN: usize = 32;
/// Size of a pointer, bytes.
const PTR: usize = 8;

/// Computes the sum and stores it; also writes what was hashed to `fipso`.
///
/// # Errors
/// A text when the file is not as expected or cannot be changed.
pub fn store_sum(file: &Path, fipso: Option<&Path>) -> Result<(), String> {
    let text = |e: std::io::Error| e.to_string();
    let bytes = std::fs::read(file).map_err(text)?;
    let elf = ElfFile64::<LittleEndian>::parse(&*bytes).map_err(|e| e.to_string())?;
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
    let section = elf
        .section_by_name(".go.fipsinfo")
        .ok_or("cannot find .go.fipsinfo")?;
    let info = section.data().map_err(|e| e.to_string())?;
    let (at, _) = section.file_range().ok_or("no contents in .go.fipsinfo")?;
    let invalid = || "invalid pointers found in .go.fipsinfo".to_owned();
    // Behind the sum a pointer to the symbol itself, then starts and ends. If they are relocated when
    // the program is loaded, they hold addresses from 0 all the same.
    let pointers = info.get(Fips::SUM_OFFSET + SUM_LEN + PTR..);
    let pointers = pointers
        .filter(|p| p.len() >= 8 * PTR)
        .ok_or_else(invalid)?;
    let address = |i: usize| {
        let word = &pointers[i * PTR..(i + 1) * PTR];
        word.iter().rev().fold(0u64, |v, &b| v << 8 | u64::from(b))
    };
    let endian = LittleEndian;
    let headers = elf
        .elf_header()
        .program_headers(endian, &*bytes)
        .map_err(|e| e.to_string())?;
    let mut sum = FipsSum::default();
    for i in 0..4 {
        let (start, end) = (address(2 * i), address(2 * i + 1));
        let range = headers.iter().find_map(|h| {
            let (addr, len) = (h.p_vaddr(endian), h.p_filesz(endian));
            let within = h.p_type(endian) == elf::PT_LOAD
                && addr <= start
                && start <= end
                && end <= addr.wrapping_add(len);
            let at = (start.wrapping_sub(addr)).wrapping_add(h.p_offset(endian)) as usize;
            within.then(|| at..at + (end - start) as usize)
        });
        let part = range.and_then(|r| bytes.get(r)).ok_or_else(invalid)?;
        sum.part(part);
        write(&(part.len() as u64).to_be_bytes())?;
        write(part)?;
    }
    use std::os::unix::fs::FileExt as _;
    out.write_all_at(&sum.finish(), at + Fips::SUM_OFFSET as u64)
        .map_err(text)
}
