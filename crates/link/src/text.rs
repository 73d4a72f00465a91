//! Text as Go's standard library reads and writes it: quoting, numbers, blanks.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use symbols::clean_path;

/// A file in a folder, under the shortest name (`filepath.Join`).
pub fn join_path(dir: &Path, name: &str) -> PathBuf {
    path(&clean_path(dir.join(name).as_os_str().as_encoded_bytes()))
}

/// `%q` of a string that may not be UTF-8 (`strconv.Quote`).
pub fn quote(text: &[u8]) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for chunk in text.utf8_chunks() {
        for c in chunk.valid().chars() {
            quote_char(&mut out, c);
        }
        for b in chunk.invalid() {
            let _ = write!(out, "\\x{b:02x}");
        }
    }
    out.push('"');
    out
}

fn quote_char(out: &mut String, c: char) {
    match c {
        '"' | '\\' => out.extend(['\\', c]),
        '\x07' => out.push_str("\\a"),
        '\x08' => out.push_str("\\b"),
        '\x0c' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\x0b' => out.push_str("\\v"),
        ' ' => out.push(' '),
        c if c < ' ' || c == '\x7f' => {
            let _ = write!(out, "\\x{:02x}", c as u32);
        }
        c if c.is_control() || c.is_whitespace() || c == '\u{feff}' || c == '\u{ad}' => {
            let _ = match c as u32 {
                n @ 0..0x10000 => write!(out, "\\u{n:04x}"),
                n => write!(out, "\\U{n:08x}"),
            };
        }
        c => out.push(c),
    }
}

/// The value of a Go string literal, whichever its quotes (`strconv.Unquote`); `None` if it is
/// none.
pub fn unquote(text: &[u8]) -> Option<Vec<u8>> {
    let (&open, rest) = text.split_first()?;
    let (&close, body) = rest.split_last()?;
    if open != close {
        return None;
    }
    match open {
        b'`' if body.contains(&b'`') => None,
        b'`' => Some(body.iter().copied().filter(|&b| b != b'\r').collect()),
        b'"' => {
            let mut out = Vec::with_capacity(body.len());
            let mut at = body;
            while !at.is_empty() {
                // Runs of ASCII that stands for itself, which nearly all is.
                let plain = |b: &u8| b.is_ascii() && !matches!(b, b'"' | b'\\' | b'\n');
                let run = at.iter().take_while(|b| plain(b)).count();
                out.extend_from_slice(&at[..run]);
                at = &at[run..];
                if !at.is_empty() {
                    at = unquote_char(at, b'"', &mut out)?;
                }
            }
            Some(out)
        }
        b'\'' => {
            let mut out = Vec::new();
            unquote_char(body, b'\'', &mut out)?
                .is_empty()
                .then_some(out)
        }
        _ => None,
    }
}

/// Appends the first character of `at` to `out` and returns what follows.
fn unquote_char<'a>(at: &'a [u8], quote: u8, out: &mut Vec<u8>) -> Option<&'a [u8]> {
    let (&first, rest) = at.split_first()?;
    if first == quote || first == b'\n' {
        return None;
    }
    if first != b'\\' {
        // A character literal holds one character, so a whole one is taken. A byte that is
        // part of none becomes U+FFFD.
        let first = &at[..at.len().min(4)];
        let valid = first.utf8_chunks().next().map_or("", |c| c.valid());
        let Some(c) = valid.chars().next() else {
            out.extend_from_slice("\u{fffd}".as_bytes());
            return Some(rest);
        };
        let (c, rest) = at.split_at(c.len_utf8());
        out.extend_from_slice(c);
        return Some(rest);
    }
    let (&escape, rest) = rest.split_first()?;
    let digits = |n: usize, radix: u32| -> Option<(u32, &'a [u8])> {
        let (text, rest) = rest.split_at_checked(n)?;
        let text = std::str::from_utf8(text).ok()?;
        if text.starts_with('+') {
            return None;
        }
        Some((u32::from_str_radix(text, radix).ok()?, rest))
    };
    let plain = match escape {
        b'a' => 7,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 11,
        b'\\' => b'\\',
        b'\'' | b'"' if escape == quote => escape,
        b'x' => {
            let (v, rest) = digits(2, 16)?;
            out.push(v as u8);
            return Some(rest);
        }
        b'0'..=b'7' => {
            let (text, rest) = at[1..].split_at_checked(3)?;
            let text = std::str::from_utf8(text).ok()?;
            out.push(u8::try_from(u32::from_str_radix(text, 8).ok()?).ok()?);
            return Some(rest);
        }
        b'u' | b'U' => {
            let (v, rest) = digits(if escape == b'u' { 4 } else { 8 }, 16)?;
            let c = char::from_u32(v)?;
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            return Some(rest);
        }
        _ => return None,
    };
    out.push(plain);
    Some(rest)
}

/// Why a number is none, as the flag package says it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NumberError {
    /// Not a number.
    #[error("parse error")]
    Syntax,
    /// Too large a number.
    #[error("value out of range")]
    Range,
}

/// A number with sign, base prefix and underscores as in Go (`strconv.ParseInt(s, 0, 64)`).
pub fn parse_int(text: &[u8]) -> Result<i64, NumberError> {
    let (negative, unsigned) = match text {
        [b'+', rest @ ..] => (false, rest),
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let (base, digits) = match unsigned {
        [] => return Err(NumberError::Syntax),
        [b'0', b'b' | b'B', _, ..] => (2, &unsigned[2..]),
        [b'0', b'o' | b'O', _, ..] => (8, &unsigned[2..]),
        [b'0', b'x' | b'X', _, ..] => (16, &unsigned[2..]),
        [b'0', rest @ ..] => (8, rest),
        _ => (10, unsigned),
    };
    let mut value: u64 = 0;
    let prefixed = unsigned.len() > digits.len();
    let mut after_digit = prefixed;
    let mut bad_underscore = false;
    for &b in digits {
        if b == b'_' {
            bad_underscore |= !after_digit;
            after_digit = false;
            continue;
        }
        after_digit = true;
        let digit = char::from(b).to_digit(base).ok_or(NumberError::Syntax)?;
        value = value
            .checked_mul(u64::from(base))
            .and_then(|v| v.checked_add(u64::from(digit)))
            .ok_or(NumberError::Range)?;
    }
    if bad_underscore || digits.last() == Some(&b'_') {
        return Err(NumberError::Syntax);
    }
    match (negative, i64::try_from(value)) {
        (false, Ok(v)) => Ok(v),
        (true, Ok(v)) => Ok(-v),
        (true, Err(_)) if value == 1 << 63 => Ok(i64::MIN),
        (_, Err(_)) => Err(NumberError::Range),
    }
}

/// A truth value (`strconv.ParseBool`); `None` if it is none.
pub fn parse_bool(text: &[u8]) -> Option<bool> {
    match text {
        b"1" | b"t" | b"T" | b"true" | b"TRUE" | b"True" => Some(true),
        b"0" | b"f" | b"F" | b"false" | b"FALSE" | b"False" => Some(false),
        _ => None,
    }
}

/// Without blanks at both ends (`strings.TrimSpace`).
pub fn trim(text: &[u8]) -> &[u8] {
    match std::str::from_utf8(text) {
        Ok(s) => s.trim().as_bytes(),
        Err(_) => text.trim_ascii(),
    }
}

/// For messages.
pub fn lossy(text: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(text)
}

/// A path given on the command line.
pub fn path(bytes: &[u8]) -> PathBuf {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        PathBuf::from(OsStr::from_bytes(bytes))
    }
    #[cfg(not(unix))]
    {
        PathBuf::from(OsStr::new(lossy(bytes).as_ref()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_like_go() {
        for (text, quoted) in [
            (&b"go \"x\"\n"[..], r#""go \"x\"\n""#),
            (b"\x00\x7f\xff\\", r#""\x00\x7f\xff\\""#),
            ("é\u{a0}\u{200b}'".as_bytes(), "\"é\\u00a0\u{200b}'\""),
        ] {
            assert_eq!(quote(text), quoted);
        }
    }

    #[test]
    fn unquotes_like_go() {
        for (text, value) in [
            (&br#""0w\xaf\f\n""#[..], Some(&b"0w\xaf\x0c\n"[..])),
            (br#""\u00e9\101\"""#, Some("éA\"".as_bytes())),
            (b"`a\\n\r`", Some(b"a\\n")),
            (b"'x'", Some(b"x")),
            (b"\"a\xff\"", Some("a\u{fffd}".as_bytes())),
            (b"'xy'", None),
            (br#""a"b""#, None),
            (br#""\'""#, None),
            (br#""\xg0""#, None),
            (br#""\400""#, None),
            (br#""\ud800""#, None),
            (b"\"a\nb\"", None),
            (b"\"", None),
            (b"plain", None),
            (b"", None),
        ] {
            assert_eq!(unquote(text).as_deref(), value, "{}", lossy(text));
        }
    }

    #[test]
    fn numbers_like_go() {
        use NumberError::{Range, Syntax};
        for (text, value) in [
            ("0", Ok(0)),
            ("-1", Ok(-1)),
            ("+0x1F", Ok(31)),
            ("010", Ok(8)),
            ("0b11", Ok(3)),
            ("0o17", Ok(15)),
            ("1_000", Ok(1000)),
            ("0x_1", Ok(1)),
            ("0_7", Ok(7)),
            ("1__0", Err(Syntax)),
            ("_1", Err(Syntax)),
            ("1_", Err(Syntax)),
            ("08", Err(Syntax)),
            ("0x", Err(Syntax)),
            ("", Err(Syntax)),
            ("-", Err(Syntax)),
            ("12a", Err(Syntax)),
            ("9223372036854775807", Ok(i64::MAX)),
            ("-9223372036854775808", Ok(i64::MIN)),
            ("9223372036854775808", Err(Range)),
            ("99999999999999999999", Err(Range)),
        ] {
            assert_eq!(parse_int(text.as_bytes()), value, "{text}");
        }
    }
}
