//! Class weights, converted to sample weights.

use std::collections::BTreeMap;

use kindling_data::{Column, Kind, Samples};

use crate::{TrainError, argmax::argmax};

/// Returns samples weighted by their classes. Classes missing from `weights` have weight 1. `complete` states that
/// these are all training samples, so that each class of `weights` must occur.
pub(super) fn weighted(
    samples: Samples,
    weights: &BTreeMap<i32, f64>,
    complete: bool,
) -> Result<Samples, TrainError> {
    if weights.is_empty() {
        return Ok(samples);
    }
    let usable = |weight: f64| (weight as f32).is_finite() && weight >= 0.0;
    if let Some((class, weight)) = weights.iter().find(|(_, weight)| !usable(**weight)) {
        let remedy = format!("give class {class} a finite weight of at least 0");
        return Err(TrainError::argument("class_weight", weight, remedy));
    }
    if samples.sample_weights().iter().any(Option::is_some) {
        let problem =
            "class_weight and sample weights are both set: multiply them and set only the sample weights";
        return Err(TrainError::Mismatch(problem.into()));
    }
    let [target] = samples.targets() else {
        return Err(TrainError::Mismatch(format!(
            "class_weight needs exactly one target, but the samples have {}: use sample weights",
            samples.targets().len()
        )));
    };
    let classes = classes(target)?;
    if let Some(class) = weights.keys().find(|class| complete && !classes.contains(class)) {
        let remedy = "no training sample has this class; remove or correct it";
        return Err(TrainError::argument("a class of class_weight", class, remedy));
    }
    let of_class = |class: &i32| weights.get(class).map_or(1.0, |weight| *weight as f32);
    let weights: Vec<f32> = classes.iter().map(of_class).collect();
    Ok(samples.with_sample_weight(weights)?)
}

/// Returns the class of each sample. The target holds class indices, whole numbers (0 and 1), or class probabilities
/// such as one-hot vectors.
fn classes(target: &Column) -> Result<Vec<i32>, TrainError> {
    let class: fn(&[f32]) -> Option<i32> = match (target.kind(), target.sample_shape()) {
        (Kind::Classes, _) => return Ok(target.integers().unwrap_or_default()),
        (Kind::Floats, [] | [1]) => whole,
        (Kind::Floats, [_]) => likeliest,
        (kind, shape) => {
            return Err(TrainError::Mismatch(format!(
                "class_weight needs a class for each sample, but the targets are {kind:?} of shape {shape:?} per sample: use \
                 sample weights"
            )));
        }
    };
    let width: usize = target.sample_shape().iter().product();
    let values: Vec<f32> = target.data().iter().collect();
    let rows = values.chunks(width.max(1)).enumerate();
    let of_row = |(sample, row): (usize, &[f32])| {
        class(row).ok_or_else(|| {
            TrainError::Mismatch(format!(
                "class_weight needs a class for each sample, but sample {sample} has target {row:?}: give class indices or \
                 one-hot targets, or use sample weights"
            ))
        })
    };
    rows.map(of_row).collect()
}

/// Returns the class of a target that is a single whole number.
fn whole(row: &[f32]) -> Option<i32> {
    let class = *row.first()?;
    (class.fract() == 0.0 && class.abs() < i32::MAX as f32).then_some(class as i32)
}

/// Returns the class with the highest probability, the first one on ties. Returns `None` if the probabilities do not
/// add up to 1.
fn likeliest(row: &[f32]) -> Option<i32> {
    let shares = row.iter().all(|share| (0.0..=1.0).contains(share));
    let is_distribution = shares && (row.iter().sum::<f32>() - 1.0).abs() < 1e-3;
    argmax(row).filter(|_| is_distribution).map(|class| class as i32)
}
