//! Batch normalization: normalizes each feature to mean 0 and variance 1 within a batch.

use burn::{
    module::{Module, Param, RunningState},
    tensor::Tensor,
};
use serde::{Deserialize, Serialize};

use super::check_epsilon;
use crate::{
    Init, IntoPart, ModelError, Part, Pass, Regularizer, Value,
    initializers::{Initializer, Ones, Zeros},
    layers::{BoxedLayer, Layer, LayerModule, axes::resolve, optional_weight},
    values::map_tensor,
};

/// A layer that normalizes each feature and computes `x * gamma + beta`. Keeps the shape. The fields are Keras'
/// arguments.
///
/// Training uses the mean and the variance of the batch, and updates moving averages of both:
/// `moving = moving * momentum + batch * (1 - momentum)`. Inference uses the moving averages. Source: Ioffe and Szegedy,
/// 2015.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BatchNormalization {
    /// The axis of the features. Only the last axis is supported. The batch axis is axis 0; negative numbers count
    /// from the end. Default: -1.
    pub axis: isize,
    /// Momentum of the moving averages, from 0 to 1. Default: 0.99.
    pub momentum: f64,
    /// Constant that is added to the variance for numerical stability. Default: 0.001.
    pub epsilon: f64,
    /// Whether to add `beta`. Default: true.
    pub center: bool,
    /// Whether to multiply by `gamma`. Default: true.
    pub scale: bool,
    /// Initial values of `beta`. Default: [`Zeros`].
    pub beta_initializer: Part<dyn Initializer>,
    /// Initial values of `gamma`. Default: [`Ones`].
    pub gamma_initializer: Part<dyn Initializer>,
    /// Initial values of the moving mean. Default: [`Zeros`].
    pub moving_mean_initializer: Part<dyn Initializer>,
    /// Initial values of the moving variance. Default: [`Ones`].
    pub moving_variance_initializer: Part<dyn Initializer>,
    /// Penalty on `beta` that is added to the training loss. Default: none.
    pub beta_regularizer: Regularizer,
    /// Penalty on `gamma` that is added to the training loss. Default: none.
    pub gamma_regularizer: Regularizer,
}

impl Default for BatchNormalization {
    fn default() -> Self {
        Self {
            axis: -1,
            momentum: 0.99,
            epsilon: 1e-3,
            center: true,
            scale: true,
            beta_initializer: Zeros.into_part(),
            gamma_initializer: Ones.into_part(),
            moving_mean_initializer: Zeros.into_part(),
            moving_variance_initializer: Ones.into_part(),
            beta_regularizer: Regularizer::default(),
            gamma_regularizer: Regularizer::default(),
        }
    }
}

impl BatchNormalization {
    /// Sets the momentum of the moving averages.
    pub fn momentum(self, momentum: f64) -> Self {
        Self { momentum, ..self }
    }
}

#[typetag::serde]
impl Layer for BatchNormalization {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, String> {
        check_epsilon(self.epsilon)?;
        Regularizer::check([
            ("beta_regularizer", &self.beta_regularizer),
            ("gamma_regularizer", &self.gamma_regularizer),
        ])?;
        if !(0.0..=1.0).contains(&self.momentum) {
            return Err(format!("momentum is {}: give a number from 0 to 1", self.momentum));
        }
        match resolve(self.axis, input)? == input.len() && !input.is_empty() {
            true => Ok(input.to_vec()),
            false => Err(format!("axis is {}: only the last axis, -1, is supported", self.axis)),
        }
    }

    fn build(&self, input: &[usize], init: &mut Init) -> Result<BoxedLayer, ModelError> {
        let shape = [input.last().copied().unwrap_or(0)];
        let gamma = optional_weight(self.scale, shape, &*self.gamma_initializer, init)?;
        let beta = optional_weight(self.center, shape, &*self.beta_initializer, init)?;
        let mut moving = |initializer: &dyn Initializer| -> Result<_, ModelError> {
            let values = init.weight(shape, initializer)?.val();
            Ok(RunningState::new(values.detach().set_require_grad(false)))
        };
        Ok(BatchNormalizationModule {
            gamma,
            beta,
            moving_mean: moving(&*self.moving_mean_initializer)?,
            moving_variance: moving(&*self.moving_variance_initializer)?,
            momentum: self.momentum,
            epsilon: self.epsilon,
            penalties: [self.gamma_regularizer, self.beta_regularizer],
        }
        .into())
    }
}

/// The module of a [`BatchNormalization`] layer. The weights have the shape `[features]`.
#[derive(Module, Debug)]
pub struct BatchNormalizationModule {
    /// The trainable factors.
    pub gamma: Option<Param<Tensor<1>>>,
    /// The trainable offsets.
    pub beta: Option<Param<Tensor<1>>>,
    /// The moving averages of the means of batches.
    pub moving_mean: RunningState<Tensor<1>>,
    /// The moving averages of the variances of batches.
    pub moving_variance: RunningState<Tensor<1>>,
    momentum: f64,
    epsilon: f64,
    /// The penalties on gamma and beta.
    #[module(skip)]
    penalties: [Regularizer; 2],
}

impl LayerModule for BatchNormalizationModule {
    fn forward(&self, input: Value, pass: &Pass) -> Result<Value, ModelError> {
        let training = pass.is_training();
        Ok(map_tensor!(input.numbers(), x => self.normalize(x, training)))
    }

    fn penalty(&self) -> Option<Tensor<1>> {
        let [gamma, beta] = &self.penalties;
        Regularizer::sum([gamma.of(&self.gamma), beta.of(&self.beta)])
    }
}

impl BatchNormalizationModule {
    fn normalize<const D: usize>(&self, x: Tensor<D>, training: bool) -> Tensor<D> {
        let (centered, variance) = if training {
            let mean = mean_of_features(x.clone());
            let centered = x - mean.clone();
            let variance = mean_of_features(centered.clone().square());
            self.update(&self.moving_mean, mean);
            self.update(&self.moving_variance, variance.clone());
            (centered, variance)
        } else {
            let moving = |state: &RunningState<Tensor<1>>| state.value().unsqueeze::<D>();
            (x - moving(&self.moving_mean), moving(&self.moving_variance))
        };
        let deviation = (variance + self.epsilon).sqrt();
        let factor = match &self.gamma {
            Some(gamma) => gamma.val().unsqueeze() / deviation,
            None => deviation.recip(),
        };
        match &self.beta {
            Some(beta) => centered * factor + beta.val().unsqueeze(),
            None => centered * factor,
        }
    }

    fn update<const D: usize>(&self, moving: &RunningState<Tensor<1>>, batch: Tensor<D>) {
        let batch: Tensor<1> = batch.detach().flatten(0, D as isize - 1);
        let average = moving.value_sync() * self.momentum + batch * (1.0 - self.momentum);
        moving.update(average.detach());
        // Burn defers the update until the thread's next one: apply it now.
        moving.value_sync();
    }
}

/// Returns the mean of each feature (last axis) over all other axes, which get length 1. Reduces one axis at a time,
/// since loops on a GPU must be short.
fn mean_of_features<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    (0..D - 1).fold(x, |x, axis| x.mean_dim(axis))
}
