//! Predictions for raw inputs (table rows, texts, images) with a model that contains its preprocessing pipeline.

mod images;
mod rows;
mod texts;

use std::io::Write;

use anyhow::{Context, ensure};
use kindling::prelude::{Column, Predictor, Samples};
use kindling_tools::training::{
    Inputs, Pipeline,
    scores::{Predicted, most_probable},
};

use super::Args;

/// Maximum number of contributions in an explanation.
const EXPLAINED: usize = 3;

/// A model with its preprocessing pipeline.
struct Raw<'a> {
    predictor: &'a Predictor,
    pipeline: &'a Pipeline,
}

/// The samples of one file, with the output columns before and after each prediction.
struct Read {
    /// The file name and row index of each sample.
    places: Vec<(String, usize)>,
    inputs: Column,
    /// An explanation of each prediction; empty without `--explain`.
    explanations: Vec<String>,
}

/// Writes one line per sample: its file, its row index, and the predicted number, or the predicted class and the
/// probability of each class. Returns the number of samples.
pub fn predict(
    args: &Args,
    predictor: &Predictor,
    pipeline: &Pipeline,
    output: &mut dyn Write,
) -> anyhow::Result<usize> {
    let raw = Raw { predictor, pipeline };
    ensure!(
        args.texts.is_empty() || matches!(pipeline.inputs, Inputs::Words(_)),
        "--text requires a model of train_texts: give input files instead"
    );
    let read = match &pipeline.inputs {
        Inputs::Columns(columns) => rows::read(args, columns, &raw)?,
        Inputs::Words(words) => texts::read(args, words, &raw)?,
        Inputs::Images(images) => vec![images::read(args, images)?],
    };
    let mut table = csv::Writer::from_writer(output);
    let mut head = vec!["file".to_owned(), "row".into(), pipeline.target.name().into()];
    head.extend(pipeline.target.classes().iter().map(|class| format!("probability of {class}")));
    head.extend(args.explain.then(|| "explanation".into()));
    table.write_record(&head)?;
    let mut count = 0;
    for Read { places, inputs, explanations } in read {
        let predicted = raw.predict(inputs)?;
        count += places.len();
        for (sample, (file, row)) in places.into_iter().enumerate() {
            ensure!(
                value(&predicted, &predicted, sample).is_finite(),
                "{file}, row {row}: the prediction is NaN or infinite: check the row for numbers that are too large"
            );
            let mut record = vec![file, row.to_string()];
            record.extend(raw.texts(&predicted, sample));
            record.extend(explanations.get(sample).cloned());
            table.write_record(&record).with_context(|| format!("cannot write row {row}"))?;
        }
    }
    table.flush()?;
    Ok(count)
}

impl Raw<'_> {
    fn predict(&self, inputs: Column) -> anyhow::Result<Predicted> {
        let outputs = self.predictor.predict(&Samples::inputs_only(inputs))?;
        Ok(Predicted::new(&self.pipeline.target, &outputs))
    }

    /// Returns the output cells of a sample: the predicted number, or the predicted class and the probability of each class.
    fn texts(&self, predicted: &Predicted, sample: usize) -> Vec<String> {
        match predicted {
            Predicted::Numbers(numbers) => vec![(numbers[sample] as f32).to_string()],
            Predicted::Classes(probabilities) => {
                let probabilities = &probabilities[sample];
                let mut texts = vec![self.pipeline.target.classes()[most_probable(probabilities)].clone()];
                texts.extend(probabilities.iter().map(|value| (*value as f32).to_string()));
                texts
            }
        }
    }
}

/// Returns the predicted number of a sample, or the probability of the class that `chosen` predicts for it.
fn value(predicted: &Predicted, chosen: &Predicted, sample: usize) -> f64 {
    match (predicted, chosen) {
        (Predicted::Classes(own), Predicted::Classes(chosen)) => own[sample][most_probable(&chosen[sample])],
        (Predicted::Numbers(numbers), _) => numbers[sample],
        (Predicted::Classes(own), Predicted::Numbers(_)) => own[sample][0],
    }
}

/// Formats the largest contributions.
fn explanation(mut contributions: Vec<(&str, f64)>) -> String {
    contributions.sort_by(|one, other| other.1.abs().total_cmp(&one.1.abs()));
    let named = contributions.iter().take(EXPLAINED).map(|(name, share)| format!("{name} {share:+.4}"));
    named.collect::<Vec<_>>().join("; ")
}
