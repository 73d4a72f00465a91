//! What differs between machines.

/// What an architecture is to the linker, as numbers (`ld.Arch`, `sys.Arch`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArchInfo {
    /// `GOARCH`.
    pub name: &'static str,
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
    /// Size of text from which calls may need trampolines, bytes; 0 for never.
    pub trampoline_limit: u64,
    /// What fills the gaps between functions.
    pub code_pad: u8,
    /// ELF machine number.
    pub elf_machine: u16,
    /// Default page size of ELF segments (`-R`), bytes.
    pub elf_round: u64,
    /// Default base address of ELF executables, the header page before text included.
    pub elf_text_base: u64,
    /// Interpreter of dynamic executables on Linux.
    pub linux_interp: &'static str,
    /// Interpreter of dynamic executables on Linux with musl.
    pub linux_musl_interp: &'static str,
}

/// `GOARCH=amd64`.
pub const AMD64: ArchInfo = ArchInfo {
    name: "amd64",
    ptr_size: 8,
    min_lc: 1,
    func_align: 32,
    max_align: 32,
    alignment: 1,
    has_link_register: false,
    dwarf_sp: 7,
    dwarf_lr: 16,
    trampoline_limit: 0,
    code_pad: 0xcc,
    elf_machine: 62,
    elf_round: 4096,
    elf_text_base: 0x400000,
    linux_interp: "/lib64/ld-linux-x86-64.so.2",
    linux_musl_interp: "/lib/ld-musl-x86_64.so.1",
};
