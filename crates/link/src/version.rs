//! Which toolchain's linker this program stands for.
//!
//! Usage texts, `-V`, the objects' header line and `runtime.buildVersion` are those of one
//! exact version of Go. It is, in this order:
//!
//! 1. run through `-toolexec`: that of the toolchain whose `link` is named;
//! 2. lying in a toolchain's tool folder: that toolchain's;
//! 3. with GOROOT in the environment: what stands there;
//! 4. what compiled the main package;
//! 5. the newest supported one, for `-V` and usage texts by hand.

use gover::{Experiments, GoLayout, RELEASES, UnknownRelease, layout_for};
use std::io::Read as _;
use std::path::Path;

/// A version of Go and what this linker knows of it.
#[derive(Clone)]
pub struct Toolchain {
    /// The version, such as `go1.27.3`.
    pub version: String,
    /// Its release line.
    pub release: &'static GoLayout,
}

impl Toolchain {
    /// The toolchain of a version.
    ///
    /// # Errors
    ///
    /// A version of no supported line.
    pub fn new(version: String) -> Result<Toolchain, UnknownRelease> {
        let release = layout_for(&version)?;
        Ok(Toolchain { version, release })
    }

    /// The newest line supported, as the version without a patch level.
    pub fn newest() -> Toolchain {
        let release = RELEASES[RELEASES.len() - 1];
        Toolchain {
            version: format!("go{}", release.release),
            release,
        }
    }

    /// What `-V` prints behind `link version `; `full` for `-V=full`. The line is that of the
    /// linker stood for: outputs are the same, so sharing cmd/go's cache entries is sound.
    /// Development versions identify a linker by a build ID instead, and get one of our own.
    pub fn version_line(&self, experiments: &Experiments, full: bool) -> String {
        let mut line = self.version.clone();
        let diff = experiments.diff_list();
        if !diff.is_empty() {
            line.push_str(" X:");
            line.push_str(&diff);
        }
        if full && self.version.contains("devel") {
            line.push_str(concat!(" buildID=relink/", env!("CARGO_PKG_VERSION")));
        }
        line
    }
}

/// The version of the toolchain in a GOROOT, if there is one.
pub fn of_goroot(goroot: &Path) -> Option<String> {
    // Toolchains built from a checkout have the second.
    ["VERSION", "VERSION.cache"].iter().find_map(|name| {
        let text = std::fs::read_to_string(goroot.join(name)).ok()?;
        let version = text.lines().next()?.trim();
        (!version.is_empty()).then(|| version.to_owned())
    })
}

/// The version of the toolchain a tool belongs to, if the path is that of a tool folder
/// (`GOROOT/pkg/tool/GOOS_GOARCH/link`).
pub fn of_tool(tool: &Path) -> Option<String> {
    let folder = tool.parent()?.parent()?;
    if !folder.ends_with("pkg/tool") {
        return None;
    }
    of_goroot(folder.parent()?.parent()?)
}

/// The version that compiled an archive or object, from its first header line.
pub fn of_archive(file: &Path) -> Option<String> {
    let mut head = Vec::new();
    let mut file = std::fs::File::open(file).ok()?;
    file.by_ref().take(4096).read_to_end(&mut head).ok()?;
    // An archive has 8 bytes of its own and 60 for its first member.
    let at = if head.starts_with(b"!<arch>\n") {
        68
    } else {
        0
    };
    let line = head.get(at..)?.split(|&b| b == b'\n').next()?;
    of_header(std::str::from_utf8(line).ok()?).map(str::to_owned)
}

/// The version in `go object GOOS GOARCH VERSION [GOxxx=value] X:LIST`.
pub fn of_header(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("go object ")?;
    let mut parts = rest.splitn(3, ' ');
    let (_goos, _goarch) = (parts.next()?, parts.next()?);
    let mut version = parts.next()?;
    // Both words behind it may be missing, and the version of a development build has blanks.
    if let Some((head, list)) = version.rsplit_once(" X:")
        && !list.contains(' ')
    {
        version = head;
    }
    if let Some((head, setting)) = version.rsplit_once(' ')
        && setting.starts_with("GO")
        && setting.contains('=')
    {
        version = head;
    }
    (!version.is_empty()).then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_in_headers() {
        for (line, want) in [
            (
                "go object linux amd64 go1.27.3 GOAMD64=v1 X:a,b",
                Some("go1.27.3"),
            ),
            ("go object linux loong64 go1.26.8 X:", Some("go1.26.8")),
            ("go object linux 386 go1.26.8", Some("go1.26.8")),
            (
                "go object darwin arm64 devel go1.27-0123 Mon Jan 2 GOARM64=v8.0 X:x",
                Some("devel go1.27-0123 Mon Jan 2"),
            ),
            ("go object linux", None),
            ("other", None),
        ] {
            assert_eq!(of_header(line), want, "{line}");
        }
    }

    #[test]
    fn versions_on_disk() {
        let dir = tempfile::tempdir().unwrap();
        let tool = dir.path().join("pkg/tool/linux_amd64/link");
        assert_eq!(of_tool(&tool), None);
        std::fs::write(dir.path().join("VERSION.cache"), "devel go1.27-1").unwrap();
        assert_eq!(of_tool(&tool).as_deref(), Some("devel go1.27-1"));
        std::fs::write(dir.path().join("VERSION"), "go1.26.8\ntime 2026\n").unwrap();
        assert_eq!(of_tool(&tool).as_deref(), Some("go1.26.8"));
        assert_eq!(of_tool(&dir.path().join("bin/tools/link")), None);

        let archive = dir.path().join("x.a");
        let header = format!("{:<60}go object linux amd64 go1.27.1 X:\n", "__.PKGDEF");
        std::fs::write(&archive, format!("!<arch>\n{header}")).unwrap();
        assert_eq!(of_archive(&archive).as_deref(), Some("go1.27.1"));
        std::fs::write(&archive, "go object linux amd64 go1.26.1 X:\nrest").unwrap();
        assert_eq!(of_archive(&archive).as_deref(), Some("go1.26.1"));
        assert_eq!(of_archive(dir.path()), None);
    }

    #[test]
    fn the_line_of_dash_v() {
        let line = |version: &str, exp: &str, full| {
            let t = Toolchain::new(version.into()).unwrap();
            let exp = t.release.experiments("linux", "amd64", exp).unwrap();
            t.version_line(&exp, full)
        };
        assert_eq!(line("go1.26.8", "", true), "go1.26.8");
        assert_eq!(
            line("go1.27.3", "nodwarf5,arenas", false),
            "go1.27.3 X:arenas,nodwarf5"
        );
        let devel = "devel go1.27-0123 Mon Jan 2";
        assert_eq!(line(devel, "", false), devel);
        let own = concat!(" buildID=relink/", env!("CARGO_PKG_VERSION"));
        assert_eq!(line(devel, "", true), format!("{devel}{own}"));
        assert!(Toolchain::new("go1.21.1".into()).is_err());
    }
}
