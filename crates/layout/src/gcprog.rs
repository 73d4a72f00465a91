//! GC programs: which words of data hold pointers (`cmd/internal/gcprog`, `ld/data.go:GCProg`).

use gover::{TFLAG_GC_MASK_ON_DEMAND, TypeKind};
use symbols::rtype::RType;
use symbols::{SymId, Symbols};

/// Most literal bits in one instruction.
const MAX_LITERAL: usize = 127;
/// Types nest as deep as this at most; deeper ones come from damaged descriptors.
const MAX_DEPTH: u32 = 1000;

/// Writes one program.
pub struct GcProg<'a> {
    syms: &'a Symbols,
    ptr: u8,
    out: Vec<u8>,
    /// Word the next bit is for.
    index: u64,
    literal: [u8; MAX_LITERAL],
    n_literal: usize,
    /// What went wrong, as (symbol or none, text).
    errors: Vec<(Option<SymId>, String)>,
}

impl<'a> GcProg<'a> {
    /// An empty program.
    pub fn new(syms: &'a Symbols, ptr_size: u8) -> GcProg<'a> {
        GcProg {
            syms,
            ptr: ptr_size,
            out: Vec::new(),
            index: 0,
            literal: [0; MAX_LITERAL],
            n_literal: 0,
            errors: Vec::new(),
        }
    }

    /// Adds a variable at byte offset `off` of the region.
    pub fn add(&mut self, s: SymId, off: u64) {
        let t = self.syms.gotype(s);
        if t.is_none() {
            // Markers are laid out as symbols on some systems.
            const MARKERS: [&[u8]; 6] = [
                b"runtime.data",
                b"runtime.edata",
                b"runtime.bss",
                b"runtime.ebss",
                b"runtime.gcdata",
                b"runtime.gcbss",
            ];
            if !MARKERS.contains(&self.syms.name(s)) {
                let text = format!(
                    "missing Go type information for global symbol {}: size {}",
                    self.syms.name_lossy(s),
                    self.syms.size(s)
                );
                self.errors.push((None, text));
            }
            return;
        }
        if self.syms.gover.type_layout.gc_program == 0 {
            self.add_type(off, t, 0);
            return;
        }
        let t = RType::new(self.syms, t, self.ptr);
        let added = match t.has_gc_program() {
            true => t.gc_program().map(|p| self.append(off, p, t.ptrdata())),
            false => self.add_mask(off, &t, t.ptrdata()),
        };
        if let Err(text) = added {
            self.errors.push((None, text));
        }
    }

    /// Adds the program of a type whose values begin with `ptrdata` bytes that it is for (`Append`). The last
    /// byte ends it, and is left out.
    fn append(&mut self, off: u64, program: &[u8], ptrdata: u64) {
        let ptr = u64::from(self.ptr);
        self.zero_until(off / ptr);
        self.flush();
        let end = program.len().saturating_sub(1);
        self.out.extend_from_slice(&program[..end]);
        self.index = self.index.saturating_add(ptrdata / ptr);
    }

    fn add_type(&mut self, off: u64, typ: SymId, depth: u32) {
        let t = RType::new(self.syms, typ, self.ptr);
        let ptrdata = t.ptrdata();
        if ptrdata == 0 {
            self.errors
                .push((None, "has no pointers but in data section".to_owned()));
            return;
        }
        if depth > MAX_DEPTH {
            self.errors
                .push((Some(typ), "type descriptor nests too deep".to_owned()));
            return;
        }
        if let Err(text) = self.add_parts(off, &t, ptrdata, depth) {
            self.errors.push((None, text));
        }
    }

    /// # Errors
    /// What is wrong with a type of a shared library.
    fn add_parts(&mut self, off: u64, t: &RType, ptrdata: u64, depth: u32) -> Result<(), String> {
        let ptr = u64::from(self.ptr);
        match t.kind() {
            Some(TypeKind::Array) => {
                let (elem, n) = t.array()?;
                self.add_type(off, elem, depth + 1);
                if n > 1 {
                    let size = RType::new(self.syms, elem, self.ptr).size();
                    self.zero_until((off + size) / ptr);
                    self.repeat(size / ptr, n - 1);
                }
            }
            Some(TypeKind::Struct) => {
                for i in 0..t.n_fields().min(1 << 20) {
                    let (f, foff) = t.field(i)?;
                    if RType::new(self.syms, f, self.ptr).ptrdata() != 0 {
                        self.add_type(off.wrapping_add(foff), f, depth + 1);
                    }
                }
            }
            _ => {
                if t.tflag() & TFLAG_GC_MASK_ON_DEMAND != 0 {
                    self.errors.push((None, "GC mask not available".to_owned()));
                }
                self.add_mask(off, t, ptrdata)?;
            }
        }
        Ok(())
    }

    /// Adds the pointers of a mask.
    ///
    /// # Errors
    /// What is wrong with a type of a shared library.
    fn add_mask(&mut self, off: u64, t: &RType, ptrdata: u64) -> Result<(), String> {
        let ptr = u64::from(self.ptr);
        let mask = t.gc_mask()?;
        for i in 0..(ptrdata / ptr).min(8 * mask.len() as u64) {
            if mask[i as usize / 8] >> (i % 8) & 1 != 0 {
                self.pointer(off / ptr + i);
            }
        }
        Ok(())
    }

    fn pointer(&mut self, index: u64) {
        self.zero_until(index);
        self.bit(1);
    }

    fn bit(&mut self, b: u8) {
        if self.n_literal == MAX_LITERAL {
            self.flush();
        }
        self.literal[self.n_literal] = b;
        self.n_literal += 1;
        self.index += 1;
    }

    fn flush(&mut self) {
        if self.n_literal == 0 {
            return;
        }
        self.out.push(self.n_literal as u8);
        for bits in self.literal[..self.n_literal].chunks(8) {
            self.out
                .push(bits.iter().enumerate().fold(0, |b, (i, &x)| b | x << i));
        }
        self.n_literal = 0;
    }

    /// Zeros up to word `index`: short runs bit by bit, long ones as a repeated bit.
    fn zero_until(&mut self, index: u64) {
        if index <= self.index {
            return;
        }
        let skip = index - self.index;
        if skip < 4 * 8 {
            for _ in 0..skip {
                self.bit(0);
            }
            return;
        }
        self.bit(0);
        self.flush();
        self.repeat(1, skip - 1);
    }

    /// Repeats the last `n` words `count` more times.
    fn repeat(&mut self, n: u64, count: u64) {
        if n == 0 || count == 0 {
            return;
        }
        self.flush();
        if n < 128 {
            self.out.push(0x80 | n as u8);
        } else {
            self.out.push(0x80);
            self.varint(n);
        }
        self.varint(count);
        self.index = self.index.saturating_add(n.saturating_mul(count));
    }

    fn varint(&mut self, mut x: u64) {
        while x >= 0x80 {
            self.out.push(x as u8 | 0x80);
            x >>= 7;
        }
        self.out.push(x as u8);
    }

    /// Ends the program for a region of `size` bytes. Gives its bytes and what went wrong.
    pub fn end(mut self, size: u64) -> (Vec<u8>, Vec<(Option<SymId>, String)>) {
        self.zero_until(size / u64::from(self.ptr));
        self.flush();
        self.out.push(0);
        (self.out, self.errors)
    }
}
