//! Symbols that the linker makes, and symbols of objects that it takes over to change.

use crate::{Def, SymId, Symbols};
use gover::{RelocType, SymKind};

/// A relocation of a linker-made symbol.
#[derive(Clone, Copy, Debug)]
pub struct ExtReloc {
    /// Offset of the field in the symbol, bytes.
    pub off: i32,
    /// Width of the field, bytes; 0 for markers.
    pub siz: u8,
    /// Type.
    pub typ: RelocType,
    /// Whether the relocation alone does not keep its target.
    pub weak: bool,
    /// Addend.
    pub add: i64,
    /// Target.
    pub sym: SymId,
}

/// Contents and attributes of a linker-made symbol (`loader.extSymPayload`).
#[derive(Clone, Debug)]
pub struct ExtSym {
    /// Name.
    pub name: Box<[u8]>,
    /// Version; negative for linker-made statics.
    pub version: i32,
    /// Kind; `SymKind::Xxx` until somebody defines it.
    pub kind: SymKind,
    /// Size in bytes.
    pub size: u64,
    /// Contents; the rest up to `size` is zero.
    pub data: Vec<u8>,
    /// Relocations.
    pub relocs: Vec<ExtReloc>,
    /// Alignment in bytes, 0 when unspecified. For a taken-over symbol this starts as the object's.
    pub align: u32,
    /// The definition this was taken over from, as (object, local index).
    pub origin: Option<(u32, u32)>,
    /// Whether the definition taken over was content-hashed.
    pub content_hashed: bool,
}

impl Default for ExtSym {
    fn default() -> ExtSym {
        ExtSym {
            name: Box::default(),
            version: 0,
            kind: SymKind::Xxx,
            size: 0,
            data: Vec::new(),
            relocs: Vec::new(),
            align: 0,
            origin: None,
            content_hashed: false,
        }
    }
}

impl ExtSym {
    /// Makes the first field, of pointer size, the address of `target`.
    pub fn point_to(&mut self, ptr_size: u8, target: SymId) {
        let len = self.data.len().max(ptr_size.into());
        self.data.resize(len, 0);
        self.relocs.push(ExtReloc {
            off: 0,
            siz: ptr_size,
            typ: RelocType::Addr,
            weak: false,
            add: 0,
            sym: target,
        });
    }

    /// Appends a pointer-sized field that holds the address of `target` plus `add`.
    pub fn add_addr_plus(&mut self, ptr_size: u8, target: SymId, add: i64) {
        self.add_field(ptr_size, RelocType::Addr, target, add);
    }

    /// Appends a field of `siz` bytes relocated by `typ`; its own bytes are zero.
    pub fn add_field(&mut self, siz: u8, typ: RelocType, target: SymId, add: i64) {
        let off = self.data.len() as i32;
        self.data.resize(self.data.len() + siz as usize, 0);
        self.size = self.size.max(self.data.len() as u64);
        self.relocs.push(ExtReloc {
            off,
            siz,
            typ,
            weak: false,
            add,
            sym: target,
        });
    }

    /// Appends bytes.
    pub fn add_bytes(&mut self, b: &[u8]) {
        self.data.extend_from_slice(b);
        self.size = self.size.max(self.data.len() as u64);
    }

    /// Replaces the contents; the size follows.
    pub fn set_data(&mut self, data: Vec<u8>) {
        self.size = data.len() as u64;
        self.data = data;
    }
}

impl Symbols {
    /// Finds a symbol by name and version, or makes one (`loader.LookupOrCreateSym`).
    pub fn lookup_or_create(&mut self, name: &[u8], version: i32) -> SymId {
        if let Some(s) = self.lookup(name, version) {
            return s;
        }
        self.create_named(name, version)
    }

    /// Makes a symbol that can be looked up by a name that nothing has so far.
    pub fn create_named(&mut self, name: &[u8], version: i32) -> SymId {
        let s = self.create(name, version);
        self.ext_names.insert((name.into(), version), s);
        s
    }

    /// Makes a symbol without entering its name anywhere (`loader.CreateExtSym`).
    pub fn create(&mut self, name: &[u8], version: i32) -> SymId {
        let id = SymId(self.ext_start + self.ext_ids.len() as u32);
        self.taken.insert(id, self.exts.len() as u32);
        self.ext_ids.push(id);
        self.exts.push(ExtSym {
            name: name.into(),
            version,
            ..ExtSym::default()
        });
        id
    }

    /// Makes a symbol whose name nobody can look up (`loader.CreateStaticSym`). Its version is
    /// negative, which is *not* file-local.
    pub fn create_static(&mut self, name: &[u8]) -> SymId {
        self.anon_version -= 1;
        self.create(name, self.anon_version)
    }

    /// The contents of a symbol, to be changed. A symbol of an object is taken over first, with its
    /// data, relocations and size (`loader.MakeSymbolUpdater`, `cloneToExternal`); its flags read as
    /// unset from then on and its weak relocations become strong.
    pub fn ext_mut(&mut self, s: SymId) -> &mut ExtSym {
        if let Some(&i) = self.taken.get(&s) {
            return &mut self.exts[i as usize];
        }
        let ext = match self.def(s) {
            Def::Ext(_) => unreachable!("taken-over symbols are in the table"),
            Def::Undefined(o, li) => ExtSym {
                name: o.object.name(o.object.sym(li)).into(),
                version: self.version(s),
                ..ExtSym::default()
            },
            Def::Go(o, li) => {
                let d = o.object.sym(li);
                let obj = self.obj_index(o);
                ExtSym {
                    name: o.object.name(d).into(),
                    version: self.version(s),
                    kind: self.kind(s),
                    size: d.size() as u64,
                    data: o.object.data(li).to_vec(),
                    relocs: self
                        .relocs(s)
                        .map(|r| ExtReloc {
                            off: r.off,
                            siz: r.siz,
                            typ: r.typ,
                            weak: false,
                            add: r.add,
                            sym: r.sym,
                        })
                        .collect(),
                    align: self.align(s),
                    origin: Some((obj, li)),
                    content_hashed: self.is_content_hashed(s),
                }
            }
        };
        let i = self.exts.len();
        self.taken.insert(s, i as u32);
        if s.0 < self.ext_start {
            self.places.mark(s);
        }
        self.exts.push(ext);
        &mut self.exts[i]
    }

    /// Makes `to` what the linker-made `from` is, its name included (`loader.CopySym`).
    pub fn copy_symbol(&mut self, from: SymId, to: SymId) {
        let ext = self.ext_mut(from).clone();
        *self.ext_mut(to) = ext;
        if let Some(&imported) = self.foreign.imported.get(&from) {
            let lib = imported.lib;
            self.foreign.imported.entry(to).or_default().lib = lib;
        }
    }

    /// The contents of a symbol that is linker-made or taken over.
    #[inline]
    pub fn changed(&self, s: SymId) -> Option<&ExtSym> {
        match self.def(s) {
            Def::Ext(e) => Some(e),
            _ => None,
        }
    }

    /// All symbols that are linker-made or taken over, in no order.
    pub fn linker_made(&self) -> impl Iterator<Item = SymId> + '_ {
        self.taken.keys().copied()
    }

    /// Whether a symbol is linker-made, taken over, or undefined (`loader.IsExternal`).
    pub fn is_external(&self, s: SymId) -> bool {
        !matches!(self.def(s), Def::Go(..))
    }
}
