//! Random translations.

use burn::module::Module;
use rand::{RngExt, rngs::ChaCha8Rng};
use serde::{Deserialize, Serialize};

use super::{
    super::{BoxedLayer, Layer, LayerModule, image_shape},
    rearranged,
};
use crate::{Init, ModelError, Pass, Value};

/// The fill mode for points outside the boundaries of an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FillMode {
    /// The image is mirrored at its edge: `d c b a | a b c d | d c b a`.
    #[default]
    Reflect,
    /// The nearest pixel of the edge: `a a a a | a b c d | d d d d`.
    Nearest,
    /// The image is repeated: `a b c d | a b c d | a b c d`.
    Wrap,
}

/// The interpolation of values between pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interpolation {
    /// The nearest pixel: images are shifted by whole pixels. Keras' default, `bilinear`, is not supported.
    Nearest,
}

/// A layer that shifts each image by a random number of whole pixels in training, `[batch, height, width, channels]`.
/// Keeps the shape. Returns its input in inference.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RandomTranslation {
    /// The largest vertical shift, as a fraction of the height, from 0 to 1.
    pub height_factor: f64,
    /// The largest horizontal shift, as a fraction of the width, from 0 to 1.
    pub width_factor: f64,
    /// The fill mode for points outside the boundaries. Default: [`FillMode::Reflect`].
    #[serde(default)]
    pub fill_mode: FillMode,
    /// The interpolation. Only [`Interpolation::Nearest`] is supported.
    pub interpolation: Interpolation,
}

impl RandomTranslation {
    /// Creates a layer that shifts images by up to these fractions of their height and width.
    pub fn new(height_factor: f64, width_factor: f64) -> Self {
        Self {
            height_factor,
            width_factor,
            fill_mode: FillMode::Reflect,
            interpolation: Interpolation::Nearest,
        }
    }

    /// Sets the fill mode for points outside the boundaries.
    pub fn fill_mode(self, fill_mode: FillMode) -> Self {
        Self { fill_mode, ..self }
    }
}

#[typetag::serde]
impl Layer for RandomTranslation {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, String> {
        for (name, factor) in [("height_factor", self.height_factor), ("width_factor", self.width_factor)] {
            if !(0.0..=1.0).contains(&factor) {
                return Err(format!("{name} is {factor}: give a number from 0 to 1"));
            }
        }
        image_shape(input).map(Vec::from)
    }

    fn build(&self, _input: &[usize], _init: &mut Init) -> Result<BoxedLayer, ModelError> {
        Ok(RandomTranslationModule { config: *self }.into())
    }
}

#[derive(Module, Debug)]
struct RandomTranslationModule {
    #[module(skip)]
    config: RandomTranslation,
}

impl LayerModule for RandomTranslationModule {
    fn forward(&self, input: Value, pass: &Pass) -> Result<Value, ModelError> {
        let (Some(mut random), Value::Rank4(images)) = (pass.random(), input.clone()) else {
            return Ok(input);
        };
        let RandomTranslation { height_factor, width_factor, fill_mode, .. } = self.config;
        Ok(Value::Rank4(rearranged(images, |height, width| {
            let rows = fill_mode.shifted(height, height_factor, &mut random);
            (rows, fill_mode.shifted(width, width_factor, &mut random))
        })))
    }
}

impl FillMode {
    /// Returns the source index of each index of an axis.
    fn shifted(self, length: usize, factor: f64, random: &mut ChaCha8Rng) -> Vec<usize> {
        let shift = (random.random_range(-factor..=factor) * length as f64).round() as isize;
        let length = length as isize;
        let source = |place: isize| match self {
            Self::Nearest => place.clamp(0, length - 1),
            Self::Wrap => place.rem_euclid(length),
            Self::Reflect => match place.rem_euclid(2 * length) {
                place if place < length => place,
                place => 2 * length - 1 - place,
            },
        };
        (0..length).map(|place| source(place - shift) as usize).collect()
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor};

    use super::*;

    fn shifted(layer: RandomTranslation, pass: &Pass) -> Vec<Vec<f32>> {
        let images =
            Tensor::<4>::from_data([[[[1.0], [2.0], [3.0], [4.0]]]], &Device::flex()).repeat_dim(0, 300);
        let output = RandomTranslationModule { config: layer }.forward(Value::Rank4(images), pass).unwrap();
        let values: Vec<f32> = output.flatten().into_data().try_into_vec().unwrap();
        values.chunks(4).map(<[f32]>::to_vec).collect()
    }

    fn distinct(mut images: Vec<Vec<f32>>) -> Vec<Vec<f32>> {
        images.sort_by(|one, other| one.partial_cmp(other).unwrap());
        images.dedup();
        images
    }

    #[test]
    fn images_are_shifted_within_the_range_and_filled() {
        let quarter = RandomTranslation::new(0.0, 0.25);
        let seen = |layer: RandomTranslation| distinct(shifted(layer, &Pass::training(0, 1)));
        let at_one_edge = |left: [f32; 4], right: [f32; 4]| {
            let mut images = vec![left.to_vec(), vec![1.0, 2.0, 3.0, 4.0], right.to_vec()];
            images.sort_by(|one, other| one.partial_cmp(other).unwrap());
            images
        };
        let mirrored = at_one_edge([1.0, 1.0, 2.0, 3.0], [2.0, 3.0, 4.0, 4.0]);
        assert_eq!(seen(quarter), mirrored);
        assert_eq!(seen(quarter.fill_mode(FillMode::Nearest)), mirrored);
        let wrapped = at_one_edge([4.0, 1.0, 2.0, 3.0], [2.0, 3.0, 4.0, 1.0]);
        assert_eq!(seen(quarter.fill_mode(FillMode::Wrap)), wrapped);
        let half = seen(RandomTranslation::new(0.0, 0.5));
        assert!(
            half.contains(&vec![2.0, 1.0, 1.0, 2.0]) && half.contains(&vec![3.0, 4.0, 4.0, 3.0]),
            "{half:?}"
        );
        assert_eq!(distinct(shifted(quarter, &Pass::inference())), [[1.0, 2.0, 3.0, 4.0]]);
        assert!(RandomTranslation::new(1.5, 0.0).output_shape(&[2, 2, 1]).is_err());
    }
}
