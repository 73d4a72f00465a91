//! The segments and commands of a macOS program (`ld/macho.go:asmbMacho`, `doMachoLink`).

use super::macho_symbols::MachoSymbols;
use crate::config::Config;
use crate::mode::BuildMode;
use crate::shape::Shape;
use dynamic::MachoTables;
use format::macho::{
    Command, HeaderInput, SYM_SIZE, Section, Segment, consts::*, headers, signature_len,
};
use gover::{MachoBuildVersion, UuidPresence};
use layout::{DataLayout, Section as LaidOut, Seg, Segments, round_up};
use rustc_hash::FxHashMap;
use symbols::{SymId, Symbols};
use target::Family;

/// Where the tables that the dynamic linker reads lie in the file, one behind the other.
#[derive(Clone, Copy, Debug)]
pub struct LinkEdit {
    /// Where the first begins.
    pub off: u64,
    /// Lengths, bytes: words that change with the program's address, imported words, symbols, indirect
    /// symbols of stubs and of words, names.
    lens: [u64; 6],
    /// Number of symbols.
    n_syms: u32,
    /// Length of the signature behind them, bytes.
    signature: u64,
}

/// The tables of [`LinkEdit`].
#[derive(Clone, Copy)]
enum Table {
    Rebase,
    Bind,
    Symbols,
    IndirectStubs,
    Names = 5,
}

impl LinkEdit {
    /// Lays out the tables, behind all segments of `segs`.
    pub fn new(
        shape: &Shape,
        config: &Config,
        segs: &Segments,
        dyld: &[Vec<u8>; 2],
        tables: &MachoTables,
        symbols: &MachoSymbols,
    ) -> LinkEdit {
        let round = |n: u64| round_up(n, shape.placement.round);
        let off = round(shape.placement.header_len + segs.text.len)
            + round(segs.relro.file_len)
            + round(segs.data.file_len)
            + round(segs.dwarf.file_len);
        let indirect = |list: &[SymId]| 4 * list.len() as u64;
        let mut lens = [
            dyld[0].len() as u64,
            dyld[1].len() as u64,
            symbols.table_len() as u64,
            indirect(&tables.stubs),
            indirect(&tables.words),
            symbols.names_len() as u64,
        ];
        // Tools that sign files want it so.
        let len: u64 = lens.iter().sum();
        lens[Table::Names as usize] += round_up(len, 16) - len;
        let mut all = LinkEdit {
            off,
            lens,
            n_syms: (symbols.table_len() / SYM_SIZE) as u32,
            signature: 0,
        };
        if config.arch.macho_signed {
            all.signature = signature_len(all.signature_off());
        }
        all
    }

    fn at(&self, table: Table) -> u64 {
        self.off + self.lens[..table as usize].iter().sum::<u64>()
    }

    /// Where the signature begins, at the end of all else.
    pub fn signature_off(&self) -> u64 {
        self.off + self.lens.iter().sum::<u64>()
    }

    /// Length of the file, bytes.
    pub fn end(&self) -> u64 {
        self.signature_off() + self.signature
    }

    /// The bytes of the tables, of `out`, the file from where they begin.
    pub fn split<'o>(&self, mut out: &'o mut [u8]) -> [&'o mut [u8]; 6] {
        self.lens.map(|len| {
            let (table, rest) = std::mem::take(&mut out).split_at_mut(len as usize);
            out = rest;
            table
        })
    }

    /// The commands by which the tables are found.
    fn commands(&self, config: &Config, symbols: &MachoSymbols, libs: &[Box<str>]) -> Vec<Command> {
        let len = |t: Table| self.lens[t as usize] as u32;
        let table = |t: Table| (self.at(t) as u32, len(t));
        let mut commands = Vec::new();
        if config.build_mode == BuildMode::Pie {
            commands.push(Command::DyldInfo {
                rebase: table(Table::Rebase),
                bind: table(Table::Bind),
            });
        }
        let [indirect_stubs, indirect_words] = [self.lens[3], self.lens[4]];
        commands.push(Command::Symtab {
            off: self.at(Table::Symbols) as u32,
            n_syms: self.n_syms,
            names_off: self.at(Table::Names) as u32,
            names_len: len(Table::Names),
        });
        commands.push(Command::Dysymtab {
            counts: symbols.counts,
            indirect_off: self.at(Table::IndirectStubs) as u32,
            n_indirect: ((indirect_stubs + indirect_words) / 4) as u32,
        });
        commands.push(Command::LoadDylinker("/usr/lib/dyld"));
        commands.extend(libs.iter().cloned().map(Command::LoadDylib));
        commands
    }
}

/// The numbers of a table of indirect symbols: those of `list` in the symbol table.
pub fn indirect(list: &[SymId], numbers: &FxHashMap<SymId, u32>) -> Vec<u8> {
    let number = |s| numbers.get(s).copied().unwrap_or(u32::MAX);
    list.iter().flat_map(|s| number(s).to_le_bytes()).collect()
}

/// What the headers are made from.
pub struct ExecutableInput<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// What is made.
    pub shape: &'a Shape,
    /// The symbols.
    pub syms: &'a Symbols,
    /// The sections that are loaded.
    pub layout: &'a DataLayout,
    /// Debug sections.
    pub dwarf: &'a [LaidOut],
    /// The segments.
    pub segs: &'a Segments,
    /// The symbol table.
    pub symbols: &'a MachoSymbols,
    /// The tables behind the segments.
    pub link_edit: &'a LinkEdit,
}

impl ExecutableInput<'_> {
    /// The headers of a program that begins at the address `entry`. `uuid` is made of the file where it has
    /// no other.
    ///
    /// # Errors
    /// A text when a section cannot be described, or the headers are too large.
    pub fn headers(&self, entry: u64, uuid: impl FnOnce() -> [u8; 16]) -> Result<Vec<u8>, String> {
        let ExecutableInput { config, shape, .. } = *self;
        let pie = match config.build_mode {
            BuildMode::Pie => MH_PIE | MH_DYLDLINK,
            _ => 0,
        };
        let closed = match self.symbols.counts {
            [_, _, 0] => MH_NOUNDEFS,
            _ => 0,
        };
        let bytes = headers(&HeaderInput {
            cpu: config.arch.macho_cpu,
            file_type: MH_EXECUTE,
            flags: closed | pie,
            segments: &self.segments()?,
            commands: &self.commands(entry, uuid),
        });
        let (len, room) = (bytes.len(), shape.placement.header_len);
        match len as u64 > room {
            true => Err(format!("HEADR too small: {len} > {room}")),
            false => Ok(bytes),
        }
    }

    /// Offset in the file and length of the text segment, headers included.
    pub fn text_range(&self) -> (u64, u64) {
        let placement = &self.shape.placement;
        let len = placement.header_len + self.segs.text.len;
        (0, round_up(len, placement.round))
    }

    fn commands(&self, entry: u64, uuid: impl FnOnce() -> [u8; 16]) -> Vec<Command> {
        let ExecutableInput {
            config,
            shape,
            syms,
            ..
        } = *self;
        let start = self.segs.text.addr.wrapping_sub(shape.placement.header_len);
        let link_edit = self.link_edit;
        let mut commands: Vec<Command> = [
            build_version(config, shape, true),
            Some(match config.arch.family {
                Family::Amd64 => Command::UnixThread(entry),
                Family::Arm64 => Command::Main(entry.wrapping_sub(start)),
            }),
        ]
        .into_iter()
        .flatten()
        .collect();
        commands.extend(link_edit.commands(config, self.symbols, &syms.foreign.dylibs));
        commands.extend(self.uuid(uuid).map(Command::Uuid));
        if config.arch.macho_signed {
            let (off, len) = (link_edit.signature_off(), link_edit.signature);
            commands.push(Command::CodeSignature(off as u32, len as u32));
        }
        commands
    }

    fn uuid(&self, of_file: impl FnOnce() -> [u8; 16]) -> Option<[u8; 16]> {
        let config = self.config;
        let given = &config.gnu_build_id;
        match config.release.macho.uuid_presence {
            UuidPresence::IfGiven if given.is_empty() => None,
            UuidPresence::UnlessNone if config.no_gnu_build_id => None,
            UuidPresence::UnlessNone if given.len() < 16 => Some(of_file()),
            _ => {
                let mut uuid = [0; 16];
                let len = given.len().min(16);
                uuid[..len].copy_from_slice(&given[..len]);
                Some(uuid)
            }
        }
    }

    fn segments(&self) -> Result<Vec<Segment>, String> {
        let (config, segs) = (self.config, self.segs);
        let placement = &self.shape.placement;
        let text_base = self.shape.text_addr.wrapping_sub(placement.header_len);
        let read_write = VM_PROT_READ | VM_PROT_WRITE;
        let (_, text_len) = self.text_range();
        let mut all = vec![
            Segment {
                name: "__PAGEZERO",
                len: text_base,
                ..Segment::default()
            },
            Segment {
                name: "__TEXT",
                addr: text_base,
                len: text_len,
                off: 0,
                file_len: text_len,
                protection: (read_write | VM_PROT_EXECUTE, VM_PROT_READ | VM_PROT_EXECUTE),
                flags: 0,
                sections: self.sections(Seg::Text)?,
            },
        ];
        for (name, seg, flags) in [
            ("__DATA_CONST", Seg::Relro, SG_READ_ONLY),
            ("__DATA", Seg::Data, 0),
        ] {
            let s = segs.get(seg);
            if s.len > 0 || seg == Seg::Data {
                all.push(Segment {
                    name,
                    addr: s.addr,
                    len: s.len,
                    off: s.file_off,
                    file_len: s.file_len,
                    protection: (read_write, read_write),
                    flags,
                    sections: self.sections(seg)?,
                });
            }
        }
        if config.dwarf {
            let s = &segs.dwarf;
            all.push(Segment {
                name: "__DWARF",
                addr: s.addr,
                off: s.file_off,
                file_len: s.file_len,
                sections: self.sections(Seg::Dwarf)?,
                ..Segment::default()
            });
        }
        let link_edit = self.link_edit;
        let len = link_edit.end() - link_edit.off;
        all.push(Segment {
            name: "__LINKEDIT",
            addr: round_up(segs.data.addr + segs.data.len, placement.round),
            len,
            off: link_edit.off,
            file_len: len,
            protection: (VM_PROT_READ, VM_PROT_READ),
            ..Segment::default()
        });
        Ok(all)
    }

    fn sections(&self, seg: Seg) -> Result<Vec<Section>, String> {
        let all = self.layout.sections.iter().chain(self.dwarf);
        let of_segment = all.filter(|s| s.seg == seg);
        let first_word = (self.link_edit.lens[3] / 4) as u32;
        let got = (self.config.release.macho.got_home.section(), first_word);
        of_segment.map(|s| section(s, self.segs, got)).collect()
    }
}

/// The command that tells for which system the file is (`domacho`); `complete` if no other linker adds to it.
pub fn build_version(config: &Config, shape: &Shape, complete: bool) -> Option<Command> {
    if let Some(c) = &shape.platform {
        return Some(Command::Copied(c.command, c.words.clone()));
    }
    let rule = config.release.macho.build_version;
    let own = complete || rule == MachoBuildVersion::FromFlags;
    (own && config.os.is_macos()).then_some(Command::BuildVersion {
        platform: PLATFORM_MACOS,
        os: config.macos,
        sdk: config.macsdk,
    })
}

/// Describes a section (`machoshbits`). `got` is what the section of the global offset table is called, and its first
/// entry in the table of indirect symbols.
///
/// # Errors
/// A text when it cannot be described.
pub fn section(s: &LaidOut, segs: &Segments, got: (&str, u32)) -> Result<Section, String> {
    let seg = segs.get(s.seg);
    let mut x = Section {
        name: format!("__{}", s.name[1..].replace('.', "_")),
        addr: s.addr,
        len: s.len,
        align: s.align.max(1).next_power_of_two().trailing_zeros(),
        ..Section::default()
    };
    let file_end = seg.addr + seg.file_len;
    if s.addr >= file_end {
        x.flags |= S_ZEROFILL;
    } else if s.len > file_end - s.addr {
        let name = &s.name;
        return Err(format!(
            "macho cannot represent section {name} crossing data and bss"
        ));
    } else {
        x.off = (seg.file_off + s.addr).wrapping_sub(seg.addr) as u32;
    }
    if s.rwx & 1 != 0 {
        x.flags |= S_ATTR_SOME_INSTRUCTIONS;
    }
    match &*s.name {
        ".text" => x.flags |= S_ATTR_PURE_INSTRUCTIONS,
        ".plt" => {
            x.name = "__symbol_stub1".into();
            x.flags = S_ATTR_PURE_INSTRUCTIONS | S_ATTR_SOME_INSTRUCTIONS | S_SYMBOL_STUBS;
            // What it is on x86-64 is said on all machines.
            x.stub_len = 6;
        }
        ".got" => {
            x.name = got.0.into();
            x.flags = S_NON_LAZY_SYMBOL_POINTERS;
            x.first_indirect = got.1;
        }
        ".init_array" => {
            x.name = "__mod_init_func".into();
            x.flags = S_MOD_INIT_FUNC_POINTERS;
        }
        ".llvmasm" => {
            x.name = "__asm".into();
            x.segment = Some("__LLVM");
        }
        _ => {}
    }
    if s.seg == Seg::Dwarf {
        x.flags |= S_ATTR_DEBUG;
    }
    Ok(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_global_offset_table_is_called_as_the_release_does() {
        let got = LaidOut {
            name: ".got".into(),
            seg: Seg::Data,
            rwx: 6,
            align: 8,
            addr: 0x2000,
            len: 16,
            syms: 0..1,
            compressed: false,
        };
        let mut segs = Segments::default();
        segs.data.addr = 0x2000;
        (segs.data.len, segs.data.file_len) = (0x1000, 0x1000);
        for (release, name) in [("go1.24", "__nl_symbol_ptr"), ("go1.25", "__got")] {
            let home = gover::layout_for(release).unwrap().macho.got_home;
            let x = section(&got, &segs, (home.section(), 3)).unwrap();
            assert_eq!(
                (&*x.name, x.flags, x.first_indirect),
                (name, S_NON_LAZY_SYMBOL_POINTERS, 3)
            );
        }
    }
}
