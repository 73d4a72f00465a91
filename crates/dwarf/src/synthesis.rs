//! Types that the language does not show: how strings, slices, maps and channels look inside
//! (`ld/dwarf.go`: `synthesizestringtypes` and its neighbours).
//!
//! Each kind is a pass over the DIEs that exist when it begins, the latest first. What it makes is
//! appended and seen only by later passes.

use crate::DwarfError;
use crate::abbrev::code;
use crate::die::{DieRef, TypeDie};
use crate::types::Types;
use gover::{MapShape, TypeKind};
use symbols::SymId;

/// Entries of a bucket of a map.
const BUCKET: u64 = 8;

/// Size from which on a bucket has pointers to keys or elements, bytes, less one.
const MAX_INLINE: u64 = 128;

impl Types<'_> {
    /// Runs all passes.
    ///
    /// # Errors
    /// Damaged descriptors, and a runtime without the types that serve as models.
    pub(crate) fn synthesize(&mut self) -> Result<(), DwarfError> {
        self.strings()?;
        self.slices()?;
        match self.syms.gover.map_shape {
            MapShape::Groups => self.maps()?,
            MapShape::Buckets => self.maps_of_buckets()?,
        }
        self.channels()?;
        self.read_names()
    }

    /// The DIEs of one abbreviation among the first `n`, the latest first.
    fn latest_first(&self, n: usize, abbrev: u8) -> Vec<DieRef> {
        let all = self.dies[..n].iter().enumerate().rev();
        all.filter(|(_, d)| d.abbrev == abbrev)
            .map(|(i, _)| DieRef(i as u32))
            .collect()
    }

    /// The struct of the runtime that serves as a model (`findprotodie`).
    fn model(&mut self, name: &'static str) -> Result<DieRef, DwarfError> {
        let s = self.described(name.as_bytes())?;
        let r = self.define(s)?;
        self.read_names()?;
        Ok(self.definition(r))
    }

    /// Gives `to` the children of `from`.
    fn copy_children(&mut self, to: DieRef, from: DieRef) {
        let (first, n) = {
            let d = &self.dies[from.index()];
            (d.first_child as usize, d.n_children)
        };
        let at = self.children.len() as u32;
        self.children.extend_from_within(first..first + n as usize);
        let d = &mut self.dies[to.index()];
        (d.first_child, d.n_children) = (at, n);
    }

    /// Gives another type to a field (`substitutetype`).
    fn substitute(&mut self, of: DieRef, field: &str, ty: DieRef) -> Result<(), DwarfError> {
        let d = &self.dies[of.index()];
        let children = d.first_child as usize..(d.first_child + d.n_children) as usize;
        let found = self.children[children]
            .iter_mut()
            .rev()
            .find(|c| c.name == field.as_bytes());
        match found {
            Some(c) => {
                c.ty = ty;
                Ok(())
            }
            None => Err(DwarfError::NoMember {
                name: String::from_utf8_lossy(d.name).into_owned(),
                member: field.to_owned(),
            }),
        }
    }

    /// Whether a DIE is that of a struct that is made up, or of a pointer to one. Their names are none
    /// that Go knows.
    fn is_made_up(&self, r: DieRef) -> bool {
        let d = &self.dies[r.index()];
        d.gotype.is_none()
            && match d.abbrev {
                code::STRUCTTYPE => true,
                code::PTRTYPE => self.is_made_up(d.ty),
                _ => false,
            }
    }

    /// A pointer to `to` (`defptrto`).
    pub(crate) fn pointer_to(&mut self, to: DieRef) -> DieRef {
        let name = [b"*", self.dies[to.index()].name].concat();
        let s = match self.is_made_up(to) {
            true => SymId::NONE,
            false => self.named.described(&name, &mut self.scratch),
        };
        if let Some(r) = self.find(s, &name) {
            return r;
        }
        let mut d = TypeDie::new(code::PTRTYPE, name.leak());
        d.ty = to;
        if s.is_some() {
            d.gotype = s;
            if self.reachable.has(s) {
                d.kind = TypeKind::Pointer as u8;
                d.runtime_type = s;
            }
        }
        self.push_named(d)
    }

    /// The struct `base<key>` or `base<key,elem>`, and whether it was made just now
    /// (`mkinternaltype`). It has the fields and the size of `model`.
    fn internal(
        &mut self,
        base: &str,
        key: &[u8],
        elem: Option<&[u8]>,
        model: DieRef,
        kind: u8,
    ) -> (DieRef, bool) {
        let mut name = [base.as_bytes(), b"<", key].concat();
        if let Some(elem) = elem {
            name.push(b',');
            name.extend_from_slice(elem);
        }
        name.push(b'>');
        if let Some(r) = self.find(SymId::NONE, &name) {
            return (r, false);
        }
        let mut d = TypeDie::new(code::STRUCTTYPE, name.leak());
        d.kind = kind;
        d.byte_size = self.dies[model.index()].byte_size;
        let r = self.push_named(d);
        self.copy_children(r, model);
        (r, true)
    }

    fn strings(&mut self) -> Result<(), DwarfError> {
        let n = self.dies.len();
        let model = self.model("runtime.stringStructDWARF")?;
        for r in self.latest_first(n, code::STRINGTYPE) {
            self.copy_children(r, model);
        }
        Ok(())
    }

    fn slices(&mut self) -> Result<(), DwarfError> {
        let n = self.dies.len();
        let model = self.model("runtime.slice")?;
        for r in self.latest_first(n, code::SLICETYPE) {
            self.copy_children(r, model);
            let elem = self.dies[r.index()].elem;
            let array = self.pointer_to(elem);
            self.substitute(r, "array", array)?;
        }
        Ok(())
    }

    /// The DIE of a part of a type that must have that part.
    fn part(&mut self, of: DieRef, part: SymId) -> Result<DieRef, DwarfError> {
        if part.is_none() {
            return Err(DwarfError::BadType {
                name: String::from_utf8_lossy(self.dies[of.index()].name).into_owned(),
                what: "a part is missing",
            });
        }
        self.define(part)
    }

    fn maps(&mut self) -> Result<(), DwarfError> {
        let n = self.dies.len();
        let map = self.model("internal/runtime/maps.Map")?;
        let table = self.model("internal/runtime/maps.table")?;
        let groups = self.model("internal/runtime/maps.groupsReference")?;
        let kind = TypeKind::Struct as u8;
        for r in self.latest_first(n, code::MAPTYPE) {
            let gotype = self.dies[r.index()].gotype;
            let [key, elem, group] = [0, 1, 2].map(|i| self.word_target(gotype, i));
            let key = self.part(r, key)?;
            let elem = self.part(r, elem)?;
            let group = self.part(r, group)?;
            let (key, elem) = (self.dies[key.index()].name, self.dies[elem.index()].name);

            let (group_ref, new) = self.internal("groupReference", key, Some(elem), groups, kind);
            if new {
                // Really a pointer to an array, whose length varies.
                let p = self.pointer_to(group);
                self.substitute(group_ref, "data", p)?;
            }
            let (table, new) = self.internal("table", key, Some(elem), table, kind);
            if new {
                self.substitute(table, "groups", group_ref)?;
            }
            let (map, new) = self.internal("map", key, Some(elem), map, kind);
            if new {
                // The same: the first of an array of pointers.
                let p = self.pointer_to(table);
                let p = self.pointer_to(p);
                self.substitute(map, "dirPtr", p)?;
            }
            self.dies[r.index()].ty = self.pointer_to(map);
        }
        Ok(())
    }

    fn maps_of_buckets(&mut self) -> Result<(), DwarfError> {
        let n = self.dies.len();
        let hash = self.model("runtime.hmap")?;
        let hashes = self.model("runtime.bmap")?;
        let ptr = u64::from(self.ptr_size);
        for r in self.latest_first(n, code::MAPTYPE) {
            let gotype = self.dies[r.index()].gotype;
            let [key, elem] = [0, 1].map(|i| self.word_target(gotype, i));
            let sizes = [key, elem].map(|s| self.value_size(s));
            let parts = [self.part(r, key)?, self.part(r, elem)?];
            let [key, elem] = parts.map(|r| self.dies[r.index()].name);
            let keys = self.column("[]key", parts[0], sizes[0]);
            let elems = self.column("[]val", parts[1], sizes[1]);
            let [key_size, elem_size] = sizes.map(|n| if n > MAX_INLINE { ptr } else { n });

            let (bucket, new) = self.internal("bucket", key, Some(elem), hashes, 0);
            if new {
                let mut off = BUCKET;
                let mut field = |name, size, ty| {
                    let c = self.push_child(name, off, code::STRUCTFIELD);
                    self.children[c as usize].ty = ty;
                    off += size;
                };
                field(b"keys", BUCKET * key_size, keys);
                field(b"values", BUCKET * elem_size, elems);
                field(b"overflow", ptr, DieRef::NONE);
                let overflow = self.children.len() - 1;
                let d = &mut self.dies[bucket.index()];
                d.n_children += 3;
                d.byte_size = off;
                self.children[overflow].ty = self.pointer_to(bucket);
            }
            let (map, new) = self.internal("hash", key, Some(elem), hash, 0);
            if new {
                let p = self.pointer_to(bucket);
                self.substitute(map, "buckets", p)?;
                self.substitute(map, "oldbuckets", p)?;
            }
            self.dies[r.index()].ty = self.pointer_to(map);
        }
        Ok(())
    }

    /// The array of keys or elements in a bucket, `base<type>`, of which one takes `size` bytes.
    fn column(&mut self, base: &str, of: DieRef, size: u64) -> DieRef {
        let name = [base.as_bytes(), b"<", self.dies[of.index()].name, b">"].concat();
        if let Some(r) = self.find(SymId::NONE, &name) {
            return r;
        }
        let by_pointer = size > MAX_INLINE;
        let mut d = TypeDie::new(code::ARRAYTYPE, name.leak());
        d.byte_size = BUCKET
            * match by_pointer {
                true => self.ptr_size.into(),
                false => size,
            };
        d.first_child = self.push_child(b"", BUCKET, code::ARRAYRANGE);
        d.n_children = 1;
        self.children[d.first_child as usize].ty = self.uintptr;
        let r = self.push_named(d);
        self.dies[r.index()].ty = match by_pointer {
            true => self.pointer_to(of),
            false => of,
        };
        r
    }

    fn channels(&mut self) -> Result<(), DwarfError> {
        let n = self.dies.len();
        let sudog = self.model("runtime.sudog")?;
        let waitq = self.model("runtime.waitq")?;
        let hchan = self.model("runtime.hchan")?;
        for r in self.latest_first(n, code::CHANTYPE) {
            let elem = self.word_target(self.dies[r.index()].gotype, 0);
            let elem_die = self.part(r, elem)?;
            let elem = self.type_name(elem)?;
            let (sudog, new) = self.internal("sudog", elem, None, sudog, 0);
            if new {
                let p = self.pointer_to(elem_die);
                self.substitute(sudog, "elem", p)?;
            }
            let (waitq, new) = self.internal("waitq", elem, None, waitq, 0);
            if new {
                let p = self.pointer_to(sudog);
                self.substitute(waitq, "first", p)?;
                self.substitute(waitq, "last", p)?;
            }
            let (hchan, new) = self.internal("hchan", elem, None, hchan, 0);
            if new {
                self.substitute(hchan, "recvq", waitq)?;
                self.substitute(hchan, "sendq", waitq)?;
            }
            self.dies[r.index()].ty = self.pointer_to(hchan);
        }
        Ok(())
    }
}
