//! What all cases share: toolchains, the linker under test, recorded steps.

use crate::Args;
use crate::fixture::Fixture;
use crate::flags::Variant;
use crate::runner::{Case, Outcome};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use xtask::step::{Build, Step};
use xtask::toolchain::Toolchain;
use xtask::{Result, cargo, paths};

/// Shared by all cases.
#[derive(Clone)]
pub struct Context(Arc<Inner>);

struct Inner {
    toolchains: Vec<Toolchain>,
    linker: PathBuf,
    recorder: PathBuf,
    companion: OnceLock<std::result::Result<PathBuf, String>>,
    steps: Mutex<HashMap<PathBuf, Slot>>,
    kept: AtomicUsize,
}

type Slot = Arc<OnceLock<std::result::Result<Arc<Step>, String>>>;

/// Outputs of failed cases that are kept for a look.
const KEEP_FAILURES: usize = 12;

impl Context {
    /// Finds toolchains and linker.
    pub fn new(args: &Args) -> Result<Context> {
        let mut toolchains = Toolchain::matrix()?;
        if let Some(release) = &args.go {
            toolchains.retain(|go| go.release() == *release || go.version.ends_with(release));
        }
        let linker = args.linker.clone().unwrap_or_else(paths::linker);
        let linker = paths::absolute(&linker);
        if !linker.is_file() {
            return Err(format!(
                "{} does not exist: build it with cargo xtask build, or set RELINK_LINK",
                linker.display()
            )
            .into());
        }
        let linker = named_link(linker)?;
        let failures = paths::data().join("failures");
        if failures.exists() && !args.list {
            fs::remove_dir_all(&failures)?;
        }
        Ok(Context(Arc::new(Inner {
            toolchains,
            linker,
            recorder: std::env::current_exe()?,
            companion: OnceLock::new(),
            steps: Mutex::default(),
            kept: AtomicUsize::new(0),
        })))
    }

    /// The Go releases.
    pub fn toolchains(&self) -> &[Toolchain] {
        &self.0.toolchains
    }

    /// The linker under test.
    pub fn linker(&self) -> &Path {
        &self.0.linker
    }

    /// The companion binary, built for development: its tests are about answers, not about time. It is built as and
    /// with the unit tests, of which a run of all tests has just had the same: by itself it would be built anew, with
    /// other features of what it depends on.
    pub fn companion(&self) -> Result<&Path> {
        let built = self.0.companion.get_or_init(|| {
            let built = cargo::unit_tests(&["--no-run"]);
            built.map_err(|error| error.to_string())?;
            Ok(paths::target().join("debug").join("relink"))
        });
        Ok(built.as_ref().map_err(String::clone)?)
    }

    /// The step of a fixture in one release and one way of building it.
    pub fn fixture_step(
        &self,
        go: &Toolchain,
        fixture: &Fixture,
        variant: &Variant,
    ) -> Result<Arc<Step>> {
        let place = self.place(go, variant.name, &fixture.name);
        self.step(go, place, || fixture.build(variant))
    }

    /// The step of anything else.
    pub fn program_step(
        &self,
        go: &Toolchain,
        name: &str,
        variant: &Variant,
        build: &Build,
    ) -> Result<Arc<Step>> {
        let place = self.place(go, variant.name, name);
        self.step(go, place, || {
            let mut build = build.clone();
            variant.apply(&mut build);
            Ok(build)
        })
    }

    /// The folder of a step: a program in one release and one way of building it.
    pub fn place(&self, go: &Toolchain, variant: &str, name: &str) -> PathBuf {
        paths::data()
            .join("steps")
            .join(&go.version)
            .join(variant)
            .join(name)
    }

    fn step(
        &self,
        go: &Toolchain,
        place: PathBuf,
        build: impl FnOnce() -> Result<Build>,
    ) -> Result<Arc<Step>> {
        let slot = {
            let mut steps = self.0.steps.lock().expect("no panics under the lock");
            Arc::clone(steps.entry(place.clone()).or_default())
        };
        let found = slot.get_or_init(|| {
            let build = build().map_err(|error| error.to_string())?;
            let stamp = source_stamp(&build).map_err(|error| error.to_string())?;
            let stamp_file = place.join("sources.txt");
            if fs::read_to_string(&stamp_file).is_ok_and(|old| old == stamp)
                && let Ok(step) = Step::load(&place)
                && step.tool == go.link()
                && step.go == go.version
            {
                return Ok(Arc::new(step));
            }
            let step = Step::record(go, &build, &self.0.recorder, &place)
                .map_err(|error| error.to_string())?;
            fs::write(stamp_file, stamp).map_err(|error| error.to_string())?;
            Ok(Arc::new(step))
        });
        found.clone().map_err(Into::into)
    }

    /// A folder for a failed case's files, as long as there are few.
    pub fn keep_failure(&self, name: &str) -> Option<PathBuf> {
        if self.0.kept.fetch_add(1, Ordering::Relaxed) >= KEEP_FAILURES {
            return None;
        }
        let dir = paths::data().join("failures").join(name.replace('/', "_"));
        fs::create_dir_all(&dir).ok()?;
        Some(dir)
    }

    /// A new folder for the outputs of a case.
    pub fn scratch(&self) -> Result<tempfile::TempDir> {
        let dir = paths::data().join("tmp");
        fs::create_dir_all(&dir)?;
        Ok(tempfile::tempdir_in(dir)?)
    }
}

/// The linker under the name `link`, with which some messages begin.
fn named_link(linker: PathBuf) -> Result<PathBuf> {
    if linker.file_name().is_some_and(|name| name == "link") {
        return Ok(linker);
    }
    let dir = paths::data().join("under-test");
    fs::create_dir_all(&dir)?;
    let link = dir.join("link");
    if fs::symlink_metadata(&link).is_ok() {
        fs::remove_file(&link)?;
    }
    std::os::unix::fs::symlink(linker, &link)?;
    Ok(link)
}

/// What decides whether a recorded step still stands for its sources.
fn source_stamp(build: &Build) -> Result<String> {
    let mut stamp = format!("{:?}\n", build);
    let mut dirs = vec![build.dir.clone()];
    let mut lines = Vec::new();
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(&dir)? {
            let entry = entry?;
            let meta = entry.metadata()?;
            if meta.is_dir() {
                dirs.push(entry.path());
            } else {
                let path = entry.path();
                let text = fs::read(&path)?;
                lines.push(format!(
                    "{} {}",
                    path.display(),
                    crate::parity::digest(&text)
                ));
            }
        }
    }
    lines.sort();
    stamp += &lines.join("\n");
    Ok(stamp)
}

/// One release, with what all cases share.
#[derive(Clone)]
pub struct Place {
    /// What all cases share.
    pub context: Context,
    /// The release.
    pub go: Toolchain,
}

/// What a case does in one release.
pub type Body = fn(&Place) -> Result<Outcome>;

/// Cases of a group, by name, each with every release.
pub fn for_each_release(
    group: &str,
    all: &[(&str, Body)],
    context: &Context,
    cases: &mut Vec<Case>,
) {
    for go in context.toolchains() {
        let place = Place {
            context: context.clone(),
            go: go.clone(),
        };
        for &(name, body) in all {
            let place = place.clone();
            let name = format!("{group}/{name}/{}", go.release());
            cases.push(Case::new(name, move || body(&place)));
        }
    }
}
