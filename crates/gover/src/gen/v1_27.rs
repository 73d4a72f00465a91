use crate::{Builtin, RelocType, SymKind};
pub(crate) static KIND_ORDER: &[SymKind] = &[
    SymKind::Xxx,
    SymKind::Text,
    SymKind::TextFipsStart,
    SymKind::TextFips,
    SymKind::TextFipsEnd,
    SymKind::TextEnd,
    SymKind::ElfRxSect,
    SymKind::MachoPlt,
    SymKind::String,
    SymKind::GoString,
    SymKind::GcBits,
    SymKind::Rodata,
    SymKind::RodataFipsStart,
    SymKind::RodataFips,
    SymKind::RodataFipsEnd,
    SymKind::RodataEnd,
    SymKind::Pclntab,
    SymKind::ElfRoSect,
    SymKind::RodataRelro,
    SymKind::Type,
    SymKind::GoFunc,
    SymKind::ElfRelroSect,
    SymKind::MachoRelroSect,
    SymKind::FirstWritable,
    SymKind::BuildInfo,
    SymKind::FipsInfo,
    SymKind::ElfSect,
    SymKind::Macho,
    SymKind::Windows,
    SymKind::ModuleData,
    SymKind::ElfGot,
    SymKind::MachoGot,
    SymKind::NoPtrData,
    SymKind::NoPtrDataFipsStart,
    SymKind::NoPtrDataFips,
    SymKind::NoPtrDataFipsEnd,
    SymKind::NoPtrDataEnd,
    SymKind::InitArr,
    SymKind::Data,
    SymKind::DataFipsStart,
    SymKind::DataFips,
    SymKind::DataFipsEnd,
    SymKind::DataEnd,
    SymKind::XcoffToc,
    SymKind::Bss,
    SymKind::NoPtrBss,
    SymKind::GcMask,
    SymKind::Libfuzzer8BitCounter,
    SymKind::CoverageCounter,
    SymKind::CoverageAuxVar,
    SymKind::TlsBss,
    SymKind::FirstUnallocated,
    SymKind::Xref,
    SymKind::MachoSymStr,
    SymKind::MachoSymTab,
    SymKind::MachoIndirectPlt,
    SymKind::MachoIndirectGot,
    SymKind::DynImport,
    SymKind::HostObj,
    SymKind::UndefExt,
    SymKind::DwarfSect,
    SymKind::DwarfCuInfo,
    SymKind::DwarfConst,
    SymKind::DwarfFcn,
    SymKind::DwarfAbsFcn,
    SymKind::DwarfType,
    SymKind::DwarfVar,
    SymKind::DwarfRange,
    SymKind::DwarfLoc,
    SymKind::DwarfLines,
    SymKind::DwarfAddr,
    SymKind::SehUnwindInfo,
    SymKind::SehSect,
];
pub(crate) static SYM_KINDS: &[SymKind] = &[
    SymKind::Xxx,
    SymKind::Text,
    SymKind::TextFips,
    SymKind::Rodata,
    SymKind::RodataFips,
    SymKind::NoPtrData,
    SymKind::NoPtrDataFips,
    SymKind::Data,
    SymKind::DataFips,
    SymKind::Bss,
    SymKind::NoPtrBss,
    SymKind::TlsBss,
    SymKind::DwarfCuInfo,
    SymKind::DwarfConst,
    SymKind::DwarfFcn,
    SymKind::DwarfAbsFcn,
    SymKind::DwarfType,
    SymKind::DwarfVar,
    SymKind::DwarfRange,
    SymKind::DwarfLoc,
    SymKind::DwarfLines,
    SymKind::DwarfAddr,
    SymKind::Libfuzzer8BitCounter,
    SymKind::CoverageCounter,
    SymKind::CoverageAuxVar,
    SymKind::SehUnwindInfo,
];
pub(crate) static READ_ONLY_KINDS: &[SymKind] = &[
    SymKind::String,
    SymKind::GoString,
    SymKind::GcBits,
    SymKind::Rodata,
    SymKind::RodataFipsStart,
    SymKind::RodataFips,
    SymKind::RodataFipsEnd,
    SymKind::RodataEnd,
];
pub(crate) static RELOC_TYPES: &[RelocType] = &[
    RelocType::Invalid,
    RelocType::Addr,
    RelocType::AddrPower,
    RelocType::AddrArm64,
    RelocType::AddrMips,
    RelocType::AddrOff,
    RelocType::Size,
    RelocType::Call,
    RelocType::CallArm,
    RelocType::CallArm64,
    RelocType::CallInd,
    RelocType::CallPower,
    RelocType::CallMips,
    RelocType::Const,
    RelocType::Pcrel,
    RelocType::TlsLe,
    RelocType::TlsIe,
    RelocType::GotOff,
    RelocType::Plt0,
    RelocType::Plt1,
    RelocType::Plt2,
    RelocType::UseField,
    RelocType::UseType,
    RelocType::UseIface,
    RelocType::UseIfaceMethod,
    RelocType::UseNamedMethod,
    RelocType::MethodOff,
    RelocType::Keep,
    RelocType::PowerToc,
    RelocType::GotPcrel,
    RelocType::JmpMips,
    RelocType::DwarfSecRef,
    RelocType::Arm64TlsLe,
    RelocType::Arm64TlsIe,
    RelocType::Arm64GotPcrel,
    RelocType::Arm64Got,
    RelocType::Arm64Pcrel,
    RelocType::Arm64PcrelLdSt8,
    RelocType::Arm64PcrelLdSt16,
    RelocType::Arm64PcrelLdSt32,
    RelocType::Arm64PcrelLdSt64,
    RelocType::Arm64LdSt8,
    RelocType::Arm64LdSt16,
    RelocType::Arm64LdSt32,
    RelocType::Arm64LdSt64,
    RelocType::Arm64LdSt128,
    RelocType::PowerTlsLe,
    RelocType::PowerTlsIe,
    RelocType::PowerTls,
    RelocType::PowerTlsIePcrel34,
    RelocType::PowerTlsLeTprel34,
    RelocType::AddrPowerDs,
    RelocType::AddrPowerGot,
    RelocType::AddrPowerGotPcrel34,
    RelocType::AddrPowerPcrel,
    RelocType::AddrPowerTocRel,
    RelocType::AddrPowerTocRelDs,
    RelocType::AddrPowerD34,
    RelocType::AddrPowerPcrel34,
    RelocType::RiscvJal,
    RelocType::RiscvJalTramp,
    RelocType::RiscvCall,
    RelocType::RiscvPcrelItype,
    RelocType::RiscvPcrelStype,
    RelocType::RiscvTlsIe,
    RelocType::RiscvTlsLe,
    RelocType::RiscvGotHi20,
    RelocType::RiscvGotPcrelItype,
    RelocType::RiscvPcrelHi20,
    RelocType::RiscvPcrelLo12I,
    RelocType::RiscvPcrelLo12S,
    RelocType::RiscvBranch,
    RelocType::RiscvAdd32,
    RelocType::RiscvSub32,
    RelocType::RiscvRvcBranch,
    RelocType::RiscvRvcJump,
    RelocType::PcrelDbl,
    RelocType::Loong64AddrHi,
    RelocType::Loong64AddrLo,
    RelocType::Loong64Addr64Hi,
    RelocType::Loong64Addr64Lo,
    RelocType::Loong64AddrPcrel20S2,
    RelocType::Loong64TlsLeHi,
    RelocType::Loong64TlsLeLo,
    RelocType::CallLoong64,
    RelocType::Loong64Call36,
    RelocType::Loong64TlsIeHi,
    RelocType::Loong64TlsIeLo,
    RelocType::Loong64GotHi,
    RelocType::Loong64GotLo,
    RelocType::Loong64Got64Hi,
    RelocType::Loong64Got64Lo,
    RelocType::Loong64Add64,
    RelocType::Loong64Sub64,
    RelocType::Jmp16Loong64,
    RelocType::Jmp21Loong64,
    RelocType::AddrMipsU,
    RelocType::AddrMipsTls,
    RelocType::AddrCuOff,
    RelocType::WasmImport,
    RelocType::XcoffRef,
    RelocType::PeImageOff,
    RelocType::InitOrder,
    RelocType::DwTxtAddrU1,
    RelocType::DwTxtAddrU2,
    RelocType::DwTxtAddrU3,
    RelocType::DwTxtAddrU4,
];
pub(crate) static BUILTINS: &[Builtin] = &[
    Builtin {
        name: "runtime.newobject",
        abi: 1,
    },
    Builtin {
        name: "runtime.mallocgc",
        abi: 1,
    },
    Builtin {
        name: "runtime.panicdivide",
        abi: 1,
    },
    Builtin {
        name: "runtime.panicshift",
        abi: 1,
    },
    Builtin {
        name: "runtime.panicmakeslicelen",
        abi: 1,
    },
    Builtin {
        name: "runtime.panicmakeslicecap",
        abi: 1,
    },
    Builtin {
        name: "runtime.throwinit",
        abi: 1,
    },
    Builtin {
        name: "runtime.panicwrap",
        abi: 1,
    },
    Builtin {
        name: "runtime.gopanic",
        abi: 1,
    },
    Builtin {
        name: "runtime.gorecover",
        abi: 1,
    },
    Builtin {
        name: "runtime.goschedguarded",
        abi: 1,
    },
    Builtin {
        name: "runtime.goPanicIndex",
        abi: 1,
    },
    Builtin {
        name: "runtime.goPanicIndexU",
        abi: 1,
    },
    Builtin {
        name: "runtime.goPanicSliceAlen",
        abi: 1,
    },
    Builtin {
        name: "runtime.goPanicSliceAlenU",
        abi: 1,
    },
    Builtin {
        name: "runtime.goPanicSliceAcap",
        abi: 1,
    },
    Builtin {
        name: "runtime.goPanicSliceAcapU",
        abi: 1,
    },
    Builtin {
        name: "runtime.goPanicSliceB",
        abi: 1,
    },
    Builtin {
        name: "runtime.goPanicSliceBU",
        abi: 1,
    },
    Builtin {
        name: "runtime.goPanicSlice3Alen",
        abi: 1,
    },
    Builtin {
        name: "runtime.goPanicSlice3AlenU",
        abi: 1,
    },
    Builtin {
        name: "runtime.goPanicSlice3Acap",
        abi: 1,
    },
    Builtin {
        name: "runtime.goPanicSlice3AcapU",
        abi: 1,
    },
    Builtin {
        name: "runtime.goPanicSlice3B",
        abi: 1,
    },
    Builtin {
        name: "runtime.goPanicSlice3BU",
        abi: 1,
    },
    Builtin {
        name: "runtime.goPanicSlice3C",
        abi: 1,
    },
    Builtin {
        name: "runtime.goPanicSlice3CU",
        abi: 1,
    },
    Builtin {
        name: "runtime.goPanicSliceConvert",
        abi: 1,
    },
    Builtin {
        name: "runtime.printbool",
        abi: 1,
    },
    Builtin {
        name: "runtime.printfloat64",
        abi: 1,
    },
    Builtin {
        name: "runtime.printfloat32",
        abi: 1,
    },
    Builtin {
        name: "runtime.printint",
        abi: 1,
    },
    Builtin {
        name: "runtime.printhex",
        abi: 1,
    },
    Builtin {
        name: "runtime.printuint",
        abi: 1,
    },
    Builtin {
        name: "runtime.printcomplex128",
        abi: 1,
    },
    Builtin {
        name: "runtime.printcomplex64",
        abi: 1,
    },
    Builtin {
        name: "runtime.printstring",
        abi: 1,
    },
    Builtin {
        name: "runtime.printquoted",
        abi: 1,
    },
    Builtin {
        name: "runtime.printpointer",
        abi: 1,
    },
    Builtin {
        name: "runtime.printuintptr",
        abi: 1,
    },
    Builtin {
        name: "runtime.printiface",
        abi: 1,
    },
    Builtin {
        name: "runtime.printeface",
        abi: 1,
    },
    Builtin {
        name: "runtime.printslice",
        abi: 1,
    },
    Builtin {
        name: "runtime.printnl",
        abi: 1,
    },
    Builtin {
        name: "runtime.printsp",
        abi: 1,
    },
    Builtin {
        name: "runtime.printlock",
        abi: 1,
    },
    Builtin {
        name: "runtime.printunlock",
        abi: 1,
    },
    Builtin {
        name: "runtime.concatstring2",
        abi: 1,
    },
    Builtin {
        name: "runtime.concatstring3",
        abi: 1,
    },
    Builtin {
        name: "runtime.concatstring4",
        abi: 1,
    },
    Builtin {
        name: "runtime.concatstring5",
        abi: 1,
    },
    Builtin {
        name: "runtime.concatstrings",
        abi: 1,
    },
    Builtin {
        name: "runtime.concatbyte2",
        abi: 1,
    },
    Builtin {
        name: "runtime.concatbyte3",
        abi: 1,
    },
    Builtin {
        name: "runtime.concatbyte4",
        abi: 1,
    },
    Builtin {
        name: "runtime.concatbyte5",
        abi: 1,
    },
    Builtin {
        name: "runtime.concatbytes",
        abi: 1,
    },
    Builtin {
        name: "runtime.cmpstring",
        abi: 1,
    },
    Builtin {
        name: "runtime.intstring",
        abi: 1,
    },
    Builtin {
        name: "runtime.slicebytetostring",
        abi: 1,
    },
    Builtin {
        name: "runtime.slicebytetostringtmp",
        abi: 1,
    },
    Builtin {
        name: "runtime.slicerunetostring",
        abi: 1,
    },
    Builtin {
        name: "runtime.stringtoslicebyte",
        abi: 1,
    },
    Builtin {
        name: "runtime.stringtoslicerune",
        abi: 1,
    },
    Builtin {
        name: "runtime.slicecopy",
        abi: 1,
    },
    Builtin {
        name: "runtime.decoderune",
        abi: 1,
    },
    Builtin {
        name: "runtime.countrunes",
        abi: 1,
    },
    Builtin {
        name: "runtime.convT",
        abi: 1,
    },
    Builtin {
        name: "runtime.convTnoptr",
        abi: 1,
    },
    Builtin {
        name: "runtime.convT16",
        abi: 1,
    },
    Builtin {
        name: "runtime.convT32",
        abi: 1,
    },
    Builtin {
        name: "runtime.convT64",
        abi: 1,
    },
    Builtin {
        name: "runtime.convTstring",
        abi: 1,
    },
    Builtin {
        name: "runtime.convTslice",
        abi: 1,
    },
    Builtin {
        name: "runtime.assertE2I",
        abi: 1,
    },
    Builtin {
        name: "runtime.assertE2I2",
        abi: 1,
    },
    Builtin {
        name: "runtime.panicdottypeE",
        abi: 1,
    },
    Builtin {
        name: "runtime.panicdottypeI",
        abi: 1,
    },
    Builtin {
        name: "runtime.panicnildottype",
        abi: 1,
    },
    Builtin {
        name: "runtime.typeAssert",
        abi: 1,
    },
    Builtin {
        name: "runtime.interfaceSwitch",
        abi: 1,
    },
    Builtin {
        name: "runtime.ifaceeq",
        abi: 1,
    },
    Builtin {
        name: "runtime.efaceeq",
        abi: 1,
    },
    Builtin {
        name: "runtime.panicrangestate",
        abi: 1,
    },
    Builtin {
        name: "runtime.deferrangefunc",
        abi: 1,
    },
    Builtin {
        name: "runtime.rand",
        abi: 1,
    },
    Builtin {
        name: "runtime.rand32",
        abi: 1,
    },
    Builtin {
        name: "runtime.makemap64",
        abi: 1,
    },
    Builtin {
        name: "runtime.makemap",
        abi: 1,
    },
    Builtin {
        name: "runtime.makemap_small",
        abi: 1,
    },
    Builtin {
        name: "runtime.mapaccess1",
        abi: 1,
    },
    Builtin {
        name: "runtime.mapaccess1_fast32",
        abi: 1,
    },
    Builtin {
        name: "runtime.mapaccess1_fast64",
        abi: 1,
    },
    Builtin {
        name: "runtime.mapaccess1_faststr",
        abi: 1,
    },
    Builtin {
        name: "runtime.mapaccess1_fat",
        abi: 1,
    },
    Builtin {
        name: "runtime.mapaccess2",
        abi: 1,
    },
    Builtin {
        name: "runtime.mapaccess2_fast32",
        abi: 1,
    },
    Builtin {
        name: "runtime.mapaccess2_fast64",
        abi: 1,
    },
    Builtin {
        name: "runtime.mapaccess2_faststr",
        abi: 1,
    },
    Builtin {
        name: "runtime.mapaccess2_fat",
        abi: 1,
    },
    Builtin {
        name: "runtime.mapassign",
        abi: 1,
    },
    Builtin {
        name: "runtime.mapassign_fast32",
        abi: 1,
    },
    Builtin {
        name: "runtime.mapassign_fast32ptr",
        abi: 1,
    },
    Builtin {
        name: "runtime.mapassign_fast64",
        abi: 1,
    },
    Builtin {
        name: "runtime.mapassign_fast64ptr",
        abi: 1,
    },
    Builtin {
        name: "runtime.mapassign_faststr",
        abi: 1,
    },
    Builtin {
        name: "runtime.mapIterStart",
        abi: 1,
    },
    Builtin {
        name: "runtime.mapdelete",
        abi: 1,
    },
    Builtin {
        name: "runtime.mapdelete_fast32",
        abi: 1,
    },
    Builtin {
        name: "runtime.mapdelete_fast64",
        abi: 1,
    },
    Builtin {
        name: "runtime.mapdelete_faststr",
        abi: 1,
    },
    Builtin {
        name: "runtime.mapIterNext",
        abi: 1,
    },
    Builtin {
        name: "runtime.mapclear",
        abi: 1,
    },
    Builtin {
        name: "runtime.makechan64",
        abi: 1,
    },
    Builtin {
        name: "runtime.makechan",
        abi: 1,
    },
    Builtin {
        name: "runtime.chanrecv1",
        abi: 1,
    },
    Builtin {
        name: "runtime.chanrecv2",
        abi: 1,
    },
    Builtin {
        name: "runtime.chansend1",
        abi: 1,
    },
    Builtin {
        name: "runtime.closechan",
        abi: 1,
    },
    Builtin {
        name: "runtime.chanlen",
        abi: 1,
    },
    Builtin {
        name: "runtime.chancap",
        abi: 1,
    },
    Builtin {
        name: "runtime.writeBarrier",
        abi: 0,
    },
    Builtin {
        name: "runtime.typedmemmove",
        abi: 1,
    },
    Builtin {
        name: "runtime.typedmemclr",
        abi: 1,
    },
    Builtin {
        name: "runtime.typedslicecopy",
        abi: 1,
    },
    Builtin {
        name: "runtime.selectnbsend",
        abi: 1,
    },
    Builtin {
        name: "runtime.selectnbrecv",
        abi: 1,
    },
    Builtin {
        name: "runtime.selectsetpc",
        abi: 1,
    },
    Builtin {
        name: "runtime.selectgo",
        abi: 1,
    },
    Builtin {
        name: "runtime.block",
        abi: 1,
    },
    Builtin {
        name: "runtime.makeslice",
        abi: 1,
    },
    Builtin {
        name: "runtime.makeslice64",
        abi: 1,
    },
    Builtin {
        name: "runtime.makeslicecopy",
        abi: 1,
    },
    Builtin {
        name: "runtime.growslice",
        abi: 1,
    },
    Builtin {
        name: "runtime.growsliceBuf",
        abi: 1,
    },
    Builtin {
        name: "runtime.growsliceBufNoAlias",
        abi: 1,
    },
    Builtin {
        name: "runtime.growsliceNoAlias",
        abi: 1,
    },
    Builtin {
        name: "runtime.unsafeslicecheckptr",
        abi: 1,
    },
    Builtin {
        name: "runtime.panicunsafeslicelen",
        abi: 1,
    },
    Builtin {
        name: "runtime.panicunsafeslicenilptr",
        abi: 1,
    },
    Builtin {
        name: "runtime.unsafestringcheckptr",
        abi: 1,
    },
    Builtin {
        name: "runtime.panicunsafestringlen",
        abi: 1,
    },
    Builtin {
        name: "runtime.panicunsafestringnilptr",
        abi: 1,
    },
    Builtin {
        name: "runtime.moveSlice",
        abi: 1,
    },
    Builtin {
        name: "runtime.moveSliceNoScan",
        abi: 1,
    },
    Builtin {
        name: "runtime.moveSliceNoCap",
        abi: 1,
    },
    Builtin {
        name: "runtime.moveSliceNoCapNoScan",
        abi: 1,
    },
    Builtin {
        name: "runtime.memmove",
        abi: 1,
    },
    Builtin {
        name: "runtime.memclrNoHeapPointers",
        abi: 1,
    },
    Builtin {
        name: "runtime.memclrHasPointers",
        abi: 1,
    },
    Builtin {
        name: "runtime.memequal",
        abi: 1,
    },
    Builtin {
        name: "runtime.memequal0",
        abi: 1,
    },
    Builtin {
        name: "runtime.memequal8",
        abi: 1,
    },
    Builtin {
        name: "runtime.memequal16",
        abi: 1,
    },
    Builtin {
        name: "runtime.memequal32",
        abi: 1,
    },
    Builtin {
        name: "runtime.memequal64",
        abi: 1,
    },
    Builtin {
        name: "runtime.memequal128",
        abi: 1,
    },
    Builtin {
        name: "runtime.f32equal",
        abi: 1,
    },
    Builtin {
        name: "runtime.f64equal",
        abi: 1,
    },
    Builtin {
        name: "runtime.c64equal",
        abi: 1,
    },
    Builtin {
        name: "runtime.c128equal",
        abi: 1,
    },
    Builtin {
        name: "runtime.strequal",
        abi: 1,
    },
    Builtin {
        name: "runtime.interequal",
        abi: 1,
    },
    Builtin {
        name: "runtime.nilinterequal",
        abi: 1,
    },
    Builtin {
        name: "runtime.memhash",
        abi: 1,
    },
    Builtin {
        name: "runtime.memhash0",
        abi: 1,
    },
    Builtin {
        name: "runtime.memhash8",
        abi: 1,
    },
    Builtin {
        name: "runtime.memhash16",
        abi: 1,
    },
    Builtin {
        name: "runtime.memhash32",
        abi: 1,
    },
    Builtin {
        name: "runtime.memhash64",
        abi: 1,
    },
    Builtin {
        name: "runtime.memhash128",
        abi: 1,
    },
    Builtin {
        name: "runtime.f32hash",
        abi: 1,
    },
    Builtin {
        name: "runtime.f64hash",
        abi: 1,
    },
    Builtin {
        name: "runtime.c64hash",
        abi: 1,
    },
    Builtin {
        name: "runtime.c128hash",
        abi: 1,
    },
    Builtin {
        name: "runtime.strhash",
        abi: 1,
    },
    Builtin {
        name: "runtime.interhash",
        abi: 1,
    },
    Builtin {
        name: "runtime.nilinterhash",
        abi: 1,
    },
    Builtin {
        name: "runtime.int64div",
        abi: 1,
    },
    Builtin {
        name: "runtime.uint64div",
        abi: 1,
    },
    Builtin {
        name: "runtime.int64mod",
        abi: 1,
    },
    Builtin {
        name: "runtime.uint64mod",
        abi: 1,
    },
    Builtin {
        name: "runtime.float64toint64",
        abi: 1,
    },
    Builtin {
        name: "runtime.float64touint64",
        abi: 1,
    },
    Builtin {
        name: "runtime.float64touint32",
        abi: 1,
    },
    Builtin {
        name: "runtime.int64tofloat64",
        abi: 1,
    },
    Builtin {
        name: "runtime.int64tofloat32",
        abi: 1,
    },
    Builtin {
        name: "runtime.uint64tofloat64",
        abi: 1,
    },
    Builtin {
        name: "runtime.uint64tofloat32",
        abi: 1,
    },
    Builtin {
        name: "runtime.uint32tofloat64",
        abi: 1,
    },
    Builtin {
        name: "runtime.complex128div",
        abi: 1,
    },
    Builtin {
        name: "runtime.racefuncenter",
        abi: 1,
    },
    Builtin {
        name: "runtime.racefuncexit",
        abi: 1,
    },
    Builtin {
        name: "runtime.raceread",
        abi: 1,
    },
    Builtin {
        name: "runtime.racewrite",
        abi: 1,
    },
    Builtin {
        name: "runtime.racereadrange",
        abi: 1,
    },
    Builtin {
        name: "runtime.racewriterange",
        abi: 1,
    },
    Builtin {
        name: "runtime.msanread",
        abi: 1,
    },
    Builtin {
        name: "runtime.msanwrite",
        abi: 1,
    },
    Builtin {
        name: "runtime.msanmove",
        abi: 1,
    },
    Builtin {
        name: "runtime.asanread",
        abi: 1,
    },
    Builtin {
        name: "runtime.asanwrite",
        abi: 1,
    },
    Builtin {
        name: "runtime.checkptrAlignment",
        abi: 1,
    },
    Builtin {
        name: "runtime.checkptrArithmetic",
        abi: 1,
    },
    Builtin {
        name: "runtime.libfuzzerTraceCmp1",
        abi: 1,
    },
    Builtin {
        name: "runtime.libfuzzerTraceCmp2",
        abi: 1,
    },
    Builtin {
        name: "runtime.libfuzzerTraceCmp4",
        abi: 1,
    },
    Builtin {
        name: "runtime.libfuzzerTraceCmp8",
        abi: 1,
    },
    Builtin {
        name: "runtime.libfuzzerTraceConstCmp1",
        abi: 1,
    },
    Builtin {
        name: "runtime.libfuzzerTraceConstCmp2",
        abi: 1,
    },
    Builtin {
        name: "runtime.libfuzzerTraceConstCmp4",
        abi: 1,
    },
    Builtin {
        name: "runtime.libfuzzerTraceConstCmp8",
        abi: 1,
    },
    Builtin {
        name: "runtime.libfuzzerHookStrCmp",
        abi: 1,
    },
    Builtin {
        name: "runtime.libfuzzerHookEqualFold",
        abi: 1,
    },
    Builtin {
        name: "runtime.addCovMeta",
        abi: 1,
    },
    Builtin {
        name: "runtime.x86HasAVX",
        abi: 0,
    },
    Builtin {
        name: "runtime.x86HasFMA",
        abi: 0,
    },
    Builtin {
        name: "runtime.x86HasPOPCNT",
        abi: 0,
    },
    Builtin {
        name: "runtime.x86HasSSE41",
        abi: 0,
    },
    Builtin {
        name: "runtime.armHasVFPv4",
        abi: 0,
    },
    Builtin {
        name: "runtime.arm64HasATOMICS",
        abi: 0,
    },
    Builtin {
        name: "runtime.loong64HasLAMCAS",
        abi: 0,
    },
    Builtin {
        name: "runtime.loong64HasLAM_BH",
        abi: 0,
    },
    Builtin {
        name: "runtime.loong64HasDBAR_HINTS",
        abi: 0,
    },
    Builtin {
        name: "runtime.loong64HasLSX",
        abi: 0,
    },
    Builtin {
        name: "runtime.riscv64HasZbb",
        abi: 0,
    },
    Builtin {
        name: "runtime.asanregisterglobals",
        abi: 1,
    },
    Builtin {
        name: "runtime.KeepAlive",
        abi: 1,
    },
    Builtin {
        name: "runtime.deferproc",
        abi: 1,
    },
    Builtin {
        name: "runtime.deferprocStack",
        abi: 1,
    },
    Builtin {
        name: "runtime.deferreturn",
        abi: 1,
    },
    Builtin {
        name: "runtime.newproc",
        abi: 1,
    },
    Builtin {
        name: "runtime.panicoverflow",
        abi: 1,
    },
    Builtin {
        name: "runtime.sigpanic",
        abi: 1,
    },
    Builtin {
        name: "runtime.gcWriteBarrier1",
        abi: 1,
    },
    Builtin {
        name: "runtime.gcWriteBarrier2",
        abi: 1,
    },
    Builtin {
        name: "runtime.gcWriteBarrier3",
        abi: 1,
    },
    Builtin {
        name: "runtime.gcWriteBarrier4",
        abi: 1,
    },
    Builtin {
        name: "runtime.gcWriteBarrier5",
        abi: 1,
    },
    Builtin {
        name: "runtime.gcWriteBarrier6",
        abi: 1,
    },
    Builtin {
        name: "runtime.gcWriteBarrier7",
        abi: 1,
    },
    Builtin {
        name: "runtime.gcWriteBarrier8",
        abi: 1,
    },
    Builtin {
        name: "runtime.duffzero",
        abi: 1,
    },
    Builtin {
        name: "runtime.duffcopy",
        abi: 1,
    },
    Builtin {
        name: "runtime.morestack",
        abi: 0,
    },
    Builtin {
        name: "runtime.morestackc",
        abi: 0,
    },
    Builtin {
        name: "runtime.morestack_noctxt",
        abi: 0,
    },
    Builtin {
        name: "runtime.retpolineAX",
        abi: 0,
    },
    Builtin {
        name: "runtime.retpolineCX",
        abi: 0,
    },
    Builtin {
        name: "runtime.retpolineDX",
        abi: 0,
    },
    Builtin {
        name: "runtime.retpolineBX",
        abi: 0,
    },
    Builtin {
        name: "runtime.retpolineBP",
        abi: 0,
    },
    Builtin {
        name: "runtime.retpolineSI",
        abi: 0,
    },
    Builtin {
        name: "runtime.retpolineDI",
        abi: 0,
    },
    Builtin {
        name: "runtime.retpolineR8",
        abi: 0,
    },
    Builtin {
        name: "runtime.retpolineR9",
        abi: 0,
    },
    Builtin {
        name: "runtime.retpolineR10",
        abi: 0,
    },
    Builtin {
        name: "runtime.retpolineR11",
        abi: 0,
    },
    Builtin {
        name: "runtime.retpolineR12",
        abi: 0,
    },
    Builtin {
        name: "runtime.retpolineR13",
        abi: 0,
    },
    Builtin {
        name: "runtime.retpolineR14",
        abi: 0,
    },
    Builtin {
        name: "runtime.retpolineR15",
        abi: 0,
    },
    Builtin {
        name: "runtime.tls_g",
        abi: 0,
    },
    Builtin {
        name: "type:int8",
        abi: 0,
    },
    Builtin {
        name: "type:*int8",
        abi: 0,
    },
    Builtin {
        name: "type:uint8",
        abi: 0,
    },
    Builtin {
        name: "type:*uint8",
        abi: 0,
    },
    Builtin {
        name: "type:int16",
        abi: 0,
    },
    Builtin {
        name: "type:*int16",
        abi: 0,
    },
    Builtin {
        name: "type:uint16",
        abi: 0,
    },
    Builtin {
        name: "type:*uint16",
        abi: 0,
    },
    Builtin {
        name: "type:int32",
        abi: 0,
    },
    Builtin {
        name: "type:*int32",
        abi: 0,
    },
    Builtin {
        name: "type:uint32",
        abi: 0,
    },
    Builtin {
        name: "type:*uint32",
        abi: 0,
    },
    Builtin {
        name: "type:int64",
        abi: 0,
    },
    Builtin {
        name: "type:*int64",
        abi: 0,
    },
    Builtin {
        name: "type:uint64",
        abi: 0,
    },
    Builtin {
        name: "type:*uint64",
        abi: 0,
    },
    Builtin {
        name: "type:float32",
        abi: 0,
    },
    Builtin {
        name: "type:*float32",
        abi: 0,
    },
    Builtin {
        name: "type:float64",
        abi: 0,
    },
    Builtin {
        name: "type:*float64",
        abi: 0,
    },
    Builtin {
        name: "type:complex64",
        abi: 0,
    },
    Builtin {
        name: "type:*complex64",
        abi: 0,
    },
    Builtin {
        name: "type:complex128",
        abi: 0,
    },
    Builtin {
        name: "type:*complex128",
        abi: 0,
    },
    Builtin {
        name: "type:unsafe.Pointer",
        abi: 0,
    },
    Builtin {
        name: "type:*unsafe.Pointer",
        abi: 0,
    },
    Builtin {
        name: "type:uintptr",
        abi: 0,
    },
    Builtin {
        name: "type:*uintptr",
        abi: 0,
    },
    Builtin {
        name: "type:bool",
        abi: 0,
    },
    Builtin {
        name: "type:*bool",
        abi: 0,
    },
    Builtin {
        name: "type:string",
        abi: 0,
    },
    Builtin {
        name: "type:*string",
        abi: 0,
    },
    Builtin {
        name: "type:error",
        abi: 0,
    },
    Builtin {
        name: "type:*error",
        abi: 0,
    },
    Builtin {
        name: "type:func(error) string",
        abi: 0,
    },
    Builtin {
        name: "type:*func(error) string",
        abi: 0,
    },
];
