//! What labels inside large symbols of an object are made from.

use super::output::Output;
use crate::passes::labels::{LabelInput, Place};
use gover::SymKind;
use symbols::SymId;
use target::Family;

impl Output<'_> {
    /// Labels in large symbols, `distance` bytes apart, where relocations need them.
    pub(super) fn labels(&self, distance: i64) -> Vec<Place> {
        let (program, data) = (self.program, self.data);
        if program.config.arch.family != Family::Arm64 {
            return Vec::new();
        }
        let input = LabelInput {
            syms: &program.syms,
            live: &program.live,
            special: &program.special,
            addrs: &data.addrs,
            data: &data.buckets,
            carriers: self.groups(),
            distance,
        };
        input.places()
    }

    /// What carries groups of data, with the kind of each group and its length where it is a section, by rank.
    fn groups(&self) -> Vec<(SymId, SymKind, Option<u64>)> {
        let (syms, markers) = (&self.program.syms, &self.code.data_markers);
        let named = |name: &[u8]| syms.lookup(name, 0);
        let layout = &self.data.layout;
        let tables = layout.sections[layout.known.pclntab].len;
        let all = [
            (Some(markers.type_star), SymKind::Type, None),
            (markers.typerel, SymKind::TypeRelro, None),
            (Some(markers.gostring_star), SymKind::GoString, None),
            (Some(markers.funcdesc), SymKind::GoFunc, None),
            (named(b"go:funcdescrel"), SymKind::GoFuncRelro, None),
            (Some(markers.gcbits_star), SymKind::GcBits, None),
            (markers.gcmask, SymKind::GcMask, None),
            (
                Some(self.code.pclntab.carrier),
                SymKind::Pclntab,
                Some(tables),
            ),
        ];
        let known = all.into_iter();
        let mut known: Vec<_> = known.filter_map(|(s, k, n)| Some((s?, k, n))).collect();
        known.sort_by_key(|&(_, kind, _)| syms.gover.rank(kind));
        known
    }
}
