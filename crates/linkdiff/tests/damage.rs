//! Damaged input gives a report, never a panic.

use linkdiff::{Options, compare};

/// A small deterministic generator (xorshift); the tests must not depend on chance.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
}

/// This test's own executable: a real file of the host's format.
fn sample() -> Vec<u8> {
    std::fs::read(std::env::current_exe().unwrap()).unwrap()
}

#[test]
fn truncated_files_are_reported() {
    let whole = sample();
    for part in [
        0,
        1,
        4,
        15,
        63,
        64,
        100,
        1000,
        whole.len() / 2,
        whole.len() - 1,
    ] {
        let report = compare(&whole, &whole[..part], &Options::default());
        assert!(!report.identical);
        assert!(!report.findings.is_empty(), "cut at {part}");
        assert!(report.first_offset.is_some());
        assert!(report.to_string().contains("different"));
    }
}

#[test]
fn other_content_is_compared_as_bytes() {
    let report = compare(b"plain text one", b"plain text two", &Options::default());
    assert_eq!(report.first_offset, Some(11));
    assert!(report.to_string().contains("0xb"), "{report}");
}

#[test]
fn random_headers_do_not_panic() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for round in 0..2000 {
        let mut data = vec![0u8; 64 + random.below(600)];
        for byte in &mut data {
            *byte = if random.below(3) == 0 {
                random.next() as u8
            } else {
                0
            };
        }
        let class = 1 + (round % 2) as u8;
        data[..6].copy_from_slice(&[0x7f, b'E', b'L', b'F', class, 1]);
        // Keep tables near the start so that they are read.
        if class == 2 {
            data[32..48].fill(0);
            data[32] = 64;
            data[40] = 64;
            data[52..64].copy_from_slice(&[64, 0, 56, 0, 2, 0, 64, 0, 4, 0, 1, 0]);
        }
        let mut other = data.clone();
        let at = random.below(other.len());
        other[at] ^= 1 + random.next() as u8 % 255;
        let report = compare(&data, &other, &Options { all: true });
        assert!(!report.identical);
        let _ = report.to_string();
    }
}

/// A COFF object of one section with a relocation against its second symbol.
fn coff_object() -> Vec<u8> {
    let mut data = Vec::new();
    let half = |data: &mut Vec<u8>, value: u16| data.extend(value.to_le_bytes());
    let word = |data: &mut Vec<u8>, value: u32| data.extend(value.to_le_bytes());
    let (code, relocation, symbols) = (60, 76, 86);
    // File header: machine, sections, time, symbols, optional header, characteristics.
    half(&mut data, 0x8664);
    half(&mut data, 1);
    for value in [0, symbols, 3, 0] {
        word(&mut data, value);
    }
    data.extend(b".text\0\0\0");
    for value in [0, 0, 16, code, relocation, 0] {
        word(&mut data, value);
    }
    half(&mut data, 1);
    half(&mut data, 0);
    word(&mut data, 0x6000_0020);
    data.extend([0x90; 16]);
    word(&mut data, 9);
    word(&mut data, 1);
    half(&mut data, 4);
    let symbol = |data: &mut Vec<u8>, name: [u8; 8], value: u32, section: u16| {
        data.extend(name);
        word(data, value);
        half(data, section);
        half(data, 0x20);
        data.extend([2, 0]);
    };
    symbol(&mut data, *b"first\0\0\0", 0, 1);
    symbol(&mut data, [0, 0, 0, 0, 4, 0, 0, 0], 8, 1);
    symbol(&mut data, *b"elsewher", 0, 0);
    word(&mut data, 4 + 19);
    data.extend(b"second.of.the.names\0");
    data
}

#[test]
fn coff_objects_name_relocation_and_symbol() {
    let whole = coff_object();
    for (at, place, said) in [
        (4, "PE headers", "TimeDateStamp"),
        (70, "section .text", "second.of.the.names+0x2"),
        (
            76,
            "section relocations of .text",
            "second.of.the.names+0x1",
        ),
        (80, "section relocations of .text", "symbol 0 (first)"),
        (86, "section COFF symbols", "A has first, B has girst"),
        (
            86 + 54 + 5,
            "section COFF strings",
            "B has sdcond.of.the.names",
        ),
    ] {
        let mut other = whole.clone();
        other[at] ^= 1;
        let report = compare(&whole, &other, &Options { all: true });
        let shown = report.to_string();
        assert_eq!(report.first().unwrap().place, place, "{shown}");
        assert!(shown.contains(said), "{said:?} is missing:\n{shown}");
    }
    for part in 0..whole.len() {
        let report = compare(&whole, &whole[..part], &Options { all: true });
        assert!(!report.findings.is_empty(), "cut at {part}");
    }
}

#[test]
fn random_pe_headers_do_not_panic() {
    const FILE_HEADER: usize = 68;
    const SECTIONS: usize = FILE_HEADER + 20 + 240;
    const NAMES: [&[u8; 8]; 6] = [
        b".pdata\0\0",
        b".idata\0\0",
        b".reloc\0\0",
        b".rsrc\0\0\0",
        b".symtab\0",
        b".edata\0\0",
    ];
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    for round in 0..2000 {
        let mut data = vec![0u8; 1024 + random.below(600)];
        for byte in &mut data {
            if random.below(3) == 0 {
                *byte = random.next() as u8;
            }
        }
        let put = |data: &mut Vec<u8>, at: usize, value: u32| {
            data[at..at + 4].copy_from_slice(&value.to_le_bytes());
        };
        data[..2].copy_from_slice(b"MZ");
        put(&mut data, 60, FILE_HEADER as u32 - 4);
        data[FILE_HEADER - 4..FILE_HEADER].copy_from_slice(b"PE\0\0");
        data[FILE_HEADER..FILE_HEADER + 4].copy_from_slice(&[0x64, 0x86, NAMES.len() as u8, 0]);
        put(&mut data, FILE_HEADER + 8, 900);
        data[FILE_HEADER + 16..FILE_HEADER + 18].copy_from_slice(&[240, 0]);
        let magic = [[0x0b, 0x02], [0x0b, 0x01]][round % 2];
        data[FILE_HEADER + 20..FILE_HEADER + 22].copy_from_slice(&magic);
        // The directories lie in the sections, so that their trees are read.
        for directory in 0..16 {
            let at = FILE_HEADER + 20 + 108 + 8 * directory;
            let address = 0x1000 * (1 + random.below(NAMES.len())) + random.below(64);
            put(&mut data, at, 16);
            put(&mut data, at + 4, address as u32);
        }
        for (k, name) in NAMES.into_iter().enumerate() {
            let at = SECTIONS + 40 * k;
            data[at..at + 8].copy_from_slice(name);
            for (field, value) in [(8, 400), (12, 0x1000 * (k + 1)), (16, 400), (20, 600)] {
                put(&mut data, at + field, value as u32);
            }
        }
        let mut other = data.clone();
        let at = SECTIONS + random.below(other.len() - SECTIONS);
        other[at] ^= 1 + random.next() as u8 % 255;
        let report = compare(&data, &other, &Options { all: true });
        assert!(!report.identical);
        let _ = report.to_string();
    }
}
