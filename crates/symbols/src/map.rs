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
    let len = usize::try_from(meta.len()).map_err(|_| io::ErrorKind::OutOfMemory)?;
    // SAFETY: the map is private and read-only. That nobody shortens a package archive while it is
    // being linked is what every linker that maps its inputs, the Go linker among them, relies on.
    let map = unsafe { memmap2::MmapOptions::new().len(len).map(&f)? };
    let map: &'static memmap2::Mmap = Box::leak(Box::new(map));
    MAPS.lock().unwrap_or_else(|e| e.into_inner()).push(map);
    Ok(map)
}

/// All mappings so far.
static MAPS: Mutex<Vec<&'static memmap2::Mmap>> = Mutex::new(Vec::new());

/// The files that are mapped so far.
pub struct Maps {
    /// By address.
    maps: Vec<&'static memmap2::Mmap>,
}

impl Maps {
    /// All of them.
    pub fn all() -> Maps {
        let mut maps = MAPS.lock().unwrap_or_else(|e| e.into_inner()).clone();
        maps.sort_unstable_by_key(|m| m.as_ptr());
        Maps { maps }
    }

    /// The file that `part` is a part of.
    fn file(&self, part: &'static [u8]) -> Option<&'static [u8]> {
        let after = self.maps.partition_point(|m| m.as_ptr() <= part.as_ptr());
        let file: &'static [u8] = after.checked_sub(1).map(|i| &self.maps[i][..])?;
        (part.as_ptr_range().end <= file.as_ptr_range().end).then_some(file)
    }

    /// The file of `part` up to its end; `part` itself if it is no part of a file.
    pub fn with_all_before(&self, part: &'static [u8]) -> &'static [u8] {
        let to_end = |f: &'static [u8]| {
            let len = part.as_ptr_range().end as usize - f.as_ptr() as usize;
            &f[..len]
        };
        self.file(part).map_or(part, to_end)
    }

    /// Gives back the pages of parts of files; what is no part of one is left alone. They stay in the
    /// system's cache, and what is touched again comes back from there; but a pass that needs other
    /// parts of the inputs than the one before it does not hold both. Pages that a part shares with what is
    /// beside it stay: that is read on, as a rule, and would bring back the pages around it too. Failure
    /// changes nothing but memory use. Small inputs stay: mapping them again takes a larger part of a short
    /// time than the memory is of what a process needs anyway.
    ///
    /// This waits for nothing: a thread of the pool that is idle gives them back, while the calling one goes
    /// on. So it is for the time between passes; within one, see [`Maps::release_now`].
    pub fn release(&self, parts: impl Iterator<Item = &'static [u8]>) {
        match rayon::current_num_threads() {
            // It would do so only when it waits for something.
            1 => self.release_now(parts),
            _ if self.are_small() => {}
            threads => discard_later(&self.within(parts), threads, LEAST_PARTS),
        }
    }

    /// As [`Maps::release`], and the pages are given back when this returns.
    pub fn release_now(&self, parts: impl Iterator<Item = &'static [u8]>) {
        if !self.are_small() {
            discard(self.within(parts), 1, LEAST_PARTS);
        }
    }

    /// Whether all files together are so small that nothing of them is given back before the end.
    pub fn are_small(&self) -> bool {
        self.maps.iter().map(|m| m.len()).sum::<usize>() < SMALL
    }

    /// Gives back all pages, when nobody reads inputs any more. The end of a process takes pages away too,
    /// but on one thread.
    pub fn release_all(&self) {
        let all = self.maps.iter().map(|m| &m[..]).collect();
        // Files differ in size, and whoever is done with its own takes others.
        discard(all, 4, 1);
    }

    /// The pages of those of `parts` that are parts of files.
    fn within(&self, parts: impl Iterator<Item = &'static [u8]>) -> Vec<&'static [u8]> {
        let is_part = |p: &&'static [u8]| !p.is_empty() && self.file(p).is_some();
        parts.map(whole_pages).filter(is_part).collect()
    }
}

/// Inputs smaller than this, all together in bytes, are not given back.
const SMALL: usize = 64 << 20;

/// What of a part fills pages.
fn whole_pages(part: &[u8]) -> &[u8] {
    let start = part.as_ptr().align_offset(PAGE).min(part.len());
    let part = &part[start..];
    &part[..part.len() & !(PAGE - 1)]
}

/// Gives back the pages of `parts`, each of which begins with one and lies within one mapping, with about
/// `per_thread` calls for each thread and at least `least` parts with one call.
///
/// Whenever a process gives pages back, the processors that its other threads run on are interrupted,
/// which takes longer than all else: so many parts go with one call, where the system can do that.
fn discard(parts: Vec<&'static [u8]>, per_thread: usize, least: usize) {
    let calls = per_thread * rayon::current_num_threads();
    let each = parts_of_call(parts.len(), calls, least);
    parts.par_chunks(each).for_each(discard_some);
}

/// As [`discard`], by threads of the pool that have nothing else to do, with about so many calls.
fn discard_later(parts: &[&'static [u8]], calls: usize, least: usize) {
    for some in parts.chunks(parts_of_call(parts.len(), calls, least)) {
        let some = some.to_vec();
        rayon::spawn(move || discard_some(&some));
    }
}

/// How many of `n` parts go with one of about so many calls.
fn parts_of_call(n: usize, calls: usize, least: usize) -> usize {
    n.div_ceil(calls).clamp(least, PARTS_AT_ONCE)
}

/// Gives back the pages of some parts, with one call if the system can do that.
fn discard_some(parts: &[&'static [u8]]) {
    let done = discard_at_once(parts);
    parts[done..].iter().for_each(|p| discard_one(p));
}

/// Least number of parts that go with one call, as a rule.
const LEAST_PARTS: usize = 64;

/// Greatest number of parts that the system takes with one call (`UIO_MAXIOV`).
const PARTS_AT_ONCE: usize = 1024;

/// Gives back the pages of some parts with one call; how many parts, which is none where the system
/// cannot do that (Linux can since 6.13).
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
fn discard_at_once(parts: &[&'static [u8]]) -> usize {
    let vector: Vec<libc::iovec> = parts
        .iter()
        .map(|p| libc::iovec {
            iov_base: p.as_ptr() as *mut _,
            iov_len: p.len(),
        })
        .collect();
    // SAFETY: the ranges are pages of read-only mappings of files, so that a dropped page reads the
    // same when it is touched again; the descriptor is this function's own.
    let advised = unsafe {
        let me = libc::syscall(libc::SYS_pidfd_open, libc::getpid(), 0);
        if me < 0 {
            return 0;
        }
        let (to, n) = (vector.as_ptr(), vector.len());
        let advised = libc::syscall(libc::SYS_process_madvise, me, to, n, libc::MADV_DONTNEED, 0);
        libc::close(me as i32);
        advised
    };
    let mut left = usize::try_from(advised).unwrap_or(0);
    let whole = |v: &&libc::iovec| {
        let fits = v.iov_len <= left;
        left = left.saturating_sub(v.iov_len);
        fits
    };
    vector.iter().take_while(whole).count()
}

#[cfg(not(target_os = "linux"))]
fn discard_at_once(_: &[&'static [u8]]) -> usize {
    0
}

/// Gives back the pages of a part.
#[allow(unsafe_code)]
fn discard_one(part: &'static [u8]) {
    #[cfg(unix)]
    {
        let start = part.as_ptr() as *mut _;
        // SAFETY: as in `discard_at_once`.
        let _ = unsafe { libc::madvise(start, part.len(), libc::MADV_DONTNEED) };
    }
    #[cfg(not(unix))]
    let _ = part;
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

    /// Kilobytes of a mapping that are in memory (`proc_pid_smaps(5)`).
    #[cfg(target_os = "linux")]
    fn resident(map: &[u8]) -> u64 {
        let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let start = format!("{:x}-", map.as_ptr().addr());
        let mut lines = maps.lines().skip_while(|l| !l.starts_with(&start));
        let rss = lines.find_map(|l| l.strip_prefix("Rss:"));
        let kilobytes = rss.unwrap().trim().strip_suffix("kB").unwrap();
        kilobytes.trim().parse().unwrap()
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn pages_are_given_back_in_the_end() {
        const N: usize = 1 << 20;
        let f = std::env::temp_dir().join(format!("relink-later-{}", std::process::id()));
        std::fs::write(&f, vec![7; N]).unwrap();
        let map = map_file(&f).unwrap();
        let start = std::time::Instant::now();
        let wait_until = |done: &dyn Fn() -> bool| {
            while !done() {
                assert!(start.elapsed().as_secs() < 60, "{} kB", resident(map));
                std::thread::yield_now();
            }
        };
        let all = || map.iter().all(|&b| b == 7);
        // Another test may give back everything meanwhile.
        wait_until(&|| all() && resident(map) == N as u64 / 1024);
        let parts: Vec<&[u8]> = map.chunks(N / 16).collect();
        discard_later(&parts[2..], 4, 1);
        wait_until(&|| resident(map) <= N as u64 / 1024 / 8);
        assert!(all());
        std::fs::remove_file(&f).unwrap();
    }

    #[test]
    fn maps_contents_and_names_errors_as_go_does() {
        let dir = std::env::temp_dir().join(format!("relink-map-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let f = dir.join("f");
        let bytes: Vec<u8> = (0..4 * PAGE).map(|i| (i / 100) as u8).collect();
        std::fs::write(&f, &bytes).unwrap();
        let map = map_file(&f).unwrap();
        assert_eq!(map, bytes);
        let maps = Maps::all();
        assert_eq!(maps.with_all_before(&map[1..3]), &bytes[..3]);
        assert_eq!(maps.with_all_before(b"elsewhere"), b"elsewhere");
        let parts: [&[u8]; 4] = [&map[1..3 * PAGE + 1], b"elsewhere", &map[..0], &map[..9]];
        maps.release(parts.into_iter());
        maps.release_now(parts.into_iter());
        let within = maps.within(parts.into_iter());
        let pages = &map[PAGE..3 * PAGE];
        assert_eq!(within.len(), 1);
        assert_eq!(within[0].as_ptr_range(), pages.as_ptr_range());
        discard(within, 1, 64);
        assert_eq!(map, bytes);
        maps.release_all();
        assert_eq!(map, bytes);
        discard_one(map);
        assert_eq!(map, bytes);
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
