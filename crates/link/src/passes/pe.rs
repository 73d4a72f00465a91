//! The sections and headers of a Windows program (`ld/pe.go:asmbPe`).

use super::pe_symbols::PeSymbols;
use crate::config::Config;
use crate::mode::BuildMode;
use dynamic::Imports;
use format::pe::{
    Directory, Export, HeaderInput, ImportPlan, N_DIRECTORIES, SYM_SIZE, Section, Sections,
    consts::*, export_section,
};
use layout::{Addresses, Section as LaidOut, SectionId, Seg, Segments};
use symbols::{SymId, Symbols};
use tables::Maker;
use target::{Family, Placement};

/// Alignment of sections in memory, bytes (`PESECTALIGN`).
const ALIGN: u32 = 4096;

/// Alignment of sections in the file, bytes (`PEFILEALIGN`).
const FILE_ALIGN: u32 = 512;

/// Numbers of data directories.
const EXPORT: usize = 0;
const IMPORT: usize = 1;
const RESOURCE: usize = 2;
pub(super) const EXCEPTION: usize = 3;
const BASE_RELOCATION: usize = 5;
const LOAD_CONFIG: usize = 10;
const IMPORT_ADDRESSES: usize = 12;

/// Symbols by which a program finds itself: C libraries refer to them.
const IMAGE_BASE: [&str; 2] = ["__image_base__", "_image_base__"];

/// The symbol whose contents are the load configuration.
const LOAD_CONFIG_USED: &str = "_load_config_used";

/// Length of the load configuration, bytes, where its flags are, and what they say: that there is no
/// stack protector (`IMAGE_GUARD_SECURITY_COOKIE_UNUSED`).
const LOAD_CONFIG_LEN: usize = 0x140;
const GUARD_FLAGS_AT: usize = 0x90;
const NO_STACK_PROTECTOR: u32 = 0x800;

/// Makes the symbols that say where the image lies and how it is loaded (`ld/pe.go:Peinit`).
pub fn declare(m: &mut Maker, config: &Config) {
    for name in IMAGE_BASE {
        m.define(name, gover::SymKind::Data);
    }
    if !config.release.pe.load_config {
        return;
    }
    let s = m.create(LOAD_CONFIG_USED, gover::SymKind::Rodata);
    let align = m.ptr_size.into();
    let e = m.ext(s);
    e.align = align;
    let mut data = vec![0; LOAD_CONFIG_LEN];
    data[..4].copy_from_slice(&(LOAD_CONFIG_LEN as u32).to_le_bytes());
    data[GUARD_FLAGS_AT..][..4].copy_from_slice(&NO_STACK_PROTECTOR.to_le_bytes());
    e.set_data(data);
}

/// Gives the symbols by which a program finds itself the address `base`. They are in no section.
pub fn place_image_base(syms: &Symbols, addrs: &Addresses, base: u64) {
    let names = IMAGE_BASE.iter();
    for s in names.filter_map(|n| syms.lookup(n.as_bytes(), 0)) {
        addrs.set(s, SectionId::default(), base);
    }
}

/// Whether the loader may put the program elsewhere (`needPEBaseReloc`).
pub fn is_relocatable(config: &Config) -> bool {
    config.build_mode == BuildMode::Pie || config.arch.family != Family::Amd64
}

/// What the sections behind those of the program's own contents are made from.
pub struct ImageInput<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The symbols.
    pub syms: &'a Symbols,
    /// Where everything lies.
    pub addrs: &'a Addresses,
    /// The segments.
    pub segs: &'a Segments,
    /// Debug sections.
    pub dwarf: &'a [LaidOut],
    /// What is imported.
    pub imports: &'a Imports,
    /// What is exported, sorted by the names it has to the outside.
    pub exports: &'a [SymId],
    /// The table of fields with addresses, if the loader needs it.
    pub base_relocs: Option<&'a [u8]>,
    /// The symbol table, unless there is none.
    pub symbols: Option<&'a PeSymbols>,
}

/// A Windows program, laid out.
pub struct Image {
    /// The sections.
    pub sections: Sections,
    /// The import section and the table that the loader fills in.
    pub imports: ImportPlan,
    /// Address of that table.
    pub import_table: SymId,
    /// Contents of the export section.
    pub exports: Vec<u8>,
    /// Contents of the section of resources.
    pub resources: Vec<u8>,
    /// Number of symbols.
    n_syms: u32,
    directories: [Directory; N_DIRECTORIES],
}

impl Image {
    /// Lays out the sections.
    pub fn lay_out(input: &ImageInput) -> Image {
        let ImageInput {
            config, segs, syms, ..
        } = *input;
        let placement = &config.placement;
        let mut sections = Sections::new(
            ALIGN,
            FILE_ALIGN,
            placement.header_mem as u32,
            placement.header_len as u32,
        );
        let mut directories = [Directory::default(); N_DIRECTORIES];
        let rva = |addr: u64| addr.wrapping_sub(placement.base) as u32;
        let data = IMAGE_SCN_CNT_INITIALIZED_DATA | IMAGE_SCN_MEM_READ;
        for (name, seg, characteristics) in [
            (
                ".text",
                Seg::Text,
                IMAGE_SCN_CNT_CODE | IMAGE_SCN_MEM_EXECUTE | IMAGE_SCN_MEM_READ,
            ),
            (".rdata", Seg::Rodata, data),
            (".data", Seg::Data, data | IMAGE_SCN_MEM_WRITE),
            (".pdata", Seg::Pdata, data),
            (".xdata", Seg::Xdata, data),
        ] {
            let s = segs.get(seg);
            if s.len != 0 || matches!(seg, Seg::Text | Seg::Rodata | Seg::Data) {
                let section = sections.add(name, s.len as u32, s.file_len as u32, characteristics);
                if seg == Seg::Pdata {
                    directories[EXCEPTION] = directory(section);
                }
            }
        }
        for s in input.dwarf {
            let characteristics = data | IMAGE_SCN_ALIGN_1BYTES | IMAGE_SCN_MEM_DISCARDABLE;
            sections.add_named_long(s.name.clone(), s.len as u32, characteristics);
        }
        if let Some(s) = syms.lookup(LOAD_CONFIG_USED.as_bytes(), 0) {
            directories[LOAD_CONFIG] = Directory {
                addr: rva(input.addrs.addr(s)),
                len: syms.size(s) as u32,
            };
        }
        let import_table = input.imports.table;
        let table = rva(input.addrs.addr(import_table));
        let imports = input.imports.plan(syms, sections.next_addr, table);
        let len = imports.section.len() as u32;
        let section = sections.add(".idata", len, len, data | IMAGE_SCN_MEM_WRITE);
        directories[IMPORT] = directory(section);
        directories[IMPORT_ADDRESSES] = imports.table(table);
        let exports = exports(input, sections.next_addr);
        if let Some(contents) = &exports {
            let len = contents.len() as u32;
            directories[EXPORT] = directory(sections.add(EXPORTS, len, len, data));
        }
        if let Some(table) = input.base_relocs {
            let len = table.len() as u32;
            let section = sections.add(".reloc", len, len, data | IMAGE_SCN_MEM_DISCARDABLE);
            directories[BASE_RELOCATION] = directory(section);
        }
        let (n_syms, names) = input
            .symbols
            .map_or((0, 0), |s| (s.n_entries(), s.names_len()));
        let strings = Sections::NAMES_AT as usize + sections.names.len() + names;
        let len = (SYM_SIZE * n_syms + strings) as u32;
        let characteristics = IMAGE_SCN_MEM_READ | IMAGE_SCN_MEM_DISCARDABLE;
        sections.add(SYMTAB, len, len, characteristics);
        let resources = resources(syms, sections.next_addr);
        if let Some(contents) = &resources {
            let len = contents.len() as u32;
            directories[RESOURCE] = directory(sections.add(RESOURCES, len, len, data));
        }
        Image {
            sections,
            imports,
            import_table,
            exports: exports.unwrap_or_default(),
            resources: resources.unwrap_or_default(),
            n_syms: n_syms as u32,
            directories,
        }
    }

    /// A section by its name.
    pub fn section(&self, name: &str) -> Option<&Section> {
        self.sections.list.iter().find(|s| s.name == name)
    }

    /// The headers of a program that begins at the address `entry`; `cgo` says whether C code is part of it.
    pub fn headers(&self, config: &Config, entry: u64, cgo: bool) -> Vec<u8> {
        let relocatable = is_relocatable(config);
        format::pe::headers(&HeaderInput {
            characteristics: HeaderInput::characteristics(relocatable),
            symtab_off: self.section(SYMTAB).map_or(0, |s| s.off),
            n_syms: self.n_syms,
            entry: entry.wrapping_sub(config.placement.base) as u32,
            align: ALIGN,
            file_align: FILE_ALIGN,
            directories: self.directories,
            ..header_input(config, &config.placement, &self.sections, cgo)
        })
    }
}

/// What the headers of programs and objects have in common; the rest of it is zero. `cgo` says whether C code
/// is a part.
pub(super) fn header_input<'a>(
    config: &Config,
    placement: &Placement,
    sections: &'a Sections,
    cgo: bool,
) -> HeaderInput<'a> {
    let anywhere = config.build_mode == BuildMode::Pie;
    HeaderInput {
        machine: config.arch.pe_machine,
        characteristics: 0,
        sections: &sections.list,
        symtab_off: 0,
        n_syms: 0,
        entry: 0,
        image_base: placement.base,
        align: 0,
        file_align: 0,
        os_version: config.release.pe.os_version,
        image_len: sections.next_addr,
        headers_len: placement.header_len as u32,
        subsystem: match config.gui {
            true => IMAGE_SUBSYSTEM_WINDOWS_GUI,
            false => IMAGE_SUBSYSTEM_WINDOWS_CUI,
        },
        dll_characteristics: HeaderInput::dll_characteristics(is_relocatable(config), anywhere),
        stack: match cgo {
            true => (STACK_RESERVE, STACK_RESERVE - STACK_GUARD),
            false => (STACK_RESERVE, COMMIT),
        },
        heap: (HEAP_RESERVE, COMMIT),
        directories: [Directory::default(); N_DIRECTORIES],
    }
}

/// What is wrong with where segments lie, in cmd/link's words: sections follow one another, from `base` on, and
/// nothing can lie between them (`peSection.checkSegment`).
pub fn misplaced(sections: &Sections, base: u64, segs: &Segments) -> Option<String> {
    let segments = [
        (".text", Seg::Text),
        (".rdata", Seg::Rodata),
        (".data", Seg::Data),
        (".pdata", Seg::Pdata),
        (".xdata", Seg::Xdata),
    ];
    segments.into_iter().find_map(|(name, seg)| {
        let section = sections.list.iter().find(|s| s.name == name)?;
        let s = segs.get(seg);
        let addr = s.addr.wrapping_sub(base);
        if addr != section.addr.into() {
            let is = section.addr;
            return Some(format!("{name}.VirtualAddress = {is:#x}, want {addr:#x}"));
        }
        let (is, off) = (section.off, s.file_off);
        (off != is.into()).then(|| format!("{name}.PointerToRawData = {is:#x}, want {off:#x}"))
    })
}

/// The section of the symbol table.
pub const SYMTAB: &str = ".symtab";

/// The export section.
pub const EXPORTS: &str = ".edata";

/// The contents of the export section at `addr`, from the start of the image, if anything is exported.
fn exports(input: &ImageInput, addr: u32) -> Option<Vec<u8>> {
    let (syms, base) = (input.syms, input.config.placement.base);
    let export = |&s: &SymId| Export {
        name: syms.ext_name(s),
        addr: input.addrs.addr(s).wrapping_sub(base) as u32,
    };
    let symbols: Vec<Export> = input.exports.iter().map(export).collect();
    let image = input.config.outfile_name.as_bytes();
    (!symbols.is_empty()).then(|| export_section(&symbols, image, addr))
}

/// The section of resources.
pub const RESOURCES: &str = ".rsrc";

/// The contents of the section of resources at `addr`, from the start of the image, if there are any
/// (`addpersrc`).
fn resources(syms: &Symbols, addr: u32) -> Option<Vec<u8>> {
    let parts = &syms.foreign.windows.resources;
    let mut out = Vec::new();
    for &s in parts {
        let at = out.len();
        let data = syms.data(s);
        out.extend_from_slice(data);
        // What the first of two parts refers to is in the second one, which comes next.
        let is_part = syms.name(s).windows(6).any(|w| w == b".rsrc$");
        let start = match is_part {
            true => addr.wrapping_add(data.len() as u32),
            false => addr,
        };
        for r in syms.relocs(s) {
            let field = &mut out[at + r.off as usize..][..4];
            field.copy_from_slice(&start.wrapping_add(r.add as u32).to_le_bytes());
        }
    }
    let len: u64 = parts.iter().map(|&s| syms.size(s)).sum();
    out.resize(len as usize, 0);
    (!parts.is_empty()).then_some(out)
}

/// Memory that a program asks for, bytes: Go's own stacks grow, this is for what the system calls. C code
/// gets all of the stack but for what guards it.
const STACK_RESERVE: u64 = 2 << 20;
const HEAP_RESERVE: u64 = 1 << 20;
const COMMIT: u64 = 4096;
const STACK_GUARD: u64 = 2 * 4096;

pub(super) fn directory(s: &Section) -> Directory {
    Directory {
        addr: s.addr,
        len: s.len,
    }
}
