//! Text order and addresses; data sections; file offsets.

mod addresses;
mod buckets;
mod carriers;
mod facts;
mod gcprog;
mod groups;
mod relro;
mod sections;
mod text;
mod trampolines;

pub use addresses::{Addresses, SectionId};
pub use buckets::{Bucket, Buckets, DataOrder, DataSym, TypeParts, Unsorted, data_align};
pub use carriers::Carriers;
pub use relro::Relro;
pub use sections::{
    DataLayout, KnownSections, Placed, Section, SectionOptions, Seg, Segment, Segments,
    UnwindTables,
};
pub use text::{TextCut, TextLayout, TextOrder, round_up};
pub use trampolines::TrampolineOptions;
