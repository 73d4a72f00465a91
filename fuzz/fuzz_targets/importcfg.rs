//! The importcfg: any text is read or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut modinfo = Vec::new();
    let _ = link::importcfg::read(bytes, &mut |text| modinfo.push(text));
    // Text only shrinks when it is unquoted.
    assert!(modinfo.iter().map(Vec::len).sum::<usize>() <= bytes.len() * 3);
});
