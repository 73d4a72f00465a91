//! Large tables in huge pages.
//!
//! A link looks things up in tables of many megabytes in no order. With pages of 4 KiB most look-ups
//! wait for the page tables too, and every page costs a fault. So allocations from `HUGE` on are
//! mapped on their own, aligned, and the system is asked for huge pages (most have them for those
//! who ask). What is beyond the last whole huge page is left in small ones, so that no more memory is
//! taken than with these.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr::{copy_nonoverlapping, null_mut};

/// The allocator: the system's, except for what is large.
pub struct HugePages;

/// Size and alignment of a huge page, bytes. Where they are larger nothing is gained or lost.
const HUGE: usize = 2 << 20;

/// Lengths of mappings are multiples of this, which is one of every system's page size.
const GRAIN: usize = 1 << 16;

fn is_large(size: usize, align: usize) -> bool {
    size >= HUGE && align <= HUGE && size <= isize::MAX as usize - 2 * HUGE
}

fn mapped_len(size: usize) -> usize {
    size.next_multiple_of(GRAIN)
}

/// Maps zeroed memory for `size` bytes; null if there is none.
fn map(size: usize) -> *mut u8 {
    let len = mapped_len(size);
    let all = len + HUGE;
    let (prot, flags) = (
        libc::PROT_READ | libc::PROT_WRITE,
        libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
    );
    // SAFETY: a new mapping, at no particular place.
    let start = unsafe { libc::mmap(null_mut(), all, prot, flags, -1, 0) };
    if start == libc::MAP_FAILED {
        return null_mut();
    }
    let start = start.cast::<u8>();
    let before = start.align_offset(HUGE);
    // SAFETY: all three ranges lie within the new mapping, which nobody uses yet.
    unsafe {
        let aligned = start.add(before);
        if before != 0 {
            libc::munmap(start.cast(), before);
        }
        if before != HUGE {
            libc::munmap(aligned.add(len).cast(), HUGE - before);
        }
        // Without huge pages it works too.
        libc::madvise(aligned.cast(), size / HUGE * HUGE, libc::MADV_HUGEPAGE);
        aligned
    }
}

/// Ends a mapping that [`map`] made for `size` bytes.
///
/// # Safety
/// Nobody uses it afterwards.
unsafe fn unmap(p: *mut u8, size: usize) {
    // SAFETY: the caller's promise.
    unsafe { libc::munmap(p.cast(), mapped_len(size)) };
}

/// Makes a mapping longer or shorter without copying; null if that fails.
///
/// # Safety
/// `p` comes from [`map`] for `old` bytes; only the answer, unless null, is used afterwards.
unsafe fn remap(p: *mut u8, old: usize, new: usize) -> *mut u8 {
    let (old_len, new_len) = (mapped_len(old), mapped_len(new));
    if new_len <= old_len {
        if new_len < old_len {
            // SAFETY: the end of the mapping, which nobody uses any more.
            unsafe { libc::munmap(p.add(new_len).cast(), old_len - new_len) };
        }
        return p;
    }
    let to = map(new);
    if to.is_null() {
        return to;
    }
    let flags = libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED;
    // SAFETY: the pages replace the first ones of a new mapping that is longer.
    let moved = unsafe { libc::mremap(p.cast(), old_len, old_len, flags, to) };
    if moved == libc::MAP_FAILED {
        // SAFETY: nobody uses it.
        unsafe { unmap(to, new) };
        return null_mut();
    }
    to
}

// SAFETY: what is large is mapped and unmapped here, everything else is the system's; which of the two
// it is follows from the layout, which stays with an allocation.
unsafe impl GlobalAlloc for HugePages {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match is_large(layout.size(), layout.align()) {
            true => map(layout.size()),
            // SAFETY: the caller's promise.
            false => unsafe { System.alloc(layout) },
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        match is_large(layout.size(), layout.align()) {
            true => map(layout.size()),
            // SAFETY: the caller's promise.
            false => unsafe { System.alloc_zeroed(layout) },
        }
    }

    unsafe fn dealloc(&self, p: *mut u8, layout: Layout) {
        match is_large(layout.size(), layout.align()) {
            // SAFETY: the caller's promise.
            true => unsafe { unmap(p, layout.size()) },
            // SAFETY: the caller's promise.
            false => unsafe { System.dealloc(p, layout) },
        }
    }

    unsafe fn realloc(&self, p: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let (old, align) = (layout.size(), layout.align());
        match (is_large(old, align), is_large(size, align)) {
            // SAFETY: the caller's promise.
            (true, true) => unsafe { remap(p, old, size) },
            // SAFETY: the caller's promise.
            (false, false) => unsafe { System.realloc(p, layout, size) },
            // SAFETY: the caller's promise; both ranges are as long as the smaller of the sizes.
            _ => unsafe {
                let to = self.alloc(Layout::from_size_align_unchecked(size, align));
                if !to.is_null() {
                    copy_nonoverlapping(p, to, old.min(size));
                    self.dealloc(p, layout);
                }
                to
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Contents outlive every way to grow and shrink.
    #[test]
    fn contents_stay() {
        let sizes = [
            100,
            HUGE - 1,
            HUGE,
            3 * HUGE + 5,
            3 * HUGE + GRAIN + 5,
            9 * HUGE,
            5 * HUGE + 1,
            HUGE,
            1000,
            HUGE,
            7,
        ];
        let layout = |size| Layout::from_size_align(size, 16).unwrap();
        // SAFETY: sizes and layouts are the ones passed before.
        unsafe {
            let mut size = sizes[0];
            let mut p = HugePages.alloc_zeroed(layout(size));
            for &next in &sizes[1..] {
                p.write(1);
                p.add(size - 1).write(2);
                let kept = size.min(next);
                p.add(kept - 1).write(3);
                p = HugePages.realloc(p, layout(size), next);
                assert_eq!((p.read(), p.add(kept - 1).read()), (1, 3), "{size} {next}");
                p.add(next - 1).write(0);
                size = next;
            }
            HugePages.dealloc(p, layout(size));
        }
    }

    #[test]
    fn large_ones_are_aligned_and_zero() {
        for size in [HUGE, 4 * HUGE - 1] {
            let layout = Layout::from_size_align(size, 8).unwrap();
            // SAFETY: within the allocation.
            unsafe {
                let p = HugePages.alloc_zeroed(layout);
                assert_eq!(p.addr() % HUGE, 0);
                assert!((0..size).step_by(4096).all(|i| p.add(i).read() == 0));
                p.add(size - 1).write(9);
                HugePages.dealloc(p, layout);
            }
        }
    }
}
