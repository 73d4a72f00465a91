//! A question and its answers, and how they get to and from the link that answers.
//!
//! The go command starts the link, through `-toolexec`. Whoever asks lays the question into a folder that a variable of
//! the environment names; each link puts its answer beside it.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Names the folder.
const FOLDER: &str = "RELINK_QUESTION";

/// What is asked.
#[derive(Serialize, Deserialize, Debug, Clone, Default)]
pub struct Question {
    /// Names of symbols or packages.
    pub names: Vec<String>,
    /// Whether it is asked who may call methods by reflection.
    pub reflection: bool,
}

/// What a program has to say.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The import path of its main package, if it is known.
    pub program: Option<String>,
    /// For each name.
    pub names: Vec<Finding>,
    /// The ways to functions that may call any exported method by reflection, nearest first; none unless asked for.
    pub reflecting: Vec<Vec<Step>>,
    /// Further such functions, which are live because of those only.
    pub reflecting_too: Vec<String>,
}

/// What there is to say of a name.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Finding {
    /// A live symbol.
    Symbol {
        /// The name that was asked for.
        name: String,
        /// The way from it to where the program starts.
        way: Vec<Step>,
    },
    /// A package of which something is live.
    Package {
        /// Its import path.
        name: String,
        /// Live symbols.
        symbols: usize,
        /// Their bytes.
        bytes: u64,
        /// The way from its nearest symbol to where the program starts.
        way: Vec<Step>,
    },
    /// Something that is not live.
    Dead {
        /// The name that was asked for.
        name: String,
        /// The package that defines it.
        package: String,
    },
    /// No symbol and no package.
    Unknown {
        /// The name that was asked for.
        name: String,
        /// Names of what is live that are like it.
        similar: Vec<String>,
    },
}

impl Finding {
    /// Whether it is live.
    pub fn is_live(&self) -> bool {
        matches!(self, Finding::Symbol { .. } | Finding::Package { .. })
    }
}

/// A step of a way.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The symbol.
    pub symbol: String,
    /// Why it is live, or, of a type, why it counts as used in an interface. The next step has the symbol that the
    /// cause is about.
    #[serde(flatten)]
    pub cause: Cause,
}

/// Why something is live.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
#[serde(tag = "cause", content = "by", rename_all = "kebab-case")]
pub enum Cause {
    /// The program starts with it or always needs it.
    Root,
    /// The next symbol refers to it.
    Reference,
    /// It initialises a package that the next symbol's package imports.
    Import,
    /// It belongs to a method of the type that comes next, called through an interface in this function.
    InterfaceCall(String),
    /// The same, called by its name in this function.
    NameCall(String),
    /// The same, exported, when this function may call any by reflection.
    ReflectionCall(String),
    /// The same, and another module may call it.
    ModuleCall,
    /// The next symbol is a function that converts it to an interface.
    Converted,
    /// The next symbol is a type used in an interface of which it is a part.
    Part,
    /// The compiler marks the type as used in an interface.
    Marked,
    /// Another module may convert the type to an interface.
    Module,
}

/// A folder with a question.
pub struct Asked(tempfile::TempDir);

impl Asked {
    /// Lays down a question.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn new(question: &Question) -> Result<Asked> {
        let dir = tempfile::Builder::new().prefix("relink-").tempdir();
        let dir = dir.map_err(Error::file(&std::env::temp_dir()))?;
        write(&dir.path().join("question.json"), question)?;
        Ok(Asked(dir))
    }

    /// The variable of the environment that tells the link, and the folder, which has room for output that nobody wants.
    pub fn variable(&self) -> (&'static str, &Path) {
        (FOLDER, self.0.path())
    }

    /// The answers that have come, by the programs' paths.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn replies(&self) -> Result<Vec<Reply>> {
        let mut replies: Vec<Reply> = Vec::new();
        let entries = std::fs::read_dir(self.0.path()).map_err(Error::file(self.0.path()))?;
        for entry in entries {
            let path = entry.map_err(Error::file(self.0.path()))?.path();
            if path.extension() == Some("reply".as_ref()) {
                replies.push(read(&path)?);
            }
        }
        replies.sort_by(|a, b| a.program.cmp(&b.program));
        Ok(replies)
    }
}

/// The question that this process, which links, is asked, and where the answer goes.
pub fn asked() -> Option<Result<(Question, PathBuf)>> {
    let dir = PathBuf::from(std::env::var_os(FOLDER).filter(|d: &OsString| !d.is_empty())?);
    let reply = dir.join(format!("{}.reply", std::process::id()));
    Some(read(&dir.join("question.json")).map(|question| (question, reply)))
}

/// Puts down an answer.
///
/// # Errors
/// The file cannot be written.
pub fn reply(path: &Path, reply: &Reply) -> Result<()> {
    write(path, reply)
}

fn write(path: &Path, value: &impl Serialize) -> Result<()> {
    let text = serde_json::to_vec(value).map_err(|e| Error::Other(e.to_string()))?;
    std::fs::write(path, text).map_err(Error::file(path))
}

fn read<T: for<'a> Deserialize<'a>>(path: &Path) -> Result<T> {
    let text = std::fs::read(path).map_err(Error::file(path))?;
    serde_json::from_slice(&text).map_err(|e| Error::Other(format!("{}: {e}", path.display())))
}
