//! Connectionist temporal classification: labels of a sequence without their positions.
//!
//! The targets do not say at which step a label occurs. The loss sums over all alignments of the labels with the steps:
//! a label may last several steps, and blanks may separate two labels; two equal labels must be separated by one.
//!
//! Source: Graves et al., "Connectionist Temporal Classification", 2006.

use burn::tensor::{Int, Tensor, TensorData, activation::log_softmax, module::ctc_loss};
use kindling_data::{Column, Kind};
use kindling_models::{OutputSpec, activations::Softmax};
use serde::{Deserialize, Serialize};

use super::{Loss, Output, Target};
use crate::TrainError;

/// `-log(probability of the labels, summed over all alignments)`. Keras' `CTC`.
///
/// Outputs are `[batch, steps, classes]`, of which class 0 is the blank. Targets are labels from 1, `[batch, most
/// labels]`, padded with 0 ([`Column::labels`](kindling_data::Column::labels)). [`ctc_decode`] turns predictions into
/// labels. No metric can be computed beside it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ctc;

#[typetag::serde(name = "CTC")]
impl Loss for Ctc {
    fn per_sample(&self, output: &Output, target: &Target) -> Tensor<1> {
        // Keras uses the output as logits. A softmax would change only their rounding.
        let logits = match output.activation().is::<Softmax>() {
            true => output.value().clone(),
            false => output.activation().apply(output.value().clone()),
        };
        let log_probabilities = log_softmax(logits.steps(), 2).swap_dims(0, 1);
        let [steps, batch, _] = log_probabilities.dims();
        let labels = target.labels();
        // Labels are at least 1, blanks 0.
        let lengths: Tensor<1, Int> = labels.clone().clamp_max(1).sum_dim(1).reshape([batch]);
        let steps = lengths.zeros_like().add_scalar(steps as i64);
        ctc_loss(log_probabilities, labels, steps, lengths, BLANK)
    }

    fn check(&self, output: &OutputSpec, target: &Column) -> Result<(), TrainError> {
        check(output, target)
    }

    fn is_aligned(&self) -> bool {
        false
    }
}

/// The class of no label: between labels in outputs, and as padding in targets, as in Keras.
const BLANK: usize = 0;

/// Checks that every sequence of labels can be aligned with the output's steps.
fn check(output: &OutputSpec, column: &Column) -> Result<(), TrainError> {
    let &[steps, classes] = output.shape.as_slice() else {
        return Err(TrainError::Mismatch(format!(
            "CTC reads labels from outputs of shape [steps, classes], the network's is {:?}: end in a dense layer on \
             every step of a sequence (Lstm with return_sequences)",
            output.shape
        )));
    };
    let labels = Some(column).filter(|column| column.kind() == Kind::Labels).and_then(Column::integers);
    let width = column.sample_shape().iter().product::<usize>();
    let Some(labels) = labels.filter(|_| width > 0) else {
        return Err(TrainError::Mismatch(format!(
            "CTC takes labels as integers of shape [samples, most labels], padded with {BLANK}: give Column::labels"
        )));
    };
    let mut sequences = labels.chunks(width).enumerate();
    sequences.try_for_each(|(sample, labels)| match problem(labels, steps, classes) {
        Some(problem) => Err(TrainError::Mismatch(format!("sample {sample} {problem}"))),
        None => Ok(()),
    })
}

/// Returns why a sequence of labels cannot be aligned, if it cannot.
fn problem(labels: &[i32], steps: usize, classes: usize) -> Option<String> {
    if let Some(label) =
        labels.iter().find(|label| !usize::try_from(**label).is_ok_and(|label| label < classes))
    {
        return Some(format!(
            "has label {label}, the network distinguishes classes 1 to {}: correct the label, or widen the last layer",
            classes.saturating_sub(1)
        ));
    }
    let blank = |label: &i32| *label == BLANK as i32;
    let length = labels.iter().position(blank).unwrap_or(labels.len());
    let (labels, filling) = labels.split_at(length);
    if !filling.iter().all(blank) {
        return Some(format!("has labels after a {BLANK}, which is the blank: number labels from 1"));
    }
    let repeats = labels.windows(2).filter(|pair| pair[0] == pair[1]).count();
    (length + repeats > steps).then(|| {
        format!(
            "has {length} labels, {repeats} of them equal to the one before, which take {} steps, the network gives \
             {steps}: give longer inputs, or fewer labels",
            length + repeats
        )
    })
}

/// Returns the labels that a network predicts for each sample: the likeliest class of each step, repeats merged, blanks
/// (class 0) removed. Keras' `ctc_decode` with the strategy `greedy`.
///
/// `predictions` are `[samples, steps, classes]`, as [`Model::predict`](crate::Model::predict) returns them.
///
/// # Errors
/// When the predictions have another shape or type.
pub fn ctc_decode(predictions: &TensorData) -> Result<Vec<Vec<i32>>, TrainError> {
    let (steps, classes, values) = match (predictions.shape().as_slice(), predictions.as_slice::<f32>()) {
        (&[_, steps, classes], Ok(values)) if steps > 0 && classes > 0 => (steps, classes, values),
        (shape, _) => {
            let remedy = "give f32 predictions of shape [samples, steps, classes], as predict returns them";
            return Err(TrainError::argument("the predictions' shape", format!("{shape:?}"), remedy));
        }
    };
    let likeliest = |step: &[f32]| {
        // Of equally likely classes the first, as in `argmax`.
        let best = (0..classes).rev().max_by(|a, b| step[*a].total_cmp(&step[*b]));
        best.unwrap_or(BLANK) as i32
    };
    let decode = |sample: &[f32]| {
        let mut labels: Vec<i32> = sample.chunks(classes).map(likeliest).collect();
        labels.dedup();
        labels.retain(|label| *label != BLANK as i32);
        labels
    };
    Ok(values.chunks(steps * classes).map(decode).collect())
}
