//! Package paths: as they are compared, and as they stand in symbol names.

use std::borrow::Cow;

/// Escapes a package path the way symbol names have it (`cmd/internal/objabi.PathToPrefix`): dots
/// after the last slash, control characters, blanks, `%`, `"` and bytes from 0x7f become `%xx`.
pub fn path_to_prefix(path: &str) -> String {
    let slash = path.rfind('/').map_or(0, |i| i + 1);
    let special = |i: usize, c: u8| {
        c <= b' ' || (c == b'.' && i >= slash) || c == b'%' || c == b'"' || c >= 0x7f
    };
    if !path.bytes().enumerate().any(|(i, c)| special(i, c)) {
        return path.to_owned();
    }
    let mut out = String::with_capacity(path.len() + 8);
    for (i, c) in path.bytes().enumerate() {
        if special(i, c) {
            out.push_str(&format!("%{c:02x}"));
        } else {
            out.push(c as char);
        }
    }
    out
}

/// [`clean_path`] of import paths and files, nearly all of which are clean already.
pub(crate) fn clean(p: &str) -> Cow<'_, str> {
    let b = p.as_bytes();
    let plain = |i: usize, &c: &u8| match c {
        b'/' => i > 0 && b[i - 1] != b'/',
        b'.' => i > 0 && b[i - 1] != b'/' && b[i - 1] != b'.',
        _ => true,
    };
    if !b.is_empty() && b.last() != Some(&b'/') && b.iter().enumerate().all(|(i, c)| plain(i, c)) {
        return Cow::Borrowed(p);
    }
    let cleaned = String::from_utf8(clean_path(b));
    Cow::Owned(cleaned.expect("whole parts of what was a string"))
}

/// The shortest path that is the same by its text (`path.Clean`).
pub fn clean_path(path: &[u8]) -> Vec<u8> {
    let rooted = path.starts_with(b"/");
    let mut parts: Vec<&[u8]> = Vec::with_capacity(16);
    for part in path.split(|&c| c == b'/') {
        match part {
            b"" | b"." => {}
            b".." if parts.last().is_some_and(|&p| p != b"..") => {
                parts.pop();
            }
            b".." if rooted => {}
            _ => parts.push(part),
        }
    }
    let mut out = Vec::with_capacity(path.len());
    if rooted {
        out.push(b'/');
    }
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            out.push(b'/');
        }
        out.extend_from_slice(part);
    }
    if out.is_empty() {
        out.push(b'.');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_only_after_the_last_slash() {
        assert_eq!(path_to_prefix("foo/bar/v1"), "foo/bar/v1");
        assert_eq!(path_to_prefix("foo.bar/baz"), "foo.bar/baz");
        assert_eq!(path_to_prefix("foo/bar.baz"), "foo/bar%2ebaz");
        assert_eq!(path_to_prefix("gopkg.in/yaml.v3"), "gopkg.in/yaml%2ev3");
        assert_eq!(path_to_prefix("a b\"%\u{ff}"), "a%20b%22%25%c3%bf");
    }

    #[test]
    fn paths_are_cleaned_as_go_does() {
        for (p, want) in [
            ("a/b", "a/b"),
            ("gopkg.in/yaml.v3", "gopkg.in/yaml.v3"),
            ("/abs/x.a", "/abs/x.a"),
            ("", "."),
            ("./a", "a"),
            ("a/./b/../c/", "a/c"),
            ("a//b", "a/b"),
            ("../a", "../a"),
            (".hidden/x", ".hidden/x"),
            ("a/..b", "a/..b"),
            ("/..", "/"),
        ] {
            assert_eq!(clean(p), want, "{p:?}");
        }
    }
}
