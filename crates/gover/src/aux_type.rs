//! Types of auxiliary symbol references in the Go object file.

use super::named::named_enum;

named_enum! {
    /// What an auxiliary symbol is to the symbol that names it
    /// (`cmd/internal/goobj.Aux*`). Numbers in object files are translated by
    /// [`GoLayout::aux_type`].
    ///
    /// [`GoLayout::aux_type`]: crate::GoLayout::aux_type
    pub enum AuxType: u8 {
        Gotype = "AuxGotype",
        FuncInfo = "AuxFuncInfo",
        Funcdata = "AuxFuncdata",
        DwarfInfo = "AuxDwarfInfo",
        DwarfLoc = "AuxDwarfLoc",
        DwarfRanges = "AuxDwarfRanges",
        DwarfLines = "AuxDwarfLines",
        Pcsp = "AuxPcsp",
        Pcfile = "AuxPcfile",
        Pcline = "AuxPcline",
        Pcinline = "AuxPcinline",
        Pcdata = "AuxPcdata",
        WasmImport = "AuxWasmImport",
        WasmType = "AuxWasmType",
        SehUnwindInfo = "AuxSehUnwindInfo",
    }
}

impl AuxType {
    /// Whether the symbol is debugging information.
    pub const fn is_dwarf(self) -> bool {
        matches!(
            self,
            AuxType::DwarfInfo | AuxType::DwarfLoc | AuxType::DwarfRanges | AuxType::DwarfLines
        )
    }

    /// Whether the symbol is a function's pc-value table.
    pub const fn is_pc_table(self) -> bool {
        matches!(
            self,
            AuxType::Pcsp | AuxType::Pcfile | AuxType::Pcline | AuxType::Pcinline | AuxType::Pcdata
        )
    }
}
