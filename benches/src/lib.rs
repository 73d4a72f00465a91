//! What the benchmarks work on: archives, sections and names of a real link.
//!
//! `cargo bench -p relink-benches` measures kernels one by one; the
//! comparison of whole links is `cargo xtask bench`.

pub mod program;

use object::{Object, ObjectSection, ObjectSymbol};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use xtask::step::Step;
use xtask::toolchain::Toolchain;
use xtask::{Result, measure, paths, programs};

/// The material of one program.
pub struct Material {
    /// The release that compiled it, such as `go1.27.3`.
    pub go: String,
    /// The packages, `main` first, and the bytes of their archives, which stay in memory.
    pub archives: Vec<(String, &'static [u8])>,
    /// `.debug_info` before compression.
    pub debug_info: Vec<u8>,
    /// Names of all symbols, in the order of the symbol table.
    pub names: Vec<String>,
}

impl Material {
    /// From the fixture `hello-net`, built and linked with cmd/link.
    pub fn new(recorder: &Path) -> Result<Material> {
        let go = Toolchain::find("1.27")?;
        let dir = paths::data()
            .join("bench-steps")
            .join(&go.version)
            .join("hello-net");
        let step = Step::load_or_record(&go, &programs::fixture("hello-net"), recorder, &dir)?;
        let main = step.args.last().ok_or("no main archive")?;
        let main = ("main".to_string(), main.clone());
        let mut archives = Vec::new();
        for (package, file) in std::iter::once(main).chain(step.packages()?) {
            let bytes: &'static [u8] = fs::read(step.dir.join(file))?.leak();
            archives.push((package, bytes));
        }
        let scratch = tempfile::tempdir()?;
        let out = scratch.path().join("a.out");
        let run = step.replay(&step.tool, &out, &["-compressdwarf=false".into()])?;
        if !run.status.success() {
            return Err(String::from_utf8_lossy(&run.stderr).into());
        }
        let bytes = fs::read(&out)?;
        let file = object::File::parse(&*bytes)?;
        let debug_info = file
            .section_by_name(".debug_info")
            .ok_or("no .debug_info")?
            .data()?
            .to_vec();
        let names = file
            .symbols()
            .filter_map(|symbol| symbol.name().ok().map(str::to_string))
            .collect();
        Ok(Material {
            go: go.version,
            archives,
            debug_info,
            names,
        })
    }
}

/// Opens the Go objects of an archive.
///
/// # Errors
///
/// What [`Object::open`](goobj::Object::open) finds wrong with one.
pub fn objects(
    archive: &[u8],
) -> impl Iterator<Item = std::result::Result<goobj::Object<'_>, goobj::ObjectError>> {
    let members = goobj::Archive::open(archive)
        .into_iter()
        .flatten()
        .flatten();
    // The export data has an object file's header but is none.
    members
        .filter(|m| m.name != b"__.PKGDEF")
        .filter_map(|m| goobj::TextHeader::split(m.data).ok())
        .map(|header| goobj::Object::open(header.object))
}

/// Seconds that Go's own `compress/zlib` takes at level 1, best of many, in
/// one release.
pub fn go_zlib(release: &str, input: &[u8]) -> Result<f64> {
    let go = Toolchain::find(release)?;
    let scratch = tempfile::tempdir()?;
    let file = scratch.path().join("input");
    fs::write(&file, input)?;
    let program: PathBuf = paths::workspace().join("benches").join("go");
    let mut command: Command = go.go();
    let run = measure::run(command.current_dir(program).args(["run", "."]).arg(&file))?;
    let text = String::from_utf8_lossy(&run.stdout);
    text.trim()
        .parse()
        .map_err(|_| String::from_utf8_lossy(&run.stderr).into_owned().into())
}
