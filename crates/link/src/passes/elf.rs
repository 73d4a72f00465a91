//! What the ELF headers describe (`ld/elf.go`).

use crate::config::Config;
use format::elf::{ExecInput, Note, SectionInput, SegmentInput, SymtabSizes, consts::*};
use layout::{DataLayout, Section, Seg, Segments};

/// Length of the area before text that holds headers and notes, bytes (`ELFRESERVE`).
pub const HEADER_LEN: u64 = 4096;

/// Owner of Go's notes.
const GO: &[u8] = b"Go\0\0";
const GNU: &[u8] = b"GNU\0";
const NOTE_GNU_BUILD_ID: u32 = 3;
const NOTE_GO_BUILD_ID: u32 = 4;

/// Describes an executable. `dwarf` are the debug sections.
pub fn describe<'a>(
    config: &'a Config,
    layout: &'a DataLayout,
    dwarf: &'a [Section],
    segs: &Segments,
    entry: u64,
    symtab: Option<SymtabSizes>,
    end: u64,
) -> ExecInput<'a> {
    let mut notes = Vec::new();
    if !config.gnu_build_id.is_empty() {
        notes.push(Note {
            section: ".note.gnu.build-id",
            owner: GNU,
            typ: NOTE_GNU_BUILD_ID,
            desc: &config.gnu_build_id,
        });
    }
    if !config.build_id.is_empty() {
        notes.push(Note {
            section: ".note.go.buildid",
            owner: GO,
            typ: NOTE_GO_BUILD_ID,
            desc: &config.build_id,
        });
    }
    let segment = |seg: Seg, flags: u32| {
        let s = segs.get(seg);
        SegmentInput {
            addr: s.addr,
            mem_len: s.len,
            off: s.file_off,
            file_len: s.file_len,
            flags,
        }
    };
    ExecInput {
        typ: ET_EXEC,
        machine: config.arch.elf_machine,
        entry,
        header_len: HEADER_LEN,
        header_addr: config.text_addr.wrapping_sub(HEADER_LEN),
        round: config.round,
        segments: vec![
            segment(Seg::Text, PF_R | PF_X),
            segment(Seg::Rodata, PF_R),
            segment(Seg::Data, PF_R | PF_W),
        ],
        sections: layout
            .sections
            .iter()
            .chain(dwarf)
            .map(|s| section(s, segs))
            .collect(),
        notes,
        symtab,
        end,
    }
}

pub(super) fn section<'a>(s: &'a Section, segs: &Segments) -> SectionInput<'a> {
    let seg = segs.get(s.seg);
    let tls = s.name == ".tbss";
    let mut x = SectionInput {
        name: &s.name,
        typ: if s.addr < seg.addr + seg.file_len && !tls {
            SHT_PROGBITS
        } else {
            SHT_NOBITS
        },
        flags: SHF_ALLOC,
        addr: s.addr,
        off: if tls {
            0
        } else {
            (seg.file_off + s.addr).wrapping_sub(seg.addr)
        },
        len: s.len,
        align: s.align.into(),
    };
    if s.rwx & 1 != 0 {
        x.flags |= SHF_EXECINSTR;
    }
    if s.rwx & 2 != 0 {
        x.flags |= SHF_WRITE;
    }
    if tls {
        x.flags |= SHF_TLS;
    }
    if s.seg == Seg::Dwarf {
        x.flags = if s.compressed { SHF_COMPRESSED } else { 0 };
        x.addr = 0;
    }
    x
}
