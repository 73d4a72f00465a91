//! Tables generated from each release's sources by `cargo xtask gen-gover`.

#[rustfmt::skip]
pub(crate) mod v1_22;
#[rustfmt::skip]
pub(crate) mod v1_23;
#[rustfmt::skip]
pub(crate) mod v1_24;
#[rustfmt::skip]
pub(crate) mod v1_25;
#[rustfmt::skip]
pub(crate) mod v1_26;
#[rustfmt::skip]
pub(crate) mod v1_27;
