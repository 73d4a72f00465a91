//! Names of source files.
//!
//! Every object has the names of all files that its functions' lines come from, those of inlined
//! functions too: half a million in a large program, of some thousand files. They are numbered while
//! objects are opened, and kept once; nobody reads them in objects again.

use crate::name_hash::{NameHash, NameHasher};
use rustc_hash::FxHashMap;
use std::ops::Range;
use std::sync::Mutex;

/// Number of shards, a part of the hash each: threads seldom wait for one another then.
const SHARDS: usize = 16;

/// The number of a file's name among all there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileId(u32);

impl FileId {
    fn new(shard: usize, i: usize) -> FileId {
        FileId((i * SHARDS + shard) as u32)
    }

    /// The number; less than [`SourceFiles::limit`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Names of files by a part of their hash.
#[derive(Default)]
struct Shard {
    numbers: FxHashMap<(u64, u32), u32>,
    text: Vec<u8>,
    /// Per name, where in the text it is.
    places: Vec<Range<usize>>,
}

/// Numbers the names of files. Several threads may do that; the numbers depend on who comes first, and
/// only say which names are the same.
pub struct FileNumbers {
    shards: Vec<Mutex<Shard>>,
}

impl Default for FileNumbers {
    fn default() -> FileNumbers {
        FileNumbers {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
        }
    }
}

impl FileNumbers {
    /// The number of a name.
    pub(crate) fn number(&self, name: &[u8]) -> FileId {
        let hash = NameHasher::default().hash(name, 0);
        let shard = hash.shard() % SHARDS;
        let NameHash(hash, more) = hash;
        let mut s = self.shards[shard].lock().unwrap_or_else(|e| e.into_inner());
        let s = &mut *s;
        let next = s.places.len() as u32;
        let number = *s.numbers.entry((hash, more)).or_insert(next);
        if number == next {
            let start = s.text.len();
            s.text.extend_from_slice(name);
            s.places.push(start..s.text.len());
        }
        FileId::new(shard, number as usize)
    }

    /// All names that have been numbered.
    pub fn finish(self) -> SourceFiles {
        let finish = |s: Mutex<Shard>| {
            let s = s.into_inner().unwrap_or_else(|e| e.into_inner());
            (s.text, s.places)
        };
        SourceFiles(self.shards.into_iter().map(finish).collect())
    }
}

/// The names of all source files.
#[derive(Default)]
pub struct SourceFiles(Vec<(Vec<u8>, Vec<Range<usize>>)>);

impl SourceFiles {
    /// The name with this number, as objects have it: with `gofile..` before it, and `$GOROOT`.
    pub fn name(&self, id: FileId) -> &[u8] {
        let (text, places) = &self.0[id.index() % SHARDS];
        &text[places[id.index() / SHARDS].clone()]
    }

    /// More than the greatest number of a file.
    pub fn limit(&self) -> usize {
        SHARDS
            * self
                .0
                .iter()
                .map(|(_, places)| places.len())
                .max()
                .unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_names_have_the_same_number() {
        let numbers = FileNumbers::default();
        let names: Vec<String> = (0..1000).map(|i| format!("gofile../p/{i}.go")).collect();
        let first: Vec<FileId> = names.iter().map(|n| numbers.number(n.as_bytes())).collect();
        let number_all = || names.iter().map(|n| numbers.number(n.as_bytes())).collect();
        let again: Vec<FileId> =
            std::thread::scope(|scope| scope.spawn(number_all).join().unwrap());
        assert_eq!(first, again);
        let files = numbers.finish();
        let mut seen = vec![false; files.limit()];
        for (id, name) in first.into_iter().zip(&names) {
            assert_eq!(files.name(id), name.as_bytes());
            assert!(!std::mem::replace(&mut seen[id.index()], true));
        }
        assert_eq!(SourceFiles::default().limit(), 0);
    }
}
