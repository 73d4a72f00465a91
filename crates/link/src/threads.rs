//! How many threads a link uses.
//!
//! `RELINK_THREADS=n` says it outright. Else, under `make -j`, it is as many job tokens as are to
//! be had at once, and without a jobserver the processors there are, up to a limit past which
//! links of any size gain nothing.

use crate::memory::{self, Arenas};
use jobserver::{Acquired, Client};

/// Threads beyond this many wait for one another more than they work.
const MOST: usize = 32;

/// The threads of this process, and the job tokens they were paid with, which go back when this
/// is dropped.
pub struct Threads {
    /// Number of threads.
    pub count: usize,
    _tokens: Vec<Acquired>,
}

impl Threads {
    /// Sizes the thread pool. To be called once, before anything runs in parallel.
    ///
    /// # Errors
    ///
    /// `RELINK_THREADS` is no number.
    pub fn start(env: &dyn Fn(&str) -> Option<String>) -> Result<Threads, String> {
        let processors = std::thread::available_parallelism().map_or(1, |n| n.get());
        let (count, tokens) = match requested(env)? {
            Some(count) => (count, Vec::new()),
            None => {
                let wanted = processors.min(MOST);
                match jobs() {
                    Some(client) => {
                        let tokens = take_tokens(&client, wanted - 1);
                        // One job is this process's own.
                        (tokens.len() + 1, tokens)
                    }
                    None => (wanted, Vec::new()),
                }
            }
        };
        memory::keep();
        // How memory is reserved best the other threads find out, while this one reads the command line.
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(count)
            .use_current_thread()
            .start_handler(move |_| Arenas::here().reserve(count));
        // It fails if there is a pool already, which then has to do.
        let _ = pool.build_global();
        Ok(Threads {
            count,
            _tokens: tokens,
        })
    }
}

fn requested(env: &dyn Fn(&str) -> Option<String>) -> Result<Option<usize>, String> {
    let Some(text) = env("RELINK_THREADS").filter(|t| !t.is_empty()) else {
        return Ok(None);
    };
    match text.parse() {
        Ok(count @ 1..=1024) => Ok(Some(count)),
        _ => Err(format!(
            "RELINK_THREADS={text}: not a number from 1 to 1024"
        )),
    }
}

#[allow(unsafe_code)]
fn jobs() -> Option<Client> {
    std::env::var_os("MAKEFLAGS")?;
    // SAFETY: called before this process opens files of its own whose numbers could be mistaken
    // for the jobserver's.
    unsafe { Client::from_env() }
}

/// Takes tokens for as long as there are some, without waiting.
fn take_tokens(client: &Client, most: usize) -> Vec<Acquired> {
    std::iter::from_fn(|| client.try_acquire().ok().flatten())
        .take(most)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;
    use std::process::Command;

    #[test]
    fn threads_on_request() {
        for (value, want) in [
            (None, Ok(None)),
            (Some(""), Ok(None)),
            (Some("3"), Ok(Some(3))),
            (
                Some("0"),
                Err("RELINK_THREADS=0: not a number from 1 to 1024"),
            ),
            (
                Some("x"),
                Err("RELINK_THREADS=x: not a number from 1 to 1024"),
            ),
        ] {
            let env = |name: &str| {
                assert_eq!(name, "RELINK_THREADS");
                value.map(str::to_owned)
            };
            assert_eq!(requested(&env), want.map_err(str::to_owned));
        }
    }

    /// Run by the test below in a process of its own, whose environment has a jobserver.
    #[test]
    #[ignore = "part of another test"]
    fn child_of_a_jobserver() {
        let client = jobs().expect("a jobserver");
        let held = take_tokens(&client, 5);
        println!("first {}", held.len());
        drop(held);
        println!("then {}", take_tokens(&client, 1).len());
    }

    #[test]
    fn no_more_tokens_than_there_are() {
        let dir = tempfile::tempdir().unwrap();
        let fifo = dir.path().join("tokens");
        if !Command::new("mkfifo")
            .arg(&fifo)
            .status()
            .is_ok_and(|s| s.success())
        {
            println!("skipped: no mkfifo");
            return;
        }
        // Open both ways, so that the tokens stay in it.
        let mut options = std::fs::OpenOptions::new();
        let mut tokens = options.read(true).write(true).open(&fifo).unwrap();
        tokens.write_all(b"++").unwrap();
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "threads::tests::child_of_a_jobserver"])
            .args(["--ignored", "--nocapture"])
            .env(
                "MAKEFLAGS",
                format!(" -j3 --jobserver-auth=fifo:{}", fifo.display()),
            )
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&child.stdout);
        assert!(
            text.contains("first 2\n") && text.contains("then 1\n"),
            "{text}"
        );
    }
}
