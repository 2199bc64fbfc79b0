//! Optimizer updates in place.
//!
//! An optimizer written with tensor operations reads and writes all weights once per operation. Here each weight is
//! read and written once, together with its state and gradient. A gradient that is the product of a sparse batch and
//! the gradient of the layer's output ([`OuterGradient`]) is computed block by block during the update and never
//! stored.

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

/// The update rule of an optimizer, element by element.
pub trait Rule: Debug + Send + Sync {
    /// Returns the names of the state arrays of a weight. Each is as large as the weight and 0 at first.
    fn names(&self) -> Vec<&'static str>;

    /// Updates values of a weight in step `number`, counted from 1.
    fn step(&self, learning_rate: f64, number: u64, slices: Slices);

    /// Returns whether values are unchanged while their gradient is 0. Updates are then lazy: they are deferred until
    /// a value has a nonzero gradient or is read. Default: false.
    fn rests(&self) -> bool {
        false
    }

    /// Updates the state arrays as this number of steps with gradient 0 would. Called only if [`rests`](Self::rests).
    fn rest(&self, _steps: u64, _kept: &mut [&mut [f32]]) {}

    /// Updates parts of rows, after the deferred steps of each. Called only if [`rests`](Self::rests). Default: calls
    /// [`rest`](Self::rest) and [`step`](Self::step) for each part.
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

/// Parts of a weight's rows, for [`Rule::step_rows`].
#[derive(Debug)]
pub struct Rows<'a, 'b> {
    /// The parts of the weight.
    pub weights: &'a mut [&'b mut [f32]],
    /// The same parts of the state array, if there is one.
    pub kept: &'a mut [&'b mut [f32]],
    /// The gradients. Each part has `size` values.
    pub gradients: &'a [f32],
    /// The largest length of a part.
    pub size: usize,
    /// The number of deferred steps of each part.
    pub missed: &'a [u64],
}

/// Values of a weight, with the corresponding values of each state array and of the gradient.
#[derive(Debug)]
pub struct Slices<'a, 'b> {
    /// The values of the weight.
    pub weight: &'a mut [f32],
    /// The values of the state arrays, in the order of [`Rule::names`].
    pub kept: &'a mut [&'b mut [f32]],
    /// The values of the gradient.
    pub gradient: &'a [f32],
}
