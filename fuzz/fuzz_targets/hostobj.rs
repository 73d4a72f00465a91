//! Host objects and archives of them: whatever the bytes, they are read or refused, and what is read
//! is entered into a link or refused.
#![no_main]

use gover::{CoffRelocs, HostPdata};
use hostobj::macho::Macho;
use hostobj::{Archive, Coff, Elf, Shuffle};
use libfuzzer_sys::fuzz_target;
use link::host::Loader;
use symbols::{Inputs, ResolveOptions, Symbols};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(archive) = Archive::open(bytes, "lib.a") {
        for symbol in [&b"__divti3"[..], b"a", b""] {
            if let Some(member) = archive.find(symbol).map(|off| archive.member(off)) {
                let _ = member.map(|m| Elf::parse(m.data, "lib.a(m)", &target::AMD64, Shuffle::Triple64));
            }
        }
    }
    for arch in [&target::AMD64, &target::ARM64] {
        // What one object defines, a second one defines again.
        if let Ok(elf) = Elf::parse(bytes, "x.o", arch, Shuffle::Triple64) {
            with_loader(|loader| {
                let _ = loader.enter(&elf, "pkg", "x.o");
                let _ = loader.enter(&elf, "pkg", "y.o");
            });
        }
        // Zeros take room.
        let small = |m: &Macho| m.sections.iter().all(|s| s.size < 1 << 20);
        if let Some(macho) = Macho::parse(bytes, arch).ok().filter(small) {
            with_loader(|loader| {
                let _ = loader.enter_macho(&macho, "p", true);
                let _ = loader.enter_macho(&macho, "q", false);
            });
        }
        let Ok(coff) = Coff::parse(bytes, "x.o", arch, CoffRelocs::OfMachine) else {
            continue;
        };
        for how in [HostPdata::Whole, HostPdata::PerFunction] {
            with_loader(|loader| {
                let _ = loader.enter_coff(&coff, "pkg", "x.o", how);
                let _ = loader.enter_coff(&coff, "pkg", "y.o", how);
                let _ = loader.resolve_imports();
            });
        }
    }
});

/// Enters something into a link without Go objects.
fn with_loader(enter: impl FnOnce(&mut Loader)) {
    let options = ResolveOptions::plain(gover::layout_for("go1.27").expect("a known release"));
    if let Ok((mut syms, _)) = Symbols::resolve(Inputs::default(), &options) {
        let mut loader = Loader::new(&mut syms);
        enter(&mut loader);
        loader.undefined_targets(usize::MAX);
    }
}
