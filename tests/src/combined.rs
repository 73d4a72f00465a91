//! Flags combined at random, on programs of all build modes: what no list that somebody thought of
//! has. Combinations come from a seeded generator, so that a failure can be repeated by its name.

use crate::context::Context;
use crate::external::{self, Errors};
use crate::fixture::Fixture;
use crate::flags::{DEFAULT, Variant};
use crate::random::Random;
use crate::runner::{Case, Outcome};
use xtask::Result;
use xtask::toolchain::Toolchain;

/// Combinations for each program and release, and with `--big`.
const FEW: u64 = 12;
const MANY: u64 = 14;

/// Flags of a combination at most.
const MOST: usize = 7;

/// A program and how it is built.
#[derive(Clone, Copy)]
enum Subject {
    /// A fixture by name, in a way of building by name.
    Fixture(&'static str, &'static str),
    /// The same for arm64.
    Arm64(&'static str),
    /// The same for another system. The host linker knows all flags and makes nothing.
    System(&'static str, Variant),
    /// One of the ways with a host linker, by name.
    HostLinked(&'static str),
}

const fn system(name: &'static str, env: &'static [(&'static str, &'static str)]) -> Variant {
    Variant {
        name,
        env,
        flags: &[],
        only: None,
    }
}

const SUBJECTS: &[Subject] = &[
    Subject::Fixture("hello", "default"),
    Subject::Fixture("hello-net", "pie"),
    Subject::Fixture("dwarf-types", "default"),
    Subject::Fixture("cgo-net", "default"),
    Subject::Fixture("assembly", "default"),
    Subject::Fixture("fips", "default"),
    Subject::Fixture("map-init-pruned", "default"),
    Subject::Arm64("generics"),
    Subject::System("hello", system("windows-amd64", &[("GOOS", "windows")])),
    Subject::System(
        "hello-net",
        system("darwin-arm64", &[("GOOS", "darwin"), ("GOARCH", "arm64")]),
    ),
    Subject::System("hello-net", system("darwin-amd64", &[("GOOS", "darwin")])),
    Subject::System("hello", system("freebsd-amd64", &[("GOOS", "freebsd")])),
    Subject::System(
        "hello",
        system("netbsd-arm64", &[("GOOS", "netbsd"), ("GOARCH", "arm64")]),
    ),
    Subject::System("hello", system("openbsd-amd64", &[("GOOS", "openbsd")])),
    Subject::System("hello", system("illumos-amd64", &[("GOOS", "illumos")])),
    Subject::System(
        "hello",
        system("android-arm64", &[("GOOS", "android"), ("GOARCH", "arm64")]),
    ),
    Subject::HostLinked("cgo"),
    Subject::HostLinked("pie"),
    Subject::HostLinked("c-archive"),
    Subject::HostLinked("c-shared"),
    Subject::HostLinked("plugin"),
    Subject::HostLinked("arm64-cgo"),
];

/// A flag with each of its values, as they stand on the command line.
type Flag = &'static [&'static [&'static str]];

/// What is chosen from. Left out is what cmd/link answers in another way each time, or only with a
/// stack trace: `-v`, `-h`, addresses so near that blocks are written into each other, code for other
/// build modes that ends the link where a thread meets it first.
const FLAGS: &[Flag] = &[
    &[&["-s"]],
    &[&["-w"], &["-w"], &["-w=0"]],
    &[&["-compressdwarf=0"], &["-compressdwarf=true"]],
    &[
        &["-B=gobuildid"],
        &["-B", "none"],
        &["-B=0x1234"],
        &["-B=0xabc"],
        &["-B=0x"],
        &["-B=abc"],
    ],
    &[
        &["-D=0x10000000"],
        &["-D=0x1000"],
        &["-D=-1"],
        &["-D=0x123"],
    ],
    &[
        &["-T=0x10000000"],
        &["-T=0x401020"],
        &["-T=0x10000"],
        &["-T=4096"],
        &["-T=0"],
        &["-T=1"],
    ],
    &[
        &["-R=0x1000"],
        &["-R=0x4000"],
        &["-R=65536"],
        &["-R=0x200000"],
        &["-R=0x123000"],
        &["-R=-1"],
    ],
    &[
        &["-E=main.main"],
        &["-E=runtime.main"],
        &["-E=nosuch"],
        &["-E=_rt0_amd64_linux_lib"],
        &["-E=main"],
        &["-E=runtime.buildVersion"],
        &["-E=0x401000"],
        &["-E="],
    ],
    &[&["-H=linux"], &["-H=nosuch"], &["-H="]],
    &[&["-I=/lib/ld.so"], &["-I="]],
    &[&["-L=/nowhere"], &["-L", "."]],
    &[
        &["-X=main.a=b"],
        &["-X", "runtime.buildVersion=z"],
        &["-X=main.V="],
        &["-X=main.x"],
        &["-X=="],
        &["-X=os.Args=x"],
    ],
    &[&["-a", "-n", "-f", "-g"]],
    &[&["-asan"], &["-msan"], &["-race"]],
    &[&["-bindnow"]],
    &[&["-buildid="], &["-buildid=a/b"]],
    &[
        &["-buildmode=pie"],
        &["-buildmode=c-archive"],
        &["-buildmode=c-shared"],
        &["-buildmode=plugin"],
        &["-buildmode=shared"],
        &["-buildmode=nosuch"],
    ],
    &[&["-c"]],
    &[&["-checklinkname=0"], &["-checklinkname=1"]],
    &[&["-d"]],
    &[&["-debugnosplit"]],
    &[
        &["-debugtextsize=1"],
        &["-debugtextsize=65536"],
        &["-debugtextsize=-1"],
    ],
    &[&["-debugtramp=1"], &["-debugtramp=2"]],
    &[&["-e"]],
    &[&["-extld=cc"]],
    &[&["-extldflags=-Wl,-z,now"], &["-extldflags=-O1 -g"]],
    &[&["-funcalign=16"], &["-funcalign=64"], &["-funcalign=3"]],
    &[&["-installsuffix=x"]],
    &[&["-k=main.tracked"], &["-k="]],
    &[&["-libgcc=none"], &["-libgcc=/nowhere.a"]],
    &[
        &["-linkmode=internal"],
        &["-linkmode=external"],
        &["-linkmode=auto"],
    ],
    &[&["-linkshared"]],
    &[&["-pluginpath=a/b.c"], &["-pluginpath=main"]],
    &[&["-pruneweakmap=0"], &["-pruneweakmap=1"]],
    &[&["-r=/some/where:$ORIGIN/lib"]],
    &[&["-randlayout=1"], &["-randlayout=-5"]],
    &[&["-strictdups=1"], &["-strictdups=2"]],
];

/// The flags of a combination.
fn combine(random: &mut Random) -> Vec<String> {
    let count = 1 + random.below(MOST).min(random.below(MOST));
    let mut flags = Vec::new();
    for _ in 0..count {
        let flag = FLAGS[random.below(FLAGS.len())];
        let values = flag[random.below(flag.len())];
        flags.extend(values.iter().map(|v| v.to_string()));
    }
    flags
}

/// All cases.
pub fn cases(context: &Context, big: bool, cases: &mut Vec<Case>) -> Result<()> {
    for go in context.toolchains() {
        for (i, &subject) in SUBJECTS.iter().enumerate() {
            if let Subject::Fixture(name, _) | Subject::Arm64(name) | Subject::System(name, _) =
                subject
                && !Fixture::named(name)?.wants(&go.release())
            {
                continue;
            }
            for number in 0..if big { MANY } else { FEW } {
                let seed = number * SUBJECTS.len() as u64 + i as u64;
                let flags = combine(&mut Random::new(seed));
                let (kind, program) = match subject {
                    Subject::Fixture(name, variant) => (variant, name),
                    Subject::Arm64(name) => (ARM64.name, name),
                    Subject::System(name, variant) => (variant.name, name),
                    Subject::HostLinked(name) => ("external", name),
                };
                let release = go.release();
                let name = format!("combined/{kind}/{program}/{release}/{number}");
                let (context, go) = (context.clone(), go.clone());
                cases.push(Case::new(name, move || run(&context, &go, subject, &flags)));
            }
        }
    }
    Ok(())
}

const ARM64: Variant = system("linux-arm64", &[("GOARCH", "arm64")]);

fn run(context: &Context, go: &Toolchain, subject: Subject, flags: &[String]) -> Result<Outcome> {
    let outcome = match subject {
        Subject::HostLinked(way) => external::with_flags(context, go, way, flags)?,
        Subject::Fixture(fixture, variant) => {
            let variant = match variant {
                "default" => DEFAULT,
                name => Variant::find(name).ok_or("no such variant")?,
            };
            let step = context.fixture_step(go, &Fixture::named(fixture)?, &variant)?;
            external::same(context, &step, flags, Errors::InAnyOrder)?
        }
        Subject::System(fixture, variant) => {
            let step = context.fixture_step(go, &Fixture::named(fixture)?, &variant)?;
            // Not what objects for one system become as programs for another.
            let kept = flags.iter().filter(|f| *f != "-H=linux").cloned();
            let all: Vec<String> = ["-extld=true".to_owned()].into_iter().chain(kept).collect();
            external::same(context, &step, &all, Errors::InAnyOrder)?
        }
        Subject::Arm64(fixture) => {
            let step = context.fixture_step(go, &Fixture::named(fixture)?, &ARM64)?;
            external::same(context, &step, flags, Errors::InAnyOrder)?
        }
    };
    Ok(match outcome {
        Outcome::Fail(why) => Outcome::Fail(format!("{flags:?}\n{why}")),
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn combinations_are_repeatable_and_varied() {
        let make = |seed| combine(&mut Random::new(seed));
        let all: Vec<_> = (0..100).map(make).collect();
        assert_eq!(make(17), all[17]);
        let distinct: std::collections::BTreeSet<_> = all.iter().collect();
        assert!(distinct.len() > 80, "{}", distinct.len());
        assert!(all.iter().all(|flags| !flags.is_empty()));
    }
}
