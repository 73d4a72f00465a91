//! Reports on binaries of the stock toolchain: built in different ways, or patched at chosen places.
//!
//! Needs `go` on PATH; skipped by name without it, an error if `CI=true`.

use flate2::{Compression, read::ZlibDecoder, write::ZlibEncoder};
use linkdiff::{Cause, Options, Report, compare};
use object::read::{Object, ObjectSection, ObjectSymbol};
use std::collections::HashMap;
use std::io::{Read, Write};
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, OnceLock};

const MAIN: &str = r#"package main

import "fmt"

var greeting = "hello"

var names = [2]string{"a", "b"}

//go:noinline
func before(x int) int { return x * 3 }

EXTRA
func main() { fmt.Println(greeting, before(len(greeting))) }
"#;

/// How a sample program is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Build {
    extra_function: bool,
    ldflags: &'static str,
    arch: &'static str,
    os: &'static str,
}

const PLAIN: Build = Build {
    extra_function: false,
    ldflags: "-buildid=id",
    arch: "amd64",
    os: "linux",
};

const WINDOWS: Build = Build {
    os: "windows",
    ..PLAIN
};

fn have_go() -> bool {
    let found = Command::new("go")
        .arg("version")
        .output()
        .is_ok_and(|o| o.status.success());
    assert!(
        found || std::env::var("CI").as_deref() != Ok("true"),
        "no go on PATH"
    );
    found
}

/// Builds a sample, once per test process. The same folder name keeps paths in the binary equal.
fn build(how: Build) -> Option<Vec<u8>> {
    static BUILT: OnceLock<Mutex<HashMap<Build, Vec<u8>>>> = OnceLock::new();
    if !have_go() {
        return None;
    }
    let built = BUILT.get_or_init(Mutex::default);
    let mut built = built
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(data) = built.get(&how) {
        return Some(data.clone());
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let extra = if how.extra_function {
        "//go:noinline\nfunc extra(x int) int { return x * 5 }\n\nfunc init() { greeting += names[extra(7)&1] }"
    } else {
        "func init() { greeting += names[len(greeting)&1] }"
    };
    std::fs::write(path.join("main.go"), MAIN.replace("EXTRA", extra)).unwrap();
    std::fs::write(path.join("go.mod"), "module sample\n\ngo 1.24\n").unwrap();
    let output = Command::new("go")
        .args(["build", "-trimpath", "-buildvcs=false", "-o", "out"])
        .arg(format!("-ldflags={}", how.ldflags))
        .env("GOOS", how.os)
        .env("GOARCH", how.arch)
        .env("CGO_ENABLED", "0")
        .env("GOFLAGS", "")
        .current_dir(path)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let data = std::fs::read(Path::new(path).join("out")).unwrap();
    built.insert(how, data.clone());
    Some(data)
}

/// The samples, or a return that names the skipped test.
macro_rules! built {
    ($name:literal, $($how:expr),+) => {
        ($(match build($how) {
            Some(data) => data,
            None => { eprintln!("skipped: {}: no go on PATH", $name); return; }
        }),+ ,)
    };
}

fn report(a: &[u8], b: &[u8]) -> Report {
    compare(a, b, &Options { all: true })
}

/// File range of a section.
fn section(data: &[u8], name: &str) -> (usize, usize) {
    let file = object::File::parse(data).unwrap();
    let section = file.section_by_name(name).unwrap();
    let (offset, size) = section.file_range().unwrap();
    (offset as usize, size as usize)
}

/// File offset of a symbol.
fn symbol(data: &[u8], name: &str) -> usize {
    let file = object::File::parse(data).unwrap();
    let symbol = file.symbols().find(|s| s.name() == Ok(name)).unwrap();
    let section = file
        .section_by_index(symbol.section_index().unwrap())
        .unwrap();
    (section.file_range().unwrap().0 + symbol.address() - section.address()) as usize
}

fn patched(data: &[u8], at: usize) -> Vec<u8> {
    let mut data = data.to_vec();
    data[at] ^= 0x01;
    data
}

/// The only finding after flipping one bit at `at`: place and what must be said.
#[track_caller]
fn expect_patch(data: &[u8], at: usize, place: &str, said: &[&str]) {
    let report = report(data, &patched(data, at));
    assert_eq!(report.first_offset, Some(at as u64));
    let first = report.first().unwrap();
    assert_eq!(first.place, place, "{report}");
    assert_eq!(report.findings.len(), 1, "{report}");
    for word in said {
        assert!(
            first.summary.contains(word) || first.details.iter().any(|d| d.contains(word)),
            "{word:?} is missing:\n{report}"
        );
    }
}

#[test]
fn equal_files_are_identical() {
    let (a,) = built!("equal_files_are_identical", PLAIN);
    let report = report(&a, &a);
    assert!(report.identical && report.findings.is_empty());
    assert_eq!(
        report.to_string(),
        format!("identical ({} bytes)\n", a.len())
    );
}

#[test]
fn an_extra_function_is_the_first_cause() {
    for arch in ["amd64", "arm64"] {
        for ldflags in [PLAIN.ldflags, "-buildid=id -s"] {
            let base = Build {
                arch,
                ldflags,
                ..PLAIN
            };
            let (a, b) = built!(
                "an_extra_function_is_the_first_cause",
                base,
                Build {
                    extra_function: true,
                    ..base
                }
            );
            for (x, y, side) in [(&a, &b, "B"), (&b, &a, "A")] {
                let report = report(x, y);
                let first = report.first().unwrap();
                assert_eq!(first.place, "section .text", "{report}");
                assert_eq!(first.cause, Cause::Layout);
                let said = format!("only in {side}: main.extra");
                assert!(first.summary.contains(&said), "{report}");
                let table = report
                    .findings
                    .iter()
                    .find(|f| f.place == "section .gopclntab");
                let table = table.unwrap();
                assert!(table.details.iter().any(|d| d.contains(&said)), "{report}");
            }
        }
    }
}

#[test]
fn other_formats_name_the_function_too() {
    for (os, arch, place, name) in [
        ("darwin", "arm64", "section __TEXT,__text", "_main.extra"),
        ("windows", "amd64", "section .text", "main.extra"),
    ] {
        let base = Build { os, arch, ..PLAIN };
        let (a, b) = built!(
            "other_formats_name_the_function_too",
            base,
            Build {
                extra_function: true,
                ..base
            }
        );
        let report = report(&a, &b);
        let first = report.first().unwrap();
        assert_eq!(first.place, place, "{report}");
        assert!(
            first.summary.contains(&format!("only in B: {name}")),
            "{report}"
        );
    }
}

#[test]
fn a_longer_string_is_found_in_rodata() {
    let (a, b) = built!(
        "a_longer_string_is_found_in_rodata",
        PLAIN,
        Build {
            ldflags: "-buildid=id -X=main.greeting=somewhat-longer-than-before-and-then-some",
            ..PLAIN
        }
    );
    let report = report(&a, &b);
    let first = report.first().unwrap();
    assert!(
        first
            .details
            .iter()
            .any(|d| d.contains("main.greeting.str")),
        "{report}"
    );
}

#[test]
fn build_ids_come_last() {
    for (base, info, id) in [
        (PLAIN, "section .go.buildinfo", "section .note.go.buildid"),
        (WINDOWS, "section .data:.go.buildinfo", "section .text"),
    ] {
        let (a, b) = built!(
            "build_ids_come_last",
            base,
            Build {
                ldflags: "-buildid=ie",
                ..base
            }
        );
        let report = report(&a, &b);
        // The flags are recorded in the build information; the rest are hashes.
        for finding in &report.findings {
            let flags = finding.place == info && finding.cause == Cause::Content;
            assert!(flags || finding.cause == Cause::Hash, "{report}");
        }
        assert!(report.findings.iter().any(|f| f.place == id), "{report}");
    }
}

#[test]
fn patched_text_names_the_function() {
    let (a,) = built!("patched_text_names_the_function", PLAIN);
    let at = symbol(&a, "main.before") + 3;
    expect_patch(
        &a,
        at,
        "section .text",
        &["main.before+0x3", "1 bytes differ"],
    );
}

#[test]
fn patched_headers_name_the_field() {
    let (a,) = built!("patched_headers_name_the_field", PLAIN);
    expect_patch(&a, 7, "ELF header", &["e_ident[EI_OSABI] 0x0 → 0x1"]);
    // e_phoff is 64; the third header's p_align.
    expect_patch(
        &a,
        64 + 2 * 56 + 48,
        "program headers",
        &["program header 2 (LOAD)", "p_align"],
    );
    let entry = 24;
    expect_patch(&a, entry, "ELF header", &["e_entry"]);
}

#[test]
fn patched_symbol_table_names_the_entry() {
    let (a,) = built!("patched_symbol_table_names_the_entry", PLAIN);
    let (offset, size) = section(&a, ".symtab");
    let count = size / 24;
    let at = offset + 24 * (count / 2) + 16;
    expect_patch(
        &a,
        at,
        "section .symtab",
        &[&format!("first differing symbol [{}]", count / 2), "size "],
    );
    let at = offset + 24 * (count / 2) + 4;
    expect_patch(&a, at, "section .symtab", &["info "]);
}

#[test]
fn patched_pclntab_names_table_and_function() {
    let (a,) = built!("patched_pclntab_names_table_and_function", PLAIN);
    let (start, _) = section(&a, ".gopclntab");
    let word = |at: usize| u64::from_le_bytes(a[start + at..][..8].try_into().unwrap()) as usize;
    let half = |at: usize| u32::from_le_bytes(a[start + at..][..4].try_into().unwrap()) as usize;
    let (count, names, units, files, pctab, functab) =
        (word(8), word(32), word(40), word(48), word(56), word(64));
    let place = "section .gopclntab";
    let (record, name_at) = (0..count)
        .map(|i| functab + half(functab + 8 * i + 4))
        .map(|record| (record, half(record + 4)))
        .find(|(_, name)| a[start + names + name..].starts_with(b"main.before\0"))
        .unwrap();
    expect_patch(&a, start + 8, place, &["pcheader", "nfunc"]);
    expect_patch(
        &a,
        start + names + name_at + 5,
        place,
        &["funcnametab", "main.before", "main.cefore"],
    );
    expect_patch(&a, start + units, place, &["cutab", "index 0"]);
    expect_patch(&a, start + files + 1, place, &["filetab", "entry 0"]);
    let pcln = half(record + 24);
    expect_patch(
        &a,
        start + pctab + pcln,
        place,
        &["pctab", "of main.before"],
    );
    expect_patch(&a, start + functab + 8, place, &["functab", "[1].entryoff"]);
    expect_patch(
        &a,
        start + record + 8,
        place,
        &["function records", "main.before, field args"],
    );
    expect_patch(
        &a,
        start + record + 40,
        place,
        &["main.before, field funcID"],
    );
    let gofunc = symbol(&a, "runtime.findfunctab");
    expect_patch(
        &a,
        gofunc + 20 + 6,
        place,
        &["findfunctab", "bucket 1, subbucket 2"],
    );
}

#[test]
fn patched_runtime_records_name_the_field() {
    let (a,) = built!("patched_runtime_records_name_the_field", PLAIN);
    let file = object::File::parse(&*a).unwrap();
    if file.section_by_name(".go.module").is_some() {
        let (start, _) = section(&a, ".go.module");
        // pcHeader, six slices, findfunctab, minpc, maxpc, text.
        expect_patch(
            &a,
            start + 8 * 22,
            "section .go.module",
            &["moduledata.text"],
        );
    }
    let (start, _) = section(&a, ".go.fipsinfo");
    expect_patch(
        &a,
        start + 20,
        "section .go.fipsinfo",
        &["fipsinfo.sum", "only the build ID"],
    );
    expect_patch(
        &a,
        start + 48 + 8,
        "section .go.fipsinfo",
        &["fipsinfo.text start"],
    );
    let (start, _) = section(&a, ".go.buildinfo");
    expect_patch(
        &a,
        start + 34,
        "section .go.buildinfo",
        &["build information line 1", "version"],
    );
    let (start, _) = section(&a, ".note.go.buildid");
    expect_patch(
        &a,
        start + 16,
        "section .note.go.buildid",
        &["note 0", "\"id\""],
    );
}

/// Replaces the stream of a compressed section, ELF's or `.zdebug_*`, by `edit`'s result. The stream may not grow, as the
/// sections behind keep their places.
fn recompress(data: &[u8], name: &str, level: u32, edit: impl Fn(&mut Vec<u8>)) -> Option<Vec<u8>> {
    let (offset, size) = section(data, name);
    let header = if name.starts_with(".z") { 12 } else { 24 };
    let (start, end) = (offset + header, offset + size);
    let mut plain = Vec::new();
    let mut decoder = ZlibDecoder::new(&data[start..end]);
    decoder.read_to_end(&mut plain).unwrap();
    edit(&mut plain);
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(level));
    encoder.write_all(&plain).unwrap();
    let stream = encoder.finish().unwrap();
    if stream.len() > size - header {
        return None;
    }
    let mut out = data.to_vec();
    out[start..start + stream.len()].copy_from_slice(&stream);
    out[start + stream.len()..end].fill(0);
    // The header names the level; the linker's stays.
    out[start..start + 2].copy_from_slice(&data[start..start + 2]);
    Some(out)
}

#[test]
fn another_encoder_is_told_from_other_content() {
    let (a,) = built!("another_encoder_is_told_from_other_content", PLAIN);
    let b = recompress(&a, ".debug_frame", 9, |_| {}).unwrap();
    let report = report(&a, &b);
    let first = report.first().unwrap();
    assert_eq!(
        (first.place.as_str(), first.cause),
        ("section .debug_frame", Cause::Encoder)
    );
    assert!(first.summary.contains("decompressed equal"), "{report}");
    assert!(first.summary.contains("block 0, token "), "{report}");
}

#[test]
fn debug_entries_are_named() {
    let (a,) = built!("debug_entries_are_named", PLAIN);
    let find = |data: &[u8], text: &[u8]| data.windows(text.len()).position(|w| w == text).unwrap();
    let cases: [(&str, &[u8], &[&str]); 2] = [
        (
            ".debug_info",
            b"main.before\0",
            &[
                "unit main",
                "DW_TAG_subprogram",
                "DW_AT_name",
                "main.before",
            ],
        ),
        (
            ".debug_line",
            b"main.go\0",
            &["unit ", "directory and file tables", "header: A file"],
        ),
    ];
    for (name, text, said) in cases {
        let b = recompress(&a, name, 9, |plain| {
            let at = find(plain, text) + 5;
            plain[at] ^= 1;
        });
        let report = report(&a, &b.unwrap());
        let first = report.first().unwrap();
        assert_eq!(first.place, format!("section {name}"), "{report}");
        for word in said {
            assert!(
                report.to_string().contains(word),
                "{word:?} is missing:\n{report}"
            );
        }
    }
    let b = recompress(&a, ".debug_frame", 9, |plain| {
        let last = plain.len() - 1;
        plain[last] ^= 1;
    });
    let report = report(&a, &b.unwrap());
    assert!(
        report.first().unwrap().summary.contains("FDE of"),
        "{report}"
    );
}

#[test]
fn dropped_sections_are_listed() {
    let (a, b) = built!(
        "dropped_sections_are_listed",
        PLAIN,
        Build {
            ldflags: "-buildid=id -w",
            ..PLAIN
        }
    );
    let report = report(&a, &b);
    let first = report.first().unwrap();
    assert_eq!(first.place, "section list", "{report}");
    assert!(
        first
            .details
            .iter()
            .any(|d| d.starts_with("only in A:") && d.contains(".debug_info"))
    );
    let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
    assert_eq!(json["findings"][0]["place"], "section list");
}

#[test]
fn damaged_go_binaries_do_not_panic() {
    let (a,) = built!("damaged_go_binaries_do_not_panic", PLAIN);
    let mut state = 0x1234_5678_9abc_def1_u64;
    let mut random = |n: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % n as u64) as usize
    };
    // Where the tables are, single bytes matter most.
    let mut zones = vec![(0, 64 + 56 * 8), (0x190, 26 * 64)];
    for name in [
        ".gopclntab",
        ".go.module",
        ".note.go.buildid",
        ".go.buildinfo",
        ".symtab",
    ] {
        let (start, size) = section(&a, name);
        zones.push((start, size.min(200)));
    }
    for round in 0..150 {
        let mut b = a.clone();
        for _ in 0..1 + round % 4 {
            let (start, size) = zones[random(zones.len())];
            b[start + random(size)] = random(256) as u8;
        }
        if round % 5 == 0 {
            b.truncate(random(b.len()));
        }
        let _ = report(&a, &b).to_string();
        let _ = report(&b, &a).to_string();
    }
    for name in [
        ".debug_info",
        ".debug_line",
        ".debug_abbrev",
        ".debug_rnglists",
        ".debug_frame",
    ] {
        for _ in 0..6 {
            let places = [random(64), random(5000), random(5000)];
            let value = random(256) as u8;
            let b = recompress(&a, name, 9, |plain| {
                for place in places {
                    let at = place % plain.len();
                    plain[at] = value;
                }
            });
            if let Some(b) = b {
                let _ = report(&a, &b).to_string();
            }
        }
    }
}

#[test]
fn damaged_files_of_other_formats_do_not_panic() {
    for (os, arch, tables) in [
        ("darwin", "arm64", &[][..]),
        (
            "windows",
            "amd64",
            &[".data", ".pdata", ".xdata", ".idata", ".reloc", ".symtab"],
        ),
    ] {
        let (a,) = built!(
            "damaged_files_of_other_formats_do_not_panic",
            Build { os, arch, ..PLAIN }
        );
        let mut state = 0x0dd0_5eed_1234_5678_u64;
        let mut random = |n: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state % n as u64) as usize
        };
        let mut zones = vec![(0, 2048)];
        zones.extend(tables.iter().map(|name| section(&a, name)));
        for round in 0..80 {
            let mut b = a.clone();
            for _ in 0..1 + round % 3 {
                let (start, size) = zones[random(zones.len())];
                b[start + random(size.min(2048))] = random(256) as u8;
            }
            if round % 4 == 0 {
                b.truncate(random(b.len()));
            }
            let _ = report(&a, &b).to_string();
            let _ = report(&b, &a).to_string();
        }
    }
}

#[test]
fn patched_mach_o_names_the_load_command() {
    let (a,) = built!(
        "patched_mach_o_names_the_load_command",
        Build {
            os: "darwin",
            arch: "arm64",
            ..PLAIN
        }
    );
    // The second command's maxprot: behind the header and the 72 bytes of __PAGEZERO.
    expect_patch(
        &a,
        32 + 72 + 56,
        "load commands",
        &["load command 1 (LC_SEGMENT_64)", "maxprot"],
    );
    expect_patch(
        &a,
        a.len() - 64,
        "section __LINKEDIT code signature",
        &["1 bytes differ"],
    );
}

#[test]
fn patched_pe_headers_name_the_field() {
    let (a,) = built!("patched_pe_headers_name_the_field", WINDOWS);
    let place = "PE headers";
    expect_patch(&a, 18, place, &["DOS header: e_csum"]);
    expect_patch(&a, 64 + 17, place, &["DOS stub: word 2"]);
    let file_header = a.windows(4).position(|w| w == b"PE\0\0").unwrap() + 4;
    expect_patch(&a, file_header + 4, place, &["TimeDateStamp 0x0 → 0x1"]);
    let optional = file_header + 20;
    expect_patch(&a, optional + 16, place, &["AddressOfEntryPoint"]);
    expect_patch(&a, optional + 68, place, &["Subsystem 0x3 → 0x2"]);
    expect_patch(
        &a,
        optional + 112 + 12 * 8 + 4,
        "data directories",
        &["data directory 12 (IAT): Size"],
    );
    // Behind .text, .rdata, .data, .pdata and .xdata; its name is in the string table.
    expect_patch(
        &a,
        optional + 240 + 5 * 40 + 36,
        "section headers",
        &["section header 6 (.zdebug_abbrev)", "Characteristics"],
    );
}

#[test]
fn patched_pe_tables_name_the_entry() {
    let (a,) = built!("patched_pe_tables_name_the_entry", WINDOWS);
    let file = object::File::parse(&*a).unwrap();
    let word = |at: usize| u64::from(u32::from_le_bytes(a[at..][..4].try_into().unwrap()));
    let address = |name: &str| file.section_by_name(name).unwrap().address();
    let base = address(".text") - 0x1000;
    let main = file
        .symbols()
        .find(|s| s.name() == Ok("main.main"))
        .unwrap();
    let begin = main.address() - base;
    let (start, size) = section(&a, ".pdata");
    let entry = (0..size / 12)
        .find(|k| word(start + 12 * k) == begin)
        .unwrap();
    let named = format!("entry {entry} (main.main)");
    expect_patch(
        &a,
        start + 12 * entry + 4,
        "section .pdata",
        &[&named, "EndAddress: A 0x", "main.main+0x"],
    );
    expect_patch(
        &a,
        start + 12 * entry + 8,
        "section .pdata",
        &[&named, "UnwindData"],
    );
    let (start, _) = section(&a, ".xdata");
    let codes = ["unwind information of ", "CountOfCodes: A 0x"];
    expect_patch(&a, start + 2, "section .xdata", &codes);

    let (start, size) = section(&a, ".idata");
    let find = |text: &[u8]| {
        let table = &a[start..start + size];
        start + table.windows(text.len()).position(|w| w == text).unwrap()
    };
    expect_patch(
        &a,
        start,
        "section .idata",
        &["import descriptor 0 (kernel32.dll), OriginalFirstThunk"],
    );
    expect_patch(
        &a,
        find(b"kernel32.dll") + 1,
        "section .idata",
        &["\"kdrnel32.dll\""],
    );
    let name = find(b"\0WriteFile\0") + 1;
    expect_patch(
        &a,
        name,
        "section .idata",
        &["name of import ", "A \"WriteFile\", B \"VriteFile\""],
    );
    let lookup = (word(start) - (address(".idata") - base)) as usize;
    expect_patch(
        &a,
        start + lookup + 8,
        "section .idata",
        &["import lookup 1 of kernel32.dll: A 0x"],
    );

    let (start, _) = section(&a, ".reloc");
    expect_patch(
        &a,
        start + 4,
        "section .reloc",
        &["block 0 (page 0x", "size: A"],
    );
    expect_patch(
        &a,
        start + 8 + 2 * 3,
        "section .reloc",
        &["block 0 (page 0x", "entry 3: A type 10 (DIR64) at 0x"],
    );
}

#[test]
fn patched_coff_symbols_name_the_record() {
    let (a,) = built!("patched_coff_symbols_name_the_record", WINDOWS);
    let file = object::File::parse(&*a).unwrap();
    let (start, size) = section(&a, ".symtab");
    let count = file.symbols().count();
    let symbol = |k: usize| file.symbols().nth(k).unwrap();
    let first = symbol(count / 2);
    let said = format!(
        "first differing symbol [{}] (A {count}, B {count} entries): {}: type 0x",
        count / 2,
        first.name().unwrap()
    );
    expect_patch(
        &a,
        start + 18 * (count / 2) + 14,
        "section .symtab",
        &[&said],
    );
    let strings = &a[start + 18 * count..start + size];
    let find = |text: &[u8]| strings.windows(text.len()).position(|w| w == text).unwrap();
    expect_patch(
        &a,
        start + 18 * count + find(b"\0main.before\0") + 6,
        "section .symtab",
        &["A has main.before, B has main.cefore"],
    );
}

#[test]
fn go_sections_inside_those_of_pe_are_told_apart() {
    for ldflags in [PLAIN.ldflags, "-buildid=id -s"] {
        let (a,) = built!(
            "go_sections_inside_those_of_pe_are_told_apart",
            Build { ldflags, ..WINDOWS }
        );
        let (rdata, size) = section(&a, ".rdata");
        let (data, _) = section(&a, ".data");
        let magic = [0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8];
        let table = &a[rdata..rdata + size];
        let start = rdata + table.windows(8).position(|w| w == magic).unwrap();
        let word = |at: usize| u64::from_le_bytes(a[at..][..8].try_into().unwrap()) as usize;
        let half = |at: usize| u32::from_le_bytes(a[at..][..4].try_into().unwrap()) as usize;
        let (count, names, functab) = (word(start + 8), word(start + 32), word(start + 64));
        let record = (0..count)
            .map(|i| start + functab + half(start + functab + 8 * i + 4))
            .find(|record| a[start + names + half(record + 4)..].starts_with(b"main.before\0"))
            .unwrap();
        let place = "section .rdata:.gopclntab";
        expect_patch(
            &a,
            record + 8,
            place,
            &["function records", "main.before, field args"],
        );
        // The module record starts with the table's address.
        let file = object::File::parse(&*a).unwrap();
        let address = file.section_by_name(".rdata").unwrap().address();
        let address = address as usize + start - rdata;
        let module = (data..).step_by(8).find(|&at| word(at) == address).unwrap();
        let place = "section .data:.go.module";
        expect_patch(&a, module + 16, place, &["moduledata.funcnametab.len"]);
        let info = a[data..]
            .windows(6)
            .position(|w| w == b"\x08go1.2" || w == b"\x07go1.2");
        expect_patch(
            &a,
            data + info.unwrap() + 1,
            "section .data:.go.buildinfo",
            &["build information line 1"],
        );
    }
}

#[test]
fn pe_debug_sections_are_decompressed() {
    let (a,) = built!("pe_debug_sections_are_decompressed", WINDOWS);
    let b = recompress(&a, ".zdebug_frame", 9, |_| {}).unwrap();
    let first = report(&a, &b);
    assert_eq!(first.first().unwrap().cause, Cause::Encoder, "{first}");
    let b = recompress(&a, ".zdebug_info", 9, |plain| {
        let name = b"main.before\0";
        let at = plain.windows(name.len()).position(|w| w == name).unwrap();
        plain[at + 5] ^= 1;
    });
    let report = report(&a, &b.unwrap()).to_string();
    for word in [
        "section .zdebug_info",
        "unit main",
        "DW_AT_name",
        "main.cefore",
    ] {
        assert!(report.contains(word), "{word:?} is missing:\n{report}");
    }
}
