//! Mach-O objects, 64-bit little-endian (Apple's `mach-o/loader.h`, `mach-o/nlist.h`, `mach-o/reloc.h`).

use gover::{RelocType, SymKind};
use std::fmt;
use target::{ArchInfo, Family};

/// Bytes of the file header.
const HEADER_LEN: usize = 32;

const LC_VERSION_MIN_MACOSX: u32 = 0x24;
const LC_VERSION_MIN_IPHONEOS: u32 = 0x25;
const LC_VERSION_MIN_TVOS: u32 = 0x2f;
const LC_VERSION_MIN_WATCHOS: u32 = 0x30;
const LC_BUILD_VERSION: u32 = 0x32;

/// `PLATFORM_MACOS`
pub const PLATFORM_MACOS: u32 = 1;
/// `PLATFORM_MACCATALYST`
pub const PLATFORM_MACCATALYST: u32 = 6;

/// A load command that tells for which system an object is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlatformCommand {
    /// `PLATFORM_*`
    pub platform: u32,
    /// `LC_BUILD_VERSION` or `LC_VERSION_MIN_*`
    pub command: u32,
    /// What the command says.
    pub words: Vec<u32>,
}

/// A load command of a file.
#[derive(Clone, Copy, Debug)]
pub struct LoadCommand<'a> {
    /// Offset in the file.
    pub off: usize,
    /// `LC_*`
    pub command: u32,
    /// The command with its number and length.
    pub data: &'a [u8],
}

impl LoadCommand<'_> {
    /// The word `at` bytes from the start of the command.
    pub fn word(&self, at: usize) -> Option<u32> {
        word(self.data, at)
    }

    /// The double word `at` bytes from the start of the command.
    pub fn long(&self, at: usize) -> Option<u64> {
        let bytes = self.data.get(at..)?.first_chunk()?;
        Some(u64::from_le_bytes(*bytes))
    }

    /// The name of sixteen bytes at most that is `at` bytes from the start of the command.
    pub fn name(&self, at: usize) -> &[u8] {
        let name = self.data.get(at..at + 16).unwrap_or_default();
        let len = name.iter().position(|&b| b == 0).unwrap_or(name.len());
        &name[..len]
    }
}

fn word(data: &[u8], at: usize) -> Option<u32> {
    let bytes = data.get(at..)?.first_chunk()?;
    Some(u32::from_le_bytes(*bytes))
}

/// The load commands of a file; `None` if it is no Mach-O file or is damaged.
pub fn load_commands(data: &[u8]) -> Option<Vec<LoadCommand<'_>>> {
    const MAGIC_64: u32 = 0xfeed_facf;
    if word(data, 0)? != MAGIC_64 {
        return None;
    }
    let mut off = HEADER_LEN;
    let mut all = Vec::new();
    for _ in 0..word(data, 16)? {
        let len = word(data, off + 4)? as usize;
        let command = LoadCommand {
            off,
            command: word(data, off)?,
            data: data.get(off..off.checked_add(len)?)?,
        };
        if len < 8 {
            return None;
        }
        all.push(command);
        off += len;
    }
    Some(all)
}

/// The first command of an object that tells its system; `None` if it has none or is no Mach-O object
/// (`ld/macho.go:hostobjMachoPlatform`, `peekMachoPlatform`).
pub fn platform_command(data: &[u8]) -> Option<PlatformCommand> {
    load_commands(data)?.into_iter().find_map(|c| {
        let platform = match c.command {
            LC_VERSION_MIN_MACOSX => PLATFORM_MACOS,
            LC_VERSION_MIN_IPHONEOS => 2,
            LC_VERSION_MIN_TVOS => 3,
            LC_VERSION_MIN_WATCHOS => 4,
            LC_BUILD_VERSION => c.word(8)?,
            _ => return None,
        };
        Some(PlatformCommand {
            platform,
            command: c.command,
            words: (8..c.data.len())
                .step_by(4)
                .map_while(|i| c.word(i))
                .collect(),
        })
    })
}

/// Why an object cannot be read, without its name.
#[derive(Clone, Debug)]
pub struct MachoError(String);

impl fmt::Display for MachoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<String> for MachoError {
    fn from(text: String) -> MachoError {
        MachoError(text)
    }
}

/// What a relocation refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MachoTarget {
    /// A section, counted from 0.
    Section(u32),
    /// A symbol, by its number.
    Symbol(u32),
}

/// A relocation of a section.
#[derive(Clone, Copy, Debug)]
pub struct MachoReloc {
    /// Offset in the section, bytes.
    pub off: i32,
    /// Width of the field, bytes.
    pub siz: u8,
    /// Type.
    pub typ: RelocType,
    /// What it refers to.
    pub target: MachoTarget,
    /// Addend.
    pub add: i64,
}

/// A section of an object.
#[derive(Clone, Debug)]
pub struct MachoSection<'d> {
    /// Names of its segment and its own.
    pub name: (&'d [u8], &'d [u8]),
    /// What it becomes; `None` if it is left out.
    pub kind: Option<SymKind>,
    /// Contents; `None` if it has none or they are zeros.
    pub data: Option<&'d [u8]>,
    /// Size, bytes.
    pub size: u64,
    /// Address in the object.
    pub addr: u64,
    /// Alignment, bytes; 1 for none.
    pub align: u32,
    /// Its relocations, in the order of the file.
    pub relocs: Vec<MachoReloc>,
}

/// A symbol of an object.
#[derive(Clone, Copy, Debug)]
pub struct MachoSym<'d> {
    /// Name, as the file has it.
    pub name: &'d [u8],
    /// Whether it is for debuggers only.
    pub debug: bool,
    /// Whether other objects see it.
    pub global: bool,
    /// Whether what it means need not be there.
    pub weak_import: bool,
    /// Whether it yields to another definition.
    pub weak: bool,
    /// Its section, counted from 0, if it is defined.
    pub section: Option<u32>,
    /// Its address in the object.
    pub value: u64,
}

/// An object.
#[derive(Clone, Debug, Default)]
pub struct Macho<'d> {
    /// Its sections, in order.
    pub sections: Vec<MachoSection<'d>>,
    /// Its symbols, in order.
    pub symbols: Vec<MachoSym<'d>>,
}

const LC_SYMTAB: u32 = 2;
const LC_SEGMENT_64: u32 = 0x19;

impl<'d> Macho<'d> {
    /// Reads an object for `arch` (`loadmacho.Load`).
    ///
    /// # Errors
    /// It is damaged, for another machine, or has relocations of types that cannot be linked.
    pub fn parse(data: &'d [u8], arch: &ArchInfo) -> Result<Macho<'d>, MachoError> {
        let error = |text: &str| MachoError(text.to_owned());
        if word(data, 4) != Some(arch.macho_cpu.0) {
            let name = arch.name;
            return Err(format!("mach-o object but not {name}").into());
        }
        let commands = load_commands(data).ok_or_else(|| error("reading cmds: unexpected EOF"))?;
        let one = |number, twice: &str| {
            let mut found = commands.iter().filter(|c| c.command == number);
            let first = found.next().copied();
            match found.next() {
                Some(_) => Err(error(twice)),
                None => Ok(first),
            }
        };
        let symtab = one(LC_SYMTAB, "multiple symbol tables")?;
        let segment = one(LC_SEGMENT_64, "multiple load commands")?;
        let segment = segment.ok_or_else(|| error("no load command"))?;
        // Without symbols nothing can refer to it.
        let Some(symtab) = symtab else {
            return Ok(Macho::default());
        };
        let symbols = symbols(data, &symtab).ok_or_else(|| error("damaged symbol table"))?;
        let mut sections = sections(data, &segment).ok_or_else(|| error("damaged segment"))?;
        let damaged = |s: &MachoSym| s.section.is_some_and(|n| n as usize >= sections.len());
        if let Some(s) = symbols.iter().find(|s| !s.debug && damaged(s)) {
            let n = s.section.unwrap_or_default() + 1;
            return Err(format!("reference to invalid section {n}").into());
        }
        let relocs: Vec<Vec<MachoReloc>> = sections
            .iter()
            .map(|(s, at)| match s.kind {
                Some(_) => relocs(data, s, *at, &sections, symbols.len(), arch.family),
                None => Ok(Vec::new()),
            })
            .collect::<Result<_, _>>()?;
        for ((s, _), relocs) in sections.iter_mut().zip(relocs) {
            s.relocs = relocs;
        }
        Ok(Macho {
            sections: sections.into_iter().map(|(s, _)| s).collect(),
            symbols,
        })
    }
}

fn until_zero(name: &[u8]) -> &[u8] {
    let len = name.iter().position(|&b| b == 0);
    &name[..len.unwrap_or(name.len())]
}

/// A section, with the offset in the file of its relocations and their number.
type WithRelocs<'d> = (MachoSection<'d>, (u32, u32));

fn sections<'d>(data: &'d [u8], c: &LoadCommand<'d>) -> Option<Vec<WithRelocs<'d>>> {
    const SEGMENT_LEN: usize = 72;
    const SECTION_LEN: usize = 80;
    const TYPE: u32 = 0xff;
    const ZEROFILL: u32 = 1;
    /// Most bytes of a section, which are all the linker places.
    const MAX_SIZE: u64 = 2_000_000_000;
    let start = usize::try_from(c.long(40)?).ok()?;
    let image = data.get(start..start.checked_add(usize::try_from(c.long(48)?).ok()?)?)?;
    let base = c.long(24)?;
    let n = c.word(64)? as usize;
    let mut all = Vec::new();
    for i in 0..n {
        let at = SEGMENT_LEN + i * SECTION_LEN;
        let names = c.data.get(at..at + 32)?;
        let (own, segment) = (until_zero(&names[..16]), until_zero(&names[16..]));
        let (addr, size) = (c.long(at + 32)?, c.long(at + 40)?);
        if size > MAX_SIZE {
            return None;
        }
        let kind = section_kind(segment, own);
        let zeros = c.word(at + 64)? & TYPE == ZEROFILL;
        let bare = kind.is_none() || kind == Some(SymKind::NoPtrBss) || zeros;
        let contents = || {
            let from = usize::try_from(addr.checked_sub(base)?).ok()?;
            image.get(from..from.checked_add(usize::try_from(size).ok()?)?)
        };
        let section = MachoSection {
            name: (segment, own),
            kind,
            data: match bare {
                true => None,
                false => Some(contents()?),
            },
            size,
            addr,
            align: 1u32.checked_shl(c.word(at + 52)?)?,
            relocs: Vec::new(),
        };
        all.push((section, (c.word(at + 56)?, c.word(at + 60)?)));
    }
    Some(all)
}

/// What a section becomes. Those for debuggers and unwinders are left out.
fn section_kind(segment: &[u8], name: &[u8]) -> Option<SymKind> {
    Some(match (segment, name) {
        (_, b"__eh_frame") => return None,
        (b"__TEXT", b"__text") => SymKind::Text,
        (b"__TEXT", _) => SymKind::Rodata,
        (b"__DATA", b"__bss") => SymKind::NoPtrBss,
        (b"__DATA", _) => SymKind::NoPtrData,
        _ => return None,
    })
}

fn symbols<'d>(data: &'d [u8], c: &LoadCommand) -> Option<Vec<MachoSym<'d>>> {
    const LEN: usize = 16;
    const N_STAB: u8 = 0xe0;
    const N_EXT: u8 = 1;
    const N_WEAK_REF: u16 = 0x40;
    const N_WEAK_DEF: u16 = 0x80;
    let (off, n) = (c.word(8)? as usize, c.word(12)? as usize);
    let (names, names_len) = (c.word(16)? as usize, c.word(20)? as usize);
    let names = data.get(names..names.checked_add(names_len)?)?;
    let table = data.get(off..off.checked_add(n.checked_mul(LEN)?)?)?;
    let symbol = |e: &'d [u8]| {
        let name = until_zero(names.get(word(e, 0)? as usize..)?);
        let desc = u16::from_le_bytes([e[6], e[7]]);
        Some(MachoSym {
            name,
            debug: e[4] & N_STAB != 0,
            global: e[4] & N_EXT != 0,
            weak_import: desc & N_WEAK_REF != 0,
            weak: desc & (N_WEAK_REF | N_WEAK_DEF) != 0,
            section: u32::from(e[5]).checked_sub(1),
            value: u64::from_le_bytes(*e[8..].first_chunk()?),
        })
    };
    table.chunks_exact(LEN).map(symbol).collect()
}

fn relocs(
    data: &[u8],
    section: &MachoSection,
    (off, n): (u32, u32),
    sections: &[WithRelocs],
    n_symbols: usize,
    family: Family,
) -> Result<Vec<MachoReloc>, MachoError> {
    const LEN: usize = 8;
    const SCATTERED: u32 = 1 << 31;
    const ADDEND: u32 = 10;
    const SIGNED: u32 = 1;
    let name = String::from_utf8_lossy(section.name.1);
    let (off, n) = (off as usize, n as usize);
    let table = off.checked_add(n.saturating_mul(LEN));
    let table = table.and_then(|end| data.get(off..end));
    let table = table.ok_or_else(|| format!("damaged relocations of {name}"))?;
    let mut addend = 0;
    let mut all = Vec::new();
    for e in table.chunks_exact(LEN) {
        let at = u32::from_le_bytes([e[0], e[1], e[2], e[3]]);
        let v = u32::from_le_bytes([e[4], e[5], e[6], e[7]]);
        if at & SCATTERED != 0 {
            return Err(format!("{name}: unexpected scattered relocation").into());
        }
        let (number, kind) = (v & 0xff_ffff, v >> 28);
        let (relative, siz) = (v >> 24 & 1 == 1, 1u8 << (v >> 25 & 3));
        if family == Family::Arm64 && kind == ADDEND {
            // It belongs to the next one.
            addend = i64::from((number << 8) as i32 >> 8);
            continue;
        }
        let target = match v >> 27 & 1 {
            0 if number < 1 || number as usize > sections.len() => {
                let n = sections.len();
                return Err(format!(
                    "invalid relocation: section reference out of range {number} vs {n}"
                )
                .into());
            }
            0 => MachoTarget::Section(number - 1),
            _ if number as usize >= n_symbols => {
                let text = "invalid relocation: symbol reference out of range";
                return Err(text.to_owned().into());
            }
            _ => MachoTarget::Symbol(number),
        };
        let typ = reloc_type(family, kind, relative).ok_or_else(|| {
            format!("{name}: unknown relocation type {kind}, pc-relative: {relative}")
        })?;
        let contents = section.data.unwrap_or_default();
        let field = contents
            .get(at as usize..)
            .filter(|f| f.len() >= siz.into());
        let field = field.filter(|f| f.len() >= 4);
        let field = match (field, section.data) {
            (Some(f), _) => word(f, 0).unwrap_or_default() as i32,
            (None, None) => 0,
            (None, Some(_)) => return Err(format!("{name}: relocation out of range").into()),
        };
        if family == Family::Amd64 {
            addend = field.into();
            if let MachoTarget::Section(n) = target {
                let start = sections[n as usize].0.addr as i64;
                addend = match typ {
                    RelocType::MachoUnsigned => addend.wrapping_sub(start),
                    RelocType::MachoSigned if kind == SIGNED => {
                        (addend + i64::from(at) + 4).wrapping_sub(start)
                    }
                    _ => addend,
                };
            }
        }
        all.push(MachoReloc {
            off: at as i32,
            siz,
            typ,
            target,
            add: std::mem::take(&mut addend),
        });
    }
    Ok(all)
}

/// The type of relocations with number `kind`.
fn reloc_type(family: Family, kind: u32, relative: bool) -> Option<RelocType> {
    use RelocType::*;
    Some(match (family, kind, relative) {
        (_, 0, false) => MachoUnsigned,
        (Family::Amd64, 1, false) => MachoFixedSigned,
        (Family::Amd64, 2, false) => MachoFixedBranch,
        (Family::Amd64, 5, false) | (Family::Arm64, 1, false) => MachoSubtractor,
        (_, 2, true) => MachoBranch,
        (Family::Amd64, 0 | 1 | 6 | 7 | 8, true) => MachoSigned,
        (Family::Amd64, 3, true) => MachoGotLoad,
        (Family::Amd64, 4, true) => MachoGot,
        (Family::Arm64, 3, true) | (Family::Arm64, 4, false) => MachoPage,
        (Family::Arm64, 5, true) | (Family::Arm64, 6, false) => MachoGotPage,
        (Family::Arm64, 7, true) => MachoPointerToGot,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_command_with_a_platform_counts() {
        let words = [
            0xfeed_facf_u32,
            0,
            0,
            1,
            3,
            56,
            0,
            0,
            2,
            16,
            7,
            8,
            LC_BUILD_VERSION,
            24,
            7,
            1,
            2,
            0,
            LC_VERSION_MIN_MACOSX,
            16,
            1,
            1,
        ];
        let data: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
        let found = platform_command(&data).unwrap();
        assert_eq!((found.platform, found.command), (7, LC_BUILD_VERSION));
        assert_eq!(found.words, [7, 1, 2, 0]);
        assert_eq!(platform_command(&data[..60]), None);
        assert_eq!(platform_command(b"\x7fELF"), None);
    }
}
