//! Updates of weights in place.
//!
//! An optimizer that is written with tensor operations reads and writes all weights once per operation. Here each weight
//! is read and written once, with its state and its gradient, and a gradient that is the product of a sparse batch and
//! the gradient of the layer's output ([`OuterGradient`]) is computed on the way, block by block, and never stored.

mod adam;
mod outer;
mod rmsprop;
mod sgd;
mod state;

pub use adam::Adam;
pub use outer::{OuterGradient, OuterGradients};
pub use rmsprop::RmsProp;
pub use sgd::Sgd;
pub use state::{Gradient, WeightState};

use std::fmt::Debug;

/// An optimizer's arithmetic on each number of a weight by itself.
pub trait Rule: Debug + Send + Sync {
    /// Returns the names of the arrays that are kept for each weight, each as large as the weight; zero at first.
    fn names(&self) -> Vec<&'static str>;

    /// Takes a step, the first of which has number 1, with numbers of a weight.
    fn step(&self, learning_rate: f64, number: u64, slices: Slices);

    /// Returns whether numbers stay as they are while their gradient is 0. Their steps are then put off until they have
    /// another gradient, or are read. Default: they do not.
    fn rests(&self) -> bool {
        false
    }

    /// Changes the kept arrays as this many steps with a gradient of 0 would. Only for rules that rest.
    fn rest(&self, _steps: u64, _kept: &mut [&mut [f32]]) {}

    /// Takes a step with parts of rows, once it has made up for the steps that each has missed. Only for rules that rest.
    /// Default: [`rest`](Self::rest) and [`step`](Self::step) for each.
    fn step_rows(&self, learning_rate: f64, number: u64, rows: Rows) {
        let mut kept = rows.kept.iter_mut();
        for ((weight, gradient), missed) in
            rows.weights.iter_mut().zip(rows.gradients.chunks_exact(rows.size)).zip(rows.missed)
        {
            let gradient = &gradient[..weight.len()];
            let mut kept = kept.next().map(|kept| &mut **kept);
            let kept = kept.as_mut_slice();
            if *missed > 0 {
                self.rest(*missed, kept);
            }
            self.step(learning_rate, number, Slices { weight, kept, gradient });
        }
    }
}

/// Parts of rows of a weight, for [`Rule::step_rows`].
#[derive(Debug)]
pub struct Rows<'a, 'b> {
    /// The parts.
    pub weights: &'a mut [&'b mut [f32]],
    /// The same parts of the array that is kept, if there is one.
    pub kept: &'a mut [&'b mut [f32]],
    /// The gradients, every `size` numbers those of a part.
    pub gradients: &'a [f32],
    /// The largest length of a part.
    pub size: usize,
    /// The steps that each part has missed.
    pub missed: &'a [u64],
}

/// Some numbers of a weight, the same numbers of each kept array, and their gradients.
#[derive(Debug)]
pub struct Slices<'a, 'b> {
    /// The weight.
    pub weight: &'a mut [f32],
    /// The kept arrays, in the order of [`Rule::names`].
    pub kept: &'a mut [&'b mut [f32]],
    /// The gradient.
    pub gradient: &'a [f32],
}
