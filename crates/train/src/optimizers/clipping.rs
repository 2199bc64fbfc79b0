//! Gradient clipping, as in Keras.

use burn::{
    module::{Module, ModuleVisitor, Param},
    optim::GradientsParams,
    tensor::Tensor,
};
use serde::{Deserialize, Serialize};

use crate::TrainError;

/// Bounds to which gradients are clipped before a step. At most one may be set, as in Keras.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Clipping {
    /// Maximum norm of the gradient of each weight. Default: none.
    pub clipnorm: Option<f64>,
    /// Maximum norm of all gradients together. Default: none.
    pub global_clipnorm: Option<f64>,
    /// Maximum absolute value in a gradient. Default: none.
    pub clipvalue: Option<f64>,
}

impl Clipping {
    /// Checks that at most one bound is set, and that it is positive.
    pub(super) fn check(&self) -> Result<(), TrainError> {
        let bounds = [
            ("clipnorm", self.clipnorm),
            ("global_clipnorm", self.global_clipnorm),
            ("clipvalue", self.clipvalue),
        ];
        let given: Vec<(&'static str, f64)> =
            bounds.into_iter().filter_map(|(name, bound)| Some((name, bound?))).collect();
        if let Some((name, bound)) = given.iter().find(|(_, bound)| !bound.is_finite() || *bound <= 0.0) {
            return Err(TrainError::argument(name, bound, "give a number above 0"));
        }
        match given.as_slice() {
            [] | [_] => Ok(()),
            [(first, _), (second, value), ..] => {
                Err(TrainError::argument(second, value, format!("{first} is also set; set only one of them")))
            }
        }
    }

    /// Clips the gradients of a module's weights.
    pub(super) fn apply<M: Module>(&self, gradients: GradientsParams, module: &M) -> GradientsParams {
        if *self == Self::default() {
            return gradients;
        }
        let scale = self.global_clipnorm.map(|bound| {
            let mut squares = Squares { gradients: &gradients, sum: None };
            module.visit(&mut squares);
            let norm = squares.sum.map(Tensor::sqrt);
            // The same operations as in Keras, for the same rounding. The difference is NaN if the norm is not
            // finite, which would otherwise silently become a step of zero.
            norm.map(|norm| {
                norm.clone().recip().clamp_max(1.0 / bound).mul_scalar(bound) + (norm.clone() - norm)
            })
        });
        let mut clipper = Clipper { clipping: *self, scale: scale.flatten(), gradients };
        module.visit(&mut clipper);
        clipper.gradients
    }
}

/// A visitor that sums the squares of all gradients, `[1]`.
struct Squares<'a> {
    gradients: &'a GradientsParams,
    sum: Option<Tensor<1>>,
}

impl ModuleVisitor for Squares<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.get::<D>(param.id) {
            let square = gradient.square().sum();
            self.sum = Some(match self.sum.take() {
                Some(sum) => sum + square,
                None => square,
            });
        }
    }
}

struct Clipper {
    clipping: Clipping,
    /// The factor of [`Clipping::global_clipnorm`].
    scale: Option<Tensor<1>>,
    gradients: GradientsParams,
}

impl ModuleVisitor for Clipper {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some(gradient) = self.gradients.remove::<D>(param.id) else { return };
        let clipped = match (self.clipping, &self.scale) {
            (_, Some(scale)) => gradient * scale.clone().unsqueeze(),
            (Clipping { clipnorm: Some(bound), .. }, _) => {
                let norm = gradient.clone().square().sum().sqrt().clamp_min(bound);
                gradient.mul_scalar(bound) / norm.unsqueeze()
            }
            (Clipping { clipvalue: Some(bound), .. }, _) => gradient.clamp(-bound, bound),
            _ => gradient,
        };
        self.gradients.register(param.id, clipped);
    }
}
