//! Layers that shift and scale their input by a mean and a variance.

mod batch;
mod data;
mod layer;

pub use batch::{BatchNormalization, BatchNormalizationModule};
pub use data::{Normalization, Statistic};
pub use layer::LayerNormalization;

/// Returns an error message if epsilon is invalid.
fn check_epsilon(epsilon: f64) -> Result<(), String> {
    match epsilon.is_finite() && epsilon >= 0.0 {
        true => Ok(()),
        false => Err(format!("epsilon is {epsilon}: give a finite number of at least 0")),
    }
}
