//! Flatten: reshapes each sample into a vector.

use burn::module::Module;
use serde::{Deserialize, Serialize};

use super::{BoxedLayer, KernelCall, Layer, LayerKernel, LayerModule, MOST_VALUES};
use crate::{Init, ModelError, Pass, Value};

/// A layer that reshapes each sample into a vector, from `[batch, ...]` to `[batch, features]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Flatten {}

#[typetag::serde]
impl Layer for Flatten {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, String> {
        match input.iter().try_fold(1_usize, |size, length| size.checked_mul(*length)) {
            Some(size @ 0..=MOST_VALUES) => Ok(vec![size]),
            _ => Err(format!("input of shape {input:?} has more than 2^31 values per sample: give fewer")),
        }
    }

    fn build(&self, _input: &[usize], _init: &mut Init) -> Result<BoxedLayer, ModelError> {
        Ok(FlattenModule {}.into())
    }
}

#[derive(Module, Debug)]
struct FlattenModule {}

impl LayerModule for FlattenModule {
    fn forward(&self, input: Value, _pass: &Pass) -> Result<Value, ModelError> {
        Ok(match input {
            Value::Sparse(sparse) => Value::Sparse(sparse.flatten()),
            input => Value::Rank2(input.flatten()),
        })
    }

    fn kernel(&self, call: KernelCall) -> Option<LayerKernel> {
        call.is_linear().then(LayerKernel::default)
    }
}
