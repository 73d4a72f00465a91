//! Mach-O header, load commands and the pieces of `__LINKEDIT`, which no section describes.
//!
//! Source: Apple's `mach-o/loader.h`. 64-bit little-endian files only, the ones Go produces today.

use crate::image::{Image, Layout, Region, RegionKind, Section};

const HEADER: &Layout = &[
    ("magic", 4, false),
    ("cputype", 4, false),
    ("cpusubtype", 4, false),
    ("filetype", 4, false),
    ("ncmds", 4, false),
    ("sizeofcmds", 4, true),
    ("flags", 4, false),
    ("reserved", 4, false),
];

const SEGMENT: &Layout = &[
    ("cmd", 4, false),
    ("cmdsize", 4, true),
    ("segname", 8, false),
    ("segname+8", 8, false),
    ("vmaddr", 8, true),
    ("vmsize", 8, true),
    ("fileoff", 8, true),
    ("filesize", 8, true),
    ("maxprot", 4, false),
    ("initprot", 4, false),
    ("nsects", 4, false),
    ("flags", 4, false),
];

/// Of all other commands the words are compared by their place.
const OTHER: &Layout = &[
    ("cmd", 4, false),
    ("cmdsize", 4, true),
    ("word 2", 4, true),
    ("word 3", 4, true),
    ("word 4", 4, true),
    ("word 5", 4, true),
    ("word 6", 4, true),
    ("word 7", 4, true),
    ("word 8", 4, true),
    ("word 9", 4, true),
    ("word 10", 4, true),
    ("word 11", 4, true),
    ("word 12", 4, true),
    ("word 13", 4, true),
    ("word 14", 4, true),
    ("word 15", 4, true),
    ("word 16", 4, true),
    ("word 17", 4, true),
    ("word 18", 4, true),
    ("word 19", 4, true),
];

const LC_SYMTAB: u64 = 0x2;
const LC_DYSYMTAB: u64 = 0xb;
const LC_SEGMENT_64: u64 = 0x19;
const LC_CODE_SIGNATURE: u64 = 0x1d;
const LC_DYLD_INFO: u64 = 0x22;
const LC_DYLD_INFO_ONLY: u64 = 0x8000_0022;

fn command_name(command: u64) -> String {
    let name = match command {
        LC_SYMTAB => "LC_SYMTAB",
        0x5 => "LC_UNIXTHREAD",
        LC_DYSYMTAB => "LC_DYSYMTAB",
        0xc => "LC_LOAD_DYLIB",
        0xe => "LC_LOAD_DYLINKER",
        LC_SEGMENT_64 => "LC_SEGMENT_64",
        0x1b => "LC_UUID",
        LC_CODE_SIGNATURE => "LC_CODE_SIGNATURE",
        LC_DYLD_INFO | LC_DYLD_INFO_ONLY => "LC_DYLD_INFO",
        0x24 => "LC_VERSION_MIN_MACOSX",
        0x32 => "LC_BUILD_VERSION",
        0x8000_0028 => "LC_MAIN",
        other => return format!("command {other:#x}"),
    };
    name.to_string()
}

/// Adds header, load commands and `__LINKEDIT` pieces to an image.
pub fn describe(image: &mut Image<'_>) {
    const MAGIC_64: u64 = 0xfeed_facf;
    const HEADER_SIZE: usize = 32;
    if image.words.uint(image.data, 0, 4) != Some(MAGIC_64) {
        return;
    }
    image.regions.push(Region {
        kind: RegionKind::Header,
        name: "Mach-O header".to_string(),
        offset: 0,
        size: HEADER_SIZE as u64,
        fields: image.fields(0, HEADER, HEADER_SIZE),
    });
    let count = image.words.uint(image.data, 16, 4).unwrap_or(0);
    let mut at = HEADER_SIZE;
    for index in 0..count {
        let command = image.words.uint(image.data, at, 4);
        let size = image.words.uint(image.data, at + 4, 4);
        let (Some(command), Some(size)) = (command, size) else {
            image
                .problems
                .push(format!("load command {index} of {count} is cut short"));
            break;
        };
        if size < 8 {
            image
                .problems
                .push(format!("load command {index} has size {size}"));
            break;
        }
        let layout = if command == LC_SEGMENT_64 {
            SEGMENT
        } else {
            OTHER
        };
        image.regions.push(Region {
            kind: RegionKind::Segment,
            name: format!("load command {index} ({})", command_name(command)),
            offset: at as u64,
            size,
            fields: image.fields(at, layout, size as usize),
        });
        pieces(image, at, command);
        at = at.saturating_add(size as usize);
    }
}

/// The parts of `__LINKEDIT` a command points to become sections.
fn pieces(image: &mut Image<'_>, at: usize, command: u64) {
    const NLIST_SIZE: u64 = 16;
    // (name, word of the offset, word of the count, bytes per unit)
    let parts: &[(&str, usize, usize, u64)] = match command {
        LC_SYMTAB => &[("symbols", 2, 3, NLIST_SIZE), ("strings", 4, 5, 1)],
        LC_DYSYMTAB => &[("indirect symbols", 14, 15, 4)],
        LC_CODE_SIGNATURE => &[("code signature", 2, 3, 1)],
        LC_DYLD_INFO | LC_DYLD_INFO_ONLY => &[
            ("rebase", 2, 3, 1),
            ("bind", 4, 5, 1),
            ("weak bind", 6, 7, 1),
            ("lazy bind", 8, 9, 1),
            ("export", 10, 11, 1),
        ],
        _ => return,
    };
    /// Above every real section number.
    const FIRST_INDEX: usize = 100_000;
    for &(name, offset, size, unit) in parts {
        let word = |k: usize| image.words.uint(image.data, at + 4 * k, 4).unwrap_or(0);
        let (offset, size) = (word(offset), word(size) * unit);
        let length = image.data.len() as u64;
        let range = offset.min(length) as usize..(offset + size).min(length) as usize;
        image.sections.push(Section {
            index: FIRST_INDEX + image.sections.len(),
            name: format!("__LINKEDIT {name}"),
            kind: 0,
            flags: 0,
            addr: 0,
            offset,
            size,
            align: 0,
            link: 0,
            info: 0,
            alloc: false,
            data: &image.data[range],
        });
    }
}
