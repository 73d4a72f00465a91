//! Damages objects of a saved link step at random and runs the passes up to the stack check on
//! them: each must end in a result or an error.
//!
//! Usage: `damage STEP COUNT SEED`. Prints how many ended how, and the errors seen, by their first
//! words; exits with 1 if a pass panicked.

use goobj::{Block, Object};
use reach::{ReachOptions, Roots, Tell, deadcode};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use symbols::{
    BitSet, Digest, DigestOptions, FileNumbers, Inputs, Library, ObjInput, Reading, Unit,
};
use tables::inittask::{InitRoots, init_tasks};
use tables::stackcheck::{StackOptions, check_stack};

#[path = "step/mod.rs"]
mod step;

/// A small generator of numbers (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % n
    }
}

const BLOCKS: &[Block] = &[
    Block::Reloc,
    Block::Reloc,
    Block::Reloc,
    Block::Aux,
    Block::Aux,
    Block::SymDef,
    Block::HashedDef,
    Block::NonPkgDef,
    Block::NonPkgRef,
    Block::RefFlags,
    Block::RelocIdx,
    Block::AuxIdx,
    Block::DataIdx,
    Block::Data,
    Block::PkgIdx,
];

fn copy(i: &Inputs) -> Inputs {
    let lib = |l: &Library| Library {
        shared_lib: l.shared_lib.clone(),
        pkg: l.pkg.clone(),
        file: l.file.clone(),
        src_ref: l.src_ref.clone(),
        obj_ref: l.obj_ref.clone(),
        fingerprint: l.fingerprint,
        imports: l.imports.clone(),
        units: l.units.clone(),
        objs: l.objs.clone(),
        main: l.main,
    };
    Inputs {
        libs: i.libs.iter().map(lib).collect(),
        units: i
            .units
            .iter()
            .map(|u| Unit {
                lib: u.lib,
                obj: u.obj,
            })
            .collect(),
        objs: i
            .objs
            .iter()
            .map(|o| ObjInput {
                object: o.object,
                lib: o.lib,
                unit: o.unit,
                version: o.version,
                digest: Digest::default(),
            })
            .collect(),
        ..Inputs::default()
    }
}

/// Changes a few bytes of one object; the copy is not given back.
fn damage(r: &mut Random, object: &Object<'static>) -> Option<Object<'static>> {
    let mut bytes = object.bytes().to_vec();
    for _ in 0..1 + r.below(3) {
        let block = BLOCKS[r.below(BLOCKS.len())];
        let len = object.block(block).len();
        if len == 0 {
            continue;
        }
        let at = object.block_offset(block) as usize + r.below(len);
        bytes[at] = match r.below(3) {
            0 => r.below(256) as u8,
            1 => bytes[at] ^ (1 << r.below(8)),
            _ => 0xff,
        };
    }
    Object::open(bytes.leak()).ok()
}

fn run(mut inputs: Inputs, gover: &'static gover::GoLayout) -> Result<(), String> {
    let files = FileNumbers::default();
    let how = Reading::new(&DigestOptions::plain(gover), &files);
    for o in &mut inputs.objs {
        o.digest = Digest::new(&o.object, &how);
    }
    inputs.source_files = files.finish();
    let mut syms = step::resolve(inputs, gover).map_err(|e| e.to_string())?;
    syms.check_linknames()?;
    let main_inittasks = init_tasks(&mut syms, InitRoots::Program, 8).map_err(|e| e.to_string())?;
    let opts = ReachOptions {
        roots: Roots::Entry(step::ENTRY),
        main_inittasks,
        live_before: &BitSet::default(),
        dynamic_exports: &[],
        wasm_exports: &[],
        host_carriers: &FxHashMap::default(),
        dynlink: false,
        link_shared: false,
        can_use_plugins: false,
        prune_weak_map: true,
        field_track: false,
        follow_debug: true,
        ptr_size: 8,
    };
    let live = deadcode(&mut syms, &opts, Tell::default()).map_err(|e| e.to_string())?;
    let text = layout::TextOrder::assign(&syms, &live, &[]);
    let opts = StackOptions::new(&target::AMD64, 0, 1);
    let over = check_stack(&syms, &text.textp, &live.nosplit, &opts, None);
    match over.map_err(|e| e.to_string())?.first() {
        Some(o) => Err(o.message.clone()),
        None => Ok(()),
    }
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let number = |i: usize| args[i].parse::<u64>().expect("a number");
    let (inputs, gover) = step::load_step(&args[1]);
    let mut random = Random(number(3) * 0x9e37_79b9_7f4a_7c15 + 1);
    let mut ends: BTreeMap<String, (usize, String)> = BTreeMap::new();
    let mut panics = 0;
    for i in 0..number(2) {
        let mut inputs = copy(&inputs);
        let at = random.below(inputs.objs.len());
        let end = match damage(&mut random, &inputs.objs[at].object) {
            None => Err("refused when opened".to_owned()),
            Some(o) => {
                inputs.objs[at].object = o;
                match catch_unwind(AssertUnwindSafe(|| run(inputs, gover))) {
                    Ok(end) => end,
                    Err(_) => {
                        panics += 1;
                        eprintln!("run {i} panicked");
                        Err("PANIC".to_owned())
                    }
                }
            }
        };
        let text = end.err().unwrap_or_else(|| "linked".to_owned());
        let key: String = text
            .split(": ")
            .last()
            .unwrap_or("")
            .chars()
            .map(|c| if c.is_ascii_digit() { '#' } else { c })
            .take(40)
            .collect();
        ends.entry(key).or_insert((0, text)).0 += 1;
    }
    for (n, text) in ends.values() {
        println!("{n:6} {text}");
    }
    std::process::exit(i32::from(panics > 0));
}
