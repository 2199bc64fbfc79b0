//! Sequences read out of longer ones: the CTC loss, and what a network has read.
//!
//! Nothing says which step shows which label. Every way to lay the labels along the steps counts: a label may last
//! several steps, and between two labels there may be blanks, which must part two equal ones.
//!
//! Source: Graves et al., "Connectionist Temporal Classification", 2006.

use burn::tensor::{Int, Tensor, TensorData, activation::log_softmax, module::ctc_loss};
use kindling_data::{Column, Samples};
use kindling_models::{Activation, OutputSpec};

use crate::{Metric, TrainError};

/// The class that stands for no label: between labels in outputs, and after the last one in targets, as in Keras.
const BLANK: usize = 0;

/// The mean over the batch of `-log(probability of the labels)`, shape `[1]`.
///
/// `logits` are `[batch, steps, classes]`, before `activation`; `labels` are `[batch, most labels]`.
pub(crate) fn mean_loss(logits: Tensor<3>, activation: Activation, labels: Tensor<2, Int>) -> Tensor<1> {
    let [batch, steps, _] = logits.dims();
    // As Keras, which takes the output for logits; softmax would change nothing about them but their rounding.
    let logits = if activation == Activation::Softmax { logits } else { activation.apply(logits) };
    let log_probabilities = log_softmax(logits, 2).swap_dims(0, 1);
    // Labels are at least 1, blanks 0.
    let lengths: Tensor<1, Int> = labels.clone().clamp_max(1).sum_dim(1).reshape([batch]);
    let steps = lengths.zeros_like().add_scalar(steps as i64);
    ctc_loss(log_probabilities, labels, steps, lengths, BLANK).mean()
}

/// Sees to it that every sequence of labels can be read out of the output's steps.
pub(crate) fn check(
    output: &OutputSpec,
    metrics: &[Metric],
    samples: &Samples,
    column: &Column,
) -> Result<(), TrainError> {
    let &[steps, classes] = output.shape.as_slice() else {
        return Err(TrainError::Mismatch(format!(
            "Ctc reads labels out of outputs of shape [steps, classes], the network's is {:?}: end in a dense layer on \
             every step of a sequence (LstmConfig with return_sequences)",
            output.shape
        )));
    };
    if let Some(metric) = metrics.first() {
        return Err(TrainError::Mismatch(format!(
            "Ctc compares sequences of different lengths, {metric:?} cannot: give no metrics, and look at \
             ctc_decode(predictions)"
        )));
    }
    let labels = samples.integers(column).filter(|_| column.sample_shape().len() == 1);
    let width = column.sample_shape().iter().product::<usize>();
    let Some(labels) = labels.filter(|_| width > 0) else {
        return Err(TrainError::Mismatch(format!(
            "Ctc takes labels as integers of shape [samples, most labels], filled up with {BLANK}: give Column::ids"
        )));
    };
    let mut sequences = labels.chunks(width).enumerate();
    sequences.try_for_each(|(sample, labels)| match problem(labels, steps, classes) {
        Some(problem) => Err(TrainError::Mismatch(format!("sample {sample} {problem}"))),
        None => Ok(()),
    })
}

/// Why a sequence of labels cannot be read, if it cannot.
fn problem(labels: &[i32], steps: usize, classes: usize) -> Option<String> {
    if let Some(label) =
        labels.iter().find(|label| !usize::try_from(**label).is_ok_and(|label| label < classes))
    {
        return Some(format!(
            "has label {label}, the network tells classes 1 to {} apart: correct the label, or widen the last layer",
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

/// The labels that a network has read: at each step its likeliest class, equal neighbours as one, blanks (class 0)
/// left out. As Keras' `ctc_decode` with the strategy `greedy`.
///
/// `predictions` are `[samples, steps, classes]`, as from [`Model::predict`](crate::Model::predict).
///
/// # Errors
/// When they are of another shape or type.
pub fn ctc_decode(predictions: &TensorData) -> Result<Vec<Vec<i32>>, TrainError> {
    let (steps, classes, values) = match (predictions.shape().as_slice(), predictions.as_slice::<f32>()) {
        (&[_, steps, classes], Ok(values)) if steps > 0 && classes > 0 => (steps, classes, values),
        (shape, _) => {
            let remedy = "give f32 predictions of shape [samples, steps, classes], as predict returns them";
            return Err(TrainError::argument("the predictions' shape", format!("{shape:?}"), remedy));
        }
    };
    let likeliest = |step: &[f32]| {
        // The first of equals, as everywhere.
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
