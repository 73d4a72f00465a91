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

fn word(data: &[u8], at: usize) -> Option<u32> {
    let bytes = data.get(at..)?.first_chunk()?;
    Some(u32::from_le_bytes(*bytes))
}

/// The first such command of an object; `None` if it has none or is no Mach-O object
/// (`ld/macho.go:hostobjMachoPlatform`, `peekMachoPlatform`).
pub fn platform_command(data: &[u8]) -> Option<PlatformCommand> {
    const MAGIC_64: u32 = 0xfeed_facf;
    if word(data, 0)? != MAGIC_64 {
        return None;
    }
    let mut at = HEADER_LEN;
    for _ in 0..word(data, 16)? {
        let (command, len) = (word(data, at)?, word(data, at + 4)? as usize);
        let words: Vec<u32> = (8..len.max(8))
            .step_by(4)
            .map(|i| word(data, at + i))
            .collect::<Option<_>>()?;
        let platform = match command {
            LC_VERSION_MIN_MACOSX => Some(PLATFORM_MACOS),
            LC_VERSION_MIN_IPHONEOS => Some(2),
            LC_VERSION_MIN_TVOS => Some(3),
            LC_VERSION_MIN_WATCHOS => Some(4),
            LC_BUILD_VERSION => words.first().copied(),
            _ => None,
        };
        if let Some(platform) = platform {
            return Some(PlatformCommand {
                platform,
                command,
                words,
            });
        }
        at += len.max(8);
    }
    None
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
