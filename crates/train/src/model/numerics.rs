//! Checks for values that are infinite or not a number.

use burn::{
    module::{ModuleVisitor, Param},
    optim::GradientsParams,
    tensor::{Tensor, TensorData},
};
use kindling_data::DataError;
use kindling_models::{Network, Weights};

use super::Model;
use crate::TrainError;

/// What `fit` does about a step whose loss or gradients are infinite or not a number, see
/// [`FitOptions::check_numerics`](super::FitOptions::check_numerics). No weight is changed by such a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum NotFiniteAction {
    /// Training ends with [`TrainError::NotFinite`], whose cause names the layer.
    Stop,
    /// The step is left out.
    SkipStep,
    /// The step is left out, and the learning rate is multiplied by this factor, above 0 and below 1.
    LowerLearningRate(f64),
}

/// The value that has made a figure infinite or not a number.
#[derive(Debug, thiserror::Error)]
pub enum NotFiniteCause {
    /// A value of the data.
    #[error(transparent)]
    Data(DataError),
    /// A value of a gradient.
    #[error("value {index} of the gradient of {name} is {value}")]
    Gradient {
        /// The name of the weight.
        name: String,
        /// Which of its values, counted from 0.
        index: usize,
        /// `NaN`, `inf`.
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
    /// Returns the last layer's gradient that has a value that is infinite or not a number: it spreads from there to the layers
    /// before.
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

    /// Checks that no weight is infinite or not a number, after a number of steps of an epoch.
    pub(super) fn check_weights(&self, step: usize) -> Result<(), TrainError> {
        // A sum shows it, and is little to read back from the device. That of large weights may overflow.
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
    /// Weights before the present one.
    weight: usize,
    /// The weight, the place in it, and the value.
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
