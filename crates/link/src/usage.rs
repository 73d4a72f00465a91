//! How much memory this process takes, as the system says.

/// Resident memory of this process, bytes; 0 where the system does not say.
pub(crate) fn resident_bytes() -> u64 {
    status("VmRSS:")
}

/// Greatest resident memory so far, bytes; 0 where the system does not say.
pub(crate) fn peak_resident_bytes() -> u64 {
    status("VmHWM:")
}

/// A size in the process's status, bytes.
fn status(key: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|l| l.strip_prefix(key));
    let kib: Option<u64> = line.and_then(|l| l.trim().strip_suffix(" kB")?.parse().ok());
    kib.unwrap_or(0) * 1024
}
