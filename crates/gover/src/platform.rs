//! Which build modes and link modes a target allows (`internal/platform/supported.go`).

/// The platform tables of a release. Platforms are `goos/goarch`.
#[derive(Clone, Copy, Debug)]
pub struct PlatformSupport {
    /// Every platform the release knows.
    pub known: &'static [&'static str],
    /// Operating systems with c-archive on every architecture.
    pub c_archive_oses: &'static [&'static str],
    /// Architectures with c-archive on Linux. (FreeBSD has it on amd64.)
    pub c_archive_linux_arches: &'static [&'static str],
    /// Platforms with c-shared.
    pub c_shared: &'static [&'static str],
    /// Platforms with pie.
    pub pie: &'static [&'static str],
    /// Platforms with shared.
    pub shared: &'static [&'static str],
    /// Platforms with plugin.
    pub plugin: &'static [&'static str],
    /// Platforms whose pie can be linked internally.
    pub internal_pie: &'static [&'static str],
    /// Operating systems on which ppc64 must link externally with cgo.
    pub ppc64_cgo_external_oses: &'static [&'static str],
    /// Platforms that must link externally with cgo, besides those that always have to.
    pub cgo_external: &'static [&'static str],
    /// Platforms on which `-linkmode=external` is refused (`ld/config.go:determineLinkMode`):
    /// `external linking not supported for <platform>`.
    pub no_external: &'static [&'static str],
}

impl PlatformSupport {
    /// Whether `-buildmode=mode` is allowed (`platform.BuildModeSupported` for gc). If not,
    /// cmd/link says `buildmode <mode> not supported on <goos>/<goarch>`.
    pub fn build_mode(&self, mode: &str, goos: &str, goarch: &str) -> bool {
        let platform = format!("{goos}/{goarch}");
        let listed = |list: &[&str]| list.contains(&platform.as_str());
        listed(self.known)
            && match mode {
                "archive" | "default" | "exe" => true,
                "c-archive" => match goos {
                    "linux" => self.c_archive_linux_arches.contains(&goarch),
                    "freebsd" => goarch == "amd64",
                    _ => self.c_archive_oses.contains(&goos),
                },
                "c-shared" => listed(self.c_shared),
                "pie" => listed(self.pie),
                "shared" => listed(self.shared),
                "plugin" => listed(self.plugin),
                _ => false,
            }
    }

    /// Whether a pie can be linked internally (`platform.InternalLinkPIESupported`).
    pub fn internal_link_pie(&self, goos: &str, goarch: &str) -> bool {
        self.internal_pie
            .contains(&format!("{goos}/{goarch}").as_str())
    }

    /// Whether the host linker must be used (`platform.MustLinkExternal`); `cgo` tells
    /// whether the program uses cgo.
    pub fn must_link_external(&self, goos: &str, goarch: &str, cgo: bool) -> bool {
        let platform = format!("{goos}/{goarch}");
        let for_cgo = match (goos, goarch) {
            _ if self.cgo_external.contains(&platform.as_str()) => true,
            (_, "mips" | "mipsle" | "mips64" | "mips64le") | ("android" | "dragonfly", _) => true,
            (_, "ppc64") => self.ppc64_cgo_external_oses.contains(&goos),
            _ => false,
        };
        cgo && for_cgo
            || goos == "android" && goarch != "arm64"
            || (goos, goarch) == ("ios", "arm64")
    }

    /// Whether `-linkmode=external` is refused outright.
    pub fn refuses_external(&self, goos: &str, goarch: &str) -> bool {
        self.no_external
            .contains(&format!("{goos}/{goarch}").as_str())
    }
}

#[cfg(test)]
mod tests {
    use crate::layout_for;

    #[test]
    fn build_and_link_modes_follow_the_release() {
        let old = &layout_for("go1.26").unwrap().platform;
        let new = &layout_for("go1.27").unwrap().platform;
        assert!(
            !old.build_mode("pie", "linux", "ppc64") && new.build_mode("pie", "linux", "ppc64")
        );
        assert!(!old.build_mode("c-archive", "linux", "ppc64"));
        assert!(new.build_mode("c-archive", "linux", "ppc64"));
        assert!(
            !old.internal_link_pie("linux", "s390x") && new.internal_link_pie("linux", "s390x")
        );
        assert!(old.must_link_external("linux", "ppc64", true));
        assert!(!new.must_link_external("linux", "ppc64", true));
        assert!(old.refuses_external("linux", "ppc64") && !new.refuses_external("linux", "ppc64"));
        for layout in [old, new] {
            assert!(layout.build_mode("pie", "linux", "amd64"));
            assert!(layout.build_mode("c-archive", "freebsd", "amd64"));
            assert!(!layout.build_mode("c-archive", "freebsd", "arm64"));
            assert!(layout.build_mode("c-archive", "windows", "amd64"));
            assert!(!layout.build_mode("c-archive", "openbsd", "amd64"));
            assert!(!layout.build_mode("exe", "linux", "z80"));
            assert!(!layout.build_mode("c-shared", "linux", "mips"));
            assert!(!layout.must_link_external("linux", "amd64", true));
            assert!(layout.must_link_external("android", "amd64", false));
            assert!(!layout.must_link_external("android", "arm64", false));
            assert!(layout.must_link_external("android", "arm64", true));
            assert!(layout.must_link_external("ios", "arm64", false));
            assert!(!layout.internal_link_pie("linux", "riscv64"));
            assert!(!layout.must_link_external("windows", "arm64", true));
        }
        let older = &layout_for("go1.25.12").unwrap().platform;
        assert!(older.must_link_external("windows", "arm64", true));
        assert!(!older.must_link_external("windows", "arm64", false));
        assert!(!older.must_link_external("windows", "amd64", true));
    }
}
