//! The optimizer state of a weight.

use std::ops::Range;

use kindling_data::SparseRows;

use super::{OuterGradient, Rows, Rule, Slices};
use crate::{
    cpu::{Memory, run_all},
    kernel::OuterValues,
    kernels::{self, KERNEL_ROWS, WIDEST},
};

/// The optimizer state of one weight: the arrays of its rule, and the number of steps.
#[derive(Clone, Debug)]
pub struct WeightState {
    kept: Vec<Vec<f32>>,
    steps: u64,
    /// For a weight with gradients of some rows only: the step up to which the state of each row is current.
    current: Vec<u64>,
}

/// The gradient of a weight.
#[derive(Clone, Copy, Debug)]
pub enum Gradient<'a> {
    /// A value for each value of the weight.
    Dense(&'a [f32]),
    /// The factors of a product with a sparse batch.
    Outer(&'a OuterGradient),
}

/// Number of values of a weight that one thread updates at a time.
const CHUNK: usize = 1 << 14;

/// Number of values from which a weight is updated on several threads.
const WORTH_THREADS: usize = 1 << 16;

/// A step with an outer gradient.
#[derive(Clone, Copy)]
struct OuterStep<'a> {
    rule: &'a dyn Rule,
    learning_rate: f64,
    number: u64,
    outer: &'a OuterGradient,
    /// The gradients of the outputs, in blocks.
    memory: &'a [f32],
}

impl OuterStep<'_> {
    fn take(&self, slices: Slices) {
        self.rule.step(self.learning_rate, self.number, slices);
    }
}

/// A block of columns of a weight and of its state array, if there is one: a part of each row that has a gradient.
struct Block<'a> {
    weight: Vec<&'a mut [f32]>,
    kept: Vec<&'a mut [f32]>,
}

/// Adjacent rows of a weight, some of which have a gradient.
struct Group<'a> {
    /// The first row.
    first: u32,
    /// The rows that have a gradient.
    present: &'a [u32],
    /// The step up to which the state of each row is current.
    current: &'a mut [u64],
    weight: &'a mut [f32],
    kept: Option<&'a mut [f32]>,
}

/// Skips `skipped` values of a slice, then removes and returns the next `len`.
fn take<'a, T>(from: &mut &'a mut [T], skipped: usize, len: usize) -> &'a mut [T] {
    let (taken, rest) = std::mem::take(from)[skipped..].split_at_mut(len);
    *from = rest;
    taken
}

/// Splits the rows `columns` of an array, each of `units` values, into blocks. Calls `each` with the index of the block and
/// the row's part in it.
fn split<'a>(
    mut rest: &'a mut [f32],
    units: usize,
    columns: &[u32],
    mut each: impl FnMut(usize, &'a mut [f32]),
) {
    let mut skipped = 0;
    for column in columns {
        let (_, from_row) = rest.split_at_mut((*column as usize - skipped) * units);
        let (row, after) = from_row.split_at_mut(units);
        row.chunks_mut(WIDEST).enumerate().for_each(|(index, part)| each(index, part));
        (rest, skipped) = (after, *column as usize + 1);
    }
}

/// Number of groups of rows that one thread updates at a time.
const GROUPS: usize = 64;

/// Maximum number of rows of a weight that is updated in blocks of columns.
const MOST_ROWS: usize = 1 << 12;

impl WeightState {
    /// Returns the state of a weight of `len` values before the first step.
    pub fn new(rule: &dyn Rule, len: usize) -> Self {
        Self::with(rule.names().iter().map(|_| vec![0.0; len]).collect(), 0)
    }

    /// Returns a state with these arrays, in the order of [`Rule::names`], after this number of steps.
    pub fn with(kept: Vec<Vec<f32>>, steps: u64) -> Self {
        Self { kept, steps, current: Vec::new() }
    }

    /// Returns the state arrays after all steps, in the order of [`Rule::names`].
    pub fn kept(&self, rule: &dyn Rule) -> Vec<Vec<f32>> {
        let mut all = self.clone();
        all.settle(rule);
        all.kept
    }

    /// Returns the number of steps.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Updates the weight by one step.
    ///
    /// # Panics
    /// Panics if the length of the gradient differs from the length of the weight.
    pub fn step(&mut self, rule: &dyn Rule, learning_rate: f64, weight: &mut [f32], gradient: Gradient) {
        match gradient {
            Gradient::Dense(gradient) => {
                assert_eq!(gradient.len(), weight.len(), "the gradient must have the length of the weight");
                self.settle(rule);
                self.steps += 1;
                let number = self.steps;
                self.for_each_chunk(weight, CHUNK, 1, |index, _, weight, kept| {
                    let gradient = &gradient[index * CHUNK..][..weight.len()];
                    rule.step(learning_rate, number, Slices { weight, kept, gradient });
                });
            }
            Gradient::Outer(outer) => self.step_outer(rule, learning_rate, weight, outer),
        }
    }

    fn step_outer(&mut self, rule: &dyn Rule, learning_rate: f64, weight: &mut [f32], outer: &OuterGradient) {
        let (units, rows) = (outer.units, outer.rows.width());
        assert_eq!(units * rows, weight.len(), "the gradient must have the length of the weight");
        if units == 0 {
            return;
        }
        if rule.rests() && self.current.is_empty() {
            self.current = vec![self.steps; rows];
        }
        self.steps += 1;
        let of_product = match &outer.values {
            OuterValues::OfWeight(gradient) => {
                let steps = Steps { rule, learning_rate, number: self.steps, units };
                return self.step_summed(&steps, weight, &outer.rows, gradient);
            }
            OuterValues::OfProduct(of_product) => of_product,
        };
        let step = OuterStep { rule, learning_rate, number: self.steps, outer, memory: of_product };
        match rule.rests() {
            true if units > WIDEST && rows <= MOST_ROWS => self.step_blocks(&step, weight),
            true => self.step_rows(&step, weight),
            false => self.step_all_rows(&step, weight),
        }
    }

    /// Takes a step with a gradient whose rows are already summed over the batch.
    fn step_summed(&mut self, step: &Steps, weight: &mut [f32], rows: &SparseRows, gradient: &[f32]) {
        let Steps { rule, learning_rate, number, units } = *step;
        if !rule.rests() {
            self.for_each_chunk(weight, CHUNK, 1, |index, _, weight, kept| {
                let gradient = &gradient[index * CHUNK..][..weight.len()];
                rule.step(learning_rate, number, Slices { weight, kept, gradient });
            });
            return;
        }
        let mut present = vec![false; rows.width()];
        rows.columns().iter().for_each(|column| present[*column as usize] = true);
        let rows = (CHUNK / units).max(1);
        self.for_each_chunk(weight, rows * units, rows, |index, current, weight, kept| {
            let first = index * rows;
            let gradient = &gradient[first * units..][..weight.len()];
            step_runs(
                step,
                (0..current.len()).filter(|row| present[first + row]),
                current,
                Slices { weight, kept, gradient },
            );
        });
    }

    /// Takes a step with all rows, several at a time.
    fn step_all_rows(&mut self, step: &OuterStep, weight: &mut [f32]) {
        let OuterStep { outer, memory, .. } = *step;
        let units = outer.units;
        self.for_each_chunk(weight, KERNEL_ROWS * units, 1, |index, _, weight, kept| {
            let mut gradient = Memory::of(weight.len());
            gradient.fill(0.0);
            kernels::sum_rows(&outer.rows, memory, units, (index * KERNEL_ROWS) as u32, &mut gradient);
            step.take(Slices { weight, kept, gradient: &gradient });
        });
    }

    /// Takes a step with the rows that have a gradient, grouping rows that are close to each other. The other rows
    /// are not visited, so the cost of a step depends on its batch, not on the number of rows.
    fn step_rows(&mut self, step: &OuterStep, weight: &mut [f32]) {
        let OuterStep { rule, outer, memory, number, .. } = *step;
        let (units, columns) = (outer.units, &outer.rows.by_column().columns);
        let steps = Steps { rule, learning_rate: step.learning_rate, number, units };
        let (mut weights, mut current, mut kept) =
            (weight, &mut *self.current, self.kept.first_mut().map(Vec::as_mut_slice));
        let (mut groups, mut begin, mut passed) = (Vec::new(), 0, 0);
        while let Some(column) = columns.get(begin) {
            let first = *column as usize / KERNEL_ROWS * KERNEL_ROWS;
            let present = columns[begin..].partition_point(|column| (*column as usize) < first + KERNEL_ROWS);
            let (skipped, rows) = (first - passed, KERNEL_ROWS.min(current.len() - (first - passed)));
            groups.push(Group {
                first: first as u32,
                present: &columns[begin..begin + present],
                current: take(&mut current, skipped, rows),
                weight: take(&mut weights, skipped * units, rows * units),
                kept: kept.as_mut().map(|kept| take(kept, skipped * units, rows * units)),
            });
            (begin, passed) = (begin + present, first + rows);
        }
        run_all(groups.chunks_mut(GROUPS), outer.rows.columns().len() * units, |groups| {
            for Group { first, present, current, weight, kept } in groups {
                let mut gradient = Memory::of(weight.len());
                kernels::sum_rows(&outer.rows, memory, units, *first, &mut gradient);
                let present = present.iter().map(|column| (*column - *first) as usize);
                let kept = kept.as_mut_slice();
                step_runs(&steps, present, current, Slices { weight, kept, gradient: &gradient });
            }
        });
    }

    /// Takes a step with several columns at a time, for all rows that have a gradient. The blocks are those of the
    /// forward pass, so each core finds its weights in its own cache.
    fn step_blocks(&mut self, step: &OuterStep, weight: &mut [f32]) {
        let OuterStep { rule, outer, memory, number, .. } = *step;
        let (units, columns) = (outer.units, outer.rows.by_column());
        let missed = columns.columns.iter().map(|column| {
            let current = std::mem::replace(&mut self.current[*column as usize], number);
            number - 1 - current
        });
        let missed: Vec<u64> = missed.collect();
        let size = kernels::block(units);
        let mut blocks: Vec<Block> = Vec::new();
        let parts = || Vec::with_capacity(missed.len());
        blocks.resize_with(units.div_ceil(size), || Block { weight: parts(), kept: parts() });
        split(weight, units, &columns.columns, |index, part| blocks[index].weight.push(part));
        if let Some(kept) = self.kept.first_mut() {
            split(kept, units, &columns.columns, |index, part| blocks[index].kept.push(part));
        }
        run_all(blocks.into_iter().enumerate(), usize::MAX, |(index, mut block)| {
            let mut sums = [0.0; KERNEL_ROWS * WIDEST];
            for start in (0..missed.len()).step_by(KERNEL_ROWS) {
                let positions = start..missed.len().min(start + KERNEL_ROWS);
                kernels::sum_block(&outer.rows, memory, units, index, positions.clone(), &mut sums);
                let rows = Rows {
                    weights: &mut block.weight[positions.clone()],
                    kept: block.kept.get_mut(positions.clone()).unwrap_or_default(),
                    gradients: &sums,
                    size,
                    missed: &missed[positions],
                };
                rule.step_rows(step.learning_rate, number, rows);
            }
        });
    }

    /// Applies the deferred steps.
    fn settle(&mut self, rule: &dyn Rule) {
        if self.current.is_empty() {
            return;
        }
        let steps = self.steps;
        let width = self.kept.first().map_or(0, |kept| kept.len() / self.current.len());
        for (row, current) in std::mem::take(&mut self.current).into_iter().enumerate() {
            let mut kept: Vec<&mut [f32]> = self.kept.iter_mut().map(Vec::as_mut_slice).collect();
            with_part(&mut kept, row * width..(row + 1) * width, |kept| rule.rest(steps - current, kept));
        }
    }

    /// Calls `each` with the index of each chunk of `size` values, the current steps of its `rows`, the chunk, and
    /// the corresponding chunks of the state arrays.
    fn for_each_chunk(
        &mut self,
        weight: &mut [f32],
        size: usize,
        rows: usize,
        each: impl Fn(usize, &mut [u64], &mut [f32], &mut [&mut [f32]]) + Sync + Send,
    ) {
        let threads = weight.len() >= WORTH_THREADS;
        let mut kept: Vec<_> = self.kept.iter_mut().map(|kept| kept.chunks_mut(size)).collect();
        let mut current = self.current.chunks_mut(rows);
        let chunks = weight.chunks_mut(size).enumerate().map(|(index, weight)| {
            let kept: Vec<&mut [f32]> = kept.iter_mut().filter_map(Iterator::next).collect();
            (index, current.next().unwrap_or_default(), weight, kept)
        });
        let operations = if threads { usize::MAX } else { 0 };
        run_all(chunks, operations, |(index, current, weight, mut kept)| {
            each(index, current, weight, &mut kept)
        });
    }
}

/// A step of a rule for rows of a weight.
#[derive(Clone, Copy)]
struct Steps<'a> {
    rule: &'a dyn Rule,
    learning_rate: f64,
    number: u64,
    units: usize,
}

/// Takes a step with the rows that are present, in ascending order, a run of adjacent rows at a time, after their
/// deferred steps. `current` holds the current step of each row of the slices.
fn step_runs(
    step: &Steps,
    present: impl Iterator<Item = usize>,
    current: &mut [u64],
    Slices { weight, kept, gradient }: Slices,
) {
    let Steps { rule, learning_rate, number, units } = *step;
    let mut present = present.peekable();
    while let Some(start) = present.next() {
        let mut end = start + 1;
        while present.next_if_eq(&end).is_some() {
            end += 1;
        }
        for (row, current) in (start..end).zip(&mut current[start..end]) {
            let missed = number - 1 - std::mem::replace(current, number);
            if missed > 0 {
                with_part(kept, row * units..(row + 1) * units, |kept| rule.rest(missed, kept));
            }
        }
        let places = start * units..end * units;
        let (weight, gradient) = (&mut weight[places.clone()], &gradient[places.clone()]);
        with_part(kept, places, |kept| rule.step(learning_rate, number, Slices { weight, kept, gradient }));
    }
}

/// Calls `each` with a part of the state arrays. A rule with lazy updates has at most one.
fn with_part(kept: &mut [&mut [f32]], part: Range<usize>, each: impl FnOnce(&mut [&mut [f32]])) {
    match kept {
        [] => each(&mut []),
        [one] => each(&mut [&mut one[part]]),
        many => each(&mut many.iter_mut().map(|kept| &mut kept[part.clone()]).collect::<Vec<_>>()),
    }
}
