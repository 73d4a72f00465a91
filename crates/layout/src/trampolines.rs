//! Trampolines: where text outgrows what a call reaches, calls go to a jump placed behind the
//! calling function (`ld/data.go:textaddress`, second pass, and `arm64/asm.go:trampoline`).
//!
//! Whether a call needs one depends on addresses, and they on the trampolines before, so the
//! functions are gone through in order. The address of a callee further on is not known yet. Within
//! the package of the caller, and among those the runtime depends on, it is taken to be near; other
//! such calls get a trampoline to be on the safe side, and there are few, as packages are laid out
//! after the ones they import.

use crate::text::{MIN_FUNC, TextCut, TextLayout, TextOrder, round_up};
use gover::SymKind;
use rayon::prelude::*;
use reach::Live;
use std::fmt::Write as _;
use std::ops::Range;
use symbols::{ExtReloc, LibId, SymId, Symbols, VERSION_ABI0};
use target::Trampolines;

/// When and how calls are extended.
pub struct TrampolineOptions {
    /// What trampolines of this machine are.
    pub shape: Trampolines,
    /// Size of text from which they may be needed, bytes.
    pub limit: u64,
    /// Whether all calls between packages get one, for testing (`-debugtramp=2`).
    pub everywhere: bool,
    /// Whether functions are in random order, so that packages do not keep together.
    pub shuffled: bool,
    /// Greatest length of a section of text, bytes, if there may be several (`ld/data.go:splitTextSections`).
    pub section_limit: Option<u64>,
}

impl TrampolineOptions {
    /// What the flags ask for on a machine: `text_size` is `-debugtextsize`, `level` `-debugtramp`. `divided`
    /// tells whether text may be several sections.
    pub fn new(
        shape: Trampolines,
        text_size: i64,
        level: i64,
        shuffled: bool,
        divided: bool,
    ) -> Self {
        let limit = match text_size {
            0 => shape.limit,
            size => size as u64,
        };
        TrampolineOptions {
            shape,
            limit: if level > 1 { 1 } else { limit },
            everywhere: level > 1,
            shuffled,
            section_limit: divided.then_some(limit),
        }
    }
}

/// A direct call.
struct Call {
    /// Which of the function's relocations it is.
    reloc: u32,
    off: i32,
    add: i64,
    target: SymId,
}

/// A function to be laid out.
struct Function {
    sym: SymId,
    /// Whether it lies in the section of a host object before it.
    interior: bool,
    size: u64,
    align: u64,
    package: Option<LibId>,
    calls: Vec<Call>,
}

/// The package of a function (`loader.SymPkg`).
fn package(syms: &Symbols, order: &TextOrder, s: SymId) -> Option<LibId> {
    let placed = order.placed_by.get(&s).copied();
    placed.or_else(|| syms.origin(s).map(|(o, _)| o.lib))
}

/// What decides whether a call needs a trampoline.
struct CallRules<'a> {
    options: &'a TrampolineOptions,
    /// Distances that a call reaches, bytes.
    reach: Range<i64>,
    /// Of each package, whether the runtime depends on it.
    runtime: Vec<bool>,
}

impl<'a> CallRules<'a> {
    fn new(syms: &Symbols, options: &'a TrampolineOptions) -> Self {
        let libs = syms.libs.iter();
        CallRules {
            options,
            reach: -options.shape.reach..options.shape.reach,
            runtime: libs
                .map(|l| syms.gover.is_runtime_package(&l.pkg))
                .collect(),
        }
    }

    /// Whether the call `c` of `f`, at the address `place`, needs a trampoline. Its target has the
    /// address `known`, or 0 if it is not placed yet.
    fn needs_trampoline(
        &self,
        syms: &Symbols,
        order: &TextOrder,
        f: &Function,
        c: &Call,
        known: u64,
        place: i64,
    ) -> bool {
        let together = |to: Option<LibId>| f.package.is_some() && f.package == to;
        if known != 0 {
            let reached = self.reach.contains(&(known as i64 + c.add - place));
            let near = || together(package(syms, order, c.target));
            return !reached || self.options.everywhere && !near();
        }
        let kind = syms.kind(c.target);
        if self.options.shuffled || kind == SymKind::DynImport {
            return true;
        }
        let to = package(syms, order, c.target);
        let in_runtime = |l: Option<LibId>| l.is_some_and(|l| self.runtime[l.index()]);
        let near = together(to) && syms.kind(f.sym) == kind;
        let runtimes = in_runtime(f.package) && in_runtime(to);
        !(near || runtimes)
    }
}

/// The section of text that grows, and those before it.
struct Sections {
    limit: u64,
    /// Virtual address of the first.
    start: u64,
    /// Alignment of the first, bytes.
    align: u32,
    /// The others.
    cuts: Vec<TextCut>,
    /// Alignment of functions, bytes.
    func_align: u32,
}

impl Sections {
    /// Has the newest section be aligned as a function wants it.
    fn raise(&mut self, align: u64) {
        let last = self.cuts.last_mut().map(|c| &mut c.align);
        let last = last.unwrap_or(&mut self.align);
        *last = (*last).max(align as u32);
    }

    /// Begins a new section at `va` if the symbol `s` there, the one at `index`, does not fit with `more`
    /// bytes of trampolines.
    ///
    /// # Errors
    /// It fits nowhere.
    fn make_room(
        &mut self,
        syms: &mut Symbols,
        live: &mut Live,
        (s, index): (SymId, usize),
        va: u64,
        (size, more): (u64, u64),
    ) -> Result<(), String> {
        let limit = self.limit;
        if size > limit {
            return Err(format!(
                "error: text size limit {limit} less than text symbol {} size of {size}",
                syms.name_lossy(s)
            ));
        }
        let start = self.cuts.last().map_or(self.start, |c| c.addr);
        if va - start + size + more <= limit {
            return Ok(());
        }
        let name = format!("runtime.text.{}", self.cuts.len() + 1);
        let marker = syms.lookup_or_create(name.as_bytes(), VERSION_ABI0);
        live.reachable.insert(marker);
        syms.local.insert(marker);
        self.cuts.push(TextCut {
            first: index,
            addr: va,
            align: self.func_align,
            marker,
        });
        Ok(())
    }
}

/// Greatest alignment of the functions that are placed before text is found to be too large, bytes.
fn first_align(functions: &[Function], start: u64, options: &TrampolineOptions, least: u32) -> u32 {
    let (mut va, mut align) = (start, least);
    for f in functions.iter().filter(|f| !f.interior) {
        align = align.max(f.align as u32);
        va = round_up(va, f.align) + f.size;
        if va - start >= options.limit {
            break;
        }
    }
    align
}

impl TextLayout {
    /// Lays text out anew with trampolines, if it is large enough to need any. They join the
    /// functions in `order`, and the calls of functions that use one lead to it.
    ///
    /// # Errors
    /// A function does not fit into a section.
    pub fn insert_trampolines(
        &mut self,
        syms: &mut Symbols,
        live: &mut Live,
        order: &mut TextOrder,
        func_align: u32,
        options: &TrampolineOptions,
    ) -> Result<(), String> {
        if order.textp.is_empty() || self.end - self.start < options.limit {
            return Ok(());
        }
        let functions: Vec<Function> = order
            .textp
            .par_iter()
            .map(|&s| function(syms, order, s, func_align))
            .collect();
        let rules = CallRules::new(syms, options);
        let code_len = options.shape.code.len() as u64;

        // Addresses given so far, 0 for none.
        let mut value = vec![0u64; syms.len()];
        // Those in sections of host objects keep their offsets until the section has its address,
        // and these pass for addresses.
        for (s, &off) in &syms.foreign.offsets {
            value[s.index()] = off;
        }
        // Trampolines of a section, to be put behind what is in it.
        let mut waiting: Vec<SymId> = Vec::new();
        let mut textp = Vec::with_capacity(functions.len());
        self.addr.clear();
        let mut va = self.start;
        let mut sections = options.section_limit.map(|limit| Sections {
            limit,
            start: va,
            align: first_align(&functions, va, options, func_align),
            cuts: Vec::new(),
            func_align,
        });
        let mut current = None;
        for (i, f) in functions.iter().enumerate() {
            if f.interior {
                self.addr.push(value[f.sym.index()]);
                textp.push(f.sym);
                continue;
            }
            for t in waiting.drain(..) {
                self.addr.push(value[t.index()]);
                textp.push(t);
            }
            if f.package.is_some() && f.package != current {
                // For now, the functions of this package as if every call had a trampoline.
                current = f.package;
                let mut at = va;
                for g in functions[i..].iter().take_while(|g| g.package == current) {
                    at = round_up(at, g.align);
                    if let Some(sections) = &mut sections {
                        sections.raise(g.align);
                    }
                    value[g.sym.index()] = at;
                    at += g.size + g.calls.len() as u64 * code_len;
                }
            }
            va = round_up(va, f.align);
            if let Some(sections) = &mut sections {
                sections.raise(f.align);
                let trampolines = f.calls.len() as u64 * code_len;
                let at = (f.sym, textp.len());
                sections.make_room(syms, live, at, va, (f.size, trampolines))?;
                value.resize(syms.len(), 0);
            }
            value[f.sym.index()] = va;
            for s in syms.foreign.interior(f.sym) {
                value[s.index()] = va.wrapping_add(syms.foreign.offsets[&s]);
            }
            self.addr.push(va);
            textp.push(f.sym);
            let start = va as i64;
            va += f.size;

            let first_new = self.trampolines.len();
            for c in &f.calls {
                let to = c.target;
                if to.is_none() || !live.reachable.has(to) || syms.kind(to) == SymKind::Xxx {
                    continue; // Said when it is relocated.
                }
                let place = start + i64::from(c.off);
                let known = value[to.index()];
                if !rules.needs_trampoline(syms, order, f, c, known, place) {
                    continue;
                }
                let trampoline = self.trampoline(syms, &mut value, &rules.reach, c, place);
                if syms.kind(trampoline) == SymKind::Xxx {
                    live.reachable.insert(trampoline);
                    self.trampolines.push(trampoline);
                    let kind = syms.kind(f.sym);
                    make(syms, trampoline, kind, c, &options.shape);
                }
                let r = &mut syms.ext_mut(f.sym).relocs[c.reloc as usize];
                r.sym = trampoline;
                r.add = 0;
            }
            for &t in &self.trampolines[first_new..] {
                va = round_up(va, func_align.into());
                let size = syms.size(t).max(MIN_FUNC);
                if let Some(sections) = &mut sections {
                    let at = (t, textp.len() + waiting.len());
                    sections.make_room(syms, live, at, va, (size, 0))?;
                    value.resize(syms.len(), 0);
                }
                value[t.index()] = va;
                waiting.push(t);
                va += size;
            }
        }
        for t in waiting {
            self.addr.push(value[t.index()]);
            textp.push(t);
        }
        self.end = va;
        order.textp = textp;
        if let Some(sections) = sections {
            self.align = sections.align;
            self.cuts = sections.cuts;
        }
        Ok(())
    }

    /// The first trampoline to the target of `c` that is within reach of `place`, or that is going
    /// to be: without an address yet, and perhaps new.
    fn trampoline(
        &mut self,
        syms: &mut Symbols,
        value: &mut Vec<u64>,
        reach: &Range<i64>,
        c: &Call,
        place: i64,
    ) -> SymId {
        let version = syms.version(c.target);
        let mut name = syms.name(c.target).to_vec();
        let is_deferreturn = name == b"runtime.deferreturn";
        let mut suffix = String::new();
        let sign = if c.add < 0 { '-' } else { '+' };
        let _ = write!(suffix, "{sign}{:x}-tramp", c.add.unsigned_abs());
        name.extend_from_slice(suffix.as_bytes());
        let base = name.len();
        for i in 0.. {
            name.truncate(base);
            name.extend_from_slice(i.to_string().as_bytes());
            // By name, not by target: targets of one name and version share trampolines.
            let t = match syms.lookup(&name, version) {
                Some(t) => t,
                None => {
                    let t = syms.create_named(&name, version);
                    value.resize(t.index() + 1, 0);
                    if is_deferreturn {
                        self.deferreturn_trampolines.push(t);
                    }
                    t
                }
            };
            let at = value[t.index()];
            if at == 0 || reach.contains(&(at as i64 - place)) {
                return t;
            }
        }
        unreachable!("there are always more names")
    }
}

fn function(syms: &Symbols, order: &TextOrder, s: SymId, func_align: u32) -> Function {
    let calls = syms
        .relocs(s)
        .enumerate()
        .filter(|(_, r)| r.typ.is_direct_call_or_jump() || r.typ.is_host_call())
        .map(|(i, r)| Call {
            reloc: i as u32,
            off: r.off,
            add: r.add,
            target: r.sym,
        })
        .collect();
    Function {
        sym: s,
        interior: syms.foreign.is_interior(s),
        size: syms.size(s).max(MIN_FUNC),
        align: syms.gover.text_align.of(syms.align(s), func_align).into(),
        package: package(syms, order, s),
        calls,
    }
}

/// Fills in a new trampoline (`arm64/asm.go:gentramp`).
fn make(syms: &mut Symbols, s: SymId, kind: SymKind, c: &Call, shape: &Trampolines) {
    let (code, typ) = match syms.kind(c.target) {
        SymKind::DynImport => (shape.got_code, shape.got_reloc),
        _ => (shape.code, shape.reloc),
    };
    let e = syms.ext_mut(s);
    e.kind = kind;
    e.set_data(code.to_vec());
    e.relocs.push(ExtReloc {
        off: 0,
        siz: shape.reloc_size,
        typ,
        weak: false,
        add: c.add,
        sym: c.target,
    });
}
