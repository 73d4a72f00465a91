//! The project's tasks: `cargo xtask <task>`.

mod bench;
mod demo;
mod gen_gover;
mod release;
mod table;
mod test;

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;
use xtask::step::{self, Build, Step};
use xtask::toolchain::{PATCH_LEVELS, Toolchain};
use xtask::{Result, paths};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Set-up, demo, tests and benchmarks")]
struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Find Go, or install it under target/, and fetch the other releases.
    Setup,
    /// Build the linker: target/release/link.
    Build,
    /// Link a real program through go build and show what it costs.
    Demo(demo::DemoArgs),
    /// Run everything that must hold.
    Test(test::TestArgs),
    /// Compare with cmd/link on recorded link steps.
    Bench(bench::BenchArgs),
    /// Save the command line and inputs of a link, and run linkers on them.
    #[command(subcommand)]
    LinkStep(LinkStep),
    /// Read the number tables of crate gover out of Go toolchains.
    GenGover(gen_gover::GenArgs),
}

#[derive(Subcommand)]
enum LinkStep {
    /// Record the link of a package into a folder.
    Save {
        /// The folder, which is made new.
        folder: PathBuf,
        /// Go release (1.27) or version (1.27.3).
        #[arg(long, default_value = "1.27")]
        go: String,
        /// Where to run the go command.
        #[arg(long, default_value = ".")]
        dir: PathBuf,
        /// Further environment: NAME=VALUE.
        #[arg(long)]
        env: Vec<String>,
        /// Record the test binary of the package.
        #[arg(long)]
        test: bool,
        /// Flags of go build, then the package.
        #[arg(last = true)]
        rest: Vec<String>,
    },
    /// Run a linker on a recorded step.
    Run {
        /// The folder.
        folder: PathBuf,
        /// The linker; cmd/link of that release if not given.
        #[arg(long)]
        linker: Option<PathBuf>,
        /// The output file.
        #[arg(short, default_value = "a.out")]
        o: PathBuf,
        /// Further linker flags.
        #[arg(last = true)]
        flags: Vec<String>,
    },
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().collect();
    if args.get(1).is_some_and(|arg| arg == step::RECORD) {
        step::record_main(&args[2..]);
    }
    match run(Args::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: Args) -> Result<ExitCode> {
    match args.task {
        Task::Setup => setup(),
        Task::Build => {
            println!("{}", release::build()?.display());
            Ok(ExitCode::SUCCESS)
        }
        Task::Demo(args) => demo::run(&args).map(|()| ExitCode::SUCCESS),
        Task::Test(args) => test::run(&args).map(|()| ExitCode::SUCCESS),
        Task::Bench(args) => bench::run(&args).map(|()| ExitCode::SUCCESS),
        Task::LinkStep(task) => link_step(task),
        Task::GenGover(args) => gen_gover::run(args).map(|()| ExitCode::SUCCESS),
    }
}

fn setup() -> Result<ExitCode> {
    for go in Toolchain::matrix()? {
        println!("setup: {} in {}", go.version, go.root.display());
    }
    for version in PATCH_LEVELS {
        match Toolchain::find(version) {
            Ok(go) => println!("setup: {} in {}", go.version, go.root.display()),
            Err(e) => println!("setup: no Go {version}, its tests are skipped: {e}"),
        }
    }
    println!("setup: build cache in {}", paths::go_cache().display());
    xtask::system::setup()?;
    Ok(ExitCode::SUCCESS)
}

fn link_step(task: LinkStep) -> Result<ExitCode> {
    match task {
        LinkStep::Save {
            folder,
            go,
            dir,
            env,
            test,
            mut rest,
        } => {
            let go = Toolchain::find(&go)?;
            let build = Build {
                dir,
                package: rest.pop().unwrap_or_default(),
                env: env
                    .iter()
                    .filter_map(|pair| pair.split_once('='))
                    .map(|(name, value)| (name.into(), value.into()))
                    .collect(),
                flags: rest,
                test,
            };
            let step = Step::record(&go, &build, &std::env::current_exe()?, &folder)?;
            println!(
                "{}: {}, {} packages, {:.1} MB of archives",
                folder.display(),
                step.go,
                step.packages()?.len(),
                step.input_bytes()? as f64 / 1e6
            );
            Ok(ExitCode::SUCCESS)
        }
        LinkStep::Run {
            folder,
            linker,
            o,
            flags,
        } => {
            let step = Step::load(&folder)?;
            let linker = linker.unwrap_or_else(|| step.tool.clone());
            let run = step.replay(&linker, &o, &flags)?;
            eprint!("{}", String::from_utf8_lossy(&run.stderr));
            print!("{}", String::from_utf8_lossy(&run.stdout));
            eprintln!(
                "{:.3} s wall, {:.3} s CPU, {:.1} MB peak",
                run.wall.as_secs_f64(),
                run.cpu.as_secs_f64(),
                run.peak as f64 / 1e6
            );
            Ok(ExitCode::from(run.code().clamp(0, 255) as u8))
        }
    }
}
