//! The generator of Go's `math/rand` (the first version), number for number, for what shows in the
//! linker's output: `-randlayout` shuffles functions by it.
//!
//! It is an additive lagged Fibonacci generator: every number is the sum, modulo 2⁶⁴, of the ones
//! 607 and 273 places before it. A seed fills the first 607 places from a small congruential
//! generator, mixed with a fixed table. That table is the state of the same recurrence after
//! 7.8·10¹² steps from a simple start (`math/rand/gen_cooked.go`). Rather than keep it, this crate
//! goes there in 43 doublings: a number so many steps ahead is a linear combination of the first 607
//! whose coefficients are those of a power of `z` modulo `z⁶⁰⁷ − z³³⁴ − 1`. That takes some
//! milliseconds, once, and only when somebody shuffles.

/// Length of the recurrence.
const LEN: usize = 607;
/// The nearer of the two numbers that are added, places back.
const TAP: usize = 273;
/// Steps from the simple start to the fixed table.
const STEPS: u64 = 7_800_000_000_000;
/// Place of the first sum in the state (`rngSource.feed` after the first step).
const FIRST: usize = LEN - TAP - 1;

type State = [u64; LEN];

/// A source of pseudo-random numbers (`rand.New(rand.NewSource(seed))`).
pub struct Rand {
    state: State,
    tap: usize,
    feed: usize,
}

impl Rand {
    /// A source that begins as Go's does with the same seed.
    pub fn new(seed: i64) -> Rand {
        let mut state = fixed_table();
        for (v, seeded) in state.iter_mut().zip(seeded(seed, [40, 20, 0])) {
            *v ^= seeded;
        }
        Rand {
            state,
            tap: 0,
            feed: LEN - TAP,
        }
    }

    /// The next number, uniform over all 64 bits.
    pub fn uint64(&mut self) -> u64 {
        self.tap = self.tap.checked_sub(1).unwrap_or(LEN - 1);
        self.feed = self.feed.checked_sub(1).unwrap_or(LEN - 1);
        let sum = self.state[self.feed].wrapping_add(self.state[self.tap]);
        self.state[self.feed] = sum;
        sum
    }

    fn uint32(&mut self) -> u32 {
        (self.uint64() >> 31) as u32
    }

    /// A number below `n`, by multiplication and rejection (`Rand.int31n`).
    fn below(&mut self, n: u32) -> u32 {
        let mut product = u64::from(self.uint32()) * u64::from(n);
        if (product as u32) < n {
            let least = n.wrapping_neg() % n;
            while (product as u32) < least {
                product = u64::from(self.uint32()) * u64::from(n);
            }
        }
        (product >> 32) as u32
    }

    /// Shuffles as `Rand.Shuffle` does.
    ///
    /// # Panics
    /// If there are 2³¹ or more items.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        assert!(items.len() < 1 << 31);
        for i in (1..items.len()).rev() {
            let j = self.below(i as u32 + 1);
            items.swap(i, j as usize);
        }
    }
}

/// Numbers of the congruential generator `x ← 48271·x mod 2³¹−1` from `seed` on, three of them
/// shifted and joined for each place; the first twenty are left out.
fn seeded(seed: i64, shifts: [u32; 3]) -> impl Iterator<Item = u64> {
    const MODULUS: i64 = (1 << 31) - 1;
    let mut x = match seed.rem_euclid(MODULUS) {
        0 => 89_482_311,
        s => s,
    };
    let mut next = move || {
        x = x * 48_271 % MODULUS;
        x as u64
    };
    (0..20).for_each(|_| {
        next();
    });
    (0..LEN).map(move |_| shifts.iter().fold(0, |v, s| v ^ next() << s))
}

/// The state of the generator [`STEPS`] steps after the simple start (`rngCooked`).
fn fixed_table() -> State {
    // The numbers in the order of the recurrence, from the state that holds them backwards.
    let place = |i: usize| (FIRST + 2 * LEN - i % LEN) % LEN;
    let mut start = [0; LEN];
    for (i, v) in seeded(1, [20, 10, 0]).enumerate() {
        start[i] = v;
    }
    let mut numbers: Vec<u64> = (0..LEN).map(|i| start[place(i)]).collect();
    for i in LEN..2 * LEN {
        numbers.push(numbers[i - LEN].wrapping_add(numbers[i - TAP]));
    }
    let power = power_of_z(STEPS);
    let mut out = [0; LEN];
    for i in 0..LEN {
        let sum = power
            .iter()
            .zip(&numbers[i..])
            .fold(0u64, |sum, (c, n)| sum.wrapping_add(c.wrapping_mul(*n)));
        out[place(i + (STEPS % LEN as u64) as usize)] = sum;
    }
    out
}

/// The coefficients of `z` to the power `n` modulo `z⁶⁰⁷ − z³³⁴ − 1`, lowest first.
fn power_of_z(n: u64) -> State {
    let mut p: State = [0; LEN];
    p[0] = 1;
    for bit in (0..64 - n.leading_zeros()).rev() {
        // Square, and one degree more where the exponent has a bit.
        let mut square = [0u64; 2 * LEN];
        let shift = (n >> bit & 1) as usize;
        for (i, &a) in p.iter().enumerate() {
            for (out, &b) in square[i + shift..].iter_mut().zip(&p) {
                *out = out.wrapping_add(a.wrapping_mul(b));
            }
        }
        for i in (LEN..2 * LEN).rev() {
            let c = square[i];
            square[i - LEN] = square[i - LEN].wrapping_add(c);
            square[i - TAP] = square[i - TAP].wrapping_add(c);
        }
        p.copy_from_slice(&square[..LEN]);
    }
    p
}

#[cfg(test)]
mod tests;
