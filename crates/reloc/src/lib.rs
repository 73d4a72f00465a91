//! Applying relocations (`ld/data.go:relocsym`).
//!
//! The general arithmetic is here, that of one architecture in its own module.

mod amd64;
mod arm64;
mod host;
mod macho;

pub use host::{HostLink, HostReloc, HostTypes, coff_types, elf_types};
pub use macho::types as macho_types;
pub use macho::{MachoPair, MachoType, macho_address, macho_pair};

use gover::{RelocType, SymKind};
use layout::Addresses;
use reach::Live;
use std::fmt;
use symbols::{Reloc, RelocIter, SymId, Symbols};
use target::Family;

/// What relocation needs to know of the link.
pub struct Relocator<'a> {
    /// The symbols.
    pub syms: &'a Symbols,
    /// What is live.
    pub live: &'a Live,
    /// Where everything lies.
    pub addrs: &'a Addresses,
    /// `runtime.unreachableMethod`, which weak references to dead functions lead to.
    pub unreachable_method: SymId,
    /// Offset of the thread's `g` from the thread pointer, bytes.
    pub tls_offset: i64,
    /// Address of the image, where addresses are counted from there (PE); 0 elsewhere.
    pub image_base: u64,
    /// Whether fields with addresses of imports are left to the dynamic linker (Mach-O, and ELF on OpenBSD).
    pub binds_imports: bool,
    /// Whether loads of thread-local offsets may become loads of constants: the output may lie
    /// anywhere and is complete.
    pub pie: bool,
    /// Whose instructions are relocated.
    pub family: Family,
}

/// What can be wrong with a relocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The field lies outside the symbol.
    OutOfRange {
        /// Length of the symbol's contents, bytes.
        len: usize,
    },
    /// The target is defined nowhere.
    Unresolved,
    /// The target is not part of the output.
    Unreachable,
    /// The target is in a shared library, and nothing leads there.
    Imported,
    /// The target has no section.
    NoSection,
    /// The same, of an address that takes two instructions of AArch64.
    NoSectionForPair,
    /// The host linker is to find a target that is not in the object's symbol table.
    NotInObject,
    /// The host linker is to find a target that is not live.
    NotLive,
    /// The address is asked for of a target that is not live, where nobody expects one.
    NoAddress,
    /// The target is imported, and code here cannot refer to imports.
    Unhandled,
    /// The field cannot hold the value.
    TooBig {
        /// Whether the value is relative to the field.
        pc_relative: bool,
        /// The value.
        value: i64,
    },
    /// A four-byte address beyond 2 GiB; ends the link.
    AddressTooBig {
        /// The value.
        value: i64,
        /// Address of the target.
        target: u64,
    },
    /// A thread-local offset is to be loaded from the GOT, which an executable at a fixed address
    /// has no need to; ends the link.
    TlsInitialExec,
    /// A width that no relocation has.
    BadSize,
    /// A type that the architecture does not have.
    Unknown,
    /// Something that only this architecture can get wrong, in cmd/link's words.
    Arch(Box<str>),
    /// The same, and it ends the link.
    Fatal(Box<str>),
}

impl Problem {
    /// What is wrong with `value`, which is an address or an offset in the image, in four bytes; it refers to the
    /// address `target`.
    #[inline]
    pub fn of_address(value: i64, target: u64) -> Option<Problem> {
        if (value as i32) < 0 {
            return Some(Problem::AddressTooBig { value, target });
        }
        let too_big = Problem::TooBig {
            pc_relative: false,
            value,
        };
        (i64::from(value as i32) != value).then_some(too_big)
    }
}

/// One wrong relocation.
#[derive(Clone, Debug)]
pub struct RelocError {
    /// The symbol that holds it.
    pub from: SymId,
    /// The relocation.
    pub reloc: Reloc,
    /// What is wrong.
    pub problem: Problem,
}

impl RelocError {
    /// cmd/link's text, without the symbol in front. Unresolved targets are worded by the caller,
    /// who can look at other ABIs.
    pub fn text(&self, syms: &Symbols) -> String {
        let to = syms.name_lossy(self.reloc.sym);
        let r = &self.reloc;
        let named = match syms.gover.named_relocs {
            true => format!(" {}", r.typ),
            false => String::new(),
        };
        match &self.problem {
            Problem::OutOfRange { len } => {
                format!(
                    "invalid relocation {to}: {}+{} not in [0,{len})",
                    r.off, r.siz
                )
            }
            Problem::Unresolved => format!("relocation target {to} not defined"),
            Problem::Unreachable => format!("unreachable sym in relocation: {to}"),
            Problem::Imported => {
                let kind = syms.kind(r.sym);
                format!(
                    "unhandled relocation for {to} (type {} ({kind}) rtype {} ({}))",
                    syms.gover.rank(kind),
                    r.typ.index(),
                    r.typ
                )
            }
            Problem::NoSection => format!("missing section for relocation target {to}"),
            Problem::NoSectionForPair => format!("missing section for {to}"),
            Problem::NotInObject => {
                let (kind, typ) = (syms.kind(r.sym), r.typ);
                format!(
                    "reloc {} ({typ}) to non-elf symbol {to} (outer={to}) {} ({kind})",
                    typ.index(),
                    syms.gover.rank(kind)
                )
            }
            Problem::NotLive => {
                format!(
                    "unreachable reloc {} ({}) target {to}",
                    r.typ.index(),
                    r.typ
                )
            }
            Problem::NoAddress => "unreachable symbol in symaddr".to_owned(),
            Problem::Unhandled => {
                let kind = syms.kind(r.sym);
                let number = syms.gover.rank(kind);
                format!(
                    "unhandled relocation for {to} (type {number} ({kind}) rtype {} ({}))",
                    r.typ.index(),
                    r.typ
                )
            }
            Problem::TooBig {
                pc_relative: true,
                value,
            } => {
                let sign = if *value < 0 { "-" } else { "" };
                format!(
                    "pc-relative relocation{named} address for {to} is too big: {sign}{:#x}",
                    value.unsigned_abs()
                )
            }
            Problem::TooBig {
                pc_relative: false,
                value,
            } => {
                format!(
                    "non-pc-relative relocation{named} address for {to} is too big: {:#x}",
                    *value as u64
                )
            }
            Problem::AddressTooBig { value, target } => format!(
                "non-pc-relative relocation address for {to} is too big: {:#x} ({target:#x} + {:#x})",
                *value as u64, r.add
            ),
            Problem::BadSize => format!("bad reloc size {:#x} for {to}", r.siz),
            Problem::Arch(text) | Problem::Fatal(text) => text.to_string(),
            Problem::TlsInitialExec => format!(
                "cannot handle {} (sym {}) when linking internally",
                r.typ,
                syms.name_lossy(self.from)
            ),
            Problem::Unknown => format!("unknown reloc to {to}: {} ({})", r.typ.index(), r.typ),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// Relocations of some symbols side by side, to be applied together: in the meantime the processor
/// fetches where their targets lie.
#[derive(Default)]
pub struct Batch {
    fields: Vec<Field>,
    relocs: Vec<Reloc>,
}

/// A symbol of a [`Batch`].
struct Field {
    sym: SymId,
    /// Where it lies.
    addr: u64,
    /// Where its contents are.
    bytes: std::ops::Range<usize>,
    /// End of its relocations.
    end: usize,
}

/// Relocations that are applied together, about.
const BATCH: usize = 64;

impl Batch {
    /// Whether there is enough of them.
    #[inline]
    pub fn is_full(&self) -> bool {
        self.relocs.len() >= BATCH
    }
}

impl Relocator<'_> {
    /// Enters symbol `s` with its relocations, which lies at `addr` and whose contents are `bytes` of what
    /// the batch will be applied to.
    #[inline]
    pub fn enter(
        &self,
        b: &mut Batch,
        s: SymId,
        relocs: RelocIter,
        addr: u64,
        bytes: std::ops::Range<usize>,
    ) {
        let before = b.relocs.len();
        b.relocs.reserve(relocs.len());
        relocs.filter(|r| r.siz != 0).for_each(|r| {
            self.addrs.prefetch(r.sym);
            if r.weak || r.typ == RelocType::MethodOff {
                self.syms.prefetch_place(r.sym);
            }
            b.relocs.push(r);
        });
        let end = b.relocs.len();
        if end > before {
            b.fields.push(Field {
                sym: s,
                addr,
                bytes,
                end,
            });
        }
    }

    /// Applies a batch to `out` and empties it.
    pub fn apply_batch(&self, b: &mut Batch, out: &mut [u8], errors: &mut Vec<RelocError>) {
        let mut at = 0;
        for f in &b.fields {
            let out = &mut out[f.bytes.clone()];
            for r in &b.relocs[at..f.end] {
                if let Err(problem) = self.apply_one(r, f.addr, out) {
                    errors.push(RelocError {
                        from: f.sym,
                        reloc: *r,
                        problem,
                    });
                }
            }
            at = f.end;
        }
        b.fields.clear();
        b.relocs.clear();
    }

    /// Makes of the load of a thread-local offset one of the offset itself, which is known.
    #[cold]
    fn load_tls_offset(&self, r: &Reloc, out: &mut [u8]) -> Result<(), Problem> {
        match self.family {
            _ if !self.pie => Err(Problem::TlsInitialExec),
            Family::Amd64 => amd64::load_offset(out, r),
            Family::Arm64 => {
                let text = "internal linking of TLS IE not supported on ARM64";
                Err(Problem::Fatal(text.into()))
            }
        }
    }

    #[inline(always)]
    fn apply_one(&self, r: &Reloc, addr: u64, out: &mut [u8]) -> Result<(), Problem> {
        match self.apply_plain(r, addr, out) {
            Some(()) => Ok(()),
            None => self.apply_any(r, addr, out),
        }
    }

    /// Applies a relocation if it is one of most there are: an address, or a distance in code, of something
    /// that lies in a section. [`Relocator::apply_any`] would do the same. `None` if it is another, or wrong.
    #[inline(always)]
    fn apply_plain(&self, r: &Reloc, addr: u64, out: &mut [u8]) -> Option<()> {
        let target = self.addrs.addr_in_section(r.sym)? as i64;
        let value = target.wrapping_add(r.add);
        let field = out.get_mut(usize::try_from(r.off).ok()?..)?;
        match (r.typ, r.siz) {
            (RelocType::Call | RelocType::Pcrel, 4) => {
                let value = from_field(value, r, addr);
                *field.first_chunk_mut()? = i32::try_from(value).ok()?.to_le_bytes();
            }
            (RelocType::Addr, 8) if !r.weak => {
                *field.first_chunk_mut()? = value.to_le_bytes();
            }
            _ => return None,
        }
        Some(())
    }

    /// Applies a relocation of any type.
    #[inline(never)]
    fn apply_any(&self, r: &Reloc, addr: u64, out: &mut [u8]) -> Result<(), Problem> {
        let len = out.len();
        let field = usize::try_from(r.off)
            .map(|off| off..off + usize::from(r.siz))
            .ok()
            .filter(|field| field.end <= len)
            .ok_or(Problem::OutOfRange { len })?;
        if r.typ == RelocType::TlsIe {
            self.load_tls_offset(r, out)?;
        }
        let field = &mut out[field];
        let mut rs = r.sym;
        // Symbols with a section are defined and live; the others need a closer look. Most of them are
        // methods and weakly referred types that are not live, which is fine as long as they are defined.
        if rs.is_some()
            && self.addrs.section(rs).0 == 0
            && !((r.weak || r.typ == RelocType::MethodOff) && self.syms.is_plainly_defined(rs))
        {
            let kind = self.syms.kind(rs);
            if matches!(kind, SymKind::Xxx | SymKind::Xref) {
                return Err(Problem::Unresolved);
            }
            // Without dynamic linking they are left as they are.
            if r.typ.is_host() {
                return Ok(());
            }
            if kind == SymKind::DynImport && !self.binds_imports {
                return Err(Problem::Imported);
            }
            if self.syms.kind(rs) != SymKind::TlsBss
                && !r.weak
                && r.typ != RelocType::MethodOff
                && !self.live.reachable.has(rs)
            {
                return Err(Problem::Unreachable);
            }
        }
        let value = match r.typ {
            RelocType::Call | RelocType::Pcrel | RelocType::GotPcrel => {
                let target = if rs.is_some() { self.addrs.addr(rs) } else { 0 };
                from_field((target as i64).wrapping_add(r.add), r, addr)
            }
            RelocType::Addr | RelocType::PeImageOff => {
                if r.weak && !self.live.reachable.has(rs) {
                    rs = self.unreachable_method;
                }
                let target = self.addrs.addr(rs);
                let mut value = (target as i64).wrapping_add(r.add);
                if r.typ == RelocType::PeImageOff {
                    value = value.wrapping_sub(self.image_base as i64);
                }
                if r.siz == 4
                    && let Some(problem) = Problem::of_address(value, target)
                {
                    return Err(problem);
                }
                value
            }
            RelocType::MethodOff if !self.live.reachable.has(rs) => -1,
            RelocType::AddrOff | RelocType::MethodOff => {
                if r.weak && !self.live.reachable.has(rs) {
                    return Ok(());
                }
                if self.addrs.section(rs).0 == 0 {
                    return Err(Problem::NoSection);
                }
                (self.addrs.distance(rs) as i64).wrapping_add(r.add)
            }
            RelocType::Size => (self.syms.size(rs) as i64).wrapping_add(r.add),
            RelocType::Const => r.add,
            RelocType::TlsLe => self.tls_offset + r.add,
            RelocType::TlsIe => self.tls_offset,
            t if t.is_host() => return Ok(()),
            _ => match self.family {
                Family::Amd64 => amd64::value(r)?,
                _ if r.typ == RelocType::Arm64TlsIe && !self.pie => {
                    return Err(Problem::TlsInitialExec);
                }
                Family::Arm64 => {
                    // References to functions that a package calls only if something else needs them
                    // are expected where they are pruned (`-pruneweakmap`).
                    if r.weak && rs.is_some() && !self.live.reachable.has(rs) {
                        return Err(Problem::NoAddress);
                    }
                    let target = if rs.is_some() { self.addrs.addr(rs) } else { 0 };
                    arm64::value(r, target, addr, field)?
                }
            },
        };
        let pc_relative = matches!(r.typ, RelocType::Call | RelocType::Pcrel);
        match field.len() {
            1 => field[0] = value as u8,
            2 => {
                let fits = i64::from(value as i16) == value
                    || (!pc_relative && i64::from(value as u16) == value);
                if !fits {
                    return Err(Problem::TooBig { pc_relative, value });
                }
                store(field, (value as u16).to_le_bytes());
            }
            4 => {
                let fits = i64::from(value as i32) == value
                    || (!pc_relative && i64::from(value as u32) == value);
                if !fits {
                    return Err(Problem::TooBig { pc_relative, value });
                }
                store(field, (value as u32).to_le_bytes());
            }
            8 => store(field, value.to_le_bytes()),
            _ => return Err(Problem::BadSize),
        }
        Ok(())
    }
}

/// The distance of `value` from the end of the field of `r`, in a symbol at `addr`.
#[inline(always)]
fn from_field(value: i64, r: &Reloc, addr: u64) -> i64 {
    value.wrapping_sub(addr as i64 + i64::from(r.off) + i64::from(r.siz))
}

/// Writes a field of a width that is known when this is compiled, which copying between slices is not.
#[inline(always)]
fn store<const N: usize>(field: &mut [u8], value: [u8; N]) {
    if let Some(f) = field.first_chunk_mut() {
        *f = value;
    }
}

#[cfg(test)]
mod tests;
