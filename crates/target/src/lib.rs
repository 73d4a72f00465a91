//! What differs between machines.

pub mod os;
pub mod plt;

use gover::RelocType;
pub use os::{FileFormat, OsInfo, Placement, RuntimeTls};
use plt::{Plt, Stub};

/// Machines whose instructions are relocated alike (`sys.ArchFamily`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// x86-64.
    Amd64,
    /// AArch64.
    Arm64,
}

/// How calls are extended that do not reach their targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trampolines {
    /// Size of text from which they may be needed, bytes (`TrampLimit`).
    pub limit: u64,
    /// Distance that a call reaches, backwards; forwards it is just not reached. Bytes.
    pub reach: i64,
    /// The instructions of a trampoline, without the target.
    pub code: &'static [u8],
    /// The relocation of the target, at the start of the code.
    pub reloc: RelocType,
    /// Width of its field, bytes.
    pub reloc_size: u8,
    /// The instructions of a trampoline to an imported function, whose address the global offset
    /// table has.
    pub got_code: &'static [u8],
    /// The relocation of the target there, at the start of the code and as wide.
    pub got_reloc: RelocType,
}

/// What an architecture is to the linker, as numbers (`ld.Arch`, `sys.Arch`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArchInfo {
    /// `GOARCH`.
    pub name: &'static str,
    /// Whose instructions these are.
    pub family: Family,
    /// Size of a pointer, bytes.
    pub ptr_size: u8,
    /// Least size of an instruction, bytes (`MinLC`).
    pub min_lc: u8,
    /// Default alignment of functions, bytes.
    pub func_align: u32,
    /// Greatest alignment given to data by its size, bytes.
    pub max_align: u32,
    /// Alignment of compressed debug sections (`sys.Arch.Alignment`), bytes.
    pub alignment: u8,
    /// Whether calls save the return address in a register.
    pub has_link_register: bool,
    /// DWARF number of the stack pointer.
    pub dwarf_sp: u8,
    /// DWARF number of the return address register.
    pub dwarf_lr: u8,
    /// The procedure linkage table of ELF files.
    pub plt: &'static Plt,
    /// Trampolines, where calls may need any.
    pub trampolines: Option<Trampolines>,
    /// What fills the gaps between functions.
    pub code_pad: u8,
    /// Whether Windows unwinds the stack by tables that the compiler prepares (`ld/seh.go`).
    pub has_unwind_tables: bool,
    /// ELF machine number.
    pub elf_machine: u16,
    /// Mach-O processor type and subtype.
    pub macho_cpu: (u32, u32),
    /// Default page size of Mach-O segments (`-R`), bytes.
    pub macho_round: u64,
    /// Default base address of Mach-O executables.
    pub macho_text_base: u64,
    /// Whether Mach-O executables are signed, by nobody in particular (`Link.NeedCodeSign`).
    pub macho_signed: bool,
    /// Whether a host linker makes programs for macOS that have no package runtime/cgo
    /// (`ld/lib.go:loadlib`).
    pub macho_without_cgo: bool,
    /// Whether Mach-O programs may lie anywhere, whatever is asked for.
    pub macho_always_pie: bool,
    /// Where in Mach-O files calls of imported functions go.
    pub macho_stub: &'static Stub,
    /// Offset of the slot that macOS keeps for Go's word of each thread, bytes.
    pub reserved_tls_slot: i64,
    /// PE machine number.
    pub pe_machine: u16,
    /// The address that Windows programs for it are linked for, where each machine has its own (`ld/pe.go:Peinit`).
    pub pe_own_base: u64,
    /// Default page size of ELF segments (`-R`), bytes.
    pub elf_round: u64,
    /// Default base address of ELF executables, the header page before text included.
    pub elf_text_base: u64,
    /// What tells the host compiler that it is for this machine (`ld/lib.go:hostlinkArchArgs`).
    pub cc_args: &'static [&'static str],
    /// What tells it for which machine a program for macOS is, in front of these.
    pub macho_cc_args: &'static [&'static str],
    /// Interpreter of dynamic executables on Linux.
    pub linux_interp: &'static str,
    /// Interpreter of dynamic executables on Linux with musl.
    pub linux_musl_interp: &'static str,
}

/// `GOARCH=amd64`.
pub const AMD64: ArchInfo = ArchInfo {
    name: "amd64",
    family: Family::Amd64,
    ptr_size: 8,
    min_lc: 1,
    func_align: 32,
    max_align: 32,
    alignment: 1,
    has_link_register: false,
    dwarf_sp: 7,
    dwarf_lr: 16,
    plt: &plt::AMD64,
    trampolines: None,
    code_pad: 0xcc,
    has_unwind_tables: true,
    elf_machine: 62,
    macho_cpu: (0x100_0007, 3),
    macho_round: 4096,
    macho_text_base: 0x100_0000,
    macho_signed: false,
    macho_without_cgo: true,
    macho_always_pie: false,
    macho_stub: &plt::AMD64_STUB,
    reserved_tls_slot: 0x30,
    pe_machine: 0x8664,
    pe_own_base: 0x40_0000,
    elf_round: 4096,
    elf_text_base: 0x400000,
    cc_args: &["-m64"],
    macho_cc_args: &["-arch", "x86_64"],
    linux_interp: "/lib64/ld-linux-x86-64.so.2",
    linux_musl_interp: "/lib/ld-musl-x86_64.so.1",
};

/// `GOARCH=arm64`.
pub const ARM64: ArchInfo = ArchInfo {
    name: "arm64",
    family: Family::Arm64,
    ptr_size: 8,
    min_lc: 4,
    func_align: 16,
    max_align: 32,
    alignment: 1,
    has_link_register: true,
    dwarf_sp: 31,
    dwarf_lr: 30,
    plt: &plt::ARM64,
    trampolines: Some(Trampolines {
        // Less than what a call reaches leaves room for what is put behind text.
        limit: 0x7c00000,
        reach: 1 << 27,
        code: &[
            0x10, 0x00, 0x00, 0x90, // adrp x16, target
            0x10, 0x02, 0x00, 0x91, // add  x16, x16, #:lo12:target
            0x00, 0x02, 0x1f, 0xd6, // br   x16
        ],
        reloc: RelocType::AddrArm64,
        reloc_size: 8,
        got_code: &[
            0x10, 0x00, 0x00, 0x90, // adrp x16, :got:target
            0x10, 0x02, 0x40, 0xf9, // ldr  x16, [x16, :got_lo12:target]
            0x00, 0x02, 0x1f, 0xd6, // br   x16
        ],
        got_reloc: RelocType::Arm64GotPcrel,
    }),
    code_pad: 0,
    has_unwind_tables: false,
    elf_machine: 183,
    macho_cpu: (0x100_000c, 0),
    macho_round: 0x4000,
    macho_text_base: 0x1_0000_0000,
    macho_signed: true,
    macho_without_cgo: false,
    macho_always_pie: true,
    macho_stub: &plt::ARM64_STUB,
    reserved_tls_slot: 0,
    pe_machine: 0xaa64,
    pe_own_base: 0x1_0000_0000,
    elf_round: 0x10000,
    elf_text_base: 0x10000,
    cc_args: &[],
    macho_cc_args: &["-arch", "arm64"],
    linux_interp: "/lib/ld-linux-aarch64.so.1",
    linux_musl_interp: "/lib/ld-musl-aarch64.so.1",
};
