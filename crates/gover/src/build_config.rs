//! The build configuration the environment describes: GOOS, GOARCH, the GO$GOARCH settings
//! and experiments, checked as `internal/buildcfg` checks them.

use crate::{ArchSettings, ExperimentError, Experiments, FipsVersions, GoLayout};

/// An error in the environment, worded as cmd/link prints it behind `link: ` before it exits
/// with status 2 (`buildcfg.Check`).
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum BuildConfigError {
    #[error(
        "invalid GOARM64: must start with v8.{{0-9}} or v9.{{0-5}} and may optionally end in \
         \",lse\" and/or \",crypto\""
    )]
    Goarm64,
    #[error("invalid GOMIPS: must be hardfloat, softfloat")]
    Gomips,
    #[error("invalid GOMIPS64: must be hardfloat, softfloat")]
    Gomips64,
    #[error("invalid GOAMD64: must be v1, v2, v3, v4")]
    Goamd64,
    #[error(
        "invalid GOARM: must start with 5, 6, or 7, and may optionally end in either \",hardfloat\" or \",softfloat\""
    )]
    Goarm,
    #[error("invalid GOPPC64: must be power8, power9, power10")]
    Goppc64,
    #[error("invalid GORISCV64: must be {}", .0.join(", "))]
    Goriscv64(&'static [&'static str]),
    #[error("invalid GOWASM: no such feature {0:?}")]
    Gowasm(String),
    #[error(transparent)]
    Experiment(#[from] ExperimentError),
    #[error("invalid GOFIPS140: must be off, latest, inprocess, certified, or {0}.Y.Z")]
    Gofips140(&'static str),
}

/// What the environment says to build for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BuildConfig {
    /// Target operating system.
    pub goos: String,
    /// Target architecture.
    pub goarch: String,
    /// The experiments.
    pub experiments: Experiments,
    /// Name and value of the architecture's setting as the object header has them, such as
    /// `GOAMD64` and `v1` (`buildcfg.GOGOARCH`). None if the architecture has none or its
    /// value is empty.
    pub arch_setting: Option<(&'static str, String)>,
}

impl BuildConfig {
    /// The first line of an object file of this configuration, newline included
    /// (`objabi.HeaderString`). An object with another line does not belong in the link.
    pub fn header_line(&self, go_version: &str) -> String {
        let arch = match &self.arch_setting {
            Some((key, value)) => format!(" {key}={value}"),
            None => String::new(),
        };
        format!(
            "go object {} {} {go_version}{arch} X:{}\n",
            self.goos,
            self.goarch,
            self.experiments.enabled_list()
        )
    }
}

impl GoLayout {
    /// The build configuration of an environment; `env` gives a variable's value, None if it
    /// is not set. `default_goos` and `default_goarch` are what unset GOOS and GOARCH mean:
    /// the machine the linker runs on. Defaults of the other settings are those of Go's own
    /// distributions.
    ///
    /// Every setting is checked, also those of other architectures, and of several errors
    /// the last found is reported, in the order in which Go's package variables come to
    /// life. GOARM64, good or bad, makes errors found before it forgotten, which is why
    /// wrong values of GOAMD64 and GOARM are no errors: they mean the default.
    ///
    /// # Errors
    ///
    /// A setting that is not understood.
    pub fn build_config(
        &self,
        env: impl Fn(&str) -> Option<String>,
        default_goos: &str,
        default_goarch: &str,
    ) -> Result<BuildConfig, BuildConfigError> {
        use BuildConfigError as E;

        let var = |name: &str, default: &str| {
            env(name)
                .filter(|value| !value.is_empty())
                .unwrap_or_else(|| default.to_string())
        };
        // The value of a setting that must be one of `allowed`, the first being the default.
        let one_of = |name: &str, allowed: &[&str]| -> Result<String, String> {
            let value = var(name, allowed[0]);
            match allowed.contains(&value.as_str()) {
                true => Ok(value),
                false => Err(allowed[0].to_string()),
            }
        };
        let mut error = None;
        let mut note = |checked: Result<String, String>, wrong: E| match checked {
            Ok(value) => value,
            Err(default) => {
                error = Some(wrong);
                default
            }
        };

        let goarch = var("GOARCH", default_goarch);
        let goos = var("GOOS", default_goos);
        let go386 = var("GO386", "sse2");
        // What is wrong with these was once overlooked: GOARM64 is read behind them, and what is wrong
        // with that takes the place of all before.
        let early = self.arch_settings == ArchSettings::Early;
        let overlooked = |checked: Result<String, String>| match checked {
            Err(default) if !early => Ok(default),
            checked => checked,
        };
        let amd64 = one_of("GOAMD64", &["v1", "v2", "v3", "v4"]);
        let goamd64 = note(overlooked(amd64), E::Goamd64);
        let goarm = note(overlooked(arm_features(&var("GOARM", "7"))), E::Goarm);
        let goarm64 = match early {
            true => String::new(),
            false => note(arm64_features(&var("GOARM64", "v8.0")), E::Goarm64),
        };
        let float = ["hardfloat", "softfloat"];
        let gomips = note(one_of("GOMIPS", &float), E::Gomips);
        let gomips64 = note(one_of("GOMIPS64", &float), E::Gomips64);
        let power = ["power8", "power9", "power10"];
        let goppc64 = note(one_of("GOPPC64", &power), E::Goppc64);
        let rva = self.riscv_profiles;
        let goriscv64 = match early {
            true => String::new(),
            false => note(one_of("GORISCV64", rva), E::Goriscv64(rva)),
        };
        let wasm = var("GOWASM", "");
        for feature in wasm.split(',') {
            if !["", "satconv", "signext"].contains(&feature) {
                error = Some(E::Gowasm(feature.to_string()));
            }
        }
        let fips = var("GOFIPS140", "off");
        if !["off", "latest", "inprocess", "certified"].contains(&fips.as_str())
            && !self.fips_versions.allow(&fips)
        {
            error = Some(E::Gofips140(self.fips_versions.major()));
        }
        let experiments = self.experiments(&goos, &goarch, &var("GOEXPERIMENT", ""));
        if let Err(wrong) = &experiments {
            error = Some(wrong.clone().into());
        }
        if let Some(error) = error {
            return Err(error);
        }

        let setting = match goarch.as_str() {
            "386" => Some(("GO386", go386)),
            "amd64" => Some(("GOAMD64", goamd64)),
            "arm" => Some(("GOARM", goarm)),
            "arm64" => Some(("GOARM64", goarm64)),
            "mips" | "mipsle" => Some(("GOMIPS", gomips)),
            "mips64" | "mips64le" => Some(("GOMIPS64", gomips64)),
            "ppc64" | "ppc64le" => Some(("GOPPC64", goppc64)),
            _ => match (self.arch_settings, goarch.as_str()) {
                (ArchSettings::WithRiscv, "riscv64") => Some(("GORISCV64", goriscv64)),
                (ArchSettings::Early | ArchSettings::WithWasm, "wasm") => {
                    Some(("GOWASM", wasm_features(&wasm)))
                }
                _ => None,
            },
        };
        Ok(BuildConfig {
            goos,
            goarch,
            experiments: experiments?,
            arch_setting: setting.filter(|(_, value)| !value.is_empty()),
        })
    }
}

/// GOWASM as the header has it.
fn wasm_features(value: &str) -> String {
    let is_on = |feature: &&str| value.split(',').any(|v| v == *feature);
    let on = ["satconv", "signext"].into_iter().filter(is_on);
    on.collect::<Vec<_>>().join(",")
}

/// GOARM as the header has it: version and float kind. A version that is not understood
/// means 7, which is the error value.
fn arm_features(value: &str) -> Result<String, String> {
    let soft = value.strip_suffix(",softfloat");
    let value = soft.unwrap_or(value);
    let hard = value.strip_suffix(",hardfloat");
    let (version, known) = match hard.unwrap_or(value) {
        known @ ("5" | "6" | "7") => (known, true),
        _ => ("7", false),
    };
    let soft = soft.is_some() || hard.is_none() && version == "5";
    let float = if soft { "softfloat" } else { "hardfloat" };
    let features = format!("{version},{float}");
    if known { Ok(features) } else { Err(features) }
}

/// GOARM64 as the header has it: version, `,lse`, `,crypto`. Versions from v8.1 on imply
/// lse. A version that is not understood means v8.0, which is the error value.
fn arm64_features(value: &str) -> Result<String, String> {
    let (mut version, mut lse, mut crypto) = (value, false, false);
    loop {
        if let Some(rest) = version.strip_suffix(",lse") {
            (version, lse) = (rest, true);
        } else if let Some(rest) = version.strip_suffix(",crypto") {
            (version, crypto) = (rest, true);
        } else {
            break;
        }
    }
    let known = match version.as_bytes() {
        b"v8.0" => true,
        [b'v', b'8', b'.', b'1'..=b'9'] | [b'v', b'9', b'.', b'0'..=b'5'] => {
            lse = true;
            true
        }
        _ => false,
    };
    let features = |version: &str| {
        let lse = if lse { ",lse" } else { "" };
        let crypto = if crypto { ",crypto" } else { "" };
        format!("{version}{lse}{crypto}")
    };
    match known {
        true => Ok(features(version)),
        false => Err(features("v8.0")),
    }
}

impl FipsVersions {
    /// Whether `v` is one of them (`buildcfg.isFIPSVersion`).
    fn allow(self, v: &str) -> bool {
        fn number(s: &str) -> Option<&str> {
            let rest = s.trim_start_matches(|c: char| c.is_ascii_digit());
            (rest.len() < s.len()).then_some(rest)
        }
        fn part(s: &str) -> Option<&str> {
            s.strip_prefix('.').and_then(number)
        }
        let major = match self {
            FipsVersions::Any => return true,
            FipsVersions::FirstMajor => v.strip_prefix("v1"),
            FipsVersions::Plain | FipsVersions::Hashed => v.strip_prefix('v').and_then(number),
        };
        let tail = major.and_then(part).and_then(part);
        let is_hash = |tail: &str| tail.strip_prefix('-').is_some_and(|hash| hash.len() == 8);
        match (tail, self) {
            (None, _) => false,
            (Some(""), _) => true,
            (Some(_), FipsVersions::Any | FipsVersions::Plain) => false,
            (Some(tail), FipsVersions::Hashed) => is_hash(tail),
            (Some(tail), FipsVersions::FirstMajor) => match tail.strip_prefix("-rc") {
                Some(rc) => number(rc) == Some(""),
                None => is_hash(tail),
            },
        }
    }

    /// How an error calls the first part of a version.
    const fn major(self) -> &'static str {
        match self {
            FipsVersions::FirstMajor => "v1",
            FipsVersions::Any | FipsVersions::Plain | FipsVersions::Hashed => "vX",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout_for;

    fn config(vars: &[(&str, &str)]) -> Result<BuildConfig, BuildConfigError> {
        let env = |name: &str| {
            let found = vars.iter().find(|(n, _)| *n == name);
            found.map(|(_, value)| value.to_string())
        };
        let layout = layout_for("go1.26").unwrap();
        layout.build_config(env, "linux", "amd64")
    }

    #[test]
    fn header_lines() {
        let line = |vars: &[(&str, &str)]| config(vars).unwrap().header_line("go1.26.8");
        let x = "dwarf5,greenteagc,randomizedheapbase64\n";
        let r = "regabiwrappers,regabiargs,";
        assert_eq!(
            line(&[]),
            format!("go object linux amd64 go1.26.8 GOAMD64=v1 X:{r}{x}")
        );
        assert_eq!(
            line(&[("GOARCH", "arm"), ("GOARM", "5")]),
            format!("go object linux arm go1.26.8 GOARM=5,softfloat X:{x}")
        );
        assert_eq!(
            line(&[("GOARCH", "arm64"), ("GOARM64", "v8.1,crypto")]),
            format!("go object linux arm64 go1.26.8 GOARM64=v8.1,lse,crypto X:{r}{x}")
        );
        assert_eq!(
            line(&[("GOARCH", "loong64")]),
            format!("go object linux loong64 go1.26.8 X:{r}{x}")
        );
    }

    #[test]
    fn the_last_error_wins_and_goarm64_forgets() {
        let err = |vars: &[(&str, &str)]| config(vars).unwrap_err();
        assert!(config(&[("GOAMD64", "v9"), ("GOARM", "9")]).is_ok());
        assert_eq!(
            err(&[("GOARM64", "v8.10"), ("GOAMD64", "v9")]).to_string(),
            "invalid GOARM64: must start with v8.{0-9} or v9.{0-5} and may optionally end in \
             \",lse\" and/or \",crypto\""
        );
        assert_eq!(
            err(&[("GOEXPERIMENT", "foo"), ("GOMIPS", "x")]).to_string(),
            "unknown GOEXPERIMENT foo"
        );
        assert_eq!(
            err(&[("GOEXPERIMENT", "foo"), ("GOFIPS140", "v2.0.0")]).to_string(),
            "unknown GOEXPERIMENT foo"
        );
        assert_eq!(
            err(&[("GOMIPS", "x"), ("GOFIPS140", "v2.0.0")]),
            BuildConfigError::Gofips140("v1")
        );
        assert_eq!(
            err(&[("GOWASM", "signext,a\"b")]).to_string(),
            "invalid GOWASM: no such feature \"a\\\"b\""
        );
    }

    #[test]
    fn fips_versions() {
        let is_fips_version = |v| FipsVersions::FirstMajor.allow(v);
        for good in ["v1.0.0", "v1.26.0", "v1.0.0-rc4", "v1.0.0-c2097c7c"] {
            assert!(is_fips_version(good), "{good}");
        }
        for bad in [
            "v1.0",
            "v1..0",
            "v2.0.0",
            "v1.0.0-rc",
            "v1.0.0-c2097c7",
            "v1.0.0x",
        ] {
            assert!(!is_fips_version(bad), "{bad}");
        }
        for (v, plain, hashed) in [
            ("v1.0.0", true, true),
            ("v2.0.13", true, true),
            ("v2.0", false, false),
            ("v.0.0", false, false),
            ("v1.0.0-c2097c7c", false, true),
            ("v1.0.0-rc1", false, false),
        ] {
            let got = [FipsVersions::Plain, FipsVersions::Hashed].map(|f| f.allow(v));
            assert_eq!(got, [plain, hashed], "{v}");
        }
    }
}
