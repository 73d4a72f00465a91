//! `cargo xtask gen-gover`: the number tables of crate gover, from toolchains' Go source.

use std::path::{Path, PathBuf};

use clap::Args;
use xtask::Result;
use xtask::toolchain::{EARLIER, RELEASES, Toolchain};

// The generator and the enums it names, compiled here rather than taken from the crate: the
// crate cannot be built while a release's tables are missing or lack an entry.
#[allow(dead_code)]
#[path = "../../crates/gover/src/aux_type.rs"]
mod aux_type;
#[allow(dead_code)]
#[path = "../../crates/gover/src/generate.rs"]
mod generate;
#[allow(dead_code)]
#[path = "../../crates/gover/src/module_field.rs"]
mod module_field;
#[allow(dead_code)]
#[path = "../../crates/gover/src/named.rs"]
mod named;
#[allow(dead_code)]
#[path = "../../crates/gover/src/reloc_type.rs"]
mod reloc_type;
#[allow(dead_code)]
#[path = "../../crates/gover/src/sym_kind.rs"]
mod sym_kind;

use aux_type::AuxType;
use module_field::ModuleField;
use reloc_type::RelocType;
use sym_kind::SymKind;

/// What to generate.
#[derive(Args)]
pub struct GenArgs {
    /// The toolchain to read; by default one of each release of the test matrix.
    #[arg(long)]
    goroot: Option<PathBuf>,
    /// Only this release (1.27). With --goroot, what the toolchain must be of.
    #[arg(long)]
    release: Option<String>,
    /// Change nothing; fail if a file is not what the toolchain says.
    #[arg(long)]
    check: bool,
}

/// Generates or checks the tables.
pub fn run(args: GenArgs) -> Result<()> {
    let goroots = match args.goroot {
        Some(goroot) => vec![goroot],
        None => EARLIER
            .iter()
            .chain(RELEASES)
            .map(|(release, _)| *release)
            .filter(|release| args.release.as_deref().is_none_or(|only| only == *release))
            .map(|release| Ok(Toolchain::find(release)?.root))
            .collect::<Result<_>>()?,
    };
    if goroots.is_empty() {
        return Err("no such release in the test matrix; give its --goroot".into());
    }
    for goroot in goroots {
        write_tables(&goroot, args.release.as_deref(), args.check)?;
    }
    Ok(())
}

fn write_tables(goroot: &Path, wanted: Option<&str>, check: bool) -> Result<()> {
    let file = goroot.join("VERSION");
    let text = std::fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
    let version = text.lines().next().unwrap_or_default();
    let release = release(version).ok_or_else(|| format!("{}: {version:?}", file.display()))?;
    if wanted.is_some_and(|wanted| wanted != release) {
        return Err(format!("{} is {version}", goroot.display()).into());
    }

    let tables = generate::generate(goroot)?;
    let name = format!("crates/gover/src/gen/v{}.rs", release.replace('.', "_"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(&name);
    if std::fs::read_to_string(&path).is_ok_and(|old| old == tables) {
        println!("{name}: as {version} says");
        return Ok(());
    }
    if check {
        return Err(format!("{name} is not what {version} says; run cargo xtask gen-gover").into());
    }
    std::fs::write(&path, tables).map_err(|e| format!("{}: {e}", path.display()))?;
    println!("{name}: written from {version}");
    Ok(())
}

/// `go1.27.3` or `go1.27rc1` → `1.27`.
fn release(version: &str) -> Option<&str> {
    let version = version.strip_prefix("go")?;
    let (major, rest) = version.split_once('.')?;
    let minor = rest.bytes().take_while(u8::is_ascii_digit).count();
    (minor > 0).then(|| &version[..major.len() + 1 + minor])
}
