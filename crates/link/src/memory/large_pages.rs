//! Whether memory should come in large pages (`MADV_HUGEPAGE`).
//!
//! One fault takes the place of 512, and zeroing them takes a sixth of the time: links take 5 to 9 % less
//! CPU time. But a virtual machine may give memory that is free back to its host, which has to find it anew
//! when it is touched. Small pages come from what was in use just before; large ones are new to the host, as
//! a rule, and links took up to 40 % longer.

use std::fs;
use std::path::Path;

/// Whether this machine has large pages, and memory at hand to make them of.
pub(super) fn pay() -> bool {
    permitted(Path::new("/sys/kernel/mm/transparent_hugepage/enabled"))
        && !memory_goes_back(Path::new("/sys/bus/virtio/drivers/virtio_balloon"))
}

/// Whether a program may ask for large pages, by the system's setting (Linux,
/// `admin-guide/mm/transhuge.rst`).
fn permitted(setting: &Path) -> bool {
    fs::read_to_string(setting).is_ok_and(|s| !s.contains("[never]"))
}

/// Whether the host of a virtual machine is told which memory is free, to use it for something else: "free
/// page reporting" (`VIRTIO_BALLOON_F_REPORTING`, Virtual I/O Device 1.2, 5.5.3). `driver` has the devices by
/// name; the features of each are digits, bit 0 first.
fn memory_goes_back(driver: &Path) -> bool {
    const REPORTING: usize = 5;
    let devices = fs::read_dir(driver).into_iter().flatten().flatten();
    devices
        .filter_map(|device| fs::read(device.path().join("features")).ok())
        .any(|features| features.get(REPORTING) == Some(&b'1'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_pages_are_asked_for_where_that_is_permitted() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("enabled");
        assert!(!permitted(&file));
        for (setting, want) in [
            ("[always] madvise never\n", true),
            ("always [madvise] never\n", true),
            ("always madvise [never]\n", false),
        ] {
            fs::write(&file, setting).unwrap();
            assert_eq!(permitted(&file), want, "{setting}");
        }
    }

    #[test]
    fn memory_goes_back_where_a_balloon_reports() {
        let dir = tempfile::tempdir().unwrap();
        let driver = dir.path().join("virtio_balloon");
        assert!(!memory_goes_back(&driver));
        // What the driver has besides devices.
        fs::create_dir_all(driver.join("virtio3")).unwrap();
        fs::write(driver.join("bind"), "").unwrap();
        assert!(!memory_goes_back(&driver));
        for (features, want) in [
            ("01100001000000000000000000000000\n", false),
            ("01100101000000000000000000000000\n", true),
            ("0110\n", false),
        ] {
            fs::write(driver.join("virtio3/features"), features).unwrap();
            assert_eq!(memory_goes_back(&driver), want, "{features}");
        }
    }
}
