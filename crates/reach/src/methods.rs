//! Which methods of types used in interfaces are called.

use crate::decode;
use crate::visit::{Context, Method};
use crate::{Damage, ReachError};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use symbols::SymId;
use symbols::ahead::{Ahead, Reads};

/// Names that one task reads.
const NAMES: usize = 512;

/// Calls that one task reads at least.
const CALLS: usize = 128;

/// A method that nothing calls so far.
struct Pending {
    /// Number of its name.
    name: u32,
    method: Method,
}

/// A method of an interface type.
pub(crate) struct IfaceMethod<'a> {
    /// The symbol that holds its name.
    symbol: SymId,
    /// The name.
    pub name: &'a [u8],
    /// The symbol of its type.
    pub typ: SymId,
}

impl<'a> IfaceMethod<'a> {
    /// Reads the method at `off` of an interface type.
    pub fn read(cx: &Context<'a>, iface: SymId, off: i64) -> Result<Self, ReachError> {
        let (symbol, typ) = iface_method(cx, iface, off)?;
        let name = name(cx, symbol).map_err(|d| cx.error(symbol, d))?;
        Ok(IfaceMethod { symbol, name, typ })
    }
}

/// The name that a symbol of a type descriptor's name holds.
fn name<'a>(cx: &Context<'a>, s: SymId) -> Result<&'a [u8], Damage> {
    match s.is_none() {
        true => Ok(b""),
        false => decode::name(cx.syms.data(s)),
    }
}

/// Names, which have numbers.
#[derive(Default)]
struct Names<'a> {
    numbers: FxHashMap<&'a [u8], u32>,
    /// Per name whether it is exported, and whether methods of that name are all called.
    exported: Vec<bool>,
    called: Vec<bool>,
}

impl<'a> Names<'a> {
    /// The number of a name.
    fn intern(&mut self, name: &'a [u8]) -> u32 {
        if let Some(&n) = self.numbers.get(name) {
            return n;
        }
        let n = self.exported.len() as u32;
        self.numbers.insert(name, n);
        self.exported.push(decode::is_exported(name));
        self.called.push(false);
        n
    }
}

/// The calls and the methods found so far.
#[derive(Default)]
pub(crate) struct Methods<'a> {
    names: Names<'a>,
    /// Numbers of names by the symbols that hold them.
    by_symbol: FxHashMap<SymId, u32>,
    /// Interface methods called, as (interface type, offset).
    seen: FxHashSet<(SymId, i64)>,
    /// Names and types called.
    called: FxHashSet<(u32, SymId)>,
    /// Those added since `pending` was last gone through.
    fresh: FxHashSet<(u32, SymId)>,
    fresh_names: bool,
    pending: Vec<Pending>,
    /// How many of `pending` have been compared with everything but `fresh`.
    compared: usize,
    all_exported: bool,
}

/// The symbols of the name and of the type of the method at `off` of an interface type.
pub(crate) fn iface_method(
    cx: &Context,
    iface: SymId,
    off: i64,
) -> Result<(SymId, SymId), ReachError> {
    if iface.is_none() || !cx.layout.is_interface(cx.syms.data(iface)) {
        return Err(cx.error(iface, Damage::NotInterface));
    }
    let at = |off: i64| {
        cx.syms
            .relocs(iface)
            .find(|r| i64::from(r.off) == off)
            .map_or(SymId::NONE, |r| r.sym)
    };
    Ok((at(off), at(off.wrapping_add(4))))
}

impl<'a> Methods<'a> {
    /// The number of `name`, which the symbol `s` holds.
    fn number(&mut self, s: SymId, name: &'a [u8]) -> u32 {
        let new = || self.names.intern(name);
        *self.by_symbol.entry(s).or_insert_with(new)
    }

    /// The number of the name that a symbol of a type descriptor's name holds.
    fn name_of(&mut self, cx: &Context<'a>, s: SymId) -> Result<u32, Damage> {
        match self.by_symbol.get(&s) {
            Some(&n) => Ok(n),
            None => Ok(self.number(s, name(cx, s)?)),
        }
    }

    /// The method at `off` of an interface type is called.
    pub fn call(&mut self, cx: &Context<'a>, iface: SymId, off: i64) -> Result<(), ReachError> {
        if self.seen.insert((iface, off)) {
            let method = IfaceMethod::read(cx, iface, off)?;
            self.call_method(&method);
        }
        Ok(())
    }

    /// The methods at these offsets of interface types are called. They are read by all threads: each lies
    /// somewhere else.
    pub fn call_all(
        &mut self,
        cx: &Context<'a>,
        mut calls: Vec<(SymId, i64)>,
    ) -> Result<(), ReachError> {
        calls.retain(|&call| self.seen.insert(call));
        let read = |&(iface, off): &(SymId, i64)| IfaceMethod::read(cx, iface, off);
        let methods: Vec<_> = calls.par_iter().with_min_len(CALLS).map(read).collect();
        for method in methods {
            self.call_method(&method?);
        }
        Ok(())
    }

    fn call_method(&mut self, method: &IfaceMethod<'a>) {
        let key = (self.number(method.symbol, method.name), method.typ);
        if self.called.insert(key) {
            self.fresh.insert(key);
        }
    }

    /// Methods of the name that `s` spells are called.
    pub fn call_named(&mut self, cx: &Context<'a>, s: SymId) {
        let name = if s.is_none() { &[] } else { cx.syms.data(s) };
        let n = self.names.intern(name) as usize;
        self.fresh_names |= !std::mem::replace(&mut self.names.called[n], true);
    }

    /// Reads the names of methods, in one go, so that the waits for memory overlap. Damaged ones are
    /// left to who asks for them.
    pub fn read_names(&mut self, cx: &Context<'a>, methods: &[Method]) {
        let unread = |m: &Method| {
            (m.name.is_some() && !self.by_symbol.contains_key(&m.name)).then_some(m.name)
        };
        self.pending.reserve(methods.len());
        let mut symbols: Vec<SymId> = methods.iter().filter_map(unread).collect();
        symbols.sort_unstable();
        symbols.dedup();
        let names: Vec<Vec<_>> = symbols
            .par_chunks(NAMES)
            .map(|some| {
                let ahead = Ahead::new(cx.syms, some.len(), Reads::Contents, |i| some[i]);
                let name = |(i, &s)| {
                    ahead.at(i);
                    decode::name(cx.syms.data(s))
                };
                some.iter().enumerate().map(name).collect()
            })
            .collect();
        self.by_symbol.reserve(symbols.len());
        for (&s, name) in symbols.iter().zip(names.into_iter().flatten()) {
            if let Ok(name) = name {
                self.number(s, name);
            }
        }
    }

    /// A type used in an interface has a method.
    pub fn add(&mut self, cx: &Context<'a>, method: Method) -> Result<(), ReachError> {
        let name = self
            .name_of(cx, method.name)
            .map_err(|d| cx.error(method.name, d))?;
        self.pending.push(Pending { name, method });
        Ok(())
    }

    /// Takes out the pending methods that are called and gives them to `found`, in the order in
    /// which they were added. `reflect` says whether all exported methods are, `dynlink` whether
    /// all are with it.
    pub fn match_pending(
        &mut self,
        cx: &Context,
        reflect: bool,
        dynlink: bool,
        mut found: impl FnMut(&Method),
    ) -> Result<(), ReachError> {
        if reflect
            && !dynlink
            && let Some(p) = self
                .pending
                .iter()
                .find(|p| self.names.numbers.get(&b""[..]) == Some(&p.name))
        {
            return Err(cx.error(p.method.owner, Damage::EmptyName));
        }
        // Methods that were compared before need only be compared with what is new.
        let old = if self.fresh_names || reflect != self.all_exported {
            0
        } else {
            self.compared
        };
        self.all_exported = reflect;
        self.fresh_names = false;
        let mut at = 0;
        let this = (
            &self.called,
            &self.fresh,
            &self.names.exported,
            &self.names.called,
        );
        let (called, fresh, exported, by_name) = this;
        self.pending.retain(|p| {
            let key = (p.name, p.method.typ);
            let hit = if at < old {
                !fresh.is_empty() && fresh.contains(&key)
            } else {
                let n = p.name as usize;
                reflect && (dynlink || exported[n]) || by_name[n] || called.contains(&key)
            };
            at += 1;
            if hit {
                found(&p.method);
            }
            !hit
        });
        self.fresh.clear();
        self.compared = self.pending.len();
        Ok(())
    }
}
