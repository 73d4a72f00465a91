//! What was settled when the toolchain was built, as its own source says it.

use crate::config::Config;
use std::path::Path;

/// The interpreter of dynamic executables for the machine that the toolchain runs on, if `GO_LDSO`
/// was set when it was built (`buildcfg.GO_LDSO`); none without a `GOROOT` to look in.
pub fn interpreter(config: &Config) -> Option<String> {
    let arch = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    if config.goos != std::env::consts::OS || config.goarch != arch {
        return None;
    }
    let file = Path::new(config.goroot.as_deref()?).join("src/internal/buildcfg/zbootstrap.go");
    let source = std::fs::read_to_string(file).ok()?;
    constant(&source, "defaultGO_LDSO").filter(|path| !path.is_empty())
}

/// The value of a constant that is one raw string.
fn constant(source: &str, name: &str) -> Option<String> {
    let value = source.lines().find_map(|line| {
        let rest = line.strip_prefix("const ")?.strip_prefix(name)?;
        rest.trim_start().strip_prefix('=')
    })?;
    let raw = value.trim().strip_prefix('`')?.strip_suffix('`')?;
    Some(raw.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_are_raw_strings() {
        let source = "package buildcfg\n\nconst defaultGO_LDSO = `/lib/ld.so`\nconst version = `go1.26.8`\n\
                      const DefaultCGO_ENABLED = \"\"\n";
        let value = |name| constant(source, name);
        assert_eq!(value("defaultGO_LDSO").as_deref(), Some("/lib/ld.so"));
        assert_eq!(value("version").as_deref(), Some("go1.26.8"));
        assert_eq!(value("DefaultCGO_ENABLED"), None);
        assert_eq!(value("default"), None);
    }
}
