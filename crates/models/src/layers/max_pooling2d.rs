//! Max pooling: the largest value of each window of an image.

use burn::{
    module::Module,
    tensor::{module::max_pool2d, ops::MaxPoolOptions},
};
use serde::{Deserialize, Serialize};

use super::{BoxedLayer, Layer, LayerModule, image_shape};
use crate::{Init, ModelError, Pass, Value};

/// The largest value of each window, from `[batch, height, width, channels]` to
/// `[batch, height / rows, width / columns, channels]`. The windows do not overlap. Pixels that do not fill a window are ignored, as in Keras.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MaxPooling2d {
    /// Height and width of a window in pixels, which are also the strides.
    pub pool_size: [usize; 2],
}

impl MaxPooling2d {
    /// Creates pooling over windows of this height and width.
    pub fn new(pool_size: [usize; 2]) -> Self {
        Self { pool_size }
    }
}

#[typetag::serde(name = "MaxPooling2D")]
impl Layer for MaxPooling2d {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, String> {
        let pool_size = self.pool_size;
        let [height, width, channels] = image_shape(input)?;
        let [rows, columns] = pool_size;
        if !(1..=height).contains(&rows) || !(1..=width).contains(&columns) {
            return Err(format!(
                "pool_size is {pool_size:?}, the image is [{height}, {width}]: give a window from 1 to the image's size"
            ));
        }
        Ok(vec![height / rows, width / columns, channels])
    }

    fn build(&self, _input: &[usize], _init: &mut Init) -> Result<BoxedLayer, ModelError> {
        Ok(MaxPooling2dModule { pool_size: self.pool_size }.into())
    }
}

#[derive(Module, Debug)]
struct MaxPooling2dModule {
    pool_size: [usize; 2],
}

impl LayerModule for MaxPooling2dModule {
    fn forward(&self, input: Value, _pass: &Pass) -> Result<Value, ModelError> {
        let channels_first = input.tensor::<4>()?.permute([0, 3, 1, 2]);
        let pooled = max_pool2d(channels_first, MaxPoolOptions::new(self.pool_size));
        Ok(Value::Rank4(pooled.permute([0, 2, 3, 1])))
    }
}
