//! Checks for values that are infinite or not a number.

use burn::{
    module::{ModuleVisitor, Param},
    optim::GradientsParams,
    tensor::{Tensor, TensorData},
};
use kindling_data::DataError;
use kindling_models::{Network, Weights};

use crate::{Model, TrainError};

/// The action of `fit` for a step whose loss or gradients are infinite or not a number. Such a step changes no
/// weights. See [`FitOptions::check_numerics`](super::FitOptions::check_numerics).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum NotFiniteAction {
    /// End training with [`TrainError::NotFinite`], whose cause names the layer.
    Stop,
    /// Skip the step.
    SkipStep,
    /// Skip the step and multiply the learning rate by this factor, between 0 and 1 (exclusive).
    LowerLearningRate(f64),
}

/// The first value found to be infinite or not a number.
#[derive(Debug, thiserror::Error)]
pub enum NotFiniteCause {
    /// A value in the data.
    #[error(transparent)]
    Data(DataError),
    /// A value in a gradient.
    #[error("value {index} of the gradient of {name} is {value}")]
    Gradient {
        /// Name of the weight.
        name: String,
        /// Index of the value in the flattened gradient, counted from 0.
        index: usize,
        /// The value: NaN or an infinity.
        value: f32,
    },
}

impl NotFiniteAction {
    pub(super) fn check(self) -> Result<(), TrainError> {
        match self {
            Self::LowerLearningRate(factor) if !(factor > 0.0 && factor < 1.0) => {
                Err(TrainError::argument("factor", factor, "give a number above 0 and below 1"))
            }
            _ => Ok(()),
        }
    }
}

impl<N: Network> Model<N> {
    /// Returns the last gradient, in the order of the layers, with a value that is infinite or not a number.
    /// Backpropagation spreads such values from there to earlier layers.
    pub(super) fn not_finite_gradient(
        &self,
        gradients: &GradientsParams,
    ) -> Result<Option<NotFiniteCause>, TrainError> {
        let mut visitor = Gradients { gradients, weight: 0, found: Ok(None) };
        self.network().visit(&mut visitor);
        let Some((weight, index, value)) = visitor.found? else { return Ok(None) };
        let weights = self.weights()?;
        let name = weights.iter().nth(weight).map_or_else(String::new, |(name, _)| name.to_owned());
        Ok(Some(NotFiniteCause::Gradient { name, index, value }))
    }

    /// Checks that all weights are finite. `step` is the step of the epoch to report in the error.
    pub(super) fn check_weights(&self, step: usize) -> Result<(), TrainError> {
        // One sum per weight is cheap to read back. As a sum of large finite weights may overflow, an infinite sum only
        // leads to a check of all values.
        let mut sums = Sums(Vec::new());
        self.network().visit(&mut sums);
        if sums.0.is_empty() {
            return Ok(());
        }
        let sums = Tensor::cat(sums.0, 0).try_into_data().map_err(TrainError::device)?;
        if sums.iter::<f32>().all(f32::is_finite) {
            return Ok(());
        }
        for (name, data) in Weights::of(self.network())?.iter() {
            if let Some((_, value)) = first_not_finite(data) {
                let (name, value) = (format!("weight {name}"), value.into());
                return Err(TrainError::NotFinite { name, value, epoch: self.epoch, step, cause: None });
            }
        }
        Ok(())
    }
}

fn first_not_finite(data: &TensorData) -> Option<(usize, f32)> {
    data.iter::<f32>().enumerate().find(|(_, value)| !value.is_finite())
}

struct Gradients<'a> {
    gradients: &'a GradientsParams,
    /// Number of weights visited before the current one.
    weight: usize,
    /// The number of the weight, the index in it, and the value.
    found: Result<Option<(usize, usize, f32)>, TrainError>,
}

impl ModuleVisitor for Gradients<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let weight = self.weight;
        self.weight += 1;
        let (Ok(found), Some(gradient)) = (&mut self.found, self.gradients.get::<D>(param.id)) else {
            return;
        };
        match gradient.try_into_data() {
            Ok(data) => {
                if let Some((index, value)) = first_not_finite(&data) {
                    *found = Some((weight, index, value));
                }
            }
            Err(error) => self.found = Err(TrainError::device(error)),
        }
    }
}

struct Sums(Vec<Tensor<1>>);

impl ModuleVisitor for Sums {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.0.push(param.val().sum());
    }
}
