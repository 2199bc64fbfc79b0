//! Layer normalization: normalizes the values of each sample to mean 0 and variance 1.

use burn::{
    module::{Module, Param},
    tensor::Tensor,
};
use serde::{Deserialize, Serialize};

use super::check_epsilon;
use crate::{
    Init, IntoPart, ModelError, Part, Pass, Regularizer, Value,
    initializers::{Initializer, Ones, Zeros},
    layers::{
        BoxedLayer, Layer, LayerModule,
        axes::{one_or_more, resolve},
        optional_weight,
        reshape::shaped,
    },
};

/// A layer that normalizes along the last axis or axes and computes `x * gamma + beta`. Keeps the shape. The fields
/// are Keras' arguments. Source: Ba, Kiros and Hinton, 2016.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LayerNormalization {
    /// The axes to normalize, which must be the last ones. The batch axis is axis 0; negative numbers count from the
    /// end. Default: `[-1]`.
    #[serde(deserialize_with = "one_or_more")]
    pub axis: Vec<isize>,
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
    /// Penalty on `beta` that is added to the training loss. Default: none.
    pub beta_regularizer: Regularizer,
    /// Penalty on `gamma` that is added to the training loss. Default: none.
    pub gamma_regularizer: Regularizer,
}

impl Default for LayerNormalization {
    fn default() -> Self {
        Self {
            axis: vec![-1],
            epsilon: 1e-3,
            center: true,
            scale: true,
            beta_initializer: Zeros.into_part(),
            gamma_initializer: Ones.into_part(),
            beta_regularizer: Regularizer::default(),
            gamma_regularizer: Regularizer::default(),
        }
    }
}

impl LayerNormalization {
    /// Returns the lengths of the normalized axes, or an error message.
    fn lengths<'a>(&self, input: &'a [usize]) -> Result<&'a [usize], String> {
        let axes = self.axis.iter().map(|axis| resolve(*axis, input));
        let mut axes = axes.collect::<Result<Vec<_>, _>>()?;
        axes.sort_unstable();
        // The axes must be the last ones, each given once, without the batch axis.
        let first = (input.len() + 1).saturating_sub(axes.len());
        match first > 0 && !axes.is_empty() && axes.iter().copied().eq(first..=input.len()) {
            true => Ok(&input[first - 1..]),
            false => Err(format!(
                "axis is {:?}: only the last axes are supported, such as [-1] or [-2, -1]",
                self.axis
            )),
        }
    }

    fn module<const D: usize>(
        &self,
        shape: [usize; D],
        sample: &[usize],
        init: &mut Init,
    ) -> Result<LayerNormalizationModule<D>, ModelError> {
        Ok(LayerNormalizationModule {
            gamma: optional_weight(self.scale, shape, &*self.gamma_initializer, init)?,
            beta: optional_weight(self.center, shape, &*self.beta_initializer, init)?,
            epsilon: self.epsilon,
            values: shape.iter().product(),
            sample: sample.to_vec(),
            penalties: [self.gamma_regularizer, self.beta_regularizer],
        })
    }
}

#[typetag::serde]
impl Layer for LayerNormalization {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, String> {
        check_epsilon(self.epsilon)?;
        Regularizer::check([
            ("beta_regularizer", &self.beta_regularizer),
            ("gamma_regularizer", &self.gamma_regularizer),
        ])?;
        self.lengths(input).map(|_| input.to_vec())
    }

    fn build(&self, input: &[usize], init: &mut Init) -> Result<BoxedLayer, ModelError> {
        Ok(match *self.lengths(input).map_err(ModelError::Input)? {
            [features] => self.module([features], input, init)?.into(),
            [steps, features] => self.module([steps, features], input, init)?.into(),
            [height, width, channels] => self.module([height, width, channels], input, init)?.into(),
            _ => return Err(ModelError::Input(format!("samples of shape {input:?} have too many axes"))),
        })
    }
}

/// The module of a [`LayerNormalization`] layer. The weights have the shape of the normalized axes.
#[derive(Module, Debug)]
struct LayerNormalizationModule<const D: usize> {
    gamma: Option<Param<Tensor<D>>>,
    beta: Option<Param<Tensor<D>>>,
    epsilon: f64,
    /// The number of values that are normalized together.
    values: usize,
    /// The shape of a sample.
    #[module(skip)]
    sample: Vec<usize>,
    /// The penalties on gamma and beta.
    #[module(skip)]
    penalties: [Regularizer; 2],
}

impl<const D: usize> LayerModule for LayerNormalizationModule<D> {
    fn forward(&self, input: Value, _pass: &Pass) -> Result<Value, ModelError> {
        let input = input.flatten();
        let rows = input.dims().iter().product::<usize>() / self.values.max(1);
        let x = input.reshape([rows, self.values]);
        let centered = x.clone() - x.mean_dim(1);
        let variance = centered.clone().square().mean_dim(1);
        let mut normalized = centered / (variance + self.epsilon).sqrt();
        let row = |weight: &Param<Tensor<D>>| weight.val().reshape([1, self.values]);
        if let Some(gamma) = &self.gamma {
            normalized = normalized * row(gamma);
        }
        if let Some(beta) = &self.beta {
            normalized = normalized + row(beta);
        }
        shaped(normalized, &self.sample)
    }

    fn penalty(&self) -> Option<Tensor<1>> {
        let [gamma, beta] = &self.penalties;
        Regularizer::sum([gamma.of(&self.gamma), beta.of(&self.beta)])
    }
}
