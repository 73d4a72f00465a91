//! Relocations of host objects, which become ordinary ones
//! (`amd64/asm.go:adddynrel`, `arm64/asm.go:adddynrel`).

use crate::DynamicTables;
use crate::scan::change;
use gover::{RelocType, SymKind};
use symbols::{Reloc, SymId, Symbols};

/// `MOV r64, r/m64`, which loads a GOT entry, and `LEA r64, m`, which makes the address itself.
const MOV: u8 = 0x8b;
const LEA: u8 = 0x8d;

impl DynamicTables {
    /// Turns the `i`th relocation of `s`, one of a host object, into an ordinary one. `Some(true)`
    /// if that is all there is to it, `None` if it is to be treated as an address.
    pub(crate) fn enter_host_reloc(
        &mut self,
        syms: &mut Symbols,
        s: SymId,
        i: usize,
        r: &Reloc,
        errors: &mut Vec<(SymId, String)>,
    ) -> Option<bool> {
        use RelocType::*;
        let kind = match r.sym.is_some() {
            true => syms.kind(r.sym),
            false => SymKind::Xxx,
        };
        let name = syms.name_lossy(r.sym).into_owned();
        let imported = kind == SymKind::DynImport;
        let unknown = matches!(kind, SymKind::Xxx | SymKind::Xref);
        let mut error = |on: bool, text: String| {
            if on {
                errors.push((s, text));
            }
        };
        let typed = |on: &str| format!("unexpected {on} relocation for dynamic symbol {name}");
        match r.typ {
            ElfPc32 | ElfPc64 | ElfPrel32 | ElfPrel64 => {
                error(imported, typed(r.typ.go_name()));
                error(unknown, format!("unknown symbol {name} in pcrel"));
                // Ours count from the end of the field.
                let width = match r.typ {
                    ElfPc32 | ElfPrel32 => 4,
                    _ => 8,
                };
                change(syms, s, i, |x| {
                    x.typ = Pcrel;
                    x.add += width;
                });
            }
            ElfPlt32 => {
                let (plt, entry): (_, i64) = match imported {
                    true => (self.plt, self.plt_entry(syms, r.sym).into()),
                    false => (r.sym, 0),
                };
                change(syms, s, i, |x| {
                    x.typ = Pcrel;
                    x.sym = plt;
                    x.add += 4 + entry;
                });
            }
            ElfGotPcrel | ElfGotPcrelx | ElfRexGotPcrelx => {
                let op = usize::try_from(r.off)
                    .ok()
                    .and_then(|off| off.checked_sub(2));
                let e = syms.ext_mut(s);
                let op = op.and_then(|at| e.data.get_mut(at));
                if let Some(op) = op.filter(|op| **op == MOV && !imported) {
                    *op = LEA;
                    change(syms, s, i, |x| {
                        x.typ = Pcrel;
                        x.add += 4;
                    });
                } else {
                    let entry = self.got_entry(syms, r.sym);
                    let got = self.got;
                    change(syms, s, i, |x| {
                        x.typ = Pcrel;
                        x.sym = got;
                        x.add += 4 + i64::from(entry);
                    });
                }
            }
            Elf64 | ElfAbs64 => {
                error(imported, typed(r.typ.go_name()));
                return None;
            }
            ElfCall26 | ElfJump26 => {
                if imported {
                    let entry = self.plt_entry(syms, r.sym);
                    let plt = self.plt;
                    change(syms, s, i, |x| {
                        x.sym = plt;
                        x.add += i64::from(entry);
                    });
                }
                error(unknown, format!("unknown symbol {name} in callarm64"));
                change(syms, s, i, |x| x.typ = CallArm64);
            }
            ElfAdrGotPage | ElfLd64GotLo12Nc => {
                let entry = self.got_entry(syms, r.sym);
                let got = self.got;
                change(syms, s, i, |x| {
                    x.typ = Arm64Got;
                    x.sym = got;
                    x.add += i64::from(entry);
                });
            }
            ElfAdrPrelPgHi21 | ElfAddAbsLo12Nc => {
                error(
                    imported,
                    format!("unexpected relocation for dynamic symbol {name}"),
                );
                error(unknown, format!("unknown symbol {name}"));
                change(syms, s, i, |x| x.typ = Arm64Pcrel);
            }
            ElfLdst8AbsLo12Nc | ElfLdst16AbsLo12Nc | ElfLdst32AbsLo12Nc | ElfLdst64AbsLo12Nc
            | ElfLdst128AbsLo12Nc => {
                error(
                    imported,
                    format!("unexpected relocation for dynamic symbol {name}"),
                );
                let typ = match r.typ {
                    ElfLdst8AbsLo12Nc => Arm64LdSt8,
                    ElfLdst16AbsLo12Nc => Arm64LdSt16,
                    ElfLdst32AbsLo12Nc => Arm64LdSt32,
                    ElfLdst64AbsLo12Nc => Arm64LdSt64,
                    _ => Arm64LdSt128,
                };
                change(syms, s, i, |x| x.typ = typ);
            }
            _ => {
                let (n, t) = (r.typ.index(), r.typ);
                error(true, format!("unexpected relocation type {n} ({t})"));
                return Some(false);
            }
        }
        Some(true)
    }
}
