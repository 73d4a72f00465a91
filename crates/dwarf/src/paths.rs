//! Slash-separated paths as Go's package `path` takes them apart, bytewise.

/// The last element of `p` (`path.Base`).
pub(crate) fn base(p: &[u8]) -> &[u8] {
    if p.is_empty() {
        return b".";
    }
    let end = p.iter().rposition(|&c| c != b'/').map_or(0, |i| i + 1);
    if end == 0 {
        return b"/";
    }
    let p = &p[..end];
    &p[p.iter().rposition(|&c| c == b'/').map_or(0, |i| i + 1)..]
}

/// All but the last element of `p`, cleaned (`path.Dir`).
pub(crate) fn dir(p: &[u8]) -> Vec<u8> {
    clean(&p[..p.iter().rposition(|&c| c == b'/').map_or(0, |i| i + 1)])
}

/// The shortest equivalent of `p` (`path.Clean`).
pub(crate) fn clean(p: &[u8]) -> Vec<u8> {
    let rooted = p.first() == Some(&b'/');
    let mut out: Vec<u8> = Vec::with_capacity(p.len());
    if rooted {
        out.push(b'/');
    }
    // Below this, `..` has nothing to take away.
    let mut floor = out.len();
    for part in p.split(|&c| c == b'/') {
        match part {
            b"" | b"." => {}
            b".." if out.len() > floor => {
                let at = out[floor..].iter().rposition(|&c| c == b'/');
                out.truncate(floor + at.unwrap_or(0));
            }
            b".." if rooted => {}
            b".." => {
                if !out.is_empty() {
                    out.push(b'/');
                }
                out.extend_from_slice(b"..");
                floor = out.len();
            }
            part => {
                if out.len() > usize::from(rooted) {
                    out.push(b'/');
                }
                out.extend_from_slice(part);
            }
        }
    }
    if out.is_empty() {
        out.push(b'.');
    }
    out
}

/// A file name of an object as debuggers are told it (`ld/dwarf.go:expandFile`): without the marker
/// the compiler puts before it, and with `$GOROOT` replaced unless `goroot` is empty.
pub(crate) fn expand_file(name: &[u8], goroot: &str) -> Vec<u8> {
    const GOROOT: &[u8] = b"$GOROOT";
    let name = name.strip_prefix(b"gofile..").unwrap_or(name);
    match name.strip_prefix(GOROOT) {
        Some(rest) if matches!(rest.first(), Some(b'/' | b'\\')) && !goroot.is_empty() => {
            clean(&[goroot.as_bytes(), b"/", rest].concat())
        }
        _ => name.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_come_apart_as_in_go() {
        for (p, b, d) in [
            ("", ".", "."),
            ("a", "a", "."),
            ("/a", "a", "/"),
            ("/", "/", "/"),
            ("a/b.go", "b.go", "a"),
            ("a//b/", "b", "a/b"),
            ("/x/../y/./z.go", "z.go", "/y"),
            ("../../a/b", "b", "../../a"),
            ("a/../../c/d", "d", "../c"),
            ("/../a/b", "b", "/a"),
        ] {
            assert_eq!(base(p.as_bytes()), b.as_bytes(), "base of {p}");
            assert_eq!(dir(p.as_bytes()), d.as_bytes(), "dir of {p}");
        }
    }

    #[test]
    fn goroot_is_put_in() {
        let e = |n: &str, g| String::from_utf8(expand_file(n.as_bytes(), g)).unwrap();
        assert_eq!(e("gofile..$GOROOT/src/a.go", "/go/"), "/go/src/a.go");
        assert_eq!(e("gofile..$GOROOT/src/a.go", ""), "$GOROOT/src/a.go");
        assert_eq!(e("gofile..$GOROOTS/a.go", "/go"), "$GOROOTS/a.go");
        assert_eq!(e("gofile../x/../a.go", "/go"), "/x/../a.go");
    }
}
