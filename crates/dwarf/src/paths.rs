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

/// Whether cleaning would not change `p`, or not answered: `false` says nothing.
pub(crate) fn is_clean(p: &[u8]) -> bool {
    let mut after_slash = false;
    for (i, &c) in p.iter().enumerate() {
        if after_slash && (c == b'/' || c == b'.') {
            // Names that begin with a dot are rare enough for the long way.
            return false;
        }
        after_slash = c == b'/';
        if i == 0 && c == b'.' {
            return false;
        }
    }
    !p.is_empty() && !after_slash
}

/// What `$GOROOT` stands for.
pub(crate) struct Goroot {
    /// Cleaned; empty to leave the variable.
    path: Vec<u8>,
}

impl Goroot {
    pub(crate) fn new(goroot: &str) -> Goroot {
        Goroot {
            path: if goroot.is_empty() {
                Vec::new()
            } else {
                clean(goroot.as_bytes())
            },
        }
    }

    /// Appends a file name of an object as debuggers are told it (`ld/dwarf.go:expandFile`): without
    /// the marker the compiler puts before it, and with `$GOROOT` replaced.
    pub(crate) fn expand_file(&self, name: &[u8], out: &mut Vec<u8>) {
        let name = name.strip_prefix(b"gofile..").unwrap_or(name);
        match name.strip_prefix(b"$GOROOT") {
            Some(rest) if !self.path.is_empty() && matches!(rest.first(), Some(b'/' | b'\\')) => {
                if self.path != b"/" && rest[0] == b'/' && is_clean(rest) {
                    out.extend_from_slice(&self.path);
                    out.extend_from_slice(rest);
                } else {
                    out.extend_from_slice(&clean(&[&self.path, &b"/"[..], rest].concat()));
                }
            }
            _ => out.extend_from_slice(name),
        }
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
    fn what_is_called_clean_is() {
        for p in ["/a/b.go", "a/b", "a"] {
            assert!(is_clean(p.as_bytes()), "{p}");
            assert_eq!(clean(p.as_bytes()), p.as_bytes());
        }
        for p in ["", ".", "a/", "a//b", "a/../b", "./a", "a/./b", "/"] {
            assert!(!is_clean(p.as_bytes()), "{p}");
        }
    }

    #[test]
    fn goroot_is_put_in() {
        let e = |n: &str, g| {
            let mut out = Vec::new();
            Goroot::new(g).expand_file(n.as_bytes(), &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(e("gofile..$GOROOT/src/a.go", "/go/"), "/go/src/a.go");
        assert_eq!(e("gofile..$GOROOT/src/../a.go", "/"), "/a.go");
        assert_eq!(e("gofile..$GOROOT\\a.go", "/go"), "/go/\\a.go");
        assert_eq!(e("gofile..$GOROOT/src/a.go", ""), "$GOROOT/src/a.go");
        assert_eq!(e("gofile..$GOROOTS/a.go", "/go"), "$GOROOTS/a.go");
        assert_eq!(e("gofile../x/../a.go", "/go"), "/x/../a.go");
    }
}
