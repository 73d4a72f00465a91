//! The stages of a stream and who runs them when.
//!
//! The input goes through in batches of blocks. Each batch is filled (and summed), searched, planned,
//! written and appended. Searching, planning and appending happen in the order of the batches, one
//! batch at a time; filling and writing in any order. A thread that finishes a stage looks what has
//! become ready, starts all of it and goes on with one itself, so no thread ever waits.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use rayon::Scope;

use crate::adler::Adler;
use crate::emit::Bits;
use crate::finder::{BlockSpan, DenseFinder, SparseFinder};
use crate::huffman::Code;
use crate::plan::{Block, Plan, ReusingPlanner, plan_separate};
use crate::sequence::{BLOCK_LEN, MAX_DISTANCE, MAX_SEQUENCES, Sequence, Sequences};
use crate::{Encoder, Source};

/// Blocks that travel together. Fewer cost more scheduling, more need more memory.
const BATCH_BLOCKS: usize = 8;

const BATCH_LEN: usize = BATCH_BLOCKS * BLOCK_LEN;

/// Batches under way at most.
const BATCHES_IN_FLIGHT: usize = 4;

/// The first bytes of a stream compressed for speed (RFC 1950 §2.2).
const ZLIB_HEADER: [u8; 2] = [0x78, 0x01];

/// Finds the matches of a stream.
enum Finder {
    Dense(DenseFinder),
    Sparse(SparseFinder),
}

impl Finder {
    fn new(encoder: Encoder) -> Self {
        match encoder {
            Encoder::Go126 => Finder::Dense(DenseFinder::new()),
            Encoder::Go127 | Encoder::Go127Fused => Finder::Sparse(SparseFinder::new()),
        }
    }

    fn find(&mut self, window: &[u8], span: BlockSpan, out: &mut Sequences<'_>) {
        match self {
            Finder::Dense(finder) => finder.find(window, span, out),
            Finder::Sparse(finder) => finder.find(window, span, out),
        }
    }
}

/// Plans the blocks of a stream.
enum Planner {
    Separate,
    Reusing(ReusingPlanner),
}

impl Planner {
    fn new(encoder: Encoder) -> Self {
        match encoder {
            Encoder::Go126 => Planner::Separate,
            Encoder::Go127 => Planner::Reusing(ReusingPlanner::new(false)),
            Encoder::Go127Fused => Planner::Reusing(ReusingPlanner::new(true)),
        }
    }

    fn plan(&mut self, block: Block<'_>) -> Plan {
        match self {
            Planner::Separate => plan_separate(block),
            Planner::Reusing(planner) => planner.plan(block),
        }
    }
}

/// A batch on its way, and the buffers it travels in.
#[derive(Default)]
struct Batch {
    index: usize,
    /// The bytes, behind room for the history; unused if the source is a slice.
    window: Vec<u8>,
    adler: Option<Adler>,
    sequences: Vec<Sequence>,
    /// For each block, the number of sequences up to its end.
    sequence_ends: Vec<usize>,
    /// For each block, its plan and the bit position of its end in the stream.
    plans: Vec<(Plan, u64)>,
    /// Bit position of the start of the first block.
    start_bit: u64,
    bytes: Vec<u8>,
    bits: Option<Bits>,
}

/// What is handed from batch to batch while searching.
struct Searcher {
    finder: Finder,
    /// The last [`MAX_DISTANCE`] bytes of the batch before; unused if the source is a slice.
    history: Vec<u8>,
}

/// What is handed from batch to batch while planning.
struct StreamPlanner {
    planner: Planner,
    /// Bits of the stream so far, without the zlib header.
    position: u64,
}

/// What is handed from batch to batch while appending.
struct Output<'a> {
    /// Ends in the stream.
    out: &'a mut Vec<u8>,
    adler: Adler,
}

/// A stage ready to run, with all it needs.
enum Task<'a> {
    Fill(Batch),
    Search(Searcher, Batch),
    Plan(StreamPlanner, Batch),
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
    planner: Option<StreamPlanner>,
    written: BTreeMap<usize, Batch>,
    next_append: usize,
    output: Option<Output<'a>>,
    /// Batches planned and not yet being written.
    planned: Vec<Batch>,
    /// The stream is longer than it may be.
    too_long: bool,
}

struct Stream<'a> {
    source: &'a dyn Source,
    /// Bytes of input.
    len: u64,
    batches: usize,
    /// Most bytes the stream may take.
    limit: u64,
    state: Mutex<State<'a>>,
}

/// Appends the stream to `out`, unless it would take more than `limit` bytes; answers whether it did.
pub(crate) fn compress(
    encoder: Encoder,
    source: &dyn Source,
    limit: u64,
    out: &mut Vec<u8>,
) -> bool {
    let len = source.len();
    let batches = len.div_ceil(BATCH_LEN as u64) as usize;
    let before = out.len();
    out.extend_from_slice(&ZLIB_HEADER);
    let stream = Stream {
        source,
        len,
        batches,
        limit,
        state: Mutex::new(State {
            idle: (0..batches.min(BATCHES_IN_FLIGHT))
                .map(|_| Batch::default())
                .collect(),
            next_fill: 0,
            filled: BTreeMap::new(),
            next_search: 0,
            searcher: Some(Searcher {
                finder: Finder::new(encoder),
                history: Vec::new(),
            }),
            searched: BTreeMap::new(),
            next_plan: 0,
            planner: Some(StreamPlanner {
                planner: Planner::new(encoder),
                position: 0,
            }),
            planned: Vec::new(),
            written: BTreeMap::new(),
            next_append: 0,
            output: Some(Output {
                out: &mut *out,
                adler: Adler::of(&[]),
            }),
            too_long: false,
        }),
    };
    rayon::in_place_scope(|scope| stream.work(scope, None));

    let state = stream.state.into_inner().expect("no stage panicked");
    let (planner, output) = (state.planner, state.output);
    let mut fits = !state.too_long;
    if fits {
        let position = planner.expect("all batches are planned").position;
        let adler = output.expect("all batches are appended").adler;
        finish(encoder, position, adler, out);
        fits = (out.len() - before) as u64 <= limit;
    }
    if !fits {
        out.truncate(before);
    }
    fits
}

/// Ends a stream of `position` bits (compress/flate `compressor.close`; RFC 1950 §2.2).
fn finish(encoder: Encoder, position: u64, adler: Adler, out: &mut Vec<u8>) {
    let (code, tail): (Code, &[u8]) = match encoder {
        // An empty stored block.
        Encoder::Go126 => (Code::new(0b001, 3), &[0x00, 0x00, 0xff, 0xff]),
        // An empty block in the fixed codes.
        Encoder::Go127 | Encoder::Go127Fused => (Code::new(0b011, 10), &[]),
    };
    let used = (position % 8) as u32;
    let bits = code.bits() << used;
    let mut bytes = &bits.to_le_bytes()[..(used + code.len()).div_ceil(8) as usize];
    if used != 0 {
        *out.last_mut().expect("a byte holds the bits") |= bytes[0];
        bytes = &bytes[1..];
    }
    out.extend_from_slice(bytes);
    out.extend_from_slice(tail);
    out.extend_from_slice(&adler.value().to_be_bytes());
}

impl<'a> Stream<'a> {
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
        (self.len - self.offset(index)).min(BATCH_LEN as u64) as usize
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
        let is_last_batch = batch.index + 1 == self.batches;
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
                    planner.position = plan.end(planner.position, block.raw.len());
                    (plan, planner.position)
                }));
                batch.plans = plans;
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
                batch.bytes = bits.append_to(output.out);
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
        ends.clear();
        sequences.resize(BATCH_BLOCKS * MAX_SEQUENCES, Sequence::default());
        let mut found = Sequences::new(&mut sequences);
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
            searcher.finder.find(window, span, &mut found);
            ends.push(found.len());
        }
        if generated && batch.index + 1 < self.batches {
            searcher.history.clear();
            let history = &window[window.len() - MAX_DISTANCE..];
            searcher.history.extend_from_slice(history);
        }
        batch.sequences = sequences;
        batch.sequence_ends = ends;
    }
}

impl<'a> State<'a> {
    /// Takes in the results of a stage, and hands out all stages that are now ready.
    fn exchange(&mut self, done: Option<Done<'a>>, stream: &Stream<'a>) -> Vec<Task<'a>> {
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
                let stream_len = planner.position / 8;
                self.too_long |= stream_len > stream.limit;
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
        if self.too_long {
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
        while self.next_fill < stream.batches
            && let Some(mut batch) = self.idle.pop()
        {
            batch.index = self.next_fill;
            self.next_fill += 1;
            ready.push(Task::Fill(batch));
        }
        ready
    }
}
