//! How code of C compilers reaches what a Windows program imports (`ld/data.go:windynrelocsyms`).

use gover::{ImportStubCode, RelocType, SymKind};
use rustc_hash::FxHashMap;
use symbols::{ExtReloc, ExtSym, SymId};
use tables::Maker;
use target::Family;

/// Stubs that jump to imported functions.
pub struct ImportStubs {
    /// `.rel`, the code of all of them.
    pub code: SymId,
    /// Complaints, as (symbol, text).
    pub errors: Vec<(SymId, String)>,
}

impl ImportStubs {
    /// Makes a stub for every imported symbol that the functions `text` refer to as if it were in the program,
    /// and leads them there; pointers to imported symbols that they read become what the loader fills in.
    pub fn make(m: &mut Maker, text: &[SymId], family: Family) -> ImportStubs {
        let code = m.create(".rel", SymKind::Text);
        let mut stubs = Stubs {
            code,
            family,
            offsets: FxHashMap::default(),
        };
        let mut errors = Vec::new();
        for &s in text {
            // Go code knows what is imported, and as what.
            let Some(relocs) = m.syms.changed(s).map(|e| e.relocs.clone()) else {
                continue;
            };
            let lead = |(i, r): (usize, &ExtReloc)| {
                if let Some((target, add)) = stubs.lead(m, r)? {
                    let changed = &mut m.ext(s).relocs[i];
                    changed.sym = target;
                    changed.add = add;
                }
                Ok(())
            };
            if let Err(text) = relocs.iter().enumerate().try_for_each(lead) {
                errors.push((s, text));
            }
        }
        ImportStubs { code, errors }
    }
}

/// The stubs made so far.
struct Stubs {
    code: SymId,
    family: Family,
    /// Offsets of stubs by what they jump to, bytes.
    offsets: FxHashMap<SymId, i64>,
}

impl Stubs {
    /// Where a relocation has to lead, with its addend, if not where it does.
    fn lead(&mut self, m: &mut Maker, r: &ExtReloc) -> Result<Option<(SymId, i64)>, String> {
        let target = r.sym;
        if r.siz == 0 || target.is_none() {
            return Ok(None);
        }
        if !m.live.reachable.has(target) {
            return match r.weak {
                true => Ok(None),
                false => Err(format!(
                    "dynamic relocation to unreachable symbol {}",
                    m.syms.name_lossy(target)
                )),
            };
        }
        let windows = &m.syms.foreign.windows;
        if let Some(&imported) = windows.pointers.get(&target) {
            return match m.syms.kind(imported) {
                SymKind::Windows => Ok(Some((imported, r.add))),
                kind => Err(format!(
                    "internal error in windynrelocsym: underlying sym for {:?} has wrong type {}",
                    m.syms.name_lossy(target),
                    kind.go_name()
                )),
            };
        }
        if !windows.stubs.contains(&target) {
            return Ok(None);
        }
        let (code, family, how) = (self.code, self.family, m.syms.gover.pe.import_stubs);
        let stub = self.offsets.entry(target).or_insert_with(|| {
            let code = m.ext(code);
            let offset = code.data.len() as i64;
            add_stub(code, target, family, how);
            offset
        });
        Ok(Some((self.code, *stub)))
    }
}

/// Appends code that jumps where the variable `target` points.
fn add_stub(code: &mut ExtSym, target: SymId, family: Family, how: ImportStubCode) {
    match (family, how) {
        (Family::Amd64, ImportStubCode::Absolute) => {
            // jmp *target
            code.add_bytes(&[0xff, 0x24, 0x25]);
            code.add_field(4, RelocType::Addr, target, 0);
            code.add_bytes(&[0x90]);
        }
        (Family::Amd64, ImportStubCode::Relative) => {
            // jmp *target(%rip)
            code.add_bytes(&[0xff, 0x25]);
            code.add_field(4, RelocType::Pcrel, target, 0);
            code.add_bytes(&[0x90, 0x90]);
        }
        (Family::Arm64, _) => {
            // adrp x16, target; ldr x17, [x16, target]
            for instruction in [0x9000_0010u32, 0xf940_0211] {
                let off = code.data.len() as i32;
                code.add_bytes(&instruction.to_le_bytes());
                code.relocs.push(ExtReloc {
                    off,
                    siz: 4,
                    typ: RelocType::Arm64Pcrel,
                    weak: false,
                    add: 0,
                    sym: target,
                });
            }
            // br x17
            code.add_bytes(&0xd61f_0220u32.to_le_bytes());
        }
    }
}
