//! The sequential flood: visits symbols in cmd/link's order, and tells.

use crate::methods::Methods;
use crate::visit::{Context, Method, Sink};
use crate::{Damage, Live, ReachError};
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::Write;
use symbols::SymId;

struct Tracer<'a, 'w> {
    cx: &'a Context<'a>,
    live: Live,
    /// Symbols to visit; always the least number first.
    heap: BinaryHeap<Reverse<SymId>>,
    out: Option<&'w mut dyn Write>,
    error: Option<ReachError>,
    reflect: bool,
    methods: Methods,
    pkg_inits: Vec<SymId>,
}

/// Floods from `roots` as `ld/deadcode.go:deadcode` does, writing each mark to `out`.
pub(crate) fn trace(
    cx: &Context,
    roots: &[SymId],
    out: Option<&mut dyn Write>,
) -> Result<(Live, Vec<SymId>), ReachError> {
    let n = cx.syms.len();
    let mut t = Tracer {
        cx,
        live: Live {
            reachable: cx.opts.live_before.clone(),
            used_in_iface: cx.syms.used_in_iface.clone(),
            nosplit: Vec::new(),
            defer_returns: FxHashMap::default(),
            parents: if cx.opts.field_track {
                vec![SymId::NONE; n]
            } else {
                Vec::new()
            },
        },
        heap: BinaryHeap::new(),
        out,
        error: None,
        reflect: false,
        methods: Methods::default(),
        pkg_inits: Vec::new(),
    };
    for &s in roots {
        t.mark(s, SymId::NONE);
    }
    loop {
        while let Some(Reverse(s)) = t.heap.pop() {
            cx.visit(s, &mut t);
            if let Some(e) = t.error {
                return Err(e);
            }
        }
        t.reflect |= cx.opts.dynlink;
        let mut called = Vec::new();
        t.methods
            .match_pending(cx, t.reflect, cx.opts.dynlink, |m| called.push(*m))?;
        for m in called {
            m.refs.iter().for_each(|&s| t.mark(s, m.owner));
        }
        if t.heap.is_empty() {
            break;
        }
    }
    if let Some(e) = t.error {
        return Err(e);
    }
    Ok((t.live, t.pkg_inits))
}

impl Tracer<'_, '_> {
    /// Name of a symbol with its flags (`dumpDepAddFlags`).
    fn write_name(&mut self, s: SymId) -> std::io::Result<()> {
        let Some(out) = &mut self.out else {
            return Ok(());
        };
        out.write_all(self.cx.syms.name(s))?;
        let iface = self.live.used_in_iface.has(s);
        let reflect = self.cx.syms.is_reflect_method(s);
        if iface || reflect {
            out.write_all(b" ")?;
        }
        if iface {
            out.write_all(b"<UsedInIface>")?;
        }
        if reflect {
            out.write_all(b"<ReflectMethod>")?;
        }
        Ok(())
    }

    fn write_edge(&mut self, s: SymId, parent: SymId) -> std::io::Result<()> {
        if self.cx.syms.name(s).is_empty() {
            return Ok(());
        }
        if parent.is_some() {
            self.write_name(parent)?;
        } else if let Some(out) = &mut self.out {
            out.write_all(b"_")?;
        }
        if let Some(out) = &mut self.out {
            out.write_all(b" -> ")?;
        }
        self.write_name(s)?;
        if let Some(out) = &mut self.out {
            out.write_all(b"\n")?;
        }
        Ok(())
    }

    fn fail(&mut self, e: ReachError) {
        self.error.get_or_insert(e);
    }
}

impl Sink<'_> for Tracer<'_, '_> {
    fn mark(&mut self, s: SymId, parent: SymId) {
        if s.is_none() || self.live.reachable.has(s) {
            return;
        }
        self.heap.push(Reverse(s));
        self.live.reachable.insert(s);
        if let Some(p) = self.live.parents.get_mut(s.index())
            && p.is_none()
        {
            *p = parent;
        }
        if self.out.is_some()
            && let Err(e) = self.write_edge(s, parent)
        {
            self.fail(e.into());
        }
    }
    fn in_iface(&self, s: SymId) -> bool {
        self.live.used_in_iface.has(s)
    }
    fn set_in_iface(&mut self, s: SymId) {
        self.live.used_in_iface.insert(s);
    }
    fn use_in_iface(&mut self, s: SymId, parent: SymId) {
        if s.is_none() || self.live.used_in_iface.has(s) {
            return;
        }
        self.live.used_in_iface.insert(s);
        if self.live.reachable.has(s) {
            self.live.reachable.remove(s);
            self.mark(s, parent);
        }
    }
    fn mark_in_iface(&mut self, s: SymId, parent: SymId) {
        if s.is_some() && !self.live.used_in_iface.has(s) {
            self.live.used_in_iface.insert(s);
            self.live.reachable.remove(s);
        }
        self.mark(s, parent);
    }
    fn reflect(&mut self) {
        self.reflect = true;
    }
    fn iface_method(&mut self, iface: SymId, off: i64) {
        if let Err(e) = self.methods.call(self.cx, iface, off) {
            self.fail(e);
        }
    }
    fn named_method(&mut self, name: SymId) {
        self.methods.call_named(self.cx, name);
    }
    fn method(&mut self, m: Method) {
        if let Err(e) = self.methods.add(self.cx, m) {
            self.fail(e);
        }
    }
    fn nosplit(&mut self, s: SymId) {
        self.live.nosplit.push(s);
    }
    fn defer_return(&mut self, s: SymId, off: i32) {
        self.live.defer_returns.insert(s, off);
    }
    fn pkg_init(&mut self, s: SymId) {
        self.pkg_inits.push(s);
    }
    fn damage(&mut self, s: SymId, d: Damage) {
        let e = self.cx.error(s, d);
        self.fail(e);
    }
}
