//! The content of the page for one step.

use std::collections::BTreeMap;

use kindling_data::Samples;
use kindling_models::Weights;
use serde::{Serialize, Serializer};

use super::{
    counts::Counts,
    first_layer::{FirstLayer, Seen},
    picture::{Picture, brightness},
};
use crate::{FitOptions, Move, TrainError, Trained};

/// Number of samples of a batch that are shown: those with the largest losses.
const SAMPLES: usize = 5;

/// Number of weights that are shown: those that change most.
const MOVES: usize = 8;

/// The state before a step, and the changes that the step makes.
pub(super) struct Frame {
    pub step: u64,
    /// The mean loss of the batch.
    pub loss: f64,
    pub samples: Vec<Worst>,
    pub layers: Vec<LayerFrame>,
    pub seen: Option<Seen>,
    pub moves: Vec<Moved>,
}

/// The display settings of the network and its samples.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub first_layer: Option<&'a FirstLayer>,
    /// The size of the samples, if they are images.
    pub picture: Option<Picture>,
}

/// A layer at a step.
pub(super) struct LayerFrame {
    pub weights: Counts,
    pub gradients: Counts,
    /// The Euclidean norm of its gradient.
    pub norm: f64,
    /// Number of outputs that are 0 for all samples of the batch, and number of outputs.
    pub silent: Option<(usize, usize)>,
}

/// A sample of a batch.
#[derive(Serialize)]
pub(super) struct Worst {
    /// Its index in the training samples.
    pub index: usize,
    pub loss: Number,
    pub class: Option<i32>,
    /// Its pixels, if it is an image.
    pub pixels: Option<String>,
}

/// A weight that a step changes.
#[derive(Serialize)]
pub(super) struct Moved {
    pub name: String,
    /// Its index on each axis of the array.
    pub place: Vec<usize>,
    pub from: Number,
    pub to: Number,
}

/// A number that may be infinite or NaN, which JSON cannot represent: these become text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Number(pub f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            value if value.is_finite() => serializer.serialize_f64(value),
            value => serializer.collect_str(&value),
        }
    }
}

impl Frame {
    /// Creates the frame of a model with these weights before a step. `position` is the index of the step, counted from 0.
    pub fn of(
        model: &dyn Trained,
        weights: &Weights,
        (samples, options): (&Samples, &FitOptions),
        step: u64,
        position: u64,
        View { first_layer, picture }: View,
    ) -> Result<Self, TrainError> {
        let batch = model.batch(samples, options, position)?;
        let losses = model.losses(&batch)?;
        let gradients = model.gradients(&batch)?;
        let mut silent: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        for units in model.silent_units(&batch)? {
            silent.insert(units.layer, (units.silent, units.units));
        }
        let layers = layers(weights).into_iter().map(|(layer, places)| {
            let values = |weights: &Weights| -> Vec<f32> {
                let own = weights.iter().enumerate().filter(|(place, _)| places.contains(place));
                own.flat_map(|(_, (_, data))| data.iter::<f32>().collect::<Vec<_>>()).collect()
            };
            let gradients = values(&gradients);
            LayerFrame {
                weights: Counts::of(values(weights).into_iter()),
                norm: gradients.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt(),
                gradients: Counts::of(gradients.into_iter()),
                silent: silent.get(&layer).copied(),
            }
        });
        Ok(Self {
            step,
            loss: losses.iter().map(|loss| f64::from(*loss)).sum::<f64>() / losses.len().max(1) as f64,
            layers: layers.collect(),
            seen: first_layer.and_then(|layer| layer.look(weights)),
            samples: worst(&losses, &batch, &model.batch_indices(samples, options, position)?, picture),
            moves: Vec::new(),
        })
    }

    /// Adds the weights that the step has changed.
    pub fn moved(&mut self, before: &Weights, after: &Weights) {
        let mut moves = Move::largest(before, after);
        moves.sort_by(|a, b| b.distance().total_cmp(&a.distance()));
        moves.truncate(MOVES);
        let shapes: BTreeMap<&str, &[usize]> =
            before.iter().map(|(name, data)| (name, data.shape().as_slice())).collect();
        let moved = |Move { name, place, from, to }: Move| Moved {
            place: position(place, shapes.get(name.as_str()).copied().unwrap_or_default()),
            name,
            from: Number(from.into()),
            to: Number(to.into()),
        };
        self.moves = moves.into_iter().map(moved).collect();
    }
}

/// Returns the layers in order: the name of each, and the indices of its arrays in the weights.
pub(super) fn layers(weights: &Weights) -> Vec<(String, Vec<usize>)> {
    let mut layers: Vec<(String, Vec<usize>)> = Vec::new();
    for (place, (name, _)) in weights.iter().enumerate() {
        let layer = name.rsplit_once('.').map_or(name, |(layer, _)| layer);
        match layers.iter_mut().find(|(own, _)| own == layer) {
            Some((_, places)) => places.push(place),
            None => layers.push((layer.into(), vec![place])),
        }
    }
    layers
}

fn worst(losses: &[f32], batch: &Samples, indices: &[usize], picture: Option<Picture>) -> Vec<Worst> {
    let classes = batch.classes().unwrap_or_default();
    let mut order: Vec<usize> = (0..losses.len()).collect();
    order.sort_by(|a, b| losses[*b].total_cmp(&losses[*a]));
    let pixels = |place: usize, picture: Picture| {
        let values: Vec<f32> = batch.slice(place..place + 1).input().iter().collect();
        let value = |pixel, channel| values.get(pixel * picture.channels + channel).copied().unwrap_or(0.0);
        brightness(&picture.shrink(value))
    };
    let worst = order.into_iter().take(SAMPLES).filter_map(|place| {
        Some(Worst {
            index: *indices.get(place)?,
            loss: Number(losses[place].into()),
            class: classes.get(place).copied(),
            pixels: picture.map(|picture| pixels(place, picture)),
        })
    });
    worst.collect()
}

/// Returns the index on each axis of an array.
fn position(mut place: usize, shape: &[usize]) -> Vec<usize> {
    let mut position: Vec<usize> = shape
        .iter()
        .rev()
        .map(|length| {
            let along = place % length.max(&1);
            place /= length.max(&1);
            along
        })
        .collect();
    position.reverse();
    position
}

#[cfg(test)]
mod tests {
    use burn::tensor::TensorData;

    use super::*;

    #[test]
    fn arrays_belong_to_layers() {
        let names = ["dense.kernel", "dense.bias", "rnn.forward.kernel", "dense_1.kernel", "scale"];
        let array = |name: &&str| (name.to_string(), TensorData::zeros::<f32, _>([1]));
        let weights = Weights::from_tensors(names.iter().map(array).collect());
        let expected =
            [("dense", vec![0, 1]), ("rnn.forward", vec![2]), ("dense_1", vec![3]), ("scale", vec![4])];
        assert_eq!(layers(&weights), expected.map(|(name, places)| (name.to_owned(), places)));
    }

    #[test]
    fn positions_are_those_of_rows_and_columns() {
        assert_eq!(position(7, &[3, 4]), [1, 3]);
        assert_eq!(position(7, &[2, 2, 2]), [1, 1, 1]);
        assert_eq!(position(0, &[]), [0; 0]);
    }

    #[test]
    fn numbers_that_json_does_not_have_are_text() {
        let numbers = [1.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY].map(Number);
        assert_eq!(serde_json::to_string(&numbers).unwrap(), r#"[1.5,"NaN","inf","-inf"]"#);
    }
}
