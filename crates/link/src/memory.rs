//! Memory that the threads of a link allocate, got from the system in few calls.
//!
//! The allocator of the GNU C library gives each thread an arena that grows by as little as is asked
//! for: thousands of calls in a link, each of which stops the other threads' page faults. Here an arena
//! is made large before anything is allocated. Nothing of it is memory until it is written to.

use std::hint::black_box;
use std::sync::Mutex;

/// Bytes that all arenas together get at first, as a rule more than a link allocates.
const ALL: usize = 256 << 20;

/// Most that one arena gets at first, bytes.
const MOST: usize = 128 << 20;

/// Largest piece that comes from an arena, bytes: the most that the allocator permits. Half an arena.
const PIECE: usize = 32 << 20;

/// Has freed memory stay with the process, and large pieces come from the arenas. To be called before
/// other threads are.
#[allow(unsafe_code)]
pub fn keep() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: sets parameters of the allocator, which may be done at any time.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, PIECE as i32);
        libc::mallopt(libc::M_TRIM_THRESHOLD, i32::MAX);
    }
}

/// Makes the calling thread's arena large, after [`keep`]; it is one of `threads`. Without success,
/// which changes nothing, where address space is scarce.
pub fn reserve(threads: usize) {
    if !cfg!(all(target_os = "linux", target_env = "gnu")) {
        return;
    }
    // A part of an arena has room for two pieces, which are a little less than half of it.
    let each = (ALL / threads).min(MOST);
    let n = each.div_ceil(PIECE).next_multiple_of(2);
    let len = (each / n).min(PIECE - (2 << 20));
    let mut pieces: Vec<Vec<u8>> = Vec::with_capacity(n);
    pieces.resize_with(n, Vec::new);
    for piece in &mut pieces {
        let _ = piece.try_reserve_exact(len);
    }
    // The last part of an arena goes as soon as nothing is in it; this stays there.
    std::mem::forget(Box::new(0u64));
    let ranges = pieces.iter().map(|p| (p.as_ptr() as usize, p.capacity()));
    RESERVED
        .lock()
        .unwrap_or_else(|e| e.into_inner())
        .extend(ranges);
    black_box(&mut pieces);
}

/// What has been reserved, as address and length in bytes; the allocator has it.
static RESERVED: Mutex<Vec<(usize, usize)>> = Mutex::new(Vec::new());

/// Bytes of a large page.
const LARGE: usize = 2 << 20;

/// Has what is reserved and has not been written to come in large pages, where the system has these.
/// That takes a link of large inputs 5 % less time: it writes to most of what a large page has. Others
/// would take more memory than time is won.
#[allow(unsafe_code)]
pub fn use_large_pages() {
    #[cfg(target_os = "linux")]
    for &(start, len) in &*RESERVED.lock().unwrap_or_else(|e| e.into_inner()) {
        let end = (start + len) & !(LARGE - 1);
        let start = start.next_multiple_of(LARGE);
        if start < end {
            // SAFETY: how memory is backed does not change what is in it, whoever has it by now. Where
            // there is none any more, or none of this kind, the call fails, which does no harm.
            unsafe { libc::madvise(start as *mut _, end - start, libc::MADV_HUGEPAGE) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::benchmark::resident_bytes;

    #[test]
    fn what_is_reserved_is_no_memory_yet() {
        keep();
        let thread = std::thread::spawn(|| {
            let before = resident_bytes();
            reserve(1);
            (before, resident_bytes())
        });
        // Four pieces of 30 MB; what other tests take meanwhile is less than the rest.
        let (before, reserved) = thread.join().unwrap();
        assert!(reserved < before + (40 << 20), "{before} {reserved}");
        reserve(1000);
    }

    #[test]
    fn large_pages_leave_memory_as_it_is() {
        let (before, after) = std::thread::spawn(|| {
            reserve(1);
            let written: Vec<u64> = (0..1 << 20).collect();
            use_large_pages();
            let more: Vec<u64> = (0..1 << 20).collect();
            (written, more)
        })
        .join()
        .unwrap();
        assert!(before == after && before.iter().copied().eq(0..1 << 20));
    }
}
