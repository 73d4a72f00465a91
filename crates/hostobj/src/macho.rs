//! Mach-O objects, 64-bit little-endian (Apple's `mach-o/loader.h`).

/// Bytes of the file header.
const HEADER_LEN: usize = 32;

const LC_VERSION_MIN_MACOSX: u32 = 0x24;
const LC_VERSION_MIN_IPHONEOS: u32 = 0x25;
const LC_VERSION_MIN_TVOS: u32 = 0x2f;
const LC_VERSION_MIN_WATCHOS: u32 = 0x30;
const LC_BUILD_VERSION: u32 = 0x32;

/// `PLATFORM_MACOS`
pub const PLATFORM_MACOS: u32 = 1;

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
