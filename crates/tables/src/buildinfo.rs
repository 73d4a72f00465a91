//! The build information that `go version -m` reads (`ld/data.go:buildinfo`).

use crate::maker::Maker;
use gover::SymKind;
use symbols::SymId;

/// Makes `go:buildinfo` and the reference to it.
pub fn make_buildinfo(m: &mut Maker, version: &[u8], modinfo: &[u8]) -> SymId {
    let s = m.create("go:buildinfo", SymKind::BuildInfo);
    let ptr = m.ptr_size;
    let mut data = b"\xff Go buildinf:".to_vec();
    data.push(ptr);
    data.push(2); // little-endian, strings inline
    data.resize(32, 0);
    for text in [version, modinfo] {
        let mut n = text.len();
        while n >= 0x80 {
            data.push(n as u8 | 0x80);
            n >>= 7;
        }
        data.push(n as u8);
        data.extend_from_slice(text);
    }
    data.resize(data.len().next_multiple_of(16), 0);
    let e = m.ext(s);
    e.align = 16;
    e.set_data(data);
    let r = m.create("go:buildinfo.ref", SymKind::Rodata);
    let e = m.ext(r);
    e.align = ptr.into();
    // A shared library has one too, and cmd/link adds to its size.
    e.data.resize(e.size.min(1 << 12) as usize, 0);
    e.add_addr_plus(ptr, s, 0);
    s
}

/// Makes the function that holds the build ID, quoted, where the file has no notes
/// (`ld/data.go:textbuildid`).
pub fn make_text_build_id(m: &mut Maker, quoted: &str) -> SymId {
    let s = m.create("go:buildid", SymKind::Text);
    let data = [b"\xff Go build ID: ", quoted.as_bytes(), b"\n \xff"].concat();
    m.ext(s).set_data(data);
    s
}
