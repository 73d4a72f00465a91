//! The parallel flood.
//!
//! Symbols are numbered object after object, so the number space is cut into blocks, and the unit
//! of work is "a block with reached symbols that have not been visited". Whoever reaches a symbol
//! sets its bit and, if need be, queues its block; whoever takes a block visits all that has
//! gathered there, in ascending order. Neighbours in an object are thus mostly read together.

use crate::methods::Methods;
use crate::visit::{Context, GoSym, Method, Sink};
use crate::{Damage, Live, ReachError};
use rustc_hash::FxHashMap;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::{Condvar, Mutex};
use symbols::{BitSet, SymId};

/// Symbols in a block, at most.
const LARGEST_BLOCK: usize = 1 << 14;

/// Symbols in a block, at least.
const LEAST_BLOCK: usize = 1 << 10;

/// Blocks that there are at least, where they need not be smaller than [`LEAST_BLOCK`]: few would leave
/// workers waiting, many are queued more often.
const BLOCKS: usize = 40;

/// How symbols are cut into blocks.
#[derive(Clone, Copy)]
struct Blocks {
    /// Log2 of the symbols in a block, at least 6.
    bits: u32,
    /// Number of blocks.
    n: usize,
}

impl Blocks {
    /// Blocks of `n` symbols.
    fn of(n: usize) -> Blocks {
        let size = (n / BLOCKS).clamp(LEAST_BLOCK, LARGEST_BLOCK);
        let bits = size.ilog2();
        Blocks {
            bits,
            n: n.div_ceil(1 << bits),
        }
    }
    /// The block of a symbol.
    #[inline]
    fn of_symbol(self, s: SymId) -> u32 {
        s.0 >> self.bits
    }
    /// Words of a set of symbols that a block has.
    fn words_of_one(self) -> usize {
        1 << (self.bits - 6)
    }
    /// Words of a set of all symbols.
    fn words(self) -> usize {
        self.n * self.words_of_one()
    }
}

/// Symbols whose records are asked for together.
const BATCH: usize = 64;

/// Symbols noted before they are marked together.
const NOTED: usize = 1024;

/// One bit per symbol, shared. All accesses that a visit depends on are sequentially consistent:
/// see `Worker::use_in_iface`.
struct Bits(Vec<AtomicU64>);

impl Bits {
    fn new(words: usize) -> Bits {
        let mut v = Vec::new();
        v.resize_with(words, AtomicU64::default);
        Bits(v)
    }
    fn from_set(set: &BitSet, words: usize) -> Bits {
        let b = Bits::new(words);
        for (w, &x) in b.0.iter().zip(set.words()) {
            w.store(x, Relaxed);
        }
        b
    }
    #[inline]
    fn has(&self, s: SymId) -> bool {
        has(&self.0, s)
    }
    /// Adds `s`; whether it is new. Most additions are not, and a load is cheaper.
    #[inline]
    fn insert(&self, s: SymId) -> bool {
        let (w, bit) = (&self.0[s.index() / 64], 1 << (s.0 % 64));
        w.load(SeqCst) & bit == 0 && w.fetch_or(bit, SeqCst) & bit == 0
    }
    #[inline]
    fn remove(&self, s: SymId) {
        self.0[s.index() / 64].fetch_and(!(1 << (s.0 % 64)), SeqCst);
    }
    fn into_set(self) -> BitSet {
        BitSet::from_words(self.0.into_iter().map(AtomicU64::into_inner).collect())
    }
}

/// [`Bits::has`], given the words.
#[inline]
fn has(words: &[AtomicU64], s: SymId) -> bool {
    words[s.index() / 64].load(SeqCst) >> (s.0 % 64) & 1 != 0
}

struct Queue {
    blocks: VecDeque<u32>,
    /// Workers that are visiting.
    active: usize,
}

struct Shared<'a> {
    cx: &'a Context<'a>,
    blocks: Blocks,
    /// Symbols that refer to nothing: there is no point in visiting them.
    leaves: Bits,
    reachable: Bits,
    /// Leaves, and reached symbols that have been visited or are about to be.
    visited: Bits,
    in_iface: Bits,
    /// Whether a block is queued.
    queued: Vec<AtomicBool>,
    queue: Mutex<Queue>,
    wake: Condvar,
    found: Mutex<Found>,
}

/// What visits of one round found besides symbols.
#[derive(Default)]
struct Found {
    reflect: bool,
    iface_methods: Vec<(SymId, i64)>,
    named_methods: Vec<SymId>,
    methods: Vec<Method>,
    pkg_inits: Vec<SymId>,
    nosplit: Vec<SymId>,
    defer_returns: Vec<(SymId, i32)>,
    type_names: Vec<(SymId, SymId)>,
    damage: Option<(SymId, Damage)>,
}

impl Found {
    fn add_damage(&mut self, s: SymId, d: Damage) {
        // The least of all, so that the message does not depend on the order of visits.
        if self.damage.is_none_or(|old| (s, d) < old) {
            self.damage = Some((s, d));
        }
    }

    fn merge(&mut self, mut other: Found) {
        self.reflect |= other.reflect;
        self.iface_methods.append(&mut other.iface_methods);
        self.named_methods.append(&mut other.named_methods);
        self.methods.append(&mut other.methods);
        self.pkg_inits.append(&mut other.pkg_inits);
        self.nosplit.append(&mut other.nosplit);
        self.defer_returns.append(&mut other.defer_returns);
        self.type_names.append(&mut other.type_names);
        if let Some((s, d)) = other.damage {
            self.add_damage(s, d);
        }
    }
}

/// Floods from `roots`; gives what is live and the live package initialisers.
pub(crate) fn flood(cx: &Context, roots: &[SymId]) -> Result<(Live, Vec<SymId>), ReachError> {
    let blocks = Blocks::of(cx.syms.len());
    let words = blocks.words();
    let mut queued = Vec::new();
    queued.resize_with(blocks.n, || AtomicBool::new(false));
    let leaves = cx.syms.leaves();
    let shared = Shared {
        cx,
        blocks,
        leaves: Bits::from_set(&leaves, words),
        reachable: Bits::from_set(cx.opts.live_before, words),
        visited: Bits::from_set(&leaves, words),
        in_iface: Bits::from_set(&cx.syms.used_in_iface, words),
        queued,
        queue: Mutex::new(Queue {
            blocks: VecDeque::new(),
            active: 0,
        }),
        wake: Condvar::new(),
        found: Mutex::new(Found::default()),
    };
    // No symbol counts as reached while the flood runs, so that nobody need ask for it.
    cx.opts.live_before.iter().for_each(|s| {
        shared.visited.insert(s);
    });
    shared.reachable.insert(SymId::NONE);
    shared.visited.insert(SymId::NONE);
    shared.mark_all(roots.iter().copied());
    let mut methods = Methods::default();
    let mut reflect = false;
    let mut pkg_inits = Vec::new();
    let mut nosplit = Vec::new();
    let mut defer_returns = FxHashMap::default();
    let mut type_names = Vec::new();
    loop {
        shared.run();
        let found = std::mem::take(&mut *shared.found.lock().expect("no panics"));
        if let Some((s, d)) = found.damage {
            return Err(cx.error(s, d));
        }
        reflect |= found.reflect || cx.opts.dynlink;
        pkg_inits.extend(found.pkg_inits);
        nosplit.extend(found.nosplit);
        defer_returns.extend(found.defer_returns);
        type_names.extend(found.type_names);
        methods.call_all(cx, found.iface_methods)?;
        for name in found.named_methods {
            methods.call_named(cx, name);
        }
        methods.read_names(cx, &found.methods);
        for m in found.methods {
            methods.add(cx, m)?;
        }
        let mut reached = Vec::new();
        methods.match_pending(cx, reflect, cx.opts.dynlink, |m| reached.extend(m.refs))?;
        if !shared.mark_all(reached.into_iter()) {
            break;
        }
    }
    pkg_inits.sort_unstable();
    pkg_inits.dedup();
    shared.reachable.remove(SymId::NONE);
    let live = Live {
        reachable: shared.reachable.into_set(),
        used_in_iface: shared.in_iface.into_set(),
        nosplit,
        defer_returns,
        type_names,
        parents: Vec::new(),
    };
    Ok((live, pkg_inits))
}

impl Shared<'_> {
    /// Marks symbols between rounds; whether any was new.
    fn mark_all(&self, it: impl Iterator<Item = SymId>) -> bool {
        let mut w = Worker::new(self);
        it.for_each(|s| w.mark(s, SymId::NONE));
        w.settle();
        let any = !w.fresh.is_empty();
        w.publish();
        any
    }

    /// Visits until nothing is left to visit.
    fn run(&self) {
        let n = rayon::current_num_threads();
        if n == 1 || self.queue.lock().expect("no panics").blocks.is_empty() {
            self.work();
            return;
        }
        rayon::scope(|sc| {
            for _ in 1..n {
                sc.spawn(|_| self.work());
            }
            self.work();
        });
    }

    /// One worker. It waits while others visit and might find more; it cannot be the last to wait.
    fn work(&self) {
        let mut w = Worker::new(self);
        let mut q = self.queue.lock().expect("no panics");
        loop {
            if let Some(b) = q.blocks.pop_front() {
                q.active += 1;
                drop(q);
                w.block(b);
                q = self.queue.lock().expect("no panics");
                let fresh = w.fresh.len();
                q.blocks.extend(w.fresh.drain(..));
                q.active -= 1;
                if q.active == 0 && q.blocks.is_empty() {
                    self.wake.notify_all();
                } else if fresh > 1 {
                    self.wake.notify_one();
                }
                continue;
            }
            if q.active == 0 {
                break;
            }
            q = self.wake.wait(q).expect("no panics");
        }
        drop(q);
        self.found.lock().expect("no panics").merge(w.found);
    }
}

struct Worker<'a> {
    sh: &'a Shared<'a>,
    /// The words of [`Shared::reachable`], at hand for what is asked of each reference.
    reachable: &'a [AtomicU64],
    /// The block being visited.
    current: u32,
    /// Whether it has got more to visit.
    again: bool,
    /// Blocks to be queued.
    fresh: Vec<u32>,
    found: Found,
    /// The last calls by slot: most calls of an interface method come in runs.
    recent: [(SymId, i64); 64],
    /// Symbols that were not reached when they were noted.
    noted: Box<[SymId; NOTED]>,
    n_noted: usize,
    /// Room for the symbols of a block, and those of a batch.
    todo: Vec<SymId>,
    located: Vec<GoSym<'a>>,
}

impl<'a> Worker<'a> {
    fn new(sh: &'a Shared<'a>) -> Worker<'a> {
        Worker {
            sh,
            reachable: &sh.reachable.0,
            current: u32::MAX,
            again: false,
            fresh: Vec::new(),
            found: Found::default(),
            recent: [(SymId::NONE, 0); 64],
            noted: Box::new([SymId::NONE; NOTED]),
            n_noted: 0,
            todo: Vec::new(),
            located: Vec::new(),
        }
    }

    /// Hands over what has been collected outside a round.
    fn publish(self) {
        let mut q = self.sh.queue.lock().expect("no panics");
        q.blocks.extend(self.fresh);
    }

    /// Visits what has gathered in a block.
    fn block(&mut self, b: u32) {
        let sh = self.sh;
        self.current = b;
        let n_words = sh.blocks.words_of_one();
        let first = b as usize * n_words;
        // From here on, whoever reaches something in this block queues it again.
        sh.queued[b as usize].store(false, SeqCst);
        loop {
            self.again = false;
            let mut todo = std::mem::take(&mut self.todo);
            for w in first..first + n_words {
                let fresh = sh.reachable.0[w].load(SeqCst) & !sh.visited.0[w].load(SeqCst);
                if fresh == 0 {
                    continue;
                }
                // What another worker has claimed meanwhile is its business.
                let mut mine = fresh & !sh.visited.0[w].fetch_or(fresh, SeqCst);
                while mine != 0 {
                    todo.push(SymId((w * 64) as u32 + mine.trailing_zeros()));
                    mine &= mine - 1;
                }
            }
            todo.chunks(BATCH).for_each(|batch| self.visit_batch(batch));
            todo.clear();
            self.todo = todo;
            if !self.again {
                break;
            }
        }
        self.current = u32::MAX;
    }

    /// Marks what has been noted.
    fn settle(&mut self) {
        for i in 0..std::mem::take(&mut self.n_noted) {
            let s = self.noted[i];
            if self.sh.reachable.insert(s) && !self.sh.leaves.has(s) {
                self.queue(s);
            }
        }
    }

    fn visit_batch(&mut self, batch: &[SymId]) {
        let cx = self.sh.cx;
        let mut located = std::mem::take(&mut self.located);
        for &s in batch {
            located.extend(cx.locate(s, self));
        }
        located.retain(|g| cx.approach(g));
        for g in located.drain(..) {
            cx.visit_go(g, self);
        }
        self.located = located;
        self.settle();
    }

    #[inline]
    fn queue(&mut self, s: SymId) {
        let b = self.sh.blocks.of_symbol(s);
        if b == self.current {
            self.again = true;
            return;
        }
        let q = &self.sh.queued[b as usize];
        if !q.load(SeqCst) && !q.swap(true, SeqCst) {
            self.fresh.push(b);
        }
    }
}

impl<'a> Sink<'a> for Worker<'a> {
    /// Notes what has not been reached yet, without a branch: whether it has is not predictable.
    #[inline]
    fn mark(&mut self, s: SymId, _: SymId) {
        self.noted[self.n_noted] = s;
        self.n_noted += usize::from(!has(self.reachable, s));
        if self.n_noted == NOTED {
            self.settle();
        }
    }
    #[inline]
    fn in_iface(&self, s: SymId) -> bool {
        self.sh.in_iface.has(s)
    }
    fn set_in_iface(&mut self, s: SymId) {
        self.sh.in_iface.insert(s);
    }
    /// Either the visit of `s` sees the bit set here, because it looks after claiming `s`; or the
    /// claim came before the bit is taken away here, and `s` is visited again.
    fn use_in_iface(&mut self, s: SymId, _: SymId) {
        if s.is_some() && self.sh.in_iface.insert(s) && self.sh.reachable.has(s) {
            self.sh.visited.remove(s);
            self.queue(s);
        }
    }
    fn mark_in_iface(&mut self, s: SymId, parent: SymId) {
        self.use_in_iface(s, parent);
        self.mark(s, parent);
    }
    fn reflect(&mut self) {
        self.found.reflect = true;
    }
    fn iface_method(&mut self, iface: SymId, off: i64) {
        let slot = (iface.0 as usize ^ (off as usize >> 3)) % self.recent.len();
        if self.recent[slot] != (iface, off) {
            self.recent[slot] = (iface, off);
            self.found.iface_methods.push((iface, off));
        }
    }
    fn named_method(&mut self, name: SymId) {
        self.found.named_methods.push(name);
    }
    fn method(&mut self, m: Method) {
        self.found.methods.push(m);
    }
    fn nosplit(&mut self, s: SymId) {
        self.found.nosplit.push(s);
    }
    fn defer_return(&mut self, s: SymId, off: i32) {
        self.found.defer_returns.push((s, off));
    }
    fn pkg_init(&mut self, s: SymId) {
        self.found.pkg_inits.push(s);
    }
    fn type_name(&mut self, s: SymId, name: SymId) {
        self.found.type_names.push((s, name));
    }
    #[cold]
    fn damage(&mut self, s: SymId, d: Damage) {
        self.found.add_damage(s, d);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_have_all_symbols() {
        for (n, bits) in [
            (1, 10),
            (1 << 16, 10),
            (200_000, 12),
            (1 << 20, 14),
            (1 << 24, 14),
        ] {
            let blocks = Blocks::of(n);
            assert_eq!(blocks.bits, bits, "{n}");
            assert!(blocks.words() * 64 >= n);
            assert_eq!(blocks.of_symbol(SymId(n as u32 - 1)) as usize, blocks.n - 1);
        }
    }
}
