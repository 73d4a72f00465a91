//! From a Go version string to its release line.

use crate::{GoLayout, v1_22, v1_23, v1_24, v1_25, v1_26, v1_27};

/// Every supported release line, oldest first. A new release is one line here.
pub static RELEASES: &[&GoLayout] = &[
    &v1_22::LAYOUT,
    &v1_23::LAYOUT,
    &v1_24::LAYOUT,
    &v1_25::LAYOUT,
    &v1_26::LAYOUT,
    &v1_27::LAYOUT,
];

/// Changes between patch levels: the line, the first patch level that has the change, as all later ones do,
/// and what those before it are to the linker. The changes of a line are in ascending order.
static CHANGES: &[(&str, u32, &GoLayout)] = &[
    ("1.22", 5, &v1_22::BEFORE_5),
    ("1.22", 6, &v1_22::BEFORE_6),
    ("1.22", 9, &v1_22::BEFORE_9),
    ("1.23", 3, &v1_23::BEFORE_3),
    ("1.23", 9, &v1_23::BEFORE_9),
    ("1.23", 10, &v1_23::BEFORE_10),
    ("1.23", 11, &v1_23::BEFORE_11),
    ("1.24", 3, &v1_24::BEFORE_3),
    ("1.24", 4, &v1_24::BEFORE_4),
    ("1.24", 5, &v1_24::BEFORE_5),
    ("1.24", 8, &v1_24::BEFORE_8),
    ("1.25", 2, &v1_25::BEFORE_2),
    ("1.25", 10, &v1_25::BEFORE_10),
    ("1.26", 3, &v1_26::BEFORE_3),
    ("1.26", 6, &v1_26::BEFORE_6),
    ("1.26", 9, &v1_26::BEFORE_9),
    ("1.26", 11, &v1_26::BEFORE_11),
    ("1.27", 2, &v1_27::BEFORE_2),
    ("1.27", 4, &v1_27::BEFORE_4),
];

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

/// The layout of a Go version such as `go1.27.3`, `go1.27rc1`, `go1.27-X:arenas`, `go1.27.3-custom` or
/// `devel go1.27-0123abc date`. A version without a patch level comes before them all.
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
    let line = RELEASES
        .iter()
        .find(|layout| layout.release.split_once('.') == Some((major, minor)))
        .ok_or_else(unknown)?;
    let patch = patch_level(tail);
    let change = CHANGES
        .iter()
        .find(|(release, since, _)| *release == line.release && patch < *since);
    Ok(change.map_or(line, |(_, _, before)| before))
}

/// The patch level that a version has behind its line; 0 for release candidates and the like.
fn patch_level(tail: &str) -> u32 {
    let Some(tail) = tail.strip_prefix('.') else {
        return 0;
    };
    let digits = tail.bytes().take_while(u8::is_ascii_digit).count();
    match tail[..digits].parse() {
        Ok(patch) => patch,
        Err(_) if digits == 0 => 0,
        Err(_) => u32::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_map_to_their_line() {
        for (version, line) in [
            ("go1.27", "1.27"),
            ("go1.27.3", "1.27"),
            ("go1.24", "1.24"),
            ("go1.25.12", "1.25"),
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
    fn library_names_got_quotes_in_a_patch_level() {
        let quoted = |version| layout_for(version).unwrap().host_link.quoted_library_name;
        assert_eq!(
            ["go1.26.2", "go1.26.5", "go1.26.6", "go1.26.11", "go1.27.0"].map(quoted),
            [false, false, true, true, true]
        );
    }

    #[test]
    fn patch_levels_before_a_change_are_told_apart() {
        let of = |version| {
            let layout = layout_for(version).unwrap();
            let host = layout.host_link;
            (host.arm64_gold, host.no_fixup_chains, layout.cgo_trust)
        };
        use crate::Arm64Gold::{Always, ForOldLd};
        use crate::CgoTrust::{Checked, Full};
        for (version, want) in [
            ("go1.25.9", (Always, false, Full)),
            ("go1.25.10", (ForOldLd, false, Full)),
            ("go1.26rc1", (Always, false, Full)),
            ("go1.26.0", (Always, false, Full)),
            ("go1.26.2-corp7 X:arenas", (Always, false, Full)),
            ("go1.26.3", (ForOldLd, false, Full)),
            ("go1.26.8", (ForOldLd, false, Full)),
            ("go1.26.9", (ForOldLd, true, Full)),
            ("go1.26.10", (ForOldLd, true, Full)),
            ("go1.26.11", (ForOldLd, true, Checked)),
            ("go1.26.99999999999", (ForOldLd, true, Checked)),
            ("go1.27rc1", (ForOldLd, false, Full)),
            ("go1.27.1", (ForOldLd, false, Full)),
            ("go1.27.2", (ForOldLd, true, Full)),
            ("go1.27.3", (ForOldLd, true, Full)),
            ("go1.27.4", (ForOldLd, true, Checked)),
        ] {
            assert_eq!(of(version), want, "{version}");
        }
    }

    #[test]
    fn rules_for_duplicates_changed_with_patch_levels() {
        use crate::DuplicateRule::*;
        for (version, want) in [
            ("go1.23.2", Contents),
            ("go1.23.8", Contents),
            ("go1.23.9", NotSmaller),
            ("go1.23.10", NotSmallerData),
            ("go1.23.11", MergedEarly),
            ("go1.24rc1", Contents),
            ("go1.24.2", Contents),
            ("go1.24.3", NotSmaller),
            ("go1.24.4", NotSmallerData),
            ("go1.24.5", MergedEarly),
            ("go1.24.13", MergedEarly),
            ("go1.25.0", Merged),
            ("go1.27.4", Merged),
        ] {
            let layout = layout_for(version).unwrap();
            assert_eq!(layout.duplicates, want, "{version}");
        }
        let skips = |version| layout_for(version).unwrap().elf.skip_view_symbols;
        assert_eq!(["go1.24.7", "go1.24.8"].map(skips), [false, true]);
    }

    #[test]
    fn other_versions_are_refused_with_the_supported_lines() {
        for version in [
            "", "go", "go1", "1.27", "go1.2", "go1.270", "go1.27x", "go2.27", "go1.9.7",
        ] {
            let err = layout_for(version).err().expect(version);
            assert_eq!(
                err.to_string(),
                format!(
                    "unsupported Go version {version:?} (supported: go1.22, go1.23, go1.24, go1.25, go1.26, go1.27)"
                )
            );
        }
    }
}
