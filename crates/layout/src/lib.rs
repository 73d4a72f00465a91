//! Text order and addresses; data sections; file offsets.

mod addresses;
mod text;

pub use addresses::{Addresses, SectionId};
pub use text::{TextLayout, TextOrder, round_up};
