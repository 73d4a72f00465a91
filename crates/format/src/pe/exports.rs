//! The export section: what other images may look up in this one (`addexports`).

use super::Fields;

/// Length of the export directory, bytes.
const DIRECTORY_LEN: u32 = 40;

/// Length of what there is for each symbol besides its name: where it lies, where its name lies, and which
/// of the places is its; bytes.
const ENTRY_LEN: u32 = 10;

/// A symbol that is exported.
#[derive(Clone, Copy, Debug)]
pub struct Export<'a> {
    /// Name.
    pub name: &'a [u8],
    /// Where it lies, from the start of the image.
    pub addr: u32,
}

/// The export section at `addr`, from the start of the image, of an image called `image`. The loader wants
/// `symbols` sorted by name.
pub fn export_section(symbols: &[Export], image: &[u8], addr: u32) -> Vec<u8> {
    let n = symbols.len() as u32;
    let image_at = addr + DIRECTORY_LEN + ENTRY_LEN * n;
    let mut f = Fields::default();
    f.bytes(&[0; 12]);
    f.u32(image_at);
    f.u32(1); // Number of the first one.
    f.u32(n);
    f.u32(n);
    f.u32(addr + DIRECTORY_LEN);
    f.u32(addr + DIRECTORY_LEN + 4 * n);
    f.u32(addr + DIRECTORY_LEN + 8 * n);
    symbols.iter().for_each(|s| f.u32(s.addr));
    let mut name_at = image_at + image.len() as u32 + 1;
    for s in symbols {
        f.u32(name_at);
        name_at += s.name.len() as u32 + 1;
    }
    (0..n).for_each(|i| f.u16(i as u16));
    for name in [image].into_iter().chain(symbols.iter().map(|s| s.name)) {
        f.bytes(name);
        f.u8(0);
    }
    f.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_places_are_found_from_the_directory() {
        let symbol = |name, addr| Export { name, addr };
        let list = [symbol(b"First", 0x1010), symbol(b"Second", 0x1000)];
        let section = export_section(&list, b"a.exe", 0x5000);
        let word = |at: usize| u32::from_le_bytes(section[at..][..4].try_into().unwrap());
        let text = |addr: u32| {
            let rest = &section[addr as usize - 0x5000..];
            rest.split(|&b| b == 0).next().unwrap()
        };
        assert_eq!(text(word(12)), b"a.exe");
        assert_eq!([word(16), word(20), word(24)], [1, 2, 2]);
        let [places, names, numbers] = [28, 32, 36].map(|at| word(at) as usize - 0x5000);
        assert_eq!([word(places), word(places + 4)], [0x1010, 0x1000]);
        assert_eq!(text(word(names)), b"First");
        assert_eq!(text(word(names + 4)), b"Second");
        assert_eq!(section[numbers..][..4], [0, 0, 1, 0]);
        assert_eq!(section.len(), 40 + 20 + 6 + 6 + 7);
    }
}
