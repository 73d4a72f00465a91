//! relink: Go's linker.
//!
//! [`pipeline`] is the screen of passes; around it are the command line ([`args`], [`config`]), the
//! diagnostics ([`diag`]) and the output file ([`output`]).

pub mod args;
pub mod benchmark;
mod buildcfg;
pub mod config;
pub mod diag;
pub mod driver;
pub mod end;
pub mod host;
pub mod hostlink;
pub mod importcfg;
pub mod loading;
mod memory;
pub mod mode;
pub mod output;
pub mod passes;
pub mod pipeline;
pub mod profile;
pub mod response;
pub mod shape;
mod shared_libs;
pub mod statistics;
mod sys;
pub mod text;
pub mod threads;
pub mod toolexec;
mod usage;
pub mod version;
