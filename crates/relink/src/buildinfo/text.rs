//! The module text: lines of a word, a tab, and what the word is about.

use super::{BuildInfo, Module};

/// Reads the lines. Words that are not known are left out: a later release may have more.
pub fn parse(text: &str) -> Result<BuildInfo, String> {
    /// Whose replacement a line would be.
    enum Last {
        None,
        Main,
        Dep,
    }
    let mut info = BuildInfo::default();
    let mut last = Last::None;
    for (i, line) in text.lines().enumerate() {
        let at = |what: &str| format!("line {} {what}", i + 1);
        let Some((word, rest)) = line.split_once('\t') else {
            continue;
        };
        match word {
            "path" => info.path = rest.to_owned(),
            "mod" => {
                info.main = Some(module(rest).ok_or_else(|| at("is no module"))?);
                last = Last::Main;
            }
            "dep" => {
                info.deps
                    .push(module(rest).ok_or_else(|| at("is no module"))?);
                last = Last::Dep;
            }
            "=>" => {
                let new = module(rest).ok_or_else(|| at("is no module"))?;
                let old = match last {
                    Last::None => None,
                    Last::Main => info.main.as_mut(),
                    Last::Dep => info.deps.last_mut(),
                };
                let old = old.ok_or_else(|| at("replaces no module"))?;
                old.replace = Some(Box::new(new));
                last = Last::None;
            }
            "build" => info
                .settings
                .push(setting(rest).ok_or_else(|| at("is no setting"))?),
            _ => {}
        }
    }
    Ok(info)
}

/// Path, version and, mostly, sum.
fn module(text: &str) -> Option<Module> {
    let mut columns = text.split('\t');
    let (path, version) = (columns.next()?, columns.next()?);
    let sum = columns.next().unwrap_or_default();
    columns.next().is_none().then(|| Module {
        path: path.to_owned(),
        version: version.to_owned(),
        sum: sum.to_owned(),
        replace: None,
    })
}

/// A key and a value, each in quotes if it has to be.
fn setting(text: &str) -> Option<(String, String)> {
    let quoted = |text: &str| text.starts_with(['"', '`']);
    let (key, rest) = if quoted(text) {
        let (key, rest) = unquote(text)?;
        (key, rest.strip_prefix('=')?)
    } else {
        let (key, rest) = text.split_once('=')?;
        (key.to_owned(), rest)
    };
    let value = if quoted(rest) {
        let (value, rest) = unquote(rest)?;
        rest.is_empty().then_some(value)?
    } else {
        rest.to_owned()
    };
    (!key.is_empty()).then_some((key, value))
}

/// The value of a Go string literal at the beginning of `text`, and what follows it.
fn unquote(text: &str) -> Option<(String, &str)> {
    if let Some(raw) = text.strip_prefix('`') {
        let (value, rest) = raw.split_once('`')?;
        return Some((value.to_owned(), rest));
    }
    let mut rest = text.strip_prefix('"')?;
    // Escapes of single bytes may make up a letter only together.
    let mut value = Vec::new();
    loop {
        let end = rest.find(['"', '\\'])?;
        value.extend(&rest.as_bytes()[..end]);
        if rest[end..].starts_with('"') {
            let value = String::from_utf8_lossy(&value).into_owned();
            return Some((value, &rest[end + 1..]));
        }
        rest = escape(&rest[end + 1..], &mut value)?;
    }
}

/// Adds what the escape, whose backslash has been read, stands for; gives what follows.
fn escape<'a>(text: &'a str, value: &mut Vec<u8>) -> Option<&'a str> {
    let letter = text.chars().next()?;
    let rest = &text[letter.len_utf8()..];
    let simple = match letter {
        'a' => 7,
        'b' => 8,
        't' => b'\t',
        'n' => b'\n',
        'v' => 11,
        'f' => 12,
        'r' => b'\r',
        '"' => b'"',
        '\\' => b'\\',
        'x' => {
            value.push(u8::try_from(digits(rest, 2, 16)?).ok()?);
            return rest.get(2..);
        }
        'u' | 'U' => {
            let count = if letter == 'u' { 4 } else { 8 };
            let letter = char::from_u32(digits(rest, count, 16)?)?;
            value.extend(letter.encode_utf8(&mut [0; 4]).as_bytes());
            return rest.get(count..);
        }
        '0'..='7' => {
            value.push(u8::try_from(digits(text, 3, 8)?).ok()?);
            return text.get(3..);
        }
        _ => return None,
    };
    value.push(simple);
    Some(rest)
}

/// The number that so many digits are.
fn digits(text: &str, count: usize, base: u32) -> Option<u32> {
    let text = text.get(..count)?;
    let plain = text.bytes().all(|b| b.is_ascii_alphanumeric());
    plain.then(|| u32::from_str_radix(text, base).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_have_all_of_gos_escapes() {
        let all = r#""a\x41\101é\U0001f600\n\"\\\xc3\xa9" b"#;
        let (value, rest) = unquote(all).unwrap();
        assert_eq!(value, "aAAé😀\n\"\\é");
        assert_eq!(rest, " b");
        assert_eq!(unquote("`a\\n`x"), Some(("a\\n".into(), "x")));
    }

    #[test]
    fn literals_that_end_early_are_none() {
        let all = r#""a\x41\101\u00e9\U0001f600\n\"\\""#;
        assert!(unquote(all).is_some());
        for end in (0..all.len()).filter(|&end| all.is_char_boundary(end)) {
            assert_eq!(unquote(&all[..end]), None, "{end}");
        }
        for bad in [
            r#""\q""#,
            r#""\x+1""#,
            r#""\400""#,
            r#""\ud800""#,
            r#""\xé""#,
        ] {
            assert_eq!(unquote(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_setting_needs_a_key() {
        let pair = |key: &str, value: &str| Some((key.to_owned(), value.to_owned()));
        assert_eq!(setting("-tags=a,b"), pair("-tags", "a,b"));
        assert_eq!(setting("-ldflags=-X=a.b=c"), pair("-ldflags", "-X=a.b=c"));
        assert_eq!(setting(r#""a b"="c d""#), pair("a b", "c d"));
        assert_eq!(setting(r#"a="c d"#), None);
        assert_eq!(setting(r#"a="c d"x"#), None);
        assert_eq!(setting("=x"), None);
        assert_eq!(setting("x"), None);
    }

    #[test]
    fn lines_that_make_no_sense_are_named() {
        assert_eq!(
            parse("path\tx\nmod\tx\n").unwrap_err(),
            "line 2 is no module"
        );
        assert_eq!(
            parse("=>\tx\tv1\th1:=\n").unwrap_err(),
            "line 1 replaces no module"
        );
        assert_eq!(
            parse("mod\tx\tv1\n=>\ty\tv1\n=>\tz\tv1\n").unwrap_err(),
            "line 3 replaces no module"
        );
        assert_eq!(parse("build\tx\n").unwrap_err(), "line 1 is no setting");
        assert_eq!(parse("later\tx\n").unwrap(), BuildInfo::default());
    }
}
