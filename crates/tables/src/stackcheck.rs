//! Whether chains of functions without stack checks fit the stack there always is
//! (`ld/stackcheck.go`).
//!
//! A function that checks its stack ("splittable") needs room only to call `runtime.morestack`; a
//! nosplit function needs its frame and whatever its callees need. The check adds that up.
//!
//! On a sound program only the nosplit functions have to be looked at, a few thousand, which the
//! flood has already found. Only if one is over the limit, or `-debugnosplit` wants to see
//! everything, are all functions walked in cmd/link's order.

use gover::RelocType;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Write};
use symbols::{BitSet, SymId, Symbols, VERSION_ABI0};
use target::ArchInfo;

/// Bytes below the stack guard that nosplit functions may use (`abi.StackNosplitBase`).
const STACK_NOSPLIT_BASE: i64 = 800;

/// What the check needs to know of the target.
#[derive(Clone, Copy, Debug)]
pub struct StackOptions {
    /// Bytes that a call pushes: a pointer, or nothing where a register takes the return address.
    pub call_size: i64,
    /// Smallest instruction, bytes.
    pub min_lc: u8,
    /// Bytes below the stack pointer that a caller's frame pointer takes (8 on arm64).
    pub frame_pointer: i64,
    /// How many times the usual room there is: one more for race detection, and for systems whose
    /// system calls need more (`objabi.stackGuardMultiplier`).
    pub guard_multiplier: i64,
}

impl StackOptions {
    /// The options for a machine.
    pub fn new(arch: &ArchInfo, frame_pointer: i64, guard_multiplier: i64) -> StackOptions {
        StackOptions {
            call_size: if arch.has_link_register {
                0
            } else {
                arch.ptr_size.into()
            },
            min_lc: arch.min_lc,
            frame_pointer,
            guard_multiplier,
        }
    }

    /// Bytes that a chain of nosplit functions may use.
    pub fn limit(&self) -> i64 {
        STACK_NOSPLIT_BASE * self.guard_multiplier - self.call_size - self.frame_pointer
    }
}

/// A function from which a chain is over the limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overflow {
    /// The function.
    pub root: SymId,
    /// The error about it, without the function's name (`ctxt.Errorf(root, …)`).
    pub message: String,
    /// The chains, to be printed to standard output after the error.
    pub chains: String,
}

/// The targets of calls are symbols or one of these.
const LEAF: SymId = SymId::NONE;
const INDIRECT: SymId = SymId(u32::MAX);

/// Height of what calls itself.
const CYCLE: i64 = i16::MAX as i64;

/// One way in which a function grows the stack: at a call, or ([`LEAF`]) by itself.
#[derive(Clone, Copy, Debug)]
struct Edge {
    growth: i64,
    target: SymId,
}

/// Checks the functions `textp`, given in text order, of which `nosplit` (at least) are nosplit.
/// `debug` takes the lines of `-debugnosplit`. Returns the functions over the limit, worst first.
///
/// # Errors
/// Those of `debug`.
pub fn check_stack(
    syms: &Symbols,
    textp: &[SymId],
    nosplit: &[SymId],
    opts: &StackOptions,
    debug: Option<&mut dyn Write>,
) -> io::Result<Vec<Overflow>> {
    if debug.is_none() && within_limit(syms, nosplit, opts) {
        return Ok(Vec::new());
    }
    let mut check = Checker::new(syms, opts, debug);
    let mut failed = Vec::new();
    for &s in textp {
        if check.height(s) > opts.limit() {
            failed.push(s);
        }
    }
    if let Some(e) = check.error {
        return Err(e);
    }
    if failed.is_empty() {
        return Ok(Vec::new());
    }
    // Once more over these, to know who calls whom.
    let mut check = Checker {
        heights: FxHashMap::default(),
        graph: Some(FxHashMap::default()),
        ..check
    };
    for &s in &failed {
        check.height(s);
    }
    if let Some(e) = check.error {
        return Err(e);
    }
    Ok(check.report(opts.limit()))
}

/// Whether the nosplit functions surely stay within the limit. Calls of others are counted as calls
/// of splittable functions, which need the most of these.
fn within_limit(syms: &Symbols, nosplit: &[SymId], opts: &StackOptions) -> bool {
    let mut listed = BitSet::new(syms.len());
    nosplit.iter().for_each(|&s| listed.insert(s));
    let all: Vec<SymId> = listed.iter().collect();
    let morestack = syms.lookup(b"runtime.morestack", VERSION_ABI0);
    // Per function what it needs by itself and for calls of others, and its calls of nosplit ones.
    let own: Vec<(i64, Vec<Edge>)> = all
        .par_iter()
        .map(|&s| {
            let mut need = 0;
            let mut calls = Vec::new();
            if Some(s) != morestack {
                let own = for_each_growth(syms, opts, s, |e| {
                    if e.target != INDIRECT && listed.has(e.target) {
                        calls.push(e);
                    } else {
                        need = need.max(e.growth + opts.call_size);
                    }
                });
                need = need.max(own);
            }
            (need, calls)
        })
        .collect();
    // Depth first, a function after all it calls.
    let mut height: Vec<Option<i64>> = vec![None; all.len()];
    let mut stack: Vec<(usize, usize, i64)> = Vec::new();
    for root in 0..all.len() {
        if height[root].is_some() {
            continue;
        }
        height[root] = Some(CYCLE);
        stack.push((root, 0, own[root].0));
        while let Some((f, next, need)) = stack.last_mut() {
            let Some(e) = own[*f].1.get(*next) else {
                if *need > opts.limit() {
                    return false;
                }
                height[*f] = Some(*need);
                stack.pop();
                continue;
            };
            let callee = all.binary_search(&e.target).expect("listed");
            match height[callee] {
                Some(h) => {
                    *need = (*need).max(e.growth + h);
                    *next += 1;
                }
                None => {
                    height[callee] = Some(CYCLE);
                    stack.push((callee, 0, own[callee].0));
                }
            }
        }
    }
    true
}

/// Gives the calls of a nosplit function to `call`, in order; returns the most the function grows
/// the stack by itself.
fn for_each_growth(
    syms: &Symbols,
    opts: &StackOptions,
    s: SymId,
    mut call: impl FnMut(Edge),
) -> i64 {
    let pcsp = syms.pcsp(s);
    let mut own = 0;
    let mut relocs = syms.relocs(s).peekable();
    for span in PcValues::new(pcsp, opts.min_lc) {
        own = own.max(span.value);
        while let Some(r) = relocs.next_if(|r| (r.off as u32) < span.end) {
            let target = if r.typ == RelocType::CallInd {
                INDIRECT
            } else if r.typ.is_direct_call() {
                r.sym
            } else {
                continue;
            };
            call(Edge {
                growth: span.value + opts.call_size,
                target,
            });
        }
    }
    own
}

struct Checker<'a, 'w> {
    syms: &'a Symbols,
    opts: &'a StackOptions,
    morestack: SymId,
    heights: FxHashMap<SymId, i64>,
    graph: Option<FxHashMap<SymId, Vec<Edge>>>,
    debug: Option<&'w mut dyn Write>,
    error: Option<io::Error>,
}

impl<'a, 'w> Checker<'a, 'w> {
    fn new(
        syms: &'a Symbols,
        opts: &'a StackOptions,
        debug: Option<&'w mut dyn Write>,
    ) -> Checker<'a, 'w> {
        Checker {
            syms,
            opts,
            morestack: syms
                .lookup(b"runtime.morestack", VERSION_ABI0)
                .unwrap_or(SymId::NONE),
            heights: FxHashMap::default(),
            graph: None,
            debug,
            error: None,
        }
    }

    fn name(&self, s: SymId) -> String {
        match s {
            INDIRECT => "indirect".to_owned(),
            LEAF => "leaf".to_owned(),
            _ => format!("{}<{}>", self.syms.name_lossy(s), self.syms.version(s)),
        }
    }

    /// How much `root` and its callees grow the stack without checking it (`stackCheck.check`).
    ///
    /// The walk keeps its own stack: chains of calls are as long as the program likes.
    fn height(&mut self, root: SymId) -> i64 {
        if let Some(&h) = self.heights.get(&root) {
            return h;
        }
        let mut frames = vec![self.enter(root)];
        loop {
            let top = frames.last_mut().expect("one per function entered");
            let Some(&e) = top.edges.get(top.next) else {
                let mut done = frames.pop().expect("looked at above");
                if done.own > done.height {
                    done.height = done.own;
                    done.edges.push(Edge {
                        growth: done.own,
                        target: LEAF,
                    });
                }
                let h = done.height.min(CYCLE);
                self.leave(done, h);
                match frames.last_mut() {
                    None => return h,
                    Some(caller) => caller.took(h),
                }
                continue;
            };
            if e.target == LEAF {
                top.took(0);
            } else if let Some(&h) = self.heights.get(&e.target) {
                top.took(h);
            } else {
                let f = self.enter(e.target);
                frames.push(f);
            }
        }
    }

    /// Starts on a function; until it is done it counts as endless.
    fn enter(&mut self, s: SymId) -> Frame {
        self.heights.insert(s, CYCLE);
        let (edges, own) = self.edges(s);
        Frame {
            sym: s,
            edges,
            own,
            next: 0,
            height: 0,
        }
    }

    fn leave(&mut self, f: Frame, height: i64) {
        self.heights.insert(f.sym, height);
        if self.debug.is_some()
            && let Err(e) = self.write_edges(&f)
        {
            self.error.get_or_insert(e);
        }
        if let Some(g) = &mut self.graph {
            g.insert(f.sym, f.edges);
        }
    }

    fn write_edges(&mut self, f: &Frame) -> io::Result<()> {
        let mut text = String::new();
        for e in &f.edges {
            let _ = write!(text, "nosplit: {} +{}", self.name(f.sym), e.growth);
            if e.target != LEAF {
                let _ = write!(text, " -> {}", self.name(e.target));
            }
            text.push('\n');
        }
        match &mut self.debug {
            Some(out) => out.write_all(text.as_bytes()),
            None => Ok(()),
        }
    }

    /// A function's calls, in order, and the most it grows the stack by itself (`computeHeight`).
    fn edges(&self, s: SymId) -> (Vec<Edge>, i64) {
        let none = (Vec::new(), 0);
        let call = self.opts.call_size;
        let split = || {
            let morestack = Edge {
                growth: call,
                target: self.morestack,
            };
            (vec![morestack], 0)
        };
        if s == self.morestack {
            // It switches stacks.
            return none;
        }
        if s == INDIRECT {
            // Closures are taken to be splittable.
            return split();
        }
        if self.syms.func_info(s).is_none() {
            // Foreign code runs on the system stack.
            return none;
        }
        if !self.syms.is_nosplit(s) {
            return split();
        }
        let mut edges = Vec::new();
        let own = for_each_growth(self.syms, self.opts, s, |e| edges.push(e));
        (edges, own)
    }

    /// The functions that no other calls, and of each cycle that nothing else calls the one with
    /// the least number; highest first (`findRoots`).
    fn roots(&self) -> Vec<SymId> {
        let graph = self.graph.as_ref().expect("the second walk records it");
        let mut left: BTreeSet<SymId> = graph.keys().copied().collect();
        let all: Vec<SymId> = left.iter().copied().collect();
        for k in all {
            if !left.contains(&k) {
                continue;
            }
            for e in &graph[&k] {
                if let Some(lowest) = remove_callees(graph, &mut left, k, e.target) {
                    left.insert(lowest);
                }
            }
        }
        let mut roots: Vec<SymId> = left.into_iter().collect();
        roots.sort_by_key(|s| (Reverse(self.heights[s]), *s));
        roots
    }

    fn report(mut self, limit: i64) -> Vec<Overflow> {
        let roots = self.roots();
        let report = |root| {
            let first = Link {
                edge: Edge {
                    growth: 0,
                    target: root,
                },
                printed: false,
            };
            let mut text = String::new();
            self.chains(root, limit, &mut vec![first], &mut text);
            Overflow {
                root,
                message: format!("nosplit stack over {limit} byte limit"),
                chains: text,
            }
        };
        roots.into_iter().map(report).collect()
    }

    /// Writes the chains from `s` on that use more than the `depth` bytes left, or never end
    /// (`report`).
    fn chains(&mut self, s: SymId, depth: i64, chain: &mut Vec<Link>, text: &mut String) {
        let graph = self.graph.as_mut().expect("the second walk records it");
        // What is on the chain already is taken out of the graph.
        let edges = graph.remove(&s);
        let cycle = edges.is_none() && s != LEAF;
        let edges = edges.unwrap_or_default();
        for &edge in &edges {
            chain.push(Link {
                edge,
                printed: false,
            });
            self.chains(edge.target, depth - edge.growth, chain, text);
            chain.pop();
        }
        let end = edges.is_empty();
        let graph = self.graph.as_mut().expect("the second walk records it");
        graph.insert(s, edges);
        if !end || !(depth < 0 || cycle) {
            return;
        }
        let mut indent = String::new();
        for (i, link) in chain.iter_mut().enumerate() {
            if std::mem::replace(&mut link.printed, true) {
                continue;
            }
            let target = link.edge.target;
            if i == 0 {
                let _ = writeln!(text, "{}", self.name(target));
                continue;
            }
            indent = "    ".repeat(i);
            let _ = write!(text, "{indent}grows {} bytes", link.edge.growth);
            if target != LEAF {
                let _ = write!(text, ", calls {}", self.name(target));
            }
            text.push('\n');
        }
        let _ = if cycle {
            writeln!(text, "{indent}infinite cycle")
        } else {
            writeln!(text, "{indent}{} bytes over limit", -depth)
        };
    }
}

/// Takes `s` and what it calls out of `left`. Coming back to `origin`, it gives the least symbol on
/// the way.
fn remove_callees(
    graph: &FxHashMap<SymId, Vec<Edge>>,
    left: &mut BTreeSet<SymId>,
    origin: SymId,
    s: SymId,
) -> Option<SymId> {
    if !left.remove(&s) {
        return None;
    }
    if s == origin {
        return Some(s);
    }
    let mut lowest = None;
    for e in &graph[&s] {
        if let Some(l) = remove_callees(graph, left, origin, e.target) {
            lowest = Some(lowest.unwrap_or(s).min(l));
        }
    }
    lowest
}

/// One step of a chain of calls.
struct Link {
    edge: Edge,
    printed: bool,
}

/// A function while its callees are looked at.
struct Frame {
    sym: SymId,
    edges: Vec<Edge>,
    /// The most it grows the stack by itself.
    own: i64,
    /// The edge to look at next.
    next: usize,
    /// The most so far.
    height: i64,
}

impl Frame {
    /// The target of the next edge needs `height`.
    fn took(&mut self, height: i64) {
        self.height = self.height.max(self.edges[self.next].growth + height);
        self.next += 1;
    }
}

/// A stretch of code over which a pc-value table has one value.
struct Span {
    /// Offset of its end, bytes.
    end: u32,
    value: i64,
}

/// The stretches of a pc-value table (`cmd/internal/obj.PCIter`); ends where the table does, or is
/// damaged.
struct PcValues<'a> {
    rest: &'a [u8],
    pc: u32,
    value: i32,
    scale: u32,
    first: bool,
}

impl<'a> PcValues<'a> {
    fn new(table: &'a [u8], min_lc: u8) -> PcValues<'a> {
        PcValues {
            rest: table,
            pc: 0,
            value: -1,
            scale: min_lc.into(),
            first: true,
        }
    }

    fn varint(&mut self) -> Option<u32> {
        let mut v = 0u64;
        for i in 0..10 {
            let (&b, rest) = self.rest.split_first()?;
            self.rest = rest;
            v |= u64::from(b & 0x7f) << (7 * i);
            if b < 0x80 {
                return Some(v as u32);
            }
        }
        None
    }
}

impl Iterator for PcValues<'_> {
    type Item = Span;

    fn next(&mut self) -> Option<Span> {
        let v = self.varint()?;
        if v == 0 && !self.first {
            return None;
        }
        self.first = false;
        // Zig-zag: the sign is the lowest bit.
        let delta = (v >> 1) as i32 ^ -((v & 1) as i32);
        self.value = self.value.wrapping_add(delta);
        let pc = self.varint()?;
        self.pc = self.pc.wrapping_add(pc.wrapping_mul(self.scale));
        Some(Span {
            end: self.pc,
            value: self.value.into(),
        })
    }
}
