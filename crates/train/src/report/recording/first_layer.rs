//! The weights of the first layer: as images if its inputs are images, otherwise by feature.

use burn::tensor::TensorData;
use kindling_data::Kind;
use kindling_models::Weights;
use serde::Serialize;

use super::picture::{Picture, encode, scale};

/// Number of units that are shown as images.
const UNITS: usize = 16;

/// Number of features that are shown as bars.
const FEATURES: usize = 16;

/// The display of the first layer's weights.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct FirstLayer {
    /// Name of the array.
    pub name: String,
    /// Number of units, or of features.
    pub of: usize,
    /// The units or features that are shown.
    pub chosen: Vec<usize>,
    #[serde(flatten)]
    pub form: Form,
}

#[derive(Debug, PartialEq, Serialize)]
#[serde(tag = "form", rename_all = "snake_case")]
pub(super) enum Form {
    /// An image for each unit.
    Images {
        #[serde(flatten)]
        picture: Picture,
        #[serde(skip)]
        layout: Layout,
    },
    /// A bar for each feature: its weight if there is one unit, otherwise the Euclidean norm of its weights.
    Features { units: usize },
}

/// The axes of an array of weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Layout {
    /// Height, width, channels, units: Keras' kernels, and those of dense layers on images.
    UnitsLast,
    /// Units, channels, height, width: Burn's convolutions.
    UnitsFirst,
}

/// The first layer at a step.
#[derive(Debug, PartialEq)]
pub(super) enum Seen {
    /// One character per pixel, image by image, and the value of the highest level.
    Images {
        pixels: String,
        scale: f32,
    },
    Features(Vec<f32>),
}

impl FirstLayer {
    /// Returns the display of the first array of weights of a network with inputs of this shape and kind, or `None` if no array
    /// has inputs and units. `changed` are the weights of a later step, by which units and features are chosen.
    pub fn of(
        input: &[usize],
        kind: Kind,
        in_keras_order: bool,
        first: &Weights,
        changed: &Weights,
    ) -> Option<Self> {
        let arrays = first.iter().zip(changed.iter());
        let ((name, data), (_, later)) = { arrays }.find(|((_, data), _)| data.shape().len() >= 2)?;
        let shape = data.shape().as_slice().to_vec();
        let form = form(&shape, input, kind, in_keras_order);
        let (of, most) = match form {
            Form::Images { layout: Layout::UnitsFirst, .. } => (shape[0], UNITS),
            Form::Images { .. } => (shape[shape.len() - 1], UNITS),
            Form::Features { .. } => (shape[0], FEATURES),
        };
        let mut layer = Self { name: name.into(), of, chosen: (0..of).collect(), form };
        let merit = layer.merit(data, later);
        layer.chosen.sort_by(|a, b| merit[*b].total_cmp(&merit[*a]));
        layer.chosen.truncate(most);
        layer.chosen.sort_unstable();
        Some(layer)
    }

    /// Returns the change of the weights of each unit, or the final size of the weights of each feature.
    fn merit(&self, first: &TensorData, later: &TensorData) -> Vec<f64> {
        let mut merit = vec![0.0; self.of];
        let values = first.num_elements();
        for (place, (before, after)) in first.iter::<f32>().zip(later.iter::<f32>()).enumerate() {
            let (owner, value) = match self.form {
                Form::Images { layout: Layout::UnitsLast, .. } => (place % self.of, after - before),
                Form::Images { .. } => (place / (values / self.of), after - before),
                Form::Features { .. } => (place / (values / self.of), after),
            };
            merit[owner] += f64::from(value).powi(2);
        }
        // NaN is chosen last.
        merit.into_iter().map(|merit| if merit.is_nan() { -1.0 } else { merit }).collect()
    }

    /// Returns the displayed weights of a step.
    pub fn look(&self, weights: &Weights) -> Option<Seen> {
        let (_, data) = weights.iter().find(|(name, _)| *name == self.name)?;
        let values: Vec<f32> = data.iter().collect();
        Some(match self.form {
            Form::Images { .. } => {
                let images: Vec<f32> =
                    self.chosen.iter().flat_map(|unit| self.image(&values, *unit)).collect();
                let scale = scale(&images);
                Seen::Images { pixels: encode(&images, scale), scale }
            }
            Form::Features { units } => {
                let of_feature = |feature: &usize| match &values[feature * units..][..units] {
                    [weight] => *weight,
                    weights => weights.iter().map(|weight| weight * weight).sum::<f32>().sqrt(),
                };
                Seen::Features(self.chosen.iter().map(of_feature).collect())
            }
        })
    }

    /// Returns the pixels of a unit's image.
    fn image(&self, values: &[f32], unit: usize) -> Vec<f32> {
        let Form::Images { picture, layout } = self.form else { return Vec::new() };
        let Picture { height, width, channels, .. } = picture;
        picture.shrink(|pixel, channel| match layout {
            Layout::UnitsLast => values[(pixel * channels + channel) * self.of + unit],
            Layout::UnitsFirst => values[(unit * channels + channel) * height * width + pixel],
        })
    }
}

/// Returns the axes of an array, by its shape.
fn form(shape: &[usize], input: &[usize], kind: Kind, in_keras_order: bool) -> Form {
    let images = |picture, layout| Form::Images { picture, layout };
    match *shape {
        // Kernel windows are smaller than numbers of units: in an order other than Keras', they are at the end.
        [a, b, c, d] if in_keras_order || a + b < c + d => images(Picture::new(a, b, c), Layout::UnitsLast),
        [_, b, c, d] => images(Picture::new(c, d, b), Layout::UnitsFirst),
        [length, features, _] if in_keras_order => {
            images(Picture::new(length, features, 1), Layout::UnitsLast)
        }
        [inputs, units] => match Picture::of_samples(input, kind) {
            Some(picture) if picture.height * picture.width * picture.channels == inputs => {
                images(picture, Layout::UnitsLast)
            }
            _ => Form::Features { units },
        },
        _ => Form::Features { units: shape[1..].iter().product() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights(name: &str, values: Vec<f32>, shape: impl Into<Vec<usize>>) -> Weights {
        Weights::from_tensors(vec![(name.into(), TensorData::new(values, shape.into()))])
    }

    #[test]
    fn kernels_are_images_if_they_belong_to_windows_or_to_images() {
        let is_image = |shape: &[usize], input: &[usize], kind| {
            matches!(form(shape, input, kind, true), Form::Images { .. })
        };
        assert!(is_image(&[784, 512], &[28, 28], Kind::Pixels));
        assert!(is_image(&[3, 3, 1, 32], &[28, 28, 1], Kind::Pixels));
        assert!(is_image(&[5, 3, 8], &[100, 3], Kind::Floats));
        // A recurrent layer reads the rows of an image.
        assert!(!is_image(&[28, 64], &[28, 28], Kind::Pixels));
        assert!(!is_image(&[10_000, 16], &[10_000], Kind::MultiHot));
        assert!(!is_image(&[10_000, 8], &[200], Kind::Ids));
    }

    #[test]
    fn both_orders_of_axes_give_the_same_images() {
        let values: Vec<f32> = (0..3 * 3 * 16).map(|value| value as f32 - 72.0).collect();
        let transposed: Vec<f32> =
            (0..values.len()).map(|place| values[place % 9 * 16 + place / 9]).collect();
        let look = |weights: Weights, in_keras_order| {
            let layer = FirstLayer::of(&[8, 8, 1], Kind::Floats, in_keras_order, &weights, &weights).unwrap();
            layer.look(&weights).unwrap()
        };
        let keras = look(weights("conv2d.kernel", values, [3, 3, 1, 16]), true);
        assert_eq!(keras, look(weights("conv.weight", transposed, [16, 1, 3, 3]), false));
        let Seen::Images { pixels, scale } = keras else { panic!("no images") };
        assert_eq!((pixels.len(), scale), (9 * 16, 72.0));
        // Unit 0: -72, -56 and so on, of 72.
        assert!(pixels.starts_with("07"), "{pixels}");
    }

    #[test]
    fn the_units_that_move_most_are_chosen() {
        let first = weights("dense.kernel", vec![0.0; 784 * 20], [784, 20]);
        let mut moved = vec![0.0; 784 * 20];
        moved[4..20].fill(1.0);
        let layer =
            FirstLayer::of(&[784], Kind::Pixels, true, &first, &weights("", moved, [784, 20])).unwrap();
        assert_eq!(layer.chosen, (4..20).collect::<Vec<_>>());
    }

    #[test]
    fn features_have_the_norm_of_their_weights_and_with_one_unit_their_weight() {
        let look = |values: Vec<f32>, units: usize| {
            let weights = weights("dense.kernel", values, [2, units]);
            FirstLayer::of(&[2], Kind::Floats, true, &weights, &weights).unwrap().look(&weights).unwrap()
        };
        assert_eq!(look(vec![3.0, 4.0, 0.0, -1.0], 2), Seen::Features(vec![5.0, 1.0]));
        assert_eq!(look(vec![3.0, -1.0], 1), Seen::Features(vec![3.0, -1.0]));
    }
}
