//! From a configuration to loaded inputs, with what is to be said about them
//! (`ld/lib.go:loadlib`).

use crate::config::Config;
use crate::diag::{Diag, Stop};
use crate::mode::{BuildMode, LinkMode, LinkModeDecision, LinkModeInputs};
use crate::version::of_header;
use gover::{GoLayout, MachoBuildVersion, PluginUsers, layout_for};
use hostobj::macho::{PLATFORM_MACOS, PlatformCommand, platform_command};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use symbols::load::{LoadResult, Problem, Severity, load};
use symbols::{Inputs, path_to_prefix};
use target::FileFormat;

/// What was loaded.
pub struct Loaded {
    /// The inputs.
    pub inputs: Inputs,
    /// Who links.
    pub mode: LinkMode,
    /// Whether the program can load plugins.
    pub can_use_plugins: bool,
    /// What a host object says of the system that a Mach-O file is for, if that is to be said again.
    pub platform: Option<PlatformCommand>,
    /// Whether packages need C: runtime/cgo was there before a host linker was (`iscgo`).
    pub cgo: bool,
}

/// Loads the packages.
///
/// # Errors
///
/// The link ends over what was found; it has been said. Errors that do not end cmd/link at once
/// do not end this either, so that what they lead to is reported too.
pub fn load_inputs(config: &Config, diag: &Diag) -> Result<Loaded, Stop> {
    if !(0..=2).contains(&config.strict_dups) {
        let text = format!("invalid -strictdups flag value {}", config.strict_dups);
        return Err(diag.fatal(text));
    }
    let decided = OnceLock::new();
    let (can_use_plugins, cgo) = (AtomicBool::new(false), AtomicBool::new(false));
    let further = |inputs: &Inputs| {
        cgo.store(uses_cgo(inputs), Relaxed);
        let (platform, goos) = (&config.release.platform, &config.goos);
        let possible = match config.release.plugin_users {
            PluginUsers::Everywhere => true,
            PluginUsers::WherePluginsAre => platform.build_mode("plugin", goos, &config.goarch),
        };
        let plugins = possible && uses_cgo(inputs) && inputs.libs.iter().any(|l| l.pkg == "plugin");
        can_use_plugins.store(plugins, Relaxed);
        let (problems, decision) = choose_link_mode(config, inputs);
        // Start-up code finds out by this package whether C sets up threads.
        let external = decision.mode == Ok(LinkMode::External);
        let missing = external && !uses_cgo(inputs) && !can_lack_cgo(config);
        let missing = missing.then_some("runtime/cgo");
        let _ = decided.set(decision.mode.unwrap_or_default());
        (problems, missing)
    };
    let loaded = load(&config.load_options(&further));
    check_headers(config, diag, &loaded)?;
    for problem in &loaded.problems {
        diag.problem(problem)?;
    }
    let inputs = loaded.inputs;
    let mode = decided.into_inner().unwrap_or_default();
    let can_use_plugins = can_use_plugins.into_inner();
    let platform = match config.os.format {
        FileFormat::MachO => host_platform(config, &inputs),
        _ => None,
    };
    Ok(Loaded {
        inputs,
        platform,
        mode,
        can_use_plugins,
        cgo: cgo.into_inner(),
    })
}

/// The command of a host object that the output repeats (`ld/macho.go:domacho`).
fn host_platform(config: &Config, inputs: &Inputs) -> Option<PlatformCommand> {
    let objects = inputs.host_objects.iter();
    let mut commands = objects.filter_map(|o| platform_command(o.data));
    match config.release.macho.build_version {
        MachoBuildVersion::FromHostObject => commands.next(),
        MachoBuildVersion::FromFlags => commands.find(|c| c.platform != PLATFORM_MACOS),
    }
}

/// Whether a host linker can make this without package runtime/cgo.
fn can_lack_cgo(config: &Config) -> bool {
    config.os.is_macos() && config.arch.macho_without_cgo && config.build_mode != BuildMode::Plugin
}

/// Whether all objects were compiled by the toolchain linked for.
fn check_headers(config: &Config, diag: &Diag, loaded: &LoadResult) -> Result<(), Stop> {
    let mut other_release = None;
    let mut unknown = None;
    for (object, line) in &loaded.headers {
        let good = same_line(line, config.header_line.as_bytes());
        if good {
            continue;
        }
        let text = String::from_utf8_lossy(line);
        let text = text.trim_end_matches('\n');
        if !config.ignore_header {
            diag.check_header(object, line, &config.header_line)?;
        }
        let version = of_header(text).unwrap_or_default();
        let release = layout_for(version);
        if !release.is_ok_and(|r| r.release == config.release.release) {
            other_release.get_or_insert_with(|| format!("{object}: {version}"));
        }
        unknown = unknown.or_else(|| unknown_experiment(config.release, text));
    }
    if let Some(name) = unknown {
        let known = config.release.experiments.names.join(", ");
        diag.notice_plain(format_args!(
            "unknown experiment {name} (supported: {known})"
        ));
    }
    // The numbers in such objects mean something else; there is no point in going on.
    match other_release {
        Some(_) if !config.ignore_header => diag.exit_if_errors(),
        Some(object) => Err(diag.exit(format_args!(
            "{object} cannot be linked as {}: objects must be of one Go release",
            config.go_version
        ))),
        None => Ok(()),
    }
}

fn same_line(a: &[u8], b: &[u8]) -> bool {
    let end = |l: &'_ [u8]| l.strip_suffix(b"\n").unwrap_or(l).to_vec();
    a == b || end(a) == end(b)
}

/// An experiment listed in a header line that a release does not have.
fn unknown_experiment(release: &GoLayout, line: &str) -> Option<String> {
    let (_, list) = line.rsplit_once(" X:")?;
    let known = |name: &&str| !release.experiments.names.contains(name);
    let name = list.split(',').filter(|n| !n.is_empty()).find(known)?;
    Some(name.to_owned())
}

fn uses_cgo(inputs: &Inputs) -> bool {
    inputs.libs.iter().any(|l| l.pkg == "runtime/cgo")
}

/// Finds out who links, and what is to be said about it.
fn choose_link_mode(config: &Config, inputs: &Inputs) -> (Vec<Problem>, LinkModeDecision) {
    let internal: Vec<String> = config
        .release
        .packages
        .internal_cgo
        .iter()
        .filter(|p| !config.os.external_packages.contains(p))
        .map(|p| path_to_prefix(p))
        .collect();
    let foreign = |pkg: &String| !internal.contains(pkg);
    let decision = config.decide_link_mode(&LinkModeInputs {
        cgo: uses_cgo(inputs),
        foreign_object: inputs.host_objects.iter().any(|h| foreign(&h.pkg)),
        unknown_object_format: inputs.unknown_object_format,
        dynimportfail: &inputs.dynimportfail,
        preferlinkext: &inputs.preferlinkext,
    });
    let problem = |severity, text: &String| Problem {
        severity,
        text: text.clone(),
    };
    let shown = decision.log.iter().filter(|(l, _)| config.verbose >= *l);
    let mut problems: Vec<Problem> = shown.map(|(_, t)| problem(Severity::Log, t)).collect();
    if let Err(text) = &decision.mode {
        problems.push(problem(Severity::Exit, text));
    }
    (problems, decision)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn experiments_of_other_releases_are_found() {
        let release = layout_for("go1.26").unwrap();
        let unknown = |line| unknown_experiment(release, line);
        assert_eq!(
            unknown("go object linux amd64 go1.26.8 X:dwarf5,greenteagc"),
            None
        );
        assert_eq!(unknown("go object linux amd64 go1.26.8 X:"), None);
        assert_eq!(
            unknown("go object linux amd64 go1.26.8 X:dwarf5,telepathy").as_deref(),
            Some("telepathy")
        );
    }
}
