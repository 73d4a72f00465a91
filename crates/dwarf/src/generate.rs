//! First step: finds every piece and makes the DIEs of types.

use crate::ahead::{FAR, NEAR, expect};
use crate::die::{Child, DieRef, TypeDie, TypeSink, put_die};
use crate::imports::Event;
use crate::imports::{AllImports, references};
use crate::lines::Directories;
use crate::names::Named;
use crate::paths::Goroot;
use crate::scan::{self, ScanOptions};
use crate::section::NO_UNIT;
use crate::types::Types;
use crate::units::Unit;
use crate::variables::{self, Global};
use crate::{DwarfError, Options, abbrev, abbrev::Codes};
use gover::RelocType;
use layout::TextOrder;
use rayon::prelude::*;
use reach::Live;
use rustc_hash::FxHashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use symbols::{AtomicBitSet, BitSet, LibId, SymId, Symbols, UnitId};
use target::ArchInfo;

/// The pieces of a program's DWARF.
pub struct DebugInfo {
    pub(crate) arch: ArchInfo,
    pub(crate) dwarf5: bool,
    /// In the order of libraries and their members.
    pub(crate) units: Vec<Unit>,
    /// The unit that types go into.
    pub(crate) types_unit: Option<usize>,
    pub(crate) dies: Vec<TypeDie>,
    pub(crate) children: Vec<Child>,
    /// Offset of each DIE from the first one's, bytes, and the end.
    pub(crate) die_offsets: Vec<u32>,
    /// What references to types by name mean.
    pub(crate) refs: Vec<(SymId, DieRef)>,
    /// Of abbreviations.
    pub(crate) codes: Codes,
    pub(crate) abbrev: Vec<u8>,
    pub(crate) gdb_script: Option<Vec<u8>>,
    flag_variants: usize,
}

impl DebugInfo {
    /// With how many different sets of compiler flags the units were compiled. If there are several,
    /// `-strictdups=2` only warns (`checkStrictDups`).
    pub fn flag_variants(&self) -> usize {
        self.flag_variants
    }
}

/// Finds the pieces of a program's DWARF and makes the DIEs of its types
/// (`ld/dwarf.go:dwarfGenerateDebugInfo`, and of `dwarfGenerateDebugSyms` what needs no addresses).
/// Comes after dead code is known and `-X` strings are set.
///
/// Types are defined on the calling thread, one after another, while the others of the pool look for
/// what refers to them; it looks too when they are late.
///
/// # Errors
/// Damaged inputs.
pub fn generate(
    syms: &Symbols,
    live: &Live,
    order: &TextOrder,
    opts: &Options,
) -> Result<DebugInfo, DwarfError> {
    let list = unit_list(syms, order);
    let named = Named::new(syms);
    let goroot = Goroot::new(opts.goroot);
    let looked_at = AtomicBitSet::new(syms.len());
    let threads = rayon::current_num_threads();
    let walk = Walk {
        next: AtomicUsize::new(0),
        list: &list,
        order,
        options: ScanOptions {
            syms,
            arch: opts.arch,
            dwarf5: opts.dwarf5,
            go_version: opts.go_version,
            named: &named,
            looked_at: &looked_at,
        },
        directories: (0..threads)
            .map(|_| Mutex::new(Directories::new(&goroot)))
            .collect(),
        walked: Mutex::default(),
    };
    let (send, receive) = channel();
    let inbox = Inbox::new(receive, &walk);
    let info = rayon::in_place_scope(|scope| {
        for _ in 1..threads {
            // Nobody listens after an error.
            let send = send.clone();
            scope.spawn(|_| {
                let send = send;
                walk.units()
                    .for_each(|(i, u)| drop(send.send(Found::Unit(i, Box::new(u)))));
            });
        }
        scope.spawn(|_| {
            let send = send;
            drop(send.send(Found::Variables(variables::find(syms, live))));
            drop(send);
        });
        define(syms, live, opts, &named, inbox)
    });
    // Else the walks have panicked, and so has the scope.
    info.expect("everything has been sent")
}

/// A walk over all units, by several threads.
struct Walk<'a> {
    /// The next one in the list that nobody has taken. Units differ much in size, so they are taken one
    /// by one.
    next: AtomicUsize,
    list: &'a [UnitId],
    order: &'a TextOrder,
    options: ScanOptions<'a>,
    /// One for each thread.
    directories: Vec<Mutex<Directories<'a>>>,
    /// Objects whose units have been walked.
    walked: Mutex<Vec<usize>>,
}

/// Units after which the pages of their debugging information are given back: often enough that few are
/// in memory together, and rarely, because each time interrupts the other threads.
const WALKED: usize = 64;

impl Walk<'_> {
    /// Walks one unit, and gives its place in the list.
    fn unit(&self) -> Option<(usize, Result<Unit, DwarfError>)> {
        let i = self.next.fetch_add(1, Relaxed);
        let &u = self.list.get(i)?;
        let thread = rayon::current_thread_index().unwrap_or(0);
        let mut directories = self.directories[thread]
            .lock()
            .unwrap_or_else(|e| e.into_inner());
        let unit = scan::scan(self.options, u, self.order.unit(u), &mut directories);
        drop(directories);
        self.leave(u);
        Some((i, unit))
    }

    /// Notes that a unit has been walked, and gives back the pages of some.
    fn leave(&self, u: UnitId) {
        let syms = self.options.syms;
        let mut walked = self.walked.lock().unwrap_or_else(|e| e.into_inner());
        walked.extend(syms.units[u.index()].obj.map(|o| o.index()));
        if walked.len() >= WALKED {
            let some = std::mem::take(&mut *walked);
            drop(walked);
            syms.release_dwarf_of(some);
        }
    }

    /// Walks units as long as there are any.
    fn units(&self) -> impl Iterator<Item = (usize, Result<Unit, DwarfError>)> {
        std::iter::from_fn(|| self.unit())
    }
}

/// Something that has been found.
enum Found {
    Unit(usize, Box<Result<Unit, DwarfError>>),
    Variables(Vec<Global>),
}

/// What has been found so far.
struct Inbox<'a> {
    receive: Receiver<Found>,
    walk: &'a Walk<'a>,
    imports: AllImports,
    units: Vec<Option<Result<Unit, DwarfError>>>,
    variables: Option<Vec<Global>>,
}

impl<'a> Inbox<'a> {
    fn new(receive: Receiver<Found>, walk: &'a Walk<'a>) -> Inbox<'a> {
        Inbox {
            receive,
            walk,
            imports: AllImports::default(),
            units: walk.list.iter().map(|_| None).collect(),
            variables: None,
        }
    }

    /// Waits for something. `None` when it will never come, because what looks for it panicked.
    fn wait<T>(&mut self, take: impl Fn(&mut Inbox) -> Option<T>) -> Option<T> {
        loop {
            if let Some(t) = take(self) {
                return Some(t);
            }
            let found = self.next()?;
            self.put(found);
        }
    }

    /// Something new: what others have found, else what there is still to be found.
    fn next(&self) -> Option<Found> {
        loop {
            match self.receive.try_recv() {
                Ok(found) => return Some(found),
                Err(TryRecvError::Disconnected) => return None,
                Err(TryRecvError::Empty) => {}
            }
            if let Some((i, unit)) = self.walk.unit() {
                return Some(Found::Unit(i, Box::new(unit)));
            }
            // Variables may have been left to this thread too.
            if rayon::yield_now() != Some(rayon::Yield::Executed) {
                return self.receive.recv().ok();
            }
        }
    }

    fn put(&mut self, found: Found) {
        match found {
            Found::Unit(i, mut u) => {
                if let Ok(u) = &mut *u {
                    self.imports.add(std::mem::take(&mut u.imports));
                }
                self.units[i] = Some(*u);
            }
            Found::Variables(v) => self.variables = Some(v),
        }
    }
}

/// Makes the DIEs of types, taking units in order as they are found.
fn define<'a>(
    syms: &'a Symbols,
    live: &'a Live,
    opts: &'a Options,
    named: &'a Named<'a>,
    mut inbox: Inbox,
) -> Option<Result<DebugInfo, DwarfError>> {
    let mut pass = match Define::new(syms, live, opts, named) {
        Ok(p) => p,
        Err(e) => return Some(Err(e)),
    };
    let list = inbox.walk.list;
    let mut units = Vec::with_capacity(list.len());
    for i in 0..list.len() {
        let unit = inbox.wait(|b| b.units[i].take())?;
        let imports = &inbox.imports;
        match unit.and_then(|mut u| pass.unit(i, &mut u, imports).map(|()| u)) {
            Ok(u) => units.push(u),
            Err(e) => return Some(Err(e)),
        }
    }
    let variables = inbox.wait(|i| i.variables.take())?;
    Some(pass.finish(units, list, variables))
}

/// The units of all libraries, dependencies first.
fn unit_list(syms: &Symbols, order: &TextOrder) -> Vec<UnitId> {
    order
        .postorder
        .iter()
        .flat_map(|l| syms.libs[l.index()].units.clone())
        .map(UnitId)
        .collect()
}

/// The place of each unit in the list; [`NO_UNIT`] for units outside.
pub(crate) fn unit_numbers(syms: &Symbols, list: impl Iterator<Item = UnitId>) -> Vec<u32> {
    let mut n = vec![NO_UNIT; syms.units.len()];
    for (i, u) in (0..).zip(list) {
        n[u.index()] = i;
    }
    n
}

/// Defining types in order.
struct Define<'a> {
    opts: &'a Options<'a>,
    types: Types<'a>,
    refs: Vec<(SymId, DieRef)>,
    /// References by name and abstract functions that have been dealt with.
    seen: BitSet,
    /// The sets of compiler flags.
    flags: FxHashSet<&'static [u8]>,
    /// The last unit of package runtime, which types go into.
    types_unit: Option<usize>,
    last_lib: Option<LibId>,
}

impl<'a> Define<'a> {
    fn new(
        syms: &'a Symbols,
        live: &'a Live,
        opts: &'a Options<'a>,
        named: &'a Named<'a>,
    ) -> Result<Define<'a>, DwarfError> {
        Ok(Define {
            opts,
            types: Types::new(
                syms,
                &live.reachable,
                opts.arch.ptr_size,
                named,
                live.type_names.len(),
            )?,
            refs: Vec::new(),
            seen: BitSet::new(syms.len()),
            flags: FxHashSet::default(),
            types_unit: None,
            last_lib: None,
        })
    }

    /// Defines what unit number `i` refers to, and completes the unit.
    fn unit(&mut self, i: usize, u: &mut Unit, imports: &AllImports) -> Result<(), DwarfError> {
        let syms = self.types.syms;
        let lib = syms.units[u.id.index()].lib;
        let pkg = &syms.libs[lib.index()].pkg;
        if pkg.is_empty() {
            return Err(DwarfError::Nameless);
        }
        if self.last_lib.replace(lib) == Some(lib) {
            u.constants = SymId::NONE;
        } else if u.constants.is_some() {
            self.import(u.constants, None)?;
        }
        if pkg == "runtime" {
            self.types_unit = Some(i);
        }
        self.flags.insert(u.flags);
        let events = std::mem::take(&mut u.events);
        for (i, &e) in events.iter().enumerate() {
            self.look_ahead(&events[i..]);
            match e {
                Event::UseType(s) => {
                    self.types.define(s)?;
                }
                Event::Type(s) => self.by_name(s)?,
                Event::Abstract(s) => {
                    if !self.seen.has(s) {
                        self.seen.insert(s);
                        u.abstracts.push(s);
                        self.import(s, imports.of(s))?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Asks for what the events behind the first will need: each lies in another object, mostly.
    #[inline]
    fn look_ahead(&self, events: &[Event]) {
        let gotype = |e: Option<&Event>| match e {
            Some(&Event::UseType(s)) => s,
            Some(&Event::Type(s)) => self.types.named.known(s),
            _ => SymId::NONE,
        };
        self.ask_for(gotype(events.get(FAR)), gotype(events.get(NEAR)));
    }

    /// Asks for two types that will be wanted, the first one later.
    #[inline]
    fn ask_for(&self, far: SymId, near: SymId) {
        if far.is_some() && !self.types.is_defined(far) {
            expect(self.types.syms, far);
        }
        if near.is_some() && !self.types.is_defined(near) {
            self.types.approach(near);
        }
    }

    /// Defines what variables need and what is made up, after all units.
    fn finish(
        mut self,
        mut units: Vec<Unit>,
        list: &[UnitId],
        variables: Vec<Global>,
    ) -> Result<DebugInfo, DwarfError> {
        let syms = self.types.syms;
        let number = unit_numbers(syms, list.iter().copied());
        for v in variables {
            match v {
                Global::Variable { sym, gotype, die } => {
                    self.types.define(gotype)?;
                    if let Some(u) = syms.unit(sym)
                        && let Some(u) = units.get_mut(number[u.index()] as usize)
                    {
                        u.variables.push(die);
                    }
                }
                Global::Dictionary(s) => {
                    for r in syms.relocs(s) {
                        if r.typ == RelocType::UseIface {
                            self.types.define(r.sym)?;
                        }
                    }
                }
            }
        }
        self.types.synthesize()?;
        for v in units.iter().flat_map(|u| &u.variables) {
            self.note_references(*v);
        }
        let opts = self.opts;
        let Types { dies, children, .. } = self.types;
        let codes = Codes::new(syms.gover);
        let die_offsets = die_offsets(&dies, &children, codes, opts.arch.ptr_size)?;
        let gdb_script = if opts.gdb_script {
            units.iter_mut().find_map(|u| u.gdb_script.take())
        } else {
            None
        };
        Ok(DebugInfo {
            arch: *opts.arch,
            dwarf5: opts.dwarf5,
            units,
            types_unit: self.types_unit,
            dies,
            children,
            die_offsets,
            refs: self.refs,
            codes,
            abbrev: abbrev::section(codes, opts.dwarf5, opts.call_line_data4),
            gdb_script,
            flag_variants: self.flags.len(),
        })
    }

    /// Defines the type that a reference to `go:info.NAME` means.
    fn by_name(&mut self, s: SymId) -> Result<(), DwarfError> {
        if self.seen.has(s) {
            return Ok(());
        }
        let t = &mut self.types;
        let die = match t.named.described_by_info(s, &mut t.scratch) {
            None => return Ok(()),
            Some(SymId::NONE) => {
                let name = t.named.info_name(s).unwrap_or_default();
                match t.find(SymId::NONE, name) {
                    Some(die) => die,
                    None => return Ok(()),
                }
            }
            Some(gotype) => t.define(gotype)?,
        };
        self.seen.insert(s);
        self.refs.push((s, die));
        Ok(())
    }

    /// Defines the types that an abstract function or a list of constants refers to
    /// (`importInfoSymbol`); `refs` if they are known.
    fn import(&mut self, s: SymId, refs: Option<&[SymId]>) -> Result<(), DwarfError> {
        let found: Vec<SymId>;
        let refs = match refs {
            Some(refs) => refs,
            None => {
                found = references(self.types.syms, s).collect();
                &found
            }
        };
        for (i, &s) in refs.iter().enumerate() {
            let gotype = |s: Option<&SymId>| s.map_or(SymId::NONE, |&s| self.types.named.known(s));
            self.ask_for(gotype(refs.get(i + FAR)), gotype(refs.get(i + NEAR)));
            self.by_name(s)?;
        }
        Ok(())
    }

    /// Notes what a variable's references mean, without defining anything: its type was.
    fn note_references(&mut self, s: SymId) {
        for r in self.types.syms.relocs(s) {
            if r.typ != RelocType::DwarfSecRef || self.seen.has(r.sym) {
                continue;
            }
            let t = &mut self.types;
            let Some(gotype) = t.named.described_by_info(r.sym, &mut t.scratch) else {
                continue;
            };
            let name = match gotype {
                SymId::NONE => t.named.info_name(r.sym).unwrap_or_default(),
                _ => b"",
            };
            if let Some(die) = t.find(gotype, name) {
                self.seen.insert(r.sym);
                self.refs.push((r.sym, die));
            }
        }
    }
}

/// Counts the bytes of DIEs.
struct Measure {
    n: u64,
    ptr_size: u8,
}

impl crate::encode::Sink for Measure {
    #[inline]
    fn bytes(&mut self, b: &[u8]) {
        self.n += b.len() as u64;
    }
}

impl TypeSink for Measure {
    #[inline]
    fn die(&mut self, _: DieRef) {
        self.n += 4;
    }
    #[inline]
    fn runtime_type(&mut self, _: SymId) {
        self.n += u64::from(self.ptr_size);
    }
    #[inline]
    fn address(&mut self, s: SymId) {
        self.runtime_type(s);
    }
}

fn die_offsets(
    dies: &[TypeDie],
    children: &[Child],
    codes: Codes,
    ptr_size: u8,
) -> Result<Vec<u32>, DwarfError> {
    let sizes: Vec<u64> = dies
        .par_iter()
        .with_min_len(1024)
        .map(|d| {
            let mut m = Measure { n: 0, ptr_size };
            // All codes are as long.
            put_die(d, children, codes, &mut m);
            m.n
        })
        .collect();
    let mut at = 0u64;
    let mut out = Vec::with_capacity(dies.len() + 1);
    for n in sizes.into_iter().chain([0]) {
        out.push(u32::try_from(at).map_err(|_| DwarfError::TooLarge(".debug_info"))?);
        at += n;
    }
    Ok(out)
}
