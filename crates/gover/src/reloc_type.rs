//! Relocation types: the superset, over releases, of `cmd/internal/objabi.RelocType`.

use super::named::named_enum;

/// The bit of an object file's 16-bit relocation type that marks a weak reference
/// (`R_WEAK`, which Go writes as `-1 << 15`): it keeps nothing alive, and resolves to 0
/// when nothing else does.
pub const R_WEAK: u16 = 1 << 15;

named_enum! {
    /// A relocation type of the Go object file (`cmd/internal/objabi.RelocType`).
    ///
    /// A superset over the supported releases; the numbers in object files differ per
    /// release and are translated by [`GoLayout::reloc_type`].
    ///
    /// [`GoLayout::reloc_type`]: crate::GoLayout::reloc_type
    pub enum RelocType: u8 {
        /// Number 0, which no compiler writes: it fills entry 0 of the number tables.
        Invalid = "RelocType(0)",
        Addr = "R_ADDR",
        AddrPower = "R_ADDRPOWER",
        AddrArm64 = "R_ADDRARM64",
        AddrMips = "R_ADDRMIPS",
        AddrOff = "R_ADDROFF",
        Size = "R_SIZE",
        Call = "R_CALL",
        CallArm = "R_CALLARM",
        CallArm64 = "R_CALLARM64",
        CallInd = "R_CALLIND",
        CallPower = "R_CALLPOWER",
        CallMips = "R_CALLMIPS",
        Const = "R_CONST",
        Pcrel = "R_PCREL",
        TlsLe = "R_TLS_LE",
        TlsIe = "R_TLS_IE",
        GotOff = "R_GOTOFF",
        Plt0 = "R_PLT0",
        Plt1 = "R_PLT1",
        Plt2 = "R_PLT2",
        UseField = "R_USEFIELD",
        UseType = "R_USETYPE",
        UseIface = "R_USEIFACE",
        UseIfaceMethod = "R_USEIFACEMETHOD",
        UseNamedMethod = "R_USENAMEDMETHOD",
        MethodOff = "R_METHODOFF",
        Keep = "R_KEEP",
        PowerToc = "R_POWER_TOC",
        GotPcrel = "R_GOTPCREL",
        JmpMips = "R_JMPMIPS",
        DwarfSecRef = "R_DWARFSECREF",
        DwarfFileRef = "R_DWARFFILEREF",
        Arm64TlsLe = "R_ARM64_TLS_LE",
        Arm64TlsIe = "R_ARM64_TLS_IE",
        Arm64GotPcrel = "R_ARM64_GOTPCREL",
        Arm64Got = "R_ARM64_GOT",
        Arm64Pcrel = "R_ARM64_PCREL",
        Arm64PcrelLdSt8 = "R_ARM64_PCREL_LDST8",
        Arm64PcrelLdSt16 = "R_ARM64_PCREL_LDST16",
        Arm64PcrelLdSt32 = "R_ARM64_PCREL_LDST32",
        Arm64PcrelLdSt64 = "R_ARM64_PCREL_LDST64",
        Arm64LdSt8 = "R_ARM64_LDST8",
        Arm64LdSt16 = "R_ARM64_LDST16",
        Arm64LdSt32 = "R_ARM64_LDST32",
        Arm64LdSt64 = "R_ARM64_LDST64",
        Arm64LdSt128 = "R_ARM64_LDST128",
        PowerTlsLe = "R_POWER_TLS_LE",
        PowerTlsIe = "R_POWER_TLS_IE",
        PowerTls = "R_POWER_TLS",
        PowerTlsIePcrel34 = "R_POWER_TLS_IE_PCREL34",
        PowerTlsLeTprel34 = "R_POWER_TLS_LE_TPREL34",
        AddrPowerDs = "R_ADDRPOWER_DS",
        AddrPowerGot = "R_ADDRPOWER_GOT",
        AddrPowerGotPcrel34 = "R_ADDRPOWER_GOT_PCREL34",
        AddrPowerPcrel = "R_ADDRPOWER_PCREL",
        AddrPowerTocRel = "R_ADDRPOWER_TOCREL",
        AddrPowerTocRelDs = "R_ADDRPOWER_TOCREL_DS",
        AddrPowerD34 = "R_ADDRPOWER_D34",
        AddrPowerPcrel34 = "R_ADDRPOWER_PCREL34",
        RiscvJal = "R_RISCV_JAL",
        RiscvJalTramp = "R_RISCV_JAL_TRAMP",
        RiscvCall = "R_RISCV_CALL",
        RiscvPcrelItype = "R_RISCV_PCREL_ITYPE",
        RiscvPcrelStype = "R_RISCV_PCREL_STYPE",
        RiscvTlsIe = "R_RISCV_TLS_IE",
        RiscvTlsLe = "R_RISCV_TLS_LE",
        RiscvGotHi20 = "R_RISCV_GOT_HI20",
        RiscvGotPcrelItype = "R_RISCV_GOT_PCREL_ITYPE",
        RiscvPcrelHi20 = "R_RISCV_PCREL_HI20",
        RiscvPcrelLo12I = "R_RISCV_PCREL_LO12_I",
        RiscvPcrelLo12S = "R_RISCV_PCREL_LO12_S",
        RiscvBranch = "R_RISCV_BRANCH",
        RiscvAdd32 = "R_RISCV_ADD32",
        RiscvSub32 = "R_RISCV_SUB32",
        RiscvRvcBranch = "R_RISCV_RVC_BRANCH",
        RiscvRvcJump = "R_RISCV_RVC_JUMP",
        PcrelDbl = "R_PCRELDBL",
        AddrLoong64 = "R_ADDRLOONG64",
        AddrLoong64U = "R_ADDRLOONG64U",
        AddrLoong64Tls = "R_ADDRLOONG64TLS",
        AddrLoong64TlsU = "R_ADDRLOONG64TLSU",
        Loong64TlsIePcrelHi = "R_LOONG64_TLS_IE_PCREL_HI",
        Loong64AddrHi = "R_LOONG64_ADDR_HI",
        Loong64AddrLo = "R_LOONG64_ADDR_LO",
        Loong64Addr64Hi = "R_LOONG64_ADDR64_HI",
        Loong64Addr64Lo = "R_LOONG64_ADDR64_LO",
        Loong64AddrPcrel20S2 = "R_LOONG64_ADDR_PCREL20_S2",
        Loong64TlsLeHi = "R_LOONG64_TLS_LE_HI",
        Loong64TlsLeLo = "R_LOONG64_TLS_LE_LO",
        CallLoong64 = "R_CALLLOONG64",
        Loong64Call36 = "R_LOONG64_CALL36",
        Loong64TlsIeHi = "R_LOONG64_TLS_IE_HI",
        Loong64TlsIeLo = "R_LOONG64_TLS_IE_LO",
        Loong64GotHi = "R_LOONG64_GOT_HI",
        Loong64GotLo = "R_LOONG64_GOT_LO",
        Loong64Got64Hi = "R_LOONG64_GOT64_HI",
        Loong64Got64Lo = "R_LOONG64_GOT64_LO",
        Loong64Add64 = "R_LOONG64_ADD64",
        Loong64Sub64 = "R_LOONG64_SUB64",
        Jmp16Loong64 = "R_JMP16LOONG64",
        Jmp21Loong64 = "R_JMP21LOONG64",
        JmpLoong64 = "R_JMPLOONG64",
        AddrMipsU = "R_ADDRMIPSU",
        AddrMipsTls = "R_ADDRMIPSTLS",
        AddrCuOff = "R_ADDRCUOFF",
        WasmImport = "R_WASMIMPORT",
        XcoffRef = "R_XCOFFREF",
        PeImageOff = "R_PEIMAGEOFF",
        InitOrder = "R_INITORDER",
        DwTxtAddrU1 = "R_DWTXTADDR_U1",
        DwTxtAddrU2 = "R_DWTXTADDR_U2",
        DwTxtAddrU3 = "R_DWTXTADDR_U3",
        DwTxtAddrU4 = "R_DWTXTADDR_U4",
        // Of host objects (`objabi.ElfRelocOffset` and up in cmd/link). Go objects never have
        // them, and laying out dynamic links turns them into the types above.
        Elf64 = "R_X86_64_64",
        ElfPc32 = "R_X86_64_PC32",
        ElfPlt32 = "R_X86_64_PLT32",
        ElfGotPcrel = "R_X86_64_GOTPCREL",
        ElfPc64 = "R_X86_64_PC64",
        ElfGotPcrelx = "R_X86_64_GOTPCRELX",
        ElfRexGotPcrelx = "R_X86_64_REX_GOTPCRELX",
        ElfAbs64 = "R_AARCH64_ABS64",
        ElfPrel64 = "R_AARCH64_PREL64",
        ElfPrel32 = "R_AARCH64_PREL32",
        ElfAdrPrelPgHi21 = "R_AARCH64_ADR_PREL_PG_HI21",
        ElfAddAbsLo12Nc = "R_AARCH64_ADD_ABS_LO12_NC",
        ElfLdst8AbsLo12Nc = "R_AARCH64_LDST8_ABS_LO12_NC",
        ElfJump26 = "R_AARCH64_JUMP26",
        ElfCall26 = "R_AARCH64_CALL26",
        ElfLdst16AbsLo12Nc = "R_AARCH64_LDST16_ABS_LO12_NC",
        ElfLdst32AbsLo12Nc = "R_AARCH64_LDST32_ABS_LO12_NC",
        ElfLdst64AbsLo12Nc = "R_AARCH64_LDST64_ABS_LO12_NC",
        ElfLdst128AbsLo12Nc = "R_AARCH64_LDST128_ABS_LO12_NC",
        ElfAdrGotPage = "R_AARCH64_ADR_GOT_PAGE",
        ElfLd64GotLo12Nc = "R_AARCH64_LD64_GOT_LO12_NC",
        // The same of Mach-O objects (`objabi.MachoRelocOffset`), of both machines unless it says so; those
        // that are treated alike are one here.
        MachoUnsigned = "RELOC_UNSIGNED",
        MachoSubtractor = "RELOC_SUBTRACTOR",
        MachoBranch = "RELOC_BRANCH",
        MachoFixedBranch = "X86_64_RELOC_BRANCH, absolute",
        MachoFixedSigned = "X86_64_RELOC_SIGNED, absolute",
        MachoSigned = "X86_64_RELOC_SIGNED",
        MachoGotLoad = "X86_64_RELOC_GOT_LOAD",
        MachoGot = "X86_64_RELOC_GOT",
        MachoPage = "ARM64_RELOC_PAGE21",
        MachoGotPage = "ARM64_RELOC_GOT_LOAD_PAGE21",
        MachoPointerToGot = "ARM64_RELOC_POINTER_TO_GOT",
    }
}

impl RelocType {
    /// Whether the relocation is a direct call (`RelocType.IsDirectCall`).
    pub const fn is_direct_call(self) -> bool {
        matches!(
            self,
            RelocType::Call
                | RelocType::CallArm
                | RelocType::CallArm64
                | RelocType::CallLoong64
                | RelocType::CallMips
                | RelocType::CallPower
                | RelocType::RiscvCall
                | RelocType::RiscvJal
                | RelocType::RiscvJalTramp
        )
    }

    /// Whether this is a type of host objects, not of Go objects.
    #[inline]
    pub const fn is_host(self) -> bool {
        self as u8 >= RelocType::Elf64 as u8
    }

    /// Whether this is a call in a host object of a machine with trampolines, which may become one
    /// of an imported function (`ld/data.go:isPLTCall`).
    #[inline]
    pub const fn is_host_call(self) -> bool {
        matches!(
            self,
            RelocType::ElfCall26 | RelocType::ElfJump26 | RelocType::MachoBranch
        )
    }

    /// Whether the relocation is a direct jump (`RelocType.IsDirectJump`).
    pub const fn is_direct_jump(self) -> bool {
        matches!(self, RelocType::JmpMips | RelocType::JmpLoong64)
    }

    /// Whether the relocation is a direct call or a direct jump
    /// (`RelocType.IsDirectCallOrJump`).
    pub const fn is_direct_call_or_jump(self) -> bool {
        self.is_direct_call() || self.is_direct_jump()
    }
}
