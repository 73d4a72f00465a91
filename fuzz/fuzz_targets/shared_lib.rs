//! Shared libraries of Go packages: whatever the bytes, they are read or refused.
#![no_main]

use hostobj::SharedLib;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(lib) = SharedLib::open(bytes) else {
        return;
    };
    for typ in 1..4 {
        let _ = lib.note(b"Go\0\0", typ);
    }
    let symbols = lib.symbols().unwrap_or_default();
    for pointer in lib.pointers(symbols.len()).unwrap_or_default() {
        assert!(pointer.sym < symbols.len());
    }
});
