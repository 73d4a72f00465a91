//! Tables of one Go release, written by `cargo xtask gen-gover`; not to be edited.

use crate::AuxType::*;
use crate::ModuleField as M;
use crate::RelocType as R;
use crate::SymKind as S;
use crate::*;

pub(crate) static SYM_KINDS: &[SymKind] = &[
    S::Xxx, S::Text, S::Rodata, S::NoPtrData, S::Data, S::Bss, S::NoPtrBss, S::TlsBss,
    S::DwarfCuInfo, S::DwarfConst, S::DwarfFcn, S::DwarfAbsFcn, S::DwarfType, S::DwarfVar,
    S::DwarfRange, S::DwarfLoc, S::DwarfLines, S::Libfuzzer8BitCounter, S::CoverageCounter,
    S::CoverageAuxVar, S::SehUnwindInfo,
];

pub(crate) static KIND_ORDER: &[SymKind] = &[
    S::Xxx, S::Text, S::ElfRxSect, S::MachoPlt, S::Type, S::String, S::GoString, S::GoFunc,
    S::GcBits, S::Rodata, S::FuncTab, S::ElfRoSect, S::TypeRelro, S::StringRelro,
    S::GoStringRelro, S::GoFuncRelro, S::GcBitsRelro, S::RodataRelro, S::FuncTabRelro,
    S::TypeLink, S::ItabLink, S::SymTab, S::Pclntab, S::FirstWritable, S::BuildInfo, S::ElfSect,
    S::Macho, S::MachoGot, S::Windows, S::ElfGot, S::NoPtrData, S::InitArr, S::Data, S::XcoffToc,
    S::Bss, S::NoPtrBss, S::Libfuzzer8BitCounter, S::CoverageCounter, S::CoverageAuxVar,
    S::TlsBss, S::Xref, S::MachoSymStr, S::MachoSymTab, S::MachoIndirectPlt, S::MachoIndirectGot,
    S::FilePath, S::DynImport, S::HostObj, S::UndefExt, S::DwarfSect, S::DwarfCuInfo,
    S::DwarfConst, S::DwarfFcn, S::DwarfAbsFcn, S::DwarfType, S::DwarfVar, S::DwarfRange,
    S::DwarfLoc, S::DwarfLines, S::SehUnwindInfo, S::SehSect,
];

pub(crate) static READ_ONLY_KINDS: &[SymKind] = &[
    S::Type, S::String, S::GoString, S::GoFunc, S::GcBits, S::Rodata, S::FuncTab,
];

pub(crate) static RELRO_TWINS: &[(SymKind, SymKind)] = &[
    (S::Type, S::TypeRelro), (S::String, S::StringRelro), (S::GoString, S::GoStringRelro),
    (S::GoFunc, S::GoFuncRelro), (S::GcBits, S::GcBitsRelro), (S::Rodata, S::RodataRelro),
    (S::FuncTab, S::FuncTabRelro),
];

pub(crate) static RELOC_TYPES: &[RelocType] = &[
    R::Invalid, R::Addr, R::AddrPower, R::AddrArm64, R::AddrMips, R::AddrOff, R::Size, R::Call,
    R::CallArm, R::CallArm64, R::CallInd, R::CallPower, R::CallMips, R::Const, R::Pcrel,
    R::TlsLe, R::TlsIe, R::GotOff, R::Plt0, R::Plt1, R::Plt2, R::UseField, R::UseType,
    R::UseIface, R::UseIfaceMethod, R::UseNamedMethod, R::MethodOff, R::Keep, R::PowerToc,
    R::GotPcrel, R::JmpMips, R::DwarfSecRef, R::DwarfFileRef, R::Arm64TlsLe, R::Arm64TlsIe,
    R::Arm64GotPcrel, R::Arm64Got, R::Arm64Pcrel, R::Arm64PcrelLdSt8, R::Arm64PcrelLdSt16,
    R::Arm64PcrelLdSt32, R::Arm64PcrelLdSt64, R::Arm64LdSt8, R::Arm64LdSt16, R::Arm64LdSt32,
    R::Arm64LdSt64, R::Arm64LdSt128, R::PowerTlsLe, R::PowerTlsIe, R::PowerTls,
    R::PowerTlsIePcrel34, R::PowerTlsLeTprel34, R::AddrPowerDs, R::AddrPowerGot,
    R::AddrPowerGotPcrel34, R::AddrPowerPcrel, R::AddrPowerTocRel, R::AddrPowerTocRelDs,
    R::AddrPowerD34, R::AddrPowerPcrel34, R::RiscvJal, R::RiscvJalTramp, R::RiscvCall,
    R::RiscvPcrelItype, R::RiscvPcrelStype, R::RiscvTlsIe, R::RiscvTlsLe, R::RiscvGotHi20,
    R::RiscvPcrelHi20, R::RiscvPcrelLo12I, R::RiscvPcrelLo12S, R::RiscvBranch, R::RiscvRvcBranch,
    R::RiscvRvcJump, R::PcrelDbl, R::AddrLoong64, R::AddrLoong64U, R::AddrLoong64Tls,
    R::AddrLoong64TlsU, R::CallLoong64, R::Loong64TlsIePcrelHi, R::Loong64TlsIeLo,
    R::Loong64GotHi, R::Loong64GotLo, R::JmpLoong64, R::AddrMipsU, R::AddrMipsTls, R::AddrCuOff,
    R::WasmImport, R::XcoffRef, R::PeImageOff, R::InitOrder,
];

pub(crate) static AUX_TYPES: &[AuxType] = &[
    Gotype, FuncInfo, Funcdata, DwarfInfo, DwarfLoc, DwarfRanges, DwarfLines, Pcsp, Pcfile,
    Pcline, Pcinline, Pcdata, WasmImport, SehUnwindInfo,
];

pub(crate) const FLAGS: SymFlags = SymFlags {
    dupok: 1 << 0,
    local: 1 << 1,
    typelink: 1 << 2,
    leaf: 1 << 3,
    nosplit: 1 << 4,
    reflect_method: 1 << 5,
    go_type: 1 << 6,
};

pub(crate) const FLAGS2: SymFlags2 = SymFlags2 {
    used_in_iface: 1 << 0,
    itab: 1 << 1,
    dict: 1 << 2,
    pkg_init: 1 << 3,
    linkname: 0,
    linkname_std: 0,
    abi_wrapper: 0,
    wasm_export: 0,
};

pub(crate) static BUILTINS: &[Builtin] = &[
    Builtin { name: "runtime.newobject", abi: 1 }, Builtin { name: "runtime.mallocgc", abi: 1 },
    Builtin { name: "runtime.panicdivide", abi: 1 },
    Builtin { name: "runtime.panicshift", abi: 1 },
    Builtin { name: "runtime.panicmakeslicelen", abi: 1 },
    Builtin { name: "runtime.panicmakeslicecap", abi: 1 },
    Builtin { name: "runtime.throwinit", abi: 1 }, Builtin { name: "runtime.panicwrap", abi: 1 },
    Builtin { name: "runtime.gopanic", abi: 1 }, Builtin { name: "runtime.gorecover", abi: 1 },
    Builtin { name: "runtime.goschedguarded", abi: 1 },
    Builtin { name: "runtime.goPanicIndex", abi: 1 },
    Builtin { name: "runtime.goPanicIndexU", abi: 1 },
    Builtin { name: "runtime.goPanicSliceAlen", abi: 1 },
    Builtin { name: "runtime.goPanicSliceAlenU", abi: 1 },
    Builtin { name: "runtime.goPanicSliceAcap", abi: 1 },
    Builtin { name: "runtime.goPanicSliceAcapU", abi: 1 },
    Builtin { name: "runtime.goPanicSliceB", abi: 1 },
    Builtin { name: "runtime.goPanicSliceBU", abi: 1 },
    Builtin { name: "runtime.goPanicSlice3Alen", abi: 1 },
    Builtin { name: "runtime.goPanicSlice3AlenU", abi: 1 },
    Builtin { name: "runtime.goPanicSlice3Acap", abi: 1 },
    Builtin { name: "runtime.goPanicSlice3AcapU", abi: 1 },
    Builtin { name: "runtime.goPanicSlice3B", abi: 1 },
    Builtin { name: "runtime.goPanicSlice3BU", abi: 1 },
    Builtin { name: "runtime.goPanicSlice3C", abi: 1 },
    Builtin { name: "runtime.goPanicSlice3CU", abi: 1 },
    Builtin { name: "runtime.goPanicSliceConvert", abi: 1 },
    Builtin { name: "runtime.printbool", abi: 1 },
    Builtin { name: "runtime.printfloat", abi: 1 }, Builtin { name: "runtime.printint", abi: 1 },
    Builtin { name: "runtime.printhex", abi: 1 }, Builtin { name: "runtime.printuint", abi: 1 },
    Builtin { name: "runtime.printcomplex", abi: 1 },
    Builtin { name: "runtime.printstring", abi: 1 },
    Builtin { name: "runtime.printpointer", abi: 1 },
    Builtin { name: "runtime.printuintptr", abi: 1 },
    Builtin { name: "runtime.printiface", abi: 1 },
    Builtin { name: "runtime.printeface", abi: 1 },
    Builtin { name: "runtime.printslice", abi: 1 }, Builtin { name: "runtime.printnl", abi: 1 },
    Builtin { name: "runtime.printsp", abi: 1 }, Builtin { name: "runtime.printlock", abi: 1 },
    Builtin { name: "runtime.printunlock", abi: 1 },
    Builtin { name: "runtime.concatstring2", abi: 1 },
    Builtin { name: "runtime.concatstring3", abi: 1 },
    Builtin { name: "runtime.concatstring4", abi: 1 },
    Builtin { name: "runtime.concatstring5", abi: 1 },
    Builtin { name: "runtime.concatstrings", abi: 1 },
    Builtin { name: "runtime.cmpstring", abi: 1 }, Builtin { name: "runtime.intstring", abi: 1 },
    Builtin { name: "runtime.slicebytetostring", abi: 1 },
    Builtin { name: "runtime.slicebytetostringtmp", abi: 1 },
    Builtin { name: "runtime.slicerunetostring", abi: 1 },
    Builtin { name: "runtime.stringtoslicebyte", abi: 1 },
    Builtin { name: "runtime.stringtoslicerune", abi: 1 },
    Builtin { name: "runtime.slicecopy", abi: 1 },
    Builtin { name: "runtime.decoderune", abi: 1 },
    Builtin { name: "runtime.countrunes", abi: 1 }, Builtin { name: "runtime.convT", abi: 1 },
    Builtin { name: "runtime.convTnoptr", abi: 1 }, Builtin { name: "runtime.convT16", abi: 1 },
    Builtin { name: "runtime.convT32", abi: 1 }, Builtin { name: "runtime.convT64", abi: 1 },
    Builtin { name: "runtime.convTstring", abi: 1 },
    Builtin { name: "runtime.convTslice", abi: 1 },
    Builtin { name: "runtime.assertE2I", abi: 1 },
    Builtin { name: "runtime.assertE2I2", abi: 1 },
    Builtin { name: "runtime.panicdottypeE", abi: 1 },
    Builtin { name: "runtime.panicdottypeI", abi: 1 },
    Builtin { name: "runtime.panicnildottype", abi: 1 },
    Builtin { name: "runtime.typeAssert", abi: 1 },
    Builtin { name: "runtime.interfaceSwitch", abi: 1 },
    Builtin { name: "runtime.ifaceeq", abi: 1 }, Builtin { name: "runtime.efaceeq", abi: 1 },
    Builtin { name: "runtime.panicrangeexit", abi: 1 },
    Builtin { name: "runtime.deferrangefunc", abi: 1 },
    Builtin { name: "runtime.rand32", abi: 1 }, Builtin { name: "runtime.makemap64", abi: 1 },
    Builtin { name: "runtime.makemap", abi: 1 },
    Builtin { name: "runtime.makemap_small", abi: 1 },
    Builtin { name: "runtime.mapaccess1", abi: 1 },
    Builtin { name: "runtime.mapaccess1_fast32", abi: 1 },
    Builtin { name: "runtime.mapaccess1_fast64", abi: 1 },
    Builtin { name: "runtime.mapaccess1_faststr", abi: 1 },
    Builtin { name: "runtime.mapaccess1_fat", abi: 1 },
    Builtin { name: "runtime.mapaccess2", abi: 1 },
    Builtin { name: "runtime.mapaccess2_fast32", abi: 1 },
    Builtin { name: "runtime.mapaccess2_fast64", abi: 1 },
    Builtin { name: "runtime.mapaccess2_faststr", abi: 1 },
    Builtin { name: "runtime.mapaccess2_fat", abi: 1 },
    Builtin { name: "runtime.mapassign", abi: 1 },
    Builtin { name: "runtime.mapassign_fast32", abi: 1 },
    Builtin { name: "runtime.mapassign_fast32ptr", abi: 1 },
    Builtin { name: "runtime.mapassign_fast64", abi: 1 },
    Builtin { name: "runtime.mapassign_fast64ptr", abi: 1 },
    Builtin { name: "runtime.mapassign_faststr", abi: 1 },
    Builtin { name: "runtime.mapiterinit", abi: 1 },
    Builtin { name: "runtime.mapdelete", abi: 1 },
    Builtin { name: "runtime.mapdelete_fast32", abi: 1 },
    Builtin { name: "runtime.mapdelete_fast64", abi: 1 },
    Builtin { name: "runtime.mapdelete_faststr", abi: 1 },
    Builtin { name: "runtime.mapiternext", abi: 1 },
    Builtin { name: "runtime.mapclear", abi: 1 }, Builtin { name: "runtime.makechan64", abi: 1 },
    Builtin { name: "runtime.makechan", abi: 1 }, Builtin { name: "runtime.chanrecv1", abi: 1 },
    Builtin { name: "runtime.chanrecv2", abi: 1 }, Builtin { name: "runtime.chansend1", abi: 1 },
    Builtin { name: "runtime.closechan", abi: 1 },
    Builtin { name: "runtime.writeBarrier", abi: 0 },
    Builtin { name: "runtime.typedmemmove", abi: 1 },
    Builtin { name: "runtime.typedmemclr", abi: 1 },
    Builtin { name: "runtime.typedslicecopy", abi: 1 },
    Builtin { name: "runtime.selectnbsend", abi: 1 },
    Builtin { name: "runtime.selectnbrecv", abi: 1 },
    Builtin { name: "runtime.selectsetpc", abi: 1 },
    Builtin { name: "runtime.selectgo", abi: 1 }, Builtin { name: "runtime.block", abi: 1 },
    Builtin { name: "runtime.makeslice", abi: 1 },
    Builtin { name: "runtime.makeslice64", abi: 1 },
    Builtin { name: "runtime.makeslicecopy", abi: 1 },
    Builtin { name: "runtime.growslice", abi: 1 },
    Builtin { name: "runtime.unsafeslicecheckptr", abi: 1 },
    Builtin { name: "runtime.panicunsafeslicelen", abi: 1 },
    Builtin { name: "runtime.panicunsafeslicenilptr", abi: 1 },
    Builtin { name: "runtime.unsafestringcheckptr", abi: 1 },
    Builtin { name: "runtime.panicunsafestringlen", abi: 1 },
    Builtin { name: "runtime.panicunsafestringnilptr", abi: 1 },
    Builtin { name: "runtime.memmove", abi: 1 },
    Builtin { name: "runtime.memclrNoHeapPointers", abi: 1 },
    Builtin { name: "runtime.memclrHasPointers", abi: 1 },
    Builtin { name: "runtime.memequal", abi: 1 }, Builtin { name: "runtime.memequal0", abi: 1 },
    Builtin { name: "runtime.memequal8", abi: 1 },
    Builtin { name: "runtime.memequal16", abi: 1 },
    Builtin { name: "runtime.memequal32", abi: 1 },
    Builtin { name: "runtime.memequal64", abi: 1 },
    Builtin { name: "runtime.memequal128", abi: 1 },
    Builtin { name: "runtime.f32equal", abi: 1 }, Builtin { name: "runtime.f64equal", abi: 1 },
    Builtin { name: "runtime.c64equal", abi: 1 }, Builtin { name: "runtime.c128equal", abi: 1 },
    Builtin { name: "runtime.strequal", abi: 1 }, Builtin { name: "runtime.interequal", abi: 1 },
    Builtin { name: "runtime.nilinterequal", abi: 1 },
    Builtin { name: "runtime.memhash", abi: 1 }, Builtin { name: "runtime.memhash0", abi: 1 },
    Builtin { name: "runtime.memhash8", abi: 1 }, Builtin { name: "runtime.memhash16", abi: 1 },
    Builtin { name: "runtime.memhash32", abi: 1 }, Builtin { name: "runtime.memhash64", abi: 1 },
    Builtin { name: "runtime.memhash128", abi: 1 }, Builtin { name: "runtime.f32hash", abi: 1 },
    Builtin { name: "runtime.f64hash", abi: 1 }, Builtin { name: "runtime.c64hash", abi: 1 },
    Builtin { name: "runtime.c128hash", abi: 1 }, Builtin { name: "runtime.strhash", abi: 1 },
    Builtin { name: "runtime.interhash", abi: 1 },
    Builtin { name: "runtime.nilinterhash", abi: 1 },
    Builtin { name: "runtime.int64div", abi: 1 }, Builtin { name: "runtime.uint64div", abi: 1 },
    Builtin { name: "runtime.int64mod", abi: 1 }, Builtin { name: "runtime.uint64mod", abi: 1 },
    Builtin { name: "runtime.float64toint64", abi: 1 },
    Builtin { name: "runtime.float64touint64", abi: 1 },
    Builtin { name: "runtime.float64touint32", abi: 1 },
    Builtin { name: "runtime.int64tofloat64", abi: 1 },
    Builtin { name: "runtime.int64tofloat32", abi: 1 },
    Builtin { name: "runtime.uint64tofloat64", abi: 1 },
    Builtin { name: "runtime.uint64tofloat32", abi: 1 },
    Builtin { name: "runtime.uint32tofloat64", abi: 1 },
    Builtin { name: "runtime.complex128div", abi: 1 },
    Builtin { name: "runtime.getcallerpc", abi: 1 },
    Builtin { name: "runtime.getcallersp", abi: 1 },
    Builtin { name: "runtime.racefuncenter", abi: 1 },
    Builtin { name: "runtime.racefuncexit", abi: 1 },
    Builtin { name: "runtime.raceread", abi: 1 }, Builtin { name: "runtime.racewrite", abi: 1 },
    Builtin { name: "runtime.racereadrange", abi: 1 },
    Builtin { name: "runtime.racewriterange", abi: 1 },
    Builtin { name: "runtime.msanread", abi: 1 }, Builtin { name: "runtime.msanwrite", abi: 1 },
    Builtin { name: "runtime.msanmove", abi: 1 }, Builtin { name: "runtime.asanread", abi: 1 },
    Builtin { name: "runtime.asanwrite", abi: 1 },
    Builtin { name: "runtime.checkptrAlignment", abi: 1 },
    Builtin { name: "runtime.checkptrArithmetic", abi: 1 },
    Builtin { name: "runtime.libfuzzerTraceCmp1", abi: 1 },
    Builtin { name: "runtime.libfuzzerTraceCmp2", abi: 1 },
    Builtin { name: "runtime.libfuzzerTraceCmp4", abi: 1 },
    Builtin { name: "runtime.libfuzzerTraceCmp8", abi: 1 },
    Builtin { name: "runtime.libfuzzerTraceConstCmp1", abi: 1 },
    Builtin { name: "runtime.libfuzzerTraceConstCmp2", abi: 1 },
    Builtin { name: "runtime.libfuzzerTraceConstCmp4", abi: 1 },
    Builtin { name: "runtime.libfuzzerTraceConstCmp8", abi: 1 },
    Builtin { name: "runtime.libfuzzerHookStrCmp", abi: 1 },
    Builtin { name: "runtime.libfuzzerHookEqualFold", abi: 1 },
    Builtin { name: "runtime.addCovMeta", abi: 1 },
    Builtin { name: "runtime.x86HasPOPCNT", abi: 0 },
    Builtin { name: "runtime.x86HasSSE41", abi: 0 },
    Builtin { name: "runtime.x86HasFMA", abi: 0 },
    Builtin { name: "runtime.armHasVFPv4", abi: 0 },
    Builtin { name: "runtime.arm64HasATOMICS", abi: 0 },
    Builtin { name: "runtime.asanregisterglobals", abi: 1 },
    Builtin { name: "runtime.deferproc", abi: 1 },
    Builtin { name: "runtime.deferprocStack", abi: 1 },
    Builtin { name: "runtime.deferreturn", abi: 1 }, Builtin { name: "runtime.newproc", abi: 1 },
    Builtin { name: "runtime.panicoverflow", abi: 1 },
    Builtin { name: "runtime.sigpanic", abi: 1 },
    Builtin { name: "runtime.gcWriteBarrier", abi: 1 },
    Builtin { name: "runtime.duffzero", abi: 1 }, Builtin { name: "runtime.duffcopy", abi: 1 },
    Builtin { name: "runtime.morestack", abi: 0 },
    Builtin { name: "runtime.morestackc", abi: 0 },
    Builtin { name: "runtime.morestack_noctxt", abi: 0 }, Builtin { name: "type:int8", abi: 0 },
    Builtin { name: "type:*int8", abi: 0 }, Builtin { name: "type:uint8", abi: 0 },
    Builtin { name: "type:*uint8", abi: 0 }, Builtin { name: "type:int16", abi: 0 },
    Builtin { name: "type:*int16", abi: 0 }, Builtin { name: "type:uint16", abi: 0 },
    Builtin { name: "type:*uint16", abi: 0 }, Builtin { name: "type:int32", abi: 0 },
    Builtin { name: "type:*int32", abi: 0 }, Builtin { name: "type:uint32", abi: 0 },
    Builtin { name: "type:*uint32", abi: 0 }, Builtin { name: "type:int64", abi: 0 },
    Builtin { name: "type:*int64", abi: 0 }, Builtin { name: "type:uint64", abi: 0 },
    Builtin { name: "type:*uint64", abi: 0 }, Builtin { name: "type:float32", abi: 0 },
    Builtin { name: "type:*float32", abi: 0 }, Builtin { name: "type:float64", abi: 0 },
    Builtin { name: "type:*float64", abi: 0 }, Builtin { name: "type:complex64", abi: 0 },
    Builtin { name: "type:*complex64", abi: 0 }, Builtin { name: "type:complex128", abi: 0 },
    Builtin { name: "type:*complex128", abi: 0 },
    Builtin { name: "type:unsafe.Pointer", abi: 0 },
    Builtin { name: "type:*unsafe.Pointer", abi: 0 }, Builtin { name: "type:uintptr", abi: 0 },
    Builtin { name: "type:*uintptr", abi: 0 }, Builtin { name: "type:bool", abi: 0 },
    Builtin { name: "type:*bool", abi: 0 }, Builtin { name: "type:string", abi: 0 },
    Builtin { name: "type:*string", abi: 0 }, Builtin { name: "type:error", abi: 0 },
    Builtin { name: "type:*error", abi: 0 }, Builtin { name: "type:func(error) string", abi: 0 },
    Builtin { name: "type:*func(error) string", abi: 0 },
];

pub(crate) const FUNC_ID_NORMAL: u8 = 0;

pub(crate) const FUNC_ID_WRAPPER: u8 = 22;

pub(crate) static FUNC_IDS: &[(&str, u8)] = &[
    ("abort", 1), ("asmcgocall", 2), ("asyncPreempt", 3), ("cgocallback", 4), ("corostart", 5),
    ("debugCallV2", 6), ("gcBgMarkWorker", 7), ("rt0_go", 16), ("goexit", 8), ("gogo", 9),
    ("gopanic", 10), ("handleAsyncEvent", 11), ("main", 18), ("mcall", 12), ("morestack", 13),
    ("mstart", 14), ("panicwrap", 15), ("runfinq", 17), ("sigpanic", 19),
    ("systemstack_switch", 21), ("systemstack", 20), ("deferreturn", 22),
];

pub(crate) const PCDATA: PcdataNumbers = PcdataNumbers {
    unsafe_point: 0,
    stack_map_index: 1,
    inl_tree_index: 2,
    arg_live_index: 3,
};

pub(crate) const FUNCDATA: FuncdataNumbers = FuncdataNumbers {
    args_pointer_maps: 0,
    locals_pointer_maps: 1,
    stack_objects: 2,
    inl_tree: 3,
    open_coded_defer_info: 4,
    arg_info: 5,
    arg_live_info: 6,
    wrap_info: 7,
};

pub(crate) const PCLNTAB: PclntabNumbers = PclntabNumbers {
    magic: 0xfffffff1,
    min_func: 16,
    bucket_size: 4096,
};

pub(crate) static BLOCKED_LINKNAMES: &[BlockedLinkname] = &[
];

pub(crate) static RUNTIME_PKGS: &[&str] = &[
    "internal/abi", "internal/bytealg", "internal/chacha8rand", "internal/cpu", "runtime",
    "sync/atomic",
];

pub(crate) static RUNTIME_PREFIXES: &[&str] = &[
    "runtime/internal/",
];

pub(crate) static EXTRA_NO_INSTRUMENT_PKGS: &[&str] = &[
    "-internal/bytealg", "runtime/asan", "runtime/msan", "runtime/race",
];

pub(crate) static NO_RACE_FUNC_PKGS: &[&str] = &[
    "sync", "sync/atomic",
];

pub(crate) static ALLOW_ASM_ABI_PKGS: &[&str] = &[
    "internal/bytealg", "internal/chacha8rand", "reflect", "runtime",
    "runtime/internal/startlinetest", "runtime/internal/syscall", "syscall",
];

pub(crate) static INTERNAL_PKGS: &[&str] = &[
    "crypto/internal/boring", "crypto/internal/boring/syso", "crypto/x509", "net", "os/user",
    "runtime/asan", "runtime/cgo", "runtime/msan", "runtime/race",
    "runtime/race/internal/amd64v1", "runtime/race/internal/amd64v3",
];

pub(crate) static EXPERIMENTS: &[&str] = &[
    "fieldtrack", "preemptibleloops", "staticlockranking", "boringcrypto", "regabiwrappers",
    "regabiargs", "heapminimum512kib", "coverageredesign", "arenas", "pagetrace", "cgocheck2",
    "loopvar", "cacheprog", "newinliner", "rangefunc", "range", "allocheaders", "exectracer2",
];

pub(crate) static EXPERIMENT_BASELINE: &[(&str, BaselineWhen)] = &[
    ("regabiwrappers", BaselineWhen::RegisterAbi), ("regabiargs", BaselineWhen::RegisterAbi),
    ("coverageredesign", BaselineWhen::Always), ("allocheaders", BaselineWhen::Always),
    ("exectracer2", BaselineWhen::Always),
];

pub(crate) static REGISTER_ABI_ARCHES: &[&str] = &[
    "amd64", "arm64", "ppc64le", "ppc64", "riscv64", "loong64",
];

pub(crate) static REGISTER_ABI_ONLY_ARCHES: &[&str] = &[
    "amd64", "arm64", "ppc64le", "ppc64", "riscv64",
];

pub(crate) static BYTE_EXCHANGE_ARCHES: &[&str] = &[
];

pub(crate) static DWARF4_OSES: &[&str] = &[
];

pub(crate) static MODULEDATA: &[ModuleField] = &[
    M::PcHeader, M::FuncNameTab, M::CuTab, M::FileTab, M::PcTab, M::Pclntable, M::Ftab,
    M::FindFuncTab, M::MinPc, M::MaxPc, M::Text, M::Etext, M::NoPtrData, M::EnoPtrData, M::Data,
    M::Edata, M::Bss, M::Ebss, M::NoPtrBss, M::EnoPtrBss, M::CovCtrs, M::EcovCtrs, M::End,
    M::GcData, M::GcBss, M::Types, M::Etypes, M::Rodata, M::GoFunc, M::TextSectMap, M::TypeLinks,
    M::ItabLinks, M::Ptab, M::PluginPath, M::PkgHashes, M::InitTasks, M::ModuleName,
    M::ModuleHashes, M::HasMain,
];

pub(crate) static DWARF_PROTOTYPES: &[&str] = &[
    "type:runtime.stringStructDWARF", "type:runtime.slice", "type:runtime.hmap",
    "type:runtime.bmap", "type:runtime.sudog", "type:runtime.waitq", "type:runtime.hchan",
];

pub(crate) static DWARF_RUNTIME_TYPES: &[&str] = &[
    "type:internal/abi.Type", "type:internal/abi.ArrayType", "type:internal/abi.ChanType",
    "type:internal/abi.FuncType", "type:internal/abi.MapType", "type:internal/abi.PtrType",
    "type:internal/abi.SliceType", "type:internal/abi.StructType",
    "type:internal/abi.InterfaceType", "type:runtime.itab", "type:internal/abi.Imethod",
];

pub(crate) static PROBE_SKIP_WITH_ARG: &[&str] = &[
    "-F", "-l", "-L", "-framework", "-Wl,-framework", "-Wl,-rpath", "-Wl,-undefined",
];

pub(crate) static PROBE_KEEP_WITH_ARG: &[&str] = &[
    "-arch", "-isysroot", "--sysroot", "-target",
];

pub(crate) static PROBE_KEEP_PREFIXES: &[&str] = &[
    "-f", "-m", "-p", "-Wl,", "-arch", "-isysroot", "--sysroot", "-target",
];

pub(crate) static PLATFORMS: &[&str] = &[
    "aix/ppc64", "android/386", "android/amd64", "android/arm", "android/arm64", "darwin/amd64",
    "darwin/arm64", "dragonfly/amd64", "freebsd/386", "freebsd/amd64", "freebsd/arm",
    "freebsd/arm64", "freebsd/riscv64", "illumos/amd64", "ios/amd64", "ios/arm64", "js/wasm",
    "linux/386", "linux/amd64", "linux/arm", "linux/arm64", "linux/loong64", "linux/mips",
    "linux/mips64", "linux/mips64le", "linux/mipsle", "linux/ppc64", "linux/ppc64le",
    "linux/riscv64", "linux/s390x", "linux/sparc64", "netbsd/386", "netbsd/amd64", "netbsd/arm",
    "netbsd/arm64", "openbsd/386", "openbsd/amd64", "openbsd/arm", "openbsd/arm64",
    "openbsd/mips64", "openbsd/ppc64", "openbsd/riscv64", "plan9/386", "plan9/amd64",
    "plan9/arm", "solaris/amd64", "wasip1/wasm", "windows/386", "windows/amd64", "windows/arm",
    "windows/arm64",
];

pub(crate) static C_ARCHIVE_OSES: &[&str] = &[
    "aix", "darwin", "ios", "windows",
];

pub(crate) static C_ARCHIVE_LINUX_ARCHES: &[&str] = &[
    "386", "amd64", "arm", "armbe", "arm64", "arm64be", "loong64", "ppc64le", "riscv64", "s390x",
];

pub(crate) static C_SHARED_PLATFORMS: &[&str] = &[
    "linux/amd64", "linux/arm", "linux/arm64", "linux/loong64", "linux/386", "linux/ppc64le",
    "linux/riscv64", "linux/s390x", "android/amd64", "android/arm", "android/arm64",
    "android/386", "freebsd/amd64", "darwin/amd64", "darwin/arm64", "windows/amd64",
    "windows/386", "windows/arm64",
];

pub(crate) static PIE_PLATFORMS: &[&str] = &[
    "linux/386", "linux/amd64", "linux/arm", "linux/arm64", "linux/loong64", "linux/ppc64le",
    "linux/riscv64", "linux/s390x", "android/amd64", "android/arm", "android/arm64",
    "android/386", "freebsd/amd64", "darwin/amd64", "darwin/arm64", "ios/amd64", "ios/arm64",
    "aix/ppc64", "windows/386", "windows/amd64", "windows/arm", "windows/arm64",
];

pub(crate) static SHARED_PLATFORMS: &[&str] = &[
    "linux/386", "linux/amd64", "linux/arm", "linux/arm64", "linux/ppc64le", "linux/s390x",
];

pub(crate) static PLUGIN_PLATFORMS: &[&str] = &[
    "linux/amd64", "linux/arm", "linux/arm64", "linux/386", "linux/loong64", "linux/s390x",
    "linux/ppc64le", "android/amd64", "android/386", "darwin/amd64", "darwin/arm64",
    "freebsd/amd64",
];

pub(crate) static INTERNAL_PIE_PLATFORMS: &[&str] = &[
    "android/arm64", "darwin/amd64", "darwin/arm64", "linux/amd64", "linux/arm64",
    "linux/ppc64le", "windows/386", "windows/amd64", "windows/arm", "windows/arm64",
];

pub(crate) static PPC64_CGO_EXTERNAL_OSES: &[&str] = &[
    "aix", "linux",
];
