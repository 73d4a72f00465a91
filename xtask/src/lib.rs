//! What the project's tasks and its tests share: Go toolchains, saved link
//! steps, measured processes.
//!
//! Nothing here knows about relink's own crates, so that the tasks work while
//! the linker does not build.

pub mod cargo;
pub mod disk;
pub mod measure;
pub mod paths;
pub mod programs;
pub mod step;
pub mod system;
pub mod toolchain;

/// The error of the tasks: a message for a person, already complete.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// The result of the tasks.
pub type Result<T> = std::result::Result<T, Error>;
