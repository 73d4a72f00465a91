//! Number tables generated from each release's sources by `cargo xtask gen-gover`.

pub(crate) mod v1_26;
pub(crate) mod v1_27;
