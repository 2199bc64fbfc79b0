//! Normalization of inputs by the mean and variance of a data set.

use burn::{
    module::{Module, Param},
    tensor::{Tensor, TensorData},
};
use kindling_data::Column;
use serde::{Deserialize, Serialize};

use crate::{
    Init, ModelError, Pass, Value,
    initializers::{Ones, Zeros},
    layers::{
        BoxedLayer, Layer, LayerModule,
        axes::{one_or_more, resolve},
    },
    values::map_tensor,
};

/// A mean or a variance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Statistic {
    /// One value for all features.
    All(f64),
    /// One value for each feature.
    Each(Vec<f64>),
}

/// A layer that computes `(x - mean) / sqrt(variance)`. Keeps the shape. The fields are Keras' arguments.
///
/// ```
/// use burn::tensor::Device;
/// use kindling_data::Column;
/// use kindling_models::{Init, Sequential, activations::Linear, layers::Normalization};
///
/// let houses = Column::floats(vec![[50.0_f32, 2.0], [70.0, 4.0]])?;
/// let stack = Sequential::new(2).layer(Normalization::adapt(&houses)?).dense(1, Linear);
/// Init::build(&Device::flex(), 0, |init| stack.build(init))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Normalization {
    /// The axis of the features: the last axis, or none for a single mean and variance of all values. The batch axis
    /// is axis 0; negative numbers count from the end. Default: `[-1]`.
    #[serde(deserialize_with = "one_or_more")]
    pub axis: Vec<isize>,
    /// Whether to compute the inverse, `x * sqrt(variance) + mean`. Default: false.
    pub invert: bool,
    /// The mean. Default: `None`, a non-trainable weight that is 0 until weights are loaded.
    pub mean: Option<Statistic>,
    /// The variance. Default: `None`, a non-trainable weight that is 1 until weights are loaded.
    pub variance: Option<Statistic>,
}

impl Default for Normalization {
    fn default() -> Self {
        Self { axis: vec![-1], invert: false, mean: None, variance: None }
    }
}

/// Number of samples that are read at a time.
const CHUNK: usize = 1024;

impl Normalization {
    /// Creates a layer with this mean and variance of each feature.
    pub fn new(mean: impl Into<Vec<f64>>, variance: impl Into<Vec<f64>>) -> Self {
        let [mean, variance] = [mean.into(), variance.into()].map(|values| Some(Statistic::Each(values)));
        Self { mean, variance, ..Self::default() }
    }

    /// Creates a layer with the mean and variance of each feature (last axis) of `column`, computed over all other
    /// axes. Corresponds to Keras' `adapt`. Pass the training samples only.
    ///
    /// # Errors
    /// Returns [`ModelError::Input`] if there are no values.
    pub fn adapt(column: &Column) -> Result<Self, ModelError> {
        let features = column.sample_shape().last().copied().unwrap_or(1);
        if column.is_empty() || column.sample_shape().contains(&0) {
            return Err(ModelError::Input(format!(
                "cannot adapt to {} samples of shape {:?}: give at least one value",
                column.len(),
                column.sample_shape()
            )));
        }
        let mean = means(column, features, |_, value| value);
        let variance = means(column, features, |feature, value| (value - mean[feature]).powi(2));
        Ok(Self::new(mean, variance))
    }

    /// Sets whether to compute the inverse.
    pub fn invert(self, invert: bool) -> Self {
        Self { invert, ..self }
    }

    /// Returns the number of values of the mean, or an error message.
    fn features(&self, input: &[usize]) -> Result<usize, String> {
        let Some(features) = input.last() else {
            return Err("expected samples with at least one axis, found none: reshape the samples".into());
        };
        match *self.axis {
            [] => Ok(1),
            [axis] if resolve(axis, input)? == input.len() => Ok(*features),
            _ => Err(format!("axis is {:?}: only the last axis, [-1], or none, [], is supported", self.axis)),
        }
    }
}

/// Returns the mean of `function(feature, value)` for each feature.
fn means(column: &Column, features: usize, function: impl Fn(usize, f64) -> f64) -> Vec<f64> {
    let mut sums = vec![0.0; features];
    for start in (0..column.len()).step_by(CHUNK) {
        let positions: Vec<usize> = (start..column.len().min(start + CHUNK)).collect();
        let chunk = column.gather(&positions).into_dense();
        for (index, value) in chunk.iter::<f64>().enumerate() {
            sums[index % features] += function(index % features, value);
        }
    }
    let values = column.len() * column.sample_shape().iter().product::<usize>();
    sums.into_iter().map(|sum| sum / (values / features) as f64).collect()
}

#[typetag::serde]
impl Layer for Normalization {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, String> {
        let features = self.features(input)?;
        if self.mean.is_some() != self.variance.is_some() {
            return Err("mean or variance is missing: give both or none".into());
        }
        for (name, statistic, least) in [("mean", &self.mean, f32::MIN), ("variance", &self.variance, 0.0)] {
            let values = match statistic {
                None => continue,
                Some(Statistic::All(value)) => std::slice::from_ref(value),
                Some(Statistic::Each(values)) if values.len() == features => values,
                Some(Statistic::Each(values)) => {
                    return Err(format!(
                        "{name} has {} values, the input has {features} features: give one value for each",
                        values.len()
                    ));
                }
            };
            // The layer computes in f32.
            if let Some(value) = values.iter().find(|value| !(least..=f32::MAX).contains(&(**value as f32))) {
                return Err(format!(
                    "{name} is {value}: give finite means, and finite variances of at least 0"
                ));
            }
        }
        Ok(input.to_vec())
    }

    fn build(&self, input: &[usize], init: &mut Init) -> Result<BoxedLayer, ModelError> {
        let features = self.features(input).map_err(ModelError::Input)?;
        let fixed = |statistic: &Statistic| match statistic {
            Statistic::All(value) => vec![*value as f32; features],
            Statistic::Each(values) => values.iter().map(|value| *value as f32).collect(),
        };
        let invert = self.invert;
        if let (Some(mean), Some(variance)) = (&self.mean, &self.variance) {
            return Ok(FixedModule { mean: fixed(mean), variance: fixed(variance), invert }.into());
        }
        let mean = init.weight([features], &Zeros)?.set_require_grad(false);
        let variance = init.weight([features], &Ones)?.set_require_grad(false);
        Ok(NormalizationModule { mean, variance, invert }.into())
    }
}

/// A module whose mean and variance are non-trainable weights.
#[derive(Module, Debug)]
struct NormalizationModule {
    mean: Param<Tensor<1>>,
    variance: Param<Tensor<1>>,
    invert: bool,
}

impl LayerModule for NormalizationModule {
    fn forward(&self, input: Value, _pass: &Pass) -> Result<Value, ModelError> {
        let (mean, variance) = (self.mean.val(), self.variance.val());
        Ok(map_tensor!(input.numbers(), x => normalize(x, mean, variance, self.invert)))
    }
}

/// A module whose mean and variance are part of the configuration.
#[derive(Module, Debug)]
struct FixedModule {
    #[module(skip)]
    mean: Vec<f32>,
    #[module(skip)]
    variance: Vec<f32>,
    invert: bool,
}

impl FixedModule {
    fn normalize<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let [mean, variance] = [&self.mean, &self.variance].map(|values| {
            let data = TensorData::new(values.clone(), [values.len()]);
            Tensor::from_data(data, &x.device().without_autodiff())
        });
        normalize(x, mean, variance, self.invert)
    }
}

impl LayerModule for FixedModule {
    fn forward(&self, input: Value, _pass: &Pass) -> Result<Value, ModelError> {
        Ok(map_tensor!(input.numbers(), x => self.normalize(x)))
    }
}

fn normalize<const D: usize>(x: Tensor<D>, mean: Tensor<1>, variance: Tensor<1>, invert: bool) -> Tensor<D> {
    // Keras' epsilon, which prevents division by zero.
    let (mean, deviation) = (mean.unsqueeze(), variance.sqrt().clamp_min(1e-7).unsqueeze());
    match invert {
        true => x * deviation + mean,
        false => (x - mean) / deviation,
    }
}
