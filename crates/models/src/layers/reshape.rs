//! Reshape: changes the shape of each sample.

use burn::{module::Module, tensor::Tensor};
use serde::{Deserialize, Serialize};

use super::{BoxedLayer, KernelCall, Layer, LayerKernel, LayerModule};
use crate::{Init, ModelError, Pass, Value};

/// A layer that reshapes each sample, from `[batch, ...]` to `[batch, target_shape...]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reshape {
    /// The new shape of a sample, without the batch axis. One length may be -1, which is inferred.
    pub target_shape: Vec<isize>,
}

impl Reshape {
    /// Creates a layer that reshapes samples to this shape, where one length may be -1.
    pub fn new(target_shape: impl Into<Vec<isize>>) -> Self {
        Self { target_shape: target_shape.into() }
    }
}

#[typetag::serde]
impl Layer for Reshape {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, String> {
        let target = &self.target_shape;
        let given = target.iter().filter(|length| **length != -1).map(|length| usize::try_from(*length).ok());
        let given = given.reduce(|a, b| a?.checked_mul(b?)).unwrap_or(Some(1));
        let size = input.iter().try_fold(1_usize, |size, length| size.checked_mul(*length));
        let (Some(given), Some(size)) = (given.filter(|given| *given > 0), size) else {
            return Err(format!("target_shape is {target:?}: give lengths of at least 1, or one -1"));
        };
        let unknown = target.iter().filter(|length| **length == -1).count();
        match unknown {
            0 if given == size => {}
            1 if size % given == 0 => {}
            0 | 1 => {
                return Err(format!(
                    "target_shape is {target:?}, samples have the shape {input:?}: keep the number of values, {size}"
                ));
            }
            _ => return Err(format!("target_shape is {target:?}: give at most one -1")),
        }
        let length = |length: &isize| usize::try_from(*length).unwrap_or(size / given);
        Ok(target.iter().map(length).collect())
    }

    fn build(&self, input: &[usize], _init: &mut Init) -> Result<BoxedLayer, ModelError> {
        let shape = self.output_shape(input).map_err(ModelError::Input)?;
        Ok(ReshapeModule { shape }.into())
    }
}

#[derive(Module, Debug)]
struct ReshapeModule {
    #[module(skip)]
    shape: Vec<usize>,
}

impl LayerModule for ReshapeModule {
    fn forward(&self, input: Value, _pass: &Pass) -> Result<Value, ModelError> {
        shaped(input.flatten(), &self.shape)
    }

    fn kernel(&self, call: KernelCall) -> Option<LayerKernel> {
        call.is_linear().then(LayerKernel::default)
    }
}

/// Returns the values of `tensor` as a batch of samples of shape `sample`.
///
/// # Errors
/// Returns [`ModelError::Input`] if the number of axes is not supported.
pub(super) fn shaped(tensor: Tensor<2>, sample: &[usize]) -> Result<Value, ModelError> {
    let values: usize = tensor.dims().iter().product();
    let batch = values / sample.iter().product::<usize>().max(1);
    match *sample {
        [features] => Ok(Value::Rank2(tensor.reshape([batch, features]))),
        [steps, features] => Ok(Value::Rank3(tensor.reshape([batch, steps, features]))),
        [height, width, channels] => Ok(Value::Rank4(tensor.reshape([batch, height, width, channels]))),
        _ => Err(ModelError::Input(format!(
            "samples of shape {sample:?}: 1 to {} axes are supported",
            Value::MAX_RANK - 1
        ))),
    }
}
