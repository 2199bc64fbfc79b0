//! Losses from closures.

use std::{fmt, sync::Arc};

use burn::tensor::Tensor;
use kindling_models::{IntoPart, Part};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

use super::{Loss, Output, Target};

type Function = dyn Fn(Tensor<2>, Tensor<2>) -> Tensor<2> + Send + Sync;

/// Creates a loss from a closure. It takes predictions and targets, both `[rows, units]`, and returns a loss for each
/// value, `[rows, units]`.
///
/// A model with such a loss cannot be saved. To save it, implement [`Loss`] for a type.
///
/// ```
/// use kindling_train::losses;
///
/// let cubic = losses::from_fn("cubic", |predicted, target| (predicted - target).abs().powi_scalar(3));
/// ```
pub fn from_fn(
    name: &'static str,
    function: impl Fn(Tensor<2>, Tensor<2>) -> Tensor<2> + Send + Sync + 'static,
) -> Part<dyn Loss> {
    FromFn { name, function: Arc::new(function) }.into_part()
}

struct FromFn {
    name: &'static str,
    function: Arc<Function>,
}

#[typetag::serde(name = "from_fn")]
impl Loss for FromFn {
    fn per_sample(&self, output: &Output, target: &Target) -> Tensor<1> {
        output.per_sample((self.function)(output.predictions(), target.values()))
    }

    fn name(&self) -> &'static str {
        self.name
    }
}

impl fmt::Debug for FromFn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Serialize for FromFn {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(ser::Error::custom(format!(
            "the loss {} is a closure: implement Loss for a type to save it",
            self.name
        )))
    }
}

impl<'de> Deserialize<'de> for FromFn {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(de::Error::custom("a loss created from a closure cannot be loaded"))
    }
}
