//! Memory that the threads of a link allocate, got from the system in few calls.
//!
//! The allocator of the GNU C library gives each thread an arena that grows by as little as is asked
//! for: thousands of calls in a link, each of which stops the other threads' page faults. Here an arena
//! is made large before anything is allocated, and the main thread's grows by more at a time. But for what
//! every link needs, nothing of it is memory until it is written to.
//!
//! Large pages were tried (`MADV_HUGEPAGE`): where a host provides a virtual machine's memory as it is
//! touched, finding two megabytes at a time made links up to 40 % slower; where it is at hand, 5 % faster.

use std::hint::black_box;

/// Bytes that all arenas together get at first, as a rule more than a link allocates.
const ALL: usize = 256 << 20;

/// Most that one arena gets at first, bytes.
const MOST: usize = 128 << 20;

/// Largest piece that comes from an arena, bytes: the most that the allocator permits. Half an arena.
const PIECE: usize = 32 << 20;

/// Bytes by which the main thread's arena grows. It is not made large before: of what an arena has, the
/// allocator zeroes large tables itself, on one thread, where new memory is zero as it comes and is touched
/// first by whoever needs it.
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
    black_box(&mut pieces);
}

/// Makes memory of what the threads of the pool will allocate first. To be called when a link begins, by
/// one of them.
pub fn make_ready() {
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
#[allow(unsafe_code)]
fn populate_next(len: usize) -> bool {
    const PAGE: usize = 4096;
    let mut next: Vec<u8> = Vec::new();
    if next.try_reserve_exact(len).is_err() {
        return false;
    }
    let start = next.as_mut_ptr().map_addr(|a| a.next_multiple_of(PAGE));
    let whole = len.saturating_sub(PAGE) & !(PAGE - 1);
    // SAFETY: the pages lie within `next`; nothing is written to them.
    let advised = unsafe { libc::madvise(start.cast(), whole, libc::MADV_POPULATE_WRITE) };
    black_box(&mut next);
    advised == 0
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn populate_next(_: usize) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::benchmark::resident_bytes;

    #[test]
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    fn what_is_made_ready_is_memory() {
        const LEN: usize = 8 << 20;
        keep();
        let thread = std::thread::spawn(|| {
            reserve(1);
            let before = resident_bytes();
            (populate_next(LEN), before, resident_bytes())
        });
        // An old system cannot do that. What other tests give back meanwhile is less than half.
        let (done, before, ready) = thread.join().unwrap();
        assert!(!done || ready > before + LEN as u64 / 2, "{before} {ready}");
    }

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
}
