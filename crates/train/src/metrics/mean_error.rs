//! Mean absolute error and mean squared error.

use burn::tensor::Tensor;
use kindling_data::Column;
use kindling_models::OutputSpec;
use serde::{Deserialize, Serialize};

use super::{Direction, Metric};
use crate::{
    TrainError,
    losses::{Output, Target, check_values},
};

/// Mean absolute error over samples and units. Keras' `MeanAbsoluteError`, reported as `mae`. Targets are numbers,
/// `[batch]` or `[batch, ..., units]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Mae;

/// Mean squared error over samples and units. Keras' `MeanSquaredError`, reported as `mse`. Targets are numbers,
/// `[batch]` or `[batch, ..., units]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Mse;

macro_rules! mean_error {
    ($metric:ident, $class:literal, $name:literal, |$error:ident| $measure:expr) => {
        #[typetag::serde(name = $class)]
        impl Metric for $metric {
            fn name(&self) -> String {
                $name.into()
            }

            fn direction(&self) -> Direction {
                Direction::Min
            }

            fn sums(&self, output: &Output, target: &Target) -> Tensor<1> {
                let $error = output.predictions() - target.values();
                $measure.mean_dim(1).sum()
            }

            fn check(&self, output: &OutputSpec, target: &Column) -> Result<(), TrainError> {
                check_values(stringify!($metric), output, target)
            }
        }
    };
}

mean_error!(Mae, "MeanAbsoluteError", "mae", |error| error.abs());
mean_error!(Mse, "MeanSquaredError", "mse", |error| error.square());
