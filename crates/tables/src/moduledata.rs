//! `runtime.firstmoduledata`, through which the runtime finds everything else
//! (`ld/symtab.go:symtab`).

use crate::maker::{Maker, TableRef};
use crate::markers::{DataMarkers, TextMarkers};
use crate::plugin::PluginInfo;
use crate::shared::make_module_hashes;
use gover::{FieldShape, ModuleField, ModuledataHome, SymKind};
use symbols::SymId;
use symbols::rtype::RType;

/// The tables of the pclntab.
#[derive(Clone, Copy, Debug, Default)]
pub struct PclntabRefs {
    /// `runtime.pcheader`
    pub pcheader: TableRef,
    /// `runtime.funcnametab`
    pub funcnametab: TableRef,
    /// `runtime.cutab`
    pub cutab: TableRef,
    /// `runtime.filetab`
    pub filetab: TableRef,
    /// `runtime.pctab`
    pub pctab: TableRef,
    /// `runtime.functab`
    pub functab: TableRef,
    /// `go:func.*`, if it is one of the tables.
    pub gofunc: SymId,
    /// `runtime.findfunctab`
    pub findfunctab: SymId,
    /// Number of functions.
    pub n_func: u64,
    /// The first function.
    pub first: SymId,
    /// The last function.
    pub last: SymId,
}

/// The three words that are known once type descriptors are sorted.
#[derive(Clone, Copy, Debug, Default)]
pub struct TypeWords {
    /// Offset of the word in moduledata and its value, per field; offset 0 for none.
    pub desc_len: usize,
    /// As above.
    pub itab_offset: usize,
    /// As above.
    pub itab_size: usize,
}

impl TypeWords {
    /// Stores the words in moduledata, as far as its release has them.
    pub fn store(&self, e: &mut symbols::ExtSym, parts: &layout::TypeParts, ptr_size: u8) {
        for (at, v) in [
            (self.desc_len, parts.desc_len),
            (self.itab_offset, parts.itab_offset),
            (self.itab_size, parts.itab_size),
        ] {
            if at != 0 {
                let n = usize::from(ptr_size);
                e.data[at..at + n].copy_from_slice(&v.to_le_bytes()[..n]);
            }
        }
    }
}

/// Makes moduledata live and empty, before text is ordered (`ld/lib.go:linksetup`).
/// That of a module without the runtime is its own.
pub fn declare_moduledata(m: &mut Maker, plugin: bool) -> SymId {
    let mut s = match plugin {
        true => {
            let s = m.syms.lookup_or_create(b"local.pluginmoduledata", 0);
            m.syms.local.insert(s);
            s
        }
        false => m.syms.lookup_or_create(b"runtime.firstmoduledata", 0),
    };
    if matches!(m.syms.kind(s), SymKind::Xxx | SymKind::DynImport) {
        s = m.syms.lookup_or_create(b"local.moduledata", 0);
        m.syms.local.insert(s);
    }
    let kind = match m.syms.gover.moduledata_home {
        ModuledataHome::GoModule => SymKind::ModuleData,
        ModuledataHome::NoPtrData => SymKind::NoPtrData,
    };
    let e = m.ext(s);
    e.kind = kind;
    e.size = 0;
    e.data.clear();
    e.relocs.clear();
    m.live.reachable.insert(s);
    s
}

/// Makes `runtime.textsectionmap` of the sections of text, which take `len` bytes in all.
fn text_section_map(m: &mut Maker, sections: &[(u64, SymId)], len: u64) -> SymId {
    let s = m.create("runtime.textsectionmap", SymKind::Rodata);
    let ptr = m.ptr_size;
    let e = m.ext(s);
    e.data.clear();
    e.relocs.clear();
    let ends = sections[1..].iter().map(|&(start, _)| start);
    for (&(start, marker), end) in sections.iter().zip(ends.chain([len])) {
        for v in [start, end] {
            e.add_bytes(&v.to_le_bytes()[..ptr as usize]);
        }
        e.add_addr_plus(ptr, marker, 0);
    }
    s
}

/// What a module says of itself.
pub struct ModuleInfo<'a> {
    /// Where text begins and ends.
    pub text: &'a TextMarkers,
    /// Length of text, bytes.
    pub text_len: u64,
    /// The sections of text: how far behind its start each begins, bytes, and the symbol there.
    pub text_sections: &'a [(u64, SymId)],
    /// Where data begins and ends.
    pub data: &'a DataMarkers,
    /// The tables of functions.
    pub pclntab: &'a PclntabRefs,
    /// The initialisation tasks, if there are any.
    pub inittasks: Option<TableRef>,
    /// Whether Go's main function is in it.
    pub has_main: bool,
    /// What only a plugin says.
    pub plugin: Option<PluginInfo<'a>>,
    /// How it calls itself if it is linked with shared libraries of Go packages.
    pub name: Option<&'a str>,
}

/// Fills in moduledata and points the runtime's list at it.
pub fn fill_moduledata(m: &mut Maker, module: SymId, info: &ModuleInfo) -> TypeWords {
    let values = FieldValues::make(m, info);
    let ptr = m.ptr_size;
    let fields = m.syms.gover.moduledata;
    let mut words = TypeWords::default();
    let e = m.ext(module);
    for &f in fields {
        let at = e.data.len();
        match f {
            ModuleField::TypeDescLen => words.desc_len = at,
            ModuleField::ItabOffset => words.itab_offset = at,
            ModuleField::ItabSize => words.itab_size = at,
            _ => {}
        }
        let FieldValue { sym, add, n } = values.of(f);
        let number =
            |e: &mut symbols::ExtSym, n: u64| e.add_bytes(&n.to_le_bytes()[..ptr as usize]);
        let address = |e: &mut symbols::ExtSym| {
            if sym.is_some() {
                e.add_addr_plus(ptr, sym, add)
            } else {
                number(e, 0)
            }
        };
        match f.shape() {
            FieldShape::Byte => e.add_bytes(&[n as u8]),
            FieldShape::Word => address(e),
            FieldShape::String => {
                address(e);
                number(e, n);
            }
            FieldShape::Slice => {
                address(e);
                number(e, n);
                number(e, n);
            }
        }
    }
    fit(m, module);
    add_to_modules(m, module);
    words
}

/// What is in a field: an address with an addend, a number, or first the one and then the other.
#[derive(Clone, Copy, Default)]
struct FieldValue {
    /// None for the address 0.
    sym: SymId,
    add: i64,
    n: u64,
}

impl FieldValue {
    fn address(sym: SymId) -> Self {
        Self::list(sym, 0)
    }

    /// The list of `n` elements at a symbol.
    fn list(sym: SymId, n: u64) -> Self {
        FieldValue { sym, add: 0, n }
    }

    /// A table or list with its length.
    fn table(table: TableRef) -> Self {
        Self::list(table.sym, table.size)
    }
}

/// What the fields are made of.
struct FieldValues<'a> {
    info: &'a ModuleInfo<'a>,
    /// Bytes of an address.
    word: u64,
    /// What the table of units is counted in, bytes.
    unit_entry: u64,
    /// Size of the last function.
    last_size: u64,
    text_sections: TableRef,
    plugin_path: TableRef,
    pkg_hashes: TableRef,
    module_name: TableRef,
    module_hashes: TableRef,
    type_links: FieldValue,
    itab_links: FieldValue,
    plugin_tabs: FieldValue,
}

impl<'a> FieldValues<'a> {
    /// Makes the symbols that only moduledata points to, and looks up the others.
    fn make(m: &mut Maker, info: &'a ModuleInfo<'a>) -> Self {
        let sections = info.text_sections;
        let text_sections = TableRef {
            sym: text_section_map(m, sections, info.text_len),
            size: sections.len() as u64,
        };
        let (plugin_path, pkg_hashes) = match &info.plugin {
            Some(p) => p.make(m),
            None => Default::default(),
        };
        let (module_name, module_hashes) = match info.name {
            Some(name) => make_module_hashes(m, name),
            None => Default::default(),
        };
        let word = u64::from(m.ptr_size);
        let links = |name: &[u8], size: u64| {
            let sym = m.syms.lookup(name, 0).unwrap_or_default();
            FieldValue::list(sym, m.syms.size(sym) / size)
        };
        let type_links = links(b"runtime.typelink", 4);
        let itab_links = links(b"runtime.itablink", word);
        let plugin_tabs = m.syms.lookup(b"go:plugin.tabs", 0);
        let plugin_tabs = plugin_tabs.filter(|&s| m.live.reachable.has(s));
        let plugin_tabs = plugin_tabs.map_or(FieldValue::default(), |s| {
            m.syms.local.insert(s);
            FieldValue::list(s, m.syms.data(s).len() as u64 / 8)
        });
        FieldValues {
            info,
            word,
            unit_entry: match m.syms.gover.pclntab_shape.units_in_bytes {
                true => 1,
                false => 4,
            },
            last_size: m.syms.size(info.pclntab.last),
            text_sections,
            plugin_path,
            pkg_hashes,
            module_name,
            module_hashes,
            type_links,
            itab_links,
            plugin_tabs,
        }
    }

    fn of(&self, field: ModuleField) -> FieldValue {
        use ModuleField::*;
        let ModuleInfo {
            text,
            data,
            pclntab,
            ..
        } = self.info;
        let address = FieldValue::address;
        let list = FieldValue::list;
        match field {
            PcHeader => address(pclntab.pcheader.sym),
            FuncNameTab => FieldValue::table(pclntab.funcnametab),
            CuTab => list(pclntab.cutab.sym, pclntab.cutab.size / self.unit_entry),
            FileTab => FieldValue::table(pclntab.filetab),
            PcTab => FieldValue::table(pclntab.pctab),
            Pclntable => FieldValue::table(pclntab.functab),
            Ftab => list(pclntab.functab.sym, pclntab.n_func + 1),
            FindFuncTab => address(pclntab.findfunctab),
            MinPc => address(pclntab.first),
            MaxPc => FieldValue {
                sym: pclntab.last,
                add: self.last_size as i64,
                n: 0,
            },
            Text => address(text.text),
            Etext => address(text.etext),
            NoPtrData => address(data.noptrdata),
            EnoPtrData => address(data.enoptrdata),
            Data => address(data.data),
            Edata => address(data.edata),
            Bss => address(data.bss),
            Ebss => address(data.ebss),
            NoPtrBss => address(data.noptrbss),
            EnoPtrBss => address(data.enoptrbss),
            CovCtrs => address(data.covctrs),
            EcovCtrs => address(data.ecovctrs),
            End => address(data.end),
            GcData => address(data.gcdata),
            GcBss => address(data.gcbss),
            Types => address(data.types),
            Etypes => address(data.etypes),
            // Known when types have their places.
            TypeDescLen | ItabOffset | ItabSize => FieldValue::default(),
            Rodata => address(data.rodata),
            GoFunc if pclntab.gofunc.is_none() => address(data.funcdesc),
            GoFunc => address(pclntab.gofunc),
            Epclntab => address(data.epclntab),
            TextSectMap => list(self.text_sections.sym, self.text_sections.size),
            TypeLinks => self.type_links,
            ItabLinks => self.itab_links,
            Ptab => self.plugin_tabs,
            InitTasks => {
                let tasks = self.info.inittasks;
                tasks.map_or(FieldValue::default(), |t| list(t.sym, t.size / self.word))
            }
            PluginPath => FieldValue::table(self.plugin_path),
            PkgHashes => FieldValue::table(self.pkg_hashes),
            ModuleName => FieldValue::table(self.module_name),
            ModuleHashes => FieldValue::table(self.module_hashes),
            HasMain => list(SymId::NONE, self.info.has_main.into()),
        }
    }
}

/// Gives moduledata the length that the runtime's type says; the rest is zero.
fn fit(m: &mut Maker, module: SymId) {
    if let Some(t) = m.syms.lookup(b"type:runtime.moduledata", 0) {
        let size = RType::new(m.syms, t, m.ptr_size).size();
        let e = m.ext(module);
        e.size = size.max(e.data.len() as u64);
        // Not more than a page: damaged sizes must not allocate.
        e.data
            .resize((e.size as usize).min(4096).max(e.data.len()), 0);
    }
}

/// Has the runtime's list end with a module, unless the runtime is in another one.
fn add_to_modules(m: &mut Maker, module: SymId) {
    let last = m.syms.lookup_or_create(b"runtime.lastmoduledatap", 0);
    m.live.reachable.insert(last);
    if m.syms.kind(last) == SymKind::DynImport {
        return;
    }
    let ptr = m.ptr_size;
    let e = m.ext(last);
    e.kind = SymKind::NoPtrData;
    e.set_data(Vec::new());
    e.relocs.clear();
    e.add_addr_plus(ptr, module, 0);
}
