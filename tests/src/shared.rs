//! Shared libraries of Go packages, and a program linked with them: `tests/host/shared`.
//!
//! The program is recorded once. Its package `dep` and all others but main go into two libraries, of
//! which the first is linked with the second, and the program with both. Everything is compared: the
//! objects for the host linker, what is said, and the results; and the program runs.

use crate::context::Context;
use crate::external::incomplete;
use crate::flags::Variant;
use crate::runner::{Case, Outcome};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use xtask::step::{Build, Step};
use xtask::toolchain::Toolchain;
use xtask::{Result, measure, paths, system};

/// A machine: how to build for it, and how to run programs here.
struct Machine {
    name: &'static str,
    env: &'static [(&'static str, &'static str)],
    emulator: &'static [&'static str],
    needs: &'static [&'static str],
    sets: &'static [&'static [&'static str]],
}

const MACHINES: &[Machine] = &[
    Machine {
        name: "amd64",
        env: &[("CGO_ENABLED", "1")],
        emulator: &[],
        needs: &["gcc"],
        sets: &[&[], &["-s", "-w"]],
    },
    Machine {
        name: "arm64",
        env: &[
            ("CGO_ENABLED", "1"),
            ("GOARCH", "arm64"),
            ("CC", "aarch64-linux-gnu-gcc"),
        ],
        emulator: &["qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu"],
        needs: &["aarch64-linux-gnu-gcc", "qemu-aarch64-static"],
        sets: &[&[]],
    },
];

/// The package with a library of its own.
const DEP: &str = "host.test/shared/dep";
const BASE_LIB: &str = "libbase.so";
const DEP_LIB: &str = "libdep.so";
const PROGRAM: &str = "program";
const PLUGIN: &str = "plugin.so";
/// How long a link or the program may take.
const LIMIT: Option<Duration> = Some(Duration::from_secs(300));

/// All cases.
pub fn cases(context: &Context, cases: &mut Vec<Case>) {
    for go in context.toolchains() {
        for machine in MACHINES {
            for &set in machine.sets {
                let title = match set {
                    [] => "plain".to_string(),
                    flags => flags.join(""),
                };
                let name = format!("shared/{}/{}/{title}", machine.name, go.release());
                let (context, go) = (context.clone(), go.clone());
                cases.push(Case::new(name, move || {
                    if let Some(why) = lacks(machine) {
                        return Ok(incomplete(why));
                    }
                    let links = Links::new(&context, &go, machine)?;
                    links.compare(&context, machine, set)
                }));
            }
        }
        let name = format!("shared/damage/{}", go.release());
        let (damaged, release) = (context.clone(), go.clone());
        cases.push(Case::new(name, move || {
            let machine = &MACHINES[0];
            if let Some(why) = lacks(machine) {
                return Ok(incomplete(why));
            }
            Links::new(&damaged, &release, machine)?.damaged(&damaged)
        }));
        for bad in BAD {
            let name = format!("shared/errors/{}/{}", go.release(), bad.name);
            let (context, go) = (context.clone(), go.clone());
            cases.push(Case::new(name, move || {
                let machine = &MACHINES[0];
                if let Some(why) = lacks(machine) {
                    return Ok(incomplete(why));
                }
                let links = Links::new(&context, &go, machine)?;
                links.refused(&context, bad)
            }));
        }
    }
}

fn lacks(machine: &Machine) -> Option<String> {
    let missing = machine.needs.iter().find(|n| system::find(n).is_none());
    missing.map(|name| format!("no {name}"))
}

/// The links of one release and machine.
struct Links {
    step: Arc<Step>,
    /// The Go release, such as `1.27`.
    release: String,
    /// Packages and their archives, without main.
    packages: Vec<(String, PathBuf)>,
}

/// What a run of a linker leaves: status, both outputs, files by name.
struct Left {
    code: i32,
    said: [String; 2],
    files: Vec<(String, Vec<u8>)>,
}

impl Links {
    fn new(context: &Context, go: &Toolchain, machine: &Machine) -> Result<Links> {
        let owned = |&(name, value): &(&str, &str)| (name.to_string(), value.to_string());
        let build = Build {
            dir: paths::workspace().join("tests/host/shared"),
            env: machine.env.iter().map(owned).collect(),
            flags: vec!["-linkshared".into()],
            ..Build::default()
        };
        let variant = Variant {
            name: "shared",
            env: &[],
            flags: &[],
            only: None,
        };
        let step = context.program_step(go, machine.name, &variant, &build)?;
        let packages = step.packages()?.into_iter();
        let packages = packages.filter(|(package, _)| package != "host.test/shared");
        let packages = packages
            .map(|(package, file)| (package, step.dir.join(file)))
            .collect();
        let release = go.release();
        Ok(Links {
            step,
            release,
            packages,
        })
    }

    /// A command for a linker, with an import configuration that has the packages of `shared` in the
    /// libraries beside `dir`.
    fn command(&self, linker: &Path, dir: &Path, out: &str, shared: &[&str]) -> Result<Command> {
        let mut config = String::new();
        for (package, file) in &self.packages {
            config += &format!("packagefile {package}={}\n", file.display());
            let lib = if package == DEP { DEP_LIB } else { BASE_LIB };
            if shared.contains(&lib) {
                let lib = dir.join(lib);
                config += &format!("packageshlib {package}={}\n", lib.display());
            }
        }
        fs::write(dir.join("importcfg.link"), config)?;
        fs::create_dir_all(dir.join("host"))?;
        let mut command = Command::new(linker);
        command.current_dir(dir).env_clear().envs(&self.step.env);
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.args(["-o", out, "-tmpdir", "host", "-importcfg", "importcfg.link"]);
        command.arg(format!("-extld={}", self.compiler()));
        Ok(command)
    }

    fn compiler(&self) -> &str {
        let cc = self
            .step
            .args
            .iter()
            .find_map(|a| a.strip_prefix("-extld="));
        cc.unwrap_or("gcc")
    }

    /// The command for one of the two libraries.
    fn library(&self, linker: &Path, dir: &Path, lib: &str, set: &[&str]) -> Result<Command> {
        let dep = lib == DEP_LIB;
        let shared: &[&str] = if dep { &[BASE_LIB] } else { &[] };
        let mut command = self.command(linker, dir, lib, shared)?;
        command
            .args(["-buildmode=shared", "-installsuffix=dynlink"])
            .args(set);
        if dep {
            command.args(["-linkshared", "-w"]);
        }
        let own = self
            .packages
            .iter()
            .filter(|(package, _)| (package == DEP) == dep);
        command.args(own.map(|(package, file)| format!("{package}={}", file.display())));
        Ok(command)
    }

    /// The command for the program.
    fn program(&self, linker: &Path, dir: &Path, set: &[&str]) -> Result<Command> {
        self.program_as(PROGRAM, linker, dir, set)
    }

    /// The command for the program under another name.
    fn program_as(&self, out: &str, linker: &Path, dir: &Path, set: &[&str]) -> Result<Command> {
        let mut command = self.command(linker, dir, out, &[BASE_LIB, DEP_LIB])?;
        let (main, recorded) = self.step.args.split_last().ok_or("no main archive")?;
        let own = ["-importcfg", "importcfg.link"];
        command.args(recorded.iter().filter(|a| !own.contains(&a.as_str())));
        command.args(set).arg(self.step.dir.join(main));
        Ok(command)
    }

    /// Makes all three in `dir`, one after the other, and a plugin of the program.
    fn link(&self, linker: &Path, dir: &Path, set: &[&str]) -> Result<Vec<Left>> {
        let plugin = [set, &["-buildmode=plugin"]].concat();
        // Each with the libraries it is linked with; commands share the import configuration's name.
        let commands: [(Command, &[&str], &str); 4] = [
            (self.library(linker, dir, BASE_LIB, set)?, &[], BASE_LIB),
            (
                self.library(linker, dir, DEP_LIB, set)?,
                &[BASE_LIB],
                DEP_LIB,
            ),
            (
                self.program(linker, dir, set)?,
                &[BASE_LIB, DEP_LIB],
                PROGRAM,
            ),
            (
                self.program_as(PLUGIN, linker, dir, &plugin)?,
                &[BASE_LIB, DEP_LIB],
                PLUGIN,
            ),
        ];
        let mut all = Vec::new();
        for (mut command, shared, out) in commands {
            self.command(linker, dir, "", shared)?;
            all.push(run(&mut command, linker, dir, &[out])?);
        }
        Ok(all)
    }

    fn compare(&self, context: &Context, machine: &Machine, set: &[&str]) -> Result<Outcome> {
        let scratch = context.scratch()?;
        let dir = scratch.path().join("link");
        fs::create_dir_all(&dir)?;
        let stock = self.link(&self.step.tool, &dir, set)?;
        fs::remove_dir_all(&dir)?;
        fs::create_dir_all(&dir)?;
        let ours = self.link(context.linker(), &dir, set)?;
        let mut problems = Vec::new();
        for (stock, ours) in stock.iter().zip(&ours) {
            problems.extend(differences(stock, ours));
        }
        if problems.is_empty() {
            problems.extend(self.runs(machine, &dir)?);
        }
        Ok(Outcome::of(problems))
    }

    /// Runs the program, and then with a library of another build.
    fn runs(&self, machine: &Machine, dir: &Path) -> Result<Vec<String>> {
        let program = dir.join(PROGRAM);
        let start = || {
            let mut command = match machine.emulator {
                [] => Command::new(&program),
                [emulator, args @ ..] => {
                    let mut c = Command::new(emulator);
                    c.args(args).arg(&program);
                    c
                }
            };
            measure::run_for(command.current_dir(dir), LIMIT)
        };
        let folder = paths::workspace().join("tests/host/shared");
        let expected = fs::read_to_string(folder.join("expect.txt"))?;
        let mut problems = Vec::new();
        let run = start()?;
        let printed = String::from_utf8_lossy(&run.stdout);
        if run.code() != 0 || printed != expected {
            let errors = String::from_utf8_lossy(&run.stderr);
            problems.push(format!(
                "it ends with {} and prints\n{printed}{errors}\nand should\n{expected}",
                run.code()
            ));
        }
        edit(&dir.join(DEP_LIB), |bytes| {
            let at = abi_hash(bytes).ok_or("no ABI hash")? + NOTE_HEADER;
            bytes[at] ^= 1;
            Ok(())
        })?;
        let run = start()?;
        let said = String::from_utf8_lossy(&run.stderr);
        let wanted = "abi mismatch detected between the executable and libdep.so";
        if run.code() != 2 || !said.contains(wanted) {
            let code = run.code();
            problems.push(format!("another ABI: it ends with {code} and says\n{said}"));
        }
        Ok(problems)
    }

    /// Spoils the link of the program; compares what is said, and that nothing is left.
    fn refused(&self, context: &Context, bad: &Bad) -> Result<Outcome> {
        let scratch = context.scratch()?;
        let dir = scratch.path().to_path_buf();
        let stock = &self.step.tool;
        for lib in [BASE_LIB, DEP_LIB] {
            let mut command = self.library(stock, &dir, lib, &["-s", "-w"])?;
            let link = run(&mut command, stock, &dir, &[])?;
            if link.code != 0 {
                return Err(link.said.concat().into());
            }
        }
        (bad.spoil)(&dir)?;
        let link = |linker: &Path| -> Result<Left> {
            let mut command = self.program(linker, &dir, &["-s", "-w"])?;
            let config = dir.join("importcfg.link");
            fs::write(&config, (bad.config)(fs::read_to_string(&config)?))?;
            run(&mut command, linker, &dir, &[])
        };
        let (stock, ours) = (link(stock)?, link(context.linker())?);
        let mut problems = Vec::new();
        // Go 1.23 does not read relocations of libraries.
        let demand = match bad.name {
            "relocation-of-no-symbol" if self.release.as_str() < "1.24" => Demand::Same,
            _ => bad.demand,
        };
        match demand {
            Demand::Same => problems.extend(differences(&stock, &ours)),
            Demand::Begins => {
                let first = |left: &Left| {
                    let said = left.said.concat();
                    said.lines().next().unwrap_or_default().to_string()
                };
                if first(&stock) != first(&ours) {
                    problems.push(format!("{}, should be {}", first(&ours), first(&stock)));
                }
            }
            Demand::Says(text) if !ours.said[1].contains(text) => {
                problems.push(format!("it says {}, not {text}", ours.said[1]));
            }
            Demand::Says(_) => {}
        }
        let fails = !matches!(demand, Demand::Same) || stock.code != 0;
        if fails && ours.code == 0 {
            problems.push("the link succeeds".into());
        }
        if ours.said[1].contains("internal error") {
            problems.push(ours.said[1].clone());
        }
        if fails && dir.join(PROGRAM).exists() {
            problems.push("the output is left".into());
        }
        Ok(Outcome::of(problems))
    }
}

/// How often a library is damaged.
const DAMAGES: u64 = 40;

impl Links {
    /// Links the program with a library that is damaged at random: no panic, nothing left.
    fn damaged(&self, context: &Context) -> Result<Outcome> {
        let scratch = context.scratch()?;
        let dir = scratch.path().to_path_buf();
        for lib in [BASE_LIB, DEP_LIB] {
            let mut command = self.library(&self.step.tool, &dir, lib, &["-s", "-w"])?;
            let link = run(&mut command, &self.step.tool, &dir, &[])?;
            if link.code != 0 {
                return Err(link.said.concat().into());
            }
        }
        let whole = fs::read(dir.join(DEP_LIB))?;
        let mut state = 0x9e37_79b9_7f4a_7c15u64;
        let mut random = |n: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 16) as usize % n.max(1)
        };
        let mut problems = Vec::new();
        for i in 0..DAMAGES {
            let mut bytes = whole.clone();
            let headers = u64::from_le_bytes(bytes[40..48].try_into()?) as usize;
            // The file header, the section headers, or what one of them describes.
            let (start, len) = match i % 5 {
                0 => (4, 60),
                1 => (headers, bytes.len() - headers),
                typ => {
                    let at = section(&bytes, [11, 4, 7][typ as usize - 2])?;
                    let field = |at: usize| -> Result<usize> {
                        Ok(u64::from_le_bytes(whole[at..at + 8].try_into()?) as usize)
                    };
                    (field(at + 24)?, field(at + 32)?)
                }
            };
            for _ in 0..1 + i / 5 {
                bytes[start + random(len)] = random(256) as u8;
            }
            fs::write(dir.join(DEP_LIB), &bytes)?;
            // What is still sound is not linked any further.
            let mut command =
                self.program(context.linker(), &dir, &["-s", "-w", "-extld=false"])?;
            let link = run(&mut command, context.linker(), &dir, &[])?;
            let said = link.said.concat();
            if link.code == 0 || said.contains("internal error") || !matches!(link.code, 1 | 2) {
                problems.push(format!("damage {i}: status {}\n{said}", link.code));
            }
            if dir.join(PROGRAM).exists() {
                problems.push(format!("damage {i}: the output is left"));
            }
        }
        Ok(Outcome::of(problems))
    }
}

/// Runs a link in `dir`; takes what it has put into `host` and reads `keep`.
fn run(command: &mut Command, linker: &Path, dir: &Path, keep: &[&str]) -> Result<Left> {
    let host = dir.join("host");
    let run = measure::run_for(command, LIMIT)?;
    let mut files = Vec::new();
    for entry in fs::read_dir(&host)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // The linker's own trials.
        if name != "a.out" {
            files.push((name, fs::read(entry.path())?));
        }
    }
    files.sort();
    fs::remove_dir_all(&host)?;
    fs::create_dir_all(&host)?;
    for name in keep {
        files.push((
            name.to_string(),
            fs::read(dir.join(name)).unwrap_or_default(),
        ));
    }
    let text = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        text.replace(&*linker.to_string_lossy(), "LINK")
    };
    Ok(Left {
        code: run.code(),
        said: [text(&run.stdout), text(&run.stderr)],
        files,
    })
}

/// What of ours is not as it should be.
fn differences(stock: &Left, ours: &Left) -> Vec<String> {
    let mut problems = Vec::new();
    if stock.code != ours.code {
        problems.push(format!(
            "exit status {}, should be {}",
            ours.code, stock.code
        ));
    }
    for (stock, ours) in stock.said.iter().zip(&ours.said) {
        if stock != ours {
            problems.push(format!("it says:\n{ours}\nshould be:\n{stock}"));
        }
    }
    let names = |left: &Left| -> Vec<String> { left.files.iter().map(|f| f.0.clone()).collect() };
    if names(stock) != names(ours) {
        problems.push(format!(
            "files {:?}, should be {:?}",
            names(ours),
            names(stock)
        ));
    }
    for ((name, stock), (_, ours)) in stock.files.iter().zip(&ours.files) {
        if stock != ours {
            let report = linkdiff::compare(stock, ours, &linkdiff::Options::default());
            problems.push(format!("{name} differs:\n{report}"));
        }
    }
    problems
}

/// What is asked of ours.
#[derive(Clone, Copy)]
enum Demand {
    /// What cmd/link says, and its status.
    Same,
    /// Its first line, and an error; cmd/link goes on without the library.
    Begins,
    /// An error that says this; cmd/link panics.
    Says(&'static str),
}

/// A spoiled link.
struct Bad {
    name: &'static str,
    /// Spoils the libraries in the folder.
    spoil: fn(&Path) -> Result<()>,
    /// Changes the import configuration.
    config: fn(String) -> String,
    demand: Demand,
}

const NOTE_HEADER: usize = 16;

/// Where the note with the ABI hash starts, of 20 bytes until 1.24, of 32 since.
fn abi_hash(bytes: &[u8]) -> Option<usize> {
    let header = |len: u8| [b"\x04\0\0\0", &[len, 0, 0, 0][..], b"\x02\0\0\0Go\0\0"].concat();
    let headers = [header(20), header(32)];
    let mut places = bytes.windows(NOTE_HEADER);
    places.position(|w| headers.iter().any(|h| h == w))
}

fn edit(file: &Path, edit: impl FnOnce(&mut Vec<u8>) -> Result<()>) -> Result<()> {
    let mut bytes = fs::read(file)?;
    edit(&mut bytes)?;
    Ok(fs::write(file, bytes)?)
}

/// Offset of the first section header of type `typ` in a 64-bit ELF file.
fn section(bytes: &[u8], typ: u32) -> Result<usize> {
    let start = u64::from_le_bytes(bytes[40..48].try_into()?) as usize;
    let n = usize::from(u16::from_le_bytes(bytes[60..62].try_into()?));
    let is = |at: &usize| bytes[at + 4..at + 8] == typ.to_le_bytes();
    let found = (0..n).map(|i| start + 64 * i).find(is);
    found.ok_or_else(|| format!("no section of type {typ}").into())
}

/// Changes the type of all sections of a type.
fn retype(dir: &Path, from: u32, to: u32) -> Result<()> {
    edit(&dir.join(DEP_LIB), |bytes| {
        let mut at = section(bytes, from)?;
        loop {
            bytes[at + 4..at + 8].copy_from_slice(&to.to_le_bytes());
            match section(bytes, from) {
                Ok(next) => at = next,
                Err(_) => return Ok(()),
            }
        }
    })
}

const BAD: &[Bad] = &[
    Bad {
        name: "missing",
        spoil: |dir| Ok(fs::remove_file(dir.join(DEP_LIB))?),
        config: |c| c,
        demand: Demand::Begins,
    },
    Bad {
        name: "not-found",
        spoil: |_| Ok(()),
        config: |c| c + "packageshlib host.test/shared/dep=libnone.so\n",
        demand: Demand::Begins,
    },
    Bad {
        name: "empty",
        spoil: |dir| Ok(fs::write(dir.join(DEP_LIB), "")?),
        config: |c| c,
        demand: Demand::Begins,
    },
    Bad {
        name: "cut-off",
        spoil: |dir| {
            edit(&dir.join(DEP_LIB), |bytes| {
                bytes.truncate(bytes.len() / 2);
                Ok(())
            })
        },
        config: |c| c,
        demand: Demand::Begins,
    },
    Bad {
        name: "no-symbols",
        spoil: |dir| retype(dir, 11, 1),
        config: |c| c,
        demand: Demand::Begins,
    },
    Bad {
        name: "no-relocations",
        spoil: |dir| retype(dir, 4, 1),
        config: |c| c,
        demand: Demand::Same,
    },
    Bad {
        name: "note-cut-off",
        spoil: |dir| {
            edit(&dir.join(DEP_LIB), |bytes| {
                let at = abi_hash(bytes).ok_or("no ABI hash")?;
                bytes[at + 5] = 1;
                Ok(())
            })
        },
        config: |c| c,
        demand: Demand::Begins,
    },
    // Such a library is linked; the program refuses it when it runs.
    Bad {
        name: "no-abi-hash",
        spoil: |dir| {
            edit(&dir.join(DEP_LIB), |bytes| {
                let at = abi_hash(bytes).ok_or("no ABI hash")?;
                bytes[at + 8] = 9;
                Ok(())
            })
        },
        config: |c| c,
        demand: Demand::Same,
    },
    Bad {
        name: "relocation-of-no-symbol",
        spoil: |dir| {
            edit(&dir.join(DEP_LIB), |bytes| {
                let header = section(bytes, 4)?;
                let field = |i: usize| -> Result<usize> {
                    let at = header + 24 + 8 * i;
                    Ok(u64::from_le_bytes(bytes[at..at + 8].try_into()?) as usize)
                };
                let (start, size) = (field(0)?, field(1)?);
                // R_X86_64_64 of a symbol far beyond the last.
                let mut entries = (start..start + size).step_by(24);
                let pointer = entries.find(|at| {
                    let add = &bytes[at + 16..at + 24];
                    bytes[at + 8..at + 12] == [1, 0, 0, 0] && add.iter().all(|b| *b == 0)
                });
                let at = pointer.ok_or("no pointer")?;
                bytes[at + 12..at + 16].fill(0xff);
                Ok(())
            })
        },
        config: |c| c,
        demand: Demand::Says("can't read relocation section of libdep.so"),
    },
    Bad {
        name: "runtime-cgo-in-archive",
        spoil: |_| Ok(()),
        config: |c| {
            let shared = |l: &&str| !l.starts_with("packageshlib ");
            let lines: Vec<&str> = c.lines().filter(shared).collect();
            lines
                .join("\n")
                .replace("runtime/cgo=", "runtime/cgo.none=")
                + "\n"
        },
        demand: Demand::Begins,
    },
];
