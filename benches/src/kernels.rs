//! The hot kernels, each on the material of a real link.

use criterion::{BatchSize, Criterion, Throughput};
use goflate::Encoder;
use goobj::Object;
use gosort::Shuffle;
use relink_benches::program::{Objects, Program};
use relink_benches::{Material, go_zlib};
use std::hint::black_box;
use xtask::step;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if args.get(1).is_some_and(|arg| arg == step::RECORD) {
        step::record_main(&args[2..]);
    }
    let recorder = std::env::current_exe().expect("a path");
    let material = match Material::new(&recorder) {
        Ok(material) => material,
        Err(error) => {
            eprintln!("benches: {error}");
            std::process::exit(1);
        }
    };
    let mut criterion = Criterion::default().sample_size(20).configure_from_args();
    objects(&mut criterion, &material);
    if let Err(error) = passes(&mut criterion, &material) {
        eprintln!("benches: {error}");
        std::process::exit(1);
    }
    flate(&mut criterion, &material);
    sort(&mut criterion, &material);
    criterion.final_summary();
}

/// Opening all objects, and walking all their relocations.
fn objects(criterion: &mut Criterion, material: &Material) {
    let bytes: usize = material.archives.iter().map(|(_, a)| a.len()).sum();
    let mut group = criterion.benchmark_group("objects");
    group.throughput(Throughput::Bytes(bytes as u64));
    group.bench_function("open", |bench| {
        bench.iter(|| {
            each_object(&material.archives, |object| {
                black_box(object.n_alldef());
            });
        });
    });
    group.bench_function("relocations", |bench| {
        bench.iter(|| {
            each_object(&material.archives, |object| {
                for index in 0..object.n_alldef() {
                    for reloc in object.relocs(index) {
                        black_box((reloc.off(), reloc.sym()));
                    }
                }
            });
        });
    });
    group.finish();
}

fn each_object(archives: &[(String, &[u8])], mut each: impl FnMut(&Object<'_>)) {
    for (_, archive) in archives {
        for object in relink_benches::objects(archive) {
            each(&object.expect("the compiler wrote it"));
        }
    }
}

/// The kernels of the passes over all symbols, in as many threads as a link has here.
fn passes(criterion: &mut Criterion, material: &Material) -> xtask::Result<()> {
    let objects = Objects::new(material)?;
    let mut program = Program::new(&objects)?;
    let mut group = criterion.benchmark_group("passes");
    group.bench_function("digest", |bench| {
        bench.iter_with_large_drop(|| objects.digest());
    });
    group.bench_function("resolve", |bench| {
        bench.iter_batched(
            || objects.digest(),
            |inputs| objects.resolve(inputs).expect("it did once"),
            BatchSize::PerIteration,
        );
    });
    group.throughput(Throughput::Elements(program.live() as u64));
    group.bench_function("flood", |bench| {
        bench.iter_with_large_drop(|| program.flood().expect("it did once"));
    });
    group.throughput(Throughput::Elements(program.functions() as u64));
    group.bench_function("pclntab", |bench| {
        bench.iter_with_large_drop(|| program.plan_pclntab());
    });
    let mut out = vec![0; program.text_len()];
    if let Some(wrong) = program.write_text(&mut out).first() {
        return Err(format!("a relocation cannot be applied: {:?}", wrong.problem).into());
    }
    group.throughput(Throughput::Bytes(out.len() as u64));
    group.bench_function("relocate", |bench| {
        bench.iter(|| black_box(program.write_text(&mut out)).len());
    });
    group.finish();
    Ok(())
}

/// Both encoders, and Go's own beside them.
fn flate(criterion: &mut Criterion, material: &Material) {
    let input = &material.debug_info;
    let mut group = criterion.benchmark_group("zlib");
    group.throughput(Throughput::Bytes(input.len() as u64));
    for (name, release, encoder) in [
        ("go1.26", "1.26", Encoder::Go126),
        ("go1.27", "1.27", Encoder::Go127),
    ] {
        match go_zlib(release, input) {
            Ok(seconds) => println!(
                "compress/zlib of {name} itself: {:.2} ms, {:.1} MiB/s",
                seconds * 1e3,
                input.len() as f64 / seconds / 1048576.0
            ),
            Err(error) => println!("compress/zlib of {name} itself: {error}"),
        }
        group.bench_function(name, |bench| {
            bench.iter(|| black_box(goflate::zlib_level1(encoder, input)));
        });
    }
    group.finish();
}

/// Go's sort on names with many ties, and the standard library's beside it.
fn sort(criterion: &mut Criterion, material: &Material) {
    let keys: Vec<&str> = material
        .names
        .iter()
        .map(|name| name.split('.').next().unwrap_or(name))
        .collect();
    let mut group = criterion.benchmark_group("sort");
    group.throughput(Throughput::Elements(keys.len() as u64));
    group.bench_function("pdqsort", |bench| {
        bench.iter_batched_ref(
            || keys.clone(),
            |keys| gosort::sort_by(keys, Shuffle::Triple64, |a, b| a < b),
            BatchSize::LargeInput,
        );
    });
    group.bench_function("pdqsort-parallel", |bench| {
        bench.iter_batched_ref(
            || keys.clone(),
            |keys| gosort::par_sort_by(keys, Shuffle::Triple64, |a, b| a < b),
            BatchSize::LargeInput,
        );
    });
    group.bench_function("std", |bench| {
        bench.iter_batched_ref(
            || keys.clone(),
            |keys| keys.sort_unstable(),
            BatchSize::LargeInput,
        );
    });
    group.finish();
}
