//! Patch levels of Go releases, those with which cmd/link changed among them: the bytes, what is said of cgo
//! directives and odd members of archives, and what the host linker gets.

use crate::context::Context;
use crate::errors::{self, Demand, Setting, Spoiled, spoiler};
use crate::external::{arguments_of, incomplete, with_flags};
use crate::fixture::Fixture;
use crate::flags::{DEFAULT, Text};
use crate::runner::{Case, Outcome};
use crate::{host_objects, parity};
use std::sync::{Arc, OnceLock};
use xtask::Result;
use xtask::toolchain::{PATCH_LEVELS, Toolchain};

/// The sets of [`arguments_of`] that patch levels differ in, and the plain one.
const ARGUMENTS: &[&str] = &["plain", "paths", "paths-static", "interpreter-comma"];

type Test = dyn Fn(&Context, &Toolchain) -> Result<Outcome> + Send + Sync;

/// All cases.
pub fn cases(context: &Context, cases: &mut Vec<Case>) {
    let mut tests: Vec<(String, Arc<Test>)> = vec![
        (
            "hello".into(),
            Arc::new(|context, go| {
                let step = context.fixture_step(go, &Fixture::named("hello")?, &DEFAULT)?;
                parity::compare(context, "patches/hello", &step, &[], Text::Same)
            }),
        ),
        (
            "arm64-plugin".into(),
            Arc::new(|context, go| with_flags(context, go, "arm64-plugin", &[])),
        ),
        // What it exports is in a file that the host linker reads.
        (
            "windows-c-shared".into(),
            Arc::new(|context, go| with_flags(context, go, "windows-c-shared", &[])),
        ),
    ];
    for &title in ARGUMENTS {
        let test = move |context: &Context, go: &Toolchain| arguments_of(context, go, title);
        tests.push((format!("arguments-{title}"), Arc::new(test)));
    }
    for (name, demand, spoil) in host_objects::trusted() {
        let test = move |context: &Context, go: &Toolchain| {
            errors::case(name, demand, &spoil, &Setting::new(context, go))
        };
        tests.push((name.into(), Arc::new(test)));
    }
    for version in PATCH_LEVELS {
        // Asked for by whichever case comes first.
        let found = Arc::new(OnceLock::new());
        for (name, test) in &tests {
            let (context, test, found) = (context.clone(), Arc::clone(test), Arc::clone(&found));
            let name = format!("patches/{version}/{name}");
            cases.push(Case::new(name, move || {
                let found =
                    found.get_or_init(|| Toolchain::find(version).map_err(|e| e.to_string()));
                match found {
                    Ok(go) => test(&context, go),
                    Err(why) => Ok(incomplete(why.clone())),
                }
            }));
        }
    }
    let context = context.clone();
    cases.push(Case::new("patches/objects-of-another", move || {
        let toolchains =
            Toolchain::find("1.27.0").and_then(|a| Ok((a, Toolchain::find("1.27.4")?)));
        match toolchains {
            Ok((compiler, linker)) => objects_of_another(&context, &compiler, &linker),
            Err(e) => Ok(incomplete(e.to_string())),
        }
    }));
}

/// Objects of another patch level of the same line, which `-f` permits from 1.27 on.
fn objects_of_another(
    context: &Context,
    compiler: &Toolchain,
    linker: &Toolchain,
) -> Result<Outcome> {
    let step = Setting::new(context, compiler).step_of("hello", &DEFAULT)?;
    let spoil = spoiler(move |link, _| {
        *link = Spoiled::new(&step, &link.dir)?;
        link.flags(&["-f"]);
        Ok(())
    });
    let setting = Setting::new(context, linker);
    errors::case("objects-of-another", Demand::Same, &spoil, &setting)
}
