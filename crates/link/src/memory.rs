//! Memory that the threads of a link allocate, got from the system in few calls.
//!
//! The allocator of the GNU C library gives each thread an arena that grows by as little as is asked
//! for: thousands of calls in a link, each of which stops the other threads' page faults. Here an arena
//! is made large before anything is allocated, and the main thread's grows by more at a time. But for what
//! every link needs, nothing of it is memory until it is written to. Where that pays, it comes in large pages
//! ([`large_pages`]).

mod large_pages;

use crate::sys;
use std::hint::black_box;
use std::ops::Range;
use std::sync::OnceLock;

/// Bytes that all arenas together get at first, as a rule more than a link allocates.
const ALL: usize = 512 << 20;

/// Most that one arena gets at first, bytes.
const MOST: usize = 256 << 20;

/// Largest piece that comes from an arena, bytes: the most that the allocator permits. Half a part.
const PIECE: usize = 32 << 20;

/// Bytes of a part of an arena, which has room for two pieces that are a little less than half of it.
const PART: usize = 2 * PIECE;

/// Bytes by which the main thread's arena grows.
const STEP: usize = 1 << 20;

/// Bytes that all arenas together have as memory when a link begins, less than any needs. The system finds
/// pages that are asked for together in two thirds of the time that it takes when each is touched.
const READY: usize = 4 << 20;

/// Has freed memory stay with the process, and large pieces come from the arenas. To be called before
/// other threads are.
#[allow(unsafe_code)]
pub fn keep() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: sets parameters of the allocator, which may be done at any time.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, PIECE as i32);
        libc::mallopt(libc::M_TRIM_THRESHOLD, i32::MAX);
        libc::mallopt(libc::M_TOP_PAD, STEP as i32);
    }
}

/// How arenas are made.
#[derive(Clone, Copy)]
pub struct Arenas {
    large_pages: bool,
}

impl Arenas {
    /// As they serve best on this machine, which is looked up once. In large pages only where there are
    /// addresses for all that the main thread's then gets.
    pub fn here() -> Arenas {
        static HERE: OnceLock<Arenas> = OnceLock::new();
        *HERE.get_or_init(|| Arenas {
            large_pages: !sys::addresses_are_limited() && large_pages::pay(),
        })
    }

    /// Makes the main thread's arena large, which has the large tables. Not so in small pages: of what an arena
    /// has, the allocator zeroes large tables itself, on one thread, where new memory is zero as it comes and is
    /// touched first by whoever needs it.
    fn reserve_main(self) {
        if self.large_pages {
            self.reserve(1);
        }
    }

    /// Makes the calling thread's arena large, after [`keep`]; it is one of `threads`. Without success,
    /// which changes nothing, where address space is scarce.
    pub fn reserve(self, threads: usize) {
        if !cfg!(all(target_os = "linux", target_env = "gnu")) {
            return;
        }
        // In small pages one part, though an arena that grows further does so by what is asked for: to reserve
        // more takes time at the start, when the other threads wait for addresses too, and gains nothing.
        let most = if self.large_pages { MOST } else { PART };
        let each = (ALL / threads).min(most);
        let parts = each.div_ceil(PART);
        let (n, len) = (2 * parts, (each / 2).min(PIECE - (2 << 20)));
        let mut pieces: Vec<Vec<u8>> = Vec::with_capacity(n);
        pieces.resize_with(n, Vec::new);
        for (i, piece) in pieces.iter_mut().enumerate() {
            let leave_room = parts > 1 && i + 1 == n;
            let _ = piece.try_reserve_exact(if leave_room { len / 2 } else { len });
        }
        // The last part of an arena, but for the first, goes as soon as nothing is in it; this stays there.
        // No other part has room for it. The compiler must not see that nobody needs it.
        if parts > 1 {
            let mut stays: Vec<u8> = Vec::new();
            let _ = stays.try_reserve_exact(len / 4);
            std::mem::forget(black_box(stays));
        }
        black_box(&mut pieces);
        #[cfg(target_os = "linux")]
        if self.large_pages {
            for part in joined(pieces.iter().map(addresses)) {
                advise(part, Advice::LargePages);
            }
        }
    }
}

/// Addresses of a piece of memory.
fn addresses(piece: &Vec<u8>) -> Range<usize> {
    let start = piece.as_ptr().addr();
    start..start + piece.capacity()
}

/// Joins pieces that lie side by side, but for what the allocator notes in between.
fn joined(pieces: impl Iterator<Item = Range<usize>>) -> Vec<Range<usize>> {
    const NOTES: usize = 64;
    let mut joined: Vec<Range<usize>> = Vec::new();
    for piece in pieces {
        match joined.last_mut() {
            Some(last) if (last.end..last.end + NOTES).contains(&piece.start) => {
                last.end = piece.end;
            }
            _ => joined.push(piece),
        }
    }
    joined
}

/// Advice that leaves what is in memory as it is.
#[cfg(target_os = "linux")]
#[repr(i32)]
enum Advice {
    /// Large pages are wanted.
    LargePages = libc::MADV_HUGEPAGE,
    /// All pages are wanted now.
    Populate = libc::MADV_POPULATE_WRITE,
}

/// Advises the system about the pages that lie wholly in `memory`; answers whether it followed.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
fn advise(memory: Range<usize>, advice: Advice) -> bool {
    const PAGE: usize = 4096;
    let start = memory.start.next_multiple_of(PAGE);
    let len = (memory.end & !(PAGE - 1)).saturating_sub(start);
    // SAFETY: neither advice changes what is in memory.
    unsafe { libc::madvise(start as *mut libc::c_void, len, advice as i32) == 0 }
}

/// Makes memory of what the threads of the pool will allocate first, after [`keep`]. To be called when a link
/// begins, by the main thread.
pub fn make_ready() {
    Arenas::here().reserve_main();
    let each = READY / rayon::current_num_threads();
    let main = rayon::current_thread_index();
    rayon::spawn_broadcast(move |thread| {
        if main != Some(thread.index()) {
            populate_next(each);
        }
    });
    populate_next(each);
}

/// Makes memory of the first `len` bytes that the calling thread will allocate; answers whether the system
/// has done that (Linux can since 5.14).
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn populate_next(len: usize) -> bool {
    let mut next: Vec<u8> = Vec::new();
    if next.try_reserve_exact(len).is_err() {
        return false;
    }
    let done = advise(addresses(&next), Advice::Populate);
    black_box(&mut next);
    done
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn populate_next(_: usize) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL_PAGES: Arenas = Arenas { large_pages: false };
    const LARGE_PAGES: Arenas = Arenas { large_pages: true };

    /// Bytes that lie in pages that are in memory (`/proc/pid/pagemap`, proc(5)).
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    fn resident(memory: Range<usize>) -> usize {
        use std::os::unix::fs::FileExt;
        const PAGE: usize = 4096;
        const PRESENT: u64 = 1 << 63;
        let pages = memory.start / PAGE..memory.end.div_ceil(PAGE);
        let mut entries = vec![0; 8 * pages.len()];
        let map = std::fs::File::open("/proc/self/pagemap").unwrap();
        map.read_exact_at(&mut entries, 8 * pages.start as u64)
            .unwrap();
        let entries = entries.as_chunks().0.iter();
        PAGE * entries
            .filter(|e| u64::from_le_bytes(**e) & PRESENT != 0)
            .count()
    }

    #[test]
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    fn what_is_made_ready_is_memory_and_what_is_reserved_is_none_yet() {
        // A thread may get the arena of one that has ended, and what was in memory there. No other test
        // needs as much.
        const LEN: usize = 24 << 20;
        const END: usize = 8 << 20;
        keep();
        for arenas in [SMALL_PAGES, LARGE_PAGES] {
            let thread = std::thread::spawn(move || {
                arenas.reserve(1);
                let next = || addresses(black_box(&Vec::<u8>::with_capacity(LEN)));
                let reserved = next();
                let end = reserved.end - END..reserved.end;
                let before = resident(end.clone());
                let done = populate_next(LEN);
                assert_eq!(reserved, next(), "it is what is allocated next");
                let ready = resident(end);
                std::mem::forget(black_box(Vec::<u8>::with_capacity(LEN)));
                (done, before, ready)
            });
            let (done, before, ready) = thread.join().unwrap();
            // But for a large page in which the allocator has noted what lies behind.
            assert!(before < END / 2, "{before}");
            // An old system cannot do that.
            assert!(!done || ready >= END, "{ready}");
            arenas.reserve(1000);
        }
    }

    #[test]
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    fn what_is_allocated_then_may_come_in_large_pages() {
        keep();
        let thread = std::thread::spawn(|| {
            LARGE_PAGES.reserve(1);
            let next: Vec<u8> = Vec::with_capacity(8 << 20);
            is_advised_large(addresses(&next).end - 1)
        });
        // `None`: a system without large pages.
        assert_ne!(thread.join().unwrap(), Some(false));
    }

    /// Run by the test below in a process of its own, where no thread has had an arena before.
    #[test]
    #[ignore = "part of another test"]
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    fn child_that_reserves() {
        keep();
        let kept = [(SMALL_PAGES, 2), (LARGE_PAGES, 7)].map(|(arenas, n)| {
            let thread = std::thread::spawn(move || {
                arenas.reserve(1);
                let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
                let writable = maps.lines().filter(|line| line.contains(" rw"));
                let writable = joined(writable.filter_map(range_of_map));
                let mut pieces = Vec::new();
                pieces.resize_with(n, || Vec::<u8>::with_capacity(24 << 20));
                let is_reserved = |piece: Range<usize>| {
                    let has = |map: &Range<usize>| map.start <= piece.start && piece.end <= map.end;
                    writable.iter().any(has)
                };
                let n = black_box(&pieces)
                    .iter()
                    .map(addresses)
                    .filter(|p| is_reserved(p.clone()));
                n.count()
            });
            thread.join().unwrap()
        });
        println!("reserved {kept:?}");
    }

    #[test]
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    fn what_is_reserved_stays_with_the_process() {
        let child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "memory::tests::child_that_reserves"])
            .args(["--ignored", "--nocapture"])
            .output()
            .unwrap();
        let out = String::from_utf8_lossy(&child.stdout);
        // Two in a part of an arena; the last part of a large one has room for one.
        assert!(out.contains("reserved [2, 7]\n"), "{out}");
    }

    /// The addresses that a line of `/proc/self/maps` is about; `None` for other lines.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    fn range_of_map(line: &str) -> Option<Range<usize>> {
        let (start, end) = line.split(' ').next()?.split_once('-')?;
        let hex = |s| usize::from_str_radix(s, 16).ok();
        Some(hex(start)?..hex(end)?)
    }

    /// Whether large pages were asked for at an address (`hg` in `/proc/self/smaps`, proc(5)).
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    fn is_advised_large(address: usize) -> Option<bool> {
        std::fs::metadata("/sys/kernel/mm/transparent_hugepage").ok()?;
        let maps = std::fs::read_to_string("/proc/self/smaps").ok()?;
        let mut here = false;
        for line in maps.lines() {
            if let Some(range) = range_of_map(line) {
                here = range.contains(&address);
            } else if here && let Some(flags) = line.strip_prefix("VmFlags:") {
                return Some(flags.split(' ').any(|f| f == "hg"));
            }
        }
        None
    }

    #[test]
    fn pieces_side_by_side_are_one() {
        let pieces = [100..200, 216..300, 400..500, 50..99];
        let want = [100..300, 400..500, 50..99];
        assert_eq!(joined(pieces.into_iter()), want);
        assert_eq!(joined(std::iter::empty()), []);
    }
}
