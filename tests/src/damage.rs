//! Archives damaged at random, by the thousand.
//!
//! Whatever the damage: exit status 0, 1 or 2, no panic, no hang, bounded
//! memory, and no output file unless the status is 0. Damage comes from a
//! seeded generator, so that a failure can be repeated by its name.

use crate::context::Context;
use crate::errors::{Spoiled, indecent};
use crate::fixture::Fixture;
use crate::flags::{DEFAULT, Variant};
use crate::parity::Linked;
use crate::random::Random;
use crate::runner::{Case, Outcome};
use std::fs;
use std::time::Duration;
use xtask::Result;
use xtask::measure;
use xtask::toolchain::Toolchain;

/// Rounds for each release, and mutations in a round.
const ROUNDS: u64 = 10;
const MUTATIONS: u64 = 200;

/// A link of hello world takes a fraction of a second.
const TIME: Duration = Duration::from_secs(30);

/// Bytes; a link of hello world takes a tenth.
const MEMORY: u64 = 1 << 30;

/// The archives that are damaged, small and large; an empty name is the main
/// archive.
const VICTIMS: &[&str] = &[
    "",
    "errors",
    "unicode/utf8",
    "internal/cpu",
    "sync/atomic",
    "internal/bytealg",
    "fmt",
    "runtime",
];

/// What is damaged.
#[derive(Clone)]
struct Aim {
    fixture: &'static str,
    build: &'static str,
    victims: &'static [&'static str],
    /// How the objects begin that half of the damage falls on.
    magic: &'static [u8],
    rounds: std::ops::Range<u64>,
}

const AIMS: [Aim; 3] = [
    Aim {
        fixture: "hello",
        build: "default",
        victims: VICTIMS,
        magic: b"\0go120ld",
        rounds: 0..ROUNDS,
    },
    // Host objects.
    Aim {
        fixture: "cgo-net",
        build: "default",
        victims: &["runtime/cgo", "net", "os/user"],
        magic: b"\x7fELF\x02\x01\x01\0",
        rounds: ROUNDS..ROUNDS + 2,
    },
    // What the dynamic linker relocates.
    Aim {
        fixture: "hello",
        build: "pie",
        victims: VICTIMS,
        magic: b"\0go120ld",
        rounds: ROUNDS + 2..ROUNDS + 3,
    },
];

/// All cases.
pub fn cases(context: &Context, cases: &mut Vec<Case>) {
    for go in context.toolchains() {
        for aim in AIMS {
            for round in aim.rounds.clone() {
                let (context, go, aim) = (context.clone(), go.clone(), aim.clone());
                cases.push(Case::new(
                    format!("damage/{round}/{}", go.release()),
                    move || damage(&context, &go, &aim, round),
                ));
            }
        }
    }
}

fn damage(context: &Context, go: &Toolchain, aim: &Aim, round: u64) -> Result<Outcome> {
    let build = Variant::find(aim.build).unwrap_or(DEFAULT);
    let step = context.fixture_step(go, &Fixture::named(aim.fixture)?, &build)?;
    if context.linker() == step.tool {
        return Ok(Outcome::Skip("the linker under test is cmd/link".into()));
    }
    let scratch = context.scratch()?;
    let mut problems = Vec::new();
    for number in 0..MUTATIONS {
        let seed = round * MUTATIONS + number;
        let mut random = Random::new(seed);
        let mut link = Spoiled::new(&step, scratch.path())?;
        let victim = aim.victims[random.below(aim.victims.len())];
        let source = if victim.is_empty() {
            link.main.clone().into()
        } else {
            link.file(victim)?
        };
        let mut bytes = fs::read(&source)?;
        let what = mutate(&mut bytes, aim.magic, &mut random);
        let file = scratch.path().join("damaged.a");
        fs::write(&file, &bytes)?;
        if victim.is_empty() {
            link.main = file.to_string_lossy().into_owned();
        } else {
            link.set_file(victim, &file);
        }
        if random.below(3) == 0 {
            link.flags(&["-w=false"]);
        }
        let mut command = link.command(context.linker(), &step)?;
        let run = measure::run_for(&mut command, Some(TIME))?;
        let linked = Linked::new(&run, context.linker(), &link.out)?;
        // There may be none.
        let _ = fs::remove_file(&link.out);
        let mut found = indecent(&linked);
        if run.timed_out {
            found.push("it hangs".into());
        }
        if run.peak > MEMORY {
            found.push(format!("it takes {} MB", run.peak >> 20));
        }
        if linked.code != 0 && linked.stderr.is_empty() {
            found.push("it says nothing".into());
        }
        if !found.is_empty() {
            let name = format!("damage/{seed}/{}", go.release());
            if let Some(dir) = context.keep_failure(&name) {
                fs::copy(&file, dir.join("damaged.a"))?;
                found.push(format!("kept: {}/damaged.a", dir.display()));
            }
            let victim = if victim.is_empty() { "main" } else { victim };
            problems.push(format!(
                "seed {seed}: {victim}, {what}: {}",
                found.join("; ")
            ));
        }
        if problems.len() >= 5 {
            break;
        }
    }
    Ok(Outcome::of(problems))
}

/// Damages the bytes in one of several ways, and says how.
fn mutate(bytes: &mut Vec<u8>, magic: &[u8], random: &mut Random) -> String {
    let objects: Vec<usize> = bytes
        .windows(8)
        .enumerate()
        .filter(|(_, window)| *window == magic)
        .map(|(at, _)| at)
        .collect();
    // Half of the damage falls on the tables that everything else hangs on.
    let place = |random: &mut Random, length: usize| match objects.get(random.below(4)) {
        Some(object) => (object + random.below(160)).min(length - 1),
        None => random.below(length),
    };
    let length = bytes.len();
    match random.below(8) {
        0 => {
            let at = place(random, length);
            let bit = random.below(8);
            bytes[at] ^= 1 << bit;
            format!("bit {bit} of byte {at} flipped")
        }
        1 => {
            let at = place(random, length);
            bytes[at] = random.next() as u8;
            format!("byte {at} set to {}", bytes[at])
        }
        2 => {
            let at = random.below(length);
            bytes.truncate(at);
            format!("cut at {at}")
        }
        3 => {
            let at = place(random, length);
            let count = (random.below(64) + 1).min(length - at);
            bytes[at..at + count].fill(0);
            format!("{count} zeros at {at}")
        }
        4 => {
            let at = place(random, length);
            let values = [
                0xffff_ffff,
                0x7fff_ffff,
                0x8000_0000,
                length as u32,
                0,
                1,
                random.next() as u32,
            ];
            let value = values[random.below(values.len())];
            let count = 4.min(length - at);
            bytes[at..at + count].copy_from_slice(&value.to_le_bytes()[..count]);
            format!("number {value:#x} at {at}")
        }
        5 => {
            let at = random.below(length);
            let count = random.below(40) + 1;
            let extra: Vec<u8> = (0..count).map(|_| random.next() as u8).collect();
            bytes.splice(at..at, extra);
            format!("{count} bytes put in at {at}")
        }
        6 => {
            let at = random.below(length);
            let end = (at + random.below(400) + 1).min(length);
            bytes.drain(at..end);
            format!("{} bytes taken out at {at}", end - at)
        }
        _ => {
            let count = random.below(200) + 1;
            let (from, to) = (random.below(length), random.below(length));
            let count = count.min(length - from).min(length - to);
            bytes.copy_within(from..from + count, to);
            format!("{count} bytes copied from {from} to {to}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_is_repeatable_and_varied() {
        const MAGIC: &[u8] = b"\0go120ld";
        let good: Vec<u8> = (0..5000u32).map(|n| n as u8).collect();
        let mut kinds = std::collections::BTreeSet::new();
        let mut changed = 0;
        for seed in 0..200 {
            let (mut a, mut b) = (good.clone(), good.clone());
            let what = mutate(&mut a, MAGIC, &mut Random::new(seed));
            assert_eq!(what, mutate(&mut b, MAGIC, &mut Random::new(seed)));
            assert_eq!(a, b);
            changed += usize::from(a != good);
            kinds.insert(what.split(' ').next().unwrap_or_default().to_string());
        }
        assert!(changed > 180, "{changed}");
        assert!(kinds.len() > 5, "{kinds:?}");
    }
}
