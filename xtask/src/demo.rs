//! `cargo xtask demo`: a real program, linked by relink through `go build`.

use crate::bench;
use crate::release;
use crate::table;
use clap::Args;
use std::fs;
use std::path::Path;
use std::process::Command;
use xtask::measure::succeed;
use xtask::programs::Program;
use xtask::toolchain::Toolchain;
use xtask::{Result, paths};

/// What to show.
#[derive(Args, Debug)]
pub struct DemoArgs {
    /// cmd-go, cmd-compile, gopls, etcd, caddy or hugo.
    #[arg(default_value = "gopls")]
    program: String,
    /// Go release or version.
    #[arg(long, default_value = "1.27")]
    go: String,
    /// Links with each linker.
    #[arg(long, default_value_t = 5)]
    runs: usize,
}

/// Shows it.
pub fn run(args: &DemoArgs) -> Result<()> {
    let program = Program::find(&args.program)?;
    println!("1. Go");
    let go = Toolchain::find(&args.go)?;
    println!("   {} in {}", go.version, go.root.display());

    println!("2. relink");
    release::build()?;
    let linker = paths::linker();
    println!("   {}", linker.display());

    let dir = paths::data().join("demo");
    fs::create_dir_all(&dir)?;
    let (ours, stock) = (
        dir.join(program.name),
        dir.join(format!("{}-cmd-link", program.name)),
    );
    println!(
        "3. go build {} (the first time takes minutes)",
        program.package
    );
    build(&go, &program, &stock, None)?;
    println!(
        "   go build -toolexec={} -o {} {}",
        linker.display(),
        ours.display(),
        program.package
    );
    build(&go, &program, &ours, Some(&linker))?;

    println!("4. The same file?");
    let (a, b) = (fs::read(&stock)?, fs::read(&ours)?);
    if a != b {
        return Err(format!(
            "the files differ: cargo run -p linkdiff -- {} {}",
            stock.display(),
            ours.display()
        )
        .into());
    }
    println!("   yes, all {} bytes", a.len());
    drop((a, b));

    println!("5. Does it run?");
    let run = succeed(Command::new(&ours).args(program.hello))?;
    let text = String::from_utf8_lossy(&run.stdout);
    println!(
        "   {} {}: {}",
        program.name,
        program.hello.join(" "),
        text.lines().next().unwrap_or("(nothing)")
    );

    println!(
        "6. What the links cost (medians of {} runs or more)",
        args.runs
    );
    let step = program.step(&go, &std::env::current_exe()?)?;
    let scratch = bench::scratch()?;
    let mut rows = vec![vec![
        "".to_string(),
        "wall".into(),
        "CPU".into(),
        "peak memory".into(),
    ]];
    for row in bench::compare(&step, &linker, scratch.path(), args.runs)? {
        rows.push(row);
    }
    for line in table::markdown(&rows).lines() {
        println!("   {line}");
    }
    Ok(())
}

fn build(go: &Toolchain, program: &Program, out: &Path, linker: Option<&Path>) -> Result<()> {
    let how = program.build();
    let mut command = go.go();
    command.current_dir(&how.dir).args(["build", "-o"]).arg(out);
    if out.exists() {
        // An up-to-date file would not be linked again.
        fs::remove_file(out)?;
    }
    if let Some(linker) = linker {
        command.arg(format!("-toolexec='{}'", linker.display()));
    }
    succeed(command.arg(&how.package))?;
    Ok(())
}
