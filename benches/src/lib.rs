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
    /// The packages, `main` first, and the bytes of their archives.
    pub archives: Vec<(String, Vec<u8>)>,
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
        let mut archives = vec![("main".to_string(), fs::read(step.dir.join(main))?)];
        for (package, file) in step.packages()? {
            archives.push((package, fs::read(step.dir.join(file))?));
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
