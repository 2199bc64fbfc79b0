//! The gradients of a training step.

use burn::{module::ParamId, optim::GradientsParams};
use kindling_models::KernelPass;
use kindling_ops::{cpu::Memory, update::OuterGradient};

/// The gradients of a step from the autodiff graph and from kernels. Several gradients of the same weight are added.
#[derive(Default)]
pub(crate) struct Gradients {
    /// Gradients from the autodiff graph.
    pub graph: GradientsParams,
    /// Gradients from kernels, in addition to the graph or instead of it.
    of_kernels: Vec<(ParamId, WeightGradient)>,
}

/// A gradient of one weight.
pub(super) enum WeightGradient {
    Dense(Memory),
    Outer(OuterGradient),
}

impl Gradients {
    /// Creates gradients from an autodiff graph, and from the kernels that bypass it.
    pub fn of_graph(graph: GradientsParams, outer: Vec<(ParamId, OuterGradient)>) -> Self {
        let of_kernels =
            outer.into_iter().map(|(id, gradient)| (id, WeightGradient::Outer(gradient))).collect();
        Self { graph, of_kernels }
    }

    /// Runs the backward pass from the gradient of the output, and adds the gradients of the weights.
    pub fn add_kernels(&mut self, pass: KernelPass, output_gradient: &mut [f32]) {
        let (parameters, gradients) = pass.backward(output_gradient);
        let outer = gradients.outer.map(WeightGradient::Outer);
        if let (Some(outer), Some(id)) = (outer, parameters.first()) {
            self.of_kernels.push((*id, outer));
        }
        for (id, gradient) in parameters.into_iter().zip(gradients.weights) {
            self.of_kernels.extend(gradient.map(|gradient| (id, WeightGradient::Dense(gradient))));
        }
    }

    /// Removes and returns the gradients of a weight of rank `D`.
    pub(super) fn remove<const D: usize>(&mut self, id: ParamId) -> Vec<WeightGradient> {
        let of_kernels = self.of_kernels.extract_if(.., |(own, _)| *own == id).map(|(_, gradient)| gradient);
        let mut gradients: Vec<WeightGradient> = of_kernels.collect();
        if let Some(gradient) = self.graph.remove::<D>(id) {
            let values: Vec<f32> =
                gradient.into_data().try_into_vec().expect("gradients of f32 weights are f32");
            gradients.push(WeightGradient::Dense(values.into()));
        }
        gradients
    }
}

impl WeightGradient {
    /// Returns the gradient as a dense array.
    pub fn dense(self) -> Memory {
        match self {
            Self::Dense(values) => values,
            Self::Outer(outer) => outer.dense(),
        }
    }
}
