//! The passes of a link, in order.
//!
//! Each stage borrows what the earlier ones made and has passes of its own: `program` finds the live
//! symbols, `code` lays out text and plans all that is made from it, `data` lays out data and gives everything
//! its address, `output` writes, as an `executable` or as an `object` for a host linker. Symbols can be
//! made until data is laid out.
//!
//! Mapped inputs count as memory once they are touched, and mapping a page again costs time. So pages
//! are given back where little of them is needed soon; docs/architecture.md says what and why.

mod code;
mod coff;
mod data;
mod executable;
mod image;
mod labels;
mod macho;
mod macho_object;
mod object;
mod output;
mod program;

use crate::config::Config;
use crate::diag::{Diag, Stop};
use crate::output::OutputFile;
use crate::passes::host_syms;
use code::Code;
use data::Data;
use layout::Carriers;
pub use output::Linked;
use output::Output;
use program::Program;
pub use program::{Explained, Resolved};

/// Links what was resolved into `file`: an executable, or the object that a host linker makes one of.
///
/// # Errors
/// What is wrong has been said.
pub fn link(
    config: &Config,
    resolved: Resolved,
    diag: &Diag,
    file: &mut OutputFile,
) -> Result<Linked, Stop> {
    let Resolved {
        shape,
        side_by_side,
        syms,
    } = resolved;
    let mut program = Program::find(config, &shape, syms, side_by_side, diag)?;
    let (mut code, debug) = Code::lay_out(&mut program)?;
    let data = Data::lay_out(&mut program, &mut code)?;
    let carriers = match shape.external {
        true => host_syms::carriers(
            &program.syms,
            &data.buckets,
            &code.data_markers,
            &code.pclntab,
            shape.dynlink,
        ),
        false => Carriers::default(),
    };
    let linked = Output::new(&program, &code, &data, &carriers).write(debug, file)?;
    if !shape.external {
        // The process ends soon; taking the large tables apart would only cost time.
        std::mem::forget((program, code, data));
    }
    diag.exit_if_errors()?;
    Ok(linked)
}
