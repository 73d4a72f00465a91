//! What the ELF headers describe (`ld/elf.go`).

use crate::buildcfg;
use crate::config::Config;
use crate::mode::BuildMode;
use crate::shape::Shape;
use dynamic::DynamicTables;
use format::elf::{
    DYN_SIZE, ExecInput, Note, RELA_SIZE, SYM_SIZE, SectionInfo, SectionInput, SegmentInput,
    SymtabSizes, consts::*,
};
use gover::{ElfRelro, ElfSectionOrder};
use layout::{DataLayout, Relro, Section, Seg, Segments};
use std::path::Path;
use symbols::Foreign;
use target::os::IdentNote;

/// The section of thread-local data.
const TBSS: &str = ".tbss";

/// What the names of sections of relocations begin with.
const RELA: &str = ".rela";

/// Owner of Go's notes.
const GO: &[u8] = b"Go\0\0";
const GNU: &[u8] = b"GNU\0";
const NOTE_GNU_BUILD_ID: u32 = 3;
const NOTE_GO_BUILD_ID: u32 = 4;

/// The program that loads the output, which is dynamic (`ld/elf.go:asmbElf`). Without a word about
/// it, that of the C library which the machine we run on has.
pub fn interpreter(config: &Config, foreign: &Foreign) -> Vec<u8> {
    if !config.interpreter.is_empty() {
        return config.interpreter.clone();
    }
    if !foreign.interpreter.is_empty() {
        return foreign.interpreter.as_bytes().to_vec();
    }
    if let Some(path) = buildcfg::interpreter(config) {
        return path.into_bytes();
    }
    if let Some(path) = config.os.elf.interpreter(config.arch) {
        return path.as_bytes().to_vec();
    }
    let (glibc, musl) = (config.arch.linux_interp, config.arch.linux_musl_interp);
    let path = match !Path::new(glibc).exists() && Path::new(musl).exists() {
        true => musl,
        false => glibc,
    };
    path.as_bytes().to_vec()
}

/// Describes an executable, but for its entry point. `dwarf` are the debug sections; with `dynamic` tables comes
/// the program that loads it.
#[allow(clippy::too_many_arguments)]
pub fn describe<'a>(
    config: &'a Config,
    shape: &Shape,
    dynamic: Option<(&DynamicTables, &'a [u8])>,
    layout: &'a DataLayout,
    dwarf: &'a [Section],
    segs: &Segments,
    symtab: Option<SymtabSizes>,
    end: u64,
) -> ExecInput<'a> {
    let mut notes = Vec::new();
    if !config.gnu_build_id.is_empty() {
        notes.push(Note {
            section: ".note.gnu.build-id",
            owner: GNU,
            typ: NOTE_GNU_BUILD_ID,
            desc: &config.gnu_build_id,
        });
    }
    if !config.build_id.is_empty() {
        notes.push(Note {
            section: ".note.go.buildid",
            owner: GO,
            typ: NOTE_GO_BUILD_ID,
            desc: &config.build_id,
        });
    }
    let segment = |seg: Seg, flags: u32| {
        let s = segs.get(seg);
        SegmentInput {
            addr: s.addr,
            mem_len: s.len,
            off: s.file_off,
            file_len: s.file_len,
            flags,
            relro: (seg == Seg::Relro).then_some(match config.release.elf.relro {
                ElfRelro::OwnData => 0,
                ElfRelro::WithTables => PF_R,
            }),
        }
    };
    let has = |seg: Seg| layout.sections.iter().any(|s| s.seg == seg);
    let loaded = [
        (Seg::Text, PF_R | PF_X),
        (Seg::Rodata, PF_R),
        (Seg::Relro, PF_R | PF_W),
        (Seg::Data, PF_R | PF_W),
    ];
    let tls = layout.sections.iter().find(|s| s.name == TBSS);
    ExecInput {
        typ: match config.build_mode {
            BuildMode::Pie => ET_DYN,
            _ => ET_EXEC,
        },
        machine: config.arch.elf_machine,
        entry: 0,
        header_len: config.placement.header_len,
        header_addr: config.text_addr.wrapping_sub(config.placement.header_len),
        round: config.placement.round,
        interpreter: dynamic.map(|(_, path)| path),
        tls_len: tls.map_or(0, |s| s.len),
        segments: loaded
            .into_iter()
            .filter(|&(seg, _)| has(seg))
            .map(|(seg, flags)| segment(seg, flags))
            .collect(),
        sections: layout
            .sections
            .iter()
            .chain(dwarf)
            .map(|s| {
                let mut x = section(s, segs);
                if let Some((tables, _)) = dynamic {
                    describe_dynamic(&mut x, config, tables, segs);
                }
                x
            })
            .collect(),
        first_note: race_note(config),
        ident: ident_notes(config),
        notes,
        osabi: config.os.elf.osabi,
        last_header: config.os.elf.last_header,
        names: section_names(config, shape, dynamic.is_some()),
        symtab,
        end,
    }
}

/// The names of sections that the output may have, in the order of their table (`ld/elf.go:doelf`,
/// `ld/dwarf.go:dwarfaddshstrings`), where that is not the order of its sections. `dynamic` is whether an
/// executable has tables for the dynamic linker.
pub(super) fn section_names(config: &Config, shape: &Shape, dynamic: bool) -> Option<Vec<String>> {
    if config.release.elf.section_order == ElfSectionOrder::ByAddress {
        return None;
    }
    let mut names = SectionNames(Vec::new());
    names.add(&["", ".text", ".noptrdata", ".data", ".bss", ".noptrbss"]);
    let fips_info = config.release.fips_module.then_some(".go.fipsinfo");
    names.add(&[".go.fuzzcntrs", ".go.buildinfo"]);
    fips_info.iter().for_each(|name| names.add(&[name]));
    if dynamic || shape.external {
        names.add(&[TBSS]);
    }
    if let Some(ident) = &config.os.elf.ident {
        names.add(&[ident.section]);
    }
    if let Some(note) = race_note(config) {
        names.add(&[note.section]);
    }
    if !config.gnu_build_id.is_empty() {
        names.add(&[".note.gnu.build-id"]);
    }
    if !config.build_id.is_empty() {
        names.add(&[".note.go.buildid"]);
    }
    names.add(&[".elfdata", ".rodata"]);
    let relro = match shape.relro() {
        Relro::None => "",
        _ => ".data.rel.ro",
    };
    if !relro.is_empty() {
        names.add(&[relro]);
    }
    const BEHIND_TYPES: [&str; 4] = [".typelink", ".itablink", ".gosymtab", ".gopclntab"];
    BEHIND_TYPES.iter().for_each(|n| names.join(&[relro, n]));
    if shape.external {
        names.join(&[RELA, ".text"]);
        names.join(&[RELA, ".rodata"]);
        BEHIND_TYPES
            .iter()
            .for_each(|n| names.join(&[RELA, relro, n]));
        names.join(&[RELA, ".noptrdata"]);
        names.join(&[RELA, ".data"]);
        if !relro.is_empty() {
            names.join(&[RELA, relro]);
        }
        names.join(&[RELA, ".go.buildinfo"]);
        fips_info.iter().for_each(|name| names.join(&[RELA, name]));
        names.add(&[".note.GNU-stack"]);
        if shape.is_shared_library() {
            names.add(&[".note.go.abihash", ".note.go.pkg-list", ".note.go.deps"]);
        }
    }
    if shape.link_shared || !matches!(shape.mode, BuildMode::Exe | BuildMode::Pie) {
        names.add(&[".init_array"]);
        names.join(&[RELA, ".init_array"]);
    }
    if !config.strip || shape.external {
        names.add(&[".symtab", ".strtab"]);
    }
    if config.dwarf {
        let twice = config.release.elf.loc_named_twice;
        names.add_debug(config.experiments.dwarf5(), twice, shape.external);
    }
    names.add(&[".shstrtab"]);
    if dynamic {
        names.add(&[
            ".interp", ".hash", ".got", ".got.plt", ".dynamic", ".dynsym",
        ]);
        names.add(&[".dynstr", RELA, ".rela.plt", ".plt"]);
        names.add(&[".gnu.version", ".gnu.version_r"]);
    }
    Some(names.0)
}

/// Names of sections, in order.
struct SectionNames(Vec<String>);

impl SectionNames {
    fn add(&mut self, names: &[&str]) {
        self.0.extend(names.iter().map(|&n| n.to_owned()));
    }

    /// Adds one name, in parts.
    fn join(&mut self, parts: &[&str]) {
        self.0.push(parts.concat());
    }

    /// Adds those of debugging information, each with that of its relocations if a host linker wants them.
    /// `loc_twice` is whether `.debug_loc` comes again.
    fn add_debug(&mut self, v5: bool, loc_twice: bool, relocs: bool) {
        let old = &[".debug_ranges", ".debug_loc"][..if loc_twice { 2 } else { 1 }];
        let new = [".debug_addr", ".debug_rnglists", ".debug_loclists"];
        let always = [
            ".debug_abbrev",
            ".debug_frame",
            ".debug_info",
            ".debug_loc",
            ".debug_line",
            ".debug_gdb_scripts",
        ];
        for name in always.iter().chain(if v5 { &new[..] } else { old }) {
            self.add(&[name]);
            if relocs {
                self.join(&[RELA, name]);
            }
        }
    }
}

/// The notes by which the system knows its programs.
fn ident_notes(config: &Config) -> Vec<Note<'static>> {
    let ident = config.os.elf.ident.as_ref();
    ident.map_or(Vec::new(), |i| notes(i, config.race).collect())
}

/// What tells the system that the race detector is in the program, where there is a note for that.
pub(super) fn race_note(config: &Config) -> Option<Note<'static>> {
    let note = config.os.elf.race_note.as_ref().filter(|_| config.race);
    note.and_then(|n| notes(n, true).next())
}

fn notes(ident: &'static IdentNote, race: bool) -> impl Iterator<Item = Note<'static>> {
    ident.of(race).iter().map(|(typ, word)| Note {
        section: ident.section,
        owner: ident.owner,
        typ: *typ,
        desc: bytemuck::bytes_of(word),
    })
}

/// Sections for the dynamic linker that cmd/link finds no place for in the file, in its order: they lie
/// before the text segment, because its headers would begin before the address 0 (`ld/lib.go:datoff`).
pub fn misplaced<'a>(
    config: &Config,
    tables: &DynamicTables,
    layout: &'a DataLayout,
    segs: &Segments,
) -> impl Iterator<Item = &'a Section> {
    const ORDER: [&str; 10] = [
        ".dynsym",
        ".dynstr",
        ".gnu.version",
        ".gnu.version_r",
        ".rela.plt",
        ".rela",
        ".plt",
        ".got",
        ".hash",
        ".dynamic",
    ];
    let text = config.text_addr.wrapping_sub(config.placement.header_len);
    let first = text.min(segs.data.addr);
    let versions = tables.n_version_needs != 0;
    let described = move |name: &&str| versions || !name.starts_with(".gnu.version");
    let find = |name| layout.sections.iter().find(|s| s.name == name);
    let found = ORDER.into_iter().filter(described).filter_map(find);
    found.filter(move |s| s.addr < first)
}

/// Adds what is known of the sections for the dynamic linker.
fn describe_dynamic(
    x: &mut SectionInput,
    config: &Config,
    tables: &DynamicTables,
    segs: &Segments,
) {
    let ptr = u64::from(config.arch.ptr_size);
    let entsize = u64::from(config.arch.plt.entsize);
    let alloc = SHF_ALLOC;
    let (write, exec) = (alloc | SHF_WRITE, alloc | SHF_EXECINSTR);
    let needs = tables.n_version_needs;
    // Type, flags, size of an entry, alignment, link.
    let (typ, flags, entsize, align, link) = match x.name {
        ".dynsym" => (SHT_DYNSYM, alloc, SYM_SIZE as u64, ptr, ".dynstr"),
        ".dynstr" => (SHT_STRTAB, alloc, 0, 1, ""),
        ".gnu.version" if needs != 0 => (SHT_GNU_VERSYM, alloc, 2, 2, ".dynsym"),
        ".gnu.version_r" if needs != 0 => (SHT_GNU_VERNEED, alloc, 0, ptr, ".dynstr"),
        ".rela.plt" => (SHT_RELA, alloc, RELA_SIZE as u64, ptr, ".dynsym"),
        ".rela" => (SHT_RELA, alloc, RELA_SIZE as u64, 8, ".dynsym"),
        ".plt" => (SHT_PROGBITS, exec, entsize, entsize, ""),
        ".got" | ".got.plt" => (SHT_PROGBITS, write, ptr, ptr, ""),
        ".hash" => (SHT_HASH, alloc, 4, ptr, ".dynsym"),
        ".dynamic" => (SHT_DYNAMIC, write, DYN_SIZE as u64, ptr, ".dynstr"),
        _ => return,
    };
    (x.typ, x.flags, x.entsize, x.align) = (typ, flags, entsize, align);
    // cmd/link takes what is before data to be in the text segment, which shows where segments are
    // not as far from one another in the file as they are in memory (`ld/lib.go:datoff`).
    let seg = match x.addr >= segs.data.addr {
        true => &segs.data,
        false => &segs.text,
    };
    x.off = x.addr.wrapping_sub(seg.addr).wrapping_add(seg.file_off);
    x.link = link;
    x.info = match x.name {
        // The first global symbol.
        ".dynsym" => SectionInfo::Number(1),
        ".gnu.version_r" => SectionInfo::Number(needs),
        ".rela.plt" => SectionInfo::Section(".plt"),
        _ => SectionInfo::None,
    };
}

pub(super) fn section<'a>(s: &'a Section, segs: &Segments) -> SectionInput<'a> {
    let seg = segs.get(s.seg);
    let tls = s.name == TBSS;
    let mut x = SectionInput {
        name: &s.name,
        typ: if s.addr < seg.addr + seg.file_len && !tls {
            SHT_PROGBITS
        } else {
            SHT_NOBITS
        },
        flags: SHF_ALLOC,
        addr: s.addr,
        off: if tls {
            0
        } else {
            (seg.file_off + s.addr).wrapping_sub(seg.addr)
        },
        len: s.len,
        align: s.align.into(),
        entsize: 0,
        link: "",
        info: SectionInfo::None,
    };
    if s.rwx & 1 != 0 {
        x.flags |= SHF_EXECINSTR;
    }
    if s.rwx & 2 != 0 {
        x.flags |= SHF_WRITE;
    }
    if tls {
        x.flags |= SHF_TLS;
    }
    if s.seg == Seg::Dwarf {
        x.flags = if s.compressed { SHF_COMPRESSED } else { 0 };
        x.addr = 0;
    }
    x
}
