//! The hash table, symbol versions and the end of `.dynamic` (`ld/elf.go:elfdynhash`).

use crate::DynamicTables;
use format::elf::{RELA_SIZE, consts::*, elf_hash, hash_table};
use symbols::{SymId, Symbols};

/// Size of a record of `.gnu.version_r`, of either kind, bytes.
const RECORD: u32 = 16;
/// The version of symbols without one.
const GLOBAL: u16 = 1;

/// A library and the versions that are needed of it, with the numbers they get.
struct Need {
    lib: Box<str>,
    versions: Vec<(Box<str>, u16)>,
}

impl DynamicTables {
    /// Makes what depends on all symbols being known.
    pub fn finish(&mut self, syms: &mut Symbols, pie: bool) {
        // Chains and version needs have the symbols in the order of their numbers in the link.
        let mut list: Vec<(SymId, u32)> = (1..).zip(&self.symbols).map(|(n, &s)| (s, n)).collect();
        list.sort_unstable();
        let hashes: Vec<(u32, u32)> = list
            .iter()
            .map(|&(s, n)| (n, elf_hash(syms.ext_name(s))))
            .collect();
        let table = hash_table(&hashes, self.symbols.len() as u32 + 1);
        syms.ext_mut(self.hash).set_data(table);

        let needs = self.version_needs(syms, &list);
        let n = self.write_version_needs(syms, &needs);
        self.n_version_needs = n;
        self.write_versions(syms, &needs);

        let mut flags = 0;
        if self.bind_now {
            flags |= DF_1_NOW;
            self.entry(syms, DT_FLAGS, DF_BIND_NOW);
        }
        if pie {
            flags |= DF_1_PIE;
        }
        if flags != 0 || syms.gover.elf.always_flags_1 {
            self.entry(syms, DT_FLAGS_1, flags);
        }
        if n != 0 {
            self.entry_addr(syms, DT_VERNEED, self.version_r);
            self.entry(syms, DT_VERNEEDNUM, n.into());
            self.entry_addr(syms, DT_VERSYM, self.version);
        }
        if syms.size(self.rela_plt) > 0 {
            self.entry(syms, DT_PLTREL, DT_RELA);
            self.entry_size(syms, DT_PLTRELSZ, self.rela_plt);
            self.entry_addr(syms, DT_JMPREL, self.rela_plt);
        }
        self.entry(syms, DT_NULL, 0);
        syms.ext_mut(self.rela).size = (self.entries.len() * RELA_SIZE) as u64;
    }

    /// What is needed of which library. Both lists grow at the front, and versions are numbered
    /// when they are complete.
    fn version_needs(&self, syms: &Symbols, list: &[(SymId, u32)]) -> Vec<Need> {
        let mut needs: Vec<Need> = Vec::new();
        for attrs in list.iter().filter_map(|&(s, _)| syms.foreign.attrs(s)) {
            if attrs.import_version.is_empty() {
                continue;
            }
            let at = match needs.iter().position(|n| n.lib == attrs.import_lib) {
                Some(at) => at,
                None => {
                    let lib = attrs.import_lib.clone();
                    let versions = Vec::new();
                    needs.insert(0, Need { lib, versions });
                    0
                }
            };
            let versions = &mut needs[at].versions;
            if versions.iter().all(|(v, _)| *v != attrs.import_version) {
                versions.insert(0, (attrs.import_version.clone(), 0));
            }
        }
        let all = needs.iter_mut().flat_map(|n| &mut n.versions);
        for ((_, number), n) in all.zip(GLOBAL + 1..) {
            *number = n;
        }
        needs
    }

    /// Fills in `.gnu.version_r`; gives the number of libraries.
    fn write_version_needs(&self, syms: &mut Symbols, needs: &[Need]) -> u32 {
        let mut out = Vec::new();
        let u16s = |out: &mut Vec<u8>, v: u16| out.extend_from_slice(&v.to_le_bytes());
        let u32s = |out: &mut Vec<u8>, v: u32| out.extend_from_slice(&v.to_le_bytes());
        for (i, need) in needs.iter().enumerate() {
            let n = need.versions.len();
            let is_last = i + 1 == needs.len();
            u16s(&mut out, 1);
            u16s(&mut out, n as u16);
            u32s(&mut out, self.string(syms, need.lib.as_bytes()) as u32);
            u32s(&mut out, RECORD);
            u32s(
                &mut out,
                if is_last {
                    0
                } else {
                    RECORD + n as u32 * RECORD
                },
            );
            for (j, (version, number)) in need.versions.iter().enumerate() {
                u32s(&mut out, elf_hash(version.as_bytes()));
                u16s(&mut out, 0);
                u16s(&mut out, *number);
                u32s(&mut out, self.string(syms, version.as_bytes()) as u32);
                u32s(&mut out, if j + 1 < n { RECORD } else { 0 });
            }
        }
        syms.ext_mut(self.version_r).set_data(out);
        needs.len() as u32
    }

    /// Fills in `.gnu.version`.
    fn write_versions(&self, syms: &mut Symbols, needs: &[Need]) {
        let number = |s: &SymId| {
            let attrs = syms.foreign.attrs(*s)?;
            let need = needs.iter().find(|n| n.lib == attrs.import_lib)?;
            let found = need
                .versions
                .iter()
                .find(|(v, _)| *v == attrs.import_version)?;
            Some(found.1)
        };
        let numbers = self.symbols.iter().map(|s| number(s).unwrap_or(GLOBAL));
        let out = std::iter::once(0)
            .chain(numbers)
            .flat_map(u16::to_le_bytes)
            .collect();
        syms.ext_mut(self.version).set_data(out);
    }
}
