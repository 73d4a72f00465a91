//! Host objects and archives of them: whatever the bytes, they are read or refused, and what is read
//! is entered into a link or refused.
#![no_main]

use hostobj::{Archive, Elf};
use libfuzzer_sys::fuzz_target;
use link::host::Loader;
use symbols::{Inputs, ResolveOptions, Symbols};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(archive) = Archive::open(bytes, "lib.a") {
        for symbol in [&b"__divti3"[..], b"a", b""] {
            if let Some(member) = archive.find(symbol).map(|off| archive.member(off)) {
                let _ = member.map(|m| Elf::parse(m.data, "lib.a(m)", &target::AMD64));
            }
        }
    }
    for arch in [&target::AMD64, &target::ARM64] {
        let Ok(elf) = Elf::parse(bytes, "x.o", arch) else {
            continue;
        };
        let options = ResolveOptions::plain(gover::layout_for("go1.27").expect("a known release"));
        let Ok((mut syms, _)) = Symbols::resolve(Inputs::default(), &options) else {
            continue;
        };
        let mut loader = Loader::new(&mut syms);
        let _ = loader.enter(&elf, "pkg", "x.o");
        // What one object defines, a second one defines again.
        let _ = loader.enter(&elf, "pkg", "y.o");
        loader.undefined_targets(usize::MAX);
    }
});
