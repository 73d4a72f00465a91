//! Runs the passes up to dead-code elimination on a saved link step and tells how long they took.
//!
//! Usage: `passes STEP [-dumpdep] [-set] [-c] [-debugnosplit] [-repeat N]`, where STEP is a folder with
//! `step.json`. `-dumpdep`, `-c` and `-debugnosplit` print what cmd/link prints for these flags, `-set` the live symbols as
//! `version package name`.

use reach::{Live, ReachOptions, Roots, deadcode};
use rustc_hash::FxHashMap;
use std::io::{BufWriter, Write};
use std::time::{Duration, Instant};
use symbols::{BitSet, SymId, Symbols};
use tables::callgraph::write_callgraph;
use tables::inittask::{InitRoots, init_tasks};
use tables::stackcheck::{StackOptions, check_stack};

#[path = "step/mod.rs"]
mod step;

/// Processor time of the process so far, all threads.
fn cpu_time() -> Duration {
    let tasks = std::fs::read_dir("/proc/self/task").expect("procfs");
    let ns = |t: std::io::Result<std::fs::DirEntry>| {
        let text = std::fs::read_to_string(t.ok()?.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    };
    Duration::from_nanos(tasks.filter_map(ns).sum())
}

/// The passes that only look.
fn after(syms: &Symbols, live: &Live, first: &[SymId], args: &[String], out: &mut dyn Write) {
    let has = |f: &str| args.iter().any(|a| a == f);
    let text = layout::TextOrder::assign(syms, live, first);
    if has("-c") {
        write_callgraph(syms, &text.textp, out).expect("writes");
    }
    let opts = StackOptions::new(&target::AMD64, 0, 1);
    let (t, cpu) = (Instant::now(), cpu_time());
    let debug: Option<&mut dyn Write> = if has("-debugnosplit") {
        Some(&mut *out)
    } else {
        None
    };
    let over = check_stack(syms, &text.textp, &live.nosplit, &opts, debug).expect("writes");
    let (t, cpu) = (t.elapsed(), cpu_time() - cpu);
    eprintln!(
        "stack check {t:?}, cpu {cpu:?}, {} nosplit",
        live.nosplit.len()
    );
    for o in over {
        eprintln!("link: {}: {}", syms.name_lossy(o.root), o.message);
        out.write_all(o.chains.as_bytes()).expect("writes");
    }
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let has = |f: &str| args.iter().any(|a| a == f);
    let repeat = args
        .iter()
        .position(|a| a == "-repeat")
        .map_or(1, |i| args[i + 1].parse().expect("count"));
    let t = Instant::now();
    let (inputs, gover) = step::load_step(&args[0]);
    let mut syms = step::resolve(inputs, gover).expect("resolves");
    eprintln!("load and resolve {:?}, {} symbols", t.elapsed(), syms.len());
    let t = Instant::now();
    if let Err(e) = syms.check_linknames() {
        eprintln!("link: {e}");
        std::process::exit(1);
    }
    eprintln!("linknames {:?}", t.elapsed());
    let mut before = Live::default();
    let mut special = BitSet::default();
    let fips = tables::Fips::make(&mut tables::Maker {
        syms: &mut syms,
        live: &mut before,
        special: &mut special,
        ptr_size: 8,
    });
    let t = Instant::now();
    let main_inittasks = init_tasks(&mut syms, InitRoots::Program, 8).expect("inittasks");
    eprintln!("inittasks {:?}", t.elapsed());
    let opts = ReachOptions {
        roots: Roots::Entry(step::ENTRY),
        main_inittasks,
        live_before: &before.reachable,
        dynamic_exports: &[],
        wasm_exports: &[],
        host_carriers: &FxHashMap::default(),
        dynlink: false,
        link_shared: false,
        can_use_plugins: false,
        prune_weak_map: true,
        field_track: false,
        follow_debug: true,
        ptr_size: 8,
    };
    let stdout = std::io::stdout();
    let mut out = BufWriter::new(stdout.lock());
    for i in 0..repeat {
        let dump: Option<&mut dyn Write> = if has("-dumpdep") {
            Some(&mut out)
        } else {
            None
        };
        // The clones of map initialisers are made on the last run, for all runs to be alike.
        let opts = ReachOptions {
            prune_weak_map: i + 1 == repeat,
            ..opts
        };
        let (t, cpu) = (Instant::now(), cpu_time());
        let live = match deadcode(
            &mut syms,
            &opts,
            reach::Tell {
                edges: dump,
                log: None,
            },
        ) {
            Ok(l) => l,
            Err(e) => {
                eprintln!("link: {e}");
                std::process::exit(1);
            }
        };
        let (t, cpu) = (t.elapsed(), cpu_time() - cpu);
        let n = live.reachable.count();
        eprintln!("deadcode {t:?}, cpu {cpu:?}, {n} live");
        if i + 1 == repeat {
            after(&syms, &live, &fips.text(), &args, &mut out);
        }
        if i + 1 == repeat && has("-set") {
            let all: Vec<SymId> = live.reachable.iter().collect();
            for s in all {
                let name = syms.name(s);
                let v = syms.version(s);
                write!(out, "{v} {} ", syms.pkg(s)).expect("writes");
                out.write_all(name).expect("writes");
                writeln!(out, " {}", live.used_in_iface.has(s)).expect("writes");
            }
        }
    }
}
