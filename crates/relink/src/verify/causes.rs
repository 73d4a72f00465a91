//! What is known of why two files differ, before their bytes are looked at.

use super::marks::{self, Marks};
use super::paths;
use crate::buildinfo::{BuildInfo, Module};
use serde::Serialize;
use std::collections::BTreeMap;

/// Something that both files say of themselves, in other words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What it is about: `module version`, `setting -tags`, `Go build ID` …
    pub what: String,
    /// What the file says.
    pub file: Option<String>,
    /// What the rebuilt file says.
    pub rebuilt: Option<String>,
}

/// A list of differences.
#[derive(Debug, Default)]
struct List(Vec<Difference>);

impl List {
    fn add(&mut self, what: impl Into<String>, file: Option<&str>, rebuilt: Option<&str>) {
        if file != rebuilt {
            self.0.push(Difference {
                what: what.into(),
                file: file.map(str::to_owned),
                rebuilt: rebuilt.map(str::to_owned),
            });
        }
    }
}

/// Compares what two files say of their build, field by field.
pub fn of_infos(a: &BuildInfo, b: &BuildInfo) -> Vec<Difference> {
    let mut list = List::default();
    list.add("Go version", Some(&a.go_version), Some(&b.go_version));
    list.add("package", Some(&a.path), Some(&b.path));
    let main = |info: &BuildInfo, field: fn(&Module) -> String| info.main.as_ref().map(field);
    let mut main_field = |what: &str, field: fn(&Module) -> String| {
        let (a, b) = (main(a, field), main(b, field));
        list.add(what, a.as_deref(), b.as_deref());
    };
    main_field("module", |m| m.path.clone());
    main_field("module version", |m| m.version.clone());
    main_field("module sum", |m| m.sum.clone());
    main_field("module replacement", |m| {
        m.replace.as_deref().map_or_else(String::new, in_short)
    });

    let mut deps: BTreeMap<&str, [Option<String>; 2]> = BTreeMap::new();
    for (side, info) in [a, b].into_iter().enumerate() {
        for dep in &info.deps {
            deps.entry(&dep.path).or_default()[side] = Some(in_short(dep));
        }
    }
    for (path, [a, b]) in &deps {
        list.add(format!("dependency {path}"), a.as_deref(), b.as_deref());
    }

    for (key, _) in &a.settings {
        list.add(format!("setting {key}"), a.setting(key), b.setting(key));
    }
    for (key, value) in &b.settings {
        if a.setting(key).is_none() {
            list.add(format!("setting {key}"), None, Some(value));
        }
    }
    list.0
}

/// Version, sum and replacement.
fn in_short(module: &Module) -> String {
    let mut text = module.version.clone();
    if !module.sum.is_empty() {
        text += &format!(" {}", module.sum);
    }
    if let Some(new) = &module.replace {
        text += format!(" => {} {}", new.path, in_short(new)).trim_end();
    }
    text
}

/// Compares what else two files show of their build. `a` and `b` are the files.
pub fn of_files(a: &[u8], b: &[u8], marks: [&Marks; 2]) -> Vec<Difference> {
    let mut list = List::default();
    let [x, y] = marks;
    list.add(
        "Go build ID",
        x.go_build_id.as_deref(),
        y.go_build_id.as_deref(),
    );
    list.add(
        "GNU build ID",
        x.gnu_build_id.as_deref(),
        y.gnu_build_id.as_deref(),
    );
    let yes_no = |yes: bool| Some(if yes { "yes" } else { "no" });
    list.add("symbol table", yes_no(x.symbols), yes_no(y.symbols));
    list.add("debugging information", yes_no(x.dwarf), yes_no(y.dwarf));
    let length = |m: &Marks| m.signature.as_ref().map(|s| format!("{} bytes", s.len()));
    list.add("signature", length(x).as_deref(), length(y).as_deref());
    let compilers = |m: &Marks| (!m.c_compilers.is_empty()).then(|| m.c_compilers.join(", "));
    list.add(
        "C compiler",
        compilers(x).as_deref(),
        compilers(y).as_deref(),
    );
    for (a, b) in paths::moved(&paths::source_files(a), &paths::source_files(b)) {
        list.add("folder of source files", Some(a), Some(b));
    }
    list.0
}

/// What follows from the differences, in sentences; the likeliest first.
pub fn conclusions(
    info: &BuildInfo,
    differences: &[Difference],
    files: [&[u8]; 2],
    marks: [&Marks; 2],
) -> Vec<String> {
    let mut notes = Vec::new();
    let find = |what: &str| differences.iter().find(|d| d.what == what);
    let same_id = marks[0].go_build_id == marks[1].go_build_id;
    notes.extend(of_build_ids(marks));
    let only_ids = differences.iter().all(|d| d.what.ends_with("build ID"));
    let exe = info.setting("-buildmode") == Some("exe");
    let linked_otherwise = ids(marks).is_some_and(|[a, b]| a[0] != b[0] && a[1..3] == b[1..3]);
    if only_ids && exe && linked_otherwise && info.setting("-trimpath").is_none() {
        notes.push(
            "-buildmode=exe is recorded whether it was given or not, but it is in the build ID only if it was; \
             try: -- -buildmode=exe"
                .into(),
        );
    }
    notes.extend(of_strip(info, same_id, marks));
    notes.extend(of_signature(files, marks));
    if find("setting vcs.revision").is_some_and(|d| d.file.is_some()) {
        let revision = info.setting("vcs.revision").unwrap_or_default();
        notes.push(format!(
            "the source has to be checked out at revision {revision}"
        ));
    }
    if info.setting("vcs.modified") == Some("true") {
        notes.push(
            "the source had changes that were not committed (vcs.modified); no checkout has them"
                .into(),
        );
    }
    if find("setting DefaultGODEBUG").is_some() {
        notes.push(
            "DefaultGODEBUG follows from the go line of go.mod and from //go:debug lines in the source; these are \
             others"
                .into(),
        );
    }
    if find("setting -pgo").is_some_and(|d| d.file.is_none()) {
        notes.push(
            "there is a profile (default.pgo) now, which the file was built without; leave it out: -- -pgo=off"
                .into(),
        );
    }
    notes.extend(differences.iter().find_map(of_vendoring));
    if info.setting("-trimpath").is_none() && find("folder of source files").is_some() {
        notes.push(
            "without -trimpath the folders of the source and of the toolchain are in the file; \
             build it in the same ones"
                .into(),
        );
    }
    if find("C compiler").is_some() {
        notes.push("the C compiler is another one; its code is in the file".into());
    }
    notes
}

/// The parts of both Go build IDs: hashes of what was linked, of what the main package was compiled from, of that
/// package, and of the file. None if one has another form, by `-ldflags=-buildid=…`.
fn ids<'a>([a, b]: [&'a Marks; 2]) -> Option<[[&'a str; 4]; 2]> {
    let parts = |marks: &'a Marks| {
        let id = marks.go_build_id.as_deref()?;
        <[&str; 4]>::try_from(id.split('/').collect::<Vec<_>>()).ok()
    };
    Some([parts(a)?, parts(b)?])
}

/// What these parts say.
fn of_build_ids(marks: [&Marks; 2]) -> Option<String> {
    let [a, b] = ids(marks)?;
    let text = if a == b {
        "both have the same Go build ID, which is a hash of the file, too: the file was changed after it was built"
    } else if a[2] != b[2] {
        "the main package is another one (third part of the Go build ID): other source, other imports or other flags"
    } else if a[1] != b[1] {
        "the main package has the same code, compiled from something else (second part of the Go build ID)"
    } else if a[0] != b[0] {
        "the main package is the same; something else was linked, or with other flags (first part of the Go build ID)"
    } else {
        "the same was linked with the same flags (first three parts of the Go build ID)"
    };
    Some(text.to_owned())
}

/// A dependency at the same version, whose sum only one side has: no sums are recorded of modules in a folder
/// `vendor` (in Go 1.22 they were).
fn of_vendoring(difference: &Difference) -> Option<String> {
    let (a, b) = (difference.file.as_deref()?, difference.rebuilt.as_deref()?);
    let plain =
        difference.what.starts_with("dependency ") && !(a.contains("=>") || b.contains("=>"));
    let adds_sum = |short: &str, long: &str| {
        let rest = long.strip_prefix(short);
        rest.is_some_and(|rest| rest.starts_with(" h1:"))
    };
    if plain && adds_sum(b, a) {
        return Some("the file was built from the module cache, not from the folder vendor: -- -mod=readonly".into());
    }
    (plain && adds_sum(a, b)).then(|| {
        "the file was built from a folder vendor, not from the module cache: -- -mod=vendor".into()
    })
}

/// Symbols or debugging information that only the rebuilt file has.
fn of_strip(info: &BuildInfo, same_id: bool, [a, b]: [&Marks; 2]) -> Option<String> {
    let (symbols, dwarf) = (b.symbols && !a.symbols, b.dwarf && !a.dwarf);
    let (lacks, flags) = match (symbols, dwarf) {
        (true, true) => ("symbol table and debugging information", "-s -w"),
        (true, false) => ("symbol table", "-s"),
        (false, true) => ("debugging information", "-w"),
        (false, false) => return None,
    };
    let hidden = info.setting("-trimpath").is_some() && info.setting("-ldflags").is_none();
    Some(if hidden && !same_id {
        format!(
            "the file has no {lacks}: linked with {flags}, which is not recorded with -trimpath (give it: \
             -- '-ldflags={flags}'), or stripped later"
        )
    } else {
        format!("{lacks}: taken out after the file was built (strip)")
    })
}

/// A signature that came later.
fn of_signature(files: [&[u8]; 2], [a, b]: [&Marks; 2]) -> Option<String> {
    let length = |m: &Marks| m.signature.as_ref().map(Vec::len);
    if length(a).is_none() || length(a) == length(b) {
        // A signature of the same length is the linker's own; it follows from the rest.
        return None;
    }
    let bare = match files[0] {
        [b'M', b'Z', ..] => marks::unsigned(files[0]),
        _ => None,
    };
    let rest = bare.as_deref().and_then(|bare| bare.strip_prefix(files[1]));
    Some(match rest {
        // Certificates begin at a multiple of eight bytes.
        Some(rest) if rest.len() < 8 && rest.iter().all(|&b| b == 0) => {
            "the file was signed after it was built; but for the signature, it is identical".into()
        }
        _ => "the file was signed after it was built".into(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::plan::tests::info;
    use super::*;

    fn module(path: &str, version: &str, sum: &str) -> Module {
        Module {
            path: path.into(),
            version: version.into(),
            sum: sum.into(),
            replace: None,
        }
    }

    fn difference(what: &str, file: Option<&str>, rebuilt: Option<&str>) -> Difference {
        Difference {
            what: what.into(),
            file: file.map(str::to_owned),
            rebuilt: rebuilt.map(str::to_owned),
        }
    }

    #[test]
    fn infos_are_compared_field_by_field() {
        let mut a = info(&[("-tags", "x"), ("GOOS", "linux"), ("vcs.revision", "1")]);
        let mut b = info(&[("GOOS", "linux"), ("vcs.revision", "2"), ("-pgo", "p")]);
        assert_eq!(of_infos(&a, &a.clone()), []);
        a.go_version = "go1.27.3".into();
        a.main = Some(module("m", "v1", "h1:a"));
        b.main = Some(module("m", "(devel)", ""));
        a.deps = vec![module("d", "v1", "h1:d"), module("e", "v1", "")];
        b.deps = vec![module("d", "v1", "h1:x"), module("f", "v2", "")];
        b.deps[1].replace = Some(Box::new(module("../f", "", "")));
        assert_eq!(
            of_infos(&a, &b),
            [
                difference("Go version", Some("go1.27.3"), Some("go1.27.4")),
                difference("module version", Some("v1"), Some("(devel)")),
                difference("module sum", Some("h1:a"), Some("")),
                difference("dependency d", Some("v1 h1:d"), Some("v1 h1:x")),
                difference("dependency e", Some("v1"), None),
                difference("dependency f", None, Some("v2 => ../f")),
                difference("setting -tags", Some("x"), None),
                difference("setting vcs.revision", Some("1"), Some("2")),
                difference("setting -pgo", None, Some("p")),
            ]
        );
    }

    fn with_id(id: &str) -> Marks {
        Marks {
            go_build_id: Some(id.into()),
            ..Marks::default()
        }
    }

    #[test]
    fn each_part_of_a_build_id_says_something() {
        let said = |a: &str, b: &str| of_build_ids([&with_id(a), &with_id(b)]);
        let says = |a: &str, b: &str, what: &str| {
            let text = said(a, b).unwrap();
            assert!(text.contains(what), "{a} {b}: {text}");
        };
        says("a/b/c/d", "a/b/c/d", "changed after it was built");
        says("x/x/x/x", "a/b/c/d", "other source");
        says("x/x/c/x", "a/b/c/d", "same code");
        says("x/b/c/x", "a/b/c/d", "with other flags");
        says("a/b/c/x", "a/b/c/d", "the same was linked");
        assert_eq!(said("mine", "a/b/c/d"), None);
        assert_eq!(of_build_ids([&Marks::default(), &Marks::default()]), None);
    }

    #[test]
    fn a_default_that_was_given_is_thought_of() {
        let exe = info(&[("-buildmode", "exe")]);
        let hints = |info: &BuildInfo, a: &str, differences: &[Difference]| {
            let (a, b) = (with_id(a), with_id("a/b/c/d"));
            let notes = conclusions(info, differences, [b"", b""], [&a, &b]);
            notes.iter().any(|note| note.contains("-- -buildmode=exe"))
        };
        let id = difference("Go build ID", Some("x/b/c/x"), Some("a/b/c/d"));
        assert!(hints(&exe, "x/b/c/x", std::slice::from_ref(&id)));
        assert!(!hints(&exe, "x/x/c/x", std::slice::from_ref(&id)));
        assert!(!hints(&info(&[]), "x/b/c/x", std::slice::from_ref(&id)));
        let more = difference("setting -tags", Some("x"), None);
        assert!(!hints(&exe, "x/b/c/x", &[id, more]));
    }

    #[test]
    fn what_is_stripped_may_have_been_linked_so() {
        let (bare, full) = (
            Marks::default(),
            Marks {
                symbols: true,
                dwarf: true,
                ..Marks::default()
            },
        );
        let plain = info(&[]);
        let trimmed = info(&[("-trimpath", "true")]);
        let text = of_strip(&plain, false, [&bare, &full]).unwrap();
        assert!(text.contains("(strip)"), "{text}");
        let text = of_strip(&trimmed, false, [&bare, &full]).unwrap();
        assert!(text.contains("-- '-ldflags=-s -w'"), "{text}");
        let text = of_strip(&trimmed, true, [&bare, &full]).unwrap();
        assert!(text.contains("(strip)"), "{text}");
        assert_eq!(of_strip(&plain, true, [&full, &bare]), None);
    }

    #[test]
    fn settings_are_explained() {
        let info = info(&[("vcs.revision", "abc"), ("vcs.modified", "true")]);
        let differences = [
            difference("setting vcs.revision", Some("abc"), Some("def")),
            difference("setting -pgo", None, Some("/x/default.pgo")),
            difference("setting DefaultGODEBUG", Some("panicnil=1"), None),
            difference("folder of source files", Some("/a"), Some("/b")),
        ];
        let marks = Marks::default();
        let notes = conclusions(&info, &differences, [b"", b""], [&marks, &marks]);
        let all = notes.join("\n");
        for part in [
            "revision abc",
            "not committed",
            "-- -pgo=off",
            "go line",
            "without -trimpath",
        ] {
            assert!(all.contains(part), "{part}: {all}");
        }
        assert_eq!(notes.len(), 5);
    }

    #[test]
    fn vendoring_shows_in_sums() {
        let dep = |a, b| of_vendoring(&difference("dependency x", Some(a), Some(b)));
        let says = |text: Option<String>, what: &str| text.is_some_and(|text| text.contains(what));
        assert!(says(dep("v1 h1:x", "v1"), "-mod=readonly"));
        assert!(says(dep("v1", "v1 h1:x"), "-mod=vendor"));
        assert_eq!(dep("v1 h1:x", "v1 h1:y"), None);
        assert_eq!(dep("v1 h1:x", "v2"), None);
        assert_eq!(dep("v1 => y v1", "v1 => y v1 h1:x"), None);
        let other = difference("setting x", Some("v1 h1:x"), Some("v1"));
        assert_eq!(of_vendoring(&other), None);
    }

    #[test]
    fn a_later_signature_is_told_from_the_linkers_own() {
        let signed = |length: usize| Marks {
            signature: Some(vec![0; length]),
            ..Marks::default()
        };
        let files: [&[u8]; 2] = [b"MZ", b"MZ"];
        assert_eq!(of_signature(files, [&signed(3), &signed(3)]), None);
        assert_eq!(of_signature(files, [&Marks::default(), &signed(3)]), None);
        for files in [files, [b"\xcf\xfa\xed\xfe", b"\xcf\xfa\xed\xfe"]] {
            let text = of_signature(files, [&signed(4), &signed(3)]);
            assert!(text.is_some_and(|text| text.contains("signed after")));
        }
    }
}
