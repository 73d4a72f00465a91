//! DIEs of types: what they are, and how they are written.

use crate::abbrev::{Codes, code};
use crate::encode::Sink;
use symbols::SymId;

/// The DIE of a type, by order of creation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct DieRef(pub u32);

impl DieRef {
    /// No DIE.
    pub(crate) const NONE: DieRef = DieRef(!0);
    /// The type that is not known.
    pub(crate) const UNSPECIFIED: DieRef = DieRef(0);

    #[inline]
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// One top-level DIE.
#[derive(Clone)]
pub(crate) struct TypeDie {
    /// Abbreviation code.
    pub abbrev: u8,
    /// `go_kind`; 0 when missing.
    pub kind: u8,
    /// `encoding` of base types.
    pub encoding: u8,
    /// Name, which is also what it is found by; anonymous ones are those whose name a typedef took.
    pub name: &'static [u8],
    /// `byte_size`.
    pub byte_size: u64,
    /// The descriptor it was made from.
    pub gotype: SymId,
    /// `go_runtime_type`: the descriptor if the program has it.
    pub runtime_type: SymId,
    /// `type`.
    pub ty: DieRef,
    /// `go_key`.
    pub key: DieRef,
    /// `go_elem`.
    pub elem: DieRef,
    /// First child in [`Types::children`].
    pub first_child: u32,
    /// Number of children.
    pub n_children: u32,
}

impl TypeDie {
    pub(crate) fn new(abbrev: u8, name: &'static [u8]) -> TypeDie {
        TypeDie {
            abbrev,
            kind: 0,
            encoding: 0,
            name,
            byte_size: 0,
            gotype: SymId::NONE,
            runtime_type: SymId::NONE,
            ty: DieRef::NONE,
            key: DieRef::NONE,
            elem: DieRef::NONE,
            first_child: 0,
            n_children: 0,
        }
    }

    fn has_children(&self) -> bool {
        matches!(
            self.abbrev,
            code::ARRAYTYPE
                | code::FUNCTYPE
                | code::IFACETYPE
                | code::SLICETYPE
                | code::STRINGTYPE
                | code::STRUCTTYPE
        )
    }
}

/// A field, parameter or range of a type.
#[derive(Clone, Copy)]
pub(crate) struct Child {
    /// Name of a field.
    pub name: &'static [u8],
    /// Offset of a field, bytes; length of an array.
    pub value: u64,
    /// `type`.
    pub ty: DieRef,
    /// Abbreviation code.
    pub abbrev: u8,
    /// Whether a field is embedded.
    pub embedded: bool,
}

/// Where encoded types go; knows what their references become.
pub(crate) trait TypeSink: Sink {
    /// Writes a reference to a DIE, 4 bytes.
    fn die(&mut self, r: DieRef);
    /// Writes the offset of a descriptor, or zero, as a word.
    fn runtime_type(&mut self, s: SymId);
    /// Writes the address of a descriptor.
    fn address(&mut self, s: SymId);
}

/// Encodes one DIE with its children.
pub(crate) fn put_die(d: &TypeDie, children: &[Child], codes: Codes, out: &mut impl TypeSink) {
    out.u8(codes.number(d.abbrev));
    out.string(d.name);
    match d.abbrev {
        code::NULLTYPE => {}
        code::BASETYPE => {
            out.u8(d.encoding);
            out.u8(d.byte_size as u8);
            out.u8(d.kind);
            match codes.address && d.name == b"uintptr" {
                true => out.address(d.runtime_type),
                false => out.runtime_type(d.runtime_type),
            }
        }
        code::ARRAYTYPE => {
            out.die(d.ty);
            out.uleb(d.byte_size);
            out.u8(d.kind);
            out.runtime_type(d.runtime_type);
        }
        code::CHANTYPE | code::MAPTYPE | code::IFACETYPE | code::PTRTYPE => {
            out.die(d.ty);
            out.u8(d.kind);
            out.runtime_type(d.runtime_type);
            if d.abbrev == code::MAPTYPE {
                out.die(d.key);
            }
            if matches!(d.abbrev, code::MAPTYPE | code::CHANTYPE) {
                out.die(d.elem);
            }
        }
        code::BARE_PTRTYPE if codes.address => {}
        code::BARE_PTRTYPE => out.runtime_type(d.runtime_type),
        code::FUNCTYPE | code::SLICETYPE | code::STRINGTYPE | code::STRUCTTYPE => {
            out.uleb(d.byte_size);
            out.u8(d.kind);
            out.runtime_type(d.runtime_type);
            if d.abbrev == code::SLICETYPE {
                out.die(d.elem);
            }
        }
        _ => out.die(d.ty),
    }
    if !d.has_children() {
        return;
    }
    for c in &children[d.first_child as usize..][..d.n_children as usize] {
        out.u8(codes.number(c.abbrev));
        match c.abbrev {
            code::STRUCTFIELD => {
                out.string(c.name);
                out.uleb(c.value);
                out.die(c.ty);
                out.u8(c.embedded.into());
            }
            code::ARRAYRANGE => {
                out.die(c.ty);
                out.uleb(c.value);
            }
            code::FUNCTYPEOUTPARAM => {
                out.u8(1);
                out.die(c.ty);
            }
            code::FUNCTYPEPARAM => out.die(c.ty),
            _ => {}
        }
    }
    out.u8(0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abbrev;

    struct Bytes(Vec<u8>);

    impl Sink for Bytes {
        fn bytes(&mut self, b: &[u8]) {
            self.0.extend_from_slice(b);
        }
    }

    impl TypeSink for Bytes {
        fn die(&mut self, r: DieRef) {
            self.u32(r.0);
        }
        fn runtime_type(&mut self, s: SymId) {
            self.word(8, s.0.into());
        }
        fn address(&mut self, s: SymId) {
            self.word(8, !u64::from(s.0));
        }
    }

    /// What the abbreviations say of the section must be what the encoder writes.
    #[test]
    fn dies_are_as_long_as_their_abbreviations_say() {
        let fields: Vec<Child> = [
            code::STRUCTFIELD,
            code::FUNCTYPEPARAM,
            code::FUNCTYPEOUTPARAM,
            code::DOTDOTDOT,
            code::ARRAYRANGE,
        ]
        .into_iter()
        .map(|abbrev| Child {
            name: b"field",
            value: 300,
            ty: DieRef(7),
            abbrev,
            embedded: true,
        })
        .collect();
        for a in code::NULLTYPE..=code::TYPEDECL {
            let mut d = TypeDie::new(a, b"main.T");
            d.byte_size = 1000;
            d.n_children = fields.len() as u32;
            let mut out = Bytes(Vec::new());
            let codes = Codes::new(gover::layout_for("go1.26").unwrap());
            put_die(&d, &fields, codes, &mut out);
            let mut rest = abbrev::skip_die(&out.0, 8).expect("a DIE");
            assert_eq!(
                d.has_children(),
                abbrev::has_children(a),
                "abbreviation {a}"
            );
            if d.has_children() {
                for _ in &fields {
                    rest = abbrev::skip_die(rest, 8).expect("a child");
                }
                assert_eq!(rest, [0], "abbreviation {a}");
            } else {
                assert!(rest.is_empty(), "abbreviation {a}");
            }
        }
    }
}
