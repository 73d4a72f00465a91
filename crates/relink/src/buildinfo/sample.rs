//! Files with build information, made for tests.

/// A varint.
fn number(mut value: usize, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Build information: the Go version and the lines of the module text.
pub fn blob(version: &str, text: &str) -> Vec<u8> {
    let mut out = b"\xff Go buildinf:\x08\x02".to_vec();
    out.resize(32, 0);
    number(version.len(), &mut out);
    out.extend(version.as_bytes());
    let framed = if text.is_empty() {
        String::new()
    } else {
        format!("0123456789abcdef{text}fedcba9876543210")
    };
    number(framed.len(), &mut out);
    out.extend(framed.as_bytes());
    out
}

/// An ELF file with one section of data, which is to be loaded at that address.
pub fn elf(section: &str, address: u64, contents: &[u8]) -> Vec<u8> {
    let names = format!("\0{section}\0.shstrtab\0");
    let (at, table) = (64 + names.len(), 64 + names.len() + contents.len());
    let mut out = b"\x7fELF\x02\x01\x01".to_vec();
    out.resize(16, 0);
    for half in [2u16, 62] {
        out.extend(half.to_le_bytes());
    }
    out.extend(1u32.to_le_bytes());
    for word in [0, 0, table as u64] {
        out.extend(word.to_le_bytes());
    }
    out.extend(0u32.to_le_bytes());
    for half in [64u16, 56, 0, 64, 3, 2] {
        out.extend(half.to_le_bytes());
    }
    out.extend(names.as_bytes());
    out.extend(contents);
    let mut header = |name: u32, kind: u32, flags: u64, rest: [u64; 3]| {
        out.extend(name.to_le_bytes());
        out.extend(kind.to_le_bytes());
        out.extend(flags.to_le_bytes());
        for word in rest {
            out.extend(word.to_le_bytes());
        }
        out.extend([0; 24]);
    };
    header(0, 0, 0, [0; 3]);
    let length = contents.len() as u64;
    header(1, 1, 3, [address, at as u64, length]);
    let (name, size) = (section.len() as u32 + 2, names.len() as u64);
    header(name, 3, 0, [0, 64, size]);
    out
}
