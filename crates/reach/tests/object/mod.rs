//! Small Go objects made for tests.

// Shared by test programs of which each uses a part.
#![allow(dead_code)]

use goobj::{Object, PKG_BUILTIN, PKG_NONE, PKG_SELF};
use gover::{AuxType, GoLayout, R_WEAK, RelocType, SymKind};
use symbols::{DigestOptions, Inputs};

/// A target of a reference.
#[derive(Clone, Copy)]
pub enum To {
    /// The symbol of this name in the same object.
    Name(&'static str),
    /// An entry of the builtin list.
    Builtin(u32),
    /// Package and symbol index as they are.
    Raw(u32, u32),
}

/// One relocation: type, offset, width, addend, target.
pub struct R(pub RelocType, pub i32, pub u8, pub i64, pub To);

/// A definition.
pub struct Def {
    /// Name.
    pub name: &'static str,
    /// ABI.
    pub abi: u16,
    /// Kind.
    pub kind: SymKind,
    /// Flag bytes.
    pub flags: (u8, u8),
    /// Contents, all of the symbol.
    pub data: Vec<u8>,
    /// Relocations, and which of them are weak.
    pub relocs: Vec<(R, bool)>,
    /// Auxiliary symbols.
    pub auxs: Vec<(AuxType, To)>,
}

/// A definition of so many zero bytes.
pub fn def(name: &'static str, kind: SymKind, size: usize) -> Def {
    Def {
        name,
        abi: u16::from(kind == SymKind::Text),
        kind,
        flags: (0, 0),
        data: vec![0; size],
        relocs: Vec::new(),
        auxs: Vec::new(),
    }
}

impl Def {
    pub fn flags(mut self, flag: u8, flag2: u8) -> Def {
        self.flags = (flag, flag2);
        self
    }
    pub fn data(mut self, at: usize, bytes: &[u8]) -> Def {
        self.data[at..at + bytes.len()].copy_from_slice(bytes);
        self
    }
    pub fn reloc(mut self, r: R) -> Def {
        self.relocs.push((r, false));
        self
    }
    pub fn weak(mut self, r: R) -> Def {
        self.relocs.push((r, true));
        self
    }
    /// A call of `name` at offset `off`.
    pub fn calls(self, off: i32, name: &'static str) -> Def {
        self.reloc(R(RelocType::Call, off, 4, 0, To::Name(name)))
    }
    pub fn aux(mut self, typ: AuxType, to: To) -> Def {
        self.auxs.push((typ, to));
        self
    }
}

fn position<T: PartialEq>(all: &[T], one: T) -> usize {
    all.iter()
        .position(|x| *x == one)
        .expect("the release has it")
}

/// The bytes of an object whose definitions are all package symbols, but for the names in
/// `by_name`, which come behind them.
pub fn object(gover: &GoLayout, defs: &[Def], by_name: &[&str]) -> Vec<u8> {
    let is_pkg = |d: &&Def| !by_name.contains(&d.name);
    let pkg: Vec<&Def> = defs.iter().filter(is_pkg).collect();
    let named: Vec<&Def> = defs.iter().filter(|d| !is_pkg(d)).collect();
    let reference = |to: &To| match *to {
        To::Name(n) => {
            let (p, list) = if by_name.contains(&n) {
                (PKG_NONE, &named)
            } else {
                (PKG_SELF, &pkg)
            };
            let i = list.iter().position(|d| d.name == n).expect("defined");
            (p, i as u32)
        }
        To::Builtin(i) => (PKG_BUILTIN, i),
        To::Raw(p, i) => (p, i),
    };
    let all: Vec<&Def> = pkg.iter().chain(&named).copied().collect();
    let mut strings = Vec::new();
    const STRINGS: usize = 20 + 4 * 19;
    let sym = |d: &&Def, strings: &mut Vec<u8>| {
        let mut b = (d.name.len() as u32).to_le_bytes().to_vec();
        b.extend(((STRINGS + strings.len()) as u32).to_le_bytes());
        strings.extend(d.name.as_bytes());
        b.extend(d.abi.to_le_bytes());
        b.push(position(gover.sym_kinds, d.kind) as u8);
        b.extend([d.flags.0, d.flags.1]);
        b.extend((d.data.len() as u32).to_le_bytes());
        b.extend(0u32.to_le_bytes());
        b
    };
    let pkg_syms: Vec<u8> = pkg.iter().flat_map(|d| sym(d, &mut strings)).collect();
    let named_syms: Vec<u8> = named.iter().flat_map(|d| sym(d, &mut strings)).collect();
    let (mut relocs, mut auxs, mut data) = (Vec::new(), Vec::new(), Vec::new());
    let mut index = [vec![0u32], vec![0u32], vec![0u32]];
    for d in all {
        for (R(typ, off, siz, add, to), weak) in &d.relocs {
            let number = position(gover.reloc_types, *typ) as u16;
            let (p, i) = reference(to);
            relocs.extend(off.to_le_bytes());
            relocs.push(*siz);
            relocs.extend((number | if *weak { R_WEAK } else { 0 }).to_le_bytes());
            relocs.extend(add.to_le_bytes());
            relocs.extend(p.to_le_bytes());
            relocs.extend(i.to_le_bytes());
        }
        for (typ, to) in &d.auxs {
            let (p, i) = reference(to);
            auxs.push(position(gover.aux_types, *typ) as u8);
            auxs.extend(p.to_le_bytes());
            auxs.extend(i.to_le_bytes());
        }
        data.extend(&d.data);
        index[0].push((relocs.len() / 23) as u32);
        index[1].push((auxs.len() / 9) as u32);
        index[2].push(data.len() as u32);
    }
    let words = |w: &Vec<u32>| w.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
    let none = Vec::new;
    // Autolib, packages (a dummy), files, then the definitions of all sorts, and so on.
    let blocks = [
        none(),
        vec![0; 8],
        none(),
        pkg_syms,
        none(),
        none(),
        named_syms,
        none(),
        none(),
        none(),
        none(),
        words(&index[0]),
        words(&index[1]),
        words(&index[2]),
        relocs,
        auxs,
        data,
        none(),
    ];
    let mut out = b"\0go120ld".to_vec();
    out.extend([0; 8]);
    out.extend(16u32.to_le_bytes());
    let mut at = STRINGS + strings.len();
    for b in &blocks {
        out.extend((at as u32).to_le_bytes());
        at += b.len();
    }
    out.extend((at as u32).to_le_bytes());
    out.extend(strings);
    out.extend(blocks.concat());
    out
}

/// The inputs of a link of one package, `main`, in `main.a`.
pub fn inputs(gover: &'static GoLayout, object: Vec<u8>) -> Inputs {
    let object = Object::open(object.leak()).expect("a sound object");
    let mut inputs = Inputs::of_objects([("main".into(), object)], &DigestOptions::plain(gover));
    inputs.libs[0].file = "main.a".into();
    inputs
}
