//! One lane of a stream: the stages of its batches, and who runs them when.
//!
//! The input goes through in batches of blocks. Each batch is filled (and summed), searched, planned,
//! written and appended. Searching, planning and appending happen in the order of the batches, one
//! batch at a time; filling and writing in any order. A thread that finishes a stage looks what has
//! become ready, starts all of it and goes on with one itself, so no thread ever waits.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};

use rayon::Scope;

use crate::adler::Adler;
use crate::batch::{BATCH_LEN, Batch};
use crate::emit::Bits;
use crate::finder::{BlockSpan, Finder};
use crate::plan::{Block, Form, Planner};
use crate::sequence::{BLOCK_LEN, MAX_DISTANCE, Sequence};
use crate::stream::{BitStream, Sink};
use crate::workbench::Workbench;
use crate::{Encoder, Source};

/// Batches of a lane under way at most: more would not keep more threads busy. Nor are there more than
/// threads, so that what is in the cache goes on first.
const BATCHES_IN_FLIGHT: usize = 4;

/// Bytes of input for each of the sequences that there is room for at first; in debugging information it
/// takes more to make one.
const BYTES_PER_SEQUENCE: usize = 8;

/// Where the search of a lane starts from.
pub(crate) enum Start {
    /// From a new finder, after some blocks before the lane.
    Guess {
        /// The new finder.
        finder: Finder,
        /// How many blocks; at most those before the lane.
        blocks: usize,
    },
    /// From where the lane before ended.
    Known(Finder),
}

/// What is handed from batch to batch while searching.
struct Searcher {
    finder: Finder,
    /// Blocks before the lane still to be searched.
    warm_up: usize,
    /// What the finder reached when the lane began.
    guess: Vec<u16>,
    /// The last [`MAX_DISTANCE`] bytes of the batch before; unused if the source is a slice.
    history: Vec<u8>,
}

/// What is handed from batch to batch while planning.
struct LanePlanner {
    planner: Planner,
    /// Bits of the lane so far.
    position: u64,
    /// Bits of the lane up to the first padding.
    first_padding: Option<u64>,
}

/// What is handed from batch to batch while appending.
struct Output<'a> {
    /// The bits of the lane so far.
    out: BitStream<'a>,
    adler: Adler,
}

/// A stage ready to run, with all it needs.
enum Task<'a> {
    Fill(Batch),
    Search(Searcher, Batch),
    Plan(LanePlanner, Batch),
    Write(Batch),
    Append(Output<'a>, Batch),
}

/// A stage that has run.
type Done<'a> = Task<'a>;

/// Batches and tools that no thread is working on.
struct State<'a> {
    idle: Vec<Batch>,
    next_fill: usize,
    filled: BTreeMap<usize, Batch>,
    next_search: usize,
    searcher: Option<Searcher>,
    searched: BTreeMap<usize, Batch>,
    next_plan: usize,
    planner: Option<LanePlanner>,
    written: BTreeMap<usize, Batch>,
    next_append: usize,
    output: Option<Output<'a>>,
    /// Batches planned and not yet being written.
    planned: Vec<Batch>,
}

/// How long the stream may get, and how long its lanes are together.
pub(crate) struct Budget {
    limit: u64,
    planned: AtomicU64,
}

impl Budget {
    /// A stream of at most `limit` bytes.
    pub(crate) fn new(limit: u64, lanes: usize) -> Self {
        Budget {
            // Lanes shrink by up to a byte when they are joined.
            limit: limit.saturating_add(lanes as u64).saturating_mul(8),
            planned: AtomicU64::new(0),
        }
    }

    /// Uses up some bits.
    fn take(&self, bits: u64) {
        self.planned.fetch_add(bits, Ordering::Relaxed);
    }

    /// Returns the bits of a lane that is done again.
    pub(crate) fn give_back(&self, bits: u64) {
        self.planned.fetch_sub(bits, Ordering::Relaxed);
    }

    fn exceeded(&self) -> bool {
        self.planned.load(Ordering::Relaxed) > self.limit
    }
}

/// Some batches of a stream, one after another.
pub(crate) struct Lane<'a> {
    source: &'a dyn Source,
    /// The batches of this lane.
    range: Range<usize>,
    budget: &'a Budget,
    state: Mutex<State<'a>>,
}

/// What a lane leaves besides its bits.
pub(crate) struct Finished {
    /// The batches of the lane.
    pub(crate) range: Range<usize>,
    /// Bytes of input.
    pub(crate) len: u64,
    /// Bits of output.
    pub(crate) position: u64,
    /// Bits of output up to the first padding to a whole byte.
    pub(crate) first_padding: Option<u64>,
    /// Checksum of the input.
    pub(crate) adler: Adler,
    /// [`Finder::reach`] at the start.
    pub(crate) guess: Vec<u16>,
    /// The finder at the end.
    pub(crate) finder: Finder,
}

impl<'a> Lane<'a> {
    /// A lane of the batches `range`, whose bits go to `out`.
    pub(crate) fn new(
        encoder: Encoder,
        source: &'a dyn Source,
        range: Range<usize>,
        start: Start,
        budget: &'a Budget,
        bench: &Workbench,
        out: &'a mut dyn Sink,
    ) -> Self {
        let (finder, warm_up) = match start {
            Start::Guess { finder, blocks } => (finder, blocks),
            Start::Known(finder) => (finder, 0),
        };
        let in_flight = rayon::current_num_threads().min(BATCHES_IN_FLIGHT);
        let state = State {
            idle: (0..range.len().min(in_flight))
                .map(|_| bench.batch())
                .collect(),
            next_fill: range.start,
            filled: BTreeMap::new(),
            next_search: range.start,
            searcher: Some(Searcher {
                finder,
                warm_up,
                guess: Vec::new(),
                history: Vec::new(),
            }),
            searched: BTreeMap::new(),
            next_plan: range.start,
            planner: Some(LanePlanner {
                planner: Planner::new(encoder),
                position: 0,
                first_padding: None,
            }),
            planned: Vec::new(),
            written: BTreeMap::new(),
            next_append: range.start,
            output: Some(Output {
                out: BitStream::new(out),
                adler: Adler::of(&[]),
            }),
        };
        Lane {
            source,
            range,
            budget,
            state: Mutex::new(state),
        }
    }

    /// What the lane leaves and the stream it has made, when all its work is done; none if that was
    /// given up. The buffers go to `bench`.
    pub(crate) fn finish(self, bench: &Workbench) -> Option<(Finished, BitStream<'a>)> {
        let len =
            (self.offset(self.range.end).min(self.source.len())) - self.offset(self.range.start);
        let state = self.state.into_inner().expect("no stage panicked");
        if self.budget.exceeded() {
            return None;
        }
        let planner = state.planner.expect("all batches are planned");
        let output = state.output.expect("all batches are appended");
        let searcher = state.searcher.expect("all batches are searched");
        assert_eq!(state.next_append, self.range.end, "batches appended");
        bench.put_batches(state.idle);
        let finished = Finished {
            range: self.range,
            len,
            position: planner.position,
            first_padding: planner.first_padding,
            adler: output.adler,
            guess: searcher.guess,
            finder: searcher.finder,
        };
        Some((finished, output.out))
    }

    /// Begins the lane. Its work is done when the scope ends.
    pub(crate) fn start<'s>(&'s self, scope: &Scope<'s>)
    where
        'a: 's,
    {
        self.work(scope, None);
    }

    /// Runs stages until there is none to run, this one first.
    fn work<'s>(&'s self, scope: &Scope<'s>, first: Option<Task<'a>>)
    where
        'a: 's,
    {
        let mut task = first;
        loop {
            let done = task.take().map(|task| self.perform(task));
            let mut ready = self.lock().exchange(done, self);
            // The search is what the others wait for, and its tables are warm here.
            let own = ready
                .iter()
                .position(|task| matches!(task, Task::Search(..)))
                .unwrap_or(0);
            if ready.is_empty() {
                return;
            }
            task = Some(ready.swap_remove(own));
            for task in ready {
                scope.spawn(move |scope| self.work(scope, Some(task)));
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<'a>> {
        self.state.lock().expect("no stage panicked")
    }

    /// Offset of a batch in the input.
    fn offset(&self, index: usize) -> u64 {
        index as u64 * BATCH_LEN as u64
    }

    /// Bytes in a batch.
    fn batch_len(&self, index: usize) -> usize {
        (self.source.len() - self.offset(index)).min(BATCH_LEN as u64) as usize
    }

    /// The bytes of a batch behind its history, and where they begin.
    fn window<'b>(&'b self, batch: &'b Batch) -> (&'b [u8], usize) {
        match self.source.as_slice() {
            Some(slice) => {
                let offset = batch.index * BATCH_LEN;
                let history = offset.min(MAX_DISTANCE);
                let end = offset + self.batch_len(batch.index);
                (&slice[offset - history..end], history)
            }
            None => (&batch.window, MAX_DISTANCE),
        }
    }

    /// The blocks of a batch, each as its span in the window.
    fn spans(&self, index: usize, start: usize) -> impl Iterator<Item = BlockSpan> {
        let end = start + self.batch_len(index);
        (start..end).step_by(BLOCK_LEN).map(move |start| BlockSpan {
            start,
            end: (start + BLOCK_LEN).min(end),
        })
    }

    /// The blocks of a searched batch.
    fn blocks<'b>(&'b self, batch: &'b Batch) -> impl Iterator<Item = Block<'b>> {
        let (window, start) = self.window(batch);
        let starts = std::iter::once(0).chain(batch.sequence_ends.iter().copied());
        let sequences = starts
            .zip(&batch.sequence_ends)
            .map(|(start, &end)| &batch.sequences[start..end]);
        let is_last_batch = self.offset(batch.index + 1) >= self.source.len();
        self.spans(batch.index, start)
            .zip(sequences)
            .map(move |(span, sequences)| Block {
                raw: &window[span.start..span.end],
                sequences,
                last: is_last_batch && span.end == window.len(),
            })
    }

    fn perform(&self, task: Task<'a>) -> Done<'a> {
        match task {
            Task::Fill(mut batch) => {
                if self.source.as_slice().is_none() {
                    batch
                        .window
                        .resize(MAX_DISTANCE + self.batch_len(batch.index), 0);
                    let bytes = &mut batch.window[MAX_DISTANCE..];
                    self.source.fill(self.offset(batch.index), bytes);
                }
                let (window, start) = self.window(&batch);
                batch.adler = Some(Adler::of(&window[start..]));
                Task::Fill(batch)
            }
            Task::Search(mut searcher, mut batch) => {
                self.search(&mut searcher, &mut batch);
                Task::Search(searcher, batch)
            }
            Task::Plan(mut planner, mut batch) => {
                batch.start_bit = planner.position;
                let mut plans = std::mem::take(&mut batch.plans);
                plans.clear();
                plans.extend(self.blocks(&batch).map(|block| {
                    let plan = planner.planner.plan(block);
                    let start = planner.position;
                    if let (Form::Stored, None) = (&plan.form, planner.first_padding) {
                        planner.first_padding = Some(plan.padding(start));
                    }
                    planner.position = plan.end(start, block.raw.len());
                    (plan, planner.position)
                }));
                batch.plans = plans;
                self.budget.take(planner.position - batch.start_bit);
                Task::Plan(planner, batch)
            }
            Task::Write(mut batch) => {
                let end = batch.plans.last().map_or(batch.start_bit, |&(_, end)| end);
                let buffer = std::mem::take(&mut batch.bytes);
                let blocks = self.blocks(&batch).zip(&batch.plans);
                let blocks = blocks.map(|(block, (plan, end))| (block, plan, *end));
                batch.bits = Some(Bits::of_blocks(batch.start_bit, end, blocks, buffer));
                Task::Write(batch)
            }
            Task::Append(mut output, mut batch) => {
                let bits = batch.bits.take().expect("the batch is written");
                batch.bytes = bits.append_to(&mut output.out);
                let adler = batch.adler.take().expect("the batch is summed");
                output
                    .adler
                    .append(adler, self.batch_len(batch.index) as u64);
                Task::Append(output, batch)
            }
        }
    }

    fn search(&self, searcher: &mut Searcher, batch: &mut Batch) {
        let mut sequences = std::mem::take(&mut batch.sequences);
        let mut ends = std::mem::take(&mut batch.sequence_ends);
        sequences.clear();
        sequences.reserve(self.batch_len(batch.index) / BYTES_PER_SEQUENCE);
        ends.clear();
        if batch.index == self.range.start {
            self.begin(searcher, &mut sequences);
        }
        let generated = self.source.as_slice().is_none();
        let first = batch.index == 0;
        if generated && !first {
            batch.window[..MAX_DISTANCE].copy_from_slice(&searcher.history);
        }
        let (mut window, mut start) = self.window(batch);
        if first {
            // No history: what lies before the stream must not be seen.
            window = &window[start..];
            start = 0;
        }
        for span in self.spans(batch.index, start) {
            searcher.finder.find(window, span, &mut sequences);
            ends.push(sequences.len());
        }
        if generated && batch.index + 1 < self.range.end {
            searcher.history.clear();
            let history = &window[window.len() - MAX_DISTANCE..];
            searcher.history.extend_from_slice(history);
        }
        batch.sequences = sequences;
        batch.sequence_ends = ends;
    }

    /// Gets the history of the first batch, and searches what is to be searched before it.
    fn begin(&self, searcher: &mut Searcher, scratch: &mut Vec<Sequence>) {
        if self.range.start == 0 {
            return;
        }
        let offset = self.offset(self.range.start);
        let len = (searcher.warm_up * BLOCK_LEN).max(MAX_DISTANCE);
        let mut filled = Vec::new();
        let before = match self.source.as_slice() {
            Some(slice) => &slice[offset as usize - len..offset as usize],
            None => {
                filled.resize(len, 0);
                self.source.fill(offset - len as u64, &mut filled);
                &filled[..]
            }
        };
        for block in (0..searcher.warm_up).rev() {
            let start = len - (block + 1) * BLOCK_LEN;
            let span = BlockSpan {
                start,
                end: start + BLOCK_LEN,
            };
            searcher.finder.find(before, span, scratch);
            scratch.clear();
        }
        searcher.guess = searcher.finder.reach();
        searcher.history = before[len - MAX_DISTANCE..].to_vec();
    }
}

impl<'a> State<'a> {
    /// Takes in the results of a stage, and hands out all stages that are now ready.
    fn exchange(&mut self, done: Option<Done<'a>>, lane: &Lane<'a>) -> Vec<Task<'a>> {
        match done {
            None => {}
            Some(Task::Fill(batch)) => {
                self.filled.insert(batch.index, batch);
            }
            Some(Task::Search(searcher, batch)) => {
                self.searcher = Some(searcher);
                self.searched.insert(batch.index, batch);
            }
            Some(Task::Plan(planner, batch)) => {
                self.planner = Some(planner);
                self.planned.push(batch);
            }
            Some(Task::Write(batch)) => {
                self.written.insert(batch.index, batch);
            }
            Some(Task::Append(output, batch)) => {
                self.output = Some(output);
                self.idle.push(batch);
            }
        }
        let mut ready = Vec::new();
        if lane.budget.exceeded() {
            return ready;
        }
        if let Some(batch) = self.written.remove(&self.next_append) {
            match self.output.take() {
                Some(output) => {
                    self.next_append += 1;
                    ready.push(Task::Append(output, batch));
                }
                None => {
                    self.written.insert(batch.index, batch);
                }
            }
        }
        ready.extend(self.planned.drain(..).map(Task::Write));
        if let Some(batch) = self.searched.remove(&self.next_plan) {
            match self.planner.take() {
                Some(planner) => {
                    self.next_plan += 1;
                    ready.push(Task::Plan(planner, batch));
                }
                None => {
                    self.searched.insert(batch.index, batch);
                }
            }
        }
        if let Some(batch) = self.filled.remove(&self.next_search) {
            match self.searcher.take() {
                Some(searcher) => {
                    self.next_search += 1;
                    ready.push(Task::Search(searcher, batch));
                }
                None => {
                    self.filled.insert(batch.index, batch);
                }
            }
        }
        while self.next_fill < lane.range.end
            && let Some(mut batch) = self.idle.pop()
        {
            batch.index = self.next_fill;
            self.next_fill += 1;
            ready.push(Task::Fill(batch));
        }
        ready
    }
}
