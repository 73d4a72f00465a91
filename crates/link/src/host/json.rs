//! Lists of lists of strings in JSON, as cgo directives are written down, with the complaints of the
//! `encoding/json` that the release's cmd/link is built with.

use crate::text;
use gover::JsonErrors;

/// What a list may be followed by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expect {
    /// A value.
    Value,
    /// A value or the end of the list.
    ValueOrEnd,
    /// A comma or the end of the list or object.
    MoreOrEnd,
    /// A key or the end of the object.
    KeyOrEnd,
    /// A key.
    Key,
    /// The colon behind a key.
    Colon,
}

struct Reader<'a> {
    data: &'a [u8],
    at: usize,
    errors: JsonErrors,
}

const UNEXPECTED_EOF: &str = "unexpected EOF";

impl Reader<'_> {
    /// The next byte, or the error that there is none.
    fn peek(&self) -> Result<u8, String> {
        self.data
            .get(self.at)
            .copied()
            .ok_or_else(|| UNEXPECTED_EOF.to_owned())
    }

    /// That the next character is not allowed here.
    fn invalid(&self, place: &str) -> String {
        let rest = &self.data[self.at..];
        let decoded = String::from_utf8_lossy(&rest[..rest.len().min(4)]);
        let c = match self.errors {
            // A byte counts as a character.
            JsonErrors::V1 => char::from(rest[0]),
            JsonErrors::V2 => decoded.chars().next().unwrap_or_default(),
        };
        let quoted = match c {
            '\'' => r"\'".to_owned(),
            '"' => "\"".to_owned(),
            c => {
                let q = text::quote(c.to_string().as_bytes());
                q[1..q.len() - 1].to_owned()
            }
        };
        format!("invalid character '{quoted}' {place}")
    }

    fn space(&mut self) {
        while matches!(self.data.get(self.at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn literal(&mut self, word: &str) -> Result<(), String> {
        for c in word.chars() {
            if char::from(self.peek()?) != c {
                return Err(self.invalid(&format!("in literal {word} (expecting '{c}')")));
            }
            self.at += 1;
        }
        Ok(())
    }

    /// One digit or more.
    fn digits(&mut self, place: &str) -> Result<(), String> {
        if !self.peek()?.is_ascii_digit() {
            return Err(self.invalid(match self.errors {
                JsonErrors::V1 => place,
                JsonErrors::V2 => "in numeric literal",
            }));
        }
        while self.data.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), String> {
        if self.peek()? == b'-' {
            self.at += 1;
        }
        match self.peek()? {
            b'0' => self.at += 1,
            _ => self.digits("in numeric literal")?,
        }
        if self.data.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if matches!(self.data.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek()?, b'+' | b'-') {
                self.at += 1;
            }
            self.digits("in exponent of numeric literal")?;
        }
        Ok(())
    }

    /// Four hexadecimal digits; `start` is where the escape sequence begins.
    fn unit(&mut self, start: usize) -> Result<u16, String> {
        let mut unit = 0;
        for _ in 0..4 {
            let c = self.peek()?;
            let Some(digit) = char::from(c).to_digit(16) else {
                return Err(match self.errors {
                    JsonErrors::V1 => self.invalid(r"in \u hexadecimal character escape"),
                    JsonErrors::V2 => self.bad_escape(start, 6),
                });
            };
            unit = unit << 4 | digit as u16;
            self.at += 1;
        }
        Ok(unit)
    }

    fn bad_escape(&self, start: usize, len: usize) -> String {
        let end = (start + len).min(self.data.len());
        let sequence = String::from_utf8_lossy(&self.data[start..end]);
        format!("invalid escape sequence `{sequence}` in string")
    }

    /// A string, from its quotation mark on.
    fn string(&mut self) -> Result<String, String> {
        let mut out = Vec::new();
        self.at += 1;
        loop {
            let c = self.peek()?;
            match c {
                b'"' => break,
                b'\\' => {
                    let start = self.at;
                    self.at += 1;
                    let c = self.peek()?;
                    let plain = match c {
                        b'"' | b'\\' | b'/' => c,
                        b'b' => 8,
                        b'f' => 12,
                        b'n' => b'\n',
                        b'r' => b'\r',
                        b't' => b'\t',
                        b'u' => {
                            self.at += 1;
                            let mut units = vec![self.unit(start)?];
                            let rest = &self.data[self.at..];
                            if (0xd800..0xdc00).contains(&units[0]) && rest.starts_with(b"\\u") {
                                let second = self.at;
                                self.at += 2;
                                units.push(self.unit(second)?);
                            }
                            out.extend(String::from_utf16_lossy(&units).into_bytes());
                            continue;
                        }
                        _ => {
                            return Err(match self.errors {
                                JsonErrors::V1 => self.invalid("in string escape code"),
                                JsonErrors::V2 => self.bad_escape(start, 2),
                            });
                        }
                    };
                    out.push(plain);
                }
                0..0x20 => {
                    return Err(self.invalid(match self.errors {
                        JsonErrors::V1 => "in string literal",
                        JsonErrors::V2 => "in string",
                    }));
                }
                _ => out.push(c),
            }
            self.at += 1;
        }
        self.at += 1;
        Ok(String::from_utf8_lossy(&out).into_owned())
    }
}

/// Reads one value, a list of lists of strings; what is behind it does not matter.
///
/// # Errors
/// The text of the error that Go's decoder gives.
pub fn read_lists(data: &[u8], errors: JsonErrors) -> Result<Vec<Vec<String>>, String> {
    let mut r = Reader {
        data,
        at: 0,
        errors,
    };
    r.space();
    if r.at == data.len() {
        return Err("EOF".to_owned());
    }
    let mut lists = Lists::default();
    let mut expect = Expect::Value;
    loop {
        r.space();
        expect = lists.step(&mut r, expect)?;
        if lists.open.is_empty() {
            return lists.mismatch.map_or(Ok(lists.read), Err);
        }
    }
}

/// Lists while they are read.
#[derive(Default)]
struct Lists {
    read: Vec<Vec<String>>,
    /// Whether each open bracket is a list's.
    open: Vec<bool>,
    /// The complaint about the first value of a wrong type, which waits for errors of syntax.
    mismatch: Option<String>,
}

/// Where a value stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    /// It is the whole.
    Whole,
    /// In the outer list.
    Outer,
    /// In a list in the outer one.
    Inner,
    /// Deeper, or in an object: read for its syntax only.
    Elsewhere,
}

impl Lists {
    /// Reads on to the end of a bracket, a key, a plain value or a sign, and answers what has to come
    /// behind it.
    fn step(&mut self, r: &mut Reader<'_>, expect: Expect) -> Result<Expect, String> {
        let c = r.peek()?;
        let next = match expect {
            Expect::MoreOrEnd => match (c, self.open.last() == Some(&true)) {
                (b',', true) => Expect::Value,
                (b',', false) => Expect::Key,
                (b']', true) | (b'}', false) => self.close(),
                (_, true) => return Err(r.invalid("after array element")),
                (_, false) => return Err(r.invalid("after object key:value pair")),
            },
            Expect::Colon if c == b':' => Expect::Value,
            Expect::Colon => return Err(r.invalid("after object key")),
            Expect::KeyOrEnd if c == b'}' => self.close(),
            Expect::KeyOrEnd | Expect::Key if c == b'"' => {
                r.string()?;
                return Ok(Expect::Colon);
            }
            Expect::KeyOrEnd | Expect::Key => {
                return Err(r.invalid("looking for beginning of object key string"));
            }
            Expect::ValueOrEnd if c == b']' => self.close(),
            Expect::Value | Expect::ValueOrEnd => return self.value(r, c),
        };
        r.at += 1;
        Ok(next)
    }

    /// Ends the innermost bracket.
    fn close(&mut self) -> Expect {
        self.open.pop();
        Expect::MoreOrEnd
    }

    /// Reads a plain value or the bracket that a value begins with. `c` is its first byte.
    fn value(&mut self, r: &mut Reader<'_>, c: u8) -> Result<Expect, String> {
        let level = match self.open.as_slice() {
            [] => Level::Whole,
            [true] => Level::Outer,
            [true, true] => Level::Inner,
            _ => Level::Elsewhere,
        };
        // A value of a wrong type leaves an empty one.
        match (level, self.read.last_mut()) {
            (Level::Outer, _) => self.read.push(Vec::new()),
            (Level::Inner, Some(list)) => list.push(String::new()),
            _ => {}
        }
        let mut next = Expect::MoreOrEnd;
        let kind = match c {
            b'[' | b'{' => {
                let list = c == b'[';
                self.open.push(list);
                r.at += 1;
                next = match list {
                    true => Expect::ValueOrEnd,
                    false => Expect::KeyOrEnd,
                };
                if list { "array" } else { "object" }
            }
            b'"' => {
                let text = r.string()?;
                let last = self.read.last_mut().and_then(|list| list.last_mut());
                if let (Level::Inner, Some(last)) = (level, last) {
                    *last = text;
                }
                "string"
            }
            b'-' | b'0'..=b'9' => {
                r.number()?;
                "number"
            }
            b't' => {
                r.literal("true")?;
                "bool"
            }
            b'f' => {
                r.literal("false")?;
                "bool"
            }
            b'n' => {
                r.literal("null")?;
                "null"
            }
            _ => return Err(r.invalid("looking for beginning of value")),
        };
        self.check_type(level, kind, r.errors);
        Ok(next)
    }

    /// Notes a value of a `kind` that has no place at its level, unless there was one before.
    fn check_type(&mut self, level: Level, kind: &str, errors: JsonErrors) {
        let (wanted, typ) = match level {
            Level::Whole => ("array", "[][]string"),
            Level::Outer => ("array", "[]string"),
            Level::Inner => ("string", "string"),
            Level::Elsewhere => return,
        };
        if kind == wanted || kind == "null" || self.mismatch.is_some() {
            return;
        }
        // The value is the last one that was read.
        let outer = self.read.len().saturating_sub(1);
        let inner = self.read.last().map_or(0, Vec::len).saturating_sub(1);
        let what = match (errors, level) {
            (JsonErrors::V2, Level::Outer) => format!(".{outer}"),
            (JsonErrors::V2, Level::Inner) => format!(".{outer}.{inner}"),
            _ => "Go value".to_owned(),
        };
        self.mismatch = Some(format!(
            "json: cannot unmarshal {kind} into {what} of type {typ}"
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complaints_are_those_of_each_release() {
        let error = |s: &[u8], v| read_lists(s, v).err().unwrap_or_default();
        // Input, complaint of version 1, and of version 2 if it is another.
        let cases: &[(&[u8], &str, &str)] = &[
            (b"", "EOF", ""),
            (b"  \n", "EOF", ""),
            (b"[", "unexpected EOF", ""),
            (b"[[", "unexpected EOF", ""),
            (b"[[\"a", "unexpected EOF", ""),
            (b"[[\"a\"", "unexpected EOF", ""),
            (b"[[\"a\",", "unexpected EOF", ""),
            (b"[[\"a\"]", "unexpected EOF", ""),
            (b"[[\"a\"]]", "", ""),
            (b"[[\"a\"]] x", "", ""),
            (
                b"[[\"a\"]x]",
                "invalid character 'x' after array element",
                "",
            ),
            (
                b"[[\"a\" \"b\"]]",
                "invalid character '\"' after array element",
                "",
            ),
            (
                b"[[\"a\"],]",
                "invalid character ']' looking for beginning of value",
                "",
            ),
            (
                b"[[\"a\",]]",
                "invalid character ']' looking for beginning of value",
                "",
            ),
            (
                b"[,]",
                "invalid character ',' looking for beginning of value",
                "",
            ),
            (
                b"x",
                "invalid character 'x' looking for beginning of value",
                "",
            ),
            (
                b"[x]",
                "invalid character 'x' looking for beginning of value",
                "",
            ),
            (
                b"[[x]]",
                "invalid character 'x' looking for beginning of value",
                "",
            ),
            (
                b"[[\"a\nb\"]]",
                "invalid character '\\n' in string literal",
                "invalid character '\\n' in string",
            ),
            (
                b"[[\"a\\qb\"]]",
                "invalid character 'q' in string escape code",
                "invalid escape sequence `\\q` in string",
            ),
            (
                b"[[\"a\\u12g4\"]]",
                "invalid character 'g' in \\u hexadecimal character escape",
                "invalid escape sequence `\\u12g4` in string",
            ),
            (
                b"[[\"\x01\"]]",
                "invalid character '\\x01' in string literal",
                "invalid character '\\x01' in string",
            ),
            (b"[[\"\xff\"]]", "", ""),
            (
                b"{}",
                "json: cannot unmarshal object into Go value of type [][]string",
                "",
            ),
            (
                b"[{}]",
                "json: cannot unmarshal object into Go value of type []string",
                "json: cannot unmarshal object into .0 of type []string",
            ),
            (
                b"[[{}]]",
                "json: cannot unmarshal object into Go value of type string",
                "json: cannot unmarshal object into .0.0 of type string",
            ),
            (
                b"[\"a\"]",
                "json: cannot unmarshal string into Go value of type []string",
                "json: cannot unmarshal string into .0 of type []string",
            ),
            (
                b"\"a\"",
                "json: cannot unmarshal string into Go value of type [][]string",
                "",
            ),
            (
                b"12",
                "json: cannot unmarshal number into Go value of type [][]string",
                "",
            ),
            (
                b"[12]",
                "json: cannot unmarshal number into Go value of type []string",
                "json: cannot unmarshal number into .0 of type []string",
            ),
            (
                b"[[12]]",
                "json: cannot unmarshal number into Go value of type string",
                "json: cannot unmarshal number into .0.0 of type string",
            ),
            (
                b"[[12, \"a\", true]]",
                "json: cannot unmarshal number into Go value of type string",
                "json: cannot unmarshal number into .0.0 of type string",
            ),
            (
                b"[[true]]",
                "json: cannot unmarshal bool into Go value of type string",
                "json: cannot unmarshal bool into .0.0 of type string",
            ),
            (b"[[null]]", "", ""),
            (b"[null]", "", ""),
            (b"null", "", ""),
            (
                b"true",
                "json: cannot unmarshal bool into Go value of type [][]string",
                "",
            ),
            (b"nul", "unexpected EOF", ""),
            (
                b"nulx",
                "invalid character 'x' in literal null (expecting 'l')",
                "",
            ),
            (
                b"[[trux]]",
                "invalid character 'x' in literal true (expecting 'e')",
                "",
            ),
            (
                b"[[falsx]]",
                "invalid character 'x' in literal false (expecting 'e')",
                "",
            ),
            (b"[[fals", "unexpected EOF", ""),
            (b"[[-]]", "invalid character ']' in numeric literal", ""),
            (b"[[-x]]", "invalid character 'x' in numeric literal", ""),
            (b"[[01]]", "invalid character '1' after array element", ""),
            (
                b"[[1.]]",
                "invalid character ']' after decimal point in numeric literal",
                "invalid character ']' in numeric literal",
            ),
            (
                b"[[1.x]]",
                "invalid character 'x' after decimal point in numeric literal",
                "invalid character 'x' in numeric literal",
            ),
            (
                b"[[1e]]",
                "invalid character ']' in exponent of numeric literal",
                "invalid character ']' in numeric literal",
            ),
            (
                b"[[1e+]]",
                "invalid character ']' in exponent of numeric literal",
                "invalid character ']' in numeric literal",
            ),
            (
                b"[[1ex]]",
                "invalid character 'x' in exponent of numeric literal",
                "invalid character 'x' in numeric literal",
            ),
            (b"{\"a\"}", "invalid character '}' after object key", ""),
            (
                b"{\"a\":}",
                "invalid character '}' looking for beginning of value",
                "",
            ),
            (
                b"{\"a\":1 x}",
                "invalid character 'x' after object key:value pair",
                "",
            ),
            (
                b"{a:1}",
                "invalid character 'a' looking for beginning of object key string",
                "",
            ),
            (
                b"{\"a\":1,}",
                "invalid character '}' looking for beginning of object key string",
                "",
            ),
            (b"{\"a\":1", "unexpected EOF", ""),
            (b"{", "unexpected EOF", ""),
            (
                b"]",
                "invalid character ']' looking for beginning of value",
                "",
            ),
            (
                b"}",
                "invalid character '}' looking for beginning of value",
                "",
            ),
            (b"[[]]]", "", ""),
            (
                b"[[\"a\"]}",
                "invalid character '}' after array element",
                "",
            ),
            (
                b"[[\"a\"}]",
                "invalid character '}' after array element",
                "",
            ),
            (
                b"[[1.5]]",
                "json: cannot unmarshal number into Go value of type string",
                "json: cannot unmarshal number into .0.0 of type string",
            ),
            (
                b"[\"a\", [1], {\"b\":1}]",
                "json: cannot unmarshal string into Go value of type []string",
                "json: cannot unmarshal string into .0 of type []string",
            ),
            (
                b"[[\"\xc3\xa9\"x]]",
                "invalid character 'x' after array element",
                "",
            ),
            (
                b"[[\"a\"]\xc3\xa9]",
                "invalid character 'Ã' after array element",
                "invalid character 'é' after array element",
            ),
            (b"[[\"\\ud800\"]]", "", ""),
            (
                b"[[\"a\" '",
                "invalid character '\\'' after array element",
                "",
            ),
            (
                b"[[\"a\"\x00]]",
                "invalid character '\\x00' after array element",
                "",
            ),
            (
                b"[[\"a\"]\"",
                "invalid character '\"' after array element",
                "",
            ),
            (
                b"[[\"a\"]\\",
                "invalid character '\\\\' after array element",
                "",
            ),
            (
                b"[[\"a\"]\x7f]",
                "invalid character '\\x7f' after array element",
                "",
            ),
            (
                b"[[1e99]]",
                "json: cannot unmarshal number into Go value of type string",
                "json: cannot unmarshal number into .0.0 of type string",
            ),
            (
                b"[[[]]]",
                "json: cannot unmarshal array into Go value of type string",
                "json: cannot unmarshal array into .0.0 of type string",
            ),
            (
                b"[[[\"a\"]]]",
                "json: cannot unmarshal array into Go value of type string",
                "json: cannot unmarshal array into .0.0 of type string",
            ),
            (
                b"[[\"a\"],[\"b\"],7,[8]]",
                "json: cannot unmarshal number into Go value of type []string",
                "json: cannot unmarshal number into .2 of type []string",
            ),
        ];
        for (input, one, two) in cases {
            let two = if two.is_empty() { one } else { two };
            let shown = String::from_utf8_lossy(input);
            assert_eq!(&error(input, JsonErrors::V1), one, "{shown}");
            assert_eq!(&error(input, JsonErrors::V2), two, "{shown}");
        }
    }

    #[test]
    fn strings_are_decoded() {
        let s = br#" [["a\u00e9\ud83d\ude00\n\/", null], null, []] rest"#;
        let lists = read_lists(s, JsonErrors::V2).unwrap();
        let none: Vec<String> = Vec::new();
        let first = vec!["a\u{e9}\u{1f600}\n/".to_owned(), String::new()];
        assert_eq!(lists, [first, none.clone(), none]);
    }
}
