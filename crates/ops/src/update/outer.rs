//! Gradients of kernels that are multiplied with sparse batches.

use std::sync::{Arc, Mutex, PoisonError};

use burn::module::ParamId;
use kindling_data::SparseRows;

use crate::{cpu::Memory, kernel::OuterValues, kernels};

/// The gradient of a kernel, `[columns, units]`, that is multiplied with a sparse batch.
#[derive(Debug)]
pub struct OuterGradient {
    /// The batch, `[rows, columns]`.
    pub rows: Arc<SparseRows>,
    /// The gradient, or the gradient with respect to the product.
    pub values: OuterValues,
    /// Number of units.
    pub units: usize,
}

impl OuterGradient {
    /// Returns the gradient, `[columns * units]`.
    pub fn dense(self) -> Memory {
        match self.values {
            OuterValues::OfWeight(gradient) => gradient,
            OuterValues::OfProduct(of_product) => {
                let mut gradient = Memory::of(self.rows.width() * self.units);
                kernels::gradient_of_blocks(&self.rows, &of_product, self.units, &mut gradient);
                gradient
            }
        }
    }
}

/// A collection of the [`OuterGradient`]s that backward passes compute outside of the autodiff graph.
#[derive(Clone, Debug, Default)]
pub struct OuterGradients(Arc<Mutex<Vec<(ParamId, OuterGradient)>>>);

impl OuterGradients {
    /// Adds a gradient.
    pub fn push(&self, parameter: ParamId, gradient: OuterGradient) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((parameter, gradient));
    }

    /// Removes and returns all gradients.
    pub fn take(&self) -> Vec<(ParamId, OuterGradient)> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
