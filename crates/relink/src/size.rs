//! `relink size`: what takes the space in a program.

mod names;
mod table;

use crate::Answer;
use crate::buildinfo;
use crate::error::{self, Error, Result};
use linkdiff::{Class, Owner, Share};
use names::Modules;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use table::{Row, Sizes, Table};

/// Say what takes the space in a Go program, byte for byte.
///
/// Every byte of the file is counted once: with the function, variable, type or unit of debugging information that
/// it belongs to, or as what it is. What zeroed variables take is shown beside, since the file does not have it.
/// With two files, what the second has more than the first.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// A program or shared library that Go's linker has made; with a second one, the older.
    file: PathBuf,
    /// The newer.
    new: Option<PathBuf>,
    /// What a row is about.
    #[arg(long, value_enum, default_value_t = By::Package)]
    by: By,
    /// How many rows are shown; 0 for all.
    #[arg(short = 'n', long, default_value_t = 30)]
    rows: usize,
    /// Print exact numbers of bytes.
    #[arg(long)]
    bytes: bool,
    /// Print all rows as JSON.
    #[arg(long)]
    json: bool,
}

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum By {
    /// A package.
    Package,
    /// A module, as the build information lists them.
    Module,
    /// A function, variable or unit.
    Symbol,
    /// A section.
    Section,
    /// Code, data, tables, debugging information.
    Kind,
}

/// Answers.
pub fn answer(arguments: &Arguments) -> Result<Answer> {
    let mut rows = count(&arguments.file, arguments.by)?;
    if let Some(new) = &arguments.new {
        let old = std::mem::replace(&mut rows, count(new, arguments.by)?);
        for (name, sizes) in old {
            rows.entry(name).or_default().add_all(&sizes, -1);
        }
        rows.retain(|_, sizes| *sizes != Sizes::default());
    }
    let rows = rows.into_iter().map(|(name, sizes)| Row { name, sizes });
    let table = Table::new(rows.collect());
    let text = match arguments.json {
        true => error::json(&table)?,
        false => table.render(arguments.rows, arguments.bytes, arguments.new.is_some()),
    };
    Ok(Answer { text, yes: true })
}

/// The sizes of a file by name.
fn count(path: &Path, by: By) -> Result<HashMap<String, Sizes>> {
    let file = std::fs::read(path).map_err(Error::file(path))?;
    let shares = linkdiff::shares(&file)
        .map_err(|why| Error::Other(format!("{}: {why}", path.display())))?;
    let modules = match by {
        By::Module => {
            let info = buildinfo::read(&file)
                .map_err(|why| Error::Other(format!("{}: {why}", path.display())))?;
            Some(Modules::new(&info))
        }
        _ => None,
    };
    let mut rows: HashMap<String, Sizes> = HashMap::new();
    for share in &shares {
        let name = match (by, &modules) {
            (By::Module, Some(modules)) => modules.of(&names::package(share)).to_owned(),
            (By::Package | By::Module, _) => names::package(share),
            (By::Symbol, _) => symbol(share),
            (By::Section, _) => share.section.clone(),
            (By::Kind, _) => kind(share.class).to_owned(),
        };
        let (file, zeroed) = (signed(share.file), signed(share.zeroed));
        rows.entry(name).or_default().add(share.class, file, zeroed);
    }
    Ok(rows)
}

/// Sizes in memory are what a header says, which may be anything.
fn signed(size: u64) -> i64 {
    i64::try_from(size)
        .unwrap_or(i64::MAX / 4)
        .min(i64::MAX / 4)
}

fn symbol(share: &Share) -> String {
    match &share.owner {
        Owner::Symbol(name) => String::from_utf8_lossy(name).into_owned(),
        Owner::Unit(name) => format!(
            "(debugging information of {})",
            String::from_utf8_lossy(name)
        ),
        Owner::Nobody => names::package(share),
    }
}

fn kind(class: Class) -> &'static str {
    match class {
        Class::Text => "machine code",
        Class::Data => "constants and variables",
        Class::Pclntab => "tables of functions, lines and stack maps",
        Class::Debug => "debugging information",
        Class::Symbols => "symbol tables",
        Class::Other => "headers, notes, padding",
    }
}
