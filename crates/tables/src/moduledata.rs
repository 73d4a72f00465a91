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
    /// `go:func.*`
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

/// Makes `runtime.textsectionmap`: one section.
fn text_section_map(m: &mut Maker, text: &TextMarkers, text_len: u64) -> SymId {
    let s = m.create("runtime.textsectionmap", SymKind::Rodata);
    let ptr = m.ptr_size;
    let e = m.ext(s);
    e.data.clear();
    e.relocs.clear();
    for v in [0, text_len] {
        e.add_bytes(&v.to_le_bytes()[..ptr as usize]);
    }
    e.add_addr_plus(ptr, text.text, 0);
    s
}

/// What a module says of itself.
pub struct ModuleInfo<'a> {
    /// Where text begins and ends.
    pub text: &'a TextMarkers,
    /// Length of the text section, bytes.
    pub text_len: u64,
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
    let ModuleInfo {
        text,
        data: markers,
        pclntab: pcln,
        ..
    } = info;
    let map = text_section_map(m, text, info.text_len);
    let (plugin_path, pkg_hashes) = match &info.plugin {
        Some(p) => p.make(m),
        None => Default::default(),
    };
    let (module_name, module_hashes) = match info.name {
        Some(name) => make_module_hashes(m, name),
        None => Default::default(),
    };
    let ptr = m.ptr_size;
    let word = u64::from(ptr);
    let typelink = m.syms.lookup(b"runtime.typelink", 0).unwrap_or_default();
    let itablink = m.syms.lookup(b"runtime.itablink", 0).unwrap_or_default();
    let last_size = m.syms.size(pcln.last);
    let tables = (m.syms.size(typelink) / 4, m.syms.size(itablink) / word);
    let ptab = m
        .syms
        .lookup(b"go:plugin.tabs", 0)
        .filter(|&s| m.live.reachable.has(s));
    let ptab = ptab.map(|s| {
        m.syms.local.insert(s);
        (s, m.syms.data(s).len() as u64 / 8)
    });
    let fields = m.syms.gover.moduledata;
    let mut words = TypeWords::default();
    let e = m.ext(module);
    for &f in fields {
        use ModuleField::*;
        let at = e.data.len();
        // A word is an address with an addend, or a number.
        let (sym, add, n) = match f {
            PcHeader => (pcln.pcheader.sym, 0, 0),
            FuncNameTab => (pcln.funcnametab.sym, 0, pcln.funcnametab.size),
            CuTab => (pcln.cutab.sym, 0, pcln.cutab.size / 4),
            FileTab => (pcln.filetab.sym, 0, pcln.filetab.size),
            PcTab => (pcln.pctab.sym, 0, pcln.pctab.size),
            Pclntable => (pcln.functab.sym, 0, pcln.functab.size),
            Ftab => (pcln.functab.sym, 0, pcln.n_func + 1),
            FindFuncTab => (pcln.findfunctab, 0, 0),
            MinPc => (pcln.first, 0, 0),
            MaxPc => (pcln.last, last_size as i64, 0),
            Text => (text.text, 0, 0),
            Etext => (text.etext, 0, 0),
            NoPtrData => (markers.noptrdata, 0, 0),
            EnoPtrData => (markers.enoptrdata, 0, 0),
            Data => (markers.data, 0, 0),
            Edata => (markers.edata, 0, 0),
            Bss => (markers.bss, 0, 0),
            Ebss => (markers.ebss, 0, 0),
            NoPtrBss => (markers.noptrbss, 0, 0),
            EnoPtrBss => (markers.enoptrbss, 0, 0),
            CovCtrs => (markers.covctrs, 0, 0),
            EcovCtrs => (markers.ecovctrs, 0, 0),
            End => (markers.end, 0, 0),
            GcData => (markers.gcdata, 0, 0),
            GcBss => (markers.gcbss, 0, 0),
            Types => (markers.types, 0, 0),
            TypeDescLen => {
                words.desc_len = at;
                (SymId::NONE, 0, 0)
            }
            Etypes => (markers.etypes, 0, 0),
            ItabOffset => {
                words.itab_offset = at;
                (SymId::NONE, 0, 0)
            }
            ItabSize => {
                words.itab_size = at;
                (SymId::NONE, 0, 0)
            }
            Rodata => (markers.rodata, 0, 0),
            GoFunc => (pcln.gofunc, 0, 0),
            Epclntab => (markers.epclntab, 0, 0),
            TextSectMap => (map, 0, 1),
            TypeLinks => (typelink, 0, tables.0),
            ItabLinks => (itablink, 0, tables.1),
            Ptab => ptab.map_or((SymId::NONE, 0, 0), |(s, n)| (s, 0, n)),
            InitTasks => info
                .inittasks
                .map_or((SymId::NONE, 0, 0), |t| (t.sym, 0, t.size / word)),
            PluginPath => (plugin_path.sym, 0, plugin_path.size),
            PkgHashes => (pkg_hashes.sym, 0, pkg_hashes.size),
            ModuleName => (module_name.sym, 0, module_name.size),
            ModuleHashes => (module_hashes.sym, 0, module_hashes.size),
            HasMain => (SymId::NONE, 0, info.has_main.into()),
        };
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
