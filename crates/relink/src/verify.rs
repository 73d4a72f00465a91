//! `relink verify`: does this Go program reproduce?
//!
//! The program says how it was built: toolchain, modules, settings. It is built again that way, and the files
//! are compared byte for byte.

mod answer;
mod build;
mod causes;
mod marks;
mod paths;
mod plan;
mod toolchain;

use crate::Answer;
use crate::buildinfo::{self, BuildInfo};
use crate::error::{self, Error, Result};
use answer::Verdict;
use marks::Marks;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// What is asked.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The program: an executable file or shared library that the go command has built.
    file: PathBuf,
    /// A folder in the program's module; else the current one, or the module cache.
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Keep the rebuilt file under this name.
    #[arg(long, value_name = "OUT")]
    keep: Option<PathBuf>,
    /// Have the toolchain's own linker link, not relink.
    #[arg(long)]
    stock_linker: bool,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
    /// Further flags of `go build`, for what the program does not say.
    #[arg(last = true, value_name = "GO BUILD FLAGS")]
    extra: Vec<OsString>,
}

/// Answers.
pub fn answer(arguments: &Arguments) -> Result<Answer> {
    let file = read(&arguments.file)?;
    let info =
        buildinfo::read(&file).map_err(|why| format!("{}: {why}", arguments.file.display()))?;
    let marks = Marks::read(&file);
    let plan = plan::plan(
        &info,
        &arguments.extra,
        marks.position_independent == Some(false),
    )?;

    let folder = tempfile::tempdir().map_err(Error::file(Path::new("temporary folder")))?;
    let (version, _) = plan::split_version(&info.go_version);
    let root = paths::goroot(&paths::source_files(&file)).map(str::to_owned);
    let go = toolchain::Go::find(version, root.as_deref(), folder.path())?;
    let source = build::find(&info, arguments.dir.as_deref(), &go, &plan)?;
    let order = build::Order {
        info: &info,
        plan: &plan,
        go: &go,
        source: &source,
        test: paths::is_test(&file),
        stock_linker: arguments.stock_linker,
    };
    let name = arguments.file.file_name().unwrap_or(OsStr::new("a.out"));
    let built = build::build(order, folder.path(), name)?;
    let rebuilt = read(&built.file)?;
    if let Some(place) = &arguments.keep {
        std::fs::copy(&built.file, place).map_err(Error::file(place))?;
    }

    let reproduces = file == rebuilt;
    let (differences, notes, linkdiff) = if reproduces {
        Default::default()
    } else {
        reasons(&info, &plan, [&file, &rebuilt], &marks)
    };
    let verdict = Verdict {
        file: arguments.file.display().to_string(),
        reproduces,
        go_version: info.go_version.clone(),
        package: info.path.clone(),
        module: info.main.clone(),
        source: source.to_string(),
        goroot: go.env.get("GOROOT").cloned().unwrap_or_default(),
        linker: if arguments.stock_linker {
            "cmd/link"
        } else {
            "relink"
        },
        environment: environment(&plan, version),
        command: built
            .words
            .iter()
            .map(|word| word.to_string_lossy().into_owned())
            .collect(),
        size: file.len() as u64,
        rebuilt_size: rebuilt.len() as u64,
        sha256: hex::encode(Sha256::digest(&file)),
        rebuilt_sha256: hex::encode(Sha256::digest(&rebuilt)),
        differences,
        notes,
        linkdiff,
    };
    Ok(Answer {
        text: if arguments.json {
            error::json(&verdict)?
        } else {
            verdict.to_string()
        },
        yes: reproduces,
    })
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(Error::file(path))
}

/// What the build had in its environment. `version` is that of the toolchain.
fn environment(plan: &plan::Plan, version: &str) -> BTreeMap<String, String> {
    let mut all: BTreeMap<_, _> = plan.environment.iter().cloned().collect();
    all.insert("GOTOOLCHAIN".into(), version.to_owned());
    all
}

type Reasons = (
    Vec<causes::Difference>,
    Vec<String>,
    Option<linkdiff::Report>,
);

/// Why the files differ.
fn reasons(info: &BuildInfo, plan: &plan::Plan, files: [&[u8]; 2], marks: &Marks) -> Reasons {
    let both = [marks, &Marks::read(files[1])];
    let mut differences = match buildinfo::read(files[1]) {
        Ok(other) => causes::of_infos(info, &other),
        Err(_) => Vec::new(),
    };
    differences.extend(causes::of_files(files[0], files[1], both));
    let mut notes = causes::conclusions(info, &differences, files, both);
    // All that could have been given is in the build ID.
    if both[0].go_build_id != both[1].go_build_id {
        notes.extend(plan.unrecorded.iter().cloned());
    }
    let report = linkdiff::compare(files[0], files[1], &linkdiff::Options::default());
    (differences, notes, Some(report))
}
