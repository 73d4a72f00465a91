//! Field tracking (`GOEXPERIMENT=fieldtrack`, `-k`; `ld/go.go:fieldtrack`): which tracked struct
//! fields the program uses, and through whom.

use crate::maker::Maker;
use crate::strdata::set_strings;
use gover::SymKind;
use symbols::SymId;

const PREFIX: &[u8] = b"go:track.";

/// Takes the symbols of tracked fields out of the program and sets the string variable `into`, if it
/// is named and live, to one line per field: the field and the chain of symbols that reach it. Gives
/// the fields' symbols, which do not appear in the symbol table.
pub fn track_fields(m: &mut Maker, into: &str) -> Vec<SymId> {
    let mut text = Vec::new();
    let mut fields = Vec::new();
    for s in m.live.reachable.iter() {
        let Some(field) = m.syms.name(s).strip_prefix(PREFIX) else {
            continue;
        };
        fields.push(s);
        text.extend_from_slice(field);
        let parent = |s: SymId| {
            m.live
                .parents
                .get(s.index())
                .copied()
                .filter(|p| p.is_some())
        };
        for p in std::iter::successors(parent(s), |&p| parent(p)) {
            text.push(b'\t');
            text.extend_from_slice(m.syms.name(p));
        }
        text.push(b'\n');
    }
    fields.iter().for_each(|&s| m.special.insert(s));
    if into.is_empty() {
        return fields;
    }
    if let Some(s) = m
        .syms
        .lookup(into.as_bytes(), 0)
        .filter(|&s| m.live.reachable.has(s))
    {
        m.ext(s).kind = SymKind::Data;
        // Only a variable of another type could be complained about, and cmd/link sets its kind all
        // the same.
        let _ = set_strings(m, &[(into.to_owned(), text)]);
    }
    fields
}
