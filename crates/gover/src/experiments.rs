//! GOEXPERIMENT: which experiments a configuration has, and how their lists are written
//! (`internal/buildcfg/exp.go`).

use crate::{GoLayout, VersionSuffix};

/// When an experiment is part of the baseline of a platform.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BaselineWhen {
    /// Everywhere.
    Always,
    /// Where the register ABI is supported.
    RegisterAbi,
    /// Where DWARF 5 is supported.
    Dwarf5,
    /// Where there is an atomic exchange of bytes.
    ByteExchange,
}

/// The experiment tables of a release.
#[derive(Clone, Copy, Debug)]
pub struct ExperimentTables {
    /// Every experiment, lower-cased, in the order lists are written in
    /// (`internal/goexperiment.Flags`).
    pub names: &'static [&'static str],
    /// Experiments that are on unless switched off.
    pub baseline: &'static [(&'static str, BaselineWhen)],
    /// Architectures with register ABI.
    pub register_abi: &'static [&'static str],
    /// Architectures on which the register ABI cannot be switched off.
    pub register_abi_only: &'static [&'static str],
    /// Operating systems without DWARF 5.
    pub dwarf4_oses: &'static [&'static str],
    /// Architectures with an atomic exchange of bytes.
    pub byte_exchange: &'static [&'static str],
}

/// An error in GOEXPERIMENT, worded as cmd/link prints it behind `link: `.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ExperimentError {
    /// No such experiment; holds the name as looked up, without a leading `no`.
    #[error("unknown GOEXPERIMENT {0}")]
    Unknown(String),
    /// Register arguments without ABI wrappers.
    #[error("GOEXPERIMENT regabiargs requires regabiwrappers")]
    RegabiArgsWithoutWrappers,
}

/// The experiments of one configuration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Experiments {
    names: &'static [&'static str],
    /// Bit i: experiment `names[i]` is on.
    enabled: u64,
    baseline: u64,
}

impl Experiments {
    /// Whether experiment `name` (lower case) is on. False for one the release lacks.
    pub fn has(&self, name: &str) -> bool {
        self.names
            .iter()
            .position(|n| *n == name)
            .is_some_and(|i| self.enabled >> i & 1 != 0)
    }

    /// Whether there are ABI wrappers; without them all symbols have ABI version 0
    /// (`ld/main.go`: `abiInternalVer`).
    pub fn regabi_wrappers(&self) -> bool {
        self.has("regabiwrappers")
    }

    /// Whether DWARF is version 5, else 4.
    pub fn dwarf5(&self) -> bool {
        self.has("dwarf5")
    }

    /// Whether `-k` field tracking happens.
    pub fn field_track(&self) -> bool {
        self.has("fieldtrack")
    }

    /// Every experiment that is on, baseline included, as the object header lists them
    /// (`Enabled`): `regabiwrappers,regabiargs,…`.
    pub fn enabled_list(&self) -> String {
        self.list(|i| self.enabled >> i & 1 != 0)
    }

    /// What differs from the baseline, as `runtime.buildVersion` lists it (`String`):
    /// `arenas,nogreenteagc`. Empty for the baseline.
    pub fn diff_list(&self) -> String {
        self.list(|i| (self.enabled ^ self.baseline) >> i & 1 != 0)
    }

    /// Every experiment there is, with `no` before it if it is off (`All`).
    pub fn full_list(&self) -> String {
        self.list(|_| true)
    }

    fn list(&self, wanted: impl Fn(usize) -> bool) -> String {
        let mut list = String::new();
        for (i, name) in self.names.iter().enumerate().filter(|(i, _)| wanted(*i)) {
            if !list.is_empty() {
                list.push(',');
            }
            if self.enabled >> i & 1 == 0 {
                list.push_str("no");
            }
            list.push_str(name);
        }
        list
    }
}

impl GoLayout {
    /// The experiments of a configuration; `goexperiment` is the environment variable's
    /// value, empty if unset (`buildcfg.ParseGOEXPERIMENT`).
    ///
    /// # Errors
    ///
    /// An unknown name, or register arguments without wrappers.
    pub fn experiments(
        &self,
        goos: &str,
        goarch: &str,
        goexperiment: &str,
    ) -> Result<Experiments, ExperimentError> {
        let tables = &self.experiments;
        let bit = |name: &str| {
            let at = tables.names.iter().position(|n| *n == name);
            at.map_or(0, |i| 1u64 << i)
        };
        let register_abi = tables.register_abi.contains(&goarch);
        let dwarf5 = !tables.dwarf4_oses.contains(&goos);
        let byte_exchange = tables.byte_exchange.contains(&goarch);
        let baseline = tables
            .baseline
            .iter()
            .filter(|(_, when)| match when {
                BaselineWhen::Always => true,
                BaselineWhen::RegisterAbi => register_abi,
                BaselineWhen::Dwarf5 => dwarf5,
                BaselineWhen::ByteExchange => byte_exchange,
            })
            .fold(0, |set, (name, _)| set | bit(name));

        let wrappers = bit("regabiwrappers");
        let args = bit("regabiargs");
        let mut enabled = baseline;
        for item in goexperiment.split(',').filter(|item| !item.is_empty()) {
            if item == "none" {
                enabled = 0;
                continue;
            }
            let (name, on) = match item.strip_prefix("no") {
                Some(name) => (name, false),
                None => (item, true),
            };
            let bits = match name {
                "regabi" => wrappers | args,
                _ => bit(name),
            };
            if bits == 0 {
                return Err(ExperimentError::Unknown(name.to_string()));
            }
            enabled = if on { enabled | bits } else { enabled & !bits };
        }
        if tables.register_abi_only.contains(&goarch) {
            enabled |= wrappers | args;
        }
        if !register_abi {
            enabled &= !(wrappers | args);
        }
        if enabled & args != 0 && enabled & wrappers == 0 {
            return Err(ExperimentError::RegabiArgsWithoutWrappers);
        }
        Ok(Experiments {
            names: tables.names,
            enabled,
            baseline,
        })
    }

    /// The value of `runtime.buildVersion` (`ld/main.go:Main`): the Go version and, if there
    /// are any, the experiments that differ from the baseline.
    pub fn build_version(&self, go_version: &str, experiments: &Experiments) -> String {
        let diff = experiments.diff_list();
        if diff.is_empty() {
            return go_version.to_string();
        }
        let separator = match self.version_suffix {
            VersionSuffix::DashOrBlank if !go_version.contains('-') => '-',
            VersionSuffix::DashOrBlank | VersionSuffix::Blank => ' ',
        };
        format!("{go_version}{separator}X:{diff}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{RELEASES, layout_for};

    fn new() -> &'static GoLayout {
        layout_for("go1.27").unwrap()
    }

    #[test]
    fn baseline_depends_on_platform_and_release() {
        let list = |version, goos, goarch| {
            let layout = layout_for(version).unwrap();
            layout.experiments(goos, goarch, "").unwrap().enabled_list()
        };
        assert_eq!(
            list("go1.26", "linux", "amd64"),
            "regabiwrappers,regabiargs,dwarf5,greenteagc,randomizedheapbase64"
        );
        assert_eq!(
            list("go1.27", "linux", "amd64"),
            "regabiwrappers,regabiargs,dwarf5,jsonv2,greenteagc,randomizedheapbase64,\
             sizespecializedmalloc"
        );
        assert_eq!(
            list("go1.26", "darwin", "386"),
            "greenteagc,randomizedheapbase64"
        );
    }

    #[test]
    fn differences_are_listed_in_struct_order() {
        let exp = new()
            .experiments("linux", "amd64", "nogreenteagc,,arenas,nojsonv2,jsonv2")
            .unwrap();
        assert_eq!(exp.diff_list(), "arenas,nogreenteagc");
        let full = exp.full_list();
        assert!(full.contains(",arenas,nocgocheck2,") && full.contains(",nogreenteagc,"));
        assert!(exp.has("arenas") && !exp.has("greenteagc") && !exp.has("nonesuch"));
        assert_eq!(
            new().build_version("go1.27.3", &exp),
            "go1.27.3-X:arenas,nogreenteagc"
        );
        assert_eq!(
            new().build_version("go1.27-abc", &exp),
            "go1.27-abc X:arenas,nogreenteagc"
        );
        let plain = new().experiments("linux", "amd64", "").unwrap();
        assert_eq!(new().build_version("go1.27.3", &plain), "go1.27.3");
    }

    #[test]
    fn none_keeps_what_cannot_be_switched_off() {
        let exp = new().experiments("linux", "amd64", "none").unwrap();
        assert_eq!(exp.enabled_list(), "regabiwrappers,regabiargs");
        let exp = new().experiments("linux", "386", "regabi").unwrap();
        assert!(!exp.regabi_wrappers());
    }

    #[test]
    fn errors_read_as_the_go_command_line_tools_say_them() {
        let err = |env| {
            new()
                .experiments("linux", "amd64", env)
                .unwrap_err()
                .to_string()
        };
        assert_eq!(err("foo"), "unknown GOEXPERIMENT foo");
        assert_eq!(err("nofoo"), "unknown GOEXPERIMENT foo");
        assert_eq!(err("novel"), "unknown GOEXPERIMENT vel");
        let old = layout_for("go1.26").unwrap();
        assert_eq!(
            old.experiments("linux", "s390x", "noregabiwrappers")
                .unwrap_err()
                .to_string(),
            "GOEXPERIMENT regabiargs requires regabiwrappers"
        );
        assert!(
            new()
                .experiments("linux", "s390x", "noregabiwrappers")
                .is_ok()
        );
    }

    #[test]
    fn every_table_entry_is_an_experiment() {
        for layout in RELEASES {
            let tables = &layout.experiments;
            assert!(tables.names.len() <= 64);
            for (name, _) in tables.baseline {
                assert!(tables.names.contains(name), "{name}");
            }
        }
    }
}
