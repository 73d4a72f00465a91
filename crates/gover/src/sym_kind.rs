//! Symbol kinds: the superset, over releases, of cmd/link's internal kinds.

use super::named::named_enum;

named_enum! {
    /// The kind of a symbol inside the linker (`cmd/link/internal/sym.SymKind`).
    ///
    /// A superset over the supported releases. Neither the declaration order here nor
    /// `as u8` says anything about order in the output file: ask [`GoLayout::rank`] and its
    /// range predicates, because each release has its own order.
    ///
    /// [`GoLayout::rank`]: crate::GoLayout::rank
    pub enum SymKind: u8 {
        Xxx = "Sxxx",
        Text = "STEXT",
        TextFipsStart = "STEXTFIPSSTART",
        TextFips = "STEXTFIPS",
        TextFipsEnd = "STEXTFIPSEND",
        TextEnd = "STEXTEND",
        ElfRxSect = "SELFRXSECT",
        MachoPlt = "SMACHOPLT",
        Type = "STYPE",
        String = "SSTRING",
        GoString = "SGOSTRING",
        GoFunc = "SGOFUNC",
        GcBits = "SGCBITS",
        Rodata = "SRODATA",
        RodataFipsStart = "SRODATAFIPSSTART",
        RodataFips = "SRODATAFIPS",
        RodataFipsEnd = "SRODATAFIPSEND",
        RodataEnd = "SRODATAEND",
        FuncTab = "SFUNCTAB",
        Pclntab = "SPCLNTAB",
        ElfRoSect = "SELFROSECT",
        TypeRelro = "STYPERELRO",
        StringRelro = "SSTRINGRELRO",
        GoStringRelro = "SGOSTRINGRELRO",
        GoFuncRelro = "SGOFUNCRELRO",
        GcBitsRelro = "SGCBITSRELRO",
        RodataRelro = "SRODATARELRO",
        FuncTabRelro = "SFUNCTABRELRO",
        TypeLink = "STYPELINK",
        ItabLink = "SITABLINK",
        SymTab = "SSYMTAB",
        ElfRelroSect = "SELFRELROSECT",
        MachoRelroSect = "SMACHORELROSECT",
        FirstWritable = "SFirstWritable",
        BuildInfo = "SBUILDINFO",
        FipsInfo = "SFIPSINFO",
        ElfSect = "SELFSECT",
        Macho = "SMACHO",
        Windows = "SWINDOWS",
        ModuleData = "SMODULEDATA",
        ElfGot = "SELFGOT",
        MachoGot = "SMACHOGOT",
        NoPtrData = "SNOPTRDATA",
        NoPtrDataFipsStart = "SNOPTRDATAFIPSSTART",
        NoPtrDataFips = "SNOPTRDATAFIPS",
        NoPtrDataFipsEnd = "SNOPTRDATAFIPSEND",
        NoPtrDataEnd = "SNOPTRDATAEND",
        InitArr = "SINITARR",
        Data = "SDATA",
        DataFipsStart = "SDATAFIPSSTART",
        DataFips = "SDATAFIPS",
        DataFipsEnd = "SDATAFIPSEND",
        DataEnd = "SDATAEND",
        XcoffToc = "SXCOFFTOC",
        Bss = "SBSS",
        NoPtrBss = "SNOPTRBSS",
        GcMask = "SGCMASK",
        Libfuzzer8BitCounter = "SLIBFUZZER_8BIT_COUNTER",
        CoverageCounter = "SCOVERAGE_COUNTER",
        CoverageAuxVar = "SCOVERAGE_AUXVAR",
        TlsBss = "STLSBSS",
        FirstUnallocated = "SFirstUnallocated",
        Xref = "SXREF",
        MachoSymStr = "SMACHOSYMSTR",
        MachoSymTab = "SMACHOSYMTAB",
        MachoIndirectPlt = "SMACHOINDIRECTPLT",
        MachoIndirectGot = "SMACHOINDIRECTGOT",
        FilePath = "SFILEPATH",
        DynImport = "SDYNIMPORT",
        HostObj = "SHOSTOBJ",
        UndefExt = "SUNDEFEXT",
        DwarfSect = "SDWARFSECT",
        DwarfCuInfo = "SDWARFCUINFO",
        DwarfConst = "SDWARFCONST",
        DwarfFcn = "SDWARFFCN",
        DwarfAbsFcn = "SDWARFABSFCN",
        DwarfType = "SDWARFTYPE",
        DwarfVar = "SDWARFVAR",
        DwarfRange = "SDWARFRANGE",
        DwarfLoc = "SDWARFLOC",
        DwarfLines = "SDWARFLINES",
        DwarfAddr = "SDWARFADDR",
        SehUnwindInfo = "SSEHUNWINDINFO",
        SehSect = "SSEHSECT",
    }
}

impl SymKind {
    /// Whether a symbol of this kind is code laid out in the text segment
    /// (`STEXT..=STEXTEND`; the same kinds in every supported release).
    #[inline]
    pub const fn is_text(self) -> bool {
        matches!(
            self,
            SymKind::Text
                | SymKind::TextFipsStart
                | SymKind::TextFips
                | SymKind::TextFipsEnd
                | SymKind::TextEnd
        )
    }

    /// Whether this is one of the DWARF kinds (`SDWARFSECT..=SDWARFADDR`; the same kinds in
    /// every supported release).
    #[inline]
    pub const fn is_dwarf(self) -> bool {
        (self as u8) >= SymKind::DwarfSect as u8 && (self as u8) <= SymKind::DwarfAddr as u8
    }
}
