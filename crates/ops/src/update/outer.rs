//! Gradients of kernels that are multiplied with sparse batches.

use std::sync::{Arc, Mutex, PoisonError};

use burn::module::ParamId;
use kindling_data::SparseRows;

use crate::{cpu::Memory, kernels};

/// The gradient of a kernel, `[columns, units]`, as what it is the product of: a sparse batch, transposed, and the
/// gradients with respect to the outputs.
#[derive(Clone, Debug)]
pub struct OuterGradient {
    /// The batch, `[rows, columns]`.
    pub rows: Arc<SparseRows>,
    /// The gradients with respect to the outputs, `[rows, units]`.
    pub of_outputs: Vec<f32>,
    /// Number of units.
    pub units: usize,
}

impl OuterGradient {
    /// Returns the gradient, `[columns * units]`.
    pub fn dense(&self) -> Vec<f32> {
        let mut gradient = vec![0.0; self.rows.width() * self.units];
        kernels::kernel_gradient(&self.rows, &self.of_outputs, &mut gradient, &mut self.memory());
        gradient
    }

    pub(super) fn memory(&self) -> Memory {
        Memory::of(kernels::sparse_memory(self.rows.len(), self.units))
    }
}

/// Where backward passes leave the gradients of kernels as [`OuterGradient`]s, in place of the autodiff graph.
#[derive(Clone, Debug, Default)]
pub struct OuterGradients(Arc<Mutex<Vec<(ParamId, OuterGradient)>>>);

impl OuterGradients {
    /// Adds a gradient.
    pub fn push(&self, parameter: ParamId, gradient: OuterGradient) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((parameter, gradient));
    }

    /// Takes the gradients out.
    pub fn take(&self) -> Vec<(ParamId, OuterGradient)> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
