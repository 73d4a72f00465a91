//! Input files, mapped for the life of the process.

use rayon::prelude::*;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Mutex;

/// Maps a file read-only. The mapping is never undone: a link reads its inputs until it ends, and
/// views into them are kept everywhere. An empty file gives an empty slice.
///
/// # Errors
/// Those of opening, and of files that are no regular files.
#[allow(unsafe_code)]
pub fn map_file(path: &Path) -> io::Result<&'static [u8]> {
    let f = File::open(path)?;
    let meta = f.metadata()?;
    if meta.is_dir() {
        return Err(io::Error::from_raw_os_error(21));
    }
    if meta.len() == 0 {
        return Ok(&[]);
    }
    // SAFETY: the map is private and read-only. That nobody shortens a package archive while it is
    // being linked is what every linker that maps its inputs, the Go linker among them, relies on.
    let map = unsafe { memmap2::Mmap::map(&f)? };
    let map: &'static memmap2::Mmap = Box::leak(Box::new(map));
    MAPS.lock().unwrap_or_else(|e| e.into_inner()).push(map);
    Ok(map)
}

/// All mappings so far.
static MAPS: Mutex<Vec<&'static memmap2::Mmap>> = Mutex::new(Vec::new());

/// Gives back the pages of all mapped files. They stay in the system's cache, and what is touched
/// again comes back from there; but a pass that needs other parts of the inputs than the one before
/// it does not hold both. Failure changes nothing but memory use.
#[allow(unsafe_code)]
pub fn release_pages() {
    // Not under the lock: a thread that waits for others takes on whatever work there is.
    let maps = MAPS.lock().unwrap_or_else(|e| e.into_inner()).clone();
    maps.par_iter().for_each(|map| {
        // SAFETY: the mapping is of a file, read-only and never written to, so that a dropped page
        // reads the same when it is touched again.
        let _ = unsafe { map.unchecked_advise(memmap2::UncheckedAdvice::DontNeed) };
    });
}

/// As [`release_pages`], for what lies before `len` bytes of a file; `file` is what [`map_file`] gave.
#[allow(unsafe_code)]
pub(crate) fn release_start(file: &'static [u8], len: usize) {
    let maps = MAPS.lock().unwrap_or_else(|e| e.into_inner());
    // It has been mapped just now.
    let map = maps.iter().rev().find(|m| m.as_ptr() == file.as_ptr());
    let Some(map) = map.copied().filter(|m| len <= m.len()) else {
        return;
    };
    drop(maps);
    let advice = memmap2::UncheckedAdvice::DontNeed;
    // SAFETY: as in `release_pages`; the range lies within the mapping.
    let _ = unsafe { map.unchecked_advise_range(advice, 0, len & !(PAGE - 1)) };
}

/// As [`release_pages`], for parts of mapped files; what is no part of one is left alone. The pages
/// at the ends of a part go too.
#[allow(unsafe_code)]
pub fn release_parts(parts: impl ParallelIterator<Item = &'static [u8]>) {
    let mut maps = MAPS.lock().unwrap_or_else(|e| e.into_inner()).clone();
    maps.sort_unstable_by_key(|m| m.as_ptr());
    parts.for_each(|part| {
        let after = maps.partition_point(|m| m.as_ptr() <= part.as_ptr());
        let Some(map) = after.checked_sub(1).map(|i| maps[i]) else {
            return;
        };
        let at = part.as_ptr() as usize - map.as_ptr() as usize;
        if part.is_empty() || at + part.len() > map.len() {
            return;
        }
        let advice = memmap2::UncheckedAdvice::DontNeed;
        // SAFETY: as in `release_pages`; the range lies within the mapping.
        let _ = unsafe { map.unchecked_advise_range(advice, at, part.len()) };
    });
}

/// Maps all pages of a part of a mapped file now, which costs less than one by one when they are
/// touched. Failure changes nothing but time.
#[allow(unsafe_code)]
pub fn populate(part: &'static [u8]) {
    #[cfg(target_os = "linux")]
    if part.len() > PAGE {
        let start = part.as_ptr() as usize & !(PAGE - 1);
        let len = part.as_ptr() as usize + part.len() - start;
        // SAFETY: the range lies within the pages of a part of a mapping that is never undone, and
        // mapping pages early changes nothing that a program can see.
        let _ = unsafe { libc::madvise(start as *mut _, len, libc::MADV_POPULATE_READ) };
    }
    #[cfg(not(target_os = "linux"))]
    let _ = part;
}

/// Gives the system back what has been freed, after large amounts in small pieces. Changes nothing but
/// memory use.
#[allow(unsafe_code)]
pub(crate) fn trim_heap() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: only memory that nothing is allocated in is given back.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// The smallest page there is, bytes.
const PAGE: usize = 4096;

/// The text Go's `os` package has for an I/O error, without the operation and path before it.
pub fn go_error_text(e: &io::Error) -> String {
    let s = e.to_string();
    let s = s.split(" (os error").next().unwrap_or(&s);
    let mut c = s.chars();
    c.next()
        .map_or(String::new(), |f| f.to_lowercase().chain(c).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_contents_and_names_errors_as_go_does() {
        let dir = std::env::temp_dir().join(format!("relink-map-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let f = dir.join("f");
        std::fs::write(&f, b"bytes").unwrap();
        let map = map_file(&f).unwrap();
        assert_eq!(map, b"bytes");
        release_pages();
        assert_eq!(map, b"bytes");
        release_start(map, 5);
        release_start(b"elsewhere", 3);
        assert_eq!(map, b"bytes");
        release_parts([&map[1..3], b"elsewhere", &map[..0]].into_par_iter());
        assert_eq!(map, b"bytes");
        std::fs::write(&f, b"").unwrap();
        assert_eq!(map_file(&f).unwrap(), b"");
        assert_eq!(
            go_error_text(&map_file(&dir).unwrap_err()),
            "is a directory"
        );
        assert_eq!(
            go_error_text(&map_file(&dir.join("no")).unwrap_err()),
            "no such file or directory"
        );
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
