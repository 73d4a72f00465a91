//! The procedure linkage table and the dynamic relocations of ELF files
//! (`amd64/asm.go:elfsetupplt`, `addpltsym`, `arm64/asm.go`).
//!
//! A call of an imported function goes to its entry in `.plt`, which jumps to where its slot in
//! `.got.plt` points. The dynamic linker fills slots in; until then they lead to code that calls it.
//! The first three words of `.got.plt` are for the dynamic linker itself.

use gover::RelocType;

/// A relocation of a piece of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PltReloc {
    /// Offset of the field in the piece, bytes; it is four bytes wide.
    pub off: u8,
    /// Type.
    pub typ: RelocType,
    /// Addend, bytes: from the start of `.got.plt` in the header, from the entry's own slot in an
    /// entry.
    pub add: u8,
}

/// Where a slot leads to before the dynamic linker has filled it in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnboundSlot {
    /// To this offset in the slot's entry, bytes.
    Entry(u8),
    /// To the header.
    Header,
}

/// The table's shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plt {
    /// Code that calls the dynamic linker, before all entries.
    pub header: &'static [u8],
    /// Its relocations, against `.got.plt`.
    pub header_relocs: &'static [PltReloc],
    /// Code of an entry.
    pub entry: &'static [u8],
    /// Its relocations, against `.got.plt`.
    pub entry_relocs: &'static [PltReloc],
    /// Offset in an entry of the four bytes that hold the entry's number.
    pub number_at: Option<u8>,
    /// Offset in an entry of the four bytes that hold the distance from their end to the header.
    pub back_at: Option<u8>,
    /// Where slots lead to at first.
    pub unbound: UnboundSlot,
    /// What the section header says an entry's size and the table's alignment are, bytes.
    pub entsize: u8,
    /// `R_*_RELATIVE`: the base address plus the addend.
    pub relative: u32,
    /// `R_*_GLOB_DAT`: the address of a symbol.
    pub glob_dat: u32,
    /// `R_*_JUMP_SLOT`: the address of a function.
    pub jump_slot: u32,
}

const fn at(off: u8, typ: RelocType, add: u8) -> PltReloc {
    PltReloc { off, typ, add }
}

/// The code that jumps to an imported function in Mach-O files, by its word in the global offset table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stub {
    /// The code.
    pub code: &'static [u8],
    /// Its relocations, against that word.
    pub relocs: &'static [PltReloc],
}

/// x86-64.
pub const AMD64_STUB: Stub = Stub {
    code: &[0xff, 0x25, 0, 0, 0, 0], // jmpq *word(%rip)
    relocs: &[at(2, RelocType::Pcrel, 0)],
};

/// AArch64.
pub const ARM64_STUB: Stub = Stub {
    code: &[
        0x10, 0x00, 0x00, 0x90, // adrp x16, word
        0x11, 0x02, 0x40, 0xf9, // ldr  x17, [x16, #:lo12:word]
        0x20, 0x02, 0x1f, 0xd6, // br   x17
    ],
    relocs: &[at(0, RelocType::Arm64Got, 0), at(4, RelocType::Arm64Got, 0)],
};

/// x86-64.
pub const AMD64: Plt = Plt {
    header: &[
        0xff, 0x35, 0, 0, 0, 0, // pushq .got.plt+8(%rip)
        0xff, 0x25, 0, 0, 0, 0, // jmpq *.got.plt+16(%rip)
        0x0f, 0x1f, 0x40, 0x00, // nopl 0(%rax)
    ],
    header_relocs: &[at(2, RelocType::Pcrel, 8), at(8, RelocType::Pcrel, 16)],
    entry: &[
        0xff, 0x25, 0, 0, 0, 0, // jmpq *slot(%rip)
        0x68, 0, 0, 0, 0, // pushq $number
        0xe9, 0, 0, 0, 0, // jmpq .plt
    ],
    entry_relocs: &[at(2, RelocType::Pcrel, 0)],
    number_at: Some(7),
    back_at: Some(12),
    unbound: UnboundSlot::Entry(6),
    entsize: 16,
    relative: 8,
    glob_dat: 6,
    jump_slot: 7,
};

/// AArch64.
pub const ARM64: Plt = Plt {
    header: &[
        0xf0, 0x7b, 0xbf, 0xa9, // stp  x16, x30, [sp, #-16]!
        0x10, 0x00, 0x00, 0x90, // adrp x16, .got.plt+16
        0x11, 0x02, 0x40, 0xf9, // ldr  x17, [x16, #:lo12:.got.plt+16]
        0x10, 0x02, 0x00, 0x91, // add  x16, x16, #:lo12:.got.plt+16
        0x20, 0x02, 0x1f, 0xd6, // br   x17
        0x1f, 0x20, 0x03, 0xd5, // nop
        0x1f, 0x20, 0x03, 0xd5, // nop
        0x1f, 0x20, 0x03, 0xd5, // nop
    ],
    header_relocs: &[
        at(4, RelocType::Arm64Got, 16),
        at(8, RelocType::Arm64Got, 16),
        at(12, RelocType::Arm64Pcrel, 16),
    ],
    entry: &[
        0x10, 0x00, 0x00, 0x90, // adrp x16, slot
        0x11, 0x02, 0x40, 0xf9, // ldr  x17, [x16, #:lo12:slot]
        0x10, 0x02, 0x00, 0x91, // add  x16, x16, #:lo12:slot
        0x20, 0x02, 0x1f, 0xd6, // br   x17
    ],
    entry_relocs: &[
        at(0, RelocType::Arm64Got, 0),
        at(4, RelocType::Arm64Got, 0),
        at(8, RelocType::Arm64Pcrel, 0),
    ],
    number_at: None,
    back_at: None,
    unbound: UnboundSlot::Header,
    entsize: 4,
    relative: 1027,
    glob_dat: 1025,
    jump_slot: 1026,
};
