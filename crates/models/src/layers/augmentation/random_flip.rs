//! Random flips.

use burn::module::Module;
use rand::RngExt;
use serde::{Deserialize, Serialize};

use super::{
    super::{BoxedLayer, Layer, LayerModule, image_shape},
    rearranged,
};
use crate::{Init, ModelError, Pass, Value};

/// The direction in which images are flipped. The enum is exhaustive: Keras has no other modes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlipMode {
    /// Left to right.
    Horizontal,
    /// Top to bottom.
    Vertical,
    /// Both directions, each with probability 1/2.
    #[default]
    HorizontalAndVertical,
}

/// A layer that flips each image with probability 1/2 in training, `[batch, height, width, channels]`. Keeps the
/// shape. Returns its input in inference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RandomFlip {
    /// The direction. Default: [`FlipMode::HorizontalAndVertical`].
    pub mode: FlipMode,
}

impl RandomFlip {
    /// Creates a layer that flips images in this direction.
    pub fn new(mode: FlipMode) -> Self {
        Self { mode }
    }
}

#[typetag::serde]
impl Layer for RandomFlip {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, String> {
        image_shape(input).map(Vec::from)
    }

    fn build(&self, _input: &[usize], _init: &mut Init) -> Result<BoxedLayer, ModelError> {
        Ok(RandomFlipModule { mode: self.mode }.into())
    }
}

#[derive(Module, Debug)]
struct RandomFlipModule {
    #[module(skip)]
    mode: FlipMode,
}

impl LayerModule for RandomFlipModule {
    fn forward(&self, input: Value, pass: &Pass) -> Result<Value, ModelError> {
        let (Some(mut random), Value::Rank4(images)) = (pass.random(), input.clone()) else {
            return Ok(input);
        };
        let mut order = |flips: bool, length: usize| match flips && random.random() {
            true => (0..length).rev().collect(),
            false => (0..length).collect(),
        };
        Ok(Value::Rank4(rearranged(images, |height, width| {
            let rows = order(self.mode != FlipMode::Horizontal, height);
            (rows, order(self.mode != FlipMode::Vertical, width))
        })))
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor};

    use super::*;

    #[test]
    fn about_half_of_the_images_are_flipped_in_the_given_direction() {
        let image = Tensor::<4>::from_data([[[[1.0], [2.0]], [[3.0], [4.0]]]], &Device::flex());
        let images = Value::Rank4(image.repeat_dim(0, 200));
        let flipped = |mode, pass: &Pass| -> Vec<Vec<f32>> {
            let output = RandomFlipModule { mode }.forward(images.clone(), pass).unwrap();
            let values: Vec<f32> = output.flatten().into_data().try_into_vec().unwrap();
            values.chunks(4).map(<[f32]>::to_vec).collect()
        };
        let count = |images: &[Vec<f32>], one: [f32; 4]| images.iter().filter(|image| **image == one).count();
        let horizontal = flipped(FlipMode::Horizontal, &Pass::training(0, 3));
        let (as_they_are, mirrored) =
            (count(&horizontal, [1.0, 2.0, 3.0, 4.0]), count(&horizontal, [2.0, 1.0, 4.0, 3.0]));
        assert_eq!(as_they_are + mirrored, 200);
        assert!((70..=130).contains(&mirrored), "{mirrored}");
        let vertical = flipped(FlipMode::Vertical, &Pass::training(0, 3));
        assert!(count(&vertical, [3.0, 4.0, 1.0, 2.0]) > 70);
        let both = flipped(FlipMode::HorizontalAndVertical, &Pass::training(0, 3));
        assert!(count(&both, [4.0, 3.0, 2.0, 1.0]) > 25);
        assert_eq!(count(&flipped(FlipMode::Vertical, &Pass::inference()), [1.0, 2.0, 3.0, 4.0]), 200);
    }
}
