//! How much memory this process takes, as the system says.

use std::path::Path;

/// Resident memory of this process, bytes; 0 where the system does not say.
pub(crate) fn resident_bytes() -> u64 {
    status_kib(Path::new("/proc/self/status"), "VmRSS:") * 1024
}

/// Greatest resident memory so far, bytes; 0 where the system does not say.
pub(crate) fn peak_resident_bytes() -> u64 {
    status_kib(Path::new("/proc/self/status"), "VmHWM:") * 1024
}

fn status_kib(file: &Path, key: &str) -> u64 {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let line = text.lines().find_map(|l| l.strip_prefix(key));
    line.and_then(|l| l.trim().strip_suffix(" kB")?.parse().ok())
        .unwrap_or(0)
}
