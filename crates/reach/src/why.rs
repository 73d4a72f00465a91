//! Why something is live: for each symbol the shortest way to it.
//!
//! [`explain`] floods as [`crate::deadcode`] does, but visits first what was reached first, so that what
//! reached a symbol is the next step of a shortest way from a root. Methods that are called through
//! interfaces or by reflection come when nothing else is left to visit: a way without them wins.

use crate::methods::IfaceMethod;
use crate::visit::{Context, Method, Sink};
use crate::{
    Damage, ReachError, ReachOptions, Roots, abi_internal, decode, pruned_map_inits, roots,
};
use gover::RelocType;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;
use symbols::{SymId, Symbols};

/// Who calls a method that nothing refers to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Call {
    /// A function that calls a method of this name and type through an interface.
    Interface(SymId),
    /// A function that asks reflection for this name, or calls it through an interface of a type parameter.
    Name(SymId),
    /// A function that may ask reflection for any exported method (`ReflectMethod`).
    Reflection(SymId),
    /// Another module of the program, which may know the type (`-buildmode=plugin`, `-linkshared`).
    Module,
}

/// Why a symbol is live.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reason {
    /// The program starts with it, or needs it whatever it does.
    Root,
    /// This symbol refers to it.
    Reference(SymId),
    /// It initialises a package, which the package that this symbol initialises imports.
    Import(SymId),
    /// It belongs to a method of this type, which is used in an interface, and the method is called.
    Method(SymId, Call),
}

/// Why a type counts as used in an interface: methods of others are never called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Use {
    /// The compiler says so of the type itself.
    Marked,
    /// This function converts it to an interface.
    Converted(SymId),
    /// It is a part of this type, which is used in an interface, or of the type of a method of it.
    Part(SymId),
    /// Another module may convert it.
    Module,
}

/// What a step of a way is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cause {
    /// The symbol is live.
    Live(Reason),
    /// The type is used in an interface.
    Used(Use),
}

/// The reasons for all that is live.
pub struct Reasons {
    reasons: FxHashMap<SymId, Reason>,
    uses: FxHashMap<SymId, Use>,
    /// The same as `reasons` for packages that need not be initialised themselves, but import others.
    importers: FxHashMap<SymId, Reason>,
    /// What is live, in the order of the least number of steps.
    order: Vec<SymId>,
    reflecting: Vec<SymId>,
}

impl Reasons {
    /// Why a symbol is live; `None` if it is not.
    pub fn of(&self, s: SymId) -> Option<Reason> {
        self.reasons.get(&s).copied()
    }

    /// What is live. Who comes first is no more steps away from a root, but for methods that are called
    /// through interfaces and what only they need, which come later.
    pub fn live(&self) -> &[SymId] {
        &self.order
    }

    /// The functions that may ask reflection for any exported method, nearest first.
    pub fn reflecting(&self) -> &[SymId] {
        &self.reflecting
    }

    /// The way from a live symbol to a root: each symbol with the cause that the next one is. Empty if `s`
    /// is not live.
    ///
    /// A method has two causes, its type's use and the call. The way goes on with the type.
    pub fn way(&self, s: SymId) -> Vec<(SymId, Cause)> {
        let mut way = Vec::new();
        let mut at = self.of(s).map(|r| (s, Cause::Live(r)));
        while let Some((s, cause)) = at {
            way.push((s, cause));
            at = match cause {
                Cause::Live(Reason::Root) => None,
                Cause::Live(Reason::Reference(by) | Reason::Import(by))
                | Cause::Used(Use::Converted(by)) => {
                    let reason = self.of(by).or(self.importers.get(&by).copied());
                    reason.map(|r| (by, Cause::Live(r)))
                }
                Cause::Live(Reason::Method(typ, _)) | Cause::Used(Use::Part(typ)) => {
                    self.uses.get(&typ).map(|&u| (typ, Cause::Used(u)))
                }
                Cause::Used(Use::Marked | Use::Module) => self.of(s).map(|r| (s, Cause::Live(r))),
            };
        }
        way
    }
}

/// Finds out why what is live is live. Changes nothing.
///
/// # Errors
/// As [`crate::deadcode`].
pub fn explain(syms: &Symbols, opts: &ReachOptions) -> Result<Reasons, ReachError> {
    let cx = Context::new(syms, opts);
    let mut e = Explainer {
        cx: &cx,
        found: Reasons {
            reasons: FxHashMap::default(),
            uses: syms
                .used_in_iface
                .iter()
                .map(|s| (s, Use::Marked))
                .collect(),
            importers: FxHashMap::default(),
            order: Vec::new(),
            reflecting: Vec::new(),
        },
        queue: VecDeque::new(),
        visiting: SymId::NONE,
        called: FxHashMap::default(),
        named: FxHashMap::default(),
        pending: Vec::new(),
        pkg_inits: Vec::new(),
        error: None,
    };
    // What earlier passes made live is not followed.
    for s in opts.live_before.iter() {
        e.reach(s, Reason::Root);
    }
    e.queue.clear();
    for s in roots(syms, opts, None)? {
        e.reach(s, Reason::Root);
    }
    loop {
        while let Some(s) = e.queue.pop_front() {
            e.visiting = s;
            cx.visit(s, &mut e);
            if let Some(error) = e.error {
                return Err(error);
            }
        }
        if !e.call_methods() {
            break;
        }
    }
    e.follow_imports();
    if opts.prune_weak_map {
        let is_live = |s| e.found.reasons.contains_key(&s);
        let pruned = pruned_map_inits(syms, is_live, &e.pkg_inits)?;
        let noop = syms.lookup(b"runtime.mapinitnoop", abi_internal(syms));
        if let (Some(&(s, _)), Some(noop)) = (pruned.first(), noop) {
            e.reach(noop, Reason::Reference(s));
        }
    }
    Ok(e.found)
}

struct Explainer<'a> {
    cx: &'a Context<'a>,
    found: Reasons,
    queue: VecDeque<SymId>,
    visiting: SymId,
    /// Methods called through interfaces, as name and type, with who calls them first.
    called: FxHashMap<(&'a [u8], SymId), SymId>,
    /// Names of which all methods are called, with who does.
    named: FxHashMap<&'a [u8], SymId>,
    /// Methods that nothing calls so far, with their names.
    pending: Vec<(&'a [u8], Method)>,
    pkg_inits: Vec<SymId>,
    error: Option<ReachError>,
}

impl<'a> Explainer<'a> {
    fn reach(&mut self, s: SymId, why: Reason) {
        if s.is_some() && !self.found.reasons.contains_key(&s) {
            self.found.reasons.insert(s, why);
            self.found.order.push(s);
            self.queue.push_back(s);
        }
    }

    /// A type is used in an interface. If it was reached before, it is visited again.
    fn use_type(&mut self, s: SymId, why: Use) {
        if s.is_some() && !self.found.uses.contains_key(&s) {
            self.found.uses.insert(s, why);
            if self.found.reasons.contains_key(&s) {
                self.queue.push_back(s);
            }
        }
    }

    /// Whether it is a type that `by` converts, or a part of `by`, which is a type itself.
    fn use_by(&self, by: SymId) -> Use {
        match self.cx.syms.is_go_type(by) {
            true => Use::Part(by),
            false => Use::Converted(by),
        }
    }

    /// Reaches the methods found so far that are called; whether there was one.
    fn call_methods(&mut self) -> bool {
        let reflecting = self.found.reflecting.first().copied();
        let dynlink = self.cx.opts.dynlink;
        let call = |name: &[u8], m: &Method| {
            let through = self.called.get(&(name, m.typ)).copied();
            let by_reflection = reflecting.filter(|_| decode::is_exported(name));
            (through.map(Call::Interface))
                .or(self.named.get(name).copied().map(Call::Name))
                .or(by_reflection.map(Call::Reflection))
                .or(dynlink.then_some(Call::Module))
        };
        let (called, pending): (Vec<_>, Vec<_>) = std::mem::take(&mut self.pending)
            .into_iter()
            .map(|(name, m)| (call(name, &m), name, m))
            .partition(|(call, ..)| call.is_some());
        self.pending = pending.into_iter().map(|(_, n, m)| (n, m)).collect();
        let any = !called.is_empty();
        for (call, _, m) in called {
            for s in m.refs {
                call.inspect(|&call| self.reach(s, Reason::Method(m.owner, call)));
            }
        }
        any
    }

    /// All that initialises a package is in one list. Says who imports the package in its place: the order in which
    /// packages are initialised has each behind those that it imports.
    fn follow_imports(&mut self) {
        let (syms, opts) = (self.cx.syms, self.cx.opts);
        let listed = Reason::Reference(opts.main_inittasks);
        let package = match opts.roots {
            Roots::Plugin { path, .. } => path,
            _ => "main",
        };
        let Some(main) = syms.lookup(format!("{package}..inittask").as_bytes(), 0) else {
            return;
        };
        let mut seen = FxHashSet::from_iter([main]);
        let mut queue = VecDeque::from([(main, Reason::Root)]);
        while let Some((task, why)) = queue.pop_front() {
            match self.found.reasons.get_mut(&task) {
                Some(reason) if *reason == listed => *reason = why,
                Some(_) => {}
                None => {
                    self.found.importers.insert(task, why);
                }
            }
            let imports = syms.relocs(task).filter(|r| r.typ == RelocType::InitOrder);
            let new = imports.filter(|r| seen.insert(r.sym));
            queue.extend(new.map(|r| (r.sym, Reason::Import(task))));
        }
    }

    fn name(&mut self, s: SymId) -> &'a [u8] {
        match s.is_none() {
            true => b"",
            false => decode::name(self.cx.syms.data(s)).unwrap_or_else(|d| {
                self.damage(s, d);
                b""
            }),
        }
    }
}

impl<'a> Sink<'a> for Explainer<'a> {
    fn mark(&mut self, s: SymId, parent: SymId) {
        self.reach(s, Reason::Reference(parent));
    }
    fn in_iface(&self, s: SymId) -> bool {
        self.found.uses.contains_key(&s)
    }
    fn set_in_iface(&mut self, s: SymId) {
        self.found.uses.entry(s).or_insert(Use::Module);
    }
    fn use_in_iface(&mut self, s: SymId, parent: SymId) {
        self.use_type(s, self.use_by(parent));
    }
    fn mark_in_iface(&mut self, s: SymId, parent: SymId) {
        self.use_type(s, self.use_by(parent));
        self.mark(s, parent);
    }
    fn reflect(&mut self) {
        self.found.reflecting.push(self.visiting);
    }
    fn iface_method(&mut self, iface: SymId, off: i64) {
        match IfaceMethod::read(self.cx, iface, off) {
            Ok(m) => {
                let by = self.visiting;
                self.called.entry((m.name, m.typ)).or_insert(by);
            }
            Err(e) => {
                self.error.get_or_insert(e);
            }
        }
    }
    fn named_method(&mut self, name: SymId) {
        let name = match name.is_none() {
            true => &[],
            false => self.cx.syms.data(name),
        };
        self.named.entry(name).or_insert(self.visiting);
    }
    fn method(&mut self, m: Method) {
        let name = self.name(m.name);
        self.pending.push((name, m));
    }
    fn nosplit(&mut self, _: SymId) {}
    fn defer_return(&mut self, _: SymId, _: i32) {}
    fn pkg_init(&mut self, s: SymId) {
        self.pkg_inits.push(s);
    }
    fn type_name(&mut self, _: SymId, _: SymId) {}
    fn damage(&mut self, s: SymId, d: Damage) {
        self.error.get_or_insert(self.cx.error(s, d));
    }
}
