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

/// `path.Clean` for the paths that occur: import paths and files.
pub(crate) fn clean(p: &str) -> Cow<'_, str> {
    let b = p.as_bytes();
    let plain = |i: usize, &c: &u8| match c {
        b'/' => i > 0 && b[i - 1] != b'/',
        b'.' => i > 0 && b[i - 1] != b'/' && b[i - 1] != b'.',
        _ => true,
    };
    // Nearly all paths are clean already.
    if !b.is_empty() && b.last() != Some(&b'/') && b.iter().enumerate().all(|(i, c)| plain(i, c)) {
        return Cow::Borrowed(p);
    }
    Cow::Owned(clean_slowly(p))
}

fn clean_slowly(p: &str) -> String {
    if p.is_empty() {
        return ".".to_owned();
    }
    let rooted = p.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in p.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|l| *l != "..") => {
                parts.pop();
            }
            ".." if rooted => {}
            _ => parts.push(part),
        }
    }
    let s = parts.join("/");
    match (rooted, s.is_empty()) {
        (true, _) => format!("/{s}"),
        (false, true) => ".".to_owned(),
        (false, false) => s,
    }
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
