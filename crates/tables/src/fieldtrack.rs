//! Field tracking (`GOEXPERIMENT=fieldtrack`, `-k`; `ld/go.go:fieldtrack`): which tracked struct
//! fields the program uses, and through whom.

use crate::maker::Maker;
use crate::strdata::set_strings;
use gover::SymKind;
use symbols::SymId;

/// Takes the symbols of tracked fields out of the program and sets the string variable `into`, if it
/// is named and live, to the text of [`reach::field_tracks`]. Gives the fields' symbols, which do not
/// appear in the symbol table.
pub fn track_fields(m: &mut Maker, into: &str) -> Vec<SymId> {
    let (fields, text) = reach::field_tracks(m.syms, m.live);
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
