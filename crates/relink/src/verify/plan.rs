//! From recorded settings to the environment and the flags of a build.
//!
//! What the go command records, and when, is in its `load.Package.setBuildInfo`.

use crate::buildinfo::BuildInfo;
use crate::error::Result;
use std::ffi::{OsStr, OsString};
use std::path::Path;

/// Environment variables that the record decides. What is not recorded had its default, so they are taken out of
/// the environment first.
pub const DECIDED: &[&str] = &[
    "CGO_ENABLED",
    "GO111MODULE",
    "GO386",
    "GOAMD64",
    "GOARCH",
    "GOARM",
    "GOARM64",
    "GOBIN",
    "GOEXPERIMENT",
    "GOFIPS140",
    "GOFLAGS",
    "GOMIPS",
    "GOMIPS64",
    "GOOS",
    "GOPPC64",
    "GORISCV64",
    "GOROOT",
    "GOWASM",
];

/// The same for flags of C compilers. They are recorded with cgo and without `-trimpath` only; else what the
/// environment has is the best guess.
pub const C_FLAGS: &[&str] = &["CGO_CFLAGS", "CGO_CPPFLAGS", "CGO_CXXFLAGS", "CGO_LDFLAGS"];

/// How a program is built once more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// What the environment has to hold, by name.
    pub environment: Vec<(String, String)>,
    /// Variables that must not be in it.
    pub cleared: Vec<&'static str>,
    /// Flags of `go build`, the user's last.
    pub flags: Vec<OsString>,
    /// Go files that the user names in place of a package.
    pub files: Vec<OsString>,
    /// What may have been given and is not recorded: names of flags and variables, with the way to give them.
    pub unrecorded: Vec<String>,
}

/// Works out the build. `extra` is what the user adds to the command line; `fixed` is whether the program runs at
/// one address only although it could be told to run at any.
pub fn plan(info: &BuildInfo, extra: &[OsString], fixed: bool) -> Result<Plan> {
    if let Some(compiler) = info.setting("-compiler").filter(|&name| name != "gc") {
        return Err(format!("built with the compiler {compiler}; only gc is known here").into());
    }
    distrust(info, extra)?;
    let mut plan = Plan {
        cleared: DECIDED.to_vec(),
        ..Plan::default()
    };
    plan.environment(info);
    plan.flags(info, fixed)?;
    plan.profile(info, extra)?;
    plan.unrecorded(info, extra);
    let (files, flags) = extra
        .iter()
        .cloned()
        .partition(|word| is_file(word.as_os_str()));
    plan.files = files;
    plan.flags.extend::<Vec<_>>(flags);
    Ok(plan)
}

impl Plan {
    fn environment(&mut self, info: &BuildInfo) {
        let recorded = |name: &str| info.settings.iter().any(|(key, _)| key == name);
        let c_flags = C_FLAGS.iter().copied().filter(|name| recorded(name));
        self.cleared.extend(c_flags);
        for (key, value) in &info.settings {
            let known = self.cleared.contains(&key.as_str());
            // A recorded value that is empty was not given; and the go command takes it for that.
            if known && !value.is_empty() {
                self.environment.push((key.clone(), value.clone()));
            }
        }
        if !recorded("GOEXPERIMENT")
            && let (_, Some(experiments)) = split_version(&info.go_version)
        {
            let pair = ("GOEXPERIMENT".to_owned(), experiments.to_owned());
            self.environment.push(pair);
        }
        // Also keeps out what the toolchain's own settings may say. `auto` leaves out what it cannot find out.
        let stamped = info.setting("vcs").is_some();
        let stamp = if stamped { "auto" } else { "false" };
        self.environment
            .push(("GOFLAGS".into(), format!("-buildvcs={stamp}")));
    }

    fn flags(&mut self, info: &BuildInfo, fixed: bool) -> Result<()> {
        let mut push = |flag: String| self.flags.push(flag.into());
        for (key, value) in &info.settings {
            match (key.as_str(), value.as_str()) {
                ("-asan" | "-cover" | "-msan" | "-race" | "-trimpath", "true") => push(key.clone()),
                ("-asmflags" | "-gcflags" | "-ldflags" | "-tags", _) => {
                    push(format!("{key}={value}"));
                }
                // Said of the default, too; and the go command tells them apart in the build ID.
                ("-buildmode", "exe") if !fixed => {}
                ("-buildmode", "archive" | "c-archive" | "shared") => {
                    return Err(format!("-buildmode={value} makes no program").into());
                }
                ("-buildmode", _) => push(format!("{key}={value}")),
                _ => {}
            }
        }
        Ok(())
    }

    /// The profile that guides optimisation. One of this name in the package's folder is taken without a flag.
    fn profile(&mut self, info: &BuildInfo, extra: &[OsString]) -> Result<()> {
        let Some(file) = info.setting("-pgo") else {
            return Ok(());
        };
        if Path::new(file).file_name() == Some(OsStr::new("default.pgo")) || gives(extra, "-pgo") {
            return Ok(());
        }
        if Path::new(file).is_absolute() && Path::new(file).is_file() {
            self.flags.push(format!("-pgo={file}").into());
            return Ok(());
        }
        Err(
            format!("built with the profile {file}, which is not here; name it: -- -pgo=FILE")
                .into(),
        )
    }

    fn unrecorded(&mut self, info: &BuildInfo, extra: &[OsString]) {
        let mut may = |flag: &str, text: &str| {
            if !gives(extra, flag) {
                self.unrecorded.push(text.to_owned());
            }
        };
        let trimmed = info.setting("-trimpath").is_some();
        if trimmed && info.setting("-ldflags").is_none() {
            may(
                "-ldflags",
                "-ldflags are not recorded with -trimpath; if there were any, give them: -- -ldflags=…",
            );
        }
        if info.setting("-cover").is_some() {
            may(
                "-covermode",
                "-covermode and -coverpkg are not recorded; if there were any, give them: -- -covermode=…",
            );
        }
        if trimmed && info.setting("CGO_ENABLED") == Some("1") {
            self.unrecorded.push(format!(
                "{} are not recorded with -trimpath; what the environment has was taken",
                C_FLAGS.join(", ")
            ));
        }
    }
}

/// Refuses what would have the go command do something else than build. The file may be anybody's.
fn distrust(info: &BuildInfo, extra: &[OsString]) -> Result<()> {
    if info.path.starts_with('-') {
        return Err(format!("the package path is a flag: {}", info.path).into());
    }
    let ldflags = info.setting("-ldflags").unwrap_or_default();
    let words = ldflags.split(|c: char| c.is_whitespace() || matches!(c, '\'' | '"'));
    let flags = words.map(|word| word.trim_start_matches('-').split('=').next());
    for flag in flags
        .flatten()
        .filter(|&flag| matches!(flag, "extld" | "extar"))
    {
        if !gives(extra, "-ldflags") {
            return Err(format!(
                "built with -ldflags that run a program of their own ({flag}): {ldflags}; if that is right, give \
                 them: -- -ldflags=…"
            )
            .into());
        }
    }
    Ok(())
}

/// Whether the user gives that flag.
fn gives(extra: &[OsString], flag: &str) -> bool {
    extra.iter().any(|word| {
        let word = word.to_string_lossy();
        // The go command takes flags with two dashes, too.
        let word = word
            .strip_prefix('-')
            .filter(|rest| rest.starts_with('-'))
            .unwrap_or(&word);
        word.split('=').next() == Some(flag)
    })
}

fn is_file(word: &OsStr) -> bool {
    let bytes = word.as_encoded_bytes();
    bytes.ends_with(b".go") && !bytes.starts_with(b"-")
}

/// A Go version without experiments, and these, separated by commas.
pub fn split_version(version: &str) -> (&str, Option<&str>) {
    // The separator was a space alone in Go 1.25 and earlier.
    let split = version.split_once(" X:");
    match split.or_else(|| version.split_once("-X:")) {
        Some((plain, experiments)) => (plain, Some(experiments)),
        None => (version, None),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn info(settings: &[(&str, &str)]) -> BuildInfo {
        let settings = settings.iter().map(|&(k, v)| (k.to_owned(), v.to_owned()));
        BuildInfo {
            go_version: "go1.27.4".into(),
            path: "example.com/x".into(),
            settings: settings.collect(),
            ..BuildInfo::default()
        }
    }

    fn of(settings: &[(&str, &str)]) -> Plan {
        plan(&info(settings), &[], false).unwrap()
    }

    fn flags(settings: &[(&str, &str)]) -> Vec<String> {
        let words = of(settings).flags.into_iter();
        words.map(|word| word.into_string().unwrap()).collect()
    }

    #[test]
    fn settings_become_environment() {
        let plan = of(&[
            ("-compiler", "gc"),
            ("DefaultGODEBUG", "a=1"),
            ("CGO_ENABLED", "1"),
            ("CGO_CFLAGS", "-O1 -g"),
            ("CGO_LDFLAGS", ""),
            ("GOARCH", "arm64"),
            ("GOARM64", "v8.0"),
            ("GOOS", "linux"),
        ]);
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            plan.environment,
            [
                pair("CGO_ENABLED", "1"),
                pair("CGO_CFLAGS", "-O1 -g"),
                pair("GOARCH", "arm64"),
                pair("GOARM64", "v8.0"),
                pair("GOOS", "linux"),
                pair("GOFLAGS", "-buildvcs=false"),
            ]
        );
        assert!(plan.cleared.contains(&"GOEXPERIMENT") && plan.cleared.contains(&"CGO_LDFLAGS"));
        assert!(!plan.cleared.contains(&"CGO_CXXFLAGS"));
        assert!(plan.unrecorded.is_empty());
    }

    #[test]
    fn settings_become_flags() {
        assert_eq!(
            flags(&[
                ("-asmflags", "all=-S"),
                ("-buildmode", "pie"),
                ("-gcflags", ""),
                ("-ldflags", "-s -w -X 'main.v=a b'"),
                ("-race", "true"),
                ("-tags", "a,b"),
                ("-trimpath", "true"),
                ("-later", "true"),
            ]),
            [
                "-asmflags=all=-S",
                "-buildmode=pie",
                "-gcflags=",
                "-ldflags=-s -w -X 'main.v=a b'",
                "-race",
                "-tags=a,b",
                "-trimpath",
            ]
        );
    }

    #[test]
    fn the_default_build_mode_is_given_only_where_it_shows() {
        let exe = info(&[("-buildmode", "exe")]);
        assert_eq!(plan(&exe, &[], false).unwrap().flags, [""; 0]);
        assert_eq!(plan(&exe, &[], true).unwrap().flags, ["-buildmode=exe"]);
        let archive = info(&[("-buildmode", "c-archive")]);
        assert!(plan(&archive, &[], false).is_err());
    }

    #[test]
    fn revisions_are_recorded_as_before() {
        let with = of(&[("vcs", "git"), ("vcs.modified", "false")]).environment;
        assert_eq!(with, [("GOFLAGS".into(), "-buildvcs=auto".into())]);
    }

    #[test]
    fn experiments_come_from_the_version_if_need_be() {
        for version in ["go1.22.1 X:a,nob", "go1.27.4-X:a,nob", "go1.27.4-y X:a,nob"] {
            let mut info = info(&[]);
            info.go_version = version.into();
            let found = plan(&info, &[], false).unwrap().environment;
            assert_eq!(found[0], ("GOEXPERIMENT".into(), "a,nob".into()));
            info.settings.push(("GOEXPERIMENT".into(), "nob,a".into()));
            let found = plan(&info, &[], false).unwrap().environment;
            assert_eq!(found[0], ("GOEXPERIMENT".into(), "nob,a".into()));
            assert_eq!(found.len(), 2);
        }
        assert_eq!(split_version("go1.27.4-y X:a"), ("go1.27.4-y", Some("a")));
        assert_eq!(split_version("go1.27.4"), ("go1.27.4", None));
    }

    #[test]
    fn what_trimpath_hides_is_said_unless_it_is_given() {
        let trimmed = info(&[("-trimpath", "true"), ("CGO_ENABLED", "1")]);
        let said = plan(&trimmed, &[], false).unwrap().unrecorded;
        assert_eq!(said.len(), 2);
        assert!(said[0].contains("-- -ldflags="));
        assert!(said[1].contains("CGO_CFLAGS"));
        for given in ["-ldflags=-s", "--ldflags", "-ldflags"] {
            let plan = plan(&trimmed, &[given.into()], false).unwrap();
            assert_eq!(plan.unrecorded.len(), 1, "{given}");
            assert_eq!(plan.flags, ["-trimpath", given]);
        }
    }

    #[test]
    fn a_profile_must_be_there() {
        let own = info(&[("-pgo", "/no/such/folder/default.pgo")]);
        assert_eq!(plan(&own, &[], false).unwrap().flags, [""; 0]);
        let other = info(&[("-pgo", "/no/such/folder/cpu.pprof")]);
        let error = plan(&other, &[], false).unwrap_err().to_string();
        assert!(error.contains("-- -pgo=FILE"), "{error}");
        let given = plan(&other, &["-pgo=x".into()], false).unwrap();
        assert_eq!(given.flags, ["-pgo=x"]);
    }

    #[test]
    fn files_take_the_place_of_a_package() {
        let extra = ["-v".into(), "main.go".into(), "-overlay=x.go".into()];
        let plan = plan(&info(&[]), &extra, false).unwrap();
        assert_eq!(plan.files, ["main.go"]);
        assert_eq!(plan.flags, ["-v", "-overlay=x.go"]);
    }

    #[test]
    fn nothing_is_run_that_only_the_file_asks_for() {
        let mut flag = info(&[]);
        flag.path = "-toolexec=x".into();
        let error = plan(&flag, &[], false).unwrap_err().to_string();
        assert!(error.contains("is a flag"), "{error}");
        for bad in [
            "-s -extld=x",
            "--extld x",
            "all=-s '-extar=x y'",
            "\"-extld=x\"",
        ] {
            let info = info(&[("-ldflags", bad)]);
            let error = plan(&info, &[], false).unwrap_err().to_string();
            assert!(error.contains("-- -ldflags="), "{error}");
            assert!(plan(&info, &["-ldflags=-s".into()], false).is_ok());
        }
        let good = info(&[("-ldflags", "-linkmode=external -extldflags=-static")]);
        assert!(plan(&good, &[], false).is_ok());
    }

    #[test]
    fn another_compiler_is_an_error() {
        assert!(plan(&info(&[("-compiler", "gccgo")]), &[], false).is_err());
    }
}
