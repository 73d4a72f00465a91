//! `@file` arguments (`cmd/internal/objabi/flag.go:expandArgs`).

use crate::end::End;
use crate::text;
use gover::ResponseFile;
use symbols::map::go_error_text;

/// Files within files, at most; cmd/link would go on until memory is used up.
const MAX_DEPTH: u32 = 1000;

/// The arguments with each `@file` replaced by what the file holds, split in the way of the
/// release.
///
/// # Errors
///
/// A file that cannot be read, or is not written as the release wants it.
pub fn expand(args: Vec<Vec<u8>>, how: ResponseFile) -> Result<Vec<Vec<u8>>, End> {
    if !args.iter().any(|a| a.starts_with(b"@")) {
        return Ok(args);
    }
    let mut out = Vec::with_capacity(args.len() * 2);
    expand_into(&mut out, args, how, 0)?;
    Ok(out)
}

fn expand_into(
    out: &mut Vec<Vec<u8>>,
    args: Vec<Vec<u8>>,
    how: ResponseFile,
    depth: u32,
) -> Result<(), End> {
    for arg in args {
        let Some(file) = arg.strip_prefix(b"@") else {
            out.push(arg);
            continue;
        };
        if depth == MAX_DEPTH {
            let file = text::lossy(file);
            return Err(End::fatal(format!(
                "{file}: response files nested too deeply"
            )));
        }
        let content = std::fs::read(text::path(file)).map_err(|e| {
            let file = text::lossy(file);
            End::fatal(format!("open {file}: {}", go_error_text(&e)))
        })?;
        let inner = match how {
            ResponseFile::Lines => split_lines(&content)?,
            ResponseFile::Shell => split_shell(&content),
        };
        expand_into(out, inner, how, depth + 1)?;
    }
    Ok(())
}

fn split_lines(content: &[u8]) -> Result<Vec<Vec<u8>>, End> {
    let content: Vec<u8> = content.iter().copied().filter(|&b| b != b'\r').collect();
    text::trim(&content)
        .split(|&b| b == b'\n')
        .map(|line| decode(line).ok_or_else(|| End::panic("badly formatted input")))
        .collect()
}

/// Takes the escapes `\\` and `\n` out; `None` for others. A backslash at the end is dropped.
fn decode(line: &[u8]) -> Option<Vec<u8>> {
    if !line.contains(&b'\\') {
        return Some(line.to_vec());
    }
    // Go walks over characters, so that bytes that are none become U+FFFD.
    let line = text::lossy(line);
    let mut out = String::with_capacity(line.len());
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('\\') => out.push('\\'),
                Some('n') => out.push('\n'),
                Some(_) => return None,
                None => {}
            },
            c => out.push(c),
        }
    }
    Some(out.into_bytes())
}

fn split_shell(content: &[u8]) -> Vec<Vec<u8>> {
    let mut args = Vec::new();
    // The argument being read; `Some` of nothing once quotes were seen.
    let mut arg: Option<Vec<u8>> = None;
    let mut rest = content;
    let mut quote = None;
    while let [c, tail @ ..] = rest {
        // What a backslash does is much the same in and out of double quotes.
        let continued = match rest {
            [b'\\', b'\n', after @ ..] | [b'\\', b'\r', b'\n', after @ ..] => Some(after),
            _ => None,
        };
        rest = tail;
        let mut put = |b: u8| arg.get_or_insert_default().push(b);
        match (quote, *c) {
            (Some(b'\''), b'\'') | (Some(b'"'), b'"') => quote = None,
            (Some(b'\''), c) => put(c),
            (_, b'\\') if continued.is_some() => rest = continued.unwrap_or_default(),
            (Some(_), b'\\') => match tail {
                [c @ (b'\\' | b'"' | b'$' | b'`'), after @ ..] => {
                    put(*c);
                    rest = after;
                }
                _ => put(b'\\'),
            },
            (Some(_), c) => put(c),
            (None, b' ' | b'\t' | b'\n' | b'\r') => args.extend(arg.take()),
            (None, c @ (b'\'' | b'"')) => {
                quote = Some(c);
                arg.get_or_insert_default();
            }
            (None, b'\\') => {
                // At the very end it is dropped.
                if let [c, after @ ..] = tail {
                    put(*c);
                    rest = after;
                }
            }
            (None, c) => put(c),
        }
    }
    args.extend(arg);
    args
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(args: Vec<Vec<u8>>) -> Vec<String> {
        args.into_iter()
            .map(|a| String::from_utf8(a).unwrap())
            .collect()
    }

    #[test]
    fn lines() {
        let split = |s: &str| split_lines(s.as_bytes()).map(strings);
        assert_eq!(
            split(" -a\r\nb c \n\nd\n\n").unwrap(),
            ["-a", "b c ", "", "d"]
        );
        assert_eq!(split(r"a\\b\nc\").unwrap(), ["a\\b\nc"]);
        assert_eq!(split("").unwrap(), [""]);
        let end = split(r"a\tb").unwrap_err();
        assert!(
            end.err
                .starts_with(b"panic: badly formatted input\n\ngoroutine 1 [running]:")
        );
        assert_eq!(end.status, 2);
    }

    #[test]
    fn shell() {
        let split = |s: &str| strings(split_shell(s.as_bytes()));
        assert_eq!(split(" a\tb\r\n'c d' \"e f\"\n"), ["a", "b", "c d", "e f"]);
        assert_eq!(split(r#"'' "" x''"#), ["", "", "x"]);
        assert_eq!(split(r#""\\\"\$\`\n'" '\n"'"#), [r#"\"$`\n'"#, r#"\n""#]);
        assert_eq!(split("a\\\nb \"c\\\r\nd\" e\\\r\nf"), ["ab", "cd", "ef"]);
        assert_eq!(split(r"a\ b \' c\"), ["a b", "'", "c"]);
        assert_eq!(split("\\\n"), [""; 0]);
        assert_eq!(split("\"a\\\rb\" 'open"), ["a\\\rb", "open"]);
    }

    #[test]
    fn files_in_files() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b) = (dir.path().join("a"), dir.path().join("b"));
        std::fs::write(&b, "-s\n-w").unwrap();
        std::fs::write(&a, format!("-o\n@{}\nx", b.display())).unwrap();
        let at = |p: &std::path::Path| format!("@{}", p.display()).into_bytes();
        for how in [ResponseFile::Lines, ResponseFile::Shell] {
            let args = vec![b"link".to_vec(), at(&a), b"m".to_vec()];
            let got = strings(expand(args, how).unwrap());
            assert_eq!(got, ["link", "-o", "-s", "-w", "x", "m"]);
            std::fs::write(&b, format!("@{}", a.display())).unwrap();
            assert_eq!(expand(vec![at(&a)], how).unwrap_err().status, 1);
            std::fs::write(&b, "-s\n-w").unwrap();
        }
        let end = expand(vec![b"@/nonesuch".to_vec()], ResponseFile::Lines).unwrap_err();
        assert_eq!(
            end.err,
            b"link: open /nonesuch: no such file or directory\n"
        );
    }
}
