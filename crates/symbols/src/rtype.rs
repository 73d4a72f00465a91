//! Reading type descriptors (`ld/decodesym.go`). Descriptors come from objects: what lies outside
//! them reads as zero or as no symbol. Those of shared libraries have no relocations: what they refer
//! to is looked up in the library.

use crate::{Def, SymId, Symbols};
use gover::{SymKind, TFLAG_EXTRA_STAR, TFLAG_UNCOMMON, TypeKind};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::ops::Range;

/// A type descriptor.
#[derive(Clone, Copy)]
pub struct RType<'a> {
    syms: &'a Symbols,
    sym: SymId,
    data: &'a [u8],
    ptr: usize,
}

impl<'a> RType<'a> {
    /// The descriptor `sym` for pointers of `ptr_size` bytes.
    pub fn new(syms: &'a Symbols, sym: SymId, ptr_size: u8) -> RType<'a> {
        RType {
            syms,
            sym,
            data: syms.data(sym),
            ptr: ptr_size.into(),
        }
    }
    fn uint(&self, off: usize, n: usize) -> u64 {
        let mut b = [0; 8];
        if let Some(s) = self.data.get(off..off + n) {
            b[..n].copy_from_slice(s);
        }
        u64::from_le_bytes(b)
    }
    fn word(&self, off: usize) -> u64 {
        self.uint(off, self.ptr)
    }
    fn byte(&self, off: usize) -> u8 {
        self.data.get(off).copied().unwrap_or(0)
    }
    /// Target of the relocation at `off`, or no symbol.
    pub fn target(&self, off: usize) -> SymId {
        if let Def::Go(o, li) = self.syms.def(self.sym) {
            // Of all the references only one is to be resolved.
            let mut relocs = o.object.relocs(li);
            return relocs
                .find(|r| r.off() as usize == off)
                .map_or(SymId::NONE, |r| self.syms.resolve_ref(o, r.sym()));
        }
        self.syms
            .relocs(self.sym)
            .find(|r| r.off as usize == off)
            .map_or(SymId::NONE, |r| r.sym)
    }
    /// Size of a value, bytes.
    pub fn size(&self) -> u64 {
        self.word(0)
    }
    /// Size of the prefix of a value that may hold pointers, bytes.
    pub fn ptrdata(&self) -> u64 {
        self.word(self.syms.gover.type_layout.ptrdata_offset(self.ptr))
    }
    /// Kind.
    pub fn kind(&self) -> Option<TypeKind> {
        let l = &self.syms.gover.type_layout;
        l.kind(self.byte(l.kind_offset(self.ptr)))
    }
    /// Flags.
    pub fn tflag(&self) -> u8 {
        self.byte(self.syms.gover.type_layout.tflag_offset(self.ptr))
    }
    /// Whether the descriptor is in a shared library.
    fn is_imported(&self) -> bool {
        !self.syms.foreign.shared_libs.is_empty() && self.syms.kind(self.sym) == SymKind::DynImport
    }
    /// Target of the pointer at `off`, wherever the descriptor is.
    fn part(&self, off: usize) -> Result<SymId, String> {
        match self.is_imported() {
            true => self.syms.shared_target(self.sym, off),
            false => None,
        }
        .unwrap_or_else(|| Ok(self.target(off)))
    }
    /// The pointer mask, one bit per word.
    ///
    /// # Errors
    /// The text for `Exitf`: the shared library of the type does not contain it.
    pub fn gc_mask(&self) -> Result<&'a [u8], String> {
        let off = self.syms.gover.type_layout.gcdata_offset(self.ptr);
        if self.is_imported() {
            let bits = self.ptrdata() / self.ptr as u64;
            let len = usize::try_from(bits.div_ceil(8)).unwrap_or(usize::MAX);
            let mask = self.syms.shared_bytes(self.sym, self.word(off), len);
            let name = self.syms.name_lossy(self.sym);
            return mask.map_err(|in_section| match in_section {
                true => format!("gcmask for {name} is outside of the file"),
                false => format!("cannot find gcmask for {name}"),
            });
        }
        let s = self.target(off);
        Ok(if s.is_none() { &[] } else { self.syms.data(s) })
    }
    /// Whether there is a program in place of the pointer mask.
    pub fn has_gc_program(&self) -> bool {
        let l = &self.syms.gover.type_layout;
        self.byte(l.kind_offset(self.ptr)) & l.gc_program != 0
    }
    /// That program, without the four bytes of its length (`decodetypeGcprog`).
    ///
    /// # Errors
    /// The text for `Exitf`: the shared library of the type does not contain it.
    pub fn gc_program(&self) -> Result<&'a [u8], String> {
        const LEN: usize = 4;
        let off = self.syms.gover.type_layout.gcdata_offset(self.ptr);
        if self.is_imported() {
            let addr = self.word(off);
            let bytes = |addr, len| self.syms.shared_bytes(self.sym, addr, len);
            let program = bytes(addr, LEN).and_then(|len| {
                let len = u32::from_le_bytes(len.try_into().expect("as asked for"));
                bytes(addr + LEN as u64, len as usize)
            });
            let name = self.syms.name_lossy(self.sym);
            return program.map_err(|in_section| match in_section {
                true => format!("gcmask for {name} is outside of the file"),
                false => format!("cannot find gcmask for {name}"),
            });
        }
        let s = self.target(off);
        let program = if s.is_none() { &[] } else { self.syms.data(s) };
        Ok(program.get(LEN..).unwrap_or_default())
    }
    fn common(&self) -> usize {
        self.syms.gover.type_layout.common_size(self.ptr)
    }
    /// Element type and length of an array type.
    ///
    /// # Errors
    /// The text for `Exitf`: the shared library of the type does not tell.
    pub fn array(&self) -> Result<(SymId, u64), String> {
        let len = self.word(self.common() + 2 * self.ptr);
        Ok((self.part(self.common())?, len))
    }
    /// Number of fields of a struct type.
    pub fn n_fields(&self) -> u64 {
        self.word(self.common() + 2 * self.ptr)
    }
    /// Type and offset of the `i`-th field of a struct type.
    ///
    /// # Errors
    /// The text for `Exitf`: the shared library of the type does not tell.
    pub fn field(&self, i: u64) -> Result<(SymId, u64), String> {
        let l = &self.syms.gover.type_layout;
        let mut off = l.uncommon_offset(TypeKind::Struct, self.ptr);
        if self.tflag() & TFLAG_UNCOMMON != 0 {
            off += l.uncommon_size();
        }
        off += i as usize * l.struct_field_size(self.ptr);
        Ok((self.part(off + self.ptr)?, self.word(off + 2 * self.ptr)))
    }
    /// The type's string, as reflection gives it.
    pub fn string(&self) -> &'a [u8] {
        self.string_in(self.target(self.syms.gover.type_layout.str_offset(self.ptr)))
    }
    /// The type's string, which is in the symbol `s`.
    fn string_in(&self, s: SymId) -> &'a [u8] {
        if s.is_none() {
            return &[];
        }
        let name = decode_name(self.syms.data(s));
        if self.tflag() & TFLAG_EXTRA_STAR != 0 {
            name.get(1..).unwrap_or(&[])
        } else {
            name
        }
    }
}

/// The strings of types, copied. Types are sorted by them long after their descriptors have been read,
/// and after the pages that these lie in have been given back.
#[derive(Default)]
pub struct TypeStrings {
    text: Vec<u8>,
    /// Where in it the string of a type is.
    places: FxHashMap<SymId, Range<usize>>,
}

impl TypeStrings {
    /// Copies the strings of `types`, each given with the symbol that its descriptor refers to for its
    /// string.
    pub fn copy(syms: &Symbols, types: &[(SymId, SymId)], ptr_size: u8) -> TypeStrings {
        const AT_ONCE: usize = 1 << 10;
        let chunks: Vec<(Vec<u8>, Vec<usize>)> = types
            .par_chunks(AT_ONCE)
            .map(|types| {
                let (mut text, mut ends) = (Vec::new(), Vec::with_capacity(types.len()));
                for &(typ, name) in types {
                    text.extend(RType::new(syms, typ, ptr_size).string_in(name));
                    ends.push(text.len());
                }
                (text, ends)
            })
            .collect();
        let mut all = TypeStrings::default();
        all.text
            .reserve(chunks.iter().map(|(text, _)| text.len()).sum());
        all.places.reserve(types.len());
        for (types, (text, ends)) in types.chunks(AT_ONCE).zip(chunks) {
            let base = all.text.len();
            let mut start = base;
            for (&(typ, _), end) in types.iter().zip(ends) {
                all.places.insert(typ, start..base + end);
                start = base + end;
            }
            all.text.extend(text);
        }
        all
    }

    /// The string of a type, from its descriptor if it has not been copied.
    pub fn get<'a>(&'a self, syms: &'a Symbols, typ: SymId, ptr_size: u8) -> &'a [u8] {
        match self.places.get(&typ) {
            Some(place) => &self.text[place.clone()],
            None => RType::new(syms, typ, ptr_size).string(),
        }
    }
}

/// The characters of a `reflect` name: a flag byte, a varint length, the characters.
pub fn decode_name(data: &[u8]) -> &[u8] {
    let (mut n, mut shift, mut at) = (0usize, 0, 1);
    while let Some(&b) = data.get(at) {
        at += 1;
        n |= usize::from(b & 0x7f) << shift;
        if b & 0x80 == 0 {
            break;
        }
        shift += 7;
        if shift > 28 {
            return &[];
        }
    }
    data.get(at..at + n).unwrap_or(&[])
}
