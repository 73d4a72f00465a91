//! Build modes and link modes, and the choice between the internal and an external linker
//! (`ld/config.go`).

use crate::text;
use gover::PlatformSupport;
use std::fmt;

/// What is built (`-buildmode`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BuildMode {
    /// An executable at a fixed address.
    Exe,
    /// A position-independent executable.
    Pie,
    /// A C archive.
    CArchive,
    /// A C shared library.
    CShared,
    /// A Go shared library.
    Shared,
    /// A Go plugin.
    Plugin,
}

impl BuildMode {
    /// The mode named by a flag on a platform. On some platforms every executable is
    /// position-independent.
    ///
    /// # Errors
    ///
    /// What the flag package says behind the flag: no such mode, or not on this platform.
    pub fn parse(
        name: &[u8],
        platform: &PlatformSupport,
        goos: &str,
        goarch: &str,
    ) -> Result<BuildMode, String> {
        let mode = match name {
            b"exe" => match (goos, goarch) {
                ("darwin" | "windows", "arm64") => BuildMode::Pie,
                _ => BuildMode::Exe,
            },
            b"pie" => BuildMode::Pie,
            b"c-archive" => BuildMode::CArchive,
            b"c-shared" => BuildMode::CShared,
            b"shared" => BuildMode::Shared,
            b"plugin" => BuildMode::Plugin,
            _ => return Err(format!("invalid buildmode: {}", text::quote(name))),
        };
        let name = text::lossy(name);
        match platform.build_mode(&name, goos, goarch) {
            true => Ok(mode),
            false => Err(format!("buildmode {name} not supported on {goos}/{goarch}")),
        }
    }
}

impl fmt::Display for BuildMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BuildMode::Exe => "exe",
            BuildMode::Pie => "pie",
            BuildMode::CArchive => "c-archive",
            BuildMode::CShared => "c-shared",
            BuildMode::Shared => "shared",
            BuildMode::Plugin => "plugin",
        })
    }
}

/// Who links (`-linkmode`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum LinkMode {
    /// To be found out from the inputs.
    #[default]
    Auto,
    /// This linker alone.
    Internal,
    /// A host linker does the last step.
    External,
}

impl LinkMode {
    /// The mode named by a flag.
    ///
    /// # Errors
    ///
    /// What the flag package says behind the flag.
    pub fn parse(name: &[u8]) -> Result<LinkMode, String> {
        match name {
            b"auto" => Ok(LinkMode::Auto),
            b"internal" => Ok(LinkMode::Internal),
            b"external" => Ok(LinkMode::External),
            _ => Err(format!("invalid linkmode: {}", text::quote(name))),
        }
    }
}

impl fmt::Display for LinkMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LinkMode::Auto => "auto",
            LinkMode::Internal => "internal",
            LinkMode::External => "external",
        })
    }
}

/// What the command line and environment say about who links.
#[derive(Clone, Debug)]
pub struct LinkModeRequest {
    /// `-linkmode`.
    pub flag: LinkMode,
    /// `GO_EXTLINK_ENABLED`; empty if unset.
    pub extlink_enabled: String,
    /// `-buildmode`.
    pub build_mode: BuildMode,
    /// `-msan`.
    pub msan: bool,
    /// `-asan`.
    pub asan: bool,
    /// `-linkshared`.
    pub link_shared: bool,
}

/// What the inputs say about who links.
#[derive(Clone, Copy, Default, Debug)]
pub struct LinkModeInputs<'a> {
    /// Package runtime/cgo is among them.
    pub cgo: bool,
    /// Some host object comes from a package whose objects are not known to be harmless.
    pub foreign_object: bool,
    /// Some object is in no known format.
    pub unknown_object_format: bool,
    /// Packages with a `dynimportfail` member.
    pub dynimportfail: &'a [String],
    /// Packages with a `preferlinkext` member.
    pub preferlinkext: &'a [String],
}

/// Who links, and what `-v` says about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LinkModeDecision {
    /// The mode, never auto; or what ends the link, as `Exitf` says it.
    pub mode: Result<LinkMode, String>,
    /// Why it must be external, if it must.
    pub must: Option<String>,
    /// Lines for the log, with the number of `-v` from which they show.
    pub log: Vec<(u32, String)>,
}

/// Chooses who links (`ld/config.go:determineLinkMode`, `mustLinkExternal`).
pub fn determine_link_mode(
    request: &LinkModeRequest,
    inputs: &LinkModeInputs,
    platform: &PlatformSupport,
    goos: &str,
    goarch: &str,
) -> LinkModeDecision {
    let mut log = Vec::new();
    let must = must_link_external(request, inputs, platform, goos, goarch);
    if let Some(reason) = &must {
        log.push((2, format!("external linking is forced by: {reason}")));
    }
    let mut via = "";
    let mode = match (request.flag, request.extlink_enabled.as_str()) {
        (LinkMode::Auto, setting @ ("0" | "1")) => {
            via = "via GO_EXTLINK_ENABLED ";
            match setting {
                "0" => LinkMode::Internal,
                _ => LinkMode::External,
            }
        }
        (LinkMode::Auto, _) => {
            let preferred = !inputs.preferlinkext.is_empty();
            if preferred {
                let list = inputs.preferlinkext.join(" ");
                log.push((1, format!("external linking prefer list is [{list}]")));
            }
            let wanted = inputs.cgo && (inputs.foreign_object || preferred);
            match must.is_some() || wanted {
                true => LinkMode::External,
                false => LinkMode::Internal,
            }
        }
        (mode, _) => mode,
    };
    let mode = match (mode, &must) {
        (LinkMode::Internal, Some(reason)) => Err(format!(
            "internal linking requested {via}but external linking required: {reason}"
        )),
        (LinkMode::External, _) if platform.refuses_external(goos, goarch) => Err(format!(
            "external linking not supported for {goos}/{goarch}"
        )),
        (mode, _) => Ok(mode),
    };
    LinkModeDecision { mode, must, log }
}

/// Why a host linker is needed, if one is.
fn must_link_external(
    request: &LinkModeRequest,
    inputs: &LinkModeInputs,
    platform: &PlatformSupport,
    goos: &str,
    goarch: &str,
) -> Option<String> {
    if platform.must_link_external(goos, goarch, false) {
        return Some(format!("{goos}/{goarch} requires external linking"));
    }
    if request.msan {
        return Some("msan".into());
    }
    if request.asan {
        return Some("asan".into());
    }
    if inputs.cgo && platform.must_link_external(goos, goarch, true) {
        return Some(format!("{goarch} does not support internal cgo"));
    }
    let external_only = match request.build_mode {
        BuildMode::Exe => false,
        BuildMode::Pie => !platform.internal_link_pie(goos, goarch),
        BuildMode::CShared => goarch != "wasm",
        BuildMode::CArchive | BuildMode::Shared | BuildMode::Plugin => true,
    };
    if external_only {
        return Some(format!("buildmode={}", request.build_mode));
    }
    if request.link_shared {
        return Some("dynamically linking with a shared library".into());
    }
    if inputs.unknown_object_format {
        return Some("some input objects have an unrecognized file format".into());
    }
    if !inputs.dynimportfail.is_empty() {
        let list = inputs.dynimportfail.join(" ");
        return Some(format!(
            "some packages could not be built to support internal linking ([{list}])"
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use gover::layout_for;

    fn request() -> LinkModeRequest {
        LinkModeRequest {
            flag: LinkMode::Auto,
            extlink_enabled: String::new(),
            build_mode: BuildMode::Exe,
            msan: false,
            asan: false,
            link_shared: false,
        }
    }

    fn decide(r: &LinkModeRequest, i: &LinkModeInputs, platform: &str) -> Result<LinkMode, String> {
        let support = &layout_for("go1.26").unwrap().platform;
        let (goos, goarch) = platform.split_once('/').unwrap();
        determine_link_mode(r, i, support, goos, goarch).mode
    }

    #[test]
    fn who_links() {
        use LinkMode::{Auto, External, Internal};
        let plain = LinkModeInputs::default();
        let cgo = LinkModeInputs { cgo: true, ..plain };
        let foreign = LinkModeInputs {
            foreign_object: true,
            ..cgo
        };
        let stray = LinkModeInputs {
            foreign_object: true,
            ..plain
        };
        let unknown = LinkModeInputs {
            unknown_object_format: true,
            ..plain
        };
        let names = ["a".to_string(), "b/c".to_string()];
        let prefer = LinkModeInputs {
            preferlinkext: &names,
            ..cgo
        };
        let failed = LinkModeInputs {
            dynimportfail: &names,
            ..cgo
        };
        let requires = |reason: &str| {
            Err(format!(
                "internal linking requested but external linking required: {reason}"
            ))
        };
        for (flag, env, inputs, platform, want) in [
            (Auto, "", plain, "linux/amd64", Ok(Internal)),
            (Auto, "", cgo, "linux/amd64", Ok(Internal)),
            (Auto, "", foreign, "linux/amd64", Ok(External)),
            (Auto, "", stray, "linux/amd64", Ok(Internal)),
            (Auto, "", prefer, "linux/amd64", Ok(External)),
            (Internal, "", prefer, "linux/amd64", Ok(Internal)),
            (Auto, "", unknown, "linux/amd64", Ok(External)),
            (
                Internal,
                "",
                unknown,
                "linux/amd64",
                requires("some input objects have an unrecognized file format"),
            ),
            (
                Internal,
                "1",
                failed,
                "linux/amd64",
                requires("some packages could not be built to support internal linking ([a b/c])"),
            ),
            (Auto, "1", plain, "linux/amd64", Ok(External)),
            (Auto, "0", foreign, "linux/amd64", Ok(Internal)),
            (Auto, "yes", plain, "linux/amd64", Ok(Internal)),
            (
                Auto,
                "0",
                unknown,
                "linux/amd64",
                Err(
                    "internal linking requested via GO_EXTLINK_ENABLED but external linking \
                     required: some input objects have an unrecognized file format"
                        .into(),
                ),
            ),
            (
                Internal,
                "",
                plain,
                "ios/arm64",
                requires("ios/arm64 requires external linking"),
            ),
            (
                Internal,
                "",
                cgo,
                "linux/mips",
                requires("mips does not support internal cgo"),
            ),
            (
                External,
                "",
                plain,
                "linux/ppc64",
                Err("external linking not supported for linux/ppc64".into()),
            ),
        ] {
            let r = LinkModeRequest {
                flag,
                extlink_enabled: env.into(),
                ..request()
            };
            assert_eq!(
                decide(&r, &inputs, platform),
                want,
                "{flag} {env:?} {inputs:?}"
            );
        }
    }

    #[test]
    fn build_modes_and_sanitizers_need_the_host_linker() {
        let plain = LinkModeInputs::default();
        let reason = |r: LinkModeRequest, platform: &str| {
            let r = LinkModeRequest {
                flag: LinkMode::Internal,
                ..r
            };
            let text = decide(&r, &plain, platform).err()?;
            Some(text.rsplit_once("required: ").unwrap().1.to_string())
        };
        let mode = |build_mode| LinkModeRequest {
            build_mode,
            ..request()
        };
        for (r, platform, want) in [
            (mode(BuildMode::Pie), "linux/amd64", None),
            (mode(BuildMode::Pie), "linux/s390x", Some("buildmode=pie")),
            (
                mode(BuildMode::CArchive),
                "linux/amd64",
                Some("buildmode=c-archive"),
            ),
            (
                mode(BuildMode::CShared),
                "linux/amd64",
                Some("buildmode=c-shared"),
            ),
            (mode(BuildMode::CShared), "wasip1/wasm", None),
            (
                mode(BuildMode::Shared),
                "linux/amd64",
                Some("buildmode=shared"),
            ),
            (
                mode(BuildMode::Plugin),
                "linux/amd64",
                Some("buildmode=plugin"),
            ),
            (
                LinkModeRequest {
                    msan: true,
                    ..request()
                },
                "linux/amd64",
                Some("msan"),
            ),
            (
                LinkModeRequest {
                    asan: true,
                    ..request()
                },
                "linux/amd64",
                Some("asan"),
            ),
            (
                LinkModeRequest {
                    link_shared: true,
                    ..request()
                },
                "linux/amd64",
                Some("dynamically linking with a shared library"),
            ),
        ] {
            assert_eq!(reason(r, platform).as_deref(), want);
        }
    }

    #[test]
    fn the_log_tells_why() {
        let support = &layout_for("go1.27").unwrap().platform;
        let names = ["a".to_string(), "b".to_string()];
        let inputs = LinkModeInputs {
            cgo: true,
            preferlinkext: &names,
            unknown_object_format: true,
            ..Default::default()
        };
        let got = determine_link_mode(&request(), &inputs, support, "linux", "amd64");
        assert_eq!(got.mode, Ok(LinkMode::External));
        let reason = "some input objects have an unrecognized file format";
        assert_eq!(got.must.as_deref(), Some(reason));
        assert_eq!(
            got.log,
            [
                (2, format!("external linking is forced by: {reason}")),
                (1, "external linking prefer list is [a b]".to_string()),
            ]
        );
    }
}
