//! Predictions for raw inputs, by a model that has its pipeline: rows of a table, texts, images.

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

/// What an explanation names at most.
const EXPLAINED: usize = 3;

/// A model with its pipeline.
struct Raw<'a> {
    predictor: &'a Predictor,
    pipeline: &'a Pipeline,
}

/// Samples of one file, with what is written in front of and behind each prediction.
struct Read {
    /// The name of the file, and the index of each sample there.
    places: Vec<(String, usize)>,
    inputs: Column,
    /// What contributed most to each prediction, if that was asked for.
    explanations: Vec<String>,
}

/// Writes a line for each sample: its file, its index there, and the predicted number, or the predicted class and the
/// probability of each. Returns the number of samples.
pub fn predict(
    args: &Args,
    predictor: &Predictor,
    pipeline: &Pipeline,
    output: &mut dyn Write,
) -> anyhow::Result<usize> {
    let raw = Raw { predictor, pipeline };
    ensure!(
        args.texts.is_empty() || matches!(pipeline.inputs, Inputs::Words(_)),
        "--text is for models of train_texts: give this model files"
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
                "{file}, row {row}: the prediction is not finite: a number in it is too large"
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

    /// Returns the cells of a sample: the number, or the name of the predicted class and the probability of each.
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

/// Returns the number of a sample, or the probability of the class that `chosen` predicts for it.
fn value(predicted: &Predicted, chosen: &Predicted, sample: usize) -> f64 {
    match (predicted, chosen) {
        (Predicted::Classes(own), Predicted::Classes(chosen)) => own[sample][most_probable(&chosen[sample])],
        (Predicted::Numbers(numbers), _) => numbers[sample],
        (Predicted::Classes(own), Predicted::Numbers(_)) => own[sample][0],
    }
}

/// Returns the largest contributions as text.
fn explanation(mut contributions: Vec<(&str, f64)>) -> String {
    contributions.sort_by(|one, other| other.1.abs().total_cmp(&one.1.abs()));
    let named = contributions.iter().take(EXPLAINED).map(|(name, share)| format!("{name} {share:+.4}"));
    named.collect::<Vec<_>>().join("; ")
}
