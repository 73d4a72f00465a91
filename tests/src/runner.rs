//! Runs cases side by side and adds up.

use crate::Args;
use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// How a case ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// As it should be.
    Pass,
    /// Not as it should be, and what was found.
    Fail(String),
    /// Not run, and why.
    Skip(String),
}

impl Outcome {
    /// A failure if there is a message.
    pub fn of(problems: Vec<String>) -> Outcome {
        if problems.is_empty() {
            Outcome::Pass
        } else {
            Outcome::Fail(problems.join("\n"))
        }
    }
}

/// One case.
pub struct Case {
    /// Words separated by slashes; the first is the group.
    pub name: String,
    /// What it does. An error counts as a failure.
    pub body: Box<dyn Fn() -> xtask::Result<Outcome> + Send + Sync>,
}

impl Case {
    /// A case.
    pub fn new(
        name: impl Into<String>,
        body: impl Fn() -> xtask::Result<Outcome> + Send + Sync + 'static,
    ) -> Case {
        Case {
            name: name.into(),
            body: Box::new(body),
        }
    }
}

/// Runs the cases that the arguments ask for; true if none failed.
pub fn run(args: &Args, mut cases: Vec<Case>) -> xtask::Result<bool> {
    cases.retain(|case| args.filter.iter().all(|word| case.name.contains(word)));
    if args.list {
        for case in &cases {
            println!("{}", case.name);
        }
        return Ok(true);
    }
    let jobs = args
        .jobs
        .or_else(|| std::thread::available_parallelism().ok().map(usize::from))
        .unwrap_or(2);
    let rest = Mutex::new(Rest::divide(cases.len(), jobs.max(1)));
    let done: Mutex<Vec<(usize, Outcome, Duration)>> = Mutex::new(Vec::new());
    let start = Instant::now();
    std::thread::scope(|scope| {
        for worker in 0..jobs.max(1) {
            let (rest, done, cases) = (&rest, &done, &cases);
            scope.spawn(move || {
                loop {
                    let next = rest.lock().expect("no case holds the lock").take(worker);
                    let Some(index) = next else {
                        return;
                    };
                    let case = &cases[index];
                    let began = Instant::now();
                    let outcome = match catch_unwind(AssertUnwindSafe(|| (case.body)())) {
                        Ok(Ok(outcome)) => outcome,
                        Ok(Err(error)) => Outcome::Fail(error.to_string()),
                        Err(_) => Outcome::Fail("the test itself panicked".into()),
                    };
                    let took = began.elapsed();
                    let mut done = done.lock().expect("no case holds the lock");
                    report(done.len() + 1, cases.len(), &case.name, &outcome, took);
                    done.push((index, outcome, took));
                }
            });
        }
    });
    let done = done.into_inner().expect("all threads have ended");
    Ok(summary(&cases, &done, start.elapsed()))
}

/// The cases that nobody has begun, in a stretch for each worker.
///
/// Neighbours mostly need the same build, which one of two workers would only wait for.
struct Rest(Vec<Range<usize>>);

impl Rest {
    /// Gives each of `workers` as many of `cases`.
    fn divide(cases: usize, workers: usize) -> Rest {
        let start = |worker| cases * worker / workers;
        Rest((0..workers).map(|w| start(w)..start(w + 1)).collect())
    }

    /// The next case of a worker. Whose own are done takes over half of the longest stretch.
    fn take(&mut self, worker: usize) -> Option<usize> {
        if self.0[worker].is_empty() {
            let longest = self.0.iter_mut().max_by_key(|stretch| stretch.len())?;
            let middle = longest.start + longest.len() / 2;
            let half = middle..longest.end;
            longest.end = middle;
            self.0[worker] = half;
        }
        self.0[worker].next()
    }
}

fn report(count: usize, all: usize, name: &str, outcome: &Outcome, took: Duration) {
    let took = took.as_secs_f64();
    match outcome {
        Outcome::Pass => println!("[{count}/{all}] ok    {name} ({took:.1}s)"),
        Outcome::Skip(why) => println!("[{count}/{all}] skip  {name}: {why}"),
        Outcome::Fail(message) => {
            println!("[{count}/{all}] FAIL  {name} ({took:.1}s)");
            for line in message.lines().take(60) {
                println!("    {line}");
            }
        }
    }
}

fn summary(cases: &[Case], done: &[(usize, Outcome, Duration)], took: Duration) -> bool {
    let mut groups: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    let mut failed = Vec::new();
    let mut skipped = Vec::new();
    for (index, outcome, _) in done {
        let name = cases[*index].name.as_str();
        let group = groups
            .entry(name.split('/').next().unwrap_or(name))
            .or_default();
        match outcome {
            Outcome::Pass => group[0] += 1,
            Outcome::Fail(_) => {
                group[1] += 1;
                failed.push(name);
            }
            Outcome::Skip(why) => {
                group[2] += 1;
                skipped.push((name, why));
            }
        }
    }
    failed.sort_unstable();
    skipped.sort_unstable();
    println!();
    if !skipped.is_empty() {
        println!("skipped:");
        for (name, why) in &skipped {
            println!("    {name}: {why}");
        }
    }
    if !failed.is_empty() {
        println!("failed:");
        for name in &failed {
            println!("    {name}");
        }
    }
    for (group, [passed, failed, skipped]) in &groups {
        println!("{group}: {passed} passed, {failed} failed, {skipped} skipped");
    }
    let total = groups.values().fold([0; 3], |sum, group| {
        [sum[0] + group[0], sum[1] + group[1], sum[2] + group[2]]
    });
    println!(
        "{} passed, {} failed, {} skipped ({:.0} s)",
        total[0],
        total[1],
        total[2],
        took.as_secs_f64()
    );
    total[1] == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_case_is_taken_once_whoever_is_fast() {
        for (cases, workers) in [(0, 2), (1, 2), (1, 3), (10, 1), (97, 4)] {
            let mut rest = Rest::divide(cases, workers);
            let mut taken = Vec::new();
            // Worker 0 takes one of three, the last one all that the others leave.
            for turn in 0.. {
                let worker = if turn % 3 == 0 { 0 } else { workers - 1 };
                match rest.take(worker) {
                    Some(case) => taken.push(case),
                    None => break,
                }
            }
            taken.sort_unstable();
            assert!(taken.into_iter().eq(0..cases), "{cases} {workers}");
        }
    }

    #[test]
    fn workers_begin_far_from_one_another() {
        let mut rest = Rest::divide(100, 2);
        let order: Vec<_> = (0..4).map(|turn| rest.take(turn % 2)).collect();
        assert_eq!(order, [Some(0), Some(50), Some(1), Some(51)]);
    }
}
