//! The sequential flood: visits symbols in cmd/link's order, and tells.

use crate::decode;
use crate::methods::{Methods, iface_method};
use crate::visit::{Context, Method, Sink};
use crate::{Damage, Live, ReachError, Tell};
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
    tell: Tell<'w>,
    error: Option<ReachError>,
    reflect: bool,
    methods: Methods<'a>,
    pkg_inits: Vec<SymId>,
}

/// Floods from `roots` as `ld/deadcode.go:deadcode` does, and tells.
pub(crate) fn trace(
    cx: &Context,
    roots: &[SymId],
    tell: Tell,
) -> Result<(Live, Vec<SymId>), ReachError> {
    let n = cx.syms.len();
    let mut t = Tracer {
        cx,
        live: Live {
            reachable: cx.opts.live_before.clone(),
            used_in_iface: cx.syms.used_in_iface.clone(),
            nosplit: Vec::new(),
            defer_returns: FxHashMap::default(),
            type_names: Vec::new(),
            parents: if cx.opts.field_track {
                vec![SymId::NONE; n]
            } else {
                Vec::new()
            },
        },
        heap: BinaryHeap::new(),
        tell,
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
        let Some(out) = &mut self.tell.edges else {
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
        } else if let Some(out) = &mut self.tell.edges {
            out.write_all(b"_")?;
        }
        if let Some(out) = &mut self.tell.edges {
            out.write_all(b" -> ")?;
        }
        self.write_name(s)?;
        if let Some(out) = &mut self.tell.edges {
            out.write_all(b"\n")?;
        }
        Ok(())
    }

    /// A method's name and the number of its type. cmd/link numbers symbols alike.
    fn signature(&self, name: SymId, typ: SymId) -> String {
        let name = decode::name(self.cx.syms.data(name)).unwrap_or_default();
        format!("{{{} {}}}", String::from_utf8_lossy(name), typ.0)
    }

    /// A line of the log (`-v=2`).
    fn log(&mut self, text: std::fmt::Arguments) {
        if let Some(log) = &mut self.tell.log
            && let Err(e) = writeln!(log, "{text}")
        {
            self.fail(e.into());
        }
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
        if self.tell.edges.is_some()
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
        if self.tell.log.is_some()
            && let Ok((name, typ)) = iface_method(self.cx, iface, off)
        {
            let method = self.signature(name, typ);
            self.log(format_args!("reached iface method: {method}"));
        }
        if let Err(e) = self.methods.call(self.cx, iface, off) {
            self.fail(e);
        }
    }
    fn named_method(&mut self, name: SymId) {
        if self.tell.log.is_some() {
            let text = String::from_utf8_lossy(self.cx.syms.data(name));
            self.log(format_args!("reached generic iface method: {text}"));
        }
        self.methods.call_named(self.cx, name);
    }
    fn method(&mut self, m: Method) {
        if self.tell.log.is_some() {
            let method = self.signature(m.name, m.typ);
            let (number, name) = (m.owner.0, self.cx.syms.name_lossy(m.owner));
            self.log(format_args!(
                "markable method: {method} of sym {number} {name}"
            ));
        }
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
    fn type_name(&mut self, s: SymId, name: SymId) {
        self.live.type_names.push((s, name));
    }
    fn damage(&mut self, s: SymId, d: Damage) {
        let e = self.cx.error(s, d);
        self.fail(e);
    }
}
