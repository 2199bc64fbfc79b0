//! Writes predictions as CSV.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use kindling::{
    activations::{Sigmoid, Softmax},
    evaluation::argmax,
    models::SequentialNetwork,
    prelude::{Network, TensorData},
};
use serde_json::Value;

/// The meaning of a model's outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Probabilities of mutually exclusive classes.
    Classes {
        /// Whether the model returns logits.
        logits: bool,
    },
    /// Independent probabilities; a single output is the probability of class 1.
    Labels {
        /// Whether the model returns logits.
        logits: bool,
    },
    /// Plain numbers.
    Values,
}

impl Meaning {
    /// Infers the meaning from the network's last activation and the loss that the model was compiled with.
    pub fn of(network: &SequentialNetwork, compile_config: &Value) -> Self {
        let activation = network.outputs().swap_remove(0).activation;
        let loss = &compile_config["loss"];
        let logits = loss["config"]["from_logits"] == true;
        match loss["class_name"].as_str() {
            _ if activation.is::<Softmax>() => Self::Classes { logits: false },
            _ if activation.is::<Sigmoid>() => Self::Labels { logits: false },
            Some("BinaryCrossentropy") if logits => Self::Labels { logits },
            Some("CategoricalCrossentropy" | "SparseCategoricalCrossentropy") if logits => {
                Self::Classes { logits }
            }
            _ => Self::Values,
        }
    }

    /// Converts the outputs of one sample to the values to write: logits become probabilities.
    fn values(self, outputs: &[f32], last_axis: usize) -> Vec<f32> {
        match self {
            Self::Classes { logits: true } => outputs.chunks(last_axis).flat_map(softmax).collect(),
            Self::Labels { logits: true } => {
                outputs.iter().map(|logit| 1.0 / (1.0 + (-logit).exp())).collect()
            }
            _ => outputs.to_vec(),
        }
    }

    /// Returns the class of a sample or time step: the most probable class, or 1 if a single probability is above 0.5.
    fn class(self, values: &[f32]) -> Option<usize> {
        match (self, values) {
            (Self::Classes { .. }, _) => argmax(values),
            (Self::Labels { .. }, [value]) => Some(usize::from(*value > 0.5)),
            _ => None,
        }
    }
}

fn softmax(logits: &[f32]) -> Vec<f32> {
    let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f32> = logits.iter().map(|logit| (logit - highest).exp()).collect();
    let sum: f32 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

/// Writes one CSV line per sample: its file, its index in the file, its class (or the class of each time step) if the model
/// predicts classes, and all predicted values.
///
/// # Errors
/// Returns an error if `output` cannot be written to.
pub fn write(
    output: &mut dyn Write,
    places: &[(PathBuf, usize)],
    predictions: &TensorData,
    meaning: Meaning,
) -> io::Result<()> {
    let shape = &predictions.shape().as_slice()[1..];
    let last_axis = shape.last().copied().unwrap_or(1).max(1);
    let width = shape.iter().product::<usize>().max(1);
    let has_class = meaning.class(&vec![0.0; last_axis]).is_some();
    let mut table = csv::Writer::from_writer(output);

    let mut names: Vec<String> = vec!["file".into(), "sample".into()];
    if has_class {
        let steps = &shape[..shape.len().saturating_sub(1)];
        names.extend((0..width / last_axis).map(|step| format!("class{}", suffix(step, steps))));
    }
    let name = if meaning == Meaning::Values { "prediction" } else { "probability" };
    names.extend((0..width).map(|place| format!("{name}{}", suffix(place, shape))));
    table.write_record(&names)?;

    let outputs: Vec<f32> = predictions.iter::<f32>().collect();
    for ((file, index), outputs) in places.iter().zip(outputs.chunks(width)) {
        let values = meaning.values(outputs, last_axis);
        let mut record = vec![file.display().to_string(), index.to_string()];
        let steps = values.chunks(last_axis).filter(|_| has_class);
        record.extend(steps.filter_map(|step| meaning.class(step)).map(|class| class.to_string()));
        record.extend(values.iter().map(|value| number(*value)));
        table.write_record(&record)?;
    }
    table.flush()
}

/// Formats a number with as many digits as are needed to read it back exactly.
fn number(value: f32) -> String {
    if value == 0.0 || (1e-4..1e7).contains(&value.abs()) { value.to_string() } else { format!("{value:e}") }
}

/// Returns the indices of a value in an array of this shape as a suffix such as `_3_0`; empty for a single value.
fn suffix(mut place: usize, shape: &[usize]) -> String {
    let mut indices = Vec::new();
    for length in shape.iter().rev() {
        indices.push(format!("_{}", place % length));
        place /= length;
    }
    indices.reverse();
    if shape.iter().product::<usize>() == 1 { String::new() } else { indices.concat() }
}
