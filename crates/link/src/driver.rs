//! Everything around a link: from the words of the command line to a [`Config`], from the
//! result of the passes to an exit status.

use crate::args::{self, ArgsContext};
use crate::benchmark::Phases;
use crate::config::{ARCHITECTURES, Config, first_string_vars, goroot_name};
use crate::diag::{Diag, DiagOptions, Stop};
use crate::end::End;
use crate::hostlink::{HostLinker, TempDir};
use crate::loading::{Loaded, load_inputs};
use crate::memory;
use crate::mode::LinkMode;
use crate::output::OutputFile;
use crate::pipeline::{self, Explained, Resolved};
use crate::profile::Profiles;
use crate::threads::Threads;
use crate::toolexec::{Invocation, become_tool, classify};
use crate::version::{self, Toolchain};
use crate::{response, text};
use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// The whole program. Gives its exit status.
pub fn main() -> i32 {
    serve(std::env::args_os().collect())
}

/// Does what a command line asks for, the program's name first: to link, or, behind `go build -toolexec`, to
/// be any tool. Gives the exit status.
pub fn serve(words: Vec<OsString>) -> i32 {
    let env = environment();
    let (words, toolexec) = match classify(words) {
        Invocation::Link { words, toolexec } => (words, toolexec),
        Invocation::Tool(words) => return say(&become_tool(&words)),
    };
    let threads = match Threads::start(&env) {
        Ok(threads) => threads,
        Err(why) => return say(&End::error(format!("link: {why}\n"), 2)),
    };
    let status = guarded(|| match configure(words, toolexec, &env) {
        Ok(config) => run(&config, &env),
        Err(stop) => say(&stop),
    });
    drop(threads);
    status
}

/// Finds out why what is live is live in the program that a command line links, the linker's name first. Nothing is
/// linked.
///
/// # Errors
///
/// The exit status of a link that ends over what was found until then; it has been said.
pub fn explain(words: Vec<OsString>) -> Result<Explained, i32> {
    let env = environment();
    let Invocation::Link { words, toolexec } = classify(words) else {
        return Err(say(&End::error("link: not a link\n", 2)));
    };
    let _threads =
        Threads::start(&env).map_err(|why| say(&End::error(format!("link: {why}\n"), 2)))?;
    let config = configure(words, toolexec, &env).map_err(|end| say(&end))?;
    let diag = Diag::new(diag_options(&config), Phases::off());
    let find = || {
        config.check_late().map_err(|why| diag.exit(why))?;
        memory::make_ready();
        let loaded = load_inputs(&config, &diag)?;
        let resolved = Resolved::new(&config, loaded, &diag)?;
        let found = Explained::find(&config, resolved, &diag)?;
        diag.exit_if_errors()?;
        Ok(found)
    };
    find().map_err(|stop: Stop| stop.status)
}

/// A variable of the environment.
fn environment() -> impl Fn(&str) -> Option<String> {
    |name| std::env::var_os(name).map(|v| v.to_string_lossy().into_owned())
}

/// Says what ends the program; gives its exit status.
fn say(end: &End) -> i32 {
    end.print();
    end.status
}

fn diag_options(config: &Config) -> DiagOptions {
    DiagOptions {
        argv0: config.argv0.clone(),
        halt: config.halt,
        all_errors: config.all_errors,
        verbose: config.verbose,
    }
}

/// Runs what gives an exit status. A panic in it, which is an error of ours, is said in one
/// line and gives 2; unwinding removes the output.
fn guarded(run: impl FnOnce() -> i32) -> i32 {
    set_panic_hook();
    catch_unwind(AssertUnwindSafe(run)).unwrap_or(2)
}

/// Links, and gives the exit status.
fn run(config: &Config, env: &dyn Fn(&str) -> Option<String>) -> i32 {
    let trace = env("RELINK_TRACE")
        .filter(|t| !t.is_empty())
        .map(PathBuf::from);
    let diag = Diag::new(
        diag_options(config),
        Phases::new(config.benchmark.clone(), trace),
    );
    let cpu = config.cpu_profile.as_deref();
    let mut profiles = match Profiles::create(cpu, config.mem_profile.as_deref()) {
        Ok(profiles) => profiles,
        Err(why) => return diag.fatal(why).status,
    };
    let result = link(config, &diag);
    if let Err(why) = diag.phases.write_trace() {
        diag.notice(format_args!("RELINK_TRACE: {why}"));
    }
    if let Err(e) = profiles.write() {
        return diag
            .fatal(format_args!("error closing profile: {e}"))
            .status;
    }
    match result {
        Ok(()) => 0,
        Err(stop) => stop.status,
    }
}

/// The passes and the output file around them (`ld/main.go:Main`, `ld/lib.go:libinit`).
fn link(config: &Config, diag: &Diag) -> Result<(), Stop> {
    diag.phase("libinit");
    let out = OutputFile::create(&config.outfile, &config.outfile_name);
    let mut out = out.map_err(|e| diag.exit(e))?;
    config.check_late().map_err(|why| diag.exit(why))?;
    if diag.verbose(1) {
        diag.print(config.log_head());
    }
    diag.phase("loadlib");
    memory::make_ready();
    let loaded = load_inputs(config, diag)?;
    if loaded.mode == LinkMode::External {
        drop(out);
        return link_with_host(config, loaded, diag);
    }
    let resolved = Resolved::new(config, loaded, diag)?;
    let statistics = pipeline::link(config, resolved, diag, &mut out)?.statistics;
    diag.phase("Munmap");
    out.commit().map_err(|e| diag.exit(e))?;
    diag.log_at(1, || statistics);
    diag.print(diag.phases.report());
    Ok(())
}

/// Makes an object in a temporary folder and has the host linker do the rest
/// (`ld/lib.go:hostlinksetup`).
fn link_with_host(config: &Config, mut loaded: Loaded, diag: &Diag) -> Result<(), Stop> {
    let objects = std::mem::take(&mut loaded.inputs.host_objects);
    let resolved = Resolved::new(config, loaded, diag)?;
    let dir = TempDir::new(config).map_err(|e| diag.fatal(symbols::map::go_error_text(&e)))?;
    let name = dir.file("go.o");
    let mut object =
        OutputFile::create(&name, &name.to_string_lossy()).map_err(|e| diag.exit(e))?;
    let linked = pipeline::link(config, resolved, diag, &mut object)?;
    diag.phase("Munmap");
    object.commit().map_err(|e| diag.exit(e))?;
    diag.phase("hostlink");
    let host = HostLinker::new(config, diag, &dir, &objects, &linked.host);
    let finish = || {
        host.link()?;
        diag.log_at(1, || linked.statistics);
        diag.phase("archive");
        host.archive()?;
        diag.print(diag.phases.report());
        diag.exit_if_errors()
    };
    finish().inspect_err(|_| {
        // What the host linker made all the same does not stay.
        if std::fs::symlink_metadata(&config.outfile).is_ok_and(|m| m.is_file()) {
            let _ = std::fs::remove_file(&config.outfile);
        }
    })
}

/// From the words of the command line, the program's name first, to a configuration.
///
/// # Errors
///
/// What is wrong with them or with the environment, or the end they ask for.
pub fn configure(
    words: Vec<OsString>,
    toolexec: bool,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Config, Box<End>> {
    let words: Vec<Vec<u8>> = words
        .into_iter()
        .map(OsString::into_encoded_bytes)
        .collect();
    if let Some(version) = toolchain_version(&words, toolexec, env) {
        return configure_for(&toolchain(version)?, words, env);
    }
    // By hand, without a toolchain in sight: whatever compiled the main package. Which file that
    // is depends on the flags, which differ little between releases.
    let newest = Toolchain::newest();
    let result = configure_for(&newest, words.clone(), env);
    let main = match &result {
        Ok(config) => config
            .roots
            .first()
            .map_or_else(PathBuf::new, |(_, f)| f.into()),
        Err(_) => words.last().map_or_else(PathBuf::new, |w| text::path(w)),
    };
    match version::of_archive(&main) {
        Some(version) => configure_for(&toolchain(version)?, words, env),
        None => result,
    }
}

/// The version of the toolchain in whose place this program stands, if it stands in one's.
fn toolchain_version(
    words: &[Vec<u8>],
    toolexec: bool,
    env: &dyn Fn(&str) -> Option<String>,
) -> Option<String> {
    let tool = match toolexec {
        true => text::path(words.first()?),
        false => std::env::current_exe().ok()?,
    };
    version::of_tool(&tool).or_else(|| {
        // Tool folders may hold symbolic links, one way or the other.
        let named = text::path(words.first()?);
        version::of_tool(&named)
            .or_else(|| version::of_tool(&std::fs::canonicalize(&tool).ok()?))
            .or_else(|| {
                let goroot = env("GOROOT").filter(|g| !g.is_empty())?;
                version::of_goroot(Path::new(&goroot))
            })
    })
}

fn toolchain(version: String) -> Result<Toolchain, Box<End>> {
    Toolchain::new(version).map_err(|e| End::error(format!("link: {e}\n"), 2).into())
}

/// As [`configure`], for a known toolchain.
pub fn configure_for(
    toolchain: &Toolchain,
    words: Vec<Vec<u8>>,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Config, Box<End>> {
    let argv0 = words
        .first()
        .map_or("link".into(), |w| text::lossy(w).into_owned());
    // The environment comes first (`buildcfg.Check`).
    let (goos, goarch) = (host_os(), host_arch());
    let build = toolchain
        .release
        .build_config(env, goos, goarch)
        .map_err(|e| {
            let program = argv0.rsplit('/').next().unwrap_or("link");
            End::error(format!("{program}: {e}\n"), 2)
        })?;
    if !ARCHITECTURES.contains(&build.goarch.as_str()) {
        let arch = text::quote(build.goarch.as_bytes());
        return Err(End::error(format!("link: unknown architecture {arch}\n"), 2).into());
    }
    // cmd/go tests how it copes with tools that say nothing.
    if words.iter().any(|w| w == b"-crash_for_testing") {
        return Err(End::error("", 2).into());
    }
    let goroot = goroot_name(toolchain.release, env);
    let vars = first_string_vars(
        toolchain.release,
        &toolchain.version,
        &build.experiments,
        goroot.as_deref(),
    );
    let cx = ArgsContext {
        toolchain,
        goos: &build.goos,
        goarch: &build.goarch,
        experiments: &build.experiments,
        argv0: &argv0,
    };
    let mut words = response::expand(words, toolchain.release.response_file)?;
    if !words.is_empty() {
        words.remove(0);
    }
    let args = args::parse(cx, words, vars)?;
    Config::resolve(args, &build, cx, env)
}

/// GOOS of the machine this runs on.
fn host_os() -> &'static str {
    match std::env::consts::OS {
        "macos" => "darwin",
        os => os,
    }
}

/// GOARCH of the machine this runs on.
fn host_arch() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "x86" => "386",
        "aarch64" => "arm64",
        "loongarch64" => "loong64",
        "powerpc64" if cfg!(target_endian = "little") => "ppc64le",
        "powerpc64" => "ppc64",
        arch => arch,
    }
}

/// An internal error is one line, unless `RUST_BACKTRACE` asks for more.
fn set_panic_hook() {
    if std::env::var_os("RUST_BACKTRACE").is_some_and(|v| v != "0") {
        return;
    }
    std::panic::set_hook(Box::new(|info| {
        let payload = info.payload();
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        let place = info
            .location()
            .map(|l| format!(" ({}:{})", l.file(), l.line()));
        eprintln!(
            "link: internal error: {}{}",
            text.unwrap_or("unknown").replace('\n', " "),
            place.unwrap_or_default()
        );
    }));
}

#[cfg(test)]
mod tests;
