//! The part of an object's header that is about its package.

use memchr::{memchr, memmem};

/// What the header says of the package.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PkgSection<'a> {
    /// Whether it is `main`.
    pub main: bool,
    /// The cgo directives, if there are any, or what is wrong with them.
    pub cgo: Result<Option<&'a [u8]>, &'static str>,
}

impl<'a> PkgSection<'a> {
    /// Reads the lines before an object (`ld/go.go:ldpkg`): those up to an empty one may name the package,
    /// the cgo directives are somewhere behind.
    pub(crate) fn read(exports: &'a [u8]) -> PkgSection<'a> {
        let mut main = false;
        let mut rest = exports;
        while !rest.is_empty() {
            let end = memchr(b'\n', rest).unwrap_or(rest.len());
            let (line, behind) = rest.split_at(end);
            rest = behind.get(1..).unwrap_or_default();
            main |= line == b"main";
            if line.is_empty() {
                break;
            }
        }
        PkgSection {
            main,
            cgo: cgo_directives(rest),
        }
    }
}

fn cgo_directives(text: &[u8]) -> Result<Option<&[u8]>, &'static str> {
    let Some(start) = memmem::find(text, b"\n$$  // cgo") else {
        return Ok(None);
    };
    let line = &text[start + 1..];
    let body = memchr(b'\n', line).ok_or("found $$ // cgo but no newline")?;
    let body = &line[body..];
    let end = memmem::find(body, b"\n$$").or_else(|| memmem::find(body, b"\n!\n"));
    let end = end.ok_or("cannot find end of // cgo section")?;
    Ok(Some(&body[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_package_is_main_if_a_line_before_the_first_empty_one_says_so() {
        for (text, main) in [
            ("build id \"x\"\nmain\n\n", true),
            ("main", true),
            ("main\n", true),
            ("build id \"x\"\n\nmain\n", false),
            ("maintenance\n\n", false),
            ("", false),
        ] {
            let expected = PkgSection {
                main,
                cgo: Ok(None),
            };
            assert_eq!(PkgSection::read(text.as_bytes()), expected, "{text:?}");
        }
    }

    #[test]
    fn cgo_directives_end_at_either_mark() {
        for (text, cgo) in [
            ("\n\n$$  // cgo\n[a]\n$$\n\n!\n", Ok(Some("\n[a]"))),
            ("\n\n$$  // cgo\n[a]\n!\n", Ok(Some("\n[a]"))),
            (
                "\n\n$$  // cgo\n[a]",
                Err("cannot find end of // cgo section"),
            ),
            ("\n\n$$  // cgo", Err("found $$ // cgo but no newline")),
            ("\n\n$$ // cgo\n[a]\n$$\n", Ok(None)),
        ] {
            let expected = cgo.map(|found| found.map(str::as_bytes));
            assert_eq!(PkgSection::read(text.as_bytes()).cgo, expected, "{text:?}");
        }
    }
}
