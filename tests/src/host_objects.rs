//! Bad host objects and cgo directives: cases of the group `errors`.

use crate::errors::{Demand, Setting, Spoil, Spoiled, spoiler};
use crate::flags::DEFAULT;
use std::fs;
use std::process::Command;
use xtask::Result;

/// How an object for 64-bit little-endian machines begins.
const ELF: &[u8] = b"\x7fELF\x02\x01\x01";

/// A link of the program with a host object of its own, its main archive edited.
fn edited(edit: fn(&mut Vec<u8>)) -> Spoil {
    spoiler(move |link, at| {
        start(link, at, "host-object")?;
        let mut bytes = fs::read(&link.main)?;
        edit(&mut bytes);
        save_main(link, &bytes)
    })
}

/// The same with C code put beside it.
fn beside(sources: &'static [&'static str], flags: &'static [&'static str]) -> Spoil {
    spoiler(move |link, at| {
        start(link, at, "host-object")?;
        let mut bytes = fs::read(&link.main)?;
        for (i, source) in sources.iter().enumerate() {
            let object = compile(link, source)?;
            let name = format!("extra{i}.syso");
            append(&mut bytes, &name, &object);
        }
        save_main(link, &bytes)?;
        link.flags(flags);
        Ok(())
    })
}

/// A link of another fixture, with further flags.
fn flags(fixture: &'static str, flags: &'static [&'static str]) -> Spoil {
    spoiler(move |link, at| {
        start(link, at, fixture)?;
        link.flags(flags);
        Ok(())
    })
}

/// A link of the program with cgo, a package's archive edited.
fn cgo(package: &'static str, old: &'static str, new: &'static str) -> Spoil {
    spoiler(move |link, at| {
        start(link, at, "cgo-net")?;
        link.edit(package, |bytes| {
            let found = bytes.windows(old.len()).position(|w| w == old.as_bytes());
            let at = found.expect("the archive has it");
            bytes[at..at + old.len()].copy_from_slice(new.as_bytes());
        })
    })
}

/// A link of the program with cgo, with directives before those that package `net` has.
fn directives(more: &'static str) -> Spoil {
    spoiler(move |link, at| {
        start(link, at, "cgo-net")?;
        link.edit("net", |bytes| {
            const MARK: &[u8] = b"\n$$  // cgo\n[";
            // The object's own, behind those of the export data.
            let found = bytes.windows(MARK.len()).rposition(|w| w == MARK);
            let at = found.expect("the package has directives") + MARK.len();
            insert(bytes, at, format!("{more},").as_bytes());
        })
    })
}

/// Inserts text into a member of an archive.
fn insert(archive: &mut Vec<u8>, at: usize, text: &[u8]) {
    const HEADER: usize = 60;
    let size_at = |header: usize| header + 48..header + 58;
    let mut header = b"!<arch>\n".len();
    let size = loop {
        let digits = std::str::from_utf8(&archive[size_at(header)]).expect("a member's size");
        let size: usize = digits.trim().parse().expect("a member's size");
        let end = header + HEADER + size;
        if at < end {
            break size;
        }
        header = end.next_multiple_of(2);
    };
    let end = header + HEADER + size;
    let new = size + text.len();
    archive[size_at(header)].copy_from_slice(format!("{new:<10}").as_bytes());
    // Members begin at even places.
    match (size.is_multiple_of(2), new.is_multiple_of(2)) {
        (true, false) => archive.insert(end, b'\n'),
        (false, true) if end < archive.len() => {
            archive.remove(end);
        }
        _ => {}
    }
    archive.splice(at..at, text.iter().copied());
}

/// A link of the program with a member of its main archive that no compiler made.
fn member(name: &'static str, of: &'static str, flags: &'static [&'static str]) -> Spoil {
    spoiler(move |link, at| {
        start(link, at, "host-object")?;
        let mut bytes = fs::read(&link.main)?;
        let contents = match of {
            "" => b"neither one nor the other".to_vec(),
            package => go_object(&fs::read(link.file(package)?)?),
        };
        append(&mut bytes, name, &contents);
        save_main(link, &bytes)?;
        link.flags(flags);
        Ok(())
    })
}

/// The last Go object of an archive.
fn go_object(archive: &[u8]) -> Vec<u8> {
    const MARK: &[u8] = b"`\ngo object ";
    let found = archive.windows(MARK.len()).rposition(|w| w == MARK);
    archive[found.expect("a Go object") + 2..].to_vec()
}

fn start(link: &mut Spoiled, at: &Setting, fixture: &str) -> Result<()> {
    let step = at.step_of(fixture, &DEFAULT)?;
    *link = Spoiled::new(&step, &link.dir)?;
    let left = link.env.is_empty();
    assert!(left, "the environment is the recorded one");
    link.env.extend(step.env.clone());
    Ok(())
}

fn save_main(link: &mut Spoiled, bytes: &[u8]) -> Result<()> {
    let file = link.dir.join("main.a");
    fs::write(&file, bytes)?;
    link.main = "main.a".into();
    Ok(())
}

fn compile(link: &Spoiled, source: &str) -> Result<Vec<u8>> {
    let (file, object) = (link.dir.join("extra.c"), link.dir.join("extra.o"));
    fs::write(&file, source)?;
    let mut command = Command::new("gcc");
    command.args([
        "-c",
        "-O1",
        "-fPIC",
        "-fcommon",
        "-fno-stack-protector",
        "-o",
    ]);
    let out = command.arg(&object).arg(&file).output()?;
    if !out.status.success() {
        return Err(String::from_utf8_lossy(&out.stderr).into_owned().into());
    }
    Ok(fs::read(object)?)
}

/// Adds a member to an archive.
fn append(archive: &mut Vec<u8>, name: &str, contents: &[u8]) {
    if !archive.len().is_multiple_of(2) {
        archive.push(b'\n');
    }
    let (zero, mode, size) = ("0", "644", contents.len());
    let header = format!("{name:<16}{zero:<12}{zero:<6}{zero:<6}{mode:<8}{size:<10}`\n");
    archive.extend(header.as_bytes());
    archive.extend(contents);
}

/// Sets a byte of the first host object of an archive.
fn set(bytes: &mut [u8], offset: usize, value: u8) {
    let found = bytes.windows(ELF.len()).position(|w| w == ELF);
    bytes[found.expect("a host object") + offset] = value;
}

/// What later patch levels refuse, and what they understand otherwise.
pub fn trusted() -> Vec<(&'static str, Demand, Spoil)> {
    let none: &[&str] = &[];
    let external: &[&str] = &["-tmpdir=."];
    let internal: &[&str] = &["-linkmode=internal"];
    let members = [
        ("syso-unknown", "odd.syso", "", external),
        ("syso-unknown-internal", "odd.syso", "", internal),
        ("syso-go", "odd.syso", "errors", none),
        ("syso-go-internal", "odd.syso", "errors", internal),
        // The ending is a part of the name or it is not there.
        ("syso-not", "odd.syso.or.not.", "", internal),
    ];
    let lines = [
        (
            "cgo-import-comma",
            r#"["cgo_import_dynamic","one,two"],["cgo_import_dynamic","three,four"]"#,
        ),
        (
            "cgo-import-remote-comma",
            r#"["cgo_import_dynamic","one","puts,two#GLIBC_2.2.5","libc.so.6"]"#,
        ),
        (
            "cgo-import-library-comma",
            r#"["cgo_import_dynamic","one","puts","libc,so.6"]"#,
        ),
        (
            "cgo-import-many-comma",
            r#"["cgo_import_dynamic","one,two","a","b","c"]"#,
        ),
        (
            "cgo-import-static-comma",
            r#"["cgo_import_static","one,two"]"#,
        ),
        (
            "cgo-export-static-comma",
            r#"["cgo_export_static","main.main","one,two"]"#,
        ),
        (
            "cgo-export-dynamic-comma",
            r#"["cgo_export_dynamic","main.main","one,two","ABIOdd"]"#,
        ),
        (
            "cgo-export-local-comma",
            r#"["cgo_export_dynamic","main,main"]"#,
        ),
        (
            "cgo-dynamic-linker-comma",
            r#"["cgo_dynamic_linker","/lib/one,/lib/two"]"#,
        ),
        (
            "cgo-ldflag-comma",
            r#"["cgo_ldflag","-Wl,--as-needed,--no-as-needed"]"#,
        ),
        (
            "cgo-export-then-import",
            r#"["cgo_export_dynamic","main.main","one"],["cgo_import_dynamic","main.main","puts","libc.so.6"]"#,
        ),
        (
            "cgo-export-unknown-then-import",
            r#"["cgo_export_dynamic","strange"],["cgo_import_dynamic","strange","puts","libc.so.6"]"#,
        ),
        (
            "cgo-import-then-export",
            r#"["cgo_import_dynamic","strange","puts","libc.so.6"],["cgo_export_dynamic","strange"]"#,
        ),
        (
            "cgo-import-anywhere-then-export",
            r#"["cgo_import_dynamic","strange","puts"],["cgo_export_dynamic","strange"]"#,
        ),
        (
            "cgo-import-anywhere-then-export-static",
            r#"["cgo_import_dynamic","strange","other"],["cgo_export_static","strange","third"]"#,
        ),
    ];
    let mut list: Vec<(&str, Demand, Spoil)> = members
        .into_iter()
        .map(|(title, name, of, flags)| (title, Demand::Same, member(name, of, flags)))
        .collect();
    list.extend(
        lines
            .into_iter()
            .map(|(title, more)| (title, Demand::Same, directives(more))),
    );
    list
}

/// All cases.
pub fn list() -> Vec<(&'static str, Demand, Spoil)> {
    use Demand::{Same, Status};
    let mut list = trusted();
    list.extend(vec![
        ("host-object-machine", Same, edited(|b| set(b, 18, 0xb7))),
        ("host-object-class", Same, edited(|b| set(b, 4, 1))),
        ("host-object-order", Same, edited(|b| set(b, 5, 7))),
        ("host-object-version", Same, edited(|b| set(b, 6, 9))),
        ("host-object-executable", Same, edited(|b| set(b, 16, 2))),
        ("host-object-names", Same, edited(|b| set(b, 63, 0x7f))),
        ("host-object-sections", Status, edited(|b| set(b, 46, 0xff))),
        (
            "host-object-cut",
            Status,
            edited(|b| b.truncate(b.len() - 200)),
        ),
        (
            "host-object-twice",
            Same,
            beside(&["long c_add(long a, long b) { return a - b; }"], &[]),
        ),
        (
            "host-object-weak-twice",
            Same,
            beside(
                &[
                    "__attribute__((weak)) long weak(void) { return 2; }",
                    "__attribute__((visibility(\"hidden\"))) long inner(long a) { return a; }",
                ],
                &[],
            ),
        ),
        (
            "host-object-macro-label",
            Same,
            beside(
                &[
                    "__asm__(\".pushsection .debug_macro,\\\"\\\",@progbits\\nwm4.one.2:\\n.byte 1\\n.popsection\");",
                ],
                &[],
            ),
        ),
        (
            "host-object-label",
            Same,
            beside(
                &[
                    "__asm__(\".pushsection .strange,\\\"\\\",@progbits\\nlabel:\\n.byte 1\\n.popsection\");",
                ],
                &[],
            ),
        ),
        (
            "host-object-thread-local",
            Same,
            beside(
                &["__thread long own = 3; extern long table[2];\
                     __asm__(\".data\\n.globl table\\ntable: .quad 0, 0\\n\
                     .reloc table+8, R_X86_64_64, own\\n.reloc table, R_X86_64_64, own\\n.text\");"],
                &[],
            ),
        ),
        (
            "host-object-common",
            Same,
            beside(
                &["long common[40]; int small;", "char small; long own = 3;"],
                &[],
            ),
        ),
        (
            "host-object-tls",
            Same,
            beside(&["__thread int t; int f(void) { return t; }"], &[]),
        ),
        (
            "host-object-undefined",
            Same,
            beside(&["int g(void); int f(void) { return g() + 1; }"], &[]),
        ),
        (
            "host-object-writable-code",
            Same,
            beside(
                &["__asm__(\".section .odd,\\\"awx\\\",@progbits\\n.long 1\");"],
                &[],
            ),
        ),
        (
            "host-object-go-symbol",
            Same,
            beside(&["__asm__(\".globl main.main\\nmain.main: ret\");"], &[]),
        ),
        ("libgcc-none", Same, flags("host-object", &["-libgcc=none"])),
        (
            "libgcc-missing",
            Same,
            flags("host-object", &["-libgcc=/no/such/libgcc.a"]),
        ),
        (
            "libgcc-is-text",
            Same,
            flags("host-object", &["-libgcc=importcfg.link"]),
        ),
        (
            "compiler-missing",
            Same,
            flags("host-object", &["-extld=no-such-compiler", "-v"]),
        ),
        (
            "capture-nowhere",
            Same,
            flags("host-object", &["-capturehostobjs=/no/such/folder"]),
        ),
        (
            "capture",
            Same,
            flags("host-object", &["-capturehostobjs=."]),
        ),
        // cmd/link goes on with half of the dynamic symbol table.
        (
            "cgo-directives-type",
            Same,
            cgo("runtime/cgo", "[[\"cgo_", "[1,\"cg_"),
        ),
        (
            "cgo-directives-escape",
            Same,
            cgo(
                "runtime/cgo",
                "\"cgo_import_dynamic\"",
                "\"cgo_\\qmport_dynami\"",
            ),
        ),
        ("cgo-with-d", Same, flags("cgo-net", &["-d"])),
        (
            "cgo-directive",
            Same,
            cgo(
                "net",
                "cgo_import_dynamic\",\"free",
                "cgo_import_dynamix\",\"free",
            ),
        ),
        (
            "cgo-directives-cut",
            Status,
            cgo("net", "[[\"cgo_", "[{\"cgo_"),
        ),
    ]);
    list
}
