//! Connectionist temporal classification: sequences of labels without alignment to the steps of the output.
//!
//! Targets do not contain the step at which a label occurs. The loss sums over all alignments of labels and steps: a
//! label may span several steps, and blanks may separate two labels. A blank is required between two equal labels.
//!
//! Source: Graves et al., "Connectionist Temporal Classification", 2006.

use burn::tensor::{Int, Tensor, TensorData, activation::log_softmax, module::ctc_loss};
use kindling_data::{Column, Kind};
use kindling_models::{OutputSpec, activations::Softmax};
use serde::{Deserialize, Serialize};

use super::{Loss, Output, Target};
use crate::{TrainError, argmax::argmax};

/// The CTC loss: `-log(sum of the probabilities of all alignments of the labels)`. Keras' `CTC`.
///
/// Outputs are `[batch, steps, classes]`, where class 0 is the blank. Targets are labels counted from 1,
/// `[batch, maximum number of labels]`, padded with 0 ([`Column::labels`](kindling_data::Column::labels)).
/// [`ctc_decode`] converts predictions to labels. The loss cannot be combined with metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ctc;

#[typetag::serde(name = "CTC")]
impl Loss for Ctc {
    fn per_sample(&self, output: &Output, target: &Target) -> Tensor<1> {
        // Keras uses the output as logits. Skipping a softmax before log_softmax changes only rounding.
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

/// The blank class of outputs and the padding of targets, as in Keras.
const BLANK: usize = 0;

/// Checks that every sequence of labels can be aligned with the steps of the output.
fn check(output: &OutputSpec, column: &Column) -> Result<(), TrainError> {
    let &[steps, classes] = output.shape.as_slice() else {
        return Err(TrainError::Mismatch(format!(
            "CTC needs an output of shape [steps, classes], but the network has {:?}: end in a dense layer on each step of \
             a sequence (Lstm with return_sequences)",
            output.shape
        )));
    };
    let labels = Some(column).filter(|column| column.kind() == Kind::Labels).and_then(Column::integers);
    let width = column.sample_shape().iter().product::<usize>();
    let Some(labels) = labels.filter(|_| width > 0) else {
        return Err(TrainError::Mismatch(format!(
            "CTC needs integer labels of shape [samples, maximum number of labels], padded with {BLANK}: use Column::labels"
        )));
    };
    let mut sequences = labels.chunks(width).enumerate();
    sequences.try_for_each(|(sample, labels)| match problem(labels, steps, classes) {
        Some(problem) => Err(TrainError::Mismatch(format!("sample {sample} {problem}"))),
        None => Ok(()),
    })
}

/// Returns the reason why a sequence of labels cannot be aligned, or `None` if it can.
fn problem(labels: &[i32], steps: usize, classes: usize) -> Option<String> {
    if let Some(label) =
        labels.iter().find(|label| !usize::try_from(**label).is_ok_and(|label| label < classes))
    {
        return Some(format!(
            "has label {label}, but the network has classes 1 to {}: correct the label, or add units to the last layer",
            classes.saturating_sub(1)
        ));
    }
    let blank = |label: &i32| *label == BLANK as i32;
    let length = labels.iter().position(blank).unwrap_or(labels.len());
    let (labels, filling) = labels.split_at(length);
    if !filling.iter().all(blank) {
        return Some(format!("has labels after a {BLANK}, which is padding: number labels from 1"));
    }
    let repeats = labels.windows(2).filter(|pair| pair[0] == pair[1]).count();
    (length + repeats > steps).then(|| {
        format!(
            "has {length} labels, {repeats} of them equal to the previous one, which need {} steps, but the output has \
             {steps}: use longer inputs or fewer labels",
            length + repeats
        )
    })
}

/// Decodes predictions to labels: takes the most likely class of each step, merges repeats, and removes blanks (class
/// 0). Keras' `ctc_decode` with the strategy `greedy`.
///
/// `predictions` have the shape `[samples, steps, classes]`, as returned by
/// [`Model::predict`](crate::Model::predict). The result has one list of labels per sample.
///
/// # Errors
/// Returns an error if the predictions have another shape or type.
pub fn ctc_decode(predictions: &TensorData) -> Result<Vec<Vec<i32>>, TrainError> {
    let (steps, classes, values) = match (predictions.shape().as_slice(), predictions.as_slice::<f32>()) {
        (&[_, steps, classes], Ok(values)) if steps > 0 && classes > 0 => (steps, classes, values),
        (shape, _) => {
            let remedy = "give f32 predictions of shape [samples, steps, classes], as returned by predict";
            return Err(TrainError::argument("the predictions' shape", format!("{shape:?}"), remedy));
        }
    };
    let likeliest = |step: &[f32]| argmax(step).unwrap_or(BLANK) as i32;
    let decode = |sample: &[f32]| {
        let mut labels: Vec<i32> = sample.chunks(classes).map(likeliest).collect();
        labels.dedup();
        labels.retain(|label| *label != BLANK as i32);
        labels
    };
    Ok(values.chunks(steps * classes).map(decode).collect())
}
