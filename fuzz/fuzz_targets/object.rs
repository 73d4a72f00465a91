//! Every table of a Go object: what `open` accepts can be read without a check.
#![no_main]

use goobj::{FuncInfo, Object};
use libfuzzer_sys::fuzz_target;
use std::hint::black_box;

fuzz_target!(|bytes: &[u8]| {
    let Ok(object) = Object::open(bytes) else {
        return;
    };
    black_box(object.fingerprint());
    object.autolib().for_each(|entry| {
        black_box(entry);
    });
    object.packages().for_each(|name| {
        black_box(name);
    });
    object.ref_flags().for_each(|flags| {
        black_box(flags);
    });
    for file in 0..object.n_files() {
        black_box(object.file(file));
    }
    let all = object.n_alldef() + object.n_nonpkg_ref();
    for index in 0..all {
        let symbol = object.sym(index);
        black_box((object.name(symbol), symbol.kind(), symbol.size()));
        if index >= object.n_alldef() {
            continue;
        }
        for reloc in object.relocs(index) {
            black_box((reloc.off(), reloc.typ(), reloc.sym()));
        }
        for aux in object.auxs(index) {
            black_box(aux);
        }
        let data = object.data(index);
        assert_eq!(data.len(), object.data_len(index) as usize);
        if let Some(info) = FuncInfo::open(data) {
            info.files().for_each(|file| {
                black_box(file);
            });
            info.inl_tree().for_each(|node| {
                black_box(node);
            });
        }
    }
    for index in 0..object.n_hashed64() {
        black_box(object.hash64(index));
    }
    for index in 0..object.n_hashed() {
        black_box(object.hash(index));
    }
});
