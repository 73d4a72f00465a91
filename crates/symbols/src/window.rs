//! Giving back the pages of objects behind a pass that goes through them one after another.

use crate::{Obj, SymId, Symbols, map};
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// The objects that a pass has left behind last and that stay mapped: what still goes on beside the
/// pass, and what the next one begins with, is mostly there.
pub struct PageWindow {
    maps: map::Maps,
    /// Greatest length of the objects together, bytes.
    room: usize,
    left: Mutex<Left>,
}

#[derive(Default)]
struct Left {
    objects: VecDeque<&'static [u8]>,
    len: usize,
}

impl PageWindow {
    /// A window of `room` bytes. Inputs that are smaller than that stay mapped as a whole.
    pub fn new(room: usize) -> PageWindow {
        PageWindow {
            maps: map::Maps::all(),
            room,
            left: Mutex::default(),
        }
    }

    /// Tells that a pass is through with an object. Being wrong costs time only.
    pub fn leave(&self, o: &Obj) {
        self.leave_bytes(o.object.bytes());
    }

    fn leave_bytes(&self, bytes: &'static [u8]) {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        left.objects.push_back(bytes);
        left.len += bytes.len();
        let mut gone = Vec::new();
        while left.len > self.room
            && let Some(first) = left.objects.pop_front()
        {
            left.len -= first.len();
            gone.push(first);
        }
        drop(left);
        gone.into_iter().for_each(|o| self.maps.release(o));
    }
}

/// Which object is being read by someone who takes its symbols one after another, to leave it when it
/// is another's turn.
pub struct ObjectReader<'a> {
    syms: &'a Symbols,
    window: &'a PageWindow,
    now: Option<&'a Obj>,
}

impl<'a> ObjectReader<'a> {
    /// Reads nothing yet.
    pub fn new(syms: &'a Symbols, window: &'a PageWindow) -> Self {
        ObjectReader {
            syms,
            window,
            now: None,
        }
    }

    /// Tells that `s` is what is read next.
    #[inline]
    pub fn read(&mut self, s: SymId) {
        let next = self.syms.origin(s).map(|(o, _)| o);
        if let Some(now) = self.now
            && next.is_none_or(|o| !std::ptr::eq(o, now))
        {
            self.window.leave(now);
        }
        self.now = next;
    }
}

impl Drop for ObjectReader<'_> {
    fn drop(&mut self) {
        if let Some(now) = self.now {
            self.window.leave(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_first() {
        let w = PageWindow::new(10);
        let lens = |w: &PageWindow| {
            let left = w.left.lock().unwrap();
            let lens: Vec<usize> = left.objects.iter().map(|o| o.len()).collect();
            (lens, left.len)
        };
        let leave = |n: usize| w.leave_bytes(&[0; 100][..n]);
        leave(4);
        leave(6);
        assert_eq!(lens(&w), (vec![4, 6], 10));
        leave(1);
        assert_eq!(lens(&w), (vec![6, 1], 7));
        leave(20);
        assert_eq!(lens(&w), (vec![], 0));
    }
}
