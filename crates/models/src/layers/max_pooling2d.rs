//! Pooling: the largest value of each window of an image.

use burn::{
    module::Module,
    tensor::{Tensor, module::max_pool2d, ops::MaxPoolOptions},
};

use super::image_shape;

/// The largest value of each window, windows side by side: from `[batch, height, width, channels]` to
/// `[batch, height / rows, width / columns, channels]`. What does not fill a window is left out, as in Keras.
#[derive(Module, Debug)]
pub struct MaxPooling2d {
    pool_size: [usize; 2],
}

impl MaxPooling2d {
    pub(super) fn new(pool_size: [usize; 2]) -> Self {
        Self { pool_size }
    }

    /// The image, smaller.
    pub fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let channels_first = input.permute([0, 3, 1, 2]);
        max_pool2d(channels_first, MaxPoolOptions::new(self.pool_size)).permute([0, 2, 3, 1])
    }
}

pub(super) fn output_shape(pool_size: [usize; 2], input: &[usize]) -> Result<Vec<usize>, String> {
    let [height, width, channels] = image_shape(input)?;
    let [rows, columns] = pool_size;
    if !(1..=height).contains(&rows) || !(1..=width).contains(&columns) {
        return Err(format!(
            "pool_size is {pool_size:?}, the image is [{height}, {width}]: give a window from 1 to the image's size"
        ));
    }
    Ok(vec![height / rows, width / columns, channels])
}
