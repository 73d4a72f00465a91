//! How long the phases of a link take: `-benchmark`, and a trace for a browser.
//!
//! A phase lasts from [`Phases::start`] until the next one. Within phases, [`Phases::span`]
//! times what threads do; spans show in the trace only.
//!
//! `RELINK_TRACE=file.json` writes a trace in Chrome's format, to be looked at with
//! `chrome://tracing` or Perfetto. Phases have with them the CPU time that all threads took.

use crate::config::Benchmark;
use crate::usage::resident_bytes;
use crate::{profile, sys};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

/// Times phases. Costs one branch per call when nobody asks.
pub struct Phases {
    recorder: Option<Recorder>,
}

struct Recorder {
    benchmark: Option<Benchmark>,
    trace: Option<PathBuf>,
    begin: Instant,
    /// Memory at the very beginning of the current phase, and the phases so far.
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    phases: Vec<Phase>,
    open: bool,
    spans: Vec<Span>,
}

struct Phase {
    name: String,
    /// Times since the beginning, nanoseconds.
    start: u64,
    end: u64,
    /// CPU time of the process; first at the start, then what the phase took. Nanoseconds.
    cpu: u64,
    /// Resident memory, bytes.
    memory_before: u64,
    memory_after: u64,
}

struct Span {
    name: String,
    thread: u32,
    start: u64,
    end: u64,
}

/// Ends a span when dropped.
#[must_use]
pub struct SpanGuard<'a> {
    open: Option<(&'a Recorder, String, u64)>,
}

impl Phases {
    /// Nothing is measured.
    pub fn off() -> Phases {
        Phases { recorder: None }
    }

    /// Measures for a report, a trace, both or neither.
    pub fn new(benchmark: Option<Benchmark>, trace: Option<PathBuf>) -> Phases {
        let wanted = benchmark.is_some() || trace.is_some();
        Phases {
            recorder: wanted.then(|| Recorder {
                benchmark,
                trace,
                begin: Instant::now(),
                state: Mutex::default(),
            }),
        }
    }

    /// Begins a phase and ends the one before. cmd/link's names are used where there is a
    /// counterpart, since tools read them.
    pub fn start(&self, name: &str) {
        if let Some(r) = &self.recorder {
            r.start(name);
        }
    }

    /// Times a piece of work within a phase, in the thread that does it.
    pub fn span(&self, name: impl FnOnce() -> String) -> SpanGuard<'_> {
        let traced = self.recorder.as_ref().filter(|r| r.trace.is_some());
        SpanGuard {
            open: traced.map(|r| (r, name(), r.now())),
        }
    }

    /// Ends the last phase and gives the report, empty if none is wanted
    /// (`benchmark.Metrics.Report`).
    pub fn report(&self) -> String {
        let Some(r) = &self.recorder else {
            return String::new();
        };
        let mut state = r.state();
        r.close(&mut state);
        match &r.benchmark {
            Some(benchmark) => report(&state.phases, benchmark.mem),
            None => String::new(),
        }
    }

    /// Writes the trace, if one is wanted.
    ///
    /// # Errors
    ///
    /// The file cannot be written; its name and why.
    pub fn write_trace(&self) -> Result<(), String> {
        let Some(r) = &self.recorder else {
            return Ok(());
        };
        let Some(file) = &r.trace else { return Ok(()) };
        let mut state = r.state();
        r.close(&mut state);
        std::fs::write(file, trace(&state)).map_err(|e| format!("{}: {e}", file.display()))
    }
}

impl Recorder {
    fn now(&self) -> u64 {
        u64::try_from(self.begin.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn start(&self, name: &str) {
        let mut state = self.state();
        self.close(&mut state);
        let memory = resident_bytes();
        state.phases.push(Phase {
            name: name.to_owned(),
            start: self.now(),
            end: 0,
            cpu: sys::process_cpu_time(),
            memory_before: memory,
            memory_after: memory,
        });
        state.open = true;
    }

    fn close(&self, state: &mut State) {
        if !std::mem::take(&mut state.open) {
            return;
        }
        let end = self.now();
        let Some(phase) = state.phases.last_mut() else {
            return;
        };
        phase.end = end;
        phase.cpu = sys::process_cpu_time().saturating_sub(phase.cpu);
        phase.memory_after = resident_bytes();
        if let Some(benchmark) = &self.benchmark
            && let Some(base) = &benchmark.profile_base
        {
            let name = benchmark_name(&phase.name);
            let nanoseconds = phase.end - phase.start;
            profile::write_phase(base, &name, nanoseconds, benchmark.mem);
        }
    }
}

impl Drop for SpanGuard<'_> {
    fn drop(&mut self) {
        if let Some((recorder, name, start)) = self.open.take() {
            let end = recorder.now();
            let thread = thread_number();
            recorder.state().spans.push(Span {
                name,
                thread,
                start,
                end,
            });
        }
    }
}

/// The report in the format of Go's benchmarks. Memory is resident memory: this linker has no
/// garbage collector to ask, and does not count its allocations.
fn report(phases: &[Phase], mem: bool) -> String {
    let (suffix, unit) = match mem {
        true => ("_GC", "live-B"),
        false => ("", "heap-B"),
    };
    let mut out = String::new();
    let mut total = 0;
    for p in phases {
        let time = p.end - p.start;
        total += time;
        let grown = p.memory_after.saturating_sub(p.memory_before);
        let name = benchmark_name(&format!("{}{suffix}", p.name));
        let _ = writeln!(
            out,
            "{name} 1 {time} ns/op\t{grown} B/op\t0 allocs/op\t{} {unit}",
            p.memory_after
        );
    }
    let name = benchmark_name(&format!("total time{suffix}"));
    let _ = writeln!(out, "{name} 1 {total} ns/op");
    out
}

/// The name of a benchmark: words joined, each with a capital (`makeBenchString`).
fn benchmark_name(name: &str) -> String {
    let mut out = String::from("Benchmark");
    let mut capital = true;
    for c in name.chars() {
        match (c.is_whitespace(), capital) {
            (true, _) => capital = true,
            (false, true) => {
                out.extend(c.to_uppercase());
                capital = false;
            }
            (false, false) => out.push(c),
        }
    }
    out
}

fn trace(state: &State) -> String {
    let mut out = String::from("{\"traceEvents\":[\n");
    let phases = state
        .phases
        .iter()
        .map(|p| (&p.name, 0, p.start, p.end, Some(p.cpu)));
    let spans = state
        .spans
        .iter()
        .map(|s| (&s.name, s.thread, s.start, s.end, None));
    let mut first = true;
    for (name, thread, start, end, cpu) in phases.chain(spans) {
        if !std::mem::take(&mut first) {
            out.push_str(",\n");
        }
        let micros = |ns: u64| format!("{}.{:03}", ns / 1000, ns % 1000);
        let _ = write!(
            out,
            "{{\"name\":{},\"ph\":\"X\",\"pid\":1,\"tid\":{thread},\"ts\":{},\"dur\":{}",
            json_string(name),
            micros(start),
            micros(end.saturating_sub(start))
        );
        if let Some(cpu) = cpu {
            let _ = write!(out, ",\"args\":{{\"cpu_us\":{}}}", micros(cpu));
        }
        out.push('}');
    }
    out.push_str("\n],\"displayTimeUnit\":\"ms\"}\n");
    out
}

fn json_string(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c < ' ' => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A small number for the current thread, from 1 in the order they first ask.
fn thread_number() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    thread_local! {
        static NUMBER: u32 = NEXT.fetch_add(1, Ordering::Relaxed);
    }
    NUMBER.with(|n| *n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_reads_as_go_benchmarks() {
        let benchmark = |mem| Benchmark {
            mem,
            profile_base: None,
        };
        for (mem, suffix, unit) in [(true, "_GC", "live-B"), (false, "", "heap-B")] {
            let phases = Phases::new(Some(benchmark(mem)), None);
            phases.start("loadlib");
            phases.start("Asmb2");
            let report = phases.report();
            let lines: Vec<&str> = report.lines().collect();
            assert_eq!(lines.len(), 3);
            for (line, name) in lines.iter().zip(["Loadlib", "Asmb2", "TotalTime"]) {
                let words: Vec<&str> = line.split([' ', '\t']).collect();
                assert_eq!(
                    words[0],
                    format!("Benchmark{name}{suffix}").replace("Time_GC", "Time_GC")
                );
                assert_eq!((words[1], words[3]), ("1", "ns/op"));
                assert!(words[2].parse::<u64>().is_ok());
                if name != "TotalTime" {
                    assert_eq!((words[5], words[7], words[9]), ("B/op", "allocs/op", unit));
                    assert!(
                        words[8].parse::<u64>().unwrap() > 100_000,
                        "resident memory"
                    );
                }
            }
            assert_eq!(phases.report(), report, "a report does not reopen a phase");
        }
        assert_eq!(Phases::off().report(), "");
    }

    #[test]
    fn the_trace_is_json_with_phases_and_spans() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("t.json");
        let phases = Phases::new(None, Some(file.clone()));
        phases.start("load \"lib\"");
        drop(phases.span(|| "tab\there".into()));
        phases.write_trace().unwrap();
        assert_eq!(phases.report(), "");
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.contains("\"name\":\"load \\\"lib\\\"\",\"ph\":\"X\",\"pid\":1,\"tid\":0"));
        assert!(text.contains("\"name\":\"tab\\u0009here\""));
        assert_eq!(text.matches("\"dur\":").count(), 2);
        assert_eq!(text.matches("\"cpu_us\":").count(), 1);

        let phases = Phases::new(None, Some(dir.path().join("none/t.json")));
        assert!(phases.write_trace().unwrap_err().contains("none/t.json"));
    }

    #[test]
    fn spans_cost_nothing_without_a_trace() {
        let phases = Phases::off();
        drop(phases.span(|| panic!("no name is made")));
    }
}
