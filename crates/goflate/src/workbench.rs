//! What streams are made with.

use std::sync::Mutex;

use crate::Encoder;
use crate::batch::Batch;
use crate::finder::Finder;

/// Tables and buffers for making streams, kept for the next one: memory that is new to a process is
/// dear, and a table need not be cleared.
#[derive(Default)]
pub struct Workbench {
    finders: Mutex<Vec<Finder>>,
    batches: Mutex<Vec<Batch>>,
}

impl Workbench {
    /// A finder that has seen nothing of the stream to come.
    pub(crate) fn finder(&self, encoder: Encoder) -> Finder {
        let mut kept = self.finders.lock().expect("nothing panics under the lock");
        match kept.iter().position(|finder| finder.is_for(encoder)) {
            Some(i) => {
                let mut finder = kept.swap_remove(i);
                finder.restart();
                finder
            }
            None => Finder::new(encoder),
        }
    }

    /// Keeps a finder.
    pub(crate) fn put_finder(&self, finder: Finder) {
        let mut kept = self.finders.lock().expect("nothing panics under the lock");
        kept.push(finder);
    }

    /// The buffers of a batch.
    pub(crate) fn batch(&self) -> Batch {
        let mut kept = self.batches.lock().expect("nothing panics under the lock");
        kept.pop().unwrap_or_default()
    }

    /// Keeps the buffers of batches.
    pub(crate) fn put_batches(&self, batches: Vec<Batch>) {
        let mut kept = self.batches.lock().expect("nothing panics under the lock");
        kept.extend(batches);
    }
}
