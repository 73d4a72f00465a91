//! Package paths as they stand in symbol names.

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

#[cfg(test)]
mod tests {
    use super::path_to_prefix;

    #[test]
    fn escapes_only_after_the_last_slash() {
        assert_eq!(path_to_prefix("foo/bar/v1"), "foo/bar/v1");
        assert_eq!(path_to_prefix("foo.bar/baz"), "foo.bar/baz");
        assert_eq!(path_to_prefix("foo/bar.baz"), "foo/bar%2ebaz");
        assert_eq!(path_to_prefix("gopkg.in/yaml.v3"), "gopkg.in/yaml%2ev3");
        assert_eq!(path_to_prefix("a b\"%\u{ff}"), "a%20b%22%25%c3%bf");
    }
}
