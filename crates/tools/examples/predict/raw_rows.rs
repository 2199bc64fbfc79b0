//! Predictions for raw rows, by a model that knows its table.

use std::{io::Write, path::Path};

use anyhow::{Context, bail, ensure};
use kindling::{
    prelude::{Column, Predictor, Samples},
    tables::Table,
};
use kindling_tools::tables::{
    SavedTable,
    scores::{Predicted, most_probable},
};

use super::Args;

/// Limit of the warnings for each column.
const MOST_WARNINGS: usize = 5;
/// Columns that an explanation names.
const EXPLAINED: usize = 3;

/// Writes a line for each row: its file, its index there, and the predicted number, or the predicted class and the
/// probability of each. Returns the number of rows.
pub fn predict(
    args: &Args,
    predictor: &Predictor,
    saved: &SavedTable,
    output: &mut dyn Write,
) -> anyhow::Result<usize> {
    let mut count = 0;
    let mut table = csv::Writer::from_writer(output);
    let name = saved.target.name();
    let mut head = vec!["file".to_owned(), "row".into(), name.into()];
    head.extend(saved.target.classes().iter().map(|class| format!("probability of {class}")));
    head.extend(args.explain.then(|| "explanation".into()));
    table.write_record(&head)?;
    for file in &args.inputs {
        ensure!(
            file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv")),
            "{}: the model takes raw rows of a table: give a .csv file",
            file.display()
        );
        let rows = Table::read_csv(file, &saved.features.csv_options()?)?;
        warn(file, &rows, saved)?;
        let features = saved.features.transform(&rows)?;
        let predict = |samples: &Samples| -> anyhow::Result<Predicted> {
            Ok(Predicted::new(&saved.target, &predictor.predict(samples)?))
        };
        let predicted = predict(&Samples::inputs_only(features.clone()))?;
        if let Some(row) = (0..rows.len()).find(|row| !value(&predicted, &predicted, *row).is_finite()) {
            bail!("{}, row {row}: the prediction is not finite: a number in it is too large", file.display());
        }
        let explanations = match args.explain {
            true => explanations(saved, &features, &predicted, predict)?,
            false => Vec::new(),
        };
        count += rows.len();
        for row in 0..rows.len() {
            let mut record = vec![file.display().to_string(), row.to_string()];
            record.extend(texts(&predicted, saved, row));
            record.extend(explanations.get(row).cloned());
            table.write_record(&record).with_context(|| format!("cannot write row {row}"))?;
        }
    }
    table.flush()?;
    Ok(count)
}

/// Says which cells training did not hold.
fn warn(file: &Path, rows: &Table, saved: &SavedTable) -> anyhow::Result<()> {
    for (name, encoder) in saved.features.columns() {
        let column = rows.column(name)?;
        let unknown = encoder.unknown(&column);
        for row in unknown.iter().take(MOST_WARNINGS) {
            let cell = column.text(*row).unwrap_or_default();
            eprintln!(
                "warning: {}, row {row}, column {name}: training did not hold {cell:?}",
                file.display()
            );
        }
        if unknown.len() > MOST_WARNINGS {
            let more = unknown.len() - MOST_WARNINGS;
            eprintln!("warning: {}, column {name}: {more} more such rows", file.display());
        }
    }
    Ok(())
}

/// Returns the cells of a row: the number, or the name of the predicted class and the probability of each.
fn texts(predicted: &Predicted, saved: &SavedTable, row: usize) -> Vec<String> {
    match predicted {
        Predicted::Numbers(numbers) => vec![(numbers[row] as f32).to_string()],
        Predicted::Classes(probabilities) => {
            let probabilities = &probabilities[row];
            let mut texts = vec![saved.target.classes()[most_probable(probabilities)].clone()];
            texts.extend(probabilities.iter().map(|value| (*value as f32).to_string()));
            texts
        }
    }
}

/// Returns the number of a row, or the probability of the class that `chosen` predicts for it.
fn value(predicted: &Predicted, chosen: &Predicted, row: usize) -> f64 {
    match (predicted, chosen) {
        (Predicted::Classes(own), Predicted::Classes(chosen)) => own[row][most_probable(&chosen[row])],
        (Predicted::Numbers(numbers), _) => numbers[row],
        (Predicted::Classes(own), Predicted::Numbers(_)) => own[row][0],
    }
}

/// Returns the columns that contributed most to each prediction: by how much the number, or the probability of the predicted
/// class, is larger than with the column's mean in training.
fn explanations(
    saved: &SavedTable,
    features: &Column,
    predicted: &Predicted,
    predict: impl Fn(&Samples) -> anyhow::Result<Predicted>,
) -> anyhow::Result<Vec<String>> {
    let mut contributions: Vec<Vec<(&str, f64)>> = vec![Vec::new(); features.len()];
    let features: Vec<f32> = features.data().iter::<f32>().collect();
    for (name, range) in saved.blocks() {
        let without = saved.replaced(&features, range, |_, feature| saved.background[feature])?;
        let without = predict(&without)?;
        for (row, contributions) in contributions.iter_mut().enumerate() {
            let difference = value(predicted, predicted, row) - value(&without, predicted, row);
            contributions.push((name, difference));
        }
    }
    let text = |mut of_row: Vec<(&str, f64)>| {
        of_row.sort_by(|one, other| other.1.abs().total_cmp(&one.1.abs()));
        let named = of_row.iter().take(EXPLAINED).map(|(name, share)| format!("{name} {share:+.4}"));
        named.collect::<Vec<_>>().join("; ")
    };
    Ok(contributions.into_iter().map(text).collect())
}
