//! Relocations whose target nothing defines (`ld/errors.go:errorUnresolved`).

use super::{Diag, Stop};
use gover::SymKind;
use rustc_hash::FxHashMap;
use std::sync::Mutex;
use symbols::{SymId, Symbols, VERSION_ABI_INTERNAL, VERSION_ABI0};

/// Collects unresolved symbols from all threads of a relocation pass. Each pair of referring
/// and missing symbol is reported once, in the order of the places they were found at, which is
/// the order cmd/link has when one thread does all.
#[derive(Default)]
pub struct UnresolvedSymbols {
    /// Referring and missing symbol, to the first place.
    found: Mutex<FxHashMap<(SymId, SymId), (u64, u32)>>,
}

impl UnresolvedSymbols {
    /// Notes that `from` refers to `to`, which nothing defines. `place` is what reports are
    /// sorted by: the referring symbol's address or place in the output, and the number of the
    /// relocation in it.
    pub fn note(&self, from: SymId, to: SymId, place: (u64, u32)) {
        let mut found = self.found.lock().unwrap_or_else(|e| e.into_inner());
        let first = found.entry((from, to)).or_insert(place);
        *first = place.min(*first);
    }

    /// Whether there are any.
    pub fn is_empty(&self) -> bool {
        let found = self.found.lock().unwrap_or_else(|e| e.into_inner());
        found.is_empty()
    }

    /// Reports them.
    ///
    /// # Errors
    ///
    /// The link ends; there were too many.
    pub fn report(self, diag: &Diag, symbols: &Symbols) -> Result<(), Stop> {
        let found = self.found.into_inner().unwrap_or_else(|e| e.into_inner());
        let mut found: Vec<_> = found
            .into_iter()
            .map(|(pair, place)| (place, pair))
            .collect();
        found.sort_unstable_by_key(|&(place, (from, to))| (place, from.0, to.0));
        for (_, (from, to)) in found {
            let text = unresolved_text(symbols, to);
            diag.symbol_error(symbols.name(from), symbols.printed_number(from), text)?;
        }
        Ok(())
    }
}

/// What is said of a missing symbol, behind the name of one that refers to it.
pub fn unresolved_text(symbols: &Symbols, missing: SymId) -> String {
    let defined = |version| {
        // Without wrappers both ABIs are one.
        let version = match symbols.abi_wrappers {
            true => version,
            false => VERSION_ABI0,
        };
        symbols
            .lookup(symbols.name(missing), version)
            .is_some_and(|s| !matches!(symbols.kind(s), SymKind::Xxx | SymKind::Xref))
    };
    wording(
        &symbols.name_lossy(missing),
        symbols.version(missing),
        defined,
    )
}

/// The text; `defined` tells whether the name is defined in a version.
fn wording(name: &str, version: i32, defined: impl Fn(i32) -> bool) -> String {
    if name == "main.main" {
        return "function main is undeclared in the main package".into();
    }
    let abis = [
        ("ABI0", VERSION_ABI0),
        ("ABIInternal", VERSION_ABI_INTERNAL),
    ];
    let wanted = abis.iter().find(|(_, v)| *v == version);
    let have = abis.iter().rev().find(|(_, v)| defined(*v));
    match (wanted, have) {
        (Some((wanted, _)), Some((have, _))) => {
            format!("relocation target {name} not defined for {wanted} (but is defined for {have})")
        }
        _ => format!("relocation target {name} not defined"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wordings() {
        for (name, version, other, want) in [
            (
                "main.main",
                1,
                None,
                "function main is undeclared in the main package",
            ),
            ("a.f", 1, None, "relocation target a.f not defined"),
            (
                "a.f",
                1,
                Some(0),
                "relocation target a.f not defined for ABIInternal (but is defined for ABI0)",
            ),
            (
                "a.f",
                0,
                Some(1),
                "relocation target a.f not defined for ABI0 (but is defined for ABIInternal)",
            ),
            ("a.f", 12, Some(0), "relocation target a.f not defined"),
        ] {
            assert_eq!(wording(name, version, |v| Some(v) == other), want);
        }
    }

    #[test]
    fn each_pair_is_kept_once_at_its_first_place() {
        let u = UnresolvedSymbols::default();
        assert!(u.is_empty());
        u.note(SymId(3), SymId(9), (20, 1));
        u.note(SymId(3), SymId(9), (20, 0));
        u.note(SymId(3), SymId(9), (30, 0));
        assert_eq!(u.found.lock().unwrap()[&(SymId(3), SymId(9))], (20, 0));
        assert!(!u.is_empty());
    }
}
