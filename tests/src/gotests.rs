//! To come.

use crate::Args;
use crate::context::Context;
use crate::runner::Case;

pub fn cases(_: &Context, _: &Args, _: &mut Vec<Case>) {}
