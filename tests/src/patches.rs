//! Patch levels of Go releases where cmd/link changed, besides those of the matrix: the bytes, what is
//! said of cgo directives and odd members of archives, and what the host linker gets.

use crate::context::Context;
use crate::errors::{self, Setting};
use crate::external::{arguments_of, incomplete, with_flags};
use crate::fixture::Fixture;
use crate::flags::{DEFAULT, Text};
use crate::runner::{Case, Outcome};
use crate::{host_objects, parity};
use std::sync::Arc;
use xtask::Result;
use xtask::toolchain::{PATCH_LEVELS, Toolchain};

/// The sets of [`arguments_of`] that patch levels have in common with no other.
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
        for (name, test) in &tests {
            let (context, test) = (context.clone(), Arc::clone(test));
            let name = format!("patches/{version}/{name}");
            cases.push(Case::new(name, move || match Toolchain::find(version) {
                Ok(go) => test(&context, &go),
                Err(e) => Ok(incomplete(e.to_string())),
            }));
        }
    }
}
