//! Unwind tables of COFF objects (`loadpe/seh.go`).

use gover::{RelocType, SymKind};
use symbols::{ExtReloc, SymId, Symbols};

/// Length of an entry for a function (`RUNTIME_FUNCTION`), bytes, and its number of relocations: where the
/// function begins and ends, and what is said of it.
const ENTRY_LEN: usize = 12;
const ENTRY_RELOCS: usize = 3;

/// Length of what is always said of a function (`UNWIND_INFO`), bytes.
const INFO_LEN: usize = 4;

/// Length of a code that tells what the function has done, bytes.
const CODE_LEN: usize = 2;

/// Bits of the first byte: the function has a handler of exceptions, or of unwinding; or it goes on where
/// another entry is.
const HAS_HANDLER: u8 = 3 << 3;
const IS_CHAINED: u8 = 4 << 3;

/// Takes a table of functions as it is.
pub(super) fn take_whole(syms: &mut Symbols, pdata: SymId, xdata: Option<SymId>) {
    let live = [Some(pdata), xdata];
    syms.foreign.live.extend(live.into_iter().flatten());
    syms.foreign.windows.pdata.push(pdata);
    // What is wrong with it is not looked at.
    for [function, _, info] in entries(syms, pdata).unwrap_or_default() {
        if let Some(handler) = handler(syms, info) {
            keep(syms, function.sym, handler);
        }
    }
}

/// Divides a table of functions into its entries, each kept by the function that it describes.
///
/// # Errors
/// It is no table of functions.
pub(super) fn take_functions(syms: &mut Symbols, pdata: SymId) -> Result<(), String> {
    for entry @ [function, _, info] in entries(syms, pdata)? {
        let at = function.off as usize;
        let Some(data) = syms.data(pdata).get(at..at + ENTRY_LEN) else {
            return Err(format!(
                "entry at {at:#x} past the end of {} of {:#x} bytes",
                syms.name_lossy(pdata),
                syms.data(pdata).len()
            ));
        };
        let data = data.to_vec();
        let s = syms.create(b"", 0);
        let e = syms.ext_mut(s);
        e.kind = SymKind::SehSect;
        e.align = 4;
        e.set_data(data);
        let moved = |(i, r): (usize, ExtReloc)| ExtReloc {
            off: 4 * i as i32,
            ..r
        };
        e.relocs = entry.into_iter().enumerate().map(moved).collect();
        keep(syms, function.sym, s);
        keep(syms, function.sym, info.sym);
        if let Some(handler) = handler(syms, info) {
            keep(syms, function.sym, handler);
        }
        syms.foreign.windows.pdata.push(s);
    }
    Ok(())
}

/// The relocations of a table of functions, entry by entry.
fn entries(syms: &Symbols, pdata: SymId) -> Result<Vec<[ExtReloc; ENTRY_RELOCS]>, String> {
    let relocs = syms.changed(pdata).map_or(&[][..], |e| &e.relocs);
    let (entries, rest) = relocs.as_chunks::<ENTRY_RELOCS>();
    match rest {
        [] => Ok(entries.to_vec()),
        _ => Err(format!(
            ".pdata symbol {:?} has invalid relocation count",
            syms.name_lossy(pdata)
        )),
    }
}

/// The handler that a function has by what `info` refers to.
fn handler(syms: &Symbols, info: ExtReloc) -> Option<SymId> {
    let mut at = info;
    // A chain that is longer than all there is goes round in circles.
    for _ in 0..=syms.changed(info.sym).map_or(0, |e| e.relocs.len()) {
        let info = syms.changed(at.sym)?;
        let start = usize::try_from(at.add).ok()?;
        let head = info.data.get(start..)?.get(..INFO_LEN)?;
        let is_chained = match head[0] {
            flags if flags & HAS_HANDLER != 0 => false,
            flags if flags & IS_CHAINED != 0 => true,
            _ => return None,
        };
        let n_codes = usize::from(head[2]).next_multiple_of(2) & usize::from(u8::MAX);
        let end = start + INFO_LEN + CODE_LEN * n_codes;
        let first = info.relocs.partition_point(|r| (r.off as usize) < end);
        let found = match is_chained {
            true => info.relocs.get(first + 2)?,
            false => return info.relocs.get(first).map(|r| r.sym),
        };
        at = *found;
    }
    None
}

/// Makes `s` keep `target`.
pub(super) fn keep(syms: &mut Symbols, s: SymId, target: SymId) {
    syms.ext_mut(s).relocs.push(ExtReloc {
        off: 0,
        siz: 0,
        typ: RelocType::Keep,
        weak: false,
        add: 0,
        sym: target,
    });
}
