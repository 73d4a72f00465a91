//! `cargo xtask bench`: relink and cmd/link in turn on recorded link steps.

use crate::table;
use clap::Args;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use xtask::measure::Run;
use xtask::programs::{self, Program};
use xtask::step::Step;
use xtask::toolchain::Toolchain;
use xtask::{Result, paths};

/// What to measure.
#[derive(Args, Debug)]
pub struct BenchArgs {
    /// Programs: hello, test-binary, cmd-go, cmd-compile, gopls, etcd, caddy,
    /// hugo, prometheus, kube-apiserver, or the folder of a recorded step.
    #[arg(default_values = ["hello", "test-binary", "gopls", "hugo"])]
    programs: Vec<String>,
    /// Go release or version.
    #[arg(long, default_value = "1.27")]
    go: String,
    /// Least number of pairs of runs for each line of the table; short ones are run for three seconds.
    #[arg(long, default_value_t = 7)]
    runs: usize,
    /// Sets of flags: default, s-w, nocompress.
    #[arg(long, value_delimiter = ',', default_values = ["default", "s-w", "nocompress"])]
    flags: Vec<String>,
    /// The linker to compare; RELINK_LINK or target/release/link if not given.
    #[arg(long)]
    linker: Option<PathBuf>,
    /// Also show where the time goes, pass by pass.
    #[arg(long)]
    passes: bool,
    /// Also link the test binary this many times at once.
    #[arg(long, default_value_t = 0)]
    at_once: usize,
    /// Also run ours with these numbers of threads.
    #[arg(long, value_delimiter = ',')]
    threads: Vec<usize>,
    /// Write the archives anew first, as a build does that has just compiled
    /// them (twice the room on disk, as steps share files with Go's cache).
    #[arg(long)]
    fresh: bool,
    /// Write the README's table.
    #[arg(long)]
    readme: bool,
    /// Write all figures as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
}

impl BenchArgs {
    /// The link step of a program, with its archives as they are asked for.
    fn step(&self, go: &Toolchain, name: &str) -> Result<Step> {
        let step = step(go, name)?;
        if self.fresh {
            step.write_archives()?;
        }
        Ok(step)
    }
}

/// The cost of one link.
#[derive(Debug, Clone, Copy, Serialize)]
struct Cost {
    /// Seconds.
    wall: f64,
    /// Seconds, user and system.
    cpu: f64,
    /// Bytes.
    peak: f64,
}

impl Cost {
    fn of(run: &Run) -> Cost {
        Cost {
            wall: run.wall.as_secs_f64(),
            cpu: run.cpu.as_secs_f64(),
            peak: run.peak as f64,
        }
    }
}

/// One line of the table.
#[derive(Debug, Serialize)]
struct Line {
    program: String,
    flags: String,
    output_bytes: u64,
    input_bytes: u64,
    packages: usize,
    identical: bool,
    ours: Vec<Cost>,
    stock: Vec<Cost>,
}

impl Line {
    /// Median of pairwise ratios of a figure, cmd/link's over ours.
    fn ratio(&self, figure: fn(&Cost) -> f64) -> f64 {
        let pairs = self.stock.iter().zip(&self.ours);
        median(
            pairs
                .map(|(stock, ours)| figure(stock) / figure(ours).max(1e-9))
                .collect(),
        )
    }

    fn ours(&self, figure: fn(&Cost) -> f64) -> f64 {
        median(self.ours.iter().map(figure).collect())
    }

    fn stock(&self, figure: fn(&Cost) -> f64) -> f64 {
        median(self.stock.iter().map(figure).collect())
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => values[n / 2],
        n => (values[n / 2 - 1] + values[n / 2]) / 2.0,
    }
}

fn flag_set(name: &str) -> Result<Vec<String>> {
    let flags: &[&str] = match name {
        "default" => &[],
        "s-w" => &["-s", "-w"],
        "w" => &["-w"],
        "nocompress" => &["-compressdwarf=false"],
        _ => return Err(format!("no set of flags is called {name}").into()),
    };
    Ok(flags.iter().map(|flag| flag.to_string()).collect())
}

/// The link step of a program, a fixture, or in a folder.
pub fn step(go: &Toolchain, name: &str) -> Result<Step> {
    if Path::new(name).join("step.json").is_file() {
        return Step::load(Path::new(name));
    }
    let recorder = std::env::current_exe()?;
    let build = programs::fixture(name);
    if build.dir.is_dir() {
        let dir = paths::data()
            .join("bench-steps")
            .join(&go.version)
            .join(name);
        return Step::load_or_record(go, &build, &recorder, &dir);
    }
    Program::find(name)?.step(go, &recorder)
}

/// Runs the benchmark.
pub fn run(args: &BenchArgs) -> Result<()> {
    let go = Toolchain::find(&args.go)?;
    let linker = args.linker.clone().unwrap_or_else(paths::linker);
    if !linker.is_file() {
        return Err(format!("{} does not exist", linker.display()).into());
    }
    let scratch = scratch()?;
    println!("{}", machine(&go));
    let mut lines = Vec::new();
    for name in &args.programs {
        let step = args.step(&go, name)?;
        for set in &args.flags {
            let line = pairs(&step, name, set, &linker, scratch.path(), args.runs)?;
            println!("{}", describe(&line));
            lines.push(line);
        }
        if args.passes {
            passes(&step, &linker, scratch.path())?;
        }
        threads(&step, &linker, scratch.path(), &args.threads, args.runs)?;
    }
    if args.at_once > 0 {
        let step = args.step(&go, "test-binary")?;
        at_once(&step, &linker, scratch.path(), args.at_once, args.runs)?;
    }
    println!("\n{}", markdown(&lines));
    if let Some(file) = &args.json {
        fs::write(file, serde_json::to_vec_pretty(&lines)?)?;
    }
    if args.readme {
        readme(&lines, &go, args.fresh)?;
    }
    if lines.iter().any(|line| !line.identical) {
        return Err("an output differs from cmd/link's".into());
    }
    Ok(())
}

/// A scratch folder on the file system of the target folder.
pub fn scratch() -> Result<tempfile::TempDir> {
    let dir = paths::data().join("tmp");
    fs::create_dir_all(&dir)?;
    Ok(tempfile::tempdir_in(dir)?)
}

fn link(step: &Step, linker: &Path, out: &Path, flags: &[String]) -> Result<Run> {
    if out.exists() {
        fs::remove_file(out)?;
    }
    let run = step.replay(linker, out, flags)?;
    if run.status.success() {
        return Ok(run);
    }
    Err(format!(
        "{}: {}\n{}",
        linker.display(),
        run.status,
        String::from_utf8_lossy(&run.stderr)
    )
    .into())
}

/// How long pairs are run at least: a few links of a hundredth of a second say little on a noisy machine.
const LEAST: Duration = Duration::from_secs(3);

/// Ours and cmd/link in turn, `runs` times or more; who begins changes from pair to pair.
fn pairs(
    step: &Step,
    name: &str,
    set: &str,
    linker: &Path,
    scratch: &Path,
    runs: usize,
) -> Result<Line> {
    let flags = flag_set(set)?;
    let (out, stock_out) = (scratch.join("ours"), scratch.join("stock"));
    // The first runs warm the page cache and are not counted.
    link(step, linker, &out, &flags)?;
    link(step, &step.tool, &stock_out, &flags)?;
    let identical = same(&out, &stock_out)?;
    let output_bytes = fs::metadata(&out)?.len();
    let (mut ours, mut stock) = (Vec::new(), Vec::new());
    let start = Instant::now();
    while ours.len() < runs || start.elapsed() < LEAST {
        let pair = ours.len();
        for first in [true, false] {
            if first == (pair % 2 == 0) {
                ours.push(Cost::of(&link(step, linker, &out, &flags)?));
            } else {
                stock.push(Cost::of(&link(step, &step.tool, &stock_out, &flags)?));
            }
        }
    }
    Ok(Line {
        program: Path::new(name)
            .file_name()
            .map_or(name.into(), |name| name.to_string_lossy().into_owned()),
        flags: set.into(),
        output_bytes,
        input_bytes: step.input_bytes()?,
        packages: step.packages()?.len() + 1,
        identical,
        ours,
        stock,
    })
}

/// Rows for the demo: cmd/link, relink, and the ratios.
pub fn compare(
    step: &Step,
    linker: &Path,
    scratch: &Path,
    runs: usize,
) -> Result<Vec<Vec<String>>> {
    let line = pairs(step, "demo", "default", linker, scratch, runs)?;
    let row = |name: &str, costs: &[Cost]| {
        let figure = |of: fn(&Cost) -> f64| median(costs.iter().map(of).collect());
        vec![
            name.to_string(),
            table::time(figure(|cost| cost.wall)),
            table::time(figure(|cost| cost.cpu)),
            format!("{:.0} MB", figure(|cost| cost.peak) / 1e6),
        ]
    };
    Ok(vec![
        row("cmd/link", &line.stock),
        row("relink", &line.ours),
        vec![
            "".into(),
            format!("{:.1}× faster", line.ratio(|cost| cost.wall)),
            format!("{:.1}× less", line.ratio(|cost| cost.cpu)),
            format!("{:.2}×", 1.0 / line.ratio(|cost| cost.peak)),
        ],
    ])
}

/// Compares two files piece by piece, so that the measuring process stays
/// small: a child's peak memory includes its parent's at the fork.
fn same(a: &Path, b: &Path) -> Result<bool> {
    use std::io::Read;
    let (mut a, mut b) = (fs::File::open(a)?, fs::File::open(b)?);
    if a.metadata()?.len() != b.metadata()?.len() {
        return Ok(false);
    }
    let (mut left, mut right) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        let n = a.read(&mut left)?;
        if n == 0 {
            return Ok(true);
        }
        b.read_exact(&mut right[..n])?;
        if left[..n] != right[..n] {
            return Ok(false);
        }
    }
}

fn describe(line: &Line) -> String {
    format!(
        "{:12} {:10} {:6.1} MB  wall {} → {} ({:.1}×)  CPU {} → {} ({:.1}×)  peak {:.0} → {:.0} MB ({:.2}×)  {}",
        line.program,
        line.flags,
        line.output_bytes as f64 / 1e6,
        table::time(line.stock(|cost| cost.wall)),
        table::time(line.ours(|cost| cost.wall)),
        line.ratio(|cost| cost.wall),
        table::time(line.stock(|cost| cost.cpu)),
        table::time(line.ours(|cost| cost.cpu)),
        line.ratio(|cost| cost.cpu),
        line.stock(|cost| cost.peak) / 1e6,
        line.ours(|cost| cost.peak) / 1e6,
        1.0 / line.ratio(|cost| cost.peak),
        if line.identical {
            "identical"
        } else {
            "DIFFERENT"
        },
    )
}

fn markdown(lines: &[Line]) -> String {
    let mut rows = vec![vec![
        "program".to_string(),
        "flags".into(),
        "output".into(),
        "wall, cmd/link".into(),
        "wall, relink".into(),
        "faster".into(),
        "CPU, less".into(),
        "peak memory".into(),
    ]];
    for line in lines {
        let flags = match line.flags.as_str() {
            "s-w" => "`-s -w`",
            "w" => "`-w`",
            "nocompress" => "`-compressdwarf=false`",
            _ => "default",
        };
        rows.push(vec![
            line.program.clone(),
            flags.into(),
            format!("{:.1} MB", line.output_bytes as f64 / 1e6),
            table::time(line.stock(|cost| cost.wall)),
            table::time(line.ours(|cost| cost.wall)),
            format!("{:.1}×", line.ratio(|cost| cost.wall)),
            format!("{:.1}×", line.ratio(|cost| cost.cpu)),
            format!("{:.2}×", 1.0 / line.ratio(|cost| cost.peak)),
        ]);
    }
    table::markdown(&rows)
}

/// Where the time goes, from `-benchmark=cpu`, which both linkers print.
fn passes(step: &Step, linker: &Path, scratch: &Path) -> Result<()> {
    let flags = vec!["-benchmark=cpu".to_string()];
    let out = scratch.join("passes");
    for (whose, linker) in [("ours", linker), ("cmd/link", step.tool.as_path())] {
        let mut passes: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        for _ in 0..5 {
            let run = link(step, linker, &out, &flags)?;
            for line in String::from_utf8_lossy(&run.stdout).lines() {
                let words: Vec<&str> = line.split_whitespace().collect();
                if let [name, _, time, "ns/op", ..] = words[..]
                    && name != "BenchmarkTotalTime"
                    && let Ok(time) = time.parse::<f64>()
                {
                    let name = name.trim_start_matches("Benchmark").to_string();
                    passes.entry(name).or_default().push(time / 1e9);
                }
            }
        }
        let mut list: Vec<(f64, String)> = passes
            .into_iter()
            .map(|(name, times)| (median(times), name))
            .collect();
        list.sort_by(|a, b| b.0.total_cmp(&a.0));
        let total: f64 = list.iter().map(|(time, _)| time).sum();
        println!("    {whose}: {} in passes", table::time(total));
        for (time, name) in list.iter().take(16) {
            println!(
                "        {name:28} {:>8}  {:4.1} %",
                table::time(*time),
                time / total * 100.0
            );
        }
    }
    Ok(())
}

/// Ours with a number of threads.
fn threads(
    step: &Step,
    linker: &Path,
    scratch: &Path,
    counts: &[usize],
    runs: usize,
) -> Result<()> {
    let out = scratch.join("threads");
    for &count in counts {
        let mut costs = Vec::new();
        for _ in 0..runs {
            let mut command = step.command(linker, &out, &[]);
            command.env("RELINK_THREADS", count.to_string());
            costs.push(Cost::of(&xtask::measure::run(&mut command)?));
        }
        println!(
            "    {count:3} threads: wall {}, CPU {}",
            table::time(median(costs.iter().map(|cost| cost.wall).collect())),
            table::time(median(costs.iter().map(|cost| cost.cpu).collect()))
        );
    }
    Ok(())
}

/// Many links of a test binary at the same time.
fn at_once(step: &Step, linker: &Path, scratch: &Path, count: usize, runs: usize) -> Result<()> {
    let all = |linker: &Path| -> Result<Duration> {
        let start = Instant::now();
        let mut children = Vec::new();
        for n in 0..count {
            let out = scratch.join(format!("at-once-{n}"));
            children.push(step.command(linker, &out, &[]).spawn()?);
        }
        for mut child in children {
            if !child.wait()?.success() {
                return Err("a link failed".into());
            }
        }
        Ok(start.elapsed())
    };
    let mut ratios = Vec::new();
    let (mut ours, mut stock) = (Vec::new(), Vec::new());
    all(linker)?;
    for _ in 0..runs {
        let (a, b) = (all(linker)?.as_secs_f64(), all(&step.tool)?.as_secs_f64());
        ratios.push(b / a);
        ours.push(a);
        stock.push(b);
    }
    println!(
        "{count} test binaries at once: {} → {} ({:.1}× throughput)",
        table::time(median(stock)),
        table::time(median(ours)),
        median(ratios)
    );
    Ok(())
}

/// One line on the machine and the versions.
fn machine(go: &Toolchain) -> String {
    let model = fs::read_to_string("/proc/cpuinfo")
        .ok()
        .and_then(|text| {
            let line = text.lines().find(|line| line.starts_with("model name"))?;
            Some(line.split_once(':')?.1.trim().to_string())
        })
        .unwrap_or_else(|| std::env::consts::ARCH.into());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let date = Command::new("date")
        .args(["-u", "+%Y-%m-%d"])
        .output()
        .map(|out| String::from_utf8_lossy(&out.stdout).trim().to_string())
        .unwrap_or_default();
    format!("{model}, {cores} cores; {} linux/amd64; {date}", go.version)
}

/// Writes the table between the marks of the README.
fn readme(lines: &[Line], go: &Toolchain, fresh: bool) -> Result<()> {
    let file = paths::workspace().join("README.md");
    let text = fs::read_to_string(&file)?;
    let (begin, end) = ("<!-- bench: begin -->\n", "<!-- bench: end -->");
    let (Some(from), Some(to)) = (text.find(begin), text.find(end)) else {
        return Err("the README has no marks for the table".into());
    };
    let new = format!(
        "{}{}\n{}{}",
        &text[..from + begin.len()],
        markdown(lines),
        format_args!(
            "{} runs or more of each in turn, medians of pairwise ratios{}. {}.\n",
            lines.iter().map(|line| line.ours.len()).min().unwrap_or(0),
            if fresh {
                "; archives as just compiled"
            } else {
                ""
            },
            machine(go)
        ),
        &text[to..]
    );
    fs::write(file, new)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(median(Vec::new()).is_nan());
    }

    #[test]
    fn ratios_are_of_pairs() {
        let cost = |wall| Cost {
            wall,
            cpu: wall,
            peak: wall,
        };
        let line = Line {
            program: "p".into(),
            flags: "default".into(),
            output_bytes: 1,
            input_bytes: 1,
            packages: 1,
            identical: true,
            ours: vec![cost(1.0), cost(2.0), cost(4.0)],
            stock: vec![cost(10.0), cost(6.0), cost(20.0)],
        };
        assert_eq!(line.ratio(|cost| cost.wall), 5.0);
    }
}
