//! What an optimizer keeps for a weight.

use std::ops::Range;

use super::{OuterGradient, Rule, Slices};
use crate::{
    cpu::run_all,
    kernels::{self, KERNEL_ROWS},
};

/// The arrays that a rule keeps for one weight, and the number of steps.
#[derive(Clone, Debug)]
pub struct WeightState {
    kept: Vec<Vec<f32>>,
    steps: u64,
    /// The step up to which the arrays of each row are current, of a weight that has had gradients of some rows only.
    current: Vec<u64>,
}

/// The gradient of a weight.
#[derive(Clone, Copy, Debug)]
pub enum Gradient<'a> {
    /// For each number.
    Dense(&'a [f32]),
    /// As what it is the product of.
    Outer(&'a OuterGradient),
}

/// Numbers of a weight that one thread updates at a time.
const CHUNK: usize = 1 << 14;

/// Numbers from which a weight is updated on several threads.
const WORTH_THREADS: usize = 1 << 16;

impl WeightState {
    /// Returns the state before the first step of a weight of `len` numbers.
    pub fn new(rule: &dyn Rule, len: usize) -> Self {
        Self::with(rule.names().iter().map(|_| vec![0.0; len]).collect(), 0)
    }

    /// Returns a state with these arrays, in the order of [`Rule::names`], after this many steps.
    pub fn with(kept: Vec<Vec<f32>>, steps: u64) -> Self {
        Self { kept, steps, current: Vec::new() }
    }

    /// Returns the arrays after all steps, in the order of [`Rule::names`].
    pub fn kept(&self, rule: &dyn Rule) -> Vec<Vec<f32>> {
        let mut all = self.clone();
        all.settle(rule);
        all.kept
    }

    /// Returns the number of steps.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Takes a step.
    ///
    /// # Panics
    /// Panics if the gradient has another length than the weight.
    pub fn step(&mut self, rule: &dyn Rule, learning_rate: f64, weight: &mut [f32], gradient: Gradient) {
        match gradient {
            Gradient::Dense(gradient) => {
                assert_eq!(gradient.len(), weight.len(), "a gradient for each number");
                self.settle(rule);
                self.steps += 1;
                let number = self.steps;
                self.for_each_chunk(weight, CHUNK, |index, _, weight, kept| {
                    let gradient = &gradient[index * CHUNK..][..weight.len()];
                    rule.step(learning_rate, number, Slices { weight, kept, gradient });
                });
            }
            Gradient::Outer(outer) => self.step_outer(rule, learning_rate, weight, outer),
        }
    }

    fn step_outer(&mut self, rule: &dyn Rule, learning_rate: f64, weight: &mut [f32], outer: &OuterGradient) {
        let (units, rows) = (outer.units, outer.rows.width());
        assert_eq!(units * rows, weight.len(), "a gradient for each number");
        if units == 0 {
            return;
        }
        if rule.rests() && self.current.is_empty() {
            self.current = vec![self.steps; rows];
        }
        self.steps += 1;
        let number = self.steps;
        let mut memory = outer.memory();
        kernels::to_blocks(&outer.of_outputs, units, &mut memory);
        let memory = &*memory;
        let size = KERNEL_ROWS * units;
        let columns = outer.rows.by_column();
        let rests = rule.rests();
        self.for_each_chunk(weight, size, |index, current, weight, kept| {
            let first = (index * KERNEL_ROWS) as u32;
            let begin = columns.columns.partition_point(|column| *column < first);
            let end = columns.columns.partition_point(|column| *column < first + KERNEL_ROWS as u32);
            if rests && begin == end {
                return;
            }
            let mut gradient = crate::cpu::Memory::of(weight.len());
            let gradient = &mut gradient[..weight.len()];
            if !rests {
                gradient.fill(0.0);
            }
            kernels::sum_rows(&outer.rows, memory, units, first, gradient);
            if !rests {
                rule.step(learning_rate, number, Slices { weight, kept, gradient });
                return;
            }
            let mut present =
                columns.columns[begin..end].iter().map(|column| (column - first) as usize).peekable();
            while let Some(start) = present.next() {
                let mut end = start + 1;
                while present.next_if_eq(&end).is_some() {
                    end += 1;
                }
                for row in start..end {
                    let missed = number - 1 - current[row];
                    if missed > 0 {
                        with_part(kept, row * units..(row + 1) * units, |kept| rule.rest(missed, kept));
                    }
                    current[row] = number;
                }
                let places = start * units..end * units;
                let (weight, gradient) = (&mut weight[places.clone()], &gradient[places.clone()]);
                with_part(kept, places, |kept| {
                    rule.step(learning_rate, number, Slices { weight, kept, gradient })
                });
            }
        });
    }

    /// Makes up for the steps that were put off.
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

    /// Calls `each` with the index of each chunk of `size` numbers, the current steps of its rows, the chunk, and those of
    /// the kept arrays.
    fn for_each_chunk(
        &mut self,
        weight: &mut [f32],
        size: usize,
        each: impl Fn(usize, &mut [u64], &mut [f32], &mut [&mut [f32]]) + Sync + Send,
    ) {
        let threads = weight.len() >= WORTH_THREADS;
        let mut kept: Vec<_> = self.kept.iter_mut().map(|kept| kept.chunks_mut(size)).collect();
        let mut current = self.current.chunks_mut(KERNEL_ROWS);
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

/// Calls `each` with a part of the kept arrays, of which a rule that rests has one at the most.
fn with_part(kept: &mut [&mut [f32]], part: Range<usize>, each: impl FnOnce(&mut [&mut [f32]])) {
    match kept {
        [] => each(&mut []),
        [one] => each(&mut [&mut one[part]]),
        many => each(&mut many.iter_mut().map(|kept| &mut kept[part.clone()]).collect::<Vec<_>>()),
    }
}
