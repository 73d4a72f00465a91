//! Compressed sections on their way into the output.
//!
//! A section begins where the one before it ends. While that is not known, what is made of it is held
//! in memory; from then on it goes into the file as it is made.

use crate::output::{EarlyFile, Store};
use goflate::Sink;
use layout::round_up;
use std::sync::OnceLock;

/// Bytes of a section that are held together: small enough that the allocator has used memory for them.
const HELD: usize = 32 << 10;

/// Where the sections are placed, as far as that is known.
pub(super) struct Places<'a> {
    /// The output, and where in it the first section begins, if parts of it can be written by now.
    file: Option<(&'a EarlyFile, u64)>,
    /// Alignment of the sections, bytes.
    align: u64,
    /// Lengths of the sections, bytes.
    lens: Vec<OnceLock<u64>>,
}

impl<'a> Places<'a> {
    /// Places of `n` sections, each at a multiple of `align` bytes from the beginning of the first.
    pub(super) fn new(n: usize, align: u64, file: Option<(&'a EarlyFile, u64)>) -> Places<'a> {
        let lens = vec![OnceLock::new(); n];
        Places { file, align, lens }
    }

    /// Notes how long a section has become.
    pub(super) fn set_len(&self, section: usize, len: u64) {
        // It is known once.
        let _ = self.lens[section].set(len);
    }

    /// The output and the place in it of the beginning of a section.
    fn of(&self, section: usize) -> Option<(&'a EarlyFile, u64)> {
        let (file, start) = self.file?;
        let mut lens = self.lens[..section].iter().map(OnceLock::get);
        let place = lens.try_fold(0, |at, len| Some(round_up(at + len?, self.align)))?;
        Some((file, start + place))
    }
}

/// A compressed section, as far as it is in memory; the rest is in the output by now.
#[derive(Clone, Default)]
pub(super) struct Compressed {
    /// Length in bytes.
    pub(super) len: u64,
    /// Parts in memory, each with its offset in the section.
    held: Vec<(u64, Vec<u8>)>,
}

impl Compressed {
    /// Stores what is in memory; `place` is where the section is in the output.
    pub(super) fn store(&self, place: &mut [u8], store: &Store) {
        for (at, bytes) in &self.held {
            store.put(&mut place[*at as usize..][..bytes.len()], bytes);
        }
    }
}

/// Takes the contents of one section.
pub(super) struct Collector<'a> {
    places: &'a Places<'a>,
    section: usize,
    place: Option<(&'a EarlyFile, u64)>,
    /// What comes before the stream.
    header: &'a [u8],
    out: Compressed,
}

impl<'a> Collector<'a> {
    /// To collect a section that begins with `header`.
    pub(super) fn new(places: &'a Places<'a>, section: usize, header: &'a [u8]) -> Collector<'a> {
        let mut new = Collector {
            places,
            section,
            place: None,
            header,
            out: Compressed::default(),
        };
        new.put(header);
        new
    }

    /// The section.
    pub(super) fn finish(self) -> Compressed {
        self.out
    }

    fn hold(&mut self, mut bytes: &[u8]) {
        let out = &mut self.out;
        let mut at = out.len;
        if let Some((start, last)) = out.held.last_mut()
            && *start + last.len() as u64 == at
        {
            let (now, later) = bytes.split_at(bytes.len().min(HELD - last.len()));
            last.extend_from_slice(now);
            (bytes, at) = (later, at + now.len() as u64);
        }
        for part in bytes.chunks(HELD) {
            let mut held = Vec::with_capacity(HELD);
            held.extend_from_slice(part);
            out.held.push((at, held));
            at += part.len() as u64;
        }
    }
}

impl Sink for Collector<'_> {
    fn put(&mut self, bytes: &[u8]) {
        if self.place.is_none() {
            self.place = self.places.of(self.section);
            if let Some((file, place)) = self.place {
                let write = |(at, bytes): &(u64, Vec<u8>)| file.write(bytes, place + at);
                self.out.held.retain(|part| !write(part));
            }
        }
        let at = self.out.len;
        match self.place {
            Some((file, place)) if file.write(bytes, place + at) => {}
            _ => self.hold(bytes),
        }
        self.out.len += bytes.len() as u64;
    }

    /// What is in the output already becomes zeros: the section may get shorter than that, and nobody
    /// writes to what lies between sections and tables.
    fn restart(&mut self) {
        if let Some((file, place)) = self.place {
            static ZEROS: [u8; HELD] = [0; HELD];
            for at in (0..self.out.len).step_by(HELD) {
                let n = (self.out.len - at).min(HELD as u64) as usize;
                file.write(&ZEROS[..n], place + at);
            }
        }
        self.out = Compressed::default();
        self.put(self.header);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::OutputFile;

    /// Three sections, the second of which is finished before the first, and the third begun before it
    /// is known where it lies.
    #[test]
    fn sections_come_to_lie_one_behind_the_other() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out");
        let part = |n: usize| (0..n).map(|i| (i * i) as u8).collect::<Vec<u8>>();
        let (first, second, third) = (part(3), part(100_000), part(50_000));
        for early in [true, false] {
            let mut out = OutputFile::create(&path, "out").unwrap();
            let file = out.early().unwrap();
            let places = Places::new(3, 1, early.then_some((&file, 10)));
            let mut a = Collector::new(&places, 0, b"A");
            let mut b = Collector::new(&places, 1, b"B");
            let mut c = Collector::new(&places, 2, b"C");
            a.put(b"to be forgotten");
            b.put(&second[..20_000]);
            a.restart();
            a.put(&first);
            b.put(&second[20_000..]);
            c.put(&third[..30_000]);
            let b = b.finish();
            places.set_len(1, b.len);
            c.put(&third[30_000..40_000]);
            let a = a.finish();
            places.set_len(0, a.len);
            c.put(&part(40_000));
            c.restart();
            c.put(&third);
            let c = c.finish();
            let in_memory = [&a, &b, &c].map(|s| s.held.iter().map(|h| h.1.len()).sum::<usize>());
            assert_eq!(
                in_memory,
                if early {
                    [0, 100_001, 0]
                } else {
                    [4, 100_001, 50_001]
                }
            );

            // Behind the last section are zeros, whatever was put there before.
            let gap = [0; 40_000];
            let expected = [b"A", &first[..], b"B", &second, b"C", &third, &gap].concat();
            let len = 10 + expected.len();
            let (mut rest, store) = out.map(len as u64).unwrap();
            rest = &mut rest[10..];
            for section in [a, b, c] {
                let (place, r) = rest.split_at_mut(section.len as usize);
                section.store(place, &store);
                rest = r;
            }
            assert_eq!(rest.len(), gap.len());
            out.commit().unwrap();
            assert!(std::fs::read(&path).unwrap()[10..] == expected);
        }
    }
}
