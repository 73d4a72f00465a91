//! Import configuration files (`ld/ld.go:readImportCfg`).

use crate::end::End;
use crate::text;
use rustc_hash::FxHashMap;
use symbols::map::go_error_text;

/// What an import configuration says.
#[derive(Clone, Default, Debug)]
pub struct ImportCfg {
    /// Import path to archive.
    pub package_files: FxHashMap<String, String>,
    /// Import path to shared library.
    pub package_shlibs: FxHashMap<String, String>,
}

/// Reads the file of an `-importcfg` flag. Each `modinfo` line is handed to `modinfo` as it
/// comes; lines of other kinds set entries, a later one for the same path winning.
///
/// # Errors
///
/// A file that cannot be read, or a line that is not understood, with its number.
pub fn read(file: &[u8], modinfo: &mut dyn FnMut(Vec<u8>)) -> Result<ImportCfg, End> {
    let shown = text::lossy(file);
    let data = std::fs::read(text::path(file)).map_err(|e| {
        // A directory can be opened; reading it fails.
        let step = match e.kind() {
            std::io::ErrorKind::IsADirectory => "read",
            _ => "open",
        };
        End::fatal(format!("-importcfg: {step} {shown}: {}", go_error_text(&e)))
    })?;
    parse(&data, &shown, modinfo)
}

fn parse(data: &[u8], file: &str, modinfo: &mut dyn FnMut(Vec<u8>)) -> Result<ImportCfg, End> {
    let mut cfg = ImportCfg::default();
    for (number, line) in (1..).zip(data.split(|&b| b == b'\n')) {
        let line = text::trim(line);
        if line.is_empty() || line[0] == b'#' {
            continue;
        }
        let (verb, args) = match line.iter().position(|&b| b == b' ') {
            Some(blank) => (&line[..blank], text::trim(&line[blank + 1..])),
            None => (line, &line[line.len()..]),
        };
        let mut entry = |map: fn(&mut ImportCfg) -> &mut FxHashMap<String, String>| {
            let (path, file_name) = match args.iter().position(|&b| b == b'=') {
                Some(eq) => (&args[..eq], &args[eq + 1..]),
                None => (&[][..], &[][..]),
            };
            if path.is_empty() || file_name.is_empty() {
                let verb = text::lossy(verb);
                return Err(End::fatal(format!(
                    "{file}:{number}: invalid {verb}: syntax is \"{verb} path=filename\""
                )));
            }
            map(&mut cfg).insert(
                text::lossy(path).into_owned(),
                text::lossy(file_name).into_owned(),
            );
            Ok(())
        };
        match verb {
            b"packagefile" => entry(|cfg| &mut cfg.package_files)?,
            b"packageshlib" => entry(|cfg| &mut cfg.package_shlibs)?,
            b"modinfo" => match text::unquote(args) {
                Some(info) => modinfo(info),
                None => {
                    return Err(End::fatal(format!(
                        "{file}:{number}: invalid modinfo: invalid syntax"
                    )));
                }
            },
            _ => {
                return Err(End::fatal(format!(
                    "{file}:{number}: unknown directive {}",
                    text::quote(verb)
                )));
            }
        }
    }
    Ok(cfg)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_all_kinds() {
        let mut infos = Vec::new();
        let text = b"# comment\r\n\n\tpackagefile  fmt=/tmp/a=b.a \npackagefile a/b=1\n\
            packagefile a/b=2\npackageshlib fmt=libx.so\nmodinfo \"a\\xff\\n\"\nmodinfo `b`";
        let cfg = parse(text, "f", &mut |i| infos.push(i)).unwrap();
        assert_eq!(cfg.package_files["fmt"], "/tmp/a=b.a");
        assert_eq!(cfg.package_files["a/b"], "2");
        assert_eq!(cfg.package_shlibs["fmt"], "libx.so");
        assert_eq!(infos, [&b"a\xff\n"[..], b"b"]);
    }

    #[test]
    fn wrong_lines() {
        let syntax = |verb: &str, line| {
            format!("link: c:{line}: invalid {verb}: syntax is \"{verb} path=filename\"\n")
        };
        for (text, want) in [
            ("\npackagefile fmt", syntax("packagefile", 2)),
            ("packagefile fmt=", syntax("packagefile", 1)),
            ("packagefile =x", syntax("packagefile", 1)),
            ("packageshlib", syntax("packageshlib", 1)),
            (
                "modinfo x",
                "link: c:1: invalid modinfo: invalid syntax\n".to_string(),
            ),
            (
                "importmap a=b",
                "link: c:1: unknown directive \"importmap\"\n".to_string(),
            ),
            (
                "\n\n\"\t\"",
                "link: c:3: unknown directive \"\\\"\\t\\\"\"\n".to_string(),
            ),
        ] {
            let end = parse(text.as_bytes(), "c", &mut |_| ()).unwrap_err();
            assert_eq!((String::from_utf8(end.err).unwrap(), end.status), (want, 1));
        }
        let end = read(b"/nonesuch", &mut |_| ()).unwrap_err();
        assert_eq!(
            end.err,
            b"link: -importcfg: open /nonesuch: no such file or directory\n"
        );
    }
}
