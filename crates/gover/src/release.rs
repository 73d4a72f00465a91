//! From a Go version string to its release line.

use crate::{GoLayout, v1_26, v1_27};

/// Every supported release line, oldest first. A new release is one line here.
pub static RELEASES: &[&GoLayout] = &[&v1_26::LAYOUT, &v1_27::LAYOUT];

/// A Go version this linker has no description of.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "unsupported Go version {version:?} (supported: {})",
    supported_lines()
)]
pub struct UnknownRelease {
    /// The version as given.
    pub version: String,
}

/// The supported lines as messages list them: `go1.26, go1.27`.
fn supported_lines() -> String {
    let lines: Vec<String> = RELEASES
        .iter()
        .map(|l| format!("go{}", l.release))
        .collect();
    lines.join(", ")
}

/// The layout of the release line of a Go version such as `go1.27.3`, `go1.27rc1`,
/// `go1.27-X:arenas`, `go1.27.3-custom` or `devel go1.27-0123abc date`.
///
/// # Errors
///
/// The version names no line, or one this linker does not describe.
pub fn layout_for(go_version: &str) -> Result<&'static GoLayout, UnknownRelease> {
    let unknown = || UnknownRelease {
        version: go_version.to_string(),
    };
    let text = go_version.strip_prefix("devel ").unwrap_or(go_version);
    let text = text.strip_prefix("go").ok_or_else(unknown)?;
    let mut parts = text.splitn(2, '.');
    let major = parts.next().unwrap_or("");
    let rest = parts.next().unwrap_or("");
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (minor, tail) = rest.split_at(digits);
    if !matches!(
        tail.bytes().next(),
        None | Some(b'.' | b'-' | b'+' | b' ' | b'r' | b'b')
    ) {
        return Err(unknown());
    }
    RELEASES
        .iter()
        .find(|layout| layout.release.split_once('.') == Some((major, minor)))
        .copied()
        .ok_or_else(unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_map_to_their_line() {
        for (version, line) in [
            ("go1.27", "1.27"),
            ("go1.27.3", "1.27"),
            ("go1.26.8", "1.26"),
            ("go1.27rc1", "1.27"),
            ("go1.27beta2", "1.27"),
            ("go1.27-X:arenas", "1.27"),
            ("go1.26.8-corp1 X:arenas", "1.26"),
            ("go1.26.8+auto", "1.26"),
            ("devel go1.27-0123abcdef Mon Jan 2 15:04:05 2026", "1.27"),
        ] {
            assert_eq!(
                layout_for(version).map(|l| l.release),
                Ok(line),
                "{version}"
            );
        }
    }

    #[test]
    fn other_versions_are_refused_with_the_supported_lines() {
        for version in [
            "", "go", "go1", "1.27", "go1.2", "go1.270", "go1.27x", "go2.27", "go1.9.7",
        ] {
            let err = layout_for(version).err().expect(version);
            assert_eq!(
                err.to_string(),
                format!("unsupported Go version {version:?} (supported: go1.26, go1.27)")
            );
        }
    }
}
