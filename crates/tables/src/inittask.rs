//! The order in which packages are initialised (`ld/inittask.go`).
//!
//! A package's `..inittask` record lists its init functions, and its relocations of type
//! R_INITORDER name the records of the packages it imports. The lists made here name the records in
//! an order that respects the imports and is otherwise alphabetical.

use gover::{RelocType, SymKind};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use symbols::{LibId, SymId, Symbols, path_to_prefix};

/// Whose packages are initialised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InitRoots<'a> {
    /// A program or a C library of Go code.
    Program,
    /// A plugin with this package path, not escaped.
    Plugin(&'a str),
    /// A shared Go library: all its packages.
    SharedLibrary,
}

/// The record of a package cannot be scheduled: the imports form a cycle. cmd/link says this with
/// `Exitf`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("inittask for {name} is not schedulable {left}")]
pub struct Unschedulable {
    /// The record.
    pub name: String,
    /// Imports that were not scheduled before it.
    pub left: usize,
}

/// Makes the lists of init tasks: the program's, whose symbol is returned (none if the main package
/// has no record), and the runtime's, to which `runtime.runtime_inittasks` is set.
///
/// # Errors
/// See [`Unschedulable`].
pub fn init_tasks(
    syms: &mut Symbols,
    roots: InitRoots,
    ptr_size: u8,
) -> Result<SymId, Unschedulable> {
    let (names, list) = match roots {
        InitRoots::Program => (vec!["main..inittask".to_owned()], "go:main.inittasks"),
        InitRoots::Plugin(path) => (
            vec![format!("{}..inittask", path_to_prefix(path))],
            "go:plugin.inittasks",
        ),
        InitRoots::SharedLibrary => {
            let record = |l: usize| {
                let pkg = &syms.libs[LibId(l as u32).index()].pkg;
                format!("{}..inittask", path_to_prefix(pkg))
            };
            (
                (0..syms.libs.len()).map(record).collect(),
                "go:shlib.inittasks",
            )
        }
    };
    let main = make_list(syms, &names, list, ptr_size)?;
    if roots != InitRoots::Program && main.is_some() {
        // Several modules have a list of this name in one process.
        syms.local.insert(main);
    }
    let Some(var) = syms.lookup(b"runtime.runtime_inittasks", 0) else {
        return Ok(main);
    };
    let runtime = ["runtime..inittask".to_owned()];
    let tasks = make_list(syms, &runtime, "go:runtime.inittasks", ptr_size)?;
    let len = if tasks.is_some() {
        syms.size(tasks) / u64::from(ptr_size)
    } else {
        0
    };
    let len = &len.to_le_bytes()[..ptr_size.into()];
    let header = syms.ext_mut(var);
    header.kind = SymKind::NoPtrData;
    header.size = 0;
    header.data.clear();
    header.add_addr_plus(ptr_size, tasks, 0);
    header.add_bytes(len);
    header.add_bytes(len);
    Ok(main)
}

/// One record and what it waits for.
struct Task {
    sym: SymId,
    /// Imports not scheduled yet.
    left: usize,
    /// Records that import this one.
    importers: Vec<u32>,
}

/// `inittaskSym`: the list of what `roots` need, or no symbol if none of them exists.
fn make_list(
    syms: &mut Symbols,
    roots: &[String],
    list: &str,
    ptr_size: u8,
) -> Result<SymId, Unschedulable> {
    let mut tasks: Vec<Task> = Vec::new();
    let mut index: FxHashMap<SymId, u32> = FxHashMap::default();
    let mut find = |tasks: &mut Vec<Task>, sym: SymId| {
        *index.entry(sym).or_insert_with(|| {
            tasks.push(Task {
                sym,
                left: 0,
                importers: Vec::new(),
            });
            tasks.len() as u32 - 1
        })
    };
    for name in roots {
        if let Some(s) = syms.lookup(name.as_bytes(), 0) {
            find(&mut tasks, s);
        }
    }
    if tasks.is_empty() {
        return Ok(SymId::NONE);
    }
    // What is read of a record, for those that are the same number of imports away from the roots at
    // once: each lies in another object, and most of the time goes into getting at it.
    struct Record<'a> {
        name: &'a [u8],
        size: u64,
        imports: Vec<SymId>,
    }
    let read = |t: &Task| {
        let imports = syms.relocs(t.sym);
        let imports = imports.filter(|r| r.typ == RelocType::InitOrder && r.sym.is_some());
        Record {
            name: syms.name(t.sym),
            size: syms.size(t.sym),
            imports: imports.map(|r| r.sym).collect(),
        }
    };
    let mut records: Vec<Record> = Vec::new();
    while records.len() < tasks.len() {
        let first = records.len();
        let level = tasks[first..].par_iter().with_min_len(4).map(read);
        records.par_extend(level);
        for (i, r) in records.iter().enumerate().skip(first) {
            for &import in &r.imports {
                let import = find(&mut tasks, import);
                tasks[import as usize].importers.push(i as u32);
            }
            tasks[i].left = r.imports.len();
        }
    }
    let mut order = Vec::new();
    {
        let key = |i: u32| Reverse((records[i as usize].name, i));
        let ready = (0..tasks.len() as u32).filter(|&i| tasks[i as usize].left == 0);
        let mut heap: BinaryHeap<_> = ready.map(key).collect();
        let mut left: Vec<usize> = tasks.iter().map(|t| t.left).collect();
        while let Some(Reverse((_, i))) = heap.pop() {
            // A record without functions only orders the others.
            if records[i as usize].size > 8 {
                order.push(tasks[i as usize].sym);
            }
            for &j in &tasks[i as usize].importers {
                left[j as usize] -= 1;
                if left[j as usize] == 0 {
                    heap.push(key(j));
                }
            }
        }
        if let Some(i) = left.iter().position(|&n| n != 0) {
            return Err(Unschedulable {
                name: syms.name_lossy(tasks[i].sym).into_owned(),
                left: left[i],
            });
        }
    }
    let sym = syms.create_static(list.as_bytes());
    let sched = syms.ext_mut(sym);
    sched.kind = SymKind::NoPtrData;
    for s in order {
        sched.add_addr_plus(ptr_size, s, 0);
    }
    Ok(sym)
}
