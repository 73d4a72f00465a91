//! Fields of `runtime.firstmoduledata`, in the linker's terms.

use super::named::named_enum;

named_enum! {
    /// A field of the runtime's `moduledata`, named as in `runtime/symtab.go`. The order in
    /// which a release has them is [`GoLayout::moduledata`]; the values are those of
    /// `ld/symtab.go:symtab`.
    ///
    /// [`GoLayout::moduledata`]: crate::GoLayout::moduledata
    pub enum ModuleField: u8 {
        /// Address of the pclntab header.
        PcHeader = "pcHeader",
        /// Function name table, in bytes.
        FuncNameTab = "funcnametab",
        /// Compilation unit table, in 4-byte entries.
        CuTab = "cutab",
        /// File table, in bytes.
        FileTab = "filetab",
        /// Pcdata tables, in bytes.
        PcTab = "pctab",
        /// Functab and function records, in bytes.
        Pclntable = "pclntable",
        /// The same address, counted in functab entries (functions + 1).
        Ftab = "ftab",
        /// Address of the pc → function buckets.
        FindFuncTab = "findfunctab",
        /// Address of the first function.
        MinPc = "minpc",
        /// End of the last function.
        MaxPc = "maxpc",
        /// `runtime.text`
        Text = "text",
        /// `runtime.etext`
        Etext = "etext",
        /// `runtime.noptrdata`
        NoPtrData = "noptrdata",
        /// `runtime.enoptrdata`
        EnoPtrData = "enoptrdata",
        /// `runtime.data`
        Data = "data",
        /// `runtime.edata`
        Edata = "edata",
        /// `runtime.bss`
        Bss = "bss",
        /// `runtime.ebss`
        Ebss = "ebss",
        /// `runtime.noptrbss`
        NoPtrBss = "noptrbss",
        /// `runtime.enoptrbss`
        EnoPtrBss = "enoptrbss",
        /// `runtime.covctrs`
        CovCtrs = "covctrs",
        /// `runtime.ecovctrs`
        EcovCtrs = "ecovctrs",
        /// `runtime.end`
        End = "end",
        /// `runtime.gcdata`
        GcData = "gcdata",
        /// `runtime.gcbss`
        GcBss = "gcbss",
        /// `runtime.types`
        Types = "types",
        /// Bytes from `types` to the end of the typelink descriptors; known when the
        /// descriptors are sorted.
        TypeDescLen = "typedesclen",
        /// `runtime.etypes`
        Etypes = "etypes",
        /// Bytes from `types` to the first itab; known when the descriptors are sorted.
        ItabOffset = "itaboffset",
        /// Bytes of itabs; known when the descriptors are sorted.
        ItabSize = "itabsize",
        /// `runtime.rodata`
        Rodata = "rodata",
        /// `go:func.*`
        GoFunc = "gofunc",
        /// `runtime.epclntab`
        Epclntab = "epclntab",
        /// Text section table, one entry per text section.
        TextSectMap = "textsectmap",
        /// `runtime.typelink`, counted in 4-byte entries.
        TypeLinks = "typelinks",
        /// `runtime.itablink`, counted in pointers.
        ItabLinks = "itablinks",
        /// `go:plugin.tabs`, counted in 8-byte entries; a nil slice without one.
        Ptab = "ptab",
        /// Plugin path; empty unless linking a plugin.
        PluginPath = "pluginpath",
        /// Package hashes; a nil slice unless linking a plugin.
        PkgHashes = "pkghashes",
        /// Init tasks, counted in pointers; a nil slice without any.
        InitTasks = "inittasks",
        /// Module name; empty without shared libraries.
        ModuleName = "modulename",
        /// Hashes of the shared libraries; a nil slice without any.
        ModuleHashes = "modulehashes",
        /// 1 if the module has the main function (exe and pie), else 0.
        HasMain = "hasmain",
    }
}

/// How many machine words a moduledata field takes, and what they are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FieldShape {
    /// One word: an address or a number.
    Word,
    /// Address and length in bytes.
    String,
    /// Address, length and capacity (equal), counted in elements.
    Slice,
    /// One byte, without padding behind it.
    Byte,
}

impl FieldShape {
    /// Size in bytes for a pointer size in bytes.
    pub const fn size(self, ptr_size: usize) -> usize {
        match self {
            FieldShape::Word => ptr_size,
            FieldShape::String => 2 * ptr_size,
            FieldShape::Slice => 3 * ptr_size,
            FieldShape::Byte => 1,
        }
    }
}

impl ModuleField {
    /// The shape of the field.
    pub const fn shape(self) -> FieldShape {
        use ModuleField::*;
        match self {
            FuncNameTab | CuTab | FileTab | PcTab | Pclntable | Ftab | TextSectMap | TypeLinks
            | ItabLinks | Ptab | PkgHashes | InitTasks | ModuleHashes => FieldShape::Slice,
            PluginPath | ModuleName => FieldShape::String,
            HasMain => FieldShape::Byte,
            _ => FieldShape::Word,
        }
    }
}
