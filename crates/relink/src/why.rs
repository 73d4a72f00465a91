//! `relink why`: why a symbol or a package is in a program.

mod find;
mod question;
mod text;

use crate::Answer;
use crate::error::{self, Error, Result};
use crate::gobuild;
use link::toolexec::{Invocation, classify};
use question::{Asked, Question, Reply};
use std::ffi::OsString;
use std::process::Command;

/// Say why a symbol or a package is in a program.
///
/// The program is built as `go build` does with the flags and packages behind `--`, without leaving a file. For each
/// symbol or package the shortest chain of references is shown that leads to it from where the program starts.
/// Methods are kept because their type is converted to an interface and something calls them through one, or by
/// reflection; the chain says who does.
#[derive(clap::Args)]
pub struct Arguments {
    /// Symbols (`net/http.(*Client).Do`), types (`main.config`) or packages (`net/http`).
    #[arg(required_unless_present = "reflection")]
    names: Vec<String>,
    /// Say who keeps all exported methods by calling some that only reflection knows.
    #[arg(long)]
    reflection: bool,
    /// Ask the test binary of a package (`go test -c`).
    #[arg(long, conflicts_with = "link")]
    test: bool,
    /// What stands behind `--` are arguments of `go tool link`, not of `go build`.
    #[arg(long)]
    link: bool,
    /// Print the answer as JSON.
    #[arg(long)]
    json: bool,
    /// Flags and packages of `go build`.
    #[arg(last = true)]
    rest: Vec<OsString>,
}

/// Answers.
pub fn answer(arguments: &Arguments) -> Result<Answer> {
    let question = Question {
        names: arguments.names.clone(),
        reflection: arguments.reflection,
    };
    let replies = match arguments.link {
        true => vec![ask_link(&question, &arguments.rest)?],
        false => ask_build(&question, arguments)?,
    };
    let text = match arguments.json {
        true => error::json(&replies)?,
        false => text::render(&replies, question.reflection),
    };
    let live = |reply: &Reply| reply.names.iter().all(question::Finding::is_live);
    let reflects = |reply: &Reply| !question.reflection || !reply.reflecting.is_empty();
    Ok(Answer {
        text,
        yes: replies.iter().all(|r| live(r) && reflects(r)),
    })
}

/// Asks a program whose link is given by its arguments.
fn ask_link(question: &Question, arguments: &[OsString]) -> Result<Reply> {
    let words = std::iter::once("link".into()).chain(arguments.iter().cloned());
    let program = link::driver::explain(words.collect())
        .map_err(|_| Error::Other("the program cannot be linked".into()))?;
    Ok(find::answer(&program, question))
}

/// Asks all programs that a build links.
fn ask_build(question: &Question, arguments: &Arguments) -> Result<Vec<Reply>> {
    let asked = Asked::new(question)?;
    let subcommand: &[&str] = match arguments.test {
        true => &["test", "-c"],
        false => &["build"],
    };
    let mut go = Command::new("go");
    go.args(subcommand).arg(gobuild::toolexec()?);
    let (variable, folder) = asked.variable();
    let mut out = folder.join("out").into_os_string();
    // A folder takes any number of programs.
    out.push("/");
    go.arg("-o")
        .arg(out)
        .args(&arguments.rest)
        .env(variable, folder);
    gobuild::run(&mut go)?;
    let replies = asked.replies()?;
    match replies.is_empty() {
        true => Err(Error::Other(
            "nothing was linked: no main package was named".into(),
        )),
        false => Ok(replies),
    }
}

/// Answers what a link that the go command has started is asked, if anything. `words` are those of a tool, as
/// `-toolexec` has them.
pub fn answer_for(words: &[OsString]) -> Result<()> {
    let Some(asked) = question::asked() else {
        return Ok(());
    };
    let words: Vec<OsString> = std::iter::once("relink".into())
        .chain(words.iter().cloned())
        .collect();
    let is_link = matches!(classify(words.clone()), Invocation::Link { .. });
    if !is_link || words.iter().any(|w| w.to_string_lossy().starts_with("-V")) {
        return Ok(());
    }
    let (question, path) = asked?;
    // What is wrong with the link has been said, and will be again.
    match link::driver::explain(words) {
        Ok(program) => question::reply(&path, &find::answer(&program, &question)),
        Err(_) => Ok(()),
    }
}
