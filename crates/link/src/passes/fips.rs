//! The sum over the FIPS module, taken from the finished segments (`ld/fips140.go:asmbfips`).

use layout::{Addresses, Seg, Segments};
use std::io::Write as _;
use std::path::Path;
use tables::{FIPS_TITLE, Fips, FipsSum};

/// Computes the sum and stores it; also writes what was hashed to `fipso`.
///
/// # Errors
/// A text when a marker lies outside its segment or `fipso` cannot be written.
pub fn store_sum(
    out: &mut [u8],
    fips: &Fips,
    addrs: &Addresses,
    segs: &Segments,
    fipso: Option<&Path>,
) -> Result<(), String> {
    let mut sum = FipsSum::default();
    let mut copy = match fipso {
        Some(p) => Some(std::io::BufWriter::new(std::fs::File::create(p).map_err(
            |e| {
                format!(
                    "asmbfips: open {}: {}",
                    p.display(),
                    symbols::map::go_error_text(&e)
                )
            },
        )?)),
        None => None,
    };
    let mut write = |b: &[u8]| match &mut copy {
        Some(w) => w
            .write_all(b)
            .map_err(|e| format!("asmbfips: {}", symbols::map::go_error_text(&e))),
        None => Ok(()),
    };
    write(FIPS_TITLE)?;
    const PARTS: [(&str, Seg); 4] = [
        ("go:textfipsstart", Seg::Text),
        ("go:rodatafipsstart", Seg::Rodata),
        ("go:noptrdatafipsstart", Seg::Data),
        ("go:datafipsstart", Seg::Data),
    ];
    for ((name, seg), m) in PARTS.iter().zip(fips.markers.chunks(2)) {
        let s = match seg {
            // Some formats have no segment for what is only read.
            Seg::Rodata if segs.rodata.len == 0 => &segs.text,
            seg => segs.get(*seg),
        };
        let (start, end) = (addrs.addr(m[0]), addrs.addr(m[1]));
        if !(s.addr <= start && start <= end && end <= s.addr + s.file_len) {
            return Err(format!(
                "asmbfips: {name} not in expected segment ({start:#x}..{end:#x} not in {:#x}..{:#x})",
                s.addr,
                s.addr + s.file_len
            ));
        }
        let off = (start - s.addr + s.file_off) as usize;
        let bytes = &out[off..off + (end - start) as usize];
        sum.part(bytes);
        write(&(bytes.len() as u64).to_be_bytes())?;
        write(bytes)?;
    }
    let s = &segs.data;
    let off = (addrs.addr(fips.info) - s.addr + s.file_off) as usize + Fips::SUM_OFFSET;
    let sum = sum.finish();
    out[off..off + sum.len()].copy_from_slice(&sum);
    Ok(())
}
